//! An order as a file: CSV for tables, JSON for programs.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use refocus_media::sniff::sniff;
use serde_json::{Map, Value, json};

use super::people::PeopleState;
use super::rows::{PhotoRow, Rows};
use super::search::SearchResults;

/// The form of an exported order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A table, a line a photo, with a head; RFC 4180.
    Csv,
    /// An object with the entries under `results`, as `refocus search --json` prints it.
    Json,
}

impl ExportFormat {
    /// The form that a file's name asks for; a table where it asks for none.
    #[must_use]
    pub fn of_name(path: &Path) -> Self {
        let json = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Csv }
    }
}

/// An order and what it is an answer to.
#[derive(Clone, Copy, Debug)]
pub struct ExportedOrder<'a> {
    /// Name of the model.
    pub model: &'a str,
    /// The focus.
    pub focus: &'a str,
    /// The words that were to be found.
    pub find: &'a str,
    /// The answer.
    pub results: &'a SearchResults,
    /// The rows that it is about.
    pub rows: &'a Rows,
    /// Who is in the photos.
    pub people: &'a PeopleState,
}

impl ExportedOrder<'_> {
    /// Writes the order.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn write(&self, format: ExportFormat, out: impl Write) -> io::Result<()> {
        match format {
            ExportFormat::Csv => self.write_csv(out),
            ExportFormat::Json => self.write_json(out),
        }
    }

    /// Writes the order into a file: it is there whole, or as it was before.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn save(&self, format: ExportFormat, path: &Path) -> io::Result<()> {
        save_as(path, |file| self.write(format, io::BufWriter::new(file)))
    }

    fn entries(&self) -> impl Iterator<Item = (usize, &PhotoRow)> {
        let order = self.results.order.iter().enumerate();
        order.filter_map(|(place, &number)| Some((place, self.rows.get(number).filter(|row| !row.gone)?)))
    }

    fn write_csv(&self, out: impl Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(out);
        table.write_record([
            "rank",
            "path",
            "score",
            "plain_rank",
            "plain_score",
            "value_words",
            "favourite",
            "rating",
            "taken",
            "taken_source",
            "keywords",
            "title",
            "caption",
            "text",
            "latitude",
            "longitude",
            "path_encoded",
        ])?;
        for (place, row) in self.entries() {
            let ranked = place < self.results.ranked;
            let (path, encoded) = path_text(&row.path);
            let written = row.extras.written.as_deref();
            let text = |value: Option<String>| value.unwrap_or_default();
            let score = |scores: &[f32]| text(finite(scores, place).map(|score| score.to_string()));
            let words = self.results.value_words.get(place).map_or_else(String::new, |words| {
                let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
                words.join("; ")
            });
            table.write_record([
                text(ranked.then(|| (self.results.rank_of(place) + 1).to_string())),
                path,
                score(&self.results.scores),
                text(self.plain_rank(place).map(|rank| rank.to_string())),
                score(&self.results.plain_scores),
                words,
                row.marks.favourite.to_string(),
                rating_of(row).to_string(),
                taken_text(row),
                row.taken_source.as_str().to_owned(),
                row.extras
                    .keywords
                    .as_deref()
                    .map_or_else(String::new, |keywords| keywords.join("; ")),
                text(written.and_then(|written| written.title.clone())),
                text(written.and_then(|written| written.caption.clone())),
                text(row.extras.text.as_deref().map(|read| read.text.clone())),
                text(row.gps().map(|place| place.latitude.to_string())),
                text(row.gps().map(|place| place.longitude.to_string())),
                encoded.to_string(),
            ])?;
        }
        table.flush()
    }

    fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        let (mut results, mut not_encoded) = (Vec::new(), Vec::new());
        for (place, row) in self.entries() {
            if place < self.results.ranked {
                let words = self
                    .results
                    .value_words
                    .get(place)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                results.push(with_facts(
                    row,
                    self.people,
                    json!({
                        "rank": place + 1,
                        "score": finite(&self.results.scores, place),
                        "plain_rank": self.plain_rank(place),
                        "plain_score": finite(&self.results.plain_scores, place),
                        "value_words": words,
                        "written": self.results.written_source(place),
                    }),
                ));
            } else {
                not_encoded.push(with_facts(row, self.people, json!({})));
            }
        }
        let whole = json!({
            "model": self.model,
            "focus": self.focus,
            "find": self.find,
            "photos": self.results.order.len(),
            "results": results,
            "not_encoded": not_encoded,
        });
        serde_json::to_writer_pretty(&mut out, &whole)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    fn plain_rank(&self, place: usize) -> Option<u32> {
        let rank = self.results.plain_ranks.get(place).copied();
        rank.filter(|rank| *rank != u32::MAX).map(|rank| rank + 1)
    }
}

fn finite(scores: &[f32], place: usize) -> Option<f32> {
    scores.get(place).copied().filter(|score| score.is_finite())
}

/// Whether a file may be written here: what is there is no picture, no database and no library's list of albums, which nobody means to
/// lose for an export.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] with what it is.
pub fn may_be_replaced(path: &Path) -> io::Result<()> {
    const LOOKED_AT: u64 = 4_096;
    let mut start = Vec::new();
    match File::open(path) {
        // What cannot be read cannot be told; who writes there hears why not.
        Err(_) => return Ok(()),
        Ok(file) => drop(file.take(LOOKED_AT).read_to_end(&mut start)),
    }
    let what = if sniff(&start).is_ok() {
        "a picture"
    } else if start.starts_with(b"SQLite format 3\0") {
        "a database"
    } else if path.as_os_str().to_string_lossy().ends_with("-albums.json") {
        "a library's albums"
    } else {
        return Ok(());
    };
    let words = format!("there is {what} of that name, which stays: choose another name");
    Err(io::Error::new(io::ErrorKind::AlreadyExists, words))
}

/// Writes a file by way of a temporary one beside it: it is there whole, or as it was before.
///
/// # Errors
/// Those of [`may_be_replaced`], or what the disk reports.
pub fn save_as(path: &Path, write: impl FnOnce(&mut &File) -> io::Result<()>) -> io::Result<()> {
    may_be_replaced(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Made and written by the standard library: tempfile's own errors name the temporary file, which nobody asked for. An export is a
    // file like any other, and not private as temporary ones are.
    let file = tempfile::Builder::new().make_in(folder.unwrap_or(Path::new(".")), |path| File::create_new(path))?;
    write(&mut file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// A path as JSON strings and tables can hold it, and whether it had to be percent-encoded because its bytes are not UTF-8.
#[must_use]
pub fn path_text(path: &Path) -> (String, bool) {
    if let Some(text) = path.to_str() {
        return (text.to_owned(), false);
    }
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        // A percent sign is encoded as well, so that the text can be decoded again without doubt.
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    (text, true)
}

/// Names of people in a photo: those that other programs wrote, and those of recognised faces.
fn names_of<'a>(row: &'a PhotoRow, people: &'a PeopleState) -> Vec<&'a str> {
    let written = row.extras.written.as_deref();
    let mut names: Vec<&str> = Vec::new();
    let of_others = written
        .into_iter()
        .flat_map(|written| written.people.iter().map(|face| face.name.as_str()));
    for name in of_others.chain(people.names_in(&row.hash)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// An object about a photo: its path, what more is said of it, and what is known of it. `taken` is the time on the wall clock where
/// it was taken, `taken_offset` how far that clock was ahead of UTC; a rating is 1 to 5, 0 for none, -1 for rejected.
#[must_use]
pub fn with_facts(row: &PhotoRow, people: &PeopleState, more: Value) -> Value {
    let mut object = with_path(&row.path, more);
    let written = row.extras.written.as_deref().cloned().unwrap_or_default();
    let places = row.extras.places.iter().flat_map(|places| places.iter());
    let also_at: Vec<String> = places.map(|place| place.to_string_lossy().into_owned()).collect();
    let facts = json!({
        "taken": taken_text(row),
        "taken_source": row.taken_source.as_str(),
        "taken_offset": written.offset_minutes.map(offset_text),
        "favourite": row.marks.favourite,
        "rating": rating_of(row),
        "keywords": row.extras.keywords.as_deref().unwrap_or_default(),
        "title": written.title,
        "caption": written.caption,
        "place": written.place,
        "people": names_of(row, people),
        "text": row.extras.text.as_deref().map(|read| read.text.as_str()),
        "gps": written.gps.map(|place| [place.latitude, place.longitude]),
        "altitude": written.gps.and_then(|place| place.altitude_m),
        "also_at": also_at,
    });
    if let (Value::Object(object), Value::Object(facts)) = (&mut object, facts) {
        object.extend(facts);
    }
    object
}

/// 1 to 5 stars, 0 for none, -1 for rejected.
fn rating_of(row: &PhotoRow) -> i8 {
    if row.is_rejected() {
        -1
    } else {
        i8::try_from(row.marks.rating).unwrap_or_default()
    }
}

/// When a photo was taken, ISO 8601, without a time zone: `2015-08-22T00:08:19`, with three decimals where milliseconds are known.
#[must_use]
pub fn taken_text(row: &PhotoRow) -> String {
    let format = if row.extras.taken_milliseconds > 0 {
        "%Y-%m-%dT%H:%M:%S%.3f"
    } else {
        "%Y-%m-%dT%H:%M:%S"
    };
    jiff::Timestamp::from_millisecond(row.taken_ms()).map_or_else(
        |_| String::new(),
        |at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime(format).to_string(),
    )
}

/// As in `+02:00`.
fn offset_text(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// An object that starts with a path.
#[must_use]
pub fn with_path(path: &Path, more: Value) -> Value {
    let (text, encoded) = path_text(path);
    let mut object = Map::new();
    object.insert("path".into(), json!(text));
    if encoded {
        object.insert("path_encoded".into(), json!(true));
    }
    if let Value::Object(more) = more {
        object.extend(more);
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DateSource, FileId, FolderId, Marks};
    use std::sync::Arc;

    fn rows() -> Rows {
        let mut rows = Rows::default();
        for name in ["/p/a, \"b\".jpg", "/p/\u{7167}\u{7247}.jpg", "/p/c.jpg"] {
            rows.push(PhotoRow {
                id: FileId(rows.len() as i64),
                folder: FolderId(1),
                path: Arc::from(Path::new(name)),
                hash: [0; 32],
                width: 3,
                height: 2,
                bytes: 1,
                modified_ns: 0,
                taken: 0,
                taken_source: DateSource::FileTime,
                camera: None,
                format: "JPEG",
                encoded: true,
                marks: Marks {
                    favourite: true,
                    rating: 2,
                    ..Default::default()
                },
                extras: Default::default(),
                gone: false,
            });
        }
        rows
    }

    fn results() -> SearchResults {
        SearchResults {
            order: Arc::from([1_u32, 0, 2]),
            ranked: 2,
            scores: Arc::from([0.75_f32, 0.5, f32::NAN]),
            plain_ranks: Arc::from([4_u32, 0, u32::MAX]),
            value_words: Arc::from([vec![("teal".to_owned(), 0.5), ("navy".to_owned(), 0.25)]]),
            ..SearchResults::default()
        }
    }

    fn written(format: ExportFormat) -> String {
        let (rows, results) = (rows(), results());
        let mut out = Vec::new();
        let order = ExportedOrder {
            model: "m",
            focus: "the colour",
            find: "",
            results: &results,
            rows: &rows,
            people: &PeopleState::default(),
        };
        order.write(format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_has_a_line_a_photo_in_their_order() {
        let lines: Vec<String> = written(ExportFormat::Csv).lines().map(str::to_owned).collect();
        assert_eq!(
            lines[1..],
            [
                "1,/p/\u{7167}\u{7247}.jpg,0.75,5,,teal; navy,true,2,1970-01-01T00:00:00,file_time,,,,,,,false",
                "2,\"/p/a, \"\"b\"\".jpg\",0.5,1,,,true,2,1970-01-01T00:00:00,file_time,,,,,,,false",
                ",/p/c.jpg,,,,,true,2,1970-01-01T00:00:00,file_time,,,,,,,false",
            ]
        );
    }

    #[test]
    fn json_keeps_what_could_not_be_ranked_apart() {
        let value: Value = serde_json::from_str(&written(ExportFormat::Json)).unwrap();
        assert_eq!(value["results"][0]["plain_rank"], 5);
        assert_eq!(value["results"][0]["value_words"][0][0], "teal");
        assert_eq!(value["results"].as_array().unwrap().len(), 2);
        assert_eq!(value["not_encoded"][0]["path"], "/p/c.jpg");
    }

    #[test]
    fn what_cannot_be_written_is_said_without_the_name_of_a_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = save_as(&folder.path().join("no folder/order.csv"), |_| Ok(())).unwrap_err();
        assert!(!error.to_string().contains("path"), "{error}");
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let error = save_as(&folder.path().join("order.csv"), |_| Err(full())).unwrap_err();
        assert_eq!(error.to_string(), full().to_string());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("order.csv");
        std::fs::write(&path, "old").unwrap();
        let (rows, results) = (rows(), results());
        let order = ExportedOrder {
            model: "m",
            focus: "",
            find: "",
            results: &results,
            rows: &rows,
            people: &PeopleState::default(),
        };
        order.save(ExportFormat::of_name(&path), &path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("rank,path"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
