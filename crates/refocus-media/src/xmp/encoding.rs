//! Packets in UTF-16 and UTF-32.
//!
//! Source: ISO 16684-1, section 7.2, and XML 1.0, annex F: a packet begins with a byte order mark, or else its first character
//! (`<`) shows how wide characters are.

use std::borrow::Cow;

/// The packet in UTF-8, without a byte order mark.
pub(super) fn in_utf8(packet: &[u8]) -> Cow<'_, [u8]> {
    match packet {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, b'<', ..] => of_four(packet, u32::from_be_bytes),
        [0xFF, 0xFE, 0, 0, ..] | [b'<', 0, 0, 0, ..] => of_four(packet, u32::from_le_bytes),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => of_two(packet, u16::from_be_bytes),
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => of_two(packet, u16::from_le_bytes),
        _ => Cow::Borrowed(packet),
    }
}

fn of_two(packet: &[u8], number: fn([u8; 2]) -> u16) -> Cow<'static, [u8]> {
    let units = packet.as_chunks::<2>().0.iter().map(|pair| number(*pair));
    utf8(char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)))
}

fn of_four(packet: &[u8], number: fn([u8; 4]) -> u32) -> Cow<'static, [u8]> {
    let units = packet.as_chunks::<4>().0.iter().map(|four| number(*four));
    utf8(units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)))
}

fn utf8(characters: impl Iterator<Item = char>) -> Cow<'static, [u8]> {
    let text: String = characters.filter(|character| *character != '\u{feff}').collect();
    Cow::Owned(text.into_bytes())
}
