//! Photos and folders in other programs.

use std::path::PathBuf;

use refocus_workers::Worker;

/// Something that another program shows.
#[derive(Clone, Debug)]
pub(super) enum Outward {
    /// In the platform's program for the file.
    Open(PathBuf),
    /// Selected in the file manager.
    Reveal(PathBuf),
}

impl Outward {
    /// Hands the path to the other program, on a thread of its own.
    pub(super) fn show(self) {
        let work = move || {
            let (path, result) = match &self {
                Outward::Open(path) => (path, opener::open(path)),
                Outward::Reveal(path) => (path, opener::reveal(path)),
            };
            if let Err(error) = result {
                tracing::warn!("cannot show it in another program: {error}: {}", path.display());
            }
        };
        let failed = |panic| tracing::warn!("cannot show it in another program: {panic}");
        if let Err(error) = Worker::start("open", work, failed) {
            tracing::error!("cannot start a thread: {error}");
        }
    }
}
