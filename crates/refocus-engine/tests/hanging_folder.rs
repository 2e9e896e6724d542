//! A folder on a drive that hangs: a file system of this test's own (FUSE) that answers until it is told to answer no more.
//! Mounting needs root.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it needs by failing"
)]

mod fuse;

use std::path::Path;
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Engine, EngineConfig, Event, FileId, Folder, LibraryPaths, MarkChange, Reference, ReferenceSource, Rows,
    SearchRequest, WatchParams,
};
use refocus_store::Database;

/// A guard against a hang, not a measurement.
const HANG: Duration = Duration::from_secs(120);

fn picture(number: u8) -> Vec<u8> {
    let colour = [
        number.wrapping_mul(70),
        number.wrapping_mul(31),
        number.wrapping_mul(113),
    ];
    let picture = image::RgbImage::from_fn(96, 64, |x, _| {
        image::Rgb(if x < 48 { colour } else { [240, 240, number] })
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A front end that remembers what it was told.
struct FrontEnd {
    engine: Engine,
    rows: Rows,
    folders: Vec<Folder>,
    notices: Vec<String>,
    answered: u64,
}

impl FrontEnd {
    fn start(library: &Path) -> Self {
        let config = EngineConfig {
            watch: Some(WatchParams::default()),
            rescan: true,
            ..EngineConfig::new(LibraryPaths::at(library))
        };
        Self {
            engine: Engine::start(config).unwrap(),
            rows: Rows::default(),
            folders: Vec::new(),
            notices: Vec::new(),
            answered: 0,
        }
    }

    /// Takes events until something is so; returns after how long.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < HANG, "{what}: {:?} {:?}", self.folders, self.notices);
            match self.engine.link().events.recv_timeout(Duration::from_millis(50)) {
                Ok(Event::Library { rows, folders }) => (self.rows, self.folders) = (rows, folders),
                Ok(Event::Notice(text)) => self.notices.push(text),
                Ok(Event::Results(results)) if !results.provisional => self.answered = results.generation,
                Ok(_) | Err(_) => {}
            }
        }
        start.elapsed()
    }

    fn encoded(&self) -> usize {
        self.rows.iter().filter(|row| !row.gone && row.encoded).count()
    }

    fn online(&self, path: &Path) -> Option<bool> {
        let folder = self.folders.iter().find(|folder| folder.path == path);
        folder.map(|folder| folder.online)
    }

    fn search(&mut self, generation: u64, references: Vec<Reference>) -> Duration {
        let request = SearchRequest {
            references,
            focus: "the colour".to_owned(),
            find: "a picture".to_owned(),
            ..SearchRequest::default()
        };
        self.engine.send(Command::Search {
            generation,
            request: Box::new(request),
        });
        self.until("a search is answered", |front| front.answered == generation)
    }
}

#[test]
fn search_ratings_and_closing_go_on_while_a_folder_hangs_and_a_message_names_it() {
    let temporary = tempfile::tempdir().unwrap();
    let (library, here, drive) = (
        temporary.path().join("library.refocus"),
        temporary.path().join("here"),
        temporary.path().join("drive"),
    );
    std::fs::create_dir(&here).unwrap();
    std::fs::create_dir(&drive).unwrap();
    for number in 0..3 {
        std::fs::write(here.join(format!("{number}.png")), picture(number)).unwrap();
    }
    let files = (3..5).map(|number| (format!("{number}.png"), picture(number)));
    let mounted = fuse::Mounted::new(&drive, files.collect());

    let mut front = FrontEnd::start(&library);
    front.engine.send(Command::AddFolder(here.clone()));
    front.engine.send(Command::AddFolder(drive.clone()));
    front.until("five photos are encoded", |front| front.encoded() == 5);
    front.until("the drive is online", |front| front.online(&drive) == Some(true));

    mounted.hang();
    let names_it = |front: &FrontEnd| {
        let name = drive.display().to_string();
        front.notices.iter().any(|notice| notice.contains(&name))
    };
    let took = front.until("a message names the folder", names_it);
    println!("a message names the folder after {took:?}");
    front.until("the folder is offline", |front| front.online(&drive) == Some(false));
    assert_eq!(front.encoded(), 5, "its photos stay");

    println!("a search takes {:?}", front.search(1, Vec::new()));
    // A photo of the drive is a reference like any other: what it looks like is in memory.
    let on_drive = front.rows.iter().find(|row| row.path.starts_with(&drive)).unwrap().id;
    let reference = Reference {
        source: ReferenceSource::Library(on_drive),
        positive: true,
    };
    println!(
        "one like a photo of the drive takes {:?}",
        front.search(2, vec![reference])
    );
    println!("a rating takes {:?}", rate(&mut front, &library, on_drive));
    front.engine.send(Command::Rescan(None));
    println!(
        "a search while all is looked through takes {:?}",
        front.search(3, Vec::new())
    );
    println!("another rating takes {:?}", rate(&mut front, &library, on_drive));
    std::fs::write(here.join("new.png"), picture(9)).unwrap();
    front.until("a new photo elsewhere is taken in", |front| front.encoded() == 6);

    let start = Instant::now();
    drop(front.engine);
    println!("closing takes {:?}", start.elapsed());
    assert!(start.elapsed() < HANG / 4);

    let mut front = FrontEnd::start(&library);
    let took = front.until("it opens", |front| front.rows.len() == 6);
    println!("opening takes {took:?}");
    println!("the first search takes {:?}", front.search(1, Vec::new()));
    front.until("the message is there again", names_it);

    mounted.go_on();
    let took = front.until("the folder is back", |front| front.online(&drive) == Some(true));
    println!("the folder is back after {took:?}");
    assert_eq!(front.encoded(), 6);
}

/// Rates a photo; returns after how long the rating is in the database.
fn rate(front: &mut FrontEnd, library: &Path, id: FileId) -> Duration {
    let reader = Database::open_read_only(library).unwrap().reader().unwrap();
    let marks = || {
        let mut sum = 0;
        reader.for_each_mark(|_, marks| sum += u32::from(marks.rating)).unwrap();
        sum
    };
    let stars = marks() as u8 + 1;
    let start = Instant::now();
    front.engine.send(Command::Mark {
        photos: vec![id],
        change: MarkChange::Rating(stars),
    });
    while marks() != u32::from(stars) {
        assert!(start.elapsed() < HANG, "the rating is not in the database");
        std::thread::sleep(Duration::from_millis(1));
    }
    start.elapsed()
}
