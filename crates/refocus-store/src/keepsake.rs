//! The keepsake: folders, favourites and ratings once more, in a plain text file beside the database.
//!
//! They are what cannot be computed again from the photos when the database is lost. The file has one record a line; paths are
//! bytes, those outside printable ASCII as `%` and two hexadecimal digits. It is replaced atomically: written under another name, then
//! renamed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

use super::error::StoreError;
use super::path_bytes;
use super::reader::Reader;
use super::rows::{MOST_STARS, Marks};

const FIRST_LINE: &str = "refocus keepsake 1";

/// Behind a mark from which the person took the rating that the photo brought along.
const UNRATED: &str = "unrated";

/// Bytes of a path that are encoded, besides those outside ASCII.
pub(super) const NOT_PLAIN: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// Folders, favourites and ratings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keepsake {
    /// Folders that the person added.
    pub folders: Vec<PathBuf>,
    /// Favourites and ratings by content hash.
    pub marks: BTreeMap<[u8; 32], Marks>,
}

impl Keepsake {
    /// What the library holds now.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn of(reader: &Reader) -> Result<Self, StoreError> {
        let mut marks = BTreeMap::new();
        reader.for_each_mark(|hash, mark| {
            marks.insert(hash, mark);
        })?;
        let folders = reader.folders()?.into_iter().map(|folder| folder.path).collect();
        Ok(Self { folders, marks })
    }

    /// Where it lies for the library at `database`.
    #[must_use]
    pub fn path_for(database: &Path) -> PathBuf {
        let mut name = database.as_os_str().to_owned();
        name.push("-marks.txt");
        name.into()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.marks.is_empty()
    }

    /// Reads the one beside `database`. Lines that cannot be understood are passed over; without a file it is empty.
    #[must_use]
    pub fn read(database: &Path) -> Self {
        let text = std::fs::read_to_string(Self::path_for(database)).unwrap_or_default();
        let mut keepsake = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["folder", path] => keepsake.folders.extend(decode(path)),
                ["mark", hash, favourite, rating, more @ ..] => {
                    let hash = unhex(hash);
                    let rating = rating.parse().ok().filter(|rating| *rating <= MOST_STARS);
                    if let Some((hash, rating)) = hash.zip(rating) {
                        let favourite = *favourite == "1";
                        let unrated = more.contains(&UNRATED);
                        let marks = Marks {
                            favourite,
                            rating,
                            unrated,
                        };
                        keepsake.marks.insert(hash, marks);
                    }
                }
                _ => {}
            }
        }
        keepsake
    }

    /// Writes it beside `database`: the file holds the old state or the new one, never half of either.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write(&self, database: &Path) -> std::io::Result<()> {
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
        // By the standard library: tempfile's own errors name the temporary file.
        let file = tempfile::Builder::new().make_in(folder.unwrap_or(Path::new(".")), new_private_file)?;
        let mut text = format!("{FIRST_LINE}\n");
        for folder in &self.folders {
            text.push_str(&format!("folder {}\n", encode(folder)));
        }
        for (hash, marks) in &self.marks {
            let hash = hex(hash);
            text.push_str(&format!("mark {hash} {} {}", u8::from(marks.favourite), marks.rating));
            if marks.unrated {
                text.push_str(&format!(" {UNRATED}"));
            }
            text.push('\n');
        }
        file.as_file().write_all(text.as_bytes())?;
        file.as_file().sync_data()?;
        file.persist(Self::path_for(database))?;
        Ok(())
    }
}

/// A new file that others cannot read.
pub(super) fn new_private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn encode(path: &Path) -> String {
    percent_encode(&path_bytes::to_bytes(path), NOT_PLAIN).to_string()
}

/// The path of an encoded text; `None` where a percent sign is not followed by two hexadecimal digits.
fn decode(text: &str) -> Option<PathBuf> {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    // The decoder passes a broken escape through: then more bytes are left.
    let whole = bytes.len() + 2 * text.matches('%').count() == text.len();
    whole.then(|| path_bytes::from_bytes(&bytes))
}

/// A hash in hexadecimal digits.
pub(super) fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nonsense_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("library.refocus");
        assert_eq!(Keepsake::read(&database), Keepsake::default());
        let loved = Marks {
            favourite: true,
            rating: 5,
            unrated: false,
        };
        let taken_away = Marks {
            unrated: true,
            ..Marks::default()
        };
        let keepsake = Keepsake {
            folders: vec!["/photos/100% صور\n".into(), "/b".into()],
            marks: BTreeMap::from([([7; 32], loved), ([200; 32], Marks::default()), ([201; 32], taken_away)]),
        };
        keepsake.write(&database).unwrap();
        assert_eq!(Keepsake::read(&database), keepsake);
        let path = Keepsake::path_for(&database);
        let mut text = std::fs::read_to_string(&path).unwrap();
        #[cfg(unix)]
        assert!(
            text.contains("\nfolder /photos/100%25%20%D8%B5%D9%88%D8%B1%0A\nfolder /b\n"),
            "{text}"
        );
        text.push_str("mark zz 1 2\nmark 00 1\nfolder\nfolder /a%4\nfolder /b%zz\nfolder /%%41\nmark ");
        std::fs::write(&path, text).unwrap();
        assert_eq!(Keepsake::read(&database), keepsake);
    }
}
