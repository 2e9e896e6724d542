//! Style filters over any picture: drawing, painting and printing manners that keep its size.

use image::RgbImage;

use super::noise::Noise;
use super::picture::{Picture, blur, luma, mix, scale, smoothstep};
use super::random::{Rng, Split, Stream};
use super::vocabulary::word_enum;

word_enum! {
    /// The manner of a picture.
    Style {
        Photo = "photo", PencilSketch = "pencil sketch", LineDrawing = "line drawing", Cartoon = "cartoon",
        OilPainting = "oil painting", Watercolor = "watercolor", BlackAndWhite = "black and white",
        Sepia = "sepia", PixelArt = "pixel art", Blurry = "blurry",
    }
}

/// The picture in this style, same size. `seed` varies stroke sizes, paper and palettes.
pub fn apply_style(image: &RgbImage, style: Style, seed: u64, split: Split) -> RgbImage {
    let mut rng = Rng::new(seed, split, Stream::Style);
    if style == Style::Photo || image.width() < 4 || image.height() < 4 {
        return image.clone();
    }
    let picture = Picture::from_image(image);
    // Strokes are as large on a small picture as on a large one, seen from the same distance.
    let unit = picture.width.min(picture.height) as f32 / 100.0;
    let rng = &mut rng;
    let styled = match style {
        Style::Photo => picture,
        Style::PencilSketch => pencil_sketch(&picture, unit, rng),
        Style::LineDrawing => line_drawing(&picture, unit, rng),
        Style::Cartoon => cartoon(&picture, unit, rng),
        Style::OilPainting => oil_painting(&picture, unit, rng),
        Style::Watercolor => watercolor(&picture, unit, rng),
        Style::BlackAndWhite => black_and_white(&picture, rng),
        Style::Sepia => sepia(&picture, unit, rng),
        Style::PixelArt => pixel_art(&picture, rng),
        Style::Blurry => blurry(picture, unit, rng),
    };
    styled.into_image()
}

fn gray(width: usize, height: usize, values: &[f32]) -> Picture {
    Picture {
        width,
        height,
        pixels: values.iter().map(|&value| [value; 3]).collect(),
    }
}

/// Colour dodge: the picture divided by its own blurred negative, with hatching in the shadows.
fn pencil_sketch(picture: &Picture, unit: f32, rng: &mut Rng) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let source = picture.luma();
    let mut negative: Vec<f32> = source.iter().map(|value| 255.0 - value).collect();
    blur(&mut negative, width, height, rng.range(1.2, 2.4) * unit);
    let noise = Noise::new(rng);
    let hatch = rng.range(0.5, 0.9);
    let values: Vec<f32> = source
        .iter()
        .zip(&negative)
        .enumerate()
        .map(|(index, (&value, &negative))| {
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            let dodge = (value * 255.0 / (256.0 - negative).max(1.0)).min(255.0);
            let shade = smoothstep(170.0, 30.0, value);
            let stroke = noise.at((x + y) / unit * 1.6, (x - y) / unit * 0.14);
            let grain = noise.at(x * 0.8, y * 0.8) * 7.0;
            (dodge * 0.94 + 12.0 - shade * hatch * (62.0 + 52.0 * stroke) + grain).clamp(24.0, 252.0)
        })
        .collect();
    gray(width, height, &values)
}

/// Extended difference of Gaussians (Winnemöller 2012): 1 on paper, 0 on a line.
fn line_share(source: &[f32], width: usize, height: usize, sigma: f32, sharpness: f32) -> Vec<f32> {
    let mut fine = source.to_vec();
    blur(&mut fine, width, height, sigma);
    let mut coarse = source.to_vec();
    blur(&mut coarse, width, height, sigma * 1.7);
    fine.iter()
        .zip(&coarse)
        .map(|(fine, coarse)| {
            let difference = fine - 0.985 * coarse - 0.5;
            if difference >= 0.0 {
                1.0
            } else {
                (1.0 + (difference * sharpness).max(-1.0)).max(0.0)
            }
        })
        .collect()
}

fn line_drawing(picture: &Picture, unit: f32, rng: &mut Rng) -> Picture {
    let source = picture.luma();
    let sigma = rng.range(0.34, 0.52) * unit;
    let mut share = line_share(
        &source,
        picture.width,
        picture.height,
        sigma.max(0.7),
        rng.range(0.25, 0.5),
    );
    blur(&mut share, picture.width, picture.height, 0.5);
    let ink = rng.range(8.0, 44.0);
    let values: Vec<f32> = share
        .iter()
        .map(|share| ink + (254.0 - ink) * share.clamp(0.0, 1.0))
        .collect();
    gray(picture.width, picture.height, &values)
}

fn saturate(pixel: [f32; 3], factor: f32) -> [f32; 3] {
    let middle = luma(&pixel);
    pixel.map(|value| (middle + (value - middle) * factor).clamp(0.0, 255.0))
}

fn cartoon(picture: &Picture, unit: f32, rng: &mut Rng) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let smooth = kuwahara(picture, (0.9 * unit).round().max(1.0) as usize);
    let levels = rng.range(5.0, 8.0).floor();
    let vivid = rng.range(1.35, 1.8);
    let lines = line_share(&smooth.luma(), width, height, (0.42 * unit).max(0.8), 0.3);
    let pixels = smooth
        .pixels
        .iter()
        .zip(lines)
        .map(|(pixel, line)| {
            let pixel = saturate(*pixel, vivid);
            let light = luma(&pixel).max(1.0);
            let step = light / 255.0 * levels;
            // Flat steps of lightness with a short soft edge between them.
            let flat = (step.floor() + smoothstep(0.40, 0.60, step - step.floor())) / levels * 255.0;
            scale(
                pixel.map(|value| (value * (flat / light).min(1.5)).min(255.0)),
                line.max(0.10),
            )
        })
        .collect();
    Picture { width, height, pixels }
}

/// Kuwahara's filter: each pixel takes the mean of the calmest of its four neighbouring squares. Summed tables make
/// its cost independent of `radius`.
fn kuwahara(picture: &Picture, radius: usize) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let stride = width + 1;
    // Sums of red, green, blue, and of squared luma, over all pixels above and to the left. f64 sums stay exact enough.
    let mut table = vec![[0.0_f64; 5]; stride * (height + 1)];
    for y in 0..height {
        let mut row = [0.0_f64; 5];
        for x in 0..width {
            let pixel = picture.pixels[y * width + x];
            let light = f64::from(luma(&pixel));
            let values = [
                f64::from(pixel[0]),
                f64::from(pixel[1]),
                f64::from(pixel[2]),
                light,
                light * light,
            ];
            for (channel, value) in values.into_iter().enumerate() {
                row[channel] += value;
                table[(y + 1) * stride + x + 1][channel] = table[y * stride + x + 1][channel] + row[channel];
            }
        }
    }
    let mean_of = |left: usize, top: usize, right: usize, bottom: usize| {
        let area = ((right - left) * (bottom - top)) as f64;
        let corner = |x: usize, y: usize| &table[y * stride + x];
        let (a, b, c, d) = (
            corner(right, bottom),
            corner(left, bottom),
            corner(right, top),
            corner(left, top),
        );
        let mut mean = [0.0_f64; 5];
        for channel in 0..5 {
            mean[channel] = (a[channel] - b[channel] - c[channel] + d[channel]) / area;
        }
        (
            mean[4] - mean[3] * mean[3],
            [mean[0] as f32, mean[1] as f32, mean[2] as f32],
        )
    };
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let (up, down) = (y.saturating_sub(radius), (y + radius + 1).min(height));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(width));
            let squares = [
                mean_of(left, up, x + 1, y + 1),
                mean_of(x, up, right, y + 1),
                mean_of(left, y, x + 1, down),
                mean_of(x, y, right, down),
            ];
            let calmest = squares.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a });
            pixels.push(calmest.map_or([0.0; 3], |(_, mean)| mean));
        }
    }
    Picture { width, height, pixels }
}

fn oil_painting(picture: &Picture, unit: f32, rng: &mut Rng) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let noise = Noise::new(rng);
    // Brushes do not follow edges to the pixel: the picture is bent a little before it is flattened.
    let bend = rng.range(0.5, 0.9) * unit;
    let bent = displaced(picture, |x, y| {
        let (u, v) = (x / unit * 0.45, y / unit * 0.45);
        (noise.at(u, v) * bend, noise.at(u + 31.0, v + 7.0) * bend)
    });
    let flat = kuwahara(&bent, (rng.range(1.2, 2.0) * unit).round().max(1.0) as usize);
    let vivid = rng.range(1.1, 1.45);
    let length = rng.range(0.10, 0.18);
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / unit, y as f32 / unit);
            // The bristles' direction turns slowly over the canvas; a lit edge makes the paint thick.
            let turn = noise.at(u * 0.05, v * 0.05) * 2.6;
            let (sin, cos) = turn.sin_cos();
            let (along, across) = (u * cos + v * sin, v * cos - u * sin);
            let thick = noise.at(along * length, across * 1.5) - noise.at(along * length + 0.02, across * 1.5 + 0.35);
            let canvas = noise.at(x as f32 * 0.9, y as f32 * 0.9) * 3.0;
            let pixel = saturate(flat.pixels[y * width + x], vivid);
            pixels.push(pixel.map(|value| value * (1.0 + 0.13 * thick) + 15.0 * thick + canvas));
        }
    }
    Picture { width, height, pixels }
}

/// The picture read at places moved by `offset(x, y)` pixels.
fn displaced(picture: &Picture, offset: impl Fn(f32, f32) -> (f32, f32)) -> Picture {
    let (width, height) = (picture.width, picture.height);
    Picture::from_fn(width, height, |x, y| {
        let (dx, dy) = offset(x, y);
        let column = (x + dx + 0.5).clamp(0.0, (width - 1) as f32) as usize;
        let row = (y + dy + 0.5).clamp(0.0, (height - 1) as f32) as usize;
        picture.pixels[row * width + column]
    })
}

fn watercolor(picture: &Picture, unit: f32, rng: &mut Rng) -> Picture {
    let (width, height) = (picture.width, picture.height);
    let noise = Noise::new(rng);
    let bend = rng.range(0.9, 1.5) * unit;
    let bent = displaced(picture, |x, y| {
        let (u, v) = (x / unit * 0.16, y / unit * 0.16);
        (
            noise.fractal(u, v, 3) * bend,
            noise.fractal(u + 31.0, v + 7.0, 3) * bend,
        )
    });
    let wash = kuwahara(&bent, (1.3 * unit).round().max(1.0) as usize);
    let mut spread = wash.clone();
    spread.blur(1.6 * unit);
    let paper = [250.0, 247.0, 240.0];
    let thin = rng.range(0.62, 0.76);
    let margin = rng.range(2.0, 5.0) * unit;
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let index = y * width + x;
            let (u, v) = (x as f32 / unit, y as f32 / unit);
            let pixel = saturate(wash.pixels[index], 1.25);
            // Pigment gathers where a wash ends: darker where the picture differs from its surroundings.
            let edge = (luma(&wash.pixels[index]) - luma(&spread.pixels[index])).abs() / 255.0;
            let flow = 0.10 * noise.fractal(u * 0.10, v * 0.10, 3) + 0.05 * noise.at(u * 0.7, v * 0.7);
            let grain = 1.0 + 0.028 * noise.at(x as f32 * 0.8, y as f32 * 0.8);
            // The wash ends before the paper does.
            let rim = (x.min(width - 1 - x).min(y.min(height - 1 - y))) as f32;
            let reach = margin * (1.0 + 0.75 * noise.fractal(u * 0.12, v * 0.12, 3));
            let painted = smoothstep(reach * 0.82, reach * 1.05, rim);
            let dark_rim = 0.14 * painted * (1.0 - smoothstep(reach * 1.02, reach * 1.35, rim));
            let body = mix(
                paper,
                scale(pixel, 1.0 - 0.5 * edge - dark_rim),
                (thin + flow + edge * 0.5).clamp(0.0, 1.0),
            );
            pixels.push(scale(mix(paper, body, painted), grain));
        }
    }
    Picture { width, height, pixels }
}

fn black_and_white(picture: &Picture, rng: &mut Rng) -> Picture {
    let contrast = rng.range(0.95, 1.4);
    let noise = Noise::new(rng);
    Picture::from_fn(picture.width, picture.height, |x, y| {
        let light = luma(&picture.pixels[y as usize * picture.width + x as usize]);
        [(light - 128.0) * contrast + 126.0 + noise.at(x * 0.9, y * 0.9) * 5.0; 3]
    })
}

fn sepia(picture: &Picture, unit: f32, rng: &mut Rng) -> Picture {
    let fade = rng.range(0.78, 0.92);
    let noise = Noise::new(rng);
    let (width, height) = (picture.width as f32, picture.height as f32);
    Picture::from_fn(picture.width, picture.height, |x, y| {
        let light = luma(&picture.pixels[y as usize * picture.width + x as usize]);
        let (u, v) = (x / width - 0.5, y / height - 0.5);
        let stain = 1.0 + 0.05 * noise.fractal(x / unit / 20.0, y / unit / 20.0, 3) - 0.5 * (u * u + v * v);
        let value = (26.0 + light * fade + noise.at(x * 0.9, y * 0.9) * 6.0) * stain;
        [value * 1.02, value * 0.87, value * 0.66]
    })
}

fn pixel_art(picture: &Picture, rng: &mut Rng) -> Picture {
    let block = (picture.width.min(picture.height) as f32 / rng.range(38.0, 56.0)).max(2.0);
    let (columns, rows) = (
        (picture.width as f32 / block).ceil() as usize,
        (picture.height as f32 / block).ceil() as usize,
    );
    let mut sums = vec![([0.0_f32; 3], 0.0_f32); columns * rows];
    let cell = |x: usize, y: usize| {
        let (column, row) = ((x as f32 / block) as usize, (y as f32 / block) as usize);
        row.min(rows - 1) * columns + column.min(columns - 1)
    };
    for (index, pixel) in picture.pixels.iter().enumerate() {
        let (sum, count) = &mut sums[cell(index % picture.width, index / picture.width)];
        for (total, value) in sum.iter_mut().zip(pixel) {
            *total += value;
        }
        *count += 1.0;
    }
    let steps = rng.range(6.0, 9.0).round();
    Picture::from_fn(picture.width, picture.height, |x, y| {
        let (sum, count) = sums[cell(x as usize, y as usize)];
        let pixel = saturate(scale(sum, 1.0 / count.max(1.0)), 1.25);
        pixel.map(|value| (value / 255.0 * steps).round() / steps * 255.0)
    })
}

fn blurry(mut picture: Picture, unit: f32, rng: &mut Rng) -> Picture {
    picture.blur(rng.range(1.5, 2.9) * unit);
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape_scene::shape_scene;

    fn detail(image: &RgbImage) -> f32 {
        let luma = Picture::from_image(image).luma();
        luma.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f32>() / luma.len() as f32
    }

    #[test]
    fn every_style_keeps_the_size_and_changes_the_picture() {
        let square = shape_scene(5, Split::Test, 90).0;
        let wide = image::imageops::crop_imm(&square, 0, 10, 90, 50).to_image();
        for &style in Style::ALL {
            let styled = apply_style(&wide, style, 3, Split::Test);
            assert_eq!(styled.dimensions(), (90, 50), "{style}");
            assert_eq!(styled == wide, style == Style::Photo, "{style}");
            assert!(styled == apply_style(&wide, style, 3, Split::Test), "{style} repeats");
        }
    }

    #[test]
    fn gray_styles_have_no_colour_and_blur_takes_detail_away() {
        let image = shape_scene(8, Split::Test, 90).0;
        for style in [Style::PencilSketch, Style::LineDrawing, Style::BlackAndWhite] {
            let styled = apply_style(&image, style, 1, Split::Test);
            assert!(
                styled
                    .pixels()
                    .all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]),
                "{style}"
            );
        }
        assert!(detail(&apply_style(&image, Style::Blurry, 1, Split::Test)) < detail(&image) * 0.8);
    }

    #[test]
    fn tiny_pictures_pass_through_every_style() {
        for side in [1, 3, 5] {
            for &style in Style::ALL {
                assert_eq!(
                    apply_style(&RgbImage::new(side, side), style, 0, Split::Test).dimensions(),
                    (side, side)
                );
            }
        }
    }
}
