//! What is kept between searches: conditions, means, the library under a condition. All of it can be made anew.

use std::sync::Arc;

use refocus_model::focus_encoder::FocusEncoder;
use refocus_model::{EncodingLayout, PhotoModel};
use refocus_search::{
    Condition, ConditionalEmbedder, ConditionedGallery, EditedWords, EncoderConditions, EncoderWay, FocusError,
    GalleryStatistics, Instruction, Library, Part, Subspace, TextEmbedder, ValueWordReader, WordBank, Work,
};

/// Conditions that are kept: enough for a comparison of four focuses and a few that a person goes back to.
const KEPT: usize = 8;
/// Bytes that libraries under older conditions may take together; those in use are kept beside. At 100,000 photos one takes
/// 20 to 50 MB: there a person who goes back to an earlier focus waits as for a new one, and memory stays bounded.
const KEPT_BYTES: usize = 32 << 20;

/// An instruction with the words that a person chose for it, if any.
pub(super) type Key = (String, Option<Vec<String>>);

/// What an instruction is understood with.
#[derive(Clone, Copy)]
pub(super) struct Knowledge<'a> {
    pub(super) bank: &'a WordBank,
    pub(super) model: &'a Arc<dyn PhotoModel>,
}

/// How photos are embedded under a condition.
#[derive(Clone)]
enum EmbedderKind {
    /// By the subspace of the value words, around the means of the library.
    Subspace(Arc<GalleryStatistics>),
    /// By the focus encoder, with the directions of the value words.
    Encoder(Arc<EncoderConditions>, Arc<[f32]>),
}

/// A focus, ready to be used on the library.
#[derive(Clone)]
pub(super) struct Conditioned {
    pub(super) condition: Arc<Condition>,
    pub(super) gallery: Arc<ConditionedGallery>,
    embedder_kind: EmbedderKind,
}

impl Conditioned {
    /// What embeds photos from outside the library as those inside were.
    pub(super) fn embedder<'a>(
        &'a self,
        encoder: Option<&'a FocusEncoder>,
        layout: &'a dyn EncodingLayout,
    ) -> Result<Box<dyn ConditionalEmbedder + 'a>, FocusError> {
        Ok(match (&self.embedder_kind, encoder) {
            (EmbedderKind::Encoder(conditions, _), Some(encoder)) => {
                Box::new(EncoderWay::new(encoder, conditions, layout.bytes_per_photo()))
            }
            (EmbedderKind::Subspace(statistics), _) => Box::new(Subspace::new(layout, &self.condition, statistics)?),
            (EmbedderKind::Encoder(..), None) => {
                return Err(FocusError::Text("the model has no focus encoder any more".to_owned()));
            }
        })
    }

    /// Reads photos in words.
    pub(super) fn reader(&self) -> Result<ValueWordReader<'_>, FocusError> {
        match &self.embedder_kind {
            EmbedderKind::Subspace(_) => ValueWordReader::new(&self.condition, &self.gallery),
            EmbedderKind::Encoder(_, directions) => {
                ValueWordReader::with_directions(&self.condition.words, directions, &self.gallery)
            }
        }
    }

    /// The means of the library, for the training-free way.
    pub(super) fn statistics(&self) -> Option<&Arc<GalleryStatistics>> {
        match &self.embedder_kind {
            EmbedderKind::Subspace(statistics) => Some(statistics),
            EmbedderKind::Encoder(..) => None,
        }
    }

    /// Where in a photo the focus encoder looked, `[MAP_SIDE, MAP_SIDE]`; `None` for the training-free way.
    pub(super) fn attention_map(&self, encoding: &[u8]) -> Option<Vec<f32>> {
        match &self.embedder_kind {
            EmbedderKind::Encoder(conditions, _) => Some(conditions.attention_map(encoding)),
            EmbedderKind::Subspace(_) => None,
        }
    }
}

/// What follows from an instruction alone.
#[derive(Clone)]
struct Understood {
    condition: Arc<Condition>,
    encoder: Option<(Arc<EncoderConditions>, Arc<[f32]>)>,
}

struct Entry {
    key: Key,
    understood: Understood,
    /// The library's version and the library under this condition.
    gallery: Option<(u64, Arc<ConditionedGallery>)>,
}

/// The kept conditions, least recently used first, and the means of the library.
#[derive(Default)]
pub(super) struct Conditions {
    entries: Vec<Entry>,
    /// How many of the newest are in use: several in a comparison. The newest is in any case.
    pub(super) compared: usize,
    /// A library under a condition that nobody needs any more, for the memory that it lies in.
    spare: Option<ConditionedGallery>,
    statistics: [Option<(u64, Arc<GalleryStatistics>)>; 2],
}

impl Conditions {
    /// A focus on the library in this version. `Ok(None)` if the job became stale.
    pub(super) fn apply(
        &mut self,
        key: &Key,
        known: Knowledge<'_>,
        library: &Library<'_>,
        version: u64,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let encoder = known.model.focus_encoder();
        let understood = self.understand(key, known)?;
        let condition = understood.condition;
        let means = match understood.encoder {
            Some((conditions, directions)) => EmbedderKind::Encoder(conditions, directions),
            None => match self.statistics(condition.part, library, version, work) {
                Some(statistics) => EmbedderKind::Subspace(statistics),
                None => return Ok(None),
            },
        };
        let kept = self
            .entries
            .last()
            .and_then(|entry| entry.gallery.clone())
            .filter(|(of, _)| *of == version);
        let gallery = match kept {
            Some((_, gallery)) => gallery,
            None => {
                self.forget_oldest(version);
                let spare = &mut self.spare;
                let built = match (&means, encoder) {
                    (EmbedderKind::Encoder(conditions, _), Some(encoder)) => {
                        let way = EncoderWay::new(encoder, conditions, library.model().bytes_per_photo());
                        ConditionedGallery::build_in_place_of(spare, library, &way, work)
                    }
                    (EmbedderKind::Subspace(statistics), _) => {
                        let subspace = Subspace::new(library.model(), &condition, statistics)?;
                        ConditionedGallery::build_in_place_of(spare, library, &subspace, work)
                    }
                    (EmbedderKind::Encoder(..), None) => None,
                };
                let Some(gallery) = built else {
                    return Ok(None);
                };
                let gallery = Arc::new(gallery);
                if let Some(entry) = self.entries.last_mut() {
                    entry.gallery = Some((version, Arc::clone(&gallery)));
                }
                gallery
            }
        };
        Ok(Some(Conditioned {
            condition,
            gallery,
            embedder_kind: means,
        }))
    }

    /// Whether the library in this version was already embedded under a focus.
    pub(super) fn has_gallery(&self, key: &Key, version: u64) -> bool {
        let kept = self.entries.iter().find(|entry| entry.key == *key);
        kept.is_some_and(|entry| entry.gallery.as_ref().is_some_and(|(of, _)| *of == version))
    }

    /// A focus on some of the library's photos by the focus encoder; nothing of it is kept. `Ok(None)` where the focus
    /// needs the training-free way, which knows the library as a whole, or where the job became stale.
    pub(super) fn apply_to_few(
        &mut self,
        key: &Key,
        known: Knowledge<'_>,
        few: &Library<'_>,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let understood = self.understand(key, known)?;
        let (Some((conditions, directions)), Some(encoder)) = (understood.encoder, known.model.focus_encoder()) else {
            return Ok(None);
        };
        let way = EncoderWay::new(encoder, &conditions, few.model().bytes_per_photo());
        let gallery = ConditionedGallery::build(few, &way, work);
        Ok(gallery.map(|gallery| Conditioned {
            condition: understood.condition,
            gallery: Arc::new(gallery),
            embedder_kind: EmbedderKind::Encoder(conditions, directions),
        }))
    }

    /// Drops libraries under conditions: those of an older version, and of those not in use what is beyond
    /// [`KEPT_BYTES`]. One of them stays as the spare. Before the next one is built: there is never one more than stays.
    fn forget_oldest(&mut self, version: u64) {
        let mut bytes = 0;
        let in_use = self.compared.max(1);
        for (newer, entry) in self.entries.iter_mut().rev().enumerate() {
            let Some((of, gallery)) = &entry.gallery else {
                continue;
            };
            bytes += if newer < in_use { 0 } else { gallery.bytes() };
            if bytes > KEPT_BYTES || *of != version {
                let dropped = entry.gallery.take().and_then(|(_, gallery)| Arc::into_inner(gallery));
                self.spare = dropped.or(self.spare.take());
            }
        }
    }

    /// What an instruction means; afterwards it is the last entry.
    fn understand(&mut self, key: &Key, known: Knowledge<'_>) -> Result<Understood, FocusError> {
        let Knowledge { bank, model: texts } = known;
        let (encoder, model) = (texts.focus_encoder(), texts.layout());
        if let Some(place) = self.entries.iter().position(|entry| entry.key == *key) {
            let entry = self.entries.remove(place);
            let understood = entry.understood.clone();
            self.entries.push(entry);
            return Ok(understood);
        }
        let instruction = Instruction::parse(&key.0);
        let vectors = texts.embed(&instruction.texts())?;
        let edited_vectors = match &key.1 {
            Some(words) => texts.embed(&words.iter().map(String::as_str).collect::<Vec<_>>())?,
            None => Vec::new(),
        };
        let edited = key.1.as_ref().map(|words| EditedWords {
            words,
            vectors: &edited_vectors,
        });
        let named = instruction.alternatives();
        let named_vectors = match named {
            [] => Vec::new(),
            _ => texts.embed(&named.iter().map(String::as_str).collect::<Vec<_>>())?,
        };
        let alternatives = (!named.is_empty()).then_some(EditedWords {
            words: named,
            vectors: &named_vectors,
        });
        // Words that a person chose say in which directions to compare: that is the training-free way.
        let encoder = encoder.filter(|_| edited.is_none());
        let condition = Arc::new(match encoder {
            Some(_) => Condition::words_only(bank, &instruction, &vectors, alternatives)?,
            None => Condition::new(bank, model, &instruction, &vectors, edited)?,
        });
        let encoder = match encoder {
            Some(encoder) => {
                let conditions = EncoderConditions::new(encoder, &condition, &instruction, &vectors)?;
                let respects = condition.words.iter().map(|word| word.question);
                let directions = conditions.directions(encoder, condition.word_vectors(), respects)?;
                Some((Arc::new(conditions), Arc::from(directions)))
            }
            None => None,
        };
        let understood = Understood { condition, encoder };
        if self.entries.len() >= KEPT {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            key: key.clone(),
            understood: understood.clone(),
            gallery: None,
        });
        Ok(understood)
    }

    fn statistics(
        &mut self,
        part: Part,
        library: &Library<'_>,
        version: u64,
        work: Work<'_>,
    ) -> Option<Arc<GalleryStatistics>> {
        let kept = self.statistics.get_mut(usize::from(part == Part::Background))?;
        if let Some((of, statistics)) = kept
            && *of == version
        {
            return Some(Arc::clone(statistics));
        }
        let statistics = Arc::new(GalleryStatistics::compute(library, part, work)?);
        *kept = Some((version, Arc::clone(&statistics)));
        Some(statistics)
    }
}
