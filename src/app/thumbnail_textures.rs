//! Thumbnails on the GPU: uploaded a few a frame, kept by last use within a byte budget.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{ColorImage, Context};

use super::picture::Picture;
use super::thumbnail_service::{PixelSource, ThumbnailRequest, ThumbnailService};
use refocus_engine::{PhotoRow, Rows};
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

/// The thumbnails that are on the GPU, and the wishes of the present frame.
pub(super) struct ThumbnailTextures {
    service: ThumbnailService,
    entries: HashMap<u32, Entry>,
    failed: HashMap<(u32, [u8; 32]), String>,
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
        }
    }

    /// Bytes in use and the budget.
    pub(super) fn usage(&self) -> TextureUse {
        self.usage
    }

    /// Starts a frame: uploads what is ready within the frame's budget.
    pub(super) fn begin_frame(&mut self, ctx: &Context) {
        self.frame += 1;
        let (start, mut uploaded) = (Instant::now(), 0);
        while uploaded < UPLOAD_BYTES && start.elapsed() < UPLOAD_TIME {
            let Some(finished) = self.service.take() else {
                break;
            };
            let request = finished.request;
            match finished.image {
                Ok(image) => uploaded += self.keep(&request, image),
                Err(reason) => {
                    self.failed.insert((request.row, request.hash), reason);
                }
            }
        }
        if self.service.has_finished() {
            ctx.request_repaint();
        }
    }

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

    /// Frees the textures of photos that are not there any more, or are other pictures now: in a folder where much comes and
    /// goes they would fill the budget with what nobody can see.
    pub(super) fn forget_gone(&mut self, rows: &Rows) {
        let is_there =
            |row: u32, hash: &[u8; 32]| rows.get(row).is_some_and(|photo| !photo.gone && photo.hash == *hash);
        let before = self.entries.len();
        self.entries.retain(|row, entry| is_there(*row, &entry.hash));
        if self.entries.len() < before {
            self.usage.bytes = self.entries.values().map(|entry| entry.bytes).sum();
        }
        self.failed.retain(|(row, hash), _| is_there(*row, hash));
    }

    /// The texture of a photo, wanting it (or a sharper one) where it is missing. `pixels`: the longer side on screen.
    pub(super) fn show(&mut self, row: u32, photo: &PhotoRow, pixels: f32) -> Option<Picture> {
        let size = size_for(pixels);
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

    /// Wants a photo that is not on screen but may soon be.
    pub(super) fn prefetch(&mut self, row: u32, photo: &PhotoRow, pixels: f32) {
        let size = size_for(pixels);
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

    /// Why a photo has no thumbnail.
    pub(super) fn failure(&self, row: u32, photo: &PhotoRow) -> Option<&str> {
        self.failed.get(&(row, photo.hash)).map(String::as_str)
    }

    /// Forgets failures, so that photos are tried again.
    pub(super) fn retry_failed(&mut self) {
        self.failed.clear();
    }

    /// Ends a frame: the service learns what is wanted now.
    pub(super) fn end_frame(&mut self) {
        let mut wanted = std::mem::take(&mut self.visible);
        wanted.append(&mut self.near);
        self.wanted_rows.clear();
        self.service.want(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::super::gallery_bench::{made_up_row, plain_colours};
    use super::*;

    #[test]
    fn textures_of_photos_that_are_gone_or_replaced_are_freed() {
        let mut rows = Rows::default();
        for number in 0..3 {
            rows.push(made_up_row(number));
        }
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        let mut textures = ThumbnailTextures::new(&plain_colours(), 64 << 20, &wake);
        let ctx = Context::default();
        let until = Instant::now() + Duration::from_secs(30);
        while textures.entries.len() < 3 && Instant::now() < until {
            textures.begin_frame(&ctx);
            for row in 0..3 {
                textures.show(row, rows.get(row).unwrap(), 100.0);
            }
            textures.end_frame();
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(textures.entries.len(), 3);
        let all = textures.usage().bytes;
        textures.forget_gone(&rows);
        assert_eq!(textures.usage().bytes, all);
        rows.update(0, |row| row.gone = true);
        rows.update(1, |row| row.hash = [9; 32]);
        textures.forget_gone(&rows);
        assert_eq!(textures.entries.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(textures.usage().bytes, textures.entries[&2].bytes);
    }
}
