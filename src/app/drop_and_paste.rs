//! Dropped files, pasted paths and pictures, what later starts of the program hand over, and the field for a typed path.

use std::path::PathBuf;

use eframe::egui::{
    self, Align2, Area, Color32, Context, Event, Id, Key, Order, Rect, RichText, Sense, Stroke, StrokeKind, TextEdit,
    UserAttentionType, ViewportCommand, Window, vec2,
};

use super::application::RefocusApp;
use super::design_tokens::{Tokens, font, radius, space, text};

impl RefocusApp {
    /// Takes what was dropped on the window or pasted outside a text field in this frame.
    pub(super) fn take_dropped_and_pasted(&mut self, ctx: &Context) {
        let dropped: Vec<PathBuf> = ctx.input(|input| {
            let files = &input.raw.dropped_files;
            files.iter().map(|file| file.path().to_path_buf()).collect()
        });
        self.intake.look_at(dropped);
        if ctx.text_edit_focused() {
            return;
        }
        let events = ctx.input(|input| input.events.clone());
        self.take_copy_event(&events);
        for event in events {
            match event {
                Event::Paste(text) if !self.intake.look_at_text(&text) => {
                    let line = "The clipboard holds neither a picture nor the path of one";
                    self.notices.add(line.into());
                }
                Event::PasteImage(image) => self.intake.convert(image),
                _ => {}
            }
        }
    }

    /// Takes the paths of a later start and comes to the front; where the desktop keeps a window from doing that (Wayland),
    /// it is marked as asking for attention.
    pub(super) fn take_handed(&mut self, ctx: &Context) {
        let Some(handed) = &self.handed else { return };
        let starts: Vec<Vec<PathBuf>> = handed.try_iter().collect();
        if starts.is_empty() {
            return;
        }
        ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
        ctx.send_viewport_cmd(ViewportCommand::Focus);
        if ctx.input(|input| input.viewport().focused) != Some(true) {
            let attention = ViewportCommand::RequestUserAttention(UserAttentionType::Informational);
            ctx.send_viewport_cmd(attention);
        }
        for paths in starts {
            self.intake.look_at(paths);
        }
    }

    /// While something is dragged over the window: says what a drop will do.
    pub(super) fn drop_overlay(&self, ctx: &Context) {
        let hovered: Vec<PathBuf> = ctx.input(|input| {
            let files = &input.raw.hovered_files;
            files.iter().filter_map(|file| file.path.clone()).collect()
        });
        let dragging = ctx.input(|input| !input.raw.hovered_files.is_empty());
        if !dragging || (self.library.known && self.library.is_empty()) {
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
                    font(20.0),
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

    /// The field for a path that is typed or pasted, where it is open.
    pub(super) fn path_window(&mut self, ctx: &Context) {
        let Some(mut path) = self.panels.path.take() else {
            return;
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
                    .id(Id::unique("path field"))
                    .hint_text("/home/me/Pictures")
                    .margin(egui::Margin::symmetric(10, 7))
                    .desired_width(f32::INFINITY);
                let response = ui.add(field).accessible_name("Path of a folder or picture");
                if ui.memory(|memory| memory.focused().is_none()) && !response.lost_focus() {
                    response.request_focus();
                }
                add = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                ui.add_space(space::SMALL);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    add |= super::controls::primary_button(ui, "Add").clicked();
                });
            });
        if add && !path.trim().is_empty() {
            if self.intake.look_at_text(&path) {
                return;
            }
            self.notices.add(format!("Not a full path: {}", path.trim()));
        }
        if open && !ctx.input(|input| input.key_pressed(Key::Escape)) {
            self.panels.path = Some(path);
        }
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
