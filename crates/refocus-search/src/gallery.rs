//! A library under a condition: the conditional embedding of every photo, worked out once for a focus.

use std::ops::Range;

use pulp::NullaryFnOnce;

use super::rows::{EncodingRows, Gallery};
use super::work::Work;
use super::{FocusError, Way};
use refocus_model::vector_math::{
    LANES, add_scaled, dot, dot_int8, largest_magnitude, nearest_integer, normalise_or_clear,
};

/// Evidence below which a photo says nothing about the focus, as a share of the typical evidence.
pub(super) const UNCLEAR: f32 = 0.3;

/// A way to embed photos under a condition. The training-free subspace is one; a trained encoder another.
pub trait ConditionalEmbedder: Sync {
    /// Which way this is.
    fn way(&self) -> Way;

    /// Length of a conditional embedding.
    fn dim(&self) -> usize;

    /// Length of its front. Where embeddings are kept in int8, what lies behind is rounded by itself: a few large values there do
    /// not cost the front its precision.
    fn front(&self) -> usize {
        self.dim()
    }

    /// Embeds a block of encodings (`[photos, bytes_per_photo]`) into `out` (`[photos, dim]`, at most unit length) and
    /// writes to `evidence` (`[photos]`) how much each photo says under the condition: 1 is typical, 0 nothing.
    fn embed_block(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]);

    /// The conditional embedding of a text vector (`[text_dim]`), unit length, `[dim]`; zero for a text that says nothing
    /// here.
    fn embed_text(&self, text: &[f32]) -> Vec<f32>;
}

/// Conditional embeddings up to this length are kept as they are; longer ones in int8, a quarter of the memory.
const KEPT_EXACTLY: usize = 64;
/// Photos that are embedded at a time: what stays in the cache until it is packed.
const AT_ONCE: usize = refocus_model::focus_encoder::TILE;

/// Embeddings, `[photos, dim]`.
#[derive(Debug, Clone)]
enum Rows {
    Exact(Vec<f32>),
    /// Each row with what the values of its front and those behind are multiplied by.
    Int8(Vec<i8>, Vec<[f32; 2]>),
}

/// A library under a condition. A new reference under the same condition needs only this.
#[derive(Debug, Clone)]
pub struct ConditionedGallery {
    way: Way,
    dim: usize,
    /// See [`ConditionalEmbedder::front`].
    front: usize,
    rows: Rows,
    /// NaN where there is no encoding.
    evidence: Vec<f32>,
}

impl Rows {
    /// Room for so many photos, in the memory of `before` where that is large enough. What it holds is of no meaning.
    fn in_place_of(before: Option<Self>, photos: usize, dim: usize) -> Self {
        if dim <= KEPT_EXACTLY {
            let before = match before {
                Some(Self::Exact(values)) => values,
                _ => Vec::new(),
            };
            Self::Exact(resized(before, photos * dim))
        } else {
            let (values, scales) = match before {
                Some(Self::Int8(values, scales)) => (values, scales),
                _ => Default::default(),
            };
            Self::Int8(resized(values, photos * dim), resized(scales, photos))
        }
    }

    fn as_part(&mut self) -> RowsPart<'_> {
        match self {
            Self::Exact(values) => RowsPart::Exact(values),
            Self::Int8(values, scales) => RowsPart::Int8(values, scales),
        }
    }
}

/// So many values, in the memory of `before` where that is large enough.
fn resized<T: Copy + Default>(mut before: Vec<T>, length: usize) -> Vec<T> {
    // Half as much again may lie idle, not more: a library that shrank gives its memory back.
    if before.capacity() < length || before.capacity() > length + length / 2 {
        return vec![T::default(); length];
    }
    before.resize(length, T::default());
    before
}

/// One thread's part of the rows of a gallery that is being built.
enum RowsPart<'a> {
    Exact(&'a mut [f32]),
    Int8(&'a mut [i8], &'a mut [[f32; 2]]),
}

impl<'a> RowsPart<'a> {
    /// Takes the first `photos` rows away.
    fn split_off(&mut self, photos: usize, dim: usize) -> RowsPart<'a> {
        match self {
            Self::Exact(values) => RowsPart::Exact(values.split_off_mut(..photos * dim).unwrap_or_default()),
            Self::Int8(values, scales) => RowsPart::Int8(
                values.split_off_mut(..photos * dim).unwrap_or_default(),
                scales.split_off_mut(..photos).unwrap_or_default(),
            ),
        }
    }

    /// Writes embeddings (`[photos, dim]`) to the rows of `place`.
    fn put(&mut self, place: Range<usize>, embedded: &[f32], dim: usize, front: usize) -> Option<()> {
        match self {
            Self::Exact(values) => values
                .get_mut(place.start * dim..place.end * dim)?
                .copy_from_slice(embedded),
            Self::Int8(values, scales) => pulp::Arch::new().dispatch(Pack {
                rows: embedded,
                dim,
                front,
                values: values.get_mut(place.start * dim..place.end * dim)?,
                scales: scales.get_mut(place)?,
            }),
        }
        Some(())
    }

    /// Writes zeros to the rows of `place`.
    fn clear(&mut self, place: Range<usize>, dim: usize) -> Option<()> {
        match self {
            Self::Exact(values) => values.get_mut(place.start * dim..place.end * dim)?.fill(0.0),
            // What a row holds is multiplied by this.
            Self::Int8(_, scales) => scales.get_mut(place)?.fill([0.0; 2]),
        }
        Some(())
    }
}

impl ConditionedGallery {
    /// Embeds every photo of a library. `None` if the job became stale.
    #[must_use]
    pub fn build(gallery: &Gallery<'_>, embedder: &dyn ConditionalEmbedder, work: Work<'_>) -> Option<Self> {
        Self::build_in_place_of(&mut None, gallery, embedder, work)
    }

    /// As [`Self::build`], in the memory of a gallery that is not needed any more; a job that became stale leaves that
    /// memory there for the next one.
    #[must_use]
    pub fn build_in_place_of(
        before: &mut Option<Self>,
        gallery: &Gallery<'_>,
        embedder: &dyn ConditionalEmbedder,
        work: Work<'_>,
    ) -> Option<Self> {
        let (photos, dim) = (gallery.len(), embedder.dim());
        let (rows, evidence) = before
            .take()
            .map_or_else(|| (None, Vec::new()), |before| (Some(before.rows), before.evidence));
        let mut embedded = Self {
            way: embedder.way(),
            dim,
            front: embedder.front().min(dim),
            rows: Rows::in_place_of(rows, photos, dim),
            evidence: resized(evidence, photos),
        };
        if embedded.fill(gallery, embedder, work).is_none() {
            *before = Some(embedded);
            return None;
        }
        Some(embedded)
    }

    fn fill(&mut self, gallery: &Gallery<'_>, embedder: &dyn ConditionalEmbedder, work: Work<'_>) -> Option<()> {
        let (dim, front) = (self.dim, self.front);
        let (mut rows, mut evidence) = (self.rows.as_part(), &mut self.evidence[..]);
        work.over_photos(
            gallery.len(),
            |range| {
                let evidence = evidence.split_off_mut(..range.len()).unwrap_or_default();
                (rows.split_off(range.len(), dim), evidence)
            },
            |range, (mut rows, evidence)| {
                evidence.fill(f32::NAN);
                let start = range.start;
                let mut embedded = vec![0.0; AT_ONCE * dim];
                for block in work.blocks(range) {
                    let block = block?;
                    rows.clear(block.start - start..block.end - start, dim)?;
                    for run in encoded_runs(gallery, block) {
                        let place = run.start - start..run.end - start;
                        let encodings = gallery.encodings(run)?;
                        let embedded = embedded.get_mut(..place.len() * dim)?;
                        embedder.embed_block(encodings, embedded, evidence.get_mut(place.clone())?);
                        rows.put(place, embedded, dim, front)?;
                    }
                }
                Some(())
            },
        )?;
        Some(())
    }

    /// Hands runs of photos and their evidence (NaN where there is no encoding) to `change`. `None` if the job became stale; then some
    /// were changed.
    pub(super) fn change_evidence(
        &mut self,
        work: Work<'_>,
        change: impl Fn(Range<usize>, &mut [f32]) + Sync,
    ) -> Option<()> {
        let photos = self.evidence.len();
        let mut rest = &mut self.evidence[..];
        work.over_photos(
            photos,
            |range| rest.split_off_mut(..range.len()).unwrap_or_default(),
            |range, evidence| {
                let start = range.start;
                for block in work.blocks(range) {
                    let block = block?;
                    let place = block.start - start..block.end - start;
                    change(block, evidence.get_mut(place)?);
                }
                Some(())
            },
        )?;
        Some(())
    }

    /// The way the photos were embedded.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way
    }

    /// Length of a conditional embedding.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of photos.
    #[must_use]
    pub fn len(&self) -> usize {
        self.evidence.len()
    }

    /// Whether there is no photo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.evidence.is_empty()
    }

    /// Bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let rows = match &self.rows {
            Rows::Exact(values) => size_of_val(values.as_slice()),
            Rows::Int8(values, scales) => values.len() + size_of_val(scales.as_slice()),
        };
        rows + size_of_val(self.evidence.as_slice())
    }

    /// The conditional embedding of one photo, `[dim]`; zeros if it has no encoding.
    #[must_use]
    pub fn embedding(&self, photo: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.dim];
        self.read(photo, &mut out);
        out
    }

    /// Writes the front of one photo's conditional embedding to `out` (at most `[dim]`).
    #[inline(always)]
    pub fn read(&self, photo: usize, out: &mut [f32]) {
        let place = photo * self.dim..photo * self.dim + out.len().min(self.dim);
        match &self.rows {
            Rows::Exact(values) => {
                for (out, value) in out.iter_mut().zip(values.get(place).unwrap_or_default()) {
                    *out = *value;
                }
            }
            Rows::Int8(values, scales) => {
                let scales = scales.get(photo).copied().unwrap_or_default();
                let values = values.get(place).unwrap_or_default();
                let (front, behind) = values.split_at(self.front.min(values.len()));
                let (front_out, behind_out) = out.split_at_mut(front.len());
                for ((out, values), scale) in [(front_out, front), (behind_out, behind)].into_iter().zip(scales) {
                    for (out, value) in out.iter_mut().zip(values) {
                        *out = f32::from(*value) * scale;
                    }
                }
            }
        }
    }

    /// Inner product of one photo's conditional embedding with `direction` (`[dim]`).
    #[inline(always)]
    pub fn similarity(&self, photo: usize, direction: &[f32]) -> f32 {
        let place = photo * self.dim..(photo + 1) * self.dim;
        match &self.rows {
            Rows::Exact(values) => dot(values.get(place).unwrap_or_default(), direction),
            Rows::Int8(values, scales) => {
                let [scale, behind_scale] = scales.get(photo).copied().unwrap_or_default();
                let values = values.get(place).unwrap_or_default();
                let (front, behind) = values.split_at(self.front.min(values.len()));
                let (to_front, to_behind) = direction.split_at(self.front.min(direction.len()));
                dot_int8(front, to_front) * scale + dot_int8(behind, to_behind) * behind_scale
            }
        }
    }

    /// How much a photo says under the condition: 1 is typical, 0 nothing. `None` if it has no encoding.
    #[must_use]
    pub fn evidence(&self, photo: usize) -> Option<f32> {
        self.evidence.get(photo).copied().filter(|evidence| !evidence.is_nan())
    }
}

/// Rows of `dim` values to int8, each with what its first `front` values and the others are multiplied by.
struct Pack<'a> {
    rows: &'a [f32],
    dim: usize,
    front: usize,
    values: &'a mut [i8],
    scales: &'a mut [[f32; 2]],
}

impl NullaryFnOnce for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self
            .rows
            .chunks_exact(self.dim)
            .zip(self.values.chunks_exact_mut(self.dim));
        for ((row, values), scales) in rows.zip(self.scales) {
            let (front, behind) = row.split_at(self.front.min(row.len()));
            let (front_values, behind_values) = values.split_at_mut(front.len());
            *scales = [pack(front, front_values), pack(behind, behind_values)];
        }
    }
}

/// Rounds values to int8; returns what these are multiplied by.
#[inline(always)]
fn pack(row: &[f32], values: &mut [i8]) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let rest = rest.iter().map(|value| value.abs()).fold(0.0, f32::max);
    let largest = largest_magnitude(blocks.iter()).max(rest);
    let factor = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    for (to, value) in values.iter_mut().zip(row) {
        *to = nearest_integer(value * factor) as i8;
    }
    largest / 127.0
}

/// The runs of encoded photos in a block, none longer than [`AT_ONCE`].
fn encoded_runs<'a>(gallery: &'a Gallery<'_>, block: Range<usize>) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut photo = block.start;
    std::iter::from_fn(move || {
        while photo < block.end && !gallery.is_encoded(photo) {
            photo += 1;
        }
        let first = photo;
        while photo < block.end && photo - first < AT_ONCE && gallery.is_encoded(photo) {
            photo += 1;
        }
        (first < photo).then_some(first..photo)
    })
}

/// The conditional embedding of one photo from outside the library, `[dim]`.
///
/// # Errors
/// [`FocusError::RowLength`] if the bytes are not one encoding.
pub fn embed_outside(
    model: &dyn EncodingRows,
    embedder: &dyn ConditionalEmbedder,
    encoding: &[u8],
) -> Result<Vec<f32>, FocusError> {
    if encoding.len() != model.bytes_per_photo() {
        return Err(FocusError::RowLength {
            expected: model.bytes_per_photo(),
            found: encoding.len(),
        });
    }
    let (mut out, mut evidence) = (vec![0.0; embedder.dim()], [0.0]);
    embedder.embed_block(encoding, &mut out, &mut evidence);
    Ok(out)
}

/// Mean of some embeddings with unit length; zero if they cancel out.
pub(super) fn unit_mean<'a>(embeddings: impl Iterator<Item = &'a [f32]>, dim: usize) -> Vec<f32> {
    let mut mean = vec![0.0; dim];
    for embedding in embeddings {
        add_scaled(&mut mean, 1.0, embedding);
    }
    normalise_or_clear(&mut mean);
    mean
}

#[cfg(test)]
mod tests;
