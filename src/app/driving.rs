//! How tests and the laboratory's measurements drive the window: what is on screen, and changes that a person would make with
//! keys and pointer. `settled` apart, the window itself uses none of it.

use eframe::egui::Context;

use refocus_engine::{HitOrder, SortKey, ViewKind};

use super::application::{RefocusApp, ThemeChoice};
use super::compare_view::first_focuses;
use super::library_state::file_name;
use super::thumbnail_textures::TextureUse;
use super::top_bar::focus_field;

/// How the window is arranged for a picture.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// Dark or light.
    pub theme: ThemeChoice,
    /// Grid, groups or a comparison.
    pub view: ViewKind,
    /// The focus that is typed.
    pub focus: &'static str,
    /// The photo that all others are compared with, by a part of its file name.
    pub reference: Option<&'static str>,
    /// The panel that says why is open, and the third photo of the order is selected, with its heat map.
    pub why: bool,
}

impl RefocusApp {
    /// Bytes of thumbnails in GPU memory.
    #[must_use]
    pub fn texture_use(&self) -> TextureUse {
        self.view.thumbnails.usage()
    }

    /// Number of the search whose answer is on screen; `None` before the first answer.
    #[must_use]
    pub fn shown_generation(&self) -> Option<u64> {
        self.view.shown_generation()
    }

    /// Number of the search that was asked last.
    #[must_use]
    pub fn asked_generation(&self) -> u64 {
        self.view.search.generation()
    }

    /// Whether the answer to the present question is laid out on screen.
    #[must_use]
    pub fn settled(&self) -> bool {
        let compared = self.view.search.request.view == ViewKind::Compare;
        self.view.search.answered() && (compared || !self.panels.gallery.waits_for_layout())
    }

    /// Milliseconds that the engine needed for the order on screen.
    #[must_use]
    pub fn last_ranking_ms(&self) -> Option<f32> {
        let results = self.view.search.results.as_ref();
        results.map(|results| results.timings.total_ms)
    }

    /// How often something was done so far that takes as long as the library is large: content and lines of the gallery,
    /// columns of a comparison, a search for rows. A frame in which nothing changed adds none.
    #[must_use]
    pub fn passes_over_library(&self) -> usize {
        self.view.passes.count()
    }

    /// Photos that the window knows of.
    #[must_use]
    pub fn photos(&self) -> usize {
        self.view.library.len()
    }

    /// Whether the photo in the large view is there in full.
    #[must_use]
    pub fn large_photo_decoded(&self) -> bool {
        self.panels.lightbox.decoded()
    }

    /// Whether files are being looked for or encoded.
    #[must_use]
    pub fn indexing(&self) -> bool {
        self.view.library.indexing()
    }

    /// Height of the gallery's content in points.
    #[must_use]
    pub fn gallery_height(&self) -> f32 {
        self.panels.gallery.height()
    }

    /// Scrolls the gallery to a distance from its top in points.
    pub fn scroll_gallery_to(&mut self, offset: f32) {
        self.panels.gallery.scroll_to(offset);
    }

    /// Empties the focus field and gives it the keyboard.
    pub fn start_typing(&mut self, ctx: &Context) {
        self.view.search.request.focus.clear();
        ctx.memory_mut(|memory| memory.request_focus(focus_field()));
    }

    /// Makes a row the one reference.
    pub fn compare_with_row(&mut self, row: u32) {
        self.engine.send_all(self.view.compare_with(&[row]));
        self.view.follow_search();
    }

    /// Puts the photos in the order of time, newest first, with dates on them; or not: the library by name and what was found by match.
    pub fn show_in_time(&mut self, on: bool) {
        self.view.settings.tile_dates = on;
        let request = &mut self.view.search.request;
        (request.sort, request.order) = if on {
            (SortKey::DateTaken, HitOrder::Newest)
        } else {
            (SortKey::Name, HitOrder::Best)
        };
    }

    /// Whether the library is there and nothing is being indexed.
    #[must_use]
    pub fn ready_to_pose(&self) -> bool {
        let idle = matches!(self.view.library.progress.phase, refocus_engine::IndexPhase::Idle);
        idle && self.view.library.encoded > 0 && self.settled()
    }

    /// Arranges the window for a picture.
    pub fn pose(&mut self, ctx: &Context, pose: &Pose) {
        let reference = pose.reference.and_then(|part| self.photo_named(part));
        let references: Vec<u32> = reference.into_iter().collect();
        self.engine.send_all(self.view.compare_with(&references));
        let settings = &mut self.view.settings;
        settings.theme = pose.theme;
        settings.theme.apply(ctx);
        settings.right_panel = pose.why;
        settings.rank_badges = pose.reference.is_some();
        settings.view = Some(pose.view);
        if pose.view == ViewKind::Compare {
            settings.compare = first_focuses(pose.focus);
        }
        self.view.search.request.focus = pose.focus.to_owned();
        if self.view.heat.on() != pose.why {
            self.view.heat.toggle();
        }
        self.view.selection.clear();
        self.view.follow_search();
    }

    /// Whether everything that belongs to the arrangement is on screen, thumbnails apart.
    pub fn posed(&mut self, pose: &Pose) -> bool {
        if !self.settled() {
            return false;
        }
        let order = self.view.search.results.as_ref().map(|results| &results.order);
        let third = order.and_then(|order| order.get(2).copied());
        if pose.why
            && self.view.selection.cursor.is_none()
            && let Some(row) = third
        {
            self.view.selection.set(row);
        }
        let shown = |id| self.view.heat.map_of(id).is_some();
        !pose.why || self.view.cursor().is_some_and(|(_, photo)| shown(photo.id))
    }

    /// The first encoded photo whose file name holds a text.
    fn photo_named(&self, part: &str) -> Option<u32> {
        let mut rows = self.view.library.walk(&self.view.passes);
        let found = rows.find(|(_, row)| row.encoded && !row.gone && file_name(row).contains(part));
        found.map(|(number, _)| number)
    }
}
