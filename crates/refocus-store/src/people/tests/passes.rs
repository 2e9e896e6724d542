use super::*;

#[test]
fn a_face_is_read_as_it_was_written() {
    let mut people = TestPeople::new();
    let ids = people.pass(7, 3..4);
    let rows = people.reader().faces_of(&hash(3)).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), ids[0]);
    assert_eq!(rows[1].face, face(0.6, 7));
    assert_eq!((rows[1].photo, rows[1].revision, rows[1].person), (hash(3), 7, None));
    assert_eq!(people.reader().face(ids[0][1]).unwrap().as_ref(), Some(&rows[1]));
    let mut passes = Vec::new();
    people.reader().for_each_pass(|pass| passes.push(pass)).unwrap();
    let expected = PassRow {
        photo: hash(3),
        revision: 7,
        faces: 2,
        failed: false,
    };
    assert_eq!(passes, [expected]);
}

#[test]
fn a_face_takes_at_most_400_bytes_with_its_indexes() {
    let mut people = TestPeople::new();
    let photos = 8_000u32;
    for chunk in 0..photos / 100 {
        let passes: Vec<_> = (0..100)
            .map(|number| {
                // Hashes come in no order.
                let mut photo = [0; 32];
                photo[..4].copy_from_slice(&(chunk * 100 + number).wrapping_mul(0x9E37_79B9).to_be_bytes());
                PhotoPass {
                    photo,
                    faces: Some(vec![face(0.1, 1)]),
                    regions: Vec::new(),
                }
            })
            .collect();
        let faces = people.store.store_passes(1, &passes).unwrap();
        let placed: Vec<_> = faces
            .iter()
            .flatten()
            .enumerate()
            .map(|(place, face)| (*face, Placement::New(place as u32 / 10)))
            .collect();
        people.store.place_faces(&placed).unwrap();
    }
    let everyone: Vec<_> = people.reader().persons().unwrap();
    people.store.name(everyone[0].id, Some("Anna")).unwrap();
    people.store.inner.fold_log().unwrap();
    let bytes = std::fs::metadata(people.database.path()).unwrap().len();
    let a_face = bytes as f64 / f64::from(photos);
    println!("{a_face:.0} bytes a face");
    assert!(a_face <= 400.0, "{a_face}");
}

#[test]
fn a_face_that_is_found_again_keeps_its_number_and_person() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(3);
    people.store.name(left, Some("Anna")).unwrap();
    let before = [people.faces(left), people.faces(right)];
    people.pass(2, 0..3);
    assert_eq!([people.faces(left), people.faces(right)], before);
    let found = people.reader().face(before[0][0]).unwrap().unwrap();
    assert_eq!((found.revision, found.face), (2, face(0.1, 2)));
}

#[test]
fn a_face_that_is_not_found_again_stays_only_for_what_was_said_of_it() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(4);
    let [lefts, rights] = [people.faces(left), people.faces(right)];
    people.store.confirm(left, &[lefts[0]]).unwrap();
    people.store.refuse(right, &[rights[1]]).unwrap();
    let nothing: Vec<_> = (0..4)
        .map(|photo| PhotoPass {
            photo: hash(photo),
            faces: Some(Vec::new()),
            regions: Vec::new(),
        })
        .collect();
    people.store.store_passes(2, &nothing).unwrap();
    let mut stay = Vec::new();
    people
        .reader()
        .for_each_face(|face| stay.push((face.id, face.revision)))
        .unwrap();
    assert_eq!(stay, [(lefts[0], 1), (rights[1], 1)]);
    assert_eq!(people.faces(left), [lefts[0]]);
    // A later revision finds them.
    people.pass(3, 0..4);
    assert_eq!(people.faces(left), [lefts[0]]);
    assert_eq!(people.reader().refused().unwrap(), [(rights[1], right)]);
}

#[test]
fn a_photo_that_cannot_be_looked_at_keeps_its_faces() {
    let (mut people, [left, _]) = TestPeople::with_two_persons(1);
    let before = people.faces(left);
    let failed = PhotoPass {
        photo: hash(0),
        faces: None,
        regions: Vec::new(),
    };
    people.store.store_passes(2, &[failed]).unwrap();
    assert_eq!(people.faces(left), before);
    let mut passes = Vec::new();
    people.reader().for_each_pass(|pass| passes.push(pass)).unwrap();
    assert_eq!((passes[0].failed, passes[0].revision, passes[0].faces), (true, 2, 2));
}

#[test]
fn the_clustering_never_overrules_a_person() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(3);
    let [lefts, rights] = [people.faces(left), people.faces(right)];
    people.store.confirm(left, &[lefts[0]]).unwrap();
    people.store.refuse(right, &[rights[0]]).unwrap();
    let changed = people
        .store
        .place_faces(&[
            (lefts[0], Placement::Person(right)),
            (lefts[0], Placement::Nobody),
            (rights[0], Placement::Person(right)),
            (rights[1], Placement::Person(PersonId(999))),
            (FaceId(999), Placement::Person(left)),
            (lefts[1], Placement::Person(right)),
            (lefts[2], Placement::Nobody),
        ])
        .unwrap();
    assert_eq!(changed.changed, 2);
    assert_eq!(people.faces(left), [lefts[0]]);
    assert_eq!(people.faces(right), [lefts[1], rights[1], rights[2]]);
}

#[test]
fn the_faces_since_all_were_put_to_persons_together_are_counted_across_sessions() {
    let (mut people, [left, _]) = TestPeople::with_two_persons(3);
    assert_eq!(people.reader().faces_since_clustering().unwrap(), 6);
    let all: Vec<_> = people
        .faces(left)
        .iter()
        .map(|face| (*face, Placement::Person(left)))
        .collect();
    people.store.place_all_faces(&all).unwrap();
    // Those of the other person are newer than the last that took part.
    let newer = people.reader().faces_since_clustering().unwrap();
    people.pass(1, 10..12);
    assert_eq!(people.reader().faces_since_clustering().unwrap(), newer + 4);
    let reopened = PeopleDatabase::open(&people.library).unwrap().reader().unwrap();
    assert_eq!(reopened.faces_since_clustering().unwrap(), newer + 4);
}

#[test]
fn persons_without_faces_go_unless_something_was_said_of_them() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(2);
    people.store.name(left, Some("Anna")).unwrap();
    let [lefts, rights] = [people.faces(left), people.faces(right)];
    let all: Vec<_> = lefts
        .iter()
        .chain(&rights)
        .map(|face| (*face, Placement::Nobody))
        .collect();
    people.store.place_faces(&all).unwrap();
    let left_over: Vec<_> = people
        .reader()
        .persons()
        .unwrap()
        .iter()
        .map(|person| person.id)
        .collect();
    assert_eq!(left_over, [left]);
    assert_eq!(people.faces(left), lefts, "they were named");
    let made = people.store.place_faces(&[(rights[0], Placement::New(5))]).unwrap();
    assert!(made.new[&5] > right, "no number is given twice");
}

#[test]
fn names_of_other_programs_come_to_the_faces_they_mean_and_a_person_overrules_them() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(2);
    let lefts = people.faces(left);
    let region = |at: f32, name: &str| NamedRegion {
        // Drawn around the whole head.
        bounds: FaceBounds::of_fractions([at - 0.02, 0.1, at + 0.25, 0.55]),
        name: name.to_owned(),
    };
    let both = vec![region(0.1, "Anna"), region(0.6, " "), region(0.6, "Ben ")];
    people.store.set_regions(&[(hash(0), both.clone())]).unwrap();
    let anna = people.named("Anna").unwrap().id;
    assert_eq!(people.faces(anna), [lefts[0]]);
    people
        .store
        .set_regions(&[(hash(1), vec![region(0.1, "ANNA")])])
        .unwrap();
    assert_eq!(people.faces(anna), lefts);
    // What a person says stands, also where the region says it again.
    people.store.confirm(right, &[lefts[0]]).unwrap();
    people.store.refuse(anna, &[lefts[1]]).unwrap();
    people
        .store
        .set_regions(&[(hash(0), both), (hash(1), vec![region(0.1, "Anna")])])
        .unwrap();
    assert!(people.faces(anna).is_empty());
    // A name that is not written any more is nobody's.
    people.store.set_regions(&[(hash(0), Vec::new())]).unwrap();
    assert!(people.named("Ben").is_none());
}

#[test]
fn names_of_other_programs_overrule_no_name_and_no_merge() {
    let (mut people, [left, right]) = TestPeople::with_two_persons(2);
    let lefts = people.faces(left);
    let says = |name: &str| {
        let bounds = face(0.1, 1).bounds;
        let name = name.to_owned();
        vec![(hash(0), vec![NamedRegion { bounds, name }])]
    };
    people.store.set_regions(&says("Anne")).unwrap();
    let anne = people.named("Anne").unwrap().id;
    people.store.name(anne, Some("Anna")).unwrap();
    people.store.set_regions(&says("Anne")).unwrap();
    assert_eq!(people.faces(anne), [lefts[0]]);
    people.store.merge(right, &[anne]).unwrap();
    people.store.set_regions(&says("Anne")).unwrap();
    assert!(people.named("Anne").is_none());
    assert_eq!(people.faces(right).len(), 3);
}

#[test]
fn regions_and_the_pass_may_come_together() {
    let mut people = TestPeople::new();
    let pass = PhotoPass {
        photo: hash(9),
        faces: Some(vec![face(0.1, 1)]),
        regions: vec![NamedRegion {
            bounds: face(0.1, 1).bounds,
            name: "Zoë".to_owned(),
        }],
    };
    let ids = people.store.store_passes(1, std::slice::from_ref(&pass)).unwrap();
    let row = people.reader().face(ids[0][0]).unwrap().unwrap();
    assert_eq!(row.person.map(|(_, said)| said), Some(Said::Region));
    people.store.store_passes(2, &[pass]).unwrap();
    assert_eq!(people.named("Zoë").unwrap().faces, 1);
}
