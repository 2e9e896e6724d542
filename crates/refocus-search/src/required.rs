//! What a photo must show before a focus says anything of it: under "the kind of animal" an animal, under "the colour of the sky"
//! a sky. A photo without it belongs to no group, and no word is true of it.
//!
//! Which focus asks for what is said by the bank ([`Asks`]), and by a thing that the instruction names. Whether a photo shows it is
//! told by the detector, where it has a class for it, and by the photo as the focus encoder describes it ([`SHOWS`]): its
//! nearness to the words of the aspect, against its nearness to those of all aspects.

use std::ops::Range;

use pulp::NullaryFnOnce;
use refocus_model::detector::CLASS_NAMES;
use refocus_model::focus_encoder::FocusEncoder;
use refocus_model::things::kind_of;
use refocus_model::vector_math::{add_scaled, dot};

use super::condition::Condition;
use super::counted::class_of;
use super::gallery::{ConditionedGallery, UNCLEAR};
use super::instruction::Instruction;
use super::rows::Gallery;
use super::understanding::Knowledge;
use super::word_bank::{Asks, WordBank};
use super::work::Work;
use super::{FocusError, SHOWS};

/// Nearness to an aspect's words, beyond that to all aspects' words, from which a photo shows the thing; and the same where the
/// detector found one. A logistic regression of both over 2,972 everyday photos and twelve kinds of things (which photo shows one is
/// read from what was written of it) gives `p = σ(12.3 nearness + 1.27 detected − 2.94)`; these are p = 0.3.
const SHOWN: f32 = 0.17;
/// See [`SHOWN`].
const SHOWN_AND_DETECTED: f32 = 0.067;
/// The same, with p = 0.45: enough for a group of one photo.
const SURELY: f32 = 0.222;
/// See [`SURELY`].
const SURELY_AND_DETECTED: f32 = 0.12;
/// What stands around the subject is less of what a photo shows.
const SCENERY: f32 = 0.10;
/// The same for a photo that was taken outdoors.
const SCENERY_OUTDOORS: f32 = 0.03;
/// Nearness to a single word, which lies lower: 95 of 100 photos without the thing are below.
const WORD_SHOWN: f32 = 0.12;
/// Nearness to the words that say who is in a photo, from which it shows somebody whom the detector did not find.
const SOMEBODY: f32 = 0.12;
/// What the evidence of a photo without the thing is, at most.
const ABSENT: f32 = UNCLEAR * 0.9;
/// Class of people.
const PERSON: u8 = 0;
/// Classes of animals.
const ANIMALS: Range<u8> = 14..24;
/// Aspects by whose words it is told who is there, and whether a photo was taken outdoors.
const WHO: &str = "who";
/// See [`WHO`].
const SETTING: &str = "indoor_outdoor";
/// The words of that aspect.
const IN_AND_OUT: [&str; 2] = ["indoors", "outdoors"];

/// One thing that a photo must show.
#[derive(Debug, Clone)]
struct Thing {
    asks: Asks,
    /// Classes of the detector that are it.
    classes: Vec<u8>,
    /// `[output]`: the product with what a photo shows is its nearness.
    nearness: Vec<f32>,
    /// Nearness from which a photo shows it, without and with the detector.
    shown: [f32; 2],
    /// Whether the focus asks which one of these things it is: then this alone says whether a photo shows one.
    decides: bool,
}

/// What a photo must show under an instruction.
#[derive(Debug, Clone)]
pub(super) struct Required {
    things: Vec<Thing>,
    /// `[output]`: nearness to the words for who is there.
    somebody: Vec<f32>,
    /// `[output]`: nearness to "outdoors" beyond that to "indoors".
    outdoors: Vec<f32>,
}

impl Required {
    /// What an instruction asks for, as `condition` understood it; `None` where every photo has an answer.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the model's message.
    pub(super) fn of(
        known: Knowledge<'_>,
        encoder: &FocusEncoder,
        instruction: &Instruction,
        condition: &Condition,
    ) -> Result<Option<Self>, FocusError> {
        if condition.notice.is_some() || instruction.text() == SHOWS {
            return Ok(None);
        }
        let space = Space::new(known.bank, encoder)?;
        let mut things = Vec::new();
        let one_question = condition.aspects.iter().all(|aspect| aspect.question == 0);
        let best = condition.aspects.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
        if let Some(best) = best.filter(|_| one_question) {
            things.extend(space.aspect(best.aspect, true));
        }
        if let Some(named) = instruction.thing() {
            things.extend(space.named(known, encoder, named)?);
        }
        if things.is_empty() {
            return Ok(None);
        }
        let of = |name: &str| known.bank.words().aspects.iter().position(|aspect| aspect.name == name);
        let none = || vec![0.0; space.output];
        Ok(Some(Self {
            things,
            somebody: of(WHO).map_or_else(none, |who| space.nearness(who)),
            outdoors: match of(SETTING) {
                Some(setting) => outdoors(known.bank, encoder, setting)?.unwrap_or_else(none),
                None => none(),
            },
        }))
    }

    /// Whether it decides alone which photos show one of the things that the focus asks for.
    pub(super) fn decides(&self) -> bool {
        self.things.iter().any(|thing| thing.decides)
    }

    /// Puts the evidence of photos that do not show what is asked for below [`UNCLEAR`]. `shows`: the library under [`SHOWS`]. `None` if
    /// the job became stale.
    pub(super) fn lower(
        &self,
        conditioned: &mut ConditionedGallery,
        gallery: &Gallery<'_>,
        shows: &ConditionedGallery,
        work: Work<'_>,
    ) -> Option<()> {
        conditioned.change_evidence(work, |photos, evidence| {
            pulp::Arch::new().dispatch(LowerBlock {
                required: self,
                gallery,
                shows,
                photos,
                evidence,
            });
        })
    }

    /// The evidence of a photo by what it shows (`[output]`, unit length) and what the detector found in it.
    #[inline(always)]
    fn evidence(&self, shown: &[f32], count: impl Fn(u8) -> usize, found: f32) -> f32 {
        let mut evidence = found;
        for thing in &self.things {
            let detected = || thing.classes.iter().any(|class| count(*class) > 0);
            let near = |least: f32| dot(shown, &thing.nearness) >= least;
            let outdoors = || dot(shown, &self.outdoors) >= 0.0;
            let [alone, beside] = thing.shown;
            let is_shown = match thing.asks {
                Asks::Anything => true,
                Asks::Thing => near(alone) || (near(beside) && detected()),
                Asks::Scenery => near(SCENERY) || (near(SCENERY_OUTDOORS) && outdoors()),
                Asks::Person | Asks::Living => detected() || near(alone) || dot(shown, &self.somebody) >= SOMEBODY,
                Asks::Outdoors => outdoors(),
            };
            evidence = match is_shown {
                true if thing.decides && (near(SURELY) || (near(SURELY_AND_DETECTED) && detected())) => 1.0,
                true if thing.decides => UNCLEAR,
                true => evidence,
                false => evidence.min(ABSENT),
            };
        }
        evidence
    }
}

/// The aspects of a bank in the space of what photos show.
struct Space<'a> {
    bank: &'a WordBank,
    output: usize,
    /// `[aspects, output]`, unit length.
    middles: Vec<f32>,
    /// `[output]`: their mean.
    typical: Vec<f32>,
}

impl<'a> Space<'a> {
    fn new(bank: &'a WordBank, encoder: &FocusEncoder) -> Result<Self, FocusError> {
        let output = encoder.weights().config.output;
        let middles = embedded(encoder, bank.value_means())?;
        let mut typical = vec![0.0; output];
        for middle in middles.chunks_exact(output) {
            add_scaled(&mut typical, 1.0 / bank.words().aspects.len() as f32, middle);
        }
        Ok(Self {
            bank,
            output,
            middles,
            typical,
        })
    }

    fn nearness(&self, aspect: usize) -> Vec<f32> {
        let middle = self.middles.get(aspect * self.output..(aspect + 1) * self.output);
        self.beyond_typical(middle.unwrap_or_default())
    }

    fn beyond_typical(&self, direction: &[f32]) -> Vec<f32> {
        let mut nearness = direction.to_vec();
        nearness.resize(self.output, 0.0);
        add_scaled(&mut nearness, -1.0, &self.typical);
        nearness
    }

    /// What an aspect asks for; `None` where that is nothing that a photo could lack.
    fn aspect(&self, number: usize, decides: bool) -> Option<Thing> {
        let aspect = self.bank.words().aspects.get(number)?;
        let classes = match aspect.asks {
            Asks::Anything => return None,
            Asks::Thing => {
                let values = aspect.values.iter().flat_map(|value| value.words());
                // "Dog" is the name of the aspect, and no breed of its.
                let words = values.chain(aspect.name.split('_'));
                let classes = words.filter_map(|word| class_of(&word.to_lowercase()));
                let mut classes: Vec<u8> = classes
                    .map(|(class, _)| class)
                    .filter(|class| *class != PERSON)
                    .collect();
                classes.sort_unstable();
                classes.dedup();
                of_common_kinds(&classes)
            }
            Asks::Person => vec![PERSON],
            Asks::Living => std::iter::once(PERSON).chain(ANIMALS).collect(),
            Asks::Scenery | Asks::Outdoors => Vec::new(),
        };
        Some(Thing {
            asks: aspect.asks,
            classes,
            nearness: self.nearness(number),
            shown: [SHOWN, SHOWN_AND_DETECTED],
            decides: decides && matches!(aspect.asks, Asks::Thing | Asks::Scenery),
        })
    }

    /// The thing that an instruction names, if the detector or the bank knows it as one: "the car" of "the colour of the car".
    fn named(&self, known: Knowledge<'_>, encoder: &FocusEncoder, thing: &str) -> Result<Option<Thing>, FocusError> {
        let aspects = &self.bank.words().aspects;
        let asked = format!("the {thing}");
        let calls = |text: &str| text.eq_ignore_ascii_case(&asked) || text.eq_ignore_ascii_case(thing);
        let of_this_name = aspects.iter().position(|aspect| {
            aspect.asks != Asks::Anything
                && (calls(&aspect.label) || aspect.instructions.iter().any(|text| calls(text)))
        });
        if let Some(number) = of_this_name {
            return Ok(self.aspect(number, false));
        }
        let class = class_called(thing).or_else(|| class_of(thing).map(|(class, _)| class));
        let is_value = |aspect: &super::Aspect| {
            aspect.asks == Asks::Thing
                && aspect
                    .values
                    .iter()
                    .any(|value| value.words().any(|word| word.eq_ignore_ascii_case(thing)))
        };
        if class.is_none() && !aspects.iter().any(is_value) {
            return Ok(None);
        }
        let shown = format!("a photo of {thing}");
        let words = known.texts.embed(&[thing, &shown])?;
        let mut mean = vec![0.0; self.bank.dim()];
        for word in words.chunks_exact(self.bank.dim()) {
            add_scaled(&mut mean, 0.5, word);
        }
        Ok(Some(Thing {
            asks: if class == Some(PERSON) {
                Asks::Person
            } else {
                Asks::Thing
            },
            classes: class.into_iter().collect(),
            nearness: self.beyond_typical(&embedded(encoder, &mean)?),
            shown: [WORD_SHOWN, f32::NEG_INFINITY],
            decides: false,
        }))
    }
}

/// The class of the detector that has this name.
fn class_called(word: &str) -> Option<u8> {
    let class = CLASS_NAMES.iter().position(|name| name.eq_ignore_ascii_case(word))?;
    u8::try_from(class).ok()
}

/// The classes that are of one kind with another: the mouse among animals is the detector's, which has a cable. All, where none is.
fn of_common_kinds(classes: &[u8]) -> Vec<u8> {
    let of_kind = |class: u8| {
        classes
            .iter()
            .filter(|other| kind_of(**other) == kind_of(class))
            .count()
    };
    let common: Vec<u8> = classes.iter().copied().filter(|class| of_kind(*class) > 1).collect();
    if common.is_empty() { classes.to_vec() } else { common }
}

fn embedded(encoder: &FocusEncoder, texts: &[f32]) -> Result<Vec<f32>, FocusError> {
    let vectors = encoder.embed_texts(texts);
    vectors.map_err(|error| FocusError::Text(error.to_string()))
}

/// `[output]`: "outdoors" minus "indoors"; `None` for a bank without these words.
fn outdoors(bank: &WordBank, encoder: &FocusEncoder, setting: usize) -> Result<Option<Vec<f32>>, FocusError> {
    let Some(aspect) = bank.words().aspects.get(setting) else {
        return Ok(None);
    };
    let vector = |word: &str| {
        let place = aspect.values.iter().position(|value| value.word == word)?;
        bank.value_vectors(setting).chunks_exact(bank.dim()).nth(place)
    };
    let [Some(inside), Some(outside)] = IN_AND_OUT.map(vector) else {
        return Ok(None);
    };
    let mut outside = embedded(encoder, outside)?;
    add_scaled(&mut outside, -1.0, &embedded(encoder, inside)?);
    Ok(Some(outside))
}

/// Lowers the evidence of some consecutive photos.
struct LowerBlock<'a> {
    required: &'a Required,
    gallery: &'a Gallery<'a>,
    shows: &'a ConditionedGallery,
    photos: Range<usize>,
    evidence: &'a mut [f32],
}

impl NullaryFnOnce for LowerBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let model = self.gallery.model();
        let mut shown = vec![0.0; self.required.somebody.len()];
        for (photo, evidence) in self.photos.zip(self.evidence) {
            let Some(encoding) = self.gallery.encoding(photo) else {
                continue;
            };
            self.shows.read(photo, &mut shown);
            refocus_model::vector_math::normalise_or_clear(&mut shown);
            let count = |class| model.count(encoding, class).unwrap_or_default();
            *evidence = self.required.evidence(&shown, count, *evidence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FocusKey, Understanding};
    use refocus_model::{ModelChoice, PhotoModel};
    use std::sync::{Arc, LazyLock};

    static MODEL: LazyLock<(Arc<dyn PhotoModel>, WordBank)> = LazyLock::new(|| {
        let (model, _) = refocus_model::device::load_on_best_device(&ModelChoice::default()).unwrap();
        (Arc::new(model), WordBank::shipped().unwrap())
    });

    fn required(focus: &str) -> Option<Arc<Required>> {
        let known = Knowledge::of_model(&MODEL.1, &MODEL.0);
        Understanding::new(&FocusKey::new(focus), known).unwrap().required
    }

    /// Whether a photo that shows this says something under a focus.
    fn says(focus: &str, shown: &str, detected: &[&str]) -> bool {
        let encoder = MODEL.0.focus_encoder().unwrap();
        let shown = embedded(encoder, &MODEL.0.embed_text(&[shown]).unwrap()).unwrap();
        let count = |class: u8| usize::from(detected.contains(&CLASS_NAMES[usize::from(class)]));
        required(focus).unwrap().evidence(&shown, count, 0.8) >= UNCLEAR
    }

    #[test]
    fn a_photo_without_the_thing_says_nothing_under_a_focus_that_asks_for_it() {
        for (focus, with, without) in [
            (
                "the kind of animal",
                "a brown horse on a meadow",
                "a cup of coffee on a table",
            ),
            ("the food", "a bowl of noodle soup", "a wind turbine"),
            ("the vehicle", "a red sports car on the road", "a smiling woman"),
            ("the sport", "a football match in a stadium", "a bowl of soup"),
            (
                "the colour of the sky",
                "clouds in the sky over the hills",
                "people in a meeting room",
            ),
            (
                "the weather",
                "a sunny day on the beach",
                "a kitchen with a fork in a drawer",
            ),
            ("the dog's colour", "a dog", "a man at a desk"),
            ("the musical instrument", "a man plays the guitar", "a plate of salad"),
        ] {
            assert!(says(focus, with, &[]), "{focus}: {with}");
            assert!(!says(focus, without, &[]), "{focus}: {without}");
        }
    }

    #[test]
    fn what_the_detector_found_is_believed_where_the_picture_does_not_speak_against_it() {
        assert!(says("the dog's colour", "a man at a desk", &["dog"]));
        assert!(!says("the dog's colour", "a man at a desk", &["cat"]));
        assert!(says("what they are doing", "a street", &["person"]) && !says("what they are doing", "a street", &[]));
        assert!(says("the facial expression", "a street", &["cat"]));
        assert!(!says("the kind of animal", "a cup of coffee on a table", &["bird"]));
    }

    #[test]
    fn a_focus_that_every_photo_answers_asks_for_nothing() {
        for focus in [
            "the colour",
            "the light",
            "the mood",
            "how many people",
            "the time of day",
            SHOWS,
            "the colour of the wall",
        ] {
            assert!(required(focus).is_none(), "{focus}");
        }
        let classes = |focus: &str| required(focus).unwrap().things[0].classes.clone();
        assert_eq!(classes("the kind of animal"), ANIMALS.collect::<Vec<_>>());
        assert_eq!(classes("the vehicle"), (1..9).collect::<Vec<_>>());
        assert_eq!(classes("the kind of dog"), [16]);
    }
}
