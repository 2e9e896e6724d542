//! From the free words of a field to a closed answer.

/// How an aspect is answered by a field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRules {
    /// Column of `labels.tsv`.
    pub field: String,
    /// Answers, from special to general: the first that fits is taken.
    pub values: Vec<FieldValue>,
    /// The answer in other words where the field does not apply; none where that says nothing.
    #[serde(default)]
    pub absent: Vec<String>,
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
            r#"{"field": "place", "absent": ["nowhere"], "values": [
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
    fn every_value_is_answered_once() {
        let words = values(&["road", "city square", "street", "moon"]);
        let rules = rules();
        let all: Vec<&str> = rules.answers(&words).map(|answer| answer[0].as_str()).collect();
        assert_eq!(all, ["street", "city square"]);
    }
}
