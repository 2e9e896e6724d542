//! A linear layer on rows.

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::vector_math::add_scaled;

/// A linear layer on rows: `x · weight + bias`.
#[derive(Debug, Clone)]
pub struct Affine {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

impl Affine {
    /// From `weight` (`[input, output]`, row-major) and `bias` (`[output]`).
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the lengths do not fit.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>) -> Result<Self, ModelError> {
        let outputs = bias.len();
        let inputs = weight.len().checked_div(outputs).unwrap_or(0);
        Ok(Self {
            weight: Tensor::from_vec(weight, (inputs, outputs), &Device::Cpu)?,
            bias: Tensor::from_vec(bias, outputs, &Device::Cpu)?,
        })
    }

    /// The layer that subtracts `mean` and multiplies by `weight` (`[input, output]`, row-major).
    ///
    /// # Errors
    /// As [`Affine::new`].
    pub fn centred(mean: &[f32], weight: Vec<f32>, outputs: usize) -> Result<Self, ModelError> {
        let mut bias = vec![0.0; outputs];
        for (m, row) in mean.iter().zip(weight.chunks_exact(outputs.max(1))) {
            add_scaled(&mut bias, -m, row);
        }
        Self::new(weight, bias)
    }

    /// From tensors on the CPU: weight `[input, output]`, any strides, and bias `[output]`.
    pub(crate) fn from_tensors(weight: Tensor, bias: Tensor) -> Self {
        Self { weight, bias }
    }

    /// Rows `[rows, input]` → `[rows, output]`.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the rows have another length.
    pub fn apply(&self, rows: Vec<f32>) -> Result<Vec<f32>, ModelError> {
        let inputs = self.weight.dim(0)?;
        let count = rows.len() / inputs.max(1);
        let rows = Tensor::from_vec(rows, (count, inputs), &Device::Cpu)?;
        Ok(rows
            .matmul(&self.weight)?
            .broadcast_add(&self.bias)?
            .flatten_all()?
            .to_vec1()?)
    }

    /// Weight `[input, output]`, row-major, and bias `[output]`.
    ///
    /// # Errors
    /// [`ModelError::Compute`].
    pub fn values(&self) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        Ok((self.weight.flatten_all()?.to_vec1()?, self.bias.to_vec1()?))
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.elem_count()
    }
}
