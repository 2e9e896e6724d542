//! Lines of text cut out of a picture and brought upright, as the recogniser reads them.

use super::boxes::{TextBox, distance};
use super::recogniser::{COLUMNS, ROWS};
use crate::PictureView;

/// A box at least so many times as high as wide is turned.
const TALL: f64 = 1.5;
/// Columns of a line at most.
const WIDEST: f64 = 3_200.0;
/// What fills a line up to a whole step: grey.
const FILL: u8 = 128;

/// A line of text, `[ROWS, width, 3]`, RGB.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) width: usize,
    pub(super) pixels: Vec<u8>,
    /// Quarters of a turn against the clock that brought it upright.
    pub(super) turns: u8,
}

impl Line {
    /// Samples a box bilinearly; each pixel is the mean of as many samples as keep every pixel of the picture seen.
    pub(super) fn cut_out(picture: PictureView<'_>, text: &TextBox) -> Self {
        let [top_left, top_right, _, bottom_left] = text.corners;
        let to = |from: [f64; 2], to: [f64; 2]| [to[0] - from[0], to[1] - from[1]];
        let (mut origin, mut along, mut across, mut turns) =
            (top_left, to(top_left, top_right), to(top_left, bottom_left), 0);
        let (mut long, mut high) = (distance(top_left, top_right), distance(top_left, bottom_left));
        if high >= TALL * long {
            // The right edge becomes the upper one.
            (origin, along, across, turns) = (top_right, across, along.map(|part| -part), 1);
            (long, high) = (high, long);
        }
        let rows = ROWS as f64;
        let width = (rows * long / high.max(1e-6)).ceil().clamp(8.0, WIDEST);
        let fine = (high / rows - 0.25).ceil().clamp(1.0, 64.0);
        let (width, fine) = (width as usize, fine as usize);
        let share = 1.0 / (fine * fine) as f32;
        let mut pixels = Vec::with_capacity(ROWS * width * 3);
        for row in 0..ROWS {
            for column in 0..width {
                let mut sums = [0f32; 3];
                for sample in 0..fine * fine {
                    let part =
                        |at: usize, step: usize, of: usize| ((at * fine + step) as f64 + 0.5) / (of * fine) as f64;
                    let (u, v) = (part(column, sample % fine, width), part(row, sample / fine, ROWS));
                    let at = [0, 1].map(|axis| origin[axis] + u * along[axis] + v * across[axis] - 0.5);
                    for (sum, value) in sums.iter_mut().zip(sampled(picture, at)) {
                        *sum += value;
                    }
                }
                pixels.extend(sums.map(|sum| (sum * share).round() as u8));
            }
        }
        Self { width, pixels, turns }
    }

    /// The same line upside down.
    pub(super) fn upside_down(&self) -> Self {
        let pixels = self.pixels.as_chunks::<3>().0.iter().rev().flatten().copied();
        Self {
            width: self.width,
            pixels: pixels.collect(),
            turns: (self.turns + 2) % 4,
        }
    }

    /// The pixels with grey to the right, and their columns, a multiple of [`COLUMNS`].
    pub(super) fn whole_steps(&self) -> (Vec<u8>, usize) {
        let width = self.width.next_multiple_of(COLUMNS);
        let mut filled = vec![FILL; ROWS * width * 3];
        let rows = self.pixels.chunks_exact((self.width * 3).max(1));
        for (to, row) in filled.chunks_exact_mut((width * 3).max(1)).zip(rows) {
            for (to, value) in to.iter_mut().zip(row) {
                *to = *value;
            }
        }
        (filled, width)
    }
}

/// The colour at a point between pixel centres, which lie at whole numbers; beyond the edges that of the edge.
fn sampled(picture: PictureView<'_>, at: [f64; 2]) -> [f32; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let axis = |at: f64, length: usize| {
        let at = at.clamp(0.0, (length - 1) as f64);
        let first = (at as usize).min(length.saturating_sub(2));
        (first, (first + 1).min(length - 1), (at - first as f64) as f32)
    };
    let ((left, right, across), (top, bottom, down)) = (axis(at[0], width), axis(at[1], height));
    let pixels = picture.rgb().as_chunks::<3>().0;
    let pixel = |x: usize, y: usize| pixels.get(y * width + x).map_or([0.0; 3], |pixel| pixel.map(f32::from));
    let between = |a: [f32; 3], b: [f32; 3], part: f32| {
        let mut out = a;
        for (out, b) in out.iter_mut().zip(b) {
            *out += (b - *out) * part;
        }
        out
    };
    let upper = between(pixel(left, top), pixel(right, top), across);
    let lower = between(pixel(left, bottom), pixel(right, bottom), across);
    between(upper, lower, down)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(corners: [[f64; 2]; 4]) -> TextBox {
        TextBox { corners, score: 1.0 }
    }

    /// Red grows to the right, green downwards.
    fn ramp(width: usize, height: usize) -> Vec<u8> {
        (0..width * height)
            .flat_map(|i| [(i % width) as u8, (i / width) as u8, 7])
            .collect()
    }

    #[test]
    fn a_straight_box_is_scaled_to_the_height_of_a_line() {
        let pixels = ramp(200, 100);
        let picture = PictureView::new(200, 100, &pixels).unwrap();
        let line = Line::cut_out(
            picture,
            &text([[20.0, 10.0], [120.0, 10.0], [120.0, 58.0], [20.0, 58.0]]),
        );
        assert_eq!((line.width, line.turns), (100, 0));
        for (at, pixel) in line.pixels.as_chunks::<3>().0.iter().enumerate() {
            assert_eq!(*pixel, [20 + (at % 100) as u8, 10 + (at / 100) as u8, 7]);
        }
        let (whole, width) = line.whole_steps();
        assert_eq!((width, whole.len(), whole[100 * 3]), (104, 48 * 104 * 3, FILL));
        assert_eq!(line.upside_down().pixels[..3], line.pixels[line.pixels.len() - 3..]);
        assert_eq!(line.upside_down().upside_down(), line);
        // Twice as large: each pixel is the mean of four.
        let large = Line::cut_out(picture, &text([[0.0, 0.0], [192.0, 0.0], [192.0, 96.0], [0.0, 96.0]]));
        assert_eq!((large.width, large.pixels[0], large.pixels[1]), (96, 1, 1));
    }

    #[test]
    fn a_tall_box_is_turned_against_the_clock() {
        let pixels = ramp(100, 200);
        let picture = PictureView::new(100, 200, &pixels).unwrap();
        let line = Line::cut_out(
            picture,
            &text([[10.0, 20.0], [58.0, 20.0], [58.0, 170.0], [10.0, 170.0]]),
        );
        assert_eq!((line.width, line.turns), (150, 1));
        // Its first pixel is the box's top right one, the line runs downwards.
        assert_eq!(line.pixels[..3], [57, 20, 7]);
        assert_eq!(line.pixels[149 * 3..150 * 3], [57, 169, 7]);
    }

    #[test]
    fn boxes_beyond_the_edge_or_without_size_give_a_line_all_the_same() {
        let picture = PictureView::new(1, 1, &[9, 8, 7]).unwrap();
        for corners in [
            [[-50.0, -9.0], [90.0, -9.0], [90.0, 20.0], [-50.0, 20.0]],
            [[0.5, 0.5]; 4],
            [[0.0, 0.0], [1e9, 0.0], [1e9, 1.0], [0.0, 1.0]],
        ] {
            let line = Line::cut_out(picture, &text(corners));
            assert!(line.width >= 8 && line.width <= 3_200);
            assert!(line.pixels.as_chunks::<3>().0.iter().all(|pixel| *pixel == [9, 8, 7]));
        }
    }
}
