//! The passes over activations between two matrix products, each in one go and on the calling thread.
//!
//! candle's own layer normalisation and softmax share their rows among helper threads; work here is divided between
//! photos, one forward a core, and a second thread inside an operation costs more than it brings. These kernels are for
//! f32 on the CPU without gradients; the layers fall back to tensor operations elsewhere.

use candle_core::{CpuStorage, CustomOp3, InplaceOp1, InplaceOp2, InplaceOp3, Layout, Result, Shape, Tensor};

use super::super::vector_math::exp_of_negative;
use super::config::Activation;

/// Values that one step of a vectorised loop takes.
const LANES: usize = 16;

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| candle_core::Error::Msg("this kernel needs a contiguous tensor".into()))?;
    storage
        .as_slice::<f32>()?
        .get(start..end)
        .ok_or_else(|| candle_core::Error::Msg("a layout reaches beyond its storage".into()))
}

fn values_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| candle_core::Error::Msg("this kernel needs a contiguous tensor".into()))?;
    match storage {
        CpuStorage::F32(values) => values
            .get_mut(start..end)
            .ok_or_else(|| candle_core::Error::Msg("a layout reaches beyond its storage".into())),
        _ => Err(candle_core::Error::Msg("this kernel is for f32".into())),
    }
}

#[inline(always)]
fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += term(*value);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|value| term(*value)).sum::<f32>()
}

/// Layer normalisation over the last axis.
struct LayerNorm {
    epsilon: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer norm, one thread"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = values(x, x_layout)?;
        let (weight, bias) = (values(weight, weight_layout)?, values(bias, bias_layout)?);
        let width = weight.len();
        if width == 0 || bias.len() != width || !x.len().is_multiple_of(width) {
            candle_core::bail!("layer norm of {width} over {:?}", x_layout.shape());
        }
        let mut out = vec![0.0; x.len()];
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                    let mean = sum(row, |value| value) / width as f32;
                    let variance = sum(row, |value| (value - mean) * (value - mean)) / width as f32;
                    let scale = 1.0 / (variance + self.epsilon).sqrt();
                    let affine = weight.iter().zip(bias);
                    for ((out, value), (weight, bias)) in out.iter_mut().zip(row).zip(affine) {
                        *out = (value - mean) * scale * weight + bias;
                    }
                }
            },
        );
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }
}

/// `[…, width]` → the same, each row with mean 0 and variance 1, times `weight` plus `bias`.
pub(super) fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, epsilon: f64) -> Result<Tensor> {
    let op = LayerNorm {
        epsilon: epsilon as f32,
    };
    x.contiguous()?.apply_op3_no_bwd(weight, bias, &op)
}

/// Adds a bias to each row and applies an activation, in place.
struct BiasActivation(Option<Activation>);

impl InplaceOp2 for BiasActivation {
    fn name(&self) -> &'static str {
        "bias and activation"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, x_layout: &Layout, bias: &CpuStorage, bias_layout: &Layout) -> Result<()> {
        let (x, bias) = (values_mut(x, x_layout)?, values(bias, bias_layout)?);
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || match self.0 {
                None => each(x, bias, |value| value),
                Some(Activation::QuickGelu) => each(x, bias, quick_gelu),
                Some(Activation::Gelu) => each(x, bias, gelu),
                Some(Activation::GeluTanh) => each(x, bias, gelu_tanh),
            },
        );
        Ok(())
    }
}

#[inline(always)]
fn each(x: &mut [f32], bias: &[f32], finish: impl Fn(f32) -> f32) {
    for row in x.chunks_exact_mut(bias.len().max(1)) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value = finish(*value + bias);
        }
    }
}

/// 1 / (1 + e^−x).
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    let e = exp_of_negative(-x.abs());
    let small = e / (1.0 + e);
    if x < 0.0 { small } else { 1.0 - small }
}

#[inline(always)]
fn quick_gelu(x: f32) -> f32 {
    x * sigmoid(1.702 * x)
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    const ROOT: f32 = 0.797_884_6; // √(2/π)
    // ½ (1 + tanh u) = sigmoid(2u)
    x * sigmoid(2.0 * ROOT * (x + 0.044_715 * x * x * x))
}

/// Exact GELU; the error function after Abramowitz and Stegun, 7.1.26 (absolute error below 2e-7).
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t * (0.254_829_6 + t * (-0.284_496_72 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    let rest = series * exp_of_negative(-z * z); // 1 − erf z
    let share = if x < 0.0 { 0.5 * rest } else { 1.0 - 0.5 * rest };
    x * share
}

/// Adds `bias` to each row of `x` (fresh from a matrix product) and applies the activation, in place.
pub(super) fn bias_activation(x: &Tensor, bias: &Tensor, activation: Option<Activation>) -> Result<()> {
    x.inplace_op2(bias, &BiasActivation(activation))
}

/// Adds a bias to each row and another tensor of the same shape, in place.
struct BiasResidual;

impl InplaceOp3 for BiasResidual {
    fn name(&self) -> &'static str {
        "bias and residual"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<()> {
        let (bias, residual) = (values(bias, bias_layout)?, values(residual, residual_layout)?);
        let x = values_mut(x, x_layout)?;
        if x.len() != residual.len() {
            candle_core::bail!("a residual of {} values for {}", residual.len(), x.len());
        }
        let width = bias.len().max(1);
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, residual) in x.chunks_exact_mut(width).zip(residual.chunks_exact(width)) {
                    for ((value, bias), residual) in row.iter_mut().zip(bias).zip(residual) {
                        *value += bias + residual;
                    }
                }
            },
        );
        Ok(())
    }
}

/// Adds `bias` to each row of `x` (fresh from a matrix product) and `residual` to all of it, in place.
pub(super) fn bias_residual(x: &Tensor, bias: &Tensor, residual: &Tensor) -> Result<()> {
    x.inplace_op3(bias, residual, &BiasResidual)
}

/// Softmax of scaled scores `[…, queries, keys]`, in place.
struct AttentionSoftmax {
    scale: f32,
    causal: bool,
}

impl InplaceOp1 for AttentionSoftmax {
    fn name(&self) -> &'static str {
        "attention softmax"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let dims = layout.dims();
        let (queries, keys) = match dims {
            [.., queries, keys] if *queries > 0 && *keys > 0 => (*queries, *keys),
            _ => candle_core::bail!("attention scores of shape {dims:?}"),
        };
        let x = values_mut(x, layout)?;
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (number, row) in x.chunks_exact_mut(keys).enumerate() {
                    let seen = if self.causal {
                        (number % queries + 1).min(keys)
                    } else {
                        keys
                    };
                    let (row, hidden) = row.split_at_mut(seen);
                    hidden.fill(0.0);
                    softmax(row, self.scale);
                }
            },
        );
        Ok(())
    }
}

#[inline(always)]
fn softmax(row: &mut [f32], scale: f32) {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = lane.max(*value);
        }
    }
    let top = rest.iter().chain(&lanes).copied().fold(f32::NEG_INFINITY, f32::max);
    for value in row.iter_mut() {
        *value = exp_of_negative((*value - top) * scale);
    }
    let total = 1.0 / sum(row, |value| value);
    row.iter_mut().for_each(|value| *value *= total);
}

/// Softmax of `scale · scores` (`[…, queries, keys]`) over the keys, in place. `scale` is positive. Causal: a query sees
/// only the keys up to its own place.
pub(super) fn attention_softmax(scores: &Tensor, scale: f64, causal: bool) -> Result<()> {
    scores.inplace_op1(&AttentionSoftmax {
        scale: scale as f32,
        causal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn worst(a: &Tensor, b: &Tensor) -> f32 {
        (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    fn random(shape: &[usize], scale: f64) -> Tensor {
        Tensor::randn(0f32, scale as f32, shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn kernels_equal_the_tensor_operations() {
        let (x, weight, bias) = (random(&[3, 5, 37], 4.0), random(&[37], 1.0), random(&[37], 1.0));
        let expected = candle_nn::ops::layer_norm_slow(&x, &weight, &bias, 1e-5).unwrap();
        assert!(worst(&layer_norm(&x, &weight, &bias, 1e-5).unwrap(), &expected) < 1e-5);

        let shifted = x.broadcast_add(&bias).unwrap();
        let quick = (&shifted * candle_nn::ops::sigmoid(&(&shifted * 1.702).unwrap()).unwrap()).unwrap();
        for (activation, expected) in [
            (None, shifted.clone()),
            (Some(Activation::QuickGelu), quick),
            (Some(Activation::Gelu), shifted.gelu_erf().unwrap()),
            (Some(Activation::GeluTanh), shifted.gelu().unwrap()),
        ] {
            let own = x.copy().unwrap();
            bias_activation(&own, &bias, activation).unwrap();
            assert!(worst(&own, &expected) < 1e-5, "{activation:?}");
        }

        let (own, residual) = (x.copy().unwrap(), random(&[3, 5, 37], 1.0));
        bias_residual(&own, &bias, &residual).unwrap();
        assert!(worst(&own, &(shifted + residual).unwrap()) < 1e-5);
    }

    #[test]
    fn the_softmax_adds_up_to_one_and_a_causal_query_sees_nothing_after_itself() {
        let scores = random(&[2, 19, 19], 5.0);
        let expected = candle_nn::ops::softmax(&(&scores * 0.3).unwrap(), 2).unwrap();
        let own = scores.copy().unwrap();
        attention_softmax(&own, 0.3, false).unwrap();
        assert!(worst(&own, &expected) < 1e-5);
        attention_softmax(&scores, 0.3, true).unwrap();
        let rows = scores.to_vec3::<f32>().unwrap();
        for (query, row) in rows[1].iter().enumerate() {
            assert!(row[query + 1..].iter().all(|&weight| weight == 0.0));
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}
