//! The references of a search: photos of the library by their row, others by their encoding.

use std::path::Path;
use std::sync::Arc;

use crate::search::{ReferenceSource, SearchRequest};
use crate::snapshot::LibrarySnapshot;
use refocus_search::{Reference, ReferencePhoto};

use super::job_queue::Search;
use super::ranker::{Ranker, Unanswered};

impl Ranker {
    /// Encodings of the references that the library does not hold, in the order of the request's references.
    pub(super) fn outside_encodings(&self, search: &Search) -> Result<Vec<Option<Vec<u8>>>, Unanswered> {
        let request = &search.request;
        let mut encodings = Vec::with_capacity(request.references.len());
        for reference in &request.references {
            encodings.push(match reference.source {
                ReferenceSource::Outside(id) => {
                    let waiting = || Unanswered::Message("The reference picture is still being read.".to_owned());
                    Some(self.outside.encoding(id).ok_or_else(waiting)?)
                }
                ReferenceSource::Library(id) => {
                    let path = {
                        let snapshot = self.shared.snapshot();
                        let gone = || Unanswered::Message("The reference photo is not there any more.".to_owned());
                        let row = snapshot.row_of(id).ok_or_else(gone)?;
                        (!row.encoded).then(|| Arc::clone(&row.path))
                    };
                    // A photo that waits for the indexer is encoded on the spot.
                    path.map(|path| self.encoded_now(&path, search)).transpose()?
                }
            });
        }
        Ok(encodings)
    }

    /// The encoding of a file that nobody has encoded yet.
    fn encoded_now(&self, path: &Arc<Path>, search: &Search) -> Result<Vec<u8>, Unanswered> {
        let (outside, file) = (Arc::clone(&self.outside), Arc::clone(path));
        let stale = || self.jobs.is_stale(search.generation);
        let encode = move |_| outside.encode_file(&file);
        let mut read = self.readers.each(1, 1, encode, &stale).ok_or(Unanswered::Stale)?;
        let hangs = || Err(format!("The reference photo does not answer: {}", path.display()));
        read.pop().flatten().unwrap_or_else(hangs).map_err(Unanswered::Message)
    }
}

/// The references as ranking reads them; one that the library does not hold any more is left out.
pub(super) fn references<'a>(
    request: &SearchRequest,
    snapshot: &LibrarySnapshot,
    outside: &'a [Option<Vec<u8>>],
) -> Vec<Reference<ReferencePhoto<'a>>> {
    let known = request
        .references
        .iter()
        .zip(outside)
        .filter_map(|(reference, encoding)| {
            let source = match (encoding, reference.source) {
                (Some(encoding), _) => ReferencePhoto::Outside(encoding),
                (None, ReferenceSource::Library(id)) => ReferencePhoto::Photo(snapshot.number_of(id)?),
                (None, ReferenceSource::Outside(_)) => return None,
            };
            Some(Reference {
                source,
                positive: reference.positive,
            })
        });
    known.collect()
}
