//! Metrics, labels and reports: how well photos are ordered, named and grouped under an instruction.
//!
//! Pictures enter as files and are encoded as the engine encodes them; labels enter as a table or as folder names. Everything
//! that is judged is the product's own ranking (`refocus-search`), in every way that the model has; figures leave as a
//! [`report`].
//!
//! ```text
//! files ─ encode ─▶ PhotoSet ─ ways ─▶ Under ─ aspect · wordings ─▶ report
//! labels.csv, folders ─ labels ───────────┘
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `metrics.rs` | average precision, recall at k, templates, accuracy |
//! | `clustering.rs` | spherical k-means, cluster accuracy, NMI, purity |
//! | `labels.rs` | labels of photos: from a CSV table or from folder names |
//! | `encode.rs`, `cache.rs` | pictures to encodings on two threads; encodings kept in a file |
//! | `ways.rs` | plain, training-free, focus encoder: the product's ranking in each of them |
//! | `aspect.rs`, `wordings.rs` | one aspect judged in one way; the same instruction worded otherwise |
//! | `cells.rs` | the 4 × 4 cells of a heat map |
//! | `report.rs` | the figures, and their JSON |

pub mod aspect;
pub mod cache;
pub mod cells;
pub mod clustering;
pub mod encode;
pub mod error;
pub mod labels;
pub mod metrics;
pub mod report;
/// A made-up library for tests.
#[cfg(any(test, feature = "synthetic"))]
pub mod tiny;
pub mod ways;
pub mod wordings;

pub use cells::CELLS;
pub use error::EvaluationError;
