//! The fast path: photo tokens as they are stored → conditional embeddings, a tile of photos at a time.
//!
//! Attention reads the int8 tokens in place; dense layers and everything around them go over a tile that stays in the
//! cache. Nothing is allocated a photo. The numbers are those of the candle graph on the dequantised tokens (tested).

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use super::attend::{Attend, HEADS, TOKEN_BLOCKS};
use super::condition::FocusCondition;
use crate::encoding::{PLAIN_DIM, Part, SEMANTIC_DIM, stored_conse, stored_histogram, stored_plain};
use crate::named_colours::COLOURS;
use crate::ops::InstructionSet;
use crate::ops::channel_block::{CHANNELS, ChannelBlock};
use crate::ops::instruction_set::{Kernel, Lanes};
use crate::vector_math::{exp_of_negative, normalise};

/// Photos of a tile: a multiple of the rows that the dense layers' tiles take (9 and 6).
pub const TILE: usize = 36;
/// Weights below this add a part that nobody would notice, and cost its length in memory.
const LEAST_ROUTE: f32 = 0.02;

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
}

fn room(buffer: &mut Vec<ChannelBlock>, blocks: usize) -> &mut [ChannelBlock] {
    crate::ops::channel_block::at_least(buffer, blocks)
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
        let attended = room(&mut scratch.attended, HEADS * TOKEN_BLOCKS * photos);
        set.run_heads(Attend {
            queries: &self.queries,
            zero: self.zero,
            rows,
            bytes,
            attended,
            found,
        });
        let of_head = self.config.value_dim / CHANNELS * photos;
        let values = room(&mut scratch.values, HEADS * of_head);
        let heads = attended
            .chunks_exact(TOKEN_BLOCKS * photos)
            .zip(values.chunks_exact_mut(of_head));
        for (value, (attended, values)) in self.values.iter().zip(heads) {
            value.apply(set, attended, photos, values);
        }
        set.run(Silu(values));
        let hidden = room(&mut scratch.hidden, self.hidden.output_blocks() * photos);
        self.hidden.apply(set, values, photos, hidden);
        set.run(Silu(hidden));
        let h = room(&mut scratch.h, self.output.output_blocks() * photos);
        self.output.apply(set, hidden, photos, h);
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
            self.semantic.apply(set, factors, photos, out);
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
            self.colours.apply(set, factors, photos, out);
            out
        } else {
            &[]
        };
        set.run(Assemble {
            condition: self,
            rows,
            bytes,
            h,
            residuals: [(semantic, self.routes.semantic), (colour, self.routes.colour)],
            photos,
            out,
            stride,
            length,
        });
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
}

impl Kernel for Assemble<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let routes = self.condition.routes;
        let dim = self.condition.dim();
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
mod tests {
    use super::*;
    use crate::colour_statistics::REGIONS;
    use crate::encoding::TOKEN_DIM;
    use crate::focus_encoder::MAP_SIDE;
    use crate::vector_math::{add_scaled, dot};
    use crate::{BuiltIn, ModelChoice, PhotoModel, PictureView};
    use candle_core::{Device, Tensor};
    use refocus_scenes::{Composition, Materials, Split, composite_scene_with};
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
        let out = embedded_with(InstructionSet::best(), &condition, rows);
        assert_eq!(out.len(), photos * condition.dim());
        (condition, out)
    }

    fn embedded_with(set: InstructionSet, condition: &FocusCondition, rows: &[u8]) -> Vec<f32> {
        let bytes = model().info().bytes_per_photo;
        let (dim, photos) = (condition.dim(), rows.len() / bytes);
        let (mut out, mut found) = (vec![0.0; photos * dim], vec![0.0; photos]);
        let to = (out.as_mut_slice(), dim, 1.0);
        condition.embed(set, rows, bytes, &mut Scratch::default(), to, &mut found);
        assert!(found.iter().all(|share| (0.0..=1.0 + 1e-4).contains(share)));
        out
    }

    #[test]
    fn the_fast_path_gives_the_numbers_of_the_candle_graph() {
        let bytes = model().info().bytes_per_photo;
        let rows = &rendered().0[..20 * bytes];
        let encoder = model().focus_encoder().unwrap();
        for instruction in ["the colour", "how many objects are there", "the object", "the style"] {
            let (condition, out) = embedded(instruction, rows);
            let text = encoder.towards_known(&model().embed_text(&[instruction]).unwrap());
            let text = Tensor::from_vec(text, (1, 384), &Device::Cpu).unwrap();
            for (row, out) in rows.chunks_exact(bytes).zip(out.chunks_exact(condition.dim())) {
                let encoding = crate::Encoding::from_bytes(row).unwrap();
                let tokens = Tensor::from_vec(encoding.tokens(), (1, REGIONS, TOKEN_DIM), &Device::Cpu).unwrap();
                let h = encoder.graph().forward(&tokens, &text, &Ok).unwrap().h;
                let mut y = h.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                let shares = encoding.histogram(Part::Foreground);
                for (factors, first, weight) in [
                    (encoding.conse().as_slice(), 0, condition.routes.semantic),
                    (shares.as_slice(), SEMANTIC_DIM, condition.routes.colour),
                ] {
                    if weight >= LEAST_ROUTE {
                        let lift = model().layout().lift().chunks_exact(SEMANTIC_DIM + COLOURS);
                        let lifted: Vec<f32> = lift
                            .map(|row| dot(&row[first..first + factors.len()], factors))
                            .collect();
                        add_scaled(&mut y, weight, &encoder.embed_texts(&lifted).unwrap());
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
                let places = (1u32..)
                    .zip(&others)
                    .filter(|(_, other)| names[**other] == names[query]);
                let precisions: Vec<f64> = (1u32..)
                    .zip(places)
                    .map(|(found, (place, _))| f64::from(found) / f64::from(place))
                    .collect();
                (!precisions.is_empty()).then(|| precisions.iter().sum::<f64>() / precisions.len() as f64)
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
    fn wordings_are_moved_towards_the_middle_of_their_aspect_unless_they_name_a_thing() {
        let encoder = model().focus_encoder().unwrap();
        let moved = |words: &str| {
            let text = model().embed_text(&[words]).unwrap();
            1.0 - dot(&text, &encoder.towards_known(&text))
        };
        for named in ["the colour of the helicopter", "what shade has the butterfly?"] {
            assert!(moved(named) < 1e-6, "{named}: {}", moved(named));
        }
        for general in [
            "the colour",
            "the tint that the things have",
            "in what way it gets about",
        ] {
            assert!(moved(general) > 0.01, "{general}: {}", moved(general));
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_embeddings() {
        let rows = &rendered().0[..50 * model().info().bytes_per_photo];
        let (condition, best) = embedded("the colour and the kind of thing", rows);
        for set in InstructionSet::available() {
            let other = embedded_with(set, &condition, rows);
            let pairs = best
                .chunks_exact(condition.dim())
                .zip(other.chunks_exact(condition.dim()));
            for (a, b) in pairs {
                assert!(dot(a, b) > 0.9999, "{}: {}", set.name(), dot(a, b));
            }
        }
    }

    #[test]
    fn an_encoding_of_numbers_that_are_none_becomes_zero() {
        let bytes = model().info().bytes_per_photo;
        let mut rows = rendered().0[..3 * bytes].to_vec();
        // The scales of the tokens, in f16: not a number.
        let scales = bytes + 4 + REGIONS * TOKEN_DIM;
        rows[scales..scales + 2 * REGIONS].fill(0xff);
        let (condition, out) = embedded("the colour", &rows);
        let length = |photo: usize| {
            let row = &out[photo * condition.dim()..(photo + 1) * condition.dim()];
            dot(row, row)
        };
        assert_eq!(length(1), 0.0);
        assert!((length(0) - 1.0).abs() < 1e-3 && (length(2) - 1.0).abs() < 1e-3);
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
