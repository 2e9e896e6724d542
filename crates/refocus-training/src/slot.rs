//! What one step of contrast sees: photos, instructions over them, and what is right.

use refocus_model::colour_statistics::REGIONS;

/// Number of an aspect: its place among the vocabulary's names, in order; one more is ImageNet's.
pub type AspectId = usize;

/// How much of each region lies inside something, `[25]`: shares of cells, and 1 for an object that is it.
pub type Look = [f32; REGIONS];

/// What a row should answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// This column.
    Column(usize),
    /// These columns in these shares, which add up to 1.
    Shares(Vec<(usize, f32)>),
    /// No answer is right: the row says where to look, or that there is nothing to see, and no more.
    Nothing,
}

/// One triplet of a slot.
#[derive(Debug, Clone)]
pub struct Row {
    /// Place among the slot's photos.
    pub photo: usize,
    /// Text vector of the instruction, `[384]`.
    pub instruction: Vec<f32>,
    /// The aspect that it asks for.
    pub aspect: AspectId,
    /// What is right.
    pub target: Target,
    /// Answers in shares that say how alike other photos of the slot are under the aspect; none where that is not known.
    pub alike: Vec<(usize, f32)>,
    /// Where to look, where that is known.
    pub look: Option<Look>,
    /// Whether the photo shows what is asked for, where that is known: who asks a landscape what they are doing is to find
    /// nothing.
    pub shown: Option<bool>,
}

/// One slot.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// Places of its photos in the cache, none twice.
    pub photos: Vec<usize>,
    /// Its triplets.
    pub rows: Vec<Row>,
}
