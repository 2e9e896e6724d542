//! The trained numbers and their optimiser: AdamW (Loshchilov & Hutter, arXiv 1711.05101).
//!
//! Names are kept in order and every start value is drawn from the seed and the name, so that the same seed gives the
//! same training on the same machine. A checkpoint holds values and both moments: a stopped run goes on as if it had not
//! stopped.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::TrainError;

/// How a parameter starts.
#[derive(Debug, Clone)]
pub enum Start {
    /// All one number.
    Constant(f32),
    /// Uniform between −1/√inputs and 1/√inputs.
    Uniform {
        /// Numbers that each output reads.
        inputs: usize,
    },
    /// Normal of this deviation.
    Normal(f32),
    /// These numbers.
    Values(Vec<f32>),
}

struct Parameter {
    value: Var,
    first: Tensor,
    second: Tensor,
}

/// Settings of the optimiser.
#[derive(Debug, Clone, Copy)]
pub struct AdamW {
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Weight decay, a share of the learning rate.
    pub weight_decay: f64,
    /// Longest gradient, all parameters together.
    pub clip: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.98,
            weight_decay: 0.03,
            clip: 1.0,
        }
    }
}

/// All parameters by name.
pub struct Parameters {
    seed: u64,
    device: Device,
    all: BTreeMap<String, Parameter>,
}

/// Gradients by parameter name.
pub type Gradients = BTreeMap<String, Tensor>;

impl Parameters {
    /// No parameters yet, on a device.
    #[must_use]
    pub fn new(seed: u64, device: &Device) -> Self {
        Self {
            seed,
            device: device.clone(),
            all: BTreeMap::new(),
        }
    }

    /// Adds a parameter.
    ///
    /// # Errors
    /// When the device refuses, or [`Start::Values`] has another length.
    pub fn add(&mut self, name: &str, shape: &[usize], start: &Start) -> Result<(), TrainError> {
        let count = shape.iter().product();
        let name_hash = blake3::hash(name.as_bytes());
        let hash = name_hash
            .as_bytes()
            .first_chunk::<8>()
            .map_or(0, |b| u64::from_le_bytes(*b));
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ hash);
        let values = match start {
            Start::Constant(value) => vec![*value; count],
            Start::Uniform { inputs } => {
                let reach = 1.0 / (*inputs as f32).sqrt();
                (0..count).map(|_| random.random_range(-reach..reach)).collect()
            }
            Start::Normal(deviation) => (0..count).map(|_| normal(&mut random) * deviation).collect(),
            Start::Values(values) => values.clone(),
        };
        let value = Var::from_tensor(&Tensor::from_vec(values, shape, &self.device)?)?;
        let first = value.zeros_like()?;
        let second = value.zeros_like()?;
        self.all.insert(name.to_owned(), Parameter { value, first, second });
        Ok(())
    }

    /// The tensors by name, for a network; gradients flow to them.
    #[must_use]
    pub fn builder(&self) -> VarBuilder<'static> {
        let tensors: HashMap<String, Tensor> = self
            .all
            .iter()
            .map(|(name, parameter)| (name.clone(), parameter.value.as_tensor().clone()))
            .collect();
        VarBuilder::from_tensors(tensors, DType::F32, &self.device)
    }

    /// One tensor; gradients flow to it.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn get(&self, name: &str) -> Result<&Tensor, TrainError> {
        let parameter = self.all.get(name);
        parameter
            .map(|parameter| parameter.value.as_tensor())
            .ok_or_else(|| TrainError::Checkpoint(format!("there is no parameter {name}")))
    }

    /// Values of one parameter, row-major.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, TrainError> {
        Ok(self.get(name)?.flatten_all()?.to_vec1()?)
    }

    /// Names and shapes.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.all
            .iter()
            .map(|(name, parameter)| (name.as_str(), parameter.value.dims()))
    }

    /// Gradients of a loss, by name; parameters that it does not depend on have none.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn gradients(&self, loss: &Tensor) -> Result<Gradients, TrainError> {
        let mut store = loss.backward()?;
        let mut gradients = Gradients::new();
        for (name, parameter) in &self.all {
            if let Some(gradient) = store.remove(parameter.value.as_tensor()) {
                gradients.insert(name.clone(), gradient);
            }
        }
        Ok(gradients)
    }

    /// One step of AdamW on the mean of several gradients. `step` counts from 1. Returns the length of the gradient.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn step(
        &mut self,
        gradients: &[Gradients],
        rate: f64,
        step: usize,
        settings: AdamW,
    ) -> Result<f64, TrainError> {
        let share = 1.0 / gradients.len().max(1) as f64;
        let mut means = Gradients::new();
        let mut squares = 0.0;
        for name in self.all.keys() {
            let mut sum: Option<Tensor> = None;
            // Always in the same order: sums of floats depend on it.
            for gradient in gradients.iter().filter_map(|all| all.get(name)) {
                sum = Some(match sum {
                    Some(sum) => (sum + gradient)?,
                    None => gradient.clone(),
                });
            }
            if let Some(sum) = sum {
                let mean = (sum * share)?;
                squares += f64::from(mean.sqr()?.sum_all()?.to_scalar::<f32>()?);
                means.insert(name.clone(), mean);
            }
        }
        let length = squares.sqrt();
        if !length.is_finite() {
            return Err(TrainError::Diverged { step });
        }
        let clip = (settings.clip / length.max(1e-12)).min(1.0);
        let (bias1, bias2) = (
            1.0 - settings.beta1.powi(step as i32),
            1.0 - settings.beta2.powi(step as i32),
        );
        for (name, gradient) in means {
            let Some(parameter) = self.all.get_mut(&name) else {
                continue;
            };
            let gradient = (gradient.detach() * clip)?;
            parameter.first = ((&parameter.first * settings.beta1)? + (&gradient * (1.0 - settings.beta1))?)?;
            parameter.second = ((&parameter.second * settings.beta2)? + (gradient.sqr()? * (1.0 - settings.beta2))?)?;
            let direction = ((&parameter.first / bias1)? / ((&parameter.second / bias2)?.sqrt()? + 1e-8)?)?;
            let value = parameter.value.as_tensor().detach();
            let kept = (&value * (1.0 - rate * settings.weight_decay))?;
            parameter.value.set(&(kept - (direction * rate)?)?)?;
        }
        Ok(length)
    }

    /// Everything as tensors, for a checkpoint.
    fn tensors(&self) -> HashMap<String, Tensor> {
        let mut tensors = HashMap::new();
        for (name, parameter) in &self.all {
            tensors.insert(name.clone(), parameter.value.as_tensor().clone());
            tensors.insert(format!("first/{name}"), parameter.first.clone());
            tensors.insert(format!("second/{name}"), parameter.second.clone());
        }
        tensors
    }

    /// Writes values and moments, with the steps that were taken, whole or not at all.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn write_checkpoint(&self, path: &Path, step: usize) -> Result<(), TrainError> {
        let mut tensors = self.tensors();
        tensors.insert("step".to_owned(), Tensor::new(step as u32, &Device::Cpu)?);
        let beside = path.with_extension("part");
        candle_core::safetensors::save(&tensors, &beside)?;
        std::fs::rename(&beside, path).map_err(|source| TrainError::Write {
            source,
            path: path.to_owned(),
        })
    }

    /// Reads a checkpoint of the same parameters and returns its steps.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] when it is of other parameters.
    pub fn read_checkpoint(&mut self, path: &Path) -> Result<usize, TrainError> {
        let tensors = candle_core::safetensors::load(path, &self.device)?;
        let missing = |name: &str| TrainError::Checkpoint(format!("{name} is missing in {}", path.display()));
        let take = |name: String, like: &Tensor| -> Result<Tensor, TrainError> {
            let tensor = tensors.get(&name).ok_or_else(|| missing(&name))?;
            if tensor.dims() == like.dims() {
                Ok(tensor.clone())
            } else {
                let shapes = format!("{name} is {:?} there and {:?} here", tensor.dims(), like.dims());
                Err(TrainError::Checkpoint(shapes))
            }
        };
        for (name, parameter) in &mut self.all {
            let like = parameter.value.as_tensor().clone();
            parameter.value.set(&take(name.clone(), &like)?)?;
            parameter.first = take(format!("first/{name}"), &like)?;
            parameter.second = take(format!("second/{name}"), &like)?;
        }
        let step = tensors.get("step").ok_or_else(|| missing("step"))?;
        Ok(step.to_scalar::<u32>()? as usize)
    }
}

/// A standard normal number (Box–Muller).
pub fn normal(random: &mut ChaCha8Rng) -> f32 {
    let (a, b): (f32, f32) = (random.random(), random.random());
    (-2.0 * (1.0 - a).max(1e-7).ln()).sqrt() * (std::f32::consts::TAU * b).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(seed: u64) -> Parameters {
        let mut parameters = Parameters::new(seed, &Device::Cpu);
        parameters.add("x", &[3], &Start::Uniform { inputs: 1 }).unwrap();
        parameters.add("y", &[2], &Start::Values(vec![5.0, -5.0])).unwrap();
        parameters
    }

    fn descend(parameters: &mut Parameters, steps: std::ops::Range<usize>) -> f32 {
        let mut last = 0.0;
        for step in steps {
            let loss = (parameters.get("x").unwrap().sqr().unwrap().sum_all().unwrap()
                + (parameters.get("y").unwrap() - 1.0)
                    .unwrap()
                    .sqr()
                    .unwrap()
                    .sum_all()
                    .unwrap())
            .unwrap();
            last = loss.to_scalar::<f32>().unwrap();
            let gradients = parameters.gradients(&loss).unwrap();
            parameters.step(&[gradients], 0.1, step + 1, AdamW::default()).unwrap();
        }
        last
    }

    #[test]
    fn descent_finds_the_minimum() {
        let mut parameters = square(1);
        let start = descend(&mut parameters, 0..1);
        assert!(start > 50.0);
        assert!(descend(&mut parameters, 1..300) < 0.1);
    }

    #[test]
    fn a_run_that_stops_and_resumes_ends_at_the_same_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoint.safetensors");
        let mut whole = square(2);
        descend(&mut whole, 0..20);
        let mut stopped = square(2);
        descend(&mut stopped, 0..9);
        stopped.write_checkpoint(&file, 9).unwrap();
        let mut resumed = square(3);
        assert_eq!(resumed.read_checkpoint(&file).unwrap(), 9);
        descend(&mut resumed, 9..20);
        assert_eq!(resumed.values("x").unwrap(), whole.values("x").unwrap());
        let mut other = Parameters::new(0, &Device::Cpu);
        other.add("z", &[1], &Start::Constant(0.0)).unwrap();
        assert!(matches!(other.read_checkpoint(&file), Err(TrainError::Checkpoint(_))));
    }
}
