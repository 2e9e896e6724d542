//! `refocus doctor`: what it runs on, and a self-test of each part.

use serde_json::json;

use crate::engine::LibraryPaths;
use crate::library::ThumbnailCache;
use crate::model::PhotoModel;
use crate::model::device::{SelfTest, load_on_best_device};
use crate::store::Database;

use super::arguments::Doctor;
use super::output;

pub(super) fn run(paths: &LibraryPaths, arguments: &Doctor) -> anyhow::Result<()> {
    let (model, devices) = load_on_best_device(&paths.model)?;
    let library = examine(paths);
    let thumbnails = ThumbnailCache::new(&paths.thumbnails).size_bytes();
    let bytes = std::fs::metadata(&paths.database).map_or(0, |metadata| metadata.len());
    if arguments.json {
        let (path, path_encoded) = output::path_text(&paths.database);
        return output::print_json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": model.info().id,
            "devices": devices,
            "database": {
                "path": path, "path_encoded": path_encoded, "integrity": library.integrity, "bytes": bytes,
            },
            "thumbnails_bytes": thumbnails,
            "photos": library.photos,
            "failures": library.failures,
        }));
    }
    output::print(&format!("Refocus {}", env!("CARGO_PKG_VERSION")));
    output::print(&format!("Model       {} ({})", model.info().name, model.info().id));
    for device in &devices {
        let test = match device.self_test {
            SelfTest::Passed => "self-test passed",
            SelfTest::Failed => "self-test FAILED",
            SelfTest::NotRun => "not tested",
        };
        let used = if device.used { "used" } else { "not used" };
        output::print(&format!("Device      {}: {used}, {test}; {}", device.name, device.why));
    }
    output::print(&format!("Database    {} ({})", library.integrity, mebibytes(bytes)));
    output::print(&format!("            {}", paths.database.display()));
    output::print(&format!("Thumbnails  {}", mebibytes(thumbnails)));
    output::print(&format!("            {}", paths.thumbnails.display()));
    output::print(&format!(
        "Photos      {} ({} could not be read)",
        library.photos, library.failures
    ));
    Ok(())
}

struct Library {
    /// "ok", or what is wrong.
    integrity: String,
    photos: usize,
    failures: usize,
}

/// Looks at the database; one that is not there yet is not made.
fn examine(paths: &LibraryPaths) -> Library {
    let nothing = |integrity: String| Library {
        integrity,
        photos: 0,
        failures: 0,
    };
    if !paths.database.exists() {
        return nothing("no library yet".to_owned());
    }
    let read = || {
        let reader = Database::open(&paths.database)?.reader()?;
        let mut photos = 0;
        reader.for_each_file(|_| photos += 1)?;
        Ok::<_, crate::store::StoreError>(Library {
            integrity: reader.integrity()?,
            photos,
            failures: reader.failures()?.len(),
        })
    };
    read().unwrap_or_else(|error| nothing(error.to_string()))
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
