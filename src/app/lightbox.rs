//! One photo, large: the thumbnail at once, the whole photo as soon as it is decoded; zoom to the pointer, pan, arrows.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use eframe::egui::{
    self, Align2, CentralPanel, Color32, ColorImage, Context, CursorIcon, Frame, Id, Key, Modifiers, Pos2, Rect, Role,
    Sense, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::Marks;
use refocus_workers::{Worker, attempt, fault};

use super::action::Action;
use super::application::wake_function;
use super::commands::UiCommand;
use super::controls::icon_button_at;
use super::design_tokens::{Tokens, font, space, text};
use super::heat_overlay;
use super::icons::Icon;
use super::library_state::file_name;
use super::people::{FaceOutlines, PeopleCommand};
use super::selection::Selection;
use super::thumbnail_service::PixelSource;
use super::view::View;

/// The thread that decodes.
const LIGHTBOX: &str = "lightbox";

/// Most texels a side of the full picture has.
const MOST_SIDE: u32 = 8192;

/// Full pictures kept: the one on screen and its neighbours.
const KEPT: usize = 3;

/// Characters of the keywords below a photo.
const LONGEST_CAPTION: usize = 80;

/// Furthest zoom, screen points for one pixel of the picture.
const MOST_ZOOM: f32 = 16.0;

/// A picture to decode.
type Wanted = (u32, Arc<Path>);

struct Decoder {
    wanted: Arc<Mutex<Vec<Wanted>>>,
    wake_decoder: Sender<()>,
    decoded: Receiver<(Wanted, Result<ColorImage, String>)>,
}

/// The large view, and the photo in it while it is open.
pub(super) struct Lightbox {
    source: Arc<dyn PixelSource>,
    open: Option<Large>,
    /// Names on the faces of the photo.
    faces: FaceOutlines,
}

/// The photo that is shown.
struct Large {
    row: u32,
    /// Screen points for one pixel of the photo; `None`: fitted.
    zoom: Option<f32>,
    /// Middle of the view in the photo, 0..=1.
    center: Pos2,
    full: HashMap<u32, Result<TextureHandle, String>>,
    decoder: Decoder,
    asked: Vec<Wanted>,
}

impl Large {
    fn new(row: u32, source: Arc<dyn PixelSource>, ctx_wake: Arc<dyn Fn() + Send + Sync>, max_side: u32) -> Self {
        let wanted: Arc<Mutex<Vec<Wanted>>> = Arc::default();
        let (wake_decoder, wakes) = crossbeam_channel::bounded(1);
        let (out, decoded) = crossbeam_channel::bounded(1);
        let todo = wanted.clone();
        let work = move || {
            while wakes.recv().is_ok() {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some((row, path)) = next else {
                        break;
                    };
                    let image = attempt(LIGHTBOX, || {
                        fault::point("lightbox");
                        source.full(&path, max_side)
                    });
                    let image = image.unwrap_or_else(|panic| Err(panic.to_string()));
                    if out.send(((row, path), image)).is_err() {
                        return;
                    }
                    ctx_wake();
                }
            }
        };
        // Nothing outside the attempt can panic but the window's own waking, which ends the window with it.
        if let Err(error) = Worker::start(LIGHTBOX, work, |panic| tracing::error!("{panic}")) {
            tracing::error!("cannot start the lightbox thread: {error}");
        }
        Self {
            row,
            zoom: None,
            center: pos2(0.5, 0.5),
            full: HashMap::new(),
            decoder: Decoder {
                wanted,
                wake_decoder,
                decoded,
            },
            asked: Vec::new(),
        }
    }

    fn show_row(&mut self, row: u32) {
        self.row = row;
        self.zoom = None;
        self.center = pos2(0.5, 0.5);
    }

    /// Asks for these pictures, most wanted first, and forgets all others.
    fn want(&mut self, wanted: &[Wanted]) {
        if wanted == self.asked {
            return;
        }
        // A row may be another photo by now.
        let asked = std::mem::take(&mut self.asked);
        let still = |row: u32| asked.iter().any(|before| before.0 == row && wanted.contains(before));
        self.full.retain(|row, _| still(*row));
        let missing = wanted.iter().filter(|(row, _)| !self.full.contains_key(row));
        *self.decoder.wanted.lock().unwrap_or_else(PoisonError::into_inner) = missing.rev().cloned().collect();
        // A full channel means that the decoder has been woken already.
        let _ = self.decoder.wake_decoder.try_send(());
        self.asked = wanted.to_vec();
    }

    /// Asks for the photo and those beside it.
    fn want_with_neighbours(&mut self, view: &View) {
        let rows = [Some(self.row), view.neighbours.after, view.neighbours.before];
        let wanted: Vec<Wanted> = rows
            .into_iter()
            .flatten()
            .take(KEPT)
            .filter_map(|row| Some((row, Arc::clone(&view.library.photo(row)?.path))))
            .collect();
        self.want(&wanted);
    }

    fn take_decoded(&mut self, ctx: &Context) {
        while let Ok((decoded, image)) = self.decoder.decoded.try_recv() {
            if !self.asked.contains(&decoded) {
                continue;
            }
            let texture = image.map(|image| ctx.load_texture("photo", image, TextureOptions::LINEAR));
            self.full.insert(decoded.0, texture);
        }
    }
}

/// The rectangle in which the whole photo stands on screen.
pub(super) fn photo_rect(view: Rect, photo: Vec2, zoom: f32, center: Pos2) -> Rect {
    let size = photo * zoom;
    let mut min = view.center() - vec2(center.x * size.x, center.y * size.y);
    for axis in 0..2 {
        // A photo smaller than the view stands in the middle, a larger one covers it.
        let slack = view.size()[axis] - size[axis];
        min[axis] = if slack >= 0.0 {
            view.min[axis] + slack / 2.0
        } else {
            min[axis].clamp(view.min[axis] + slack, view.min[axis])
        };
    }
    Rect::from_min_size(min, size)
}

/// The middle of the view after zooming so that what is under the pointer stays there.
pub(super) fn zoomed_center(view: Rect, photo: Vec2, before: Rect, zoom: f32, pointer: Pos2) -> Pos2 {
    let under = (pointer - before.min) / before.size();
    let size = photo * zoom;
    let offset = (view.center() - pointer) / size;
    pos2(
        (under.x + offset.x).clamp(0.0, 1.0),
        (under.y + offset.y).clamp(0.0, 1.0),
    )
}

impl Lightbox {
    /// A large view of photos from this source.
    pub(super) fn new(source: Arc<dyn PixelSource>) -> Self {
        Self {
            source,
            open: None,
            faces: FaceOutlines::default(),
        }
    }

    /// Forgets the photo that it showed.
    pub(super) fn close(&mut self) {
        self.open = None;
        self.faces = FaceOutlines::default();
    }

    /// Whether the photo on screen is there in full, or known to be unreadable.
    pub(super) fn decoded(&self) -> bool {
        let large = self.open.as_ref();
        large.is_some_and(|large| large.full.contains_key(&large.row))
    }

    /// Draws the photo that is large now.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let ctx = ui.ctx().clone();
        let Some((row, photo)) = view.large.and_then(|row| Some((row, view.library.photo(row)?))) else {
            return vec![Action::CloseLarge];
        };
        // What is typed or chosen at a face is not for the photo.
        let at_face = self.faces.has_keyboard(&ctx, view, photo);
        let pressed = |key| !at_face && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let mut actions = Vec::new();
        let mut close = pressed(Key::Escape) || pressed(Key::Backspace) || pressed(Key::Enter);
        let forward =
            pressed(Key::ArrowRight) || pressed(Key::ArrowDown) || pressed(Key::Space) || pressed(Key::PageDown);
        let back = pressed(Key::ArrowLeft) || pressed(Key::ArrowUp) || pressed(Key::PageUp);
        let mut go = (forward != back).then_some(forward);
        let large = self.open.get_or_insert_with(|| {
            let max_side = ctx.input(|input| input.max_texture_side) as u32;
            let wake = Arc::new(wake_function(&ctx));
            Large::new(row, Arc::clone(&self.source), wake, max_side.min(MOST_SIDE))
        });
        if large.row != row {
            large.show_row(row);
            self.faces = FaceOutlines::default();
        }
        large.take_decoded(&ctx);
        large.want_with_neighbours(view);
        CentralPanel::no_frame()
            .frame(Frame::new().fill(Color32::from_gray(10)))
            .show(ui, |ui| {
                let room = ui.max_rect();
                let name = file_name(photo);
                // Where there are faces, Tab leads to them at once.
                let sense = if view.face_names {
                    Sense::CLICK | Sense::DRAG
                } else {
                    Sense::click_and_drag()
                };
                let response = ui.interact(room, Id::unique("lightbox"), sense);
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Photo {name}, large")));
                let size = vec2(photo.width.max(1) as f32, photo.height.max(1) as f32) / ui.pixels_per_point();
                let fit = (room.width() / size.x).min(room.height() / size.y).min(4.0);
                zoom_and_pan(ui, large, &response, room, (size, fit), !at_face);
                let zoom = large.zoom.unwrap_or(fit);
                let rect = photo_rect(room, size, zoom, large.center);
                let thumbnail = view.thumbnails.show(large.row, photo, 512.0);
                let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
                if let Some(Err(reason)) = large.full.get(&large.row) {
                    let reason = format!("cannot be shown in full: {reason}");
                    ui.ctx()
                        .accesskit_node_builder(response.id, |node| node.set_description(reason));
                }
                match (large.full.get(&large.row), thumbnail) {
                    (Some(Ok(texture)), _) => {
                        ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
                    }
                    (failure, Some(shown)) => {
                        shown.paint(ui.painter(), rect, whole, 0.0, 1.0);
                        if let Some(Err(reason)) = failure {
                            lightbox_line(ui, room, reason);
                        }
                    }
                    (Some(Err(reason)), None) => lightbox_line(ui, room, reason),
                    (None, None) => {
                        ui.painter().rect_filled(rect, 0, Color32::from_gray(24));
                    }
                }
                if let Some(map) = view.heat.map_of(photo.id) {
                    heat_overlay::paint(ui.painter(), rect, whole, map);
                }
                actions.extend(self.faces.ui(ui, view, photo, rect));
                let mut caption = format!("{name} \u{b7} {:.0} %", zoom * 100.0);
                if let Some(keywords) = &photo.extras.keywords {
                    let words: String = keywords.join(", ").chars().take(LONGEST_CAPTION).collect();
                    caption.push_str(&format!(" \u{b7} {words}"));
                }
                lightbox_caption(ui, room, &caption, photo.marks);
                if let Some(line) = view.heat.line_for(photo.id) {
                    heat_line(ui, room, &line);
                }
                let button = |at: Pos2| Rect::from_center_size(at, Vec2::splat(40.0));
                let corner = button(room.right_top() + vec2(-32.0, 32.0));
                close |= icon_button_at(
                    ui,
                    corner,
                    Id::unique("close lightbox"),
                    Icon::Cross,
                    "Back to the gallery (Esc)",
                )
                .clicked();
                if view.people.on {
                    let faces = button(room.right_top() + vec2(-76.0, 32.0));
                    let name = UiCommand::from(PeopleCommand::OutlineFaces).tooltip(ui.ctx());
                    if icon_button_at(ui, faces, Id::unique("names on faces"), Icon::Person, &name).clicked() {
                        actions.push(Action::Run(PeopleCommand::OutlineFaces.into()));
                    }
                }
                let left = button(room.left_center() + vec2(32.0, 0.0));
                if icon_button_at(
                    ui,
                    left,
                    Id::unique("previous photo"),
                    Icon::ChevronLeft,
                    "Previous photo",
                )
                .clicked()
                {
                    go = Some(false);
                }
                let right = button(room.right_center() - vec2(32.0, 0.0));
                if icon_button_at(ui, right, Id::unique("next photo"), Icon::ChevronRight, "Next photo").clicked() {
                    go = Some(true);
                }
            });
        if close {
            ctx.request_repaint();
            actions.push(Action::CloseLarge);
            return actions;
        }
        let next = go.and_then(|forward| {
            let neighbours = view.neighbours;
            if forward { neighbours.after } else { neighbours.before }
        });
        let Some(next) = next else {
            return actions;
        };
        ctx.request_repaint();
        let mut selection = Selection::default();
        selection.set(next);
        actions.extend([Action::Select(selection), Action::Enlarge(next)]);
        actions
    }
}

/// `size` of the photo at a zoom of 1, and the zoom that fits it in; `by_keys`: keys are for the photo.
fn zoom_and_pan(
    ui: &Ui,
    large: &mut Large,
    response: &egui::Response,
    view: Rect,
    (size, fit): (Vec2, f32),
    by_keys: bool,
) {
    let zoom = large.zoom.unwrap_or(fit);
    let before = photo_rect(view, size, zoom, large.center);
    let pointer = response.hover_pos().unwrap_or_else(|| view.center());
    let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let mut factor = if response.hovered() {
        (wheel / 200.0).exp() * pinch
    } else {
        1.0
    };
    let keys = |key| by_keys && ui.input(|input| input.key_pressed(key));
    if keys(Key::Plus) || keys(Key::Equals) {
        factor *= 1.25;
    }
    if keys(Key::Minus) {
        factor /= 1.25;
    }
    let least = fit.min(1.0);
    let mut goal = (zoom * factor).clamp(least, MOST_ZOOM);
    if response.double_clicked() {
        goal = if (zoom - fit).abs() < 1e-3 {
            1.0_f32.max(fit * 2.0)
        } else {
            fit
        };
    }
    if keys(Key::Z) {
        goal = if (zoom - 1.0).abs() < 1e-3 { fit } else { 1.0 };
    }
    if (goal - zoom).abs() > 1e-5 {
        large.center = zoomed_center(view, size, before, goal, pointer);
        large.zoom = ((goal - fit).abs() > 1e-3).then_some(goal);
    }
    let zoom = large.zoom.unwrap_or(fit);
    if response.dragged() {
        let shown = photo_rect(view, size, zoom, large.center);
        let moved = shown.translate(response.drag_delta());
        let middle = (view.center() - moved.min) / moved.size();
        large.center = pos2(middle.x.clamp(0.0, 1.0), middle.y.clamp(0.0, 1.0));
    }
    if zoom > fit {
        response.clone().on_hover_and_drag_cursor(CursorIcon::Grab);
    }
}

fn lightbox_line(ui: &Ui, view: Rect, line: &str) {
    let tokens = Tokens::of_theme(egui::Theme::Dark);
    let room = view.width() * 0.8;
    let galley = ui
        .painter()
        .layout(line.to_owned(), font(text::HEADING), tokens.warning, room);
    let at = Align2::CENTER_CENTER.anchor_size(view.center(), galley.size()).min;
    ui.painter().galley(at, galley, tokens.warning);
}

/// Name and zoom below the photo, and what the person thinks of it.
fn lightbox_caption(ui: &Ui, view: Rect, line: &str, marks: Marks) {
    const ICON: f32 = 16.0;
    let mut icons = Vec::new();
    let mut said = line.to_owned();
    if marks.favourite {
        icons.push(Icon::Heart);
        said.push_str(" \u{b7} favourite");
    }
    icons.extend(std::iter::repeat_n(Icon::Star, marks.rating.into()));
    match marks.rating {
        0 => {}
        1 => said.push_str(" \u{b7} 1 star"),
        more => said.push_str(&format!(" \u{b7} {more} stars")),
    }
    let galley = ui
        .painter()
        .layout_no_wrap(line.to_owned(), font(13.0), Color32::from_gray(230));
    let marks_width = if icons.is_empty() {
        0.0
    } else {
        space::SMALL + ICON * icons.len() as f32
    };
    let size = galley.size() + vec2(2.0 * space::MEDIUM + marks_width, 12.0);
    let rect = Rect::from_center_size(view.center_bottom() - vec2(0.0, 30.0), size);
    let response = ui.interact(rect, Id::unique("lightbox caption"), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.painter().rect_filled(rect, 12, Color32::from_black_alpha(170));
    let left = rect.left_center() + vec2(space::MEDIUM, 0.0);
    let at = Align2::LEFT_CENTER.anchor_size(left, galley.size());
    let mut icon = Rect::from_center_size(
        at.right_center() + vec2(space::SMALL + ICON / 2.0, 0.0),
        Vec2::splat(ICON),
    );
    ui.painter().galley(at.min, galley, Color32::WHITE);
    let color = Tokens::of_theme(egui::Theme::Dark).warning;
    for mark in icons {
        mark.paint(ui.painter(), icon, ICON - 2.0, color);
        icon = icon.translate(vec2(ICON, 0.0));
    }
}

/// What is to be said of the heat map, above the caption.
fn heat_line(ui: &Ui, view: Rect, line: &str) {
    let galley = ui
        .painter()
        .layout(line.to_owned(), font(13.0), Color32::from_gray(200), view.width() * 0.8);
    let size = galley.size() + vec2(2.0 * space::MEDIUM, 10.0);
    let middle = view.center_bottom() - vec2(0.0, 52.0 + size.y / 2.0);
    let rect = Rect::from_center_size(middle, size);
    let response = ui.interact(rect, Id::unique("lightbox heat"), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
    ui.painter().rect_filled(rect, 12, Color32::from_black_alpha(170));
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, Color32::WHITE);
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(800.0, 600.0));

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let photo = vec2(4000.0, 3000.0);
        let center = pos2(0.5, 0.5);
        let before = photo_rect(VIEW, photo, 0.4, center);
        let pointer = pos2(300.0, 350.0);
        let under = (pointer - before.min) / before.size();
        let center = zoomed_center(VIEW, photo, before, 0.8, pointer);
        let after = photo_rect(VIEW, photo, 0.8, center);
        let now = (pointer - after.min) / after.size();
        assert!((under - now).length() < 1e-3, "{under:?} became {now:?}");
    }

    #[test]
    fn a_photo_never_leaves_the_view() {
        let photo = vec2(4000.0, 3000.0);
        let rect = photo_rect(VIEW, photo, 1.0, pos2(0.0, 1.0));
        assert!(rect.contains_rect(VIEW));
        let small = photo_rect(VIEW, vec2(100.0, 100.0), 1.0, pos2(0.0, 1.0));
        assert_eq!(small.center(), VIEW.center());
    }
}
