//! `refocus doctor`: what it runs on, a self-test of each part, and what can be cleaned up or repaired.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::json;

use refocus_engine::{LibraryPaths, THUMBNAIL_BYTES};
use refocus_media::memory_budget::DECODING_BYTES;
use refocus_media::{DecodeLimits, ThumbnailCache};
use refocus_model::clip::ModelsFolder;
use refocus_model::device::SelfTest;
use refocus_model::loading::load_chosen;
use refocus_store::{Database, LibraryLock, LockRefused, Reader, Sizes, StoreError, rescue};

use super::arguments::Doctor;
use super::crash_report;
use super::output;

pub(super) fn run(paths: &LibraryPaths, arguments: &Doctor) -> anyhow::Result<()> {
    if arguments.crash {
        crash_report::crash();
    }
    if arguments.repair {
        return repair(paths);
    }
    let loaded = load_chosen(&paths.model, &ModelsFolder::new(&paths.models))?;
    let (model, devices) = (loaded.model, loaded.devices);
    let model_key = &model.info().id.0;
    if arguments.clean_up {
        clean_up(paths, model_key)?;
    }
    let library = examine(paths, model_key);
    let thumbnails = ThumbnailCache::new(&paths.thumbnails).size_bytes();
    let bytes = std::fs::metadata(&paths.database).map_or(0, |metadata| metadata.len());
    let sizes = library.sizes;
    let removable = sizes.without_file_bytes + sizes.other_bytes + sizes.free_bytes;
    let limits = DecodeLimits::default();
    if arguments.json {
        let (path, path_encoded) = output::path_text(&paths.database);
        return output::print_json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": model.info().id,
            "devices": devices,
            "database": {
                "path": path, "path_encoded": path_encoded, "integrity": library.integrity, "bytes": bytes,
                "free_bytes": sizes.free_bytes, "photos_without_file": sizes.photos_without_file,
                "other_encodings": sizes.other_encodings, "wrong_encodings": sizes.wrong_encodings,
                "removable_bytes": removable, "writer": library.writer,
            },
            "thumbnails_bytes": thumbnails,
            "thumbnails_limit_bytes": THUMBNAIL_BYTES,
            "decode_limits": {
                "picture_bytes": limits.max_alloc_bytes, "total_bytes": DECODING_BYTES,
                "pixels": limits.max_pixels, "side": limits.max_side, "file_bytes": limits.max_file_bytes,
            },
            "photos": library.photos,
            "failures": library.failures,
            "crash_reports": crash_report::count(),
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
    if let Some(process) = library.writer {
        output::print(&format!("            open in another Refocus (process {process})"));
    }
    output::print(&format!(
        "Thumbnails  {} of at most {}",
        mebibytes(thumbnails),
        mebibytes(THUMBNAIL_BYTES)
    ));
    output::print(&format!("            {}", paths.thumbnails.display()));
    output::print(&format!(
        "Decoding    at most {} a picture, {} in all",
        mebibytes(limits.max_alloc_bytes),
        mebibytes(DECODING_BYTES)
    ));
    output::print(&format!(
        "Photos      {} ({} could not be read)",
        library.photos, library.failures
    ));
    if removable > 0 || sizes.photos_without_file > 0 {
        output::print(&format!(
            "Clean-up    {} could be freed ({} photos that no file holds, {} encodings by other models): refocus doctor \
             --clean-up",
            mebibytes(removable),
            sizes.photos_without_file,
            sizes.other_encodings
        ));
    }
    match crash_report::count() {
        0 => {}
        reports => output::print(&format!(
            "Crashes     {reports} reports in {}",
            crash_report::folder_text()
        )),
    }
    Ok(())
}

struct Library {
    /// "ok", or what is wrong.
    integrity: String,
    photos: usize,
    failures: usize,
    sizes: Sizes,
    /// Another process that has it open to write, where its number is known.
    writer: Option<u32>,
}

/// Looks at the database; one that is not there yet is not made.
fn examine(paths: &LibraryPaths, model: &str) -> Library {
    let mut library = Library {
        integrity: "no library yet".to_owned(),
        photos: 0,
        failures: 0,
        sizes: Sizes::default(),
        writer: None,
    };
    if !paths.database.exists() {
        return library;
    }
    let lock = LibraryLock::take(&paths.database);
    if let Err(LockRefused::Held(process)) = &lock {
        library.writer = *process;
    }
    let opened = match &lock {
        Ok(_) => Database::open(&paths.database),
        Err(_) => Database::open_read_only(&paths.database),
    };
    let mut read = |reader: &Reader| {
        library.integrity = reader.integrity()?;
        reader.for_each_file(|_| library.photos += 1)?;
        library.failures = reader.failures()?.len();
        library.sizes = reader.sizes(model)?;
        Ok::<_, StoreError>(())
    };
    if let Err(error) = opened.and_then(|database| read(&database.reader()?)) {
        library.integrity = error.to_string();
    }
    library
}

/// How long another Refocus may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

fn lock(paths: &LibraryPaths) -> anyhow::Result<LibraryLock> {
    let first = LibraryLock::take(&paths.database);
    let lock = first.or_else(|_| {
        std::thread::sleep(PATIENCE);
        LibraryLock::take(&paths.database)
    });
    Ok(lock.map_err(|refused| refused.explain(&paths.database))?)
}

fn clean_up(paths: &LibraryPaths, model: &str) -> anyhow::Result<()> {
    if !paths.database.exists() {
        return Ok(());
    }
    let _lock = lock(paths)?;
    let size = || std::fs::metadata(&paths.database).map_or(0, |metadata| metadata.len());
    let before = size();
    let database = Database::open(&paths.database)?;
    database.writer()?.clean_up(model)?;
    let mut known = HashSet::new();
    database.reader()?.for_each_file(|file| {
        known.insert(file.photo.hash);
    })?;
    let thumbnails = ThumbnailCache::new(&paths.thumbnails);
    let freed = thumbnails.forget_unknown(&|photo| known.contains(&photo.0));
    let kept = thumbnails.keep_within(THUMBNAIL_BYTES);
    output::say(&format!(
        "freed: {} of the database, {} of thumbnails ({} kept)",
        mebibytes(before.saturating_sub(size())),
        mebibytes(freed),
        mebibytes(kept)
    ));
    Ok(())
}

fn repair(paths: &LibraryPaths) -> anyhow::Result<()> {
    if !paths.database.exists() {
        bail!("there is no library to repair: {}", paths.database.display());
    }
    let _lock = lock(paths)?;
    let verdict = match Database::open(&paths.database).and_then(|database| database.reader()?.integrity()) {
        Ok(verdict) => verdict,
        Err(StoreError::Damaged { detail, .. }) => detail,
        Err(error) => return Err(error.into()),
    };
    if verdict == "ok" {
        output::say("the library is whole; there is nothing to repair");
        return Ok(());
    }
    let rescued = rescue(&paths.database).context("nothing was changed")?;
    output::say(&format!(
        "damage ({verdict}): {} folders, {} photos and {} favourites or ratings were kept; what is missing is read again. The \
         damaged file was put aside: {}",
        rescued.folders,
        rescued.files,
        rescued.marks,
        rescued.aside.display()
    ));
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
