use super::*;

fn zeros() -> Projections {
    let affine = |i: usize, o: usize| Affine::new(vec![0.0; i * o], vec![0.0; o]).unwrap();
    Projections {
        head: affine(HEAD, HEAD_KEPT),
        middle: affine(MIDDLE, MIDDLE_KEPT),
        early: affine(EARLY, EARLY_KEPT),
        statistics_mean: vec![0.0; STATISTICS],
        statistics_scale: vec![1.0; STATISTICS],
        semantic_basis: vec![0.0; TEXT_DIM * SEMANTIC_DIM],
        classes: (0..CLASSES * SEMANTIC_DIM)
            .map(|i| if i % SEMANTIC_DIM == 0 { 1.0 } else { 0.0 })
            .collect(),
        things: vec![0.0; detector::CLASSES * SEMANTIC_DIM],
        text_mean: vec![0.5; TEXT_DIM],
        colours: vec![0.0; COLOURS * TEXT_DIM],
        plain: affine(HEAD, PLAIN_DIM),
        token: affine(REGION_DIM, TOKEN_DIM),
        // Small whole numbers are the same in f16.
        position: (0..REGIONS * TOKEN_DIM).map(|i| (i % TOKEN_DIM) as f32).collect(),
        norm_weight: vec![1.0; TOKEN_DIM],
        norm_bias: vec![0.25; TOKEN_DIM],
    }
}

#[test]
fn a_file_reads_back_what_was_written_and_keeps_how_it_was_made() {
    let bytes = zeros().to_bytes(&[("seed", "7".to_owned())]).unwrap();
    let again = Projections::read("p", &bytes).unwrap();
    assert_eq!(again.text_mean, vec![0.5; TEXT_DIM]);
    assert_eq!(again.position, zeros().position);
    let file = WeightFile::open("p", &bytes, &IS).unwrap();
    assert_eq!(file.metadata().get("seed").map(String::as_str), Some("7"));
    assert!(Projections::read("p", &bytes[..bytes.len() - 4]).is_err());
}

#[test]
fn conse_is_long_where_the_classifier_is_sure_and_short_where_it_is_not() {
    let mut logits = vec![0.0; 2 * CLASSES];
    logits[7] = 20.0;
    let conse = zeros().conse(&mut logits);
    assert!((conse[0] - 1.0).abs() < 1e-4, "all probability on one class");
    assert!(
        (conse[SEMANTIC_DIM] - 0.01 / SURE).abs() < 1e-4,
        "ten classes of a thousand equal ones"
    );
}

#[test]
fn tokens_are_normalised_after_the_position_is_added() {
    let tokens = zeros().tokens(vec![0.0; REGIONS * REGION_DIM]).unwrap();
    for token in tokens.chunks_exact(TOKEN_DIM) {
        let mean = token.iter().sum::<f32>() / TOKEN_DIM as f32;
        assert!((mean - 0.25).abs() < 1e-4);
        assert!(token.last() > token.first());
    }
}

#[test]
fn the_most_probable_classes_come_largest_first() {
    let row: Vec<f32> = (0..50).map(|i| ((i * 7) % 50) as f32).collect();
    let best = most_probable(&row);
    assert_eq!(best.map(|(p, _)| p as i32), [49, 48, 47, 46, 45, 44, 43, 42, 41, 40]);
    assert!(best.iter().all(|(p, at)| row[*at] == *p));
}

#[test]
fn a_centred_layer_maps_its_mean_to_zero() {
    let layer = Affine::centred(&[1.0, 2.0], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).unwrap();
    assert_eq!(
        layer.apply(vec![1.0, 2.0, 2.0, 2.0]).unwrap(),
        [0.0, 0.0, 0.0, 1.0, 2.0, 3.0]
    );
}
