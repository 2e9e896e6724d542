//! How much the ready-made descriptions of a photo should count beside h, measured: what the router is trained towards.
//!
//! Everyday photos of sources that were kept back from training are ranked by likeness under each aspect's instructions, with the
//! product's own conditional embeddings, for different weights, and their nearest answers are looked up. What orders and names
//! them best is kept.

use std::collections::BTreeMap;

use refocus_model::encoding::PLAIN_DIM;
use refocus_model::encoding::stored_plain;
use refocus_model::focus_encoder::{FocusEncoder, Routes};
use refocus_model::vector_math::dot;
use refocus_training::TrainError;
use refocus_training::evaluation::metrics::mean_average_precision;

use crate::training::vocabulary::RouterTarget;

/// Weights that are tried: of ConSE, of the plain vector, and of the colours of foreground and background.
const SEMANTIC: [f32; 6] = [0.0, 0.2, 0.4, 0.7, 1.0, 1.5];
/// See [`SEMANTIC`].
const PLAIN: [f32; 6] = [0.0, 0.3, 0.6, 1.0, 1.4, 2.0];
/// See [`SEMANTIC`].
const COLOURS: [f32; 4] = [0.0, 0.2, 0.4, 0.7];
/// Shares of the answers that are tried.
const ANSWERS: [f32; 4] = [0.0, 0.3, 0.5, 0.7];
/// What a greater weight of the plain vector may cost: it was trained on far more photos than h, and helps
/// most where photos are unlike all that h has seen.
const FOR_PLAIN: f64 = 0.005;
/// Rounds over the weights, each varied with the others as they are.
const ROUNDS: usize = 3;
/// A weight is changed for at least this much: with a few hundred photos less is chance.
const WORTH: f64 = 0.01;

/// What was found for one aspect.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct FittedRoutes {
    /// Photos that answer it.
    pub n: usize,
    /// Mean average precision of the plain vector.
    pub plain: f64,
    /// With the weights that the router gave: mean average precision, and share whose nearest answer is right.
    pub before: Reached,
    /// The same with the weights that were found.
    pub after: Reached,
    /// The weights that were found.
    pub weights: RouterTarget,
}

/// What some weights reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Reached {
    /// Mean average precision of ranking by likeness.
    pub map: f64,
    /// Share of photos whose nearest answer is right.
    pub words: f64,
}

impl Reached {
    fn mean(self) -> f64 {
        f64::midpoint(self.map, self.words)
    }
}

/// Photos with their labels under one aspect.
pub struct Labelled<'a> {
    /// Stored encodings, `[photos, bytes]`.
    pub rows: &'a [u8],
    /// Bytes of an encoding.
    pub bytes: usize,
    /// The answer of each photo.
    pub labels: &'a [&'a str],
    /// The different answers.
    pub answers: &'a [&'a str],
    /// Their text vectors, `[answers, text_dim]`.
    pub answer_vectors: &'a [f32],
    /// Text vectors of the value words under the aspect, `[words, text_dim]`: a part of the conditional embeddings.
    pub word_vectors: &'a [f32],
}

/// Finds the weights for instructions (text vectors, centred, unit length) of one aspect; `None` without an instruction.
///
/// # Errors
/// [`TrainError`] from the focus encoder.
pub fn fit(
    encoder: &FocusEncoder,
    instructions: &[Vec<f32>],
    photos: &Labelled<'_>,
) -> Result<Option<FittedRoutes>, TrainError> {
    let words = encoder.embed_texts(photos.word_vectors)?;
    let mut conditions = instructions
        .iter()
        .map(|instruction| Ok(encoder.condition(instruction)?.with_answers(&words)))
        .collect::<Result<Vec<_>, TrainError>>()?;
    let Some(routed) = conditions.first().map(|condition| condition.routes) else {
        return Ok(None);
    };
    let answers = encoder.embed_texts(photos.answer_vectors)?;
    let width = encoder.weights().config.output;
    let mut judge = |routes: Option<Routes>| {
        let mut sum = Reached::default();
        for condition in &mut conditions {
            let own = condition.routes;
            condition.routes = routes.unwrap_or(own);
            let (embedded, dim) = (condition.embedded(photos.rows, photos.bytes), condition.dim());
            sum.map += precision(&embedded, dim, photos.labels);
            let fronts = embedded.chunks_exact(dim).filter_map(|row| row.get(..width));
            sum.words += named_rightly(fronts, &answers, photos);
            condition.routes = own;
        }
        let count = instructions.len().max(1) as f64;
        Reached {
            map: sum.map / count,
            words: sum.words / count,
        }
    };
    let before = judge(None);
    let mut best = Routes { text: 1.0, ..routed };
    let mut highest = judge(Some(best));
    for _ in 0..ROUNDS {
        for (values, set) in [
            (SEMANTIC.as_slice(), set_semantic as fn(&mut Routes, f32)),
            (&PLAIN, set_plain),
            (&COLOURS, set_foreground),
            (&COLOURS, set_background),
            (&ANSWERS, set_answers),
        ] {
            for value in values {
                let mut tried = best;
                set(&mut tried, *value);
                let reached = judge(Some(tried));
                if reached.mean() > highest.mean() + WORTH {
                    (best, highest) = (tried, reached);
                }
            }
        }
    }
    for value in PLAIN.iter().rev().take_while(|value| **value > best.plain) {
        let tried = Routes { plain: *value, ..best };
        let reached = judge(Some(tried));
        if reached.mean() > highest.mean() - FOR_PLAIN {
            (best, highest) = (tried, reached);
            break;
        }
    }
    let mut plain = vec![0.0; photos.labels.len() * PLAIN_DIM];
    for (row, plain) in photos
        .rows
        .chunks_exact(photos.bytes)
        .zip(plain.chunks_exact_mut(PLAIN_DIM))
    {
        stored_plain(row, plain);
    }
    Ok(Some(FittedRoutes {
        n: photos.labels.len(),
        plain: precision(&plain, PLAIN_DIM, photos.labels),
        before,
        after: highest,
        weights: RouterTarget {
            semantic: hundredths(best.semantic),
            colour: hundredths(best.colour),
            plain: hundredths(best.plain),
            foreground: hundredths(best.foreground),
            background: hundredths(best.background),
            answers: hundredths(best.answers),
        },
    }))
}

/// The weights of some aspects, as `routes.json` holds them.
#[must_use]
pub fn to_json(fitted: &BTreeMap<String, FittedRoutes>) -> serde_json::Value {
    // As f64, so that hundredths are written with two digits.
    let written = |weight: f32| (f64::from(weight) * 100.0).round() / 100.0;
    let weights = fitted.iter().map(|(aspect, found)| {
        let weights = serde_json::json!({
            "semantic": written(found.weights.semantic),
            "colour": written(found.weights.colour),
            "plain": written(found.weights.plain),
            "foreground": written(found.weights.foreground),
            "background": written(found.weights.background),
            "answers": written(found.weights.answers),
        });
        (aspect.clone(), weights)
    });
    serde_json::Value::Object(weights.collect())
}

fn set_semantic(routes: &mut Routes, value: f32) {
    routes.semantic = value;
}

fn set_plain(routes: &mut Routes, value: f32) {
    routes.plain = value;
}

fn set_foreground(routes: &mut Routes, value: f32) {
    routes.foreground = value;
}

fn set_background(routes: &mut Routes, value: f32) {
    routes.background = value;
}

fn set_answers(routes: &mut Routes, value: f32) {
    routes.answers = value;
}

fn hundredths(weight: f32) -> f32 {
    (weight * 100.0).round() / 100.0
}

/// Share of photos whose nearest answer is their own.
fn named_rightly<'a>(fronts: impl Iterator<Item = &'a [f32]>, answers: &[f32], photos: &Labelled<'_>) -> f64 {
    let right = fronts.zip(photos.labels).filter(|(front, label)| {
        let near = |answer: &[f32]| dot(front, answer);
        let nearest = answers
            .chunks_exact(front.len().max(1))
            .zip(photos.answers)
            .max_by(|(a, _), (b, _)| near(a).total_cmp(&near(b)));
        nearest.is_some_and(|(_, word)| word == *label)
    });
    right.count() as f64 / photos.labels.len().max(1) as f64
}

/// Each photo a query, all others the database; relevant are those of the same label.
fn precision(vectors: &[f32], dim: usize, labels: &[&str]) -> f64 {
    let vector = |photo: usize| vectors.get(photo * dim..(photo + 1) * dim).unwrap_or_default();
    let order = |query: usize| {
        let own = vector(query);
        let others = (0..labels.len()).filter(|photo| *photo != query);
        let mut scored: Vec<(f32, u32)> = others.map(|photo| (dot(own, vector(photo)), photo as u32)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().map(|(_, photo)| photo).collect()
    };
    mean_average_precision(labels, labels, order).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_that_lie_with_their_label_are_ordered_without_a_mistake() {
        let vectors = [1.0, 0.0, 0.9, 0.1, 0.0, 1.0, 0.1, 0.9];
        assert_eq!(precision(&vectors, 2, &["sea", "sea", "street", "street"]), 1.0);
        assert!(precision(&vectors, 2, &["sea", "street", "sea", "street"]) < 0.6);
    }
}
