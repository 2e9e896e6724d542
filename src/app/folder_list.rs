//! The library's folders in the left panel, and the folders in them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use eframe::egui::{self, Response, RichText, Ui};

use refocus_engine::{Command, Folder, Noticing};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, panel_head, photos, small_icon_button};
use super::design_tokens::{Tokens, text};
use super::elsewhere::Outward;
use super::icons::Icon;
use super::left_out_table::left_out_lines;
use super::panel_row::PanelRow;
use super::view::View;

/// The list.
#[derive(Debug, Default)]
pub(super) struct FolderList {
    /// Folders whose inner ones are shown.
    open: HashSet<PathBuf>,
    /// The folder to which the photos were narrowed in the last frame.
    within: Option<PathBuf>,
}

/// A folder that is drawn.
struct Drawn<'a> {
    path: &'a Path,
    photos: usize,
    depth: usize,
    /// Where it is one of the library's.
    top: Option<&'a Folder>,
}

impl FolderList {
    /// Draws the list.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        let ctx = ui.ctx().clone();
        ui.horizontal(|ui| {
            panel_head(ui, "FOLDERS");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if small_icon_button(ui, Icon::Plus, &UiCommand::AddFolder.tooltip(&ctx)).clicked() {
                    actions.push(Action::Run(UiCommand::AddFolder));
                }
                if small_icon_button(ui, Icon::Rescan, &UiCommand::Rescan.tooltip(&ctx)).clicked() {
                    actions.push(Action::Run(UiCommand::Rescan));
                }
            });
        });
        self.show_chosen(view);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for folder in &view.library.folders {
                let drawn = Drawn {
                    path: &folder.path,
                    photos: folder.photos,
                    depth: 0,
                    top: Some(folder),
                };
                self.row(ui, view, &drawn, actions);
            }
        });
        let path = egui::Button::new(
            RichText::new("Type or paste a path\u{2026}")
                .size(text::SMALL)
                .color(Tokens::of(ui).text_weak),
        )
        .frame(false);
        if ui.add(path).clicked() {
            actions.push(Action::Run(UiCommand::TypePath));
        }
    }

    /// Opens what is around the folder that was chosen elsewhere.
    fn show_chosen(&mut self, view: &View) {
        let within = &view.search.request.filter.within;
        if *within == self.within {
            return;
        }
        self.within.clone_from(within);
        if let Some(chosen) = within {
            let tops = || view.library.folders.iter().map(|folder| &folder.path);
            let around = chosen
                .ancestors()
                .skip(1)
                .take_while(|above| tops().any(|top| above.starts_with(top)));
            self.open.extend(around.map(Path::to_path_buf));
        }
    }

    fn row(&mut self, ui: &mut Ui, view: &View, folder: &Drawn<'_>, actions: &mut Vec<Action>) {
        let inside = view.library.tree().inside(folder.path);
        let filter = &view.search.request.filter;
        let chosen = filter.within.as_deref() == Some(folder.path);
        let name = folder
            .path
            .file_name()
            .unwrap_or(folder.path.as_os_str())
            .to_string_lossy();
        let online = folder.top.is_none_or(|top| top.online);
        let state = if online { "" } else { ", offline" };
        let mut count = grouped(folder.photos);
        if !online {
            count = format!("offline \u{b7} {count}");
        }
        let open = self.open.contains(folder.path);
        let row = PanelRow {
            label: &format!("Folder {name}, {}{state}", photos(folder.photos)),
            name: &name,
            count: &count,
            icon: Icon::Folder,
            chosen,
            target: false,
            faint: !online,
            depth: folder.depth,
            folded: (!inside.is_empty()).then_some(!open),
        };
        let (response, fold) = row.ui(ui);
        if fold && !self.open.remove(folder.path) {
            self.open.insert(folder.path.to_path_buf());
        }
        let response = response.on_hover_ui(|ui| {
            ui.label(hint(folder, chosen));
        });
        if response.clicked() {
            actions.push(Action::ShowWithin((!chosen).then(|| folder.path.to_path_buf())));
        }
        menu(&response, folder, chosen, actions);
        if chosen && !inside.is_empty() {
            let mut only = filter.this_level;
            let words = RichText::new("Only this level").size(text::SMALL);
            let hint = "Only photos that lie in the folder itself, none of the folders in it";
            ui.horizontal(|ui| {
                ui.add_space(28.0);
                if ui.checkbox(&mut only, words).on_hover_text(hint).changed() {
                    actions.push(Action::OnlyThisLevel(only));
                }
            });
        }
        if open {
            for inner in inside {
                let drawn = Drawn {
                    path: &inner.path,
                    photos: inner.photos,
                    depth: folder.depth + 1,
                    top: view.library.folders.iter().find(|top| top.path == inner.path),
                };
                self.row(ui, view, &drawn, actions);
            }
        }
    }
}

fn hint(folder: &Drawn<'_>, chosen: bool) -> String {
    let action = if chosen {
        "Show all folders"
    } else {
        "Show only this folder"
    };
    let noticing = match folder.top.map(|top| (top.online, top.noticing)) {
        Some((false, _)) => "\nNot there at the moment; its photos are kept until it is back",
        Some((true, Noticing::NowAndThen)) => "\nThe system does not tell of changes here: looked through now and then",
        Some((true, Noticing::AtOnce | Noticing::WhenAsked)) | None => "",
    };
    let left_out = folder.top.map(left_out_lines).unwrap_or_default();
    let path = folder.path.display();
    format!("{path}\n{action} \u{b7} right click for more{noticing}{left_out}")
}

/// What can be done with a folder.
fn menu(response: &Response, folder: &Drawn<'_>, chosen: bool, actions: &mut Vec<Action>) {
    response.context_menu(|ui| {
        if let Some(top) = folder.top
            && ui.button("Look for changes").clicked()
        {
            actions.push(Action::Ask(Command::Rescan(Some(top.id))));
            ui.close();
        }
        if ui.button("Reveal in file manager").clicked() {
            actions.push(Action::Show(Outward::Reveal(folder.path.to_path_buf())));
            ui.close();
        }
        let Some(top) = folder.top else { return };
        if !top.left_out.is_empty() && ui.button("What is left out\u{2026}").clicked() {
            actions.push(Action::ShowLeftOut(top.id));
            ui.close();
        }
        if ui
            .button("It is elsewhere now\u{2026}")
            .on_hover_text("For a folder that was moved: its photos keep all that is known of them")
            .clicked()
        {
            actions.push(Action::AskForNewPlace(top.id, top.path.clone()));
            ui.close();
        }
        if ui
            .button("Remove from the library")
            .on_hover_text("Nothing on disk is touched")
            .clicked()
        {
            if chosen {
                actions.push(Action::ShowWithin(None));
            }
            actions.push(Action::Ask(Command::RemoveFolder(top.id)));
            ui.close();
        }
    });
}
