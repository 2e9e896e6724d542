//! From a search to an order: one thread that always works on the newest search.
//!
//! | file | holds |
//! |---|---|
//! | `job_queue.rs` | the newest search and the photo that waits for an explanation; older ones are dropped |
//! | `ranker.rs` | the thread: takes jobs and tells what came of them |
//! | `searching.rs` | one search → its order |
//! | `references.rs` | the references of a search as ranking reads them |
//! | `first_screen.rs` | the first screenful of a large library, before the whole is ranked |
//! | `results.rs` | ranking → order, scores, groups, value words as they are told |
//! | `written_first.rs` | photos of which the words to be found are written |
//! | `in_time.rs` | the strong matches in the order of time |
//! | `people_count.rs` | how many people, with the faces that were found |
//! | `people_search.rs` | searches about people |
//! | `text_search.rs`, `document_search.rs` | searches about text in photos; kinds of documents |
//! | `whose.rs` | a respect of one person |
//! | `languages.rs` | focus and find in other languages, read in English |
//! | `probe.rs` | one search at a time, for measurements |
//! | `words_probe.rs` | words in texts, for measurements |
//! | `duplicates.rs` | photos that are nearly the same |
//! | `strong_matches.rs` | where the weak matches begin |
//! | `told.rs` | what a person is told beside an order |
//! | `explain.rs` | why a photo stands where it stands |
//! | `rerank.rs` | the first results once more, with the instruction inside the image tower |
//! | `file_readers.rs` | files that a search has to look at itself |
//! | `vectors_file.rs` | the vectors of an order as a file |
//! | `heat_worker.rs` | where in a photo the focus looked, on a thread of its own |

mod document_search;
mod duplicates;
mod explain;
mod file_readers;
mod first_screen;
mod heat_worker;
mod in_time;
mod job_queue;
mod languages;
mod people_count;
mod people_search;
mod probe;
mod ranker;
mod references;
mod rerank;
mod results;
mod searching;
mod strong_matches;
mod text_search;
mod told;
mod vectors_file;
#[cfg(test)]
mod while_ranking;
mod whose;
mod words_probe;
mod written_first;

pub(super) use job_queue::JobQueue;
pub(super) use languages::Languages;
pub use probe::RankingProbe;
pub(super) use ranker::Ranker;
pub use words_probe::WordsProbe;
