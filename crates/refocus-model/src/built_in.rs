//! The model that ships inside the binary: EfficientNet-Lite2, NanoDet-g, MiniLM-L6, and the projections that join them.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use refocus_resize::ResizeFilter;
use refocus_workers::{PoolWorker, in_pool};

use super::assets::{self, WeightFile};
use super::colour_statistics::{ColourStatistics, colour_map};
use super::detector::Detector;
use super::device::single_threaded_products;
use super::encoding::{BuiltInLayout, ENCODING_BYTES, EncodingLayout, FACTOR_DIM, SEMANTIC_DIM};
use super::error::words;
use super::focus_encoder::{FocusEncoder, FocusEncoderWeights};
use super::image_tower::{ImageTower, ImageTowerConfig, TowerMaps};
use super::named_colours::COLOURS;
use super::photo_model::{FactorMap, ModelId, ModelInfo, PhotoModel, Prepared};
use super::pooling::{FeatureMap, HEAD, PhotoFeatures, pool};
use super::preprocess::{scale_for_efficientnet_lite, squash};
use super::projections::{Affine, Projections};
use super::text_space::embed_centred;
use super::text_tower::{TEXT_DIM, TextTower};
use super::things::Things;
use super::{ModelChoice, ModelError, PictureView};

/// Name of the model in its id.
const NAME: &str = "built-in";
/// Grows when preprocessing, statistics or the encoding's layout change in a way that the weights' hash does not show.
const REVISION: u32 = 3;

/// EfficientNet-Lite2 with its classifier, the detector beside it, and what feeds them.
pub struct ImageEncoder {
    tower: ImageTower,
    /// On the CPU: it looks at one picture while that is prepared, on the thread that decoded it.
    detector: Detector,
    classifier: Affine,
    device: Device,
    side: u32,
}

impl ImageEncoder {
    /// Loads the image tower that ships inside the binary.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when its file does not fit, [`ModelError::Compute`] when the device refuses it.
    pub fn built_in(device: &Device) -> Result<Self, ModelError> {
        single_threaded_products();
        WeightFile::open(
            "image-tower.safetensors",
            assets::image_tower(),
            &assets::IMAGE_TOWER_IS,
        )?;
        let vb = VarBuilder::from_slice_safetensors(assets::image_tower(), DType::F32, device)?;
        let config = ImageTowerConfig::lite2();
        let side = u32::try_from(config.side).unwrap_or(u32::MAX);
        let tower = ImageTower::new(config, &vb).map_err(|e| ModelError::Asset {
            asset: "image-tower.safetensors".to_owned(),
            detail: words(&e),
        })?;
        let (weight, bias) = tower.classifier();
        let classifier = Affine::from_tensors(weight.t()?.to_device(&Device::Cpu)?, bias.to_device(&Device::Cpu)?);
        Ok(Self {
            tower,
            detector: Detector::built_in(&Device::Cpu)?,
            classifier,
            device: device.clone(),
            side,
        })
    }

    /// Squashes a picture to the tower's square, looks for things in it and measures its colours.
    ///
    /// # Errors
    /// [`ModelError::Resize`], [`ModelError::Compute`].
    pub fn prepare(&self, picture: PictureView<'_>) -> Result<Prepared, ModelError> {
        let pixels = squash(picture, self.side, ResizeFilter::Bicubic)?;
        let found = self.detector.detect(&[self.detector.prepare(picture)?])?;
        let things = Things::new(found.into_iter().flatten().collect());
        let statistics = ColourStatistics::measure(PictureView::new(self.side, self.side, &pixels)?, things)?;
        Ok(Prepared {
            pixels,
            side: self.side,
            statistics: Some(statistics),
        })
    }

    fn maps(&self, batch: &[Prepared]) -> Result<TowerMaps, ModelError> {
        let side = self.side as usize;
        let mut pixels = Vec::with_capacity(batch.len() * side * side * 3);
        for picture in batch {
            if picture.pixels.len() != side * side * 3 || picture.statistics.is_none() {
                let detail = format!("{} pixels a side, expected {side} with colour statistics", picture.side);
                return Err(ModelError::Prepared(detail));
            }
            scale_for_efficientnet_lite(&picture.pixels, &mut pixels);
        }
        let pixels = Tensor::from_vec(pixels, (batch.len(), side, side, 3), &self.device)?;
        Ok(self.tower.forward(&pixels)?)
    }

    /// Features of the 25 regions of each picture.
    ///
    /// # Errors
    /// [`ModelError::Prepared`] when a picture is not one of [`ImageEncoder::prepare`], [`ModelError::Compute`].
    pub fn features(&self, batch: &[Prepared]) -> Result<Vec<PhotoFeatures>, ModelError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let maps = self.maps(batch)?;
        let flat = |map: &Tensor| -> Result<(usize, Vec<f32>), ModelError> {
            Ok((map.dim(1)?, map.flatten_all()?.to_vec1::<f32>()?))
        };
        let (head, middle, early) = (flat(&maps.head)?, flat(&maps.middle)?, flat(&maps.early)?);
        let of = |(side, values): &(usize, Vec<f32>)| (*side, values.len() / batch.len());
        let ((head_side, head_len), (middle_side, middle_len), (early_side, early_len)) =
            (of(&head), of(&middle), of(&early));
        let photos = head
            .1
            .chunks_exact(head_len)
            .zip(middle.1.chunks_exact(middle_len))
            .zip(early.1.chunks_exact(early_len))
            .zip(batch);
        Ok(photos
            .filter_map(|(((head, middle), early), picture)| {
                Some(pool(
                    FeatureMap {
                        side: head_side,
                        values: head,
                    },
                    FeatureMap {
                        side: middle_side,
                        values: middle,
                    },
                    FeatureMap {
                        side: early_side,
                        values: early,
                    },
                    picture.statistics.clone()?,
                ))
            })
            .collect())
    }

    /// The classifier, `[…, 1280]` → `[…, 1000]` logits.
    pub fn classifier(&self) -> &Affine {
        &self.classifier
    }

    /// Side of the square that the tower reads, pixels.
    pub fn side(&self) -> u32 {
        self.side
    }
}

/// The built-in model.
pub struct BuiltIn {
    info: ModelInfo,
    images: ImageEncoder,
    text: TextTower,
    projections: Projections,
    layout: BuiltInLayout,
    focus_encoder: FocusEncoder,
}

/// A weight file that a person chose, with its name.
type Chosen = Option<(String, Vec<u8>)>;

fn read_weights(file: &Path) -> Result<(String, Vec<u8>), ModelError> {
    let name = file.display().to_string();
    match std::fs::read(file) {
        Ok(bytes) => Ok((name, bytes)),
        Err(error) => Err(ModelError::Asset {
            asset: name,
            detail: format!("{error}; choose another with `refocus model use`"),
        }),
    }
}

/// The chosen file, or the one inside the program.
fn named<'a>(chosen: &'a Chosen, name: &'a str, own: &'a [u8]) -> (&'a str, &'a [u8]) {
    chosen
        .as_ref()
        .map_or((name, own), |(name, bytes)| (name.as_str(), bytes.as_slice()))
}

impl BuiltIn {
    /// Loads the model with its image tower on `device`. Texts are few and short: their tower stays on the CPU.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a file inside the binary does not fit, [`ModelError::Compute`] when the device refuses.
    pub fn load(device: &Device, choice: &ModelChoice) -> Result<Self, ModelError> {
        single_threaded_products();
        // The two towers have nothing to do with each other; unpacking them side by side halves the wait.
        let towers = in_pool(|pool| {
            let text = pool.start("load text tower", TextTower::built_in);
            let images = ImageEncoder::built_in(device);
            // Where there is no thread to be had it is loaded here.
            let text = text.map_or_else(|_| Ok(TextTower::built_in()), PoolWorker::join);
            (text, images)
        });
        let (text, images) = towers.unwrap_or_else(|panic| panic.resume());
        let text = text.unwrap_or_else(|panic| panic.resume());
        let chosen = |file: &Option<PathBuf>| file.as_deref().map(read_weights).transpose();
        let (own_projections, own_head) = (chosen(&choice.projections)?, chosen(&choice.focus_encoder)?);
        let (name, bytes) = named(&own_projections, "projections.safetensors", assets::projections());
        let projections = Projections::read(name, bytes)?;
        let id = ModelId::of_weights(NAME, REVISION, &[assets::image_tower(), assets::detector(), bytes]);
        let (name, bytes) = named(&own_head, "focus-encoder.safetensors", assets::focus_encoder());
        let focus_encoder = FocusEncoder::new(
            FocusEncoderWeights::read(name, bytes)?,
            &projections.semantic_basis,
            &projections.colours,
        )?;
        let layout = BuiltInLayout::new(&projections.semantic_basis, &projections.colours);
        let info = ModelInfo {
            id,
            name: "Built-in".to_owned(),
            licence: "Apache-2.0 (EfficientNet-Lite2, NanoDet-g, all-MiniLM-L6-v2)".to_owned(),
            description:
                "EfficientNet-Lite2 photo tokens, NanoDet-g things and all-MiniLM-L6-v2 sentence vectors; part of the program"
                    .to_owned(),
            bytes_per_photo: ENCODING_BYTES,
            text_dim: TEXT_DIM,
            has_focus_encoder: true,
        };
        Ok(Self {
            info,
            images: images?,
            text: text?,
            projections,
            layout,
            focus_encoder,
        })
    }

    /// The layout with its packing side.
    pub fn encoding_layout(&self) -> &BuiltInLayout {
        &self.layout
    }

    /// The image tower and what feeds it.
    pub fn images(&self) -> &ImageEncoder {
        &self.images
    }

    /// The fitted bases and means.
    pub fn projections(&self) -> &Projections {
        &self.projections
    }
}

impl PhotoModel for BuiltIn {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn input_side(&self) -> u32 {
        self.images.side()
    }

    fn prepare(&self, picture: PictureView<'_>) -> Result<Prepared, ModelError> {
        self.images.prepare(picture)
    }

    fn encode(&self, batch: &[Prepared]) -> Result<Vec<Vec<u8>>, ModelError> {
        let features = self.images.features(batch)?;
        if features.is_empty() {
            return Ok(Vec::new());
        }
        let encodings = self
            .projections
            .encode(&features, self.images.classifier(), &self.layout)?;
        Ok(encodings.into_iter().map(super::Encoding::into_bytes).collect())
    }

    fn embed_text(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        embed_centred(&self.text, &self.projections.text_mean, texts)
    }

    fn layout(&self) -> &dyn EncodingLayout {
        &self.layout
    }

    fn focus_encoder(&self) -> Option<&FocusEncoder> {
        Some(&self.focus_encoder)
    }

    fn patch_text_factors(&self, picture: &Prepared) -> Result<FactorMap, ModelError> {
        let maps = self.images.maps(std::slice::from_ref(picture))?;
        let side = maps.head.dim(1)?;
        let head = maps.head.flatten_all()?.to_vec1::<f32>()?;
        debug_assert_eq!(head.len(), side * side * HEAD);
        let conse = self.projections.conse(&mut self.images.classifier().apply(head)?);
        let colours = colour_map(PictureView::new(picture.side, picture.side, &picture.pixels)?, side)?;
        let mut factors = Vec::with_capacity(side * side * FACTOR_DIM);
        for (conse, histogram) in conse.chunks_exact(SEMANTIC_DIM).zip(colours.chunks_exact(COLOURS)) {
            self.layout.factors_of(conse, histogram, &mut factors);
        }
        Ok(FactorMap { side, factors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;
    use crate::vector_math::dot;
    use std::sync::OnceLock;

    fn model() -> &'static BuiltIn {
        static MODEL: OnceLock<BuiltIn> = OnceLock::new();
        MODEL.get_or_init(|| BuiltIn::load(&Device::Cpu, &ModelChoice::default()).unwrap())
    }

    /// A disc of one colour before a background of another.
    fn disc(subject: [u8; 3], ground: [u8; 3]) -> Prepared {
        let picture = image::RgbImage::from_fn(300, 200, |x, y| {
            let (dx, dy) = (f64::from(x) - 150.0, f64::from(y) - 100.0);
            image::Rgb(if dx * dx + dy * dy < 60.0 * 60.0 {
                subject
            } else {
                ground
            })
        });
        model()
            .prepare(PictureView::new(300, 200, picture.as_raw()).unwrap())
            .unwrap()
    }

    const RED: [u8; 3] = [220, 30, 35];
    const BLUE: [u8; 3] = [40, 85, 205];
    const WHITE: [u8; 3] = [250, 250, 250];

    fn text_match(encoding: &[u8], part: Part, text: &str) -> f32 {
        let layout = model().layout();
        let mut factors = vec![0.0; layout.factor_dim()];
        layout.text_factors(encoding, part, &mut factors);
        let z: Vec<f32> = layout
            .lift()
            .chunks_exact(layout.factor_dim())
            .map(|row| dot(row, &factors))
            .collect();
        dot(&z, &model().embed_text(&[text]).unwrap())
    }

    #[test]
    fn a_photo_has_the_same_encoding_alone_and_in_a_batch() {
        let (a, b) = (disc(RED, WHITE), disc(BLUE, WHITE));
        let together = model().encode(&[a.clone(), b]).unwrap();
        assert_eq!(together.len(), 2);
        assert!(together.iter().all(|row| model().layout().check(row).is_ok()));
        let alone = model().encode(&[a]).unwrap().remove(0);
        let plain = |row: &[u8]| {
            let mut plain = vec![0.0; model().layout().plain_dim()];
            model().layout().plain(row, &mut plain);
            plain
        };
        assert!(dot(&plain(&alone), &plain(&together[0])) > 0.9999);
    }

    #[test]
    fn the_colour_of_the_subject_and_of_the_background_match_their_words() {
        let rows = model().encode(&[disc(RED, BLUE), disc(BLUE, RED)]).unwrap();
        assert!(text_match(&rows[0], Part::Foreground, "red") > text_match(&rows[1], Part::Foreground, "red"));
        assert!(text_match(&rows[0], Part::Background, "blue") > text_match(&rows[1], Part::Background, "blue"));
    }

    #[test]
    fn the_patches_of_the_subject_match_its_colour_best() {
        let map = model().patch_text_factors(&disc(RED, WHITE)).unwrap();
        let red = model().embed_text(&["red"]).unwrap();
        let layout = model().layout();
        let score = |patch: usize| {
            let factors = &map.factors[patch * layout.factor_dim()..][..layout.factor_dim()];
            layout
                .lift()
                .chunks_exact(layout.factor_dim())
                .map(|row| dot(row, factors))
                .zip(&red)
                .map(|(z, t)| z * t)
                .sum::<f32>()
        };
        let middle = map.side * map.side / 2;
        assert!(score(middle) > score(0));
    }

    #[test]
    fn a_picture_prepared_for_another_model_is_refused() {
        let other = Prepared {
            pixels: vec![0; 12],
            side: 2,
            statistics: None,
        };
        assert!(matches!(model().encode(&[other]), Err(ModelError::Prepared(_))));
        assert!(model().encode(&[]).unwrap().is_empty());
    }

    #[test]
    fn the_id_names_the_revision_and_the_hash_of_the_encoder() {
        let id = model().info().id.to_string();
        assert!(
            id.starts_with("built-in@3+") && id.len() == "built-in@3+".len() + 8,
            "{id}"
        );
        assert_eq!(model().info().bytes_per_photo, model().layout().bytes_per_photo());
    }
}
