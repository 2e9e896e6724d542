//! People: whose faces are in the photos, on the person's own machine and only after they said yes.
//!
//! The pass finds faces in photos; one thread keeps them, puts them to persons, and does what the person says of them. Front ends and
//! rankings read the [`PeopleState`] that it published last. Nothing of this exists where people were never switched on: no file, no
//! model in memory, no time spent.
//!
//! ```text
//! picture ─ FacePass ─▶ PeopleJob ─ PeopleWorker ─▶ people file
//!                        PeopleRequest ┘      └────▶ PeopleState ─▶ front ends, rankings
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `request.rs` | what can be asked about people |
//! | `state.rs` | what is known of people, as all others read it |
//! | `face_pass.rs` | the pass that finds faces |
//! | `face_source.rs` | who finds faces in a picture |
//! | `worker.rs` | the thread that keeps faces and persons |
//! | `answers.rs` | what comes of requests |
//! | `memory.rs` | faces and persons in memory, and the clustering over them |
//! | `files.rs` | the files beside a library, copied, moved and examined with it |
//! | `regions.rs` | names of faces that other programs wrote |

mod answers;
mod face_pass;
mod face_source;
pub(crate) mod files;
mod memory;
mod regions;
mod request;
mod state;
mod worker;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crossbeam_channel::Sender;
use refocus_media::Picture;

use crate::shared::Shared;

pub(crate) use face_pass::FacePass;
pub use face_source::{BuiltInFaces, FaceSource, FindFaces};
/// Ids and places of faces, as the library keeps them.
pub use refocus_store::people::{FaceBounds, FaceId, FaceIdentity, FaceQuality, NewFace, PersonId, Said, StepKind};
pub use request::PeopleRequest;
pub use state::{PeopleState, Person, PhotoFace, Question, QuestionAbout};
pub(crate) use worker::{PeopleJob, PeopleWorker};

/// Revision of the pass: where faces are found or told apart in another way, photos are looked at again.
pub(crate) const FACES_REVISION: u32 = refocus_model::faces::REVISION;

/// What the threads share about people.
pub(crate) struct People {
    shared: Arc<Shared>,
    /// The library's database, beside which faces and persons are kept.
    library: PathBuf,
    jobs: Sender<PeopleJob>,
    /// The person said yes, and what is kept could be opened.
    on: AtomicBool,
    /// Contents that the pass has seen at its present revision.
    seen: RwLock<HashSet<[u8; 32]>>,
    /// Why what is found cannot be kept.
    trouble: Mutex<Option<String>>,
    source: FaceSource,
    finder: Mutex<Option<Arc<dyn FindFaces>>>,
    /// What was published last. Its lock is held while an `Arc` is cloned or exchanged.
    state: Mutex<Arc<PeopleState>>,
}

impl People {
    pub(crate) fn new(shared: Arc<Shared>, library: PathBuf, source: FaceSource, jobs: Sender<PeopleJob>) -> Self {
        Self {
            shared,
            library,
            jobs,
            on: AtomicBool::new(false),
            seen: RwLock::default(),
            trouble: Mutex::default(),
            source,
            finder: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// What is known of people.
    pub(crate) fn state(&self) -> Arc<PeopleState> {
        Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the person said yes.
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    /// Of a library in which nobody is recognised, for measurements and tests.
    pub(crate) fn nobody(shared: &Arc<Shared>) -> Arc<Self> {
        let (jobs, _) = crossbeam_channel::bounded(1);
        Arc::new(Self::new(
            Arc::clone(shared),
            PathBuf::new(),
            FaceSource::default(),
            jobs,
        ))
    }

    /// The faces of a picture, none of which is kept. The models are loaded where they are not in memory.
    pub(crate) fn find(&self, picture: &Picture) -> Result<Vec<NewFace>, String> {
        let kept = self.finder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept {
            Some(finder) => finder.find(picture),
            None => self.source.make()?.find(picture),
        }
    }

    /// Brings whoever finds faces into memory.
    fn load_finder(&self) -> Result<(), String> {
        let made = self.source.make()?;
        *self.finder.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        Ok(())
    }

    fn unload_finder(&self) {
        *self.finder.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn finder(&self) -> Option<Arc<dyn FindFaces>> {
        self.finder.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has_seen(&self, hash: &[u8; 32]) -> bool {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).contains(hash)
    }

    fn note_seen(&self, hash: [u8; 32]) {
        self.seen.write().unwrap_or_else(PoisonError::into_inner).insert(hash);
    }

    /// Photos that have to be looked at again.
    fn forget_seen(&self, photos: impl Iterator<Item = [u8; 32]>) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        for photo in photos {
            seen.remove(&photo);
        }
    }

    fn set_trouble(&self, why: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the pass has seen, in place of what it had seen before.
    fn set_seen(&self, seen: HashSet<[u8; 32]>) {
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    /// Lets all who read see another state, and tells it.
    fn publish(&self, state: PeopleState) {
        let state = Arc::new(state);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&state);
        self.shared.tell(crate::event::Event::People(state));
    }
}
