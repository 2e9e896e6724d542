//! What the window leaves to the next one: taken note of in each frame, written now and then.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::Context;

use refocus_engine::ReferenceSource;

use super::controls::photos;
use super::library_state::EngineState;
use super::saved_searches::SavedReference;
use super::search_history::remember_focus;
use super::settings::{Settings, SettingsFile, SettingsWriter, WindowPlace};
use super::top_bar::FOCUSES;
use super::view::View;

/// Time between two looks at whether there is something new to remember.
const REMEMBER_EVERY: Duration = Duration::from_secs(3);

/// Who writes the settings, and when that was last asked for.
pub(super) struct Remembering {
    writer: Option<SettingsWriter>,
    /// What was said of settings that cannot be written: a full disk is named once and not every three seconds.
    said: Option<String>,
    asked: Instant,
}

impl Remembering {
    /// Settings that stand in `file` as they are now; `None`: nothing is written.
    pub(super) fn start(file: Option<SettingsFile>, settings: &Settings, wake: &Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            writer: file.map(|file| SettingsWriter::start(file, settings.clone(), Arc::clone(wake))),
            said: None,
            asked: Instant::now(),
        }
    }

    /// Why settings are not kept, where that was not said yet.
    pub(super) fn take_failure(&mut self) -> Option<String> {
        let failure = self.writer.as_mut()?.take_failure()?;
        (self.said.as_ref() != Some(&failure)).then(|| {
            self.said = Some(failure.clone());
            failure
        })
    }

    /// Takes note of the search on screen, for the way back to it, and of a focus that was used.
    pub(super) fn note_search(ctx: &Context, view: &mut View) {
        let now = Instant::now();
        let settings = &mut view.settings;
        view.history.note(&view.search.request, settings.view, now);
        match view.history.used_focus(now) {
            Ok(focus) => {
                let ready = FOCUSES.iter().any(|(_, instruction)| *instruction == focus);
                if !ready && !settings.pinned.contains(&focus) {
                    remember_focus(&mut settings.recent, &focus);
                }
            }
            Err(Some(wait)) => ctx.request_repaint_after(wait),
            Err(None) => {}
        }
    }

    /// Takes note of where the window is, and has the settings written where they have changed.
    pub(super) fn remember(&mut self, ctx: &Context, view: &mut View, library: &Path) {
        note_place(ctx, &mut view.settings);
        let settings = to_keep(view, library);
        let Some(writer) = self.writer.as_mut().filter(|writer| writer.differs(&settings)) else {
            return;
        };
        let since = self.asked.elapsed();
        if since >= REMEMBER_EVERY {
            self.asked = Instant::now();
            writer.keep(settings);
        } else {
            // A window that rests draws no frames: this one is for the settings.
            ctx.request_repaint_after(REMEMBER_EVERY - since);
        }
    }

    /// Writes what is to be kept and waits until it is on the disk: for the end of the program.
    pub(super) fn finish(&mut self, view: &View, library: &Path) {
        if let Some(writer) = &mut self.writer {
            writer.finish(to_keep(view, library));
        }
    }
}

/// The settings as the next window shall find them.
fn to_keep(view: &View, library: &Path) -> Settings {
    let settings = Settings {
        library: Some(library.to_path_buf()),
        focus: view.search.request.focus.clone(),
        find: view.search.request.find.clone(),
        ..view.settings.clone()
    };
    if view.references_wait {
        return settings;
    }
    let all = &view.search.request.references;
    let outside = all.iter().filter(|r| matches!(r.source, ReferenceSource::Outside(_)));
    Settings {
        references: SavedReference::on_screen(view),
        references_outside: outside.count(),
        ..settings
    }
}

/// Compares with the references of the last window again, as soon as all rows are known. Returns a line for the person where not all
/// of them could be found.
pub(super) fn restore_references(view: &mut View) -> Option<String> {
    let is_ready = matches!(view.library.engine, EngineState::Ready(_)) && view.library.known;
    if !view.references_wait || !is_ready {
        return None;
    }
    view.references_wait = false;
    // Who has chosen others meanwhile wants those.
    if !view.search.request.references.is_empty() {
        return None;
    }
    let kept = &view.settings.references;
    let found = SavedReference::found_in(kept, &view.library, &view.passes);
    let (missing, outside) = (kept.len() - found.len(), view.settings.references_outside);
    view.search.request.references = found;
    view.follow_search();
    match (missing, outside) {
        (0, 0) => None,
        (0, outside) => Some(format!(
            "{} from outside the library, with which others were compared last, must be added anew",
            photos(outside)
        )),
        (missing, _) => Some(format!(
            "{} with which others were compared last cannot be found in the library any more",
            photos(missing)
        )),
    }
}

fn note_place(ctx: &Context, settings: &mut Settings) {
    let (outer, inner, maximized, minimized) = ctx.input(|input| {
        let window = input.viewport();
        (window.outer_rect, window.inner_rect, window.maximized, window.minimized)
    });
    let Some(inner) = inner.filter(|_| minimized != Some(true)) else {
        return;
    };
    let maximized = maximized.unwrap_or(false);
    let place = WindowPlace {
        position: outer.map(|outer| [outer.left(), outer.top()]),
        size: [inner.width(), inner.height()],
        maximized,
    };
    // A window that fills the screen comes back to the place that it had before.
    settings.window = Some(match settings.window.filter(|_| maximized) {
        Some(before) => WindowPlace { maximized, ..before },
        None => place,
    });
}
