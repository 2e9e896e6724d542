//! The list of files that could not be read.

use eframe::egui::text::LayoutJob;
use eframe::egui::{self, Context, Label, RichText, ScrollArea, Ui, Window, vec2};

use refocus_engine::{Problem, RetryScope};
use refocus_media::FailureKind;

use super::action::Action;
use super::controls::one_line;
use super::design_tokens::{Tokens, font, text};
use super::elsewhere::Outward;
use super::view::View;

/// Height of a row in points, and lines of it that the reason may take. All rows are as high, so that only those on screen are laid out;
/// what finds no room is shown under the pointer.
const ROW: f32 = 76.0;
const REASON_LINES: usize = 3;

/// The window, open or not.
#[derive(Debug, Default)]
pub(super) struct ProblemsWindow {
    /// Whether it is open.
    pub(super) open: bool,
}

impl ProblemsWindow {
    /// Draws the list, where it is open.
    pub(super) fn ui(&mut self, ctx: &Context, view: &View) -> Vec<Action> {
        let mut actions = Vec::new();
        self.open &= !view.library.problems.is_empty();
        if !self.open {
            return actions;
        }
        Window::new("Files that could not be read")
            .open(&mut self.open)
            .collapsible(false)
            .default_size(vec2(720.0, 460.0))
            .min_size(vec2(420.0, 240.0))
            .pivot(egui::Align2::CENTER_CENTER)
            .default_pos(ctx.content_rect().center())
            .show(ctx, |ui| problem_list(ui, &view.library.problems, &mut actions));
        actions
    }
}

fn problem_list(ui: &mut Ui, problems: &[Problem], actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        if ui.button("Retry all").clicked() {
            actions.push(Action::Retry(RetryScope::All));
        }
        if ui.button("Copy list").clicked() {
            ui.ctx().copy_text(as_text(problems));
        }
    });
    ui.separator();
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, ROW, problems.len(), |ui, rows| {
            for problem in problems.get(rows).unwrap_or_default() {
                actions.extend(problem_row(ui, problem));
            }
        });
}

fn problem_row(ui: &mut Ui, problem: &Problem) -> Option<Action> {
    let tokens = Tokens::of(ui);
    let name = problem
        .path
        .file_name()
        .unwrap_or(problem.path.as_os_str())
        .to_string_lossy();
    let mut action = None;
    ui.horizontal(|ui| {
        ui.set_height(ROW - 8.0);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Retry").accessible_name(format!("Retry {name}")).clicked() {
                action = Some(Action::Retry(RetryScope::Files(vec![problem.path.clone()])));
            }
            if ui.button("Reveal").accessible_name(format!("Reveal {name}")).clicked() {
                action = Some(Action::Show(Outward::Reveal(problem.path.clone())));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    one_line(ui, RichText::new(problem.path.display().to_string()).size(13.0))
                        .on_hover_text(problem.path.display().to_string());
                    let reason = format!("{} \u{b7} {}", kind(problem.kind), problem.message);
                    let when = when(problem, jiff::Timestamp::now().as_second());
                    let mut job = LayoutJob::simple(reason.clone(), font(text::SMALL), tokens.text_weak, 0.0);
                    job.wrap.max_rows = REASON_LINES;
                    ui.add(Label::new(job).wrap().show_tooltip_when_elided(false))
                        .on_hover_text(format!("{reason}\n{when}"));
                });
            });
        });
    });
    action
}

/// As in "Failed 2024-06-30 14:05; tried again in 8 min".
fn when(problem: &Problem, now: i64) -> String {
    let failed = jiff::Timestamp::from_second(problem.failed_at).map_or_else(
        |_| "Failed".to_owned(),
        |at| {
            format!(
                "Failed {}",
                at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M")
            )
        },
    );
    let next = match problem.next_try {
        None => "not tried again until it changes".to_owned(),
        Some(at) if at <= now => "tried again at once".to_owned(),
        Some(at) => format!("tried again in {}", super::status_bar::duration((at - now) as f32)),
    };
    format!("{failed}; {next}")
}

fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unsupported => "Not a kind of picture that is read",
        FailureKind::Corrupt => "Damaged",
        FailureKind::TooLarge => "Too large",
        FailureKind::NoPermission => "No permission",
        FailureKind::Io => "Could not be reached",
        FailureKind::OutOfMemory => "Not enough memory",
        FailureKind::Interrupted => "Not read to its end",
    }
}

fn as_text(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| {
            format!(
                "{}: {}: {}\n",
                kind(problem.kind),
                problem.message,
                problem.path.display()
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_since_when_it_is_one_and_when_it_is_tried_again() {
        let mut problem = Problem {
            path: "/photos/a.jpg".into(),
            kind: FailureKind::Io,
            message: "reading it failed".into(),
            failed_at: 1_700_000_000,
            next_try: Some(1_700_000_480),
        };
        let line = when(&problem, 1_700_000_000);
        assert!(line.starts_with("Failed 2023-11-1"), "{line}");
        assert!(line.ends_with("; tried again in 8 min"), "{line}");
        problem.next_try = None;
        assert!(when(&problem, 0).ends_with("until it changes"));
    }
}
