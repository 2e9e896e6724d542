//! The transformer block that both towers are made of: attention and an MLP, each behind a layer normalisation and with a
//! residual (pre-norm; Dosovitskiy et al., arXiv 2010.11929; reference: `CLIPEncoderLayer` of the transformers library).
//!
//! Each layer has two ways to the same result: kernels for f32 on the CPU without gradients, and tensor operations for every
//! device, type, and for training.

use candle_core::{D, DType, Result, Tensor};

use super::super::ModelError;
use super::config::{Activation, StackConfig};
use super::kernels;
use super::parameters::Parameters;

/// Whether the kernels may be used on this tensor.
fn by_kernels(x: &Tensor, weight: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32 && !x.track_op() && !weight.track_op()
}

/// A linear layer, `y = x · weightᵀ + bias`.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// `[out, in]` and `[out]` by name.
    pub(super) fn new(
        parameters: &dyn Parameters,
        name: &str,
        inputs: usize,
        outputs: usize,
        bias: bool,
    ) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            weight: parameters.get(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: if bias {
                Some(parameters.get(&format!("{name}.bias"), &[outputs])?)
            } else {
                None
            },
        })
    }

    /// From its tensors.
    pub(super) fn from_tensors(weight: Tensor, bias: Tensor) -> Self {
        Self {
            weight,
            bias: Some(bias),
        }
    }

    /// The product alone, `[…, in]` → `[…, out]`, in memory of its own.
    fn product(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let inputs = shape.pop().unwrap_or(0);
        let rows: usize = shape.iter().product();
        shape.push(self.weight.dim(0)?);
        x.reshape((rows, inputs))?.matmul(&self.weight.t()?)?.reshape(shape)
    }

    /// `[…, in]` → `[…, out]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_with(x, None)
    }

    /// The same, followed by an activation.
    fn forward_with(&self, x: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
        let y = self.product(x)?;
        let Some(bias) = &self.bias else {
            return activate(&y, activation);
        };
        if by_kernels(&y, &self.weight) {
            kernels::bias_activation(&y, bias, activation)?;
            return Ok(y);
        }
        activate(&y.broadcast_add(bias)?, activation)
    }

    /// The same plus a residual of the output's shape.
    fn forward_onto(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        match &self.bias {
            Some(bias) if by_kernels(x, &self.weight) && residual.is_contiguous() && !residual.track_op() => {
                let y = self.product(x)?;
                kernels::bias_residual(&y, bias, residual)?;
                Ok(y)
            }
            _ => self.forward(x)? + residual,
        }
    }
}

fn activate(x: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
    match activation {
        None => Ok(x.clone()),
        Some(Activation::QuickGelu) => x * candle_nn::ops::sigmoid(&(x * 1.702)?)?,
        Some(Activation::Gelu) => x.gelu_erf(),
        Some(Activation::GeluTanh) => x.gelu(),
    }
}

/// Layer normalisation over a token.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl LayerNorm {
    pub(super) fn new(
        parameters: &dyn Parameters,
        name: &str,
        width: usize,
        epsilon: f64,
    ) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            weight: parameters.get(&format!("{name}.weight"), &[width])?,
            bias: parameters.get(&format!("{name}.bias"), &[width])?,
            epsilon,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if by_kernels(x, &self.weight) {
            return kernels::layer_norm(x, &self.weight, &self.bias, self.epsilon);
        }
        if x.track_op() || self.weight.track_op() {
            return candle_nn::ops::layer_norm_slow(x, &self.weight, &self.bias, self.epsilon as f32);
        }
        candle_nn::ops::layer_norm(&x.contiguous()?, &self.weight, &self.bias, self.epsilon as f32)
    }
}

/// Scaled dot-product attention of `queries` (`[batch, heads, n, dim]`) over `keys` and `values` (`[batch, heads, m, dim]`).
pub(super) fn attend(queries: &Tensor, keys: &Tensor, values: &Tensor, causal: bool) -> Result<Tensor> {
    let scale = 1.0 / (queries.dim(D::Minus1)? as f64).sqrt();
    let scores = queries.matmul(&keys.transpose(2, 3)?)?;
    if by_kernels(&scores, values) {
        kernels::attention_softmax(&scores, scale, causal)?;
        return scores.matmul(values);
    }
    let mut scores = (scores * scale)?;
    if causal {
        let (n, m) = (scores.dim(2)?, scores.dim(3)?);
        let hidden: Vec<f32> = (0..n * m)
            .map(|at| if at % m > at / m { f32::NEG_INFINITY } else { 0.0 })
            .collect();
        let mask = Tensor::from_vec(hidden, (n, m), scores.device())?.to_dtype(scores.dtype())?;
        scores = scores.broadcast_add(&mask)?;
    }
    let weights = if scores.track_op() {
        candle_nn::ops::softmax(&scores, D::Minus1)?
    } else {
        candle_nn::ops::softmax_last_dim(&scores.contiguous()?)?
    };
    weights.matmul(values)
}

/// `[batch, tokens, heads · dim]` → `[batch, heads, tokens, dim]`.
pub(super) fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, tokens, width) = x.dims3()?;
    x.reshape((batch, tokens, heads, width / heads))?
        .transpose(1, 2)?
        .contiguous()
}

/// `[batch, heads, tokens, dim]` → `[batch, tokens, heads · dim]`.
pub(super) fn join_heads(x: &Tensor) -> Result<Tensor> {
    let (batch, heads, tokens, dim) = x.dims4()?;
    x.transpose(1, 2)?.contiguous()?.reshape((batch, tokens, heads * dim))
}

/// A multi-layer perceptron of two layers.
#[derive(Debug, Clone)]
pub(super) struct Mlp {
    fc_1: Linear,
    fc_2: Linear,
    activation: Activation,
}

impl Mlp {
    pub(super) fn new(
        parameters: &dyn Parameters,
        prefix: &str,
        config: &StackConfig,
    ) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            fc_1: Linear::new(parameters, &format!("{prefix}.fc_1"), config.width, config.mlp, true)?,
            fc_2: Linear::new(parameters, &format!("{prefix}.fc_2"), config.mlp, config.width, true)?,
            activation: config.activation,
        })
    }

    /// The perceptron's output plus `residual`.
    pub(super) fn forward_onto(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        let hidden = self.fc_1.forward_with(x, Some(self.activation))?;
        self.fc_2.forward_onto(&hidden, residual)
    }
}

/// One block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    ln_1: LayerNorm,
    qkv: Linear,
    out: Linear,
    ln_2: LayerNorm,
    mlp: Mlp,
    heads: usize,
}

impl Block {
    pub(super) fn new(
        parameters: &dyn Parameters,
        number: usize,
        config: &StackConfig,
    ) -> std::result::Result<Self, ModelError> {
        let (prefix, width) = (format!("blocks.{number}"), config.width);
        let name = |part: &str| format!("{prefix}.{part}");
        Ok(Self {
            ln_1: LayerNorm::new(parameters, &name("ln_1"), width, config.norm_epsilon)?,
            qkv: Linear::new(parameters, &name("qkv"), width, 3 * width, true)?,
            out: Linear::new(parameters, &name("out"), width, width, true)?,
            ln_2: LayerNorm::new(parameters, &name("ln_2"), width, config.norm_epsilon)?,
            mlp: Mlp::new(parameters, &prefix, config)?,
            heads: config.heads,
        })
    }

    /// All blocks of a stack.
    pub(super) fn stack(
        parameters: &dyn Parameters,
        config: &StackConfig,
    ) -> std::result::Result<Vec<Self>, ModelError> {
        (0..config.layers)
            .map(|number| Self::new(parameters, number, config))
            .collect()
    }

    /// `[batch, tokens, width]` → the same shape.
    pub(super) fn forward(&self, x: &Tensor, causal: bool) -> Result<Tensor> {
        let width = x.dim(D::Minus1)?;
        let qkv = self.qkv.forward(&self.ln_1.forward(x)?)?;
        let part = |number: usize| split_heads(&qkv.narrow(D::Minus1, number * width, width)?, self.heads);
        let attended = join_heads(&attend(&part(0)?, &part(1)?, &part(2)?, causal)?)?;
        let x = self.out.forward_onto(&attended, x)?;
        self.mlp.forward_onto(&self.ln_2.forward(&x)?, &x)
    }
}
