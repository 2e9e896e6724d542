//! Maps of neighbouring scales added up, as feature pyramids do: bilinear with half-pixel centres, edges repeated
//! (`torch.nn.functional.interpolate`, `align_corners = False`).

use candle_core::{Result, Tensor};

use super::channel_block::ChannelBlock;
use super::instruction_set::{InstructionSet, Kernel, Lanes};
use super::padded_maps::PaddedMaps;

/// `fine + coarse` enlarged to twice its side, both `[batch, channels, height, width]`.
pub(super) fn add_enlarged_tensor(fine: &Tensor, coarse: &Tensor) -> Result<Tensor> {
    fine + enlarged(&enlarged(coarse, 2)?, 3)?
}

/// Twice the length along an axis: each element's quarter towards either neighbour.
fn enlarged(x: &Tensor, axis: usize) -> Result<Tensor> {
    let length = x.dim(axis)?;
    let padded = x.pad_with_same(axis, 1, 1)?;
    let own = (x * 0.75)?;
    let (before, after) = (padded.narrow(axis, 0, length)?, padded.narrow(axis, 2, length)?);
    let (first, second) = ((&own + (before * 0.25)?)?, (&own + (after * 0.25)?)?);
    Tensor::stack(&[first, second], axis + 1)?.flatten(axis, axis + 1)
}

/// `coarse + fine` reduced to half its side, both `[batch, channels, height, width]`: the mean of four pixels.
pub(super) fn add_reduced_tensor(coarse: &Tensor, fine: &Tensor) -> Result<Tensor> {
    coarse + fine.avg_pool2d(2)?
}

/// `fine += coarse` enlarged to twice its side.
pub(super) fn add_enlarged(set: InstructionSet, fine: &mut PaddedMaps, coarse: &PaddedMaps) {
    set.run(AddEnlarged { fine, coarse });
}

/// `coarse += fine` reduced to half its side.
pub(super) fn add_reduced(set: InstructionSet, coarse: &mut PaddedMaps, fine: &PaddedMaps) {
    set.run(AddReduced { coarse, fine });
}

struct AddEnlarged<'a> {
    fine: &'a mut PaddedMaps,
    coarse: &'a PaddedMaps,
}

impl Kernel for AddEnlarged<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (large, small) = (self.fine.extent, self.coarse.extent);
        for (fine, coarse) in self.fine.pictures.iter_mut().zip(&self.coarse.pictures) {
            let planes = fine.0.chunks_exact_mut(large.plane());
            for (fine, coarse) in planes.zip(coarse.0.chunks_exact(small.plane())) {
                for y in 0..large.height {
                    let (near, far) = (y / 2, neighbour(y, small.height));
                    let rows = [near, far].map(|y| &coarse[small.place(y, 0)..][..small.width]);
                    let start = large.place(y, 0);
                    add_enlarged_row(lanes, rows, &mut fine[start..start + large.width]);
                }
            }
        }
    }
}

/// The pixel of the small map that has a quarter of the weight at pixel `at` of the large one.
#[inline(always)]
fn neighbour(at: usize, length: usize) -> usize {
    if at.is_multiple_of(2) {
        (at / 2).saturating_sub(1)
    } else {
        (at / 2 + 1).min(length - 1)
    }
}

#[inline(always)]
fn add_enlarged_row<L: Lanes>(lanes: L, [near, far]: [&[ChannelBlock]; 2], fine: &mut [ChannelBlock]) {
    let between = |x: usize| {
        let far = lanes.scale(0.25, lanes.load(&far[x]));
        lanes.scale_add(0.75, lanes.load(&near[x]), far)
    };
    for (x, out) in fine.iter_mut().enumerate() {
        let (near, far) = (between(x / 2), between(neighbour(x, near.len())));
        let sum = lanes.scale_add(0.75, near, lanes.scale_add(0.25, far, lanes.load(out)));
        lanes.store(sum, out);
    }
}

struct AddReduced<'a> {
    coarse: &'a mut PaddedMaps,
    fine: &'a PaddedMaps,
}

impl Kernel for AddReduced<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (large, small) = (self.fine.extent, self.coarse.extent);
        for (coarse, fine) in self.coarse.pictures.iter_mut().zip(&self.fine.pictures) {
            let planes = coarse.0.chunks_exact_mut(small.plane());
            for (coarse, fine) in planes.zip(fine.0.chunks_exact(large.plane())) {
                for y in 0..small.height {
                    let [above, below] = [2 * y, 2 * y + 1].map(|y| &fine[large.place(y, 0)..][..large.width]);
                    let start = small.place(y, 0);
                    let pairs = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
                    for (out, ([a, b], [c, d])) in coarse[start..start + small.width].iter_mut().zip(pairs) {
                        let [a, b, c, d] = [a, b, c, d].map(|pixel| lanes.load(pixel));
                        let sum = lanes.add(lanes.add(a, b), lanes.add(c, d));
                        lanes.store(lanes.scale_add(0.25, sum, lanes.load(out)), out);
                    }
                }
            }
        }
    }
}
