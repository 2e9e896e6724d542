//! The field in which a name is typed, and the names that begin like it.

use std::sync::Arc;

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{
    self, Align2, FontSelection, Frame, Id, Key, Margin, Popup, PopupCloseBehavior, Rect, RichText, Stroke, TextEdit,
    Ui, Vec2,
};

use refocus_engine::{PeopleState, PersonId};

use crate::app::design_tokens::{Tokens, font, radius, text};

/// Longest name that is typed, characters.
const LONGEST: usize = 120;

/// Names that are offered at once.
const OFFERED: usize = 5;

/// What came of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// It goes on.
    Going,
    /// The person wants something else.
    Left,
    /// This is the name.
    Name(String),
}

/// A name that is being typed.
#[derive(Clone, Debug, Default)]
pub(super) struct NameField {
    text: String,
    /// It takes the keyboard in the next frame.
    fresh: bool,
    /// Names that are offered, and what they were found for: the people of this version, and this beginning.
    names: Vec<Arc<str>>,
    found_for: Option<(u64, String)>,
    /// Which of them the keys are on.
    offered: Option<usize>,
}

impl NameField {
    /// A field that begins with the name of now.
    pub(super) fn new(name: Option<&str>) -> Self {
        Self {
            text: name.unwrap_or_default().to_owned(),
            fresh: true,
            ..Self::default()
        }
    }

    /// Draws the field into a place; `person` is who is to be named.
    pub(super) fn ui(&mut self, ui: &mut Ui, rect: Rect, people: &PeopleState, person: Option<PersonId>) -> Typed {
        let tokens = Tokens::of(ui);
        let id = Id::unique("name of a person");
        let wanted = (people.version, self.text.clone());
        if self.found_for.as_ref() != Some(&wanted) {
            self.names = beginning_with(people, &self.text, person);
            self.found_for = Some(wanted);
        }
        let offered = self.names.clone();
        let keyboard = ui.memory(|memory| memory.has_focus(id));
        if keyboard && !offered.is_empty() {
            self.step_through(ui, offered.len());
        }
        let frame = Frame::new()
            .fill(tokens.field)
            .stroke(Stroke::new(1.5, tokens.accent))
            .corner_radius(radius::CONTROL)
            .inner_margin(Margin::symmetric(6, 3));
        let length = self.text.chars().count();
        let edit = TextEdit::singleline(&mut self.text)
            .id(id)
            .char_limit(LONGEST)
            .hint_text(RichText::new("Name").size(13.0).color(tokens.text_faint))
            .font(FontSelection::FontId(font(13.0)))
            .align(Align2::CENTER_CENTER)
            .frame(frame)
            .desired_width(rect.width() - 12.0);
        let fresh = std::mem::take(&mut self.fresh);
        let response = ui.place(rect, edit).accessible_name("Name of this person");
        if response.changed() {
            self.offered = None;
        }
        if fresh {
            // What is typed takes the place of the name of now.
            let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
            let all = CCursorRange::two(CCursor::new(0), CCursor::new(length));
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
            response.request_focus();
            return Typed::Going;
        }
        if !response.has_focus() && !response.lost_focus() && ui.memory(|memory| memory.focused().is_none()) {
            // A click that opened it took the keyboard away again: what is typed must not reach the shortcuts.
            response.request_focus();
        }
        let mut chosen = None;
        if !offered.is_empty() && response.has_focus() {
            Popup::from_response(&response)
                .id(id.with("offered"))
                .close_behavior(PopupCloseBehavior::IgnoreClicks)
                .width(rect.width().max(140.0))
                .show(|ui| {
                    ui.spacing_mut().item_spacing = Vec2::ZERO;
                    for (at, name) in offered.iter().enumerate() {
                        let label = RichText::new(name.as_ref()).size(text::BODY);
                        let button = egui::Button::selectable(self.offered == Some(at), label);
                        let button = button.min_size(egui::vec2(ui.available_width(), 26.0));
                        // The field loses the keyboard to the click before the click is one.
                        if ui.add(button).is_pointer_button_down_on() {
                            chosen = Some(name.to_string());
                        }
                    }
                });
        }
        if let Some(name) = chosen {
            return Typed::Name(name);
        }
        if !response.lost_focus() {
            return Typed::Going;
        }
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        match (entered, self.offered.and_then(|at| offered.get(at))) {
            (true, Some(name)) => Typed::Name(name.to_string()),
            (true, None) => Typed::Name(self.text.trim().to_owned()),
            (false, _) => Typed::Left,
        }
    }

    fn step_through(&mut self, ui: &Ui, count: usize) {
        let pressed = |key| ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
        if pressed(Key::ArrowDown) {
            self.offered = Some(self.offered.map_or(0, |at| (at + 1) % count));
        }
        if pressed(Key::ArrowUp) {
            self.offered = self.offered.and_then(|at| at.checked_sub(1));
        }
        self.offered = self.offered.filter(|at| *at < count);
    }
}

/// Names of other persons that begin with what is typed, those of most photos first.
fn beginning_with(people: &PeopleState, typed: &str, person: Option<PersonId>) -> Vec<Arc<str>> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let begins = |name: &str| {
        let name = name.to_lowercase();
        name.starts_with(&typed) && name != typed
    };
    let mut found: Vec<Arc<str>> = Vec::new();
    for other in people.persons.iter().filter(|other| Some(other.id) != person) {
        if let Some(name) = other.name.as_ref().filter(|name| begins(name))
            && !found.contains(name)
        {
            found.push(Arc::clone(name));
        }
        if found.len() == OFFERED {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::Person;
    use std::collections::HashMap;

    #[test]
    fn names_are_offered_by_their_beginning_whatever_its_case() {
        let person = |id, name: &str| Person {
            id: PersonId(id),
            name: Some(Arc::from(name)),
            hidden: false,
            faces: 1,
            photos: 1,
            picture: None,
        };
        let persons = vec![
            person(1, "Anna"),
            person(2, "Änne"),
            person(3, "Andrea"),
            person(4, "Ben"),
        ];
        let people = PeopleState::of(persons, HashMap::new());
        let offered = |typed, person| -> Vec<String> {
            let names = beginning_with(&people, typed, person);
            names.iter().map(ToString::to_string).collect()
        };
        assert_eq!(offered("an", None), ["Anna", "Andrea"]);
        assert_eq!(offered("An", Some(PersonId(1))), ["Andrea"]);
        assert_eq!(offered("ä", None), ["Änne"]);
        assert!(offered("anna", None).is_empty(), "it is typed already");
        assert!(offered(" ", None).is_empty());
    }
}
