//! The ways of comparing photos that are judged side by side, each through the product's own ranking.
//!
//! A [`PhotoSet`] is a library in memory; [`PhotoSet::under`] applies an instruction to it in one way and hands over
//! what every protocol asks: orders, word scores, vectors, groups, heat. A further way is added in two places of this
//! file: a [`Contender`], and what it embeds and points with ([`FocusedWay`], made in [`PhotoSet::under`]).

use std::cell::OnceCell;

use super::EvaluationError;
use super::cells::{CELLS, pool_to_cells};
use refocus_model::focus_encoder::FocusEncoder;
use refocus_model::{FactorMap, ModelInfo, Part};
use refocus_search::{
    Condition, ConditionalEmbedder, ConditionedGallery, EncoderConditions, EncoderWay, FindQuery, FindVector, Focus,
    FocusError, GalleryStatistics, Group, HeatTarget, Instruction, Library, Query, Ranking, Reference, ReferenceSource,
    Subspace, TextEmbedder, ValueWordReader, WordBank, Work, group_photos, heat_map, rank,
};

/// A way of comparing photos, as reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contender {
    /// Plain similarity; words are matched without an instruction.
    Plain,
    /// The subspace of the instruction's value words.
    TrainingFree,
    /// A trained focus encoder.
    FocusEncoder,
}

impl Contender {
    /// Every way, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Plain, Self::TrainingFree, Self::FocusEncoder];

    /// The key in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::TrainingFree => "training_free",
            Self::FocusEncoder => "focus_encoder",
        }
    }

    /// The name on the screen.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::TrainingFree => "training-free",
            Self::FocusEncoder => "focus encoder",
        }
    }

    /// The ways that a model has.
    #[must_use]
    pub fn of_model(model: &ModelInfo) -> Vec<Self> {
        let has = |way: &Self| *way != Self::FocusEncoder || model.has_focus_encoder;
        Self::ALL.into_iter().filter(has).collect()
    }
}

/// What heat is worked out from: one photo, as stored and patch by patch.
#[derive(Debug, Clone, Copy)]
pub struct PointedPhoto<'a> {
    /// Its encoding.
    pub encoding: &'a [u8],
    /// The factors of its patches.
    pub patches: &'a FactorMap,
    /// Its conditional embedding.
    pub embedding: &'a [f32],
}

/// A way bound to an instruction and a library.
pub trait FocusedWay {
    /// What embeds photos.
    fn embedder(&self) -> Box<dyn ConditionalEmbedder + '_>;

    /// What reads photos of the embedded library in words.
    ///
    /// # Errors
    /// [`FocusError::Length`] if the library was embedded by another way.
    fn reader(&self, gallery: &ConditionedGallery) -> Result<ValueWordReader<'_>, FocusError>;

    /// Where in a photo the way looked: one weight for each cell of a 4 × 4 grid, row by row, none below 0.
    ///
    /// # Errors
    /// [`FocusError::Length`] if the photo is of another model.
    fn cell_heat(&self, photo: PointedPhoto<'_>) -> Result<[f32; CELLS], FocusError>;

    /// The map that the window shows: a square of patches, row by row, none below 0.
    ///
    /// # Errors
    /// [`FocusError::Length`] if the photo is of another model.
    fn shown_heat(&self, photo: PointedPhoto<'_>) -> Result<Vec<f32>, FocusError>;
}

struct TrainingFree<'a> {
    condition: &'a Condition,
    statistics: &'a GalleryStatistics,
    subspace: Subspace<'a>,
}

impl FocusedWay for TrainingFree<'_> {
    fn embedder(&self) -> Box<dyn ConditionalEmbedder + '_> {
        Box::new(self.subspace)
    }

    fn reader(&self, gallery: &ConditionedGallery) -> Result<ValueWordReader<'_>, FocusError> {
        ValueWordReader::new(self.condition, gallery)
    }

    fn cell_heat(&self, photo: PointedPhoto<'_>) -> Result<[f32; CELLS], FocusError> {
        Ok(pool_to_cells(&self.shown_heat(photo)?, photo.patches.side))
    }

    fn shown_heat(&self, photo: PointedPhoto<'_>) -> Result<Vec<f32>, FocusError> {
        let target = HeatTarget::Embedding(photo.embedding);
        heat_map(self.condition, self.statistics, &photo.patches.factors, target)
    }
}

struct Trained<'a> {
    condition: &'a Condition,
    encoder: &'a FocusEncoder,
    conditions: EncoderConditions,
    directions: Vec<f32>,
    bytes: usize,
}

impl FocusedWay for Trained<'_> {
    fn embedder(&self) -> Box<dyn ConditionalEmbedder + '_> {
        Box::new(EncoderWay::new(self.encoder, &self.conditions, self.bytes))
    }

    fn reader(&self, gallery: &ConditionedGallery) -> Result<ValueWordReader<'_>, FocusError> {
        ValueWordReader::with_directions(&self.condition.words, &self.directions, gallery)
    }

    fn cell_heat(&self, photo: PointedPhoto<'_>) -> Result<[f32; CELLS], FocusError> {
        Ok(self.conditions.attention_on_cells(photo.encoding))
    }

    fn shown_heat(&self, photo: PointedPhoto<'_>) -> Result<Vec<f32>, FocusError> {
        Ok(self.conditions.attention_map(photo.encoding))
    }
}

/// Photos that are judged together: the library that the product would rank.
pub struct PhotoSet<'a> {
    library: Library<'a>,
    bank: &'a WordBank,
    texts: &'a dyn TextEmbedder,
    encoder: Option<&'a FocusEncoder>,
    /// Of the foreground and of the background.
    statistics: [OnceCell<GalleryStatistics>; 2],
}

impl<'a> PhotoSet<'a> {
    /// A set over a library's encodings, with the focus encoder of their model if it has one.
    #[must_use]
    pub fn new(
        library: Library<'a>,
        bank: &'a WordBank,
        texts: &'a dyn TextEmbedder,
        encoder: Option<&'a FocusEncoder>,
    ) -> Self {
        Self {
            library,
            bank,
            texts,
            encoder,
            statistics: [const { OnceCell::new() }; 2],
        }
    }

    /// Number of photos.
    #[must_use]
    pub fn len(&self) -> usize {
        self.library.len()
    }

    /// Whether there is no photo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.library.is_empty()
    }

    /// Words as photos are ranked by them. Taken as they are: no sign in them means anything.
    ///
    /// # Errors
    /// [`EvaluationError::Focus`] if the text tower fails.
    pub fn words(&self, words: &str) -> Result<FindVector, EvaluationError> {
        let query = FindQuery {
            wanted: vec![words.to_owned()],
            unwanted: Vec::new(),
        };
        let vectors = self.texts.embed(&query.texts())?;
        Ok(FindVector::new(&query, &vectors, self.library.model())?)
    }

    /// Applies an instruction in one way and hands the library under it to `judge`.
    ///
    /// # Errors
    /// [`EvaluationError::NoSuchWay`] for a way that the model does not have, and the errors of `judge`.
    pub fn under<R>(
        &self,
        contender: Contender,
        instruction: &str,
        judge: impl FnOnce(&Under<'_>) -> Result<R, EvaluationError>,
    ) -> Result<R, EvaluationError> {
        if contender == Contender::Plain {
            return judge(&Under {
                set: self,
                focused: None,
            });
        }
        let instruction = Instruction::parse(instruction);
        let vectors = self.texts.embed(&instruction.texts())?;
        let condition = Condition::new(self.bank, self.library.model(), &instruction, &vectors, None)?;
        let statistics = self.statistics(condition.part)?;
        let way: Box<dyn FocusedWay + '_> = match contender {
            Contender::TrainingFree => Box::new(TrainingFree {
                condition: &condition,
                statistics,
                subspace: Subspace::new(self.library.model(), &condition, statistics)?,
            }),
            Contender::FocusEncoder => {
                let encoder = self.encoder.ok_or(EvaluationError::NoSuchWay(contender.label()))?;
                let conditions = EncoderConditions::new(encoder, &condition, &instruction, &vectors)?;
                let respects = condition.words.iter().map(|word| word.question);
                Box::new(Trained {
                    condition: &condition,
                    directions: conditions.directions(encoder, condition.word_vectors(), respects)?,
                    encoder,
                    conditions,
                    bytes: self.library.model().bytes_per_photo(),
                })
            }
            Contender::Plain => return Err(EvaluationError::NoSuchWay(contender.label())),
        };
        let gallery = ConditionedGallery::build(&self.library, way.embedder().as_ref(), Work::default())
            .ok_or(EvaluationError::Interrupted)?;
        judge(&Under {
            set: self,
            focused: Some(Focused {
                way: way.as_ref(),
                gallery: &gallery,
            }),
        })
    }

    fn statistics(&self, part: Part) -> Result<&GalleryStatistics, EvaluationError> {
        let [foreground, background] = &self.statistics;
        let kept = if part == Part::Background {
            background
        } else {
            foreground
        };
        if let Some(statistics) = kept.get() {
            return Ok(statistics);
        }
        let statistics =
            GalleryStatistics::compute(&self.library, part, Work::default()).ok_or(EvaluationError::Interrupted)?;
        Ok(kept.get_or_init(|| statistics))
    }
}

struct Focused<'u> {
    way: &'u dyn FocusedWay,
    gallery: &'u ConditionedGallery,
}

/// A set of photos under an instruction in one way.
pub struct Under<'u> {
    set: &'u PhotoSet<'u>,
    focused: Option<Focused<'u>>,
}

impl Under<'_> {
    /// [`PhotoSet::words`] of the set.
    ///
    /// # Errors
    /// Those of [`PhotoSet::words`].
    pub fn words(&self, words: &str) -> Result<FindVector, EvaluationError> {
        self.set.words(words)
    }

    /// The product's ranking by likeness to a photo, of the photos of a subset.
    ///
    /// # Errors
    /// Those of [`rank`].
    pub fn like(&self, photo: u32, subset: &[bool]) -> Result<Ranking, EvaluationError> {
        let reference = Reference {
            source: ReferenceSource::Photo(photo),
            positive: true,
        };
        self.rank(&Query {
            references: &[reference],
            subset: Some(subset),
            ..Query::default()
        })
    }

    /// The product's ranking by words, of the photos of a subset. `match_weight` is the weight of the match with the
    /// words as such beside their place under the instruction: 0 leaves the instruction alone (plain has no
    /// instruction and goes by the match).
    ///
    /// # Errors
    /// Those of [`rank`].
    pub fn matching(
        &self,
        words: &FindVector,
        match_weight: f32,
        subset: Option<&[bool]>,
    ) -> Result<Ranking, EvaluationError> {
        self.rank(&Query {
            find: Some(words),
            find_weight: match_weight,
            subset,
            ..Query::default()
        })
    }

    fn rank(&self, query: &Query<'_>) -> Result<Ranking, EvaluationError> {
        // One thread: a thread for each of thousands of small rankings would cost more than it saves.
        let work = Work {
            threads: 1,
            ..Work::default()
        };
        let embedder = self.focused.as_ref().map(|focused| focused.way.embedder());
        let focus = self
            .focused
            .as_ref()
            .zip(embedder.as_deref())
            .map(|(focused, embedder)| Focus {
                embedder,
                gallery: focused.gallery,
            });
        let query = Query { focus, ..*query };
        rank(&self.set.library, &query, work)?.ok_or(EvaluationError::Interrupted)
    }

    /// The vectors that likeness compares, of some photos: `[photos, dim]` of unit length, and `dim`.
    #[must_use]
    pub fn vectors(&self, photos: &[u32]) -> (Vec<f32>, usize) {
        let model = self.set.library.model();
        let dim = self.focused.as_ref().map_or(model.plain_dim(), |f| f.gallery.dim());
        let mut vectors = vec![0.0; photos.len() * dim];
        for (&photo, vector) in photos.iter().zip(vectors.chunks_exact_mut(dim.max(1))) {
            match &self.focused {
                Some(focused) => focused.gallery.read(photo as usize, vector),
                None => {
                    if let Some(encoding) = self.set.library.encoding(photo as usize) {
                        model.plain(encoding, vector);
                    }
                }
            }
            refocus_model::vector_math::normalise(vector);
        }
        (vectors, dim)
    }

    /// The groups that the product shows; none without an instruction.
    ///
    /// # Errors
    /// Those of [`group_photos`].
    pub fn groups(&self, subset: &[bool]) -> Result<Option<Vec<Group>>, EvaluationError> {
        let Some(focused) = &self.focused else {
            return Ok(None);
        };
        let reader = focused.way.reader(focused.gallery)?;
        let groups = group_photos(&reader, focused.gallery, Some(subset), Work::default())?;
        groups.map(Some).ok_or(EvaluationError::Interrupted)
    }

    /// Where in a photo the way looked; nothing without an instruction.
    ///
    /// # Errors
    /// Those of [`FocusedWay::cell_heat`].
    pub fn cell_heat(&self, photo: u32, patches: &FactorMap) -> Result<Option<[f32; CELLS]>, EvaluationError> {
        let (Some(focused), Some(encoding)) = (&self.focused, self.set.library.encoding(photo as usize)) else {
            return Ok(None);
        };
        let heat = focused.way.cell_heat(PointedPhoto {
            encoding,
            patches,
            embedding: &focused.gallery.embedding(photo as usize),
        })?;
        Ok(Some(heat))
    }

    /// The map that the window shows of a photo; nothing without an instruction.
    ///
    /// # Errors
    /// Those of [`FocusedWay::shown_heat`].
    pub fn shown_heat(&self, photo: u32, patches: &FactorMap) -> Result<Option<Vec<f32>>, EvaluationError> {
        let (Some(focused), Some(encoding)) = (&self.focused, self.set.library.encoding(photo as usize)) else {
            return Ok(None);
        };
        let heat = focused.way.shown_heat(PointedPhoto {
            encoding,
            patches,
            embedding: &focused.gallery.embedding(photo as usize),
        })?;
        Ok(Some(heat))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_search::synthetic::{self, Planted};

    #[test]
    fn a_model_without_a_focus_encoder_has_two_ways() {
        let mut info = ModelInfo {
            id: refocus_model::ModelId("m".to_owned()),
            name: String::new(),
            licence: String::new(),
            description: String::new(),
            bytes_per_photo: 1,
            text_dim: 1,
            has_focus_encoder: false,
        };
        assert_eq!(Contender::of_model(&info), [Contender::Plain, Contender::TrainingFree]);
        info.has_focus_encoder = true;
        assert_eq!(Contender::of_model(&info), Contender::ALL);
    }

    #[test]
    fn plain_ranks_by_plain_similarity_and_a_focus_by_its_own() {
        let planted = Planted::new(200);
        let bank = synthetic::bank();
        let set = PhotoSet::new(planted.library(), &bank, &synthetic::Embedder, None);
        let all = vec![true; 200];
        let of = |contender| {
            set.under(contender, "the colour", |under| {
                let ranking = under.like(3, &all)?;
                let (vectors, dim) = under.vectors(&[3, 4]);
                assert_eq!(vectors.len(), 2 * dim);
                assert_eq!(ranking.order.first(), Some(&3));
                Ok((ranking.way, under.groups(&all)?.is_some()))
            })
            .unwrap()
        };
        assert_eq!(of(Contender::Plain), (refocus_search::Way::Plain, false));
        assert_eq!(of(Contender::TrainingFree), (refocus_search::Way::Subspace, true));
        assert!(matches!(
            set.under(Contender::FocusEncoder, "the colour", |_| Ok(())),
            Err(EvaluationError::NoSuchWay(_))
        ));
    }

    #[test]
    fn words_are_taken_as_they_are() {
        let planted = Planted::new(10);
        let bank = synthetic::bank();
        let set = PhotoSet::new(planted.library(), &bank, &synthetic::Embedder, None);
        let (plain, signed) = (set.words("red").unwrap(), set.words("-red").unwrap());
        assert_eq!(plain.text(), signed.text());
    }
}
