//! Files that belong to a photo: the camera's raw file beside its JPEG, the sidecars and settings in which other programs keep
//! what they know of it, and the video of a Live Photo.
//!
//! | file | holds |
//! |---|---|
//! | `name.rs` | what a name says of the photo that it belongs to |
//! | `groups.rs` | which files of a folder belong together |
//! | `folding.rs` | photos of one moment or one picture: bursts, edited copies, copies |
//! | `motion.rs` | photos that hold a video |
//!
//! [`Groups`] knows whole folders; [`companions`] looks at one photo's folder on the disk.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::contain::contained;
use super::facts::PhotoFacts;
use super::failure::Failure;
use super::metadata::{self, Written};
use super::scan::RAW_EXTENSIONS;
use super::taken::{DateSource, LocalClock, Taken, best};
use super::xmp;
use name::{Name, Role, SIDECAR};

mod folding;
mod groups;
mod motion;
mod name;

pub use folding::fold_key;
pub use groups::{Groups, Together};
pub use motion::{holds_video, is_motion_name};

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let own = path.extension().and_then(OsStr::to_str);
    own.is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
}

/// Whether the name is that of a camera's raw file.
#[must_use]
pub fn is_raw_name(path: &Path) -> bool {
    has_ending(path, &RAW_EXTENSIONS)
}

/// Whether the name is that of a sidecar.
#[must_use]
pub fn is_sidecar_name(path: &Path) -> bool {
    has_ending(path, &[SIDECAR])
}

/// Whether the name is that of a file which moves along with a photo without being one: a sidecar, another program's settings,
/// the video of a Live Photo.
#[must_use]
pub fn is_companion_name(path: &Path) -> bool {
    let name = Name::of(path);
    name.is_some_and(|name| matches!(name.role, Role::Sidecar | Role::Settings | Role::Video))
}

/// What the names of files have in common that may belong together: files of one folder which share one of these belong to one
/// [`Groups`]. A sidecar can have several.
#[must_use]
pub fn group_keys(path: &Path) -> Vec<String> {
    name::keys_of(&Name::of_picture(path))
}

/// Reads what the sidecar at `path` says of its photo: see [`facts_of_sidecar`].
///
/// # Errors
/// What the disk reports. Damaged content gives what could be read.
pub fn read_sidecar(path: &Path) -> Result<PhotoFacts, Failure> {
    let mut packet = Vec::new();
    File::open(path)?
        .take(xmp::MOST_BYTES as u64 + 1)
        .read_to_end(&mut packet)?;
    Ok(facts_of_sidecar(&packet))
}

/// What a sidecar with these bytes says of its photo: everything that an XMP packet can say. Its date has the source
/// [`DateSource::Sidecar`], but for the day on which a file was made (`xmp:CreateDate`), which may be the day of a copy: that stays
/// [`DateSource::XmpCreated`]. That of satellites stays [`DateSource::Gps`], and that of a change (`xmp:ModifyDate`)
/// [`DateSource::ExifModified`].
#[must_use]
pub fn facts_of_sidecar(packet: &[u8]) -> PhotoFacts {
    let written = contained(|| Ok(Written::of_packet(packet))).unwrap_or_default();
    let taken =
        best(&metadata::taken(&written, &LocalClock::of(written.gps.as_ref()))).map(|taken| match taken.source {
            DateSource::XmpCreated | DateSource::Gps | DateSource::ExifModified => taken,
            _ => Taken {
                source: DateSource::Sidecar,
                ..taken
            },
        });
    PhotoFacts {
        taken,
        tags: written.tags,
        gps: written.gps,
        ..PhotoFacts::default()
    }
}

/// The files on disk that must not be parted from a photo: raw files for which it stands, its sidecars and other programs'
/// settings. What another picture of its name shares stays with that one. Lists the photo's folder once.
#[must_use]
pub fn companions(photo: &Path) -> Vec<PathBuf> {
    let Some(folder) = photo.parent() else {
        return Vec::new();
    };
    let listed = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(entries) = std::fs::read_dir(listed) else {
        return Vec::new();
    };
    let key = Name::of_picture(photo).key;
    let first: Vec<u8> = key.bytes().take(4).take_while(u8::is_ascii).collect();
    let mut groups = Groups::default();
    for entry in entries.flatten() {
        let name = entry.file_name();
        // Of a large folder, most names are told apart by their first letters.
        let begins = name.as_encoded_bytes().get(..first.len());
        if !begins.is_some_and(|letters| letters.eq_ignore_ascii_case(&first)) {
            continue;
        }
        let path = folder.join(&name);
        let is_file = entry.file_type().is_ok_and(|kind| !kind.is_dir());
        if is_file && Name::of(&path).is_some() {
            groups.insert(&path);
        }
    }
    groups.that_move_with(photo)
}

/// The name of a companion when the photo gets another: the same stem, the companion's own endings. Where the photo keeps its
/// name, so does the companion.
#[must_use]
pub fn renamed_companion(companion: &Path, photo: &Path, new_photo: &Path) -> PathBuf {
    let name = companion.file_name().unwrap_or_default();
    if photo.file_name() == new_photo.file_name() {
        return new_photo.with_file_name(name);
    }
    let renamed = behind(name, photo.file_name())
        .map(|rest| (new_photo.file_name(), rest))
        .or_else(|| behind(name, photo.file_stem()).map(|rest| (new_photo.file_stem(), rest)))
        .unwrap_or_else(|| (new_photo.file_stem(), endings(companion)));
    let (new, rest) = renamed;
    let mut renamed = new.unwrap_or_default().to_owned();
    renamed.push(rest);
    new_photo.with_file_name(renamed)
}

/// What stands behind `stem` in a name, in whatever case: an ending, or a number and an ending.
fn behind(name: &OsStr, stem: Option<&OsStr>) -> Option<OsString> {
    let (name, stem) = (name.as_encoded_bytes(), stem?.as_encoded_bytes());
    let (first, rest) = name.split_at_checked(stem.len())?;
    let alike = first.eq_ignore_ascii_case(stem) && rest.contains(&b'.');
    let rest = std::str::from_utf8(rest)
        .ok()
        .filter(|rest| rest.starts_with(['.', '_']));
    rest.filter(|_| alike).map(OsString::from)
}

/// A companion's own endings: ".NEF.xmp" of "a.NEF.xmp".
fn endings(companion: &Path) -> OsString {
    let mut kept = OsString::new();
    if let Some(name) = Name::of(companion)
        && name.about.is_some()
    {
        let whole = companion.with_extension("");
        // Google's words stand between.
        let mut between = PathBuf::from(&whole);
        while whole.file_name().is_some() && Name::of(&between).is_none_or(|inner| Some(inner.full) != name.about) {
            let shorter = between.with_extension("");
            if shorter == between {
                break;
            }
            between = shorter;
        }
        let stem = between.with_extension("");
        let from = stem.file_name().map_or(0, |stem| stem.as_encoded_bytes().len());
        let bytes = companion.file_name().unwrap_or_default().as_encoded_bytes();
        if let Some(Ok(rest)) = bytes.get(from..).map(std::str::from_utf8) {
            kept.push(rest);
            return kept;
        }
    }
    if let Some(ending) = companion.extension() {
        kept.push(".");
        kept.push(ending);
    }
    kept
}

#[cfg(test)]
mod tests;
