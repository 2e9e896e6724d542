//! The page of persons: looked through, named, made one, hidden.

use super::*;

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
