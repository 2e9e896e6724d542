//! What is known of all photos, and the pairs of them that are alike.

use std::collections::{BTreeSet, HashMap, HashSet};

use pulp::NullaryFnOnce;
use refocus_model::LikenessBounds;
use refocus_model::vector_math::dot;

use super::sketch::{MayDiffer, Planes, Sketch};
use super::{AlikePhoto, BURST_MS, Moment};
use crate::rows::{EncodingRows, Gallery};
use crate::work::Work;

/// Pairs of a photo with those before it, at most: thousands of scans of empty pages are all alike.
const PAIRS: usize = 256;

/// A photo is compared with so many that were taken just before it, and so many just after.
const IN_TIME: usize = 24;

/// All photos and the pairs that are alike. It grows and shrinks with the library, and holds what comparing all anew would give, but
/// for photos of which hundreds are alike.
#[derive(Clone, Debug)]
pub struct AlikeIndex {
    bounds: LikenessBounds,
    may_differ: MayDiffer,
    planes: Planes,
    /// The photos in any order, and what stands for each.
    photos: Vec<AlikePhoto>,
    sketches: Vec<Sketch>,
    /// Where each photo is among them.
    places: HashMap<u32, usize>,
    in_time: BTreeSet<(Moment, u32)>,
    /// For each photo those that are alike with it, and how much.
    pairs: HashMap<u32, Vec<(u32, f32)>>,
}

impl AlikeIndex {
    /// Of no photos; for encodings of this model.
    #[must_use]
    pub fn new(model: &dyn EncodingRows) -> Self {
        let bounds = model.likeness_bounds();
        Self {
            bounds,
            may_differ: MayDiffer::at(bounds.cosine),
            planes: Planes::new(model.plain_dim()),
            photos: Vec::new(),
            sketches: Vec::new(),
            places: HashMap::new(),
            in_time: BTreeSet::new(),
            pairs: HashMap::new(),
        }
    }

    /// Number of photos.
    #[must_use]
    pub fn len(&self) -> usize {
        self.photos.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
    }

    /// The photos, in any order.
    pub fn photos(&self) -> impl Iterator<Item = &AlikePhoto> {
        self.photos.iter()
    }

    /// Takes a photo out.
    pub fn remove(&mut self, photo: u32) {
        let Some(place) = self.places.remove(&photo) else {
            return;
        };
        let removed = self.photos.swap_remove(place);
        self.sketches.swap_remove(place);
        if let Some(moved) = self.photos.get(place) {
            self.places.insert(moved.photo, place);
        }
        if let Some(taken) = removed.taken {
            self.in_time.remove(&(taken, photo));
        }
        for (other, _) in self.pairs.remove(&photo).unwrap_or_default() {
            if let Some(of_other) = self.pairs.get_mut(&other) {
                of_other.retain(|(back, _)| *back != photo);
                if of_other.is_empty() {
                    self.pairs.remove(&other);
                }
            }
        }
    }

    /// Compares new photos with each other and with those that are there. One that is there already, or has no encoding, is passed
    /// over. `None` if the job became stale; then none of them was added.
    pub fn add(&mut self, gallery: &Gallery<'_>, new: &[AlikePhoto], work: Work<'_>) -> Option<()> {
        let mut once = HashSet::new();
        let new: Vec<AlikePhoto> = new
            .iter()
            .filter(|new| !self.places.contains_key(&new.photo) && gallery.is_encoded(new.photo as usize))
            .filter(|new| once.insert(new.photo))
            .copied()
            .collect();
        let sketches = self.sketch(gallery, &new, work)?;
        let first = self.photos.len();
        for (new, sketch) in new.iter().zip(sketches) {
            self.places.insert(new.photo, self.photos.len());
            self.photos.push(*new);
            self.sketches.push(sketch);
            self.in_time.extend(new.taken.map(|taken| (taken, new.photo)));
        }
        let Some(found) = self.compare(gallery, first, work) else {
            for new in &new {
                self.remove(new.photo);
            }
            return None;
        };
        for (new, others) in new.iter().zip(found) {
            for (other, likeness) in others {
                self.pairs.entry(new.photo).or_default().push((other, likeness));
                self.pairs.entry(other).or_default().push((new.photo, likeness));
            }
        }
        Some(())
    }

    fn sketch(&self, gallery: &Gallery<'_>, new: &[AlikePhoto], work: Work<'_>) -> Option<Vec<Sketch>> {
        let arch = pulp::Arch::new();
        let parts = work.over_photos(
            new.len(),
            |_| (),
            |range, ()| {
                let mut done = Vec::with_capacity(range.len());
                for block in work.blocks(range) {
                    for new in new.get(block?)? {
                        let encoding = gallery.encoding(new.photo as usize).unwrap_or_default();
                        let vector = plain(gallery.model(), encoding);
                        let planes = &self.planes;
                        done.push(arch.dispatch(
                            #[inline(always)]
                            || planes.sketch(&vector),
                        ));
                    }
                }
                Some(done)
            },
        )?;
        Some(parts.into_iter().flatten().collect())
    }

    /// For each photo from place `first` on those before it that are alike.
    fn compare(&self, gallery: &Gallery<'_>, first: usize, work: Work<'_>) -> Option<Vec<Vec<(u32, f32)>>> {
        let arch = pulp::Arch::new();
        let parts = work.over_photos(
            self.photos.len() - first,
            |_| (),
            |range, ()| {
                let mut done = Vec::with_capacity(range.len());
                let mut candidates = Vec::new();
                for place in range {
                    if (work.stale)() {
                        return None;
                    }
                    candidates.clear();
                    arch.dispatch(Candidates {
                        index: self,
                        place: first + place,
                        out: &mut candidates,
                    });
                    done.push(self.alike_of(gallery, first + place, &mut candidates));
                }
                Some(done)
            },
        )?;
        Some(parts.into_iter().flatten().collect())
    }

    /// Of the photos at these places, and those near in time, the ones that are alike with the photo at `place` and stand before it.
    fn alike_of(&self, gallery: &Gallery<'_>, place: usize, candidates: &mut Vec<usize>) -> Vec<(u32, f32)> {
        let Some(new) = self.photos.get(place) else {
            return Vec::new();
        };
        if let Some(taken) = new.taken {
            let near = |ms: i64| Moment { ms, ..taken };
            let (from, to) = (
                near(taken.ms.saturating_sub(BURST_MS)),
                near(taken.ms.saturating_add(BURST_MS)),
            );
            let at = (taken, new.photo);
            let before = self.in_time.range((from, 0)..at).rev().take(IN_TIME);
            let after = self.in_time.range(at..=(to, u32::MAX)).skip(1).take(IN_TIME);
            candidates.extend(before.chain(after).filter_map(|(_, photo)| self.places.get(photo)));
            candidates.sort_unstable();
            candidates.dedup();
        }
        let before = candidates.iter().rev().filter(|other| **other < place);
        before
            .filter_map(|other| {
                let other = self.photos.get(*other)?;
                Some((other.photo, self.alike(gallery, new.photo, other.photo)?))
            })
            .take(PAIRS)
            .collect()
    }

    /// Whether two photos were taken by one camera, one soon after the other.
    fn in_a_burst(&self, a: u32, b: u32) -> bool {
        match (self.taken(a), self.taken(b)) {
            (Some(a), Some(b)) => a.is_soon_after(b),
            _ => false,
        }
    }

    /// How much two photos are alike, where that is enough.
    pub(super) fn alike(&self, gallery: &Gallery<'_>, a: u32, b: u32) -> Option<f32> {
        let burst = self.in_a_burst(a, b);
        let (of_a, of_b) = (gallery.encoding(a as usize)?, gallery.encoding(b as usize)?);
        let model = gallery.model();
        let (likeness, cosine) = if burst {
            (self.bounds.burst, self.bounds.burst_cosine)
        } else {
            (self.bounds.copy, self.bounds.cosine)
        };
        if dot(&plain(model, of_a), &plain(model, of_b)) < cosine {
            return None;
        }
        Some(model.likeness(of_a, of_b)).filter(|found| *found >= likeness)
    }

    /// The likeness of a pair that was found.
    pub(super) fn found(&self, a: u32, b: u32) -> Option<f32> {
        let of_a = self.pairs.get(&a)?;
        of_a.iter()
            .find(|(other, _)| *other == b)
            .map(|(_, likeness)| *likeness)
    }

    /// When a photo was taken.
    pub(super) fn taken(&self, photo: u32) -> Option<Moment> {
        self.photos.get(*self.places.get(&photo)?)?.taken
    }

    /// Every pair once: likeness, and the photos, the smaller number first.
    pub(super) fn all_pairs(&self) -> Vec<(f32, u32, u32)> {
        let pairs = self.pairs.iter().flat_map(|(photo, others)| {
            let of_photo = others.iter().filter(|(other, _)| other > photo);
            of_photo.map(|(other, likeness)| (*likeness, *photo, *other))
        });
        pairs.collect()
    }
}

fn plain(model: &dyn EncodingRows, encoding: &[u8]) -> Vec<f32> {
    let mut vector = vec![0.0; model.plain_dim()];
    model.plain(encoding, &mut vector);
    vector
}

/// The places before `place` whose signs are near.
struct Candidates<'a> {
    index: &'a AlikeIndex,
    place: usize,
    out: &'a mut Vec<usize>,
}

impl NullaryFnOnce for Candidates<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let sketches = &self.index.sketches;
        if let (Some(sketch), Some(before)) = (sketches.get(self.place), sketches.get(..self.place)) {
            self.index.may_differ.candidates(*sketch, before, self.out);
        }
    }
}
