//! People in the left panel: who is in most photos, and the way to all of them. Before people are recognised it is one quiet line.

use eframe::egui::{self, Button, Color32, Layout, Rect, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use refocus_engine::{Person, PersonId};

use crate::app::action::Action;
use crate::app::commands::UiCommand;
use crate::app::controls::{focus_ring, grouped, one_line, panel_head, photos, small_icon_button};
use crate::app::design_tokens::{Tokens, radius, space, text};
use crate::app::icons::Icon;
use crate::app::view::View;

use super::page::{pass_line, questions_label};
use super::person_cell::NO_NAME;
use super::{PeopleAction, PeopleCommand, PeoplePage, circle};

/// Persons that are shown.
const SHOWN: usize = 6;

/// Persons among whom those to show are looked for: a frame does not take longer where there are more.
const LOOKED_AT: usize = 200;

const HEIGHT: f32 = 34.0;

/// Draws the part.
pub(in crate::app) fn ui(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let people = &view.people;
    let tokens = Tokens::of(ui);
    if let Some(why) = people.failed.as_ref().filter(|_| !people.on) {
        panel_head(ui, "PEOPLE");
        ui.label(RichText::new(why).size(text::SMALL).color(tokens.warning));
        return;
    }
    if !people.on {
        panel_head(ui, "PEOPLE");
        if quiet(ui, "Recognise people\u{2026}") {
            actions.push(Action::Run(PeopleCommand::SwitchOn.into()));
        }
        return;
    }
    ui.horizontal(|ui| {
        panel_head(ui, "PEOPLE");
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            let name = UiCommand::People(PeopleCommand::ShowPersons).tooltip(ui.ctx());
            if small_icon_button(ui, Icon::Person, &name).clicked() {
                actions.push(Action::Run(PeopleCommand::ShowPersons.into()));
            }
        });
    });
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for person in first_persons(&people.persons) {
            person_row(ui, view, person, actions);
        }
    });
    if let Some(line) = pass_line(view) {
        one_line(ui, RichText::new(line).size(text::SMALL).color(tokens.text_faint));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::MEDIUM;
        if quiet(ui, "All people") {
            actions.push(Action::People(PeopleAction::Turn(Some(PeoplePage::Persons))));
        }
        let questions = people.questions.len();
        if questions > 0 && quiet(ui, &questions_label(questions)) {
            actions.push(Action::People(PeopleAction::Turn(Some(PeoplePage::Questions))));
        }
    });
}

/// Those with a name; where nobody has one, those of most photos.
fn first_persons(persons: &[Person]) -> Vec<&Person> {
    let first = persons
        .iter()
        .take(LOOKED_AT)
        .filter(|person| !person.hidden && person.photos > 0);
    let named: Vec<&Person> = first
        .clone()
        .filter(|person| person.name.is_some())
        .take(SHOWN)
        .collect();
    if named.is_empty() {
        first.take(SHOWN / 2).collect()
    } else {
        named
    }
}

/// A line that is a button.
fn quiet(ui: &mut Ui, label: &str) -> bool {
    let words = RichText::new(label).size(text::SMALL).color(Tokens::of(ui).text_weak);
    ui.add(Button::new(words).frame(false)).clicked()
}

fn person_row(ui: &mut Ui, view: &View, person: &Person, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    let chosen = is_shown(view, person.id);
    let name = person.name.as_deref().unwrap_or(NO_NAME);
    let label = format!("Person {name}, {}", photos(person.photos));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &label));
    let fill = match (chosen, response.hovered()) {
        (true, _) => tokens.accent_wash,
        (false, true) => tokens.raised,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, radius::CONTROL, fill);
    focus_ring(ui, rect, radius::CONTROL, &response);
    let middle = pos2(rect.left() + 17.0, rect.center().y);
    circle::paint_person(ui, view, Rect::from_center_size(middle, Vec2::splat(26.0)), person);
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.with_min_x(rect.left() + 38.0).with_max_x(rect.right() - 8.0))
            .layout(Layout::right_to_left(egui::Align::Center)),
    );
    let count = grouped(person.photos);
    inner.label(RichText::new(count).size(text::SMALL).color(tokens.text_faint));
    inner.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
        let color = if person.name.is_some() {
            tokens.text
        } else {
            tokens.text_faint
        };
        one_line(ui, RichText::new(name).color(color));
    });
    let hint = if chosen {
        "Show all photos again"
    } else {
        "Show only their photos"
    };
    if response.on_hover_text(hint).clicked() {
        actions.push(Action::People(if chosen {
            PeopleAction::Drop(person.id)
        } else {
            PeopleAction::ShowPhotos(person.id)
        }));
    }
}

fn is_shown(view: &View, person: PersonId) -> bool {
    view.shown_persons().contains(&person)
}
