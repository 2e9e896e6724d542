//! Single parts of a stored row, read in place.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::{
    BACKGROUND, BOXES, CONSE, CONSE_SCALE, COUNTED_CLASSES, COUNTS, FOREGROUND, OBJECT_THINGS, PLAIN, PLAIN_SCALE,
    Part, SCALES, SEMANTIC_DIM, TOKENS,
};
use crate::colour_statistics::REGIONS;
use crate::named_colours::COLOURS;
use crate::objects::OBJECTS;

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

pub(super) fn histogram_offset(part: Part) -> usize {
    match part {
        Part::Foreground => FOREGROUND,
        Part::Background => BACKGROUND,
    }
}

/// Reads `out.len()` little-endian f16 values at `offset`; zeros when the row is too short.
#[inline(always)]
pub(super) fn read_f16(row: &[u8], offset: usize, out: &mut [f32]) {
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
pub(super) fn read_int8(row: &[u8], offset: usize, scale: f32, out: &mut [f32]) {
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
pub(super) fn read_f32(row: &[u8], offset: usize) -> f32 {
    let bytes = row.get(offset..offset + 4).and_then(|bytes| bytes.first_chunk::<4>());
    bytes.map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
}
