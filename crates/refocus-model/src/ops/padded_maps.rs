//! Feature maps as the kernels of dense 3×3 convolutions want them: planes of channel blocks with a border of zeros, so that
//! no kernel asks whether a pixel lies inside. They never pass through candle tensors between two layers.

use std::cell::RefCell;

use super::channel_block::{CHANNELS, ChannelBlock};

/// Pixels that a plane is filled up to, in both directions: the largest output tile of the Winograd kernels.
const FILL: usize = 4;
/// Buffers that a thread keeps for its next photos.
const KEPT: usize = 64;

/// Height and width of maps, pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Extent {
    /// Pixels of a padded row.
    pub(super) fn columns(self) -> usize {
        self.width.next_multiple_of(FILL) + 2
    }

    /// Blocks of a padded plane.
    pub(super) fn plane(self) -> usize {
        (self.height.next_multiple_of(FILL) + 2) * self.columns()
    }

    /// Where a pixel lies in a plane.
    #[inline(always)]
    pub(super) fn place(self, y: usize, x: usize) -> usize {
        (y + 1) * self.columns() + x + 1
    }
}

/// Maps of a batch of pictures.
#[derive(Debug)]
pub(super) struct PaddedMaps {
    pub(super) extent: Extent,
    /// Blocks of sixteen channels.
    pub(super) blocks: usize,
    /// For each picture `[blocks, padded rows, padded columns]`.
    pub(super) pictures: Vec<Buffer>,
}

impl PaddedMaps {
    /// Room for `pictures` maps: the border is zero, what lies inside is left over from earlier use.
    pub(super) fn room(extent: Extent, channels: usize, pictures: usize) -> Self {
        let blocks = channels.div_ceil(CHANNELS);
        let pictures = (0..pictures).map(|_| {
            let mut buffer = Buffer::take(blocks * extent.plane());
            for plane in buffer.0.chunks_exact_mut(extent.plane()) {
                clear_border(extent, plane);
            }
            buffer
        });
        Self {
            extent,
            blocks,
            pictures: pictures.collect(),
        }
    }
}

fn clear_border(extent: Extent, plane: &mut [ChannelBlock]) {
    for (row, pixels) in plane.chunks_exact_mut(extent.columns()).enumerate() {
        if row == 0 || row > extent.height {
            pixels.fill(ChannelBlock::ZERO);
        } else {
            pixels[0] = ChannelBlock::ZERO;
            pixels[extent.width + 1..].fill(ChannelBlock::ZERO);
        }
    }
}

thread_local! {
    static FREE: RefCell<Vec<Vec<ChannelBlock>>> = const { RefCell::new(Vec::new()) };
}

/// Channel blocks that go back to their thread when they are dropped: fresh memory for each layer costs more than some of the
/// layers.
#[derive(Debug)]
pub(super) struct Buffer(pub(super) Vec<ChannelBlock>);

impl Buffer {
    /// The smallest kept buffer that is large enough. Where none is, the largest one makes room for a new one: maps of many sizes
    /// leave no more behind than those of the largest size.
    fn take(len: usize) -> Self {
        let kept = FREE.with_borrow_mut(|free| {
            let fitting = |(_, buffer): &(usize, &Vec<ChannelBlock>)| buffer.capacity() >= len;
            let smallest = free.iter().enumerate().filter(fitting);
            match smallest.min_by_key(|(_, buffer)| buffer.capacity()) {
                Some((at, _)) => Some(free.swap_remove(at)),
                None => {
                    let largest = free.iter().enumerate().max_by_key(|(_, buffer)| buffer.capacity());
                    if let Some((at, _)) = largest {
                        free.swap_remove(at);
                    }
                    None
                }
            }
        });
        let mut blocks = kept.unwrap_or_else(|| Vec::with_capacity(len));
        blocks.resize(len, ChannelBlock::ZERO);
        Self(blocks)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let blocks = std::mem::take(&mut self.0);
        // A thread that ends has nothing to keep.
        let _ended = FREE.try_with(|free| {
            if let Ok(mut free) = free.try_borrow_mut()
                && free.len() < KEPT
            {
                free.push(blocks);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_that_grow_leave_no_more_behind_than_the_largest_needs() {
        for height in (8..=400).step_by(4) {
            drop(PaddedMaps::room(Extent { height, width: 64 }, 16, 2));
        }
        let kept: usize = FREE.with_borrow(|free| free.iter().map(Vec::capacity).sum());
        let largest = Extent { height: 400, width: 64 }.plane();
        assert!(
            kept <= 2 * largest,
            "{kept} blocks kept, {largest} in the largest plane"
        );
    }

    #[test]
    fn the_border_is_zero_also_in_a_buffer_that_was_used() {
        let extent = Extent { height: 5, width: 6 };
        assert_eq!((extent.columns(), extent.plane()), (10, 100));
        let mut used = PaddedMaps::room(extent, 16, 1);
        used.pictures[0].0.fill(ChannelBlock([f32::NAN; CHANNELS]));
        drop(used);
        let maps = PaddedMaps::room(extent, 16, 1);
        let inside: Vec<usize> = (0..5).flat_map(|y| (0..6).map(move |x| extent.place(y, x))).collect();
        for (at, block) in maps.pictures[0].0.iter().enumerate() {
            assert!(inside.contains(&at) || *block == ChannelBlock::ZERO, "{at}");
        }
    }
}
