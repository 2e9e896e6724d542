//! The focus encoder as a candle network.
//!
//! Follows MODEL.md's head: attention pooling whose queries come from the condition token, with the key projection folded
//! into them; one layer.

use candle_core::{D, Result, Tensor};
use candle_nn::VarBuilder;
use candle_nn::ops::softmax;

use super::{FocusEncoderConfig, ROUTES};

/// A linear layer on the last dimension: `x · weight + bias`, weight `[input, output]`.
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn new(inputs: usize, outputs: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            weight: vb.get((inputs, outputs), "weight")?,
            bias: vb.get(outputs, "bias")?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

/// What the network says of rows of (photo, instruction).
pub struct Forward {
    /// h of unit length, `[rows, output]`.
    pub h: Tensor,
    /// Attention over the photo tokens, `[rows, heads, tokens]`; what is missing to 1 went to the zero token.
    pub attention: Tensor,
}

/// The trained part of the focus encoder.
pub struct FocusEncoderGraph {
    config: FocusEncoderConfig,
    condition_in: Linear,
    condition_out: Linear,
    condition_skip: Tensor,
    condition_norm: (Tensor, Tensor),
    query: Linear,
    zero: Tensor,
    value: Tensor,
    value_film: Linear,
    merge: Linear,
    hidden: Linear,
    hidden_film: Linear,
    output: Linear,
    router_in: Linear,
    router_out: Linear,
}

impl FocusEncoderGraph {
    /// Reads the weights by their names.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(config: FocusEncoderConfig, vb: &VarBuilder<'_>) -> Result<Self> {
        let c = config.condition_dim;
        Ok(Self {
            condition_in: Linear::new(config.text_dim, c, &vb.pp("condition.in"))?,
            condition_out: Linear::new(c, c, &vb.pp("condition.out"))?,
            condition_skip: vb.get((config.text_dim, c), "condition.skip")?,
            condition_norm: (vb.get(c, "condition.norm.weight")?, vb.get(c, "condition.norm.bias")?),
            query: Linear::new(c, config.heads * config.token_dim, &vb.pp("query"))?,
            zero: vb.get(config.heads, "zero")?,
            value: vb.get((config.heads, config.token_dim, config.value_dim), "value")?,
            value_film: Linear::new(c, 2 * config.values(), &vb.pp("value.film"))?,
            merge: Linear::new(config.values(), config.hidden, &vb.pp("merge"))?,
            hidden: Linear::new(config.hidden, config.hidden, &vb.pp("hidden"))?,
            hidden_film: Linear::new(c, 2 * config.hidden, &vb.pp("hidden.film"))?,
            output: Linear::new(config.hidden, config.output, &vb.pp("output"))?,
            router_in: Linear::new(config.text_dim, config.router_hidden, &vb.pp("router.in"))?,
            router_out: Linear::new(config.router_hidden, ROUTES, &vb.pp("router.out"))?,
            config,
        })
    }

    /// Shapes of the network.
    pub fn config(&self) -> FocusEncoderConfig {
        self.config
    }

    /// Weights of the router for text vectors `[rows, text_dim]`: `[rows, 5]`, none negative.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn route(&self, texts: &Tensor) -> Result<Tensor> {
        // Unit vectors of 384 numbers are small numbers: brought to a size that the first layer feels.
        let x = self.router_in.forward(&(texts * 4.0)?)?.silu()?;
        softplus(&self.router_out.forward(&x)?)
    }

    /// The condition tokens of text vectors `[rows, text_dim]`: `[rows, condition_dim]`.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn condition(&self, texts: &Tensor) -> Result<Tensor> {
        let texts = (texts * 4.0)?;
        let x = self.condition_in.forward(&texts)?.silu()?;
        let x = (self.condition_out.forward(&x)? + texts.matmul(&self.condition_skip)?)?;
        layer_norm(&x, &self.condition_norm.0, &self.condition_norm.1)
    }

    /// Attention queries of condition tokens `[rows, condition_dim]`: `[rows, heads, token_dim]`, scaled for the softmax.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn queries(&self, condition: &Tensor) -> Result<Tensor> {
        let (heads, dim) = (self.config.heads, self.config.token_dim);
        let scale = 1.0 / (dim as f64).sqrt();
        self.query.forward(condition)?.reshape(((), heads, dim))? * scale
    }

    /// Scale and shift of the values (`[rows, 2 · heads · value_dim]`) and of the hidden layer (`[rows, 2 · hidden]`).
    ///
    /// # Errors
    /// When the device refuses.
    pub fn films(&self, condition: &Tensor) -> Result<(Tensor, Tensor)> {
        Ok((
            self.value_film.forward(condition)?,
            self.hidden_film.forward(condition)?,
        ))
    }

    /// Photo tokens `[rows, tokens, token_dim]` under text vectors `[rows, text_dim]`. `drop` is laid over both hidden
    /// layers: dropout in training, nothing otherwise.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn forward(&self, tokens: &Tensor, texts: &Tensor, drop: &dyn Fn(Tensor) -> Result<Tensor>) -> Result<Forward> {
        let (rows, count, _) = tokens.dims3()?;
        let heads = self.config.heads;
        let condition = self.condition(texts)?;
        let scores = self
            .queries(&condition)?
            .matmul(&tokens.transpose(1, 2)?.contiguous()?)?;
        let zero = self.zero.reshape((1, heads, 1))?.broadcast_as((rows, heads, 1))?;
        let attention = softmax(&Tensor::cat(&[scores, zero.contiguous()?], D::Minus1)?, D::Minus1)?;
        let attention = attention.narrow(D::Minus1, 0, count)?.contiguous()?;
        // [heads, rows, token_dim] · [heads, token_dim, value_dim]
        let found = attention.matmul(&tokens.contiguous()?)?.transpose(0, 1)?.contiguous()?;
        let values = found.matmul(&self.value)?.transpose(0, 1)?.contiguous()?;
        let values = values.reshape((rows, self.config.values()))?;
        let (value_film, hidden_film) = self.films(&condition)?;
        let x = drop(modulate(&values, &value_film)?.silu()?)?;
        let x = self.hidden.forward(&self.merge.forward(&x)?)?;
        let x = drop(modulate(&x, &hidden_film)?.silu()?)?;
        Ok(Forward {
            h: unit(&self.output.forward(&x)?)?,
            attention,
        })
    }
}

/// x · (1 + scale) + shift, where `film` is scale beside shift (FiLM; Perez et al., arXiv 1709.07871).
fn modulate(x: &Tensor, film: &Tensor) -> Result<Tensor> {
    let halves = film.chunk(2, D::Minus1)?;
    let [scale, shift] = halves.as_slice() else {
        candle_core::bail!("a modulation of {:?}", film.shape());
    };
    (x * (scale + 1.0)?)? + shift
}

/// ln(1 + eˣ), without overflow.
fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

/// Rows scaled to unit length.
///
/// # Errors
/// When the device refuses.
pub fn unit(x: &Tensor) -> Result<Tensor> {
    x.broadcast_div(&(x.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?)
}

/// Layer norm over the last dimension, of operations that can be differentiated.
///
/// # Errors
/// When the device refuses.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred
        .broadcast_div(&(variance + 1e-5)?.sqrt()?)?
        .broadcast_mul(weight)?
        .broadcast_add(bias)
}
