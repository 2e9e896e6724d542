//! `refocus text` and `refocus index --text`, as a script uses them, with the models that ship.

use std::path::Path;

use serde_json::Value;

use super::Program;

/// What stands in the picture that has text.
const WRITTEN: &str = "CAF\u{c9} 24\nouvert";

/// The picture of the reader's own tests: 160 × 96, two lines.
fn sign() -> image::RgbImage {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/text/reference.safetensors");
    let bytes = std::fs::read(file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let rgb = tensors.tensor("picture").unwrap().data().to_vec();
    image::RgbImage::from_raw(160, 96, rgb).unwrap()
}

/// Fills a folder with that picture, each time with one pixel of another colour, so that no two files hold the same.
pub(crate) fn write_signs(folder: &Path, count: u8) {
    let mut picture = sign();
    for number in 0..count {
        picture.put_pixel(0, 0, image::Rgb([number, 0, 0]));
        picture.save(folder.join(format!("{number}.png"))).unwrap();
    }
}

/// A library of a sign and of a picture without text.
fn with_a_sign() -> Program {
    let program = Program::new();
    let photos = program.photos();
    sign().save(photos.join("sign.png")).unwrap();
    image::RgbImage::from_pixel(200, 120, image::Rgb([90, 120, 160]))
        .save(photos.join("sky.png"))
        .unwrap();
    program
}

#[test]
fn text_is_read_found_exported_and_forgotten() {
    let program = with_a_sign();
    let photos = program.photos();
    let indexed = program.json(&["index", photos.to_str().unwrap(), "--text", "--json"]);
    assert_eq!(
        (&indexed["text"]["photos"], &indexed["text"]["with_text"]),
        (&2.into(), &1.into())
    );

    let found = |find: &str| program.json(&["search", "--find", find, "--json"]);
    let by_words = found("ouvert");
    assert_eq!(by_words["results"][0]["written"], "text");
    assert_eq!(by_words["results"][0]["text"], WRITTEN);
    let narrowed = found("text:cafe");
    assert_eq!(narrowed["results"].as_array().unwrap().len(), 1);
    assert_eq!(found("-text:cafe")["results"].as_array().unwrap().len(), 1);
    assert!(found("text:nowhere")["results"].as_array().unwrap().is_empty());
    let out = program.path("order.csv");
    assert!(
        program
            .run(&["export", "--find", "cafe", out.to_str().unwrap()])
            .status
            .success()
    );
    assert!(std::fs::read_to_string(out).unwrap().contains("ouvert"));
    let doctor = program.json(&["doctor", "--json"]);
    assert_eq!(
        (&doctor["text"]["integrity"], &doctor["text"]["with_text"]),
        (&"ok".into(), &1.into())
    );

    // Nothing is read twice, and nothing without being asked for.
    assert_eq!(
        program.json(&["index", photos.to_str().unwrap(), "--json"])["text"],
        Value::Null
    );
    let forgotten = program.json(&["text", "--forget", "--json"]);
    assert!(!forgotten["deleted"].as_array().unwrap().is_empty());
    assert!(found("text:cafe")["results"].as_array().unwrap().is_empty());
    assert_eq!(program.json(&["doctor", "--json"])["text"], Value::Null);
}

#[test]
fn the_text_of_a_photo_is_printed_without_a_library() {
    let program = with_a_sign();
    let sign = program.photos().join("sign.png");
    let printed = program.run(&["text", sign.to_str().unwrap()]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap().trim_end(), WRITTEN);
    let read = program.json(&["text", sign.to_str().unwrap(), "--json"]);
    let lines = read[0]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["text"], "ouvert");
    assert!(lines[1]["confidence"].as_f64().unwrap() > 0.5 && lines[1]["corners"].as_array().unwrap().len() == 4);
    assert!(!program.library().exists());

    let broken = program.path("broken.jpg");
    std::fs::write(&broken, "no picture").unwrap();
    let refused = program.run(&["text", broken.to_str().unwrap(), sign.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let (out, error) = (
        String::from_utf8(refused.stdout).unwrap(),
        String::from_utf8(refused.stderr).unwrap(),
    );
    assert!(out.contains("ouvert") && error.contains("broken.jpg"), "{out} {error}");
    assert_eq!(program.run(&["text"]).status.code(), Some(2));
}

#[test]
fn what_keeps_text_from_being_found_is_said() {
    let program = with_a_sign();
    let photos = program.photos();
    program.json(&["index", photos.to_str().unwrap(), "--json"]);
    let search = |find: &str| {
        let output = program.run(&["search", "--find", find]);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(search("text:cafe").contains("No text has been read"));
    program.json(&["index", photos.to_str().unwrap(), "--text", "--json"]);
    assert_eq!(search("text:cafe"), "");
    assert!(search("text:!!!").contains("letters and digits"));
    let file = program.path("library.refocus-text");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "letters are private"
        );
    }
    std::fs::write(&file, "something else").unwrap();
    let said = search("text:cafe");
    assert!(
        said.contains("cannot be searched") && said.contains("library.refocus-text"),
        "{said}"
    );
    let indexed = program.json(&["index", photos.to_str().unwrap(), "--text", "--json"]);
    assert_eq!(indexed["text"]["with_text"], 1);
    assert_eq!(search("text:cafe"), "");
}

#[test]
fn a_damaged_file_of_text_is_made_anew() {
    let program = with_a_sign();
    let photos = program.photos();
    program.json(&["index", photos.to_str().unwrap(), "--text=all", "--json"]);
    let file = program.path("library.refocus-text");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    // A search goes on without it.
    assert_eq!(
        program.json(&["search", "--find", "sky", "--json"])["results"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let repaired = program.run(&["doctor", "--repair"]);
    let said = String::from_utf8(repaired.stderr).unwrap();
    assert!(repaired.status.success() && said.contains("text in photos"), "{said}");
    let indexed = program.json(&["index", photos.to_str().unwrap(), "--text", "--json"]);
    assert_eq!(indexed["text"]["with_text"], 1);
}
