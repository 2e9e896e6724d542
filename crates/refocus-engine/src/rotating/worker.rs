//! The thread that turns photos.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use refocus_media::rotate::plan;
use refocus_workers::{Worker, attempt, fault};

use super::{Carried, RotateAnswer, RotateRequest, Rotation};
use crate::albums::AlbumJob;
use crate::event::{Event, Lost};
use crate::indexing::WriterCommand;
use crate::people::PeopleJob;
use crate::shared::Shared;
use crate::texts::PhotoTexts;

/// The thread.
const ROTATE: &str = "refocus-rotate";

/// Photos whose knowledge is carried over together.
const AT_ONCE: usize = 16;

/// Others keep what is said of photos within this time.
const KEPT_WITHIN: Duration = Duration::from_secs(20);

/// What the thread needs of the engine.
pub(crate) struct RotateWorker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) to_writer: Sender<WriterCommand>,
    pub(crate) albums: Sender<AlbumJob>,
    pub(crate) people: Sender<PeopleJob>,
    pub(crate) texts: Arc<PhotoTexts>,
    /// Why nothing can be written to the library.
    pub(crate) read_only: Option<String>,
}

impl RotateWorker {
    /// Starts the thread. It ends when all senders are dropped.
    pub(crate) fn spawn(self, requests: Receiver<(u64, RotateRequest)>) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            for (id, request) in requests {
                if self.shared.stopping() {
                    return;
                }
                let mut answer = RotateAnswer::default();
                let turned = attempt(ROTATE, || {
                    fault::point("rotate");
                    self.answer(request, &mut answer);
                });
                if let Err(panic) = turned {
                    let told = "Not all photos were turned";
                    self.shared.worker_failed(&panic, told, Lost::Requests);
                    answer.failed += 1;
                    answer.why.get_or_insert_with(|| told.to_owned());
                }
                self.shared.revisit(answer.changed());
                self.shared.tell(Event::Rotated { id, answer });
            }
        };
        Worker::start(ROTATE, work, move |panic| {
            let told = "Photos are not turned any more: start Refocus again";
            shared.worker_failed(&panic, told, Lost::Worker);
        })
    }

    fn answer(&self, request: RotateRequest, answer: &mut RotateAnswer) {
        let fail = |answer: &mut RotateAnswer, why: String| {
            answer.failed += 1;
            answer.why.get_or_insert(why);
        };
        if let Some(why) = &self.read_only {
            return fail(answer, why.clone());
        }
        match request {
            RotateRequest::Carry(rotations) => {
                for some in rotations.chunks(AT_ONCE) {
                    self.carry_out(some, answer);
                }
            }
            RotateRequest::Turn { photos, turn, place } => {
                let snapshot = self.shared.snapshot();
                for some in photos.chunks(AT_ONCE) {
                    let paths: Vec<Option<Arc<Path>>> = some
                        .iter()
                        .map(|id| snapshot.row_of(*id).map(|row| Arc::clone(&row.path)))
                        .collect();
                    let mut planned = Vec::new();
                    for path in paths {
                        match path.map(|path| plan(&path, turn, place)) {
                            Some(Ok(Some(rotation))) => planned.push(rotation),
                            Some(Ok(None)) => answer.unchanged += 1,
                            Some(Err(error)) => fail(answer, error.to_string()),
                            None => fail(answer, "this photo is not in the library any more".to_owned()),
                        }
                    }
                    self.carry_out(&planned, answer);
                    if self.shared.stopping() {
                        return;
                    }
                }
            }
        }
    }

    /// Says of the turned photos what is said of these, then turns them.
    fn carry_out(&self, rotations: &[Rotation], answer: &mut RotateAnswer) {
        if rotations.is_empty() {
            return;
        }
        if let Err(why) = self.carry_over(&rotations.iter().map(Carried::of).collect::<Vec<_>>()) {
            answer.failed += rotations.len();
            answer.why.get_or_insert(why);
            return;
        }
        for rotation in rotations {
            fault::point("rotate file");
            match rotation.carry_out() {
                Ok(()) => answer.done.push(rotation.clone()),
                Err(error) => {
                    answer.failed += 1;
                    answer.why.get_or_insert(error.to_string());
                }
            }
        }
    }

    fn carry_over(&self, carried: &[Carried]) -> Result<(), String> {
        let not_kept =
            |_| "what is known of the photos cannot be kept now, so that they were not turned: try again".to_owned();
        let (reply, kept) = bounded(3);
        let to_writer = WriterCommand::CarryOver(carried.to_vec(), reply.clone());
        self.to_writer
            .send_timeout(to_writer, KEPT_WITHIN)
            .map_err(|_| not_kept(()))?;
        let to_albums = AlbumJob::CarryOver(carried.to_vec(), reply.clone());
        self.albums
            .send_timeout(to_albums, KEPT_WITHIN)
            .map_err(|_| not_kept(()))?;
        let to_people = PeopleJob::CarryOver(carried.to_vec(), reply);
        self.people
            .send_timeout(to_people, KEPT_WITHIN)
            .map_err(|_| not_kept(()))?;
        self.texts.carry_over(carried);
        for _ in 0..3 {
            kept.recv_timeout(KEPT_WITHIN).map_err(|_| not_kept(()))??;
        }
        Ok(())
    }
}
