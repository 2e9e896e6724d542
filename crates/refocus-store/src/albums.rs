//! Albums, in a file of their own beside the database: names, which album lies in which, and photos by their content.
//!
//! The file is JSON, so that any program can read it, and what is exported has the same form:
//!
//! ```text
//! { "refocus albums": 1,
//!   "albums": [ { "id": 1, "name": "Norway", "inside": null, "photos": ["HASH", …] }, … ] }
//! ```
//!
//! A photo is the blake3 hash of its bytes in hexadecimal: albums refer to no row, and outlive moves, removed folders and a database that
//! is built anew. The file is replaced as a whole, so that a kill leaves the old state or the new one.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::keepsake::{hex, new_private_file, unhex};
use super::new_file::{Occupied, beside, put_in_place, remove_if_there};

/// The newest form of the file.
const FORM: u32 = 1;

/// Most characters of a name.
pub const LONGEST_ALBUM_NAME: usize = 120;

/// Identity of an album. It is never given twice in a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlbumId(pub u64);

/// An album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAlbum {
    /// Identity.
    pub id: AlbumId,
    /// Its name.
    pub name: Arc<str>,
    /// The album that it lies in.
    pub inside: Option<AlbumId>,
    /// Its photos by the blake3 hash of their bytes, in the order in which they came, each once.
    pub photos: Arc<[[u8; 32]]>,
}

/// Why albums cannot be read or written. Every message ends with the file.
#[derive(Debug, thiserror::Error)]
pub enum AlbumsError {
    /// The file cannot be read.
    #[error("the albums cannot be read ({source}): {}", path.display())]
    Unreadable {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
    /// The file is not as it should be.
    #[error("the albums are damaged ({detail}); nothing was changed. Put a copy in its place, or move it away to begin anew: {}", path.display())]
    Damaged {
        /// What is wrong, and where.
        detail: String,
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer Refocus.
    #[error("these albums were written by a newer Refocus; nothing was changed, please update Refocus: {}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("the albums cannot be written ({source}); they are as they were before: {}", path.display())]
    NotWritten {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
}

/// The file's form.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(rename = "refocus albums")]
    form: u32,
    albums: Vec<WrittenAlbum>,
}

#[derive(Serialize, Deserialize)]
struct WrittenAlbum {
    id: AlbumId,
    name: String,
    inside: Option<AlbumId>,
    photos: Vec<String>,
}

/// Where the albums of the library at `database` lie.
#[must_use]
pub fn albums_path(database: &Path) -> PathBuf {
    beside(database, "-albums.json")
}

/// Reads the albums in a file; none where it is not there.
///
/// # Errors
/// [`AlbumsError::Unreadable`], [`AlbumsError::Damaged`], [`AlbumsError::Newer`].
pub fn read_albums(file: &Path) -> Result<Vec<StoredAlbum>, AlbumsError> {
    let path = file.to_path_buf();
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(AlbumsError::Unreadable { source, path }),
    };
    /// Whatever else a newer form holds.
    #[derive(Deserialize)]
    struct Form {
        #[serde(rename = "refocus albums")]
        form: u32,
    }
    if serde_json::from_slice::<Form>(&text).is_ok_and(|form| form.form > FORM) {
        return Err(AlbumsError::Newer { path });
    }
    let damaged = |detail: String| AlbumsError::Damaged {
        detail,
        path: path.clone(),
    };
    let written: Written = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    let mut albums = Vec::with_capacity(written.albums.len());
    for album in written.albums {
        let name = album_name(&album.name).ok_or_else(|| damaged(format!("album {} has no name", album.id.0)))?;
        let mut seen = HashSet::new();
        let mut photos = Vec::with_capacity(album.photos.len());
        for photo in &album.photos {
            let hash = unhex(photo).ok_or_else(|| damaged(format!("a photo of “{name}” is no hash: {photo}")))?;
            if seen.insert(hash) {
                photos.push(hash);
            }
        }
        albums.push(StoredAlbum {
            id: album.id,
            name: name.into(),
            inside: album.inside,
            photos: photos.into(),
        });
    }
    match fault(&albums) {
        Some(detail) => Err(damaged(detail)),
        None => Ok(albums),
    }
}

/// Writes albums to a file, which holds the old ones or the new ones at any moment. Nobody else can read it.
///
/// # Errors
/// [`AlbumsError::NotWritten`]; then the file is as it was.
pub fn write_albums(file: &Path, albums: &[StoredAlbum]) -> Result<(), AlbumsError> {
    let written = Written {
        form: FORM,
        albums: albums
            .iter()
            .map(|album| WrittenAlbum {
                id: album.id,
                name: album.name.to_string(),
                inside: album.inside,
                photos: album.photos.iter().map(hex).collect(),
            })
            .collect(),
    };
    let new = beside(file, "-new");
    let write = || {
        // What a kill left.
        remove_if_there(&new)?;
        let mut out = BufWriter::new(new_private_file(&new)?);
        serde_json::to_writer_pretty(&mut out, &written)?;
        out.write_all(b"\n")?;
        out.flush()?;
        drop(out);
        put_in_place(&new, file, Occupied::Replace, || Ok(()))
    };
    write().map_err(|source| {
        let _ = remove_if_there(&new);
        let path = file.to_path_buf();
        AlbumsError::NotWritten { source, path }
    })
}

/// A name as it is kept: one line without blanks around it, at most [`LONGEST_ALBUM_NAME`] characters; `None` where nothing is left.
#[must_use]
pub fn album_name(name: &str) -> Option<String> {
    let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let name: String = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .fold(String::new(), |all, word| {
            if all.is_empty() {
                word.to_owned()
            } else {
                format!("{all} {word}")
            }
        });
    let name: String = name.chars().take(LONGEST_ALBUM_NAME).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// What is wrong with albums as a whole: a number twice, an album inside one that is not there, or inside itself.
fn fault(albums: &[StoredAlbum]) -> Option<String> {
    let mut ids = HashSet::new();
    if let Some(twice) = albums.iter().find(|album| !ids.insert(album.id)) {
        return Some(format!("two albums have the number {}", twice.id.0));
    }
    for album in albums {
        let mut at = album.inside;
        for _ in 0..=albums.len() {
            let Some(inside) = at else { break };
            let Some(outer) = albums.iter().find(|other| other.id == inside) else {
                return Some(format!("“{}” lies in an album that is not there", album.name));
            };
            at = outer.inside;
        }
        if at.is_some() {
            return Some(format!("“{}” lies in itself", album.name));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn album(id: u64, name: &str, inside: Option<u64>, photos: &[u8]) -> StoredAlbum {
        StoredAlbum {
            id: AlbumId(id),
            name: name.into(),
            inside: inside.map(AlbumId),
            photos: photos.iter().map(|byte| [*byte; 32]).collect(),
        }
    }

    #[test]
    fn albums_are_read_as_they_were_written_and_nobody_else_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = albums_path(&folder.path().join("library.refocus"));
        assert!(file.ends_with("library.refocus-albums.json"));
        assert_eq!(read_albums(&file).unwrap(), []);
        let albums = [
            album(7, "Größe 日本", None, &[3, 1, 2]),
            album(2, "inside", Some(7), &[]),
        ];
        // What a kill left is no hindrance.
        std::fs::write(beside(&file, "-new"), "{").unwrap();
        for _ in 0..2 {
            write_albums(&file, &albums).unwrap();
            assert_eq!(read_albums(&file).unwrap(), albums);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn files_that_are_not_as_they_should_be_are_told_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("albums.json");
        let hash = hex(&[5; 32]);
        let one = |more: &str| format!(r#"{{"refocus albums": 1, "albums": [{more}]}}"#);
        let of = |id: u64, name: &str, inside: &str, photo: &str| {
            format!(r#"{{"id": {id}, "name": "{name}", "inside": {inside}, "photos": ["{photo}"]}}"#)
        };
        let cases = [
            (String::new(), "damaged (EOF"),
            ("[]".to_owned(), "damaged (invalid"),
            (one(&of(1, " \\n", "null", &hash)), "has no name"),
            (one(&of(1, "a", "null", "beef")), "is no hash: beef"),
            (one(&of(1, "a", "9", &hash)), "is not there"),
            (
                one(&[of(1, "a", "2", &hash), of(2, "b", "1", &hash)].join(",")),
                "lies in itself",
            ),
            (
                one(&[of(1, "a", "null", &hash), of(1, "b", "null", &hash)].join(",")),
                "the number 1",
            ),
            (r#"{"refocus albums": 2, "shelves": []}"#.to_owned(), "newer Refocus"),
        ];
        for (text, words) in cases {
            std::fs::write(&file, &text).unwrap();
            let error = read_albums(&file).unwrap_err().to_string();
            assert!(
                error.contains(words) && error.ends_with("albums.json"),
                "{text}: {error}"
            );
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        std::fs::write(&file, one(&of(1, "a", "null", &hash))).unwrap();
        assert_eq!(read_albums(&file).unwrap(), [album(1, "a", None, &[5])]);
        let error = write_albums(&folder.path().join("gone/albums.json"), &[]).unwrap_err();
        assert!(matches!(error, AlbumsError::NotWritten { .. }), "{error}");
    }

    #[test]
    fn names_are_one_line_of_bounded_length() {
        assert_eq!(album_name("  a \n b\t"), Some("a b".to_owned()));
        assert_eq!(album_name(" \u{7f}\n"), None);
        let long = album_name(&"ü ".repeat(200)).unwrap();
        assert!(long.chars().count() <= LONGEST_ALBUM_NAME && !long.ends_with(' '));
    }
}
