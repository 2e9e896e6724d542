//! The writer thread: results into the database and the library in memory. Nothing else writes to SQLite.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::event::Event;
use crate::library_index::{LibraryIndex, restate_photos, rows_with};
use crate::rows::FolderId;
use crate::shared::Shared;
use crate::texts::KnownText;
use refocus_media::{Failure, GATE_VERSION};
use refocus_store::{
    Change, Database, IndexedContent, IndexedFile, Keepsake, LibraryLock, NewFailure, Reader, StoreError, Writer,
};

use refocus_workers::fault;

use super::control::Control;
use super::counters::{Counters, Stage};
use super::decoding::Work;
use super::emptied::Emptied;
use super::left_places::MOST_PLACES;
use super::place::{Displaced, LOOK_AFTER};
use super::revalidation::{Revalidation, Revalidator};
use super::writer_command::{FileOutcome, WriterCommand};

/// Files a transaction, at most.
const FILES_A_TRANSACTION: usize = 256;

/// A transaction waits this long for more files, at most: what a kill can undo.
const TRANSACTION_AFTER: Duration = Duration::from_millis(250);

/// Favourites and ratings are written a second time so long after the first one changed.
const KEEPSAKE_AFTER: Duration = Duration::from_secs(2);

/// The front ends hear of new rows this often, at most.
const TELL_AFTER: Duration = Duration::from_millis(400);

/// The writer thread's own state.
pub(crate) struct Writing {
    pub(super) shared: Arc<Shared>,
    /// Of both lanes.
    controls: [Arc<Control>; 2],
    // Closed before the writer: the last connection folds the log into the database, and this one could not.
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    pub(super) model_key: String,
    pub(super) bytes_per_photo: usize,
    pub(super) model_id: i64,
    /// Asks the disk whether it still is as it was written down.
    revalidator: Revalidator,
    changes: Vec<Change>,
    counted: Vec<Arc<Counters>>,
    told: Instant,
    untold: bool,
    pub(super) emptied: Emptied,
    pub(super) database: Database,
    /// Since when the keepsake is out of date.
    pub(super) keepsake_stale: Option<Instant>,
    /// When the place of the library's file was looked at, and why nothing is written since then.
    pub(super) looked: Instant,
    pub(super) displaced: Option<Displaced>,
    /// The right to write, where the lock's file was deleted with the library.
    pub(super) lock_again: Option<LibraryLock>,
}

impl Writing {
    /// Opens the writing connection for a model's encodings.
    pub(crate) fn open(
        database: &Database,
        shared: Arc<Shared>,
        controls: [Arc<Control>; 2],
        model_key: &str,
        bytes_per_photo: usize,
    ) -> Result<Self, StoreError> {
        let mut writer = database.writer()?;
        let model_id = writer.model_id(model_key, bytes_per_photo)?;
        Ok(Self {
            revalidator: Revalidator::start(&shared),
            shared,
            controls,
            writer,
            reader: database.reader()?,
            model_key: model_key.to_owned(),
            bytes_per_photo,
            model_id,
            changes: Vec::new(),
            counted: Vec::new(),
            told: Instant::now(),
            untold: false,
            emptied: Emptied::default(),
            database: database.clone(),
            // One that is missing or was made by hand is brought up to date at every start.
            keepsake_stale: Some(Instant::now()),
            looked: Instant::now(),
            displaced: None,
            lock_again: None,
        })
    }

    /// Writes until it is told to stop, or until nobody is left to tell it.
    pub(crate) fn run(mut self, commands: &Receiver<WriterCommand>) {
        let mut oldest = Instant::now();
        loop {
            if self.changes.is_empty() {
                oldest = Instant::now();
            }
            let patience = if self.changes.is_empty() {
                TELL_AFTER
            } else {
                TRANSACTION_AFTER.saturating_sub(oldest.elapsed())
            };
            let received = commands.recv_timeout(patience);
            if received.is_ok() {
                fault::point("writer");
            }
            match received {
                Ok(WriterCommand::File {
                    counters,
                    work,
                    outcome,
                }) => self.take(&counters, *work, outcome),
                Ok(WriterCommand::Gone(path)) => self.changes.push(Change::Gone(path)),
                Ok(WriterCommand::Sidecar(row)) if self.shared.snapshot().has_folder(FolderId(row.folder_id)) => {
                    self.changes.push(Change::Sidecar(row));
                }
                Ok(WriterCommand::Sidecar(_)) => {}
                Ok(WriterCommand::Hide(path)) => {
                    self.shared.index().remove(&path);
                    restate_photos(&self.shared, &self.reader);
                    self.shared.publish();
                    self.untold = true;
                }
                Ok(WriterCommand::LeaveOut(path)) => {
                    // Before it counts as a file that has gone: a folder that becomes empty by a rule is no accident.
                    self.shared.index().remove(&path);
                    self.changes.push(Change::Gone(path));
                    self.untold = true;
                }
                Ok(WriterCommand::MountedAt(id, place)) => self.mounted_at(id, place),
                Ok(WriterCommand::AddFolder(path, reply)) => {
                    let _ = reply.send(self.add_folder(path));
                }
                Ok(WriterCommand::RemoveFolder(id, reply)) => {
                    let _ = reply.send(self.remove_folder(id));
                }
                Ok(WriterCommand::Relink(id, path, reply)) => {
                    let _ = reply.send(self.relink(id, &path));
                }
                Ok(WriterCommand::KeepAlike(contents, reply)) => {
                    let _ = reply.send(self.keep_alike(&contents));
                }
                Ok(WriterCommand::ForgetKeptAlike(decisions, reply)) => {
                    let _ = reply.send(self.forget_kept_alike(&decisions));
                }
                Ok(WriterCommand::CarryOver(carried, reply)) => {
                    let _ = reply.send(self.carry_over(&carried));
                }
                Ok(WriterCommand::Texts(texts)) => self.take_texts(texts),
                Ok(WriterCommand::ForgetTexts) => self.forget_texts(),
                Ok(WriterCommand::Mark { photos, change }) => self.mark(&photos, change),
                Ok(WriterCommand::StoreReembedded {
                    model_key,
                    bytes_per_photo,
                    rows,
                }) => self.store_reembedded(&model_key, bytes_per_photo, &rows),
                Ok(WriterCommand::Flush(reply)) => {
                    self.commit();
                    self.tell();
                    let _ = reply.send(());
                }
                Ok(WriterCommand::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.commit();
                    // The person was told where it cannot be helped.
                    let _ = self.mind_place();
                    self.tell();
                    self.write_keepsake();
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.changes.len() >= FILES_A_TRANSACTION
                || (!self.changes.is_empty() && oldest.elapsed() >= TRANSACTION_AFTER)
            {
                self.commit();
            }
            if self.looked.elapsed() >= LOOK_AFTER {
                // As above.
                let _ = self.mind_place();
            }
            if self
                .keepsake_stale
                .is_some_and(|since| since.elapsed() >= KEEPSAKE_AFTER)
            {
                self.write_keepsake();
            }
            if self.untold && self.told.elapsed() >= TELL_AFTER {
                self.tell();
            }
        }
    }

    fn take(&mut self, counters: &Arc<Counters>, work: Work, outcome: FileOutcome) {
        let Work {
            folder_id,
            file,
            same_as,
            ..
        } = work;
        let (path, bytes, modified_ns) = (file.path, file.bytes, file.modified_ns);
        self.shared.in_hand().remove(&path);
        // What was on its way when its folder was removed comes to nothing.
        if !self.shared.snapshot().has_folder(FolderId(folder_id)) {
            counters.found.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let change = match outcome {
            FileOutcome::New { facts, encoding } => Change::Indexed(IndexedFile {
                folder_id,
                path,
                bytes,
                modified_ns,
                same_as,
                content: IndexedContent::New { facts, encoding },
            }),
            FileOutcome::Facts(facts) => Change::Indexed(IndexedFile {
                folder_id,
                path,
                bytes,
                modified_ns,
                same_as,
                content: IndexedContent::Facts(facts),
            }),
            FileOutcome::Known { hash, left } => {
                let from = self.left_place(&path, &hash, left);
                let to = IndexedFile {
                    folder_id,
                    path,
                    bytes,
                    modified_ns,
                    same_as,
                    content: IndexedContent::Known { hash },
                };
                match from {
                    Some(from) => Change::Moved { from, to },
                    None => Change::Indexed(to),
                }
            }
            FileOutcome::Vanished { folder_there } => {
                counters.found.fetch_sub(1, Ordering::Relaxed);
                if folder_there {
                    self.changes.push(Change::Gone(path));
                }
                return;
            }
            FileOutcome::Failed(Failure { kind, message }) => Change::Failed(NewFailure {
                folder_id,
                path,
                kind: kind.as_str().to_owned(),
                message,
                bytes,
                modified_ns,
                gate: GATE_VERSION,
            }),
        };
        self.changes.push(change);
        self.counted.push(Arc::clone(counters));
    }

    /// The place that a known photo left for `path`, of those that were found empty: one at which it is still listed, and from
    /// which no other file has come meanwhile.
    fn left_place(&self, path: &Path, hash: &[u8; 32], left: Vec<PathBuf>) -> Option<PathBuf> {
        if left.is_empty() || self.shared.index().stands_at(path, hash) {
            return None;
        }
        let listed = self.reader.places_of_hash(hash, MOST_PLACES).ok()?;
        left.into_iter().find(|place| {
            let moved_already = self
                .changes
                .iter()
                .any(|change| matches!(change, Change::Moved { from, .. } if from == place));
            listed.contains(place) && !moved_already
        })
    }

    /// Folders, favourites and ratings into the file beside the database.
    fn write_keepsake(&mut self) {
        // Beside another file it would be that one's.
        if self.displaced.is_some() || self.keepsake_stale.take().is_none() {
            return;
        }
        match Keepsake::of(&self.reader) {
            Ok(now) if now == Keepsake::read(self.database.path()) => {}
            Ok(now) => {
                if let Err(error) = now.write(self.database.path()) {
                    tracing::warn!(%error, "favourites and ratings are not kept a second time");
                }
            }
            Err(error) => tracing::warn!(%error, "favourites and ratings are not kept a second time"),
        }
    }

    fn mounted_at(&mut self, id: FolderId, place: PathBuf) {
        match self.writer.set_mounted_at(id.0, &place) {
            Ok(()) => drop(self.shared.index().mounted_at.insert(id, place)),
            Err(error) => tracing::warn!(%error, "the place of a drive is not remembered"),
        }
    }

    /// Puts all waiting changes into the database, then into memory. Where the database refuses, indexing is paused, the person
    /// is told, and the files count as not yet dealt with: they come up again at the next scan.
    pub(super) fn commit(&mut self) {
        if self.changes.is_empty() {
            return;
        }
        let changes = std::mem::take(&mut self.changes);
        let counted = std::mem::take(&mut self.counted);
        let written = self.mind_place().and_then(|()| {
            let mut write = || self.writer.apply(self.model_id, &changes);
            let written = match counted.first() {
                Some(counters) => counters.timed(Stage::Store, write),
                None => write(),
            };
            written.map_err(|error| error.to_string())
        });
        match written {
            Ok(outcomes) => {
                let revalidations: Vec<Revalidation> = changes.iter().flat_map(Revalidation::of).collect();
                let mut counters = counted.iter();
                for (change, outcome) in changes.into_iter().zip(outcomes) {
                    let counters = if matches!(change, Change::Gone(_) | Change::Sidecar(_)) {
                        None
                    } else {
                        counters.next()
                    };
                    self.remember(change, outcome, counters.map(Arc::as_ref));
                }
                restate_photos(&self.shared, &self.reader);
                self.shared.publish();
                self.revalidator.ask(revalidations);
                self.untold = true;
            }
            Err(error) => {
                tracing::warn!(%error, files = changes.len(), "could not write to the library");
                for control in &self.controls {
                    control.cancel();
                }
                self.shared.in_hand().clear();
                self.shared.indexing_stopped(&error);
            }
        }
    }

    /// Keeps what another model has encoded. What the database refuses is encoded again at the model's next pass.
    fn store_reembedded(&mut self, model_key: &str, bytes_per_photo: usize, rows: &[([u8; 32], Vec<u8>)]) {
        // A photo may still wait in the changes at hand; its content must be there first.
        self.commit();
        let written = self.mind_place().and_then(|()| {
            let model_id = self.writer.model_id(model_key, bytes_per_photo);
            let added = model_id.and_then(|model_id| self.writer.add_encodings(model_id, rows));
            added.map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            tracing::error!(%error, rows = rows.len(), "could not keep another model's encodings");
        }
    }

    /// Lets the rows show what was read in photos.
    fn take_texts(&mut self, texts: Vec<KnownText>) {
        let changed: HashMap<[u8; 32], KnownText> = texts.into_iter().map(|text| (text.photo, text)).collect();
        // Nobody but this thread changes rows, so that what was published last is what there is.
        let rows = rows_with(&changed, &self.shared.snapshot().rows);
        self.shared.change(|index| index.set_texts(changed, &rows));
        self.untold = true;
    }

    fn forget_texts(&mut self) {
        let snapshot = self.shared.snapshot();
        let rows = (0u32..).zip(snapshot.rows.iter());
        let rows: Vec<u32> = rows
            .filter(|(_, row)| row.extras.text.is_some())
            .map(|(number, _)| number)
            .collect();
        self.shared.change(|index| index.forget_texts(&rows));
        self.untold = true;
    }

    pub(super) fn tell(&mut self) {
        self.shared.change(LibraryIndex::count_folders);
        self.shared.tell_library();
        self.shared.tell_problems();
        for line in self.emptied.lines(&self.shared.snapshot().folders) {
            self.shared.tell(Event::Notice(line));
        }
        self.told = Instant::now();
        self.untold = false;
    }
}
