//! From a search to an order: one thread that always works on the newest search.
//!
//! | file | holds |
//! |---|---|
//! | `mailbox.rs` | the newest search and the photo that waits for an explanation; older ones are dropped |
//! | `ranker.rs` | the thread: search → order, groups, value words |
//! | `conditions.rs` | what is kept between searches: conditions, means, the library under a condition |
//! | `model_rows.rs` | a model as the focus station reads it |
//! | `probe.rs` | one search at a time, for measurements |
//! | `explain.rs` | why a photo stands where it stands |

mod conditions;
mod explain;
mod mailbox;
mod model_rows;
mod probe;
mod ranker;

pub(super) use mailbox::Mailbox;
pub use probe::RankingProbe;
pub(super) use ranker::Ranker;
