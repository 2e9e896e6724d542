//! The writer as a thread: started, started anew after an internal error, and what answers in its place where it cannot be.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::event::{Event, Lost};
use crate::loading::{catch_up, load_encodings};
use crate::shared::Shared;
use refocus_model::PhotoModel;
use refocus_store::{Database, LibraryLock, StoreError};
use refocus_workers::{Worker, WorkerPanic, attempt};

use super::control::Control;
use super::writer_command::WriterCommand;
use super::writing::Writing;

/// The thread.
const WRITER: &str = "refocus-writer";

/// How often it is started anew.
const MOST_RESTARTS: usize = 3;

/// What the writer needs of the engine.
pub(crate) struct WriterTools {
    pub(crate) database: Database,
    pub(crate) shared: Arc<Shared>,
    /// Of both lanes.
    pub(crate) controls: [Arc<Control>; 2],
    pub(crate) model: Arc<dyn PhotoModel>,
    /// The right to write, given back when the thread has ended and not before; `None` where nothing may be written.
    pub(crate) lock: Option<Arc<LibraryLock>>,
}

impl WriterTools {
    /// Starts the thread. It ends with [`WriterCommand::Stop`], or when all senders are dropped.
    ///
    /// # Errors
    /// A line for the person.
    pub(crate) fn start(self, commands: Receiver<WriterCommand>) -> Result<Worker, String> {
        let writing = match self.lock {
            Some(_) => Some(self.open().map_err(|error| error.to_string())?),
            None => None,
        };
        let shared = Arc::clone(&self.shared);
        let work = move || match writing {
            Some(writing) => self.write(writing, &commands),
            None => refuse_to_write(&self.shared, &commands),
        };
        let failed = move |panic: WorkerPanic| {
            shared.worker_failed(
                &panic,
                "Nothing is written to the library any more: start Refocus again",
                Lost::Worker,
            );
        };
        Worker::start(WRITER, work, failed)
            .map_err(|error| format!("no thread could be started ({error}); close other programs"))
    }

    fn open(&self) -> Result<Writing, StoreError> {
        let info = self.model.info();
        Writing::open(
            &self.database,
            Arc::clone(&self.shared),
            self.controls.clone(),
            &info.id.0,
            info.bytes_per_photo,
        )
    }

    /// Writes. An internal error undoes the transaction in hand; the files in it come up again at the next scan.
    fn write(&self, mut writing: Writing, commands: &Receiver<WriterCommand>) {
        for restart in 0.. {
            let Err(panic) = attempt(WRITER, || writing.run(commands)) else {
                return;
            };
            let indexing = self.controls.iter().any(|control| control.is_running());
            for control in &self.controls {
                control.cancel();
            }
            self.shared.in_hand().clear();
            self.shared.note_failure();
            if indexing {
                self.shared
                    .tell(Event::IndexingFailed(format!("indexing stopped: {panic}")));
            }
            let again = if restart < MOST_RESTARTS {
                attempt(WRITER, || self.again()).unwrap_or_else(|panic| Err(panic.to_string()))
            } else {
                Err("it happened again and again".to_owned())
            };
            match again {
                Ok(next) => {
                    let told = "What was just changed may not be kept: the library was opened for writing anew";
                    self.shared.worker_failed(&panic, told, Lost::Requests);
                    writing = next;
                }
                Err(why) => {
                    tracing::error!(why, "the library is not written to any more");
                    let told = "Nothing is written to the library any more: start Refocus again";
                    self.shared.worker_failed(&panic, told, Lost::Worker);
                    self.shared.tell(Event::ReadOnly(told.to_owned()));
                    return refuse_to_write(&self.shared, commands);
                }
            }
        }
    }

    /// A new connection, and the library in memory as the database has it.
    fn again(&self) -> Result<Writing, String> {
        let writing = self.open().map_err(|error| error.to_string())?;
        catch_up(&self.database, &self.shared).map_err(|error| error.to_string())?;
        load_encodings(&self.database, &self.shared, self.model.as_ref()).map_err(|error| error.to_string())?;
        self.shared.tell_library();
        Ok(writing)
    }
}

/// Answers everything with no.
fn refuse_to_write(shared: &Shared, commands: &Receiver<WriterCommand>) {
    let no = || "nothing can be written to this library".to_owned();
    for command in commands {
        match command {
            WriterCommand::AddFolder(_, reply) => drop(reply.send(Err(no()))),
            WriterCommand::RemoveFolder(_, reply)
            | WriterCommand::Relink(_, _, reply)
            | WriterCommand::CarryOver(_, reply)
            | WriterCommand::KeepAlike(_, reply)
            | WriterCommand::ForgetKeptAlike(_, reply) => drop(reply.send(Err(no()))),
            WriterCommand::Flush(reply) => drop(reply.send(())),
            WriterCommand::Mark { .. } => shared.tell(Event::Notice(no())),
            WriterCommand::Stop => return,
            WriterCommand::File { .. }
            | WriterCommand::Gone(_)
            | WriterCommand::Sidecar(_)
            | WriterCommand::Hide(_)
            | WriterCommand::LeaveOut(_)
            | WriterCommand::MountedAt(..)
            | WriterCommand::Texts(_)
            | WriterCommand::ForgetTexts
            | WriterCommand::StoreReembedded { .. } => {}
        }
    }
}
