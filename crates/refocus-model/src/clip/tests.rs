//! Parity with the reference implementations, on tiny random checkpoints (`tests/fixtures/checkpoints`).

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use super::super::PictureView;
use super::super::vector_math::dot;
use super::checkpoint::{Checkpoint, detect};
use super::config::Family;

/// Largest difference from the reference that f32 arithmetic explains.
const TOLERANCE: f32 = 1e-4;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn folder(name: &str) -> PathBuf {
    fixtures().join("checkpoints").join(name)
}

fn picture() -> image::RgbImage {
    image::open(fixtures().join("photo_tokens/picture.png"))
        .unwrap()
        .into_rgb8()
}

fn worst(ours: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(ours.dims(), expected.dims());
    let ours = ours.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    ours.iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// Pixels in the reference's order, from patches `[1, patches, 3 · side²]`.
fn as_picture(patches: &Tensor, (rows, columns): (usize, usize), side: usize) -> Tensor {
    let grid = patches.reshape((rows, columns, 3, side, side)).unwrap();
    grid.permute((2, 0, 3, 1, 4))
        .unwrap()
        .contiguous()
        .unwrap()
        .reshape((1, 3, rows * side, columns * side))
        .unwrap()
}

fn check(name: &str, family: Family) {
    check_folder(name, &folder(name), family);
}

fn check_folder(name: &str, folder: &Path, family: Family) {
    let checkpoint = Checkpoint::load(folder, &Device::Cpu).unwrap();
    assert_eq!(checkpoint.family(), family);
    let expected = candle_core::safetensors::load(folder.join("expected.safetensors"), &Device::Cpu).unwrap();

    let picture = picture();
    let view = PictureView::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
    let sized = checkpoint.prepare(view);
    let (patches, grid) = checkpoint
        .patches(&[sized.pixels.as_slice()], sized.width as usize)
        .unwrap();
    let side = checkpoint.config().vision.patch_side;
    let pixels = match expected.get("shape") {
        // NaFlex keeps the patches' values channels last.
        Some(shape) => {
            assert_eq!(shape.to_vec2::<i64>().unwrap(), [[grid.0 as i64, grid.1 as i64]]);
            let values = patches.reshape((1, grid.0 * grid.1, 3, side * side)).unwrap();
            values
                .transpose(2, 3)
                .unwrap()
                .contiguous()
                .unwrap()
                .flatten_from(2)
                .unwrap()
        }
        None => as_picture(&patches, grid, side),
    };
    let difference = worst(&pixels, &expected["pixels"]);
    println!("{name}: pixels {difference:.1e}");
    assert!(difference <= TOLERANCE, "{name}: pixels differ by {difference}");
    let output = checkpoint.vision().forward(&patches, grid, None).unwrap();
    for (what, ours) in [("pooled", &output.pooled), ("tokens", &output.tokens)] {
        let difference = worst(ours, &expected[what]);
        println!("{name}: {what} {difference:.1e}");
        assert!(difference <= TOLERANCE, "{name}: {what} differ by {difference}");
    }

    let texts = std::fs::read_to_string(fixtures().join("checkpoints/texts.txt")).unwrap();
    let mut texts: Vec<String> = texts.lines().map(str::to_owned).collect();
    texts.push([texts.join(" ").as_str()].repeat(4).concat());
    let ids = expected["text_ids"].to_vec2::<i64>().unwrap();
    for (number, (text, ids)) in texts.iter().zip(&ids).enumerate() {
        // SigLIP 2's own tokenizer class lowers the case; the fixture's is a plain one.
        let ours = checkpoint.text_ids(text).unwrap();
        let start: Vec<i64> = ours.iter().map(|id| i64::from(*id)).collect();
        assert_eq!(start, ids[..start.len()], "{name}: {text}");
        let vector = checkpoint.embed_ids(&[ours]).unwrap();
        let expected = expected["text"].narrow(0, number, 1).unwrap();
        let difference = worst(&vector, &expected);
        println!("{name}: text {number} {difference:.1e}");
        assert!(
            difference <= TOLERANCE,
            "{name}: the text {text:?} differs by {difference}"
        );
    }
}

#[test]
fn half_precision_gives_nearly_the_same_vectors_as_on_a_gpu() {
    let picture = picture();
    let view = PictureView::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
    for name in ["clip", "open_clip", "siglip", "siglip2"] {
        let pooled = |dtype| {
            let checkpoint = Checkpoint::load_in(&folder(name), &Device::Cpu, dtype).unwrap();
            let sized = checkpoint.prepare(view);
            let pictures = [sized.pixels.as_slice()];
            let output = checkpoint.embed_pictures(&pictures, sized.width as usize).unwrap();
            assert_eq!(output.pooled.dtype(), dtype);
            output
                .pooled
                .to_dtype(DType::F32)
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1::<f32>()
                .unwrap()
        };
        let exact = pooled(DType::F32);
        for dtype in [DType::F16, DType::BF16] {
            let cosine = {
                let ours = pooled(dtype);
                dot(&ours, &exact) / (dot(&ours, &ours) * dot(&exact, &exact)).sqrt()
            };
            println!("{name} {dtype:?}: {cosine}");
            assert!(cosine > 0.999, "{name} {dtype:?}: {cosine}");
        }
    }
}

#[test]
fn clip_in_shards_equals_the_reference() {
    check("clip", Family::Clip);
}

#[test]
fn open_clip_equals_the_reference() {
    check("open_clip", Family::OpenClip);
}

#[test]
fn siglip_equals_the_reference() {
    check("siglip", Family::SigLip);
}

#[test]
fn siglip_2_with_pictures_of_any_shape_equals_the_reference() {
    check("siglip2", Family::SigLip2);
}

#[test]
#[ignore = "needs a checkpoint of 600 MB: packaging/check-full-shape makes it and runs this"]
fn a_checkpoint_of_full_shape_equals_the_reference() {
    let folder = std::env::var("REFOCUS_FULL_SHAPE").expect("REFOCUS_FULL_SHAPE names the checkpoint's folder");
    check_folder("full shape", Path::new(&folder), Family::Clip);
}

/// A copy of a fixture whose weights are stored as another type.
fn stored_as(name: &str, dtype: candle_core::DType) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder(name)).unwrap() {
        let file = entry.unwrap().path();
        let to = copy.path().join(file.file_name().unwrap());
        if file.file_name().unwrap() == "model.safetensors" {
            let tensors = candle_core::safetensors::load(&file, &Device::Cpu).unwrap();
            let tensors = tensors
                .into_iter()
                .map(|(name, tensor)| (name, tensor.to_dtype(dtype).unwrap()))
                .collect();
            candle_core::safetensors::save(&tensors, to).unwrap();
        } else {
            std::fs::copy(&file, to).unwrap();
        }
    }
    copy
}

#[test]
fn weights_of_half_precision_give_nearly_the_same_vectors() {
    let expected = candle_core::safetensors::load(folder("siglip").join("expected.safetensors"), &Device::Cpu).unwrap();
    for (dtype, tolerance) in [(candle_core::DType::F16, 0.02), (candle_core::DType::BF16, 0.2)] {
        let copy = stored_as("siglip", dtype);
        let checkpoint = Checkpoint::load(copy.path(), &Device::Cpu).unwrap();
        let ids = checkpoint.text_ids("rain").unwrap();
        let ours = checkpoint.embed_ids(&[ids]).unwrap();
        let difference = worst(&ours, &expected["text"].narrow(0, 3, 1).unwrap());
        assert!(difference < tolerance, "{dtype:?}: {difference}");
    }
}

#[test]
fn a_condition_changes_the_vector_and_what_lies_below_it_can_be_kept() {
    for name in ["clip", "siglip"] {
        let checkpoint = Checkpoint::load(&folder(name), &Device::Cpu).unwrap();
        let vision = checkpoint.vision();
        let width = vision.config().stack.width;
        let grid = vision.config().grid_side();
        let patches = Tensor::randn(
            0f32,
            1.0,
            (2, grid * grid, vision.config().patch_values()),
            &Device::Cpu,
        )
        .unwrap();
        let plain = vision.forward(&patches, (grid, grid), None).unwrap();
        let token = Tensor::randn(0f32, 1.0, (2, width), &Device::Cpu).unwrap();
        for layer in 0..2 {
            let whole = vision.forward(&patches, (grid, grid), Some((&token, layer))).unwrap();
            assert_eq!(whole.tokens.dims(), plain.tokens.dims());
            assert!(worst(&whole.pooled, &plain.pooled) > 1e-3, "{name}: layer {layer}");
            let kept = vision.below(&patches, (grid, grid), layer).unwrap();
            let above = vision.above(&kept, layer, Some(&token)).unwrap();
            assert!(worst(&above.pooled, &whole.pooled) < 1e-6);
            let again = vision.above(&kept, layer, None).unwrap();
            assert!(worst(&again.pooled, &plain.pooled) < 1e-6);
        }
    }
}

/// The message of a checkpoint in which one file was changed.
fn broken(name: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> String {
    let copy = stored_as(name, candle_core::DType::F32);
    let path = copy.path().join(file);
    match change(std::fs::read(&path).unwrap_or_default()) {
        Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    let error = match Checkpoint::load(copy.path(), &Device::Cpu) {
        Ok(_) => panic!("{file} of {name} was changed and nobody noticed"),
        Err(error) => error.to_string(),
    };
    assert!(!error.contains('\n'), "{error}");
    error
}

fn replaced(from: &'static str, to: &'static str) -> impl FnOnce(Vec<u8>) -> Option<Vec<u8>> {
    move |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from), "{from} is not in the file");
        Some(text.replace(from, to).into_bytes())
    }
}

#[test]
fn what_is_wrong_with_a_checkpoint_is_said_in_one_line_that_names_the_file() {
    let cases: Vec<(String, [&str; 2])> = vec![
        (
            broken("siglip", "model.safetensors", |bytes| {
                Some(bytes[..bytes.len() / 2].to_vec())
            }),
            ["model.safetensors", "truncated"],
        ),
        (
            broken("siglip", "model.safetensors", |_| {
                Some(b"<!DOCTYPE html><html>not found</html>".to_vec())
            }),
            ["model.safetensors", "no safetensors file"],
        ),
        (
            broken("siglip", "model.safetensors", |_| None),
            ["model.safetensors", "missing"],
        ),
        (
            broken("siglip", "tokenizer.json", |_| None),
            ["tokenizer.json", "missing"],
        ),
        (
            broken("siglip", "tokenizer.json", |_| Some(b"{}".to_vec())),
            ["tokenizer.json", ""],
        ),
        // The fuzzer found the first: the tokenizers library panics at both.
        (
            broken(
                "clip",
                "tokenizer.json",
                replaced("\"decoder\": {", "\"decoder\": {\"x\" 1, "),
            ),
            ["tokenizer.json", "no tokenizer"],
        ),
        (
            broken(
                "clip",
                "tokenizer.json",
                replaced(
                    "\"type\": \"NFC\"",
                    "\"type\": \"Precompiled\", \"precompiled_charsmap\": 1",
                ),
            ),
            ["tokenizer.json", "no tokenizer"],
        ),
        (
            broken("siglip", "preprocessor_config.json", |_| None),
            ["preprocessor_config.json", "missing"],
        ),
        (
            broken(
                "siglip",
                "preprocessor_config.json",
                replaced("\"height\": 32", "\"height\": 48"),
            ),
            ["preprocessor_config.json", "32 × 48"],
        ),
        (
            broken("siglip", "config.json", replaced("\"siglip\"", "\"blip\"")),
            ["config.json", "model_type is blip"],
        ),
        (
            broken(
                "clip",
                "config.json",
                replaced("\"hidden_size\": 32", "\"hidden_size\": 40"),
            ),
            ["model-0000", "[32], the configuration says [40]"],
        ),
        (
            broken(
                "siglip",
                "config.json",
                replaced("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"),
            ),
            ["model.safetensors", "layers.2"],
        ),
        (
            broken("siglip", "config.json", replaced("gelu_pytorch_tanh", "swish")),
            ["config.json", "swish"],
        ),
        (
            broken("clip", "model-00002-of-00003.safetensors", |_| None),
            ["model-00002-of-00003.safetensors", "missing"],
        ),
        (
            broken(
                "clip",
                "model.safetensors.index.json",
                replaced("model-00002", "../model-00002"),
            ),
            ["model.safetensors.index.json", "../model-00002"],
        ),
        (
            broken(
                "open_clip",
                "open_clip_config.json",
                replaced("\"head_width\": 8", "\"timm_model_name\": \"vit\""),
            ),
            ["open_clip_config.json", "timm_model_name"],
        ),
        (
            broken("open_clip", "open_clip_model.safetensors", |_| None),
            ["open_clip_model.safetensors", "missing"],
        ),
    ];
    for (message, wanted) in &cases {
        for part in wanted {
            assert!(message.contains(part), "{part:?} is not in: {message}");
        }
    }
    let empty = tempfile::tempdir().unwrap();
    let message = detect(empty.path()).unwrap_err().to_string();
    assert!(
        message.contains("neither config.json nor open_clip_config.json"),
        "{message}"
    );
}
