//! A contact sheet of photos: which paper, how many columns, what stands below the photos, and into which file.

use std::path::{Path, PathBuf};

use eframe::egui::{Align, Context, Frame, Id, Key, Layout, Modal, RichText, Slider, TextEdit, Ui, vec2};
use refocus_media::contact_sheet::{COLUMNS, Paper, SheetForm, SheetPhoto};

use super::action::Action;
use super::controls::{photos, primary_button, segmented, slider};
use super::design_tokens::{Tokens, space, text};
use super::file_jobs::FileJob;
use super::taken_line::tile_date;
use super::typeface::semibold;
use super::view::View;

/// The name that is offered first.
const FIRST_NAME: &str = "contact-sheet.pdf";

/// What stands below a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Caption {
    #[default]
    Name,
    Date,
    Nothing,
}

/// The dialog; what was chosen is there the next time.
#[derive(Debug, Default)]
pub(super) struct SheetDialog {
    /// The photos, in the order on screen.
    rows: Option<Vec<u32>>,
    file: String,
    form: SheetForm,
    caption: Caption,
    /// Why the last answer could not be used.
    refused: Option<String>,
    /// It is drawn for the first time.
    fresh: bool,
}

impl SheetDialog {
    /// Whether it is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.rows.is_some()
    }

    /// Asks about a sheet of the photos in these rows.
    pub(super) fn ask(&mut self, rows: Vec<u32>) {
        (self.rows, self.fresh, self.refused) = (Some(rows), true, None);
    }

    /// Takes the file that was chosen in the native dialog.
    pub(super) fn chosen(&mut self, file: &Path) {
        self.file = file.display().to_string();
        self.refused = None;
    }

    /// Draws the dialog while it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let Some(rows) = self.rows.clone() else {
            return Vec::new();
        };
        let mut actions = Vec::new();
        let (mut go, mut cancel) = (false, false);
        let title = format!("Contact sheet of {}", photos(rows.len()));
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::LARGE);
        let modal = Modal::new(Id::unique("contact sheet")).frame(frame).show(ctx, |ui| {
            ui.set_width(500.0_f32.min(ctx.content_rect().width() - 80.0));
            ui.label(RichText::new(&title).font(semibold(text::HEADING)).strong());
            ui.add_space(space::SMALL);
            go |= self.file(ui, &title, &mut actions);
            ui.add_space(space::SMALL);
            self.form(ui);
            if let Some(refused) = &self.refused {
                ui.label(RichText::new(refused).size(text::SMALL).color(Tokens::of(ui).warning));
            }
            ui.add_space(space::SMALL);
            let row = vec2(ui.available_width(), 36.0);
            ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
                go |= primary_button(ui, "Write the sheet").clicked();
                cancel = ui.button("Cancel").clicked();
            });
        });
        self.fresh = false;
        if go {
            match self.target() {
                Ok(path) => {
                    self.rows = None;
                    let job = FileJob::ContactSheet {
                        photos: self.photos(&rows, view),
                        form: self.form.clone(),
                        path,
                    };
                    actions.push(Action::Do(Box::new(job)));
                }
                Err(why) => self.refused = Some(why),
            }
        } else if cancel || modal.should_close() {
            self.rows = None;
        }
        actions
    }

    /// The file that is meant, with its ending.
    fn target(&self) -> Result<PathBuf, String> {
        let typed = self.file.trim();
        let mut path = PathBuf::from(typed);
        if !path.is_absolute() || path.file_name().is_none() {
            return Err(format!("Not a full path: {typed}"));
        }
        if path.is_dir() {
            path.push(FIRST_NAME);
        }
        if path
            .extension()
            .is_none_or(|ending| !ending.eq_ignore_ascii_case("pdf"))
        {
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(".pdf");
            path.set_file_name(name);
        }
        Ok(path)
    }

    fn photos(&self, rows: &[u32], view: &View) -> Vec<SheetPhoto> {
        let there = rows.iter().filter_map(|row| view.library.photo(*row));
        there
            .map(|photo| SheetPhoto {
                path: photo.path.to_path_buf(),
                caption: match self.caption {
                    Caption::Name => photo
                        .path
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned(),
                    Caption::Date if photo.has_date() => tile_date(photo),
                    Caption::Date => String::new(),
                    Caption::Nothing => String::new(),
                },
            })
            .collect()
    }

    /// Where to; returns whether Enter was pressed.
    fn file(&mut self, ui: &mut Ui, title: &str, actions: &mut Vec<Action>) -> bool {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.file)
                .hint_text("PDF file")
                .margin(vec2(10.0, 7.0))
                .desired_width(ui.available_width() - 130.0);
            let response = ui.add(field);
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_label("PDF file"));
            if self.fresh {
                response.request_focus();
            }
            if response.changed() {
                self.refused = None;
            }
            if ui.button("Choose\u{2026}").clicked() {
                actions.push(Action::ChooseFile(title.to_owned(), Some(FIRST_NAME)));
            }
            response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
        })
        .inner
    }

    fn form(&mut self, ui: &mut Ui) {
        line(ui, "Paper", |ui| {
            if let Some(paper) = segmented(ui, self.form.paper, &[(Paper::A4, "A4"), (Paper::Letter, "Letter")]) {
                self.form.paper = paper;
            }
            if let Some(lies) = segmented(ui, self.form.landscape, &[(false, "Upright"), (true, "Lying")]) {
                self.form.landscape = lies;
            }
        });
        line(ui, "Columns", |ui| {
            slider(
                ui,
                Slider::new(&mut self.form.columns, COLUMNS).show_value(false),
                180.0,
            )
            .accessible_name("Columns");
            ui.label(self.form.columns.to_string());
        });
        line(ui, "Below", |ui| {
            let choices = [
                (Caption::Name, "Name"),
                (Caption::Date, "Date"),
                (Caption::Nothing, "Nothing"),
            ];
            if let Some(caption) = segmented(ui, self.caption, &choices) {
                self.caption = caption;
            }
        });
        line(ui, "Title", |ui| {
            let field = TextEdit::singleline(&mut self.form.title)
                .hint_text("None")
                .margin(vec2(10.0, 6.0))
                .desired_width(ui.available_width() - 20.0);
            ui.add(field).accessible_name("Title");
        });
        let hint =
            "Pictures are printed at 200 dots an inch. A picture or a library of that name is never overwritten.";
        ui.label(RichText::new(hint).size(text::SMALL).color(Tokens::of(ui).text_faint));
    }
}

/// A choice with its name before it.
fn line(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.set_height(34.0);
        ui.allocate_ui_with_layout(vec2(76.0, 34.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(76.0);
            ui.label(RichText::new(name).color(Tokens::of(ui).text_weak));
        });
        add(ui);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_its_ending_and_a_name_alone_is_no_place() {
        let dialog = |file: &str| SheetDialog {
            file: file.to_owned(),
            ..SheetDialog::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        assert_eq!(
            dialog(&format!("{root}/a.b")).target(),
            Ok(folder.path().join("a.b.pdf"))
        );
        assert_eq!(
            dialog(&format!(" {root}/a.PDF ")).target(),
            Ok(folder.path().join("a.PDF"))
        );
        assert_eq!(dialog(&root).target(), Ok(folder.path().join(FIRST_NAME)));
        assert!(dialog("sheet.pdf").target().is_err());
    }
}
