//! The table of truths: one row a picture.

use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

use super::{SceneError, write_whole};
use crate::demo::DemoPicture;

const COLUMNS: [&str; 18] = [
    "path",
    "object",
    "kind",
    "shape",
    "texture",
    "colour",
    "count",
    "background",
    "background_colour",
    "hour",
    "brightness",
    "warmth",
    "style",
    "position",
    "size",
    "objects",
    "taken",
    "camera",
];

/// Rows by path.
pub(super) type Labels = HashMap<String, Vec<String>>;

pub(super) fn row(picture: &DemoPicture) -> Vec<String> {
    let truth = &picture.truth;
    let single = truth.objects.first().filter(|_| truth.objects.len() == 1);
    let kind = truth
        .objects
        .first()
        .filter(|_| truth.object.is_some())
        .and_then(|object| object.kind);
    let objects: Vec<String> = truth
        .objects
        .iter()
        .map(|object| match object.colour {
            Some(colour) => format!("{colour} {}", object.name),
            None => object.name.clone(),
        })
        .collect();
    let word = |value: Option<&'static str>| value.unwrap_or_default().to_owned();
    vec![
        picture.file_name.clone(),
        truth.object.clone().unwrap_or_default(),
        word(kind.map(|kind| kind.word())),
        word(truth.shape.map(|shape| shape.word())),
        word(truth.texture.map(|texture| texture.word())),
        word(truth.colour.map(|colour| colour.word())),
        truth.count.to_string(),
        truth.background.word().to_owned(),
        word(truth.background_colour.map(|colour| colour.word())),
        truth.light.hour.word().to_owned(),
        truth.light.brightness.word().to_owned(),
        truth.light.warmth.word().to_owned(),
        truth.style.word().to_owned(),
        word(single.map(|object| object.position.word())),
        word(single.map(|object| object.size.word())),
        objects.join("; "),
        picture.taken.clone(),
        format!(
            "{} {}",
            picture.camera_make,
            picture.camera_model.trim_start_matches(picture.camera_make).trim()
        ),
    ]
}

/// The rows of an earlier run by path; empty where there is no table.
pub(super) fn read_labels(path: &Path) -> Result<Labels, SceneError> {
    let failed = |source| SceneError::Labels {
        source,
        path: path.to_owned(),
    };
    let exists = path.try_exists().map_err(|source| SceneError::Io {
        action: "look at",
        source,
        path: path.to_owned(),
    })?;
    if !exists {
        return Ok(Labels::new());
    }
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    if reader.headers().map_err(failed)? != COLUMNS.as_slice() {
        return Err(SceneError::ForeignLabels { path: path.to_owned() });
    }
    let mut rows = Labels::new();
    for record in reader.records() {
        let row: Vec<String> = record.map_err(failed)?.iter().map(str::to_owned).collect();
        if let Some(name) = row.first() {
            rows.insert(name.clone(), row);
        }
    }
    Ok(rows)
}

/// Writes the table in order of path; rows of an earlier, larger run stay. A table that would not change is not touched.
pub(super) fn write_labels(path: &Path, rows: Vec<Vec<String>>, mut known: Labels) -> Result<(), SceneError> {
    for row in rows {
        if let Some(name) = row.first() {
            known.insert(name.clone(), row);
        }
    }
    let mut rows: Vec<Vec<String>> = known.into_values().collect();
    rows.sort();
    let failed = |source| SceneError::Labels {
        source,
        path: path.to_owned(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| SceneError::Io {
        action: "write",
        source: io::Error::other(error.to_string()),
        path: path.to_owned(),
    })?;
    // A table that cannot be read again is written anew, which reports its own reason.
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    write_whole(path, &bytes)
}
