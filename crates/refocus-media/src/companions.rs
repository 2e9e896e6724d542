//! Files that belong to a photo: the camera's raw file beside its JPEG, and the sidecars in which other programs keep what
//! they know of it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::contain::contained;
use super::facts::PhotoFacts;
use super::failure::Failure;
use super::metadata::{self, Written};
use super::scan::{PICTURE_EXTENSIONS, RAW_EXTENSIONS};
use super::taken::{DateSource, Taken};
use super::xmp;

/// Endings of pictures that cameras write beside their raw files.
const SHOWN_FOR_RAW: [&str; 6] = ["jpg", "jpeg", "jpe", "heic", "heif", "hif"];

/// Ending of a sidecar.
const SIDECAR: &str = "xmp";

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let own = path.extension().and_then(OsStr::to_str);
    own.is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
}

/// Whether the name is that of a camera's raw file.
#[must_use]
pub fn is_raw_name(path: &Path) -> bool {
    has_ending(path, &RAW_EXTENSIONS)
}

/// Whether the name is that of a picture which can stand for a raw file beside it.
#[must_use]
pub fn stands_for_raw_name(path: &Path) -> bool {
    has_ending(path, &SHOWN_FOR_RAW)
}

/// Whether the name is that of a sidecar.
#[must_use]
pub fn is_sidecar_name(path: &Path) -> bool {
    has_ending(path, &[SIDECAR])
}

/// The path with each of the endings, in lower and in upper case.
fn with_endings<'a>(path: &'a Path, endings: &'a [&str]) -> impl Iterator<Item = PathBuf> + 'a {
    let both = endings
        .iter()
        .flat_map(|ending| [(*ending).to_owned(), ending.to_ascii_uppercase()]);
    both.map(|ending| path.with_extension(ending))
}

/// Where pictures that stand for this raw file can be.
pub fn shown_for_raw(raw: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    with_endings(raw, &SHOWN_FOR_RAW)
}

/// Where the photos that a sidecar is about can be: `photo.jpg.xmp` is about one, `photo.xmp` about all of that name.
#[must_use]
pub fn photos_of_sidecar(sidecar: &Path) -> Vec<PathBuf> {
    let photo = sidecar.with_extension("");
    let of_name: [&[&str]; 2] = [&PICTURE_EXTENSIONS, &RAW_EXTENSIONS];
    if of_name.iter().any(|endings| has_ending(&photo, endings)) {
        return vec![photo];
    }
    of_name
        .iter()
        .flat_map(|endings| with_endings(sidecar, endings))
        .collect()
}

/// Where the sidecars of a photo can be, the one that counts more first.
#[must_use]
pub fn sidecars_of(photo: &Path) -> [PathBuf; 2] {
    let mut own = photo.as_os_str().to_owned();
    own.push(".");
    own.push(SIDECAR);
    [own.into(), photo.with_extension(SIDECAR)]
}

/// Reads what a sidecar says of its photo: everything that an XMP packet can say. Its date has the source
/// [`DateSource::Sidecar`], but for the day on which a file was made (`xmp:CreateDate`), which may be the day of a copy: that stays
/// [`DateSource::XmpCreated`].
///
/// # Errors
/// What the disk reports. Damaged content gives what could be read.
pub fn read_sidecar(path: &Path) -> Result<PhotoFacts, Failure> {
    let mut packet = Vec::new();
    File::open(path)?
        .take(xmp::MOST_BYTES as u64 + 1)
        .read_to_end(&mut packet)?;
    let written = contained(|| Ok(Written::of_packet(&packet))).unwrap_or_default();
    let taken = metadata::taken(&written).first().map(|taken| match taken.source {
        DateSource::XmpCreated => *taken,
        _ => Taken {
            source: DateSource::Sidecar,
            ..*taken
        },
    });
    Ok(PhotoFacts {
        taken,
        tags: written.tags,
        gps: written.gps,
        ..PhotoFacts::default()
    })
}

/// The files on disk that must not be parted from a photo: raw files for which it stands, and sidecars. The sidecar of a name
/// stays with another picture of that name.
#[must_use]
pub fn companions(photo: &Path) -> Vec<PathBuf> {
    let there = |path: &PathBuf| path.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir());
    let mut found: Vec<PathBuf> = Vec::new();
    let mut take = |path: PathBuf| {
        // Where letters of both cases are the same, one file answers to two names.
        let same = |other: &PathBuf| other.as_os_str().eq_ignore_ascii_case(&path);
        if there(&path) && !found.iter().any(same) && !photo.as_os_str().eq_ignore_ascii_case(&path) {
            found.push(path);
        }
    };
    if stands_for_raw_name(photo) {
        with_endings(photo, &RAW_EXTENSIONS).for_each(&mut take);
    }
    let [own, _] = sidecars_of(photo);
    take(own);
    let mut group = found.clone();
    group.push(photo.to_path_buf());
    for raw in found.clone() {
        let [own, _] = sidecars_of(&raw);
        found.extend(Some(own).filter(there));
    }
    let in_group = |path: &PathBuf| group.iter().any(|other| other.as_os_str().eq_ignore_ascii_case(path));
    for shared in [photo.with_extension(SIDECAR), photo.with_extension("XMP")] {
        let others = photos_of_sidecar(&shared);
        if there(&shared)
            && !found
                .iter()
                .any(|other| other.as_os_str().eq_ignore_ascii_case(&shared))
            && !others.iter().any(|other| there(other) && !in_group(other))
        {
            found.push(shared);
        }
    }
    found
}

/// The name of a companion when the photo gets another: the same stem, the companion's own endings.
#[must_use]
pub fn renamed_companion(companion: &Path, photo: &Path, new_photo: &Path) -> PathBuf {
    let name = companion.file_name().unwrap_or_default();
    let ending_after = |stem: Option<&OsStr>| -> Option<OsString> {
        let bytes = name.as_encoded_bytes().get(stem?.len()..)?;
        std::str::from_utf8(bytes).ok().map(OsString::from)
    };
    let starts =
        |stem: Option<&OsStr>| stem.is_some_and(|stem| name.as_encoded_bytes().starts_with(stem.as_encoded_bytes()));
    let (old, new) = if starts(photo.file_name()) {
        (photo.file_name(), new_photo.file_name())
    } else {
        (photo.file_stem(), new_photo.file_stem())
    };
    let mut renamed = new.unwrap_or_default().to_owned();
    renamed.push(ending_after(old).unwrap_or_default());
    new_photo.with_file_name(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        folder
    }

    fn companions_in(folder: &tempfile::TempDir, name: &str) -> Vec<String> {
        let mut names: Vec<String> = companions(&folder.path().join(name))
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_raw_file_and_the_sidecars_belong_to_the_jpeg_of_their_name() {
        let folder = folder_with(&["a.JPG", "a.CR2", "a.xmp", "a.CR2.xmp", "a.JPG.xmp", "ab.CR2", "b.cr2"]);
        assert_eq!(
            companions_in(&folder, "a.JPG"),
            ["a.CR2", "a.CR2.xmp", "a.JPG.xmp", "a.xmp"]
        );
        assert_eq!(companions_in(&folder, "b.cr2"), [""; 0]);
    }

    #[test]
    fn a_sidecar_that_another_picture_shares_stays_with_it() {
        let folder = folder_with(&["a.png", "a.jpg", "a.xmp"]);
        assert_eq!(companions_in(&folder, "a.png"), [""; 0]);
        std::fs::remove_file(folder.path().join("a.jpg")).unwrap();
        assert_eq!(companions_in(&folder, "a.png"), ["a.xmp"]);
    }

    #[test]
    fn a_new_name_is_given_to_all_of_them() {
        let new = |companion: &str| {
            let path = renamed_companion(Path::new(companion), Path::new("/p/a.JPG"), Path::new("/q/b (2).jpg"));
            path.display().to_string()
        };
        assert_eq!(new("/p/a.CR2"), "/q/b (2).CR2");
        assert_eq!(new("/p/a.xmp"), "/q/b (2).xmp");
        assert_eq!(new("/p/a.CR2.xmp"), "/q/b (2).CR2.xmp");
        assert_eq!(new("/p/a.JPG.xmp"), "/q/b (2).jpg.xmp");
    }

    #[test]
    fn a_sidecar_finds_its_photos_and_is_read_whatever_it_holds() {
        assert_eq!(photos_of_sidecar(Path::new("/p/a.jpg.xmp")), [Path::new("/p/a.jpg")]);
        let of_name = photos_of_sidecar(Path::new("/p/a.xmp"));
        assert!(of_name.contains(&"/p/a.NEF".into()) && of_name.contains(&"/p/a.webp".into()));
        let folder = folder_with(&["a.xmp"]);
        assert_eq!(
            read_sidecar(&folder.path().join("a.xmp")).unwrap(),
            PhotoFacts::default()
        );
        assert!(read_sidecar(&folder.path().join("none.xmp")).is_err());
    }

    #[test]
    fn everything_that_a_sidecar_states_is_read() {
        let folder = folder_with(&[]);
        let path = folder.path().join("a.xmp");
        let read = |attributes: &str| {
            let packet = format!(
                r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
                <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
                xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes}/></rdf:RDF></x:xmpmeta>"#
            );
            std::fs::write(&path, packet).unwrap();
            read_sidecar(&path).unwrap()
        };
        let facts = read(
            r#"xmp:Rating="-1" dc:subject="" dc:title="Ferry" exif:DateTimeOriginal="2013-07-12T16:54:27"
            xmp:CreateDate="2014-01-01T00:00:00" exif:GPSLatitude="38,30N" exif:GPSLongitude="9,30W""#,
        );
        let tags = &facts.tags;
        assert_eq!((tags.rating, tags.keywords.as_deref()), (Some(-1), Some(&[][..])));
        assert_eq!(tags.title.as_deref(), Some("Ferry"));
        assert_eq!(facts.taken, Some(Taken::at(1_373_648_067, DateSource::Sidecar)));
        assert_eq!(
            facts.gps.map(|place| (place.latitude, place.longitude)),
            Some((38.5, -9.5))
        );
        // Python 3: calendar.timegm((2014, 1, 1, 0, 0, 0)) = 1388534400.
        let made = read(r#"xmp:CreateDate="2014-01-01T00:00:00""#);
        assert_eq!(made.taken, Some(Taken::at(1_388_534_400, DateSource::XmpCreated)));
    }
}
