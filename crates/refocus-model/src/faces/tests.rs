//! Parity with the originals: fixtures in `tests/fixtures/faces/`.

use serde::Deserialize;

use super::network::VALUES;
use super::*;
use crate::ops::InstructionSet;
use crate::vector_math::dot;

#[derive(Deserialize)]
struct Output {
    shape: Vec<usize>,
    mean: f32,
    std: f32,
    samples: Vec<(usize, f32)>,
}

#[derive(Deserialize)]
struct DetectorReference {
    boxes: Output,
    scores: Output,
}

#[derive(Deserialize)]
struct FaceReference {
    picture: usize,
    rectangle: [i64; 4],
    points: [[f64; 2]; POINTS],
    aligned: Output,
    identity: Vec<f32>,
}

/// A face that is drawn: x and y of its middle, half its height.
type Drawn = (i64, i64, i64);
/// The pictures of `tests/fixtures/faces/reference.py`: width, height, faces.
const PICTURES: [(usize, usize, &[Drawn]); 3] = [
    (192, 192, &[(80, 96, 60)]),
    (400, 300, &[(110, 150, 70), (300, 120, 45)]),
    (900, 700, &[(430, 360, 290)]),
];

/// A picture of `reference.py`, `[height, width, 3]`.
fn picture((width, height, faces): (usize, usize, &[Drawn])) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let mut value = ((x * (c + 1) * 200 / width + y * (3 - c) * 150 / height) % 256) as i64;
                for face in faces {
                    value = drawn(*face, (x as i64, y as i64), c).unwrap_or(value);
                }
                let noise = ((x * 73_856_093) ^ (y * 19_349_663) ^ (c * 83_492_791)) % (1 << 32) / 8192 % 16;
                pixels.push((value * 15 / 16 + noise as i64) as u8);
            }
        }
    }
    pixels
}

/// The value of a drawn face's channel at a pixel; `None` beside the face.
fn drawn((middle_x, middle_y, half): Drawn, (x, y): (i64, i64), c: usize) -> Option<i64> {
    let (dx, dy) = (x - middle_x, y - middle_y);
    let mut value = None;
    if 25 * dx * dx + 16 * dy * dy < 16 * half * half {
        value = Some([205, 165, 140][c] - (dx + half) * 30 / half);
    }
    if dx.abs() * 12 < half && dy >= 0 && dy * 4 < half {
        value = Some([150, 105, 90][c]);
    }
    if dx.abs() * 3 < half && (2 * dy - half).abs() * 8 < half {
        value = Some([150, 60, 65][c]);
    }
    for eye in [-1, 1] {
        let (ex, ey) = (3 * dx - eye * half, 5 * dy + half);
        let inside = 9 * (ex * ex + ey * ey);
        if inside < 4 * half * half {
            value = Some([235, 230, 230][c]);
        }
        if inside < half * half {
            value = Some([45, 35, 30][c]);
        }
    }
    value
}

fn view(number: usize, pixels: &[u8]) -> PictureView<'_> {
    let (width, height, _) = PICTURES[number];
    PictureView::new(width as u32, height as u32, pixels).unwrap()
}

fn detector(path: Backend) -> Network {
    let weights = WeightFile::open(
        "face-detector.safetensors",
        assets::face_detector(),
        &assets::FACE_DETECTOR_IS,
    );
    Network::new(&weights.unwrap(), &Device::Cpu, path).unwrap()
}

/// The weights are the original's own, so that only the order of additions differs.
fn assert_close(name: &str, values: &[f32], output: &Output, tolerance: f32) {
    assert_eq!(values.len(), output.shape.iter().product::<usize>(), "{name}");
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
    assert!(
        (mean - output.mean).abs() <= tolerance * output.std,
        "{name}: mean {mean}"
    );
    let deviation = variance.sqrt();
    assert!(
        (deviation / output.std - 1.0).abs() <= tolerance.max(1e-4),
        "{name}: deviation {deviation}"
    );
    for &(at, expected) in &output.samples {
        let difference = (values[at] - expected).abs() / output.std;
        assert!(
            difference <= tolerance,
            "{name}: {} instead of {expected} at {at}",
            values[at]
        );
    }
}

fn faces() -> Vec<FaceReference> {
    serde_json::from_str(include_str!("../../../../tests/fixtures/faces/faces.json")).unwrap()
}

#[test]
fn scores_boxes_and_points_equal_the_originals() {
    let json = include_str!("../../../../tests/fixtures/faces/detector.json");
    let reference: DetectorReference = serde_json::from_str(json).unwrap();
    let pixels = picture(PICTURES[0]);
    for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
        let values = detector(path).forward(&pixels, (192, 192)).unwrap();
        let pixels = values.as_chunks::<VALUES>().0;
        let scores: Vec<f32> = pixels.iter().map(|values| values[0]).collect();
        let boxes: Vec<f32> = pixels.iter().flat_map(|values| &values[1..]).copied().collect();
        assert_close(&format!("scores, {path:?}"), &scores, &reference.scores, 1e-3);
        assert_close(&format!("boxes, {path:?}"), &boxes, &reference.boxes, 1e-3);
    }
}

#[test]
fn tensor_operations_and_kernels_agree_on_pictures_that_are_no_squares() {
    let pixels: Vec<u8> = picture(PICTURES[0])[..160 * 96 * 3].to_vec();
    let expected = detector(Backend::Tensors).forward(&pixels, (160, 96)).unwrap();
    assert_eq!(expected.len(), 40 * 24 * VALUES);
    for set in InstructionSet::available() {
        let found = detector(Backend::Kernels(set)).forward(&pixels, (160, 96)).unwrap();
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 5e-3, "{}: {a} and {b}", set.name());
        }
    }
    assert!(detector(Backend::Tensors).forward(&pixels, (96, 150)).is_err());
}

#[test]
fn points_and_aligned_faces_equal_the_originals_exactly() {
    let predictor = LandmarkPredictor::built_in().unwrap();
    for reference in faces() {
        let pixels = picture(PICTURES[reference.picture]);
        let [left, top, right, bottom] = reference.rectangle;
        let rectangle = Rectangle {
            left,
            top,
            right,
            bottom,
        };
        let name = format!("{rectangle:?}");
        let points = predictor.predict(view(reference.picture, &pixels), rectangle);
        assert_eq!(points, reference.points, "{name}");
        let aligned = alignment::aligned(view(reference.picture, &pixels), &points);
        let values: Vec<f32> = aligned.iter().map(|value| f32::from(*value)).collect();
        // Half a step of an 8-bit value.
        assert_close(&name, &values, &reference.aligned, 0.5 / reference.aligned.std);
    }
}

#[test]
fn identities_equal_the_originals_but_for_the_rounding_of_the_weights() {
    for path in [Backend::Kernels(InstructionSet::best()), Backend::Tensors] {
        let network = IdentityNetwork::built_in(&Device::Cpu, path).unwrap();
        let references = faces();
        let aligned: Vec<Vec<u8>> = references
            .iter()
            .map(|reference| {
                let pixels = picture(PICTURES[reference.picture]);
                alignment::aligned(view(reference.picture, &pixels), &reference.points)
            })
            .collect();
        let views: Vec<&[u8]> = aligned.iter().map(Vec::as_slice).collect();
        let found = network.identities(&views).unwrap();
        for ((found, reference), view) in found.iter().zip(&references).zip(&views) {
            let length = |v: &[f32]| dot(v, v).sqrt();
            let cosine = dot(found, &reference.identity) / length(found) / length(&reference.identity);
            assert!(cosine > 0.9999, "{path:?}: cosine {cosine}");
            // Alone as in a batch.
            assert_eq!(network.identities(&[view]).unwrap()[0], *found);
        }
        assert!(network.identities(&[]).unwrap().is_empty());
        assert!(network.identities(&[&[0; 9]]).is_err());
    }
}

#[test]
fn tensor_operations_and_kernels_give_the_same_identity() {
    let pixels = picture(PICTURES[1]);
    let aligned = alignment::aligned(view(1, &pixels), &faces()[0].points);
    let identity = |path| {
        let network = IdentityNetwork::built_in(&Device::Cpu, path).unwrap();
        network.identities(&[&aligned]).unwrap()[0]
    };
    let expected = identity(Backend::Tensors);
    for set in InstructionSet::available() {
        let found = identity(Backend::Kernels(set));
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4, "{}: {a} and {b}", set.name());
        }
    }
}

#[test]
fn drawn_faces_are_found_where_they_were_drawn_and_nothing_beside_them() {
    let finder = FaceFinder::built_in(&Device::Cpu).unwrap();
    let (width, height, drawn) = PICTURES[1];
    let pixels = picture(PICTURES[1]);
    let found = finder.find(view(1, &pixels)).unwrap();
    assert_eq!(found.len(), drawn.len(), "{found:?}");
    for (x, y, _) in drawn {
        let inside = |face: &&FoundFace| {
            let [left, top, right, bottom] = face.bounds;
            let (x, y) = (*x as f32 / width as f32, *y as f32 / height as f32);
            left < x && x < right && top < y && y < bottom
        };
        let face = found.iter().find(inside).unwrap();
        assert!(face.score > 0.9 && face.quality.turn.abs() < 0.3, "{face:?}");
        assert!(face.quality.lean.abs() < 0.2, "{face:?}");
    }
    let empty = vec![90; 300 * 200 * 3];
    assert!(
        finder
            .find(PictureView::new(300, 200, &empty).unwrap())
            .unwrap()
            .is_empty()
    );
    assert!(
        finder
            .find(PictureView::new(1, 1, &[9; 3]).unwrap())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_identity_in_int8_is_near_its_own() {
    let pixels = picture(PICTURES[1]);
    let finder = FaceFinder::built_in(&Device::Cpu).unwrap();
    let found = finder.find(view(1, &pixels)).unwrap();
    let (values, scale) = found.first().unwrap().quantised_identity();
    let square: f32 = values
        .iter()
        .zip(found[0].identity)
        .map(|(a, b)| (f32::from(*a) * scale - b).powi(2))
        .sum();
    assert!(square.sqrt() < 0.02, "{}", square.sqrt());
    assert!(values.iter().any(|value| value.unsigned_abs() == 127));
}

#[test]
fn threads_share_one_finder() {
    let finder = FaceFinder::built_in(&Device::Cpu).unwrap();
    let pixels = picture(PICTURES[1]);
    let expected = finder.find(view(1, &pixels)).unwrap();
    std::thread::scope(|scope| {
        for thread in [(); 2].map(|()| scope.spawn(|| finder.find(view(1, &pixels)).unwrap())) {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn the_cpu_passes_its_self_test() {
    let (_, reports) = FaceFinder::on_best_device().unwrap();
    let cpu = reports.first().unwrap();
    assert!(
        cpu.name.starts_with("cpu (") && cpu.self_test == crate::device::SelfTest::Passed,
        "{cpu:?}"
    );
}
