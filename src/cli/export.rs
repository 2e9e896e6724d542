//! `refocus export`: an order as a file.

use std::path::Path;

use anyhow::{anyhow, bail};

use refocus_engine::{Command, Event, ExportFormat, ExportedOrder, LibraryPaths, SearchRequest};

use super::arguments::{Export, ExportForm};
use super::output;
use super::session::Session;

pub(super) fn run(paths: &LibraryPaths, arguments: &Export) -> anyhow::Result<()> {
    let mut session = Session::start(paths)?;
    let scope = session.filter_of(&arguments.scope)?;
    let mut references = Vec::new();
    for (files, positive) in [(&arguments.like, true), (&arguments.unlike, false)] {
        for file in files {
            references.push(session.reference(file, positive)?);
        }
    }
    let results = session.search(SearchRequest {
        references,
        focus: arguments.focus.clone(),
        find: arguments.find.clone(),
        filter: scope,
        explain_first: usize::MAX,
        ..SearchRequest::default()
    })?;
    if let Some(notice) = &results.notice {
        output::say(&format!("refocus: {notice}"));
    }
    let format = match arguments.format {
        ExportForm::Csv => ExportFormat::Csv,
        ExportForm::Json => ExportFormat::Json,
        ExportForm::Safetensors => return save_vectors(&mut session, &arguments.out),
    };
    let order = ExportedOrder {
        model: &session.device.model,
        focus: &arguments.focus,
        find: &arguments.find,
        results: &results,
        rows: &session.rows,
        people: &session.people,
    };
    if arguments.out == Path::new("-") {
        // A reader that has closed its end (`| head`) is no error.
        return match order.write(format, std::io::stdout().lock()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        };
    }
    order
        .save(format, &arguments.out)
        .map_err(|error| anyhow!("the order cannot be written ({error}): {}", arguments.out.display()))?;
    output::say(&format!(
        "{} photos written to {}",
        results.order.len(),
        arguments.out.display()
    ));
    Ok(())
}

/// The vectors of the order that was just found.
fn save_vectors(session: &mut Session, out: &Path) -> anyhow::Result<()> {
    if out == Path::new("-") {
        bail!("tensors cannot be printed: name a file in place of -");
    }
    session.send(Command::SaveVectors(out.to_path_buf()));
    let photos = session
        .wait(|event| match event {
            Event::VectorsSaved { saved, .. } => Some(saved),
            _ => None,
        })?
        .map_err(anyhow::Error::msg)?;
    output::say(&format!("the vectors of {photos} photos written to {}", out.display()));
    Ok(())
}
