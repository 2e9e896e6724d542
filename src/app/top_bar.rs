//! What to rank by: focus, find, strength, view, and the ready-made focuses.

use eframe::egui::{self, Context, Frame, Id, Key, Margin, Modifiers, RichText, ScrollArea, Slider, Ui, vec2};

use refocus_engine::ViewKind;

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{ClearableField, chip, chip_icon_button, icon_button, segmented, slider};
use super::design_tokens::{Tokens, space, text};
use super::icons::Icon;
use super::view::View;

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

/// Least width of both fields, and the widths of the buttons at the right end and of the choice of a view, in points.
const FIELDS: f32 = 260.0;
const BUTTONS: f32 = 112.0;
const VIEWS: f32 = 210.0;

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

/// The bar over everything else.
#[derive(Debug, Default)]
pub(super) struct TopBar {
    /// Whether a field had the keyboard in the last frame.
    field_had_focus: bool,
    /// A used focus that was called back into the field, and what was typed before.
    recalled: Option<(usize, String)>,
}

impl TopBar {
    /// Draws the bar.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let before = &view.search.request.focus;
        let mut focus = before.clone();
        Frame::new()
            .inner_margin(Margin::symmetric(space::MEDIUM as i8, 10))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(space::SMALL, space::SMALL);
                fields(ui, view, &mut focus, &mut actions);
                chips(ui, view, &mut focus, &mut actions);
                understood(ui, view, &focus);
            });
        self.leave_field_by_key(ui.ctx(), view, &mut focus, &mut actions);
        if focus != *before {
            actions.push(Action::SetFocus(focus));
        }
        actions
    }

    /// Enter and the down arrow lead from a field to the photos.
    fn leave_field_by_key(&mut self, ctx: &Context, view: &View, focus: &mut String, actions: &mut Vec<Action>) {
        let in_field = ctx.memory(|memory| memory.has_focus(focus_field()) || memory.has_focus(find_field()));
        let entered = ctx.input(|input| input.key_pressed(Key::Enter));
        let left_by_enter = entered && ctx.memory(|memory| memory.focused().is_none()) && self.field_had_focus;
        if self.recall_by_keys(ctx, view, focus) {
            self.field_had_focus = in_field;
            return;
        }
        let down = in_field && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown));
        if down || left_by_enter || (in_field && entered) {
            ctx.memory_mut(|memory| {
                memory.surrender_focus(focus_field());
                memory.surrender_focus(find_field());
            });
            actions.push(Action::EnterGallery);
        }
        self.field_had_focus = in_field;
    }

    /// In the focus field the up arrow brings back focuses that were used, the down arrow leads back to what was typed;
    /// returns whether a key was taken.
    fn recall_by_keys(&mut self, ctx: &Context, view: &View, focus: &mut String) -> bool {
        if !ctx.memory(|memory| memory.has_focus(focus_field())) {
            self.recalled = None;
            return false;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let settings = &view.settings;
        let typed = match &self.recalled {
            Some((_, typed)) => typed.clone(),
            None => focus.clone(),
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
        *focus = match next.and_then(|next| used.get(next)) {
            Some(focus) => (*focus).clone(),
            None => typed.clone(),
        };
        self.recalled = next.map(|next| (next, typed));
        true
    }
}

fn fields(ui: &mut Ui, view: &View, focus: &mut String, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let ctx = ui.ctx().clone();
        let left = UiCommand::ToggleLeftPanel.tooltip(&ctx);
        if icon_button(ui, Icon::PanelLeft, &left, view.settings.left_panel).clicked() {
            actions.push(Action::Run(UiCommand::ToggleLeftPanel));
        }
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for (command, icon, forward) in [
                (UiCommand::GoBack, Icon::Back, false),
                (UiCommand::GoForward, Icon::Forward, true),
            ] {
                let usable = view.history.can_go(forward);
                ui.add_enabled_ui(usable, |ui| {
                    if icon_button(ui, icon, &command.tooltip(&ctx), false).clicked() {
                        actions.push(Action::Run(command));
                    }
                });
            }
        });
        // Everything to the right of the two fields has a fixed width. In a narrow window it is left out part by part: all of it is
        // among the commands as well.
        let wide = ui.available_width();
        let roomy = wide > ROOMY;
        let strength_width = if roomy { 146.0 } else { 88.0 };
        let with_buttons = wide >= FIELDS + BUTTONS;
        let with_views = wide >= FIELDS + BUTTONS + VIEWS;
        let with_strength = wide >= FIELDS + BUTTONS + VIEWS + strength_width;
        let parts = [
            (with_buttons, BUTTONS),
            (with_views, VIEWS),
            (with_strength, strength_width),
        ];
        let fixed: f32 = parts.iter().filter(|(shown, _)| *shown).map(|(_, width)| width).sum();
        let rest = (wide - fixed).max(FIELDS);
        let find_width = (rest * 0.36).clamp(104.0, 300.0);
        ClearableField {
            id: focus_field(),
            icon: Icon::Focus,
            name: "Focus",
            hint: "Focus on\u{2026} the colour of the clothes",
            width: rest - find_width - space::SMALL,
        }
        .show(ui, focus);
        let mut find = view.search.request.find.clone();
        ClearableField {
            id: find_field(),
            icon: Icon::Find,
            name: "Find",
            hint: "Find\u{2026} beach -people",
            width: find_width,
        }
        .show(ui, &mut find);
        if find != view.search.request.find {
            actions.push(Action::SetFind(find));
        }
        if with_strength {
            strength(ui, view, focus, roomy, actions);
        }
        let views = [
            (ViewKind::Grid, "Grid"),
            (ViewKind::Groups, "Groups"),
            (ViewKind::Compare, "Compare"),
        ];
        if with_views && let Some(kind) = segmented(ui, view.search.request.view, &views) {
            let command = match kind {
                ViewKind::Grid => UiCommand::ShowGrid,
                ViewKind::Groups => UiCommand::ShowGroups,
                ViewKind::Compare => UiCommand::ShowCompare,
            };
            actions.push(Action::Run(command));
        }
        if !with_buttons {
            return;
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let right = UiCommand::ToggleRightPanel.tooltip(&ctx);
            if icon_button(ui, Icon::PanelRight, &right, view.settings.right_panel).clicked() {
                actions.push(Action::Run(UiCommand::ToggleRightPanel));
            }
            let theme = format!(
                "{}: {}",
                UiCommand::NextTheme.tooltip(&ctx),
                view.settings.theme.label()
            );
            if icon_button(ui, Icon::Theme, &theme, false).clicked() {
                actions.push(Action::Run(UiCommand::NextTheme));
            }
            let help = UiCommand::ShowHelp.tooltip(&ctx);
            if icon_button(ui, Icon::Help, &help, view.help).clicked() {
                actions.push(Action::Run(UiCommand::ShowHelp));
            }
        });
    });
}

fn strength(ui: &mut Ui, view: &View, focus: &str, roomy: bool, actions: &mut Vec<Action>) {
    let usable = !focus.trim().is_empty();
    ui.add_enabled_ui(usable, |ui| {
        if roomy {
            let color = Tokens::of(ui).text_weak;
            ui.label(RichText::new("Strength").size(text::SMALL).color(color));
        }
        let mut strength = view.search.request.strength;
        let shown = strength * 100.0;
        let choice = Slider::new(&mut strength, 0.0..=1.0);
        let response = slider(ui, choice, if roomy { 84.0 } else { 70.0 })
            .accessible_name("Strength of the focus")
            .on_hover_text(format!(
                "Strength: {shown:.0} % \u{b7} 0 is plain similarity, 100 the focus alone"
            ))
            .on_disabled_hover_text("Type a focus first");
        if response.changed() {
            actions.push(Action::SetStrength(strength));
        }
    });
}

fn chips(ui: &mut Ui, view: &View, focus: &mut String, actions: &mut Vec<Action>) {
    ScrollArea::horizontal()
        .id_salt("focus chips")
        .auto_shrink([false, true])
        .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysHidden)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                pin_button(ui, view, focus, actions);
                for pinned in &view.settings.pinned {
                    focus_chip(ui, pinned, pinned, ChipKind::Pinned, focus, actions);
                }
                for (label, instruction) in FOCUSES {
                    focus_chip(ui, label, instruction, ChipKind::Ready, focus, actions);
                }
                for recent in view.settings.recent.iter().take(RECENT_SHOWN) {
                    focus_chip(ui, recent, recent, ChipKind::Recent, focus, actions);
                }
            });
        });
}

/// Pins the typed focus or takes the pin away.
fn pin_button(ui: &mut Ui, view: &View, focus: &str, actions: &mut Vec<Action>) {
    let focus = focus.trim();
    if focus.is_empty() || FOCUSES.iter().any(|(_, instruction)| *instruction == focus) {
        return;
    }
    let pinned = view.settings.pinned.iter().any(|other| other == focus);
    let name = if pinned {
        "Unpin this focus".to_owned()
    } else {
        UiCommand::PinFocus.tooltip(ui.ctx())
    };
    if chip_icon_button(ui, Icon::Pin, &name, pinned).clicked() {
        actions.push(Action::Run(UiCommand::PinFocus));
    }
}

fn focus_chip(
    ui: &mut Ui,
    label: &str,
    instruction: &str,
    kind: ChipKind,
    focus: &mut String,
    actions: &mut Vec<Action>,
) {
    let active = focus.trim() == instruction;
    let shown = shortened(label);
    let response = chip(ui, &shown, active).on_hover_text(match kind {
        ChipKind::Ready => format!("Focus on {instruction}"),
        ChipKind::Pinned => format!("Focus on {instruction} \u{b7} pinned, right click to unpin"),
        ChipKind::Recent => format!("Focus on {instruction} \u{b7} used before, right click to pin"),
    });
    if response.clicked() {
        *focus = if active { String::new() } else { instruction.to_owned() };
    }
    if kind == ChipKind::Ready {
        return;
    }
    response.context_menu(|ui| {
        let pin = if kind == ChipKind::Pinned { "Unpin" } else { "Pin" };
        if ui.button(pin).clicked() {
            actions.push(match kind {
                ChipKind::Pinned => Action::Unpin(instruction.to_owned()),
                ChipKind::Ready | ChipKind::Recent => Action::Pin(instruction.to_owned()),
            });
            ui.close();
        }
        if ui.button("Forget").clicked() {
            actions.push(Action::ForgetFocus(instruction.to_owned()));
            ui.close();
        }
    });
}

fn understood(ui: &mut Ui, view: &View, focus: &str) {
    let Some(results) = &view.search.results else {
        return;
    };
    let tokens = Tokens::of(ui);
    if let Some(understood) = &results.understood {
        ui.label(RichText::new(understood).size(text::SMALL).color(tokens.text_weak));
    }
    for notice in results.notice.iter().chain(&results.find_notice) {
        ui.label(RichText::new(notice).size(text::SMALL).color(tokens.warning));
    }
    if focus.trim().is_empty() || results.condition_words.is_empty() {
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

/// A focus as a chip shows it.
fn shortened(label: &str) -> String {
    if label.chars().count() <= CHIP_LETTERS {
        return label.to_owned();
    }
    let mut shown: String = label.chars().take(CHIP_LETTERS - 1).collect();
    shown.push('\u{2026}');
    shown
}
