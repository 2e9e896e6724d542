//! The line at the bottom: what the engine does, on what, and what went wrong. All numbers are the engine's own.

use eframe::egui::{self, Color32, Frame, Margin, ProgressBar, Response, RichText, Ui};

use refocus_engine::{IndexPhase, PassPhase, Progress};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, photos, small_icon_button};
use super::design_tokens::{Tokens, font, space, text};
use super::icons::Icon;
use super::library_state::EngineState;
use super::view::View;

/// The bar. It has no state.
#[derive(Debug, Default)]
pub(super) struct StatusBar;

/// Widths in points: of the progress bar, of a small button, of what a line between two parts takes beside their spacing, and the
/// least that is left for a message that does not fit.
const PROGRESS: f32 = 110.0;
const BUTTON: f32 = 24.0;
const SEPARATOR: f32 = 6.0;
const LEAST_MESSAGE: f32 = 60.0;

impl StatusBar {
    /// Draws the bar.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        Frame::new()
            .inner_margin(Margin::symmetric(space::MEDIUM as i8, 3))
            .show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.set_height(24.0);
                    let words = Words::of(view);
                    let shown = Shown::of(ui, &words);
                    left_part(ui, view, &words, &shown, &mut actions);
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        right_part(ui, view, &words, &shown, &mut actions);
                    });
                });
            });
        actions
    }
}

/// All that the bar could say.
struct Words {
    state: String,
    /// Whether an indexing run is shown, with its bar and button.
    indexing: bool,
    /// What was said of a worker that has ended, and why nothing is indexed or written.
    messages: Vec<(String, String, Tone)>,
    problems: Option<String>,
    device: Option<String>,
    ranked: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Warning,
    Bad,
}

impl Words {
    fn of(view: &View) -> Self {
        let library = &view.library;
        let progress = library.progress;
        let mut messages = Vec::new();
        if let Some(newest) = view.ended_workers.last() {
            let all = format!("{}\nUntil Refocus is started again", view.ended_workers.join("\n"));
            messages.push((newest.clone(), all, Tone::Bad));
        }
        if let Some(stopped) = library.stopped.as_ref().or(library.read_only.as_ref()) {
            messages.push((stopped.clone(), stopped.clone(), Tone::Warning));
        }
        Self {
            state: match (&library.engine, progress.phase) {
                (EngineState::Starting, _) => "Opening the library\u{2026}".to_owned(),
                (_, IndexPhase::Idle) => idle_line(view),
                _ => progress_line(&progress),
            },
            indexing: progress.phase != IndexPhase::Idle,
            messages,
            problems: match library.problems.len() {
                0 => None,
                1 => Some("1 problem".to_owned()),
                more => Some(format!("{} problems", grouped(more))),
            },
            device: match &library.engine {
                EngineState::Ready(device) => Some(device.device.clone()),
                EngineState::Starting | EngineState::Unusable(_) => None,
            },
            ranked: view
                .search
                .results
                .as_ref()
                .map(|results| format!("ranked in {:.0} ms", results.timings.total_ms)),
        }
    }
}

/// Where nothing is indexed: how many photos there are, and what else is done with them.
fn idle_line(view: &View) -> String {
    let all = photos(view.library.photos);
    let pass = &view.text_pass;
    if pass.phase == PassPhase::Working {
        format!(
            "{all} \u{b7} reading text, {} of {}",
            grouped(pass.done),
            grouped(pass.total)
        )
    } else {
        all
    }
}

/// What of it there is room for. In a narrow window the less important parts are left out, and the others are shortened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Shown {
    /// Most points of the state, and of each message.
    state: f32,
    message: f32,
    progress: bool,
    device: bool,
    ranked: bool,
}

impl Shown {
    fn of(ui: &Ui, words: &Words) -> Self {
        let width = |line: &String| {
            let galley = ui
                .painter()
                .layout_no_wrap(line.clone(), font(text::SMALL), Color32::WHITE);
            galley.size().x.ceil() + 1.0
        };
        let between = ui.spacing().item_spacing.x;
        let separated = |line: &Option<String>| line.as_ref().map(|line| width(line) + SEPARATOR + 2.0 * between);
        let mut room = ui.available_width() - between;
        // The button has a margin of its own.
        room -= separated(&words.problems).map_or(0.0, |problems| problems + 2.0 * between);
        if words.indexing {
            room -= BUTTON + between;
        }
        let count = words.messages.len() as f32;
        let longest = words.messages.iter().map(|(line, ..)| width(line)).fold(0.0, f32::max);
        let around = count * (SEPARATOR + 2.0 * between);
        let whole = width(&words.state);
        let state = whole.min(room - count * longest.min(LEAST_MESSAGE) - around).max(0.0);
        room -= state + around;
        let message = if count > 0.0 {
            longest.min(room / count).max(0.0)
        } else {
            0.0
        };
        room -= count * message;
        let mut fits = |part: Option<f32>| {
            let fits = part.is_some_and(|part| part <= room);
            if fits {
                room -= part.unwrap_or_default();
            }
            fits
        };
        let device = fits(separated(&words.device));
        let progress = fits(words.indexing.then_some(PROGRESS + between));
        Self {
            state,
            message,
            progress,
            device,
            ranked: (device || words.device.is_none()) && fits(separated(&words.ranked)),
        }
    }
}

fn left_part(ui: &mut Ui, view: &View, words: &Words, shown: &Shown, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let progress = view.library.progress;
    if shown.progress {
        let fraction = progress.done() as f32 / progress.found.max(1) as f32;
        let bar = ProgressBar::new(fraction)
            .desired_width(PROGRESS)
            .desired_height(6.0)
            .corner_radius(3)
            .fill(if progress.phase.rests() {
                tokens.text_faint
            } else {
                tokens.accent
            });
        ui.add(bar).accessible_name("Indexing");
    }
    line_within(ui, &words.state, tokens.text_weak, shown.state);
    if let Some((done, of)) = view.copies {
        ui.separator();
        let line = format!("{} of {} copies written", grouped(done), grouped(of));
        ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_weak));
        if small_icon_button(ui, Icon::Cross, "Write no more copies").clicked() {
            actions.push(Action::StopCopies);
        }
    }
    if let Some((done, of)) = view.sheet {
        ui.separator();
        let line = format!("Contact sheet: {} of {}", grouped(done), grouped(of));
        ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_weak));
        if small_icon_button(ui, Icon::Cross, "Stop the contact sheet").clicked() {
            actions.push(Action::StopCopies);
        }
    }
    for (line, whole, tone) in &words.messages {
        ui.separator();
        let color = match tone {
            Tone::Bad => tokens.bad,
            Tone::Warning => tokens.warning,
        };
        line_within(ui, line, color, shown.message).on_hover_text(whole);
    }
    let (icon, name) = match progress.phase {
        IndexPhase::Idle => return,
        IndexPhase::Paused => (Icon::Play, "Resume indexing"),
        IndexPhase::OnBattery => (Icon::Play, "Index on battery all the same"),
        IndexPhase::Scanning | IndexPhase::Encoding | IndexPhase::Rendering => (Icon::Pause, "Pause indexing"),
    };
    if small_icon_button(ui, icon, name).clicked() {
        actions.push(Action::Run(UiCommand::PauseOrResume));
    }
}

/// A line of at most this width.
fn line_within(ui: &mut Ui, line: &str, color: Color32, width: f32) -> Response {
    ui.scope(|ui| {
        ui.set_max_width(width);
        let line = RichText::new(line).size(text::SMALL).color(color);
        ui.add(egui::Label::new(line).truncate())
    })
    .inner
}

fn right_part(ui: &mut Ui, view: &View, words: &Words, shown: &Shown, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let small = |line: &str| RichText::new(line).size(text::SMALL).color(tokens.text_faint);
    let mut separate = false;
    if let (true, Some(line), EngineState::Ready(device)) = (shown.device, &words.device, &view.library.engine) {
        let model = format!("Model: {}", device.model);
        ui.label(small(line)).on_hover_text(match &device.warning {
            Some(warning) => format!("{model}\n{warning}"),
            None => model,
        });
        separate = true;
    }
    if let (true, Some(line), Some(results)) = (shown.ranked, &words.ranked, &view.search.results) {
        if separate {
            ui.separator();
        }
        let timings = results.timings;
        ui.label(small(line)).on_hover_text(format!(
            "text {:.1} ms \u{b7} scores {:.1} ms \u{b7} order {:.1} ms",
            timings.text_ms, timings.score_ms, timings.sort_ms
        ));
        separate = true;
    }
    if let Some(problems) = &words.problems {
        if separate {
            ui.separator();
        }
        // Not higher than the bar's other words, so that it stands on their line.
        let button = egui::Button::new(RichText::new(problems).size(text::SMALL).color(tokens.warning));
        let button = button.small().frame(false);
        if ui.add(button).on_hover_text("Files that could not be read").clicked() {
            actions.push(Action::ToggleProblems);
        }
    }
}

/// As in "indexed 4,120 of 12,408 · 31 photos/s · 4 min left".
fn progress_line(progress: &Progress) -> String {
    let mut line = match progress.phase {
        IndexPhase::Rendering => format!("rendering demo photos \u{b7} {}", grouped(progress.found)),
        IndexPhase::Scanning => format!(
            "indexed {} of {} found so far",
            grouped(progress.done()),
            grouped(progress.found)
        ),
        _ => format!("indexed {} of {}", grouped(progress.done()), grouped(progress.found)),
    };
    if progress.phase == IndexPhase::Paused {
        line.push_str(" \u{b7} paused");
        return line;
    }
    if progress.phase == IndexPhase::OnBattery {
        line.push_str(" \u{b7} on battery, waiting for mains power");
        return line;
    }
    if let Some(rate) = progress.rate() {
        line.push_str(&format!(" \u{b7} {rate}"));
    }
    if let Some(seconds) = progress.seconds_left {
        line.push_str(&format!(" \u{b7} {} left", duration(seconds)));
    }
    line
}

/// As in "40 s", "4 min", "2 h 10 min".
pub(super) fn duration(seconds: f32) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=5399 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_counts_rate_and_time_left() {
        let progress = Progress {
            phase: IndexPhase::Encoding,
            found: 12_408,
            encoded: 4_000,
            unchanged: 100,
            failed: 20,
            photos_per_second: 31.2,
            seconds_left: Some(243.0),
            seconds: 100.0,
            ..Progress::default()
        };
        assert_eq!(
            progress_line(&progress),
            "indexed 4,120 of 12,408 \u{b7} 31 photos/s \u{b7} 4 min left"
        );
        let paused = Progress {
            phase: IndexPhase::Paused,
            ..progress
        };
        assert_eq!(progress_line(&paused), "indexed 4,120 of 12,408 \u{b7} paused");
        let on_battery = Progress {
            phase: IndexPhase::OnBattery,
            ..progress
        };
        assert!(progress_line(&on_battery).ends_with("on battery, waiting for mains power"));
    }

    #[test]
    fn times_are_told_as_people_say_them() {
        assert_eq!(duration(40.2), "40 s");
        assert_eq!(duration(7_800.0), "2 h 10 min");
    }
}
