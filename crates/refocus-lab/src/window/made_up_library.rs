//! A library of any size without files: what the window is told of it, and pictures of plain colour.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::bounded;
use eframe::egui::{Color32, ColorImage};

use refocus::app::{PixelSource, ThumbnailRequest};
use refocus_engine::{
    COMMANDS_AHEAD, Command, DateSource, DeviceSummary, EVENTS_AHEAD, EngineLink, Event, FileId, Folder, FolderId,
    LibraryMonths, Marks, Noticing, PhotoRow, Rows, SearchResults, SortKey, Timeline,
};
use refocus_workers::Worker;

/// A library of any size without files: what the window is told by it, and pictures of plain colour.
pub(crate) struct MadeUpLibrary {
    link: EngineLink,
}

impl MadeUpLibrary {
    /// A library of so many photos, of varied shapes.
    pub(crate) fn new(photos: usize) -> Self {
        let (commands, asked) = bounded::<Command>(COMMANDS_AHEAD);
        let (told, events) = bounded(EVENTS_AHEAD);
        let mut rows = Rows::default();
        for number in 0..photos {
            rows.push(made_up_row(number));
        }
        let folders = vec![Folder {
            id: FolderId(1),
            path: "/photos".into(),
            photos,
            online: true,
            noticing: Noticing::default(),
            left_out: std::sync::Arc::default(),
        }];
        let device = DeviceSummary {
            can_rerank: false,
            device: "none".into(),
            model: "none".into(),
            warning: None,
        };
        let months = LibraryMonths::new(&rows);
        let _ = told.send(Event::Library { rows, folders });
        let _ = told.send(Event::Ready(device));
        let answer = move || {
            for command in asked {
                match command {
                    Command::Search { generation, request } => {
                        let order: Arc<[u32]> = (0..photos as u32).collect();
                        let in_time = request.sort == SortKey::DateTaken;
                        let timeline = in_time.then(|| Arc::new(Timeline::of(&months, &order, 0..photos)));
                        let results = SearchResults {
                            generation,
                            ranked: photos,
                            order,
                            timeline,
                            ..SearchResults::default()
                        };
                        if told.send(Event::Results(Arc::new(results))).is_err() {
                            return;
                        }
                    }
                    Command::Shutdown => return,
                    _ => {}
                }
            }
        };
        let started = Worker::start("refocus-made-up", answer, |panic| tracing::error!("{panic}"));
        if let Err(error) = started {
            tracing::error!(%error, "the made-up library cannot answer");
        }
        Self {
            link: EngineLink { commands, events },
        }
    }

    /// The window's end of it.
    pub(crate) fn link(&self) -> EngineLink {
        self.link.clone()
    }

    /// Its pictures.
    pub(crate) fn pixels(&self) -> Arc<dyn PixelSource> {
        plain_colours()
    }
}

/// Pictures of plain colour, for libraries without files.
pub(crate) fn plain_colours() -> Arc<dyn PixelSource> {
    Arc::new(PlainColours)
}

fn made_up_row(number: usize) -> PhotoRow {
    let (width, height) = [(4000, 3000), (3000, 4000), (3200, 3200), (6000, 3376)][number % 4];
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(number.to_le_bytes())
        .for_each(|(place, byte)| *place = byte);
    PhotoRow {
        id: FileId(number as i64),
        folder: FolderId(1),
        path: Arc::from(Path::new(&format!("/photos/{number:07}.jpg"))),
        hash,
        width,
        height,
        bytes: 4_000_000,
        modified_ns: 0,
        // Seventeen years of 100,000 photos.
        taken: 1_700_000_000 - 5400 * number as i64,
        taken_source: DateSource::Exif,
        camera: None,
        format: "JPEG",
        encoded: true,
        marks: Marks::default(),
        extras: Default::default(),
        gone: false,
    }
}

struct PlainColours;

impl PixelSource for PlainColours {
    fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
        let side = request.size.long_side() as usize;
        let [low, high, ..] = request.hash;
        let colour = Color32::from_rgb(low, high.wrapping_mul(16), 128);
        Ok(ColorImage::filled([side, side * 3 / 4], colour))
    }

    fn full(&self, _path: &Path, max_side: u32) -> Result<ColorImage, String> {
        Ok(ColorImage::filled([max_side.min(1024) as usize; 2], Color32::GRAY))
    }
}
