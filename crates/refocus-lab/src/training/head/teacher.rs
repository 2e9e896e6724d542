//! Softer answers to everyday photos.
//!
//! There are few everyday photos for their many answers, and a network learns single photos by heart. What other photos say of a
//! photo is answered by kernel ridge regression on the photos' regions, always from photos of other sources (cross-fitting): it
//! knows which answers are easily taken for each other. The focus encoder is then trained towards a mixture of a photo's own answer
//! and that one (knowledge distillation; Hinton et al., arXiv 1503.02531).

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};

use super::cache::Cache;
use super::examples::Examples;
use crate::training::everyday::EverydayPhotos;
use refocus_model::colour_statistics::REGIONS;
use refocus_model::projections::REGION_DIM;
use refocus_model::vector_math::softmax;
use refocus_training::TrainError;
use refocus_training::slot::AspectId;

/// Parts that the sources are split into; each is answered from the others.
const FOLDS: usize = 6;
/// Ridge: weight of the identity beside the kernel.
const RIDGE: f64 = 0.3;
/// Rounds of conjugate gradients.
const ROUNDS: usize = 60;
/// Sharpness of answers that is tried; what is most likely of the photos' own answers is taken.
const SHARPNESS: [f32; 6] = [2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
/// Part of a mixture that comes from other photos.
const FROM_OTHERS: f32 = 0.4;
/// Shares below this are left out.
const LEAST: f32 = 0.02;

/// Fine and broader answers.
#[derive(Clone, Copy)]
enum Level {
    Fine,
    Broader,
}

/// Columns of one aspect at one level, as columns of the regression.
struct Group {
    aspect: AspectId,
    level: Level,
    columns: Vec<usize>,
    /// Column of the regression of the first.
    first: usize,
    /// Place of each photo's own answer among the columns.
    own: Vec<Option<usize>>,
    /// Share of photos with each answer.
    prior: Vec<f32>,
}

/// A photo with the places of its views in the cache.
struct Photo<'a> {
    source: &'a str,
    views: Vec<usize>,
}

/// Gives everyday photos that are trained on softer answers under some aspects.
///
/// # Errors
/// [`TrainError::Compute`].
pub fn soften(
    cache: &Cache,
    examples: &mut Examples,
    photos: &EverydayPhotos,
    aspects: &[AspectId],
) -> Result<(), TrainError> {
    let mut of_id: BTreeMap<&str, Photo<'_>> = BTreeMap::new();
    for (place, facts) in cache.facts.iter().enumerate() {
        let is_trained = examples.examples.get(place).is_some_and(|example| !example.kept_back);
        if let Some(id) = facts.everyday.as_deref().filter(|_| is_trained)
            && let Some(photo) = photos.get(id)
        {
            let known = of_id.entry(id).or_insert_with(|| Photo {
                source: &photo.source,
                views: Vec::new(),
            });
            known.views.push(place);
        }
    }
    let photos: Vec<Photo<'_>> = of_id.into_values().collect();
    let groups = groups(examples, &photos, aspects);
    let width = groups.iter().map(|group| group.columns.len()).sum::<usize>();
    if photos.is_empty() || width == 0 {
        return Ok(());
    }
    let answers = cross_fitted(&kernel(cache, &photos)?, &folds(&photos), &groups, width)?;
    for group in &groups {
        let scores = |photo: usize| {
            let row = answers.get(photo * width + group.first..).unwrap_or_default();
            row.iter().zip(&group.prior).map(|(score, prior)| score + prior)
        };
        let sharpness = sharpest(group, &scores);
        for (number, (photo, own)) in photos.iter().zip(&group.own).enumerate() {
            let Some(own) = *own else { continue };
            let mut shares: Vec<f32> = scores(number).map(|score| sharpness * score).collect();
            softmax(&mut shares);
            let mixed = mixture(&group.columns, &shares, own);
            for view in &photo.views {
                let Some(example) = examples.examples.get_mut(*view) else {
                    continue;
                };
                let softened = match group.level {
                    Level::Fine => &mut example.softened,
                    Level::Broader => &mut example.softened_broader,
                };
                softened.insert(group.aspect, mixed.clone());
            }
        }
    }
    Ok(())
}

/// The own answer and what other photos say, in shares that add up to 1.
fn mixture(columns: &[usize], shares: &[f32], own: usize) -> Vec<(usize, f32)> {
    let mixed = columns.iter().zip(shares).enumerate().map(|(place, (column, share))| {
        let certain = if place == own { 1.0 - FROM_OTHERS } else { 0.0 };
        (*column, FROM_OTHERS * share + certain)
    });
    let mut mixed: Vec<(usize, f32)> = mixed.filter(|(_, share)| *share >= LEAST).collect();
    let total: f32 = mixed.iter().map(|(_, share)| share).sum();
    mixed.iter_mut().for_each(|(_, share)| *share /= total);
    mixed
}

fn groups(examples: &Examples, photos: &[Photo<'_>], aspects: &[AspectId]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for aspect in aspects {
        for level in [Level::Fine, Level::Broader] {
            let answer = |photo: &Photo<'_>| {
                let example = examples.examples.get(*photo.views.first()?)?;
                let answers = match level {
                    Level::Fine => &example.answers,
                    Level::Broader => &example.broader,
                };
                answers.get(aspect).copied()
            };
            let own: Vec<Option<usize>> = photos.iter().map(answer).collect();
            let mut columns: Vec<usize> = own.iter().flatten().copied().collect();
            let answered = columns.len();
            columns.sort_unstable();
            columns.dedup();
            if columns.len() < 2 {
                continue;
            }
            let own: Vec<Option<usize>> = own
                .into_iter()
                .map(|column| columns.binary_search(&column?).ok())
                .collect();
            let mut prior = vec![0.0; columns.len()];
            for place in own.iter().flatten() {
                if let Some(share) = prior.get_mut(*place) {
                    *share += 1.0 / answered as f32;
                }
            }
            let first = groups.last().map_or(0, |group| group.first + group.columns.len());
            groups.push(Group {
                aspect: *aspect,
                level,
                columns,
                first,
                own,
                prior,
            });
        }
    }
    groups
}

/// The fold of each photo: those of one source lie in one, and folds are about equally large.
fn folds(photos: &[Photo<'_>]) -> Vec<usize> {
    let mut of_source: BTreeMap<&str, usize> = BTreeMap::new();
    for photo in photos {
        *of_source.entry(photo.source).or_default() += 1;
    }
    let mut sources: Vec<(&str, usize)> = of_source.into_iter().collect();
    sources.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut sizes = [0; FOLDS];
    let mut fold_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (source, count) in sources {
        let smallest = (0..FOLDS).min_by_key(|fold| sizes.get(*fold).copied()).unwrap_or(0);
        if let Some(size) = sizes.get_mut(smallest) {
            *size += count;
        }
        fold_of.insert(source, smallest);
    }
    photos
        .iter()
        .map(|photo| fold_of.get(photo.source).copied().unwrap_or(0))
        .collect()
}

/// Gaussian kernel `[photos, photos]` of the photos' standardised regions (means of their views); its width is the median distance.
fn kernel(cache: &Cache, photos: &[Photo<'_>]) -> Result<Tensor, TrainError> {
    let width = REGIONS * REGION_DIM;
    let mut values = vec![0f32; photos.len() * width];
    for (photo, row) in photos.iter().zip(values.chunks_exact_mut(width)) {
        for view in &photo.views {
            let regions = cache.regions.get(view * width..(view + 1) * width).unwrap_or_default();
            for (sum, value) in row.iter_mut().zip(regions) {
                *sum += value.to_f32() / photo.views.len() as f32;
            }
        }
    }
    let x = Tensor::from_vec(values, (photos.len(), width), &Device::Cpu)?;
    let x = x.broadcast_sub(&x.mean_keepdim(0)?)?;
    let deviation = (x.sqr()?.mean_keepdim(0)?.sqrt()? + 1e-3)?;
    let x = x.broadcast_div(&deviation)?;
    let squares = x.sqr()?.sum_keepdim(1)?;
    let products = (x.matmul(&x.t()?)? * 2.0)?;
    let distances = (squares.broadcast_add(&squares.t()?)? - products)?;
    let mut sorted = distances.flatten_all()?.to_vec1::<f32>()?;
    let middle = sorted.len() / 2;
    let (_, median, _) = sorted.select_nth_unstable_by(middle, f32::total_cmp);
    let scale = -1.0 / f64::from(median.max(1e-6));
    Ok((distances * scale)?.exp()?)
}

/// What photos of other folds say of each photo, less the prior: `[photos, width]`.
fn cross_fitted(kernel: &Tensor, folds: &[usize], groups: &[Group], width: usize) -> Result<Vec<f32>, TrainError> {
    let photos = folds.len();
    let mut targets = vec![0f32; photos * width];
    for group in groups {
        for (row, own) in targets.chunks_exact_mut(width).zip(&group.own) {
            let Some(own) = own else { continue };
            let row = row.get_mut(group.first..).unwrap_or_default();
            for (place, (target, prior)) in row.iter_mut().zip(&group.prior).enumerate() {
                *target = f32::from(u8::from(place == *own)) - prior;
            }
        }
    }
    let targets = Tensor::from_vec(targets, (photos, width), &Device::Cpu)?;
    let mut answers = vec![0f32; photos * width];
    for fold in 0..FOLDS {
        let places = |inside: bool| -> Vec<u32> {
            let of = folds.iter().zip(0u32..).filter(|(own, _)| (**own == fold) == inside);
            of.map(|(_, place)| place).collect()
        };
        let (asked, others) = (places(true), places(false));
        if asked.is_empty() || others.is_empty() {
            continue;
        }
        let index = |places: &[u32]| Tensor::from_slice(places, places.len(), &Device::Cpu);
        let (asked_index, others_index) = (index(&asked)?, index(&others)?);
        let columns = kernel.index_select(&others_index, 1)?;
        let weights = ridge(
            &columns.index_select(&others_index, 0)?,
            &targets.index_select(&others_index, 0)?,
        )?;
        let said = columns
            .index_select(&asked_index, 0)?
            .matmul(&weights)?
            .to_vec2::<f32>()?;
        for (photo, said) in asked.iter().zip(said) {
            let place = *photo as usize * width;
            if let Some(row) = answers.get_mut(place..place + width) {
                row.copy_from_slice(&said);
            }
        }
    }
    Ok(answers)
}

/// (kernel + ridge)⁻¹ · targets by conjugate gradients, each column by itself.
fn ridge(kernel: &Tensor, targets: &Tensor) -> Result<Tensor, TrainError> {
    let mut solution = targets.zeros_like()?;
    let mut residual = targets.clone();
    let mut direction = targets.clone();
    let mut length = residual.sqr()?.sum_keepdim(0)?;
    for _ in 0..ROUNDS {
        let along = (kernel.matmul(&direction)? + (&direction * RIDGE)?)?;
        let step = length.broadcast_div(&((&direction * &along)?.sum_keepdim(0)? + 1e-12)?)?;
        solution = (solution + direction.broadcast_mul(&step)?)?;
        residual = (residual - along.broadcast_mul(&step)?)?;
        let next = residual.sqr()?.sum_keepdim(0)?;
        direction = (&residual + direction.broadcast_mul(&next.broadcast_div(&(&length + 1e-12)?)?)?)?;
        length = next;
    }
    Ok(solution)
}

/// The sharpness under which the photos' own answers are most likely.
fn sharpest<I: Iterator<Item = f32>>(group: &Group, scores: &dyn Fn(usize) -> I) -> f32 {
    let likelihood = |sharpness: f32| -> f64 {
        let of_photos = group.own.iter().enumerate();
        of_photos
            .filter_map(|(photo, own)| {
                let mut shares: Vec<f32> = scores(photo).map(|score| sharpness * score).collect();
                softmax(&mut shares);
                Some(f64::from(shares.get((*own)?)?.max(1e-6).ln()))
            })
            .sum()
    };
    SHARPNESS
        .into_iter()
        .map(|sharpness| (sharpness, likelihood(sharpness)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(1.0, |(sharpness, _)| sharpness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ridge_regression_solves_its_equations() {
        let kernel = Tensor::new(&[[1f32, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 1.0]], &Device::Cpu).unwrap();
        let targets = Tensor::new(&[[1f32, 0.0], [0.0, 1.0], [1.0, 1.0]], &Device::Cpu).unwrap();
        let weights = ridge(&kernel, &targets).unwrap();
        let back = (kernel.matmul(&weights).unwrap() + (&weights * RIDGE).unwrap()).unwrap();
        let off = (back - targets).unwrap().abs().unwrap().max_all().unwrap();
        assert!(off.to_scalar::<f32>().unwrap() < 1e-4);
    }

    #[test]
    fn photos_of_one_source_lie_in_one_fold() {
        let sources = ["a", "b", "a", "c", "b", "d", "a", "e", "f", "g"];
        let photos: Vec<Photo<'_>> = sources
            .iter()
            .map(|source| Photo {
                source,
                views: Vec::new(),
            })
            .collect();
        let folds = folds(&photos);
        for (one, fold) in sources.iter().zip(&folds) {
            for (other, of_other) in sources.iter().zip(&folds) {
                assert!(one != other || fold == of_other);
            }
        }
        assert!((0..FOLDS).all(|fold| folds.contains(&fold)));
    }

    #[test]
    fn a_mixture_adds_up_and_keeps_the_own_answer() {
        let mixed = mixture(&[4, 7, 9], &[0.1, 0.89, 0.01], 0);
        assert_eq!(mixed.iter().map(|(column, _)| *column).collect::<Vec<_>>(), [4, 7]);
        assert!((mixed.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(mixed[0].1 > 0.3);
    }
}
