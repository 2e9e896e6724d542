//! Cut-outs: an object on transparent ground, drawn or cut from a photo with a plain border.

use image::{RgbImage, Rgba, RgbaImage, imageops};

use super::picture::{blur, mix};
use super::truth::Kind;
use super::vocabulary::Colour;

/// An object on transparent ground (straight alpha), trimmed to its ink.
#[derive(Clone, Debug)]
pub struct Cutout {
    /// The object's name, singular, lower case.
    pub name: String,
    /// What sort of thing it is, where known.
    pub kind: Option<Kind>,
    /// Its main colour, where known.
    pub colour: Option<Colour>,
    /// The pixels.
    pub image: RgbaImage,
}

/// Share of the border that must look like the border's own colour.
const PLAIN_BORDER: f32 = 0.93;
/// Largest difference of a channel from the border's colour that still counts as border.
const NEAR: i32 = 20;

impl Cutout {
    /// Cuts the object out of a photo whose border is of one colour, by flooding from the border inwards.
    ///
    /// `None` where less than 93 % of the border has its median colour, or where the object would cover less than
    /// 6 % or more than 85 % of the photo.
    pub fn from_plain_border(photo: &RgbImage, name: &str) -> Option<Self> {
        let (width, height) = photo.dimensions();
        if width < 8 || height < 8 {
            return None;
        }
        let ground = border_colour(photo)?;
        let is_ground = |x: u32, y: u32| {
            let pixel = photo.get_pixel(x, y).0;
            pixel
                .iter()
                .zip(ground)
                .all(|(&channel, own)| (i32::from(channel) - i32::from(own)).abs() <= NEAR)
        };
        let outside = flood_from_border(width, height, is_ground);
        let mut coverage: Vec<f32> = outside
            .iter()
            .map(|&outside| if outside { 0.0 } else { 255.0 })
            .collect();
        let share = coverage.iter().sum::<f32>() / 255.0 / coverage.len() as f32;
        if !(0.06..0.85).contains(&share) {
            return None;
        }
        // The rim still holds some of the ground's colour: soften it and pull it inwards.
        blur(&mut coverage, width as usize, height as usize, 0.8);
        let mut image = RgbaImage::new(width, height);
        for ((target, source), cover) in image.pixels_mut().zip(photo.pixels()).zip(coverage) {
            let [red, green, blue] = source.0;
            *target = Rgba([red, green, blue, ((cover - 110.0) * 1.9).clamp(0.0, 255.0) as u8]);
        }
        Some(Self {
            name: name.to_owned(),
            kind: None,
            colour: None,
            image: trim(&image)?,
        })
    }

    /// The same object in another colour: its light and dark are kept around the new colour.
    #[must_use]
    pub fn recoloured(&self, colour: Colour) -> Self {
        let luma = |pixel: &Rgba<u8>| pixel.0.iter().take(3).map(|&channel| f32::from(channel)).sum::<f32>() / 3.0;
        let weight: f32 = self.image.pixels().map(|pixel| f32::from(pixel.0[3])).sum();
        let mean = self
            .image
            .pixels()
            .map(|pixel| luma(pixel) * f32::from(pixel.0[3]))
            .sum::<f32>()
            / weight.max(1.0);
        let mut image = self.image.clone();
        for pixel in image.pixels_mut() {
            let light = (luma(pixel) - mean) / 90.0;
            let [red, green, blue] = colour
                .tone()
                .map(|value| (value * (1.0 + 0.45 * light) + 12.0 * light).clamp(0.0, 255.0) as u8);
            *pixel = Rgba([red, green, blue, pixel.0[3]]);
        }
        Self {
            image,
            colour: Some(colour),
            ..self.clone()
        }
    }

    /// The pixels with the longer side at `side`, mirrored where asked.
    pub(super) fn scaled(&self, side: f32, mirrored: bool) -> RgbaImage {
        let (width, height) = self.image.dimensions();
        let factor = side / width.max(height).max(1) as f32;
        let round = |length: u32| ((length as f32 * factor).round() as u32).max(2);
        let mut image = imageops::resize(&self.image, round(width), round(height), imageops::FilterType::Triangle);
        if mirrored {
            imageops::flip_horizontal_in_place(&mut image);
        }
        image
    }
}

/// The median colour of the border pixels, if nearly all of them are close to it.
fn border_colour(photo: &RgbImage) -> Option<[u8; 3]> {
    let (width, height) = photo.dimensions();
    let across = (0..width).flat_map(|x| [(x, 0), (x, height - 1)]);
    let down = (0..height).flat_map(|y| [(0, y), (width - 1, y)]);
    let border: Vec<[u8; 3]> = across.chain(down).map(|(x, y)| photo.get_pixel(x, y).0).collect();
    let median = |channel: usize| {
        let mut values: Vec<u8> = border.iter().map(|pixel| pixel[channel]).collect();
        let middle = values.len() / 2;
        *values.select_nth_unstable(middle).1
    };
    let colour = [median(0), median(1), median(2)];
    let near = border
        .iter()
        .filter(|pixel| {
            pixel
                .iter()
                .zip(colour)
                .all(|(&a, b)| (i32::from(a) - i32::from(b)).abs() <= NEAR)
        })
        .count();
    (near as f32 >= PLAIN_BORDER * border.len() as f32).then_some(colour)
}

/// Which pixels are reached from the border over pixels that satisfy `open`, in rows.
fn flood_from_border(width: u32, height: u32, open: impl Fn(u32, u32) -> bool) -> Vec<bool> {
    let mut reached = vec![false; (width * height) as usize];
    let mut waiting: Vec<(u32, u32)> = (0..width)
        .flat_map(|x| [(x, 0), (x, height - 1)])
        .chain((0..height).flat_map(|y| [(0, y), (width - 1, y)]))
        .collect();
    while let Some((x, y)) = waiting.pop() {
        let index = (y * width + x) as usize;
        if reached.get(index).copied().unwrap_or(true) || !open(x, y) {
            continue;
        }
        reached[index] = true;
        let left = x.checked_sub(1).map(|left| (left, y));
        let up = y.checked_sub(1).map(|up| (x, up));
        let right = (x + 1 < width).then_some((x + 1, y));
        let down = (y + 1 < height).then_some((x, y + 1));
        waiting.extend([left, up, right, down].into_iter().flatten());
    }
    reached
}

/// The image cropped to pixels of at least 6 % opacity; `None` where there are none.
pub(super) fn trim(image: &RgbaImage) -> Option<RgbaImage> {
    let mut bounds: Option<(u32, u32, u32, u32)> = None;
    for (x, y, _) in image.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[3] > 15) {
        bounds = Some(match bounds {
            None => (x, y, x, y),
            Some((left, top, right, bottom)) => (left.min(x), top.min(y), right.max(x), bottom.max(y)),
        });
    }
    let (left, top, right, bottom) = bounds?;
    Some(imageops::crop_imm(image, left, top, right - left + 1, bottom - top + 1).to_image())
}

/// Lays `image` over the pixel with its alpha.
pub(super) fn over(pixel: [f32; 3], image: &Rgba<u8>) -> [f32; 3] {
    let [red, green, blue, alpha] = image.0.map(f32::from);
    mix(pixel, [red, green, blue], alpha / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn red_disc_on_white() -> RgbImage {
        RgbImage::from_fn(80, 60, |x, y| {
            let inside = (f64::from(x) - 40.0).hypot(f64::from(y) - 30.0) < 18.0;
            // A white eye inside the disc must stay: the flood cannot reach it.
            let eye = (f64::from(x) - 40.0).hypot(f64::from(y) - 30.0) < 5.0;
            Rgb(if inside && !eye { [200, 30, 30] } else { [250, 250, 250] })
        })
    }

    #[test]
    fn an_object_is_cut_from_its_plain_border_and_keeps_enclosed_parts() {
        let cut = Cutout::from_plain_border(&red_disc_on_white(), "ball").unwrap();
        let (width, height) = cut.image.dimensions();
        assert!(
            (33..=38).contains(&width) && (33..=38).contains(&height),
            "{width}x{height}"
        );
        let centre = cut.image.get_pixel(width / 2, height / 2).0;
        assert!(centre[3] == 255 && centre[0] > 240 && centre[1] > 240);
        assert_eq!(cut.image.get_pixel(0, 0).0[3], 0);
    }

    #[test]
    fn a_photo_without_a_plain_border_is_refused() {
        let busy = RgbImage::from_fn(64, 64, |x, y| {
            Rgb([(x * 4) as u8, (y * 4) as u8, ((x * y) % 255) as u8])
        });
        assert!(Cutout::from_plain_border(&busy, "noise").is_none());
        assert!(Cutout::from_plain_border(&RgbImage::new(3, 3), "dot").is_none());
        assert!(Cutout::from_plain_border(&RgbImage::new(64, 64), "nothing").is_none());
    }

    #[test]
    fn a_recoloured_object_has_the_new_colour() {
        let blue = Cutout::from_plain_border(&red_disc_on_white(), "ball")
            .unwrap()
            .recoloured(Colour::Blue);
        let (width, height) = blue.image.dimensions();
        let [red, _, channel, _] = blue.image.get_pixel(width / 2, height / 6).0;
        assert!(channel > red + 60);
        assert_eq!(blue.colour, Some(Colour::Blue));
    }
}
