//! The ways of comparing photos that are judged side by side, each through the product's own ranking.
//!
//! A [`PhotoSet`] is a library in memory; [`PhotoSet::under`] applies an instruction to it in one way and hands over
//! what every protocol asks: orders, word scores, vectors, groups, heat. The instruction is understood and the photos are
//! embedded, ranked and grouped by the functions that the product calls.

use std::cell::OnceCell;
use std::sync::Arc;

use super::EvaluationError;
use super::cells::{CELLS, pool_to_cells};
use refocus_model::focus_encoder::FocusEncoder;
use refocus_model::{FactorMap, ModelInfo, Part};
use refocus_search::{
    Conditioned, FindQuery, FindVector, Focus, FocusKey, Gallery, GalleryStatistics, Group, Knowledge, Query, Ranking,
    Reference, ReferencePhoto, SHOWS, TextEmbedder, Understanding, WordBank, Work, group_photos, heat_map, rank,
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

/// Photos that are judged together: the library that the product would rank.
pub struct PhotoSet<'a> {
    gallery: Gallery<'a>,
    bank: &'a WordBank,
    texts: &'a dyn TextEmbedder,
    encoder: Option<&'a FocusEncoder>,
    /// Of the foreground and of the background.
    statistics: [OnceCell<Arc<GalleryStatistics>>; 2],
    /// What the photos show, as the focus encoder sees it: find goes by this too.
    shows: OnceCell<Conditioned>,
}

impl<'a> PhotoSet<'a> {
    /// A set over a library's encodings, with the focus encoder of their model if it has one.
    #[must_use]
    pub fn new(
        gallery: Gallery<'a>,
        bank: &'a WordBank,
        texts: &'a dyn TextEmbedder,
        encoder: Option<&'a FocusEncoder>,
    ) -> Self {
        Self {
            gallery,
            bank,
            texts,
            encoder,
            statistics: [const { OnceCell::new() }; 2],
            shows: OnceCell::new(),
        }
    }

    /// Number of photos.
    #[must_use]
    pub fn len(&self) -> usize {
        self.gallery.len()
    }

    /// Whether there is no photo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gallery.is_empty()
    }

    /// Words as photos are ranked by them. Taken as they are: no sign in them means anything.
    ///
    /// # Errors
    /// [`EvaluationError::Focus`] if the text tower fails.
    pub fn words(&self, words: &str) -> Result<FindVector, EvaluationError> {
        self.phrases(&[words.to_owned()])
    }

    /// Phrases as photos are ranked by them, each counting alike. Taken as they are: no sign in them means anything.
    ///
    /// # Errors
    /// [`EvaluationError::Focus`] if the text tower fails.
    pub fn phrases(&self, phrases: &[String]) -> Result<FindVector, EvaluationError> {
        let query = FindQuery {
            wanted: phrases.to_vec(),
            ..FindQuery::default()
        };
        let vectors = self.texts.embed(&query.texts())?;
        Ok(FindVector::new(&query, &vectors, self.gallery.model())?)
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
                shows: None,
            });
        }
        let known = self.known(contender)?;
        let shows = match contender {
            Contender::FocusEncoder => Some((self.shows(known)?, known)),
            Contender::Plain | Contender::TrainingFree => None,
        };
        let understanding = Understanding::new(&FocusKey::new(instruction), known)?;
        let statistics = || self.statistics(understanding.condition.part);
        let conditioned = Conditioned::build(&understanding, known, &self.gallery, statistics, Work::default())?
            .ok_or(EvaluationError::Interrupted)?;
        judge(&Under {
            set: self,
            focused: Some(Focused { conditioned, known }),
            shows,
        })
    }

    /// The product's order of all photos by words alone, without an instruction. Plain goes by the photos' text vectors.
    ///
    /// # Errors
    /// [`EvaluationError::NoSuchWay`] for a way that the model does not have, and those of [`rank`].
    pub fn found(&self, contender: Contender, words: &FindVector) -> Result<Ranking, EvaluationError> {
        let shows = match contender {
            Contender::FocusEncoder => {
                let known = self.known(contender)?;
                Some((self.shows(known)?, known))
            }
            Contender::Plain | Contender::TrainingFree => None,
        };
        let under = Under {
            set: self,
            focused: None,
            shows,
        };
        under.matching(words, 1.0, None)
    }

    fn shows(&self, known: Knowledge<'_>) -> Result<&Conditioned, EvaluationError> {
        if let Some(kept) = self.shows.get() {
            return Ok(kept);
        }
        let understanding = Understanding::new(&FocusKey::new(SHOWS), known)?;
        let statistics = || self.statistics(understanding.condition.part);
        let conditioned = Conditioned::build(&understanding, known, &self.gallery, statistics, Work::default())?;
        let conditioned = conditioned.ok_or(EvaluationError::Interrupted)?;
        Ok(self.shows.get_or_init(|| conditioned))
    }

    /// What a way knows: without the focus encoder the product compares photos by the training-free way.
    fn known(&self, contender: Contender) -> Result<Knowledge<'_>, EvaluationError> {
        let no_such_way = EvaluationError::NoSuchWay(contender.label());
        Ok(Knowledge {
            bank: self.bank,
            texts: self.texts,
            layout: self.gallery.model(),
            encoder: match contender {
                Contender::Plain => return Err(no_such_way),
                Contender::TrainingFree => None,
                Contender::FocusEncoder => Some(self.encoder.ok_or(no_such_way)?),
            },
        })
    }

    fn statistics(&self, part: Part) -> Option<Arc<GalleryStatistics>> {
        let [foreground, background] = &self.statistics;
        let kept = if part == Part::Background {
            background
        } else {
            foreground
        };
        if let Some(statistics) = kept.get() {
            return Some(Arc::clone(statistics));
        }
        let statistics = Arc::new(GalleryStatistics::compute(&self.gallery, part, Work::default())?);
        Some(Arc::clone(kept.get_or_init(|| statistics)))
    }
}

struct Focused<'u> {
    conditioned: Conditioned,
    known: Knowledge<'u>,
}

/// A set of photos under an instruction in one way.
pub struct Under<'u> {
    set: &'u PhotoSet<'u>,
    focused: Option<Focused<'u>>,
    shows: Option<(&'u Conditioned, Knowledge<'u>)>,
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
            source: ReferencePhoto::Photo(photo),
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
        let embedder = match &self.focused {
            Some(focused) => Some(focused.conditioned.embedder(focused.known)?),
            None => None,
        };
        let focus = self
            .focused
            .as_ref()
            .zip(embedder.as_deref())
            .map(|(focused, embedder)| Focus {
                embedder,
                gallery: &focused.conditioned.gallery,
            });
        let shows = match self.shows.filter(|_| query.find.is_some()) {
            Some((conditioned, known)) => Some((conditioned.embedder(known)?, &conditioned.gallery)),
            None => None,
        };
        let shows = shows.as_ref().map(|(embedder, gallery)| Focus {
            embedder: embedder.as_ref(),
            gallery,
        });
        let answered = match (&self.focused, query.find) {
            (Some(focused), Some(find)) => focused.conditioned.answered_by(focused.known, find)?,
            _ => 0.0,
        };
        let query = Query {
            focus,
            shows,
            answered,
            ..*query
        };
        rank(&self.set.gallery, &query, work)?.ok_or(EvaluationError::Interrupted)
    }

    /// The vectors that likeness compares, of some photos: `[photos, dim]` of unit length, and `dim`.
    #[must_use]
    pub fn vectors(&self, photos: &[u32]) -> (Vec<f32>, usize) {
        let model = self.set.gallery.model();
        let dim = self
            .focused
            .as_ref()
            .map_or(model.plain_dim(), |f| f.conditioned.gallery.dim());
        let mut vectors = vec![0.0; photos.len() * dim];
        for (&photo, vector) in photos.iter().zip(vectors.chunks_exact_mut(dim.max(1))) {
            match &self.focused {
                Some(focused) => focused.conditioned.gallery.read(photo as usize, vector),
                None => {
                    if let Some(encoding) = self.set.gallery.encoding(photo as usize) {
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
        let reader = focused.conditioned.reader()?;
        let groups = group_photos(&reader, &focused.conditioned.gallery, Some(subset), Work::default())?;
        groups
            .map(|found| Some(found.groups))
            .ok_or(EvaluationError::Interrupted)
    }

    /// Where in a photo the way looked: one weight for each cell of a 4 × 4 grid, row by row, none below 0; nothing without
    /// an instruction.
    ///
    /// # Errors
    /// [`EvaluationError::Focus`] if the photo is of another model.
    pub fn cell_heat(&self, photo: u32, patches: &FactorMap) -> Result<Option<[f32; CELLS]>, EvaluationError> {
        let on_cells = |focused: &Focused<'_>, encoding: &[u8]| focused.conditioned.attention_on_cells(encoding);
        if let (Some(focused), Some(encoding)) = (&self.focused, self.set.gallery.encoding(photo as usize))
            && let Some(cells) = on_cells(focused, encoding)
        {
            return Ok(Some(cells));
        }
        let heat = self.shown_heat(photo, patches)?;
        Ok(heat.map(|heat| pool_to_cells(&heat, patches.side)))
    }

    /// The map that the window shows of a photo: a square of patches, row by row, none below 0; nothing without an
    /// instruction.
    ///
    /// # Errors
    /// [`EvaluationError::Focus`] if the photo is of another model.
    pub fn shown_heat(&self, photo: u32, patches: &FactorMap) -> Result<Option<Vec<f32>>, EvaluationError> {
        let (Some(focused), Some(encoding)) = (&self.focused, self.set.gallery.encoding(photo as usize)) else {
            return Ok(None);
        };
        let Conditioned { condition, gallery, .. } = &focused.conditioned;
        if let Some(map) = focused.conditioned.attention_map(encoding) {
            return Ok(Some(map));
        }
        let Some(statistics) = focused.conditioned.statistics() else {
            return Ok(None);
        };
        let embedding = gallery.embedding(photo as usize);
        Ok(Some(heat_map(condition, statistics, &patches.factors, &embedding)?))
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
        let set = PhotoSet::new(planted.gallery(), &bank, &synthetic::Embedder, None);
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
        let set = PhotoSet::new(planted.gallery(), &bank, &synthetic::Embedder, None);
        let (plain, signed) = (set.words("red").unwrap(), set.words("-red").unwrap());
        assert_eq!(plain.text(), signed.text());
    }
}
