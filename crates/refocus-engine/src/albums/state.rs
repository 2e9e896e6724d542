//! The albums as all others read them.

use std::collections::HashMap;
use std::sync::Arc;

use refocus_store::{AlbumId, StoredAlbum};

use super::request::AlbumStep;

/// An album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Album {
    /// Identity.
    pub id: AlbumId,
    /// Its name.
    pub name: Arc<str>,
    /// The album that it lies in.
    pub inside: Option<AlbumId>,
    /// In how many albums it lies.
    pub depth: usize,
    /// Whether others lie in it.
    pub has_inner: bool,
}

/// All albums. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct AlbumsState {
    /// Each album before those that lie in it, otherwise by name.
    pub albums: Arc<[Album]>,
    /// Why albums cannot be read or kept, for the person.
    pub failed: Option<String>,
    /// The step that would be undone.
    pub undo: Option<AlbumStep>,
    /// The step that would be done again.
    pub redo: Option<AlbumStep>,
    /// Grows with every change.
    pub version: u64,
    /// For each photo, by the hash of its bytes, the places of the albums that hold it, or in which one lies that does.
    pub(super) holding: Arc<HashMap<[u8; 32], Box<[u32]>>>,
}

impl AlbumsState {
    pub(super) fn new(stored: &[StoredAlbum], version: u64) -> Self {
        let mut inner: HashMap<Option<AlbumId>, Vec<&StoredAlbum>> = HashMap::new();
        for album in stored {
            inner.entry(album.inside).or_default().push(album);
        }
        for beside in inner.values_mut() {
            beside.sort_by_cached_key(|album| (album.name.to_lowercase(), album.id));
        }
        let (mut albums, mut holding): (Vec<Album>, HashMap<[u8; 32], Vec<u32>>) = Default::default();
        // What is still to be placed, the next one last; for each the places of the albums around it.
        let outermost = inner.get(&None).into_iter().flatten().rev();
        let mut waiting: Vec<(&StoredAlbum, Vec<u32>)> = outermost.map(|album| (*album, Vec::new())).collect();
        while let Some((album, around)) = waiting.pop() {
            let place = albums.len() as u32;
            let within = inner.get(&Some(album.id));
            albums.push(Album {
                id: album.id,
                name: Arc::clone(&album.name),
                inside: album.inside,
                depth: around.len(),
                has_inner: within.is_some(),
            });
            let places: Vec<u32> = around.into_iter().chain([place]).collect();
            for hash in album.photos.iter() {
                let held = holding.entry(*hash).or_default();
                held.extend(
                    places
                        .iter()
                        .filter(|place| !held.contains(place))
                        .copied()
                        .collect::<Vec<_>>(),
                );
            }
            waiting.extend(within.into_iter().flatten().rev().map(|album| (*album, places.clone())));
        }
        Self {
            albums: albums.into(),
            version,
            holding: Arc::new(
                holding
                    .into_iter()
                    .map(|(hash, places)| (hash, places.into()))
                    .collect(),
            ),
            ..Self::default()
        }
    }

    /// An album.
    #[must_use]
    pub fn album(&self, id: AlbumId) -> Option<&Album> {
        self.albums.iter().find(|album| album.id == id)
    }

    /// Its place in [`AlbumsState::albums`].
    #[must_use]
    pub fn place_of(&self, id: AlbumId) -> Option<u32> {
        (0..)
            .zip(self.albums.iter())
            .find(|(_, album)| album.id == id)
            .map(|(place, _)| place)
    }

    /// The places of the albums that hold a photo (by the hash of its bytes), or in which one lies that does.
    #[must_use]
    pub fn holding(&self, hash: &[u8; 32]) -> &[u32] {
        self.holding.get(hash).map_or(&[], |places| places)
    }

    /// The names from the outermost album to this one, with `/` between them.
    #[must_use]
    pub fn path(&self, id: AlbumId) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut at = self.album(id);
        while let Some(album) = at {
            names.push(&album.name);
            at = album.inside.and_then(|inside| self.album(inside));
        }
        names.reverse();
        names.join("/")
    }

    /// The albums of this name, or of this path, in any case.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<AlbumId> {
        let wanted = name.trim().to_lowercase();
        let with = |is_it: &dyn Fn(&Album) -> bool| -> Vec<AlbumId> {
            self.albums
                .iter()
                .filter(|album| is_it(album))
                .map(|album| album.id)
                .collect()
        };
        // A name may hold a slash itself.
        let by_name = with(&|album| album.name.to_lowercase() == wanted);
        if by_name.is_empty() {
            with(&|album| self.path(album.id).to_lowercase() == wanted)
        } else {
            by_name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn albums_stand_below_the_ones_they_lie_in_and_hold_what_these_hold() {
        let album = |id, name: &str, inside: Option<u64>, photos: &[u8]| StoredAlbum {
            id: AlbumId(id),
            name: name.into(),
            inside: inside.map(AlbumId),
            photos: photos.iter().map(|byte| [*byte; 32]).collect(),
        };
        let stored = [
            album(1, "zoo", None, &[1]),
            album(2, "Fjords", Some(4), &[2, 3]),
            album(3, "boats", Some(2), &[3, 4]),
            album(4, "Norway", None, &[3]),
        ];
        let state = AlbumsState::new(&stored, 7);
        let names: Vec<(&str, usize)> = state.albums.iter().map(|album| (&*album.name, album.depth)).collect();
        assert_eq!(names, [("Norway", 0), ("Fjords", 1), ("boats", 2), ("zoo", 0)]);
        let holding = |byte: u8| {
            let mut places = state.holding(&[byte; 32]).to_vec();
            places.sort_unstable();
            places
        };
        assert_eq!(holding(1), [3]);
        assert_eq!(holding(2), [0, 1]);
        assert_eq!(holding(3), [0, 1, 2]);
        assert_eq!(holding(4), [0, 1, 2]);
        assert_eq!(holding(9), [0u32; 0]);
        assert_eq!(state.path(AlbumId(3)), "Norway/Fjords/boats");
        assert_eq!(state.named("norway/FJORDS"), [AlbumId(2)]);
        assert_eq!(state.named("boats"), [AlbumId(3)]);
        assert!(state.album(AlbumId(4)).unwrap().has_inner && !state.album(AlbumId(3)).unwrap().has_inner);
    }
}
