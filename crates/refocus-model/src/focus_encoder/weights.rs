//! A focus encoder's weights as they are read from its file.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::{FocusEncoderConfig, FocusEncoderGraph, ROUTES};
use crate::ModelError;
use crate::assets::WeightFile;

/// What a focus encoder's file says of itself.
const IS: [(&str, &str); 2] = [("format", "refocus-focus-encoder"), ("version", "3")];

/// Name of the tensor of [`FocusEncoderWeights::answer_biases`]; files without one have none.
const ANSWER_BIAS: &str = "answer-bias";

/// Names and shapes of the tensors of a focus encoder.
#[must_use]
pub fn tensors_of(config: FocusEncoderConfig) -> Vec<(String, Vec<usize>)> {
    let c = config.condition_dim;
    let mut all = Vec::new();
    let mut linear = |name: &str, inputs: usize, outputs: usize| {
        all.push((format!("{name}.weight"), vec![inputs, outputs]));
        all.push((format!("{name}.bias"), vec![outputs]));
    };
    linear("condition.in", config.text_dim, c);
    linear("condition.out", c, c);
    linear("query", c, config.heads * config.token_dim);
    linear("value.film", c, 2 * config.values());
    linear("merge", config.values(), config.hidden);
    linear("hidden", config.hidden, config.hidden);
    linear("hidden.film", c, 2 * config.hidden);
    linear("output", config.hidden, config.output);
    linear("router.in", config.text_dim, config.router_hidden);
    linear("router.out", config.router_hidden, ROUTES);
    all.push(("condition.skip".to_owned(), vec![config.text_dim, c]));
    all.push(("condition.norm.weight".to_owned(), vec![c]));
    all.push(("condition.norm.bias".to_owned(), vec![c]));
    all.push(("zero".to_owned(), vec![config.heads]));
    all.push((
        "value".to_owned(),
        vec![config.heads, config.token_dim, config.value_dim],
    ));
    all.push(("text.basis".to_owned(), vec![config.text_dim, config.output]));
    all
}

/// The weights of a focus encoder.
#[derive(Debug, Clone)]
pub struct FocusEncoderWeights {
    /// Shapes.
    pub config: FocusEncoderConfig,
    /// Tensors by name, as in [`tensors_of`], row-major.
    pub tensors: HashMap<String, Vec<f32>>,
    /// Text vectors of the instructions that it was trained with, `[instructions, text_dim]`, unit length: what it knows.
    pub known: Vec<f32>,
    /// Which of the known instructions ask the same, `[instructions]`: a number for each aspect.
    pub known_aspects: Vec<u8>,
    /// Which of the known instructions name something in the photo ("the colour of the cup"), `[instructions]`: 1, or 0.
    pub known_names: Vec<u8>,
    /// The middle of all wordings of each aspect that names nothing in the photo, `[text_dim]`, unit length.
    pub centroids: BTreeMap<u8, Vec<f32>>,
    /// What is added to y under some aspects, `[output]`: with it their answers come as often as in everyday photos.
    pub answer_biases: BTreeMap<u8, Vec<f32>>,
    /// How it was made: command, data, counts, seed.
    pub made_from: HashMap<String, String>,
}

impl FocusEncoderWeights {
    /// Reads a focus encoder's file.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with `name` when the file does not fit.
    pub fn read(name: &str, data: &[u8]) -> Result<Self, ModelError> {
        let file = WeightFile::open(name, data, &IS)?;
        let config = FocusEncoderConfig::built_in();
        let mut tensors = HashMap::new();
        for (tensor, shape) in tensors_of(config) {
            tensors.insert(tensor.clone(), file.values_of_shape(&tensor, &shape)?);
        }
        let known = file.values("known")?;
        if known.is_empty() || !known.len().is_multiple_of(config.text_dim) {
            return Err(file.mismatch("known holds no whole text vectors"));
        }
        let known_aspects = file.bytes("known.aspect", known.len() / config.text_dim)?.to_vec();
        let known_names = file.bytes("known.names", known_aspects.len())?.to_vec();
        let centroids = by_aspect(&file, "centroid", config.text_dim)?;
        let has_biases = file.names().contains(&ANSWER_BIAS);
        let answer_biases = match has_biases {
            true => by_aspect(&file, ANSWER_BIAS, config.output)?,
            false => BTreeMap::new(),
        };
        if let Some((tensor, _)) = tensors.iter().find(|(_, values)| values.iter().any(|v| !v.is_finite())) {
            return Err(file.mismatch(format!("{tensor} holds values that are no numbers")));
        }
        Ok(Self {
            config,
            tensors,
            known,
            known_aspects,
            known_names,
            centroids,
            answer_biases,
            made_from: file.metadata().clone(),
        })
    }

    /// The file that [`FocusEncoderWeights::read`] reads: weights in f16, known instructions in int8.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a tensor cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let refuse = |e: safetensors::SafeTensorError| ModelError::Asset {
            asset: "focus-encoder.safetensors".to_owned(),
            detail: e.to_string(),
        };
        let mut arrays: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, shape) in tensors_of(self.config) {
            let values = self
                .tensors
                .get(&name)
                .map_or(Cow::Owned(Vec::new()), |v| Cow::Borrowed(v.as_slice()));
            let bytes = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
            arrays.push((name, Dtype::F16, shape, bytes));
        }
        let known = vec![
            ("aspect", self.known_aspects.clone()),
            ("names", self.known_names.clone()),
        ];
        let of_aspects = |vectors: &BTreeMap<u8, Vec<f32>>| {
            let aspects = vectors.keys().copied().collect();
            (vectors.values().flatten().copied().collect(), vec![("aspect", aspects)])
        };
        let (centroids, of_centroids) = of_aspects(&self.centroids);
        let (biases, of_biases) = of_aspects(&self.answer_biases);
        for (name, rows, dim, of_each) in [
            ("known", &self.known, self.config.text_dim, known),
            ("centroid", &centroids, self.config.text_dim, of_centroids),
            (ANSWER_BIAS, &biases, self.config.output, of_biases),
        ] {
            if rows.is_empty() {
                continue;
            }
            let count = rows.len() / dim;
            let (bytes, scales) = in_eight_bits(rows, dim);
            arrays.push((name.to_owned(), Dtype::I8, vec![count, dim], bytes));
            arrays.push((format!("{name}.scale"), Dtype::F32, vec![count], scales));
            for (what, of_each) in of_each {
                arrays.push((format!("{name}.{what}"), Dtype::U8, vec![count], of_each));
            }
        }
        let mut views = Vec::new();
        for (name, kind, shape, data) in &arrays {
            views.push((name, TensorView::new(*kind, shape.clone(), data).map_err(refuse)?));
        }
        let mut metadata = self.made_from.clone();
        metadata.extend(IS.map(|(key, value)| (key.to_owned(), value.to_owned())));
        safetensors::serialize(views, Some(metadata)).map_err(refuse)
    }

    /// The candle network of these weights.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn graph(&self) -> Result<FocusEncoderGraph, ModelError> {
        let mut tensors = HashMap::new();
        for (name, shape) in tensors_of(self.config) {
            let values = self.tensors.get(&name).cloned().unwrap_or_default();
            tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        let vb = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(FocusEncoderGraph::new(self.config, &vb)?)
    }

    /// One tensor's values; empty when there is none of this name.
    pub(super) fn values(&self, name: &str) -> &[f32] {
        self.tensors.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Vectors of `dim` numbers with the aspects that they belong to.
fn by_aspect(file: &WeightFile<'_>, name: &str, dim: usize) -> Result<BTreeMap<u8, Vec<f32>>, ModelError> {
    let vectors = file.values(name)?;
    let aspects = file.bytes(&format!("{name}.aspect"), vectors.len() / dim)?;
    let vectors = vectors.chunks_exact(dim).map(<[f32]>::to_vec);
    Ok(aspects.iter().copied().zip(vectors).collect())
}

/// Rows of `dim` numbers in int8, and the scale of each (f32).
fn in_eight_bits(values: &[f32], dim: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut rows, mut scales) = (Vec::with_capacity(values.len()), Vec::new());
    for row in values.chunks_exact(dim) {
        let scale = (row.iter().fold(0f32, |m, v| m.max(v.abs())) / 127.0).max(1e-9);
        rows.extend(row.iter().map(|v| (v / scale).round() as i8 as u8));
        scales.extend(scale.to_le_bytes());
    }
    (rows, scales)
}
