//! The background: indexing and ranking, and the only bridge between the stations and the window or command line.
//!
//! [`Command`]s go in, [`Event`]s come out, both over bounded channels. The window and the command line are equals: each
//! starts an [`Engine`](crate::engine::Engine), sends commands and draws or prints what comes back.
//!
//! | file | holds |
//! |---|---|
//! | `command.rs` | what the front ends can ask for |
//! | `event.rs` | what they are told |
//! | `link.rs` | the channels between a front end and the engine, and where a library keeps its files |
//! | `rows.rs` | the photos of the library as the front ends see them |
//! | `search.rs` | a search, its order, its groups |

mod command;
mod event;
mod link;
mod rows;
mod search;

pub use command::{Command, OutsideId, OutsideSource, RetryScope};
pub use event::{DeviceSummary, Event, Explanation, Folder, IndexPhase, Problem, Progress};
pub use link::{COMMANDS_AHEAD, EVENTS_AHEAD, EngineLink, LibraryPaths};
pub use rows::{DateSource, FileId, FolderId, PhotoRow, Rows};
pub use search::{
    Group, GroupKind, Reference, ReferenceSource, SearchRequest, SearchResults, SortKey, Timings, ViewKind, Way,
};
