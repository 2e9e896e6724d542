//! One function a fuzz target: bytes in, nothing out. Each must end soon, without a panic, whatever the bytes are.
//!
//! The fuzzers (`targets/`) call them, and so does an ordinary test over the seeds and what was made of them.

use std::path::Path;
use std::sync::LazyLock;

use super::stations::library::{DecodeLimits, Scale, Urgency, read_facts, xmp};
use super::stations::model::clip::Checkpoint;
use super::stations::model::clip::photo_row::PhotoRowLayout;
use super::stations::model::encoding::{self, BuiltInLayout, Encoding, EncodingLayout, Part};
use super::stations::{library, store};

/// Files of a checkpoint, in the order in which an input of [`checkpoint`] numbers them.
pub const CHECKPOINT_FILES: [&str; 9] = [
    "config.json",
    "open_clip_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors.index.json",
    "model.safetensors",
    "open_clip_model.safetensors",
];

/// Pixels and memory of a picture: enough for each decoder's every path, little enough for many inputs a second.
const LIMITS: DecodeLimits = DecodeLimits {
    max_side: 4096,
    max_pixels: 1 << 20,
    max_alloc_bytes: 64 << 20,
    max_file_bytes: 1 << 20,
    urgency: Urgency::Background,
};

/// The decode gate, whole and scaled.
pub fn decode(bytes: &[u8]) {
    for scale in [Scale::Full, Scale::ShortSideAtLeast(8)] {
        if let Ok(picture) = library::decode(bytes, scale, &LIMITS) {
            assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3);
            assert!(picture.original_width >= picture.width && picture.original_height >= picture.height);
        }
    }
}

/// The JPEG decoder at each of its scales; the input goes on behind the start marker.
pub fn jpeg(bytes: &[u8]) {
    let file = [&[0xFF, 0xD8, 0xFF], bytes].concat();
    let whole = library::decode(&file, Scale::Full, &LIMITS);
    let short_side = whole.map_or(8, |picture| picture.original_width.min(picture.original_height));
    for divisor in [2, 4, 8] {
        let scale = Scale::ShortSideAtLeast(short_side.div_ceil(divisor));
        if let Ok(picture) = library::decode(&file, scale, &LIMITS) {
            assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3);
        }
    }
}

/// EXIF, XMP, IPTC and whether a picture moves; the bytes as a picture and as an XMP packet.
pub fn facts(bytes: &[u8]) {
    let _ = read_facts(bytes);
    let tags = xmp::read(bytes);
    assert!(tags.rating.is_none_or(|stars| (-1..=5).contains(&stars)));
    let mut keywords = tags.keywords.iter().flatten();
    assert!(keywords.all(|keyword| !keyword.contains('\n')));
}

/// A checkpoint's folder. The input is a list of files: the number of its name, its length (32 bits, little-endian), its bytes.
pub fn checkpoint(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir_in(fast_folder()) else {
        return;
    };
    let mut rest = bytes;
    while let [number, a, b, c, d, after @ ..] = rest {
        let len = (u32::from_le_bytes([*a, *b, *c, *d]) as usize).min(after.len());
        let (file, next) = after.split_at(len);
        let name = CHECKPOINT_FILES[usize::from(*number) % CHECKPOINT_FILES.len()];
        if std::fs::write(folder.path().join(name), file).is_err() {
            return;
        }
        rest = next;
    }
    let _ = Checkpoint::load(folder.path(), &candle_core::Device::Cpu);
}

/// Memory, where the system has a folder in it.
fn fast_folder() -> &'static Path {
    static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            memory.to_path_buf()
        } else {
            std::env::temp_dir()
        }
    });
    &FOLDER
}

/// What lies in a database: an encoding by the built-in model or by a checkpoint, and the keepsake beside it.
pub fn stored(bytes: &[u8]) {
    static BUILT_IN: LazyLock<BuiltInLayout> =
        LazyLock::new(|| BuiltInLayout::new(&vec![0.05; 384 * 128], &vec![0.05; 32 * 384]));
    let checkpoint = PhotoRowLayout::new(64);
    let layouts: [&dyn EncodingLayout; 2] = [&*BUILT_IN, &checkpoint];
    for layout in layouts {
        // Also what the check refuses must be read without a panic: a row can change on the disk at any time.
        let _ = layout.check(bytes);
        layout.plain(bytes, &mut vec![0.0; layout.plain_dim()]);
        for part in [Part::Foreground, Part::Background] {
            layout.text_factors(bytes, part, &mut vec![0.0; layout.factor_dim()]);
        }
    }
    let _ = encoding::stored_tokens(bytes);
    let _ = encoding::stored_boxes(bytes);
    if let Ok(encoding) = Encoding::from_bytes(bytes) {
        let _ = (
            encoding.tokens(),
            encoding.conse(),
            encoding.histogram(Part::Foreground),
        );
    }
    let Ok(folder) = tempfile::tempdir_in(fast_folder()) else {
        return;
    };
    let database = folder.path().join("library.refocus");
    if std::fs::write(store::Keepsake::path_for(&database), bytes).is_ok() {
        let kept = store::Keepsake::read(&database);
        assert!(kept.marks.values().all(|marks| marks.rating <= store::MOST_STARS));
    }
}
