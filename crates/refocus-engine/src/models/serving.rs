//! A model with the word bank in its text space.

use std::path::Path;
use std::sync::Arc;

use crate::link::LibraryPaths;
use refocus_model::clip::ModelsFolder;
use refocus_model::clip::installed::BUILT_IN;
use refocus_model::device::DeviceReport;
use refocus_model::loading::load_chosen;
use refocus_model::{ModelChoice, PhotoModel};
use refocus_search::{BankWords, FocusError, TextEmbedder, WordBank, WordVectors};
use refocus_workers::in_pool;

/// The bank's vectors, in a checkpoint's folder.
const WORDS: &str = "refocus-words.safetensors";

/// Everything that searching needs of a model.
#[derive(Clone)]
pub(crate) struct Serving {
    /// How commands call it.
    pub(crate) name: String,
    pub(crate) model: Arc<dyn PhotoModel>,
    pub(crate) bank: Arc<WordBank>,
    pub(crate) devices: Vec<DeviceReport>,
}

impl Serving {
    /// Loads a model. A checkpoint's word bank is made at the first load and kept; `progress` is told of words done and words in
    /// all, and ends the work by returning `false`.
    pub(crate) fn load(
        choice: &ModelChoice,
        models: &ModelsFolder,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Self, String> {
        let loaded = load_chosen(choice, models).map_err(|error| error.to_string())?;
        let bank = match &loaded.folder {
            None => WordBank::shipped(),
            Some(folder) => bank_of(&loaded.model, folder, progress),
        };
        Ok(Self {
            name: choice.checkpoint.clone().unwrap_or_else(|| BUILT_IN.to_owned()),
            bank: Arc::new(bank.map_err(|error| error.to_string())?),
            model: loaded.model,
            devices: loaded.devices,
        })
    }
}

/// The chosen model and its words, for those who need no library. A checkpoint's words are made at the first use.
///
/// # Errors
/// A line for the person.
pub fn load_model_and_words(paths: &LibraryPaths) -> Result<(Arc<dyn PhotoModel>, Arc<WordBank>), String> {
    let serving = Serving::load(&paths.model, &ModelsFolder::new(&paths.models), &mut |_, _| true)?;
    Ok((serving.model, serving.bank))
}

fn bank_of(
    model: &Arc<dyn PhotoModel>,
    folder: &Path,
    progress: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<WordBank, FocusError> {
    let (file, dim) = (folder.join(WORDS), model.info().text_dim);
    let words = BankWords::built_in()?;
    if let Ok(bytes) = std::fs::read(&file)
        && let Ok(vectors) = WordVectors::from_safetensors(&bytes)
        && vectors.dim() == dim
        && vectors.fingerprint() == words.fingerprint()
    {
        return WordBank::with_vectors(words, vectors);
    }
    let bank = WordBank::build(words, &OnAllCores(model), dim, progress)?;
    if let Err(error) = std::fs::write(&file, bank.vectors().to_safetensors()?) {
        tracing::warn!(%error, "the words are worked out again at the next start");
    }
    Ok(bank)
}

/// A text tower whose batches are divided among the cores.
struct OnAllCores<'a>(&'a Arc<dyn PhotoModel>);

impl TextEmbedder for OnAllCores<'_> {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = texts.len().div_ceil(cores).max(1);
        let failed = |error: &dyn std::fmt::Display| FocusError::Text(error.to_string());
        let vectors = in_pool(|pool| {
            let threads = texts.chunks(share).map(|texts| {
                pool.start("refocus-words", move || self.0.embed_text(texts))
                    .map_err(|error| failed(&error))
            });
            let threads: Vec<_> = threads.collect::<Result<_, _>>()?;
            let mut vectors = Vec::new();
            for thread in threads {
                let part = thread.join().map_err(|panic| failed(&panic))?;
                vectors.extend(part.map_err(|error| failed(&error))?);
            }
            Ok(vectors)
        });
        vectors.map_err(|panic| failed(&panic))?
    }
}
