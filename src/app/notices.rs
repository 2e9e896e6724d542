//! Short lines at the lower edge that go by themselves.

use eframe::egui::{self, Align2, Area, Context, Frame, Id, Order, RichText, vec2};

use super::controls::small_icon_button;
use super::design_tokens::{Tokens, radius, space};
use super::icons::Icon;

/// Seconds for which a line stays.
const STAYS: f64 = 7.0;

/// Most lines at once.
const MOST: usize = 3;

/// The lines on screen.
#[derive(Debug, Default)]
pub(super) struct Notices {
    lines: Vec<(String, Option<f64>)>,
}

impl Notices {
    /// Adds a line; the same line is not shown twice at once.
    pub(super) fn add(&mut self, text: String) {
        tracing::info!("{text}");
        self.lines.retain(|(other, _)| *other != text);
        self.lines.push((text, None));
        if self.lines.len() > MOST {
            self.lines.remove(0);
        }
    }

    /// Draws the lines and lets old ones go.
    pub(super) fn show(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        for (_, since) in &mut self.lines {
            since.get_or_insert(now);
        }
        self.lines
            .retain(|(_, since)| since.is_none_or(|since| now - since < STAYS));
        if self.lines.is_empty() {
            return;
        }
        ctx.request_repaint_after_secs(1.0);
        let mut closed = None;
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -48.0))
            .show(ctx, |ui| {
                let tokens = Tokens::of(ui);
                for (index, (text, _)) in self.lines.iter().enumerate() {
                    Frame::new()
                        .fill(tokens.floating)
                        .stroke(egui::Stroke::new(1.0, tokens.line))
                        .corner_radius(radius::CONTROL)
                        .shadow(ui.visuals().popup_shadow)
                        .inner_margin(space::SMALL)
                        .show(ui, |ui| {
                            ui.horizontal(|ui| {
                                ui.add_space(space::TINY);
                                ui.set_max_width(560.0);
                                ui.label(RichText::new(text).color(tokens.text));
                                if small_icon_button(ui, Icon::Cross, "Close this message").clicked() {
                                    closed = Some(index);
                                }
                            });
                        });
                }
            });
        if let Some(index) = closed {
            self.lines.remove(index);
        }
    }
}
