//! Bases, means and class vectors that turn the features of 25 regions into photo tokens and global vectors.
//!
//! A token's 506 numbers: √head 1280 → 192, block 14 240 → 64, block 6 96 → 32 (PCA, partial whitening), 90 standardised
//! statistics of colours, edges, form and things, and 4 × ConSE 128. ConSE (Norouzi et al., arXiv 1312.5650) is the mean of the centred
//! text vectors of the region's ten most probable classes, weighted by their probabilities; it is kept in the basis of
//! the class vectors' first 128 principal directions. Where the detector knows what an object is, its name's vector is mixed in,
//! and the names of all things into the whole photo's. Linear 506 → 128, position and layer norm make the token.
//!
//! All of it is fitted by `refocus-lab train --stage projections` and is part of the *encoder*: another file of it is another
//! model, and photos are encoded again.

use std::borrow::Cow;
use std::collections::HashMap;

use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::ModelError;
use super::assets::WeightFile;
use super::colour_statistics::{BACKGROUND, FIRST_OBJECT, FOREGROUND, PEOPLE, REGIONS, STATISTICS, WHOLE};
use super::detector::{self, Detection};
use super::encoding::{BuiltInLayout, Encoding, EncodingParts, PLAIN_DIM, SEMANTIC_DIM, TOKEN_DIM};
use super::named_colours::COLOURS;
use super::pooling::{EARLY, HEAD, MIDDLE, PhotoFeatures};
use super::text_tower::TEXT_DIM;
use super::things::{PERSON_CLASS, area};
use super::vector_math::{add_scaled, softmax};

mod affine;

pub use affine::Affine;

/// Principal directions kept of the head's, block 14's and block 6's features.
pub const HEAD_KEPT: usize = 192;
/// See [`HEAD_KEPT`].
pub const MIDDLE_KEPT: usize = 64;
/// See [`HEAD_KEPT`].
pub const EARLY_KEPT: usize = 32;
/// Numbers of a region before the last linear layer.
pub const REGION_DIM: usize = HEAD_KEPT + MIDDLE_KEPT + EARLY_KEPT + STATISTICS + SEMANTIC_DIM;
/// Classes of the image tower's classifier.
pub const CLASSES: usize = 1000;

/// What a projections file says of itself.
const IS: [(&str, &str); 2] = [("format", "refocus-projections"), ("version", "3")];
/// Classes that take part in ConSE.
const TOP: usize = 10;
/// A region whose ten best classes hold less probability than this has a shorter ConSE vector: it is unsure.
const SURE: f32 = 0.3;
/// Brings ConSE to the size of the whitened features.
const SEMANTIC_SCALE: f32 = 4.0;

/// Share of an object's name in its ConSE where the detector is sure. The tower knows finer names than the detector.
const NAMED_OBJECT: f32 = 0.4;
/// Share of the things' names in the whole photo's ConSE.
const NAMED_PHOTO: f32 = 0.4;

/// Everything fitted on training photos and texts.
#[derive(Debug, Clone)]
pub struct Projections {
    /// √head features, 1280 → 192.
    pub head: Affine,
    /// Block 14's means and deviations, 240 → 64.
    pub middle: Affine,
    /// Block 6's means and deviations, 96 → 32.
    pub early: Affine,
    /// Means of the 90 statistics.
    pub statistics_mean: Vec<f32>,
    /// What the centred statistics are multiplied with.
    pub statistics_scale: Vec<f32>,
    /// Semantic basis `[384, 128]`, row-major, orthonormal columns.
    pub semantic_basis: Vec<f32>,
    /// Class vectors in that basis, `[1000, 128]`.
    pub classes: Vec<f32>,
    /// Vectors of the detector's classes in that basis, `[80, 128]`.
    pub things: Vec<f32>,
    /// Text mean μ, `[384]`.
    pub text_mean: Vec<f32>,
    /// Centred unit text vectors of the named colours, `[32, 384]`.
    pub colours: Vec<f32>,
    /// Plain vector from the whole photo's head features, 1280 → 256.
    pub plain: Affine,
    /// 506 → 128.
    pub token: Affine,
    /// Added to the tokens by region, `[25, 128]`.
    pub position: Vec<f32>,
    /// Layer norm after the position: weight `[128]`.
    pub norm_weight: Vec<f32>,
    /// Layer norm: bias `[128]`.
    pub norm_bias: Vec<f32>,
}

impl Projections {
    /// Reads a projections file.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with `name` when the file does not fit.
    pub fn read(name: &str, data: &[u8]) -> Result<Self, ModelError> {
        let file = WeightFile::open(name, data, &IS)?;
        let affine = |layer: &str, inputs: usize, outputs: usize| {
            Affine::new(
                file.values_of_shape(&format!("{layer}.weight"), &[inputs, outputs])?,
                file.values_of_shape(&format!("{layer}.bias"), &[outputs])?,
            )
        };
        Ok(Self {
            head: affine("head", HEAD, HEAD_KEPT)?,
            middle: affine("middle", MIDDLE, MIDDLE_KEPT)?,
            early: affine("early", EARLY, EARLY_KEPT)?,
            statistics_mean: file.values_of_shape("statistics.mean", &[STATISTICS])?,
            statistics_scale: file.values_of_shape("statistics.scale", &[STATISTICS])?,
            semantic_basis: file.values_of_shape("semantic.basis", &[TEXT_DIM, SEMANTIC_DIM])?,
            classes: file.values_of_shape("semantic.classes", &[CLASSES, SEMANTIC_DIM])?,
            things: file.values_of_shape("semantic.things", &[detector::CLASSES, SEMANTIC_DIM])?,
            text_mean: file.values_of_shape("text.mean", &[TEXT_DIM])?,
            colours: file.values_of_shape("text.colours", &[COLOURS, TEXT_DIM])?,
            plain: affine("plain", HEAD, PLAIN_DIM)?,
            token: affine("token", REGION_DIM, TOKEN_DIM)?,
            position: file.values_of_shape("token.position", &[REGIONS, TOKEN_DIM])?,
            norm_weight: file.values_of_shape("token.norm.weight", &[TOKEN_DIM])?,
            norm_bias: file.values_of_shape("token.norm.bias", &[TOKEN_DIM])?,
        })
    }

    /// The file that [`Projections::read`] reads. `made_from` goes into its metadata: command, data, counts, seed.
    ///
    /// # Errors
    /// [`ModelError::Compute`] or [`ModelError::Asset`] when a tensor cannot be written.
    pub fn to_bytes(&self, made_from: &[(&str, String)]) -> Result<Vec<u8>, ModelError> {
        let mut tensors: Vec<(String, Vec<usize>, Cow<'_, [f32]>)> = Vec::new();
        for (name, affine) in [
            ("head", &self.head),
            ("middle", &self.middle),
            ("early", &self.early),
            ("plain", &self.plain),
            ("token", &self.token),
        ] {
            let weight = affine.weight.flatten_all()?.to_vec1()?;
            tensors.push((
                format!("{name}.weight"),
                affine.weight.dims().to_vec(),
                Cow::Owned(weight),
            ));
            tensors.push((
                format!("{name}.bias"),
                vec![affine.outputs()],
                Cow::Owned(affine.bias.to_vec1()?),
            ));
        }
        for (name, shape, values) in [
            ("statistics.mean", vec![STATISTICS], &self.statistics_mean),
            ("statistics.scale", vec![STATISTICS], &self.statistics_scale),
            ("semantic.basis", vec![TEXT_DIM, SEMANTIC_DIM], &self.semantic_basis),
            ("semantic.classes", vec![CLASSES, SEMANTIC_DIM], &self.classes),
            ("semantic.things", vec![detector::CLASSES, SEMANTIC_DIM], &self.things),
            ("text.mean", vec![TEXT_DIM], &self.text_mean),
            ("text.colours", vec![COLOURS, TEXT_DIM], &self.colours),
            ("token.position", vec![REGIONS, TOKEN_DIM], &self.position),
            ("token.norm.weight", vec![TOKEN_DIM], &self.norm_weight),
            ("token.norm.bias", vec![TOKEN_DIM], &self.norm_bias),
        ] {
            tensors.push((name.to_owned(), shape, Cow::Borrowed(values)));
        }
        let refuse = |e: safetensors::SafeTensorError| ModelError::Asset {
            asset: "projections.safetensors".to_owned(),
            detail: e.to_string(),
        };
        // Matrices in f16, vectors (means and biases) in f32.
        let halved = |shape: &[usize]| shape.len() > 1;
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, shape, values)| {
                if halved(shape) {
                    values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect()
                } else {
                    values.iter().flat_map(|v| v.to_le_bytes()).collect()
                }
            })
            .collect();
        let mut views = Vec::new();
        for ((name, shape, _), data) in tensors.iter().zip(&bytes) {
            let kind = if halved(shape) { Dtype::F16 } else { Dtype::F32 };
            views.push((name, TensorView::new(kind, shape.clone(), data).map_err(refuse)?));
        }
        let mut metadata: HashMap<String, String> = made_from
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        metadata.extend(IS.map(|(key, value)| (key.to_owned(), value.to_owned())));
        safetensors::serialize(views, Some(metadata)).map_err(refuse)
    }

    /// ConSE of rows of class logits `[rows, 1000]`, in the semantic basis: `[rows, 128]`. The logits become
    /// probabilities in place.
    pub fn conse(&self, logits: &mut [f32]) -> Vec<f32> {
        let mut out = vec![0.0; logits.len() / CLASSES * SEMANTIC_DIM];
        for (row, sum) in logits.chunks_exact_mut(CLASSES).zip(out.chunks_exact_mut(SEMANTIC_DIM)) {
            softmax(row);
            let best = most_probable(row);
            let mass: f32 = best.iter().map(|(p, _)| p).sum();
            for (probability, class) in best {
                let vector = self
                    .classes
                    .get(class * SEMANTIC_DIM..(class + 1) * SEMANTIC_DIM)
                    .unwrap_or_default();
                add_scaled(sum, probability / mass.max(SURE), vector);
            }
        }
        out
    }

    /// Mixes the names of what the detector found into the ConSE of a photo's regions, `[25, 128]`.
    fn name_things(&self, photo: &PhotoFeatures, conse: &mut [f32]) {
        let mut mix = |region: usize, share: f32, names: &[f32]| {
            let row = conse.get_mut(region * SEMANTIC_DIM..(region + 1) * SEMANTIC_DIM);
            let row = row.unwrap_or_default();
            row.iter_mut().for_each(|x| *x *= 1.0 - share);
            add_scaled(row, share, names);
        };
        for (object, thing) in photo.objects.iter().enumerate() {
            if let Some(thing) = thing {
                mix(FIRST_OBJECT + object, NAMED_OBJECT * thing.score, self.name_of(thing));
            }
        }
        let (mut names, mut weights) = (vec![0.0; SEMANTIC_DIM], 0.0);
        for thing in photo.things.found() {
            let weight = thing.score * area(thing.bbox).sqrt();
            add_scaled(&mut names, weight, self.name_of(thing));
            weights += weight;
        }
        if weights > 0.0 {
            names.iter_mut().for_each(|x| *x /= weights);
            mix(WHOLE, NAMED_PHOTO * weights.min(1.0), &names);
        }
        if let Some(person) = photo.things.found().iter().find(|thing| thing.class == PERSON_CLASS) {
            mix(PEOPLE, NAMED_OBJECT * person.score, self.name_of(person));
        }
    }

    fn name_of(&self, thing: &Detection) -> &[f32] {
        let class = usize::from(thing.class);
        self.things
            .get(class * SEMANTIC_DIM..(class + 1) * SEMANTIC_DIM)
            .unwrap_or_default()
    }

    /// The 506 numbers of each region of a batch, `[photos × 25, 506]`, and ConSE of each, `[photos × 25, 128]`.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn regions(&self, batch: &[PhotoFeatures], classifier: &Affine) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        let gather = |part: fn(&PhotoFeatures) -> &Vec<f32>| -> Vec<f32> {
            batch.iter().flat_map(|photo| part(photo).iter().copied()).collect()
        };
        let mut head = gather(|photo| &photo.head);
        let mut conse = self.conse(&mut classifier.apply(head.clone())?);
        for (photo, conse) in batch.iter().zip(conse.chunks_exact_mut(REGIONS * SEMANTIC_DIM)) {
            self.name_things(photo, conse);
        }
        square_root(&mut head);
        let head = self.head.apply(head)?;
        let middle = self.middle.apply(gather(|photo| &photo.middle))?;
        let early = self.early.apply(gather(|photo| &photo.early))?;
        let mut out = Vec::with_capacity(batch.len() * REGIONS * REGION_DIM);
        let statistics = batch.iter().flat_map(|photo| photo.statistics.chunks_exact(STATISTICS));
        for ((((head, middle), early), statistics), conse) in head
            .chunks_exact(HEAD_KEPT)
            .zip(middle.chunks_exact(MIDDLE_KEPT))
            .zip(early.chunks_exact(EARLY_KEPT))
            .zip(statistics)
            .zip(conse.chunks_exact(SEMANTIC_DIM))
        {
            out.extend_from_slice(head);
            out.extend_from_slice(middle);
            out.extend_from_slice(early);
            let standards = self.statistics_mean.iter().zip(&self.statistics_scale);
            out.extend(
                statistics
                    .iter()
                    .zip(standards)
                    .map(|(x, (mean, scale))| (x - mean) * scale),
            );
            out.extend(conse.iter().map(|x| x * SEMANTIC_SCALE));
        }
        Ok((out, conse))
    }

    /// Photo tokens from the numbers of the regions: `[photos × 25, 506]` → `[photos × 25, 128]`.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn tokens(&self, regions: Vec<f32>) -> Result<Vec<f32>, ModelError> {
        let mut tokens = self.token.apply(regions)?;
        for (i, token) in tokens.chunks_exact_mut(TOKEN_DIM).enumerate() {
            let region = i % REGIONS;
            let position = self
                .position
                .get(region * TOKEN_DIM..(region + 1) * TOKEN_DIM)
                .unwrap_or_default();
            add_scaled(token, 1.0, position);
            let mean = token.iter().sum::<f32>() / TOKEN_DIM as f32;
            let variance = token.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / TOKEN_DIM as f32;
            let scale = (variance + 1e-5).sqrt().recip();
            for (x, (weight, bias)) in token.iter_mut().zip(self.norm_weight.iter().zip(&self.norm_bias)) {
                *x = (*x - mean) * scale * weight + bias;
            }
        }
        Ok(tokens)
    }

    /// Encodings of a batch.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn encode(
        &self,
        batch: &[PhotoFeatures],
        classifier: &Affine,
        layout: &BuiltInLayout,
    ) -> Result<Vec<Encoding>, ModelError> {
        self.with_parts(batch, classifier, |parts| layout.pack(&parts))
    }

    /// What encodings of a batch are packed from, each handed to `take` before anything is rounded.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn with_parts<R>(
        &self,
        batch: &[PhotoFeatures],
        classifier: &Affine,
        take: impl Fn(EncodingParts<'_>) -> R,
    ) -> Result<Vec<R>, ModelError> {
        let (regions, conse) = self.regions(batch, classifier)?;
        let tokens = self.tokens(regions)?;
        let plain = self.plain.apply(plain_features(batch))?;
        let photos = tokens
            .chunks_exact(REGIONS * TOKEN_DIM)
            .zip(conse.chunks_exact(REGIONS * SEMANTIC_DIM))
            .zip(plain.chunks_exact(PLAIN_DIM));
        Ok(photos
            .zip(batch)
            .map(|(((tokens, conse), plain), features)| {
                let histogram = |region: usize| {
                    features
                        .statistics
                        .get(region * STATISTICS..region * STATISTICS + COLOURS)
                        .unwrap_or_default()
                };
                take(EncodingParts {
                    tokens,
                    conse: conse
                        .get(WHOLE * SEMANTIC_DIM..(WHOLE + 1) * SEMANTIC_DIM)
                        .unwrap_or_default(),
                    plain,
                    foreground: histogram(FOREGROUND),
                    background: histogram(BACKGROUND),
                    boxes: features.boxes,
                    objects: features.objects,
                    things: &features.things,
                })
            })
            .collect())
    }
}

/// √x of features that ReLU6 left non-negative: evens out a few very large channels.
pub fn square_root(features: &mut [f32]) {
    features.iter_mut().for_each(|x| *x = x.max(0.0).sqrt());
}

/// The input of [`Projections::plain`] for each photo, `[photos, 1280]`: √ of the whole photo's head features.
pub fn plain_features(batch: &[PhotoFeatures]) -> Vec<f32> {
    let whole = |photo: &PhotoFeatures| {
        photo
            .head
            .iter()
            .skip(WHOLE * HEAD)
            .take(HEAD)
            .copied()
            .collect::<Vec<f32>>()
    };
    let mut features: Vec<f32> = batch.iter().flat_map(whole).collect();
    square_root(&mut features);
    features
}

/// The ten largest values and their places, largest first.
fn most_probable(row: &[f32]) -> [(f32, usize); TOP] {
    let mut best = [(f32::NEG_INFINITY, 0); TOP];
    for (place, &value) in row.iter().enumerate() {
        if value > best[TOP - 1].0 {
            let mut at = TOP - 1;
            while at > 0 && best[at - 1].0 < value {
                best[at] = best[at - 1];
                at -= 1;
            }
            best[at] = (value, place);
        }
    }
    best
}

#[cfg(test)]
mod tests;
