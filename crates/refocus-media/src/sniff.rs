//! The format of a file, by its bytes and never by its name.

use super::failure::Failure;

/// The picture formats that the decode gate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// JPEG (JFIF, EXIF; of stereo and panorama files the first picture).
    Jpeg,
    /// PNG, also animated (its default picture).
    Png,
    /// WebP, lossy, lossless or animated (its first frame).
    WebP,
    /// GIF (its first frame).
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF (its first page).
    Tiff,
    /// JPEG XL (its first frame).
    JpegXl,
    /// HEIC and other HEIF files with HEVC pictures (the main one).
    Heif,
    /// AVIF (the main picture, of a sequence the first frame).
    Avif,
    /// The raw file of a camera (the largest preview in it).
    CameraRaw,
}

impl PictureFormat {
    /// The format's name as people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::JpegXl => "JPEG XL",
            Self::Heif => "HEIC",
            Self::Avif => "AVIF",
            Self::CameraRaw => "RAW",
        }
    }
}

/// Tells the format of `bytes`.
///
/// # Errors
/// [`Unsupported`](super::failure::FailureKind::Unsupported) for a known format that is not read, with what it needs;
/// [`Corrupt`](super::failure::FailureKind::Corrupt) for an empty file, text, or bytes that no picture begins with.
pub fn sniff(bytes: &[u8]) -> Result<PictureFormat, Failure> {
    if bytes.is_empty() {
        return Err(Failure::corrupt(
            "The file is empty (0 bytes). Copy it again from where it came from, or delete it.",
        ));
    }
    if let Some(format) = known_picture(bytes) {
        return match format {
            PictureFormat::Tiff if is_camera_raw_tiff(bytes) => Ok(PictureFormat::CameraRaw),
            other => Ok(other),
        };
    }
    Err(unread_format(bytes).unwrap_or_else(|| not_a_picture(bytes)))
}

/// Whether these first bytes are those of a picture that is read; 32 are enough.
pub(crate) fn begins_as_picture(first: &[u8]) -> bool {
    known_picture(first).is_some()
}

fn known_picture(bytes: &[u8]) -> Option<PictureFormat> {
    Some(match bytes {
        [0xFF, 0xD8, 0xFF, ..] => PictureFormat::Jpeg,
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => PictureFormat::Png,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => PictureFormat::WebP,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => PictureFormat::Gif,
        [b'B', b'M', rest @ ..] if is_bitmap_header(rest) => PictureFormat::Bmp,
        // 43 instead of 42 is BigTIFF.
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => PictureFormat::Tiff,
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => PictureFormat::JpegXl,
        [_, _, _, _, b'f', b't', b'y', b'p', b'c', b'r', b'x', b' ', ..]
        | [b'I', b'I', b'U', 0, ..]
        | [b'I', b'I', b'R', b'O' | b'S', ..]
        | [b'M', b'M', b'O', b'R', ..]
        | [b'F', b'O', b'V', b'b', ..]
        | [0, b'M', b'R', b'M', ..] => PictureFormat::CameraRaw,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_avif(brand) => PictureFormat::Avif,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heif(brand) => PictureFormat::Heif,
        _ if bytes.starts_with(b"FUJIFILMCCD-RAW") => PictureFormat::CameraRaw,
        _ => return None,
    })
}

/// Whether what follows "ftyp" names pictures in AV1. An AVIF may call itself "mif1" first and "avif" among its compatible
/// brands.
fn is_avif(brand: &[u8]) -> bool {
    match brand.get(..4) {
        Some(b"avif" | b"avis" | b"avio") => true,
        Some(b"mif1" | b"mif2" | b"msf1" | b"miaf" | b"MA1A" | b"MA1B") => {
            compatible_brands(brand).any(|word| matches!(word, b"avif" | b"avis"))
        }
        _ => false,
    }
}

/// Whether what follows "ftyp" names still pictures in HEVC.
fn is_heif(brand: &[u8]) -> bool {
    matches!(
        brand.get(..4),
        Some(
            b"heic"
                | b"heix"
                | b"heim"
                | b"heis"
                | b"hevc"
                | b"hevx"
                | b"mif1"
                | b"mif2"
                | b"msf1"
                | b"miaf"
                | b"MiHE"
                | b"MiHA"
        )
    )
}

/// What stands behind the main brand and its version.
fn compatible_brands(brand: &[u8]) -> impl Iterator<Item = &[u8; 4]> {
    const MOST: usize = 16;
    brand.get(8..).unwrap_or_default().as_chunks::<4>().0.iter().take(MOST)
}

/// "BM" alone also begins many texts: the header that follows must have one of the sizes that exist.
fn is_bitmap_header(after_magic: &[u8]) -> bool {
    matches!(
        after_magic.get(12..16),
        Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
    )
}

/// Known formats that are not read, each with what it needs.
fn unread_format(bytes: &[u8]) -> Option<Failure> {
    let needs = |what: &str, needed: &str| {
        Some(Failure::unsupported(format!(
            "This is {what}; it needs {needed}, which is not built in. Export it as JPEG or PNG to search it."
        )))
    };
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"jp2 " | b"jpx " => needs("a JPEG 2000 picture", "a JPEG 2000 decoder"),
            _ => Some(Failure::unsupported(
                "This is a video, not a picture. Videos are not searched.",
            )),
        },
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => {
            needs("a JPEG 2000 picture", "a JPEG 2000 decoder")
        }
        [b'8', b'B', b'P', b'S', ..] => needs("a Photoshop document", "a Photoshop reader"),
        [0x76, 0x2F, 0x31, 0x01, ..] => needs("an OpenEXR picture", "an OpenEXR decoder"),
        [b'q', b'o', b'i', b'f', ..] => needs("a QOI picture", "a QOI decoder"),
        [0, 0, 1 | 2, 0, count, 0, ..] if *count > 0 => needs("an icon", "an icon decoder"),
        [b'D', b'D', b'S', b' ', ..] => needs("a DDS texture", "a DDS decoder"),
        [b'#', b'?', b'R', b'A', b'D', b'I', b'A', b'N', b'C', b'E', ..] => {
            needs("a Radiance HDR picture", "an HDR decoder")
        }
        [b'%', b'P', b'D', b'F', ..] => needs("a PDF document", "a PDF reader"),
        [0x1A, 0x45, 0xDF, 0xA3, ..] | [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Some(
            Failure::unsupported("This is a video, not a picture. Videos are not searched."),
        ),
        [b'P', b'K', 3, 4, ..] => Some(Failure::unsupported(
            "This is a ZIP archive. Unpack it to search what is inside.",
        )),
        _ => None,
    }
}

/// Camera raw files are TIFF files whose first page is a preview, or which carry a raw maker's mark.
fn is_camera_raw_tiff(bytes: &[u8]) -> bool {
    const NEW_SUBFILE_TYPE: u16 = 254;
    const COMPRESSION: u16 = 259;
    const PHOTOMETRIC: u16 = 262;
    const SUB_IFDS: u16 = 330;
    const DNG_VERSION: u16 = 50_706;
    if bytes.get(8..10) == Some(b"CR") {
        return true;
    }
    let mut preview = false;
    let mut sub_pages = false;
    for (tag, value) in first_directory(bytes) {
        match (tag, value) {
            (DNG_VERSION, _) => return true,
            // Colour filter array and linear raw.
            (PHOTOMETRIC, 32_803 | 34_892) => return true,
            // Nikon, Sony, Pentax and Samsung keep sensor data under their own compressions.
            (COMPRESSION, 34_713 | 32_767 | 65_535 | 32_770) => return true,
            (NEW_SUBFILE_TYPE, 1) => preview = true,
            (SUB_IFDS, _) => sub_pages = true,
            _ => {}
        }
    }
    preview && sub_pages
}

/// `(tag, first value)` of a classic TIFF's first directory; stops quietly where the bytes end. Values are read as
/// 16 bit where the entry's type says so, otherwise as 32 bit.
fn first_directory(bytes: &[u8]) -> impl Iterator<Item = (u16, u32)> + '_ {
    let big = bytes.starts_with(b"MM");
    let short = move |at: usize| {
        let pair: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        })
    };
    let long = move |at: usize| {
        let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    };
    let start = long(4).map_or(usize::MAX, |offset| offset as usize);
    let count = short(start).unwrap_or(0);
    (0..usize::from(count)).map_while(move |index| {
        let entry = start.checked_add(2 + index * 12)?;
        let value_at = entry.checked_add(8)?;
        let value = if short(entry.checked_add(2)?)? == 3 {
            u32::from(short(value_at)?)
        } else {
            long(value_at)?
        };
        Some((short(entry)?, value))
    })
}

fn not_a_picture(bytes: &[u8]) -> Failure {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or(bytes);
    if head.iter().all(|&byte| byte == 0) {
        return Failure::corrupt(
            "The file holds only zeros: copying or saving it was interrupted. Copy it again from where it came from.",
        );
    }
    let lower: Vec<u8> = head.iter().map(u8::to_ascii_lowercase).collect();
    let holds = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
    if holds(b"<svg") {
        return Failure::unsupported(
            "This is an SVG drawing; it needs an SVG renderer. Export it as PNG to search it.",
        );
    }
    if holds(b"<!doctype html") || holds(b"<html") {
        return Failure::corrupt("This is a web page saved under a picture's name. Download the picture itself again.");
    }
    if is_text(head) {
        return Failure::corrupt("This is a text file with a picture's name, not a picture. Rename or delete it.");
    }
    Failure::corrupt("These bytes are no picture format that exists. The file is damaged, or is not a picture.")
}

fn is_text(head: &[u8]) -> bool {
    let printable = head
        .iter()
        .all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C));
    // The last character may be cut by the end of `head`.
    let whole = std::str::from_utf8(head).map_or_else(|error| error.valid_up_to() + 3 >= head.len(), |_| true);
    printable && whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    fn refused(bytes: &[u8]) -> (FailureKind, String) {
        let failure = sniff(bytes).unwrap_err();
        (failure.kind, failure.message)
    }

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        let mut bitmap = b"BM".to_vec();
        bitmap.extend([0; 12]);
        bitmap.extend([40, 0, 0, 0]);
        // JFIF, EXIF, the pictures of stereo and panorama cameras, and one that begins with its tables.
        for marker in [0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xDB, 0xFE] {
            assert_eq!(sniff(&[0xFF, 0xD8, 0xFF, marker]), Ok(PictureFormat::Jpeg));
        }
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), Ok(PictureFormat::Png));
        assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), Ok(PictureFormat::WebP));
        assert_eq!(sniff(b"GIF89a"), Ok(PictureFormat::Gif));
        for brands in [
            &b"heic\0\0\0\0"[..],
            b"mif1\0\0\0\0mif1heic",
            b"miaf\0\0\0\0heic",
            b"heix\0\0\0\0mif1",
        ] {
            let file = [b"\0\0\0\x18ftyp", brands].concat();
            assert_eq!(sniff(&file), Ok(PictureFormat::Heif));
        }
        for brands in [
            &b"avif\0\0\0\0mif1"[..],
            b"mif1\0\0\0\0mif1avif",
            b"miaf\0\0\0\0mif1avif",
            b"avis",
        ] {
            let file = [b"\0\0\0\x18ftyp", brands].concat();
            assert_eq!(sniff(&file), Ok(PictureFormat::Avif));
        }
        assert_eq!(sniff(&[0xFF, 0x0A, 0, 0]), Ok(PictureFormat::JpegXl));
        assert_eq!(sniff(b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a"), Ok(PictureFormat::JpegXl));
        assert_eq!(sniff(&bitmap), Ok(PictureFormat::Bmp));
        assert_eq!(sniff(b"II\x2a\0\x08\0\0\0"), Ok(PictureFormat::Tiff));
        assert_eq!(sniff(b"MM\0\x2a\0\0\0\x08"), Ok(PictureFormat::Tiff));
    }

    #[test]
    fn known_formats_that_are_not_read_say_what_they_need() {
        let cases: [(&[u8], &str); 3] = [
            (b"\0\0\0\x18ftypisom", "video"),
            (b"8BPS\0\x01", "Photoshop"),
            (b"<?xml version='1.0'?><svg/>", "SVG"),
        ];
        for (bytes, needed) in cases {
            let (kind, message) = refused(bytes);
            assert_eq!(kind, FailureKind::Unsupported, "{message}");
            assert!(message.contains(needed), "{message}");
        }
    }

    #[test]
    fn empty_zeroed_text_and_web_pages_are_each_named() {
        for (bytes, word) in [
            (b"".as_slice(), "empty"),
            (&[0; 500], "zeros"),
            (b"hello, I am text\n", "text file"),
            ("Grüße aus Köln".as_bytes(), "text file"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"\x01\x02\x03\x04\x05", "no picture format"),
            (b"BM is how this text begins, which is no bitmap", "text file"),
        ] {
            let (kind, message) = refused(bytes);
            assert_eq!(kind, FailureKind::Corrupt);
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn camera_raws_built_on_tiff_are_told_from_ordinary_tiffs() {
        let directory = |entries: &[(u16, u32)]| {
            let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
            file.extend((entries.len() as u16).to_le_bytes());
            for &(tag, value) in entries {
                file.extend(tag.to_le_bytes());
                file.extend([4, 0, 1, 0, 0, 0]);
                file.extend(value.to_le_bytes());
            }
            file
        };
        let raw = Ok(PictureFormat::CameraRaw);
        assert_eq!(sniff(&directory(&[(50_706, 1)])), raw);
        assert_eq!(sniff(&directory(&[(254, 1), (330, 99)])), raw);
        assert_eq!(sniff(b"II\x2a\0\x10\0\0\0CR\x02\0"), raw);
        assert_eq!(sniff(b"FUJIFILMCCD-RAW 0201"), raw);
        assert_eq!(sniff(b"\0\0\0\x18ftypcrx \0"), raw);
        assert_eq!(sniff(&directory(&[(254, 0), (256, 10)])), Ok(PictureFormat::Tiff));
        assert_eq!(sniff(b"II\x2a\0\xff\xff\xff\xff"), Ok(PictureFormat::Tiff));
    }
}
