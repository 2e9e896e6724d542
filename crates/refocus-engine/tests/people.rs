//! People through the real engine and real files: faces found once somebody said yes, persons, names that outlive whatever happens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it needs by failing"
)]

mod drawn_people;

use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use refocus_engine::{
    Command, Event, Filter, GroupKind, LibraryPaths, PassPhase, PeopleRequest, Reference, ReferenceSource,
    SearchRequest, ViewKind, Way, maintenance,
};
use refocus_store::people::PeopleDatabase;

use drawn_people::{Album, PEOPLE};

const PHOTOS: usize = 40;

/// An album whose photos are indexed, in a folder that goes at the end.
fn indexed() -> (tempfile::TempDir, Album) {
    let folder = tempfile::tempdir().unwrap();
    let mut album = Album::in_folder(&std::fs::canonicalize(folder.path()).unwrap());
    album.draw(PHOTOS);
    album.start();
    album.index();
    (folder, album)
}

/// The same with its faces found.
fn with_people() -> (tempfile::TempDir, Album) {
    let (folder, mut album) = indexed();
    album.find_faces();
    (folder, album)
}

/// What lies beside a library that has to do with people.
fn people_files(library: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(library.parent().unwrap()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().contains("people")).collect()
}

fn find(text: &str) -> SearchRequest {
    SearchRequest {
        find: text.to_owned(),
        ..SearchRequest::default()
    }
}

#[test]
fn where_people_were_never_switched_on_nothing_is_found_kept_or_loaded() {
    let (_folder, mut album) = indexed();
    // Longer than the pass waits between two looks, had it any.
    std::thread::sleep(Duration::from_millis(1_500));
    album.search(SearchRequest {
        focus: "the same people".to_owned(),
        ..find("anna")
    });
    assert!(!album.people.on && album.people.faces == 0 && album.people.persons.is_empty());
    assert_eq!(album.made.load(Ordering::SeqCst), 0);
    let refused = album.answer(PeopleRequest::Undo).unwrap_err();
    assert!(refused.contains("switch it on first"), "{refused}");
    album.end();
    assert_eq!(people_files(&album.library), Vec::<PathBuf>::new());
}

#[test]
fn faces_are_put_to_persons_who_are_named_searched_for_and_grouped() {
    let (_folder, mut album) = with_people();
    assert_eq!(album.made.load(Ordering::SeqCst), 1);
    let faces = PHOTOS + PHOTOS / 2;
    assert_eq!((album.people.faces, album.people.persons.len()), (faces, PEOPLE.len()));
    let anna = album.name_in("000.png", "Anna");
    let ben = album.name_in("002.png", "Ben Ek");
    assert_eq!(album.people.named("anna"), [anna]);

    // Names in the find text narrow; the rest of it orders.
    let of_anna = album.search(find("anna"));
    assert_eq!(of_anna.order.len(), album.called("Anna").photos);
    for name in album.names(&of_anna) {
        assert!(album.in_photo(&name).contains(&anna), "{name}");
    }
    let both = album.search(find("ben ek and anna on the beach"));
    assert!(!both.order.is_empty() && both.order.len() < of_anna.order.len());
    for name in album.names(&both) {
        let persons = album.in_photo(&name);
        assert!(persons.contains(&anna) && persons.contains(&ben), "{name}");
    }
    let without = album.search(find("-anna"));
    assert_eq!(without.order.len(), PHOTOS - of_anna.order.len());
    let filtered = album.search(SearchRequest {
        filter: Filter {
            people: vec![anna, ben],
            ..Filter::default()
        },
        ..SearchRequest::default()
    });
    assert_eq!(filtered.order.len(), both.order.len());

    // Who is in a reference comes first, photos with all of them before those with one.
    let pair = album.names(&both)[0].clone();
    let same = album.search(SearchRequest {
        focus: "the same people".to_owned(),
        references: vec![Reference {
            source: ReferenceSource::Library(album.row(&pair).id),
            positive: true,
        }],
        ..SearchRequest::default()
    });
    assert_eq!(same.way, Way::People);
    let found: Vec<usize> = album
        .names(&same)
        .iter()
        .map(|name| {
            let persons = album.in_photo(name);
            usize::from(persons.contains(&anna)) + usize::from(persons.contains(&ben))
        })
        .collect();
    assert!(found.is_sorted_by(|a, b| a >= b), "{found:?}");
    assert_eq!(same.strong, Some(found.iter().filter(|found| **found > 0).count()));

    // Without a reference each person's photos stand together.
    let groups = album.search(SearchRequest {
        focus: "who".to_owned(),
        view: ViewKind::Groups,
        ..SearchRequest::default()
    });
    let groups = groups.groups.clone().unwrap();
    assert_eq!(groups.len(), PEOPLE.len());
    assert!(groups.iter().all(|group| group.kind == GroupKind::Alike));
    assert!(groups.iter().any(|group| group.value_words == ["Anna"]));

    // "How many" is another question.
    let counted = album.search(SearchRequest {
        focus: "how many people".to_owned(),
        view: ViewKind::Groups,
        ..SearchRequest::default()
    });
    assert_ne!(counted.way, Way::People);
}

#[test]
fn what_a_person_says_is_kept_undone_and_never_overruled() {
    let (_folder, mut album) = with_people();
    let anna = album.name_in("000.png", "Anna");
    let other = album.in_photo("001.png")[0];
    let photos = album.called("Anna").photos;
    album.ask(PeopleRequest::Merge {
        into: anna,
        from: vec![other],
    });
    assert_eq!(album.people.persons.len(), PEOPLE.len() - 1);
    let merged = album.called("Anna").photos;
    assert!(merged > photos);
    // A new run of the clustering leaves it so.
    for number in PHOTOS..2 * PHOTOS + 20 {
        drawn_people::draw(
            &album.photos.join(format!("{number:03}.png")),
            number,
            &[number % PEOPLE.len()],
        );
    }
    album.rescan();
    album.faces_found();
    assert_eq!(album.people.persons.len(), PEOPLE.len() - 1);
    assert!(album.called("Anna").photos > merged);
    assert!(album.people.undo.is_some());
    let face = album.people.faces_of(&album.row("000.png").hash)[0].id;
    album.ask(PeopleRequest::Refuse {
        person: anna,
        faces: vec![face],
    });
    assert_ne!(album.in_photo("000.png"), [anna]);
    album.ask(PeopleRequest::Undo);
    assert_eq!(album.in_photo("000.png"), [anna]);
    let gone = album.answer(PeopleRequest::Hide {
        person: other,
        hidden: true,
    });
    assert!(gone.unwrap_err().contains("not there any more"));
}

#[test]
fn names_outlive_moved_files_an_offline_folder_a_moved_library_and_damage() {
    let (folder, mut album) = with_people();
    album.name_in("000.png", "Anna");
    let photos = album.called("Anna").photos;
    let looked_at = album.made.load(Ordering::SeqCst);

    // A file gets another name and another place.
    std::fs::create_dir(album.photos.join("below")).unwrap();
    std::fs::rename(album.photos.join("000.png"), album.photos.join("below/renamed.png")).unwrap();
    album.rescan();
    let found = album.search(find("anna"));
    assert!(album.names(&found).contains(&"renamed.png".to_owned()));

    // The folder is away, and comes back.
    let away = album.photos.with_file_name("away");
    std::fs::rename(&album.photos, &away).unwrap();
    album.send(Command::Rescan(None));
    album.wait("the folder's absence", |event| match event {
        Event::Library { folders, .. } => folders.iter().any(|folder| !folder.online).then_some(()),
        _ => None,
    });
    assert_eq!(album.called("Anna").photos, photos);
    std::fs::rename(&away, &album.photos).unwrap();
    album.rescan();
    assert_eq!(album.search(find("anna")).order.len(), photos);
    assert_eq!(
        album.made.load(Ordering::SeqCst),
        looked_at,
        "no photo was looked at again"
    );
    album.end();

    // A copy has the names, and so has the moved library, which leaves nothing of people behind.
    let copy = folder.path().join("copy.refocus");
    maintenance::back_up(&LibraryPaths::at(&album.library), &copy).unwrap();
    let moved = folder.path().join("elsewhere.refocus");
    maintenance::move_library(&LibraryPaths::at(&album.library), &moved).unwrap();
    let left = people_files(&album.library);
    assert!(
        left.iter()
            .all(|path| !path.to_string_lossy().contains("library.refocus")),
        "{left:?}"
    );
    for library in [copy, moved.clone()] {
        album.library = library;
        album.start();
        assert_eq!(album.called("Anna").photos, photos);
        album.end();
    }

    // The library's file is damaged and rebuilt; then that of people is.
    album.library = moved;
    scribble(&album.library);
    album.start();
    assert_eq!(album.called("Anna").photos, photos);
    album.end();
    scribble(&PeopleDatabase::path_for(&album.library));
    album.start();
    album.rescan();
    album.ask(PeopleRequest::SwitchOn);
    album.faces_found();
    assert_eq!(album.called("Anna").photos, photos);
}

/// Overwrites the beginning of a database, and takes its log away.
fn scribble(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let end = bytes.len().min(6_000);
    bytes[16..end].fill(0x5A);
    std::fs::write(path, bytes).unwrap();
    for ending in ["-wal", "-shm"] {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        let _ = std::fs::remove_file(log);
    }
}

/// A sidecar in which another program names the face whose middle is at `x`, `y` (parts of the photo).
fn sidecar(name: &str, x: f32, y: f32) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
            xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#">
        <mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
        <rdf:li><rdf:Description mwg-rs:Name="{name}" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="{x}" stArea:y="{y}"
            stArea:w="0.2" stArea:h="0.26"/></rdf:Description></rdf:li>
        </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions></rdf:Description></rdf:RDF></x:xmpmeta>"#
    )
}

#[test]
fn names_that_other_programs_wrote_at_a_face_arrive_whenever_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut album = Album::in_folder(&std::fs::canonicalize(folder.path()).unwrap());
    album.draw(PHOTOS);
    // Photo 0 has its face in the first cell, photo 2 in the third of the first row.
    std::fs::write(album.photos.join("000.xmp"), sidecar("Anna", 0.125, 0.166)).unwrap();
    album.start();
    album.index();
    album.find_faces();
    let anna = album.called("Anna").id;
    assert_eq!(album.in_photo("000.png"), [anna]);
    assert!(album.called("Anna").photos > 1, "faces like hers are hers as well");

    std::fs::write(album.photos.join("002.png.xmp"), sidecar("Ben", 0.625, 0.166)).unwrap();
    album.rescan();
    album.wait("the name", |event| match event {
        Event::People(people) => (!people.named("Ben").is_empty()).then_some(()),
        _ => None,
    });
    let ben = album.called("Ben").id;
    assert_eq!(album.in_photo("002.png"), [ben]);
    // What a person says counts more.
    album.ask(PeopleRequest::Name {
        person: ben,
        name: Some("Benjamin".to_owned()),
    });
    assert_eq!(album.in_photo("002.png"), [album.called("Benjamin").id]);
}

#[test]
fn names_outlive_another_model() {
    let (_folder, mut album) = with_people();
    album.name_in("000.png", "Anna");
    let photos = album.called("Anna").photos;
    let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/checkpoints/clip");
    let from = album.photos.with_file_name("clip");
    std::fs::create_dir(&from).unwrap();
    for entry in std::fs::read_dir(checkpoint).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), from.join(entry.file_name())).unwrap();
    }
    album.send(Command::ImportModel(from));
    album.wait("the checkpoint", |event| match event {
        Event::Models(models) => models.installed.iter().any(|model| model.name == "clip").then_some(()),
        _ => None,
    });
    album.end();
    let mut paths = LibraryPaths::at(&album.library);
    paths.model.checkpoint = Some("clip".to_owned());
    paths.model.write(&paths.model_choice).unwrap();
    album.start();
    album.rescan();
    album.ask(PeopleRequest::Tell);
    assert_eq!(album.called("Anna").photos, photos);
    assert_eq!(album.search(find("anna")).order.len(), photos);
}

#[test]
fn everything_about_people_goes_when_it_is_to_be_forgotten() {
    let (_folder, mut album) = with_people();
    album.name_in("000.png", "Anna");
    // The second record as well.
    std::thread::sleep(Duration::from_secs(3));
    assert!(people_files(&album.library).len() >= 2);
    album.ask(PeopleRequest::Forget);
    assert_eq!(people_files(&album.library), Vec::<PathBuf>::new());
    assert!(!album.people.on && album.people.faces == 0 && album.people.persons.is_empty());
    let made = album.made.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(1_500));
    album.end();
    assert_eq!(people_files(&album.library), Vec::<PathBuf>::new());
    album.start();
    assert!(!album.people.on);
    assert_eq!(album.made.load(Ordering::SeqCst), made);
}

#[test]
fn the_pass_rests_while_it_is_paused_and_goes_on_afterwards() {
    let (_folder, mut album) = indexed();
    let mut tuning = refocus_engine::EngineTuning {
        faces_paused: true,
        ..Default::default()
    };
    album.send(Command::Tune(Box::new(tuning.clone())));
    album.ask(PeopleRequest::SwitchOn);
    album.wait("the pause", |event| match event {
        Event::Pass(pass) => (pass.phase == PassPhase::Paused && pass.done == 0).then_some(()),
        _ => None,
    });
    assert_eq!(album.made.load(Ordering::SeqCst), 0);
    tuning.faces_paused = false;
    album.send(Command::Tune(Box::new(tuning)));
    album.faces_found();
    assert_eq!(album.people.persons.len(), PEOPLE.len());
}

#[test]
fn a_respect_of_one_person_is_compared_in_their_photos_alone() {
    let (_folder, mut album) = with_people();
    let anna = album.name_in("000.png", "Anna Lund");
    let of_anna = album.called("Anna Lund").photos;
    let focused = |focus: &str, album: &Album| SearchRequest {
        focus: focus.to_owned(),
        references: vec![Reference {
            source: ReferenceSource::Library(album.row("000.png").id),
            positive: true,
        }],
        ..SearchRequest::default()
    };
    let all = album.search(focused("the colour", &album));
    assert_eq!(all.order.len(), PHOTOS);
    let hers = album.search(focused("the colour of anna", &album));
    assert_eq!(hers.order.len(), of_anna);
    for name in album.names(&hers) {
        assert!(album.in_photo(&name).contains(&anna), "{name}");
    }
    // The same photos under the same respect, seen whole: other scores, as there are others in some of them.
    let whole = album.search(SearchRequest {
        find: "anna".to_owned(),
        find_weight: 0.0,
        ..focused("the colour", &album)
    });
    let score = |results: &refocus_engine::SearchResults, name: &str| {
        let place = album.names(results).iter().position(|other| other == name).unwrap();
        results.scores[place]
    };
    let names = album.names(&hers);
    assert!(
        names
            .iter()
            .skip(1)
            .any(|name| (score(&hers, name) - score(&whole, name)).abs() > 1e-3)
    );
    // Afterwards the library is what it was.
    let again = album.search(focused("the colour", &album));
    assert_eq!((&again.order, &again.scores), (&all.order, &all.scores));
}

#[test]
fn persons_without_photos_are_listed_by_their_names_alone_and_come_back_with_their_photos() {
    let (folder, mut album) = with_people();
    let named = album.name_in("000.png", "Anna");
    let other = album
        .people
        .persons
        .iter()
        .map(|person| person.id)
        .find(|id| *id != named)
        .unwrap();
    let files: Vec<PathBuf> = album
        .rows
        .iter()
        .filter(|row| {
            let persons = album
                .people
                .faces_of(&row.hash)
                .iter()
                .filter_map(|face| Some(face.person?.0));
            persons.into_iter().any(|person| person == named || person == other)
        })
        .map(|row| row.path.to_path_buf())
        .collect();
    let faces = album.people.faces;
    let aside = folder.path().join("aside");
    std::fs::create_dir(&aside).unwrap();
    for file in &files {
        std::fs::rename(file, aside.join(file.file_name().unwrap())).unwrap();
    }
    album.rescan();
    album.ask(PeopleRequest::Tell);
    assert!(album.people.faces < faces);
    assert!(album.people.person(other).is_none(), "nobody has said anything of them");
    let anna = album.called("Anna");
    assert_eq!((anna.id, anna.photos, anna.faces), (named, 0, 0));
    for file in &files {
        std::fs::rename(aside.join(file.file_name().unwrap()), file).unwrap();
    }
    album.rescan();
    album.ask(PeopleRequest::Tell);
    assert_eq!(album.people.faces, faces);
    assert!(album.people.person(other).is_some() && album.called("Anna").photos > 0);
}

/// Who asks after all was told already would wait for ever.
#[test]
fn whoever_asks_how_far_the_pass_is_hears_it_also_where_nothing_is_left_to_do() {
    let (_folder, mut album) = with_people();
    for generation in 1..=3 {
        album.send(Command::LookAtPhotos { generation });
        let told = album.wait("how far the pass is", |event| match event {
            Event::Pass(pass) => {
                (pass.generation == generation && pass.phase == PassPhase::UpToDate).then(|| pass.clone())
            }
            _ => None,
        });
        assert_eq!((told.done, told.total), (PHOTOS, PHOTOS));
    }
}

/// Names the folder of the child that is killed.
const CHILD: &str = "REFOCUS_TEST_PEOPLE";

#[test]
fn names_outlive_kills_during_the_pass() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return find_faces_slowly(Path::new(&folder));
    }
    let kills: u64 = std::env::var("REFOCUS_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(6);
    let (folder, mut album) = indexed();
    album.find_faces();
    album.name_in("000.png", "Anna");
    let before = album.in_photo("000.png");
    album.end();
    // More photos than are looked at before the last kill.
    for number in PHOTOS..PHOTOS + 60 {
        drawn_people::draw(
            &album.photos.join(format!("{number:03}.png")),
            number,
            &[number % PEOPLE.len()],
        );
    }
    for kill in 0..kills {
        let mut child = child(folder.path());
        std::thread::sleep(Duration::from_millis(300 + kill * 137 % 900));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    album.start();
    album.rescan();
    album.faces_found();
    assert_eq!(album.in_photo("000.png"), before);
    assert_eq!(album.people.persons.len(), PEOPLE.len());
    assert_eq!(album.people.faces, PHOTOS + PHOTOS / 2 + 60);
    let anna = album.called("Anna");
    assert_eq!(album.people.named("Anna"), [anna.id]);
}

fn child(folder: &Path) -> Child {
    Process::new(std::env::current_exe().unwrap())
        .args(["names_outlive_kills_during_the_pass", "--exact", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn find_faces_slowly(folder: &Path) {
    let mut album = Album::in_folder(&std::fs::canonicalize(folder).unwrap());
    album.slow = Duration::from_millis(30);
    album.start();
    album.rescan();
    album.faces_found();
    album.end();
}
