//! Progressive scans: coefficients that several scans bring, bit by bit, and samples made of them at the end.
//!
//! Of a block only the coefficients that its scale needs are kept, and for all 64 whether they are zero: without that, later
//! scans cannot be read. At a quarter of the size that is 18 bytes a block in place of 128.
//!
//! Source: ITU-T T.81, G.1 (scans), G.2 (decoding).

use std::ops::Range;

use super::super::failure::Failure;
use super::bits::BitReader;
use super::components::Component;
use super::damaged;
use super::huffman::HuffmanTable;
use super::scan::{Units, UnitsEnd};
use super::transform::{Block, ZIGZAG, write_block, write_flat};

/// No scan has brought this coefficient yet.
const NOTHING: u8 = u8::MAX;

/// The coefficients of a component.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// Of each block those kept, in the order of the file.
    values: Vec<i16>,
    kept: usize,
    /// Of each block the coefficients that are not zero: bit 0 is the first after the mean's place, which is not used.
    nonzero: Vec<u64>,
    /// Of each coefficient the bits that are still to come.
    to_come: [u8; 64],
}

impl Coefficients {
    /// All zero.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn of(component: &Component) -> Result<Self, Failure> {
        let kept = component.last_needed + 1;
        Ok(Self {
            values: zeros(component.blocks() * kept)?,
            kept,
            nonzero: zeros(component.blocks())?,
            to_come: [NOTHING; 64],
        })
    }

    /// Bytes that they take.
    pub(super) fn bytes_of(component: &Component) -> u64 {
        component.blocks() as u64 * (2 * (component.last_needed as u64 + 1) + 8)
    }

    /// Whether some scan has brought the mean.
    pub(super) fn has_mean(&self) -> bool {
        self.to_come[0] != NOTHING
    }

    /// Whether every bit of every coefficient is there.
    pub(super) fn are_complete(&self) -> bool {
        self.to_come.iter().all(|&bits| bits == 0)
    }

    /// Notes what a scan has brought.
    pub(super) fn note(&mut self, band: &Band) {
        if let Some(to_come) = self.to_come.get_mut(band.first..=band.last) {
            to_come.fill(band.low);
        }
    }

    /// Makes the samples of `component`.
    ///
    /// # Errors
    /// A component without a table of steps; out of memory for its plane.
    pub(super) fn write_plane(&self, component: &mut Component) -> Result<(), Failure> {
        component.allocate()?;
        let quantisation = component.quantisation.ok_or_else(|| damaged("a table is missing"))?;
        let stride = component.stride();
        let (size, across) = (component.block, component.blocks_across.max(1));
        let rows = self.values.chunks(across * self.kept);
        let planes = component.plane.chunks_mut((stride * usize::from(size.1)).max(1));
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let mut block: Block = [0; 64];
                for (values, plane) in rows.zip(planes) {
                    for (column, values) in values.chunks_exact(self.kept).enumerate() {
                        let plane = plane.get_mut(column * usize::from(size.0)..).unwrap_or_default();
                        if values.iter().skip(1).all(|&value| value == 0) {
                            let mean = values.first().copied().unwrap_or(0);
                            write_flat(size, mean, quantisation[0], plane, stride);
                        } else {
                            for (value, place) in values.iter().zip(ZIGZAG) {
                                block[usize::from(place & 63)] = *value;
                            }
                            write_block(size, &block, &quantisation, plane, stride);
                        }
                    }
                }
            },
        );
        Ok(())
    }
}

/// As [`zeroed`](super::super::decode::zeroed): pages are taken when they are touched.
fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>, Failure> {
    Vec::<T>::new()
        .try_reserve_exact(len)
        .map_err(|_| Failure::out_of_memory((len * size_of::<T>()) as u64))?;
    Ok(vec![T::default(); len])
}

/// What a scan brings: coefficients `first..=last` in the order of the file, down to bit `low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) first: usize,
    pub(super) last: usize,
    /// Whether the scan adds a bit to what earlier ones brought.
    pub(super) refines: bool,
    pub(super) low: u8,
}

impl Band {
    /// From the last three bytes of a scan's header.
    ///
    /// # Errors
    /// Values that T.81, G.1.1.1 does not allow.
    pub(super) fn new(first: u8, last: u8, high_low: u8, components: usize) -> Result<Self, Failure> {
        let band = Self {
            first: first.into(),
            last: last.into(),
            refines: high_low >> 4 != 0,
            low: high_low & 15,
        };
        let fits = if first == 0 {
            last == 0
        } else {
            first <= last && last < 64 && components == 1
        };
        if fits && band.low <= 13 {
            Ok(band)
        } else {
            Err(damaged("a scan of it is impossible"))
        }
    }
}

/// A component's part in a scan of means.
pub(super) struct MeanPart<'a> {
    pub(super) component: &'a Component,
    pub(super) coefficients: &'a mut Coefficients,
    /// Not needed where bits are added.
    pub(super) dc: Option<&'a HuffmanTable>,
}

/// A scan of means, of one or several components.
pub(super) struct MeanScan<'a> {
    pub(super) parts: Vec<MeanPart<'a>>,
    pub(super) band: Band,
}

impl MeanScan<'_> {
    fn units(&self) -> (usize, usize) {
        let alone = self.parts.len() == 1;
        self.parts.first().map_or((0, 0), |part| part.component.units(alone))
    }

    #[inline(always)]
    fn decode_units(&mut self, mut reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
        let alone = self.parts.len() == 1;
        let (units_across, _) = self.units();
        let mut means = [0i32; 4];
        for at in units.clone() {
            let (column, row) = (at % units_across.max(1), at / units_across.max(1));
            for (part, mean) in self.parts.iter_mut().zip(&mut means) {
                let (across, down) = part.component.unit(alone);
                for y in 0..down {
                    for x in 0..across {
                        let block = (row * down + y) * part.component.blocks_across + column * across + x;
                        let place = block * part.coefficients.kept;
                        let Some(value) = part.coefficients.values.get_mut(place) else {
                            continue;
                        };
                        if self.band.refines {
                            *value |= (reader.take(1) << self.band.low) as i16;
                        } else {
                            let Some((_, difference)) = part.dc.and_then(|dc| dc.coefficient(&mut reader)) else {
                                return UnitsEnd {
                                    at,
                                    damaged: !reader.ran_out(),
                                };
                            };
                            *mean = mean.wrapping_add(difference);
                            *value = mean.wrapping_shl(self.band.low.into()) as i16;
                        }
                    }
                }
            }
            if reader.ran_out() {
                return UnitsEnd { at, damaged: false };
            }
        }
        UnitsEnd {
            at: units.end,
            damaged: false,
        }
    }
}

impl Units for MeanScan<'_> {
    fn count(&self) -> usize {
        let (across, down) = self.units();
        across * down
    }

    fn blocks(&self) -> usize {
        let alone = self.parts.len() == 1;
        let blocks = self.parts.iter().map(|part| part.component.unit(alone));
        blocks.map(|(across, down)| across * down).sum()
    }

    fn decode(&mut self, reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || self.decode_units(reader, units),
        )
    }

    fn blank(&mut self, _units: Range<usize>) {}
}

/// A scan of other coefficients, always of one component.
pub(super) struct WaveScan<'a> {
    pub(super) component: &'a Component,
    pub(super) coefficients: &'a mut Coefficients,
    pub(super) ac: &'a HuffmanTable,
    pub(super) band: Band,
}

/// One block's coefficients.
struct BlockOf<'a> {
    kept: &'a mut [i16],
    nonzero: &'a mut u64,
}

impl BlockOf<'_> {
    #[inline(always)]
    fn set(&mut self, place: usize, value: i32) {
        *self.nonzero |= 1 << (place & 63);
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = value as i16;
        }
    }

    /// Adds a bit to each of `coefficients`: to those kept by its value, by passing over it to the others.
    #[inline(always)]
    fn refine(&mut self, reader: &mut BitReader<'_>, mut coefficients: u64, bit: i16) {
        while coefficients != 0 {
            let place = coefficients.trailing_zeros() as usize;
            let Some(value) = self.kept.get_mut(place) else {
                break;
            };
            if reader.take(1) == 1 {
                *value = value.wrapping_add(if *value < 0 { -bit } else { bit });
            }
            coefficients &= coefficients - 1;
        }
        reader.skip(coefficients.count_ones());
    }
}

/// Bits `from..=to`.
#[inline(always)]
fn bits(from: usize, to: usize) -> u64 {
    u64::MAX << (from & 63) & u64::MAX >> (63 - (to & 63))
}

impl WaveScan<'_> {
    #[inline(always)]
    fn decode_units(&mut self, mut reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
        let own_across = self.component.own_across.max(1);
        let mut blocks_ended = 0;
        for at in units.clone() {
            let block = at / own_across * self.component.blocks_across + at % own_across;
            let place = block * self.coefficients.kept;
            let kept = self.coefficients.values.get_mut(place..place + self.coefficients.kept);
            let (Some(kept), Some(nonzero)) = (kept, self.coefficients.nonzero.get_mut(block)) else {
                continue;
            };
            let block = BlockOf { kept, nonzero };
            let makes_sense = if self.band.refines {
                refine_block(self.ac, &self.band, &mut reader, block, &mut blocks_ended)
            } else if blocks_ended > 0 {
                blocks_ended -= 1;
                continue;
            } else {
                first_of_block(self.ac, &self.band, &mut reader, block, &mut blocks_ended)
            };
            if !makes_sense || reader.ran_out() {
                return UnitsEnd {
                    at,
                    damaged: !reader.ran_out(),
                };
            }
        }
        UnitsEnd {
            at: units.end,
            damaged: false,
        }
    }
}

/// The first bits of a block's coefficients (T.81, G.1.2.2). `blocks_ended` counts the blocks behind it that have none.
#[inline(always)]
fn first_of_block(
    ac: &HuffmanTable,
    band: &Band,
    reader: &mut BitReader<'_>,
    mut block: BlockOf<'_>,
    blocks_ended: &mut u32,
) -> bool {
    let mut next = band.first;
    while next <= band.last {
        let Some((symbol, value)) = ac.coefficient(reader) else {
            return false;
        };
        next += symbol.run as usize;
        if symbol.size > 0 {
            if next > band.last {
                return false;
            }
            block.set(next, value.wrapping_shl(band.low.into()));
        } else if symbol.run < 15 {
            *blocks_ended = (1 << symbol.run) - 1 + reader.take(symbol.run);
            break;
        }
        next += 1;
    }
    true
}

/// One more bit of a block's coefficients (T.81, G.1.2.3).
#[inline(always)]
fn refine_block(
    ac: &HuffmanTable,
    band: &Band,
    reader: &mut BitReader<'_>,
    mut block: BlockOf<'_>,
    blocks_ended: &mut u32,
) -> bool {
    let bit = 1i16 << (band.low & 15);
    let before = *block.nonzero;
    let mut next = band.first;
    while *blocks_ended == 0 && next <= band.last {
        let Some(symbol) = ac.symbol(reader) else {
            return false;
        };
        let mut value = 0;
        if symbol.size > 0 {
            value = if reader.take(1) == 1 { bit } else { -bit };
        } else if symbol.run < 15 {
            // This block is the first of them.
            *blocks_ended = (1 << symbol.run) + reader.take(symbol.run);
            break;
        }
        // The run counts zeros alone; the coefficients between them are refined.
        let mut zeros = !before & bits(next, band.last);
        for _ in 0..symbol.run {
            zeros &= zeros.wrapping_sub(1);
        }
        let place = if zeros == 0 {
            band.last + 1
        } else {
            zeros.trailing_zeros() as usize
        };
        if place > next {
            block.refine(reader, before & bits(next, place - 1), bit);
        }
        if value != 0 {
            if place > band.last {
                return false;
            }
            block.set(place, value.into());
        }
        next = place + 1;
    }
    if *blocks_ended > 0 {
        *blocks_ended -= 1;
        if next <= band.last {
            block.refine(reader, before & bits(next, band.last), bit);
        }
    }
    true
}

impl Units for WaveScan<'_> {
    fn count(&self) -> usize {
        self.component.own_across * self.component.own_down
    }

    fn blocks(&self) -> usize {
        1
    }

    fn decode(&mut self, reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || self.decode_units(reader, units),
        )
    }

    fn blank(&mut self, _units: Range<usize>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bands_that_the_standard_allows_are_read() {
        let fits = |first, last, high_low, components| Band::new(first, last, high_low, components).is_ok();
        assert!(fits(0, 0, 0x01, 3) && fits(0, 0, 0x10, 1) && fits(1, 63, 0x21, 1) && fits(5, 5, 0x0D, 1));
        assert!(!fits(0, 63, 0, 1) && !fits(1, 63, 0, 3) && !fits(6, 5, 0, 1) && !fits(1, 64, 0, 1));
        assert!(!fits(1, 5, 0x0E, 1));
    }

    #[test]
    fn ranges_of_bits_reach_both_ends() {
        assert_eq!((bits(0, 63), bits(63, 63), bits(1, 2)), (u64::MAX, 1 << 63, 6));
    }
}
