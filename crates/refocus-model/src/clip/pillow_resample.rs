//! Resampling as Pillow does it, to the last bit (Pillow, `src/libImaging/Resample.c`, 8 bits a channel): checkpoints were
//! trained on such pixels, and other resamplers with the same filter differ by a step here and there.
//!
//! Rows first, then columns; weights in fixed point with 22 bits, rounded to bytes after each pass.

/// A filter of Pillow's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Area average.
    Box,
    /// Triangle.
    Bilinear,
    /// Hamming window.
    Hamming,
    /// Cubic with a = −½.
    Bicubic,
    /// Three lobes.
    Lanczos,
}

impl Filter {
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let x_abs = x.abs();
        let sinc = |x: f64| {
            if x == 0.0 {
                1.0
            } else {
                (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI)
            }
        };
        match self {
            Self::Box if x > -0.5 && x <= 0.5 => 1.0,
            Self::Bilinear if x_abs < 1.0 => 1.0 - x_abs,
            Self::Hamming if x_abs < 1.0 => sinc(x) * (0.54 + 0.46 * (x * std::f64::consts::PI).cos()),
            Self::Bicubic => {
                const A: f64 = -0.5;
                if x_abs < 1.0 {
                    ((A + 2.0) * x_abs - (A + 3.0)) * x_abs * x_abs + 1.0
                } else if x_abs < 2.0 {
                    (((x_abs - 5.0) * x_abs + 8.0) * x_abs - 4.0) * A
                } else {
                    0.0
                }
            }
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Box | Self::Bilinear | Self::Hamming | Self::Lanczos => 0.0,
        }
    }
}

/// Bits behind the point of a weight.
const BITS: u32 = 22;
/// Channels of a pixel.
const CHANNELS: usize = 3;

/// What one target value is made of: the first source value, and weights from there on.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

fn taps(from: usize, to: usize, filter: Filter) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    (0..to)
        .map(|target| {
            let centre = (target as f64 + 0.5) * scale;
            let first = ((centre - support + 0.5).max(0.0)) as usize;
            let last = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (first..last)
                .map(|source| filter.weight((source as f64 - centre + 0.5) / stretch))
                .collect();
            let total: f64 = weights.iter().sum();
            let fixed = |weight: f64| {
                let share = if total == 0.0 { weight } else { weight / total };
                let scaled = share * f64::from(1 << BITS);
                (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
            };
            Taps {
                first,
                weights: weights.into_iter().map(fixed).collect(),
            }
        })
        .collect()
}

#[inline(always)]
fn to_byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// `[height, width, 3]` to `[height, to, 3]`.
fn along_rows(pixels: &[u8], width: usize, to: usize, filter: Filter) -> Vec<u8> {
    let taps = taps(width, to, filter);
    let mut out = Vec::with_capacity(pixels.len() / width.max(1) * to);
    for row in pixels.chunks_exact((CHANNELS * width).max(1)) {
        for Taps { first, weights } in &taps {
            let mut sums = [1 << (BITS - 1); CHANNELS];
            let sources = row.get(CHANNELS * first..).unwrap_or_default();
            for (pixel, weight) in sources.as_chunks::<CHANNELS>().0.iter().zip(weights) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            out.extend(sums.map(to_byte));
        }
    }
    out
}

/// `[height, width, 3]` to `[to, width, 3]`.
fn along_columns(pixels: &[u8], width: usize, to: usize, filter: Filter) -> Vec<u8> {
    let line = CHANNELS * width;
    let taps = taps(pixels.len() / line.max(1), to, filter);
    let mut out = Vec::with_capacity(line * to);
    let mut sums = vec![0i32; line];
    for Taps { first, weights } in &taps {
        sums.fill(1 << (BITS - 1));
        let rows = pixels.chunks_exact(line.max(1)).skip(*first);
        for (row, weight) in rows.zip(weights) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += i32::from(*value) * weight;
            }
        }
        out.extend(sums.iter().map(|sum| to_byte(*sum)));
    }
    out
}

/// Resamples `[height, width, 3]` to another width and height.
#[must_use]
pub fn resample(pixels: &[u8], width: usize, (to_width, to_height): (usize, usize), filter: Filter) -> Vec<u8> {
    let height = pixels.len() / (CHANNELS * width).max(1);
    let narrow = if width == to_width {
        pixels.to_vec()
    } else {
        along_rows(pixels, width, to_width, filter)
    };
    if height == to_height {
        narrow
    } else {
        along_columns(&narrow, to_width, to_height, filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_stays_flat_and_sizes_are_kept() {
        for filter in [
            Filter::Box,
            Filter::Bilinear,
            Filter::Hamming,
            Filter::Bicubic,
            Filter::Lanczos,
        ] {
            let out = resample(&[77; 13 * 9 * 3], 13, (5, 21), filter);
            assert_eq!(out.len(), 5 * 21 * 3);
            assert!(out.iter().all(|value| *value == 77), "{filter:?}");
        }
    }

    #[test]
    fn a_bicubic_square_is_pillows_own_byte_for_byte() {
        let fixture = |name: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/photo_tokens");
            image::open(path.join(name)).unwrap().into_rgb8()
        };
        let (picture, expected) = (fixture("picture.png"), fixture("square.png"));
        let square = resample(picture.as_raw(), picture.width() as usize, (260, 260), Filter::Bicubic);
        assert!(square == expected.into_raw());
    }
}
