//! What a ranking costs, for libraries of 10,000 and 100,000 photos with the built-in model's shapes: an int8 encoding
//! of 2,800 bytes, plain vectors of 128, text factors of 160, text vectors of 384.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark whose set-up fails has nothing to measure"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use refocus_search::{
    BankWords, Condition, ConditionedGallery, EncodingRows, Focus, FocusError, Gallery, GalleryStatistics, Instruction,
    Part, Query, Reference, ReferencePhoto, Subspace, TextEmbedder, ValueWordReader, WordBank, Work, group_photos,
    rank,
};
use std::hint::black_box;

const TEXT_DIM: usize = 384;
const FACTOR_DIM: usize = 160;
const PLAIN_DIM: usize = 128;
const BYTES: usize = 2800;

/// Random encodings read as the built-in model reads its own: int8 values, scaled to unit length.
struct Model {
    lift: Vec<f32>,
}

fn read_unit(bytes: &[u8], out: &mut [f32]) {
    let mut squares = 0i32;
    for (out, &byte) in out.iter_mut().zip(bytes) {
        let value = i32::from(byte as i8);
        squares += value * value;
        *out = value as f32;
    }
    let scale = 1.0 / (squares.max(1) as f32).sqrt();
    out.iter_mut().for_each(|value| *value *= scale);
}

impl EncodingRows for Model {
    fn check(&self, _row: &[u8]) -> Result<(), refocus_model::EncodingError> {
        Ok(())
    }

    fn bytes_per_photo(&self) -> usize {
        BYTES
    }

    fn plain_dim(&self) -> usize {
        PLAIN_DIM
    }

    fn plain(&self, row: &[u8], out: &mut [f32]) {
        read_unit(&row[..PLAIN_DIM], out);
    }

    fn factor_dim(&self) -> usize {
        FACTOR_DIM
    }

    fn text_factors(&self, row: &[u8], part: Part, out: &mut [f32]) {
        let start = if part == Part::Foreground {
            PLAIN_DIM
        } else {
            PLAIN_DIM + FACTOR_DIM
        };
        read_unit(&row[start..start + FACTOR_DIM], out);
    }

    fn text_dim(&self) -> usize {
        TEXT_DIM
    }

    fn lift(&self) -> &[f32] {
        &self.lift
    }
}

/// A text's vector is the mean of its words' random ones.
struct Words;

impl TextEmbedder for Words {
    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, FocusError> {
        let mut out = Vec::with_capacity(texts.len() * TEXT_DIM);
        for text in texts {
            let mut vector = vec![1e-6f32; TEXT_DIM];
            for word in text.split_whitespace() {
                let seed = word
                    .bytes()
                    .fold(7u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                vector
                    .iter_mut()
                    .for_each(|value| *value += rng.random_range(-1.0f32..1.0));
            }
            let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
            out.extend(vector.iter().map(|v| v / norm));
        }
        Ok(out)
    }
}

fn ranking(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let model = Model {
        lift: (0..TEXT_DIM * FACTOR_DIM)
            .map(|_| rng.random_range(-0.1f32..0.1))
            .collect(),
    };
    let bank = WordBank::build(BankWords::built_in().unwrap(), &Words, TEXT_DIM, |_, _| true).unwrap();
    let instruction = Instruction::parse("the colour and the material");
    let vectors = Words.embed(&instruction.texts()).unwrap();
    criterion.bench_function("condition, two aspects", |bencher| {
        bencher.iter(|| Condition::new(&bank, &model, &instruction, black_box(&vectors), None).unwrap());
    });
    let condition = Condition::new(&bank, &model, &instruction, &vectors, None).unwrap();
    let work = Work {
        threads: 2,
        ..Work::default()
    };

    let mut group = criterion.benchmark_group("photos");
    group.sample_size(20);
    for photos in [10_000, 100_000] {
        let mut bytes = vec![0u8; photos * BYTES];
        for row in bytes.chunks_exact_mut(BYTES) {
            rng.fill(&mut row[..PLAIN_DIM + 2 * FACTOR_DIM]);
        }
        let gallery = Gallery::new(&model, &bytes, None).unwrap();
        let id = |name: &str| BenchmarkId::new(name.to_owned(), photos);
        group.bench_function(id("gallery statistics"), |bencher| {
            bencher.iter(|| GalleryStatistics::compute(&gallery, condition.part, work).unwrap());
        });
        let statistics = GalleryStatistics::compute(&gallery, condition.part, work).unwrap();
        let subspace = Subspace::new(&model, &condition, &statistics).unwrap();
        let references = [Reference {
            source: ReferencePhoto::Photo(7),
            positive: true,
        }];
        group.bench_function(id("new instruction"), |bencher| {
            bencher.iter(|| {
                let subspace = Subspace::new(&model, &condition, &statistics).unwrap();
                let embedded = ConditionedGallery::build(&gallery, &subspace, work).unwrap();
                let focus = Focus {
                    embedder: &subspace,
                    gallery: &embedded,
                };
                let query = Query {
                    references: &references,
                    focus: Some(focus),
                    ..Query::default()
                };
                rank(&gallery, black_box(&query), work).unwrap()
            });
        });
        let embedded = ConditionedGallery::build(&gallery, &subspace, work).unwrap();
        let focus = Focus {
            embedder: &subspace,
            gallery: &embedded,
        };
        let query = Query {
            references: &references,
            focus: Some(focus),
            ..Query::default()
        };
        group.bench_function(id("new reference"), |bencher| {
            bencher.iter(|| rank(&gallery, black_box(&query), work).unwrap());
        });
        group.bench_function(id("groups"), |bencher| {
            bencher.iter(|| {
                let reader = ValueWordReader::new(&condition, &embedded).unwrap();
                group_photos(&reader, &embedded, None, work).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, ranking);
criterion_main!(benches);
