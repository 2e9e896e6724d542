//! What the engine last told about the library.
//!
//! The rows are private: a panel sees single rows by number, and whoever walks over all of them does so through
//! [`LibraryState::walk`], which is counted. So no frame can come to take as long as the library is large.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use refocus_engine::{
    AlbumsState, DeviceSummary, FileId, Folder, IndexPhase, PhotoRow, Problem, Progress, ROWS_A_CHUNK, Reference,
    ReferenceSource, Rows, SmartAlbum, Today,
};

use super::folder_tree::FolderTree;
use super::library_sums::{AlbumCounts, Sums, add_format, count_in_albums, mixed};
use super::view::Passes;

/// Time between two looks at whether another day has begun.
const CLOCK_EVERY: Duration = Duration::from_secs(60);

/// How far the engine has come with starting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum EngineState {
    /// The database is being opened, the model loaded.
    #[default]
    Starting,
    /// It works.
    Ready(DeviceSummary),
    /// It cannot work, and why.
    Unusable(String),
}

/// Rows, folders, counters and problems as last told.
#[derive(Debug, Default)]
pub(super) struct LibraryState {
    /// Whether the engine works.
    pub(super) engine: EngineState,
    /// Whether the folders and rows were told at least once.
    pub(super) known: bool,
    /// All rows.
    rows: Rows,
    /// Number of the rows' last change.
    version: u64,
    /// Where the references stand among the rows.
    found: HashMap<FileId, Found>,
    /// Rows by the beginning of their content's hash; `None` until somebody asks for photos by their content.
    by_content: Option<HashMap<u64, u32>>,
    /// Shape of each row; kept apart so that a layout runs over floats and not over rows.
    pub(super) aspects: Vec<f32>,
    /// The folders.
    pub(super) folders: Vec<Folder>,
    /// Counters of the indexing run.
    pub(super) progress: Progress,
    /// Why nothing can be written to the library.
    pub(super) read_only: Option<String>,
    /// Why indexing had to stop, until it goes on.
    pub(super) stopped: Option<String>,
    /// Files that could not be read.
    pub(super) problems: Arc<[Problem]>,
    /// Rows that are there.
    pub(super) photos: usize,
    /// Rows that are encoded.
    pub(super) encoded: usize,
    /// Formats that there are, and how many photos have each, most frequent first.
    pub(super) formats: Vec<(&'static str, usize)>,
    /// Whether any photo has a keyword.
    pub(super) has_keywords: bool,
    /// Whether another program has rejected a photo.
    pub(super) has_rejected: bool,
    /// How many photos each album has that is there from the start, in their order.
    smart_albums: AlbumCounts,
    /// The albums that a person made.
    albums: Arc<AlbumsState>,
    /// How many photos each of them holds.
    album_counts: Vec<usize>,
    /// The folders, with how many photos lie where.
    tree: FolderTree,
    /// The day for which they are counted; `None` before the first rows.
    today: Option<Today>,
    looked_at_clock: Option<Instant>,
    /// Stands for all marks: differs where one of them differs.
    marks: u64,
    /// Stands for all texts of photos.
    written: u64,
    /// Stands for which photos are there: differs where one came in the place of another.
    contents: u64,
    /// What each chunk of rows adds to the numbers above.
    sums: Vec<Sums>,
}

/// Where a photo was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// In this row; a row keeps its number while its photo is there.
    Row(u32),
    /// Nowhere in the rows of this version.
    Nowhere(u64),
}

/// What new rows change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowsChange {
    /// An order made for the old rows misses something.
    pub(super) photos: bool,
    /// Photos that were there are not there any more.
    pub(super) gone: bool,
    /// A photo that was there has another shape: it was turned.
    pub(super) shapes: bool,
    /// A favourite or a rating changed.
    pub(super) marks: bool,
    /// A keyword, a caption or another text changed.
    pub(super) written: bool,
}

impl LibraryState {
    /// Whether the model in use can look at photos again with the instruction inside its tower.
    pub(super) fn can_rerank(&self) -> bool {
        matches!(&self.engine, EngineState::Ready(device) if device.can_rerank)
    }

    /// Takes new rows. Only chunks of rows that changed are looked at: the window does this a few times a second while photos
    /// are indexed, with a million of them as with a hundred.
    pub(super) fn update_rows(&mut self, rows: Rows, folders: Vec<Folder>) -> RowsChange {
        let before = (self.rows.len(), self.photos, self.encoded, self.contents);
        let (marks_before, written_before) = (self.marks, self.written);
        self.version += 1;
        self.aspects.resize(rows.len(), 1.0);
        self.sums.resize_with(rows.len().div_ceil(ROWS_A_CHUNK), Sums::default);
        let (mut gone, mut shapes) = (false, false);
        let today = *self.today.get_or_insert_with(Today::now);
        for (number, chunk) in rows.changed_chunks(&self.rows) {
            let before = (number * ROWS_A_CHUNK..).map_while(|row| self.rows.get(row as u32));
            gone |= chunk
                .iter()
                .zip(before)
                .any(|(now, before)| !before.gone && (now.gone || now.id != before.id));
            let aspects = self.aspects.get_mut(number * ROWS_A_CHUNK..).unwrap_or_default();
            let known = self.rows.len().saturating_sub(number * ROWS_A_CHUNK);
            for (place, (aspect, row)) in aspects.iter_mut().zip(chunk).enumerate() {
                shapes |= place < known && (*aspect - row.aspect()).abs() > f32::EPSILON;
                *aspect = row.aspect();
            }
            if let Some(sums) = self.sums.get_mut(number) {
                let before = std::mem::replace(sums, Sums::of(chunk, today, &self.albums));
                self.tree.change(&before.folders, &sums.folders);
            }
            if let Some(by_content) = &mut self.by_content {
                let first = (number * ROWS_A_CHUNK) as u32;
                by_content.extend(contents((first..).zip(chunk)));
            }
        }
        (self.photos, self.encoded, self.contents) = (0, 0, 0);
        (self.marks, self.written) = (0, 0);
        self.formats.clear();
        self.count_albums();
        self.has_keywords = self.sums.iter().any(|sums| sums.keywords);
        self.has_rejected = self.sums.iter().any(|sums| sums.rejected);
        for sums in &self.sums {
            self.photos += sums.photos;
            self.encoded += sums.encoded;
            self.marks = mixed(self.marks, sums.marks);
            self.written = mixed(self.written, sums.written);
            self.contents = mixed(self.contents, sums.contents);
            for (format, count) in &sums.formats {
                add_format(&mut self.formats, format, *count);
            }
        }
        self.formats.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let known = std::mem::replace(&mut self.known, true);
        let tops_changed = !self
            .folders
            .iter()
            .map(|folder| &folder.path)
            .eq(folders.iter().map(|folder| &folder.path));
        self.rows = rows;
        self.folders = folders;
        if tops_changed {
            self.tree.tops_changed();
        }
        let tops: Vec<&Path> = self.folders.iter().map(|folder| folder.path.as_path()).collect();
        self.tree.count(&tops);
        // The number of a photo that has gone may mean another one from now on.
        let (rows, is_there) = (&self.rows, |row: &PhotoRow, id: FileId| row.id == id && !row.gone);
        self.found.retain(|id, found| match found {
            Found::Row(number) => rows.get(*number).is_some_and(|row| is_there(row, *id)),
            Found::Nowhere(_) => true,
        });
        RowsChange {
            photos: before != (self.rows.len(), self.photos, self.encoded, self.contents),
            gone,
            shapes,
            marks: known && self.marks != marks_before,
            written: known && self.written != written_before,
        }
    }

    /// Photos in which text was read.
    pub(super) fn photos_with_text(&self) -> usize {
        self.sums.iter().map(|sums| sums.with_text).sum()
    }

    fn count_albums(&mut self) {
        self.smart_albums = AlbumCounts::default();
        self.album_counts = vec![0; self.albums.albums.len()];
        for sums in &self.sums {
            for (all, count) in self.smart_albums.iter_mut().zip(sums.albums) {
                *all += count;
            }
            for (all, count) in self.album_counts.iter_mut().zip(&sums.in_albums) {
                *all += count;
            }
        }
    }

    /// How many photos an album has that is there from the start.
    pub(super) fn album_count(&self, album: SmartAlbum) -> usize {
        let counts = SmartAlbum::ALL.iter().zip(self.smart_albums);
        counts.filter(|(of, _)| **of == album).map(|(_, count)| count).sum()
    }

    /// The albums that a person made.
    pub(super) fn albums(&self) -> &AlbumsState {
        &self.albums
    }

    /// How many photos each of them holds, in their order.
    pub(super) fn album_counts(&self) -> &[usize] {
        &self.album_counts
    }

    /// Takes other albums.
    pub(super) fn update_albums(&mut self, albums: Arc<AlbumsState>, passes: &Passes) {
        self.albums = albums;
        passes.note();
        for (number, sums) in self.sums.iter_mut().enumerate() {
            let rows = (number * ROWS_A_CHUNK..(number + 1) * ROWS_A_CHUNK).map_while(|row| self.rows.get(row as u32));
            sums.in_albums = count_in_albums(rows, &self.albums);
        }
        self.count_albums();
    }

    /// The folders, with how many photos lie where.
    pub(super) fn tree(&self) -> &FolderTree {
        &self.tree
    }

    /// The day for which the albums are counted.
    pub(super) fn today(&self) -> Today {
        self.today.unwrap_or_else(Today::now)
    }

    /// Looks now and then whether another day has begun: the clock's time zone is a file of the system's.
    pub(super) fn look_at_clock(&mut self, now: Instant, passes: &Passes) {
        if self
            .looked_at_clock
            .is_none_or(|at| now.duration_since(at) >= CLOCK_EVERY)
        {
            self.looked_at_clock = Some(now);
            self.day_has_come(Today::now(), passes);
        }
    }

    /// Counts the albums anew where another day has begun since they were counted.
    fn day_has_come(&mut self, today: Today, passes: &Passes) {
        if self.today.replace(today).is_none_or(|before| before == today) {
            return;
        }
        passes.note();
        for (number, sums) in self.sums.iter_mut().enumerate() {
            let rows = (number * ROWS_A_CHUNK..(number + 1) * ROWS_A_CHUNK).map_while(|row| self.rows.get(row as u32));
            sums.albums = AlbumCounts::default();
            for row in rows.filter(|row| row.is_shown()) {
                for (count, album) in sums.albums.iter_mut().zip(SmartAlbum::ALL) {
                    *count += usize::from(album.holds(row, today));
                }
            }
        }
        self.count_albums();
    }

    /// Whether there is nothing to show and nothing on its way: the first screen.
    pub(super) fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.photos == 0 && matches!(self.progress.phase, IndexPhase::Idle)
    }

    /// Whether it is known that there is nothing: the first screen is shown.
    pub(super) fn nothing_yet(&self) -> bool {
        self.known && self.is_empty()
    }

    /// Whether files are being looked for or encoded.
    pub(super) fn indexing(&self) -> bool {
        matches!(
            self.progress.phase,
            IndexPhase::Scanning | IndexPhase::Encoding | IndexPhase::Rendering
        )
    }

    /// Whether the folder that a photo was found in cannot be reached now.
    pub(super) fn is_offline(&self, photo: &PhotoRow) -> bool {
        self.folders
            .iter()
            .any(|folder| folder.id == photo.folder && !folder.online)
    }

    /// Number of rows, gone ones included.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A row by number, also where the photo is gone.
    pub(super) fn row(&self, row: u32) -> Option<&PhotoRow> {
        self.rows.get(row)
    }

    /// The rows as they are now, for work on another thread.
    pub(super) fn snapshot(&self) -> Rows {
        self.rows.clone()
    }

    /// All rows with their numbers: a pass over the whole library.
    pub(super) fn walk(&self, passes: &Passes) -> impl Iterator<Item = (u32, &PhotoRow)> {
        passes.note();
        (0u32..).zip(self.rows.iter())
    }

    /// Looks for the rows of references that were not looked for in these rows yet.
    pub(super) fn find_rows(&mut self, references: &[Reference], passes: &Passes) {
        let wanted = references.iter().filter_map(|reference| match reference.source {
            ReferenceSource::Library(id) => Some(id),
            ReferenceSource::Outside(_) => None,
        });
        let missing: Vec<FileId> = wanted
            .filter(|id| match self.found.get(id) {
                Some(Found::Row(_)) => false,
                Some(Found::Nowhere(version)) => *version != self.version,
                None => true,
            })
            .collect();
        if missing.is_empty() {
            return;
        }
        let rows: Vec<(FileId, u32)> = self
            .walk(passes)
            .filter(|(_, row)| missing.contains(&row.id))
            .map(|(number, row)| (row.id, number))
            .collect();
        for id in missing {
            self.found.insert(id, Found::Nowhere(self.version));
        }
        for (id, row) in rows.into_iter().rev() {
            self.found.insert(id, Found::Row(row));
        }
    }

    /// The row of a reference, where it is known.
    pub(super) fn row_of(&self, id: FileId) -> Option<u32> {
        match self.found.get(&id) {
            Some(Found::Row(row)) => Some(*row),
            Some(Found::Nowhere(_)) | None => None,
        }
    }

    /// Has photos found by their content from now on.
    pub(super) fn index_contents(&mut self, passes: &Passes) {
        if self.by_content.is_none() {
            self.by_content = Some(contents(self.walk(passes)).collect());
        }
    }

    /// Forgets where photos stand by their content.
    pub(super) fn forget_contents(&mut self) {
        self.by_content = None;
    }

    /// The photo with this content that is still there, and its row.
    pub(super) fn photo_with(&self, hash: &[u8; 32]) -> Option<(u32, &PhotoRow)> {
        let row = *self.by_content.as_ref()?.get(&content_key(hash))?;
        // What stood there may be another photo by now.
        let photo = self.photo(row).filter(|photo| photo.hash == *hash)?;
        Some((row, photo))
    }

    /// A row that is still there.
    pub(super) fn photo(&self, row: u32) -> Option<&PhotoRow> {
        self.rows.get(row).filter(|photo| !photo.gone)
    }
}

/// Rows that are shown, by their content.
fn contents<'a>(rows: impl Iterator<Item = (u32, &'a PhotoRow)>) -> impl Iterator<Item = (u64, u32)> {
    rows.filter(|(_, row)| row.is_shown())
        .map(|(number, row)| (content_key(&row.hash), number))
}

fn content_key(hash: &[u8; 32]) -> u64 {
    hash.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// The name of a photo's file, as it is shown.
pub(super) fn file_name(photo: &PhotoRow) -> String {
    photo
        .path
        .file_name()
        .unwrap_or(photo.path.as_os_str())
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_control() { '\u{2423}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::test_rows;
    use super::*;

    fn row(number: i64, format: &'static str) -> PhotoRow {
        PhotoRow {
            format,
            encoded: number % 2 == 0,
            ..test_rows::row(number)
        }
    }

    #[test]
    fn a_reference_is_looked_for_once_for_each_change_of_the_rows() {
        let mut rows = Rows::default();
        for number in 0..3000 {
            rows.push(row(number, "JPEG"));
        }
        let mut state = LibraryState::default();
        state.update_rows(rows.clone(), Vec::new());
        let (passes, like) = (Passes::default(), |id| Reference {
            source: ReferenceSource::Library(FileId(id)),
            positive: true,
        });
        for _ in 0..10 {
            state.find_rows(&[like(2999), like(3000)], &passes);
        }
        assert_eq!(passes.count(), 1);
        assert_eq!(
            (state.row_of(FileId(2999)), state.row_of(FileId(3000))),
            (Some(2999), None)
        );
        rows.push(row(3000, "JPEG"));
        state.update_rows(rows, Vec::new());
        for _ in 0..10 {
            state.find_rows(&[like(2999), like(3000)], &passes);
        }
        assert_eq!(passes.count(), 2);
        assert_eq!(state.row_of(FileId(3000)), Some(3000));
    }

    #[test]
    fn another_day_counts_the_albums_anew() {
        let (today, mut rows) = (Today::now(), Rows::default());
        for number in 0..2000 {
            let mut photo = row(number, "JPEG");
            photo.extras.added_at = today.days_ago(20);
            rows.push(photo);
        }
        let (mut state, passes) = (LibraryState::default(), Passes::default());
        state.update_rows(rows, Vec::new());
        assert_eq!(state.album_count(SmartAlbum::RecentlyAdded), 2000);
        state.day_has_come(today, &passes);
        assert_eq!(passes.count(), 0, "the same day");
        state.day_has_come(today.later(11), &passes);
        assert_eq!((passes.count(), state.album_count(SmartAlbum::RecentlyAdded)), (1, 0));
        assert_eq!(state.album_count(SmartAlbum::Unrated), 2000);
    }

    #[test]
    fn a_photo_that_comes_under_the_number_of_one_that_went_is_a_change_and_not_the_same_reference() {
        let mut rows = Rows::default();
        for number in 0..10 {
            rows.push(row(number, "JPEG"));
        }
        let mut state = LibraryState::default();
        state.update_rows(rows.clone(), Vec::new());
        let (passes, like) = (Passes::default(), |id| Reference {
            source: ReferenceSource::Library(FileId(id)),
            positive: true,
        });
        state.find_rows(&[like(4)], &passes);
        rows.update(4, |place| *place = row(44, "JPEG"));
        let change = state.update_rows(rows, Vec::new());
        assert!(change.photos && change.gone);
        assert_eq!(state.row_of(FileId(4)), None);
        state.find_rows(&[like(4), like(44)], &passes);
        assert_eq!((state.row_of(FileId(4)), state.row_of(FileId(44))), (None, Some(4)));
    }

    #[test]
    fn photos_are_found_by_their_content_once_that_is_asked_for_and_never_another_one() {
        let mut rows = Rows::default();
        for number in 0..3000 {
            rows.push(row(number, "JPEG"));
        }
        let mut state = LibraryState::default();
        state.update_rows(rows.clone(), Vec::new());
        let hash = |number| test_rows::row(number).hash;
        assert_eq!(state.photo_with(&hash(2999)), None);
        let passes = Passes::default();
        state.index_contents(&passes);
        state.index_contents(&passes);
        assert_eq!(passes.count(), 1);
        assert_eq!(state.photo_with(&hash(2999)).map(|(row, _)| row), Some(2999));
        rows.update(2999, |place| *place = row(5000, "JPEG"));
        rows.update(7, |row| row.gone = true);
        rows.push(row(7, "JPEG"));
        state.update_rows(rows, Vec::new());
        assert_eq!(state.photo_with(&hash(2999)), None);
        assert_eq!(state.photo_with(&hash(5000)).map(|(row, _)| row), Some(2999));
        assert_eq!(state.photo_with(&hash(7)).map(|(row, _)| row), Some(3000));
        state.forget_contents();
        assert_eq!(state.photo_with(&hash(5000)), None);
    }

    #[test]
    fn the_numbers_follow_changes_in_single_rows_of_a_large_library() {
        let mut rows = Rows::default();
        for number in 0..5000 {
            rows.push(row(number, if number < 4000 { "JPEG" } else { "PNG" }));
        }
        let mut state = LibraryState::default();
        let first = state.update_rows(rows.clone(), Vec::new());
        assert!(first.photos && !first.gone && !first.marks);
        assert_eq!((state.photos, state.encoded), (5000, 2500));
        assert_eq!(state.formats, [("JPEG", 4000), ("PNG", 1000)]);
        let same = state.update_rows(rows.clone(), Vec::new());
        assert!(!same.photos && !same.gone && !same.marks && !same.shapes);
        rows.update(4100, |row| row.gone = true);
        rows.update(1, |row| row.width = 8);
        rows.update(3000, |row| row.marks.rating = 3);
        rows.push(row(5000, "GIF"));
        let change = state.update_rows(rows, Vec::new());
        assert!(change.photos && change.gone && change.marks && change.shapes);
        assert_eq!((state.photos, state.encoded), (5000, 2500));
        assert_eq!(state.formats, [("JPEG", 4000), ("PNG", 999), ("GIF", 1)]);
        assert_eq!(
            (state.aspects.len(), state.aspects[1], state.aspects[2]),
            (5001, 4.0, 1.5)
        );
    }
}
