//! What the engine last told about the library.

use std::sync::Arc;

use crate::engine::{DeviceSummary, Folder, IndexPhase, PhotoRow, Problem, Progress, Rows};

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
    pub(super) rows: Rows,
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
    /// Stands for all marks: differs where one of them differs.
    marks: u64,
}

/// What new rows change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowsChange {
    /// An order made for the old rows misses something.
    pub(super) photos: bool,
    /// A favourite or a rating changed.
    pub(super) marks: bool,
}

impl LibraryState {
    /// Takes new rows.
    pub(super) fn update_rows(&mut self, rows: Rows, folders: Vec<Folder>) -> RowsChange {
        let before = (self.rows.len(), self.photos, self.encoded);
        let marks_before = self.marks;
        self.aspects.clear();
        self.aspects.reserve(rows.len());
        self.formats.clear();
        (self.photos, self.encoded, self.marks) = (0, 0, 0);
        for row in rows.iter() {
            self.aspects.push(row.aspect());
            let marks = u64::from(row.marks.favourite) << 3 | u64::from(row.marks.rating);
            // FNV-1a, a row a step.
            self.marks = (self.marks ^ marks).wrapping_mul(0x0100_0000_01b3).wrapping_add(1);
            if !row.gone {
                self.photos += 1;
                self.encoded += usize::from(row.encoded);
                match self.formats.iter_mut().find(|(format, _)| *format == row.format) {
                    Some((_, count)) => *count += 1,
                    None => self.formats.push((row.format, 1)),
                }
            }
        }
        self.formats.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let known = std::mem::replace(&mut self.known, true);
        self.rows = rows;
        self.folders = folders;
        RowsChange {
            photos: before != (self.rows.len(), self.photos, self.encoded),
            marks: known && self.marks != marks_before,
        }
    }

    /// Whether there is nothing to show and nothing on its way: the first screen.
    pub(super) fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.photos == 0 && matches!(self.progress.phase, IndexPhase::Idle)
    }

    /// Whether files are being looked for or encoded.
    pub(super) fn indexing(&self) -> bool {
        matches!(
            self.progress.phase,
            IndexPhase::Scanning | IndexPhase::Encoding | IndexPhase::Rendering
        )
    }

    /// A row that is still there.
    pub(super) fn photo(&self, row: u32) -> Option<&PhotoRow> {
        self.rows.get(row).filter(|photo| !photo.gone)
    }
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
