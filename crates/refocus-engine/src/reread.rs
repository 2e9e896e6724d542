//! A photo's picture, read again from its file: for all that looks at photos after they were indexed.

use std::path::Path;

use refocus_media::{DecodeLimits, PhotoBytes, Picture, Scale};

/// Why a photo's picture is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The file cannot be read now.
    Unreachable,
    /// It is no picture that can be decoded.
    Undecodable,
    /// The file holds something else than was indexed under the hash.
    Changed,
}

/// The picture of a content. What is kept under a hash is made of the very bytes that have it.
pub(crate) fn reread(path: &Path, hash: &[u8; 32], scale: Scale) -> Result<Picture, Unread> {
    let limits = DecodeLimits::default();
    let photo = PhotoBytes::read(path, &limits).map_err(|_| Unread::Unreachable)?;
    if photo.hash.0 != *hash {
        return Err(Unread::Changed);
    }
    photo.decode(scale, &limits).map_err(|_| Unread::Undecodable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_media::ContentHash;

    #[test]
    fn a_file_that_is_another_by_now_is_told_from_one_that_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        image::RgbImage::new(6, 4).save(&path).unwrap();
        let hash = ContentHash::of(&std::fs::read(&path).unwrap()).0;
        assert_eq!(reread(&path, &hash, Scale::Full).unwrap().width, 6);
        image::RgbImage::new(8, 4).save(&path).unwrap();
        assert_eq!(reread(&path, &hash, Scale::Full), Err(Unread::Changed));
        std::fs::write(&path, "no picture").unwrap();
        let hash = ContentHash::of(b"no picture").0;
        assert_eq!(reread(&path, &hash, Scale::Full), Err(Unread::Undecodable));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(reread(&path, &hash, Scale::Full), Err(Unread::Unreachable));
    }
}
