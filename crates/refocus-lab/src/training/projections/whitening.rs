//! Feature rows to the coordinates of their principal directions, whitened in part or as they are.

use std::collections::BTreeMap;

use super::FitError;
use super::principal_directions::{PrincipalDirections, second_moments, spread};
use refocus_model::projections::Affine;

/// How columns are brought to one size before their principal directions are taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scaling {
    /// By one number for all: columns keep their relative sizes.
    Common,
    /// Each by its own deviation.
    EachColumn,
}

/// Principal directions with partial whitening: variance v becomes proportional to √v, which tempers the first few
/// directions without blowing the last ones up to noise.
pub(super) fn whitened<I: Iterator<Item = Vec<f32>>>(
    name: &'static str,
    columns: usize,
    outputs: usize,
    scaling: Scaling,
    rows: impl Fn() -> I,
    kept: &mut BTreeMap<&'static str, f64>,
) -> Result<Affine, FitError> {
    let spread = spread(columns, rows());
    let deviations: Vec<f32> = match scaling {
        Scaling::EachColumn => spread.deviation.iter().map(|d| d + 1e-3).collect(),
        Scaling::Common => {
            let mean = spread.deviation.iter().sum::<f32>() / columns as f32 + 1e-3;
            vec![mean; columns]
        }
    };
    let inverse: Vec<f32> = deviations.iter().map(|d| d.recip()).collect();
    let directions = PrincipalDirections::of(
        &second_moments(columns, standardised(rows(), &spread.mean, &inverse))?,
        outputs,
    )?;
    kept.insert(name, directions.share);
    let first = directions.variances.first().copied().unwrap_or(1.0).max(1e-12);
    let weight = directions.as_weight(
        |v| {
            let v = v.max(1e-9 * first);
            2.0 * v.sqrt().recip() * (v / first).powf(0.25)
        },
        &inverse,
    );
    Ok(Affine::centred(&spread.mean, weight, outputs)?)
}

/// Principal directions as they are: a rotation of the centred rows, cut to the first `outputs` columns.
pub(super) fn principal<I: Iterator<Item = Vec<f32>>>(
    name: &'static str,
    columns: usize,
    outputs: usize,
    rows: impl Fn() -> I,
    kept: &mut BTreeMap<&'static str, f64>,
) -> Result<Affine, FitError> {
    let spread = spread(columns, rows());
    let ones = vec![1.0; columns];
    let directions = PrincipalDirections::of(
        &second_moments(columns, standardised(rows(), &spread.mean, &ones))?,
        outputs,
    )?;
    kept.insert(name, directions.share);
    Ok(Affine::centred(
        &spread.mean,
        directions.as_weight(|_| 1.0, &ones),
        outputs,
    )?)
}

fn standardised(rows: impl Iterator<Item = Vec<f32>>, mean: &[f32], inverse: &[f32]) -> impl Iterator<Item = Vec<f32>> {
    rows.map(move |mut block| {
        for row in block.chunks_exact_mut(mean.len()) {
            for (x, (m, i)) in row.iter_mut().zip(mean.iter().zip(inverse)) {
                *x = (*x - m) * i;
            }
        }
        block
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitened_features_have_deviations_between_flat_and_natural() {
        // Two independent columns with deviations 3 and 1, the third constant.
        let rows: Vec<f32> = (0..400)
            .flat_map(|i| {
                let phase = i as f32 * std::f32::consts::TAU / 400.0;
                [3.0 * phase.cos() + 5.0, phase.sin(), 7.0]
            })
            .collect();
        let mut kept = BTreeMap::new();
        let layer = whitened(
            "test",
            3,
            2,
            Scaling::Common,
            || std::iter::once(rows.clone()),
            &mut kept,
        )
        .unwrap();
        let after = spread(2, std::iter::once(layer.apply(rows.clone()).unwrap()));
        assert!(after.mean.iter().all(|m| m.abs() < 1e-3));
        let ratio = after.deviation[0] / after.deviation[1];
        assert!((ratio - 3f32.sqrt()).abs() < 0.01, "variance v becomes √v: {ratio}");
        assert!(kept["test"] > 0.999);
    }
}
