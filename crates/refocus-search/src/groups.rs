//! A focus without a reference: photos alike under the focus stand together, headed by their value words.

use super::gallery::{ConditionedGallery, UNCLEAR};
use super::value_words::ValueWordReader;
use super::work::Work;
use super::{FocusError, rank::NO_SCORE};
use pulp::NullaryFnOnce;
use refocus_model::vector_math::{add_scaled, normalise_or_clear};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Groups headed by value words, at most; the two others ("Other", "Unclear") come on top.
const MAX_GROUPS: usize = 28;
/// A group is at least one photo in so many.
const SMALLEST_SHARE: usize = 400;
/// A photo whose own word heads no group joins the best one that does if that word is at least this true of it,
/// relative to its own.
const NEXT_BEST: f32 = 0.75;
/// Photos of a group that joins the unclear ones where no evidence is above [`SURE`].
const ODD: usize = 2;
/// See [`ODD`]; a little more than what makes a photo clear.
const SURE: f32 = 0.4;
/// Photos with clear words below which no group is odd.
const ENOUGH: usize = 50;
/// Questions that a heading answers.
const MAX_QUESTIONS: usize = 2;
/// Words in a heading.
const HEADING: usize = 3;
/// Photos of a group whose words decide about further words in its heading.
const HEADING_SAMPLE: usize = 64;
/// Mean weight from which a further word belongs into a heading.
const HEADING_WEIGHT: f32 = 0.12;

/// What holds a group together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// Its value words.
    Alike,
    /// Nothing: photos whose words head no group.
    Other,
    /// Nothing: photos that show no evidence for any value word.
    Unclear,
}

/// Photos that are alike under a focus.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What holds it together.
    pub kind: GroupKind,
    /// One to three words that say best what these photos are under the focus; none for `Other` and `Unclear`.
    pub value_words: Vec<String>,
    /// Its photos by their place in the library, most typical first.
    pub rows: Arc<[u32]>,
}

/// All photos of a library, or of a part of it, in groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Groups {
    /// Groups of words, largest first, then "Other" and "Unclear", as far as there are any.
    pub groups: Vec<Group>,
    /// Photos without an encoding.
    pub not_encoded: Vec<u32>,
}

/// The word of each question that is truest of a photo: what a group is made by.
type Key = [u16; MAX_QUESTIONS];

/// Groups the photos of a subset (all without one). `Ok(None)` if the job became stale.
///
/// # Errors
/// [`FocusError::Length`] if the subset is not one entry a photo.
pub fn group_photos(
    reader: &ValueWordReader<'_>,
    gallery: &ConditionedGallery,
    subset: Option<&[bool]>,
    work: Work<'_>,
) -> Result<Option<Groups>, FocusError> {
    if let Some(subset) = subset {
        FocusError::check_length("subset", gallery.len(), subset.len())?;
    }
    let Some(mut sorted) = Sorted::of(reader, gallery, subset, work) else {
        return Ok(None);
    };
    let kept = sorted.kept_keys();
    let mut members: HashMap<Key, Vec<(u32, f32)>> = HashMap::new();
    let mut other = Vec::new();
    let (mut front, mut scores) = (reader.front_buffer(), reader.score_buffer());
    for &(photo, key, own) in &sorted.clear {
        let home = if kept.contains(&key) {
            Some((key, own))
        } else {
            gallery.read(photo as usize, &mut front);
            reader.scores(&front, &mut scores);
            next_best(&scores, key, &kept)
        };
        match home {
            Some((home, score)) => members.entry(home).or_default().push((photo, score)),
            None => other.push(photo),
        }
    }
    let mut groups = Vec::with_capacity(kept.len() + 3);
    let is_library = sorted.is_library();
    let mut unclear = std::mem::take(&mut sorted.unclear);
    for key in &kept {
        if (work.stale)() {
            return Ok(None);
        }
        if let Some(photos) = members.remove(key) {
            let is_sure = |(photo, _): &(u32, f32)| gallery.evidence(*photo as usize).is_some_and(|of| of >= SURE);
            if photos.len() <= ODD && is_library && !photos.iter().any(is_sure) {
                unclear.extend(photos.iter().map(|(photo, _)| *photo));
                continue;
            }
            groups.push(worded_group(reader, gallery, *key, &photos));
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
    unclear.sort_unstable();
    for (kind, mut photos) in [(GroupKind::Other, other), (GroupKind::Unclear, unclear)] {
        if photos.is_empty() {
            continue;
        }
        if kind == GroupKind::Other {
            let scored = photos.iter().map(|&photo| (photo, 0.0)).collect::<Vec<_>>();
            photos = typical_first(gallery, &scored);
        }
        groups.push(Group {
            kind,
            value_words: Vec::new(),
            rows: photos.into(),
        });
    }
    Ok(Some(Groups {
        groups,
        not_encoded: sorted.not_encoded,
    }))
}

/// Photos by what can be said of them.
#[derive(Default)]
struct Sorted {
    /// With how true the words of the key are of the photo.
    clear: Vec<(u32, Key, f32)>,
    unclear: Vec<u32>,
    not_encoded: Vec<u32>,
}

impl Sorted {
    fn of(
        reader: &ValueWordReader<'_>,
        gallery: &ConditionedGallery,
        subset: Option<&[bool]>,
        work: Work<'_>,
    ) -> Option<Self> {
        let arch = pulp::Arch::new();
        let parts = work.over_photos(
            gallery.len(),
            |_| (),
            |range, ()| {
                let mut sorted = Self::default();
                let (mut front, mut scores) = (reader.front_buffer(), reader.score_buffer());
                for block in work.blocks(range) {
                    arch.dispatch(SortBlock {
                        reader,
                        gallery,
                        subset,
                        photos: block?,
                        front: &mut front,
                        scores: &mut scores,
                        sorted: &mut sorted,
                    });
                }
                Some(sorted)
            },
        )?;
        Some(parts.into_iter().fold(Self::default(), |mut all, part| {
            all.clear.extend(part.clear);
            all.unclear.extend(part.unclear);
            all.not_encoded.extend(part.not_encoded);
            all
        }))
    }

    /// Whether there are enough photos, clear or not, for a group of one or two to be odd.
    fn is_library(&self) -> bool {
        self.clear.len() + self.unclear.len() >= ENOUGH
    }

    /// The keys that head a group, most frequent first.
    fn kept_keys(&self) -> Vec<Key> {
        let mut counts: HashMap<Key, usize> = HashMap::new();
        for (_, key, _) in &self.clear {
            *counts.entry(*key).or_default() += 1;
        }
        let smallest = if self.clear.len() < ENOUGH {
            1
        } else {
            (self.clear.len() / SMALLEST_SHARE).max(2)
        };
        let mut keys = counts
            .into_iter()
            .filter(|(_, count)| *count >= smallest)
            .collect::<Vec<_>>();
        keys.sort_by_key(|&(key, count)| (std::cmp::Reverse(count), key));
        keys.truncate(MAX_GROUPS);
        keys.into_iter().map(|(key, _)| key).collect()
    }
}

/// Sorts some consecutive photos.
struct SortBlock<'a> {
    reader: &'a ValueWordReader<'a>,
    gallery: &'a ConditionedGallery,
    subset: Option<&'a [bool]>,
    photos: Range<usize>,
    front: &'a mut [f32],
    scores: &'a mut [f32],
    sorted: &'a mut Sorted,
}

impl NullaryFnOnce for SortBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for photo in self.photos {
            if !self.subset.is_none_or(|s| s.get(photo).copied().unwrap_or(false)) {
                continue;
            }
            let row = photo as u32;
            match self.gallery.evidence(photo) {
                None => self.sorted.not_encoded.push(row),
                Some(evidence) if evidence < UNCLEAR || self.reader.words().is_empty() => {
                    self.sorted.unclear.push(row);
                }
                Some(_) => {
                    self.gallery.read(photo, self.front);
                    self.reader.scores(self.front, self.scores);
                    if self.reader.is_denied(self.scores) {
                        self.sorted.unclear.push(row);
                        continue;
                    }
                    let key = key_of(self.reader, self.scores);
                    self.sorted.clear.push((row, key, key_score(self.scores, key)));
                }
            }
        }
    }
}

/// No word: a question that the instruction does not have.
const NO_WORD: u16 = u16::MAX;

#[inline(always)]
fn key_of(reader: &ValueWordReader<'_>, scores: &[f32]) -> Key {
    let mut key = [NO_WORD; MAX_QUESTIONS];
    let mut best = [f32::NEG_INFINITY; MAX_QUESTIONS];
    for ((index, word), &score) in (0u16..).zip(reader.words()).zip(scores) {
        if let (Some(best), Some(key)) = (best.get_mut(word.question), key.get_mut(word.question))
            && score > *best
        {
            (*best, *key) = (score, index);
        }
    }
    key
}

fn key_score(scores: &[f32], key: Key) -> f32 {
    key.iter().filter_map(|&word| scores.get(usize::from(word))).sum()
}

fn next_best(scores: &[f32], own: Key, kept: &[Key]) -> Option<(Key, f32)> {
    let best = kept
        .iter()
        .copied()
        .max_by(|&a, &b| key_score(scores, a).total_cmp(&key_score(scores, b)))?;
    let score = key_score(scores, best);
    (score >= NEXT_BEST * key_score(scores, own)).then_some((best, score))
}

fn worded_group(reader: &ValueWordReader<'_>, gallery: &ConditionedGallery, key: Key, photos: &[(u32, f32)]) -> Group {
    let (mut front, mut scores) = (reader.front_buffer(), reader.score_buffer());
    let (mut weights, mut mean) = (vec![0.0; reader.words().len()], vec![0.0; reader.words().len()]);
    let step = photos.len().div_ceil(HEADING_SAMPLE).max(1);
    let sampled = photos.len().div_ceil(step) as f32;
    for &(photo, _) in photos.iter().step_by(step) {
        gallery.read(photo as usize, &mut front);
        reader.scores(&front, &mut scores);
        reader.weights(&scores, &mut weights);
        for (mean, weight) in mean.iter_mut().zip(&weights) {
            *mean += weight / sampled;
        }
    }
    let mut heading = key
        .iter()
        .map(|&word| usize::from(word))
        .filter(|w| *w < mean.len())
        .collect::<Vec<_>>();
    let mut further = (0..mean.len())
        .filter(|w| !heading.contains(w) && mean[*w] >= HEADING_WEIGHT)
        .collect::<Vec<_>>();
    further.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
    heading.extend(further);
    let questions = reader.questions().min(MAX_QUESTIONS);
    // Of two answers the other one says nothing more.
    heading.truncate(if reader.has_few_words() {
        questions
    } else {
        HEADING.max(questions)
    });
    Group {
        kind: GroupKind::Alike,
        value_words: heading
            .iter()
            .filter_map(|&w| reader.words().get(w))
            .map(|w| w.text.clone())
            .collect(),
        rows: typical_first(gallery, photos).into(),
    }
}

/// Photos by nearness to the mean of their group plus how true the heading is of them.
fn typical_first(gallery: &ConditionedGallery, photos: &[(u32, f32)]) -> Vec<u32> {
    let mut typical = pulp::Arch::new().dispatch(Typical { gallery, photos });
    typical.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    typical.into_iter().map(|(_, photo)| photo).collect()
}

/// Photos with how typical they are of the group that they form.
struct Typical<'a> {
    gallery: &'a ConditionedGallery,
    photos: &'a [(u32, f32)],
}

impl NullaryFnOnce for Typical<'_> {
    type Output = Vec<(f32, u32)>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let dim = self.gallery.dim();
        let (mut centre, mut embedding) = (vec![0.0; dim], vec![0.0; dim]);
        for &(photo, _) in self.photos {
            self.gallery.read(photo as usize, &mut embedding);
            add_scaled(&mut centre, 1.0, &embedding);
        }
        normalise_or_clear(&mut centre);
        let mut typical = Vec::with_capacity(self.photos.len());
        for &(photo, heading) in self.photos {
            let score = self.gallery.similarity(photo as usize, &centre) + heading;
            typical.push((if score.is_finite() { score } else { NO_SCORE }, photo));
        }
        typical
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::Condition;
    use crate::rows::Gallery;
    use crate::synthetic::{self, Planted};
    use crate::{GalleryStatistics, Subspace};

    fn grouped(gallery: &Gallery<'_>, condition: &Condition, subset: Option<&[bool]>) -> Groups {
        let statistics = GalleryStatistics::compute(gallery, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, condition, &statistics).unwrap();
        let embedded = ConditionedGallery::build(gallery, &subspace, Work::default()).unwrap();
        let reader = ValueWordReader::new(condition, &embedded).unwrap();
        group_photos(&reader, &embedded, subset, Work::default())
            .unwrap()
            .unwrap()
    }

    fn assert_each_photo_once(found: &Groups, expected: impl Iterator<Item = u32>) {
        let rows = found.groups.iter().flat_map(|group| group.rows.iter());
        let mut photos = rows.chain(&found.not_encoded).copied().collect::<Vec<_>>();
        photos.sort_unstable();
        assert_eq!(photos, expected.collect::<Vec<_>>());
    }

    #[test]
    fn groups_are_the_planted_clusters_under_each_focus() {
        let planted = Planted::new(900);
        for (instruction, names, truth) in [
            ("the colour", &synthetic::COLOURS[..], &planted.colours),
            ("the shape", &synthetic::SHAPES, &planted.shapes),
        ] {
            let groups = grouped(&planted.gallery(), &synthetic::condition(instruction), None);
            assert_each_photo_once(&groups, 0..900);
            let worded = groups
                .groups
                .iter()
                .filter(|g| g.kind == GroupKind::Alike)
                .collect::<Vec<_>>();
            assert_eq!(worded.len(), names.len());
            assert!(worded.is_sorted_by(|a, b| a.rows.len() >= b.rows.len()));
            let right = worded
                .iter()
                .flat_map(|g| {
                    g.rows
                        .iter()
                        .filter(|&&photo| names[truth[photo as usize]] == g.value_words[0])
                })
                .count();
            assert!(right > 870, "{right} of 900");
        }
    }

    #[test]
    fn two_questions_make_groups_of_both_answers() {
        let planted = Planted::new(900);
        let groups = grouped(&planted.gallery(), &synthetic::condition("colour and shape"), None);
        assert!(groups.groups.len() <= MAX_GROUPS + 2);
        assert_each_photo_once(&groups, 0..900);
        for group in groups.groups.iter().filter(|group| group.kind == GroupKind::Alike) {
            assert!((2..=3).contains(&group.value_words.len()));
            assert!(synthetic::COLOURS.contains(&group.value_words[0].as_str()));
            assert!(synthetic::SHAPES.contains(&group.value_words[1].as_str()));
        }
    }

    #[test]
    fn photos_without_evidence_or_encoding_stand_apart_and_others_stay_out() {
        let planted = Planted::new(400);
        let mut bytes = planted.bytes;
        bytes[..synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
        let encoded = (0..400).map(|photo| photo != 3).collect::<Vec<_>>();
        let subset = (0..400).map(|photo| photo < 200).collect::<Vec<_>>();
        let gallery = Gallery::new(&synthetic::Model, &bytes, Some(&encoded)).unwrap();
        let groups = grouped(&gallery, &synthetic::condition("the colour"), Some(&subset));
        assert_each_photo_once(&groups, 0..200);
        let of = |kind| {
            groups
                .groups
                .iter()
                .find(|group| group.kind == kind)
                .map(|group| group.rows.to_vec())
        };
        assert!(of(GroupKind::Unclear).unwrap().contains(&0));
        assert_eq!(groups.not_encoded, [3]);
        assert_eq!(groups.groups.last().unwrap().kind, GroupKind::Unclear);
    }

    #[test]
    fn an_unsure_photo_that_stands_alone_joins_the_unclear_ones() {
        let planted = Planted::new(300);
        let condition = synthetic::condition("the colour");
        let statistics = GalleryStatistics::compute(&planted.gallery(), condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let mut embedded = ConditionedGallery::build(&planted.gallery(), &subspace, Work::default()).unwrap();
        let lone = planted.colours.iter().position(|&colour| colour == 0).unwrap();
        let grouped = |embedded: &mut ConditionedGallery, of_lone: f32| {
            let changed = embedded.change_evidence(Work::default(), |photos, evidence| {
                for (photo, evidence) in photos.zip(evidence) {
                    let others = if planted.colours[photo] == 0 { 0.0 } else { 1.0 };
                    *evidence = if photo == lone { of_lone } else { others };
                }
            });
            assert!(changed.is_some());
            let reader = ValueWordReader::new(&condition, embedded).unwrap();
            group_photos(&reader, embedded, None, Work::default()).unwrap().unwrap()
        };
        let kind_of_lone = |groups: &Groups| {
            let group = groups.groups.iter().find(|group| group.rows.contains(&(lone as u32)));
            group.unwrap().kind
        };
        let unsure = grouped(&mut embedded, UNCLEAR);
        assert_each_photo_once(&unsure, 0..300);
        assert_ne!(kind_of_lone(&unsure), GroupKind::Alike);
    }

    #[test]
    fn an_empty_library_and_a_condition_without_words_give_no_group_of_words() {
        let nothing = Gallery::new(&synthetic::Model, &[], None).unwrap();
        assert_eq!(
            grouped(&nothing, &synthetic::condition("the colour"), None),
            Groups::default()
        );
        let planted = Planted::new(20);
        let empty = crate::EditedWords {
            words: &[],
            vectors: &[],
        };
        let groups = grouped(
            &planted.gallery(),
            &synthetic::condition_with("the colour", Some(empty)),
            None,
        );
        assert_eq!(groups.groups.len(), 1);
        assert_eq!(
            (groups.groups[0].kind, groups.groups[0].rows.len()),
            (GroupKind::Unclear, 20)
        );
    }
}
