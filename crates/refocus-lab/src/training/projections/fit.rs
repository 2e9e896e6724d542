//! From the features of training photos and the vectors of texts to projections.

use std::collections::BTreeMap;

use half::slice::HalfFloatSliceExt;

use super::FitError;
use super::compact_features::{BLOCK, CompactFeatures, blocks, expand};
use super::principal_directions::spread;
use super::text_bases::TextBases;
use super::whitening::{Scaling, principal, whitened};
use refocus_model::ModelError;
use refocus_model::built_in::ImageEncoder;
use refocus_model::colour_statistics::{REGIONS, STATISTICS};
use refocus_model::encoding::{PLAIN_DIM, TOKEN_DIM};
use refocus_model::pooling::{EARLY, HEAD, MIDDLE};
use refocus_model::projections::{
    Affine, EARLY_KEPT, HEAD_KEPT, MIDDLE_KEPT, Projections, REGION_DIM, plain_features, square_root,
};
use refocus_model::text_tower::TextTower;

/// Statistics that are nearly always 0, such as counts outside the whole picture, are not blown up beyond this.
const MOST_SCALE: f32 = 8.0;

/// Fits everything on the features of training photos; the same features give the same bytes.
///
/// Returns the projections and the share of variance that each basis keeps.
///
/// # Errors
/// [`FitError::TooFewPhotos`], [`FitError::Compute`] or [`FitError::Model`].
pub(super) fn fit(
    photos: &[CompactFeatures],
    encoder: &ImageEncoder,
    tower: &TextTower,
) -> Result<(Projections, BTreeMap<&'static str, f64>), FitError> {
    if photos.len() < 2 * PLAIN_DIM {
        return Err(FitError::TooFewPhotos {
            found: photos.len(),
            needed: 2 * PLAIN_DIM,
        });
    }
    let mut kept = BTreeMap::new();
    let texts = TextBases::fit(tower, &mut kept)?;

    let head_rows = || {
        blocks(photos, |photo| {
            let mut rows = photo.head.to_f32_vec();
            square_root(&mut rows);
            rows
        })
    };
    let middle_rows = || blocks(photos, |photo| photo.middle.to_f32_vec());
    let early_rows = || blocks(photos, |photo| photo.early.to_f32_vec());
    let head = whitened("head", HEAD, HEAD_KEPT, Scaling::Common, head_rows, &mut kept)?;
    let middle = whitened(
        "middle",
        MIDDLE,
        MIDDLE_KEPT,
        Scaling::EachColumn,
        middle_rows,
        &mut kept,
    )?;
    let early = whitened("early", EARLY, EARLY_KEPT, Scaling::EachColumn, early_rows, &mut kept)?;
    let statistics = spread(STATISTICS, blocks(photos, |photo| photo.statistics.to_f32_vec()));
    let plain_rows = || photos.chunks(BLOCK).map(|block| plain_features(&expand(block)));
    let plain = whitened("plain", HEAD, PLAIN_DIM, Scaling::Common, plain_rows, &mut kept)?;

    let mut projections = Projections {
        head,
        middle,
        early,
        statistics_mean: statistics.mean,
        statistics_scale: statistics
            .deviation
            .iter()
            .map(|d| (d + 1e-3).recip().min(MOST_SCALE))
            .collect(),
        semantic_basis: texts.basis,
        classes: texts.classes,
        things: texts.things,
        text_mean: texts.mean,
        colours: texts.colours,
        plain,
        token: Affine::new(vec![0.0; REGION_DIM * TOKEN_DIM], vec![0.0; TOKEN_DIM])?,
        position: vec![0.0; REGIONS * TOKEN_DIM],
        norm_weight: vec![1.0; TOKEN_DIM],
        norm_bias: vec![0.0; TOKEN_DIM],
    };
    let regions = photos
        .chunks(BLOCK)
        .map(|block| Ok(projections.regions(&expand(block), encoder.classifier())?.0))
        .collect::<Result<Vec<_>, ModelError>>()?;
    projections.token = principal("token", REGION_DIM, TOKEN_DIM, || regions.iter().cloned(), &mut kept)?;
    Ok((projections, kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn too_few_photos_are_refused() {
        let encoder = ImageEncoder::built_in(&Device::Cpu).unwrap();
        let tower = TextTower::built_in().unwrap();
        assert!(matches!(
            fit(&[], &encoder, &tower),
            Err(FitError::TooFewPhotos { found: 0, .. })
        ));
    }
}
