//! The real window, measured and pictured.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use refocus_engine::{self as engine, Command, Engine, EngineConfig, LibraryPaths};
use refocus_scenes::write_demo;
use serde_json::{Value, json};

use crate::window::{self, GalleryMeasurement, TypedInto};

/// Wakes the window, once there is one.
type LateWake = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

/// Frame times of the real window while its gallery scrolls: over a made-up library of `photos`, or over a folder that is
/// being indexed at the same time.
pub(crate) fn bench_gallery(
    photos: usize,
    while_indexing: bool,
    dir: Option<&Path>,
    in_time: bool,
) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let measured = if while_indexing {
        let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
        let (engine, wake) = start(&paths, true)?;
        match dir {
            Some(dir) => engine.send(Command::AddFolder(std::fs::canonicalize(dir)?)),
            None => engine.send(Command::Demo(None)),
        }
        window::measure_gallery(engine.link().clone(), paths, None, in_time, move |now| {
            let _ = wake.set(now);
        })
    } else {
        let made_up = window::MadeUpLibrary::new(photos);
        let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
        window::measure_gallery(made_up.link(), paths, Some(made_up.pixels()), in_time, |_| {})
    };
    Ok(report(
        &measured.context("the window could not be opened")?,
        while_indexing,
    ))
}

/// Rendered photos that are indexed while somebody types: more than are encoded in that time.
const INDEXED_MEANWHILE: u32 = 1_500;

/// From a key press in the focus field to the re-ordered photos on screen, with the real engine over a made-up library, into
/// which a folder is indexed at the same time where that is wanted.
pub(crate) fn bench_typing(
    photos: usize,
    while_indexing: bool,
    dir: Option<&Path>,
    in_time: bool,
) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let paths = LibraryPaths::at(&folder.path().join("bench.refocus"));
    engine::write_made_up_library(&paths.database, photos, None).map_err(anyhow::Error::msg)?;
    let indexed = match (while_indexing, dir) {
        (false, _) => None,
        (true, Some(dir)) => Some(std::fs::canonicalize(dir)?),
        (true, None) => {
            let rendered = folder.path().join("rendered");
            write_demo(&rendered, INDEXED_MEANWHILE, &mut |_, _| {}, &AtomicBool::new(false))?;
            Some(rendered)
        }
    };
    let (engine, wake) = start(&paths, false)?;
    if let Some(indexed) = indexed {
        engine.send(Command::AddFolder(indexed));
    }
    let link = engine.link().clone();
    let library = TypedInto {
        photos,
        while_indexing,
        in_time,
    };
    let measured = window::measure_typing(link, paths, window::plain_colours(), library, move |now| {
        let _ = wake.set(now);
    })
    .context("the window could not be opened")?;
    let quantile = |values: &[f32], share| super::quantile(values.to_vec(), share);
    Ok(json!({
        "photos": measured.photos,
        "while_indexing": while_indexing,
        "keys": measured.key_ms.len(),
        "keys_after_indexing": measured.after_indexing,
        "p50_ms": quantile(&measured.key_ms, 0.5),
        "p95_ms": quantile(&measured.key_ms, 0.95),
        "max_ms": quantile(&measured.key_ms, 1.0),
        "in_time_keys": measured.in_time_key_ms.len(),
        "in_time_p50_ms": finite(quantile(&measured.in_time_key_ms, 0.5)),
        "in_time_p95_ms": finite(quantile(&measured.in_time_key_ms, 0.95)),
        "rank_p50_ms": quantile(&measured.rank_ms, 0.5),
        "rank_p95_ms": quantile(&measured.rank_ms, 0.95),
        "adapter": measured.adapter,
    }))
}

/// Takes the pictures of the README from the window over the demo photos.
pub(crate) fn screenshots(dir: &Path) -> anyhow::Result<()> {
    let dir = std::path::absolute(dir)?;
    std::fs::create_dir_all(&dir).with_context(|| format!("this folder cannot be made: {}", dir.display()))?;
    let folder = tempfile::tempdir()?;
    let paths = LibraryPaths::at(&folder.path().join("demo.refocus"));
    let (engine, wake) = start(&paths, false)?;
    engine.send(Command::Demo(None));
    let files = window::take_screenshots(engine.link().clone(), paths, &dir, move |now| {
        let _ = wake.set(now);
    })?;
    for file in files {
        refocus::cli::output::say(&file.display().to_string());
    }
    Ok(())
}

/// Nothing where nothing was measured.
fn finite(value: f32) -> Option<f32> {
    value.is_finite().then_some(value)
}

fn report(measured: &GalleryMeasurement, while_indexing: bool) -> Value {
    let milliseconds = |share: f32| super::quantile(measured.frame_ms.clone(), share);
    let in_time = |share: f32| finite(super::quantile(measured.in_time_frame_ms.clone(), share));
    json!({
        "photos": measured.photos,
        "while_indexing": while_indexing,
        "frames": measured.frame_ms.len(),
        "frame_p50_ms": milliseconds(0.5),
        "frame_p95_ms": milliseconds(0.95),
        "frame_max_ms": milliseconds(1.0),
        "in_time_frames": measured.in_time_frame_ms.len(),
        "in_time_frame_p50_ms": in_time(0.5),
        "in_time_frame_p95_ms": in_time(0.95),
        "in_time_frame_max_ms": in_time(1.0),
        "texture_bytes_max": measured.textures.bytes_max,
        "texture_bytes_budget": measured.textures.budget,
        "window": measured.window,
        "adapter": measured.adapter,
    })
}

fn start(paths: &LibraryPaths, rescan: bool) -> anyhow::Result<(Engine, LateWake)> {
    let late = LateWake::default();
    let config = EngineConfig {
        rescan,
        ..EngineConfig::new(paths.clone())
    };
    let config = EngineConfig {
        wake: Arc::new(waker(&late)),
        ..config
    };
    Ok((Engine::start(config).context("no thread could be started")?, late))
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
