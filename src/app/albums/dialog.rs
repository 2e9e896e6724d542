//! The dialog that asks which album is meant, and what one is called.

use std::path::PathBuf;

use eframe::egui::{
    self, Button, Context, Frame, Id, Key, Modal, Modifiers, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo, vec2,
};
use refocus_engine::{AlbumId, AlbumRequest, AlbumsState, LONGEST_ALBUM_NAME, album_name};

use super::{AlbumAction, AlbumQuestion};
use crate::app::action::Action;
use crate::app::controls::{photos, primary_button};
use crate::app::design_tokens::{Tokens, space, text};
use crate::app::typeface::semibold;
use crate::app::view::View;

/// Albums that are listed.
const LISTED: usize = 200;

/// The open question.
#[derive(Debug, Default)]
pub(super) struct AlbumDialog {
    open: Option<AlbumQuestion>,
    /// What is typed.
    text: String,
    /// The line of the list that Enter takes.
    line: usize,
    /// It is drawn for the first time.
    fresh: bool,
}

/// A line of the list: what it says, and what it means.
struct Line {
    title: String,
    request: AlbumRequest,
}

impl AlbumDialog {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Asks.
    pub(super) fn ask(&mut self, question: AlbumQuestion, view: &View) {
        self.text = match &question {
            AlbumQuestion::Rename(album) => {
                let album = view.library.albums().album(*album);
                album.map(|album| album.name.to_string()).unwrap_or_default()
            }
            _ => String::new(),
        };
        (self.open, self.line, self.fresh) = (Some(question), 0, true);
    }

    /// Draws the open question; an answer closes it.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let Some(question) = self.open.clone() else {
            return Vec::new();
        };
        let state = view.library.albums();
        let lines = lines(&question, state, &self.text);
        let mut answer = None;
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::LARGE);
        let modal = Modal::new(Id::unique("question about albums")).frame(frame);
        let modal = modal.show(ctx, |ui| {
            ui.set_width(420.0_f32.min(ctx.content_rect().width() - 80.0));
            ui.label(
                RichText::new(title(&question, state))
                    .font(semibold(text::HEADING))
                    .strong(),
            );
            ui.add_space(space::SMALL);
            // The arrow keys are the list's, not the field's.
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if pressed(Key::ArrowDown) {
                self.line = self.line.saturating_add(1);
            }
            if pressed(Key::ArrowUp) {
                self.line = self.line.saturating_sub(1);
            }
            let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
            self.field(ui, &question);
            self.line = self.line.min(lines.len().saturating_sub(1));
            ui.add_space(space::SMALL);
            if let Some(taken) = taken(&question, state, &self.text) {
                ui.label(RichText::new(taken).size(text::SMALL).color(Tokens::of(ui).warning));
            } else if picks(&question) {
                answer = self.list(ui, &lines);
            } else if let Some(line) = lines.first() {
                let row = vec2(ui.available_width(), 36.0);
                ui.allocate_ui_with_layout(row, egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if primary_button(ui, &line.title).clicked() {
                        answer = Some(line.request.clone());
                    }
                });
            }
            if enter && taken(&question, state, &self.text).is_none() {
                answer = lines.get(self.line).map(|line| line.request.clone());
            }
        });
        self.fresh = false;
        if answer.is_some() || modal.should_close() {
            self.open = None;
        }
        let step = answer.map(|request| Action::Albums(AlbumAction::Step(request)));
        step.into_iter().collect()
    }

    fn field(&mut self, ui: &mut Ui, question: &AlbumQuestion) {
        let (name, hint) = match question {
            AlbumQuestion::AddTo(_) => ("Album", "Find an album, or name a new one"),
            AlbumQuestion::MoveInto(_) => ("Album", "Find an album"),
            AlbumQuestion::New { .. } | AlbumQuestion::Rename(_) => ("Name of the album", "Name"),
            AlbumQuestion::Export | AlbumQuestion::Import => ("Path of the file", "Path of the file"),
        };
        let limit = if matches!(question, AlbumQuestion::Export | AlbumQuestion::Import) {
            usize::MAX
        } else {
            LONGEST_ALBUM_NAME
        };
        let field = TextEdit::singleline(&mut self.text)
            .hint_text(hint)
            .char_limit(limit)
            .desired_width(f32::INFINITY)
            .margin(vec2(10.0, 8.0));
        let response = ui.add(field);
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_label(name));
        if self.fresh {
            response.request_focus();
        }
        if response.changed() {
            self.line = 0;
        }
    }

    fn list(&self, ui: &mut Ui, lines: &[Line]) -> Option<AlbumRequest> {
        let mut answer = None;
        if lines.is_empty() {
            let words = if self.text.trim().is_empty() {
                "There are no albums yet: type the name of the first one"
            } else {
                "There is no such album"
            };
            ui.label(RichText::new(words).color(Tokens::of(ui).text_faint));
        }
        ScrollArea::vertical()
            .min_scrolled_height(200.0)
            .max_height(260.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                for (place, line) in lines.iter().enumerate() {
                    let chosen = place == self.line;
                    let button = Button::selectable(chosen, &line.title).min_size(vec2(ui.available_width(), 30.0));
                    let response = ui.add(button);
                    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &line.title));
                    if chosen && !self.fresh {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        answer = Some(line.request.clone());
                    }
                }
            });
        answer
    }
}

/// Whether an album is chosen from a list.
fn picks(question: &AlbumQuestion) -> bool {
    matches!(question, AlbumQuestion::AddTo(_) | AlbumQuestion::MoveInto(_))
}

fn title(question: &AlbumQuestion, state: &AlbumsState) -> String {
    let name = |id: &AlbumId| state.album(*id).map_or("the album", |album| &album.name).to_owned();
    match question {
        AlbumQuestion::AddTo(files) => format!("Put {} into an album", photos(files.len())),
        AlbumQuestion::New { inside, photos: files } => match (inside, files.len()) {
            (Some(inside), _) => format!("New album in {}", name(inside)),
            (None, 0) => "New album".to_owned(),
            (None, count) => format!("New album of {}", photos(count)),
        },
        AlbumQuestion::Rename(album) => format!("Rename {}", name(album)),
        AlbumQuestion::MoveInto(album) => format!("Move {} into", name(album)),
        AlbumQuestion::Export => "Write all albums to a file".to_owned(),
        AlbumQuestion::Import => "Take over albums from a file".to_owned(),
    }
}

/// Why an album cannot be called so.
fn taken(question: &AlbumQuestion, state: &AlbumsState, typed: &str) -> Option<String> {
    let (inside, but) = match question {
        AlbumQuestion::New { inside, .. } => (*inside, None),
        AlbumQuestion::Rename(album) => (state.album(*album)?.inside, Some(*album)),
        _ => return None,
    };
    let name = album_name(typed)?.to_lowercase();
    let mut beside = state
        .albums
        .iter()
        .filter(|album| album.inside == inside && Some(album.id) != but);
    let same = beside.find(|album| album.name.to_lowercase() == name)?;
    Some(format!("There is an album {} here already", same.name))
}

/// What Enter and the list offer.
fn lines(question: &AlbumQuestion, state: &AlbumsState, typed: &str) -> Vec<Line> {
    let name = album_name(typed);
    let one = |title: &str, request: AlbumRequest| {
        vec![Line {
            title: title.to_owned(),
            request,
        }]
    };
    match question {
        AlbumQuestion::AddTo(files) => {
            let add = |album: AlbumId| AlbumRequest::Add {
                album,
                photos: files.clone(),
            };
            let mut lines = matching(state, typed, |_| true, add);
            let exact = name.as_ref().is_some_and(|name| !state.named(name).is_empty());
            if let Some(name) = name.filter(|_| !exact) {
                lines.push(Line {
                    title: format!("New album \u{201c}{name}\u{201d}"),
                    request: AlbumRequest::Create {
                        name,
                        inside: None,
                        photos: files.clone(),
                    },
                });
            }
            lines
        }
        AlbumQuestion::MoveInto(moved) => {
            let around = |id: AlbumId| {
                let mut at = Some(id);
                while let Some(id) = at {
                    if id == *moved {
                        return false;
                    }
                    at = state.album(id).and_then(|album| album.inside);
                }
                true
            };
            matching(state, typed, around, |inside| AlbumRequest::Move {
                album: *moved,
                inside: Some(inside),
            })
        }
        AlbumQuestion::New { inside, photos } => name.map_or_else(Vec::new, |name| {
            let (inside, photos) = (*inside, photos.clone());
            one("Make the album", AlbumRequest::Create { name, inside, photos })
        }),
        AlbumQuestion::Rename(album) => name.map_or_else(Vec::new, |name| {
            one("Rename", AlbumRequest::Rename { album: *album, name })
        }),
        AlbumQuestion::Export | AlbumQuestion::Import => {
            let path = PathBuf::from(typed.trim());
            match (typed.trim().is_empty(), question) {
                (true, _) => Vec::new(),
                (false, AlbumQuestion::Export) => one("Write", AlbumRequest::Export(path)),
                (false, _) => one("Take over", AlbumRequest::Import(path)),
            }
        }
    }
}

/// The albums whose path holds all the words that are typed, those first whose own name begins with them.
fn matching(
    state: &AlbumsState,
    typed: &str,
    may: impl Fn(AlbumId) -> bool,
    request: impl Fn(AlbumId) -> AlbumRequest,
) -> Vec<Line> {
    let typed = typed.trim().to_lowercase();
    let mut found: Vec<(bool, String, AlbumId)> = Vec::new();
    for album in state.albums.iter().filter(|album| may(album.id)) {
        let path = state.path(album.id);
        let lower = path.to_lowercase();
        if typed.split_whitespace().all(|word| lower.contains(word)) {
            found.push((!album.name.to_lowercase().starts_with(&typed), path, album.id));
        }
    }
    found.sort_by_key(|(later, ..)| *later);
    let lines = found.into_iter().take(LISTED).map(|(_, title, album)| Line {
        title,
        request: request(album),
    });
    lines.collect()
}
