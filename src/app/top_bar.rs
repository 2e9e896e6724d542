//! What to rank by: focus, find, strength, view, and the ready-made focuses.

use eframe::egui::{self, Context, Frame, Id, Key, Margin, Modifiers, RichText, ScrollArea, Slider, Ui, vec2};

use refocus_engine::ViewKind;

use super::application::RefocusApp;
use super::commands::UiCommand;
use super::controls::{ClearableField, chip, chip_icon_button, icon_button, segmented, slider};
use super::design_tokens::{Tokens, space, text};
use super::icons::Icon;

/// Ready-made focuses: label and instruction.
pub(super) const FOCUSES: [(&str, &str); 9] = [
    ("Subject", "the main subject"),
    ("Colour", "the colour of the object"),
    ("Place", "the place"),
    ("Light", "the light"),
    ("Style", "the artistic style"),
    ("People", "the people"),
    ("Season", "the season"),
    ("Texture", "the texture"),
    ("Composition", "the composition"),
];

/// Width of the bar from which the slider has its label, in points.
const ROOMY: f32 = 960.0;

/// Most used focuses that are shown as chips, and most letters of a chip.
const RECENT_SHOWN: usize = 8;
const CHIP_LETTERS: usize = 32;

/// Where the focus of a chip comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChipKind {
    Ready,
    Pinned,
    Recent,
}

/// Most condition words that are listed.
const WORDS_SHOWN: usize = 12;

/// Identity of the focus field.
pub(super) fn focus_field() -> Id {
    Id::unique("focus field")
}

/// Identity of the find field.
pub(super) fn find_field() -> Id {
    Id::unique("find field")
}

impl RefocusApp {
    /// Draws the bar.
    pub(super) fn top_bar(&mut self, ui: &mut Ui) {
        Frame::new()
            .inner_margin(Margin::symmetric(space::MEDIUM as i8, 10))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(space::SMALL, space::SMALL);
                self.fields(ui);
                self.chips(ui);
                self.understood(ui);
            });
        self.leave_field_by_key(ui.ctx());
    }

    fn fields(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let ctx = ui.ctx().clone();
            let left = UiCommand::ToggleLeftPanel.tooltip(&ctx);
            if icon_button(ui, Icon::PanelLeft, &left, self.panels.left).clicked() {
                self.run_command(&ctx, UiCommand::ToggleLeftPanel);
            }
            ui.scope(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                for (command, icon, forward) in [
                    (UiCommand::GoBack, Icon::Back, false),
                    (UiCommand::GoForward, Icon::Forward, true),
                ] {
                    let usable = self.history.can_go(forward);
                    ui.add_enabled_ui(usable, |ui| {
                        if icon_button(ui, icon, &command.tooltip(&ctx), false).clicked() {
                            self.run_command(&ctx, command);
                        }
                    });
                }
            });
            // Everything to the right of the two fields has a fixed width.
            let roomy = ui.available_width() > ROOMY;
            let fixed = if roomy { 468.0 } else { 410.0 };
            let rest = (ui.available_width() - fixed).max(260.0);
            let find_width = (rest * 0.36).clamp(104.0, 300.0);
            ClearableField {
                id: focus_field(),
                icon: Icon::Focus,
                name: "Focus",
                hint: "Focus on\u{2026} the colour of the clothes",
                width: rest - find_width - space::SMALL,
            }
            .show(ui, &mut self.search.request.focus);
            ClearableField {
                id: find_field(),
                icon: Icon::Find,
                name: "Find",
                hint: "Find\u{2026} beach -people",
                width: find_width,
            }
            .show(ui, &mut self.search.request.find);
            self.strength(ui, roomy);
            let views = [
                (ViewKind::Grid, "Grid"),
                (ViewKind::Groups, "Groups"),
                (ViewKind::Compare, "Compare"),
            ];
            if let Some(view) = segmented(ui, self.search.request.view, &views) {
                let command = match view {
                    ViewKind::Grid => UiCommand::ShowGrid,
                    ViewKind::Groups => UiCommand::ShowGroups,
                    ViewKind::Compare => UiCommand::ShowCompare,
                };
                self.run_command(&ctx, command);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                let right = UiCommand::ToggleRightPanel.tooltip(&ctx);
                if icon_button(ui, Icon::PanelRight, &right, self.panels.right).clicked() {
                    self.run_command(&ctx, UiCommand::ToggleRightPanel);
                }
                let theme = format!("{}: {}", UiCommand::NextTheme.tooltip(&ctx), self.theme.label());
                if icon_button(ui, Icon::Theme, &theme, false).clicked() {
                    self.run_command(&ctx, UiCommand::NextTheme);
                }
                let help = UiCommand::ShowHelp.tooltip(&ctx);
                if icon_button(ui, Icon::Help, &help, self.panels.help).clicked() {
                    self.run_command(&ctx, UiCommand::ShowHelp);
                }
            });
        });
    }

    fn strength(&mut self, ui: &mut Ui, roomy: bool) {
        let usable = !self.search.request.focus.trim().is_empty();
        ui.add_enabled_ui(usable, |ui| {
            if roomy {
                let color = Tokens::of(ui).text_weak;
                ui.label(RichText::new("Strength").size(text::SMALL).color(color));
            }
            let strength = Slider::new(&mut self.search.request.strength, 0.0..=1.0);
            slider(ui, strength, if roomy { 84.0 } else { 70.0 })
                .accessible_name("Strength of the focus")
                .on_hover_text(format!(
                    "Strength: {:.0} % \u{b7} 0 is plain similarity, 100 the focus alone",
                    self.search.request.strength * 100.0
                ))
                .on_disabled_hover_text("Type a focus first");
        });
    }

    fn chips(&mut self, ui: &mut Ui) {
        ScrollArea::horizontal()
            .id_salt("focus chips")
            .auto_shrink([false, true])
            .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysHidden)
            .show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    self.pin_button(ui);
                    for focus in self.settings.pinned.clone() {
                        self.focus_chip(ui, &focus, &focus, ChipKind::Pinned);
                    }
                    for (label, instruction) in FOCUSES {
                        self.focus_chip(ui, label, instruction, ChipKind::Ready);
                    }
                    for focus in self
                        .settings
                        .recent
                        .iter()
                        .take(RECENT_SHOWN)
                        .cloned()
                        .collect::<Vec<_>>()
                    {
                        self.focus_chip(ui, &focus, &focus, ChipKind::Recent);
                    }
                });
            });
    }

    /// Pins the typed focus or takes the pin away.
    fn pin_button(&mut self, ui: &mut Ui) {
        let focus = self.search.request.focus.trim();
        if focus.is_empty() || FOCUSES.iter().any(|(_, instruction)| *instruction == focus) {
            return;
        }
        let ctx = ui.ctx().clone();
        let pinned = self.settings.pinned.iter().any(|other| other == focus);
        let name = if pinned {
            "Unpin this focus".to_owned()
        } else {
            UiCommand::PinFocus.tooltip(&ctx)
        };
        if chip_icon_button(ui, Icon::Pin, &name, pinned).clicked() {
            self.run_command(&ctx, UiCommand::PinFocus);
        }
    }

    fn focus_chip(&mut self, ui: &mut Ui, label: &str, instruction: &str, kind: ChipKind) {
        let active = self.search.request.focus.trim() == instruction;
        let shown = shortened(label);
        let response = chip(ui, &shown, active).on_hover_text(match kind {
            ChipKind::Ready => format!("Focus on {instruction}"),
            ChipKind::Pinned => format!("Focus on {instruction} \u{b7} pinned, right click to unpin"),
            ChipKind::Recent => format!("Focus on {instruction} \u{b7} used before, right click to pin"),
        });
        if response.clicked() {
            self.search.request.focus = if active { String::new() } else { instruction.to_owned() };
        }
        if kind == ChipKind::Ready {
            return;
        }
        response.context_menu(|ui| {
            let pin = if kind == ChipKind::Pinned { "Unpin" } else { "Pin" };
            if ui.button(pin).clicked() {
                self.settings.recent.retain(|other| other != instruction);
                if kind == ChipKind::Pinned {
                    self.settings.pinned.retain(|other| other != instruction);
                    self.settings.recent.insert(0, instruction.to_owned());
                } else {
                    self.settings.pinned.push(instruction.to_owned());
                }
                ui.close();
            }
            if ui.button("Forget").clicked() {
                self.settings.pinned.retain(|other| other != instruction);
                self.settings.recent.retain(|other| other != instruction);
                ui.close();
            }
        });
    }

    fn understood(&self, ui: &mut Ui) {
        let Some(results) = &self.search.results else {
            return;
        };
        let tokens = Tokens::of(ui);
        if let Some(notice) = &results.notice {
            ui.label(RichText::new(notice).size(text::SMALL).color(tokens.warning));
        }
        if self.search.request.focus.trim().is_empty() || results.condition_words.is_empty() {
            return;
        }
        let shown: Vec<&str> = results
            .condition_words
            .iter()
            .take(WORDS_SHOWN)
            .map(String::as_str)
            .collect();
        let more = results.condition_words.len().saturating_sub(shown.len());
        let tail = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let line = format!("understood as: {}{tail}", shown.join(", "));
        let response = super::controls::one_line(ui, RichText::new(line).size(text::SMALL).color(tokens.text_faint));
        if more > 0 {
            response.on_hover_text(results.condition_words.join(", "));
        }
    }

    /// Enter and the down arrow lead from a field to the photos.
    fn leave_field_by_key(&mut self, ctx: &Context) {
        let in_field = ctx.memory(|memory| memory.has_focus(focus_field()) || memory.has_focus(find_field()));
        let entered = ctx.input(|input| input.key_pressed(Key::Enter));
        let left_by_enter = entered && ctx.memory(|memory| memory.focused().is_none()) && self.field_had_focus;
        if self.recall_by_keys(ctx) {
            self.field_had_focus = in_field;
            return;
        }
        let down = in_field && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown));
        if down || left_by_enter || (in_field && entered) {
            ctx.memory_mut(|memory| {
                memory.surrender_focus(focus_field());
                memory.surrender_focus(find_field());
            });
            self.enter_gallery();
        }
        self.field_had_focus = in_field;
    }

    /// In the focus field the up arrow brings back focuses that were used, the down arrow leads back to what was typed;
    /// returns whether a key was taken.
    fn recall_by_keys(&mut self, ctx: &Context) -> bool {
        if !ctx.memory(|memory| memory.has_focus(focus_field())) {
            self.recalled = None;
            return false;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let settings = &self.settings;
        let typed = match &self.recalled {
            Some((_, typed)) => typed.clone(),
            None => self.search.request.focus.clone(),
        };
        let used: Vec<&String> = settings.recent.iter().chain(settings.pinned.iter()).collect();
        let at = self.recalled.as_ref().map(|(at, _)| *at);
        let next = if pressed(Key::ArrowUp) {
            let next = at.map_or(0, |at| at + 1).min(used.len().saturating_sub(1));
            Some(next).filter(|_| !used.is_empty())
        } else if at.is_some() && pressed(Key::ArrowDown) {
            at.and_then(|at| at.checked_sub(1))
        } else {
            return false;
        };
        self.search.request.focus = match next.and_then(|next| used.get(next)) {
            Some(focus) => (*focus).clone(),
            None => typed.clone(),
        };
        self.recalled = next.map(|next| (next, typed));
        true
    }

    /// Lets the view follow the search until the person chooses one: photos stand in groups where there is a focus
    /// and nothing to compare with.
    pub(super) fn update_view(&mut self) {
        let request = &mut self.search.request;
        let only_focus =
            !request.focus.trim().is_empty() && request.references.is_empty() && request.find.trim().is_empty();
        request.view = match self.view_choice {
            Some(view) => view,
            None if only_focus => ViewKind::Groups,
            None => ViewKind::Grid,
        };
        request.compare.clear();
        if request.view == ViewKind::Compare {
            request.compare.extend(self.compare.focuses.iter().cloned());
        }
    }
}

/// A focus as a chip shows it.
fn shortened(label: &str) -> String {
    if label.chars().count() <= CHIP_LETTERS {
        return label.to_owned();
    }
    let mut shown: String = label.chars().take(CHIP_LETTERS - 1).collect();
    shown.push('\u{2026}');
    shown
}
