//! The keywords of a photo, level by level: a click shows the photos that have the same.

use eframe::egui::{self, Label, Link, RichText, Sense, Ui, vec2};

use refocus_engine::Filter;
use refocus_media::tags::{LEVEL, keyword_levels};

use super::action::Action;
use super::design_tokens::{Tokens, font, text};
use super::filter_panel::LONGEST_KEYWORDS;

/// Keywords that are shown, at most; how many more there are is told.
const SHOWN: usize = 40;

/// Between the levels of a keyword on the screen.
const BETWEEN: &str = "\u{203a}";

/// Draws the keywords of a photo.
pub(super) fn ui(ui: &mut Ui, keywords: &[String], filter: &Filter, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(64.0, 18.0), Sense::hover());
        let painter = ui.painter();
        let left = egui::Align2::LEFT_CENTER;
        painter.text(
            rect.left_center(),
            left,
            "Keywords",
            font(text::SMALL),
            tokens.text_faint,
        );
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
            for (number, keyword) in keywords.iter().take(SHOWN).enumerate() {
                if number > 0 {
                    ui.label(RichText::new("\u{b7}").size(13.0).color(tokens.text_faint));
                }
                for (depth, level) in keyword_levels(keyword).enumerate() {
                    if depth > 0 {
                        ui.label(RichText::new(BETWEEN).size(13.0).color(tokens.text_faint));
                    }
                    if level_link(ui, level, tokens).clicked() {
                        let filter = Filter {
                            keywords: with_level(&filter.keywords, level),
                            ..filter.clone()
                        };
                        actions.push(Action::SetFilter(Box::new(filter)));
                    }
                }
            }
            let more = keywords.len().saturating_sub(SHOWN);
            if more > 0 {
                let line = format!("and {more} more");
                ui.add(Label::new(RichText::new(line).size(13.0).color(tokens.text_faint)));
            }
        });
    });
}

fn level_link(ui: &mut Ui, level: &str, tokens: &Tokens) -> egui::Response {
    ui.add(Link::new(RichText::new(level).size(13.0).color(tokens.text)))
        .on_hover_text(format!("Only photos with {level} written in them, or all again"))
}

/// A keyword or another text with its levels as they are shown.
pub(super) fn readable(text: &str) -> String {
    let between = format!(" {BETWEEN} ");
    let levels: Vec<&str> = text.split(LEVEL).map(str::trim).collect();
    levels.join(&between)
}

/// What is asked of the words written in photos, with a level more; or without it, where it is asked for already.
fn with_level(wanted: &str, level: &str) -> String {
    // In quotation marks it is a whole word, or several in their order.
    let quoted = format!("\"{}\"", level.replace('"', " ").trim());
    let wanted = wanted.trim();
    if wanted.contains(&quoted) {
        let left = wanted.replace(&quoted, " ");
        return left.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let both = format!("{wanted} {quoted}");
    if both.chars().count() > LONGEST_KEYWORDS {
        return quoted;
    }
    both.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_asked_for_whole_and_a_second_click_takes_it_away() {
        let once = with_level("", "New Town");
        assert_eq!(once, "\"New Town\"");
        let twice = with_level(&once, "sea");
        assert_eq!(twice, "\"New Town\" \"sea\"");
        assert_eq!(with_level(&twice, "New Town"), "\"sea\"");
        assert_eq!(
            with_level(&twice, &"x".repeat(190)).len(),
            192,
            "what does not fit takes the place of the rest"
        );
        assert_eq!(with_level("", "the \"old\" one"), "\"the  old  one\"");
    }

    #[test]
    fn levels_are_shown_with_signs_between_them() {
        assert_eq!(readable("Europe|Norway| Oslo"), "Europe \u{203a} Norway \u{203a} Oslo");
        assert_eq!(readable("sea"), "sea");
    }
}
