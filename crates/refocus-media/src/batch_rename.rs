//! Names for many photos at once, by a pattern such as `{date} Norway {number}`.
//!
//! What stands in braces is put in for each photo, see [`FIELDS`]. Endings stay as they are. Names are known before any file is
//! touched ([`planned_names`]); [`rename_all`] then gives them without ever overwriting a file.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use super::file_actions::{Moved, move_with_companions};

/// What can stand in braces, and what it is.
pub const FIELDS: [(&str, &str); 8] = [
    ("name", "the name so far"),
    ("number", "001, 002, \u{2026} in the order on screen"),
    ("date", "2013-07-12"),
    ("time", "14-30-05"),
    ("year", "2013"),
    ("month", "07"),
    ("keyword", "its first keyword"),
    ("folder", "the folder's name"),
];

/// Longest name without its ending, bytes: systems allow 255 with it.
const LONGEST: usize = 200;
/// Digits of a number, at least.
const DIGITS: usize = 3;
/// Most numbers that are tried behind a name that is taken.
const MOST_NUMBERS: u32 = 10_000;

/// What a name is made of.
#[derive(Clone, Copy, Debug)]
pub struct NameFacts<'a> {
    /// The photo.
    pub path: &'a Path,
    /// When it was taken, seconds since 1970-01-01 on the clock where that was.
    pub taken: i64,
    /// The first of its keywords.
    pub keyword: Option<&'a str>,
}

/// A photo and its new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedName {
    /// The photo.
    pub path: PathBuf,
    /// Its name with the ending.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Number,
    Time(&'static str),
    Keyword,
    Folder,
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Field(Field),
}

/// The names that a pattern gives to photos, in their order. Where two in one folder would have the same one, the later gets a number.
///
/// # Errors
/// What is wrong with the pattern, or that a photo would have no name, for the person.
pub fn planned_names(pattern: &str, photos: &[NameFacts<'_>]) -> Result<Vec<PlannedName>, String> {
    let parts = parsed(pattern)?;
    let digits = photos.len().to_string().len().max(DIGITS);
    let mut taken: HashSet<(Option<&Path>, String)> = HashSet::new();
    let mut names = Vec::with_capacity(photos.len());
    for (number, photo) in (1..).zip(photos) {
        let stem: String = parts.iter().map(|part| filled(part, photo, number, digits)).collect();
        let stem = usable(&stem);
        if stem.is_empty() {
            return Err(format!("this gives no name to {}", photo.path.display()));
        }
        let ending = photo.path.extension().map(|ending| ending.to_string_lossy());
        let name = |number: u32| {
            let mut name = stem.clone();
            if number > 1 {
                name.push_str(&format!(" ({number})"));
            }
            if let Some(ending) = &ending {
                name.push('.');
                name.push_str(ending);
            }
            name
        };
        let folder = photo.path.parent();
        let free = (1..MOST_NUMBERS)
            .map(name)
            .find(|name| taken.insert((folder, name.to_lowercase())));
        names.push(PlannedName {
            path: photo.path.to_path_buf(),
            name: free.ok_or("all names are taken")?,
        });
    }
    Ok(names)
}

/// The folders into which a pattern such as `{year}/{month}` puts photos, in their order, below the one that holds them all. What a
/// photo does not have leaves its level out. No level leads out of that folder.
///
/// # Errors
/// What is wrong with the pattern, for the person.
pub fn planned_folders(pattern: &str, photos: &[NameFacts<'_>]) -> Result<Vec<PathBuf>, String> {
    let levels: Vec<Vec<Part<'_>>> = pattern.split('/').map(parsed).collect::<Result<_, _>>()?;
    if levels
        .iter()
        .flatten()
        .all(|part| matches!(part, Part::Text(text) if usable(text).is_empty()))
    {
        return Err("this names no folder".to_owned());
    }
    let digits = photos.len().to_string().len().max(DIGITS);
    let folder = |(number, photo): (usize, &NameFacts<'_>)| {
        let levels = levels.iter().map(|parts| {
            let level: String = parts.iter().map(|part| filled(part, photo, number, digits)).collect();
            usable(&level)
        });
        levels.filter(|level| !level.is_empty()).collect::<PathBuf>()
    };
    Ok((1..).zip(photos).map(folder).collect())
}

fn parsed(pattern: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((field, after)) = after.split_once('}') else {
            return Err("a brace { is not closed by }".to_owned());
        };
        parts.push(Part::Text(text));
        parts.push(Part::Field(match field.trim().to_lowercase().as_str() {
            "name" => Field::Name,
            "number" => Field::Number,
            "date" => Field::Time("%Y-%m-%d"),
            "time" => Field::Time("%H-%M-%S"),
            "year" => Field::Time("%Y"),
            "month" => Field::Time("%m"),
            "keyword" => Field::Keyword,
            "folder" => Field::Folder,
            _ => return Err(format!("{{{field}}} is not known")),
        }));
        rest = after;
    }
    if rest.contains('}') {
        return Err("a brace } is not opened by {".to_owned());
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

fn filled(part: &Part<'_>, photo: &NameFacts<'_>, number: usize, digits: usize) -> String {
    let lossy = |name: Option<&std::ffi::OsStr>| name.map(|name| name.to_string_lossy().into_owned());
    match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Field(Field::Name) => lossy(photo.path.file_stem()).unwrap_or_default(),
        Part::Field(Field::Number) => format!("{number:0digits$}"),
        Part::Field(Field::Time(format)) => jiff::Timestamp::from_second(photo.taken).map_or_else(
            |_| String::new(),
            |at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime(format).to_string(),
        ),
        Part::Field(Field::Keyword) => photo.keyword.unwrap_or_default().to_owned(),
        Part::Field(Field::Folder) => lossy(photo.path.parent().and_then(Path::file_name)).unwrap_or_default(),
    }
}

/// A text as a name that every system takes: without what some of them forbid, not too long, without blanks or dots at its ends.
fn usable(stem: &str) -> String {
    let allowed = |c: char| {
        if c.is_control() || r#"/\:*?"<>|"#.contains(c) {
            '-'
        } else {
            c
        }
    };
    let mut name: String = stem.chars().map(allowed).collect();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.trim_matches(|c: char| c.is_whitespace() || c == '.').to_owned()
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct RenamedAll {
    /// Each step in its order, a photo with the files that belong to it: taken back from the last to the first, all is as it was.
    pub steps: Vec<Vec<Moved>>,
    /// Photos that have their new names.
    pub renamed: usize,
    /// The first photo that could not be renamed, and why.
    pub failed: Option<(PathBuf, io::Error)>,
}

/// Gives photos their new names, with the files that belong to them. A name that another file has gets a number; photos may change
/// names among each other. One that fails keeps its name.
#[must_use]
pub fn rename_all(names: &[PlannedName]) -> RenamedAll {
    let mut done = RenamedAll::default();
    let mut waiting: VecDeque<(PathBuf, PathBuf)> = names
        .iter()
        .map(|planned| (planned.path.clone(), planned.path.with_file_name(&planned.name)))
        .filter(|(now, target)| now != target)
        .collect();
    // How many that wait still have a name.
    let mut held: HashMap<PathBuf, usize> = HashMap::new();
    for (now, _) in &waiting {
        *held.entry(now.clone()).or_default() += 1;
    }
    let mut deferred = 0;
    while let Some((now, target)) = waiting.pop_front() {
        let target_is_held = held.contains_key(&target);
        if target_is_held && deferred < waiting.len() {
            // Whoever has that name comes first.
            deferred += 1;
            waiting.push_back((now, target));
            continue;
        }
        deferred = 0;
        held.remove(&now);
        if target_is_held {
            // All that wait have each other's names: one steps aside.
            match moved_to_free(&now, &target.with_extension(aside(&target))) {
                Ok((place, step)) => {
                    done.steps.push(step);
                    held.insert(place.clone(), 1);
                    waiting.push_back((place, target));
                }
                Err(error) => drop(done.failed.get_or_insert((now, error))),
            }
            continue;
        }
        match moved_to_free(&now, &target) {
            Ok((_, step)) => {
                done.steps.push(step);
                done.renamed += 1;
            }
            Err(error) => drop(done.failed.get_or_insert((now, error))),
        }
    }
    done
}

/// The ending of a photo that steps aside: the name stays what it is to be, also where the program ends in between.
fn aside(target: &Path) -> String {
    let ending = target
        .extension()
        .map(|ending| ending.to_string_lossy())
        .unwrap_or_default();
    format!("renaming.{ending}")
}

/// Moves a photo to a place, or to one with a number behind the stem.
fn moved_to_free(photo: &Path, target: &Path) -> io::Result<(PathBuf, Vec<Moved>)> {
    let stem = target.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    for number in 1..MOST_NUMBERS {
        let mut name = stem.clone();
        if number > 1 {
            name.push_str(&format!(" ({number})"));
        }
        if let Some(ending) = target.extension() {
            name.push('.');
            name.push_str(&ending.to_string_lossy());
        }
        let place = target.with_file_name(name);
        match move_with_companions(photo, &place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(step) => return Ok((place, step)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names are taken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(path: &str) -> NameFacts<'_> {
        NameFacts {
            path: Path::new(path),
            taken: 1_373_639_405,
            keyword: Some("Europe|Norway"),
        }
    }

    #[test]
    fn photos_go_into_folders_by_what_is_known_of_them_and_never_out_of_the_chosen_one() {
        let photo = |path: &'static str, taken: i64, keyword: Option<&'static str>| NameFacts {
            path: Path::new(path),
            taken,
            keyword,
        };
        let july = 1_373_500_800;
        let photos = [photo("/a/x.jpg", july, Some("sea/..")), photo("/a/y.jpg", 0, None)];
        let folders = |pattern: &str| planned_folders(pattern, &photos);
        let paths = |all: [&str; 2]| Ok(all.map(PathBuf::from).to_vec());
        assert_eq!(folders("{year}/{month}"), paths(["2013/07", "1970/01"]));
        assert_eq!(
            folders("/by word/{keyword}/{year}"),
            paths(["by word/sea-/2013", "by word/1970"])
        );
        assert_eq!(folders("../{folder}"), paths(["a", "a"]));
        for wrong in ["", "..", " / ", "{year", "{colour}"] {
            assert!(folders(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_puts_in_what_stands_in_braces() {
        let names = |pattern: &str, paths: &[&str]| {
            let photos: Vec<NameFacts<'_>> = paths.iter().map(|path| facts(path)).collect();
            planned_names(pattern, &photos)
                .map(|names| names.into_iter().map(|planned| planned.name).collect::<Vec<_>>())
        };
        let two = ["/p/Fjords/IMG_1.JPG", "/p/Fjords/b.png"];
        let cases = [
            (
                "{date} Norway {number}",
                ["2013-07-12 Norway 001.JPG", "2013-07-12 Norway 002.png"],
            ),
            ("{ Name }_{time}", ["IMG_1_14-30-05.JPG", "b_14-30-05.png"]),
            (
                "{keyword} {folder}",
                ["Europe-Norway Fjords.JPG", "Europe-Norway Fjords.png"],
            ),
            (" .{year}/{month}. ", ["2013-07.JPG", "2013-07.png"]),
        ];
        for (pattern, expected) in cases {
            assert_eq!(names(pattern, &two).unwrap(), expected, "{pattern}");
        }
        let same = ["/p/a.jpg", "/p/b.JPG", "/q/c.jpg"];
        assert_eq!(names("x", &same).unwrap(), ["x.jpg", "x (2).JPG", "x.jpg"]);
        assert_eq!(names("ü", &["/p/a"]).unwrap(), ["ü"]);
        assert!(names(&"ü".repeat(300), &two).unwrap()[0].len() <= LONGEST + 4);
        for (pattern, words) in [
            ("{dat}", "{dat} is not known"),
            ("{date", "not closed"),
            ("date}", "not opened"),
            (" . ", "no name to /p/Fjords/IMG_1.JPG"),
        ] {
            let error = names(pattern, &two).unwrap_err();
            assert!(error.contains(words), "{pattern}: {error}");
        }
    }

    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn photos_change_names_among_each_other_and_every_step_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "4.xmp", "taken.jpg"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let before = files(folder.path());
        let plan = [
            ("1.jpg", "2.jpg"),
            ("2.jpg", "3.jpg"),
            ("3.jpg", "1.jpg"),
            ("4.jpg", "taken.jpg"),
            ("no.jpg", "a.jpg"),
        ];
        let plan = plan.map(|(path, name)| PlannedName {
            path: folder.path().join(path),
            name: name.to_owned(),
        });
        let done = rename_all(&plan);
        assert_eq!(done.renamed, 4);
        assert_eq!(done.failed.as_ref().unwrap().0, folder.path().join("no.jpg"));
        let expected = [
            ("1.jpg", "3.jpg"),
            ("2.jpg", "1.jpg"),
            ("3.jpg", "2.jpg"),
            ("taken (2).jpg", "4.jpg"),
            ("taken (2).xmp", "4.xmp"),
            ("taken.jpg", "taken.jpg"),
        ];
        assert_eq!(
            files(folder.path()),
            expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
        );
        for Moved { now, before } in done.steps.iter().rev().flat_map(|step| step.iter().rev()) {
            super::super::file_actions::move_to(now, before).unwrap();
        }
        assert_eq!(files(folder.path()), before);
    }
}
