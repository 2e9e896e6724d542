//! A depthwise 3×3 convolution that mixes neighbouring pixels, and two pointwise ones that mix the channels of a pixel, as one layer
//! over padded maps (the block of RepViT, arXiv 2307.09283): between them nothing leaves the cache.

use std::cell::RefCell;

use candle_core::{Result, Tensor};

use super::channel_block::{CHANNELS, ChannelBlock, at_least, blocks_of};
use super::convolution::Form;
use super::depthwise::pixels;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::matrix::{MatMul, PackedMatrix, ToBlocks};
use super::padded_maps::{Extent, PaddedMaps};
use super::separable::{Finish, packed};
use super::{Activation, Backend, Excitation, Maps, values};
use crate::vector_math::gelu;

/// Bytes of filtered, widened and projected pixels that a strip of rows may take.
const STRIP_BYTES: usize = 512 << 10;
/// Weights of a depthwise kernel.
const TAPS: usize = 9;

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

/// Depthwise weights in blocks of sixteen channels.
#[derive(Debug, Clone)]
struct Filters {
    /// `[input blocks, 9]`
    weight: Vec<[ChannelBlock; TAPS]>,
    /// `[input blocks]`
    bias: Vec<ChannelBlock>,
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
                    Some([weight, bias]) => Some(Filters {
                        weight: packed(&values(weight)?, inputs),
                        bias: blocks_of(&values(bias)?),
                    }),
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
                let excited = self.excited(*set, depthwise.as_ref(), maps, number);
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

    /// The depthwise weights of a picture multiplied by its factors: as good as its filtered pixels, and less to do.
    fn excited(
        &self,
        set: InstructionSet,
        filters: Option<&Filters>,
        maps: &PaddedMaps,
        picture: usize,
    ) -> Option<Filters> {
        let (excitation, filters) = (self.excitation.as_ref()?, filters?);
        let means = filters.means(set, maps, picture)?;
        let factors = blocks_of(&excitation.factors(&means));
        let mut excited = filters.clone();
        let blocks = excited.weight.iter_mut().zip(&mut excited.bias);
        for ((weight, bias), factors) in blocks.zip(&factors) {
            for block in weight.iter_mut().chain([bias]) {
                for (value, factor) in block.0.iter_mut().zip(factors.0) {
                    *value *= factor;
                }
            }
        }
        Some(excited)
    }
}

impl Filters {
    /// Means of the filtered map of stride 1, without filtering: under each weight lies the whole map, less a row or a column at its
    /// edge.
    fn means(&self, set: InstructionSet, maps: &PaddedMaps, picture: usize) -> Option<Vec<f32>> {
        let Extent { height, width } = maps.extent;
        let values = &maps.pictures.get(picture)?.0;
        let mut out = Vec::with_capacity(maps.blocks * CHANNELS);
        let planes = values.chunks_exact(maps.extent.plane());
        for (plane, (weight, bias)) in planes.zip(self.weight.iter().zip(&self.bias)) {
            let mut sums = Sums::default();
            set.run(AddUp {
                plane,
                extent: maps.extent,
                sums: &mut sums,
            });
            let at = |y: usize, x: usize| {
                plane
                    .get(maps.extent.place(y, x))
                    .map_or([0.0; CHANNELS], |block| block.0)
            };
            let corners = [
                [at(0, 0), at(0, width - 1)],
                [at(height - 1, 0), at(height - 1, width - 1)],
            ];
            let edges = |lane: usize| Edges {
                all: sums.all[lane],
                rows: sums.rows.map(|row| row[lane]),
                columns: sums.columns.map(|column| column[lane]),
                corners: corners.map(|row| row.map(|corner| corner[lane])),
            };
            out.extend((0..CHANNELS).map(|lane| {
                let weights = weight.each_ref().map(|tap| tap.0[lane]);
                bias.0[lane] + (edges(lane).under(weights) / (height * width) as f64) as f32
            }));
        }
        Some(out)
    }
}

/// Sums of a plane: of all pixels, of the first and the last row, of the first and the last column.
#[derive(Debug, Default)]
struct Sums {
    all: [f32; CHANNELS],
    rows: [[f32; CHANNELS]; 2],
    columns: [[f32; CHANNELS]; 2],
}

/// Sums of a channel.
struct Edges {
    all: f32,
    rows: [f32; 2],
    columns: [f32; 2],
    corners: [[f32; 2]; 2],
}

impl Edges {
    /// The sum of what all weights of a kernel see. The first weight of an axis never sees the last pixel, the last one never the
    /// first.
    fn under(&self, weights: [f32; TAPS]) -> f64 {
        let taps = weights.into_iter().enumerate();
        taps.map(|(tap, weight)| {
            let (row, column) = (tap / 3, tap % 3);
            let (unseen_row, unseen_column) = (usize::from(row == 0), usize::from(column == 0));
            let mut sum = f64::from(self.all);
            if row != 1 {
                sum -= f64::from(self.rows[unseen_row]);
            }
            if column != 1 {
                sum -= f64::from(self.columns[unseen_column]);
            }
            if row != 1 && column != 1 {
                sum += f64::from(self.corners[unseen_row][unseen_column]);
            }
            f64::from(weight) * sum
        })
        .sum()
    }
}

struct AddUp<'a> {
    plane: &'a [ChannelBlock],
    extent: Extent,
    sums: &'a mut Sums,
}

impl Kernel for AddUp<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let zero = lanes.load(&ChannelBlock::ZERO);
        let (mut all, mut left, mut right) = (zero, zero, zero);
        for y in 0..self.extent.height {
            let row = &self.plane[self.extent.place(y, 0)..][..self.extent.width];
            let mut sums = [zero; 4];
            let (fours, rest) = row.as_chunks::<4>();
            for four in fours {
                for (sum, pixel) in sums.iter_mut().zip(four) {
                    *sum = lanes.add(*sum, lanes.load(pixel));
                }
            }
            for pixel in rest {
                sums[0] = lanes.add(sums[0], lanes.load(pixel));
            }
            let sum = lanes.add(lanes.add(sums[0], sums[1]), lanes.add(sums[2], sums[3]));
            if y == 0 {
                lanes.store_array(sum, &mut self.sums.rows[0]);
            }
            if y + 1 == self.extent.height {
                lanes.store_array(sum, &mut self.sums.rows[1]);
            }
            all = lanes.add(all, sum);
            if let (Some(first), Some(last)) = (row.first(), row.last()) {
                left = lanes.add(left, lanes.load(first));
                right = lanes.add(right, lanes.load(last));
            }
        }
        lanes.store_array(all, &mut self.sums.all);
        lanes.store_array(left, &mut self.sums.columns[0]);
        lanes.store_array(right, &mut self.sums.columns[1]);
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

/// Rows of the depthwise convolution, `[input blocks, rows, columns]`, or of the maps themselves.
struct Filter<'a> {
    filters: Option<&'a Filters>,
    strides: (usize, usize),
    maps: &'a PaddedMaps,
    picture: usize,
    /// First output row.
    first: usize,
    /// Output columns.
    columns: usize,
    out: &'a mut [ChannelBlock],
}

impl Kernel for Filter<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        match (self.filters, self.strides.1) {
            (None, _) => self.copies(),
            (Some(filters), 1) => self.rows::<L, 1>(lanes, filters),
            (Some(filters), _) => self.rows::<L, 2>(lanes, filters),
        }
    }
}

impl Filter<'_> {
    #[inline(always)]
    fn copies(self) {
        let extent = self.maps.extent;
        let planes = self.maps.pictures[self.picture].0.chunks_exact(extent.plane());
        let out = self.out.chunks_exact_mut(self.out.len() / self.maps.blocks);
        for (plane, out) in planes.zip(out) {
            for (row, out) in out.chunks_exact_mut(self.columns).enumerate() {
                out.copy_from_slice(&plane[extent.place(self.first + row, 0)..][..self.columns]);
            }
        }
    }

    #[inline(always)]
    fn rows<L: Lanes, const ACROSS: usize>(self, lanes: L, filters: &Filters) {
        let extent = self.maps.extent;
        let (columns, plane) = (extent.columns(), extent.plane());
        let planes = self.maps.pictures[self.picture].0.chunks_exact(plane);
        let out = self.out.chunks_exact_mut(self.out.len() / filters.weight.len());
        for (((plane, weight), bias), out) in planes.zip(&filters.weight).zip(&filters.bias).zip(out) {
            let bias = lanes.load(bias);
            for (row, out) in out.chunks_exact_mut(self.columns).enumerate() {
                // The plane's border is the pixel of zeros before the first.
                let start = (self.first + row) * self.strides.0 * columns;
                let reach = (self.columns - 1) * ACROSS + 3;
                let inputs = [0, 1, 2].map(|ky| &plane[start + ky * columns..][..reach]);
                let mut x = 0;
                if L::REGISTERS == 1 {
                    while x + 8 <= out.len() {
                        pixels::<L, 3, TAPS, ACROSS, 8>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                        x += 8;
                    }
                }
                if L::REGISTERS <= 4 {
                    while x + 4 <= out.len() {
                        pixels::<L, 3, TAPS, ACROSS, 4>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                        x += 4;
                    }
                }
                while x < out.len() {
                    pixels::<L, 3, TAPS, ACROSS, 1>(lanes, &inputs, x, (weight, bias), Activation::Identity, out);
                    x += 1;
                }
            }
        }
    }
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
mod tests {
    use super::*;
    use crate::ops::convolution::tests::{assert_close, padded, sequence, tensor};

    fn layer(
        (inputs, wide, outputs): (usize, usize, usize),
        strides: (usize, usize),
        excites: bool,
        path: Backend,
    ) -> Mixer {
        let weight = |shape: &[usize], seed, sum: usize| (sequence(shape, seed) / (sum as f64).sqrt()).unwrap();
        let (depthwise, depthwise_bias) = (weight(&[3, 3, inputs], 1, 9), sequence(&[inputs], 2));
        let (expand, expand_bias) = (weight(&[wide, inputs], 3, inputs), sequence(&[wide], 4));
        let (project, project_bias) = (weight(&[outputs, wide], 5, wide), sequence(&[outputs], 6));
        let hidden = inputs / 4;
        let squeeze = [sequence(&[hidden, inputs], 7), sequence(&[hidden], 8)];
        let excite = [sequence(&[inputs, hidden], 9), sequence(&[inputs], 10)];
        let excitation = Excitation::new([&squeeze[0], &squeeze[1]], [&excite[0], &excite[1]], 0.2, 0.0);
        Mixer::new(
            &MixerWeights {
                depthwise: Some([&depthwise, &depthwise_bias]),
                expand: [&expand, &expand_bias],
                project: [&project, &project_bias],
            },
            strides,
            (Between::Gelu, inputs == outputs && strides == (1, 1)),
            excites.then(|| excitation.unwrap()),
            path,
        )
        .unwrap()
    }

    #[test]
    fn kernels_equal_tensor_operations_at_every_stride() {
        // The last ones take several strips.
        let cases = [
            ((16, 32, 16), (1, 1), (3, 5)),
            ((24, 48, 24), (1, 1), (1, 1)),
            ((24, 40, 12), (1, 1), (2, 9)),
            ((32, 64, 48), (2, 2), (6, 10)),
            ((48, 96, 64), (2, 1), (6, 11)),
            ((96, 192, 96), (1, 1), (40, 34)),
        ];
        for (channels, strides, (height, width)) in cases {
            let maps = sequence(&[2, channels.0, height, width], 11);
            for excites in [false, strides == (1, 1)] {
                let expected = layer(channels, strides, excites, Backend::Tensors);
                let expected = expected.forward(&tensor(&maps)).unwrap();
                for set in InstructionSet::available() {
                    let found = layer(channels, strides, excites, Backend::Kernels(set));
                    let found = found.forward(&padded(&maps)).unwrap();
                    let what = format!("{channels:?} {strides:?} {excites} {}", set.name());
                    assert_close(&found, &expected, &what);
                }
            }
        }
        let odd = padded(&sequence(&[1, 32, 5, 4], 1));
        let halves = layer((32, 64, 48), (2, 2), false, Backend::Kernels(InstructionSet::best()));
        assert!(halves.forward(&odd).is_err());
    }

    #[test]
    fn without_a_depthwise_convolution_channels_alone_are_mixed() {
        let (expand, expand_bias) = (sequence(&[96, 24], 1), sequence(&[96], 2));
        let (project, project_bias) = ((sequence(&[16, 96], 3) / 10.0).unwrap(), sequence(&[16], 4));
        let layer = |path| {
            let weights = MixerWeights {
                depthwise: None,
                expand: [&expand, &expand_bias],
                project: [&project, &project_bias],
            };
            Mixer::new(&weights, (1, 1), (Between::Relu, false), None, path).unwrap()
        };
        let maps = sequence(&[1, 24, 7, 6], 5);
        let expected = layer(Backend::Tensors).forward(&tensor(&maps)).unwrap();
        for set in InstructionSet::available() {
            let found = layer(Backend::Kernels(set)).forward(&padded(&maps)).unwrap();
            assert_close(&found, &expected, set.name());
        }
    }
}
