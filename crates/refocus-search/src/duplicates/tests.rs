use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use refocus_model::vector_math::{add_scaled, normalise_or_clear};
use refocus_model::{EncodingError, LikenessBounds};

use super::*;
use crate::rows::{EncodingRows, Gallery, Part};
use crate::work::Work;

const DIM: usize = 64;

/// A model whose encodings are plain vectors in f32.
struct Plain;

impl EncodingRows for Plain {
    fn bytes_per_photo(&self) -> usize {
        4 * DIM
    }

    fn check(&self, _: &[u8]) -> Result<(), EncodingError> {
        Ok(())
    }

    fn plain_dim(&self) -> usize {
        DIM
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        for (out, value) in out.iter_mut().zip(row.as_chunks::<4>().0) {
            *out = f32::from_le_bytes(*value);
        }
    }

    fn likeness_bounds(&self) -> LikenessBounds {
        LikenessBounds {
            copy: 0.9,
            cosine: 0.9,
            burst: 0.7,
            burst_cosine: 0.7,
        }
    }

    fn factor_dim(&self) -> usize {
        0
    }

    fn text_factors(&self, _: &[u8], _: Part, _: &mut [f32]) {}

    fn text_dim(&self) -> usize {
        0
    }

    fn lift(&self) -> &[f32] {
        &[]
    }
}

/// Unit vectors of random pictures.
struct Pictures(ChaCha8Rng);

impl Pictures {
    fn new() -> Self {
        Self(ChaCha8Rng::seed_from_u64(3))
    }

    fn another(&mut self) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..DIM).map(|_| self.0.random::<f32>() - 0.5).collect();
        normalise_or_clear(&mut vector);
        vector
    }

    /// One with about this cosine to another.
    fn like(&mut self, other: &[f32], cosine: f32) -> Vec<f32> {
        let mut away = self.another();
        let along: f32 = away.iter().zip(other).map(|(a, b)| a * b).sum();
        add_scaled(&mut away, -along, other);
        normalise_or_clear(&mut away);
        let mut vector: Vec<f32> = other.iter().map(|value| value * cosine).collect();
        add_scaled(&mut vector, (1.0 - cosine * cosine).sqrt(), &away);
        vector
    }
}

fn bytes(vectors: &[Vec<f32>]) -> Vec<u8> {
    vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect()
}

fn undated(count: u32) -> Vec<AlikePhoto> {
    (0..count).map(|photo| AlikePhoto { photo, taken: None }).collect()
}

fn at(photo: u32, ms: i64) -> AlikePhoto {
    let taken = Some(Moment { camera: 1, ms });
    AlikePhoto { photo, taken }
}

fn groups_of(vectors: &[Vec<f32>], photos: &[AlikePhoto]) -> Vec<AlikeGroup> {
    let bytes = bytes(vectors);
    let gallery = Gallery::new(&Plain, &bytes, None).unwrap();
    let mut index = AlikeIndex::new(&Plain);
    index.add(&gallery, photos, Work::default()).unwrap();
    index.groups(&gallery)
}

#[test]
fn copies_are_one_group_and_other_pictures_none() {
    let mut pictures = Pictures::new();
    let mut vectors: Vec<Vec<f32>> = (0..300).map(|_| pictures.another()).collect();
    let (first, second) = (vectors[10].clone(), vectors[20].clone());
    vectors.push(pictures.like(&first, 0.97));
    vectors.push(pictures.like(&second, 0.95));
    vectors.push(pictures.like(&first, 0.97));
    let groups = groups_of(&vectors, &undated(303));
    let photos: Vec<_> = groups.iter().map(|group| group.photos.clone()).collect();
    assert_eq!(photos, [vec![10, 300, 302], vec![20, 301]]);
    assert!(groups.iter().all(|group| group.kind == AlikeKind::Same));
    assert!((groups[1].weakest - 0.95).abs() < 1e-3);
}

#[test]
fn a_slow_change_does_not_become_one_group() {
    let mut pictures = Pictures::new();
    let mut vectors = vec![pictures.another()];
    for step in 0..30 {
        let next = pictures.like(&vectors[step], 0.94);
        vectors.push(next);
    }
    let bytes = bytes(&vectors);
    let gallery = Gallery::new(&Plain, &bytes, None).unwrap();
    let mut index = AlikeIndex::new(&Plain);
    index.add(&gallery, &undated(31), Work::default()).unwrap();
    let groups = index.groups(&gallery);
    assert!(groups.len() > 5);
    for group in groups {
        for a in &group.photos {
            for b in group.photos.iter().filter(|b| *b != a) {
                assert!(index.alike(&gallery, *a, *b).is_some(), "{a} and {b}");
            }
        }
    }
}

#[test]
fn shots_within_seconds_need_to_be_less_alike() {
    let mut pictures = Pictures::new();
    let first = pictures.another();
    let vectors = [first.clone(), pictures.like(&first, 0.8), pictures.like(&first, 0.8)];
    let soon = [at(0, 5_000), at(1, 6_500), at(2, 900_000)];
    let groups = groups_of(&vectors, &soon);
    assert_eq!((groups.len(), groups[0].kind), (1, AlikeKind::Burst));
    assert_eq!(groups[0].photos, [0, 1]);
    let mut of_another = soon;
    of_another[1].taken = Some(Moment { camera: 2, ms: 6_500 });
    assert_eq!(groups_of(&vectors, &of_another), []);
}

#[test]
fn photos_of_one_second_are_not_called_a_burst() {
    let mut pictures = Pictures::new();
    let first = pictures.another();
    let vectors = [first.clone(), pictures.like(&first, 0.97)];
    assert_eq!(
        groups_of(&vectors, &[at(0, 5_000), at(1, 5_000)])[0].kind,
        AlikeKind::Same
    );
}

#[test]
fn what_is_added_and_removed_bit_by_bit_gives_what_comparing_all_anew_gives() {
    let mut pictures = Pictures::new();
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    for number in 0..600 {
        let next = match number % 5 {
            0..=2 => pictures.another(),
            4 => pictures.like(&vectors[number / 2].clone(), 0.93),
            _ => pictures.like(&vectors[number - 1].clone(), 0.8),
        };
        vectors.push(next);
    }
    let photos: Vec<AlikePhoto> = (0..600).map(|photo| at(photo, i64::from(photo) * 2_000)).collect();
    let bytes = bytes(&vectors);
    let gallery = Gallery::new(&Plain, &bytes, None).unwrap();
    let one_thread = Work {
        threads: 1,
        ..Work::default()
    };
    let mut index = AlikeIndex::new(&Plain);
    for (number, part) in photos.chunks(70).enumerate() {
        index.add(&gallery, part, one_thread).unwrap();
        index.remove((number * 31) as u32);
        // Again, and once more what is there.
        index
            .add(&gallery, &photos[number * 31..=number * 31], one_thread)
            .unwrap();
        index.add(&gallery, part, one_thread).unwrap();
    }
    for photo in (0..600).step_by(7) {
        index.remove(photo);
    }
    let mut anew = AlikeIndex::new(&Plain);
    let left: Vec<AlikePhoto> = photos.iter().filter(|photo| photo.photo % 7 != 0).copied().collect();
    anew.add(&gallery, &left, Work::default()).unwrap();
    assert_eq!(index.len(), left.len());
    assert_eq!(index.groups(&gallery), anew.groups(&gallery));
    assert!(anew.groups(&gallery).len() > 50);
}

#[test]
fn a_job_that_became_stale_adds_nothing() {
    let mut pictures = Pictures::new();
    let vectors: Vec<Vec<f32>> = (0..50).map(|_| pictures.another()).collect();
    let bytes = bytes(&vectors);
    let gallery = Gallery::new(&Plain, &bytes, None).unwrap();
    let mut index = AlikeIndex::new(&Plain);
    let stale = Work {
        threads: 2,
        stale: &|| true,
    };
    assert!(index.add(&gallery, &undated(50), stale).is_none());
    assert!(index.is_empty() && index.groups(&gallery).is_empty());
}

#[test]
fn what_is_not_encoded_is_not_compared() {
    let mut pictures = Pictures::new();
    let first = pictures.another();
    let bytes = bytes(&[first.clone(), first.clone(), first]);
    let encoded = [true, false, true];
    let gallery = Gallery::new(&Plain, &bytes, Some(&encoded)).unwrap();
    let mut index = AlikeIndex::new(&Plain);
    index.add(&gallery, &undated(3), Work::default()).unwrap();
    assert_eq!(index.groups(&gallery)[0].photos, [0, 2]);
}
