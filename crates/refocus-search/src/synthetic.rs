//! A planted world for tests: photos with a colour and a shape that are drawn independently, a text space in which
//! colours, shapes and the names of both are far apart, and a model that reads such photos.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests and benchmarks alone use it"
)]

use super::FocusError;
use super::condition::{Condition, EditedWords};
use super::instruction::Instruction;
use super::rows::{EncodingRows, Gallery, Part, TextEmbedder};
use super::word_bank::{BankWords, WordBank};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use refocus_model::vector_math::{add_scaled, normalise_or_clear, transpose_apply};
use std::sync::LazyLock;

pub const TEXT_DIM: usize = 48;
pub const FACTOR_DIM: usize = 40;
const PLAIN_DIM: usize = 24;
/// Foreground factors, background factors and the plain vector, in f32.
pub const BYTES: usize = 4 * (2 * FACTOR_DIM + PLAIN_DIM);
pub const COLOURS: [&str; 6] = ["red", "blue", "green", "yellow", "black", "white"];
pub const SHAPES: [&str; 5] = ["round", "square", "triangular", "long", "star"];

const JSON: &str = r#"{
  "focuses": [{"label": "Colour", "instruction": "the colour"}],
  "aspects": [
    {"name": "colour", "label": "Colour", "instructions": ["the colour", "its colours", "colour of the thing"],
     "templates": ["{}", "a {} thing"], "part": "foreground",
     "values": [["red", "crimson"], "blue", "green", "yellow", "black", "white"]},
    {"name": "shape", "label": "Shape", "instructions": ["the shape", "its shapes", "shape of the thing"],
     "templates": ["{}", "a {} thing"], "part": "foreground",
     "values": ["round", "square", "triangular", "long", "star"]}
  ],
  "vocabulary": ["teapot", "lantern", "bridge", "violin", "cloud", "anchor"]
}"#;

fn direction(seed: u64, dim: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut vector = (0..dim).map(|_| rng.random_range(-1.0f32..1.0)).collect::<Vec<_>>();
    normalise_or_clear(&mut vector);
    vector
}

/// The direction of a word: its stem's own, so that "colours" lies where "colour" does.
fn word_direction(word: &str) -> Vec<f32> {
    let stem = if word == "crimson" {
        "red"
    } else {
        word.trim_end_matches('s')
    };
    direction(
        stem.bytes()
            .fold(17, |hash, byte| hash * 31 % 1_000_003 + u64::from(byte)),
        TEXT_DIM,
    )
}

/// Embeds a text as the mean of its words.
pub struct Embedder;

impl TextEmbedder for Embedder {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        let mut out = Vec::new();
        for text in texts {
            let mut vector = vec![0.0; TEXT_DIM];
            for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
                let weight = if matches!(word, "the" | "a" | "its" | "of" | "thing" | "photo" | "and") {
                    0.2
                } else {
                    1.0
                };
                add_scaled(&mut vector, weight, &word_direction(&word.to_lowercase()));
            }
            normalise_or_clear(&mut vector);
            out.extend(vector);
        }
        Ok(out)
    }
}

static BANK: LazyLock<WordBank> =
    LazyLock::new(|| WordBank::build(BankWords::parse(JSON).unwrap(), &Embedder, TEXT_DIM, |_, _| true).unwrap());

pub fn bank() -> WordBank {
    BANK.clone()
}

pub fn condition(instruction: &str) -> Condition {
    condition_with(instruction, None)
}

pub fn condition_with(instruction: &str, edited: Option<EditedWords<'_>>) -> Condition {
    let instruction = Instruction::parse(instruction);
    let vectors = Embedder.embed(&instruction.texts()).unwrap();
    Condition::new(&BANK, &Model, &instruction, &vectors, edited).unwrap()
}

/// `[TEXT_DIM, FACTOR_DIM]` with orthonormal columns: factors of unit length give text vectors of unit length.
static LIFT: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let rows = (0..FACTOR_DIM as u64)
        .flat_map(|seed| direction(1000 + seed, TEXT_DIM))
        .collect::<Vec<_>>();
    let (columns, _) = super::principal_directions::principal_directions(&rows, TEXT_DIM, FACTOR_DIM, 1.0);
    let mut lift = vec![0.0; TEXT_DIM * FACTOR_DIM];
    for (j, column) in columns.chunks_exact(TEXT_DIM).enumerate() {
        for (i, value) in column.iter().enumerate() {
            lift[i * FACTOR_DIM + j] = *value;
        }
    }
    lift
});

/// The model of the planted world: an encoding is its vectors in f32.
pub struct Model;

fn read(bytes: &[u8], out: &mut [f32]) {
    let (values, _) = bytes.as_chunks::<4>();
    for (out, value) in out.iter_mut().zip(values) {
        *out = f32::from_le_bytes(*value);
    }
}

impl EncodingRows for Model {
    fn check(&self, row: &[u8]) -> Result<(), refocus_model::EncodingError> {
        let found = row.len();
        if found == BYTES {
            Ok(())
        } else {
            Err(refocus_model::EncodingError::Length { expected: BYTES, found })
        }
    }

    fn bytes_per_photo(&self) -> usize {
        BYTES
    }

    fn plain_dim(&self) -> usize {
        PLAIN_DIM
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        read(&row[8 * FACTOR_DIM..], out);
    }

    fn factor_dim(&self) -> usize {
        FACTOR_DIM
    }

    fn text_factors(&self, row: &[u8], part: Part, out: &mut [f32]) {
        let start = if part == Part::Foreground { 0 } else { 4 * FACTOR_DIM };
        read(&row[start..start + 4 * FACTOR_DIM], out);
    }

    fn text_dim(&self) -> usize {
        TEXT_DIM
    }

    fn lift(&self) -> &[f32] {
        &LIFT
    }
}

/// Factors of a photo with a colour and a shape, some of neither, and what all photos share (the modality gap).
pub fn factors(colour: usize, shape: usize, noise: f32) -> Vec<f32> {
    noisy_factors(colour, shape, noise, 7)
}

fn noisy_factors(colour: usize, shape: usize, noise: f32, seed: u64) -> Vec<f32> {
    let mut text = direction(5, TEXT_DIM);
    text.iter_mut().for_each(|value| *value *= 3.0);
    add_scaled(&mut text, 1.0, &word_direction(COLOURS[colour]));
    add_scaled(&mut text, 1.0, &word_direction(SHAPES[shape]));
    add_scaled(&mut text, noise, &direction(seed, TEXT_DIM));
    let mut factors = transpose_apply(&LIFT, FACTOR_DIM, &text);
    normalise_or_clear(&mut factors);
    factors
}

/// An encoding that is not a number anywhere.
pub fn not_a_number() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for value in bytes.as_chunks_mut::<4>().0 {
        *value = f32::NAN.to_le_bytes();
    }
    bytes
}

/// Photos with known colours and shapes.
pub struct Planted {
    pub bytes: Vec<u8>,
    pub colours: Vec<usize>,
    pub shapes: Vec<usize>,
}

impl Planted {
    pub fn new(photos: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(42);
        let (mut bytes, mut colours, mut shapes) = (Vec::with_capacity(photos * BYTES), Vec::new(), Vec::new());
        for photo in 0..photos {
            let (colour, shape) = (rng.random_range(0..COLOURS.len()), rng.random_range(0..SHAPES.len()));
            let seed = 10_000 + photo as u64;
            let foreground = noisy_factors(colour, shape, 0.7, seed);
            let background = noisy_factors(rng.random_range(0..COLOURS.len()), shape, 0.7, seed + 1_000_000);
            // Plain vectors mix both attributes and something of the photo alone.
            let mut plain = direction(100 + colour as u64, PLAIN_DIM);
            add_scaled(&mut plain, 1.0, &direction(200 + shape as u64, PLAIN_DIM));
            add_scaled(&mut plain, 1.0, &direction(seed, PLAIN_DIM));
            normalise_or_clear(&mut plain);
            for value in foreground.iter().chain(&background).chain(&plain) {
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            colours.push(colour);
            shapes.push(shape);
        }
        Self { bytes, colours, shapes }
    }

    pub fn gallery(&self) -> Gallery<'_> {
        Gallery::new(&Model, &self.bytes, None).unwrap()
    }

    pub fn first_with_colour_other_than(&self, photo: usize) -> usize {
        self.colours
            .iter()
            .position(|&colour| colour != self.colours[photo])
            .unwrap()
    }
}
