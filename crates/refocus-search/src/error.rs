//! What can go wrong on the way from an instruction to an order.

/// A failure of this station. Each is a mismatch between what was handed in, never a matter of the photos themselves.
#[derive(Debug, thiserror::Error)]
pub enum FocusError {
    /// The bytes handed in are not a whole number of encodings of this model.
    #[error("encodings of {expected} bytes each cannot fill {found} bytes")]
    RowLength {
        /// Bytes of one encoding.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// An array has another length than what it goes with.
    #[error("{what}: expected {expected} values, found {found}")]
    Length {
        /// Name of the array.
        what: &'static str,
        /// Length that fits.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// Photos are counted in 32 bits.
    #[error("{0} photos are more than one ranking can hold")]
    TooManyPhotos(usize),
    /// A reference points at no photo.
    #[error("reference {row} is not one of the {photos} photos")]
    NoSuchPhoto {
        /// Row asked for.
        row: u32,
        /// Number of photos.
        photos: usize,
    },
    /// A reference has no encoding yet.
    #[error("photo {0} has not been encoded yet and cannot be a reference")]
    NotEncoded(u32),
    /// The bank of value words cannot be read.
    #[error("value words: {0}")]
    Bank(String),
    /// The text tower failed.
    #[error("text tower: {0}")]
    Text(String),
}

impl FocusError {
    /// `Ok` if `found` is `expected`, [`FocusError::Length`] otherwise.
    ///
    /// # Errors
    /// [`FocusError::Length`].
    pub fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found {
            Ok(())
        } else {
            Err(Self::Length { what, expected, found })
        }
    }
}
