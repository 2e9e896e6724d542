//! `refocus albums`: photos that their owner put together.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus_engine::{AlbumId, AlbumRequest, AlbumsState, FileId, LibraryPaths, PhotoRow, with_path};

use super::albums_arguments::{Albums, AlbumsAction};
use super::output::{self, print_json};
use super::session::Session;

pub(super) fn run(paths: &LibraryPaths, arguments: &Albums) -> anyhow::Result<()> {
    let reads = matches!(
        arguments.action,
        AlbumsAction::List { .. } | AlbumsAction::Show { .. } | AlbumsAction::Export { .. }
    );
    let mut session = if reads {
        Session::start(paths)?
    } else {
        Session::to_write(paths)?
    };
    let albums = session.read_albums()?;
    let named = |name: &str| one(&albums, name);
    let inside = |name: &Option<String>| name.as_deref().map(named).transpose();
    let request = match &arguments.action {
        AlbumsAction::List { json } => return list(&session, &albums, *json),
        AlbumsAction::Show { album, json } => return show(&session, &albums, named(album)?, *json),
        AlbumsAction::Make {
            name,
            photos,
            inside: outer,
        } => AlbumRequest::Create {
            name: name.clone(),
            inside: inside(outer)?,
            photos: ids(&session, photos)?,
        },
        AlbumsAction::Add { album, photos } => AlbumRequest::Add {
            album: named(album)?,
            photos: ids(&session, photos)?,
        },
        AlbumsAction::TakeOut { album, photos } => AlbumRequest::TakeOut {
            album: named(album)?,
            photos: ids(&session, photos)?,
        },
        AlbumsAction::Rename { album, name } => AlbumRequest::Rename {
            album: named(album)?,
            name: name.clone(),
        },
        AlbumsAction::Move { album, inside: outer } => AlbumRequest::Move {
            album: named(album)?,
            inside: inside(outer)?,
        },
        AlbumsAction::Delete { album } => AlbumRequest::Delete { album: named(album)? },
        AlbumsAction::Export { out } => {
            session.ask_albums(AlbumRequest::Export(std::path::absolute(out)?))?;
            output::say(&format!(
                "{} written to {}",
                output::counted(albums.albums.len(), "album"),
                out.display()
            ));
            return Ok(());
        }
        AlbumsAction::Import { file } => AlbumRequest::Import(std::path::absolute(file)?),
    };
    let answer = session.ask_albums(request)?;
    if let Some(step) = answer.step {
        output::say(&step.to_string());
    }
    Ok(())
}

/// The album that is meant by a name or a path.
pub(super) fn one(albums: &AlbumsState, name: &str) -> anyhow::Result<AlbumId> {
    match albums.named(name).as_slice() {
        [album] => Ok(*album),
        [] => bail!("there is no album {name}; `refocus albums list` shows those that there are"),
        several => {
            let paths: Vec<String> = several.iter().map(|album| albums.path(*album)).collect();
            bail!("several albums are called {name}: {}", paths.join(", "))
        }
    }
}

/// Photos that the window would show of an album, in the order of the library.
fn photos_of<'a>(session: &'a Session, albums: &AlbumsState, album: AlbumId) -> Vec<&'a PhotoRow> {
    let Some(place) = albums.place_of(album) else {
        return Vec::new();
    };
    let shown = session.rows.iter().filter(|row| row.is_shown());
    shown.filter(|row| albums.holding(&row.hash).contains(&place)).collect()
}

fn list(session: &Session, albums: &AlbumsState, as_json: bool) -> anyhow::Result<()> {
    let mut counts = vec![0; albums.albums.len()];
    for row in session.rows.iter().filter(|row| row.is_shown()) {
        for place in albums.holding(&row.hash) {
            if let Some(count) = counts.get_mut(*place as usize) {
                *count += 1;
            }
        }
    }
    let all = albums.albums.iter().zip(counts);
    if as_json {
        let all =
            all.map(|(album, photos)| json!({"name": &*album.name, "path": albums.path(album.id), "photos": photos}));
        return print_json(&all.collect::<Vec<Value>>().into());
    }
    if albums.albums.is_empty() {
        output::say("there are no albums yet; `refocus albums make NAME` makes one");
    }
    for (album, photos) in all {
        let indent = 2 * album.depth;
        output::print(&format!("{:indent$}{}  ({photos})", "", album.name));
    }
    Ok(())
}

fn show(session: &Session, albums: &AlbumsState, album: AlbumId, as_json: bool) -> anyhow::Result<()> {
    let photos = photos_of(session, albums, album);
    if as_json {
        let photos = photos.iter().map(|row| with_path(&row.path, json!({})));
        return print_json(&photos.collect::<Vec<Value>>().into());
    }
    for row in photos {
        output::print(&row.path.display().to_string());
    }
    Ok(())
}

pub(super) fn ids(session: &Session, photos: &[PathBuf]) -> anyhow::Result<Vec<FileId>> {
    let id = |path: &PathBuf| {
        let absolute = std::path::absolute(path)?;
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| absolute.clone());
        let row = session.row_of(&absolute).or_else(|| session.row_of(&real));
        let row = row.with_context(|| format!("this is no photo of the library: {}", path.display()))?;
        Ok(row.id)
    };
    photos.iter().map(id).collect()
}
