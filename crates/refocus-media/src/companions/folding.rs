//! Photos of one moment or of one picture, by the names that devices and programs give: bursts, edited copies, copies.
//!
//! They stay photos of their own; where a person wants it, one stands for all.

use std::path::Path;

use super::name::{Name, Role};

/// As many marks are taken off one name.
const MOST_MARKS: usize = 8;

/// What Google Photos puts behind the name of an edited copy, in the languages that it speaks.
///
/// Source: TheLastGizmo/GooglePhotosTakeoutHelper, list of extras.
const EDITED: [&str; 20] = [
    "-edited",
    "_edited",
    " edited",
    "(edited)",
    "-effects",
    "-smile",
    "-mix",
    "-edytowane",
    "-bearbeitet",
    "-bewerkt",
    "-編集済み",
    "-modificato",
    "-modifié",
    "-editado",
    "-ha editado",
    "-editat",
    "-redigerad",
    "-edit",
    "_edit",
    " (edited)",
];

/// What Windows, macOS and Linux desktops put behind or before the name of a copy, in some languages.
const COPY_BEHIND: [&str; 10] = [
    " - copy",
    " - kopie",
    " - copie",
    " - copia",
    " - cópia",
    "-copy",
    " copy",
    " kopie",
    " copie",
    "_copy",
];
const COPY_BEFORE: [&str; 5] = ["copy of ", "kopie von ", "copie de ", "copia di ", "copia de "];

/// How cameras' and telephones' names begin, before a number of at least so many digits.
const DEVICES: [(&str, usize); 33] = [
    ("img_e", 4),
    ("img_", 4),
    ("img-", 8),
    ("img", 4),
    ("_mg_", 4),
    ("mvimg_", 8),
    ("pxl_", 8),
    ("_dsc", 4),
    ("dsc_", 4),
    ("dscf", 4),
    ("_dsf", 4),
    ("dscn", 4),
    ("dsc", 4),
    ("imgp", 4),
    ("_igp", 4),
    ("sam_", 4),
    ("sdim", 4),
    ("cimg", 4),
    ("dji_", 4),
    ("gopr", 4),
    ("imag", 4),
    ("image", 4),
    ("wp_", 8),
    ("pict", 4),
    ("hpim", 4),
    ("screenshot_", 8),
    ("signal-", 4),
    ("photo_", 8),
    ("fb_img_", 8),
    ("p_", 8),
    ("p", 7),
    ("l", 7),
    ("", 8),
];

/// What photos have in common of which one can stand for the others; `None` for what is no photo. Photos of one folder whose
/// keys are the same belong to one burst, or are copies of one picture:
///
/// - bursts: "IMG_…_BURST001", "00000IMG_00000_BURST…_COVER", "DSC_0001_BURST…", "20190102_030405_001", "…(0)";
/// - versions that a telephone writes: "….PORTRAIT-01.COVER", "….MP", "MVIMG_…" of "IMG_…";
/// - edited copies: "IMG_E1234" of "IMG_1234", "…-edited", "…~2", "…-Edit-2", "IMG_1234-01";
/// - copies: "… - Copy", "… (1)", "… 2"; a number alone only behind a device's name, because people number different photos so.
#[must_use]
pub fn fold_key(path: &Path) -> Option<String> {
    let name = Name::of(path).filter(|name| matches!(name.role, Role::Picture | Role::Raw))?;
    let mut stem = name.stem.as_str();
    for before in COPY_BEFORE {
        stem = stem.strip_prefix(before).unwrap_or(stem);
    }
    if let Some(burst) = burst_of(stem) {
        return Some(burst);
    }
    for _ in 0..MOST_MARKS {
        let Some(shorter) = without_mark(stem).filter(|shorter| !shorter.is_empty()) else {
            break;
        };
        stem = shorter;
    }
    let number = |rest: &&str| rest.bytes().next().is_some_and(|digit| digit.is_ascii_digit());
    let unedited = stem
        .strip_prefix("img_e")
        .or_else(|| stem.strip_prefix("mvimg_"))
        .filter(number);
    Some(unedited.map_or_else(|| stem.to_owned(), |number| format!("img_{number}")))
}

/// The burst's own number, or else the name before the word.
fn burst_of(stem: &str) -> Option<String> {
    let (before, behind) = stem.split_once("burst")?;
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    match behind.get(..digits) {
        // The time of the whole burst.
        Some(time) if digits >= 12 => Some(format!("burst{time}")),
        Some(_) if digits == 0 && !behind.starts_with(['_', '-', '.']) && !behind.is_empty() => None,
        _ => {
            let before = before.trim_end_matches(['_', '-', '.', ' ']);
            let before = before
                .strip_prefix("mv")
                .filter(|rest| rest.starts_with("img_"))
                .unwrap_or(before);
            (!before.is_empty()).then(|| before.to_owned())
        }
    }
}

/// The stem without one mark at its end.
fn without_mark(stem: &str) -> Option<&str> {
    for mark in EDITED.iter().chain(&COPY_BEHIND) {
        if let Some(rest) = stem.strip_suffix(mark) {
            return Some(rest);
        }
    }
    let unnumbered = stem.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let number = stem.get(unnumbered.len()..).unwrap_or_default();
    match number.len() {
        0 => {}
        1 | 2 if unnumbered.ends_with('~') => return unnumbered.strip_suffix('~'),
        // Lightroom's and the desktops' further ones: "-Edit-2", " copy 2".
        1 | 2 if unnumbered.ends_with(['-', ' ']) => {
            let rest = unnumbered.trim_end_matches(['-', ' ']);
            let two_digits = unnumbered.ends_with(' ') || number.len() == 2;
            if is_marked(rest) || (two_digits && is_device_name(rest)) {
                return Some(rest);
            }
        }
        // Several in one second.
        1..=3 if unnumbered.ends_with('_') => {
            let rest = unnumbered.strip_suffix('_').unwrap_or(unnumbered);
            return ends_with_time(rest).then_some(rest);
        }
        _ => {}
    }
    in_brackets(stem).or_else(|| telephone_word(stem))
}

fn is_marked(stem: &str) -> bool {
    EDITED.iter().chain(&COPY_BEHIND).any(|mark| stem.ends_with(mark))
}

/// "…(1)" and "… (1)".
fn in_brackets(stem: &str) -> Option<&str> {
    let (rest, number) = stem.strip_suffix(')')?.rsplit_once('(')?;
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit());
    let rest = rest.trim_end_matches(' ');
    (is_number && (is_marked(rest) || begins_as_device(rest))).then_some(rest)
}

/// What a Pixel puts behind a name, between points.
fn telephone_word(stem: &str) -> Option<&str> {
    let (rest, word) = stem.rsplit_once('.')?;
    let known = ["mp", "cover", "original", "night", "portrait", "edited"].contains(&word);
    let (kind, number) = word.split_once('-').unwrap_or_default();
    let numbered = number.len() == 2
        && number.bytes().all(|digit| digit.is_ascii_digit())
        && !kind.is_empty()
        && kind.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_');
    ((known || numbered) && begins_as_device(rest)).then_some(rest)
}

/// Whether a name begins as a device's names do.
fn begins_as_device(stem: &str) -> bool {
    DEVICES.iter().any(|(prefix, least)| {
        let rest = stem.strip_prefix(prefix).unwrap_or_default();
        rest.bytes().take_while(u8::is_ascii_digit).count() >= *least
    })
}

/// Whether a name is a device's and nothing else.
fn is_device_name(stem: &str) -> bool {
    let word = stem.trim_start_matches(|letter: char| letter.is_ascii_lowercase() || "_-".contains(letter));
    begins_as_device(stem)
        && word
            .bytes()
            .all(|letter| letter.is_ascii_digit() || b"_-".contains(&letter))
}

/// Whether a name ends with a date and a time: "20190102_030405".
fn ends_with_time(stem: &str) -> bool {
    let digits = |part: &str, count: usize| {
        part.len() >= count && part.bytes().rev().take(count).all(|digit| digit.is_ascii_digit())
    };
    let parts = stem.rsplit_once(['_', '-']);
    parts.is_some_and(|(date, time)| time.len() == 6 && digits(time, 6) && digits(date, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(names: &[&str]) {
        let keys: Vec<_> = names.iter().map(|name| fold_key(Path::new(name))).collect();
        assert!(
            keys.iter().all(|key| key.is_some() && *key == keys[0]),
            "{names:?}: {keys:?}"
        );
    }

    fn different(names: &[&str]) {
        let mut keys: Vec<_> = names.iter().map(|name| fold_key(Path::new(name)).unwrap()).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), names.len(), "{names:?}");
    }

    #[test]
    fn bursts_of_every_maker_have_one_key() {
        same(&[
            "IMG_20190102_030405_BURST001_COVER.jpg",
            "IMG_20190102_030405_BURST002.jpg",
            "IMG_20190102_030405_BURST13.jpg",
        ]);
        same(&[
            "00000IMG_00000_BURST20190102030405678_COVER.jpg",
            "00012IMG_00012_BURST20190102030405678.jpg",
        ]);
        same(&[
            "DSC_0012_BURST20190102030405678.JPG",
            "DSC_0013_BURST20190102030405678_COVER.JPG",
        ]);
        same(&["BURST20190102030405_001.jpg", "BURST20190102030405_002.jpg"]);
        same(&[
            "20190102_030405_001.jpg",
            "20190102_030405_012.jpg",
            "20190102_030405(0).jpg",
            "20190102_030405.jpg",
        ]);
        same(&["IMAG0001_BURST001.jpg", "IMAG0001_BURST002_COVER.jpg"]);
        different(&[
            "20190102_030405.jpg",
            "20190102_030406.jpg",
            "sunburst.jpg",
            "burst.jpg",
        ]);
    }

    #[test]
    fn edited_copies_have_the_key_of_their_picture() {
        same(&["IMG_1234.HEIC", "IMG_E1234.JPG", "img_1234.jpg"]);
        same(&[
            "a.jpg",
            "a-edited.jpg",
            "a-bearbeitet.jpg",
            "a_edited.JPG",
            "a-EFFECTS.jpg",
            "a-Edit.tif",
            "a-Edit-2.tif",
        ]);
        same(&[
            "IMG_20190102_030405.jpg",
            "IMG_20190102_030405~2.jpg",
            "MVIMG_20190102_030405.jpg",
            "IMG_20190102_030405-01.jpeg",
        ]);
        same(&[
            "PXL_20201005_123456789.jpg",
            "PXL_20201005_123456789.MP.jpg",
            "PXL_20201005_123456789.PORTRAIT-01.COVER.jpg",
            "PXL_20201005_123456789.PORTRAIT-02.ORIGINAL.jpg",
            "PXL_20201005_123456789.RAW-02.ORIGINAL.dng",
        ]);
        different(&[
            "IMG_1234.jpg",
            "IMG_1235.jpg",
            "IMG_EIFFEL.jpg",
            "DSC_0001.jpg",
            "DSC_0002.jpg",
        ]);
    }

    #[test]
    fn copies_have_the_key_of_their_picture_and_numbered_photos_their_own() {
        same(&[
            "beach.jpg",
            "beach - Copy.jpg",
            "beach - Kopie (2).jpg",
            "beach copy.jpg",
            "beach copy 2.jpg",
            "Copy of beach.jpg",
        ]);
        same(&[
            "IMG_1234.jpg",
            "IMG_1234 (1).jpg",
            "IMG_1234(2).jpg",
            "IMG_1234 2.jpg",
            "IMG_1234-edited(1).jpg",
        ]);
        different(&[
            "Holiday (1).jpg",
            "Holiday (2).jpg",
            "Holiday 2019 (1).jpg",
            "beach 1.jpg",
            "beach 2.jpg",
            "2019-01-02.jpg",
        ]);
        different(&[
            "scan_001.jpg",
            "scan_002.jpg",
            "a-01.jpg",
            "a-02.jpg",
            "photo.jpg",
            "photo~.jpg",
        ]);
    }

    #[test]
    fn what_is_no_photo_has_no_key() {
        for name in ["a.xmp", "a.mov", "a.txt", "a", ""] {
            assert_eq!(fold_key(Path::new(name)), None, "{name}");
        }
    }
}
