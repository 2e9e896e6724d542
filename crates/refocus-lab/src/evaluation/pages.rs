//! The reader of text, judged on rendered pages of which every line is known: how many characters are right.
//!
//! `pages.tsv`, written by `crates/refocus-lab/data/render_pages.py`: the columns `page` (name of the file), `kind`, `language`, `text`
//! and `corners` (eight numbers, pixels: x and y from where the line begins, above it, clockwise).

use std::collections::BTreeMap;
use std::path::Path;

use refocus_model::text::{TextLine, TextReader};
use serde_json::json;

use super::text::{Picture, TextEvaluationError, measured};
use super::words::distance;

/// How far, in heights of a line, its box reaches above and below.
const REACH: f64 = 0.35;

/// A line of the table.
#[derive(Debug, Clone, serde::Deserialize)]
struct PageLine {
    page: String,
    kind: String,
    language: String,
    text: String,
    corners: String,
}

impl PageLine {
    /// The corners, with room above and below.
    fn corners(&self) -> Option<[[f64; 2]; 4]> {
        let numbers: Vec<f64> = self
            .corners
            .split(' ')
            .filter_map(|number| number.parse().ok())
            .collect();
        let points = numbers.as_chunks::<2>().0;
        let [a, b, c, d] = *points.first_chunk::<4>()?;
        let down = [d[0] - a[0], d[1] - a[1]].map(|part| part * REACH);
        let moved = |point: [f64; 2], sign: f64| [point[0] + sign * down[0], point[1] + sign * down[1]];
        Some([moved(a, -1.0), moved(b, -1.0), moved(c, 1.0), moved(d, 1.0)])
    }
}

/// Characters of lines, and those that are wrong, left out or too many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Characters {
    all: usize,
    wrong: usize,
}

impl Characters {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.wrong += other.wrong;
    }

    fn right(self) -> f64 {
        1.0 - self.wrong as f64 / self.all.max(1) as f64
    }
}

/// Reads the pages of a folder and gives the characters that are right, in all, by kind and by language; spaces do not count.
///
/// # Errors
/// [`TextEvaluationError`] where the table or a page cannot be read, or the models fail.
pub fn judge(reader: &TextReader, dir: &Path) -> Result<serde_json::Value, TextEvaluationError> {
    let mut pages: BTreeMap<String, Vec<PageLine>> = BTreeMap::new();
    let mut table = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_path(dir.join("pages.tsv"))?;
    for line in table.deserialize() {
        let line: PageLine = line?;
        pages.entry(line.page.clone()).or_default().push(line);
    }
    let (mut all, mut seconds) = (Characters::default(), 0.0);
    let (mut kinds, mut languages) = (
        BTreeMap::<String, Characters>::new(),
        BTreeMap::<String, Characters>::new(),
    );
    for (page, truth) in &pages {
        let picture = Picture::read(&dir.join(page))?;
        let view = picture.view()?;
        let (found, took) = measured(|| reader.find(view));
        seconds += took;
        let (width, height) = (f64::from(picture.width), f64::from(picture.height));
        let of_page = compared(truth, &found?, (width, height));
        all.add(of_page);
        if let Some(line) = truth.first() {
            kinds.entry(line.kind.clone()).or_default().add(of_page);
            languages.entry(line.language.clone()).or_default().add(of_page);
        }
    }
    let shares = |groups: BTreeMap<String, Characters>| -> BTreeMap<String, f64> {
        groups
            .into_iter()
            .map(|(name, characters)| (name, characters.right()))
            .collect()
    };
    Ok(json!({
        "pages": pages.len(), "characters": all.all, "right": all.right(), "kinds": shares(kinds),
        "languages": shares(languages), "ms": seconds * 1000.0 / pages.len().max(1) as f64,
    }))
}

/// What was read where each line stands, joined in its direction, against the line.
fn compared(truth: &[PageLine], found: &[TextLine], (width, height): (f64, f64)) -> Characters {
    let mut read: Vec<Vec<(f64, &str)>> = vec![Vec::new(); truth.len()];
    for line in found {
        let mean = |axis: usize| line.corners.iter().map(|corner| f64::from(corner[axis])).sum::<f64>() / 4.0;
        let middle = [mean(0) * width, mean(1) * height];
        for (line_of_page, read) in truth.iter().zip(&mut read) {
            if let Some(corners) = line_of_page.corners()
                && inside(middle, &corners)
            {
                let [a, b, ..] = corners;
                let along = (middle[0] - a[0]) * (b[0] - a[0]) + (middle[1] - a[1]) * (b[1] - a[1]);
                read.push((along, line.text.as_str()));
                break;
            }
        }
    }
    let mut characters = Characters::default();
    let without_spaces = |text: &str| text.replace([' ', '\u{3000}'], "");
    for (line, mut read) in truth.iter().zip(read) {
        read.sort_by(|a, b| a.0.total_cmp(&b.0));
        let read: String = read.iter().map(|(_, text)| without_spaces(text)).collect();
        let expected = without_spaces(&line.text);
        let count = expected.chars().count();
        characters.add(Characters {
            all: count,
            wrong: distance(&expected, &read).min(count),
        });
    }
    characters
}

/// Whether a point lies in a convex figure.
fn inside(point: [f64; 2], corners: &[[f64; 2]; 4]) -> bool {
    let sides = corners.iter().zip(corners.iter().cycle().skip(1));
    let turns: Vec<f64> = sides
        .map(|(a, b)| (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]))
        .collect();
    turns.iter().all(|turn| *turn >= 0.0) || turns.iter().all(|turn| *turn <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_line_are_joined_and_compared_without_spaces() {
        let line = |text: &str, corners: &str| PageLine {
            page: "a.jpg".to_owned(),
            kind: "straight".to_owned(),
            language: "en".to_owned(),
            text: text.to_owned(),
            corners: corners.to_owned(),
        };
        let truth = [
            line("no parking here", "10 10 90 10 90 20 10 20"),
            line("ab", "10 60 90 60 90 70 10 70"),
        ];
        let found = |text: &str, x: f32, y: f32| TextLine {
            corners: [[x, y]; 4],
            turns: 0,
            text: text.to_owned(),
            confidence: 0.9,
        };
        let read = [
            found("parkinq here", 0.6, 0.15),
            found("no", 0.12, 0.16),
            found("beside", 0.5, 0.4),
        ];
        assert_eq!(
            compared(&truth, &read, (100.0, 100.0)),
            Characters { all: 15, wrong: 3 }
        );
        assert!(line("", "1 2 3").corners().is_none());
    }

    #[test]
    fn pages_are_judged_by_their_table() {
        let folder = tempfile::tempdir().unwrap();
        let page = image::RgbImage::from_pixel(200, 120, image::Rgb([90, 120, 150]));
        page.save(folder.path().join("a.png")).unwrap();
        let table = folder.path().join("pages.tsv");
        let head = "page\tkind\tlanguage\ttext\tcorners\n";
        std::fs::write(
            &table,
            format!("{head}a.png\tstraight\ten\tno parking\t9 9 90 9 90 30 9 30\n"),
        )
        .unwrap();
        let reader = TextReader::built_in(&candle_core::Device::Cpu).unwrap();
        let report = judge(&reader, folder.path()).unwrap();
        assert_eq!((&report["pages"], &report["characters"]), (&json!(1), &json!(9)));
        assert_eq!(
            (&report["right"], &report["kinds"]["straight"]),
            (&json!(0.0), &json!(0.0))
        );
        std::fs::write(&table, format!("{head}b.png\tstraight\ten\tno\t1 1 2 1 2 2 1 2\n")).unwrap();
        let error = judge(&reader, folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("b.png"), "{error}");
    }
}
