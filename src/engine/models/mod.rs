//! A person's models: what there is, how they come and go, and how one takes over from another.
//!
//! The model in use serves while the next one encodes the library beside it; both keep their rows, so that switching back
//! costs nothing. Nothing is fetched unless a person asks for it.
//!
//! | file | holds |
//! |---|---|
//! | `catalogue.rs` | checkpoints that can be fetched by name |
//! | `hub.rs` | what a hub says of a repository, and fetching its files: resumed, checked, cancelled |
//! | `state.rs` | what the front ends are told |
//! | `serving.rs` | a model with the word bank in its text space |
//! | `beside.rs` | the next model's work on the library |
//! | `desk.rs` | the control thread's side: commands in, state out |

mod beside;
mod catalogue;
mod desk;
mod hub;
mod serving;
mod state;

pub(super) use beside::Finished;
pub use catalogue::{CATALOGUE, CatalogueEntry};
pub(super) use desk::Desk;
pub use hub::{FileCheck, HUB, Hub, HubError, Offer, OfferedFile};
pub(super) use serving::Serving;
pub use serving::load_model_and_words;
pub use state::{InstalledModel, ModelsState, NextModel, NextPhase, Transfer};
