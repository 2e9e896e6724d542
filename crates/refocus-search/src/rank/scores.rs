//! Each measure's score of each photo, computed in blocks on all threads.

use super::directions::Directions;
use super::{NO_SCORE, Query};
use crate::Part;
use crate::rows::Gallery;
use crate::work::Work;
use pulp::NullaryFnOnce;
use refocus_model::vector_math::dot;
use std::ops::Range;

/// Share of the conditional embedding under [`SHOWS`](super::SHOWS) in the match with a find text. Of 333 everyday photos of sources
/// that were kept back from training, each looked for by its own caption, 185 stood among the first ten with none of it, 222 with
/// half, 240 with this and 239 with nothing else.
pub(crate) const SHOWS_SHARE: f32 = 0.8;

/// Each measure's score of each photo; NaN for a photo that cannot be ranked.
pub(super) struct Scores {
    pub(super) plain: Option<Vec<f32>>,
    pub(super) conditional: Option<Vec<f32>>,
    pub(super) find: Option<Vec<f32>>,
}

impl Scores {
    pub(super) fn compute(
        gallery: &Gallery<'_>,
        query: &Query<'_>,
        directions: &Directions,
        work: Work<'_>,
    ) -> Option<Self> {
        let photos = gallery.len();
        let empty = |wanted: bool| wanted.then(|| vec![NO_SCORE; photos]);
        let mut plain = empty(directions.plain.is_some());
        let mut conditional = empty(directions.conditional.is_some());
        let mut find = empty(query.find.is_some());
        let mut rest =
            [&mut plain, &mut conditional, &mut find].map(|scores| scores.as_deref_mut().unwrap_or_default());
        let arch = pulp::Arch::new();
        work.over_photos(
            photos,
            |range| {
                rest.each_mut()
                    .map(|scores| scores.split_off_mut(..range.len()).unwrap_or_default())
            },
            |range, mut scores| {
                let start = range.start;
                for block in work.blocks(range) {
                    let block = block?;
                    let place = block.start - start..block.end - start;
                    arch.dispatch(ScoreBlock {
                        gallery,
                        query,
                        directions,
                        photos: block,
                        scores: scores.each_mut().map(|s| s.get_mut(place.clone()).unwrap_or_default()),
                    });
                }
                Some(())
            },
        )?;
        Some(Self {
            plain,
            conditional,
            find,
        })
    }
}

/// The scores of some consecutive photos: plain, conditional, find; a measure that is not asked for has no room.
struct ScoreBlock<'a> {
    gallery: &'a Gallery<'a>,
    query: &'a Query<'a>,
    directions: &'a Directions,
    photos: Range<usize>,
    scores: [&'a mut [f32]; 3],
}

impl NullaryFnOnce for ScoreBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let model = self.gallery.model();
        let mut plain_vector = vec![0.0; model.plain_dim()];
        let mut factors = vec![0.0; model.factor_dim()];
        let [plain, conditional, find] = self.scores;
        for (place, photo) in self.photos.enumerate() {
            let taken = self.query.subset.is_none_or(|s| s.get(photo).copied().unwrap_or(false));
            let Some(encoding) = self.gallery.encoding(photo).filter(|_| taken) else {
                continue;
            };
            if let (Some(score), Some(direction)) = (plain.get_mut(place), &self.directions.plain) {
                model.plain(encoding, &mut plain_vector);
                *score = finite(dot(&plain_vector, direction));
            }
            if let (Some(score), Some(direction), Some(focus)) = (
                conditional.get_mut(place),
                &self.directions.conditional,
                &self.query.focus,
            ) {
                *score = finite(focus.gallery.similarity(photo, direction));
            }
            if let (Some(score), Some(words)) = (find.get_mut(place), self.query.find) {
                model.text_factors(encoding, Part::Foreground, &mut factors);
                let mut matched = dot(&factors, words.factors());
                if let (Some(shows), Some(direction)) = (&self.query.shows, &self.directions.shown) {
                    matched += SHOWS_SHARE * (shows.gallery.similarity(photo, direction) - matched);
                }
                *score = finite(matched + words.count_gain(model, encoding));
            }
        }
    }
}

#[inline(always)]
fn finite(score: f32) -> f32 {
    if score.is_finite() { score } else { NO_SCORE }
}
