//! Right values: Python 3.11, `calendar.timegm`; the blocks are made by the tests.

use super::*;
use crate::taken::best;

/// 2013-07-12 16:54:27.
const AFTERNOON: i64 = 1_373_648_067;
/// 2009-06-08 16:45:55.
const SCANNED: i64 = 1_244_479_555;

const ASCII: u16 = 2;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// Tag, type, number of values, and value.
type Entry = (u16, u16, u32, Vec<u8>);

fn text(tag: u16, kind: u16, text: &[u8]) -> Entry {
    (tag, kind, text.len() as u32, text.to_vec())
}

/// A block of directories; an entry `(tag, kind, 1, [n])` of a pointer points at directory n. With `chained`, each main directory
/// leads to the next one of the list.
fn block(big: bool, directories: &[Vec<Entry>], next: &[(usize, usize)]) -> Vec<u8> {
    let short = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let len = |directory: &Vec<Entry>| {
        6 + directory.len() * 12
            + directory
                .iter()
                .map(|entry| entry.3.len())
                .filter(|len| *len > 4)
                .sum::<usize>()
    };
    let at = |index: usize| (8 + directories[..index].iter().map(len).sum::<usize>()) as u32;
    let mut bytes = if big {
        b"MM\0\x2a".to_vec()
    } else {
        b"II\x2a\0".to_vec()
    };
    bytes.extend(long(8));
    for (index, directory) in directories.iter().enumerate() {
        let mut values_at = at(index) as usize + 6 + directory.len() * 12;
        let mut values: Vec<u8> = Vec::new();
        bytes.extend(short(directory.len() as u16));
        for (tag, kind, count, value) in directory {
            bytes.extend(short(*tag));
            bytes.extend(short(*kind));
            bytes.extend(long(*count));
            if matches!(*tag, 0x8769 | 0x8825 | 0x014A) {
                bytes.extend(long(at(usize::from(value[0]))));
            } else if value.len() <= 4 {
                bytes.extend(value);
                bytes.resize(bytes.len() + 4 - value.len(), 0);
            } else {
                bytes.extend(long(values_at as u32));
                values_at += value.len();
                values.extend(value);
            }
        }
        let follows = next.iter().find(|(from, _)| *from == index);
        bytes.extend(long(follows.map_or(0, |(_, to)| at(*to))));
        bytes.extend(values);
    }
    bytes
}

fn rationals(big: bool, parts: [(u32, u32); 3]) -> Vec<u8> {
    let long = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    parts
        .iter()
        .flat_map(|(above, below)| [long(*above), long(*below)].concat())
        .collect()
}

/// The dates of a block of a photo whose place nobody knows.
fn dates_of(block: &[u8]) -> Vec<Taken> {
    dates(block, &LocalClock::of(None))
}

fn stated(block: &[u8]) -> Option<(i64, DateSource)> {
    best(&dates_of(block)).map(|taken| (taken.seconds, taken.source))
}

#[test]
fn the_original_date_counts_in_every_directory() {
    let original = || text(0x9003, ASCII, b"2009:06:08 16:45:55\0");
    let changed = || text(0x0132, ASCII, b"2023:09:27 10:00:00\0");
    let pointer = |tag, to| (tag, LONG, 1, vec![to]);
    for big in [false, true] {
        for (what, bytes) in [
            ("main", block(big, &[vec![changed(), original()]], &[])),
            (
                "Exif",
                block(big, &[vec![changed(), pointer(0x8769, 1)], vec![original()]], &[]),
            ),
            (
                "pointer of type IFD",
                block(big, &[vec![changed(), (0x8769, 13, 1, vec![1])], vec![original()]], &[]),
            ),
            ("thumbnail", block(big, &[vec![changed()], vec![original()]], &[(0, 1)])),
            (
                "sub-directory",
                block(big, &[vec![changed(), pointer(0x014A, 1)], vec![original()]], &[]),
            ),
            (
                "Exif of the second picture",
                block(
                    big,
                    &[vec![changed()], vec![pointer(0x8769, 2)], vec![original()]],
                    &[(0, 1)],
                ),
            ),
        ] {
            assert_eq!(
                stated(&bytes),
                Some((SCANNED, DateSource::Exif)),
                "{what}, big-endian {big}"
            );
        }
        // Zeros in the Exif directory, the date in the main one.
        let zeros = text(0x9003, ASCII, b"0000:00:00 00:00:00\0");
        let both = block(big, &[vec![original(), pointer(0x8769, 1)], vec![zeros]], &[]);
        assert_eq!(stated(&both), Some((SCANNED, DateSource::Exif)));
        // Dates in both: the Exif directory's.
        let other = text(0x9003, ASCII, b"2013:07:12 16:54:27\0");
        let both = block(big, &[vec![original(), pointer(0x8769, 1)], vec![other]], &[]);
        assert_eq!(stated(&both), Some((AFTERNOON, DateSource::Exif)));
    }
}

#[test]
fn the_text_may_be_of_any_type_and_lack_its_zero() {
    for (kind, bytes) in [
        (2, b"2013:07:12 16:54:27".as_slice()),
        (2, b"2013:07:12 16:54:27\0"),
        (2, b"\0\x002013:07:12 16:54:27"),
        (1, b"2013:07:12 16:54:27\0"),
        (7, b"2013:07:12 16:54:27"),
        (6, b"2013:07:12 16:54:27\0"),
        (129, b"2013:07:12 16:54:27\0"),
        (0, b"2013:07:12 16:54:27\0"),
        (2, b"2013:07:12 16:54:27\0\0\0\0\0\0\0\0"),
    ] {
        let bytes = block(false, &[vec![text(0x9003, kind, bytes)]], &[]);
        assert_eq!(stated(&bytes), Some((AFTERNOON, DateSource::Exif)), "type {kind}");
    }
}

#[test]
fn a_count_beyond_the_block_and_a_second_entry_do_no_harm() {
    let mut long = block(false, &[vec![text(0x9003, ASCII, b"2013:07:12 16:54:27\0")]], &[]);
    long[8 + 2 + 4] = 200;
    assert_eq!(stated(&long), Some((AFTERNOON, DateSource::Exif)));
    let twice = [
        text(0x9003, ASCII, b"    \0   \0"),
        text(0x9003, ASCII, b"2013:07:12 16:54:27\0"),
    ];
    assert_eq!(
        stated(&block(true, &[twice.to_vec()], &[])),
        Some((AFTERNOON, DateSource::Exif))
    );
}

#[test]
fn parts_of_seconds_and_offsets_belong_to_their_dates() {
    let bytes = block(
        false,
        &[
            vec![(0x8769, LONG, 1, vec![1]), text(0x9010, ASCII, b"-05:00\0")],
            vec![
                text(0x9003, ASCII, b"2013:07:12 16:54:27\0"),
                text(0x9004, ASCII, b"2013:07:12 16:54:28\0"),
                text(0x9290, ASCII, b"99\0"),
                text(0x9291, ASCII, b"27\0"),
                text(0x9292, ASCII, b"5"),
                text(0x9011, ASCII, b"-05:30\0"),
            ],
        ],
        &[],
    );
    let dates = dates_of(&bytes);
    let parts: Vec<_> = dates
        .iter()
        .map(|taken| (taken.source, taken.milliseconds, taken.offset_minutes))
        .collect();
    assert_eq!(
        parts,
        [
            (DateSource::Exif, Some(270), Some(-330)),
            (DateSource::ExifDigitized, Some(500), None)
        ]
    );
}

#[test]
fn satellites_give_the_date_where_nothing_else_does() {
    for big in [false, true] {
        let time = (0x0007, RATIONAL, 3, rationals(big, [(14, 1), (54, 1), (2750, 100)]));
        let gps = vec![time, text(0x001D, ASCII, b"2013:07:12\0")];
        let pointers = vec![(0x8769, LONG, 1, vec![1]), (0x8825, LONG, 1, vec![2])];
        let offset = vec![text(0x9011, ASCII, b"+02:00\0")];
        let bytes = block(big, &[pointers.clone(), offset.clone(), gps.clone()], &[]);
        let taken = best(&dates_of(&bytes)).unwrap();
        // 14:54:27.5 UTC on a clock two hours ahead.
        assert_eq!(
            (taken.seconds, taken.milliseconds, taken.offset_minutes),
            (AFTERNOON, Some(500), Some(120))
        );
        assert_eq!(taken.source, DateSource::Gps);
        // A block of its own, as in CR3.
        assert_eq!(dates_of(&block(big, std::slice::from_ref(&gps), &[])).len(), 1);
        // A text instead of numbers; no denominators, which leaves the day.
        let as_text = vec![text(0x0007, ASCII, b"14:54:27\0"), text(0x001D, ASCII, b"2013:07:12\0")];
        let bytes = block(big, &[pointers.clone(), offset.clone(), as_text], &[]);
        assert_eq!(stated(&bytes), Some((AFTERNOON, DateSource::Gps)));
        let nothing = vec![(0x0007, RATIONAL, 3, vec![0; 24]), text(0x001D, ASCII, b"2013:07:12\0")];
        assert_eq!(
            stated(&block(big, &[pointers, offset, nothing], &[])),
            Some((AFTERNOON - 60_867, DateSource::Gps))
        );
    }
}

#[test]
fn hostile_blocks_end_and_never_panic() {
    let own = block(
        false,
        &[vec![
            (0x8769, LONG, 1, vec![0]),
            (0x014A, LONG, 1, vec![0]),
            text(0x9003, ASCII, b"2013:07:12 16:54:27\0"),
        ]],
        &[(0, 0)],
    );
    assert_eq!(
        stated(&own),
        Some((AFTERNOON, DateSource::Exif)),
        "a directory that points at itself"
    );
    for cut in 0..own.len() {
        dates_of(&own[..cut]);
    }
    for at in 0..own.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut flipped = own.clone();
            flipped[at] = value;
            dates_of(&flipped);
        }
    }
    dates_of(&[b"II\x2a\0\x08\0\0\0".as_slice(), &[0xFF; 4096]].concat());
}
