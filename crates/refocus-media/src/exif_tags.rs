//! Rating, keywords, title and caption in an EXIF block.
//!
//! Sources: Exif 2.32 (CIPA DC-008): `ImageDescription`, `UserComment` with the eight bytes that name its encoding; Microsoft's
//! tags of the main directory (Rating 0x4746, RatingPercent 0x4749, XPTitle 0x9C9B to XPSubject 0x9C9F: UTF-16, the lowest byte
//! first) as exiftool's table of EXIF tags lists them.

use exif::{Context, Exif, In, Tag, Value};

use super::metadata::charset::{undeclared, utf16};
use super::tags::{Keywords, PhotoTags, line, prose};

const RATING: u16 = 0x4746;
const RATING_PERCENT: u16 = 0x4749;
const TITLE: u16 = 0x9C9B;
const COMMENT: u16 = 0x9C9C;
const KEYWORDS: u16 = 0x9C9E;
const SUBJECT: u16 = 0x9C9F;

/// What cameras and programs write where a person would write something: their own names, and codes of their modes.
const MADE_BY_CAMERAS: &[&str] = &[
    "ascii",
    "benq digital camera",
    "binary comment",
    "btf",
    "bty",
    "camera",
    "casio digital camera",
    "charset=ascii",
    "cmp",
    "cof",
    "created with gimp",
    "dav",
    "default",
    "digital camera",
    "digital still camera",
    "edf",
    "exif_jpeg_picture",
    "fbt",
    "fhdr",
    "fujifilm",
    "hdr",
    "image",
    "kodak digital still camera",
    "konica minolta digital camera",
    "mde",
    "minolta digital camera",
    "nor",
    "olympus digital camera",
    "olympus digital camera w",
    "panasonic",
    "ptr",
    "rbt",
    "rhdr",
    "rpt",
    "samsung",
    "samsung digital camera",
    "sdr",
    "sony dsc",
    "tpr",
    "unknown",
    "untitled",
    "vsl",
];

/// A caption that a person may have written; what cameras write in its place is none.
pub(super) fn said(text: &str) -> Option<String> {
    let text = prose(text)?;
    let lower = text.to_lowercase();
    let of_a_camera = MADE_BY_CAMERAS.contains(&lower.as_str())
        || lower.starts_with("dcim\\")
        || lower.starts_with("<digimax")
        || lower.starts_with("metadata-start")
        || lower.starts_with("oplus_")
        || lower.starts_with("fmt:")
        || text.chars().all(|c| c == '?' || c == '\u{fffd}' || c.is_whitespace());
    (!of_a_camera).then_some(text)
}

/// What a block says. A title that stands in the caption's place as well, as Windows writes it, is the caption only where there is no
/// other.
pub(super) fn tags(exif: &Exif) -> PhotoTags {
    let number = |tag| field(exif, tag)?.get_uint(0).map(|number| number as f32);
    let percent = || number(RATING_PERCENT).and_then(PhotoTags::rating_of_percent);
    let title = wide_text(exif, TITLE).and_then(|text| line(&text));
    let captions: Vec<String> = [
        ascii(exif, Tag::ImageDescription),
        wide_text(exif, COMMENT),
        comment(exif),
        wide_text(exif, SUBJECT),
    ]
    .into_iter()
    .flatten()
    .filter_map(|text| said(&text))
    .collect();
    let own = captions.iter().find(|caption| Some(*caption) != title.as_ref());
    let caption = own.or(captions.first()).cloned();
    let keywords = wide_text(exif, KEYWORDS).map(|text| {
        let mut keywords = Keywords::default();
        text.split(';')
            .for_each(|keyword| keywords.add_path(keyword.split(['|', '/'])));
        keywords.into_list()
    });
    PhotoTags {
        rating: number(RATING).and_then(PhotoTags::rating_of).or_else(percent),
        keywords,
        title,
        caption,
        ..PhotoTags::default()
    }
}

/// A tag of the main directory.
fn field(exif: &Exif, tag: u16) -> Option<&Value> {
    exif.get_field(Tag(Context::Tiff, tag), In::PRIMARY)
        .map(|field| &field.value)
}

fn ascii(exif: &Exif, tag: Tag) -> Option<String> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => Some(undeclared(parts.first()?)),
        Value::Byte(bytes) | Value::Undefined(bytes, _) => Some(undeclared(bytes)),
        _ => None,
    }
}

/// A text of Microsoft's.
fn wide_text(exif: &Exif, tag: u16) -> Option<String> {
    match field(exif, tag)? {
        Value::Byte(bytes) | Value::Undefined(bytes, _) => Some(utf16(bytes, true)),
        _ => None,
    }
}

/// `UserComment`: eight bytes that name its encoding, then the text.
fn comment(exif: &Exif) -> Option<String> {
    let bytes = match &exif.get_field(Tag::UserComment, In::PRIMARY)?.value {
        Value::Byte(bytes) | Value::Undefined(bytes, _) => bytes.as_slice(),
        Value::Ascii(parts) => return Some(undeclared(parts.first()?)),
        _ => return None,
    };
    let until_zero = |text: &[u8]| undeclared(text.split(|byte| *byte == 0).next().unwrap_or_default());
    let Some((encoding, text)) = bytes.split_at_checked(8) else {
        return Some(until_zero(bytes));
    };
    match encoding {
        b"UNICODE\0" => Some(two_bytes_each(exif, text)),
        // Text in one of Japan's encodings cannot be read; in UTF-8 some write it.
        b"JIS\0\0\0\0\0" => std::str::from_utf8(text).ok().map(|_| until_zero(text)),
        b"ASCII\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0] => Some(until_zero(text)),
        // Some leave the eight bytes away.
        _ => Some(until_zero(bytes)),
    }
}

/// UTF-16 in the order that its mark names, or else the block's, or else the one in which it is no nonsense: programs write it in
/// any.
fn two_bytes_each(exif: &Exif, text: &[u8]) -> String {
    match text {
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, false),
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, true),
        _ => {}
    }
    let pairs = text.as_chunks::<2>().0;
    let zeros = |place: usize| pairs.iter().filter(|pair| pair.get(place) == Some(&0)).count();
    let little = match zeros(1).cmp(&zeros(0)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => exif.little_endian(),
    };
    utf16(text, little)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::read_facts;
    use crate::fixtures::{ExifBlock, jpeg_with_segments};

    fn of(block: ExifBlock) -> PhotoTags {
        let segment = [b"Exif\0\0".as_slice(), &block.build()].concat();
        read_facts(&jpeg_with_segments(8, 8, &[(0xE1, segment)])).tags
    }

    fn wide(text: &str) -> Vec<u8> {
        let units = text.encode_utf16().chain([0]);
        units.flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn what_windows_writes_is_read() {
        let tags = of(ExifBlock::new()
            .text(0x010E, "Ferry\0")
            .short(0x4746, 4)
            .bytes(TITLE, &wide("Ferry"))
            .bytes(COMMENT, &wide("At dusk"))
            .bytes(KEYWORDS, &wide("sea; Köln;Places/Portugal;;sea")));
        assert_eq!(tags.rating, Some(4));
        assert_eq!(tags.keywords.unwrap(), ["sea", "Köln", "Places|Portugal"]);
        assert_eq!(
            (tags.title.as_deref(), tags.caption.as_deref()),
            (Some("Ferry"), Some("At dusk"))
        );
        assert_eq!(of(ExifBlock::new().short(RATING_PERCENT, 75)).rating, Some(4));
        assert_eq!(
            of(ExifBlock::new().short(RATING, 0).short(RATING_PERCENT, 75)).rating,
            Some(0)
        );
        assert_eq!(of(ExifBlock::new().bytes(KEYWORDS, &wide(""))).keywords, Some(vec![]));
        assert_eq!(
            of(ExifBlock::new().bytes(SUBJECT, &wide("About"))).caption.as_deref(),
            Some("About")
        );
    }

    #[test]
    fn captions_are_what_people_wrote() {
        let caption = |text: &str| of(ExifBlock::new().text(0x010E, text)).caption;
        assert_eq!(caption("The ferry\0").as_deref(), Some("The ferry"));
        for text in [
            "OLYMPUS DIGITAL CAMERA         \0",
            "SONY DSC\0",
            "DCIM\\100MEDIA\\DJI_0001.JPG\0",
            "        \0",
            "????\0",
        ] {
            assert_eq!(caption(text), None, "{text}");
        }
    }

    #[test]
    fn comments_are_read_in_the_encoding_that_they_name_and_in_any_order_of_bytes() {
        let comment = |prefix: &[u8], text: &[u8]| {
            let bytes = [prefix, text].concat();
            of(ExifBlock::new().sub_bytes(0x9286, &bytes)).caption
        };
        let said = Some("Fähre".to_owned());
        let big: Vec<u8> = "Fähre".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(comment(b"UNICODE\0", &wide("Fähre")), said);
        assert_eq!(comment(b"UNICODE\0", &big), said);
        assert_eq!(comment(b"UNICODE\0", &[b"\xfe\xff", big.as_slice()].concat()), said);
        assert_eq!(comment(b"ASCII\0\0\0", b"Ferry\0\0\0"), Some("Ferry".to_owned()));
        assert_eq!(comment(&[0; 8], "Fähre   ".as_bytes()), said);
        assert_eq!(comment(b"", "A long Fähre".as_bytes()), Some("A long Fähre".to_owned()));
        assert_eq!(comment(b"ASCII\0\0\0", &[0; 40]), None);
        assert_eq!(comment(b"ASCII\0\0\0", &[b' '; 40]), None);
    }
}
