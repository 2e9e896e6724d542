//! A face turned upright and brought to one size: the five points go to where they lie in the mean face, sampled bilinearly, from a
//! halved picture where the face is large.
//!
//! Reference: dlib, `get_face_chip_details` and `extract_image_chips` in `interpolation.h`, and `pyramid_down<2>` in
//! `image_pyramid.h`, with 150 pixels and a padding of a quarter.

use super::identity::SIDE;
use super::landmarks::POINTS;
use super::similarity::Similarity;
use crate::PictureView;

/// Where the points lie in the mean face, as parts of its side.
const MEAN_FACE: [[f64; 2]; POINTS] = [
    [0.859_567_459_599_2, 0.213_498_153_801_4],
    [0.646_060_476_410_4, 0.228_967_438_767_7],
    [0.120_575_062_078_9, 0.213_727_452_684_8],
    [0.334_085_061_371_2, 0.229_064_240_324_2],
    [0.490_112_313_567_9, 0.627_797_531_647_5],
];
/// What is seen around the mean face on each side, as a part of its side.
const PADDING: f64 = 0.25;
/// Sides up to which a picture is not halved further.
const SMALLEST: usize = 8;

/// An upright box of real numbers, last pixel included: `[left, top, right, bottom]`.
type Bounds = [f64; 4];

/// An 8-bit RGB picture.
#[derive(Debug)]
struct Pixels {
    width: usize,
    height: usize,
    values: Vec<[u8; 3]>,
}

/// The aligned face, `[SIDE, SIDE, 3]`; black where it reaches beyond the picture.
pub(super) fn aligned(picture: PictureView<'_>, points: &[[f64; 2]; POINTS]) -> Vec<u8> {
    let side = SIDE as f64;
    let mean = MEAN_FACE.map(|point| point.map(|at| (PADDING + at) / (2.0 * PADDING + 1.0) * side));
    let to_picture = Similarity::between(&mean, points);
    let (scale, angle) = (to_picture.scale(), to_picture.angle());
    let [x, y] = to_picture.apply([side / 2.0; 2]);
    let reach = (side * scale - 1.0) / 2.0;
    let bounds = [x - reach, y - reach, x + reach, y + reach];

    let mut depth = 0;
    let mut grow = 2.0;
    let mut halved = halved_bounds(bounds);
    while area(halved) > side * side {
        halved = halved_bounds(halved);
        depth += 1;
        grow = grow * 2.0 + 2.0;
    }
    let ([left, top], mut pixels) = cut_out(picture, bounds, angle, grow);
    let mut bounds = [bounds[0] - left, bounds[1] - top, bounds[2] - left, bounds[3] - top];
    for _ in 0..depth {
        pixels = pixels.halved();
        bounds = halved_bounds(bounds);
    }
    sampled(&pixels, bounds, angle)
}

/// The same box in a picture of half the side.
fn halved_bounds([left, top, right, bottom]: Bounds) -> Bounds {
    [
        left / 2.0 - 1.25,
        top / 2.0 - 0.75,
        right / 2.0 - 1.25,
        bottom / 2.0 - 0.75,
    ]
}

fn area([left, top, right, bottom]: Bounds) -> f64 {
    (right - left + 1.0) * (bottom - top + 1.0)
}

/// Corners of a box turned around its middle: top left, top right, bottom left, bottom right.
fn corners([left, top, right, bottom]: Bounds, angle: f64) -> [[f64; 2]; 4] {
    let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    let (sine, cosine) = angle.sin_cos();
    [[left, top], [right, top], [left, bottom], [right, bottom]].map(|[at_x, at_y]| {
        let (dx, dy) = (at_x - x, at_y - y);
        [x + cosine * dx - sine * dy, y + sine * dx + cosine * dy]
    })
}

/// The part of the picture that the turned box needs, grown on all sides, and where it begins.
fn cut_out(picture: PictureView<'_>, bounds: Bounds, angle: f64, grow: f64) -> ([f64; 2], Pixels) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let corners = corners(bounds, angle);
    let along = |axis: usize, length: usize| {
        let at = || corners.iter().map(|corner| corner[axis]);
        let last = (length - 1) as f64;
        let from = (at().fold(f64::MAX, f64::min) - grow).round().clamp(0.0, last);
        let to = (at().fold(f64::MIN, f64::max) + grow).round().clamp(from, last);
        (from as usize, to as usize)
    };
    let ((left, right), (top, bottom)) = (along(0, width), along(1, height));
    let rows = picture.rgb().as_chunks::<3>().0.chunks_exact(width);
    let rows = rows.skip(top).take(bottom + 1 - top);
    let pixels = Pixels {
        width: right + 1 - left,
        height: bottom + 1 - top,
        values: rows
            .flat_map(|row| row.get(left..=right).unwrap_or_default())
            .copied()
            .collect(),
    };
    ([left as f64, top as f64], pixels)
}

impl Pixels {
    /// Half the side: a binomial filter of five pixels, then every other pixel from the third on.
    fn halved(&self) -> Self {
        const FILTER: [u16; 5] = [1, 4, 6, 4, 1];
        if self.width <= SMALLEST || self.height <= SMALLEST {
            return Self {
                width: 0,
                height: 0,
                values: Vec::new(),
            };
        }
        let (width, height) = ((self.width - 3) / 2, (self.height - 3) / 2);
        let across: Vec<[u16; 3]> = self
            .values
            .chunks_exact(self.width)
            .flat_map(|row| (0..width).map(|x| filtered(FILTER.iter().zip(row.iter().skip(2 * x)), u16::from)))
            .collect();
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let column = across.iter().skip(2 * y * width + x).step_by(width);
                values.push(filtered(FILTER.iter().zip(column), |value| value).map(|sum| (sum / 256) as u8));
            }
        }
        Self { width, height, values }
    }

    /// Bilinear, rounded down; `None` where one of the four pixels is outside.
    fn at(&self, [x, y]: [f64; 2]) -> Option<[u8; 3]> {
        let (left, top) = (x.floor(), y.floor());
        let inside = left >= 0.0 && top >= 0.0 && left + 1.0 < self.width as f64 && top + 1.0 < self.height as f64;
        if !inside {
            return None;
        }
        let (right_part, lower_part) = (x - left, y - top);
        let start = top as usize * self.width + left as usize;
        let [tl, tr] = *self.values.get(start..)?.first_chunk()?;
        let [bl, br] = *self.values.get(start + self.width..)?.first_chunk()?;
        let mut out = [0; 3];
        for ((((out, tl), tr), bl), br) in out.iter_mut().zip(tl).zip(tr).zip(bl).zip(br) {
            let [tl, tr, bl, br] = [tl, tr, bl, br].map(f64::from);
            let above = (1.0 - right_part) * tl + right_part * tr;
            let below = (1.0 - right_part) * bl + right_part * br;
            *out = ((1.0 - lower_part) * above + lower_part * below) as u8;
        }
        Some(out)
    }
}

/// Sum of pixels by their factors.
fn filtered<'a, T: Copy + 'a>(taps: impl Iterator<Item = (&'a u16, &'a [T; 3])>, widen: impl Fn(T) -> u16) -> [u16; 3] {
    let mut sums = [0; 3];
    for (factor, pixel) in taps {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += factor * widen(*value);
        }
    }
    sums
}

/// The turned box as a picture of `SIDE` pixels.
fn sampled(pixels: &Pixels, bounds: Bounds, angle: f64) -> Vec<u8> {
    let [start, right, below, _] = corners(bounds, angle);
    let step = |to: [f64; 2]| [0, 1].map(|axis| (to[axis] - start[axis]) / (SIDE - 1) as f64);
    let (across, down) = (step(right), step(below));
    let mut out = Vec::with_capacity(SIDE * SIDE * 3);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let at = [0, 1].map(|axis| across[axis] * x as f64 + down[axis] * y as f64 + start[axis]);
            out.extend(pixels.at(at).unwrap_or_default());
        }
    }
    out
}
