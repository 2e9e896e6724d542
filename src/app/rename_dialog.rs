//! New names for several photos, by a pattern, with what they will be called.

use eframe::egui::{
    Align, Context, Frame, Id, Key, Layout, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2,
};
use refocus_engine::PhotoRow;
use refocus_media::batch_rename::{FIELDS, NameFacts, PlannedName, planned_names};

use super::action::Action;
use super::controls::{chip, one_line, photos, primary_button};
use super::design_tokens::{Tokens, space, text};
use super::file_jobs::FileJob;
use super::typeface::semibold;
use super::view::View;

/// Names that are shown before they are given.
const SHOWN: usize = 8;
/// The pattern at first.
const USUAL: &str = "{date} {number}";

/// The dialog.
#[derive(Debug)]
pub(super) struct RenameDialog {
    /// The rows whose photos are renamed, in the order on screen.
    rows: Option<Vec<u32>>,
    pattern: String,
    /// The pattern for which names were made last, and these names: they are not made anew for every frame.
    planned: Option<(String, Result<Vec<PlannedName>, String>)>,
    /// It is drawn for the first time.
    fresh: bool,
}

impl Default for RenameDialog {
    fn default() -> Self {
        Self {
            rows: None,
            pattern: USUAL.to_owned(),
            planned: None,
            fresh: false,
        }
    }
}

impl RenameDialog {
    /// Whether it is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.rows.is_some()
    }

    /// Asks for new names of the photos in these rows.
    pub(super) fn ask(&mut self, rows: Vec<u32>) {
        (self.rows, self.planned, self.fresh) = (Some(rows), None, true);
    }

    /// Draws the dialog while it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let Some(rows) = &self.rows else {
            return Vec::new();
        };
        if self
            .planned
            .as_ref()
            .is_none_or(|(pattern, _)| *pattern != self.pattern)
        {
            let there: Vec<&PhotoRow> = rows.iter().filter_map(|row| view.library.photo(*row)).collect();
            self.planned = Some((self.pattern.clone(), planned_names(&self.pattern, &facts(&there))));
        }
        let Some((_, planned)) = &self.planned else {
            return Vec::new();
        };
        let (mut answer, mut cancel) = (None, false);
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::LARGE);
        let modal = Modal::new(Id::unique("new names")).frame(frame);
        let (pattern, fresh) = (&mut self.pattern, self.fresh);
        let modal = modal.show(ctx, |ui| {
            ui.set_width(520.0_f32.min(ctx.content_rect().width() - 80.0));
            ui.label(
                RichText::new(format!("Rename {}", photos(rows.len())))
                    .font(semibold(text::HEADING))
                    .strong(),
            );
            ui.add_space(space::SMALL);
            let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
            let response = ui.add(
                TextEdit::singleline(pattern)
                    .desired_width(f32::INFINITY)
                    .margin(vec2(10.0, 8.0)),
            );
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_label("Pattern of the names"));
            if fresh {
                response.request_focus();
            }
            fields(ui, pattern);
            ui.add_space(space::SMALL);
            preview(ui, planned.as_ref());
            ui.add_space(space::SMALL);
            let row = vec2(ui.available_width(), 36.0);
            ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
                let go = ui
                    .add_enabled_ui(planned.is_ok(), |ui| primary_button(ui, "Rename").clicked())
                    .inner;
                cancel = ui.button("Cancel").clicked();
                if (go || enter)
                    && let Ok(names) = planned
                {
                    answer = Some(names.clone());
                }
            });
        });
        self.fresh = false;
        let Some(names) = answer else {
            if cancel || modal.should_close() {
                self.rows = None;
            }
            return Vec::new();
        };
        self.rows = None;
        vec![Action::Do(Box::new(FileJob::RenameAll(names)))]
    }
}

/// What names are made of. Of a RAW pair the files go together.
pub(super) fn facts<'a>(photos: &[&'a PhotoRow]) -> Vec<NameFacts<'a>> {
    let facts = photos.iter().map(|photo| NameFacts {
        path: &photo.path,
        taken: photo.taken,
        keyword: photo
            .extras
            .keywords
            .as_ref()
            .and_then(|words| words.first())
            .map(String::as_str),
    });
    facts.collect()
}

/// What can be put into the pattern; a click puts it at the end.
fn fields(ui: &mut Ui, pattern: &mut String) {
    ui.add_space(space::SMALL);
    ui.horizontal_wrapped(|ui| {
        for (field, meaning) in FIELDS {
            let field = format!("{{{field}}}");
            if chip(ui, &field, false).on_hover_text(meaning).clicked() {
                pattern.push_str(&field);
            }
        }
    });
}

fn preview(ui: &mut Ui, planned: Result<&Vec<PlannedName>, &String>) {
    let tokens = Tokens::of(ui);
    let names = match planned {
        Ok(names) => names,
        Err(why) => {
            ui.label(RichText::new(why).size(text::SMALL).color(tokens.warning));
            return;
        }
    };
    ScrollArea::vertical()
        .max_height(220.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for planned in names.iter().take(SHOWN) {
                let before = planned.path.file_name().unwrap_or_default().to_string_lossy();
                ui.horizontal(|ui| {
                    let half = vec2(0.4 * ui.available_width(), 18.0);
                    ui.allocate_ui_with_layout(half, Layout::left_to_right(Align::Center), |ui| {
                        ui.set_min_width(half.x);
                        one_line(ui, RichText::new(before).size(text::SMALL).color(tokens.text_faint));
                    });
                    one_line(ui, RichText::new(&planned.name).size(text::SMALL));
                });
            }
            if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                let line = format!("and {more} more");
                ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_faint));
            }
        });
    let hint = "Endings stay. Raw files and sidecars go with them; nothing is overwritten. Ctrl+Z takes it back.";
    ui.label(RichText::new(hint).size(text::SMALL).color(tokens.text_faint));
}
