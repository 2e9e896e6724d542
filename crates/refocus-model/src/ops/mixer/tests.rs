//! Kernels against tensor operations.

use super::*;
use crate::ops::convolution::tests::{assert_close, padded, sequence, tensor};

fn layer(
    (inputs, wide, outputs): (usize, usize, usize),
    strides: (usize, usize),
    excites: bool,
    path: Backend,
) -> Mixer {
    let weight = |shape: &[usize], seed, sum: usize| (sequence(shape, seed) / (sum as f64).sqrt()).unwrap();
    let (depthwise, depthwise_bias) = (weight(&[3, 3, inputs], 1, 9), sequence(&[inputs], 2));
    let (expand, expand_bias) = (weight(&[wide, inputs], 3, inputs), sequence(&[wide], 4));
    let (project, project_bias) = (weight(&[outputs, wide], 5, wide), sequence(&[outputs], 6));
    let hidden = inputs / 4;
    let squeeze = [sequence(&[hidden, inputs], 7), sequence(&[hidden], 8)];
    let excite = [sequence(&[inputs, hidden], 9), sequence(&[inputs], 10)];
    let excitation = Excitation::new([&squeeze[0], &squeeze[1]], [&excite[0], &excite[1]], 0.2, 0.0);
    Mixer::new(
        &MixerWeights {
            depthwise: Some([&depthwise, &depthwise_bias]),
            expand: [&expand, &expand_bias],
            project: [&project, &project_bias],
        },
        strides,
        (Between::Gelu, inputs == outputs && strides == (1, 1)),
        excites.then(|| excitation.unwrap()),
        path,
    )
    .unwrap()
}

#[test]
fn kernels_equal_tensor_operations_at_every_stride() {
    // The last ones take several strips.
    let cases = [
        ((16, 32, 16), (1, 1), (3, 5)),
        ((24, 48, 24), (1, 1), (1, 1)),
        ((24, 40, 12), (1, 1), (2, 9)),
        ((32, 64, 48), (2, 2), (6, 10)),
        ((48, 96, 64), (2, 1), (6, 11)),
        ((96, 192, 96), (1, 1), (40, 34)),
    ];
    for (channels, strides, (height, width)) in cases {
        let maps = sequence(&[2, channels.0, height, width], 11);
        for excites in [false, strides == (1, 1)] {
            let expected = layer(channels, strides, excites, Backend::Tensors);
            let expected = expected.forward(&tensor(&maps)).unwrap();
            for set in InstructionSet::available() {
                let found = layer(channels, strides, excites, Backend::Kernels(set));
                let found = found.forward(&padded(&maps)).unwrap();
                let what = format!("{channels:?} {strides:?} {excites} {}", set.name());
                assert_close(&found, &expected, &what);
            }
        }
    }
    let odd = padded(&sequence(&[1, 32, 5, 4], 1));
    let halves = layer((32, 64, 48), (2, 2), false, Backend::Kernels(InstructionSet::best()));
    assert!(halves.forward(&odd).is_err());
}

#[test]
fn without_a_depthwise_convolution_channels_alone_are_mixed() {
    let (expand, expand_bias) = (sequence(&[96, 24], 1), sequence(&[96], 2));
    let (project, project_bias) = ((sequence(&[16, 96], 3) / 10.0).unwrap(), sequence(&[16], 4));
    let layer = |path| {
        let weights = MixerWeights {
            depthwise: None,
            expand: [&expand, &expand_bias],
            project: [&project, &project_bias],
        };
        Mixer::new(&weights, (1, 1), (Between::Relu, false), None, path).unwrap()
    };
    let maps = sequence(&[1, 24, 7, 6], 5);
    let expected = layer(Backend::Tensors).forward(&tensor(&maps)).unwrap();
    for set in InstructionSet::available() {
        let found = layer(Backend::Kernels(set)).forward(&padded(&maps)).unwrap();
        assert_close(&found, &expected, set.name());
    }
}
