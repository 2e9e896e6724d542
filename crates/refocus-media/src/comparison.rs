//! The form in which texts are compared, and the levels of keywords: what is typed finds what is written.
//!
//! Source: The Unicode Standard, section 3.13 (default caseless matching) and UAX #15 (normalization forms).

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

use super::tags::LEVEL;

/// A text in the form in which texts are compared: composed (NFC) and without cases. Two texts that differ only in how letters with
/// accents are stored, or in capital letters, are the same in this form: `Straße` and `STRASSE`, `é` in one or in two characters.
#[must_use]
pub fn comparison_form(text: &str) -> String {
    let mut form = String::new();
    push_comparison_form(text, &mut form);
    form
}

/// Adds a text in [`comparison_form`] to what is in `form`, which stays as it is.
pub fn push_comparison_form(text: &str, form: &mut String) {
    if text.is_ascii() {
        form.extend(text.chars().map(|letter| letter.to_ascii_lowercase()));
        return;
    }
    // Folding takes letters apart that were one, and some only fold when they are apart.
    form.extend(text.nfd().default_case_fold().nfc());
}

/// The levels of a keyword, the widest first: `Places|Portugal|Lisbon` has three, an ordinary keyword one.
pub fn keyword_levels(keyword: &str) -> impl Iterator<Item = &str> {
    keyword.split(LEVEL).map(str::trim).filter(|level| !level.is_empty())
}

/// The form in which texts are searched: [`comparison_form`] without the accents of Latin, Greek and Cyrillic letters, so that "cafe"
/// finds "Caf\u{e9}", and with the letters that are typed for those that no other keyboard has ("oeuf" for "\u{153}uf").
#[must_use]
pub fn search_form(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    push_search_form(text, &mut form);
    form
}

/// Adds a text in [`search_form`] to what is in `form`, which stays as it is.
pub fn push_search_form(text: &str, form: &mut String) {
    let start = form.len();
    push_comparison_form(text, form);
    if form.get(start..).is_some_and(str::is_ascii) {
        return;
    }
    let accents = '\u{300}'..='\u{36f}';
    let without: String = form
        .get(start..)
        .unwrap_or_default()
        .nfd()
        .filter(|c| !accents.contains(c))
        .nfc()
        .collect();
    form.truncate(start);
    for c in without.chars() {
        match as_typed(c) {
            Some(letters) => form.push_str(letters),
            None => form.push(c),
        }
    }
}

/// What is typed in place of a letter that is no letter with an accent, on a keyboard without it.
fn as_typed(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{e6}' => "ae",
        '\u{153}' => "oe",
        '\u{f8}' => "o",
        '\u{142}' => "l",
        '\u{111}' | '\u{f0}' => "d",
        '\u{131}' => "i",
        _ => return None,
    })
}

/// Whether a keyword is meant by what was typed (already in [`comparison_form`]): it is one of the keyword's levels, or several that
/// follow each other, with `|` or `/` between them, of which the last may be only begun. `portugal`, `places/portugal` and
/// `places/port` mean `Places|Portugal|Lisbon`; `places/port/` does not, as its last level is typed to its end.
#[must_use]
pub fn keyword_matches(keyword: &str, typed: &str) -> bool {
    let typed = typed.trim();
    let levels: Vec<String> = keyword_levels(keyword).map(comparison_form).collect();
    if typed.is_empty() {
        return false;
    }
    if levels.iter().any(|level| level == typed) {
        return true;
    }
    let is_between = [LEVEL, '/'];
    let parts: Vec<&str> = typed
        .split(is_between)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let Some((last, before)) = parts.split_last() else {
        return false;
    };
    let may_be_begun = !before.is_empty() && !typed.ends_with(is_between);
    levels.windows(parts.len()).any(|some| {
        some.split_last()
            .is_some_and(|(level, above)| above == before && (level == last || may_be_begun && level.starts_with(last)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Python 3 (unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())) gives the same.
    #[test]
    fn case_and_the_way_of_storing_accents_do_not_matter() {
        for (one, other) in [
            ("Caf\u{e9}", "CAFE\u{301}"),
            ("Stra\u{df}e", "STRASSE"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}", "\u{3bf}\u{3b4}\u{3bf}\u{3c2}"),
            ("\u{c5}ngstr\u{f6}m", "\u{212b}NGSTRO\u{308}M"),
            ("\u{1e9e}", "ss"),
            ("\u{ac00}", "\u{1100}\u{1161}"),
            ("plain", "PLAIN"),
        ] {
            assert_eq!(comparison_form(one), comparison_form(other), "{one} {other}");
        }
        assert_eq!(comparison_form("E\u{301}t\u{c9}"), "\u{e9}t\u{e9}");
        assert_ne!(comparison_form("cafe"), comparison_form("caf\u{e9}"));
    }

    #[test]
    fn searching_minds_no_accents_of_letters_and_keeps_other_signs() {
        for (text, form) in [
            ("Caf\u{e9} CAFE\u{301}", "cafe cafe"),
            ("\u{d8}re \u{c5}s Stra\u{df}e", "ore as strasse"),
            ("\u{152}uf \u{c6}sop Z\u{142}oty K\u{131}z", "oeuf aesop zloty kiz"),
            ("\u{304c}\u{d55c}\u{ae00}", "\u{304c}\u{d55c}\u{ae00}"),
        ] {
            assert_eq!(search_form(text), form);
        }
    }

    #[test]
    fn a_keyword_is_found_by_any_level_and_by_paths_of_them() {
        let keyword = "Places|Portugal| Lisb\u{f3}n";
        assert_eq!(
            keyword_levels(keyword).collect::<Vec<_>>(),
            ["Places", "Portugal", "Lisb\u{f3}n"]
        );
        for typed in [
            "places",
            "portugal",
            "lisb\u{f3}n",
            "places|portugal",
            "places/portugal/lisb\u{f3}n",
            "portugal / lisb\u{f3}n",
            "places/port",
            "portugal|l",
            "places/portugal/",
        ] {
            assert!(keyword_matches(keyword, typed), "{typed}");
        }
        for typed in [
            "",
            "/",
            "port",
            "places/lisb\u{f3}n",
            "portugal/places",
            "x/places",
            "places/port/",
            "places/tugal",
            "pla/portugal",
        ] {
            assert!(!keyword_matches(keyword, typed), "{typed}");
        }
        assert!(keyword_matches("24/7", "24/7") && keyword_matches("Sea", "sea"));
    }
}
