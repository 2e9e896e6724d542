//! From a key press in the focus field to the re-ordered photos on screen, in the running window: what `refocus-lab bench typing`
//! prints.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui::{Context, Event, RawInput, Ui, ViewportCommand, Visuals};

use refocus::app::{AppOptions, PixelSource, RefocusApp, WindowError, wake_function};
use refocus_engine::{EngineLink, LibraryPaths};

use super::measured_window::native_options;

/// What is typed, letter by letter. No beginning of one is a beginning of another, so that nothing is remembered.
const TYPED: [&str; 6] = [
    "the colour of the clothes",
    "what kind of animal it is",
    "how many people there are",
    "light of the late evening",
    "season of the year",
    "mood",
];

/// The same for the order of time.
const TYPED_IN_TIME: [&str; 6] = [
    "colour of the sky above",
    "which sport is played here",
    "number of cups on the table",
    "weather on that day outside",
    "kind of building behind it",
    "pose",
];

/// Letters before the first one that counts: fonts, shaders, the first search.
const WARM_UP: usize = 5;

/// Rest between an answer and the next key: the window draws nothing meanwhile.
const REST: Duration = Duration::from_millis(30);

/// One frame, now: without a delay egui draws two, and the second would be drawn while the next key is awaited.
const AT_ONCE: Duration = Duration::from_micros(1);

/// The photo that all others are compared with.
const REFERENCE: u32 = 17;

/// What was measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypingMeasurement {
    /// Photos in the library.
    pub(crate) photos: usize,
    /// Milliseconds from each key press until the frame with the new order was on screen.
    pub(crate) key_ms: Vec<f32>,
    /// The same in the order of time, where that was asked for.
    pub(crate) in_time_key_ms: Vec<f32>,
    /// Keys that do not count because nothing was being indexed any more.
    pub(crate) after_indexing: usize,
    /// Milliseconds that the engine needed for each of these orders.
    pub(crate) rank_ms: Vec<f32>,
    /// What drew it.
    pub(crate) adapter: String,
}

/// The library that is typed into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypedInto {
    /// Photos it has from the start.
    pub(crate) photos: usize,
    /// Keys count only while others are being indexed.
    pub(crate) while_indexing: bool,
    /// Once more in the order of time, with heads, dates on photos and the strip beside them.
    pub(crate) in_time: bool,
}

/// Opens the window over a library, types, and closes it.
///
/// # Errors
/// Where there is no desktop or nothing that can draw.
pub(crate) fn measure_typing(
    link: EngineLink,
    paths: LibraryPaths,
    pixels: Arc<dyn PixelSource>,
    library: TypedInto,
    on_ready: impl FnOnce(Box<dyn Fn() + Send + Sync>) + 'static,
) -> Result<TypingMeasurement, WindowError> {
    let measured = Arc::new(Mutex::new(TypingMeasurement::default()));
    let result = Arc::clone(&measured);
    eframe::run_native(
        "Refocus",
        native_options(),
        Box::new(move |creation| {
            on_ready(Box::new(wake_function(&creation.egui_ctx)));
            let state = creation.wgpu_render_state.as_ref();
            if let Ok(mut measured) = measured.lock() {
                measured.adapter = state.map_or_else(String::new, |state| state.adapter.get_info().name);
            }
            let options = AppOptions {
                pixels: Some(pixels),
                ..AppOptions::default()
            };
            let app = RefocusApp::new(creation, link, paths, options);
            Ok(Box::new(Typing {
                app,
                measured,
                library,
                letters: keys(library.in_time),
                in_time: false,
                next: 0,
                state: State::Starting,
            }))
        }),
    )?;
    Ok(result.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// The window's own program with a hand on its keyboard.
struct Typing {
    app: RefocusApp,
    measured: Arc<Mutex<TypingMeasurement>>,
    library: TypedInto,
    letters: Vec<Stroke>,
    /// Whether the photos stand in the order of time by now.
    in_time: bool,
    next: usize,
    state: State,
}

/// What is done next.
#[derive(Clone, Copy, Debug)]
enum Stroke {
    Letter(char),
    /// The field is cleared for the next text.
    Clear,
    /// From now on the photos stand in the order of time.
    InTime,
}

fn keys(in_time: bool) -> Vec<Stroke> {
    let typed = |text: &'static str| text.chars().map(Stroke::Letter).chain([Stroke::Clear]);
    let mut strokes: Vec<Stroke> = TYPED.into_iter().flat_map(typed).collect();
    if in_time {
        strokes.push(Stroke::InTime);
        strokes.extend(TYPED_IN_TIME.into_iter().flat_map(typed));
    }
    strokes
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Until the library is there and its first order on screen.
    Starting,
    /// Until it is time for the next key.
    Resting(Instant),
    /// The key was pressed; its search may not have been sent yet.
    Pressed { at: Instant, asked: Option<u64> },
    /// The frame with its order has been drawn but not shown yet.
    Drawn { at: Instant },
}

impl Typing {
    fn press(&mut self, ctx: &Context, input: &mut RawInput) {
        match self.letters.get(self.next) {
            Some(Stroke::Letter(letter)) => {
                input.events.push(Event::Text(letter.to_string()));
                self.state = State::Pressed {
                    at: Instant::now(),
                    asked: None,
                };
            }
            Some(Stroke::Clear) => {
                self.app.start_typing(ctx);
                self.state = State::Resting(Instant::now());
            }
            Some(Stroke::InTime) => {
                self.app.show_in_time(true);
                self.in_time = true;
                self.state = State::Resting(Instant::now());
            }
            None => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
        self.next += 1;
    }

    fn shown(&mut self, at: Instant) {
        let Ok(mut measured) = self.measured.lock() else { return };
        measured.photos = self.app.photos();
        if self.library.while_indexing && !self.app.indexing() {
            measured.after_indexing += 1;
        } else if self.next > WARM_UP {
            let ms = at.elapsed().as_secs_f32() * 1e3;
            if self.in_time {
                measured.in_time_key_ms.push(ms);
            } else {
                measured.key_ms.push(ms);
            }
            measured.rank_ms.extend(self.app.last_ranking_ms());
        }
    }
}

impl eframe::App for Typing {
    fn raw_input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        // A frame begins where the one before it is on screen.
        if let State::Drawn { at } = self.state {
            self.shown(at);
            self.state = State::Resting(Instant::now());
        }
        // The photos have no files: a hint that says so would be drawn over the photo under the pointer.
        input.events.push(Event::PointerGone);
        if let State::Resting(since) = self.state
            && since.elapsed() >= REST
            && self.app.settled()
        {
            self.press(ctx, input);
        }
    }

    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        let there = self.app.photos() >= self.library.photos && self.app.settled();
        let indexing = self.app.indexing() || !self.library.while_indexing;
        if matches!(self.state, State::Starting) && there && indexing {
            self.app.compare_with_row(REFERENCE);
            self.app.start_typing(&ctx);
            self.state = State::Resting(Instant::now());
        }
        self.app.ui(ui, frame);
        match self.state {
            State::Starting => ctx.request_repaint_after(REST),
            State::Resting(_) => ctx.request_repaint_after(REST),
            State::Drawn { .. } => ctx.request_repaint_after(AT_ONCE),
            State::Pressed { at, asked } => {
                let asked = asked.unwrap_or_else(|| self.app.asked_generation());
                let drawn = self.app.shown_generation().is_some_and(|shown| shown >= asked) && self.app.settled();
                self.state = if drawn {
                    ctx.request_repaint_after(AT_ONCE);
                    State::Drawn { at }
                } else {
                    // The engine wakes the window when the answer is there.
                    State::Pressed { at, asked: Some(asked) }
                };
            }
        }
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }

    fn on_exit(&mut self) {
        self.app.on_exit();
    }
}
