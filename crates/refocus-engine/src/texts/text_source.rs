//! Who reads text in a picture.

use std::sync::Arc;

use refocus_media::Picture;
use refocus_model::PictureView;
use refocus_model::text::TextReader;
use refocus_model::text_tower::TextTower;
use refocus_store::texts::{TextVector, VECTOR_DIM};

use super::TextLine;

/// Reads text. The longer side of pictures has at most 1,024 pixels.
pub trait ReadPictures: Send + Sync {
    /// Whether a picture looks as if it held text: a cheap look.
    ///
    /// # Errors
    /// Why the picture cannot be looked at.
    fn has_text(&self, picture: &Picture) -> Result<bool, String>;

    /// The lines of a picture in the order of reading; `None` as soon as `go_on` says no.
    ///
    /// # Errors
    /// Why the picture cannot be read.
    fn read(&self, picture: &Picture, go_on: &dyn Fn() -> bool) -> Result<Option<Vec<TextLine>>, String>;

    /// What a text means.
    ///
    /// # Errors
    /// Why that cannot be said.
    fn vector(&self, text: &str) -> Result<TextVector, String>;
}

/// Where whoever reads text comes from. It is made when the first photo is to be read, and let go when there is none left.
#[derive(Clone)]
pub struct TextSource(Arc<dyn Fn() -> Result<Arc<dyn ReadPictures>, String> + Send + Sync>);

impl TextSource {
    /// Of a function that makes one.
    pub fn new(make: impl Fn() -> Result<Arc<dyn ReadPictures>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(super) fn make(&self) -> Result<Arc<dyn ReadPictures>, String> {
        (self.0)()
    }
}

impl Default for TextSource {
    /// The models that ship with the program.
    fn default() -> Self {
        Self::new(|| Ok(Arc::new(BuiltInReader::load()?)))
    }
}

/// Reads text with the models that ship with the program.
pub struct BuiltInReader {
    reader: TextReader,
    tower: TextTower,
}

impl BuiltInReader {
    /// Loads the models on the best device.
    ///
    /// # Errors
    /// Why they cannot be loaded, for the person.
    pub fn load() -> Result<Self, String> {
        let (reader, devices) = TextReader::on_best_device().map_err(|error| error.to_string())?;
        for device in devices {
            tracing::info!(
                name = device.name,
                used = device.used,
                why = device.why,
                "device for text"
            );
        }
        let tower = TextTower::built_in().map_err(|error| error.to_string())?;
        Ok(Self { reader, tower })
    }
}

impl ReadPictures for BuiltInReader {
    fn has_text(&self, picture: &Picture) -> Result<bool, String> {
        let view = view(picture)?;
        self.reader.has_text(view).map_err(|error| error.to_string())
    }

    fn read(&self, picture: &Picture, go_on: &dyn Fn() -> bool) -> Result<Option<Vec<TextLine>>, String> {
        let found = self.reader.find_while(view(picture)?, go_on);
        let found = found.map_err(|error| error.to_string())?;
        let lines = found.map(|lines| {
            let lines = lines.into_iter();
            lines
                .map(|line| TextLine {
                    corners: line.corners,
                    turns: line.turns,
                    confidence: line.confidence,
                    text: line.text,
                })
                .collect()
        });
        Ok(lines)
    }

    fn vector(&self, text: &str) -> Result<TextVector, String> {
        let vector = self.tower.embed(&[text]).map_err(|error| error.to_string())?;
        quantised(&vector).ok_or_else(|| format!("a text's vector has {} numbers", vector.len()))
    }
}

fn view(picture: &Picture) -> Result<PictureView<'_>, String> {
    PictureView::new(picture.width, picture.height, &picture.rgb).map_err(|error| error.to_string())
}

/// A vector `[384]` in 8 bits.
fn quantised(vector: &[f32]) -> Option<TextVector> {
    let vector: &[f32; VECTOR_DIM] = vector.try_into().ok()?;
    let largest = vector.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
    Some(TextVector {
        scale,
        // The cast saturates.
        values: Box::new(vector.map(|value| (value / scale).round() as i8)),
    })
}
