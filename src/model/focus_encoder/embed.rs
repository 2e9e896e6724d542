//! The fast path: photo tokens as they are stored → conditional embeddings, a block of photos at a time.
//!
//! Attention reads the int8 tokens in place; the three products behind it go over the whole block at once. Nothing is
//! allocated a photo. The numbers are those of the candle graph on the dequantised tokens (tested).

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use candle_core::{Device, Tensor};
use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::FocusEncoderConfig;
use super::condition::FocusCondition;
use crate::model::ModelError;
use crate::model::colour_statistics::REGIONS;
use crate::model::encoding::{
    PLAIN_DIM, Part, TOKEN_DIM, stored_boxes, stored_conse, stored_histogram, stored_plain, stored_tokens,
};
use crate::model::named_colours::COLOURS;
use crate::model::vector_math::{add_scaled, dot, exp_of_negative, normalise};

/// Cells that are tokens of their own.
const CELLS: usize = 16;
/// Patches a row, and rows, of a map of the attention.
pub const MAP_SIDE: usize = 16;
/// Heads that the fast path is written for.
const HEADS: usize = FocusEncoderConfig::built_in().heads;
/// Weights below this add a part that nobody would notice, and cost its length in memory.
const LEAST_ROUTE: f32 = 0.02;

/// Attention over a block of photos. A struct, because the compiler vectorises `call` for the machine it runs on; of a
/// closure it keeps a copy for the oldest machine.
struct Attend<'a> {
    condition: &'a FocusCondition,
    rows: &'a [u8],
    bytes: usize,
    context: &'a mut [f32],
    found: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let photos = self.rows.len() / self.bytes.max(1);
        let mut attended = [0.0; TOKEN_DIM * HEADS];
        let mut tokens = [[0.0; TOKEN_DIM]; REGIONS];
        let rows = self.rows.chunks_exact(self.bytes).zip(self.found.iter_mut());
        for (photo, (row, found)) in rows.enumerate() {
            *found = self.condition.attend_row(simd, row, &mut tokens, &mut attended);
            for (head, from) in attended.chunks_exact(TOKEN_DIM).enumerate() {
                let at = (head * photos + photo) * TOKEN_DIM;
                if let Some(to) = self.context.get_mut(at..at + TOKEN_DIM) {
                    to.copy_from_slice(from);
                }
            }
        }
    }
}

/// silu(x + shift), row by row.
struct ShiftedSilu<'a> {
    rows: &'a mut [f32],
    shift: &'a [f32],
}

impl NullaryFnOnce for ShiftedSilu<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.rows.chunks_exact_mut(self.shift.len().max(1)) {
            for (x, shift) in row.iter_mut().zip(self.shift) {
                *x = silu(*x + shift);
            }
        }
    }
}

/// Conditional embeddings of a block from h and the residual parts.
struct Assemble<'a> {
    condition: &'a FocusCondition,
    rows: &'a [u8],
    bytes: usize,
    h: &'a [f32],
    semantic: &'a [f32],
    colour: &'a [f32],
    out: &'a mut [f32],
}

impl NullaryFnOnce for Assemble<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let output = self.condition.config.output;
        let routes = self.condition.routes;
        let photos = self
            .rows
            .chunks_exact(self.bytes)
            .zip(self.h.chunks_exact(output))
            .zip(self.out.chunks_exact_mut(self.condition.dim()));
        for (photo, ((row, h), out)) in photos.enumerate() {
            let place = photo * output..(photo + 1) * output;
            let residuals = [
                (self.semantic.get(place.clone()), routes.semantic),
                (self.colour.get(place), routes.colour),
            ];
            self.condition.assemble(row, h, residuals, out);
        }
    }
}

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
    pub fn y_dim(&self) -> usize {
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
        arch.dispatch(Attend {
            condition: self,
            rows,
            bytes,
            context: &mut context,
            found,
        });
        let context = Tensor::from_vec(context, (heads, photos, TOKEN_DIM), &Device::Cpu)?;
        let value = context.matmul(&self.value)?.flatten_all()?.to_vec1::<f32>()?;
        let width = self.config.value_dim;
        let mut x = vec![0.0; photos * values];
        for head in 0..heads {
            let from = value.get(head * photos * width..(head + 1) * photos * width);
            for (photo, from) in from.unwrap_or_default().chunks_exact(width).enumerate() {
                let at = photo * values + head * width;
                if let Some(to) = x.get_mut(at..at + width) {
                    to.copy_from_slice(from);
                }
            }
        }
        arch.dispatch(ShiftedSilu {
            rows: &mut x,
            shift: &self.value_shift,
        });
        let x = Tensor::from_vec(x, (photos, values), &Device::Cpu)?;
        let mut x = x.matmul(&self.hidden)?.flatten_all()?.to_vec1::<f32>()?;
        arch.dispatch(ShiftedSilu {
            rows: &mut x,
            shift: &self.hidden_shift,
        });
        let x = Tensor::from_vec(x, (photos, self.config.hidden), &Device::Cpu)?;
        let h = x.matmul(&self.output)?.flatten_all()?.to_vec1::<f32>()?;
        let semantic = self.lifted(rows, bytes, self.routes.semantic, &self.semantic, |row, conse| {
            stored_conse(row, conse);
        })?;
        let colour = self.lifted(rows, bytes, self.routes.colour, &self.colours, |row, shares| {
            stored_histogram(row, Part::Foreground, shares);
        })?;
        arch.dispatch(Assemble {
            condition: self,
            rows,
            bytes,
            h: &h,
            semantic: &semantic,
            colour: &colour,
            out,
        });
        Ok(())
    }

    /// lift · factors for all photos, `[photos, output]`, not yet of unit length; nothing where the weight is too small.
    fn lifted<const N: usize>(
        &self,
        rows: &[u8],
        bytes: usize,
        weight: f32,
        lift: &Tensor,
        read: impl Fn(&[u8], &mut [f32; N]),
    ) -> Result<Vec<f32>, ModelError> {
        if weight < LEAST_ROUTE {
            return Ok(Vec::new());
        }
        let photos = rows.len() / bytes.max(1);
        let mut factors = vec![0.0; photos * N];
        for (row, factors) in rows.chunks_exact(bytes).zip(factors.as_chunks_mut::<N>().0) {
            read(row, factors);
        }
        let factors = Tensor::from_vec(factors, (photos, N), &Device::Cpu)?;
        Ok(factors.matmul(lift)?.flatten_all()?.to_vec1()?)
    }

    /// Attention of one photo: writes each head's attended token to `attended` (`[heads, token_dim]`) and returns the
    /// mean share that did not go to the zero token.
    #[inline(always)]
    fn attend_row<S: Simd>(
        &self,
        simd: S,
        row: &[u8],
        tokens: &mut [[f32; TOKEN_DIM]; REGIONS],
        attended: &mut [f32; TOKEN_DIM * HEADS],
    ) -> f32 {
        let (stored, scales) = stored_tokens(row);
        for (token, stored) in tokens.iter_mut().zip(stored.as_chunks::<TOKEN_DIM>().0) {
            for i in 0..TOKEN_DIM {
                token[i] = f32::from(stored[i]);
            }
        }
        let mut weights = [[0.0f32; REGIONS]; HEADS];
        let (queries, _) = self.queries.as_chunks::<TOKEN_DIM>();
        for (four, weights) in queries.as_chunks::<4>().0.iter().zip(weights.as_chunks_mut::<4>().0) {
            for (region, token) in tokens.iter().enumerate() {
                let sums = products(simd, four, token);
                for (weights, sum) in weights.iter_mut().zip(sums) {
                    weights[region] = sum * scales[region];
                }
            }
        }
        let mut found = 0.0;
        for (scores, zero) in weights.iter_mut().zip(&self.zero) {
            found += softmax_with_zero(scores, *zero);
            for (weight, scale) in scores.iter_mut().zip(&scales) {
                *weight *= scale;
            }
        }
        // One register of every head at a time: the sums stay in registers while the tokens go by.
        let lanes = size_of::<S::f32s>() / size_of::<f32>();
        for chunk in 0..TOKEN_DIM / lanes {
            let mut sums = [simd.splat_f32s(0.0); HEADS];
            for (region, token) in tokens.iter().enumerate() {
                let part = S::as_simd_f32s(token).0[chunk];
                for head in 0..HEADS {
                    sums[head] = fused(simd, simd.splat_f32s(weights[head][region]), part, sums[head]);
                }
            }
            for (sum, to) in sums.iter().zip(attended.as_chunks_mut::<TOKEN_DIM>().0) {
                S::as_mut_simd_f32s(to).0[chunk] = *sum;
            }
        }
        found / HEADS as f32
    }

    /// From h (not yet of unit length, without bias) to the conditional embedding.
    #[inline(always)]
    fn assemble(&self, row: &[u8], h: &[f32], residuals: [(Option<&[f32]>, f32); 2], out: &mut [f32]) {
        let routes = self.routes;
        let output = self.config.output;
        let Some((y, mut rest)) = out.split_at_mut_checked(output) else {
            return;
        };
        for ((y, h), bias) in y.iter_mut().zip(h).zip(&self.output_bias) {
            *y = h + bias;
        }
        normalise(y);
        for (residual, weight) in residuals {
            if let Some(residual) = residual {
                let length = dot(residual, residual).sqrt();
                if length > 1e-12 {
                    add_scaled(y, weight / length, residual);
                }
            }
        }
        let (mut foreground, mut background) = ([0.0; COLOURS], [0.0; COLOURS]);
        if routes.foreground >= LEAST_ROUTE {
            stored_histogram(row, Part::Foreground, &mut foreground);
        }
        if routes.background >= LEAST_ROUTE {
            stored_histogram(row, Part::Background, &mut background);
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

    /// Where the pointing heads look in one photo: `[MAP_SIDE, MAP_SIDE]`, adds up to 1 (all 0 where they look nowhere).
    /// Attention on a cell is spread over the cell, attention on an object over its box.
    #[must_use]
    pub fn attention_map(&self, row: &[u8]) -> Vec<f32> {
        let (cells, objects) = self.placed_attention(row);
        let mut map = vec![0.0; MAP_SIDE * MAP_SIDE];
        let mut spread = |weight: f32, [left, top, right, bottom]: [f32; 4]| {
            let area = (right - left) * (bottom - top);
            if area <= 0.0 {
                return;
            }
            let step = 1.0 / MAP_SIDE as f32;
            for (at, heat) in map.iter_mut().enumerate() {
                let (x, y) = ((at % MAP_SIDE) as f32 * step, (at / MAP_SIDE) as f32 * step);
                let width = (right.min(x + step) - left.max(x)).max(0.0);
                let height = (bottom.min(y + step) - top.max(y)).max(0.0);
                *heat += weight * width * height / area;
            }
        };
        for (cell, weight) in cells.into_iter().enumerate() {
            let (x, y) = ((cell % 4) as f32 / 4.0, (cell / 4) as f32 / 4.0);
            spread(weight, [x, y, x + 0.25, y + 0.25]);
        }
        for (weight, bounds) in objects.into_iter().zip(stored_boxes(row)) {
            spread(weight, bounds);
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
        for (head, query) in self
            .queries
            .chunks_exact(TOKEN_DIM)
            .take(self.config.pointing_heads)
            .enumerate()
        {
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

/// a · b + c. Where the machine has no fused instruction, the fused operation would be a library call.
#[inline(always)]
fn fused<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if S::IS_SCALAR {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    } else {
        simd.mul_add_f32s(a, b, c)
    }
}

/// Inner products of four queries with a token; four at a time, because each waits for its own last sum.
#[inline(always)]
fn products<S: Simd>(simd: S, queries: &[[f32; TOKEN_DIM]; 4], token: &[f32; TOKEN_DIM]) -> [f32; 4] {
    let [a, b, c, d] = queries;
    let (a, b, c, d) = (
        S::as_simd_f32s(a).0,
        S::as_simd_f32s(b).0,
        S::as_simd_f32s(c).0,
        S::as_simd_f32s(d).0,
    );
    let zero = simd.splat_f32s(0.0);
    let (mut on_a, mut on_b, mut on_c, mut on_d) = (zero, zero, zero, zero);
    for (i, part) in S::as_simd_f32s(token).0.iter().enumerate() {
        on_a = fused(simd, a[i], *part, on_a);
        on_b = fused(simd, b[i], *part, on_b);
        on_c = fused(simd, c[i], *part, on_c);
        on_d = fused(simd, d[i], *part, on_d);
    }
    // Not `map`: the closure would be compiled for the oldest machine.
    [
        simd.reduce_sum_f32s(on_a),
        simd.reduce_sum_f32s(on_b),
        simd.reduce_sum_f32s(on_c),
        simd.reduce_sum_f32s(on_d),
    ]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::metrics::average_precision;
    use crate::model::{BuiltIn, ModelChoice, PhotoModel, PictureView};
    use crate::training::scenes::{Composition, Materials, Split, composite_scene_with};
    use std::sync::OnceLock;

    fn model() -> &'static BuiltIn {
        static MODEL: OnceLock<BuiltIn> = OnceLock::new();
        MODEL.get_or_init(|| BuiltIn::load(&Device::Cpu, &ModelChoice::default()).unwrap())
    }

    /// Encodings of rendered objects, with their names.
    fn rendered() -> &'static (Vec<u8>, Vec<String>) {
        static RENDERED: OnceLock<(Vec<u8>, Vec<String>)> = OnceLock::new();
        RENDERED.get_or_init(|| {
            let (mut rows, mut names) = (Vec::new(), Vec::new());
            for seed in 0..160 {
                let composition = Some(Composition::Single);
                let (picture, truth) = composite_scene_with(seed, Split::Test, 130, composition, &Materials::default());
                let view = PictureView::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
                let prepared = model().prepare(view).unwrap();
                rows.extend(model().encode(&[prepared]).unwrap().remove(0));
                names.push(truth.object.unwrap());
            }
            (rows, names)
        })
    }

    fn embedded(instruction: &str, rows: &[u8]) -> (FocusCondition, Vec<f32>) {
        let text = model().embed_text(&[instruction]).unwrap();
        let condition = model().focus_encoder().unwrap().condition(&text).unwrap();
        let bytes = model().info().bytes_per_photo;
        let photos = rows.len() / bytes;
        let (mut out, mut found) = (vec![0.0; photos * condition.dim()], vec![0.0; photos]);
        condition.embed(rows, bytes, &mut out, &mut found).unwrap();
        assert!(found.iter().all(|share| (0.0..=1.0).contains(share)));
        (condition, out)
    }

    #[test]
    fn the_fast_path_gives_the_numbers_of_the_candle_graph() {
        let bytes = model().info().bytes_per_photo;
        let rows = &rendered().0[..20 * bytes];
        let encoder = model().focus_encoder().unwrap();
        for instruction in ["the colour", "how many objects are there", "the object", "the style"] {
            let (condition, out) = embedded(instruction, rows);
            let text = model().embed_text(&[instruction]).unwrap();
            let text = Tensor::from_vec(text, (1, 384), &Device::Cpu).unwrap();
            for (row, out) in rows.chunks_exact(bytes).zip(out.chunks_exact(condition.dim())) {
                let encoding = crate::model::Encoding::from_bytes(row).unwrap();
                let tokens = Tensor::from_vec(encoding.tokens(), (1, REGIONS, TOKEN_DIM), &Device::Cpu).unwrap();
                let h = encoder.graph().forward(&tokens, &text, &Ok).unwrap().h;
                let mut y = h.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                let conse = Tensor::from_vec(encoding.conse().to_vec(), (1, 128), &Device::Cpu).unwrap();
                let shares = encoding.histogram(Part::Foreground).to_vec();
                let shares = Tensor::from_vec(shares, (1, COLOURS), &Device::Cpu).unwrap();
                for (factors, lift, weight) in [
                    (conse, &condition.semantic, condition.routes.semantic),
                    (shares, &condition.colours, condition.routes.colour),
                ] {
                    if weight >= LEAST_ROUTE {
                        let mut part = factors
                            .matmul(lift)
                            .unwrap()
                            .flatten_all()
                            .unwrap()
                            .to_vec1::<f32>()
                            .unwrap();
                        normalise(&mut part);
                        add_scaled(&mut y, weight, &part);
                    }
                }
                normalise(&mut y);
                let mut ours = out[..condition.y_dim()].to_vec();
                normalise(&mut ours);
                assert!(dot(&ours, &y) > 0.9999, "{instruction}: {}", dot(&ours, &y));
                assert!((dot(out, out) - 1.0).abs() < 1e-3);
            }
        }
    }

    fn mean_average_precision(vectors: &[f32], dim: usize, names: &[String]) -> f64 {
        let rows: Vec<&[f32]> = vectors.chunks_exact(dim).collect();
        let precisions: Vec<f64> = (0..rows.len())
            .filter_map(|query| {
                let mut others: Vec<usize> = (0..rows.len()).filter(|other| *other != query).collect();
                others.sort_by(|a, b| dot(rows[*b], rows[query]).total_cmp(&dot(rows[*a], rows[query])));
                average_precision(others.into_iter().map(|other| names[other] == names[query]))
            })
            .collect();
        precisions.iter().sum::<f64>() / precisions.len() as f64
    }

    #[test]
    fn a_neutral_instruction_keeps_nearly_all_of_plain_similarity() {
        let (rows, names) = rendered();
        let bytes = model().info().bytes_per_photo;
        let mut plain = vec![0.0; names.len() * PLAIN_DIM];
        for (row, plain) in rows.chunks_exact(bytes).zip(plain.chunks_exact_mut(PLAIN_DIM)) {
            model().layout().plain(row, plain);
        }
        let before = mean_average_precision(&plain, PLAIN_DIM, names);
        let (condition, out) = embedded("the photo", rows);
        let under = mean_average_precision(&out, condition.dim(), names);
        assert!(under >= 0.97 * before, "{under} under \"the photo\", {before} plain");
    }

    #[test]
    fn an_instruction_unlike_any_trained_one_falls_back_to_plain_similarity() {
        let encoder = model().focus_encoder().unwrap();
        let text = |words: &str| model().embed_text(&[words]).unwrap();
        let unknown = encoder.condition(&text("zxqv blorp 77")).unwrap();
        assert!(unknown.confidence < 0.3, "{}", unknown.confidence);
        assert!(unknown.routes.plain > unknown.routes.text);
        assert!(encoder.condition(&text("the colour")).unwrap().confidence > 0.95);
    }

    #[test]
    fn the_attention_map_adds_up_to_one() {
        let rows = &rendered().0[..model().info().bytes_per_photo];
        let (condition, _) = embedded("the object", rows);
        let map = condition.attention_map(rows);
        assert_eq!(map.len(), MAP_SIDE * MAP_SIDE);
        assert!((map.iter().sum::<f32>() - 1.0).abs() < 1e-3);
    }
}
