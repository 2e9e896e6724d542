//! The decode gate on files that are damaged, cut short, forged, or no pictures at all: always an answer in words.

use image::ImageFormat;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::decode::{DecodeLimits, Picture, Scale, decode, read_and_decode, read_file};
use super::failure::{Failure, FailureKind};
use super::fixtures::{crc32, encode, forged_png, jpeg_with_segments, orientation_block, quarters, textured};

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

fn full(bytes: &[u8]) -> Result<Picture, Failure> {
    decode(bytes, Scale::Full, &DecodeLimits::default())
}

fn small(format: ImageFormat) -> Vec<u8> {
    encode(textured(40, 30, 3), format)
}

/// A decoded picture has the size and the bytes that it says; a failure has a message.
fn assert_answered(outcome: &Result<Picture, Failure>) {
    match outcome {
        Ok(picture) => assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3),
        Err(failure) => assert!(
            failure.message.len() > 20 && failure.message.ends_with('.'),
            "{failure}"
        ),
    }
}

#[test]
fn files_cut_at_every_seventh_byte_are_answered() {
    for format in FORMATS {
        let whole = small(format);
        for len in (0..whole.len()).step_by(7) {
            let outcome = full(&whole[..len]);
            assert_answered(&outcome);
            if len < whole.len() / 2 {
                assert!(outcome.is_err(), "{format:?} cut to {len} of {} bytes", whole.len());
            }
        }
    }
}

#[test]
fn files_with_flipped_bits_are_answered() {
    let mut random = ChaCha8Rng::seed_from_u64(20);
    for format in FORMATS {
        let whole = small(format);
        for _ in 0..150 {
            let mut damaged = whole.clone();
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..damaged.len());
                damaged[at] ^= 1 << random.random_range(0..8);
            }
            assert_answered(&full(&damaged));
            assert_answered(&decode(&damaged, Scale::ShortSideAtLeast(5), &DecodeLimits::default()));
        }
    }
}

#[test]
fn headers_followed_by_noise_are_answered() {
    let mut random = ChaCha8Rng::seed_from_u64(21);
    for format in FORMATS {
        let whole = small(format);
        for _ in 0..60 {
            let kept = random.random_range(4..whole.len().min(200));
            let mut noise = whole[..kept].to_vec();
            noise.extend((0..400).map(|_| random.random::<u8>()));
            assert_answered(&full(&noise));
        }
    }
}

#[test]
fn a_truncated_jpeg_is_corrupt_at_every_scale() {
    let whole = encode(textured(400, 300, 3), ImageFormat::Jpeg);
    for len in [whole.len() / 2, whole.len() * 9 / 10, whole.len() - 20] {
        for scale in [Scale::Full, Scale::ShortSideAtLeast(40)] {
            let outcome = decode(&whole[..len], scale, &DecodeLimits::default());
            let failure = outcome
                .err()
                .unwrap_or_else(|| panic!("{len} of {} bytes passed", whole.len()));
            assert_eq!(failure.kind, FailureKind::Corrupt);
            assert!(failure.message.contains("ends before"), "{failure}");
        }
    }
}

#[test]
fn a_jpeg_that_lacks_only_its_end_marker_is_whole() {
    let whole = encode(textured(64, 48, 3), ImageFormat::Jpeg);
    assert_eq!(full(&whole[..whole.len() - 2]), full(&whole));
}

#[test]
fn bytes_behind_the_picture_do_no_harm() {
    for format in FORMATS {
        let whole = small(format);
        let longer = [whole.as_slice(), &[0xFF, 0xD8, 1, 2, 3]].concat();
        assert_eq!(full(&longer), full(&whole), "{format:?}");
    }
}

#[test]
fn a_forged_header_is_refused_before_anything_is_allocated() {
    for (width, height) in [
        (30_000, 30_000),
        (u32::MAX >> 1, u32::MAX >> 1),
        (200_000, 10),
        (1, 2_000_000_000),
    ] {
        let failure = full(&forged_png(width, height)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge, "{width} × {height}: {failure}");
    }
    let failure = full(&forged_png(30_000, 30_000)).unwrap_err();
    assert!(failure.message.contains("30000 × 30000"), "{failure}");
}

#[test]
fn a_real_picture_bomb_of_one_colour_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.png");
    std::fs::write(&path, black_png(30_000, 30_000)).unwrap();
    assert!(path.metadata().unwrap().len() < 1_000_000, "a bomb is small on disk");
    let failure = read_and_decode(&path, Scale::ShortSideAtLeast(520), &DecodeLimits::default()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
    // Smaller, the same file is a valid picture: it is the limit that refuses the large one.
    let picture = full(&black_png(300, 200)).unwrap();
    assert!(picture.width == 300 && picture.rgb.iter().all(|&value| value == 0));
}

/// A complete PNG of black pixels, one bit each, whose rows are one run in a block of fixed Huffman codes (RFC 1951,
/// section 3.2.6): one zero, then copies of 258 bytes from one byte back.
fn black_png(width: u32, height: u32) -> Vec<u8> {
    let zeros = u64::from(height) * u64::from(1 + width.div_ceil(8));
    let mut bits = BitWriter::default();
    bits.push(0b110, 3);
    bits.push(ZERO_LITERAL.0, ZERO_LITERAL.1);
    for _ in 0..(zeros - 1) / 258 {
        bits.push(0b1_1000_1010_0000, 13);
    }
    for _ in 0..(zeros - 1) % 258 {
        bits.push(ZERO_LITERAL.0, ZERO_LITERAL.1);
    }
    bits.push(0, 7);
    let mut data = vec![0x78, 0x01];
    data.extend(bits.finish());
    // Adler-32 of zeros: one sum stays 1, the other counts them.
    data.extend((((zeros % 65_521) as u32) << 16 | 1).to_be_bytes());

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes() as &[u8], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    for (kind, body) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", Vec::new())] {
        let chunk = [kind.as_slice(), &body].concat();
        file.extend((body.len() as u32).to_be_bytes());
        file.extend(&chunk);
        file.extend(crc32(&chunk).to_be_bytes());
    }
    file
}

const ZERO_LITERAL: (u32, u32) = (0b0011_0000, 8);

/// Huffman codes go in from their first bit; bytes fill up from their lowest.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    filled: u32,
    byte: u8,
}

impl BitWriter {
    fn push(&mut self, code: u32, len: u32) {
        for bit in (0..len).rev() {
            self.byte |= ((code >> bit & 1) as u8) << self.filled;
            self.filled += 1;
            if self.filled == 8 {
                self.bytes.push(std::mem::take(&mut self.byte));
                self.filled = 0;
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes.push(self.byte);
        self.bytes
    }
}

#[test]
fn zero_bytes_text_and_zeros_are_named() {
    for (bytes, word) in [
        (b"".as_slice(), "empty"),
        (b"I am a text file.\n", "text file"),
        (&[0; 2000], "zeros"),
    ] {
        let failure = full(bytes).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Corrupt);
        assert!(failure.message.contains(word), "{failure}");
    }
}

#[test]
fn limits_hold_for_every_format_and_on_every_side() {
    let by_pixels = DecodeLimits {
        max_pixels: 40 * 30 - 1,
        ..DecodeLimits::default()
    };
    let by_side = DecodeLimits {
        max_side: 39,
        ..DecodeLimits::default()
    };
    let by_memory = DecodeLimits {
        max_alloc_bytes: 2000,
        ..DecodeLimits::default()
    };
    for format in FORMATS.into_iter().filter(|&format| format != ImageFormat::Jpeg) {
        for limits in [by_pixels, by_side, by_memory] {
            let failure = decode(&small(format), Scale::Full, &limits).unwrap_err();
            assert_eq!(failure.kind, FailureKind::TooLarge, "{format:?}: {failure}");
        }
    }
}

#[test]
fn a_jpeg_beyond_the_limits_is_given_at_the_largest_scale_that_fits() {
    let jpeg = encode(quarters(800, 600), ImageFormat::Jpeg);
    for (max_pixels, expected) in [(800 * 600, 800), (800 * 600 - 1, 400), (30_000, 200), (10_000, 100)] {
        let limits = DecodeLimits {
            max_pixels,
            ..DecodeLimits::default()
        };
        assert_eq!(
            decode(&jpeg, Scale::Full, &limits).unwrap().width,
            expected,
            "{max_pixels} pixels"
        );
    }
    let limits = DecodeLimits {
        max_pixels: 7000,
        ..DecodeLimits::default()
    };
    assert_eq!(
        decode(&jpeg, Scale::Full, &limits).unwrap_err().kind,
        FailureKind::TooLarge
    );
}

#[test]
fn a_forged_jpeg_size_is_refused_or_answered_without_its_memory() {
    let mut jpeg = encode(quarters(64, 64), ImageFormat::Jpeg);
    let frame_at = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    // At an eighth of its size it would fit, if its pixels were there.
    jpeg[frame_at + 5..frame_at + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(full(&jpeg).unwrap_err().kind, FailureKind::Corrupt);
    let little = DecodeLimits {
        max_pixels: 1 << 24,
        ..DecodeLimits::default()
    };
    let failure = decode(&jpeg, Scale::Full, &little).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
    jpeg[frame_at + 5..frame_at + 9].copy_from_slice(&[0, 0, 0, 64]);
    assert!(matches!(
        full(&jpeg).unwrap_err().kind,
        FailureKind::Corrupt | FailureKind::Unsupported
    ));
}

#[test]
fn a_progressive_jpeg_of_thousands_of_passes_is_refused() {
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    jpeg.extend([1; 64]);
    jpeg.extend([0xFF, 0xC2, 0, 11, 8, 0x27, 0x10, 0x27, 0x10, 1, 1, 0x11, 0]);
    for _ in 0..5000 {
        jpeg.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0x55]);
    }
    jpeg.extend([0xFF, 0xD9]);
    let failure = full(&jpeg).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
    assert!(failure.message.contains("48 passes"), "{failure}");
}

#[test]
fn hostile_exif_never_costs_the_picture() {
    let mut random = ChaCha8Rng::seed_from_u64(22);
    for _ in 0..200 {
        let mut block = orientation_block(6);
        let at = random.random_range(0..block.len());
        block[at] = random.random();
        let jpeg = jpeg_with_segments(32, 16, &[(0xE1, [b"Exif\0\0".as_slice(), &block].concat())]);
        full(&jpeg).unwrap();
        super::facts::read_facts(&jpeg);
    }
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let limits = DecodeLimits {
        max_file_bytes: 10,
        ..DecodeLimits::default()
    };
    let path = folder.path().join("photo.jpg");
    assert_eq!(read_file(&path, &limits).unwrap_err().kind, FailureKind::Io);
    assert_eq!(
        read_file(folder.path(), &limits).unwrap_err().kind,
        FailureKind::Unsupported
    );
    std::fs::write(&path, [7; 10]).unwrap();
    assert_eq!(read_file(&path, &limits).unwrap(), [7; 10]);
    std::fs::write(&path, [7; 11]).unwrap();
    assert_eq!(read_file(&path, &limits).unwrap_err().kind, FailureKind::TooLarge);
}

#[cfg(unix)]
#[test]
fn a_pipe_named_like_a_photo_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.jpg");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert_eq!(
        read_file(&path, &DecodeLimits::default()).unwrap_err().kind,
        FailureKind::Unsupported
    );
}
