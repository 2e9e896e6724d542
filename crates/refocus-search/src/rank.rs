//! From references, focus and find to an order of all photos.

use super::find::{FindVector, NEGATIVE_WEIGHT};
use super::gallery::{ConditionalEmbedder, ConditionedGallery, embed_outside, unit_mean};
use super::rows::Library;
use super::work::Work;
use super::{FocusError, Way};
use pulp::NullaryFnOnce;
use refocus_model::vector_math::{add_scaled, dot, normalise_or_clear};
use std::ops::Range;
use std::time::Instant;

/// The score of a photo that cannot be ranked: not encoded yet, encoded into something that is not a number, or outside
/// the subset.
pub const NO_SCORE: f32 = f32::NEG_INFINITY;
/// The rank of such a photo.
pub const NO_RANK: u32 = u32::MAX;
/// Photos from which two orders are sorted on two threads.
const SORT_APART: usize = 16_384;

/// The instruction whose answer is the caption of a photo: what a find text is compared with beside the photo's own text vector.
pub const SHOWS: &str = "what the photo shows";
/// Share of the conditional embedding under [`SHOWS`] in the match with a find text. Of everyday photos kept back from training
/// (303 photos, each looked for by its own caption), 61 stood among the first ten with none of it, 73 with half, 79 with this and
/// 83 with nothing else; they come from the sources trained on, of other photos it knows less.
const SHOWS_SHARE: f32 = 0.7;

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
pub fn rank(library: &Library<'_>, query: &Query<'_>, work: Work<'_>) -> Result<Option<Ranking>, FocusError> {
    check(library, query)?;
    let start = Instant::now();
    let directions = Directions::of(library, query)?;
    let Some(scores) = Scores::compute(library, query, &directions, work) else {
        return Ok(None);
    };
    let (score, way) = combine(query, &scores, library.len());
    let score_ms = milliseconds(start);
    if (work.stale)() {
        return Ok(None);
    }

    let start = Instant::now();
    let rank_plain = || {
        let (order, ranked) = sorted(scores.plain.as_ref()?, query.subset);
        let mut rank = vec![NO_RANK; library.len()];
        for (place, &photo) in (0u32..).zip(order.iter().take(ranked)) {
            if let Some(rank) = rank.get_mut(photo as usize) {
                *rank = place;
            }
        }
        Some(rank)
    };
    let ((order, ranked), plain_rank) = if library.len() >= SORT_APART && work.threads > 1 {
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

fn check(library: &Library<'_>, query: &Query<'_>) -> Result<(), FocusError> {
    if let Some(subset) = query.subset {
        FocusError::check_length("subset", library.len(), subset.len())?;
    }
    if let Some(focus) = &query.focus {
        FocusError::check_length("conditioned gallery", library.len(), focus.gallery.len())?;
        FocusError::check_length("conditional embedder", focus.gallery.dim(), focus.embedder.dim())?;
    }
    if let Some(shows) = &query.shows {
        FocusError::check_length("conditioned gallery", library.len(), shows.gallery.len())?;
        FocusError::check_length("conditional embedder", shows.gallery.dim(), shows.embedder.dim())?;
    }
    if let Some(find) = query.find {
        FocusError::check_length("find", library.model().factor_dim(), find.factors().len())?;
    }
    Ok(())
}

/// What photos are compared with: one vector in each space. A photo's scores are its products with these.
#[derive(Default)]
struct Directions {
    plain: Option<Vec<f32>>,
    conditional: Option<Vec<f32>>,
    /// The find text under [`SHOWS`].
    shown: Option<Vec<f32>>,
}

impl Directions {
    fn of(library: &Library<'_>, query: &Query<'_>) -> Result<Self, FocusError> {
        let mut directions = Self::default();
        let (mut plain, mut conditional) = (Vec::new(), Vec::new());
        for reference in query.references {
            let encoding = match reference.source {
                ReferencePhoto::Photo(row) if row as usize >= library.len() => {
                    return Err(FocusError::NoSuchPhoto {
                        row,
                        photos: library.len(),
                    });
                }
                ReferencePhoto::Photo(row) => library.encoding(row as usize).ok_or(FocusError::NotEncoded(row))?,
                ReferencePhoto::Outside(encoding) if encoding.len() == library.model().bytes_per_photo() => encoding,
                ReferencePhoto::Outside(encoding) => {
                    let expected = library.model().bytes_per_photo();
                    return Err(FocusError::RowLength {
                        expected,
                        found: encoding.len(),
                    });
                }
            };
            let mut vector = vec![0.0; library.model().plain_dim()];
            library.model().plain(encoding, &mut vector);
            plain.push((vector, reference.positive));
            if let Some(focus) = &query.focus {
                let vector = match reference.source {
                    ReferencePhoto::Photo(row) => focus.gallery.embedding(row as usize),
                    ReferencePhoto::Outside(encoding) => embed_outside(library.model(), focus.embedder, encoding)?,
                };
                conditional.push((vector, reference.positive));
            }
        }
        if !plain.is_empty() {
            directions.plain = Some(prototype(&plain, library.model().plain_dim()));
        }
        if let (Some(shows), Some(find)) = (&query.shows, query.find) {
            directions.shown = Some(shows.embedder.embed_text(find.text()));
        }
        if let Some(focus) = &query.focus {
            directions.conditional = match query.find {
                _ if !conditional.is_empty() => Some(prototype(&conditional, focus.gallery.dim())),
                // Without a reference the words that a photo should show stand for one.
                Some(find) => Some(focus.embedder.embed_text(find.text())),
                None => None,
            };
        }
        Ok(directions)
    }
}

/// Mean of the positive minus half the mean of the negative embeddings, unit length. Half, because a negative reference
/// is nearly always like the positive ones in most respects: at full weight what remains of the difference is noise
/// (Rocchio's relevance feedback keeps the negative weight well below the positive one for the same reason).
fn prototype(embeddings: &[(Vec<f32>, bool)], dim: usize) -> Vec<f32> {
    let of = |wanted: bool| {
        let chosen = embeddings.iter().filter(move |(_, positive)| *positive == wanted);
        unit_mean(
            chosen
                .map(|(embedding, _)| embedding.as_slice())
                .filter(|e| dot(e, e).is_finite()),
            dim,
        )
    };
    let mut prototype = of(true);
    add_scaled(&mut prototype, -NEGATIVE_WEIGHT, &of(false));
    normalise_or_clear(&mut prototype);
    prototype
}

/// Each measure's score of each photo; NaN for a photo that cannot be ranked.
struct Scores {
    plain: Option<Vec<f32>>,
    conditional: Option<Vec<f32>>,
    find: Option<Vec<f32>>,
}

impl Scores {
    fn compute(library: &Library<'_>, query: &Query<'_>, directions: &Directions, work: Work<'_>) -> Option<Self> {
        let photos = library.len();
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
                        library,
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
    library: &'a Library<'a>,
    query: &'a Query<'a>,
    directions: &'a Directions,
    photos: Range<usize>,
    scores: [&'a mut [f32]; 3],
}

impl NullaryFnOnce for ScoreBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let model = self.library.model();
        let mut plain_vector = vec![0.0; model.plain_dim()];
        let mut factors = vec![0.0; model.factor_dim()];
        let [plain, conditional, find] = self.scores;
        for (place, photo) in self.photos.enumerate() {
            let taken = self.query.subset.is_none_or(|s| s.get(photo).copied().unwrap_or(false));
            let Some(encoding) = self.library.encoding(photo).filter(|_| taken) else {
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
                model.text_factors(encoding, super::Part::Foreground, &mut factors);
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

/// The score that orders, and the way it came about.
fn combine(query: &Query<'_>, scores: &Scores, photos: usize) -> (Vec<f32>, Way) {
    let strength = if query.strength.is_nan() {
        1.0
    } else {
        query.strength.clamp(0.0, 1.0)
    };
    let focus_way = query.focus.as_ref().map_or(Way::Plain, |focus| focus.gallery.way());
    let (similarity, way) = match (&scores.plain, &scores.conditional) {
        (Some(plain), Some(_)) if strength <= 0.0 => (Some(plain.clone()), Way::Plain),
        (Some(plain), Some(conditional)) if strength < 1.0 => {
            (Some(mixed(plain, 1.0 - strength, conditional, strength)), focus_way)
        }
        (_, Some(conditional)) => (Some(conditional.clone()), focus_way),
        (Some(plain), None) => (Some(plain.clone()), Way::Plain),
        (None, None) => (None, Way::Text),
    };
    match (similarity, &scores.find) {
        (Some(similarity), Some(find)) if query.find_weight != 0.0 => {
            (mixed(&similarity, 1.0, find, query.find_weight), way)
        }
        (Some(similarity), _) => (similarity, way),
        (None, Some(find)) => (find.clone(), Way::Text),
        (None, None) => (vec![NO_SCORE; photos], Way::Plain),
    }
}

/// `weight_a · a + weight_b · b`, each standardised over the photos that both rank.
fn mixed(a: &[f32], weight_a: f32, b: &[f32], weight_b: f32) -> Vec<f32> {
    let ranked = |pair: &(&f32, &f32)| pair.0.is_finite() && pair.1.is_finite();
    let pairs = || a.iter().zip(b).filter(ranked);
    let (mean_a, spread_a) = mean_and_spread(pairs().map(|(a, _)| *a));
    let (mean_b, spread_b) = mean_and_spread(pairs().map(|(_, b)| *b));
    a.iter()
        .zip(b)
        .map(|pair| {
            if ranked(&pair) {
                weight_a * (pair.0 - mean_a) * spread_a + weight_b * (pair.1 - mean_b) * spread_b
            } else {
                NO_SCORE
            }
        })
        .collect()
}

/// Mean, and one over the standard deviation (0 where all scores are equal).
fn mean_and_spread(scores: impl Iterator<Item = f32>) -> (f32, f32) {
    let (mut count, mut sum, mut squares) = (0u32, 0f64, 0f64);
    for score in scores {
        count += 1;
        sum += f64::from(score);
        squares += f64::from(score) * f64::from(score);
    }
    let mean = sum / f64::from(count.max(1));
    let variance = squares / f64::from(count.max(1)) - mean * mean;
    (
        mean as f32,
        if variance > 1e-12 {
            (1.0 / variance.sqrt()) as f32
        } else {
            0.0
        },
    )
}

/// The photos of a subset by descending score, ties and photos without a score by place; and how many have a score.
fn sorted(scores: &[f32], subset: Option<&[bool]>) -> (Vec<u32>, usize) {
    let taken = |photo: usize| subset.is_none_or(|subset| subset.get(photo).copied().unwrap_or(false));
    let mut ranked = 0;
    // One integer a photo, score above place, sorts faster than comparing floats through an index.
    let mut keys = (0u32..)
        .zip(scores)
        .filter(|(photo, _)| taken(*photo as usize))
        .map(|(photo, &score)| {
            ranked += usize::from(score.is_finite());
            u64::from(descending_key(score)) << 32 | u64::from(photo)
        })
        .collect::<Vec<_>>();
    keys.sort_unstable();
    (keys.into_iter().map(|key| key as u32).collect(), ranked)
}

/// An integer that is the smaller, the larger the score; largest for photos without a score.
fn descending_key(score: f32) -> u32 {
    if !score.is_finite() {
        return u32::MAX;
    }
    // Adding zero makes −0 and 0 equal.
    let bits = (score + 0.0).to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    !ascending
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::FindQuery;
    use crate::rows::TextEmbedder;
    use crate::synthetic::{self, Planted};
    use crate::{GalleryStatistics, Subspace};

    /// Ranks planted photos under an instruction.
    fn ranked(planted: &Planted, instruction: Option<&str>, query: Query<'_>) -> Ranking {
        let library = planted.library();
        let condition = synthetic::condition(instruction.unwrap_or("the colour"));
        let statistics = GalleryStatistics::compute(&library, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let gallery = ConditionedGallery::build(&library, &subspace, Work::default()).unwrap();
        let focus = Focus {
            embedder: &subspace,
            gallery: &gallery,
        };
        let query = Query {
            focus: instruction.map(|_| focus),
            ..query
        };
        rank(&library, &query, Work::default()).unwrap().unwrap()
    }

    fn like(photo: u32) -> Reference<ReferencePhoto<'static>> {
        Reference {
            source: ReferencePhoto::Photo(photo),
            positive: true,
        }
    }

    fn unlike(photo: u32) -> Reference<ReferencePhoto<'static>> {
        Reference {
            positive: false,
            ..like(photo)
        }
    }

    /// Share of the first `top` photos that have a property.
    fn share(ranking: &Ranking, top: usize, has: impl Fn(usize) -> bool) -> f64 {
        ranking.order[..top]
            .iter()
            .filter(|&&photo| has(photo as usize))
            .count() as f64
            / top as f64
    }

    #[test]
    fn each_focus_orders_by_its_own_attribute() {
        let planted = Planted::new(800);
        for reference in [0, 5, 123] {
            let references = [like(reference as u32)];
            let by_colour = ranked(
                &planted,
                Some("the colour"),
                Query {
                    references: &references,
                    ..Query::default()
                },
            );
            let by_shape = ranked(
                &planted,
                Some("the shape"),
                Query {
                    references: &references,
                    ..Query::default()
                },
            );
            let plain = ranked(
                &planted,
                None,
                Query {
                    references: &references,
                    ..Query::default()
                },
            );
            let same_colour = |photo: usize| planted.colours[photo] == planted.colours[reference];
            let same_shape = |photo: usize| planted.shapes[photo] == planted.shapes[reference];
            assert!(share(&by_colour, 60, same_colour) > 0.95);
            assert!(share(&by_colour, 60, same_shape) < 0.6);
            assert!(share(&by_shape, 60, same_shape) > 0.95);
            assert!(share(&by_shape, 60, same_colour) < 0.6);
            assert!(share(&plain, 60, same_colour) < 0.9);
            assert_eq!(by_colour.order[0] as usize, reference);
            assert_eq!((by_colour.way, plain.way), (Way::Subspace, Way::Plain));
        }
    }

    #[test]
    fn strength_zero_is_exactly_the_plain_order() {
        let planted = Planted::new(500);
        let references = [like(3), unlike(9)];
        let plain = ranked(
            &planted,
            None,
            Query {
                references: &references,
                ..Query::default()
            },
        );
        let none = ranked(
            &planted,
            Some("the colour"),
            Query {
                references: &references,
                strength: 0.0,
                ..Query::default()
            },
        );
        assert_eq!(none.order, plain.order);
        assert_eq!(none.score, plain.score);
        assert_eq!(none.way, Way::Plain);
        let ranks = none.plain_rank.unwrap();
        for (place, &photo) in none.order.iter().enumerate() {
            assert_eq!(ranks[photo as usize] as usize, place);
        }
    }

    #[test]
    fn strength_leads_from_plain_to_the_focus() {
        let planted = Planted::new(500);
        let references = [like(3)];
        let focus = ranked(
            &planted,
            Some("the colour"),
            Query {
                references: &references,
                ..Query::default()
            },
        );
        let shares = [0.0, 0.5, 1.0].map(|strength| {
            let ranking = ranked(
                &planted,
                Some("the colour"),
                Query {
                    references: &references,
                    strength,
                    ..Query::default()
                },
            );
            share(&ranking, 60, |photo| planted.colours[photo] == planted.colours[3])
        });
        assert!(shares[0] + 0.2 < shares[1] && shares[0] + 0.2 < shares[2], "{shares:?}");
        assert_eq!(focus.score, focus.conditional_score.unwrap());
    }

    #[test]
    fn a_negative_reference_pushes_its_like_away() {
        let planted = Planted::new(600);
        let (wanted, unwanted) = (0, planted.first_with_colour_other_than(0));
        let mean_place = |references: &[Reference<ReferencePhoto<'_>>]| {
            let ranking = ranked(
                &planted,
                Some("the colour"),
                Query {
                    references,
                    ..Query::default()
                },
            );
            let places = ranking
                .order
                .iter()
                .enumerate()
                .filter(|(_, photo)| planted.colours[**photo as usize] == planted.colours[unwanted])
                .map(|(place, _)| place as f64)
                .collect::<Vec<_>>();
            places.iter().sum::<f64>() / places.len() as f64
        };
        let without = mean_place(&[like(wanted as u32)]);
        let with = mean_place(&[like(wanted as u32), unlike(unwanted as u32)]);
        let only = mean_place(&[unlike(unwanted as u32)]);
        assert!(with > without + 20.0 && only > without, "{without} {with} {only}");
    }

    #[test]
    fn find_orders_by_match_and_minus_counts_against() {
        let planted = Planted::new(400);
        let find = |text: &str| {
            let query = FindQuery::parse(text);
            let vectors = synthetic::Embedder.embed(&query.texts()).unwrap();
            FindVector::new(&query, &vectors, &synthetic::Model).unwrap()
        };
        let red = find("red");
        let ranking = ranked(
            &planted,
            None,
            Query {
                find: Some(&red),
                ..Query::default()
            },
        );
        assert!(share(&ranking, 40, |photo| planted.colours[photo] == 0) > 0.95);
        assert_eq!(ranking.way, Way::Text);
        assert!(ranking.plain_rank.is_none());
        let not_red = find("-red");
        let ranking = ranked(
            &planted,
            None,
            Query {
                find: Some(&not_red),
                ..Query::default()
            },
        );
        assert_eq!(share(&ranking, 40, |photo| planted.colours[photo] == 0), 0.0);
        // With a reference: shapes like the reference's, and among them red ones.
        let references = [like(1)];
        let both = ranked(
            &planted,
            Some("the shape"),
            Query {
                references: &references,
                find: Some(&red),
                ..Query::default()
            },
        );
        let top = share(&both, 10, |p| {
            planted.shapes[p] == planted.shapes[1] && planted.colours[p] == 0
        });
        assert!(top > 0.9, "{top}");
        // Without one, the words stand for it.
        let words_only = ranked(
            &planted,
            Some("the colour"),
            Query {
                find: Some(&red),
                ..Query::default()
            },
        );
        assert!(share(&words_only, 40, |photo| planted.colours[photo] == 0) > 0.95);
        assert!(words_only.plain_score.is_none() && words_only.conditional_score.is_some());
    }

    #[test]
    fn photos_that_cannot_be_ranked_stand_last_and_the_rest_of_the_library_stays_out() {
        let planted = Planted::new(300);
        let mut bytes = planted.bytes;
        bytes[5 * synthetic::BYTES..6 * synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
        let encoded = (0..300).map(|photo| photo % 10 != 7).collect::<Vec<_>>();
        let subset = (0..300).map(|photo| photo < 100).collect::<Vec<_>>();
        let library = Library::new(&synthetic::Model, &bytes, Some(&encoded)).unwrap();
        let query = Query {
            references: &[like(0)],
            subset: Some(&subset),
            ..Query::default()
        };
        let ranking = rank(&library, &query, Work::default()).unwrap().unwrap();
        assert_eq!((ranking.order.len(), ranking.ranked), (100, 89));
        assert_eq!(ranking.order[89..], [5, 7, 17, 27, 37, 47, 57, 67, 77, 87, 97]);
        assert!(
            ranking.order[89..]
                .iter()
                .all(|&photo| ranking.score[photo as usize] == NO_SCORE)
        );
        assert_eq!(ranking.plain_rank.unwrap()[200], NO_RANK);
    }

    #[test]
    fn equal_photos_keep_their_place_whatever_the_threads() {
        let planted = Planted::new(2);
        let bytes = planted.bytes[..synthetic::BYTES].repeat(1000);
        let library = Library::new(&synthetic::Model, &bytes, None).unwrap();
        for threads in [1, 2, 5] {
            let query = Query {
                references: &[like(500)],
                ..Query::default()
            };
            let ranking = rank(
                &library,
                &query,
                Work {
                    threads,
                    ..Work::default()
                },
            )
            .unwrap()
            .unwrap();
            assert_eq!(ranking.order, (0..1000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn wrong_input_is_an_error_and_an_empty_library_an_empty_order() {
        let planted = Planted::new(10);
        let library = planted.library();
        let run = |query: &Query<'_>| rank(&library, query, Work::default());
        let reference = |source| [Reference { source, positive: true }];
        let absent = reference(ReferencePhoto::Photo(10));
        assert!(matches!(
            run(&Query {
                references: &absent,
                ..Query::default()
            }),
            Err(FocusError::NoSuchPhoto { .. })
        ));
        let short = reference(ReferencePhoto::Outside(&[1, 2, 3]));
        assert!(matches!(
            run(&Query {
                references: &short,
                ..Query::default()
            }),
            Err(FocusError::RowLength { .. })
        ));
        assert!(
            run(&Query {
                subset: Some(&[true]),
                ..Query::default()
            })
            .is_err()
        );
        assert!(Library::new(&synthetic::Model, &[0; synthetic::BYTES + 1], None).is_err());
        assert!(Library::new(&synthetic::Model, &[], Some(&[true])).is_err());
        let encoded = [false; 10];
        let waiting = Library::new(&synthetic::Model, &planted.bytes, Some(&encoded)).unwrap();
        let query = Query {
            references: &[like(1)],
            ..Query::default()
        };
        assert!(matches!(
            rank(&waiting, &query, Work::default()),
            Err(FocusError::NotEncoded(1))
        ));
        let nothing = Library::new(&synthetic::Model, &[], None).unwrap();
        let ranking = rank(&nothing, &Query::default(), Work::default()).unwrap().unwrap();
        assert!(ranking.order.is_empty() && ranking.ranked == 0);
    }

    #[test]
    fn nothing_asked_is_the_library_in_its_own_order() {
        let planted = Planted::new(10);
        let ranking = rank(&planted.library(), &Query::default(), Work::default())
            .unwrap()
            .unwrap();
        assert_eq!((ranking.order, ranking.ranked), ((0..10).collect::<Vec<_>>(), 0));
    }

    #[test]
    fn a_condition_without_direction_ranks_without_a_panic() {
        let planted = Planted::new(20);
        let library = planted.library();
        let empty = crate::EditedWords {
            words: &[],
            vectors: &[],
        };
        let condition = synthetic::condition_with("the colour", Some(empty));
        let statistics = GalleryStatistics::compute(&library, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let gallery = ConditionedGallery::build(&library, &subspace, Work::default()).unwrap();
        let focus = Focus {
            embedder: &subspace,
            gallery: &gallery,
        };
        let query = Query {
            references: &[like(4)],
            focus: Some(focus),
            ..Query::default()
        };
        let ranking = rank(&library, &query, Work::default()).unwrap().unwrap();
        assert_eq!(ranking.order.len(), 20);
    }

    #[test]
    fn a_stale_ranking_gives_nothing() {
        let planted = Planted::new(1000);
        let query = Query {
            references: &[like(0)],
            ..Query::default()
        };
        let work = Work {
            threads: 2,
            stale: &|| true,
        };
        assert!(rank(&planted.library(), &query, work).unwrap().is_none());
    }

    #[test]
    fn keys_sort_every_kind_of_score() {
        let scores = [3.0, 0.0, -0.0, -1e-30, 1e-30, f32::MAX, f32::MIN, f32::NAN, NO_SCORE];
        let (order, ranked) = sorted(&scores, None);
        assert_eq!((order, ranked), (vec![5, 0, 4, 1, 2, 3, 6, 7, 8], 7));
    }
}
