//! The fuzzers' targets over their seeds and over what was made of them; the seeds as files for the fuzzers themselves.

use std::path::Path;
use std::time::{Duration, Instant};

use super::mutated::{mutate, other_programs_files, pictures, random, with_right_checksums, xmp_packet};

/// As `targets.rs` names them.
mod stations {
    pub(super) use refocus_media as library;
    pub(super) use refocus_model as model;
    pub(super) use refocus_store as store;
}

#[path = "../../fuzz/src/targets.rs"]
#[expect(
    unreachable_pub,
    reason = "the fuzzers call the same functions from their own package"
)]
mod targets;

type Target = (&'static str, fn(&[u8]), Vec<Vec<u8>>);

/// What an input may take on a machine that does much else; the fuzzers allow 5 seconds.
const LONGEST: Duration = Duration::from_secs(60);

/// A checkpoint's files as one input.
fn checkpoint(folder: &Path) -> Vec<u8> {
    let mut input = Vec::new();
    for (number, name) in (0u8..).zip(targets::CHECKPOINT_FILES) {
        if let Ok(bytes) = std::fs::read(folder.join(name)) {
            input.push(number);
            input.extend((bytes.len() as u32).to_le_bytes());
            input.extend(bytes);
        }
    }
    input
}

/// Names of cameras, telephones, messengers, sidecars and people, and patterns.
const NAMES: [&str; 4] = [
    "IMG_20230412_183005.jpg\nPXL_20230412_163005123.MP.jpg\nIMG-20230412-WA0007.jpg\nScreenshot 2023-04-12 at 6.30.05 PM.png",
    "a/DSC_1.NEF\na/DSC_1.JPG\na/DSC_1.JPG.xmp\na/dsc_1.xmp\na/DSC_1.NEF.pp3\na/DSC_1.MOV\na/DSC_1-Edit.tif",
    "WhatsApp Image 2023-04-12 at 18.30.05.jpeg\n1681324205000.jpg\n12 avril 2023.jpg\nFoto 12.4.23, 18 30 05.heic",
    "*.gif\nScreenshots/\n/2019/**/raw\n[a-c]{x,y}?.jpg\na/b/cx1.jpg",
];

/// Seeds of each target: pictures of our own making, and those that other programs wrote.
fn all() -> [Target; 6] {
    let (sidecars, others): (Vec<_>, Vec<_>) = other_programs_files()
        .into_iter()
        .partition(|(name, _)| name.ends_with(".xmp"));
    let own = pictures(1).into_iter().map(|(_, bytes)| bytes);
    let whole: Vec<Vec<u8>> = own.chain(others.into_iter().map(|(_, bytes)| bytes)).collect();
    let jpegs = whole
        .iter()
        .filter_map(|file| file.strip_prefix(&[0xFF, 0xD8, 0xFF]).map(<[u8]>::to_vec));
    let jpegs: Vec<Vec<u8>> = jpegs.collect();
    let mut told = whole.clone();
    told.push(xmp_packet(3, &["a", "b"]).into_bytes());
    told.extend(sidecars.into_iter().map(|(_, bytes)| bytes));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints");
    let checkpoints = ["clip", "open_clip", "siglip", "siglip2"].map(|name| checkpoint(&fixtures.join(name)));
    let mut built_in = vec![0x11; 3832];
    built_in[..4].copy_from_slice(b"RF\x03\0");
    let mut brought = vec![0x3C; 132];
    brought[..4].copy_from_slice(b"RC\x01\0");
    let keepsake = format!("refocus keepsake 1\nfolder /photos%20\nmark {} 1 5\n", "ab".repeat(32));
    [
        ("decode", targets::decode, whole),
        ("jpeg", targets::jpeg, jpegs),
        ("facts", targets::facts, told),
        ("names", targets::names, NAMES.map(|names| names.into()).to_vec()),
        ("checkpoint", targets::checkpoint, checkpoints.to_vec()),
        (
            "stored",
            targets::stored,
            vec![built_in, brought, keepsake.into_bytes()],
        ),
    ]
}

#[test]
fn every_target_ends_soon_whatever_is_done_to_its_seeds() {
    for (name, target, seeds) in all() {
        let mut random = random(9);
        for (number, seed) in seeds.iter().enumerate() {
            target(seed);
            let other = &seeds[(number + 1) % seeds.len()];
            for _ in 0..20 {
                let damaged = mutate(seed, other, &mut random);
                let start = Instant::now();
                target(&damaged);
                target(&with_right_checksums(&damaged));
                assert!(start.elapsed() < LONGEST, "{name}, seed {number}");
            }
        }
    }
}

#[test]
fn the_seeds_are_what_the_targets_are_about() {
    use stations::library::{DecodeLimits, Scale, decode, read_facts};
    for (ending, bytes) in pictures(3) {
        let picture = decode(&bytes, Scale::Full, &DecodeLimits::default());
        assert!(picture.is_ok(), "{ending}: {picture:?}");
    }
    let told = pictures(3).into_iter().find(|(ending, _)| *ending == "jpeg").unwrap();
    let facts = read_facts(&told.1);
    assert_eq!((facts.tags.rating, facts.orientation), (Some(4), Some(6)));
    for (name, bytes) in other_programs_files() {
        if name.ends_with(".xmp") {
            let facts = refocus_media::companions::facts_of_sidecar(&bytes);
            assert_eq!(facts.tags.title.as_deref(), Some("A quay"), "{name}");
            continue;
        }
        let picture = decode(&bytes, Scale::Full, &DecodeLimits::default());
        assert!(picture.is_ok(), "{name}: {picture:?}");
        let facts = read_facts(&bytes);
        if name.starts_with("told.") || name == "squeezed.jxl" || name == "extended.jpg" || name == "texts.png" {
            // 2023-04-12 18:30:05 (Python 3.11: calendar.timegm).
            assert_eq!(facts.taken.map(|taken| taken.seconds), Some(1_681_324_205), "{name}");
            assert_eq!(facts.tags.title.as_deref(), Some("A quay"), "{name}");
            assert_eq!(facts.tags.rating, Some(4), "{name}");
        }
        assert_eq!(facts.motion, name == "extended.jpg", "{name}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints/siglip2");
    stations::model::clip::Checkpoint::load(&folder, &candle_core::Device::Cpu).unwrap();
}

/// Writes the seeds below the folder that `REFOCUS_CORPUS` names, a folder a target. `packaging/fuzz` calls it.
#[test]
#[ignore = "writes files for the fuzzers"]
fn write_the_fuzzing_corpus() {
    let corpus = std::path::PathBuf::from(std::env::var_os("REFOCUS_CORPUS").expect("REFOCUS_CORPUS names a folder"));
    for (name, _, seeds) in all() {
        let folder = corpus.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
}
