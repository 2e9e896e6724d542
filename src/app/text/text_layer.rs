//! The words of the large photo: a thin frame around each line; words are selected with the pointer as in a text, and copied.

use std::ops::Range;

use eframe::egui::{Color32, Context, CursorIcon, Id, PointerButton, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo};

use refocus_engine::{PhotoRow, TextLine};

use crate::app::design_tokens::Tokens;
use crate::app::view::View;

use super::word_places::{Word, around, line_corners, nearest, text_of, words};

/// Which words are selected.
#[derive(Debug, Default)]
pub(in crate::app) struct TextLayer {
    /// The word at which the selection began and the one at which it ends, both part of it.
    selected: Option<(usize, usize)>,
}

fn line_id(number: usize) -> Id {
    Id::unique(("line of text", number))
}

impl TextLayer {
    /// The lines that are shown; none while the layer is off.
    fn lines<'a>(view: &View, photo: &'a PhotoRow) -> &'a [TextLine] {
        let read = photo.extras.text.as_deref().filter(|_| view.words_shown);
        read.map_or(&[], |read| &read.lines)
    }

    /// Whether a line has the keyboard.
    pub(in crate::app) fn has_keyboard(&self, ctx: &Context, view: &View, photo: &PhotoRow) -> bool {
        let focused = ctx.memory(|memory| memory.focused());
        let lines = Self::lines(view, photo).len();
        focused.is_some_and(|focused| (0..lines).any(|number| line_id(number) == focused))
    }

    /// Draws the words of a photo that stands in `photo_rect` on screen. Returns the text that is selected.
    pub(in crate::app) fn ui(
        &mut self,
        ui: &mut Ui,
        view: &View,
        photo: &PhotoRow,
        photo_rect: Rect,
    ) -> Option<String> {
        let lines = Self::lines(view, photo);
        if lines.is_empty() {
            self.selected = None;
            return None;
        }
        let words = words(lines, photo_rect);
        for (number, line) in lines.iter().enumerate() {
            self.line(ui, number, line, &words, photo_rect);
        }
        let selected = self.range(words.len());
        let accent = Tokens::of(ui).accent;
        for word in words.get(selected.clone()).unwrap_or_default() {
            let fill = accent.gamma_multiply(0.45);
            ui.painter()
                .add(Shape::convex_polygon(word.corners.to_vec(), fill, Stroke::NONE));
        }
        (!selected.is_empty()).then(|| text_of(lines, &words, selected))
    }

    fn line(&mut self, ui: &mut Ui, number: usize, line: &TextLine, words: &[Word], photo_rect: Rect) {
        let corners = line_corners(line, photo_rect);
        let response = ui.interact(around(&corners), line_id(number), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &line.text));
        let at = response.interact_pointer_pos().and_then(|at| nearest(words, at));
        let of_line = || {
            let mut places = words.iter().enumerate().filter(|(_, word)| word.line == number);
            let first = places.next()?.0;
            Some((first, places.next_back().map_or(first, |(last, _)| last)))
        };
        if response.double_clicked() {
            self.selected = of_line();
        } else if response.drag_started_by(PointerButton::Primary) || response.clicked() {
            let keyboard = at.is_none() || response.has_focus() && !response.contains_pointer();
            self.selected = if keyboard {
                of_line()
            } else {
                at.map(|word| (word, word))
            };
        } else if response.dragged_by(PointerButton::Primary)
            && let (Some((_, end)), Some(at)) = (&mut self.selected, at)
        {
            *end = at;
        }
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Text);
        }
        let lively = response.hovered() || response.has_focus();
        frame(ui, &corners, lively);
    }

    /// The selected words.
    fn range(&self, words: usize) -> Range<usize> {
        match self.selected {
            Some((one, other)) if one.max(other) < words => one.min(other)..one.max(other) + 1,
            _ => 0..0,
        }
    }
}

/// A thin line that is seen on light and dark.
fn frame(ui: &Ui, corners: &[eframe::egui::Pos2; 4], lively: bool) {
    let (width, alpha) = if lively { (1.5, 255) } else { (1.0, 150) };
    for (width, color) in [
        (width + 1.5, Color32::from_black_alpha(90)),
        (width, Color32::from_white_alpha(alpha)),
    ] {
        ui.painter()
            .add(Shape::closed_line(corners.to_vec(), Stroke::new(width, color)));
    }
}
