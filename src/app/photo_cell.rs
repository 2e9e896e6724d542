//! One picture of the gallery: placeholder, thumbnail, outline, badges.

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};

use refocus_engine::{HeatMap, Marks};

use super::design_tokens::{Tokens, font, radius, space, text};
use super::gallery_content::Place;
use super::heat_overlay;
use super::icons::Icon;
use super::picture::{self, Picture};
use super::typeface::medium;

/// How a cell looks.
#[derive(Clone, Copy, Default)]
pub(super) struct CellLook<'a> {
    /// Its picture, where it is there.
    pub(super) shown: Option<&'a Picture>,
    /// Where the focus looked, where that is shown.
    pub(super) heat: Option<&'a HeatMap>,
    /// Selected.
    pub(super) selected: bool,
    /// Under the pointer.
    pub(super) hovered: bool,
    /// Under the pointer in another column of a comparison.
    pub(super) pointed: bool,
    /// A reference, and its sign.
    pub(super) reference: Option<bool>,
    /// Where it stands.
    pub(super) place: Option<Place>,
    /// Whether ranks are shown on all photos.
    pub(super) rank_badges: bool,
    /// What the person thinks of it.
    pub(super) marks: Marks,
    /// How many near-duplicates it stands for.
    pub(super) stands_for: u32,
    /// Not encoded yet.
    pub(super) waiting: bool,
    /// Why there is no picture.
    pub(super) failure: Option<&'a str>,
    /// It cannot be reached now: its folder is offline.
    pub(super) offline: bool,
    /// More than one frame.
    pub(super) animated: bool,
    /// It stands for a raw file beside it.
    pub(super) with_raw: bool,
    /// A short video belongs to it.
    pub(super) motion: bool,
    /// Another program has rejected it.
    pub(super) rejected: bool,
    /// File name.
    pub(super) name: &'a str,
    /// When it was taken, where photos say so.
    pub(super) date: Option<&'a str>,
}

impl CellLook<'_> {
    /// How far marks stand from the lower edge: above a line of text, where there is one.
    fn below_marks(&self) -> f32 {
        if self.hovered {
            34.0
        } else if self.date.is_some() {
            DATE_LINE
        } else {
            5.0
        }
    }
}

/// Height of the line with the date, points.
const DATE_LINE: f32 = 22.0;
/// Room beside the date on its ground, points.
const DATE_ROOM: f32 = 6.0;
/// The date and its ground.
const DATE_COLOUR: Color32 = Color32::from_gray(235);
const DATE_GROUND: Color32 = Color32::from_black_alpha(150);
/// Narrower photos have no room for it.
const DATED_FROM: f32 = 88.0;

/// How strongly a photo is drawn that cannot be reached now (0–1).
const OFFLINE_STRENGTH: f32 = 0.4;

/// Draws a cell.
pub(super) fn paint(painter: &Painter, tokens: &Tokens, rect: Rect, look: &CellLook<'_>) {
    let strength = if look.offline { OFFLINE_STRENGTH } else { 1.0 };
    if let Some(shown) = look.shown {
        paint_picture(painter, rect, shown, strength);
        if let Some(heat) = look.heat {
            heat_overlay::paint(painter, rect, covering_uv(shown.size(), rect.size()), heat);
        }
    } else {
        picture::fill(
            painter,
            rect,
            f32::from(radius::PHOTO),
            tokens.placeholder.gamma_multiply(strength),
        );
        let icon = if look.failure.is_some() {
            Icon::Problem
        } else {
            Icon::Photo
        };
        let side = (rect.width().min(rect.height()) * 0.3).clamp(12.0, 28.0);
        let faint = tokens
            .text_faint
            .gamma_multiply(if look.failure.is_some() { 1.0 } else { 0.4 });
        icon.paint(painter, rect, side, faint);
    }
    if look.hovered {
        match look.date.filter(|_| has_room_for_date(rect)) {
            Some(date) => paint_name(painter, rect, &format!("{date} \u{b7} {}", look.name)),
            None => paint_name(painter, rect, look.name),
        }
    }
    paint_kind(painter, rect, look);
    paint_marks(painter, tokens, rect, look);
    if look.pointed && !look.hovered {
        let edge = Stroke::new(3.0, tokens.warning);
        painter.rect_stroke(rect, radius::PHOTO, edge, StrokeKind::Outside);
    } else if look.selected {
        painter.rect_stroke(
            rect,
            radius::PHOTO,
            Stroke::new(3.0, tokens.accent),
            StrokeKind::Outside,
        );
    } else if let Some(positive) = look.reference {
        let color = if positive { tokens.good } else { tokens.bad };
        painter.rect_stroke(rect, radius::PHOTO, Stroke::new(2.0, color), StrokeKind::Outside);
    }
}

/// Draws a picture so that it covers `rect`, of this strength (0–1); what does not fit is cut off evenly.
pub(super) fn paint_picture(painter: &Painter, rect: Rect, shown: &Picture, strength: f32) {
    shown.paint(
        painter,
        rect,
        covering_uv(shown.size(), rect.size()),
        f32::from(radius::PHOTO),
        strength,
    );
}

/// The part of a picture that covers a rectangle, in 0..=1.
pub(super) fn covering_uv(picture: Vec2, cover: Vec2) -> Rect {
    let (picture_aspect, cover_aspect) = (picture.x / picture.y.max(1.0), cover.x / cover.y.max(1.0));
    let size = if picture_aspect > cover_aspect {
        vec2(cover_aspect / picture_aspect, 1.0)
    } else {
        vec2(1.0, picture_aspect / cover_aspect.max(1e-6))
    };
    Rect::from_center_size(pos2(0.5, 0.5), size)
}

fn paint_name(painter: &Painter, rect: Rect, name: &str) {
    let height = 30.0_f32.min(rect.height());
    let scrim = Rect::from_min_max(pos2(rect.left(), rect.bottom() - height), rect.max);
    let painter = painter.with_clip_rect(painter.clip_rect().intersect(rect));
    painter.rect_filled(
        scrim,
        eframe::egui::CornerRadius {
            nw: 0,
            ne: 0,
            sw: radius::PHOTO,
            se: radius::PHOTO,
        },
        Color32::from_black_alpha(165),
    );
    let mut job = LayoutJob::simple_singleline(name.to_owned(), font(text::SMALL), Color32::WHITE);
    job.wrap = TextWrapping::truncate_at_width(rect.width() - 2.0 * space::SMALL);
    let galley = painter.layout_job(job);
    let at = pos2(scrim.left() + space::SMALL, scrim.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, Color32::WHITE);
}

/// Whether the date is written on a photo of this size.
pub(super) fn has_room_for_date(rect: Rect) -> bool {
    rect.width() >= DATED_FROM
}

/// Writes the date on a small dark ground: a shade over the photo's whole width costs a software renderer more than the letters. Dates
/// of all photos follow their pictures: a shader draws these, and between two of them each date would be a draw call of its own.
pub(super) fn paint_date(painter: &Painter, rect: Rect, date: &str) {
    let galley = painter.layout_no_wrap(date.to_owned(), medium(text::TINY), DATE_COLOUR);
    let size = galley.size() + vec2(2.0 * DATE_ROOM, 4.0);
    let at = pos2(rect.left() + 4.0, rect.bottom() - 4.0 - size.y);
    let ground = Rect::from_min_size(at, size);
    let (cut, mut mesh) = (4.0, Mesh::default());
    for (corner, across, down) in [
        (ground.left_top(), 1.0, 1.0),
        (ground.right_top(), -1.0, 1.0),
        (ground.right_bottom(), -1.0, -1.0),
        (ground.left_bottom(), 1.0, -1.0),
    ] {
        let (beside, below) = (corner + vec2(across * cut, 0.0), corner + vec2(0.0, down * cut));
        // Clockwise all around.
        let clockwise = across * down > 0.0;
        let (first, second) = if clockwise { (below, beside) } else { (beside, below) };
        mesh.colored_vertex(first, DATE_GROUND);
        mesh.colored_vertex(second, DATE_GROUND);
    }
    for corner in 1..7 {
        mesh.add_triangle(0, corner, corner + 1);
    }
    painter.add(Shape::mesh(mesh));
    painter.galley(at + vec2(DATE_ROOM, 2.0), galley, DATE_COLOUR);
}

fn paint_marks(painter: &Painter, tokens: &Tokens, rect: Rect, look: &CellLook<'_>) {
    let mut at = rect.min + vec2(6.0, 6.0);
    if let Some(positive) = look.reference {
        let color = if positive { tokens.good } else { tokens.bad };
        let mark = Rect::from_min_size(at, Vec2::splat(20.0));
        painter.circle_filled(mark.center(), 10.0, color);
        let icon = if positive { Icon::Plus } else { Icon::Minus };
        icon.paint(painter, mark, 11.0, tokens.on_accent);
        at.x += 26.0;
    }
    if let Some(place) = look.place.filter(|place| place.ranked)
        && (look.hovered || look.rank_badges)
        && rect.width() > 60.0
    {
        at.x += badge(painter, at, &(place.rank + 1).to_string(), Color32::WHITE, None) + 4.0;
        if let Some(change) = rank_change(place)
            && change != 0
            && rect.right() - at.x > 50.0
        {
            let up = change > 0;
            let color = if up {
                Color32::from_rgb(134, 226, 158)
            } else {
                Color32::from_rgb(255, 160, 150)
            };
            badge(painter, at, &change.unsigned_abs().to_string(), color, Some(up));
        }
    }
    let mut right = rect.right() - if look.waiting { 22.0 } else { 5.0 };
    let bottom = rect.bottom() - look.below_marks();
    if look.marks != Marks::default() && rect.width() > 60.0 {
        right -= paint_opinion(painter, pos2(right, bottom), look.marks) + 4.0;
    }
    if look.stands_for > 0 && rect.width() > 90.0 {
        let label = format!("+{}", look.stands_for);
        let galley = painter.layout_no_wrap(label.clone(), medium(11.0), Color32::WHITE);
        let at = pos2(right - galley.size().x - 12.0, bottom - galley.size().y - 6.0);
        badge(painter, at, &label, Color32::WHITE, None);
    }
    if look.waiting {
        let center = pos2(rect.right() - 11.0, rect.bottom() - 11.0);
        painter.circle_filled(center, 6.0, Color32::from_black_alpha(120));
        painter.circle_stroke(center, 3.5, Stroke::new(1.5, Color32::from_white_alpha(220)));
    }
}

/// What kind of file it is, in the lower left corner: a sign for pictures that move, a word for photos with a raw file; and where the
/// words that were to be found are written of it.
fn paint_kind(painter: &Painter, rect: Rect, look: &CellLook<'_>) {
    if rect.width() < 60.0 {
        return;
    }
    let bottom = rect.bottom() - look.below_marks();
    let mut at = pos2(rect.left() + 5.0, bottom - 19.0);
    if look.animated {
        let back = Rect::from_min_size(at, vec2(22.0, 19.0));
        painter.rect_filled(back, 6, Color32::from_black_alpha(185));
        let middle = back.center();
        let points = vec![
            middle + vec2(-3.5, -5.0),
            middle + vec2(5.0, 0.0),
            middle + vec2(-3.5, 5.0),
        ];
        painter.add(Shape::convex_polygon(points, Color32::WHITE, Stroke::NONE));
        at.x += back.width() + 4.0;
    }
    if rect.width() <= 90.0 {
        return;
    }
    let labels = [(look.with_raw, "RAW"), (look.motion, "MOTION")];
    for (_, label) in labels.into_iter().filter(|(there, _)| *there) {
        at.x += badge(painter, at, label, Color32::WHITE, None) + 4.0;
    }
    if look.rejected {
        at.x += badge(painter, at, "rejected", Color32::from_rgb(255, 150, 140), None) + 4.0;
    }
    if let Some(source) = look.place.and_then(|place| place.written) {
        badge(painter, at, source.as_str(), Color32::from_white_alpha(210), None);
    }
}

/// Heart and stars of a photo, their lower right corner at `corner`; returns the width.
fn paint_opinion(painter: &Painter, corner: Pos2, marks: Marks) -> f32 {
    const SIGN: f32 = 12.0;
    let stars = (marks.rating > 0).then(|| {
        let number = marks.rating.to_string();
        painter.layout_no_wrap(number, medium(11.0), Color32::WHITE)
    });
    let heart = if marks.favourite { SIGN } else { 0.0 };
    let rated = stars.as_ref().map_or(0.0, |number| number.size().x + SIGN + 3.0);
    let between = if marks.favourite && marks.rating > 0 { 4.0 } else { 0.0 };
    let back = Rect::from_min_max(corner - vec2(heart + rated + between + 10.0, 19.0), corner);
    painter.rect_filled(back, 6, Color32::from_black_alpha(185));
    let mut at = back.left_center() + vec2(5.0, 0.0);
    let sign = |at: Pos2| Rect::from_center_size(at + vec2(SIGN / 2.0, 0.0), Vec2::splat(SIGN));
    if marks.favourite {
        Icon::Heart.paint(painter, sign(at), SIGN, Color32::from_rgb(255, 120, 140));
        at.x += SIGN + between;
    }
    if let Some(number) = stars {
        let text_at = Align2::LEFT_CENTER.anchor_size(at, number.size()).min;
        at.x += number.size().x + 3.0;
        painter.galley(text_at, number, Color32::WHITE);
        Icon::Star.paint(painter, sign(at), SIGN, Color32::from_rgb(255, 209, 102));
    }
    back.width()
}

/// Places gained against plain similarity: positive is up.
fn rank_change(place: Place) -> Option<i64> {
    Some(i64::from(place.plain_rank?) - i64::from(place.rank))
}

/// A small dark label on a photo, with a triangle up or down before it; returns its width.
fn badge(painter: &Painter, at: Pos2, label: &str, color: Color32, arrow: Option<bool>) -> f32 {
    let galley = painter.layout_no_wrap(label.to_owned(), medium(11.0), color);
    let arrow_width = if arrow.is_some() { 11.0 } else { 0.0 };
    let rect = Rect::from_min_size(at, galley.size() + vec2(12.0 + arrow_width, 6.0));
    painter.rect_filled(rect, 6, Color32::from_black_alpha(185));
    if let Some(up) = arrow {
        let tip = if up { -3.5 } else { 3.5 };
        let middle = pos2(rect.left() + 10.0, rect.center().y);
        let points = vec![
            middle + vec2(-4.0, -tip),
            middle + vec2(4.0, -tip),
            middle + vec2(0.0, tip),
        ];
        painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
    }
    let text_at = pos2(rect.right() - 6.0, rect.center().y);
    let inner = Align2::RIGHT_CENTER.anchor_size(text_at, galley.size()).min;
    painter.galley(inner, galley, color);
    rect.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_change_says_how_far_a_photo_moved_against_plain_similarity() {
        let place = |rank, plain_rank| Place {
            rank,
            plain_rank,
            written: None,
            ranked: true,
        };
        assert_eq!(rank_change(place(3, Some(217))), Some(214));
        assert_eq!(rank_change(place(15, Some(3))), Some(-12));
        assert_eq!(rank_change(place(15, None)), None);
    }

    #[test]
    fn a_picture_of_another_shape_is_cut_evenly_and_never_stretched() {
        let uv = covering_uv(vec2(400.0, 100.0), vec2(100.0, 100.0));
        assert!((uv.width() - 0.25).abs() < 1e-6 && (uv.height() - 1.0).abs() < 1e-6);
        assert!((uv.center().x - 0.5).abs() < 1e-6);
        let uv = covering_uv(vec2(100.0, 400.0), vec2(100.0, 100.0));
        assert!((uv.height() - 0.25).abs() < 1e-6);
    }
}
