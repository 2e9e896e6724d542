//! What can be asked about photos that are alike.

use super::ContentFiles;

/// A request, answered by [`Event::CleanUp`](crate::Event::CleanUp).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanUpRequest {
    /// Looks at the library as it is now. What was compared before is not compared again. Generations must grow.
    Look {
        /// The front end's number for it.
        generation: u64,
    },
    /// Gives up looking; the groups that were found stay.
    Stop,
    /// All photos of a group stay: it is not told again, until a photo joins it.
    KeepAll(Vec<ContentFiles>),
    /// Takes [`CleanUpRequest::KeepAll`] of this group back.
    AskAgain(Vec<ContentFiles>),
    /// Nobody looks at the groups any more: their memory is freed.
    Close,
}
