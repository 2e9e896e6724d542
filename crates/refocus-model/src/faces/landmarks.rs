//! Five points of a face: the corners of both eyes and the base of the nose, by an ensemble of regression trees (Kazemi and
//! Sullivan, CVPR 2014). Cascade by cascade, trees compare pixels near the points where these are, and move them.
//!
//! Reference: dlib, `shape_predictor.h`. Points equal dlib's to the bit for 8-bit RGB pictures, since a cascade looks at other pixels
//! wherever the one before it left the points, and small differences would grow. The trees come from
//! `assets/face-landmarks.safetensors`, written by `packaging/assets/convert_face_identity.py`.

use super::similarity::Similarity;
use crate::assets::{self, WeightFile};
use crate::{ModelError, PictureView};

/// Points of a face: outer and inner corner of the eye on the picture's right, outer and inner corner of the other eye, base of
/// the nose.
pub const POINTS: usize = 5;
const CASCADES: usize = 15;
const TREES: usize = 500;
const SPLITS: usize = 15;
const LEAVES: usize = SPLITS + 1;
/// Pixels that the trees of a cascade compare.
const PIXELS: usize = 800;

/// A rectangle of whole pixels, the last row and column included, as dlib has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) left: i64,
    pub(super) top: i64,
    pub(super) right: i64,
    pub(super) bottom: i64,
}

/// The trees.
#[derive(Debug)]
pub(super) struct LandmarkPredictor {
    /// x and y of each point as parts of the face's rectangle.
    mean: [f32; 2 * POINTS],
    cascades: Vec<Cascade>,
}

#[derive(Debug)]
struct Cascade {
    /// The point that each pixel moves with, and how far from it the pixel is in the mean face.
    pixels: Vec<(usize, [f32; 2])>,
    trees: Vec<Tree>,
}

#[derive(Debug)]
struct Tree {
    splits: [Split; SPLITS],
    leaves: [[f32; 2 * POINTS]; LEAVES],
}

/// Whether one pixel exceeds another by more than a threshold.
#[derive(Debug, Clone, Copy)]
struct Split {
    pixels: [u16; 2],
    threshold: i16,
}

impl Split {
    /// From its packed form, see the script that writes it.
    fn new(bytes: [u8; 4]) -> Self {
        let bits = u32::from_le_bytes(bytes);
        let index = |shift: u32| (bits >> shift & 0x3ff) as u16;
        Self {
            pixels: [index(0), index(10)],
            threshold: (bits >> 20 & 0x7f) as i16 - 64,
        }
    }
}

impl LandmarkPredictor {
    /// Reads the trees that ship inside the binary.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when their file does not fit.
    pub(super) fn built_in() -> Result<Self, ModelError> {
        let weights = WeightFile::open(
            "face-landmarks.safetensors",
            assets::face_landmarks(),
            &assets::FACE_LANDMARKS_IS,
        )?;
        let mean = weights.values_of_shape("mean", &[POINTS, 2])?;
        let deltas = weights.values_of_shape("deltas", &[CASCADES, PIXELS, 2])?;
        let anchors = weights.bytes("anchors", CASCADES * PIXELS)?;
        let splits = weights.bytes("splits", CASCADES * TREES * SPLITS * 4)?;
        let leaves = weights.values_of_shape("leaves", &[CASCADES, TREES, LEAVES, 2 * POINTS])?;
        let mismatch = || weights.mismatch("its trees have another form");
        let mut tree = splits
            .as_chunks::<4>()
            .0
            .as_chunks::<SPLITS>()
            .0
            .iter()
            .zip(leaves.as_chunks::<{ 2 * POINTS }>().0.as_chunks::<LEAVES>().0)
            .map(|(splits, leaves)| Tree {
                splits: splits.map(Split::new),
                leaves: *leaves,
            });
        let pixels = anchors.iter().map(|anchor| usize::from(*anchor));
        let pixels: Vec<_> = pixels.zip(deltas.as_chunks::<2>().0.iter().copied()).collect();
        let cascades: Vec<Cascade> = pixels
            .chunks_exact(PIXELS)
            .map(|pixels| Cascade {
                pixels: pixels.to_vec(),
                trees: tree.by_ref().take(TREES).collect(),
            })
            .collect();
        let fits = |cascade: &Cascade| {
            let mut splits = cascade.trees.iter().flat_map(|tree| &tree.splits);
            cascade.pixels.iter().all(|(anchor, _)| *anchor < POINTS)
                && splits.all(|split| split.pixels.iter().all(|pixel| usize::from(*pixel) < PIXELS))
        };
        if !cascades.iter().all(fits) {
            return Err(mismatch());
        }
        Ok(Self {
            mean: mean.try_into().map_err(|_| mismatch())?,
            cascades,
        })
    }

    /// The points of the face in `rectangle`, whole pixels as dlib gives them, in the order of [`POINTS`].
    pub(super) fn predict(&self, picture: PictureView<'_>, rectangle: Rectangle) -> [[f64; 2]; POINTS] {
        let mut shape = self.mean;
        let mut values = [0i16; PIXELS];
        for cascade in &self.cascades {
            self.look(picture, rectangle, cascade, &shape, &mut values);
            for tree in &cascade.trees {
                for (value, step) in shape.iter_mut().zip(tree.leaf(&values)) {
                    *value += step;
                }
            }
        }
        let mut points = [[0.0; 2]; POINTS];
        for (point, part) in points.iter_mut().zip(shape.as_chunks::<2>().0) {
            *point = rectangle.place(*part).map(|at| (at + 0.5).floor());
        }
        points
    }

    /// The brightness of a cascade's pixels, 0 outside the picture.
    fn look(
        &self,
        picture: PictureView<'_>,
        rectangle: Rectangle,
        cascade: &Cascade,
        shape: &[f32; 2 * POINTS],
        values: &mut [i16; PIXELS],
    ) {
        let points = |shape: &[f32; 2 * POINTS]| {
            let mut points = [[0.0; 2]; POINTS];
            for (point, part) in points.iter_mut().zip(shape.as_chunks::<2>().0) {
                *point = part.map(f64::from);
            }
            points
        };
        let turned = Similarity::between(&points(&self.mean), &points(shape))
            .matrix()
            .map(|v| v as f32);
        let anchors = shape.as_chunks::<2>().0;
        for (value, (anchor, [dx, dy])) in values.iter_mut().zip(&cascade.pixels) {
            let [x, y] = anchors.get(*anchor).copied().unwrap_or_default();
            let [a, b, c, d] = turned;
            let part = [(a * dx + b * dy) + x, (c * dx + d * dy) + y];
            let at = rectangle.place(part).map(|at| (at + 0.5).floor());
            *value = brightness(picture, at);
        }
    }
}

impl Tree {
    fn leaf(&self, values: &[i16; PIXELS]) -> &[f32; 2 * POINTS] {
        let mut at = 0;
        while let Some(Split { pixels, threshold }) = self.splits.get(at) {
            let [a, b] = pixels.map(|pixel| values.get(usize::from(pixel)).copied().unwrap_or_default());
            at = 2 * at + if a - b > *threshold { 1 } else { 2 };
        }
        // A full tree: the leaves follow the splits.
        self.leaves.get(at - SPLITS).unwrap_or(&[0.0; 2 * POINTS])
    }
}

impl Rectangle {
    /// Where a part of the rectangle lies, pixels: 0 is the first pixel's centre, 1 the last one's.
    fn place(self, [x, y]: [f32; 2]) -> [f64; 2] {
        let along = |part: f32, from: i64, to: i64| from as f64 + f64::from(part) * (to - from) as f64;
        [along(x, self.left, self.right), along(y, self.top, self.bottom)]
    }
}

/// Mean of red, green and blue, rounded down; 0 outside the picture.
fn brightness(picture: PictureView<'_>, [x, y]: [f64; 2]) -> i16 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if x < 0.0 || y < 0.0 || x >= width as f64 || y >= height as f64 {
        return 0;
    }
    let at = y as usize * width + x as usize;
    let pixel = picture.rgb().as_chunks::<3>().0.get(at);
    pixel.map_or(0, |rgb| rgb.iter().map(|value| i16::from(*value)).sum::<i16>() / 3)
}
