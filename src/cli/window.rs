//! `refocus [PATH…]`: the window. `refocus bench gallery`: the window, measured.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use serde_json::{Value, json};

use crate::app::{self, AppOptions, CrashReport, GalleryMeasurement, SettingsFile};
use crate::engine::{self, Command, Engine, EngineConfig, LibraryPaths, WatchParams};

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

/// Frame times of the real window while its gallery scrolls: over a made-up library of `photos`, or over a folder that is
/// being indexed at the same time.
pub(super) fn bench_gallery(photos: usize, while_indexing: bool, dir: Option<&Path>) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let measured = if while_indexing {
        let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
        let (engine, wake) = start(&paths, true)?;
        match dir {
            Some(dir) => engine.send(Command::AddFolder(std::fs::canonicalize(dir)?)),
            None => engine.send(Command::Demo(None)),
        }
        app::measure_gallery(engine.link().clone(), paths, None, move |now| {
            let _ = wake.set(now);
        })
    } else {
        let made_up = app::MadeUpLibrary::new(photos);
        let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
        app::measure_gallery(made_up.link(), paths, Some(made_up.pixels()), |_| {})
    };
    Ok(report(
        &measured.context("the window could not be opened")?,
        while_indexing,
    ))
}

/// From a key press in the focus field to the re-ordered photos on screen, with the real engine over a made-up library.
pub(super) fn bench_typing(photos: usize) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
    engine::write_made_up_library(&paths.database, photos, None).map_err(anyhow::Error::msg)?;
    let (engine, wake) = start(&paths, false)?;
    let link = engine.link().clone();
    let measured = app::measure_typing(link, paths, app::plain_colours(), photos, move |now| {
        let _ = wake.set(now);
    })
    .context("the window could not be opened")?;
    let quantile = |values: &[f32], share| super::bench::quantile(values.to_vec(), share);
    Ok(json!({
        "photos": measured.photos,
        "keys": measured.key_ms.len(),
        "p50_ms": quantile(&measured.key_ms, 0.5),
        "p95_ms": quantile(&measured.key_ms, 0.95),
        "max_ms": quantile(&measured.key_ms, 1.0),
        "rank_p50_ms": quantile(&measured.rank_ms, 0.5),
        "rank_p95_ms": quantile(&measured.rank_ms, 0.95),
        "adapter": measured.adapter,
    }))
}

/// Takes the pictures of the README from the window over the demo photos.
pub(super) fn screenshots(dir: &Path) -> anyhow::Result<()> {
    let dir = std::path::absolute(dir)?;
    std::fs::create_dir_all(&dir).with_context(|| format!("this folder cannot be made: {}", dir.display()))?;
    let folder = tempfile::tempdir()?;
    let paths = LibraryPaths::at(&folder.path().join("demo.refocus"));
    let (engine, wake) = start(&paths, false)?;
    engine.send(Command::Demo(None));
    let files = app::take_screenshots(engine.link().clone(), paths, &dir, move |now| {
        let _ = wake.set(now);
    })?;
    for file in files {
        super::output::say(&file.display().to_string());
    }
    Ok(())
}

fn report(measured: &GalleryMeasurement, while_indexing: bool) -> Value {
    let milliseconds = |share: f32| super::bench::quantile(measured.frame_ms.clone(), share);
    json!({
        "photos": measured.photos,
        "while_indexing": while_indexing,
        "frames": measured.frame_ms.len(),
        "frame_p50_ms": milliseconds(0.5),
        "frame_p95_ms": milliseconds(0.95),
        "frame_max_ms": milliseconds(1.0),
        "texture_bytes_max": measured.textures.bytes_max,
        "texture_bytes_budget": measured.textures.budget,
        "window": measured.window,
        "adapter": measured.adapter,
    })
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

fn start(paths: &LibraryPaths, rescan: bool) -> anyhow::Result<(Engine, LateWake)> {
    let late = LateWake::default();
    let config = EngineConfig {
        rescan,
        ..EngineConfig::new(paths.clone())
    };
    Ok((start_engine(config, &late)?, late))
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
