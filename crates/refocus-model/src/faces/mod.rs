//! Faces: where they are in a photo, five points of each, how good it is, and 128 numbers that tell one person from another.
//!
//! A decoded picture enters as [`PictureView`], the longer side at most 1,024 pixels, and leaves as [`FoundFace`]s
//! ([`FaceFinder::find`]). Nothing here knows names: two identities near each other are likely the same person.
//!
//! | file | idea |
//! |---|---|
//! | `pyramid` | the picture at the scales that the detector reads |
//! | `network` | BlazeFace: picture → scores, boxes and points at each pixel |
//! | `boxes` | these → faces, one for each |
//! | `second_look` | each face cut out and read again: how sure it is |
//! | `landmarks` | five points by regression trees |
//! | `alignment`, `similarity` | the face upright, 150 × 150 |
//! | `identity` | the residual network: aligned face → 128 numbers |
//! | `quality` | size, sharpness, pose |

mod alignment;
mod boxes;
mod identity;
mod landmarks;
mod network;
mod pyramid;
mod quality;
mod second_look;
mod similarity;

use candle_core::Device;

use super::assets::{self, WeightFile};
use super::device::{DeviceReport, SYNTHETIC, best_device, single_threaded_products, synthetic_picture};
use super::ops::Backend;
use super::vector_math::dot;
use super::{ModelError, PictureView};

pub use boxes::FaceLimits;
pub use identity::IDENTITY;
pub use landmarks::POINTS;
pub use quality::FaceQuality;

use boxes::Candidate;
use identity::IdentityNetwork;
use landmarks::{LandmarkPredictor, Rectangle};
use network::Network;

/// Grows with every change of what [`FaceFinder::find`] gives for a picture: faces of other revisions are to be found anew.
pub const REVISION: u32 = 1;
/// Euclidean distance of two identities below which they are probably one person's: dlib's own border. Among 903 pairs of faces
/// that look towards the camera, of 40 pixels and more, it takes 1.4 of 100 pairs of two persons for one and misses 4 of 100 pairs of
/// one; but small faces of one photo, which share light and blur, lie below it in 28 of 100 pairs.
pub const SAME_PERSON: f32 = 0.6;
/// Distance below which faces may be joined without asking: of the same pairs 0.2 of 100 of two persons lie below it, and 62 of 100 of
/// one person.
pub const SURELY_SAME_PERSON: f32 = 0.5;
/// Faces that go through the identity network together.
const TOGETHER: usize = 4;

/// A face in a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundFace {
    /// Left, top, right, bottom as parts of the photo's width and height, 0 to 1.
    pub bounds: [f32; 4],
    /// How sure it is that this is a face, 0 to 1.
    pub score: f32,
    /// x and y as parts of width and height, see [`POINTS`]; a point may lie beyond the photo's edge.
    pub points: [[f32; 2]; POINTS],
    /// How good the face is.
    pub quality: FaceQuality,
    /// Who it is, to be compared by Euclidean distance with [`SAME_PERSON`].
    pub identity: [f32; IDENTITY],
}

impl FoundFace {
    /// The identity in int8, and what its numbers are to be multiplied with.
    pub fn quantised_identity(&self) -> ([i8; IDENTITY], f32) {
        let most = self.identity.iter().fold(0f32, |most, value| most.max(value.abs()));
        let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
        (self.identity.map(|value| (value / scale).round() as i8), scale)
    }
}

/// The face models that ship inside the binary. Threads may share them; each call computes on the calling thread alone.
#[derive(Debug)]
pub struct FaceFinder {
    detector: Network,
    landmarks: LandmarkPredictor,
    identity: IdentityNetwork,
    limits: FaceLimits,
}

impl FaceFinder {
    /// Loads the weights to `device`; the layers take the fastest way that the device has.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a file does not fit, [`ModelError::Compute`] when the device refuses it.
    pub fn built_in(device: &Device) -> Result<Self, ModelError> {
        Self::with_path(device, Backend::for_device(device))
    }

    /// As [`FaceFinder::built_in`], by `path`.
    ///
    /// # Errors
    /// As [`FaceFinder::built_in`].
    pub fn with_path(device: &Device, path: Backend) -> Result<Self, ModelError> {
        single_threaded_products();
        let weights = WeightFile::open(
            "face-detector.safetensors",
            assets::face_detector(),
            &assets::FACE_DETECTOR_IS,
        )?;
        Ok(Self {
            detector: Network::new(&weights, device, path)?,
            landmarks: LandmarkPredictor::built_in()?,
            identity: IdentityNetwork::built_in(device, path)?,
            limits: FaceLimits::default(),
        })
    }

    /// Loads the models on the best device that passes its self-test, with a report on each device.
    ///
    /// # Errors
    /// As [`FaceFinder::built_in`] on the CPU. A GPU that fails is reported and left aside.
    pub fn on_best_device() -> Result<(Self, Vec<DeviceReport>), ModelError> {
        best_device(Self::built_in, Self::probe)
    }

    /// What the networks make of the synthetic picture, each part of length 1.
    fn probe(&self) -> Result<Vec<f32>, ModelError> {
        let (width, height) = SYNTHETIC;
        let pixels = synthetic_picture();
        let picture = PictureView::new(width, height, &pixels)?;
        let mut parts = Vec::new();
        for level in pyramid::levels(picture).skip(pyramid::SCALES.len() - 1) {
            let (level, pixels) = level?;
            parts.push(self.detector.forward(&pixels, (level.width, level.height))?);
        }
        let points = [
            [210.0, 90.0],
            [185.0, 92.0],
            [110.0, 90.0],
            [140.0, 92.0],
            [160.0, 130.0],
        ];
        let aligned = alignment::aligned(picture, &points);
        parts.extend(self.identity.identities(&[&aligned])?.into_iter().map(Vec::from));
        for part in &mut parts {
            let length = dot(part, part).sqrt();
            part.iter_mut().for_each(|value| *value /= length);
        }
        Ok(parts.concat())
    }

    /// The same models with other limits.
    #[must_use]
    pub fn with_limits(self, limits: FaceLimits) -> Self {
        Self { limits, ..self }
    }

    /// The faces in an upright sRGB picture, best first.
    ///
    /// # Errors
    /// [`ModelError::Resize`] when the resampler refuses the picture, [`ModelError::Compute`] when the device fails.
    pub fn find(&self, picture: PictureView<'_>) -> Result<Vec<FoundFace>, ModelError> {
        let candidates = self.candidates(picture)?;
        let points: Vec<_> = candidates
            .iter()
            .map(|face| self.landmarks.predict(picture, landmark_rectangle(face)))
            .collect();
        let mut found = Vec::with_capacity(candidates.len());
        for (faces, points) in candidates.chunks(TOGETHER).zip(points.chunks(TOGETHER)) {
            let aligned: Vec<Vec<u8>> = points
                .iter()
                .map(|points| alignment::aligned(picture, points))
                .collect();
            let views: Vec<&[u8]> = aligned.iter().map(Vec::as_slice).collect();
            let identities = self.identity.identities(&views)?;
            for (((face, points), aligned), identity) in faces.iter().zip(points).zip(&aligned).zip(identities) {
                found.push(described(picture, face, points, aligned, identity));
            }
        }
        Ok(found)
    }

    /// The faces with their confidence as score, best first, in pixels of the picture.
    fn candidates(&self, picture: PictureView<'_>) -> Result<Vec<Candidate>, ModelError> {
        let mut all = Vec::new();
        for level in pyramid::levels(picture) {
            let (level, pixels) = level?;
            for band in level.bands() {
                let values = self.detector.forward(band.of(&pixels), (band.width, band.height))?;
                boxes::append(&values, &band, &mut all);
            }
        }
        let smallest = self.limits.smallest * picture.width().max(picture.height()) as f32 / 1024.0;
        let proposed = boxes::merged(all).into_iter().filter(|face| face.size() >= smallest);
        let mut faces = Vec::new();
        for face in proposed.take(self.limits.count) {
            let score = second_look::confidence(&self.detector, picture, &face)?;
            if score >= self.limits.score {
                faces.push(Candidate { score, ..face });
            }
        }
        Ok(boxes::distinct(faces))
    }
}

fn described(
    picture: PictureView<'_>,
    face: &Candidate,
    points: &[[f64; 2]; POINTS],
    aligned: &[u8],
    identity: [f32; IDENTITY],
) -> FoundFace {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let [left, top, right, bottom] = face.bounds;
    let inside = |at: f32, whole: f32| (at / whole).clamp(0.0, 1.0);
    FoundFace {
        bounds: [
            inside(left, width),
            inside(top, height),
            inside(right, width),
            inside(bottom, height),
        ],
        score: face.score,
        points: points.map(|[x, y]| [x as f32 / width, y as f32 / height]),
        quality: FaceQuality::new(face, aligned),
        identity,
    }
}

/// The rectangle in which the landmark predictor expects the face: dlib's detectors draw it around brows and chin.
fn landmark_rectangle(face: &Candidate) -> Rectangle {
    let [left, top, right, bottom] = face.bounds.map(f64::from);
    let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    let half = (right - left).max(bottom - top) / 2.0;
    let whole = |at: f64| at.round() as i64;
    Rectangle {
        left: whole(x - half),
        top: whole(y - half),
        right: whole(x + half),
        bottom: whole(y + half),
    }
}

#[cfg(test)]
mod tests;
