//! The page: what is looked for, both lists, keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, FocusDirection, Frame, Id, Key, Margin, Modifiers, RichText, Ui};

use refocus_engine::{CleanUp, CleanUpGroup, CleanUpKind, CleanUpPhase, CleanUpRequest, ContentFiles, PhotoRow};

use crate::app::action::Action;
use crate::app::controls::{grouped, icon_button, one_line, primary_button, segmented};
use crate::app::design_tokens::{Tokens, space, text};
use crate::app::full_pictures::FullPictures;
use crate::app::icons::Icon;
use crate::app::linked_zoom::LinkedZoom;
use crate::app::thumbnail_service::PixelSource;
use crate::app::view::View;
use crate::byte_text::byte_text;

use super::CleanUpAction;
use super::action::Spare;
use super::choices::{Before, Choices};
use super::file_list::{self, FileList};
use super::hints;
use super::side_by_side::{self, Done};
use crate::app::typeface::semibold;

/// The library is looked at again this often at most, while photos come and go.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Which groups are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Identical,
    Alike,
}

impl Section {
    const ALL: [Self; 2] = [Self::Identical, Self::Alike];

    fn name(self) -> &'static str {
        match self {
            Self::Identical => "Identical files",
            Self::Alike => "Nearly the same",
        }
    }

    fn holds(self, group: &CleanUpGroup) -> bool {
        (group.kind == CleanUpKind::Identical) == (self == Self::Identical)
    }
}

/// A step that can be undone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// All photos of a group stay.
    Kept(Vec<ContentFiles>),
    /// Photos were marked, or no more.
    Marked(Before),
    /// Photos went to the trash.
    Trashed,
}

/// Where the keyboard is in a section.
#[derive(Clone, Debug, Default)]
struct Cursor {
    group: usize,
    photo: usize,
    /// The group, to be found again among others.
    contents: Vec<ContentFiles>,
}

/// The page.
pub(in crate::app) struct CleanUpPage {
    pub(super) choices: Choices,
    pub(super) steps: Vec<Step>,
    pub(super) pictures: FullPictures,
    found: Arc<CleanUp>,
    /// Groups of each section of which two photos or more are there, by their place among all.
    there: [Vec<usize>; 2],
    cursors: [Cursor; 2],
    /// `None` until the person turns to one: then it is the first that has groups.
    section: Option<Section>,
    files: FileList,
    zoom: LinkedZoom,
    /// What is marked for the trash, and the names of the sections: counted when something changes, and not in every frame.
    spare: Spare,
    names: [String; 2],
    /// The library has changed since the engine was asked.
    pub(super) look_due: bool,
    pub(super) asked: Option<Instant>,
    pub(super) generation: u64,
}

impl CleanUpPage {
    /// A page that was not opened yet; pictures come from `source`.
    pub(in crate::app) fn new(source: Arc<dyn PixelSource>) -> Self {
        Self {
            choices: Choices::default(),
            steps: Vec::new(),
            pictures: FullPictures::new(source),
            found: Arc::default(),
            there: Default::default(),
            cursors: Default::default(),
            section: None,
            files: FileList::default(),
            zoom: LinkedZoom::default(),
            spare: Spare::default(),
            names: Section::ALL.map(|section| section.name().to_owned()),
            look_due: false,
            asked: None,
            generation: 0,
        }
    }

    /// Looks at the library; returns what the engine is asked.
    pub(super) fn look(&mut self) -> CleanUpRequest {
        self.generation += 1;
        self.look_due = false;
        self.asked = Some(Instant::now());
        CleanUpRequest::Look {
            generation: self.generation,
        }
    }

    /// Whether the library is to be looked at again, as it has changed; otherwise when that may be.
    pub(super) fn due(&self, now: Instant) -> Result<(), Option<Duration>> {
        if !self.look_due {
            return Err(None);
        }
        let passed = self
            .asked
            .map_or(LOOK_EVERY, |asked| now.saturating_duration_since(asked));
        if passed >= LOOK_EVERY {
            Ok(())
        } else {
            Err(Some(LOOK_EVERY - passed))
        }
    }

    /// Takes what the engine tells.
    pub(super) fn told(&mut self, view: &View, found: Arc<CleanUp>) {
        let same = Arc::ptr_eq(&self.found.groups, &found.groups);
        self.found = found;
        if !same {
            self.groups_changed(view);
        }
    }

    /// Photos have come or gone, or other groups were told.
    pub(super) fn groups_changed(&mut self, view: &View) {
        view.passes.note();
        for (section, there) in Section::ALL.into_iter().zip(&mut self.there) {
            let groups = self.found.groups.iter().enumerate();
            *there = groups
                .filter(|(_, group)| section.holds(group) && rows_of(view, group).len() > 1)
                .map(|(place, _)| place)
                .collect();
        }
        let shown = self.cursor().contents.clone();
        let groups = &self.found.groups;
        for (there, cursor) in self.there.iter().zip(&mut self.cursors) {
            let is_it = |place: &usize| {
                groups
                    .get(*place)
                    .is_some_and(|group| group.contents() == cursor.contents)
            };
            let again = there.iter().position(is_it);
            cursor.group = again.unwrap_or_else(|| cursor.group.min(there.len().saturating_sub(1)));
            let now = there.get(cursor.group).and_then(|place| groups.get(*place));
            if again.is_none() {
                cursor.photo = 0;
                cursor.contents = now.map(CleanUpGroup::contents).unwrap_or_default();
            }
            let last = now.map_or(0, |group| group.photos.len().saturating_sub(1));
            cursor.photo = cursor.photo.min(last);
        }
        let [identical, _] = &self.there;
        self.files
            .groups_changed(identical.iter().filter_map(|place| groups.get(*place)));
        if self.cursor().contents != shown {
            self.zoom = LinkedZoom::default();
        }
        self.count();
    }

    /// Counts what is marked, and what could be free.
    fn count(&mut self) {
        let groups = &self.found.groups;
        let there = self.there.iter().flatten();
        self.spare = self.choices.spare(there.filter_map(|place| groups.get(*place)));
        for ((section, there), name) in Section::ALL.into_iter().zip(&self.there).zip(&mut self.names) {
            let bytes: u64 = there
                .iter()
                .filter_map(|place| groups.get(*place))
                .map(CleanUpGroup::spare_bytes)
                .sum();
            *name = match there.len() {
                0 => section.name().to_owned(),
                count => format!(
                    "{} \u{b7} {} \u{b7} {}",
                    section.name(),
                    grouped(count),
                    byte_text(bytes)
                ),
            };
        }
    }

    /// What the keys of this frame ask.
    pub(in crate::app) fn keys(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
        let plain = |key| pressed(Modifiers::NONE, key);
        let mut actions = Vec::new();
        // Photos that cannot be seen are not for keys.
        pressed(Modifiers::COMMAND, Key::A);
        if plain(Key::Escape) {
            actions.push(Action::CleanUp(CleanUpAction::Toggle));
        }
        if plain(Key::Delete) {
            actions.push(self.ask_before_trash());
        }
        for (key, by) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
            if plain(key) {
                self.step_photo(by);
                ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
            }
        }
        for (key, by) in [(Key::ArrowUp, -1), (Key::ArrowDown, 1), (Key::Enter, 1)] {
            if plain(key) {
                self.step_group(by);
                ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
            }
        }
        let place = self.cursor().photo;
        if plain(Key::K) {
            actions.extend(self.act(Done::Keep(place)));
        }
        if plain(Key::X) {
            actions.extend(self.act(Done::Trash(place)));
        }
        if plain(Key::B)
            && let Some(group) = self.group().cloned()
        {
            self.keep_best(&group);
        }
        if plain(Key::A) {
            actions.extend(self.keep_all(view));
        }
        actions
    }

    /// Draws the page.
    pub(in crate::app) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let margin = Margin::symmetric(space::LARGE as i8, space::MEDIUM as i8);
        Frame::new().inner_margin(margin).show(ui, |ui| {
            self.head(ui, view, &mut actions);
            ui.add_space(space::SMALL);
            self.sections(ui);
            ui.add_space(space::SMALL);
            if self.group().is_none() {
                self.nothing(ui);
                return;
            }
            match self.section() {
                Section::Identical => self.identical(ui, view, &mut actions),
                Section::Alike => self.alike(ui, view, &mut actions),
            }
        });
        actions
    }

    fn head(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            ui.set_height(36.0);
            if icon_button(ui, Icon::Back, "Back to the photos (Esc)", false).clicked() {
                actions.push(Action::CleanUp(CleanUpAction::Toggle));
            }
            ui.label(RichText::new("Clean up").font(semibold(text::HEADING)).strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if !self.spare.photos.is_empty() {
                    let name = format!("{}\u{2026}", trash_words(&self.spare));
                    if primary_button(ui, &name).on_hover_text("Asks first (Delete)").clicked() {
                        actions.push(self.ask_before_trash());
                    }
                }
                let ended = matches!(self.found.phase, CleanUpPhase::Done | CleanUpPhase::Stopped);
                let waits = self.found.generation < self.generation;
                if !ended || waits {
                    if ui.button("Stop").on_hover_text("What was found so far stays").clicked() {
                        actions.push(Action::CleanUp(CleanUpAction::Ask(CleanUpRequest::Stop)));
                    }
                } else if ui.button("Look again").clicked() {
                    let look = self.look();
                    actions.push(Action::CleanUp(CleanUpAction::Ask(look)));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let line = self.progress_line(view);
                    one_line(ui, RichText::new(line).size(text::SMALL).color(tokens.text_faint));
                });
            });
        });
    }

    /// How far looking has come.
    fn progress_line(&self, view: &View) -> String {
        let of = |what: &str| {
            format!(
                "{what}: {} of {} photos",
                grouped(self.found.done),
                grouped(self.found.total)
            )
        };
        match self.found.phase {
            _ if self.found.generation == 0 => "Comparing photos".to_owned(),
            CleanUpPhase::Comparing => of("Comparing"),
            CleanUpPhase::Measuring => of("Measuring sharpness"),
            CleanUpPhase::Stopped => "Stopped: there may be more".to_owned(),
            CleanUpPhase::Done if view.library.indexing() => "More may come while photos are indexed".to_owned(),
            CleanUpPhase::Done => String::new(),
        }
    }

    fn sections(&mut self, ui: &mut Ui) {
        let [identical, alike] = &self.names;
        let choices = [
            (Section::Identical, identical.as_str()),
            (Section::Alike, alike.as_str()),
        ];
        if let Some(section) = segmented(ui, self.section(), &choices) {
            self.section = Some(section);
        }
    }

    fn nothing(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let ended = matches!(self.found.phase, CleanUpPhase::Done | CleanUpPhase::Stopped);
        let line = match (ended, self.section()) {
            (false, _) => "Looking\u{2026}",
            (true, Section::Identical) => "No file is there twice.",
            (true, Section::Alike) => "No photos are nearly the same.",
        };
        ui.add_space(space::HUGE * 2.0);
        ui.vertical_centered(|ui| {
            ui.label(
                RichText::new(line)
                    .font(semibold(text::HEADING))
                    .color(tokens.text_weak),
            );
        });
    }

    fn identical(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            if ui
                .button("Keep one of each")
                .on_hover_text("Marks the others for the trash")
                .clicked()
            {
                let [identical, _] = &self.there;
                let groups: Vec<&CleanUpGroup> = identical
                    .iter()
                    .filter_map(|place| self.found.groups.get(*place))
                    .collect();
                let photos = groups.iter().flat_map(|group| group.photos.iter());
                self.steps.push(Step::Marked(self.choices.before(photos)));
                for group in groups {
                    self.choices.keep_best(group);
                }
                self.count();
            }
            self.group_buttons(ui, view, actions);
        });
        let [identical, _] = &self.there;
        let groups: Vec<&CleanUpGroup> = identical
            .iter()
            .filter_map(|place| self.found.groups.get(*place))
            .collect();
        let cursor = self.cursor();
        let done = self.files.ui(
            ui,
            &file_list::Shown {
                view,
                groups: &groups,
                choices: &self.choices,
                cursor: (cursor.group, cursor.photo),
            },
        );
        for (group, done) in done {
            self.go_to(group);
            actions.extend(self.act(done));
        }
    }

    fn alike(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        let Some(group) = self.group().cloned() else { return };
        let rows = rows_of(view, &group);
        let tokens = Tokens::of(ui);
        let (number, count) = (self.cursor().group + 1, self.there().len());
        ui.horizontal(|ui| {
            if icon_button(ui, Icon::ChevronLeft, "The group before (Up)", false).clicked() {
                self.step_group(-1);
            }
            if icon_button(ui, Icon::ChevronRight, "The next group (Enter)", false).clicked() {
                self.step_group(1);
            }
            ui.label(
                RichText::new(hints::head(&group, &rows))
                    .font(semibold(text::BODY))
                    .strong(),
            );
            let line = format!("group {} of {}", grouped(number), grouped(count));
            ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_faint));
            if ui
                .button("Keep the best")
                .on_hover_text("Marks the others for the trash (B)")
                .clicked()
            {
                self.keep_best(&group);
            }
            self.group_buttons(ui, view, actions);
        });
        if rows.len() < group.photos.len() {
            // Told anew in a moment, without those that have gone.
            return;
        }
        let shown = side_by_side::Shown {
            view,
            group: &group,
            rows: &rows,
            choices: &self.choices,
            cursor: self.cursor().photo,
        };
        for done in shown.ui(ui, &mut self.zoom, &mut self.pictures) {
            actions.extend(self.act(done));
        }
    }

    /// What can be said of the group that the keyboard is on.
    fn group_buttons(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        let hint = "Not shown again, until another one joins them (A)";
        if ui.button("All of these stay").on_hover_text(hint).clicked() {
            actions.extend(self.keep_all(view));
        }
    }

    fn keep_all(&mut self, view: &View) -> Option<Action> {
        let group = self.group().cloned()?;
        if let Some(why) = &view.library.read_only {
            return Some(Action::Notice(why.clone()));
        }
        self.choices.forget(&group);
        self.count();
        Some(Action::CleanUp(CleanUpAction::KeepAll(group.contents())))
    }

    fn ask_before_trash(&self) -> Action {
        if self.spare.photos.is_empty() {
            return Action::Notice("Mark photos for the trash first (X)".to_owned());
        }
        Action::CleanUp(CleanUpAction::AskBeforeTrash(self.spare.clone()))
    }

    /// Takes marks back.
    pub(super) fn undo_marks(&mut self, before: Before) {
        self.choices.restore(before);
        self.count();
    }

    fn keep_best(&mut self, group: &CleanUpGroup) {
        self.steps.push(Step::Marked(self.choices.before(group.photos.iter())));
        self.choices.keep_best(group);
        self.count();
    }

    /// Does something to a photo of the group that the keyboard is on.
    fn act(&mut self, done: Done) -> Option<Action> {
        let (Done::Point(place) | Done::Keep(place) | Done::Trash(place)) = done;
        self.cursor_mut().photo = place;
        let group = self.group()?.clone();
        let before = self.choices.before(group.photos.iter());
        match done {
            Done::Point(_) => return None,
            Done::Keep(_) => self.choices.keep(group.photos.get(place)?),
            Done::Trash(_) => {
                if !self.choices.trash(&group.photos, place) {
                    let line = "One photo of a group stays: mark another one to keep first";
                    return Some(Action::Notice(line.to_owned()));
                }
            }
        }
        self.steps.push(Step::Marked(before));
        self.count();
        None
    }

    fn section(&self) -> Section {
        let [identical, alike] = &self.there;
        let first = if identical.is_empty() && !alike.is_empty() {
            Section::Alike
        } else {
            Section::Identical
        };
        self.section.unwrap_or(first)
    }

    fn there(&self) -> &[usize] {
        let [identical, alike] = &self.there;
        match self.section() {
            Section::Identical => identical,
            Section::Alike => alike,
        }
    }

    fn cursor(&self) -> &Cursor {
        let [identical, alike] = &self.cursors;
        match self.section() {
            Section::Identical => identical,
            Section::Alike => alike,
        }
    }

    fn cursor_mut(&mut self) -> &mut Cursor {
        let section = self.section();
        let [identical, alike] = &mut self.cursors;
        match section {
            Section::Identical => identical,
            Section::Alike => alike,
        }
    }

    /// The group that the keyboard is on.
    fn group(&self) -> Option<&CleanUpGroup> {
        self.found.groups.get(*self.there().get(self.cursor().group)?)
    }

    fn step_photo(&mut self, by: isize) {
        let last = self.group().map_or(0, |group| group.photos.len().saturating_sub(1));
        let cursor = self.cursor_mut();
        cursor.photo = cursor.photo.saturating_add_signed(by).min(last);
    }

    fn step_group(&mut self, by: isize) {
        let last = self.there().len().saturating_sub(1);
        let goal = self.cursor().group.saturating_add_signed(by).min(last);
        self.go_to(goal);
    }

    fn go_to(&mut self, group: usize) {
        if group == self.cursor().group {
            return;
        }
        self.cursor_mut().group = group;
        let contents = self.group().map(CleanUpGroup::contents).unwrap_or_default();
        *self.cursor_mut() = Cursor {
            group,
            photo: 0,
            contents,
        };
        self.zoom = LinkedZoom::default();
        if self.section() == Section::Identical {
            self.files.reveal(group);
        }
    }

    /// Whether keys are the page's: no control has the keyboard but photos and buttons of its own that take no keys.
    pub(in crate::app) fn has_keyboard(&self, focused: Option<Id>) -> bool {
        focused.is_none_or(|focused| (0..64_usize).any(|place| focused == Id::unique(("clean up", place))))
    }

    /// Nobody looks at it any more.
    pub(super) fn close(&mut self) {
        self.pictures.close();
        self.found = Arc::default();
        self.there = Default::default();
        self.files = FileList::default();
        self.spare = Spare::default();
        self.look_due = false;
    }
}

/// As in "Move 12 files (48 MB) to the trash".
pub(super) fn trash_words(spare: &Spare) -> String {
    let files = match spare.files {
        1 => "1 file".to_owned(),
        count => format!("{} files", grouped(count)),
    };
    format!("Move {files} ({}) to the trash", byte_text(spare.bytes))
}

/// Rows of the photos of a group that are there.
fn rows_of<'a>(view: &'a View, group: &CleanUpGroup) -> Vec<&'a PhotoRow> {
    let rows = group.photos.iter().filter_map(|photo| {
        let row = view.library.photo(photo.row)?;
        (row.id == photo.id).then_some(row)
    });
    rows.collect()
}
