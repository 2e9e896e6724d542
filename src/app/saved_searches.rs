//! Searches that a person keeps: everything that was asked, under a name.
//!
//! Photos of the library are remembered by their content, so a saved search finds its references again wherever they were
//! moved. Pictures from outside the library are not kept: they may be gone tomorrow.

use eframe::egui::{self, Color32, Id, Key, RichText, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};
use serde::{Deserialize, Serialize};

use refocus_engine::{Days, Filter, PictureSize, Reference, ReferenceSource, SearchRequest, Shape, SortKey, ViewKind};

use super::application::RefocusApp;
use super::commands::UiCommand;
use super::controls::{focus_ring, one_line, panel_head, photos, small_icon_button};
use super::design_tokens::{Tokens, radius};
use super::icons::Icon;

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
    days: (Option<i64>, Option<i64>),
    formats: Vec<String>,
    shape: Option<Shape>,
    size: Option<PictureSize>,
    favourites: bool,
    stars: u8,
    keywords: String,
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
            days: (None, None),
            formats: Vec::new(),
            shape: None,
            size: None,
            favourites: false,
            stars: 0,
            keywords: String::new(),
            fold_duplicates: false,
        }
    }
}

impl SavedSearch {
    /// A search as it stands. `content` gives the content of a library photo, where it is still there.
    fn of(
        request: &SearchRequest,
        view: Option<ViewKind>,
        content: impl Fn(ReferenceSource) -> Option<String>,
    ) -> Self {
        let references = request.references.iter().filter_map(|reference| {
            Some(SavedReference {
                content: content(reference.source)?,
                positive: reference.positive,
            })
        });
        let filter = &request.filter;
        Self {
            name: name_of(request),
            focus: request.focus.trim().to_owned(),
            find: request.find.trim().to_owned(),
            strength: request.strength,
            find_weight: request.find_weight,
            references: references.collect(),
            value_words: request.value_words.clone(),
            sort: request.sort,
            view,
            compare: request.compare.clone(),
            within: filter.within.as_ref().and_then(|path| path.to_str()).map(str::to_owned),
            days: (filter.days.first, filter.days.last),
            formats: filter.formats.iter().map(|format| (*format).to_owned()).collect(),
            shape: filter.shape,
            size: filter.size,
            favourites: filter.favourites,
            stars: filter.stars,
            keywords: filter.keywords.trim().to_owned(),
            fold_duplicates: request.fold_duplicates,
        }
    }

    /// The search to ask. `photo` finds a library photo by its content; `formats` are those that the library has.
    fn to_request(
        &self,
        photo: impl Fn(&str) -> Option<ReferenceSource>,
        formats: impl Iterator<Item = &'static str>,
    ) -> SearchRequest {
        let references = self.references.iter().filter_map(|reference| {
            Some(Reference {
                source: photo(&reference.content)?,
                positive: reference.positive,
            })
        });
        let share = |value: f32, default: f32| {
            if value.is_finite() {
                value.clamp(0.0, 1.0)
            } else {
                default
            }
        };
        SearchRequest {
            references: references.collect(),
            focus: self.focus.clone(),
            find: self.find.clone(),
            strength: share(self.strength, 1.0),
            find_weight: share(self.find_weight, 0.5),
            sort: self.sort,
            value_words: self.value_words.clone(),
            filter: Filter {
                within: self.within.as_ref().map(Into::into),
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
                only: None,
            },
            fold_duplicates: self.fold_duplicates,
            ..SearchRequest::default()
        }
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

/// What happens to a saved search.
enum Wish {
    Open,
    Rename,
    Replace,
    Remove,
}

impl RefocusApp {
    /// The list in the left panel.
    pub(super) fn saved_searches(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ui.horizontal(|ui| {
            panel_head(ui, "SAVED SEARCHES");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if small_icon_button(ui, Icon::Plus, &UiCommand::SaveSearch.tooltip(&ctx)).clicked() {
                    self.run_command(&ctx, UiCommand::SaveSearch);
                }
            });
        });
        for number in 0..self.settings.saved.len() {
            if self.renaming.as_ref().is_some_and(|(renamed, _)| *renamed == number) {
                self.saved_name_field(ui, number);
            } else if let Some(wish) = self.saved_row(ui, number) {
                match wish {
                    Wish::Open => self.open_saved(number),
                    Wish::Rename => {
                        let name = self.settings.saved.get(number).map(|saved| saved.name.clone());
                        self.renaming = name.map(|name| (number, name));
                    }
                    Wish::Replace => {
                        let new = self.search_to_save();
                        if let Some(saved) = self.settings.saved.get_mut(number) {
                            let name = std::mem::take(&mut saved.name);
                            *saved = SavedSearch { name, ..new };
                        }
                    }
                    Wish::Remove => {
                        let saved = self.settings.saved.remove(number);
                        self.notices
                            .add(format!("Removed the saved search \u{201c}{}\u{201d}", saved.name));
                        return;
                    }
                }
            }
        }
    }

    fn saved_row(&self, ui: &mut Ui, number: usize) -> Option<Wish> {
        let saved = self.settings.saved.get(number)?;
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
        let mut wish = response.clicked().then_some(Wish::Open);
        response.context_menu(|ui| {
            for (label, chosen) in [
                ("Rename\u{2026}", Wish::Rename),
                ("Replace by the search on screen", Wish::Replace),
                ("Remove", Wish::Remove),
            ] {
                if ui.button(label).clicked() {
                    wish = Some(chosen);
                    ui.close();
                }
            }
        });
        wish
    }

    fn saved_name_field(&mut self, ui: &mut Ui, number: usize) {
        let Some((_, name)) = &mut self.renaming else { return };
        let edit = TextEdit::singleline(name)
            .id(Id::unique("saved search name"))
            .char_limit(LONGEST_NAME)
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the saved search"));
        if !response.has_focus() && !response.lost_focus() {
            response.request_focus();
        }
        if response.lost_focus() {
            let name = name.trim().to_owned();
            let given_up = ui.input(|input| input.key_pressed(Key::Escape));
            if let Some(saved) = self.settings.saved.get_mut(number)
                && !name.is_empty()
                && !given_up
            {
                saved.name = name;
            }
            self.renaming = None;
        }
    }

    fn search_to_save(&self) -> SavedSearch {
        SavedSearch::of(&self.search.request, self.view_choice, |source| match source {
            ReferenceSource::Library(id) => self.photo_by_id(id).map(|(_, photo)| hexadecimal(&photo.hash)),
            ReferenceSource::Outside(_) => None,
        })
    }

    /// Keeps the search on screen; a name field opens for it.
    pub(super) fn save_search(&mut self) {
        if self.settings.saved.len() >= MOST_SAVED {
            self.notices
                .add(format!("{MOST_SAVED} searches are saved; remove one first"));
            return;
        }
        let saved = self.search_to_save();
        let outside = self.search.request.references.len() - saved.references.len();
        if outside > 0 {
            self.notices.add(format!(
                "{} from outside the library cannot be kept in a saved search",
                photos(outside)
            ));
        }
        self.panels.left = true;
        self.renaming = Some((self.settings.saved.len(), saved.name.clone()));
        self.settings.saved.push(saved);
    }

    fn open_saved(&mut self, number: usize) {
        let Some(saved) = self.settings.saved.get(number).cloned() else {
            return;
        };
        for reference in self.search.request.references.clone() {
            self.drop_reference(reference.source);
        }
        let rows = &self.library.rows;
        let by_content = |content: &str| {
            let photo = rows
                .iter()
                .find(|photo| !photo.gone && hexadecimal(&photo.hash) == content)?;
            Some(ReferenceSource::Library(photo.id))
        };
        let formats = self.library.formats.iter().map(|(format, _)| *format);
        let request = saved.to_request(by_content, formats);
        let missing = saved.references.len() - request.references.len();
        if missing > 0 {
            let line = format!("{} of this search are not in the library any more", photos(missing));
            self.notices.add(line);
        }
        if saved.view == Some(ViewKind::Compare) {
            self.compare.focuses.clone_from(&saved.compare);
        }
        self.view_choice = saved.view;
        let check_first = self.search.request.check_first;
        self.search.request = SearchRequest { check_first, ..request };
        self.lightbox = None;
    }
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
        let saved = SavedSearch::of(&asked(), Some(ViewKind::Grid), |source| {
            matches!(source, ReferenceSource::Library(_)).then(|| "ab".to_owned())
        });
        let text = serde_json::to_string(&saved).unwrap();
        let read: SavedSearch = serde_json::from_str(&text).unwrap();
        assert_eq!(read, saved);
        let again = read.to_request(
            |content| (content == "ab").then_some(ReferenceSource::Library(FileId(9))),
            ["JPEG", "PNG"].into_iter(),
        );
        let mut expected = asked();
        expected.references.truncate(1);
        expected.references[0].source = ReferenceSource::Library(FileId(9));
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
        let request = saved.to_request(|_| None, std::iter::empty());
        assert_eq!(
            (request.strength, request.find_weight, request.filter.stars),
            (1.0, 0.5, 5)
        );
    }
}
