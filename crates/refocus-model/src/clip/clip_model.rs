//! A checkpoint as the rest of the program uses a model: photos become rows, texts become centred vectors.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Tensor};

use super::super::device::single_threaded_products;
use super::super::encoding::EncodingLayout;
use super::super::photo_model::{ConditionedTower, FactorMap, ModelId, ModelInfo, PhotoModel, Prepared};
use super::super::vector_math::normalise;
use super::super::{ModelError, PictureView, assets};
use super::checkpoint::Checkpoint;
use super::condition_adapter::ConditionAdapter;
use super::photo_row::PhotoRowLayout;
use super::tensor_files::unusable;
use super::vision_transformer::unit_rows;

/// Grows when preprocessing or the row's layout change in a way that the weights' hash does not show.
pub(super) const REVISION: u32 = 1;
/// Texts that go through the text tower together.
const TEXTS: usize = 16;
/// Text vectors that are remembered; all are forgotten when there are more.
const REMEMBERED: usize = 1024;
/// Texts whose mean is taken away from every text vector.
const MEAN_OF: usize = 64;

/// What a person is told of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointName {
    /// Identity of the encoder.
    pub id: ModelId,
    /// Name on the screen.
    pub name: String,
    /// Licence of the weights, as far as it is known.
    pub licence: String,
}

/// A checkpoint in use.
pub struct ClipModel {
    info: ModelInfo,
    checkpoint: Checkpoint,
    layout: PhotoRowLayout,
    text_mean: Vec<f32>,
    adapter: Option<ConditionAdapter>,
    remembered: Mutex<HashMap<String, Arc<[f32]>>>,
}

impl ClipModel {
    /// Loads the checkpoint in a folder. `text_mean`: what an earlier load said of [`ClipModel::text_mean`], so that it need
    /// not be worked out again.
    ///
    /// # Errors
    /// As [`Checkpoint::load_in`].
    pub fn load(
        folder: &Path,
        name: CheckpointName,
        (device, dtype): (&Device, DType),
        text_mean: Option<Vec<f32>>,
    ) -> Result<Self, ModelError> {
        single_threaded_products();
        let checkpoint = Checkpoint::load_in(folder, device, dtype)?;
        let vision = checkpoint.config().vision;
        let dim = vision.pooled_dim();
        let layout = PhotoRowLayout::new(dim);
        let info = ModelInfo {
            id: name.id,
            name: name.name,
            licence: name.licence,
            description: format!(
                "{} vision transformer, {} blocks of {}, pictures of {} pixels in patches of {}",
                checkpoint.family().name(),
                vision.stack.layers,
                vision.stack.width,
                vision.image_side,
                vision.patch_side
            ),
            bytes_per_photo: layout.bytes_per_photo(),
            text_dim: dim,
            has_focus_encoder: false,
        };
        let mut model = Self {
            info,
            checkpoint,
            layout,
            text_mean: Vec::new(),
            adapter: None,
            remembered: Mutex::default(),
        };
        model.text_mean = match text_mean.filter(|mean| mean.len() == dim) {
            Some(mean) => mean,
            None => model.mean_of_names()?,
        };
        Ok(model)
    }

    /// The mean that is taken away from every text vector: short texts have most of their direction in common.
    #[must_use]
    pub fn text_mean(&self) -> &[f32] {
        &self.text_mean
    }

    /// Gives it an adapter, by which the vision tower is conditioned on instructions. `file`: where it lies.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when the adapter is of another size than the towers; the model stays as it was.
    pub fn set_adapter(&mut self, adapter: ConditionAdapter, file: &Path) -> Result<(), ModelError> {
        let (has, vision) = (adapter.config(), self.checkpoint.config().vision);
        let fits = has.text_dim == self.info.text_dim && has.width == vision.stack.width;
        if !fits || has.layer > vision.stack.layers {
            let detail = format!(
                "it is for texts of {}, tokens of {} and block {}; the tower has {}, {} and {} blocks",
                has.text_dim, has.width, has.layer, self.info.text_dim, vision.stack.width, vision.stack.layers
            );
            return Err(unusable(file, detail));
        }
        let joins = format!("; instructions join at the input of block {}", has.layer);
        self.info.description.push_str(&joins);
        self.adapter = Some(adapter);
        Ok(())
    }

    /// The towers.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The mean of evenly spaced class names, half of them in a sentence.
    fn mean_of_names(&self) -> Result<Vec<f32>, ModelError> {
        let names = assets::class_names()?;
        let texts: Vec<String> = names
            .iter()
            .step_by((names.len() / MEAN_OF).max(1))
            .take(MEAN_OF)
            .enumerate()
            .map(|(number, name)| match number % 2 {
                0 => name.clone(),
                _ => format!("a photo of a {name}"),
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = self.unit_vectors(&texts)?;
        let mut mean = vec![0.0; self.info.text_dim];
        for vector in &vectors {
            for (sum, value) in mean.iter_mut().zip(vector.iter()) {
                *sum += value / texts.len() as f32;
            }
        }
        Ok(mean)
    }

    /// Text vectors of unit length, not centred; recent ones come from memory.
    fn unit_vectors(&self, texts: &[&str]) -> Result<Vec<Arc<[f32]>>, ModelError> {
        let mut vectors: Vec<Option<Arc<[f32]>>> = {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            texts.iter().map(|text| remembered.get(*text).cloned()).collect()
        };
        let mut by_length: HashMap<usize, Vec<(usize, Vec<u32>)>> = HashMap::new();
        for (place, text) in texts.iter().enumerate() {
            if vectors.get(place).is_some_and(Option::is_none) {
                let ids = self.checkpoint.text_ids(text)?;
                by_length.entry(ids.len()).or_default().push((place, ids));
            }
        }
        for group in by_length.into_values() {
            for batch in group.chunks(TEXTS) {
                let ids: Vec<Vec<u32>> = batch.iter().map(|(_, ids)| ids.clone()).collect();
                let rows = unit_rows(&self.checkpoint.embed_ids(&ids)?)?.to_vec2::<f32>()?;
                let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
                if remembered.len() + rows.len() > REMEMBERED {
                    remembered.clear();
                }
                for ((place, _), row) in batch.iter().zip(rows) {
                    let vector: Arc<[f32]> = row.into();
                    if let (Some(slot), Some(text)) = (vectors.get_mut(*place), texts.get(*place)) {
                        remembered.insert((*text).to_owned(), Arc::clone(&vector));
                        *slot = Some(vector);
                    }
                }
            }
        }
        Ok(vectors.into_iter().flatten().collect())
    }

    /// Places of the pictures of one size, with their width: those go through the tower together.
    fn by_size(batch: &[Prepared]) -> Result<Vec<(usize, Vec<usize>)>, ModelError> {
        let mut by_size: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (place, picture) in batch.iter().enumerate() {
            let (pixels, width) = Self::pixels(picture)?;
            by_size.entry((width, pixels.len())).or_default().push(place);
        }
        Ok(by_size
            .into_iter()
            .map(|((width, _), places)| (width, places))
            .collect())
    }

    /// A picture's pixels and its width, where they can be this model's.
    fn pixels(picture: &Prepared) -> Result<(&[u8], usize), ModelError> {
        if picture.statistics.is_some() || picture.side == 0 {
            return Err(ModelError::Prepared("it has colour statistics".to_owned()));
        }
        Ok((&picture.pixels, picture.side as usize))
    }
}

impl PhotoModel for ClipModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn input_side(&self) -> u32 {
        self.checkpoint.config().vision.image_side as u32
    }

    fn prepare(&self, picture: PictureView<'_>) -> Result<Prepared, ModelError> {
        let sized = self.checkpoint.prepare(picture);
        Ok(Prepared {
            pixels: sized.pixels,
            side: sized.width,
            statistics: None,
        })
    }

    fn encode(&self, batch: &[Prepared]) -> Result<Vec<Vec<u8>>, ModelError> {
        let mut rows = vec![Vec::new(); batch.len()];
        for (width, places) in Self::by_size(batch)? {
            let pictures: Vec<&[u8]> = places
                .iter()
                .filter_map(|place| Some(batch.get(*place)?.pixels.as_slice()))
                .collect();
            let output = self.checkpoint.embed_pictures(&pictures, width)?;
            let pooled = output.pooled.to_dtype(DType::F32)?.to_device(&Device::Cpu)?;
            for (place, mut vector) in places.into_iter().zip(pooled.to_vec2::<f32>()?) {
                normalise(&mut vector);
                if let Some(row) = rows.get_mut(place) {
                    *row = self.layout.pack(&vector);
                }
            }
        }
        Ok(rows)
    }

    fn embed_text(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let mut out = Vec::with_capacity(texts.len() * self.info.text_dim);
        for vector in self.unit_vectors(texts)? {
            let start = out.len();
            out.extend(vector.iter().zip(&self.text_mean).map(|(value, mean)| value - mean));
            if let Some(row) = out.get_mut(start..) {
                normalise(row);
            }
        }
        Ok(out)
    }

    fn layout(&self) -> &dyn EncodingLayout {
        &self.layout
    }

    fn conditioned_tower(&self) -> Option<&dyn ConditionedTower> {
        self.adapter.is_some().then_some(self as &dyn ConditionedTower)
    }

    fn patch_text_factors(&self, picture: &Prepared) -> Result<FactorMap, ModelError> {
        let (pixels, width) = Self::pixels(picture)?;
        let output = self.checkpoint.embed_pictures(&[pixels], width)?;
        let vision = self.checkpoint.vision();
        let patches = vision.patch_vectors(&output.tokens)?;
        let patches = unit_rows(&patches.to_dtype(DType::F32)?.to_device(&Device::Cpu)?)?;
        let factors = patches.flatten_all()?.to_vec1::<f32>()?;
        let side = (factors.len() / self.info.text_dim.max(1)).isqrt();
        Ok(FactorMap { side, factors })
    }
}

impl ConditionedTower for ClipModel {
    fn embed_under(&self, batch: &[Prepared], instruction: &[f32]) -> Result<Vec<f32>, ModelError> {
        let Some(adapter) = &self.adapter else {
            return Err(ModelError::Prepared("this model has no condition adapter".to_owned()));
        };
        let (device, _) = self.checkpoint.vision().place();
        let instruction = Tensor::from_slice(instruction, (1, instruction.len()), device)?;
        let token = adapter.tokens(&instruction)?;
        let dim = self.info.text_dim;
        let mut out = vec![0.0; batch.len() * dim];
        for (width, places) in Self::by_size(batch)? {
            let pictures: Vec<&[u8]> = places
                .iter()
                .filter_map(|place| Some(batch.get(*place)?.pixels.as_slice()))
                .collect();
            let (patches, grid) = self.checkpoint.patches(&pictures, width)?;
            let tokens = token.repeat((pictures.len(), 1))?;
            let condition = Some((&tokens, adapter.config().layer));
            let pooled = self.checkpoint.vision().forward(&patches, grid, condition)?.pooled;
            let rows = unit_rows(&pooled.to_dtype(DType::F32)?.to_device(&Device::Cpu)?)?;
            for (place, row) in places.into_iter().zip(rows.to_vec2::<f32>()?) {
                if let Some(slot) = out.get_mut(place * dim..(place + 1) * dim) {
                    slot.copy_from_slice(&row);
                }
            }
        }
        Ok(out)
    }
}
