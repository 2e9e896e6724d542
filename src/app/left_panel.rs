//! Folders, references, filters: what the library is made of, what is shown of it, and what is compared with.

use eframe::egui::{self, Color32, Frame, Margin, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use refocus_engine::{Command, Folder, Noticing, Reference, ReferenceSource};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, one_line, panel_head, photos, small_icon_button};
use super::design_tokens::{Tokens, radius, space, text};
use super::elsewhere::Outward;
use super::filter_panel::FilterPanel;
use super::icons::Icon;
use super::left_out_table::left_out_lines;
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
                        folders(ui, view, &mut actions);
                        ui.add_space(space::LARGE);
                        smart_albums::left_section(ui, view, &mut actions);
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

/// The way to the page on which photos are cleaned up, at the right of a line.
fn clean_up_button(ui: &mut Ui, view: &View, line: Rect, actions: &mut Vec<Action>) {
    const WIDTH: f32 = 84.0;
    let right = ui.max_rect().right();
    let rect = Rect::from_min_max(pos2(right - WIDTH, line.top()), pos2(right, line.bottom()));
    let words = RichText::new("Clean up\u{2026}")
        .size(text::SMALL)
        .color(Tokens::of(ui).text_weak);
    let button = egui::Button::new(words).frame(false).selected(view.clean_up_open);
    let hint = "Identical files, photos that are nearly the same, bursts";
    let tooltip = format!("{hint}\n{}", UiCommand::CleanUp.tooltip(ui.ctx()));
    if ui.place(rect, button).on_hover_text(tooltip).clicked() {
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

fn folders(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let ctx = ui.ctx().clone();
    ui.horizontal(|ui| {
        panel_head(ui, "FOLDERS");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            if small_icon_button(ui, Icon::Plus, &UiCommand::AddFolder.tooltip(&ctx)).clicked() {
                actions.push(Action::Run(UiCommand::AddFolder));
            }
            if small_icon_button(ui, Icon::Rescan, &UiCommand::Rescan.tooltip(&ctx)).clicked() {
                actions.push(Action::Run(UiCommand::Rescan));
            }
        });
    });
    for folder in &view.library.folders {
        folder_row(ui, view, folder, actions);
    }
    let path = egui::Button::new(
        RichText::new("Type or paste a path\u{2026}")
            .size(text::SMALL)
            .color(Tokens::of(ui).text_weak),
    )
    .frame(false);
    let path = ui.add(path);
    if path.clicked() {
        actions.push(Action::Run(UiCommand::TypePath));
    }
    clean_up_button(ui, view, path.rect, actions);
}

fn folder_row(ui: &mut Ui, view: &View, folder: &Folder, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let name = folder
        .path
        .file_name()
        .unwrap_or(folder.path.as_os_str())
        .to_string_lossy();
    let height = 30.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let state = if folder.online { "" } else { ", offline" };
    let label = format!("Folder {name}, {}{state}", photos(folder.photos));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let chosen = view.search.request.filter.within.as_deref() == Some(folder.path.as_path());
    let fill = match (chosen, response.hovered()) {
        (true, _) => tokens.accent_wash,
        (false, true) => tokens.raised,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, radius::CONTROL, fill);
    super::controls::focus_ring(ui, rect, radius::CONTROL, &response);
    let color = if folder.online { tokens.text } else { tokens.text_faint };
    let icon = Rect::from_min_size(rect.min, vec2(26.0, height));
    Icon::Folder.paint(
        ui.painter(),
        icon,
        14.0,
        if chosen { tokens.accent } else { tokens.text_weak },
    );
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.with_min_x(rect.left() + 28.0).with_max_x(rect.right() - 8.0))
            .layout(egui::Layout::right_to_left(egui::Align::Center)),
    );
    let count = if folder.online {
        grouped(folder.photos)
    } else {
        format!("offline \u{b7} {}", grouped(folder.photos))
    };
    inner.label(RichText::new(count).size(text::SMALL).color(tokens.text_faint));
    inner.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
        one_line(ui, RichText::new(name.as_ref()).color(color));
    });
    let hint = if chosen {
        "Show all folders"
    } else {
        "Show only this folder"
    };
    let noticing = match (folder.online, folder.noticing) {
        (false, _) => "\nNot there at the moment; its photos are kept until it is back",
        (true, Noticing::NowAndThen) => "\nThe system does not tell of changes here: looked through now and then",
        (true, Noticing::AtOnce | Noticing::WhenAsked) => "",
    };
    let response = response.on_hover_text(format!(
        "{}\n{hint} \u{b7} right click for more{noticing}{}",
        folder.path.display(),
        left_out_lines(folder)
    ));
    if response.clicked() {
        actions.push(Action::ShowWithin((!chosen).then(|| folder.path.clone())));
    }
    response.context_menu(|ui| {
        if ui.button("Look for changes").clicked() {
            actions.push(Action::Ask(Command::Rescan(Some(folder.id))));
            ui.close();
        }
        if ui.button("Reveal in file manager").clicked() {
            actions.push(Action::Show(Outward::Reveal(folder.path.clone())));
            ui.close();
        }
        if !folder.left_out.is_empty() && ui.button("What is left out\u{2026}").clicked() {
            actions.push(Action::ShowLeftOut(folder.id));
            ui.close();
        }
        if ui
            .button("It is elsewhere now\u{2026}")
            .on_hover_text("For a folder that was moved: its photos keep all that is known of them")
            .clicked()
        {
            actions.push(Action::AskForNewPlace(folder.id, folder.path.clone()));
            ui.close();
        }
        if ui
            .button("Remove from the library")
            .on_hover_text("Nothing on disk is touched")
            .clicked()
        {
            if chosen {
                actions.push(Action::ShowWithin(None));
            }
            actions.push(Action::Ask(Command::RemoveFolder(folder.id)));
            ui.close();
        }
    });
}
