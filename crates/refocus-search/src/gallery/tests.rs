use super::*;
use crate::synthetic::{self, Planted};
use crate::{GalleryStatistics, Subspace};

#[test]
fn a_photo_from_outside_is_embedded_like_one_of_the_library() {
    let planted = Planted::new(50);
    let gallery = planted.gallery();
    let condition = synthetic::condition("the shape");
    let statistics = GalleryStatistics::compute(&gallery, condition.part, Work::default()).unwrap();
    let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
    let embedded = ConditionedGallery::build(&gallery, &subspace, Work::default()).unwrap();
    for photo in [0, 13, 49] {
        let outside = embed_outside(&synthetic::Model, &subspace, gallery.encoding(photo).unwrap()).unwrap();
        assert_eq!(outside, embedded.embedding(photo));
    }
    assert!(embed_outside(&synthetic::Model, &subspace, &[0; 3]).is_err());
}

#[test]
fn photos_without_encoding_have_no_evidence_and_broken_ones_none_to_show() {
    let planted = Planted::new(300);
    let mut bytes = planted.bytes;
    bytes[..synthetic::BYTES].copy_from_slice(&synthetic::not_a_number());
    let encoded = (0..300).map(|photo| photo % 7 != 1).collect::<Vec<_>>();
    let gallery = Gallery::new(&synthetic::Model, &bytes, Some(&encoded)).unwrap();
    let condition = synthetic::condition("the colour");
    let statistics = GalleryStatistics::compute(&gallery, condition.part, Work::default()).unwrap();
    let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
    let embedded = ConditionedGallery::build(&gallery, &subspace, Work::default()).unwrap();
    assert_eq!(embedded.evidence(0), Some(0.0));
    assert!(embedded.embedding(0).iter().all(|&v| v == 0.0));
    for (photo, &encoded) in encoded.iter().enumerate() {
        assert_eq!(embedded.evidence(photo).is_some(), encoded);
    }
}

/// Embeddings that are long enough to be kept in int8: the bytes themselves.
struct Wide;

impl ConditionalEmbedder for Wide {
    fn way(&self) -> Way {
        Way::FocusEncoder
    }

    fn dim(&self) -> usize {
        KEPT_EXACTLY + 1
    }

    fn front(&self) -> usize {
        KEPT_EXACTLY / 2
    }

    fn embed_block(&self, encodings: &[u8], out: &mut [f32], evidence: &mut [f32]) {
        for (encoding, out) in encodings
            .chunks_exact(synthetic::BYTES)
            .zip(out.chunks_exact_mut(self.dim()))
        {
            for (out, byte) in out.iter_mut().zip(encoding.iter().cycle()) {
                *out = f32::from(*byte);
            }
        }
        evidence.fill(1.0);
    }

    fn embed_text(&self, _: &[f32]) -> Vec<f32> {
        vec![0.0; self.dim()]
    }
}

#[test]
fn large_values_behind_the_front_do_not_cost_it_its_precision() {
    let row: Vec<f32> = (0..60u8).map(|i| f32::from(i) / 100.0).chain([40.0, 0.0]).collect();
    let (mut values, mut scales) = (vec![0; row.len()], [[0.0; 2]]);
    let pack = Pack {
        rows: &row,
        dim: row.len(),
        front: 60,
        values: &mut values,
        scales: &mut scales,
    };
    pack.call();
    let gallery = ConditionedGallery {
        way: Way::FocusEncoder,
        dim: row.len(),
        front: 60,
        rows: Rows::Int8(values, scales.to_vec()),
        evidence: vec![1.0],
    };
    for (kept, value) in gallery.embedding(0).iter().zip(&row) {
        assert!((kept - value).abs() < 0.59 / 254.0 + 1e-6, "{kept}, not {value}");
    }
    let mut direction = vec![0.0; row.len()];
    direction[59] = 1.0;
    direction[60] = 0.5;
    assert!((gallery.similarity(0, &direction) - (0.59 + 20.0)).abs() < 1e-3);
}

#[test]
fn in_the_memory_of_another_gallery_it_is_the_same() {
    let (planted, fewer) = (Planted::new(300), Planted::new(250));
    let encoded = (0..300).map(|photo| photo % 7 != 1).collect::<Vec<_>>();
    let whole = planted.gallery();
    let some = Gallery::new(&synthetic::Model, &planted.bytes, Some(&encoded)).unwrap();
    let condition = synthetic::condition("the colour");
    let statistics = GalleryStatistics::compute(&whole, condition.part, Work::default()).unwrap();
    let subspace = Subspace::new(&synthetic::Model, &condition, &statistics).unwrap();
    for embedder in [&subspace as &dyn ConditionalEmbedder, &Wide] {
        let mut before = ConditionedGallery::build(&whole, embedder, Work::default());
        let stale = Work {
            threads: 2,
            stale: &|| true,
        };
        assert!(ConditionedGallery::build_in_place_of(&mut before, &some, embedder, stale).is_none());
        assert!(before.is_some());
        for gallery in [some, fewer.gallery(), whole] {
            let again =
                ConditionedGallery::build_in_place_of(&mut before, &gallery, embedder, Work::default()).unwrap();
            assert!(before.is_none());
            let fresh = ConditionedGallery::build(&gallery, embedder, Work::default()).unwrap();
            assert_eq!(again.len(), gallery.len());
            for photo in 0..gallery.len() {
                assert_eq!(again.evidence(photo), fresh.evidence(photo));
                assert_eq!(again.embedding(photo), fresh.embedding(photo));
            }
            before = Some(again);
        }
    }
}
