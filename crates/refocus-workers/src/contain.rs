//! Panics of foreign code (decoders, tokenizers) that read what others wrote.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::panicked::panic_message;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// How `jpeg-decoder` names the threads that it starts for each colour component; they panic on our behalf.
const DECODER_THREAD: &str = "worker thread for component";

/// Runs `work`; of a panic inside it, which is not printed, the message is returned. Nested calls are fine.
///
/// # Errors
/// The message of the panic.
pub fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    quieten_contained_panics();
    let outer = CONTAINED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    outcome.map_err(|payload| panic_message(payload.as_ref()).to_owned())
}

/// Puts a hook before the present panic hook that says nothing about panics which [`contained`] will catch. All other
/// panics reach the earlier hook unchanged.
fn quieten_contained_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let contained = CONTAINED.try_with(Cell::get).unwrap_or(false)
                || std::thread::current()
                    .name()
                    .is_some_and(|name| name.starts_with(DECODER_THREAD));
            // A fuzzer ends the process in its hook, and is to see the panics of our own parsers.
            let told = !contained || cfg!(fuzzing) && info.location().is_none_or(|at| !is_foreign(at.file()));
            if told {
                earlier(info);
            }
        }));
    });
}

/// Whether the source file of a panic is a dependency's.
fn is_foreign(source: &str) -> bool {
    let source = source.replace('\\', "/");
    ["/registry/src/", "/git/checkouts/"]
        .iter()
        .any(|folder| source.contains(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_told_from_our_own_code_and_the_standard_library() {
        let foreign = [
            "/home/a/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/exif-0.6/src/lib.rs",
            "C:\\Users\\a\\.cargo\\registry\\src\\index\\exif-0.6\\src\\lib.rs",
        ];
        assert!(foreign.into_iter().all(is_foreign));
        for own in [
            file!(),
            "/photos/refocus/crates/refocus-media/src/sniff.rs",
            "/rustc/1/library/core/src/slice.rs",
        ] {
            assert!(!is_foreign(own), "{own}");
        }
    }

    #[test]
    fn results_pass_through_and_containment_ends_with_the_call() {
        assert_eq!(contained(|| 3), Ok(3));
        let inner = contained(|| {
            let nested = contained(|| panic!("inside")).unwrap_err();
            assert!(CONTAINED.get(), "the outer call is still contained after a nested one");
            nested
        });
        assert_eq!(inner.as_deref(), Ok("inside"));
        assert!(!CONTAINED.get());
    }
}
