//! Random changes to a folder of photos, for tests that compare the library with a fresh index at the end.
#![cfg(target_os = "linux")]

use std::io::Result;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Program, write_picture};

/// Bounds of the number of files: below, files are added; above, deleted.
const FEWEST: usize = 60;
const MOST: usize = 400;

/// Different pictures, at most: the same one comes up in several places.
const PICTURES: usize = 500;

const FOLDERS: [&str; 8] = [
    "",
    "one",
    "two",
    "two/deeper",
    "two/deeper/yet",
    "three",
    ".hidden",
    "node_modules",
];

type Change = fn(&mut DiskChanges, &Path) -> Result<()>;

/// The changes, by name. Each is given some file of the folder; one that does not suit it changes nothing.
const CHANGES: [(&str, Change); 23] = [
    ("added", |disk, _| disk.add()),
    ("copied", |disk, file| {
        std::fs::copy(file, disk.new_name("png")).map(drop)
    }),
    ("moved", |disk, file| std::fs::rename(file, disk.new_name("png"))),
    ("moved over another", |disk, file| {
        std::fs::rename(file, disk.some_file())
    }),
    ("swapped", |disk, file| {
        let (other, aside) = (disk.some_file(), disk.photos.join("aside.tmp"));
        std::fs::rename(file, &aside)?;
        std::fs::rename(&other, file)?;
        std::fs::rename(aside, other)
    }),
    ("rewritten", |disk, file| disk.write(file)),
    ("rewritten as it was", |_, file| {
        std::fs::write(file, std::fs::read(file)?)
    }),
    ("deleted", |_, file| std::fs::remove_file(file)),
    ("damaged", |_, file| std::fs::write(file, b"\x89PNG\r\n\x1a\n broken")),
    ("cut short", |_, file| {
        let file = std::fs::OpenOptions::new().write(true).open(file)?;
        file.set_len(file.metadata()?.len() / 2)
    }),
    ("hidden", |disk, file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let number = disk.pick(2);
        let name = [
            format!(".{}", name.trim_start_matches('.')),
            name.trim_start_matches('.').to_owned(),
        ];
        std::fs::rename(file, file.with_file_name(&name[number]))
    }),
    ("made a folder", |disk, file| {
        std::fs::remove_file(file)?;
        std::fs::create_dir(file)?;
        disk.write(&file.join("within.png"))
    }),
    ("given another ending", |disk, file| {
        let ending = ["png", "jpg", "cr2", "NEF"][disk.pick(4)];
        std::fs::rename(file, file.with_extension(ending))
    }),
    ("linked", |disk, file| std::fs::hard_link(file, disk.new_name("png"))),
    ("folder renamed", |disk, _| {
        std::fs::rename(disk.some_folder(), disk.new_name("folder"))
    }),
    ("folder copied", |disk, _| {
        let (from, to) = (disk.some_folder(), disk.new_name("folder"));
        std::fs::create_dir(&to)?;
        for entry in std::fs::read_dir(from)?.take(20) {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    }),
    ("folder deleted", |disk, _| {
        let folder = disk.some_folder();
        let few = walkdir::WalkDir::new(&folder).into_iter().count() < FEWEST;
        if few { std::fs::remove_dir_all(folder) } else { Ok(()) }
    }),
    ("linked by a symbol", |disk, file| symlink(file, disk.new_name("png"))),
    ("folder linked", |disk, _| {
        symlink(disk.outside.clone(), disk.new_name("link"))
    }),
    ("link deleted", |disk, _| {
        let entries = walkdir::WalkDir::new(&disk.photos)
            .into_iter()
            .filter_map(std::result::Result::ok);
        let link = entries.map(walkdir::DirEntry::into_path).find(|path| path.is_symlink());
        link.map_or(Ok(()), std::fs::remove_file)
    }),
    ("changed behind a link", |disk, _| {
        let name = format!("{}.png", disk.pick(6));
        disk.write(&disk.outside.join(name))
    }),
    ("described", |disk, file| {
        let beside = [file.with_extension("xmp"), file.with_added_extension("xmp")];
        let number = disk.pick(2);
        std::fs::write(&beside[number], sidecar(disk.pick(6)))
    }),
    ("description deleted", |disk, _| {
        let sidecar = disk
            .files()
            .into_iter()
            .find(|path| path.extension() == Some("xmp".as_ref()));
        sidecar.map_or(Ok(()), std::fs::remove_file)
    }),
];

/// A folder of photos under random changes.
pub(crate) struct DiskChanges {
    pub(crate) photos: PathBuf,
    /// A folder elsewhere, to which links lead.
    outside: PathBuf,
    random: ChaCha8Rng,
    next: u32,
    done: [usize; CHANGES.len()],
}

impl DiskChanges {
    /// A folder with a few photos in it. Another history than that of `seed` comes from `REFOCUS_SEED`.
    pub(crate) fn new(program: &Program, seed: u64) -> Self {
        let other = std::env::var("REFOCUS_SEED").ok();
        let seed = other.map_or(seed, |text| text.parse().unwrap());
        let outside = program.path("outside");
        std::fs::create_dir(&outside).unwrap();
        let mut disk = Self {
            photos: program.photos(),
            outside,
            random: ChaCha8Rng::seed_from_u64(seed),
            next: 0,
            done: [0; CHANGES.len()],
        };
        for _ in 0..FEWEST {
            disk.add().unwrap();
        }
        disk
    }

    /// A number below `below`.
    pub(crate) fn pick(&mut self, below: usize) -> usize {
        (self.random.random::<u64>() % below.max(1) as u64) as usize
    }

    /// Changes something.
    pub(crate) fn step(&mut self) {
        let files = self.files().len();
        let number = match files {
            ..FEWEST => 0,
            MOST.. => 7,
            _ => self.pick(CHANGES.len()),
        };
        let file = self.some_file();
        // Not every change fits every file (a folder in its place, a link to itself): only those that succeed are counted.
        self.done[number] += usize::from(CHANGES[number].1(self, &file).is_ok());
    }

    /// Waits until the library of `program` equals a fresh index of the folder; returns how long that took.
    pub(crate) fn wait_until_equal(
        &self,
        program: &Program,
        said: impl Fn() -> String,
        patience: Duration,
    ) -> Duration {
        let fresh = Program::new();
        assert!(fresh.run(&["index", self.photos.to_str().unwrap()]).status.success());
        let (fresh, start) = (Known::of(&fresh), Instant::now());
        loop {
            let known = Known::of(program);
            if known == fresh {
                return start.elapsed();
            }
            let said = said();
            assert!(
                start.elapsed() < patience,
                "not a fresh index:\n{}\n{said}",
                known.against(&fresh)
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Makes one change of those that are known by this name.
    pub(crate) fn change(&mut self, name: &str) {
        let file = self.some_file();
        let (_, change) = CHANGES.iter().find(|(of, _)| *of == name).unwrap();
        change(self, &file).unwrap();
    }

    /// What was changed how often.
    pub(crate) fn done(&self) -> String {
        let done = CHANGES.iter().zip(self.done);
        let done: Vec<String> = done.map(|((name, _), times)| format!("{name} {times}")).collect();
        done.join(", ")
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = walkdir::WalkDir::new(&self.photos)
            .into_iter()
            .filter_map(std::result::Result::ok);
        let files = entries.filter(|entry| entry.file_type().is_file());
        let mut files: Vec<PathBuf> = files.map(walkdir::DirEntry::into_path).collect();
        files.sort();
        files
    }

    fn some_file(&mut self) -> PathBuf {
        let files = self.files();
        let number = self.pick(files.len());
        files
            .get(number)
            .cloned()
            .unwrap_or_else(|| self.photos.join("none.png"))
    }

    /// A folder below the one of photos.
    fn some_folder(&mut self) -> PathBuf {
        let entries = walkdir::WalkDir::new(&self.photos).min_depth(1).into_iter();
        let folders = entries
            .filter_map(std::result::Result::ok)
            .filter(|entry| entry.file_type().is_dir());
        let mut folders: Vec<PathBuf> = folders.map(walkdir::DirEntry::into_path).collect();
        folders.sort();
        let number = self.pick(folders.len());
        folders.get(number).cloned().unwrap_or_else(|| self.photos.join("none"))
    }

    fn new_name(&mut self, extension: &str) -> PathBuf {
        self.next += 1;
        let number = self.pick(FOLDERS.len());
        let folder = self.photos.join(FOLDERS[number]);
        let folder = std::fs::create_dir_all(&folder).map_or_else(|_| self.photos.clone(), |()| folder);
        folder.join(format!("{:06}.{extension}", self.next))
    }

    fn add(&mut self) -> Result<()> {
        let path = self.new_name("png");
        self.write(&path)
    }

    fn write(&mut self, path: &Path) -> Result<()> {
        let number = self.pick(PICTURES) as u32;
        // The parent may be gone, or a folder may have the name by now.
        if path.parent().is_some_and(Path::is_dir) && !path.is_dir() {
            write_picture(path, number);
        }
        Ok(())
    }
}

/// A sidecar that gives so many stars.
pub(crate) fn sidecar(stars: usize) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
        xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{stars}"/></rdf:RDF></x:xmpmeta>"#
    )
}

type Rows<T> = std::collections::BTreeSet<T>;

/// What a library knows of a folder.
#[derive(PartialEq)]
struct Known {
    /// Path and hash of every file.
    files: Rows<(Vec<u8>, Vec<u8>)>,
    failures: Rows<Vec<u8>>,
    /// Path and rating of every sidecar.
    sidecars: Rows<(Vec<u8>, Option<u8>)>,
}

impl Known {
    fn of(program: &Program) -> Self {
        let connection = rusqlite::Connection::open(program.library()).unwrap();
        let mut failures = connection.prepare("SELECT path FROM failure").unwrap();
        let failures = failures.query_map([], |row| row.get(0)).unwrap();
        let mut sidecars = connection.prepare("SELECT path, rating FROM sidecar").unwrap();
        let sidecars = sidecars.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        Self {
            files: program.file_rows().into_iter().collect(),
            failures: failures.map(std::result::Result::unwrap).collect(),
            sidecars: sidecars.map(std::result::Result::unwrap).collect(),
        }
    }

    /// What the library has that a fresh index has not, and the other way round.
    fn against(&self, fresh: &Self) -> String {
        fn between<T: Ord>(these: &Rows<T>, those: &Rows<T>, show: impl Fn(&T) -> String) -> String {
            let show = |rows: Vec<&T>| rows.into_iter().map(&show).collect::<Vec<_>>().join("\n  ");
            let (many, few) = (these.difference(those).collect(), those.difference(these).collect());
            format!("too many:\n  {}\nlacking:\n  {}", show(many), show(few))
        }
        let file = |(path, hash): &(Vec<u8>, Vec<u8>)| format!("{} {:02x?}", path.escape_ascii(), &hash[..4]);
        let failure = |path: &Vec<u8>| path.escape_ascii().to_string();
        let sidecar = |(path, rating): &(Vec<u8>, Option<u8>)| format!("{} {rating:?}", path.escape_ascii());
        [
            format!("files {}", between(&self.files, &fresh.files, file)),
            format!("failures {}", between(&self.failures, &fresh.failures, failure)),
            format!("sidecars {}", between(&self.sidecars, &fresh.sidecars, sidecar)),
        ]
        .join("\n")
    }
}
