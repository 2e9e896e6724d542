//! The thread that keeps albums.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use refocus_store::{albums_path, read_albums, write_albums};
use refocus_workers::{Worker, attempt, fault};

use super::AlbumsState;
use super::request::{AlbumAnswer, AlbumRequest};
use super::shelf::AlbumShelf;
use crate::event::{Event, Lost};
use crate::rows::FileId;
use crate::shared::Shared;

/// The thread.
const ALBUMS: &str = "refocus-albums";

/// Something for the thread.
pub(crate) enum AlbumJob {
    /// What a front end asks, under its own number.
    Asked(u64, AlbumRequest),
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

/// What the thread keeps between two jobs: the albums, or why they cannot be read.
type Kept = Result<AlbumShelf, String>;

impl AlbumWorker {
    /// Starts the thread. It ends with [`AlbumJob::Stop`], or when all senders are dropped. After an internal error it begins with the
    /// file as it is.
    pub(crate) fn spawn(self, jobs: Receiver<AlbumJob>) -> std::io::Result<Worker> {
        let shared = Arc::clone(&self.shared);
        let work = move || {
            let mut kept = self.open();
            for job in jobs {
                let AlbumJob::Asked(id, request) = job else { return };
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
        let kept = read_albums(&albums_path(&self.library))
            .map(AlbumShelf::new)
            .map_err(|error| error.to_string());
        self.tell(&kept);
        kept
    }

    fn tell(&self, kept: &Kept) {
        let version = self.shared.albums().version + 1;
        let state = match kept {
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
        let shelf = kept.as_mut().map_err(|why| why.clone())?;
        if let AlbumRequest::Export(to) = &request {
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
            if let Err(error) = write_albums(&albums_path(&self.library), shelf.albums()) {
                // What is in memory is what is in the file.
                *kept = self.open();
                return Err(error.to_string());
            }
            self.tell(kept);
        }
        Ok(answer)
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
