//! What a feature pyramid does with its maps beside convolving them: channels multiplied by factors, pixels repeated, the highest of
//! neighbours, means of windows.

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, blocks_of};
use super::convolution::Form;
use super::instruction_set::{Kernel, Lanes};
use super::padded_maps::{Extent, PaddedMaps};
use super::{Backend, Maps};

impl Maps {
    /// The maps of one picture with each pixel repeated `times` × `times` (enlarged to the nearest neighbour), each channel multiplied
    /// by its factor, plus `addend`, where there is one.
    ///
    /// # Errors
    /// Maps of several pictures, of other sizes or of another backend, factors for another number of channels.
    pub fn repeated(&self, path: Backend, times: usize, factors: &[f32], addend: Option<&Self>) -> Result<Self> {
        if times == 0 {
            candle_core::bail!("pixels repeated no times");
        }
        match (&self.0, addend.map(|addend| &addend.0), path) {
            (Form::Tensor(maps), addend, _) => {
                let (_, channels, height, width) = maps.dims4()?;
                let factors = Tensor::from_slice(factors, (1, channels, 1, 1), maps.device())?;
                let maps = maps.broadcast_mul(&factors)?;
                let maps = maps.upsample_nearest2d(height * times, width * times)?;
                match addend {
                    Some(Form::Tensor(addend)) => Ok(Self(Form::Tensor((maps + addend)?))),
                    Some(Form::Padded(_)) => candle_core::bail!("maps of another backend"),
                    None => Ok(Self(Form::Tensor(maps))),
                }
            }
            (Form::Padded(maps), addend, Backend::Kernels(set)) => {
                let factors = blocks_of(factors);
                let extent = Extent {
                    height: maps.extent.height * times,
                    width: maps.extent.width * times,
                };
                let addend = match addend {
                    Some(Form::Padded(addend)) if (addend.extent, addend.blocks) == (extent, maps.blocks) => {
                        addend.pictures.first()
                    }
                    Some(_) => candle_core::bail!("maps of other sizes"),
                    None => None,
                };
                let [picture] = maps.pictures.as_slice() else {
                    candle_core::bail!("maps of one picture expected");
                };
                if factors.len() != maps.blocks {
                    candle_core::bail!("{} blocks of factors for {}", factors.len(), maps.blocks);
                }
                let mut out = PaddedMaps::room(extent, maps.blocks * CHANNELS, 1);
                for enlarged in &mut out.pictures {
                    set.run(Repeat {
                        from: &picture.0,
                        small: maps.extent,
                        times,
                        factors: &factors,
                        addend: addend.map(|addend| addend.0.as_slice()),
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

struct Repeat<'a> {
    from: &'a [ChannelBlock],
    small: Extent,
    times: usize,
    factors: &'a [ChannelBlock],
    addend: Option<&'a [ChannelBlock]>,
    extent: Extent,
    out: &'a mut [ChannelBlock],
}

impl Kernel for Repeat<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (small, large) = (self.small, self.extent);
        let planes = self.from.chunks_exact(small.plane()).zip(self.factors);
        for (block, (from, factors)) in planes.enumerate() {
            let factors = lanes.load(factors);
            for y in 0..large.height {
                let from = &from[small.place(y / self.times, 0)..][..small.width];
                let start = block * large.plane() + large.place(y, 0);
                let out = self.out[start..start + large.width].chunks_exact_mut(self.times);
                match self.addend {
                    Some(addend) => {
                        let addend = addend[start..start + large.width].chunks_exact(self.times);
                        for ((pixel, out), addend) in from.iter().zip(out).zip(addend) {
                            for (out, addend) in out.iter_mut().zip(addend) {
                                let sum = lanes.mul_add(lanes.load(pixel), factors, lanes.load(addend));
                                lanes.store(sum, out);
                            }
                        }
                    }
                    None => {
                        let zero = lanes.load(&ChannelBlock::ZERO);
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
    fn pixels_are_repeated_scaled_and_added_as_by_tensor_operations() {
        let maps = sequence(&[1, 24, 3, 5], 1);
        let factors: Vec<f32> = sequence(&[24], 2).to_vec1().unwrap();
        for (times, add) in [(1, false), (2, true), (4, false), (8, true)] {
            let addend = sequence(&[1, 24, 3 * times, 5 * times], 3);
            let apply = |path, form: fn(&Tensor) -> Maps| {
                let addend = form(&addend);
                let addend = add.then_some(&addend);
                form(&maps).repeated(path, times, &factors, addend).unwrap()
            };
            let expected = apply(Backend::Tensors, tensor);
            for set in InstructionSet::available() {
                assert_close(&apply(Backend::Kernels(set), padded), &expected, set.name());
            }
        }
        let other = padded(&sequence(&[1, 24, 5, 5], 3));
        let path = Backend::Kernels(InstructionSet::best());
        assert!(padded(&maps).repeated(path, 2, &factors, Some(&other)).is_err());
        assert!(padded(&maps).repeated(path, 2, &factors[..9], None).is_err());
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
