//! What other programs wrote of a photo: the types, and how texts of files become values of them.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

pub use super::comparison::{
    comparison_form, keyword_levels, keyword_matches, push_comparison_form, push_search_form, search_form,
};

/// Keywords of a picture, at most.
pub(super) const MOST_KEYWORDS: usize = 256;

/// Characters of a level of a keyword, at most.
const LONGEST_KEYWORD: usize = 100;

/// Levels of a keyword, at most.
const MOST_LEVELS: usize = 16;

/// Characters of a title or of a place's name, at most.
const LONGEST_LINE: usize = 400;

/// Characters of a caption, at most.
const LONGEST_PROSE: usize = 10_000;

/// Separates the levels of a hierarchical keyword: "Places|Portugal|Lisbon".
pub const LEVEL: char = '|';

/// What other programs wrote about a photo, into its file or into a sidecar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoTags {
    /// Stars, 1 to 5; 0 where somebody says that it has none, -1 where it was rejected; `None` where nobody says anything.
    pub rating: Option<i8>,
    /// Keywords in their order, none of them twice; hierarchical ones with [`LEVEL`] between their levels. Empty where somebody
    /// says that there are none; `None` where nobody says anything.
    pub keywords: Option<Vec<String>>,
    /// Title or headline.
    pub title: Option<String>,
    /// Caption or description.
    pub caption: Option<String>,
    /// Names of the place, from the narrowest to the widest: "Alfama, Lisbon, Portugal".
    pub place: Option<String>,
    /// Faces that somebody named.
    pub faces: Vec<Face>,
}

/// A face that has a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// Whose it is.
    pub name: String,
    /// Middle, width and height as shares of the picture's: x, y, width, height, each 0 to 1; all 0 where they are not stated.
    pub area: [f32; 4],
}

impl PhotoTags {
    /// A rating as numbers come: 1 to 5, more counts as 5; 0 is none, less is rejected; `None` for what is not a number.
    pub(super) fn rating_of(stars: f32) -> Option<i8> {
        match stars {
            _ if stars.is_nan() => None,
            _ if stars < 0.0 => Some(-1),
            _ => Some(stars.round().min(5.0) as i8),
        }
    }

    /// A rating in per cent, as Windows writes it: 1, 25, 50, 75 and 99 are the stars, 0 is none.
    pub(super) fn rating_of_percent(percent: f32) -> Option<i8> {
        match percent {
            _ if percent.is_nan() => None,
            _ if percent < 0.0 => Some(-1),
            _ if percent < 0.5 => Some(0),
            _ if percent < 13.0 => Some(1),
            _ if percent < 38.0 => Some(2),
            _ if percent < 63.0 => Some(3),
            _ if percent < 88.0 => Some(4),
            _ => Some(5),
        }
    }

    /// Fills in what is missing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            rating: self.rating.or(other.rating),
            keywords: self.keywords.or(other.keywords),
            title: self.title.or(other.title),
            caption: self.caption.or(other.caption),
            place: self.place.or(other.place),
            faces: if self.faces.is_empty() { other.faces } else { self.faces },
        }
    }
}

/// Keywords in their order, none of them twice in the form in which texts are compared.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Keywords {
    /// Adds a keyword, which may have levels already.
    pub(super) fn add(&mut self, text: &str) {
        self.add_path(text.split(LEVEL));
    }

    /// Adds a keyword of these levels, the widest first. One without any is none.
    pub(super) fn add_path<'t>(&mut self, levels: impl IntoIterator<Item = &'t str>) {
        let levels: Vec<String> = levels
            .into_iter()
            .filter_map(|level| tidy(level, LONGEST_KEYWORD, false))
            .take(MOST_LEVELS)
            .collect();
        if levels.is_empty() || self.list.len() >= MOST_KEYWORDS {
            return;
        }
        let keyword = levels.join(&LEVEL.to_string());
        if self.seen.insert(comparison_form(&keyword)) {
            self.list.push(keyword);
        }
    }

    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}

/// A title or a name on one line; nothing where nothing is left.
pub(super) fn line(text: &str) -> Option<String> {
    tidy(text, LONGEST_LINE, false)
}

/// A caption, with its line breaks.
pub(super) fn prose(text: &str) -> Option<String> {
    tidy(text, LONGEST_PROSE, true)
}

/// The names of a place that are there, from the narrowest to the widest.
pub(super) fn place_of(names: [Option<String>; 4]) -> Option<String> {
    let names: Vec<String> = names.into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// A text without control characters and surrounding blanks; nothing where nothing is left.
fn tidy(text: &str, longest: usize, breaks: bool) -> Option<String> {
    let mut tidied = String::new();
    let mut characters = text
        .trim_matches(|c: char| c.is_whitespace() || c.is_control())
        .chars()
        .peekable();
    for _ in 0..longest {
        let Some(character) = characters.next() else { break };
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' if breaks => tidied.push('\n'),
            control if control.is_control() => tidied.push(' '),
            other => tidied.push(other),
        }
    }
    let tidied = tidied.trim();
    (!tidied.is_empty()).then(|| tidied.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_stand_once_and_are_tidy() {
        let mut keywords = Keywords::default();
        for text in [
            " sea\0",
            "Sea",
            "",
            "  ",
            "a\tb",
            "Places| Portugal |",
            "places|portugal",
            "e\u{301}t\u{e9}",
        ] {
            keywords.add(text);
        }
        keywords.add_path(["x", "", "y"]);
        keywords.add("\u{c9}T\u{c9}");
        assert_eq!(
            keywords.into_list(),
            ["sea", "a b", "Places|Portugal", "e\u{301}t\u{e9}", "x|y"]
        );
        let mut many = Keywords::default();
        (0..1000).for_each(|number| many.add(&number.to_string()));
        assert_eq!(many.into_list().len(), MOST_KEYWORDS);
    }

    #[test]
    fn percents_are_the_stars_that_windows_means() {
        let stars = [0.0, 1.0, 25.0, 50.0, 75.0, 99.0, 100.0, -1.0].map(PhotoTags::rating_of_percent);
        assert_eq!(stars, [0, 1, 2, 3, 4, 5, 5, -1].map(Some));
        assert_eq!(PhotoTags::rating_of_percent(f32::NAN), None);
    }

    #[test]
    fn lines_have_no_breaks_and_captions_keep_them() {
        assert_eq!(line(" a\r\nb\0 ").as_deref(), Some("a b"));
        assert_eq!(prose(" a\r\nb\rc\n").as_deref(), Some("a\nb\nc"));
        assert_eq!(line(" \0 "), None);
        let names = [None, Some("Lisbon".to_owned()), None, Some("Portugal".to_owned())];
        assert_eq!(place_of(names).as_deref(), Some("Lisbon, Portugal"));
    }
}
