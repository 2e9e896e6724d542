//! From a library to groups of photos.

use std::collections::HashMap;
use std::sync::Arc;

use refocus_search::duplicates::{AlikeIndex, AlikeKind, AlikePhoto, Moment};
use refocus_search::{EncodingRows, FocusError, Work};

use crate::rows::{FolderId, PhotoRow};
use crate::snapshot::LibrarySnapshot;

use super::kept_alike::KeptAlike;
use super::{CleanUpKind, ContentFiles};

/// Photos that are compared between two looks at whether anybody still waits.
const AT_ONCE: usize = 2048;

/// Why looking came to no end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfinished {
    /// Nobody waits for it any more.
    #[error("it became stale")]
    Stale,
    /// The encodings in memory cannot be read.
    #[error(transparent)]
    Unreadable(#[from] FocusError),
}

/// Rows of photos of which one may be enough.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FoundGroup {
    pub(super) kind: CleanUpKind,
    pub(super) rows: Vec<u32>,
}

/// What was compared, from one look to the next.
#[derive(Default)]
pub(super) struct Looking {
    index: Option<AlikeIndex>,
    /// The content under which a row was compared.
    contents: HashMap<u32, [u8; 32]>,
    cameras: HashMap<Arc<str>, u32>,
}

impl Looking {
    /// Compares all photos that were not compared yet; `each` is told how many of how many are done.
    pub(super) fn compare(
        &mut self,
        snapshot: &LibrarySnapshot,
        layout: &dyn EncodingRows,
        work: Work<'_>,
        mut each: impl FnMut(usize, usize),
    ) -> Result<(), Unfinished> {
        let encoded = encoded(snapshot);
        let gallery = snapshot.gallery(layout, &encoded)?;
        let mut wanted: HashMap<u32, ([u8; 32], Option<Moment>)> = HashMap::new();
        for (hash, rows) in contents_of(snapshot) {
            // One stands for all files of a content.
            let of_content = rows
                .iter()
                .filter_map(|number| Some((*number, snapshot.rows.get(*number)?)));
            if let Some((number, row)) = of_content.into_iter().find(|(_, row)| row.encoded) {
                wanted.insert(number, (hash, self.moment(row)));
            }
        }
        let index = self.index.get_or_insert_with(|| AlikeIndex::new(layout));
        let changed: Vec<u32> = index
            .photos()
            .filter(|known| {
                let now = wanted.get(&known.photo);
                let content = self.contents.get(&known.photo);
                now.is_none_or(|(hash, taken)| content != Some(hash) || *taken != known.taken)
            })
            .map(|known| known.photo)
            .collect();
        for photo in changed {
            index.remove(photo);
            self.contents.remove(&photo);
        }
        let mut new: Vec<AlikePhoto> = wanted
            .iter()
            .filter(|(photo, _)| !self.contents.contains_key(*photo))
            .map(|(photo, (_, taken))| AlikePhoto {
                photo: *photo,
                taken: *taken,
            })
            .collect();
        new.sort_unstable_by_key(|photo| photo.photo);
        let (mut done, total) = (wanted.len() - new.len(), wanted.len());
        for part in new.chunks(AT_ONCE) {
            each(done, total);
            index.add(&gallery, part, work).ok_or(Unfinished::Stale)?;
            for photo in part {
                self.contents
                    .extend(wanted.get(&photo.photo).map(|(hash, _)| (photo.photo, *hash)));
            }
            done += part.len();
        }
        each(done, total);
        Ok(())
    }

    /// The groups of a library that was compared, less those that are to stay.
    pub(super) fn groups(
        &self,
        snapshot: &LibrarySnapshot,
        layout: &dyn EncodingRows,
        kept: &KeptAlike,
    ) -> Result<Vec<FoundGroup>, Unfinished> {
        let mut groups = Vec::new();
        for (hash, rows) in contents_of(snapshot).into_iter().filter(|(_, rows)| rows.len() > 1) {
            let files = rows.len() as u32;
            if !kept.covers(&[ContentFiles { hash, files }]) {
                groups.push(FoundGroup {
                    kind: CleanUpKind::Identical,
                    rows,
                });
            }
        }
        if let Some(index) = &self.index {
            let encoded = encoded(snapshot);
            let gallery = snapshot.gallery(layout, &encoded)?;
            for group in index.groups(&gallery) {
                let hashes = group.photos.iter().filter_map(|photo| self.contents.get(photo));
                let contents: Vec<ContentFiles> = hashes.map(|hash| ContentFiles { hash: *hash, files: 1 }).collect();
                if !kept.covers(&contents) {
                    groups.push(FoundGroup {
                        kind: match group.kind {
                            AlikeKind::Same => CleanUpKind::Same,
                            AlikeKind::Burst => CleanUpKind::Burst,
                        },
                        rows: group.photos,
                    });
                }
            }
        }
        let bytes_of = |group: &FoundGroup| -> u64 {
            let rows = group.rows.iter().filter_map(|number| snapshot.rows.get(*number));
            rows.map(|row| row.bytes).sum()
        };
        // Of one second, or without a date: by name.
        for group in &mut groups {
            group.rows.sort_by_cached_key(|number| {
                let row = snapshot.rows.get(*number);
                let dated = row.filter(|row| row.has_date());
                (
                    dated.is_none(),
                    dated.map(PhotoRow::taken_ms),
                    row.map(|row| Arc::clone(&row.path)),
                )
            });
        }
        groups.sort_by_cached_key(|group| {
            let alike = group.kind != CleanUpKind::Identical;
            (alike, std::cmp::Reverse(bytes_of(group)), group.rows.first().copied())
        });
        Ok(groups)
    }

    /// When a photo was taken, as far as more than the time of its file tells.
    fn moment(&mut self, row: &PhotoRow) -> Option<Moment> {
        if !row.has_date() {
            return None;
        }
        let next = self.cameras.len() as u32 + 1;
        let camera = row
            .camera
            .as_ref()
            .map_or(0, |camera| *self.cameras.entry(Arc::clone(camera)).or_insert(next));
        Some(Moment {
            camera,
            ms: row.taken_ms(),
        })
    }
}

/// Rows of each content, in their order of number. Photos in folders that are not there now are left out: nothing can be done with them,
/// and they may be the copies that a person keeps on another drive.
fn contents_of(snapshot: &LibrarySnapshot) -> HashMap<[u8; 32], Vec<u32>> {
    let online: Vec<FolderId> = snapshot
        .folders
        .iter()
        .filter(|folder| folder.online)
        .map(|folder| folder.id)
        .collect();
    let mut contents: HashMap<[u8; 32], Vec<u32>> = HashMap::new();
    for (number, row) in (0u32..).zip(snapshot.rows.iter()) {
        if row.is_shown() && online.contains(&row.folder) {
            contents.entry(row.hash).or_default().push(number);
        }
    }
    contents
}

fn encoded(snapshot: &LibrarySnapshot) -> Vec<bool> {
    let rows = snapshot.rows.iter();
    rows.map(|row| row.encoded && !row.gone).collect()
}
