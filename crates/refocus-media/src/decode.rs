//! The one decode gate: every picture that enters the program becomes upright sRGB pixels here, or a failure in words.
//!
//! In this order: the format is told by the bytes; sizes are read from the headers and checked against
//! [`DecodeLimits`] before anything large is allocated; the pixels are decoded (a decoder's panic is contained); an
//! embedded ICC profile is converted to sRGB (a bad profile is ignored), light beyond the white of a screen is pressed into what it
//! can show; colours that were multiplied by their opacity are divided by it, and transparency is laid over white; the EXIF
//! orientation is applied, exactly once. Of animations and multi-page files the first frame is taken, of a camera raw file its
//! largest preview.
//!
//! A file that ends early is [`Corrupt`](super::failure::FailureKind::Corrupt), even where its upper part could be
//! shown: half a picture would stand in the library as if it were the whole, and its neighbours would be wrong. A file that has
//! all pixels of its picture is read, whatever is missing behind them (an end marker, later frames) or has been put there.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::camera_raw;
use super::contain::contained;
use super::decoder_child::{ContainerFormat, decoder};
use super::failure::{Failure, readable_bytes};
use super::jpeg;
use super::jpeg_segments;
use super::jpeg_xl;
use super::memory_budget::Share;
pub use super::memory_budget::Urgency;
use super::orientation::Orientation;
use super::png;
use super::raster;
use super::resize::{ResizeFilter, fit_within, resize_rgb};
use super::rotate::governing_orientation;
pub use super::sniff::PictureFormat;
use super::sniff::sniff;
use super::tiff;
use super::webp;

/// Version of the gate. It grows whenever the gate reads something that it refused before, or no longer takes passing trouble for
/// damage, so that a file which failed as unsupported or damaged is tried again by the program that can read it.
pub const GATE_VERSION: u32 = 6;

/// What a picture may cost, which is checked from headers before allocation, and who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Longest side, pixels. Default 65,535: what JPEG can express, and wide enough for stitched panoramas.
    pub max_side: u32,
    /// Decoded pixels. Default 150 million: phone cameras write 12,000 × 9,000 (108 million) and medium-format cameras
    /// 14,204 × 10,652 (151 million, of which the JPEG is decoded at reduced scale), while a picture bomb of
    /// 30,000 × 30,000 (900 million) is refused.
    pub max_pixels: u64,
    /// Bytes that one decoding may hold at a time besides the file itself. Default 1.5 GiB: a 108-million-pixel JPEG
    /// at full scale with its planes, or 16-bit RGBA of the same size, both pass.
    pub max_alloc_bytes: u64,
    /// Size of a file, bytes. Default 1 GiB.
    pub max_file_bytes: u64,
    /// Whose decoding goes first where memory for all is lacking. Default: background work.
    pub urgency: Urgency,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_side: 65_535,
            max_pixels: 150_000_000,
            max_alloc_bytes: 3 << 29,
            max_file_bytes: 1 << 30,
            urgency: Urgency::Background,
        }
    }
}

impl DecodeLimits {
    /// The default limits for a picture that a person waits for.
    #[must_use]
    pub fn for_a_person() -> Self {
        Self {
            urgency: Urgency::Person,
            ..Self::default()
        }
    }

    /// Checks a picture of `width × height` pixels that takes `bytes_per_pixel` while it is decoded.
    pub(super) fn check(&self, width: u32, height: u32, bytes_per_pixel: u64) -> Result<(), Failure> {
        if width == 0 || height == 0 {
            return Err(Failure::corrupt(
                "Its header says that it has no pixels. The file is damaged: copy it again from where it came from.",
            ));
        }
        let pixels = u64::from(width) * u64::from(height);
        let bytes = pixels.saturating_mul(bytes_per_pixel);
        if width.max(height) > self.max_side || pixels > self.max_pixels {
            return Err(Failure::too_large(format!(
                "It has {width} × {height} pixels; at most {} million and {} on a side are read. Save a smaller copy to \
                 search it.",
                self.max_pixels / 1_000_000,
                self.max_side
            )));
        }
        if bytes > self.max_alloc_bytes {
            return Err(self.needs_too_much_memory(width, height, bytes));
        }
        Ok(())
    }

    pub(super) fn needs_too_much_memory(&self, width: u32, height: u32, bytes: u64) -> Failure {
        Failure::too_large(format!(
            "Decoding its {width} × {height} pixels would take {}; at most {} are allowed. Save a smaller copy to search \
             it.",
            readable_bytes(bytes),
            readable_bytes(self.max_alloc_bytes)
        ))
    }
}

/// How many pixels the caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// All of them. A JPEG beyond the limits is still given, at the largest of 1/2, 1/4 and 1/8 that fits.
    Full,
    /// A JPEG may be decoded at 1/2, 1/4 or 1/8 while its shorter side keeps at least this many pixels; other formats
    /// are decoded in full. A picture whose shorter side has fewer pixels is given as it is.
    ShortSideAtLeast(u32),
}

/// A decoded picture, upright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Columns of `rgb`.
    pub width: u32,
    /// Rows of `rgb`.
    pub height: u32,
    /// sRGB pixels `[height, width, 3]`, row-major, 0–255.
    pub rgb: Vec<u8>,
    /// Columns of the upright picture at full size.
    pub original_width: u32,
    /// Rows of the upright picture at full size.
    pub original_height: u32,
    /// What the bytes were.
    pub format: PictureFormat,
}

impl Picture {
    /// The same picture with its longer side brought down to `long_side` pixels; never enlarged.
    #[must_use]
    pub fn brought_down_to(self, long_side: u32) -> Self {
        let (width, height) = fit_within(self.width, self.height, long_side);
        if (width, height) == (self.width, self.height) {
            return self;
        }
        let rgb = resize_rgb(
            &self.rgb,
            self.width,
            self.height,
            width,
            height,
            ResizeFilter::Bilinear,
        );
        Self {
            width,
            height,
            rgb,
            ..self
        }
    }
}

/// What a format's decoder hands to the gate: sRGB pixels as stored, not yet turned.
pub(super) struct StoredPicture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
    pub(super) full_width: u32,
    pub(super) full_height: u32,
    pub(super) orientation: Orientation,
}

/// Decodes the bytes of a picture file.
///
/// # Errors
/// Every kind of [`Failure`] but `Io` and `NoPermission`; never panics.
pub fn decode(bytes: &[u8], scale: Scale, limits: &DecodeLimits) -> Result<Picture, Failure> {
    decode_turned(bytes, None, scale, limits)
}

/// [`decode`], in another orientation than the file says where one is given.
pub(super) fn decode_turned(
    bytes: &[u8],
    turned: Option<Orientation>,
    scale: Scale,
    limits: &DecodeLimits,
) -> Result<Picture, Failure> {
    contained(|| {
        let format = sniff(bytes)?;
        // Held until the picture is upright.
        let mut share = Share::none(limits.urgency);
        let stored = stored_picture(format, bytes, scale, limits, &mut share)?;
        let orientation = turned.unwrap_or(stored.orientation);
        let (width, height) = orientation.turned_size(stored.width, stored.height);
        let (original_width, original_height) = orientation.turned_size(stored.full_width, stored.full_height);
        let rgb = orientation.apply(stored.rgb, stored.width, stored.height)?;
        Ok(Picture {
            width,
            height,
            rgb,
            original_width,
            original_height,
            format,
        })
    })
}

/// The orientation that a picture file states.
///
/// # Errors
/// As those of [`decode`].
pub(super) fn stored_orientation(bytes: &[u8], limits: &DecodeLimits) -> Result<Orientation, Failure> {
    contained(|| {
        let format = sniff(bytes)?;
        if format == PictureFormat::Jpeg {
            let exif = jpeg_segments::read(bytes)?.exif;
            return Ok(exif.map_or(Orientation::UPRIGHT, Orientation::from_exif));
        }
        // Each of the others has a rule of its own, which its decoder knows.
        let mut share = Share::none(limits.urgency);
        let stored = stored_picture(format, bytes, Scale::ShortSideAtLeast(1), limits, &mut share)?;
        Ok(stored.orientation)
    })
}

/// The pixels of a format as they are stored.
fn stored_picture(
    format: PictureFormat,
    bytes: &[u8],
    scale: Scale,
    limits: &DecodeLimits,
    share: &mut Share,
) -> Result<StoredPicture, Failure> {
    match format {
        PictureFormat::Jpeg => jpeg::decode(bytes, scale, limits, share),
        PictureFormat::JpegXl => jpeg_xl::decode(bytes, limits, share),
        PictureFormat::Heif => decoder().decode(ContainerFormat::Heif, bytes, limits, share),
        PictureFormat::Avif => decoder().decode(ContainerFormat::Avif, bytes, limits, share),
        PictureFormat::CameraRaw => camera_raw::decode(bytes, scale, limits, share),
        PictureFormat::Png => png::decode(bytes, limits, share),
        PictureFormat::WebP => webp::decode(bytes, limits, share),
        PictureFormat::Tiff => tiff::decode(bytes, limits, share),
        PictureFormat::Gif => raster::decode_gif(bytes, limits, share),
        PictureFormat::Bmp => raster::decode_bmp(bytes, limits, share),
    }
}

/// Reads a whole file that may be a picture.
///
/// # Errors
/// `TooLarge` beyond [`DecodeLimits::max_file_bytes`]; `Unsupported` for what is not an ordinary file (a pipe would
/// block for ever); `NoPermission`, `Io`, `OutOfMemory`.
pub fn read_file(path: &Path, limits: &DecodeLimits) -> Result<Vec<u8>, Failure> {
    let metadata = std::fs::metadata(path).map_err(|error| Failure::at(path, error))?;
    if metadata.is_dir() {
        return Err(Failure::unsupported("It is a folder, not a picture."));
    }
    if !metadata.is_file() {
        return Err(Failure::unsupported(
            "It is not an ordinary file (a pipe, a socket or a device).",
        ));
    }
    if metadata.len() > limits.max_file_bytes {
        return Err(file_too_large(metadata.len(), limits));
    }
    let mut bytes = Vec::new();
    let expected = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    bytes
        .try_reserve_exact(expected)
        .map_err(|_| Failure::out_of_memory(metadata.len()))?;
    // The file may grow while it is read.
    File::open(path)?
        .take(limits.max_file_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.max_file_bytes {
        return Err(file_too_large(bytes.len() as u64, limits));
    }
    Ok(bytes)
}

fn file_too_large(bytes: u64, limits: &DecodeLimits) -> Failure {
    Failure::too_large(format!(
        "The file has {}; at most {} are read. Save a smaller copy to search it.",
        readable_bytes(bytes),
        readable_bytes(limits.max_file_bytes)
    ))
}

/// [`read_file`], then [`decode`], turned as the photo's sidecar says where Refocus turned it beside the file.
///
/// # Errors
/// Those of both.
pub fn read_and_decode(path: &Path, scale: Scale, limits: &DecodeLimits) -> Result<Picture, Failure> {
    decode_turned(&read_file(path, limits)?, governing_orientation(path), scale, limits)
}

/// `len` zero bytes, or a failure where the system has no memory for them.
pub(super) fn zeroed(len: usize) -> Result<Vec<u8>, Failure> {
    // Asking first turns a refusal into an error; `vec!` then takes pages that the system zeroes only when touched, so
    // that a small file which claims to be large costs little.
    Vec::<u8>::new()
        .try_reserve_exact(len)
        .map_err(|_| Failure::out_of_memory(len as u64))?;
    Ok(vec![0; len])
}
