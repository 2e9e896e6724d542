//! `refocus text PHOTO…`: what is written in photos; `--forget` deletes what a library keeps of it.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus_engine::{BuiltInReader, LibraryPaths, ReadText, maintenance, read_photo};

use super::WrongUsage;
use super::arguments::Text;
use super::output;

pub(super) fn run(paths: &LibraryPaths, arguments: &Text) -> anyhow::Result<()> {
    if arguments.forget {
        return forget(paths, arguments.json);
    }
    if arguments.photos.is_empty() {
        return Err(WrongUsage("name a photo, as in `refocus text PHOTO`".to_owned()).into());
    }
    let reader = BuiltInReader::load()
        .map_err(anyhow::Error::msg)
        .context("photos cannot be read")?;
    let (mut read, mut failed) = (Vec::new(), 0);
    for photo in &arguments.photos {
        match read_photo(&reader, photo) {
            Ok(text) if arguments.json => read.push(output::with_path(photo, as_json(&text))),
            Ok(text) => {
                if arguments.photos.len() > 1 {
                    output::print(&format!("{}:", photo.display()));
                }
                output::print(&text.text);
            }
            Err(why) => {
                failed += 1;
                output::say(&format!("refocus: {why}: {}", photo.display()));
            }
        }
    }
    if arguments.json {
        output::print_json(&Value::from(read))?;
    }
    if failed > 0 {
        bail!("{failed} of {} photos could not be read", arguments.photos.len());
    }
    Ok(())
}

fn as_json(text: &ReadText) -> Value {
    let lines: Vec<Value> = text
        .lines
        .iter()
        .map(|line| {
            json!({
                "text": line.text,
                "confidence": line.confidence,
                "corners": line.corners,
                "turns": line.turns,
            })
        })
        .collect();
    json!({ "text": text.text, "lines": lines })
}

fn forget(paths: &LibraryPaths, as_json: bool) -> anyhow::Result<()> {
    let deleted = maintenance::forget_texts(paths)?;
    if as_json {
        let deleted: Vec<Value> = deleted.iter().map(|path| output::with_path(path, json!({}))).collect();
        return output::print_json(&json!({ "deleted": deleted }));
    }
    output::say(match deleted.is_empty() {
        true => "no text is kept of this library's photos",
        false => "the text that was read in this library's photos is deleted",
    });
    Ok(())
}
