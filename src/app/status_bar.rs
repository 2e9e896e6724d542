//! The line at the bottom: what the engine does, on what, and what went wrong. All numbers are the engine's own.

use eframe::egui::{self, Frame, Margin, ProgressBar, RichText, Ui};

use refocus_engine::{IndexPhase, Progress};

use super::action::Action;
use super::commands::UiCommand;
use super::controls::{grouped, photos, small_icon_button};
use super::design_tokens::{Tokens, space, text};
use super::icons::Icon;
use super::library_state::EngineState;
use super::view::View;

/// The bar. It remembers nothing.
#[derive(Debug, Default)]
pub(super) struct StatusBar;

impl StatusBar {
    /// Draws the bar.
    pub(super) fn ui(&mut self, ui: &mut Ui, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        let tokens = Tokens::of(ui);
        Frame::new()
            .inner_margin(Margin::symmetric(space::MEDIUM as i8, 3))
            .show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.set_height(24.0);
                    indexing_state(ui, view, &mut actions);
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let small = |line: String| RichText::new(line).size(text::SMALL).color(tokens.text_faint);
                        if let EngineState::Ready(device) = &view.library.engine {
                            let label = ui.label(small(device.device.clone()));
                            let model = format!("Model: {}", device.model);
                            label.on_hover_text(match &device.warning {
                                Some(warning) => format!("{model}\n{warning}"),
                                None => model,
                            });
                        }
                        if let Some(results) = &view.search.results {
                            let timings = results.timings;
                            ui.separator();
                            ui.label(small(format!("ranked in {:.0} ms", timings.total_ms)))
                                .on_hover_text(format!(
                                    "text {:.1} ms \u{b7} scores {:.1} ms \u{b7} order {:.1} ms",
                                    timings.text_ms, timings.score_ms, timings.sort_ms
                                ));
                        }
                        problems_button(ui, view, &mut actions);
                    });
                });
            });
        actions
    }
}

fn indexing_state(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let tokens = Tokens::of(ui);
    let progress = view.library.progress;
    let line = match (&view.library.engine, progress.phase) {
        (EngineState::Starting, _) => "Opening the library\u{2026}".to_owned(),
        (_, IndexPhase::Idle) => photos(view.library.photos),
        _ => progress_line(&progress),
    };
    if progress.phase != IndexPhase::Idle {
        let fraction = progress.done() as f32 / progress.found.max(1) as f32;
        let bar = ProgressBar::new(fraction)
            .desired_width(110.0)
            .desired_height(6.0)
            .corner_radius(3)
            .fill(if progress.phase.rests() {
                tokens.text_faint
            } else {
                tokens.accent
            });
        ui.add(bar).accessible_name("Indexing");
    }
    ui.label(RichText::new(line).size(text::SMALL).color(tokens.text_weak));
    if let Some(newest) = view.ended_workers.last() {
        ui.separator();
        let line = RichText::new(newest).size(text::SMALL).color(tokens.bad);
        ui.add(egui::Label::new(line).truncate()).on_hover_text(format!(
            "{}\nUntil Refocus is started again",
            view.ended_workers.join("\n")
        ));
    }
    if let Some(stopped) = view.library.stopped.as_ref().or(view.library.read_only.as_ref()) {
        ui.separator();
        let line = RichText::new(stopped).size(text::SMALL).color(tokens.warning);
        ui.add(egui::Label::new(line).truncate()).on_hover_text(stopped);
    }
    match progress.phase {
        IndexPhase::Idle => {}
        IndexPhase::Paused => {
            if small_icon_button(ui, Icon::Play, "Resume indexing").clicked() {
                actions.push(Action::Run(UiCommand::PauseOrResume));
            }
        }
        IndexPhase::OnBattery => {
            if small_icon_button(ui, Icon::Play, "Index on battery all the same").clicked() {
                actions.push(Action::Run(UiCommand::PauseOrResume));
            }
        }
        IndexPhase::Scanning | IndexPhase::Encoding | IndexPhase::Rendering => {
            if small_icon_button(ui, Icon::Pause, "Pause indexing").clicked() {
                actions.push(Action::Run(UiCommand::PauseOrResume));
            }
        }
    }
}

fn problems_button(ui: &mut Ui, view: &View, actions: &mut Vec<Action>) {
    let count = view.library.problems.len();
    if count == 0 {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.separator();
    let label = if count == 1 {
        "1 problem".to_owned()
    } else {
        format!("{} problems", grouped(count))
    };
    // Not higher than the bar's other words, so that it stands on their line.
    let button = egui::Button::new(RichText::new(label).size(text::SMALL).color(tokens.warning));
    let button = button.small().frame(false);
    if ui.add(button).on_hover_text("Files that could not be read").clicked() {
        actions.push(Action::ToggleProblems);
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
