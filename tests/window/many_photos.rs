use std::time::Instant;

use super::fake_engine::photos;
use super::setup::{DRAWS, Window};

#[test]
fn a_hundred_thousand_photos_scroll_without_a_widget_for_each() {
    let mut window = Window::with_photos(photos(100_000));
    let height = window.harness.state().gallery_height();
    assert!(height > 1_000_000.0);
    let (mut logic, mut drawn) = (Vec::new(), Vec::new());
    let frames = 40;
    for frame in 0..frames {
        window
            .harness
            .state_mut()
            .scroll_gallery_to(height * frame as f32 / frames as f32);
        let start = Instant::now();
        window.harness.step();
        logic.push(start.elapsed().as_secs_f64() * 1e3);
        if DRAWS {
            window.harness.render().expect("a graphics adapter");
        }
        drawn.push(start.elapsed().as_secs_f64() * 1e3);
        let count = window.photos_on_screen().len();
        assert!((1..200).contains(&count), "{count} photos were built");
    }
    let percentile = |times: &mut Vec<f64>, part: f64| {
        times.sort_by(f64::total_cmp);
        times[((times.len() - 1) as f64 * part) as usize]
    };
    println!(
        "100,000 photos, {frames} frames: step p50 {:.1} ms, p95 {:.1} ms; with software drawing and read-back p50 {:.1} ms, p95 {:.1} ms",
        percentile(&mut logic, 0.5),
        percentile(&mut logic, 0.95),
        percentile(&mut drawn, 0.5),
        percentile(&mut drawn, 0.95),
    );
    let textures = window.harness.state().texture_use();
    assert!(textures.bytes_max <= textures.budget);
}
