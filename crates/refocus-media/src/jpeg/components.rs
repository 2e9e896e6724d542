//! Where the samples of a frame's components lie: blocks, scaled blocks, planes.
//!
//! Source: ITU-T T.81, A.1 and A.2 (sizes of components, order of blocks).

use super::super::decode::zeroed;
use super::super::failure::Failure;
use super::super::jpeg_segments::{Frame, Sampling};
use super::transform::{Quantisation, ZIGZAG};

/// A component: its blocks and its plane at the scale of the decoding.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) sampling: Sampling,
    /// Samples of a scaled block, across and down: 1, 2, 4 or 8.
    pub(super) block: (u8, u8),
    /// Blocks in whole units of an interleaved scan.
    pub(super) blocks_across: usize,
    pub(super) blocks_down: usize,
    /// Blocks that hold samples of the picture: those of a scan of this component alone.
    pub(super) own_across: usize,
    pub(super) own_down: usize,
    /// Samples of the picture in the plane.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Of so many samples across and down ([`Self::whole`]) of the picture at its scale the component has so many.
    pub(super) share: (usize, usize),
    pub(super) whole: (usize, usize),
    /// Whether the picture is decoded at an eighth of its size.
    pub(super) is_smallest: bool,
    /// The place of the last coefficient that the scaled block needs, in the order of the file.
    pub(super) last_needed: usize,
    /// The table at its first scan.
    pub(super) quantisation: Option<Quantisation>,
    /// Scaled samples, rows of [`Self::stride`]; empty until the first scan.
    pub(super) plane: Vec<u8>,
}

impl Component {
    /// The components of `frame`, decoded at so many eighths of its size.
    pub(super) fn all(frame: &Frame, eighths: u32) -> Vec<Self> {
        let (widest, tallest) = frame.largest_sampling();
        let component = |sampling: &Sampling| {
            let block = scaled_block(sampling, (widest, tallest), eighths as u8);
            let across = size_along(frame.width, sampling.horizontal, widest, block.0);
            let down = size_along(frame.height, sampling.vertical, tallest, block.1);
            Self {
                sampling: *sampling,
                block,
                blocks_across: across.units * usize::from(sampling.horizontal),
                blocks_down: down.units * usize::from(sampling.vertical),
                own_across: across.own_blocks,
                own_down: down.own_blocks,
                width: across.samples,
                height: down.samples,
                share: (
                    usize::from(sampling.horizontal * block.0),
                    usize::from(sampling.vertical * block.1),
                ),
                whole: (
                    usize::from(widest) * eighths as usize,
                    usize::from(tallest) * eighths as usize,
                ),
                is_smallest: eighths == 1,
                last_needed: last_needed(block),
                quantisation: None,
                plane: Vec::new(),
            }
        };
        frame.components.iter().map(component).collect()
    }

    /// Blocks of a scan's unit, across and down: one where the component is alone in it.
    pub(super) fn unit(&self, alone: bool) -> (usize, usize) {
        if alone {
            (1, 1)
        } else {
            (self.sampling.horizontal.into(), self.sampling.vertical.into())
        }
    }

    /// Units of a scan, across and down.
    pub(super) fn units(&self, alone: bool) -> (usize, usize) {
        if alone {
            (self.own_across, self.own_down)
        } else {
            let (across, down) = self.unit(false);
            (self.blocks_across / across.max(1), self.blocks_down / down.max(1))
        }
    }

    /// Bytes of a row of the plane.
    pub(super) fn stride(&self) -> usize {
        self.blocks_across * usize::from(self.block.0)
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks_across * self.blocks_down
    }

    /// Bytes of the plane.
    pub(super) fn plane_len(&self) -> usize {
        self.blocks() * usize::from(self.block.0) * usize::from(self.block.1)
    }

    /// Makes the plane.
    pub(super) fn allocate(&mut self) -> Result<(), Failure> {
        if self.plane.is_empty() {
            self.plane = zeroed(self.plane_len())?;
        }
        Ok(())
    }

    /// Where the samples of a block begin in the plane.
    #[inline(always)]
    pub(super) fn block_at(&self, column: usize, row: usize) -> usize {
        row * usize::from(self.block.1) * self.stride() + column * usize::from(self.block.0)
    }

    /// Row `y` of the plane, without what fills up its last block; the last one where there are fewer.
    #[inline(always)]
    pub(super) fn row(&self, y: usize) -> &[u8] {
        let from = y.min(self.height.saturating_sub(1)) * self.stride();
        self.plane.get(from..from + self.width).unwrap_or_default()
    }
}

/// Sizes of a component along one direction.
struct Along {
    /// Units of an interleaved scan.
    units: usize,
    own_blocks: usize,
    /// Scaled samples of the picture.
    samples: usize,
}

fn size_along(pixels: u32, sampling: u8, largest: u8, block: u8) -> Along {
    let (pixels, sampling, largest) = (pixels as usize, usize::from(sampling), usize::from(largest));
    Along {
        units: pixels.div_ceil(8 * largest),
        own_blocks: (pixels * sampling).div_ceil(8 * largest),
        samples: (pixels * sampling * usize::from(block)).div_ceil(8 * largest),
    }
}

/// Components with fewer samples than others have larger scaled blocks, up to the full ones, so that less or nothing is left
/// to enlarge.
fn scaled_block(sampling: &Sampling, (widest, tallest): (u8, u8), eighths: u8) -> (u8, u8) {
    let along = |own: u8, largest: u8| {
        let mut side = eighths;
        while side < 8 && (largest * eighths).is_multiple_of(own * side * 2) {
            side *= 2;
        }
        side
    };
    (along(sampling.horizontal, widest), along(sampling.vertical, tallest))
}

fn last_needed((across, down): (u8, u8)) -> usize {
    ZIGZAG
        .iter()
        .rposition(|&place| place % 8 < across && place / 8 < down)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::super::jpeg_segments::Coding;
    use super::*;

    fn frame(width: u32, height: u32, samplings: &[(u8, u8)]) -> Frame {
        Frame {
            width,
            height,
            precision: 8,
            coding: Coding::Sequential,
            components: samplings
                .iter()
                .map(|&(horizontal, vertical)| Sampling {
                    id: 0,
                    horizontal,
                    vertical,
                    quantisation: 0,
                })
                .collect(),
        }
    }

    /// Block, blocks of all units, own blocks, samples of each component.
    fn sizes(frame: &Frame, eighths: u32) -> Vec<[(usize, usize); 4]> {
        Component::all(frame, eighths)
            .iter()
            .map(|c| {
                [
                    (c.block.0.into(), c.block.1.into()),
                    (c.blocks_across, c.blocks_down),
                    (c.own_across, c.own_down),
                    (c.width, c.height),
                ]
            })
            .collect()
    }

    #[test]
    fn components_with_fewer_samples_get_larger_blocks_where_that_fits() {
        // 4:2:0, 33 × 17 pixels: 3 × 2 units of 16 × 16.
        let of_420 = frame(33, 17, &[(2, 2), (1, 1), (1, 1)]);
        let full = sizes(&of_420, 8);
        assert_eq!(full[0], [(8, 8), (6, 4), (5, 3), (33, 17)]);
        assert_eq!(full[1], [(8, 8), (3, 2), (3, 2), (17, 9)]);
        let quarter = sizes(&of_420, 2);
        assert_eq!(quarter[0], [(2, 2), (6, 4), (5, 3), (9, 5)]);
        assert_eq!(quarter[1], [(4, 4), (3, 2), (3, 2), (9, 5)]);
        let of_411 = frame(33, 17, &[(4, 1), (1, 1), (1, 1)]);
        assert_eq!(sizes(&of_411, 4)[1], [(8, 4), (2, 3), (2, 3), (9, 9)]);
        assert_eq!(sizes(&of_411, 1)[1], [(4, 1), (2, 3), (2, 3), (5, 3)]);
        // A third of the samples cannot be made up for.
        assert_eq!(sizes(&frame(48, 8, &[(3, 1), (1, 1), (2, 1)]), 2)[1][0], (2, 2));
    }

    #[test]
    fn a_component_alone_has_blocks_of_its_own_whatever_its_sampling() {
        let [grey] = sizes(&frame(20, 20, &[(2, 2)]), 8)[..] else {
            panic!("one component");
        };
        assert_eq!(grey, [(8, 8), (4, 4), (3, 3), (20, 20)]);
    }

    #[test]
    fn the_coefficients_that_a_scaled_block_needs_come_first() {
        let of = |across, down| last_needed((across, down));
        assert_eq!((of(1, 1), of(2, 2), of(4, 4), of(8, 8)), (0, 4, 24, 63));
        assert_eq!((of(2, 1), of(1, 2), of(4, 2), of(8, 1)), (1, 2, 13, 28));
    }
}
