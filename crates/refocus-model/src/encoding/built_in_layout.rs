//! The built-in model's layout: packs vectors into rows and reads them.

use half::f16;

use super::stored_row::{histogram_offset, read_f16, read_f32, read_int8, stored_count, stored_tokens};
use super::{
    CONSE, CONSE_SCALE, COUNTED_CLASSES, ENCODING_BYTES, Encoding, EncodingError, EncodingLayout, EncodingParts,
    FACTOR_DIM, FACTORS, HEADER, LikenessBounds, PLAIN, PLAIN_DIM, PLAIN_SCALE, Part, SEMANTIC_DIM, TOKEN_DIM, check,
};
use crate::colour_statistics::{REGIONS, WHOLE};
use crate::detector::Detection;
use crate::text_tower::TEXT_DIM;
use crate::vector_math::dot;

/// Reads and packs the encodings of the built-in model.
#[derive(Debug, Clone)]
pub struct BuiltInLayout {
    /// `[384, 160]`, row-major: the semantic basis beside the colour vectors.
    lift: Vec<f32>,
    /// `[160, 160]`, row-major: inner products of the lift's columns, so that lengths of sums need no text vectors.
    gram: Vec<f32>,
}

impl BuiltInLayout {
    /// From the semantic basis (`[384, 128]`, row-major, orthonormal columns) and the text vectors of the named colours
    /// (`[32, 384]`, row-major).
    pub fn new(semantic_basis: &[f32], colours: &[f32]) -> Self {
        let mut lift = Vec::with_capacity(TEXT_DIM * FACTOR_DIM);
        for (i, row) in semantic_basis.chunks_exact(SEMANTIC_DIM).enumerate() {
            lift.extend_from_slice(row);
            lift.extend(
                colours
                    .chunks_exact(TEXT_DIM)
                    .map(|colour| colour.get(i).copied().unwrap_or(0.0)),
            );
        }
        let columns: Vec<Vec<f32>> = (0..FACTOR_DIM)
            .map(|j| lift.iter().skip(j).step_by(FACTOR_DIM).copied().collect())
            .collect();
        let gram = columns
            .iter()
            .flat_map(|a| columns.iter().map(move |b| dot(a, b)))
            .collect();
        Self { lift, gram }
    }

    /// Packs one photo's vectors into its encoding.
    pub fn pack(&self, parts: &EncodingParts<'_>) -> Encoding {
        let mut bytes = Vec::with_capacity(ENCODING_BYTES);
        bytes.extend_from_slice(&HEADER);
        let mut scales = Vec::with_capacity(REGIONS);
        for token in parts.tokens.chunks_exact(TOKEN_DIM) {
            // The scale is rounded first, so that reading back multiplies by the very number that was divided by.
            scales.push(write_int8(&mut bytes, token, |scale| f16::from_f32(scale).to_f32()));
        }
        write_f16(&mut bytes, scales);
        let conse_scale = write_int8(&mut bytes, parts.conse, |scale| scale);
        write_int8(&mut bytes, parts.plain, |scale| scale);
        let stored = bytes.get(PLAIN..PLAIN + PLAIN_DIM).unwrap_or_default();
        let squares: f32 = stored.iter().map(|b| f32::from(b.cast_signed()).powi(2)).sum();
        let plain_scale = if squares > 0.0 { squares.sqrt().recip() } else { 0.0 };
        write_f16(&mut bytes, parts.foreground.iter().copied());
        write_f16(&mut bytes, parts.background.iter().copied());
        let edges = parts.boxes.iter().flatten();
        bytes.extend(edges.map(|edge| (edge * 255.0).round().clamp(0.0, 255.0) as u8));
        for object in parts.objects {
            let score = |thing: Detection| (thing.score * 255.0).round().clamp(0.0, 255.0) as u8;
            bytes.extend(object.map_or([0, 0], |thing| [thing.class + 1, score(thing)]));
        }
        let mut counts = [[0; 2]; COUNTED_CLASSES];
        for (stored, (class, count)) in counts.iter_mut().zip(parts.things.counts()) {
            *stored = [class + 1, u8::try_from(count).unwrap_or(u8::MAX)];
        }
        bytes.extend(counts.as_flattened());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&conse_scale.to_le_bytes());
        bytes.extend_from_slice(&plain_scale.to_le_bytes());
        for histogram in [parts.foreground, parts.background] {
            for factor in self.unit_factors(parts.conse, histogram) {
                bytes.extend_from_slice(&factor.to_le_bytes());
            }
        }
        debug_assert_eq!(bytes.len(), ENCODING_BYTES);
        Encoding { bytes }
    }

    /// The two numbers that ConSE and histogram are multiplied with, so that the lifted sum is
    /// unit(unit(ConSE) + unit(histogram · colours)). A part of length 0 is left out.
    fn unit_factors(&self, conse: &[f32], histogram: &[f32]) -> [f32; 2] {
        let inverse = |squared: f32| if squared > 1e-12 { squared.sqrt().recip() } else { 0.0 };
        let semantic = inverse(self.inner(conse, 0, conse, 0));
        let colour = inverse(self.inner(histogram, SEMANTIC_DIM, histogram, SEMANTIC_DIM));
        let summands = [semantic, colour].iter().filter(|f| **f > 0.0).count() as f32;
        let cosine = semantic * colour * self.inner(conse, 0, histogram, SEMANTIC_DIM);
        let length = inverse(summands + 2.0 * cosine);
        [semantic * length, colour * length]
    }

    /// Inner product of two lifted vectors that begin at factor numbers `a_at` and `b_at`.
    fn inner(&self, a: &[f32], a_at: usize, b: &[f32], b_at: usize) -> f32 {
        let rows = self.gram.chunks_exact(FACTOR_DIM).skip(a_at).zip(a);
        rows.map(|(row, x)| x * dot(row.get(b_at..b_at + b.len()).unwrap_or_default(), b))
            .sum()
    }

    /// Factors of any ConSE vector `[128]` and histogram `[32]`, such as those of one patch, appended to `out`.
    pub fn factors_of(&self, conse: &[f32], histogram: &[f32], out: &mut Vec<f32>) {
        let [semantic, colour] = self.unit_factors(conse, histogram);
        out.extend(conse.iter().map(|v| v * semantic));
        out.extend(histogram.iter().map(|v| v * colour));
    }
}

impl EncodingLayout for BuiltInLayout {
    fn bytes_per_photo(&self) -> usize {
        ENCODING_BYTES
    }

    fn check(&self, row: &[u8]) -> Result<(), EncodingError> {
        check(row)
    }

    fn within(&self, row: &[u8], region: [f32; 4], alone: bool) -> Option<Vec<u8>> {
        super::within::within(row, region, alone)
    }

    fn plain_dim(&self) -> usize {
        PLAIN_DIM
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        pulp::Arch::new().dispatch(ReadPlain(row, out));
    }

    /// The mean cosine of the 16 cells' tokens: the same things are at the same places.
    fn likeness(&self, a: &[u8], b: &[u8]) -> f32 {
        let ((a, _), (b, _)) = (stored_tokens(a), stored_tokens(b));
        let cells = a.chunks_exact(TOKEN_DIM).zip(b.chunks_exact(TOKEN_DIM)).take(WHOLE);
        cells.map(|(a, b)| cosine(a, b)).sum::<f32>() / WHOLE as f32
    }

    /// Chosen on everyday photos and copies of them; the README has the figures.
    fn likeness_bounds(&self) -> LikenessBounds {
        LikenessBounds {
            copy: 0.885,
            cosine: 0.8,
            burst: 0.75,
            burst_cosine: 0.6,
        }
    }

    fn factor_dim(&self) -> usize {
        FACTOR_DIM
    }

    fn text_factors(&self, row: &[u8], part: Part, out: &mut [f32]) {
        let offset = FACTORS + if part == Part::Background { 8 } else { 0 };
        let stored = row.get(offset..offset + 8).map(|bytes| bytes.as_chunks::<4>().0);
        let (Some([semantic, colour]), Some((conse, histogram))) = (stored, out.split_at_mut_checked(SEMANTIC_DIM))
        else {
            return out.fill(0.0);
        };
        read_f16(row, histogram_offset(part), histogram);
        let (semantic, colour) = (f32::from_le_bytes(*semantic), f32::from_le_bytes(*colour));
        read_int8(row, CONSE, read_f32(row, CONSE_SCALE) * semantic, conse);
        histogram.iter_mut().for_each(|v| *v *= colour);
    }

    fn count(&self, row: &[u8], class: u8) -> Option<usize> {
        Some(stored_count(row, class))
    }

    fn text_dim(&self) -> usize {
        TEXT_DIM
    }

    fn lift(&self) -> &[f32] {
        &self.lift
    }
}

/// The cosine of two tokens; 0 where one of them is nothing. What they are scaled by does not matter.
fn cosine(a: &[i8], b: &[i8]) -> f32 {
    let product = |a: &[i8], b: &[i8]| -> i32 { a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum() };
    let lengths = product(a, a) as f32 * product(b, b) as f32;
    if lengths > 0.0 {
        product(a, b) as f32 / lengths.sqrt()
    } else {
        0.0
    }
}

/// Ranking reads the plain vector of every photo.
struct ReadPlain<'a>(&'a [u8], &'a mut [f32]);

impl pulp::NullaryFnOnce for ReadPlain<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        read_int8(self.0, PLAIN, read_f32(self.0, PLAIN_SCALE), self.1);
    }
}

/// Appends values as int8 and returns what they were divided by; never 0.
fn write_int8(row: &mut Vec<u8>, values: &[f32], round: impl Fn(f32) -> f32) -> f32 {
    let largest = values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let scale = round((largest / 127.0).max(1e-6));
    row.extend(
        values
            .iter()
            .map(|v| (v / scale).round().clamp(-127.0, 127.0) as i8 as u8),
    );
    scale
}

fn write_f16(row: &mut Vec<u8>, values: impl IntoIterator<Item = f32>) {
    row.extend(values.into_iter().flat_map(|v| f16::from_f32(v).to_le_bytes()));
}
