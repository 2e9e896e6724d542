//! Between the window and the engine: what it said, what the person brought, what is asked of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{ColorImage, Context};

use refocus_engine::{Command, Event, IndexPhase, OutsideId, OutsideSource, ReferenceSource};

use super::application::{OutsideState, RefocusApp};
use super::controls::photos;
use super::intake::Arrived;
use super::library_state::EngineState;
use super::picture::Picture;
use super::search_state::Arrival;

/// Events taken in one frame; the rest waits for the next one.
const EVENTS_A_FRAME: usize = 64;

impl RefocusApp {
    /// Takes what the engine said since the last frame.
    pub(super) fn drain_events(&mut self, ctx: &Context) {
        for _ in 0..EVENTS_A_FRAME {
            match self.link.events.try_recv() {
                Ok(event) => self.take_event(event),
                Err(crossbeam_channel::TryRecvError::Empty) => return,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    self.engine_ended();
                    return;
                }
            }
        }
        ctx.request_repaint();
    }

    fn engine_ended(&mut self) {
        if !self.stopped {
            self.stopped = true;
            if !matches!(self.library.engine, EngineState::Unusable(_)) {
                let text = "The background worker has stopped. Close the window and start Refocus again.";
                self.library.engine = EngineState::Unusable(text.into());
            }
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Ready(device) => {
                if let Some(warning) = &device.warning {
                    self.notices.add(warning.clone());
                }
                self.library.engine = EngineState::Ready(device);
                // Another model may have taken over: its order is another one.
                self.search.library_changed();
            }
            Event::ReadOnly(why) => self.library.read_only = Some(why),
            Event::Writable => self.library.read_only = None,
            Event::Unusable(reason) => self.library.engine = EngineState::Unusable(reason),
            Event::Library { rows, folders } => {
                let change = self.library.update_rows(rows, folders);
                if change.photos {
                    self.textures.forget_gone(&self.library.rows);
                    self.search.library_changed();
                } else if change.marks && self.search.request.filter.asks_for_marks() {
                    self.search.marks_changed();
                }
            }
            Event::Progress(progress) => {
                if self.library.progress.phase == IndexPhase::Idle {
                    self.library.stopped = None;
                }
                self.library.progress = progress;
            }
            Event::IndexingFailed(reason) => {
                self.notices.add(reason.clone());
                self.library.stopped = Some(reason);
            }
            Event::IndexingEnded(progress) => self.library.progress = progress,
            Event::Problems(problems) => self.library.problems = problems,
            Event::Results(results) => {
                let arrival = self.search.arrived(results, self.gallery.holds_order());
                match arrival {
                    Arrival::Asked => self.gallery.content_changed(true),
                    Arrival::Refreshed => self.gallery.content_changed(false),
                    Arrival::Held | Arrival::Stale => {}
                }
            }
            Event::Explanation(explanation) => self.explanation = Some(explanation),
            Event::Heat(heat) => self.heat.arrived(heat),
            Event::VectorsSaved { path, saved } => self.notices.add(match saved {
                Ok(count) => format!("Vectors of {} written to {}", photos(count), path.display()),
                Err(reason) => reason,
            }),
            Event::Outside { id, result } => self.outside_ready(id, result),
            Event::Models(state) => self.models.state = state,
            Event::Notice(text) | Event::WorkerFailed { message: text, .. } => self.notices.add(text),
            Event::Stopped => self.engine_ended(),
        }
    }

    fn outside_ready(&mut self, id: OutsideId, result: Result<(u32, u32, Arc<[u8]>), String>) {
        // It may have been removed while it was being encoded.
        let Some(picture) = self.outside.get_mut(&id) else {
            return;
        };
        if matches!(picture.state, OutsideState::Ready(_)) && result.is_ok() {
            // Another model has encoded it once more; it is a reference already.
            self.search.library_changed();
            return;
        }
        match result {
            Ok((width, height, rgb)) if rgb.len() == width as usize * height as usize * 3 && !rgb.is_empty() => {
                let image = ColorImage::from_rgb([width as usize, height as usize], &rgb);
                picture.state = OutsideState::Ready(Picture::new(image));
                self.search.toggle_reference(ReferenceSource::Outside(id), true);
            }
            Ok(_) => picture.state = OutsideState::Failed("the preview is damaged".into()),
            Err(reason) => {
                self.notices
                    .add(format!("{} cannot be a reference: {reason}", picture.name));
                picture.state = OutsideState::Failed(reason);
            }
        }
    }

    /// Takes what was dropped, pasted or chosen.
    pub(super) fn take_arrivals(&mut self) {
        while let Some(arrived) = self.intake.take() {
            match arrived {
                Arrived::Folder(path) => self.outbox.send(Command::AddFolder(path)),
                Arrived::Picture(path) => {
                    let name = path
                        .file_name()
                        .unwrap_or(path.as_os_str())
                        .to_string_lossy()
                        .into_owned();
                    self.add_outside(name, OutsideSource::File(path));
                }
                Arrived::LeftOut(path) => self.leave_out_folder(path),
                Arrived::Missing(path) => self
                    .notices
                    .add(format!("There is nothing to read at {}", path.display())),
                Arrived::Pixels { width, height, rgba } => {
                    let source = OutsideSource::Pixels { width, height, rgba };
                    self.add_outside("Pasted picture".into(), source);
                }
                Arrived::Failed(line) => self.notices.add(line),
                Arrived::NoDialog if self.panels.settings.is_some() => self
                    .notices
                    .add("The desktop offers no folder dialog: type the folder's path".into()),
                Arrived::NoDialog => {
                    self.panels.path.get_or_insert_default();
                }
            }
        }
    }

    /// A person who comes back has often changed something elsewhere.
    pub(super) fn notice_return(&mut self, ctx: &Context) {
        let attended = ctx.input(|input| input.viewport().focused).unwrap_or(true);
        if attended && !std::mem::replace(&mut self.attended, attended) {
            self.outbox.send(Command::CatchUp);
        }
        self.attended = attended;
    }

    /// Sends what changed: the search, the photo to explain.
    pub(super) fn send_changes(&mut self, ctx: &Context) {
        let now = Instant::now();
        if matches!(self.library.engine, EngineState::Ready(_))
            && let Some(command) = self.search.due(now)
        {
            self.outbox.send(command);
        }
        if let Some(wait) = self.search.wait(now) {
            ctx.request_repaint_after(wait);
        }
        self.ask_for_explanation();
        self.ask_for_heat();
        if self.outbox.flush() {
            ctx.request_repaint_after(Duration::from_millis(20));
        }
        if self.outbox.closed() {
            self.engine_ended();
        }
    }

    fn ask_for_explanation(&mut self) {
        if !self.panels.right {
            return;
        }
        let photo = self.gallery.selection.cursor.and_then(|row| self.library.photo(row));
        let wanted = photo.map(|photo| photo.id).zip(self.shown_generation());
        if let Some((id, _)) = wanted
            && wanted != self.explained
        {
            self.explained = wanted;
            self.outbox.send(Command::Explain(id));
        }
    }
}
