//! Photos and folders in other programs.

use std::path::PathBuf;

use refocus_engine::Place;
use refocus_workers::Worker;

/// Something that another program shows.
#[derive(Clone, Debug)]
pub(super) enum Outward {
    /// In the platform's program for the file.
    Open(PathBuf),
    /// Selected in the file manager.
    Reveal(PathBuf),
    /// A place, in the program that the system opens `geo:` addresses with.
    Map(Place),
}

impl Outward {
    /// Hands the path to the other program, on a thread of its own.
    pub(super) fn show(self) {
        let work = move || {
            let (what, result) = match &self {
                Outward::Open(path) => (path.display().to_string(), opener::open(path)),
                Outward::Reveal(path) => (path.display().to_string(), opener::reveal(path)),
                Outward::Map(place) => (place.geo_uri(), opener::open(place.geo_uri())),
            };
            if let Err(error) = result {
                tracing::warn!("cannot show it in another program: {error}: {what}");
            }
        };
        let failed = |panic| tracing::warn!("cannot show it in another program: {panic}");
        if let Err(error) = Worker::start("open", work, failed) {
            tracing::error!("cannot start a thread: {error}");
        }
    }
}
