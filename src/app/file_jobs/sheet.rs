//! A contact sheet, made and written.

use std::path::Path;
use std::sync::atomic::Ordering;

use refocus_engine::save_as;
use refocus_media::contact_sheet::{SheetForm, SheetPhoto, contact_sheet};

use super::FileOutcome;
use super::copies::CopiesTold;
use crate::app::controls::photos as counted;
use crate::app::typeface::for_print;

/// Makes the sheet and writes it; a file of that name is replaced whole, or not at all.
pub(super) fn write_sheet(photos: &[SheetPhoto], form: &SheetForm, path: &Path, told: &CopiesTold) -> FileOutcome {
    told.stop.store(false, Ordering::Relaxed);
    let go_on = |done: usize| {
        told.tell_sheet(done, photos.len());
        !told.stop.load(Ordering::Relaxed)
    };
    let made = match contact_sheet(photos, form, for_print(), &go_on) {
        Ok(Some(made)) => made,
        Ok(None) => return FileOutcome::told(Ok("The contact sheet was stopped; nothing was written".to_owned())),
        Err(why) => return FileOutcome::told(Err(format!("There is no contact sheet: {why}"))),
    };
    let written = save_as(path, |file| std::io::Write::write_all(file, &made.pdf));
    if let Err(error) = written {
        return FileOutcome::told(Err(format!(
            "The contact sheet cannot be written ({error}): {}",
            path.display()
        )));
    }
    let pages = match made.pages {
        1 => "1 page".to_owned(),
        more => format!("{more} pages"),
    };
    let line = format!(
        "Contact sheet of {}, {pages}: {}",
        counted(photos.len()),
        path.display()
    );
    match made.unread.first() {
        None => FileOutcome::told(Ok(line)),
        Some((photo, why)) => FileOutcome::told(Err(format!(
            "{line}. The places of {} are empty: {why} ({})",
            counted(made.unread.len()),
            photo.display()
        ))),
    }
}
