//! Photos that are nearly the same: copies of another size or quality, slight edits, shots of one burst.
//!
//! Two photos are *alike* where what the model sees of them agrees closely, part by part
//! ([`EncodingRows::likeness`](crate::EncodingRows)); of two that one camera took within a few seconds, less is asked. All pairs are
//! gone through, by a sketch of some signs that takes a nanosecond a pair; what the sketch leaves is compared exactly. What was
//! compared once is remembered: new photos are compared with those that are there, and nothing else again.
//!
//! ```text
//! encodings ─ Planes ─▶ sketches ─ signs ──┐
//! moments ────────────▶ neighbours in time ┴▶ candidates ─ likeness ─▶ AlikeIndex ─ complete link ─▶ AlikeGroup
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `sketch.rs` | signs of random projections |
//! | `index.rs` | what is known of all photos, and the pairs that are alike |
//! | `grouping.rs` | from pairs to groups, in which every photo is alike with every other |

mod grouping;
mod index;
mod sketch;
#[cfg(test)]
mod tests;

pub use grouping::{AlikeGroup, AlikeKind};
pub use index::AlikeIndex;

/// Milliseconds between two shots of a burst, at most.
pub const BURST_MS: i64 = 3_000;

/// When and with what a photo was taken, as far as that is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Number of the camera; photos of two cameras are no burst.
    pub camera: u32,
    /// Milliseconds of the local wall clock.
    pub ms: i64,
}

impl Moment {
    /// Whether one camera took both photos, one soon after the other.
    #[must_use]
    pub fn is_soon_after(self, other: Self) -> bool {
        self.camera == other.camera && self.ms.abs_diff(other.ms) <= BURST_MS.unsigned_abs()
    }
}

/// A photo to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlikePhoto {
    /// Its place in the gallery.
    pub photo: u32,
    /// When it was taken; `None` where nothing states it.
    pub taken: Option<Moment>,
}
