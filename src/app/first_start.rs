//! The first screen: what the program does, and the three ways to give it photos.

use eframe::egui::{
    self, Align, Align2, CentralPanel, Frame, Layout, Rect, RichText, Stroke, StrokeKind, Ui, UiBuilder, vec2,
};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::primary_button;
use super::design_tokens::{Tokens, radius, space, text};
use super::focus_pictures::{self, FocusPictures};
use super::icons::{Icon, paint_mark};
use super::typeface::{medium, semibold};

/// Height of the drop target, points: with the pictures that show what a focus is, and without them.
const HEIGHT: (f32, f32) = (500.0, 400.0);

/// The screen.
#[derive(Debug, Default)]
pub(super) struct FirstStart {
    pictures: FocusPictures,
}

impl FirstStart {
    /// Draws the screen.
    pub(super) fn ui(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        let ctx = ui.ctx().clone();
        let tokens = Tokens::of(ui);
        CentralPanel::no_frame()
            .frame(Frame::new().fill(tokens.canvas))
            .show(ui, |ui| {
                let all = ui.max_rect();
                let room = vec2(all.width() - 2.0 * space::HUGE, all.height() - 2.0 * space::HUGE);
                let pictures = room.y >= HEIGHT.0 && room.x >= focus_pictures::size().x + 2.0 * space::HUGE;
                let height = if pictures { HEIGHT.0 } else { HEIGHT.1 };
                let size = vec2(room.x.min(640.0), room.y.min(height));
                let target = Rect::from_center_size(all.center(), size);
                let dropping = ctx.input(|input| !input.raw.hovered_files.is_empty());
                let (fill, line) = if dropping {
                    (tokens.accent_wash, tokens.accent)
                } else {
                    (tokens.panel, tokens.line)
                };
                ui.painter().rect_filled(target, radius::WINDOW + 8, fill);
                dashed_frame(ui, target, Stroke::new(if dropping { 2.5 } else { 1.5 }, line));
                paint_mark(ui.painter(), target.center_top() + vec2(0.0, 60.0), 56.0);
                let mut inner = ui.new_child(
                    UiBuilder::new()
                        .max_rect(target.shrink2(vec2(space::HUGE, 0.0)).with_min_y(target.top() + 104.0))
                        .layout(Layout::top_down(Align::Center)),
                );
                first_words(&mut inner, pictures.then_some(&mut self.pictures), &mut actions);
                ui.painter().text(
                    target.center_bottom() - vec2(0.0, 26.0),
                    Align2::CENTER_CENTER,
                    "Nothing leaves this computer.",
                    super::design_tokens::font(text::SMALL),
                    tokens.text_faint,
                );
                let note = ui.interact(
                    Rect::from_center_size(target.center_bottom() - vec2(0.0, 26.0), vec2(240.0, 20.0)),
                    egui::Id::unique("privacy note"),
                    egui::Sense::HOVER,
                );
                note.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Label, true, "Nothing leaves this computer.")
                });
            });
        actions
    }
}

fn first_words(ui: &mut Ui, pictures: Option<&mut FocusPictures>, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    ui.label(
        RichText::new("Drop a folder of photos here")
            .font(semibold(text::DISPLAY))
            .color(tokens.text),
    );
    ui.add_space(space::TINY);
    ui.label(
        RichText::new("Refocus finds photos that are alike in the respect you name.")
            .size(15.0)
            .color(tokens.text_weak),
    );
    ui.add_space(space::LARGE);
    if let Some(pictures) = pictures {
        pictures.ui(ui);
        ui.add_space(space::LARGE);
    }
    // A row stands in the middle only where its width is known before it is laid out.
    let (choose, try_demo) = ("Choose folder\u{2026}", "Try with demo photos");
    let wide = |label: &str| {
        let font = medium(text::BODY);
        let galley = ui.painter().layout_no_wrap(label.to_owned(), font, tokens.text);
        galley.size().x + 2.0 * ui.spacing().button_padding.x
    };
    let width = wide(choose) + wide(try_demo) + space::SMALL;
    ui.allocate_ui_with_layout(vec2(width, 40.0), Layout::left_to_right(Align::Center), |ui| {
        if primary_button(ui, choose).clicked() {
            actions.push(Action::Run(UiCommand::AddFolder));
        }
        let demo = egui::Button::new(try_demo).min_size(vec2(0.0, 36.0));
        if ui.add(demo).clicked() {
            actions.push(Action::Run(UiCommand::AddDemo));
        }
    });
    ui.add_space(space::SMALL);
    let path = RichText::new("Type or paste a path\u{2026}")
        .size(13.0)
        .color(tokens.text_weak);
    if ui.add(egui::Button::new(path).frame(false)).clicked() {
        actions.push(Action::Run(UiCommand::TypePath));
    }
}

/// A rounded frame of dashes.
fn dashed_frame(ui: &Ui, rect: Rect, stroke: Stroke) {
    let corner = f32::from(radius::WINDOW + 8);
    let mut points = Vec::new();
    for (center, start) in [
        (rect.right_top() + vec2(-corner, corner), -90.0_f32),
        (rect.right_bottom() + vec2(-corner, -corner), 0.0),
        (rect.left_bottom() + vec2(corner, -corner), 90.0),
        (rect.left_top() + vec2(corner, corner), 180.0),
    ] {
        for step in 0..=8_u8 {
            let angle = (start + 90.0 * f32::from(step) / 8.0).to_radians();
            points.push(center + corner * vec2(angle.cos(), angle.sin()));
        }
    }
    if let Some(&first) = points.first() {
        points.push(first);
    }
    ui.painter().extend(egui::Shape::dashed_line(&points, stroke, 7.0, 6.0));
}

/// What is seen where the engine cannot work.
pub(super) fn unusable_view(ui: &mut Ui, reason: &str) {
    let tokens = Tokens::of(ui);
    CentralPanel::no_frame()
        .frame(Frame::new().fill(tokens.canvas))
        .show(ui, |ui| {
            let card = Rect::from_center_size(ui.max_rect().center(), vec2(560.0, 260.0));
            ui.painter().rect(
                card,
                radius::WINDOW,
                tokens.panel,
                Stroke::new(1.0, tokens.line),
                StrokeKind::Inside,
            );
            let icon = Rect::from_center_size(card.center_top() + vec2(0.0, 52.0), vec2(36.0, 36.0));
            Icon::Problem.paint(ui.painter(), icon, 34.0, tokens.warning);
            let mut inner = ui.new_child(
                UiBuilder::new()
                    .max_rect(card.shrink2(vec2(space::HUGE, 0.0)).with_min_y(card.top() + 84.0))
                    .layout(Layout::top_down(Align::Center)),
            );
            inner.label(
                RichText::new("Refocus cannot work like this")
                    .size(22.0)
                    .color(tokens.text),
            );
            inner.add_space(space::SMALL);
            inner.label(RichText::new(reason).color(tokens.text_weak));
        });
}
