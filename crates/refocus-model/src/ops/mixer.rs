//! A depthwise 3×3 convolution that mixes neighbouring pixels, and two pointwise ones that mix the channels of a pixel, as one layer
//! over padded maps (the block of RepViT, arXiv 2307.09283): between them nothing leaves the cache.

mod filters;

use std::cell::RefCell;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, at_least};
use super::convolution::Form;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::matrix::{MatMul, PackedMatrix, ToBlocks};
use super::padded_maps::{Extent, PaddedMaps};
use super::separable::Finish;
use super::{Activation, Backend, Excitation, Maps, values};
use crate::vector_math::gelu;

use filters::{Filter, Filters};

/// Bytes of filtered, widened and projected pixels that a strip of rows may take.
const STRIP_BYTES: usize = 512 << 10;
/// What stands between the two pointwise convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// x · Φ(x), with the Gaussian distribution function.
    Gelu,
    /// max(x, 0).
    Relu,
}

/// What a [`Mixer`] is made of: a weight and a bias each.
#[derive(Debug)]
pub struct MixerWeights<'a> {
    /// `[3, 3, in]`, `[in]`; without it pixels are taken as they are.
    pub depthwise: Option<[&'a Tensor; 2]>,
    /// `[wide, in]`, `[wide]`
    pub expand: [&'a Tensor; 2],
    /// `[out, wide]`, `[out]`
    pub project: [&'a Tensor; 2],
}

/// Depthwise 3×3 (one pixel of zeros around) → excitation, where there is one → pointwise → [`Between`] → pointwise, plus what the
/// depthwise convolution gave where `residual` is set.
#[derive(Debug)]
pub struct Mixer {
    inputs: usize,
    outputs: usize,
    /// Down and across.
    strides: (usize, usize),
    between: Between,
    residual: bool,
    excitation: Option<Excitation>,
    layers: Layers,
}

#[derive(Debug)]
enum Layers {
    Kernels {
        set: InstructionSet,
        depthwise: Option<Filters>,
        expand: PackedMatrix,
        project: PackedMatrix,
    },
    Tensors {
        /// `[in, 1, 3, 3]` and `[1, in, 1, 1]`
        depthwise: Option<[Tensor; 2]>,
        /// `[wide, in, 1, 1]` and `[1, wide, 1, 1]`
        expand: [Tensor; 2],
        /// `[out, wide, 1, 1]` and `[1, out, 1, 1]`
        project: [Tensor; 2],
    },
}

/// Buffers of one thread, reused by all layers.
#[derive(Debug, Default)]
struct Scratch {
    /// `[input blocks, pixels]`
    filtered: Vec<ChannelBlock>,
    /// `[wide blocks, pixels]`
    widened: Vec<ChannelBlock>,
    /// `[output blocks, pixels]`
    products: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Mixer {
    /// A layer of these weights, with strides down and across of 1 or 2. `residual` needs as many outputs as inputs.
    ///
    /// # Errors
    /// Shapes that do not fit, other strides.
    pub fn new(
        weights: &MixerWeights<'_>,
        strides: (usize, usize),
        (between, residual): (Between, bool),
        excitation: Option<Excitation>,
        path: Backend,
    ) -> Result<Self> {
        let [expand, expand_bias] = weights.expand;
        let [project, project_bias] = weights.project;
        let (wide, inputs) = expand.dims2()?;
        let (outputs, _) = project.dims2()?;
        let depthwise_fits = match weights.depthwise {
            Some([weight, bias]) => weight.dims3()? == (3, 3, inputs) && bias.dims1()? == inputs,
            None => strides == (1, 1),
        };
        let fits = depthwise_fits
            && project.dims2()? == (outputs, wide)
            && expand_bias.dims1()? == wide
            && project_bias.dims1()? == outputs
            && (!residual || outputs == inputs)
            && matches!(strides, (1, 1) | (2, 1 | 2));
        if !fits || inputs == 0 || wide == 0 || outputs == 0 {
            let (expand, project) = (expand.shape(), project.shape());
            candle_core::bail!("mixer weights {expand:?} and {project:?}, strides {strides:?}");
        }
        let layers = match path {
            Backend::Kernels(set) => Layers::Kernels {
                set,
                depthwise: match weights.depthwise {
                    Some([weight, bias]) => Some(Filters::new(&values(weight)?, &values(bias)?)),
                    None => None,
                },
                expand: PackedMatrix::new(&values(expand)?, &values(expand_bias)?, inputs),
                project: PackedMatrix::new(&values(project)?, &values(project_bias)?, wide),
            },
            Backend::Tensors => Layers::Tensors {
                depthwise: match weights.depthwise {
                    Some([weight, bias]) => Some([
                        weight.permute((2, 0, 1))?.unsqueeze(1)?.contiguous()?,
                        bias.reshape((1, inputs, 1, 1))?,
                    ]),
                    None => None,
                },
                expand: [
                    expand.reshape((wide, inputs, 1, 1))?,
                    expand_bias.reshape((1, wide, 1, 1))?,
                ],
                project: [
                    project.reshape((outputs, wide, 1, 1))?,
                    project_bias.reshape((1, outputs, 1, 1))?,
                ],
            },
        };
        Ok(Self {
            inputs,
            outputs,
            strides,
            between,
            residual,
            excitation,
            layers,
        })
    }

    /// `[batch, in, height, width]` → `[batch, out, height / stride, width / stride]`.
    ///
    /// # Errors
    /// Maps of other sizes, channels or backends, sides that a stride does not divide.
    pub fn forward(&self, maps: &Maps) -> Result<Maps> {
        match (&self.layers, &maps.0) {
            (Layers::Tensors { .. }, Form::Tensor(tensor)) => Ok(Maps(Form::Tensor(self.by_tensors(tensor)?))),
            (Layers::Kernels { .. }, Form::Padded(maps)) => {
                let Extent { height, width } = maps.extent;
                let whole = height.is_multiple_of(self.strides.0) && width.is_multiple_of(self.strides.1);
                if maps.blocks != self.inputs.div_ceil(CHANNELS) || !whole {
                    candle_core::bail!("maps of {} channels and even sides expected", self.inputs);
                }
                let extent = Extent {
                    height: height / self.strides.0,
                    width: width / self.strides.1,
                };
                let mut out = PaddedMaps::room(extent, self.outputs, maps.pictures.len());
                self.by_kernels(maps, &mut out);
                Ok(Maps(Form::Padded(out)))
            }
            _ => candle_core::bail!("maps of another backend"),
        }
    }

    fn by_tensors(&self, maps: &Tensor) -> Result<Tensor> {
        let Layers::Tensors {
            depthwise,
            expand,
            project,
        } = &self.layers
        else {
            candle_core::bail!("a layer of another backend");
        };
        let mut filtered = maps.clone();
        if let Some([weight, bias]) = depthwise {
            let sums = maps.conv2d(weight, 1, 1, 1, self.inputs)?.broadcast_add(bias)?;
            filtered = every_second(&every_second(&sums, 2, self.strides.0)?, 3, self.strides.1)?;
        }
        if let Some(excitation) = &self.excitation {
            filtered = scaled(&filtered, |means| excitation.factors(means))?;
        }
        let widened = filtered.conv2d(&expand[0], 0, 1, 1, 1)?.broadcast_add(&expand[1])?;
        let widened = match self.between {
            Between::Gelu => widened.gelu_erf()?,
            Between::Relu => widened.relu()?,
        };
        let sums = widened.conv2d(&project[0], 0, 1, 1, 1)?.broadcast_add(&project[1])?;
        if self.residual { sums + filtered } else { Ok(sums) }
    }

    fn by_kernels(&self, maps: &PaddedMaps, out: &mut PaddedMaps) {
        let Layers::Kernels {
            set,
            depthwise,
            expand,
            project,
        } = &self.layers
        else {
            return;
        };
        let extent = out.extent;
        let blocks = maps.blocks + expand.output_blocks() + project.output_blocks();
        let row_bytes = extent.width * blocks * size_of::<ChannelBlock>();
        let strip = (STRIP_BYTES / row_bytes.max(1)).max(1);
        SCRATCH.with_borrow_mut(|scratch| {
            for (number, picture) in out.pictures.iter_mut().enumerate() {
                let excited = match (depthwise, &self.excitation) {
                    (Some(filters), Some(excitation)) => filters.excited(*set, excitation, maps, number),
                    _ => None,
                };
                let filters = excited.as_ref().or(depthwise.as_ref());
                for first in (0..extent.height).step_by(strip) {
                    let rows = strip.min(extent.height - first);
                    let pixels = rows * extent.width;
                    let filtered = at_least(&mut scratch.filtered, maps.blocks * pixels);
                    let widened = at_least(&mut scratch.widened, expand.output_blocks() * pixels);
                    let products = at_least(&mut scratch.products, project.output_blocks() * pixels);
                    set.run(Filter {
                        filters,
                        strides: self.strides,
                        maps,
                        picture: number,
                        first,
                        columns: extent.width,
                        out: filtered,
                    });
                    set.run(MatMul {
                        activations: filtered,
                        pixels,
                        panels: expand.panels(),
                        epilogue: ToBlocks {
                            out: widened,
                            rows: pixels,
                        },
                    });
                    set.run(Bend {
                        between: self.between,
                        values: widened,
                    });
                    set.run(MatMul {
                        activations: widened,
                        pixels,
                        panels: project.panels(),
                        epilogue: ToBlocks {
                            out: products,
                            rows: pixels,
                        },
                    });
                    if self.residual {
                        set.run(Add {
                            sum: products,
                            values: filtered,
                        });
                    }
                    set.run(Finish {
                        products,
                        pixels,
                        activation: Activation::Identity,
                        extent,
                        first,
                        residual: None,
                        out: &mut picture.0,
                    });
                }
            }
        });
    }
}

/// Every second row or column of `[batch, channels, height, width]` where the stride is 2.
fn every_second(maps: &Tensor, axis: usize, stride: usize) -> Result<Tensor> {
    if stride == 1 {
        return Ok(maps.clone());
    }
    let mut shape = maps.dims().to_vec();
    let Some(length) = shape.get_mut(axis) else {
        candle_core::bail!("maps without an axis {axis}");
    };
    *length /= stride;
    shape.insert(axis + 1, stride);
    maps.reshape(shape)?
        .narrow(axis + 1, 0, 1)?
        .squeeze(axis + 1)?
        .contiguous()
}

/// Maps `[batch, channels, height, width]` with each channel multiplied by its factor, which comes from the channels' means.
fn scaled(maps: &Tensor, factors: impl Fn(&[f32]) -> Vec<f32>) -> Result<Tensor> {
    let means: Vec<Vec<f32>> = maps.mean((2, 3))?.to_vec2()?;
    let (pictures, channels) = (means.len(), maps.dim(1)?);
    let factors: Vec<f32> = means.iter().flat_map(|means| factors(means)).collect();
    maps.broadcast_mul(&Tensor::from_vec(factors, (pictures, channels, 1, 1), maps.device())?)
}

/// [`Between`], in place.
struct Bend<'a> {
    between: Between,
    values: &'a mut [ChannelBlock],
}

impl Kernel for Bend<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        match self.between {
            Between::Gelu => {
                for block in self.values {
                    for value in &mut block.0 {
                        *value = gelu(*value);
                    }
                }
            }
            Between::Relu => {
                let zero = lanes.load(&ChannelBlock::ZERO);
                for block in self.values {
                    lanes.store(lanes.max(lanes.load(block), zero), block);
                }
            }
        }
    }
}

/// Adds values up.
struct Add<'a> {
    sum: &'a mut [ChannelBlock],
    values: &'a [ChannelBlock],
}

impl Kernel for Add<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for (sum, value) in self.sum.iter_mut().zip(self.values) {
            lanes.store(lanes.add(lanes.load(sum), lanes.load(value)), sum);
        }
    }
}

#[cfg(test)]
mod tests;
