//! The photos on screen in full, decoded on a thread of their own: sharpness is not to be judged from thumbnails.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};
use refocus_workers::{Worker, attempt, fault};

use super::application::wake_function;
use super::thumbnail_service::PixelSource;

/// The thread.
const FULL: &str = "pictures in full";

/// Most texels a side of a picture has: of several photos beside each other, none is shown larger at 100 %.
const MOST_SIDE: u32 = 4_096;

/// A decoded photo, or why it cannot be.
type Decoded = (Arc<Path>, Result<ColorImage, String>);

/// The thread, while the page is open.
struct Decoder {
    /// The most wanted last.
    wanted: Arc<Mutex<Vec<Arc<Path>>>>,
    wake: Sender<()>,
    decoded: Receiver<Decoded>,
}

/// The photos that were asked for last.
pub(super) struct FullPictures {
    source: Arc<dyn PixelSource>,
    decoder: Option<Decoder>,
    asked: Vec<Arc<Path>>,
    there: HashMap<Arc<Path>, Result<TextureHandle, String>>,
}

impl FullPictures {
    pub(super) fn new(source: Arc<dyn PixelSource>) -> Self {
        Self {
            source,
            decoder: None,
            asked: Vec::new(),
            there: HashMap::new(),
        }
    }

    /// Ends the thread and gives all memory back.
    pub(super) fn close(&mut self) {
        self.decoder = None;
        self.asked.clear();
        self.there.clear();
    }

    /// Asks for these photos, most wanted first, and forgets all others.
    pub(super) fn want(&mut self, ctx: &Context, photos: &[Arc<Path>]) {
        self.take(ctx);
        if photos == self.asked {
            return;
        }
        let source = &self.source;
        let decoder = self
            .decoder
            .get_or_insert_with(|| Decoder::start(Arc::clone(source), ctx));
        self.there.retain(|path, _| photos.contains(path));
        let missing = photos.iter().filter(|path| !self.there.contains_key(*path));
        *decoder.wanted.lock().unwrap_or_else(PoisonError::into_inner) = missing.rev().cloned().collect();
        // A full channel means that the thread has been woken already.
        let _ = decoder.wake.try_send(());
        self.asked = photos.to_vec();
    }

    /// These photos changed on disk: they are decoded anew.
    pub(super) fn forget(&mut self, photos: &[PathBuf]) {
        self.there
            .retain(|path, _| !photos.iter().any(|changed| **path == **changed));
        self.asked.clear();
    }

    /// A photo, where it is there.
    pub(super) fn get(&self, path: &Path) -> Option<&TextureHandle> {
        self.there.get(path)?.as_ref().ok()
    }

    /// Why a photo cannot be shown.
    pub(super) fn failure(&self, path: &Path) -> Option<&str> {
        self.there.get(path)?.as_ref().err().map(String::as_str)
    }

    fn take(&mut self, ctx: &Context) {
        let Some(decoder) = &self.decoder else { return };
        while let Ok((path, image)) = decoder.decoded.try_recv() {
            if self.asked.contains(&path) {
                let texture = image.map(|image| ctx.load_texture("side by side", image, TextureOptions::LINEAR));
                self.there.insert(path, texture);
            }
        }
    }
}

impl Decoder {
    fn start(source: Arc<dyn PixelSource>, ctx: &Context) -> Self {
        let wanted: Arc<Mutex<Vec<Arc<Path>>>> = Arc::default();
        let (wake, wakes) = bounded(1);
        let (out, decoded) = bounded(1);
        let todo = Arc::clone(&wanted);
        let wake_window = wake_function(ctx);
        let side = MOST_SIDE.min(ctx.input(|input| input.max_texture_side) as u32);
        let work = move || {
            while wakes.recv().is_ok() {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(path) = next else { break };
                    let image = attempt(FULL, || {
                        fault::point("full pictures");
                        source.full(&path, side)
                    });
                    let image = image.unwrap_or_else(|panic| Err(panic.to_string()));
                    if out.send((path, image)).is_err() {
                        return;
                    }
                    wake_window();
                }
            }
        };
        // Nothing outside the attempt can panic but the window's own waking, which ends the window with it.
        if let Err(error) = Worker::start(FULL, work, |panic| tracing::error!("{panic}")) {
            tracing::error!("cannot start the thread for photos side by side: {error}");
        }
        Self { wanted, wake, decoded }
    }
}
