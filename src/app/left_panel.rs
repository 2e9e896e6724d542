//! Folders, references, order: what the library is made of and what is compared with.

use eframe::egui::{
    self, Color32, ComboBox, Frame, Margin, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};

use refocus_engine::{Command, Folder, Noticing, Reference, ReferenceSource, SortKey};

use super::application::{OutsideState, RefocusApp};
use super::commands::UiCommand;
use super::controls::{grouped, one_line, panel_head, photos, small_icon_button};
use super::design_tokens::{Tokens, radius, space, text};
use super::icons::Icon;
use super::library_state::file_name;
use super::photo_cell;
use super::picture::Picture;

/// Side of a thumbnail in the tray, in points.
const TRAY_PHOTO: f32 = 44.0;

impl RefocusApp {
    /// Draws the panel.
    pub(super) fn left_panel(&mut self, ui: &mut Ui) {
        ScrollArea::vertical()
            .id_salt("left panel")
            .auto_shrink(false)
            .show(ui, |ui| {
                Frame::new()
                    .inner_margin(Margin::same(space::MEDIUM as i8))
                    .show(ui, |ui| {
                        self.references(ui);
                        ui.add_space(space::LARGE);
                        self.folders(ui);
                        ui.add_space(space::LARGE);
                        self.saved_searches(ui);
                        ui.add_space(space::LARGE);
                        self.filters(ui);
                        ui.add_space(space::LARGE);
                        self.sort_choice(ui);
                    });
            });
    }

    fn references(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ui.horizontal(|ui| {
            panel_head(ui, "REFERENCES");
            let any = !self.search.request.references.is_empty();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if any && small_icon_button(ui, Icon::Cross, "Remove all references").clicked() {
                    for reference in self.search.request.references.clone() {
                        self.drop_reference(reference.source);
                    }
                }
            });
        });
        let tokens = Tokens::of(ui);
        let waiting: Vec<(String, Option<String>, u64)> = self
            .outside
            .iter()
            .filter_map(|(id, picture)| match &picture.state {
                OutsideState::Waiting => Some((picture.name.clone(), None, id.0)),
                OutsideState::Failed(reason) => Some((picture.name.clone(), Some(reason.clone()), id.0)),
                OutsideState::Ready(_) => None,
            })
            .collect();
        if self.search.request.references.is_empty() && waiting.is_empty() {
            let hint = "Press + on a photo to find others like it, \u{2212} for unlike. Pictures can also be dropped or pasted here.";
            ui.label(RichText::new(hint).size(text::SMALL).color(tokens.text_faint));
        }
        let gone_before = self.search.request.references.len();
        for reference in self.search.request.references.clone() {
            self.reference_row(ui, &reference);
        }
        if self.search.request.references.len() != gone_before {
            ctx.request_repaint();
        }
        for (name, failure, id) in waiting {
            ui.horizontal(|ui| {
                match &failure {
                    None => {
                        ui.add(egui::Spinner::new().size(16.0));
                        one_line(ui, RichText::new(format!("Reading {name}")).color(tokens.text_weak));
                    }
                    Some(reason) => {
                        if small_icon_button(ui, Icon::Cross, &format!("Forget {name}")).clicked() {
                            self.drop_reference(ReferenceSource::Outside(refocus_engine::OutsideId(id)));
                        }
                        one_line(ui, RichText::new(&name).color(tokens.bad)).on_hover_text(reason);
                    }
                };
            });
        }
    }

    fn reference_row(&mut self, ui: &mut Ui, reference: &Reference) {
        let (name, shown) = self.reference_picture(ui, reference.source);
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
            self.search.toggle_reference(reference.source, !reference.positive);
        }
        if remove {
            self.drop_reference(reference.source);
        }
    }

    fn reference_picture(&mut self, ui: &Ui, source: ReferenceSource) -> (String, Option<Picture>) {
        match source {
            ReferenceSource::Library(id) => {
                let Some((row, photo)) = self.photo_by_id(id) else {
                    return ("a photo that is gone".into(), None);
                };
                let (name, photo) = (file_name(photo), photo.clone());
                let pixels = TRAY_PHOTO * ui.pixels_per_point();
                (name, self.textures.show(row, &photo, pixels))
            }
            ReferenceSource::Outside(id) => match self.outside.get(&id) {
                Some(picture) => {
                    let shown = match &picture.state {
                        OutsideState::Ready(picture) => Some(picture.clone()),
                        _ => None,
                    };
                    (picture.name.clone(), shown)
                }
                None => ("a picture".into(), None),
            },
        }
    }

    fn folders(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ui.horizontal(|ui| {
            panel_head(ui, "FOLDERS");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if small_icon_button(ui, Icon::Plus, &UiCommand::AddFolder.tooltip(&ctx)).clicked() {
                    self.run_command(&ctx, UiCommand::AddFolder);
                }
                if small_icon_button(ui, Icon::Rescan, &UiCommand::Rescan.tooltip(&ctx)).clicked() {
                    self.run_command(&ctx, UiCommand::Rescan);
                }
            });
        });
        for folder in self.library.folders.clone() {
            self.folder_row(ui, &folder);
        }
        let path = egui::Button::new(
            RichText::new("Type or paste a path\u{2026}")
                .size(text::SMALL)
                .color(Tokens::of(ui).text_weak),
        )
        .frame(false);
        if ui.add(path).clicked() {
            self.run_command(&ctx, UiCommand::TypePath);
        }
    }

    fn folder_row(&mut self, ui: &mut Ui, folder: &Folder) {
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
        let chosen = self.search.request.filter.within.as_deref() == Some(folder.path.as_path());
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
            "{}\n{hint} \u{b7} right click for more{noticing}",
            folder.path.display()
        ));
        if response.clicked() {
            self.search.request.filter.within = (!chosen).then(|| folder.path.clone());
        }
        response.context_menu(|ui| {
            if ui.button("Look for changes").clicked() {
                self.outbox.send(Command::Rescan(Some(folder.id)));
                ui.close();
            }
            if ui.button("Reveal in file manager").clicked() {
                self.open_outside(super::actions::Outward::Reveal(folder.path.clone()));
                ui.close();
            }
            if ui
                .button("It is elsewhere now\u{2026}")
                .on_hover_text("For a folder that was moved: its photos keep all that is known of them")
                .clicked()
            {
                self.ask_for_new_place(folder.id, &folder.path);
                ui.close();
            }
            if ui
                .button("Remove from the library")
                .on_hover_text("Nothing on disk is touched")
                .clicked()
            {
                if chosen {
                    self.search.request.filter.within = None;
                }
                self.outbox.send(Command::RemoveFolder(folder.id));
                ui.close();
            }
        });
    }

    fn sort_choice(&mut self, ui: &mut Ui) {
        let sortable = !self.search.ranks();
        let tokens = Tokens::of(ui);
        panel_head(ui, "ORDER");
        let name = |key| match key {
            SortKey::DateTaken => "Date taken",
            SortKey::Name => "File name",
            SortKey::Size => "File size",
            SortKey::Folder => "Folder",
        };
        if !sortable {
            let line = "By likeness, while there is a reference or something to find";
            ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_faint));
            return;
        }
        let current = self.search.request.sort;
        let combo = ComboBox::from_id_salt("order")
            .width(ui.available_width())
            .selected_text(name(current))
            .show_ui(ui, |ui| {
                for key in [SortKey::DateTaken, SortKey::Name, SortKey::Size, SortKey::Folder] {
                    ui.selectable_value(&mut self.search.request.sort, key, name(key));
                }
            });
        combo.response.accessible_name(format!("Order: {}", name(current)));
    }
}
