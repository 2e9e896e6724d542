//! The training vocabulary: what people call the aspects of a photo, and what is known of the classes.
//!
//! The focus encoder is trained on triplets (image, instruction, output). Instructions and the phrasing of outputs come
//! from here, and so does the knowledge that no pixel tells: that an owl flies, that a coat is for winter. Everything
//! is written by hand in `assets/training/` and read into the binary; only what is certain of all photos of a class is
//! said of it.
//!
//! | file | holds |
//! |---|---|
//! | `aspect.rs` | an aspect: training and test wordings, phrasings of answers, which parts of a photo answer it |
//! | `knowledge.rs` | what is known of a class, and of ranges of ImageNet classes |
//! | `checks.rs` | what must hold of the files, and the error when it does not |

mod aspect;
mod checks;
mod knowledge;

use std::collections::BTreeMap;

use super::everyday::FieldRules;

pub use aspect::{Alternatives, Aspect, AspectPart, RouterTarget};
pub use checks::{VocabularyError, normalised};
pub use knowledge::{ClassKnowledge, ImageNetRange, Words};

/// Wordings of every aspect.
const INSTRUCTIONS: &str = include_str!("../../../../../assets/training/instructions.json");
/// Knowledge of the classes of the training photos and of the drawn objects.
const CLASSES: &str = include_str!("../../../../../assets/training/classes.json");
/// Knowledge of ranges of ImageNet classes.
const IMAGENET: &str = include_str!("../../../../../assets/training/imagenet.json");

/// How much ready-made descriptions count under an aspect, where that was measured: in place of what is written by hand.
const ROUTES: &str = include_str!("../../../../../assets/training/routes.json");

/// How the fields of everyday photos answer aspects.
const EVERYDAY: &str = include_str!("../../../../../assets/training/everyday.json");

/// Number of ImageNet classes, in the order of `assets/imagenet-classes.json`.
pub const IMAGENET_CLASSES: usize = 1000;

/// Instructions, answers and knowledge that triplets are made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    /// Ways to give an instruction; each holds `{}` once, where a noun phrase goes.
    pub wrappers: Vec<String>,
    /// Every aspect that is trained, by its name.
    pub aspects: BTreeMap<String, Aspect>,
    /// What is known of a class, by its folder below the data (`caltech101/accordion`,
    /// `grocery/Fruit/Apple/Golden-Delicious`) or, for a drawing, by `drawn/` and its name.
    pub classes: BTreeMap<String, ClassKnowledge>,
    /// What is known of ranges of ImageNet classes. Ranges overlap, but never say two things of one class in one aspect.
    pub imagenet: Vec<ImageNetRange>,
    /// How a field of an everyday photo answers an aspect, by the aspect's name.
    pub everyday: BTreeMap<String, FieldRules>,
}

/// The layout of `instructions.json`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct InstructionFile {
    wrappers: Vec<String>,
    aspects: BTreeMap<String, Aspect>,
}

impl Vocabulary {
    /// The vocabulary inside the binary, checked.
    ///
    /// # Errors
    /// When a file is not what it should be; the error says which wording or class.
    pub fn load() -> Result<Self, VocabularyError> {
        Self::from_json(INSTRUCTIONS, CLASSES, IMAGENET, EVERYDAY, ROUTES)
    }

    /// A vocabulary from the texts of the five files, checked.
    ///
    /// # Errors
    /// As [`Vocabulary::load`].
    pub fn from_json(
        instructions: &str,
        classes: &str,
        imagenet: &str,
        everyday: &str,
        routes: &str,
    ) -> Result<Self, VocabularyError> {
        let broken = |file| move |source| VocabularyError::Json { file, source };
        let InstructionFile { wrappers, mut aspects } =
            serde_json::from_str(instructions).map_err(broken("instructions.json"))?;
        let routes: BTreeMap<String, RouterTarget> = serde_json::from_str(routes).map_err(broken("routes.json"))?;
        for (name, router) in routes {
            match aspects.get_mut(&name) {
                Some(aspect) => aspect.router = router,
                None => {
                    return Err(VocabularyError::UnknownAspect {
                        owner: "routes.json".to_owned(),
                        aspect: name,
                    });
                }
            }
        }
        let vocabulary = Self {
            wrappers,
            aspects,
            classes: serde_json::from_str(classes).map_err(broken("classes.json"))?,
            imagenet: serde_json::from_str(imagenet).map_err(broken("imagenet.json"))?,
            everyday: serde_json::from_str(everyday).map_err(broken("everyday.json"))?,
        };
        checks::check(&vocabulary)?;
        Ok(vocabulary)
    }

    /// What is known of the ImageNet class at this index (0–999), by aspect.
    pub fn imagenet_knowledge(&self, index: usize) -> BTreeMap<&str, &Words> {
        self.imagenet
            .iter()
            .filter(|range| range.contains(index))
            .flat_map(|range| &range.attributes)
            .map(|(aspect, words)| (aspect.as_str(), words))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;
    use crate::training::held_out::HeldOut;

    fn vocabulary() -> Vocabulary {
        Vocabulary::load().unwrap()
    }

    #[test]
    fn training_and_test_wordings_are_disjoint_in_every_form_they_are_given_in() {
        let vocabulary = vocabulary();
        let trained: HashSet<String> = vocabulary
            .aspects
            .values()
            .flat_map(|aspect| aspect.training_instructions(&vocabulary.wrappers))
            .map(|wording| normalised(&wording))
            .collect();
        for (name, aspect) in &vocabulary.aspects {
            for wording in aspect.test_instructions() {
                assert!(!trained.contains(&normalised(wording)), "{name}: {wording}");
            }
        }
    }

    #[test]
    fn every_aspect_has_at_least_twelve_training_phrases_and_four_test_wordings() {
        for (name, aspect) in vocabulary().aspects {
            let phrases: BTreeSet<String> = aspect.train.iter().map(|wording| normalised(wording)).collect();
            assert!(phrases.len() >= 12, "{name}: {}", phrases.len());
            assert!(aspect.questions_train.len() >= 6, "{name}");
            assert!((4..=6).contains(&aspect.test.len()), "{name}");
            assert!((1..=6).contains(&aspect.answers.len()), "{name}");
        }
    }

    #[test]
    fn every_aspect_of_a_class_is_one_that_can_be_asked_for() {
        let vocabulary = vocabulary();
        for (class, knowledge) in &vocabulary.classes {
            for aspect in knowledge.aspects() {
                assert!(vocabulary.aspects.contains_key(aspect), "{class}: {aspect}");
            }
        }
    }

    #[test]
    fn every_held_out_class_is_known() {
        let vocabulary = vocabulary();
        for (set, classes) in HeldOut::committed().unwrap().classes {
            for class in classes {
                let known = vocabulary.classes.keys().any(|path| {
                    let mut folders = path.split('/');
                    folders.next() == Some(set.as_str()) && folders.any(|folder| folder == class)
                });
                assert!(known, "{set}/{class}");
            }
        }
    }

    #[test]
    fn every_drawing_is_known_by_its_own_name() {
        let vocabulary = vocabulary();
        for drawing in refocus_scenes::all_drawings() {
            let knowledge = vocabulary.classes.get(&format!("drawn/{}", drawing.name)).unwrap();
            let mut object = knowledge.words("object").unwrap();
            assert!(object.any(|word| word == drawing.name), "{}", drawing.name);
        }
    }

    #[test]
    fn every_value_of_the_class_knowledge_has_contrast() {
        let vocabulary = vocabulary();
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for knowledge in vocabulary.classes.values() {
            for (aspect, words) in knowledge.iter() {
                values.entry(aspect).or_default().insert(words.first());
            }
        }
        for (aspect, values) in values {
            assert!(values.len() >= 2, "{aspect}: {values:?}");
        }
    }

    #[test]
    fn imagenet_ranges_lie_within_the_thousand_classes() {
        let vocabulary = vocabulary();
        for range in &vocabulary.imagenet {
            assert!(range.from <= range.to && range.to < IMAGENET_CLASSES, "{range:?}");
        }
        let known = (0..IMAGENET_CLASSES).filter(|&index| vocabulary.imagenet_knowledge(index).contains_key("kind"));
        assert!(known.count() >= 850);
    }

    #[test]
    fn all_ranges_together_say_what_an_imagenet_class_is() {
        let vocabulary = vocabulary();
        let value = |index, aspect| {
            vocabulary
                .imagenet_knowledge(index)
                .get(aspect)
                .map(|words| words.first().to_owned())
        };
        assert_eq!(value(1, "animal_group").as_deref(), Some("fish"));
        assert_eq!(
            value(9, "moves").as_deref(),
            Some("walks"),
            "an ostrich is a bird that does not fly"
        );
        assert_eq!(value(22, "moves").as_deref(), Some("flies"));
        assert_eq!(value(207, "domestication").as_deref(), Some("pet"));
        assert_eq!(value(269, "domestication").as_deref(), Some("wild animal"));
        assert_eq!(value(817, "vehicle").as_deref(), Some("car"));
    }

    #[test]
    fn questions_stand_alone_and_phrases_go_into_every_wrapper() {
        let vocabulary = vocabulary();
        let aspect = vocabulary.aspects.get("season").unwrap();
        let instructions = aspect.training_instructions(&vocabulary.wrappers);
        assert_eq!(
            instructions.len(),
            aspect.train.len() * vocabulary.wrappers.len() + aspect.questions_train.len()
        );
        assert!(instructions.contains(&"focus on the season".to_owned()));
        assert!(instructions.contains(&"is it for summer or for winter?".to_owned()));
        assert!(aspect.answers_for("winter").contains(&"winter".to_owned()));
    }

    #[test]
    fn slots_for_an_object_survive_the_wrapper() {
        let vocabulary = vocabulary();
        let aspect = vocabulary.aspects.get("object_colour").unwrap();
        let instructions = aspect.training_instructions(&vocabulary.wrappers);
        assert!(instructions.contains(&"focus on the colour of the {object}".to_owned()));
        assert!(instructions.iter().all(|instruction| instruction.contains("{object}")));
    }
}
