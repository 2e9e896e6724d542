//! The photos of the library as the front ends see them: one row a file, whose number stays while the program runs.

use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock, Weak};

use refocus_media::Face;
pub use refocus_media::{DateSource, Place};
pub use refocus_store::{MOST_STARS, Marks};

use super::texts::ReadText;
use super::timeline::DayOfYear;
use super::written::ChunkText;

/// Identity of a file row in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub i64);

/// Identity of a folder that the person added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderId(pub i64);

/// What else is known of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Keywords that other programs wrote, into the picture or into a sidecar beside it; hierarchical ones with
    /// [`LEVEL`](refocus_media::tags::LEVEL) between their levels.
    pub keywords: Option<Arc<[String]>>,
    /// The rating that came with the file, 1 to 5 stars; 0 = none. Where the person rates the photo here, that counts.
    pub brought_rating: u8,
    /// Another program rejected it. Where the person gives it stars here, these count.
    pub rejected: bool,
    /// Title, caption, place and more; `None` where nothing of it is known.
    pub written: Option<Arc<Written>>,
    /// Text that was read in the picture; `None` where there is none, or it was not read yet.
    pub text: Option<Arc<ReadText>>,
    /// When its file came into the library, seconds since 1970-01-01 UTC; 0: not known.
    pub added_at: i64,
    /// Milliseconds after the second at which it was taken.
    pub taken_milliseconds: u16,
    /// It has more than one frame; the first is shown.
    pub animated: bool,
    /// A short video belongs to it.
    pub motion: bool,
    /// Raw files of the camera for which it stands: same folder, same name but for the ending.
    pub raws: Option<Arc<[Arc<Path>]>>,
    /// Other names of its file, for which it stands: symbolic and hard links.
    pub places: Option<Arc<[Arc<Path>]>>,
    /// It is such a raw file, or such a name: it goes with the photo that stands for it and is not shown on its own.
    pub behind: bool,
}

/// What is written of a photo, in its file or in a sidecar, and what few photos have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Title.
    pub title: Option<String>,
    /// Caption.
    pub caption: Option<String>,
    /// Names of the place, the narrowest first.
    pub place: Option<String>,
    /// Where it was taken.
    pub gps: Option<Place>,
    /// People whose faces other programs have named.
    pub people: Vec<Face>,
    /// Minutes by which the camera's clock was ahead of UTC.
    pub offset_minutes: Option<i16>,
}

/// One file of the library.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoRow {
    /// Identity in the database.
    pub id: FileId,
    /// The folder it was found under.
    pub folder: FolderId,
    /// Absolute path.
    pub path: Arc<Path>,
    /// blake3 of the file's bytes: the photo's identity, the key of its thumbnails.
    pub hash: [u8; 32],
    /// Width in pixels after orientation.
    pub width: u32,
    /// Height in pixels after orientation.
    pub height: u32,
    /// Bytes of the file.
    pub bytes: u64,
    /// Modification time, nanoseconds since 1970-01-01 UTC.
    pub modified_ns: i64,
    /// Seconds since 1970-01-01 of the local wall-clock time at which it was taken.
    pub taken: i64,
    /// Where `taken` comes from.
    pub taken_source: DateSource,
    /// Camera maker and model, where the file says so.
    pub camera: Option<Arc<str>>,
    /// Short name of the format, as in "JPEG".
    pub format: &'static str,
    /// Whether the model in use has encoded it; photos without an encoding stand last in every ranking.
    pub encoded: bool,
    /// What the person thinks of it; files with the same content share this.
    pub marks: Marks,
    /// What else is known of it.
    pub extras: Extras,
    /// The file has gone since it was listed; such a row is passed over. Its number is used again only when nobody holds rows or
    /// an order of the time before ([`RowsInUse`]).
    pub gone: bool,
}

impl PhotoRow {
    /// Width over height; 1 where the size is unknown.
    #[must_use]
    pub fn aspect(&self) -> f32 {
        if self.width == 0 || self.height == 0 {
            1.0
        } else {
            self.width as f32 / self.height as f32
        }
    }

    /// What stands at the number of a row that has gone. It holds nothing of the photo that was there.
    pub(crate) fn of_nothing() -> Self {
        static NOWHERE: LazyLock<Arc<Path>> = LazyLock::new(|| Arc::from(Path::new("")));
        Self {
            id: FileId(-1),
            folder: FolderId(-1),
            path: Arc::clone(&NOWHERE),
            hash: [0; 32],
            width: 0,
            height: 0,
            bytes: 0,
            modified_ns: 0,
            taken: 0,
            taken_source: DateSource::FileTime,
            camera: None,
            format: "",
            encoded: false,
            marks: Marks::default(),
            extras: Extras::default(),
            gone: true,
        }
    }

    /// When it was taken, milliseconds since 1970-01-01 of the local wall-clock time.
    #[must_use]
    pub fn taken_ms(&self) -> i64 {
        self.taken
            .saturating_mul(1000)
            .saturating_add(i64::from(self.extras.taken_milliseconds))
    }

    /// Whether more than the time of its file tells when it was taken.
    #[must_use]
    pub fn has_date(&self) -> bool {
        self.taken_source != DateSource::FileTime
    }

    /// Whether it was taken on this day of the year, as far as more than the time of its file tells.
    #[must_use]
    pub fn is_of_day(&self, day: DayOfYear) -> bool {
        self.has_date() && DayOfYear::of(self.taken) == day
    }

    /// Whether anything tells where it was taken: a position, or the name of a place.
    #[must_use]
    pub fn has_place(&self) -> bool {
        let written = self.extras.written.as_ref();
        written.is_some_and(|written| written.gps.is_some() || written.place.is_some())
    }

    /// Whether it is shown as rejected.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.extras.rejected && self.marks.rating == 0
    }

    /// Where it was taken, where that is known.
    #[must_use]
    pub fn gps(&self) -> Option<Place> {
        self.extras.written.as_ref()?.gps
    }

    /// Whether it has a place of its own among the photos.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        !self.gone && !self.extras.behind
    }
}

/// Held by rows and by every order that was made of them: while it is held, no row number that they could mean is given to
/// another photo. Whoever keeps row numbers keeps rows or an order that they come from, or drops those that have gone when it
/// takes newer rows.
#[derive(Clone, Debug, Default)]
pub struct RowsInUse(Arc<()>);

impl RowsInUse {
    /// Tells whether anybody holds it still.
    pub(crate) fn observe(&self) -> Weak<()> {
        Arc::downgrade(&self.0)
    }
}

/// Rows a chunk holds: a snapshot shares all chunks that did not change since.
pub const ROWS_A_CHUNK: usize = 1024;
const CHUNK: usize = ROWS_A_CHUNK;

/// Rows that snapshots share, and what is written of them in a form that can be searched: made when words are first looked for, and
/// anew after a row has changed.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    rows: Vec<PhotoRow>,
    text: OnceLock<ChunkText>,
}

impl Chunk {
    /// The rows, in their order of number.
    pub(crate) fn rows(&self) -> &[PhotoRow] {
        &self.rows
    }

    /// What is written of them.
    pub(crate) fn text(&self) -> &ChunkText {
        self.text.get_or_init(|| ChunkText::of(&self.rows))
    }

    /// The rows, to be changed.
    fn rows_mut(&mut self) -> &mut Vec<PhotoRow> {
        self.text = OnceLock::new();
        &mut self.rows
    }
}

impl Clone for Chunk {
    /// A copy is made to be changed: it would have to forget the text at once.
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            text: OnceLock::new(),
        }
    }
}

/// A cheap-to-clone snapshot of all rows. A row's number never changes while its photo is there, and means no other photo while
/// anybody holds these rows: an order computed for an older snapshot stays valid for a newer one.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    chunks: Vec<Arc<Chunk>>,
    /// Rows of each chunk that have not gone.
    there: Vec<u32>,
    len: usize,
    in_use: RowsInUse,
}

/// Stands for every chunk all of whose rows have gone.
static ALL_GONE: LazyLock<Arc<Chunk>> = LazyLock::new(|| {
    Arc::new(Chunk {
        rows: vec![PhotoRow::of_nothing(); CHUNK],
        text: OnceLock::new(),
    })
});

impl Rows {
    /// Number of rows, gone ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What keeps the numbers of these rows from meaning other photos, for orders made of them.
    #[must_use]
    pub fn in_use(&self) -> RowsInUse {
        self.in_use.clone()
    }

    /// From now on other numbers may be in use than before.
    pub(crate) fn renew_in_use(&mut self) {
        self.in_use = RowsInUse::default();
    }

    /// The row with this number.
    #[must_use]
    pub fn get(&self, row: u32) -> Option<&PhotoRow> {
        let row = row as usize;
        self.chunks.get(row / CHUNK)?.rows.get(row % CHUNK)
    }

    /// All rows in their order of number.
    pub fn iter(&self) -> impl Iterator<Item = &PhotoRow> {
        self.chunks.iter().flat_map(|chunk| chunk.rows.iter())
    }

    /// All rows in chunks, each with the number of its first row.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (u32, &Chunk)> {
        let firsts = (0u32..).step_by(CHUNK);
        firsts.zip(self.chunks.iter().map(Arc::as_ref))
    }

    /// Chunks that are not the same as those of an older snapshot, by number. Of a library of a million photos in which one
    /// changed it is one.
    pub fn changed_chunks<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = (usize, &'a [PhotoRow])> {
        let chunks = self.chunks.iter().enumerate();
        chunks
            .filter(|(number, chunk)| !older.chunks.get(*number).is_some_and(|old| Arc::ptr_eq(old, chunk)))
            .map(|(number, chunk)| (number, chunk.rows()))
    }

    /// Appends a row and returns its number.
    pub fn push(&mut self, row: PhotoRow) -> u32 {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Chunk {
                rows: Vec::with_capacity(CHUNK),
                text: OnceLock::new(),
            }));
            self.there.push(0);
        }
        if let (Some(last), Some(there)) = (self.chunks.last_mut(), self.there.last_mut()) {
            *there += u32::from(!row.gone);
            Arc::make_mut(last).rows_mut().push(row);
        }
        self.len += 1;
        (self.len - 1) as u32
    }

    /// Changes one row in place; snapshots taken before keep the old one.
    pub fn update(&mut self, row: u32, change: impl FnOnce(&mut PhotoRow)) {
        let (chunk, place) = (row as usize / CHUNK, row as usize % CHUNK);
        let (Some(rows), Some(there)) = (self.chunks.get_mut(chunk), self.there.get_mut(chunk)) else {
            return;
        };
        let Some(found) = Arc::make_mut(rows).rows_mut().get_mut(place) else {
            return;
        };
        let before = found.gone;
        change(found);
        *there = (*there + u32::from(before)).saturating_sub(u32::from(found.gone));
        if *there == 0 && rows.rows.len() == CHUNK {
            *rows = Arc::clone(&ALL_GONE);
        }
    }

    /// Marks a row as gone and gives back what it held.
    pub fn remove(&mut self, row: u32) {
        self.update(row, |row| *row = PhotoRow::of_nothing());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64) -> PhotoRow {
        PhotoRow {
            id: FileId(number),
            folder: FolderId(1),
            path: Arc::from(Path::new("a.jpg")),
            hash: [0; 32],
            width: 4,
            height: 2,
            bytes: 1,
            modified_ns: 0,
            taken: 0,
            taken_source: DateSource::FileTime,
            camera: None,
            format: "JPEG",
            encoded: false,
            marks: Marks::default(),
            extras: Default::default(),
            gone: false,
        }
    }

    #[test]
    fn a_snapshot_keeps_the_rows_it_was_taken_with() {
        let mut rows = Rows::default();
        for number in 0..3000 {
            assert_eq!(rows.push(row(number)), number as u32);
        }
        let before = rows.clone();
        rows.update(2999, |r| r.encoded = true);
        rows.push(row(3000));
        assert_eq!(before.len(), 3000);
        assert!(!before.get(2999).unwrap().encoded);
        assert!(rows.get(2999).unwrap().encoded);
        assert_eq!(
            rows.iter().map(|r| r.id.0).collect::<Vec<_>>(),
            (0..=3000).collect::<Vec<_>>()
        );
        assert!(before.get(3000).is_none());
    }

    #[test]
    fn chunks_whose_rows_have_all_gone_are_one_and_the_same() {
        let mut rows = Rows::default();
        for number in 0..3 * ROWS_A_CHUNK as i64 {
            rows.push(row(number));
        }
        let (before, chunk) = (rows.clone(), ROWS_A_CHUNK as u32);
        for number in 0..2 * chunk {
            rows.remove(number);
        }
        assert!(Arc::ptr_eq(&rows.chunks[0], &rows.chunks[1]));
        assert_eq!(rows.iter().filter(|row| row.gone).count(), 2 * ROWS_A_CHUNK);
        assert_eq!(before.get(7).unwrap().id, FileId(7));
        rows.update(7, |place| *place = row(9));
        assert_eq!(rows.get(7).unwrap().id, FileId(9));
        assert!(rows.get(8).unwrap().gone && rows.get(chunk + 7).unwrap().gone);
        assert_eq!(rows.changed_chunks(&before).count(), 2);
    }

    #[test]
    fn only_chunks_that_changed_are_named() {
        let mut rows = Rows::default();
        for number in 0..5000 {
            rows.push(row(number));
        }
        let before = rows.clone();
        assert_eq!(rows.changed_chunks(&before).count(), 0);
        rows.update(1500, |r| r.encoded = true);
        rows.push(row(5000));
        let changed: Vec<_> = rows
            .changed_chunks(&before)
            .map(|(number, rows)| (number, rows.len()))
            .collect();
        assert_eq!(changed, [(1, ROWS_A_CHUNK), (4, 5001 - 4 * ROWS_A_CHUNK)]);
        assert_eq!(rows.changed_chunks(&Rows::default()).count(), 5);
    }
}
