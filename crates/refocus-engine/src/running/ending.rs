//! The end of all threads: of the engine, or of those that work with a model which another one follows on.

use std::time::{Duration, Instant};

use refocus_workers::{Worker, still_at_work};

use super::Running;
use crate::albums::AlbumJob;
use crate::indexing::{Task, WriterCommand};
use crate::passes::PassRequest;
use crate::people::PeopleJob;

/// How long the end of threads is waited for: together less than what the end of the engine may take.
pub(super) const AT_CLOSING: Patience = Patience {
    workers: Duration::from_millis(800),
    writer: Duration::from_millis(1700),
};

/// The same where another model takes over: photos in hand are finished.
const AT_TAKING_OVER: Patience = Patience {
    workers: Duration::from_secs(20),
    writer: Duration::from_secs(80),
};

/// How long the end of threads is waited for, from the moment at which all are told to end.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    workers: Duration,
    /// Of the writer, which ends when the others have.
    writer: Duration,
}

impl Running {
    /// Ends what another model or the right to write is to follow on.
    pub(super) fn end_for_another(&mut self) -> Result<(), String> {
        if self.end(AT_TAKING_OVER) {
            Ok(())
        } else {
            // A second writer beside the first one would break the rule that there is one.
            Err(
                "What was to be written to the library hangs in the system: close Refocus and start it again"
                    .to_owned(),
            )
        }
    }

    /// Has all threads end, the writer last: what the pools still hand over is written. Returns whether the writer has ended;
    /// threads that hang in the system are left behind and end when the system lets them.
    pub(super) fn end(&mut self, patience: Patience) -> bool {
        self.shared.stop();
        self.control.cancel();
        self.changes_control.cancel();
        self.jobs.stop();
        // The folders' thread and the watching one may hang in the system with a sender in hand: the lanes are told to end.
        for lane in [self.tasks.take(), self.changes.take()].into_iter().flatten() {
            let _ = lane.try_send(Task::End);
        }
        // The passes first: what they have in hand is kept.
        let _ = self.passes.try_send(PassRequest::End);
        let _ = self.people.try_send(PeopleJob::Stop);
        let _ = self.albums.try_send(AlbumJob::Stop);
        self.clean_up = None;
        self.rotate = None;
        self.folders = None;
        self.watch = None;
        let mut workers = std::mem::take(&mut self.workers);
        workers.extend(self.models.end());
        let start = Instant::now();
        let left = self.wait_for(workers, start, patience.workers, AT_CLOSING.workers);
        for worker in &left {
            tracing::warn!(worker = worker.name(), "a thread hangs and is left behind");
        }
        let Some(writer) = self.writer.take() else { return true };
        let _ = self
            .to_writer
            .send_timeout(WriterCommand::Stop, AT_CLOSING.writer - AT_CLOSING.workers);
        self.wait_for(vec![writer], start, patience.writer, AT_CLOSING.writer)
            .is_empty()
    }

    /// Waits for the end of workers for so long from `start` on; where the engine is dropped meanwhile, for `at_closing`.
    fn wait_for(
        &self,
        mut workers: Vec<Worker>,
        start: Instant,
        patience: Duration,
        at_closing: Duration,
    ) -> Vec<Worker> {
        const LOOK: Duration = Duration::from_millis(50);
        loop {
            let limit = if self.shared.closing() {
                at_closing.min(patience)
            } else {
                patience
            };
            let left = limit.saturating_sub(start.elapsed());
            workers = still_at_work(workers, Instant::now() + left.min(LOOK));
            if workers.is_empty() || start.elapsed() >= limit {
                return workers;
            }
        }
    }
}

impl Drop for Running {
    /// Also where the control thread panics: nothing that it started goes on without it.
    fn drop(&mut self) {
        self.end(AT_CLOSING);
    }
}
