//! The words of a text, and where one begins or ends: what is typed finds whole words of what is written.
//!
//! Simpler than the word boundaries of UAX #29: letters and digits make a word, and in scripts that are written without blanks
//! each character is one, so that a word there is a run of characters like a phrase elsewhere.

use unicode_normalization::char::is_combining_mark;

/// The words of a text, in their order. `t-shirt` has two, `東京` as well.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.get(rest.find(is_of_a_word)?..)?;
        let end = word_end(rest);
        let (word, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(word)
    })
}

/// Whether a character belongs to a word.
#[must_use]
pub fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

/// Whether a word ends after `before`, or begins before `after`, where these two stand beside each other.
#[must_use]
pub fn is_word_boundary(before: char, after: char) -> bool {
    if !(is_of_a_word(before) && is_of_a_word(after)) {
        return true;
    }
    !is_combining_mark(after) && (stands_alone(before) || stands_alone(after))
}

/// Where the word at the start of a text ends, in bytes.
fn word_end(text: &str) -> usize {
    let following = text.char_indices().skip(1);
    let mut pairs = text.chars().zip(following);
    pairs
        .find(|(before, (_, after))| is_word_boundary(*before, *after))
        .map_or(text.len(), |(_, (at, _))| at)
}

/// Whether a character is of a script that is written without blanks between words, or that hangs endings on them (Hangul).
/// Source: The Unicode Standard, `Blocks.txt`.
fn stands_alone(character: char) -> bool {
    matches!(u32::from(character),
        0x0e00..=0x0eff // Thai, Lao
        | 0x1000..=0x109f // Myanmar
        | 0x1780..=0x17ff // Khmer
        | 0x3040..=0x30ff // Hiragana, Katakana
        | 0x31f0..=0x31ff // Katakana phonetic extensions
        | 0x3400..=0x4dbf // Han, extension A
        | 0x4e00..=0x9fff // Han
        | 0xac00..=0xd7af // Hangul syllables
        | 0xf900..=0xfaff // Han, compatibility
        | 0xff66..=0xff9f // Katakana, half width
        | 0x20000..=0x3ffff // Han, further extensions
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_and_single_characters_where_there_are_no_blanks() {
        for (text, expected) in [
            ("Grandma, in Oslo\n2019", &["Grandma", "in", "Oslo", "2019"][..]),
            ("t-shirt o'brien", &["t", "shirt", "o", "brien"]),
            ("\u{6771}\u{4eac}Tower", &["\u{6771}", "\u{4eac}", "Tower"]),
            ("\u{e01}\u{e34}\u{e19}", &["\u{e01}\u{e34}", "\u{e19}"]),
            ("x\u{302}y", &["x\u{302}y"]),
            (" -- ", &[]),
            ("", &[]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn no_word_ends_before_a_mark_or_between_letters() {
        assert!(is_word_boundary('a', ' ') && is_word_boundary('\n', 'a') && is_word_boundary('a', '-'));
        assert!(is_word_boundary('\u{6771}', '\u{4eac}') && is_word_boundary('a', '\u{4eac}'));
        assert!(!is_word_boundary('a', 'b') && !is_word_boundary('a', '1') && !is_word_boundary('\u{e01}', '\u{e34}'));
    }
}
