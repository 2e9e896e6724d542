//! A panic in foreign code (a decoder, a colour engine, a metadata parser) becomes an ordinary failure of one file.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::failure::Failure;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// How `jpeg-decoder` names the threads that it starts for each colour component; they panic on our behalf.
const DECODER_THREAD: &str = "worker thread for component";

/// Runs `work`; a panic inside it is returned as a [`FailureKind::Corrupt`](super::failure::FailureKind) failure and
/// is not printed. Nested calls are fine.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    quieten_contained_panics();
    let outer = CONTAINED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    outcome.unwrap_or_else(|payload| {
        let reason = panic_message(payload.as_ref());
        tracing::debug!(reason, "a decoder panicked and was contained");
        Err(Failure::corrupt(format!(
            "The decoder gave up on it ({reason}). The file is damaged or unusual: open it in an image editor and save it anew."
        )))
    })
}

/// Puts a hook before the present panic hook that says nothing about panics which [`contained`] will catch. All other
/// panics reach the earlier hook unchanged.
fn quieten_contained_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let ours = CONTAINED.try_with(Cell::get).unwrap_or(false)
                || std::thread::current()
                    .name()
                    .is_some_and(|name| name.starts_with(DECODER_THREAD));
            if !ours {
                earlier(info);
            }
        }));
    });
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::failure::FailureKind;

    #[test]
    fn a_panic_becomes_a_failure_with_its_reason() {
        let failure = contained::<()>(|| panic!("index {} out of range", 7)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Corrupt);
        assert!(failure.message.contains("index 7 out of range"), "{failure}");
    }

    #[test]
    fn results_pass_through_and_containment_ends_with_the_call() {
        assert_eq!(contained(|| Ok(3)), Ok(3));
        let inner = contained(|| {
            let nested = contained::<()>(|| panic!("inside")).is_err();
            assert!(CONTAINED.get(), "the outer call is still contained after a nested one");
            Ok(nested)
        });
        assert_eq!(inner, Ok(true));
        assert!(!CONTAINED.get());
    }
}
