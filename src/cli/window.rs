//! `refocus [PATH…]`: the window. `refocus bench gallery`: the window, measured.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use serde_json::{Value, json};

use crate::app::{self, AppOptions, GalleryMeasurement};
use crate::engine::{Command, Engine, EngineConfig, LibraryPaths};

/// Wakes the window, once there is one.
type LateWake = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

/// Opens the window; folders are added, pictures become references.
pub(super) fn run(paths: &LibraryPaths, opened: Vec<PathBuf>) -> anyhow::Result<()> {
    let opened = opened.into_iter().map(std::path::absolute).collect::<Result<_, _>>()?;
    let (engine, wake) = start(paths)?;
    show(
        &engine,
        &wake,
        paths,
        AppOptions {
            open: opened,
            ..AppOptions::default()
        },
    )
}

/// Renders the demo photos in the background while the window opens.
pub(super) fn run_demo(paths: &LibraryPaths, dir: Option<PathBuf>) -> anyhow::Result<()> {
    let (engine, wake) = start(paths)?;
    engine.send(Command::Demo(dir));
    show(&engine, &wake, paths, AppOptions::default())
}

/// Frame times of the real window while its gallery scrolls: over a made-up library of `photos`, or over a folder that is
/// being indexed at the same time.
pub(super) fn bench_gallery(photos: usize, while_indexing: bool, dir: Option<&Path>) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let measured = if while_indexing {
        let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
        let (engine, wake) = start(&paths)?;
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

fn start(paths: &LibraryPaths) -> anyhow::Result<(Engine, LateWake)> {
    let late = LateWake::default();
    let wake = Arc::clone(&late);
    let config = EngineConfig {
        rescan: true,
        wake: Arc::new(move || {
            if let Some(wake) = wake.get() {
                wake();
            }
        }),
        ..EngineConfig::new(paths.clone())
    };
    Ok((Engine::start(config).context("no thread could be started")?, late))
}

fn show(engine: &Engine, wake: &LateWake, paths: &LibraryPaths, options: AppOptions) -> anyhow::Result<()> {
    let wake = Arc::clone(wake);
    app::run(engine.link().clone(), paths.clone(), options, move |now| {
        let _ = wake.set(now);
    })?;
    Ok(())
}
