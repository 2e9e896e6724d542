//! From a typed instruction to what photos are compared by: **the one** understanding of an instruction, for the window, the
//! command line, exports and evaluation.

use std::sync::Arc;

use refocus_model::PhotoModel;
use refocus_model::focus_encoder::FocusEncoder;

use super::FocusError;
use super::condition::{Condition, EditedWords};
use super::encoder_way::EncoderConditions;
use super::instruction::Instruction;
use super::required::Required;
use super::rows::{EncodingRows, TextEmbedder};
use super::word_bank::WordBank;

/// An instruction as typed, and the value words that a person chose for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FocusKey {
    /// The instruction.
    pub instruction: String,
    /// The words that are to answer it, in place of those that the bank has.
    pub value_words: Option<Vec<String>>,
}

impl FocusKey {
    /// An instruction without words of a person's own.
    #[must_use]
    pub fn new(instruction: &str) -> Self {
        Self {
            instruction: instruction.to_owned(),
            value_words: None,
        }
    }
}

/// What an instruction is understood with.
#[derive(Clone, Copy)]
pub struct Knowledge<'a> {
    /// Aspects and their value words.
    pub bank: &'a WordBank,
    /// The text tower.
    pub texts: &'a dyn TextEmbedder,
    /// How encodings are read.
    pub layout: &'a dyn EncodingRows,
    /// The model's focus encoder; without it photos are compared in the subspace of the value words.
    pub encoder: Option<&'a FocusEncoder>,
}

impl<'a> Knowledge<'a> {
    /// All that a model knows.
    #[must_use]
    pub fn of_model(bank: &'a WordBank, model: &'a Arc<dyn PhotoModel>) -> Self {
        Self {
            bank,
            texts: model,
            layout: model.layout(),
            encoder: model.focus_encoder(),
        }
    }
}

/// An instruction as the focus encoder applies it, with where the value words lie in its space.
#[derive(Clone)]
pub(super) struct EncoderFocus {
    pub(super) conditions: Arc<EncoderConditions>,
    /// `[words, words_dim]`, see [`EncoderConditions::directions`].
    pub(super) directions: Arc<[f32]>,
}

/// What follows from an instruction alone, whatever the library.
#[derive(Clone)]
pub struct Understanding {
    /// Its value words, and the subspace that they span where the focus encoder does not decide.
    pub condition: Arc<Condition>,
    /// `None` for the training-free way.
    pub(super) encoder: Option<EncoderFocus>,
    /// What photos must show; `None` where every photo has an answer, and for the training-free way, which does not know what
    /// photos show.
    pub(super) required: Option<Arc<Required>>,
}

impl Understanding {
    /// Understands an instruction. The focus encoder is used where there is one, unless a person chose the value words: those
    /// say in which directions to compare, which is the training-free way. An instruction that names its own answers ("a
    /// creature or a gadget") is read in those words.
    ///
    /// # Errors
    /// [`FocusError`] if the text tower fails, or if bank, texts and encodings are not of the same text space.
    pub fn new(key: &FocusKey, known: Knowledge<'_>) -> Result<Self, FocusError> {
        let embed = |words: &[String]| match words {
            [] => Ok(Vec::new()),
            _ => known.texts.embed(&words.iter().map(String::as_str).collect::<Vec<_>>()),
        };
        let instruction = Instruction::parse(&key.instruction);
        let vectors = known.texts.embed(&instruction.texts())?;
        let Some(encoder) = known.encoder.filter(|_| key.value_words.is_none()) else {
            let chosen = key.value_words.as_deref();
            let chosen_vectors = embed(chosen.unwrap_or_default())?;
            let edited = chosen.map(|words| EditedWords {
                words,
                vectors: &chosen_vectors,
            });
            let condition = Condition::new(known.bank, known.layout, &instruction, &vectors, edited)?;
            return Ok(Self {
                condition: Arc::new(condition),
                encoder: None,
                required: None,
            });
        };
        let named = instruction.alternatives();
        let named_vectors = embed(named)?;
        let alternatives = (!named.is_empty()).then_some(EditedWords {
            words: named,
            vectors: &named_vectors,
        });
        let condition = Condition::words_only(known.bank, &instruction, &vectors, alternatives)?;
        let conditions = EncoderConditions::new(encoder, &condition, &instruction, &vectors)?;
        let respects = condition.words.iter().map(|word| word.question);
        let directions = conditions.directions(encoder, condition.word_vectors(), respects)?;
        let required = Required::of(known, encoder, &instruction, &condition)?;
        Ok(Self {
            condition: Arc::new(condition),
            encoder: Some(EncoderFocus {
                conditions: Arc::new(conditions),
                directions: directions.into(),
            }),
            required: required.map(Arc::new),
        })
    }

    /// Whether the focus encoder embeds photos under this instruction; else the subspace of its value words does, around the
    /// means of the library.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.encoder.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    fn known(bank: &WordBank) -> Knowledge<'_> {
        Knowledge {
            bank,
            texts: &synthetic::Embedder,
            layout: &synthetic::Model,
            encoder: None,
        }
    }

    #[test]
    fn words_that_a_person_chose_take_the_place_of_the_banks() {
        let bank = synthetic::bank();
        let texts = |understanding: &Understanding| {
            let words = understanding.condition.words.iter();
            words.map(|word| word.text.clone()).collect::<Vec<_>>()
        };
        let key = FocusKey::new("the colour");
        let own = Understanding::new(&key, known(&bank)).unwrap();
        assert_eq!(texts(&own), synthetic::COLOURS);
        let chosen = FocusKey {
            value_words: Some(vec!["red".to_owned(), "blue".to_owned()]),
            ..key
        };
        let chosen = Understanding::new(&chosen, known(&bank)).unwrap();
        assert_eq!(texts(&chosen), ["red", "blue"]);
        assert!(!chosen.is_trained());
    }
}
