//! Text in photos: a pass reads it, a file beside the library keeps it, and every row carries its photo's lines, so that *find*,
//! filters and focuses see them.
//!
//! ```text
//! picture ─ TextPass ─▶ text file
//!              └─ WriterCommand::Texts ─▶ rows ─▶ front ends, rankings
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `text_pass.rs` | the pass that reads photos |
//! | `text_source.rs` | who reads text in a picture |
//! | `files.rs` | the file beside a library: read at the start, copied, moved, examined, cleaned up with it |
//! | `read_text.rs` | what was read in a photo |

pub(crate) mod files;
mod read_text;
mod text_pass;
mod text_source;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crossbeam_channel::Sender;
use refocus_media::decode::read_and_decode;
use refocus_media::{DecodeLimits, Picture, Scale};

use crate::event::Event;
use crate::indexing::WriterCommand;
use crate::passes::SIDE;
use crate::rotating::Carried;
use crate::shared::Shared;

pub(crate) use read_text::{KnownText, KnownTexts};
pub use read_text::{ReadText, TextLine};
use refocus_store::StoreError;
use refocus_store::texts::{PhotoText, TextDatabase, TextOutcome, TextStore};
pub(crate) use text_pass::TextPass;
pub use text_source::{BuiltInReader, ReadPictures, TextSource};

/// Revision of the pass: where text is read in another way, photos are read again.
pub(crate) const TEXT_REVISION: u32 = refocus_model::text::REVISION;

/// Which photos are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ReadPhotos {
    /// None. What was read stays.
    Off,
    /// Those that look as if they held text.
    #[default]
    Likely,
    /// All.
    All,
}

/// What the threads share about text.
pub(crate) struct PhotoTexts {
    shared: Arc<Shared>,
    /// The library's database, beside which texts are kept.
    library: PathBuf,
    to_writer: Sender<WriterCommand>,
    /// Nothing can be written: nothing is read.
    read_only: bool,
    source: TextSource,
    reader: Mutex<Option<Arc<dyn ReadPictures>>>,
    /// What came of the contents that were looked at at the present revision.
    seen: RwLock<HashMap<[u8; 32], TextOutcome>>,
    kept: Mutex<Kept>,
}

/// What is to be written.
#[derive(Default)]
struct Kept {
    store: Option<TextStore>,
    waiting: Vec<PhotoText>,
}

impl PhotoTexts {
    pub(crate) fn new(
        shared: Arc<Shared>,
        library: PathBuf,
        source: TextSource,
        to_writer: Sender<WriterCommand>,
        read_only: bool,
    ) -> Self {
        let seen = shared.index().texts.seen();
        Self {
            shared,
            library,
            to_writer,
            read_only,
            source,
            reader: Mutex::default(),
            seen: RwLock::new(seen),
            kept: Mutex::default(),
        }
    }

    /// Of a library in which nothing is read, for measurements and tests.
    pub(crate) fn none(shared: &Arc<Shared>) -> Arc<Self> {
        let (to_writer, _) = crossbeam_channel::bounded(1);
        Arc::new(Self::new(
            Arc::clone(shared),
            PathBuf::new(),
            TextSource::default(),
            to_writer,
            true,
        ))
    }

    /// Reads a picture that is not in the library; none of it is kept. The models are loaded where they are not in memory.
    pub(crate) fn read(&self, picture: &Picture) -> Result<ReadText, String> {
        let kept = lock(&self.reader).clone();
        let reader = match kept {
            Some(reader) => reader,
            None => self.source.make()?,
        };
        let lines = reader.read(picture, &|| true)?.unwrap_or_default();
        let vector = ReadText::joined(&lines).and_then(|text| reader.vector(&text).ok());
        Ok(ReadText::new(lines, vector))
    }

    /// Deletes all that was read, and its file.
    pub(crate) fn forget(&self) -> Result<(), String> {
        let mut kept = lock(&self.kept);
        *kept = Kept::default();
        if self.read_only {
            return Err("this library can only be read".to_owned());
        }
        TextDatabase::forget(&self.library)
            .map_err(|error| format!("the text that was read cannot be deleted ({error})"))?;
        self.seen.write().unwrap_or_else(PoisonError::into_inner).clear();
        drop(kept);
        let sent = self.to_writer.send(WriterCommand::ForgetTexts);
        sent.map_err(|_| "nothing can be written to the library any more: start Refocus again".to_owned())
    }

    /// Lets the text of photos serve for those that they are when they are turned, until these are read.
    pub(crate) fn carry_over(&self, carried: &[Carried]) {
        if self.read_only {
            return;
        }
        let texts: Vec<PhotoText> = {
            let index = self.shared.index();
            let unknown = carried.iter().filter(|one| index.texts.of(&one.to).is_none());
            unknown
                .filter_map(|one| turned_text(&*index.texts.of(&one.from)?, one))
                .collect()
        };
        if texts.is_empty() {
            return;
        }
        let mut kept = lock(&self.kept);
        let turned: Vec<[u8; 32]> = texts.iter().map(|text| text.photo).collect();
        kept.waiting.extend(texts);
        if let Err(why) = self.write(&mut kept) {
            tracing::warn!(why, "the text of turned photos waits until they are read");
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        for photo in &turned {
            seen.remove(photo);
        }
    }

    fn outcome(&self, hash: &[u8; 32]) -> Option<TextOutcome> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.get(hash).copied()
    }

    /// Writes what waits; photos whose text cannot be kept are looked at again.
    fn write(&self, kept: &mut Kept) -> Result<(), String> {
        let waiting = std::mem::take(&mut kept.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        if kept.store.as_ref().is_none_or(|store| !files::is_in_place(store)) {
            kept.store = Some(self.open()?);
        }
        if let Some(store) = &mut kept.store {
            store.store(&waiting).map_err(|error| in_words(&error))?;
        }
        {
            let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
            seen.extend(waiting.iter().map(|text| (text.photo, text.outcome)));
        }
        let changed = waiting.into_iter().map(KnownText::of).collect();
        let sent = self.to_writer.send(WriterCommand::Texts(changed));
        sent.map_err(|_| "text cannot be kept any more: start Refocus again".to_owned())
    }

    /// Opens the file to write, or makes it; a damaged one is made anew.
    fn open(&self) -> Result<TextStore, String> {
        let opened = match TextDatabase::open(&self.library) {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::warn!(%error, "text is read again");
                self.shared.tell(Event::Notice(
                    "The file of the text in photos was damaged. It has been made anew, and photos are read again."
                        .to_owned(),
                ));
                TextDatabase::start_anew(&self.library)
            }
            Err(StoreError::NotALibrary { path, what }) => match TextDatabase::set_aside(&self.library) {
                Ok(aside) => {
                    self.shared.tell(Event::Notice(format!(
                        "Something else ({what}) lay in the place of the text in photos. It is kept as {}, and photos are read again.",
                        aside.display()
                    )));
                    TextDatabase::open(&self.library)
                }
                Err(error) => {
                    tracing::warn!(%error, "what lies in the place of the text in photos cannot be moved");
                    Err(StoreError::NotALibrary { what, path })
                }
            },
            other => other,
        };
        opened
            .and_then(|database| database.writer())
            .map_err(|error| in_words(&error))
    }
}

/// The text of a photo as it stands in the turned one, as an older program would have read it. Nothing of one that is mirrored.
fn turned_text(text: &ReadText, carried: &Carried) -> Option<PhotoText> {
    let quarters = carried.shown.quarters_anticlockwise()?;
    let lines = text.lines.iter().map(|line| {
        let mut corners = line.corners.map(|corner| carried.shown.place(corner));
        // The first is the one at the top left of the picture.
        corners.rotate_left(usize::from(quarters));
        TextLine {
            corners,
            turns: (line.turns + 4 - quarters) % 4,
            ..line.clone()
        }
    });
    Some(PhotoText {
        photo: carried.to,
        revision: 0,
        outcome: TextOutcome::Read,
        lines: lines.collect(),
        vector: text.vector.clone(),
    })
}

/// Reads a photo file that need not be in a library.
///
/// # Errors
/// Why it cannot be read, for the person.
pub fn read_photo(reader: &dyn ReadPictures, path: &Path) -> Result<ReadText, String> {
    let limits = DecodeLimits::for_a_person();
    let picture = read_and_decode(path, Scale::ShortSideAtLeast(SIDE), &limits).map_err(|failure| failure.message)?;
    let picture = picture.brought_down_to(SIDE);
    let lines = reader.read(&picture, &|| true)?.unwrap_or_default();
    Ok(ReadText::new(lines, None))
}

/// What is wrong with the file, for the person.
fn in_words(error: &StoreError) -> String {
    match error {
        StoreError::Damaged { detail, path } => format!(
            "the file of the text in photos is damaged ({detail}); `refocus index --text` and the window read photos again: {}",
            path.display()
        ),
        StoreError::NotALibrary { what, path } => format!(
            "what lies in the place of the text in photos is not Refocus's ({what}); it is kept under another name when photos are read again, by `refocus index --text` or the window: {}",
            path.display()
        ),
        other => other.to_string(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
