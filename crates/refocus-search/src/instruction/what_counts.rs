//! What an instruction says does *not* count, taken away: "shapes only, colour doesn't matter" asks for the shapes. A text vector
//! holds what is named, not that it is denied.

/// Beginnings of what does not count.
const BEGINNINGS: [&str; 18] = [
    "ignore",
    "ignoring",
    "disregard",
    "disregarding",
    "forget",
    "forget about",
    "never mind",
    "nevermind",
    "no matter",
    "regardless of",
    "irrespective of",
    "without regard to",
    "whatever the",
    "rather than",
    "instead of",
    "i don't care",
    "don't care",
    "do not care",
];
/// Ends of it.
const ENDS: [&str; 8] = [
    "doesn't matter",
    "does not matter",
    "don't matter",
    "do not matter",
    "doesn't count",
    "does not count",
    "is irrelevant",
    "is unimportant",
];
/// First words of an instruction that says how photos are compared: what follows a "not" in it does not count. In "people not
/// smiling" it does.
const COMPARING: [&str; 14] = [
    "by", "compare", "sort", "group", "match", "order", "arrange", "same", "alike", "similar", "focus", "look", "only",
    "just",
];

/// The instruction without what it says does not count; as it is where nothing else would be left.
pub(super) fn what_counts(text: &str) -> String {
    let lower = text.to_lowercase().replace('’', "'");
    // Some letters take another number of bytes in lower case: such a text is left alone.
    if lower.len() != text.replace('’', "'").len() {
        return text.to_owned();
    }
    let whole = text.replace('’', "'");
    let compares = COMPARING.contains(&lower.split(' ').next().unwrap_or_default());
    let has_alternatives = lower.split(' ').any(|word| word == "or");
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    for clause in whole.split([',', ';', '(', ')', '.', '–', '—']) {
        let clause_lower = lower.get(at..at + clause.len()).unwrap_or_default();
        let separator = whole.get(at + clause.len()..).and_then(|rest| rest.chars().next());
        at += clause.len() + separator.map_or(0, char::len_utf8);
        let said = clause_lower.trim();
        let denied = ENDS.iter().any(|end| said.ends_with(end))
            || (begins(said, "not") && !kept.is_empty() && !has_alternatives);
        if denied {
            continue;
        }
        let cut = BEGINNINGS
            .iter()
            .filter_map(|beginning| place_of(clause_lower, beginning))
            .chain(place_of(clause_lower, "not").filter(|_| compares && !has_alternatives))
            .min();
        let left = clause.get(..cut.unwrap_or(clause.len())).unwrap_or_default().trim();
        let left = left.strip_suffix(" but").or(left.strip_suffix(" and")).unwrap_or(left);
        if left.chars().any(char::is_alphanumeric) {
            kept.push(left);
        }
    }
    let counted = kept.join(", ");
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .count()
    };
    // Nothing was denied: every comma and bracket stays as typed.
    if counted.is_empty() || words(&counted) == words(&whole) {
        return text.to_owned();
    }
    counted
}

/// Whether a text begins with these words.
fn begins(text: &str, words: &str) -> bool {
    text.strip_prefix(words)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Where in a text these words stand, as words of their own.
fn place_of(text: &str, words: &str) -> Option<usize> {
    text.match_indices(words).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        let after = text.get(*at..).unwrap_or_default();
        (before.is_empty() || before.ends_with(' ')) && begins(after, words)
    })
}

#[cfg(test)]
mod tests {
    use super::what_counts;

    #[test]
    fn what_is_said_not_to_count_is_taken_away() {
        for (text, counted) in [
            ("shapes only, colour doesn't matter", "shapes only"),
            ("Shapes only, colour doesn’t matter", "Shapes only"),
            ("color only, ignore everything else", "color only"),
            ("shape colour, never mind how many or what kind", "shape colour"),
            ("compare by shape not colour", "compare by shape"),
            ("same shape, not colour", "same shape"),
            ("the light (regardless of the place)", "the light"),
            ("by place regardless of the weather", "by place"),
            ("colour does not matter, the pattern on them", "the pattern on them"),
            ("the mood but ignore the colours", "the mood"),
            ("the pattern rather than the shape", "the pattern"),
        ] {
            assert_eq!(what_counts(text), counted, "{text}");
        }
    }

    #[test]
    fn everything_else_stays_as_typed() {
        for text in [
            "the colour",
            "red, blue, or dark green",
            "is it alive or not",
            "people not smiling",
            "smiling, not smiling or laughing",
            "whether they are smiling or not",
            "colour (of the clothes), shape",
            "ignore the colour",
            "colour doesn't matter",
            "a notable place",
            "İstanbul, not Ankara",
            "",
        ] {
            assert_eq!(what_counts(text), text, "{text}");
        }
    }
}
