//! The depthwise 3×3 convolution of a mixer, and the means of what it gives, which are had without computing it.

use super::super::channel_block::{CHANNELS, ChannelBlock, blocks_of};
use super::super::depthwise::pixels;
use super::super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::super::padded_maps::{Extent, PaddedMaps};
use super::super::separable::packed;
use super::super::{Activation, Excitation};

/// Weights of a kernel.
const TAPS: usize = 9;

/// Depthwise weights in blocks of sixteen channels.
#[derive(Debug, Clone)]
pub(super) struct Filters {
    /// `[input blocks, 9]`
    weight: Vec<[ChannelBlock; TAPS]>,
    /// `[input blocks]`
    bias: Vec<ChannelBlock>,
}

impl Filters {
    /// From a weight (`[3, 3, channels]`) and a bias (`[channels]`).
    pub(super) fn new(weight: &[f32], bias: &[f32]) -> Self {
        Self {
            weight: packed(weight, bias.len()),
            bias: blocks_of(bias),
        }
    }

    /// The filters of a picture, multiplied by the factors that its filtered map excites: as good as multiplying the map, and less to
    /// do.
    pub(super) fn excited(
        &self,
        set: InstructionSet,
        excitation: &Excitation,
        maps: &PaddedMaps,
        picture: usize,
    ) -> Option<Self> {
        let means = self.means(set, maps, picture)?;
        let factors = blocks_of(&excitation.factors(&means));
        let mut excited = self.clone();
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

/// Rows of the depthwise convolution, `[input blocks, rows, columns]`, or of the maps themselves.
pub(super) struct Filter<'a> {
    pub(super) filters: Option<&'a Filters>,
    pub(super) strides: (usize, usize),
    pub(super) maps: &'a PaddedMaps,
    pub(super) picture: usize,
    /// First output row.
    pub(super) first: usize,
    /// Output columns.
    pub(super) columns: usize,
    pub(super) out: &'a mut [ChannelBlock],
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
