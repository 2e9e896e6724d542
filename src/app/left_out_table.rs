//! The table of what systems, storages and programs keep for themselves, as the settings show it: in groups, with a switch a row;
//! and what it left out of a folder, in words.

use eframe::egui::{self, Align, Layout, Margin, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use refocus_engine::{Folder, LeftOutHere, count_words};
use refocus_media::{LeftOutCount, LeftOutGroup, LeftOutRule, left_out_rule, left_out_rules};

use super::controls::{focus_ring, one_line};
use super::design_tokens::{Tokens, font, radius, space, text};
use super::icons::Icon;
use super::settings::Settings;

/// Most rows of the table that a folder's details name, and most paths that a row's own details name.
const MOST_NAMED: usize = 6;

/// The groups that are unfolded; all are folded at first.
#[derive(Debug, Default)]
pub(super) struct LeftOutTable {
    open: Vec<LeftOutGroup>,
    /// Whether it is to be brought into sight.
    to_be_seen: bool,
}

impl LeftOutTable {
    /// Unfolds the groups whose rows left something out of a folder, and brings the table into sight.
    pub(super) fn show(&mut self, folder: &Folder) {
        let rules = folder.left_out.iter().filter_map(|here| left_out_rule(here.rule));
        self.open = rules.map(|rule| rule.group).collect();
        self.to_be_seen = true;
    }

    /// Draws the groups. `folders`: those of the library, for what was left out of them.
    pub(super) fn ui(&mut self, ui: &mut Ui, settings: &mut Settings, folders: &[Folder]) {
        if std::mem::take(&mut self.to_be_seen) {
            ui.scroll_to_cursor(Some(Align::TOP));
        }
        for group in LeftOutGroup::ALL {
            let rules: Vec<&LeftOutRule> = left_out_rules().iter().filter(|rule| rule.group == group).collect();
            let open = self.open.contains(&group);
            let on = rules.iter().filter(|rule| is_on(settings, rule)).count();
            let found: LeftOutCount = rules.iter().map(|rule| found(folders, rule)).fold(NONE, both);
            if group_head(ui, group, open, (on, rules.len()), found) {
                if open {
                    self.open.retain(|other| *other != group);
                } else {
                    self.open.push(group);
                }
            }
            if open {
                egui::Frame::new()
                    .inner_margin(Margin {
                        left: 28,
                        right: 0,
                        top: 2,
                        bottom: space::SMALL as i8,
                    })
                    .show(ui, |ui| {
                        // Two lines a row, close together.
                        ui.spacing_mut().interact_size.y = 18.0;
                        ui.spacing_mut().item_spacing.y = 1.0;
                        for rule in rules {
                            rule_row(ui, rule, settings, folders);
                        }
                    });
            }
        }
    }
}

const NONE: LeftOutCount = LeftOutCount { folders: 0, files: 0 };

fn both(a: LeftOutCount, b: LeftOutCount) -> LeftOutCount {
    LeftOutCount {
        folders: a.folders.saturating_add(b.folders),
        files: a.files.saturating_add(b.files),
    }
}

fn is_on(settings: &Settings, rule: &LeftOutRule) -> bool {
    !settings.rules_off.iter().any(|off| off == rule.id)
}

fn here<'a>(folders: &'a [Folder], rule: &LeftOutRule) -> impl Iterator<Item = &'a LeftOutHere> {
    let id = rule.id;
    let all = folders.iter().flat_map(|folder| folder.left_out.iter());
    all.filter(move |here| here.rule == id)
}

/// How much a row has left out of all folders.
fn found(folders: &[Folder], rule: &LeftOutRule) -> LeftOutCount {
    here(folders, rule).map(|here| here.count).fold(NONE, both)
}

fn title(group: LeftOutGroup) -> &'static str {
    match group {
        LeftOutGroup::Bins => "Recycle bins and unfinished files",
        LeftOutGroup::EarlierStates => "Earlier states and backups",
        LeftOutGroup::Thumbnails => "Thumbnails, previews and caches",
        LeftOutGroup::Libraries => "Libraries of photo programs, all but the originals",
        LeftOutGroup::Marked => "Folders that ask to be left out",
        LeftOutGroup::Systems => "What systems and programs keep for themselves",
        LeftOutGroup::Leftovers => "Leftovers",
    }
}

/// Draws the line that folds a group; returns whether it was clicked.
fn group_head(ui: &mut Ui, group: LeftOutGroup, open: bool, (on, all): (usize, usize), found: LeftOutCount) -> bool {
    let tokens = Tokens::of(ui);
    let height = 30.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let state = if on == all {
        format!("{all} kinds")
    } else {
        format!("{on} of {all} kinds")
    };
    let label = format!("{}, {state}", title(group));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, &label));
    if response.hovered() {
        ui.painter().rect_filled(rect, radius::CONTROL, tokens.raised);
    }
    focus_ring(ui, rect, radius::CONTROL, &response);
    let chevron = if open { Icon::ChevronDown } else { Icon::ChevronRight };
    let icon = Rect::from_min_size(rect.min, vec2(26.0, height));
    chevron.paint(ui.painter(), icon, 12.0, tokens.text_weak);
    let middle = rect.center().y;
    let color = if on == all { tokens.text_faint } else { tokens.accent };
    let aside = ui.painter().text(
        pos2(rect.right() - 8.0, middle),
        egui::Align2::RIGHT_CENTER,
        match found.total() {
            0 => state,
            _ => format!("{} \u{b7} {state}", count_words(found)),
        },
        font(text::SMALL),
        color,
    );
    let room = Rect::from_min_max(
        pos2(rect.left() + 28.0, rect.top()),
        pos2(aside.left() - space::SMALL, rect.bottom()),
    );
    let layout = Layout::left_to_right(Align::Center);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(room).layout(layout));
    one_line(&mut inner, RichText::new(title(group)).color(tokens.text));
    response.clicked()
}

fn rule_row(ui: &mut Ui, rule: &LeftOutRule, settings: &mut Settings, folders: &[Folder]) {
    let mut on = is_on(settings, rule);
    let tokens = Tokens::of(ui);
    let mut details = format!("{}\nSource: {}", rule.name, rule.source);
    let paths = here(folders, rule).flat_map(|here| &here.examples);
    for path in paths.take(MOST_NAMED) {
        details += &format!("\n{}", path.display());
    }
    let count = found(folders, rule);
    let left_out = match count.total() {
        0 => String::new(),
        _ => format!(" \u{b7} {} left out", count_words(count)),
    };
    if ui.checkbox(&mut on, rule.what).on_hover_text(&details).changed() {
        settings.rules_off.retain(|off| off != rule.id);
        if !on {
            settings.rules_off.push(rule.id.to_owned());
        }
    }
    ui.horizontal(|ui| {
        // Under the words of the switch, not under its box.
        ui.add_space(ui.spacing().icon_width + ui.spacing().icon_spacing);
        let names = RichText::new(format!("{}{left_out}", rule.name));
        one_line(ui, names.size(text::SMALL).color(tokens.text_faint)).on_hover_text(&details);
    });
    ui.add_space(space::SMALL);
}

/// What was left out of a folder, for its details: a line for each row of the table. Empty where nothing was.
pub(super) fn left_out_lines(folder: &Folder) -> String {
    let mut lines = String::new();
    for here in folder.left_out.iter().take(MOST_NAMED) {
        let Some(rule) = left_out_rule(here.rule) else { continue };
        lines += &format!("\n{}: {} ({})", count_words(here.count), rule.what, rule.name);
    }
    let more = folder.left_out.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        lines += &format!("\nand {more} more in the settings");
    }
    if lines.is_empty() {
        lines
    } else {
        format!("\nLeft out:{lines}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::{FolderId, Noticing};

    #[test]
    fn a_folders_details_say_how_much_was_left_out_by_which_rows() {
        let here = |rule: &'static str, folders, files| LeftOutHere {
            rule,
            count: LeftOutCount { folders, files },
            examples: Vec::new(),
        };
        let mut folder = Folder {
            id: FolderId(1),
            path: "/photos".into(),
            photos: 3,
            online: true,
            noticing: Noticing::AtOnce,
            left_out: Vec::new().into(),
        };
        assert_eq!(left_out_lines(&folder), "");
        folder.left_out = vec![here("synology-eadir", 3, 0), here("synology-thumbnails", 0, 1)].into();
        assert_eq!(
            left_out_lines(&folder),
            "\nLeft out:\n3 folders: Thumbnails and attributes of a Synology storage (@eaDir …)\n1 file: Thumbnails \
             of a Synology storage that were copied without their folder (SYNOPHOTO_THUMB_*)"
        );
        let rules = left_out_rules().iter().take(9);
        folder.left_out = rules.map(|rule| here(rule.id, 1, 0)).collect();
        assert!(left_out_lines(&folder).ends_with("\nand 3 more in the settings"));
    }

    #[test]
    fn every_row_stands_in_a_group() {
        let shown = LeftOutGroup::ALL.iter().map(|group| {
            let of_group = left_out_rules().iter().filter(|rule| rule.group == *group);
            of_group.count()
        });
        let counts: Vec<usize> = shown.collect();
        assert!(counts.iter().all(|count| *count > 0));
        assert_eq!(counts.iter().sum::<usize>(), left_out_rules().len());
    }
}
