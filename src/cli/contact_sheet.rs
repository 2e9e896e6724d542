//! `refocus contact-sheet`: photos on pages of paper.

use std::path::Path;

use anyhow::{Context, bail};

use refocus_engine::save_as;
use refocus_media::contact_sheet::{Paper, SheetForm, SheetPhoto, contact_sheet};
use refocus_media::{read_facts, read_file};

use super::arguments::{BelowPhoto, ContactSheet, SheetPaper};
use super::output;
use crate::app::for_print;

pub(super) fn run(arguments: &ContactSheet) -> anyhow::Result<()> {
    let form = SheetForm {
        paper: match arguments.paper {
            SheetPaper::A4 => Paper::A4,
            SheetPaper::Letter => Paper::Letter,
        },
        landscape: arguments.landscape,
        columns: arguments.columns,
        title: arguments.title.clone(),
    };
    let photos: Vec<SheetPhoto> = arguments
        .photos
        .iter()
        .map(|path| with_caption(path, arguments.below))
        .collect();
    let made = contact_sheet(&photos, &form, for_print(), &|_| true).map_err(anyhow::Error::msg)?;
    let made = made.context("the sheet was not made")?;
    save_as(&arguments.out, |file| std::io::Write::write_all(file, &made.pdf))
        .with_context(|| format!("the sheet cannot be written: {}", arguments.out.display()))?;
    output::say(&format!(
        "{} on {} written to {}",
        output::counted(photos.len(), "photo"),
        output::counted(made.pages, "page"),
        arguments.out.display()
    ));
    match made.unread.first() {
        None => Ok(()),
        Some((path, why)) => bail!(
            "{} cannot be read, and its place is empty: {why} ({})",
            output::counted(made.unread.len(), "photo"),
            path.display()
        ),
    }
}

fn with_caption(path: &Path, below: BelowPhoto) -> SheetPhoto {
    let caption = match below {
        BelowPhoto::Nothing => String::new(),
        BelowPhoto::Name => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        BelowPhoto::Date => {
            let facts = read_file(path, &refocus_media::DecodeLimits::default()).map(|bytes| read_facts(&bytes));
            let taken = facts.ok().and_then(|facts| facts.taken);
            let day = taken.and_then(|taken| jiff::Timestamp::from_second(taken.seconds).ok());
            day.map_or_else(String::new, |at| at.strftime("%-d %b %Y").to_string())
        }
    };
    SheetPhoto {
        path: path.to_path_buf(),
        caption,
    }
}
