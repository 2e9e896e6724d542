//! Albums that are there from the start, in the left panel, and the chips above the photos that say which of them is shown.

use eframe::egui::Ui;

use refocus_engine::{Filter, RECENT_DAYS, SmartAlbum, Today};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, panel_head, photos, removable_chip};
use super::icons::Icon;
use super::panel_row::PanelRow;
use super::view::View;

/// Draws the part of the left panel.
pub(super) fn left_section(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    panel_head(ui, "SMART ALBUMS");
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for album in SmartAlbum::ALL {
            album_row(ui, view, album, actions);
        }
    });
}

fn album_row(ui: &mut Ui, view: &View, album: SmartAlbum, actions: &mut Vec<Action>) {
    let count = view.library.album_count(album);
    let chosen = album.is_in(&view.search.request.filter);
    let row = PanelRow {
        label: &format!("{}, {}", album.title(), photos(count)),
        name: album.title(),
        count: &grouped(count),
        icon: icon_of(album),
        chosen,
        target: false,
        faint: count == 0,
        depth: 0,
        folded: None,
    };
    let (response, _) = row.ui(ui);
    let hint = if chosen {
        "Show all photos again".to_owned()
    } else {
        hint(album, view.library.today())
    };
    if response.on_hover_text(hint).clicked() {
        actions.push(Action::Run(UiCommand::ShowAlbum(album)));
    }
}

fn icon_of(album: SmartAlbum) -> Icon {
    match album {
        SmartAlbum::RecentlyAdded => Icon::Clock,
        SmartAlbum::OnThisDay => Icon::Calendar,
        SmartAlbum::Unrated => Icon::StarOutline,
        SmartAlbum::WithoutDate => Icon::Help,
        SmartAlbum::WithoutPlace => Icon::Place,
    }
}

fn hint(album: SmartAlbum, today: Today) -> String {
    match album {
        SmartAlbum::RecentlyAdded => format!("Came into the library in the last {RECENT_DAYS} days"),
        SmartAlbum::OnThisDay => format!("Taken on {}, in any year", today.day),
        SmartAlbum::Unrated => "Photos that have no stars yet".to_owned(),
        SmartAlbum::WithoutDate => "Nothing but the time of the file tells when they were taken".to_owned(),
        SmartAlbum::WithoutPlace => "Nothing tells where they were taken".to_owned(),
    }
}

/// What a chip says that stands for an album.
fn chip_text(album: SmartAlbum, filter: &Filter) -> String {
    match (album, filter.on_day) {
        (SmartAlbum::OnThisDay, Some(day)) => format!("On {day}"),
        _ => album.title().to_owned(),
    }
}

/// Draws a chip for each album that narrows what is shown; a click takes it away.
pub(super) fn chips(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let filter = &view.search.request.filter;
    for album in SmartAlbum::ALL.into_iter().filter(|album| album.is_in(filter)) {
        let label = chip_text(album, filter);
        if removable_chip(ui, &label, &format!("Remove the filter {label}")).clicked() {
            actions.push(Action::Run(UiCommand::ShowAlbum(album)));
        }
    }
}
