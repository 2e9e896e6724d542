//! What is kept between searches: conditions, means, the library under a condition. All of it can be made anew.

use std::sync::Arc;

use crate::focus::{
    Condition, ConditionedGallery, EditedWords, FocusError, GalleryStatistics, Instruction, Library, Part, Subspace,
    TextEmbedder, WordBank, Work,
};
use crate::model::EncodingLayout;

/// Conditions that are kept: enough for a comparison of four focuses and a few that a person goes back to.
const KEPT: usize = 8;

/// An instruction with the words that a person chose for it, if any.
pub(super) type Key = (String, Option<Vec<String>>);

/// A focus, ready to be used on the library.
#[derive(Clone)]
pub(super) struct Conditioned {
    pub(super) condition: Arc<Condition>,
    pub(super) statistics: Arc<GalleryStatistics>,
    pub(super) gallery: Arc<ConditionedGallery>,
}

struct Entry {
    key: Key,
    condition: Arc<Condition>,
    /// The library's version and the library under this condition.
    gallery: Option<(u64, Arc<ConditionedGallery>)>,
}

/// The kept conditions, least recently used first, and the means of the library.
#[derive(Default)]
pub(super) struct Conditions {
    entries: Vec<Entry>,
    statistics: [Option<(u64, Arc<GalleryStatistics>)>; 2],
}

impl Conditions {
    /// A focus on the library in this version. `Ok(None)` if the job became stale.
    pub(super) fn apply(
        &mut self,
        key: &Key,
        bank: &WordBank,
        texts: &dyn TextEmbedder,
        library: &Library<'_>,
        version: u64,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let condition = self.condition(key, bank, texts, library.model())?;
        let Some(statistics) = self.statistics(condition.part, library, version, work) else {
            return Ok(None);
        };
        let kept = self
            .entries
            .last()
            .and_then(|entry| entry.gallery.clone())
            .filter(|(of, _)| *of == version);
        let gallery = match kept {
            Some((_, gallery)) => gallery,
            None => {
                let subspace = Subspace::new(library.model(), &condition, &statistics)?;
                let Some(gallery) = ConditionedGallery::build(library, &subspace, work) else {
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
            statistics,
            gallery,
        }))
    }

    /// The condition of an instruction; afterwards it is the last entry.
    fn condition(
        &mut self,
        key: &Key,
        bank: &WordBank,
        texts: &dyn TextEmbedder,
        model: &dyn EncodingLayout,
    ) -> Result<Arc<Condition>, FocusError> {
        if let Some(place) = self.entries.iter().position(|entry| entry.key == *key) {
            let entry = self.entries.remove(place);
            let condition = Arc::clone(&entry.condition);
            self.entries.push(entry);
            return Ok(condition);
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
        let condition = Arc::new(Condition::new(bank, model, &instruction, &vectors, edited)?);
        if self.entries.len() >= KEPT {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            key: key.clone(),
            condition: Arc::clone(&condition),
            gallery: None,
        });
        Ok(condition)
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
