//! Small line icons, drawn with strokes so that they are sharp at every scale and need no font.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    /// Circle and point: the focus.
    Focus,
    /// Magnifying glass.
    Find,
    /// ×
    Cross,
    /// +
    Plus,
    /// −
    Minus,
    /// Window with a left panel.
    PanelLeft,
    /// Window with a right panel.
    PanelRight,
    /// Half-filled circle.
    Theme,
    /// Folder.
    Folder,
    /// Round arrow.
    Rescan,
    /// Two bars.
    Pause,
    /// Triangle to the right.
    Play,
    /// Triangle with a mark.
    Problem,
    /// Points down.
    ChevronDown,
    /// Points right.
    ChevronRight,
    /// Points left.
    ChevronLeft,
    /// ?
    Help,
    /// Arrow up out of a line.
    RankChange,
    /// Filled heart.
    Heart,
    /// Outline of a heart.
    HeartOutline,
    /// Filled star.
    Star,
    /// Outline of a star.
    StarOutline,
    /// Pin.
    Pin,
    /// Arrow to the left.
    Back,
    /// Arrow to the right.
    Forward,
    /// Funnel.
    Filter,
    /// Spot on a grid.
    Heat,
    /// Head and shoulders.
    Person,
    /// Sheet of a calendar.
    Calendar,
    /// Face of a clock.
    Clock,
    /// Mark on a map.
    Place,
    /// Two pictures, one before the other.
    Album,
    /// Lines of text in a frame.
    Text,
    /// Hills under a sun, framed.
    Photo,
}

impl Icon {
    /// Draws the icon into the middle of `rect`, `size` points across.
    pub(super) fn paint(self, painter: &Painter, rect: Rect, size: f32, color: Color32) {
        let unit = size / 16.0;
        let center = rect.center();
        let at = |x: f32, y: f32| -> Pos2 { center + vec2(x - 8.0, y - 8.0) * unit };
        let stroke = Stroke::new(1.5 * unit.max(0.8), color);
        let line = |points: &[(f32, f32)]| {
            let points = points.iter().map(|&(x, y)| at(x, y)).collect();
            painter.add(Shape::line(points, stroke));
        };
        let frame = |min: (f32, f32), max: (f32, f32), radius: f32| {
            let rect = Rect::from_min_max(at(min.0, min.1), at(max.0, max.1));
            painter.rect_stroke(rect, radius * unit, stroke, StrokeKind::Middle);
        };
        let fill = |points: &[(f32, f32)]| {
            let points = points.iter().map(|&(x, y)| at(x, y)).collect();
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        };
        match self {
            Self::Focus => {
                painter.circle_stroke(center, 5.5 * unit, stroke);
                painter.circle_filled(center, 2.0 * unit, color);
            }
            Self::Find => {
                painter.circle_stroke(at(7.0, 7.0), 4.5 * unit, stroke);
                line(&[(10.4, 10.4), (14.0, 14.0)]);
            }
            Self::Cross => {
                line(&[(4.0, 4.0), (12.0, 12.0)]);
                line(&[(12.0, 4.0), (4.0, 12.0)]);
            }
            Self::Plus => {
                line(&[(8.0, 3.0), (8.0, 13.0)]);
                line(&[(3.0, 8.0), (13.0, 8.0)]);
            }
            Self::Minus => line(&[(3.0, 8.0), (13.0, 8.0)]),
            Self::PanelLeft => {
                frame((1.5, 2.5), (14.5, 13.5), 2.5);
                line(&[(6.0, 2.5), (6.0, 13.5)]);
            }
            Self::PanelRight => {
                frame((1.5, 2.5), (14.5, 13.5), 2.5);
                line(&[(10.0, 2.5), (10.0, 13.5)]);
            }
            Self::Theme => {
                painter.circle_stroke(center, 5.5 * unit, stroke);
                let half: Vec<(f32, f32)> = (0..=12_u8)
                    .map(|step| {
                        let angle = std::f32::consts::PI * (f32::from(step) / 12.0) - std::f32::consts::FRAC_PI_2;
                        (8.0 + 5.5 * angle.cos(), 8.0 + 5.5 * angle.sin())
                    })
                    .collect();
                fill(&half);
            }
            Self::Album => {
                line(&[(4.5, 3.5), (4.5, 2.0), (14.5, 2.0), (14.5, 9.5), (13.0, 9.5)]);
                line(&[(1.5, 5.5), (11.5, 5.5), (11.5, 13.5), (1.5, 13.5), (1.5, 5.5)]);
                line(&[(2.5, 12.0), (5.5, 9.0), (7.5, 10.8), (9.0, 9.6), (10.5, 11.0)]);
            }
            Self::Folder => line(&[
                (1.5, 4.0),
                (1.5, 13.0),
                (14.5, 13.0),
                (14.5, 5.5),
                (8.0, 5.5),
                (6.5, 3.5),
                (1.5, 3.5),
                (1.5, 5.0),
            ]),
            Self::Rescan => {
                let arc: Vec<(f32, f32)> = (0..=20_u8)
                    .map(|step| {
                        let angle = 0.6 + 5.0 * f32::from(step) / 20.0;
                        (8.0 + 5.2 * angle.cos(), 8.0 + 5.2 * angle.sin())
                    })
                    .collect();
                line(&arc);
                fill(&[(10.2, 1.9), (14.6, 5.9), (9.6, 6.9)]);
            }
            Self::Pause => {
                painter.rect_filled(Rect::from_min_max(at(4.0, 3.5), at(6.6, 12.5)), unit, color);
                painter.rect_filled(Rect::from_min_max(at(9.4, 3.5), at(12.0, 12.5)), unit, color);
            }
            Self::Play => fill(&[(4.5, 3.0), (13.0, 8.0), (4.5, 13.0)]),
            Self::Problem => {
                line(&[(8.0, 2.0), (14.5, 13.5), (1.5, 13.5), (8.0, 2.0), (9.0, 3.8)]);
                line(&[(8.0, 6.5), (8.0, 9.6)]);
                painter.circle_filled(at(8.0, 11.5), 0.9 * unit, color);
            }
            Self::ChevronDown => line(&[(4.0, 6.0), (8.0, 10.0), (12.0, 6.0)]),
            Self::ChevronRight => line(&[(6.0, 4.0), (10.0, 8.0), (6.0, 12.0)]),
            Self::ChevronLeft => line(&[(10.0, 4.0), (6.0, 8.0), (10.0, 12.0)]),
            Self::Help => {
                line(&[
                    (5.2, 5.6),
                    (5.6, 3.9),
                    (7.0, 3.0),
                    (9.0, 3.0),
                    (10.5, 4.0),
                    (10.8, 5.6),
                    (9.9, 7.1),
                    (8.4, 8.2),
                    (8.0, 10.2),
                ]);
                painter.circle_filled(at(8.0, 13.0), 1.0 * unit, color);
            }
            Self::Heart | Self::HeartOutline => {
                let outline = heart();
                if self == Self::HeartOutline {
                    line(&outline);
                } else {
                    // Not convex as a whole: each half is.
                    let (right, left) = outline.split_at(outline.len() / 2);
                    fill(&[&[(8.0, 14.0)], right].concat());
                    fill(&[left, &[(8.0, 14.0)]].concat());
                    fill(&[(3.0, 8.0), (8.0, 4.6), (13.0, 8.0), (8.0, 14.0)]);
                }
            }
            Self::Star | Self::StarOutline => {
                let points = star();
                if self == Self::StarOutline {
                    let mut closed = points.clone();
                    closed.extend(points.first());
                    line(&closed);
                } else {
                    let inner: Vec<(f32, f32)> = points.iter().skip(1).step_by(2).copied().collect();
                    fill(&inner);
                    for tip in (0..points.len()).step_by(2) {
                        let around = [(tip + points.len() - 1) % points.len(), tip, (tip + 1) % points.len()];
                        let corner: Vec<(f32, f32)> = around.iter().filter_map(|&at| points.get(at).copied()).collect();
                        fill(&corner);
                    }
                }
            }
            Self::Pin => {
                fill(&[
                    (5.0, 2.0),
                    (11.0, 2.0),
                    (10.2, 7.0),
                    (12.5, 9.5),
                    (3.5, 9.5),
                    (5.8, 7.0),
                ]);
                line(&[(8.0, 9.5), (8.0, 14.0)]);
            }
            Self::Back => {
                line(&[(13.0, 8.0), (3.0, 8.0)]);
                line(&[(7.0, 4.0), (3.0, 8.0), (7.0, 12.0)]);
            }
            Self::Forward => {
                line(&[(3.0, 8.0), (13.0, 8.0)]);
                line(&[(9.0, 4.0), (13.0, 8.0), (9.0, 12.0)]);
            }
            Self::Filter => line(&[
                (2.5, 3.5),
                (13.5, 3.5),
                (9.5, 8.5),
                (9.5, 12.5),
                (6.5, 13.5),
                (6.5, 8.5),
                (2.5, 3.5),
                (3.5, 3.5),
            ]),
            Self::Heat => {
                frame((1.5, 2.5), (14.5, 13.5), 2.5);
                painter.circle_filled(at(9.0, 8.5), 3.2 * unit, color);
            }
            Self::Person => {
                painter.circle_stroke(at(8.0, 5.4), 2.9 * unit, stroke);
                let shoulders: Vec<(f32, f32)> = (0..=16_u8)
                    .map(|step| {
                        let angle = std::f32::consts::PI * (1.0 + f32::from(step) / 16.0);
                        (8.0 + 5.4 * angle.cos(), 14.2 + 4.0 * angle.sin())
                    })
                    .collect();
                line(&shoulders);
            }
            Self::Photo => {
                frame((2.0, 3.0), (14.0, 13.0), 2.0);
                painter.circle_filled(at(5.6, 6.4), 1.2 * unit, color);
                line(&[(3.0, 11.6), (6.4, 8.6), (8.4, 10.4), (11.0, 7.2), (13.2, 9.8)]);
            }
            Self::Text => {
                line(&[(2.0, 5.0), (2.0, 2.0), (5.0, 2.0)]);
                line(&[(11.0, 2.0), (14.0, 2.0), (14.0, 5.0)]);
                line(&[(2.0, 11.0), (2.0, 14.0), (5.0, 14.0)]);
                line(&[(11.0, 14.0), (14.0, 14.0), (14.0, 11.0)]);
                line(&[(5.0, 5.5), (11.0, 5.5)]);
                line(&[(5.0, 8.0), (11.0, 8.0)]);
                line(&[(5.0, 10.5), (8.5, 10.5)]);
            }
            Self::Calendar => {
                frame((2.0, 3.0), (14.0, 14.0), 2.0);
                line(&[(2.0, 6.8), (14.0, 6.8)]);
                line(&[(5.2, 1.4), (5.2, 4.2)]);
                line(&[(10.8, 1.4), (10.8, 4.2)]);
            }
            Self::Clock => {
                painter.circle_stroke(at(8.0, 8.0), 6.2 * unit, stroke);
                line(&[(8.0, 4.4), (8.0, 8.2), (10.8, 9.8)]);
            }
            Self::Place => {
                let drop: Vec<(f32, f32)> = (0..=20_u8)
                    .map(|step| {
                        let angle = std::f32::consts::PI * (0.84 + 1.32 * f32::from(step) / 20.0);
                        (8.0 + 4.6 * angle.cos(), 6.2 + 4.6 * angle.sin())
                    })
                    .collect();
                line(&[&drop[..], &[(8.0, 14.6)], &drop[..1]].concat());
                painter.circle_stroke(at(8.0, 6.2), 1.6 * unit, stroke);
            }
            Self::RankChange => {
                line(&[(5.0, 13.0), (5.0, 4.0)]);
                line(&[(2.5, 6.5), (5.0, 3.5), (7.5, 6.5)]);
                line(&[(11.0, 3.0), (11.0, 12.0)]);
                line(&[(8.5, 9.5), (11.0, 12.5), (13.5, 9.5)]);
            }
        }
    }
}

/// A heart in a square of 16, clockwise from its notch and back to it.
fn heart() -> Vec<(f32, f32)> {
    let right = [
        (8.0, 5.0),
        (9.2, 3.4),
        (11.0, 2.8),
        (13.0, 3.6),
        (14.0, 5.6),
        (13.4, 8.0),
        (11.0, 11.2),
        (8.0, 14.0),
    ];
    let left = right.iter().rev().skip(1).map(|&(x, y)| (16.0 - x, y));
    right.iter().copied().chain(left).collect()
}

/// A star of five points in a square of 16; tips and notches in turn.
fn star() -> Vec<(f32, f32)> {
    (0..10_u8)
        .map(|step| {
            let angle = std::f32::consts::PI * (f32::from(step) / 5.0 - 0.5);
            let reach = if step % 2 == 0 { 7.0 } else { 3.0 };
            (8.0 + reach * angle.cos(), 8.6 + reach * angle.sin())
        })
        .collect()
}

/// Draws the program's mark with shapes, for the first screen.
pub(super) fn paint_mark(painter: &Painter, center: Pos2, side: f32) {
    let rect = Rect::from_center_size(center, Vec2::splat(side));
    painter.rect_filled(rect, side * 0.2, Color32::from_rgb(80, 102, 214));
    painter.circle_stroke(center, side * 0.24, Stroke::new(side * 0.07, Color32::WHITE));
    painter.circle_filled(pos2(center.x, center.y), side * 0.085, Color32::WHITE);
}
