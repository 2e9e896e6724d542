//! From pairs to groups: complete link, so that every photo of a group is alike with every other, and no chain of slow changes joins
//! different pictures.

use std::collections::HashMap;

use super::AlikeIndex;
use crate::rows::Gallery;

/// Photos of a group, at most: of more, nobody looks at all side by side.
const MOST: usize = 200;

/// What photos of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlikeKind {
    /// They look nearly the same.
    Same,
    /// One camera took them one after the other, within a few seconds.
    Burst,
}

/// Photos that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct AlikeGroup {
    /// What they have in common.
    pub kind: AlikeKind,
    /// Their places in the gallery, in the order of time; those without one last, by number. At least two.
    pub photos: Vec<u32>,
    /// Likeness of the two that are least alike.
    pub weakest: f32,
}

impl AlikeIndex {
    /// All groups, the one with the smallest number first. A photo is in one of them at most.
    #[must_use]
    pub fn groups(&self, gallery: &Gallery<'_>) -> Vec<AlikeGroup> {
        let mut pairs = self.all_pairs();
        pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut groups: Vec<AlikeGroup> = Vec::new();
        let mut place: HashMap<u32, usize> = HashMap::new();
        for (likeness, a, b) in pairs {
            match (place.get(&a).copied(), place.get(&b).copied()) {
                (None, None) => {
                    place.extend([(a, groups.len()), (b, groups.len())]);
                    groups.push(AlikeGroup {
                        kind: AlikeKind::Same,
                        photos: vec![a, b],
                        weakest: likeness,
                    });
                }
                (Some(at), None) => self.join(gallery, &mut groups, &mut place, at, &[b]),
                (None, Some(at)) => self.join(gallery, &mut groups, &mut place, at, &[a]),
                (Some(one), Some(other)) if one != other => {
                    let (into, from) = if groups.get(one).map(|group| group.photos.len())
                        >= groups.get(other).map(|group| group.photos.len())
                    {
                        (one, other)
                    } else {
                        (other, one)
                    };
                    let photos = groups.get(from).map(|group| group.photos.clone()).unwrap_or_default();
                    self.join(gallery, &mut groups, &mut place, into, &photos);
                    if place.get(&a) == place.get(&b)
                        && let Some(left) = groups.get_mut(from)
                    {
                        left.photos.clear();
                    }
                }
                (Some(_), Some(_)) => {}
            }
        }
        groups.retain(|group| group.photos.len() > 1);
        for group in &mut groups {
            group
                .photos
                .sort_unstable_by_key(|photo| (self.taken(*photo).is_none(), self.taken(*photo), *photo));
            group.kind = self.kind_of(&group.photos);
        }
        groups.sort_unstable_by_key(|group| group.photos.iter().min().copied());
        groups
    }

    /// Adds photos to a group where every one of them is alike with every one there.
    fn join(
        &self,
        gallery: &Gallery<'_>,
        groups: &mut [AlikeGroup],
        place: &mut HashMap<u32, usize>,
        at: usize,
        photos: &[u32],
    ) {
        let Some(group) = groups.get_mut(at) else { return };
        if group.photos.len() + photos.len() > MOST {
            return;
        }
        let mut weakest = f32::INFINITY;
        for new in photos {
            for there in &group.photos {
                let likeness = self.found(*new, *there).or_else(|| self.alike(gallery, *new, *there));
                let Some(likeness) = likeness else { return };
                weakest = weakest.min(likeness);
            }
        }
        let of_photos = photos.first().and_then(|photo| place.get(photo)).copied();
        let before = of_photos.and_then(|from| groups.get(from)).map(|group| group.weakest);
        if let Some(group) = groups.get_mut(at) {
            group.weakest = group.weakest.min(weakest).min(before.unwrap_or(f32::INFINITY));
            group.photos.extend(photos);
            place.extend(photos.iter().map(|photo| (*photo, at)));
        }
    }

    /// A burst, where each was taken just after the one before it.
    fn kind_of(&self, in_time: &[u32]) -> AlikeKind {
        let moments: Option<Vec<_>> = in_time.iter().map(|photo| self.taken(*photo)).collect();
        let moments = moments.unwrap_or_default();
        let follows = moments.windows(2).all(|two| match two {
            [before, after] => after.is_soon_after(*before),
            _ => true,
        });
        let takes_time = moments.first() != moments.last();
        if follows && takes_time {
            AlikeKind::Burst
        } else {
            AlikeKind::Same
        }
    }
}
