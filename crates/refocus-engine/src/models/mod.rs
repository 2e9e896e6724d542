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
//! | `reembedding.rs` | the next model's work on the library |
//! | `model_manager.rs` | the control thread's side: commands in, state out |

mod catalogue;
mod hub;
mod model_manager;
mod reembedding;
mod serving;
mod state;

pub use catalogue::{CATALOGUE, CatalogueEntry};
pub use hub::{FileCheck, HUB, Hub, HubError, Offer, OfferedFile};
pub(super) use model_manager::ModelManager;
pub(super) use reembedding::Finished;
pub(super) use serving::Serving;
pub use serving::load_model_and_words;
pub use state::{InstalledModel, ModelsState, NextModel, NextPhase, Transfer};
