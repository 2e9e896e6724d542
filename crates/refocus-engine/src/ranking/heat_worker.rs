//! Where in a photo the focus looked: the photo is decoded and put through the image tower once more, this time for its patches.
//!
//! That takes many times as long as a ranking, so it has a thread of its own. The ranking thread only hands over what the
//! newest search knows; a request that was overtaken is given up between two steps.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use refocus_workers::{Worker, attempt, fault};

use crate::event::{Event, Heat, HeatMap, Lost};
use crate::rows::FileId;
use crate::shared::Shared;
use refocus_media::{DecodeLimits, Scale, read_photo};
use refocus_model::focus_encoder::MAP_SIDE;
use refocus_model::{PhotoModel, Prepared};
use refocus_search::{Condition, FocusKey, GalleryStatistics, Work, heat_map};

use super::explain::WITHOUT_FOCUS;
use super::ranker::Ranker;
use super::searching::condition_key;

/// A photo, and all that the newest search knows of it.
pub(super) struct HeatRequest {
    id: FileId,
    generation: u64,
    source: HeatSource,
}

/// How it is found out where the focus looked.
enum HeatSource {
    /// The focus encoder's attention, which the stored encoding tells: `[MAP_SIDE, MAP_SIDE]`.
    Attention(Vec<f32>),
    /// The likeness of each patch of the photo to what the photo is under the focus.
    Patches {
        path: Arc<Path>,
        condition: Arc<Condition>,
        statistics: Arc<GalleryStatistics>,
        /// The photo's conditional embedding.
        embedding: Vec<f32>,
    },
}

/// The thread, and how long its end is waited for.
const HEAT: &str = "refocus-heat";
const ENDED: &str = "No heat maps are made any more: start Refocus again";
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// The thread.
pub(super) struct HeatWorker {
    requests: Option<Sender<(u64, HeatRequest)>>,
    /// The other end of the same channel: a waiting request is taken back when a newer one comes.
    waiting: Receiver<(u64, HeatRequest)>,
    newest: Arc<AtomicU64>,
    worker: Option<Worker>,
}

impl HeatWorker {
    pub(super) fn start(shared: Arc<Shared>, model: Arc<dyn PhotoModel>) -> Self {
        let (requests, waiting) = bounded::<(u64, HeatRequest)>(1);
        let newest = Arc::new(AtomicU64::new(0));
        let (todo, number) = (waiting.clone(), Arc::clone(&newest));
        let told = Arc::clone(&shared);
        let work = move || {
            for (of, request) in todo {
                let overtaken = || number.load(Ordering::SeqCst) != of || shared.stopping();
                let map = attempt(HEAT, || {
                    fault::point("heat");
                    request.answer(model.as_ref(), &overtaken)
                });
                if let Some(map) = map.unwrap_or_else(|panic| Some(Err(panic.to_string()))) {
                    shared.tell(Event::Heat(Heat {
                        id: request.id,
                        generation: request.generation,
                        map,
                    }));
                }
            }
        };
        let worker = Worker::start(HEAT, work, move |panic| {
            told.worker_failed(&panic, ENDED, Lost::Worker);
        });
        Self {
            requests: Some(requests),
            waiting,
            newest,
            worker: worker
                .inspect_err(|error| tracing::error!(%error, "no thread for heat maps"))
                .ok(),
        }
    }

    /// # Errors
    /// For the person, where the thread has ended and nobody would answer.
    fn ask(&self, request: HeatRequest) -> Result<(), String> {
        let requests = self.requests.as_ref();
        let ended = self.worker.as_ref().is_none_or(Worker::has_ended);
        let Some(requests) = requests.filter(|_| !ended) else {
            return Err(ENDED.to_owned());
        };
        let number = self.newest.fetch_add(1, Ordering::SeqCst) + 1;
        let _ = self.waiting.try_recv();
        let _ = requests.try_send((number, request));
        Ok(())
    }
}

impl Drop for HeatWorker {
    fn drop(&mut self) {
        self.newest.fetch_add(1, Ordering::SeqCst);
        self.requests = None;
        // A map in hand is finished, or given up between two steps; one that hangs in the system is left behind.
        if let Some(worker) = self.worker.take() {
            let _ = worker.ended_by(Instant::now() + ENDS_WITHIN);
        }
    }
}

impl HeatRequest {
    /// `None` where the request was overtaken.
    fn answer(&self, model: &dyn PhotoModel, overtaken: &dyn Fn() -> bool) -> Option<Result<HeatMap, String>> {
        if overtaken() {
            return None;
        }
        let (path, condition, statistics, embedding) = match &self.source {
            HeatSource::Attention(map) => return Some(Ok(attention(map))),
            HeatSource::Patches {
                path,
                condition,
                statistics,
                embedding,
            } => (path, condition, statistics, embedding),
        };
        let limits = DecodeLimits::for_a_person();
        let scale = Scale::ShortSideAtLeast(2 * model.input_side());
        let picture = read_photo(path, scale, &limits).map(|photo| photo.picture);
        if overtaken() {
            return None;
        }
        let prepared = picture.map_err(|failure| failure.message).and_then(|picture| {
            let prepared = model.prepare_pixels(picture.width, picture.height, &picture.rgb);
            prepared.map_err(|error| error.to_string())
        });
        let map = prepared.and_then(|prepared| likeness(model, &prepared, condition, statistics, embedding));
        (!overtaken()).then_some(map)
    }
}

/// The attention with its hottest patch at 1.
fn attention(map: &[f32]) -> HeatMap {
    let hottest = map.iter().copied().fold(0.0, f32::max);
    let scale = if hottest > 0.0 { 1.0 / hottest } else { 0.0 };
    HeatMap {
        side: MAP_SIDE,
        weights: map.iter().map(|heat| heat * scale).collect(),
    }
}

/// Where the focus looked, for a way without attention: the likeness of each patch to what the photo is under the focus.
fn likeness(
    model: &dyn PhotoModel,
    prepared: &Prepared,
    condition: &Condition,
    statistics: &GalleryStatistics,
    embedding: &[f32],
) -> Result<HeatMap, String> {
    let patches = model.patch_text_factors(prepared).map_err(|error| error.to_string())?;
    let weights = heat_map(condition, statistics, &patches.factors, embedding);
    Ok(HeatMap {
        side: patches.side,
        weights: weights.map_err(|error| error.to_string())?.into(),
    })
}

impl Ranker {
    /// Hands a photo over to the thread for heat maps, which tells the map under this generation.
    ///
    /// # Errors
    /// Why there can be none, for the person.
    pub(super) fn heat(&mut self, id: FileId, generation: u64) -> Result<(), String> {
        let answered = self.answered.clone().ok_or("Nothing was searched for yet")?;
        let snapshot = self.shared.snapshot();
        let gone = "The photo is not there any more";
        let number = snapshot.number_of(id).ok_or(gone)?;
        let path = snapshot.rows.get(number).map(|row| Arc::clone(&row.path)).ok_or(gone)?;
        let encoded = self.encoded(&snapshot);
        let model = Arc::clone(&self.model);
        let gallery = snapshot
            .gallery(model.layout(), &encoded)
            .map_err(|error| error.to_string())?;
        let key = condition_key(&answered.search.request).unwrap_or_else(|| FocusKey::new(WITHOUT_FOCUS));
        let conditioned = self
            .under(&key, &gallery, snapshot.version, Work::default())
            .map_err(|error| error.to_string())?
            .ok_or("The focus was given up")?;
        let attention = gallery
            .encoding(number as usize)
            .and_then(|encoding| conditioned.attention_map(encoding));
        let source = match (attention, conditioned.statistics()) {
            (Some(map), _) => HeatSource::Attention(map),
            (None, Some(statistics)) => HeatSource::Patches {
                path,
                embedding: conditioned.gallery.embedding(number as usize),
                statistics: Arc::clone(statistics),
                condition: Arc::clone(&conditioned.condition),
            },
            // A photo that is not encoded yet was not looked at.
            (None, None) => return Err("The photo is not indexed yet".to_owned()),
        };
        self.heat_worker.ask(HeatRequest { id, generation, source })
    }
}
