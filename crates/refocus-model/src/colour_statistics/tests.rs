use super::*;
use std::collections::HashMap;

fn expected() -> (image::RgbImage, HashMap<String, Vec<f32>>) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/photo_tokens");
    let square = image::open(folder.join("square.png")).unwrap().into_rgb8();
    let arrays = candle_core::safetensors::load(folder.join("expected.safetensors"), &candle_core::Device::Cpu);
    let flat = |(k, v): (String, candle_core::Tensor)| (k, v.flatten_all().unwrap().to_vec1().unwrap());
    (square, arrays.unwrap().into_iter().map(flat).collect())
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

#[test]
fn statistics_and_masks_equal_the_reference() {
    let (square, expected) = expected();
    let view = PictureView::new(260, 260, square.as_raw()).unwrap();
    let ours = ColourStatistics::measure(view, Things::default()).unwrap();
    // The reference knows the 19 regions and 51 numbers that need no objects.
    let reference = expected["statistics"].chunks(FORM_AT);
    for (region, (a, b)) in ours.tokens.chunks(STATISTICS).zip(reference).enumerate() {
        let a = &a[..FORM_AT];
        assert!(worst(a, b) < 0.01, "region {region}: {a:?} instead of {b:?}");
    }
    assert!(worst(&ours.foreground, &expected["foreground"]) < 0.03);
    assert!(worst(&ours.background, &expected["background"]) < 0.03);
}

#[test]
fn a_red_disc_on_white_is_red_foreground_on_a_white_background() {
    let disc = image::RgbImage::from_fn(260, 260, |x, y| {
        let (dx, dy) = (f64::from(x) - 130.0, f64::from(y) - 130.0);
        image::Rgb(if dx * dx + dy * dy < 70.0 * 70.0 {
            [220, 30, 35]
        } else {
            [250, 250, 250]
        })
    });
    let view = PictureView::new(260, 260, disc.as_raw()).unwrap();
    let ours = ColourStatistics::measure(view, Things::default()).unwrap();
    let commonest = |region| {
        let shares = ours.histogram(region).iter().zip(crate::named_colours::NAMED);
        shares
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, (name, _))| name)
    };
    assert_eq!(
        (commonest(FOREGROUND), commonest(BACKGROUND)),
        (Some("red"), Some("white"))
    );
    for region in 0..=FIRST_OBJECT {
        assert!((ours.histogram(region).iter().sum::<f32>() - 1.0).abs() < 1e-3);
    }
    let map = colour_map(view, 9).unwrap();
    assert!(
        map[40 * COLOURS + 5] > 0.5 && map[1] > 0.5,
        "red in the middle patch, white in the first"
    );
}

#[test]
fn a_picture_of_one_colour_has_finite_statistics() {
    let ours = ColourStatistics::measure(PictureView::new(4, 4, &[7; 48]).unwrap(), Things::default()).unwrap();
    assert!(ours.tokens.iter().all(|v| v.is_finite()));
}
