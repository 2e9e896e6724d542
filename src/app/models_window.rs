//! The dialog about models: which there are, which is used, what can be fetched.

use eframe::egui::{self, Context, ProgressBar, RichText, ScrollArea, TextEdit, Ui, Window, vec2};

use refocus_engine::{CatalogueEntry, Command, FileCheck, InstalledModel, ModelsState, NextPhase, Offer};

use super::action::Action;
use super::controls::one_line;
use super::design_tokens::{Tokens, text};
use super::view::View;

/// The dialog.
#[derive(Debug, Default)]
pub(super) struct ModelsWindow {
    /// Whether it is open.
    pub(super) open: bool,
    /// The folder that is typed for an import.
    folder: String,
}

impl ModelsWindow {
    /// Draws the dialog, where it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let mut asked = Vec::new();
        if !self.open {
            return Vec::new();
        }
        Window::new("Models")
            .open(&mut self.open)
            .collapsible(false)
            .default_size(vec2(640.0, 480.0))
            .min_size(vec2(460.0, 300.0))
            .pivot(egui::Align2::CENTER_CENTER)
            .default_pos(ctx.content_rect().center())
            .show(ctx, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    contents(ui, &view.models, &mut self.folder, &mut asked);
                });
            });
        asked.into_iter().map(Action::Ask).collect()
    }
}

fn contents(ui: &mut Ui, state: &ModelsState, folder: &mut String, asked: &mut Vec<Command>) {
    let weak = Tokens::of(ui).text_weak;
    if let Some(error) = &state.error {
        ui.colored_label(ui.visuals().error_fg_color, error);
        ui.separator();
    }
    progress(ui, state, asked);
    ui.strong("On this machine");
    for model in &state.installed {
        installed_row(ui, state, model, asked);
    }
    ui.separator();
    ui.strong("To download");
    let note = "Nothing is fetched before you say so; then only these files come, and their hashes are checked.";
    ui.label(RichText::new(note).size(text::SMALL).color(weak));
    let there = |entry: &&CatalogueEntry| state.installed.iter().all(|model| model.name != entry.id);
    for entry in state.catalogue.iter().filter(there) {
        catalogue_row(ui, state, entry, asked);
    }
    ui.separator();
    ui.strong("From a folder");
    ui.horizontal(|ui| {
        let label = ui.label("Folder of a checkpoint");
        let field = TextEdit::singleline(folder)
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(280.0);
        ui.add(field).labelled_by(label.id);
        let typed = folder.trim();
        if ui.add_enabled(!typed.is_empty(), egui::Button::new("Import")).clicked() {
            asked.push(Command::ImportModel(typed.into()));
        }
    });
}

fn progress(ui: &mut Ui, state: &ModelsState, asked: &mut Vec<Command>) {
    let (line, share) = match (&state.transfer, &state.next) {
        (Some(transfer), _) => {
            let share = transfer.done as f32 / transfer.total.max(1) as f32;
            let (done, total) = (megabytes(transfer.done), megabytes(transfer.total));
            (format!("{}: {done} of {total} MB", transfer.name), share)
        }
        (None, Some(next)) => {
            let what = match next.phase {
                NextPhase::Loading => "is being loaded".to_owned(),
                NextPhase::Words => format!("learns words, {} of {}", next.done, next.total),
                NextPhase::Photos => format!("encodes photos, {} of {}", next.done, next.total),
            };
            (
                format!("{} {what}; until then {} serves", next.name, state.serving),
                next.done as f32 / next.total.max(1) as f32,
            )
        }
        (None, None) => return,
    };
    ui.label(line);
    ui.horizontal(|ui| {
        ui.add(ProgressBar::new(share).desired_width(360.0).desired_height(8.0));
        if ui.button("Cancel").clicked() {
            asked.push(Command::CancelModel);
        }
    });
    ui.separator();
}

fn installed_row(ui: &mut Ui, state: &ModelsState, model: &InstalledModel, asked: &mut Vec<Command>) {
    let used = model.name == state.serving;
    let next = state.next.as_ref().is_some_and(|next| next.name == model.name);
    ui.horizontal(|ui| {
        ui.set_height(34.0);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let name = &model.name;
            if model.bytes > 0 && !used && !next {
                let button = ui.button("Remove").accessible_name(format!("Remove {name}"));
                if button.clicked() {
                    asked.push(Command::RemoveModel(name.clone()));
                }
            }
            if used {
                ui.label("in use");
            } else if !next && ui.button("Use").accessible_name(format!("Use {name}")).clicked() {
                asked.push(Command::UseModel(name.clone()));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let size = match model.bytes {
                    0 => String::new(),
                    bytes => format!(" \u{b7} {} MB", megabytes(bytes)),
                };
                one_line(
                    ui,
                    RichText::new(format!("{} \u{b7} {}{size}", model.title, model.licence)),
                )
                .on_hover_text(&model.source);
            });
        });
    });
}

fn catalogue_row(ui: &mut Ui, state: &ModelsState, entry: &CatalogueEntry, asked: &mut Vec<Command>) {
    let weak = Tokens::of(ui).text_weak;
    let offer = state
        .offer
        .as_ref()
        .filter(|(id, _)| id == entry.id)
        .map(|(_, offer)| offer);
    ui.horizontal(|ui| {
        ui.set_height(44.0);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let busy = state.transfer.is_some();
            let (caption, command) = match offer {
                Some(offer) => (
                    format!("Download {} MB", megabytes(offer.bytes())),
                    Command::DownloadModel(entry.id.to_owned()),
                ),
                None => ("Look up\u{2026}".to_owned(), Command::LookUpModel(entry.id.to_owned())),
            };
            let name = format!("{caption} {}", entry.name);
            if ui
                .add_enabled(!busy, egui::Button::new(caption))
                .accessible_name(name)
                .clicked()
            {
                asked.push(command);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    one_line(ui, RichText::new(format!("{} \u{b7} {}", entry.name, entry.licence)));
                    one_line(ui, RichText::new(entry.good_for).size(text::SMALL).color(weak))
                        .on_hover_text(entry.good_for);
                });
            });
        });
    });
    if let Some(offer) = offer {
        offer_lines(ui, offer);
    }
}

/// What would come: from where, and each file with its size and hash.
fn offer_lines(ui: &mut Ui, offer: &Offer) {
    let weak = Tokens::of(ui).text_weak;
    let mut line = |line: String| {
        let label = one_line(ui, RichText::new(line.clone()).size(text::SMALL).color(weak));
        label.on_hover_text(line);
    };
    let licence = offer.licence.as_deref().unwrap_or("licence not named");
    line(format!("{} at {} \u{b7} {licence}", offer.repository, offer.commit));
    for file in &offer.files {
        let check = match &file.check {
            FileCheck::Sha256(hash) => format!("SHA-256 {hash}"),
            FileCheck::GitBlob(hash) => format!("git {hash}"),
        };
        line(format!("{} \u{b7} {} bytes \u{b7} {check}", file.name, file.bytes));
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
