//! The entropy-coded bytes of a scan as bits.
//!
//! Stuffed zeros are taken out before anything is decoded (ITU-T T.81, B.1.1.5), one restart interval at a time, so that
//! the reader loads eight bytes at once and looks at none of them.

use memchr::memchr;

use super::super::failure::Failure;

/// Zero bytes behind the data of a segment, so that the reader's last loads stay inside.
const PADDING: usize = 8;

/// What stands behind the data of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentEnd {
    /// Restart marker with its number, 0–7: another segment of the same scan.
    Restart(u8),
    /// Another marker, or the end of the file: the scan ends.
    Scan,
}

/// Entropy-coded data between two markers, without stuffed zeros.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// The data and its [`PADDING`].
    bytes: Vec<u8>,
}

impl Segment {
    /// Takes over the data of `file` from `at`. Gives what ends it, and where that stands: behind a restart marker, at the
    /// `0xFF` of any other. At most about `longest` bytes are taken: what follows them belongs to no picture.
    ///
    /// # Errors
    /// Out of memory for the copy.
    pub(super) fn read(&mut self, file: &[u8], mut at: usize, longest: usize) -> Result<(SegmentEnd, usize), Failure> {
        self.bytes.clear();
        let end = loop {
            let rest = file.get(at..).unwrap_or_default();
            let allowed = longest.saturating_sub(self.bytes.len());
            let most = rest.len().min(allowed);
            let Some(plain) = memchr(0xFF, rest).filter(|&plain| plain < allowed) else {
                self.append(rest.get(..most).unwrap_or_default(), most)?;
                break (SegmentEnd::Scan, next_marker_at(file, at + most));
            };
            self.append(rest.get(..plain).unwrap_or_default(), most)?;
            // Any number of 0xFF may stand before a marker.
            let fill = rest.iter().skip(plain).take_while(|&&byte| byte == 0xFF).count();
            let behind = at + plain + fill;
            match file.get(behind) {
                Some(0) => {
                    self.append(&[0xFF], most)?;
                    at = behind + 1;
                }
                Some(marker @ 0xD0..=0xD7) => break (SegmentEnd::Restart(marker - 0xD0), behind + 1),
                _ => break (SegmentEnd::Scan, behind - 1),
            }
        };
        self.append(&[0; PADDING], PADDING)?;
        Ok(end)
    }

    /// Appends `bytes`. The first call reserves room for `all`, what the segment may come to at most: pages that are never
    /// written cost nothing, and growing step by step would copy.
    fn append(&mut self, bytes: &[u8], all: usize) -> Result<(), Failure> {
        if self.bytes.capacity() - self.bytes.len() < bytes.len() {
            let wanted = all.max(bytes.len()) + PADDING;
            self.bytes
                .try_reserve_exact(wanted)
                .map_err(|_| Failure::out_of_memory(wanted as u64))?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn reader(&self) -> BitReader<'_> {
        BitReader {
            rest: &self.bytes,
            real: self.bytes.len().saturating_sub(PADDING) as u64 * 8,
            loaded: 0,
            window: 0,
            count: 0,
        }
    }
}

/// Where the next marker that ends a scan begins, at or behind `from`: the place of its `0xFF`, or the end of the file.
fn next_marker_at(file: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = file.get(at..).and_then(|rest| memchr(0xFF, rest)) {
        at += found;
        match file.get(at + 1) {
            Some(0 | 0xD0..=0xD7) => at += 2,
            Some(0xFF) => at += 1,
            _ => break,
        }
    }
    if memchr(0xFF, file.get(at..).unwrap_or_default()).is_some() {
        at
    } else {
        file.len()
    }
}

/// Reads a segment from its first bit; behind its end it reads zeros without end.
#[derive(Clone, Debug)]
pub(super) struct BitReader<'a> {
    /// What is to be loaded next.
    rest: &'a [u8],
    /// Bits of the segment.
    real: u64,
    /// Bits loaded so far.
    loaded: u64,
    /// The next bits, the first one highest. Below the lowest counted bit stand bits of `rest`, or zeros.
    window: u64,
    /// Bits of `window` that count.
    count: u32,
}

impl BitReader<'_> {
    /// Afterwards at least 56 bits are in the window.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let loaded = (63 - self.count) >> 3;
        if let Some(next) = self.rest.first_chunk::<8>() {
            // Bits that do not count yet are the same when their bytes are loaded again.
            self.window |= u64::from_be_bytes(*next) >> self.count;
            self.rest = self.rest.get(loaded as usize..).unwrap_or_default();
        }
        self.loaded += u64::from(loaded) * 8;
        self.count |= 56;
    }

    /// [`refill`](Self::refill), if fewer than 32 bits are there.
    #[inline(always)]
    pub(super) fn refill_if_low(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    /// The bits to come, the first one highest. As many count as the last refill left.
    #[inline(always)]
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// Passes over `count` bits, fewer than the window holds.
    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.window <<= count & 63;
        self.count = self.count.wrapping_sub(count) & 63;
    }

    /// The next `count` bits as a number; at most 16.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        self.refill_if_low();
        let bits = (self.window >> 1 >> (63 - count)) as u32;
        self.consume(count);
        bits
    }

    /// Passes over any number of bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, mut count: u32) {
        while count > 32 {
            self.refill_if_low();
            self.consume(32);
            count -= 32;
        }
        self.refill_if_low();
        self.consume(count);
    }

    /// Whether more bits were read than there are.
    #[inline(always)]
    pub(super) fn ran_out(&self) -> bool {
        self.loaded - u64::from(self.count) > self.real
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(file: &[u8]) -> (Segment, SegmentEnd, usize) {
        let mut segment = Segment::default();
        let (end, at) = segment.read(file, 0, usize::MAX).unwrap();
        (segment, end, at)
    }

    #[test]
    fn stuffed_zeros_are_taken_out_and_markers_end_a_segment() {
        let cases: [(&[u8], &[u8], SegmentEnd, usize); 8] = [
            (&[1, 0xFF, 0, 2, 0xFF, 0xD9], &[1, 0xFF, 2], SegmentEnd::Scan, 4),
            (&[1, 0xFF, 0xD3, 9], &[1], SegmentEnd::Restart(3), 3),
            // Fill bytes before a marker, and before a stuffed zero.
            (&[7, 0xFF, 0xFF, 0xFF, 0xD9], &[7], SegmentEnd::Scan, 3),
            (&[7, 0xFF, 0xFF, 0xD0], &[7], SegmentEnd::Restart(0), 4),
            (&[7, 0xFF, 0xFF, 0, 8], &[7, 0xFF, 8], SegmentEnd::Scan, 5),
            (&[1, 2, 3], &[1, 2, 3], SegmentEnd::Scan, 3),
            (&[1, 0xFF], &[1], SegmentEnd::Scan, 1),
            (&[], &[], SegmentEnd::Scan, 0),
        ];
        for (file, data, end, at) in cases {
            let (segment, found, place) = segment(file);
            assert_eq!(segment.bytes, [data, &[0; PADDING]].concat(), "{file:?}");
            assert_eq!((found, place), (end, at), "{file:?}");
        }
    }

    #[test]
    fn no_more_is_taken_than_a_picture_can_use() {
        let file = [[5; 100].as_slice(), &[0xFF, 0, 0xFF, 0xD1, 0xFF, 0xD9]].concat();
        let mut segment = Segment::default();
        let (end, at) = segment.read(&file, 0, 10).unwrap();
        assert_eq!(segment.bytes.len(), 10 + PADDING);
        assert_eq!((end, at), (SegmentEnd::Scan, file.len() - 2));
    }

    #[test]
    fn every_bit_comes_once_and_zeros_behind_the_end() {
        let file: Vec<u8> = (0..97u32).map(|i| (i * 37 % 255) as u8).collect();
        let (segment, ..) = segment(&file);
        let mut reader = segment.reader();
        let mut at = 0;
        for step in 0..400u32 {
            let count = step * 7 % 17;
            let expected = (at..at + count as usize).fold(0, |value, bit| {
                let byte = file.get(bit / 8).copied().unwrap_or(0);
                value << 1 | u32::from(byte >> (7 - bit % 8) & 1)
            });
            assert_eq!(reader.take(count), expected, "{count} bits from {at}");
            at += count as usize;
            assert_eq!(reader.ran_out(), at > file.len() * 8, "at {at}");
        }
        let (mut skipping, mut taking) = (segment.reader(), segment.reader());
        skipping.skip(333);
        (0..37).for_each(|_| assert!(taking.take(9) < 512));
        assert_eq!(skipping.take(16), taking.take(16));
    }
}
