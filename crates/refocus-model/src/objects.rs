//! The separate objects in a picture: things that the detector found, and connected areas that do not look like the border.
//!
//! A mean over a foreground cannot say which of two things is red, nor how many things there are. So up to four objects become
//! regions of their own with a place and a form. The most prominent [things](super::things) come first. Where fewer than four
//! were found, areas follow: the mask of "unlike the border" is smoothed, cut at one half and split into connected areas, of
//! which the largest that lie beside the things are taken; all areas of a like size are counted. On a busy photo the areas
//! mean little, and a reader of the tokens has to learn that from their form.

#![allow(
    clippy::needless_range_loop,
    reason = "pixels of several planes are walked with one index, as in the colour statistics"
)]

use super::colour_statistics::MASK_SIDE;
use super::detector::Detection;
use super::things::{Things, area, box_mask};

/// Objects that get a region of their own.
pub const OBJECTS: usize = 4;
/// Numbers on the place and form of one region: present, centre x and y, width, height, area, share of its box, outline,
/// elongation.
pub const FORM: usize = 9;
/// Numbers on how many things there are: one for each count from 1 to 10, one for more, and the logarithm.
pub const COUNTS: usize = 12;

const SIDE: usize = MASK_SIDE;
const MASK: usize = SIDE * SIDE;
/// Smaller areas are specks, mask pixels.
const LEAST_AREA: usize = 9;
/// Areas above this share of the largest are counted.
const LIKE_SIZE: f32 = 0.3;
/// An area of which a larger share lies in the box of a thing is that thing.
const SAME: f32 = 0.5;
/// Share of its box that an ellipse fills.
const ELLIPSE: f32 = std::f32::consts::FRAC_PI_4;

/// What [`Objects::find`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Objects {
    /// Weight of each mask pixel in each object, `[4][64, 64]`, 0–1.
    masks: [Vec<f32>; OBJECTS],
    /// Place and form of each object, `[4, 9]`; zeros where there is none.
    form: [[f32; FORM]; OBJECTS],
    /// The things that objects are; `None`: an area, or nothing.
    things: [Option<Detection>; OBJECTS],
    /// How many areas there are, `[12]`.
    counts: [f32; COUNTS],
}

/// One connected area.
#[derive(Debug, Clone, Default)]
struct Area {
    pixels: Vec<u16>,
}

impl Area {
    /// Whether most of it lies in a box.
    fn lies_in(&self, [left, top, right, bottom]: [f32; 4]) -> bool {
        let inside = self.pixels.iter().filter(|at| {
            let (x, y) = (usize::from(**at) % SIDE, usize::from(**at) / SIDE);
            let (x, y) = ((x as f32 + 0.5) / SIDE as f32, (y as f32 + 0.5) / SIDE as f32);
            (left..=right).contains(&x) && (top..=bottom).contains(&y)
        });
        inside.count() as f32 > SAME * self.pixels.len() as f32
    }
}

impl Objects {
    /// Finds the objects among `things` and in a mask `[64, 64]` of how little each pixel looks like the border, 0–1.
    pub fn find(unlike_border: &[f32], things: &Things) -> Self {
        let mut areas = connected_areas(&smoothed(unlike_border));
        areas.retain(|area| area.pixels.len() >= LEAST_AREA);
        // Equal sizes keep the order in which rows are read, so that one picture always gives the same objects.
        areas.sort_by_key(|area| std::cmp::Reverse(area.pixels.len()));
        let largest = areas.first().map_or(0.0, |area| area.pixels.len() as f32);
        let alike = areas
            .iter()
            .filter(|area| area.pixels.len() as f32 >= LIKE_SIZE * largest)
            .count();
        let mut counts = [0.0; COUNTS];
        if alike > 0 {
            counts[alike.min(COUNTS - 1) - 1] = 1.0;
        }
        counts[COUNTS - 1] = (1.0 + alike as f32).ln();
        let mut objects = Self {
            masks: std::array::from_fn(|_| vec![0.0; MASK]),
            form: [[0.0; FORM]; OBJECTS],
            things: [None; OBJECTS],
            counts,
        };
        let found = things.most_prominent(OBJECTS);
        areas.retain(|area| !found.iter().any(|thing| area.lies_in(thing.bbox)));
        for (object, thing) in found.iter().enumerate() {
            objects.masks[object] = box_mask(thing.bbox);
            objects.form[object] = form_of_box(thing.bbox);
            objects.things[object] = Some(*thing);
        }
        for (object, area) in (found.len()..OBJECTS).zip(&areas) {
            for &at in &area.pixels {
                objects.masks[object][usize::from(at)] = 1.0;
            }
            objects.form[object] = form_of(area, &objects.masks[object]);
        }
        objects
    }

    /// Weight of each mask pixel in one object, 0–1: `[64, 64]`.
    pub fn mask(&self, object: usize) -> &[f32] {
        self.masks.get(object).map(Vec::as_slice).unwrap_or_default()
    }

    /// The thing that an object is; `None` where it is an area, or nothing.
    pub fn thing(&self, object: usize) -> Option<&Detection> {
        self.things.get(object)?.as_ref()
    }

    /// Place and form of an object; zeros where there is none.
    pub fn form(&self, object: usize) -> [f32; FORM] {
        self.form.get(object).copied().unwrap_or([0.0; FORM])
    }

    /// Box of an object as shares of the picture: left, top, right, bottom; zeros where there is none.
    pub fn bounds(&self, object: usize) -> [f32; 4] {
        let [_, x, y, width, height, ..] = self.form(object);
        let (x, y) = (0.5 + x / 2.0, 0.5 + y / 2.0);
        if width > 0.0 {
            [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]
        } else {
            [0.0; 4]
        }
    }

    /// How many areas there are.
    pub fn counts(&self) -> &[f32; COUNTS] {
        &self.counts
    }
}

/// Means of 3 × 3 pixels; beyond the border counts as looking like it.
fn smoothed(mask: &[f32]) -> Vec<f32> {
    let mut wide = vec![0.0f32; MASK];
    for (row, out) in mask.chunks_exact(SIDE).zip(wide.chunks_exact_mut(SIDE)) {
        for x in 0..SIDE {
            let left = if x > 0 { row[x - 1] } else { 0.0 };
            let right = if x + 1 < SIDE { row[x + 1] } else { 0.0 };
            out[x] = left + row[x] + right;
        }
    }
    let mut out = vec![0.0f32; MASK];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let at = y * SIDE + x;
            let above = if y > 0 { wide[at - SIDE] } else { 0.0 };
            let below = if y + 1 < SIDE { wide[at + SIDE] } else { 0.0 };
            out[at] = (above + wide[at] + below) / 9.0;
        }
    }
    out
}

/// Areas above one half whose pixels touch by a side, in reading order of their first pixel.
fn connected_areas(mask: &[f32]) -> Vec<Area> {
    let mut open: Vec<bool> = mask.iter().map(|v| *v > 0.5).collect();
    let mut areas = Vec::new();
    let mut stack = Vec::new();
    for start in 0..open.len().min(MASK) {
        if !open[start] {
            continue;
        }
        open[start] = false;
        stack.push(start);
        let mut area = Area::default();
        while let Some(at) = stack.pop() {
            area.pixels.push(at as u16);
            let (x, y) = (at % SIDE, at / SIDE);
            let mut visit = |inside: bool, next: usize| {
                if inside && open[next] {
                    open[next] = false;
                    stack.push(next);
                }
            };
            visit(x > 0, at.wrapping_sub(1));
            visit(x + 1 < SIDE, at + 1);
            visit(y > 0, at.wrapping_sub(SIDE));
            visit(y + 1 < SIDE, at + SIDE);
        }
        areas.push(area);
    }
    areas
}

/// Place and form of a thing of which only the box is known: those of an ellipse in it.
fn form_of_box(bbox: [f32; 4]) -> [f32; FORM] {
    let [left, top, right, bottom] = bbox;
    let (width, height) = ((right - left).max(1e-3), (bottom - top).max(1e-3));
    [
        1.0,
        left + right - 1.0,
        top + bottom - 1.0,
        width,
        height,
        ELLIPSE * area(bbox),
        ELLIPSE,
        0.0,
        (width / height).ln().abs(),
    ]
}

/// Place and form of an area with this mask.
fn form_of(area: &Area, mask: &[f32]) -> [f32; FORM] {
    let count = area.pixels.len() as f32;
    let (mut left, mut top, mut right, mut bottom) = (SIDE, SIDE, 0, 0);
    let (mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0.0f32, 0.0, 0.0, 0.0, 0.0);
    let mut outline = 0.0;
    for &at in &area.pixels {
        let (x, y) = (usize::from(at) % SIDE, usize::from(at) / SIDE);
        (left, right) = (left.min(x), right.max(x + 1));
        (top, bottom) = (top.min(y), bottom.max(y + 1));
        let (fx, fy) = (x as f32 / SIDE as f32, y as f32 / SIDE as f32);
        sx += fx;
        sy += fy;
        sxx += fx * fx;
        syy += fy * fy;
        sxy += fx * fy;
        let own = |inside: bool, next: usize| inside && mask[next] > 0.0;
        let inner = own(x > 0, usize::from(at).wrapping_sub(1))
            && own(x + 1 < SIDE, usize::from(at) + 1)
            && own(y > 0, usize::from(at).wrapping_sub(SIDE))
            && own(y + 1 < SIDE, usize::from(at) + SIDE);
        if !inner {
            outline += 1.0;
        }
    }
    let (mx, my) = (sx / count, sy / count);
    let (cxx, cyy, cxy) = (sxx / count - mx * mx, syy / count - my * my, sxy / count - mx * my);
    // Eigenvalues of the 2 × 2 covariance of pixel places.
    let (middle, spread) = ((cxx + cyy) / 2.0, (((cxx - cyy) / 2.0).powi(2) + cxy * cxy).sqrt());
    let elongation = ((middle + spread + 1e-5) / (middle - spread).max(0.0).mul_add(1.0, 1e-5)).sqrt();
    let (width, height) = ((right - left) as f32, (bottom - top) as f32);
    let side = SIDE as f32;
    [
        1.0,
        (left + right) as f32 / side - 1.0,
        (top + bottom) as f32 / side - 1.0,
        width / side,
        height / side,
        count / MASK as f32,
        count / (width * height),
        (outline * outline / (4.0 * std::f32::consts::PI * count)).ln(),
        elongation.ln(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(inside: impl Fn(usize, usize) -> bool) -> Vec<f32> {
        (0..MASK)
            .map(|at| if inside(at % SIDE, at / SIDE) { 1.0 } else { 0.0 })
            .collect()
    }

    #[test]
    fn three_squares_are_three_objects_with_their_boxes() {
        let squares = |x: usize, y: usize| {
            let in_square = |left: usize, top: usize, side: usize| {
                (left..left + side).contains(&x) && (top..top + side).contains(&y)
            };
            in_square(4, 4, 16) || in_square(40, 4, 14) || in_square(20, 40, 12)
        };
        let objects = Objects::find(&mask(squares), &Things::default());
        assert_eq!(objects.counts()[..4], [0.0, 0.0, 1.0, 0.0]);
        let close = |a: [f32; 4], b: [f32; 4]| a.iter().zip(b).all(|(x, y)| (x - y / 64.0).abs() < 1.5 / 64.0);
        assert!(
            close(objects.bounds(0), [4.0, 4.0, 20.0, 20.0]),
            "{:?}",
            objects.bounds(0)
        );
        assert!(close(objects.bounds(2), [20.0, 40.0, 32.0, 52.0]));
        assert_eq!((objects.form(3), objects.bounds(3)), ([0.0; FORM], [0.0; 4]));
        let middle = 46 * SIDE + 26;
        assert_eq!((objects.mask(2)[middle], objects.mask(0)[middle]), (1.0, 0.0));
    }

    #[test]
    fn specks_are_no_objects_and_small_ones_are_not_counted_beside_large_ones() {
        let objects = Objects::find(
            &mask(|x, y| {
                (x < 30 && y < 30) || ((50..55).contains(&x) && (50..55).contains(&y)) || (x == 60 && y == 10)
            }),
            &Things::default(),
        );
        assert_eq!(objects.counts()[0], 1.0, "one large thing");
        assert_eq!(objects.form(1)[0], 1.0, "the small one still has its region");
        assert_eq!(objects.form(2)[0], 0.0, "the speck has none");
    }

    #[test]
    fn a_bar_is_longer_than_a_square_and_nothing_is_nothing() {
        let bar = Objects::find(
            &mask(|x, y| (10..54).contains(&x) && (30..35).contains(&y)),
            &Things::default(),
        );
        let square = Objects::find(
            &mask(|x, y| (20..40).contains(&x) && (20..40).contains(&y)),
            &Things::default(),
        );
        assert!(bar.form(0)[8] > square.form(0)[8] + 1.0);
        assert!(bar.form(0)[7] > square.form(0)[7]);
        let nothing = Objects::find(&[0.0; MASK], &Things::default());
        assert_eq!(nothing.counts(), &[0.0; COUNTS]);
        let everything = Objects::find(&[1.0; MASK], &Things::default());
        assert!(everything.form(0).iter().all(|v| v.is_finite()));
    }

    #[test]
    fn things_come_before_areas_and_an_area_inside_a_thing_is_that_thing() {
        let dog = Detection {
            class: 16,
            score: 0.8,
            bbox: [0.0, 0.0, 0.5, 0.5],
        };
        let two = mask(|x, y| (x < 30 && y < 30) || ((44..63).contains(&x) && (44..63).contains(&y)));
        let objects = Objects::find(&two, &Things::new(vec![dog]));
        assert_eq!((objects.thing(0), objects.thing(1)), (Some(&dog), None));
        assert_eq!(objects.bounds(0), dog.bbox);
        assert!(objects.bounds(1)[0] > 0.6, "{:?}", objects.bounds(1));
        assert_eq!(objects.form(2)[0], 0.0, "the area in the dog's box is the dog");
        assert_eq!(objects.counts()[1], 1.0, "two areas are counted");
        assert!(objects.mask(0)[16 * SIDE + 16] > 0.9 && objects.mask(0)[40 * SIDE + 40] == 0.0);
    }
}
