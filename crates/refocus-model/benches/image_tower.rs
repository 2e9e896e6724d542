//! Speed of the image tower on the CPU; `benches/onnx_image_tower.py` times the same network in ONNX Runtime.
//!
//! `cargo bench -p refocus-model --bench image_tower` prints the time of a batch of eight photos on one thread for each instruction set
//! that the machine has, and of two batches on two threads, as the indexer runs them: one forward a core, shared weights.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to report")]

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refocus_model::image_tower::{ImageTower, ImageTowerConfig};
use refocus_model::ops::{Backend, InstructionSet};

const BATCH: usize = 8;
const ASSET: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../assets/image-tower.safetensors"
));

fn tower(backend: Backend) -> ImageTower {
    let vb = VarBuilder::from_slice_safetensors(ASSET, DType::F32, &Device::Cpu).unwrap();
    ImageTower::with_backend(ImageTowerConfig::lite2(), &vb, backend).unwrap()
}

fn image_tower(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("image tower, batch 8");
    group.sample_size(10);
    let pixels = Tensor::randn(0f32, 0.5, (BATCH, 260, 260, 3), &Device::Cpu).unwrap();
    for set in InstructionSet::available() {
        let tower = tower(Backend::Kernels(set));
        group.throughput(Throughput::Elements(BATCH as u64));
        group.bench_function(format!("{}, one thread", set.name()), |b| {
            b.iter(|| tower.forward(&pixels).unwrap());
        });
        group.throughput(Throughput::Elements(2 * BATCH as u64));
        group.bench_function(format!("{}, two threads", set.name()), |b| {
            b.iter(|| {
                std::thread::scope(|scope| {
                    scope.spawn(|| tower.forward(&pixels).unwrap());
                    tower.forward(&pixels).unwrap();
                });
            });
        });
    }
    group.finish();
}

criterion_group!(benches, image_tower);
criterion_main!(benches);
