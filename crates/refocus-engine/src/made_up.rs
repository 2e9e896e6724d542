//! A library of any size without photo files, for measurements: a real database whose encodings the real model made.

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use refocus_media::{DateSource, FACTS_REVISION, look_at};
use refocus_model::PhotoModel;
use refocus_model::device::load_on_best_device;
use refocus_store::{Change, ContentRow, Database, IndexedContent, IndexedFile, Stated, StatedDate};

/// Pictures that are encoded; the library's photos share them.
const PICTURES: usize = 96;
/// Side of a picture in pixels, and coloured patches on it.
const SIDE: u32 = 128;
const PATCHES: usize = 5;
/// Photos a transaction.
const AT_ONCE: usize = 1000;

/// Writes a library of so many photos. Their files do not exist; of the first ones, where a folder and a number are given,
/// files of that size and time lie there, which nobody can decode.
///
/// # Errors
/// A line for the person.
pub fn write_made_up_library(database: &Path, photos: usize, files: Option<(&Path, usize)>) -> Result<(), String> {
    let (model, _) = load_on_best_device(&refocus_model::ModelChoice::default()).map_err(|error| error.to_string())?;
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut encodings = Vec::with_capacity(PICTURES);
    for _ in 0..PICTURES {
        let rgb = patches(&mut random);
        let prepared = model.prepare_pixels(SIDE, SIDE, &rgb);
        let encoding = prepared.and_then(|prepared| model.encode_one(&prepared));
        encodings.push(encoding.map_err(|error| error.to_string())?);
    }
    let explain = |error: refocus_store::StoreError| error.to_string();
    let mut writer = Database::open(database)
        .and_then(|database| database.writer())
        .map_err(explain)?;
    let nowhere = Place {
        folder_id: writer.add_folder(Path::new("/made up")).map_err(explain)?,
        folder: "/made up".into(),
        on_disk: false,
    };
    let (on_disk, with_files) = match files {
        None => (nowhere.clone(), 0),
        Some((folder, count)) => {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            let folder = folder.canonicalize().map_err(|error| error.to_string())?;
            let folder_id = writer.add_folder(&folder).map_err(explain)?;
            let on_disk = true;
            (
                Place {
                    folder_id,
                    folder,
                    on_disk,
                },
                count,
            )
        }
    };
    let info = model.info();
    let model_id = writer.model_id(&info.id.0, info.bytes_per_photo).map_err(explain)?;
    let numbers: Vec<usize> = (0..photos).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let changes: Vec<Change> = numbers
            .iter()
            .filter_map(|&number| Some((number, encodings.get(number % PICTURES)?.clone())))
            .map(|(number, encoding)| {
                let place = if number < with_files { &on_disk } else { &nowhere };
                change(place, number, encoding)
            })
            .collect::<std::io::Result<_>>()
            .map_err(|error| error.to_string())?;
        writer.apply(model_id, &changes).map_err(explain)?;
    }
    writer.checkpoint().map_err(explain)
}

/// Where made-up photos lie.
#[derive(Clone)]
struct Place {
    folder_id: i64,
    folder: PathBuf,
    on_disk: bool,
}

fn change(place: &Place, number: usize, encoding: Vec<u8>) -> std::io::Result<Change> {
    let path = place.folder.join(format!("{number:07}.jpg"));
    let (mut bytes, mut modified_ns) = (4_000_000, 0);
    if place.on_disk {
        std::fs::write(&path, b"x")?;
        let found = look_at(&path)?;
        (bytes, modified_ns) = (found.bytes, found.modified_ns);
    }
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(number.to_le_bytes())
        .for_each(|(place, byte)| *place = byte);
    let upright = number.is_multiple_of(3);
    let facts = ContentRow {
        hash,
        width: if upright { 3000 } else { 4000 },
        height: if upright { 4000 } else { 3000 },
        format: "JPEG".into(),
        stated: Stated {
            taken: Some(StatedDate {
                // All over seventeen years, neighbours far apart.
                seconds: 1_700_000_000 - (50_021 * number as i64) % (17 * 31_556_952),
                source: DateSource::Exif.as_str().to_owned(),
                ..StatedDate::default()
            }),
            ..Stated::default()
        },
        facts_revision: FACTS_REVISION,
        ..ContentRow::default()
    };
    Ok(Change::Indexed(IndexedFile {
        folder_id: place.folder_id,
        path,
        bytes,
        modified_ns,
        same_as: None,
        content: IndexedContent::New {
            facts: Box::new(facts),
            encoding,
        },
    }))
}

/// A picture of a few coloured patches, so that colours and shapes differ from photo to photo.
fn patches(random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut colour = |_: usize| [random.random::<u8>(), random.random::<u8>(), random.random::<u8>()];
    let colours: Vec<[u8; 3]> = (0..=PATCHES).map(&mut colour).collect();
    let places: Vec<[u32; 3]> = (0..PATCHES)
        .map(|_| [0; 3].map(|_: u32| random.random::<u32>() % SIDE))
        .collect();
    let mut rgb = Vec::with_capacity((SIDE * SIDE * 3) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let on = places
                .iter()
                .position(|[left, top, reach]| x.abs_diff(*left) < reach / 3 + 8 && y.abs_diff(*top) < reach / 3 + 8);
            let colour = colours
                .get(on.map_or(0, |patch| patch + 1))
                .copied()
                .unwrap_or_default();
            rgb.extend(colour);
        }
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_library_is_a_library_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.refocus");
        write_made_up_library(&path, 150, None).unwrap();
        let reader = Database::open(&path).unwrap().reader().unwrap();
        let mut files = 0;
        reader.for_each_file(|_| files += 1).unwrap();
        assert_eq!(files, 150);
    }
}
