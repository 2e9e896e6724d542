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
    /// Files that could not be read.
    pub(super) problems: Arc<[Problem]>,
    /// Rows that are there.
    pub(super) photos: usize,
    /// Rows that are encoded.
    pub(super) encoded: usize,
}

impl LibraryState {
    /// Takes new rows; returns whether an order made for the old ones misses something.
    pub(super) fn update_rows(&mut self, rows: Rows, folders: Vec<Folder>) -> bool {
        let before = (self.rows.len(), self.photos, self.encoded);
        self.aspects.clear();
        self.aspects.reserve(rows.len());
        (self.photos, self.encoded) = (0, 0);
        for row in rows.iter() {
            self.aspects.push(row.aspect());
            if !row.gone {
                self.photos += 1;
                self.encoded += usize::from(row.encoded);
            }
        }
        self.rows = rows;
        self.folders = folders;
        self.known = true;
        before != (self.rows.len(), self.photos, self.encoded)
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
