//! The list of all commands, searched by a few letters, and the page of shortcuts.

use eframe::egui::{self, Align2, Context, Grid, Id, Key, Modifiers, RichText, ScrollArea, TextEdit, Window, vec2};

use super::application::RefocusApp;
use super::commands::{self, MOVEMENT, TABLE};
use super::design_tokens::{Tokens, space, text};

/// The open palette.
#[derive(Debug, Default)]
pub(super) struct Palette {
    query: String,
    chosen: usize,
}

impl RefocusApp {
    /// Draws the palette, where it is open.
    pub(super) fn palette_window(&mut self, ctx: &Context) {
        let Some(mut palette) = self.palette.take() else {
            return;
        };
        let found = commands::matching(&palette.query);
        let (up, down, enter, escape) = ctx.input_mut(|input| {
            (
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
                input.consume_key(Modifiers::NONE, Key::Enter),
                input.consume_key(Modifiers::NONE, Key::Escape),
            )
        });
        let last = found.len().saturating_sub(1);
        if up {
            palette.chosen = palette.chosen.saturating_sub(1);
        }
        if down {
            palette.chosen += 1;
        }
        palette.chosen = palette.chosen.min(last);
        let mut run = enter
            .then(|| found.get(palette.chosen))
            .flatten()
            .map(|info| info.command);
        let modal = egui::Modal::new(Id::unique("palette"))
            .area(egui::Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0)))
            .show(ctx, |ui| {
                ui.set_width(480.0);
                let tokens = Tokens::of(ui);
                let field = TextEdit::singleline(&mut palette.query)
                    .id(Id::unique("palette field"))
                    .hint_text("Type a command")
                    .margin(egui::Margin::symmetric(10, 8))
                    .desired_width(f32::INFINITY);
                let response = ui.add(field).accessible_name("Command");
                if !response.has_focus() {
                    response.request_focus();
                }
                if response.changed() {
                    palette.chosen = 0;
                }
                ui.add_space(space::TINY);
                ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    for (index, info) in found.iter().enumerate() {
                        let chosen = index == palette.chosen;
                        let mut button =
                            egui::Button::selectable(chosen, info.title).min_size(vec2(ui.available_width(), 30.0));
                        if let Some(shortcut) = info.shortcuts.first() {
                            button = button.shortcut_text(ctx.format_shortcut(shortcut));
                        }
                        let response = ui.add(button);
                        if chosen && (up || down) {
                            response.scroll_to_me(None);
                        }
                        if response.clicked() {
                            run = Some(info.command);
                        }
                    }
                    if found.is_empty() {
                        ui.label(RichText::new("No command has these letters").color(tokens.text_faint));
                    }
                });
            });
        if let Some(command) = run {
            self.run_command(ctx, command);
        } else if !escape && !modal.should_close() {
            self.palette = Some(palette);
        }
    }

    /// Draws the page of shortcuts, where it is open.
    pub(super) fn help_window(&mut self, ctx: &Context) {
        if !self.panels.help {
            return;
        }
        let mut open = true;
        Window::new("Keyboard shortcuts")
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
            .show(ctx, |ui| {
                let tokens = Tokens::of(ui);
                ui.spacing_mut().interact_size.y = 22.0;
                let height = ctx.content_rect().height() - 160.0;
                ScrollArea::vertical()
                    .max_height(height)
                    .min_scrolled_height(height)
                    .show(ui, |ui| {
                        let key = |label: String| {
                            RichText::new(label)
                                .size(text::SMALL)
                                .monospace()
                                .color(tokens.text_weak)
                        };
                        Grid::new("shortcuts")
                            .num_columns(2)
                            .spacing(vec2(48.0, 4.0))
                            .min_row_height(22.0)
                            .show(ui, |ui| {
                                for info in TABLE {
                                    if let Some(shortcut) = info.shortcuts.first() {
                                        ui.label(info.title.trim_end_matches('\u{2026}'));
                                        ui.label(key(ctx.format_shortcut(shortcut)));
                                        ui.end_row();
                                    }
                                }
                                for (keys, does) in MOVEMENT {
                                    ui.label(*does);
                                    ui.label(key((*keys).to_owned()));
                                    ui.end_row();
                                }
                            });
                    });
            });
        self.panels.help = open;
    }
}
