//! Faces of the large photo: a thin outline with the name below it, and what can be said of each.

use eframe::egui::{
    self, Align2, Button, Color32, Context, CornerRadius, Id, Popup, PopupCloseBehavior, Rect, RichText, Role, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use refocus_engine::{FaceId, PeopleRequest, PhotoFace, PhotoRow};

use crate::app::action::Action;
use crate::app::design_tokens::{font, space, text};
use crate::app::view::View;

use super::PeopleAction;
use super::name_field::{NameField, Typed};
use crate::app::typeface::semibold;

/// The outlines, and the name that is being typed.
#[derive(Debug, Default)]
pub(in crate::app) struct FaceOutlines {
    /// The face that something is said of.
    open: Option<(FaceId, NameField)>,
}

fn face_id(face: FaceId) -> Id {
    Id::unique(("face", face.0))
}

impl FaceOutlines {
    /// Whether keys are a face's: one of them has the keyboard, or something is said of it.
    pub(in crate::app) fn has_keyboard(&self, ctx: &Context, view: &View, photo: &PhotoRow) -> bool {
        let focused = ctx.memory(|memory| memory.focused());
        let faces = view.people.faces_of(&photo.hash);
        let on_face = focused.is_some_and(|focused| faces.iter().any(|face| face_id(face.id) == focused));
        view.face_names && (self.open.is_some() || on_face)
    }

    /// Draws the faces of a photo that stands in `rect` on screen.
    pub(in crate::app) fn ui(&mut self, ui: &mut Ui, view: &View, photo: &PhotoRow, rect: Rect) -> Vec<Action> {
        let mut actions = Vec::new();
        if !view.face_names || !view.people.on {
            self.open = None;
            return actions;
        }
        let mut faces: Vec<&PhotoFace> = view.people.faces_of(&photo.hash).iter().collect();
        // Tab leads through them as one reads.
        faces.sort_by_key(|face| (face.bounds.left, face.bounds.top));
        for face in faces {
            self.face(ui, view, face, rect, &mut actions);
        }
        actions
    }

    fn face(&mut self, ui: &mut Ui, view: &View, face: &PhotoFace, photo: Rect, actions: &mut Vec<Action>) {
        let [left, top, right, bottom] = face.bounds.fractions();
        let at = |x: f32, y: f32| photo.min + vec2(x, y) * photo.size();
        let place = Rect::from_min_max(at(left, top), at(right, bottom));
        let person = face.person.map(|(person, _)| person);
        let name = person.and_then(|person| view.people.name_of(person));
        let response = ui.interact(place, face_id(face.id), Sense::click());
        let label = match name {
            Some(name) => format!("Face of {name}"),
            None => "Face without a name".to_owned(),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let open = self.open.as_ref().is_some_and(|(open, _)| *open == face.id);
        let lively = open || response.hovered() || response.has_focus();
        outline(ui, place, lively, name.is_some());
        match name {
            Some(name) => below(ui, place, name, lively),
            None if lively => below(ui, place, "Who is this?", true),
            None => {}
        }
        if response.clicked() {
            self.open = (!open).then(|| (face.id, NameField::new(None)));
        }
        let Some((_, field)) = self.open.as_mut().filter(|(open, _)| *open == face.id) else {
            return;
        };
        let mut close = false;
        let mut stays = true;
        Popup::from_response(&response)
            .id(face_id(face.id).with("menu"))
            .open_bool(&mut stays)
            .gap(space::TINY)
            .width(230.0)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                ui.set_min_width(210.0);
                if let Some(name) = name {
                    ui.label(RichText::new(name).font(semibold(text::HEADING)).strong());
                }
                close |= entries(ui, view, face, field, actions);
            });
        let escape = ui.input(|input| input.key_pressed(egui::Key::Escape));
        if close || escape || !stays {
            self.open = None;
        }
        if close || escape {
            response.request_focus();
        }
    }
}

/// What can be said of a face; returns whether something was.
fn entries(ui: &mut Ui, view: &View, face: &PhotoFace, field: &mut NameField, actions: &mut Vec<Action>) -> bool {
    let person = face.person.map(|(person, _)| person);
    let name = person.and_then(|person| view.people.name_of(person));
    let mut close = false;
    let hint = match (person, name) {
        (_, Some(_)) => "It is somebody else:",
        (Some(_), None) => "Who is this? The name is for all photos of this person.",
        (None, None) => "Who is this?",
    };
    ui.label(RichText::new(hint).size(text::SMALL).weak());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    if let Typed::Name(name) = field.ui(ui, rect, &view.people, person.filter(|_| name.is_none())) {
        actions.push(Action::People(PeopleAction::NameFace(face.id, person, name)));
        close = true;
    }
    let Some(person) = person else { return close };
    let who = name.unwrap_or("this person");
    let not = PeopleRequest::Refuse {
        person,
        faces: vec![face.id],
    };
    let picture = PeopleRequest::ChoosePicture { person, face: face.id };
    let choices = [
        (
            format!("Not {who}"),
            PeopleAction::Step(not, format!("1 face: not {who}")),
        ),
        (
            "Use as their picture".to_owned(),
            PeopleAction::Step(picture, format!("This is the picture of {who} now")),
        ),
        ("Show their photos".to_owned(), PeopleAction::ShowPhotos(person)),
    ];
    for (label, action) in choices {
        let button = Button::new(label)
            .frame(false)
            .min_size(vec2(ui.available_width(), 28.0));
        if ui.add(button).clicked() {
            actions.push(Action::People(action));
            close = true;
        }
    }
    close
}

/// A thin line that is seen on light and dark.
fn outline(ui: &Ui, place: Rect, lively: bool, named: bool) {
    let corner = CornerRadius::same((place.width() * 0.12).clamp(4.0, 14.0) as u8);
    let (width, alpha) = match (lively, named) {
        (true, _) => (2.0, 255),
        (false, true) => (1.5, 220),
        (false, false) => (1.0, 150),
    };
    let painter = ui.painter();
    let dark = Stroke::new(width + 1.5, Color32::from_black_alpha(90));
    painter.rect_stroke(place, corner, dark, StrokeKind::Middle);
    let light = Stroke::new(width, Color32::from_white_alpha(alpha));
    painter.rect_stroke(place, corner, light, StrokeKind::Middle);
}

/// A name below a face.
fn below(ui: &Ui, place: Rect, name: &str, lively: bool) {
    let painter = ui.painter();
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font(13.0), Color32::WHITE);
    job.wrap = egui::text::TextWrapping::truncate_at_width(180.0);
    let galley = painter.layout_job(job);
    let size = galley.size() + vec2(16.0, 6.0);
    let rect = Rect::from_center_size(pos2(place.center().x, place.bottom() + 6.0 + size.y / 2.0), size);
    let alpha = if lively { 220 } else { 150 };
    painter.rect_filled(rect, (size.y / 2.0) as u8, Color32::from_black_alpha(alpha));
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    painter.galley(at, galley, Color32::WHITE);
}
