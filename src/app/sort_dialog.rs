//! Photos into folders by a pattern such as `{year}/{month}`, with where each will be.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{
    Align, Context, Frame, Id, Key, Layout, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2,
};
use refocus_engine::PhotoRow;
use refocus_media::batch_rename::{FIELDS, planned_folders};
use refocus_media::file_actions::Transfer;

use super::action::Action;
use super::controls::{chip, one_line, photos, primary_button, segmented};
use super::design_tokens::{Tokens, space, text};
use super::file_jobs::FileJob;
use super::rename_dialog::facts;
use super::typeface::semibold;
use super::view::View;

/// Places that are shown before anything is done.
const SHOWN: usize = 6;
/// The pattern at first.
const USUAL: &str = "{year}/{month}";

/// The folders that a pattern gives, below the chosen one.
type Planned = Result<Vec<PathBuf>, String>;

/// The dialog; what was chosen is there the next time.
#[derive(Debug)]
pub(super) struct SortDialog {
    /// The photos, in the order on screen.
    rows: Option<Vec<u32>>,
    folder: String,
    pattern: String,
    copies: bool,
    /// The pattern for which folders were made last, and these: they are not made anew for every frame.
    planned: Option<(String, Planned)>,
    /// Why the last answer could not be used.
    refused: Option<String>,
    /// It is drawn for the first time.
    fresh: bool,
}

impl Default for SortDialog {
    fn default() -> Self {
        Self {
            rows: None,
            folder: String::new(),
            pattern: USUAL.to_owned(),
            copies: false,
            planned: None,
            refused: None,
            fresh: false,
        }
    }
}

impl SortDialog {
    /// Whether it is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.rows.is_some()
    }

    /// Asks where the photos in these rows go.
    pub(super) fn ask(&mut self, rows: Vec<u32>) {
        (self.rows, self.planned, self.fresh, self.refused) = (Some(rows), None, true, None);
    }

    /// Takes the folder that was chosen in the native dialog.
    pub(super) fn chosen(&mut self, folder: &Path) {
        self.folder = folder.display().to_string();
        self.refused = None;
    }

    /// Draws the dialog while it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let Some(rows) = self.rows.clone() else {
            return Vec::new();
        };
        let there: Vec<&PhotoRow> = rows.iter().filter_map(|row| view.library.photo(*row)).collect();
        if self
            .planned
            .as_ref()
            .is_none_or(|(pattern, _)| *pattern != self.pattern)
        {
            self.planned = Some((self.pattern.clone(), planned_folders(&self.pattern, &facts(&there))));
        }
        let Some((_, planned)) = self.planned.clone() else {
            return Vec::new();
        };
        let mut actions = Vec::new();
        let (mut go, mut cancel) = (false, false);
        let title = format!("Put {} into folders", photos(rows.len()));
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::LARGE);
        let modal = Modal::new(Id::unique("into folders")).frame(frame).show(ctx, |ui| {
            ui.set_width(520.0_f32.min(ctx.content_rect().width() - 80.0));
            ui.label(RichText::new(&title).font(semibold(text::HEADING)).strong());
            ui.add_space(space::SMALL);
            go |= ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
            self.fields(ui, &title, &mut actions);
            ui.add_space(space::SMALL);
            preview(ui, &there, planned.as_ref());
            if let Some(refused) = &self.refused {
                ui.label(RichText::new(refused).size(text::SMALL).color(Tokens::of(ui).warning));
            }
            ui.add_space(space::SMALL);
            let row = vec2(ui.available_width(), 36.0);
            ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
                let word = if self.copies { "Copy" } else { "Move" };
                go |= ui
                    .add_enabled_ui(planned.is_ok(), |ui| primary_button(ui, word).clicked())
                    .inner;
                cancel = ui.button("Cancel").clicked();
            });
        });
        self.fresh = false;
        if go && let Ok(folders) = planned {
            let base = PathBuf::from(self.folder.trim());
            if base.is_dir() && base.is_absolute() {
                let photos = there.iter().zip(folders);
                let plan = photos.map(|(photo, folder)| (Arc::clone(&photo.path), base.join(folder)));
                let how = if self.copies { Transfer::Copy } else { Transfer::Move };
                actions.push(Action::Do(Box::new(FileJob::IntoFolders {
                    plan: plan.collect(),
                    how,
                })));
                self.rows = None;
            } else {
                self.refused = Some(format!("There is no such folder: {}", self.folder.trim()));
            }
        } else if cancel || modal.should_close() {
            self.rows = None;
        }
        actions
    }

    fn fields(&mut self, ui: &mut Ui, title: &str, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.folder)
                .hint_text("Folder in which they are made")
                .margin(vec2(10.0, 7.0))
                .desired_width(ui.available_width() - 130.0);
            let response = ui.add(field).accessible_name("Folder");
            if self.fresh {
                response.request_focus();
            }
            if response.changed() {
                self.refused = None;
            }
            if ui.button("Choose\u{2026}").clicked() {
                actions.push(Action::ChooseFile(title.to_owned(), None));
            }
        });
        ui.add_space(space::SMALL);
        let pattern = TextEdit::singleline(&mut self.pattern)
            .desired_width(f32::INFINITY)
            .margin(vec2(10.0, 8.0));
        ui.add(pattern).accessible_name("Pattern of the folders");
        ui.add_space(space::SMALL);
        ui.horizontal_wrapped(|ui| {
            for (field, meaning) in FIELDS {
                let field = format!("{{{field}}}");
                if chip(ui, &field, false).on_hover_text(meaning).clicked() {
                    self.pattern.push_str(&field);
                }
            }
        });
        ui.add_space(space::SMALL);
        if let Some(copies) = segmented(ui, self.copies, &[(false, "Move"), (true, "Copy")]) {
            self.copies = copies;
        }
    }
}

fn preview(ui: &mut Ui, there: &[&PhotoRow], planned: Result<&Vec<PathBuf>, &String>) {
    let tokens = Tokens::of(ui);
    let folders = match planned {
        Ok(folders) => folders,
        Err(why) => {
            ui.label(RichText::new(why).size(text::SMALL).color(tokens.warning));
            return;
        }
    };
    ScrollArea::vertical()
        .max_height(150.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for (photo, folder) in there.iter().zip(folders).take(SHOWN) {
                let name = photo.path.file_name().unwrap_or_default();
                let line = Path::new(folder).join(name).display().to_string();
                one_line(ui, RichText::new(line).size(text::SMALL));
            }
            if let Some(more) = folders.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                ui.label(
                    RichText::new(format!("and {more} more"))
                        .size(text::SMALL)
                        .color(tokens.text_faint),
                );
            }
        });
    let hint = "Raw files and sidecars go along; a name that is taken gets a number. Ctrl+Z takes a move back, the new folders stay.";
    ui.label(RichText::new(hint).size(text::SMALL).color(tokens.text_faint));
}
