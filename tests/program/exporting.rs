//! `refocus export`: the order as a file.

use std::path::Path;

use serde_json::Value;

use super::{Program, write_picture};

fn indexed() -> Program {
    let program = Program::new();
    let photos = program.photos();
    for number in 0..6 {
        write_picture(&photos.join(format!("{number}, \"{number}\".png")), number);
    }
    program.json(&["index", "--json", photos.to_str().unwrap()]);
    program
}

#[test]
fn an_order_under_a_focus_is_written_as_a_table() {
    let program = indexed();
    let out = program.path("order.csv");
    let like = program.photos().join("2, \"2\".png");
    let output = program.run(&[
        "export",
        "--format",
        "csv",
        "--focus",
        "the colour",
        "--like",
        like.to_str().unwrap(),
        out.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut table = csv::Reader::from_path(&out).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(
        (&rows[0][0], &rows[0][1]),
        ("1", std::fs::canonicalize(&like).unwrap().to_str().unwrap())
    );
    assert!(!rows[0][5].is_empty(), "value words");
}

#[test]
fn json_goes_to_standard_output_and_has_what_search_prints() {
    let program = indexed();
    let output = program.run(&["export", "--format", "json", "--find", "a circle", "-"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["results"].as_array().unwrap().len(), 6);
    assert_eq!(value["results"][5]["rank"], 6);
}

#[test]
fn a_file_that_cannot_be_written_is_one_line_and_exit_1() {
    let program = indexed();
    for (format, name) in [
        ("csv", "order.csv"),
        ("json", "order.json"),
        ("safetensors", "vectors.safetensors"),
    ] {
        let out = program.path("no such folder").join(name);
        let output = program.run(&["export", "--format", format, out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.trim_end().ends_with(name), "{errors}");
        // The temporary file beside it does not count.
        assert!(!errors.contains("tmp") || !errors.contains("at path"), "{errors}");
    }
}

#[test]
fn vectors_differ_by_focus_and_name_their_photos() {
    let program = indexed();
    let read = |name: &str, focus: &str| {
        let out = program.path(name);
        let output = program
            .command(&["export", "--format", "safetensors", "--focus", focus])
            .arg(&out)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let bytes = std::fs::read(&out).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let paths: Vec<String> = serde_json::from_slice(tensors.tensor("paths").unwrap().data()).unwrap();
        let vectors = tensors.tensor("vectors").unwrap();
        assert_eq!(vectors.shape()[0], paths.len());
        assert!(paths.iter().all(|path| Path::new(path).is_file()), "{paths:?}");
        let lengths = vectors.data().chunks_exact(4 * vectors.shape()[1]).map(|vector| {
            let values = vector.as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value));
            values.map(|value| value * value).sum::<f32>()
        });
        assert!(
            lengths.clone().all(|length| length > 0.1 && length < 1.1),
            "{:?}",
            lengths.collect::<Vec<_>>()
        );
        (paths.len(), vectors.data().to_vec())
    };
    let colour = read("colour.safetensors", "the colour");
    let shape = read("shape.safetensors", "the shape");
    let plain = read("plain.safetensors", "");
    assert!(colour.0 > 1 && colour.0 == shape.0 && colour.0 == plain.0);
    assert!(colour.1 != shape.1 && colour.1 != plain.1);
}

/// Pictures and databases are what nobody means to lose for a table.
#[test]
fn an_export_replaces_neither_a_picture_nor_a_database() {
    let program = Program::new();
    let photo = program.photos().join("a.png");
    super::write_picture(&photo, 1);
    program.json(&["index", "photos", "--json"]);
    program.run(&["albums", "make", "Norway"]);
    let library = program.library();
    let before = [&photo, &library].map(|path| std::fs::read(path).unwrap());
    for path in [&photo, &library] {
        let path = path.to_str().unwrap();
        for arguments in [
            &["export", "--format", "csv", path][..],
            &["export", "--format", "json", path],
            &["export", "--format", "safetensors", path],
            &["albums", "export", path],
        ] {
            let output = program.run(arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(
                said.contains("which stays: choose another name"),
                "{arguments:?}: {said}"
            );
        }
    }
    assert_eq!([&photo, &library].map(|path| std::fs::read(path).unwrap()), before);
    // An export may be written anew.
    for _ in 0..2 {
        assert!(program.run(&["albums", "export", "albums.json"]).status.success());
    }
}
