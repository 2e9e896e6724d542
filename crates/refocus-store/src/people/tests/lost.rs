//! What is left where files are damaged, lost, replaced or forgotten.

use super::*;
use crate::{Database, Place, StoreError};

/// Anna and Ben named, one face said to be Ben's, one not Anna's, Ben hidden, a picture for Anna; the keepsake written.
fn told() -> (TestPeople, [PersonId; 2]) {
    let (mut people, [anna, ben]) = TestPeople::with_two_persons(6);
    people.store.name(anna, Some("Anna Lund")).unwrap();
    people.store.name(ben, Some("Ben 벤")).unwrap();
    let (annas, bens) = (people.faces(anna), people.faces(ben));
    people.store.confirm(ben, &annas[..1]).unwrap();
    people.store.refuse(anna, &bens[1..2]).unwrap();
    people.store.hide(ben, true).unwrap();
    people.store.choose_picture(anna, annas[2]).unwrap();
    people.store.keep_apart(anna, ben).unwrap();
    people.keep();
    (people, [anna, ben])
}

impl TestPeople {
    fn statements(&self) -> PeopleStatements {
        PeopleStatements::of(&self.reader()).unwrap()
    }

    fn keep(&self) {
        self.statements().write_keepsake(&self.library).unwrap();
    }

    /// Closes the file, has `damage` done to it, and opens what a rescue makes of it.
    fn rescued(self, damage: impl FnOnce(&std::path::Path)) -> (Self, PeopleRescued) {
        let Self {
            folder,
            library,
            database,
            store,
        } = self;
        drop(store);
        damage(database.path());
        let rescued = PeopleDatabase::rescue(&library).unwrap();
        let database = PeopleDatabase::open(&library).unwrap();
        let store = database.writer().unwrap();
        let people = Self {
            folder,
            library,
            database,
            store,
        };
        (people, rescued)
    }

    /// All that lies beside the library.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn names_return_when_the_file_is_lost_and_the_pass_runs_again() {
    let (people, _) = told();
    let before = people.statements();
    let (mut people, rescued) = people.rescued(|path| {
        std::fs::remove_file(path).unwrap();
        let refused = PeopleDatabase::open(&path.with_file_name("library.refocus"));
        assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    });
    assert_eq!((rescued.persons, rescued.faces, rescued.aside), (2, 0, None));
    assert_eq!(people.statements(), before, "nothing is lost while it waits");
    people.pass(1, 0..6);
    assert_eq!(people.statements(), before);
    assert_eq!(people.rows().iter().filter(|row| row.starts_with("waiting")).count(), 0);
    let anna = people.named("Anna Lund").unwrap();
    assert_eq!((anna.faces, anna.hidden, anna.picture.is_some()), (5, false, true));
    assert!(people.named("Ben 벤").unwrap().hidden);
}

#[test]
fn a_new_revision_finds_waiting_names_too() {
    let (people, _) = told();
    let (mut people, _) = people.rescued(|path| std::fs::write(path, vec![0x5A; 30_000]).unwrap());
    people.pass(4, 0..6);
    assert_eq!(people.named("Anna Lund").unwrap().faces, 5);
    assert_eq!(people.named("Ben 벤").unwrap().faces, 7);
}

#[test]
fn whichever_page_is_overwritten_all_that_was_said_is_there_after_a_rescue_and_a_pass() {
    let (people, _) = told();
    let before = people.statements();
    let (mut people, _) = people.rescued(|_| {});
    people.store.inner.fold_log().unwrap();
    let pages = std::fs::metadata(people.database.path()).unwrap().len() as usize / 4096;
    let whole = std::fs::read(people.database.path()).unwrap();
    assert!(pages > 10, "{pages}");
    for page in 0..pages {
        let (mut again, rescued) = people.rescued(|path| {
            let mut damaged = whole.clone();
            damaged[page * 4096..(page + 1) * 4096].fill(0xA5);
            std::fs::write(path, damaged).unwrap();
        });
        assert!(rescued.aside.is_some());
        again.pass(1, 0..6);
        assert_eq!(again.statements(), before, "page {page}");
        assert_eq!(again.reader().integrity().unwrap(), "ok");
        people = again;
    }
}

#[test]
fn forgetting_leaves_nothing_of_people_and_all_else() {
    let (people, _) = told();
    let (mut people, rescued) = people.rescued(|path| {
        let mut damaged = std::fs::read(path).unwrap();
        damaged[8_192..12_288].fill(1);
        std::fs::write(path, damaged).unwrap();
    });
    assert!(rescued.aside.is_some());
    // What kills leave behind.
    for ending in ["-people-names.txt.a1b2c3", "-people-rescued", "-people-again-journal"] {
        std::fs::write(people.folder.path().join(format!("library.refocus{ending}")), "x").unwrap();
    }
    let others = [
        "library.refocus",
        "library.refocus-marks.txt",
        "library.refocus-peoples",
        "other.refocus-people",
    ];
    for other in others {
        std::fs::write(people.folder.path().join(other), "x").unwrap();
    }
    people.store.name(PersonId(1), Some("In the log")).unwrap();
    people.keep();
    assert!(people.files().iter().any(|name| name.ends_with("-people-wal")));
    assert!(PeopleDatabase::is_there(&people.library).unwrap());
    let TestPeople {
        folder,
        library,
        store,
        database,
    } = people;
    drop(store);
    let forgotten = PeopleDatabase::forget(&library).unwrap();
    assert!(forgotten.len() >= 6, "{forgotten:?}");
    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, others);
    assert!(!PeopleDatabase::is_there(&library).unwrap());
    assert!(PeopleDatabase::forget(&library).unwrap().is_empty());
    drop(database);
    let new = PeopleDatabase::open(&library).unwrap();
    assert!(new.reader().unwrap().persons().unwrap().is_empty());
}

#[test]
fn deleted_numbers_do_not_stay_in_free_pages() {
    let mut people = TestPeople::new();
    let mut secret = face(0.1, 1);
    secret.identity.values = std::array::from_fn(|place| (place as i8).wrapping_mul(11));
    let bytes = secret.identity.values.map(i8::cast_unsigned);
    let pass = |faces| PhotoPass {
        photo: hash(1),
        faces: Some(faces),
        regions: Vec::new(),
    };
    let is_in_file = |people: &mut TestPeople| {
        people.store.inner.fold_log().unwrap();
        let file = std::fs::read(people.database.path()).unwrap();
        file.windows(128).any(|window| window == bytes)
    };
    people.store.store_passes(1, &[pass(vec![secret])]).unwrap();
    assert!(is_in_file(&mut people));
    people.store.store_passes(1, &[pass(Vec::new())]).unwrap();
    assert!(!is_in_file(&mut people));
}

#[test]
fn names_go_to_another_library_by_photo_and_place() {
    let (people, _) = told();
    let json = people.statements().to_json();
    let mut other = TestPeople::new();
    other.store.confirm_as_new(Some("ANNA lund"), &[]).unwrap();
    other.pass(3, 0..4);
    let statements = PeopleStatements::from_json(&json).unwrap();
    let laid = other.store.import(&statements).unwrap();
    assert_eq!((laid.persons, laid.waiting > 0), (2, true));
    assert_eq!(other.named("ANNA lund").unwrap().faces, 3);
    other.pass(3, 4..6);
    assert_eq!(other.named("ANNA lund").unwrap().faces, 5);
    assert_eq!(other.named("Ben 벤").unwrap().faces, 7);
    other.store.undo().unwrap();
    assert!(other.named("Ben 벤").is_none());
}

#[test]
fn faces_that_nobody_spoke_of_are_told_to_others_with_the_name() {
    let (mut people, [anna, _]) = told();
    let added = people.pass(1, 6..8);
    people
        .store
        .place_faces(&[
            (added[0][0], Placement::Person(anna)),
            (added[1][0], Placement::Person(anna)),
        ])
        .unwrap();
    let all = PeopleStatements::with_clustered(&people.reader()).unwrap();
    assert_eq!(all.faces.len(), people.statements().faces.len() + 2);
    let mut other = TestPeople::new();
    other.pass(1, 7..8);
    let read = PeopleStatements::from_json(&all.to_json()).unwrap();
    other.store.import(&read).unwrap();
    assert_eq!(other.named("Anna Lund").unwrap().faces, 1);
    let waiting = other
        .rows()
        .into_iter()
        .filter(|row| row.starts_with("waiting"))
        .count();
    assert_eq!(
        waiting,
        people.statements().faces.len(),
        "what the clustering says waits for nobody"
    );
}

#[test]
fn photos_that_are_gone_are_cleaned_up_and_come_back_with_their_names() {
    let (mut people, _) = told();
    let before = people.statements();
    people.store.clean_up(&|photo| photo[0] >= 4).unwrap();
    let mut photos = 0;
    people.reader().for_each_pass(|_| photos += 1).unwrap();
    assert_eq!(photos, 2);
    assert_eq!(people.statements(), before);
    people.pass(1, 0..6);
    assert_eq!(people.statements(), before);
    assert_eq!(people.named("Anna Lund").unwrap().faces, 5);
}

#[test]
fn a_photo_that_was_written_to_keeps_what_was_said_of_its_faces() {
    let (mut people, [anna, ben]) = told();
    let to = |photo: u8| hash(photo + 100);
    people.pass(1, 101..102);
    let photos: Vec<_> = (0..3).map(|photo| (hash(photo), to(photo))).collect();
    people.store.carry_over(&photos, &|_, bounds| bounds).unwrap();
    people.pass(2, 100..103);
    let mut said: Vec<(u8, PersonId)> = Vec::new();
    for photo in 100..103 {
        let faces = people.reader().faces_of(&hash(photo)).unwrap();
        said.extend(faces.iter().filter_map(|face| Some((photo, face.person?.0))));
    }
    let expected = [(100, ben), (100, ben), (101, anna), (101, ben), (102, anna), (102, ben)];
    assert_eq!(said, expected);
}

/// The variable that makes a test the one that is killed.
const KILLED: &str = "REFOCUS_TEST_PEOPLE_KILLED";

#[test]
fn whoever_is_killed_during_the_pass_leaves_all_names() {
    if let Some(library) = std::env::var_os(KILLED) {
        let mut store = PeopleDatabase::open(library.as_ref()).unwrap().writer().unwrap();
        for revision in 2.. {
            let passes: Vec<_> = (0..200)
                .map(|photo| PhotoPass {
                    photo: hash(photo),
                    faces: Some(vec![face(0.1, revision % 5), face(0.6, revision % 5)]),
                    regions: Vec::new(),
                })
                .collect();
            store.store_passes(revision, &passes).unwrap();
            if revision % 3 == 0 {
                let statements =
                    PeopleStatements::of(&PeopleDatabase::open(library.as_ref()).unwrap().reader().unwrap());
                statements.unwrap().write_keepsake(library.as_ref()).unwrap();
            }
        }
    }
    let (people, _) = told();
    let names = |people: &TestPeople| {
        let statements = people.statements();
        let said = statements.faces.iter();
        let mut faces: Vec<_> = said
            .map(|said| (said.person, said.place.photo, said.statement))
            .collect();
        // Places move a little from pass to pass.
        faces.sort_unstable();
        (statements.persons, faces, statements.apart)
    };
    let before = names(&people);
    let own = std::env::current_exe().unwrap();
    for round in 0..50 {
        let mut child = std::process::Command::new(&own)
            .args([
                "--exact",
                "people::tests::lost::whoever_is_killed_during_the_pass_leaves_all_names",
            ])
            .env(KILLED, &people.library)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10 + 3 * round));
        assert!(child.try_wait().unwrap().is_none(), "it was at work");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(names(&people), before, "kill {round}");
    }
    assert_eq!(people.reader().integrity().unwrap(), "ok");
    assert_eq!(PeopleStatements::read_keepsake(&people.library).persons, before.0);
    let mut passes = 0;
    people
        .reader()
        .for_each_pass(|pass| passes += usize::from(pass.revision > 1))
        .unwrap();
    assert_eq!(passes, 200, "the pass went on");
}

#[cfg(unix)]
#[test]
fn a_file_that_was_deleted_while_it_was_open_is_written_again() {
    let (mut people, _) = told();
    let before = people.statements();
    assert_eq!(people.store.place(), Place::Open);
    std::fs::remove_file(people.database.path()).unwrap();
    assert_eq!(people.store.place(), Place::Empty);
    people.database.write_again(&people.store).unwrap();
    people.store = people.database.writer().unwrap();
    assert_eq!(people.statements(), before);
}

#[test]
fn a_copy_holds_all_of_it() {
    let (people, _) = told();
    let copy = people.folder.path().join("copy.refocus");
    people.reader().back_up(&PeopleDatabase::path_for(&copy)).unwrap();
    let copied = PeopleDatabase::open_read_only(&copy).unwrap().reader().unwrap();
    assert_eq!(PeopleStatements::of(&copied).unwrap(), people.statements());
}

#[test]
fn other_files_and_newer_ones_are_refused() {
    let people = TestPeople::new();
    let path = people.database.path().to_path_buf();
    assert!(matches!(Database::open(&path), Err(StoreError::NotALibrary { .. })));
    let library = people.folder.path().join("second.refocus");
    Database::open(&library).unwrap();
    std::fs::copy(&library, PeopleDatabase::path_for(&library)).unwrap();
    assert!(matches!(
        PeopleDatabase::open(&library),
        Err(StoreError::NotALibrary { .. })
    ));
    drop(people.store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 1_000).unwrap();
    drop(connection);
    assert!(matches!(
        PeopleDatabase::open(&people.library),
        Err(StoreError::Newer { .. })
    ));
    assert!(matches!(
        PeopleDatabase::open_read_only(&people.folder.path().join("none.refocus")),
        Err(StoreError::CannotOpen { .. })
    ));
    assert!(!PeopleDatabase::is_there(&people.folder.path().join("none.refocus")).unwrap());
}

#[cfg(unix)]
#[test]
fn nobody_but_the_owner_can_read_what_is_kept_of_people() {
    use std::os::unix::fs::PermissionsExt;
    let (people, _) = told();
    let folder = people.library.parent().unwrap().to_path_buf();
    let others_may_read = || -> Vec<String> {
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
        let open = entries.filter(|entry| entry.metadata().unwrap().permissions().mode() & 0o077 != 0);
        open.map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(others_may_read(), Vec::<String>::new(), "with its log");
    // One that an earlier version made.
    std::fs::set_permissions(people.database.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(PeopleDatabase::open(&people.library).unwrap());
    assert_eq!(others_may_read(), Vec::<String>::new());
}
