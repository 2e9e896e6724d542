//! A photo as one reading found it: its bytes, the hash of these very bytes, and what they hold.
//!
//! Whoever keeps something about a photo (an encoding, a thumbnail) keeps it under the hash of what was read, never under the
//! hash that the file had some time ago: what lies at a path may be another photo by now.

use std::path::Path;

use super::decode::{DecodeLimits, Picture, Scale, decode_turned, read_file};
use super::facts::{PhotoFacts, read_facts};
use super::failure::Failure;
use super::hash::ContentHash;
use super::orientation::Orientation;
use super::rotate::{governing_orientation, turned_hash};
use super::scan::{FoundFile, look_at};

/// A file that changes while it is read is read this often, then taken as it is: the next scan sees that it differs.
const STEADY_READS: usize = 3;

/// The bytes of a file that held still while they were read.
#[derive(Clone, Debug)]
pub struct PhotoBytes {
    /// Its size and time, as they were before and after reading.
    pub found: FoundFile,
    /// The hash of the bytes; where the photo is turned beside its file, that of the turned photo ([`turned_hash`]).
    pub hash: ContentHash,
    bytes: Vec<u8>,
    turned: Option<Orientation>,
}

impl PhotoBytes {
    /// Reads the file at `path`; again where its size or time changed meanwhile.
    ///
    /// # Errors
    /// Those of [`read_file`].
    pub fn read(path: &Path, limits: &DecodeLimits) -> Result<Self, Failure> {
        let look = || look_at(path).map_err(|error| Failure::at(path, error));
        let mut found = look()?;
        let mut bytes = read_file(path, limits)?;
        for _ in 1..STEADY_READS {
            let after = look()?;
            if after == found {
                break;
            }
            found = after;
            bytes = read_file(path, limits)?;
        }
        let turned = governing_orientation(path);
        let hash = ContentHash::of(&bytes);
        Ok(Self {
            found,
            hash: turned.map_or(hash, |orientation| turned_hash(&hash, orientation.tag() as u8)),
            bytes,
            turned,
        })
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The orientation that the photo's sidecar gives it, where Refocus turned it beside the file.
    pub(super) fn turned(&self) -> Option<Orientation> {
        self.turned
    }

    /// Its pixels.
    ///
    /// # Errors
    /// Those of [`decode`](super::decode::decode).
    pub fn decode(&self, scale: Scale, limits: &DecodeLimits) -> Result<Picture, Failure> {
        decode_turned(&self.bytes, self.turned, scale, limits)
    }

    /// What it says about itself.
    pub fn facts(&self) -> PhotoFacts {
        read_facts(&self.bytes)
    }
}

/// A photo that was read and decoded.
#[derive(Clone, Debug)]
pub struct ReadPhoto {
    /// The file's size and time, as they were before and after reading.
    pub found: FoundFile,
    /// The hash of the bytes that `picture` was decoded from.
    pub hash: ContentHash,
    /// Its pixels.
    pub picture: Picture,
}

/// Reads and decodes the photo at `path`.
///
/// # Errors
/// Those of [`read_file`] and [`decode`](super::decode::decode).
pub fn read_photo(path: &Path, scale: Scale, limits: &DecodeLimits) -> Result<ReadPhoto, Failure> {
    let bytes = PhotoBytes::read(path, limits)?;
    let picture = bytes.decode(scale, limits)?;
    Ok(ReadPhoto {
        found: bytes.found,
        hash: bytes.hash,
        picture,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;
    use crate::fixtures::encode;
    use image::{ImageFormat, RgbImage};

    fn png(width: u32, grey: u8) -> Vec<u8> {
        let picture = RgbImage::from_pixel(width, 8, image::Rgb([grey; 3]));
        encode(picture, ImageFormat::Png)
    }

    #[test]
    fn hash_size_and_pixels_are_those_of_what_lies_there_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.png");
        for (width, grey) in [(9, 10), (12, 200)] {
            let bytes = png(width, grey);
            std::fs::write(&path, &bytes).unwrap();
            let photo = read_photo(&path, Scale::Full, &DecodeLimits::default()).unwrap();
            assert_eq!(photo.hash, ContentHash::of(&bytes));
            assert_eq!(photo.found, look_at(&path).unwrap());
            assert_eq!((photo.picture.width, photo.picture.rgb[0]), (width, grey));
        }
    }

    #[test]
    fn a_file_that_is_not_there_and_one_that_is_no_picture_are_failures() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.png");
        let read = || read_photo(&path, Scale::Full, &DecodeLimits::default()).map_err(|failure| failure.kind);
        assert_eq!(read().unwrap_err(), FailureKind::Io);
        std::fs::write(&path, "a text").unwrap();
        assert_eq!(read().unwrap_err(), FailureKind::Corrupt);
    }
}
