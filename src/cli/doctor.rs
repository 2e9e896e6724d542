//! `refocus doctor`: what it runs on, a self-test of each part, and what can be cleaned up or repaired.

use anyhow::bail;
use serde_json::json;

use refocus_engine::{LibraryPaths, THUMBNAIL_BYTES, maintenance};
use refocus_media::decoder_child::{self, Tested};
use refocus_media::memory_budget::DECODING_BYTES;
use refocus_media::{DecodeLimits, ThumbnailCache};
use refocus_model::clip::ModelsFolder;
use refocus_model::device::SelfTest;
use refocus_model::loading::load_chosen;

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
    let library = maintenance::examine(paths, model_key);
    let thumbnails = ThumbnailCache::new(&paths.thumbnails).size_bytes();
    let bytes = std::fs::metadata(&paths.database).map_or(0, |metadata| metadata.len());
    let removable = library.removable_bytes;
    let limits = DecodeLimits::default();
    let apart = match decoder_child::self_test() {
        Ok(Tested::InChild) => "in a process of their own".to_owned(),
        Ok(Tested::InProcess) => "in this process".to_owned(),
        Err(failure) => failure.message,
    };
    if arguments.json {
        let (path, path_encoded) = output::path_text(&paths.database);
        return output::print_json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": model.info().id,
            "devices": devices,
            "database": {
                "path": path, "path_encoded": path_encoded, "integrity": library.integrity, "bytes": bytes,
                "free_bytes": library.free_bytes, "photos_without_file": library.photos_without_file,
                "other_encodings": library.other_encodings, "wrong_encodings": library.wrong_encodings,
                "removable_bytes": removable, "writer": library.writer,
            },
            "people": library.people.as_ref().map(|people| json!({
                "integrity": people.integrity, "bytes": people.bytes, "photos": people.photos, "faces": people.faces,
                "persons": people.persons,
            })),
            "text": library.texts.as_ref().map(|texts| json!({
                "integrity": texts.integrity, "bytes": texts.bytes, "photos": texts.photos, "with_text": texts.with_text,
            })),
            "thumbnails_bytes": thumbnails,
            "thumbnails_limit_bytes": THUMBNAIL_BYTES,
            "decode_limits": {
                "picture_bytes": limits.max_alloc_bytes, "total_bytes": DECODING_BYTES,
                "pixels": limits.max_pixels, "side": limits.max_side, "file_bytes": limits.max_file_bytes,
            },
            "heic_and_avif": apart,
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
    match &library.people {
        Some(people) => output::print(&format!(
            "People      {} ({}): {} faces of {} persons in {} photos",
            people.integrity,
            mebibytes(people.bytes),
            people.faces,
            people.persons,
            people.photos
        )),
        None => output::print("People      not recognised"),
    }
    match &library.texts {
        Some(texts) => output::print(&format!(
            "Text        {} ({}): {} of {} photos looked at hold text",
            texts.integrity,
            mebibytes(texts.bytes),
            texts.with_text,
            texts.photos
        )),
        None => output::print("Text        not read"),
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
    output::print(&format!("            HEIC and AVIF {apart}"));
    output::print(&format!(
        "Photos      {} ({} could not be read)",
        library.photos, library.failures
    ));
    if removable > 0 || library.photos_without_file > 0 {
        output::print(&format!(
            "Clean-up    {} could be freed ({} photos that no file holds, {} encodings by other models): refocus doctor \
             --clean-up",
            mebibytes(removable),
            library.photos_without_file,
            library.other_encodings
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

fn clean_up(paths: &LibraryPaths, model: &str) -> anyhow::Result<()> {
    if !paths.database.exists() {
        return Ok(());
    }
    let freed = maintenance::clean_up(paths, model)?;
    output::say(&format!(
        "freed: {} of the database, {} of thumbnails ({} kept)",
        mebibytes(freed.database_bytes),
        mebibytes(freed.thumbnail_bytes),
        mebibytes(freed.thumbnail_bytes_kept)
    ));
    Ok(())
}

fn repair(paths: &LibraryPaths) -> anyhow::Result<()> {
    if !maintenance::has_library(paths) {
        bail!("there is no library to repair: {}", paths.database.display());
    }
    let texts = maintenance::repair_texts(paths)?;
    if let Some(damage) = &texts {
        output::say(&format!(
            "the text in photos was not as it should be ({damage}): photos are read again"
        ));
    }
    let people = maintenance::repair_people(paths)?;
    if let Some(people) = &people {
        output::say(&format!(
            "damage of faces and persons ({}): {} persons and {} faces were kept; what is missing is found again",
            people.damage, people.persons, people.faces
        ));
    }
    let Some(repaired) = maintenance::repair(paths)? else {
        if people.is_none() && texts.is_none() {
            output::say("the library is whole; there is nothing to repair");
        }
        return Ok(());
    };
    output::say(&format!(
        "damage ({}): {} folders, {} photos and {} favourites or ratings were kept; what is missing is read again. {}",
        repaired.damage,
        repaired.folders,
        repaired.files,
        repaired.marks,
        repaired.aside.map_or_else(
            || "Its file was missing".to_owned(),
            |aside| format!("The damaged file was put aside: {}", aside.display())
        )
    ));
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
