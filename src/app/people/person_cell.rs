//! A person on the page: a circle, the name or the way to one, and how many photos show them.

use eframe::egui::{Align2, EventFilter, Id, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use refocus_engine::{Person, PersonId};

use crate::app::controls::photos;
use crate::app::design_tokens::{Tokens, font, text};
use crate::app::picture;
use crate::app::view::View;

use super::circle;

/// Diameter of the circle, points.
const CIRCLE: f32 = 104.0;

/// Height of the line with the name, points.
const NAME: f32 = 26.0;

/// What is shown in place of a name.
pub(super) const NO_NAME: &str = "No name yet";

/// How a person is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CellLook {
    /// One of those that are chosen.
    pub(super) chosen: bool,
    /// The one that the keyboard is on.
    pub(super) cursor: bool,
    /// It takes the keyboard.
    pub(super) takes_keyboard: bool,
    /// Its name is being typed.
    pub(super) naming: bool,
}

/// What came of it.
pub(super) struct CellDone {
    /// The whole place.
    pub(super) response: Response,
    /// Where the name stands, or is typed.
    pub(super) name: Rect,
    /// The line below the circle of one without a name was clicked.
    pub(super) wants_name: bool,
}

/// The control of a person.
pub(super) fn cell_id(person: PersonId) -> Id {
    Id::unique(("person", person.0))
}

/// What a screen reader says of a person.
pub(super) fn label(person: &Person) -> String {
    let name = person.name.as_deref().unwrap_or(NO_NAME);
    let hidden = if person.hidden { ", hidden" } else { "" };
    format!("{name}, {}{hidden}", photos(person.photos))
}

/// Draws a person.
pub(super) fn draw(ui: &mut Ui, view: &View, rect: Rect, person: &Person, look: CellLook) -> CellDone {
    let tokens = Tokens::of(ui);
    let sense = if look.cursor { Sense::click() } else { Sense::CLICK };
    let id = cell_id(person.id);
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, look.chosen, label(person)));
    if look.cursor && look.takes_keyboard {
        response.request_focus();
    }
    if response.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    }
    let middle = pos2(rect.center().x, rect.top() + 10.0 + CIRCLE / 2.0);
    let round = Rect::from_center_size(middle, Vec2::splat(CIRCLE));
    let hovered = response.hovered() || response.context_menu_opened();
    if hovered && !look.chosen {
        let behind = round.expand(4.0);
        picture::fill(ui.painter(), behind, behind.width() / 2.0, tokens.raised_hover);
    }
    circle::paint_person(ui, view, round, person);
    if look.chosen {
        circle::ring(ui, round, 3.0);
    } else if response.has_focus() {
        circle::ring(ui, round, 1.5);
    }
    let name = Rect::from_center_size(
        pos2(rect.center().x, round.bottom() + 6.0 + NAME / 2.0),
        vec2(rect.width() - 8.0, NAME),
    );
    let mut wants_name = false;
    if !look.naming {
        match &person.name {
            Some(name_now) => line(ui, name, name_now, text::BODY, tokens.text),
            None => {
                let over = ui.interact(name, id.with("name"), Sense::CLICK);
                let label = format!("Name these {}", photos(person.photos));
                over.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
                let near = over.hovered() || response.hovered();
                let color = if near { tokens.accent } else { tokens.text_faint };
                line(ui, name, "Add a name", 13.0, color);
                wants_name = over.clicked();
            }
        }
    }
    let below = name.translate(vec2(0.0, 19.0));
    let count = photos(person.photos);
    let count = if look.naming { String::new() } else { count };
    line(ui, below, &count, text::SMALL, tokens.text_faint);
    CellDone {
        response,
        name,
        wants_name,
    }
}

/// A line of text in the middle of a place, cut with … where it is too long.
fn line(ui: &Ui, rect: Rect, words: &str, size: f32, color: eframe::egui::Color32) {
    let mut job = eframe::egui::text::LayoutJob::simple_singleline(words.to_owned(), font(size), color);
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.painter().layout_job(job);
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, color);
}
