//! Pictures of every format, and what damage makes of them: seeds for the fuzzers and hostile files for whole runs.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, RgbImage};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zune_core::bit_depth::BitDepth;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;

#[path = "../../crates/refocus-media/src/fixtures/containers.rs"]
mod containers;

use self::containers::{insert_segments, raf};

/// A picture with structure at every scale, another one for each seed.
fn picture(seed: u32, width: u32, height: u32) -> RgbImage {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = (state >> 28) as u8;
        image::Rgb([(x * 5 + seed) as u8 ^ noise, (y * 3) as u8 ^ noise, ((x + y) * 2) as u8])
    })
}

fn encode(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone())
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A packet with a rating and two keywords.
pub(super) fn xmp_packet(rating: u8, keywords: &[&str]) -> String {
    let keywords: String = keywords.iter().map(|word| format!("<rdf:li>{word}</rdf:li>")).collect();
    format!(
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="{rating}"><dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject>
        </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#
    )
}

/// A JPEG that brings a rating and keywords along.
pub(super) fn tagged_jpeg(seed: u32, rating: u8, keywords: &[&str]) -> Vec<u8> {
    jpeg_with(seed, &xmp_packet(rating, keywords))
}

/// A JPEG that brings an XMP packet along.
pub(super) fn jpeg_with(seed: u32, packet: &str) -> Vec<u8> {
    let body = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), packet.as_bytes()].concat();
    insert_segments(&encode(&picture(seed, 96, 64), ImageFormat::Jpeg), &[(0xE1, body)])
}

/// EXIF with an orientation and a date, in a little-endian TIFF block.
fn exif_block() -> Vec<u8> {
    let mut block = b"II\x2a\0\x08\0\0\0\x02\0".to_vec();
    block.extend([0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    block.extend([0x32, 1, 2, 0, 20, 0, 0, 0, 38, 0, 0, 0]);
    block.extend([0; 4]);
    block.extend(b"2023:04:12 18:30:05\0");
    block
}

fn iptc_segment() -> Vec<u8> {
    b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x19\0\x03sea".to_vec()
}

fn animated_gif(seed: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for number in 0..3 {
        let frame = DynamicImage::from(picture(seed + number, 48, 32)).to_rgba8();
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

/// Fujifilm's raw file.
pub(super) fn raw_file(seed: u32) -> Vec<u8> {
    let jpeg = encode(&picture(seed, 96, 64), ImageFormat::Jpeg);
    raf(&jpeg, 300)
}

/// A raw file in TIFF: a directory that points to a JPEG.
fn tiff_raw(seed: u32) -> Vec<u8> {
    let jpeg = encode(&picture(seed, 64, 48), ImageFormat::Jpeg);
    let mut file = b"II\x2a\0\x10\0\0\0CR\x02\0\0\0\0\0\x03\0".to_vec();
    for (tag, value) in [(0x112u16, 6), (0x201, 58), (0x202, jpeg.len() as u32)] {
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.resize(58, 0);
    file.extend(jpeg);
    file
}

fn jpeg_xl(seed: u32) -> Vec<u8> {
    let (width, height) = (40, 24);
    let options = EncoderOptions::new(width, height, ColorSpace::RGB, BitDepth::Eight);
    let mut file = Vec::new();
    let pixels = picture(seed, width as u32, height as u32).into_raw();
    zune_jpegxl::JxlSimpleEncoder::new(&pixels, options)
        .encode(&mut file)
        .unwrap();
    file
}

/// One of the files that another program wrote.
fn fixture(folder: &str, ending: &str, names: &[&str], seed: u32) -> Vec<u8> {
    let name = names[seed as usize % names.len()];
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    std::fs::read(format!("{fixtures}/{folder}/{name}.{ending}")).unwrap()
}

fn heic(seed: u32) -> Vec<u8> {
    let names = ["quarters", "turned", "alpha", "profile", "grey"];
    fixture("heif", "heic", &names, seed)
}

fn avif(seed: u32) -> Vec<u8> {
    let names = [
        "quarters",
        "subsampled",
        "halved",
        "lossless",
        "turned",
        "cropped",
        "tiles",
        "sequence",
        "wide-gamut",
        "alpha",
    ];
    fixture("avif", "avif", &names, seed)
}

/// A whole picture of each format, as (ending, bytes).
pub(super) fn pictures(seed: u32) -> Vec<(&'static str, Vec<u8>)> {
    let shown = picture(seed, 96, 64);
    let jpeg = encode(&shown, ImageFormat::Jpeg);
    let told = insert_segments(
        &tagged_jpeg(seed, 4, &["sea", "sand"]),
        &[
            (0xE1, [b"Exif\0\0".as_slice(), &exif_block()].concat()),
            (0xED, iptc_segment()),
        ],
    );
    vec![
        ("jpg", jpeg),
        ("jpeg", told),
        ("png", encode(&shown, ImageFormat::Png)),
        ("webp", encode(&shown, ImageFormat::WebP)),
        ("gif", animated_gif(seed)),
        ("bmp", encode(&shown, ImageFormat::Bmp)),
        ("tif", encode(&shown, ImageFormat::Tiff)),
        ("jxl", jpeg_xl(seed)),
        ("heic", heic(seed)),
        ("avif", avif(seed)),
        ("raf", raw_file(seed)),
        ("cr2", tiff_raw(seed)),
    ]
}

/// The files of `tests/fixtures/containers`, with their names: metadata in every container, kinds of JPEG and TIFF, sidecars.
pub(super) fn other_programs_files() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/containers");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending != "md" && ending != "py"));
    paths.sort();
    let named = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    });
    named.collect()
}

/// Damages bytes in one of the ways in which files are damaged or forged.
pub(super) fn mutate(bytes: &[u8], other: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut place = |len: usize| (random.next_u64() % len.max(1) as u64) as usize;
    match place(6) {
        // Single bits, anywhere or in the headers.
        0 | 1 => {
            let end = if place(2) == 0 { out.len() } else { out.len().min(128) };
            for _ in 0..=place(16) {
                let at = place(end);
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << place(8);
                }
            }
        }
        2 => out.truncate(place(bytes.len())),
        // A piece of another file in its midst.
        3 => {
            let (from, len) = (place(other.len()), 1 + place(512));
            let piece = other.get(from..(from + len).min(other.len())).unwrap_or_default();
            let at = place(out.len());
            let end = if place(2) == 0 { at } else { (at + len).min(out.len()) };
            out.splice(at..end, piece.iter().copied());
        }
        // Sizes and dimensions: numbers of two and four bytes near the beginning, set to extremes.
        4 => {
            for _ in 0..=place(4) {
                let value: u32 = [0, 1, 0x7FFF, 0xFFFF, 30_000, 0x7FFF_FFFF, 0xFFFF_FFFF][place(7)];
                let wide = if place(2) == 0 { 2 } else { 4 };
                let number = if place(2) == 0 {
                    value.to_be_bytes()[4 - wide..].to_vec()
                } else {
                    value.to_le_bytes()[..wide].to_vec()
                };
                let at = place(out.len().min(256));
                let end = (at + wide).min(out.len());
                out.splice(at..end, number);
            }
        }
        // A block said twice.
        _ => {
            let (from, len) = (place(out.len()), 1 + place(256));
            let block = out.get(from..(from + len).min(out.len())).unwrap_or_default().to_vec();
            out.splice(from..from, block);
        }
    }
    out
}

/// Endless random numbers of one seed.
pub(super) fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// The number at which a test's damage begins.
pub(super) fn any(random: &mut ChaCha8Rng) -> u32 {
    random.random()
}

/// Makes a PNG's checksums right again, so that damage reaches the decoder behind them.
pub(super) fn with_right_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut at = 8;
    while let Some(head) = out.get(at..at + 8) {
        let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(chunk) = out.get(at + 4..(at + 8).saturating_add(len)) else {
            break;
        };
        let mut crc = flate2::Crc::new();
        crc.update(chunk);
        let end = at + 8 + len;
        let Some(sum) = out.get_mut(end..end + 4) else { break };
        sum.copy_from_slice(&crc.sum().to_be_bytes());
        at = end + 4;
    }
    out
}
