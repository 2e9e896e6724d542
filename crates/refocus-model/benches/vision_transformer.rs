//! Speed of the vision transformer on the CPU, ViT-B/32 with random weights; `benches/onnx_vision_transformer.py` times the
//! same network in ONNX Runtime.
//!
//! `cargo bench -p refocus-model --bench vision_transformer` prints the time of a batch of eight pictures on one thread, and of two batches on
//! two threads, as the indexer runs them: one forward a core, shared weights.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to report")]

use candle_core::{Device, Tensor};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refocus_model::ModelError;
use refocus_model::clip::config::{Activation, Pooling, StackConfig, VisionConfig};
use refocus_model::clip::parameters::Parameters;
use refocus_model::clip::vision_transformer::VisionTransformer;
use refocus_model::device::single_threaded_products;

const BATCH: usize = 8;

/// CLIP's ViT-B/32.
const CONFIG: VisionConfig = VisionConfig {
    stack: StackConfig {
        width: 768,
        layers: 12,
        heads: 12,
        mlp: 3072,
        activation: Activation::QuickGelu,
        norm_epsilon: 1e-5,
    },
    image_side: 224,
    patch_side: 32,
    any_shape: false,
    pooling: Pooling::ClassToken { projection: 512 },
};

struct Random;

impl Parameters for Random {
    fn get(&self, _: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        Ok(Tensor::randn(0f32, 0.02, shape, &Device::Cpu)?)
    }
}

fn vision_transformer(criterion: &mut Criterion) {
    single_threaded_products();
    let tower = VisionTransformer::new(CONFIG, &Random).unwrap();
    let side = CONFIG.grid_side();
    let patches = Tensor::randn(0f32, 1.0, (BATCH, side * side, CONFIG.patch_values()), &Device::Cpu).unwrap();
    let forward = || tower.forward(&patches, (side, side), None).unwrap();
    let mut group = criterion.benchmark_group("ViT-B/32, f32, batch 8");
    group.sample_size(10);
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("one thread", |b| b.iter(forward));
    group.throughput(Throughput::Elements(2 * BATCH as u64));
    group.bench_function("two threads", |b| {
        b.iter(|| {
            std::thread::scope(|scope| {
                scope.spawn(forward);
                forward();
            });
        });
    });
    group.finish();
}

criterion_group!(benches, vision_transformer);
criterion_main!(benches);
