use super::*;

/// Steps that a person can make, with a name for the report.
type Step = (&'static str, fn(&mut TestPeople, [PersonId; 2]));

const STEPS: [Step; 10] = [
    ("name", |people, [left, _]| {
        assert!(people.store.name(left, Some(" Anna ")).unwrap());
    }),
    ("merge", |people, [left, right]| {
        assert!(people.store.merge(left, &[right, PersonId(77)]).unwrap());
    }),
    ("split", |people, [left, _]| {
        let faces = people.faces(left);
        assert!(people.store.split(left, &faces[1..3], None).unwrap().is_some());
    }),
    ("confirm", |people, [left, right]| {
        let faces = people.faces(right);
        assert!(people.store.confirm(left, &faces[..2]).unwrap());
    }),
    ("confirm as new", |people, [left, _]| {
        let faces = people.faces(left);
        people.store.confirm_as_new(Some("Carl"), &faces[..1]).unwrap();
    }),
    ("refuse", |people, [left, _]| {
        let faces = people.faces(left);
        people.store.refuse(left, &faces[..2]).unwrap();
    }),
    ("apart", |people, [left, right]| {
        people.store.keep_apart(right, left).unwrap();
    }),
    ("hide", |people, [left, _]| {
        assert!(people.store.hide(left, true).unwrap());
    }),
    ("picture", |people, [left, _]| {
        let faces = people.faces(left);
        assert!(people.store.choose_picture(left, faces[2]).unwrap());
    }),
    ("import", |people, [left, _]| {
        let place = people.reader().face(people.faces(left)[0]).unwrap().unwrap();
        let said = StatedFace {
            place: FacePlace {
                photo: place.photo,
                bounds: place.face.bounds,
            },
            person: PersonId(1),
            statement: Statement::Person,
        };
        let elsewhere = FacePlace {
            photo: [9; 32],
            ..said.place
        };
        let person = StatedPerson {
            name: Some("Dora".to_owned()),
            hidden: false,
        };
        let statements = PeopleStatements {
            persons: [(PersonId(1), person)].into(),
            faces: vec![
                said,
                StatedFace {
                    place: elsewhere,
                    ..said
                },
            ],
            apart: Vec::new(),
        };
        let laid = people.store.import(&statements).unwrap();
        assert_eq!((laid.persons, laid.faces, laid.waiting), (1, 1, 1));
    }),
];

#[test]
fn every_step_is_undone_and_done_again_exactly() {
    for (name, step) in STEPS {
        let (mut people, persons) = TestPeople::with_two_persons(5);
        // Something was said before.
        let rights = people.faces(persons[1]);
        people.store.refuse(persons[0], &rights[3..4]).unwrap();
        people.store.choose_picture(persons[1], rights[4]).unwrap();
        let before = people.rows();
        step(&mut people, persons);
        let after = people.rows();
        assert_ne!(before, after, "{name}");
        let kind = people.reader().undoable().unwrap();
        assert_eq!(people.store.undo().unwrap(), kind);
        assert_eq!(people.rows(), before, "{name} undone");
        assert_eq!(people.reader().redoable().unwrap(), kind);
        assert_eq!(people.store.redo().unwrap(), kind);
        assert_eq!(people.rows(), after, "{name} done again");
        assert_eq!(people.store.redo().unwrap(), None);
    }
}

#[test]
fn all_steps_are_undone_one_after_the_other() {
    let (mut people, persons) = TestPeople::with_two_persons(8);
    let mut states = vec![people.rows()];
    for (name, step) in STEPS.iter().filter(|(name, _)| *name != "merge") {
        step(&mut people, persons);
        assert_ne!(states.last().unwrap(), &people.rows(), "{name}");
        states.push(people.rows());
    }
    STEPS[1].1(&mut people, persons);
    while people.store.undo().unwrap().is_some() {
        let state = states.pop().unwrap();
        assert_eq!(people.rows(), state, "{}", states.len());
    }
    assert!(states.is_empty());
}

#[test]
fn a_new_step_ends_what_could_be_done_again_and_nothing_is_no_step() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(2);
    people.store.name(left, Some("Anna")).unwrap();
    people.store.undo().unwrap();
    people.store.name(right, Some("Ben")).unwrap();
    assert_eq!(people.reader().redoable().unwrap(), None);
    people.store.name(right, Some("Ben")).unwrap();
    people.store.merge(right, &[right]).unwrap();
    assert!(!people.store.name(PersonId(99), Some("X")).unwrap());
    people.store.undo().unwrap();
    assert_eq!(people.reader().undoable().unwrap(), None);
}

#[test]
fn a_step_is_undone_also_where_faces_came_and_went_since() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(3);
    people.store.name(right, Some("Ben")).unwrap();
    people.store.merge(left, &[right]).unwrap();
    let added = people.pass(1, 3..4);
    people
        .store
        .place_faces(&[(added[0][0], Placement::Person(left))])
        .unwrap();
    let gone = PhotoPass {
        photo: hash(0),
        faces: Some(Vec::new()),
        regions: Vec::new(),
    };
    people.store.store_passes(1, &[gone]).unwrap();
    people.store.undo().unwrap();
    assert_eq!(people.named("Ben").unwrap().id, right);
    // Of the first photo both stay: something was said of them.
    assert_eq!((people.faces(left).len(), people.faces(right).len()), (4, 3));
    assert_eq!(people.reader().integrity().unwrap(), "ok");
}

#[test]
fn a_merge_takes_over_what_was_said_of_the_other() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(4);
    let (lefts, rights) = (people.faces(left), people.faces(right));
    let third = people.store.split(right, &rights[3..], None).unwrap().unwrap();
    people.store.name(right, Some("Ben")).unwrap();
    people.store.choose_picture(right, rights[0]).unwrap();
    people.store.refuse(right, &lefts[..1]).unwrap();
    people.store.refuse(right, &rights[2..3]).unwrap();
    people.store.merge(left, &[right]).unwrap();
    let ben = people.named("Ben").unwrap();
    assert_eq!(
        (ben.id, ben.picture, ben.faces, ben.photos),
        (left, Some(rights[0]), 6, 4)
    );
    let refused = people.reader().refused().unwrap();
    assert!(
        refused.contains(&(rights[2], left)),
        "who is not Ben is not the two of them"
    );
    assert!(!refused.contains(&(lefts[0], left)), "but it is hers already");
    assert_eq!(people.reader().kept_apart().unwrap(), [(left, third)]);
    // No run takes any of them away.
    let all: Vec<_> = people
        .faces(left)
        .iter()
        .map(|face| (*face, Placement::Nobody))
        .collect();
    assert_eq!(people.store.place_faces(&all).unwrap().changed, 0);
}

#[test]
fn a_split_is_never_overruled() {
    let (mut people, [left, _]) = TestPeople::with_two_persons(4);
    let lefts = people.faces(left);
    let new = people.store.split(left, &lefts[..2], None).unwrap().unwrap();
    assert_eq!(
        (people.faces(left), people.faces(new)),
        (lefts[2..].to_vec(), lefts[..2].to_vec())
    );
    let back: Vec<_> = lefts.iter().map(|face| (*face, Placement::Person(left))).collect();
    people.store.place_faces(&back).unwrap();
    assert_eq!(people.faces(new), lefts[..2]);
    assert_eq!(people.reader().kept_apart().unwrap(), [(left, new)]);
    assert_eq!(people.store.split(left, &lefts[..2], None).unwrap(), None);
}

#[test]
fn who_is_confirmed_elsewhere_stands_for_nobody_else() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(2);
    let rights = people.faces(right);
    people.store.choose_picture(right, rights[0]).unwrap();
    assert!(!people.store.choose_picture(left, rights[0]).unwrap());
    people.store.refuse(left, &rights[..1]).unwrap();
    people.store.confirm(left, &rights[..1]).unwrap();
    let persons = people.reader().persons().unwrap();
    assert!(persons.iter().all(|person| person.picture.is_none()));
    assert!(people.reader().refused().unwrap().is_empty(), "the last word counts");
}
