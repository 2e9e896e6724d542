//! A panic as a value.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

/// A panic of a worker, or of one of its jobs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an internal error in \"{worker}\": {message}")]
pub struct WorkerPanic {
    /// The worker's name.
    pub worker: String,
    /// What the panic said.
    pub message: String,
}

impl WorkerPanic {
    pub(crate) fn new(worker: &str, payload: &(dyn Any + Send)) -> Self {
        Self {
            worker: worker.to_owned(),
            message: panic_message(payload).to_owned(),
        }
    }

    /// Panics with it on this thread, without a second report: the job of which the worker did a part ends as the part did.
    pub fn resume(self) -> ! {
        panic::resume_unwind(Box::new(self.message))
    }
}

/// Runs one job of a worker that lives on whatever becomes of the job. The panic hook sees the panic as it sees any other, so
/// that it is printed and leaves a report. What the job changed may be half done: the caller makes it anew.
///
/// # Errors
/// The panic.
pub fn attempt<T>(worker: &str, job: impl FnOnce() -> T) -> Result<T, WorkerPanic> {
    panic::catch_unwind(AssertUnwindSafe(job)).map_err(|payload| WorkerPanic::new(worker, payload.as_ref()))
}

pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_panics_comes_back_as_a_value_and_can_be_handed_on() {
        assert_eq!(attempt("a", || 3), Ok(3));
        let inner = attempt("inner", || panic!("number {}", 7)).unwrap_err();
        assert_eq!((inner.worker.as_str(), inner.message.as_str()), ("inner", "number 7"));
        let outer = attempt("outer", || inner.resume()).unwrap_err();
        assert_eq!((outer.worker.as_str(), outer.message.as_str()), ("outer", "number 7"));
    }
}
