//! Which photo of a group is worth keeping, and why.
//!
//! One question after the other is put to the photos, and those that are clearly behind go: what the person thinks of them, how large
//! they are, whether they are originals, how sharp they are. A question that leaves all of them tells nothing and is no reason.

use std::path::Path;

use crate::rows::PhotoRow;

/// Reasons that are told, at most.
const TOLD: usize = 2;

/// Why a photo is worth keeping rather than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The person made it a favourite.
    Favourite,
    /// The person gave it more stars.
    MoreStars,
    /// Another program rejected others.
    NotRejected,
    /// It has more pixels.
    Larger,
    /// A raw file of the camera goes with it.
    WithRaw,
    /// It is sharper.
    Sharper,
    /// It says when it was taken.
    Dated,
    /// Its file has more bytes for the same pixels.
    LessCompressed,
    /// Its name is not that of a copy.
    OriginalName,
    /// Its file is older.
    Older,
}

impl Reason {
    /// As in "sharper".
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Favourite => "a favourite",
            Self::MoreStars => "more stars",
            Self::NotRejected => "not rejected",
            Self::Larger => "larger",
            Self::WithRaw => "with its raw file",
            Self::Sharper => "sharper",
            Self::Dated => "has its date",
            Self::LessCompressed => "less compressed",
            Self::OriginalName => "the original name",
            Self::Older => "the older file",
        }
    }
}

/// What speaks for and against a photo.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) row: &'a PhotoRow,
    /// At a size that all of the group have.
    pub(super) sharpness: Option<f32>,
}

/// What is asked of each photo, and by what factor one can be behind the best without going.
type Question = (Reason, fn(&Candidate<'_>) -> f64, f64);

/// The place of the best one, and what speaks for it.
pub(super) fn best(candidates: &[Candidate<'_>]) -> (usize, Vec<Reason>) {
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    let mut why = Vec::new();
    let questions: [Question; 10] = [
        (Reason::Favourite, |photo| yes(photo.row.marks.favourite), 1.0),
        (Reason::MoreStars, |photo| f64::from(photo.row.marks.rating), 1.0),
        (Reason::NotRejected, |photo| yes(!photo.row.is_rejected()), 1.0),
        (Reason::Larger, |photo| pixels(photo.row), 1.1),
        (Reason::WithRaw, |photo| yes(photo.row.extras.raws.is_some()), 1.0),
        (
            Reason::Sharper,
            |photo| photo.sharpness.map_or(f64::INFINITY, f64::from),
            1.15,
        ),
        (Reason::Dated, |photo| yes(photo.row.has_date()), 1.0),
        (Reason::LessCompressed, |photo| photo.row.bytes as f64, 1.2),
        (Reason::OriginalName, |photo| yes(!is_copy_name(&photo.row.path)), 1.0),
        (Reason::Older, |photo| -(photo.row.modified_ns as f64), 1.0),
    ];
    for (reason, measure, tolerance) in questions {
        let of = |place: &usize| candidates.get(*place).map_or(f64::NEG_INFINITY, measure);
        // Photos that were not measured say nothing, whatever the others are.
        let finite = left.iter().all(|place| of(place).is_finite());
        // Bytes of two formats are not to be compared.
        let formats = left.iter().filter_map(|place| Some(candidates.get(*place)?.row.format));
        let one_format = formats.collect::<std::collections::HashSet<_>>().len() < 2;
        if !finite || (reason == Reason::LessCompressed && !one_format) {
            continue;
        }
        let most = left.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let near: Vec<usize> = left
            .iter()
            .copied()
            .filter(|place| of(place) >= if most > 0.0 { most / tolerance } else { most })
            .collect();
        if near.len() < left.len() {
            // What only breaks a tie says nothing beside a real reason.
            if why.is_empty() || !matches!(reason, Reason::OriginalName | Reason::Older) {
                why.push(reason);
            }
            left = near;
        }
        if left.len() < 2 {
            break;
        }
    }
    let best = left.first().copied().unwrap_or_default();
    // A reason is true beside every other photo of the group, or it is none.
    why.retain(|reason| {
        let asked = questions.iter().find(|(of, ..)| of == reason);
        asked.is_some_and(|(_, measure, _)| {
            let of = |place: usize| candidates.get(place).map_or(f64::NEG_INFINITY, measure);
            let others = (0..candidates.len()).filter(|place| *place != best);
            others.clone().all(|place| of(place) <= of(best)) && others.into_iter().any(|place| of(place) < of(best))
        })
    });
    why.truncate(TOLD);
    (best, why)
}

fn yes(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

fn pixels(row: &PhotoRow) -> f64 {
    f64::from(row.width) * f64::from(row.height)
}

/// Whether systems and programs give such a name to a copy: "a (1).jpg", "a - Copy.jpg", "a copy 2.jpg", "Kopie von a.jpg".
fn is_copy_name(path: &Path) -> bool {
    const WORDS: [&str; 6] = ["copy", "kopie", "copie", "copia", "kopia", "コピー"];
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let numbered = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once('('));
    let is_numbered = numbered.is_some_and(|(name, number)| {
        !name.trim().is_empty() && !number.is_empty() && number.chars().all(|letter| letter.is_ascii_digit())
    });
    let words = stem.split(|letter: char| !letter.is_alphabetic());
    is_numbered || words.into_iter().any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::DateSource;
    use std::sync::Arc;

    fn row(path: &str) -> PhotoRow {
        PhotoRow {
            path: Arc::from(Path::new(path)),
            width: 4000,
            height: 3000,
            bytes: 4_000_000,
            format: "JPEG",
            gone: false,
            ..PhotoRow::of_nothing()
        }
    }

    fn best_of(rows: &[(PhotoRow, Option<f32>)]) -> (usize, Vec<Reason>) {
        let candidates: Vec<Candidate<'_>> = rows
            .iter()
            .map(|(row, sharpness)| Candidate {
                row,
                sharpness: *sharpness,
            })
            .collect();
        best(&candidates)
    }

    #[test]
    fn the_larger_and_sharper_photo_is_kept_and_the_reasons_are_told() {
        let small = PhotoRow {
            width: 2000,
            height: 1500,
            bytes: 900_000,
            ..row("/a/small.jpg")
        };
        let (blurred, sharp) = (row("/a/1.jpg"), row("/a/2.jpg"));
        let with_small = |sharpness| {
            best_of(&[
                (small.clone(), Some(sharpness)),
                (blurred.clone(), Some(0.3)),
                (sharp.clone(), Some(0.8)),
            ])
        };
        assert_eq!(with_small(0.7), (2, vec![Reason::Larger, Reason::Sharper]));
        assert_eq!(
            with_small(0.9),
            (2, vec![Reason::Larger]),
            "beside the small one it is not sharper"
        );
    }

    #[test]
    fn what_the_person_thinks_comes_before_everything_else() {
        let mut starred = row("/a/1.jpg");
        starred.marks.rating = 3;
        let mut favourite = row("/a/2.jpg");
        favourite.marks.favourite = true;
        let others = [(row("/a/0.jpg"), Some(0.9)), (starred, Some(0.2))];
        assert_eq!(best_of(&others), (1, vec![Reason::MoreStars]));
        let with_favourite = [others[1].clone(), (favourite, Some(0.1))];
        assert_eq!(best_of(&with_favourite), (1, vec![Reason::Favourite]));
    }

    #[test]
    fn a_photo_that_could_not_be_measured_leaves_sharpness_out() {
        let dated = PhotoRow {
            taken_source: DateSource::Exif,
            ..row("/a/2.jpg")
        };
        let of = best_of(&[(row("/a/1.jpg"), None), (dated, Some(0.1))]);
        assert_eq!(of, (1, vec![Reason::Dated]));
    }

    #[test]
    fn of_identical_files_the_one_with_the_original_name_is_kept() {
        let older = PhotoRow {
            modified_ns: 5,
            ..row("/a/x.jpg")
        };
        let newer = PhotoRow {
            modified_ns: 9,
            ..row("/b/x.jpg")
        };
        let copy = PhotoRow {
            modified_ns: 1,
            ..row("/a/x (1).jpg")
        };
        let of = best_of(&[(copy, None), (newer, None), (older, None)]);
        assert_eq!(of, (2, vec![Reason::OriginalName]));
        let same = best_of(&[(row("/a/x.jpg"), None), (row("/b/x.jpg"), None)]);
        assert_eq!(same, (0, vec![]), "nothing speaks for either");
    }

    #[test]
    fn bytes_of_two_formats_are_not_compared() {
        let other = PhotoRow {
            format: "WebP",
            bytes: 400_000,
            ..row("/a/1.webp")
        };
        assert_eq!(best_of(&[(other, None), (row("/a/2.jpg"), None)]).1, []);
    }

    #[test]
    fn names_of_copies_are_known() {
        for name in [
            "x (1).jpg",
            "x - Copy.jpg",
            "x copy 2.jpg",
            "Kopie von x.jpg",
            "x(12).jpg",
        ] {
            assert!(is_copy_name(Path::new(name)), "{name}");
        }
        for name in ["x.jpg", "(1).jpg", "copyright.jpg", "IMG_1234.jpg", "x (summer).jpg"] {
            assert!(!is_copy_name(Path::new(name)), "{name}");
        }
    }
}
