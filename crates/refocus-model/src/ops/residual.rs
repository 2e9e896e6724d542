//! What residual blocks do with maps beside convolving them: pooling, and adding up maps of different sizes.

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock};
use super::convolution::Form;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::padded_maps::{Extent, PaddedMaps};
use super::{Activation, Backend, Maps};

/// What becomes of the pixels under a pooling window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The highest of 2×2 pixels.
    HighestOfFour,
    /// The highest of 3×3 pixels.
    HighestOfNine,
    /// The mean of 2×2 pixels.
    MeanOfFour,
}

impl Pooling {
    /// Side of the window, pixels.
    fn size(self) -> usize {
        match self {
            Self::HighestOfFour | Self::MeanOfFour => 2,
            Self::HighestOfNine => 3,
        }
    }
}

impl Maps {
    /// Pools windows of stride 2 that lie inside the maps: `length` pixels become `⌊(length - size) / 2⌋ + 1`.
    ///
    /// # Errors
    /// Maps smaller than a window or of another backend.
    pub fn pooled(&self, path: Backend, pooling: Pooling) -> Result<Self> {
        match (&self.0, path) {
            (Form::Padded(maps), Backend::Kernels(set)) => {
                let Extent { height, width } = maps.extent;
                if height.min(width) < pooling.size() {
                    candle_core::bail!("maps of {height} × {width} pixels are smaller than a window");
                }
                Ok(Self(Form::Padded(pool(set, maps, pooling))))
            }
            (Form::Tensor(tensor), _) => Ok(Self(Form::Tensor(match pooling {
                Pooling::MeanOfFour => tensor.avg_pool2d(2)?,
                Pooling::HighestOfFour | Pooling::HighestOfNine => tensor.max_pool2d_with_stride(pooling.size(), 2)?,
            }))),
            _ => candle_core::bail!("maps of another backend"),
        }
    }

    /// The sum of two maps, then an activation. Where one has fewer channels, rows or columns (at the end), it counts as zero.
    ///
    /// # Errors
    /// Maps of different backends or batches.
    pub fn sum(&self, path: Backend, other: &Self, activation: Activation) -> Result<Self> {
        match (&self.0, &other.0, path) {
            (Form::Padded(a), Form::Padded(b), Backend::Kernels(set)) if a.pictures.len() == b.pictures.len() => {
                let extent = Extent {
                    height: a.extent.height.max(b.extent.height),
                    width: a.extent.width.max(b.extent.width),
                };
                let mut out = PaddedMaps::room(extent, a.blocks.max(b.blocks) * CHANNELS, a.pictures.len());
                set.run(Sum {
                    parts: [a, b],
                    activation,
                    out: &mut out,
                });
                Ok(Self(Form::Padded(out)))
            }
            (Form::Tensor(a), Form::Tensor(b), _) => {
                let sum = (padded_to(a, b)? + padded_to(b, a)?)?;
                Ok(Self(Form::Tensor(activation.apply(sum)?)))
            }
            _ => candle_core::bail!("maps of different backends or batches"),
        }
    }

    /// For each picture the mean of each channel, `[channels]`.
    ///
    /// # Errors
    /// A device that fails.
    pub fn channel_means(&self) -> Result<Vec<Vec<f32>>> {
        match &self.0 {
            Form::Padded(maps) => Ok(maps.pictures.iter().map(|picture| means(maps, &picture.0)).collect()),
            Form::Tensor(tensor) => tensor.mean((2, 3))?.to_vec2(),
        }
    }
}

/// Zeros after the end of each axis of `a` where `b` is longer, both `[batch, channels, height, width]`.
fn padded_to(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let mut out = a.clone();
    for axis in 1..4 {
        out = out.pad_with_zeros(axis, 0, b.dim(axis)?.saturating_sub(a.dim(axis)?))?;
    }
    Ok(out)
}

fn means(maps: &PaddedMaps, picture: &[ChannelBlock]) -> Vec<f32> {
    let Extent { height, width } = maps.extent;
    let mut out = Vec::with_capacity(maps.blocks * CHANNELS);
    for plane in picture.chunks_exact(maps.extent.plane()) {
        let mut sums = [0f32; CHANNELS];
        for y in 0..height {
            for pixel in &plane[maps.extent.place(y, 0)..][..width] {
                for (sum, value) in sums.iter_mut().zip(&pixel.0) {
                    *sum += value;
                }
            }
        }
        out.extend(sums.map(|sum| sum / (height * width) as f32));
    }
    out
}

fn pool(set: InstructionSet, maps: &PaddedMaps, pooling: Pooling) -> PaddedMaps {
    let along = |length: usize| (length - pooling.size()) / 2 + 1;
    let extent = Extent {
        height: along(maps.extent.height),
        width: along(maps.extent.width),
    };
    let mut out = PaddedMaps::room(extent, maps.blocks * CHANNELS, maps.pictures.len());
    set.run(Pool {
        maps,
        pooling,
        out: &mut out,
    });
    out
}

struct Pool<'a> {
    maps: &'a PaddedMaps,
    pooling: Pooling,
    out: &'a mut PaddedMaps,
}

impl Kernel for Pool<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (large, small) = (self.maps.extent, self.out.extent);
        for (from, to) in self.maps.pictures.iter().zip(&mut self.out.pictures) {
            let planes = from.0.chunks_exact(large.plane());
            for (from, to) in planes.zip(to.0.chunks_exact_mut(small.plane())) {
                for y in 0..small.height {
                    let start = small.place(y, 0);
                    let out = &mut to[start..start + small.width];
                    let under = |ky: usize| &from[large.place(2 * y + ky, 0)..][..large.width];
                    match self.pooling {
                        Pooling::HighestOfFour => {
                            pool_row(lanes, [under(0), under(1)], |a, b| lanes.max(a, b), |sum| sum, out);
                        }
                        Pooling::HighestOfNine => {
                            pool_row(
                                lanes,
                                [under(0), under(1), under(2)],
                                |a, b| lanes.max(a, b),
                                |sum| sum,
                                out,
                            );
                        }
                        Pooling::MeanOfFour => {
                            let quarter = |sum| lanes.scale(0.25, sum);
                            pool_row(lanes, [under(0), under(1)], |a, b| lanes.add(a, b), quarter, out);
                        }
                    }
                }
            }
        }
    }
}

/// One row of windows of `SIZE`×`SIZE` pixels.
#[inline(always)]
fn pool_row<L: Lanes, const SIZE: usize>(
    lanes: L,
    rows: [&[ChannelBlock]; SIZE],
    join: impl Fn(L::Block, L::Block) -> L::Block,
    finish: impl Fn(L::Block) -> L::Block,
    out: &mut [ChannelBlock],
) {
    for (x, out) in out.iter_mut().enumerate() {
        let mut all = lanes.load(&rows[0][2 * x]);
        for (at, row) in rows.iter().enumerate() {
            for pixel in &row[2 * x + usize::from(at == 0)..2 * x + SIZE] {
                all = join(all, lanes.load(pixel));
            }
        }
        lanes.store(finish(all), out);
    }
}

struct Sum<'a> {
    parts: [&'a PaddedMaps; 2],
    activation: Activation,
    out: &'a mut PaddedMaps,
}

impl Kernel for Sum<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let [a, b] = self.parts;
        let extent = self.out.extent;
        let zero = lanes.load(&ChannelBlock::ZERO);
        let pictures = self.out.pictures.iter_mut().zip(&a.pictures).zip(&b.pictures);
        for ((out, from_a), from_b) in pictures {
            for (block, plane) in out.0.chunks_exact_mut(extent.plane()).enumerate() {
                for y in 0..extent.height {
                    let [row_a, row_b] = [(a, &from_a.0), (b, &from_b.0)].map(|(maps, values)| {
                        if block < maps.blocks && y < maps.extent.height {
                            &values[block * maps.extent.plane() + maps.extent.place(y, 0)..][..maps.extent.width]
                        } else {
                            &[]
                        }
                    });
                    let start = extent.place(y, 0);
                    for (x, out) in plane[start..start + extent.width].iter_mut().enumerate() {
                        let [a, b] = [row_a, row_b].map(|row| row.get(x).map_or(zero, |pixel| lanes.load(pixel)));
                        lanes.store(self.activation.of_lanes(lanes, lanes.add(a, b)), out);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
