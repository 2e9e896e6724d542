//! Which aspects of the word bank an instruction means.

use super::instruction::Instruction;
use super::word_bank::WordBank;
use refocus_model::vector_math::dot;

/// An aspect that an instruction names.
#[derive(Debug, Clone, PartialEq)]
pub struct AspectMatch {
    /// Its place in the bank.
    pub aspect: usize,
    /// Its name in the bank.
    pub name: String,
    /// Its name on the screen.
    pub label: String,
    /// How well it fits the instruction, 0 to 1: half wording, half meaning.
    pub score: f32,
    /// Its share of the comparison; all shares add up to 1.
    pub weight: f32,
    /// Which part of the instruction named it. Aspects of one part are read as one question.
    pub question: usize,
}

/// Share of the wording in the score; the rest is the similarity of the sentence vectors.
const WORDING: f32 = 0.4;
/// A score from here on is certain.
const CERTAIN: f32 = 0.70;
/// A score up to here says nothing.
const CHANCE: f32 = 0.25;
/// Confidence from which an aspect is used at all.
pub(super) const FAMILIAR: f32 = 0.30;
/// A score of an instruction that the bank holds word by word.
pub(super) const KNOWN_BY_HEART: f32 = 0.97;
/// Confidence from which the head of an instruction alone decides.
const CLEAR_HEAD: f32 = 0.60;
/// Scores this close to the best are meant as well.
const NEAR: f32 = 0.06;
/// Aspects that one part of an instruction can mean.
const MAX_ASPECTS: usize = 2;

/// The aspects that an instruction means, best first within each part, and the confidence (0 to 1) that it means them.
///
/// `vectors` holds one text vector for each of [`Instruction::texts`]. The parts of an instruction are matched one by
/// one when each is familiar, the whole otherwise ("black and white" is one thing).
pub(super) fn match_aspects(bank: &WordBank, instruction: &Instruction, vectors: &[f32]) -> (Vec<AspectMatch>, f32) {
    let texts = instruction.texts();
    let mut matched = texts
        .iter()
        .zip(vectors.chunks_exact(bank.dim()))
        .map(|(t, v)| match_text(bank, t, v));
    let Some((whole, whole_confidence)) = matched.next() else {
        return (Vec::new(), 0.0);
    };
    let mut parts = matched.collect::<Vec<_>>();
    // "The colour of the cup" asks for colours: the cup only says of what. Unless the whole is known word by word.
    if instruction.head().is_some()
        && let Some((head, head_confidence)) = parts.pop()
    {
        let known = whole.first().is_some_and(|best| best.score >= KNOWN_BY_HEART);
        if !known && head_confidence >= CLEAR_HEAD {
            return (head, head_confidence);
        }
    }
    let certain_whole = whole_confidence >= 1.0;
    let familiar_parts = !parts.is_empty() && parts.iter().all(|(_, confidence)| *confidence >= FAMILIAR);
    if certain_whole || !familiar_parts {
        return (whole, whole_confidence);
    }
    let confidence = parts.iter().map(|(_, confidence)| *confidence).fold(1.0, f32::min);
    let share = 1.0 / parts.len() as f32;
    let mut aspects: Vec<AspectMatch> = Vec::new();
    for (question, (part, _)) in parts.into_iter().enumerate() {
        for mut aspect in part {
            aspect.weight *= share;
            match aspects.iter_mut().find(|known| known.aspect == aspect.aspect) {
                Some(known) => known.weight += aspect.weight,
                None => aspects.push(AspectMatch { question, ..aspect }),
            }
        }
    }
    (aspects, confidence)
}

/// The aspects that one text means, with shares that add up to 1.
fn match_text(bank: &WordBank, text: &str, vector: &[f32]) -> (Vec<AspectMatch>, f32) {
    let aspects = &bank.words().aspects;
    let named = bank.lexicon().aspects_named(text, aspects.len());
    let mut scored = named
        .iter()
        .enumerate()
        .map(|(aspect, named)| {
            let similarity = bank
                .instruction_vectors(aspect)
                .chunks_exact(bank.dim())
                .map(|instruction| dot(instruction, vector))
                .fold(0.0, f32::max);
            (aspect, WORDING * named + (1.0 - WORDING) * similarity)
        })
        .collect::<Vec<_>>();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let best = scored.first().map_or(0.0, |(_, score)| *score);
    let confidence = ((best - CHANCE) / (CERTAIN - CHANCE)).clamp(0.0, 1.0);
    scored.truncate(MAX_ASPECTS);
    scored.retain(|(_, score)| *score > best - NEAR);
    let shares = scored
        .iter()
        .map(|(_, score)| ((score - best) / (NEAR / 2.0)).exp())
        .collect::<Vec<_>>();
    let total = shares.iter().sum::<f32>();
    let matches = scored
        .into_iter()
        .zip(shares)
        .filter_map(|((aspect, score), share)| {
            let entry = aspects.get(aspect)?;
            Some(AspectMatch {
                aspect,
                name: entry.name.clone(),
                label: entry.label.clone(),
                score,
                weight: share / total,
                question: 0,
            })
        })
        .collect();
    (matches, confidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::TextEmbedder;
    use crate::synthetic;

    fn matched(text: &str) -> (Vec<AspectMatch>, f32) {
        let bank = synthetic::bank();
        let instruction = Instruction::parse(text);
        let vectors = synthetic::Embedder.embed(&instruction.texts()).unwrap();
        match_aspects(&bank, &instruction, &vectors)
    }

    #[test]
    fn an_instruction_finds_its_aspect_and_an_unknown_one_has_little_confidence() {
        let (aspects, confidence) = matched("the colour");
        assert_eq!(aspects.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["colour"]);
        assert!(confidence >= FAMILIAR);
        assert!(matched("zyzzyva").1 < FAMILIAR);
    }

    #[test]
    fn an_instruction_that_names_two_aspects_means_both_as_two_questions() {
        let (aspects, confidence) = matched("colour and shape");
        assert_eq!(
            aspects
                .iter()
                .map(|a| (a.name.as_str(), a.question))
                .collect::<Vec<_>>(),
            [("colour", 0), ("shape", 1)]
        );
        assert!((aspects.iter().map(|a| a.weight).sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(confidence >= FAMILIAR);
    }

    #[test]
    fn the_same_aspect_named_twice_is_one() {
        let (aspects, _) = matched("colour and colours");
        assert_eq!(aspects.len(), 1);
        assert!((aspects[0].weight - 1.0).abs() < 1e-6);
    }
}
