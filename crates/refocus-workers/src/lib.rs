//! Threads and panics: the one place where threads are started, and where a panic becomes a value.
//!
//! No thread ends silently. A [`Worker`] hands its panic to whoever depends on it before anybody sees that it has ended; the
//! threads of a [`Pool`] hand theirs to whoever started the pool. Whoever waits for a worker waits with a deadline, or on a
//! channel whose other end the worker owns, so that a panic releases it by unwinding.
//!
//! | file | idea |
//! |---|---|
//! | `worker` | a named thread that is waited for with a deadline and whose panic is told |
//! | `pool` | the same for threads that borrow, joined before the borrow ends |
//! | `panicked` | a panic as a value; one job of a worker that lives on |
//! | `contain` | a panic in foreign code becomes an ordinary value, without a report |
//! | `fault` | tests put a panic or a stall into a worker by its name |

mod contain;
pub mod fault;
mod panicked;
mod pool;
mod worker;

pub use contain::contained;
pub use panicked::{WorkerPanic, attempt};
pub use pool::{Pool, PoolWorker, in_pool};
pub use worker::{NoAnswer, Worker, still_at_work, within};
