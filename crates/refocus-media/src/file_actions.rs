//! Copying, moving and renaming photos, with the files that belong to them, without ever overwriting one.
//!
//! A new file's name is taken by creating it anew, which fails where something has that name; only then is it filled. Two
//! programs that do this at the same time get two names.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::companions::{companions, renamed_companion};

/// Most numbers that are tried behind a name: "photo (2).jpg", "photo (3).jpg" …
const MOST_NUMBERS: u32 = 10_000;

/// What is done to a photo and to the files that belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// The files stay where they are.
    Copy,
    /// The files leave their places.
    Move,
}

/// A file and where it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where it is.
    pub now: PathBuf,
    /// Where it was.
    pub before: PathBuf,
}

/// Copies or moves a photo into a folder together with its [`companions`], under its own name or one with a number, the same
/// for all of them; returns the photo first. A photo that lies there already stays.
///
/// # Errors
/// What the disk reports; then all files are where they were and nothing is left in the folder.
pub fn transfer_into(photo: &Path, folder: &Path, how: Transfer) -> io::Result<Vec<Moved>> {
    if how == Transfer::Move && photo.parent() == Some(folder) {
        return Ok(Vec::new());
    }
    let others = companions(photo);
    for number in 1..MOST_NUMBERS {
        let target = numbered(photo, folder, number)?;
        match transfer_group(photo, &others, &target, how) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names are taken"))
}

/// Gives a photo another place or name, and its [`companions`] the same; returns the photo first.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where something has one of the names, or what the disk reports; then all files are where
/// they were.
pub fn move_with_companions(photo: &Path, target: &Path) -> io::Result<Vec<Moved>> {
    transfer_group(photo, &companions(photo), target, Transfer::Move)
}

/// All of the files, or none.
fn transfer_group(photo: &Path, others: &[PathBuf], target: &Path, how: Transfer) -> io::Result<Vec<Moved>> {
    let others = others
        .iter()
        .map(|other| (other.clone(), renamed_companion(other, photo, target)));
    let mut done: Vec<Moved> = Vec::new();
    for (before, now) in [(photo.to_path_buf(), target.to_path_buf())].into_iter().chain(others) {
        let moved = take_name(&now).and_then(|place| match how {
            Transfer::Copy => fill(&before, &now, place),
            Transfer::Move => replace_placeholder(&before, &now, place),
        });
        if let Err(error) = moved {
            for Moved { now, before } in done.iter().rev() {
                let back = match how {
                    Transfer::Copy => fs::remove_file(now),
                    Transfer::Move => move_to(now, before),
                };
                if let Err(error) = back {
                    tracing::warn!(%error, path = %now.display(), "a file stays where it was brought");
                }
            }
            return Err(error);
        }
        done.push(Moved { now, before });
    }
    Ok(done)
}

/// Moves a file to a place where nothing is.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where something is there, or what the disk reports; then the file is where it was.
pub fn move_to(file: &Path, target: &Path) -> io::Result<()> {
    let place = take_name(target)?;
    replace_placeholder(file, target, place)
}

/// Creates a file under a name that nothing has. A name that cannot be had is said in words that name it, with the kind that the
/// system gave.
fn take_name(target: &Path) -> io::Result<File> {
    let taken = OpenOptions::new().write(true).create_new(true).open(target);
    taken.map_err(|error| {
        let what = match error.kind() {
            io::ErrorKind::AlreadyExists => "There is already a file of that name",
            io::ErrorKind::InvalidFilename => "The name is too long",
            _ => return error,
        };
        let name = target.file_name().unwrap_or(target.as_os_str()).to_string_lossy();
        io::Error::new(error.kind(), format!("{what}: {name}"))
    })
}

/// Whether a text can be the name of a file in the same folder.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    let path = Path::new(name);
    !name.trim().is_empty() && !name.contains(['/', '\\', '\0']) && path.file_name() == Some(path.as_os_str())
}

/// A file's place in a folder: under its own name, or from 2 on with a number behind the stem.
fn numbered(file: &Path, folder: &Path, number: u32) -> io::Result<PathBuf> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "it has no file name");
    let name = file.file_name().ok_or_else(no_name)?;
    if number == 1 {
        return Ok(folder.join(name));
    }
    let mut numbered: OsString = file.file_stem().unwrap_or(name).to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(extension) = file.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    Ok(folder.join(numbered))
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

    fn copy(file: &Path, folder: &Path) -> io::Result<PathBuf> {
        Ok(transfer_into(file, folder, Transfer::Copy)?.remove(0).now)
    }

    #[test]
    fn a_copy_takes_the_next_free_name_and_overwrites_nothing() {
        let (_folder, from, to) = folders();
        let file = from.join("a.b.jpg");
        fs::write(&file, "mine").unwrap();
        fs::write(to.join("a.b.jpg"), "theirs").unwrap();
        assert_eq!(copy(&file, &to).unwrap(), to.join("a.b (2).jpg"));
        assert_eq!(copy(&file, &to).unwrap(), to.join("a.b (3).jpg"));
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
        let moved = transfer_into(&file, &to, Transfer::Move).unwrap().remove(0).now;
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
    fn a_name_that_cannot_be_had_is_named_without_the_systems_numbers() {
        let (_folder, from, _to) = folders();
        for name in ["a.jpg", "a.CR2", "b.CR2"] {
            fs::write(from.join(name), name).unwrap();
        }
        let photo = from.join("a.jpg");
        let refused = |name: &str| move_with_companions(&photo, &from.join(name)).unwrap_err();
        let taken = refused("b.jpg");
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(taken.to_string(), "There is already a file of that name: b.CR2");
        let long = refused(&format!("{}.jpg", "n".repeat(300)));
        assert!(long.to_string().starts_with("The name is too long: nnn"), "{long}");
        assert_eq!(names(&from), ["a.CR2", "a.jpg", "b.CR2"]);
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_belongs_to_a_photo_goes_with_it_under_one_number() {
        let (_folder, from, to) = folders();
        for name in ["a.JPG", "a.CR2", "a.xmp"] {
            fs::write(from.join(name), name).unwrap();
        }
        // Only the raw file's name is taken, and all three get the number.
        fs::write(to.join("a.CR2"), "theirs").unwrap();
        let moved = transfer_into(&from.join("a.JPG"), &to, Transfer::Move).unwrap();
        assert_eq!(moved[0].now, to.join("a (2).JPG"));
        assert_eq!(names(&to), ["a (2).CR2", "a (2).JPG", "a (2).xmp", "a.CR2"]);
        assert!(names(&from).is_empty());
        assert_eq!(fs::read(to.join("a (2).CR2")).unwrap(), b"a.CR2");
        // A new name that one of them cannot have changes nothing.
        fs::write(to.join("b.CR2"), "theirs").unwrap();
        let refused = move_with_companions(&to.join("a (2).JPG"), &to.join("b.JPG"));
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(&to), ["a (2).CR2", "a (2).JPG", "a (2).xmp", "a.CR2", "b.CR2"]);
        move_with_companions(&to.join("a (2).JPG"), &to.join("c.JPG")).unwrap();
        assert_eq!(names(&to), ["a.CR2", "b.CR2", "c.CR2", "c.JPG", "c.xmp"]);
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let (_folder, from, to) = folders();
        assert!(copy(&from.join("none.jpg"), &to).is_err());
        assert!(transfer_into(&from.join("none.jpg"), &to, Transfer::Move).is_err());
        assert!(move_to(&from.join("none.jpg"), &to.join("x.jpg")).is_err());
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_lies_there_already_stays() {
        let (_folder, from, _) = folders();
        let file = from.join("a.jpg");
        fs::write(&file, "mine").unwrap();
        assert!(transfer_into(&file, &from, Transfer::Move).unwrap().is_empty());
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
