//! Dropped files, pasted paths and pictures, what later starts of the program hand over, and the field for a typed path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{
    self, Align2, Area, Color32, ColorImage, Context, Event, Id, Key, Order, Rect, RichText, Sense, Stroke, StrokeKind,
    TextEdit, UserAttentionType, ViewportCommand, Window, vec2,
};

use super::action::Action;
use super::design_tokens::{Tokens, font, radius, space, text};
use super::intake::paths_in;
use super::typeface::semibold;
use super::view::View;

/// What was dropped on the window or pasted outside a text field in a frame.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// Paths of files and folders.
    pub(super) paths: Vec<PathBuf>,
    /// Pictures of the clipboard.
    pub(super) pictures: Vec<Arc<ColorImage>>,
    /// Ctrl+C, which arrives as an event of its own.
    pub(super) copy: bool,
    /// A pasted text names no path.
    pub(super) no_path: bool,
}

/// Takes what was dropped and pasted in this frame.
pub(super) fn brought(ctx: &Context) -> Brought {
    let mut brought = Brought {
        paths: ctx.input(|input| {
            let files = &input.raw.dropped_files;
            files.iter().map(|file| file.path().to_path_buf()).collect()
        }),
        ..Brought::default()
    };
    if ctx.text_edit_focused() {
        return brought;
    }
    for event in ctx.input(|input| input.events.clone()) {
        match event {
            Event::Copy => brought.copy = true,
            Event::Paste(text) => {
                let paths = paths_in(&text);
                brought.no_path |= paths.is_empty();
                brought.paths.extend(paths);
            }
            Event::PasteImage(image) => brought.pictures.push(image),
            _ => {}
        }
    }
    brought
}

/// Brings the window to the front; where the desktop keeps a window from doing that (Wayland), it is marked as asking for
/// attention.
pub(super) fn come_to_front(ctx: &Context) {
    ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
    ctx.send_viewport_cmd(ViewportCommand::Focus);
    if ctx.input(|input| input.viewport().focused) != Some(true) {
        let attention = ViewportCommand::RequestUserAttention(UserAttentionType::Informational);
        ctx.send_viewport_cmd(attention);
    }
}

/// While something is dragged over the window: says what a drop will do. The first screen says it by itself.
pub(super) fn drop_overlay(ctx: &Context, view: &View) {
    let hovered: Vec<PathBuf> = ctx.input(|input| {
        let files = &input.raw.hovered_files;
        files.iter().filter_map(|file| file.path.clone()).collect()
    });
    let dragging = ctx.input(|input| !input.raw.hovered_files.is_empty());
    if !dragging || view.library.nothing_yet() {
        return;
    }
    let screen = ctx.content_rect();
    Area::new(Id::unique("drop overlay"))
        .order(Order::Foreground)
        .fixed_pos(screen.min)
        .interactable(false)
        .show(ctx, |ui| {
            let tokens = Tokens::of(ui);
            ui.allocate_exact_size(screen.size(), Sense::hover());
            ui.painter().rect_filled(screen, 0, Color32::from_black_alpha(150));
            let card = Rect::from_center_size(screen.center(), vec2(460.0, 130.0));
            let edge = Stroke::new(2.0, tokens.accent);
            ui.painter()
                .rect(card, radius::WINDOW, tokens.floating, edge, StrokeKind::Inside);
            let (what, then) = drop_promise(&hovered);
            let middle = card.center();
            ui.painter().text(
                middle - vec2(0.0, 14.0),
                Align2::CENTER_CENTER,
                what,
                semibold(20.0),
                tokens.text,
            );
            ui.painter().text(
                middle + vec2(0.0, 20.0),
                Align2::CENTER_CENTER,
                then,
                font(text::BODY),
                tokens.text_weak,
            );
        });
}

/// The field for a path that is typed or pasted.
#[derive(Debug, Default)]
pub(super) struct PathWindow {
    /// Its text, while it is open.
    text: Option<String>,
    /// Paths that are being looked at.
    asked: Vec<PathBuf>,
    /// Why the last text could not be used.
    refused: Option<String>,
}

impl PathWindow {
    /// Opens it; what is typed stays.
    pub(super) fn open(&mut self) {
        self.text.get_or_insert_default();
    }

    /// Whether it is open: keys are its then.
    pub(super) fn is_open(&self) -> bool {
        self.text.is_some()
    }

    /// Something is there at a path: where it was typed here, nothing is left to be typed.
    pub(super) fn found(&mut self, path: &Path) {
        if self.takes(path) && self.asked.is_empty() && self.refused.is_none() {
            self.text = None;
        }
    }

    /// Nothing is there at a path, or it could not be looked at. Returns whether it was typed here: then this says so, beside what was
    /// typed.
    pub(super) fn refused(&mut self, path: &Path, line: &str) -> bool {
        let typed_here = self.takes(path);
        if typed_here {
            self.refused = Some(line.to_owned());
        }
        typed_here
    }

    /// The paths could not be looked at.
    pub(super) fn not_done(&mut self) {
        self.asked.clear();
    }

    fn takes(&mut self, path: &Path) -> bool {
        let at = self.asked.iter().position(|asked| asked == path);
        at.map(|at| self.asked.remove(at)).is_some() && self.text.is_some()
    }

    /// Draws it, where it is open.
    pub(super) fn ui(&mut self, ctx: &Context) -> Vec<Action> {
        let Some(mut path) = self.text.take() else {
            return Vec::new();
        };
        let mut open = true;
        let mut add = false;
        Window::new("Add by path")
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, -40.0))
            .show(ctx, |ui| {
                ui.set_width(460.0);
                let tokens = Tokens::of(ui);
                let line = "A folder is added to the library; a picture becomes a reference.";
                ui.label(RichText::new(line).color(tokens.text_weak));
                ui.add_space(space::TINY);
                let field = TextEdit::singleline(&mut path)
                    .align(egui::Align2::LEFT_CENTER)
                    .id(Id::unique("path field"))
                    .hint_text("/home/me/Pictures")
                    .margin(egui::Margin::symmetric(10, 7))
                    .desired_width(f32::INFINITY);
                let response = ui.add(field).accessible_name("Path of a folder or picture");
                add = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                // Where a path cannot be used, another one is typed.
                if add || (ui.memory(|memory| memory.focused().is_none()) && !response.lost_focus()) {
                    response.request_focus();
                }
                if response.changed() {
                    self.refused = None;
                }
                if let Some(refused) = &self.refused {
                    ui.label(RichText::new(refused).size(text::SMALL).color(tokens.warning));
                }
                ui.add_space(space::SMALL);
                // A layout from the right takes all the height that there is, unless it is told how much.
                let row = vec2(ui.available_width(), 36.0);
                ui.allocate_ui_with_layout(row, egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    add |= super::controls::primary_button(ui, "Add").clicked();
                });
            });
        let mut actions = Vec::new();
        if add && self.asked.is_empty() && !path.trim().is_empty() {
            let paths = paths_in(&path);
            self.refused = paths.is_empty().then(|| format!("Not a full path: {}", path.trim()));
            self.asked.clone_from(&paths);
            if !paths.is_empty() {
                actions.push(Action::LookAt(paths));
            }
        }
        if open && !ctx.input(|input| input.key_pressed(Key::Escape)) {
            self.text = Some(path);
        } else {
            *self = Self::default();
        }
        actions
    }
}

/// What dropping these will do, judged by their names alone: the disk is asked after the drop.
fn drop_promise(paths: &[PathBuf]) -> (&'static str, &'static str) {
    let pictures = paths.iter().filter(|path| path.extension().is_some()).count();
    match (pictures, paths.len()) {
        (0, 0) => (
            "Drop it here",
            "A folder joins the library, a picture becomes a reference",
        ),
        (0, 1) => ("Add this folder", "It joins the library; nothing on disk is touched"),
        (0, _) => ("Add these folders", "They join the library; nothing on disk is touched"),
        (1, 1) => ("Use this picture as a reference", "Photos like it come first"),
        (all, count) if all == count => ("Use these pictures as references", "Photos like them come first"),
        _ => (
            "Add the folders, compare with the pictures",
            "Folders join the library, pictures become references",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overlay_promises_what_a_drop_does() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(drop_promise(&paths(&["/a/holiday"])).0, "Add this folder");
        assert_eq!(drop_promise(&paths(&["/a/b.jpg"])).0, "Use this picture as a reference");
        assert_eq!(
            drop_promise(&paths(&["/a/b.jpg", "/a/c"])).0,
            "Add the folders, compare with the pictures"
        );
    }
}
