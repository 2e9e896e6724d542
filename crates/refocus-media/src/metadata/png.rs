//! Blocks in the chunks of a PNG, before and behind its pixels: `eXIf`, XMP in `iTXt`, texts, profiles in texts, and `tIME`.
//!
//! Sources: PNG (third edition, W3C 2025), sections 11.3.3 (texts), 11.3.4.5 (`eXIf`) and 11.3.5 (`tIME`); exiftool's table of PNG text ("Raw profile
//! type"), which ImageMagick began to write before there was `eXIf`: a line with a name, a line with a length, hexadecimal digits.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::Blocks;
use super::charset::undeclared;
use crate::png::chunks;
use crate::xmp::MOST_BYTES;

/// Bytes that are unpacked of all texts together, at most: a packet as long as one may be, in hexadecimal digits, and more.
const MOST_UNPACKED: u64 = 3 * MOST_BYTES as u64;

/// Texts that are kept.
const MOST_TEXTS: usize = 256;

/// Bytes of a text that is no profile, at most.
const LONGEST_TEXT: usize = 64 << 10;

/// Looks through all chunks; EXIF of its own chunk counts more than that in a text.
pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    let mut left = MOST_UNPACKED;
    let mut profiles = Vec::new();
    for (kind, body) in chunks(bytes) {
        if &kind == b"eXIf" {
            found.add_exif(Cow::Borrowed(body));
        }
        if &kind == b"tIME" {
            found.png_time = found.png_time.or(body.first_chunk().copied());
        }
        let Some(text) = Text::of(&kind, body) else { continue };
        if text.about.eq_ignore_ascii_case(b"XML:com.adobe.xmp") {
            found.add_xmp(text.unpacked(&mut left));
        } else if let Some(name) = text.profile_name() {
            if let Some(profile) = digits(&text.unpacked(&mut left)) {
                profiles.push((name.to_ascii_lowercase(), profile));
            }
        } else if text.said.len() <= LONGEST_TEXT && found.texts.len() < MOST_TEXTS {
            let said = text.unpacked(&mut left.min(LONGEST_TEXT as u64));
            found.texts.push((undeclared(text.about), undeclared(&said)));
        }
    }
    for (name, profile) in profiles {
        match name.as_slice() {
            b"xmp" => found.add_xmp(Cow::Owned(profile)),
            b"iptc" | b"8bim" => found.add_resources(&profile),
            // The two kinds of blocks that stand in a JPEG's segment of this number.
            b"app1" if profile.starts_with(super::jpeg::XMP_NAME) => found.add_xmp(Cow::Owned(profile)),
            b"app1" | b"exif" => found.add_exif(Cow::Owned(profile)),
            _ => {}
        }
    }
}

/// The EXIF block in a text of ImageMagick's manner.
pub(crate) fn text_profile(kind: &[u8; 4], body: &[u8]) -> Option<Vec<u8>> {
    let text = Text::of(kind, body)?;
    let name = text.profile_name()?;
    if !name.eq_ignore_ascii_case(b"exif") && !name.eq_ignore_ascii_case(b"APP1") {
        return None;
    }
    digits(&text.unpacked(&mut { MOST_UNPACKED }))
}

/// A text chunk.
struct Text<'a> {
    about: &'a [u8],
    said: &'a [u8],
    packed: bool,
}

impl<'a> Text<'a> {
    fn of(kind: &[u8; 4], body: &'a [u8]) -> Option<Self> {
        if !matches!(kind, b"tEXt" | b"zTXt" | b"iTXt") {
            return None;
        }
        // Its name has 79 characters at most.
        let end = body.iter().take(128).position(|byte| *byte == 0)?;
        let (about, rest) = body.split_at_checked(end)?;
        let rest = rest.get(1..)?;
        let (said, packed) = match kind {
            b"tEXt" => (rest, false),
            b"zTXt" => (rest.get(1..)?, true),
            _ => {
                let (packed, after) = rest.split_at_checked(2)?;
                // Two names in other languages come before the text.
                (after.splitn(3, |byte| *byte == 0).nth(2)?, packed.first() == Some(&1))
            }
        };
        Some(Self { about, said, packed })
    }

    /// The name of the profile that it holds.
    fn profile_name(&self) -> Option<&'a [u8]> {
        const BEFORE: &[u8] = b"Raw profile type ";
        let (before, name) = self.about.split_at_checked(BEFORE.len())?;
        before.eq_ignore_ascii_case(BEFORE).then_some(name)
    }

    /// What can be unpacked of it; takes as much away from what may still be unpacked.
    fn unpacked(&self, left: &mut u64) -> Cow<'a, [u8]> {
        if !self.packed {
            return Cow::Borrowed(self.said);
        }
        let mut text = Vec::new();
        if let Err(error) = ZlibDecoder::new(self.said).take(*left).read_to_end(&mut text) {
            tracing::debug!(%error, "a compressed text of a PNG is damaged");
        }
        *left = left.saturating_sub(text.len() as u64);
        Cow::Owned(text)
    }
}

/// The bytes of a profile's digits.
fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let mut lines = text.splitn(4, |byte| *byte == b'\n');
    let digits = lines.nth(3)?;
    let digits: Vec<u8> = digits
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    let pairs = digits.as_chunks::<2>().0;
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
