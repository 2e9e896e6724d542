//! What pixels alone say of any picture: brightness, tint, saturation, sharpness, clutter, main colours.

use image::{RgbImage, imageops};
use serde::{Deserialize, Serialize};

use super::picture::{Picture, blur};
use super::truth::{Brightness, ObjectBox, Warmth};
use super::vocabulary::{Colour, word_enum};

word_enum! {
    /// How strong the colours are.
    Saturation {
        BlackAndWhite = "black and white", Dull = "dull", Moderate = "moderate saturation", Colourful = "colourful",
    }
}

word_enum! {
    /// How much goes on behind and around.
    Clutter { Plain = "plain", Moderate = "moderately busy", Cluttered = "cluttered" }
}

word_enum! {
    /// How sharp the picture is.
    Sharpness { Blurry = "blurry", Soft = "slightly soft", Sharp = "sharp" }
}

/// Measurements of a picture, each with its word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// Mean lightness L*, 0–100.
    pub lightness: f32,
    /// dark below 38, bright above 72.
    pub brightness: Brightness,
    /// Mean b* + a*/2: positive is warm.
    pub tint: f32,
    /// warm above 9, cool below −4; neutral in a picture without colour.
    pub warmth: Warmth,
    /// Root of mean and variance of a* and b* together: about 0 (gray) to 80.
    pub chroma: f32,
    /// The word for `chroma`: below 5, below 16, up to 34, above.
    pub saturation: Saturation,
    /// Strongest half per cent of the luma differences between neighbours at a longer side of 320 pixels, 0–255.
    pub edge_strength: f32,
    /// blurry below 9, sharp from 22.
    pub sharpness: Sharpness,
    /// Share of border pixels (outer 15 %) with visible structure, 0–1.
    pub structure: f32,
    /// The word for `structure`: below 0.10, above 0.38.
    pub clutter: Clutter,
    /// The colour that more than 42 % of the foreground has.
    pub foreground: Option<Colour>,
    /// The colour that more than half of the background has.
    pub background: Option<Colour>,
}

/// Longer side at which pictures are measured.
const SIDE: u32 = 320;

/// Measures a picture of any size (at a longer side of at most 320 pixels).
pub fn measure(image: &RgbImage) -> Measurements {
    let longer = image.width().max(image.height());
    let small = if longer > SIDE {
        let fit = |side: u32| (u64::from(side) * u64::from(SIDE) / u64::from(longer)).max(1) as u32;
        imageops::resize(
            image,
            fit(image.width()),
            fit(image.height()),
            imageops::FilterType::Triangle,
        )
    } else {
        image.clone()
    };
    let labs: Vec<[f32; 3]> = small.pixels().map(|pixel| lab(pixel.0)).collect();
    let (mean, deviation) = moments(&labs);
    let chroma = (mean[1].powi(2) + mean[2].powi(2) + deviation[1].powi(2) + deviation[2].powi(2)).sqrt();
    let tint = mean[2] + 0.5 * mean[1];
    let (edge_strength, structure) = edges(&small);
    let (inside, outside) = ground_and_figure(&labs, small.width() as usize, small.height() as usize);
    Measurements {
        lightness: mean[0],
        brightness: match mean[0] {
            light if light < 38.0 => Brightness::Dark,
            light if light > 72.0 => Brightness::Bright,
            _ => Brightness::Medium,
        },
        tint,
        warmth: match tint {
            _ if chroma < 5.0 => Warmth::Neutral,
            tint if tint > 9.0 => Warmth::Warm,
            tint if tint < -4.0 => Warmth::Cool,
            _ => Warmth::Neutral,
        },
        chroma,
        saturation: match chroma {
            chroma if chroma < 5.0 => Saturation::BlackAndWhite,
            chroma if chroma < 16.0 => Saturation::Dull,
            chroma if chroma > 34.0 => Saturation::Colourful,
            _ => Saturation::Moderate,
        },
        edge_strength,
        sharpness: match edge_strength {
            edge if edge < 9.0 => Sharpness::Blurry,
            edge if edge < 22.0 => Sharpness::Soft,
            _ => Sharpness::Sharp,
        },
        structure,
        clutter: match structure {
            share if share < 0.10 => Clutter::Plain,
            share if share > 0.38 => Clutter::Cluttered,
            _ => Clutter::Moderate,
        },
        foreground: main_colour(&inside, 0.42),
        background: main_colour(&outside, 0.50),
    }
}

/// The named colour that most pixels have, and the mean sRGB of those pixels; inside `bounds` or the whole picture.
pub fn dominant_colour(image: &RgbImage, bounds: Option<ObjectBox>) -> (Colour, [u8; 3]) {
    let bounds = bounds.unwrap_or(ObjectBox {
        x0: 0.0,
        y0: 0.0,
        x1: 1.0,
        y1: 1.0,
    });
    let place = |share: f32, side: u32| ((share * side as f32) as u32).min(side);
    let (left, right) = (place(bounds.x0, image.width()), place(bounds.x1, image.width()));
    let (top, bottom) = (place(bounds.y0, image.height()), place(bounds.y1, image.height()));
    let prototypes = prototypes();
    let mut sums = vec![([0.0_f64; 3], 0.0_f64); prototypes.len()];
    for y in top..bottom {
        for x in left..right {
            let pixel = image.get_pixel(x, y).0;
            let (sum, count) = &mut sums[nearest(&prototypes, lab(pixel))];
            for (total, value) in sum.iter_mut().zip(pixel) {
                *total += f64::from(value);
            }
            *count += 1.0;
        }
    }
    let best = (0..sums.len())
        .max_by(|&a, &b| sums[a].1.total_cmp(&sums[b].1))
        .unwrap_or(0);
    let (sum, count) = sums[best];
    (
        Colour::ALL[best],
        sum.map(|total| (total / count.max(1.0)).round() as u8),
    )
}

/// Distance of two sRGB colours in Lab with lightness at 0.7, so that light and shade count less than hue.
pub fn colour_distance(a: [u8; 3], b: [u8; 3]) -> f32 {
    lab_distance(lab(a), lab(b)).sqrt()
}

fn lab_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0.7 * (a[0] - b[0])).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
}

fn prototypes() -> Vec<[f32; 3]> {
    Colour::ALL.iter().map(|colour| lab(colour.rgb())).collect()
}

fn nearest(prototypes: &[[f32; 3]], pixel: [f32; 3]) -> usize {
    let distance = |index: usize| lab_distance(prototypes[index], pixel);
    (0..prototypes.len())
        .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(0)
}

/// CIE L*a*b* (D65) of an sRGB colour.
pub(super) fn lab(rgb: [u8; 3]) -> [f32; 3] {
    let [red, green, blue] = rgb.map(|value| {
        let value = f32::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    });
    let x = (0.412_456 * red + 0.357_576 * green + 0.180_438 * blue) / 0.950_47;
    let y = 0.212_673 * red + 0.715_152 * green + 0.072_175 * blue;
    let z = (0.019_334 * red + 0.119_192 * green + 0.950_304 * blue) / 1.088_83;
    let [x, y, z] = [x, y, z].map(|t| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn moments(labs: &[[f32; 3]]) -> ([f32; 3], [f32; 3]) {
    let count = labs.len().max(1) as f64;
    let mut mean = [0.0_f64; 3];
    let mut square = [0.0_f64; 3];
    for pixel in labs {
        for channel in 0..3 {
            mean[channel] += f64::from(pixel[channel]) / count;
            square[channel] += f64::from(pixel[channel]).powi(2) / count;
        }
    }
    let deviation = [0, 1, 2].map(|channel| (square[channel] - mean[channel].powi(2)).max(0.0).sqrt() as f32);
    (mean.map(|value| value as f32), deviation)
}

/// The strength of the strongest half per cent of edges, and the share of the outer frame that has structure.
fn edges(image: &RgbImage) -> (f32, f32) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut luma = Picture::from_image(image).luma();
    // Grain of one pixel is neither sharpness nor structure.
    blur(&mut luma, width, height, 0.5);
    let (frame_x, frame_y) = ((width as f32 * 0.15) as usize, (height as f32 * 0.15) as usize);
    let (mut all, mut frame, mut busy) = (Vec::with_capacity(luma.len()), 0_usize, 0_usize);
    for y in 0..height.saturating_sub(1) {
        for x in 0..width.saturating_sub(1) {
            let here = luma[y * width + x];
            let edge = (luma[y * width + x + 1] - here)
                .abs()
                .max((luma[(y + 1) * width + x] - here).abs());
            all.push(edge);
            if x < frame_x || x + frame_x >= width || y < frame_y || y + frame_y >= height {
                frame += 1;
                busy += usize::from(edge > 4.0);
            }
        }
    }
    if all.is_empty() {
        return (0.0, 0.0);
    }
    let rank = (all.len() * 199 / 200).min(all.len() - 1);
    let strong = *all.select_nth_unstable_by(rank, f32::total_cmp).1;
    (strong, busy as f32 / frame.max(1) as f32)
}

/// Splits pixels into figure and ground: ground is what looks like one of the border's two main colours.
fn ground_and_figure(labs: &[[f32; 3]], width: usize, height: usize) -> (Vec<[f32; 3]>, Vec<[f32; 3]>) {
    let edge = (width.min(height) / 16).max(1);
    let on_border = |index: usize| {
        let (x, y) = (index % width.max(1), index / width.max(1));
        x < edge || y < edge || x + edge >= width || y + edge >= height
    };
    let prototypes = prototypes();
    let mut votes = vec![(0_usize, [0.0_f32; 3]); prototypes.len()];
    for (_, pixel) in labs.iter().enumerate().filter(|(index, _)| on_border(*index)) {
        let (count, sum) = &mut votes[nearest(&prototypes, *pixel)];
        *count += 1;
        for (total, value) in sum.iter_mut().zip(pixel) {
            *total += value;
        }
    }
    votes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let border = votes.iter().map(|(count, _)| count).sum::<usize>();
    let grounds: Vec<[f32; 3]> = votes
        .iter()
        .take(3)
        .filter(|(count, _)| *count * 8 > border)
        .map(|(count, sum)| sum.map(|total| total / (*count).max(1) as f32))
        .collect();
    labs.iter().partition(|pixel| {
        grounds
            .iter()
            .all(|ground| lab_distance(*ground, **pixel) > 17.0_f32.powi(2))
    })
}

fn main_colour(pixels: &[[f32; 3]], share: f32) -> Option<Colour> {
    let prototypes = prototypes();
    let mut counts = vec![0_usize; prototypes.len()];
    for pixel in pixels {
        counts[nearest(&prototypes, *pixel)] += 1;
    }
    let best = (0..counts.len()).max_by_key(|&index| counts[index])?;
    (counts[best] > 0 && counts[best] as f32 > share * pixels.len() as f32).then(|| Colour::ALL[best])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Split;
    use crate::style::{Style, apply_style};
    use image::Rgb;

    fn disc(figure: [u8; 3], ground: [u8; 3]) -> RgbImage {
        RgbImage::from_fn(120, 90, |x, y| {
            let inside = (f64::from(x) - 60.0).hypot(f64::from(y) - 45.0) < 25.0;
            Rgb(if inside { figure } else { ground })
        })
    }

    #[test]
    fn lab_of_known_colours_is_right() {
        let close = |rgb: [u8; 3], expected: [f32; 3]| {
            lab(rgb)
                .iter()
                .zip(expected)
                .all(|(value, expected)| (value - expected).abs() < 0.6)
        };
        assert!(close([255, 255, 255], [100.0, 0.0, 0.0]));
        assert!(close([255, 0, 0], [53.2, 80.1, 67.2]));
        assert!(close([0, 0, 255], [32.3, 79.2, -107.9]));
    }

    #[test]
    fn figure_and_ground_are_named_by_their_colours() {
        let words = measure(&disc([40, 85, 205], [250, 250, 250]));
        assert_eq!(
            (words.foreground, words.background),
            (Some(Colour::Blue), Some(Colour::White))
        );
        let words = measure(&disc([245, 225, 50], [20, 22, 24]));
        assert_eq!(
            (words.foreground, words.background),
            (Some(Colour::Yellow), Some(Colour::Black))
        );
    }

    #[test]
    fn light_tint_and_saturation_follow_the_pixels() {
        let night = measure(&disc([20, 30, 60], [8, 10, 20]));
        assert_eq!((night.brightness, night.warmth), (Brightness::Dark, Warmth::Cool));
        let noon = measure(&disc([250, 200, 120], [250, 240, 200]));
        assert_eq!((noon.brightness, noon.warmth), (Brightness::Bright, Warmth::Warm));
        assert_eq!(measure(&disc([90; 3], [140; 3])).saturation, Saturation::BlackAndWhite);
        assert_eq!(
            measure(&disc([250, 20, 20], [20, 60, 230])).saturation,
            Saturation::Colourful
        );
    }

    #[test]
    fn blur_and_clutter_are_seen() {
        let sharp = disc([200, 40, 40], [235, 235, 235]);
        assert_eq!(measure(&sharp).sharpness, Sharpness::Sharp);
        assert_eq!(measure(&sharp).clutter, Clutter::Plain);
        let large = imageops::resize(&sharp, 320, 240, imageops::FilterType::Nearest);
        let blurred = measure(&apply_style(&large, Style::Blurry, 2, Split::Test));
        assert_ne!(blurred.sharpness, Sharpness::Sharp);
        assert!(blurred.edge_strength < measure(&large).edge_strength / 2.0);
        let busy = RgbImage::from_fn(
            120,
            90,
            |x, y| Rgb([if (x / 3 + y / 3) % 2 == 0 { 30 } else { 220 }; 3]),
        );
        assert_eq!(measure(&busy).clutter, Clutter::Cluttered);
    }

    #[test]
    fn degenerate_pictures_are_measured_without_panic() {
        for (width, height) in [(0, 0), (1, 1), (1, 400), (2000, 1)] {
            measure(&RgbImage::new(width, height));
            dominant_colour(&RgbImage::new(width, height), None);
        }
    }
}
