//! The vision transformer of CLIP, OpenCLIP, SigLIP and SigLIP 2 (Dosovitskiy et al., arXiv 2010.11929; Radford et al.,
//! arXiv 2103.00020; Zhai et al., arXiv 2303.15343; Tschannen et al., arXiv 2502.14786), with FocalLens's condition token
//! (Hsieh et al., arXiv 2504.08368).
//!
//! A picture enters as its patches and leaves as one vector, comparable with the text tower's, and one token a patch. The
//! condition joins the tokens at the input of block `L`: at 0 it is the paper's own form; later, everything below `L` is the
//! same for every condition and can be kept ([`VisionTransformer::below`], [`VisionTransformer::above`]).

use candle_core::{D, DType, Device, Tensor};

use super::super::ModelError;
use super::block::{Block, LayerNorm, Linear, Mlp, attend, join_heads, split_heads};
use super::config::{Pooling, VisionConfig};
use super::parameters::Parameters;

/// What a picture becomes.
#[derive(Debug, Clone)]
pub struct VisionOutput {
    /// `[batch, pooled_dim]`, not yet of unit length.
    pub pooled: Tensor,
    /// `[batch, tokens, width]`: the last hidden state, class token first where there is one. As the reference gives it: before
    /// the last normalisation for CLIP, after it for SigLIP.
    pub tokens: Tensor,
}

/// SigLIP's pooling: a learned query attends to all tokens, then an MLP.
#[derive(Debug, Clone)]
struct AttentionPooling {
    /// `[1, heads, 1, dim]`: the query, already projected.
    query: Tensor,
    keys_values: [Linear; 2],
    out: Linear,
    norm: LayerNorm,
    mlp: Mlp,
    heads: usize,
}

#[derive(Debug, Clone)]
enum Head {
    ClassToken { class: Tensor, projection: Linear },
    Attention(Box<AttentionPooling>),
}

/// The tower.
#[derive(Debug, Clone)]
pub struct VisionTransformer {
    config: VisionConfig,
    patch: Linear,
    /// `[tokens, width]`.
    positions: Tensor,
    ln_pre: Option<LayerNorm>,
    blocks: Vec<Block>,
    ln_post: LayerNorm,
    head: Head,
}

impl VisionTransformer {
    /// The tower with these weights.
    ///
    /// # Errors
    /// [`ModelError::Asset`] with the weight that is missing or of another shape.
    pub fn new(config: VisionConfig, parameters: &dyn Parameters) -> Result<Self, ModelError> {
        let stack = config.stack;
        let (width, epsilon) = (stack.width, stack.norm_epsilon);
        let patches = config.grid_side().pow(2);
        let with_class = matches!(config.pooling, Pooling::ClassToken { .. });
        let head = match config.pooling {
            Pooling::ClassToken { projection } => Head::ClassToken {
                class: parameters.get("class", &[width])?,
                projection: Linear::new(parameters, "projection", width, projection, false)?,
            },
            Pooling::AttentionHead => Head::Attention(Box::new(AttentionPooling::new(&config, parameters)?)),
        };
        Ok(Self {
            patch: Linear::new(parameters, "patch", config.patch_values(), width, !with_class)?,
            positions: parameters.get("positions", &[patches + usize::from(with_class), width])?,
            ln_pre: if with_class {
                Some(LayerNorm::new(parameters, "ln_pre", width, epsilon)?)
            } else {
                None
            },
            blocks: Block::stack(parameters, &stack)?,
            ln_post: LayerNorm::new(parameters, "ln_post", width, epsilon)?,
            head,
            config,
        })
    }

    /// Its sizes.
    #[must_use]
    pub fn config(&self) -> &VisionConfig {
        &self.config
    }

    /// Where and in which type it computes.
    #[must_use]
    pub fn place(&self) -> (&Device, DType) {
        (self.positions.device(), self.positions.dtype())
    }

    /// Tokens of a picture before its patches: 1 where there is a class token.
    #[must_use]
    pub fn class_tokens(&self) -> usize {
        usize::from(matches!(self.head, Head::ClassToken { .. }))
    }

    /// Pictures as patches (`[batch, rows · columns, patch_values]`, normalised, `grid` = (rows, columns)) to their vectors.
    /// `condition`: a token a picture (`[batch, width]`) and the block at whose input it joins.
    ///
    /// # Errors
    /// Shapes that do not fit, or a device that fails.
    pub fn forward(
        &self,
        patches: &Tensor,
        grid: (usize, usize),
        condition: Option<(&Tensor, usize)>,
    ) -> Result<VisionOutput, ModelError> {
        let (token, layer) = condition.map_or((None, 0), |(token, layer)| (Some(token), layer));
        self.above(&self.below(patches, grid, layer)?, layer, token)
    }

    /// The tokens at the input of block `layer`, `[batch, tokens, width]`: what is the same for every condition.
    ///
    /// # Errors
    /// As [`VisionTransformer::forward`].
    pub fn below(&self, patches: &Tensor, grid: (usize, usize), layer: usize) -> Result<Tensor, ModelError> {
        let (device, dtype) = self.place();
        let patches = patches.to_device(device)?.to_dtype(dtype)?;
        let batch = patches.dim(0)?;
        let mut x = self.patch.forward(&patches)?;
        let positions = self.positions_of(grid)?;
        if let Head::ClassToken { class, .. } = &self.head {
            let class = class.reshape((1, 1, ()))?.repeat((batch, 1, 1))?;
            x = Tensor::cat(&[&class, &x], 1)?;
        }
        x = x.broadcast_add(&positions)?;
        if let Some(norm) = &self.ln_pre {
            x = norm.forward(&x)?;
        }
        for block in self.blocks.iter().take(layer) {
            x = block.forward(&x, false)?;
        }
        Ok(x)
    }

    /// From the tokens at the input of block `layer` to the vectors, with a condition token a picture (`[batch, width]`) or
    /// without one.
    ///
    /// # Errors
    /// As [`VisionTransformer::forward`].
    pub fn above(&self, tokens: &Tensor, layer: usize, condition: Option<&Tensor>) -> Result<VisionOutput, ModelError> {
        let plain = tokens.dim(1)?;
        let mut x = tokens.clone();
        if let Some(token) = condition {
            // The last place: the class token stays the first and the patches keep theirs.
            x = Tensor::cat(&[&x, &token.to_dtype(x.dtype())?.unsqueeze(1)?], 1)?;
        }
        for block in self.blocks.iter().skip(layer) {
            x = block.forward(&x, false)?;
        }
        Ok(match &self.head {
            Head::ClassToken { projection, .. } => {
                let class = x.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
                VisionOutput {
                    pooled: projection.forward(&self.ln_post.forward(&class)?)?,
                    tokens: x.narrow(1, 0, plain)?,
                }
            }
            Head::Attention(pooling) => {
                let x = self.ln_post.forward(&x)?;
                VisionOutput {
                    pooled: pooling.forward(&x)?,
                    tokens: x.narrow(1, 0, plain)?,
                }
            }
        })
    }

    /// The vector that a photo would have if it showed nothing but one patch: `tokens` (as in [`VisionOutput::tokens`]) →
    /// `[batch, patches, pooled_dim]`, without the class token.
    ///
    /// # Errors
    /// As [`VisionTransformer::forward`].
    pub fn patch_vectors(&self, tokens: &Tensor) -> Result<Tensor, ModelError> {
        let first = self.class_tokens();
        let patches = tokens.narrow(1, first, tokens.dim(1)? - first)?.contiguous()?;
        Ok(match &self.head {
            Head::ClassToken { projection, .. } => projection.forward(&self.ln_post.forward(&patches)?)?,
            Head::Attention(pooling) => {
                let (batch, count, width) = patches.dims3()?;
                let alone = pooling.forward(&patches.reshape((batch * count, 1, width))?)?;
                alone.reshape((batch, count, ()))?
            }
        })
    }

    /// The position embeddings of a grid; another grid than the one they were trained for takes them interpolated (NaFlex).
    fn positions_of(&self, (rows, columns): (usize, usize)) -> Result<Tensor, ModelError> {
        let side = self.config.grid_side();
        if (rows, columns) == (side, side) {
            return Ok(self.positions.clone());
        }
        if !self.config.any_shape {
            let detail = format!("{rows} × {columns} patches, this tower reads {side} × {side}");
            return Err(ModelError::Prepared(detail));
        }
        let (device, dtype) = self.place();
        let weights = |length: usize| -> Result<Tensor, ModelError> {
            Ok(Tensor::from_vec(triangle_weights(side, length), (length, side), device)?.to_dtype(dtype)?)
        };
        let width = self.config.stack.width;
        // Columns first, then rows: the filter is separable.
        let grid = self.positions.reshape((side, side, width))?;
        let by_columns = weights(columns)?.broadcast_matmul(&grid)?; // [side, columns, width]
        let flat = by_columns.reshape((side, columns * width))?;
        Ok(weights(rows)?.matmul(&flat)?.reshape((rows * columns, width))?)
    }
}

impl AttentionPooling {
    fn new(config: &VisionConfig, parameters: &dyn Parameters) -> Result<Self, ModelError> {
        let stack = config.stack;
        let width = stack.width;
        let probe = parameters.get("pool.probe", &[1, width])?;
        let weight = parameters.get("pool.qkv.weight", &[3 * width, width])?;
        let bias = parameters.get("pool.qkv.bias", &[3 * width])?;
        let part = |number: usize| -> candle_core::Result<Linear> {
            Ok(Linear::from_tensors(
                weight.narrow(0, number * width, width)?.contiguous()?,
                bias.narrow(0, number * width, width)?.contiguous()?,
            ))
        };
        let query = split_heads(&part(0)?.forward(&probe)?.unsqueeze(0)?, stack.heads)?;
        Ok(Self {
            query,
            keys_values: [part(1)?, part(2)?],
            out: Linear::new(parameters, "pool.out", width, width, true)?,
            norm: LayerNorm::new(parameters, "pool.ln", width, stack.norm_epsilon)?,
            mlp: Mlp::new(parameters, "pool", &stack)?,
            heads: stack.heads,
        })
    }

    /// `[batch, tokens, width]` → `[batch, width]`.
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let batch = x.dim(0)?;
        let query = self.query.repeat((batch, 1, 1, 1))?;
        let [keys, values] = &self.keys_values;
        let keys = split_heads(&keys.forward(x)?, self.heads)?;
        let values = split_heads(&values.forward(x)?, self.heads)?;
        let attended = join_heads(&attend(&query, &keys, &values, false)?)?;
        let x = self.out.forward(&attended)?;
        self.mlp
            .forward_onto(&self.norm.forward(&x)?, &x)?
            .narrow(1, 0, 1)?
            .squeeze(1)
    }
}

/// Weights `[length, side]` of a linear interpolation with antialiasing from `side` values to `length` (as torch's
/// `interpolate` with `antialias=True`: a triangle as wide as the larger of the two steps, cut at the borders).
fn triangle_weights(side: usize, length: usize) -> Vec<f32> {
    let step = side as f64 / length as f64;
    let reach = step.max(1.0);
    let mut weights = Vec::with_capacity(length * side);
    for target in 0..length {
        let centre = step * (target as f64 + 0.5);
        let first = ((centre - reach + 0.5) as usize).min(side);
        let last = ((centre + reach + 0.5) as usize).min(side);
        let row: Vec<f64> = (0..side)
            .map(|source| {
                if (first..last).contains(&source) {
                    (1.0 - ((source as f64 - centre + 0.5) / reach).abs()).max(0.0)
                } else {
                    0.0
                }
            })
            .collect();
        let total: f64 = row.iter().sum();
        weights.extend(row.iter().map(|weight| (weight / total.max(f64::MIN_POSITIVE)) as f32));
    }
    weights
}

/// Pixels `[height, width, 3]` of a picture whose sides are multiples of `side` as patches `[patches, 3 · side²]`, each value
/// through `normalise(value, channel)`, appended to `out`.
pub fn append_patches(
    pixels: &[u8],
    width: usize,
    side: usize,
    normalise: impl Fn(u8, usize) -> f32,
    out: &mut Vec<f32>,
) {
    let rows = pixels.len() / (3 * width).max(1) / side.max(1);
    for row in 0..rows {
        for column in 0..width / side.max(1) {
            for channel in 0..3 {
                for y in 0..side {
                    let start = 3 * ((row * side + y) * width + column * side) + channel;
                    let line = pixels.iter().skip(start).step_by(3).take(side);
                    out.extend(line.map(|&value| normalise(value, channel)));
                }
            }
        }
    }
}

/// Rows scaled to unit length.
///
/// # Errors
/// The shapes do not fit.
pub fn unit_rows(x: &Tensor) -> candle_core::Result<Tensor> {
    let length = x.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
    x.broadcast_div(&(length + 1e-12)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_ordered_channel_row_column() {
        let pixels: Vec<u8> = (0..4 * 2 * 3).collect(); // four wide, two high
        let mut out = Vec::new();
        append_patches(
            &pixels,
            4,
            2,
            |value, channel| f32::from(value) + 100.0 * channel as f32,
            &mut out,
        );
        assert_eq!(out.len(), 24);
        assert_eq!(out[..4], [0.0, 3.0, 12.0, 15.0]);
        assert_eq!(out[4..8], [101.0, 104.0, 113.0, 116.0]);
        assert_eq!(out[12..16], [6.0, 9.0, 18.0, 21.0]);
    }

    #[test]
    fn interpolating_to_the_same_length_changes_nothing() {
        let weights = triangle_weights(5, 5);
        for (at, weight) in weights.iter().enumerate() {
            assert_eq!(*weight, f32::from(u8::from(at / 5 == at % 5)));
        }
        for (from, to) in [(16, 5), (5, 16), (4, 3)] {
            for row in triangle_weights(from, to).chunks_exact(from) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            }
        }
    }
}
