//! What a place in the gallery looks like, and what can be done with it there: a photo, a picture from outside, a section's head.

use std::sync::Arc;

use eframe::egui::{
    Align2, CursorIcon, EventFilter, Id, Modifiers, PointerButton, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use refocus_engine::{FileId, OutsideId, PhotoRow, ReferenceSource, Turn};

use super::action::Action;
use super::albums::{AlbumAction, AlbumCommand, drag_photos};
use super::commands::UiCommand;
use super::controls::{focus_ring, icon_button_at};
use super::design_tokens::{Tokens, font, radius, text};
use super::gallery_content::{Cell, Header, Place};
use super::icons::Icon;
use super::library_state::file_name;
use super::outside_pictures::OutsideState;
use super::people::person_menu;
use super::photo_cell::{self, CellLook, has_room_for_date};
use super::taken_line::tile_date;
use super::typeface::semibold;
use super::view::View;

/// Where a cell stands, and what the gallery knows of it.
pub(super) struct CellPlace {
    /// On screen.
    pub(super) rect: Rect,
    /// Whether it is one of the references before the answer.
    pub(super) among_references: bool,
    /// Place in the answer.
    pub(super) place: Option<Place>,
    /// How many near-duplicates stand behind it.
    pub(super) stands_for: u32,
    /// Whether it takes the keyboard, where the cursor is on it.
    pub(super) takes_keyboard: bool,
}

/// What was done in the gallery in a frame.
#[derive(Default)]
pub(super) struct CellOutput {
    /// For the window.
    pub(super) actions: Vec<Action>,
    /// A photo that was clicked, and the keys that were held.
    pub(super) clicked: Option<(u32, Modifiers)>,
    /// Dates that are still to be written, each with the place of its photo.
    pub(super) dates: Vec<(Rect, String)>,
    /// The head of a group that was clicked.
    pub(super) folded: Option<String>,
}

/// The control of a photo, which may stand among the references as well.
pub(super) fn cell_id(row: u32, among_references: bool) -> Id {
    Id::unique(("photo", row, among_references))
}

/// Draws a place; what the person does with it is added to `done`.
pub(super) fn draw_cell(ui: &Ui, view: &View, cell: Cell, place: &CellPlace, done: &mut CellOutput) {
    match cell {
        Cell::Photo(row) => draw_photo(ui, view, row, place, done),
        Cell::Outside(id) => draw_outside(ui, view, id, place.rect, &mut done.actions),
    }
}

fn draw_photo(ui: &Ui, view: &View, row: u32, place: &CellPlace, done: &mut CellOutput) {
    let Some(photo) = view.library.row(row) else {
        return;
    };
    let rect = place.rect;
    let cursor = view.selection.cursor == Some(row);
    let id = cell_id(row, place.among_references);
    let sense = if cursor { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, id, sense | Sense::DRAG);
    drag_photos(&response, view, row);
    let name = file_name(photo);
    let selected = view.selection.rows.contains(&row);
    response.widget_info(|| WidgetInfo::selected(Role::Image, true, selected, &name));
    let offline = view.library.is_offline(photo);
    let failure = view.thumbnails.failure(row, photo);
    let mut said = described(photo, place.place, offline, failure.as_deref());
    if view.settings.tile_dates {
        let before = if said.is_empty() { "" } else { ", " };
        said = format!("{said}{before}{}", tile_date(photo));
    }
    if !said.is_empty() {
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(said));
    }
    let response = if offline {
        response.on_hover_text("Its folder cannot be reached now; what is known of the photo is kept until it is back")
    } else if let Some(reason) = &failure {
        response.on_hover_text(format!("It cannot be shown: {reason}"))
    } else {
        response
    };
    if cursor && place.takes_keyboard {
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
    let reference = view.reference_sign(photo.id);
    let pixels = rect.size().max_elem() * ui.pixels_per_point();
    let shown = view.thumbnails.show(row, photo, pixels);
    let hovered = response.hovered() || response.context_menu_opened();
    let date = view.settings.tile_dates.then(|| tile_date(photo));
    let look = CellLook {
        shown: shown.as_ref(),
        date: date.as_deref(),
        heat: view.heat.map_of(photo.id).filter(|_| cursor),
        selected,
        hovered,
        pointed: false,
        reference,
        place: place.place,
        rank_badges: view.settings.rank_badges,
        marks: photo.marks,
        stands_for: place.stands_for,
        waiting: !photo.encoded && !photo.gone,
        failure: failure.as_deref(),
        offline,
        animated: photo.extras.animated,
        with_raw: photo.extras.raws.is_some(),
        motion: photo.extras.motion,
        rejected: photo.is_rejected(),
        name: &name,
    };
    photo_cell::paint(ui.painter(), Tokens::of(ui), rect, &look);
    done.dates.extend(
        date.filter(|_| !hovered && has_room_for_date(rect))
            .map(|date| (rect, date)),
    );
    let over_cell = ui.rect_contains_pointer(rect);
    if over_cell && rect.width() >= 84.0 && rect.height() >= 64.0 {
        reference_buttons(ui, rect, id, photo.id, &name, reference, &mut done.actions);
    }
    let modifiers = ui.input(|input| input.modifiers);
    if response.double_clicked() {
        done.clicked = Some((row, Modifiers::NONE));
        done.actions.push(Action::Enlarge(row));
    } else if response.clicked() {
        done.clicked = Some((row, modifiers));
    }
    if response.clicked_by(PointerButton::Secondary) && !selected {
        done.clicked = Some((row, Modifiers::NONE));
    }
    response.context_menu(|ui| photo_menu(ui, view, &mut done.actions));
}

fn draw_outside(ui: &Ui, view: &View, id: OutsideId, rect: Rect, actions: &mut Vec<Action>) {
    let Some(picture) = view.outside.get(id) else {
        return;
    };
    let response = ui.interact(rect, Id::unique(("outside", id.0)), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Reference {}", picture.name)));
    let positive = view
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
            actions.push(Action::DropReference(ReferenceSource::Outside(id)));
        }
    }
}

/// The menu of a right click on a photo.
pub(super) fn photo_menu(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    ui.set_min_width(240.0);
    person_menu(ui, view, actions);
    let groups: [&[UiCommand]; 4] = [
        &[
            UiCommand::MoreLikeThis,
            UiCommand::UseAsReference,
            UiCommand::UseAsNegativeReference,
        ],
        &[
            UiCommand::OpenPhoto,
            UiCommand::SlideShow,
            UiCommand::OpenWithDefaultProgram,
            UiCommand::Reveal,
            UiCommand::ShowFolder,
        ],
        &[
            UiCommand::Albums(AlbumCommand::Add),
            UiCommand::ToggleFavourite,
            UiCommand::Rate(5),
            UiCommand::Rate(3),
            UiCommand::Rate(0),
        ],
        &[
            UiCommand::ComparePhotos,
            UiCommand::CopyPictures,
            UiCommand::CopyPaths,
            UiCommand::CopyText,
            UiCommand::Turn(Turn::Left),
            UiCommand::Turn(Turn::Right),
            UiCommand::WriteCopies,
            UiCommand::ContactSheet,
            UiCommand::CopyTo,
            UiCommand::MoveTo,
            UiCommand::IntoFolders,
            UiCommand::Rename,
            UiCommand::Trash,
        ],
    ];
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            ui.separator();
        }
        let in_album = view.search.request.filter.album.is_some() && group.contains(&UiCommand::ToggleFavourite);
        let take_out = in_album.then_some(UiCommand::Albums(AlbumCommand::TakeOut));
        for command in take_out.iter().chain(*group) {
            let Some(info) = command.info() else {
                continue;
            };
            let mut button = eframe::egui::Button::new(info.title);
            if let Some(shortcut) = info.shortcuts.first() {
                button = button.shortcut_text(ui.ctx().format_shortcut(shortcut));
            }
            if ui.add(button).clicked() {
                actions.push(Action::Run(*command));
                ui.close();
            }
        }
    }
}

/// What a screen reader is told of a photo besides its name.
fn described(photo: &PhotoRow, place: Option<Place>, offline: bool, failure: Option<&str>) -> String {
    let failure = failure.map_or_else(String::new, |reason| format!("cannot be shown: {reason}"));
    let stars = match photo.marks.rating {
        0 => String::new(),
        1 => "1 star".to_owned(),
        more => format!("{more} stars"),
    };
    let written = place.and_then(|place| place.written);
    let written = written.map_or_else(String::new, |source| format!("found by its {}", source.as_str()));
    let all = [
        written.as_str(),
        if photo.marks.favourite { "favourite" } else { "" },
        &stars,
        if photo.is_rejected() { "rejected" } else { "" },
        if photo.extras.animated { "animated" } else { "" },
        if photo.extras.motion { "with video" } else { "" },
        if photo.extras.raws.is_some() {
            "with raw file"
        } else {
            ""
        },
        if offline { "folder cannot be reached" } else { "" },
        &failure,
    ];
    let said: Vec<&str> = all.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

/// Draws the head of a section.
pub(super) fn draw_header(ui: &Ui, rect: Rect, header: &Header, folded: bool, done: &mut CellOutput) {
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
            done.folded = Some(key.clone());
        }
        group_actions(ui, rect, header, &response, &mut done.actions);
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
        semibold(text::HEADING),
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
fn group_actions(ui: &Ui, rect: Rect, header: &Header, head: &Response, actions: &mut Vec<Action>) {
    let only = format!("Show only {}", header.title);
    let reference = format!("Use {} as reference", header.title);
    let mut chosen = None;
    head.context_menu(|ui| {
        if ui.button("Show only this group").clicked() {
            chosen = Some(Action::OnlyGroup(Arc::clone(&header.rows)));
            ui.close();
        }
        if ui.button("Use the group as reference").clicked() {
            chosen = Some(Action::CompareWithGroup(Arc::clone(&header.rows)));
            ui.close();
        }
        if ui.button("Put the group into an album\u{2026}").clicked() {
            chosen = Some(Action::Albums(AlbumAction::AddRows(Arc::clone(&header.rows))));
            ui.close();
        }
    });
    let mut at = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y + 2.0), Vec2::splat(26.0));
    let id = Id::unique(("group", &header.title));
    if icon_button_at(ui, at, id.with("only"), Icon::Filter, &only).clicked() {
        chosen = Some(Action::OnlyGroup(Arc::clone(&header.rows)));
    }
    at = at.translate(vec2(-30.0, 0.0));
    if icon_button_at(ui, at, id.with("reference"), Icon::Plus, &reference).clicked() {
        chosen = Some(Action::CompareWithGroup(Arc::clone(&header.rows)));
    }
    actions.extend(chosen);
}

/// + and − on the photo under the pointer.
fn reference_buttons(
    ui: &Ui,
    rect: Rect,
    id: Id,
    photo: FileId,
    name: &str,
    reference: Option<bool>,
    actions: &mut Vec<Action>,
) {
    let mut at = Rect::from_min_size(rect.right_top() + vec2(-30.0, 6.0), Vec2::splat(24.0));
    let minus = if reference == Some(false) {
        format!("{name} is no reference any more")
    } else {
        format!("Unlike {name} (Shift+R)")
    };
    if photo_button(ui, at, id.with("minus"), Icon::Minus, &minus) {
        actions.push(Action::ToggleReference(ReferenceSource::Library(photo), false));
    }
    at = at.translate(vec2(-28.0, 0.0));
    let plus = if reference == Some(true) {
        format!("{name} is no reference any more")
    } else {
        format!("Like {name} (R)")
    };
    if photo_button(ui, at, id.with("plus"), Icon::Plus, &plus) {
        actions.push(Action::ToggleReference(ReferenceSource::Library(photo), true));
    }
}

/// A round button on a photo.
fn photo_button(ui: &Ui, rect: Rect, id: Id, icon: Icon, name: &str) -> bool {
    let tokens = Tokens::of(ui);
    ui.painter()
        .circle_filled(rect.center(), rect.width() / 2.0, tokens.floating.gamma_multiply(0.94));
    icon_button_at(ui, rect, id, icon, name).clicked()
}
