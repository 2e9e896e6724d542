//! Benchmarks and metrics: pure functions over orders, labels and vectors.
//!
//! | file | holds |
//! |---|---|
//! | `metrics.rs` | average precision, recall at k, templates, accuracy |
//! | `clustering.rs` | spherical k-means, cluster accuracy, NMI, purity |

pub mod clustering;
pub mod metrics;
