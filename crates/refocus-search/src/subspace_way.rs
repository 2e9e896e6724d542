//! The training-free way to focus: projection into the subspace of the value words.
//!
//! Photos are centred by the gallery's mean, which takes away what sets pictures apart from texts (the modality gap);
//! photos and texts are then projected into the condition's subspace alike, and scaled to unit length.

use super::condition::Condition;
use super::gallery::ConditionalEmbedder;
use super::rows::{EncodingRows, Gallery, Part};
use super::work::Work;
use super::{FocusError, Way};
use refocus_model::vector_math::{add_scaled, dot};

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
    pub fn compute(gallery: &Gallery<'_>, part: Part, work: Work<'_>) -> Option<Self> {
        let model = gallery.model();
        let dim = model.factor_dim();
        let arch = pulp::Arch::new();
        let sums = work.over_photos(
            gallery.len(),
            |_| (),
            |range, ()| {
                let (mut sum, mut count) = (vec![0f64; dim], 0usize);
                let mut factors = vec![0.0; dim];
                for block in work.blocks(range) {
                    let block = block?;
                    arch.dispatch(
                        #[inline(always)]
                        || {
                            for encoding in block.filter_map(|photo| gallery.encoding(photo)) {
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
            || covariance(gallery, part, &mean),
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
fn covariance(gallery: &Gallery<'_>, part: Part, mean: &[f32]) -> Vec<f32> {
    let (model, dim) = (gallery.model(), mean.len());
    let (mut covariance, mut factors, mut count) = (vec![0.0; dim * dim], vec![0.0; dim], 0u32);
    let step = gallery.len().div_ceil(SPREAD_SAMPLE).max(1);
    for encoding in (0..gallery.len())
        .step_by(step)
        .filter_map(|photo| gallery.encoding(photo))
    {
        model.text_factors(encoding, part, &mut factors);
        add_scaled(&mut factors, -1.0, mean);
        if dim > 0 && dot(&factors, &factors).is_finite() {
            count += 1;
            for (line, &factor) in covariance.chunks_exact_mut(dim).zip(&factors) {
                add_scaled(line, factor, &factors);
            }
        }
    }
    let scale = 1.0 / count.max(1) as f32;
    covariance.iter_mut().for_each(|value| *value *= scale);
    covariance
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
                add_scaled(centred, -1.0, self.mean);
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
    let mut rows = vec![0.0; covariance.len() / dim.max(1) * projection.padded_outputs()];
    for (line, out) in covariance
        .chunks_exact(dim.max(1))
        .zip(rows.chunks_exact_mut(projection.padded_outputs().max(1)))
    {
        projection.apply::<1>(line, out);
    }
    // `rows` is Σ Pᵀ; its product with P needs only the diagonal, and applying P to the columns gives it.
    let (mut trace, mut column, mut out) = (0.0, vec![0.0; dim], vec![0.0; projection.padded_outputs()]);
    for direction in 0..projection.padded_outputs() {
        for (value, row) in column.iter_mut().zip(rows.chunks_exact(projection.padded_outputs())) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConditionedGallery;
    use crate::synthetic::{self, Planted};

    #[test]
    fn statistics_are_the_mean_of_finite_encodings_whatever_the_threads() {
        let planted = Planted::new(700);
        let mut bytes = planted.bytes;
        bytes[..synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
        let gallery = Gallery::new(&synthetic::Model, &bytes, None).unwrap();
        let one = GalleryStatistics::compute(
            &gallery,
            Part::Foreground,
            Work {
                threads: 1,
                ..Work::default()
            },
        )
        .unwrap();
        let two = GalleryStatistics::compute(
            &gallery,
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
        let gallery = planted.gallery();
        let condition = synthetic::condition("the colour");
        let statistics = GalleryStatistics::compute(&gallery, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let embedded = ConditionedGallery::build(&gallery, &subspace, Work::default()).unwrap();
        let mean_square = (0..400)
            .map(|photo| embedded.evidence(photo).unwrap().powi(2))
            .sum::<f32>()
            / 400.0;
        assert!((mean_square - 1.0).abs() < 1e-3, "{mean_square}");
    }

    #[test]
    fn a_stale_job_gives_nothing() {
        let planted = Planted::new(300);
        let stale = Work {
            threads: 2,
            stale: &|| true,
        };
        assert!(GalleryStatistics::compute(&planted.gallery(), Part::Foreground, stale).is_none());
    }
}
