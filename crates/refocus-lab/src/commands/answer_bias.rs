//! `refocus-lab train answer-bias`: the answer biases of a trained focus encoder, from everyday photos.

use std::collections::BTreeMap;

use anyhow::Context;

use crate::arguments::Train;
use crate::commands::train::{encodings_of, everyday_photos, out};
use crate::training::everyday::{EverydayPhoto, FieldRules};
use crate::training::head::answer_bias::{Answered, fit};
use crate::training::vocabulary::Vocabulary;
use refocus::cli::output;
use refocus::cli::train::write_file;
use refocus_model::device::load_on_best_device;
use refocus_model::focus_encoder::{FocusCondition, FocusEncoder};
use refocus_model::vector_math::normalise;
use refocus_model::{ModelChoice, PhotoModel};
use refocus_search::{Condition, Instruction, WordBank};

/// Photos that must have an answer for it to count.
const LEAST: usize = 8;
/// Photos that must answer an aspect.
const PHOTOS: usize = 100;

/// Fits an answer bias to every aspect of everyday photos and writes the focus encoder with those that are worth it.
pub(super) fn run(arguments: &Train, choice: &ModelChoice) -> anyhow::Result<()> {
    let out = out(arguments)?;
    let all = everyday_photos(arguments)?;
    let photos: Vec<&EverydayPhoto> = all.iter().map(|(_, photo)| photo).collect();
    anyhow::ensure!(
        !photos.is_empty(),
        "name a folder of everyday photos with --everyday DIR"
    );
    let vocabulary = Vocabulary::load()?;
    let (model, _) = load_on_best_device(choice)?;
    let model: &dyn PhotoModel = &model;
    let encoder = model.focus_encoder().context("the model has no focus encoder")?;
    let mut weights = encoder.weights().clone();
    weights.answer_biases.clear();
    let encodings = encodings_of(model, &photos, &arguments.cache)?;
    let bank = WordBank::shipped()?;
    for (name, rules) in &vocabulary.everyday {
        let Some(wording) = vocabulary.aspects.get(name).and_then(|aspect| aspect.train.first()) else {
            continue;
        };
        let text = model.embed_text(&[wording])?;
        let Some(number) = encoder.aspect(&text) else {
            output::say(&format!("{name}: not surely known by its own wording"));
            continue;
        };
        let instruction = Instruction::parse(wording);
        let aspect = Aspect {
            model,
            encoder,
            condition: encoder.condition(&text)?.without_answer_bias(),
            rules,
            bank: Condition::words_only(&bank, &instruction, &model.embed_text(&instruction.texts())?, None)?,
        };
        let mut kinds = Vec::new();
        for broader in [false, true] {
            for shown in [false, true] {
                kinds.extend(aspect.answered(&photos, &encodings, broader, shown)?);
            }
        }
        let Some(found) = fit(&kinds) else {
            output::say(&format!("{name}: too few photos"));
            continue;
        };
        let worth = found.is_worth() && !weights.answer_biases.contains_key(&number);
        output::say(&format!(
            "{name:16} n {:4}  called rightly {:5.1} %, with a bias of other sources {:5.1} %{}",
            found.n,
            found.before * 100.0,
            found.after * 100.0,
            if worth { "" } else { "  (left out)" }
        ));
        if worth {
            weights.answer_biases.insert(number, found.bias);
        }
    }
    write_file(out, &weights.to_bytes()?)?;
    output::say(&format!("written: {}", out.display()));
    Ok(())
}

/// An aspect as its photos are asked about it.
struct Aspect<'a> {
    model: &'a dyn PhotoModel,
    encoder: &'a FocusEncoder,
    condition: FocusCondition,
    rules: &'a FieldRules,
    /// The value words under the aspect.
    bank: Condition,
}

impl Aspect<'_> {
    /// The vector of an answer, `[text_dim]`: of its bare word, or as the bank of value words has it, which groups are headed by.
    fn vector(&self, answer: &str, shown: bool) -> anyhow::Result<Option<Vec<f32>>> {
        if !shown {
            return Ok(Some(self.model.embed_text(&[answer])?));
        }
        let number = self.bank.words.iter().position(|word| word.text == answer);
        let mut vectors = self.bank.word_vectors().chunks_exact(self.model.info().text_dim);
        Ok(number.and_then(|number| vectors.nth(number)).map(<[f32]>::to_vec))
    }

    /// The photos that have a frequent answer; none where they are too few.
    fn answered(
        &self,
        photos: &[&EverydayPhoto],
        encodings: &[Option<Vec<u8>>],
        broader: bool,
        shown: bool,
    ) -> anyhow::Result<Option<Answered>> {
        let answer = |photo: &EverydayPhoto| -> Option<String> {
            let values = photo.field(&self.rules.field);
            let answer = if broader {
                self.rules.broader(values)
            } else {
                self.rules.answer(values)
            };
            answer.filter(|_| !values.is_empty())?.first().cloned()
        };
        let mut labelled: Vec<(&[u8], String, &str)> = Vec::new();
        for (photo, encoding) in photos.iter().zip(encodings) {
            if let (Some(encoding), Some(answer)) = (encoding, answer(photo)) {
                labelled.push((encoding, answer, &photo.source));
            }
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, answer, _) in &labelled {
            *counts.entry(answer).or_default() += 1;
        }
        let (mut answers, mut vectors) = (Vec::new(), Vec::new());
        for (answer, _) in counts.iter().filter(|(_, count)| **count >= LEAST) {
            if let Some(vector) = self.vector(answer, shown)? {
                answers.push((*answer).to_owned());
                vectors.extend(vector);
            }
        }
        labelled.retain(|(_, answer, _)| answers.contains(answer));
        if labelled.len() < PHOTOS || answers.len() < 2 {
            return Ok(None);
        }
        let rows: Vec<u8> = labelled.iter().flat_map(|(row, _, _)| row.iter().copied()).collect();
        let embedded = self.condition.embedded(&rows, self.model.info().bytes_per_photo);
        let width = self.condition.y_dim();
        let mut y = Vec::with_capacity(labelled.len() * width);
        for row in embedded.chunks_exact(self.condition.dim()) {
            let mut own = row.get(..width).unwrap_or_default().to_vec();
            normalise(&mut own);
            y.extend(own);
        }
        Ok(Some(Answered {
            y,
            labels: labelled
                .iter()
                .map(|(_, answer, _)| answers.iter().position(|other| other == answer).unwrap_or(0))
                .collect(),
            answers: self.encoder.embed_texts(&vectors)?,
            width,
            first_half: labelled
                .iter()
                .map(|(_, _, source)| {
                    blake3::hash(source.as_bytes())
                        .as_bytes()
                        .first()
                        .is_some_and(|byte| byte % 2 == 0)
                })
                .collect(),
        }))
    }
}
