//! Measures of an order of photos against labels.

use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// Average precision of an order: the mean, over relevant photos, of the share of relevant ones up to there. `None` if
/// nothing is relevant.
#[must_use]
pub fn average_precision(relevant: impl IntoIterator<Item = bool>) -> Option<f64> {
    let (mut found, mut sum) = (0u32, 0.0);
    for (place, relevant) in relevant.into_iter().enumerate() {
        if relevant {
            found += 1;
            sum += f64::from(found) / (place + 1) as f64;
        }
    }
    (found > 0).then(|| sum / f64::from(found))
}

/// Mean of some values; `None` without any. The mean over queries of [`average_precision`] is the mAP.
#[must_use]
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Mean average precision: `order(query)` ranks the database for a query; a photo is relevant if it has the query's
/// label. Queries without a relevant photo are left out. `None` if that leaves none.
pub fn mean_average_precision<L: PartialEq>(
    query_labels: &[L],
    database_labels: &[L],
    mut order: impl FnMut(usize) -> Vec<u32>,
) -> Option<f64> {
    mean(query_labels.iter().enumerate().filter_map(|(query, label)| {
        average_precision(
            order(query)
                .into_iter()
                .filter_map(|photo| database_labels.get(photo as usize))
                .map(|l| l == label),
        )
    }))
}

/// Share of queries whose one right answer stands among the first `k`; `places` holds its place, from 0.
#[must_use]
pub fn recall_at_k(places: &[usize], k: usize) -> Option<f64> {
    mean(places.iter().map(|&place| if place < k { 1.0 } else { 0.0 }))
}

/// Place (from 0) of the answer among scores, counting half of the ties before it, so that equal scores are chance.
#[must_use]
pub fn place_of(scores: &[f32], answer: usize) -> Option<usize> {
    let own = scores.get(answer)?;
    let better = scores.iter().filter(|score| *score > own).count();
    let equal = scores.iter().filter(|score| *score == own).count().saturating_sub(1);
    // A score that is not a number comes last.
    if own.is_nan() {
        Some(scores.len() - 1)
    } else {
        Some(better + equal.div_ceil(2))
    }
}

/// Queries and database of a retrieval test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Photos that are asked with.
    pub queries: Vec<u32>,
    /// Photos that are ranked.
    pub database: Vec<u32>,
}

/// A random split 1:9 of the photos whose label is shared by at least `least` photos (10 in the protocol).
#[must_use]
pub fn split_one_to_nine(labels: &[Option<u32>], least: usize, seed: u64) -> Split {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for label in labels.iter().flatten() {
        *counts.entry(*label).or_default() += 1;
    }
    let frequent = |label: &Option<u32>| label.is_some_and(|label| counts.get(&label).is_some_and(|&n| n >= least));
    let mut queries = (0u32..)
        .zip(labels)
        .filter(|(_, label)| frequent(label))
        .map(|(photo, _)| photo)
        .collect::<Vec<_>>();
    queries.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let database = queries.split_off(queries.len().div_ceil(10));
    Split { queries, database }
}

/// One question of a template test, as in GeneCIS (arXiv 2306.07969): a small gallery of which one photo shares the
/// asked label with the query and no other does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The photo that is asked with.
    pub query: u32,
    /// The gallery; the right answer stands first.
    pub gallery: Vec<u32>,
}

/// Draws up to `count` templates with galleries of `size` photos. `labels[i]` is what is asked for; `others` are the
/// photos' other labels: as far as the data allow, the wrong photos share these with the query, so that likeness in
/// everything but what is asked leads astray.
#[must_use]
pub fn draw_templates(
    labels: &[Option<u32>],
    others: &[&[Option<u32>]],
    size: usize,
    count: usize,
    seed: u64,
) -> Vec<Template> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let labelled = (0u32..)
        .zip(labels)
        .filter_map(|(photo, label)| label.map(|l| (photo, l)))
        .collect::<Vec<_>>();
    let mut templates = Vec::with_capacity(count);
    if labelled.is_empty() || size < 2 {
        return templates;
    }
    let other_labels = |photo: u32| others.iter().map(move |o| o.get(photo as usize).copied().flatten());
    // A label of which there is one photo, or nothing but photos, allows no template; a bounded number of tries ends it.
    for _ in 0..count.saturating_mul(20) {
        if templates.len() == count {
            break;
        }
        let Some(&(query, label)) = labelled.get(rng.random_range(0..labelled.len())) else {
            break;
        };
        let mut same = Vec::new();
        let mut wrong = Vec::new();
        for &(photo, other) in &labelled {
            if photo == query {
                continue;
            }
            let shared = other_labels(photo)
                .zip(other_labels(query))
                .filter(|(a, b)| a.is_some() && a == b)
                .count();
            if other == label {
                same.push(photo);
            } else {
                wrong.push((photo, shared));
            }
        }
        if same.is_empty() || wrong.len() < size - 1 {
            continue;
        }
        wrong.shuffle(&mut rng);
        wrong.sort_by_key(|(_, shared)| std::cmp::Reverse(*shared));
        let answer = same.get(rng.random_range(0..same.len())).copied();
        let gallery = answer
            .into_iter()
            .chain(wrong.into_iter().take(size - 1).map(|(photo, _)| photo))
            .collect();
        templates.push(Template { query, gallery });
    }
    templates
}

/// Share of predictions that are right; `None` without any.
#[must_use]
pub fn accuracy<L: PartialEq>(predicted: &[L], truth: &[L]) -> Option<f64> {
    mean(predicted.iter().zip(truth).map(|(a, b)| if a == b { 1.0 } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_is_that_of_the_hand_computed_order() {
        // Relevant at places 1, 3 and 5: (1/1 + 2/3 + 3/5) / 3.
        let ap = average_precision([true, false, true, false, true]).unwrap();
        assert!((ap - (1.0 + 2.0 / 3.0 + 0.6) / 3.0).abs() < 1e-12);
        assert_eq!(average_precision([true, true]), Some(1.0));
        assert_eq!(average_precision([false]), None);
        assert_eq!(average_precision([]), None);
    }

    #[test]
    fn mean_average_precision_leaves_out_queries_without_an_answer() {
        let map = mean_average_precision(&["a", "b", "z"], &["a", "b", "a"], |query| match query {
            0 => vec![0, 2, 1],
            _ => vec![0, 1, 2],
        });
        assert_eq!(map, Some((1.0 + 0.5) / 2.0));
        assert_eq!(mean_average_precision(&["z"], &["a"], |_| vec![0]), None);
    }

    #[test]
    fn recall_counts_answers_within_k() {
        let places = [0, 1, 2, 5];
        assert_eq!(
            [1, 2, 3, 6].map(|k| recall_at_k(&places, k).unwrap()),
            [0.25, 0.5, 0.75, 1.0]
        );
        assert_eq!(recall_at_k(&[], 1), None);
    }

    #[test]
    fn equal_scores_place_the_answer_in_their_middle() {
        assert_eq!(place_of(&[0.5; 15], 0), Some(7));
        assert_eq!(place_of(&[0.9, 0.1, 0.95], 0), Some(1));
        assert_eq!(place_of(&[f32::NAN, 0.1], 0), Some(1));
        assert_eq!(place_of(&[], 0), None);
    }

    #[test]
    fn the_split_leaves_out_rare_labels_and_is_the_same_for_the_same_seed() {
        let labels = (0..200)
            .map(|i| (i % 10 != 9).then_some(if i < 190 { 1 } else { 2 }))
            .collect::<Vec<_>>();
        let split = split_one_to_nine(&labels, 10, 0);
        assert_eq!((split.queries.len(), split.database.len()), (18, 153));
        assert!(
            split
                .queries
                .iter()
                .chain(&split.database)
                .all(|&photo| photo < 190 && photo % 10 != 9)
        );
        assert_eq!(split, split_one_to_nine(&labels, 10, 0));
        assert_ne!(split, split_one_to_nine(&labels, 10, 1));
    }

    #[test]
    fn a_template_has_one_answer_and_wrong_photos_that_share_the_other_label() {
        let colour = (0..200u32).map(|i| Some(i % 4)).collect::<Vec<_>>();
        let shape = (0..200u32).map(|i| Some(i / 4 % 5)).collect::<Vec<_>>();
        let templates = draw_templates(&colour, &[&shape], 15, 50, 0);
        assert_eq!(templates.len(), 50);
        for template in &templates {
            let of = |labels: &[Option<u32>], photo: u32| labels[photo as usize];
            assert_eq!(template.gallery.len(), 15);
            assert_ne!(template.gallery[0], template.query);
            for (place, &photo) in template.gallery.iter().enumerate() {
                assert_eq!(of(&colour, photo) == of(&colour, template.query), place == 0);
                assert!(place == 0 || of(&shape, photo) == of(&shape, template.query));
            }
        }
        assert!(draw_templates(&[Some(1); 30], &[], 15, 5, 0).is_empty());
        assert!(draw_templates(&[None; 30], &[], 15, 5, 0).is_empty());
    }

    #[test]
    fn accuracy_is_the_share_of_right_answers() {
        assert_eq!(accuracy(&[1, 2, 3, 4], &[1, 2, 0, 0]), Some(0.5));
        assert_eq!(accuracy::<u8>(&[], &[]), None);
    }
}
