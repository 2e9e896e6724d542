//! The albums as the thread changes them, and the steps that can be undone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use refocus_store::{AlbumId, StoredAlbum, album_name};

use super::request::{AlbumAnswer, AlbumRequest, AlbumStep};
use super::state::AlbumsState;
use crate::rotating::Carried;
use crate::rows::FileId;

/// Steps that can be undone.
const MOST_STEPS: usize = 200;

/// Why a request is refused, for the person.
const NO_SUCH_ALBUM: &str = "this album is not there any more";

/// All albums, and what they were before the last steps.
#[derive(Debug, Default)]
pub struct AlbumShelf {
    albums: Vec<StoredAlbum>,
    /// The highest number that was ever given in this run.
    highest: u64,
    undo: Vec<Past>,
    redo: Vec<Past>,
}

/// The albums before (or after) a step.
#[derive(Debug)]
struct Past {
    /// Photos are shared.
    albums: Vec<StoredAlbum>,
    step: AlbumStep,
}

/// A step that was done: the album that it is about.
type Done = Result<(AlbumStep, Option<AlbumId>), String>;

impl AlbumShelf {
    /// Albums of which no step is to be undone.
    #[must_use]
    pub fn new(albums: Vec<StoredAlbum>) -> Self {
        let highest = albums.iter().map(|album| album.id.0).max().unwrap_or(0);
        Self {
            albums,
            highest,
            ..Self::default()
        }
    }

    pub(super) fn albums(&self) -> &[StoredAlbum] {
        &self.albums
    }

    /// What all others read.
    #[must_use]
    pub fn state(&self, version: u64) -> AlbumsState {
        AlbumsState {
            undo: self.undo.last().map(|past| past.step.clone()),
            redo: self.redo.last().map(|past| past.step.clone()),
            ..AlbumsState::new(&self.albums, version)
        }
    }

    /// Does what is asked of the albums themselves; what is asked of files is passed over. `contents`: the hashes of photos.
    ///
    /// # Errors
    /// Why it cannot be done, for the person; then nothing has changed.
    pub fn apply(
        &mut self,
        request: AlbumRequest,
        contents: impl Fn(&[FileId]) -> Vec<[u8; 32]>,
    ) -> Result<AlbumAnswer, String> {
        let nothing = |what: &str| format!("there is nothing about albums to {what}");
        let before = self.albums.clone();
        let (step, album) = match request {
            AlbumRequest::Undo => (self.undo().ok_or_else(|| nothing("undo"))?, None),
            AlbumRequest::Redo => (self.redo().ok_or_else(|| nothing("do again"))?, None),
            AlbumRequest::Create { name, inside, photos } => self.create(&name, inside, contents(&photos))?,
            AlbumRequest::Rename { album, name } => self.rename(album, &name)?,
            AlbumRequest::Move { album, inside } => self.put_inside(album, inside)?,
            AlbumRequest::Delete { album } => self.delete(album)?,
            AlbumRequest::Add { album, photos } => self.add(album, contents(&photos))?,
            AlbumRequest::TakeOut { album, photos } => self.take_out(album, &contents(&photos))?,
            AlbumRequest::Import(_) | AlbumRequest::Export(_) | AlbumRequest::Tell => {
                return Ok(AlbumAnswer::default());
            }
        };
        Ok(AlbumAnswer {
            step: Some(step),
            changed: self.albums != before,
            album,
        })
    }

    /// Makes an album.
    fn create(&mut self, name: &str, inside: Option<AlbumId>, photos: Vec<[u8; 32]>) -> Done {
        let name = self.free_name(name, inside, None)?;
        if let Some(inside) = inside {
            self.place(inside)?;
        }
        let before = self.albums.clone();
        let photos = once(photos);
        let step = AlbumStep::Created(Arc::clone(&name), photos.len());
        let id = self.push(name, inside, photos);
        self.done(before, step, Some(id))
    }

    /// Gives an album another name.
    fn rename(&mut self, album: AlbumId, name: &str) -> Done {
        let place = self.place(album)?;
        let name = self.free_name(name, self.at(place).and_then(|album| album.inside), Some(album))?;
        let before = self.albums.clone();
        if let Some(album) = self.albums.get_mut(place) {
            album.name = Arc::clone(&name);
        }
        self.done(before, AlbumStep::Renamed(name), Some(album))
    }

    /// Puts an album into another one.
    fn put_inside(&mut self, album: AlbumId, inside: Option<AlbumId>) -> Done {
        let place = self.place(album)?;
        if let Some(inside) = inside {
            self.place(inside)?;
            if self.with_inner(album).contains(&inside) {
                return Err("an album cannot lie in itself".to_owned());
            }
        }
        let name = self.at(place).map(|album| album.name.to_string()).unwrap_or_default();
        let name = self.free_name(&name, inside, Some(album))?;
        let before = self.albums.clone();
        if let Some(album) = self.albums.get_mut(place) {
            album.inside = inside;
        }
        self.done(before, AlbumStep::Moved(name), Some(album))
    }

    /// Deletes an album and those in it.
    fn delete(&mut self, album: AlbumId) -> Done {
        let place = self.place(album)?;
        let name = self.at(place).map(|album| Arc::clone(&album.name)).unwrap_or_default();
        let gone = self.with_inner(album);
        let before = self.albums.clone();
        self.albums.retain(|album| !gone.contains(&album.id));
        self.done(before, AlbumStep::Deleted(name), None)
    }

    /// Puts photos into an album, behind those that are there.
    fn add(&mut self, album: AlbumId, photos: Vec<[u8; 32]>) -> Done {
        let place = self.place(album)?;
        let before = self.albums.clone();
        let Some(changed) = self.albums.get_mut(place) else {
            return Err(NO_SUCH_ALBUM.to_owned());
        };
        let there: HashSet<[u8; 32]> = changed.photos.iter().copied().collect();
        let new: Vec<[u8; 32]> = once(photos).into_iter().filter(|hash| !there.contains(hash)).collect();
        let step = AlbumStep::Added(Arc::clone(&changed.name), new.len());
        if new.is_empty() {
            return Ok((step, Some(album)));
        }
        changed.photos = changed.photos.iter().copied().chain(new).collect();
        self.done(before, step, Some(album))
    }

    /// Takes photos out of an album and of those in it.
    fn take_out(&mut self, album: AlbumId, photos: &[[u8; 32]]) -> Done {
        let place = self.place(album)?;
        let name = self.at(place).map(|album| Arc::clone(&album.name)).unwrap_or_default();
        let (photos, inner): (HashSet<_>, _) = (photos.iter().copied().collect(), self.with_inner(album));
        let before = self.albums.clone();
        let mut taken = HashSet::new();
        for changed in self.albums.iter_mut().filter(|album| inner.contains(&album.id)) {
            if changed.photos.iter().any(|hash| photos.contains(hash)) {
                taken.extend(changed.photos.iter().copied().filter(|hash| photos.contains(hash)));
                changed.photos = changed
                    .photos
                    .iter()
                    .copied()
                    .filter(|hash| !photos.contains(hash))
                    .collect();
            }
        }
        let step = AlbumStep::TakenOut(name, taken.len());
        if taken.is_empty() {
            return Ok((step, Some(album)));
        }
        self.done(before, step, Some(album))
    }

    /// Takes over albums from elsewhere; those of the same name at the same place become one.
    pub(super) fn import(&mut self, from: &[StoredAlbum]) -> AlbumAnswer {
        let before = self.albums.clone();
        self.import_inside(from, None, None);
        let changed = self.albums != before;
        let step = AlbumStep::Imported(if changed { from.len() } else { 0 });
        if changed {
            self.keep(before, step.clone());
        }
        AlbumAnswer {
            step: Some(step),
            changed,
            album: None,
        }
    }

    /// Takes over what lies inside `theirs` into `ours`. No album lies in itself, so that this ends.
    fn import_inside(&mut self, from: &[StoredAlbum], theirs: Option<AlbumId>, ours: Option<AlbumId>) {
        for album in from.iter().filter(|album| album.inside == theirs) {
            let same = |known: &&mut StoredAlbum| known.inside == ours && same_name(&known.name, &album.name);
            let id = match self.albums.iter_mut().find(same) {
                Some(known) => {
                    known.photos = once(known.photos.iter().chain(album.photos.iter()).copied()).into();
                    known.id
                }
                None => self.push(Arc::clone(&album.name), ours, album.photos.to_vec()),
            };
            self.import_inside(from, Some(album.id), Some(id));
        }
    }

    /// Has contents lie exactly where others do, from which they come by a turn, also where a step is undone or done again. What the
    /// others were stays in its place: it is there again when the turn is taken back. Returns whether an album changed.
    pub(crate) fn carry_over(&mut self, carried: &[Carried]) -> bool {
        let changed = carry_into(&mut self.albums, carried);
        for past in self.undo.iter_mut().chain(&mut self.redo) {
            carry_into(&mut past.albums, carried);
        }
        changed
    }

    /// Undoes the last step.
    fn undo(&mut self) -> Option<AlbumStep> {
        let past = self.undo.pop()?;
        let albums = std::mem::replace(&mut self.albums, past.albums);
        let step = past.step.clone();
        self.redo.push(Past { albums, ..past });
        Some(step)
    }

    /// Does the last step again that was undone.
    fn redo(&mut self) -> Option<AlbumStep> {
        let past = self.redo.pop()?;
        let albums = std::mem::replace(&mut self.albums, past.albums);
        let step = past.step.clone();
        self.undo.push(Past { albums, ..past });
        Some(step)
    }

    fn keep(&mut self, before: Vec<StoredAlbum>, step: AlbumStep) {
        if self.undo.len() >= MOST_STEPS {
            self.undo.remove(0);
        }
        self.undo.push(Past { albums: before, step });
        self.redo.clear();
    }

    /// A step that was done.
    fn done(&mut self, before: Vec<StoredAlbum>, step: AlbumStep, album: Option<AlbumId>) -> Done {
        self.keep(before, step.clone());
        Ok((step, album))
    }

    fn push(&mut self, name: Arc<str>, inside: Option<AlbumId>, photos: Vec<[u8; 32]>) -> AlbumId {
        self.highest += 1;
        let id = AlbumId(self.highest);
        self.albums.push(StoredAlbum {
            id,
            name,
            inside,
            photos: photos.into(),
        });
        id
    }

    /// A name that no other album has at this place.
    fn free_name(&self, name: &str, inside: Option<AlbumId>, but: Option<AlbumId>) -> Result<Arc<str>, String> {
        let name = album_name(name).ok_or("an album needs a name")?;
        let mut beside = self
            .albums
            .iter()
            .filter(|album| album.inside == inside && Some(album.id) != but);
        match beside.find(|album| same_name(&album.name, &name)) {
            Some(taken) => Err(format!("there is an album {} here already", taken.name)),
            None => Ok(name.into()),
        }
    }

    fn place(&self, id: AlbumId) -> Result<usize, String> {
        let place = self.albums.iter().position(|album| album.id == id);
        place.ok_or_else(|| NO_SUCH_ALBUM.to_owned())
    }

    fn at(&self, place: usize) -> Option<&StoredAlbum> {
        self.albums.get(place)
    }

    /// An album and all that lie in it.
    fn with_inner(&self, album: AlbumId) -> HashSet<AlbumId> {
        let mut all = HashSet::from([album]);
        loop {
            let before = all.len();
            for other in &self.albums {
                if other.inside.is_some_and(|inside| all.contains(&inside)) {
                    all.insert(other.id);
                }
            }
            if all.len() == before {
                return all;
            }
        }
    }
}

fn carry_into(albums: &mut [StoredAlbum], carried: &[Carried]) -> bool {
    let new: HashMap<[u8; 32], [u8; 32]> = carried.iter().map(|one| (one.from, one.to)).collect();
    let news: HashSet<[u8; 32]> = new.values().copied().collect();
    let mut changed = false;
    for album in albums {
        if !album
            .photos
            .iter()
            .any(|hash| new.contains_key(hash) || news.contains(hash))
        {
            continue;
        }
        let photos = album.photos.iter().filter(|hash| !news.contains(*hash));
        let photos: Vec<[u8; 32]> = photos
            .flat_map(|hash| std::iter::once(*hash).chain(new.get(hash).copied()))
            .collect();
        if *photos != *album.photos {
            album.photos = photos.into();
            changed = true;
        }
    }
    changed
}

/// Each photo once.
fn once(photos: impl IntoIterator<Item = [u8; 32]>) -> Vec<[u8; 32]> {
    let mut seen = HashSet::new();
    photos.into_iter().filter(|hash| seen.insert(*hash)).collect()
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(bytes: &[u8]) -> Vec<[u8; 32]> {
        bytes.iter().map(|byte| [*byte; 32]).collect()
    }

    fn names(shelf: &AlbumShelf) -> Vec<&str> {
        shelf.albums().iter().map(|album| &*album.name).collect()
    }

    #[test]
    fn every_step_can_be_undone_and_done_again() {
        let mut shelf = AlbumShelf::new(Vec::new());
        let mut states = vec![shelf.albums().to_vec()];
        let id = |done: Done| done.unwrap().1.unwrap();
        let norway = id(shelf.create(" Norway ", None, hashes(&[1, 2, 1])));
        states.push(shelf.albums().to_vec());
        let fjords = id(shelf.create("fjords", Some(norway), hashes(&[3])));
        states.push(shelf.albums().to_vec());
        shelf.rename(norway, "Norge").unwrap();
        states.push(shelf.albums().to_vec());
        assert_eq!(
            shelf.add(norway, hashes(&[2, 4, 4])).unwrap().0,
            AlbumStep::Added("Norge".into(), 1)
        );
        states.push(shelf.albums().to_vec());
        let taken = shelf.take_out(norway, &hashes(&[1, 3, 9])).unwrap().0;
        assert_eq!(taken, AlbumStep::TakenOut("Norge".into(), 2), "also of those in it");
        states.push(shelf.albums().to_vec());
        shelf.put_inside(fjords, None).unwrap();
        states.push(shelf.albums().to_vec());
        let theirs = [(1, "NORGE", None, &[7u8][..]), (2, "new", Some(1), &[8])];
        let theirs = theirs.map(|(id, name, inside, photos)| StoredAlbum {
            id: AlbumId(id),
            name: name.into(),
            inside: inside.map(AlbumId),
            photos: hashes(photos).into(),
        });
        assert_eq!(shelf.import(&theirs).step, Some(AlbumStep::Imported(2)));
        assert_eq!(names(&shelf), ["Norge", "fjords", "new"]);
        assert_eq!(shelf.albums()[0].photos.to_vec(), hashes(&[2, 4, 7]));
        assert_eq!(shelf.albums()[2].inside, Some(norway));
        states.push(shelf.albums().to_vec());
        assert!(!shelf.import(&theirs).changed, "nothing new");
        shelf.delete(norway).unwrap();
        assert_eq!(names(&shelf), ["fjords"]);
        states.push(shelf.albums().to_vec());
        for state in states.iter().rev().skip(1) {
            shelf.undo().unwrap();
            assert_eq!(shelf.albums(), state);
        }
        assert_eq!(shelf.undo(), None);
        for state in states.iter().skip(1) {
            shelf.redo().unwrap();
            assert_eq!(shelf.albums(), state);
        }
        assert_eq!(shelf.redo(), None);
    }

    #[test]
    fn a_turned_photo_lies_where_it_lay_and_a_photo_that_was_taken_out_meanwhile_stays_out() {
        let hash = |byte: u8| [byte; 32];
        let turn = |from, to| Carried {
            from: hash(from),
            to: hash(to),
            shown: refocus_media::rotate::ShownAs { before: 1, after: 6 },
        };
        let mut shelf = AlbumShelf::new(Vec::new());
        let album = shelf.create("a", None, hashes(&[1, 2])).unwrap().1.unwrap();
        shelf.add(album, hashes(&[3])).unwrap();
        assert!(shelf.carry_over(&[turn(1, 11)]));
        assert_eq!(shelf.albums()[0].photos.to_vec(), hashes(&[1, 11, 2, 3]));
        shelf.undo().unwrap();
        assert_eq!(
            shelf.albums()[0].photos.to_vec(),
            hashes(&[1, 11, 2]),
            "also in what is undone"
        );
        shelf.take_out(album, &hashes(&[11])).unwrap();
        assert!(shelf.carry_over(&[turn(11, 1)]), "back");
        assert_eq!(shelf.albums()[0].photos.to_vec(), hashes(&[2]));
        assert!(!shelf.carry_over(&[turn(11, 1)]));
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let mut shelf = AlbumShelf::new(Vec::new());
        let outer = shelf.create("outer", None, Vec::new()).unwrap().1.unwrap();
        let inner = shelf.create("inner", Some(outer), Vec::new()).unwrap().1.unwrap();
        let before = shelf.albums().to_vec();
        let refused = [
            shelf.create("Outer", None, Vec::new()),
            shelf.create(" \n", None, Vec::new()),
            shelf.create("a", Some(AlbumId(99)), Vec::new()),
            shelf.rename(AlbumId(99), "a"),
            shelf.put_inside(outer, Some(inner)),
            shelf.put_inside(outer, Some(outer)),
            shelf.delete(AlbumId(99)),
            shelf.add(AlbumId(99), hashes(&[1])),
        ];
        assert!(refused.iter().all(Result::is_err), "{refused:?}");
        assert_eq!(shelf.albums(), before);
        assert!(shelf.rename(inner, "outer").is_ok(), "elsewhere it is free");
        assert_eq!(shelf.undo.len(), 3);
        shelf.delete(outer).unwrap();
        let again = shelf.create("outer", None, Vec::new()).unwrap().1.unwrap();
        assert!(again > inner, "a number is never given twice");
    }
}
