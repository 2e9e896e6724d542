//! The rows as plain structs.

use std::path::PathBuf;

/// A folder that the person added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRow {
    /// Row id.
    pub id: i64,
    /// Absolute path.
    pub path: PathBuf,
    /// Where its drive was mounted when it was last looked through; `None` before the first time.
    pub mounted_at: Option<PathBuf>,
}

/// What is kept of a photo's content: one row, whatever the number of files that hold it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContentRow {
    /// blake3 of the bytes.
    pub hash: [u8; 32],
    /// Pixels, after orientation.
    pub width: u32,
    /// Pixels, after orientation.
    pub height: u32,
    /// Short name of the format.
    pub format: String,
    /// Maker and model.
    pub camera: Option<String>,
    /// Lens model.
    pub lens: Option<String>,
    /// ISO speed.
    pub iso: Option<u32>,
    /// Seconds.
    pub exposure: Option<f64>,
    /// Aperture number.
    pub f_number: Option<f64>,
    /// Millimetres.
    pub focal_length: Option<f64>,
    /// What its file states of it.
    pub stated: Stated,
    /// Whether it has more than one frame.
    pub animated: bool,
    /// Whether a short video belongs to it.
    pub motion: bool,
    /// Revision of the readers of metadata that found all this.
    pub facts_revision: u32,
}

/// What is stated of a photo, in its file or in a sidecar; `None` where nothing is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stated {
    /// When it was taken.
    pub taken: Option<StatedDate>,
    /// Stars, 1 to 5; 0 where it is said to have none, -1 where it was rejected.
    pub rating: Option<i8>,
    /// Keywords; none holds a line break. Empty where it is said that there are none.
    pub keywords: Option<Vec<String>>,
    /// Title.
    pub title: Option<String>,
    /// Caption.
    pub caption: Option<String>,
    /// Names of the place, the narrowest first.
    pub place: Option<String>,
    /// Where it was taken.
    pub gps: Option<Position>,
    /// Faces with names, as JSON.
    pub faces: Option<String>,
}

impl Stated {
    /// Fills in what is not said here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            taken: self.taken.or(other.taken),
            rating: self.rating.or(other.rating),
            keywords: self.keywords.or(other.keywords),
            title: self.title.or(other.title),
            caption: self.caption.or(other.caption),
            place: self.place.or(other.place),
            gps: self.gps.or(other.gps),
            faces: self.faces.or(other.faces),
        }
    }
}

/// A date and time at which a photo was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedDate {
    /// Seconds since 1970-01-01 of the local wall-clock time.
    pub seconds: i64,
    /// Milliseconds after the second.
    pub milliseconds: Option<u16>,
    /// Minutes by which the clock was ahead of UTC.
    pub offset_minutes: Option<i16>,
    /// Who states it, by the name that `refocus_media::DateSource` gives it.
    pub source: String,
}

/// A place on the earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the sea.
    pub altitude_m: Option<f64>,
}

/// A sidecar file.
#[derive(Clone, Debug, PartialEq)]
pub struct SidecarRow {
    /// The folder it was found under.
    pub folder_id: i64,
    /// Absolute path.
    pub path: PathBuf,
    /// Bytes of the file.
    pub bytes: u64,
    /// Modification time, nanoseconds since 1970-01-01 UTC.
    pub modified_ns: i64,
    /// What it states.
    pub stated: Stated,
    /// Revision of the readers of metadata that read it.
    pub facts_revision: u32,
}

/// A file and the photo that lies in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRow {
    /// Row id.
    pub id: i64,
    /// The folder it was found under.
    pub folder_id: i64,
    /// Absolute path.
    pub path: PathBuf,
    /// Bytes of the file.
    pub bytes: u64,
    /// Modification time, nanoseconds since 1970-01-01 UTC.
    pub modified_ns: i64,
    /// The name under which the file is shown, where that is another: this one is a link to it.
    pub same_as: Option<PathBuf>,
    /// When the file came into the library, seconds since 1970-01-01 UTC; 0: not known. It keeps this when its content changes or it moves.
    pub added_at: i64,
    /// The photo.
    pub photo: ContentRow,
}

/// A file that was read: what is written for it.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedFile {
    /// The folder it was found under.
    pub folder_id: i64,
    /// Absolute path.
    pub path: PathBuf,
    /// Bytes of the file.
    pub bytes: u64,
    /// Modification time, nanoseconds since 1970-01-01 UTC.
    pub modified_ns: i64,
    /// The name under which the file is shown, where that is another: this one is a link to it.
    pub same_as: Option<PathBuf>,
    /// What lies in it.
    pub content: IndexedContent,
}

/// The content of an indexed file.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexedContent {
    /// Bytes that were decoded and encoded now.
    New {
        /// What is known of them.
        facts: Box<ContentRow>,
        /// The encoding, of the model's length.
        encoding: Vec<u8>,
    },
    /// Bytes whose photo and encoding are in the database already, and whose metadata was read anew.
    Facts(Box<ContentRow>),
    /// Bytes whose photo and encoding are in the database already.
    Known {
        /// blake3 of the bytes.
        hash: [u8; 32],
    },
}

/// A file that could not be read: what is written for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFailure {
    /// The folder it was found under.
    pub folder_id: i64,
    /// Absolute path.
    pub path: PathBuf,
    /// Kind of failure, by the name that `refocus_media::FailureKind` gives it.
    pub kind: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Bytes of the file when it failed.
    pub bytes: u64,
    /// Its modification time then, nanoseconds since 1970-01-01 UTC.
    pub modified_ns: i64,
    /// Version of the decode gate that could not read it.
    pub gate: u32,
}

/// A file that could not be read, as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// What failed.
    pub failure: NewFailure,
    /// When, seconds since 1970-01-01 UTC.
    pub failed_at: i64,
    /// How often in a row without a change of the file, at least 1.
    pub attempts: u32,
}

/// What a library's database holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of the database file.
    pub bytes: u64,
    /// Of them in pages that hold nothing.
    pub free_bytes: u64,
    /// Photos that no listed file holds. They are kept for a file that turns up again.
    pub photos_without_file: u64,
    /// Bytes of their encodings.
    pub without_file_bytes: u64,
    /// Encodings by other models than the one in use.
    pub other_encodings: u64,
    /// Their bytes.
    pub other_bytes: u64,
    /// Encodings of another length than their model's; such photos count as not encoded.
    pub wrong_encodings: u64,
}

/// Favourite and rating of a photo, given by the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// A favourite.
    pub favourite: bool,
    /// Stars, 1 to 5; 0 = not rated.
    pub rating: u8,
    /// The person took away the rating that the photo brought along; `rating` is 0 then.
    pub unrated: bool,
}

/// Most stars that a photo can have.
pub const MOST_STARS: u8 = 5;
