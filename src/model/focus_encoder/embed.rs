//! The fast path: photo tokens as they are stored → conditional embeddings, a block of photos at a time.
//!
//! Attention reads the int8 tokens in place; the three products behind it go over the whole block at once. Nothing is
//! allocated a photo. The numbers are those of the candle graph on the dequantised tokens (tested).

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use candle_core::{Device, Tensor};

use super::condition::FocusCondition;
use crate::model::ModelError;
use crate::model::colour_statistics::REGIONS;
use crate::model::encoding::{
    PLAIN_DIM, Part, SEMANTIC_DIM, TOKEN_DIM, stored_boxes, stored_conse, stored_histogram, stored_plain, stored_tokens,
};
use crate::model::named_colours::COLOURS;
use crate::model::vector_math::{add_scaled, dot, exp_of_negative, normalise};

/// Cells of the heat map, and columns.
const CELLS: usize = 16;
/// Weights below this add a part that nobody would notice, and cost its length in memory.
const LEAST_ROUTE: f32 = 0.02;

impl FocusCondition {
    /// Length of a conditional embedding: y, then the parts that the router gives any weight.
    #[must_use]
    pub fn dim(&self) -> usize {
        let part = |weight: f32, length: usize| if weight >= LEAST_ROUTE { length } else { 0 };
        self.config.output
            + part(self.routes.plain, PLAIN_DIM)
            + part(self.routes.foreground, COLOURS)
            + part(self.routes.background, COLOURS)
    }

    /// Length of y at the front of a conditional embedding: what is compared with texts.
    #[must_use]
    pub fn text_dim(&self) -> usize {
        self.config.output
    }

    /// Conditional embeddings of stored encodings (`[photos, bytes]`), each of unit length, into `out`
    /// (`[photos, dim]`), and how much of the attention found something, 0–1, into `found` (`[photos]`).
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn embed(&self, rows: &[u8], bytes: usize, out: &mut [f32], found: &mut [f32]) -> Result<(), ModelError> {
        let photos = rows.len().checked_div(bytes).unwrap_or(0);
        let (heads, values) = (self.config.heads, self.config.values());
        let arch = pulp::Arch::new();
        // [heads, photos, token_dim]: head after head, for one product each.
        let mut context = vec![0.0; heads * photos * TOKEN_DIM];
        arch.dispatch(
            #[inline(always)]
            || {
                let mut attended = [0.0; TOKEN_DIM * 16];
                for (photo, (row, found)) in rows.chunks_exact(bytes).zip(found.iter_mut()).enumerate() {
                    let attended = attended.get_mut(..heads * TOKEN_DIM).unwrap_or_default();
                    *found = self.attend_row(row, attended);
                    for (head, from) in attended.chunks_exact(TOKEN_DIM).enumerate() {
                        let at = (head * photos + photo) * TOKEN_DIM;
                        if let Some(to) = context.get_mut(at..at + TOKEN_DIM) {
                            to.copy_from_slice(from);
                        }
                    }
                }
            },
        );
        let context = Tensor::from_vec(context, (heads, photos, TOKEN_DIM), &Device::Cpu)?;
        let value = context.matmul(&self.value)?.flatten_all()?.to_vec1::<f32>()?;
        let width = self.config.value_dim;
        let mut x = vec![0.0; photos * values];
        arch.dispatch(
            #[inline(always)]
            || {
                for head in 0..heads {
                    let shift = self
                        .value_shift
                        .get(head * width..(head + 1) * width)
                        .unwrap_or_default();
                    let from = value
                        .get(head * photos * width..(head + 1) * photos * width)
                        .unwrap_or_default();
                    for (photo, from) in from.chunks_exact(width).enumerate() {
                        let at = photo * values + head * width;
                        let to = x.get_mut(at..at + width).unwrap_or_default();
                        for ((to, from), shift) in to.iter_mut().zip(from).zip(shift) {
                            *to = silu(from + shift);
                        }
                    }
                }
            },
        );
        let x = Tensor::from_vec(x, (photos, values), &Device::Cpu)?;
        let mut x = x.matmul(&self.hidden)?.flatten_all()?.to_vec1::<f32>()?;
        arch.dispatch(
            #[inline(always)]
            || {
                for row in x.chunks_exact_mut(self.config.hidden) {
                    for (x, shift) in row.iter_mut().zip(&self.hidden_shift) {
                        *x = silu(*x + shift);
                    }
                }
            },
        );
        let x = Tensor::from_vec(x, (photos, self.config.hidden), &Device::Cpu)?;
        let h = x.matmul(&self.output)?.flatten_all()?.to_vec1::<f32>()?;
        arch.dispatch(
            #[inline(always)]
            || {
                let photos = rows
                    .chunks_exact(bytes)
                    .zip(h.chunks_exact(self.config.output))
                    .zip(out.chunks_exact_mut(self.dim()));
                for ((row, h), out) in photos {
                    self.assemble(row, h, out);
                }
            },
        );
        Ok(())
    }

    /// Attention of one photo: writes each head's attended token to `attended` (`[heads, token_dim]`) and returns the
    /// mean share that did not go to the zero token.
    #[inline(always)]
    fn attend_row(&self, row: &[u8], attended: &mut [f32]) -> f32 {
        let (tokens, scales) = stored_tokens(row);
        let heads = self.config.heads;
        let mut scores = [[0.0; REGIONS]; 16];
        let mut token = [0.0f32; TOKEN_DIM];
        for (region, (stored, scale)) in tokens.chunks_exact(TOKEN_DIM).zip(scales).enumerate() {
            for i in 0..TOKEN_DIM {
                token[i] = f32::from(stored[i]);
            }
            for (query, scores) in self.queries.chunks_exact(TOKEN_DIM).zip(&mut scores) {
                scores[region] = dot(query, &token) * scale;
            }
        }
        attended.fill(0.0);
        let mut found = 0.0;
        for (head, scores) in scores.iter_mut().enumerate().take(heads) {
            found += softmax_with_zero(scores, self.zero.get(head).copied().unwrap_or(0.0));
        }
        for (region, (stored, scale)) in tokens.chunks_exact(TOKEN_DIM).zip(scales).enumerate() {
            for i in 0..TOKEN_DIM {
                token[i] = f32::from(stored[i]);
            }
            for (scores, to) in scores.iter().zip(attended.chunks_exact_mut(TOKEN_DIM)) {
                let weight = scores[region] * scale;
                for i in 0..TOKEN_DIM {
                    to[i] += weight * token[i];
                }
            }
        }
        found / heads as f32
    }

    /// From h (not yet of unit length, without bias) to the conditional embedding.
    #[inline(always)]
    fn assemble(&self, row: &[u8], h: &[f32], out: &mut [f32]) {
        let routes = self.routes;
        let output = self.config.output;
        let Some((y, mut rest)) = out.split_at_mut_checked(output) else {
            return;
        };
        for ((y, h), bias) in y.iter_mut().zip(h).zip(&self.output_bias) {
            *y = h + bias;
        }
        normalise(y);
        let mut foreground = [0.0; COLOURS];
        stored_histogram(row, Part::Foreground, &mut foreground);
        let mut part = [0.0; 256];
        let part = part.get_mut(..output).unwrap_or_default();
        if routes.semantic >= LEAST_ROUTE {
            let mut conse = [0.0; SEMANTIC_DIM];
            stored_conse(row, &mut conse);
            self.lifted(&conse, 0, part);
            add_scaled(y, routes.semantic, part);
        }
        if routes.colour >= LEAST_ROUTE {
            self.lifted(&foreground, SEMANTIC_DIM, part);
            add_scaled(y, routes.colour, part);
        }
        normalise(y);
        y.iter_mut().for_each(|y| *y *= routes.text);
        let mut squares = routes.text * routes.text;
        if routes.plain >= LEAST_ROUTE
            && let Some((plain, others)) = std::mem::take(&mut rest).split_at_mut_checked(PLAIN_DIM)
        {
            stored_plain(row, plain);
            plain.iter_mut().for_each(|x| *x *= routes.plain);
            squares += routes.plain * routes.plain;
            rest = others;
        }
        let mut background = [0.0; COLOURS];
        stored_histogram(row, Part::Background, &mut background);
        for (histogram, weight) in [(&foreground, routes.foreground), (&background, routes.background)] {
            if weight >= LEAST_ROUTE
                && let Some((to, others)) = std::mem::take(&mut rest).split_at_mut_checked(COLOURS)
            {
                for (to, share) in to.iter_mut().zip(histogram) {
                    *to = share.max(0.0).sqrt();
                }
                normalise(to);
                to.iter_mut().for_each(|x| *x *= weight);
                squares += weight * weight;
                rest = others;
            }
        }
        let scale = squares.sqrt().recip();
        let scale = if scale.is_finite() { scale } else { 0.0 };
        out.iter_mut().for_each(|x| *x *= scale);
    }

    /// unit(lift · factors) with the rows of the lift from `first` on.
    #[inline(always)]
    fn lifted(&self, factors: &[f32], first: usize, out: &mut [f32]) {
        out.fill(0.0);
        let rows = self.lift.chunks_exact(self.config.output).skip(first);
        for (factor, row) in factors.iter().zip(rows) {
            add_scaled(out, *factor, row);
        }
        normalise(out);
    }

    /// Where the pointing heads look in one photo, as a 4 × 4 map that adds up to 1 (all 0 where they look nowhere):
    /// attention on cells, and attention on objects spread over their boxes.
    #[must_use]
    pub fn attention_map(&self, row: &[u8]) -> [f32; CELLS] {
        let (cells, objects) = self.placed_attention(row);
        let boxes = stored_boxes(row);
        let mut map = cells;
        for (weight, bounds) in objects.iter().zip(boxes) {
            let [left, top, right, bottom] = bounds;
            let area = (right - left) * (bottom - top);
            if area <= 0.0 {
                continue;
            }
            for (cell, heat) in map.iter_mut().enumerate() {
                let (x, y) = ((cell % 4) as f32 / 4.0, (cell / 4) as f32 / 4.0);
                let width = (right.min(x + 0.25) - left.max(x)).max(0.0);
                let height = (bottom.min(y + 0.25) - top.max(y)).max(0.0);
                *heat += weight * width * height / area;
            }
        }
        let total: f32 = map.iter().sum();
        if total > 0.0 {
            map.iter_mut().for_each(|heat| *heat /= total);
        }
        map
    }

    /// Mean attention of the pointing heads on the 16 cells and on the four objects.
    #[must_use]
    pub fn placed_attention(&self, row: &[u8]) -> ([f32; CELLS], [f32; crate::model::objects::OBJECTS]) {
        let (tokens, scales) = stored_tokens(row);
        let mut mean = [0.0; REGIONS];
        for head in 0..self.config.pointing_heads {
            let query = self
                .queries
                .get(head * TOKEN_DIM..(head + 1) * TOKEN_DIM)
                .unwrap_or_default();
            let mut scores = [0.0; REGIONS];
            for ((score, stored), scale) in scores.iter_mut().zip(tokens.chunks_exact(TOKEN_DIM)).zip(scales) {
                *score = query.iter().zip(stored).map(|(q, t)| q * f32::from(*t)).sum::<f32>() * scale;
            }
            softmax_with_zero(&mut scores, self.zero.get(head).copied().unwrap_or(0.0));
            mean.iter_mut().zip(scores).for_each(|(m, s)| *m += s);
        }
        let mut cells = [0.0; CELLS];
        cells.copy_from_slice(mean.get(..CELLS).unwrap_or(&[0.0; CELLS]));
        let objects = std::array::from_fn(|object| {
            let region = crate::model::colour_statistics::FIRST_OBJECT + object;
            mean.get(region).copied().unwrap_or(0.0)
        });
        (cells, objects)
    }
}

/// x · sigmoid(x).
#[inline(always)]
fn silu(x: f32) -> f32 {
    // e⁻ˣ for positive x, eˣ for negative: neither overflows.
    let e = exp_of_negative(-x.abs());
    let sigmoid = if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
    x * sigmoid
}

/// Softmax in place with one more score that takes its share; returns the share of the others.
#[inline(always)]
fn softmax_with_zero(scores: &mut [f32; REGIONS], zero: f32) -> f32 {
    let highest = scores.iter().copied().fold(zero, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp_of_negative((*score - highest).min(0.0));
        sum += *score;
    }
    let share = 1.0 / (sum + exp_of_negative((zero - highest).min(0.0)));
    scores.iter_mut().for_each(|score| *score *= share);
    sum * share
}
