//! `refocus rotate`: photos turned by their orientation tag.

use std::path::PathBuf;

use anyhow::bail;

use refocus_engine::{Command, LibraryPaths, RotateRequest, Turn, TurnPlace};

use super::albums::ids;
use super::arguments::{Rotate, WhichWay};
use super::output;
use super::session::{Session, turn_place_of};

pub(super) fn run(paths: &LibraryPaths, arguments: &Rotate) -> anyhow::Result<()> {
    let mut session = Session::to_write(paths)?;
    let turn = match arguments.way {
        WhichWay::Left => Turn::Left,
        WhichWay::Right => Turn::Right,
        WhichWay::Upright => Turn::Upright,
    };
    let place = match (arguments.beside, arguments.in_file) {
        (true, _) => TurnPlace::Sidecar,
        (_, true) => TurnPlace::File,
        _ => turn_place_of(paths),
    };
    let photos = ids(&session, &arguments.photos)?;
    let answer = session.rotate(RotateRequest::Turn { photos, turn, place })?;
    for one in &answer.done {
        let beside = if one.is_beside {
            format!("  ({})", one.file().display())
        } else {
            String::new()
        };
        output::print(&format!("{}{beside}", one.photo.display()));
    }
    // The library follows what is on disk now.
    let changed = answer.changed();
    let is_about = |folder: &PathBuf| changed.iter().any(|path| path.starts_with(folder));
    let folders: Vec<_> = session
        .folders
        .iter()
        .filter(|folder| is_about(&folder.path))
        .map(|folder| folder.id)
        .collect();
    for folder in folders {
        session.run_indexing(Command::Rescan(Some(folder)), |_| {})?;
    }
    match answer.why {
        Some(why) => bail!(
            "{} turned, {} not: {why}",
            output::counted(answer.done.len(), "photo"),
            output::counted(answer.failed, "photo")
        ),
        None => {
            output::say(&format!("{} turned", output::counted(answer.done.len(), "photo")));
            Ok(())
        }
    }
}
