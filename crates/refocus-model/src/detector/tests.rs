//! Parity with the parent's own graph: fixtures in `tests/fixtures/detector/`.

use serde::Deserialize;

use super::network::{Level, VALUES};
use super::*;
use crate::ops::InstructionSet;

#[derive(Deserialize)]
struct Reference {
    side: usize,
    scores: Vec<Output>,
    boxes: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    shape: [usize; 2],
    mean: f32,
    std: f32,
    samples: Vec<(usize, f32)>,
}

fn references() -> Vec<Reference> {
    [
        include_str!("../../../../tests/fixtures/detector/416.json"),
        include_str!("../../../../tests/fixtures/detector/352.json"),
    ]
    .map(|json| serde_json::from_str(json).unwrap())
    .into()
}

/// The picture of `tests/fixtures/detector/reference.py`.
fn picture(side: usize) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..side {
        for x in 0..side {
            for c in 0..3 {
                let mut ramp = (x * (c + 1) * 200 / side + y * (3 - c) * 150 / side) % 256;
                let (wide, high) = (x as i64 - (side / 2) as i64, y as i64 - (side / 2) as i64);
                if wide * wide + high * high < ((side / 3) as i64).pow(2) {
                    ramp = 255 - ramp / 2;
                }
                let noise = ((x * 73_856_093) ^ (y * 19_349_663) ^ (c * 83_492_791)) % (1 << 32) / 8192 % 16;
                pixels.push((ramp * 15 / 16 + noise) as u8);
            }
        }
    }
    pixels
}

fn network(path: Backend) -> Network {
    let weights = WeightFile::open("detector.safetensors", assets::detector(), &assets::DETECTOR_IS).unwrap();
    Network::new(&weights, &Device::Cpu, path).unwrap()
}

fn levels(network: &Network, pictures: &[&[u8]], side: usize) -> Vec<[Level; 3]> {
    let mut all = Vec::new();
    network.forward(pictures, side, |_, levels| all.push(levels)).unwrap();
    all
}

/// The weights are the parent's own, so that only the order of additions and the rounding of the transforms differ.
fn assert_close(name: &str, values: &[f32], output: &Output) {
    assert_eq!(values.len(), output.shape[0] * output.shape[1], "{name}");
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
    assert!((mean - output.mean).abs() < 2e-4 * output.std, "{name}: mean {mean}");
    assert!(
        (variance.sqrt() / output.std - 1.0).abs() < 2e-4,
        "{name}: deviation {}",
        variance.sqrt()
    );
    for &(at, expected) in &output.samples {
        let difference = (values[at] - expected).abs() / output.std;
        assert!(
            difference < 1e-3,
            "{name}: {} instead of {expected} at {at}",
            values[at]
        );
    }
}

#[test]
fn scores_and_box_distributions_equal_the_parents() {
    for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
        let network = network(path);
        for reference in references() {
            let picture = picture(reference.side);
            for levels in levels(&network, &[&picture], reference.side) {
                for ((level, scores), boxes) in levels.iter().zip(&reference.scores).zip(&reference.boxes) {
                    let pixels = level.values.as_chunks::<VALUES>().0;
                    let name = format!("{} at stride {}, {path:?}", reference.side, level.stride);
                    let sigmoid = |logit: &f32| 1.0 / (1.0 + (-logit).exp());
                    let found: Vec<f32> = pixels.iter().flat_map(|v| v[..CLASSES].iter().map(sigmoid)).collect();
                    assert_close(&format!("scores, {name}"), &found, scores);
                    let found: Vec<f32> = pixels.iter().flat_map(|v| &v[CLASSES..]).copied().collect();
                    assert_close(&format!("boxes, {name}"), &found, boxes);
                }
            }
        }
    }
}

#[test]
fn tensor_operations_and_kernels_agree_over_the_whole_network() {
    let side = 96;
    let picture = picture(side);
    let by_tensors = levels(&network(Backend::Tensors), &[&picture], side);
    for set in InstructionSet::available() {
        let by_kernels = levels(&network(Backend::Kernels(set)), &[&picture], side);
        for (a, b) in by_tensors.iter().flatten().zip(by_kernels.iter().flatten()) {
            assert_eq!(a.values.len(), b.values.len());
            for (a, b) in a.values.iter().zip(&b.values) {
                assert!((a - b).abs() < 2e-3, "{}: {a} and {b}", set.name());
            }
        }
    }
}

#[test]
fn a_picture_looks_the_same_alone_and_in_a_batch() {
    let side = 64;
    let one = picture(side);
    let other: Vec<u8> = one.iter().rev().copied().collect();
    let network = network(Backend::Kernels(InstructionSet::best()));
    let alone = levels(&network, &[&one], side);
    // More than go together through the layers.
    let pictures = [&other, &other, &other, &other, &other, &one].map(Vec::as_slice);
    let batch = levels(&network, &pictures, side);
    assert_eq!(batch.len(), 2);
    for (alone, batch) in alone[0].iter().zip(&batch[1]) {
        assert_eq!(alone.values, batch.values[alone.values.len()..]);
    }
}

#[test]
fn threads_share_one_detector() {
    let detector = Detector::with_path(&Device::Cpu, Backend::for_device(&Device::Cpu), 64).unwrap();
    let detector = detector.with_limits(DetectionLimits {
        score: 0.01,
        ..DetectionLimits::default()
    });
    let pixels = picture(96);
    let prepared = [detector.prepare(PictureView::new(96, 96, &pixels).unwrap()).unwrap()];
    let expected = detector.detect(&prepared).unwrap();
    assert!(!expected[0].is_empty() && expected[0].is_sorted_by(|a, b| a.score >= b.score));
    std::thread::scope(|scope| {
        for thread in [(); 2].map(|()| scope.spawn(|| detector.detect(&prepared).unwrap())) {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn a_picture_of_another_size_or_a_side_that_levels_do_not_divide_is_an_error() {
    let detector = Detector::with_path(&Device::Cpu, Backend::Tensors, 64).unwrap();
    let mut prepared = detector.prepare(PictureView::new(1, 1, &[9; 3]).unwrap()).unwrap();
    assert!(detector.detect(std::slice::from_ref(&prepared)).is_ok());
    assert!(detector.detect(&[]).unwrap().is_empty());
    prepared.pixels.pop();
    assert!(matches!(detector.detect(&[prepared]), Err(ModelError::Prepared(_))));
    assert!(Detector::with_path(&Device::Cpu, Backend::Tensors, 100).is_err());
}
