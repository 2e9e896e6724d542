//! A picture being painted: float RGB, 0–255, so that light and shadow add up without rounding at each step.

use image::{Rgb, RgbImage};

/// Float RGB pixels in rows, nominally 0–255; values outside are clipped when the picture is finished.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<[f32; 3]>,
}

impl Picture {
    /// A picture whose pixel at column x and row y is `paint(x, y)`.
    pub(super) fn from_fn(width: usize, height: usize, mut paint: impl FnMut(f32, f32) -> [f32; 3]) -> Self {
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                pixels.push(paint(x as f32, y as f32));
            }
        }
        Self { width, height, pixels }
    }

    pub(super) fn from_image(image: &RgbImage) -> Self {
        let pixels = image.pixels().map(|pixel| pixel.0.map(f32::from)).collect();
        Self {
            width: image.width() as usize,
            height: image.height() as usize,
            pixels,
        }
    }

    pub(super) fn into_image(self) -> RgbImage {
        let mut image = RgbImage::new(self.width as u32, self.height as u32);
        for (target, source) in image.pixels_mut().zip(&self.pixels) {
            *target = Rgb(source.map(to_byte));
        }
        image
    }

    /// Each row of pixels with its number.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = (usize, &mut [[f32; 3]])> {
        self.pixels.chunks_mut(self.width.max(1)).enumerate()
    }

    /// Gaussian blur by three box passes; `sigma` in pixels.
    pub(super) fn blur(&mut self, sigma: f32) {
        blur(&mut self.pixels, self.width, self.height, sigma);
    }

    /// Luma of each pixel, 0–255.
    pub(super) fn luma(&self) -> Vec<f32> {
        self.pixels.iter().map(luma).collect()
    }
}

/// Rec. 601 luma, 0–255.
pub(super) fn luma(pixel: &[f32; 3]) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

fn to_byte(value: f32) -> u8 {
    (value + 0.5).clamp(0.0, 255.0) as u8
}

/// `a` at 0, `b` at 1.
pub(super) fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    [
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    ]
}

pub(super) fn scale(colour: [f32; 3], factor: f32) -> [f32; 3] {
    colour.map(|value| value * factor)
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(super) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A value that can be averaged by the box blur.
pub(super) trait Sample: Copy {
    const ZERO: Self;
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn times(self, factor: f32) -> Self;
}

impl Sample for f32 {
    const ZERO: Self = 0.0;
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn subtract(self, other: Self) -> Self {
        self - other
    }
    fn times(self, factor: f32) -> Self {
        self * factor
    }
}

impl Sample for [f32; 3] {
    const ZERO: Self = [0.0; 3];
    fn add(self, other: Self) -> Self {
        [self[0] + other[0], self[1] + other[1], self[2] + other[2]]
    }
    fn subtract(self, other: Self) -> Self {
        [self[0] - other[0], self[1] - other[1], self[2] - other[2]]
    }
    fn times(self, factor: f32) -> Self {
        self.map(|value| value * factor)
    }
}

/// Gaussian blur of `width`×`height` samples in rows, approximated by three box passes; edges repeat.
pub(super) fn blur<T: Sample>(samples: &mut [T], width: usize, height: usize, sigma: f32) {
    if sigma < 0.3 || width == 0 || height == 0 {
        return;
    }
    // Three boxes of width w have the variance 3 (w² − 1) / 12.
    let radius = ((((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize).max(1);
    let mut line = vec![T::ZERO; width.max(height)];
    for _ in 0..3 {
        for row in samples.chunks_mut(width) {
            box_line(row, &mut line, radius);
        }
    }
    // Columns are handled a row at a time (running sums for all columns at once): far kinder to the cache.
    let mut turned = samples.to_vec();
    for _ in 0..3 {
        box_columns(&turned, samples, width, height, radius);
        turned.copy_from_slice(samples);
    }
}

fn box_line<T: Sample>(row: &mut [T], scratch: &mut [T], radius: usize) {
    let last = row.len() - 1;
    let weight = 1.0 / (2 * radius + 1) as f32;
    let mut sum = row[0].times((radius + 1) as f32);
    for offset in 1..=radius {
        sum = sum.add(row[offset.min(last)]);
    }
    for (x, slot) in scratch.iter_mut().enumerate().take(row.len()) {
        *slot = sum.times(weight);
        sum = sum
            .add(row[(x + radius + 1).min(last)])
            .subtract(row[x.saturating_sub(radius)]);
    }
    row.copy_from_slice(&scratch[..=last]);
}

fn box_columns<T: Sample>(source: &[T], target: &mut [T], width: usize, height: usize, radius: usize) {
    let last = height - 1;
    let weight = 1.0 / (2 * radius + 1) as f32;
    let row = |y: usize| &source[y * width..(y + 1) * width];
    let mut sums: Vec<T> = row(0).iter().map(|value| value.times((radius + 1) as f32)).collect();
    for offset in 1..=radius {
        for (sum, value) in sums.iter_mut().zip(row(offset.min(last))) {
            *sum = sum.add(*value);
        }
    }
    for y in 0..height {
        let (entering, leaving) = (row((y + radius + 1).min(last)), row(y.saturating_sub(radius)));
        let written = &mut target[y * width..(y + 1) * width];
        for (((slot, sum), enter), leave) in written.iter_mut().zip(&mut sums).zip(entering).zip(leaving) {
            *slot = sum.times(weight);
            *sum = sum.add(*enter).subtract(*leave);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_keeps_a_constant_and_spreads_a_point_evenly() {
        let mut flat = vec![40.0_f32; 12 * 7];
        blur(&mut flat, 12, 7, 2.0);
        assert!(flat.iter().all(|value| (value - 40.0).abs() < 1e-3));

        let mut point = vec![0.0_f32; 41 * 41];
        point[20 * 41 + 20] = 1000.0;
        blur(&mut point, 41, 41, 2.0);
        let at = |x: usize, y: usize| point[y * 41 + x];
        assert!((point.iter().sum::<f32>() - 1000.0).abs() < 1.0);
        assert!((at(18, 20) - at(20, 22)).abs() < 0.01 && at(20, 20) > at(18, 20));
    }

    #[test]
    fn blur_of_a_tiny_picture_does_not_panic() {
        let mut one = Picture::from_fn(1, 1, |_, _| [1.0, 2.0, 3.0]);
        one.blur(9.0);
        assert_eq!(one.into_image().get_pixel(0, 0).0, [1, 2, 3]);
    }
}
