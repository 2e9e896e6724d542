//! The triplets of a run: pictures' numbers, what is asked about them and answered, and the answers' text vectors.

use super::batches::Batches;
use super::cache::Cache;
use super::examples::{Examples, PHRASINGS};
use super::instructions::Instructions;
use super::pictures::PictureFacts;
use super::run::Params;
use super::teacher;
use super::texts::TextVectors;
use crate::training::everyday::EverydayPhotos;
use crate::training::projections::{PrincipalDirections, second_moments};
use crate::training::vocabulary::Vocabulary;
use refocus_model::focus_encoder::{FocusEncoderConfig, ROUTES};
use refocus_model::text_tower::TEXT_DIM;
use refocus_scenes::Style;
use refocus_training::TrainError;
use refocus_training::losses::{Answers, reduce};
use refocus_training::slot::AspectId;

/// Weight of everyday photos beside all other kinds, which have 1 together.
const EVERYDAY: f64 = 0.5;
/// One picture in so many is never trained on, to see how well the others teach.
const KEPT_BACK: usize = 20;

/// Everything that a run reads, put together once.
pub struct Triplets {
    /// The pictures' numbers.
    pub cache: Cache,
    /// What can be asked about them.
    pub examples: Examples,
    /// How it is asked.
    pub instructions: Instructions,
    /// Text vectors of all phrasings in the basis: `[phrasings][columns × output]`, unit length.
    pub phrasings: Vec<Vec<f32>>,
    /// `[384, output]`, orthonormal columns.
    pub basis: Vec<f32>,
    /// Answers as the losses see them.
    pub answers: Answers,
}

impl Triplets {
    /// Reads cache and vocabulary and embeds all texts.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn new(
        cache: Cache,
        vocabulary: &Vocabulary,
        photos: &EverydayPhotos,
        class_names: &[String],
        bank_words: &[f32],
        texts: &mut TextVectors<'_>,
        params: &Params,
    ) -> Result<Self, TrainError> {
        let config = FocusEncoderConfig::built_in();
        let mut examples = Examples::new(&cache, vocabulary, photos, class_names);
        let softened: Vec<AspectId> = vocabulary
            .everyday
            .keys()
            .filter_map(|name| examples.aspect(name))
            .collect();
        if params.all_sources {
            examples
                .examples
                .iter_mut()
                .for_each(|example| example.kept_back = false);
        }
        teacher::soften(&cache, &mut examples, photos, &softened)?;
        let instructions = Instructions::new(vocabulary, &examples, texts, &params.left_out)?;
        texts.learn(
            examples
                .columns
                .iter()
                .flat_map(|c| c.phrasings.iter().map(String::as_str)),
        )?;
        let rows: Vec<Vec<f32>> = (0..PHRASINGS)
            .map(|p| {
                let phrasing = |c: &super::examples::Column| texts.get(c.phrasings.get(p).map_or("", String::as_str));
                examples.columns.iter().flat_map(phrasing).collect()
            })
            .collect();
        let ones = vec![1.0; TEXT_DIM];
        let blocks = rows.iter().cloned().chain(std::iter::once(bank_words.to_vec()));
        let directions = PrincipalDirections::of(&second_moments(TEXT_DIM, blocks)?, config.output)?;
        let basis = directions.as_weight(|_| 1.0, &ones);
        let phrasings = rows
            .into_iter()
            .map(|rows| reduce(rows, &basis, config.output))
            .collect::<Result<_, TrainError>>()?;
        let mut words: Vec<&str> = examples.columns.iter().map(|column| column.word.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        let of = |name: &str| vocabulary.aspects.get(if name == "imagenet" { "object" } else { name });
        let answers = Answers {
            aspect: examples.columns.iter().map(|column| column.aspect).collect(),
            word: examples
                .columns
                .iter()
                .map(|column| words.binary_search(&column.word.as_str()).unwrap_or(0))
                .collect(),
            objectlike: examples
                .aspects
                .iter()
                .map(|name| of(name).is_some_and(|a| a.objectlike))
                .collect(),
            routes: examples
                .aspects
                .iter()
                .map(|name| of(name).map_or([0.0; ROUTES], |a| a.router.weights()))
                .collect(),
        };
        Ok(Self {
            cache,
            examples,
            instructions,
            phrasings,
            basis,
            answers,
        })
    }

    /// Slots of these photos each, drawn from the pictures that are trained on.
    pub(super) fn batches(&self, photos_per_slot: usize, seed: u64) -> Batches<'_> {
        let (kinds, weights) = self.kinds();
        Batches::new(
            &self.examples,
            &self.instructions,
            &kinds,
            &weights,
            photos_per_slot,
            seed,
        )
    }

    /// Kind of each picture that is trained on, and how often each kind is drawn.
    fn kinds(&self) -> (Vec<Option<usize>>, Vec<f64>) {
        // The last kind has a share of its own: the others keep theirs to each other.
        let weights = vec![0.17, 0.12, 0.21, 0.14, 0.16, 0.10, 0.10, EVERYDAY];
        let kind = |facts: &PictureFacts| match (&facts.truth, &facts.class) {
            _ if facts.everyday.is_some() => 7,
            (Some(truth), _) if truth.shape.is_some() => 0,
            (Some(truth), _) if truth.object.is_some() => 1,
            (Some(_), _) => 2,
            (None, _) if facts.style.is_some_and(|style| style != Style::Photo) => 3,
            (None, Some(class)) if class.starts_with("clothing") => 5,
            (None, Some(class)) if class.starts_with("grocery") => 6,
            _ => 4,
        };
        let kinds = self
            .cache
            .facts
            .iter()
            .enumerate()
            .map(|(i, facts)| (!self.is_kept_back(i)).then(|| kind(facts)))
            .collect();
        (kinds, weights)
    }

    /// Whether a picture is kept back to judge by.
    #[must_use]
    pub fn is_kept_back(&self, picture: usize) -> bool {
        let is_everyday = self
            .cache
            .facts
            .get(picture)
            .is_some_and(|facts| facts.everyday.is_some());
        if is_everyday {
            let example = self.examples.examples.get(picture);
            example.is_some_and(|example| example.kept_back)
        } else {
            picture % KEPT_BACK == KEPT_BACK - 1
        }
    }
}
