//! What files and sidecars state of a photo: between the readers of metadata, the database and the rows.

use std::sync::Arc;

use refocus_media::{DateSource, FACTS_REVISION, Face, PhotoFacts, Place, Taken, resolve_taken};
use refocus_store::{ContentRow, Position, Stated, StatedDate};

use crate::rows::{PhotoRow, Written};

/// What is kept of a photo's metadata.
pub(crate) fn stated(facts: &PhotoFacts) -> Stated {
    let line = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let tags = &facts.tags;
    Stated {
        taken: facts.taken.map(|taken| StatedDate {
            seconds: taken.seconds,
            milliseconds: taken.milliseconds,
            offset_minutes: taken.offset_minutes,
            source: taken.source.as_str().to_owned(),
        }),
        rating: tags.rating,
        keywords: tags.keywords.clone(),
        title: line(&tags.title),
        caption: line(&tags.caption),
        place: line(&tags.place),
        gps: facts.gps.map(|place| Position {
            latitude: place.latitude,
            longitude: place.longitude,
            altitude_m: place.altitude_m,
        }),
        faces: (!tags.faces.is_empty())
            .then(|| serde_json::to_string(&tags.faces).ok())
            .flatten(),
    }
}

/// The row of a photo whose metadata was read: its hash, its width and height in pixels after orientation, and its format's name.
pub(crate) fn content_row(hash: [u8; 32], (width, height): (u32, u32), format: &str, facts: &PhotoFacts) -> ContentRow {
    ContentRow {
        hash,
        width,
        height,
        format: format.to_owned(),
        stated: stated(facts),
        camera: facts.camera.clone(),
        lens: facts.lens.clone(),
        iso: facts.iso,
        exposure: facts.exposure_seconds,
        f_number: facts.f_number,
        focal_length: facts.focal_length_mm,
        animated: facts.animated,
        motion: facts.motion,
        facts_revision: FACTS_REVISION,
    }
}

/// Gives a row what is stated in the photo's file, in its sidecars (the one that counts more first), and in the raw files behind it,
/// which count where the others say nothing.
pub(crate) fn state(row: &mut PhotoRow, in_file: &Stated, in_sidecars: &[&Stated], in_raws: &[&Stated]) {
    let from_sidecars = in_sidecars
        .iter()
        .fold(Stated::default(), |all, stated| all.or((*stated).clone()));
    let sidecar_date = from_sidecars.taken.as_ref().map(taken);
    let file_dates = std::iter::once(in_file).chain(in_raws.iter().copied());
    let file_dates = file_dates.filter_map(|stated| stated.taken.as_ref().map(taken));
    // The first of equals: the picture's own.
    let file_date = file_dates.min_by_key(|taken| taken.source);
    let name = row.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let date = resolve_taken(file_date, sidecar_date, &name, row.modified_ns);
    (row.taken, row.taken_source) = (date.seconds, date.source);
    let in_files = in_raws
        .iter()
        .fold(in_file.clone(), |all, stated| all.or((*stated).clone()));
    let all = if in_sidecars.is_empty() {
        in_files
    } else {
        from_sidecars.or(in_files)
    };
    let extras = &mut row.extras;
    extras.taken_milliseconds = date.milliseconds.unwrap_or_default();
    let rating = all.rating.unwrap_or_default();
    extras.brought_rating = u8::try_from(rating).unwrap_or_default();
    extras.rejected = rating < 0;
    extras.keywords = all.keywords.filter(|keywords| !keywords.is_empty()).map(Into::into);
    let faces = all.faces.and_then(|json| serde_json::from_str::<Vec<Face>>(&json).ok());
    let written = Written {
        title: all.title,
        caption: all.caption,
        place: all.place,
        gps: all
            .gps
            .and_then(|at| Place::new(at.latitude, at.longitude, at.altitude_m)),
        people: faces.unwrap_or_default(),
        offset_minutes: date.offset_minutes,
    };
    extras.written = (written != Written::default()).then(|| Arc::new(written));
}

/// Whether a raw file may state something that the row of the picture before it does not have.
pub(crate) fn adds_to(row: &PhotoRow, in_raw: &Stated) -> bool {
    let extras = &row.extras;
    let written = extras.written.as_deref().cloned().unwrap_or_default();
    let better_date = in_raw.taken.as_ref().map(taken);
    better_date.is_some_and(|taken| taken.source < row.taken_source)
        || (in_raw.rating.is_some() && extras.brought_rating == 0 && !extras.rejected)
        || (in_raw.keywords.is_some() && extras.keywords.is_none())
        || (in_raw.title.is_some() && written.title.is_none())
        || (in_raw.caption.is_some() && written.caption.is_none())
        || (in_raw.place.is_some() && written.place.is_none())
        || (in_raw.gps.is_some() && written.gps.is_none())
        || (in_raw.faces.is_some() && written.people.is_empty())
}

fn taken(date: &StatedDate) -> Taken {
    Taken {
        seconds: date.seconds,
        milliseconds: date.milliseconds,
        offset_minutes: date.offset_minutes,
        source: DateSource::from_name(&date.source).unwrap_or(DateSource::Exif),
    }
}
