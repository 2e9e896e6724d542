//! Identical files as a list: a picture, and below each other the places where it lies.

use eframe::egui::{self, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use refocus_engine::CleanUpGroup;

use crate::app::controls::{focus_ring, one_line};
use crate::app::design_tokens::{Tokens, radius, space, text};
use crate::app::path_line;
use crate::app::photo_cell::paint_picture;
use crate::app::picture;
use crate::app::view::View;
use crate::byte_text::byte_text;

use super::choices::{Choice, Choices};
use super::hints;
use super::side_by_side::{Done, mark};

/// Height of a file's line, and of a picture, points.
const LINE: f32 = 30.0;
const PICTURE: f32 = 72.0;

/// The list, and how far it is scrolled.
#[derive(Debug, Default)]
pub(super) struct FileList {
    /// Where each group begins, points; one more than there are groups.
    tops: Vec<f32>,
    goal: Option<f32>,
    offset: f32,
    seen: f32,
}

/// What is drawn.
pub(super) struct Shown<'a> {
    pub(super) view: &'a View,
    pub(super) groups: &'a [&'a CleanUpGroup],
    pub(super) choices: &'a Choices,
    /// The group and the file that the keyboard is on.
    pub(super) cursor: (usize, usize),
}

impl FileList {
    /// The groups are others: where each stands is worked out anew.
    pub(super) fn groups_changed<'a>(&mut self, groups: impl Iterator<Item = &'a CleanUpGroup>) {
        self.tops = vec![0.0];
        let mut top = 0.0;
        for group in groups {
            top += height(group);
            self.tops.push(top);
        }
    }

    /// Scrolls so that a group is seen.
    pub(super) fn reveal(&mut self, group: usize) {
        let (Some(top), Some(bottom)) = (self.tops.get(group), self.tops.get(group + 1)) else {
            return;
        };
        if *top < self.offset {
            self.goal = Some(*top);
        } else if *bottom > self.offset + self.seen {
            self.goal = Some(bottom - self.seen);
        }
    }

    /// Draws the list; what was done, and to which group.
    pub(super) fn ui(&mut self, ui: &mut Ui, shown: &Shown<'_>) -> Vec<(usize, Done)> {
        let mut done = Vec::new();
        let mut area = ScrollArea::vertical().id_salt("identical files").auto_shrink(false);
        if let Some(goal) = self.goal.take() {
            area = area.vertical_scroll_offset(goal.max(0.0));
        }
        let tops = &self.tops;
        let output = area.show_viewport(ui, |ui, viewport| {
            ui.set_height(tops.last().copied().unwrap_or_default());
            ui.set_width(ui.available_width());
            let first = tops.partition_point(|top| *top <= viewport.top()).saturating_sub(1);
            let origin = ui.max_rect().min;
            for (number, group) in shown.groups.iter().enumerate().skip(first) {
                let Some(top) = tops.get(number).filter(|top| **top < viewport.bottom()) else {
                    break;
                };
                let size = vec2(ui.max_rect().width(), height(group));
                let rect = Rect::from_min_size(origin + vec2(0.0, *top), size);
                group_ui(
                    ui,
                    shown,
                    number,
                    group,
                    rect.shrink2(vec2(0.0, space::TINY)),
                    &mut done,
                );
            }
        });
        (self.offset, self.seen) = (output.state.clamped_offset().y, output.inner_rect.height());
        done
    }
}

fn height(group: &CleanUpGroup) -> f32 {
    (LINE * (group.photos.len() + 1) as f32).max(PICTURE) + space::LARGE
}

fn group_ui(
    ui: &mut Ui,
    shown: &Shown<'_>,
    number: usize,
    group: &CleanUpGroup,
    rect: Rect,
    done: &mut Vec<(usize, Done)>,
) {
    let tokens = Tokens::of(ui);
    let has_cursor = shown.cursor.0 == number;
    picture::fill(ui.painter(), rect, f32::from(radius::CONTROL), tokens.panel);
    if has_cursor {
        let stroke = egui::Stroke::new(1.0, tokens.accent);
        ui.painter()
            .rect_stroke(rect, radius::CONTROL, stroke, egui::StrokeKind::Inside);
    }
    let at = Rect::from_min_size(rect.min + vec2(space::SMALL, space::SMALL), vec2(PICTURE, PICTURE));
    picture::fill(ui.painter(), at, f32::from(radius::PHOTO), tokens.placeholder);
    let first = group.photos.first();
    if let Some((photo, row)) = first.and_then(|photo| Some((photo, shown.view.library.photo(photo.row)?))) {
        let pixels = PICTURE * ui.pixels_per_point();
        if let Some(thumbnail) = shown.view.thumbnails.show(photo.row, row, pixels) {
            paint_picture(ui.painter(), at, &thumbnail, 1.0);
        }
    }
    let lines = Rect::from_min_max(
        pos2(at.right() + space::MEDIUM, rect.top()),
        rect.max - vec2(space::SMALL, 0.0),
    );
    let lines = UiBuilder::new().max_rect(lines).id_salt(("identical", number));
    ui.scope_builder(lines, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.set_height(LINE);
            let spare = byte_text(group.spare_bytes());
            let head = format!("{} \u{b7} {spare} could be free", hints::head(group, &[]));
            one_line(ui, RichText::new(head).size(text::SMALL).color(tokens.text_weak));
        });
        for (place, photo) in group.photos.iter().enumerate() {
            let choice = shown.choices.of(photo);
            let (line, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
            let path = photo.path.display().to_string();
            let state = match choice {
                Some(Choice::Keep) => ", keep",
                Some(Choice::Trash) => ", to the trash",
                None => "",
            };
            let chosen = has_cursor && shown.cursor.1 == place;
            let label = format!("File {path}{state}");
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &label));
            if chosen {
                picture::fill(ui.painter(), line, f32::from(radius::PHOTO), tokens.accent_wash);
            }
            focus_ring(ui, line, radius::PHOTO, &response);
            if response.clicked() {
                done.push((number, Done::Point(place)));
            }
            let inner = UiBuilder::new()
                .max_rect(line.shrink2(vec2(space::SMALL, 0.0)))
                .layout(Layout::right_to_left(egui::Align::Center));
            ui.scope_builder(inner, |ui| {
                let goes = choice == Some(Choice::Trash);
                if mark(ui, "Trash", &format!("{path} to the trash (X)"), goes, tokens.bad) {
                    done.push((number, Done::Trash(place)));
                }
                let keeps = choice == Some(Choice::Keep);
                if mark(ui, "Keep", &format!("Keep {path} (K)"), keeps, tokens.good) {
                    done.push((number, Done::Keep(place)));
                }
                let why = hints::judgement(group, place);
                ui.label(RichText::new(why).size(text::SMALL).color(tokens.accent));
                ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                    path_line::ui(ui, &photo.path);
                });
            });
        }
    });
}
