use super::*;
use crate::text_tower::TEXT_DIM;
use crate::vector_math::{add_scaled, dot, normalise};

/// A basis of unit columns and colours that are not orthogonal to it.
fn layout() -> (BuiltInLayout, Vec<f32>, Vec<f32>) {
    let mut basis = vec![0.0; TEXT_DIM * SEMANTIC_DIM];
    (0..SEMANTIC_DIM).for_each(|i| basis[i * SEMANTIC_DIM + i] = 1.0);
    let mut colours: Vec<f32> = (0..COLOURS * TEXT_DIM).map(|i| (i as f32 * 0.37).sin()).collect();
    colours.chunks_exact_mut(TEXT_DIM).for_each(normalise);
    (BuiltInLayout::new(&basis, &colours), basis, colours)
}

fn wave(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * step).cos()).collect()
}

fn dog(score: f32) -> Detection {
    Detection {
        class: 16,
        score,
        bbox: [0.0, 0.2, 0.4, 1.0],
    }
}

fn photo(layout: &BuiltInLayout) -> (Encoding, Vec<f32>, Vec<f32>) {
    let conse = wave(SEMANTIC_DIM, 0.9);
    let histogram: Vec<f32> = (0..COLOURS).map(|i| if i < 4 { 0.25 } else { 0.0 }).collect();
    let encoding = layout.pack(&EncodingParts {
        tokens: &wave(REGIONS * TOKEN_DIM, 0.11),
        conse: &conse,
        plain: &wave(PLAIN_DIM, 0.3),
        foreground: &histogram,
        background: &[1.0 / 32.0; COLOURS],
        boxes: [[0.0, 0.2, 0.4, 1.0]; OBJECTS],
        objects: [None, Some(dog(0.6)), None, None],
        things: &Things::new(vec![dog(0.6), dog(0.5), Detection { class: 0, ..dog(0.9) }]),
    });
    (encoding, conse, histogram)
}

#[test]
fn an_encoding_keeps_its_values_through_its_bytes() {
    let (layout, ..) = layout();
    let (encoding, conse, histogram) = photo(&layout);
    assert_eq!(encoding.to_bytes().len(), 3832);
    let again = Encoding::from_bytes(encoding.to_bytes()).unwrap();
    let close = |a: &[f32], b: &[f32], e: f32| a.iter().zip(b).all(|(x, y)| (x - y).abs() <= e);
    assert!(close(
        &again.tokens(),
        &wave(REGIONS * TOKEN_DIM, 0.11),
        0.5 / 127.0 + 1e-3
    ));
    assert!(
        close(&again.conse(), &conse, 0.5 / 127.0 + 1e-3)
            && close(&again.histogram(Part::Foreground), &histogram, 1e-3)
    );
    let mut plain = [0.0; PLAIN_DIM];
    layout.plain(again.to_bytes(), &mut plain);
    assert!((dot(&plain, &plain) - 1.0).abs() < 1e-5);
    let boxes = stored_boxes(again.to_bytes());
    assert!(close(&boxes[3], &[0.0, 0.2, 0.4, 1.0], 1.0 / 255.0));
    let things = stored_things(again.to_bytes());
    assert_eq!(things, [None, Some((16, 0.6)), None, None]);
    let count = |class| stored_count(again.to_bytes(), class);
    assert_eq!([count(16), count(0), count(2)], [2, 1, 0]);
}

#[test]
fn lifted_factors_are_the_unit_sum_of_unit_conse_and_unit_colour_text() {
    let (layout, basis, colours) = layout();
    let (encoding, conse, histogram) = photo(&layout);
    let mut semantic: Vec<f32> = basis.chunks_exact(SEMANTIC_DIM).map(|row| dot(row, &conse)).collect();
    let mut colour = vec![0.0; TEXT_DIM];
    for (share, vector) in histogram.iter().zip(colours.chunks_exact(TEXT_DIM)) {
        add_scaled(&mut colour, *share, vector);
    }
    normalise(&mut semantic);
    normalise(&mut colour);
    let mut expected: Vec<f32> = semantic.iter().zip(&colour).map(|(a, b)| a + b).collect();
    normalise(&mut expected);
    let mut factors = [0.0; FACTOR_DIM];
    layout.text_factors(encoding.to_bytes(), Part::Foreground, &mut factors);
    let z: Vec<f32> = layout
        .lift()
        .chunks_exact(FACTOR_DIM)
        .map(|row| dot(row, &factors))
        .collect();
    assert!((dot(&z, &z) - 1.0).abs() < 2e-3);
    assert!(dot(&z, &expected) > 0.9995, "{}", dot(&z, &expected));
}

#[test]
fn a_row_is_read_at_any_alignment() {
    let (layout, ..) = layout();
    let (encoding, ..) = photo(&layout);
    let mut aligned = [0.0; PLAIN_DIM];
    layout.plain(encoding.to_bytes(), &mut aligned);
    for shift in 0..2 {
        let mut buffer = vec![0u8; shift];
        buffer.extend_from_slice(encoding.to_bytes());
        let mut plain = [1.0; PLAIN_DIM];
        layout.plain(buffer.get(shift..).unwrap(), &mut plain);
        assert_eq!(plain, aligned);
    }
}

#[test]
fn bytes_of_another_length_or_version_are_refused_and_read_as_zeros() {
    let (layout, ..) = layout();
    let (encoding, ..) = photo(&layout);
    let mut bytes = encoding.into_bytes();
    assert!(matches!(
        Encoding::from_bytes(&bytes[1..]),
        Err(EncodingError::Length { .. })
    ));
    let mut factors = [1.0; FACTOR_DIM];
    layout.text_factors(&bytes[..40], Part::Background, &mut factors);
    assert_eq!(factors, [0.0; FACTOR_DIM]);
    bytes[2] = 9;
    assert!(matches!(layout.check(&bytes), Err(EncodingError::Header { .. })));
}

#[test]
fn photos_are_alike_where_the_same_things_are_at_the_same_places() {
    let (layout, ..) = layout();
    let with = |tokens: &[f32]| {
        let encoding = layout.pack(&EncodingParts {
            tokens,
            conse: &wave(SEMANTIC_DIM, 0.9),
            plain: &wave(PLAIN_DIM, 0.3),
            foreground: &[1.0 / 32.0; COLOURS],
            background: &[1.0 / 32.0; COLOURS],
            boxes: Default::default(),
            objects: Default::default(),
            things: &Things::default(),
        });
        encoding.into_bytes()
    };
    let tokens = wave(REGIONS * TOKEN_DIM, 0.11);
    let one = with(&tokens);
    assert!((layout.likeness(&one, &one) - 1.0).abs() < 1e-3);
    // Another scale is no other picture; the same cells at other places are.
    let larger: Vec<f32> = tokens.iter().map(|value| value * 3.0).collect();
    assert!((layout.likeness(&one, &with(&larger)) - 1.0).abs() < 1e-3);
    let mut turned = tokens;
    turned[..16 * TOKEN_DIM].rotate_left(5 * TOKEN_DIM);
    assert!(layout.likeness(&one, &with(&turned)) < 0.8);
    assert_eq!(layout.likeness(&one, &with(&vec![0.0; REGIONS * TOKEN_DIM])), 0.0);
    assert_eq!(layout.likeness(&one, &[]), 0.0);
}
