//! Who is in the selected photo, and which face was found, in the panel beside the photos.

use eframe::egui::{self, Button, Rect, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use refocus_engine::{Explanation, PersonId, PhotoRow};

use crate::app::action::Action;
use crate::app::design_tokens::{Tokens, font, text};
use crate::app::face_pictures::FaceAt;
use crate::app::view::View;

use super::{PeopleAction, circle};

/// The names of a photo's persons, each a link to their photos; returns whether there are any. `name` is drawn before them.
pub(in crate::app) fn names_of_photo(
    ui: &mut Ui,
    view: &View,
    photo: &PhotoRow,
    actions: &mut Vec<Action>,
    name: impl FnOnce(&mut Ui),
) -> bool {
    let mut persons: Vec<(PersonId, &str)> = Vec::new();
    for (person, _) in view.people.faces_of(&photo.hash).iter().filter_map(|face| face.person) {
        if let Some(name) = view.people.name_of(person)
            && !persons.iter().any(|(other, _)| *other == person)
        {
            persons.push((person, name));
        }
    }
    if persons.is_empty() {
        return false;
    }
    ui.horizontal_top(|ui| {
        name(ui);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.spacing_mut().button_padding = Vec2::ZERO;
            for (person, name) in persons {
                let words = RichText::new(name).size(13.0).color(Tokens::of(ui).accent);
                let link = ui.add(Button::new(words).frame(false));
                if link.on_hover_text(format!("Show the photos of {name}")).clicked() {
                    actions.push(Action::People(PeopleAction::ShowPhotos(person)));
                }
            }
        });
    });
    true
}

/// The faces that were found, the most alike first.
pub(in crate::app) fn matched_faces(ui: &mut Ui, view: &View, photo: &PhotoRow, explanation: &Explanation) {
    let tokens = Tokens::of(ui);
    for matched in &explanation.faces {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
        let name = matched.name.as_deref().unwrap_or("A face");
        let alike = format!("{:.0} % alike", matched.alike.clamp(0.0, 1.0) * 100.0);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}, {alike}")));
        let middle = pos2(rect.left() + 18.0, rect.center().y);
        let face = FaceAt {
            id: matched.face,
            photo: photo.hash,
            bounds: matched.bounds,
        };
        circle::paint_face(
            ui,
            view,
            Rect::from_center_size(middle, Vec2::splat(36.0)),
            Some(face),
            None,
        );
        let left = pos2(rect.left() + 46.0, rect.center().y);
        let painter = ui.painter();
        let (up, down) = (vec2(0.0, -8.0), vec2(0.0, 9.0));
        painter.text(left + up, egui::Align2::LEFT_CENTER, name, font(13.0), tokens.text);
        painter.text(
            left + down,
            egui::Align2::LEFT_CENTER,
            alike,
            font(text::SMALL),
            tokens.text_faint,
        );
    }
}
