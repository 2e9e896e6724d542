//! Rating and keywords that other programs wrote into a picture.
//!
//! Sources: XMP part 3 (where packets stand in files); IPTC-NAA Information Interchange Model 4.2 (data sets 1:90 and 2:25),
//! in the image resource 0x0404 that Photoshop's file format describes; TIFF 6.0; PNG 1.2 (iTXt); the WebP container.

use serde::{Deserialize, Serialize};

use super::camera_raw::first_directory_bytes;
use super::decoder_child::decoder;
use super::jpeg_segments;
use super::sniff::{PictureFormat, sniff};
use super::xmp;

/// Keywords of a picture, at most.
pub(super) const MOST_KEYWORDS: usize = 256;

/// Characters of a keyword, at most.
const LONGEST_KEYWORD: usize = 100;

/// Separates the levels of a hierarchical keyword: "Places|Portugal|Lisbon".
pub const LEVEL: char = '|';

/// What other programs wrote about a photo, into its file or into a sidecar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoTags {
    /// Stars, 1 to 5; 0 where somebody says that it has none, -1 where it was rejected; `None` where nobody says anything.
    pub rating: Option<i8>,
    /// Keywords in their order, none of them twice; hierarchical ones with [`LEVEL`] between their levels. Empty where somebody
    /// says that there are none; `None` where nobody says anything.
    pub keywords: Option<Vec<String>>,
    /// Title or headline.
    pub title: Option<String>,
    /// Caption or description.
    pub caption: Option<String>,
    /// Names of the place, from the narrowest to the widest: "Alfama, Lisbon, Portugal".
    pub place: Option<String>,
    /// Faces that somebody named.
    pub faces: Vec<Face>,
}

/// A face that has a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// Whose it is.
    pub name: String,
    /// Middle, width and height as shares of the picture's: x, y, width, height, each 0 to 1; all 0 where they are not stated.
    pub area: [f32; 4],
}

impl PhotoTags {
    /// A rating as numbers come: 1 to 5, more counts as 5; 0 is none, less is rejected; `None` for what is not a number.
    pub(super) fn rating_of(stars: f32) -> Option<i8> {
        match stars {
            _ if stars.is_nan() => None,
            _ if stars < 0.0 => Some(-1),
            _ => Some(stars.round().min(5.0) as i8),
        }
    }

    pub(super) fn add(&mut self, keyword: Option<String>) {
        let keywords = self.keywords.get_or_insert_default();
        let room = keywords.len() < MOST_KEYWORDS;
        if let Some(keyword) = keyword.filter(|keyword| room && !keywords.contains(keyword)) {
            keywords.push(keyword);
        }
    }

    /// Fills in what is missing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            rating: self.rating.or(other.rating),
            keywords: self.keywords.or(other.keywords),
            title: self.title.or(other.title),
            caption: self.caption.or(other.caption),
            place: self.place.or(other.place),
            faces: if self.faces.is_empty() { other.faces } else { self.faces },
        }
    }
}

/// A text in the form in which texts are compared.
#[must_use]
pub fn comparison_form(text: &str) -> String {
    text.to_lowercase()
}

/// A keyword without control characters and surrounding blanks; nothing where nothing is left.
pub(super) fn keyword(text: &str) -> Option<String> {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.trim().chars().map(visible).take(LONGEST_KEYWORD).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a picture file's bytes bring along. XMP counts more than the older IPTC.
pub(super) fn read(bytes: &[u8]) -> PhotoTags {
    let xmp = |packet: Option<&[u8]>| packet.map(xmp::read).unwrap_or_default();
    match sniff(bytes) {
        Ok(PictureFormat::Jpeg) => match jpeg_segments::read(bytes) {
            Ok(segments) => xmp(segments.xmp).or(segments.photoshop.map(of_photoshop).unwrap_or_default()),
            Err(_) => PhotoTags::default(),
        },
        Ok(PictureFormat::Png) => xmp(png_packet(bytes)),
        Ok(PictureFormat::WebP) => xmp(webp_packet(bytes)),
        Ok(PictureFormat::Heif | PictureFormat::Avif) => xmp(decoder().xmp_packet(bytes).as_deref()),
        Ok(PictureFormat::Tiff | PictureFormat::CameraRaw) => {
            const XMP_PACKET: u16 = 700;
            const IPTC: u16 = 33_723;
            const PHOTOSHOP: u16 = 34_377;
            let of = |tag| first_directory_bytes(bytes, tag);
            xmp(of(XMP_PACKET))
                .or(of(IPTC).map(of_iptc).unwrap_or_default())
                .or(of(PHOTOSHOP).map(of_resources).unwrap_or_default())
        }
        _ => PhotoTags::default(),
    }
}

/// The uncompressed `iTXt` chunk that XMP names for itself.
fn png_packet(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (len, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let body = after.get(..len)?;
        if kind == b"iTXt"
            && let Some(text) = body.strip_prefix(b"XML:com.adobe.xmp\0\0\0")
        {
            // Two empty or short names in other languages come before the text.
            return text.splitn(3, |byte| *byte == 0).nth(2);
        }
        rest = after.get(len.checked_add(4)?..)?;
    }
}

fn webp_packet(bytes: &[u8]) -> Option<&[u8]> {
    webp_chunks(bytes)
        .find(|(kind, _)| kind == b"XMP ")
        .map(|(_, body)| body)
}

/// The chunks of a WebP: kind and body.
pub(super) fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<4>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        let body = after.get(..len)?;
        rest = after.get(len.saturating_add(len & 1)..).unwrap_or_default();
        Some((*kind, body))
    })
}

fn of_photoshop(segment: &[u8]) -> PhotoTags {
    segment
        .strip_prefix(b"Photoshop 3.0\0")
        .map(of_resources)
        .unwrap_or_default()
}

/// Image resources: "8BIM", a number, a name padded to an even length, a length, data padded to an even length.
fn of_resources(mut rest: &[u8]) -> PhotoTags {
    const IPTC: u16 = 0x0404;
    let mut next = || {
        let after = rest.strip_prefix(b"8BIM")?;
        let (number, after) = after.split_first_chunk::<2>()?;
        let name = usize::from(*after.first()?) + 1;
        let after = after.get(name + name % 2..)?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let data = after.get(..len)?;
        rest = after.get(len.saturating_add(len & 1)..).unwrap_or_default();
        Some((u16::from_be_bytes(*number), data))
    };
    std::iter::from_fn(&mut next)
        .find(|(number, _)| *number == IPTC)
        .map(|(_, data)| of_iptc(data))
        .unwrap_or_default()
}

/// Keywords of an IPTC block: in UTF-8 where they are, else in Latin-1, which has every byte.
fn of_iptc(mut rest: &[u8]) -> PhotoTags {
    const RECORD_OF_THE_PICTURE: u8 = 2;
    const KEYWORD: u8 = 25;
    let mut tags = PhotoTags::default();
    // A length beyond 32,767 is written in another way, which keywords never need.
    while let [0x1C, record, data_set, high @ 0..=0x7F, low, after @ ..] = rest {
        let Some((data, next)) = after.split_at_checked(usize::from(*high) << 8 | usize::from(*low)) else {
            break;
        };
        if (*record, *data_set) == (RECORD_OF_THE_PICTURE, KEYWORD) {
            let text =
                String::from_utf8(data.to_vec()).unwrap_or_else(|_| data.iter().map(|b| char::from(*b)).collect());
            tags.add(keyword(&text));
        }
        rest = next;
    }
    tags
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::fixtures::{encode, insert_segments, png_with_chunk, quarters};

    const PACKET: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag>
        </dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"#;

    fn four_stars() -> PhotoTags {
        PhotoTags {
            rating: Some(4),
            keywords: Some(vec!["sea".into()]),
            ..PhotoTags::default()
        }
    }

    fn iptc(words: &[&[u8]]) -> Vec<u8> {
        let sets = words.iter().flat_map(|word| {
            let head = [0x1C, 2, 25, (word.len() >> 8) as u8, word.len() as u8];
            [head.as_slice(), word].concat()
        });
        sets.collect()
    }

    fn photoshop(iptc: &[u8]) -> Vec<u8> {
        let other = b"8BIM\x03\xed\x03abc\0\0\0\x01x\0";
        let mut segment = [b"Photoshop 3.0\0".as_slice(), other, b"8BIM\x04\x04\0\0"].concat();
        segment.extend((iptc.len() as u32).to_be_bytes());
        segment.extend(iptc);
        segment
    }

    #[test]
    fn a_packet_is_found_in_every_format_that_has_a_place_for_it() {
        let picture = || quarters(16, 8);
        let segment = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), PACKET.as_bytes()].concat();
        let jpeg = insert_segments(&encode(picture(), ImageFormat::Jpeg), &[(0xE1, segment)]);
        assert_eq!(read(&jpeg), four_stars());

        let text = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), PACKET.as_bytes()].concat();
        let png = png_with_chunk(&encode(picture(), ImageFormat::Png), b"iTXt", &text);
        assert_eq!(read(&png), four_stars());

        let mut webp = encode(picture(), ImageFormat::WebP);
        webp.extend(b"XMP ");
        webp.extend((PACKET.len() as u32).to_le_bytes());
        webp.extend(PACKET.as_bytes());
        assert_eq!(read(&webp), four_stars());

        let mut tiff = b"II\x2a\0\x08\0\0\0\x01\0\xbc\x02\x01\0".to_vec();
        tiff.extend((PACKET.len() as u32).to_le_bytes());
        tiff.extend(26u32.to_le_bytes());
        tiff.extend(0u32.to_le_bytes());
        tiff.extend(PACKET.as_bytes());
        assert_eq!(read(&tiff), four_stars());
    }

    #[test]
    fn iptc_keywords_serve_where_there_is_no_xmp() {
        let block = iptc(&[b"sea", "K\u{f6}ln".as_bytes(), b"caf\xe9", b"sea"]);
        let with =
            |segments: &[(u8, Vec<u8>)]| read(&insert_segments(&encode(quarters(16, 8), ImageFormat::Jpeg), segments));
        let alone = with(&[(0xED, photoshop(&block))]);
        assert_eq!(alone.keywords.unwrap(), ["sea", "K\u{f6}ln", "caf\u{e9}"]);
        let packet = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), PACKET.as_bytes()].concat();
        assert_eq!(with(&[(0xED, photoshop(&block)), (0xE1, packet)]), four_stars());
    }

    #[test]
    fn damaged_blocks_give_what_can_be_read_and_never_panic() {
        let whole = photoshop(&iptc(&[b"one", b"two"]));
        for cut in 0..whole.len() {
            of_photoshop(&whole[..cut]);
        }
        for at in 0..whole.len() {
            for value in [0, 0x7F, 0xFF] {
                let mut changed = whole.clone();
                changed[at] = value;
                of_photoshop(&changed);
            }
        }
        for file in [
            b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt".as_slice(),
            b"RIFF\0\0\0\0WEBPXMP \xff\xff\xff\xff",
        ] {
            assert_eq!(read(file), PhotoTags::default());
        }
    }
}
