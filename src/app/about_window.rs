//! "About Refocus": version, commit, the model and its card, licences, and what the program is made from.

use eframe::egui::{self, Align2, Context, RichText, ScrollArea, TextStyle, Ui, Window, vec2};

use crate::about::{self, Part};

use super::controls::segmented;
use super::design_tokens::{Tokens, space, text};
use super::icons::paint_mark;
use super::typeface::semibold;
use super::view::View;

/// Side of the program's mark in points.
const MARK: f32 = 72.0;

/// A page of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AboutPage {
    /// Version, commit, model.
    #[default]
    Program,
    /// What the model was made from and how well it does.
    ModelCard,
    /// Refocus's own two licences.
    Licence,
    /// The licences of everybody else.
    Notices,
    /// The bill of materials.
    Parts,
}

const PAGES: [(AboutPage, &str); 5] = [
    (AboutPage::Program, "Program"),
    (AboutPage::ModelCard, "Model"),
    (AboutPage::Licence, "Licence"),
    (AboutPage::Notices, "Notices"),
    (AboutPage::Parts, "Parts"),
];

/// The window, and which page is open in it.
#[derive(Debug, Default)]
pub(super) struct AboutWindow {
    /// The page, while it is open.
    pub(super) page: Option<AboutPage>,
}

impl AboutWindow {
    /// Draws the window, where it is open. What is asked of it concerns the clipboard alone.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) {
        let Some(mut page) = self.page else { return };
        let model = view.model();
        let mut open = true;
        let room = ctx.content_rect().size() - vec2(120.0, 120.0);
        Window::new("About Refocus")
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .fixed_size(vec2(760.0, 520.0).min(room))
            .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
            .show(ctx, |ui| {
                if let Some(chosen) = segmented(ui, page, &PAGES) {
                    page = chosen;
                }
                ui.add_space(space::SMALL);
                match page {
                    AboutPage::Program => program_page(ui, model),
                    AboutPage::ModelCard => text_page(ui, page, &lines_of(ui, page, &[about::model_card()])),
                    AboutPage::Licence => {
                        let own = [about::LICENCE_MIT, about::LICENCE_APACHE];
                        text_page(ui, page, &lines_of(ui, page, &own));
                    }
                    AboutPage::Notices => text_page(ui, page, &lines_of(ui, page, &[about::NOTICES])),
                    AboutPage::Parts => parts_page(ui),
                }
            });
        self.page = open.then_some(page);
    }
}

fn program_page(ui: &mut Ui, model: Option<&str>) {
    let tokens = Tokens::of(ui);
    let weak = |line: String| RichText::new(line).color(tokens.text_weak);
    ui.vertical_centered(|ui| {
        ui.add_space(space::LARGE);
        let (rect, _) = ui.allocate_exact_size(vec2(MARK, MARK), egui::Sense::hover());
        paint_mark(ui.painter(), rect.center(), MARK);
        ui.add_space(space::MEDIUM);
        ui.label(RichText::new("Refocus").font(semibold(text::DISPLAY)));
        ui.label(format!("Version {}", about::VERSION));
        ui.label(weak(format!("Commit {}", about::COMMIT)));
        ui.add_space(space::LARGE);
        ui.label("Finds your own photos by saying in which respect they should be alike.");
        ui.label(weak("Nothing leaves your computer.".into()));
        ui.add_space(space::LARGE);
        ui.label(weak(format!("Model: {}", model.unwrap_or("not loaded yet"))));
        ui.label(weak(format!("Licence: {}", about::LICENCE)));
        ui.add_space(space::LARGE);
        let all = format!(
            "Refocus {} ({})\nModel: {}\nPlatform: {} {}",
            about::VERSION,
            about::COMMIT,
            model.unwrap_or("not loaded"),
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        if ui.button("Copy for a report").clicked() {
            ui.ctx().copy_text(all);
        }
    });
}

/// The texts in lines that fit, worked out once for each page.
fn lines_of(ui: &Ui, page: AboutPage, texts: &[&str]) -> std::sync::Arc<Vec<String>> {
    let id = egui::Id::unique("about lines").with(page as u8);
    if let Some(lines) = ui.data(|data| data.get_temp(id)) {
        return lines;
    }
    let mut lines = Vec::new();
    for text in texts {
        if !lines.is_empty() {
            lines.extend([String::new(), "\u{2014}".repeat(24), String::new()]);
        }
        lines.extend(text.lines().flat_map(|line| wrapped(line, 100)));
    }
    let lines = std::sync::Arc::new(lines);
    ui.data_mut(|data| data.insert_temp(id, std::sync::Arc::clone(&lines)));
    lines
}

/// A line cut at spaces into lines of at most `most` characters; longer words stay whole.
fn wrapped(line: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = String::new();
    for (place, word) in line.split(' ').enumerate() {
        if place > 0 {
            if last.chars().count() + 1 + word.chars().count() > most && !last.trim().is_empty() {
                lines.push(std::mem::take(&mut last));
            } else {
                last.push(' ');
            }
        }
        last.push_str(word);
    }
    lines.push(last);
    lines
}

/// A long text of which only what is visible is laid out.
fn text_page(ui: &mut Ui, page: AboutPage, lines: &[String]) {
    if ui.button("Copy all").clicked() {
        ui.ctx().copy_text(lines.join("\n"));
    }
    ui.add_space(space::TINY);
    let row = ui.text_style_height(&TextStyle::Monospace);
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::both()
        .id_salt(page as u8)
        .auto_shrink(false)
        .show_rows(ui, row, lines.len(), |ui, rows| {
            for line in lines.get(rows).unwrap_or_default() {
                ui.add(egui::Label::new(RichText::new(line).size(text::SMALL).monospace()).extend());
            }
        });
}

fn parts_page(ui: &mut Ui) {
    let id = egui::Id::unique("about parts");
    let parts: std::sync::Arc<Vec<Part>> = ui.data(|data| data.get_temp(id)).unwrap_or_else(|| {
        let parts = std::sync::Arc::new(about::parts());
        ui.data_mut(|data| data.insert_temp(id, std::sync::Arc::clone(&parts)));
        parts
    });
    ui.horizontal(|ui| {
        if ui.button("Copy as CycloneDX").clicked() {
            ui.ctx().copy_text(about::BILL_OF_MATERIALS.to_owned());
        }
        let tokens = Tokens::of(ui);
        ui.label(RichText::new(format!("{} parts", parts.len())).color(tokens.text_weak));
    });
    ui.add_space(space::TINY);
    let row = ui.text_style_height(&TextStyle::Body);
    ScrollArea::vertical()
        .id_salt("parts")
        .auto_shrink(false)
        .show_rows(ui, row, parts.len(), |ui, rows| {
            let width = ui.available_width();
            for part in parts.get(rows).unwrap_or_default() {
                ui.horizontal(|ui| {
                    let tokens = Tokens::of(ui);
                    let columns = [
                        (RichText::new(&part.name), 0.38),
                        (RichText::new(&part.version).color(tokens.text_weak), 0.18),
                        (RichText::new(&part.licence).color(tokens.text_weak), 0.40),
                    ];
                    for (words, share) in columns {
                        let size = vec2(width * share, row);
                        ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
                            ui.set_min_width(size.x);
                            ui.add(egui::Label::new(words).truncate());
                        });
                    }
                });
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_spaces_and_lose_nothing() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("  indented", 40), ["  indented"]);
        assert_eq!(wrapped("", 7), [""]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
        let long = "a bb ccc dddd eeeee ffffff".repeat(5);
        assert_eq!(wrapped(&long, 11).join(" "), long);
    }
}
