//! "Is this Anna?": one question at a time, both faces large, a key for each answer.

use std::collections::HashSet;

use eframe::egui::{
    self, Align2, Color32, Context, Id, Key, Modifiers, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use refocus_engine::{FaceId, PeopleRequest, PeopleState, Person, PersonId, Question, QuestionAbout};

use crate::app::action::Action;
use crate::app::controls::{focus_ring, icon_button, photos};
use crate::app::design_tokens::{Tokens, font, radius, space, text};
use crate::app::face_pictures::FaceAt;
use crate::app::icons::Icon;
use crate::app::picture;
use crate::app::taken_line;
use crate::app::typeface::semibold;
use crate::app::view::View;

use super::circle;
use super::page::questions_label;
use super::{PeopleAction, PeoplePage};

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Skip,
    Undo,
}

/// The buttons: identity and accessible name, key, answer.
pub(super) const BUTTONS: [(&str, Key, Answer); 4] = [
    ("Yes (Y)", Key::Y, Answer::Yes),
    ("No (N)", Key::N, Answer::No),
    ("Skip (S)", Key::S, Answer::Skip),
    ("Undo (U)", Key::U, Answer::Undo),
];

/// A question without its place and distance: what was answered, whatever else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Face(PersonId, FaceId),
    Person(PersonId, PersonId),
}

impl Asked {
    fn of(question: &Question) -> Self {
        match question.about {
            QuestionAbout::Face(_, face, _) => Self::Face(question.person, face),
            QuestionAbout::Person(other) => Self::Person(question.person, other),
        }
    }
}

/// The page of questions.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// Answered or skipped; the engine's next state knows of the answers, and not of what was skipped.
    done: HashSet<Asked>,
    /// The same in order, and whether the engine was told: the way back.
    order: Vec<(Asked, bool)>,
}

impl Questions {
    /// The question on screen, and how many there are with it.
    fn now<'a>(&self, people: &'a PeopleState) -> (Option<&'a Question>, usize) {
        let mut open = people
            .questions
            .iter()
            .filter(|question| !self.done.contains(&Asked::of(question)))
            // Whoever was merged or hidden since is asked about no more.
            .filter(|question| people.person(question.person).is_some());
        let first = open.next();
        (first, usize::from(first.is_some()) + open.count())
    }

    /// Takes an answer; returns what the engine is to be told.
    fn answer(&mut self, people: &PeopleState, answer: Answer) -> Option<PeopleRequest> {
        if answer == Answer::Undo {
            let (asked, told) = self.order.pop()?;
            self.done.remove(&asked);
            return told.then_some(PeopleRequest::Undo);
        }
        let question = *self.now(people).0?;
        let person = question.person;
        let request = match (answer, question.about) {
            (Answer::Skip | Answer::Undo, _) => None,
            (Answer::Yes, QuestionAbout::Face(_, face, _)) => Some(PeopleRequest::Confirm {
                person,
                faces: vec![face],
            }),
            (Answer::Yes, QuestionAbout::Person(other)) => Some(PeopleRequest::Merge {
                into: person,
                from: vec![other],
            }),
            (Answer::No, QuestionAbout::Face(_, face, _)) => Some(PeopleRequest::Refuse {
                person,
                faces: vec![face],
            }),
            (Answer::No, QuestionAbout::Person(other)) => Some(PeopleRequest::KeepApart(person, other)),
        };
        let asked = Asked::of(&question);
        self.done.insert(asked);
        self.order.push((asked, request.is_some()));
        request
    }

    /// Does what an answer asks.
    fn act(&mut self, view: &View, answer: Answer) -> Option<Action> {
        let step = self.answer(&view.people, answer)?;
        // The next question tells that this one is answered.
        Some(Action::People(PeopleAction::Step(step, String::new())))
    }

    /// What the keys of this frame ask.
    pub(super) fn keys(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let mut actions = Vec::new();
        for (_, key, answer) in BUTTONS {
            if pressed(key) {
                actions.extend(self.act(view, answer));
            }
        }
        ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A));
        pressed(Key::Delete);
        if pressed(Key::Escape) {
            actions.push(Action::People(PeopleAction::Turn(Some(PeoplePage::Persons))));
        }
        actions
    }

    /// Draws the page.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let room = ui.available_rect_before_wrap();
        let back = Rect::from_min_size(
            room.min + vec2(space::LARGE, space::MEDIUM),
            Vec2::splat(space::CONTROL),
        );
        let leave = |ui: &mut Ui| icon_button(ui, Icon::Back, "Back to all persons (Esc)", false).clicked();
        if ui.scope_builder(egui::UiBuilder::new().max_rect(back), leave).inner {
            actions.push(Action::People(PeopleAction::Turn(Some(PeoplePage::Persons))));
        }
        let (question, left) = self.now(&view.people);
        let person = question.and_then(|question| view.people.person(question.person));
        let answer = match question.zip(person) {
            Some((question, person)) => self.question(ui, view, room, question, person, left),
            None => self.no_more(ui, room),
        };
        actions.extend(answer.and_then(|answer| self.act(view, answer)));
        actions
    }

    fn question(
        &self,
        ui: &mut Ui,
        view: &View,
        room: Rect,
        question: &Question,
        person: &Person,
        left: usize,
    ) -> Option<Answer> {
        let tokens = Tokens::of(ui);
        let name = person.name.as_deref().unwrap_or("the same person");
        // All of it together in the middle.
        let side = ((room.width() - 160.0) / 2.0)
            .min(room.height() - 300.0)
            .clamp(96.0, 240.0);
        let whole = 60.0 + side + 60.0 + 36.0 + 80.0;
        let top = (room.center().y - whole / 2.0).max(room.top() + space::HUGE);
        let title = format!("Is this {name}?");
        words(
            ui,
            pos2(room.center().x, top + 18.0),
            &title,
            semibold(text::DISPLAY),
            tokens.text,
            room.width(),
        );
        let middle = top + 70.0 + side / 2.0;
        let apart = side / 2.0 + 28.0;
        let faces = [
            (pos2(room.center().x - apart, middle), asked_about(view, question)),
            (pos2(room.center().x + apart, middle), Some(known(person))),
        ];
        for (at, shown) in faces {
            let Some(shown) = shown else { continue };
            let rect = Rect::from_center_size(at, Vec2::splat(side));
            let response = ui.interact(rect, Id::unique(("question", shown.label)), Sense::HOVER);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &shown.words));
            circle::paint_face(ui, view, rect, shown.face, None);
            let below = pos2(at.x, rect.bottom() + 22.0);
            words(ui, below, &shown.words, font(13.0), tokens.text_weak, side + 40.0);
        }
        let buttons = middle + side / 2.0 + 56.0;
        let answer = self.buttons(ui, pos2(room.center().x, buttons + 18.0), true);
        let more = match left {
            0 | 1 => "This is the last question".to_owned(),
            left => format!("{} after this one", questions_label(left - 1)),
        };
        let below = pos2(room.center().x, buttons + 62.0);
        words(ui, below, &more, font(text::SMALL), tokens.text_faint, room.width());
        answer
    }

    fn no_more(&self, ui: &mut Ui, room: Rect) -> Option<Answer> {
        let tokens = Tokens::of(ui);
        let middle = room.center();
        let title = "No more questions";
        words(
            ui,
            middle - vec2(0.0, 60.0),
            title,
            semibold(text::DISPLAY),
            tokens.text,
            room.width(),
        );
        let line = "New ones come with new photos, and with the names that you give.";
        words(
            ui,
            middle - vec2(0.0, 20.0),
            line,
            font(text::BODY),
            tokens.text_weak,
            room.width(),
        );
        self.buttons(ui, middle + vec2(0.0, 36.0), false)
    }

    /// The row of buttons, and below it the way back; without a question there is that alone.
    fn buttons(&self, ui: &mut Ui, middle: egui::Pos2, asks: bool) -> Option<Answer> {
        const SIZE: Vec2 = vec2(112.0, 36.0);
        let apart = SIZE.x + space::SMALL;
        let mut given = None;
        let mut button = |ui: &Ui, at: egui::Pos2, name: &'static str, answer: Answer| {
            if answer_button(ui, Rect::from_center_size(at, SIZE), name, answer) {
                given = Some(answer);
            }
        };
        for (place, (name, _, answer)) in (-1_i8..).zip(BUTTONS) {
            match answer {
                Answer::Yes | Answer::No | Answer::Skip if asks => {
                    button(ui, middle + vec2(apart * f32::from(place), 0.0), name, answer);
                }
                Answer::Undo if !self.order.is_empty() => {
                    let below = if asks { 84.0 } else { 0.0 };
                    button(ui, middle + vec2(0.0, below), name, answer);
                }
                Answer::Yes | Answer::No | Answer::Skip | Answer::Undo => {}
            }
        }
        given
    }
}

/// One of two faces.
struct Shown {
    /// What it is, for its identity on screen.
    label: &'static str,
    face: Option<FaceAt>,
    words: String,
}

/// Who it may be.
fn known(person: &Person) -> Shown {
    let name = person.name.as_deref().unwrap_or("Somebody without a name");
    Shown {
        label: "known",
        face: circle::picture_of(person),
        words: format!("{name} \u{b7} {}", photos(person.photos)),
    }
}

/// Of whom it is asked.
fn asked_about(view: &View, question: &Question) -> Option<Shown> {
    match question.about {
        QuestionAbout::Person(other) => {
            let other = view.people.person(other)?;
            Some(Shown {
                label: "asked",
                face: circle::picture_of(other),
                words: format!("Somebody in {}", photos(other.photos)),
            })
        }
        QuestionAbout::Face(photo, id, bounds) => {
            let day = view
                .library
                .photo_with(&photo)
                .and_then(|(_, photo)| taken_line::day(photo));
            Some(Shown {
                label: "asked",
                face: Some(FaceAt { id, photo, bounds }),
                words: day.map_or_else(|| "In one photo".to_owned(), |day| format!("In a photo of {day}")),
            })
        }
    }
}

/// A line in the middle of a place, as a label.
fn words(ui: &Ui, middle: egui::Pos2, line: &str, face: egui::FontId, color: Color32, width: f32) {
    let mut job = egui::text::LayoutJob::simple_singleline(line.to_owned(), face, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(job);
    let rect = Rect::from_center_size(middle, galley.size());
    let response = ui.interact(rect, Id::unique(("words", line)), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
    ui.painter().galley(rect.min, galley, color);
}

fn answer_button(ui: &Ui, rect: Rect, name: &'static str, answer: Answer) -> bool {
    let tokens = Tokens::of(ui);
    let first = answer == Answer::Yes;
    let response = ui.interact(rect, Id::unique(name), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let fill = match (answer, response.hovered()) {
        (Answer::Yes, _) => tokens.accent,
        (_, true) => tokens.raised_hover,
        // The way back is quiet.
        (Answer::Undo, false) => Color32::TRANSPARENT,
        (_, false) => tokens.raised,
    };
    picture::fill(ui.painter(), rect, f32::from(radius::CONTROL), fill);
    focus_ring(ui, rect.expand(2.0), radius::CONTROL, &response);
    let (word, key) = name.split_once(" (").unwrap_or((name, ""));
    let (color, faint) = if first {
        (tokens.on_accent, tokens.on_accent)
    } else {
        (tokens.text, tokens.text_faint)
    };
    let painter = ui.painter();
    let left = rect.left_center() + vec2(space::LARGE, 0.0);
    painter.text(left, Align2::LEFT_CENTER, word, font(text::BODY), color);
    let right = rect.right_center() - vec2(space::LARGE, 0.0);
    let key = key.trim_end_matches(')');
    painter.text(right, Align2::RIGHT_CENTER, key, font(text::SMALL), faint);
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::FaceBounds;
    use std::collections::HashMap;
    use std::sync::Arc;

    fn people() -> PeopleState {
        let person = |id, name: Option<&str>| Person {
            id: PersonId(id),
            name: name.map(Arc::from),
            hidden: false,
            faces: 2,
            photos: 2,
            picture: None,
        };
        let persons = vec![person(1, Some("Anna")), person(2, None)];
        let mut people = PeopleState::of(persons, HashMap::new());
        let question = |about| Question {
            person: PersonId(1),
            about,
            distance: 0.5,
        };
        let face = QuestionAbout::Face([7; 32], FaceId(70), FaceBounds::default());
        people.questions = vec![question(face), question(QuestionAbout::Person(PersonId(2)))].into();
        people
    }

    #[test]
    fn each_answer_leads_to_the_next_question_and_undo_back_to_the_one_before() {
        let people = people();
        let mut questions = Questions::default();
        assert_eq!(questions.answer(&people, Answer::Undo), None);
        let yes = questions.answer(&people, Answer::Yes);
        let confirmed = PeopleRequest::Confirm {
            person: PersonId(1),
            faces: vec![FaceId(70)],
        };
        assert_eq!(yes, Some(confirmed));
        assert_eq!(questions.now(&people).1, 1);
        assert_eq!(questions.answer(&people, Answer::Skip), None);
        assert_eq!(questions.now(&people), (None, 0));
        assert_eq!(questions.answer(&people, Answer::Yes), None, "nothing is asked");
        assert_eq!(
            questions.answer(&people, Answer::Undo),
            None,
            "the engine does not know of skips"
        );
        let no = questions.answer(&people, Answer::No);
        assert_eq!(no, Some(PeopleRequest::KeepApart(PersonId(1), PersonId(2))));
        assert_eq!(questions.answer(&people, Answer::Undo), Some(PeopleRequest::Undo));
        assert_eq!(questions.answer(&people, Answer::Undo), Some(PeopleRequest::Undo));
        assert_eq!(questions.now(&people).1, 2);
    }
}
