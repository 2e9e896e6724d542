//! People: which faces are one person's, who may be whom, and photos by who is in them.
//!
//! Pure functions over faces ([`Face`]). [`cluster`] puts all faces of a library to persons, from scratch; a [`PeopleIndex`] takes the faces of
//! new photos in milliseconds and asks "Is this Anna?" ([`PeopleIndex::suggestions`]). Both are careful rather than greedy: a face that
//! is not somebody's for sure is nobody's, and what a person said ([`Belongs::Confirmed`], [`Face::refused`]) is never overruled. Persons are
//! told from names in a find text by [`PeopleNames`], photos are ranked by [`match_people`] and grouped by [`group_by_person`].
//!
//! | file | holds |
//! |---|---|
//! | `face.rs` | faces, their distances, and which tell who they are |
//! | `neighbours.rs` | the nearest faces, exactly |
//! | `cluster.rs` | groups of faces: sums, and what keeps them apart |
//! | `clustering.rs` | all faces from scratch |
//! | `index.rs` | new faces |
//! | `suggestions.rs` | "Is this Anna?" |
//! | `ranking.rs`, `grouping.rs` | photos by who is in them |
//! | `names.rs` | names in a find text |
//! | `synthetic.rs` | made-up people for tests and benchmarks |

mod cluster;
mod clustering;
mod face;
mod grouping;
mod index;
mod names;
mod neighbours;
mod ranking;
mod suggestions;
/// Made-up people for tests and benchmarks.
#[cfg(any(test, feature = "synthetic"))]
pub mod synthetic;

pub use cluster::Nearness;
pub use clustering::{Placement, cluster};
pub use face::{Belongs, Face, IDENTITY_DIM, is_telling};
pub use grouping::{PersonGroup, group_by_person};
pub use index::PeopleIndex;
pub use names::{NamedQuery, PeopleNames};
pub use ranking::{PeopleMatch, ShownFace, WantedPerson, match_people, people_score};
pub use suggestions::{Suggested, Suggestion};

#[cfg(test)]
mod tests;
