//! What the front ends can ask for.

use std::path::PathBuf;
use std::sync::Arc;

use super::albums::AlbumRequest;
use super::clean_up::CleanUpRequest;
use super::languages::LanguageRequest;
use super::people::PeopleRequest;
use super::rotating::RotateRequest;
use super::rows::{FileId, FolderId};
use super::search::{SearchRequest, SearchResults};
use super::tuning::EngineTuning;

/// Identity of a picture from outside the library, given by the front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OutsideId(pub u64);

/// A picture from outside the library.
#[derive(Clone, Debug)]
pub enum OutsideSource {
    /// A file that was dropped or named.
    File(PathBuf),
    /// Pixels that were pasted: `[height, width, 4]` RGBA, not premultiplied.
    Pixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// `width * height * 4` bytes.
        rgba: Vec<u8>,
    },
}

/// Which failed files are tried again.
#[derive(Clone, Debug)]
pub enum RetryScope {
    /// All of them.
    All,
    /// These.
    Files(Vec<PathBuf>),
}

/// What the person newly thinks of photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkChange {
    /// Favourites, or none any more.
    Favourite(bool),
    /// So many stars; 0 takes the rating back.
    Rating(u8),
}

/// A photo, and the order in which the person sees it. That may be an older one than the newest answer, which a window keeps back
/// while the pointer rests on the photos.
#[derive(Clone, Debug)]
pub struct Explain {
    /// The photo.
    pub id: FileId,
    /// What was asked for.
    pub request: SearchRequest,
    /// The answer on screen; the explanation comes back under its generation.
    pub results: Arc<SearchResults>,
}

/// A request of the window or the command line.
#[derive(Clone, Debug)]
pub enum Command {
    /// Adds a folder to the library and indexes it. A folder below one that is there already is only rescanned.
    AddFolder(PathBuf),
    /// Forgets a folder and its files; nothing on disk is touched.
    RemoveFolder(FolderId),
    /// The photos of a folder lie elsewhere now. Nothing is encoded again.
    Relink {
        /// The folder.
        folder: FolderId,
        /// Where it is now.
        path: PathBuf,
    },
    /// Copies the library to a file that is not there yet.
    BackUp(PathBuf),
    /// Looks for changes, in one folder or in all.
    Rescan(Option<FolderId>),
    /// Looks for changes where the system does not tell of them: the person is back at the window.
    CatchUp,
    /// Stops indexing after the photos in hand.
    Pause,
    /// Goes on indexing.
    Resume,
    /// Gives up the indexing run; what is encoded stays.
    CancelIndexing,
    /// Tries failed files again.
    Retry(RetryScope),
    /// Ranks. Only the newest search is answered; `generation` must grow.
    Search {
        /// Number of the request.
        generation: u64,
        /// What to rank by.
        request: Box<SearchRequest>,
    },
    /// Encodes a picture from outside, so that it can be a reference.
    AddOutside {
        /// The front end's number for it.
        id: OutsideId,
        /// The picture.
        source: OutsideSource,
    },
    /// Forgets a picture from outside.
    RemoveOutside(OutsideId),
    /// Says why a photo stands where it stands in an order. Only the newest request is answered.
    Explain(Box<Explain>),
    /// Says where in a photo the focus of the newest search looked. Only the newest request is answered.
    Heat {
        /// The photo.
        id: FileId,
        /// Number of the search whose answer is on screen; the map comes back under it.
        generation: u64,
    },
    /// Writes the vectors of the newest answered search's order into a file (safetensors).
    SaveVectors(PathBuf),
    /// Marks photos. All files with the same content change together.
    Mark {
        /// The photos.
        photos: Vec<FileId>,
        /// What changes.
        change: MarkChange,
    },
    /// Renders the demo photos into a folder (the data folder where none is given), then adds it.
    Demo(Option<PathBuf>),
    /// Asks what models there are; answered by [`Event::Models`](super::Event::Models), as all requests about models are.
    ListModels,
    /// Lets a model (its name, or `built-in`) take over as soon as it has encoded the library; until then the one in use
    /// serves.
    UseModel(String),
    /// Copies a checkpoint from a folder into the models' folder.
    ImportModel(PathBuf),
    /// Asks the hub for sizes and hashes of a catalogue's entry. Goes out over the network.
    LookUpModel(String),
    /// Fetches a catalogue's entry. Goes out over the network.
    DownloadModel(String),
    /// Gives up what is on its way in, or the model that is to take over. What is there or encoded stays.
    CancelModel,
    /// Removes a checkpoint's files.
    RemoveModel(String),
    /// Asks something about language packs; answered by [`Event::Languages`](super::Event::Languages).
    Languages(LanguageRequest),
    /// Asks something about people; answered by [`Event::PeopleAnswered`](super::Event::PeopleAnswered) under the same number.
    People {
        /// The front end's number for it.
        id: u64,
        /// What is asked.
        request: PeopleRequest,
    },
    /// Asks something about albums; answered by [`Event::AlbumsAnswered`](super::Event::AlbumsAnswered) under the same number.
    Albums {
        /// The front end's number for it.
        id: u64,
        /// What is asked.
        request: AlbumRequest,
    },
    /// Turns photos; answered by [`Event::Rotated`](super::Event::Rotated) under the same number.
    Rotate {
        /// The front end's number for it.
        id: u64,
        /// What is asked.
        request: RotateRequest,
    },
    /// Asks for photos that are alike; answered by [`Event::CleanUp`](super::Event::CleanUp).
    CleanUp(CleanUpRequest),
    /// Has the passes look at the library as it is now. How far each is comes as [`Event::Pass`](super::Event::Pass) under this
    /// generation or a later one, also where nothing is left to do; generations must grow.
    LookAtPhotos {
        /// The front end's number for it.
        generation: u64,
    },
    /// Deletes all text that was read in photos. What is on is read again.
    ForgetTexts,
    /// Sets what a person can set. What is left out from now on is hidden by the look through all folders that follows.
    Tune(Box<EngineTuning>),
    /// Ends the engine: the photos in hand are written, then all threads stop.
    Shutdown,
}
