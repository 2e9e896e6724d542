//! Faces and persons: what is known of people, in a file of its own beside the library.
//!
//! The pass over photos brings faces ([`PeopleStore::store_passes`]), a run of the clustering puts them to persons
//! ([`PeopleStore::place_faces`]), and a person says who is who ([`PeopleStore::name`], `merge`, `split`, `confirm`, `refuse`,
//! `keep_apart`, `hide`, `choose_picture`), each of which can be undone. [`PeopleReader`]s hand out rows. What a person said outlives new
//! runs and revisions of the pass, moved files, a damaged file and a lost one: faces are found again by photo and place, and the
//! keepsake ([`PeopleStatements`]) has all of it once more. There is no file before the person said yes, and
//! [`PeopleDatabase::forget`] deletes everything.
//!
//! | file | holds |
//! |---|---|
//! | `database.rs` | the file: made, opened, rescued, forgotten |
//! | `schema.rs` | its tables and their migrations |
//! | `rows.rs` | the rows as plain structs |
//! | `reader.rs` | reading rows |
//! | `store.rs` | the one connection that writes; the clustering, the clean-up |
//! | `passes.rs` | what the pass found, and names that other programs wrote |
//! | `steps.rs` | what a person says, undo and redo |
//! | `recorder.rs` | changes with what was there before |
//! | `waiting.rs` | statements by photo and place |
//! | `statements.rs` | all that was said, apart from the file |
//! | `keepsake.rs`, `json.rs` | the same as text, as JSON |
//! | `names.rs` | the form in which names are compared |

mod database;
mod json;
mod keepsake;
mod names;
mod passes;
mod reader;
mod recorder;
mod rows;
mod schema;
mod statements;
mod steps;
mod store;
mod waiting;

pub use database::{PeopleDatabase, PeopleRescued};
pub use json::PeopleJsonError;
pub use reader::PeopleReader;
pub use rows::{
    FaceBounds, FaceId, FaceIdentity, FaceQuality, FaceRow, IDENTITY_DIM, NamedRegion, NewFace, PassRow, PersonId,
    PersonRow, PhotoPass, Placement, Said, StepKind, fraction, stored_fraction,
};
pub use schema::PEOPLE_APPLICATION_ID;
pub use statements::{FacePlace, Laid, PeopleStatements, StatedFace, StatedPerson};
pub use store::{Clustered, PeopleStore};
pub use waiting::Statement;

#[cfg(test)]
mod tests;
