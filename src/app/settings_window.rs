//! "Settings": what a person can set. It holds at once, and for the next window.

use std::path::{Path, PathBuf};

use eframe::egui::{
    self, Align, Align2, Context, DragValue, Frame, Key, Layout, Margin, RichText, ScrollArea, Slider, Stroke,
    TextEdit, Ui, Window, vec2,
};

use refocus_engine::{CAN_TELL_BATTERY, Command};
use refocus_media::PathPatterns;

use super::about_window::AboutPage;
use super::application::{RefocusApp, ThemeChoice};
use super::commands::UiCommand;
use super::controls::{one_line, panel_head, segmented, slider, small_icon_button};
use super::design_tokens::{Tokens, radius, space, text};
use super::icons::Icon;
use super::library_state::EngineState;
use super::settings::{FEWEST_MEGABYTES, MOST_EXCLUDED};

/// Width of the names on the left, in points.
const NAMES: f32 = 168.0;

/// The largest thumbnail cache that the slider offers, megabytes.
const MOST_MEGABYTES: u64 = 64 << 10;

/// The largest "smallest picture" that can be typed, kilobytes.
const MOST_KILOBYTES: u64 = 1 << 20;

/// What is typed while the window is open.
#[derive(Clone, Debug, Default)]
pub(super) struct SettingsFields {
    /// One pattern a line.
    patterns: String,
    /// Path of a folder to leave out.
    folder: String,
    /// Whether one of the two had the keyboard in the last frame.
    pub(super) typing: bool,
}

impl RefocusApp {
    /// Opens the window, or closes it.
    pub(super) fn toggle_settings(&mut self) {
        self.panels.settings = match self.panels.settings {
            Some(_) => None,
            None => Some(SettingsFields {
                patterns: self.settings.excluded_patterns.join("\n"),
                folder: String::new(),
                typing: false,
            }),
        };
    }

    /// Leaves out a folder from now on.
    pub(super) fn leave_out_folder(&mut self, folder: PathBuf) {
        let folders = &mut self.settings.excluded_folders;
        if folder.to_str().is_none() {
            // The settings are text: such a folder can be named by a pattern.
            self.notices
                .add("This folder's name is not UTF-8; leave it out with a pattern, as in name*".into());
        } else if folders.len() >= MOST_EXCLUDED {
            self.notices
                .add(format!("At most {MOST_EXCLUDED} folders can be left out"));
        } else if !folders.contains(&folder) {
            folders.push(folder);
        }
    }

    /// Draws the window, where it is open, and tells the engine what changed.
    pub(super) fn settings_window(&mut self, ctx: &Context) {
        if let Some(mut fields) = self.panels.settings.take() {
            let mut open = true;
            let others = self.has_window_over_settings();
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
                        self.settings_page(ui, &mut fields);
                    });
                });
            // A window that was opened from here takes its place.
            let gives_way = !others && self.has_window_over_settings();
            self.panels.settings = (open && !gives_way).then_some(fields);
        }
        self.tell_tuning(ctx);
    }

    fn has_window_over_settings(&self) -> bool {
        self.panels.about.is_some() || self.models.open
    }

    /// Tells the engine what it is to do otherwise; not while a slider is being moved.
    fn tell_tuning(&mut self, ctx: &Context) {
        if ctx.input(|input| input.pointer.any_down()) {
            return;
        }
        let wanted = self.settings.tuning();
        if wanted != self.tuned {
            self.tuned = wanted.clone();
            self.outbox.send(Command::Tune(Box::new(wanted)));
        }
    }

    fn settings_page(&mut self, ui: &mut Ui, fields: &mut SettingsFields) {
        fields.typing = false;
        panel_head(ui, "WINDOW");
        row(ui, "Theme", |ui| {
            let themes = [
                (ThemeChoice::System, "System"),
                (ThemeChoice::Dark, "Dark"),
                (ThemeChoice::Light, "Light"),
            ];
            if let Some(theme) = segmented(ui, self.theme, &themes) {
                self.theme = theme;
                self.apply_theme(ui.ctx());
            }
        });
        ui.add_space(space::MEDIUM);
        panel_head(ui, "INDEXING");
        row(ui, "Model", |ui| self.model_row(ui));
        row(ui, "Threads", |ui| self.threads_row(ui));
        row(ui, "On battery", |ui| {
            let label = "Rest until mains power is back";
            let hint = "Photos that are indexed already can be searched all the same";
            ui.add_enabled_ui(CAN_TELL_BATTERY, |ui| {
                ui.checkbox(&mut self.settings.pause_on_battery, label)
                    .on_hover_text(hint)
                    .on_disabled_hover_text("This system does not say whether it runs on its battery");
            });
        });
        row(ui, "Thumbnails on the disk", |ui| self.cache_row(ui));
        ui.add_space(space::MEDIUM);
        panel_head(ui, "LEFT OUT");
        note(
            ui,
            "Photos that are left out are not shown. What is known of them is kept, so that nothing is computed again when they \
             come back.",
        );
        row(ui, "Files smaller than", |ui| self.smallest_row(ui));
        self.folder_rows(ui, fields);
        self.pattern_rows(ui, fields);
    }

    fn model_row(&mut self, ui: &mut Ui) {
        let name = match &self.library.engine {
            EngineState::Ready(device) => device.model.clone(),
            _ => "not loaded yet".to_owned(),
        };
        ui.label(name);
        if ui.button("About this model").clicked() {
            self.panels.about = Some(AboutPage::ModelCard);
        }
        if ui.button("Models\u{2026}").clicked() {
            self.run_command(&ui.ctx().clone(), UiCommand::ShowModels);
        }
    }

    fn threads_row(&mut self, ui: &mut Ui) {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most = cores.max(self.settings.threads.unwrap_or(1));
        let mut threads = self.settings.threads.unwrap_or(cores);
        let choice = Slider::new(&mut threads, 1..=most.max(2));
        if slider(ui, choice, 160.0)
            .accessible_name("Threads that index")
            .changed()
        {
            self.settings.threads = (threads != cores).then_some(threads);
        }
        let line = if threads == cores {
            format!("{threads} \u{b7} one for each core")
        } else {
            format!("{threads} of {cores} cores \u{b7} from the next indexing on")
        };
        ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
    }

    fn cache_row(&mut self, ui: &mut Ui) {
        let megabytes = &mut self.settings.thumbnail_megabytes;
        let most = MOST_MEGABYTES.max(*megabytes);
        let choice = Slider::new(megabytes, FEWEST_MEGABYTES..=most).logarithmic(true);
        slider(ui, choice, 160.0).accessible_name("Most megabytes of thumbnails on the disk");
        let line = match *megabytes {
            small @ 0..1024 => format!("at most {small} MB"),
            large => format!("at most {:.1} GB", large as f64 / 1024.0),
        };
        ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
    }

    fn smallest_row(&mut self, ui: &mut Ui) {
        let field = DragValue::new(&mut self.settings.smallest_kilobytes)
            .range(0..=MOST_KILOBYTES)
            .suffix(" KB");
        ui.add(field).accessible_name("Files with fewer kilobytes are left out");
        let line = match self.settings.smallest_kilobytes {
            0 => "every picture is taken",
            _ => "icons and previews are left out",
        };
        ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).text_weak));
    }

    fn folder_rows(&mut self, ui: &mut Ui, fields: &mut SettingsFields) {
        row(ui, "Folders", |ui| {
            let width = ui.available_width() - 170.0;
            let edit = TextEdit::singleline(&mut fields.folder)
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
                    self.leave_out_folder(folder);
                    fields.folder.clear();
                } else {
                    self.notices
                        .add("Type the whole path of the folder; names anywhere are left out by a pattern".into());
                }
            }
            if ui.button("Choose\u{2026}").clicked() {
                self.intake.choose_folder_to_leave_out();
            }
        });
        let mut removed = None;
        for (number, folder) in self.settings.excluded_folders.iter().enumerate() {
            row(ui, "", |ui| {
                let name = format!("Take photos of {} again", folder.display());
                if small_icon_button(ui, Icon::Cross, &name).clicked() {
                    removed = Some(number);
                }
                one_line(ui, shown(folder));
            });
        }
        if let Some(number) = removed {
            self.settings.excluded_folders.remove(number);
        }
    }

    fn pattern_rows(&mut self, ui: &mut Ui, fields: &mut SettingsFields) {
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
                self.settings.excluded_patterns = typed;
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
}

/// A setting with its name before it.
fn row(ui: &mut Ui, name: &str, controls: impl FnOnce(&mut Ui)) {
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
    ui.label(RichText::new(words).size(text::SMALL).color(Tokens::of(ui).text_faint));
}

fn shown(folder: &Path) -> String {
    folder.display().to_string()
}
