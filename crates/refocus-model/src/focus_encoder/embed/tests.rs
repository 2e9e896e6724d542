use super::*;
use crate::colour_statistics::REGIONS;
use crate::encoding::TOKEN_DIM;
use crate::focus_encoder::MAP_SIDE;
use crate::vector_math::{add_scaled, dot};
use crate::{BuiltIn, ModelChoice, PhotoModel, PictureView};
use candle_core::{Device, Tensor};
use refocus_scenes::{Composition, Materials, Split, composite_scene_with};
use std::sync::OnceLock;

fn model() -> &'static BuiltIn {
    static MODEL: OnceLock<BuiltIn> = OnceLock::new();
    MODEL.get_or_init(|| BuiltIn::load(&Device::Cpu, &ModelChoice::default()).unwrap())
}

/// Encodings of rendered objects, with their names.
fn rendered() -> &'static (Vec<u8>, Vec<String>) {
    static RENDERED: OnceLock<(Vec<u8>, Vec<String>)> = OnceLock::new();
    RENDERED.get_or_init(|| {
        let (mut rows, mut names) = (Vec::new(), Vec::new());
        for seed in 0..160 {
            let composition = Some(Composition::Single);
            let (picture, truth) = composite_scene_with(seed, Split::Test, 130, composition, &Materials::default());
            let view = PictureView::new(picture.width(), picture.height(), picture.as_raw()).unwrap();
            let prepared = model().prepare(view).unwrap();
            rows.extend(model().encode(&[prepared]).unwrap().remove(0));
            names.push(truth.object.unwrap());
        }
        (rows, names)
    })
}

fn embedded(instruction: &str, rows: &[u8]) -> (FocusCondition, Vec<f32>) {
    let text = model().embed_text(&[instruction]).unwrap();
    let condition = model().focus_encoder().unwrap().condition(&text).unwrap();
    let bytes = model().info().bytes_per_photo;
    let photos = rows.len() / bytes;
    let out = embedded_with(InstructionSet::best(), &condition, rows);
    assert_eq!(out.len(), photos * condition.dim());
    (condition, out)
}

fn embedded_with(set: InstructionSet, condition: &FocusCondition, rows: &[u8]) -> Vec<f32> {
    let bytes = model().info().bytes_per_photo;
    let (dim, photos) = (condition.dim(), rows.len() / bytes);
    let (mut out, mut found) = (vec![0.0; photos * dim], vec![0.0; photos]);
    let to = (out.as_mut_slice(), dim, 1.0);
    condition.embed(set, rows, bytes, &mut Scratch::default(), to, &mut found);
    assert!(found.iter().all(|share| (0.0..=1.0 + 1e-4).contains(share)));
    out
}

#[test]
fn the_fast_path_gives_the_numbers_of_the_candle_graph() {
    let bytes = model().info().bytes_per_photo;
    let rows = &rendered().0[..20 * bytes];
    let encoder = model().focus_encoder().unwrap();
    for instruction in ["the colour", "how many objects are there", "the object", "the style"] {
        let (condition, out) = embedded(instruction, rows);
        let text = encoder.towards_known(&model().embed_text(&[instruction]).unwrap());
        let text = Tensor::from_vec(text, (1, 384), &Device::Cpu).unwrap();
        for (row, out) in rows.chunks_exact(bytes).zip(out.chunks_exact(condition.dim())) {
            let encoding = crate::Encoding::from_bytes(row).unwrap();
            let tokens = Tensor::from_vec(encoding.tokens(), (1, REGIONS, TOKEN_DIM), &Device::Cpu).unwrap();
            let h = encoder.graph().forward(&tokens, &text, &Ok).unwrap().h;
            let mut y = h.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let shares = encoding.histogram(Part::Foreground);
            for (factors, first, weight) in [
                (encoding.conse().as_slice(), 0, condition.routes.semantic),
                (shares.as_slice(), SEMANTIC_DIM, condition.routes.colour),
            ] {
                if weight >= LEAST_ROUTE {
                    let lift = model().layout().lift().chunks_exact(SEMANTIC_DIM + COLOURS);
                    let lifted: Vec<f32> = lift
                        .map(|row| dot(&row[first..first + factors.len()], factors))
                        .collect();
                    add_scaled(&mut y, weight, &encoder.embed_texts(&lifted).unwrap());
                }
            }
            normalise(&mut y);
            let mut ours = out[..condition.y_dim()].to_vec();
            normalise(&mut ours);
            assert!(dot(&ours, &y) > 0.9999, "{instruction}: {}", dot(&ours, &y));
            assert!((dot(out, out) - 1.0).abs() < 1e-3);
        }
    }
}

fn mean_average_precision(vectors: &[f32], dim: usize, names: &[String]) -> f64 {
    let rows: Vec<&[f32]> = vectors.chunks_exact(dim).collect();
    let precisions: Vec<f64> = (0..rows.len())
        .filter_map(|query| {
            let mut others: Vec<usize> = (0..rows.len()).filter(|other| *other != query).collect();
            others.sort_by(|a, b| dot(rows[*b], rows[query]).total_cmp(&dot(rows[*a], rows[query])));
            let places = (1u32..)
                .zip(&others)
                .filter(|(_, other)| names[**other] == names[query]);
            let precisions: Vec<f64> = (1u32..)
                .zip(places)
                .map(|(found, (place, _))| f64::from(found) / f64::from(place))
                .collect();
            (!precisions.is_empty()).then(|| precisions.iter().sum::<f64>() / precisions.len() as f64)
        })
        .collect();
    precisions.iter().sum::<f64>() / precisions.len() as f64
}

#[test]
fn a_neutral_instruction_keeps_nearly_all_of_plain_similarity() {
    let (rows, names) = rendered();
    let bytes = model().info().bytes_per_photo;
    let mut plain = vec![0.0; names.len() * PLAIN_DIM];
    for (row, plain) in rows.chunks_exact(bytes).zip(plain.chunks_exact_mut(PLAIN_DIM)) {
        model().layout().plain(row, plain);
    }
    let before = mean_average_precision(&plain, PLAIN_DIM, names);
    let (condition, out) = embedded("the photo", rows);
    let under = mean_average_precision(&out, condition.dim(), names);
    assert!(under >= 0.97 * before, "{under} under \"the photo\", {before} plain");
}

#[test]
fn an_instruction_unlike_any_trained_one_falls_back_to_plain_similarity() {
    let encoder = model().focus_encoder().unwrap();
    let text = |words: &str| model().embed_text(&[words]).unwrap();
    let unknown = encoder.condition(&text("zxqv blorp 77")).unwrap();
    assert!(unknown.confidence < 0.3, "{}", unknown.confidence);
    assert!(unknown.routes.plain > unknown.routes.text);
    assert!(encoder.condition(&text("the colour")).unwrap().confidence > 0.95);
}

#[test]
fn wordings_are_moved_towards_the_middle_of_their_aspect_unless_they_name_a_thing() {
    let encoder = model().focus_encoder().unwrap();
    let moved = |words: &str| {
        let text = model().embed_text(&[words]).unwrap();
        1.0 - dot(&text, &encoder.towards_known(&text))
    };
    for named in ["the colour of the helicopter", "what shade has the butterfly?"] {
        assert!(moved(named) < 1e-6, "{named}: {}", moved(named));
    }
    for general in [
        "the colour",
        "the tint that the things have",
        "in what way it gets about",
    ] {
        assert!(moved(general) > 0.01, "{general}: {}", moved(general));
    }
}

#[test]
fn every_instruction_set_gives_the_same_embeddings() {
    let rows = &rendered().0[..50 * model().info().bytes_per_photo];
    let (condition, best) = embedded("the colour and the kind of thing", rows);
    for set in InstructionSet::available() {
        let other = embedded_with(set, &condition, rows);
        let pairs = best
            .chunks_exact(condition.dim())
            .zip(other.chunks_exact(condition.dim()));
        for (a, b) in pairs {
            assert!(dot(a, b) > 0.9999, "{}: {}", set.name(), dot(a, b));
        }
    }
}

#[test]
fn an_encoding_of_numbers_that_are_none_becomes_zero() {
    let bytes = model().info().bytes_per_photo;
    let mut rows = rendered().0[..3 * bytes].to_vec();
    // The scales of the tokens, in f16: not a number.
    let scales = bytes + 4 + REGIONS * TOKEN_DIM;
    rows[scales..scales + 2 * REGIONS].fill(0xff);
    let (condition, out) = embedded("the colour", &rows);
    let length = |photo: usize| {
        let row = &out[photo * condition.dim()..(photo + 1) * condition.dim()];
        dot(row, row)
    };
    assert_eq!(length(1), 0.0);
    assert!((length(0) - 1.0).abs() < 1e-3 && (length(2) - 1.0).abs() < 1e-3);
}

/// The words of an aspect, in the space of y.
fn words(texts: &[&str]) -> Vec<f32> {
    let vectors = model().embed_text(texts).unwrap();
    model().focus_encoder().unwrap().embed_texts(&vectors).unwrap()
}

#[test]
fn the_answers_part_holds_the_root_of_each_words_share() {
    let rows = &rendered().0[..40 * model().info().bytes_per_photo];
    let (without, before) = embedded("the colour", rows);
    // More than one block of sixteen, and no whole number of them.
    let colours = words(&[
        "red", "green", "blue", "yellow", "orange", "purple", "pink", "brown", "black", "white", "grey", "cyan",
        "beige", "navy", "olive", "maroon", "teal", "violet", "gold",
    ]);
    let mut condition = without.clone().with_answers(&colours);
    condition.routes.answers = 0.5;
    assert_eq!(condition.dim(), without.dim() + 32);
    let share = condition.share_of_answers();
    for set in InstructionSet::available() {
        let out = embedded_with(set, &condition, rows);
        for (out, before) in out
            .chunks_exact(condition.dim())
            .zip(before.chunks_exact(without.dim()))
        {
            let (rest, part) = out.split_at(without.dim());
            assert!((dot(out, out) - 1.0).abs() < 1e-3);
            assert!(
                (dot(rest, before) - (1.0 - share).sqrt()).abs() < 1e-3,
                "{}",
                set.name()
            );
            let mut y = before[..without.y_dim()].to_vec();
            normalise(&mut y);
            let mut roots: Vec<f32> = colours.chunks_exact(y.len()).map(|word| dot(word, &y)).collect();
            crate::focus_encoder::answers::roots_of_shares(&mut roots);
            for (value, root) in part.iter().zip(roots.iter().chain(&[0.0; 13])) {
                assert!(
                    (value - root * share.sqrt()).abs() < 2e-3,
                    "{value}, not {root} times √{share}"
                );
            }
        }
    }
}

#[test]
fn one_word_tells_no_photos_apart_and_an_instruction_that_is_not_known_has_next_to_no_answers() {
    let (mut condition, _) = embedded("how many people", &[]);
    let dim = condition.dim();
    condition = condition.with_answers(&words(&["one person"]));
    assert_eq!(condition.dim(), dim);
    condition = condition.with_answers(&words(&["one person", "nobody"]));
    assert!(condition.share_of_answers() > 0.2, "{}", condition.share_of_answers());
    condition.routes.answers = 0.0;
    assert_eq!(condition.dim(), dim);
    let (unknown, _) = embedded("zxqv blorp 77", &[]);
    assert!(unknown.with_answers(&words(&["red", "blue"])).share_of_answers() < 0.05);
}

#[test]
fn an_encoding_of_numbers_that_are_none_has_no_answers() {
    let bytes = model().info().bytes_per_photo;
    let mut rows = rendered().0[..bytes].to_vec();
    let scales = 4 + REGIONS * TOKEN_DIM;
    rows[scales..scales + 2 * REGIONS].fill(0xff);
    let (condition, _) = embedded("the colour", &[]);
    let mut condition = condition.with_answers(&words(&["red", "blue"]));
    condition.routes.answers = 0.5;
    let out = embedded_with(InstructionSet::best(), &condition, &rows);
    assert!(out.iter().all(|value| *value == 0.0));
}

#[test]
fn the_attention_map_adds_up_to_one() {
    let rows = &rendered().0[..model().info().bytes_per_photo];
    let (condition, _) = embedded("the object", rows);
    let map = condition.attention_map(rows);
    assert_eq!(map.len(), MAP_SIDE * MAP_SIDE);
    assert!((map.iter().sum::<f32>() - 1.0).abs() < 1e-3);
}
