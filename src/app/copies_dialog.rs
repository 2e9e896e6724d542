//! Copies to give away: where to, how large, in which format, with what is written in the photos or without.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Context, Frame, Id, Layout, Modal, RichText, Slider, TextEdit, Ui, vec2};
use refocus_media::export_copies::{CopyForm, CopyFormat};

use super::action::Action;
use super::controls::{photos, primary_button, segmented, slider};
use super::design_tokens::{Tokens, space, text};
use super::file_jobs::FileJob;
use super::typeface::semibold;

/// Longer sides that are offered, pixels.
const SIDES: [(Option<u32>, &str); 4] = [
    (None, "As they are"),
    (Some(3840), "3840"),
    (Some(2048), "2048"),
    (Some(1280), "1280"),
];
/// JPEG qualities that are offered.
const QUALITIES: std::ops::RangeInclusive<u8> = 50..=100;
const USUAL_QUALITY: u8 = 90;

/// The dialog; what was chosen is there the next time.
#[derive(Debug)]
pub(super) struct CopiesDialog {
    files: Option<Vec<Arc<Path>>>,
    folder: String,
    longest: Option<u32>,
    png: bool,
    quality: u8,
    metadata: bool,
    /// Why the last answer could not be used.
    refused: Option<String>,
    /// It is drawn for the first time.
    fresh: bool,
}

impl Default for CopiesDialog {
    fn default() -> Self {
        Self {
            files: None,
            folder: String::new(),
            longest: Some(2048),
            png: false,
            quality: USUAL_QUALITY,
            metadata: true,
            refused: None,
            fresh: false,
        }
    }
}

impl CopiesDialog {
    /// Whether it is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.files.is_some()
    }

    /// Asks about copies of these photos.
    pub(super) fn ask(&mut self, files: Vec<Arc<Path>>) {
        (self.files, self.fresh, self.refused) = (Some(files), true, None);
    }

    /// Takes the folder that was chosen in the native dialog.
    pub(super) fn chosen(&mut self, folder: &Path) {
        self.folder = folder.display().to_string();
        self.refused = None;
    }

    /// Draws the dialog while it is open.
    pub(super) fn ui(&mut self, ctx: &Context) -> Vec<Action> {
        let Some(files) = self.files.clone() else {
            return Vec::new();
        };
        let mut actions = Vec::new();
        let (mut go, mut cancel) = (false, false);
        let title = format!("Write copies of {}", photos(files.len()));
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::LARGE);
        let modal = Modal::new(Id::unique("copies")).frame(frame).show(ctx, |ui| {
            ui.set_width(500.0_f32.min(ctx.content_rect().width() - 80.0));
            ui.label(RichText::new(&title).font(semibold(text::HEADING)).strong());
            ui.add_space(space::SMALL);
            go |= self.folder(ui, &title, &mut actions);
            ui.add_space(space::SMALL);
            self.form(ui);
            if let Some(refused) = &self.refused {
                ui.label(RichText::new(refused).size(text::SMALL).color(Tokens::of(ui).warning));
            }
            ui.add_space(space::SMALL);
            let row = vec2(ui.available_width(), 36.0);
            ui.allocate_ui_with_layout(row, Layout::right_to_left(eframe::egui::Align::Center), |ui| {
                go |= primary_button(ui, "Write copies").clicked();
                cancel = ui.button("Cancel").clicked();
            });
        });
        self.fresh = false;
        if go {
            let folder = PathBuf::from(self.folder.trim());
            if folder.is_absolute() {
                let form = CopyForm {
                    longest: self.longest,
                    format: if self.png {
                        CopyFormat::Png
                    } else {
                        CopyFormat::Jpeg(self.quality)
                    },
                    metadata: self.metadata,
                };
                self.files = None;
                actions.push(Action::Do(Box::new(FileJob::WriteCopies { files, folder, form })));
            } else {
                self.refused = Some(format!("Not a full path: {}", self.folder.trim()));
            }
        } else if cancel || modal.should_close() {
            self.files = None;
        }
        actions
    }

    /// Where to; returns whether Enter was pressed.
    fn folder(&mut self, ui: &mut Ui, title: &str, actions: &mut Vec<Action>) -> bool {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.folder)
                .hint_text("Folder")
                .margin(vec2(10.0, 7.0))
                .desired_width(ui.available_width() - 130.0);
            let response = ui.add(field);
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_label("Folder"));
            if self.fresh {
                response.request_focus();
            }
            if response.changed() {
                self.refused = None;
            }
            if ui.button("Choose\u{2026}").clicked() {
                actions.push(Action::ChooseFile(title.to_owned(), None));
            }
            response.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter))
        })
        .inner
    }

    fn form(&mut self, ui: &mut Ui) {
        let line = |ui: &mut Ui, name: &str, add: &mut dyn FnMut(&mut Ui)| {
            ui.horizontal(|ui| {
                ui.set_height(34.0);
                ui.allocate_ui_with_layout(
                    vec2(96.0, 34.0),
                    Layout::left_to_right(eframe::egui::Align::Center),
                    |ui| {
                        ui.set_min_width(96.0);
                        ui.label(RichText::new(name).color(Tokens::of(ui).text_weak));
                    },
                );
                add(ui);
            });
        };
        line(ui, "Longer side", &mut |ui| {
            if let Some(longest) = segmented(ui, self.longest, &SIDES) {
                self.longest = longest;
            }
        });
        line(ui, "Format", &mut |ui| {
            if let Some(png) = segmented(ui, self.png, &[(false, "JPEG"), (true, "PNG")]) {
                self.png = png;
            }
        });
        if !self.png {
            line(ui, "Quality", &mut |ui| {
                slider(ui, Slider::new(&mut self.quality, QUALITIES).show_value(false), 180.0);
                ui.label(self.quality.to_string());
            });
        }
        let words = if self.png {
            "Keep date, place and captions (EXIF)"
        } else {
            "Keep date, place and captions (EXIF, XMP)"
        };
        ui.checkbox(&mut self.metadata, words);
        let hint = "Copies are upright and in sRGB. Nothing is overwritten: a name that is taken gets a number.";
        ui.label(RichText::new(hint).size(text::SMALL).color(Tokens::of(ui).text_faint));
    }
}
