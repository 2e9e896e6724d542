//! Pictures from outside the library that serve as references, and library photos that are asked for before they are encoded.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use refocus_media::{
    DecodeLimits, Failure, Picture, Scale, ThumbnailCache, ThumbnailSize, picture_from_rgba, read_photo,
};
use refocus_model::{PhotoModel, Prepared};
use refocus_workers::{Worker, fault};

use super::command::{OutsideId, OutsideSource};
use super::event::Event;
use super::passes::SIDE;
use super::shared::Shared;

/// Encodings of outside pictures, kept while they serve as references.
pub(super) struct Outside {
    shared: Arc<Shared>,
    model: Arc<dyn PhotoModel>,
    encodings: Mutex<HashMap<OutsideId, Vec<u8>>>,
    /// Where they came from: another model encodes them again.
    sources: Mutex<HashMap<OutsideId, OutsideSource>>,
}

impl Outside {
    pub(super) fn new(shared: Arc<Shared>, model: Arc<dyn PhotoModel>) -> Self {
        Self {
            shared,
            model,
            encodings: Mutex::default(),
            sources: Mutex::default(),
        }
    }

    /// The pictures that serve as references, for another model.
    pub(super) fn sources(&self) -> Vec<(OutsideId, OutsideSource)> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.iter().map(|(id, source)| (*id, source.clone())).collect()
    }

    /// Decodes and encodes a picture on a thread of its own and tells the front end.
    pub(super) fn add(this: &Arc<Self>, id: OutsideId, source: OutsideSource) {
        this.sources
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, source.clone());
        let (worker, shared) = (Arc::clone(this), Arc::clone(&this.shared));
        let work = move || {
            fault::point("outside");
            let result = worker.encode(id, &source);
            worker.shared.tell(Event::Outside { id, result });
        };
        let started = Worker::start("refocus-outside", work, move |panic| {
            let result = Err(format!("this picture could not be read: {panic}"));
            shared.tell(Event::Outside { id, result });
        });
        if let Err(error) = started {
            this.shared.tell(Event::Outside {
                id,
                result: Err(format!("no thread could be started ({error})")),
            });
        }
    }

    /// Forgets a picture.
    pub(super) fn remove(&self, id: OutsideId) {
        self.lock().remove(&id);
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// The encoding of a picture that is ready.
    pub(super) fn encoding(&self, id: OutsideId) -> Option<Vec<u8>> {
        self.lock().get(&id).cloned()
    }

    /// Where a picture that serves as a reference came from.
    pub(super) fn source(&self, id: OutsideId) -> Option<OutsideSource> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(&id).cloned()
    }

    /// Encodes a file at once, without keeping anything.
    pub(super) fn encode_file(&self, path: &Path) -> Result<Vec<u8>, String> {
        let prepared = self.prepared_file(path)?;
        self.encode_prepared(&prepared)
    }

    /// A picture that serves as a reference, as large as passes look at photos.
    pub(super) fn large(&self, id: OutsideId) -> Result<Picture, String> {
        let limits = DecodeLimits::for_a_person();
        let picture = match self.source(id).ok_or("the picture is not there any more")? {
            OutsideSource::File(path) => {
                read_photo(&path, Scale::ShortSideAtLeast(SIDE), &limits).map(|read| read.picture)
            }
            OutsideSource::Pixels { width, height, rgba } => picture_from_rgba(width, height, &rgba, &limits),
        };
        picture
            .map(|picture| picture.brought_down_to(SIDE))
            .map_err(|failure| failure.message)
    }

    /// A file as the model reads it.
    pub(super) fn prepared_file(&self, path: &Path) -> Result<Prepared, String> {
        self.prepared(&OutsideSource::File(path.to_path_buf()))
    }

    /// A picture as the model reads it.
    pub(super) fn prepared(&self, source: &OutsideSource) -> Result<Prepared, String> {
        self.prepared_picture(&self.decoded(source)?)
    }

    fn decoded(&self, source: &OutsideSource) -> Result<Picture, String> {
        let limits = DecodeLimits::for_a_person();
        let scale = Scale::ShortSideAtLeast(2 * self.model.input_side());
        let (picture, name) = match source {
            OutsideSource::File(path) => {
                let picture = read_photo(path, scale, &limits).map(|photo| photo.picture);
                (picture, path.display().to_string())
            }
            OutsideSource::Pixels { width, height, rgba } => (
                picture_from_rgba(*width, *height, rgba, &limits),
                "the pasted picture".to_owned(),
            ),
        };
        picture.map_err(|Failure { message, .. }| format!("{message}: {name}"))
    }

    fn encode(&self, id: OutsideId, source: &OutsideSource) -> Result<(u32, u32, Arc<[u8]>), String> {
        let picture = self.decoded(source)?;
        let encoding = self.encode_prepared(&self.prepared_picture(&picture)?)?;
        self.lock().insert(id, encoding);
        let small = ThumbnailCache::make(&picture, ThumbnailSize::Medium);
        Ok((small.width, small.height, Arc::from(small.rgb)))
    }

    fn prepared_picture(&self, picture: &Picture) -> Result<Prepared, String> {
        let prepared = self.model.prepare_pixels(picture.width, picture.height, &picture.rgb);
        prepared.map_err(|error| error.to_string())
    }

    fn encode_prepared(&self, prepared: &Prepared) -> Result<Vec<u8>, String> {
        self.model.encode_one(prepared).map_err(|error| error.to_string())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OutsideId, Vec<u8>>> {
        self.encodings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
