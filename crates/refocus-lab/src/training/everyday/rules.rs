//! From the free words of a field to a closed answer.

/// How an aspect is answered by a field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRules {
    /// Column of `labels.tsv`.
    pub field: String,
    /// Answers, from special to general: the first that fits is taken.
    pub values: Vec<FieldValue>,
    /// Answers in fewer, broader words: "shop or market" for a supermarket. The first that fits is taken.
    #[serde(default)]
    pub broader: Vec<BroaderAnswer>,
    /// The answer in other words where the field does not apply; none where that says nothing.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// An answer that several others have in common.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroaderAnswer {
    /// The answer, then other words for it.
    pub answer: Vec<String>,
    /// The answers that it stands for.
    #[serde(default)]
    pub of: Vec<String>,
    /// Beginnings of words in the field that it stands for, where answers are no guide: of one soldier and of many.
    #[serde(default)]
    pub words: Vec<String>,
}

/// An answer and how it is recognised.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldValue {
    /// The answer, then other words for it.
    pub answer: Vec<String>,
    /// Beginnings of words, lower case; may hold spaces.
    pub words: Vec<String>,
}

impl FieldRules {
    /// The answer to a field's values: by the most important value, else by any. `None` where no rule fits.
    #[must_use]
    pub fn answer(&self, values: &[String]) -> Option<&[String]> {
        if values.is_empty() {
            return (!self.absent.is_empty()).then_some(self.absent.as_slice());
        }
        values
            .iter()
            .find_map(|value| self.fitting(value))
            .map(|value| value.answer.as_slice())
    }

    /// The broader answer to a field's values: by the most important value, else by any. `None` where there is none.
    #[must_use]
    pub fn broader(&self, values: &[String]) -> Option<&[String]> {
        values.iter().find_map(|value| {
            let text = value.to_lowercase();
            let own = self.fitting(value).and_then(|value| value.answer.first());
            let fits = |broader: &&BroaderAnswer| {
                own.is_some_and(|own| broader.of.contains(own))
                    || broader.words.iter().any(|word| begins_a_word(&text, word))
            };
            self.broader.iter().find(fits).map(|broader| broader.answer.as_slice())
        })
    }

    /// The answers of all values of a field, none twice.
    pub fn answers<'a>(&'a self, values: &'a [String]) -> impl Iterator<Item = &'a [String]> {
        let fitting = move |value: &'a String| self.fitting(value);
        values.iter().enumerate().filter_map(move |(i, value)| {
            let own = fitting(value)?;
            let earlier = values.iter().take(i).filter_map(fitting);
            (!earlier.into_iter().any(|other| other == own)).then_some(own.answer.as_slice())
        })
    }

    fn fitting(&self, value: &str) -> Option<&FieldValue> {
        let text = value.to_lowercase();
        self.values
            .iter()
            .find(|known| known.words.iter().any(|word| begins_a_word(&text, word)))
    }
}

/// Whether a text holds `part` at the beginning of one of its words.
fn begins_a_word(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| {
        !text
            .get(..at)
            .is_some_and(|before| before.ends_with(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> FieldRules {
        serde_json::from_str(
            r#"{"field": "place", "absent": ["nowhere"],
                "broader": [{"answer": ["out of doors"], "of": ["city square", "street"], "words": ["meadow"]}],
                "values": [
                {"answer": ["city square"], "words": ["city square"]},
                {"answer": ["street", "a street"], "words": ["street", "road"]},
                {"answer": ["bar"], "words": ["bar"]}]}"#,
        )
        .unwrap()
    }

    fn values(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_most_important_value_answers_and_words_match_at_their_beginning() {
        let rules = rules();
        assert_eq!(rules.answer(&values(&["City Street", "bar"])).unwrap()[0], "street");
        assert_eq!(
            rules.answer(&values(&["crowbar", "roads"])).unwrap(),
            ["street", "a street"]
        );
        assert_eq!(rules.answer(&values(&["crowbar"])), None);
        assert_eq!(rules.answer(&[]).unwrap(), ["nowhere"]);
    }

    #[test]
    fn several_answers_have_a_broader_one_in_common() {
        let rules = rules();
        for fitting in ["road", "city square", "a meadow", "green meadows"] {
            assert_eq!(
                rules.broader(&values(&["moon", fitting])).unwrap(),
                ["out of doors"],
                "{fitting}"
            );
        }
        assert_eq!(rules.broader(&values(&["bar"])), None);
        assert_eq!(rules.broader(&[]), None);
    }

    #[test]
    fn every_value_is_answered_once() {
        let words = values(&["road", "city square", "street", "moon"]);
        let rules = rules();
        let all: Vec<&str> = rules.answers(&words).map(|answer| answer[0].as_str()).collect();
        assert_eq!(all, ["street", "city square"]);
    }
}
