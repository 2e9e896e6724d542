//! A panic in foreign code (a decoder, a colour engine, a metadata parser) becomes an ordinary failure of one file.

use super::failure::Failure;

/// Runs `work`; a panic inside it is returned as a [`FailureKind::Corrupt`](super::failure::FailureKind) failure and
/// is not printed. Nested calls are fine.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    refocus_workers::contained(work).unwrap_or_else(|reason| {
        tracing::debug!(reason, "a decoder panicked and was contained");
        Err(Failure::corrupt(format!(
            "The decoder gave up on it ({reason}). The file is damaged or unusual: open it in an image editor and save it anew."
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    #[test]
    fn a_panic_becomes_a_failure_with_its_reason() {
        let failure = contained::<()>(|| panic!("index {} out of range", 7)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Corrupt);
        assert!(failure.message.contains("index 7 out of range"), "{failure}");
    }
}
