//! Thumbnails and faces on the GPU: uploaded a few a frame, kept by last use within a byte budget.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{ColorImage, Context};

use super::face_pictures::{FaceAt, FacePictures};
use super::picture::Picture;
use super::thumbnail_service::{PixelSource, ThumbnailRequest, ThumbnailService, Wanted};
use refocus_engine::PhotoRow;
use refocus_media::thumbnails::ThumbnailSize;

/// Time and bytes for uploads in one frame.
const UPLOAD_TIME: Duration = Duration::from_millis(4);
const UPLOAD_BYTES: usize = 6 << 20;

struct Entry {
    picture: Picture,
    size: ThumbnailSize,
    hash: [u8; 32],
    bytes: usize,
    used: u64,
}

/// Bytes of thumbnails in GPU memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextureUse {
    /// Now.
    pub bytes: usize,
    /// The most so far.
    pub bytes_max: usize,
    /// What they are held under.
    pub budget: usize,
}

/// The thumbnails that are on the GPU, and the requests of the present frame. A cache that panels only look at: drawing a
/// photo notes when it was used last and what is missing.
pub(super) struct ThumbnailTextures {
    service: ThumbnailService,
    /// Internal errors that are to be said.
    panics: Vec<String>,
    cache: RefCell<Cache>,
    faces: RefCell<FacePictures>,
}

struct Cache {
    entries: HashMap<u32, Entry>,
    failed: HashMap<(u32, [u8; 32]), Arc<str>>,
    visible: Vec<ThumbnailRequest>,
    near: Vec<ThumbnailRequest>,
    wanted_rows: HashSet<u32>,
    frame: u64,
    usage: TextureUse,
}

/// The size for a photo whose longer side takes this many pixels; a tenth of enlargement is not seen.
fn size_for(pixels: f32) -> ThumbnailSize {
    ThumbnailSize::at_least((pixels * 0.9) as u32)
}

impl ThumbnailTextures {
    /// Starts the service; `budget` bytes of textures are kept.
    pub(super) fn new(source: &Arc<dyn PixelSource>, budget: usize, wake: &Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            service: ThumbnailService::start(source, wake),
            panics: Vec::new(),
            cache: RefCell::new(Cache {
                entries: HashMap::new(),
                failed: HashMap::new(),
                visible: Vec::new(),
                near: Vec::new(),
                wanted_rows: HashSet::new(),
                frame: 0,
                usage: TextureUse {
                    budget,
                    ..TextureUse::default()
                },
            }),
            faces: RefCell::default(),
        }
    }

    /// Bytes in use and the budget.
    pub(super) fn usage(&self) -> TextureUse {
        self.cache.borrow().usage
    }

    /// Starts a frame: uploads what is ready within the frame's budget.
    pub(super) fn begin_frame(&mut self, ctx: &Context) {
        let (cache, faces) = (self.cache.get_mut(), self.faces.get_mut());
        cache.frame += 1;
        faces.begin_frame();
        let (start, mut uploaded) = (Instant::now(), 0);
        while uploaded < UPLOAD_BYTES && start.elapsed() < UPLOAD_TIME {
            let Some(finished) = self.service.take() else {
                break;
            };
            if let (Err(reason), true) = (&finished.image, finished.panicked) {
                self.panics.push(reason.clone());
            }
            match (finished.request, finished.image) {
                (Wanted::Thumbnail(request), Ok(image)) => uploaded += cache.keep(&request, image),
                (Wanted::Thumbnail(request), Err(reason)) => {
                    cache.failed.insert((request.row, request.hash), reason.into());
                }
                (Wanted::Face(request), Ok(image)) => uploaded += faces.keep(request, image),
                (Wanted::Face(request), Err(reason)) => {
                    tracing::debug!("a face cannot be shown: {reason}");
                    faces.cannot(&request);
                }
            }
        }
        if self.service.has_finished() {
            ctx.request_repaint();
        }
    }

    /// Frees the textures of photos that are not there any more, or are other pictures now: in a folder where much comes and
    /// goes they would fill the budget with what nobody can see.
    pub(super) fn forget_gone<'a>(&mut self, row_of: impl Fn(u32) -> Option<&'a PhotoRow>) {
        let is_there = |row: u32, hash: &[u8; 32]| row_of(row).is_some_and(|photo| !photo.gone && photo.hash == *hash);
        let cache = self.cache.get_mut();
        let before = cache.entries.len();
        cache.entries.retain(|row, entry| is_there(*row, &entry.hash));
        if cache.entries.len() < before {
            cache.usage.bytes = cache.entries.values().map(|entry| entry.bytes).sum();
        }
        cache.failed.retain(|(row, hash), _| is_there(*row, hash));
    }

    /// The texture of a photo, wanting it (or a sharper one) where it is missing. `pixels`: the longer side on screen.
    pub(super) fn show(&self, row: u32, photo: &PhotoRow, pixels: f32) -> Option<Picture> {
        self.cache.borrow_mut().show(row, photo, size_for(pixels))
    }

    /// A face of a photo as a picture of its own, wanting it where it is missing. `pixels`: the side on screen.
    pub(super) fn show_face(&self, face: FaceAt, photo: &PhotoRow, pixels: f32) -> Option<Picture> {
        self.faces.borrow_mut().show(face, photo, pixels)
    }

    /// Forgets all faces.
    pub(super) fn forget_faces(&mut self) {
        self.faces.get_mut().clear();
    }

    /// Wants a photo that is not on screen but may soon be.
    pub(super) fn prefetch(&self, row: u32, photo: &PhotoRow, pixels: f32) {
        self.cache.borrow_mut().prefetch(row, photo, size_for(pixels));
    }

    /// Why a photo has no thumbnail.
    pub(super) fn failure(&self, row: u32, photo: &PhotoRow) -> Option<Arc<str>> {
        self.cache.borrow().failed.get(&(row, photo.hash)).cloned()
    }

    /// Internal errors since the last call.
    pub(super) fn take_panics(&mut self) -> Vec<String> {
        std::mem::take(&mut self.panics)
    }

    /// Forgets failures, so that photos are tried again.
    pub(super) fn retry_failed(&mut self) {
        self.cache.get_mut().failed.clear();
    }

    /// Ends a frame: the service learns what is wanted now.
    pub(super) fn end_frame(&mut self) {
        let cache = self.cache.get_mut();
        let visible = std::mem::take(&mut cache.visible).into_iter().map(Wanted::Thumbnail);
        let faces = self.faces.get_mut().take_wanted().into_iter().map(Wanted::Face);
        let near = std::mem::take(&mut cache.near).into_iter().map(Wanted::Thumbnail);
        let wanted = visible.chain(faces).chain(near).collect();
        cache.wanted_rows.clear();
        self.service.want(wanted);
    }
}

impl Cache {
    fn keep(&mut self, request: &ThumbnailRequest, image: ColorImage) -> usize {
        let bytes = image.pixels.len() * 4;
        let before = self.entries.remove(&request.row);
        self.usage.bytes -= before.as_ref().map_or(0, |entry| entry.bytes);
        let entry = Entry {
            picture: Picture::new(image),
            size: request.size,
            hash: request.hash,
            bytes,
            used: before.as_ref().map_or(self.frame, |entry| entry.used),
        };
        self.entries.insert(request.row, entry);
        self.usage.bytes += bytes;
        self.evict();
        self.usage.bytes_max = self.usage.bytes_max.max(self.usage.bytes);
        bytes
    }

    /// Frees the least recently drawn textures until the budget holds; what the last frame drew stays.
    fn evict(&mut self) {
        if self.usage.bytes <= self.usage.budget {
            return;
        }
        let mut by_use: Vec<(u64, u32)> = self.entries.iter().map(|(row, entry)| (entry.used, *row)).collect();
        by_use.sort_unstable();
        // Down to nine tenths, so that the next upload does not evict again.
        let goal = self.usage.budget / 10 * 9;
        for (used, row) in by_use {
            if self.usage.bytes <= goal || used + 1 >= self.frame {
                break;
            }
            if let Some(entry) = self.entries.remove(&row) {
                self.usage.bytes -= entry.bytes;
            }
        }
    }

    fn show(&mut self, row: u32, photo: &PhotoRow, size: ThumbnailSize) -> Option<Picture> {
        let frame = self.frame;
        let mut shown = None;
        let mut sharp = false;
        if let Some(entry) = self.entries.get_mut(&row).filter(|entry| entry.hash == photo.hash) {
            entry.used = frame;
            sharp = entry.size >= size;
            shown = Some(entry.picture.clone());
        }
        if !sharp {
            self.want(row, photo, size, true);
        }
        shown
    }

    fn prefetch(&mut self, row: u32, photo: &PhotoRow, size: ThumbnailSize) {
        let there = self
            .entries
            .get(&row)
            .is_some_and(|entry| entry.hash == photo.hash && entry.size >= size);
        if !there {
            self.want(row, photo, size, false);
        }
    }

    fn want(&mut self, row: u32, photo: &PhotoRow, size: ThumbnailSize, visible: bool) {
        if self.failed.contains_key(&(row, photo.hash)) || !self.wanted_rows.insert(row) {
            return;
        }
        let list = if visible { &mut self.visible } else { &mut self.near };
        list.push(ThumbnailRequest {
            row,
            hash: photo.hash,
            path: photo.path.clone(),
            size,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_rows::row;
    use super::*;
    use eframe::egui::Color32;
    use refocus_engine::Rows;
    use std::path::Path;

    struct Grey;

    impl PixelSource for Grey {
        fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
            Ok(ColorImage::filled(
                [request.size.long_side() as usize; 2],
                Color32::GRAY,
            ))
        }

        fn full(&self, _: &Path, _: u32) -> Result<ColorImage, String> {
            Err("not asked for".into())
        }
    }

    #[test]
    fn textures_of_photos_that_are_gone_or_replaced_are_freed() {
        let mut rows = Rows::default();
        for number in 0..3 {
            rows.push(row(number));
        }
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        let mut textures = ThumbnailTextures::new(&(Arc::new(Grey) as Arc<dyn PixelSource>), 64 << 20, &wake);
        let ctx = Context::default();
        let until = Instant::now() + Duration::from_secs(30);
        while textures.cache.borrow().entries.len() < 3 && Instant::now() < until {
            textures.begin_frame(&ctx);
            for row in 0..3 {
                textures.show(row, rows.get(row).unwrap(), 100.0);
            }
            textures.end_frame();
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(textures.cache.borrow().entries.len(), 3);
        let all = textures.usage().bytes;
        textures.forget_gone(|row| rows.get(row));
        assert_eq!(textures.usage().bytes, all);
        rows.update(0, |row| row.gone = true);
        rows.update(1, |row| row.hash = [9; 32]);
        textures.forget_gone(|row| rows.get(row));
        assert_eq!(textures.cache.borrow().entries.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(textures.usage().bytes, textures.cache.borrow().entries[&2].bytes);
    }
}
