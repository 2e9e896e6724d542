//! Find: plain words for what a photo should show. `red car -dog "fire engine"` looks for red cars and fire engines
//! and counts dogs against a photo.

use super::FocusError;
use super::counted::Counted;
use super::rows::{EncodingRows, TextEmbedder};
use super::text_query::TextQuery;
use refocus_model::vector_math::{add_scaled, normalise_or_clear, transpose_apply};

/// Weight of what counts against a photo, next to what counts for it.
pub(super) const NEGATIVE_WEIGHT: f32 = 0.5;

/// What a find text asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindQuery {
    /// Phrases that count for a photo: all plain words as one phrase, then each quoted one.
    pub wanted: Vec<String>,
    /// How many of `wanted`, from its end, were quoted.
    pub quoted: usize,
    /// Words and quoted phrases that count against it.
    pub unwanted: Vec<String>,
}

impl FindQuery {
    /// Reads a find text. A quotation without an end reaches to the end of the text. What it says of text in photos
    /// ([`TextQuery`]) is no part of it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut plain = Vec::new();
        let (_, text) = TextQuery::split(text);
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let (negative, after_sign) = match rest.strip_prefix('-') {
                Some(after) if after.starts_with(|c: char| c == '"' || c.is_alphanumeric()) => (true, after),
                _ => (false, rest),
            };
            let (phrase, quoted, remaining) = if let Some(inside) = after_sign.strip_prefix('"') {
                let (phrase, remaining) = inside.split_once('"').unwrap_or((inside, ""));
                (phrase, true, remaining)
            } else {
                let end = after_sign.find(char::is_whitespace).unwrap_or(after_sign.len());
                let (word, remaining) = after_sign.split_at(end);
                (word, false, remaining)
            };
            debug_assert!(remaining.len() < rest.len(), "{first} was not consumed");
            let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
            if phrase.chars().any(|c| !c.is_ascii_punctuation()) {
                match (negative, quoted) {
                    (true, _) => query.unwanted.push(phrase),
                    (false, true) => {
                        query.wanted.push(phrase);
                        query.quoted += 1;
                    }
                    (false, false) => plain.push(phrase),
                }
            }
            rest = remaining.trim_start();
        }
        if !plain.is_empty() {
            query.wanted.insert(0, plain.join(" "));
        }
        query
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// What is wanted as it would be written: each plain word, and each quoted phrase as a whole.
    pub fn wanted_as_written(&self) -> impl Iterator<Item = &str> {
        let plain = self.wanted.len().saturating_sub(self.quoted);
        let (plain, quoted) = self.wanted.split_at_checked(plain).unwrap_or_default();
        let words = plain.iter().flat_map(|words| words.split_whitespace());
        words.chain(quoted.iter().map(String::as_str))
    }

    /// The texts to embed: wanted, then unwanted.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.wanted.iter().chain(&self.unwanted).map(String::as_str).collect()
    }
}

/// A find query as vectors.
#[derive(Debug, Clone)]
pub struct FindVector {
    /// `[text_dim]`: mean of what is wanted minus half the mean of what is not.
    text: Vec<f32>,
    /// `[factor_dim]`: the same, for photos' factors.
    factors: Vec<f32>,
    /// Numbers of things.
    counted: Vec<Counted>,
}

impl FindVector {
    /// Embeds the texts of a query; `None` where nothing is looked for.
    ///
    /// # Errors
    /// [`FocusError::Text`] with the text tower's own message, and those of [`FindVector::new`].
    pub fn of_query(
        query: &FindQuery,
        texts: &dyn TextEmbedder,
        model: &dyn EncodingRows,
    ) -> Result<Option<Self>, FocusError> {
        if query.is_empty() {
            return Ok(None);
        }
        Self::new(query, &texts.embed(&query.texts())?, model).map(Some)
    }

    /// Joins the text vectors of [`FindQuery::texts`] (`[texts, text_dim]`).
    ///
    /// # Errors
    /// [`FocusError::Length`] if there is not one vector for each text.
    pub fn new(query: &FindQuery, vectors: &[f32], model: &dyn EncodingRows) -> Result<Self, FocusError> {
        let dim = model.text_dim();
        FocusError::check_length("find", query.texts().len() * dim, vectors.len())?;
        let mut text = vec![0.0; dim];
        for (i, vector) in vectors.chunks_exact(dim).enumerate() {
            let weight = if i < query.wanted.len() {
                1.0 / query.wanted.len() as f32
            } else {
                -NEGATIVE_WEIGHT / query.unwanted.len() as f32
            };
            if vector.iter().all(|v| v.is_finite()) {
                add_scaled(&mut text, weight, vector);
            }
        }
        normalise_or_clear(&mut text);
        let factors = transpose_apply(model.lift(), model.factor_dim(), &text);
        Ok(Self {
            text,
            factors,
            counted: Counted::all_of(query),
        })
    }

    /// `[text_dim]`, unit length.
    #[must_use]
    pub fn text(&self) -> &[f32] {
        &self.text
    }

    /// What a photo's match gains by how many things it shows; 0 where the text names no number.
    #[inline(always)]
    pub(super) fn count_gain(&self, model: &dyn EncodingRows, encoding: &[u8]) -> f32 {
        let gains = self.counted.iter().filter_map(|counted| {
            let shown = model.count(encoding, counted.class)?;
            Some(counted.gain(shown))
        });
        gains.sum()
    }

    /// `[factor_dim]`: a photo's match is its product with this, the cosine of photo and text.
    pub(super) fn factors(&self) -> &[f32] {
        &self.factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::TextEmbedder;
    use crate::synthetic;
    use refocus_model::vector_math::dot;

    fn parsed(text: &str) -> (Vec<String>, Vec<String>) {
        let query = FindQuery::parse(text);
        (query.wanted, query.unwanted)
    }

    #[test]
    fn words_quotes_and_minus_are_told_apart() {
        for (text, wanted, unwanted) in [
            ("red car", vec!["red car"], vec![]),
            ("red -dog car", vec!["red car"], vec!["dog"]),
            ("\"fire engine\" red", vec!["red", "fire engine"], vec![]),
            ("-\"fire engine\"", vec![], vec!["fire engine"]),
            ("t-shirt - x", vec!["t-shirt x"], vec![]),
            ("\"open end", vec!["open end"], vec![]),
            ("\"\" - -- -\"", vec![], vec![]),
            ("  ", vec![], vec![]),
            ("人 -犬", vec!["人"], vec!["犬"]),
        ] {
            let (is_wanted, is_unwanted) = parsed(text);
            assert_eq!(
                (is_wanted, is_unwanted),
                (
                    wanted.into_iter().map(str::to_owned).collect(),
                    unwanted.into_iter().map(str::to_owned).collect()
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn plain_words_are_written_each_for_itself_and_quoted_ones_together() {
        for (text, expected) in [
            ("red \"fire engine\" car -dog", &["red", "car", "fire engine"][..]),
            ("\"fire engine\" \"a b\"", &["fire engine", "a b"]),
            ("-dog", &[]),
        ] {
            let query = FindQuery::parse(text);
            assert_eq!(query.wanted_as_written().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_unwanted_points_away() {
        let query = FindQuery::parse("red -square");
        let vectors = synthetic::Embedder.embed(&query.texts()).unwrap();
        let find = FindVector::new(&query, &vectors, &synthetic::Model).unwrap();
        let (red, square) = vectors.split_at(synthetic::TEXT_DIM);
        assert!(dot(find.text(), red) > 0.5);
        assert!(dot(find.text(), square) < 0.0);
        assert!(FindVector::new(&query, &vectors[1..], &synthetic::Model).is_err());
    }
}
