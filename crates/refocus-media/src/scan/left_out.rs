//! What a scan leaves out by a table: recycle bins, earlier states, thumbnails and caches that systems and programs keep among a
//! person's photos.
//!
//! A row names folders, files, packages of which a part is kept, or a file that marks its folder. The folder that the person
//! added is never left out itself, whatever its name and whatever it holds: they asked for it; but where it is a package (or lies in a
//! folder that one row goes by), its name counts for what is inside.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::ScanOptions;
use rules::RULES;

mod rules;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct LeftOutRule {
    /// What kind of thing it leaves out.
    pub group: LeftOutGroup,
    /// Stable name in settings: "synology-eadir".
    pub id: &'static str,
    /// The names that it is about, as people read them: "@eaDir".
    pub name: &'static str,
    /// What these files are: "Thumbnails of a Synology storage".
    pub what: &'static str,
    /// Where this is documented: an address, or a document's name.
    pub source: &'static str,
    matches: Matches,
}

/// What kind of thing a row leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOutGroup {
    /// Recycle bins, trash, what was deleted or not finished.
    Bins,
    /// Earlier states of folders and files, and backups.
    EarlierStates,
    /// Thumbnails, previews, caches: what can be made again.
    Thumbnails,
    /// Libraries of photo programs, of which the originals are kept.
    Libraries,
    /// Folders that ask for it by a file in them.
    Marked,
    /// What systems, storages and programs keep for themselves.
    Systems,
    /// Pieces of files, attributes of files, what was to be shown for a day.
    Leftovers,
}

impl LeftOutGroup {
    /// All of them, in the order in which people may read them.
    pub const ALL: [Self; 7] = [
        Self::Bins,
        Self::EarlierStates,
        Self::Thumbnails,
        Self::Libraries,
        Self::Marked,
        Self::Systems,
        Self::Leftovers,
    ];
}

/// What a row goes by. Names are patterns in lower case in which `*` stands for any run of characters; a pattern of several names
/// with `/` between them is about the last of them, in folders of the others.
#[derive(Clone, Copy, Debug)]
enum Matches {
    Folders(&'static [&'static str]),
    /// Folders of the names, but not those of the other names.
    FoldersBut {
        names: &'static [&'static str],
        but: &'static [&'static str],
    },
    Files(&'static [&'static str]),
    /// Folders of these names hold photos in the folders `kept` alone, which stand `depth` levels below.
    Package {
        names: &'static [&'static str],
        kept: &'static [&'static str],
        depth: usize,
    },
    /// Folders that hold a file of one of these names.
    Marker(&'static [&'static str]),
    /// Folders of the names that stand beside one of the others.
    WithSibling {
        names: &'static [&'static str],
        siblings: &'static [&'static str],
    },
    /// Folders of the names that hold such a file.
    Holding {
        names: &'static [&'static str],
        holds: &'static str,
    },
}

/// A file or folder that the table left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is.
    pub path: PathBuf,
    /// [`LeftOutRule::id`] of the row.
    pub rule: &'static str,
    /// Whether it is a folder, with all that it holds.
    pub is_folder: bool,
}

/// How many files and folders one row left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOutCount {
    /// Folders, whatever they hold.
    pub folders: u64,
    /// Files that are in none of them.
    pub files: u64,
}

impl LeftOutCount {
    /// Both together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.folders.saturating_add(self.files)
    }
}

/// All rows, in the order in which people may read them.
#[must_use]
pub fn left_out_rules() -> &'static [LeftOutRule] {
    &RULES
}

/// The row of a name in settings; `None` where no row has it.
#[must_use]
pub fn left_out_rule(id: &str) -> Option<&'static LeftOutRule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Whether a file's coming or going changes what the table leaves out: ".nomedia" and its like mark the folder that they are in,
/// which is to be looked at anew.
#[must_use]
pub fn marks_its_folder(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        RULES.iter().any(|rule| match &rule.matches {
            Matches::Marker(files) => files.iter().any(|file| name == *file),
            Matches::Holding { holds, .. } => name == *holds,
            _ => false,
        })
    })
}

/// What a path is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// It is not there, so that it may have been either.
    Unknown,
}

impl Kind {
    /// Asks the disk; links are followed.
    pub(super) fn of(path: &Path) -> Self {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => Self::Folder,
            Ok(_) => Self::File,
            Err(_) => Self::Unknown,
        }
    }
}

/// The row that leaves out `path`, of the rows that the person has not switched off. Folders above it are not looked at, except
/// where a row goes by their names.
pub(super) fn rule_of(options: &ScanOptions, added: &Path, path: &Path, kind: Kind) -> Option<&'static LeftOutRule> {
    if path == added {
        return None;
    }
    let names: Vec<&OsStr> = names_upwards(added, path).collect();
    let is_on = |rule: &&LeftOutRule| !options.rules_off.iter().any(|off| off == rule.id);
    let place = Place {
        path,
        names: &names,
        kind,
    };
    let mut rules = RULES.iter().filter(is_on);
    rules.find(|rule| rule.matches.leave_out(place))
}

/// Whether a row that the person has switched off is about this very name. They ask for what it names, so that a folder as
/// ".thumbnails" is taken though its name begins with a dot; what is hidden inside of it stays hidden.
pub(super) fn is_taken_in(options: &ScanOptions, added: &Path, path: &Path) -> bool {
    if options.rules_off.is_empty() {
        return false;
    }
    let names: Vec<&OsStr> = names_upwards(added, path).collect();
    let off = options.rules_off.iter().filter_map(|id| left_out_rule(id));
    off.map(|rule| &rule.matches)
        .any(|matches| matches.patterns().is_some_and(|patterns| any(patterns, &names)))
}

/// A path whose place among folders is known.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    /// Its own name, then those of the folders above it, the last being that of the added folder.
    names: &'a [&'a OsStr],
    kind: Kind,
}

impl Matches {
    /// The names of files or folders that are left out themselves, where it goes by such.
    fn patterns(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Folders(names) | Self::Files(names) => Some(names),
            Self::FoldersBut { names, .. } | Self::WithSibling { names, .. } | Self::Holding { names, .. } => {
                Some(names)
            }
            Self::Package { .. } | Self::Marker(_) => None,
        }
    }

    fn leave_out(&self, place: Place<'_>) -> bool {
        let Place { path, names, kind } = place;
        let (may_be_file, may_be_folder) = (kind != Kind::Folder, kind != Kind::File);
        match self {
            Self::Folders(patterns) => may_be_folder && any(patterns, names),
            Self::FoldersBut { names: patterns, but } => may_be_folder && any(patterns, names) && !any(but, names),
            Self::Files(patterns) => may_be_file && any(patterns, names),
            Self::Package {
                names: patterns,
                kept,
                depth,
            } => {
                let inside = names.iter().skip(1).position(|name| one_of(patterns, name));
                // Levels below the nearest package.
                inside.map(|above| above + 1).is_some_and(|level| match kind {
                    Kind::File => level <= *depth,
                    _ => level == *depth && !names.first().is_some_and(|name| one_of(kept, name)),
                })
            }
            Self::Marker(files) => may_be_folder && files.iter().any(|file| is_there(&path.join(file))),
            Self::WithSibling {
                names: patterns,
                siblings,
            } => {
                may_be_folder
                    && any(patterns, names)
                    && siblings.iter().any(|name| is_there(&path.with_file_name(name)))
            }
            Self::Holding { names: patterns, holds } => {
                may_be_folder && any(patterns, names) && is_there(&path.join(holds))
            }
        }
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn names_upwards<'a>(added: &'a Path, path: &'a Path) -> impl Iterator<Item = &'a OsStr> {
    let (below, own) = match path.strip_prefix(added) {
        Ok(below) => (below, added.file_name()),
        Err(_) => (path, None),
    };
    below.iter().rev().chain(own)
}

fn any(patterns: &[&str], names: &[&OsStr]) -> bool {
    patterns.iter().any(|pattern| {
        let mut names = names.iter();
        pattern
            .rsplit('/')
            .all(|part| names.next().is_some_and(|name| is_like(part, name)))
    })
}

fn one_of(patterns: &[&str], name: &OsStr) -> bool {
    patterns.iter().any(|pattern| is_like(pattern, name))
}

/// Whether a name is that of a pattern in lower case.
fn is_like(pattern: &str, name: &OsStr) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_encoded_bytes());
    let (mut at, mut name_at) = (0, 0);
    // Where the last star stands, and how much of the name it was given.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = name.get(name_at) {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, name_at));
                at += 1;
            }
            (Some(wanted), _) if *wanted == letter.to_ascii_lowercase() => {
                at += 1;
                name_at += 1;
            }
            (_, Some((star_at, given))) => {
                star = Some((star_at, given + 1));
                at = star_at + 1;
                name_at = given + 1;
            }
            (_, None) => return false,
        }
    }
    pattern
        .get(at..)
        .unwrap_or_default()
        .iter()
        .all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests;
