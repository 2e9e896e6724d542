//! One photo, large: the thumbnail at once, the whole photo as soon as it is decoded; zoom to the pointer, pan, arrows, and a slide
//! show.
//!
//! | file | holds |
//! |---|---|
//! | `lightbox/large.rs` | the photo's pixels, and how it stands in the window |
//! | `lightbox/lines.rs` | lines over it |
//! | `lightbox/slide_show.rs` | one photo after the other |

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{
    CentralPanel, Color32, Context, CursorIcon, Frame, Id, Key, Modifiers, Pos2, Rect, Role, Sense, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use super::action::Action;
use super::application::wake_function;
use super::commands::UiCommand;
use super::controls::icon_button_at;
use super::heat_overlay;
use super::icons::Icon;
use super::library_state::file_name;
use super::people::{FaceOutlines, PeopleCommand};
use super::selection::Selection;
use super::text::TextLayer;
use super::thumbnail_service::PixelSource;
use super::view::View;

use large::{Large, zoom_and_pan};
pub(super) use large::{photo_rect, zoomed_center};
use lines::{heat_line, lightbox_caption, lightbox_line};
use slide_show::SlideShow;
pub(super) use slide_show::{SECONDS as SLIDE_SECONDS, USUAL_SECONDS as USUAL_SLIDE_SECONDS};

mod large;
mod lines;
mod slide_show;

/// Most texels a side of the full picture has.
const MOST_SIDE: u32 = 8192;

/// Characters of the keywords below a photo.
const LONGEST_CAPTION: usize = 80;

/// The large view, and the photo in it while it is open.
pub(super) struct Lightbox {
    source: Arc<dyn PixelSource>,
    open: Option<Large>,
    show: Option<SlideShow>,
    /// Names on the faces of the photo.
    faces: FaceOutlines,
    /// Words of the photo.
    words: TextLayer,
}

impl Lightbox {
    /// A large view of photos from this source.
    pub(super) fn new(source: Arc<dyn PixelSource>) -> Self {
        Self {
            source,
            open: None,
            show: None,
            faces: FaceOutlines::default(),
            words: TextLayer::default(),
        }
    }

    /// Shows one photo after the other from now on.
    pub(super) fn start_show(&mut self, ctx: &Context) {
        self.show = Some(SlideShow::start(ctx));
    }

    /// Forgets the photo that it showed.
    pub(super) fn close(&mut self) {
        self.open = None;
        if let Some(show) = self.show.take() {
            show.end();
        }
        self.faces = FaceOutlines::default();
        self.words = TextLayer::default();
    }

    /// These photos changed on disk: they are decoded anew.
    pub(super) fn forget(&mut self, photos: &[PathBuf]) {
        if let Some(large) = &mut self.open {
            large.forget(photos);
        }
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
        let at_face = self.faces.has_keyboard(&ctx, view, photo) || self.words.has_keyboard(&ctx, view, photo);
        let pressed = |key| !at_face && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let mut actions = Vec::new();
        let seconds = view.settings.slide_seconds;
        if let Some(show) = &mut self.show {
            actions.extend(show.keys(seconds).map(Action::SetSlideSeconds));
        }
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
            self.words = TextLayer::default();
        }
        large.take_decoded(&ctx);
        large.want_with_neighbours(view);
        let there = large.full.contains_key(&row);
        if let Some(show) = &mut self.show
            && show.turn(row, seconds, there, view.neighbours.after.is_some())
        {
            go = Some(true);
        }
        let bare = self.show.as_ref().is_some_and(|show| !show.shows_controls());
        CentralPanel::no_frame()
            .frame(Frame::new().fill(Color32::from_gray(10)))
            .show(ui, |ui| {
                let room = ui.max_rect();
                let name = file_name(photo);
                // Where there are faces, Tab leads to them at once.
                let sense = if view.face_names || view.words_shown {
                    Sense::CLICK | Sense::DRAG
                } else {
                    Sense::click_and_drag()
                };
                let response = ui.interact(room, Id::unique("lightbox"), sense);
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Photo {name}, large")));
                let mut size = vec2(photo.width.max(1) as f32, photo.height.max(1) as f32) / ui.pixels_per_point();
                // A photo that was just turned stands as its pixels do, before the library knows.
                if let Some(Ok(texture)) = large.full.get(&large.row)
                    && (size.x > size.y && texture.size_vec2().x < texture.size_vec2().y
                        || size.x < size.y && texture.size_vec2().x > texture.size_vec2().y)
                {
                    size = vec2(size.y, size.x);
                }
                let fit = (room.width() / size.x).min(room.height() / size.y).min(4.0);
                zoom_and_pan(ui, large, &response, room, (size, fit), !at_face && self.show.is_none());
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
                        let fade = self.show.as_mut().map(|show| show.fade(ui, room, texture, size));
                        let tint = Color32::WHITE.gamma_multiply(fade.unwrap_or(1.0));
                        ui.painter().image(texture.id(), rect, whole, tint);
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
                let selected = self.words.ui(ui, view, photo, rect);
                if selected != view.selected_words {
                    actions.push(Action::SelectWords(selected));
                }
                if bare {
                    ui.ctx().set_cursor_icon(CursorIcon::None);
                    return;
                }
                if let Some(show) = &mut self.show {
                    show.controls(ui, room, seconds);
                }
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
                if photo.extras.text.is_some() {
                    let words = button(room.right_top() + vec2(if view.people.on { -120.0 } else { -76.0 }, 32.0));
                    let name = UiCommand::ShowWords.tooltip(ui.ctx());
                    if icon_button_at(ui, words, Id::unique("words in the photo"), Icon::Text, &name).clicked() {
                        actions.push(Action::Run(UiCommand::ShowWords));
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
