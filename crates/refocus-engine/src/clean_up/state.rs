//! What is told about photos that are alike.

use std::path::Path;
use std::sync::Arc;

use crate::rows::{FileId, RowsInUse};

use super::Reason;

/// A content, and how many files of it there are in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentFiles {
    /// blake3 of the bytes.
    pub hash: [u8; 32],
    /// Files with these bytes.
    pub files: u32,
}

/// What the photos of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CleanUpKind {
    /// Their files are the same, byte by byte.
    Identical,
    /// They look nearly the same.
    Same,
    /// One camera took them one after the other, within a few seconds, and they look alike.
    Burst,
}

impl CleanUpKind {
    /// As JSON names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Same => "same",
            Self::Burst => "burst",
        }
    }
}

/// A photo of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanUpPhoto {
    /// Its row number.
    pub row: u32,
    /// Its file.
    pub id: FileId,
    /// Where that lies.
    pub path: Arc<Path>,
    /// blake3 of its bytes.
    pub hash: [u8; 32],
    /// Bytes of its file, and of raw files that go with it.
    pub bytes: u64,
    /// Files: its own, and raw files that go with it.
    pub files: usize,
    /// How sharp it is, as a share of the sharpest of the group; `None` while it is not measured, or where it cannot be read.
    pub sharpness: Option<f32>,
}

/// Photos of which one may be enough.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanUpGroup {
    /// What they have in common.
    pub kind: CleanUpKind,
    /// The photos, in the order of time. At least two.
    pub photos: Arc<[CleanUpPhoto]>,
    /// The place of the one that is worth keeping.
    pub best: usize,
    /// Why that one.
    pub why: Vec<Reason>,
}

impl CleanUpGroup {
    /// The contents, each once: what a decision about the group is kept by.
    #[must_use]
    pub fn contents(&self) -> Vec<ContentFiles> {
        let mut contents: Vec<ContentFiles> = Vec::new();
        for photo in self.photos.iter() {
            match contents.iter_mut().find(|content| content.hash == photo.hash) {
                Some(content) => content.files += 1,
                None => contents.push(ContentFiles {
                    hash: photo.hash,
                    files: 1,
                }),
            }
        }
        contents.sort_unstable();
        contents
    }

    /// Bytes of all photos but the best.
    #[must_use]
    pub fn spare_bytes(&self) -> u64 {
        let others = self.photos.iter().enumerate().filter(|(place, _)| *place != self.best);
        others.map(|(_, photo)| photo.bytes).sum()
    }

    /// Why the best is the best, as in "larger, sharper"; empty where nothing speaks for any of them.
    #[must_use]
    pub fn why_in_words(&self) -> String {
        let words: Vec<&str> = self.why.iter().map(|reason| reason.in_words()).collect();
        words.join(", ")
    }
}

/// How far looking has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CleanUpPhase {
    /// Photos are compared.
    #[default]
    Comparing,
    /// The groups are known; how sharp their photos are is measured.
    Measuring,
    /// All is known.
    Done,
    /// The person stopped it; what was found so far is told.
    Stopped,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct CleanUp {
    /// The [`CleanUpRequest::Look`](super::CleanUpRequest::Look) that this answers.
    pub generation: u64,
    /// How far looking has come.
    pub phase: CleanUpPhase,
    /// Photos compared or measured so far.
    pub done: usize,
    /// Photos to be compared or measured.
    pub total: usize,
    /// Seconds that comparing took.
    pub compared_s: f32,
    /// The groups: identical files first, those that take most space first.
    pub groups: Arc<[CleanUpGroup]>,
    /// Keeps the row numbers from meaning other photos.
    pub rows_in_use: RowsInUse,
}
