//! How well the pictures that were kept back are answered, under wordings that training never saw.
//!
//! These figures are for watching a training run. The model card's figures come from `refocus-lab eval`, on
//! other pictures.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};

use super::examples::Thing;
use super::run::{regions_of, tokens};
use super::texts::TextVectors;
use super::triplets::Triplets;
use crate::training::vocabulary::Vocabulary;
use refocus_model::colour_statistics::{REGIONS, WHOLE};
use refocus_model::focus_encoder::{FocusEncoderConfig, FocusEncoderGraph};
use refocus_model::text_tower::TEXT_DIM;
use refocus_model::vector_math::dot;
use refocus_training::TrainError;
use refocus_training::evaluation::metrics::average_precision;
use refocus_training::parameters::Parameters;
use refocus_training::slot::Look;

/// Pictures asked at a time.
const BLOCK: usize = 64;

/// How one aspect is answered.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct AspectReport {
    /// Pictures that were asked.
    pub n: usize,
    /// Share whose nearest answer of the aspect is right.
    pub top1: f32,
    /// Mean average precision of ranking the others by h.
    pub map: f32,
    /// The share of right answers if one guessed the most frequent.
    pub most_frequent: f32,
}

/// The report of a head.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Report {
    /// By aspect.
    pub aspects: BTreeMap<String, AspectReport>,
    /// "The colour of the X" with two or three things: share in which the right colour is nearer than another thing's.
    pub binding: f32,
    /// Share in which more than half of the attention on cells lies inside the thing's box.
    pub pointing: f32,
    /// The share that an even map would have.
    pub pointing_chance: f32,
    /// Things asked about.
    pub things: usize,
}

/// Vectors, one for each picture.
type Rows = Vec<Vec<f32>>;

/// h and pointing attention of pictures under one instruction each.
fn ask(
    triplets: &Triplets,
    parameters: &Parameters,
    graph: &FocusEncoderGraph,
    asked: &[(usize, Vec<f32>)],
) -> Result<(Rows, Rows), TrainError> {
    let config = FocusEncoderConfig::built_in();
    let (mut h, mut looks) = (Vec::new(), Vec::new());
    for block in asked.chunks(BLOCK) {
        let photos: Vec<usize> = block.iter().map(|(photo, _)| *photo).collect();
        let tokens = tokens(parameters, &regions_of(&triplets.cache, &photos)?)?;
        let texts: Vec<f32> = block.iter().flat_map(|(_, text)| text.iter().copied()).collect();
        let texts = Tensor::from_vec(texts, (block.len(), TEXT_DIM), &Device::Cpu)?;
        let forward = graph.forward(&tokens.detach(), &texts, &|x| Ok(x))?;
        h.extend(forward.h.to_vec2::<f32>()?);
        let attention = forward.attention.narrow(1, 0, config.pointing_heads)?.mean(1)?;
        looks.extend(attention.to_vec2::<f32>()?);
    }
    Ok((h, looks))
}

impl Report {
    /// Asks the kept-back pictures, at most `most` an aspect.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn make(
        triplets: &Triplets,
        parameters: &Parameters,
        vocabulary: &Vocabulary,
        texts: &mut TextVectors<'_>,
        most: usize,
    ) -> Result<Self, TrainError> {
        let config = FocusEncoderConfig::built_in();
        let graph = FocusEncoderGraph::new(config, &parameters.builder())?;
        let bare = triplets.phrasings.first().map(Vec::as_slice).unwrap_or_default();
        let answer = |column: usize| {
            bare.get(column * config.output..(column + 1) * config.output)
                .unwrap_or_default()
        };
        let kept: Vec<usize> = (0..triplets.cache.len())
            .filter(|picture| triplets.is_kept_back(*picture))
            .collect();
        let mut report = Self::default();
        for (id, name) in triplets.examples.aspects.iter().enumerate() {
            let Some(wording) = vocabulary.aspects.get(name).and_then(|aspect| aspect.test.first()) else {
                continue;
            };
            if wording.contains('{') {
                continue;
            }
            texts.learn([wording.as_str()])?;
            let asked: Vec<(usize, usize)> = kept
                .iter()
                .filter_map(|photo| Some((*photo, *triplets.examples.examples.get(*photo)?.answers.get(&id)?)))
                .take(most)
                .collect();
            if asked.len() < 20 {
                continue;
            }
            let questions: Vec<(usize, Vec<f32>)> =
                asked.iter().map(|(photo, _)| (*photo, texts.get(wording))).collect();
            let (h, _) = ask(triplets, parameters, &graph, &questions)?;
            let mut values: Vec<usize> = asked.iter().map(|(_, column)| *column).collect();
            values.sort_unstable();
            values.dedup();
            let right = h.iter().zip(&asked).filter(|(h, (_, column))| {
                let best = values
                    .iter()
                    .max_by(|a, b| dot(h, answer(**a)).total_cmp(&dot(h, answer(**b))));
                best == Some(column)
            });
            let labels: Vec<usize> = asked.iter().map(|(_, column)| *column).collect();
            let frequent = values
                .iter()
                .map(|v| labels.iter().filter(|l| *l == v).count())
                .max()
                .unwrap_or(0);
            let aspect = AspectReport {
                n: asked.len(),
                top1: right.count() as f32 / asked.len() as f32,
                map: mean_average_precision(&h, &labels),
                most_frequent: frequent as f32 / asked.len() as f32,
            };
            report.aspects.insert(name.clone(), aspect);
        }
        report.things(triplets, parameters, &graph, vocabulary, texts, &kept, most, &answer)?;
        Ok(report)
    }

    #[expect(clippy::too_many_arguments, reason = "the pieces of one report, used once")]
    fn things<'b>(
        &mut self,
        triplets: &Triplets,
        parameters: &Parameters,
        graph: &FocusEncoderGraph,
        vocabulary: &Vocabulary,
        texts: &mut TextVectors<'_>,
        kept: &[usize],
        most: usize,
        answer: &dyn Fn(usize) -> &'b [f32],
    ) -> Result<(), TrainError> {
        let Some(template) = vocabulary
            .aspects
            .get("object_colour")
            .and_then(|aspect| aspect.test.first())
        else {
            return Ok(());
        };
        let mut asked: Vec<(usize, &Thing, &Thing)> = Vec::new();
        for photo in kept {
            let Some(example) = triplets.examples.examples.get(*photo) else {
                continue;
            };
            let [first, second, ..] = example.things.as_slice() else {
                continue;
            };
            let usable = |thing: &Thing| thing.colour.is_some() && !thing.names.is_empty();
            if usable(first) && usable(second) && first.colour != second.colour {
                asked.push((*photo, first, second));
            }
        }
        asked.truncate(most);
        let instructions: Vec<String> = asked
            .iter()
            .map(|(_, thing, _)| template.replace("{object}", thing.names.first().map_or("", String::as_str)))
            .collect();
        texts.learn(instructions.iter().map(String::as_str))?;
        let questions: Vec<(usize, Vec<f32>)> = asked
            .iter()
            .zip(&instructions)
            .map(|((photo, ..), text)| (*photo, texts.get(text)))
            .collect();
        let (h, looks) = ask(triplets, parameters, graph, &questions)?;
        let (mut bound, mut pointed, mut chance) = (0.0, 0.0, 0.0);
        for (((_, thing, other), h), look) in asked.iter().zip(&h).zip(&looks) {
            let score = |thing: &Thing| thing.colour.map_or(0.0, |column| dot(h, answer(column)));
            bound += f32::from(u8::from(score(thing) > score(other)));
            pointed += f32::from(u8::from(inside(look, &thing.look) > 0.5));
            chance += f32::from(u8::from(inside(&[1.0; REGIONS], &thing.look) > 0.5));
        }
        let n = asked.len().max(1) as f32;
        (self.binding, self.pointing, self.pointing_chance) = (bound / n, pointed / n, chance / n);
        self.things = asked.len();
        Ok(())
    }
}

/// Share of the mass on cells that lies inside.
fn inside(mass: &[f32], look: &Look) -> f32 {
    let cells = mass.iter().zip(look).take(WHOLE);
    let (there, all) = cells.fold((0.0, 0.0), |(there, all), (m, l)| (there + m * l, all + m));
    there / f32::max(all, 1e-9)
}

/// Each row a query, all others the database; relevant are those of the same label.
fn mean_average_precision(rows: &[Vec<f32>], labels: &[usize]) -> f32 {
    let mut sum = 0.0;
    let mut queries = 0u32;
    for (i, (query, label)) in rows.iter().zip(labels).enumerate() {
        let mut scored: Vec<(f32, bool)> = rows
            .iter()
            .zip(labels)
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, (row, other))| (dot(query, row), other == label))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        if let Some(precision) = average_precision(scored.iter().map(|(_, relevant)| *relevant)) {
            sum += precision;
            queries += 1;
        }
    }
    (sum / f64::from(queries.max(1))) as f32
}
