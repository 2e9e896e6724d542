//! Dense convolutions of many channels, 1×1 or 3×3, and the maps that go from one to the next.

use candle_core::{Result, Tensor};

use super::channel_block::CHANNELS;
use super::gathered::Gathered;
use super::padded_maps::{Extent, PaddedMaps};
use super::winograd::{Tile, Winograd};
use super::{Activation, Backend, resampling, values};

/// Input channels from which F(2×2) is taken instead of F(4×4). There the maps are so small that F(4×4)'s tiles reach far over
/// their edges: it is as fast, and its weights, four times the kernel's, would be 13 MB more to keep and to read for each batch.
const WIDE: usize = 256;

/// Feature maps of a batch of pictures, as the backend of the layers has them.
#[derive(Debug)]
pub struct Maps(pub(super) Form);

/// Whose layout they have.
#[derive(Debug)]
pub(super) enum Form {
    /// The CPU kernels'.
    Padded(PaddedMaps),
    /// `[batch, channels, height, width]`.
    Tensor(Tensor),
}

impl Maps {
    /// One batch of several.
    ///
    /// # Errors
    /// Maps of different shapes or backends, or none.
    pub fn merged(parts: Vec<Self>) -> Result<Self> {
        let mut parts = parts.into_iter();
        let Some(mut all) = parts.next() else {
            candle_core::bail!("no maps to merge");
        };
        for part in parts {
            match (&mut all.0, part.0) {
                (Form::Padded(all), Form::Padded(mut part))
                    if (all.extent, all.blocks) == (part.extent, part.blocks) =>
                {
                    all.pictures.append(&mut part.pictures);
                }
                (Form::Tensor(all), Form::Tensor(part)) => *all = Tensor::cat(&[&*all, &part], 0)?,
                _ => candle_core::bail!("maps of different shapes"),
            }
        }
        Ok(all)
    }

    /// Rows and columns.
    ///
    /// # Errors
    /// A tensor of another rank.
    pub fn sides(&self) -> Result<(usize, usize)> {
        match &self.0 {
            Form::Padded(maps) => Ok((maps.extent.height, maps.extent.width)),
            Form::Tensor(maps) => {
                let (_, _, height, width) = maps.dims4()?;
                Ok((height, width))
            }
        }
    }

    /// Adds maps of half the side, enlarged by bilinear interpolation.
    ///
    /// # Errors
    /// Maps of other sizes, channels or backends.
    pub fn add_enlarged(&mut self, path: Backend, coarse: &Self) -> Result<()> {
        match (&mut self.0, &coarse.0, path) {
            (Form::Padded(fine), Form::Padded(coarse), Backend::Kernels(set)) if twice(fine, coarse) => {
                resampling::add_enlarged(set, fine, coarse);
            }
            (Form::Tensor(fine), Form::Tensor(coarse), _) => *fine = resampling::add_enlarged_tensor(fine, coarse)?,
            _ => candle_core::bail!("maps of half the side expected"),
        }
        Ok(())
    }

    /// Adds maps of twice the side, reduced by bilinear interpolation.
    ///
    /// # Errors
    /// Maps of other sizes, channels or backends.
    pub fn add_reduced(&mut self, path: Backend, fine: &Self) -> Result<()> {
        match (&mut self.0, &fine.0, path) {
            (Form::Padded(coarse), Form::Padded(fine), Backend::Kernels(set)) if twice(fine, coarse) => {
                resampling::add_reduced(set, coarse, fine);
            }
            (Form::Tensor(coarse), Form::Tensor(fine), _) => *coarse = resampling::add_reduced_tensor(coarse, fine)?,
            _ => candle_core::bail!("maps of twice the side expected"),
        }
        Ok(())
    }
}

/// Whether `fine` is `coarse` at twice the side.
fn twice(fine: &PaddedMaps, coarse: &PaddedMaps) -> bool {
    (fine.extent.height, fine.extent.width) == (2 * coarse.extent.height, 2 * coarse.extent.width)
        && (fine.blocks, fine.pictures.len()) == (coarse.blocks, coarse.pictures.len())
}

/// A convolution with a 1×1 kernel, or a 3×3 kernel with one pixel of zeros around the picture or without.
#[derive(Debug)]
pub struct Convolution {
    inputs: usize,
    outputs: usize,
    stride: usize,
    /// Whether kernels of stride 2 stay inside the picture.
    inside: bool,
    algorithm: Algorithm,
}

/// What a layer is made of.
struct Weights<'a> {
    weight: &'a Tensor,
    bias: &'a Tensor,
}

/// How a layer is computed.
#[derive(Debug)]
enum Algorithm {
    Gathered(Gathered),
    Winograd(Winograd),
    Tensors(Tensors),
}

impl Convolution {
    /// A layer from `weight` (`[out, in]` or `[out, 3, 3, in]`) and `bias` (`[out]`).
    ///
    /// # Errors
    /// Shapes that do not fit, a stride other than 1 and 2; with [`Backend::Kernels`] input channels that are not a multiple of
    /// 16.
    pub fn new(weight: &Tensor, bias: &Tensor, stride: usize, activation: Activation, path: Backend) -> Result<Self> {
        let weights = Weights { weight, bias };
        Self::with_border(weights, (stride, false), activation, path, tile)
    }

    /// A 3×3 layer of stride 1 for maps of so few pixels that reading the weights is what takes the time: it keeps them as they are,
    /// where Winograd's transform would have them grow.
    ///
    /// # Errors
    /// As [`Convolution::new`].
    pub fn of_few_pixels(weight: &Tensor, bias: &Tensor, activation: Activation, path: Backend) -> Result<Self> {
        let weights = Weights { weight, bias };
        Self::with_border(weights, (1, false), activation, path, |_, _, _| None)
    }

    /// A 3×3 layer of stride 2 without zeros around the picture, of any sides from 3 pixels on: `length` pixels become
    /// `⌊(length - 1) / 2⌋`. `weight` is `[out, 3, 3, in]`.
    ///
    /// # Errors
    /// As [`Convolution::new`].
    pub fn without_border(weight: &Tensor, bias: &Tensor, activation: Activation, path: Backend) -> Result<Self> {
        let weights = Weights { weight, bias };
        Self::with_border(weights, (2, true), activation, path, |_, _, _| None)
    }

    /// `tile` is asked with size, stride and input channels.
    fn with_border(
        Weights { weight, bias }: Weights<'_>,
        (stride, inside): (usize, bool),
        activation: Activation,
        path: Backend,
        tile: impl FnOnce(usize, usize, usize) -> Option<Tile>,
    ) -> Result<Self> {
        let (outputs, size, inputs) = match *weight.dims() {
            [outputs, inputs] => (outputs, 1, inputs),
            [outputs, 3, 3, inputs] => (outputs, 3, inputs),
            _ => candle_core::bail!("convolution weight {:?}", weight.shape()),
        };
        if bias.dims1()? != outputs || outputs == 0 || inputs == 0 || !matches!(stride, 1 | 2) {
            let (weight, bias) = (weight.shape(), bias.shape());
            candle_core::bail!("convolution weight {weight:?}, bias {bias:?}, stride {stride}");
        }
        let algorithm = match path {
            Backend::Kernels(_) if !inputs.is_multiple_of(CHANNELS) => {
                candle_core::bail!("{inputs} input channels, not a multiple of {CHANNELS}")
            }
            Backend::Kernels(set) => {
                let (weight, bias) = (values(weight)?, values(bias)?);
                match tile(size, stride, inputs) {
                    Some(tile) => Algorithm::Winograd(Winograd::new(set, tile, &weight, &bias, activation)),
                    None => {
                        let gathered = Gathered::new(set, &weight, &bias, (size, stride), activation);
                        Algorithm::Gathered(if inside { gathered.without_border() } else { gathered })
                    }
                }
            }
            Backend::Tensors => Algorithm::Tensors(Tensors {
                weight: weight
                    .reshape((outputs, size, size, inputs))?
                    .permute((0, 3, 1, 2))?
                    .contiguous()?,
                bias: bias.reshape((1, outputs, 1, 1))?,
                padding: if inside { 0 } else { size / 2 },
                stride,
                activation,
            }),
        };
        Ok(Self {
            inputs,
            outputs,
            stride,
            inside,
            algorithm,
        })
    }

    /// Convolves maps that lie one behind another in channels; with stride 2 and zeros around them their sides must be even.
    ///
    /// # Errors
    /// Maps of other sizes, channels or backends.
    pub fn forward(&self, inputs: &[&Maps]) -> Result<Maps> {
        if let Algorithm::Tensors(layer) = &self.algorithm {
            return Ok(Maps(Form::Tensor(layer.apply(inputs)?)));
        }
        let (inputs, extent, pictures) = self.padded(inputs)?;
        let mut out = PaddedMaps::room(extent, self.outputs, pictures);
        match &self.algorithm {
            Algorithm::Gathered(layer) => layer.apply(&inputs, &mut out),
            Algorithm::Winograd(layer) => layer.apply(&inputs, &mut out),
            Algorithm::Tensors(_) => {}
        }
        Ok(Maps(Form::Padded(out)))
    }

    /// As [`Convolution::forward`], for 1×1 kernels: values in the order `[batch, height, width, out]`.
    ///
    /// # Errors
    /// As [`Convolution::forward`], and for larger kernels.
    pub fn forward_rows(&self, inputs: &[&Maps]) -> Result<Vec<f32>> {
        match &self.algorithm {
            Algorithm::Tensors(layer) => layer.apply(inputs)?.permute((0, 2, 3, 1))?.flatten_all()?.to_vec1(),
            Algorithm::Gathered(layer) => {
                let (inputs, extent, pictures) = self.padded(inputs)?;
                Ok(layer.rows(&inputs, extent, pictures))
            }
            Algorithm::Winograd(_) => candle_core::bail!("only 1×1 convolutions give rows"),
        }
    }

    /// The kernels' inputs, the output's size and the number of pictures.
    fn padded<'a>(&self, inputs: &[&'a Maps]) -> Result<(Vec<&'a PaddedMaps>, Extent, usize)> {
        let padded = inputs.iter().map(|maps| match &maps.0 {
            Form::Padded(padded) => Ok(padded),
            Form::Tensor(_) => candle_core::bail!("maps of another backend"),
        });
        let padded = padded.collect::<Result<Vec<_>>>()?;
        let Some(first) = padded.first() else {
            candle_core::bail!("a convolution of nothing");
        };
        let (extent, pictures) = (first.extent, first.pictures.len());
        let alike = |maps: &&PaddedMaps| maps.extent == extent && maps.pictures.len() == pictures;
        let blocks: usize = padded.iter().map(|maps| maps.blocks).sum();
        let fits = if self.inside {
            extent.height >= 3 && extent.width >= 3
        } else {
            self.stride == 1 || (extent.height % 2, extent.width % 2) == (0, 0)
        };
        if !padded.iter().all(alike) || blocks * CHANNELS != self.inputs || !fits {
            candle_core::bail!("maps of {} channels and one size expected", self.inputs);
        }
        let along = |length: usize| {
            if self.inside {
                (length - 1) / 2
            } else {
                length / self.stride
            }
        };
        let extent = Extent {
            height: along(extent.height),
            width: along(extent.width),
        };
        Ok((padded, extent, pictures))
    }
}

/// The tile of a layer that is convolved by Winograd's way. Over NanoDet's layers at 320 and 416 pixels, the best of five runs on a
/// machine that others used: gathered products everywhere take 1.6 times as long on AVX-512 and twice as long on AVX2, gathered
/// products for the strides of 2 alone 2 to 11 % longer, F(2×2) for all strides of 1 2 to 20 % longer, F(4×4) for all of them as long.
fn tile(size: usize, stride: usize, inputs: usize) -> Option<Tile> {
    match (size, stride) {
        (3, 1) if inputs < WIDE => Some(Tile::Four),
        (3, 1) => Some(Tile::Two),
        (3, 2) => Some(Tile::TwoOfStride2),
        _ => None,
    }
}

/// The layer in candle's tensor operations.
#[derive(Debug)]
struct Tensors {
    /// `[out, in, k, k]`
    weight: Tensor,
    /// `[1, out, 1, 1]`
    bias: Tensor,
    padding: usize,
    stride: usize,
    activation: Activation,
}

impl Tensors {
    fn apply(&self, inputs: &[&Maps]) -> Result<Tensor> {
        let inputs = inputs.iter().map(|maps| match &maps.0 {
            Form::Tensor(tensor) => Ok(tensor),
            Form::Padded(_) => candle_core::bail!("maps of another backend"),
        });
        let inputs = Tensor::cat(&inputs.collect::<Result<Vec<_>>>()?, 1)?;
        let sums = inputs.conv2d(&self.weight, self.padding, self.stride, 1, 1)?;
        self.activation.apply(sums.broadcast_add(&self.bias)?)
    }
}

#[cfg(test)]
pub(super) mod tests;
