//! Facsimile coding of black and white pictures.
//!
//! Sources: ITU-T T.4, section 4 (rows of runs, and rows coded after the row above), ITU-T T.6, section 2 (all rows coded after
//! the row above); TIFF 6.0, sections 10 and 11. The code words are those of the `fax` crate.

use std::convert::Infallible;

use ::fax::BitReader;
use ::fax::maps::{Mode, black, mode, white};

use super::layout::{Fax, damaged};
use crate::decode::zeroed;
use crate::failure::Failure;
use crate::raster::ends_early;
use crate::sniff::PictureFormat;

/// Bit of the options of T.4: rows may be coded after the row above.
const TWO_DIMENSIONAL: u64 = 1;

/// The rows of a strip, one bit a pixel, the first in the highest bit of a byte; black is 1.
pub(super) fn rows(packed: &[u8], kind: Fax, options: u64, width: u32, rows: usize) -> Result<Vec<u8>, Failure> {
    let row_bytes = (width as usize).div_ceil(8);
    let mut pixels = zeroed(row_bytes.saturating_mul(rows))?;
    let mut bits = Bits::new(packed);
    let mut above: Vec<u32> = Vec::new();
    for row in pixels.chunks_exact_mut(row_bytes.max(1)) {
        let runs = match kind {
            Fax::Rows { align } => {
                let runs = bits.row_of_runs(width);
                bits.align(8 * align);
                runs
            }
            Fax::T4 => {
                let marked = bits.skip_end_of_line();
                // The bit behind the mark says how the row is coded.
                let alone = options & TWO_DIMENSIONAL == 0 || (marked && bits.take(1) == Some(1));
                if alone {
                    bits.row_of_runs(width)
                } else {
                    bits.row_after(&above, width)
                }
            }
            Fax::T6 => bits.row_after(&above, width),
        };
        above = match runs {
            Some(runs) => runs,
            None if bits.at_end() => return Err(ends_early(PictureFormat::Tiff)),
            None => return Err(damaged("a row of its facsimile code is not to be read")),
        };
        blacken(row, &above, width);
    }
    Ok(pixels)
}

/// Sets the bits of the black runs. `changes` are the columns where the colour changes, from white on.
fn blacken(row: &mut [u8], changes: &[u32], width: u32) {
    for run in changes.chunks(2) {
        let from = run.first().copied().unwrap_or(width).min(width);
        let to = run.get(1).copied().unwrap_or(width).min(width);
        for column in from..to {
            if let Some(byte) = row.get_mut(column as usize / 8) {
                *byte |= 0x80 >> (column % 8);
            }
        }
    }
}

/// Packed bits, the highest of a byte first.
struct Bits<'a> {
    packed: &'a [u8],
    /// Bits taken so far.
    at: usize,
}

impl BitReader for Bits<'_> {
    type Error = Infallible;

    /// Behind the end come zeros: a code word is looked for in more bits than it may have.
    fn peek(&self, bits: u8) -> Option<u16> {
        let byte = |number: usize| u32::from(self.packed.get(self.at / 8 + number).copied().unwrap_or(0));
        let three = byte(0) << 16 | byte(1) << 8 | byte(2);
        let kept = u32::from(bits.min(16));
        Some((three >> (24 - self.at as u32 % 8 - kept) & ((1 << kept) - 1)) as u16)
    }

    fn consume(&mut self, bits: u8) -> Result<(), Infallible> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.at.next_multiple_of(8) - self.at) as u8
    }
}

impl<'a> Bits<'a> {
    fn new(packed: &'a [u8]) -> Self {
        Self { packed, at: 0 }
    }

    fn at_end(&self) -> bool {
        self.at >= self.packed.len() * 8
    }

    fn align(&mut self, bits: usize) {
        self.at = self.at.next_multiple_of(bits);
    }

    fn take(&mut self, bits: u8) -> Option<u16> {
        let taken = self.peek(bits);
        self.at += usize::from(bits);
        taken
    }

    /// Passes over an end-of-line mark (eleven zeros or more, and a one), where one stands.
    fn skip_end_of_line(&mut self) -> bool {
        const ZEROS: u8 = 11;
        if self.at_end() || self.peek(ZEROS) != Some(0) {
            return false;
        }
        while !self.at_end() && self.peek(1) == Some(0) {
            self.at += 1;
        }
        self.at += 1;
        true
    }

    /// The length of a run, whose code words end with one below 64.
    fn run(&mut self, is_black: bool) -> Option<u32> {
        let mut length = 0u32;
        loop {
            if self.at_end() {
                return None;
            }
            let part = if is_black {
                black::decode(self)
            } else {
                white::decode(self)
            }?;
            length = length.saturating_add(u32::from(part));
            if part < 64 {
                return Some(length);
            }
        }
    }

    /// A row of runs, from white on: the columns where the colour changes.
    fn row_of_runs(&mut self, width: u32) -> Option<Vec<u32>> {
        let mut changes = Vec::new();
        let (mut column, mut is_black) = (0u32, false);
        while column < width {
            column = column.saturating_add(self.run(is_black)?);
            is_black = !is_black;
            changes.push(column.min(width));
        }
        Some(changes)
    }

    /// A row coded after the changes of the row above.
    fn row_after(&mut self, above: &[u32], width: u32) -> Option<Vec<u32>> {
        let mut changes = Vec::new();
        // Where the next run begins, and whether something stands before it.
        let (mut column, mut begun, mut is_black) = (0u32, false, false);
        let mut passed = 0;
        while column < width {
            if self.at_end() {
                return None;
            }
            let left = |change: &u32| *change < column || (begun && *change == column);
            passed += above.get(passed..)?.iter().take_while(|change| left(change)).count();
            // The first change above to the other colour, right of here. Changes to black have even numbers.
            let first = passed + usize::from((passed % 2 == 1) != is_black);
            let change = |number: usize| above.get(number).copied().unwrap_or(width);
            match mode::decode(self)? {
                Mode::Pass => column = change(first + 1),
                Mode::Vertical(by) => {
                    let at = i64::from(change(first)) + i64::from(by);
                    let at = u32::try_from(at).ok().filter(|at| *at >= column && *at <= width)?;
                    changes.push(at);
                    column = at;
                    is_black = !is_black;
                }
                Mode::Horizontal => {
                    for is_black in [is_black, !is_black] {
                        column = column.saturating_add(self.run(is_black)?).min(width);
                        changes.push(column);
                    }
                }
                Mode::Extension | Mode::EOF => return None,
            }
            begun = true;
        }
        Some(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits as text.
    fn packed(bits: &str) -> Vec<u8> {
        let digits: Vec<u8> = bits
            .bytes()
            .filter(|digit| *digit != b' ')
            .map(|digit| digit - b'0')
            .collect();
        let byte = |eight: &[u8]| {
            eight
                .iter()
                .enumerate()
                .fold(0, |byte, (at, bit)| byte | bit << (7 - at))
        };
        digits.chunks(8).map(byte).collect()
    }

    #[test]
    fn runs_and_changes_against_the_row_above_are_read() {
        // T.4, tables 2 and 3: white 2 is 0111, black 3 is 10, white 3 is 1000. T.6, table 1: "1" is no change.
        let runs = packed("0111 10 1000");
        let expected = [0b0011_1000];
        assert_eq!(rows(&runs, Fax::Rows { align: 1 }, 0, 8, 1).unwrap(), expected);
        let marked = packed("000000000001 0111 10 1000 000000000001 0111 10 1000");
        assert_eq!(rows(&marked, Fax::T4, 0, 8, 2).unwrap(), [expected, expected].concat());
        // A row of runs (the bit 1 behind the mark), then one without a change but for its last edge, one to the right (011).
        let after = packed("000000000001 1 0111 10 1000 000000000001 0 1 011 1");
        assert_eq!(rows(&after, Fax::T4, 1, 8, 2).unwrap(), [0b0011_1000, 0b0011_1100]);
        // The same as T.6: horizontal (001) and two runs, then no change against white.
        let group_4 = packed("001 0111 10 1 1 011 1");
        assert_eq!(rows(&group_4, Fax::T6, 0, 8, 2).unwrap(), [0b0011_1000, 0b0011_1100]);
    }

    #[test]
    fn what_ends_early_or_is_no_code_is_refused_and_nothing_panics() {
        let whole = packed("001 0111 10 1 1 011 1");
        assert!(rows(&whole, Fax::T6, 0, 8, 4).is_err());
        assert!(rows(&[], Fax::T4, 1, 8, 1).is_err());
        let mut state = 1u32;
        for _ in 0..2000 {
            let noise: Vec<u8> = (0..40)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            for kind in [Fax::Rows { align: 2 }, Fax::T4, Fax::T6] {
                let _ = rows(&noise, kind, u64::from(state & 1), 70, 9);
            }
        }
    }
}
