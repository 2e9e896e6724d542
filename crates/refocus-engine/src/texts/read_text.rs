//! What was read in a photo.

use std::collections::HashMap;
use std::sync::Arc;

pub use refocus_store::texts::StoredLine as TextLine;
use refocus_store::texts::{PhotoText, TextOutcome, TextVector};

use super::TEXT_REVISION;

/// The text that was read in a photo.
#[derive(Debug, Default, PartialEq)]
pub struct ReadText {
    /// The lines, in the order of reading.
    pub lines: Vec<TextLine>,
    /// The same as one text, a line each.
    pub text: String,
    /// What they mean together.
    pub vector: Option<TextVector>,
}

impl ReadText {
    /// Of lines, and of what they mean together.
    #[must_use]
    pub fn new(lines: Vec<TextLine>, vector: Option<TextVector>) -> Self {
        Self {
            text: Self::joined(&lines).unwrap_or_default(),
            lines,
            vector,
        }
    }

    /// The lines as one text; `None` where there is none.
    pub(super) fn joined(lines: &[TextLine]) -> Option<String> {
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }
}

/// What is known of the text of a content.
#[derive(Clone, Debug)]
pub(crate) struct KnownText {
    pub(crate) photo: [u8; 32],
    outcome: TextOutcome,
    /// An older program read it: it serves until it is read again.
    stale: bool,
    pub(crate) text: Option<Arc<ReadText>>,
}

impl KnownText {
    pub(crate) fn of(text: PhotoText) -> Self {
        Self {
            photo: text.photo,
            outcome: text.outcome,
            stale: text.revision < TEXT_REVISION,
            text: (!text.lines.is_empty()).then(|| Arc::new(ReadText::new(text.lines, text.vector))),
        }
    }
}

/// What is known of the text of all contents.
#[derive(Debug, Default)]
pub(crate) struct KnownTexts(HashMap<[u8; 32], KnownText>);

impl KnownTexts {
    /// Takes over what is newly known.
    pub(crate) fn extend(&mut self, texts: impl IntoIterator<Item = KnownText>) {
        self.0.extend(texts.into_iter().map(|text| (text.photo, text)));
    }

    /// The text of a content; `None` where there is none or none is known.
    pub(crate) fn of(&self, photo: &[u8; 32]) -> Option<Arc<ReadText>> {
        self.0.get(photo)?.text.clone()
    }

    /// What came of the contents that were looked at at the present revision.
    pub(crate) fn seen(&self) -> HashMap<[u8; 32], TextOutcome> {
        let present = self.0.iter().filter(|(_, text)| !text.stale);
        present.map(|(photo, text)| (*photo, text.outcome)).collect()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
