//! A scan's segments, one after the other, and what to do where one is damaged or lost.
//!
//! Source: ITU-T T.81, E.2.4 (restart intervals). Decoders differ in what they make of files that break its rules; this one
//! goes on at the next restart marker, as libjpeg does, and counts what is missing.

use std::ops::Range;

use memchr::memchr;

use super::super::failure::Failure;
use super::bits::{BitReader, Segment, SegmentEnd};

/// Bytes that a coefficient takes at most: a code of 16 bits and 15 bits of its own.
pub(super) const LONGEST_SAMPLE: usize = 4;

/// Decodes the units of a scan: groups of blocks where components are interleaved, else blocks.
pub(super) trait Units {
    /// How many there are.
    fn count(&self) -> usize;

    /// Blocks of one.
    fn blocks(&self) -> usize;

    /// Decodes `units` from the beginning of a segment. Gives the first that could not be: because the data ended, or because
    /// they are none.
    fn decode(&mut self, reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd;

    /// Fills `units`, which are lost, with what disturbs least.
    fn blank(&mut self, units: Range<usize>);
}

/// How far [`Units::decode`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitsEnd {
    /// The first unit that was not decoded.
    pub(super) at: usize,
    /// Whether the data did not make sense; else they were used up, or nothing is missing.
    pub(super) damaged: bool,
}

/// What became of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ScanEnd {
    /// Where the next marker is to be looked for.
    pub(super) at: usize,
    /// Units of the whole scan, and those that could not be decoded.
    pub(super) units: usize,
    pub(super) missing: usize,
    /// Whether some data did not make sense.
    pub(super) damaged: bool,
}

/// Decodes a scan whose data begin at `at`, with a restart marker behind every `interval` units (0 = none).
pub(super) fn read(
    file: &[u8],
    mut at: usize,
    interval: usize,
    segment: &mut Segment,
    units: &mut impl Units,
) -> Result<ScanEnd, Failure> {
    let count = units.count();
    let mut numbers = Numbers::default();
    let mut scan = ScanEnd {
        units: count,
        ..ScanEnd::default()
    };
    let mut from = 0;
    while from < count {
        let longest = (count - from) * units.blocks() * 64 * LONGEST_SAMPLE;
        let (end, behind) = segment.read(file, at, longest)?;
        at = behind;
        let to = match end {
            // Files exist that announce restart markers and have none: then nothing restarts.
            SegmentEnd::Restart(_) if interval > 0 => (from + interval).min(count),
            _ => count,
        };
        let reached = units.decode(segment.reader(), from..to);
        scan.damaged |= reached.damaged;
        let next = match end {
            SegmentEnd::Scan => count,
            SegmentEnd::Restart(number) if interval > 0 => {
                let left = (count - to).div_ceil(interval);
                to + interval * numbers.lost(number, to / interval, left, || restarts(file, at))
            }
            // Nobody said where the markers stand: each segment goes on where the one before it ended.
            SegmentEnd::Restart(_) if reached.at > from => reached.at,
            SegmentEnd::Restart(_) => count,
        }
        .min(count);
        if next > reached.at {
            scan.missing += next - reached.at;
            units.blank(reached.at..next);
        }
        from = next;
    }
    scan.at = at;
    Ok(scan)
}

/// Restart markers of the scan from `at` on.
fn restarts(file: &[u8], mut at: usize) -> usize {
    let mut count = 0;
    while let Some(found) = file.get(at..).and_then(|rest| memchr(0xFF, rest)) {
        at += found + 1;
        match file.get(at) {
            Some(0 | 0xFF) => {}
            Some(0xD0..=0xD7) => count += 1,
            _ => break,
        }
    }
    count
}

/// The numbers of restart markers, which count from 0 to 7 again and again and so tell when some are lost.
#[derive(Debug, Default)]
struct Numbers {
    /// Segments that follow, once they had to be counted.
    follow: Option<usize>,
}

impl Numbers {
    /// How many segments are lost before the one that follows the marker with `number`, where `before` have been and `left`
    /// should follow. `restarts` counts the markers behind this one.
    fn lost(&mut self, number: u8, before: usize, left: usize, restarts: impl FnOnce() -> usize) -> usize {
        self.follow = self.follow.map(|follow| follow.saturating_sub(1));
        let expected = before.wrapping_sub(1) & 7;
        let ahead = usize::from(number).wrapping_sub(expected) & 7;
        if ahead == 0 {
            return 0;
        }
        // Where as many follow as should, the numbers are wrong and nothing is lost.
        let follow = *self.follow.get_or_insert_with(|| restarts() + 1);
        ahead.min(left.saturating_sub(follow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each unit is a byte of the data: its own number, or 0xEE, which is damage.
    struct Bytes {
        read: Vec<Option<u32>>,
    }

    impl Units for Bytes {
        fn count(&self) -> usize {
            self.read.len()
        }

        fn blocks(&self) -> usize {
            1
        }

        fn decode(&mut self, mut reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
            for at in units.clone() {
                let value = reader.take(8);
                if reader.ran_out() || value == 0xEE {
                    let damaged = !reader.ran_out();
                    return UnitsEnd { at, damaged };
                }
                self.read[at] = Some(value);
            }
            UnitsEnd {
                at: units.end,
                damaged: false,
            }
        }

        fn blank(&mut self, units: Range<usize>) {
            self.read[units].fill(Some(0));
        }
    }

    /// Reads six units with a marker behind every two; gives the units and what is missing.
    fn six(file: &[u8], interval: usize) -> (Vec<u32>, usize, bool) {
        let mut units = Bytes { read: vec![None; 6] };
        let end = read(file, 0, interval, &mut Segment::default(), &mut units).unwrap();
        let values = units.read.into_iter().map(|value| value.unwrap()).collect();
        (values, end.missing, end.damaged)
    }

    #[test]
    fn restart_markers_that_are_lost_or_wrong_cost_only_what_is_lost() {
        let whole = [1, 2, 3, 4, 5, 6];
        type Case = (&'static str, &'static [u8], usize, [u32; 6], usize);
        let cases: [Case; 10] = [
            (
                "right",
                &[1, 2, 0xFF, 0xD0, 3, 4, 0xFF, 0xD1, 5, 6, 0xFF, 0xD9],
                2,
                whole,
                0,
            ),
            ("announced, none there", &[1, 2, 3, 4, 5, 6, 0xFF, 0xD9], 2, whole, 0),
            (
                "there, not announced",
                &[1, 2, 0xFF, 0xD0, 3, 4, 0xFF, 0xD1, 5, 6, 0xFF, 0xD9],
                0,
                whole,
                0,
            ),
            (
                "always the same number",
                &[1, 2, 0xFF, 0xD0, 3, 4, 0xFF, 0xD0, 5, 6, 0xFF, 0xD9],
                2,
                whole,
                0,
            ),
            (
                "numbers from 1",
                &[1, 2, 0xFF, 0xD1, 3, 4, 0xFF, 0xD2, 5, 6, 0xFF, 0xD9],
                2,
                whole,
                0,
            ),
            (
                "the second segment lost",
                &[1, 2, 0xFF, 0xD1, 5, 6, 0xFF, 0xD9],
                2,
                [1, 2, 0, 0, 5, 6],
                2,
            ),
            (
                "a marker lost",
                &[1, 2, 3, 4, 0xFF, 0xD1, 5, 6, 0xFF, 0xD9],
                2,
                [1, 2, 0, 0, 5, 6],
                2,
            ),
            (
                "a short segment",
                &[1, 2, 0xFF, 0xD0, 3, 0xFF, 0xD1, 5, 6, 0xFF, 0xD9],
                2,
                [1, 2, 3, 0, 5, 6],
                1,
            ),
            (
                "an end too early",
                &[1, 2, 0xFF, 0xD0, 3, 4, 0xFF, 0xD9],
                2,
                [1, 2, 3, 4, 0, 0],
                2,
            ),
            (
                "too long a segment",
                &[1, 2, 9, 9, 0xFF, 0xD0, 3, 4, 0xFF, 0xD1, 5, 6],
                2,
                whole,
                0,
            ),
        ];
        for (name, file, interval, expected, missing) in cases {
            assert_eq!(six(file, interval), (expected.to_vec(), missing, false), "{name}");
        }
        let damaged = [1, 2, 0xFF, 0xD0, 0xEE, 4, 0xFF, 0xD1, 5, 6, 0xFF, 0xD9];
        assert_eq!(six(&damaged, 2), (vec![1, 2, 0, 0, 5, 6], 2, true));
    }

    #[test]
    fn markers_without_data_end() {
        let file = [0xFF, 0xD0].repeat(10_000);
        assert_eq!(six(&file, 0), (vec![0; 6], 6, false));
        assert_eq!(six(&file, 1).1, 6);
        assert_eq!(six(&file, 100).1, 6);
    }
}
