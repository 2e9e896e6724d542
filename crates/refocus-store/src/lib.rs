//! SQLite: what is known of a library, and what was computed for it.
//!
//! Rows enter through the one [`Writer`], in transactions of many photos, and leave through read-only [`Reader`]s as plain
//! structs. A photo's identity is the hash of its bytes; a file is a place where such bytes lie; an encoding belongs to a
//! photo and a model. Every blob's length is checked when it is read. Nothing here knows of candle or egui.
//!
//! | file | holds |
//! |---|---|
//! | `error.rs` | what can go wrong, in words that say what to do |
//! | `schema.rs` | the tables and their migrations |
//! | `open.rs` | the checks before a database is touched, and its two kinds of connection |
//! | `connection.rs` | what the connections of all our databases have in common |
//! | `in_place.rs` | whether the file is still the one that is open, and how it is written again |
//! | `new_file.rs` | new files beside the database, and how one takes its place |
//! | `rows.rs` | the rows as plain structs |
//! | `stated_columns.rs` | the columns of what files and sidecars state |
//! | `reader.rs` | reading rows |
//! | `writer.rs` | writing rows |
//! | `lock.rs` | one Refocus writes at a time |
//! | `keepsake.rs` | a plain-text copy of folders, favourites and ratings |
//! | `rescue.rs` | what can be read of a damaged database |
//! | `path_bytes.rs` | paths as exact bytes |
//! | `people/` | faces and persons, in a file of their own |
//! | `texts/` | text that was read in photos, in a file of its own |
//! | `albums.rs` | albums, in a file of their own |

mod albums;
mod connection;
mod error;
mod in_place;
mod keepsake;
mod lock;
mod new_file;
mod open;
pub mod path_bytes;
pub mod people;
mod reader;
mod rescue;
mod rows;
mod schema;
mod stated_columns;
pub mod texts;
mod writer;

pub use albums::{
    AlbumId, AlbumsError, LONGEST_ALBUM_NAME, StoredAlbum, album_name, albums_path, read_albums, write_albums,
};
pub use error::StoreError;
pub use in_place::Place;
pub use keepsake::Keepsake;
pub use lock::{LibraryLock, LockRefused};
pub use open::Database;
pub use reader::Reader;
pub use rescue::{Rescued, rescue};
pub use rows::{
    ContentRow, FailureRow, FileRow, FolderRow, IndexedContent, IndexedFile, MOST_STARS, Marks, NewFailure, Position,
    SidecarRow, Sizes, Stated, StatedDate,
};
pub use schema::{APPLICATION_ID, VERSION};
pub use writer::{Change, Outcome, Writer};
