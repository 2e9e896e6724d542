//! The head's numbers → faces: a score, a box and six points at each pixel, and of those that show the same face their mean.

use super::network::{STRIDE, VALUES};
use super::pyramid::{Level, SCALES};

/// Points that the detector gives with a box: the eye on the picture's left, the other eye, tip of the nose, middle of the mouth,
/// the ear on the picture's left, the other ear.
pub(super) const KEY_POINTS: usize = 6;

/// A face as the detector sees it, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// The detector's own confidence, 0 to 1.
    pub(super) score: f32,
    /// The highest score at each scale, 0 where the face was not seen.
    pub(super) at_scales: [f32; SCALES.len()],
    /// Left, top, right, bottom.
    pub(super) bounds: [f32; 4],
    /// x and y, in the order of [`KEY_POINTS`].
    pub(super) points: [[f32; 2]; KEY_POINTS],
}

impl Candidate {
    /// Longer side of the box, pixels.
    pub(super) fn size(&self) -> f32 {
        let [left, top, right, bottom] = self.bounds;
        (right - left).max(bottom - top)
    }

    /// Area that two boxes share, as a part of both together and as a part of the smaller one.
    pub(super) fn shared(&self, other: &Self) -> (f32, f32) {
        let area = |[left, top, right, bottom]: [f32; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
        let (a, b) = (self.bounds, other.bounds);
        let shared = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
        let (a, b) = (area(a), area(b));
        let part = |whole: f32| if whole > 0.0 { shared / whole } else { 0.0 };
        (part(a + b - shared), part(a.min(b)))
    }
}

/// Which faces are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceLimits {
    /// Lowest confidence, 0 to 1.
    pub score: f32,
    /// Smallest face, longer side of its box in pixels where the picture's longer side is scaled to 1,024.
    pub smallest: f32,
    /// Most faces a picture.
    pub count: usize,
}

impl Default for FaceLimits {
    fn default() -> Self {
        Self {
            score: 0.25,
            smallest: 20.0,
            count: 200,
        }
    }
}

/// Lowest score with which the detector's boxes count for one another.
const LOWEST: f32 = 0.15;
/// Lowest score of the best box of a face that is looked at again.
pub(super) const PROPOSED: f32 = 0.2;
/// Intersection over union from which two boxes show the same face.
pub(super) const OVERLAP: f32 = 0.3;
/// Part of the smaller box that lies in the larger one from which they show the same face, too.
const COVER: f32 = 0.6;

/// Appends the faces of one level. `values` is `[rows, columns, VALUES]`.
pub(super) fn append(values: &[f32], level: &Level, found: &mut Vec<Candidate>) {
    let columns = (level.width / STRIDE).max(1);
    let lowest = (LOWEST / (1.0 - LOWEST)).ln();
    for (at, values) in values.as_chunks::<VALUES>().0.iter().enumerate() {
        let [logit, x, y, width, height, points @ ..] = values;
        if *logit < lowest {
            continue;
        }
        let anchor = [at % columns, at / columns].map(|at| (at as f32 + 0.5) * STRIDE as f32);
        let place = |x: f32, y: f32| level.to_picture([anchor[0] + x, anchor[1] + y]);
        let [left, top] = place(x - width / 2.0, y - height / 2.0);
        let [right, bottom] = place(x + width / 2.0, y + height / 2.0);
        if right <= left || bottom <= top {
            continue;
        }
        let mut key_points = [[0.0; 2]; KEY_POINTS];
        for (point, [x, y]) in key_points.iter_mut().zip(points.as_chunks::<2>().0) {
            *point = place(*x, *y);
        }
        let score = 1.0 / (1.0 + (-logit).exp());
        let mut at_scales = [0.0; SCALES.len()];
        if let Some(at_scale) = level.number.and_then(|number| at_scales.get_mut(number)) {
            *at_scale = score;
        }
        found.push(Candidate {
            score,
            at_scales,
            bounds: [left, top, right, bottom],
            points: key_points,
        });
    }
}

/// The faces without those whose middle is nearer to a better one's than half the larger side: best first.
pub(super) fn distinct(mut faces: Vec<Candidate>) -> Vec<Candidate> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let middle = |face: &Candidate| {
        let [left, top, right, bottom] = face.bounds;
        [f32::midpoint(left, right), f32::midpoint(top, bottom)]
    };
    let mut kept: Vec<Candidate> = Vec::new();
    for face in faces {
        let [x, y] = middle(&face);
        let near = |other: &Candidate| {
            let [other_x, other_y] = middle(other);
            (x - other_x).hypot(y - other_y) < face.size().max(other.size()) / 2.0
        };
        if !kept.iter().any(near) {
            kept.push(face);
        }
    }
    kept
}

/// One face for each group that shows the same one, best first: the mean of their boxes and points by score (weighted
/// non-maximum suppression, BlazeFace, section 3.4), with the best one's score.
pub(super) fn merged(mut found: Vec<Candidate>) -> Vec<Candidate> {
    // A stable sort: equal scores stay in the order of levels and pixels.
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = found.first().copied() {
        if best.score < PROPOSED {
            break;
        }
        let mut group = Vec::new();
        found.retain(|other| {
            let (overlap, cover) = best.shared(other);
            if overlap > OVERLAP {
                group.push(*other);
            }
            overlap <= OVERLAP && cover <= COVER
        });
        if group.is_empty() {
            // A box that is not even like itself holds no finite numbers.
            found.remove(0);
            continue;
        }
        faces.push(mean(&group, best.score));
    }
    faces
}

fn mean(group: &[Candidate], score: f32) -> Candidate {
    let whole: f32 = group.iter().map(|face| face.score).sum();
    let mut out = Candidate {
        score,
        at_scales: [0.0; SCALES.len()],
        bounds: [0.0; 4],
        points: [[0.0; 2]; KEY_POINTS],
    };
    for face in group {
        for (highest, score) in out.at_scales.iter_mut().zip(face.at_scales) {
            *highest = highest.max(score);
        }
        let weight = face.score / whole;
        let values = face.bounds.iter().chain(face.points.as_flattened());
        let sums = out.bounds.iter_mut().chain(out.points.as_flattened_mut());
        for (sum, value) in sums.zip(values) {
            *sum += weight * value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(score: f32, bounds: [f32; 4]) -> Candidate {
        Candidate {
            score,
            at_scales: [0.0, score, 0.0, 0.0, 0.0],
            bounds,
            points: [[bounds[0], bounds[1]]; KEY_POINTS],
        }
    }

    #[test]
    fn a_pixel_with_a_high_score_gives_a_face_around_its_anchor() {
        let level = Level {
            width: 64,
            height: 32,
            scale: [0.5, 0.5],
            number: Some(2),
            first: 0,
        };
        let mut values = vec![-9.0; 16 * 8 * VALUES];
        // Row 1, column 2: anchor (10, 6).
        let pixel = &mut values[18 * VALUES..19 * VALUES];
        pixel.copy_from_slice(&[
            2.0, 1.0, -1.0, 12.0, 8.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0,
        ]);
        let mut found = Vec::new();
        append(&values, &level, &mut found);
        let [only] = found.as_slice() else {
            unreachable!("{found:?}");
        };
        assert!((only.score - 0.880_797).abs() < 1e-5);
        assert_eq!(only.bounds, [10.0, 2.0, 34.0, 18.0]);
        assert_eq!((only.points[1], only.points[5]), ([26.0, 12.0], [20.0, 22.0]));
        assert_eq!(only.size(), 24.0);
        assert_eq!(only.at_scales, [0.0, 0.0, only.score, 0.0, 0.0]);
    }

    #[test]
    fn boxes_of_the_same_face_become_their_mean_and_parts_of_faces_are_dropped() {
        let found = vec![
            face(0.6, [2.0, 0.0, 12.0, 10.0]),
            face(0.9, [0.0, 0.0, 10.0, 10.0]),
            face(0.8, [40.0, 0.0, 50.0, 10.0]),
            face(0.7, [41.0, 1.0, 45.0, 5.0]),
        ];
        let faces = merged(found);
        assert_eq!(faces.len(), 2);
        assert_eq!((faces[0].score, faces[1].bounds), (0.9, [40.0, 0.0, 50.0, 10.0]));
        assert!((faces[0].bounds[0] - 0.8).abs() < 1e-5 && (faces[0].points[0][0] - 0.8).abs() < 1e-5);
        assert_eq!(faces[0].at_scales, [0.0, 0.9, 0.0, 0.0, 0.0]);
        assert!(merged(vec![face(0.9, [f32::NAN; 4]), face(0.19, [0.0, 0.0, 9.0, 9.0])]).is_empty());
    }

    #[test]
    fn of_two_faces_with_almost_one_middle_the_better_one_stays() {
        let faces = vec![
            face(0.5, [5.0, 0.0, 25.0, 20.0]),
            face(0.9, [0.0, 0.0, 20.0, 20.0]),
            face(0.6, [15.0, 0.0, 35.0, 20.0]),
        ];
        let scores: Vec<f32> = distinct(faces).iter().map(|face| face.score).collect();
        assert_eq!(scores, [0.9, 0.6]);
    }
}
