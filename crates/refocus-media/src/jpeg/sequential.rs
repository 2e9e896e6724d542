//! Baseline and extended sequential scans: each block whole, brought to samples at once.
//!
//! Source: ITU-T T.81, F.2 (decoding), A.2 (order of blocks).

use std::ops::Range;

use pulp::NullaryFnOnce;

use super::super::failure::Failure;
use super::bits::BitReader;
use super::components::Component;
use super::damaged;
use super::huffman::HuffmanTable;
use super::scan::{Units, UnitsEnd};
use super::transform::{Block, Quantisation, ZIGZAG, write_block, write_flat};

/// A component's part in a scan.
struct Part<'a> {
    component: &'a mut Component,
    quantisation: Quantisation,
    /// Blocks of a unit.
    across: usize,
    down: usize,
    dc: &'a HuffmanTable,
    ac: &'a HuffmanTable,
}

/// A scan of one or several components.
pub(super) struct Sequential<'a> {
    parts: Vec<Part<'a>>,
    units_across: usize,
    units_down: usize,
}

impl<'a> Sequential<'a> {
    /// Of components with their tables for the mean and for all other coefficients.
    ///
    /// # Errors
    /// A component without a table of steps; out of memory for the planes.
    pub(super) fn new(parts: Vec<(&'a mut Component, &'a HuffmanTable, &'a HuffmanTable)>) -> Result<Self, Failure> {
        let alone = parts.len() == 1;
        let mut scan = Self {
            parts: Vec::with_capacity(parts.len()),
            units_across: 0,
            units_down: 0,
        };
        for (component, dc, ac) in parts {
            component.allocate()?;
            let (across, down) = component.unit(alone);
            (scan.units_across, scan.units_down) = component.units(alone);
            scan.parts.push(Part {
                quantisation: component.quantisation.ok_or_else(|| damaged("a table is missing"))?,
                component,
                across,
                down,
                dc,
                ac,
            });
        }
        Ok(scan)
    }

    #[inline(always)]
    fn decode_units(&mut self, mut reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
        let mut means = [0i32; 4];
        let mut block: Block = [0; 64];
        let across = self.units_across.max(1);
        let (mut column, mut row) = (units.start % across, units.start / across);
        for at in units.clone() {
            for (part, mean) in self.parts.iter_mut().zip(&mut means) {
                if !part.decode_unit(&mut reader, mean, (column, row), &mut block) {
                    return UnitsEnd {
                        at,
                        damaged: !reader.ran_out(),
                    };
                }
            }
            if reader.ran_out() {
                return UnitsEnd { at, damaged: false };
            }
            column += 1;
            if column == across {
                (column, row) = (0, row + 1);
            }
        }
        UnitsEnd {
            at: units.end,
            damaged: false,
        }
    }
}

impl Part<'_> {
    /// Decodes the blocks of one unit; false where the data make no sense.
    #[inline(always)]
    fn decode_unit(
        &mut self,
        reader: &mut BitReader<'_>,
        mean: &mut i32,
        (column, row): (usize, usize),
        block: &mut Block,
    ) -> bool {
        let stride = self.component.stride();
        let size = self.component.block;
        for y in 0..self.down {
            for x in 0..self.across {
                *block = [0; 64];
                let Some(last) = self.decode_block(reader, mean, block) else {
                    return false;
                };
                let at = self.component.block_at(column * self.across + x, row * self.down + y);
                let plane = self.component.plane.get_mut(at..).unwrap_or_default();
                // Of small blocks the general way is as short.
                if last == 0 && size.0 > 2 {
                    write_flat(size, block[0], self.quantisation[0], plane, stride);
                } else {
                    write_block(size, block, &self.quantisation, plane, stride);
                }
            }
        }
        true
    }

    /// Reads the coefficients that are needed and passes over the others. Gives the place of the last one that was read.
    #[inline(always)]
    fn decode_block(&self, reader: &mut BitReader<'_>, mean: &mut i32, block: &mut Block) -> Option<usize> {
        let (_, difference) = self.dc.coefficient(reader)?;
        *mean = mean.wrapping_add(difference);
        block[0] = *mean as i16;
        let last_needed = self.component.last_needed;
        let (mut next, mut last) = (1, 0);
        while next <= last_needed {
            let (symbol, value) = self.ac.coefficient(reader)?;
            if symbol.size == 0 {
                if symbol.run < 15 {
                    return Some(last);
                }
                next += 16;
                continue;
            }
            next += symbol.run as usize;
            let place = *ZIGZAG.get(next)?;
            block[usize::from(place & 63)] = value as i16;
            last = next;
            next += 1;
        }
        if last_needed < 63 {
            return self.ac.skip_block(reader, next).then_some(last);
        }
        (next <= 64).then_some(last)
    }
}

/// For the run-time choice of instructions: also bits are read faster with new ones.
struct Decode<'a, 'b, 'c> {
    scan: &'a mut Sequential<'b>,
    reader: BitReader<'c>,
    units: Range<usize>,
}

impl NullaryFnOnce for Decode<'_, '_, '_> {
    type Output = UnitsEnd;

    #[inline(always)]
    fn call(self) -> UnitsEnd {
        self.scan.decode_units(self.reader, self.units)
    }
}

impl Units for Sequential<'_> {
    fn count(&self) -> usize {
        self.units_across * self.units_down
    }

    fn blocks(&self) -> usize {
        self.parts.iter().map(|part| part.across * part.down).sum()
    }

    fn decode(&mut self, reader: BitReader<'_>, units: Range<usize>) -> UnitsEnd {
        pulp::Arch::new().dispatch(Decode {
            scan: self,
            reader,
            units,
        })
    }

    fn blank(&mut self, units: Range<usize>) {
        for unit in units {
            let (column, row) = (unit % self.units_across.max(1), unit / self.units_across.max(1));
            for part in &mut self.parts {
                let stride = part.component.stride();
                for block in 0..part.across * part.down {
                    let (x, y) = (block % part.across, block / part.across);
                    let at = part.component.block_at(column * part.across + x, row * part.down + y);
                    let plane = part.component.plane.get_mut(at..).unwrap_or_default();
                    write_flat(part.component.block, 0, 0, plane, stride);
                }
            }
        }
    }
}
