//! The line above the photos: what is shown, and how large.

use eframe::egui::{self, Align2, Color32, Frame, Margin, Role, Sense, Slider, Ui, WidgetInfo, vec2};

use refocus_engine::{SortKey, ViewKind};

use super::action::Action;
use super::albums;
use super::commands::UiCommand;
use super::controls::{focus_ring, grouped, icon_button, one_line, photos, slider};
use super::design_tokens::{Tokens, font, radius, space, text};
use super::gallery::ROW_HEIGHTS;
use super::gallery_order::{ORDER_WIDTH, STRONG_WIDTH, bar_counts, can_choose, hits_name, order_menu, strong_slider};
use super::icons::Icon;
use super::smart_albums;
use super::view::View;

/// Photos that are not shown though they were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Weak matches.
    pub(super) weak: usize,
    /// Near-duplicates of a better placed photo.
    pub(super) folded: usize,
}

/// Widths of a toggle and of the size's slider with the gaps beside them, and what the words before them need at least, points.
const TOGGLE: f32 = space::CONTROL + space::SMALL;
const SIZE: f32 = 96.0 + 2.0 * space::SMALL;
const ROOM_FOR_WORDS: f32 = 150.0;

/// Draws the line.
pub(super) fn gallery_bar(ui: &mut Ui, view: &View, left_out: LeftOut, actions: &mut Vec<Action>) {
    Frame::new()
        .inner_margin(Margin {
            left: space::MEDIUM as i8,
            right: space::MEDIUM as i8,
            top: 6,
            bottom: 6,
        })
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_height(28.0);
                let tokens = Tokens::of(ui);
                let ctx = ui.ctx().clone();
                let summary = summary(view, left_out);
                albums::chip(ui, view, actions);
                smart_albums::chips(ui, view, actions);
                let with_bar = bar_counts(view);
                let mut reserved = 0.0;
                for (there, width) in [
                    (true, TOGGLE),
                    (view.search.ranks(), TOGGLE),
                    (can_choose(view), ORDER_WIDTH + space::SMALL),
                    (with_bar, STRONG_WIDTH + space::SMALL),
                    (view.selection.rows.len() > 1, 90.0),
                    (view.search.deferred.is_some(), 170.0),
                ] {
                    reserved += if there { width } else { 0.0 };
                }
                // Where there is not room for all, the size of the photos has a wheel and keys too.
                let with_size = ui.available_width() - reserved > SIZE + ROOM_FOR_WORDS;
                reserved += if with_size { SIZE } else { 0.0 };
                let room = (ui.available_width() - reserved).max(40.0);
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    let line = egui::RichText::new(summary).size(13.0).color(tokens.text_weak);
                    one_line(ui, line);
                });
                if with_bar {
                    strong_slider(ui, view, actions);
                }
                if view.search.deferred.is_some() && refresh_pill(ui) {
                    actions.push(Action::ReleaseOrder);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if with_size {
                        let mut height = view.settings.row_height;
                        let size = Slider::new(&mut height, ROW_HEIGHTS).logarithmic(true);
                        let size = slider(ui, size, 96.0).accessible_name("Size of the photos");
                        if size.on_hover_text("Size of the photos (Ctrl + wheel)").changed() {
                            actions.push(Action::SetRowHeight(height));
                        }
                    }
                    let badges = [
                        (Icon::Calendar, UiCommand::ToggleDates, true, view.settings.tile_dates),
                        (
                            Icon::RankChange,
                            UiCommand::ToggleRankBadges,
                            view.search.ranks(),
                            view.settings.rank_badges,
                        ),
                    ];
                    for (icon, command, there, on) in badges {
                        if there && icon_button(ui, icon, &command.tooltip(&ctx), on).clicked() {
                            actions.push(Action::Run(command));
                        }
                    }
                    if can_choose(view) {
                        order_menu(ui, view, actions);
                    }
                    let selected = view.selection.rows.len();
                    if selected > 1 {
                        let line = egui::RichText::new(format!("{selected} selected"));
                        ui.label(line.size(text::SMALL).color(tokens.accent));
                    }
                });
            });
        });
}

/// In words what the gallery shows.
fn summary(view: &View, left_out: LeftOut) -> String {
    let request = &view.search.request;
    let references = request.references.len();
    let focus = request.focus.trim();
    let find = request.sought();
    let count = count_shown(view);
    let named = view.find_in_words();
    let mut line = match (references, find.is_empty()) {
        _ if request.view == ViewKind::Compare => {
            let focuses = request.compare.len();
            let plural = if focuses == 1 { "" } else { "es" };
            format!("{count} under {focuses} focus{plural}")
        }
        (0, true) if request.view == ViewKind::Groups && focus.is_empty() => {
            format!("{count} \u{b7} type a focus to see them in groups")
        }
        (0, true) if request.view == ViewKind::Groups => format!("{count} in groups \u{b7} focused on {focus}"),
        (0, true) if !focus.is_empty() => {
            format!("{count} \u{b7} press + on a photo to see what is alike in {focus}")
        }
        (0, true) => {
            let order = match request.sort {
                SortKey::DateTaken => "newest first",
                SortKey::OldestFirst => "oldest first",
                SortKey::Name => "by name",
                SortKey::Size => "largest first",
                SortKey::Folder => "by folder",
            };
            format!("{count} \u{b7} {order}")
        }
        _ if let Some(strong) = strong_in_time(view) => {
            let to = match (references, find) {
                (0, find) => format!("to \u{201c}{find}\u{201d}"),
                (1, _) => "to 1 reference".to_owned(),
                (more, _) => format!("to {more} references"),
            };
            format!("{strong} {to}, {}", hits_name(request.order, true).to_lowercase())
        }
        (0, false) => match written(view) {
            Some(written) => written.line(view, find),
            None if let Some(named) = &named => count_with_names(view, named),
            None => format!("{count} by match with \u{201c}{find}\u{201d}"),
        },
        (1, _) => format!("{count} by likeness to 1 reference"),
        (more, _) => format!("{count} by likeness to {more} references"),
    };
    let said = (references == 0 && find.is_empty()) || request.view == ViewKind::Compare;
    if !focus.is_empty() && !said {
        line.push_str(&format!(" \u{b7} focused on {focus}"));
    }
    if references > 0 && !find.is_empty() && request.view != ViewKind::Compare {
        line.push_str(&format!(" \u{b7} and \u{201c}{find}\u{201d}"));
        if let Some(written) = written(view).filter(|_| strong_in_time(view).is_none()) {
            line.push_str(&format!(
                ", {} {} first",
                grouped(written.count),
                written.with_words(find)
            ));
        }
    }
    line.push_str(&left_out.in_words());
    if let Some(results) = &view.search.results
        && request.rerank_first > 0
    {
        if results.provisional {
            line.push_str(" \u{b7} checking the first ones\u{2026}");
        } else if results.reranked > 0 {
            line.push_str(&format!(" \u{b7} first {} checked", results.reranked));
        }
    }
    line
}

/// How many strong matches stand in the order of time, as in "142 strong matches"; `None` where photos stand by how well they match.
fn strong_in_time(view: &View) -> Option<String> {
    let results = view.search.results.as_ref().filter(|_| view.search.ranks())?;
    let in_time = results.timeline.as_ref()?;
    let count = in_time.runs.iter().map(|run| run.count as usize).sum::<usize>();
    let plural = if count == 1 { "match" } else { "matches" };
    Some(match results.strong {
        Some(_) if results.find_notice.is_none() => format!("{} strong {plural}", grouped(count)),
        Some(_) => format!("the {} nearest {plural}", grouped(count)),
        None => format!("{} {plural}", grouped(count)),
    })
}

/// The photos that come first because words to be found are written of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct WrittenFirst {
    /// How many.
    count: usize,
    /// Of how many of them all words are written.
    whole: usize,
}

/// Those of the answer on screen, if there are any.
fn written(view: &View) -> Option<WrittenFirst> {
    // Groups have an order of their own.
    let is_in_order = view.search.request.view != ViewKind::Groups;
    let results = view.search.results.as_ref().filter(|_| is_in_order)?;
    let first = WrittenFirst {
        count: results.written.iter().flatten().count(),
        whole: results.written.iter().flatten().filter(|found| found.whole).count(),
    };
    (first.count > 0).then_some(first)
}

impl WrittenFirst {
    /// What is written of them.
    fn with_words(self, find: &str) -> &'static str {
        match self.whole {
            _ if find.split_whitespace().nth(1).is_none() => "with this word written",
            whole if whole == self.count => "with these words written",
            0 => "with some of these words written",
            _ => "with all or some of these words written",
        }
    }

    /// As in "2 photos with these words written, then 426 by match with “goats ferry”"; with a filter behind how many pass it.
    fn line(self, view: &View, find: &str) -> String {
        let filtered = !view.search.request.filter.is_empty();
        let shown = view.search.results.as_ref().map(|results| results.order.len());
        let all = shown.filter(|_| filtered).unwrap_or(view.library.photos);
        let before = if filtered {
            format!("{}: ", count_shown(view))
        } else {
            String::new()
        };
        let (first, words) = (photos(self.count), self.with_words(find));
        match all.saturating_sub(self.count) {
            0 => format!("{before}{first} {words}: \u{201c}{find}\u{201d}"),
            rest => {
                let rest = grouped(rest);
                format!("{before}{first} {words}, then {rest} by match with \u{201c}{find}\u{201d}")
            }
        }
    }
}

impl LeftOut {
    /// The end of the line, as in " · of these 12 weak hidden and 10 near-duplicates folded"; empty where nothing is left out.
    fn in_words(self) -> String {
        let gone = |count: usize, what: &str| (count > 0).then(|| format!("{} {what}", grouped(count)));
        let folded = if self.folded == 1 {
            "near-duplicate folded"
        } else {
            "near-duplicates folded"
        };
        let parts: Vec<String> = [gone(self.weak, "weak hidden"), gone(self.folded, folded)]
            .into_iter()
            .flatten()
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" \u{b7} of these {}", parts.join(" and "))
        }
    }
}

/// As in "13 of 459 photos with Anna": a name in the find text leaves out those of others.
fn count_with_names(view: &View, named: &str) -> String {
    let all = photos(view.library.photos);
    let shown = view.search.results.as_ref().map(|results| grouped(results.order.len()));
    format!("{} of {all} {named}", shown.unwrap_or_default())
}

/// As in "4,120 photos", or with a filter "312 of 4,120 photos".
fn count_shown(view: &View) -> String {
    let all = photos(view.library.photos);
    match &view.search.results {
        Some(results) if !view.search.request.filter.is_empty() || view.search.request.narrows_by_text() => {
            format!("{} of {all}", grouped(results.order.len()))
        }
        _ => all,
    }
}

/// Says that newly indexed photos wait; returns whether they shall be shown now.
fn refresh_pill(ui: &mut Ui) -> bool {
    let tokens = Tokens::of(ui);
    let label = "New photos \u{2014} refresh order";
    let galley = ui
        .painter()
        .layout_no_wrap(label.to_owned(), font(text::SMALL), tokens.accent);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(24.0, 10.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let fill = if response.hovered() {
        tokens.raised_hover
    } else {
        tokens.accent_wash
    };
    ui.painter().rect_filled(rect, radius::PILL, fill);
    focus_ring(ui, rect, radius::PILL, &response);
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told_as_a_part_of_what_was_counted() {
        let words = |weak, folded| LeftOut { weak, folded }.in_words();
        assert_eq!(words(0, 0), "");
        assert_eq!(words(0, 10), " \u{b7} of these 10 near-duplicates folded");
        assert_eq!(
            words(1200, 1),
            " \u{b7} of these 1,200 weak hidden and 1 near-duplicate folded"
        );
    }

    #[test]
    fn how_many_of_the_words_are_written_is_told() {
        let words = |count, whole, find| WrittenFirst { count, whole }.with_words(find);
        assert_eq!(words(2, 2, "goats"), "with this word written");
        assert_eq!(words(2, 2, "goats ferry"), "with these words written");
        assert_eq!(words(2, 0, "goats ferry"), "with some of these words written");
        assert_eq!(words(2, 1, "goats ferry"), "with all or some of these words written");
    }
}
