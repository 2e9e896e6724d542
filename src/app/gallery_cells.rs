//! What a place in the gallery looks like, and what can be done with it there: a photo, a picture from outside, a section's head.

use std::sync::Arc;

use eframe::egui::{
    Align2, CursorIcon, EventFilter, Id, Modifiers, PointerButton, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use refocus_engine::{OutsideId, PhotoRow, ReferenceSource};

use super::application::{OutsideState, RefocusApp};
use super::controls::{focus_ring, icon_button_at};
use super::design_tokens::{Tokens, font, radius, text};
use super::gallery_content::{Cell, Header};
use super::icons::Icon;
use super::library_state::file_name;
use super::photo_cell::{self, CellLook};

/// What was done to a cell.
pub(super) enum CellAction {
    Click(u32, Modifiers),
    Open(u32),
    Reference(u32, bool),
    DropOutside(OutsideId),
    Fold(String),
    OnlyGroup(Arc<[u32]>),
    CompareWithGroup(Arc<[u32]>),
}

/// The control of a photo, which may stand among the references as well.
pub(super) fn cell_id(row: u32, among_references: bool) -> Id {
    Id::unique(("photo", row, among_references))
}

impl RefocusApp {
    /// Draws a place; what the person does with it is added to `actions`.
    pub(super) fn draw_cell(&mut self, ui: &Ui, index: usize, rect: Rect, actions: &mut Vec<CellAction>) {
        match self.gallery.content.cells.get(index) {
            Some(Cell::Photo(row)) => self.draw_photo(ui, index, *row, rect, actions),
            Some(Cell::Outside(id)) => self.draw_outside(ui, *id, rect, actions),
            None => {}
        }
    }

    fn draw_photo(&mut self, ui: &Ui, index: usize, row: u32, rect: Rect, actions: &mut Vec<CellAction>) {
        let Some(photo) = self.library.rows.get(row) else {
            return;
        };
        let cursor = self.gallery.selection.cursor == Some(row);
        let id = cell_id(row, index < self.gallery.content.references);
        let sense = if cursor { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(rect, id, sense);
        let name = file_name(photo);
        let selected = self.gallery.selection.rows.contains(&row);
        response.widget_info(|| WidgetInfo::selected(Role::Image, true, selected, &name));
        let offline = self.library.is_offline(photo);
        let said = described(photo, offline);
        if !said.is_empty() {
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_description(said));
        }
        let response = if offline {
            response
                .on_hover_text("Its folder cannot be reached now; what is known of the photo is kept until it is back")
        } else {
            response
        };
        if cursor && self.gallery.focus_cursor {
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
        let source = ReferenceSource::Library(photo.id);
        let reference = self
            .search
            .request
            .references
            .iter()
            .find(|reference| reference.source == source)
            .map(|reference| reference.positive);
        let pixels = rect.size().max_elem() * ui.pixels_per_point();
        let shown = self.textures.show(row, photo, pixels);
        let hovered = response.hovered() || response.context_menu_opened();
        let look = CellLook {
            shown: shown.as_ref(),
            heat: self.heat.map_of(photo.id).filter(|_| cursor),
            selected,
            hovered,
            pointed: false,
            reference,
            place: self.gallery.content.places.get(index).copied().flatten(),
            rank_badges: self.panels.rank_badges,
            marks: photo.marks,
            stands_for: self.gallery.content.stands_for(row),
            waiting: !photo.encoded && !photo.gone,
            failure: self.textures.failure(row, photo),
            offline,
            animated: photo.extras.animated,
            with_raw: photo.extras.raws.is_some(),
            name: &name,
        };
        photo_cell::paint(ui.painter(), Tokens::of(ui), rect, &look);
        let over_cell = ui.rect_contains_pointer(rect);
        if over_cell && rect.width() >= 84.0 && rect.height() >= 64.0 {
            reference_buttons(ui, rect, id, row, &name, reference, actions);
        }
        let modifiers = ui.input(|input| input.modifiers);
        if response.double_clicked() {
            actions.push(CellAction::Open(row));
        } else if response.clicked() {
            actions.push(CellAction::Click(row, modifiers));
        }
        if response.clicked_by(PointerButton::Secondary) && !selected {
            actions.push(CellAction::Click(row, Modifiers::NONE));
        }
        response.context_menu(|ui| self.photo_menu(ui));
    }

    fn draw_outside(&mut self, ui: &Ui, id: OutsideId, rect: Rect, actions: &mut Vec<CellAction>) {
        let Some(picture) = self.outside.get(&id) else {
            return;
        };
        let response = ui.interact(rect, Id::unique(("outside", id.0)), Sense::HOVER);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Reference {}", picture.name)));
        let positive = self
            .search
            .request
            .references
            .iter()
            .any(|reference| reference.source == ReferenceSource::Outside(id) && reference.positive);
        let shown = match &picture.state {
            OutsideState::Ready(picture) => Some(picture),
            OutsideState::Waiting | OutsideState::Failed(_) => None,
        };
        let look = CellLook {
            shown,
            hovered: response.hovered(),
            reference: Some(positive),
            name: &picture.name,
            ..CellLook::default()
        };
        photo_cell::paint(ui.painter(), Tokens::of(ui), rect, &look);
        if ui.rect_contains_pointer(rect) {
            let at = Rect::from_min_size(rect.right_top() + vec2(-30.0, 6.0), Vec2::splat(24.0));
            if photo_button(
                ui,
                at,
                Id::unique(("drop outside", id.0)),
                Icon::Cross,
                "Remove this reference",
            ) {
                actions.push(CellAction::DropOutside(id));
            }
        }
    }
}

/// What a screen reader is told of a photo besides its name.
fn described(photo: &PhotoRow, offline: bool) -> String {
    let stars = match photo.marks.rating {
        0 => String::new(),
        1 => "1 star".to_owned(),
        more => format!("{more} stars"),
    };
    let all = [
        if photo.marks.favourite { "favourite" } else { "" },
        &stars,
        if photo.extras.animated { "animated" } else { "" },
        if photo.extras.raws.is_some() {
            "with raw file"
        } else {
            ""
        },
        if offline { "folder cannot be reached" } else { "" },
    ];
    let said: Vec<&str> = all.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

/// Draws the head of a section.
pub(super) fn draw_header(ui: &Ui, rect: Rect, header: &Header, folded: bool, actions: &mut Vec<CellAction>) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect);
    let mut left = rect.left();
    let base = rect.center().y + 2.0;
    if let Some(key) = &header.collapse_key {
        let response = ui
            .interact(rect, Id::unique(("fold", key)), Sense::click())
            .on_hover_cursor(CursorIcon::PointingHand);
        let state = if folded { "folded in" } else { "open" };
        let name = format!("{}, {}, {state}", header.title, header.detail);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, !folded, &name));
        if response.hovered() {
            painter.rect_filled(rect, radius::CONTROL, tokens.panel);
        }
        focus_ring(ui, rect, radius::CONTROL, &response);
        if response.clicked() {
            actions.push(CellAction::Fold(key.clone()));
        }
        group_actions(ui, rect, header, &response, actions);
        let icon = if folded { Icon::ChevronRight } else { Icon::ChevronDown };
        let at = Rect::from_center_size(pos2(left + 12.0, base), Vec2::splat(16.0));
        icon.paint(&painter, at, 14.0, tokens.text_weak);
        left += 26.0;
    } else {
        let response = ui.interact(rect, Id::unique(("head", &header.title)), Sense::HOVER);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &header.title));
    }
    let title = painter.text(
        pos2(left, base),
        Align2::LEFT_CENTER,
        &header.title,
        font(text::HEADING),
        tokens.text,
    );
    painter.text(
        pos2(title.right() + 10.0, base + 1.0),
        Align2::LEFT_CENTER,
        &header.detail,
        font(text::SMALL),
        tokens.text_faint,
    );
}

/// What can be done with a group: buttons at the right end of its head, and the same in the menu of a right click.
fn group_actions(ui: &Ui, rect: Rect, header: &Header, head: &Response, actions: &mut Vec<CellAction>) {
    let only = format!("Show only {}", header.title);
    let reference = format!("Use {} as reference", header.title);
    let mut chosen = None;
    head.context_menu(|ui| {
        if ui.button("Show only this group").clicked() {
            chosen = Some(CellAction::OnlyGroup(Arc::clone(&header.rows)));
            ui.close();
        }
        if ui.button("Use the group as reference").clicked() {
            chosen = Some(CellAction::CompareWithGroup(Arc::clone(&header.rows)));
            ui.close();
        }
    });
    let mut at = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y + 2.0), Vec2::splat(26.0));
    let id = Id::unique(("group", &header.title));
    if icon_button_at(ui, at, id.with("only"), Icon::Filter, &only).clicked() {
        chosen = Some(CellAction::OnlyGroup(Arc::clone(&header.rows)));
    }
    at = at.translate(vec2(-30.0, 0.0));
    if icon_button_at(ui, at, id.with("reference"), Icon::Plus, &reference).clicked() {
        chosen = Some(CellAction::CompareWithGroup(Arc::clone(&header.rows)));
    }
    actions.extend(chosen);
}

/// + and − on the photo under the pointer.
fn reference_buttons(
    ui: &Ui,
    rect: Rect,
    id: Id,
    row: u32,
    name: &str,
    reference: Option<bool>,
    actions: &mut Vec<CellAction>,
) {
    let mut at = Rect::from_min_size(rect.right_top() + vec2(-30.0, 6.0), Vec2::splat(24.0));
    let minus = if reference == Some(false) {
        format!("{name} is no reference any more")
    } else {
        format!("Unlike {name} (Shift+R)")
    };
    if photo_button(ui, at, id.with("minus"), Icon::Minus, &minus) {
        actions.push(CellAction::Reference(row, false));
    }
    at = at.translate(vec2(-28.0, 0.0));
    let plus = if reference == Some(true) {
        format!("{name} is no reference any more")
    } else {
        format!("Like {name} (R)")
    };
    if photo_button(ui, at, id.with("plus"), Icon::Plus, &plus) {
        actions.push(CellAction::Reference(row, true));
    }
}

/// A round button on a photo.
fn photo_button(ui: &Ui, rect: Rect, id: Id, icon: Icon, name: &str) -> bool {
    let tokens = Tokens::of(ui);
    ui.painter()
        .circle_filled(rect.center(), rect.width() / 2.0, tokens.floating.gamma_multiply(0.94));
    icon_button_at(ui, rect, id, icon, name).clicked()
}
