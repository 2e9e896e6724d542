//! The protocols of FocalLens's paper (arXiv 2504.08368) on data that a person has, in the formats in which they are published.
//!
//! A folder becomes a [`Protocol`]: pictures, and questions about them, each under an instruction. The same questions are
//! answered in every way that the model has, plain beside conditional.
//!
//! | file | benchmark |
//! |---|---|
//! | `celeba.rs` | CelebA: retrieval by each attribute |
//! | `genecis.rs` | GeneCIS: one of a small gallery is alike in the named respect |
//! | `sugarcrepe.rs` | SugarCrepe: a caption and one that is wrong in one word |
//! | `mmvp_vlm.rs` | MMVP-VLM: two pictures, two statements |
//! | `classify.rs` | folders named by class |
//! | `questions.rs` | questions and what an answer scores |

pub mod celeba;
pub mod classify;
pub mod genecis;
pub mod mmvp_vlm;
mod questions;
pub mod sugarcrepe;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::RgbImage;

use refocus_media::decode::read_and_decode;
use refocus_media::{DecodeLimits, Scale};
use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::encode::{Loaded, PictureSource};
use refocus_training::evaluation::ways::{Contender, PhotoSet, Under};

pub use questions::{Asked, Question, Scored};

/// A picture of a benchmark, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The file.
    pub path: PathBuf,
    /// Left, top, width and height of an object in pixels: the picture is cut around it and filled up to a square.
    pub object: Option<[f32; 4]>,
}

/// How far a cut reaches beyond the object, as a share of its sides (GeneCIS, `datasets/vaw_dataset.py`).
const BEYOND: f32 = 0.7;

impl PictureSource for Picture {
    fn identity(&self) -> Option<Vec<u8>> {
        let file = refocus_training::evaluation::encode::PhotoFile(self.path.clone()).identity()?;
        Some([file, format!("{:?}", self.object).into_bytes()].concat())
    }

    fn load(&self, input_side: u32) -> Result<Loaded, String> {
        let scale = match self.object {
            // Boxes are in the pixels of the whole file.
            Some(_) => Scale::Full,
            None => Scale::ShortSideAtLeast(2 * input_side),
        };
        let picture =
            read_and_decode(&self.path, scale, &DecodeLimits::default()).map_err(|failure| failure.message)?;
        let picture = RgbImage::from_raw(picture.width, picture.height, picture.rgb)
            .ok_or_else(|| "its size is wrong".to_owned())?;
        let picture = match self.object {
            Some(object) => cut_square(&picture, object),
            None => picture,
        };
        Ok(Loaded {
            picture,
            truth: Vec::new(),
        })
    }
}

/// An object with some of its surroundings, on a black square.
fn cut_square(picture: &RgbImage, [left, top, width, height]: [f32; 4]) -> RgbImage {
    let (whole_width, whole_height) = (picture.width() as f32, picture.height() as f32);
    let (from_x, from_y) = ((left - BEYOND * width).max(0.0), (top - BEYOND * height).max(0.0));
    let to_x = (from_x + (1.0 + BEYOND) * width).min(whole_width);
    let to_y = (from_y + (1.0 + BEYOND) * height).min(whole_height);
    let (from_x, from_y) = (from_x.round() as u32, from_y.round() as u32);
    let (cut_width, cut_height) = (
        (to_x.round() as u32).saturating_sub(from_x).max(1),
        (to_y.round() as u32).saturating_sub(from_y).max(1),
    );
    let cut = image::imageops::crop_imm(picture, from_x, from_y, cut_width, cut_height).to_image();
    let side = cut_width.max(cut_height);
    let mut square = RgbImage::new(side, side);
    let place = (i64::from((side - cut_width) / 2), i64::from((side - cut_height) / 2));
    image::imageops::overlay(&mut square, &cut, place.0, place.1);
    square
}

/// A benchmark, read from a folder.
#[derive(Debug, Clone, Default)]
pub struct Protocol {
    /// Its pictures.
    pub pictures: Vec<Picture>,
    /// Its questions.
    pub questions: Vec<Question>,
}

impl Protocol {
    /// The place of a picture, added where it is new.
    fn place(&mut self, places: &mut BTreeMap<String, u32>, path: PathBuf, object: Option<[f32; 4]>) -> u32 {
        let key = format!("{} {object:?}", path.display());
        *places.entry(key).or_insert_with(|| {
            self.pictures.push(Picture { path, object });
            (self.pictures.len() - 1) as u32
        })
    }

    /// Keeps the questions whose pictures could all be read; `places` holds the new place of each picture.
    #[must_use]
    pub fn of_readable(mut self, places: &[Option<u32>]) -> Self {
        self.questions = self
            .questions
            .into_iter()
            .filter_map(|question| question.moved(places))
            .collect();
        self
    }

    /// Answers all questions in one way: means by group and measure, and over groups.
    ///
    /// # Errors
    /// [`EvaluationError`] of the ranking.
    pub fn answer(&self, set: &PhotoSet<'_>, way: Contender) -> Result<BTreeMap<String, f64>, EvaluationError> {
        let mut by_instruction: BTreeMap<&str, Vec<&Question>> = BTreeMap::new();
        for question in &self.questions {
            by_instruction.entry(&question.instruction).or_default().push(question);
        }
        let mut scores = Vec::new();
        for (instruction, questions) in by_instruction {
            set.under(way, instruction, |under| {
                let scored = UnderInstruction(under);
                for question in questions {
                    for (measure, score) in question.score(&scored)? {
                        scores.push((question.group.clone(), measure, score));
                    }
                }
                Ok(())
            })?;
        }
        Ok(means(scores))
    }
}

/// Means by group and measure, and the mean over groups of each measure.
fn means(scores: Vec<(String, &'static str, f64)>) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<(String, &'static str), (f64, usize)> = BTreeMap::new();
    for (group, measure, score) in scores {
        let sum = sums.entry((group, measure)).or_default();
        *sum = (sum.0 + score, sum.1 + 1);
    }
    let mut over: BTreeMap<&'static str, (f64, usize)> = BTreeMap::new();
    let mut report = BTreeMap::new();
    for ((group, measure), (sum, count)) in sums {
        let mean = sum / count as f64;
        report.insert(format!("{group} {measure}"), mean);
        let all = over.entry(measure).or_default();
        *all = (all.0 + mean, all.1 + 1);
    }
    report.extend(
        over.into_iter()
            .map(|(measure, (sum, groups))| (format!("average {measure}"), sum / groups as f64)),
    );
    report
}

/// The product's own scores under an instruction.
struct UnderInstruction<'a, 'b>(&'a Under<'b>);

impl Scored for UnderInstruction<'_, '_> {
    fn likeness(&self, query: u32, others: &[u32]) -> Vec<f32> {
        let (own, _) = self.0.vectors(&[query]);
        let (vectors, dim) = self.0.vectors(others);
        vectors
            .chunks_exact(dim.max(1))
            .map(|vector| refocus_model::vector_math::dot(&own, vector))
            .collect()
    }

    fn matches(&self, text: &str, pictures: &[u32]) -> Result<Vec<f32>, EvaluationError> {
        let words = self.0.words(text)?;
        let ranking = self.0.matching(&words, 0.0, None)?;
        Ok(pictures
            .iter()
            .map(|picture| ranking.score.get(*picture as usize).copied().unwrap_or(f32::NAN))
            .collect())
    }
}

/// The error of a folder that lacks what a benchmark needs.
fn missing(dir: &Path, files: &[&str], published: &'static str) -> EvaluationError {
    EvaluationError::Missing {
        files: files.join(", "),
        published,
        path: dir.to_path_buf(),
    }
}

fn read_text(path: &Path) -> Result<String, EvaluationError> {
    std::fs::read_to_string(path).map_err(|error| EvaluationError::file("the file cannot be read", &error, path))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, EvaluationError> {
    serde_json::from_str(&read_text(path)?)
        .map_err(|error| EvaluationError::file("the file is not in the published format", &error, path))
}

#[cfg(test)]
mod tests;
