//! Parity with the parent's own PyTorch code: fixtures in `tests/fixtures/image_tower/`.

use candle_core::{DType, Device};
use serde::Deserialize;

use super::*;
use crate::ops::InstructionSet;

const ASSET: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/image-tower.safetensors"
));

#[derive(Deserialize)]
struct Reference {
    height: usize,
    width: usize,
    taps: Taps,
    top_logits: Vec<(usize, f32)>,
}

#[derive(Deserialize)]
struct Taps {
    early: Tap,
    middle: Tap,
    head: Tap,
}

#[derive(Deserialize)]
struct Tap {
    shape: Vec<usize>,
    mean: f32,
    std: f32,
    samples: Vec<(usize, f32)>,
}

fn references() -> Vec<Reference> {
    [
        include_str!("../../../../tests/fixtures/image_tower/260x260.json"),
        include_str!("../../../../tests/fixtures/image_tower/97x131.json"),
    ]
    .map(|json| serde_json::from_str(json).unwrap())
    .into()
}

/// The picture of `tests/fixtures/image_tower/reference.py`, as the tower wants it.
fn picture(height: usize, width: usize) -> Tensor {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let mut ramp = (x * (c + 1) * 200 / width + y * (3 - c) * 150 / height) % 256;
                let (wide, high) = (x as i64 - (width / 2) as i64, y as i64 - (height / 2) as i64);
                if wide * wide + high * high < ((height.min(width) / 3) as i64).pow(2) {
                    ramp = 255 - ramp / 2;
                }
                let noise = ((x * 73_856_093) ^ (y * 19_349_663) ^ (c * 83_492_791)) % (1 << 32) / 8192 % 16;
                pixels.push(((ramp * 15 / 16 + noise) as f32 - 127.0) / 128.0);
            }
        }
    }
    Tensor::from_vec(pixels, (1, height, width, 3), &Device::Cpu).unwrap()
}

fn tower(backend: Backend) -> ImageTower {
    let vb = VarBuilder::from_slice_safetensors(ASSET, DType::F32, &Device::Cpu).unwrap();
    ImageTower::with_backend(ImageTowerConfig::lite2(), &vb, backend).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Weights rounded to f16 (relative error up to 2⁻¹¹) are the only difference that counts: a tap's samples differ by
/// 0.2 to 0.5 % of its standard deviation in the root mean square, its mean and deviation by less than 0.05 %.
fn assert_close(name: &str, map: &Tensor, tap: &Tap) {
    assert_eq!(map.dims(), tap.shape, "{name}");
    let values = flat(map);
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
    let error: f32 = tap.samples.iter().map(|&(i, v)| (values[i] - v).powi(2)).sum();
    let error = (error / tap.samples.len() as f32).sqrt() / tap.std;
    assert!(
        error < 0.008,
        "{name}: samples differ by {error} of the standard deviation"
    );
    assert!(
        (mean - tap.mean).abs() < 0.001 * tap.std,
        "{name}: mean {mean} instead of {}",
        tap.mean
    );
    assert!(
        (variance.sqrt() - tap.std).abs() < 0.001 * tap.std,
        "{name}: deviation {} instead of {}",
        variance.sqrt(),
        tap.std
    );
}

#[test]
fn taps_and_logits_equal_the_parents() {
    let tower = tower(Backend::Kernels(InstructionSet::best()));
    for reference in references() {
        let maps = tower.forward(&picture(reference.height, reference.width)).unwrap();
        assert_close("early", &maps.early, &reference.taps.early);
        assert_close("middle", &maps.middle, &reference.taps.middle);
        assert_close("head", &maps.head, &reference.taps.head);
        let logits = flat(&tower.logits(&maps.head.mean((1, 2)).unwrap()).unwrap());
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        for (rank, &(class, logit)) in reference.top_logits.iter().enumerate() {
            assert!(
                (logits[class] - logit).abs() < 0.05,
                "class {class}: {} instead of {logit}",
                logits[class]
            );
            if rank == 0 {
                assert_eq!(order[0], class);
            }
        }
    }
}

#[test]
fn tensor_operations_and_kernels_agree_over_the_whole_network() {
    let pixels = picture(97, 131);
    let by_tensors = tower(Backend::Tensors).forward(&pixels).unwrap();
    for set in InstructionSet::available() {
        let by_kernels = tower(Backend::Kernels(set)).forward(&pixels).unwrap();
        for (a, b) in [
            (&by_tensors.early, &by_kernels.early),
            (&by_tensors.middle, &by_kernels.middle),
            (&by_tensors.head, &by_kernels.head),
        ] {
            let difference = flat(&(a - b).unwrap()).iter().fold(0f32, |most, d| most.max(d.abs()));
            assert!(difference < 1e-3, "{}: {difference}", set.name());
        }
    }
}

#[test]
fn a_picture_looks_the_same_alone_and_in_a_batch() {
    let tower = tower(Backend::Kernels(InstructionSet::best()));
    let one = picture(97, 131);
    let other = (one.neg().unwrap() * 0.5).unwrap();
    let batch = tower.forward(&Tensor::cat(&[&other, &one], 0).unwrap()).unwrap();
    let alone = tower.forward(&one).unwrap();
    assert_eq!(flat(&batch.head.get(1).unwrap()), flat(&alone.head));
    assert_eq!(flat(&batch.early.get(1).unwrap()), flat(&alone.early));
}

#[test]
fn threads_share_one_tower() {
    let tower = tower(Backend::Kernels(InstructionSet::best()));
    let pixels = picture(64, 48);
    let expected = flat(&tower.forward(&pixels).unwrap().head);
    std::thread::scope(|scope| {
        for thread in [(); 2].map(|()| scope.spawn(|| flat(&tower.forward(&pixels).unwrap().head))) {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn a_picture_without_three_channels_is_an_error() {
    let tower = tower(Backend::Kernels(InstructionSet::best()));
    assert!(
        tower
            .forward(&Tensor::zeros((1, 64, 64, 4), DType::F32, &Device::Cpu).unwrap())
            .is_err()
    );
    assert!(
        tower
            .forward(&Tensor::zeros((64, 64, 3), DType::F32, &Device::Cpu).unwrap())
            .is_err()
    );
    assert!(
        tower
            .forward(&Tensor::zeros((1, 64, 64, 3), DType::F64, &Device::Cpu).unwrap())
            .is_err()
    );
}
