//! The bank of value words: for each *aspect* in which photos can be alike (colour, place, light …) the words that can
//! answer an instruction, and the ways in which people name the aspect.
//!
//! The words live in `assets/value-words.json`, written by hand; their vectors depend on the text tower and are made
//! by [`WordBank::build`] once, or read from their stored form (see [`super::word_vectors`]).

use super::rows::{Part, TextEmbedder};
use super::{FocusError, word_vectors::WordVectors};
use refocus_model::vector_math::{add_scaled, normalise_or_clear};

/// The bank that is shipped.
const BUILT_IN: &str = include_str!("../../../assets/value-words.json");
/// The vectors of these words by the built-in text tower.
#[inline(never)]
fn built_in_vectors() -> &'static [u8] {
    include_bytes!("../../../assets/value-words.safetensors")
}
/// Texts that go through the text tower together.
const BATCH: usize = 64;
/// How a word of the general vocabulary is shown to the text tower.
const VOCABULARY_TEMPLATES: [&str; 2] = ["{}", "a photo of {}"];

/// One answer that an aspect can have: a word or phrase and those that mean the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "ValueText")]
pub struct Value {
    /// The word that is shown.
    pub word: String,
    /// Other words for the same.
    pub synonyms: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum ValueText {
    Word(String),
    Synonyms(Vec<String>),
}

impl From<ValueText> for Value {
    fn from(text: ValueText) -> Self {
        match text {
            ValueText::Word(word) => Self {
                word,
                synonyms: Vec::new(),
            },
            ValueText::Synonyms(words) => {
                let mut words = words.into_iter();
                Self {
                    word: words.next().unwrap_or_default(),
                    synonyms: words.collect(),
                }
            }
        }
    }
}

impl Value {
    /// The word and its synonyms.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.word.as_str()).chain(self.synonyms.iter().map(String::as_str))
    }
}

/// What a photo must show before an aspect says anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// Nothing: every photo has a colour and a light.
    #[default]
    Anything,
    /// One of the things that are its values: animals, vehicles.
    Thing,
    /// The same for what mostly stands around the subject: the sky, water.
    Scenery,
    /// Somebody, or what they wear.
    Person,
    /// Somebody, or an animal.
    Living,
    /// The outdoors.
    Outdoors,
}

/// One respect in which photos can be alike.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Aspect {
    /// Its name in code and files.
    pub name: String,
    /// Its name on the screen.
    pub label: String,
    /// Ways in which people ask for it; a typed instruction is matched against them.
    pub instructions: Vec<String>,
    /// How a value is shown to the text tower; `{}` stands for the value.
    pub templates: Vec<String>,
    /// The part of a photo that it speaks of.
    pub part: Part,
    /// What a photo must show before one of the values is true of it.
    #[serde(default)]
    pub asks: Asks,
    /// What photos can be in this respect.
    pub values: Vec<Value>,
}

/// A focus that is offered without typing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct ReadyFocus {
    /// The text of the chip.
    pub label: String,
    /// The instruction that it stands for.
    pub instruction: String,
}

/// The words of the bank, without vectors.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct BankWords {
    /// Focuses offered as chips, in order.
    pub focuses: Vec<ReadyFocus>,
    /// All aspects.
    pub aspects: Vec<Aspect>,
    /// Concrete everyday words, for instructions that name no known aspect.
    pub vocabulary: Vec<String>,
}

impl BankWords {
    /// The bank that is shipped with the program.
    ///
    /// # Errors
    /// As [`BankWords::parse`].
    pub fn built_in() -> Result<Self, FocusError> {
        Self::parse(BUILT_IN)
    }

    /// Reads a bank from JSON.
    ///
    /// # Errors
    /// [`FocusError::Bank`] if it is not JSON of this form, or if an aspect lacks instructions, templates or values.
    pub fn parse(json: &str) -> Result<Self, FocusError> {
        let words: Self = serde_json::from_str(json).map_err(|error| FocusError::Bank(error.to_string()))?;
        for aspect in &words.aspects {
            let lacks = [
                (aspect.instructions.is_empty(), "instructions"),
                (aspect.templates.is_empty(), "templates"),
                (aspect.values.is_empty(), "values"),
                (aspect.values.iter().any(|v| v.words().any(str::is_empty)), "a word"),
                (
                    aspect.templates.iter().any(|t| !t.contains("{}")),
                    "a place for the value in a template",
                ),
            ];
            if let Some((_, what)) = lacks.iter().find(|(lacks, _)| *lacks) {
                return Err(FocusError::Bank(format!("aspect {} lacks {what}", aspect.name)));
            }
        }
        Ok(words)
    }

    /// A hash of everything that the vectors depend on; stored vectors with another one are not for these words.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        self.for_each_entry(|texts| {
            for text in texts {
                hasher.update(text.as_bytes());
                hasher.update(b"\n");
            }
            hasher.update(b"\0");
        });
        hasher.finalize().to_hex().to_string()
    }

    /// Calls `entry` with the texts of each vector in their order: all instructions, all values, the vocabulary.
    fn for_each_entry(&self, mut entry: impl FnMut(Vec<String>)) {
        for aspect in &self.aspects {
            for instruction in &aspect.instructions {
                entry(vec![instruction.clone()]);
            }
        }
        for aspect in &self.aspects {
            for value in &aspect.values {
                entry(
                    value
                        .words()
                        .flat_map(|word| aspect.templates.iter().map(|t| t.replacen("{}", word, 1)))
                        .collect(),
                );
            }
        }
        for word in &self.vocabulary {
            entry(VOCABULARY_TEMPLATES.iter().map(|t| t.replacen("{}", word, 1)).collect());
        }
    }

    /// Number of vectors that belong to these words.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.aspects
            .iter()
            .map(|a| a.instructions.len() + a.values.len())
            .sum::<usize>()
            + self.vocabulary.len()
    }
}

/// The words of the bank with their vectors.
#[derive(Debug, Clone)]
pub struct WordBank {
    words: BankWords,
    vectors: WordVectors,
    lexicon: super::lexicon::Lexicon,
    /// First value of each aspect among all values, and their number at the end.
    value_starts: Vec<usize>,
    /// The same for instructions.
    instruction_starts: Vec<usize>,
    /// See [`WordBank::value_means`].
    value_means: Vec<f32>,
}

impl WordBank {
    /// The bank that is shipped with the program, with its vectors.
    ///
    /// # Errors
    /// [`FocusError::Bank`] if words and vectors were not made for each other.
    pub fn shipped() -> Result<Self, FocusError> {
        Self::with_vectors(
            BankWords::built_in()?,
            WordVectors::from_safetensors(built_in_vectors())?,
        )
    }

    /// Joins words and the vectors made for them.
    ///
    /// # Errors
    /// [`FocusError::Bank`] if the vectors were made for other words.
    pub fn with_vectors(words: BankWords, vectors: WordVectors) -> Result<Self, FocusError> {
        if vectors.len() != words.entries() || vectors.fingerprint() != words.fingerprint() {
            return Err(FocusError::Bank(
                "the stored vectors were made for other words; make them again".to_owned(),
            ));
        }
        let starts = |count: fn(&Aspect) -> usize| {
            let mut starts = vec![0];
            for aspect in &words.aspects {
                starts.push(starts.last().copied().unwrap_or(0) + count(aspect));
            }
            starts
        };
        let value_starts = starts(|a| a.values.len());
        let instruction_starts = starts(|a| a.instructions.len());
        let lexicon = super::lexicon::Lexicon::new(&words);
        let mut bank = Self {
            words,
            vectors,
            lexicon,
            value_starts,
            instruction_starts,
            value_means: Vec::new(),
        };
        let means = (0..bank.words.aspects.len()).flat_map(|aspect| bank.mean_of_values(aspect));
        bank.value_means = means.collect();
        Ok(bank)
    }

    fn mean_of_values(&self, aspect: usize) -> Vec<f32> {
        let (vectors, mut mean) = (self.value_vectors(aspect), vec![0.0; self.dim()]);
        for vector in vectors.chunks_exact(self.dim()) {
            add_scaled(&mut mean, self.dim() as f32 / vectors.len() as f32, vector);
        }
        mean
    }

    /// Embeds all words with a text tower; a value's vector is the mean over templates and synonyms. Some 10,000 short
    /// texts: `progress` is called with texts done and texts in all, and ends the work by returning `false`.
    ///
    /// # Errors
    /// Whatever the text tower reports, or [`FocusError::Text`] if it was stopped.
    pub fn build(
        words: BankWords,
        embedder: &dyn TextEmbedder,
        dim: usize,
        mut progress: impl FnMut(usize, usize) -> bool,
    ) -> Result<Self, FocusError> {
        let (mut texts, mut owners, mut entries) = (Vec::new(), Vec::new(), 0);
        words.for_each_entry(|entry| {
            owners.extend(std::iter::repeat_n(entries, entry.len()));
            texts.extend(entry);
            entries += 1;
        });
        let mut vectors = vec![0.0; entries * dim];
        let mut done = 0;
        for (batch, owners) in texts.chunks(BATCH).zip(owners.chunks(BATCH)) {
            let batch = batch.iter().map(String::as_str).collect::<Vec<_>>();
            let embedded = embedder.embed(&batch)?;
            FocusError::check_length("text vectors", batch.len() * dim, embedded.len())?;
            for (&owner, vector) in owners.iter().zip(embedded.chunks_exact(dim)) {
                if let Some(sum) = vectors.get_mut(owner * dim..(owner + 1) * dim) {
                    add_scaled(sum, 1.0, vector);
                }
            }
            done += batch.len();
            if !progress(done, texts.len()) {
                return Err(FocusError::Text("stopped".to_owned()));
            }
        }
        for vector in vectors.chunks_exact_mut(dim) {
            normalise_or_clear(vector);
        }
        let vectors = WordVectors::new(words.fingerprint(), dim, vectors)?;
        Self::with_vectors(words, vectors)
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &BankWords {
        &self.words
    }

    /// The vectors, to be stored.
    #[must_use]
    pub fn vectors(&self) -> &WordVectors {
        &self.vectors
    }

    /// Whether a word (without blanks) says what a photo can show, or says nothing by itself ("the"). What is neither is mostly a
    /// name, or of a language that the text tower does not read.
    #[must_use]
    pub fn knows_word(&self, word: &str) -> bool {
        self.lexicon.knows(word)
    }

    /// Whether every word of a text is [known](Self::knows_word).
    #[must_use]
    pub fn knows_text(&self, text: &str) -> bool {
        let mut words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        words.all(|word| self.knows_word(word))
    }

    /// Words as they are written, for matching instructions by their wording.
    pub(super) fn lexicon(&self) -> &super::lexicon::Lexicon {
        &self.lexicon
    }

    /// `[values, dim]`: the vectors of an aspect's values.
    #[must_use]
    pub fn value_vectors(&self, aspect: usize) -> &[f32] {
        let instructions = self.instruction_starts.last().copied().unwrap_or(0);
        match (self.value_starts.get(aspect), self.value_starts.get(aspect + 1)) {
            (Some(from), Some(to)) => self.vectors.range(instructions + from..instructions + to),
            _ => &[],
        }
    }

    /// `[aspects, dim]`: the mean of each aspect's value vectors.
    #[must_use]
    pub fn value_means(&self) -> &[f32] {
        &self.value_means
    }

    /// `[instructions, dim]`: the vectors of the ways to ask for an aspect.
    #[must_use]
    pub fn instruction_vectors(&self, aspect: usize) -> &[f32] {
        match (
            self.instruction_starts.get(aspect),
            self.instruction_starts.get(aspect + 1),
        ) {
            (Some(&from), Some(&to)) => self.vectors.range(from..to),
            _ => &[],
        }
    }

    /// `[words, dim]`: the vectors of the general vocabulary.
    #[must_use]
    pub fn vocabulary_vectors(&self) -> &[f32] {
        let start = self.vectors.len() - self.words.vocabulary.len();
        self.vectors.range(start..self.vectors.len())
    }

    /// Length of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.vectors.dim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_shipped_bank_is_complete() {
        let words = BankWords::built_in().unwrap();
        assert!(words.aspects.len() >= 45, "{} aspects", words.aspects.len());
        assert!(words.vocabulary.len() >= 1400, "{} words", words.vocabulary.len());
        let mut names = HashSet::new();
        for aspect in &words.aspects {
            assert!(names.insert(&aspect.name), "{} twice", aspect.name);
            assert!(
                (8..=20).contains(&aspect.instructions.len()),
                "{}: instructions",
                aspect.name
            );
            assert!(
                (15..=150).contains(&aspect.values.len()),
                "{}: {} values",
                aspect.name,
                aspect.values.len()
            );
            let mut seen = HashSet::new();
            for word in aspect.values.iter().flat_map(Value::words) {
                assert!(seen.insert(word.to_lowercase()), "{}: {word} twice", aspect.name);
                assert_eq!(word.trim(), word);
            }
        }
        let unique = words.vocabulary.iter().collect::<HashSet<_>>();
        assert_eq!(unique.len(), words.vocabulary.len(), "a vocabulary word stands twice");
        let labels = words.focuses.iter().map(|f| f.label.as_str()).collect::<Vec<_>>();
        assert_eq!(
            labels,
            [
                "Subject",
                "Colour",
                "Place",
                "Light",
                "Style",
                "People",
                "Season",
                "Texture",
                "Composition",
                "Who",
                "Activity",
                "Clothes",
                "Expression",
                "Event",
                "Time of day"
            ]
        );
    }

    #[test]
    fn a_bank_with_a_hole_is_refused_with_the_name_of_the_aspect() {
        let json = r#"{"focuses": [], "vocabulary": [], "aspects": [{"name": "mood", "label": "Mood",
            "instructions": ["the mood"], "templates": ["nothing"], "part": "foreground", "values": ["calm"]}]}"#;
        let error = BankWords::parse(json).unwrap_err().to_string();
        assert!(error.contains("mood"), "{error}");
        assert!(BankWords::parse("{").is_err());
    }

    #[test]
    fn synonyms_share_one_vector_and_vectors_for_other_words_are_refused() {
        let bank = crate::synthetic::bank();
        let words = bank.words().clone();
        let values = words.aspects.iter().map(|a| a.values.len()).sum::<usize>();
        assert_eq!(
            (0..words.aspects.len())
                .map(|a| bank.value_vectors(a).len())
                .sum::<usize>(),
            values * bank.dim()
        );
        assert_eq!(bank.vocabulary_vectors().len(), words.vocabulary.len() * bank.dim());
        let mut other = words;
        other.aspects[0].values[0].word.push('x');
        assert!(WordBank::with_vectors(other, bank.vectors().clone()).is_err());
    }
}
