//! Thumbnails, and faces as pictures of their own, off the window's thread: two threads take the most wanted picture, read or make it,
//! and hand it over.
//!
//! The window states anew in every frame what it wants, most wanted first (visible photos, then near ones); what is no longer
//! wanted is never started. A thumbnail that exists is read from the cache, otherwise it is made from the photo and kept. A face is
//! always made from the photo, and never written anywhere.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use eframe::egui::ColorImage;

use refocus_engine::{FaceBounds, FaceId};
use refocus_media::thumbnails::ThumbnailSize;
use refocus_workers::{Worker, attempt, fault, still_at_work};

/// Threads that read and decode.
const THREADS: usize = 2;

/// How long the end of the threads is waited for.
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// Finished pictures that may wait for the window.
const FINISHED_AHEAD: usize = 64;

/// A thumbnail that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailRequest {
    /// Row number of the photo.
    pub row: u32,
    /// Content hash, the thumbnail's key.
    pub hash: [u8; 32],
    /// Where the photo lies.
    pub path: Arc<Path>,
    /// Size.
    pub size: ThumbnailSize,
}

/// A face that is wanted as a picture of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaceRequest {
    /// Whose picture it is.
    pub face: FaceId,
    /// Content hash of its photo.
    pub hash: [u8; 32],
    /// Where the photo lies.
    pub path: Arc<Path>,
    /// Where the face is in it.
    pub bounds: FaceBounds,
    /// Side of the square picture, pixels.
    pub side: u32,
}

/// A picture that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A photo.
    Thumbnail(ThumbnailRequest),
    /// A face.
    Face(FaceRequest),
}

/// What sets a wanted picture apart from others that are being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WantedKey {
    Thumbnail(u32, ThumbnailSize),
    Face(FaceId, u32),
}

impl Wanted {
    fn key(&self) -> WantedKey {
        match self {
            Self::Thumbnail(request) => WantedKey::Thumbnail(request.row, request.size),
            Self::Face(request) => WantedKey::Face(request.face, request.side),
        }
    }

    fn make(&self, source: &dyn PixelSource) -> Result<ColorImage, String> {
        match self {
            Self::Thumbnail(request) => source.thumbnail(request),
            Self::Face(request) => source.face(request),
        }
    }
}

/// Where pixels come from; called on the window's worker threads only.
pub trait PixelSource: Send + Sync {
    /// A thumbnail of the wanted size.
    ///
    /// # Errors
    /// The reason in words, for the tooltip of the empty cell.
    fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String>;

    /// The whole photo, no side longer than `max_side` pixels.
    ///
    /// # Errors
    /// The reason in words.
    fn full(&self, path: &Path, max_side: u32) -> Result<ColorImage, String>;

    /// A face and some room around it: a square of at most `request.side` pixels a side. Nothing of it is written anywhere. A source
    /// without faces need not give any.
    ///
    /// # Errors
    /// The reason in words.
    fn face(&self, request: &FaceRequest) -> Result<ColorImage, String> {
        Err(format!("no faces are shown of {}", request.path.display()))
    }
}

/// A finished request.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) request: Wanted,
    pub(super) image: Result<ColorImage, String>,
    /// Whether making it panicked: a notice tells it, and not the photo's place alone.
    pub(super) panicked: bool,
}

#[derive(Default)]
struct Queue {
    /// Least wanted first, so that the next one is popped.
    wanted: Vec<Wanted>,
    in_hand: Vec<WantedKey>,
    stop: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads and their queue.
pub(super) struct ThumbnailService {
    shared: Arc<Shared>,
    finished: Receiver<Finished>,
    threads: Vec<Worker>,
}

impl ThumbnailService {
    /// Starts the threads. `wake` is called when a picture is ready.
    pub(super) fn start(source: &Arc<dyn PixelSource>, wake: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
        });
        let (sender, finished) = crossbeam_channel::bounded(FINISHED_AHEAD);
        let threads = (0..THREADS)
            .filter_map(|number| {
                let (shared, source, wake, sender) = (shared.clone(), source.clone(), wake.clone(), sender.clone());
                let work = move || serve(&shared, source.as_ref(), wake.as_ref(), &sender);
                Worker::start(format!("thumbnail-{number}"), work, |panic| tracing::error!("{panic}"))
                    .inspect_err(|error| tracing::error!("cannot start a thumbnail thread: {error}"))
                    .ok()
            })
            .collect();
        Self {
            shared,
            finished,
            threads,
        }
    }

    /// Replaces the list of wanted pictures, most wanted first.
    pub(super) fn want(&self, mut wanted: Vec<Wanted>) {
        wanted.reverse();
        let mut queue = self.shared.lock();
        wanted.retain(|request| !queue.in_hand.contains(&request.key()));
        let work = !wanted.is_empty();
        queue.wanted = wanted;
        drop(queue);
        if work {
            self.shared.work.notify_all();
        }
    }

    /// A picture that is ready.
    pub(super) fn take(&self) -> Option<Finished> {
        let finished = self.finished.try_recv().ok()?;
        let key = finished.request.key();
        self.shared.lock().in_hand.retain(|other| *other != key);
        Some(finished)
    }

    /// Whether a picture is ready.
    pub(super) fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }
}

impl Drop for ThumbnailService {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.stop = true;
        queue.wanted.clear();
        drop(queue);
        self.shared.work.notify_all();
        // A thread that waits for room to hand its picture over finds the channel closed.
        self.finished = crossbeam_channel::never();
        let threads = std::mem::take(&mut self.threads);
        for thread in still_at_work(threads, Instant::now() + ENDS_WITHIN) {
            tracing::warn!("a thread hangs and is left behind: {}", thread.name());
        }
    }
}

fn serve(shared: &Shared, source: &dyn PixelSource, wake: &(dyn Fn() + Send + Sync), sender: &Sender<Finished>) {
    loop {
        let mut queue = shared.lock();
        let request = loop {
            if queue.stop {
                return;
            }
            if let Some(request) = queue.wanted.pop() {
                break request;
            }
            queue = shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
        };
        queue.in_hand.push(request.key());
        drop(queue);
        let image = attempt("thumbnail", || {
            fault::point("thumbnails");
            request.make(source)
        });
        let panicked = image.is_err();
        let image = image.unwrap_or_else(|panic| Err(panic.to_string()));
        let finished = Finished {
            request,
            image,
            panicked,
        };
        if sender.send(finished).is_err() {
            return;
        }
        wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::Color32;

    /// Records what it was asked for and waits for a permit before each answer.
    struct Gated {
        asked: Mutex<Vec<u32>>,
        permits: Receiver<()>,
    }

    impl PixelSource for Gated {
        fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
            self.asked.lock().unwrap().push(request.row);
            self.permits.recv().map_err(|error| error.to_string())?;
            Ok(ColorImage::filled([2, 2], Color32::RED))
        }

        fn full(&self, _: &Path, _: u32) -> Result<ColorImage, String> {
            Err("not asked for".into())
        }
    }

    fn request(row: u32) -> Wanted {
        Wanted::Thumbnail(ThumbnailRequest {
            row,
            hash: [0; 32],
            path: Arc::from(Path::new("a.jpg")),
            size: ThumbnailSize::Small,
        })
    }

    #[test]
    fn the_newest_request_is_served_first_and_dropped_requests_never() {
        let (permit, permits) = crossbeam_channel::unbounded();
        let source = Arc::new(Gated {
            asked: Mutex::default(),
            permits,
        });
        let (woken, wakes) = crossbeam_channel::unbounded();
        let pixels: Arc<dyn PixelSource> = source.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            let _ = woken.send(());
        });
        let service = ThumbnailService::start(&pixels, &wake);
        service.want((0..50).map(request).collect());
        while source.asked.lock().unwrap().len() < THREADS {
            std::thread::yield_now();
        }
        service.want(vec![request(900), request(901)]);
        for _ in 0..4 {
            permit.send(()).unwrap();
        }
        for _ in 0..4 {
            wakes.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        let mut asked = source.asked.lock().unwrap().clone();
        asked.sort_unstable();
        assert_eq!(asked, [0, 1, 900, 901]);
        assert_eq!(std::iter::from_fn(|| service.take()).count(), 4);
    }

    #[test]
    fn a_panic_costs_one_picture_which_says_so_and_the_next_ones_come() {
        struct Bad;
        impl PixelSource for Bad {
            fn thumbnail(&self, request: &ThumbnailRequest) -> Result<ColorImage, String> {
                assert!(request.row > 3, "on purpose");
                Ok(ColorImage::filled([1, 1], Color32::RED))
            }

            fn full(&self, _: &Path, _: u32) -> Result<ColorImage, String> {
                Err("not asked for".into())
            }
        }
        let (woken, wakes) = crossbeam_channel::unbounded();
        let pixels: Arc<dyn PixelSource> = Arc::new(Bad);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            let _ = woken.send(());
        });
        let service = ThumbnailService::start(&pixels, &wake);
        service.want((0..8).map(request).collect());
        for _ in 0..8 {
            wakes.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        let finished: Vec<Finished> = std::iter::from_fn(|| service.take()).collect();
        assert_eq!(finished.len(), 8);
        for Finished {
            request,
            image,
            panicked,
        } in finished
        {
            assert_eq!(panicked, image.is_err());
            let Wanted::Thumbnail(request) = request else {
                panic!("no face was asked for");
            };
            match image {
                Ok(_) => assert!(request.row > 3),
                Err(reason) => assert!(request.row <= 3 && reason.contains("on purpose"), "{reason}"),
            }
        }
    }

    #[test]
    fn a_picture_that_hangs_in_the_system_does_not_hold_up_the_end() {
        let (permit, permits) = crossbeam_channel::bounded(0);
        let source = Arc::new(Gated {
            asked: Mutex::default(),
            permits,
        });
        let pixels: Arc<dyn PixelSource> = source.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| ());
        let service = ThumbnailService::start(&pixels, &wake);
        service.want(vec![request(1)]);
        while source.asked.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        drop(service);
        drop::<Sender<()>>(permit);
    }

    #[test]
    fn the_threads_end_with_the_service_even_when_nobody_takes_their_pictures() {
        struct Endless;
        impl PixelSource for Endless {
            fn thumbnail(&self, _: &ThumbnailRequest) -> Result<ColorImage, String> {
                Ok(ColorImage::filled([1, 1], Color32::RED))
            }

            fn full(&self, _: &Path, _: u32) -> Result<ColorImage, String> {
                Err("not asked for".into())
            }
        }
        let pixels: Arc<dyn PixelSource> = Arc::new(Endless);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| ());
        let service = ThumbnailService::start(&pixels, &wake);
        service.want((0..500).map(request).collect());
        drop(service);
    }
}
