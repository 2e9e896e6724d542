//! Turning photos by their orientation tag alone: beside them, in an XMP sidecar, or inside a JPEG. No pixel is written anew.
//!
//! A turn is planned first ([`plan`]) and carried out then ([`Rotation::carry_out`]), so that whoever keeps something about a photo can
//! keep it about the turned one before anything on disk changes. A file is replaced as a whole, so that a kill leaves the old one or
//! the new one. [`Rotation::back`] is the turn that leads back to the very bytes of before.
//!
//! A photo that is turned beside its file has an identity of its own ([`turned_hash`]): what was made of its pixels is another picture.
//!
//! | file | holds |
//! |---|---|
//! | `jpeg.rs` | the tag inside a JPEG |
//! | `packet.rs` | the tag inside an XMP packet |
//! | `sidecar.rs` | which sidecar a photo's turn stands in |
//! | `splice.rs` | what of a file changes, and how it is written |
//!
//! Source: XMP specification part 2 (`tiff:Orientation`); Exif 2.32, tag 0x0112.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::decode::{DecodeLimits, stored_orientation};
use super::failure::Failure;
use super::hash::ContentHash;
use super::orientation::Orientation;
use super::read_photo::PhotoBytes;
use super::sniff::{PictureFormat, sniff};

use splice::Splice;

mod jpeg;
mod packet;
mod sidecar;
mod splice;

pub(super) use sidecar::governing_orientation;
pub use sidecar::{names_a_turn, photos_beside};

/// The coarsest step in which a memory card's file system counts the time of a change.
const TIME_STEP: Duration = Duration::from_secs(2);

/// Which way a photo is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// A quarter against the clock.
    Left,
    /// A quarter with the clock.
    Right,
    /// As its pixels are stored, whatever was said of it.
    Upright,
}

/// Where a turn is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TurnPlace {
    /// Beside the photo, in its XMP sidecar.
    #[default]
    Sidecar,
    /// In the photo's file where its format allows it (JPEG), else beside it.
    File,
}

/// Why a photo cannot be turned. Every message ends with the file.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The photo cannot be read.
    #[error("this photo cannot be read ({}): {}", failure.message, path.display())]
    Unreadable {
        /// Why.
        failure: Failure,
        /// The photo.
        path: PathBuf,
    },
    /// The file in which the turn is to stand is not as it should be.
    #[error("{detail}: {}", path.display())]
    Unfit {
        /// What is wrong.
        detail: String,
        /// The file.
        path: PathBuf,
    },
    /// The file is another one than when the turn was planned.
    #[error("this file was changed by another program meanwhile, and stays as it is: {}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("{}: {}", splice::in_words(source), path.display())]
    NotWritten {
        /// What the system says.
        source: io::Error,
        /// The file.
        path: PathBuf,
    },
}

/// How a photo is shown before and after a turn, as values of the tag (1 to 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownAs {
    /// Before.
    pub before: u8,
    /// After.
    pub after: u8,
}

impl ShownAs {
    /// Where a rectangle of the photo lies after the turn: left, top, right, bottom as parts of its width and height.
    #[must_use]
    pub fn turned([left, top, right, bottom]: [f32; 4], shown: Self) -> [f32; 4] {
        let [[x0, y0], [x1, y1]] = [[left, top], [right, bottom]].map(|corner| shown.place(corner));
        [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)]
    }

    /// Where a place of the photo is after the turn: both as parts of its width and height.
    #[must_use]
    pub fn place(self, place: [f32; 2]) -> [f32; 2] {
        let [before, after] = [self.before, self.after].map(|tag| Orientation::from_tag(u32::from(tag)));
        after.place_of_stored(before.stored_place(place))
    }

    /// How many quarters against the clock the turn has, 0 to 3; `None` where it mirrors.
    #[must_use]
    pub fn quarters_anticlockwise(self) -> Option<u8> {
        let [before, after] = [self.before, self.after].map(|tag| Orientation::from_tag(u32::from(tag)));
        (0..4).find(|quarters| before.then_anticlockwise(*quarters) == after)
    }
}

/// A turn of one photo: what changes on disk, and what the photo is before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The photo.
    pub photo: PathBuf,
    /// What it is now.
    pub before: ContentHash,
    /// What it is when the turn is carried out.
    pub after: ContentHash,
    /// How it is shown.
    pub shown: ShownAs,
    /// Whether the turn stands beside the photo.
    pub is_beside: bool,
    splice: Splice,
}

/// The identity of a photo of these bytes that its sidecar shows in another orientation (1 to 8) than its file says.
#[must_use]
pub fn turned_hash(bytes: &ContentHash, orientation: u8) -> ContentHash {
    ContentHash::of(&[b"refocus: turned beside the file", bytes.0.as_slice(), &[orientation]].concat())
}

/// Plans to turn a photo. Nothing is written. `None` where it is so already.
///
/// # Errors
/// [`RotateError::Unreadable`], [`RotateError::Unfit`].
pub fn plan(photo: &Path, turn: Turn, place: TurnPlace) -> Result<Option<Rotation>, RotateError> {
    let unreadable = |failure| RotateError::Unreadable {
        failure,
        path: photo.to_path_buf(),
    };
    let limits = DecodeLimits::for_a_person();
    let read = PhotoBytes::read(photo, &limits).map_err(unreadable)?;
    let own = stored_orientation(read.bytes(), &limits).map_err(unreadable)?;
    let now = read.turned().unwrap_or(own);
    let then = match turn {
        Turn::Left => now.then_anticlockwise(1),
        Turn::Right => now.then_anticlockwise(3),
        Turn::Upright => Orientation::UPRIGHT,
    };
    if now == then {
        return Ok(None);
    }
    // What stands beside the photo already is what counts, and is changed where it stands.
    let is_jpeg = matches!(sniff(read.bytes()), Ok(PictureFormat::Jpeg));
    let in_file = place == TurnPlace::File && is_jpeg && read.turned().is_none();
    let (splice, after) = if in_file {
        let turned = jpeg::with_orientation(read.bytes(), then).map_err(|detail| RotateError::Unfit {
            detail,
            path: photo.to_path_buf(),
        })?;
        let after = ContentHash::of(&turned);
        // A photo without a date of its own keeps its place among the others, and other programs see that the file changed.
        let modified = std::fs::metadata(photo).and_then(|facts| facts.modified()).ok();
        let times = modified.map(|before| (before, before.checked_add(TIME_STEP).unwrap_or(before)));
        (Splice::between(photo, Some(read.bytes()), Some(&turned), times), after)
    } else {
        let plain = ContentHash::of(read.bytes());
        let after = if then == own {
            plain
        } else {
            turned_hash(&plain, then.tag() as u8)
        };
        (sidecar::splice(photo, then, then != own)?, after)
    };
    Ok(Some(Rotation {
        photo: photo.to_path_buf(),
        before: read.hash,
        after,
        shown: ShownAs {
            before: now.tag() as u8,
            after: then.tag() as u8,
        },
        is_beside: !in_file,
        splice,
    }))
}

impl Rotation {
    /// Carries the turn out: the file is the old one or the new one at any moment.
    ///
    /// # Errors
    /// [`RotateError::Changed`], [`RotateError::NotWritten`]; then the file is as it was.
    pub fn carry_out(&self) -> Result<(), RotateError> {
        self.splice.carry_out()
    }

    /// The turn that takes this one back: the file gets the very bytes and the time that it had.
    #[must_use]
    pub fn back(&self) -> Self {
        Self {
            photo: self.photo.clone(),
            before: self.after,
            after: self.before,
            shown: ShownAs {
                before: self.shown.after,
                after: self.shown.before,
            },
            is_beside: self.is_beside,
            splice: self.splice.back(),
        }
    }

    /// The file that changes: the photo or its sidecar.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.splice.file()
    }
}

/// The file's times before and after, where they are kept.
type Times = Option<(SystemTime, SystemTime)>;

#[cfg(test)]
mod tests;
