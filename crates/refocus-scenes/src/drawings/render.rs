//! From a drawing's parts to pixels: a gradient and a thin darker outline for each part, then relief for the whole.

use image::RgbaImage;
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, Pixmap, Point, Shader, SpreadMode,
    Stroke, Transform,
};

use super::path::parse;
use super::{Drawing, Ink, Part};
use crate::picture::{blur, mix};

/// Room around the drawing for strokes that reach past its space, as a share of the longer side.
const MARGIN: f32 = 0.03;

/// The drawing with this main colour (0–255), `side` pixels on its longer side, straight alpha, trimmed to its ink.
pub(crate) fn render(drawing: &Drawing, main: [f32; 3], side: f32, mirrored: bool) -> RgbaImage {
    let (wide, tall) = drawing.space;
    let longer = wide.max(tall);
    let scale = side.max(4.0) / longer;
    let margin = longer * MARGIN;
    let width = ((wide + 2.0 * margin) * scale).ceil().max(1.0);
    let height = ((tall + 2.0 * margin) * scale).ceil().max(1.0);
    let Some(mut pixmap) = Pixmap::new(width as u32, height as u32) else {
        return RgbaImage::new(1, 1);
    };
    let flip = if mirrored { -1.0 } else { 1.0 };
    let left = if mirrored {
        width - margin * scale
    } else {
        margin * scale
    };
    let place = Transform::from_row(scale * flip, 0.0, 0.0, scale, left, margin * scale);
    for part in drawing.parts {
        if let Some(path) = parse(part.path) {
            draw(&mut pixmap, part, &path, main, place, mirrored);
        }
    }
    trimmed(finish(&pixmap, side))
}

/// The base colour of an ink, and its opacity.
fn colour_of(ink: Ink, main: [f32; 3]) -> ([f32; 3], f32) {
    match ink {
        Ink::Main(factor) if factor > 1.0 => (mix(main, [255.0; 3], (factor - 1.0).min(1.0)), 1.0),
        // Very dark main colours still need parts that can be told apart.
        Ink::Main(factor) => (mix([0.0, 0.0, 8.0], main, factor).map(|value| value.max(9.0)), 1.0),
        Ink::Own(rgb) => (rgb.map(f32::from), 1.0),
        Ink::Light(opacity) => ([255.0; 3], opacity),
        Ink::Dark(opacity) => ([12.0, 8.0, 18.0], opacity),
    }
}

fn draw(pixmap: &mut Pixmap, part: &Part, path: &Path, main: [f32; 3], place: Transform, mirrored: bool) {
    let (base, opacity) = colour_of(part.ink, main);
    let flat = matches!(part.ink, Ink::Light(_) | Ink::Dark(_));
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.shader = if flat {
        Shader::SolidColor(color(base, opacity))
    } else {
        gradient(base, path, mirrored)
    };
    if part.stroke > 0.0 {
        let stroke = Stroke {
            width: part.stroke,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        if !flat && part.stroke > 2.9 {
            let rim = Stroke {
                width: part.stroke + 1.2,
                ..stroke.clone()
            };
            pixmap.stroke_path(path, &outline(base), &rim, place, None);
        }
        pixmap.stroke_path(path, &paint, &stroke, place, None);
    } else {
        pixmap.fill_path(path, &paint, FillRule::Winding, place, None);
        if !flat {
            let rim = Stroke {
                width: 0.9,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            pixmap.stroke_path(path, &outline(base), &rim, place, None);
        }
    }
}

fn outline(base: [f32; 3]) -> Paint<'static> {
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.set_color(color(base.map(|value| value * 0.42), 0.62));
    paint
}

/// Lighter towards the upper left, darker towards the lower right, on the picture whichever way the drawing faces.
fn gradient(base: [f32; 3], path: &Path, mirrored: bool) -> Shader<'static> {
    let bounds = path.bounds();
    let (near, far) = if mirrored {
        (bounds.right(), bounds.left())
    } else {
        (bounds.left(), bounds.right())
    };
    let bright = base.map(|value| (value * 1.10 + 10.0).min(255.0));
    let dim = base.map(|value| value * 0.84);
    LinearGradient::new(
        Point::from_xy(near * 0.8 + far * 0.2, bounds.top()),
        Point::from_xy(far * 0.8 + near * 0.2, bounds.bottom() + 0.01),
        vec![
            GradientStop::new(0.0, color(bright, 1.0)),
            GradientStop::new(0.5, color(base, 1.0)),
            GradientStop::new(1.0, color(dim, 1.0)),
        ],
        SpreadMode::Pad,
        Transform::identity(),
    )
    .unwrap_or_else(|| Shader::SolidColor(color(base, 1.0)))
}

fn color(rgb: [f32; 3], opacity: f32) -> Color {
    let [red, green, blue] = rgb.map(|value| (value / 255.0).clamp(0.0, 1.0));
    Color::from_rgba(red, green, blue, opacity.clamp(0.0, 1.0)).unwrap_or(Color::BLACK)
}

/// Shading of a coverage mask (0–255, rows of `width`) as if it were a low relief lit from the upper left: about −1
/// (turned away) to 1 (turned to the light), 0 on flat ground.
pub(crate) fn relief(coverage: &[f32], width: usize, height: usize, soft: f32) -> Vec<f32> {
    let mut body = coverage.to_vec();
    blur(&mut body, width, height, soft);
    let at = |x: usize, y: usize| body[y * width + x];
    let mut shade = Vec::with_capacity(body.len());
    for y in 0..height {
        for x in 0..width {
            let dx = at((x + 1).min(width - 1), y) - at(x.saturating_sub(1), y);
            let dy = at(x, (y + 1).min(height - 1)) - at(x, y.saturating_sub(1));
            // The steepest slope of a blurred edge is 255 / (soft √2π) a pixel.
            shade.push(((dx * 0.55 + dy * 0.83) * soft / 204.0).clamp(-1.0, 1.0));
        }
    }
    shade
}

fn finish(pixmap: &Pixmap, side: f32) -> RgbaImage {
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    let coverage: Vec<f32> = pixmap.pixels().iter().map(|pixel| f32::from(pixel.alpha())).collect();
    let shade = relief(&coverage, width, height, (side * 0.045).max(1.0));
    let mut image = RgbaImage::new(width as u32, height as u32);
    for ((target, source), shade) in image.pixels_mut().zip(pixmap.pixels()).zip(shade) {
        let straight = source.demultiply();
        let rgb = [straight.red(), straight.green(), straight.blue()].map(f32::from);
        let lit = if shade > 0.0 {
            mix(rgb, [255.0, 252.0, 244.0], shade * 0.26)
        } else {
            rgb.map(|value| value * (1.0 + shade * 0.36))
        };
        let [red, green, blue] = lit.map(|value| (value + 0.5).clamp(0.0, 255.0) as u8);
        target.0 = [red, green, blue, source.alpha()];
    }
    image
}

/// The image without its empty margins.
fn trimmed(image: RgbaImage) -> RgbaImage {
    crate::cutout::trim(&image).unwrap_or(image)
}
