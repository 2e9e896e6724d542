//! When a photo was taken: which of the dates that a file, its sidecar, its name and the file system state is believed.
//!
//! Texts of metadata enter through `statements.rs` and become [`Taken`]; those of one file enter `best`, and what that gives enters
//! [`resolve_taken`] together with the sidecar's, the name and the file's time.
//!
//! | file | idea |
//! |---|---|
//! | `clock.rs` | dates and times in all the ways in which they are written |
//! | `local_clock.rs` | the clock on which UTC is shown |
//! | `months.rs` | names of months |
//! | `statements.rs` | what EXIF, XMP, IPTC, satellites and PNG texts state |
//! | `made_up.rs` | values that cameras write whose clock was never set |
//! | `resolve.rs` | which statement counts |

mod clock;
mod local_clock;
mod made_up;
pub(crate) mod months;
mod resolve;
mod statements;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub(crate) use clock::{Half, half_of_day, month_and_day, time_of_day};
pub(crate) use local_clock::LocalClock;
pub(crate) use resolve::best;
pub use resolve::resolve_taken;
pub(crate) use statements::{
    from_exif, from_gps_at, from_iptc, from_iso_8601, from_offset, from_png_text, from_png_time,
    is_png_text_of_a_change,
};

use super::file_dates::wall_clock_seconds;

/// Where a photo's date comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateSource {
    /// EXIF `DateTimeOriginal`: the camera says when it released.
    Exif,
    /// EXIF `DateTimeDigitized`: when the picture became a file.
    ExifDigitized,
    /// XMP `exif:DateTimeOriginal` or `photoshop:DateCreated`.
    Xmp,
    /// XMP `xmp:CreateDate`.
    XmpCreated,
    /// IPTC `DateCreated` with `TimeCreated`.
    Iptc,
    /// Date and time of the position, from the satellites: stated in UTC, shown on the clock of the place as far as that can be told
    /// from its longitude and the person's time zone.
    Gps,
    /// A text chunk of a PNG, such as `Creation Time`, or ImageMagick's `date:create` where nothing else is stated.
    PngText,
    /// The last change that a program noted: EXIF `DateTime`, XMP `xmp:ModifyDate`, `tIME` of a PNG.
    ExifModified,
    /// A sidecar beside the photo.
    Sidecar,
    /// The file's name holds it.
    FileName,
    /// Only the file's time of change is known.
    #[default]
    FileTime,
}

impl DateSource {
    /// Every source.
    pub const ALL: [Self; 11] = [
        Self::Exif,
        Self::ExifDigitized,
        Self::Xmp,
        Self::XmpCreated,
        Self::Iptc,
        Self::Gps,
        Self::PngText,
        Self::ExifModified,
        Self::Sidecar,
        Self::FileName,
        Self::FileTime,
    ];

    /// The name used in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exif => "exif",
            Self::ExifDigitized => "exif_digitized",
            Self::Xmp => "xmp",
            Self::XmpCreated => "xmp_created",
            Self::Iptc => "iptc",
            Self::Gps => "gps",
            Self::PngText => "png_text",
            Self::ExifModified => "exif_modified",
            Self::Sidecar => "sidecar",
            Self::FileName => "file_name",
            Self::FileTime => "file_time",
        }
    }

    /// The source of this name; `None` for a name that no version knew.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }

    /// What a person reads behind the date; nothing where the camera says it itself.
    #[must_use]
    pub fn in_words(self) -> Option<&'static str> {
        match self {
            Self::Exif => None,
            Self::ExifDigitized => Some("when it was digitised"),
            Self::Xmp => Some("written by a program"),
            Self::XmpCreated => Some("when the file was made"),
            Self::Iptc => Some("IPTC"),
            Self::Gps => Some("satellite time"),
            Self::PngText => Some("PNG text"),
            Self::ExifModified => Some("last change in a program"),
            Self::Sidecar => Some("sidecar"),
            Self::FileName => Some("by its name"),
            Self::FileTime => Some("file time"),
        }
    }
}

/// A date and time at which a photo was taken, as somebody states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Seconds since 1970-01-01 of the local wall-clock time, no time zone.
    pub seconds: i64,
    /// Milliseconds after that second, 0 to 999, where they are stated.
    pub milliseconds: Option<u16>,
    /// Minutes by which the clock was ahead of UTC, where that is stated.
    pub offset_minutes: Option<i16>,
    /// Who states it.
    pub source: DateSource,
}

impl Taken {
    /// A date and time without fractions and time zone.
    #[must_use]
    pub fn at(seconds: i64, source: DateSource) -> Self {
        Self {
            seconds,
            milliseconds: None,
            offset_minutes: None,
            source,
        }
    }

    /// What a clock in `zone` showed at a moment, `milliseconds` after 1970-01-01 UTC.
    pub(crate) fn at_moment(milliseconds: i64, zone: &TimeZone, source: DateSource) -> Option<Self> {
        let shown = Timestamp::from_millisecond(milliseconds).ok()?.to_zoned(zone.clone());
        let part = u16::try_from(milliseconds.rem_euclid(1000)).ok();
        Some(Self {
            milliseconds: part.filter(|part| *part > 0),
            offset_minutes: i16::try_from(shown.offset().seconds() / 60).ok(),
            ..Self::at(wall_clock_seconds(shown.datetime())?, source)
        })
    }

    /// Whether it is a value that cameras and programs make up when they do not know the time, or later than tomorrow. Such a
    /// value counts only where nothing else is stated.
    #[must_use]
    pub fn is_made_up(&self) -> bool {
        made_up::is_made_up(self, made_up::present())
    }

    /// Whether only the day is known, as far as the value tells: midnight sharp.
    fn is_day_only(&self) -> bool {
        self.seconds.rem_euclid(SECONDS_OF_DAY) == 0 && self.milliseconds.is_none()
    }

    /// The day, counted from 1970-01-01.
    fn day(&self) -> i64 {
        self.seconds.div_euclid(SECONDS_OF_DAY)
    }
}

const SECONDS_OF_DAY: i64 = 86_400;
