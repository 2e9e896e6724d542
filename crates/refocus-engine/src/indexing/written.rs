//! What was written to the database, into the library in memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use refocus_store::{Change, FailureRow, FileRow, IndexedContent, Outcome};

use super::counters::Counters;
use super::writing::Writing;

impl Writing {
    /// Brings a change that was written, and what became of it, into memory.
    pub(super) fn remember(&mut self, change: Change, outcome: Outcome, counters: Option<&Counters>) {
        let count = |which: fn(&Counters) -> &std::sync::atomic::AtomicUsize| {
            if let Some(counters) = counters {
                which(counters).fetch_add(1, Ordering::Relaxed);
                counters.worked.fetch_add(1, Ordering::Relaxed);
            }
        };
        let change = match change {
            Change::Moved { from, to } => {
                self.shared.index().rename(&from, &to.path);
                Change::Indexed(to)
            }
            change => change,
        };
        match (change, outcome) {
            (Change::Indexed(file), Outcome::File { id, added_at }) => {
                let (facts, encoding) = match file.content {
                    IndexedContent::New { facts, encoding } => {
                        count(|counters| &counters.encoded);
                        (Some(*facts), Some(encoding))
                    }
                    IndexedContent::Facts(facts) => {
                        count(|counters| &counters.unchanged);
                        let encoding = self.reader.encoding_of_hash(&self.model_key, &facts.hash);
                        (Some(*facts), encoding.ok().flatten())
                    }
                    IndexedContent::Known { hash } => {
                        count(|counters| &counters.unchanged);
                        let facts = self.reader.facts_of_hash(&hash);
                        let encoding = self.reader.encoding_of_hash(&self.model_key, &hash);
                        (facts.ok().flatten(), encoding.ok().flatten())
                    }
                };
                let Some(photo) = facts else { return };
                let hash = photo.hash;
                let row = FileRow {
                    id,
                    folder_id: file.folder_id,
                    path: file.path,
                    bytes: file.bytes,
                    modified_ns: file.modified_ns,
                    same_as: file.same_as,
                    added_at,
                    photo,
                };
                let mut index = self.shared.index();
                index.remove_failure(&row.path);
                if encoding.is_some() {
                    index.encoded_hashes.insert(hash);
                }
                index.put(row, encoding.as_deref());
            }
            (Change::Indexed(file), _) => {
                // The photo vanished between two looks: forget that it is known, and have the file read again.
                self.shared.revisit(vec![file.path]);
                if let IndexedContent::Known { hash } = file.content {
                    self.shared.index().encoded_hashes.remove(&hash);
                }
            }
            (Change::Failed(failure), outcome) => {
                count(|counters| &counters.failed);
                let failed_at = jiff::Timestamp::now().as_second();
                let mut index = self.shared.index();
                index.remove(&failure.path);
                let attempts = match outcome {
                    Outcome::Failure { attempts } => attempts,
                    _ => 1,
                };
                index.put_failure(FailureRow {
                    failure,
                    failed_at,
                    attempts,
                });
            }
            (Change::Gone(path), _) => {
                let mut index = self.shared.index();
                let row = index.by_path.get(path.as_path()).copied();
                if let Some(row) = row.and_then(|row| index.now.rows.get(row)) {
                    self.emptied.note(row.folder);
                }
                index.remove(&path);
                index.remove_failure(&path);
                index.remove_sidecar(&path);
            }
            (Change::Sidecar(row), _) => self.shared.index().put_sidecar(Arc::new(row)),
            // Became an indexed file above.
            (Change::Moved { .. }, _) => {}
        }
    }
}
