//! What other programs know of photos: ratings and keywords in pictures and beside them, raw files beside their JPEGs.

use super::mutated::{jpeg_with, raw_file, tagged_jpeg, xmp_packet};
use super::{AT_ONCE, Program, Running, wait_until, write_picture};

/// Names of the photos that pass a filter, sorted.
fn found(program: &Program, filter: &[&str]) -> Vec<String> {
    let arguments = [&["search", "--find", "something", "--json"], filter].concat();
    let report = program.json(&arguments);
    let mut names: Vec<String> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn ratings_and_keywords_of_other_programs_can_be_asked_for() {
    let program = Program::new();
    let photos = program.photos();
    std::fs::write(photos.join("inside.jpg"), tagged_jpeg(1, 4, &["Sea", "R&amp;B"])).unwrap();
    write_picture(&photos.join("beside.png"), 2);
    std::fs::write(photos.join("beside.png.xmp"), xmp_packet(5, &["Sea", "sand"])).unwrap();
    write_picture(&photos.join("shared.png"), 3);
    std::fs::write(photos.join("shared.xmp"), xmp_packet(2, &["hill"])).unwrap();
    write_picture(&photos.join("plain.png"), 4);
    std::fs::write(photos.join("plain.png.xmp"), "<<<< no sidecar").unwrap();
    let path = photos.to_str().unwrap();
    assert_eq!(program.json(&["index", path, "--json"])["failed"], 0);
    assert_eq!(found(&program, &[]).len(), 4);
    assert_eq!(found(&program, &["--keywords", "sea"]), ["beside.png", "inside.jpg"]);
    assert_eq!(found(&program, &["--keywords", "sea, SAND"]), ["beside.png"]);
    assert_eq!(found(&program, &["--keywords", "r&b"]), ["inside.jpg"]);
    assert_eq!(found(&program, &["--stars", "4"]), ["beside.png", "inside.jpg"]);
    assert_eq!(
        found(&program, &["--stars", "2"]),
        ["beside.png", "inside.jpg", "shared.png"]
    );

    // A sidecar that changes or goes is noticed, and counts more than the picture itself.
    std::fs::write(photos.join("inside.jpg.xmp"), xmp_packet(1, &["wood"])).unwrap();
    std::fs::remove_file(photos.join("shared.xmp")).unwrap();
    program.json(&["index", path, "--json"]);
    assert_eq!(found(&program, &["--stars", "2"]), ["beside.png"]);
    assert_eq!(found(&program, &["--keywords", "wood"]), ["inside.jpg"]);
    assert_eq!(program.count("SELECT count(*) FROM sidecar"), 3);
    assert_eq!(
        program.count("SELECT count(*) FROM encoding"),
        4,
        "nothing is encoded again"
    );
}

/// A packet with a caption and keywords with levels.
fn captioned(caption: &str, path: &str) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"><dc:description><rdf:Alt>
        <rdf:li xml:lang="x-default">{caption}</rdf:li></rdf:Alt></dc:description><lr:hierarchicalSubject><rdf:Bag>
        <rdf:li>{path}</rdf:li></rdf:Bag></lr:hierarchicalSubject></rdf:Description></rdf:RDF></x:xmpmeta>"#
    )
}

#[test]
fn what_is_written_of_a_photo_is_found_before_what_looks_alike() {
    let program = Program::new();
    let photos = program.photos();
    for (number, caption, path) in [
        (1, "Grandma in Oslo", "Europe|Norway|Oslo"),
        (2, "Grandmas everywhere", "Europe|Sweden"),
        (3, "A cat in Oslo", "Europe|Norway"),
    ] {
        let jpeg = jpeg_with(number, &captioned(caption, path));
        std::fs::write(photos.join(format!("{number}.jpg")), jpeg).unwrap();
    }
    for number in 4..9 {
        write_picture(&photos.join(format!("{number}.png")), number);
    }
    assert_eq!(
        program.json(&["index", photos.to_str().unwrap(), "--json"])["failed"],
        0
    );

    // The photos that come first and where their words are written.
    let first = |find: &str| {
        let report = program.json(&["search", "--find", find, "--json"]);
        let results = report["results"].as_array().unwrap();
        assert_eq!(results.len(), 8);
        let mut first: Vec<String> = results
            .iter()
            .map_while(|result| {
                let name = result["path"].as_str().unwrap().rsplit('/').next().unwrap();
                Some(format!("{name} {}", result["written"].as_str()?))
            })
            .collect();
        assert!(results[first.len()..].iter().all(|result| result["written"].is_null()));
        first.sort();
        first
    };
    assert_eq!(first("GRANDMA oslo"), ["1.jpg caption"]);
    assert_eq!(first("oslo beach"), ["1.jpg caption", "3.jpg caption"]);
    assert_eq!(first("\"grandma in oslo\""), ["1.jpg caption"]);
    assert_eq!(first("oslo -cat"), ["1.jpg caption"]);
    assert_eq!(first("sweden"), ["2.jpg keyword"]);
    assert_eq!(first("a red circle"), [""; 0]);

    assert_eq!(found(&program, &["--keywords", "europe"]), ["1.jpg", "2.jpg", "3.jpg"]);
    assert_eq!(found(&program, &["--keywords", "Europe/Norway"]), ["1.jpg", "3.jpg"]);
    assert_eq!(found(&program, &["--keywords", "norway|oslo"]), ["1.jpg"]);
    assert_eq!(found(&program, &["--keywords", "\"grandma\""]), ["1.jpg"]);
    assert_eq!(found(&program, &["--keywords", "grandma"]), ["1.jpg", "2.jpg"]);
}

#[test]
fn a_sidecar_is_noticed_while_the_folder_is_watched() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("a.png"), 1);
    let watch = ["index", photos.to_str().unwrap(), "--watch", "--poll-seconds", "3600"];
    let mut running = Running::start(&mut program.command(&watch));
    running.wait_until_it_says("watching for changes");
    let told = |sql: &str| program.count(&format!("SELECT count(*) FROM sidecar WHERE {sql}")) == 1;
    std::fs::write(photos.join("a.xmp"), xmp_packet(3, &["one"])).unwrap();
    wait_until(AT_ONCE, "a new sidecar", || told("rating = 3 AND keywords = 'one'"));
    std::fs::write(photos.join("a.xmp"), xmp_packet(4, &["one", "two more"])).unwrap();
    wait_until(AT_ONCE, "a changed sidecar", || told("rating = 4"));
    std::fs::remove_file(photos.join("a.xmp")).unwrap();
    wait_until(AT_ONCE, "a sidecar that went", || {
        program.count("SELECT count(*) FROM sidecar") == 0
    });
}

#[test]
fn a_raw_file_goes_with_the_jpeg_of_its_name() {
    let program = Program::new();
    let photos = program.photos();
    std::fs::write(photos.join("pair.RAF"), raw_file(1)).unwrap();
    std::fs::write(photos.join("pair.JPG"), tagged_jpeg(2, 3, &["pair"])).unwrap();
    std::fs::write(photos.join("alone.raf"), raw_file(3)).unwrap();
    write_picture(&photos.join("pair.png"), 4);
    let path = photos.to_str().unwrap();
    let report = program.json(&["index", path, "--json"]);
    assert_eq!((&report["encoded"], &report["failed"]), (&4.into(), &0.into()));
    assert_eq!(found(&program, &[]), ["alone.raf", "pair.JPG", "pair.png"]);
    std::fs::remove_file(photos.join("pair.JPG")).unwrap();
    program.json(&["index", path, "--json"]);
    assert_eq!(found(&program, &[]), ["alone.raf", "pair.RAF", "pair.png"]);
    std::fs::write(photos.join("alone.jpeg"), tagged_jpeg(5, 3, &[])).unwrap();
    program.json(&["index", path, "--json"]);
    assert_eq!(found(&program, &[]), ["alone.jpeg", "pair.RAF", "pair.png"]);
}

#[test]
fn an_older_library_learns_what_is_written_in_its_photos_without_encoding_them_again() {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..3 {
        std::fs::write(photos.join(format!("{number}.jpg")), tagged_jpeg(number, 4, &["Sea"])).unwrap();
    }
    write_picture(&photos.join("beside.png"), 7);
    std::fs::write(photos.join("beside.png.xmp"), xmp_packet(5, &["sand"])).unwrap();
    let path = photos.to_str().unwrap();
    assert_eq!(program.json(&["index", path, "--json"])["encoded"], 4);
    let before = program.json(&["search", "--find", "something", "--json"]);
    // As a version before has left it.
    let connection = rusqlite::Connection::open(program.library()).unwrap();
    connection
        .execute_batch(
            "UPDATE photo SET facts_revision = 0, rating = NULL, keywords = NULL;
             UPDATE sidecar SET facts_revision = 0, rating = 1;",
        )
        .unwrap();
    drop(connection);
    assert_eq!(found(&program, &["--keywords", "sea"]), [""; 0]);
    let run = program.json(&["index", path, "--json"]);
    assert_eq!((&run["encoded"], &run["failed"]), (&0.into(), &0.into()));
    assert_eq!(run["unchanged"], 4, "nothing is encoded again");
    assert_eq!(found(&program, &["--keywords", "sea"]), ["0.jpg", "1.jpg", "2.jpg"]);
    assert_eq!(found(&program, &["--stars", "5"]), ["beside.png"]);
    let stale = "SELECT (SELECT count(*) FROM photo WHERE facts_revision = 0)
                      + (SELECT count(*) FROM sidecar WHERE facts_revision = 0)";
    assert_eq!(program.count(stale), 0);
    let facts = |report: &serde_json::Value| {
        let mut all: Vec<String> = report["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let fields = [
                    "path",
                    "taken",
                    "taken_source",
                    "rating",
                    "keywords",
                    "title",
                    "caption",
                    "gps",
                ];
                fields.map(|field| row[field].to_string()).join(" ")
            })
            .collect();
        all.sort();
        all
    };
    let after = program.json(&["search", "--find", "something", "--json"]);
    assert_eq!(facts(&after), facts(&before));
    assert!(facts(&after)[0].contains("[\"Sea\"]"), "{:?}", facts(&after));
}

#[test]
fn symbolic_and_hard_links_to_one_file_are_one_photo_with_several_places() {
    use std::os::unix::fs::symlink;
    let program = Program::new();
    let photos = program.photos();
    let best = photos.join("best");
    std::fs::create_dir(&best).unwrap();
    std::fs::write(photos.join("a.jpg"), tagged_jpeg(1, 4, &["sea"])).unwrap();
    std::fs::hard_link(photos.join("a.jpg"), best.join("hard.jpg")).unwrap();
    symlink(photos.join("a.jpg"), best.join("symbolic.jpg")).unwrap();
    // The same bytes in a file of its own, and a photo that has nothing to do with it.
    std::fs::copy(photos.join("a.jpg"), photos.join("copy.jpg")).unwrap();
    write_picture(&photos.join("other.png"), 4);
    let path = photos.to_str().unwrap();
    let places = || -> Vec<(String, usize)> {
        let report = program.json(&["search", "--find", "something", "--json"]);
        let results = report["results"].as_array().unwrap().iter();
        let mut places: Vec<(String, usize)> = results
            .map(|result| {
                let name = result["path"].as_str().unwrap().rsplit('/').next().unwrap();
                (name.to_owned(), result["also_at"].as_array().unwrap().len())
            })
            .collect();
        places.sort();
        places
    };
    let report = program.json(&["index", path, "--json"]);
    assert_eq!((&report["photos"], &report["failed"]), (&5.into(), &0.into()));
    let shown = places();
    // Of hard links the one that was met first stands for all.
    let linked = shown.iter().find(|(_, also_at)| *also_at == 2).unwrap();
    assert!(["a.jpg", "hard.jpg"].contains(&linked.0.as_str()), "{shown:?}");
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown.contains(&("copy.jpg".to_owned(), 0)) && shown.contains(&("other.png".to_owned(), 0)));
    // It is remembered, and another look at the folder changes nothing.
    let again = program.json(&["index", path, "--json"]);
    assert_eq!((&again["encoded"], &again["unchanged"]), (&0.into(), &5.into()));
    assert_eq!(places(), shown);
    // A folder that is asked for shows what lies in it under any name.
    let within = best.to_str().unwrap();
    let find = ["--find", "something", "--format", "json"];
    let export = [&["export", "-", "--in", within], &find[..]].concat();
    let exported = program.json(&export);
    let results = exported["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{exported}");
    assert!(results[0]["path"].as_str().unwrap().ends_with(&linked.0));
    // Links that go leave the photo, a first name that goes leaves it to the others.
    std::fs::remove_file(best.join("symbolic.jpg")).unwrap();
    std::fs::remove_file(photos.join("a.jpg")).unwrap();
    program.json(&["index", path, "--json"]);
    let names = ["copy.jpg", "hard.jpg", "other.png"];
    assert_eq!(places(), names.map(|name| (name.to_owned(), 0)));
}

#[test]
fn a_file_is_one_photo_whichever_of_its_folders_and_links_come_first() {
    use std::os::unix::fs::symlink;
    let program = Program::new();
    let photos = program.photos();
    let (outside, added) = (photos.join("outside"), photos.join("added"));
    for folder in [outside.join("x"), added.join("real")] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let file = outside.join("x/a.jpg");
    std::fs::write(&file, tagged_jpeg(1, 4, &["sea"])).unwrap();
    // The folder is met by a link, its file by a link and by a name of its own.
    symlink(&outside, added.join("folder")).unwrap();
    symlink(&file, added.join("direct.jpg")).unwrap();
    let places = || -> Vec<usize> {
        let report = program.json(&["search", "--find", "something", "--json"]);
        let results = report["results"].as_array().unwrap().iter();
        results
            .map(|result| result["also_at"].as_array().unwrap().len())
            .collect()
    };
    program.json(&["index", added.to_str().unwrap(), "--json"]);
    assert_eq!(places(), [1]);
    std::fs::hard_link(&file, added.join("hard.jpg")).unwrap();
    program.json(&["index", added.to_str().unwrap(), "--json"]);
    assert_eq!(places(), [2]);
    // Its own folder comes last, by another run of the program.
    program.json(&["index", outside.to_str().unwrap(), "--json"]);
    assert_eq!(places(), [3]);
    std::fs::write(added.join("real/b.jpg"), tagged_jpeg(2, 4, &["sea"])).unwrap();
    program.json(&["index", added.to_str().unwrap(), "--json"]);
    let mut all = places();
    all.sort_unstable();
    assert_eq!(all, [0, 3]);
}

#[test]
fn sidecars_of_any_case_and_of_the_raw_file_behind_a_picture_count() {
    let program = Program::new();
    let photos = program.photos();
    for (number, (photo, beside)) in [
        ("UPPER.jpg", "UPPER.JPG.XMP"),
        ("ustem.jpg", "USTEM.XMP"),
        ("mixed.Jpg", "mixed.JPG.xmp"),
        ("DSC_1.JPG", "DSC_1.RAF.xmp"),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(photos.join(photo), tagged_jpeg(number as u32, 1, &[])).unwrap();
        std::fs::write(photos.join(beside), xmp_packet(4, &["dusk"])).unwrap();
    }
    std::fs::write(photos.join("DSC_1.RAF"), raw_file(9)).unwrap();
    let path = photos.to_str().unwrap();
    assert_eq!(program.json(&["index", path, "--json"])["failed"], 0);
    let all = ["DSC_1.JPG", "UPPER.jpg", "mixed.Jpg", "ustem.jpg"];
    assert_eq!(found(&program, &["--stars", "4"]), all);
    // The sidecar of the raw file is the picture's only while the raw file is there.
    std::fs::remove_file(photos.join("DSC_1.RAF")).unwrap();
    program.json(&["index", path, "--json"]);
    assert_eq!(found(&program, &["--stars", "4"]), all[1..]);
}
