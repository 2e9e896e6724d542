//! Labels of photos, one column an aspect: read from a CSV table, or taken from the names of folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use super::EvaluationError;
use refocus_media::{ScanOptions, scan};

/// The column of a table that holds the files' paths.
pub const PATH_COLUMN: &str = "path";

/// The labels of one aspect: one entry a photo, and the word of each label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelColumn {
    /// Name of the aspect.
    pub name: String,
    /// `[photos]`: the label's place in `words`; `None` for a photo without one.
    pub labels: Vec<Option<u32>>,
    /// The labels, in alphabetical order.
    pub words: Vec<String>,
}

impl LabelColumn {
    /// Numbers the labels of some photos. Empty ones count as none.
    pub fn new<'a>(name: &str, values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let values: Vec<Option<&str>> = values
            .into_iter()
            .map(|value| value.map(str::trim).filter(|value| !value.is_empty()))
            .collect();
        let words: BTreeSet<&str> = values.iter().copied().flatten().collect();
        let numbers: BTreeMap<&str, u32> = words.iter().copied().zip(0..).collect();
        Self {
            name: name.to_owned(),
            labels: values
                .iter()
                .map(|value| value.and_then(|value| numbers.get(value).copied()))
                .collect(),
            words: words.into_iter().map(str::to_owned).collect(),
        }
    }

    fn word(&self, photo: usize) -> Option<&str> {
        let label = self.labels.get(photo).copied().flatten()?;
        self.words.get(label as usize).map(String::as_str)
    }

    /// The same photos without labels that fewer than `least` of them share.
    #[must_use]
    pub fn frequent(&self, least: usize) -> Self {
        let mut counts = vec![0; self.words.len()];
        for label in self.labels.iter().flatten() {
            if let Some(count) = counts.get_mut(*label as usize) {
                *count += 1;
            }
        }
        let kept = |label: u32| counts.get(label as usize).is_some_and(|&count| count >= least);
        Self::new(
            &self.name,
            self.labels
                .iter()
                .enumerate()
                .map(|(photo, label)| label.filter(|&label| kept(label)).and_then(|_| self.word(photo))),
        )
    }

    /// The column of some of the photos.
    #[must_use]
    pub fn of_photos(&self, photos: &[usize]) -> Self {
        Self::new(&self.name, photos.iter().map(|&photo| self.word(photo)))
    }

    /// Number of photos that have a label.
    #[must_use]
    pub fn labelled(&self) -> usize {
        self.labels.iter().flatten().count()
    }
}

/// A label as words that a text tower reads: `water_lily` is "water lily".
#[must_use]
pub fn words_of(label: &str) -> String {
    label.replace('_', " ")
}

/// Photos of a folder with their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledPhotos {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// One column an aspect, each with one entry a file.
    pub columns: Vec<LabelColumn>,
}

impl LabelledPhotos {
    /// Reads a table (CSV as in RFC 4180, UTF-8, with or without a byte order mark): a `path` column relative to `dir`,
    /// and one column for each of `aspects`; other columns are passed over. Photos without any of these labels are left
    /// out.
    ///
    /// # Errors
    /// [`EvaluationError::File`] for a table that cannot be read, [`EvaluationError::NoColumn`] for an aspect without
    /// a column.
    pub fn from_table(table: &Path, dir: &Path, aspects: &[&str]) -> Result<Self, EvaluationError> {
        let refuse = |error: csv::Error| EvaluationError::file("the labels cannot be read", &error, table);
        let bytes =
            std::fs::read(table).map_err(|error| EvaluationError::file("the labels cannot be read", &error, table))?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
        let headers = reader.headers().map_err(refuse)?.clone();
        let column = |name: &str| {
            headers
                .iter()
                .position(|header| header.trim() == name)
                .ok_or_else(|| EvaluationError::NoColumn {
                    column: name.to_owned(),
                    present: headers.iter().collect::<Vec<_>>().join(", "),
                    path: table.to_path_buf(),
                })
        };
        let path_column = column(PATH_COLUMN)?;
        let places = aspects.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
        let (mut paths, mut values) = (Vec::new(), vec![Vec::new(); aspects.len()]);
        for record in reader.records() {
            let record = record.map_err(refuse)?;
            let cell = |place: usize| record.get(place).map(str::trim).filter(|cell| !cell.is_empty());
            let Some(path) = cell(path_column).filter(|_| places.iter().any(|&place| cell(place).is_some())) else {
                continue;
            };
            paths.push(dir.join(path));
            for (values, &place) in values.iter_mut().zip(&places) {
                values.push(cell(place).map(str::to_owned));
            }
        }
        let columns = aspects
            .iter()
            .zip(&values)
            .map(|(name, values)| LabelColumn::new(name, values.iter().map(Option::as_deref)))
            .collect();
        Ok(Self { paths, columns })
    }

    /// The pictures below `dir`: the label of a photo, under each of `aspects`, is the name of the folder directly below
    /// `dir` that it lies in. Files directly in `dir` have none and are left out.
    ///
    /// # Errors
    /// [`EvaluationError::File`] if `dir` is not a folder that can be read.
    pub fn from_sub_folders(dir: &Path, aspects: &[&str]) -> Result<Self, EvaluationError> {
        let mut paths = Vec::new();
        // A sub-folder that cannot be entered costs itself; what it hides is not judged.
        scan(dir, &ScanOptions::default(), &AtomicBool::new(false), &mut |found| {
            if let Ok(file) = found {
                paths.push(file.path);
            }
        })
        .map_err(|failure| EvaluationError::file("the folder cannot be read", &failure, dir))?;
        paths.sort();
        let label = |path: &PathBuf| {
            let below = path.strip_prefix(dir).ok()?;
            let mut names = below.components();
            let first = names.next()?.as_os_str().to_string_lossy().into_owned();
            names.next().is_some().then_some(first)
        };
        paths.retain(|path| label(path).is_some());
        let labels: Vec<Option<String>> = paths.iter().map(label).collect();
        let columns = aspects
            .iter()
            .map(|name| LabelColumn::new(name, labels.iter().map(Option::as_deref)))
            .collect();
        Ok(Self { paths, columns })
    }

    /// Only some of the photos.
    #[must_use]
    pub fn of_photos(&self, photos: &[usize]) -> Self {
        Self {
            paths: photos
                .iter()
                .filter_map(|&photo| self.paths.get(photo).cloned())
                .collect(),
            columns: self.columns.iter().map(|column| column.of_photos(photos)).collect(),
        }
    }

    /// At most `count` of the photos, drawn at random, in their order.
    #[must_use]
    pub fn sampled(&self, count: usize, seed: u64) -> Self {
        if count >= self.paths.len() {
            return self.clone();
        }
        let mut photos = sample(&mut ChaCha8Rng::seed_from_u64(seed), self.paths.len(), count).into_vec();
        photos.sort_unstable();
        self.of_photos(&photos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("labels.csv");
        std::fs::write(&file, text).unwrap();
        (folder, file)
    }

    #[test]
    fn a_table_with_quotes_commas_crlf_and_a_byte_order_mark_is_read() {
        let (_folder, file) = table(
            "\u{feff}path,kind,\"colour, main\",note\r\n\"a, b.jpg\",cup,\"dark \"\"teal\"\"\",x\r\nc.jpg,,red,\r\nd.jpg,cup,,\r\n\
             e.jpg,,,nothing asked for\r\n,cup,red,no path\r\nshort.jpg,cup\r\n",
        );
        let read = LabelledPhotos::from_table(&file, Path::new("/photos"), &["colour, main", "kind"]).unwrap();
        assert_eq!(
            read.paths,
            ["a, b.jpg", "c.jpg", "d.jpg", "short.jpg"].map(|name| Path::new("/photos").join(name))
        );
        assert_eq!(read.columns[0].words, ["dark \"teal\"", "red"]);
        assert_eq!(read.columns[0].labels, [Some(0), Some(1), None, None]);
        assert_eq!(read.columns[1].labels, [Some(0), None, Some(0), Some(0)]);
        assert_eq!(read.columns[1].labelled(), 3);
    }

    #[test]
    fn a_missing_column_and_a_missing_file_are_named() {
        let (_folder, file) = table("path,kind\na.jpg,cup\n");
        let error = LabelledPhotos::from_table(&file, Path::new("."), &["colour"])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\"colour\"") && error.contains("path, kind") && error.contains("labels.csv"),
            "{error}"
        );
        let error = LabelledPhotos::from_table(&file, Path::new("."), &["kind"]);
        assert!(error.is_ok());
        let gone = LabelledPhotos::from_table(Path::new("gone.csv"), Path::new("."), &["kind"]).unwrap_err();
        assert!(gone.to_string().ends_with("gone.csv"), "{gone}");
        let (_folder, bad) = table("path,kind\n");
        std::fs::write(&bad, b"path,kind\na.jpg,\xff\n").unwrap();
        assert!(LabelledPhotos::from_table(&bad, Path::new("."), &["kind"]).is_err());
    }

    #[test]
    fn rare_labels_are_left_out_and_the_rest_renumbered() {
        let column = LabelColumn::new("c", [Some("b"), Some(" a "), Some("b"), None, Some("c"), Some("c")]);
        assert_eq!(column.words, ["a", "b", "c"]);
        let frequent = column.frequent(2);
        assert_eq!(frequent.words, ["b", "c"]);
        assert_eq!(frequent.labels, [Some(0), None, Some(0), None, Some(1), Some(1)]);
        assert_eq!(column.of_photos(&[4, 1]).labels, [Some(1), Some(0)]);
        assert_eq!(words_of("water_lily"), "water lily");
    }

    #[test]
    fn folders_directly_below_name_the_labels() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "cup/one.jpg",
            "cup/old/two.png",
            "hat/three.jpg",
            "four.jpg",
            "hat/notes.txt",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"-").unwrap();
        }
        let read = LabelledPhotos::from_sub_folders(folder.path(), &["kind"]).unwrap();
        assert_eq!(read.paths.len(), 3);
        assert_eq!(read.columns[0].words, ["cup", "hat"]);
        assert_eq!(read.columns[0].labels, [Some(0), Some(0), Some(1)]);
        assert_eq!(read.sampled(2, 0).paths.len(), 2);
        assert_eq!(read.sampled(2, 0), read.sampled(2, 0));
        assert!(LabelledPhotos::from_sub_folders(&folder.path().join("gone"), &["kind"]).is_err());
    }
}
