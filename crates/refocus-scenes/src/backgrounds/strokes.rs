//! Lines, areas and round spots over a painted field.

use tiny_skia::{Color, LineCap, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use crate::picture::{Picture, mix};

pub(super) fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    tiny_skia::Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

/// Blends a round spot into the picture; `paint(distance)` gives colour and opacity.
pub(super) fn disc(picture: &mut Picture, cx: f32, cy: f32, radius: f32, paint: impl Fn(f32) -> ([f32; 3], f32)) {
    let top = (cy - radius).max(0.0) as usize;
    let left = (cx - radius).max(0.0) as usize;
    let right = ((cx + radius).max(0.0) as usize + 1).min(picture.width);
    let bottom = (cy + radius).max(0.0) as usize + 1;
    for (y, row) in picture.rows_mut().skip(top).take_while(|(y, _)| *y < bottom) {
        for (x, pixel) in row.iter_mut().enumerate().take(right).skip(left) {
            let distance = ((x as f32 - cx).powi(2) + (y as f32 - cy).powi(2)).sqrt();
            if distance < radius {
                let (colour, opacity) = paint(distance);
                *pixel = mix(*pixel, colour, opacity);
            }
        }
    }
}

/// Anti-aliased strokes and fills gathered on a transparent layer, laid over a painted field at the end.
pub(super) struct Strokes {
    under: Picture,
    layer: Option<Pixmap>,
}

impl Strokes {
    pub(super) fn over(under: Picture) -> Self {
        let layer = Pixmap::new(under.width as u32, under.height as u32);
        Self { under, layer }
    }

    fn ink(colour: [f32; 3], opacity: f32) -> Paint<'static> {
        let [red, green, blue] = colour.map(|value| (value / 255.0).clamp(0.0, 1.0));
        let mut paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        paint.set_color(Color::from_rgba(red, green, blue, opacity).unwrap_or(Color::BLACK));
        paint
    }

    pub(super) fn line(&mut self, path: Option<Path>, colour: [f32; 3], width: f32, opacity: f32) {
        if let (Some(layer), Some(path)) = (&mut self.layer, path) {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                ..Stroke::default()
            };
            layer.stroke_path(&path, &Self::ink(colour, opacity), &stroke, Transform::identity(), None);
        }
    }

    pub(super) fn fill(&mut self, path: Option<Path>, colour: [f32; 3], opacity: f32) {
        if let (Some(layer), Some(path)) = (&mut self.layer, path) {
            let ink = Self::ink(colour, opacity);
            layer.fill_path(&path, &ink, tiny_skia::FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A small far pine with snow on its branches.
    pub(super) fn pine(&mut self, x: f32, foot: f32, size: f32, green: [f32; 3]) {
        for tier in 0..3_u8 {
            let tier = f32::from(tier);
            let (top, half) = (foot - size + tier * 0.22 * size, (0.16 + 0.09 * tier) * size);
            let tall = 0.42 * size;
            for (shrink, colour) in [(1.0, green), (0.55, [244.0, 247.0, 250.0])] {
                let mut branch = PathBuilder::new();
                branch.move_to(x, top);
                branch.line_to(x + half * shrink, top + tall * shrink);
                branch.line_to(x - half * shrink, top + tall * shrink);
                branch.close();
                self.fill(branch.finish(), colour, 0.9);
            }
        }
    }

    pub(super) fn finish(self) -> Picture {
        let mut picture = self.under;
        if let Some(layer) = self.layer {
            for (pixel, over) in picture.pixels.iter_mut().zip(layer.pixels()) {
                let under = 1.0 - f32::from(over.alpha()) / 255.0;
                *pixel = [
                    pixel[0] * under + f32::from(over.red()),
                    pixel[1] * under + f32::from(over.green()),
                    pixel[2] * under + f32::from(over.blue()),
                ];
            }
        }
        picture
    }
}
