//! Copies of photos to give away: at another size, as JPEG or PNG, with what is written in them or without.
//!
//! A copy is upright, in sRGB, and has the photo's name and time. It comes into being under another name and gets its own when it is
//! whole, so that a kill leaves no half of one; nothing is ever overwritten.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{ExtendedColorType, ImageEncoder};
use refocus_resize::ResizeFilter;

use super::decode::{DecodeLimits, Picture, Scale};
use super::metadata::blocks;
use super::read_photo::PhotoBytes;
use super::resize::resize_rgb;

/// Most bytes of a segment of a JPEG, its length's two included (ISO/IEC 10918-1, B.1.1.4).
const MOST_SEGMENT: usize = 65_535;
/// What stands before EXIF and XMP in their segments (APP1).
const EXIF_NAME: &[u8] = b"Exif\0\0";
const XMP_NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Most numbers that are tried behind a name.
const MOST_NUMBERS: u32 = 10_000;

/// What a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    /// JPEG of this quality, 1 to 100.
    Jpeg(u8),
    /// PNG, without loss.
    Png,
}

impl CopyFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Jpeg(_) => "jpg",
            Self::Png => "png",
        }
    }
}

/// How copies are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyForm {
    /// The longer side has at most so many pixels; `None`: as many as the photo.
    pub longest: Option<u32>,
    /// The format.
    pub format: CopyFormat,
    /// Whether what is written in the photo comes along: EXIF, and in a JPEG the XMP packet. Otherwise nothing does, no place either.
    pub metadata: bool,
}

/// Why there is no copy, for the person.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It is about this photo alone.
    #[error("{0}")]
    Photo(String),
    /// Nothing can be written to the folder: others cannot be written either.
    #[error("{0}")]
    Folder(String),
}

/// Makes a copy of a photo in a folder; returns where it is.
///
/// # Errors
/// What is wrong with the photo or the folder; then there is no copy.
pub fn export_copy(photo: &Path, folder: &Path, form: CopyForm) -> Result<PathBuf, CopyError> {
    let limits = DecodeLimits::default();
    let read = PhotoBytes::read(photo, &limits).map_err(|failure| CopyError::Photo(failure.message))?;
    // With a shorter side of so many pixels the longer one has them too.
    let scale = form.longest.map_or(Scale::Full, Scale::ShortSideAtLeast);
    let picture = read
        .decode(scale, &limits)
        .map_err(|failure| CopyError::Photo(failure.message))?;
    let picture = match form.longest {
        Some(longest) => smaller(picture, longest),
        None => picture,
    };
    let encoded = encoded(&picture, read.bytes(), form).map_err(|error| CopyError::Photo(error.to_string()))?;
    let modified = fs::metadata(photo).and_then(|facts| facts.modified()).ok();
    let stem = photo.file_stem().unwrap_or_default().to_string_lossy();
    let written = tempfile::Builder::new()
        .prefix(".refocus-copy-")
        .tempfile_in(folder)
        .and_then(|mut file| {
            file.write_all(&encoded)?;
            if let Some(modified) = modified {
                file.as_file().set_modified(modified)?;
            }
            file.as_file().sync_all()?;
            Ok(file)
        });
    let mut file = written.map_err(|error| CopyError::Folder(in_words(&error, folder)))?;
    for number in 1..MOST_NUMBERS {
        let numbered = if number == 1 {
            String::new()
        } else {
            format!(" ({number})")
        };
        let target = folder.join(format!("{stem}{numbered}.{}", form.format.ending()));
        match file.persist_noclobber(&target) {
            Ok(kept) => {
                readable_by_others(&kept);
                return Ok(target);
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(CopyError::Folder(in_words(&error.error, folder))),
        }
    }
    Err(CopyError::Photo(format!(
        "all names are taken: {}",
        folder.join(&*stem).display()
    )))
}

/// What is wrong with a folder. The system's words would name a temporary file that nobody asked for.
fn in_words(error: &io::Error, folder: &Path) -> String {
    let what = match error.kind() {
        io::ErrorKind::NotFound => "this folder is not there",
        io::ErrorKind::NotADirectory => "this is not a folder",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "nothing may be written to this folder",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full",
        _ => {
            return format!(
                "nothing can be written to this folder ({}): {}",
                error.kind(),
                folder.display()
            );
        }
    };
    format!("{what}: {}", folder.display())
}

/// Temporary files are for one's own eyes; copies are as other new files are.
fn readable_by_others(file: &File) {
    #[cfg(unix)]
    if let Err(error) = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)) {
        tracing::warn!(%error, "a copy stays for its owner alone");
    }
    #[cfg(not(unix))]
    let _ = file;
}

fn smaller(picture: Picture, longest: u32) -> Picture {
    let long = picture.width.max(picture.height);
    if long <= longest || longest == 0 {
        return picture;
    }
    let along = |length: u32| {
        let scaled = (u64::from(length) * u64::from(longest) + u64::from(long) / 2) / u64::from(long);
        u32::try_from(scaled).unwrap_or(longest).max(1)
    };
    let (width, height) = (along(picture.width), along(picture.height));
    let filter = ResizeFilter::Lanczos;
    let rgb = resize_rgb(&picture.rgb, picture.width, picture.height, width, height, filter);
    Picture {
        width,
        height,
        rgb,
        ..picture
    }
}

/// The bytes of a copy; `original` is the photo's file.
fn encoded(picture: &Picture, original: &[u8], form: CopyForm) -> image::ImageResult<Vec<u8>> {
    let found = if form.metadata {
        blocks(original)
    } else {
        Default::default()
    };
    let exif = found.exif.first().map(|exif| {
        let mut exif = exif.to_vec();
        // The pixels are upright now.
        let _ = Orientation::remove_from_exif_chunk(&mut exif);
        exif
    });
    let (width, height, colour) = (picture.width, picture.height, ExtendedColorType::Rgb8);
    match form.format {
        CopyFormat::Jpeg(quality) => {
            let mut jpeg = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality.clamp(1, 100));
            encoder.write_image(&picture.rgb, width, height, colour)?;
            let xmp = found.xmp.first().map(|packet| upright(packet));
            Ok(with_segments(&jpeg, exif.as_deref(), xmp.as_deref()))
        }
        CopyFormat::Png => {
            let mut png = Vec::new();
            let mut encoder = PngEncoder::new(BufWriter::new(&mut png));
            if let Some(exif) = exif {
                encoder
                    .set_exif_metadata(exif)
                    .map_err(image::ImageError::Unsupported)?;
            }
            encoder.write_image(&picture.rgb, width, height, colour)?;
            Ok(png)
        }
    }
}

/// A JPEG with EXIF and XMP right behind its beginning. Blocks that are longer than a segment are left out.
fn with_segments(jpeg: &[u8], exif: Option<&[u8]>, xmp: Option<&[u8]>) -> Vec<u8> {
    let (start, rest) = jpeg.split_at(jpeg.len().min(2));
    let mut whole = start.to_vec();
    for (name, block) in [(EXIF_NAME, exif), (XMP_NAME, xmp)] {
        let Some(block) = block else { continue };
        let length = 2 + name.len() + block.len();
        if length > MOST_SEGMENT {
            tracing::warn!(length, "metadata that is too long for a JPEG is left out of a copy");
            continue;
        }
        whole.extend([0xff, 0xe1]);
        whole.extend((length as u16).to_be_bytes());
        whole.extend(name);
        whole.extend(block);
    }
    whole.extend(rest);
    whole
}

/// A packet that says that the pixels are upright.
fn upright(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    for before in [
        &b"tiff:Orientation=\""[..],
        b"tiff:Orientation='",
        b"<tiff:Orientation>",
    ] {
        let places: Vec<usize> = packet
            .windows(before.len())
            .enumerate()
            .filter(|(_, window)| *window == before)
            .map(|(at, _)| at + before.len())
            .collect();
        for at in places {
            if let Some(value) = packet.get_mut(at).filter(|value| value.is_ascii_digit()) {
                *value = b'1';
            }
        }
    }
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    /// An EXIF block that says how the picture is turned, and nothing else.
    fn exif_block(orientation: u8) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        block
    }

    const FORM: CopyForm = CopyForm {
        longest: Some(40),
        format: CopyFormat::Jpeg(90),
        metadata: true,
    };

    #[test]
    fn copies_have_the_size_asked_for_and_are_upright_with_metadata_or_without() {
        let folder = tempfile::tempdir().unwrap();
        let photo = folder.path().join("a.jpg");
        // 80 × 40 pixels, to be turned by 90 degrees; the upper half is red once it stands.
        let mut pixels = image::RgbImage::new(80, 40);
        for (x, _, pixel) in pixels.enumerate_pixels_mut() {
            *pixel = if x < 40 {
                image::Rgb([220, 20, 20])
            } else {
                image::Rgb([20, 20, 220])
            };
        }
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 95)
            .write_image(&pixels, 80, 40, ExtendedColorType::Rgb8)
            .unwrap();
        let xmp = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" tiff:Orientation="6" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>"#;
        std::fs::write(&photo, with_segments(&jpeg, Some(&exif_block(6)), Some(xmp))).unwrap();
        let to = folder.path().join("to");
        std::fs::create_dir(&to).unwrap();
        for (form, name) in [
            (FORM, "a.jpg"),
            (FORM, "a (2).jpg"),
            (
                CopyForm {
                    metadata: false,
                    ..FORM
                },
                "a (3).jpg",
            ),
            (
                CopyForm {
                    format: CopyFormat::Png,
                    longest: None,
                    ..FORM
                },
                "a.png",
            ),
        ] {
            let copy = export_copy(&photo, &to, form).unwrap();
            assert_eq!(copy, to.join(name));
            let bytes = std::fs::read(&copy).unwrap();
            let seen = decode(&bytes, Scale::Full, &DecodeLimits::default()).unwrap();
            let size = if form.longest.is_some() { (20, 40) } else { (40, 80) };
            assert_eq!((seen.width, seen.height), size, "{name}");
            let [top, bottom] = [0, seen.rgb.len() - 3].map(|at| seen.rgb[at]);
            assert!(top > 150 && bottom < 100, "{name}: {top}, {bottom}");
            let blocks = blocks(&bytes);
            assert_eq!(blocks.exif.is_empty(), !form.metadata, "{name}");
            let is_jpeg = matches!(form.format, CopyFormat::Jpeg(_));
            assert_eq!(blocks.xmp.is_empty(), !(form.metadata && is_jpeg), "{name}");
            assert_eq!(
                std::fs::metadata(&copy).unwrap().modified().unwrap(),
                std::fs::metadata(&photo).unwrap().modified().unwrap()
            );
        }
        assert_eq!(std::fs::read_dir(&to).unwrap().count(), 4, "nothing else is left");
        let error = export_copy(&folder.path().join("none.jpg"), &to, FORM).unwrap_err();
        assert!(matches!(error, CopyError::Photo(_)), "{error}");
        let error = export_copy(&photo, &folder.path().join("gone"), FORM).unwrap_err();
        assert!(error.to_string().contains("this folder is not there: ") && matches!(error, CopyError::Folder(_)));
    }
}
