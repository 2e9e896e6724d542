//! The layers of residual networks: kernels of every instruction set against tensor operations.

use candle_core::Device;

use super::*;
use crate::ops::convolution::tests::{assert_close, padded, sequence, tensor};
use crate::ops::{Border, Convolution, PixelConvolution, PixelScale, Separable};

fn all_kernels() -> impl Iterator<Item = (&'static str, Backend)> {
    let sets = InstructionSet::available().into_iter();
    sets.map(|set| (set.name(), Backend::Kernels(set)))
}

#[test]
fn pooling_keeps_to_windows_inside_the_maps_and_to_the_mean_or_the_highest() {
    for (height, width) in [(4, 6), (35, 17), (3, 8)] {
        let x = sequence(&[2, 32, height, width], 5);
        for pooling in [Pooling::HighestOfFour, Pooling::HighestOfNine, Pooling::MeanOfFour] {
            let expected = tensor(&x).pooled(Backend::Tensors, pooling).unwrap();
            for (name, path) in all_kernels() {
                let found = padded(&x).pooled(path, pooling).unwrap();
                assert_close(&found, &expected, &format!("{pooling:?}, {height} × {width}, {name}"));
            }
        }
    }
    let small = padded(&sequence(&[1, 16, 2, 2], 1));
    assert!(
        small
            .pooled(all_kernels().next().unwrap().1, Pooling::HighestOfNine)
            .is_err()
    );
}

#[test]
fn a_sum_counts_missing_channels_rows_and_columns_as_zero() {
    let large = sequence(&[2, 32, 3, 3], 1);
    let small = sequence(&[2, 16, 4, 4], 2);
    let by_hand = |sum: f32| sum.max(0.0);
    let expected = tensor(&large)
        .sum(Backend::Tensors, &tensor(&small), Activation::Relu)
        .unwrap();
    let Form::Tensor(values) = &expected.0 else {
        unreachable!("tensor operations give tensors");
    };
    let at = |x: &Tensor, b: usize, c: usize, y: usize, x_: usize| -> f32 {
        x.get(b)
            .and_then(|x| x.get(c))
            .and_then(|x| x.get(y))
            .and_then(|x| x.get(x_))
            .unwrap()
            .to_scalar()
            .unwrap()
    };
    assert_eq!(values.dims(), [2, 32, 4, 4]);
    assert_eq!(
        at(values, 1, 3, 2, 1),
        by_hand(at(&large, 1, 3, 2, 1) + at(&small, 1, 3, 2, 1))
    );
    assert_eq!(at(values, 1, 3, 3, 1), by_hand(at(&small, 1, 3, 3, 1)));
    assert_eq!(at(values, 0, 20, 2, 2), by_hand(at(&large, 0, 20, 2, 2)));
    for (name, path) in all_kernels() {
        let found = padded(&large).sum(path, &padded(&small), Activation::Relu).unwrap();
        assert_close(&found, &expected, name);
    }
}

#[test]
fn channel_means_are_over_all_pixels_and_no_border() {
    let x = sequence(&[2, 32, 3, 5], 9);
    let expected = tensor(&x).channel_means().unwrap();
    let found = padded(&x).channel_means().unwrap();
    assert_eq!((found.len(), found[0].len()), (2, 32));
    for (a, b) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((a - b).abs() < 1e-6, "{a} and {b}");
    }
}

#[test]
fn separable_layers_equal_tensor_operations_with_and_without_a_residual() {
    // The last shape takes several strips.
    for (height, width, inputs, outputs, less) in [
        (2, 4, 8, 16, 16),
        (6, 6, 36, 48, 32),
        (66, 130, 32, 12, 12),
        (96, 160, 16, 64, 48),
    ] {
        let x = sequence(&[2, inputs, height, width], 3);
        for stride in [1, 2] {
            let residual = sequence(&[2, less, height / stride, width / stride], 4);
            let layer = |path| {
                let weights = [
                    sequence(&[3, 3, inputs], 5),
                    sequence(&[inputs], 6),
                    (sequence(&[outputs, inputs], 7) / (inputs as f64).sqrt()).unwrap(),
                    sequence(&[outputs], 8),
                ];
                let [a, b, c, d] = weights.each_ref();
                Separable::new([a, b], [c, d], stride, Activation::Relu, path).unwrap()
            };
            let by_tensors = layer(Backend::Tensors);
            let expected = [
                by_tensors.forward(&tensor(&x), None).unwrap(),
                by_tensors.forward(&tensor(&x), Some(&tensor(&residual))).unwrap(),
            ];
            for (name, path) in all_kernels() {
                let layer = layer(path);
                let what = format!("{height} × {width} × {inputs} → {outputs}, stride {stride}, {name}");
                assert_close(&layer.forward(&padded(&x), None).unwrap(), &expected[0], &what);
                let found = layer.forward(&padded(&x), Some(&padded(&residual))).unwrap();
                assert_close(&found, &expected[1], &format!("{what}, with a residual"));
            }
        }
    }
}

#[test]
fn separable_layers_refuse_odd_sides_and_other_channels() {
    let [a, b, c, d] = [[3, 3, 16].as_slice(), &[16], &[16, 16], &[16]].map(|shape| sequence(shape, 1));
    let path = all_kernels().next().unwrap().1;
    let layer = Separable::new([&a, &b], [&c, &d], 2, Activation::Relu, path).unwrap();
    assert!(layer.forward(&padded(&sequence(&[1, 16, 3, 4], 1)), None).is_err());
    assert!(layer.forward(&padded(&sequence(&[1, 32, 4, 4], 1)), None).is_err());
    assert!(
        layer
            .forward(
                &padded(&sequence(&[1, 16, 4, 4], 1)),
                Some(&padded(&sequence(&[1, 16, 4, 4], 1)))
            )
            .is_err()
    );
    assert!(Separable::new([&a, &b], [&c, &d], 3, Activation::Relu, path).is_err());
}

#[test]
fn convolutions_without_a_border_equal_tensor_operations() {
    for (height, width) in [(3, 3), (35, 8), (17, 20)] {
        let x = sequence(&[2, 32, height, width], 3);
        let weight = (sequence(&[48, 3, 3, 32], 1) / 17.0).unwrap();
        let bias = sequence(&[48], 2);
        let layer = |path| Convolution::without_border(&weight, &bias, Activation::Relu, path).unwrap();
        let expected = layer(Backend::Tensors).forward(&[&tensor(&x)]).unwrap();
        for (name, path) in all_kernels() {
            let found = layer(path).forward(&[&padded(&x)]).unwrap();
            assert_close(&found, &expected, &format!("{height} × {width}, {name}"));
        }
        assert!(
            layer(all_kernels().next().unwrap().1)
                .forward(&[&padded(&sequence(&[1, 32, 2, 9], 1))])
                .is_err()
        );
    }
}

#[test]
fn first_layers_equal_tensor_operations_for_every_border() {
    let scale = PixelScale {
        mean: [120.0, 110.0, 100.0],
        deviation: [256.0, 128.0, 64.0],
    };
    for (size, border, width, height) in [
        (3, Border::After, 46, 12),
        (3, Border::Around, 46, 12),
        (7, Border::Absent, 39, 20),
        (7, Border::Absent, 7, 8),
    ] {
        let picture: Vec<u8> = (0..width * height * 3).map(|i| (i * 37 % 251) as u8).collect();
        let other: Vec<u8> = picture.iter().rev().copied().collect();
        let weight = (sequence(&[20, size, size, 3], 1) / size as f64).unwrap();
        let bias = sequence(&[20], 2);
        let layer = |path| PixelConvolution::new(&weight, &bias, scale, border, Activation::Relu, path).unwrap();
        let pictures: [&[u8]; 2] = [&picture, &other];
        let expected = layer(Backend::Tensors).forward(&pictures, (width, height)).unwrap();
        for (name, path) in all_kernels() {
            let found = layer(path).forward(&pictures, (width, height)).unwrap();
            assert_close(&found, &expected, &format!("{size}, {width} × {height}, {name}"));
        }
    }
    let weight = sequence(&[16, 3, 3, 3], 1).to_device(&Device::Cpu).unwrap();
    let layer = PixelConvolution::new(
        &weight,
        &sequence(&[16], 1),
        scale,
        Border::After,
        Activation::Relu,
        Backend::Tensors,
    );
    assert!(layer.unwrap().forward(&[&[0; 5 * 4 * 3]], (5, 4)).is_err());
}
