//! Convolutions as one matrix product: the pixels under the kernel are gathered for a strip of outputs, which costs little
//! beside the product. For 1×1 kernels and for 3×3 kernels of stride 2.

use std::cell::RefCell;

use super::Activation;
use super::channel_block::{ChannelBlock, at_least};
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::matrix::{MatMul, PackedMatrix, ToBlocks, ToNhwc};
use super::padded_maps::{Buffer, Extent, PaddedMaps};

/// Bytes of gathered inputs that a strip may take.
const STRIP_BYTES: usize = 512 << 10;
/// Pixels of a strip are a multiple of this where there are enough: whole matrix tiles on AVX-512 (9) and AVX2 (6).
const WHOLE: usize = 18;

/// A convolution with a 1×1 kernel, or a 3×3 kernel with one pixel of zeros around the picture or without.
#[derive(Debug)]
pub(super) struct Gathered {
    set: InstructionSet,
    matrix: PackedMatrix,
    size: usize,
    stride: usize,
    /// Row and column of the pixel under the middle of the kernel at the first output.
    first: usize,
    activation: Activation,
}

/// Buffers of one thread, reused by all layers.
#[derive(Debug, Default)]
struct Scratch {
    /// `[taps, input blocks, pixels]`
    gathered: Vec<ChannelBlock>,
    /// `[output blocks, pixels]`
    products: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// An output pixel: where it lies, and where the first pixel under the kernel lies in a plane of the input.
#[derive(Debug, Clone, Copy)]
struct Place {
    picture: usize,
    input: usize,
    output: usize,
}

impl Gathered {
    /// A layer from `weight` (`[out, size, size, in]`, row-major) and `bias` (`[out]`).
    pub(super) fn new(
        set: InstructionSet,
        weight: &[f32],
        bias: &[f32],
        (size, stride): (usize, usize),
        activation: Activation,
    ) -> Self {
        let inputs = weight.len() / bias.len().max(1);
        Self {
            set,
            matrix: PackedMatrix::new(weight, bias, inputs),
            size,
            stride,
            first: 0,
            activation,
        }
    }

    /// The same layer without zeros around the picture.
    pub(super) fn without_border(self) -> Self {
        Self {
            first: self.size / 2,
            ..self
        }
    }

    /// Convolves maps that lie one behind another in channels into `out`.
    pub(super) fn apply(&self, inputs: &[&PaddedMaps], out: &mut PaddedMaps) {
        let extent = out.extent;
        let places = self.places(inputs, extent, out.pictures.len());
        SCRATCH.with_borrow_mut(|Scratch { gathered, products }| {
            for places in places.chunks(self.strip()) {
                let gathered = self.gather(inputs, places, gathered);
                let products = at_least(products, self.matrix.output_blocks() * places.len());
                self.set.run(MatMul {
                    activations: gathered,
                    pixels: places.len(),
                    panels: self.matrix.panels(),
                    epilogue: ToBlocks {
                        out: products,
                        rows: places.len(),
                    },
                });
                self.set.run(Scatter {
                    products,
                    plane: extent.plane(),
                    places,
                    activation: self.activation,
                    pictures: &mut out.pictures,
                });
            }
        });
    }

    /// The same as rows: `[pictures, pixels, out]`.
    pub(super) fn rows(&self, inputs: &[&PaddedMaps], extent: Extent, pictures: usize) -> Vec<f32> {
        let channels = self.matrix.outputs;
        let places = self.places(inputs, extent, pictures);
        let mut out = vec![0.0; places.len() * channels];
        SCRATCH.with_borrow_mut(|Scratch { gathered, .. }| {
            let strips = places.chunks(self.strip());
            for (places, out) in strips.zip(out.chunks_mut(self.strip() * channels)) {
                let activation = self.activation;
                self.set.run(MatMul {
                    activations: self.gather(inputs, places, gathered),
                    pixels: places.len(),
                    panels: self.matrix.panels(),
                    epilogue: ToNhwc {
                        out,
                        channels,
                        activation,
                        residual: None,
                    },
                });
            }
        });
        out
    }

    /// Output pixels of a strip.
    fn strip(&self) -> usize {
        let bytes = self.matrix.input_blocks() * size_of::<ChannelBlock>();
        (STRIP_BYTES / bytes / WHOLE).max(1) * WHOLE
    }

    /// All output pixels.
    fn places(&self, inputs: &[&PaddedMaps], extent: Extent, pictures: usize) -> Vec<Place> {
        let Some(from) = inputs.first().map(|maps| maps.extent) else {
            return Vec::new();
        };
        let reach = (self.size / 2) * (from.columns() + 1);
        let mut places = Vec::with_capacity(pictures * extent.height * extent.width);
        for picture in 0..pictures {
            for y in 0..extent.height {
                for x in 0..extent.width {
                    places.push(Place {
                        picture,
                        input: from.place(self.first + y * self.stride, self.first + x * self.stride) - reach,
                        output: extent.place(y, x),
                    });
                }
            }
        }
        places
    }

    fn gather<'a>(
        &self,
        inputs: &[&PaddedMaps],
        places: &[Place],
        gathered: &'a mut Vec<ChannelBlock>,
    ) -> &'a [ChannelBlock] {
        let gathered = at_least(gathered, self.matrix.input_blocks() * places.len());
        self.set.run(Gather {
            inputs,
            size: self.size,
            places,
            out: gathered,
        });
        gathered
    }
}

/// Pixels under the kernel, `[taps, input blocks, pixels]`.
struct Gather<'a> {
    inputs: &'a [&'a PaddedMaps],
    size: usize,
    places: &'a [Place],
    out: &'a mut [ChannelBlock],
}

impl Kernel for Gather<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut rows = self.out.chunks_exact_mut(self.places.len());
        for tap in 0..self.size * self.size {
            for maps in self.inputs {
                let offset = tap / self.size * maps.extent.columns() + tap % self.size;
                for block in 0..maps.blocks {
                    let Some(row) = rows.next() else {
                        return;
                    };
                    let offset = block * maps.extent.plane() + offset;
                    for (out, place) in row.iter_mut().zip(self.places) {
                        lanes.store(lanes.load(&maps.pictures[place.picture].0[place.input + offset]), out);
                    }
                }
            }
        }
    }
}

/// Finished outputs to their planes.
struct Scatter<'a> {
    /// `[output blocks, pixels]`
    products: &'a [ChannelBlock],
    plane: usize,
    places: &'a [Place],
    activation: Activation,
    pictures: &'a mut [Buffer],
}

impl Kernel for Scatter<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for (block, row) in self.products.chunks_exact(self.places.len()).enumerate() {
            for (value, place) in row.iter().zip(self.places) {
                let value = self.activation.of_lanes(lanes, lanes.load(value));
                let out = &mut self.pictures[place.picture].0[block * self.plane + place.output];
                lanes.store(value, out);
            }
        }
    }
}
