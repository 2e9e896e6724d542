//! Albums in the left panel: one inside another, each with how many photos it holds. Photos are dropped on them.

use std::collections::HashSet;

use eframe::egui::{self, CursorIcon, Layout, Response, RichText, Ui};
use refocus_engine::{Album, AlbumId, AlbumRequest};

use super::dragging::{DraggedPhotos, dragged};
use super::{AlbumAction, AlbumCommand, AlbumQuestion};
use crate::app::action::Action;
use crate::app::commands::UiCommand;
use crate::app::controls::{grouped, panel_head, photos, small_icon_button};
use crate::app::design_tokens::{Tokens, text};
use crate::app::icons::Icon;
use crate::app::panel_row::PanelRow;
use crate::app::view::View;

/// The list.
#[derive(Debug, Default)]
pub(in crate::app) struct AlbumList {
    /// Albums whose inner ones are not shown.
    folded: HashSet<AlbumId>,
    /// The one under the pointer in the last frame.
    target: Option<AlbumId>,
}

impl AlbumList {
    /// Draws the list.
    pub(in crate::app) fn ui(&mut self, ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
        let tokens = Tokens::of(ui);
        let state = view.library.albums();
        let head = ui.horizontal(|ui| {
            panel_head(ui, "ALBUMS");
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let name = UiCommand::Albums(AlbumCommand::New).tooltip(ui.ctx());
                let new = small_icon_button(ui, Icon::Plus, &name);
                if new
                    .on_hover_text("Or drag photos here, or press A on selected ones")
                    .clicked()
                {
                    ask(
                        actions,
                        AlbumQuestion::New {
                            inside: None,
                            photos: Vec::new(),
                        },
                    );
                }
            });
        });
        if let Some(dropped) = take_drop(ui, &head.response) {
            ask(
                actions,
                AlbumQuestion::New {
                    inside: None,
                    photos: dropped.0.clone(),
                },
            );
        }
        if let Some(why) = &state.failed {
            ui.label(RichText::new(why).size(text::SMALL).color(tokens.warning));
            return;
        }
        let under_pointer = self.target.take();
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            // Deeper albums than this one are not shown.
            let mut deepest = usize::MAX;
            for (album, count) in state.albums.iter().zip(view.library.album_counts()) {
                if album.depth > deepest {
                    continue;
                }
                let folded = self.folded.contains(&album.id);
                deepest = if folded { album.depth } else { usize::MAX };
                self.row(ui, view, (album, *count), under_pointer, actions);
            }
        });
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        view: &View,
        (album, count): (&Album, usize),
        under_pointer: Option<AlbumId>,
        actions: &mut Vec<Action>,
    ) {
        let chosen = view.search.request.filter.album == Some(album.id);
        let row = PanelRow {
            label: &format!("Album {}, {}", album.name, photos(count)),
            name: &album.name,
            count: &grouped(count),
            icon: Icon::Album,
            chosen,
            target: under_pointer == Some(album.id) && dragged(ui.ctx()).is_some(),
            faint: count == 0,
            depth: album.depth,
            folded: album.has_inner.then(|| self.folded.contains(&album.id)),
        };
        let (response, fold) = row.ui(ui);
        if fold && !self.folded.remove(&album.id) {
            self.folded.insert(album.id);
        }
        if response.contains_pointer() {
            self.target = Some(album.id);
        }
        let hint = if chosen {
            "Show all photos again"
        } else {
            "Show only this album \u{b7} right click for more \u{b7} drag photos here"
        };
        if let Some(dropped) = take_drop(ui, &response) {
            actions.push(Action::Albums(AlbumAction::Step(AlbumRequest::Add {
                album: album.id,
                photos: dropped.0.clone(),
            })));
        }
        response.context_menu(|ui| menu(ui, album, actions));
        if response.on_hover_text(hint).clicked() {
            actions.push(Action::Albums(AlbumAction::Show((!chosen).then_some(album.id))));
        }
    }
}

/// What can be done with an album.
fn menu(ui: &mut Ui, album: &Album, actions: &mut Vec<Action>) {
    let mut chosen = None;
    let mut item = |ui: &mut Ui, title: &str, action: AlbumAction| {
        if ui.button(title).clicked() {
            chosen = Some(Action::Albums(action));
            ui.close();
        }
    };
    let inside = AlbumQuestion::New {
        inside: Some(album.id),
        photos: Vec::new(),
    };
    item(ui, "New album in it\u{2026}", AlbumAction::Ask(inside));
    item(ui, "Rename\u{2026}", AlbumAction::Ask(AlbumQuestion::Rename(album.id)));
    item(
        ui,
        "Move into another album\u{2026}",
        AlbumAction::Ask(AlbumQuestion::MoveInto(album.id)),
    );
    if album.inside.is_some() {
        let out = AlbumRequest::Move {
            album: album.id,
            inside: None,
        };
        item(ui, "Take it out of the other album", AlbumAction::Step(out));
    }
    ui.separator();
    item(
        ui,
        "Delete the album",
        AlbumAction::Step(AlbumRequest::Delete { album: album.id }),
    );
    ui.label(
        RichText::new("Its photos stay where they are")
            .size(text::SMALL)
            .color(Tokens::of(ui).text_faint),
    );
    actions.extend(chosen);
}

/// The photos that are dropped on a control in this frame.
fn take_drop(ui: &Ui, response: &Response) -> Option<std::sync::Arc<DraggedPhotos>> {
    if response.contains_pointer() && dragged(ui.ctx()).is_some() {
        ui.ctx().set_cursor_icon(CursorIcon::Copy);
    }
    response.dnd_release_payload::<DraggedPhotos>()
}

fn ask(actions: &mut Vec<Action>, question: AlbumQuestion) {
    actions.push(Action::Albums(AlbumAction::Ask(question)));
}
