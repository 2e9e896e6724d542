//! From references, focus and find to an order of all photos.
//!
//! | file | holds |
//! |---|---|
//! | `directions.rs` | what photos are compared with: one vector in each space |
//! | `scores.rs` | each measure's score of each photo |
//! | `combine.rs` | from the scores of several measures to the one that orders |
//! | `sort.rs` | from that score to the order |

use super::find::FindVector;
use super::gallery::{ConditionalEmbedder, ConditionedGallery};
use super::rows::Gallery;
use super::work::Work;
use super::{FocusError, Way};
use combine::combine;
use directions::Directions;
pub(super) use scores::SHOWS_SHARE;
use scores::Scores;
use sort::sorted;
use std::time::Instant;

mod combine;
mod directions;
mod scores;
mod sort;

/// The score of a photo that cannot be ranked: not encoded yet, encoded into something that is not a number, or outside
/// the subset.
pub const NO_SCORE: f32 = f32::NEG_INFINITY;
/// The rank of such a photo.
pub const NO_RANK: u32 = u32::MAX;
/// Photos from which two orders are sorted on two threads.
const SORT_APART: usize = 16_384;

/// The instruction whose answer is the caption of a photo: what a find text is compared with beside the photo's own text vector.
pub const SHOWS: &str = "what the photo shows";

/// A reference photo as ranking reads it.
#[derive(Debug, Clone, Copy)]
pub enum ReferencePhoto<'a> {
    /// A photo of the library, by its place in it.
    Photo(u32),
    /// The encoding of a photo that was dropped or pasted.
    Outside(&'a [u8]),
}

/// A photo that says "like this one", or "unlike this one". `S` says which photo: [`ReferencePhoto`] where it is ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<S> {
    /// Which photo.
    pub source: S,
    /// Like it (`true`) or unlike it (`false`).
    pub positive: bool,
}

/// A focus applied to a library.
#[derive(Clone, Copy)]
pub struct Focus<'a> {
    /// What embeds references from outside; the one that the gallery was built with.
    pub embedder: &'a dyn ConditionalEmbedder,
    /// The library under the condition.
    pub gallery: &'a ConditionedGallery,
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Photos to be like or unlike.
    pub references: &'a [Reference<ReferencePhoto<'a>>],
    /// In which respect.
    pub focus: Option<Focus<'a>>,
    /// What photos should show.
    pub find: Option<&'a FindVector>,
    /// The library under [`SHOWS`], for a model with a focus encoder: the match with the find text goes by this too.
    pub shows: Option<Focus<'a>>,
    /// 0 = plain similarity, exactly as without a focus; 1 = the focus alone.
    pub strength: f32,
    /// Weight of the match with the find text beside similarity.
    pub find_weight: f32,
    /// How much the find text is an answer to the focus, 0 to 1 (see [`Conditioned::answered_by`](crate::Conditioned::answered_by)):
    /// without a reference the focus counts the more.
    pub answered: f32,
    /// The photos that take part, one entry a photo; without it all do.
    pub subset: Option<&'a [bool]>,
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self {
            references: &[],
            focus: None,
            find: None,
            shows: None,
            strength: 1.0,
            find_weight: 0.5,
            answered: 0.0,
            subset: None,
        }
    }
}

/// Milliseconds that an order took, and where they went.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Timings {
    /// Texts through the text tower.
    pub text_ms: f32,
    /// Condition, projection and scores.
    pub score_ms: f32,
    /// Sorting.
    pub sort_ms: f32,
    /// From the request's arrival to the complete order.
    pub total_ms: f32,
}

/// An order, and why. All arrays but `order` have one entry for each photo of the library.
#[derive(Debug, Clone)]
pub struct Ranking {
    /// The photos of the subset, best first; equal ones by place in the library; those without a score last.
    pub order: Vec<u32>,
    /// How many of `order` have a score.
    pub ranked: usize,
    /// What the order goes by; [`NO_SCORE`] without one. A cosine where a single measure decides, else a sum of measures
    /// standardised over the ranked photos.
    pub score: Vec<f32>,
    /// Similarity under the focus, −1 to 1, if there is a focus and something to compare with.
    pub conditional_score: Option<Vec<f32>>,
    /// Plain similarity, −1 to 1, if there is a reference.
    pub plain_score: Option<Vec<f32>>,
    /// Place by plain similarity, from 0; [`NO_RANK`] without one.
    pub plain_rank: Option<Vec<u32>>,
    /// Match with the find text, −1 to 1.
    pub find_score: Option<Vec<f32>>,
    /// The way that the order came about.
    pub way: Way,
    /// Where the time went.
    pub timings: Timings,
}

/// Ranks a library. `Ok(None)` if the job became stale.
///
/// # Errors
/// [`FocusError`] if a reference does not exist or is not encoded, or if gallery, subset and library do not belong
/// together.
pub fn rank(gallery: &Gallery<'_>, query: &Query<'_>, work: Work<'_>) -> Result<Option<Ranking>, FocusError> {
    check(gallery, query)?;
    let start = Instant::now();
    let directions = Directions::of(gallery, query)?;
    let Some(scores) = Scores::compute(gallery, query, &directions, work) else {
        return Ok(None);
    };
    let (score, way) = combine(query, &scores, gallery.len());
    let score_ms = milliseconds(start);
    if (work.stale)() {
        return Ok(None);
    }

    let start = Instant::now();
    let rank_plain = || {
        let (order, ranked) = sorted(scores.plain.as_ref()?, query.subset);
        let mut rank = vec![NO_RANK; gallery.len()];
        for (place, &photo) in (0u32..).zip(order.iter().take(ranked)) {
            if let Some(rank) = rank.get_mut(photo as usize) {
                *rank = place;
            }
        }
        Some(rank)
    };
    let ((order, ranked), plain_rank) = if gallery.len() >= SORT_APART && work.threads > 1 {
        rayon::join(|| sorted(&score, query.subset), rank_plain)
    } else {
        (sorted(&score, query.subset), rank_plain())
    };
    let timings = Timings {
        score_ms,
        sort_ms: milliseconds(start),
        ..Timings::default()
    };
    let Scores {
        plain,
        conditional,
        find,
    } = scores;
    Ok(Some(Ranking {
        order,
        ranked,
        score,
        conditional_score: conditional,
        plain_score: plain,
        plain_rank,
        find_score: find,
        way,
        timings,
    }))
}

fn milliseconds(start: Instant) -> f32 {
    start.elapsed().as_secs_f32() * 1e3
}

fn check(gallery: &Gallery<'_>, query: &Query<'_>) -> Result<(), FocusError> {
    if let Some(subset) = query.subset {
        FocusError::check_length("subset", gallery.len(), subset.len())?;
    }
    if let Some(focus) = &query.focus {
        FocusError::check_length("conditioned gallery", gallery.len(), focus.gallery.len())?;
        FocusError::check_length("conditional embedder", focus.gallery.dim(), focus.embedder.dim())?;
    }
    if let Some(shows) = &query.shows {
        FocusError::check_length("conditioned gallery", gallery.len(), shows.gallery.len())?;
        FocusError::check_length("conditional embedder", shows.gallery.dim(), shows.embedder.dim())?;
    }
    if let Some(find) = query.find {
        FocusError::check_length("find", gallery.model().factor_dim(), find.factors().len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
