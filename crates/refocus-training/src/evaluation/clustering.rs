//! Clusters of unit vectors, and how well clusters agree with labels.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rounds after which k-means has settled for all purposes here.
const MAX_ROUNDS: usize = 100;

/// Spherical k-means: clusters unit vectors (`[n, dim]`) by cosine, seeded as in k-means++. Returns the cluster of each
/// vector. A vector that is not finite goes to the first cluster.
#[must_use]
pub fn spherical_k_means(vectors: &[f32], dim: usize, clusters: usize, seed: u64) -> Vec<u32> {
    if dim == 0 || clusters == 0 || vectors.len() < dim {
        return Vec::new();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut centres = first_centres(vectors, dim, clusters, &mut rng);
    let mut assigned = vec![u32::MAX; vectors.len() / dim];
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        for (vector, assigned) in vectors.chunks_exact(dim).zip(&mut assigned) {
            let nearest = nearest(vector, &centres, dim);
            changed |= nearest != *assigned;
            *assigned = nearest;
        }
        if !changed {
            break;
        }
        move_centres(vectors, dim, &assigned, &mut centres);
    }
    assigned
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn nearest(vector: &[f32], centres: &[f32], dim: usize) -> u32 {
    let mut best = (f32::NEG_INFINITY, 0);
    for (index, centre) in (0u32..).zip(centres.chunks_exact(dim)) {
        let similarity = cosine(vector, centre);
        if similarity > best.0 {
            best = (similarity, index);
        }
    }
    best.1
}

fn first_centres(vectors: &[f32], dim: usize, clusters: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let n = vectors.len() / dim;
    let row = |index: usize| vectors.get(index * dim..(index + 1) * dim).unwrap_or(&[]);
    let mut centres = row(rng.random_range(0..n)).to_vec();
    let mut distances = vec![f32::INFINITY; n];
    while centres.len() < clusters * dim {
        let last = centres.get(centres.len() - dim..).unwrap_or(&[]);
        let mut total = 0.0;
        for (vector, distance) in vectors.chunks_exact(dim).zip(&mut distances) {
            let new = (1.0 - cosine(vector, last)).max(0.0);
            *distance = if new.is_finite() { distance.min(new) } else { 0.0 };
            total += f64::from(*distance);
        }
        let mut left = rng.random_range(0.0..1.0) * total;
        let chosen = distances
            .iter()
            .position(|&distance| {
                left -= f64::from(distance);
                left < 0.0
            })
            // All vectors are centres already.
            .unwrap_or_else(|| rng.random_range(0..n));
        centres.extend_from_slice(row(chosen));
    }
    centres
}

fn move_centres(vectors: &[f32], dim: usize, assigned: &[u32], centres: &mut [f32]) {
    let mut sums = vec![0f32; centres.len()];
    for (vector, &cluster) in vectors.chunks_exact(dim).zip(assigned) {
        let start = cluster as usize * dim;
        if let Some(sum) = sums.get_mut(start..start + dim)
            && vector.iter().all(|v| v.is_finite())
        {
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
    }
    for (centre, sum) in centres.chunks_exact_mut(dim).zip(sums.chunks_exact(dim)) {
        let norm = cosine(sum, sum).sqrt();
        // A cluster that lost all its vectors stays where it is.
        if norm > 0.0 {
            centre
                .iter_mut()
                .zip(sum)
                .for_each(|(centre, sum)| *centre = sum / norm);
        }
    }
}

/// How often each pair of cluster and label occurs: `[clusters, labels]`, row-major, with both numbers. Clusters and
/// labels are numbered from 0; pairs beyond the shorter of the two lists are left out.
fn contingency(clusters: &[u32], labels: &[u32]) -> (Vec<f64>, usize, usize) {
    let size = |values: &[u32]| values.iter().max().map_or(0, |&max| max as usize + 1);
    let (rows, columns) = (size(clusters), size(labels));
    let mut table = vec![0.0; rows * columns];
    for (&cluster, &label) in clusters.iter().zip(labels) {
        table[cluster as usize * columns + label as usize] += 1.0;
    }
    (table, rows, columns)
}

/// Share of photos that are right when clusters are named by labels, one to one, in the best way (Hungarian method).
/// `None` without photos.
#[must_use]
pub fn cluster_accuracy(clusters: &[u32], labels: &[u32]) -> Option<f64> {
    let n = clusters.len().min(labels.len());
    let (table, rows, columns) = contingency(clusters, labels);
    if n == 0 || table.is_empty() {
        return None;
    }
    let size = rows.max(columns);
    let mut cost = vec![0.0; size * size];
    for (row, counts) in table.chunks_exact(columns).enumerate() {
        for (column, count) in counts.iter().enumerate() {
            cost[row * size + column] = -count;
        }
    }
    let matched = assign(&cost, size);
    let right = matched
        .iter()
        .enumerate()
        .map(|(row, &column)| -cost[row * size + column])
        .sum::<f64>();
    Some(right / n as f64)
}

/// The assignment of rows to columns of a `[size, size]` cost matrix with the least total cost: for each row its column
/// (Hungarian method with potentials, O(size³)).
#[must_use]
pub fn assign(cost: &[f64], size: usize) -> Vec<usize> {
    if size == 0 || cost.len() != size * size {
        return Vec::new();
    }
    // Row and column 0 stand for "none"; `row_of[c]` is the row matched to column `c`.
    let (mut row_potential, mut column_potential) = (vec![0.0; size + 1], vec![0.0; size + 1]);
    let (mut row_of, mut previous) = (vec![0usize; size + 1], vec![0usize; size + 1]);
    for row in 1..=size {
        row_of[0] = row;
        let mut column = 0;
        let (mut least, mut used) = (vec![f64::INFINITY; size + 1], vec![false; size + 1]);
        while row_of[column] != 0 {
            used[column] = true;
            let current = row_of[column];
            let (mut delta, mut next) = (f64::INFINITY, 0);
            for candidate in 1..=size {
                if used[candidate] {
                    continue;
                }
                let reduced =
                    cost[(current - 1) * size + candidate - 1] - row_potential[current] - column_potential[candidate];
                if reduced < least[candidate] {
                    (least[candidate], previous[candidate]) = (reduced, column);
                }
                if least[candidate] < delta || next == 0 {
                    (delta, next) = (least[candidate], candidate);
                }
            }
            for candidate in 0..=size {
                if used[candidate] {
                    row_potential[row_of[candidate]] += delta;
                    column_potential[candidate] -= delta;
                } else {
                    least[candidate] -= delta;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[previous[column]];
            column = previous[column];
        }
    }
    let mut columns = vec![0; size];
    for (column, &row) in row_of.iter().enumerate().skip(1) {
        columns[row - 1] = column - 1;
    }
    columns
}

/// Normalised mutual information of clusters and labels, 0 to 1: mutual information over the arithmetic mean of the two
/// entropies; 1 if both are a single set. `None` without photos.
#[must_use]
pub fn normalised_mutual_information(clusters: &[u32], labels: &[u32]) -> Option<f64> {
    let n = clusters.len().min(labels.len()) as f64;
    let (table, _, columns) = contingency(clusters, labels);
    if n == 0.0 || table.is_empty() {
        return None;
    }
    let rows = table
        .chunks_exact(columns)
        .map(|row| row.iter().sum::<f64>())
        .collect::<Vec<_>>();
    let sums = (0..columns)
        .map(|column| table.iter().skip(column).step_by(columns).sum::<f64>())
        .collect::<Vec<_>>();
    let entropy = |counts: &[f64]| {
        -counts
            .iter()
            .filter(|c| **c > 0.0)
            .map(|c| c / n * (c / n).ln())
            .sum::<f64>()
    };
    let mut information = 0.0;
    for (row, row_sum) in table.chunks_exact(columns).zip(&rows) {
        for (count, column_sum) in row.iter().zip(&sums) {
            if *count > 0.0 {
                information += count / n * (n * count / (row_sum * column_sum)).ln();
            }
        }
    }
    let mean_entropy = f64::midpoint(entropy(&rows), entropy(&sums));
    Some(if mean_entropy > 0.0 {
        (information / mean_entropy).clamp(0.0, 1.0)
    } else {
        1.0
    })
}

/// Share of photos that have the most frequent label of their cluster. `None` without photos.
#[must_use]
pub fn purity(clusters: &[u32], labels: &[u32]) -> Option<f64> {
    let n = clusters.len().min(labels.len());
    let (table, _, columns) = contingency(clusters, labels);
    if n == 0 || table.is_empty() {
        return None;
    }
    Some(
        table
            .chunks_exact(columns)
            .map(|row| row.iter().copied().fold(0.0, f64::max))
            .sum::<f64>()
            / n as f64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assignment_is_the_cheapest_of_all() {
        // By hand: 0→1 (2), 1→0 (3), 2→2 (2) = 7; every other assignment costs more.
        let cost = [4.0, 2.0, 8.0, 3.0, 3.0, 7.0, 4.0, 6.0, 2.0];
        assert_eq!(assign(&cost, 3), [1, 0, 2]);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..50 {
            let cost = (0..16).map(|_| rng.random_range(0.0..1.0)).collect::<Vec<f64>>();
            let total = |columns: &[usize]| columns.iter().enumerate().map(|(r, c)| cost[r * 4 + c]).sum::<f64>();
            let mut least = f64::INFINITY;
            for code in 0..256 {
                let columns = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3];
                if (0..4).all(|c| columns.contains(&c)) {
                    least = least.min(total(&columns));
                }
            }
            assert!((total(&assign(&cost, 4)) - least).abs() < 1e-12);
        }
        assert!(assign(&[], 0).is_empty() && assign(&[1.0], 2).is_empty());
    }

    #[test]
    fn cluster_accuracy_does_not_depend_on_the_names_of_clusters() {
        let labels = [0, 0, 0, 1, 1, 1, 2, 2];
        assert_eq!(cluster_accuracy(&[2, 2, 2, 0, 0, 0, 1, 1], &labels), Some(1.0));
        assert_eq!(cluster_accuracy(&[0; 8], &labels), Some(3.0 / 8.0));
        assert_eq!(cluster_accuracy(&[0, 0, 1, 1, 1, 1, 2, 2], &labels), Some(7.0 / 8.0));
        // More clusters than labels: the surplus counts as wrong.
        assert_eq!(cluster_accuracy(&[0, 1, 2, 3], &[0, 0, 1, 1]), Some(0.5));
        assert_eq!(cluster_accuracy(&[], &[]), None);
    }

    #[test]
    fn mutual_information_and_purity_are_those_computed_by_hand() {
        let labels = [0, 0, 1, 1];
        assert!((normalised_mutual_information(&[1, 1, 0, 0], &labels).unwrap() - 1.0).abs() < 1e-12);
        assert!(normalised_mutual_information(&[0, 1, 0, 1], &labels).unwrap().abs() < 1e-12);
        assert_eq!(normalised_mutual_information(&[0; 4], &[0; 4]), Some(1.0));
        // Clusters {0,1,2},{3} against {0,1},{2,3}: I = 0.2157615543, entropies 0.5623351446 and 0.6931471806.
        let nmi = normalised_mutual_information(&[0, 0, 0, 1], &labels).unwrap();
        assert!((nmi - 0.343_711_9).abs() < 1e-4, "{nmi}");
        assert_eq!(purity(&[0, 0, 0, 1], &labels), Some(0.75));
        assert_eq!(purity(&[], &[]), None);
    }

    #[test]
    fn k_means_recovers_planted_clusters_and_repeats_itself() {
        let (dim, planted) = (16, 4);
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let (mut vectors, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            let label = rng.random_range(0..planted);
            let mut vector = (0..dim).map(|_| rng.random_range(-0.1f32..0.1)).collect::<Vec<_>>();
            vector[label * 3] += 1.0;
            let norm = cosine(&vector, &vector).sqrt();
            vectors.extend(vector.iter().map(|v| v / norm));
            labels.push(label as u32);
        }
        let best = (0..5)
            .map(|seed| cluster_accuracy(&spherical_k_means(&vectors, dim, planted, seed), &labels).unwrap())
            .fold(0.0, f64::max);
        assert_eq!(best, 1.0);
        assert_eq!(
            spherical_k_means(&vectors, dim, 4, 3),
            spherical_k_means(&vectors, dim, 4, 3)
        );
    }

    #[test]
    fn k_means_survives_equal_vectors_and_what_is_no_number() {
        assert_eq!(spherical_k_means(&[1.0; 20], 2, 4, 0).len(), 10);
        assert_eq!(spherical_k_means(&[f32::NAN; 20], 2, 4, 0), vec![0; 10]);
        assert!(spherical_k_means(&[], 2, 4, 0).is_empty());
        assert!(spherical_k_means(&[1.0], 0, 4, 0).is_empty());
    }
}
