//! IPTC blocks: keywords, title, caption, place names and dates of the older newsroom standard.
//!
//! Source: IPTC-NAA Information Interchange Model 4.2: sections 1.5 and 1.6 (data sets, also of extended length), 1:90 (coded
//! character set), record 2 (what is said of the picture).

use std::borrow::Cow;

use super::charset::Charset;
use crate::tags::{Keywords, PhotoTags, line, place_of, prose};

/// Data sets that are looked at; ordinary blocks have some dozens.
const MOST_DATA_SETS: usize = 4096;

/// What IPTC blocks say of a picture.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Iptc {
    pub(crate) tags: PhotoTags,
    /// Day and time of the picture's making (2:55, 2:60), as they are written.
    pub(crate) created: Option<(String, String)>,
    /// Day and time of its digital form (2:62, 2:63).
    pub(crate) digitized: Option<(String, String)>,
}

/// Number of a data set in record 2.
mod set {
    pub(super) const TITLE: u8 = 5;
    pub(super) const KEYWORD: u8 = 25;
    pub(super) const DATE_CREATED: u8 = 55;
    pub(super) const TIME_CREATED: u8 = 60;
    pub(super) const DIGITAL_DATE: u8 = 62;
    pub(super) const DIGITAL_TIME: u8 = 63;
    pub(super) const CITY: u8 = 90;
    pub(super) const SUBLOCATION: u8 = 92;
    pub(super) const STATE: u8 = 95;
    pub(super) const COUNTRY: u8 = 101;
    pub(super) const HEADLINE: u8 = 105;
    pub(super) const CAPTION: u8 = 120;
}

/// Reads blocks as one: what stands in several of them counts where it stands first, keywords all together. A block whose only
/// keyword is empty states that there are none.
pub(crate) fn read(blocks: &[Cow<'_, [u8]>]) -> Iptc {
    let mut sets: Vec<(u8, &[u8])> = Vec::new();
    let mut declared = None;
    for block in blocks {
        for (record, number, data) in data_sets(block).take(MOST_DATA_SETS) {
            match (record, number) {
                (1, 90) => declared = declared.or_else(|| Charset::declared(data)),
                (2, number) if sets.len() < MOST_DATA_SETS => sets.push((number, data)),
                _ => {}
            }
        }
    }
    let guessed = Charset::guessed(sets.iter().map(|(_, data)| *data));
    let text = |data: &[u8]| match (declared, std::str::from_utf8(data)) {
        (None | Some(Charset::Utf8), Ok(text)) => text.to_owned(),
        // Programs declare UTF-8 and write something else.
        (None | Some(Charset::Utf8), Err(_)) => guessed.decode(data),
        (Some(charset), _) => charset.decode(data),
    };
    let first = |number: u8| {
        let mut own = sets.iter().filter(|(set, _)| *set == number);
        own.find_map(|(_, data)| line(&text(data)))
    };
    let mut keywords = None;
    for (_, data) in sets.iter().filter(|(set, _)| *set == set::KEYWORD) {
        keywords.get_or_insert_with(Keywords::default).add(&text(data));
    }
    let day = |day: u8, time: u8| Some((first(day)?, first(time).unwrap_or_default()));
    Iptc {
        tags: PhotoTags {
            keywords: keywords.map(Keywords::into_list),
            title: first(set::TITLE).or_else(|| first(set::HEADLINE)),
            caption: sets
                .iter()
                .filter(|(set, _)| *set == set::CAPTION)
                .find_map(|(_, data)| prose(&text(data))),
            place: place_of([set::SUBLOCATION, set::CITY, set::STATE, set::COUNTRY].map(first)),
            ..PhotoTags::default()
        },
        created: day(set::DATE_CREATED, set::TIME_CREATED),
        digitized: day(set::DIGITAL_DATE, set::DIGITAL_TIME),
    }
}

/// Record, number and data of each data set, up to the first that is cut short. Zeros between them are passed over.
fn data_sets(block: &[u8]) -> impl Iterator<Item = (u8, u8, &[u8])> {
    let mut rest = block;
    std::iter::from_fn(move || {
        while let [0, after @ ..] = rest {
            rest = after;
        }
        let [0x1C, record, number, high, low, after @ ..] = rest else {
            return None;
        };
        let short = usize::from(*high) << 8 | usize::from(*low);
        let (len, after) = if short & 0x8000 == 0 {
            (short, after)
        } else {
            // The length of the length.
            let (digits, after) = after
                .split_at_checked(short & 0x7FFF)
                .filter(|(digits, _)| digits.len() <= 4)?;
            (
                digits.iter().fold(0, |len, digit| len << 8 | usize::from(*digit)),
                after,
            )
        };
        let (data, after) = after.split_at_checked(len)?;
        rest = after;
        Some((*record, *number, data))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A block of data sets.
    pub(crate) fn block(sets: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let each = sets.iter().flat_map(|(record, number, data)| {
            let head = [0x1C, *record, *number, (data.len() >> 8) as u8, data.len() as u8];
            [head.as_slice(), data].concat()
        });
        each.collect()
    }

    fn read_one(block: &[u8]) -> Iptc {
        read(&[Cow::Borrowed(block)])
    }

    #[test]
    fn everything_that_is_said_of_a_picture_is_read() {
        let iptc = read_one(&block(&[
            (1, 90, b"\x1b%G"),
            (2, 0, b"\0\x02"),
            (2, 5, "Fähre".as_bytes()),
            (2, 25, b"sea"),
            (2, 25, "Köln".as_bytes()),
            (2, 25, b"Sea"),
            (2, 55, b"20130712"),
            (2, 60, b"165427+0200"),
            (2, 62, b"20140101"),
            (2, 90, b"Lisbon"),
            (2, 92, b"Alfama"),
            (2, 95, b"Lisboa"),
            (2, 101, b"Portugal\0"),
            (2, 105, b"Headline"),
            (2, 120, b"At dusk\r\nthe ferry leaves."),
        ]));
        assert_eq!(iptc.tags.keywords.unwrap(), ["sea", "Köln"]);
        assert_eq!(iptc.tags.title.as_deref(), Some("Fähre"));
        assert_eq!(iptc.tags.caption.as_deref(), Some("At dusk\nthe ferry leaves."));
        assert_eq!(iptc.tags.place.as_deref(), Some("Alfama, Lisbon, Lisboa, Portugal"));
        assert_eq!(iptc.created, Some(("20130712".into(), "165427+0200".into())));
        assert_eq!(iptc.digitized, Some(("20140101".into(), String::new())));
    }

    #[test]
    fn the_encoding_is_the_declared_one_or_the_one_that_it_plainly_is() {
        let words = |sets: &[(u8, u8, &[u8])]| read_one(&block(sets)).tags.keywords.unwrap();
        assert_eq!(words(&[(1, 90, b"\x1b.A"), (2, 25, b"K\xf6ln")]), ["Köln"]);
        assert_eq!(
            words(&[(1, 90, b"\x1b-L"), (2, 25, b"\xbc\xde\xe1\xda\xd2\xd0")]),
            ["Москва"]
        );
        // What is declared counts although it could be read as UTF-8.
        assert_eq!(words(&[(1, 90, b"\x1b.A"), (2, 25, b"\xc3\xa9")]), ["Ã©"]);
        assert_eq!(words(&[(1, 90, b"\x1b%G"), (2, 25, b"K\xf6ln")]), ["Köln"]);
        assert_eq!(
            words(&[(2, 25, "K\u{f6}ln".as_bytes()), (2, 25, b"caf\xe9")]),
            ["Köln", "café"]
        );
        // A word that says nothing by itself is read as its neighbours are.
        assert_eq!(
            words(&[(2, 25, b"M\x9fnchen"), (2, 25, b"\x85sterreich")]),
            ["München", "Österreich"]
        );
        assert_eq!(words(&[(2, 25, b"\x80 100")]), ["€ 100"]);
    }

    #[test]
    fn extended_lengths_zeros_between_and_several_blocks_are_read() {
        let long = "w".repeat(40_000);
        let mut first = vec![0x1C, 2, 120, 0x80, 4, 0, 0, 0x9C, 0x40];
        first.extend(long.as_bytes());
        first.extend([0, 0]);
        first.extend(block(&[(2, 25, b"one")]));
        let second = block(&[(2, 25, b"two"), (2, 5, b"title")]);
        let iptc = read(&[Cow::Owned(first), Cow::Owned(second)]);
        assert_eq!(iptc.tags.keywords.unwrap(), ["one", "two"]);
        assert!(iptc.tags.caption.unwrap().starts_with("www"));
        assert_eq!(iptc.tags.title.as_deref(), Some("title"));
    }

    #[test]
    fn nothing_said_and_said_that_there_is_nothing_are_different() {
        assert_eq!(read_one(&block(&[(2, 5, b"x")])).tags.keywords, None);
        assert_eq!(read_one(&block(&[(2, 25, b"")])).tags.keywords, Some(vec![]));
        assert_eq!(read(&[]), Iptc::default());
    }

    #[test]
    fn damaged_blocks_give_what_can_be_read_and_never_panic() {
        let whole = block(&[(1, 90, b"\x1b%G"), (2, 25, b"one"), (2, 25, b"two"), (2, 120, b"text")]);
        for cut in 0..whole.len() {
            read_one(&whole[..cut]);
        }
        for at in 0..whole.len() {
            for value in [0, 0x1C, 0x7F, 0x80, 0xFF] {
                let mut changed = whole.clone();
                changed[at] = value;
                read_one(&changed);
            }
        }
        assert_eq!(
            read_one(&whole[..whole.len() - 1]).tags.keywords.unwrap(),
            ["one", "two"]
        );
    }
}
