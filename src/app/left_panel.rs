//! References, folders, albums, filters: what the library is made of, what is shown of it, and what is compared with.

use eframe::egui::{self, Frame, Margin, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use refocus_engine::{Reference, ReferenceSource};

use super::action::Action;
use super::albums::AlbumList;
use super::commands::UiCommand;
use super::controls::{one_line, panel_head, small_icon_button};
use super::design_tokens::{Tokens, radius, space, text};
use super::filter_panel::FilterPanel;
use super::folder_list::FolderList;
use super::icons::Icon;
use super::library_state::file_name;
use super::outside_pictures::OutsideState;
use super::people;
use super::photo_cell;
use super::picture::Picture;
use super::saved_searches::SavedList;
use super::smart_albums;
use super::view::View;

/// Side of a thumbnail in the tray, in points.
const TRAY_PHOTO: f32 = 44.0;

/// The panel, and the parts of it that have something of their own to remember.
#[derive(Debug, Default)]
pub(super) struct LeftPanel {
    /// The folders.
    folders: FolderList,
    /// The albums that a person made.
    albums: AlbumList,
    /// The saved searches.
    pub(super) saved: SavedList,
    /// The filters.
    pub(super) filters: FilterPanel,
}

impl LeftPanel {
    /// Draws the panel.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        ScrollArea::vertical()
            .id_salt("left panel")
            .auto_shrink(false)
            .show(ui, |ui| {
                Frame::new()
                    .inner_margin(Margin::same(space::MEDIUM as i8))
                    .show(ui, |ui| {
                        references(ui, view, &mut actions);
                        ui.add_space(space::LARGE);
                        self.folders.ui(ui, view, &mut actions);
                        ui.add_space(space::LARGE);
                        self.albums.ui(ui, view, &mut actions);
                        ui.add_space(space::LARGE);
                        smart_albums::left_section(ui, view, &mut actions);
                        clean_up_line(ui, view, &mut actions);
                        ui.add_space(space::LARGE);
                        people::left_section(ui, view, &mut actions);
                        ui.add_space(space::LARGE);
                        actions.extend(self.saved.ui(ui, view));
                        ui.add_space(space::LARGE);
                        actions.extend(self.filters.ui(ui, view));
                    });
            });
        actions
    }
}

/// The way to the page on which photos are cleaned up.
fn clean_up_line(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let words = RichText::new("Clean up\u{2026}")
        .size(text::SMALL)
        .color(Tokens::of(ui).text_weak);
    let line = egui::Button::new(words).frame(false).selected(view.clean_up_open);
    let hint = "Identical files, photos that are nearly the same, bursts";
    let tooltip = format!("{hint}\n{}", UiCommand::CleanUp.tooltip(ui.ctx()));
    if ui.add(line).on_hover_text(tooltip).clicked() {
        actions.push(Action::Run(UiCommand::CleanUp));
    }
}

fn references(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let references = &view.search.request.references;
    ui.horizontal(|ui| {
        panel_head(ui, "REFERENCES");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if !references.is_empty() && small_icon_button(ui, Icon::Cross, "Remove all references").clicked() {
                actions.push(Action::DropAllReferences);
            }
        });
    });
    let tokens = Tokens::of(ui);
    let waiting = view.outside.not_ready();
    if references.is_empty() && waiting.is_empty() {
        let hint = "Press + on a photo to find others like it, \u{2212} for unlike. Pictures can also be dropped or pasted here.";
        ui.label(RichText::new(hint).size(text::SMALL).color(tokens.text_faint));
    }
    for reference in references {
        reference_row(ui, view, reference, actions);
    }
    for (id, picture) in waiting {
        let name = &picture.name;
        ui.horizontal(|ui| match &picture.state {
            OutsideState::Waiting | OutsideState::Ready(_) => {
                ui.add(egui::Spinner::new().size(16.0));
                one_line(ui, RichText::new(format!("Reading {name}")).color(tokens.text_weak));
            }
            OutsideState::Failed(reason) => {
                if small_icon_button(ui, Icon::Cross, &format!("Forget {name}")).clicked() {
                    actions.push(Action::DropReference(ReferenceSource::Outside(id)));
                }
                one_line(ui, RichText::new(name).color(tokens.bad)).on_hover_text(reason);
            }
        });
    }
}

fn reference_row(ui: &mut Ui, view: &View, reference: &Reference, actions: &mut Vec<Action>) {
    let (name, shown) = reference_picture(ui, view, reference.source);
    let tokens = Tokens::of(ui);
    let mut flip = false;
    let mut remove = false;
    ui.horizontal(|ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(TRAY_PHOTO, TRAY_PHOTO), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Reference {name}")));
        ui.painter().rect_filled(rect, radius::PHOTO, tokens.placeholder);
        if let Some(shown) = &shown {
            photo_cell::paint_picture(ui.painter(), rect, shown, 1.0);
        }
        let color = if reference.positive { tokens.good } else { tokens.bad };
        let edge = egui::Stroke::new(2.0, color);
        ui.painter()
            .rect_stroke(rect, radius::PHOTO, edge, egui::StrokeKind::Inside);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            remove = small_icon_button(ui, Icon::Cross, &format!("Remove reference {name}")).clicked();
            let (icon, sense) = if reference.positive {
                (Icon::Minus, "Unlike")
            } else {
                (Icon::Plus, "Like")
            };
            flip = small_icon_button(ui, icon, &format!("{sense} {name} instead")).clicked();
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add_space(space::TINY);
                let sign = if reference.positive { "like" } else { "unlike" };
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    ui.add_space(4.0);
                    ui.label(RichText::new(sign).size(11.0).color(color));
                    one_line(ui, RichText::new(&name).size(13.0));
                });
            });
        });
    });
    if flip {
        actions.push(Action::ToggleReference(reference.source, !reference.positive));
    }
    if remove {
        actions.push(Action::DropReference(reference.source));
    }
}

fn reference_picture(ui: &Ui, view: &View, source: ReferenceSource) -> (String, Option<Picture>) {
    match source {
        ReferenceSource::Library(id) => {
            let row = view.library.row_of(id);
            let Some((row, photo)) = row.and_then(|row| Some((row, view.library.row(row)?))) else {
                return ("a photo that is gone".into(), None);
            };
            let pixels = TRAY_PHOTO * ui.pixels_per_point();
            (file_name(photo), view.thumbnails.show(row, photo, pixels))
        }
        ReferenceSource::Outside(id) => match view.outside.get(id) {
            Some(picture) => {
                let shown = match &picture.state {
                    OutsideState::Ready(picture) => Some(picture.clone()),
                    OutsideState::Waiting | OutsideState::Failed(_) => None,
                };
                (picture.name.clone(), shown)
            }
            None => ("a picture".into(), None),
        },
    }
}
