//! The window's end of the engine: commands on their way, and what was asked last.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Receiver;
use eframe::egui::Context;

use refocus_engine::{Command, EngineLink, EngineTuning, Event, Explain, FileId};

use super::outbox::Outbox;
use super::view::View;

/// Time after which a full channel is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// Channels, and what went through them last.
pub(super) struct EngineEnd {
    /// What the engine tells.
    pub(super) events: Receiver<Event>,
    outbox: Outbox,
    /// What the engine was told of the settings last.
    tuned: EngineTuning,
    /// The photo, and the search, that were asked to be explained last.
    explained: Option<(FileId, u64)>,
    /// Whether it has ended.
    pub(super) ended: bool,
}

impl EngineEnd {
    /// The end of a link to an engine that knows this of the settings.
    pub(super) fn new(link: EngineLink, tuned: EngineTuning) -> Self {
        Self {
            events: link.events,
            outbox: Outbox::new(link.commands),
            tuned,
            explained: None,
            ended: false,
        }
    }

    /// Queues a command.
    pub(super) fn send(&mut self, command: Command) {
        self.outbox.send(command);
    }

    /// Queues commands.
    pub(super) fn send_all(&mut self, commands: impl IntoIterator<Item = Command>) {
        for command in commands {
            self.send(command);
        }
    }

    /// Tells what it is to do otherwise; not while a slider is being moved.
    pub(super) fn tune(&mut self, ctx: &Context, view: &View) {
        if ctx.input(|input| input.pointer.any_down()) {
            return;
        }
        let wanted = view.settings.tuning();
        if wanted != self.tuned {
            self.tuned = wanted.clone();
            self.send(Command::Tune(Box::new(wanted)));
        }
    }

    /// Asks why the photo that the keyboard is on stands where it stands, while that is shown.
    pub(super) fn ask_for_explanation(&mut self, view: &View) {
        if !view.settings.right_panel {
            return;
        }
        let photo = view.cursor().map(|(_, photo)| photo.id);
        // The complete order follows a first screenful under the same number.
        let results = view.search.results.as_ref().filter(|results| !results.provisional);
        let Some((id, results)) = photo.zip(results) else {
            return;
        };
        let wanted = Some((id, results.generation));
        if wanted != self.explained {
            self.explained = wanted;
            self.send(Command::Explain(Box::new(Explain {
                id,
                request: view.search.answered.clone(),
                results: Arc::clone(results),
            })));
        }
    }

    /// An engine that has started anew does not know what the one before was asked.
    pub(super) fn ask_again(&mut self) {
        self.explained = None;
    }

    /// Asks for the heat map of the large photo, else of the one that the keyboard is on, once the search is answered.
    pub(super) fn ask_for_heat(&mut self, view: &mut View) {
        let generation = view.shown_generation();
        let Some(generation) = generation.filter(|_| view.heat.on() && view.search.answered()) else {
            return;
        };
        let row = view.large.or(view.selection.cursor);
        let photo = row
            .and_then(|row| view.library.photo(row))
            .filter(|photo| photo.encoded);
        if let Some(id) = photo.map(|photo| photo.id)
            && let Some(command) = view.heat.request(id, view.search.request.focus.trim(), generation)
        {
            self.send(command);
        }
    }

    /// Hands over what there is room for; returns whether the engine is still there.
    pub(super) fn flush(&mut self, ctx: &Context) -> bool {
        if self.outbox.flush() {
            ctx.request_repaint_after(TRY_AGAIN);
        }
        !self.outbox.closed()
    }
}
