//! Searches in other languages: with a language pack installed, focus and find text are read as the English that they mean.
//!
//! What is written of photos is still looked for as it was typed, and names of people are read before anything is translated.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use refocus_model::languages::LanguagePack;
use refocus_search::FindQuery;

use crate::languages::installed_packs;

use super::job_queue::Search;
use super::ranker::Ranker;

/// The installed pack, opened when a text first needs it.
#[derive(Debug, Default)]
pub(crate) struct Languages {
    /// Folders in which packs lie, the person's own first.
    folders: Vec<PathBuf>,
    /// The file that was opened last, and what came of it.
    opened: Option<Opened>,
}

#[derive(Debug)]
struct Opened {
    path: PathBuf,
    changed: Option<SystemTime>,
    pack: Option<Arc<LanguagePack>>,
}

impl Languages {
    /// Packs of these folders.
    pub(crate) fn of(folders: Vec<PathBuf>) -> Self {
        Self { folders, opened: None }
    }

    /// The pack that is installed now; a damaged one is reported in the log once and not used.
    fn pack(&mut self) -> Option<Arc<LanguagePack>> {
        let path = installed_packs(&self.folders).into_iter().next()?;
        let changed = changed(&path);
        let known = self
            .opened
            .as_ref()
            .is_some_and(|opened| opened.path == path && opened.changed == changed);
        if !known {
            let pack = LanguagePack::open(&path)
                .inspect_err(|error| tracing::warn!(%error, "a language pack cannot be used"))
                .ok();
            self.opened = Some(Opened {
                path,
                changed,
                pack: pack.map(Arc::new),
            });
        }
        self.opened.as_ref()?.pack.clone()
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|facts| facts.modified()).ok()
}

impl Ranker {
    /// Lets the ranker read the languages of installed packs.
    pub(crate) fn with_languages(mut self, languages: Languages) -> Self {
        self.languages = languages;
        self
    }

    /// A focus in English, where it is in another language that is installed and understood.
    pub(super) fn focus_in_english(&mut self, focus: &str) -> Option<String> {
        let pack = self.pack_for(focus)?;
        let understood = pack
            .focus(focus)
            .inspect_err(|error| tracing::warn!(%error, "a focus cannot be read"))
            .ok()??;
        understood.english.into_iter().next()
    }

    /// Reads the focus of a search in English.
    pub(super) fn read_focus_language(&mut self, mut search: Search) -> Search {
        if let Some(english) = self.focus_in_english(&search.request.focus) {
            search
                .understood
                .push(format!("Focus understood as \u{201c}{english}\u{201d}."));
            search.request.focus = english;
        }
        search
    }

    /// Reads the find text of a search in English; quoted phrases stay as they are.
    pub(super) fn read_find_language(&mut self, mut search: Search) -> Search {
        let plain = search.find.wanted.len().saturating_sub(search.find.quoted);
        let wanted: Vec<Vec<String>> = search
            .find
            .wanted
            .iter()
            .enumerate()
            .map(|(place, phrase)| match place < plain {
                true => self.phrase_in_english(phrase),
                false => vec![phrase.clone()],
            })
            .collect();
        let unwanted: Vec<String> = search
            .find
            .unwanted
            .iter()
            .filter_map(|phrase| self.phrase_in_english(phrase).into_iter().next())
            .collect();
        let english = FindQuery {
            wanted: wanted.concat(),
            quoted: search.find.quoted,
            unwanted,
        };
        if english != search.find {
            let quote = |phrase: &String| format!("\u{201c}{phrase}\u{201d}");
            let mut told: Vec<String> = english.wanted.iter().map(quote).collect();
            told.extend(english.unwanted.iter().map(|phrase| format!("not {}", quote(phrase))));
            search
                .understood
                .push(format!("Find understood as {}.", told.join(", ")));
            search.typed = Some(std::mem::replace(&mut search.find, english));
        }
        search
    }

    /// English phrases for a phrase, or the phrase itself.
    fn phrase_in_english(&mut self, phrase: &str) -> Vec<String> {
        let understood = self.pack_for(phrase).and_then(|pack| {
            pack.find(phrase)
                .inspect_err(|error| tracing::warn!(%error, "a find text cannot be read"))
                .ok()?
        });
        understood.map_or_else(|| vec![phrase.to_owned()], |understood| understood.english)
    }

    /// The pack, where a text may be in another language: English of which every word is known needs none.
    fn pack_for(&mut self, text: &str) -> Option<Arc<LanguagePack>> {
        if self.bank.knows_text(text) {
            return None;
        }
        self.languages.pack()
    }
}
