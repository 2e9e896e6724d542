//! The page of persons: faces as circles, those with a name first; to look at, to name, to put together.

use std::collections::BTreeSet;

use eframe::egui::{
    self, Context, FocusDirection, Frame, Id, Key, Margin, Modifiers, Rect, RichText, ScrollArea, Ui, Vec2, pos2, vec2,
};

use refocus_engine::{PassPhase, PeopleRequest, Person, PersonId};

use crate::app::action::Action;
use crate::app::commands::UiCommand;
use crate::app::controls::{ClearableField, chip, grouped, icon_button, one_line};
use crate::app::design_tokens::{Tokens, space, text};
use crate::app::icons::Icon;
use crate::app::view::View;

use super::name_field::{NameField, Typed};
use super::page_list::{CELL, LineContent, PageList, Part, Way};
use super::person_cell::{self, CellLook, cell_id};
use super::{PeopleAction, PeopleCommand, PeoplePage};
use crate::app::typeface::semibold;

/// From so many persons on there is a field to look for one.
const MANY: usize = 24;

/// Keys that move the cursor.
const WAYS: [(Key, Way); 6] = [
    (Key::ArrowLeft, Way::Left),
    (Key::ArrowRight, Way::Right),
    (Key::ArrowUp, Way::Up),
    (Key::ArrowDown, Way::Down),
    (Key::Home, Way::First),
    (Key::End, Way::Last),
];

/// What a list was made for.
#[derive(Clone, Debug, PartialEq)]
struct MadeFor {
    version: u64,
    query: String,
    with_hidden: bool,
    columns: usize,
}

/// The page.
#[derive(Debug, Default)]
pub(super) struct PersonsPage {
    query: String,
    with_hidden: bool,
    chosen: BTreeSet<PersonId>,
    cursor: Option<PersonId>,
    naming: Option<(PersonId, NameField)>,
    list: PageList,
    made_for: Option<MadeFor>,
    /// How far it is scrolled, and how much of it is seen, points.
    offset: f32,
    seen: f32,
    goal: Option<f32>,
    takes_keyboard: bool,
    /// It takes it in the next frame.
    wants_keyboard: bool,
}

impl PersonsPage {
    /// Whether keys go to the persons.
    pub(super) fn has_keyboard(&self, focused: Option<Id>) -> bool {
        let cursor = self.cursor.map(cell_id);
        self.naming.is_none() && (focused.is_none() || focused == cursor)
    }

    /// What the keys of this frame ask.
    pub(super) fn keys(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
        let plain = |key| pressed(Modifiers::NONE, key);
        for (key, way) in WAYS {
            if plain(key) {
                self.step(way);
                // The arrow has moved the keyboard: egui is not to move it on from there.
                ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
            }
        }
        // Photos that cannot be seen are not for keys.
        pressed(Modifiers::COMMAND, Key::A);
        plain(Key::Delete);
        let mut actions = Vec::new();
        if plain(Key::Escape) {
            if self.chosen.is_empty() {
                actions.push(Action::People(PeopleAction::Turn(None)));
            }
            self.chosen.clear();
        }
        let merge = plain(Key::M);
        if merge && self.chosen.len() < 2 {
            let line = "Choose two persons or more with Space, or with Ctrl and the mouse";
            actions.push(Action::Notice(line.into()));
        } else if merge {
            actions.push(self.merge());
        }
        let Some(cursor) = self.cursor.and_then(|cursor| view.people.person(cursor)) else {
            return actions;
        };
        if plain(Key::Enter) {
            actions.push(Action::People(PeopleAction::ShowPhotos(cursor.id)));
        }
        if plain(Key::Space) && !self.chosen.remove(&cursor.id) {
            self.chosen.insert(cursor.id);
        }
        let by_letter = plain(Key::N);
        if by_letter || plain(Key::F2) {
            self.begin_naming(cursor);
            // The letter that opened the field is not to be written in it.
            if by_letter {
                let writes = |event: &egui::Event| matches!(event, egui::Event::Text(_));
                ctx.input_mut(|input| input.events.retain(|event| !writes(event)));
            }
        }
        if plain(Key::H) {
            actions.extend(self.hide(view));
        }
        actions
    }

    /// Draws the page.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        self.chosen.retain(|person| view.people.person(*person).is_some());
        let margin = Margin::symmetric(space::LARGE as i8, space::MEDIUM as i8);
        Frame::new().inner_margin(margin).show(ui, |ui| {
            self.head(ui, view, &mut actions);
        });
        let room = ui.available_rect_before_wrap().shrink2(vec2(space::LARGE, 0.0));
        self.update(view, room.width());
        if self.list.persons.is_empty() {
            nobody(ui, view, &self.query);
            return actions;
        }
        let mut area = ScrollArea::vertical().id_salt("persons").auto_shrink(false);
        if let Some(goal) = self.goal.take() {
            area = area.vertical_scroll_offset(goal.max(0.0));
        }
        let shown = area.show_viewport(ui, |ui, viewport| {
            ui.set_height(self.list.height + space::LARGE);
            ui.set_width(ui.available_width());
            self.persons(ui, view, viewport, room.width(), &mut actions);
        });
        (self.offset, self.seen) = (shown.state.clamped_offset().y, shown.inner_rect.height());
        actions
    }

    fn head(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            ui.set_height(space::CONTROL);
            if icon_button(ui, Icon::Back, "Back to the photos (Esc)", false).clicked() {
                actions.push(Action::People(PeopleAction::Turn(None)));
            }
            ui.label(RichText::new("People").font(semibold(text::HEADING)).strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if self.chosen.len() > 1 {
                    self.chosen_head(ui, view, actions);
                    return;
                }
                let questions = view.people.questions.len();
                if questions > 0 {
                    let name = UiCommand::People(PeopleCommand::ShowQuestions).tooltip(ui.ctx());
                    let label = questions_label(questions);
                    if chip(ui, &label, false).on_hover_text(name).clicked() {
                        actions.push(Action::People(PeopleAction::Turn(Some(PeoplePage::Questions))));
                    }
                }
                if (self.list.any_hidden || self.with_hidden) && chip(ui, "Hidden", self.with_hidden).clicked() {
                    self.with_hidden = !self.with_hidden;
                }
                if view.people.persons.len() >= MANY || !self.query.is_empty() {
                    ClearableField {
                        id: Id::unique("look for a person"),
                        icon: Icon::Find,
                        name: "Look for a person",
                        hint: "Look for a name",
                        width: 190.0_f32.min(ui.available_width()),
                    }
                    .show(ui, &mut self.query);
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    // Where there is nobody yet, the middle of the page says it.
                    let line = pass_line(view)
                        .filter(|_| !self.list.persons.is_empty())
                        .unwrap_or_default();
                    one_line(ui, RichText::new(line).size(text::SMALL).color(tokens.text_faint));
                });
            });
        });
    }

    /// What can be done with several persons.
    fn chosen_head(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        if icon_button(ui, Icon::Cross, "Choose nobody", false).clicked() {
            self.chosen.clear();
            return;
        }
        if ui.button("Hide").on_hover_text("Hide these persons (H)").clicked() {
            actions.extend(self.hide(view));
        }
        let same = ui.button("They are the same person");
        if same.on_hover_text("All of their photos are one person's (M)").clicked() {
            actions.push(self.merge());
        }
        let line = format!("{} chosen", grouped(self.chosen.len()));
        ui.label(RichText::new(line).size(text::SMALL).color(Tokens::of(ui).accent));
    }

    fn merge(&mut self) -> Action {
        let chosen = std::mem::take(&mut self.chosen);
        Action::People(PeopleAction::Merge(chosen.into_iter().collect()))
    }

    /// Hides the chosen persons, else the one that the keyboard is on; or shows them again where all of them are hidden.
    fn hide(&mut self, view: &View) -> Vec<Action> {
        let chosen = std::mem::take(&mut self.chosen);
        let persons: Vec<PersonId> = if chosen.is_empty() {
            self.cursor.into_iter().collect()
        } else {
            chosen.into_iter().collect()
        };
        let persons: Vec<&Person> = persons.iter().filter_map(|id| view.people.person(*id)).collect();
        let hide = !persons.iter().all(|person| person.hidden);
        persons.into_iter().map(|person| hide_action(person, hide)).collect()
    }

    fn begin_naming(&mut self, person: &Person) {
        self.cursor = Some(person.id);
        self.naming = Some((person.id, NameField::new(person.name.as_deref())));
    }

    /// Makes the list anew where what it is made of has changed.
    fn update(&mut self, view: &View, width: f32) {
        let made_for = MadeFor {
            version: view.people.version,
            query: self.query.clone(),
            with_hidden: self.with_hidden,
            columns: (width / CELL[0]).floor().max(1.0) as usize,
        };
        if self.made_for.as_ref() != Some(&made_for) {
            view.passes.note();
            self.list = PageList::new(&view.people, &self.query, self.with_hidden, made_for.columns);
            self.made_for = Some(made_for);
        }
    }

    fn step(&mut self, way: Way) {
        let from = self.cursor.and_then(|cursor| self.list.position(cursor));
        let Some(to) = self.list.step(from, way) else { return };
        self.cursor = self.list.persons.get(to).copied();
        self.takes_keyboard = true;
        let Some(line) = self.list.line_of(to).and_then(|line| self.list.lines.get(line)) else {
            return;
        };
        if line.top < self.offset {
            self.goal = Some(line.top - space::SMALL);
        } else if line.top + line.height > self.offset + self.seen {
            self.goal = Some(line.top + line.height - self.seen + space::SMALL);
        }
    }

    fn persons(&mut self, ui: &mut Ui, view: &View, viewport: Rect, width: f32, actions: &mut Vec<Action>) {
        let origin = ui.max_rect().min + vec2(space::LARGE, 0.0);
        let columns = self.made_for.as_ref().map_or(1, |made_for| made_for.columns);
        let wide = width / columns as f32;
        let lines = self.list.lines_between(viewport.top(), viewport.bottom());
        for line in self.list.lines.get(lines).unwrap_or_default().to_vec() {
            let top = origin + vec2(0.0, line.top);
            let range = match line.content {
                LineContent::Persons(range) => range,
                LineContent::Head(part, count) => {
                    let place = Rect::from_min_size(top, vec2(width, line.height));
                    part_head(ui, place, part, count);
                    continue;
                }
            };
            let persons = self.list.persons.get(range).unwrap_or_default().to_vec();
            for (column, id) in persons.into_iter().enumerate() {
                let left = top + vec2(column as f32 * wide, 0.0);
                let place = Rect::from_min_size(left, vec2(wide, line.height));
                if let Some(person) = view.people.person(id) {
                    self.person(ui, view, place, person, actions);
                }
            }
        }
        self.takes_keyboard = std::mem::take(&mut self.wants_keyboard);
    }

    fn person(&mut self, ui: &mut Ui, view: &View, place: Rect, person: &Person, actions: &mut Vec<Action>) {
        let cursor = self.cursor == Some(person.id);
        let naming = self.naming.as_ref().is_some_and(|(named, _)| *named == person.id);
        let look = CellLook {
            chosen: self.chosen.contains(&person.id),
            cursor,
            takes_keyboard: self.takes_keyboard,
            naming,
        };
        let done = person_cell::draw(ui, view, place, person, look);
        if let Some((_, field)) = self.naming.as_mut().filter(|(named, _)| *named == person.id) {
            match field.ui(ui, done.name, &view.people, Some(person.id)) {
                Typed::Going => {}
                Typed::Left => self.naming = None,
                Typed::Name(name) => {
                    self.naming = None;
                    actions.push(Action::People(PeopleAction::Name(person.id, name)));
                    // Whoever names one person goes on with the next.
                    let place = self.list.position(person.id).filter(|_| person.name.is_none());
                    let next = place.and_then(|place| self.list.persons.get(place + 1));
                    match next.copied() {
                        Some(next) => (self.cursor, self.wants_keyboard) = (Some(next), true),
                        None => done.response.request_focus(),
                    }
                }
            }
        }
        let response = done.response;
        if done.wants_name {
            self.begin_naming(person);
        } else if response.clicked() && !naming {
            let modifiers = ui.input(|input| input.modifiers);
            self.cursor = Some(person.id);
            if modifiers.command || modifiers.shift {
                if !self.chosen.remove(&person.id) {
                    self.chosen.insert(person.id);
                }
            } else {
                actions.push(Action::People(PeopleAction::ShowPhotos(person.id)));
            }
        }
        if response.secondary_clicked() {
            self.cursor = Some(person.id);
        }
        response.context_menu(|ui| self.menu(ui, person, actions));
    }

    fn menu(&mut self, ui: &mut Ui, person: &Person, actions: &mut Vec<Action>) {
        ui.set_min_width(220.0);
        let item = |ui: &mut Ui, label: &str, keys: &str| {
            let clicked = ui.add(egui::Button::new(label).shortcut_text(keys)).clicked();
            if clicked {
                ui.close();
            }
            clicked
        };
        if item(ui, "Show photos", "Enter") {
            actions.push(Action::People(PeopleAction::ShowPhotos(person.id)));
        }
        let naming = if person.name.is_some() {
            "Rename\u{2026}"
        } else {
            "Name\u{2026}"
        };
        if item(ui, naming, "N") {
            self.begin_naming(person);
        }
        let others = self.chosen.iter().any(|other| *other != person.id);
        if others && item(ui, "The same person as the chosen ones", "M") {
            self.chosen.insert(person.id);
            actions.push(self.merge());
        }
        ui.separator();
        let chosen = self.chosen.contains(&person.id);
        if item(ui, if chosen { "Choose no more" } else { "Choose" }, "Space") && !self.chosen.remove(&person.id) {
            self.chosen.insert(person.id);
        }
        if item(ui, "Choose another picture\u{2026}", "") {
            actions.push(Action::People(PeopleAction::ShowPhotos(person.id)));
            let line = "Select the photo, and choose \u{201c}Use as their picture\u{201d} in its menu";
            actions.push(Action::Notice(line.into()));
        }
        if item(ui, if person.hidden { "Show again" } else { "Hide" }, "H") {
            actions.push(hide_action(person, !person.hidden));
        }
    }
}

fn hide_action(person: &Person, hidden: bool) -> Action {
    let name = person.name.as_deref().unwrap_or("This person");
    let line = if hidden {
        format!("{name} is hidden")
    } else {
        format!("{name} is shown again")
    };
    let person = person.id;
    Action::People(PeopleAction::Step(PeopleRequest::Hide { person, hidden }, line))
}

/// "14 questions".
pub(super) fn questions_label(questions: usize) -> String {
    match questions {
        1 => "1 question".to_owned(),
        more => format!("{} questions", grouped(more)),
    }
}

/// How far the search for faces has come, while it has something to do.
pub(super) fn pass_line(view: &View) -> Option<String> {
    let pass = &view.face_pass;
    let counts = || format!("{} of {} photos", grouped(pass.done), grouped(pass.total));
    match &pass.phase {
        PassPhase::Off | PassPhase::UpToDate => None,
        PassPhase::Working => Some(format!("Looking for faces \u{b7} {}", counts())),
        PassPhase::Paused => Some(format!("Paused \u{b7} {}", counts())),
        PassPhase::OnBattery => Some(format!("Rests on battery \u{b7} {}", counts())),
        PassPhase::AfterIndexing => Some("Looks for faces once all photos are indexed".to_owned()),
        PassPhase::Failed(why) => Some(why.clone()),
    }
}

fn part_head(ui: &mut Ui, place: Rect, part: Part, count: usize) {
    let words = match part {
        Part::Named => "NAMED",
        Part::Unnamed => "WITHOUT A NAME",
        Part::Hidden => "HIDDEN",
    };
    let line = RichText::new(format!("{words} \u{b7} {}", grouped(count)));
    let line = line
        .font(semibold(text::SMALL))
        .strong()
        .color(Tokens::of(ui).text_faint);
    let at = Rect::from_min_max(pos2(place.left(), place.top() + 12.0), place.max);
    ui.place(at, move |ui: &mut Ui| {
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| ui.label(line))
            .inner
    });
}

/// Where there is nobody to show: why.
fn nobody(ui: &mut Ui, view: &View, query: &str) {
    let tokens = Tokens::of(ui);
    let (head, below) = if !query.trim().is_empty() {
        (
            format!("Nobody is called \u{201c}{}\u{201d}", query.trim()),
            String::new(),
        )
    } else if let Some(line) = pass_line(view) {
        ("Nobody yet".to_owned(), line)
    } else {
        let below = "Persons appear here once the same face is found in several photos.";
        ("Nobody yet".to_owned(), below.to_owned())
    };
    ui.add_space(ui.available_height() * 0.36);
    ui.vertical_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(48.0), egui::Sense::hover());
        Icon::Person.paint(ui.painter(), rect, 40.0, tokens.text_faint);
        ui.label(
            RichText::new(head)
                .font(semibold(text::HEADING))
                .color(tokens.text_weak),
        );
        ui.label(RichText::new(below).color(tokens.text_faint));
    });
}
