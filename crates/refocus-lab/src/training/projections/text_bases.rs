//! What texts alone give: μ, the classes, the things and the colours in the semantic basis.

use std::collections::BTreeMap;

use super::FitError;
use super::centring_words::{INSTRUCTIONS, VALUES};
use super::principal_directions::{PrincipalDirections, second_moments};
use refocus_model::ModelError;
use refocus_model::assets::class_names;
use refocus_model::detector::CLASS_NAMES;
use refocus_model::encoding::SEMANTIC_DIM;
use refocus_model::named_colours::{COLOURS, NAMED};
use refocus_model::text_space::centre;
use refocus_model::text_tower::{TEXT_DIM, TextTower};
use refocus_model::vector_math::add_scaled;

/// What texts alone give.
pub(super) struct TextBases {
    /// μ, the mean of texts, `[384]`.
    pub(super) mean: Vec<f32>,
    /// The semantic basis, `[384, 128]`, row-major.
    pub(super) basis: Vec<f32>,
    /// The classes in the semantic basis, `[classes, 128]`.
    pub(super) classes: Vec<f32>,
    /// The detector's classes in the semantic basis, `[things, 128]`.
    pub(super) things: Vec<f32>,
    /// The named colours, centred, `[colours, 384]`.
    pub(super) colours: Vec<f32>,
}

impl TextBases {
    pub(super) fn fit(tower: &TextTower, kept: &mut BTreeMap<&'static str, f64>) -> Result<Self, FitError> {
        let names = class_names()?;
        let (plain, photos) = alone_and_in_a_photo(tower, &names)?;
        let colour_names = NAMED.map(|(name, _)| name);
        let others: Vec<&str> = colour_names.iter().chain(VALUES).chain(INSTRUCTIONS).copied().collect();
        let (of_classes, of_others) = (mean_row(&plain), mean_row(&tower.embed(&others)?));
        let mean: Vec<f32> = of_classes
            .iter()
            .zip(&of_others)
            .map(|(a, b)| 0.5 * a + 0.5 * b)
            .collect();

        let mut classes: Vec<f32> = plain.iter().zip(&photos).map(|(a, b)| 0.5 * (a + b)).collect();
        centre(&mut classes, &mean);
        let moments = second_moments(TEXT_DIM, std::iter::once(classes.clone()))?;
        let directions = PrincipalDirections::of(&moments, SEMANTIC_DIM)?;
        kept.insert("semantic", directions.share);
        let basis = directions.as_weight(|_| 1.0, &[1.0; TEXT_DIM]);
        let (plain, photos) = alone_and_in_a_photo(tower, &CLASS_NAMES.map(str::to_owned))?;
        let mut things: Vec<f32> = plain.iter().zip(&photos).map(|(a, b)| 0.5 * (a + b)).collect();
        centre(&mut things, &mean);
        let mut colours = tower.embed(&colour_names)?;
        centre(&mut colours, &mean);
        debug_assert_eq!(colours.len(), COLOURS * TEXT_DIM);
        Ok(Self {
            classes: in_basis(&classes, &basis),
            things: in_basis(&things, &basis),
            mean,
            basis,
            colours,
        })
    }
}

/// Vectors of names, by themselves and in "a photo of a …".
fn alone_and_in_a_photo(tower: &TextTower, names: &[String]) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
    let embed = |texts: &[String]| tower.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let photos: Vec<String> = names.iter().map(|name| format!("a photo of a {name}")).collect();
    Ok((embed(names)?, embed(&photos)?))
}

/// Rows of text vectors in the semantic basis (`[384, 128]`, row-major).
fn in_basis(rows: &[f32], basis: &[f32]) -> Vec<f32> {
    let mut reduced = vec![0.0; rows.len() / TEXT_DIM * SEMANTIC_DIM];
    for (text, row) in rows.chunks_exact(TEXT_DIM).zip(reduced.chunks_exact_mut(SEMANTIC_DIM)) {
        for (x, direction) in text.iter().zip(basis.chunks_exact(SEMANTIC_DIM)) {
            add_scaled(row, *x, direction);
        }
    }
    reduced
}

fn mean_row(rows: &[f32]) -> Vec<f32> {
    let mut mean = vec![0.0; TEXT_DIM];
    let count = (rows.len() / TEXT_DIM).max(1) as f32;
    rows.chunks_exact(TEXT_DIM)
        .for_each(|row| add_scaled(&mut mean, 1.0 / count, row));
    mean
}
