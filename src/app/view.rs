//! What the panels read: all that the window knows and that does not belong to one panel alone.
//!
//! | file | holds |
//! |---|---|
//! | `references.rs` | which photos the others are compared with |
//! | `searches.rs` | history, the pinned focus, saved searches |
//! | `chosen_photos.rs` | the photos that a command is about |

mod chosen_photos;
mod references;
mod searches;

use std::cell::Cell;
use std::sync::Arc;

use refocus_engine::{Explanation, FileId, LanguagesState, ModelsState, PassKind, PassProgress, PeopleState, ViewKind};

pub(super) use self::chosen_photos::NOTHING_SELECTED;

use super::heat_overlay::HeatView;
use super::library_state::{EngineState, LibraryState};
use super::outside_pictures::OutsidePictures;
use super::people::PeoplePage;
use super::search_history::SearchHistory;
use super::search_state::SearchState;
use super::selection::Selection;
use super::settings::Settings;
use super::thumbnail_textures::ThumbnailTextures;

/// The photos before and after the large one, in the order on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbours {
    /// The one before.
    pub(super) before: Option<u32>,
    /// The one after.
    pub(super) after: Option<u32>,
}

/// How often something was done that takes as long as the library is large. It is done once for each change of what it is
/// made from, and never because a frame is drawn.
#[derive(Debug, Default)]
pub(super) struct Passes(Cell<usize>);

impl Passes {
    /// Takes note of one more.
    pub(super) fn note(&self) {
        self.0.set(self.0.get() + 1);
    }

    /// How many there were so far.
    pub(super) fn count(&self) -> usize {
        self.0.get()
    }
}

/// What the panels read.
pub(super) struct View {
    /// What the engine told of the library.
    pub(super) library: LibraryState,
    /// What is asked, and the newest answer.
    pub(super) search: SearchState,
    /// What is selected.
    pub(super) selection: Selection,
    /// The photo that is shown large.
    pub(super) large: Option<u32>,
    /// Its neighbours.
    pub(super) neighbours: Neighbours,
    /// What the person has set, and what the next window finds; focus, library and place are filled in when it is kept.
    pub(super) settings: Settings,
    /// Cores of the computer.
    pub(super) cores: usize,
    /// Weak matches are left out.
    pub(super) hide_weak: bool,
    /// The page of shortcuts is open.
    pub(super) help: bool,
    /// What the person was told of workers that have ended for good.
    pub(super) ended_workers: Vec<String>,
    /// The references of the last window, in the settings, are not looked for yet: not all rows are known.
    pub(super) references_wait: bool,
    /// Pictures from outside the library.
    pub(super) outside: OutsidePictures,
    /// Why a photo stands where it stands, as last told.
    pub(super) explanation: Option<Explanation>,
    /// Where in a photo the focus looked.
    pub(super) heat: HeatView,
    /// The searches before and after this one.
    pub(super) history: SearchHistory,
    /// Which models there are.
    pub(super) models: Arc<ModelsState>,
    /// Which language packs there are.
    pub(super) languages: Arc<LanguagesState>,
    /// Who is in the photos.
    pub(super) people: Arc<PeopleState>,
    /// How many persons have a name.
    pub(super) named_people: usize,
    /// The page about people in place of the photos.
    pub(super) people_page: Option<PeoplePage>,
    /// The page on which photos are cleaned up, in place of the photos.
    pub(super) clean_up_open: bool,
    /// Names are shown on the faces of the large photo.
    pub(super) face_names: bool,
    /// How far the search for faces has come.
    pub(super) face_pass: PassProgress,
    /// The photos that are compared side by side, in place of all others; none while nothing is compared.
    pub(super) compared: Vec<(u32, FileId)>,
    /// The words of the large photo can be selected.
    pub(super) words_shown: bool,
    /// Those that are selected.
    pub(super) selected_words: Option<String>,
    /// How far the reading of photos has come.
    pub(super) text_pass: PassProgress,
    /// The photos' thumbnails: a cache, in which drawing takes note of what is wanted.
    pub(super) thumbnails: ThumbnailTextures,
    /// How many copies are written, of how many.
    pub(super) copies: Option<(usize, usize)>,
    /// How many photos are on a contact sheet, of how many.
    pub(super) sheet: Option<(usize, usize)>,
    /// Work that grows with the library.
    pub(super) passes: Passes,
}

impl View {
    /// What is known before the engine has told anything.
    pub(super) fn new(settings: Settings, thumbnails: ThumbnailTextures, cores: usize) -> Self {
        Self {
            library: LibraryState::default(),
            search: SearchState::default(),
            selection: Selection::default(),
            large: None,
            neighbours: Neighbours::default(),
            settings,
            cores,
            hide_weak: false,
            help: false,
            ended_workers: Vec::new(),
            references_wait: false,
            outside: OutsidePictures::default(),
            explanation: None,
            heat: HeatView::default(),
            history: SearchHistory::default(),
            models: Arc::default(),
            languages: Arc::default(),
            people: Arc::default(),
            named_people: 0,
            people_page: None,
            clean_up_open: false,
            face_names: false,
            face_pass: PassProgress::none(PassKind::Faces),
            compared: Vec::new(),
            words_shown: false,
            selected_words: None,
            text_pass: PassProgress::none(PassKind::Text),
            thumbnails,
            copies: None,
            sheet: None,
            passes: Passes::default(),
        }
    }

    /// Whether the photos are on screen, and no page in their place.
    pub(super) fn shows_photos(&self) -> bool {
        self.people_page.is_none() && !self.clean_up_open && self.compared.is_empty()
    }

    /// Number of the search whose answer is on screen.
    pub(super) fn shown_generation(&self) -> Option<u64> {
        self.search.results.as_ref().map(|results| results.generation)
    }

    /// The model in use, where one is loaded.
    pub(super) fn model(&self) -> Option<&str> {
        match &self.library.engine {
            EngineState::Ready(device) => Some(device.model.as_str()),
            EngineState::Starting | EngineState::Unusable(_) => None,
        }
    }

    /// Lets the view follow the search until the person chooses one: photos stand in groups where there is a focus and
    /// nothing to compare with.
    pub(super) fn follow_search(&mut self) {
        let request = &mut self.search.request;
        let only_focus =
            !request.focus.trim().is_empty() && request.references.is_empty() && request.find.trim().is_empty();
        request.view = match self.settings.view {
            Some(view) => view,
            None if only_focus => ViewKind::Groups,
            None => ViewKind::Grid,
        };
        request.compare.clear();
        if request.view == ViewKind::Compare {
            request.compare.extend(self.settings.compare.iter().cloned());
        }
        self.library.find_rows(&request.references, &self.passes);
    }
}
