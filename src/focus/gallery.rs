//! What is worked out once for a gallery: its mean photo, and under each condition every photo's conditional embedding.
//!
//! Photos are centred by the gallery's mean, which takes away what sets pictures apart from texts (the modality gap);
//! photos and texts are then projected into the condition's subspace alike, and scaled to unit length.

use super::condition::Condition;
use super::rows::{EncodingRows, Library, Part};
use super::vectors::{add_scaled, dot, dot_int8, normalise};
use super::work::Work;
use super::{FocusError, Way};
use pulp::NullaryFnOnce;
use std::ops::Range;

/// Photos from which the spread of the gallery is estimated.
const SPREAD_SAMPLE: usize = 1024;
/// Evidence at which a photo's embedding is held back, as a share of the typical evidence: below it the direction of
/// the embedding is mostly noise, and unit length would make that noise count in full.
const WEAK_EVIDENCE: f32 = 0.15;
/// In one or two directions unit length leaves next to nothing of an embedding; there the amount counts too.
const FEW_DIRECTIONS: usize = 2;

/// Mean and spread of a gallery's factors. Worked out once for a state of the library and a part of the photos.
#[derive(Debug, Clone)]
pub struct GalleryStatistics {
    part: Part,
    photos: usize,
    mean: Vec<f32>,
    /// `[factor_dim, factor_dim]`, of a sample.
    covariance: Vec<f32>,
}

impl GalleryStatistics {
    /// Goes over all encodings once. `None` if the job became stale. Encodings that are not finite are left out.
    #[must_use]
    pub fn compute(library: &Library<'_>, part: Part, work: Work<'_>) -> Option<Self> {
        let model = library.model();
        let dim = model.factor_dim();
        let arch = pulp::Arch::new();
        let sums = work.over_photos(
            library.len(),
            |_| (),
            |range, ()| {
                let (mut sum, mut count) = (vec![0f64; dim], 0usize);
                let mut factors = vec![0.0; dim];
                for block in work.blocks(range) {
                    let block = block?;
                    arch.dispatch(
                        #[inline(always)]
                        || {
                            for encoding in block.filter_map(|photo| library.encoding(photo)) {
                                model.text_factors(encoding, part, &mut factors);
                                if dot(&factors, &factors).is_finite() {
                                    count += 1;
                                    for (sum, &value) in sum.iter_mut().zip(&factors) {
                                        *sum += f64::from(value);
                                    }
                                }
                            }
                        },
                    );
                }
                Some((sum, count))
            },
        )?;
        let photos = sums.iter().map(|(_, count)| count).sum::<usize>();
        let mut mean = vec![0.0; dim];
        for (sum, _) in &sums {
            for (mean, sum) in mean.iter_mut().zip(sum) {
                *mean += (sum / photos.max(1) as f64) as f32;
            }
        }
        let covariance = arch.dispatch(
            #[inline(always)]
            || covariance(library, part, &mean),
        );
        Some(Self {
            part,
            photos,
            mean,
            covariance,
        })
    }

    /// The part of the photos that these describe.
    #[must_use]
    pub fn part(&self) -> Part {
        self.part
    }

    /// Number of photos that they were worked out from.
    #[must_use]
    pub fn photos(&self) -> usize {
        self.photos
    }

    /// `[factor_dim]`: the mean of the photos' factors.
    #[must_use]
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }
}

/// `[dim, dim]` of evenly spaced photos.
#[inline(always)]
fn covariance(library: &Library<'_>, part: Part, mean: &[f32]) -> Vec<f32> {
    let (model, dim) = (library.model(), mean.len());
    let (mut covariance, mut factors, mut count) = (vec![0.0; dim * dim], vec![0.0; dim], 0u32);
    let step = library.len().div_ceil(SPREAD_SAMPLE).max(1);
    for encoding in (0..library.len())
        .step_by(step)
        .filter_map(|photo| library.encoding(photo))
    {
        model.text_factors(encoding, part, &mut factors);
        add_scaled(&mut factors, mean, -1.0);
        if dim > 0 && dot(&factors, &factors).is_finite() {
            count += 1;
            for (line, &factor) in covariance.chunks_exact_mut(dim).zip(&factors) {
                add_scaled(line, &factors, factor);
            }
        }
    }
    let scale = 1.0 / count.max(1) as f32;
    covariance.iter_mut().for_each(|value| *value *= scale);
    covariance
}

/// A way to embed photos under a condition. The training-free subspace is one; a trained encoder another.
pub trait ConditionalEmbedder: Sync {
    /// Which way this is.
    fn way(&self) -> Way;

    /// Length of a conditional embedding.
    fn dim(&self) -> usize;

    /// Embeds a block of encodings (`[photos, bytes_per_photo]`) into `out` (`[photos, dim]`, at most unit length) and
    /// writes to `evidence` (`[photos]`) how much each photo says under the condition: 1 is typical, 0 nothing.
    fn embed_block(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]);

    /// The conditional embedding of a text vector (`[text_dim]`), unit length, `[dim]`; zero for a text that says nothing
    /// here.
    fn embed_text(&self, text: &[f32]) -> Vec<f32>;
}

/// The training-free way: projection into the subspace of the value words.
#[derive(Clone, Copy)]
pub struct Subspace<'a> {
    model: &'a dyn EncodingRows,
    condition: &'a Condition,
    mean: &'a [f32],
    typical: f32,
    arch: pulp::Arch,
}

impl<'a> Subspace<'a> {
    /// Binds a condition to the gallery whose mean photos are centred by. The statistics must be of the condition's
    /// [`Condition::part`].
    ///
    /// # Errors
    /// [`FocusError::Length`] if the statistics are of another model.
    pub fn new(
        model: &'a dyn EncodingRows,
        condition: &'a Condition,
        statistics: &'a GalleryStatistics,
    ) -> Result<Self, FocusError> {
        let dim = model.factor_dim();
        FocusError::check_length("gallery statistics", dim, statistics.mean.len())?;
        let arch = pulp::Arch::new();
        let typical = arch.dispatch(
            #[inline(always)]
            || typical_evidence(condition, &statistics.covariance, dim),
        );
        Ok(Self {
            model,
            condition,
            mean: &statistics.mean,
            typical,
            arch,
        })
    }

    #[inline(always)]
    fn embed_vectorised(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]) {
        const AT_ONCE: usize = 4;
        let (bytes, factors, dim) = (self.model.bytes_per_photo(), self.model.factor_dim(), self.dim());
        let projection = self.condition.projection();
        let mut centred = vec![0.0; AT_ONCE * factors];
        let mut embedded = [0.0; AT_ONCE * 64];
        let photos = encodings.chunks(AT_ONCE * bytes).zip(out.chunks_mut(AT_ONCE * dim));
        for ((encodings, out), evidence) in photos.zip(evidence.chunks_mut(AT_ONCE)) {
            for (encoding, centred) in encodings.chunks_exact(bytes).zip(centred.chunks_exact_mut(factors)) {
                self.model.text_factors(encoding, self.condition.part, centred);
                add_scaled(centred, self.mean, -1.0);
            }
            let Some(embedded) = embedded.get_mut(..AT_ONCE * dim) else {
                return;
            };
            projection.apply::<AT_ONCE>(&centred, embedded);
            for ((from, to), evidence) in embedded.chunks_exact(dim).zip(out.chunks_exact_mut(dim)).zip(evidence) {
                to.copy_from_slice(from);
                *evidence = self.settle(to);
            }
        }
    }

    /// Scales a projected photo to (nearly) unit length and returns its evidence.
    #[inline(always)]
    fn settle(&self, embedding: &mut [f32]) -> f32 {
        let length = dot(embedding, embedding).sqrt();
        if !length.is_finite() || self.typical <= 0.0 {
            embedding.fill(0.0);
            return 0.0;
        }
        let few = self.condition.directions() <= FEW_DIRECTIONS;
        let held_back = self.typical * if few { 1.0 } else { WEAK_EVIDENCE };
        let scale = 1.0 / (length * length + held_back * held_back).sqrt();
        embedding.iter_mut().for_each(|value| *value *= scale);
        length / self.typical
    }
}

/// Root mean square of the length of a projected photo: the root of the trace of `P Σ Pᵀ`.
#[inline(always)]
fn typical_evidence(condition: &Condition, covariance: &[f32], dim: usize) -> f32 {
    let projection = condition.projection();
    let mut rows = vec![0.0; covariance.len() / dim.max(1) * projection.rows()];
    for (line, out) in covariance
        .chunks_exact(dim.max(1))
        .zip(rows.chunks_exact_mut(projection.rows().max(1)))
    {
        projection.apply::<1>(line, out);
    }
    // `rows` is Σ Pᵀ; its product with P needs only the diagonal, and applying P to the columns gives it.
    let (mut trace, mut column, mut out) = (0.0, vec![0.0; dim], vec![0.0; projection.rows()]);
    for direction in 0..projection.rows() {
        for (value, row) in column.iter_mut().zip(rows.chunks_exact(projection.rows())) {
            *value = row.get(direction).copied().unwrap_or(0.0);
        }
        projection.apply::<1>(&column, &mut out);
        trace += out.get(direction).copied().unwrap_or(0.0);
    }
    trace.max(0.0).sqrt()
}

impl ConditionalEmbedder for Subspace<'_> {
    fn way(&self) -> Way {
        Way::Subspace
    }

    fn dim(&self) -> usize {
        self.condition.dim()
    }

    fn embed_block(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]) {
        if self.dim() == 0 {
            evidence.fill(0.0);
            return;
        }
        self.arch.dispatch(
            #[inline(always)]
            || self.embed_vectorised(encodings, out, evidence),
        );
    }

    fn embed_text(&self, text: &[f32]) -> Vec<f32> {
        self.condition.embed_text(text)
    }
}

/// Conditional embeddings up to this length are kept as they are; longer ones in int8, a quarter of the memory.
const KEPT_EXACTLY: usize = 64;
/// Photos that are embedded at a time: what stays in the cache until it is packed.
const AT_ONCE: usize = crate::model::focus_encoder::TILE;

/// Embeddings, `[photos, dim]`.
#[derive(Debug, Clone)]
enum Rows {
    Exact(Vec<f32>),
    /// Each row with what its values are multiplied by.
    Int8(Vec<i8>, Vec<f32>),
}

/// A library under a condition. A new reference under the same condition needs only this.
#[derive(Debug, Clone)]
pub struct ConditionedGallery {
    way: Way,
    dim: usize,
    rows: Rows,
    /// NaN where there is no encoding.
    evidence: Vec<f32>,
}

/// One thread's part of a gallery that is being built.
enum Unfinished<'a> {
    Exact(&'a mut [f32]),
    Int8(&'a mut [i8], &'a mut [f32]),
}

impl ConditionedGallery {
    /// Embeds every photo of a library. `None` if the job became stale.
    #[must_use]
    pub fn build(library: &Library<'_>, embedder: &dyn ConditionalEmbedder, work: Work<'_>) -> Option<Self> {
        let (photos, dim) = (library.len(), embedder.dim());
        let mut rows = if dim <= KEPT_EXACTLY {
            Rows::Exact(vec![0.0; photos * dim])
        } else {
            Rows::Int8(vec![0; photos * dim], vec![0.0; photos])
        };
        let mut evidence = vec![f32::NAN; photos];
        let mut rest_evidence = &mut evidence[..];
        let mut rest = match &mut rows {
            Rows::Exact(values) => Unfinished::Exact(values),
            Rows::Int8(values, scales) => Unfinished::Int8(values, scales),
        };
        work.over_photos(
            photos,
            |range| {
                let evidence = rest_evidence.split_off_mut(..range.len()).unwrap_or_default();
                let part = match &mut rest {
                    Unfinished::Exact(values) => {
                        Unfinished::Exact(values.split_off_mut(..range.len() * dim).unwrap_or_default())
                    }
                    Unfinished::Int8(values, scales) => Unfinished::Int8(
                        values.split_off_mut(..range.len() * dim).unwrap_or_default(),
                        scales.split_off_mut(..range.len()).unwrap_or_default(),
                    ),
                };
                (part, evidence)
            },
            |range, (mut part, evidence)| {
                let start = range.start;
                let mut embedded = vec![0.0; AT_ONCE * dim];
                for block in work.blocks(range) {
                    for run in encoded_runs(library, block?) {
                        let place = run.start - start..run.end - start;
                        let encodings = library.encodings(run)?;
                        let embedded = embedded.get_mut(..place.len() * dim)?;
                        embedder.embed_block(encodings, embedded, evidence.get_mut(place.clone())?);
                        match &mut part {
                            Unfinished::Exact(values) => {
                                values
                                    .get_mut(place.start * dim..place.end * dim)?
                                    .copy_from_slice(embedded);
                            }
                            Unfinished::Int8(values, scales) => pulp::Arch::new().dispatch(Pack {
                                rows: embedded,
                                dim,
                                values: values.get_mut(place.start * dim..place.end * dim)?,
                                scales: scales.get_mut(place)?,
                            }),
                        }
                    }
                }
                Some(())
            },
        )?;
        Some(Self {
            way: embedder.way(),
            dim,
            rows,
            evidence,
        })
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
                let scale = scales.get(photo).copied().unwrap_or(0.0);
                for (out, value) in out.iter_mut().zip(values.get(place).unwrap_or_default()) {
                    *out = f32::from(*value) * scale;
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
                dot_int8(values.get(place).unwrap_or_default(), direction) * scales.get(photo).copied().unwrap_or(0.0)
            }
        }
    }

    /// How much a photo says under the condition: 1 is typical, 0 nothing. `None` if it has no encoding.
    #[must_use]
    pub fn evidence(&self, photo: usize) -> Option<f32> {
        self.evidence.get(photo).copied().filter(|evidence| !evidence.is_nan())
    }
}

/// Rows of `dim` values to int8, each with what its values are multiplied by.
struct Pack<'a> {
    rows: &'a [f32],
    dim: usize,
    values: &'a mut [i8],
    scales: &'a mut [f32],
}

impl NullaryFnOnce for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self
            .rows
            .chunks_exact(self.dim)
            .zip(self.values.chunks_exact_mut(self.dim));
        for ((row, values), scale) in rows.zip(self.scales) {
            let mut largest = 0.0f32;
            for value in row {
                largest = largest.max(value.abs());
            }
            *scale = largest / 127.0;
            let factor = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            for (to, value) in values.iter_mut().zip(row) {
                // Adding half away from zero and cutting off is rounding, in two instructions.
                *to = (value * factor + 0.5f32.copysign(*value)) as i32 as i8;
            }
        }
    }
}

/// The runs of encoded photos in a block, none longer than [`AT_ONCE`].
fn encoded_runs<'a>(library: &'a Library<'_>, block: Range<usize>) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut photo = block.start;
    std::iter::from_fn(move || {
        while photo < block.end && !library.is_encoded(photo) {
            photo += 1;
        }
        let first = photo;
        while photo < block.end && photo - first < AT_ONCE && library.is_encoded(photo) {
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
        add_scaled(&mut mean, embedding, 1.0);
    }
    normalise(&mut mean);
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::focus::synthetic::{self, Planted};

    #[test]
    fn statistics_are_the_mean_of_finite_encodings_whatever_the_threads() {
        let planted = Planted::new(700);
        let mut bytes = planted.bytes;
        bytes[..synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
        let library = Library::new(&synthetic::Model, &bytes, None).unwrap();
        let one = GalleryStatistics::compute(
            &library,
            Part::Foreground,
            Work {
                threads: 1,
                ..Work::default()
            },
        )
        .unwrap();
        let two = GalleryStatistics::compute(
            &library,
            Part::Foreground,
            Work {
                threads: 2,
                ..Work::default()
            },
        )
        .unwrap();
        assert_eq!((one.photos(), two.photos()), (699, 699));
        for (a, b) in one.mean().iter().zip(two.mean()) {
            assert!(a.is_finite() && (a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn typical_evidence_is_the_root_mean_square_of_projected_lengths() {
        let planted = Planted::new(400);
        let library = planted.library();
        let condition = synthetic::condition("the colour");
        let statistics = GalleryStatistics::compute(&library, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let gallery = ConditionedGallery::build(&library, &subspace, Work::default()).unwrap();
        let mean_square = (0..400)
            .map(|photo| gallery.evidence(photo).unwrap().powi(2))
            .sum::<f32>()
            / 400.0;
        assert!((mean_square - 1.0).abs() < 1e-3, "{mean_square}");
    }

    #[test]
    fn a_photo_from_outside_is_embedded_like_one_of_the_library() {
        let planted = Planted::new(50);
        let library = planted.library();
        let condition = synthetic::condition("the shape");
        let statistics = GalleryStatistics::compute(&library, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let gallery = ConditionedGallery::build(&library, &subspace, Work::default()).unwrap();
        for photo in [0, 13, 49] {
            let outside = embed_outside(&synthetic::Model, &subspace, library.encoding(photo).unwrap()).unwrap();
            assert_eq!(outside, gallery.embedding(photo));
        }
        assert!(embed_outside(&synthetic::Model, &subspace, &[0; 3]).is_err());
    }

    #[test]
    fn photos_without_encoding_have_no_evidence_and_broken_ones_none_to_show() {
        let planted = Planted::new(300);
        let mut bytes = planted.bytes;
        bytes[..synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
        let encoded = (0..300).map(|photo| photo % 7 != 1).collect::<Vec<_>>();
        let library = Library::new(&synthetic::Model, &bytes, Some(&encoded)).unwrap();
        let condition = synthetic::condition("the colour");
        let statistics = GalleryStatistics::compute(&library, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let gallery = ConditionedGallery::build(&library, &subspace, Work::default()).unwrap();
        assert_eq!(gallery.evidence(0), Some(0.0));
        assert!(gallery.embedding(0).iter().all(|&v| v == 0.0));
        for (photo, &encoded) in encoded.iter().enumerate() {
            assert_eq!(gallery.evidence(photo).is_some(), encoded);
        }
    }

    #[test]
    fn a_stale_job_gives_nothing() {
        let planted = Planted::new(300);
        let stale = Work {
            threads: 2,
            stale: &|| true,
        };
        assert!(GalleryStatistics::compute(&planted.library(), Part::Foreground, stale).is_none());
    }
}
