//! From a text to the ids that a text tower reads, as the reference's processor makes them.

use std::path::Path;

use serde_json::Value;
use tokenizers::Tokenizer;

use super::super::ModelError;
use super::config::{TextConfig, read_json};
use super::tensor_files::unusable;
use refocus_workers::contained;

/// Name of the tokenizer's file.
pub const TOKENIZER: &str = "tokenizer.json";
/// Name of the file with its settings.
pub const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// Tokenizers whose models were trained on lower case, though the tokenizer itself keeps capitals (SigLIP 2).
const LOWER_CASE: [&str; 3] = ["GemmaTokenizer", "GemmaTokenizerFast", "Siglip2Tokenizer"];

/// A tokenizer with the model's way to cut and to fill up.
#[derive(Debug, Clone)]
pub struct TextTokens {
    tokenizer: Tokenizer,
    end: u32,
    padding: Option<(u32, bool)>,
    longest: usize,
    lower_case: bool,
}

impl TextTokens {
    /// Reads `tokenizer.json` and, where it is there, `tokenizer_config.json`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the file that is missing or not understood.
    pub fn read(folder: &Path, config: &TextConfig) -> Result<Self, ModelError> {
        let file = folder.join(TOKENIZER);
        if !file.exists() {
            return Err(unusable(&file, "the file is missing"));
        }
        // The library that reads it panics at some of what it does not expect.
        contained(|| Self::read_whole(folder, config))
            .unwrap_or_else(|reason| Err(unusable(&file, format!("it is no tokenizer ({reason})"))))
    }

    fn read_whole(folder: &Path, config: &TextConfig) -> Result<Self, ModelError> {
        let file = folder.join(TOKENIZER);
        let mut tokenizer = Tokenizer::from_file(&file).map_err(|error| unusable(&file, error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| unusable(&file, error.to_string()))?;
        let settings_file = folder.join(TOKENIZER_CONFIG);
        let settings = if settings_file.exists() {
            read_json(&settings_file)?
        } else {
            Value::Null
        };
        let empty = tokenizer
            .encode_fast("", true)
            .map_err(|error| unusable(&file, error.to_string()))?;
        let end = *empty
            .get_ids()
            .last()
            .ok_or_else(|| unusable(&file, "it marks no end of a text"))?;
        if let Some(largest) = tokenizer.get_vocab(true).values().max()
            && *largest as usize >= config.vocabulary
        {
            let detail = format!(
                "it has ids up to {largest}, the model knows {} tokens",
                config.vocabulary
            );
            return Err(unusable(&file, detail));
        }
        let padding_id = token_name(&settings, "pad_token")
            .and_then(|name| tokenizer.token_to_id(name))
            .unwrap_or(config.padding_id);
        let left = settings.get("padding_side").and_then(Value::as_str) == Some("left");
        let class = settings
            .get("tokenizer_class")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Self {
            tokenizer,
            end,
            padding: (!config.causal).then_some((padding_id, left)),
            longest: config.context,
            lower_case: LOWER_CASE.contains(&class),
        })
    }

    /// Ids of a text: up to its end mark for a causal tower, filled up to the context for others.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] when the text cannot be split.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        contained(|| self.split(text)).unwrap_or_else(|reason| Err(ModelError::Tokenizer(reason)))
    }

    fn split(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let lowered;
        let text = if self.lower_case {
            lowered = text.to_lowercase();
            lowered.as_str()
        } else {
            text
        };
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| ModelError::Tokenizer(error.to_string()))?;
        let mut ids = encoding.get_ids().to_vec();
        if ids.len() > self.longest {
            ids.truncate(self.longest);
            if let Some(last) = ids.last_mut() {
                *last = self.end;
            }
        }
        match self.padding {
            // An end mark inside the text, typed by the person, ends it for the reference too.
            None => {
                if let Some(place) = ids.iter().skip(1).position(|id| *id == self.end) {
                    ids.truncate(place + 2);
                }
            }
            Some((padding, left)) => {
                let missing = self.longest.saturating_sub(ids.len());
                let fill = std::iter::repeat_n(padding, missing);
                if left {
                    ids.splice(..0, fill);
                } else {
                    ids.extend(fill);
                }
            }
        }
        Ok(ids)
    }
}

/// A special token's text: a string, or an object that holds it.
fn token_name<'a>(settings: &'a Value, key: &str) -> Option<&'a str> {
    let value = settings.get(key)?;
    value.as_str().or_else(|| value.get("content")?.as_str())
}
