//! An instruction as typed, cut into the respects that it names.

use what_counts::what_counts;

mod what_counts;

/// A typed focus: the whole, and its parts if it names several respects ("colour and kind of the garment").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The whole, without surrounding space.
    text: String,
    /// The same without what it says does not count.
    counted: String,
    /// The whole again, or each part.
    parts: Vec<String>,
    /// What is asked about a thing that is named as well: "the colour" of "the colour of the cup" and of "the cup's colour".
    head: Option<String>,
    /// That thing: "cup".
    thing: Option<String>,
    /// The answers that it names itself: "cat" and "dog" of "is it a cat or a dog".
    alternatives: Vec<String>,
}

/// Words that say nothing by themselves: in "the kind of animal" the question is the animal.
const EMPTY_HEADS: [&str; 16] = [
    "kind", "kinds", "type", "types", "sort", "sorts", "species", "breed", "variety", "class", "category", "picture",
    "photo", "image", "piece", "article",
];

/// Words before a thing that do not name it.
const ARTICLES: [&str; 8] = ["a", "an", "the", "this", "that", "these", "those", "their"];

/// Words whose "'s" is "is".
const CONTRACTIONS: [&str; 8] = ["it", "what", "who", "that", "there", "where", "how", "he"];

/// First words of a question with yes or no.
const YES_OR_NO: [&str; 12] = [
    "is", "are", "was", "were", "does", "do", "did", "has", "have", "can", "isn't", "aren't",
];

/// More words than this before "of" are a sentence, not the name of a respect.
const MAX_HEAD_WORDS: usize = 3;

/// Words before an alternative that do not belong to it.
const BEFORE_ALTERNATIVES: [&str; 37] = [
    "a", "an", "the", "is", "are", "was", "were", "be", "do", "does", "did", "can", "has", "have", "it", "its", "it's",
    "this", "that", "these", "those", "they", "there", "he", "she", "whether", "if", "either", "rather", "more",
    "look", "looks", "seem", "seems", "like", "taken", "shown",
];

/// Alternatives that name no answer.
const NO_ANSWER: [&str; 9] = [
    "not",
    "no",
    "none",
    "neither",
    "other",
    "else",
    "otherwise",
    "something",
    "anything",
];

/// More alternatives than this are a list of words, and one of more words than this a sentence.
const MAX_ALTERNATIVES: usize = 6;
const MAX_ALTERNATIVE_WORDS: usize = 3;

/// More parts than this are not several respects but a list of words.
const MAX_PARTS: usize = 3;

impl Instruction {
    /// Cuts an instruction at commas, "and", "&", "+" and "/".
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let counted = what_counts(&text);
        let mut parts = vec![String::new()];
        for word in counted.split(' ') {
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
        let alternatives = alternatives_of(&counted);
        if parts.len() < 2 || parts.len() > MAX_PARTS || !alternatives.is_empty() {
            parts = vec![counted.clone()];
        }
        let (head, thing) = if parts.len() == 1 { head_of(&counted) } else { None }.unzip();
        Self {
            text,
            counted,
            parts,
            head,
            thing,
            alternatives,
        }
    }

    /// The answers that it names itself, two or more; none where it only names a respect.
    #[must_use]
    pub fn alternatives(&self) -> &[String] {
        &self.alternatives
    }

    /// What is asked about a thing that is named as well.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// The thing that something is asked about, in lower case and without an article.
    #[must_use]
    pub fn thing(&self) -> Option<&str> {
        self.thing.as_deref()
    }

    /// Of a question with yes or no that names no answers ("is the dog sleeping?"), what it asks about, as one would look for it: "dog
    /// sleeping".
    #[must_use]
    pub fn asked_yes_or_no(&self) -> Option<String> {
        let words: Vec<&str> = self.text.trim_end_matches(['?', ' ', '!', '.']).split(' ').collect();
        let (first, rest) = words.split_first()?;
        let asks = YES_OR_NO.iter().any(|verb| first.eq_ignore_ascii_case(verb));
        let no_more = |word: &&str| matches!(word.to_lowercase().as_str(), "or" | "and");
        if !asks || rest.len() < 2 || rest.iter().any(no_more) {
            return None;
        }
        let says = |word: &&&str| !ARTICLES.contains(&word.to_lowercase().as_str());
        let says: Vec<&str> = rest.iter().filter(says).copied().collect();
        (!says.is_empty()).then(|| says.join(" ").to_lowercase())
    }

    /// The whole instruction.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole without what it says does not count.
    #[must_use]
    pub fn counted(&self) -> &str {
        &self.counted
    }

    /// The texts whose vectors matching needs, without what is said not to count: the whole first, then each part if there are several, or the head.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.counted.as_str()];
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

/// What is asked, and of which thing.
fn head_of(text: &str) -> Option<(String, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let Some(of) = words.iter().position(|word| word.eq_ignore_ascii_case("of")) else {
        return asked_of_owner(&words);
    };
    let (head, thing) = (words.get(..of)?, words.get(of + 1..)?);
    let last = head.last()?.to_lowercase();
    let named = !thing.is_empty() && head.len() <= MAX_HEAD_WORDS && !EMPTY_HEADS.contains(&last.as_str());
    named.then(|| (head.join(" "), without_article(thing)))
}

/// "The dog's colour": "the colour" is asked of "dog".
fn asked_of_owner(words: &[&str]) -> Option<(String, String)> {
    let owner = |word: &str| {
        let owner = word.strip_suffix("'s").or(word.strip_suffix("\u{2019}s"))?;
        (!CONTRACTIONS.iter().any(|of| owner.eq_ignore_ascii_case(of))).then(|| owner.to_owned())
    };
    let (place, name) = words
        .iter()
        .enumerate()
        .find_map(|(place, word)| Some((place, owner(word)?)))?;
    let head = words.get(place + 1..)?;
    let last = head.last()?.to_lowercase();
    if head.len() > MAX_HEAD_WORDS || EMPTY_HEADS.contains(&last.as_str()) {
        return None;
    }
    let thing: Vec<&str> = words.iter().take(place).copied().chain([name.as_str()]).collect();
    Some((format!("the {}", head.join(" ")), without_article(&thing)))
}

/// The words in lower case, without articles and the like before them.
fn without_article(words: &[&str]) -> String {
    let words = words
        .iter()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    let words: Vec<String> = words.skip_while(|word| ARTICLES.contains(&word.as_str())).collect();
    words.join(" ")
}

/// "Is it a cat, a dog or a bird?": cat, dog and bird. Empty unless all of it is short and names an answer.
fn alternatives_of(text: &str) -> Vec<String> {
    let asked = text.rsplit_once(':').map_or(text, |(_, after)| after);
    let mut alternatives: Vec<Vec<&str>> = vec![Vec::new()];
    let mut named = false;
    for word in asked.split(' ') {
        let joins = ["or", "vs", "vs.", "versus"]
            .iter()
            .any(|joint| word.eq_ignore_ascii_case(joint));
        named |= joins;
        let bare = word.trim_matches([',', ';', '?', '!', '.']);
        let is_before = |word: &str| {
            BEFORE_ALTERNATIVES
                .iter()
                .any(|before| word.eq_ignore_ascii_case(before))
        };
        if let Some(last) = alternatives.last_mut()
            && !joins
            && !bare.is_empty()
            && !(last.is_empty() && is_before(bare))
        {
            last.push(bare);
        }
        if joins || word.ends_with([',', ';']) {
            alternatives.push(Vec::new());
        }
    }
    // "Red, blue, or green": the comma and the word are one joint.
    let count = alternatives.len();
    let mut place = 0;
    alternatives.retain(|words| {
        place += 1;
        !words.is_empty() || place == 1 || place == count
    });
    let names_an_answer = |words: &Vec<&str>| {
        let of_or_and = |word: &&str| ["of", "and"].iter().any(|joint| word.eq_ignore_ascii_case(joint));
        let says_nothing = |word: &&str| NO_ANSWER.iter().any(|no| word.eq_ignore_ascii_case(no));
        (1..=MAX_ALTERNATIVE_WORDS).contains(&words.len())
            && !words.iter().any(of_or_and)
            && !words.first().is_some_and(says_nothing)
    };
    if !named || !(2..=MAX_ALTERNATIVES).contains(&alternatives.len()) || !alternatives.iter().all(names_an_answer) {
        return Vec::new();
    }
    alternatives
        .iter()
        .map(|words| words.join(" ").to_lowercase())
        .collect()
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
        for (text, head, thing) in [
            ("the colour of the cup", "the colour", "cup"),
            ("the dog's colour", "the colour", "dog"),
            (
                "The old man\u{2019}s facial expression",
                "the facial expression",
                "old man",
            ),
        ] {
            let instruction = Instruction::parse(text);
            assert_eq!(
                (instruction.head(), instruction.thing()),
                (Some(head), Some(thing)),
                "{text}"
            );
        }
        for text in [
            "what's the colour",
            "it's colour",
            "the dog's breed of",
            "the dog's kind",
        ] {
            assert_eq!(Instruction::parse(text).thing(), None, "{text}");
        }
    }

    #[test]
    fn a_question_with_yes_or_no_is_told_from_one_that_names_its_answers() {
        for (text, asked) in [
            ("is the dog sleeping", Some("dog sleeping")),
            ("Are they smiling?", Some("they smiling")),
            ("is it a cat or a dog", None),
            ("the dog", None),
            ("is it", None),
            ("", None),
        ] {
            assert_eq!(Instruction::parse(text).asked_yes_or_no().as_deref(), asked, "{text}");
        }
    }

    #[test]
    fn an_instruction_that_names_its_answers_is_read_for_them() {
        for (text, alternatives) in [
            ("is that a creature or a gadget?", vec!["creature", "gadget"]),
            ("Red, blue, or dark green", vec!["red", "blue", "dark green"]),
            ("which pet: cat or dog", vec!["cat", "dog"]),
            ("young vs. old", vec!["young", "old"]),
            ("was it taken inside or outside", vec!["inside", "outside"]),
            ("is it alive or not", vec![]),
            ("big or small in real life", vec![]),
            ("the colour of the cup or the glass", vec![]),
            ("the colour", vec![]),
            ("red, blue", vec![]),
            ("or", vec![]),
            ("cat or", vec![]),
            ("cats and dogs or birds", vec![]),
        ] {
            let instruction = Instruction::parse(text);
            assert_eq!(instruction.alternatives(), alternatives, "{text}");
        }
        assert_eq!(
            Instruction::parse("cat, dog or bird").texts().len(),
            1,
            "answers are no respects"
        );
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
