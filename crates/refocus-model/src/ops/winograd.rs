//! 3×3 convolutions by the minimal filtering of Winograd (Lavin and Gray, arXiv 1509.09308): F(4×4, 3×3) takes 36 products for
//! 16 outputs of a channel pair instead of 144, F(2×2, 3×3) 16 for 4 instead of 36.
//!
//! A strip of tiles is transformed (`Bᵀ d B`), each of the 36 or 16 frequencies is a matrix product over the tiles, and the
//! products are transformed back (`Aᵀ m A`), with bias and activation. Points of F(4×4): 0, ±1, ±2, ∞.
//!
//! A stride of 2 divides an axis into odd pixels, which the first and the last weight see (F(2, 2): three products for two
//! outputs), and even pixels, which the middle one sees (two products): 25 products for 4 outputs instead of 36.

use std::cell::RefCell;

use super::Activation;
use super::channel_block::{ChannelBlock, at_least, blocks_of};
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::matrix::{MatMul, PackedMatrix, ToBlocks};
use super::padded_maps::{Buffer, Extent, PaddedMaps};

/// Bytes of transformed inputs and products that a strip of tiles may take.
const STRIP_BYTES: usize = 768 << 10;
/// Tiles of a strip are a multiple of this where there are enough: whole matrix tiles on AVX-512 (9) and AVX2 (6).
const WHOLE: usize = 18;

/// The outputs that are computed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tile {
    /// F(2×2, 3×3): weights grow to 16 ⁄ 9.
    Two,
    /// F(4×4, 3×3): weights grow to 4 times.
    Four,
    /// 2×2 outputs of a convolution of stride 2: weights grow to 16 ⁄ 9.
    TwoOfStride2,
}

impl Tile {
    /// The different rows of the matrix G: three factors of the weights for a frequency of an axis.
    fn weight_transform(self) -> &'static [[f64; 3]] {
        const SIXTH: f64 = 1.0 / 6.0;
        const TWELFTH: f64 = 1.0 / 12.0;
        const FOUR: [[f64; 3]; 6] = [
            [0.25, 0.0, 0.0],
            [-SIXTH, -SIXTH, -SIXTH],
            [-SIXTH, SIXTH, -SIXTH],
            [TWELFTH / 2.0, TWELFTH, SIXTH],
            [TWELFTH / 2.0, -TWELFTH, SIXTH],
            [0.0, 0.0, 1.0],
        ];
        match self {
            Self::Two => &[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]],
            Self::Four => &FOUR,
            Self::TwoOfStride2 => &[[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
        }
    }

    /// For each frequency of an axis its row of [`Tile::weight_transform`].
    fn rows(self) -> &'static [usize] {
        match self {
            Self::Two => &[0, 1, 2, 3],
            Self::Four => &[0, 1, 2, 3, 4, 5],
            Self::TwoOfStride2 => &[0, 1, 2, 3, 3],
        }
    }
}

/// A 3×3 convolution with one pixel of zeros around the picture.
#[derive(Debug)]
pub(super) struct Winograd {
    set: InstructionSet,
    tile: Tile,
    /// For each pair of rows of the weight transform, row-major, the matrix `[outputs, inputs]`.
    matrices: Vec<PackedMatrix>,
    bias: Vec<ChannelBlock>,
    activation: Activation,
}

/// Buffers of one thread, reused by all layers.
#[derive(Debug, Default)]
struct Scratch {
    /// `[frequencies, input blocks, tiles]`
    transformed: Vec<ChannelBlock>,
    /// `[frequencies, output blocks, tiles]`
    products: Vec<ChannelBlock>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Winograd {
    /// A layer from `weight` (`[out, 3, 3, in]`, row-major) and `bias` (`[out]`).
    pub(super) fn new(set: InstructionSet, tile: Tile, weight: &[f32], bias: &[f32], activation: Activation) -> Self {
        let transform = tile.weight_transform();
        let inputs = weight.len() / 9 / bias.len().max(1);
        let zeros = vec![0.0; bias.len()];
        let mut matrices = Vec::with_capacity(transform.len() * transform.len());
        let mut matrix = vec![0.0; bias.len() * inputs];
        for down in transform {
            for across in transform {
                let kernels = weight.chunks_exact(9 * inputs);
                for (row, kernel) in matrix.chunks_exact_mut(inputs.max(1)).zip(kernels) {
                    for (input, value) in row.iter_mut().enumerate() {
                        let mut sum = 0.0;
                        for (tap, weights) in kernel.chunks_exact(inputs).enumerate() {
                            sum += down[tap / 3] * across[tap % 3] * f64::from(weights[input]);
                        }
                        *value = sum as f32;
                    }
                }
                matrices.push(PackedMatrix::new(&matrix, &zeros, inputs));
            }
        }
        Self {
            set,
            tile,
            matrices,
            bias: blocks_of(bias),
            activation,
        }
    }

    /// The matrices of all frequencies, row-major.
    fn by_frequency(&self) -> impl Iterator<Item = &PackedMatrix> {
        let (rows, of_axis) = (self.tile.rows(), self.tile.weight_transform().len());
        rows.iter()
            .flat_map(move |down| rows.iter().map(move |across| &self.matrices[down * of_axis + across]))
    }

    /// Convolves maps that lie one behind another in channels into `out`.
    pub(super) fn apply(&self, inputs: &[&PaddedMaps], out: &mut PaddedMaps) {
        match self.tile {
            Tile::Two => self.strips::<4, 2, 1>(inputs, out),
            Tile::Four => self.strips::<6, 4, 1>(inputs, out),
            Tile::TwoOfStride2 => self.strips::<5, 2, 2>(inputs, out),
        }
    }

    /// `IN` frequencies of an axis, which are also the pixels under a tile, give `OUT` outputs.
    fn strips<const IN: usize, const OUT: usize, const STRIDE: usize>(
        &self,
        inputs: &[&PaddedMaps],
        out: &mut PaddedMaps,
    ) {
        let extent = out.extent;
        let input_blocks: usize = inputs.iter().map(|maps| maps.blocks).sum();
        let across = extent.width.div_ceil(OUT);
        let tiles = across * extent.height.div_ceil(OUT);
        let places: Vec<Place> = (0..out.pictures.len() * tiles)
            .map(|i| Place {
                picture: i / tiles,
                y: i % tiles / across * OUT,
                x: i % across * OUT,
            })
            .collect();
        let bytes = IN * IN * (input_blocks + self.bias.len()) * size_of::<ChannelBlock>();
        let strip = (STRIP_BYTES / bytes / WHOLE).max(1) * WHOLE;
        SCRATCH.with_borrow_mut(|Scratch { transformed, products }| {
            for places in places.chunks(strip) {
                let tiles = places.len();
                let transformed = at_least(transformed, IN * IN * input_blocks * tiles);
                let products = at_least(products, IN * IN * self.bias.len() * tiles);
                self.set.run(TransformInputs::<IN, STRIDE> {
                    inputs,
                    places,
                    stride: input_blocks * tiles,
                    out: transformed,
                });
                let inputs = transformed.chunks_exact(input_blocks * tiles);
                let outputs = products.chunks_exact_mut(self.bias.len() * tiles);
                for ((matrix, activations), out) in self.by_frequency().zip(inputs).zip(outputs) {
                    self.set.run(MatMul {
                        activations,
                        pixels: tiles,
                        panels: matrix.panels(),
                        epilogue: ToBlocks { out, rows: tiles },
                    });
                }
                self.set.run(TransformProducts::<IN, OUT> {
                    products,
                    bias: &self.bias,
                    activation: self.activation,
                    extent,
                    places,
                    pictures: &mut out.pictures,
                });
            }
        });
    }
}

/// The first output pixel of a tile.
#[derive(Debug, Clone, Copy)]
struct Place {
    picture: usize,
    y: usize,
    x: usize,
}

/// `Bᵀ d B` of a strip of tiles.
struct TransformInputs<'a, const IN: usize, const STRIDE: usize> {
    inputs: &'a [&'a PaddedMaps],
    places: &'a [Place],
    /// Blocks from one frequency to the next: input blocks × tiles.
    stride: usize,
    out: &'a mut [ChannelBlock],
}

impl<const IN: usize, const STRIDE: usize> Kernel for TransformInputs<'_, IN, STRIDE> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let mut first = 0;
        for maps in self.inputs {
            let (columns, plane) = (maps.extent.columns(), maps.extent.plane());
            for block in 0..maps.blocks {
                for (tile, place) in self.places.iter().enumerate() {
                    let start = block * plane + STRIDE * (place.y * columns + place.x);
                    let pixels = &maps.pictures[place.picture].0[start..start + (IN - 1) * columns + IN];
                    let zero = lanes.load(&ChannelBlock::ZERO);
                    let mut half = [[zero; IN]; IN];
                    for x in 0..IN {
                        let mut column = [zero; IN];
                        for (y, pixel) in column.iter_mut().enumerate() {
                            *pixel = lanes.load(&pixels[y * columns + x]);
                        }
                        let column = transform_input(lanes, column);
                        for (row, value) in half.iter_mut().zip(column) {
                            row[x] = value;
                        }
                    }
                    for (y, row) in half.into_iter().enumerate() {
                        let row = transform_input(lanes, row);
                        for (x, value) in row.into_iter().enumerate() {
                            lanes.store(value, &mut self.out[(y * IN + x) * self.stride + first + tile]);
                        }
                    }
                }
                first += self.places.len();
            }
        }
    }
}

/// `Aᵀ m A` of a strip of tiles, bias and activation.
struct TransformProducts<'a, const IN: usize, const OUT: usize> {
    /// `[frequencies, output blocks, tiles]`
    products: &'a [ChannelBlock],
    bias: &'a [ChannelBlock],
    activation: Activation,
    extent: Extent,
    places: &'a [Place],
    pictures: &'a mut [Buffer],
}

impl<const IN: usize, const OUT: usize> Kernel for TransformProducts<'_, IN, OUT> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Extent { height, width } = self.extent;
        let columns = self.extent.columns();
        let stride = self.bias.len() * self.places.len();
        for (block, bias) in self.bias.iter().enumerate() {
            let bias = lanes.load(bias);
            for (tile, place) in self.places.iter().enumerate() {
                let products = &self.products[block * self.places.len() + tile..][..(IN * IN - 1) * stride + 1];
                let mut half = [[bias; IN]; OUT];
                for x in 0..IN {
                    let mut column = [bias; IN];
                    for (y, value) in column.iter_mut().enumerate() {
                        *value = lanes.load(&products[(y * IN + x) * stride]);
                    }
                    let column: [L::Block; OUT] = transform_products(lanes, column);
                    for (row, value) in half.iter_mut().zip(column) {
                        row[x] = value;
                    }
                }
                let start = block * self.extent.plane() + self.extent.place(place.y, place.x);
                let out = &mut self.pictures[place.picture].0[start..];
                // A tile may reach over the picture's edge, beyond which everything stays zero.
                let whole = place.x + OUT <= width;
                for (y, row) in half.into_iter().enumerate() {
                    if place.y + y >= height {
                        break;
                    }
                    let row: [L::Block; OUT] = transform_products(lanes, row);
                    let out = &mut out[y * columns..y * columns + OUT];
                    for (x, value) in row.into_iter().enumerate() {
                        if whole || place.x + x < width {
                            let value = self.activation.of_lanes(lanes, lanes.add(value, bias));
                            lanes.store(value, &mut out[x]);
                        }
                    }
                }
            }
        }
    }
}

/// The matrix Bᵀ times a vector of pixels.
#[inline(always)]
fn transform_input<L: Lanes, const IN: usize>(lanes: L, x: [L::Block; IN]) -> [L::Block; IN] {
    let mut out = x;
    if IN == 4 {
        out[0] = lanes.sub(x[0], x[2]);
        out[1] = lanes.add(x[1], x[2]);
        out[2] = lanes.sub(x[2], x[1]);
        out[3] = lanes.sub(x[1], x[3]);
        return out;
    }
    if IN == 5 {
        out[0] = lanes.sub(x[0], x[2]);
        out[1] = x[2];
        out[2] = lanes.sub(x[2], x[4]);
        out[3] = x[1];
        out[4] = x[3];
        return out;
    }
    let even = lanes.scale_add(-4.0, x[2], x[4]);
    let odd = lanes.scale_add(-4.0, x[1], x[3]);
    let even_far = lanes.sub(x[4], x[2]);
    let odd_far = lanes.sub(x[3], x[1]);
    out[0] = lanes.scale_add(4.0, x[0], lanes.scale_add(-5.0, x[2], x[4]));
    out[1] = lanes.add(even, odd);
    out[2] = lanes.sub(even, odd);
    out[3] = lanes.scale_add(2.0, odd_far, even_far);
    out[4] = lanes.scale_add(-2.0, odd_far, even_far);
    out[5] = lanes.scale_add(4.0, x[1], lanes.scale_add(-5.0, x[3], x[5]));
    out
}

/// The matrix Aᵀ times a vector of products.
#[inline(always)]
fn transform_products<L: Lanes, const IN: usize, const OUT: usize>(lanes: L, m: [L::Block; IN]) -> [L::Block; OUT] {
    let mut out = [m[0]; OUT];
    if IN == 5 {
        out[0] = lanes.add(lanes.add(m[0], m[1]), m[3]);
        out[1] = lanes.add(lanes.sub(m[1], m[2]), m[4]);
        return out;
    }
    let (sum, difference) = (lanes.add(m[1], m[2]), lanes.sub(m[1], m[2]));
    if IN == 4 {
        out[0] = lanes.add(m[0], sum);
        out[1] = lanes.sub(difference, m[3]);
        return out;
    }
    let (far_sum, far_difference) = (lanes.add(m[3], m[4]), lanes.sub(m[3], m[4]));
    out[0] = lanes.add(m[0], lanes.add(sum, far_sum));
    out[1] = lanes.scale_add(2.0, far_difference, difference);
    out[2] = lanes.scale_add(4.0, far_sum, sum);
    out[3] = lanes.add(lanes.scale_add(8.0, far_difference, difference), m[5]);
    out
}
