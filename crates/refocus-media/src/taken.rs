//! When a photo was taken: which of the dates that a file, its sidecar, its name and the file system state is believed.

use serde::{Deserialize, Serialize};

use super::file_dates::{date_from_file_time, date_from_name};

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
    /// Date and time of the position, from the satellites: in UTC.
    Gps,
    /// A text chunk of a PNG, such as `Creation Time`.
    PngText,
    /// EXIF `DateTime`: the last change that a program noted.
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
}

/// When a photo was taken: what stands in its file or in its sidecar, else the date in its name, else the file's time
/// (nanoseconds since 1970-01-01 UTC) on the person's own wall clock.
#[must_use]
pub fn resolve_taken(in_file: Option<Taken>, in_sidecar: Option<Taken>, name: &str, modified_ns: i64) -> Taken {
    in_sidecar
        .or(in_file)
        .or_else(|| date_from_name(name).map(|seconds| Taken::at(seconds, DateSource::FileName)))
        .unwrap_or_else(|| {
            let seconds = date_from_file_time(modified_ns).unwrap_or(modified_ns.div_euclid(1_000_000_000));
            Taken::at(seconds, DateSource::FileTime)
        })
}
