//! What the commands about text do.

use eframe::egui::Context;

use crate::app::commands::UiCommand;
use crate::app::controls::{grouped, photos};
use crate::app::notices::Notices;
use crate::app::view::View;

/// Why there are no words.
fn no_text(view: &View) -> &'static str {
    use refocus_engine::{PassPhase, ReadPhotos};
    match view.settings.read_photos {
        ReadPhotos::Off => "Photos are not read; Settings → Text in photos",
        _ if view.text_pass.phase != PassPhase::UpToDate => "No text was read here yet; photos are still being read",
        ReadPhotos::Likely => "No text was read here; Settings → Text in photos can have every photo read",
        ReadPhotos::All => "No text was read here",
    }
}

/// Whether the words of the photo that is large, or selected, are shown from now on. Returns the photo that is to be enlarged for it.
pub(in crate::app) fn show_words(view: &mut View, notices: &mut Notices) -> Option<u32> {
    let row = view.large.or(view.selection.cursor);
    let Some(photo) = row.and_then(|row| view.library.photo(row)) else {
        notices.add("No photo is selected".into());
        return None;
    };
    if view.large.is_some() && view.words_shown {
        view.words_shown = false;
        view.selected_words = None;
        return None;
    }
    if photo.extras.text.is_none() {
        notices.add(no_text(view).into());
        return None;
    }
    view.words_shown = true;
    row.filter(|_| view.large.is_none())
}

/// Copies the words that are selected in the large photo, else all that is written in the selected photos.
pub(in crate::app) fn copy_text(ctx: &Context, view: &View, notices: &mut Notices) {
    if let Some(words) = &view.selected_words {
        ctx.copy_text(words.clone());
        notices.add("Words copied".into());
        return;
    }
    let large = view.large.and_then(|row| view.library.photo(row));
    let texts: Vec<&str> = match large {
        Some(photo) => photo.extras.text.iter().map(|read| read.text.as_str()).collect(),
        None => view
            .selected_photos()
            .filter_map(|photo| Some(photo.extras.text.as_deref()?.text.as_str()))
            .collect(),
    };
    if texts.is_empty() {
        notices.add(no_text(view).into());
        return;
    }
    let characters = texts.iter().map(|text| text.chars().count()).sum::<usize>();
    notices.add(match texts.len() {
        1 => format!("Text copied: {} characters", grouped(characters)),
        more => format!("Text of {} copied", photos(more)),
    });
    ctx.copy_text(texts.join("\n\n"));
}

/// Whether photos are read, or that rests.
pub(in crate::app) fn pause(view: &mut View, notices: &mut Notices) {
    let paused = &mut view.settings.text_paused;
    *paused = !*paused;
    let line = if *paused {
        "The reading of photos rests"
    } else {
        "The reading of photos goes on"
    };
    notices.add(line.into());
}

/// Whether the window's copy means words.
pub(in crate::app) fn copies_words(command: UiCommand, view: &View) -> bool {
    command == UiCommand::CopyPictures && view.large.is_some() && view.selected_words.is_some()
}
