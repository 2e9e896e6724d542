//! Drawn people: photos in which coloured squares are faces, and who finds them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use refocus_engine::{
    Command, Engine, EngineConfig, Event, FaceBounds, FaceIdentity, FaceQuality, FaceSource, FindFaces, LibraryPaths,
    NewFace, PassPhase, PeopleRequest, PeopleState, Person, PersonId, PhotoRow, Rows, SearchRequest, SearchResults,
};
use refocus_media::Picture;

/// A guard against a hang, not a measurement.
pub(crate) const HANG: Duration = Duration::from_secs(120);

/// Colours of those who are drawn.
pub(crate) const PEOPLE: [[u8; 3]; 5] = [
    [230, 40, 40],
    [40, 200, 60],
    [50, 70, 230],
    [240, 220, 60],
    [180, 60, 200],
];

/// Sides of the photos and of the cells in which faces stand.
const SIZE: (u32, u32) = (320, 240);
const CELL: u32 = 80;

/// Writes a photo of some people, each in a cell of its own, in an order that differs from photo to photo.
pub(crate) fn draw(path: &Path, number: usize, people: &[usize]) {
    let mut picture = image::RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb([128, 128, 128]));
    for (place, person) in people.iter().enumerate() {
        let cell = (place + number) as u32 % 12;
        let (left, top) = (cell % 4 * CELL + 10, cell / 4 * CELL + 10);
        for y in top..top + 60 {
            for x in left..left + 60 {
                picture.put_pixel(x, y, image::Rgb(PEOPLE[*person]));
            }
        }
    }
    // Each photo has a content of its own.
    picture.put_pixel(0, 0, image::Rgb([number as u8, (number >> 8) as u8, 7]));
    picture.save(path).unwrap();
}

/// Finds the squares. Those of one colour have identities near each other.
pub(crate) struct Squares {
    pub(crate) slow: Duration,
}

impl FindFaces for Squares {
    fn find(&self, picture: &Picture) -> Result<Vec<NewFace>, String> {
        std::thread::sleep(self.slow);
        let at = |x: u32, y: u32| {
            let start = (y * picture.width + x) as usize * 3;
            picture.rgb.get(start..start + 3).unwrap().to_vec()
        };
        let mut found = Vec::new();
        for cell in 0..12 {
            let (left, top) = (cell % 4 * CELL + 10, cell / 4 * CELL + 10);
            let colour = at(left + 30, top + 30);
            let near = |of: &[u8; 3]| of.iter().zip(&colour).all(|(a, b)| a.abs_diff(*b) < 12);
            if let Some(person) = PEOPLE.iter().position(near) {
                found.push(face(person, left, top, usize::from(at(0, 0)[0])));
            }
        }
        Ok(found)
    }
}

/// Numbers between -1 and 1 that depend on the seed alone.
fn numbers(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    })
}

fn face(person: usize, left: u32, top: u32, photo: usize) -> NewFace {
    let of_person = numbers(person as u64 + 11);
    let of_photo = numbers(1_000 + photo as u64 * 16 + person as u64);
    let mut values = [0; 128];
    for ((value, own), other) in values.iter_mut().zip(of_person).zip(of_photo) {
        // Strangers lie about 0.9 apart, photos of one person about 0.3.
        *value = ((own * 0.1 + other * 0.03) * 800.0) as i8;
    }
    let fraction = |pixels: u32, side: u32| pixels as f32 / side as f32;
    NewFace {
        bounds: FaceBounds::of_fractions([
            fraction(left, SIZE.0),
            fraction(top, SIZE.1),
            fraction(left + 60, SIZE.0),
            fraction(top + 60, SIZE.1),
        ]),
        points: [[0; 2]; 5],
        quality: FaceQuality {
            size: 60,
            sharpness: 200,
            pose: 0,
        },
        identity: FaceIdentity {
            values,
            scale: 1.0 / 800.0,
        },
    }
}

/// An engine over drawn photos, and what it told last.
pub(crate) struct Album {
    pub(crate) photos: PathBuf,
    pub(crate) library: PathBuf,
    /// How often whoever finds faces was made.
    pub(crate) made: Arc<AtomicUsize>,
    pub(crate) slow: Duration,
    pub(crate) engine: Option<Engine>,
    pub(crate) rows: Rows,
    pub(crate) people: Arc<PeopleState>,
    asked: u64,
}

impl Album {
    /// Over photos that are there, in a folder that holds `photos` and `library.refocus`; no engine runs yet.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            photos: folder.join("photos"),
            library: folder.join("library.refocus"),
            made: Arc::default(),
            slow: Duration::ZERO,
            engine: None,
            rows: Rows::default(),
            people: Arc::default(),
            asked: 0,
        }
    }

    /// Draws so many photos: each shows one person or two, everybody alike often.
    pub(crate) fn draw(&self, photos: usize) {
        std::fs::create_dir_all(&self.photos).unwrap();
        for number in 0..photos {
            let first = number % PEOPLE.len();
            let second = (first + 1 + number / PEOPLE.len() % (PEOPLE.len() - 1)) % PEOPLE.len();
            let people = if number % 2 == 0 {
                vec![first]
            } else {
                vec![first, second]
            };
            draw(&self.photos.join(format!("{number:03}.png")), number, &people);
        }
    }

    pub(crate) fn start(&mut self) {
        let (made, slow) = (Arc::clone(&self.made), self.slow);
        let faces = FaceSource::new(move || {
            made.fetch_add(1, Ordering::SeqCst);
            Ok(Arc::new(Squares { slow }))
        });
        let engine = Engine::start(EngineConfig {
            faces,
            ..EngineConfig::new(LibraryPaths::at(&self.library))
        });
        self.engine = Some(engine.unwrap());
        self.wait("a start", |event| matches!(event, Event::Ready(_)).then_some(()));
        self.ask(PeopleRequest::Tell);
    }

    pub(crate) fn end(&mut self) {
        drop(self.engine.take());
    }

    pub(crate) fn send(&self, command: Command) {
        self.engine.as_ref().unwrap().send(command);
    }

    /// Takes events until one is what is waited for.
    pub(crate) fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + HANG;
        let mut seen = Vec::new();
        loop {
            let Ok(event) = self.engine.as_ref().unwrap().link().events.recv_deadline(deadline) else {
                panic!("{what} did not come; {seen:?}");
            };
            match &event {
                Event::Library { rows, .. } => self.rows = rows.clone(),
                Event::People(people) => self.people = Arc::clone(people),
                Event::Notice(_) | Event::Pass(_) | Event::WorkerFailed { .. } | Event::PeopleAnswered { .. } => {
                    seen.push(format!("{event:?}"));
                }
                _ => {}
            }
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    pub(crate) fn index(&mut self) {
        self.send(Command::AddFolder(self.photos.clone()));
        self.wait("the end of the run", |event| {
            matches!(event, Event::IndexingEnded(_)).then_some(())
        });
    }

    pub(crate) fn rescan(&mut self) {
        self.send(Command::Rescan(None));
        self.wait("the end of the run", |event| {
            matches!(event, Event::IndexingEnded(_)).then_some(())
        });
    }

    /// Asks something about people and waits for the answer.
    pub(crate) fn answer(&mut self, request: PeopleRequest) -> Result<serde_json::Value, String> {
        self.asked += 1;
        let id = self.asked;
        self.send(Command::People { id, request });
        self.wait("an answer", |event| match event {
            Event::PeopleAnswered { id: of, result } if *of == id => Some(result.clone()),
            _ => None,
        })
    }

    pub(crate) fn ask(&mut self, request: PeopleRequest) {
        self.answer(request).unwrap();
    }

    /// Switches on, and waits until every photo was looked at.
    pub(crate) fn find_faces(&mut self) {
        self.ask(PeopleRequest::SwitchOn);
        self.faces_found();
    }

    pub(crate) fn faces_found(&mut self) {
        self.wait("the end of the pass", |event| match event {
            Event::Pass(pass) => (pass.phase == PassPhase::UpToDate && pass.total > 0).then_some(()),
            _ => None,
        });
        self.ask(PeopleRequest::Tell);
    }

    pub(crate) fn search(&mut self, request: SearchRequest) -> Arc<SearchResults> {
        self.asked += 1;
        let generation = self.asked;
        self.send(Command::Search {
            generation,
            request: Box::new(request),
        });
        self.wait("an order", |event| match event {
            Event::Results(results) => {
                (results.generation == generation && !results.provisional).then(|| Arc::clone(results))
            }
            _ => None,
        })
    }

    /// Names of the files of an order.
    pub(crate) fn names(&self, results: &SearchResults) -> Vec<String> {
        let rows = results.order.iter().filter_map(|number| self.rows.get(*number));
        rows.map(file_name).collect()
    }

    /// The row of a file.
    pub(crate) fn row(&self, name: &str) -> &PhotoRow {
        self.rows
            .iter()
            .find(|row| !row.gone && file_name(row) == name)
            .unwrap()
    }

    /// Who is in a photo, by its file's name.
    pub(crate) fn in_photo(&self, name: &str) -> Vec<PersonId> {
        let faces = self.people.faces_of(&self.row(name).hash);
        faces.iter().filter_map(|face| Some(face.person?.0)).collect()
    }

    pub(crate) fn called(&self, name: &str) -> &Person {
        let people = &self.people;
        people
            .persons
            .iter()
            .find(|person| person.name.as_deref() == Some(name))
            .unwrap()
    }

    /// Gives the first person of a photo a name.
    pub(crate) fn name_in(&mut self, photo: &str, name: &str) -> PersonId {
        let person = self.in_photo(photo)[0];
        self.ask(PeopleRequest::Name {
            person,
            name: Some(name.to_owned()),
        });
        person
    }
}

fn file_name(row: &PhotoRow) -> String {
    row.path.file_name().unwrap().to_string_lossy().into_owned()
}
