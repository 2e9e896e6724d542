//! Sixteen channels of one pixel: the unit in which kernels store, load and compute.
//!
//! A *blocked* picture is `[channel blocks, pixels]` of these; channels beyond the last are zero. Vectors of any width
//! up to 512 bits divide a block, and a block is one cache line.

/// Channels in a block.
pub(crate) const CHANNELS: usize = 16;

/// Sixteen consecutive channels of one pixel, or sixteen consecutive outputs of a weight matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct ChannelBlock(pub(crate) [f32; CHANNELS]);

impl ChannelBlock {
    pub(crate) const ZERO: Self = Self([0.0; CHANNELS]);

    /// The block that holds up to sixteen values; the other lanes are zero.
    pub(crate) fn from_values(values: &[f32]) -> Self {
        let mut block = Self::ZERO;
        for (lane, value) in block.0.iter_mut().zip(values) {
            *lane = *value;
        }
        block
    }
}

/// Vector of channels (a bias) as blocks.
pub(crate) fn blocks_of(values: &[f32]) -> Vec<ChannelBlock> {
    values.chunks(CHANNELS).map(ChannelBlock::from_values).collect()
}

/// Writes NHWC pixels into blocked form: block `b` of pixel `p` goes to `blocked[place(p, b)]`.
pub(super) fn block_pixels(
    pixels: &[f32],
    channels: usize,
    blocked: &mut [ChannelBlock],
    place: impl Fn(usize, usize) -> usize,
) {
    for (p, pixel) in pixels.chunks_exact(channels).enumerate() {
        let (full, rest) = pixel.as_chunks::<CHANNELS>();
        for (b, values) in full.iter().enumerate() {
            blocked[place(p, b)].0 = *values;
        }
        if !rest.is_empty() {
            blocked[place(p, full.len())] = ChannelBlock::from_values(rest);
        }
    }
}

/// The reverse, for a picture stored as `[channel blocks, pixels]`.
pub(super) fn unblock_pixels(blocked: &[ChannelBlock], channels: usize, pixels: &mut [f32]) {
    let count = pixels.len() / channels;
    for (p, pixel) in pixels.chunks_exact_mut(channels).enumerate() {
        for (b, values) in pixel.chunks_mut(CHANNELS).enumerate() {
            values.copy_from_slice(&blocked[b * count + p].0[..values.len()]);
        }
    }
}

/// The first `len` elements of a scratch buffer that only ever grows; what they hold is left over from earlier use.
pub(crate) fn at_least(buffer: &mut Vec<ChannelBlock>, len: usize) -> &mut [ChannelBlock] {
    if buffer.len() < len {
        buffer.resize(len, ChannelBlock::ZERO);
    }
    &mut buffer[..len]
}
