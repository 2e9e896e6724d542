//! Squeeze and excitation (arXiv 1709.01507): a factor for each channel of a map, from the means of all of them.

use candle_core::{Result, Tensor};

use super::values;
use crate::vector_math::dot;

/// Dense → ReLU → dense → `offset + clamp(slope · x + ½, 0, 1)`.
#[derive(Debug, Clone)]
pub struct Excitation {
    channels: usize,
    hidden: usize,
    /// `[hidden, channels]`
    squeeze: Vec<f32>,
    squeeze_bias: Vec<f32>,
    /// `[channels, hidden]`
    excite: Vec<f32>,
    excite_bias: Vec<f32>,
    slope: f32,
    offset: f32,
}

impl Excitation {
    /// From weight and bias of both layers: `[hidden, channels]` and `[hidden]`, `[channels, hidden]` and `[channels]`.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(squeeze: [&Tensor; 2], excite: [&Tensor; 2], slope: f32, offset: f32) -> Result<Self> {
        let (hidden, channels) = squeeze[0].dims2()?;
        let fits =
            excite[0].dims2()? == (channels, hidden) && squeeze[1].dims1()? == hidden && excite[1].dims1()? == channels;
        if !fits || hidden == 0 || channels == 0 {
            candle_core::bail!("excitation of {:?} and {:?}", squeeze[0].shape(), excite[0].shape());
        }
        Ok(Self {
            channels,
            hidden,
            squeeze: values(squeeze[0])?,
            squeeze_bias: values(squeeze[1])?,
            excite: values(excite[0])?,
            excite_bias: values(excite[1])?,
            slope,
            offset,
        })
    }

    /// The factors from the means; channels beyond the layer's count for nothing.
    #[must_use]
    pub fn factors(&self, means: &[f32]) -> Vec<f32> {
        let means = means.get(..self.channels).unwrap_or(means);
        let rows = self.squeeze.chunks_exact(self.channels).zip(&self.squeeze_bias);
        let hidden: Vec<f32> = rows.map(|(row, bias)| (dot(row, means) + bias).max(0.0)).collect();
        let rows = self.excite.chunks_exact(self.hidden).zip(&self.excite_bias);
        rows.map(|(row, bias)| self.offset + (self.slope * (dot(row, &hidden) + bias) + 0.5).clamp(0.0, 1.0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn factors_come_from_the_means_of_all_channels() {
        let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
        let squeeze = [tensor(&[1.0, 2.0, -1.0, 0.0], &[2, 2]), tensor(&[0.5, 0.0], &[2])];
        let excite = [tensor(&[1.0, 9.0, -3.0, 9.0], &[2, 2]), tensor(&[0.0, 1.0], &[2])];
        let layer = |offset| {
            let [a, b] = &squeeze;
            let [c, d] = &excite;
            Excitation::new([a, b], [c, d], 0.2, offset).unwrap()
        };
        // Hidden values: 0.1 + 2 · 0.2 + 0.5 = 1 and max(-0.1, 0) = 0.
        let found = layer(0.0).factors(&[0.1, 0.2, 77.0]);
        assert!(
            (found[0] - 0.7).abs() < 1e-6 && (found[1] - 0.1).abs() < 1e-6,
            "{found:?}"
        );
        assert!((layer(1.0).factors(&[0.1, 0.2])[0] - 1.7).abs() < 1e-6);
        assert_eq!(layer(0.0).factors(&[100.0, 0.0]), [1.0, 0.0]);
        assert!(
            Excitation::new(
                [&squeeze[0], &squeeze[1]],
                [&squeeze[0], &tensor(&[0.0; 3], &[3])],
                0.2,
                0.0
            )
            .is_err()
        );
    }
}
