//! Albums: photos that a person put together, by name, one inside another.
//!
//! One thread keeps them in their file and does what is asked; front ends and rankings read the [`AlbumsState`] that it published
//! last. A photo is in an album by its content, wherever its file lies.
//!
//! | file | holds |
//! |---|---|
//! | `request.rs` | what can be asked about albums |
//! | `shelf.rs` | the albums as the thread changes them, and the steps to undo |
//! | `state.rs` | the albums as all others read them |
//! | `worker.rs` | the thread |

mod request;
mod shelf;
mod state;
mod worker;

pub use refocus_store::{AlbumId, LONGEST_ALBUM_NAME, album_name};
pub use request::{AlbumAnswer, AlbumRequest, AlbumStep};
pub use shelf::AlbumShelf;
pub use state::{Album, AlbumsState};
pub(crate) use worker::{AlbumJob, AlbumWorker};
