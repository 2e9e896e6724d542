//! A ranking thread's work on a made-up library, one search at a time, for measurements.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::bounded;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::encodings::Encodings;
use crate::outside::Outside;
use crate::people::People;
use crate::rows::FileId;
use crate::search::{Reference, ReferenceSource, SearchRequest, SearchResults};
use crate::shared::Shared;
use crate::texts::PhotoTexts;
use refocus_model::device::load_on_best_device;
use refocus_model::encoding::{EncodingParts, PLAIN_DIM, SEMANTIC_DIM, TOKEN_DIM};
use refocus_model::named_colours::COLOURS;
use refocus_model::things::Things;
use refocus_model::{BuiltIn, ModelChoice, ModelError, PhotoModel};
use refocus_search::WordBank;
use refocus_store::{ContentRow, FileRow};

use super::job_queue::{JobQueue, Search};
use super::ranker::{Ranker, Unanswered};

/// Photo tokens of an encoding.
const TOKENS: usize = refocus_model::colour_statistics::REGIONS;

/// The built-in model, a library of random encodings in memory, and the ranking thread's own code.
pub struct RankingProbe {
    ranker: Ranker,
    photos: usize,
    bytes_per_photo: usize,
    load_ms: f64,
    device: String,
    generation: u64,
}

impl RankingProbe {
    /// Loads the model and fills a library of `photos` random encodings (seeded).
    ///
    /// # Errors
    /// [`ModelError`] where the built-in model does not load.
    pub fn new(photos: usize, choice: &ModelChoice) -> Result<Self, ModelError> {
        let start = Instant::now();
        let (model, devices) = load_on_best_device(choice)?;
        let load_ms = start.elapsed().as_secs_f64() * 1e3;
        let device = devices
            .iter()
            .find(|device| device.used)
            .map_or_else(String::new, |device| device.name.clone());
        let (events, _) = bounded(16);
        let shared = Arc::new(Shared::new(events, Arc::new(|| {})));
        fill(&shared, &model, random_encodings(&model).take(photos));
        let bytes_per_photo = model.info().bytes_per_photo;
        let model: Arc<dyn PhotoModel> = Arc::new(model);
        let outside = Arc::new(Outside::new(Arc::clone(&shared), Arc::clone(&model)));
        let bank = WordBank::shipped().map_err(|error| ModelError::Asset {
            asset: "value-words.safetensors".to_owned(),
            detail: error.to_string(),
        })?;
        let ranker = Ranker::new(
            Arc::clone(&shared),
            model,
            outside,
            People::nobody(&shared),
            PhotoTexts::none(&shared),
            Arc::new(JobQueue::default()),
            Arc::new(bank),
        );
        Ok(Self {
            ranker,
            photos,
            bytes_per_photo,
            load_ms,
            device,
            generation: 0,
        })
    }

    /// One search: photos like photo `reference`, under an instruction.
    ///
    /// # Errors
    /// The line that a person would see.
    pub fn search(&mut self, instruction: &str, reference: u32) -> Result<SearchResults, String> {
        self.generation += 1;
        let id = FileId(i64::from(reference) % self.photos.max(1) as i64);
        let request = SearchRequest {
            references: vec![Reference {
                source: ReferenceSource::Library(id),
                positive: true,
            }],
            focus: instruction.to_owned(),
            ..SearchRequest::default()
        };
        let search = Search::new(self.generation, request);
        match self.ranker.search(&search) {
            Ok(results) => Ok(results),
            Err(Unanswered::Message(message)) => Err(message),
            Err(Unanswered::Stale) => Err("it became stale".to_owned()),
        }
    }

    /// Bytes of an encoding.
    #[must_use]
    pub fn bytes_per_photo(&self) -> usize {
        self.bytes_per_photo
    }

    /// Milliseconds in which the model was loaded and tested.
    #[must_use]
    pub fn load_ms(&self) -> f64 {
        self.load_ms
    }

    /// The device in use.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }
}

/// Random encodings (seeded), one after the other.
pub(super) fn random_encodings(model: &BuiltIn) -> impl Iterator<Item = Vec<u8>> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut normal = move |n: usize| -> Vec<f32> {
        // The sum of a few uniform numbers is normal enough to keep scores from being equal.
        (0..n)
            .map(|_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
            .collect()
    };
    let histogram = |values: Vec<f32>| -> Vec<f32> {
        let sum: f32 = values.iter().map(|v| v.abs()).sum();
        values.into_iter().map(|v| v.abs() / sum.max(1e-6)).collect()
    };
    let tokens = normal(TOKENS * TOKEN_DIM);
    std::iter::repeat_with(move || {
        let encoding = model.encoding_layout().pack(&EncodingParts {
            tokens: &tokens,
            conse: &normal(SEMANTIC_DIM),
            plain: &normal(PLAIN_DIM),
            foreground: &histogram(normal(COLOURS)),
            background: &histogram(normal(COLOURS)),
            boxes: Default::default(),
            objects: Default::default(),
            things: &Things::default(),
        });
        encoding.into_bytes()
    })
}

/// Fills a library with photos that have these encodings.
pub(super) fn fill(shared: &Shared, model: &BuiltIn, encodings: impl Iterator<Item = Vec<u8>>) {
    let mut index = shared.index();
    index.now.encodings = Encodings::new(model.info().bytes_per_photo);
    for (number, encoding) in encodings.enumerate() {
        index.put(made_up_file(number), Some(&encoding));
    }
    drop(index);
    shared.publish();
}

/// A file of which nothing is on the disk.
pub(super) fn made_up_file(number: usize) -> FileRow {
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(number.to_le_bytes())
        .for_each(|(place, byte)| *place = byte);
    FileRow {
        id: number as i64,
        folder_id: 1,
        path: format!("/photos/{number}.jpg").into(),
        bytes: 1,
        modified_ns: 0,
        same_as: None,
        added_at: 0,
        photo: ContentRow {
            hash,
            width: 3,
            height: 2,
            format: "JPEG".into(),
            ..ContentRow::default()
        },
    }
}
