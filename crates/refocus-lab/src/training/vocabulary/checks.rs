//! What must hold of the vocabulary's files.

use std::collections::HashMap;

use super::aspect::{Aspect, SLOT};
use super::{IMAGENET_CLASSES, ImageNetRange, Vocabulary};

/// What is wrong with the vocabulary.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    /// A file is not JSON of the expected layout.
    #[error("{file} of the training vocabulary cannot be read: {source}")]
    Json {
        /// Name of the file.
        file: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A list that must hold something is empty, or one of its entries is.
    #[error("{list} of {owner} is empty or has an empty entry")]
    Empty {
        /// The aspect, the class or the file.
        owner: String,
        /// Which list.
        list: String,
    },
    /// A broader answer stands for an answer that there is not.
    #[error("{owner} has a broader answer for {answer:?}, which is none of its answers")]
    UnknownAnswer {
        /// The aspect.
        owner: String,
        /// The answer that is named.
        answer: String,
    },
    /// A wrapper or a phrasing of an answer does not hold `{}` exactly once.
    #[error("{text:?} must hold {SLOT} exactly once")]
    Slot {
        /// The wrapper or phrasing.
        text: String,
    },
    /// A test wording is trained, of the same aspect or of another.
    #[error("{wording:?} is a test wording of {aspect} but is also trained, for {trained}")]
    Overlap {
        /// The wording.
        wording: String,
        /// Aspect that tests it.
        aspect: String,
        /// Aspect that trains it.
        trained: String,
    },
    /// One wording is trained for two aspects.
    #[error("{wording:?} is trained both for {first} and for {second}")]
    Ambiguous {
        /// The wording.
        wording: String,
        /// One aspect.
        first: String,
        /// The other.
        second: String,
    },
    /// Something is known in an aspect that nobody can ask for.
    #[error("{owner} knows {aspect}, which is not an aspect")]
    UnknownAspect {
        /// The class or range.
        owner: String,
        /// The name that is unknown.
        aspect: String,
    },
    /// A range ends before it begins, or beyond the last ImageNet class.
    #[error("ImageNet range {from}–{to} is not within 0–{}", IMAGENET_CLASSES - 1)]
    Range {
        /// First class.
        from: usize,
        /// Last class.
        to: usize,
    },
    /// Two ranges say different things of one ImageNet class.
    #[error("ImageNet class {index} has two values of {aspect}: {first} and {second}")]
    Conflict {
        /// The class.
        index: usize,
        /// The aspect.
        aspect: String,
        /// One value.
        first: String,
        /// The other.
        second: String,
    },
}

/// A wording without what people vary unknowingly: case, punctuation, articles, American or British spelling.
pub fn normalised(wording: &str) -> String {
    let letters: String = wording
        .to_lowercase()
        .chars()
        .filter(|&letter| letter != '\'')
        .map(|letter| {
            if letter.is_alphanumeric() || "{}".contains(letter) {
                letter
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = letters
        .split_whitespace()
        .filter(|word| !["a", "an", "the"].contains(word))
        .map(|word| match word {
            "color" => "colour",
            "colors" => "colours",
            "colored" => "coloured",
            "gray" => "grey",
            other => other,
        })
        .collect();
    words.join(" ")
}

/// Checks everything that the types do not say.
pub(super) fn check(vocabulary: &Vocabulary) -> Result<(), VocabularyError> {
    check_list("instructions.json", "wrappers", &vocabulary.wrappers)?;
    vocabulary.wrappers.iter().try_for_each(|wrapper| check_slot(wrapper))?;
    for (name, aspect) in &vocabulary.aspects {
        check_aspect(name, aspect)?;
    }
    check_wordings(vocabulary)?;
    check_knowledge(vocabulary)?;
    check_everyday(vocabulary)?;
    check_ranges(&vocabulary.imagenet)
}

fn check_aspect(name: &str, aspect: &Aspect) -> Result<(), VocabularyError> {
    check_list(name, "train", &aspect.train)?;
    check_list(name, "test", &aspect.test)?;
    check_list(name, "questions_train", &aspect.questions_train)?;
    check_list(name, "answers", &aspect.answers)?;
    if let Some(alternatives) = &aspect.alternatives {
        check_list(name, "frames", &alternatives.frames)?;
        alternatives.frames.iter().try_for_each(|frame| check_slot(frame))?;
        let sides = alternatives.sides.iter();
        sides.into_iter().try_for_each(|side| check_list(name, "sides", side))?;
    }
    aspect.answers.iter().try_for_each(|answer| check_slot(answer))
}

fn check_list(owner: &str, list: &str, entries: &[String]) -> Result<(), VocabularyError> {
    if entries.is_empty() || entries.iter().any(|entry| entry.trim().is_empty()) {
        return Err(VocabularyError::Empty {
            owner: owner.to_owned(),
            list: list.to_owned(),
        });
    }
    Ok(())
}

fn check_slot(text: &str) -> Result<(), VocabularyError> {
    if text.matches(SLOT).count() == 1 {
        return Ok(());
    }
    Err(VocabularyError::Slot { text: text.to_owned() })
}

/// Trained wordings belong to one aspect each; test wordings are not trained in any wrapper.
fn check_wordings(vocabulary: &Vocabulary) -> Result<(), VocabularyError> {
    let mut trained: HashMap<String, &str> = HashMap::new();
    for (name, aspect) in &vocabulary.aspects {
        for wording in aspect.training_instructions(&vocabulary.wrappers) {
            if let Some(first) = trained.insert(normalised(&wording), name).filter(|first| first != name) {
                return Err(VocabularyError::Ambiguous {
                    wording,
                    first: first.to_owned(),
                    second: name.clone(),
                });
            }
        }
    }
    for (name, aspect) in &vocabulary.aspects {
        for wording in aspect.test_instructions() {
            if let Some(&aspect) = trained.get(&normalised(wording)) {
                return Err(VocabularyError::Overlap {
                    wording: wording.clone(),
                    aspect: name.clone(),
                    trained: aspect.to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn check_knowledge(vocabulary: &Vocabulary) -> Result<(), VocabularyError> {
    let of_classes = vocabulary.classes.iter().flat_map(|(class, knowledge)| {
        knowledge
            .iter()
            .map(move |(aspect, words)| (class.clone(), aspect, words))
    });
    let of_ranges = vocabulary.imagenet.iter().flat_map(|range| {
        let owner = format!("ImageNet range {}–{}", range.from, range.to);
        range
            .attributes
            .iter()
            .map(move |(aspect, words)| (owner.clone(), aspect.as_str(), words))
    });
    for (owner, aspect, words) in of_classes.chain(of_ranges) {
        let aspect = aspect.to_owned();
        if !vocabulary.aspects.contains_key(&aspect) {
            return Err(VocabularyError::UnknownAspect { owner, aspect });
        }
        if words.is_blank() {
            return Err(VocabularyError::Empty { owner, list: aspect });
        }
    }
    Ok(())
}

/// Fields of everyday photos answer aspects that can be asked for, in words.
fn check_everyday(vocabulary: &Vocabulary) -> Result<(), VocabularyError> {
    for (aspect, rules) in &vocabulary.everyday {
        let owner = format!("everyday.json, {aspect}");
        if !vocabulary.aspects.contains_key(aspect) {
            return Err(VocabularyError::UnknownAspect {
                owner,
                aspect: aspect.clone(),
            });
        }
        for broader in &rules.broader {
            check_list(&owner, "broader", &broader.answer)?;
            let known = |answer: &String| rules.values.iter().any(|value| value.answer.first() == Some(answer));
            if let Some(unknown) = broader.of.iter().find(|answer| !known(answer)) {
                return Err(VocabularyError::UnknownAnswer {
                    owner,
                    answer: unknown.clone(),
                });
            }
        }
        for value in &rules.values {
            check_list(&owner, "answer", &value.answer)?;
            // The empty word fits every text.
            if value.words.is_empty() {
                return Err(VocabularyError::Empty {
                    owner,
                    list: "words".to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Ranges lie within the classes, and no class has two values in one aspect.
fn check_ranges(ranges: &[ImageNetRange]) -> Result<(), VocabularyError> {
    let mut values: HashMap<(usize, &str), &str> = HashMap::new();
    for range in ranges {
        if range.from > range.to || range.to >= IMAGENET_CLASSES {
            return Err(VocabularyError::Range {
                from: range.from,
                to: range.to,
            });
        }
        for (aspect, words) in &range.attributes {
            for index in range.from..=range.to {
                let first = values.insert((index, aspect), words.first());
                if let Some(first) = first.filter(|&first| first != words.first()) {
                    return Err(VocabularyError::Conflict {
                        index,
                        aspect: aspect.clone(),
                        first: first.to_owned(),
                        second: words.first().to_owned(),
                    });
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vocabulary of two aspects with the given test wording, class knowledge and ImageNet ranges.
    fn load(test: &str, classes: &str, imagenet: &str) -> Result<Vocabulary, VocabularyError> {
        load_with("{}", test, classes, imagenet)
    }

    fn load_with(routes: &str, test: &str, classes: &str, imagenet: &str) -> Result<Vocabulary, VocabularyError> {
        let aspect = |train: &str, test: &str| {
            format!(
                r#"{{"train": [{train:?}], "test": [{test:?}], "questions_train": ["{train}, what is it?"],
                "answers": ["{{}}"], "objectlike": false, "part": "whole",
                "router": {{"semantic": 0, "colour": 0, "plain": 0, "foreground": 0, "background": 0}}}}"#
            )
        };
        let instructions = format!(
            r#"{{"wrappers": ["{{}}", "focus on {{}}"], "aspects": {{"tone": {}, "mass": {}}}}}"#,
            aspect("the color", test),
            aspect("the weight", "how heavy")
        );
        Vocabulary::from_json(&instructions, classes, imagenet, "{}", routes)
    }

    #[test]
    fn a_sound_vocabulary_passes() {
        let imagenet = r#"[{"from": 0, "to": 999, "mass": "light"}]"#;
        assert!(load("its hue", r#"{"set/feather": {"mass": ["light", "airy"]}}"#, imagenet).is_ok());
    }

    #[test]
    fn measured_routes_take_the_place_of_those_by_hand_and_must_name_an_aspect() {
        let weights = r#"{"semantic": 0.2, "colour": 0, "plain": 1.4, "foreground": 0, "background": 0}"#;
        let of = |aspect: &str| load_with(&format!(r#"{{"{aspect}": {weights}}}"#), "its hue", "{}", "[]");
        let vocabulary = of("mass").unwrap();
        assert_eq!(vocabulary.aspects["mass"].router.plain, 1.4);
        assert_eq!(vocabulary.aspects["tone"].router.plain, 0.0);
        let error = of("smell").unwrap_err().to_string();
        assert!(error.contains("routes.json knows smell"), "{error}");
    }

    #[test]
    fn a_test_wording_that_is_trained_is_refused_whatever_its_spelling() {
        for wording in ["The Colour!", "focus on color", "a weight", "the color: what is it"] {
            let error = load(wording, "{}", "[]").unwrap_err();
            assert!(matches!(error, VocabularyError::Overlap { .. }), "{wording}: {error}");
        }
    }

    #[test]
    fn knowledge_in_an_unknown_aspect_is_refused() {
        for (classes, imagenet) in [
            (r#"{"set/feather": {"smell": "none"}}"#, "[]"),
            ("{}", r#"[{"from": 0, "to": 1, "smell": "none"}]"#),
        ] {
            let error = load("its hue", classes, imagenet).unwrap_err();
            assert!(
                matches!(&error, VocabularyError::UnknownAspect { aspect, .. } if aspect == "smell"),
                "{error}"
            );
        }
    }

    #[test]
    fn ranges_beyond_the_classes_or_at_odds_and_empty_values_are_refused() {
        for imagenet in [r#"[{"from": 990, "to": 1000}]"#, r#"[{"from": 5, "to": 4}]"#] {
            let error = load("its hue", "{}", imagenet).unwrap_err();
            assert!(matches!(error, VocabularyError::Range { .. }), "{error}");
        }
        let twice = r#"[{"from": 0, "to": 9, "mass": "light"}, {"from": 9, "to": 9, "mass": "heavy"}]"#;
        let error = load("its hue", "{}", twice).unwrap_err();
        assert!(matches!(error, VocabularyError::Conflict { index: 9, .. }), "{error}");
        let error = load("its hue", r#"{"set/feather": {"mass": []}}"#, "[]").unwrap_err();
        assert!(matches!(error, VocabularyError::Empty { .. }), "{error}");
        let error = load(" ", "{}", "[]").unwrap_err();
        assert!(matches!(error, VocabularyError::Empty { .. }), "{error}");
    }

    #[test]
    fn case_punctuation_articles_and_spelling_do_not_make_a_wording_new() {
        assert_eq!(
            normalised("What's the Color of a {object}?"),
            "whats colour of {object}"
        );
        assert_eq!(normalised("grey, or gray"), "grey or grey");
    }
}
