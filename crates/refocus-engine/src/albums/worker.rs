//! The thread that keeps albums.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender};
use refocus_store::{albums_path, read_albums, write_albums};
use refocus_workers::{Worker, attempt, fault};

use super::AlbumsState;
use super::request::{AlbumAnswer, AlbumRequest};
use super::shelf::AlbumShelf;
use crate::event::{Event, Lost};
use crate::export::may_be_replaced;
use crate::rotating::Carried;
use crate::rows::FileId;
use crate::shared::Shared;

/// The thread.
const ALBUMS: &str = "refocus-albums";

/// Something for the thread.
pub(crate) enum AlbumJob {
    /// What a front end asks, under its own number.
    Asked(u64, AlbumRequest),
    /// Has contents lie where others do, from which they come by a turn; answers when done.
    CarryOver(Vec<Carried>, Sender<Result<(), String>>),
    /// Ends it.
    Stop,
}

/// What the thread needs of the engine.
pub(crate) struct AlbumWorker {
    pub(crate) shared: Arc<Shared>,
    /// The library's database, beside which the albums are kept.
    pub(crate) library: PathBuf,
    /// Why nothing can be written to the library.
    pub(crate) read_only: Option<String>,
}

/// What the thread keeps between two jobs.
struct Kept {
    /// The albums, or why they cannot be read.
    shelf: Result<AlbumShelf, String>,
    /// The file as it was read or written last; `None` where it was not there.
    seen: Option<Seen>,
}

/// What tells a file from one that came in its place: bytes and time of the last change.
type Seen = (u64, Option<SystemTime>);

fn seen(file: &Path) -> Option<Seen> {
    let facts = std::fs::metadata(file).ok()?;
    Some((facts.len(), facts.modified().ok()))
}

impl AlbumWorker {
    /// Starts the thread. It ends with [`AlbumJob::Stop`], or when all senders are dropped. After an internal error it begins with the
    /// file as it is.
    pub(crate) fn spawn(self, jobs: Receiver<AlbumJob>) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            let mut kept = self.open();
            for job in jobs {
                let (id, request) = match job {
                    AlbumJob::Asked(id, request) => (id, request),
                    AlbumJob::CarryOver(carried, reply) => {
                        let carried_over = attempt(ALBUMS, || self.carry_over(&mut kept, &carried));
                        let _ = reply.send(carried_over.unwrap_or_else(|panic| {
                            kept = self.open();
                            Err(panic.to_string())
                        }));
                        continue;
                    }
                    AlbumJob::Stop => return,
                };
                let answered = attempt(ALBUMS, || {
                    fault::point("albums");
                    self.answer(&mut kept, request)
                });
                let result = answered.unwrap_or_else(|panic| {
                    let told = "What was just asked of the albums was not done: they were read anew";
                    self.shared.worker_failed(&panic, told, Lost::Requests);
                    kept = self.open();
                    Err(told.to_owned())
                });
                self.shared.tell(Event::AlbumsAnswered { id, result });
            }
        };
        Worker::start(ALBUMS, work, move |panic| {
            shared.worker_failed(
                &panic,
                "Albums are not kept any more: start Refocus again",
                Lost::Worker,
            );
        })
    }

    /// Reads the file and tells what is in it.
    fn open(&self) -> Kept {
        let file = albums_path(&self.library);
        // Before it is read: what changes meanwhile is noticed.
        let seen = seen(&file);
        let shelf = read_albums(&file)
            .map(AlbumShelf::new)
            .map_err(|error| error.to_string());
        let kept = Kept { shelf, seen };
        self.tell(&kept);
        kept
    }

    fn tell(&self, kept: &Kept) {
        let version = self.shared.albums().version + 1;
        let state = match &kept.shelf {
            Ok(shelf) => shelf.state(version),
            Err(why) => AlbumsState {
                failed: Some(why.clone()),
                version,
                ..AlbumsState::default()
            },
        };
        self.shared.publish_albums(state);
    }

    fn answer(&self, kept: &mut Kept, request: AlbumRequest) -> Result<AlbumAnswer, String> {
        if matches!(request, AlbumRequest::Tell) {
            self.tell(kept);
            return Ok(AlbumAnswer::default());
        }
        let file = albums_path(&self.library);
        let now = seen(&file);
        if now.is_some() && now != kept.seen {
            // Nothing is written over what another program put there, or a person from a copy.
            *kept = self.open();
            if kept.shelf.is_ok() {
                return Err(format!(
                    "the file of the albums was changed by another program and is read anew: do it again ({})",
                    file.display()
                ));
            }
        }
        let shelf = kept.shelf.as_mut().map_err(|why| why.clone())?;
        if let AlbumRequest::Export(to) = &request {
            may_be_replaced(to).map_err(|error| format!("{error}: {}", to.display()))?;
            write_albums(to, shelf.albums()).map_err(|error| error.to_string())?;
            return Ok(AlbumAnswer::default());
        }
        if let Some(why) = &self.read_only {
            return Err(why.clone());
        }
        let answer = match request {
            AlbumRequest::Import(from) => {
                if !from.is_file() {
                    return Err(format!("there is no such file: {}", from.display()));
                }
                shelf.import(&read_albums(&from).map_err(|error| error.to_string())?)
            }
            request => shelf.apply(request, |photos| self.contents(photos))?,
        };
        if answer.changed {
            if let Err(error) = write_albums(&file, shelf.albums()) {
                // What is in memory is what is in the file.
                *kept = self.open();
                return Err(error.to_string());
            }
            kept.seen = seen(&file);
            self.tell(kept);
        }
        Ok(answer)
    }

    /// Has turned photos lie in the albums in which they lay before.
    fn carry_over(&self, kept: &mut Kept, carried: &[Carried]) -> Result<(), String> {
        let file = albums_path(&self.library);
        let now = seen(&file);
        if now.is_some() && now != kept.seen {
            *kept = self.open();
        }
        // Albums that cannot be read hold no photo that could be lost.
        let Ok(shelf) = &mut kept.shelf else { return Ok(()) };
        if !shelf.carry_over(carried) {
            return Ok(());
        }
        if let Err(error) = write_albums(&file, shelf.albums()) {
            *kept = self.open();
            return Err(error.to_string());
        }
        kept.seen = seen(&file);
        self.tell(kept);
        Ok(())
    }

    /// The photos by their content.
    fn contents(&self, photos: &[FileId]) -> Vec<[u8; 32]> {
        let snapshot = self.shared.snapshot();
        photos
            .iter()
            .filter_map(|id| Some(snapshot.row_of(*id)?.hash))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use refocus_store::{AlbumId, StoredAlbum};

    use super::*;

    fn create(name: &str) -> AlbumRequest {
        AlbumRequest::Create {
            name: name.to_owned(),
            inside: None,
            photos: Vec::new(),
        }
    }

    #[test]
    fn what_came_in_the_place_of_the_file_is_read_and_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (events, _told) = crossbeam_channel::bounded(64);
        let worker = AlbumWorker {
            shared: Arc::new(Shared::new(events, Arc::new(|| {}))),
            library: folder.path().join("l.refocus"),
            read_only: None,
        };
        let file = albums_path(&worker.library);
        let names = || {
            let albums = read_albums(&file).unwrap().into_iter();
            albums.map(|album| album.name.to_string()).collect::<Vec<_>>()
        };
        let mut kept = worker.open();
        worker.answer(&mut kept, create("Norway")).unwrap();
        let foreign = StoredAlbum {
            id: AlbumId(5),
            name: "Foreign".into(),
            inside: None,
            photos: Arc::default(),
        };
        write_albums(&file, &[foreign]).unwrap();
        let refused = worker.answer(&mut kept, create("Sweden")).unwrap_err();
        assert!(refused.contains("is read anew"), "{refused}");
        assert_eq!(names(), ["Foreign"]);
        worker.answer(&mut kept, create("Sweden")).unwrap();
        assert_eq!(names(), ["Foreign", "Sweden"]);
        // A damaged one is told as long as it lies there, and a good copy in its place is taken.
        let good = std::fs::read(&file).unwrap();
        std::fs::write(&file, &good[..good.len() / 2]).unwrap();
        for _ in 0..2 {
            let refused = worker.answer(&mut kept, create("Denmark")).unwrap_err();
            assert!(refused.contains("damaged"), "{refused}");
        }
        std::fs::write(&file, &good).unwrap();
        assert!(
            worker
                .answer(&mut kept, create("Denmark"))
                .unwrap_err()
                .contains("is read anew")
        );
        // A file that is gone is written again, whole.
        std::fs::remove_file(&file).unwrap();
        worker.answer(&mut kept, create("Denmark")).unwrap();
        assert_eq!(names(), ["Foreign", "Sweden", "Denmark"]);
    }
}
