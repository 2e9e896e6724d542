//! Whether a photo that is known left another place for the one where it was found.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use refocus_store::{Database, Reader};

use crate::shared::Shared;

/// Of a photo that lies in more places than these, not all are asked whether it has left them: what moved is then a new file
/// with known content, and the place it left is forgotten.
pub(super) const MOST_PLACES: usize = 64;

/// Looks for places that photos have left. It asks the disk, which may take long on a slow share or for ever on a hung one: so
/// it is the decoders' work and never the writer's.
pub(super) struct LeftPlaces<'a> {
    shared: &'a Shared,
    database: &'a Database,
    reader: Option<Reader>,
}

impl<'a> LeftPlaces<'a> {
    pub(super) fn new(shared: &'a Shared, database: &'a Database) -> Self {
        Self {
            shared,
            database,
            reader: None,
        }
    }

    /// The places at which a photo found at `path` is listed, but is not there any more. A place in a folder that is offline was
    /// not left.
    pub(super) fn of(&mut self, path: &Path, hash: &[u8; 32]) -> Vec<PathBuf> {
        if self.shared.index().stands_at(path, hash) {
            return Vec::new();
        }
        let Some(places) = self.listed(hash) else {
            return Vec::new();
        };
        let snapshot = self.shared.snapshot();
        let gone = |place: &Path| {
            place
                .symlink_metadata()
                .is_err_and(|error| error.kind() == ErrorKind::NotFound)
        };
        let in_reach = |place: &Path| {
            let mut folders = snapshot.folders.iter().map(|folder| &folder.path);
            folders.any(|folder| place.starts_with(folder) && folder.exists())
        };
        places
            .into_iter()
            .filter(|place| place != path && gone(place) && in_reach(place))
            .collect()
    }

    fn listed(&mut self, hash: &[u8; 32]) -> Option<Vec<PathBuf>> {
        if self.reader.is_none() {
            let reader = self.database.reader();
            self.reader = reader
                .inspect_err(|error| tracing::warn!(%error, "photos that moved count as new files"))
                .ok();
        }
        self.reader.as_ref()?.places_of_hash(hash, MOST_PLACES).ok()
    }
}
