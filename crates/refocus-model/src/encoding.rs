//! What is stored for a photo, byte by byte, and how ranking reads it in place.
//!
//! Version 3, little-endian, 3,832 bytes:
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 4 | the letters `RF` and the version, u16 |
//! | 4 | 3200 | photo tokens, int8 `[25, 128]` |
//! | 3204 | 50 | scale of each token, f16 `[25]` (value = int8 · scale) |
//! | 3254 | 128 | ConSE of the whole photo, int8 `[128]`: class probabilities × class vectors, in the semantic basis |
//! | 3382 | 256 | plain vector, int8 `[256]` |
//! | 3638 | 64 | named-colour histogram of the foreground, f16 `[32]`, sum 1 |
//! | 3702 | 64 | named-colour histogram of the background, f16 `[32]`, sum 1 |
//! | 3766 | 16 | boxes of the four objects, u8 `[4, 4]`: left, top, right, bottom as shares of 255; zeros where there is none |
//! | 3782 | 8 | things that objects are, u8 `[4, 2]`: number of the detector's class + 1 (0: none), score as a share of 255 |
//! | 3790 | 16 | how many things, u8 `[8, 2]`: number of the class + 1 (0: no more), count |
//! | 3806 | 2 | zero |
//! | 3808 | 8 | f32 `[2]`: scale of ConSE, scale of the plain vector (gives it unit length) |
//! | 3816 | 16 | f32 `[4]`: factors of ConSE and histogram for the foreground, then for the background |
//!
//! The text-comparable vector of a photo is z = unit(unit(ConSE) + unit(histogram · colour vectors)). Both summands are
//! linear in 160 stored numbers, so z = lift · factors with one matrix for all photos (`[384, 160]`: the semantic basis
//! beside the colour vectors) and the two scale factors that are stored last.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::colour_statistics::REGIONS;
use super::detector::Detection;
use super::named_colours::COLOURS;
use super::objects::OBJECTS;
use super::text_tower::TEXT_DIM;
use super::things::Things;
use super::vector_math::dot;

/// Length of a photo token.
pub const TOKEN_DIM: usize = 128;
/// Length of a photo's ConSE vector in the semantic basis.
pub const SEMANTIC_DIM: usize = 128;
/// Length of the plain vector.
pub const PLAIN_DIM: usize = 256;
/// Length of the factors behind a text-comparable vector: ConSE and histogram.
pub const FACTOR_DIM: usize = SEMANTIC_DIM + COLOURS;
/// Classes of which the number of things is kept.
pub const COUNTED_CLASSES: usize = 8;
/// Bytes of one encoding.
pub const ENCODING_BYTES: usize = FACTORS + 16;

const HEADER: [u8; 4] = [b'R', b'F', 3, 0];
const TOKENS: usize = 4;
const SCALES: usize = TOKENS + REGIONS * TOKEN_DIM;
const CONSE: usize = SCALES + 2 * REGIONS;
const PLAIN: usize = CONSE + SEMANTIC_DIM;
const FOREGROUND: usize = PLAIN + PLAIN_DIM;
const BACKGROUND: usize = FOREGROUND + 2 * COLOURS;
const BOXES: usize = BACKGROUND + 2 * COLOURS;
const OBJECT_THINGS: usize = BOXES + 4 * OBJECTS;
const COUNTS: usize = OBJECT_THINGS + 2 * OBJECTS;
const CONSE_SCALE: usize = COUNTS + 2 * COUNTED_CLASSES + 2;
const PLAIN_SCALE: usize = CONSE_SCALE + 4;
const FACTORS: usize = PLAIN_SCALE + 4;

/// Why bytes are not an encoding of this model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The bytes have another length.
    #[error("an encoding of this model has {expected} bytes, this one has {found}")]
    Length {
        /// Bytes of an encoding.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// The header names another format or version.
    #[error("an encoding of this model begins with {expected:?}, this one with {found:?}")]
    Header {
        /// The four bytes expected.
        expected: [u8; 4],
        /// The four bytes found.
        found: Vec<u8>,
    },
}

/// Which part of a photo an instruction speaks of: the thing in it, or what surrounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The thing that the photo shows.
    #[default]
    Foreground,
    /// What surrounds it.
    Background,
}

/// How a model's stored encodings are read in place, row by row, without allocation.
///
/// Rows are checked once, when they are read from the database ([`EncodingLayout::check`]); a row of the wrong length
/// gives zeros afterwards.
pub trait EncodingLayout: Send + Sync {
    /// Length of one stored encoding, in bytes.
    fn bytes_per_photo(&self) -> usize;

    /// Checks length and header of a stored encoding.
    ///
    /// # Errors
    /// [`EncodingError`] when the row is not an encoding of this model.
    fn check(&self, row: &[u8]) -> Result<(), EncodingError>;

    /// Length of the plain vector.
    fn plain_dim(&self) -> usize;

    /// Writes the plain vector, unit length, to `out` (`[plain_dim]`).
    fn plain(&self, row: &[u8], out: &mut [f32]);

    /// Length of the factors behind a text-comparable vector.
    fn factor_dim(&self) -> usize;

    /// Writes the factors of one part to `out` (`[factor_dim]`), scaled so that `lift · factors` has unit length.
    fn text_factors(&self, row: &[u8], part: Part, out: &mut [f32]);

    /// How many things of a class of [`crate::detector`] a photo shows; `None` for a model that does not count.
    fn count(&self, row: &[u8], class: u8) -> Option<usize> {
        let _ = (row, class);
        None
    }

    /// Length of a text vector.
    fn text_dim(&self) -> usize;

    /// The map from factors to text vectors: `[text_dim, factor_dim]`, row-major.
    fn lift(&self) -> &[f32];
}

/// One photo's encoding by the built-in model.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    bytes: Vec<u8>,
}

/// The vectors that an [`Encoding`] is packed from; f32, not yet quantised.
#[derive(Debug, Clone, Copy)]
pub struct EncodingParts<'a> {
    /// Photo tokens `[25, 128]`.
    pub tokens: &'a [f32],
    /// ConSE of the whole photo `[128]`.
    pub conse: &'a [f32],
    /// Plain vector `[256]`, any length.
    pub plain: &'a [f32],
    /// Foreground histogram `[32]`.
    pub foreground: &'a [f32],
    /// Background histogram `[32]`.
    pub background: &'a [f32],
    /// Boxes of the objects, as shares of the picture: left, top, right, bottom; zeros where there is none.
    pub boxes: [[f32; 4]; OBJECTS],
    /// The things that objects are; `None`: an area, or nothing.
    pub objects: [Option<Detection>; OBJECTS],
    /// What the detector found.
    pub things: &'a Things,
}

impl Encoding {
    /// Wraps stored bytes.
    ///
    /// # Errors
    /// [`EncodingError`] when length or header are not this model's.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
        check(bytes)?;
        Ok(Self { bytes: bytes.to_vec() })
    }

    /// The bytes as they are stored.
    pub fn to_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as they are stored, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The photo tokens `[25, 128]`, dequantised.
    pub fn tokens(&self) -> Vec<f32> {
        let mut scales = [0.0; REGIONS];
        read_f16(&self.bytes, SCALES, &mut scales);
        let bytes = self.bytes.get(TOKENS..SCALES).unwrap_or_default();
        let rows = bytes.chunks_exact(TOKEN_DIM).zip(scales);
        rows.flat_map(|(row, scale)| row.iter().map(move |b| f32::from(b.cast_signed()) * scale))
            .collect()
    }

    /// The named-colour histogram of one part, `[32]`.
    pub fn histogram(&self, part: Part) -> [f32; COLOURS] {
        let mut histogram = [0.0; COLOURS];
        read_f16(&self.bytes, histogram_offset(part), &mut histogram);
        histogram
    }

    /// ConSE of the whole photo in the semantic basis, `[128]`.
    pub fn conse(&self) -> [f32; SEMANTIC_DIM] {
        let mut conse = [0.0; SEMANTIC_DIM];
        read_int8(&self.bytes, CONSE, read_f32(&self.bytes, CONSE_SCALE), &mut conse);
        conse
    }
}

fn histogram_offset(part: Part) -> usize {
    match part {
        Part::Foreground => FOREGROUND,
        Part::Background => BACKGROUND,
    }
}

fn check(row: &[u8]) -> Result<(), EncodingError> {
    if row.len() != ENCODING_BYTES {
        return Err(EncodingError::Length {
            expected: ENCODING_BYTES,
            found: row.len(),
        });
    }
    if !row.starts_with(&HEADER) {
        return Err(EncodingError::Header {
            expected: HEADER,
            found: row.get(..4).unwrap_or_default().to_vec(),
        });
    }
    Ok(())
}

/// Reads `out.len()` little-endian f16 values at `offset`; zeros when the row is too short.
#[inline(always)]
fn read_f16(row: &[u8], offset: usize, out: &mut [f32]) {
    let Some(bytes) = row.get(offset..offset + 2 * out.len()) else {
        return out.fill(0.0);
    };
    if cfg!(target_endian = "little")
        && let Ok(halves) = bytemuck::try_cast_slice::<u8, f16>(bytes)
    {
        return halves.convert_to_f32_slice(out);
    }
    for (value, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
        *value = f16::from_le_bytes(*bytes).to_f32();
    }
}

/// Reads `out.len()` int8 values at `offset`, times `scale`; zeros when the row is too short.
#[inline(always)]
fn read_int8(row: &[u8], offset: usize, scale: f32, out: &mut [f32]) {
    match row.get(offset..offset + out.len()) {
        Some(bytes) => {
            for (value, byte) in out.iter_mut().zip(bytes) {
                *value = f32::from(byte.cast_signed()) * scale;
            }
        }
        None => out.fill(0.0),
    }
}

/// Reads one little-endian f32; zero when the row is too short.
#[inline(always)]
fn read_f32(row: &[u8], offset: usize) -> f32 {
    let bytes = row.get(offset..offset + 4).and_then(|bytes| bytes.first_chunk::<4>());
    bytes.map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
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

/// The int8 photo tokens `[25, 128]` and the little-endian f16 scales `[25]` of a stored row; empty when it is too short.
#[inline(always)]
pub fn stored_tokens(row: &[u8]) -> (&[i8], [f32; REGIONS]) {
    let mut scales = [0.0; REGIONS];
    read_f16(row, SCALES, &mut scales);
    (
        bytemuck::cast_slice(row.get(TOKENS..SCALES).unwrap_or_default()),
        scales,
    )
}

/// ConSE of the whole photo, `[128]`, from a stored row.
#[inline(always)]
pub fn stored_conse(row: &[u8], out: &mut [f32; SEMANTIC_DIM]) {
    read_int8(row, CONSE, read_f32(row, CONSE_SCALE), out);
}

/// The plain vector, `[256]`, unit length, from a stored row.
#[inline(always)]
pub fn stored_plain(row: &[u8], out: &mut [f32]) {
    read_int8(row, PLAIN, read_f32(row, PLAIN_SCALE), out);
}

/// The named-colour histogram of one part, `[32]`, from a stored row.
#[inline(always)]
pub fn stored_histogram(row: &[u8], part: Part, out: &mut [f32; COLOURS]) {
    read_f16(row, histogram_offset(part), out);
}

/// Boxes of the four objects from a stored row, as shares of the picture: left, top, right, bottom; zeros where there is
/// none.
pub fn stored_boxes(row: &[u8]) -> [[f32; 4]; OBJECTS] {
    let bytes = row.get(BOXES..BOXES + 4 * OBJECTS).unwrap_or_default();
    let mut boxes = [[0.0; 4]; OBJECTS];
    for (bounds, stored) in boxes.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *bounds = stored.map(|edge| f32::from(edge) / 255.0);
    }
    boxes
}

/// What the objects of a stored row are: number of the detector's class and score; `None` where an object is an area, or nothing.
pub fn stored_things(row: &[u8]) -> [Option<(u8, f32)>; OBJECTS] {
    let mut things = [None; OBJECTS];
    for (thing, stored) in things.iter_mut().zip(pairs(row, OBJECT_THINGS, OBJECTS)) {
        let [class, score] = *stored;
        *thing = class.checked_sub(1).map(|class| (class, f32::from(score) / 255.0));
    }
    things
}

/// How many things of a class the detector found in a stored row. Only the most prominent classes are kept.
pub fn stored_count(row: &[u8], class: u8) -> usize {
    let counts = pairs(row, COUNTS, COUNTED_CLASSES);
    counts
        .iter()
        .find(|[stored, _]| stored.checked_sub(1) == Some(class))
        .map_or(0, |[_, count]| usize::from(*count))
}

fn pairs(row: &[u8], offset: usize, count: usize) -> &[[u8; 2]] {
    row.get(offset..offset + 2 * count)
        .unwrap_or_default()
        .as_chunks::<2>()
        .0
}

fn write_f16(row: &mut Vec<u8>, values: impl IntoIterator<Item = f32>) {
    row.extend(values.into_iter().flat_map(|v| f16::from_f32(v).to_le_bytes()));
}

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

    fn plain_dim(&self) -> usize {
        PLAIN_DIM
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        read_int8(row, PLAIN, read_f32(row, PLAIN_SCALE), out);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector_math::normalise;

    /// A basis of unit columns and colours that are not orthogonal to it.
    fn layout() -> (BuiltInLayout, Vec<f32>, Vec<f32>) {
        let mut basis = vec![0.0; TEXT_DIM * SEMANTIC_DIM];
        (0..SEMANTIC_DIM).for_each(|i| basis[i * SEMANTIC_DIM + i] = 1.0);
        let mut colours: Vec<f32> = (0..COLOURS * TEXT_DIM).map(|i| (i as f32 * 0.37).sin()).collect();
        colours.chunks_exact_mut(TEXT_DIM).for_each(normalise);
        (BuiltInLayout::new(&basis, &colours), basis, colours)
    }

    fn wave(n: usize, step: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * step).cos()).collect()
    }

    fn dog(score: f32) -> Detection {
        Detection {
            class: 16,
            score,
            bbox: [0.0, 0.2, 0.4, 1.0],
        }
    }

    fn photo(layout: &BuiltInLayout) -> (Encoding, Vec<f32>, Vec<f32>) {
        let conse = wave(SEMANTIC_DIM, 0.9);
        let histogram: Vec<f32> = (0..COLOURS).map(|i| if i < 4 { 0.25 } else { 0.0 }).collect();
        let encoding = layout.pack(&EncodingParts {
            tokens: &wave(REGIONS * TOKEN_DIM, 0.11),
            conse: &conse,
            plain: &wave(PLAIN_DIM, 0.3),
            foreground: &histogram,
            background: &[1.0 / 32.0; COLOURS],
            boxes: [[0.0, 0.2, 0.4, 1.0]; OBJECTS],
            objects: [None, Some(dog(0.6)), None, None],
            things: &Things::new(vec![dog(0.6), dog(0.5), Detection { class: 0, ..dog(0.9) }]),
        });
        (encoding, conse, histogram)
    }

    #[test]
    fn an_encoding_keeps_its_values_through_its_bytes() {
        let (layout, ..) = layout();
        let (encoding, conse, histogram) = photo(&layout);
        assert_eq!(encoding.to_bytes().len(), 3832);
        let again = Encoding::from_bytes(encoding.to_bytes()).unwrap();
        let close = |a: &[f32], b: &[f32], e: f32| a.iter().zip(b).all(|(x, y)| (x - y).abs() <= e);
        assert!(close(
            &again.tokens(),
            &wave(REGIONS * TOKEN_DIM, 0.11),
            0.5 / 127.0 + 1e-3
        ));
        assert!(
            close(&again.conse(), &conse, 0.5 / 127.0 + 1e-3)
                && close(&again.histogram(Part::Foreground), &histogram, 1e-3)
        );
        let mut plain = [0.0; PLAIN_DIM];
        layout.plain(again.to_bytes(), &mut plain);
        assert!((dot(&plain, &plain) - 1.0).abs() < 1e-5);
        let boxes = stored_boxes(again.to_bytes());
        assert!(close(&boxes[3], &[0.0, 0.2, 0.4, 1.0], 1.0 / 255.0));
        let things = stored_things(again.to_bytes());
        assert_eq!(things, [None, Some((16, 0.6)), None, None]);
        let count = |class| stored_count(again.to_bytes(), class);
        assert_eq!([count(16), count(0), count(2)], [2, 1, 0]);
    }

    #[test]
    fn lifted_factors_are_the_unit_sum_of_unit_conse_and_unit_colour_text() {
        let (layout, basis, colours) = layout();
        let (encoding, conse, histogram) = photo(&layout);
        let mut semantic: Vec<f32> = basis.chunks_exact(SEMANTIC_DIM).map(|row| dot(row, &conse)).collect();
        let mut colour = vec![0.0; TEXT_DIM];
        for (share, vector) in histogram.iter().zip(colours.chunks_exact(TEXT_DIM)) {
            super::super::vector_math::add_scaled(&mut colour, *share, vector);
        }
        normalise(&mut semantic);
        normalise(&mut colour);
        let mut expected: Vec<f32> = semantic.iter().zip(&colour).map(|(a, b)| a + b).collect();
        normalise(&mut expected);
        let mut factors = [0.0; FACTOR_DIM];
        layout.text_factors(encoding.to_bytes(), Part::Foreground, &mut factors);
        let z: Vec<f32> = layout
            .lift()
            .chunks_exact(FACTOR_DIM)
            .map(|row| dot(row, &factors))
            .collect();
        assert!((dot(&z, &z) - 1.0).abs() < 2e-3);
        assert!(dot(&z, &expected) > 0.9995, "{}", dot(&z, &expected));
    }

    #[test]
    fn a_row_is_read_at_any_alignment() {
        let (layout, ..) = layout();
        let (encoding, ..) = photo(&layout);
        let mut aligned = [0.0; PLAIN_DIM];
        layout.plain(encoding.to_bytes(), &mut aligned);
        for shift in 0..2 {
            let mut buffer = vec![0u8; shift];
            buffer.extend_from_slice(encoding.to_bytes());
            let mut plain = [1.0; PLAIN_DIM];
            layout.plain(buffer.get(shift..).unwrap(), &mut plain);
            assert_eq!(plain, aligned);
        }
    }

    #[test]
    fn bytes_of_another_length_or_version_are_refused_and_read_as_zeros() {
        let (layout, ..) = layout();
        let (encoding, ..) = photo(&layout);
        let mut bytes = encoding.into_bytes();
        assert!(matches!(
            Encoding::from_bytes(&bytes[1..]),
            Err(EncodingError::Length { .. })
        ));
        let mut factors = [1.0; FACTOR_DIM];
        layout.text_factors(&bytes[..40], Part::Background, &mut factors);
        assert_eq!(factors, [0.0; FACTOR_DIM]);
        bytes[2] = 9;
        assert!(matches!(layout.check(&bytes), Err(EncodingError::Header { .. })));
    }
}
