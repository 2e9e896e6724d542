//! Justified rows: photos keep their shape and fill the width, computed once for an order and a width.
//!
//! A layout is a list of lines with their tops, so that the visible ones are found by binary search; the places inside a
//! line follow from the shapes when the line is drawn. 100,000 photos are one pass over 400 kB of shapes.

use std::ops::Range;

use eframe::egui::{Rect, pos2, vec2};

/// Narrowest and widest shape a cell takes; photos beyond are cropped to it.
const ASPECTS: std::ops::RangeInclusive<f32> = 0.4..=3.2;

/// What decides a layout besides the shapes. Points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LayoutParams {
    /// Width to fill.
    pub(super) width: f32,
    /// Height that a full line comes close to.
    pub(super) row_height: f32,
    /// Between photos, both ways.
    pub(super) gap: f32,
    /// Height of a section's head.
    pub(super) header_height: f32,
}

/// A run of cells that starts on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SectionSpan {
    /// Whether a head stands above it.
    pub(super) header: bool,
    /// Cells that are shown; empty where the section is collapsed.
    pub(super) cells: Range<usize>,
}

/// One line: a head, or photos side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Distance from the top of the gallery.
    pub(super) top: f32,
    /// Height without the gap below.
    pub(super) height: f32,
    /// The photos; empty for a head.
    pub(super) cells: Range<usize>,
    /// The section whose head this is.
    pub(super) header: Option<usize>,
}

/// All lines, from top to bottom.
#[derive(Clone, Debug, Default)]
pub(super) struct GalleryLayout {
    lines: Vec<Line>,
    height: f32,
    gap: f32,
}

/// The shape in which a photo is shown.
pub(super) fn shown_aspect(aspect: f32) -> f32 {
    if aspect.is_finite() {
        aspect.clamp(*ASPECTS.start(), *ASPECTS.end())
    } else {
        1.0
    }
}

impl GalleryLayout {
    /// Lays out cells with these shapes (width over height).
    pub(super) fn new(aspects: &[f32], sections: &[SectionSpan], params: LayoutParams) -> Self {
        let width = params.width.max(1.0);
        let row_height = params.row_height.max(16.0);
        let mut lines = Vec::with_capacity(aspects.len() / 4 + sections.len() * 2);
        let mut top = 0.0_f32;
        for (index, section) in sections.iter().enumerate() {
            if section.header {
                lines.push(Line {
                    top,
                    height: params.header_height,
                    cells: section.cells.start..section.cells.start,
                    header: Some(index),
                });
                top += params.header_height + params.gap;
            }
            let mut first = section.cells.start;
            let mut sum = 0.0_f32;
            for cell in section.cells.clone() {
                sum += shown_aspect(aspects.get(cell).copied().unwrap_or(1.0));
                let gaps = params.gap * (cell - first) as f32;
                let full = sum * row_height + gaps >= width;
                let last = cell + 1 == section.cells.end;
                if full || last {
                    let justified = (width - gaps) / sum;
                    let height = if full {
                        justified.max(16.0)
                    } else {
                        row_height.min(justified)
                    };
                    lines.push(Line {
                        top,
                        height,
                        cells: first..cell + 1,
                        header: None,
                    });
                    top += height + params.gap;
                    first = cell + 1;
                    sum = 0.0;
                }
            }
        }
        Self {
            lines,
            height: top,
            gap: params.gap,
        }
    }

    /// Height of everything.
    pub(super) fn height(&self) -> f32 {
        self.height
    }

    /// A line by number.
    pub(super) fn line(&self, line: usize) -> Option<&Line> {
        self.lines.get(line)
    }

    /// The lines that touch the stretch from `top` to `bottom`.
    pub(super) fn lines_between(&self, top: f32, bottom: f32) -> Range<usize> {
        let first = self.lines.partition_point(|line| line.top + line.height < top);
        let last = self.lines.partition_point(|line| line.top < bottom);
        first..last.max(first)
    }

    /// The line in which a cell stands; `None` where its section is collapsed.
    pub(super) fn line_of(&self, cell: usize) -> Option<usize> {
        let line = self.lines.partition_point(|line| line.cells.end <= cell);
        self.lines
            .get(line)
            .is_some_and(|found| found.cells.contains(&cell))
            .then_some(line)
    }

    /// The places of a line's photos, left to right, relative to the gallery's top left corner.
    pub(super) fn places<'a>(&self, line: &'a Line, aspects: &'a [f32]) -> impl Iterator<Item = (usize, Rect)> + 'a {
        let gap = self.gap;
        let mut left = 0.0_f32;
        line.cells.clone().map(move |cell| {
            let width = shown_aspect(aspects.get(cell).copied().unwrap_or(1.0)) * line.height;
            let rect = Rect::from_min_size(pos2(left, line.top), vec2(width, line.height));
            left += width + gap;
            (cell, rect)
        })
    }

    /// The place of one cell.
    pub(super) fn place_of(&self, cell: usize, aspects: &[f32]) -> Option<Rect> {
        let line = self.lines.get(self.line_of(cell)?)?;
        self.places(line, aspects)
            .find_map(|(other, rect)| (other == cell).then_some(rect))
    }

    /// The cell above or below: the one in the next line of photos whose middle is nearest.
    pub(super) fn vertical_neighbour(&self, cell: usize, aspects: &[f32], down: bool) -> Option<usize> {
        let from = self.place_of(cell, aspects)?;
        let start = self.line_of(cell)?;
        let next = if down {
            (start + 1..self.lines.len()).find(|&line| self.lines.get(line).is_some_and(|l| !l.cells.is_empty()))
        } else {
            (0..start)
                .rev()
                .find(|&line| self.lines.get(line).is_some_and(|l| !l.cells.is_empty()))
        }?;
        let line = self.lines.get(next)?;
        self.places(line, aspects)
            .min_by(|(_, a), (_, b)| {
                let distance = |rect: &Rect| (rect.center().x - from.center().x).abs();
                distance(a).total_cmp(&distance(b))
            })
            .map(|(cell, _)| cell)
    }

    /// Number of lines.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: LayoutParams = LayoutParams {
        width: 1000.0,
        row_height: 200.0,
        gap: 6.0,
        header_height: 40.0,
    };

    fn whole(cells: usize) -> Vec<SectionSpan> {
        vec![SectionSpan {
            header: false,
            cells: 0..cells,
        }]
    }

    fn shapes(count: usize) -> Vec<f32> {
        (0..count).map(|i| [1.5, 0.66, 1.0, 1.77][i % 4]).collect()
    }

    #[test]
    fn full_lines_fill_the_width_and_keep_the_shapes() {
        let aspects = shapes(103);
        let layout = GalleryLayout::new(&aspects, &whole(103), PARAMS);
        for index in 0..layout.len() - 1 {
            let line = layout.line(index).unwrap();
            let places: Vec<_> = layout.places(line, &aspects).collect();
            let right = places.last().unwrap().1.right();
            assert!((right - PARAMS.width).abs() < 0.1, "line {index} ends at {right}");
            for (cell, rect) in places {
                assert!((rect.width() / rect.height() - aspects[cell]).abs() < 1e-3);
            }
        }
        let last = layout.line(layout.len() - 1).unwrap();
        assert!(last.height <= PARAMS.row_height, "a short last line is not blown up");
    }

    #[test]
    fn every_cell_stands_in_exactly_one_line() {
        let aspects = shapes(1000);
        let layout = GalleryLayout::new(&aspects, &whole(1000), PARAMS);
        let mut seen = 0;
        for index in 0..layout.len() {
            let line = layout.line(index).unwrap();
            assert_eq!(line.cells.start, seen);
            seen = line.cells.end;
            for cell in line.cells.clone() {
                assert_eq!(layout.line_of(cell), Some(index));
            }
        }
        assert_eq!(seen, 1000);
    }

    #[test]
    fn the_visible_lines_are_found() {
        let aspects = shapes(5000);
        let layout = GalleryLayout::new(&aspects, &whole(5000), PARAMS);
        let visible = layout.lines_between(10_000.0, 10_800.0);
        assert!(!visible.is_empty() && visible.len() < 8);
        for index in 0..layout.len() {
            let line = layout.line(index).unwrap();
            let touches = line.top < 10_800.0 && line.top + line.height >= 10_000.0;
            assert_eq!(visible.contains(&index), touches);
        }
    }

    #[test]
    fn a_collapsed_section_keeps_its_head_and_hides_its_cells() {
        let aspects = shapes(20);
        let sections = [
            SectionSpan {
                header: true,
                cells: 0..0,
            },
            SectionSpan {
                header: true,
                cells: 10..20,
            },
        ];
        let layout = GalleryLayout::new(&aspects, &sections, PARAMS);
        assert_eq!(layout.line(0).unwrap().header, Some(0));
        assert_eq!(layout.line(1).unwrap().header, Some(1));
        assert_eq!(layout.line_of(5), None);
        assert!(layout.line_of(10).is_some());
    }

    #[test]
    fn down_and_up_return_to_the_same_photo_where_shapes_are_equal() {
        let aspects = vec![1.0; 100];
        let layout = GalleryLayout::new(&aspects, &whole(100), PARAMS);
        let below = layout.vertical_neighbour(2, &aspects, true).unwrap();
        assert!(below > 2);
        assert_eq!(layout.vertical_neighbour(below, &aspects, false), Some(2));
        assert_eq!(layout.vertical_neighbour(0, &aspects, false), None);
    }

    #[test]
    fn odd_shapes_and_widths_lay_out_without_harm() {
        let aspects = [0.0, f32::NAN, f32::INFINITY, 1e-9, 1e9, -4.0];
        for width in [0.0, 1.0, 50.0, 1e6] {
            let layout = GalleryLayout::new(&aspects, &whole(6), LayoutParams { width, ..PARAMS });
            assert!(layout.height().is_finite() && layout.height() > 0.0);
        }
        assert!(GalleryLayout::new(&[], &whole(0), PARAMS).height() < f32::EPSILON);
    }
}
