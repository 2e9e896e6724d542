//! Who is in the photos: asked once, shown nowhere before, said with few keys, and what the engine is told of it.

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
    window.press_with(Modifiers::COMMAND, Key::Num4);
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
}

#[test]
fn persons_are_looked_through_by_keys_and_their_photos_shown() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    assert!(window.has("NAMED \u{b7} 2") && window.has("WITHOUT A NAME \u{b7} 2"));
    assert!(!window.has_containing("hidden"));
    window.click("Hidden");
    assert!(window.has("No name yet, 1 photo, hidden"));
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    window.screenshot("people.png");
    window.press(Key::Enter);
    assert_eq!(window.engine.newest_search().unwrap().1.filter.people, [BEN]);
    assert_eq!(window.photos_on_screen().len(), 4);
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.press(Key::Escape);
    assert_eq!(window.photos_on_screen().len(), 4, "back to the same photos");
}

#[test]
fn a_name_is_typed_where_it_will_stand() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.click("Name these 3 photos");
    write(&mut window, "Clara");
    window.press(Key::Enter);
    let named = PeopleRequest::Name {
        person: SOMEBODY,
        name: Some("Clara".into()),
    };
    assert_eq!(last(&window), named);
    assert!(window.has("This is Clara"));
    // The keyboard is on the next person without a name.
    window.press(Key::F2);
    write(&mut window, "Dora");
    window.press(Key::Enter);
    let named = PeopleRequest::Name {
        person: OTHER,
        name: Some("Dora".into()),
    };
    assert_eq!(last(&window), named);
    window.engine.people.undo = Some(refocus_engine::StepKind::Name);
    window.engine.tell_people();
    window.settle();
    window.click("Undo");
    assert_eq!(last(&window), PeopleRequest::Undo);
    // By the keys alone, and without the letter of the key.
    window.press(Key::Home);
    // As a desktop tells it: the key and its letter in one frame.
    let key = eframe::egui::Event::Key {
        key: Key::N,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    let letter = eframe::egui::Event::Text("n".into());
    window.harness.input_mut().events.extend([key, letter]);
    window.settle();
    let field = window.harness.get_by_label("Name of this person");
    assert_eq!(field.accesskit_node().value().as_deref(), Some("Anna"));
    window.press(Key::Escape);
    assert!(!window.has("Name of this person"));
    assert_eq!(window.engine.asked_of_people().len(), 3);
    // What is typed takes the place of the name of now.
    window.press(Key::F2);
    write(&mut window, "Annika");
    window.press(Key::Enter);
    let named = PeopleRequest::Name {
        person: ANNA,
        name: Some("Annika".into()),
    };
    assert_eq!(last(&window), named);
}

#[test]
fn the_name_of_somebody_else_offers_to_make_both_one() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.click("Name these 3 photos");
    write(&mut window, "anna");
    window.press(Key::Enter);
    assert!(window.engine.asked_of_people().is_empty());
    assert!(window.has("Is it the same Anna?"));
    window.click("The same person");
    let merged = PeopleRequest::Merge {
        into: ANNA,
        from: vec![SOMEBODY],
    };
    assert_eq!(last(&window), merged);
    // Or it is another one of this name.
    window.click("Name these 2 photos");
    write(&mut window, "Anna");
    window.press(Key::Enter);
    window.click("Another person");
    let named = PeopleRequest::Name {
        person: OTHER,
        name: Some("Anna".into()),
    };
    assert_eq!(last(&window), named);
}

#[test]
fn names_that_begin_like_what_is_typed_are_a_key_away() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.click("Name these 3 photos");
    write(&mut window, "an");
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    assert!(window.has("Is it the same Anna?"));
    window.press(Key::Escape);
    assert!(window.engine.asked_of_people().is_empty());
}

#[test]
fn several_chosen_persons_are_made_one_and_it_is_asked_which_name_stays() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.press(Key::ArrowRight);
    window.press(Key::Space);
    window.press(Key::End);
    window.press(Key::Space);
    assert!(window.has("2 chosen"));
    window.press(Key::M);
    let merged = PeopleRequest::Merge {
        into: ANNA,
        from: vec![OTHER],
    };
    assert_eq!(last(&window), merged);
    window.press(Key::Home);
    window.press(Key::Space);
    window.press(Key::ArrowRight);
    window.press(Key::Space);
    window.click("They are the same person");
    assert!(window.has("Which name stays?"));
    window.harness.get_by_role_and_label(Role::Button, "Ben").click();
    window.settle();
    let merged = PeopleRequest::Merge {
        into: BEN,
        from: vec![ANNA],
    };
    assert_eq!(last(&window), merged);
}

#[test]
fn a_person_is_hidden_by_a_key_and_shown_again() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num4);
    window.press(Key::End);
    window.press(Key::H);
    let hide = |person, hidden| PeopleRequest::Hide { person, hidden };
    assert_eq!(last(&window), hide(OTHER, true));
    assert!(window.has("This person is hidden"));
    window.click("Hidden");
    window.press(Key::End);
    window.press(Key::H);
    assert_eq!(last(&window), hide(HIDDEN, false));
}

#[test]
fn questions_are_answered_by_one_key_each_and_undone() {
    let mut window = window();
    window.press_with(Modifiers::COMMAND, Key::Num5);
    assert!(window.has("Is this Anna?") && window.has("1 question after this one"));
    window.screenshot("people-question.png");
    window.press(Key::Y);
    let confirmed = PeopleRequest::Confirm {
        person: ANNA,
        faces: vec![face_id(PersonId(9), 9)],
    };
    assert_eq!(last(&window), confirmed);
    assert!(window.has("Somebody in 3 photos") && window.has("This is the last question"));
    window.press(Key::N);
    assert_eq!(last(&window), PeopleRequest::KeepApart(ANNA, SOMEBODY));
    assert!(window.has("No more questions"));
    window.press(Key::U);
    assert_eq!(last(&window), PeopleRequest::Undo);
    assert!(window.has("Somebody in 3 photos"), "the question is back");
    window.press(Key::S);
    assert_eq!(window.engine.asked_of_people().len(), 3, "a skip is nothing to tell");
    window.click("Undo (U)");
    window.click("Yes (Y)");
    let merged = PeopleRequest::Merge {
        into: ANNA,
        from: vec![SOMEBODY],
    };
    assert_eq!(last(&window), merged);
    window.press(Key::Escape);
    assert!(window.has("NAMED \u{b7} 2"));
    window.press(Key::Escape);
    assert_eq!(window.photos_on_screen().len(), 12);
}

#[test]
fn chosen_photos_are_not_this_person_or_another_one() {
    let mut window = window();
    window.click("Person Anna, 6 photos");
    window.press(Key::X);
    assert!(window.has("Select a photo first"));
    window.click("photo-0002.jpg");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.click("Not Anna");
    let refused = PeopleRequest::Refuse {
        person: ANNA,
        faces: vec![face_id(ANNA, 2), face_id(ANNA, 3)],
    };
    assert_eq!(last(&window), refused);
    assert!(window.has("2 photos: not Anna") && window.has("Undo"));
    window.press_with(Modifiers::SHIFT, Key::X);
    let split = PeopleRequest::Split {
        person: ANNA,
        faces: vec![face_id(ANNA, 2), face_id(ANNA, 3)],
    };
    assert_eq!(last(&window), split);
    window.harness.get_by_label("photo-0001.jpg").click_secondary();
    window.settle();
    window.click("Use as their picture");
    let picture = PeopleRequest::ChoosePicture {
        person: ANNA,
        face: face_id(ANNA, 1),
    };
    assert_eq!(last(&window), picture);
    window.engine.people.undo = Some(refocus_engine::StepKind::Picture);
    window.engine.tell_people();
    window.settle();
    window.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(last(&window), PeopleRequest::Undo);
}

#[test]
fn faces_of_the_large_photo_have_names_and_say_whose_they_are_by_keys() {
    let mut window = window();
    window.click("photo-0004.jpg");
    window.press(Key::Enter);
    assert!(!window.has("Face of Anna"));
    window.press(Key::O);
    assert!(window.has("Face of Anna") && window.has("Face of Ben"));
    window.screenshot("people-lightbox.png");
    window.press(Key::Tab);
    assert!(
        window
            .harness
            .get_by_label("Face of Anna")
            .accesskit_node()
            .is_focused()
    );
    window.press(Key::Enter);
    assert!(window.has("Not Anna"), "the photo stays large");
    write(&mut window, "Dora");
    window.press(Key::Enter);
    let new = PeopleRequest::ConfirmAsNew {
        name: Some("Dora".into()),
        faces: vec![face_id(ANNA, 4)],
    };
    assert_eq!(last(&window), new);
    window.click("Face of Ben");
    window.screenshot("people-face-menu.png");
    window.click("Not Ben");
    let refused = PeopleRequest::Refuse {
        person: BEN,
        faces: vec![face_id(BEN, 4)],
    };
    assert_eq!(last(&window), refused);
    window.click("Face of Ben");
    window.press(Key::Escape);
    assert!(
        window.has("Photo photo-0004.jpg, large"),
        "the first Esc is for what is open"
    );
    window.click("Face of Ben");
    window.click("Show their photos");
    assert_eq!(window.engine.newest_search().unwrap().1.filter.people, [BEN]);
    assert_eq!(window.photos_on_screen().len(), 4);
}

#[test]
fn a_name_for_a_face_without_one_is_for_all_photos_of_the_person() {
    let mut window = window();
    window.click("photo-0008.jpg");
    window.press(Key::Enter);
    window.press(Key::O);
    window.click("Face without a name");
    write(&mut window, "Clara");
    window.press(Key::Enter);
    let named = PeopleRequest::Name {
        person: SOMEBODY,
        name: Some("Clara".into()),
    };
    assert_eq!(last(&window), named);
}

#[test]
fn the_details_name_who_is_in_a_photo_and_which_face_was_found() {
    let mut window = window();
    window.click("photo-0004.jpg");
    window.press(Key::I);
    assert!(window.has("Anna, 84 % alike"));
    window.screenshot("people-why.png");
    let ben = |window: &Window| window.harness.query_all_by_role_and_label(Role::Button, "Ben").count();
    assert_eq!(ben(&window), 1);
    window
        .harness
        .get_by_role_and_label(Role::Button, "Ben")
        .click_accesskit();
    window.settle();
    assert_eq!(window.engine.newest_search().unwrap().1.filter.people, [BEN]);
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
