//! A focus on a library: an understood instruction, the library under it, and what both say of photos.

use std::sync::Arc;

use super::condition::Condition;
use super::encoder_way::EncoderWay;
use super::find::FindVector;
use super::gallery::{ConditionalEmbedder, ConditionedGallery};
use super::required::Required;
use super::rows::Gallery;
use super::subspace_way::{GalleryStatistics, Subspace};
use super::understanding::{EncoderFocus, FocusKey, Knowledge, Understanding};
use super::value_words::ValueWordReader;
use super::work::Work;
use super::{FocusError, SHOWS};
use refocus_model::vector_math::dot;

/// Nearness of a text to a value word from which it begins to be an answer: the captions of 675 everyday photos stay below it in 92 of
/// 100 cases under eleven focuses.
const APART: f32 = 0.5;
/// Nearness from which it is one.
const SAME: f32 = 0.7;

/// How photos are embedded under a condition.
#[derive(Clone)]
enum Embedding {
    /// By the subspace of the value words, around the means of the library.
    Subspace(Arc<GalleryStatistics>),
    /// By the focus encoder, with the directions of the value words.
    Encoder(EncoderFocus),
}

/// A focus, ready to be used on a library.
#[derive(Clone)]
pub struct Conditioned {
    /// The value words, and what to tell the person.
    pub condition: Arc<Condition>,
    /// The library under the condition.
    pub gallery: Arc<ConditionedGallery>,
    embedding: Embedding,
    /// What photos must show.
    required: Option<Arc<Required>>,
}

impl Conditioned {
    /// Embeds a library under an instruction that was understood with what is `known`. `statistics` gives the means of the
    /// library for the training-free way; `gallery` gives the embedded library, by the embedder of that way. `Ok(None)` if
    /// one of the two became stale.
    pub(super) fn new(
        understanding: &Understanding,
        known: Knowledge<'_>,
        statistics: impl FnOnce() -> Option<Arc<GalleryStatistics>>,
        gallery: impl FnOnce(&dyn ConditionalEmbedder) -> Option<Arc<ConditionedGallery>>,
    ) -> Result<Option<Self>, FocusError> {
        let embedding = match &understanding.encoder {
            Some(focus) => Embedding::Encoder(focus.clone()),
            None => match statistics() {
                Some(statistics) => Embedding::Subspace(statistics),
                None => return Ok(None),
            },
        };
        let condition = &understanding.condition;
        let gallery = gallery(embedding.embedder(condition, known)?.as_ref());
        Ok(gallery.map(|gallery| Self {
            condition: Arc::clone(condition),
            gallery,
            embedding,
            required: understanding.required.clone(),
        }))
    }

    /// The library under [`SHOWS`], for what photos must show. `Ok(None)` if the job became stale.
    fn shown(
        known: Knowledge<'_>,
        gallery: &Gallery<'_>,
        work: Work<'_>,
    ) -> Result<Option<ConditionedGallery>, FocusError> {
        let shows = Understanding::new(&FocusKey::new(SHOWS), known)?;
        let (Some(focus), Some(encoder)) = (&shows.encoder, known.encoder) else {
            return Ok(None);
        };
        let way = EncoderWay::new(encoder, &focus.conditions, known.layout.bytes_per_photo());
        Ok(ConditionedGallery::build(gallery, &way, work))
    }

    /// A focus on a library of which nothing is kept. `Ok(None)` if the job became stale.
    ///
    /// # Errors
    /// [`FocusError::Length`] if library and knowledge are of different models.
    pub fn build(
        understanding: &Understanding,
        known: Knowledge<'_>,
        gallery: &Gallery<'_>,
        statistics: impl FnOnce() -> Option<Arc<GalleryStatistics>>,
        work: Work<'_>,
    ) -> Result<Option<Self>, FocusError> {
        let shown = match &understanding.required {
            Some(required) => match Self::shown(known, gallery, work)? {
                Some(shown) => Some((required, shown)),
                None => return Ok(None),
            },
            None => None,
        };
        Self::new(understanding, known, statistics, |embedder| {
            let mut built = ConditionedGallery::build(gallery, embedder, work)?;
            if let Some((required, shown)) = &shown {
                required.lower(&mut built, gallery, shown, work)?;
            }
            Some(Arc::new(built))
        })
    }

    /// What embeds photos from outside the library as those inside were.
    ///
    /// # Errors
    /// [`FocusError`] if `known` is another model than the one that the library was embedded with.
    pub fn embedder<'a>(&'a self, known: Knowledge<'a>) -> Result<Box<dyn ConditionalEmbedder + 'a>, FocusError> {
        self.embedding.embedder(&self.condition, known)
    }

    /// Reads photos in words.
    ///
    /// # Errors
    /// [`FocusError::Length`] if the gallery was embedded by another way.
    pub fn reader(&self) -> Result<ValueWordReader<'_>, FocusError> {
        match &self.embedding {
            Embedding::Subspace(_) => ValueWordReader::new(&self.condition, &self.gallery),
            Embedding::Encoder(focus) => {
                let reader = ValueWordReader::with_directions(&self.condition.words, &focus.directions, &self.gallery)?;
                let decides = self.required.as_ref().is_some_and(|required| required.decides());
                Ok(if decides { reader.with_denials() } else { reader })
            }
        }
    }

    /// How much a find text is an answer to the focus, 0 to 1, by its nearness to the nearest value word: "sunny" is one to "the weather", a
    /// sentence of which the weather is a part is hardly one.
    ///
    /// # Errors
    /// As [`Conditioned::embedder`].
    pub fn answered_by(&self, known: Knowledge<'_>, find: &FindVector) -> Result<f32, FocusError> {
        let text = self.embedder(known)?.embed_text(find.text());
        let (directions, questions) = match &self.embedding {
            Embedding::Subspace(_) => (self.condition.word_directions(), 1),
            // The text stands once for each question, and is of unit length as a whole.
            Embedding::Encoder(focus) => (&*focus.directions, focus.conditions.parts().len()),
        };
        let width = directions.len().checked_div(self.condition.words.len()).unwrap_or(0);
        let front = text.get(..width).unwrap_or_default();
        let nearness = directions.chunks_exact(width.max(1)).map(|word| dot(word, front));
        let nearest = nearness.fold(0.0, f32::max) * (questions as f32).sqrt();
        Ok(((nearest - APART) / (SAME - APART)).clamp(0.0, 1.0))
    }

    /// The means of the library, for the training-free way.
    #[must_use]
    pub fn statistics(&self) -> Option<&Arc<GalleryStatistics>> {
        match &self.embedding {
            Embedding::Subspace(statistics) => Some(statistics),
            Embedding::Encoder(_) => None,
        }
    }

    /// Where in a photo the focus encoder looked, `[MAP_SIDE, MAP_SIDE]`; `None` for the training-free way.
    #[must_use]
    pub fn attention_map(&self, encoding: &[u8]) -> Option<Vec<f32>> {
        match &self.embedding {
            Embedding::Encoder(focus) => Some(focus.conditions.attention_map(encoding)),
            Embedding::Subspace(_) => None,
        }
    }

    /// Where in a photo the focus encoder looked, of the 4 × 4 cells alone; `None` for the training-free way.
    #[must_use]
    pub fn attention_on_cells(&self, encoding: &[u8]) -> Option<[f32; 16]> {
        match &self.embedding {
            Embedding::Encoder(focus) => Some(focus.conditions.attention_on_cells(encoding)),
            Embedding::Subspace(_) => None,
        }
    }
}

impl Embedding {
    fn embedder<'a>(
        &'a self,
        condition: &'a Condition,
        known: Knowledge<'a>,
    ) -> Result<Box<dyn ConditionalEmbedder + 'a>, FocusError> {
        Ok(match (self, known.encoder) {
            (Self::Encoder(focus), Some(encoder)) => Box::new(EncoderWay::new(
                encoder,
                &focus.conditions,
                known.layout.bytes_per_photo(),
            )),
            (Self::Subspace(statistics), _) => Box::new(Subspace::new(known.layout, condition, statistics)?),
            (Self::Encoder(_), None) => {
                return Err(FocusError::Text("the model has no focus encoder any more".to_owned()));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FindQuery;
    use crate::synthetic::{self, Planted};

    #[test]
    fn a_value_word_answers_the_focus_and_other_words_do_not() {
        let (planted, bank) = (Planted::new(100), synthetic::bank());
        let known = Knowledge {
            bank: &bank,
            texts: &synthetic::Embedder,
            layout: &synthetic::Model,
            encoder: None,
        };
        let understanding = Understanding::new(&FocusKey::new("the colour"), known).unwrap();
        let gallery = planted.gallery();
        let part = understanding.condition.part;
        let statistics = || GalleryStatistics::compute(&gallery, part, Work::default()).map(Arc::new);
        let built = Conditioned::build(&understanding, known, &gallery, statistics, Work::default());
        let conditioned = built.unwrap().unwrap();
        let answered = |text: &str| {
            let query = FindQuery::parse(text);
            let find = FindVector::of_query(&query, &synthetic::Embedder, &synthetic::Model);
            conditioned.answered_by(known, &find.unwrap().unwrap()).unwrap()
        };
        assert!(answered("red") > 0.9, "{}", answered("red"));
        assert!(answered("violin anchor") < 0.5, "{}", answered("violin anchor"));
    }
}
