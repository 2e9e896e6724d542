//! `refocus clean-up`: identical files, photos that are nearly the same and bursts, and which of each would be kept. Nothing is deleted.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::byte_text::byte_text;
use refocus_engine::{
    CleanUp, CleanUpGroup, CleanUpKind, CleanUpPhase, CleanUpRequest, Command, Event, FileId, LibraryPaths, PhotoRow,
};

use super::arguments::CleanUpArguments;
use super::output;
use super::progress::progress_bar;
use super::session::{Session, folder_within};

pub(super) fn run(paths: &LibraryPaths, arguments: &CleanUpArguments) -> anyhow::Result<()> {
    let within = folder_within(arguments.within.as_deref())?;
    let mut session = Session::start(paths)?;
    let bar = progress_bar("photos");
    let generation = 1;
    session.send(Command::CleanUp(CleanUpRequest::Look { generation }));
    let found = session.wait(|event| match event {
        Event::CleanUp(state) => {
            bar.set_length(state.total as u64);
            bar.set_position(state.done as u64);
            let ended = matches!(state.phase, CleanUpPhase::Done | CleanUpPhase::Stopped);
            (ended && state.generation == generation).then_some(state)
        }
        _ => None,
    })?;
    bar.finish_and_clear();
    let rows: HashMap<FileId, &PhotoRow> = session
        .rows
        .iter()
        .filter(|row| !row.gone)
        .map(|row| (row.id, row))
        .collect();
    let groups: Vec<&CleanUpGroup> = found
        .groups
        .iter()
        .filter(|group| is_within(group, within.as_deref()))
        .collect();
    if arguments.json {
        return output::print_json(&as_json(&groups, &rows, &found));
    }
    print_table(&groups, &rows);
    Ok(())
}

/// Whether a photo of the group lies below the folder.
fn is_within(group: &CleanUpGroup, folder: Option<&Path>) -> bool {
    folder.is_none_or(|folder| group.photos.iter().any(|photo| photo.path.starts_with(folder)))
}

fn as_json(groups: &[&CleanUpGroup], rows: &HashMap<FileId, &PhotoRow>, found: &Arc<CleanUp>) -> Value {
    let of = |identical: bool| {
        let groups = groups
            .iter()
            .filter(|group| (group.kind == CleanUpKind::Identical) == identical);
        let groups: Vec<Value> = groups.map(|group| group_as_json(group, rows)).collect();
        groups
    };
    let spare = |identical: bool| -> u64 {
        let groups = groups
            .iter()
            .filter(|group| (group.kind == CleanUpKind::Identical) == identical);
        groups.map(|group| group.spare_bytes()).sum()
    };
    json!({
        "photos": rows.values().filter(|row| row.is_shown()).count(),
        "seconds": found.compared_s,
        "identical_bytes": spare(true),
        "identical": of(true),
        "alike_bytes": spare(false),
        "alike": of(false),
    })
}

fn group_as_json(group: &CleanUpGroup, rows: &HashMap<FileId, &PhotoRow>) -> Value {
    let photos: Vec<Value> = group
        .photos
        .iter()
        .enumerate()
        .map(|(place, photo)| {
            let row = rows.get(&photo.id);
            output::with_path(
                &photo.path,
                json!({
                    "keep": place == group.best,
                    "bytes": photo.bytes,
                    "width": row.map(|row| row.width),
                    "height": row.map(|row| row.height),
                    "sharpness": photo.sharpness,
                }),
            )
        })
        .collect();
    json!({
        "kind": group.kind.as_str(),
        "why": group.why_in_words(),
        "bytes": group.spare_bytes(),
        "photos": photos,
    })
}

fn print_table(groups: &[&CleanUpGroup], rows: &HashMap<FileId, &PhotoRow>) {
    let (identical, alike): (Vec<&CleanUpGroup>, Vec<&CleanUpGroup>) =
        groups.iter().partition(|group| group.kind == CleanUpKind::Identical);
    for (head, groups) in [("Identical files", identical), ("Nearly the same", alike)] {
        let spare: u64 = groups.iter().map(|group| group.spare_bytes()).sum();
        let plural = if groups.len() == 1 { "group" } else { "groups" };
        let line = match groups.len() {
            0 => format!("{head}: none"),
            count => format!("{head}: {count} {plural}, {} could be free", byte_text(spare)),
        };
        output::print(&line);
        for group in groups {
            let kind = match group.kind {
                CleanUpKind::Identical => "files",
                CleanUpKind::Same => "photos",
                CleanUpKind::Burst => "photos of a burst",
            };
            output::print(&format!("  {} {kind}", group.photos.len()));
            for (place, photo) in group.photos.iter().enumerate() {
                let why = group.why_in_words();
                let keep = match (place == group.best, why.is_empty()) {
                    (true, true) => "  keep".to_owned(),
                    (true, false) => format!("  keep: {why}"),
                    (false, _) => String::new(),
                };
                let size = rows
                    .get(&photo.id)
                    .map_or_else(String::new, |row| format!("{} \u{d7} {}, ", row.width, row.height));
                let bytes = byte_text(photo.bytes);
                output::print(&format!("    {}  ({size}{bytes}){keep}", photo.path.display()));
            }
        }
    }
    output::print("Nothing was deleted. To keep or trash: Clean up in the window.");
}
