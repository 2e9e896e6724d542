//! The background: indexing and ranking, and the only bridge between the stations and the window or command line.
//!
//! [`Command`]s go in, [`Event`]s come out, both over bounded channels. The window and the command line are equals: each
//! starts an [`Engine`](crate::Engine), sends commands and draws or prints what comes back.
//!
//! | file | holds |
//! |---|---|
//! | `command.rs` | what the front ends can ask for |
//! | `event.rs` | what they are told |
//! | `link.rs` | the channels between a front end and the engine, and where a library keeps its files |
//! | `rows.rs` | the photos of the library as the front ends see them |
//! | `search.rs` | a search, its order, its groups |
//! | `filter.rs` | which photos take part in a search |
//! | `opening.rs` | who may write to a library; a damaged one is rebuilt |
//! | `start.rs` | starting and ending |
//! | `running.rs`, `running/` | the control thread; how it starts and ends all others |
//! | `folders.rs` | what is asked of it about folders |
//! | `loading.rs` | from the library's file into memory |
//! | `library_index.rs`, `encodings.rs` | the library in memory as the writer changes it |
//! | `library_index/raw_pairs.rs` | raw files and the pictures that stand for them |
//! | `free_numbers.rs` | row numbers that may be used again |
//! | `snapshot.rs` | the library as all others read it |
//! | `shared.rs` | what the threads share of it and of each other |
//! | `indexing/` | from folders to encodings |
//! | `languages.rs` | language packs as files |
//! | `ranking/` | from a search to an order |
//! | `models/` | a person's models, and how one takes over from another |
//! | `written.rs` | what is written of photos, and words in it |
//! | `export.rs` | an order as a file |
//! | `timeline.rs` | photos by month |
//! | `tuning.rs`, `power.rs` | what a person can set about it; whether the computer runs on its battery |
//! | `passes/` | work on every photo after it is encoded |
//! | `people/` | whose faces are in the photos |
//! | `albums/` | photos that a person put together |
//! | `texts/` | text in photos |
//! | `clean_up/` | photos of which one may be enough |
//! | `rotating/` | photos that are turned, and what is known of them |
//! | `reread.rs` | a photo's picture, read again |
//! | `watching.rs`, `watching/` | looks after the folders: changes, drives that go and come, files worth another try |
//! | `presence.rs` | whether the folders are there, asked without being held up by one that hangs |
//! | `outside.rs` | references from outside the library |
//! | `maintenance.rs` | a library as a file: copies, moves, clean-up, repair |
//! | `demo.rs` | demo photos |
//! | `made_up.rs` | a library without files, for measurements |

mod albums;
mod clean_up;
mod command;
mod demo;
mod encodings;
mod event;
mod export;
mod filter;
mod folders;
mod free_numbers;
mod indexing;
mod languages;
mod library_index;
mod link;
mod loading;
mod made_up;
pub mod maintenance;
mod models;
mod opening;
mod outside;
mod passes;
mod people;
mod power;
mod presence;
mod ranking;
mod reread;
mod rotating;
mod rows;
mod running;
mod search;
mod shared;
mod snapshot;
mod start;
mod stated;
mod texts;
mod timeline;
mod tuning;
mod watching;
mod written;

pub use albums::{
    Album, AlbumAnswer, AlbumId, AlbumRequest, AlbumShelf, AlbumStep, AlbumsState, LONGEST_ALBUM_NAME, album_name,
};
pub use clean_up::{
    AlikeFound, AlikeProbe, CleanUp, CleanUpGroup, CleanUpKind, CleanUpPhase, CleanUpPhoto, CleanUpRequest,
    ContentFiles, Reason,
};
pub use command::{Command, Explain, MarkChange, OutsideId, OutsideSource, RetryScope};
pub use event::{
    DeviceSummary, Event, Explanation, Folder, Heat, HeatMap, IndexPhase, LeftOutHere, Lost, MatchedFace, Noticing,
    Problem, Progress, StageTimes, count_words,
};
pub use export::{ExportFormat, ExportedOrder, may_be_replaced, path_text, save_as, taken_text, with_facts, with_path};
pub use filter::{Days, Filter, Near, PictureSize, RECENT_DAYS, Rejected, Shape, SmartAlbum, Today};
pub use refocus_model::languages::PackFacts;

pub use languages::{
    InstalledPack, LanguageRequest, LanguagesState, install_pack, installed_packs, language_folders, remove_pack,
};
pub use link::{COMMANDS_AHEAD, EVENTS_AHEAD, EngineLink, LibraryPaths};
pub use made_up::write_made_up_library;
pub use models::{
    CATALOGUE, CatalogueEntry, FileCheck, HUB, Hub, HubError, InstalledModel, ModelsState, NextModel, NextPhase, Offer,
    OfferedFile, Transfer, load_model_and_words,
};
pub use opening::AccessWanted;
pub use passes::{PassKind, PassPhase, PassProgress};
pub use people::{
    BuiltInFaces, FaceBounds, FaceId, FaceIdentity, FaceQuality, FaceSource, FindFaces, NewFace, PeopleRequest,
    PeopleState, Person, PersonId, PhotoFace, Question, QuestionAbout, Said, StepKind,
};
pub use power::{CAN_TELL as CAN_TELL_BATTERY, PowerSource};
pub use ranking::{RankingProbe, WordsProbe};
/// Paths as exact bytes, as the library keeps them.
pub use refocus_store::path_bytes;
pub use rotating::{RotateAnswer, RotateError, RotateRequest, Rotation, Turn, TurnPlace};
pub use rows::{
    DateSource, Extras, FileId, FolderId, MOST_STARS, Marks, PhotoRow, Place, ROWS_A_CHUNK, Rows, RowsInUse, Written,
};
pub use search::{
    Column, FOLDED, Group, GroupKind, HitOrder, MOST_COLUMNS, Reference, ReferenceSource, STRONG_SHARE, SearchRequest,
    SearchResults, SortKey, Timings, ViewKind, Way,
};
pub use shared::Wake;
pub use start::{Engine, EngineConfig};
pub use texts::{BuiltInReader, ReadPhotos, ReadPictures, ReadText, TextLine, TextSource, read_photo};
pub use timeline::{DayOfYear, LibraryMonths, Month, MonthCount, MonthRun, Timeline};
pub use tuning::{EngineTuning, THUMBNAIL_BYTES};
pub use watching::WatchParams;
pub use written::{WrittenMatch, WrittenSource, WrittenText, texts_of};
