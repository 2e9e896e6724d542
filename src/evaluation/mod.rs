//! Benchmarks and metrics: how well photos are ordered, named, grouped and pointed at under an instruction.
//!
//! Pictures enter as files or seeds of the scene renderer and are encoded as the engine encodes them; labels enter as a
//! table, as folder names, or as the renderer's truth. Everything that is judged is the product's own ranking
//! (`src/focus/`), in every way that the model has; figures leave as a [`report`].
//!
//! ```text
//! files, seeds ─ encode ─▶ PhotoSet ─ ways ─▶ Under ─ aspect · wordings · pointing ─▶ report
//! labels.csv, folders, truth ─ labels, scenes ─────────┘
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
//! | `scenes.rs`, `pointing.rs`, `cells.rs` | rendered scenes: four aspects; two objects; the 4 × 4 cells of a heat map |
//! | `int8.rs` | what rounding to int8 costs |
//! | `colorshape.rs` | FocalLens from scratch: three small towers, retrieval by colour and by shape |
//! | `protocols/` | the paper's benchmarks in their published formats |
//! | `report.rs` | the figures, and their JSON |

pub mod aspect;
pub mod cache;
mod cells;
pub mod clustering;
pub mod colorshape;
pub mod encode;
pub mod error;
pub mod int8;
pub mod labels;
pub mod metrics;
pub mod pointing;
pub mod protocols;
pub mod report;
pub mod scenes;
#[cfg(test)]
mod tiny;
pub mod ways;
pub mod wordings;

pub use cells::CELLS;
pub use error::EvaluationError;
