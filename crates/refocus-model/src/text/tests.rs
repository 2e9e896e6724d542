//! Parity with ONNX Runtime: fixtures in `tests/fixtures/text/`.

use super::*;
use crate::ops::InstructionSet;

const REFERENCE: &[u8] = include_bytes!("../../../../tests/fixtures/text/reference.safetensors");

/// What `reference.py` wrote.
fn reference() -> WeightFile<'static> {
    WeightFile::open("reference.safetensors", REFERENCE, &[]).unwrap()
}

/// The pixels of a picture `[height, width, 3]` with its width and height.
fn pixels(name: &str) -> (Vec<u8>, u32, u32) {
    let reference = reference();
    let size = reference.values(&format!("{name}.size")).unwrap();
    let (width, height) = (size[0] as u32, size[1] as u32);
    let count = width as usize * height as usize * 3;
    (reference.bytes(name, count).unwrap().to_vec(), width, height)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Tensor operations, and the kernels of every instruction set.
fn paths() -> Vec<(&'static str, Backend)> {
    let kernels = InstructionSet::available().into_iter();
    let mut paths: Vec<_> = kernels.map(|set| (set.name(), Backend::Kernels(set))).collect();
    paths.push(("tensors", Backend::Tensors));
    paths
}

#[test]
fn maps_and_boxes_are_those_of_the_original() {
    let (rgb, width, height) = pixels("picture");
    let picture = PictureView::new(width, height, &rgb).unwrap();
    let reference = reference();
    let expected: Vec<f32> = reference.values("boxes").unwrap();
    for (name, path) in paths() {
        let reader = TextReader::with_path(&Device::Cpu, path).unwrap();
        // f16 weights cost 3 · 10⁻⁴ in the tiny network.
        for (detector, map_name, least) in [
            (&reader.gate, "gate_map", 0.999),
            (&reader.detector, "detector_map", 0.9999),
        ] {
            let found = map(detector, picture, (width, height)).unwrap();
            let cosine = cosine(&found.probabilities, &reference.values(map_name).unwrap());
            assert!(cosine > least, "{name} {map_name}: {cosine}");
        }
        let found = map(&reader.detector, picture, (width, height)).unwrap();
        let found = boxes::boxes(&found, (f64::from(width), f64::from(height)), LEAST.1);
        assert_eq!(found.len() * 8, expected.len(), "{name}");
        let order = boxes::reading_order(&found, [1.0, 0.0]);
        let corners = order.into_iter().flat_map(|place| found[place].corners).flatten();
        for (at, (found, expected)) in corners.zip(&expected).enumerate() {
            assert!(
                (found - f64::from(*expected)).abs() < 0.6,
                "{name} {at}: {found} and {expected}"
            );
        }
        assert!(reader.has_text(picture).unwrap(), "{name}");
    }
}

#[test]
fn lines_are_cut_out_and_read_as_by_the_original() {
    let (rgb, width, height) = pixels("picture");
    let picture = PictureView::new(width, height, &rgb).unwrap();
    let reference = reference();
    let corners = reference.values("boxes").unwrap();
    for (number, corners) in corners.as_chunks::<8>().0.iter().enumerate() {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| [f64::from(corners[2 * i]), f64::from(corners[2 * i + 1])]);
        let text = TextBox {
            corners: [a, b, c, d],
            score: 1.0,
        };
        let line = Line::cut_out(picture, &text);
        let (expected, columns, rows) = pixels(&format!("crops.{number}"));
        assert_eq!((line.width as u32, 48), (columns, rows));
        let most = line.pixels.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most <= Some(1), "{number}: {most:?}");
    }
    let (line, columns, _) = pixels("line");
    let classes = reference.values("classes").unwrap();
    let probabilities = reference.values("probabilities").unwrap();
    for (name, path) in paths() {
        let reader = TextReader::with_path(&Device::Cpu, path).unwrap();
        let steps = reader.recogniser.forward(&line, columns as usize).unwrap();
        assert_eq!(steps.len(), classes.len(), "{name}");
        for (step, (class, probability)) in steps.iter().zip(classes.iter().zip(&probabilities)) {
            assert_eq!(step.class, *class as usize, "{name}");
            assert!(
                (step.probability - probability).abs() < 0.05,
                "{name}: {step:?} {probability}"
            );
        }
        let (text, confidence) = ctc::decoded(&steps, &reader.recogniser.characters);
        assert_eq!(text, "Größe: 7,50 €", "{name}");
        assert!(confidence > 0.95, "{name}: {confidence}");
    }
}

#[test]
fn written_words_are_found_whichever_way_up_and_nothing_where_nothing_is_written() {
    let (rgb, width, height) = pixels("picture");
    let reader = TextReader::built_in(&Device::Cpu).unwrap();
    let words = |rgb: &[u8], width: u32, height: u32| {
        let found = reader.find(PictureView::new(width, height, rgb).unwrap()).unwrap();
        found
            .iter()
            .for_each(|line| assert!(line.confidence >= KEPT, "{line:?}"));
        found
    };
    let found = words(&rgb, width, height);
    let texts: Vec<&str> = found.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["CAFÉ 24", "ouvert"], "{found:?}");
    let middle = |line: &TextLine| line.corners.iter().map(|corner| corner[1]).sum::<f32>() / 4.0;
    assert!(middle(&found[0]) < 0.4 && middle(&found[1]) > 0.4, "{found:?}");
    let upside_down: Vec<u8> = rgb.as_chunks::<3>().0.iter().rev().flatten().copied().collect();
    let turned = words(&upside_down, width, height);
    let told: Vec<(&str, u8)> = turned.iter().map(|line| (line.text.as_str(), line.turns)).collect();
    assert_eq!(told, [("CAFÉ 24", 2), ("ouvert", 2)]);
    // Turned with the clock: the lines run downwards, the first on the right.
    let pixels = rgb.as_chunks::<3>().0;
    let (wide, high) = (width as usize, height as usize);
    let clockwise: Vec<u8> = (0..wide * high)
        .flat_map(|at| pixels[(high - 1 - at % high) * wide + at / high])
        .collect();
    let turned = words(&clockwise, height, width);
    let told: Vec<(&str, u8)> = turned.iter().map(|line| (line.text.as_str(), line.turns)).collect();
    assert_eq!(told, [("CAFÉ 24", 1), ("ouvert", 1)]);
    let empty = vec![90; 300 * 200 * 3];
    let blank = PictureView::new(300, 200, &empty).unwrap();
    assert!(reader.find(blank).unwrap().is_empty() && !reader.has_text(blank).unwrap());
    for (width, height) in [(1, 1), (3_000, 1), (1, 700), (9, 8)] {
        let pixels = vec![200; width as usize * height as usize * 3];
        let picture = PictureView::new(width, height, &pixels).unwrap();
        assert!(reader.find(picture).unwrap().is_empty(), "{width} × {height}");
        assert!(!reader.has_text(picture).unwrap(), "{width} × {height}");
    }
}

#[test]
fn the_longer_side_is_brought_to_its_length_and_both_to_whole_steps() {
    let size = |width: u32, height: u32, side| {
        let pixels = vec![0; width as usize * height as usize * 3];
        size_of_input(PictureView::new(width, height, &pixels).unwrap(), side)
    };
    assert_eq!(size(512, 384, DETECTOR_SIDE), (1_024, 768));
    assert_eq!(size(1_280, 960, DETECTOR_SIDE), (1_024, 768));
    assert_eq!(size(100, 30, GATE_SIDE), (416, 128));
    assert_eq!(size(2_000, 9, DETECTOR_SIDE), (1_024, 32));
}

#[test]
fn threads_share_one_reader() {
    let reader = TextReader::built_in(&Device::Cpu).unwrap();
    let (rgb, width, height) = pixels("picture");
    let find = || reader.find(PictureView::new(width, height, &rgb).unwrap()).unwrap();
    let expected = find();
    std::thread::scope(|scope| {
        for thread in [(); 2].map(|()| scope.spawn(find)) {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn the_cpu_passes_its_self_test() {
    let (_, reports) = TextReader::on_best_device().unwrap();
    let cpu = reports.first().unwrap();
    assert!(
        cpu.name.starts_with("cpu (") && cpu.self_test == crate::device::SelfTest::Passed,
        "{cpu:?}"
    );
}

#[test]
fn of_too_many_lines_the_largest_are_read_in_their_order() {
    let text = |at: usize, height: f64| TextBox {
        corners: [[0.0, 0.0], [10.0, 0.0], [10.0, height], [0.0, height]],
        score: at as f32,
    };
    let boxes: Vec<TextBox> = (0..MOST_LINES + 100)
        .map(|at| text(at, if at % 5 == 0 { 1.0 } else { 2.0 }))
        .collect();
    let kept = largest(boxes.clone());
    assert_eq!(kept.len(), MOST_LINES);
    assert!(kept.iter().all(|kept| kept.area() == 20.0));
    assert!(kept.is_sorted_by(|a, b| a.score < b.score));
    assert_eq!(largest(boxes[..9].to_vec()), boxes[..9]);
}

/// "os" and "sey" of "Yours sincerely" are read upside down, and surely.
#[test]
fn a_line_that_is_upside_down_to_nearly_all_others_is_read_again() {
    let reading = |text: &str, confidence, turns| Reading {
        text: text.to_owned(),
        confidence,
        turns,
    };
    let page = Page::of(&[
        reading("Dear Mr Smith,", 0.96, 2),
        reading("your application", 0.95, 2),
        reading("os sey", 0.85, 0),
        reading("nonsense below what is kept", 0.2, 0),
        reading("EXIT", 0.99, 1),
    ]);
    assert!(page.is_upside_down_to(0));
    assert!(!page.is_upside_down_to(2) && !page.is_upside_down_to(1));
    assert!(page.is_upside_down_to(3), "no line is, and none would be alone");
    assert!(reading("Yours sincerely,", 0.9, 2).tells() > reading("os sey", 0.85, 0).tells());
    assert!(!Page::of(&[]).is_upside_down_to(0));
}

#[test]
fn reading_stops_between_two_lines() {
    let (rgb, width, height) = pixels("picture");
    let picture = PictureView::new(width, height, &rgb).unwrap();
    let reader = TextReader::built_in(&Device::Cpu).unwrap();
    let asked = std::cell::Cell::new(0);
    let once = || asked.replace(asked.get() + 1) == 0;
    assert_eq!(reader.find_while(picture, &once).unwrap(), None);
    assert_eq!(asked.get(), 2);
}
