//! Rows of packed samples → numbers.
//!
//! Sources: TIFF 6.0, sections 14 and 21; Adobe's technical note 3 on TIFF (2005; the predictor of floats, floats of 16 and 24 bit).

use super::directory::ByteOrder;
use super::layout::{Kind, Layout, Predictor};

/// Undoes the predictor of a row, in place. Says in which byte order the samples are then.
pub(super) fn undo_predictor(row: &mut [u8], layout: &Layout, order: ByteOrder) -> ByteOrder {
    let size = layout.bits / 8;
    let distance = layout.samples_together();
    match layout.predictor {
        Predictor::None => order,
        Predictor::Difference => {
            match size {
                1 => add_to_the_left::<1>(row, distance, order),
                2 => add_to_the_left::<2>(row, distance, order),
                4 => add_to_the_left::<4>(row, distance, order),
                _ => add_to_the_left::<8>(row, distance, order),
            }
            order
        }
        Predictor::FloatBytes => {
            add_to_the_left::<1>(row, distance, order);
            gather_bytes(row, size);
            ByteOrder::Big
        }
    }
}

/// A number of at most eight bytes.
#[inline]
fn whole_number(bytes: &[u8], order: ByteOrder) -> u64 {
    let mut wide = [0; 8];
    match order {
        ByteOrder::Little => wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from),
        ByteOrder::Big => wide
            .iter_mut()
            .zip(bytes.iter().rev())
            .for_each(|(to, from)| *to = *from),
    }
    u64::from_le_bytes(wide)
}

/// Adds to each sample of `SIZE` bytes the one `distance` samples before it.
fn add_to_the_left<const SIZE: usize>(row: &mut [u8], distance: usize, order: ByteOrder) {
    let number = |bytes: &[u8; SIZE]| whole_number(bytes, order);
    let (samples, _) = row.as_chunks_mut::<SIZE>();
    let mut left = vec![0u64; distance];
    for pixel in samples.chunks_mut(distance) {
        for (sample, left) in pixel.iter_mut().zip(&mut left) {
            *left = left.wrapping_add(number(sample));
            let bytes = left.to_le_bytes();
            match order {
                ByteOrder::Little => sample.iter_mut().zip(bytes).for_each(|(to, from)| *to = from),
                ByteOrder::Big => sample.iter_mut().rev().zip(bytes).for_each(|(to, from)| *to = from),
            }
        }
    }
}

/// The highest bytes of all samples stand first, then the next ones: puts those of a sample together.
fn gather_bytes(row: &mut [u8], size: usize) {
    let spread = row.to_vec();
    let count = spread.len() / size.max(1);
    for (number, sample) in row.chunks_exact_mut(size.max(1)).enumerate() {
        for (weight, byte) in sample.iter_mut().enumerate() {
            *byte = spread.get(weight * count + number).copied().unwrap_or(0);
        }
    }
}

/// The whole numbers of a row, of at most 16 bits, every `step` places of `to` from `first` on.
pub(super) fn whole_numbers(row: &[u8], bits: usize, order: ByteOrder, to: &mut [u16], first: usize, step: usize) {
    let places = to.iter_mut().skip(first).step_by(step.max(1));
    match (bits, order) {
        (8, _) => places.zip(row).for_each(|(to, byte)| *to = u16::from(*byte)),
        (16, ByteOrder::Little) => {
            let samples = row.as_chunks::<2>().0.iter();
            places
                .zip(samples)
                .for_each(|(to, bytes)| *to = u16::from_le_bytes(*bytes));
        }
        (16, ByteOrder::Big) => {
            let samples = row.as_chunks::<2>().0.iter();
            places
                .zip(samples)
                .for_each(|(to, bytes)| *to = u16::from_be_bytes(*bytes));
        }
        _ => {
            // Samples that are no whole bytes follow each other from the highest bit of a byte on.
            let byte = |at: usize| u32::from(row.get(at).copied().unwrap_or(0));
            for (number, to) in places.enumerate() {
                let at = number * bits;
                let three = byte(at / 8) << 16 | byte(at / 8 + 1) << 8 | byte(at / 8 + 2);
                *to = (three >> (24 - at % 8 - bits) & ((1 << bits) - 1)) as u16;
            }
        }
    }
}

/// The numbers of a row, of any kind of at least 8 bits, every `step` places of `to` from `first` on.
pub(super) fn real_numbers(row: &[u8], layout: &Layout, order: ByteOrder, to: &mut [f32], first: usize, step: usize) {
    let size = layout.bits / 8;
    let places = to.iter_mut().skip(first).step_by(step.max(1));
    for (to, bytes) in places.zip(row.chunks_exact(size.max(1))) {
        let number = whole_number(bytes, order);
        *to = match (layout.kind, layout.bits) {
            (Kind::Float, 16) => half(number as u16),
            (Kind::Float, 24) => float_of_24_bits(number as u32),
            (Kind::Float, 32) => f32::from_bits(number as u32),
            (Kind::Float, _) => f64::from_bits(number) as f32,
            (Kind::Signed, 8) => f32::from(number as i8),
            (Kind::Signed, 16) => f32::from(number as i16),
            (Kind::Signed, 32) => number as i32 as f32,
            (Kind::Signed, _) => number as i64 as f32,
            (Kind::Whole, _) => number as f32,
        };
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// One bit of sign, seven of exponent, sixteen of fraction.
fn float_of_24_bits(bits: u32) -> f32 {
    let sign = if bits & 0x80_0000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = ((bits >> 16 & 0x7F) as i32, (bits & 0xFFFF) as f32);
    sign * match exponent {
        0 => fraction * 2f32.powi(-78),
        127 if fraction == 0.0 => f32::INFINITY,
        127 => f32::NAN,
        _ => (1.0 + fraction / 65_536.0) * 2f32.powi(exponent - 63),
    }
}

/// Which numbers stand for black and white, where they are not whole numbers of at most 16 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    black: f32,
    white: f32,
}

impl Range {
    /// Of floats 0–1 is what specifications have. Programs also keep numbers of 8 and 16 bit as floats or as numbers of 32 bit; so
    /// what goes far beyond 1 (more than light that is brighter than white would) is taken for these, and anything else for
    /// measurements, which reach from the smallest to the largest.
    pub(super) fn of(numbers: &[f32], kind: Kind, bits: usize) -> Self {
        /// Times as bright as white: what pictures of bright light hold.
        const BRIGHTEST: f32 = 32.0;
        let finite = numbers.iter().copied().filter(|number| number.is_finite());
        let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), number| {
            (low.min(number), high.max(number))
        });
        let from_zero = |white| Self { black: 0.0, white };
        if kind == Kind::Float && high <= BRIGHTEST {
            return from_zero(1.0);
        }
        match (kind, bits) {
            (Kind::Signed, 8) => from_zero(127.0),
            (Kind::Signed, 16) => from_zero(32_767.0),
            _ if low < 0.0 => Self {
                black: low,
                white: high,
            },
            _ if high <= 255.5 => from_zero(255.0),
            _ if high <= 65_535.5 => from_zero(65_535.0),
            (Kind::Whole, 32) => from_zero(u32::MAX as f32),
            (Kind::Signed, 32) => from_zero(i32::MAX as f32),
            _ => Self {
                black: low,
                white: high,
            },
        }
    }

    /// As 0–65,535; what is no number is black.
    pub(super) fn place(self, number: f32) -> u16 {
        let part = (number - self.black) / (self.white - self.black);
        (part.clamp(0.0, 1.0) * 65_535.0).round() as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_size_are_unpacked_from_the_highest_bit_on() {
        let unpacked = |row: &[u8], bits, count| {
            let mut numbers = vec![0; count];
            whole_numbers(row, bits, ByteOrder::Big, &mut numbers, 0, 1);
            numbers
        };
        assert_eq!(unpacked(&[0b1010_0000], 1, 4), [1, 0, 1, 0]);
        assert_eq!(unpacked(&[0b1101_1000], 2, 3), [3, 1, 2]);
        assert_eq!(unpacked(&[0x9A, 0xB0], 4, 3), [9, 10, 11]);
        assert_eq!(unpacked(&[0xAB, 0xCD, 0xEF], 12, 2), [0xABC, 0xDEF]);
        assert_eq!(unpacked(&[0xFF, 0xFC, 0, 0x04], 14, 2), [0x3FFF, 0]);
        assert_eq!(unpacked(&[0x12, 0x34], 16, 1), [0x1234]);
    }

    // numpy 2.4.6: `numpy.array([…], numpy.uint16).view(numpy.float16)`.
    #[test]
    fn short_floats_have_their_values() {
        for (bits, value) in [
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x3555, 0.333_251_95),
            (1, 5.960_464_5e-8),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7C00).is_infinite() && half(0x7E00).is_nan());
        assert_eq!((float_of_24_bits(0x3F_0000), float_of_24_bits(0xC0_8000)), (1.0, -3.0));
    }

    #[test]
    fn numbers_are_placed_between_the_black_and_white_they_were_written_for() {
        let range = |numbers: &[f32]| Range::of(numbers, Kind::Float, 32);
        assert_eq!(range(&[0.0, 1.0]).place(0.5), 32_768);
        assert_eq!(range(&[0.0, 7.5]).place(2.0), 65_535);
        assert_eq!(range(&[0.0, 254.0]).place(51.0), 13_107);
        assert_eq!(range(&[0.0, 60_000.0]).place(257.0), 257);
        assert_eq!(range(&[-100.0, 100.0]).place(0.0), 32_768);
        assert_eq!(range(&[f32::NAN, 1.0]).place(f32::NAN), 0);
        assert_eq!(range(&[]).place(1.0), 65_535);
    }
}
