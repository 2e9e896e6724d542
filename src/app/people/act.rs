//! What comes of what a person wants about who is in the photos.

use eframe::egui::Context;
use refocus_engine::{FaceId, PeopleRequest, Person, PersonId};
use serde_json::Value;

use crate::app::RefocusApp;
use crate::app::controls::{photos, sentence};
use crate::app::view::{NOTHING_SELECTED, View};

use super::dialogs::PeopleQuestion;
use super::find_names::{names, without};
use super::steps::{named_line, step_words};
use super::{PeopleAction, PeopleCommand, PeoplePage};

impl RefocusApp {
    /// Does what a person wants about people.
    pub(in crate::app) fn act_people(&mut self, ctx: &Context, action: PeopleAction) {
        match action {
            PeopleAction::Turn(page) => self.turn_to(ctx, page),
            PeopleAction::ShowPhotos(person) => self.show_photos_of(person),
            PeopleAction::Drop(person) => {
                let request = &mut self.view.search.request;
                request.filter.people.retain(|other| *other != person);
                if names(&self.view.people, &request.find, person) {
                    request.find = without(&self.view.people, &request.find, person);
                }
                self.view.people_page = None;
            }
            PeopleAction::Step(request, line) => self.ask_people(request, line),
            PeopleAction::Name(person, name) => self.name_person(person, &name),
            PeopleAction::NameFace(face, person, name) => self.name_face(face, person, &name),
            PeopleAction::Merge(persons) => self.merge(persons),
            PeopleAction::NotIn(person) => self.with_faces(person, |app, faces, line| {
                let name = app.view.name_in_words(person);
                app.ask_people(PeopleRequest::Refuse { person, faces }, format!("{line}: not {name}"));
            }),
            PeopleAction::Split(person) => self.with_faces(person, |app, faces, line| {
                let line = format!("{line}: another person, without a name yet");
                app.ask_people(
                    PeopleRequest::Split {
                        person,
                        faces,
                        name: None,
                    },
                    line,
                );
            }),
            PeopleAction::ChoosePicture(person) => {
                let face = self.view.faces_of_chosen(person).first().copied();
                match face {
                    Some(face) => {
                        let line = format!("This is the picture of {} now", self.view.name_in_words(person));
                        self.ask_people(PeopleRequest::ChoosePicture { person, face }, line);
                    }
                    None => self.panels.notices.add(NOTHING_SELECTED.into()),
                }
            }
        }
    }

    /// Runs a command about people.
    pub(in crate::app) fn run_people(&mut self, ctx: &Context, command: PeopleCommand) {
        let on = self.view.people.on;
        let needs_people = matches!(command, PeopleCommand::ShowPersons | PeopleCommand::ShowQuestions);
        if needs_people && !on && self.view.people.failed.is_none() {
            // Their keys ask first.
            self.panels.people.dialogs.ask(PeopleQuestion::SwitchOn);
            return;
        }
        if !command.is_offered(on) {
            return;
        }
        match command {
            PeopleCommand::SwitchOn => self.panels.people.dialogs.ask(PeopleQuestion::SwitchOn),
            PeopleCommand::Forget => self.panels.people.dialogs.ask(PeopleQuestion::Forget),
            PeopleCommand::ShowPersons => self.toggle_page(ctx, PeoplePage::Persons),
            PeopleCommand::ShowQuestions => self.toggle_page(ctx, PeoplePage::Questions),
            PeopleCommand::OutlineFaces => match (self.view.large, self.view.selection.cursor) {
                (None, Some(row)) => {
                    self.view.face_names = true;
                    self.enlarge(row);
                }
                (None, None) => self.panels.notices.add(NOTHING_SELECTED.into()),
                (Some(_), _) => self.view.face_names = !self.view.face_names,
            },
            PeopleCommand::NotThisPerson => self.with_shown_person(ctx, PeopleAction::NotIn),
            PeopleCommand::SplitPerson => self.with_shown_person(ctx, PeopleAction::Split),
            PeopleCommand::Undo => match self.view.people.undo {
                Some(step) => self.ask_people(PeopleRequest::Undo, format!("Undone: {}", step_words(step))),
                None => self.panels.notices.add("There is nothing about people to undo".into()),
            },
            PeopleCommand::Redo => match self.view.people.redo {
                Some(step) => self.ask_people(PeopleRequest::Redo, format!("Done again: {}", step_words(step))),
                None => self
                    .panels
                    .notices
                    .add("There is nothing about people to do again".into()),
            },
            PeopleCommand::PauseFaces => {
                let paused = &mut self.view.settings.faces_paused;
                *paused = !*paused;
                let line = if *paused {
                    "The search for faces rests"
                } else {
                    "The search for faces goes on"
                };
                self.panels.notices.add(line.into());
            }
        }
    }

    /// Takes the engine's answer to a step.
    pub(in crate::app) fn people_answered(&mut self, id: u64, result: Result<Value, String>) {
        let told = self.panels.people.steps.answered(id);
        match (result, told) {
            (Ok(_), Some(told)) if !told.line.is_empty() => {
                let undo = told.undoable.then_some(("Undo", PeopleCommand::Undo.into()));
                self.panels.notices.add_with_button(told.line, undo);
            }
            (Ok(_), _) => {}
            (Err(why), _) => self.panels.notices.add(sentence(&why)),
        }
    }

    /// Takes note of what is known of people by now.
    pub(in crate::app) fn people_changed(&mut self) {
        let view = &mut self.view;
        let persons = view.people.persons.iter();
        view.named_people = persons.filter(|person| person.name.is_some()).count();
        if view.people.on {
            view.library.index_contents(&view.passes);
            return;
        }
        view.library.forget_contents();
        view.thumbnails.forget_faces();
        view.people_page = None;
        view.face_names = false;
        view.search.request.filter.people.clear();
    }

    fn ask_people(&mut self, request: PeopleRequest, line: String) {
        if let PeopleRequest::Merge { into, from } = &request {
            // Their photos go on being shown.
            let shown = &mut self.view.search.request.filter.people;
            for person in shown.iter_mut().filter(|person| from.contains(person)) {
                *person = *into;
            }
            let mut once = Vec::new();
            shown.retain(|person| {
                !once.contains(person) && {
                    once.push(*person);
                    true
                }
            });
        }
        let command = self.panels.people.steps.ask(request, line);
        self.engine.send(command);
    }

    fn toggle_page(&mut self, ctx: &Context, page: PeoplePage) {
        let open = self.view.people_page == Some(page);
        self.turn_to(ctx, (!open).then_some(page));
    }

    fn turn_to(&mut self, ctx: &Context, page: Option<PeoplePage>) {
        // Keys are the page's from now on, whatever led to it.
        ctx.memory_mut(|memory| {
            if let Some(focused) = memory.focused() {
                memory.surrender_focus(focused);
            }
        });
        if page.is_some() {
            // Commands about photos are not for ones that cannot be seen.
            self.view.selection.clear();
            self.leave_large();
        }
        if page.is_some() {
            self.close_clean_up();
        }
        self.view.people_page = page;
    }

    fn show_photos_of(&mut self, person: PersonId) {
        self.view.search.request.filter.people = vec![person];
        self.view.people_page = None;
        self.leave_large();
    }

    fn name_person(&mut self, person: PersonId, name: &str) {
        let known = self.view.people.person(person);
        let before = known.and_then(|known| known.name.as_deref()).unwrap_or_default();
        if name == before {
            return;
        }
        let others = self.view.others_named(person, name);
        if others.is_empty() {
            let name = (!name.is_empty()).then(|| name.to_owned());
            let line = named_line(name.as_deref());
            self.ask_people(PeopleRequest::Name { person, name }, line);
        } else {
            let name = self.view.people.name_of(others.first().copied().unwrap_or(person));
            let name = name.unwrap_or_default().to_owned();
            let question = PeopleQuestion::Same { person, others, name };
            self.panels.people.dialogs.ask(question);
        }
    }

    /// A face of one without a name names all of them; one that was taken for somebody else is that person alone.
    fn name_face(&mut self, face: FaceId, person: Option<PersonId>, name: &str) {
        let unnamed = person.filter(|person| self.view.people.name_of(*person).is_none());
        if let Some(person) = unnamed {
            self.name_person(person, name);
            return;
        }
        let same = person.and_then(|person| self.view.people.name_of(person)) == Some(name);
        if name.is_empty() || same {
            return;
        }
        let faces = vec![face];
        let request = match self.view.people.named(name).first() {
            Some(known) => PeopleRequest::Confirm { person: *known, faces },
            None => PeopleRequest::ConfirmAsNew {
                name: Some(name.to_owned()),
                faces,
            },
        };
        self.ask_people(request, named_line(Some(name)));
    }

    fn merge(&mut self, persons: Vec<PersonId>) {
        let known: Vec<&Person> = persons.iter().filter_map(|id| self.view.people.person(*id)).collect();
        let mut named: Vec<(PersonId, String)> = Vec::new();
        for person in &known {
            if let Some(name) = person.name.as_deref()
                && !named.iter().any(|(_, other)| other == name)
            {
                named.push((person.id, name.to_owned()));
            }
        }
        let largest = known.iter().max_by_key(|person| person.photos).map(|person| person.id);
        let into = match named.as_slice() {
            [] => largest,
            [(one, _)] => Some(*one),
            _ => {
                let question = PeopleQuestion::WhichName { persons, named };
                self.panels.people.dialogs.ask(question);
                return;
            }
        };
        let Some(into) = into.filter(|_| persons.len() > 1) else {
            return;
        };
        let name = named.first().map_or("one person", |(_, name)| name.as_str());
        let line = format!("All of them are {name} now");
        let from = persons.into_iter().filter(|person| *person != into).collect();
        self.ask_people(PeopleRequest::Merge { into, from }, line);
    }

    /// Goes on with the one person whose photos are shown.
    fn with_shown_person(&mut self, ctx: &Context, wanted: impl FnOnce(PersonId) -> PeopleAction) {
        let line = match self.view.shown_persons().as_slice() {
            [person] => {
                let action = wanted(*person);
                self.act_people(ctx, action);
                return;
            }
            [] => "Show the photos of a person first",
            _ => "Several persons are shown: say in the menu of a photo which one is meant",
        };
        self.panels.notices.add(line.into());
    }

    /// Goes on with the faces of a person in the chosen photos, and with how many these are in words.
    fn with_faces(&mut self, person: PersonId, go_on: impl FnOnce(&mut Self, Vec<FaceId>, String)) {
        let faces = self.view.faces_of_chosen(person);
        if faces.is_empty() {
            self.panels.notices.add(NOTHING_SELECTED.into());
            return;
        }
        let line = photos(self.view.chosen_rows().len());
        go_on(self, faces, line);
    }
}

impl View {
    /// The faces of a person in the photos that a command is about.
    pub(super) fn faces_of_chosen(&self, person: PersonId) -> Vec<FaceId> {
        let chosen = self.chosen_photos();
        let faces = chosen.iter().flat_map(|photo| self.people.faces_of(&photo.hash));
        faces
            .filter(|face| face.person.is_some_and(|(of, _)| of == person))
            .map(|face| face.id)
            .collect()
    }

    /// The name of a person, or what stands in its place within a sentence.
    pub(in crate::app) fn name_in_words(&self, person: PersonId) -> String {
        self.people.name_of(person).unwrap_or("this person").to_owned()
    }

    /// Others who have this name already.
    fn others_named(&self, person: PersonId, name: &str) -> Vec<PersonId> {
        let mut others = self.people.named(name);
        others.retain(|other| *other != person);
        others
    }
}
