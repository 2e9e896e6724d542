//! Who finds faces in a picture.

use std::sync::Arc;

use refocus_media::Picture;
use refocus_model::PictureView;
use refocus_model::faces::{FaceFinder, FoundFace};
use refocus_store::people::{FaceBounds, FaceIdentity, FaceQuality, NewFace, stored_fraction};

/// Steps of stored sharpness for one of the finder's: the 3 below which a face is blurred become 48.
const SHARPNESS_STEPS: f32 = 16.0;

/// Finds faces.
pub trait FindFaces: Send + Sync {
    /// The faces of a picture whose longer side has at most 1,024 pixels.
    ///
    /// # Errors
    /// Why the picture cannot be looked at.
    fn find(&self, picture: &Picture) -> Result<Vec<NewFace>, String>;
}

/// Where whoever finds faces comes from. It is made when the first photo is to be looked at, and let go when there is none left.
#[derive(Clone)]
pub struct FaceSource(Arc<dyn Fn() -> Result<Arc<dyn FindFaces>, String> + Send + Sync>);

impl FaceSource {
    /// Of a function that makes one.
    pub fn new(make: impl Fn() -> Result<Arc<dyn FindFaces>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(super) fn make(&self) -> Result<Arc<dyn FindFaces>, String> {
        (self.0)()
    }
}

impl Default for FaceSource {
    /// The models that ship with the program.
    fn default() -> Self {
        Self::new(|| Ok(Arc::new(BuiltInFaces::load()?)))
    }
}

/// Finds faces with the models that ship with the program.
pub struct BuiltInFaces(FaceFinder);

impl BuiltInFaces {
    /// Loads the models on the best device.
    ///
    /// # Errors
    /// Why they cannot be loaded, for the person.
    pub fn load() -> Result<Self, String> {
        let (finder, devices) = FaceFinder::on_best_device().map_err(|error| error.to_string())?;
        for device in devices {
            tracing::info!(
                name = device.name,
                used = device.used,
                why = device.why,
                "device for faces"
            );
        }
        Ok(Self(finder))
    }
}

impl FindFaces for BuiltInFaces {
    fn find(&self, picture: &Picture) -> Result<Vec<NewFace>, String> {
        let view = PictureView::new(picture.width, picture.height, &picture.rgb).map_err(|error| error.to_string())?;
        let found = self.0.find(view).map_err(|error| error.to_string())?;
        Ok(found.iter().map(new_face).collect())
    }
}

/// A face as it is stored.
fn new_face(found: &FoundFace) -> NewFace {
    let (values, scale) = found.quantised_identity();
    // The casts saturate.
    NewFace {
        bounds: FaceBounds::of_fractions(found.bounds),
        points: found.points.map(|point| point.map(stored_fraction)),
        quality: FaceQuality {
            size: found.quality.size.round() as u16,
            sharpness: (found.quality.sharpness * SHARPNESS_STEPS).round() as u8,
            pose: (found.quality.turn.abs() * 255.0).round() as u8,
        },
        identity: FaceIdentity { values, scale },
    }
}
