//! Where in a photo the focus looked: what it passed over is dark, what it held to glows.

use eframe::egui::epaint::{Vertex, WHITE_UV};
use eframe::egui::{Color32, Mesh, Painter, Rect, lerp, pos2};

use refocus_engine::{Command, FileId, Heat, HeatMap};

/// Squares a side of the mesh that is drawn over a photo; colours run smoothly between their corners.
const SQUARES: usize = 24;

/// Whether heat maps are shown, and the newest one.
#[derive(Debug, Default)]
pub(super) struct HeatView {
    on: bool,
    asked: Option<Asked>,
    heat: Option<Heat>,
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    id: FileId,
    focus: String,
    /// The answer on screen when it was asked; an older one knows another focus.
    generation: u64,
}

impl HeatView {
    /// Shows or hides heat maps.
    pub(super) fn toggle(&mut self) {
        self.on = !self.on;
        self.asked = None;
        self.heat = None;
    }

    /// A map that has not come yet is asked for once more: an engine that has started anew does not know of it.
    pub(super) fn ask_again(&mut self) {
        if self.heat.is_none() {
            self.asked = None;
        }
    }

    /// Whether heat maps are shown.
    pub(super) fn on(&self) -> bool {
        self.on
    }

    /// Takes an answer, unless something else was asked since.
    pub(super) fn arrived(&mut self, heat: Heat) {
        let wanted = self.asked.as_ref();
        if wanted.is_some_and(|asked| asked.id == heat.id && heat.generation >= asked.generation) {
            self.heat = Some(heat);
        }
    }

    /// The map of a photo, where it is there and shows something.
    pub(super) fn map_of(&self, id: FileId) -> Option<&HeatMap> {
        let heat = self.heat.as_ref().filter(|heat| self.on && heat.id == id)?;
        let map = heat.map.as_ref().ok()?;
        map.weights.iter().any(|weight| *weight > 0.0).then_some(map)
    }

    /// What is to be said of a photo's map.
    pub(super) fn line_for(&self, id: FileId) -> Option<String> {
        if !self.on {
            return None;
        }
        let line = match self.heat.as_ref().filter(|heat| heat.id == id).map(|heat| &heat.map) {
            None => "Looking\u{2026}".to_owned(),
            Some(Ok(_)) if self.map_of(id).is_some() => "Bright: where the focus looked".to_owned(),
            Some(Ok(_)) => "No part of this photo stands out under this focus".to_owned(),
            Some(Err(reason)) => reason.clone(),
        };
        Some(line)
    }

    /// The command that asks for the map of a photo under a focus, unless that was asked already.
    pub(super) fn request(&mut self, id: FileId, focus: &str, generation: u64) -> Option<Command> {
        let same = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.id == id && asked.focus == focus);
        if same {
            return None;
        }
        if self.heat.as_ref().is_some_and(|heat| heat.id != id) {
            self.heat = None;
        }
        self.asked = Some(Asked {
            id,
            focus: focus.to_owned(),
            generation,
        });
        Some(Command::Heat { id, generation })
    }
}

/// Lays a map over a photo that stands in `rect`; `uv` is the part of the photo that is seen, in 0..=1.
pub(super) fn paint(painter: &Painter, rect: Rect, uv: Rect, map: &HeatMap) {
    let mut mesh = Mesh::default();
    let part = |step: usize| step as f32 / SQUARES as f32;
    for row in 0..=SQUARES {
        for column in 0..=SQUARES {
            let (x, y) = (part(column), part(row));
            let weight = weight_at(map, lerp(uv.x_range(), x), lerp(uv.y_range(), y));
            mesh.vertices.push(Vertex {
                pos: pos2(lerp(rect.x_range(), x), lerp(rect.y_range(), y)),
                uv: WHITE_UV,
                color: colour_of(weight),
            });
        }
    }
    let line = SQUARES as u32 + 1;
    for row in 0..SQUARES as u32 {
        for column in 0..SQUARES as u32 {
            let corner = row * line + column;
            mesh.add_triangle(corner, corner + 1, corner + line);
            mesh.add_triangle(corner + 1, corner + line, corner + line + 1);
        }
    }
    painter.add(mesh);
}

/// The weight at a place of the photo, between the middles of the cells around it.
fn weight_at(map: &HeatMap, x: f32, y: f32) -> f32 {
    let last = map.side.saturating_sub(1);
    let place = |at: f32| {
        let cells = (at * map.side as f32 - 0.5).clamp(0.0, last as f32);
        let first = (cells as usize).min(last);
        (first, (first + 1).min(last), cells - first as f32)
    };
    let ((left, right, across), (top, bottom, down)) = (place(x), place(y));
    let cell = |column: usize, row: usize| map.weights.get(row * map.side + column).copied().unwrap_or(0.0);
    let upper = lerp(cell(left, top)..=cell(right, top), across);
    let lower = lerp(cell(left, bottom)..=cell(right, bottom), across);
    lerp(upper..=lower, down)
}

/// Dark where nothing was looked at, clear in the middle, a warm glow where it is hottest.
fn colour_of(weight: f32) -> Color32 {
    let weight = weight.clamp(0.0, 1.0);
    let (dark, glow) = (0.72 * (1.0 - weight).powf(1.5), 0.38 * weight * weight);
    let alpha = dark + glow;
    let channel = |full: f32| (full * glow / alpha.max(1e-6)) as u8;
    Color32::from_rgba_unmultiplied(channel(255.0), channel(150.0), channel(40.0), (alpha * 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn map() -> HeatMap {
        HeatMap {
            side: 2,
            weights: Arc::from([0.0, 1.0, 0.5, 0.0]),
        }
    }

    #[test]
    fn cells_cover_the_photo_evenly_and_run_into_each_other() {
        assert!(weight_at(&map(), 0.0, 0.0) < 1e-6);
        assert!(
            (weight_at(&map(), 0.75, 0.25) - 1.0).abs() < 1e-6,
            "the middle of the upper right cell"
        );
        assert!((weight_at(&map(), 1.0, 0.0) - 1.0).abs() < 1e-6);
        assert!((weight_at(&map(), 0.5, 0.25) - 0.5).abs() < 1e-6);
        let none = HeatMap {
            side: 0,
            weights: Arc::from([]),
        };
        assert!(weight_at(&none, 0.5, 0.5) < 1e-6);
    }

    #[test]
    fn a_map_of_another_photo_or_an_older_search_is_not_shown() {
        let mut view = HeatView::default();
        view.toggle();
        assert!(view.request(FileId(1), "the light", 7).is_some());
        assert!(view.request(FileId(1), "the light", 8).is_none(), "asked once");
        let heat = |id, generation| Heat {
            id: FileId(id),
            generation,
            map: Ok(map()),
        };
        view.arrived(heat(2, 7));
        view.arrived(heat(1, 6));
        assert!(view.map_of(FileId(1)).is_none());
        view.arrived(heat(1, 7));
        assert!(view.map_of(FileId(1)).is_some() && view.map_of(FileId(2)).is_none());
        assert!(view.request(FileId(2), "the light", 7).is_some());
        assert!(view.map_of(FileId(1)).is_none());
    }
}
