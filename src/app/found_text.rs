//! The part of a text that shows the words it was found by.

use refocus_engine::WrittenText;

use super::keyword_links;

/// Characters of a text that are shown, about; a longer one is cut.
const SHOWN: usize = 110;

/// Characters around each found word, about, where a text is cut.
const AROUND: usize = 24;

/// A text with its found words: all of it, or the parts around the words, with … where something is left out.
pub(super) fn excerpt(found: &WrittenText) -> String {
    let text = found.text.as_str();
    if text.chars().count() <= SHOWN {
        return readable(text);
    }
    let mut out = String::new();
    let (mut shown_to, mut room) = (0, SHOWN);
    for range in &found.found {
        let start = before(text, range.start.min(text.len())).max(shown_to);
        let end = after(text, range.end.min(text.len()));
        let Some(part) = text.get(start..end).filter(|part| !part.is_empty()) else {
            continue;
        };
        let length = part.chars().count();
        if !out.is_empty() && length > room {
            break;
        }
        if start > shown_to {
            out.push('\u{2026}');
        }
        out.push_str(part);
        (shown_to, room) = (end, room.saturating_sub(length));
    }
    if shown_to < text.len() {
        out.push('\u{2026}');
    }
    readable(&out)
}

/// Where to begin for a word at this byte: some characters before it, at a word.
fn before(text: &str, at: usize) -> usize {
    let head = text.get(..at).unwrap_or_default();
    let Some((from, _)) = head.char_indices().rev().nth(AROUND) else {
        return 0;
    };
    let space = head.get(from..).and_then(|near| near.find(char::is_whitespace));
    space.map_or(from, |space| from + space)
}

/// Where to end behind a word that ends at this byte.
fn after(text: &str, at: usize) -> usize {
    let tail = text.get(at..).unwrap_or_default();
    let Some((to, _)) = tail.char_indices().nth(AROUND) else {
        return text.len();
    };
    let space = tail.get(..to).and_then(|near| near.rfind(char::is_whitespace));
    at + space.unwrap_or(to)
}

/// As it is read on the screen: in one paragraph, levels of keywords parted.
fn readable(text: &str) -> String {
    let paragraph = text.split_whitespace().collect::<Vec<_>>().join(" ");
    keyword_links::readable(&paragraph)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::WrittenSource;

    fn shown(text: &str, words: &[&str]) -> String {
        let found = words.iter().map(|word| {
            let at = text.find(word).unwrap();
            at..at + word.len()
        });
        excerpt(&WrittenText {
            source: WrittenSource::Caption,
            text: text.to_owned(),
            found: found.collect(),
        })
    }

    #[test]
    fn a_short_text_is_shown_whole_in_one_paragraph() {
        assert_eq!(shown("Two goats\n waiting", &["waiting"]), "Two goats waiting");
        assert_eq!(shown("Europe|Norway", &["Norway"]), "Europe \u{203a} Norway");
    }

    #[test]
    fn a_long_text_is_shown_around_its_found_words() {
        let filler = "and more of the same ".repeat(20);
        let text = format!("Two goats {filler}waiting for the ferry to the small island {filler}");
        assert_eq!(
            shown(&text, &["ferry"]),
            "\u{2026} same waiting for the ferry to the small island\u{2026}"
        );
        assert_eq!(
            shown(&text, &["goats", "ferry", "island"]),
            "Two goats and more of the same\u{2026} same waiting for the ferry to the small island and more of the same\u{2026}"
        );
        // Written without blanks, and with letters of several bytes.
        let text = "\u{6d77}".repeat(300) + "\u{5cf6}" + &"\u{6d77}".repeat(300);
        let line = shown(&text, &["\u{5cf6}"]);
        assert!(line.contains('\u{5cf6}') && line.chars().count() < 60, "{line}");
        let long = "word ".repeat(300);
        assert!(shown(&long, &["word"; 40]).chars().count() < 2 * SHOWN);
    }
}
