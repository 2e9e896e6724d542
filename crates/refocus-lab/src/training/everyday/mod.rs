//! Everyday photos with what somebody who looked at them wrote: instruction-tuning data as FocalLens uses it.
//!
//! A folder holds `labels.tsv` (one photo a line, one field a column, `-` where a question does not apply) and the photos in
//! `photos/`. Training reads the split `train` alone.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the photos and their fields |
//! | `rules.rs` | from a field's free words to an answer that people are shown: `assets/training/everyday.json` |
//! | `coloured.rs` | "a white van": things that are named with their colour |

mod coloured;
mod rules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use coloured::{ColouredThing, coloured_things};
pub use rules::{FieldRules, FieldValue};

/// Split of the photos that are trained on.
const TRAINING: &str = "train";
/// Name of the photos that are kept back from training.
const KEPT_BACK_SPLIT: &str = "kept-back";
/// Says that a question does not apply to a photo.
const ABSENT: &str = "-";
/// Sources whose photos are kept back from training, all of them: photos of one source are alike, and what is known of other
/// people's photos shows only on sources that training has not seen.
const KEPT_BACK: [&str; 5] = [
    "openstax/osbooks-contemporary-mathematics",
    "openstax/osbooks-writing-guide",
    "openstax/osbooks-principles-of-management-bundle",
    "Haz001/images",
    "geeksforsocialchange/PlaceCal",
];

/// Why labels could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EverydayError {
    /// The table is not readable.
    #[error("the labels cannot be read: {source}: {path}", path = path.display())]
    Table {
        /// What the reader says.
        source: csv::Error,
        /// The table.
        path: PathBuf,
    },
    /// A column that every table of labels has is missing.
    #[error("the labels have no column {column:?}: {path}", path = path.display())]
    Column {
        /// The column's name.
        column: &'static str,
        /// The table.
        path: PathBuf,
    },
}

/// A photo with its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EverydayPhoto {
    /// The file.
    pub path: PathBuf,
    /// The collection that it comes from.
    pub source: String,
    /// Values of a field, the most important first; a field that does not apply is left out.
    fields: BTreeMap<String, Vec<String>>,
}

impl EverydayPhoto {
    /// Values of a field, the most important first; none where it does not apply.
    #[must_use]
    pub fn field(&self, name: &str) -> &[String] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the photo is kept back from training, to judge by, with all its views.
    #[must_use]
    pub fn is_kept_back(&self) -> bool {
        KEPT_BACK.contains(&self.source.as_str())
    }
}

/// The training photos of a folder by their ids.
#[derive(Debug, Clone, Default)]
pub struct EverydayPhotos {
    photos: BTreeMap<String, EverydayPhoto>,
}

impl EverydayPhotos {
    /// Reads the photos of `labels.tsv` of a folder that may be trained on.
    ///
    /// # Errors
    /// [`EverydayError`].
    pub fn read(folder: &Path) -> Result<Self, EverydayError> {
        Self::read_split(folder, TRAINING)
    }

    /// Reads one split of `labels.tsv` of a folder; [`KEPT_BACK_SPLIT`] are those of the training split that are
    /// not trained on, see [`EverydayPhoto::is_kept_back`].
    ///
    /// # Errors
    /// [`EverydayError`].
    pub fn read_split(folder: &Path, wanted: &str) -> Result<Self, EverydayError> {
        if wanted == KEPT_BACK_SPLIT {
            let mut kept = Self::read_split(folder, TRAINING)?;
            kept.photos.retain(|_, photo| photo.is_kept_back());
            return Ok(kept);
        }
        let path = folder.join("labels.tsv");
        let table = |source| EverydayError::Table {
            source,
            path: path.clone(),
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b'\t')
            .quoting(false)
            .from_path(&path)
            .map_err(table)?;
        let names = reader.headers().map_err(table)?.clone();
        let column = |column: &'static str| {
            names
                .iter()
                .position(|name| name == column)
                .ok_or_else(|| EverydayError::Column {
                    column,
                    path: path.clone(),
                })
        };
        let (id, split, source) = (column("id")?, column("split")?, column("source")?);
        let mut photos = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(table)?;
            if record.get(split) != Some(wanted) {
                continue;
            }
            let id = record.get(id).unwrap_or_default().to_owned();
            let source = record.get(source).unwrap_or_default().to_owned();
            let fields = names
                .iter()
                .zip(record.iter())
                .filter(|(name, value)| !["id", "split", "source"].contains(name) && *value != ABSENT)
                .map(|(name, value)| {
                    let values = match name {
                        // A sentence is one value.
                        "caption" | "subject" => vec![value.to_owned()],
                        _ => value.split("; ").map(|part| part.trim().to_owned()).collect(),
                    };
                    (name.to_owned(), values)
                })
                .collect();
            let path = folder.join("photos").join(format!("{id}.webp"));
            photos.insert(id, EverydayPhoto { path, source, fields });
        }
        Ok(Self { photos })
    }

    /// A photo by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&EverydayPhoto> {
        self.photos.get(id)
    }

    /// All photos with their ids, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &EverydayPhoto)> {
        self.photos.iter().map(|(id, photo)| (id.as_str(), photo))
    }

    /// How many photos there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.photos.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<EverydayPhotos, EverydayError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("labels.tsv"), lines).unwrap();
        EverydayPhotos::read(folder.path())
    }

    #[test]
    fn photos_to_judge_by_are_not_trained_on() {
        let photos = read(
            "id\tcaption\twho\tplace\tsplit\tsource\n\
             1\ta \"big; old\" house\t-\tstreet; town\ttrain\ta/b\n\
             2\ta boat\tman\tsea\tjudge\tc/d\n",
        )
        .unwrap();
        assert_eq!(photos.iter().map(|(id, _)| id).collect::<Vec<_>>(), ["1"]);
        let photo = photos.get("1").unwrap();
        assert_eq!(photo.field("caption"), ["a \"big; old\" house"]);
        assert_eq!(photo.field("place"), ["street", "town"]);
        assert!(photo.field("who").is_empty());
        assert!(photo.path.ends_with("photos/1.webp"));
    }

    #[test]
    fn a_table_without_splits_is_refused() {
        let error = read("id\tcaption\n1\ta house\n").unwrap_err();
        assert!(
            error.to_string().starts_with("the labels have no column \"split\""),
            "{error}"
        );
    }
}
