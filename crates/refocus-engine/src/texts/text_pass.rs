//! The pass that reads photos.

use std::sync::Arc;

use refocus_media::Picture;
use refocus_store::texts::{PhotoText, TextOutcome};

use crate::passes::{Pass, PassKind};
use crate::rows::Rows;

use super::{PhotoTexts, ReadPhotos, ReadText, TEXT_REVISION, TextLine, lock};

/// Photos a transaction: what a kill can undo.
const PHOTOS_A_TRANSACTION: usize = 32;

/// Reads photos, and keeps what stands in them.
pub(crate) struct TextPass(Arc<PhotoTexts>);

impl TextPass {
    pub(crate) fn new(texts: Arc<PhotoTexts>) -> Self {
        Self(texts)
    }

    fn wanted(&self) -> ReadPhotos {
        self.0.shared.tuned().wanted.read_photos
    }

    /// What stands in a picture, and what came of looking; `None` where the look was broken off.
    fn read(&self, picture: &Picture) -> Result<Option<(TextOutcome, Vec<TextLine>)>, String> {
        let Some(reader) = lock(&self.0.reader).clone() else {
            return Ok(None);
        };
        if self.wanted() != ReadPhotos::All && !reader.has_text(picture)? {
            return Ok(Some((TextOutcome::LooksEmpty, Vec::new())));
        }
        let go_on = || !self.0.shared.stopping() && self.is_on() && !self.is_paused();
        let lines = reader.read(picture, &go_on)?;
        Ok(lines.map(|lines| (TextOutcome::Read, lines)))
    }

    fn keep(&self, text: PhotoText) -> Result<(), String> {
        let mut kept = lock(&self.0.kept);
        kept.waiting.push(text);
        if kept.waiting.len() >= PHOTOS_A_TRANSACTION {
            self.0.write(&mut kept)?;
        }
        Ok(())
    }
}

impl Pass for TextPass {
    fn kind(&self) -> PassKind {
        PassKind::Text
    }

    fn without_it(&self) -> &'static str {
        "Text in photos is not read until Refocus is started again"
    }

    fn is_on(&self) -> bool {
        !self.0.read_only && self.wanted() != ReadPhotos::Off
    }

    fn is_paused(&self) -> bool {
        self.0.shared.tuned().wanted.text_paused
    }

    fn lacks(&self, hash: &[u8; 32]) -> bool {
        match self.0.outcome(hash) {
            None => true,
            Some(TextOutcome::LooksEmpty) => self.wanted() == ReadPhotos::All,
            Some(TextOutcome::Read | TextOutcome::Failed) => false,
        }
    }

    fn library_changed(&self, _rows: &Rows) {}

    fn load(&self) -> Result<(), String> {
        let made = self.0.source.make()?;
        *lock(&self.0.reader) = Some(made);
        Ok(())
    }

    fn unload(&self) {
        *lock(&self.0.reader) = None;
    }

    fn look(&self, hash: [u8; 32], picture: Option<&Picture>) -> Result<(), String> {
        let read = picture.map(|picture| self.read(picture));
        let (outcome, lines) = match read {
            // It is looked at again another time.
            Some(Ok(None)) => return Ok(()),
            Some(Ok(Some(read))) => read,
            Some(Err(why)) => {
                tracing::warn!(why, "a photo cannot be read");
                (TextOutcome::Failed, Vec::new())
            }
            None => (TextOutcome::Failed, Vec::new()),
        };
        let reader = lock(&self.0.reader).clone();
        let vector = ReadText::joined(&lines).zip(reader).and_then(|(text, reader)| {
            let vector = reader.vector(&text);
            vector
                .inspect_err(|why| tracing::warn!(why, "what a text means is not known"))
                .ok()
        });
        self.keep(PhotoText {
            photo: hash,
            revision: TEXT_REVISION,
            outcome,
            lines,
            vector,
        })
    }

    fn flush(&self) -> Result<(), String> {
        self.0.write(&mut lock(&self.0.kept))
    }
}
