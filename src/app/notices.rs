//! Short lines at the lower edge. What answers the person goes by itself, also where the answer is that something typed or dropped is
//! of no use; what failed, was lost or needs the person stays until it is closed.

use eframe::egui::{self, Align2, Area, Color32, Context, Frame, Id, Label, Order, RichText, Ui, vec2};

use super::commands::UiCommand;
use super::controls::small_icon_button;
use super::design_tokens::{Tokens, radius, space, text};
use super::icons::Icon;

/// Seconds for which a line stays that goes by itself.
const STAYS: f64 = 7.0;

/// Most lines on screen at once.
const MOST: usize = 3;

/// Most lines that are kept.
const MOST_KEPT: usize = 50;

/// Widest line, and the room that is left beside a narrow window's lines, in points.
const WIDEST: f32 = 620.0;
const BESIDE: f32 = space::LARGE;

/// Side of the button that closes a line, in points.
const CLOSE: f32 = 24.0;

/// Room for a button with a word, in points.
const BUTTON: f32 = 80.0;

/// A line on screen.
#[derive(Debug)]
struct Line {
    text: String,
    /// Stays until it is closed.
    lasts: bool,
    /// When it was drawn first.
    since: Option<f64>,
    /// A command that belongs to it, and what its button says.
    button: Option<(&'static str, UiCommand)>,
}

/// The lines, oldest first.
#[derive(Debug, Default)]
pub(super) struct Notices {
    lines: Vec<Line>,
}

impl Notices {
    /// Adds a line that goes by itself; the same line is not shown twice at once.
    pub(super) fn add(&mut self, text: String) {
        self.put(text, false);
    }

    /// Adds a line that goes by itself, with a button for a command. Lines before it lose theirs: what they offer to undo is not the
    /// last step any more.
    pub(super) fn add_with_button(&mut self, text: String, button: Option<(&'static str, UiCommand)>) {
        for line in &mut self.lines {
            line.button = None;
        }
        self.put(text, false);
        if let Some(line) = self.lines.last_mut() {
            line.button = button;
        }
    }

    /// Adds a line that stays until it is closed: something failed or was lost, or the person has to do something.
    pub(super) fn add_lasting(&mut self, text: String) {
        self.put(text, true);
    }

    /// Takes a line away that is not true any more.
    pub(super) fn remove(&mut self, text: &str) {
        self.lines.retain(|line| line.text != text);
    }

    /// Closes the newest line that stays; returns whether there was one.
    pub(super) fn close_lasting(&mut self) -> bool {
        let newest = self.lines.iter().rposition(|line| line.lasts);
        newest.map(|place| self.lines.remove(place)).is_some()
    }

    fn put(&mut self, text: String, lasts: bool) {
        tracing::info!("{text}");
        let lasts = lasts || self.lines.iter().any(|line| line.lasts && line.text == text);
        self.remove(&text);
        let passing = self.lines.iter().filter(|line| !line.lasts).count();
        let too_many = if lasts {
            self.lines.len() >= MOST_KEPT
        } else {
            passing >= MOST
        };
        if too_many && let Some(oldest) = self.lines.iter().position(|line| !line.lasts || lasts) {
            self.lines.remove(oldest);
        }
        self.lines.push(Line {
            text,
            lasts,
            since: None,
            button: None,
        });
    }

    /// Draws the lines and lets old ones go; returns the command whose button was pressed.
    pub(super) fn show(&mut self, ctx: &Context) -> Option<UiCommand> {
        let now = ctx.input(|input| input.time);
        for line in &mut self.lines {
            line.since.get_or_insert(now);
        }
        self.lines
            .retain(|line| line.lasts || line.since.is_none_or(|since| now - since < STAYS));
        if self.lines.is_empty() {
            return None;
        }
        if self.lines.iter().any(|line| !line.lasts) {
            ctx.request_repaint_after_secs(1.0);
        }
        let older = self.lines.len().saturating_sub(MOST);
        let width = WIDEST.min(ctx.content_rect().width() - 2.0 * BESIDE);
        let (mut closed, mut pressed) = (None, None);
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -48.0))
            .show(ctx, |ui| {
                ui.set_max_width(width);
                for (index, line) in self.lines.iter().enumerate().skip(older) {
                    match draw(ui, line, width) {
                        Some(Pressed::Close) => closed = Some(index),
                        Some(Pressed::Button(command)) => (closed, pressed) = (Some(index), Some(command)),
                        None => {}
                    }
                }
                if older > 0 {
                    let plural = if older == 1 { "" } else { "s" };
                    let line = format!("{older} older message{plural}: close these first");
                    let tokens = Tokens::of(ui);
                    frame(ui, tokens.line).show(ui, |ui| {
                        ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_weak));
                    });
                }
            });
        if let Some(index) = closed {
            self.lines.remove(index);
        }
        pressed
    }
}

/// What was pressed on a line.
enum Pressed {
    Close,
    Button(UiCommand),
}

fn frame(ui: &Ui, stroke: Color32) -> Frame {
    Frame::new()
        .fill(Tokens::of(ui).floating)
        .stroke(egui::Stroke::new(1.0, stroke))
        .corner_radius(radius::CONTROL)
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(space::SMALL)
}

/// Draws a line of at most this width, its buttons beside the text.
fn draw(ui: &mut Ui, line: &Line, width: f32) -> Option<Pressed> {
    let tokens = Tokens::of(ui);
    let stroke = if line.lasts { tokens.warning } else { tokens.line };
    let for_button = if line.button.is_some() { BUTTON } else { 0.0 };
    let for_text = width - 2.0 * (space::SMALL + 1.0) - 2.0 * space::TINY - CLOSE - for_button;
    let drawn = frame(ui, stroke).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = space::TINY;
        ui.horizontal_top(|ui| {
            ui.add_space(space::TINY);
            ui.vertical(|ui| {
                ui.set_max_width(for_text);
                // In the middle of the button where it is a single line.
                ui.add_space(2.0);
                ui.add(Label::new(RichText::new(&line.text).color(tokens.text)).wrap());
            });
            let mut pressed = None;
            if let Some((label, command)) = line.button {
                let words = RichText::new(label).color(tokens.accent);
                let tooltip = command.tooltip(ui.ctx());
                ui.vertical(|ui| {
                    // On one line with the text.
                    ui.add_space(2.0);
                    ui.spacing_mut().interact_size.y = 0.0;
                    ui.spacing_mut().button_padding.y = 0.0;
                    if ui
                        .add(egui::Button::new(words).frame(false))
                        .on_hover_text(tooltip)
                        .clicked()
                    {
                        pressed = Some(Pressed::Button(command));
                    }
                });
            }
            if small_icon_button(ui, Icon::Cross, "Close this message").clicked() {
                pressed = Some(Pressed::Close);
            }
            pressed
        })
        .inner
    });
    drawn.inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(notices: &Notices) -> Vec<&str> {
        notices.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn the_newest_of_several_lines_alone_offers_to_undo() {
        let undo = Some(("Undo", UiCommand::UndoMove));
        let mut notices = Notices::default();
        notices.add_with_button("one".into(), undo);
        notices.add("between".into());
        notices.add_with_button("two".into(), undo);
        let offered: Vec<bool> = notices.lines.iter().map(|line| line.button.is_some()).collect();
        assert_eq!(
            (texts(&notices), offered),
            (vec!["one", "between", "two"], vec![false, false, true])
        );
        notices.add_with_button("undone".into(), None);
        assert!(
            notices.lines.iter().all(|line| line.button.is_none()),
            "what it would undo is undone"
        );
    }

    #[test]
    fn what_goes_by_itself_never_pushes_out_what_stays() {
        let mut notices = Notices::default();
        notices.add_lasting("failed".into());
        for number in 0..9 {
            notices.add(format!("{number}"));
        }
        assert_eq!(texts(&notices), ["failed", "6", "7", "8"]);
        notices.add("failed".into());
        assert_eq!(texts(&notices), ["6", "7", "8", "failed"]);
        assert!(notices.lines[3].lasts);
        for number in 0..MOST_KEPT + 9 {
            notices.add_lasting(format!("failed {number}"));
        }
        assert_eq!(notices.lines.len(), MOST_KEPT);
        notices.remove("failed 58");
        assert_eq!(notices.lines.len(), MOST_KEPT - 1);
    }
}
