//! What it costs that encodings and conditional embeddings are kept in int8: the same scenes ranked from vectors that were
//! never rounded, through the candle network, and from what the product keeps, through its fast path.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::scenes::{ASPECTS, Scene, SceneKind, columns};
use refocus_model::colour_statistics::REGIONS;
use refocus_model::encoding::{EncodingParts, SEMANTIC_DIM, TOKEN_DIM};
use refocus_model::focus_encoder::answers::roots_of_shares;
use refocus_model::focus_encoder::{FocusCondition, FocusEncoder, Routes};
use refocus_model::named_colours::COLOURS;
use refocus_model::vector_math::{add_scaled, dot, normalise};
use refocus_model::{BuiltIn, PhotoModel};
use refocus_scenes::SceneTruth;
use refocus_search::{
    Condition, ConditionedGallery, EncoderConditions, EncoderWay, Gallery, Instruction, TextEmbedder, WordBank, Work,
};
use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::metrics::{average_precision, mean};

use refocus_training::evaluation::encode::PictureSource;

/// Scenes that are encoded together.
const BATCH: usize = 8;

/// What an encoding is packed from, and the encoding.
struct Whole {
    tokens: Vec<f32>,
    conse: Vec<f32>,
    plain: Vec<f32>,
    foreground: Vec<f32>,
    background: Vec<f32>,
    packed: Vec<u8>,
}

/// Mean average precision of each aspect of `count` scenes, every scene a query over all others: `ASPECT_f32` and
/// `ASPECT_int8`.
///
/// # Errors
/// [`EvaluationError`].
pub fn int8_loss(model: &BuiltIn, seed: u64, count: usize) -> Result<BTreeMap<String, f64>, EvaluationError> {
    let Some(encoder) = model.focus_encoder() else {
        return Ok(BTreeMap::new());
    };
    let scenes = Scene::<false>::series(SceneKind::Shapes, seed, count);
    let batches: Vec<Vec<(Whole, SceneTruth)>> = scenes
        .chunks(BATCH)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|batch| encode(model, batch))
        .collect::<Result<_, EvaluationError>>()?;
    let (photos, truths): (Vec<Whole>, Vec<SceneTruth>) = batches.into_iter().flatten().unzip();
    let rows: Vec<u8> = photos.iter().flat_map(|photo| photo.packed.iter().copied()).collect();
    let gallery = Gallery::new(model.layout(), &rows, None)?;
    let bank = WordBank::shipped()?;
    let mut metrics = BTreeMap::new();
    for (column, (name, words)) in columns(&truths).iter().zip(ASPECTS) {
        let instruction = Instruction::parse(words);
        let vectors = (model as &dyn PhotoModel).embed(&instruction.texts())?;
        let condition = Condition::words_only(&bank, &instruction, &vectors, None)?;
        let conditions = EncoderConditions::new(encoder, &condition, &instruction, &vectors)?;
        let way = EncoderWay::new(encoder, &conditions, model.layout().bytes_per_photo());
        let kept = ConditionedGallery::build(&gallery, &way, Work::default()).ok_or(EvaluationError::Interrupted)?;
        let kept: Vec<Vec<f32>> = (0..photos.len()).map(|photo| kept.embedding(photo)).collect();
        let text = vectors.get(..model.info().text_dim).unwrap_or_default();
        let words = encoder.embed_texts(condition.word_vectors())?;
        let share = conditions.parts().first().map_or(0.0, FocusCondition::share_of_answers);
        let whole = photos
            .iter()
            .map(|photo| embed(encoder, model.layout().lift(), text, (&words, share), photo))
            .collect::<Result<Vec<_>, _>>()?;
        metrics.insert(format!("{name}_f32"), precision(&whole, &column.labels));
        metrics.insert(format!("{name}_int8"), precision(&kept, &column.labels));
    }
    Ok(metrics)
}

fn encode(model: &BuiltIn, batch: &[Scene<false>]) -> Result<Vec<(Whole, SceneTruth)>, EvaluationError> {
    let (mut prepared, mut truths) = (Vec::new(), Vec::new());
    for scene in batch {
        let loaded = scene.load(model.input_side()).map_err(EvaluationError::Scene)?;
        let picture = &loaded.picture;
        prepared.push(model.prepare_pixels(picture.width(), picture.height(), picture.as_raw())?);
        let truth = serde_json::from_slice(&loaded.truth).map_err(|error| EvaluationError::Scene(error.to_string()))?;
        truths.push(truth);
    }
    let features = model.images().features(&prepared)?;
    let take = |parts: EncodingParts<'_>| Whole {
        tokens: parts.tokens.to_vec(),
        conse: parts.conse.to_vec(),
        plain: parts.plain.to_vec(),
        foreground: parts.foreground.to_vec(),
        background: parts.background.to_vec(),
        packed: model.encoding_layout().pack(&parts).into_bytes(),
    };
    let whole = model
        .projections()
        .with_parts(&features, model.images().classifier(), take)?;
    Ok(whole.into_iter().zip(truths).collect())
}

/// The conditional embedding as the formula has it, from vectors that were never rounded. `lift` is `[384, 160]`: semantic basis
/// beside colour vectors. `answers` are the words that can answer (`[words, output]`) and their share of the squared length.
fn embed(
    encoder: &FocusEncoder,
    lift: &[f32],
    text: &[f32],
    (answers, share): (&[f32], f32),
    photo: &Whole,
) -> Result<Vec<f32>, EvaluationError> {
    let Routes {
        semantic,
        colour,
        text: trust,
        plain,
        foreground,
        background,
        ..
    } = encoder.condition(text)?.routes;
    let compute = |error: candle_core::Error| EvaluationError::Model(error.into());
    let tokens = Tensor::from_slice(&photo.tokens, (1, REGIONS, TOKEN_DIM), &Device::Cpu).map_err(compute)?;
    let text = encoder.towards_known(text);
    let texts = Tensor::from_slice(&text, (1, text.len()), &Device::Cpu).map_err(compute)?;
    let h = encoder.graph().forward(&tokens, &texts, &Ok).map_err(compute)?.h;
    let mut y = h.flatten_all().and_then(|h| h.to_vec1::<f32>()).map_err(compute)?;
    for (factors, first, weight) in [(&photo.conse, 0, semantic), (&photo.foreground, SEMANTIC_DIM, colour)] {
        let rows = lift.chunks_exact(SEMANTIC_DIM + COLOURS);
        let lifted: Vec<f32> = rows
            .map(|row| dot(row.get(first..first + factors.len()).unwrap_or_default(), factors))
            .collect();
        add_scaled(&mut y, weight, &encoder.embed_texts(&lifted)?);
    }
    normalise(&mut y);
    let mut roots: Vec<f32> = answers.chunks_exact(y.len()).map(|word| dot(word, &y)).collect();
    roots_of_shares(&mut roots);
    let root = |histogram: &[f32]| histogram.iter().map(|share| share.max(0.0).sqrt()).collect();
    let mut embedding = Vec::new();
    for (mut part, weight) in [
        (y, trust),
        (photo.plain.clone(), plain),
        (root(&photo.foreground), foreground),
        (root(&photo.background), background),
    ] {
        normalise(&mut part);
        embedding.extend(part.iter().map(|value| value * weight));
    }
    normalise(&mut embedding);
    embedding.iter_mut().for_each(|value| *value *= (1.0 - share).sqrt());
    embedding.extend(roots.iter().map(|root| root * share.sqrt()));
    Ok(embedding)
}

fn precision(embeddings: &[Vec<f32>], labels: &[Option<u32>]) -> f64 {
    let of_query = |query: usize| {
        let vector = embeddings.get(query)?;
        let mut others: Vec<(f32, bool)> = embeddings
            .iter()
            .zip(labels)
            .enumerate()
            .filter(|(other, _)| *other != query)
            .map(|(_, (other, label))| (dot(vector, other), *label == labels[query]))
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        average_precision(others.into_iter().map(|(_, relevant)| relevant))
    };
    mean((0..embeddings.len()).filter_map(of_query)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_model::ModelChoice;

    #[test]
    fn rounding_to_int8_costs_next_to_nothing() {
        let model = BuiltIn::load(&Device::Cpu, &ModelChoice::default()).unwrap();
        let metrics = int8_loss(&model, 0, 120).unwrap();
        for (name, _) in ASPECTS {
            let (whole, kept) = (metrics[&format!("{name}_f32")], metrics[&format!("{name}_int8")]);
            assert!(whole - kept < 0.01, "{name}: {whole} without rounding, {kept} with it");
        }
    }
}
