//! Which photos take part in a search.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::albums::AlbumId;
use super::people::PersonId;
use super::rows::{PhotoRow, Place, Rows};

mod smart_albums;
pub(crate) mod wanted_words;

pub use smart_albums::{RECENT_DAYS, SmartAlbum, Today};

use super::timeline::{DAY, DayOfYear};
use wanted_words::WantedWords;

/// Shape of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Shape {
    /// Wider than high.
    Landscape,
    /// Higher than wide.
    Portrait,
    /// Sides that differ by at most a twentieth.
    Square,
}

impl Shape {
    /// The shape of a picture with this ratio of width to height.
    #[must_use]
    pub fn of_aspect(aspect: f32) -> Self {
        if (0.95..=1.05).contains(&aspect) {
            Self::Square
        } else if aspect > 1.0 {
            Self::Landscape
        } else {
            Self::Portrait
        }
    }
}

/// Number of pixels, in classes that people think in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum PictureSize {
    /// Below one megapixel.
    Small,
    /// One to eight megapixels.
    Medium,
    /// Eight megapixels and more.
    Large,
}

impl PictureSize {
    /// The class of a picture of so many pixels.
    #[must_use]
    pub fn of_pixels(pixels: u64) -> Self {
        match pixels {
            0..1_000_000 => Self::Small,
            1_000_000..8_000_000 => Self::Medium,
            _ => Self::Large,
        }
    }
}

/// A range of days, both ends included. A day is counted from 1970-01-01, in the photos' own local time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Days {
    /// First day; `None`: from the beginning.
    pub first: Option<i64>,
    /// Last day; `None`: to the end.
    pub last: Option<i64>,
}

impl Days {
    /// Whether a moment lies in the range; seconds since 1970-01-01, local time.
    #[must_use]
    pub fn contain(self, taken: i64) -> bool {
        let day = taken.div_euclid(DAY);
        self.first.is_none_or(|first| day >= first) && self.last.is_none_or(|last| day <= last)
    }
}

/// Around a place, so far.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Near {
    /// The place.
    pub place: Place,
    /// Metres.
    pub radius_m: f64,
}

impl Near {
    /// Whether a photo was taken there.
    fn holds(&self, row: &PhotoRow) -> bool {
        row.gps()
            .is_some_and(|place| place.distance_m(&self.place) <= self.radius_m)
    }
}

/// What becomes of photos that another program has rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Rejected {
    /// They take part like all others.
    #[default]
    Shown,
    /// They are left out.
    Hidden,
    /// Only they take part.
    Only,
}

/// What a photo must be to take part. The default lets every photo pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Only photos below this folder.
    pub within: Option<PathBuf>,
    /// And of these only those that lie in the folder itself.
    pub this_level: bool,
    /// Only photos taken in these days.
    pub days: Days,
    /// Only these formats, by their short names; empty: all.
    pub formats: Vec<&'static str>,
    /// Only this shape.
    pub shape: Option<Shape>,
    /// Only this size.
    pub size: Option<PictureSize>,
    /// Only favourites.
    pub favourites: bool,
    /// At least so many stars.
    pub stars: u8,
    /// Only photos for which each of these words is written: in a keyword (at any level), the title, the caption, the names of the
    /// place or of people. Case and the way in which accents are written make no difference; blanks and commas part words, which may
    /// be parts of written ones. Levels of a keyword that follow each other have `|` or `/` between them, and the last may be only begun
    /// (`europe/nor`); what stands in quotation marks is looked for as whole words in this order.
    pub keywords: String,
    /// Only photos that show all of these persons.
    pub people: Vec<PersonId>,
    /// Only photos of this album and of those in it.
    pub album: Option<AlbumId>,
    /// Photos that another program has rejected.
    pub rejected: Rejected,
    /// Only photos that were taken near a place.
    pub near: Option<Near>,
    /// Only photos whose files came into the library since then, seconds since 1970-01-01 UTC.
    pub added_since: Option<i64>,
    /// Only photos that were taken on this day of the year, by the clock of the place where they were taken.
    pub on_day: Option<DayOfYear>,
    /// Only photos without a rating.
    pub unrated: bool,
    /// Only photos of which nothing but the time of the file tells when they were taken.
    pub without_date: bool,
    /// Only photos of which nothing tells where they were taken.
    pub without_place: bool,
    /// Only these rows (sorted numbers), as of a group.
    pub only: Option<Arc<[u32]>>,
}

impl Filter {
    /// Whether every photo passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it looks at favourites, ratings or rejections.
    #[must_use]
    pub fn asks_for_marks(&self) -> bool {
        self.favourites || self.stars > 0 || self.unrated || self.rejected != Rejected::Shown
    }

    /// For each row whether its photo passes.
    #[must_use]
    pub fn passing(&self, rows: &Rows) -> Arc<[bool]> {
        let words = WantedWords::new(&self.keywords);
        let mut passing = Vec::with_capacity(rows.len());
        for (first, chunk) in rows.chunks() {
            // Most searches ask for no words: what is written is not even looked at then.
            let text = words.as_ref().map(|words| (words, chunk.text()));
            passing.extend((0u32..).zip(chunk.rows()).map(|(place, row)| {
                self.passes(first + place, row)
                    && text.is_none_or(|(words, text)| words.are_in(text.of_row(place as usize)))
            }));
        }
        passing.into()
    }

    /// Whether a photo passes, whatever is written of it.
    fn passes(&self, number: u32, row: &PhotoRow) -> bool {
        let pixels = u64::from(row.width) * u64::from(row.height);
        row.is_shown()
            && (!self.favourites || row.marks.favourite)
            && row.marks.rating >= self.stars
            && self.days.contain(row.taken)
            && self.has_format(row)
            && self.shape.is_none_or(|shape| shape == Shape::of_aspect(row.aspect()))
            && self.size.is_none_or(|size| size == PictureSize::of_pixels(pixels))
            && self
                .only
                .as_ref()
                .is_none_or(|only| only.binary_search(&number).is_ok())
            && self
                .within
                .as_ref()
                .is_none_or(|folder| lies_within(row, folder, self.this_level))
            && match self.rejected {
                Rejected::Shown => true,
                Rejected::Hidden => !row.is_rejected(),
                Rejected::Only => row.is_rejected(),
            }
            && self.near.as_ref().is_none_or(|near| near.holds(row))
            && self.added_since.is_none_or(|since| row.extras.added_at >= since)
            && self.on_day.is_none_or(|day| row.is_of_day(day))
            && (!self.unrated || row.marks.rating == 0)
            && (!self.without_date || !row.has_date())
            && (!self.without_place || !row.has_place())
    }

    /// A photo that stands for its raw file has both formats.
    fn has_format(&self, row: &PhotoRow) -> bool {
        let with_raw = row.extras.raws.is_some() && self.formats.contains(&"RAW");
        self.formats.is_empty() || with_raw || self.formats.contains(&row.format)
    }
}

/// Whether a photo lies in a folder, under any of its names.
fn lies_within(row: &PhotoRow, folder: &Path, this_level: bool) -> bool {
    let is_in = |path: &Path| {
        if this_level {
            path.parent() == Some(folder)
        } else {
            path.starts_with(folder)
        }
    };
    let places = row.extras.places.iter().flat_map(|places| places.iter());
    is_in(&row.path) || places.into_iter().any(|place| is_in(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DateSource, Extras, FileId, FolderId, Marks};

    fn row() -> PhotoRow {
        PhotoRow {
            id: FileId(1),
            folder: FolderId(1),
            path: Arc::from(Path::new("/photos/holiday/a.jpg")),
            hash: [0; 32],
            width: 4000,
            height: 3000,
            bytes: 1,
            modified_ns: 0,
            taken: 19_000 * DAY + 3600,
            taken_source: DateSource::Exif,
            camera: None,
            format: "JPEG",
            encoded: true,
            marks: Marks {
                favourite: false,
                rating: 3,
                ..Default::default()
            },
            extras: Extras {
                keywords: Some(Arc::from(["West Berlin".to_owned(), "wall".to_owned()])),
                raws: Some(Arc::from([Arc::from(Path::new("/photos/holiday/a.nef"))])),
                ..Extras::default()
            },
            gone: false,
        }
    }

    /// Whether a photo passes as the eighth of some rows.
    fn passes(filter: &Filter, row: &PhotoRow) -> bool {
        let mut rows = Rows::default();
        for _ in 0..8 {
            rows.push(row.clone());
        }
        filter.passing(&rows)[7]
    }

    #[test]
    fn without_a_condition_every_photo_that_is_there_passes() {
        assert!(Filter::default().is_empty() && passes(&Filter::default(), &row()));
        let gone = PhotoRow { gone: true, ..row() };
        assert!(!passes(&Filter::default(), &gone));
        let behind = PhotoRow {
            extras: Extras {
                behind: true,
                ..Extras::default()
            },
            ..row()
        };
        assert!(
            !passes(&Filter::default(), &behind),
            "a raw file goes with the photo that stands for it"
        );
    }

    #[test]
    fn each_condition_holds_back_what_does_not_meet_it() {
        let days = |first, last| Filter {
            days: Days { first, last },
            ..Filter::default()
        };
        let day = Some(19_000);
        let (met, missed) = (
            [
                days(day, day),
                days(None, day),
                Filter {
                    within: Some("/photos/holiday".into()),
                    ..Filter::default()
                },
                Filter {
                    within: Some("/photos/holiday".into()),
                    this_level: true,
                    ..Filter::default()
                },
                Filter {
                    formats: vec!["PNG", "JPEG"],
                    ..Filter::default()
                },
                Filter {
                    shape: Some(Shape::Landscape),
                    ..Filter::default()
                },
                Filter {
                    size: Some(PictureSize::Large),
                    ..Filter::default()
                },
                Filter {
                    stars: 3,
                    ..Filter::default()
                },
                Filter {
                    keywords: "berlin, WALL".into(),
                    ..Filter::default()
                },
                Filter {
                    formats: vec!["RAW"],
                    ..Filter::default()
                },
                Filter {
                    only: Some(Arc::from([2, 7])),
                    ..Filter::default()
                },
            ],
            [
                days(Some(19_001), None),
                days(None, Some(18_999)),
                Filter {
                    within: Some("/photos/work".into()),
                    ..Filter::default()
                },
                Filter {
                    within: Some("/photos".into()),
                    this_level: true,
                    ..Filter::default()
                },
                Filter {
                    formats: vec!["PNG"],
                    ..Filter::default()
                },
                Filter {
                    shape: Some(Shape::Square),
                    ..Filter::default()
                },
                Filter {
                    size: Some(PictureSize::Medium),
                    ..Filter::default()
                },
                Filter {
                    stars: 4,
                    ..Filter::default()
                },
                Filter {
                    keywords: "berlin sea".into(),
                    ..Filter::default()
                },
                Filter {
                    only: Some(Arc::from([2, 8])),
                    ..Filter::default()
                },
            ],
        );
        for filter in &met {
            assert!(passes(filter, &row()), "{filter:?}");
        }
        for filter in &missed {
            assert!(!passes(filter, &row()), "{filter:?}");
        }
        let favourites = Filter {
            favourites: true,
            ..Filter::default()
        };
        assert!(!passes(&favourites, &row()) && favourites.asks_for_marks());
    }

    #[test]
    fn a_few_pixels_more_on_one_side_still_make_a_square() {
        assert_eq!(Shape::of_aspect(1.02), Shape::Square);
        assert_eq!(Shape::of_aspect(1.34), Shape::Landscape);
        assert_eq!(Shape::of_aspect(0.75), Shape::Portrait);
    }
}
