//! Who is in the photos: asked once, shown nowhere before, said with few keys, and what the engine is told of it.

mod faces;
mod page;

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use refocus_engine::{
    Command, Event, FaceBounds, FaceId, FaceIdentity, FaceQuality, PassKind, PassPhase, PassProgress, PeopleRequest,
    PeopleState, Person, PersonId, PhotoFace, Question, QuestionAbout, Said,
};

use super::fake_engine::photos;
use super::setup::Window;

pub(super) const ANNA: PersonId = PersonId(1);
const BEN: PersonId = PersonId(2);
const SOMEBODY: PersonId = PersonId(3);
const OTHER: PersonId = PersonId(4);
const HIDDEN: PersonId = PersonId(5);

/// The face of a person in a photo: number of the person, then of the photo.
fn face_id(person: PersonId, photo: i64) -> FaceId {
    FaceId(person.0 * 100 + photo)
}

fn face(person: Option<PersonId>, photo: i64) -> PhotoFace {
    let number = person.map_or(9, |person| person.0);
    let left = 0.1 + 0.15 * (number % 5) as f32;
    PhotoFace {
        id: face_id(PersonId(number), photo),
        bounds: FaceBounds::of_fractions([left, 0.3, left + 0.12, 0.48]),
        points: [[0; 2]; 5],
        quality: FaceQuality::default(),
        revision: 1,
        identity: FaceIdentity {
            values: [0; 128],
            scale: 1.0,
        },
        person: person.map(|person| (person, Said::Clustering)),
    }
}

/// Anna in photos 0 to 5, Ben in 4 to 7, two without a name, one hidden, and a face that nobody knows in photo 9.
pub(super) fn some_people() -> PeopleState {
    let rows = photos(12);
    let who: [(PersonId, Option<&str>, &[i64]); 5] = [
        (ANNA, Some("Anna"), &[0, 1, 2, 3, 4, 5]),
        (BEN, Some("Ben"), &[4, 5, 6, 7]),
        (SOMEBODY, None, &[7, 8, 9]),
        (OTHER, None, &[1, 2]),
        (HIDDEN, None, &[11]),
    ];
    let mut faces: HashMap<[u8; 32], Vec<PhotoFace>> = HashMap::new();
    let hash = |photo: i64| rows.get(photo as u32).unwrap().hash;
    let mut persons = Vec::new();
    for (id, name, shown) in who {
        for photo in shown {
            faces.entry(hash(*photo)).or_default().push(face(Some(id), *photo));
        }
        let first = face(Some(id), shown[0]);
        persons.push(Person {
            id,
            name: name.map(Arc::from),
            hidden: id == HIDDEN,
            faces: shown.len(),
            photos: shown.len(),
            picture: Some((hash(shown[0]), first.id, first.bounds)),
        });
    }
    let unknown = face(None, 9);
    faces.entry(hash(9)).or_default().push(unknown.clone());
    let faces = faces.into_iter().map(|(photo, faces)| (photo, faces.into())).collect();
    let mut people = PeopleState::of(persons, faces);
    let ask = |about, distance| Question {
        person: ANNA,
        about,
        distance,
    };
    people.questions = vec![
        ask(QuestionAbout::Face(hash(9), unknown.id, unknown.bounds), 0.55),
        ask(QuestionAbout::Person(SOMEBODY), 0.58),
    ]
    .into();
    people
}

fn window() -> Window {
    let mut window = Window::with_photos(photos(12));
    window.engine.people = some_people();
    window.engine.tell_people();
    window.settle();
    window
}

fn last(window: &Window) -> PeopleRequest {
    (*window.engine.asked_of_people().last().expect("something was asked")).clone()
}

fn write(window: &mut Window, text: &str) {
    window.harness.event(eframe::egui::Event::Text(text.into()));
    window.settle();
}

/// Clicks as a screen reader does, also on what is out of sight.
fn click_anywhere(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click_accesskit();
    window.settle();
}

#[test]
fn before_the_person_says_yes_there_is_one_quiet_line_and_nothing_else() {
    let mut window = Window::with_photos(photos(12));
    let about_people = |window: &Window| {
        let root = window.harness.root();
        let labels = root
            .children_recursive()
            .filter_map(|node| node.accesskit_node().label());
        labels
            .filter(|label| {
                let label = label.to_lowercase();
                label.contains("person") || label.contains("face") || label.contains("recognise")
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(about_people(&window), ["Recognise people\u{2026}"]);
    // Whoever knows the keys of its pages is asked; a click beside the question reaches nothing.
    for key in [Key::Num4, Key::Num5] {
        window.press_with(Modifiers::COMMAND, key);
        assert!(window.has("Everything stays on this computer."));
        window.press_with(Modifiers::COMMAND, Key::Comma);
        window.press(Key::Escape);
        assert!(!window.has("Everything stays on this computer."));
    }
    assert!(window.engine.asked_of_people().is_empty());
    assert_eq!(about_people(&window), ["Recognise people\u{2026}"]);
    window.press(Key::O);
    window.press_with(Modifiers::COMMAND, Key::Comma);
    assert_eq!(
        window.harness.query_all_by_label("PEOPLE").count(),
        1,
        "in the left panel alone"
    );
    assert!(!window.has_containing("Delete everything about people"));
    window.press(Key::Escape);
    window.press(Key::F1);
    assert_eq!(
        about_people(&window),
        ["Recognise people\u{2026}"],
        "nor among the shortcuts"
    );
    window.press(Key::Escape);

    window.click("Recognise people\u{2026}");
    assert!(window.has("Everything stays on this computer."));
    assert!(window.has_containing("library.refocus-people"), "where it is kept");
    window.screenshot("people-consent.png");
    window.click("Not now");
    assert!(window.engine.asked_of_people().is_empty());
    assert!(!window.has("Everything stays on this computer."));

    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    write(&mut window, "recognise");
    window.press(Key::Enter);
    window.click("Recognise people");
    assert_eq!(window.engine.asked_of_people(), [&PeopleRequest::SwitchOn]);
    window.engine.people = some_people();
    window.engine.tell_people();
    window.settle();
    assert!(!window.has("Recognise people\u{2026}"), "it is asked once");
}

#[test]
fn the_left_panel_shows_the_first_persons_and_their_photos_are_a_click_away() {
    let mut window = window();
    assert!(window.has("Person Ben, 4 photos"));
    window.click("Person Anna, 6 photos");
    assert_eq!(window.engine.newest_search().unwrap().1.filter.people, [ANNA]);
    assert_eq!(window.photos_on_screen().len(), 6);
    window.screenshot("people-photos.png");
    window.click("Anna narrows the search: remove");
    assert_eq!(window.photos_on_screen().len(), 12);
}

#[test]
fn a_name_in_the_find_text_is_a_chip_that_takes_it_out_again() {
    let mut window = window();
    window.type_into("Find", "anna beach");
    assert!(window.has_containing("photos with Anna by match with \u{201c}beach\u{201d}"));
    window.click("Anna narrows the search: remove");
    assert_eq!(window.engine.newest_search().unwrap().1.find, "beach");
    assert!(!window.has("Anna narrows the search: remove"));
    window.type_into("Find", " -ben");
    assert!(window.has_containing("photos without Ben by match with \u{201c}beach\u{201d}"));
    window.click("without Ben narrows the search: remove");
    assert_eq!(window.engine.newest_search().unwrap().1.find, "beach");
}

#[test]
fn everything_is_deleted_after_a_question_that_says_how_much_it_is() {
    let mut window = window();
    window.click("Person Anna, 6 photos");
    window.press_with(Modifiers::COMMAND, Key::Comma);
    click_anywhere(&mut window, "Delete everything about people\u{2026}");
    assert!(window.has_containing("2 names, 5 persons and 17 faces are deleted"));
    window.screenshot("people-forget.png");
    window.click("Keep it");
    assert!(window.engine.asked_of_people().is_empty());
    click_anywhere(&mut window, "Delete everything about people\u{2026}");
    window.click("Delete everything");
    assert_eq!(window.engine.asked_of_people(), [&PeopleRequest::Forget]);
    window.engine.people = PeopleState::default();
    window.engine.tell_people();
    window.settle();
    window.press(Key::Escape);
    assert!(window.has("Recognise people\u{2026}") && !window.has_containing("Anna"));
    assert_eq!(window.photos_on_screen().len(), 12, "nobody narrows the search");
}

#[test]
fn the_settings_tell_how_far_the_search_for_faces_is_and_let_it_rest() {
    let mut window = window();
    window.engine.tell(Event::Pass(PassProgress {
        phase: PassPhase::Working,
        done: 120,
        total: 1200,
        seconds_left: Some(400.0),
        ..PassProgress::none(PassKind::Faces)
    }));
    window.settle();
    assert!(window.has("Looking for faces \u{b7} 120 of 1,200 photos"));
    window.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(window.has("120 of 1,200 photos \u{b7} 7 min left"));
    window.harness.get_by_label("Pause the search for faces").scroll_to_me();
    window.settle();
    window.screenshot("people-settings.png");
    click_anywhere(&mut window, "Pause the search for faces");
    let paused = window.engine.seen.iter().rev().find_map(|command| match command {
        Command::Tune(tuning) => Some(tuning.faces_paused),
        _ => None,
    });
    assert_eq!(paused, Some(true));
    assert!(window.has("Resume the search for faces"));
}

#[test]
fn a_page_of_many_persons_takes_no_work_while_nothing_changes() {
    let mut window = Window::with_photos(photos(12));
    let person = |id: i64| Person {
        id: PersonId(id),
        name: (id % 3 == 0).then(|| Arc::from(format!("Person {id}"))),
        hidden: false,
        faces: 2,
        photos: 2,
        picture: None,
    };
    window.engine.people = PeopleState::of((1..3000).map(person).collect(), HashMap::new());
    window.engine.tell_people();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    let drawn = window.harness.query_all_by_label_contains("No name yet").count();
    assert!(drawn < 100, "{drawn} persons are drawn");
    let before = window.harness.state().passes_over_library();
    window.press(Key::End);
    window.press(Key::Home);
    window.harness.run_steps(10);
    assert_eq!(window.harness.state().passes_over_library(), before);
    window.type_into("Look for a person", "2997");
    assert!(window.has("NAMED \u{b7} 1"));
}
