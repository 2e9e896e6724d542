//! Where on the screen each word of a photo's text stands.

use std::ops::Range;

use eframe::egui::{Pos2, Rect, Vec2, vec2};

use refocus_engine::TextLine;

/// A word of a photo's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    /// The line it stands in.
    pub(super) line: usize,
    /// Where it stands in the line's text, bytes.
    pub(super) range: Range<usize>,
    /// Its four corners on screen, around it.
    pub(super) corners: [Pos2; 4],
}

/// The corners of a line on screen: from where its text begins, along its top.
pub(super) fn line_corners(line: &TextLine, photo: Rect) -> [Pos2; 4] {
    let at = |[x, y]: [f32; 2]| photo.min + vec2(x, y) * photo.size();
    let mut corners = line.corners.map(at);
    corners.rotate_left(usize::from(line.turns % 4));
    corners
}

/// The smallest upright rectangle around some corners.
pub(super) fn around(corners: &[Pos2; 4]) -> Rect {
    Rect::from_points(corners)
}

/// The words of some lines, in the order of reading, for a photo that stands in `photo` on screen.
pub(super) fn words(lines: &[TextLine], photo: Rect) -> Vec<Word> {
    let of_line = |(number, line): (usize, &TextLine)| {
        let corners = line_corners(line, photo);
        let widths: Vec<f32> = line.text.chars().map(width).collect();
        let all: f32 = widths.iter().sum::<f32>().max(f32::EPSILON);
        let mut found = Vec::new();
        let (mut passed, mut start): (f32, Option<(usize, f32)>) = (0.0, None);
        let ends = line
            .text
            .char_indices()
            .zip(&widths)
            .map(|((at, c), width)| (at, Some(c), *width));
        for (at, c, width) in ends.chain([(line.text.len(), None, 0.0)]) {
            let blank = c.is_none_or(char::is_whitespace);
            match start {
                None if !blank => start = Some((at, passed)),
                Some((from, before)) if blank => {
                    found.push(Word {
                        line: number,
                        range: from..at,
                        corners: part(&corners, before / all, passed / all),
                    });
                    start = None;
                }
                _ => {}
            }
            passed += width;
        }
        found
    };
    lines.iter().enumerate().flat_map(of_line).collect()
}

/// The part of a line between two shares of its length.
fn part([start, end, end_below, start_below]: &[Pos2; 4], from: f32, to: f32) -> [Pos2; 4] {
    let between = |a: &Pos2, b: &Pos2, share: f32| *a + (*b - *a) * share;
    [
        between(start, end, from),
        between(start, end, to),
        between(start_below, end_below, to),
        between(start_below, end_below, from),
    ]
}

/// How wide a character is beside others, as in most fonts.
fn width(c: char) -> f32 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' | ' ' => 0.5,
        'm' | 'w' | 'M' | 'W' => 1.5,
        c if ('\u{2e80}'..='\u{d7ff}').contains(&c) || ('\u{f900}'..='\u{ffef}').contains(&c) => 1.8,
        c if c.is_uppercase() => 1.2,
        _ => 1.0,
    }
}

/// The word at a point, or the nearest one.
pub(super) fn nearest(words: &[Word], at: Pos2) -> Option<usize> {
    let distance = |word: &Word| {
        let [a, b, c, d] = word.corners;
        let center = ((a.to_vec2() + b.to_vec2() + c.to_vec2() + d.to_vec2()) / 4.0).to_pos2();
        // Along the line and across it: within the word both are nothing.
        let beyond = |to: Vec2| ((at - center).dot(to.normalized()).abs() - to.length() / 2.0).max(0.0);
        // Across counts more, so that a drag stays in its line.
        beyond(b - a) + 2.0 * beyond(d - a)
    };
    let distances = words.iter().map(distance).enumerate();
    distances.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(number, _)| number)
}

/// The text of the words from one to another: a line's words with what stands between them, lines one below the other.
pub(super) fn text_of(lines: &[TextLine], words: &[Word], selected: Range<usize>) -> String {
    let mut text = String::new();
    let mut last: Option<&Word> = None;
    for word in words.get(selected).unwrap_or_default() {
        let Some(line) = lines.get(word.line).map(|line| line.text.as_str()) else {
            continue;
        };
        match last {
            Some(before) if before.line == word.line => {
                text.push_str(line.get(before.range.end..word.range.start).unwrap_or(" "));
            }
            Some(_) => text.push('\n'),
            None => {}
        }
        text.push_str(line.get(word.range.clone()).unwrap_or_default());
        last = Some(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    fn line(text: &str, top: f32, turns: u8) -> TextLine {
        TextLine {
            corners: [[0.0, top], [1.0, top], [1.0, top + 0.1], [0.0, top + 0.1]],
            turns,
            confidence: 1.0,
            text: text.to_owned(),
        }
    }

    fn photo() -> Rect {
        Rect::from_min_size(pos2(100.0, 0.0), vec2(200.0, 100.0))
    }

    #[test]
    fn words_stand_one_after_the_other_along_their_line() {
        let lines = [line("ab  cd", 0.0, 0), line("", 0.2, 0), line("über", 0.5, 0)];
        let words = words(&lines, photo());
        let ranges: Vec<_> = words.iter().map(|word| (word.line, word.range.clone())).collect();
        assert_eq!(ranges, [(0, 0..2), (0, 4..6), (2, 0..5)]);
        assert_eq!(words[0].corners[0], pos2(100.0, 0.0));
        assert!((words[1].corners[1].x - 300.0).abs() < 0.01 && words[1].corners[0].x > words[0].corners[1].x);
        let (last, expected) = (
            around(&words[2].corners),
            Rect::from_min_max(pos2(100.0, 50.0), pos2(300.0, 60.0)),
        );
        let apart = (last.min - expected.min).length() + (last.max - expected.max).length();
        assert!(apart < 0.01, "{last:?}");
    }

    #[test]
    fn text_that_stands_upside_down_begins_at_its_own_beginning() {
        let words = words(&[line("ab cd", 0.0, 2)], photo());
        assert!(words[0].corners[0].x > words[1].corners[0].x);
        assert_eq!(words[0].corners[0], pos2(300.0, 10.0));
    }

    #[test]
    fn a_point_means_the_nearest_word_and_its_line_before_others() {
        let lines = [line("one two", 0.0, 0), line("three", 0.2, 0)];
        let words = words(&lines, photo());
        assert_eq!(nearest(&words, pos2(110.0, 5.0)), Some(0));
        assert_eq!(nearest(&words, pos2(290.0, 8.0)), Some(1));
        assert_eq!(nearest(&words, pos2(400.0, 26.0)), Some(2));
        assert_eq!(nearest(&[], pos2(0.0, 0.0)), None);
    }

    #[test]
    fn what_is_copied_keeps_lines_and_what_stands_between_words() {
        let lines = [line("one  two", 0.0, 0), line("three four", 0.2, 0)];
        let words = words(&lines, photo());
        assert_eq!(text_of(&lines, &words, 0..3), "one  two\nthree");
        assert_eq!(text_of(&lines, &words, 1..2), "two");
        assert_eq!(text_of(&lines, &words, 0..9), "");
    }
}
