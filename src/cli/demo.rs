//! `refocus demo`: photos that the program renders itself, for people without photos at hand and for every test.

use refocus_engine::{AccessWanted, Command, EngineConfig, LibraryPaths};

use super::arguments::Demo;
use super::output;
use super::session::{Session, tuning_of};

pub(super) fn run(paths: &LibraryPaths, arguments: Demo) -> anyhow::Result<()> {
    let dir = arguments.dir.map(std::path::absolute).transpose()?;
    if !arguments.headless {
        return super::window::run_demo(paths, dir);
    }
    let mut session = Session::with(EngineConfig {
        access: AccessWanted::Write,
        tuning: tuning_of(paths),
        ..EngineConfig::new(paths.clone())
    })?;
    let progress = super::index::index(&mut session, Command::Demo(dir))?;
    output::say(&format!(
        "{} demo photos: {} encoded, {} unchanged, {} could not be read; {:.1} s",
        progress.found, progress.encoded, progress.unchanged, progress.failed, progress.seconds
    ));
    Ok(())
}
