//! The offer of a crash report: what happened, what is in it, and what a person may want to do with it.

use std::path::PathBuf;

use eframe::egui::{self, Context, RichText, ScrollArea, TextEdit, Window, vec2};

use super::action::Action;
use super::design_tokens::{Tokens, space, text};
use super::elsewhere::Outward;

/// A report that the last crash left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashReport {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// The window, while there is a report to offer.
#[derive(Debug, Default)]
pub(super) struct CrashWindow {
    report: Option<CrashReport>,
}

impl CrashWindow {
    /// The offer of a report.
    pub(super) fn new(report: Option<CrashReport>) -> Self {
        Self { report }
    }

    /// Draws the offer, where there is one.
    pub(super) fn ui(&mut self, ctx: &Context) -> Vec<Action> {
        let mut actions = Vec::new();
        let Some(report) = &self.report else {
            return actions;
        };
        let (mut open, mut close) = (true, false);
        Window::new("Refocus stopped unexpectedly last time")
            .open(&mut open)
            .collapsible(false)
            .default_size(vec2(640.0, 420.0))
            .pivot(egui::Align2::CENTER_CENTER)
            .default_pos(ctx.content_rect().center())
            .show(ctx, |ui| {
                let tokens = Tokens::of(ui);
                ui.label("Your library is safe. A report was written on this computer; nothing was sent anywhere.");
                let line = "It names the version, where the program stopped and the last lines of its log, and no files of yours.";
                ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_weak));
                ui.add_space(space::SMALL);
                ui.horizontal(|ui| {
                    if ui.button("Copy report").clicked() {
                        ui.ctx().copy_text(report.text.clone());
                    }
                    if ui.button("Reveal report").clicked() {
                        actions.push(Action::Show(Outward::Reveal(report.path.clone())));
                    }
                    close = ui.button("Close").clicked();
                });
                ui.separator();
                ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                    let mut shown = report.text.as_str();
                    ui.add(TextEdit::multiline(&mut shown).code_editor().desired_width(f32::INFINITY))
                        .on_hover_text("The report");
                });
            });
        if close || !open {
            self.report = None;
        }
        actions
    }
}
