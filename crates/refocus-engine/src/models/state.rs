//! What the front ends are told of models.

use super::catalogue::CatalogueEntry;
use super::hub::Offer;

/// A model that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    /// How commands call it.
    pub name: String,
    /// Name on the screen.
    pub title: String,
    /// Licence of its weights.
    pub licence: String,
    /// Bytes on the disk; 0 for the one inside the program.
    pub bytes: u64,
    /// Where it came from.
    pub source: String,
}

/// What the next model is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextPhase {
    /// Its weights are being read and tested.
    Loading,
    /// The value words are being put into its text space; once a model.
    Words,
    /// The library is being encoded.
    Photos,
}

/// The model that takes over when it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextModel {
    /// How commands call it.
    pub name: String,
    /// What it is doing.
    pub phase: NextPhase,
    /// Words or photos done.
    pub done: usize,
    /// Words or photos in all.
    pub total: usize,
}

/// Files on their way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The model that they make up.
    pub name: String,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes in all; 0 while unknown.
    pub total: u64,
}

/// Everything about models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelsState {
    /// The model in use.
    pub serving: String,
    /// The one that takes over.
    pub next: Option<NextModel>,
    /// The built-in model and those in the models' folder.
    pub installed: Vec<InstalledModel>,
    /// Those that can be fetched.
    pub catalogue: &'static [CatalogueEntry],
    /// What the hub offers under the catalogue's entry that was asked about last.
    pub offer: Option<(String, Offer)>,
    /// Files on their way in.
    pub transfer: Option<Transfer>,
    /// What went wrong last.
    pub error: Option<String>,
}
