//! Photos that are nearly the same: copies, other sizes, edited versions, shots of one burst.
//!
//! Two photos are near-duplicates where their bytes are equal, where their names in one folder say that they are one burst or
//! versions of one picture ([`fold_key`]), or where their plain vectors are as good as parallel. All pairs
//! of a large library would be too many to look at, so the plain vectors are first sorted into buckets by the signs of
//! random projections (Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002): vectors that are
//! nearly parallel share nearly all signs, so they share a bucket in at least one of a few tables.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use refocus_media::companions::fold_key;

use crate::rows::Rows;
use crate::search::FOLDED;
use refocus_search::Gallery;

/// Cosine of the plain vectors from which two photos count as the same picture. Measured with the built-in model: of copies
/// of small photos that were scaled to 60 %, cropped, mirrored or strongly compressed more than half lie above, of copies that
/// were made a little brighter all; of 189 photos of the same kinds of things only two shots of the same fruits do.
const SAME: f32 = 0.9;
/// Signs a bucket is named by, and tables of buckets: a pair at the bound is missed once in 15 times, one at 0.95 hardly ever.
const SIGNS: usize = 12;
const TABLES: usize = 16;
/// A bucket with more photos than this is compared only between neighbours in it; it holds a large burst, or photos of
/// nothing at all.
const NEIGHBOURS: usize = 256;
/// Photos between two looks at whether the search is still wanted.
const BLOCK: usize = 1024;

/// The near-duplicates of a library, kept until the library changes.
#[derive(Default)]
pub(super) struct NearDuplicates {
    version: Option<u64>,
    near: Arc<Neighbours>,
}

/// The near-duplicates of each photo that has any.
#[derive(Debug, Default)]
pub(super) struct Neighbours(HashMap<u32, Vec<u32>>);

impl NearDuplicates {
    /// The near-duplicates of the library in this version; `None` if the job became stale.
    pub(super) fn of(
        &mut self,
        gallery: &Gallery<'_>,
        rows: &Rows,
        version: u64,
        stale: &dyn Fn() -> bool,
    ) -> Option<Arc<Neighbours>> {
        if self.version != Some(version) {
            self.near = Arc::new(Neighbours::find(gallery, rows, stale)?);
            self.version = Some(version);
        }
        Some(Arc::clone(&self.near))
    }
}

impl Neighbours {
    fn find(gallery: &Gallery<'_>, rows: &Rows, stale: &dyn Fn() -> bool) -> Option<Self> {
        let dim = gallery.model().plain_dim();
        let mut vectors = vec![0.0; gallery.len() * dim];
        for (photo, vector) in vectors.chunks_exact_mut(dim.max(1)).enumerate() {
            if let Some(encoding) = gallery.encoding(photo) {
                gallery.model().plain(encoding, vector);
            }
        }
        let vector = |photo: u32| {
            vectors
                .get(photo as usize * dim..(photo as usize + 1) * dim)
                .unwrap_or_default()
        };
        let mut near = Self::default();
        let mut by_content: HashMap<[u8; 32], Vec<u32>> = HashMap::new();
        for (number, row) in (0u32..).zip(rows.iter()).filter(|(_, row)| !row.gone) {
            by_content.entry(row.hash).or_default().push(number);
        }
        for bucket in by_content.into_values() {
            near.compare(&bucket, |_, _| true);
        }
        near.compare_names(rows);
        let mut random = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..TABLES {
            // The sum of a few uniform numbers points in all directions nearly evenly.
            let planes: Vec<f32> = (0..SIGNS * dim)
                .map(|_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
                .collect();
            let mut buckets: HashMap<u32, Vec<u32>> = HashMap::new();
            for photo in 0..gallery.len() as u32 {
                if (photo as usize).is_multiple_of(BLOCK) && stale() {
                    return None;
                }
                if gallery.is_encoded(photo as usize) {
                    buckets.entry(signs(vector(photo), &planes)).or_default().push(photo);
                }
            }
            for bucket in buckets.into_values() {
                if stale() {
                    return None;
                }
                near.compare(&bucket, |a, b| dot(vector(a), vector(b)) >= SAME);
            }
        }
        for neighbours in near.0.values_mut() {
            neighbours.sort_unstable();
            neighbours.dedup();
        }
        Some(near)
    }

    /// Bursts and versions of one picture, by the names that devices and programs give.
    fn compare_names(&mut self, rows: &Rows) {
        let mut by_name: HashMap<(&Path, String), Vec<u32>> = HashMap::new();
        for (number, row) in (0u32..).zip(rows.iter()).filter(|(_, row)| row.is_shown()) {
            if let (Some(folder), Some(key)) = (row.path.parent(), fold_key(&row.path)) {
                by_name.entry((folder, key)).or_default().push(number);
            }
        }
        for bucket in by_name.into_values() {
            self.compare(&bucket, |_, _| true);
        }
    }

    fn compare(&mut self, bucket: &[u32], same: impl Fn(u32, u32) -> bool) {
        for (place, &a) in bucket.iter().enumerate() {
            for &b in bucket.iter().skip(place + 1).take(NEIGHBOURS) {
                if same(a, b) {
                    self.0.entry(a).or_default().push(b);
                    self.0.entry(b).or_default().push(a);
                }
            }
        }
    }

    /// For each entry of an order how many near-duplicates it stands for: what comes first stands for those after it, and
    /// only for photos that are like itself, so that a slowly changing series does not become one photo.
    pub(super) fn fold(&self, order: &[u32]) -> Arc<[u32]> {
        let places: HashMap<u32, usize> = order
            .iter()
            .enumerate()
            .filter(|(_, photo)| self.0.contains_key(photo))
            .map(|(place, &photo)| (photo, place))
            .collect();
        let mut folds = vec![0; order.len()];
        for (place, photo) in order.iter().enumerate() {
            let Some(neighbours) = self.0.get(photo) else { continue };
            if folds.get(place).is_none_or(|&fold| fold == FOLDED) {
                continue;
            }
            let mut count = 0;
            for other in neighbours.iter().filter_map(|other| places.get(other)) {
                if let Some(fold) = folds.get_mut(*other).filter(|fold| **fold == 0 && *other > place) {
                    *fold = FOLDED;
                    count += 1;
                }
            }
            if let Some(fold) = folds.get_mut(place) {
                *fold = count;
            }
        }
        folds.into()
    }
}

fn signs(vector: &[f32], planes: &[f32]) -> u32 {
    planes
        .chunks_exact(vector.len().max(1))
        .fold(0, |signs, plane| signs << 1 | u32::from(dot(vector, plane) > 0.0))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library_index::LibraryIndex;
    use crate::ranking::probe::made_up_file;

    fn neighbours(pairs: &[(u32, u32)]) -> Neighbours {
        let mut near = Neighbours::default();
        for &(a, b) in pairs {
            near.compare(&[a, b], |_, _| true);
        }
        near
    }

    #[test]
    fn what_comes_first_stands_for_its_own_neighbours_only() {
        let near = neighbours(&[(1, 2), (2, 3)]);
        assert_eq!(*near.fold(&[0, 1, 2, 3]), [0, 1, FOLDED, 0]);
        assert_eq!(*near.fold(&[2, 3, 1, 0]), [2, FOLDED, FOLDED, 0]);
        assert_eq!(
            *near.fold(&[3, 0]),
            [0, 0],
            "a neighbour outside the order counts for nothing"
        );
    }

    #[test]
    fn bursts_and_edited_copies_of_one_folder_are_neighbours() {
        let mut index = LibraryIndex::default();
        for (number, path) in [
            "/a/IMG_1234.HEIC",
            "/a/IMG_E1234.JPG",
            "/b/IMG_1234.HEIC",
            "/a/IMG_20190102_030405_BURST001_COVER.jpg",
            "/a/IMG_20190102_030405_BURST002.jpg",
            "/a/IMG_1235.HEIC",
        ]
        .iter()
        .enumerate()
        {
            let mut file = made_up_file(number);
            file.path = path.into();
            index.put(file, None);
        }
        let mut near = Neighbours::default();
        near.compare_names(&index.now.rows);
        assert_eq!(*near.fold(&[0, 1, 2, 3, 4, 5]), [1, FOLDED, 0, 1, FOLDED, 0]);
    }

    #[test]
    fn vectors_at_the_bound_share_a_bucket_nearly_always() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let dim = 128;
        let mut normal = |n: usize| -> Vec<f32> {
            (0..n)
                .map(|_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
                .collect()
        };
        let tables: Vec<Vec<f32>> = (0..TABLES).map(|_| normal(SIGNS * dim)).collect();
        let unit = |v: &[f32]| {
            let length = dot(v, v).sqrt();
            v.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        let mut found = 0;
        for _ in 0..300 {
            let a = unit(&normal(dim));
            let mut away = normal(dim);
            let along = dot(&a, &away);
            away.iter_mut().zip(&a).for_each(|(x, a)| *x -= along * a);
            let away = unit(&away);
            let sine = (1.0 - SAME * SAME).sqrt();
            let b: Vec<f32> = a.iter().zip(&away).map(|(a, w)| SAME * a + sine * w).collect();
            found += usize::from(tables.iter().any(|planes| signs(&a, planes) == signs(&b, planes)));
        }
        assert!(found > 260, "{found} of 300");
    }
}
