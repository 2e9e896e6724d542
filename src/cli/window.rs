//! `refocus [PATH…]`: the window.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::app::{self, AppOptions, CrashReport, SettingsFile};
use anyhow::Context;
use refocus_engine::{Command, Engine, EngineConfig, LibraryPaths, WatchParams};

use super::running_window::{self, Start};

/// Wakes the window, once there is one.
type LateWake = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

/// What `refocus [PATH…]` was started with.
pub(super) struct Opening {
    /// Folders that are added, pictures that become references.
    pub(super) paths: Vec<PathBuf>,
    /// The library was named; else it is the one that was open last.
    pub(super) library_named: bool,
    /// A part of the model was named for this run alone.
    pub(super) model_named: bool,
}

/// Opens the window; or hands the paths to the library's window where there is one.
pub(super) fn run(paths: &LibraryPaths, opening: Opening) -> anyhow::Result<()> {
    let open: Vec<PathBuf> = opening
        .paths
        .into_iter()
        .map(std::path::absolute)
        .collect::<Result<_, _>>()?;
    let mut options = remembered();
    let paths = match options.remembered.last_library() {
        Some(last) if !opening.library_named && last != paths.database => &LibraryPaths::at(last),
        _ => paths,
    };
    let wake = LateWake::default();
    // A window with another model answers differently: it stays apart.
    let listening = if opening.model_named {
        None
    } else {
        match running_window::meet(&paths.database, &open, waker(&wake)) {
            Start::HandedOver => return Ok(()),
            Start::First(listening) => Some(listening),
            Start::Alone => None,
        }
    };
    options.open = open;
    options.handed = listening.as_ref().map(|listening| listening.handed.clone());
    let engine = start_watching(paths, &options, &wake)?;
    show(&engine, &wake, paths, options)
}

/// The window as the last one left it.
fn remembered() -> AppOptions {
    let Some(file) = SettingsFile::of_user() else {
        return AppOptions::default();
    };
    let (settings, notice) = file.load();
    AppOptions {
        crash_report: super::crash_report::newest_unseen().map(|(path, text)| CrashReport { path, text }),
        remembered: settings,
        settings_file: Some(file),
        notice,
        ..AppOptions::default()
    }
}

/// Renders the demo photos in the background while the window opens.
pub(super) fn run_demo(paths: &LibraryPaths, dir: Option<PathBuf>) -> anyhow::Result<()> {
    let wake = LateWake::default();
    let mut options = remembered();
    // The demo photos are rendered here in any case; later starts find this window if it is the library's first.
    let listening = match running_window::meet(&paths.database, &[], waker(&wake)) {
        Start::First(listening) => Some(listening),
        Start::HandedOver | Start::Alone => None,
    };
    options.handed = listening.as_ref().map(|listening| listening.handed.clone());
    let engine = start_watching(paths, &options, &wake)?;
    engine.send(Command::Demo(dir));
    show(&engine, &wake, paths, options)
}

/// An engine that looks after the folders while the window is open.
fn start_watching(paths: &LibraryPaths, options: &AppOptions, late: &LateWake) -> anyhow::Result<Engine> {
    let config = EngineConfig {
        rescan: true,
        works_ahead: true,
        watch: Some(WatchParams::default()),
        tuning: options.remembered.tuning(),
        ..EngineConfig::new(paths.clone())
    };
    start_engine(config, late)
}

fn start_engine(config: EngineConfig, late: &LateWake) -> anyhow::Result<Engine> {
    let config = EngineConfig {
        wake: Arc::new(waker(late)),
        ..config
    };
    Engine::start(config).context("no thread could be started")
}

/// Wakes the window; nothing happens before there is one.
fn waker(late: &LateWake) -> impl Fn() + Send + Sync + 'static {
    let late = Arc::clone(late);
    move || {
        if let Some(wake) = late.get() {
            wake();
        }
    }
}

fn show(engine: &Engine, wake: &LateWake, paths: &LibraryPaths, options: AppOptions) -> anyhow::Result<()> {
    let wake = Arc::clone(wake);
    app::run(engine.link().clone(), paths.clone(), options, move |now| {
        let _ = wake.set(now);
    })?;
    Ok(())
}
