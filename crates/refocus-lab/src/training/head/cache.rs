//! What the image tower says of each training picture, computed once and kept in a folder.
//!
//! One shard holds [`SHARD`] pictures: a safetensors file with the numbers of their regions before the token layer, which
//! is trained, and a JSON file with what is known of them. A stopped run goes on at the first missing shard; shards of
//! another plan or encoder are made anew.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::Device;
use half::f16;
use half::vec::HalfFloatVecExt;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::pictures::{Decode, PictureFacts, Plan, Source};
use refocus_model::built_in::ImageEncoder;
use refocus_model::colour_statistics::{BACKGROUND, FOREGROUND, REGIONS, STATISTICS, WHOLE};
use refocus_model::encoding::SEMANTIC_DIM;
use refocus_model::named_colours::COLOURS;
use refocus_model::pooling::{HEAD, PhotoFeatures};
use refocus_model::projections::{CLASSES, Projections, REGION_DIM};
use refocus_model::vector_math::softmax;
use refocus_model::{ModelError, PictureView};
use refocus_training::TrainError;

/// Pictures of one shard.
pub const SHARD: usize = 1024;
/// Pictures that go through the tower together.
const BATCH: usize = 8;
/// Most probable classes kept of a picture.
pub const TOP_CLASSES: usize = 20;
/// Both histograms of a picture.
pub const HISTOGRAMS: usize = 2 * COLOURS;

/// The numbers of many pictures, in the order of their plan.
#[derive(Debug, Default)]
pub struct Cache {
    /// `[pictures, 25, 506]`.
    pub regions: Vec<f16>,
    /// `[pictures, 128]`: ConSE of the whole picture in the semantic basis.
    pub conse: Vec<f16>,
    /// `[pictures, 64]`: named colours of foreground and background.
    pub histograms: Vec<f16>,
    /// `[pictures, 20]`: the most probable ImageNet classes.
    pub classes: Vec<u16>,
    /// `[pictures, 20]`: their probabilities.
    pub probabilities: Vec<f16>,
    /// What is known of each picture.
    pub facts: Vec<PictureFacts>,
}

/// How far the cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Pictures that are there.
    pub done: usize,
    /// Pictures in all.
    pub total: usize,
}

/// One picture on its way into a shard.
struct Record {
    regions: Vec<f16>,
    conse: Vec<f16>,
    histograms: Vec<f16>,
    classes: Vec<u16>,
    probabilities: Vec<f16>,
    facts: PictureFacts,
}

impl Cache {
    /// Number of pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there is no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Reads the shards of `folder` and makes those that are missing. Pictures that cannot be decoded are left out and
    /// reported to `failed`.
    ///
    /// # Errors
    /// [`TrainError::Model`], or [`TrainError::Write`] when a shard cannot be written.
    pub fn load_or_make(
        folder: &Path,
        plan: &Plan,
        projections: &Projections,
        decode: Decode<'_>,
        progress: &(dyn Fn(Progress) + Sync),
        failed: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, TrainError> {
        let write = |source: std::io::Error| TrainError::Write {
            source,
            path: folder.to_owned(),
        };
        std::fs::create_dir_all(folder).map_err(write)?;
        let fingerprint = plan.fingerprint();
        let total = plan.sources.len();
        let mut cache = Self::default();
        let mut encoder = None;
        let mut done = 0;
        for (number, sources) in plan.sources.chunks(SHARD).enumerate() {
            let name = format!("{fingerprint}-{number:04}");
            let shard = match read_shard(folder, &name) {
                Some(shard) => shard,
                None => {
                    let encoder = match &mut encoder {
                        Some(encoder) => encoder,
                        none => none.insert(ImageEncoder::built_in(&Device::Cpu)?),
                    };
                    let shard = make_shard(sources, plan, encoder, projections, decode, failed)?;
                    shard.write(folder, &name)?;
                    shard
                }
            };
            cache.append(shard);
            done += sources.len();
            progress(Progress { done, total });
        }
        Ok(cache)
    }

    /// Adds the pictures of another cache behind these.
    pub fn append(&mut self, mut other: Self) {
        self.regions.append(&mut other.regions);
        self.conse.append(&mut other.conse);
        self.histograms.append(&mut other.histograms);
        self.classes.append(&mut other.classes);
        self.probabilities.append(&mut other.probabilities);
        self.facts.append(&mut other.facts);
    }

    fn write(&self, folder: &Path, name: &str) -> Result<(), TrainError> {
        let n = self.len();
        let halves = |values: &[f16]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
        let classes: Vec<u8> = self.classes.iter().flat_map(|v| v.to_le_bytes()).collect();
        let arrays = [
            (
                "regions",
                Dtype::F16,
                vec![n, REGIONS, REGION_DIM],
                halves(&self.regions),
            ),
            ("conse", Dtype::F16, vec![n, SEMANTIC_DIM], halves(&self.conse)),
            ("histograms", Dtype::F16, vec![n, HISTOGRAMS], halves(&self.histograms)),
            ("classes", Dtype::U16, vec![n, TOP_CLASSES], classes),
            (
                "probabilities",
                Dtype::F16,
                vec![n, TOP_CLASSES],
                halves(&self.probabilities),
            ),
        ];
        let refuse = |e: &dyn std::fmt::Display| TrainError::Cache(e.to_string());
        let mut views = Vec::new();
        for (name, kind, shape, data) in &arrays {
            views.push((
                *name,
                TensorView::new(*kind, shape.clone(), data).map_err(|e| refuse(&e))?,
            ));
        }
        let metadata: HashMap<String, String> = [("format".to_owned(), "refocus-training-cache".to_owned())].into();
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| refuse(&e))?;
        let facts = serde_json::to_vec(&self.facts).map_err(|e| refuse(&e))?;
        // The numbers come last: a shard is there when its safetensors file is.
        write_whole(&folder.join(format!("{name}.json")), &facts)?;
        write_whole(&folder.join(format!("{name}.safetensors")), &bytes)
    }
}

/// Writes beside and renames, so that a stop leaves no half file.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let beside = PathBuf::from(format!("{}.part", path.display()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| TrainError::Write {
        source,
        path: path.to_owned(),
    })
}

/// A shard that was written whole; `None` where there is none that can be read.
fn read_shard(folder: &Path, name: &str) -> Option<Cache> {
    let bytes = std::fs::read(folder.join(format!("{name}.safetensors"))).ok()?;
    let facts: Vec<PictureFacts> =
        serde_json::from_slice(&std::fs::read(folder.join(format!("{name}.json"))).ok()?).ok()?;
    let file = SafeTensors::deserialize(&bytes).ok()?;
    let halves = |name: &str, width: usize| -> Option<Vec<f16>> {
        let data: Cow<'_, [u8]> = Cow::Borrowed(file.tensor(name).ok()?.data());
        let values: Vec<f16> = data.as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b)).collect();
        (values.len() == facts.len() * width).then_some(values)
    };
    let classes = file.tensor("classes").ok()?;
    let classes: Vec<u16> = classes
        .data()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|b| u16::from_le_bytes(*b))
        .collect();
    Some(Cache {
        regions: halves("regions", REGIONS * REGION_DIM)?,
        conse: halves("conse", SEMANTIC_DIM)?,
        histograms: halves("histograms", HISTOGRAMS)?,
        classes: (classes.len() == facts.len() * TOP_CLASSES).then_some(classes)?,
        probabilities: halves("probabilities", TOP_CLASSES)?,
        facts,
    })
}

fn make_shard(
    sources: &[Source],
    plan: &Plan,
    encoder: &ImageEncoder,
    projections: &Projections,
    decode: Decode<'_>,
    failed: &(dyn Fn(&str) + Sync),
) -> Result<Cache, TrainError> {
    let batches: Vec<Vec<Record>> = sources
        .par_chunks(BATCH)
        .map(|batch| {
            let mut prepared = Vec::with_capacity(batch.len());
            let mut facts = Vec::with_capacity(batch.len());
            for source in batch {
                match plan.picture(source, decode) {
                    Ok((picture, known)) => {
                        let view = PictureView::new(picture.width(), picture.height(), picture.as_raw())?;
                        prepared.push(encoder.prepare(view)?);
                        facts.push(known);
                    }
                    Err(reason) => failed(&reason),
                }
            }
            records(&encoder.features(&prepared)?, facts, encoder, projections)
        })
        .collect::<Result<_, ModelError>>()?;
    let mut shard = Cache::default();
    for record in batches.into_iter().flatten() {
        shard.regions.extend(record.regions);
        shard.conse.extend(record.conse);
        shard.histograms.extend(record.histograms);
        shard.classes.extend(record.classes);
        shard.probabilities.extend(record.probabilities);
        shard.facts.push(record.facts);
    }
    Ok(shard)
}

fn records(
    features: &[PhotoFeatures],
    facts: Vec<PictureFacts>,
    encoder: &ImageEncoder,
    projections: &Projections,
) -> Result<Vec<Record>, ModelError> {
    let (regions, conse) = projections.regions(features, encoder.classifier())?;
    let whole: Vec<f32> = features
        .iter()
        .flat_map(|photo| photo.head.iter().skip(WHOLE * HEAD).take(HEAD).copied())
        .collect();
    let mut logits = encoder.classifier().apply(whole)?;
    let rows = regions
        .chunks_exact(REGIONS * REGION_DIM)
        .zip(conse.chunks_exact(REGIONS * SEMANTIC_DIM))
        .zip(logits.chunks_exact_mut(CLASSES))
        .zip(features.iter().zip(facts));
    Ok(rows
        .map(|(((regions, conse), logits), (features, facts))| {
            softmax(logits);
            let mut order: Vec<u16> = (0..CLASSES as u16).collect();
            order.sort_by(|a, b| {
                let p = |class: &u16| logits.get(usize::from(*class)).copied().unwrap_or(0.0);
                p(b).total_cmp(&p(a))
            });
            order.truncate(TOP_CLASSES);
            let histogram = |region: usize| {
                let from = region * STATISTICS;
                features.statistics.get(from..from + COLOURS).unwrap_or_default()
            };
            Record {
                regions: Vec::from_f32_slice(regions),
                conse: Vec::from_f32_slice(
                    conse
                        .get(WHOLE * SEMANTIC_DIM..(WHOLE + 1) * SEMANTIC_DIM)
                        .unwrap_or_default(),
                ),
                histograms: Vec::from_f32_slice(&[histogram(FOREGROUND), histogram(BACKGROUND)].concat()),
                probabilities: order
                    .iter()
                    .map(|class| f16::from_f32(logits.get(usize::from(*class)).copied().unwrap_or(0.0)))
                    .collect(),
                classes: order,
                facts: PictureFacts {
                    boxes: features.boxes,
                    ..facts
                },
            }
        })
        .collect())
}
