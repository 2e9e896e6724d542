//! Texts of older metadata in the encoding that they declare, or that they plainly have.
//!
//! Sources: ISO/IEC 2022 (escape sequences that name a set of characters); the tables of the sets as Unicode lists them
//! (`VENDORS/MICSFT/WINDOWS/CP1252.TXT`, `VENDORS/APPLE/ROMAN.TXT`, `ISO8859/8859-*.TXT`), printed by Python's codecs.

/// The upper halves, from 0x80. What a set has no character for is passed over.
const WINDOWS_1252: &str = "\u{20ac}\u{fffd}\u{201a}\u{192}\u{201e}\u{2026}\u{2020}\u{2021}\u{2c6}\u{2030}\u{160}\u{2039}\u{152}\
    \u{fffd}\u{17d}\u{fffd}\u{fffd}\u{2018}\u{2019}\u{201c}\u{201d}\u{2022}\u{2013}\u{2014}\u{2dc}\u{2122}\u{161}\u{203a}\u{153}\
    \u{fffd}\u{17e}\u{178}";
const MAC_ROMAN: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\
    \u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
/// From 0xA0.
const LATIN_2: &str =
    "\u{a0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{ad}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";
const CYRILLIC: &str =
    "\u{a0}ЁЂЃЄЅІЇЈЉЊЋЌ\u{ad}ЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя№ёђѓєѕіїјљњћќ§ўџ";
const GREEK: &str = "\u{a0}‘’£€₯¦§¨©ͺ«¬\u{ad}\u{fffd}―°±²³΄΅Ά·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\u{fffd}ΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ\u{fffd}";

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// Latin-1 with characters in the place of its controls.
    Windows1252,
    MacRoman,
    Latin2,
    Cyrillic,
    Greek,
    Turkish,
}

impl Charset {
    /// The set that escape sequences of ISO 2022 name; `None` where none of those that are known is among them.
    pub(crate) fn declared(escapes: &[u8]) -> Option<Self> {
        escapes.split(|byte| *byte == 0x1B).find_map(|sequence| match sequence {
            [b'%', b'G', ..] | [b'%', b'/', b'G' | b'H' | b'I', ..] => Some(Self::Utf8),
            [b'-' | b'.' | b'/', set, ..] => Some(match set {
                b'A' => Self::Windows1252,
                b'B' => Self::Latin2,
                b'F' => Self::Greek,
                b'L' => Self::Cyrillic,
                b'M' => Self::Turkish,
                _ => return None,
            }),
            _ => None,
        })
    }

    /// The set that texts of one writer plainly have, which are not all UTF-8: Mac Roman where letters stand inside words when it is
    /// read so and signs or capitals otherwise, Windows-1252 in all other cases.
    pub(crate) fn guessed<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut mac, mut windows) = (0u32, 0u32);
        for text in texts.filter(|text| std::str::from_utf8(text).is_err()) {
            for at in 0..text.len() {
                let around = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or(b' ');
                let (before, byte, after) = (around(at.checked_sub(1)), around(Some(at)), around(at.checked_add(1)));
                let near = before.is_ascii_lowercase() || after.is_ascii_lowercase();
                let within = before.is_ascii_alphabetic() && after.is_ascii_alphabetic();
                match byte {
                    // Small letters there; signs, capitals or nothing here.
                    0x80 | 0x81 | 0x83 | 0x86..=0x8A | 0x8C..=0x90 | 0x98 | 0x9D | 0x9F if near => mac += 1,
                    // Ö, ö, ô or the apostrophe there.
                    0x9A | 0x99 | 0xD5 if within => mac += 1,
                    0xE0..=0xF6 | 0xF8..=0xFF if near => windows += 1,
                    _ => {}
                }
            }
        }
        if mac > windows {
            Self::MacRoman
        } else {
            Self::Windows1252
        }
    }

    /// A text of this set.
    pub(crate) fn decode(self, text: &[u8]) -> String {
        let upper = |table: &'static str, first: u8| {
            let table: Vec<char> = table.chars().collect();
            text.iter()
                .map(|byte| {
                    let place = byte.checked_sub(first).map(usize::from);
                    place
                        .and_then(|place| table.get(place))
                        .copied()
                        .unwrap_or(char::from(*byte))
                })
                .filter(|character| *character != char::REPLACEMENT_CHARACTER)
                .collect()
        };
        match self {
            Self::Utf8 => String::from_utf8_lossy(text).into_owned(),
            Self::Windows1252 => upper(WINDOWS_1252, 0x80),
            Self::MacRoman => upper(MAC_ROMAN, 0x80),
            Self::Latin2 => upper(LATIN_2, 0xA0),
            Self::Cyrillic => upper(CYRILLIC, 0xA0),
            Self::Greek => upper(GREEK, 0xA0),
            Self::Turkish => {
                let turkish = |character| match character {
                    'Ð' => 'Ğ',
                    'Ý' => 'İ',
                    'Þ' => 'Ş',
                    'ð' => 'ğ',
                    'ý' => 'ı',
                    'þ' => 'ş',
                    other => other,
                };
                let latin: String = upper(WINDOWS_1252, 0x80);
                latin.chars().map(turkish).collect()
            }
        }
    }
}

/// A text that says nothing of its encoding.
pub(crate) fn undeclared(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => Charset::guessed(std::iter::once(text)).decode(text),
    }
}

/// A text of two-byte characters, up to the first zero.
pub(crate) fn utf16(bytes: &[u8], little: bool) -> String {
    let number = if little { u16::from_le_bytes } else { u16::from_be_bytes };
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| number(*pair));
    char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .filter(|character| *character != '\u{feff}')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The bytes are Python 3's: "Köln".encode("mac_roman") and so on.
    #[test]
    fn a_declared_set_is_read_as_such() {
        for (escape, bytes, text) in [
            (b"\x1b%G".as_slice(), "K\u{f6}ln".as_bytes(), "Köln"),
            (b"\x1b%/I", "K\u{f6}ln".as_bytes(), "Köln"),
            (b"\x1b.A", b"K\xf6ln", "Köln"),
            (b"\x1b-B", b"\xa3\xf3d\xbc", "Łódź"),
            (b"\x1b-L", b"\xbc\xde\xe1\xda\xd2\xd0", "Москва"),
            (b"\x1b-F", b"\xc1\xe8\xde\xed\xe1", "Αθήνα"),
            (b"\x1b-M", b"\xdd\xfeler", "İşler"),
        ] {
            assert_eq!(Charset::declared(escape).unwrap().decode(bytes), text);
        }
        assert_eq!(Charset::declared(b""), None);
        assert_eq!(Charset::declared(b"\x1b(B"), None);
    }

    #[test]
    fn an_undeclared_set_is_guessed_where_it_is_plain() {
        for (bytes, text) in [
            ("K\u{f6}ln".as_bytes(), "Köln"),
            (b"K\xf6ln", "Köln"),
            (b"K\x9aln", "Köln"),
            (b"M\x9fnchen", "München"),
            (b"caf\x8e", "café"),
            (b"caf\xe9", "café"),
            (b"don\xd5t", "don’t"),
            (b"don\x92t", "don’t"),
            (b"\x93Tower\x94 \x96 5 \x80", "“Tower” – 5 €"),
            (b"\xc9t\xe9", "Été"),
            (b"\x83t\x8e", "Été"),
        ] {
            assert_eq!(undeclared(bytes), text);
        }
        for byte in 0..=255u8 {
            undeclared(&[byte]);
            undeclared(&[b'a', byte, b'b', 0xFF]);
        }
    }
}
