//! FocalLens from scratch, judged: retrieval by colour and by shape for the three small towers.
//!
//! Test pictures draw all pairs of colour and shape, also the fifth of them that training never sees; the instruction is worded
//! as training never words it. One in ten pictures asks, the others are ranked by the cosine of their embeddings under the same
//! instruction.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use crate::training::colorshape::tower::patches;
use crate::training::colorshape::{Aspect, Injection, Samples, SmallTower, samples::Sample};
use refocus_model::ModelError;
use refocus_model::text_tower::TEXT_DIM;
use refocus_model::vector_math::dot;
use refocus_scenes::{SHAPE_COLOURS, Shape, Split, is_held_out_shape_colour};
use refocus_training::evaluation::metrics::{average_precision, mean, split_one_to_nine};

/// Pictures that go through a tower together.
const BATCH: usize = 50;
/// Photos that a label must have to be asked for.
const LEAST: usize = 10;

/// The figures of one tower under one instruction.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Retrieval {
    /// Mean average precision over all queries.
    pub map: f64,
    /// The same over queries whose pair of colour and shape training never showed.
    pub map_unseen: f64,
    /// Share of pictures whose nearest answer is right.
    pub top1: f64,
}

/// Judges the towers in a folder on `photos` test pictures: figures by tower and aspect.
///
/// # Errors
/// [`ModelError`] when a tower cannot be read or computed.
pub fn judge(
    folder: &Path,
    photos: usize,
    seed: u64,
) -> Result<BTreeMap<&'static str, BTreeMap<&'static str, Retrieval>>, ModelError> {
    let samples = Samples::new()?;
    let test: Vec<Sample> = (0..photos as u64)
        .map(|number| Sample::of(seed << 32 | number, Split::Test))
        .collect();
    let mut report = BTreeMap::new();
    for injection in Injection::ALL {
        let tower = SmallTower::read(folder, injection)?;
        let mut aspects = BTreeMap::new();
        for aspect in Aspect::ALL {
            let name = match aspect {
                Aspect::Colour => "colour",
                Aspect::Shape => "shape",
            };
            aspects.insert(name, retrieval(&tower, &samples, &test, aspect, seed)?);
        }
        report.insert(injection.file_name(), aspects);
    }
    Ok(report)
}

fn retrieval(
    tower: &SmallTower,
    samples: &Samples,
    test: &[Sample],
    aspect: Aspect,
    seed: u64,
) -> Result<Retrieval, ModelError> {
    let instruction = samples.instruction(aspect, Aspect::TRAINED);
    let mut embedded: Vec<f32> = Vec::with_capacity(test.len() * TEXT_DIM);
    let mut right = Vec::with_capacity(test.len());
    for batch in test.chunks(BATCH) {
        let pictures: Vec<image::RgbImage> = batch.iter().map(|sample| sample.picture.clone()).collect();
        let instructions = Tensor::from_vec(instruction.repeat(batch.len()), (batch.len(), TEXT_DIM), &Device::Cpu)?;
        let rows = tower.embed(&patches(&pictures)?, &instructions)?;
        let nearest = rows.matmul(&samples.answers().t()?)?.argmax(1)?.to_vec1::<u32>()?;
        right.extend(
            batch
                .iter()
                .zip(nearest)
                .map(|(sample, nearest)| f64::from(u8::from(sample.answer(aspect) == nearest))),
        );
        embedded.extend(rows.flatten_all()?.to_vec1::<f32>()?);
    }
    let rows: Vec<&[f32]> = embedded.chunks_exact(TEXT_DIM).collect();
    let labels: Vec<Option<u32>> = test.iter().map(|sample| Some(sample.answer(aspect))).collect();
    let split = split_one_to_nine(&labels, LEAST, seed);
    let mut precisions = Vec::new();
    let mut unseen = Vec::new();
    for &query in &split.queries {
        let (Some(own), Some(asked)) = (rows.get(query as usize), test.get(query as usize)) else {
            continue;
        };
        let mut scored: Vec<(f32, u32)> = split
            .database
            .iter()
            .filter_map(|&photo| Some((dot(own, rows.get(photo as usize)?), photo)))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let relevant = scored
            .iter()
            .filter_map(|(_, photo)| test.get(*photo as usize))
            .map(|other| other.answer(aspect) == asked.answer(aspect));
        let Some(precision) = average_precision(relevant) else {
            continue;
        };
        precisions.push(precision);
        let pair = Shape::ALL.get(asked.shape).zip(SHAPE_COLOURS.get(asked.colour));
        if pair.is_some_and(|(shape, colour)| is_held_out_shape_colour(*shape, *colour)) {
            unseen.push(precision);
        }
    }
    Ok(Retrieval {
        map: mean(precisions).unwrap_or(0.0),
        map_unseen: mean(unseen).unwrap_or(0.0),
        top1: mean(right).unwrap_or(0.0),
    })
}
