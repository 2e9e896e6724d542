//! What is kept between searches: understood instructions, the library under them, means. All of it can be made anew.

use std::sync::Arc;

use super::conditioned::Conditioned;
use super::gallery::ConditionedGallery;
use super::rows::{Gallery, Part};
use super::subspace_way::GalleryStatistics;
use super::understanding::{FocusKey, Knowledge, Understanding};
use super::work::Work;
use super::{FocusError, SHOWS};

/// Conditions that are kept: enough for a comparison of four focuses and a few that a person goes back to.
const KEPT: usize = 8;
/// Bytes that libraries under older conditions may take together; those in use are kept beside. At 100,000 photos one takes
/// 20 to 50 MB: there a person who goes back to an earlier focus waits as for a new one, and memory stays bounded.
const KEPT_BYTES: usize = 32 << 20;

struct Entry {
    key: FocusKey,
    understood: Understanding,
    /// The library's version and the library under this condition.
    gallery: Option<(u64, Arc<ConditionedGallery>)>,
}

/// The kept conditions, least recently used first, and the means of the library.
#[derive(Default)]
pub struct ConditionCache {
    entries: Vec<Entry>,
    /// How many of the newest are in use: several in a comparison. The newest is in any case.
    pub compared: usize,
    /// A library under a condition that nobody needs any more, for the memory that it lies in.
    spare: Option<ConditionedGallery>,
    /// Of the foreground and of the background, each with the version of the library.
    statistics: [Option<(u64, Arc<GalleryStatistics>)>; 2],
}

impl ConditionCache {
    /// A focus on the library in this version. `Ok(None)` if the job became stale.
    ///
    /// # Errors
    /// Those of [`Understanding::new`] and [`Conditioned::build`].
    pub fn apply(
        &mut self,
        key: &FocusKey,
        known: Knowledge<'_>,
        gallery: &Gallery<'_>,
        version: u64,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let understood = self.understand(key, known)?;
        let part = understood.condition.part;
        let has_gallery = self.has_gallery(key, version);
        let shown = match &understood.required {
            Some(required) if !has_gallery => {
                let Some(shown) = self.apply(&FocusKey::new(SHOWS), known, gallery, version, work)? else {
                    return Ok(None);
                };
                // The newest entry is the one that is asked for.
                self.understand(key, known)?;
                Some((Arc::clone(required), shown.gallery))
            }
            _ => None,
        };
        let kept = self
            .entries
            .last()
            .and_then(|entry| entry.gallery.clone())
            .filter(|(of, _)| *of == version);
        // Before the next one is built: there is never one more than stays.
        if kept.is_none() {
            self.forget_oldest(version, usize::from(shown.is_some()));
        }
        let (spare, statistics) = (&mut self.spare, &mut self.statistics);
        let conditioned = Conditioned::new(
            &understood,
            known,
            || kept_statistics(statistics, part, gallery, version, work),
            |embedder| match kept {
                Some((_, gallery)) => Some(gallery),
                None => {
                    let mut built = ConditionedGallery::build_in_place_of(spare, gallery, embedder, work)?;
                    if let Some((required, shown)) = &shown {
                        required.lower(&mut built, gallery, shown, work)?;
                    }
                    Some(Arc::new(built))
                }
            },
        )?;
        if let (Some(conditioned), Some(entry)) = (&conditioned, self.entries.last_mut()) {
            entry.gallery = Some((version, Arc::clone(&conditioned.gallery)));
        }
        Ok(conditioned)
    }

    /// Whether the library in this version was already embedded under a focus.
    #[must_use]
    pub fn has_gallery(&self, key: &FocusKey, version: u64) -> bool {
        let kept = self.entries.iter().find(|entry| entry.key == *key);
        kept.is_some_and(|entry| entry.gallery.as_ref().is_some_and(|(of, _)| *of == version))
    }

    /// A focus on some of the library's photos by the focus encoder; nothing of it is kept. `Ok(None)` where the focus
    /// needs the training-free way, which knows the library as a whole, or where the job became stale.
    ///
    /// # Errors
    /// Those of [`ConditionCache::apply`].
    pub fn apply_to_few(
        &mut self,
        key: &FocusKey,
        known: Knowledge<'_>,
        few: &Gallery<'_>,
        work: Work<'_>,
    ) -> Result<Option<Conditioned>, FocusError> {
        let understood = self.understand(key, known)?;
        if !understood.is_trained() {
            return Ok(None);
        }
        Conditioned::build(&understood, known, few, || None, work)
    }

    /// Drops libraries under conditions: those of an older version, and of those not in use what is beyond
    /// [`KEPT_BYTES`]. One of them stays as the spare. `beside`: how many are in use beside those that are compared.
    fn forget_oldest(&mut self, version: u64, beside: usize) {
        let mut bytes = 0;
        let in_use = self.compared.max(1) + beside;
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
    fn understand(&mut self, key: &FocusKey, known: Knowledge<'_>) -> Result<Understanding, FocusError> {
        if let Some(place) = self.entries.iter().position(|entry| entry.key == *key) {
            let entry = self.entries.remove(place);
            let understood = entry.understood.clone();
            self.entries.push(entry);
            return Ok(understood);
        }
        let understood = Understanding::new(key, known)?;
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
}

/// The means of a part of the library in this version; `None` if the job became stale.
fn kept_statistics(
    kept: &mut [Option<(u64, Arc<GalleryStatistics>)>; 2],
    part: Part,
    gallery: &Gallery<'_>,
    version: u64,
    work: Work<'_>,
) -> Option<Arc<GalleryStatistics>> {
    let kept = kept.get_mut(usize::from(part == Part::Background))?;
    if let Some((of, statistics)) = kept
        && *of == version
    {
        return Some(Arc::clone(statistics));
    }
    let statistics = Arc::new(GalleryStatistics::compute(gallery, part, work)?);
    *kept = Some((version, Arc::clone(&statistics)));
    Some(statistics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{self, Planted};

    #[test]
    fn a_library_under_a_focus_is_kept_until_the_library_changes() {
        let planted = Planted::new(100);
        let bank = synthetic::bank();
        let known = Knowledge {
            bank: &bank,
            texts: &synthetic::Embedder,
            layout: &synthetic::Model,
            encoder: None,
        };
        let mut cache = ConditionCache::default();
        let key = FocusKey::new("the colour");
        let mut apply = |key: &FocusKey, version| {
            let applied = cache.apply(key, known, &planted.gallery(), version, Work::default());
            let conditioned = applied.unwrap().unwrap();
            assert!(cache.has_gallery(key, version));
            conditioned
        };
        let first = apply(&key, 1);
        assert!(Arc::ptr_eq(&first.gallery, &apply(&key, 1).gallery));
        apply(&FocusKey::new("the shape"), 1);
        assert!(Arc::ptr_eq(&first.gallery, &apply(&key, 1).gallery));
        let newer = apply(&key, 2);
        assert!(!Arc::ptr_eq(&first.gallery, &newer.gallery));
        assert!(Arc::ptr_eq(&first.condition, &newer.condition));
        assert!(!cache.has_gallery(&key, 1));
    }

    #[test]
    fn a_stale_job_keeps_nothing() {
        let planted = Planted::new(100);
        let bank = synthetic::bank();
        let known = Knowledge {
            bank: &bank,
            texts: &synthetic::Embedder,
            layout: &synthetic::Model,
            encoder: None,
        };
        let mut cache = ConditionCache::default();
        let key = FocusKey::new("the colour");
        let work = Work {
            stale: &|| true,
            ..Work::default()
        };
        assert!(cache.apply(&key, known, &planted.gallery(), 1, work).unwrap().is_none());
        assert!(!cache.has_gallery(&key, 1));
    }
}
