//! Whole inverted residual blocks in strips of rows, so that expanded activations never leave the cache.
//!
//! For each strip of output rows: the input rows that it needs and that are not there yet are expanded into a ring of
//! padded rows, the depthwise convolution reads the ring, and the projection writes the strip of the output.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::channel_block::{ChannelBlock, at_least, block_pixels, unblock_pixels};
use super::depthwise::{DepthwiseRows, PackedDepthwise};
use super::instruction_set::InstructionSet;
use super::matrix::{MatMul, PackedMatrix, ToNhwc, ToPaddedRows};
use super::padding::SamePadding;
use super::{Activation, contiguous};

/// Bytes that the ring of expanded rows may take: with the buffers beside it, half of a 1 MiB second-level cache.
const RING_BYTES: usize = 320 << 10;

/// Expand (1×1, ReLU6) → depthwise (ReLU6) → project (1×1) (+ input); the first and the last are optional.
#[derive(Debug)]
pub(super) struct FusedBlock {
    set: InstructionSet,
    expand: Option<PackedMatrix>,
    depthwise: PackedDepthwise,
    project: Option<PackedMatrix>,
    residual: bool,
}

/// Buffers of one thread, reused by all blocks.
#[derive(Debug, Default)]
struct Scratch {
    /// Input pixels of a strip, blocked.
    input: Vec<ChannelBlock>,
    /// Expanded rows, padded.
    ring: Vec<ChannelBlock>,
    /// Depthwise outputs of a strip.
    depthwise: Vec<ChannelBlock>,
    zeros: Vec<ChannelBlock>,
    /// Where in the ring each input pixel of a strip goes.
    places: Vec<usize>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Sizes of one picture on its way through a block.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    height: usize,
    width: usize,
    rows: SamePadding,
    columns: SamePadding,
    padded_columns: usize,
    /// Output rows of a strip.
    strip: usize,
    /// Input rows that the ring holds.
    slots: usize,
}

impl FusedBlock {
    /// A block of layers whose channels must fit together; `residual` adds the input to the projection.
    pub(super) fn new(
        set: InstructionSet,
        expand: Option<PackedMatrix>,
        depthwise: PackedDepthwise,
        project: Option<PackedMatrix>,
        residual: bool,
    ) -> Result<Self> {
        let fits = expand.as_ref().is_none_or(|m| m.outputs == depthwise.channels)
            && project.as_ref().is_none_or(|m| m.inputs == depthwise.channels);
        let block = Self {
            set,
            expand,
            depthwise,
            project,
            residual,
        };
        if !fits || (residual && (block.inputs() != block.outputs() || block.depthwise.stride != 1)) {
            candle_core::bail!("the layers of an inverted residual block do not fit together");
        }
        Ok(block)
    }

    fn inputs(&self) -> usize {
        self.expand.as_ref().map_or(self.depthwise.channels, |m| m.inputs)
    }

    fn outputs(&self) -> usize {
        self.project.as_ref().map_or(self.depthwise.channels, |m| m.outputs)
    }

    fn geometry(&self, height: usize, width: usize) -> Geometry {
        let (size, stride) = (self.depthwise.size, self.depthwise.stride);
        let (rows, columns) = (
            SamePadding::new(height, size, stride),
            SamePadding::new(width, size, stride),
        );
        let padded_columns = columns.before + width + columns.after;
        let row_bytes = self.depthwise.blocks() * padded_columns * size_of::<ChannelBlock>();
        let strip = ((RING_BYTES / row_bytes.max(1)).saturating_sub(size) / stride + 1).min(rows.outputs);
        Geometry {
            height,
            width,
            rows,
            columns,
            padded_columns,
            strip,
            slots: (strip - 1) * stride + size,
        }
    }

    /// One picture: `input` is `[height, width, inputs]`, `out` `[output rows, output columns, outputs]`.
    fn picture(&self, scratch: &mut Scratch, geometry: Geometry, input: &[f32], out: &mut [f32]) {
        let Geometry {
            rows,
            columns,
            strip,
            slots,
            padded_columns,
            ..
        } = geometry;
        let blocks = self.depthwise.blocks();
        let Scratch {
            input: input_blocks,
            ring,
            depthwise,
            zeros,
            places,
        } = scratch;
        let ring = at_least(ring, blocks * slots * padded_columns);
        for row in ring.chunks_exact_mut(padded_columns) {
            row[..columns.before].fill(ChannelBlock::ZERO);
            row[columns.before + geometry.width..].fill(ChannelBlock::ZERO);
        }
        let mut expanded = 0;
        for first in (0..rows.outputs).step_by(strip) {
            let count = strip.min(rows.outputs - first);
            let last = (first + count - 1) * self.depthwise.stride + self.depthwise.size;
            let needed = last.saturating_sub(rows.before).min(geometry.height);
            places.clear();
            for y in expanded..needed {
                let start = y % slots * padded_columns + columns.before;
                places.extend(start..start + geometry.width);
            }
            let pixels = &input[expanded * geometry.width * self.inputs()..needed * geometry.width * self.inputs()];
            self.expand(pixels, places, slots * padded_columns, input_blocks, ring);
            expanded = needed;

            let outputs = count * columns.outputs;
            let depthwise = at_least(depthwise, blocks * outputs);
            self.set.run(DepthwiseRows {
                layer: &self.depthwise,
                ring,
                slots,
                padded_columns,
                zeros: at_least(zeros, padded_columns),
                height: geometry.height,
                padding: rows,
                first,
                columns: columns.outputs,
                out: depthwise,
            });
            let range = first * columns.outputs * self.outputs()..(first * columns.outputs + outputs) * self.outputs();
            self.project(
                depthwise,
                outputs,
                self.residual.then(|| &input[range.clone()]),
                &mut out[range],
            );
        }
    }

    /// Input pixels (NHWC) into their places in the ring.
    fn expand(
        &self,
        pixels: &[f32],
        places: &[usize],
        stride: usize,
        blocked: &mut Vec<ChannelBlock>,
        ring: &mut [ChannelBlock],
    ) {
        let Some(matrix) = &self.expand else {
            block_pixels(pixels, self.inputs(), ring, |p, b| b * stride + places[p]);
            return;
        };
        let count = places.len();
        let blocked = at_least(blocked, matrix.input_blocks() * count);
        block_pixels(pixels, matrix.inputs, blocked, |p, b| b * count + p);
        let epilogue = ToPaddedRows {
            out: ring,
            stride,
            places,
        };
        self.set.run(MatMul {
            activations: blocked,
            pixels: count,
            panels: matrix.panels(),
            epilogue,
        });
    }

    fn project(&self, depthwise: &[ChannelBlock], pixels: usize, residual: Option<&[f32]>, out: &mut [f32]) {
        let Some(matrix) = &self.project else {
            unblock_pixels(depthwise, self.outputs(), out);
            return;
        };
        let epilogue = ToNhwc {
            out,
            channels: matrix.outputs,
            activation: Activation::Identity,
            residual,
        };
        self.set.run(MatMul {
            activations: depthwise,
            pixels,
            panels: matrix.panels(),
            epilogue,
        });
    }
}

/// Runs a block on `[batch, height, width, channels]`.
pub(super) fn apply(block: &FusedBlock, x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1_no_bwd(&Op(block))
}

struct Op<'a>(&'a FusedBlock);

impl CustomOp1 for Op<'_> {
    fn name(&self) -> &'static str {
        "inverted residual block"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let block = self.0;
        let input = contiguous(storage, layout)?;
        let (batch, height, width, channels) = layout.shape().dims4()?;
        if channels != block.inputs() || height == 0 || width == 0 {
            candle_core::bail!("{} input channels expected, shape {:?}", block.inputs(), layout.shape());
        }
        let geometry = block.geometry(height, width);
        let shape = (batch, geometry.rows.outputs, geometry.columns.outputs, block.outputs());
        let mut out = vec![0.0; shape.0 * shape.1 * shape.2 * shape.3];
        SCRATCH.with_borrow_mut(|scratch| {
            let pictures = input.chunks_exact(height * width * channels);
            for (input, out) in pictures.zip(out.chunks_exact_mut(shape.1 * shape.2 * shape.3)) {
                block.picture(scratch, geometry, input, out);
            }
        });
        Ok((CpuStorage::F32(out), shape.into()))
    }
}
