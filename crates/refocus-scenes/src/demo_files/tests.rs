use super::*;
use crate::demo::{DEMO_COUNT, FileFormat};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::SystemTime;

fn files(dir: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.insert(entry.path(), entry.metadata().unwrap().modified().unwrap());
        }
    }
    found
}

#[test]
fn the_whole_library_is_written_decodes_and_a_second_run_rewrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let go_on = AtomicBool::new(false);
    let mut seen = Vec::new();
    let first = write_demo(
        folder.path(),
        DEMO_COUNT,
        &mut |done, total| seen.push((done, total)),
        &go_on,
    )
    .unwrap();
    assert_eq!(
        (first.written, first.kept, first.stopped),
        (DEMO_COUNT as usize, 0, false)
    );
    assert_eq!(seen.last(), Some(&(DEMO_COUNT as usize, DEMO_COUNT as usize)));
    let before = files(folder.path());
    assert_eq!(
        before.len(),
        DEMO_COUNT as usize + 1,
        "the pictures and the labels, nothing left over"
    );
    for path in before.keys().filter(|path| !path.ends_with(LABELS_FILE)) {
        let image = image::open(path).unwrap_or_else(|error| panic!("{error}: {}", path.display()));
        assert!(image.width() >= 480);
    }
    let mut rows = csv::Reader::from_path(&first.labels).unwrap();
    assert_eq!(rows.records().count(), DEMO_COUNT as usize);

    let second = write_demo(folder.path(), DEMO_COUNT, &mut |_, _| {}, &go_on).unwrap();
    assert_eq!((second.written, second.kept), (0, DEMO_COUNT as usize));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_file_with_other_content_is_left_alone_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(demo_file_name(0));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"mine").unwrap();
    let summary = write_demo(folder.path(), 2, &mut |_, _| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((summary.written, &summary.differing), (1, &vec![path.clone()]));
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    assert!(!fs::read_to_string(summary.labels).unwrap().contains(&demo_file_name(0)));
}

#[test]
fn somebody_elses_labels_stop_it_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(LABELS_FILE), "name,age\nAda,36\n").unwrap();
    let result = write_demo(folder.path(), 3, &mut |_, _| {}, &AtomicBool::new(false));
    assert!(matches!(result, Err(SceneError::ForeignLabels { .. })));
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_lost_table_is_made_again_without_touching_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let go_on = AtomicBool::new(false);
    let first = write_demo(folder.path(), 3, &mut |_, _| {}, &go_on).unwrap();
    let table = fs::read(&first.labels).unwrap();
    fs::remove_file(&first.labels).unwrap();
    let second = write_demo(folder.path(), 3, &mut |_, _| {}, &go_on).unwrap();
    assert_eq!((second.written, second.kept), (0, 3));
    assert_eq!(fs::read(&first.labels).unwrap(), table);
}

#[test]
fn a_stop_ends_it_early_and_the_next_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let summary = write_demo(
        folder.path(),
        40,
        &mut |_, _| stop.store(true, Ordering::Relaxed),
        &stop,
    )
    .unwrap();
    assert!(summary.stopped && summary.written < 40);
    let rest = write_demo(folder.path(), 40, &mut |_, _| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((rest.kept, rest.written), (summary.written, 40 - summary.written));
}

#[test]
fn exif_of_a_jpeg_says_when_and_with_what() {
    let picture = demo_picture(0);
    assert_eq!(picture.format, FileFormat::Jpeg);
    let bytes = encode(&picture).unwrap();
    let exif = exif::Reader::new()
        .read_from_container(&mut Cursor::new(&bytes))
        .unwrap();
    let text = |tag| {
        let field = exif.get_field(tag, exif::In::PRIMARY).unwrap();
        let exif::Value::Ascii(lines) = &field.value else {
            panic!("{tag} is no text")
        };
        String::from_utf8(lines[0].clone()).unwrap()
    };
    assert_eq!(text(exif::Tag::DateTimeOriginal), picture.taken);
    assert_eq!(text(exif::Tag::Make), picture.camera_make);
    assert_eq!(text(exif::Tag::Model), picture.camera_model);
}
