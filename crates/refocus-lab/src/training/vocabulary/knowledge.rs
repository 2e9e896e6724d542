//! What is known of a class of photos before looking at any of them.

use std::collections::BTreeMap;

/// A value and other words for the same; never empty once checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "WordsText")]
pub struct Words(Vec<String>);

/// A value as the files write it: one word, or a list whose first is the value.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum WordsText {
    One(String),
    Several(Vec<String>),
}

impl From<WordsText> for Words {
    fn from(text: WordsText) -> Self {
        match text {
            WordsText::One(word) => Self(vec![word]),
            WordsText::Several(words) => Self(words),
        }
    }
}

impl Words {
    /// The value: what contrast is learnt between.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The value and the other words for it.
    pub fn iter(&self) -> impl Iterator<Item = &str> + use<'_> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is no word, or one without letters.
    pub(super) fn is_blank(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| word.trim().is_empty())
    }
}

/// What is certain of every photo of a class: aspect → value. An aspect that is missing is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
pub struct ClassKnowledge(BTreeMap<String, Words>);

impl ClassKnowledge {
    /// Aspects and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Words)> {
        self.0.iter().map(|(aspect, words)| (aspect.as_str(), words))
    }

    /// The aspects of which something is known.
    pub fn aspects(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value of an aspect, without its other words.
    pub fn value(&self, aspect: &str) -> Option<&str> {
        self.0.get(aspect).map(Words::first)
    }

    /// The value of an aspect and other words for it.
    pub fn words(&self, aspect: &str) -> Option<impl Iterator<Item = &str> + use<'_>> {
        self.0.get(aspect).map(Words::iter)
    }
}

/// What is certain of a range of ImageNet classes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct ImageNetRange {
    /// First class of the range, 0–999.
    pub from: usize,
    /// Last class of the range, 0–999.
    pub to: usize,
    /// Aspect → value.
    #[serde(flatten)]
    pub attributes: BTreeMap<String, Words>,
}

impl ImageNetRange {
    /// Whether the class lies in the range; both ends count.
    pub const fn contains(&self, index: usize) -> bool {
        self.from <= index && index <= self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_word_or_a_list_that_begins_with_it() {
        let knowledge: ClassKnowledge =
            serde_json::from_str(r#"{"object": ["pigeon", "dove"], "moves": "flies"}"#).unwrap();
        assert_eq!(knowledge.value("object"), Some("pigeon"));
        assert!(knowledge.words("object").unwrap().eq(["pigeon", "dove"]));
        assert_eq!(knowledge.value("moves"), Some("flies"));
        assert_eq!(knowledge.value("diet"), None);
    }

    #[test]
    fn both_ends_of_a_range_belong_to_it() {
        let range: ImageNetRange = serde_json::from_str(r#"{"from": 3, "to": 5, "kind": "animal"}"#).unwrap();
        let inside: Vec<usize> = (0..9).filter(|&index| range.contains(index)).collect();
        assert_eq!(inside, [3, 4, 5]);
        assert_eq!(range.attributes.get("kind").map(Words::first), Some("animal"));
    }
}
