//! One function a fuzz target: bytes in, nothing out. Each must end soon, without a panic, whatever the bytes are.
//!
//! The fuzzers (`targets/`) call them, and so does an ordinary test over the seeds and what was made of them.

use std::path::Path;
use std::sync::LazyLock;

use super::stations::library::companions::{self, Groups};
use super::stations::library::{
    DecodeLimits, PathPatterns, Scale, Urgency, read_facts, resolve_taken, taken_from_name, xmp,
};
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

/// Names and patterns of an input of [`names`].
const MOST_NAMES: usize = 64;
const MOST_PATTERNS: usize = 8;
/// Seconds since 1970 of the years 1826 to 2099, with a day on either side for time zones. Python 3.11: `calendar.timegm`.
const YEARS_IN_NAMES: std::ops::RangeInclusive<i64> = -4_544_294_400..=4_102_531_200;

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

/// EXIF, XMP, IPTC and whether a picture moves; the bytes as a picture, as an XMP packet and as a sidecar.
pub fn facts(bytes: &[u8]) {
    let in_file = read_facts(bytes);
    let in_sidecar = companions::facts_of_sidecar(bytes);
    for facts in [&in_file, &in_sidecar] {
        assert!(facts.tags.rating.is_none_or(|stars| (-1..=5).contains(&stars)));
        let mut keywords = facts.tags.keywords.iter().flatten();
        assert!(keywords.all(|keyword| !keyword.contains('\n')));
        assert!(
            facts
                .gps
                .as_ref()
                .is_none_or(|place| place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0)
        );
    }
    assert_eq!(xmp::read(bytes), in_sidecar.tags);
    let _ = resolve_taken(in_file.taken, in_sidecar.taken, "a.jpg", 0);
}

/// Names of files and folders, a line each: dates in them, what belongs together, patterns of what is left out.
pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = |most| text.lines().take(most);
    let mut groups = Groups::default();
    let paths: Vec<&Path> = lines(MOST_NAMES).map(Path::new).collect();
    for path in &paths {
        let name = path.to_string_lossy();
        if let Some(taken) = taken_from_name(&name) {
            assert!(YEARS_IN_NAMES.contains(&taken.seconds), "{taken:?}");
        }
        let _ = resolve_taken(None, None, &name, i64::from(bytes.len() as u32));
        let _ = (
            companions::is_raw_name(path),
            companions::is_motion_name(path),
            companions::fold_key(path),
        );
        let _ = companions::group_keys(path);
        groups.insert(path);
    }
    for path in &paths {
        let _ = groups.photos(path);
        let together = groups.of(path);
        for beside in together.sidecars.iter().chain(&together.raws).chain(&together.settings) {
            let _ = companions::renamed_companion(beside, path, Path::new("b/other.jpg"));
        }
    }
    paths.iter().for_each(|path| groups.remove(path));
    assert!(
        paths.iter().all(|path| groups.photos(path).is_empty()),
        "nothing is left of what was removed"
    );
    let patterns: Vec<String> = lines(MOST_PATTERNS).map(str::to_owned).collect();
    if let Ok(patterns) = PathPatterns::new(&patterns) {
        let _ = paths.iter().filter(|path| patterns.matches(path)).count();
    }
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
