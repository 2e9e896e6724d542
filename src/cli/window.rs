//! `refocus [PATH…]`: the window.

use std::path::PathBuf;

use crate::engine::LibraryPaths;

pub(super) fn run(_paths: &LibraryPaths, _opened: Vec<PathBuf>) -> anyhow::Result<()> { Ok(()) }
pub(super) fn run_demo(_paths: &LibraryPaths, _dir: Option<PathBuf>) -> anyhow::Result<()> { Ok(()) }
pub(super) fn bench_gallery(_p: usize, _w: bool, _d: Option<&std::path::Path>) -> anyhow::Result<serde_json::Value> { Ok(serde_json::Value::Null) }
