//! An instruction as typed, cut into the respects that it names.

/// A typed focus: the whole, and its parts if it names several respects ("colour and kind of the garment").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The whole, without surrounding space.
    text: String,
    /// The whole again, or each part.
    parts: Vec<String>,
    /// What is asked about a thing that is named as well: "the colour" of "the colour of the cup".
    head: Option<String>,
}

/// Words that say nothing by themselves: in "the kind of animal" the question is the animal.
const EMPTY_HEADS: [&str; 16] = [
    "kind", "kinds", "type", "types", "sort", "sorts", "species", "breed", "variety", "class", "category", "picture",
    "photo", "image", "piece", "article",
];

/// More words than this before "of" are a sentence, not the name of a respect.
const MAX_HEAD_WORDS: usize = 3;

/// More parts than this are not several respects but a list of words.
const MAX_PARTS: usize = 3;

impl Instruction {
    /// Cuts an instruction at commas, "and", "&", "+" and "/".
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut parts = vec![String::new()];
        for word in text.split(' ') {
            let ends_part = word.ends_with([',', ';']);
            let is_joint = matches!(word.to_lowercase().as_str(), "and" | "&" | "+" | "/" | "plus");
            if let Some(part) = parts.last_mut()
                && !is_joint
            {
                if !part.is_empty() {
                    part.push(' ');
                }
                part.push_str(word.trim_end_matches([',', ';']));
            }
            if is_joint || ends_part {
                parts.push(String::new());
            }
        }
        parts.retain(|part| part.chars().any(char::is_alphanumeric));
        if parts.len() < 2 || parts.len() > MAX_PARTS {
            parts = vec![text.clone()];
        }
        let head = if parts.len() == 1 { head_of(&text) } else { None };
        Self { text, parts, head }
    }

    /// What is asked about a thing that is named as well.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// The whole instruction.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The texts whose vectors matching needs: the whole first, then each part if there are several, or the head.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.text.as_str()];
        if self.parts.len() > 1 {
            texts.extend(self.parts.iter().map(String::as_str));
        }
        texts.extend(self.head());
        texts
    }

    /// Whether there is nothing to focus on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

fn head_of(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let of = words.iter().position(|word| word.eq_ignore_ascii_case("of"))?;
    let (head, thing) = (words.get(..of)?, words.get(of + 1..)?);
    let last = head.last()?.to_lowercase();
    let named = !thing.is_empty() && head.len() <= MAX_HEAD_WORDS && !EMPTY_HEADS.contains(&last.as_str());
    named.then(|| head.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_respect_is_told_from_the_thing_that_it_is_asked_of() {
        assert_eq!(Instruction::parse("the colour of the cup").head(), Some("the colour"));
        assert_eq!(Instruction::parse("the kind of animal").head(), None);
        assert_eq!(Instruction::parse("the colour").head(), None);
        assert_eq!(Instruction::parse("colour and shape of it").head(), None);
    }

    #[test]
    fn an_instruction_is_cut_where_it_names_another_respect() {
        for (text, texts) in [
            ("the colour", vec!["the colour"]),
            (
                "colour and kind of the garment",
                vec!["colour and kind of the garment", "colour", "kind of the garment"],
            ),
            ("colour, shape", vec!["colour, shape", "colour", "shape"]),
            (
                "colour, shape and light",
                vec!["colour, shape and light", "colour", "shape", "light"],
            ),
            ("  sandy \n beach ", vec!["sandy beach"]),
            ("and", vec!["and"]),
            ("a, b, c, d and e", vec!["a, b, c, d and e"]),
            ("", vec![""]),
        ] {
            assert_eq!(Instruction::parse(text).texts(), texts, "{text}");
        }
        assert!(Instruction::parse(" \t").is_empty());
    }
}
