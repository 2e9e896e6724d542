//! The pass that finds faces.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::bounded;
use refocus_media::Picture;
use refocus_store::people::{NamedRegion, PhotoPass};

use crate::passes::{Pass, PassKind};
use crate::rows::Rows;

use super::regions::regions_of;
use super::{People, PeopleJob};

/// Nobody takes what was found any more.
const NOBODY_KEEPS: &str = "faces cannot be kept any more: start Refocus again";

/// Looks for faces in pictures, and hands them to whoever keeps them.
pub(crate) struct FacePass {
    people: Arc<People>,
    /// Names that other programs wrote, as the library had them last.
    regions: Mutex<HashMap<[u8; 32], Vec<NamedRegion>>>,
}

impl FacePass {
    pub(crate) fn new(people: Arc<People>) -> Self {
        Self {
            people,
            regions: Mutex::default(),
        }
    }

    fn send(&self, job: PeopleJob) -> Result<(), String> {
        self.people.jobs.send(job).map_err(|_| NOBODY_KEEPS.to_owned())
    }
}

impl Pass for FacePass {
    fn kind(&self) -> PassKind {
        PassKind::Faces
    }

    fn without_it(&self) -> &'static str {
        "Photos are not looked at for faces until Refocus is started again"
    }

    fn is_on(&self) -> bool {
        self.people.is_on()
    }

    fn is_paused(&self) -> bool {
        self.people.shared.tuned().wanted.faces_paused
    }

    fn lacks(&self, hash: &[u8; 32]) -> bool {
        !self.people.has_seen(hash)
    }

    fn library_changed(&self, rows: &Rows) {
        let now = regions_of(rows);
        let mut known = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed: Vec<([u8; 32], Vec<NamedRegion>)> = Vec::new();
        for (hash, named) in &now {
            // Those of photos that are not looked at yet go with what is found in them.
            if known.get(hash) != Some(named) && self.people.has_seen(hash) {
                changed.push((*hash, named.clone()));
            }
        }
        let gone = known.keys().filter(|hash| !now.contains_key(*hash));
        changed.extend(gone.map(|hash| (*hash, Vec::new())));
        *known = now;
        drop(known);
        // Where many jobs wait, somebody is told of the library soon anyway.
        let _ = self.people.jobs.try_send(PeopleJob::LibraryChanged);
        if !changed.is_empty() && self.send(PeopleJob::Regions(changed)).is_err() {
            tracing::warn!("names that other programs wrote are not taken over");
        }
    }

    fn load(&self) -> Result<(), String> {
        self.people.set_trouble(None);
        self.people.load_finder()
    }

    fn unload(&self) {
        self.people.unload_finder();
    }

    fn look(&self, hash: [u8; 32], picture: Option<&Picture>) -> Result<(), String> {
        if let Some(why) = self.people.trouble() {
            return Err(why);
        }
        let finder = self.people.finder();
        let found = match (picture, finder) {
            (Some(picture), Some(finder)) => finder.find(picture).inspect_err(|why| {
                tracing::warn!(why, "a photo cannot be looked at for faces");
            }),
            _ => Err(String::new()),
        };
        let regions = {
            let regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
            regions.get(&hash).cloned().unwrap_or_default()
        };
        self.people.note_seen(hash);
        self.send(PeopleJob::Seen(PhotoPass {
            photo: hash,
            faces: found.ok(),
            regions,
        }))
    }

    fn flush(&self) -> Result<(), String> {
        let (reply, flushed) = bounded(1);
        if self.send(PeopleJob::Flush(reply)).is_ok() {
            // A worker that dies drops the other end.
            let _ = flushed.recv();
        }
        Ok(())
    }
}
