//! A face as a circle: cut out of its photo, until that is there out of its thumbnail, and a plain one before.

use eframe::egui::{Align2, Rect, Stroke, Ui, vec2};

use refocus_engine::Person;

use crate::app::design_tokens::{Tokens, font};
use crate::app::face_pictures::{FaceAt, face_square};
use crate::app::icons::Icon;
use crate::app::picture;
use crate::app::view::View;

/// Pixels of a thumbnail that a face is cut out of while nothing better is there.
const THUMBNAIL: f32 = 230.0;

/// Draws a face into a square; `initial` stands for it where there is no picture.
pub(super) fn paint_face(ui: &Ui, view: &View, rect: Rect, face: Option<FaceAt>, initial: Option<char>) {
    let tokens = Tokens::of(ui);
    let radius = rect.width() / 2.0;
    let photo = face.and_then(|face| Some((face, view.library.photo_with(&face.photo)?)));
    if let Some((face, (row, photo))) = photo {
        let pixels = rect.width() * ui.pixels_per_point();
        let whole = Rect::from_min_max(vec2(0.0, 0.0).to_pos2(), vec2(1.0, 1.0).to_pos2());
        if let Some(shown) = view.thumbnails.show_face(face, photo, pixels) {
            shown.paint(ui.painter(), rect, whole, radius, 1.0);
            return;
        }
        if let Some(shown) = view.thumbnails.show(row, photo, THUMBNAIL) {
            let size = vec2(photo.width as f32, photo.height as f32);
            shown.paint(ui.painter(), rect, face_square(face.bounds, size), radius, 1.0);
            return;
        }
    }
    picture::fill(ui.painter(), rect, radius, tokens.placeholder);
    match initial {
        Some(initial) => {
            let letter = initial.to_uppercase().to_string();
            let size = font(rect.height() * 0.4);
            let painter = ui.painter();
            painter.text(rect.center(), Align2::CENTER_CENTER, letter, size, tokens.text_faint);
        }
        None => Icon::Person.paint(ui.painter(), rect, rect.height() * 0.5, tokens.text_faint),
    }
}

/// Draws the picture of a person into a square.
pub(super) fn paint_person(ui: &Ui, view: &View, rect: Rect, person: &Person) {
    let initial = person.name.as_deref().and_then(|name| name.trim().chars().next());
    paint_face(ui, view, rect, picture_of(person), initial);
}

/// The face that stands for a person.
pub(super) fn picture_of(person: &Person) -> Option<FaceAt> {
    person.picture.map(|(photo, id, bounds)| FaceAt { id, photo, bounds })
}

/// A ring around a circle that is chosen or has the keyboard.
pub(super) fn ring(ui: &Ui, rect: Rect, width: f32) {
    let radius = rect.width() / 2.0 + 2.0 + width / 2.0;
    let stroke = Stroke::new(width, Tokens::of(ui).accent);
    ui.painter().circle_stroke(rect.center(), radius, stroke);
}
