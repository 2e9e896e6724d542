//! Searches that a person keeps: everything that was asked, under a name.
//!
//! Photos of the library are remembered by their content, so a saved search finds its references again wherever they were
//! moved. Pictures from outside the library are not kept: they may be gone tomorrow.

use std::collections::{HashMap, HashSet};

use eframe::egui::{self, Color32, Id, Key, RichText, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};
use serde::{Deserialize, Serialize};

use refocus_engine::{
    AlbumId, Days, Filter, HitOrder, Near, PersonId, PictureSize, Reference, ReferenceSource, Rejected, STRONG_SHARE,
    SearchRequest, Shape, SmartAlbum, SortKey, Today, ViewKind,
};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{focus_ring, one_line, panel_head, photos, small_icon_button};
use super::design_tokens::{Tokens, radius};
use super::icons::Icon;
use super::library_state::LibraryState;
use super::view::{Passes, View};

/// Most searches that are kept.
pub(super) const MOST_SAVED: usize = 200;
/// Longest name, characters.
const LONGEST_NAME: usize = 60;
/// Height of a row, points.
const ROW: f32 = 28.0;

/// A reference of a saved search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedReference {
    /// blake3 of the file's bytes, hexadecimal.
    content: String,
    /// Like it or unlike it.
    positive: bool,
}

impl SavedReference {
    /// Those of the search on screen. Pictures from outside the library, and photos that have gone, are not among them.
    pub(super) fn on_screen(view: &View) -> Vec<Self> {
        let kept = view.search.request.references.iter().filter_map(|reference| {
            let ReferenceSource::Library(id) = reference.source else {
                return None;
            };
            let photo = view.library.row(view.library.row_of(id)?)?;
            Some(Self {
                content: hexadecimal(&photo.hash),
                positive: reference.positive,
            })
        });
        kept.collect()
    }

    /// Those of them whose photos are in this library.
    pub(super) fn found_in(references: &[Self], library: &LibraryState, passes: &Passes) -> Vec<Reference> {
        let wanted: HashSet<[u8; 32]> = references.iter().filter_map(|r| bytes_of(&r.content)).collect();
        let mut found = HashMap::new();
        if !wanted.is_empty() {
            for (_, photo) in library.walk(passes) {
                if !photo.gone && wanted.contains(&photo.hash) {
                    found.entry(photo.hash).or_insert(photo.id);
                }
            }
        }
        let there = references.iter().filter_map(|reference| {
            Some(Reference {
                source: ReferenceSource::Library(*found.get(&bytes_of(&reference.content)?)?),
                positive: reference.positive,
            })
        });
        there.collect()
    }
}

/// A search under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SavedSearch {
    name: String,
    focus: String,
    find: String,
    strength: f32,
    find_weight: f32,
    references: Vec<SavedReference>,
    value_words: Option<Vec<String>>,
    sort: SortKey,
    view: Option<ViewKind>,
    compare: Vec<String>,
    /// Only photos below this folder; `None` also where its name cannot be written as text.
    within: Option<String>,
    this_level: bool,
    /// Number of the album that photos are narrowed to.
    album: Option<u64>,
    days: (Option<i64>, Option<i64>),
    formats: Vec<String>,
    shape: Option<Shape>,
    size: Option<PictureSize>,
    favourites: bool,
    stars: u8,
    keywords: String,
    /// Numbers of the persons that photos are narrowed to.
    people: Vec<i64>,
    rejected: Rejected,
    near: Option<Near>,
    /// Came into the library in the last days, and taken on this day of the year: counted from the day on which it is asked.
    recently_added: bool,
    on_this_day: bool,
    unrated: bool,
    without_date: bool,
    without_place: bool,
    order: HitOrder,
    strong_share: f32,
    fold_duplicates: bool,
}

impl Default for SavedSearch {
    fn default() -> Self {
        let request = SearchRequest::default();
        Self {
            name: String::new(),
            focus: String::new(),
            find: String::new(),
            strength: request.strength,
            find_weight: request.find_weight,
            references: Vec::new(),
            value_words: None,
            sort: SortKey::default(),
            view: None,
            compare: Vec::new(),
            within: None,
            this_level: false,
            album: None,
            days: (None, None),
            formats: Vec::new(),
            shape: None,
            size: None,
            favourites: false,
            stars: 0,
            keywords: String::new(),
            people: Vec::new(),
            rejected: Rejected::default(),
            near: None,
            recently_added: false,
            on_this_day: false,
            unrated: false,
            without_date: false,
            without_place: false,
            order: request.order,
            strong_share: request.strong_share,
            fold_duplicates: false,
        }
    }
}

impl SavedSearch {
    /// The name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The same search under another name.
    pub(super) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// The view that it was seen in, and the focuses that were compared in it.
    pub(super) fn view(&self) -> (Option<ViewKind>, &[String]) {
        (self.view, &self.compare)
    }

    /// The search on screen, and how many of its references cannot be kept.
    pub(super) fn on_screen(view: &View) -> (Self, usize) {
        let saved = Self {
            references: SavedReference::on_screen(view),
            ..Self::of(&view.search.request, view.settings.view)
        };
        let lost = view.search.request.references.len() - saved.references.len();
        (saved, lost)
    }

    /// The search to ask in this library, and how many of its references are not there any more.
    pub(super) fn asked_in(&self, library: &LibraryState, passes: &Passes) -> (SearchRequest, usize) {
        let formats = library.formats.iter().map(|(format, _)| *format);
        let references = SavedReference::found_in(&self.references, library, passes);
        let missing = self.references.len() - references.len();
        let request = SearchRequest {
            references,
            ..self.to_request(formats)
        };
        (request, missing)
    }

    /// A search as it stands, without its references.
    fn of(request: &SearchRequest, view: Option<ViewKind>) -> Self {
        let filter = &request.filter;
        Self {
            name: name_of(request),
            focus: request.focus.trim().to_owned(),
            find: request.find.trim().to_owned(),
            strength: request.strength,
            find_weight: request.find_weight,
            references: Vec::new(),
            value_words: request.value_words.clone(),
            sort: request.sort,
            view,
            compare: request.compare.clone(),
            within: filter.within.as_ref().and_then(|path| path.to_str()).map(str::to_owned),
            this_level: filter.this_level,
            album: filter.album.map(|album| album.0),
            days: (filter.days.first, filter.days.last),
            formats: filter.formats.iter().map(|format| (*format).to_owned()).collect(),
            shape: filter.shape,
            size: filter.size,
            favourites: filter.favourites,
            stars: filter.stars,
            keywords: filter.keywords.trim().to_owned(),
            people: filter.people.iter().map(|person| person.0).collect(),
            rejected: filter.rejected,
            near: filter.near,
            recently_added: SmartAlbum::RecentlyAdded.is_in(filter),
            on_this_day: SmartAlbum::OnThisDay.is_in(filter),
            unrated: filter.unrated,
            without_date: filter.without_date,
            without_place: filter.without_place,
            order: request.order,
            strong_share: request.strong_share,
            fold_duplicates: request.fold_duplicates,
        }
    }

    /// The search to ask, without its references. `formats` are those that the library has.
    fn to_request(&self, formats: impl Iterator<Item = &'static str>) -> SearchRequest {
        let share = |value: f32, default: f32| {
            if value.is_finite() {
                value.clamp(0.0, 1.0)
            } else {
                default
            }
        };
        let mut request = SearchRequest {
            focus: self.focus.clone(),
            find: self.find.clone(),
            order: self.order,
            strong_share: share(self.strong_share, STRONG_SHARE),
            strength: share(self.strength, 1.0),
            find_weight: share(self.find_weight, 0.5),
            sort: self.sort,
            value_words: self.value_words.clone(),
            filter: Filter {
                within: self.within.as_ref().map(Into::into),
                this_level: self.this_level && self.within.is_some(),
                album: self.album.map(AlbumId),
                days: Days {
                    first: self.days.0,
                    last: self.days.1,
                },
                formats: formats
                    .filter(|format| self.formats.iter().any(|f| f == format))
                    .collect(),
                shape: self.shape,
                size: self.size,
                favourites: self.favourites,
                stars: self.stars.min(5),
                keywords: self.keywords.clone(),
                people: self.people.iter().map(|person| PersonId(*person)).collect(),
                rejected: self.rejected,
                near: self.near.filter(|near| near.radius_m.is_finite()),
                unrated: self.unrated,
                without_date: self.without_date,
                without_place: self.without_place,
                ..Filter::default()
            },
            fold_duplicates: self.fold_duplicates,
            ..SearchRequest::default()
        };
        let today = Today::now();
        for (album, asked) in [
            (SmartAlbum::RecentlyAdded, self.recently_added),
            (SmartAlbum::OnThisDay, self.on_this_day),
        ] {
            album.set(&mut request.filter, asked, today);
        }
        request
    }
}

/// What a search would be called: its words, or what else it is about.
fn name_of(request: &SearchRequest) -> String {
    let mut parts = Vec::new();
    for words in [request.focus.trim(), request.find.trim()] {
        if !words.is_empty() {
            parts.push(words.to_owned());
        }
    }
    let likes = request.references.iter().filter(|reference| reference.positive).count();
    if likes > 0 {
        parts.push(format!("like {}", photos(likes)));
    }
    if parts.is_empty() {
        let albums = SmartAlbum::ALL.iter().filter(|album| album.is_in(&request.filter));
        parts.extend(albums.map(|album| album.title().to_owned()));
    }
    if parts.is_empty() {
        parts.push(
            if request.filter.is_empty() {
                "all photos"
            } else {
                "some photos"
            }
            .to_owned(),
        );
    }
    parts.join(" \u{b7} ").chars().take(LONGEST_NAME).collect()
}

fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash that such a text stands for; `None` where it is none.
fn bytes_of(hexadecimal: &str) -> Option<[u8; 32]> {
    blake3::Hash::from_hex(hexadecimal).ok().map(Into::into)
}

/// What is chosen for a saved search.
enum Choice {
    Open,
    Rename,
    Replace,
    Remove,
}

/// The list of saved searches.
#[derive(Debug, Default)]
pub(super) struct SavedList {
    /// The one whose name is being written, and the name so far.
    renaming: Option<(usize, String)>,
}

impl SavedList {
    /// Opens the field for the name of a saved search.
    fn rename(&mut self, number: usize, name: String) {
        self.renaming = Some((number, name));
    }

    /// Keeps the search on screen; a field for its name opens. Returns a line for the person where not all of it can be kept.
    pub(super) fn save(&mut self, view: &mut View) -> Option<String> {
        let number = view.settings.saved.len();
        if number >= MOST_SAVED {
            return Some(format!("{MOST_SAVED} searches are saved; remove one first"));
        }
        let (saved, lost) = SavedSearch::on_screen(view);
        view.settings.left_panel = true;
        self.rename(number, saved.name.clone());
        view.settings.saved.push(saved);
        (lost > 0).then(|| {
            let line = "from outside the library cannot be kept in a saved search";
            format!("{} {line}", photos(lost))
        })
    }

    /// Draws the list.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        ui.horizontal(|ui| {
            panel_head(ui, "SAVED SEARCHES");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let name = UiCommand::SaveSearch.tooltip(ui.ctx());
                if small_icon_button(ui, Icon::Plus, &name).clicked() {
                    actions.push(Action::Run(UiCommand::SaveSearch));
                }
            });
        });
        for (number, saved) in view.settings.saved.iter().enumerate() {
            if self.renaming.as_ref().is_some_and(|(renamed, _)| *renamed == number) {
                actions.extend(self.name_field(ui));
                continue;
            }
            match saved_row(ui, saved) {
                Some(Choice::Open) => actions.push(Action::OpenSaved(number)),
                Some(Choice::Rename) => self.rename(number, saved.name.clone()),
                Some(Choice::Replace) => actions.push(Action::ReplaceSaved(number)),
                Some(Choice::Remove) => actions.push(Action::RemoveSaved(number)),
                None => {}
            }
        }
        actions
    }

    fn name_field(&mut self, ui: &mut Ui) -> Option<Action> {
        let (number, name) = self.renaming.as_mut()?;
        let number = *number;
        let edit = TextEdit::singleline(name)
            .align(egui::Align2::LEFT_CENTER)
            .id(Id::unique("saved search name"))
            .char_limit(LONGEST_NAME)
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the saved search"));
        if !response.has_focus() && !response.lost_focus() {
            response.request_focus();
            // In a low window the list may lie below what is seen of the panel.
            response.scroll_to_me(Some(egui::Align::Center));
        }
        if !response.lost_focus() {
            return None;
        }
        let name = name.trim().to_owned();
        self.renaming = None;
        let given_up = name.is_empty() || ui.input(|input| input.key_pressed(Key::Escape));
        (!given_up).then_some(Action::RenameSaved(number, name))
    }
}

fn saved_row(ui: &mut Ui, saved: &SavedSearch) -> Option<Choice> {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Saved search {}", saved.name)));
    let fill = if response.hovered() {
        tokens.raised
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, radius::CONTROL, fill);
    focus_ring(ui, rect, radius::CONTROL, &response);
    let inside = rect.shrink2(vec2(8.0, 0.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(inside).layout(layout));
    one_line(&mut inner, RichText::new(&saved.name).color(tokens.text));
    let response = response.on_hover_text("Search for this again \u{b7} right click for more");
    let mut choice = response.clicked().then_some(Choice::Open);
    response.context_menu(|ui| {
        for (label, chosen) in [
            ("Rename\u{2026}", Choice::Rename),
            ("Replace by the search on screen", Choice::Replace),
            ("Remove", Choice::Remove),
        ] {
            if ui.button(label).clicked() {
                choice = Some(chosen);
                ui.close();
            }
        }
    });
    choice
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::FileId;

    fn asked() -> SearchRequest {
        SearchRequest {
            references: vec![
                Reference {
                    source: ReferenceSource::Library(FileId(7)),
                    positive: true,
                },
                Reference {
                    source: ReferenceSource::Outside(refocus_engine::OutsideId(1)),
                    positive: false,
                },
            ],
            focus: "the colour".into(),
            find: "a hat".into(),
            strength: 0.5,
            filter: Filter {
                within: Some("/photos".into()),
                formats: vec!["PNG"],
                stars: 3,
                keywords: "sea".into(),
                shape: Some(Shape::Square),
                ..Filter::default()
            },
            fold_duplicates: true,
            ..SearchRequest::default()
        }
    }

    #[test]
    fn a_saved_search_asks_the_same_again_also_after_a_restart() {
        let saved = SavedSearch {
            references: vec![SavedReference {
                content: "ab".repeat(32),
                positive: true,
            }],
            ..SavedSearch::of(&asked(), Some(ViewKind::Grid))
        };
        let text = serde_json::to_string(&saved).unwrap();
        let read: SavedSearch = serde_json::from_str(&text).unwrap();
        assert_eq!(read, saved);
        let again = read.to_request(["JPEG", "PNG"].into_iter());
        let mut expected = asked();
        // They are looked for in the library.
        expected.references.clear();
        assert_eq!(again, expected);
    }

    #[test]
    fn a_search_is_named_after_its_words_and_references() {
        assert_eq!(name_of(&asked()), "the colour \u{b7} a hat \u{b7} like 1 photo");
        assert_eq!(name_of(&SearchRequest::default()), "all photos");
        let long = SearchRequest {
            focus: "x".repeat(500),
            ..SearchRequest::default()
        };
        assert_eq!(name_of(&long).chars().count(), LONGEST_NAME);
    }

    #[test]
    fn numbers_from_a_damaged_file_are_brought_into_their_range() {
        let saved = SavedSearch {
            strength: 7.0,
            find_weight: f32::NAN,
            stars: 200,
            ..SavedSearch::default()
        };
        let request = saved.to_request(std::iter::empty());
        assert_eq!(
            (request.strength, request.find_weight, request.filter.stars),
            (1.0, 0.5, 5)
        );
    }
}
