//! What the front ends are told.

use std::path::PathBuf;
use std::sync::Arc;

use refocus_media::{FailureKind, LeftOutCount};

use super::OutsideId;
use super::albums::{AlbumAnswer, AlbumsState};
use super::clean_up::CleanUp;
use super::languages::LanguagesState;
use super::models::ModelsState;
use super::passes::PassProgress;
use super::people::{FaceBounds, FaceId, PeopleState};
use super::rotating::RotateAnswer;
use super::rows::{FileId, FolderId, Rows};
use super::search::SearchResults;
use super::written::WrittenText;

/// A folder of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Identity.
    pub id: FolderId,
    /// Absolute path.
    pub path: PathBuf,
    /// Photos that are listed under it.
    pub photos: usize,
    /// Whether it was there when it was last looked for; an offline folder keeps its rows.
    pub online: bool,
    /// How changes in it are noticed.
    pub noticing: Noticing,
    /// What the table of what systems and programs keep for themselves left out when it was last looked through, a row of the table
    /// each, in the table's order; empty before that.
    pub left_out: Arc<[LeftOutHere]>,
}

/// What one row of the table left out of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutHere {
    /// The row's name in settings: [`refocus_media::left_out_rule`].
    pub rule: &'static str,
    /// How much.
    pub count: LeftOutCount,
    /// Some of these folders and files.
    pub examples: Vec<PathBuf>,
}

/// A count in words: "3 folders", "1 file", "2 folders and 5 files".
#[must_use]
pub fn count_words(count: LeftOutCount) -> String {
    let some = |number: u64, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    match (count.folders, count.files) {
        (folders, 0) => some(folders, "folder"),
        (0, files) => some(files, "file"),
        (folders, files) => format!("{} and {}", some(folders, "folder"), some(files, "file")),
    }
}

/// How changes in a folder are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Noticing {
    /// Only where somebody asks.
    #[default]
    WhenAsked,
    /// The system tells of them.
    AtOnce,
    /// The folder is looked through now and then, because the system does not tell.
    NowAndThen,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, as a kind.
    pub kind: FailureKind,
    /// What is wrong, in words.
    pub message: String,
    /// When it was found, seconds since 1970-01-01 UTC.
    pub failed_at: i64,
    /// When it is tried again by itself, seconds since 1970-01-01 UTC; `None` where only a change of the file can help.
    pub next_try: Option<i64>,
}

/// What the indexing pipeline does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexPhase {
    /// Nothing to do.
    #[default]
    Idle,
    /// Files are being looked for (and, at the same time, encoded).
    Scanning,
    /// All files are known; encoding.
    Encoding,
    /// Paused by the person.
    Paused,
    /// Resting until the computer is on mains power again.
    OnBattery,
    /// Demo photos are being rendered.
    Rendering,
}

impl IndexPhase {
    /// Whether nothing goes on, though there is something to do.
    #[must_use]
    pub fn rests(self) -> bool {
        matches!(self, Self::Paused | Self::OnBattery)
    }
}

/// Counters of the indexing run. `done = encoded + unchanged + failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// What is being done.
    pub phase: IndexPhase,
    /// Files found that claim to be pictures.
    pub found: usize,
    /// Newly encoded.
    pub encoded: usize,
    /// Known already: same file, or same content at a new place.
    pub unchanged: usize,
    /// Could not be read.
    pub failed: usize,
    /// Photos a second over the last seconds.
    pub photos_per_second: f32,
    /// Seconds to go at this rate; `None` while it is unknown.
    pub seconds_left: Option<f32>,
    /// Seconds since the run started, pauses left out.
    pub seconds: f32,
    /// Where the threads' time went.
    pub stages: StageTimes,
}

/// Milliseconds that the stages of a run took, summed over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StageTimes {
    /// Reading, hashing, decoding, thumbnail.
    pub decode_ms: f32,
    /// The model's own preprocessing.
    pub preprocess_ms: f32,
    /// The image tower and the photo tokens.
    pub tower_ms: f32,
    /// SQLite.
    pub store_ms: f32,
}

impl Progress {
    /// Files dealt with so far.
    #[must_use]
    pub fn done(&self) -> usize {
        self.encoded + self.unchanged + self.failed
    }

    /// The rate in words, as in "31 photos/s" or "0.4 photos/s"; `None` while no photo is known to take any time.
    #[must_use]
    pub fn rate(&self) -> Option<String> {
        let rate = self.photos_per_second;
        let decimals = usize::from(rate < 9.5);
        (rate.is_finite() && rate >= 0.05).then(|| format!("{rate:.decimals$} photos/s"))
    }
}

/// The device and the model in use, as the status bar shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceSummary {
    /// As in "CPU (AVX-512), 2 threads".
    pub device: String,
    /// As in "Refocus built-in".
    pub model: String,
    /// Whether the first results can be reranked with the instruction inside the image tower.
    pub can_rerank: bool,
    /// Something the person should know, as where a GPU failed its self-test.
    pub warning: Option<String>,
}

/// Why a photo stands where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The photo.
    pub id: FileId,
    /// Number of the search that is explained.
    pub generation: u64,
    /// Why nothing, or not all, could be said.
    pub failed: Option<String>,
    /// Score under the search; `None` where the photo is not encoded or nothing was ranked.
    pub score: Option<f32>,
    /// Plain similarity; `None` without a reference.
    pub plain_score: Option<f32>,
    /// Rank under the search, 0 = first.
    pub rank: Option<u32>,
    /// Rank under plain similarity, 0 = first.
    pub plain_rank: Option<u32>,
    /// The text in which words are written that were to be found, as in [`SearchResults::written`].
    pub written: Option<WrittenText>,
    /// Top value words and their weights (0..=1, falling).
    pub value_words: Vec<(String, f32)>,
    /// Faces by which the photo was found, where the search is about people.
    pub faces: Vec<MatchedFace>,
}

/// A face by which a photo was found.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedFace {
    /// The face.
    pub face: FaceId,
    /// Where it is.
    pub bounds: FaceBounds,
    /// Whose it is, where they have a name.
    pub name: Option<String>,
    /// How alike it is to who was looked for, 0 to 1.
    pub alike: f32,
}

/// Where in a photo the focus looked.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Cells a row, and rows. The cells cover the whole photo evenly.
    pub side: usize,
    /// `[side × side]`, row after row, 0 to 1; all zero where no part of the photo stands out.
    pub weights: Arc<[f32]>,
}

/// The answer to a [`Command::Heat`](super::Command::Heat).
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// The photo.
    pub id: FileId,
    /// Number of the search under which it was asked for.
    pub generation: u64,
    /// The map, or why there is none.
    pub map: Result<HeatMap, String>,
}

/// What an internal error of a worker costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// One photo or one answer, which says so itself; the worker goes on.
    One,
    /// What was asked of the worker and not answered yet; it was started anew.
    Requests,
    /// The worker: nothing does its work any more, until the program is started again.
    Worker,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The database is open and the model is loaded.
    Ready(DeviceSummary),
    /// Nothing can be written to this library: why. Comes before `Ready`.
    ReadOnly(String),
    /// What could only be read can be written from now on: the Refocus that wrote to it has ended.
    Writable,
    /// The engine cannot work: what is wrong and what to do. Nothing was changed.
    Unusable(String),
    /// The rows changed. Sent at most a few times a second.
    Library {
        /// All rows.
        rows: Rows,
        /// The folders, in the order in which they were added.
        folders: Vec<Folder>,
    },
    /// Counters changed.
    Progress(Progress),
    /// An indexing run ended (also when it was cancelled).
    IndexingEnded(Progress),
    /// Indexing had to stop before its end: why, and what to do. An `IndexingEnded` follows.
    IndexingFailed(String),
    /// All files that could not be read.
    Problems(Arc<[Problem]>),
    /// The newest search is answered.
    Results(Arc<SearchResults>),
    /// The newest [`Command::Explain`](super::Command::Explain) is answered.
    Explanation(Explanation),
    /// The newest request for a heat map is answered.
    Heat(Heat),
    /// The newest [`Command::SaveVectors`](super::Command::SaveVectors) is done.
    VectorsSaved {
        /// The file.
        path: PathBuf,
        /// How many photos it holds, or why it could not be written.
        saved: Result<usize, String>,
    },
    /// A picture from outside is ready to be a reference, or why it is not.
    Outside {
        /// The front end's number for it.
        id: OutsideId,
        /// A small picture of it (`width`, `height`, RGB bytes), or what is wrong with it.
        result: Result<(u32, u32, Arc<[u8]>), String>,
    },
    /// Something changed about models.
    Models(Arc<ModelsState>),
    /// Which language packs are there.
    Languages(Arc<LanguagesState>),
    /// Something changed about people.
    People(Arc<PeopleState>),
    /// A request about people was done, or why it was not.
    PeopleAnswered {
        /// Its number.
        id: u64,
        /// What came of it: `null`, or what was asked for.
        result: Result<serde_json::Value, String>,
    },
    /// Something changed about albums.
    Albums(Arc<AlbumsState>),
    /// A request about albums was done, or why it was not.
    AlbumsAnswered {
        /// Its number.
        id: u64,
        /// What came of it.
        result: Result<AlbumAnswer, String>,
    },
    /// Photos were turned, or were not.
    Rotated {
        /// The number of the request.
        id: u64,
        /// What came of it.
        answer: RotateAnswer,
    },
    /// What is known of photos that are alike, or how far looking for them has come.
    CleanUp(Arc<CleanUp>),
    /// A pass has come further, or rests.
    Pass(PassProgress),
    /// A line for the person: something failed or was lost that is not about one photo, or the person has to do something.
    Notice(String),
    /// A line for the person: something that is not about one photo went well.
    Done(String),
    /// A worker met an internal error: what happened to what it did, and whether it has ended for good.
    WorkerFailed {
        /// A line for the person.
        message: String,
        /// What is lost by it.
        lost: Lost,
    },
    /// All threads have ended.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_folders_and_files_are_told_in_words() {
        let words = |folders, files| count_words(LeftOutCount { folders, files });
        assert_eq!(words(3, 0), "3 folders");
        assert_eq!(words(0, 1), "1 file");
        assert_eq!(words(1, 2), "1 folder and 2 files");
        assert_eq!(words(0, 0), "0 folders");
    }

    #[test]
    fn a_rate_is_told_once_there_is_one_and_never_as_none() {
        let rate = |photos_per_second| {
            let progress = Progress {
                photos_per_second,
                ..Progress::default()
            };
            progress.rate()
        };
        for none in [0.0, 0.01, f32::NAN, f32::INFINITY] {
            assert_eq!(rate(none), None);
        }
        assert_eq!(rate(0.4).unwrap(), "0.4 photos/s");
        assert_eq!(rate(9.7).unwrap(), "10 photos/s");
        assert_eq!(rate(31.2).unwrap(), "31 photos/s");
    }
}
