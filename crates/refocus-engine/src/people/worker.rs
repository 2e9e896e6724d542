//! The thread that keeps faces and persons: what the pass finds, and what the person says.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use refocus_store::people::{
    FaceId, NamedRegion, PeopleDatabase, PeopleReader, PeopleStatements, PeopleStore, PhotoPass, Placement,
};
use refocus_store::{Place, StoreError};
use refocus_workers::{Worker, attempt, fault};

use crate::event::{Event, Lost};
use crate::passes::PassRequest;
use crate::rotating::Carried;

use super::memory::Memory;
use super::{FACES_REVISION, People, PeopleRequest, PeopleState};

/// The thread.
const PEOPLE: &str = "refocus-people";

/// How often it is started anew after an internal error.
const MOST_RESTARTS: usize = 3;

/// Photos a transaction, at most.
const PHOTOS_A_TRANSACTION: usize = 64;

/// A transaction waits this long for more photos, at most: what a kill can undo.
const TRANSACTION_AFTER: Duration = Duration::from_millis(500);

/// While the pass works, others hear of new faces this often, at most.
const PUBLISH_AFTER: Duration = Duration::from_secs(1);

/// What was said is written a second time so long after the first statement.
const KEEPSAKE_AFTER: Duration = Duration::from_secs(2);

/// All faces are clustered once nothing has come for so long.
const CLUSTER_AFTER: Duration = Duration::from_secs(1);

/// Something for the thread.
pub(crate) enum PeopleJob {
    /// What the pass made of a photo.
    Seen(PhotoPass),
    /// Photos came or went.
    LibraryChanged,
    /// Names that other programs wrote into photos that the pass has seen.
    Regions(Vec<([u8; 32], Vec<NamedRegion>)>),
    /// Says of photos what was said of others, from which they come by a turn; answers when done.
    CarryOver(Vec<Carried>, Sender<Result<(), String>>),
    /// What a front end asks, under its own number.
    Asked(u64, PeopleRequest),
    /// Answers when everything sent before is in the file, and told.
    Flush(Sender<()>),
    /// Writes what is in hand and ends.
    Stop,
}

/// The file, open.
pub(super) struct Open {
    pub(super) database: PeopleDatabase,
    // Closed before the store: the last connection folds the log into the file, and this one could not.
    pub(super) reader: PeopleReader,
    /// `None` where another Refocus writes.
    pub(super) store: Option<PeopleStore>,
    pub(super) memory: Memory,
}

/// What the thread needs of the engine.
pub(crate) struct PeopleWorker {
    pub(crate) people: Arc<People>,
    pub(crate) to_passes: Sender<PassRequest>,
    /// Why nothing can be written to the library.
    pub(crate) read_only: Option<String>,
}

/// What the thread keeps between two jobs.
#[derive(Default)]
pub(super) struct State {
    pub(super) open: Option<Open>,
    version: u64,
    pub(super) seen: Vec<PhotoPass>,
    pub(super) oldest: Option<Instant>,
    /// Photos with faces that the library did not have when others were told last.
    absent: HashSet<[u8; 32]>,
    /// Others do not know yet what is kept.
    pub(super) untold: bool,
    told: Option<Instant>,
    pub(super) keepsake_stale: Option<Instant>,
    /// Since when all faces wait to be clustered.
    to_cluster: Option<Instant>,
}

impl PeopleWorker {
    /// Starts the thread. It ends with [`PeopleJob::Stop`], or when all senders are dropped. After an internal error it begins with
    /// the file as it is.
    pub(crate) fn spawn(self, jobs: Receiver<PeopleJob>) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.people.shared);
        let work = move || {
            for restart in 0..=MOST_RESTARTS {
                let Err(panic) = attempt(PEOPLE, || self.run(&jobs)) else {
                    return;
                };
                let last = restart == MOST_RESTARTS;
                let told = if last {
                    "Faces and persons are not kept any more: start Refocus again"
                } else {
                    "What was just said of people may not be kept: they were read anew"
                };
                let lost = if last { Lost::Worker } else { Lost::Requests };
                self.people.on.store(false, Ordering::SeqCst);
                self.people.shared.worker_failed(&panic, told, lost);
                if last {
                    self.people.publish(PeopleState {
                        failed: Some(told.to_owned()),
                        ..PeopleState::default()
                    });
                    return refuse(&self.people, &jobs, told);
                }
            }
        };
        Worker::start(PEOPLE, work, move |panic| {
            let told = "Faces and persons are not kept any more: start Refocus again";
            shared.worker_failed(&panic, told, Lost::Worker);
        })
    }

    fn run(&self, jobs: &Receiver<PeopleJob>) {
        let mut state = State {
            version: self.people.state().version,
            ..State::default()
        };
        match PeopleDatabase::is_there(&self.people.library) {
            Ok(false) => {}
            Ok(true) => {
                if let Err(error) = self.open(&mut state) {
                    self.cannot(&mut state, &in_words(&error));
                }
            }
            Err(error) => self.cannot(&mut state, &in_words(&error)),
        }
        loop {
            let job = jobs.recv_timeout(self.patience(&state));
            if job.is_ok() {
                fault::point("people");
            }
            match job {
                Ok(PeopleJob::Seen(pass)) => {
                    state.oldest.get_or_insert_with(Instant::now);
                    state.seen.push(pass);
                }
                Ok(PeopleJob::Regions(regions)) => {
                    self.keep_seen(&mut state);
                    self.change(&mut state, |store| store.set_regions(&regions));
                }
                Ok(PeopleJob::Asked(id, request)) => {
                    self.keep_seen(&mut state);
                    if matches!(request, PeopleRequest::Tell) {
                        self.note_absent(&mut state);
                    }
                    let result = self.answer(&mut state, request);
                    self.tell(&mut state);
                    self.people.shared.tell(Event::PeopleAnswered { id, result });
                }
                Ok(PeopleJob::CarryOver(carried, reply)) => {
                    self.keep_seen(&mut state);
                    let _ = reply.send(self.carry_over(&mut state, &carried));
                }
                Ok(PeopleJob::LibraryChanged) => self.note_absent(&mut state),
                Ok(PeopleJob::Flush(reply)) => {
                    self.keep_seen(&mut state);
                    state.to_cluster = Some(Instant::now());
                    self.cluster(&mut state, jobs);
                    self.tell(&mut state);
                    let _ = reply.send(());
                }
                Ok(PeopleJob::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.keep_seen(&mut state);
                    self.write_keepsake(&mut state);
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if state.to_cluster.is_some_and(|since| since.elapsed() >= CLUSTER_AFTER) {
                self.cluster(&mut state, jobs);
            }
            let due = state.oldest.is_some_and(|since| since.elapsed() >= TRANSACTION_AFTER);
            if due || state.seen.len() >= PHOTOS_A_TRANSACTION {
                self.keep_seen(&mut state);
            }
            if state.untold && state.told.is_none_or(|at| at.elapsed() >= PUBLISH_AFTER) {
                self.tell(&mut state);
            }
            if state
                .keepsake_stale
                .is_some_and(|since| since.elapsed() >= KEEPSAKE_AFTER)
            {
                self.write_keepsake(&mut state);
            }
        }
    }

    /// How long the next job is waited for: for ever, where nothing else is to be done.
    fn patience(&self, state: &State) -> Duration {
        const FOR_EVER: Duration = Duration::from_secs(3_600);
        let until = |since: Option<Instant>, after: Duration| since.map(|since| after.saturating_sub(since.elapsed()));
        let waits = [
            until(state.oldest, TRANSACTION_AFTER),
            until(state.told.filter(|_| state.untold), PUBLISH_AFTER),
            until(state.keepsake_stale, KEEPSAKE_AFTER),
            until(state.to_cluster, CLUSTER_AFTER),
        ];
        waits.into_iter().flatten().min().unwrap_or(FOR_EVER)
    }

    /// Opens the file, or makes it; a damaged one is rebuilt from what can be read of it.
    pub(super) fn open(&self, state: &mut State) -> Result<(), StoreError> {
        let library = &self.people.library;
        let open = if self.read_only.is_some() {
            opened(PeopleDatabase::open_read_only(library)?, false)?
        } else {
            match PeopleDatabase::open(library).and_then(|database| opened(database, true)) {
                Err(error @ StoreError::Damaged { .. }) => {
                    tracing::warn!(%error, "faces and persons are rebuilt");
                    let rescued = PeopleDatabase::rescue(library)?;
                    let (persons, faces) = (rescued.persons, rescued.faces);
                    self.people.shared.tell(Event::Notice(match rescued.aside {
                        Some(aside) => format!(
                            "What is kept of people was damaged and has been rebuilt: {persons} persons and {faces} faces were kept; \
                             what is missing is found again. The damaged file was put aside: {}",
                            aside.display()
                        ),
                        None => format!(
                            "The file of faces and persons was missing. It has been made again with {persons} persons from the names that \
                             are kept beside it; their faces are found again."
                        ),
                    }));
                    opened(PeopleDatabase::open(library)?, true)?
                }
                other => other?,
            }
        };
        self.people.set_seen(seen_by(&open.reader)?);
        state.open = Some(open);
        // One that is missing is brought up to date.
        state.keepsake_stale = self.read_only.is_none().then(Instant::now);
        self.people.on.store(self.read_only.is_none(), Ordering::SeqCst);
        state.untold = true;
        self.tell(state);
        let _ = self.to_passes.try_send(PassRequest::Look);
        Ok(())
    }

    /// Faces and persons cannot be read.
    fn cannot(&self, state: &mut State, why: &str) {
        tracing::warn!(why, "faces and persons cannot be read");
        self.people.on.store(false, Ordering::SeqCst);
        state.open = None;
        state.version += 1;
        self.people.publish(PeopleState {
            failed: Some(why.to_owned()),
            version: state.version,
            ..PeopleState::default()
        });
        self.people
            .shared
            .tell(Event::Notice(format!("Faces and persons cannot be read: {why}")));
    }

    /// Writes what the pass made of the photos in hand, and puts new faces to persons.
    fn keep_seen(&self, state: &mut State) {
        state.oldest = None;
        let seen = std::mem::take(&mut state.seen);
        if seen.is_empty() {
            return;
        }
        if let Err(why) = self.keep(state, &seen) {
            // They are looked at again.
            self.people.forget_seen(seen.iter().map(|pass| pass.photo));
            self.people.set_trouble(Some(why.clone()));
            self.people
                .shared
                .tell(Event::Notice(format!("Faces cannot be kept: {why}")));
        }
    }

    fn keep(&self, state: &mut State, seen: &[PhotoPass]) -> Result<(), String> {
        self.mind_place(state)?;
        // Switched off meanwhile: nothing of it is kept.
        let Some(open) = &mut state.open else { return Ok(()) };
        let Some(store) = &mut open.store else { return Ok(()) };
        let mut write = || {
            store.store_passes(FACES_REVISION, seen)?;
            let photos: Vec<[u8; 32]> = seen.iter().map(|pass| pass.photo).collect();
            for photo in &photos {
                open.memory.take(*photo, &open.reader.faces_of(photo)?);
            }
            let placements = open.memory.place(&photos);
            write_placements(store, &open.reader, &mut open.memory, &placements)
        };
        write().map_err(|error| error.to_string())?;
        if seen.iter().any(|pass| !pass.regions.is_empty()) {
            state.keepsake_stale.get_or_insert_with(Instant::now);
        }
        state.untold = true;
        Ok(())
    }

    /// Looks at all faces together, where many are new and nobody waits.
    fn cluster(&self, state: &mut State, jobs: &Receiver<PeopleJob>) {
        let wanted = state.to_cluster.take();
        let Some(open) = &mut state.open else { return };
        let Some(store) = &mut open.store else { return };
        if wanted.is_none() || !open.memory.is_due() {
            return;
        }
        let shared = &self.people.shared;
        let start = Instant::now();
        let stale = || shared.stopping() || (!jobs.is_empty() && start.elapsed() >= CLUSTER_AFTER);
        let Some(placements) = open.memory.cluster(&stale) else {
            state.to_cluster = Some(Instant::now());
            return;
        };
        let written = store
            .place_all_faces(&placements)
            .and_then(|_| Memory::load(&open.reader));
        match written {
            Ok(memory) => {
                open.memory = memory;
                state.untold = true;
            }
            Err(error) => tracing::warn!(%error, "faces stay with the persons they had"),
        }
    }

    /// Photos with faces that the library does not have; none while it is not loaded.
    fn absent(&self, memory: &Memory) -> HashSet<[u8; 32]> {
        let snapshot = self.people.shared.snapshot();
        let library: HashSet<[u8; 32]> = snapshot
            .rows
            .iter()
            .filter(|row| row.is_shown())
            .map(|row| row.hash)
            .collect();
        if library.is_empty() {
            HashSet::new()
        } else {
            memory.absent(&library)
        }
    }

    /// Others are to hear of it where photos with faces came or went.
    fn note_absent(&self, state: &mut State) {
        let absent = state.open.as_ref().map(|open| self.absent(&open.memory));
        state.untold |= absent.is_some_and(|absent| absent != state.absent);
    }

    /// Lets all others see what is kept.
    fn tell(&self, state: &mut State) {
        if !state.untold {
            return;
        }
        state.untold = false;
        state.told = Some(Instant::now());
        state.version += 1;
        let told = match &state.open {
            None => Ok(PeopleState {
                version: state.version,
                ..PeopleState::default()
            }),
            Some(open) => {
                state.absent = self.absent(&open.memory);
                open.memory.state(&open.reader, state.version, &state.absent)
            }
        };
        match told {
            Ok(told) => self.people.publish(told),
            Err(error) => self.cannot(state, &error.to_string()),
        }
    }

    /// What was said, into the file beside.
    fn write_keepsake(&self, state: &mut State) {
        if state.keepsake_stale.take().is_none() {
            return;
        }
        let Some(open) = state.open.as_ref().filter(|open| open.store.is_some()) else {
            return;
        };
        let library = &self.people.library;
        let written = PeopleStatements::of(&open.reader)
            .map_err(|error| error.to_string())
            .and_then(|now| match now == PeopleStatements::read_keepsake(library) {
                true => Ok(()),
                false => now.write_keepsake(library).map_err(|error| error.to_string()),
            });
        if let Err(error) = written {
            tracing::warn!(error, "names of people are not kept a second time");
        }
    }

    /// Looks whether the file is still the one that is open. One that is gone is written again.
    pub(super) fn mind_place(&self, state: &mut State) -> Result<(), String> {
        let Some(open) = &mut state.open else { return Ok(()) };
        let Some(store) = &mut open.store else { return Ok(()) };
        let path = open.database.path().display().to_string();
        match store.place() {
            Place::Open => Ok(()),
            Place::Empty => {
                let again = open.database.write_again(store).and_then(|()| {
                    let store = open.database.writer()?;
                    Ok((open.database.reader()?, store))
                });
                let (reader, store) = again.map_err(|error| {
                    format!("the file of faces and persons is gone and cannot be written again ({error})")
                })?;
                open.reader = reader;
                open.store = Some(store);
                self.people.shared.tell(Event::Notice(format!(
                    "The file of faces and persons was gone from its place and has been written again. To have everything about people \
                     deleted, use the settings: {path}"
                )));
                Ok(())
            }
            Place::Away => Err(format!("the folder of faces and persons is not there any more: {path}")),
            Place::Other => Err(format!(
                "another file lies in the place of faces and persons; start Refocus again to go on with it: {path}"
            )),
        }
    }
}

/// What is wrong with the file, for the person.
pub(super) fn in_words(error: &StoreError) -> String {
    match error {
        StoreError::NotALibrary { what, path } => format!(
            "what lies in the place of faces and persons is not theirs ({what}); it was not touched: move it away and start again: {}",
            path.display()
        ),
        other => other.to_string(),
    }
}

fn opened(database: PeopleDatabase, to_write: bool) -> Result<Open, StoreError> {
    let store = if to_write { Some(database.writer()?) } else { None };
    let reader = database.reader()?;
    let memory = Memory::load(&reader)?;
    Ok(Open {
        database,
        reader,
        store,
        memory,
    })
}

/// Contents that the pass has seen at its present revision.
fn seen_by(reader: &PeopleReader) -> Result<HashSet<[u8; 32]>, StoreError> {
    let mut seen = HashSet::new();
    reader.for_each_pass(|pass| {
        if pass.revision >= FACES_REVISION {
            seen.insert(pass.photo);
        }
    })?;
    Ok(seen)
}

/// Writes where faces belong, and reads what became of it.
fn write_placements(
    store: &mut PeopleStore,
    reader: &PeopleReader,
    memory: &mut Memory,
    placements: &[(FaceId, Placement)],
) -> Result<(), StoreError> {
    if placements.is_empty() {
        return Ok(());
    }
    let clustered = store.place_faces(placements)?;
    memory.adopt(&clustered.new);
    for photo in memory.photos_of(placements.iter().map(|(face, _)| *face)) {
        memory.take(photo, &reader.faces_of(&photo)?);
    }
    Ok(())
}

/// Answers everything with no.
fn refuse(people: &People, jobs: &Receiver<PeopleJob>, why: &str) {
    for job in jobs {
        match job {
            PeopleJob::Asked(id, _) => people.shared.tell(Event::PeopleAnswered {
                id,
                result: Err(why.to_owned()),
            }),
            PeopleJob::Flush(reply) => drop(reply.send(())),
            PeopleJob::Stop => return,
            PeopleJob::CarryOver(_, reply) => drop(reply.send(Ok(()))),
            PeopleJob::Seen(_) | PeopleJob::Regions(_) | PeopleJob::LibraryChanged => {}
        }
    }
}
