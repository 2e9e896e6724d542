//! What a focus or find in another language says in English.
//!
//! A language pack is one file (safetensors), installed beside the program and made by
//! `packaging/assets/convert_language_pack.py`. It holds multilingual-e5-small (Wang et al., arXiv 2402.05672) in 4 bits, with the
//! pieces of twelve languages, and *keys*: the vectors of wordings whose English is known. A text enters as typed; its language is
//! told by its letters. A focus is the very wording where it was translated by hand, or what its words ask for, or the English of the nearest
//! keys. What is to
//! be found is said word by word by a dictionary, beside it the nearest key where a word is unknown.
//! Out comes English text, which everything behind this reads as if it had been typed.
//!
//! | file | holds |
//! |---|---|
//! | `detection.rs` | which language a text is in |
//! | `aspect_words.rs` | a focus by its words |
//! | `dictionary.rs`, `folding.rs` | word by word into English; words without accents |
//! | `keys.rs` | wordings with known English, and the nearest of them |
//! | `mod.rs` | the pack's file, and the understanding |

mod aspect_words;
mod detection;
mod dictionary;
mod folding;
mod keys;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use tokenizers::Tokenizer;

use self::detection::Letters;
use self::dictionary::{Dictionary, WordLists};
use self::folding::fold;
use self::keys::Keys;
use crate::ModelError;
use crate::assets::{self, WeightFile};
use crate::text_tower::TEXT_DIM;
use crate::text_tower::network::Network;
use crate::vector_math::normalise;

pub use detection::Language;

/// What the file says of itself.
const PACK_IS: [(&str, &str); 2] = [("format", "refocus-languages"), ("version", "2")];
/// Larger files are no packs.
const MOST_BYTES: u64 = 64 << 20;
/// A pack's head is at most as long.
const MOST_HEAD_BYTES: u64 = 1 << 20;
/// Tokens that are read of a text.
const MAX_TOKENS: usize = 64;
/// Transformer layers of the parent.
const LAYERS: usize = 12;
/// What the parent wants before a text that is looked for.
const PREFIX: &str = "query: ";
/// Nearness to a key, of a focus, from which its English is told.
const FAMILIAR: f32 = 0.35;
/// Keys that together say what is to be found.
const FIND_KEYS: usize = 3;
/// A further key counts where it is as near as the nearest but for this.
const AS_NEAR: f32 = 0.06;

/// The lists of a pack.
#[derive(serde::Deserialize)]
struct Lists {
    focus: Vec<String>,
    find: Vec<String>,
    known: Known,
    words: WordLists,
}

/// Texts that were translated by hand, folded, by the code of their language.
#[derive(serde::Deserialize)]
struct Known {
    focus: HashMap<String, HashMap<String, String>>,
}

/// How a text in another language is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The language of the text.
    pub language: Language,
    /// What it says in English: one focus, or phrases of which each says a part or nearly the same.
    pub english: Vec<String>,
}

/// What the file of a pack says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFacts {
    /// Its version.
    pub version: String,
    /// Whether this program reads that version.
    pub readable: bool,
    /// Size of the file, bytes.
    pub bytes: u64,
}

impl PackFacts {
    /// Reads the head of a pack's file, and nothing else of it.
    ///
    /// # Errors
    /// [`ModelError::Asset`], which names the file, where it is no pack.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let refused = |detail: String| ModelError::Asset {
            asset: path.display().to_string(),
            detail,
        };
        let mut file = std::fs::File::open(path).map_err(|e| refused(e.to_string()))?;
        let bytes = file.metadata().map_err(|e| refused(e.to_string()))?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|e| refused(e.to_string()))?;
        let length = u64::from_le_bytes(length);
        if length > MOST_HEAD_BYTES.min(bytes) {
            return Err(refused("it is no language pack".to_owned()));
        }
        let mut head = Vec::new();
        file.take(length)
            .read_to_end(&mut head)
            .map_err(|e| refused(e.to_string()))?;
        let head: serde_json::Value =
            serde_json::from_slice(&head).map_err(|e| refused(format!("it is no language pack ({e})")))?;
        let says = |key: &str| head.get("__metadata__")?.get(key)?.as_str().map(str::to_owned);
        let [(format, ours), (version, read)] = PACK_IS;
        match (says(format), says(version)) {
            (Some(found), Some(version)) if found == ours => Ok(Self {
                readable: version == read,
                version,
                bytes,
            }),
            _ => Err(refused("it is no language pack".to_owned())),
        }
    }
}

/// An installed pack; may be shared between threads.
pub struct LanguagePack {
    tokenizer: Tokenizer,
    network: Network<'static>,
    letters: Letters,
    /// `[languages, 384]`, English first, then in the order of [`Language::ALL`].
    means: Vec<f32>,
    focus: Keys,
    find: Keys,
    known: Known,
    dictionary: Dictionary,
    /// The text tower's: common English words are one piece of it.
    english_pieces: Tokenizer,
    version: String,
}

impl std::fmt::Debug for LanguagePack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LanguagePack").finish_non_exhaustive()
    }
}

impl LanguagePack {
    /// Opens a pack.
    ///
    /// # Errors
    /// [`ModelError::Asset`], which names the file, where it cannot be read, is too large, damaged or of another version.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let name = path.display().to_string();
        let refused = |detail: String| ModelError::Asset {
            asset: name.clone(),
            detail,
        };
        let size = std::fs::metadata(path).map_err(|e| refused(e.to_string()))?.len();
        if size > MOST_BYTES {
            return Err(refused(format!("{size} bytes are more than a language pack has")));
        }
        let bytes = std::fs::read(path).map_err(|e| refused(e.to_string()))?;
        Self::read(&name, &bytes)
    }

    /// Reads a pack from the bytes of a file called `name`.
    ///
    /// # Errors
    /// As [`LanguagePack::open`].
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, ModelError> {
        let file = WeightFile::open(name, bytes, &PACK_IS)?;
        let lists: Lists = serde_json::from_slice(file.all_bytes("lists")?)
            .map_err(|e| file.mismatch(format!("its lists cannot be read ({e})")))?;
        let tokenizer = Tokenizer::from_bytes(file.all_bytes("tokenizer")?)
            .map_err(|e| file.mismatch(format!("its tokenizer cannot be read ({e})")))?;
        Ok(Self {
            tokenizer,
            network: Network::read(&file, MAX_TOKENS, LAYERS)?.into_owned(),
            letters: Letters::read(&file)?,
            means: file.values_of_shape("means", &[Language::ALL.len() + 1, TEXT_DIM])?,
            focus: Keys::read(&file, "focus.keys", lists.focus)?,
            find: Keys::read(&file, "find.keys", lists.find)?,
            known: lists.known,
            dictionary: Dictionary::new(lists.words, &file)?,
            english_pieces: Tokenizer::from_bytes(assets::tokenizer())
                .map_err(|e| ModelError::Tokenizer(e.to_string()))?,
            version: file.metadata().get("version").cloned().unwrap_or_default(),
        })
    }

    /// The language of a text; `None` for English and for what has no letters.
    #[must_use]
    pub fn language_of(&self, text: &str) -> Option<Language> {
        let lower = text.trim().to_lowercase();
        let by_letters = self.letters.language_of(&lower);
        by_letters.or_else(|| self.language_by_words(&lower))
    }

    /// The language of a text whose few letters tell none: one of which the dictionary has every word, where one at least of them is no
    /// common English word; `None` too where languages read it differently.
    fn language_by_words(&self, text: &str) -> Option<Language> {
        let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        if words.all(|word| self.english_pieces.token_to_id(word).is_some()) {
            return None;
        }
        let mut readings = Language::ALL.into_iter().filter_map(|language| {
            let words = self.dictionary.translate(text, language)?;
            words.complete.then_some((language, words.english))
        });
        let (language, english) = readings.next()?;
        readings.all(|(_, other)| other == english).then_some(language)
    }

    /// The English wording of a focus; `None` where it is English already, or like no wording that is known.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`].
    pub fn focus(&self, text: &str) -> Result<Option<Understood>, ModelError> {
        let Some(language) = self.language_of(text) else {
            return Ok(None);
        };
        if let Some(english) = known_text(&self.known.focus, language, text) {
            return Ok(Some(Understood {
                language,
                english: vec![english.to_owned()],
            }));
        }
        let by_words = self.dictionary.focus_words(text, language);
        if let Some(focus) = by_words.and_then(|words| aspect_words::focus_of(&words)) {
            let english = vec![focus];
            return Ok(Some(Understood { language, english }));
        }
        let vector = self.embed(text, language)?;
        let nearest = self.focus.best_target(&vector, FAMILIAR);
        Ok(nearest.map(|english| Understood {
            language,
            english: vec![english.to_owned()],
        }))
    }

    /// What is to be found, in English phrases whose vectors' mean is looked for; `None` where it is English already.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`].
    pub fn find(&self, text: &str) -> Result<Option<Understood>, ModelError> {
        let Some(language) = self.language_of(text) else {
            return Ok(None);
        };
        let by_words = self.dictionary.translate(text, language);
        if let Some(words) = by_words.as_ref().filter(|words| words.complete) {
            let english = vec![words.english.clone()];
            return Ok(Some(Understood { language, english }));
        }
        let vector = self.embed(text, language)?;
        let mut english = self.find.nearest(&vector, FIND_KEYS, AS_NEAR);
        if let Some(words) = by_words {
            english.retain(|phrase| *phrase != words.english);
            english.truncate(1);
            english.insert(0, words.english);
        }
        Ok((!english.is_empty()).then_some(Understood { language, english }))
    }

    /// The version that the pack's file says of itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A text's vector minus the mean of its language, of unit length.
    fn embed(&self, text: &str, language: Language) -> Result<Vec<f32>, ModelError> {
        let ids = self.tokens(text)?;
        let mut vector = self.network.forward(&[&ids]);
        normalise(&mut vector);
        let row = language as usize + 1;
        let mean = self.means.get(row * TEXT_DIM..(row + 1) * TEXT_DIM).unwrap_or_default();
        vector.iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
        normalise(&mut vector);
        Ok(vector)
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let encoding = self
            .tokenizer
            .encode_fast(format!("{PREFIX}{}", text.trim()), true)
            .map_err(|e| ModelError::Tokenizer(e.to_string()))?;
        let mut ids = encoding.get_ids().to_vec();
        ids.truncate(MAX_TOKENS);
        Ok(ids)
    }
}

fn known_text<'a>(
    known: &'a HashMap<String, HashMap<String, String>>,
    language: Language,
    text: &str,
) -> Option<&'a str> {
    let of_language = known.get(language.code())?;
    of_language.get(fold(text.trim()).as_str()).map(String::as_str)
}

#[cfg(test)]
mod tests;
