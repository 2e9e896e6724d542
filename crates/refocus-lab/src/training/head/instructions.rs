//! The wordings that training asks with, each with its text vector.

use std::collections::{BTreeSet, HashMap};

use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::examples::Examples;
use super::texts::TextVectors;
use crate::training::vocabulary::{Alternatives, Aspect, AspectPart, Vocabulary};
use refocus_scenes::Position;
use refocus_training::TrainError;
use refocus_training::slot::AspectId;

/// Wrappers that each phrase is trained in, the bare phrase among them. All of them for all phrases would be twenty
/// thousand texts that say the same.
const WRAPPERS: usize = 4;
/// How many [`framed`] wordings an aspect has.
const FRAMED: usize = 24;
/// Longer answers are sentences and not choices, bytes.
const LONGEST_CHOICE: usize = 24;
/// The slot of a thing's name.
const OBJECT: &str = "{object}";
/// The slot of a place in the picture.
const POSITION: &str = "{position}";

/// Text vectors of all wordings.
pub struct Instructions {
    /// Wordings of each aspect, by the aspect's number: `[wordings][384]`.
    pub of_aspect: Vec<Vec<Vec<f32>>>,
    /// How many of them are phrases, questions, [`framed`] ones, those [`by_manner`] and [`by_alternatives`], as they are; those come first.
    pub bare: Vec<usize>,
    /// Wordings that name something in the photo, each thing in two of them: by the aspect's number.
    pub naming: Vec<(AspectId, Vec<Vec<f32>>)>,
    colour_of: HashMap<String, Vec<Vec<f32>>>,
    companion_of: HashMap<String, Vec<Vec<f32>>>,
    named: HashMap<String, Vec<Vec<f32>>>,
    at: HashMap<Position, Vec<Vec<f32>>>,
}

impl Instructions {
    /// Embeds every wording that the examples can be asked with. Aspects named in `left_out` have none.
    ///
    /// # Errors
    /// [`TrainError::Model`].
    pub fn new(
        vocabulary: &Vocabulary,
        examples: &Examples,
        texts: &mut TextVectors<'_>,
        left_out: &[String],
    ) -> Result<Self, TrainError> {
        let names: BTreeSet<&str> = examples
            .examples
            .iter()
            .flat_map(|example| &example.things)
            .flat_map(|thing| thing.names.iter().map(String::as_str))
            .collect();
        let positions = [Position::Left, Position::Right, Position::Top, Position::Bottom];
        let templates = |aspect: &str| -> Vec<String> {
            let known = vocabulary.aspects.get(aspect);
            known.map_or_else(Vec::new, |aspect| {
                aspect.train.iter().chain(&aspect.questions_train).cloned().collect()
            })
        };
        let plain: Vec<Vec<String>> = examples
            .aspects
            .iter()
            .map(|name| {
                // ImageNet's classes answer the same question as an object's name.
                let name = if name == "imagenet" { "object" } else { name };
                let slotted = ["object_colour", "companion", "object_at", "named"].contains(&name);
                match vocabulary.aspects.get(name) {
                    Some(aspect) if !slotted && !left_out.iter().any(|out| out == name) => {
                        let mut all = bare(name, aspect);
                        all.extend(wrapped(aspect, &vocabulary.wrappers));
                        all.extend(choices(examples, name));
                        all
                    }
                    _ => Vec::new(),
                }
            })
            .collect();
        let filled = |aspect: &str, slot: &str, word: &str| -> Vec<String> {
            templates(aspect).iter().map(|t| t.replace(slot, word)).collect()
        };
        let colour_of: HashMap<&str, Vec<String>> =
            names.iter().map(|n| (*n, filled("object_colour", OBJECT, n))).collect();
        let companion_of: HashMap<&str, Vec<String>> =
            names.iter().map(|n| (*n, filled("companion", OBJECT, n))).collect();
        let named: HashMap<&str, Vec<String>> = names.iter().map(|n| (*n, filled("named", OBJECT, n))).collect();
        let at: HashMap<Position, Vec<String>> = positions
            .into_iter()
            .map(|p| (p, filled("object_at", POSITION, p.word())))
            .collect();
        let all = plain
            .iter()
            .chain(colour_of.values())
            .chain(companion_of.values())
            .chain(named.values())
            .chain(at.values());
        texts.learn(all.flatten().map(String::as_str))?;
        let texts = &*texts;
        let vectors = |wordings: &[String]| -> Vec<Vec<f32>> { wordings.iter().map(|w| texts.get(w)).collect() };
        let of_names = |of: &HashMap<&str, Vec<String>>| -> Vec<Vec<f32>> {
            let wordings = names.iter().filter_map(|name| of.get(name));
            let two = wordings
                .enumerate()
                .flat_map(|(i, all)| all.first().into_iter().chain(all.iter().cycle().nth(i)));
            two.map(|wording| texts.get(wording)).collect()
        };
        let sides = positions.iter().filter_map(|position| at.get(position));
        let naming = [
            ("object_colour", of_names(&colour_of)),
            ("companion", of_names(&companion_of)),
            ("object_at", sides.flat_map(|wordings| vectors(wordings)).collect()),
        ];
        let naming = naming
            .into_iter()
            .filter(|(name, _)| !left_out.iter().any(|out| out == name));
        Ok(Self {
            naming: naming
                .filter_map(|(name, wordings)| Some((examples.aspect(name)?, wordings)))
                .collect(),
            of_aspect: plain.iter().map(|wordings| vectors(wordings)).collect(),
            bare: examples
                .aspects
                .iter()
                .map(|name| {
                    let known = vocabulary.aspects.get(if name == "imagenet" { "object" } else { name });
                    known.map_or(0, |aspect| bare(name, aspect).len())
                })
                .collect(),
            colour_of: colour_of.iter().map(|(n, w)| ((*n).to_owned(), vectors(w))).collect(),
            companion_of: companion_of
                .iter()
                .map(|(n, w)| ((*n).to_owned(), vectors(w)))
                .collect(),
            named: named.iter().map(|(n, w)| ((*n).to_owned(), vectors(w))).collect(),
            at: at.iter().map(|(p, w)| (*p, vectors(w))).collect(),
        })
    }

    /// Wordings of an aspect that has no slot.
    #[must_use]
    pub fn plain(&self, aspect: AspectId) -> &[Vec<f32>] {
        self.of_aspect.get(aspect).map_or(&[], Vec::as_slice)
    }

    /// "The colour of the X".
    #[must_use]
    pub fn colour_of(&self, name: &str) -> &[Vec<f32>] {
        self.colour_of.get(name).map_or(&[], Vec::as_slice)
    }

    /// "What stands beside the X".
    #[must_use]
    pub fn companion_of(&self, name: &str) -> &[Vec<f32>] {
        self.companion_of.get(name).map_or(&[], Vec::as_slice)
    }

    /// "The X".
    #[must_use]
    pub fn named(&self, name: &str) -> &[Vec<f32>] {
        self.named.get(name).map_or(&[], Vec::as_slice)
    }

    /// "What stands at the left".
    #[must_use]
    pub fn at(&self, position: Position) -> &[Vec<f32>] {
        self.at.get(&position).map_or(&[], Vec::as_slice)
    }
}

/// Questions that name some answers instead of the aspect ("circle, square or star?"), drawn from the aspect's own answers
/// and their other words; the same each time.
fn choices(examples: &Examples, aspect: &str) -> Vec<String> {
    let Some(id) = examples.aspect(aspect) else {
        return Vec::new();
    };
    let words: Vec<&str> = examples
        .columns
        .iter()
        .filter(|column| column.aspect == id)
        .flat_map(|column| column.phrasings.iter().take(2))
        .map(String::as_str)
        .filter(|word| word.len() <= LONGEST_CHOICE)
        .collect();
    if words.len() < 4 {
        return Vec::new();
    }
    let mut random = seeded_by(aspect);
    let count = (words.len() * 3).clamp(12, 48);
    (0..count)
        .filter_map(|number| {
            let mut drawn = words.sample(&mut random, 3).copied();
            let (a, b, c) = (drawn.next()?, drawn.next()?, drawn.next()?);
            Some(match number % 9 {
                0 => format!("{a}, {b} or {c}"),
                1 => format!("is it {a}, {b} or {c}?"),
                2 => format!("{a} or {b}"),
                3 => format!("whether it is {a} or {b}"),
                4 => format!("{a}, {b}, {c} or something else"),
                5 => format!("is it a {a}, a {b} or a {c}?"),
                6 => format!("are they {a}, {b} or {c}?"),
                7 => format!("a {a} or a {b}"),
                _ => format!("{a} versus {b}"),
            })
        })
        .collect()
}

/// The phrases and questions as they are, then the [`framed`] ones, those [`by_manner`] and [`by_alternatives`].
fn bare(name: &str, aspect: &Aspect) -> Vec<String> {
    let mut all: Vec<String> = aspect.train.iter().chain(&aspect.questions_train).cloned().collect();
    all.extend(framed(name, aspect));
    all.extend(by_manner(name, aspect));
    all.extend(
        aspect
            .alternatives
            .iter()
            .flat_map(|alternatives| by_alternatives(name, alternatives)),
    );
    all
}

/// Words for what a photo shows that say nothing of it.
const THINGS: [&str; 14] = [
    "objects", "things", "items", "solids", "bodies", "pieces", "articles", "subjects", "products", "figures",
    "elements", "motifs", "shapes", "symbols",
];
/// What a photo shows under an aspect: its name in `{noun}`, a word of [`THINGS`] in `{things}`.
const FRAMES: [&str; 8] = [
    "the {noun} of the {things}",
    "the {noun} the {things} have",
    "what {noun} do the {things} have?",
    "which {noun} the {things} have",
    "the {things} by their {noun}",
    "{things} alike in {noun}",
    "their {noun}",
    "the {noun} everything has",
];
/// Words for a photo itself.
const PICTURES: [&str; 6] = ["picture", "image", "photo", "artwork", "photograph", "shot"];
/// How many [`by_manner`] wordings an aspect has for each list of participles.
const BY_MANNER: usize = 24;
/// How many [`by_alternatives`] wordings an aspect has.
const BY_ALTERNATIVES: usize = 48;
/// What is asked of the things by a participle in `{manner}`, a word of [`THINGS`] in `{things}`.
const THING_MANNERS: [&str; 12] = [
    "how are the {things} {manner}?",
    "how the {things} are {manner}",
    "how is the thing {manner}?",
    "the way the {things} are {manner}",
    "how have the {things} been {manner}?",
    "in which way it is {manner}",
    "{things} {manner} in the same way",
    "how it was {manner}",
    "{things} {manner} alike",
    "how they are {manner}",
    "what way are the {things} {manner}",
    "the manner in which the {things} were {manner}",
];
/// The same of the picture, a word of [`PICTURES`] in `{things}`.
const PICTURE_MANNERS: [&str; 8] = [
    "how is the {things} {manner}?",
    "how the {things} is {manner}",
    "how was this {things} {manner}?",
    "the way the {things} is {manner}",
    "how has the {things} been {manner}?",
    "{things}s {manner} in the same way",
    "the manner in which the {things} was {manner}",
    "how the whole {things} was {manner}",
];

/// An aspect's names (its phrases of two words, "the shape") in the turns of speech that people put them in; the same each
/// time. Answers that name the thing itself have none: "the item of the things" means nothing.
fn framed(name: &str, aspect: &Aspect) -> Vec<String> {
    if aspect.objectlike || aspect.part != AspectPart::Foreground && name != "count" {
        return Vec::new();
    }
    let nouns: Vec<&str> = aspect
        .train
        .iter()
        .filter_map(|phrase| phrase.strip_prefix("the "))
        .filter(|noun| !noun.contains([' ', '{']))
        .collect();
    let mut random = seeded_by(name);
    (0..FRAMED)
        .filter_map(|number| {
            let frame = FRAMES.get(number % FRAMES.len())?;
            let things = THINGS.choose(&mut random)?;
            Some(
                frame
                    .replace("{noun}", nouns.choose(&mut random)?)
                    .replace("{things}", things),
            )
        })
        .collect()
}

/// Questions by the participles of an aspect instead of its names; the same each time.
fn by_manner(name: &str, aspect: &Aspect) -> Vec<String> {
    let mut random = seeded_by(name);
    let mut all = Vec::new();
    for (manners, frames, things) in [
        (&aspect.manners, &THING_MANNERS[..], &THINGS[..]),
        (&aspect.picture_manners, &PICTURE_MANNERS[..], &PICTURES[..]),
    ] {
        let turns = frames
            .iter()
            .flat_map(|frame| manners.iter().map(move |manner| frame.replace("{manner}", manner)));
        let turns: Vec<String> = turns.collect();
        for turn in turns.sample(&mut random, BY_MANNER) {
            let thing = things.choose(&mut random).copied().unwrap_or_default();
            all.push(turn.replace("{things}", thing));
        }
    }
    all
}

/// Questions that name two or three things that it could be; the same each time.
fn by_alternatives(name: &str, alternatives: &Alternatives) -> Vec<String> {
    let mut random = seeded_by(name);
    let sides: Vec<&[String]> = alternatives.sides.iter().map(Vec::as_slice).collect();
    (0..BY_ALTERNATIVES)
        .filter_map(|number| {
            let frame = alternatives.frames.choose(&mut random)?;
            let count = if number % 3 == 0 { 3 } else { 2 };
            let mut drawn: Vec<&[String]> = sides.sample(&mut random, count).copied().collect();
            drawn.shuffle(&mut random);
            let mut words = drawn
                .into_iter()
                .filter_map(|side| side.choose(&mut random).map(String::as_str));
            let (first, second) = (words.next()?, words.next()?);
            let named = words.next().map_or_else(
                || format!("{first} or {second}"),
                |third| format!("{first}, {second} or {third}"),
            );
            Some(frame.replace("{}", &named))
        })
        .collect()
}

fn seeded_by(name: &str) -> ChaCha8Rng {
    let hash = blake3::hash(name.as_bytes());
    ChaCha8Rng::seed_from_u64(hash.as_bytes().first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b)))
}

/// Each phrase in three wrappers, which differ from phrase to phrase.
fn wrapped(aspect: &Aspect, wrappers: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for (i, phrase) in aspect.train.iter().enumerate() {
        let others = wrappers.iter().filter(|wrapper| *wrapper != "{}");
        let turned = others.cycle().skip(i * (WRAPPERS - 1)).take(WRAPPERS - 1);
        all.extend(turned.map(|wrapper| wrapper.replacen("{}", phrase, 1)));
    }
    all
}
