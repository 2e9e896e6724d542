//! Copying, moving and renaming files without ever overwriting one.
//!
//! A new file's name is taken by creating it anew, which fails where something has that name; only then is it filled. Two
//! programs that do this at the same time get two names.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Most numbers that are tried behind a name: "photo (2).jpg", "photo (3).jpg" …
const MOST_NUMBERS: u32 = 10_000;

/// Copies a file into a folder, under its own name or one with a number; returns where it is.
///
/// # Errors
/// What the disk reports; then nothing is left in the folder.
pub fn copy_into(file: &Path, folder: &Path) -> io::Result<PathBuf> {
    let (target, place) = take_name(file, folder)?;
    fill(file, &target, place)?;
    Ok(target)
}

/// Moves a file into a folder, under its own name or one with a number; returns where it is. A file that lies there already
/// stays.
///
/// # Errors
/// What the disk reports; then the file is where it was.
pub fn move_into(file: &Path, folder: &Path) -> io::Result<PathBuf> {
    if file.parent() == Some(folder) {
        return Ok(file.to_path_buf());
    }
    let (target, place) = take_name(file, folder)?;
    replace_placeholder(file, &target, place)?;
    Ok(target)
}

/// Moves a file to a place where nothing is.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where something is there, or what the disk reports; then the file is where it was.
pub fn move_to(file: &Path, target: &Path) -> io::Result<()> {
    let place = OpenOptions::new().write(true).create_new(true).open(target)?;
    replace_placeholder(file, target, place)
}

/// Whether a text can be the name of a file in the same folder.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    let path = Path::new(name);
    !name.trim().is_empty() && !name.contains(['/', '\\', '\0']) && path.file_name() == Some(path.as_os_str())
}

/// Creates an empty file with the first name that is free.
fn take_name(file: &Path, folder: &Path) -> io::Result<(PathBuf, File)> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "it has no file name");
    let name = file.file_name().ok_or_else(no_name)?;
    for number in 1..MOST_NUMBERS {
        let target = if number == 1 {
            folder.join(name)
        } else {
            let mut numbered = file.file_stem().unwrap_or(name).to_owned();
            numbered.push(format!(" ({number})"));
            if let Some(extension) = file.extension() {
                numbered.push(".");
                numbered.push(extension);
            }
            folder.join(numbered)
        };
        match OpenOptions::new().write(true).create_new(true).open(&target) {
            Ok(place) => return Ok((target, place)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names are taken"))
}

/// Renames over the placeholder that holds the name; where the target is on another disk, copies and then removes.
fn replace_placeholder(file: &Path, target: &Path, place: File) -> io::Result<()> {
    match fs::rename(file, target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fill(file, target, place)?;
            fs::remove_file(file)
        }
        Err(error) => {
            drop(place);
            let _ = fs::remove_file(target);
            Err(error)
        }
    }
}

/// Fills a placeholder with a file's bytes, permissions and time.
fn fill(file: &Path, target: &Path, mut place: File) -> io::Result<()> {
    let filled = (|| {
        let mut from = File::open(file)?;
        let facts = from.metadata()?;
        io::copy(&mut from, &mut place)?;
        place.set_permissions(facts.permissions())?;
        if let Ok(modified) = facts.modified() {
            place.set_modified(modified)?;
        }
        place.sync_all()
    })();
    if filled.is_err() {
        drop(place);
        let _ = fs::remove_file(target);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::create_dir(&to).unwrap();
        (folder, from, to)
    }

    #[test]
    fn a_copy_takes_the_next_free_name_and_overwrites_nothing() {
        let (_folder, from, to) = folders();
        let file = from.join("a.b.jpg");
        fs::write(&file, "mine").unwrap();
        fs::write(to.join("a.b.jpg"), "theirs").unwrap();
        assert_eq!(copy_into(&file, &to).unwrap(), to.join("a.b (2).jpg"));
        assert_eq!(copy_into(&file, &to).unwrap(), to.join("a.b (3).jpg"));
        assert_eq!(fs::read(to.join("a.b.jpg")).unwrap(), b"theirs");
        assert_eq!(fs::read(to.join("a.b (3).jpg")).unwrap(), b"mine");
        let times = [&file, &to.join("a.b (2).jpg")].map(|path| fs::metadata(path).unwrap().modified().unwrap());
        assert_eq!(times[0], times[1]);
    }

    #[test]
    fn a_move_can_be_taken_back_unless_the_old_place_is_taken() {
        let (_folder, from, to) = folders();
        let file = from.join("a.jpg");
        fs::write(&file, "mine").unwrap();
        fs::write(to.join("a.jpg"), "theirs").unwrap();
        let moved = move_into(&file, &to).unwrap();
        assert_eq!(moved, to.join("a (2).jpg"));
        assert!(!file.exists());
        fs::write(&file, "new").unwrap();
        assert_eq!(move_to(&moved, &file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(
            (fs::read(&file).unwrap(), fs::read(&moved).unwrap()),
            (b"new".to_vec(), b"mine".to_vec())
        );
        fs::remove_file(&file).unwrap();
        move_to(&moved, &file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let (_folder, from, to) = folders();
        assert!(copy_into(&from.join("none.jpg"), &to).is_err());
        assert!(move_into(&from.join("none.jpg"), &to).is_err());
        assert!(move_to(&from.join("none.jpg"), &to.join("x.jpg")).is_err());
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_lies_there_already_stays() {
        let (_folder, from, _) = folders();
        let file = from.join("a.jpg");
        fs::write(&file, "mine").unwrap();
        assert_eq!(move_into(&file, &from).unwrap(), file);
        assert!(file.exists());
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        assert!(is_file_name("\u{65c5}\u{884c} 1.jpg"));
        for name in ["", " ", ".", "..", "a/b.jpg", "../a.jpg", "a\\b.jpg", "/a.jpg"] {
            assert!(!is_file_name(name), "{name}");
        }
    }
}
