//! Small pictures in their own cache on disk, so that a gallery never decodes a photo twice.
//!
//! One file a photo and size, named after the photo's content hash, in two levels of folders
//! (`ab/cd/abcd…-256.jpg`). Each is a JPEG followed by its own hash: a file that a power cut or a bad disk damaged is
//! thrown away and made anew. Files are written beside their place and renamed, so a kill leaves no half file. The time
//! of a file is the time of its last use, to the hour; [`ThumbnailCache::trim_to`] drops the least recently used.
//! Nothing here is fatal: without a cache the program is slower, not broken.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{ExtendedColorType, ImageDecoder};
use walkdir::WalkDir;

use super::contain::contained;
use super::decode::{Picture, zeroed};
use super::failure::Failure;
use super::hash::ContentHash;
use super::resize::{ResizeFilter, fit_within, resize_rgb};

/// The sizes that thumbnails are kept in: pixels on the longer side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ThumbnailSize {
    /// 128 pixels.
    Small,
    /// 256 pixels.
    Medium,
    /// 512 pixels.
    Large,
}

impl ThumbnailSize {
    /// Every size, smallest first.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Pixels on the longer side.
    pub fn long_side(self) -> u32 {
        match self {
            Self::Small => 128,
            Self::Medium => 256,
            Self::Large => 512,
        }
    }

    /// The smallest size that has at least `pixels` on its longer side; the largest where none has.
    pub fn at_least(pixels: u32) -> Self {
        Self::ALL
            .into_iter()
            .find(|size| size.long_side() >= pixels)
            .unwrap_or(Self::Large)
    }
}

/// A small sRGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// sRGB pixels `[height, width, 3]`, row-major.
    pub rgb: Vec<u8>,
}

/// The cache folder. Cheap to share between threads: it holds only its path.
#[derive(Debug)]
pub struct ThumbnailCache {
    folder: PathBuf,
}

/// JPEG quality; at this size artefacts are not seen and a file takes 10–40 kB.
const QUALITY: u8 = 85;
/// BLAKE3 of the JPEG's bytes, cut to this length, stands behind them. Viewers ignore what follows the end marker.
const SEAL_LEN: usize = 16;
/// A larger file in the cache was not written by it.
const LARGEST_FILE: u64 = 4 << 20;
/// How old a file's time of last use may grow before reading it writes a new one.
const USE_IS_NOTED_EVERY: Duration = Duration::from_secs(3600);
const UNFINISHED_EXTENSION: &str = "part";

impl ThumbnailCache {
    /// A cache in `folder`, which is made when the first thumbnail is kept and again whenever it vanishes.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the cache is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The thumbnail of `picture`: its longer side brought down to `size`, never enlarged.
    pub fn make(picture: &Picture, size: ThumbnailSize) -> Thumbnail {
        let (width, height) = fit_within(picture.width, picture.height, size.long_side());
        let rgb = resize_rgb(
            &picture.rgb,
            picture.width,
            picture.height,
            width,
            height,
            ResizeFilter::Bicubic,
        );
        Thumbnail { width, height, rgb }
    }

    /// The kept thumbnail of the photo with this content, if there is a whole one.
    pub fn get(&self, photo: &ContentHash, size: ThumbnailSize) -> Option<Thumbnail> {
        let path = self.path_of(photo, size);
        let file = File::open(&path).ok()?;
        let metadata = file.metadata().ok()?;
        let whole = (metadata.len() <= LARGEST_FILE).then(|| fs::read(&path).ok()).flatten();
        let thumbnail = whole
            .as_deref()
            .and_then(unseal)
            .and_then(|jpeg| contained(|| decode_jpeg(jpeg)).ok());
        if thumbnail.is_none() {
            tracing::info!(path = %path.display(), "a damaged thumbnail was thrown away");
            // It may be gone already; then that is what was wanted.
            fs::remove_file(&path).ok();
        } else if metadata
            .modified()
            .is_ok_and(|used| used.elapsed().is_ok_and(|age| age > USE_IS_NOTED_EVERY))
        {
            note_use(&path);
        }
        thumbnail
    }

    /// Keeps a thumbnail.
    ///
    /// # Errors
    /// The disk is full or cannot be written. The caller may go on without: the thumbnail is made anew next time.
    pub fn put(&self, photo: &ContentHash, size: ThumbnailSize, thumbnail: &Thumbnail) -> Result<(), Failure> {
        let sealed = seal(encode_jpeg(thumbnail)?);
        let path = self.path_of(photo, size);
        let folder = path.parent().unwrap_or(&self.folder);
        let unfinished = unfinished_path(&path);
        let written = write_and_rename(folder, &unfinished, &path, &sealed);
        if written.is_err() {
            // Nothing may have been written yet.
            fs::remove_file(&unfinished).ok();
        }
        written.map_err(Failure::from)
    }

    /// Forgets the thumbnails of a photo.
    pub fn remove(&self, photo: &ContentHash) {
        for size in ThumbnailSize::ALL {
            // Most photos have one or two of the sizes.
            fs::remove_file(self.path_of(photo, size)).ok();
        }
    }

    /// Bytes of all kept thumbnails. Walks the folder: not for every frame.
    pub fn size_bytes(&self) -> u64 {
        self.files().map(|(_, bytes, _)| bytes).sum()
    }

    /// Drops the least recently used thumbnails until at most `bytes` are kept, and what an interrupted write left
    /// behind. Gives the bytes that are kept then.
    pub fn trim_to(&self, bytes: u64) -> u64 {
        let mut kept: Vec<(PathBuf, u64, SystemTime)> = Vec::new();
        for (path, len, used) in self.files() {
            let unfinished = path
                .extension()
                .is_some_and(|extension| extension == UNFINISHED_EXTENSION);
            if unfinished && used.elapsed().is_ok_and(|age| age > USE_IS_NOTED_EVERY) {
                fs::remove_file(&path).ok();
            } else {
                kept.push((path, len, used));
            }
        }
        let mut total: u64 = kept.iter().map(|(_, len, _)| len).sum();
        if total > bytes {
            kept.sort_by_key(|&(_, _, used)| used);
        }
        for (path, len, _) in kept {
            if total <= bytes {
                break;
            }
            if fs::remove_file(&path).is_ok() || !path.exists() {
                total = total.saturating_sub(len);
            }
        }
        total
    }

    /// As [`trim_to`](Self::trim_to), but once the limit is passed a tenth of it is made free, so that not every new thumbnail
    /// drops an old one.
    pub fn keep_within(&self, limit: u64) -> u64 {
        let kept = self.trim_to(u64::MAX);
        if kept > limit {
            self.trim_to(limit - limit / 10)
        } else {
            kept
        }
    }

    /// Drops the thumbnails of photos that `is_known` does not know, and gives the bytes that were freed.
    pub fn forget_unknown(&self, is_known: &dyn Fn(&ContentHash) -> bool) -> u64 {
        let mut freed = 0;
        for (path, bytes, _) in self.files() {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let photo = name.split('-').next().and_then(|hash| hash.parse().ok());
            if photo.is_some_and(|photo| !is_known(&photo)) && fs::remove_file(&path).is_ok() {
                freed += bytes;
            }
        }
        freed
    }

    /// Every file of the cache: path, bytes, time of last use. A vanished folder has none.
    fn files(&self) -> impl Iterator<Item = (PathBuf, u64, SystemTime)> {
        WalkDir::new(&self.folder)
            .min_depth(3)
            .max_depth(3)
            .into_iter()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((
                    entry.into_path(),
                    metadata.len(),
                    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                ))
            })
    }

    fn path_of(&self, photo: &ContentHash, size: ThumbnailSize) -> PathBuf {
        let [first, second, ..] = photo.0;
        self.folder
            .join(format!("{first:02x}"))
            .join(format!("{second:02x}"))
            .join(format!("{photo}-{}.jpg", size.long_side()))
    }
}

/// A name that no other thread and no other running program uses.
fn unfinished_path(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{number}.{UNFINISHED_EXTENSION}", std::process::id()))
}

fn write_and_rename(folder: &Path, unfinished: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    File::create(unfinished)?.write_all(bytes)?;
    fs::rename(unfinished, path)
}

/// Sets the time of last use. A read-only cache simply keeps no order of use.
fn note_use(path: &Path) {
    let noted = File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = noted {
        tracing::debug!(%error, path = %path.display(), "the use of a thumbnail could not be noted");
    }
}

fn seal(mut jpeg: Vec<u8>) -> Vec<u8> {
    let hash = ContentHash::of(&jpeg);
    jpeg.extend(hash.0.iter().take(SEAL_LEN));
    jpeg
}

fn unseal(sealed: &[u8]) -> Option<&[u8]> {
    let (jpeg, seal) = sealed.split_at_checked(sealed.len().checked_sub(SEAL_LEN)?)?;
    ContentHash::of(jpeg).0.starts_with(seal).then_some(jpeg)
}

fn encode_jpeg(thumbnail: &Thumbnail) -> Result<Vec<u8>, Failure> {
    let Thumbnail { width, height, rgb } = thumbnail;
    if rgb.len() as u64 != u64::from(*width) * u64::from(*height) * 3 || rgb.is_empty() {
        return Err(Failure::corrupt("A thumbnail's pixels do not match its size."));
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(rgb, *width, *height, ExtendedColorType::Rgb8)
        .map_err(|error| Failure::corrupt(format!("A thumbnail could not be written ({error}).")))?;
    Ok(jpeg)
}

/// Decodes what [`encode_jpeg`] wrote, in one thread and without metadata: the gate's way is for files of others.
fn decode_jpeg(jpeg: &[u8]) -> Result<Thumbnail, Failure> {
    let damaged = |error: image::ImageError| Failure::corrupt(error.to_string());
    let decoder = JpegDecoder::new(Cursor::new(jpeg)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let largest = ThumbnailSize::Large.long_side();
    if width.max(height) > largest || decoder.color_type() != image::ColorType::Rgb8 {
        return Err(Failure::corrupt("not one of the cache's own files"));
    }
    let mut rgb = zeroed(width as usize * height as usize * 3)?;
    decoder.read_image(&mut rgb).map_err(damaged)?;
    Ok(Thumbnail { width, height, rgb })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::PictureFormat;

    fn picture(width: u32, height: u32) -> Picture {
        let rgb = (0..width * height)
            .flat_map(|i| [(i % width) as u8, (i / width) as u8, 90])
            .collect();
        Picture {
            width,
            height,
            rgb,
            original_width: width,
            original_height: height,
            format: PictureFormat::Png,
        }
    }

    fn near(a: &Thumbnail, b: &Thumbnail) -> bool {
        (a.width, a.height) == (b.width, b.height) && a.rgb.iter().zip(&b.rgb).all(|(a, b)| a.abs_diff(*b) < 24)
    }

    fn cache() -> (tempfile::TempDir, ThumbnailCache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = ThumbnailCache::new(folder.path().join("thumbnails"));
        (folder, cache)
    }

    #[test]
    fn what_is_put_is_got_in_its_size() {
        let (_folder, cache) = cache();
        let photo = ContentHash::of(b"photo");
        for size in ThumbnailSize::ALL {
            assert_eq!(cache.get(&photo, size), None);
            let thumbnail = ThumbnailCache::make(&picture(200, 150), size);
            cache.put(&photo, size, &thumbnail).unwrap();
            assert!(near(&cache.get(&photo, size).unwrap(), &thumbnail), "{size:?}");
        }
        assert_eq!(cache.get(&photo, ThumbnailSize::Small).unwrap().width, 128);
        assert_eq!(
            cache.get(&photo, ThumbnailSize::Large).unwrap().width,
            200,
            "never enlarged"
        );
        cache.remove(&photo);
        assert_eq!((cache.get(&photo, ThumbnailSize::Small), cache.size_bytes()), (None, 0));
    }

    #[test]
    fn the_limit_is_kept_with_room_for_new_ones_and_unknown_photos_are_dropped() {
        let (_folder, cache) = cache();
        let thumbnail = ThumbnailCache::make(&picture(128, 128), ThumbnailSize::Small);
        let photos: Vec<ContentHash> = (0..40u8).map(|i| ContentHash::of(&[i])).collect();
        for photo in &photos {
            cache.put(photo, ThumbnailSize::Small, &thumbnail).unwrap();
        }
        let all = cache.size_bytes();
        assert_eq!(cache.keep_within(all), all);
        let kept = cache.keep_within(all / 2);
        assert!(kept <= all / 2 * 9 / 10 && kept > all / 4, "{kept} of {all}");
        assert_eq!(cache.keep_within(all / 2), kept);
        let known = photos[0];
        let freed = cache.forget_unknown(&|photo| *photo == known);
        assert_eq!(cache.size_bytes(), kept - freed);
        assert!(cache.size_bytes() <= all / 40);
    }

    #[test]
    fn sizes_are_chosen_for_the_pixels_needed() {
        let chosen: Vec<u32> = [0, 128, 129, 256, 500, 9999]
            .map(ThumbnailSize::at_least)
            .map(ThumbnailSize::long_side)
            .to_vec();
        assert_eq!(chosen, [128, 128, 256, 256, 512, 512]);
    }

    #[test]
    fn a_damaged_file_is_thrown_away_and_made_anew() {
        let (_folder, cache) = cache();
        let photo = ContentHash::of(b"photo");
        let thumbnail = ThumbnailCache::make(&picture(64, 64), ThumbnailSize::Small);
        let path = cache.path_of(&photo, ThumbnailSize::Small);
        cache.put(&photo, ThumbnailSize::Small, &thumbnail).unwrap();
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [&whole[..whole.len() / 2], &[], b"text", &flipped, &whole[1..]] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(cache.get(&photo, ThumbnailSize::Small), None);
            assert!(!path.exists());
            cache.put(&photo, ThumbnailSize::Small, &thumbnail).unwrap();
            assert!(cache.get(&photo, ThumbnailSize::Small).is_some());
        }
    }

    #[test]
    fn trimming_drops_the_least_recently_used_and_leftovers() {
        let (_folder, cache) = cache();
        let thumbnail = ThumbnailCache::make(&picture(128, 128), ThumbnailSize::Small);
        let photos: Vec<ContentHash> = (0..4u8).map(|i| ContentHash::of(&[i])).collect();
        for (age, photo) in photos.iter().enumerate() {
            cache.put(photo, ThumbnailSize::Small, &thumbnail).unwrap();
            let used = SystemTime::now() - Duration::from_secs(86_400 * (10 - age as u64));
            let file = File::options()
                .append(true)
                .open(cache.path_of(photo, ThumbnailSize::Small))
                .unwrap();
            file.set_modified(used).unwrap();
        }
        let leftover = cache
            .path_of(&photos[0], ThumbnailSize::Small)
            .with_extension("9-9.part");
        fs::write(&leftover, "half").unwrap();
        File::options()
            .append(true)
            .open(&leftover)
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH)
            .unwrap();
        // Reading the oldest makes it the youngest.
        assert!(cache.get(&photos[0], ThumbnailSize::Small).is_some());

        let one = cache
            .path_of(&photos[0], ThumbnailSize::Small)
            .metadata()
            .unwrap()
            .len();
        assert_eq!(cache.trim_to(u64::MAX), 4 * one);
        assert!(!leftover.exists());
        assert_eq!(cache.trim_to(2 * one), 2 * one);
        let left: Vec<bool> = photos
            .iter()
            .map(|p| cache.get(p, ThumbnailSize::Small).is_some())
            .collect();
        assert_eq!(left, [true, false, false, true]);
        assert_eq!((cache.trim_to(0), cache.size_bytes()), (0, 0));
    }

    #[test]
    fn the_folder_may_vanish_while_running() {
        let (folder, cache) = cache();
        let photo = ContentHash::of(b"photo");
        let thumbnail = ThumbnailCache::make(&picture(32, 16), ThumbnailSize::Small);
        cache.put(&photo, ThumbnailSize::Small, &thumbnail).unwrap();
        fs::remove_dir_all(cache.folder()).unwrap();
        assert_eq!(cache.get(&photo, ThumbnailSize::Small), None);
        assert_eq!((cache.size_bytes(), cache.trim_to(0)), (0, 0));
        cache.put(&photo, ThumbnailSize::Small, &thumbnail).unwrap();
        assert!(cache.get(&photo, ThumbnailSize::Small).is_some());

        // A file where the folder should be: an error in words, no panic.
        let blocked = ThumbnailCache::new(folder.path().join("file"));
        fs::write(blocked.folder(), "in the way").unwrap();
        assert!(blocked.put(&photo, ThumbnailSize::Small, &thumbnail).is_err());
        assert_eq!(blocked.get(&photo, ThumbnailSize::Small), None);
    }

    #[test]
    fn threads_share_one_cache() {
        let (_folder, cache) = cache();
        let thumbnail = ThumbnailCache::make(&picture(40, 30), ThumbnailSize::Small);
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let (cache, thumbnail) = (&cache, &thumbnail);
                scope.spawn(move || {
                    for i in 0..20u8 {
                        // All threads write the same photos; a reader sees a whole file or none.
                        let photo = ContentHash::of(&[i % 5]);
                        cache.put(&photo, ThumbnailSize::Small, thumbnail).unwrap();
                        assert!(cache.get(&photo, ThumbnailSize::Small).is_some(), "thread {thread}");
                    }
                });
            }
        });
        assert_eq!(cache.files().count(), 5);
    }

    #[test]
    fn pixels_that_do_not_match_their_size_are_refused() {
        let (_folder, cache) = cache();
        let wrong = Thumbnail {
            width: 10,
            height: 10,
            rgb: vec![0; 7],
        };
        assert!(cache.put(&ContentHash::of(b""), ThumbnailSize::Small, &wrong).is_err());
        assert_eq!(cache.size_bytes(), 0);
    }
}
