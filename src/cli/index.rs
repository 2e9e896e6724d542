//! `refocus index PATH…`: scan and encode.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use refocus_engine::{
    AccessWanted, Command, EngineConfig, EngineTuning, Event, LeftOutHere, LibraryPaths, PassKind, PassProgress,
    PeopleRequest, PeopleState, Problem, Progress, RetryScope, Rows, WatchParams, count_words,
};
use refocus_media::left_out_rule;

use super::arguments::Index;
use super::output;
use super::session::{Session, tuning_of};

pub(super) fn run(paths: &LibraryPaths, arguments: &Index) -> anyhow::Result<()> {
    let roots: Vec<PathBuf> = arguments
        .paths
        .iter()
        .map(|path| {
            std::fs::canonicalize(path).with_context(|| format!("this folder cannot be opened: {}", path.display()))
        })
        .collect::<Result<_, _>>()?;
    let watch = arguments.watch.then_some(WatchParams {
        poll_every: Duration::from_secs(arguments.poll_seconds),
        only_poll: arguments.only_poll,
    });
    let mut session = Session::with(EngineConfig {
        watch,
        access: AccessWanted::Write,
        gives_way: arguments.watch,
        tuning: tuning(paths, arguments),
        ..EngineConfig::new(paths.clone())
    })?;
    let (mut total, mut without_photos) = (Progress::default(), Vec::new());
    for root in &roots {
        if arguments.retry {
            let failed = session
                .problems
                .iter()
                .map(|p| p.path.clone())
                .filter(|p| p.starts_with(root))
                .collect();
            index(&mut session, Command::Retry(RetryScope::Files(failed)))?;
        }
        let run = index(&mut session, Command::AddFolder(root.clone()))?;
        if run.found == 0 {
            without_photos.push(root);
        }
        add(&mut total, &run);
    }
    let faces = if arguments.people {
        session.ask_people(PeopleRequest::SwitchOn)?;
        Some(pass_over(&mut session, PassKind::Faces)?)
    } else {
        None
    };
    let text = match arguments.text {
        Some(_) => Some(pass_over(&mut session, PassKind::Text)?),
        None => None,
    };
    // Of one that cannot be reached it was said.
    let is_online = |root: &Path| {
        let mut folders = session.folders.iter();
        folders.any(|folder| folder.online && root.starts_with(&folder.path))
    };
    without_photos.retain(|root| is_online(root));
    let left_out: Vec<&LeftOutHere> = session
        .folders
        .iter()
        .filter(|folder| roots.contains(&folder.path))
        .flat_map(|folder| folder.left_out.iter())
        .collect();
    let (folders, failures): (Vec<&Problem>, Vec<&Problem>) = session
        .problems
        .iter()
        .filter(|problem| roots.iter().any(|root| problem.path.starts_with(root)))
        .partition(|problem| problem.path.is_dir());
    if arguments.json {
        let failures: Vec<_> = failures
            .into_iter()
            .map(|problem| {
                output::with_path(
                    &problem.path,
                    json!({"kind": problem.kind.as_str(), "message": problem.message}),
                )
            })
            .collect();
        let folders: Vec<_> = folders
            .into_iter()
            .map(|problem| output::with_path(&problem.path, json!({"message": problem.message})))
            .collect();
        output::print_json(&json!({
            "photos": total.found,
            "encoded": total.encoded,
            "unchanged": total.unchanged,
            "failed": total.failed,
            "seconds": total.seconds,
            "failures": failures,
            "unreadable_folders": folders,
            "left_out": left_out.into_iter().map(left_out_as_json).collect::<Vec<_>>(),
            "text": text.as_ref().map(|(seen, seconds)| text_as_json(&session.rows, seen, *seconds)),
            "people": faces.as_ref().map(|(seen, seconds)| people_as_json(&session.people, seen, *seconds)),
        }))?;
    } else {
        for problem in folders.into_iter().chain(failures) {
            output::say(&format!("{}: {}", problem.message, problem.path.display()));
        }
        for root in without_photos {
            output::say(&format!("no photos were found in {}", root.display()));
        }
        if !left_out.is_empty() {
            let all: Vec<String> = left_out.into_iter().map(left_out_in_words).collect();
            output::say(&format!("left out: {}", all.join("; ")));
        }
        if total.found > 0 {
            output::say(&format!(
                "{} photos: {} encoded, {} unchanged, {} could not be read; {:.1} s",
                total.found, total.encoded, total.unchanged, total.failed, total.seconds
            ));
        }
    }
    if let (Some((seen, _)), false) = (&faces, arguments.json) {
        let people = &session.people;
        output::say(&format!(
            "{} faces of {} persons in {} photos, {} faces of nobody for sure; `refocus people list` shows who",
            people.faces,
            people.persons.len(),
            seen.done,
            people.unassigned
        ));
    }
    if let (Some((seen, _)), false) = (&text, arguments.json) {
        let with_text = with_text(&session.rows);
        output::say(&format!(
            "{} photos looked at for text, {with_text} photos with text",
            seen.done
        ));
    }
    if arguments.watch {
        output::say("watching for changes; end with Ctrl+C");
        stay(&mut session)?;
    }
    Ok(())
}

/// What is left out: what the person set for this library, and what was typed.
fn tuning(paths: &LibraryPaths, arguments: &Index) -> EngineTuning {
    let mut tuning = tuning_of(paths);
    tuning.excluded_patterns.extend(arguments.exclude.iter().cloned());
    if let Some(kilobytes) = arguments.smallest {
        tuning.smallest_bytes = kilobytes.saturating_mul(1 << 10);
    }
    // Who asks for it here does not want what was paused in the window to stay paused.
    tuning.faces_paused &= !arguments.people;
    if let Some(which) = arguments.text {
        tuning.read_photos = which.into();
        tuning.text_paused = false;
    }
    tuning.rules_off.extend(arguments.take_in.iter().cloned());
    tuning
}

/// Where there is no terminal, a line tells this often how far it is.
const TELL_EVERY: Duration = Duration::from_secs(20);

/// Takes all photos to a pass, with a progress bar on a terminal. Returns what was seen, and the seconds that it took.
fn pass_over(session: &mut Session, kind: PassKind) -> anyhow::Result<(PassProgress, f64)> {
    let name = kind.as_str();
    let bar = progress_bar();
    let start = Instant::now();
    let mut told = start;
    let progress = session.finish_pass(kind, |progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        if bar.is_hidden() && told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            output::say(&format!("{name}: {} of {} photos", progress.done, progress.total));
        }
        let left = progress
            .seconds_left
            .map(|seconds| format!("{name} · {seconds:.0} s left"));
        bar.set_message(left.unwrap_or_else(|| name.to_owned()));
    });
    bar.finish_and_clear();
    Ok((progress?, start.elapsed().as_secs_f64()))
}

/// Photos in which text was read.
fn with_text(rows: &Rows) -> usize {
    let shown = rows.iter().filter(|row| row.is_shown());
    shown.filter(|row| row.extras.text.is_some()).count()
}

fn text_as_json(rows: &Rows, seen: &PassProgress, seconds: f64) -> Value {
    json!({
        "photos": seen.done,
        "unreachable": seen.unreachable,
        "with_text": with_text(rows),
        "seconds": seconds,
    })
}

fn people_as_json(people: &PeopleState, seen: &PassProgress, seconds: f64) -> Value {
    json!({
        "photos": seen.done,
        "unreachable": seen.unreachable,
        "faces": people.faces,
        "persons": people.persons.len(),
        "of_nobody": people.unassigned,
        "seconds": seconds,
    })
}

fn left_out_in_words(here: &LeftOutHere) -> String {
    let name = left_out_rule(here.rule).map_or(here.rule, |rule| rule.name);
    format!("{} ({name})", count_words(here.count))
}

fn left_out_as_json(here: &LeftOutHere) -> Value {
    let examples: Vec<_> = here
        .examples
        .iter()
        .map(|path| output::with_path(path, json!({})))
        .collect();
    json!({
        "row": here.rule,
        "what": left_out_rule(here.rule).map(|rule| rule.what),
        "folders": here.count.folders,
        "files": here.count.files,
        "examples": examples,
    })
}

/// Takes in changes until the process is ended; says when the number of photos or of problems is another one, and once why indexing
/// had to stop, however often it is tried again.
fn stay(session: &mut Session) -> anyhow::Result<()> {
    let mut said = None;
    let mut stopped = None;
    let mut known = None;
    let mut problems = session.problems.len();
    session.wait(|event| {
        let photos = match &event {
            Event::Problems(list) => {
                problems = list.len();
                None
            }
            Event::Library { rows, .. } => {
                let photos = rows.iter().filter(|row| !row.gone).count();
                // Indexing went on.
                if known.replace(photos).is_some_and(|before| before != photos) {
                    stopped = None;
                }
                Some(photos)
            }
            Event::IndexingFailed(reason) => {
                if stopped.as_ref() != Some(reason) {
                    output::say(&format!("refocus: {reason}"));
                    stopped = Some(reason.clone());
                }
                None
            }
            _ => None,
        };
        if let Some(photos) = photos
            && said != Some((photos, problems))
        {
            said = Some((photos, problems));
            output::say(&format!("{photos} photos, {problems} problems"));
        }
        None
    })
}

/// A progress bar on a terminal, and nothing elsewhere.
fn progress_bar() -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{bar:32} {pos} of {len}  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Runs one indexing command with a progress bar on a terminal.
pub(super) fn index(session: &mut Session, command: Command) -> anyhow::Result<Progress> {
    let bar = progress_bar();
    let progress = session.run_indexing(command, |progress| {
        bar.set_length(progress.found as u64);
        bar.set_position(progress.done() as u64);
        let left = progress.seconds_left.map(|seconds| format!("{seconds:.0} s left"));
        let parts: Vec<String> = progress.rate().into_iter().chain(left).collect();
        bar.set_message(parts.join(" · "));
    });
    bar.finish_and_clear();
    progress
}

fn add(total: &mut Progress, run: &Progress) {
    total.found += run.found;
    total.encoded += run.encoded;
    total.unchanged += run.unchanged;
    total.failed += run.failed;
    total.seconds += run.seconds;
}
