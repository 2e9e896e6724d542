//! The vectors of an order as a file, for other programs.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError};

use crate::event::Event;
use crate::export::{path_text, save_as};
use refocus_search::Work;
use refocus_workers::{Worker, fault};

use super::ranker::Ranker;
use super::searching::condition_key;

impl Ranker {
    /// Writes the vectors of the photos that the newest search ranked, in its order, in the safetensors format: `vectors`
    /// (`[photos, dim]`, f32: conditional embeddings under the focus, plain vectors without one) and `paths` (`[bytes]`, u8:
    /// a JSON list of as many texts; one that is not UTF-8 is percent-encoded). The number of photos is told when it is done.
    pub(super) fn save_vectors(&mut self, path: &Path) {
        let shared = Arc::clone(&self.shared);
        let (whole, photos) = match self.vectors() {
            Ok(vectors) => vectors,
            Err(message) => {
                let (path, saved) = (path.to_path_buf(), Err(message));
                return shared.tell(Event::VectorsSaved { path, saved });
            }
        };
        let (to, told) = (path.to_path_buf(), Arc::clone(&shared));
        // The drive may be slow, or hang; the next search does not wait for it.
        let write = move || {
            fault::point("vectors file");
            let saved = save_as(&to, |file| io::Write::write_all(file, &whole))
                .map(|()| photos)
                .map_err(|error| format!("The vectors could not be written ({error}): {}", to.display()));
            shared.tell(Event::VectorsSaved { path: to, saved });
        };
        let path = path.to_path_buf();
        let failed_path = path.clone();
        let failed_shared = Arc::clone(&told);
        let started = Worker::start("refocus-vectors", write, move |panic| {
            let (path, saved) = (failed_path, Err(format!("The vectors could not be written: {panic}")));
            failed_shared.tell(Event::VectorsSaved { path, saved });
        });
        if let Err(error) = started {
            let saved = Err(format!(
                "The vectors could not be written ({error}): {}",
                path.display()
            ));
            told.tell(Event::VectorsSaved { path, saved });
        }
    }

    /// The file's bytes and the number of photos in it.
    fn vectors(&mut self) -> Result<(Vec<u8>, usize), String> {
        let answered = self.answered.clone().ok_or("Nothing was searched for yet.")?;
        let snapshot = self.shared.snapshot();
        let encoded = self.encoded(&snapshot);
        let model = Arc::clone(&self.model);
        let layout = model.layout();
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let gallery = snapshot.gallery(layout, &encoded).map_err(|error| text(&error))?;
        let request = &answered.search.request;
        let conditioned = match condition_key(request) {
            Some(key) => {
                let applied = self.under(&key, &gallery, snapshot.version, Work::default());
                applied.map_err(|error| text(&error))?
            }
            None => None,
        };
        let dim = conditioned
            .as_ref()
            .map_or_else(|| layout.plain_dim(), |conditioned| conditioned.gallery.dim());

        let (mut vector, mut bytes, mut paths) = (vec![0.0f32; dim], Vec::new(), Vec::new());
        for &number in answered.results.order.iter().take(answered.results.ranked) {
            let photo = number as usize;
            let (Some(row), Some(encoding)) = (snapshot.rows.get(number), gallery.encoding(photo)) else {
                continue;
            };
            match &conditioned {
                Some(conditioned) => conditioned.gallery.read(photo, &mut vector),
                None => layout.plain(encoding, &mut vector),
            }
            bytes.extend(vector.iter().flat_map(|value| value.to_le_bytes()));
            paths.push(path_text(&row.path).0);
        }
        let photos = paths.len();
        let paths = serde_json::to_vec(&paths).map_err(|error| text(&error))?;
        let tensors = [
            ("vectors", TensorView::new(Dtype::F32, vec![photos, dim], &bytes)),
            ("paths", TensorView::new(Dtype::U8, vec![paths.len()], &paths)),
        ]
        .map(|(name, tensor)| Ok((name, tensor?)));
        let tensors: Result<Vec<_>, SafeTensorError> = tensors.into_iter().collect();
        let about = HashMap::from([
            ("model".to_owned(), model.info().name.clone()),
            ("focus".to_owned(), request.focus.trim().to_owned()),
        ]);
        let whole = tensors
            .and_then(|tensors| safetensors::serialize(tensors, Some(about)))
            .map_err(|error| text(&error))?;
        Ok((whole, photos))
    }
}
