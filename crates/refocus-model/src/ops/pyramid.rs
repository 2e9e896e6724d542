//! What a feature pyramid does with its maps beside convolving them: channels multiplied by factors, coarser maps added, pixels repeated, the highest of
//! neighbours, means of windows.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, blocks_of};
use super::convolution::Form;
use super::instruction_set::{Kernel, Lanes};
use super::padded_maps::{Extent, PaddedMaps};
use super::{Backend, Maps};

impl Maps {
    /// Multiplies each channel by its factor, and adds `coarse`, where there are such maps, enlarged to twice their sides by repeating
    /// pixels (nearest neighbour). Maps of one picture.
    ///
    /// # Errors
    /// Maps of several pictures, of other sizes or of another backend, factors for another number of channels.
    pub fn excite(&mut self, path: Backend, factors: &[f32], coarse: Option<&Self>) -> Result<()> {
        match (&mut self.0, coarse.map(|coarse| &coarse.0), path) {
            (Form::Tensor(maps), coarse, _) => {
                let (_, channels, height, width) = maps.dims4()?;
                let factors = Tensor::from_slice(factors, (1, channels, 1, 1), maps.device())?;
                let mut excited = maps.broadcast_mul(&factors)?;
                match coarse {
                    Some(Form::Tensor(coarse)) => excited = (excited + coarse.upsample_nearest2d(height, width)?)?,
                    Some(Form::Padded(_)) => candle_core::bail!("maps of another backend"),
                    None => {}
                }
                *maps = excited;
            }
            (Form::Padded(maps), coarse, Backend::Kernels(set)) => {
                let factors = blocks_of(factors);
                let Extent { height, width } = maps.extent;
                let coarse = match coarse {
                    Some(Form::Padded(coarse))
                        if (2 * coarse.extent.height, 2 * coarse.extent.width) == (height, width)
                            && (coarse.blocks, coarse.pictures.len()) == (maps.blocks, 1) =>
                    {
                        coarse
                            .pictures
                            .first()
                            .map(|picture| (coarse.extent, picture.0.as_slice()))
                    }
                    Some(_) => candle_core::bail!("maps of half the side expected"),
                    None => None,
                };
                let [picture] = maps.pictures.as_mut_slice() else {
                    candle_core::bail!("maps of one picture expected");
                };
                if factors.len() != maps.blocks {
                    candle_core::bail!("{} blocks of factors for {}", factors.len(), maps.blocks);
                }
                set.run(Excite {
                    extent: maps.extent,
                    factors: &factors,
                    coarse,
                    maps: &mut picture.0,
                });
            }
            _ => candle_core::bail!("maps of another backend"),
        }
        Ok(())
    }

    /// The maps of one picture with each channel multiplied by its factor and each pixel repeated `times` × `times`: the rows of that
    /// which are in `rows`.
    ///
    /// # Errors
    /// Maps of several pictures or of another backend, factors for another number of channels, rows that there are not.
    pub fn repeated(&self, path: Backend, times: usize, factors: &[f32], rows: Range<usize>) -> Result<Self> {
        match (&self.0, path) {
            (Form::Tensor(maps), _) => {
                let (_, channels, height, width) = maps.dims4()?;
                let factors = Tensor::from_slice(factors, (1, channels, 1, 1), maps.device())?;
                let maps = maps.broadcast_mul(&factors)?;
                let maps = maps.upsample_nearest2d(height * times, width * times)?;
                Ok(Self(Form::Tensor(maps.narrow(2, rows.start, rows.len())?)))
            }
            (Form::Padded(maps), Backend::Kernels(set)) => {
                let factors = blocks_of(factors);
                let extent = Extent {
                    height: rows.len(),
                    width: maps.extent.width * times,
                };
                let [picture] = maps.pictures.as_slice() else {
                    candle_core::bail!("maps of one picture expected");
                };
                if factors.len() != maps.blocks || times == 0 || rows.end > maps.extent.height * times {
                    let (blocks, height) = (factors.len(), maps.extent.height);
                    candle_core::bail!("{blocks} blocks of factors, rows {rows:?} of {times} times {height}");
                }
                let mut out = PaddedMaps::room(extent, maps.blocks * CHANNELS, 1);
                for enlarged in &mut out.pictures {
                    set.run(Repeat {
                        from: &picture.0,
                        small: maps.extent,
                        times,
                        factors: &factors,
                        first: rows.start,
                        extent,
                        out: &mut enlarged.0,
                    });
                }
                Ok(Self(Form::Padded(out)))
            }
            _ => candle_core::bail!("maps of another backend"),
        }
    }

    /// The highest of each pixel and those to its right, below and below to the right; zeros beyond the end. For maps without negative
    /// values.
    ///
    /// # Errors
    /// Maps of another backend.
    pub fn highest_of_neighbours(&self, path: Backend) -> Result<Self> {
        match (&self.0, path) {
            (Form::Tensor(maps), _) => {
                let (_, _, height, width) = maps.dims4()?;
                let padded = maps.pad_with_zeros(2, 0, 1)?.pad_with_zeros(3, 0, 1)?;
                let rows = padded.narrow(2, 0, height)?.maximum(&padded.narrow(2, 1, height)?)?;
                let highest = rows.narrow(3, 0, width)?.maximum(&rows.narrow(3, 1, width)?)?;
                Ok(Self(Form::Tensor(highest)))
            }
            (Form::Padded(maps), Backend::Kernels(set)) => {
                let mut out = PaddedMaps::room(maps.extent, maps.blocks * CHANNELS, maps.pictures.len());
                for (picture, out) in maps.pictures.iter().zip(&mut out.pictures) {
                    set.run(HighestOfNeighbours {
                        from: &picture.0,
                        extent: maps.extent,
                        out: &mut out.0,
                    });
                }
                Ok(Self(Form::Padded(out)))
            }
            _ => candle_core::bail!("maps of another backend"),
        }
    }

    /// Means of windows of `down` × `across` pixels that lie side by side, `[batch, rows, columns, channels]`. Rows and columns at the
    /// end that fill no window are left out.
    ///
    /// # Errors
    /// A window without pixels, maps of fewer channels, a device that fails.
    pub fn window_means(&self, (down, across): (usize, usize), channels: usize) -> Result<Vec<f32>> {
        if down == 0 || across == 0 {
            candle_core::bail!("a window of {down} × {across} pixels");
        }
        match &self.0 {
            Form::Tensor(maps) => {
                let means = if (down, across) == (1, 1) {
                    maps.clone()
                } else {
                    maps.avg_pool2d_with_stride((down, across), (down, across))?
                };
                means
                    .narrow(1, 0, channels)?
                    .permute((0, 2, 3, 1))?
                    .flatten_all()?
                    .to_vec1()
            }
            Form::Padded(maps) => {
                if channels > maps.blocks * CHANNELS {
                    candle_core::bail!("{channels} channels of {}", maps.blocks * CHANNELS);
                }
                let (rows, columns) = (maps.extent.height / down, maps.extent.width / across);
                let mut out = vec![0.0; maps.pictures.len() * rows * columns * channels];
                let size = (rows * columns * channels).max(1);
                for (picture, out) in maps.pictures.iter().zip(out.chunks_exact_mut(size)) {
                    add_windows(maps.extent, &picture.0, (down, across), channels, (columns, out));
                }
                let share = 1.0 / (down * across) as f32;
                out.iter_mut().for_each(|value| *value *= share);
                Ok(out)
            }
        }
    }
}

/// Adds the pixels of each window to its place in `out`, `[rows, columns, channels]`.
fn add_windows(
    extent: Extent,
    planes: &[ChannelBlock],
    (down, across): (usize, usize),
    channels: usize,
    (columns, out): (usize, &mut [f32]),
) {
    for (row, out) in out.chunks_exact_mut((columns * channels).max(1)).enumerate() {
        for (block, plane) in planes.chunks_exact(extent.plane()).enumerate() {
            let first = block * CHANNELS;
            if first >= channels {
                break;
            }
            let last = (first + CHANNELS).min(channels);
            for y in row * down..(row + 1) * down {
                let pixels = &plane[extent.place(y, 0)..][..columns * across];
                for (window, out) in pixels.chunks_exact(across).zip(out.chunks_exact_mut(channels)) {
                    for pixel in window {
                        for (sum, value) in out[first..last].iter_mut().zip(&pixel.0) {
                            *sum += value;
                        }
                    }
                }
            }
        }
    }
}

struct Excite<'a> {
    extent: Extent,
    factors: &'a [ChannelBlock],
    /// Of half the sides.
    coarse: Option<(Extent, &'a [ChannelBlock])>,
    maps: &'a mut [ChannelBlock],
}

impl Kernel for Excite<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let extent = self.extent;
        let planes = self.maps.chunks_exact_mut(extent.plane()).zip(self.factors);
        for (block, (plane, factors)) in planes.enumerate() {
            let factors = lanes.load(factors);
            for y in 0..extent.height {
                let pixels = &mut plane[extent.place(y, 0)..][..extent.width];
                match self.coarse {
                    Some((small, coarse)) => {
                        let start = block * small.plane() + small.place(y / 2, 0);
                        let coarse = &coarse[start..start + small.width];
                        for (pixels, coarse) in pixels.as_chunks_mut::<2>().0.iter_mut().zip(coarse) {
                            let coarse = lanes.load(coarse);
                            for pixel in pixels {
                                lanes.store(lanes.mul_add(lanes.load(pixel), factors, coarse), pixel);
                            }
                        }
                    }
                    None => {
                        let zero = lanes.load(&ChannelBlock::ZERO);
                        for pixel in pixels {
                            lanes.store(lanes.mul_add(lanes.load(pixel), factors, zero), pixel);
                        }
                    }
                }
            }
        }
    }
}

struct Repeat<'a> {
    from: &'a [ChannelBlock],
    small: Extent,
    times: usize,
    factors: &'a [ChannelBlock],
    /// The row of the enlarged maps with which `out` begins.
    first: usize,
    extent: Extent,
    out: &'a mut [ChannelBlock],
}

impl Kernel for Repeat<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (small, large) = (self.small, self.extent);
        let zero = lanes.load(&ChannelBlock::ZERO);
        let planes = self.from.chunks_exact(small.plane()).zip(self.factors);
        for (block, (from, factors)) in planes.enumerate() {
            let factors = lanes.load(factors);
            for y in 0..large.height {
                let from = &from[small.place((self.first + y) / self.times, 0)..][..small.width];
                let start = block * large.plane() + large.place(y, 0);
                let out = self.out[start..start + large.width].chunks_exact_mut(self.times);
                for (pixel, out) in from.iter().zip(out) {
                    let value = lanes.mul_add(lanes.load(pixel), factors, zero);
                    for out in out {
                        lanes.store(value, out);
                    }
                }
            }
        }
    }
}

struct HighestOfNeighbours<'a> {
    from: &'a [ChannelBlock],
    extent: Extent,
    out: &'a mut [ChannelBlock],
}

impl Kernel for HighestOfNeighbours<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let extent = self.extent;
        let planes = self.from.chunks_exact(extent.plane());
        for (from, out) in planes.zip(self.out.chunks_exact_mut(extent.plane())) {
            for y in 0..extent.height {
                // Beyond the end lies the border of zeros.
                let [upper, lower] = [y, y + 1].map(|y| &from[extent.place(y, 0)..][..extent.width + 1]);
                let start = extent.place(y, 0);
                let pairs = upper.windows(2).zip(lower.windows(2));
                for (out, (a, b)) in out[start..start + extent.width].iter_mut().zip(pairs) {
                    let upper = lanes.max(lanes.load(&a[0]), lanes.load(&a[1]));
                    let lower = lanes.max(lanes.load(&b[0]), lanes.load(&b[1]));
                    lanes.store(lanes.max(upper, lower), out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::InstructionSet;
    use crate::ops::convolution::tests::{assert_close, padded, sequence, tensor};

    #[test]
    fn channels_are_scaled_and_pixels_repeated_as_by_tensor_operations() {
        let maps = sequence(&[1, 24, 4, 6], 1);
        let factors: Vec<f32> = sequence(&[24], 2).to_vec1().unwrap();
        let coarse = sequence(&[1, 24, 2, 3], 3);
        let excited = |path, form: fn(&Tensor) -> Maps, add: bool| {
            let (mut maps, coarse) = (form(&maps), form(&coarse));
            maps.excite(path, &factors, add.then_some(&coarse)).unwrap();
            maps
        };
        for set in InstructionSet::available() {
            for add in [false, true] {
                let expected = excited(Backend::Tensors, tensor, add);
                assert_close(&excited(Backend::Kernels(set), padded, add), &expected, set.name());
            }
            for (times, rows) in [(1, 0..4), (2, 1..7), (4, 0..16), (8, 15..32)] {
                let expected = tensor(&maps).repeated(Backend::Tensors, times, &factors, rows.clone());
                let found = padded(&maps).repeated(Backend::Kernels(set), times, &factors, rows);
                assert_close(&found.unwrap(), &expected.unwrap(), set.name());
            }
        }
        let path = Backend::Kernels(InstructionSet::best());
        let other = padded(&sequence(&[1, 24, 4, 6], 3));
        assert!(padded(&maps).excite(path, &factors, Some(&other)).is_err());
        assert!(padded(&maps).excite(path, &factors[..9], None).is_err());
        assert!(padded(&maps).repeated(path, 2, &factors, 0..9).is_err());
    }

    #[test]
    fn the_highest_of_neighbours_looks_right_and_down_and_means_lie_side_by_side() {
        let maps = sequence(&[2, 24, 6, 7], 4).abs().unwrap();
        let expected = tensor(&maps).highest_of_neighbours(Backend::Tensors).unwrap();
        for set in InstructionSet::available() {
            let found = padded(&maps).highest_of_neighbours(Backend::Kernels(set)).unwrap();
            assert_close(&found, &expected, set.name());
        }
        for window in [(3, 2), (1, 1), (6, 3)] {
            let expected = tensor(&maps).window_means(window, 20).unwrap();
            let found = padded(&maps).window_means(window, 20).unwrap();
            assert_eq!(found.len(), expected.len());
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-6, "{window:?}: {a} and {b}");
            }
        }
        assert!(padded(&maps).window_means((1, 1), 33).is_err());
    }
}
