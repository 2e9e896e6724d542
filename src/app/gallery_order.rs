//! In which order the photos stand, and how well they must match to stand among them: controls above the gallery.

use eframe::egui::{self, ComboBox, RichText, Slider, Ui};

use refocus_engine::{HitOrder, SortKey, ViewKind};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, slider};
use super::design_tokens::{Tokens, text};
use super::view::View;

/// Shares of the way to the best matches between which the bar can be set: at 0 half of the library is strong.
const SHARES: std::ops::RangeInclusive<f32> = 0.05..=0.95;

/// Width of the order's menu and of the bar's slider with its number, points.
pub(super) const ORDER_WIDTH: f32 = 112.0;
pub(super) const STRONG_WIDTH: f32 = 168.0;

/// How the library's own order is called.
pub(super) fn sort_name(sort: SortKey) -> &'static str {
    match sort {
        SortKey::DateTaken => "Newest first",
        SortKey::OldestFirst => "Oldest first",
        SortKey::Name => "File name",
        SortKey::Size => "File size",
        SortKey::Folder => "Folder",
    }
}

/// How an order of what a search brings up is called. `ranks`: there is something to match.
pub(super) fn hits_name(order: HitOrder, ranks: bool) -> &'static str {
    match order {
        HitOrder::Best if ranks => "Best first",
        // A focus alone puts photos that are alike together.
        HitOrder::Best => "Alike together",
        HitOrder::Newest => "Newest first",
        HitOrder::Oldest => "Oldest first",
    }
}

/// Whether the photos have an order that can be chosen.
pub(super) fn can_choose(view: &View) -> bool {
    view.search.request.view == ViewKind::Grid
}

/// The menu of orders: of matches under a search, else of the library.
pub(super) fn order_menu(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let request = &view.search.request;
    let (asks, ranks) = (view.search.asks(), view.search.ranks());
    let current = if asks {
        hits_name(request.order, ranks)
    } else {
        sort_name(request.sort)
    };
    ui.spacing_mut().interact_size.y = 28.0;
    ui.spacing_mut().button_padding.y = 2.0;
    let combo = ComboBox::from_id_salt("order")
        .width(ORDER_WIDTH)
        .selected_text(RichText::new(current).size(13.0))
        .show_ui(ui, |ui| {
            if asks {
                for order in [HitOrder::Best, HitOrder::Newest, HitOrder::Oldest] {
                    if ui
                        .selectable_label(request.order == order, hits_name(order, ranks))
                        .clicked()
                    {
                        actions.push(Action::Run(UiCommand::OrderHits(order)));
                    }
                }
            } else {
                for sort in [
                    SortKey::DateTaken,
                    SortKey::OldestFirst,
                    SortKey::Name,
                    SortKey::Size,
                    SortKey::Folder,
                ] {
                    if ui.selectable_label(request.sort == sort, sort_name(sort)).clicked() {
                        actions.push(Action::SetSort(sort));
                    }
                }
            }
        });
    combo.response.accessible_name(format!("Order: {current}"));
}

/// Whether only strong matches are shown, so that it counts where they end.
pub(super) fn bar_counts(view: &View) -> bool {
    view.search.ranks() && can_choose(view) && (view.hide_weak || view.search.request.order != HitOrder::Best)
}

/// The slider that says how many matches count as strong.
pub(super) fn strong_slider(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let results = view.search.results.as_deref();
    let strong = results.and_then(|results| results.strong);
    let of = results.map_or(0, |results| results.ranked);
    let line = strong.map_or_else(
        || "all of them".to_owned(),
        |strong| format!("{} of {}", grouped(strong), grouped(of)),
    );
    ui.add_enabled_ui(strong.is_some(), |ui| {
        // To the right there are more of them.
        let mut many = 1.0 - view.search.request.strong_share;
        let (least, most) = (1.0 - SHARES.end(), 1.0 - SHARES.start());
        let bar = slider(ui, Slider::new(&mut many, least..=most), 72.0).accessible_name("Strong matches");
        ui.ctx()
            .accesskit_node_builder(bar.id, |node| node.set_value(line.as_str()));
        let hint = "How well a photo must match to be shown: further to the right there are more of them";
        if bar.on_hover_text(hint).changed() {
            actions.push(Action::SetStrongShare(1.0 - many));
        }
    });
    let width = STRONG_WIDTH - 84.0;
    ui.allocate_ui_with_layout(
        egui::vec2(width, 18.0),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| {
            ui.set_min_width(width);
            ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_weak));
        },
    );
}
