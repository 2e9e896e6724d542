//! Faces in photos: whose they are, whose not, and questions about them.

use super::*;

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
        name: None,
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
