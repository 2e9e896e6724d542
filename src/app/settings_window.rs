//! "Settings": what a person can set. It holds at once, and for the next window.

use std::path::{Path, PathBuf};

use eframe::egui::{
    self, Align, Align2, Context, DragValue, Frame, Key, Layout, Margin, RichText, ScrollArea, Slider, Stroke,
    TextEdit, Ui, Window, vec2,
};

use refocus_engine::{CAN_TELL_BATTERY, Folder};
use refocus_media::PathPatterns;

use super::about_window::AboutPage;
use super::action::Action;
use super::application::ThemeChoice;
use super::commands::UiCommand;
use super::controls::{one_line, panel_head, segmented, slider, small_icon_button};
use super::design_tokens::{Tokens, radius, space, text};
use super::icons::Icon;
use super::languages_section::ui as languages_section;
use super::left_out_table::LeftOutTable;
use super::people;
use super::settings::{FEWEST_MEGABYTES, MOST_EXCLUDED, Settings};
use super::text as text_in_photos;
use super::view::View;

/// Width of the names on the left, in points.
const NAMES: f32 = 168.0;

/// The largest thumbnail cache that the slider offers, megabytes.
const MOST_MEGABYTES: u64 = 64 << 10;

/// The largest "smallest picture" that can be typed, kilobytes.
const MOST_KILOBYTES: u64 = 1 << 20;

/// What is typed while the window is open.
#[derive(Debug, Default)]
struct Fields {
    /// One pattern a line.
    patterns: String,
    /// Path of a language pack.
    language_pack: String,
    /// Whether it is asked if the text that was read is to be deleted.
    deletes_text: bool,
    /// Path of a folder to leave out.
    folder: String,
    /// Whether one of the two had the keyboard in the last frame.
    typing: bool,
    /// The table of what systems and programs keep for themselves.
    table: LeftOutTable,
}

/// The window, and what is typed in it while it is open.
#[derive(Debug, Default)]
pub(super) struct SettingsWindow {
    fields: Option<Fields>,
}

impl SettingsWindow {
    /// Opens the window, or closes it.
    pub(super) fn toggle(&mut self, settings: &Settings) {
        self.fields = match self.fields {
            Some(_) => None,
            None => Some(Fields {
                patterns: settings.excluded_patterns.join("\n"),
                ..Fields::default()
            }),
        };
    }

    /// Opens the window where it tells what was left out, with the rows unfolded that left something out of `folder`.
    pub(super) fn show_left_out(&mut self, settings: &Settings, folder: Option<&Folder>) {
        if !self.is_open() {
            self.toggle(settings);
        }
        if let Some((fields, folder)) = self.fields.as_mut().zip(folder) {
            fields.table.show(folder);
        }
    }

    /// Whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.fields.is_some()
    }

    /// Closes it: another window takes its place.
    pub(super) fn close(&mut self) {
        self.fields = None;
    }

    /// Esc: the first one only leaves the field in which something is typed.
    pub(super) fn escape(&mut self) {
        if self
            .fields
            .as_mut()
            .is_some_and(|fields| !std::mem::take(&mut fields.typing))
        {
            self.fields = None;
        }
    }

    /// Draws the window, where it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let Some(fields) = &mut self.fields else {
            return actions;
        };
        let mut open = true;
        let mut settings = view.settings.clone();
        let room = ctx.content_rect().size() - vec2(80.0, 100.0);
        Window::new("Settings")
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .fixed_size(vec2(600.0, 560.0).min(room))
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
            .show(ctx, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    ui.set_width(ui.available_width() - space::SMALL);
                    page(ui, view, &mut settings, fields, &mut actions);
                });
            });
        if settings != view.settings {
            actions.push(Action::Configure(Box::new(settings)));
        }
        if !open {
            self.fields = None;
        }
        actions
    }
}

/// Leaves out a folder from now on.
///
/// # Errors
/// A line for the person, where it cannot be.
pub(super) fn leave_out(settings: &mut Settings, folder: PathBuf) -> Result<(), String> {
    let folders = &mut settings.excluded_folders;
    if folder.to_str().is_none() {
        // The settings are text: such a folder can be named by a pattern.
        return Err("This folder's name is not UTF-8; leave it out with a pattern, as in name*".into());
    }
    if folders.len() >= MOST_EXCLUDED {
        return Err(format!("At most {MOST_EXCLUDED} folders can be left out"));
    }
    if !folders.contains(&folder) {
        folders.push(folder);
    }
    Ok(())
}

fn page(ui: &mut Ui, view: &View, settings: &mut Settings, fields: &mut Fields, actions: &mut Vec<Action>) {
    fields.typing = false;
    panel_head(ui, "WINDOW");
    row(ui, "Theme", |ui| {
        let themes = [
            (ThemeChoice::System, "System"),
            (ThemeChoice::Dark, "Dark"),
            (ThemeChoice::Light, "Light"),
        ];
        if let Some(theme) = segmented(ui, settings.theme, &themes) {
            settings.theme = theme;
        }
    });
    ui.add_space(space::MEDIUM);
    panel_head(ui, "INDEXING");
    row(ui, "Model", |ui| model_row(ui, view.model(), actions));
    row(ui, "Threads", |ui| threads_row(ui, settings, view.cores));
    row(ui, "On battery", |ui| {
        let label = "Rest until mains power is back";
        let hint = "Photos that are indexed already can be searched all the same";
        ui.add_enabled_ui(CAN_TELL_BATTERY, |ui| {
            ui.checkbox(&mut settings.pause_on_battery, label)
                .on_hover_text(hint)
                .on_disabled_hover_text("This system does not say whether it runs on its battery");
        });
    });
    row(ui, "Thumbnails on the disk", |ui| cache_row(ui, settings));
    ui.add_space(space::MEDIUM);
    people::settings_section(ui, view, settings, actions);
    text_in_photos::settings_section(ui, view, settings, &mut fields.deletes_text, actions);
    languages_section(ui, view, &mut fields.language_pack, actions);
    panel_head(ui, "TURNED PHOTOS");
    row(ui, "A turn is written", |ui| {
        let places = [(false, "Beside the photo"), (true, "Into the photo")];
        if let Some(in_file) = segmented(ui, settings.turns_in_file, &places) {
            settings.turns_in_file = in_file;
        }
    });
    row(ui, "", |ui| {
        note(
            ui,
            if settings.turns_in_file {
                "The orientation tag of a JPEG is changed, and nothing else in it. Photos of other formats are turned beside the file \
                 all the same."
            } else {
                "The photo's file stays as it is; an XMP sidecar beside it holds the orientation, where other programs can read it."
            },
        );
    });
    ui.add_space(space::MEDIUM);
    panel_head(ui, "LEFT OUT");
    note(
        ui,
        "Photos that are left out are not shown. What is known of them is kept, so that nothing is computed again when they \
         come back.",
    );
    row(ui, "Files smaller than", |ui| smallest_row(ui, settings));
    folder_rows(ui, settings, fields, actions);
    pattern_rows(ui, settings, fields);
    ui.add_space(space::MEDIUM);
    panel_head(ui, "LEFT OUT BECAUSE OF WHAT IT IS");
    note(
        ui,
        "What systems, storages and programs keep among photos. A row that is switched off takes in what it names. Favourites and \
         stars are kept either way.",
    );
    fields.table.ui(ui, settings, &view.library.folders);
}

fn model_row(ui: &mut Ui, model: Option<&str>, actions: &mut Vec<Action>) {
    ui.label(model.unwrap_or("not loaded yet"));
    if ui.button("About this model").clicked() {
        actions.push(Action::ShowAbout(AboutPage::ModelCard));
    }
    if ui.button("Models\u{2026}").clicked() {
        actions.push(Action::Run(UiCommand::ShowModels));
    }
}

fn threads_row(ui: &mut Ui, settings: &mut Settings, cores: usize) {
    let most = cores.max(settings.threads.unwrap_or(1));
    let mut threads = settings.threads.unwrap_or(cores);
    let choice = Slider::new(&mut threads, 1..=most.max(2));
    if slider(ui, choice, 160.0)
        .accessible_name("Threads that index")
        .changed()
    {
        settings.threads = (threads != cores).then_some(threads);
    }
    let line = if threads == cores {
        format!("{threads} \u{b7} one for each core")
    } else {
        format!("{threads} of {cores} cores \u{b7} from the next indexing on")
    };
    ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
}

fn cache_row(ui: &mut Ui, settings: &mut Settings) {
    let megabytes = &mut settings.thumbnail_megabytes;
    let most = MOST_MEGABYTES.max(*megabytes);
    let choice = Slider::new(megabytes, FEWEST_MEGABYTES..=most).logarithmic(true);
    slider(ui, choice, 160.0).accessible_name("Most megabytes of thumbnails on the disk");
    let line = match *megabytes {
        small @ 0..1024 => format!("at most {small} MB"),
        large => format!("at most {:.1} GB", large as f64 / 1024.0),
    };
    ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
}

fn smallest_row(ui: &mut Ui, settings: &mut Settings) {
    let field = DragValue::new(&mut settings.smallest_kilobytes)
        .range(0..=MOST_KILOBYTES)
        .suffix(" KB");
    ui.add(field).accessible_name("Files with fewer kilobytes are left out");
    let line = match settings.smallest_kilobytes {
        0 => "every picture is taken",
        _ => "icons and previews are left out",
    };
    ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
}

fn folder_rows(ui: &mut Ui, settings: &mut Settings, fields: &mut Fields, actions: &mut Vec<Action>) {
    row(ui, "Folders", |ui| {
        let width = ui.available_width() - 170.0;
        let edit = TextEdit::singleline(&mut fields.folder)
            .align(egui::Align2::LEFT_CENTER)
            .hint_text("/path/of/a/folder")
            .frame(field_frame(ui))
            .desired_width(width);
        let response = ui.add(edit).accessible_name("Folder to leave out");
        fields.typing |= response.has_focus();
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let typed = fields.folder.trim();
        let add = ui.add_enabled(!typed.is_empty(), egui::Button::new("Add")).clicked();
        if (add || entered) && !typed.is_empty() {
            let folder = PathBuf::from(typed);
            if folder.is_absolute() {
                actions.extend(leave_out(settings, folder).err().map(Action::Notice));
                fields.folder.clear();
            } else {
                let line = "Type the whole path of the folder; names anywhere are left out by a pattern";
                actions.push(Action::Notice(line.into()));
            }
        }
        if ui.button("Choose\u{2026}").clicked() {
            actions.push(Action::ChooseFolderToLeaveOut);
        }
    });
    let mut removed = None;
    for (number, folder) in settings.excluded_folders.iter().enumerate() {
        row(ui, "", |ui| {
            let name = format!("Take photos of {} again", folder.display());
            if small_icon_button(ui, Icon::Cross, &name).clicked() {
                removed = Some(number);
            }
            one_line(ui, shown(folder));
        });
    }
    if let Some(number) = removed {
        settings.excluded_folders.remove(number);
    }
}

fn pattern_rows(ui: &mut Ui, settings: &mut Settings, fields: &mut Fields) {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.take(MOST_EXCLUDED).map(str::to_owned).collect()
    };
    row(ui, "Patterns", |ui| {
        let edit = TextEdit::multiline(&mut fields.patterns)
            .hint_text("*.gif\n2023/Screenshots\n**/raw/*.tif")
            .desired_rows(4)
            .frame(field_frame(ui))
            .desired_width(ui.available_width());
        let response = ui.add(edit).accessible_name("Patterns of what is left out, one a line");
        fields.typing |= response.has_focus();
        let typed = lines(&fields.patterns);
        let bad = PathPatterns::new(&typed).err();
        // Half a pattern, as "*", would leave out everything while the rest is being typed.
        if !response.has_focus() && bad.is_none() {
            settings.excluded_patterns = typed;
        }
    });
    if let Err(bad) = PathPatterns::new(&lines(&fields.patterns)) {
        row(ui, "", |ui| {
            ui.label(
                RichText::new(bad.to_string())
                    .size(text::SMALL)
                    .color(Tokens::of(ui).warning),
            );
        });
    }
    row(ui, "", |ui| {
        note(
            ui,
            "One a line. * stands for any characters, ** for any folders, ? for one character. Without a / names at every \
             depth match; with one, paths below the added folder.",
        );
    });
}

/// A setting with its name before it.
pub(super) fn row(ui: &mut Ui, name: &str, controls: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let size = vec2(NAMES, space::CONTROL);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.label(RichText::new(name).color(Tokens::of(ui).text_weak));
        });
        ui.horizontal_wrapped(controls);
    });
}

/// What sets a field for text off from the window.
fn field_frame(ui: &Ui) -> Frame {
    let tokens = Tokens::of(ui);
    Frame::new()
        .fill(tokens.field)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(radius::CONTROL)
        .inner_margin(Margin::symmetric(8, 6))
}

fn note(ui: &mut Ui, words: &str) {
    // In a row that wraps, the first line of a text would be as high as a button.
    ui.vertical(|ui| ui.label(RichText::new(words).size(text::SMALL).color(Tokens::of(ui).text_faint)));
}

fn shown(folder: &Path) -> String {
    folder.display().to_string()
}
