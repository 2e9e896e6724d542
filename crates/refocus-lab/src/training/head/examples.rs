//! From what is known of a picture to what is asked about it and answered: the triplets (image, instruction, output).
//!
//! Every (aspect, value) that occurs is a *column*: an answer that the others are contrasted with, in several phrasings.
//! The 1,000 ImageNet class names are columns too; the tower's own probabilities on a photo are soft answers to "the
//! object", and what is certain of ranges of classes gives soft answers to other aspects.

mod everyday;
mod scenes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cache::{Cache, TOP_CLASSES};
use super::pictures::PictureFacts;
use crate::training::everyday::EverydayPhotos;
use crate::training::vocabulary::{ClassKnowledge, Vocabulary};
use refocus_scenes::{Position, Style};
use refocus_training::slot::{AspectId, Look};

/// Phrasings of an answer.
pub const PHRASINGS: usize = 5;
/// A soft answer is asked for where at least this share of the probability is known.
const ENOUGH_KNOWN: f32 = 0.5;
/// Words for counts; more are not asked for.
const NUMBERS: [&str; 11] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// Sets whose photos show one thing and nobody.
const ALONE: [&str; 2] = ["grocery/", "drawn/"];
/// Aspects of photos with people in them.
const OF_PEOPLE: [&str; 7] = [
    "who",
    "doing",
    "expression",
    "age",
    "gender",
    "clothes",
    "clothes_colour",
];
/// Aspects of one kind of thing, with the kinds of class whose photos may answer them.
const KINDS: [(&str, &[&str]); 8] = [
    ("animal", &["animal", "cartoon character", "toy"]),
    ("animal_group", &["animal", "cartoon character", "toy"]),
    ("domestication", &["animal", "cartoon character", "toy"]),
    ("vehicle", &["vehicle", "toy"]),
    ("food", &["food", "drink", "plant", "fungus"]),
    ("meal", &["food", "drink", "plant", "fungus"]),
    ("instrument", &["musical instrument"]),
    ("plant", &["plant", "food", "fungus"]),
];

/// An answer: a value of an aspect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The aspect that it answers.
    pub aspect: AspectId,
    /// The word; equal words are no contrast to each other.
    pub word: String,
    /// Its phrasings, the bare word first; always [`PHRASINGS`] of them.
    pub phrasings: Vec<String>,
}

/// One thing among several in a composite.
#[derive(Debug, Clone)]
pub struct Thing {
    /// What people call it.
    pub names: Vec<String>,
    /// Its colour, a column of `object_colour`.
    pub colour: Option<usize>,
    /// Itself, a column of `object_at`.
    pub itself: usize,
    /// Its neighbour, a column of `companion`, where there is just one.
    pub companion: Option<usize>,
    /// Where it stands, where no other thing stands there.
    pub position: Option<Position>,
    /// Where to look for it.
    pub look: Look,
    /// Where to look for its neighbour.
    pub look_companion: Option<Look>,
}

/// What can be asked about one picture.
#[derive(Debug, Clone, Default)]
pub struct Example {
    /// Certain answers: aspect → column.
    pub answers: BTreeMap<AspectId, usize>,
    /// Soft answers: aspect → columns and their shares, which add up to 1.
    pub soft: BTreeMap<AspectId, Vec<(usize, f32)>>,
    /// More than one right answer in shares, beside the one in [`Example::answers`]: all that a person named, in own words too.
    pub shared: BTreeMap<AspectId, Vec<(usize, f32)>>,
    /// Certain answers in broader words: aspect → column.
    pub broader: BTreeMap<AspectId, usize>,
    /// Aspects that the picture has nothing of.
    pub absent: BTreeSet<AspectId>,
    /// Certain answers beside what photos of other sources say, in shares that add up to 1.
    pub softened: BTreeMap<AspectId, Vec<(usize, f32)>>,
    /// The same of broader answers.
    pub softened_broader: BTreeMap<AspectId, Vec<(usize, f32)>>,
    /// A photo of a source that is kept back from training, to judge by.
    pub kept_back: bool,
    /// Things that can be asked about one by one.
    pub things: Vec<Thing>,
    /// Where the things are, where that is known.
    pub figure: Option<Look>,
    /// Where they are not.
    pub ground: Option<Look>,
}

/// All examples and all answers.
pub struct Examples {
    /// Names of the aspects in order; the last is ImageNet's.
    pub aspects: Vec<String>,
    /// The answers.
    pub columns: Vec<Column>,
    /// The first of ImageNet's 1,000 columns.
    pub first_class: usize,
    /// One for each picture of the cache.
    pub examples: Vec<Example>,
}

impl Examples {
    /// Reads a cache with the vocabulary; `class_names` are ImageNet's.
    #[must_use]
    pub fn new(cache: &Cache, vocabulary: &Vocabulary, photos: &EverydayPhotos, class_names: &[String]) -> Self {
        let mut builder = Builder::new(vocabulary);
        let frequencies = everyday::Frequencies::of(photos);
        let mut examples: Vec<Example> = cache
            .facts
            .iter()
            .map(|facts| {
                let mut example = builder.example(facts);
                if let Some(photo) = facts.everyday.as_deref().and_then(|id| photos.get(id)) {
                    builder.everyday(&mut example, photo, &frequencies);
                }
                example
            })
            .collect();
        let first_class = builder.columns.len();
        let imagenet = builder.aspects.len();
        let attributes: Vec<Vec<(AspectId, String)>> = (0..class_names.len())
            .map(|class| {
                let known = vocabulary.imagenet_knowledge(class).into_iter();
                known
                    .filter_map(|(aspect, words)| Some((builder.aspect(aspect)?, words.first().to_owned())))
                    .collect()
            })
            .collect();
        let top = cache
            .classes
            .chunks_exact(TOP_CLASSES)
            .zip(cache.probabilities.chunks_exact(TOP_CLASSES));
        for ((example, facts), (classes, probabilities)) in examples.iter_mut().zip(&cache.facts).zip(top) {
            if facts.truth.is_some() || facts.style.is_some_and(|style| style != Style::Photo) {
                continue;
            }
            let shares: Vec<(usize, f32)> = classes
                .iter()
                .zip(probabilities)
                .map(|(class, p)| (usize::from(*class), p.to_f32()))
                .collect();
            builder.soft_answers(example, &shares, &attributes);
            let total: f32 = shares.iter().map(|(_, p)| p).sum();
            let named = shares.iter().map(|(class, p)| (*class, p / total.max(1e-6)));
            example.soft.insert(imagenet, named.collect());
        }
        let mut columns = builder.columns;
        // Soft answers of attributes were added after the hard ones: ImageNet's columns come last.
        let first_class = first_class.max(columns.len());
        for example in &mut examples {
            if let Some(shares) = example.soft.get_mut(&imagenet) {
                shares.iter_mut().for_each(|(class, _)| *class += first_class);
            }
        }
        let phrase = |name: &str| {
            let forms = vocabulary.aspects.get("object").map(|aspect| aspect.answers_for(name));
            exactly(forms.unwrap_or_default(), name)
        };
        columns.extend(class_names.iter().map(|name| Column {
            aspect: imagenet,
            word: name.clone(),
            phrasings: phrase(name),
        }));
        let mut aspects = builder.aspects;
        aspects.push("imagenet".to_owned());
        Self {
            aspects,
            columns,
            first_class,
            examples,
        }
    }

    /// The number of an aspect.
    #[must_use]
    pub fn aspect(&self, name: &str) -> Option<AspectId> {
        self.aspects.iter().position(|aspect| aspect == name)
    }
}

/// [`PHRASINGS`] phrasings from fewer or more.
fn exactly(mut forms: Vec<String>, word: &str) -> Vec<String> {
    if forms.is_empty() {
        forms.push(word.to_owned());
    }
    let given = forms.clone();
    forms.extend(given.into_iter().cycle().take(PHRASINGS));
    forms.truncate(PHRASINGS);
    forms
}

struct Builder<'a> {
    vocabulary: &'a Vocabulary,
    aspects: Vec<String>,
    columns: Vec<Column>,
    places: HashMap<(AspectId, String), usize>,
    /// Class knowledge by the object name that cut-outs carry.
    by_name: HashMap<String, &'a ClassKnowledge>,
}

impl<'a> Builder<'a> {
    fn new(vocabulary: &'a Vocabulary) -> Self {
        let mut by_name = HashMap::new();
        for (class, knowledge) in &vocabulary.classes {
            let last = class.rsplit('/').next().unwrap_or(class);
            let name = last.replace(['_', '-'], " ").to_lowercase();
            // Drawings are simple things: their names win over photo classes of the same name.
            if class.starts_with("drawn/") || !by_name.contains_key(&name) {
                by_name.insert(name, knowledge);
            }
        }
        Self {
            vocabulary,
            aspects: vocabulary.aspects.keys().cloned().collect(),
            columns: Vec::new(),
            places: HashMap::new(),
            by_name,
        }
    }

    fn aspect(&self, name: &str) -> Option<AspectId> {
        self.aspects.iter().position(|aspect| aspect == name)
    }

    /// The column of a value with phrasings of its own.
    fn own_column(&mut self, aspect: AspectId, word: &str, phrasings: &[&str]) -> Option<usize> {
        if let Some(place) = self.places.get(&(aspect, word.to_owned())) {
            return Some(*place);
        }
        let place = self.columns.len();
        let phrasings = phrasings.iter().map(|phrasing| (*phrasing).to_owned()).collect();
        self.columns.push(Column {
            aspect,
            phrasings: exactly(phrasings, word),
            word: word.to_owned(),
        });
        self.places.insert((aspect, word.to_owned()), place);
        Some(place)
    }

    /// The column of a value, with other words for it.
    fn column(&mut self, aspect: AspectId, words: &[&str]) -> Option<usize> {
        let word = (*words.first()?).to_owned();
        if let Some(place) = self.places.get(&(aspect, word.clone())) {
            return Some(*place);
        }
        let known = self.vocabulary.aspects.get(self.aspects.get(aspect)?)?;
        let mut phrasings = vec![word.clone()];
        phrasings.extend(words.iter().skip(1).map(|synonym| (*synonym).to_owned()));
        phrasings.extend(known.answers_for(&word).into_iter().skip(1));
        let place = self.columns.len();
        self.columns.push(Column {
            aspect,
            phrasings: exactly(phrasings, &word),
            word: word.clone(),
        });
        self.places.insert((aspect, word), place);
        Some(place)
    }

    fn answer(&mut self, example: &mut Example, aspect: &str, words: &[&str]) {
        if let Some(aspect) = self.aspect(aspect)
            && let Some(column) = self.column(aspect, words)
        {
            example.answers.insert(aspect, column);
        }
    }

    fn example(&mut self, facts: &PictureFacts) -> Example {
        let mut example = Example::default();
        if let Some(class) = &facts.class
            && let Some(knowledge) = self.vocabulary.classes.get(class)
        {
            self.knowledge(&mut example, knowledge);
            self.not_shown(&mut example, knowledge);
            if ALONE.iter().any(|set| class.starts_with(set)) {
                self.absent(&mut example, &OF_PEOPLE);
            }
        }
        if facts.truth.as_ref().is_some_and(|truth| truth.shape.is_some()) {
            self.absent(&mut example, &OF_PEOPLE);
            self.absent(&mut example, &KINDS.map(|(aspect, _)| aspect));
        }
        if let Some(style) = facts.style {
            self.answer(&mut example, "style", &[style.word()]);
        }
        let measured = &facts.measured;
        self.answer(&mut example, "bright", &[measured.brightness.word()]);
        self.answer(&mut example, "warm", &[measured.warmth.word()]);
        self.answer(&mut example, "sat", &[measured.saturation.word()]);
        self.answer(&mut example, "sharp", &[measured.sharpness.word()]);
        self.answer(&mut example, "busy", &[measured.clutter.word()]);
        match &facts.truth {
            Some(truth) => self.scene(&mut example, truth, &facts.boxes),
            None => {
                if let Some(colour) = measured.foreground {
                    self.colours(&mut example, colour);
                }
                if let Some(colour) = measured.background {
                    self.answer(&mut example, "bgcolour", &[colour.word()]);
                }
            }
        }
        example
    }

    fn knowledge(&mut self, example: &mut Example, knowledge: &ClassKnowledge) {
        for (aspect, words) in knowledge.iter() {
            let words: Vec<&str> = words.iter().collect();
            self.answer(example, aspect, &words);
        }
        let name = knowledge.words("fine").map(|words| words.collect::<Vec<_>>());
        let name = name.or_else(|| knowledge.words("object").map(|words| words.collect()));
        if let Some(words) = name {
            self.answer(example, "neutral", &words);
        }
    }

    fn absent(&self, example: &mut Example, aspects: &[&str]) {
        let aspects = aspects.iter().filter_map(|aspect| self.aspect(aspect));
        example.absent.extend(aspects);
    }

    /// A photo of a class shows that one thing: of other kinds of things it has nothing.
    fn not_shown(&self, example: &mut Example, knowledge: &ClassKnowledge) {
        let Some(kind) = knowledge.value("kind") else { return };
        for (aspect, kinds) in KINDS {
            if !kinds.contains(&kind) && knowledge.value(aspect).is_none() {
                self.absent(example, &[aspect]);
            }
        }
    }

    fn soft_answers(&mut self, example: &mut Example, shares: &[(usize, f32)], attributes: &[Vec<(AspectId, String)>]) {
        let mut sums: BTreeMap<(AspectId, &str), f32> = BTreeMap::new();
        let mut known: BTreeMap<AspectId, f32> = BTreeMap::new();
        for (class, share) in shares {
            for (aspect, value) in attributes.get(*class).into_iter().flatten() {
                *sums.entry((*aspect, value)).or_default() += share;
                *known.entry(*aspect).or_default() += share;
            }
        }
        for ((aspect, value), share) in sums {
            let all = known.get(&aspect).copied().unwrap_or(0.0);
            if all < ENOUGH_KNOWN || example.answers.contains_key(&aspect) {
                continue;
            }
            if let Some(column) = self.column(aspect, &[value]) {
                example.soft.entry(aspect).or_default().push((column, share / all));
            }
        }
    }
}
