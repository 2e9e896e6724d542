//! The line above the photos while persons narrow the search: who they are, the way out, and what can be said of the chosen photos.

use eframe::egui::{
    self, Color32, Frame, Layout, Margin, Rect, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::{Person, PersonId};

use crate::app::action::Action;
use crate::app::commands::UiCommand;
use crate::app::controls::focus_ring;
use crate::app::design_tokens::{Tokens, font, radius, space, text};
use crate::app::icons::Icon;
use crate::app::picture;
use crate::app::view::View;

use super::find_names::Asked;
use super::name_field::{NameField, Typed};
use super::person_cell::NO_NAME;
use super::{PeopleAction, PeopleCommand, circle};

/// Height of a person, points.
const HEIGHT: f32 = 34.0;

/// Longest name in points; the whole of it is the tooltip.
const LONGEST: f32 = 220.0;

/// The line.
#[derive(Debug, Default)]
pub(super) struct PersonBar {
    naming: Option<(PersonId, NameField)>,
}

impl PersonBar {
    /// Draws the line, where there is one.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let asked = view.asked_persons();
        let known = |asked: &Asked| asked.one_of.iter().filter_map(|id| view.people.person(*id)).collect();
        let chips: Vec<(Vec<&Person>, bool)> = asked.iter().map(|asked| (known(asked), asked.absent)).collect();
        if chips.iter().all(|(persons, _)| persons.is_empty()) {
            self.naming = None;
            return actions;
        }
        let shown = view.shown_persons();
        let persons: Vec<&Person> = shown.iter().filter_map(|id| view.people.person(*id)).collect();
        let margin = Margin {
            left: space::MEDIUM as i8,
            right: space::MEDIUM as i8,
            top: space::SMALL as i8,
            bottom: 0,
        };
        Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_height(HEIGHT);
                for (persons, absent) in &chips {
                    let Some(first) = persons.first() else { continue };
                    if person_chip(ui, view, first, &chip_name(persons, *absent)) {
                        actions.push(Action::People(PeopleAction::Drop(first.id)));
                    }
                }
                if let [person] = persons.as_slice() {
                    self.of_one(ui, view, person, &mut actions);
                }
            });
        });
        actions
    }

    /// What can be said where one person is shown.
    fn of_one(&mut self, ui: &mut Ui, view: &View, person: &Person, actions: &mut Vec<Action>) {
        if self.naming.as_ref().is_some_and(|(named, _)| *named != person.id) {
            self.naming = None;
        }
        let mut done = None;
        if let Some((_, field)) = &mut self.naming {
            let (rect, _) = ui.allocate_exact_size(vec2(170.0, 28.0), Sense::hover());
            done = Some(field.ui(ui, rect, &view.people, Some(person.id)));
        } else {
            let label = if person.name.is_some() {
                "Rename\u{2026}"
            } else {
                "Add a name\u{2026}"
            };
            if plain_button(ui, label).clicked() {
                self.naming = Some((person.id, NameField::new(person.name.as_deref())));
            }
        }
        match done {
            None | Some(Typed::Going) => {}
            Some(Typed::Left) => self.naming = None,
            Some(Typed::Name(name)) => {
                self.naming = None;
                actions.push(Action::People(PeopleAction::Name(person.id, name)));
            }
        }
        if view.selection.rows.is_empty() {
            return;
        }
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            let name = person.name.as_deref().unwrap_or("this person");
            let tooltip = |command: PeopleCommand| UiCommand::from(command).tooltip(ui.ctx());
            let (split, not) = (
                tooltip(PeopleCommand::SplitPerson),
                tooltip(PeopleCommand::NotThisPerson),
            );
            if plain_button(ui, "Another person").on_hover_text(split).clicked() {
                actions.push(Action::People(PeopleAction::Split(person.id)));
            }
            if plain_button(ui, &format!("Not {name}")).on_hover_text(not).clicked() {
                actions.push(Action::People(PeopleAction::NotIn(person.id)));
            }
        });
    }
}

/// What the menu of a photo says of the persons whose photos are shown.
pub(in crate::app) fn person_menu(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let shown = view.shown_persons();
    let persons: Vec<&Person> = shown.iter().filter_map(|id| view.people.person(*id)).collect();
    if persons.is_empty() {
        return;
    }
    for person in persons {
        let name = person.name.as_deref().unwrap_or("this person");
        let entries = [
            (format!("Not {name}"), PeopleAction::NotIn(person.id)),
            (format!("Somebody else than {name}"), PeopleAction::Split(person.id)),
            (
                "Use as their picture".to_owned(),
                PeopleAction::ChoosePicture(person.id),
            ),
        ];
        for (label, action) in entries {
            if ui.button(label).clicked() {
                actions.push(Action::People(action));
                ui.close();
            }
        }
    }
    ui.separator();
}

fn plain_button(ui: &mut Ui, label: &str) -> egui::Response {
    let words = RichText::new(label).size(13.0);
    ui.add(egui::Button::new(words).min_size(vec2(0.0, 28.0)))
}

/// "Anna Lund or Anna Berg", "without Ben".
fn chip_name(one_of: &[&Person], absent: bool) -> String {
    let names: Vec<&str> = one_of
        .iter()
        .map(|person| person.name.as_deref().unwrap_or(NO_NAME))
        .collect();
    let without = if absent { "without " } else { "" };
    format!("{without}{}", names.join(" or "))
}

/// A person with their circle; returns whether they are to narrow the search no more.
fn person_chip(ui: &mut Ui, view: &View, person: &Person, name: &str) -> bool {
    let tokens = Tokens::of(ui);
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font(text::BODY), tokens.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(LONGEST);
    let galley = ui.painter().layout_job(job);
    let size = vec2(HEIGHT + 6.0 + galley.size().x + 28.0, HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let label = format!("{name} narrows the search: remove");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let fill = if response.hovered() {
        tokens.raised_hover
    } else {
        tokens.raised
    };
    picture::fill(ui.painter(), rect, HEIGHT / 2.0, fill);
    focus_ring(ui, rect.expand(2.0), radius::PILL + 6, &response);
    let round = Rect::from_center_size(
        pos2(rect.left() + HEIGHT / 2.0, rect.center().y),
        Vec2::splat(HEIGHT - 6.0),
    );
    circle::paint_person(ui, view, round, person);
    let left = pos2(rect.left() + HEIGHT + 4.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(left, galley, Color32::PLACEHOLDER);
    let cross = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y), Vec2::splat(16.0));
    let color = if response.hovered() {
        tokens.text
    } else {
        tokens.text_faint
    };
    Icon::Cross.paint(ui.painter(), cross, 12.0, color);
    response.on_hover_text("Show all photos again").clicked()
}
