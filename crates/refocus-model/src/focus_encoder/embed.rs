//! The fast path: photo tokens as they are stored → conditional embeddings, a tile of photos at a time.
//!
//! Attention reads the int8 tokens in place; dense layers and everything around them go over a tile that stays in the
//! cache. Nothing is allocated a photo. The numbers are those of the candle graph on the dequantised tokens (tested).

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use super::answers::{Answers, Shares};
use super::attend::{Attend, HEADS, TOKEN_BLOCKS};
#[cfg(target_arch = "x86_64")]
use super::attend_int16::{AttendInt16, Attended};
use super::condition::FocusCondition;
use crate::encoding::{PLAIN_DIM, Part, SEMANTIC_DIM, stored_conse, stored_histogram, stored_plain};
use crate::named_colours::COLOURS;
use crate::ops::InstructionSet;
use crate::ops::channel_block::{CHANNELS, ChannelBlock};
use crate::ops::instruction_set::{Kernel, Lanes};
use crate::ops::int16::RoundedRows;
use crate::vector_math::{exp_of_negative, normalise};

/// Photos of a tile: a multiple of the rows that the dense layers' tiles take (9 and 6).
pub const TILE: usize = 36;
/// Weights below this add a part that nobody would notice, and cost its length in memory.
pub(super) const LEAST_ROUTE: f32 = 0.02;

/// x · sigmoid(x), element by element.
struct Silu<'a>(&'a mut [ChannelBlock]);

impl Kernel for Silu<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        for block in self.0 {
            for lane in 0..CHANNELS {
                let x = block.0[lane];
                // e⁻ˣ for positive x, eˣ for negative: neither overflows.
                let e = exp_of_negative(-x.abs());
                block.0[lane] = x * if x >= 0.0 { 1.0 } else { e } / (1.0 + e);
            }
        }
    }
}

/// Reads one part of every photo into blocks, `[blocks, photos]`.
struct Gather<'a, const N: usize, F> {
    rows: &'a [u8],
    bytes: usize,
    read: F,
    out: &'a mut [ChannelBlock],
}

impl<const N: usize, F: Fn(&[u8], &mut [f32; N])> Kernel for Gather<'_, N, F> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let photos = self.rows.len() / self.bytes.max(1);
        let mut factors = [0.0; N];
        for (photo, row) in self.rows.chunks_exact(self.bytes).enumerate() {
            (self.read)(row, &mut factors);
            for (block, values) in factors.as_chunks::<CHANNELS>().0.iter().enumerate() {
                self.out[block * photos + photo].0 = *values;
            }
        }
    }
}

/// What a tile goes through, kept from tile to tile.
#[derive(Default)]
pub struct Scratch {
    attended: Vec<ChannelBlock>,
    values: Vec<ChannelBlock>,
    hidden: Vec<ChannelBlock>,
    h: Vec<ChannelBlock>,
    factors: Vec<ChannelBlock>,
    semantic: Vec<ChannelBlock>,
    colour: Vec<ChannelBlock>,
    y: Vec<ChannelBlock>,
    cosines: Vec<ChannelBlock>,
    rounded: RoundedRows,
}

fn room(buffer: &mut Vec<ChannelBlock>, blocks: usize) -> &mut [ChannelBlock] {
    crate::ops::channel_block::at_least(buffer, blocks)
}

impl FocusCondition {
    /// What the heads find in a tile of photos, as values: `[heads, value blocks, photos]`.
    fn values_of_heads(
        &self,
        set: InstructionSet,
        (rows, bytes): (&[u8], usize),
        (attended, rounded): (&mut Vec<ChannelBlock>, &mut RoundedRows),
        values: &mut [ChannelBlock],
        found: &mut [f32],
    ) {
        let photos = found.len();
        let of_head = values.len() / HEADS;
        #[cfg(target_arch = "x86_64")]
        {
            let (blocks, scales) = rounded.at_least(HEADS * TOKEN_BLOCKS * photos, HEADS * photos);
            let attend = self.attend_int16(
                (rows, bytes),
                Attended::Rounded(&mut *blocks, &mut *scales),
                &mut *found,
            );
            if set.run_pairs(attend).is_none() {
                let blocks = blocks.chunks_exact_mut(TOKEN_BLOCKS * photos);
                let heads = blocks
                    .zip(scales.chunks_exact_mut(photos))
                    .zip(values.chunks_exact_mut(of_head));
                for (value, ((blocks, scales), values)) in self.values.iter().zip(heads) {
                    value.product(set, blocks, scales, values);
                }
                return;
            }
        }
        let _ = rounded;
        let attended = room(attended, HEADS * TOKEN_BLOCKS * photos);
        self.attend(set, (rows, bytes), attended, found);
        let heads = attended
            .chunks_exact(TOKEN_BLOCKS * photos)
            .zip(values.chunks_exact_mut(of_head));
        for (value, (attended, values)) in self.values.iter().zip(heads) {
            value.apply(set, attended, photos, values);
        }
    }

    fn attend(
        &self,
        set: InstructionSet,
        (rows, bytes): (&[u8], usize),
        attended: &mut [ChannelBlock],
        found: &mut [f32],
    ) {
        #[cfg(target_arch = "x86_64")]
        if set
            .run_eight_pairs(self.attend_int16((rows, bytes), Attended::Floats(&mut *attended), &mut *found))
            .is_none()
        {
            return;
        }
        set.run_heads(Attend {
            queries: &self.queries,
            zero: self.zero,
            rows,
            bytes,
            attended,
            found,
        });
    }

    #[cfg(target_arch = "x86_64")]
    fn attend_int16<'a>(
        &'a self,
        (rows, bytes): (&'a [u8], usize),
        attended: Attended<'a>,
        found: &'a mut [f32],
    ) -> AttendInt16<'a> {
        AttendInt16 {
            queries: &self.rounded_queries,
            zero: self.zero,
            rows,
            bytes,
            attended,
            found,
        }
    }

    /// Length of a conditional embedding: y, then the parts that the router gives any weight, then the answers.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim_without_answers() + self.answers_in_use().map_or(0, Answers::dim)
    }

    /// The same without the answers.
    #[must_use]
    pub fn dim_without_answers(&self) -> usize {
        let part = |weight: f32, length: usize| if weight >= LEAST_ROUTE { length } else { 0 };
        self.config.output
            + part(self.routes.plain, PLAIN_DIM)
            + part(self.routes.foreground, COLOURS)
            + part(self.routes.background, COLOURS)
    }

    /// Length of y at the front of a conditional embedding: what is compared with texts.
    #[must_use]
    pub fn y_dim(&self) -> usize {
        self.config.output
    }

    /// Conditional embeddings of stored encodings (`[photos, bytes]`), each of length `length`, or 0 where an encoding
    /// holds values that are no numbers. They go to the first [`FocusCondition::dim`] values of every `stride`-th of `out`;
    /// how much of the attention found something, 0–1, goes to `found` (`[photos]`).
    pub fn embed(
        &self,
        set: InstructionSet,
        rows: &[u8],
        bytes: usize,
        scratch: &mut Scratch,
        (out, stride, length): (&mut [f32], usize, f32),
        found: &mut [f32],
    ) {
        let tiles = rows
            .chunks(TILE * bytes.max(1))
            .zip(out.chunks_mut(TILE * stride.max(1)))
            .zip(found.chunks_mut(TILE));
        for ((rows, out), found) in tiles {
            self.embed_tile(set, rows, bytes, scratch, (out, stride, length), found);
        }
    }

    /// Conditional embeddings of stored encodings (`[photos, bytes]`), each of unit length: `[photos, dim]`.
    #[must_use]
    pub fn embedded(&self, rows: &[u8], bytes: usize) -> Vec<f32> {
        let photos = rows.len().checked_div(bytes).unwrap_or(0);
        let (mut out, mut found) = (vec![0.0; photos * self.dim()], vec![0.0; photos]);
        let to = (out.as_mut_slice(), self.dim(), 1.0);
        self.embed(
            InstructionSet::best(),
            rows,
            bytes,
            &mut Scratch::default(),
            to,
            &mut found,
        );
        out
    }

    fn embed_tile(
        &self,
        set: InstructionSet,
        rows: &[u8],
        bytes: usize,
        scratch: &mut Scratch,
        (out, stride, length): (&mut [f32], usize, f32),
        found: &mut [f32],
    ) {
        let photos = found.len();
        let rounded = &mut scratch.rounded;
        let of_heads = HEADS * self.config.value_dim / CHANNELS * photos;
        let values = room(&mut scratch.values, of_heads);
        self.values_of_heads(
            set,
            (rows, bytes),
            (&mut scratch.attended, &mut *rounded),
            values,
            found,
        );
        set.run(Silu(values));
        let hidden = room(&mut scratch.hidden, self.hidden.output_blocks() * photos);
        self.hidden.apply_rounded(set, values, photos, hidden, rounded);
        set.run(Silu(hidden));
        let h = room(&mut scratch.h, self.output.output_blocks() * photos);
        self.output.apply_rounded(set, hidden, photos, h, rounded);
        let outputs = h.len();
        let semantic: &[ChannelBlock] = if self.routes.semantic >= LEAST_ROUTE {
            let factors = room(&mut scratch.factors, SEMANTIC_DIM / CHANNELS * photos);
            set.run(Gather::<SEMANTIC_DIM, _> {
                rows,
                bytes,
                read: stored_conse,
                out: factors,
            });
            let out = room(&mut scratch.semantic, outputs);
            self.semantic.apply_rounded(set, factors, photos, out, rounded);
            out
        } else {
            &[]
        };
        let colour: &[ChannelBlock] = if self.routes.colour >= LEAST_ROUTE {
            let factors = room(&mut scratch.factors, COLOURS / CHANNELS * photos);
            set.run(Gather::<COLOURS, _> {
                rows,
                bytes,
                read: foreground,
                out: factors,
            });
            let out = room(&mut scratch.colour, outputs);
            self.colours.apply_rounded(set, factors, photos, out, rounded);
            out
        } else {
            &[]
        };
        let share = self.share_of_answers();
        let y = match self.answers_in_use() {
            Some(_) => room(&mut scratch.y, outputs),
            None => &mut [],
        };
        set.run(Assemble {
            condition: self,
            rows,
            bytes,
            h,
            residuals: [(semantic, self.routes.semantic), (colour, self.routes.colour)],
            photos,
            out: &mut *out,
            stride,
            length: length * (1.0 - share).sqrt(),
            y: &mut *y,
        });
        if let Some(answers) = self.answers_in_use() {
            let cosines = room(&mut scratch.cosines, answers.layer.output_blocks() * photos);
            answers.layer.apply_rounded(set, y, photos, cosines, rounded);
            set.run(Shares {
                answers,
                cosines,
                out,
                stride,
                dim: self.dim(),
                length: length * share.sqrt(),
            });
        }
    }
}

#[inline(always)]
fn foreground(row: &[u8], shares: &mut [f32; COLOURS]) {
    stored_histogram(row, Part::Foreground, shares);
}

/// Conditional embeddings from h and the residual parts, all `[blocks, photos]`.
struct Assemble<'a> {
    condition: &'a FocusCondition,
    rows: &'a [u8],
    bytes: usize,
    h: &'a [ChannelBlock],
    /// With their weights; nothing where the weight is too small.
    residuals: [(&'a [ChannelBlock], f32); 2],
    photos: usize,
    out: &'a mut [f32],
    stride: usize,
    length: f32,
    /// Receives y, unit length, `[blocks, photos]`, where it is not empty.
    y: &'a mut [ChannelBlock],
}

impl Kernel for Assemble<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let routes = self.condition.routes;
        let dim = self.condition.dim_without_answers();
        let photos = self.rows.chunks_exact(self.bytes).zip(self.out.chunks_mut(self.stride));
        for (photo, (row, out)) in photos.enumerate() {
            let Some((y, rest)) = out
                .get_mut(..dim)
                .and_then(|out| out.split_at_mut_checked(self.condition.config.output))
            else {
                return;
            };
            let of_photo = |blocks: &'_ [ChannelBlock], n: usize| blocks[n * self.photos + photo].0;
            let y_blocks = y.as_chunks_mut::<CHANNELS>().0;
            let scale = reciprocal_length(self.h, self.photos, photo, 1.0);
            for (n, y) in y_blocks.iter_mut().enumerate() {
                let h = of_photo(self.h, n);
                for lane in 0..CHANNELS {
                    y[lane] = h[lane] * scale;
                }
            }
            for (residual, weight) in self.residuals {
                if residual.is_empty() {
                    continue;
                }
                let scale = reciprocal_length(residual, self.photos, photo, weight);
                for (n, y) in y_blocks.iter_mut().enumerate() {
                    let part = of_photo(residual, n);
                    for lane in 0..CHANNELS {
                        y[lane] += part[lane] * scale;
                    }
                }
            }
            normalise(y);
            if !self.condition.answer_bias.is_empty() {
                for (y, bias) in y
                    .as_chunks_mut::<CHANNELS>()
                    .0
                    .iter_mut()
                    .zip(&self.condition.answer_bias)
                {
                    for lane in 0..CHANNELS {
                        y[lane] += bias.0[lane];
                    }
                }
                normalise(y);
            }
            for (n, y) in y.as_chunks::<CHANNELS>().0.iter().enumerate() {
                if let Some(to) = self.y.get_mut(n * self.photos + photo) {
                    to.0 = *y;
                }
            }
            y.iter_mut().for_each(|y| *y *= routes.text);
            let squares = routes.text * routes.text + other_parts(&routes, row, rest);
            let sum: f32 = y_sum(y);
            let scale = self.length / squares.sqrt();
            if scale.is_finite() && sum.is_finite() {
                out[..dim].iter_mut().for_each(|x| *x *= scale);
            } else {
                out[..dim].fill(0.0);
            }
        }
    }
}

/// Plain vector and colours as far as the router gives them weight, each times its weight; returns the sum of squared
/// weights.
#[inline(always)]
fn other_parts(routes: &super::Routes, row: &[u8], mut rest: &mut [f32]) -> f32 {
    let mut squares = 0.0;
    if routes.plain >= LEAST_ROUTE
        && let Some((plain, others)) = std::mem::take(&mut rest).split_at_mut_checked(PLAIN_DIM)
    {
        stored_plain(row, plain);
        plain.iter_mut().for_each(|x| *x *= routes.plain);
        squares += routes.plain * routes.plain;
        rest = others;
    }
    for (part, weight) in [
        (Part::Foreground, routes.foreground),
        (Part::Background, routes.background),
    ] {
        if weight >= LEAST_ROUTE
            && let Some((to, others)) = std::mem::take(&mut rest).split_at_mut_checked(COLOURS)
        {
            let mut histogram = [0.0; COLOURS];
            stored_histogram(row, part, &mut histogram);
            for (to, share) in to.iter_mut().zip(&histogram) {
                *to = share.max(0.0).sqrt();
            }
            normalise(to);
            to.iter_mut().for_each(|x| *x *= weight);
            squares += weight * weight;
            rest = others;
        }
    }
    squares
}

/// `weight` over the length of one photo's vector; 0 for a vector without length.
#[inline(always)]
fn reciprocal_length(blocks: &[ChannelBlock], photos: usize, photo: usize, weight: f32) -> f32 {
    let mut squares = [0.0f32; CHANNELS];
    for block in blocks[photo..].iter().step_by(photos) {
        for lane in 0..CHANNELS {
            squares[lane] += block.0[lane] * block.0[lane];
        }
    }
    let length = squares.iter().sum::<f32>().sqrt();
    if length > 1e-12 { weight / length } else { 0.0 }
}

/// Not a number, or infinite, if any of the values is.
#[inline(always)]
fn y_sum(y: &[f32]) -> f32 {
    let mut sums = [0.0f32; CHANNELS];
    for values in y.as_chunks::<CHANNELS>().0 {
        for lane in 0..CHANNELS {
            sums[lane] += values[lane].abs();
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests;
