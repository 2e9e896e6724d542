//! Value words: what a photo *is* under a focus, in words with weights that read well as bars.

use super::condition::ValueWord;
use super::gallery::{ConditionedGallery, UNCLEAR};
use super::{Condition, FocusError};
use refocus_model::ops::PackedMatrix;
use refocus_model::vector_math::add_scaled;

/// Photos from which the sharpness of the weights is set.
const SAMPLE: usize = 512;
/// Words with less weight than this are not worth showing.
const LEAST_WEIGHT: f32 = 0.04;
/// How far, beyond even odds against all others together, the first word of an average photo stands out.
const CLEARNESS: f32 = 0.7;

/// So few words are the answers that an instruction names itself.
const FEW_WORDS: usize = 6;
/// Share of a word's mean over the library that its score is lessened by, where there are few words and photos are not centred
/// already: "lifeless" would be true of nothing, as "living" fits every photo a little better. Of 275 photos (57 % living) five
/// wordings had 69 % in the right one of two groups without it and 75 % with it; of 174 (90 % living) 89 % and 84 %.
const LEVELLED: f32 = 0.5;

/// See [`ValueWordReader::new`].
struct FittingSharpness<'a> {
    reader: &'a ValueWordReader<'a>,
    gallery: &'a ConditionedGallery,
}

impl pulp::NullaryFnOnce for FittingSharpness<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        self.reader.fitting_sharpness(self.gallery)
    }
}

/// Reads photos of a conditioned gallery in words.
pub struct ValueWordReader<'a> {
    words: &'a [ValueWord],
    directions: PackedMatrix,
    dim: usize,
    questions: usize,
    /// For each question, the factor before the softmax.
    sharpness: Vec<f32>,
    /// For each word, what its score is lessened by.
    levels: Vec<f32>,
    /// For each word, whether it denies what is asked for; empty where none counts as one that does.
    denials: Vec<bool>,
}

impl<'a> ValueWordReader<'a> {
    /// A reader for a condition's words. The sharpness of the weights follows the gallery: under any focus, the first
    /// word of an average photo gets about two thirds of the weight, whatever the number of words and the scale of the
    /// scores. Clearer photos get more, unclear ones less.
    ///
    /// # Errors
    /// As [`ValueWordReader::with_directions`].
    pub fn new(condition: &'a Condition, gallery: &ConditionedGallery) -> Result<Self, FocusError> {
        Ok(Self::of(&condition.words, condition.word_directions(), gallery)?.with_sharpness(gallery))
    }

    /// The same for words embedded by another way: `directions` is `[words, dim]` in the space of the front of the gallery's
    /// embeddings.
    ///
    /// # Errors
    /// [`FocusError::Length`] if there is not one direction for each word.
    pub fn with_directions(
        words: &'a [ValueWord],
        directions: &[f32],
        gallery: &ConditionedGallery,
    ) -> Result<Self, FocusError> {
        let mut reader = Self::of(words, directions, gallery)?;
        if reader.has_few_words() {
            reader.levels = reader.fitting_levels(gallery);
        }
        Ok(reader.with_sharpness(gallery))
    }

    fn of(words: &'a [ValueWord], directions: &[f32], gallery: &ConditionedGallery) -> Result<Self, FocusError> {
        let dim = directions
            .len()
            .checked_div(words.len())
            .unwrap_or(0)
            .min(gallery.dim());
        FocusError::check_length("value words", words.len() * dim, directions.len())?;
        let questions = words.iter().map(|word| word.question + 1).max().unwrap_or(0);
        Ok(Self {
            words,
            directions: PackedMatrix::without_bias(directions, dim),
            dim,
            questions,
            sharpness: vec![1.0; questions],
            levels: Vec::new(),
            denials: Vec::new(),
        })
    }

    /// The same, where a photo to which a word like "no animal" fits best does not show what is asked for.
    pub(super) fn with_denials(mut self) -> Self {
        let denies = |word: &ValueWord| word.text.starts_with("no ") || word.text == "nobody";
        self.denials = self.words.iter().map(denies).collect();
        self
    }

    /// Whether the word that is truest of a photo denies that it shows what is asked for.
    #[inline(always)]
    pub(super) fn is_denied(&self, scores: &[f32]) -> bool {
        let denied = |denies: bool| {
            let scores = self.denials.iter().zip(scores).filter(move |(of, _)| **of == denies);
            scores.map(|(_, score)| *score).fold(f32::NEG_INFINITY, f32::max)
        };
        !self.denials.is_empty() && denied(true) > denied(false)
    }

    fn with_sharpness(mut self, gallery: &ConditionedGallery) -> Self {
        self.sharpness = pulp::Arch::new().dispatch(FittingSharpness { reader: &self, gallery });
        self
    }

    /// What the words' scores are lessened by, see [`LEVELLED`].
    fn fitting_levels(&self, gallery: &ConditionedGallery) -> Vec<f32> {
        let (mut sums, mut photos) = (vec![0.0; self.words.len()], 0u32);
        let step = gallery.len().div_ceil(SAMPLE).max(1);
        let (mut front, mut scores) = (self.front_buffer(), self.score_buffer());
        for photo in (0..gallery.len()).step_by(step) {
            if gallery.evidence(photo).is_some_and(|evidence| evidence > 0.0) {
                gallery.read(photo, &mut front);
                self.scores(&front, &mut scores);
                add_scaled(&mut sums, 1.0, &scores);
                photos += 1;
            }
        }
        let mean = sums.iter().sum::<f32>() / sums.len().max(1) as f32;
        let share = LEVELLED / photos.max(1) as f32;
        sums.iter().map(|sum| share * (sum - mean)).collect()
    }

    #[inline(always)]
    fn fitting_sharpness(&self, gallery: &ConditionedGallery) -> Vec<f32> {
        let mut leads = vec![(0f32, 0u32); self.questions];
        let step = gallery.len().div_ceil(SAMPLE).max(1);
        let (mut front, mut scores) = (self.front_buffer(), self.score_buffer());
        for photo in (0..gallery.len()).step_by(step) {
            if gallery.evidence(photo).is_none_or(|evidence| evidence <= 0.0) {
                continue;
            }
            gallery.read(photo, &mut front);
            self.scores(&front, &mut scores);
            for (question, lead) in leads.iter_mut().enumerate() {
                let (mut best, mut sum, mut count) = (f32::NEG_INFINITY, 0.0, 0u32);
                for score in self.of_question(question, &scores) {
                    best = best.max(score);
                    sum += score;
                    count += 1;
                }
                if count > 0 {
                    lead.0 += best - sum / count as f32;
                    lead.1 += 1;
                }
            }
        }
        let words = |question| self.words.iter().filter(|word| word.question == question).count() as f32;
        leads
            .iter()
            .enumerate()
            .map(|(question, &(lead, photos))| {
                let mean_lead = lead / photos.max(1) as f32;
                if mean_lead > 1e-6 {
                    (words(question).ln() + CLEARNESS) / mean_lead
                } else {
                    1.0
                }
            })
            .collect()
    }

    fn of_question<'s>(&'s self, question: usize, scores: &'s [f32]) -> impl Iterator<Item = f32> + 's {
        self.words
            .iter()
            .zip(scores)
            .filter(move |(word, _)| word.question == question)
            .map(|(_, score)| *score)
    }

    /// The words that are read.
    #[must_use]
    pub fn words(&self) -> &'a [ValueWord] {
        self.words
    }

    /// Whether the words are the answers that the instruction names itself.
    pub(super) fn has_few_words(&self) -> bool {
        self.words.len() <= FEW_WORDS
    }

    /// Number of questions that the words answer.
    pub(super) fn questions(&self) -> usize {
        self.questions
    }

    /// Room for the front of a photo's embedding, as far as words are compared with it.
    pub(super) fn front_buffer(&self) -> Vec<f32> {
        vec![0.0; self.dim]
    }

    /// Room for the scores of one photo.
    pub(super) fn score_buffer(&self) -> Vec<f32> {
        vec![0.0; self.directions.padded_outputs().max(self.words.len())]
    }

    /// How true each word is of an embedding (−1 to 1), into the front of `scores`.
    #[inline(always)]
    pub(super) fn scores(&self, embedding: &[f32], scores: &mut [f32]) {
        if let Some(front) = embedding.get(..self.dim) {
            self.directions.apply::<1>(front, scores);
            add_scaled(scores, -1.0, &self.levels);
        }
    }

    /// The words that best say what a photo is, with weights (0 to 1, together at most 1 for each question), heaviest
    /// first, at most `limit`. Empty for a photo without encoding, with too little evidence to say anything of it, or that does not show
    /// what is asked for.
    #[must_use]
    pub fn value_words(&self, gallery: &ConditionedGallery, photo: usize, limit: usize) -> Vec<(&'a str, f32)> {
        if gallery.evidence(photo).is_none_or(|evidence| evidence < UNCLEAR) {
            return Vec::new();
        }
        let mut scores = self.score_buffer();
        self.scores(&gallery.embedding(photo), &mut scores);
        if self.is_denied(&scores) {
            return Vec::new();
        }
        let mut weights = vec![0.0; self.words.len()];
        self.weights(&scores, &mut weights);
        let mut weighted = self
            .words
            .iter()
            .zip(weights)
            .filter(|(_, weight)| *weight >= LEAST_WEIGHT)
            .map(|(word, weight)| (word.text.as_str(), weight))
            .collect::<Vec<_>>();
        weighted.sort_by(|a, b| b.1.total_cmp(&a.1));
        weighted.truncate(limit);
        weighted
    }

    /// Softmax of the scores within each question.
    pub(super) fn weights(&self, scores: &[f32], weights: &mut [f32]) {
        for (question, &sharpness) in self.sharpness.iter().enumerate() {
            let best = self.of_question(question, scores).fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for ((word, &score), weight) in self.words.iter().zip(scores).zip(weights.iter_mut()) {
                if word.question == question {
                    *weight = (sharpness * (score - best)).exp();
                    sum += *weight;
                }
            }
            for (word, weight) in self.words.iter().zip(weights.iter_mut()) {
                if word.question == question {
                    *weight = if sum.is_finite() && sum > 0.0 {
                        *weight / sum
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{self, Planted};
    use crate::work::Work;
    use crate::{GalleryStatistics, Subspace};

    fn conditioned(planted: &Planted, instruction: &str) -> (Condition, ConditionedGallery) {
        let gallery = planted.gallery();
        let condition = synthetic::condition(instruction);
        let statistics = GalleryStatistics::compute(&gallery, condition.part, Work::default()).unwrap();
        let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
        let embedded = ConditionedGallery::build(&gallery, &subspace, Work::default()).unwrap();
        (condition, embedded)
    }

    #[test]
    fn the_first_word_is_true_and_its_weight_readable() {
        let planted = Planted::new(500);
        let (condition, gallery) = conditioned(&planted, "the colour");
        let reader = ValueWordReader::new(&condition, &gallery).unwrap();
        let (mut right, mut weight) = (0, 0.0);
        for photo in 0..500 {
            let words = reader.value_words(&gallery, photo, 5);
            assert!(words.len() <= 5 && words.is_sorted_by(|a, b| a.1 >= b.1));
            assert!(words.iter().map(|w| w.1).sum::<f32>() <= 1.0 + 1e-5);
            right += usize::from(words[0].0 == synthetic::COLOURS[planted.colours[photo]]);
            weight += words[0].1 / 500.0;
        }
        assert!(right > 490, "{right} of 500");
        assert!((0.45..0.9).contains(&weight), "{weight}");
    }

    #[test]
    fn each_question_of_an_instruction_is_answered() {
        let planted = Planted::new(300);
        let (condition, gallery) = conditioned(&planted, "colour and shape");
        let reader = ValueWordReader::new(&condition, &gallery).unwrap();
        let mut right = 0;
        for photo in 0..300 {
            let words = reader
                .value_words(&gallery, photo, 2)
                .iter()
                .map(|(word, _)| *word)
                .collect::<Vec<_>>();
            right += usize::from(
                words.contains(&synthetic::COLOURS[planted.colours[photo]])
                    && words.contains(&synthetic::SHAPES[planted.shapes[photo]]),
            );
        }
        assert!(right > 270, "{right} of 300");
    }

    #[test]
    fn of_few_words_one_that_fits_all_photos_better_is_held_back_by_half_of_that() {
        let planted = Planted::new(300);
        let (condition, gallery) = conditioned(&planted, "the colour");
        let words = condition.words.get(..2).unwrap();
        let directions = condition.word_directions().get(..2 * condition.dim()).unwrap();
        let lead = |reader: &ValueWordReader<'_>| {
            let (mut scores, mut lead) = (reader.score_buffer(), 0.0);
            for photo in 0..300 {
                reader.scores(&gallery.embedding(photo), &mut scores);
                lead += scores[0] - scores[1];
            }
            lead
        };
        let before = lead(&ValueWordReader::of(words, directions, &gallery).unwrap());
        let after = lead(&ValueWordReader::with_directions(words, directions, &gallery).unwrap());
        assert!(before.abs() > 1.0, "{before}");
        assert!(
            (after / before - (1.0 - LEVELLED)).abs() < 1e-2,
            "{before} then {after}"
        );
    }

    #[test]
    fn a_photo_to_which_a_denial_fits_best_has_no_words() {
        let planted = Planted::new(300);
        let (mut condition, gallery) = conditioned(&planted, "the colour");
        condition.words[0].text = "no colour".to_owned();
        let words = |reader: &ValueWordReader<'_>| {
            let named = |photo| reader.value_words(&gallery, photo, 5);
            (0..300).map(|photo| named(photo).len()).collect::<Vec<_>>()
        };
        let reader = ValueWordReader::new(&condition, &gallery).unwrap();
        assert!(words(&reader).iter().all(|count| *count > 0));
        let with_denials = words(&reader.with_denials());
        let right = (0..300).filter(|&photo| (with_denials[photo] == 0) == (planted.colours[photo] == 0));
        assert!(right.count() > 290);
    }

    #[test]
    fn without_encoding_there_are_no_words() {
        let planted = Planted::new(10);
        let (condition, gallery) = conditioned(&planted, "the colour");
        let reader = ValueWordReader::new(&condition, &gallery).unwrap();
        assert!(reader.value_words(&gallery, 10, 5).is_empty());
        assert!(ValueWordReader::with_directions(&condition.words, &[1.0], &gallery).is_err());
    }
}
