//! `refocus library`: copies and moves the database file, and tells the library where a folder is now.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use refocus_engine::{AccessWanted, Command, EngineConfig, LibraryPaths, maintenance};

use super::WrongUsage;
use super::arguments::{Library, LibraryAction};
use super::output;
use super::session::{Session, tuning_of};

pub(super) fn run(paths: &LibraryPaths, arguments: &Library) -> anyhow::Result<()> {
    match &arguments.action {
        LibraryAction::Backup { to } => back_up(paths, &std::path::absolute(to)?),
        LibraryAction::Move { to } => move_to(paths, &std::path::absolute(to)?),
        LibraryAction::Relink { from, to } => relink(paths, from, to),
    }
}

fn exists(paths: &LibraryPaths) -> anyhow::Result<()> {
    if !paths.database.exists() {
        bail!("there is no library yet: {}", paths.database.display());
    }
    Ok(())
}

/// The file that is meant: in a folder, the library's own name.
fn target(paths: &LibraryPaths, to: &Path) -> anyhow::Result<PathBuf> {
    let file = match paths.database.file_name() {
        Some(name) if to.is_dir() => to.join(name),
        _ => to.to_path_buf(),
    };
    if file.exists() {
        return Err(WrongUsage(format!("this file is there already: {}", file.display())).into());
    }
    Ok(file)
}

/// Copies the library as it is at this moment, also while another Refocus writes to it.
fn back_up(paths: &LibraryPaths, to: &Path) -> anyhow::Result<()> {
    exists(paths)?;
    let to = target(paths, to)?;
    maintenance::back_up(paths, &to)?;
    output::say(&format!(
        "copied, {:.1} MiB; it opens with: refocus --library {}",
        std::fs::metadata(&to)?.len() as f64 / f64::from(1 << 20),
        to.display()
    ));
    Ok(())
}

/// Moves the library's file; thumbnails are made anew at the new place.
fn move_to(paths: &LibraryPaths, to: &Path) -> anyhow::Result<()> {
    exists(paths)?;
    let to = target(paths, to)?;
    maintenance::move_library(paths, &to)?;
    output::say(&format!("moved; it opens with: refocus --library {}", to.display()));
    Ok(())
}

fn relink(paths: &LibraryPaths, from: &Path, to: &Path) -> anyhow::Result<()> {
    exists(paths)?;
    // What is not there any more cannot be made canonical.
    let from = std::fs::canonicalize(from).or_else(|_| std::path::absolute(from))?;
    let to = std::fs::canonicalize(to).with_context(|| format!("this folder cannot be opened: {}", to.display()))?;
    let mut session = Session::with(EngineConfig {
        access: AccessWanted::Write,
        tuning: tuning_of(paths),
        ..EngineConfig::new(paths.clone())
    })?;
    let Some(folder) = session
        .folders
        .iter()
        .find(|folder| folder.path == from)
        .map(|folder| folder.id)
    else {
        return Err(WrongUsage(format!("the library has no such folder: {}", from.display())).into());
    };
    let progress = super::index::index(&mut session, Command::Relink { folder, path: to })?;
    if progress.found == 0 {
        bail!("nothing was changed");
    }
    output::say(&format!(
        "{} photos: {} known, {} newly encoded, {} could not be read",
        progress.found, progress.unchanged, progress.encoded, progress.failed
    ));
    Ok(())
}
