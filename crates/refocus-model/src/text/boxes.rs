//! From the detector's map to boxes: components of likely pixels, each in the smallest rectangle of any angle, grown to the size that
//! the core was shrunk from (DB, arXiv 1911.08947, section 3.5), and put into the order of reading.
//!
//! Coordinates are continuous: pixel i covers [i, i + 1), its centre is i + 0.5.

use super::detector::TextMap;

/// Probability from which a pixel belongs to a core.
const THRESHOLD: f32 = 0.2;
/// How far a rectangle grows: this times its area by its perimeter, on every side.
const UNCLIP: f64 = 1.4;
/// Rectangles of a picture at most.
const MOST: usize = 3_000;
/// Shorter side of a rectangle, pixels of the map: before and after it has grown.
const SMALLEST: (f64, f64) = (3.0, 5.0);
/// Beyond the edge of a rectangle the centre of a pixel may lie for rounding.
const ROUNDING: f64 = 1e-6;

/// A point, x and y.
type Point = [f64; 2];

/// A rectangle of any angle around a line of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextBox {
    /// From the top left one clockwise, in pixels of the picture.
    pub(super) corners: [Point; 4],
    /// Mean probability under the core, 0 to 1.
    pub(super) score: f32,
}

impl TextBox {
    /// Its area, square pixels of the picture.
    pub(super) fn area(&self) -> f64 {
        let [a, b, _, d] = self.corners;
        let length = |p: Point, q: Point| (p[0] - q[0]).hypot(p[1] - q[1]);
        length(a, b) * length(a, d)
    }
}

/// The boxes of a picture of `size` (width, height) pixels whose mean probability is at least `least`, in the order of their first
/// pixels.
pub(super) fn boxes(map: &TextMap, size: (f64, f64), least: f32) -> Vec<TextBox> {
    let height = map.probabilities.len() / map.width.max(1);
    if height == 0 {
        return Vec::new();
    }
    let scale = [size.0 / map.width as f64, size.1 / height as f64];
    let found = components(map).into_iter().take(MOST);
    found
        .filter_map(|runs| of_component(map, &runs, scale, least))
        .collect()
}

/// Whether there is any box.
pub(super) fn any_box(map: &TextMap, least: f32) -> bool {
    components(map)
        .iter()
        .take(MOST)
        .any(|runs| of_component(map, runs, [1.0; 2], least).is_some())
}

/// Neighbouring likely pixels of a row: columns `first..last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    row: usize,
    first: usize,
    last: usize,
}

/// The runs of each component of likely pixels that touch, also by a corner, in the order of their first pixels.
fn components(map: &TextMap) -> Vec<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut above = 0..0;
    for (row, pixels) in map.probabilities.chunks_exact(map.width).enumerate() {
        let start = runs.len();
        let mut column = 0;
        while let Some(first) = next(pixels, column, |p| p > THRESHOLD) {
            let last = next(pixels, first, |p| p <= THRESHOLD).unwrap_or(pixels.len());
            for at in above.clone() {
                if let Some(other) = runs.get(at)
                    && other.first <= last
                    && first <= other.last
                {
                    join(&mut parents, at, runs.len());
                }
            }
            if parents.len() == runs.len() {
                parents.push(runs.len());
            }
            runs.push(Run { row, first, last });
            column = last;
        }
        above = start..runs.len();
    }
    let mut places = vec![None; runs.len()];
    let mut out: Vec<Vec<Run>> = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let root = root(&parents, at);
        let Some(place) = places.get_mut(root) else {
            continue;
        };
        let number = *place.get_or_insert_with(|| {
            out.push(Vec::new());
            out.len() - 1
        });
        if let Some(component) = out.get_mut(number) {
            component.push(*run);
        }
    }
    out
}

/// The first column from `from` on of which `is` holds.
fn next(pixels: &[f32], from: usize, is: impl Fn(f32) -> bool) -> Option<usize> {
    let rest = pixels.get(from..)?;
    rest.iter().position(|pixel| is(*pixel)).map(|at| from + at)
}

/// The first of the runs that a run is joined with.
fn root(parents: &[usize], mut at: usize) -> usize {
    while let Some(parent) = parents.get(at)
        && *parent != at
    {
        at = *parent;
    }
    at
}

/// Joins an earlier run with a new one, the last.
fn join(parents: &mut Vec<usize>, earlier: usize, new: usize) {
    let earlier = root(parents, earlier);
    if parents.len() == new {
        parents.push(earlier);
        return;
    }
    let other = root(parents, new);
    let (first, later) = (earlier.min(other), earlier.max(other));
    if let Some(parent) = parents.get_mut(later) {
        *parent = first;
    }
}

/// The box of a component; `None` for one that is too small or unlikely.
fn of_component(map: &TextMap, runs: &[Run], scale: [f64; 2], least: f32) -> Option<TextBox> {
    let points: Vec<Point> = runs
        .iter()
        .flat_map(|run| [run.first, run.last - 1].map(|x| [x as f64 + 0.5, run.row as f64 + 0.5]))
        .collect();
    let rectangle = Rectangle::around(points)?;
    if rectangle.shorter() < SMALLEST.0 {
        return None;
    }
    let score = rectangle.score(map, runs);
    if score < least {
        return None;
    }
    let [a, b] = rectangle.spans;
    let more = 2.0 * a * b * UNCLIP / (2.0 * (a + b));
    let grown = Rectangle {
        spans: [a + more, b + more],
        ..rectangle
    };
    (grown.shorter() >= SMALLEST.1).then(|| TextBox {
        corners: from_top_left(grown.corners().map(|[x, y]| [x * scale[0], y * scale[1]])),
        score,
    })
}

/// A rectangle of any angle.
#[derive(Debug, Clone, Copy)]
struct Rectangle {
    middle: Point,
    /// Unit vectors along its sides.
    axes: [Point; 2],
    /// Lengths of its sides.
    spans: [f64; 2],
}

fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

impl Rectangle {
    /// The rectangle of least area around points; one of its sides lies along one of their convex hull.
    fn around(points: Vec<Point>) -> Option<Self> {
        let hull = hull(points);
        let first = *hull.first()?;
        let mut best: Option<(f64, Self)> = None;
        for (at, a) in hull.iter().enumerate() {
            let b = hull.get((at + 1) % hull.len()).unwrap_or(&first);
            let edge = [b[0] - a[0], b[1] - a[1]];
            let length = edge[0].hypot(edge[1]);
            if length <= 0.0 {
                continue;
            }
            let along = edge.map(|part| part / length);
            let axes = [along, [-along[1], along[0]]];
            let ranges = axes.map(|axis| {
                let range = (f64::INFINITY, f64::NEG_INFINITY);
                hull.iter().fold(range, |(low, high), point| {
                    let at = dot(axis, *point);
                    (low.min(at), high.max(at))
                })
            });
            let spans = ranges.map(|(low, high)| high - low);
            let area = spans[0] * spans[1];
            if best.as_ref().is_none_or(|(least, _)| area < *least) {
                let [u, v] = ranges.map(|(low, high)| f64::midpoint(low, high));
                let middle = [u * axes[0][0] + v * axes[1][0], u * axes[0][1] + v * axes[1][1]];
                best = Some((area, Self { middle, axes, spans }));
            }
        }
        best.map(|(_, rectangle)| rectangle)
    }

    fn shorter(&self) -> f64 {
        self.spans[0].min(self.spans[1])
    }

    /// Mean probability of the pixels whose centre lies inside, within the rows and columns of the component.
    fn score(&self, map: &TextMap, runs: &[Run]) -> f32 {
        let rows = (
            runs.iter().map(|run| run.row).min(),
            runs.iter().map(|run| run.row).max(),
        );
        let columns = (
            runs.iter().map(|run| run.first).min(),
            runs.iter().map(|run| run.last).max(),
        );
        let ((Some(top), Some(bottom)), (Some(left), Some(right))) = (rows, columns) else {
            return 0.0;
        };
        let (mut sum, mut count) = (0f64, 0usize);
        let lines = map.probabilities.chunks_exact(map.width).enumerate();
        for (y, line) in lines.skip(top).take(bottom - top + 1) {
            for (x, probability) in line.iter().enumerate().skip(left).take(right - left) {
                let offset = [x as f64 + 0.5 - self.middle[0], y as f64 + 0.5 - self.middle[1]];
                let inside = |axis: usize| dot(self.axes[axis], offset).abs() <= self.spans[axis] / 2.0 + ROUNDING;
                if inside(0) && inside(1) {
                    sum += f64::from(*probability);
                    count += 1;
                }
            }
        }
        if count == 0 { 0.0 } else { (sum / count as f64) as f32 }
    }

    fn corners(&self) -> [Point; 4] {
        [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(|[u, v]| {
            let (u, v) = (u * self.spans[0], v * self.spans[1]);
            [0, 1].map(|axis| self.middle[axis] + u * self.axes[0][axis] + v * self.axes[1][axis])
        })
    }
}

/// Convex hull without points on its edges (Andrew's monotone chain).
fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut out = half_of_hull(points.iter());
    out.extend(half_of_hull(points.iter().rev()));
    out
}

/// One side of a hull, without its last point.
fn half_of_hull<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<Point> {
    let mut out: Vec<Point> = Vec::new();
    for point in points {
        while let [.., a, b] = out.as_slice()
            && (b[0] - a[0]) * (point[1] - b[1]) <= (b[1] - a[1]) * (point[0] - b[0])
        {
            out.pop();
        }
        out.push(*point);
    }
    out.pop();
    out
}

/// Corners from the top left one clockwise: the upper of the two left ones, the upper of the two right ones, and on.
fn from_top_left(mut corners: [Point; 4]) -> [Point; 4] {
    corners.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let [a, b, c, d] = corners;
    let upper = |a: Point, b: Point| if b[1] < a[1] { (b, a) } else { (a, b) };
    let ((top_left, bottom_left), (top_right, bottom_right)) = (upper(a, b), upper(c, d));
    [top_left, top_right, bottom_right, bottom_left]
}

/// The places of boxes in the order of reading, where their lines run along `direction` (a unit vector, x to the right, y down): from top
/// to bottom; boxes whose middles are within half a height of the first one of a line belong to it, from left to right.
pub(super) fn reading_order(boxes: &[TextBox], direction: Point) -> Vec<usize> {
    let [x, y] = direction;
    // Along the lines, and down the page.
    let places: Vec<Point> = boxes
        .iter()
        .map(|text| {
            let middle = middle(text);
            [dot(middle, [x, y]), dot(middle, [-y, x])]
        })
        .collect();
    let at = |number: usize, axis: usize| places.get(number).map_or(0.0, |place| place[axis]);
    let high = |number: usize| boxes.get(number).map_or(0.0, height);
    let by = |axis: usize| move |a: &usize, b: &usize| at(*a, axis).total_cmp(&at(*b, axis));
    let mut numbers: Vec<usize> = (0..boxes.len()).collect();
    numbers.sort_by(|a, b| by(1)(a, b).then(by(0)(a, b)));
    let mut lines: Vec<Vec<usize>> = Vec::new();
    for number in numbers {
        let line = lines.last_mut().filter(|line| {
            line.first()
                .is_some_and(|first| (at(number, 1) - at(*first, 1)).abs() < 0.5 * high(number).min(high(*first)))
        });
        match line {
            Some(line) => line.push(number),
            None => lines.push(vec![number]),
        }
    }
    for line in &mut lines {
        line.sort_by(by(0));
    }
    lines.into_iter().flatten().collect()
}

/// The direction in which the text of a box runs that was read after so many quarters of a turn against the clock: a vector as long as
/// the line.
pub(super) fn runs_along(text: &TextBox, turns: u8) -> Point {
    let [top_left, top_right, _, bottom_left] = text.corners;
    let to = |from: Point, to: Point| [to[0] - from[0], to[1] - from[1]];
    let [x, y] = if turns.is_multiple_of(2) {
        to(top_left, top_right)
    } else {
        to(top_left, bottom_left)
    };
    if turns < 2 { [x, y] } else { [-x, -y] }
}

fn middle(text: &TextBox) -> Point {
    [0, 1].map(|axis| text.corners.iter().map(|corner| corner[axis]).sum::<f64>() / 4.0)
}

/// The shorter side.
fn height(text: &TextBox) -> f64 {
    let [a, b, _, d] = text.corners;
    distance(a, d).min(distance(a, b))
}

/// Between two points.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with likely pixels where `is` holds.
    fn map(width: usize, height: usize, is: impl Fn(usize, usize) -> bool) -> TextMap {
        let at = |i: usize| if is(i % width, i / width) { 0.9 } else { 0.05 };
        TextMap {
            width,
            probabilities: (0..width * height).map(at).collect(),
        }
    }

    #[test]
    fn pixels_that_touch_by_a_corner_are_one_component_and_others_are_not() {
        let drawn = ["X...X", ".X.X.", "..X..", ".....", "XX.XX"];
        let is = |x: usize, y: usize| drawn[y].as_bytes()[x] == b'X';
        let found = components(&map(5, 5, is));
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].len(), 5);
        // A U is one, though its arms begin apart; a comb joins many.
        let comb = |x: usize, y: usize| x.is_multiple_of(2) || y == 9;
        assert_eq!(components(&map(21, 10, comb)).len(), 1);
    }

    #[test]
    fn a_straight_line_of_text_gives_its_rectangle_grown_on_every_side() {
        let found = boxes(
            &map(60, 40, |x, y| (10..50).contains(&x) && (12..20).contains(&y)),
            (120.0, 80.0),
            0.4,
        );
        assert_eq!(found.len(), 1);
        // Between the centres of the outer pixels: 39 × 7, grown by 1.4 · 273 / 92 in all.
        let more = 1.4 * 39.0 * 7.0 / 92.0;
        let expected = [
            [10.5 - more, 12.5 - more],
            [49.5 + more, 12.5 - more],
            [49.5 + more, 19.5 + more],
            [10.5 - more, 19.5 + more],
        ];
        for (corner, expected) in found[0].corners.iter().zip(expected) {
            assert!(distance(*corner, expected.map(|at| 2.0 * at)) < 1e-9, "{found:?}");
        }
        assert!(found[0].score > 0.85, "{found:?}");
        assert!(
            boxes(&map(60, 40, |x, y| x < 2 && y < 2), (60.0, 40.0), 0.4).is_empty(),
            "too small"
        );
        assert!(boxes(&map(60, 40, |_, _| false), (60.0, 40.0), 0.4).is_empty());
        assert!(any_box(
            &map(60, 40, |x, y| (5..50).contains(&x) && (9..25).contains(&y)),
            0.4
        ));
        assert!(!any_box(&map(60, 40, |x, y| x < 2 && y < 2), 0.4));
    }

    #[test]
    fn a_turned_line_gives_a_turned_rectangle() {
        let (angle, middle) = (0.5f64, [50.0, 50.0]);
        let is = |x: usize, y: usize| {
            let (dx, dy) = (x as f64 + 0.5 - middle[0], y as f64 + 0.5 - middle[1]);
            let (u, v) = (dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin());
            u.abs() < 35.0 && v.abs() < 6.0
        };
        let found = boxes(&map(100, 100, is), (100.0, 100.0), 0.4);
        assert_eq!(found.len(), 1, "{found:?}");
        let [a, b, _, _] = found[0].corners;
        let found_angle = (b[1] - a[1]).atan2(b[0] - a[0]);
        assert!((found_angle - angle).abs() < 0.05, "{found_angle}");
    }

    #[test]
    fn boxes_are_read_line_by_line_from_left_to_right() {
        let at = |x: f64, y: f64| TextBox {
            corners: [[x, y], [x + 30.0, y], [x + 30.0, y + 10.0], [x, y + 10.0]],
            score: 0.9,
        };
        let boxes = [at(50.0, 3.0), at(0.0, 40.0), at(0.0, 0.0), at(90.0, 38.0)];
        assert_eq!(reading_order(&boxes, [1.0, 0.0]), [2, 0, 1, 3]);
        // Upside down the last one comes first; of a page that was turned the columns are its lines.
        assert_eq!(reading_order(&boxes, [-1.0, 0.0]), [3, 1, 0, 2]);
        assert_eq!(reading_order(&boxes, [0.0, 1.0])[0], 3);
        // A page that leans: the right end of its first line lies lower than the left end of its second.
        let leaning = [at(0.0, 0.0), at(100.0, 20.0), at(0.0, 16.0), at(100.0, 36.0)];
        let along = [100.0_f64, 20.0];
        let direction = along.map(|part| part / along[0].hypot(along[1]));
        assert_eq!(reading_order(&leaning, direction), [0, 1, 2, 3]);
    }
}
