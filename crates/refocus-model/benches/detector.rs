//! Speed of the detector on the CPU.
//!
//! `cargo bench -p refocus-model --bench detector` prints the time of a batch of eight photos on one thread (squashing to the
//! square not counted) for each instruction set that the machine has and for several sides of the square, and that of squashing one.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to report")]

use candle_core::Device;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refocus_model::detector::Detector;
use refocus_model::ops::{Backend, InstructionSet};
use refocus_model::{PictureView, Prepared};

const BATCH: usize = 8;
const SIDES: [u32; 4] = [416, 384, 352, 320];
/// Width and height of the photo.
const PHOTO: (u32, u32) = (832, 624);

/// Waves of several lengths: what is in the picture does not change the time, but for the boxes that are compared.
fn photo() -> Vec<u8> {
    let (width, height) = PHOTO;
    let value = |i: u32| {
        let (x, y) = ((i / 3 % width) as f32, (i / 3 / width) as f32);
        127.0 + 60.0 * (x / 31.0).sin() + 60.0 * (y / (17.0 + (i % 3) as f32)).cos()
    };
    (0..width * height * 3).map(|i| value(i) as u8).collect()
}

fn prepared(detector: &Detector, pixels: &[u8]) -> Prepared {
    detector
        .prepare(PictureView::new(PHOTO.0, PHOTO.1, pixels).unwrap())
        .unwrap()
}

fn detector(criterion: &mut Criterion) {
    let pixels = photo();
    let mut group = criterion.benchmark_group("detector, batch 8, one thread");
    group.sample_size(10);
    group.throughput(Throughput::Elements(BATCH as u64));
    for set in InstructionSet::available() {
        for side in SIDES {
            let detector = Detector::with_path(&Device::Cpu, Backend::Kernels(set), side).unwrap();
            let batch: Vec<Prepared> = (0..BATCH).map(|_| prepared(&detector, &pixels)).collect();
            group.bench_function(format!("{}, {side} pixels", set.name()), |b| {
                b.iter(|| detector.detect(&batch).unwrap());
            });
        }
    }
    group.finish();
    let detector = Detector::built_in(&Device::Cpu).unwrap();
    criterion.bench_function("squash a photo for the detector", |b| {
        b.iter(|| prepared(&detector, &pixels));
    });
}

criterion_group!(benches, detector);
criterion_main!(benches);
