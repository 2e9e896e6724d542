//! Layers against plain loops, kernels against tensor operations, and gradients against differences.

use candle_core::{DType, Device, Tensor, Var};

use super::mbconv::Layers;
use super::*;

/// Values between −1 and 1 that depend on the index alone.
fn sequence(shape: &[usize], seed: u32) -> Tensor {
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

fn assert_close(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() < 2e-4, "{what}: {a} and {b} at {i}");
    }
}

fn all_backends() -> Vec<(&'static str, Backend)> {
    let kernels = InstructionSet::available()
        .into_iter()
        .map(|set| (set.name(), Backend::Kernels(set)));
    kernels.chain([("tensors", Backend::Tensors)]).collect()
}

/// A dense convolution by its definition; `weight(o, ky, kx, i)` is zero between groups.
fn convolution(
    x: &Tensor,
    size: usize,
    stride: usize,
    weight: impl Fn(usize, usize, usize, usize) -> f32,
    bias: &[f32],
) -> Vec<f32> {
    let (batch, height, width, channels) = x.dims4().unwrap();
    let values = flat(x);
    let (rows, columns) = (
        padding::SamePadding::new(height, size, stride),
        padding::SamePadding::new(width, size, stride),
    );
    let mut out = Vec::new();
    for b in 0..batch {
        for y in 0..rows.outputs {
            for x in 0..columns.outputs {
                for (o, bias) in bias.iter().enumerate() {
                    let mut sum = *bias;
                    for ky in 0..size {
                        for kx in 0..size {
                            let (y, x) = (y * stride + ky, x * stride + kx);
                            if y < rows.before
                                || x < columns.before
                                || y - rows.before >= height
                                || x - columns.before >= width
                            {
                                continue;
                            }
                            let pixel = (b * height + y - rows.before) * width + x - columns.before;
                            for i in 0..channels {
                                sum += values[pixel * channels + i] * weight(o, ky, kx, i);
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
    }
    out
}

fn relu6(values: &[f32]) -> Vec<f32> {
    values.iter().map(|v| v.clamp(0.0, 6.0)).collect()
}

#[test]
fn depthwise_equals_the_definition_for_odd_sizes() {
    for (size, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
        for (height, width, channels) in [(1, 1, 8), (2, 5, 16), (7, 13, 24), (12, 21, 40)] {
            let x = sequence(&[2, height, width, channels], 1);
            let (weight, bias) = (sequence(&[size, size, channels], 2), sequence(&[channels], 3));
            let w = flat(&weight);
            let dense = |o: usize, ky: usize, kx: usize, i| {
                if o == i {
                    w[(ky * size + kx) * channels + i]
                } else {
                    0.0
                }
            };
            let expected = relu6(&convolution(&x, size, stride, dense, &flat(&bias)));
            for (name, backend) in all_backends() {
                let layer = Depthwise::new(weight.clone(), bias.clone(), stride, backend).unwrap();
                let what = format!("{name}: k {size}, stride {stride}, {height}×{width}×{channels}");
                assert_close(&flat(&layer.forward(&x).unwrap()), &expected, &what);
            }
        }
    }
}

#[test]
fn pointwise_equals_the_definition_for_odd_widths() {
    for (pixels, inputs, outputs) in [(1, 3, 5), (7, 24, 40), (13, 33, 65), (50, 88, 208)] {
        let x = sequence(&[1, 1, pixels, inputs], 4);
        let (weight, bias) = (sequence(&[outputs, inputs], 5), sequence(&[outputs], 6));
        let w = flat(&weight);
        let expected = convolution(&x, 1, 1, |o, _, _, i| w[o * inputs + i], &flat(&bias));
        for (name, backend) in all_backends() {
            for (activation, expected) in [
                (Activation::Identity, expected.clone()),
                (Activation::Relu6, relu6(&expected)),
            ] {
                let layer = Pointwise::new(weight.clone(), bias.clone(), activation, backend).unwrap();
                assert_close(
                    &flat(&layer.forward(&x).unwrap()),
                    &expected,
                    &format!("{name}: {inputs} → {outputs}"),
                );
            }
        }
    }
}

#[test]
fn stem_equals_the_definition_for_odd_sizes() {
    for (height, width) in [(1, 1), (5, 8), (31, 50)] {
        let x = sequence(&[2, height, width, 3], 7);
        let (weight, bias) = (sequence(&[20, 3, 3, 3], 8), sequence(&[20], 9));
        let w = flat(&weight);
        let expected = relu6(&convolution(
            &x,
            3,
            2,
            |o, ky, kx, i| w[((o * 3 + ky) * 3 + kx) * 3 + i],
            &flat(&bias),
        ));
        for (name, backend) in all_backends() {
            let layer = Stem::new(weight.clone(), bias.clone(), 2, backend).unwrap();
            assert_close(
                &flat(&layer.forward(&x).unwrap()),
                &expected,
                &format!("{name}: {height}×{width}"),
            );
        }
    }
}

/// A block of the given shape whose weights are a sequence.
fn block(inputs: usize, expansion: usize, outputs: usize, size: usize, stride: usize, backend: Backend) -> MbConv {
    let wide = inputs * expansion;
    let scaled = |shape: &[usize], seed, scale: f64| (sequence(shape, seed) * scale).unwrap();
    let pointwise = |o, i: usize, seed, activation| {
        let weight = scaled(&[o, i], seed, 1.0 / (i as f64).sqrt());
        Pointwise::new(weight, sequence(&[o], seed + 1), activation, Backend::Tensors).unwrap()
    };
    let layers = Layers {
        expand: (expansion > 1).then(|| pointwise(wide, inputs, 10, Activation::Relu6)),
        depthwise: Depthwise::new(
            sequence(&[size, size, wide], 12),
            sequence(&[wide], 13),
            stride,
            Backend::Tensors,
        )
        .unwrap(),
        project: pointwise(outputs, wide, 14, Activation::Identity),
        residual: stride == 1 && inputs == outputs,
    };
    MbConv::new(layers, backend).unwrap()
}

#[test]
fn fused_blocks_equal_tensor_operations_when_they_take_one_strip_and_when_they_take_many() {
    // The last shape's expanded rows exceed the ring: many strips, each of which reuses rows of the one before.
    for (height, width, inputs, outputs) in [(9, 9, 8, 8), (5, 1, 24, 40), (40, 70, 32, 32)] {
        for (size, stride, expansion) in [(3, 1, 1), (3, 1, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6)] {
            let x = sequence(&[2, height, width, inputs], 20);
            let expected = flat(
                &block(inputs, expansion, outputs, size, stride, Backend::Tensors)
                    .forward(&x)
                    .unwrap(),
            );
            for set in InstructionSet::available() {
                let fused = block(inputs, expansion, outputs, size, stride, Backend::Kernels(set));
                let what = format!(
                    "{}: {height}×{width}, k {size}, stride {stride}, expansion {expansion}",
                    set.name()
                );
                assert_close(&flat(&fused.forward(&x).unwrap()), &expected, &what);
            }
        }
    }
}

#[test]
fn values_that_are_not_numbers_do_not_leak_into_later_pictures() {
    let backend = Backend::Kernels(InstructionSet::best());
    let fused = block(8, 6, 8, 3, 1, backend);
    let x = sequence(&[1, 6, 6, 8], 21);
    let before = flat(&fused.forward(&x).unwrap());
    let broken = Tensor::full(f32::NAN, (1, 6, 6, 8), &Device::Cpu).unwrap();
    fused.forward(&broken).unwrap();
    assert_eq!(flat(&fused.forward(&x).unwrap()), before);
}

#[test]
fn gradients_of_the_tensor_backend_equal_differences() {
    let (size, stride) = (3, 2);
    let x = Var::from_tensor(&sequence(&[1, 5, 6, 2], 30)).unwrap();
    let weight = Var::from_tensor(&sequence(&[size, size, 2], 31)).unwrap();
    // Large enough that no sum is near the kinks of ReLU6 at 0 and 6.
    let bias = Tensor::new(&[3f32, 2.9], &Device::Cpu).unwrap();
    let weight = Var::from_tensor(&(weight.as_tensor() * 0.3).unwrap()).unwrap();
    let scale = sequence(&[1, 3, 3, 2], 32);
    let loss = || -> Tensor {
        let layer = Depthwise::new(weight.as_tensor().clone(), bias.clone(), stride, Backend::Tensors).unwrap();
        (layer.forward(x.as_tensor()).unwrap() * &scale)
            .unwrap()
            .sum_all()
            .unwrap()
    };
    let gradients = loss().backward().unwrap();
    for var in [&x, &weight] {
        let gradient = flat(gradients.get(var).unwrap());
        let (values, shape) = (flat(var), var.shape().clone());
        for (i, expected) in gradient.iter().enumerate() {
            let shifted = |by: f32| {
                let mut values = values.clone();
                values[i] += by;
                var.set(&Tensor::from_vec(values, &shape, &Device::Cpu).unwrap())
                    .unwrap();
                loss().to_scalar::<f32>().unwrap()
            };
            let difference = (shifted(0.1) - shifted(-0.1)) / 0.2;
            var.set(&Tensor::from_vec(values.clone(), &shape, &Device::Cpu).unwrap())
                .unwrap();
            assert!(
                (difference - expected).abs() < 1e-3,
                "{difference} and {expected} at {i}"
            );
        }
    }
}

#[test]
fn gradients_reach_every_weight_of_a_block() {
    let weight = Var::from_tensor(&sequence(&[12, 2], 40)).unwrap();
    let filter = Var::from_tensor(&sequence(&[5, 5, 12], 41)).unwrap();
    let narrow = Var::from_tensor(&sequence(&[2, 12], 42)).unwrap();
    let pointwise = |weight: &Var, outputs: usize, activation| {
        let bias = Tensor::ones(outputs, DType::F32, &Device::Cpu).unwrap();
        Pointwise::new(weight.as_tensor().clone(), bias, activation, Backend::Tensors).unwrap()
    };
    let bias = Tensor::ones(12, DType::F32, &Device::Cpu).unwrap();
    let layers = Layers {
        expand: Some(pointwise(&weight, 12, Activation::Relu6)),
        depthwise: Depthwise::new(filter.as_tensor().clone(), bias, 1, Backend::Tensors).unwrap(),
        project: pointwise(&narrow, 2, Activation::Identity),
        residual: true,
    };
    let block = MbConv::new(layers, Backend::Tensors).unwrap();
    let gradients = block
        .forward(&sequence(&[1, 6, 6, 2], 43))
        .unwrap()
        .sum_all()
        .unwrap()
        .backward()
        .unwrap();
    for var in [&weight, &filter, &narrow] {
        assert!(flat(gradients.get(var).unwrap()).iter().any(|g| *g != 0.0));
    }
}

#[test]
fn layers_that_do_not_fit_together_are_errors() {
    let backend = Backend::Kernels(InstructionSet::best());
    assert!(Depthwise::new(sequence(&[3, 5, 8], 1), sequence(&[8], 1), 1, backend).is_err());
    assert!(Depthwise::new(sequence(&[7, 7, 8], 1), sequence(&[8], 1), 1, backend).is_err());
    assert!(Depthwise::new(sequence(&[3, 3, 8], 1), sequence(&[9], 1), 1, backend).is_err());
    assert!(Pointwise::new(sequence(&[3, 8], 1), sequence(&[4], 1), Activation::Relu6, backend).is_err());
    let layer = Pointwise::new(sequence(&[3, 8], 1), sequence(&[3], 1), Activation::Relu6, backend).unwrap();
    assert!(layer.forward(&sequence(&[1, 2, 2, 7], 1)).is_err());
}
