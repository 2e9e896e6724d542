//! What can be typed after `refocus albums`.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Albums {
    #[command(subcommand)]
    pub(super) action: AlbumsAction,
}

/// An album is named by its name, or by its path (`Norway/Fjords`) where several have the same one. No photo is ever touched.
#[derive(Debug, clap::Subcommand)]
pub(super) enum AlbumsAction {
    /// Lists albums, each below the one that it lies in.
    List {
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the photos of an album and of those in it.
    Show {
        /// Name or path.
        album: String,
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes an album.
    Make {
        /// Its name.
        name: String,
        /// Its first photos.
        photos: Vec<PathBuf>,
        /// The album that it lies in: name or path.
        #[arg(long, value_name = "ALBUM")]
        inside: Option<String>,
    },
    /// Puts photos into an album.
    Add {
        /// Name or path.
        album: String,
        /// The photos.
        #[arg(required = true)]
        photos: Vec<PathBuf>,
    },
    /// Takes photos out of an album and of those in it.
    TakeOut {
        /// Name or path.
        album: String,
        /// The photos.
        #[arg(required = true)]
        photos: Vec<PathBuf>,
    },
    /// Gives an album another name.
    Rename {
        /// Name or path.
        album: String,
        /// The name.
        name: String,
    },
    /// Puts an album, and those in it, into another one; without --inside beside the outermost.
    Move {
        /// Name or path.
        album: String,
        /// The album that it is to lie in: name or path.
        #[arg(long, value_name = "ALBUM")]
        inside: Option<String>,
    },
    /// Deletes an album and those in it. Its photos stay where they are.
    Delete {
        /// Name or path.
        album: String,
    },
    /// Writes all albums to a file (JSON).
    Export {
        /// The file.
        out: PathBuf,
    },
    /// Takes over albums from such a file. Those of the same name at the same place become one.
    Import {
        /// The file.
        file: PathBuf,
    },
}
