//! Maps that are computed in strips of rows, taken apart and put together again: where the first layers of a network read a large picture, their maps
//! need not all be in memory at once.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::Maps;
use super::channel_block::CHANNELS;
use super::convolution::Form;
use super::padded_maps::{Extent, PaddedMaps};

/// Maps of `height` rows that arrive from the first row to the last.
#[derive(Debug)]
pub struct StackedMaps {
    height: usize,
    /// Rows that have arrived.
    rows: usize,
    parts: Parts,
}

#[derive(Debug)]
enum Parts {
    None,
    Padded(PaddedMaps),
    Tensors(Vec<Tensor>),
}

impl StackedMaps {
    /// Of maps that will have `height` rows.
    #[must_use]
    pub fn new(height: usize) -> Self {
        Self {
            height,
            rows: 0,
            parts: Parts::None,
        }
    }

    /// Takes the next rows from `strip`: those in `rows` of it.
    ///
    /// # Errors
    /// Strips of different widths, channels, batches or backends, rows that the strip lacks, and more rows than there are to be.
    pub fn push(&mut self, strip: &Maps, rows: Range<usize>) -> Result<()> {
        let next = self.rows + rows.len();
        match (&strip.0, &mut self.parts) {
            _ if next > self.height => candle_core::bail!("{next} rows of {}", self.height),
            (Form::Padded(strip), parts) if rows.end <= strip.extent.height => {
                if matches!(parts, Parts::None) {
                    let extent = Extent {
                        height: self.height,
                        ..strip.extent
                    };
                    let channels = strip.blocks * CHANNELS;
                    *parts = Parts::Padded(PaddedMaps::room(extent, channels, strip.pictures.len()));
                }
                let Parts::Padded(whole) = parts else {
                    candle_core::bail!("strips of two backends");
                };
                let of = |maps: &PaddedMaps| (maps.extent.width, maps.blocks, maps.pictures.len());
                if of(whole) != of(strip) {
                    candle_core::bail!("strips of different sizes");
                }
                copy(strip, rows, whole, self.rows);
            }
            (Form::Tensor(strip), parts) => {
                let strip = strip.narrow(2, rows.start, rows.len())?;
                match parts {
                    Parts::None => *parts = Parts::Tensors(vec![strip]),
                    Parts::Tensors(parts) => parts.push(strip),
                    Parts::Padded(_) => candle_core::bail!("strips of two backends"),
                }
            }
            (Form::Padded(strip), _) => candle_core::bail!("rows {rows:?} of {}", strip.extent.height),
        }
        self.rows = next;
        Ok(())
    }

    /// The maps, once all rows have arrived.
    ///
    /// # Errors
    /// Rows that are missing.
    pub fn whole(self) -> Result<Maps> {
        if self.rows != self.height {
            candle_core::bail!("{} rows of {}", self.rows, self.height);
        }
        match self.parts {
            Parts::Padded(maps) => Ok(Maps(Form::Padded(maps))),
            Parts::Tensors(parts) => Ok(Maps(Form::Tensor(Tensor::cat(&parts, 2)?))),
            Parts::None => candle_core::bail!("maps without rows"),
        }
    }
}

impl Maps {
    /// Some rows of the maps.
    ///
    /// # Errors
    /// Rows that there are not.
    pub fn rows(&self, rows: Range<usize>) -> Result<Self> {
        match &self.0 {
            Form::Tensor(maps) => Ok(Self(Form::Tensor(maps.narrow(2, rows.start, rows.len())?))),
            Form::Padded(maps) => {
                if rows.start >= rows.end || rows.end > maps.extent.height {
                    candle_core::bail!("rows {rows:?} of {}", maps.extent.height);
                }
                let extent = Extent {
                    height: rows.len(),
                    ..maps.extent
                };
                let mut part = PaddedMaps::room(extent, maps.blocks * CHANNELS, maps.pictures.len());
                copy(maps, rows, &mut part, 0);
                Ok(Self(Form::Padded(part)))
            }
        }
    }
}

/// Copies rows of `strip` to `whole`, from its row `to` on.
fn copy(strip: &PaddedMaps, rows: Range<usize>, whole: &mut PaddedMaps, to: usize) {
    let (from, into, width) = (strip.extent, whole.extent, strip.extent.width);
    for (picture, out) in strip.pictures.iter().zip(&mut whole.pictures) {
        let planes = picture.0.chunks_exact(from.plane());
        for (plane, out) in planes.zip(out.0.chunks_exact_mut(into.plane())) {
            for (at, row) in rows.clone().enumerate() {
                out[into.place(to + at, 0)..][..width].copy_from_slice(&plane[from.place(row, 0)..][..width]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::convolution::tests::{assert_close, padded, sequence, tensor};

    #[test]
    fn strips_give_the_maps_that_they_were_cut_from() {
        let maps = sequence(&[2, 32, 9, 6], 3);
        for form in [padded as fn(&Tensor) -> Maps, tensor] {
            let mut stacked = StackedMaps::new(9);
            for (first, rows) in [(0, 0..4), (3, 1..5), (6, 2..3)] {
                let strip = maps.narrow(2, first, 9.min(first + 5) - first).unwrap();
                stacked.push(&form(&strip), rows).unwrap();
            }
            assert!(stacked.push(&form(&maps), 0..1).is_err(), "more rows than there are");
            assert_close(&stacked.whole().unwrap(), &padded(&maps), "stacked");
        }
        for form in [padded as fn(&Tensor) -> Maps, tensor] {
            let rows = form(&maps).rows(3..7).unwrap();
            assert_close(&rows, &padded(&maps.narrow(2, 3, 4).unwrap()), "rows");
            assert!(form(&maps).rows(7..10).is_err());
        }
        let mut stacked = StackedMaps::new(9);
        assert!(stacked.push(&padded(&maps), 8..10).is_err());
        stacked.push(&padded(&maps), 0..4).unwrap();
        assert!(stacked.push(&tensor(&maps), 0..4).is_err());
        assert!(stacked.push(&padded(&sequence(&[2, 32, 9, 5], 3)), 4..9).is_err());
        assert!(stacked.whole().is_err(), "rows are missing");
    }
}
