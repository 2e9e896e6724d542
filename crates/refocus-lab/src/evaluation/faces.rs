//! Faces, judged: photos in which a person marked every face, and what the face finder makes of them.
//!
//! The marks are a CSV file with the columns `photo` (name of the file), `mark` (`face`, `unclear`, or `none` where the photo shows
//! no face), `x`, `y` and `size` (middle and side of the square around brows and chin, in thousandths of the photo's longer side).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use refocus_media::decode::{DecodeLimits, Scale, read_and_decode};
use refocus_model::faces::{FaceFinder, FoundFace};
use refocus_model::{ModelError, PictureView};

/// Longer side that photos are scaled down to, pixels; sizes of faces are in these pixels, also where a photo is smaller.
const LONGEST: u32 = 1024;

/// Why faces cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum FaceEvaluationError {
    /// The marks cannot be read.
    #[error("the marks cannot be read: {0}")]
    Marks(#[from] csv::Error),
    /// A photo cannot be read.
    #[error("{message}: {photo}")]
    Photo {
        /// What is wrong with it.
        message: String,
        /// Its name.
        photo: String,
    },
    /// The models fail.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What a person said of a place in a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    /// A face, frontal to profile.
    Face,
    /// Nobody can say whether it is one: found or not, it does not count.
    Unclear,
    /// The photo shows no face.
    None,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct Line {
    photo: String,
    mark: Mark,
    x: Option<f32>,
    y: Option<f32>,
    size: Option<f32>,
}

/// A marked square, in pixels of a photo whose longer side is [`LONGEST`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct Square {
    mark: Mark,
    x: f32,
    y: f32,
    size: f32,
}

impl Square {
    fn new(line: &Line) -> Option<Self> {
        let pixels = |thousandths: f32| thousandths * LONGEST as f32 / 1000.0;
        Some(Self {
            mark: line.mark,
            x: pixels(line.x?),
            y: pixels(line.y?),
            size: pixels(line.size?),
        })
    }

    fn of_found(face: &FoundFace, (width, height): (u32, u32)) -> Self {
        let scale = LONGEST as f32 / width.max(height) as f32;
        let [left, top, right, bottom] = face.bounds;
        let (width, height) = (width as f32 * scale, height as f32 * scale);
        Self {
            mark: Mark::Face,
            x: f32::midpoint(left, right) * width,
            y: f32::midpoint(top, bottom) * height,
            size: ((right - left) * width).max((bottom - top) * height),
        }
    }

    /// Whether two squares show the same: their middles are nearer than half the larger side, and neither is three times the other.
    fn shows(&self, other: &Self) -> bool {
        let (large, small) = (self.size.max(other.size), self.size.min(other.size));
        (self.x - other.x).hypot(self.y - other.y) < large / 2.0 && large < 3.0 * small
    }
}

/// Counts over all photos.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct FaceCounts {
    /// Photos.
    pub photos: usize,
    /// Marked faces of the size that counts.
    pub faces: usize,
    /// Those that were found.
    pub found: usize,
    /// What was found where no face is.
    pub wrong: usize,
    /// What was found where nobody can say.
    pub unclear: usize,
    /// Seconds that the models took a photo, on one thread, the decoding left out.
    pub seconds: f64,
}

impl FaceCounts {
    /// Part of what was found that is faces.
    pub fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.wrong).max(1) as f64
    }

    /// Part of the faces that was found.
    pub fn recall(&self) -> f64 {
        self.found as f64 / self.faces.max(1) as f64
    }

    /// Counts a photo: each mark is met by at most one square, the best match first. Squares of fewer than `smallest` pixels are
    /// never wrong, and marks of fewer never missed.
    fn add(&mut self, marks: &[Square], found: &[Square], smallest: f32) {
        self.photos += 1;
        let mut open: Vec<&Square> = marks.iter().collect();
        let counts = |square: &Square| square.mark == Mark::Face && square.size >= smallest;
        self.faces += marks.iter().filter(|mark| counts(mark)).count();
        for square in found {
            let distance = |mark: &Square| (mark.x - square.x).hypot(mark.y - square.y);
            let near = open.iter().enumerate().filter(|(_, mark)| mark.shows(square));
            let nearest = near.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
            match nearest.map(|(at, _)| at) {
                Some(at) => {
                    let mark = open.remove(at);
                    self.found += usize::from(counts(mark));
                    self.unclear += usize::from(mark.mark != Mark::Face);
                }
                None => self.wrong += usize::from(square.size >= smallest),
            }
        }
    }
}

/// Finds faces in the marked photos of `folder` and counts. `smallest`: pixels of a photo whose longer side is 1,024.
///
/// # Errors
/// [`FaceEvaluationError`] where the marks or a photo cannot be read, or the models fail.
pub fn judge(
    finder: &FaceFinder,
    folder: &Path,
    marks: &Path,
    smallest: f32,
) -> Result<FaceCounts, FaceEvaluationError> {
    let mut photos: BTreeMap<String, Vec<Square>> = BTreeMap::new();
    for line in csv::Reader::from_path(marks)?.into_deserialize() {
        let line: Line = line?;
        let squares = photos.entry(line.photo.clone()).or_default();
        squares.extend(Square::new(&line).filter(|_| line.mark != Mark::None));
    }
    let mut counts = FaceCounts::default();
    for (photo, marks) in &photos {
        let failed = |message: String| FaceEvaluationError::Photo {
            message,
            photo: photo.clone(),
        };
        let picture = read_and_decode(&folder.join(photo), Scale::Full, &DecodeLimits::default())
            .map_err(|failure| failed(failure.message))?;
        let (mut width, mut height, mut rgb) = (picture.width, picture.height, picture.rgb);
        if width.max(height) > LONGEST {
            let whole =
                image::RgbImage::from_raw(width, height, rgb).ok_or_else(|| failed("its size is wrong".to_owned()))?;
            let small = image::DynamicImage::ImageRgb8(whole).resize(LONGEST, LONGEST, image::imageops::Triangle);
            (width, height, rgb) = (small.width(), small.height(), small.into_rgb8().into_raw());
        }
        let started = Instant::now();
        let found = finder.find(PictureView::new(width, height, &rgb)?)?;
        counts.seconds += started.elapsed().as_secs_f64();
        let found: Vec<Square> = found
            .iter()
            .map(|face| Square::of_found(face, (width, height)))
            .collect();
        counts.add(marks, &found, smallest);
    }
    counts.seconds /= counts.photos.max(1) as f64;
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(mark: Mark, x: f32, size: f32) -> Square {
        Square {
            mark,
            x,
            y: 100.0,
            size,
        }
    }

    #[test]
    fn each_face_is_found_once_and_small_or_unclear_ones_cost_nothing() {
        let marks = [
            square(Mark::Face, 100.0, 60.0),
            square(Mark::Face, 400.0, 60.0),
            square(Mark::Face, 600.0, 20.0),
            square(Mark::Face, 700.0, 20.0),
            square(Mark::Unclear, 800.0, 60.0),
        ];
        let found = [
            square(Mark::Face, 110.0, 50.0),
            square(Mark::Face, 95.0, 55.0),
            square(Mark::Face, 600.0, 22.0),
            square(Mark::Face, 805.0, 60.0),
            square(Mark::Face, 900.0, 20.0),
            square(Mark::Face, 950.0, 200.0),
        ];
        let mut counts = FaceCounts::default();
        counts.add(&marks, &found, 24.0);
        assert_eq!((counts.faces, counts.found, counts.wrong, counts.unclear), (2, 1, 2, 1));
        assert!((counts.precision() - 1.0 / 3.0).abs() < 1e-9 && (counts.recall() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn photos_are_judged_by_a_file_of_marks() {
        let folder = tempfile::tempdir().unwrap();
        let picture = image::RgbImage::from_pixel(300, 200, image::Rgb([90, 120, 150]));
        picture.save(folder.path().join("a.png")).unwrap();
        let marks = folder.path().join("marks.csv");
        std::fs::write(&marks, "photo,mark,x,y,size\na.png,face,500,300,100\na.png,none,,,\n").unwrap();
        let finder = FaceFinder::built_in(&candle_core::Device::Cpu).unwrap();
        let counts = judge(&finder, folder.path(), &marks, 24.0).unwrap();
        assert_eq!((counts.photos, counts.faces, counts.found, counts.wrong), (1, 1, 0, 0));
        std::fs::write(&marks, "photo,mark,x,y,size\nb.png,none,,,\n").unwrap();
        let error = judge(&finder, folder.path(), &marks, 24.0).unwrap_err().to_string();
        assert!(error.ends_with(": b.png"), "{error}");
        std::fs::write(&marks, "photo,mark,x,y,size\nb.png,hat,,,\n").unwrap();
        assert!(judge(&finder, folder.path(), &marks, 24.0).is_err());
    }
}
