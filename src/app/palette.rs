//! The list of all commands, searched by a few letters, and the page of shortcuts.

use eframe::egui::{self, Align2, Context, Grid, Id, Key, Modifiers, RichText, ScrollArea, TextEdit, Window, vec2};

use super::action::Action;
use super::clean_up;
use super::commands::{self, MOVEMENT, NEW, TABLE, UiCommand};
use super::design_tokens::{Tokens, space, text};
use super::people;
use super::photo_compare;
use super::typeface::semibold;
use super::view::View;

/// What is typed into the palette, and the command that Enter would run.
#[derive(Debug, Default)]
struct Query {
    query: String,
    chosen: usize,
}

/// The palette, open or not.
#[derive(Debug, Default)]
pub(super) struct Palette {
    open: Option<Query>,
}

impl Palette {
    /// Opens it.
    pub(super) fn open(&mut self) {
        self.open = Some(Query::default());
    }

    /// Whether it is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Draws the palette, where it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let Some(mut palette) = self.open.take() else {
            return Vec::new();
        };
        let found = commands::matching(&palette.query, view.people.on);
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
                    .align(egui::Align2::LEFT_CENTER)
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
        if run.is_none() && !escape && !modal.should_close() {
            self.open = Some(palette);
        }
        run.into_iter().map(Action::Run).collect()
    }
}

/// Width of the page of shortcuts in points, with room for its longest line.
const HELP_WIDTH: f32 = 520.0;

/// The page of shortcuts. It has no state.
#[derive(Debug, Default)]
pub(super) struct HelpWindow;

impl HelpWindow {
    /// Draws the page, where it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        if !view.help {
            return Vec::new();
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
                let screen = ctx.content_rect();
                let height = screen.height() - 160.0;
                // A grid knows its width after the first frame only, and the window would be drawn too narrow until then.
                ui.set_width(HELP_WIDTH.min(screen.width() - 2.0 * space::LARGE));
                ScrollArea::both()
                    .auto_shrink([false, true])
                    .max_height(height)
                    .min_scrolled_height(height)
                    .show(ui, |ui| {
                        let key = |label: String| {
                            RichText::new(label)
                                .size(text::SMALL)
                                .monospace()
                                .color(tokens.text_weak)
                        };
                        let head = |words: &str| {
                            RichText::new(words)
                                .font(semibold(text::SMALL))
                                .strong()
                                .color(tokens.text_faint)
                        };
                        ui.label(head("NEW IN THIS VERSION"));
                        Grid::new("new")
                            .num_columns(2)
                            .spacing(vec2(48.0, 4.0))
                            .min_row_height(22.0)
                            .show(ui, |ui| {
                                for (command, does) in NEW {
                                    let shortcut = command.info().and_then(|info| info.shortcuts.first());
                                    ui.label(*does);
                                    ui.label(key(shortcut.map_or_else(String::new, |keys| ctx.format_shortcut(keys))));
                                    ui.end_row();
                                }
                            });
                        ui.add_space(space::MEDIUM);
                        ui.label(head("ALL SHORTCUTS"));
                        Grid::new("shortcuts")
                            .num_columns(2)
                            .spacing(vec2(48.0, 4.0))
                            .min_row_height(22.0)
                            .show(ui, |ui| {
                                let recognised = view.people.on;
                                for info in TABLE.iter().filter(|info| info.command.is_offered(recognised)) {
                                    if let Some(shortcut) = info.shortcuts.first() {
                                        ui.label(info.title.trim_end_matches('\u{2026}'));
                                        ui.label(key(ctx.format_shortcut(shortcut)));
                                        ui.end_row();
                                    }
                                }
                                let of_people = people::KEYS.iter().filter(|_| recognised);
                                for (keys, does) in MOVEMENT
                                    .iter()
                                    .chain([&photo_compare::KEYS])
                                    .chain(clean_up::KEYS)
                                    .chain(of_people)
                                {
                                    ui.label(*does);
                                    ui.label(key((*keys).to_owned()));
                                    ui.end_row();
                                }
                            });
                    });
            });
        if open {
            Vec::new()
        } else {
            vec![Action::Run(UiCommand::ShowHelp)]
        }
    }
}
