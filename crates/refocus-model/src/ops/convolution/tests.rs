//! Kernels against tensor operations.

use candle_core::Device;

use super::*;
use crate::ops::channel_block::ChannelBlock;
use crate::ops::{InstructionSet, PixelScale, PooledStem};

/// Values between −1 and 1 that depend on the index alone.
pub(in crate::ops) fn sequence(shape: &[usize], seed: u32) -> Tensor {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

pub(in crate::ops) fn tensor(tensor: &Tensor) -> Maps {
    Maps(Form::Tensor(tensor.clone()))
}

/// The kernels' form of `[batch, channels, height, width]`.
pub(in crate::ops) fn padded(tensor: &Tensor) -> Maps {
    let (pictures, channels, height, width) = tensor.dims4().unwrap();
    let extent = Extent { height, width };
    let mut maps = PaddedMaps::room(extent, channels, pictures);
    for picture in &mut maps.pictures {
        picture.0.fill(ChannelBlock::ZERO);
    }
    for (at, value) in flat(tensor).into_iter().enumerate() {
        let (x, y, channel) = (at % width, at / width % height, at / width / height % channels);
        let place = channel / CHANNELS * extent.plane() + extent.place(y, x);
        maps.pictures[at / width / height / channels].0[place].0[channel % CHANNELS] = value;
    }
    Maps(Form::Padded(maps))
}

/// Values in the order `[batch, blocks, padded rows, padded columns, 16]`: what is equal here is equal in the border too.
fn stored(maps: &Maps) -> Vec<f32> {
    let maps = match &maps.0 {
        Form::Padded(maps) => maps,
        Form::Tensor(tensor) => return stored(&padded(tensor)),
    };
    let blocks = maps.pictures.iter().flat_map(|picture| &picture.0);
    blocks.flat_map(|block: &ChannelBlock| block.0).collect()
}

pub(crate) fn assert_close(found: &Maps, expected: &Maps, what: &str) {
    let (found, expected) = (stored(found), stored(expected));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() < 2e-4, "{what}: {a} and {b} at {at}");
    }
}

fn layer(size: usize, stride: usize, (inputs, outputs): (usize, usize), path: Backend) -> Convolution {
    let shape = [outputs, size, size, inputs];
    let shape: &[usize] = if size == 1 { &[outputs, inputs] } else { &shape };
    let weight = (sequence(shape, 1) / ((size * size * inputs) as f64).sqrt()).unwrap();
    Convolution::new(&weight, &sequence(&[outputs], 2), stride, Activation::LeakyRelu, path).unwrap()
}

#[test]
fn convolutions_equal_tensor_operations_for_tiles_that_fit_and_that_do_not() {
    // The last two shapes take several strips.
    let shapes = [
        (2, 2, 16, 16),
        (6, 10, 48, 32),
        (14, 12, 272, 16),
        (8, 66, 32, 64),
        (64, 62, 32, 32),
    ];
    for (height, width, inputs, outputs) in shapes {
        let [a, b] = [16, inputs - 16].map(|channels| sequence(&[2, channels, height, width], channels as u32));
        let parts = if inputs == 16 { vec![a] } else { vec![a, b] };
        for (size, stride) in [(1, 1), (1, 2), (3, 1), (3, 2)] {
            let apply = |path, form: fn(&Tensor) -> Maps| {
                let parts: Vec<Maps> = parts.iter().map(form).collect();
                let parts: Vec<&Maps> = parts.iter().collect();
                layer(size, stride, (inputs, outputs), path).forward(&parts).unwrap()
            };
            let expected = apply(Backend::Tensors, tensor);
            for set in InstructionSet::available() {
                let what = format!("{}: {height}×{width}×{inputs}, k {size}, stride {stride}", set.name());
                assert_close(&apply(Backend::Kernels(set), padded), &expected, &what);
            }
        }
    }
}

#[test]
fn odd_heights_and_widths_are_convolved_too() {
    let set = InstructionSet::best();
    for (height, width, inputs) in [(1, 1, 16), (5, 13, 32), (7, 3, 256)] {
        let x = sequence(&[3, inputs, height, width], 3);
        for size in [1, 3] {
            let layer = |path| layer(size, 1, (inputs, 16), path);
            let expected = layer(Backend::Tensors).forward(&[&tensor(&x)]).unwrap();
            let found = layer(Backend::Kernels(set)).forward(&[&padded(&x)]).unwrap();
            assert_close(&found, &expected, &format!("{height}×{width}×{inputs}, k {size}"));
        }
    }
}

#[test]
fn rows_of_a_pointwise_convolution_have_the_channels_last() {
    let x = sequence(&[2, 32, 5, 6], 4);
    let expected = layer(1, 1, (32, 20), Backend::Tensors)
        .forward_rows(&[&tensor(&x)])
        .unwrap();
    for set in InstructionSet::available() {
        let layer = layer(1, 1, (32, 20), Backend::Kernels(set));
        let found = layer.forward_rows(&[&padded(&x)]).unwrap();
        assert_eq!(found.len(), 2 * 5 * 6 * 20);
        assert!(
            found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4),
            "{}",
            set.name()
        );
    }
}

#[test]
fn values_that_are_not_numbers_do_not_leak_into_later_pictures() {
    let x = sequence(&[1, 32, 6, 7], 5);
    let broken = padded(&(&x * f64::NAN).unwrap());
    for size in [1, 3] {
        let layer = layer(size, 1, (32, 32), Backend::Kernels(InstructionSet::best()));
        let before = stored(&layer.forward(&[&padded(&x)]).unwrap());
        layer.forward(&[&broken]).unwrap();
        assert_eq!(stored(&layer.forward(&[&padded(&x)]).unwrap()), before);
    }
}

#[test]
fn maps_of_neighbouring_scales_are_added_as_by_tensor_operations() {
    let (fine, coarse) = (sequence(&[2, 16, 6, 10], 6), sequence(&[2, 16, 3, 5], 7));
    let (mut enlarged, mut reduced) = (tensor(&fine), tensor(&coarse));
    enlarged.add_enlarged(Backend::Tensors, &tensor(&coarse)).unwrap();
    reduced.add_reduced(Backend::Tensors, &tensor(&fine)).unwrap();
    for set in InstructionSet::available() {
        let path = Backend::Kernels(set);
        let mut maps = padded(&fine);
        maps.add_enlarged(path, &padded(&coarse)).unwrap();
        assert_close(&maps, &enlarged, set.name());
        let mut maps = padded(&coarse);
        maps.add_reduced(path, &padded(&fine)).unwrap();
        assert_close(&maps, &reduced, set.name());
        assert!(maps.add_enlarged(path, &padded(&fine)).is_err());
        assert!(maps.add_reduced(path, &tensor(&fine)).is_err());
    }
}

#[test]
fn enlarging_is_linear_between_the_centres_of_pixels() {
    let coarse = Tensor::new(&[[[[0f32, 4.0], [8.0, 12.0]]]], &Device::Cpu).unwrap();
    let mut fine = tensor(&Tensor::zeros((1, 1, 4, 4), candle_core::DType::F32, &Device::Cpu).unwrap());
    fine.add_enlarged(Backend::Tensors, &tensor(&coarse)).unwrap();
    let Form::Tensor(fine) = fine.0 else {
        unreachable!("tensors stay tensors");
    };
    let row = [0.0, 1.0, 3.0, 4.0];
    let expected: Vec<f32> = [0.0, 2.0, 6.0, 8.0].iter().flat_map(|y| row.map(|x| x + y)).collect();
    assert_eq!(flat(&fine), expected);
}

#[test]
fn the_stem_equals_tensor_operations() {
    let scale = PixelScale {
        mean: [120.0, 110.0, 100.0],
        deviation: [60.0, 50.0, 40.0],
    };
    let (weight, bias) = (sequence(&[32, 3, 3, 3], 8), sequence(&[32], 9));
    let stem = |path| PooledStem::new(&weight, &bias, scale, path).unwrap();
    // The larger picture first: what it leaves in the buffers must not be seen.
    for side in [72, 4, 20, 72] {
        let pixels: Vec<u8> = (0..side * side * 3).map(|i| (i * i % 251) as u8).collect();
        let other: Vec<u8> = pixels.iter().rev().copied().collect();
        let expected = stem(Backend::Tensors).forward(&[&pixels, &other], side).unwrap();
        for set in InstructionSet::available() {
            let found = stem(Backend::Kernels(set)).forward(&[&pixels, &other], side).unwrap();
            assert_close(&found, &expected, &format!("{}, side {side}", set.name()));
        }
        assert!(stem(Backend::Tensors).forward(&[&pixels, &other[1..]], side).is_err());
    }
    assert!(stem(Backend::Tensors).forward(&[&[0; 300]], 10).is_err());
}

#[test]
fn layers_and_maps_that_do_not_fit_together_are_errors() {
    let path = Backend::Kernels(InstructionSet::best());
    let new = |weight: &[usize], bias, stride| {
        Convolution::new(
            &sequence(weight, 1),
            &sequence(&[bias], 1),
            stride,
            Activation::Identity,
            path,
        )
    };
    assert!(new(&[16, 5, 5, 16], 16, 1).is_err());
    assert!(new(&[16, 3, 3, 8], 16, 1).is_err());
    assert!(new(&[16, 16], 17, 1).is_err());
    assert!(new(&[16, 16], 16, 3).is_err());
    let layer = new(&[16, 3, 3, 32], 16, 2).unwrap();
    let maps = |channels, side| padded(&sequence(&[1, channels, side, side], 1));
    assert!(layer.forward(&[&maps(32, 4)]).is_ok());
    assert!(layer.forward(&[&maps(16, 4)]).is_err());
    assert!(layer.forward(&[&maps(32, 5)]).is_err());
    assert!(layer.forward(&[&maps(16, 4), &maps(16, 6)]).is_err());
    assert!(layer.forward(&[&tensor(&sequence(&[1, 32, 4, 4], 1))]).is_err());
    assert!(layer.forward(&[]).is_err());
    assert!(layer.forward_rows(&[&maps(32, 4)]).is_err());
    assert!(Maps::merged(Vec::new()).is_err());
    assert!(Maps::merged(vec![maps(16, 4), maps(16, 6)]).is_err());
}
