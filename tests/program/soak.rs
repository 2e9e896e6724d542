//! The real window over a folder in which something happens all the time, while focuses are typed. At the end the library must
//! equal a fresh index of the folder, and memory must not have grown. `packaging/soak MINUTES` runs it.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::real_window::Display;
use super::{Program, Running, wait_until, write_picture};

/// Fewest and most files that the folder holds.
const FEWEST: usize = 60;
const MOST: usize = 400;

/// Memory may grow by this share after the first quarter of the time.
const GROWTH: f64 = 1.10;

/// Memory and news come to rest within this time after the last change.
const REST: Duration = Duration::from_secs(180);

const FOCUSES: [&str; 8] = [
    "the colour",
    "the shape",
    "the place",
    "the light",
    "what it is made of",
    "the season",
    "how many there are",
    "la couleur",
];

struct Soak {
    photos: PathBuf,
    random: ChaCha8Rng,
    next: u32,
    done: [usize; 6],
}

impl Soak {
    fn pick(&mut self, below: usize) -> usize {
        (self.random.random::<u64>() % below.max(1) as u64) as usize
    }

    fn folder(&mut self) -> PathBuf {
        let name = ["", "one", "two", "two/deeper", "three"][self.pick(5)];
        let folder = self.photos.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = walkdir::WalkDir::new(&self.photos).into_iter().filter_map(Result::ok);
        let mut files: Vec<PathBuf> = entries
            .filter(|entry| entry.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect();
        files.sort();
        files
    }

    fn new_name(&mut self) -> PathBuf {
        self.next += 1;
        let name = format!("{:06}.png", self.next);
        self.folder().join(name)
    }

    /// Adds, moves, rewrites, deletes, damages or copies a file, or renames a folder.
    fn step(&mut self) {
        let files = self.files();
        let mut what = self.pick(6);
        if files.len() < FEWEST {
            what = 0;
        } else if files.len() > MOST {
            what = 3;
        }
        self.done[what] += 1;
        let some = files.get(self.pick(files.len())).cloned();
        match (what, some) {
            (1, Some(file)) => {
                let to = self.new_name();
                std::fs::rename(file, to).unwrap();
            }
            (2, Some(file)) => {
                self.next += 1;
                write_picture(&file, self.next);
            }
            (3, Some(file)) => std::fs::remove_file(file).unwrap(),
            (4, Some(file)) if self.pick(3) == 0 => std::fs::write(file, b"\x89PNG\r\n\x1a\n broken").unwrap(),
            (4, Some(file)) => {
                let to = self.new_name();
                std::fs::copy(file, to).unwrap();
            }
            (5, _) => {
                let (from, to) = (self.photos.join("two"), self.photos.join("three"));
                if from.exists() && !to.exists() {
                    std::fs::rename(from, to).unwrap();
                } else if to.exists() && !from.exists() {
                    std::fs::rename(to, from).unwrap();
                }
            }
            _ => {
                let to = self.new_name();
                let number = self.next;
                write_picture(&to, number);
            }
        }
    }
}

fn xdotool(display: &Display, arguments: &[&str]) -> String {
    let output = Command::new("xdotool")
        .args(arguments)
        .env("DISPLAY", &display.name)
        .output()
        .expect("xdotool is installed by packaging/install-test-tools");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn resident_kilobytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

type Known = (Vec<(Vec<u8>, Vec<u8>)>, Vec<Vec<u8>>);

/// Path and hash of every file row, and the path of every failure.
fn known(program: &Program) -> Known {
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    let mut failures = connection.prepare("SELECT path FROM failure ORDER BY path").unwrap();
    let failures = failures
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>();
    (program.file_rows(), failures.unwrap())
}

/// What the library has that a fresh index has not, and the other way round.
fn difference(program: &Program, fresh: &Program) -> String {
    fn only_in<T: PartialEq>(these: &[T], those: &[T], show: impl Fn(&T) -> String) -> Vec<String> {
        let lacking = these.iter().filter(|row| !those.contains(row));
        lacking.map(show).collect()
    }
    let row = |(path, hash): &(Vec<u8>, Vec<u8>)| format!("{} {}", path.escape_ascii(), hash.escape_ascii());
    let path = |path: &Vec<u8>| path.escape_ascii().to_string();
    let ((files, failures), (fresh_files, fresh_failures)) = (known(program), known(fresh));
    format!(
        "files too many {:#?}, files lacking {:#?}, failures too many {:#?}, failures lacking {:#?}",
        only_in(&files, &fresh_files, row),
        only_in(&fresh_files, &files, row),
        only_in(&failures, &fresh_failures, path),
        only_in(&fresh_failures, &failures, path)
    )
}

/// The middle of several values: one reading of a busy program's memory says little.
fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[test]
#[ignore = "runs for many minutes: packaging/soak"]
fn after_hours_of_change_the_library_equals_a_fresh_index() {
    let minutes: f64 = std::env::var("REFOCUS_SOAK_MINUTES").map_or(60.0, |text| text.parse().unwrap());
    let time = Duration::from_secs_f64(minutes * 60.0);
    let program = Program::new();
    let display = Display::start();
    let mut soak = Soak {
        photos: program.photos(),
        random: ChaCha8Rng::seed_from_u64(5),
        next: 0,
        done: [0; 6],
    };
    for _ in 0..FEWEST {
        soak.step();
    }
    let photos = soak.photos.clone();
    let mut running = open(&program, &display, &photos);
    wait_until(Duration::from_secs(120), "the window", || {
        let found = xdotool(&display, &["search", "--onlyvisible", "--name", "^Refocus"]);
        found.lines().next().is_some_and(|id| {
            xdotool(&display, &["windowfocus", id]);
            true
        })
    });
    let (start, mut typed, mut measured) = (Instant::now(), Instant::now(), Instant::now());
    let mut memory: Vec<(Duration, f64)> = Vec::new();
    let mut focuses = 0;
    while start.elapsed() < time {
        assert!(
            running.child.try_wait().unwrap().is_none(),
            "it ended: {}",
            running.said()
        );
        soak.step();
        let wait = 20 + soak.pick(400) as u64;
        std::thread::sleep(Duration::from_millis(wait));
        if typed.elapsed() > Duration::from_secs(7) {
            typed = Instant::now();
            xdotool(&display, &["key", "ctrl+f"]);
            xdotool(&display, &["key", "ctrl+a"]);
            xdotool(&display, &["type", "--delay", "25", FOCUSES[focuses % FOCUSES.len()]]);
            focuses += 1;
        }
        if measured.elapsed() > Duration::from_secs(2) {
            measured = Instant::now();
            memory.push((start.elapsed(), resident_kilobytes(running.child.id())));
        }
    }
    let fresh = Program::new();
    let arguments = ["index", photos.to_str().unwrap()];
    assert!(fresh.run(&arguments).status.success());
    let rest = Instant::now();
    while known(&program) != known(&fresh) {
        let difference = || format!("{}\n{}", difference(&program, &fresh), running.said());
        assert!(rest.elapsed() < REST, "not equal to a fresh index: {}", difference());
        std::thread::sleep(Duration::from_millis(100));
    }
    let took = rest.elapsed();
    let of = |from: f64, to: f64| -> Vec<f64> {
        let within = memory
            .iter()
            .filter(|(at, _)| (from..to).contains(&(at.as_secs_f64() / time.as_secs_f64())));
        within.map(|(_, kilobytes)| *kilobytes).collect()
    };
    let (quarter, end) = (middle(&of(0.2, 0.3)), middle(&of(0.9, 1.0)));
    println!(
        "{minutes} minutes, {:?} (added, moved, rewritten, deleted, copied or damaged, folders renamed), {focuses} focuses; \
         equal to a fresh index {:.1} s after the last change; memory {:.0} MB after a quarter, {:.0} MB at the end",
        soak.done,
        took.as_secs_f64(),
        quarter / 1e3,
        end / 1e3
    );
    assert_eq!(program.integrity(), "ok");
    assert!(end <= quarter * GROWTH, "memory grew from {quarter} kB to {end} kB");
}

fn open(program: &Program, display: &Display, photos: &Path) -> Running {
    // A copy: a build during these hours does not take the program away from under its window.
    let own = program.path("refocus");
    std::fs::copy(env!("CARGO_BIN_EXE_refocus"), &own).unwrap();
    let mut command = Command::new(own);
    command
        .current_dir(program.path(""))
        .env("XDG_RUNTIME_DIR", program.path(""))
        .arg("--library")
        .arg(program.library())
        .arg(photos)
        .env("DISPLAY", &display.name)
        .env("XDG_CONFIG_HOME", program.path("config"))
        .env("XDG_DATA_HOME", program.path("data"))
        .env_remove("WAYLAND_DISPLAY");
    Running::start(&mut command)
}
