//! Milliseconds a photo through the decode gate: `cargo bench --bench decode`.
//!
//! The photos are made here: a 12-megapixel JPEG and HEIC with the grain and gradients of a camera picture, and a small WebP. HEIC
//! is decoded in this process first, then in a child process as the program does; so is every file (AVIF, say) in the folder that
//! `REFOCUS_BENCH_PICTURES` names. A JPEG among them is decoded at the scales that indexing asks for, all in one round: divide by
//! their number. libjpeg-turbo's figure for the same files, by Pillow's `Image.draft`, which asks for the same scale:
//!
//! ```text
//! python3 -c 'import glob, sys, time; from PIL import Image
//! def decode(path):
//!     image = Image.open(path); by = next((by for by in (8, 4, 2) if min(image.size) / by >= 448), 1)
//!     image.draft("RGB", (image.width // by, image.height // by)); image.load()
//! for path in 3 * glob.glob(sys.argv[1] + "/*.jpg"): start = time.perf_counter(); decode(path); print(time.perf_counter() - start)
//! ' FOLDER
//! ```

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;
use std::io::Cursor;

use criterion::Criterion;
use image::{DynamicImage, ImageFormat, RgbImage};
use refocus_media::decode::{DecodeLimits, Scale, decode};
use refocus_media::decoder_child::{self, Children};
use refocus_media::facts::read_facts;
use refocus_media::hash::ContentHash;
use refocus_media::resize::{ResizeFilter, resize_rgb};
use refocus_media::thumbnails::{ThumbnailCache, ThumbnailSize};

/// Smooth light, patches and sensor noise; the same on every run.
fn photo(width: u32, height: u32) -> DynamicImage {
    let mut state = 0x9E37_79B9u32;
    DynamicImage::from(RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = (state >> 28) as i32 - 8;
        let patch = (((x / 23) * 7919) ^ ((y / 31) * 104_729)) as i32 % 48;
        let light = |phase: f32| {
            let wave = (x as f32 / width as f32 * 9.0 + phase).sin() * (y as f32 / height as f32 * 7.0 + phase).cos();
            (128.0 + 80.0 * wave) as i32
        };
        image::Rgb([0.0, 1.0, 2.0].map(|phase| (light(phase) + patch + noise).clamp(0, 255) as u8))
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Encoding into memory fails only where memory ends; the empty bytes are then refused by the gate.
    picture.write_to(&mut Cursor::new(&mut bytes), format).ok();
    bytes
}

fn benchmarks(criterion: &mut Criterion) {
    let limits = DecodeLimits::default();
    let large = encoded(&photo(4000, 3000), ImageFormat::Jpeg);
    let small = encoded(&photo(224, 224), ImageFormat::WebP);
    let mut group = criterion.benchmark_group("decode");
    group.sample_size(10);
    group.bench_function("12 MP JPEG, short side at least 520", |b| {
        b.iter(|| decode(black_box(&large), Scale::ShortSideAtLeast(520), &limits));
    });
    group.bench_function("12 MP JPEG, full", |b| {
        b.iter(|| decode(black_box(&large), Scale::Full, &limits));
    });
    group.bench_function("224 px lossless WebP", |b| {
        b.iter(|| decode(black_box(&small), Scale::Full, &limits));
    });
    group.bench_function("hash of a 12 MP JPEG", |b| {
        b.iter(|| ContentHash::of(black_box(&large)));
    });
    group.bench_function("EXIF of a 12 MP JPEG", |b| b.iter(|| read_facts(black_box(&large))));
    if let Ok(picture) = decode(&large, Scale::ShortSideAtLeast(520), &limits) {
        group.bench_function("thumbnail of 512 px", |b| {
            b.iter(|| ThumbnailCache::make(black_box(&picture), ThumbnailSize::Large));
        });
        group.bench_function("bicubic to 260 × 260", |b| {
            let (width, height) = (picture.width, picture.height);
            b.iter(|| resize_rgb(black_box(&picture.rgb), width, height, 260, 260, ResizeFilter::Bicubic));
        });
    }
    group.finish();
}

/// The files of the folder that `REFOCUS_BENCH_PICTURES` names.
fn given_pictures() -> impl Iterator<Item = (String, Vec<u8>)> {
    let folder = std::env::var_os("REFOCUS_BENCH_PICTURES").map(std::fs::read_dir);
    folder.into_iter().flatten().flatten().flatten().filter_map(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        Some((name, std::fs::read(file.path()).ok()?))
    })
}

fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8])
}

/// What indexing does with a photo before a model sees it.
fn photos(criterion: &mut Criterion) {
    let limits = DecodeLimits::default();
    let photos: Vec<Vec<u8>> = given_pictures()
        .map(|(_, bytes)| bytes)
        .filter(|bytes| is_jpeg(bytes))
        .collect();
    let mut group = criterion.benchmark_group(format!("{} JPEG photos", photos.len()));
    group.sample_size(10);
    for (name, scale) in [
        ("short side at least 448", Scale::ShortSideAtLeast(448)),
        ("short side at least 768", Scale::ShortSideAtLeast(768)),
        ("full", Scale::Full),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                photos
                    .iter()
                    .filter(|bytes| decode(black_box(bytes), scale, &limits).is_ok())
                    .count()
            });
        });
    }
    group.bench_function("hash", |b| {
        b.iter(|| photos.iter().map(|bytes| ContentHash::of(bytes)).max());
    });
    group.bench_function("EXIF, XMP, IPTC", |b| {
        b.iter(|| {
            photos
                .iter()
                .filter(|bytes| read_facts(black_box(bytes)).taken.is_some())
                .count()
        });
    });
    let pictures: Vec<_> = photos
        .iter()
        .filter_map(|bytes| decode(bytes, Scale::ShortSideAtLeast(448), &limits).ok())
        .collect();
    group.bench_function("thumbnail of 256 px", |b| {
        b.iter(|| {
            let made = pictures
                .iter()
                .map(|picture| ThumbnailCache::make(picture, ThumbnailSize::Medium));
            made.map(|thumbnail| thumbnail.rgb.len()).sum::<usize>()
        });
    });
    group.finish();
}

/// Files whose decoders run in child processes.
fn contained_pictures() -> Vec<(String, Vec<u8>)> {
    let picture = photo(4000, 3000).into_rgb8();
    let options = heifer::EncodeOptions::default();
    let heic = heifer::encode_rgb8(picture.width(), picture.height(), &picture, &options).unwrap_or_default();
    let mut pictures = vec![("12 MP HEIC".to_owned(), heic)];
    pictures.extend(given_pictures().filter(|(_, bytes)| !is_jpeg(bytes)));
    pictures
}

fn contained(criterion: &mut Criterion, pictures: &[(String, Vec<u8>)], place: &str) {
    let limits = DecodeLimits::default();
    let mut group = criterion.benchmark_group(place);
    group.sample_size(10);
    for (name, bytes) in pictures {
        group.bench_function(name, |b| b.iter(|| decode(black_box(bytes), Scale::Full, &limits)));
    }
    group.finish();
}

fn main() {
    if decoder_child::is_child() {
        decoder_child::serve_if_asked();
    }
    let mut criterion = Criterion::default().configure_from_args();
    let pictures = contained_pictures();
    contained(&mut criterion, &pictures, "in this process");
    decoder_child::use_children(Children::default());
    contained(&mut criterion, &pictures, "in a child process");
    benchmarks(&mut criterion);
    photos(&mut criterion);
    criterion.final_summary();
}
