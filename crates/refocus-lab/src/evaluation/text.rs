//! The reader of text, judged on everyday photos whose labels say what stands in them: whether two words of each are found, what is
//! found in photos without text, and what the gate keeps.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use refocus_media::decode::{DecodeLimits, Scale, read_and_decode};
use refocus_model::text::{TextLine, TextReader};
use refocus_model::{ModelError, PictureView};
use serde_json::json;

use super::words::{FoldedText, Match, legible_words};
use crate::training::everyday::{EverydayError, EverydayPhotos};

/// Splits of the labels: nothing was trained on any of them.
const SPLITS: [&str; 2] = ["train", "judge"];
/// Ways in which words are looked for, with their keys.
const WAYS: [(Match, &str); 3] = [
    (Match::Exact, "exact"),
    (Match::Part, "parts"),
    (Match::Forgiving, "forgiving"),
];

/// Why the reading of text cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum TextEvaluationError {
    /// The labels cannot be read.
    #[error(transparent)]
    Labels(#[from] EverydayError),
    /// A table cannot be read.
    #[error("the pages cannot be read: {0}")]
    Pages(#[from] csv::Error),
    /// A picture cannot be read.
    #[error("{message}: {path}", path = path.display())]
    Picture {
        /// What is wrong with it.
        message: String,
        /// The file.
        path: PathBuf,
    },
    /// What was read cannot be written down.
    #[error("{0}")]
    Write(#[from] std::io::Error),
    /// The models fail.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct TextQuestion<'a> {
    /// The folder with `labels.tsv` and `photos/`.
    pub dir: &'a Path,
    /// Photos with text, and as many without, at most.
    pub photos: usize,
    /// Seed of which.
    pub seed: u64,
    /// Where the lines of each photo are written, one JSON object a line.
    pub read: Option<&'a Path>,
}

/// A photo of which two words can be read, or one without text.
struct Asked {
    id: String,
    path: PathBuf,
    /// Folded words of its label; none for a photo without text.
    words: Vec<String>,
}

/// A photo after reading.
struct Read {
    words: Vec<String>,
    text: FoldedText,
    passes: bool,
}

impl Read {
    /// Whether both of the first two words are found, and whether any two are.
    fn finds(&self, how: Match) -> (bool, bool) {
        let found: Vec<bool> = self.words.iter().map(|word| self.text.has(word, how)).collect();
        let first = found.iter().take(2).all(|found| *found);
        (first, found.iter().filter(|found| **found).count() >= 2)
    }
}

/// Seconds of this thread's work: what the system gave it where that can be told, which others on the machine do not change; else
/// what the clock says.
pub(super) fn measured<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let given = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    let (before, started) = (given(), Instant::now());
    let out = work();
    let seconds = match (before, given()) {
        (Some(before), Some(after)) => after.saturating_sub(before) as f64 / 1e9,
        _ => started.elapsed().as_secs_f64(),
    };
    (out, seconds)
}

/// A picture, decoded.
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
}

impl Picture {
    pub(super) fn read(path: &Path) -> Result<Self, TextEvaluationError> {
        let picture = read_and_decode(path, Scale::Full, &DecodeLimits::default()).map_err(|failure| {
            TextEvaluationError::Picture {
                message: failure.message,
                path: path.to_owned(),
            }
        })?;
        Ok(Self {
            width: picture.width,
            height: picture.height,
            rgb: picture.rgb,
        })
    }

    pub(super) fn view(&self) -> Result<PictureView<'_>, ModelError> {
        PictureView::new(self.width, self.height, &self.rgb)
    }
}

/// Reads photos with and without text and gives the measures by name.
///
/// # Errors
/// [`TextEvaluationError`] where labels or a photo cannot be read, or the models fail.
pub fn judge(reader: &TextReader, asked: &TextQuestion<'_>) -> Result<serde_json::Value, TextEvaluationError> {
    let (mut with, mut without, mut queries) = (Vec::new(), Vec::new(), Vec::new());
    for split in SPLITS {
        for (id, photo) in EverydayPhotos::read_split(asked.dir, split)?.iter() {
            let words = legible_words(photo.field("text"));
            let item = |words| Asked {
                id: id.to_owned(),
                path: photo.path.clone(),
                words,
            };
            match words.as_slice() {
                [first, second, ..] => {
                    queries.push([first.clone(), second.clone()]);
                    with.push(item(words));
                }
                [] if photo.field("text").is_empty() => without.push(item(Vec::new())),
                _ => {}
            }
        }
    }
    let mut random = ChaCha8Rng::seed_from_u64(asked.seed);
    let mut lines = Vec::new();
    let mut read = |mut photos: Vec<Asked>| -> Result<(Vec<Read>, [f64; 2]), TextEvaluationError> {
        photos.sort_by(|a, b| a.id.cmp(&b.id));
        photos.shuffle(&mut random);
        photos.truncate(asked.photos);
        let (mut out, mut seconds) = (Vec::with_capacity(photos.len()), [0.0; 2]);
        for photo in photos {
            let picture = Picture::read(&photo.path)?;
            let view = picture.view()?;
            let (passes, of_gate) = measured(|| reader.has_text(view));
            let (found, of_reading) = measured(|| reader.find(view));
            let found = found?;
            seconds = [seconds[0] + of_gate, seconds[1] + of_reading];
            lines.push(json!({ "id": photo.id, "lines": found.iter().map(line).collect::<Vec<_>>() }).to_string());
            out.push(Read {
                text: FoldedText::new(found.iter().map(|line| line.text.as_str())),
                words: photo.words,
                passes: passes?,
            });
        }
        let count = out.len().max(1) as f64;
        Ok((out, seconds.map(|seconds| seconds * 1000.0 / count)))
    };
    let (with, ms_with) = read(with)?;
    let (without, ms_without) = read(without)?;
    if let Some(path) = asked.read {
        std::fs::write(path, lines.join("\n") + "\n")?;
    }
    let share = |photos: &[Read], is: &dyn Fn(&Read) -> bool| {
        photos.iter().filter(|photo| is(photo)).count() as f64 / photos.len().max(1) as f64
    };
    let mut ways = serde_json::Map::new();
    for (how, key) in WAYS {
        let hit = |photo: &Read| {
            let both = |query: &[String; 2]| query.iter().all(|word| photo.text.has(word, how));
            queries.iter().any(both)
        };
        ways.insert(
            key.to_owned(),
            json!({
                "first_two": share(&with, &|photo| photo.finds(how).0),
                "any_two": share(&with, &|photo| photo.finds(how).1),
                "false_hits": share(&without, &hit),
            }),
        );
    }
    let findable = |photo: &Read| photo.finds(Match::Exact).1;
    let kept = with.iter().filter(|photo| findable(photo) && photo.passes).count();
    let findable = with.iter().filter(|photo| findable(photo)).count();
    let gate_ms = (ms_with[0] * with.len() as f64 + ms_without[0] * without.len() as f64)
        / (with.len() + without.len()).max(1) as f64;
    Ok(json!({
        "photos_with": with.len(), "photos_without": without.len(), "queries": queries.len(), "found": ways,
        "gate": {
            "findable": findable, "keeps_of_findable": kept as f64 / findable.max(1) as f64,
            "keeps_of_labelled": share(&with, &|photo| photo.passes),
            "passes_of_without": share(&without, &|photo| photo.passes),
            "ms": gate_ms,
        },
        "ms_with": ms_with[1], "ms_without": ms_without[1],
    }))
}

fn line(line: &TextLine) -> serde_json::Value {
    json!({ "text": line.text, "confidence": line.confidence, "corners": line.corners, "turns": line.turns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_with_and_without_text_are_counted_apart() {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).unwrap();
        let picture = image::RgbImage::from_pixel(200, 120, image::Rgb([90, 120, 150]));
        for name in ["1.webp", "2.webp"] {
            picture.save(photos.join(name)).unwrap();
        }
        let labels =
            "id\ttext\tsplit\tsource\n1\tOPEN DAILY\ttrain\ta/b\n2\t-\tjudge\ta/b\n3\tillegible text\tjudge\ta/b\n";
        std::fs::write(folder.path().join("labels.tsv"), labels).unwrap();
        let reader = TextReader::built_in(&candle_core::Device::Cpu).unwrap();
        let read = folder.path().join("read.jsonl");
        let question = TextQuestion {
            dir: folder.path(),
            photos: 9,
            seed: 1,
            read: Some(&read),
        };
        let report = judge(&reader, &question).unwrap();
        assert_eq!(
            (&report["photos_with"], &report["photos_without"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(report["found"]["forgiving"]["any_two"], 0.0);
        assert_eq!(report["gate"]["passes_of_without"], 0.0);
        assert_eq!(std::fs::read_to_string(&read).unwrap().lines().count(), 2);
    }
}
