//! Logits → boxes: distances from each pixel to the sides of its box, and of boxes that cover one another the best one.

use super::classes::CLASSES;
use super::network::{BINS, VALUES};

/// A thing found in a photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Number of the class, see [`super::CLASS_NAMES`].
    pub class: u8,
    /// Confidence, 0 to 1.
    pub score: f32,
    /// Left, top, right, bottom as parts of the photo's width and height, 0 to 1.
    pub bbox: [f32; 4],
}

impl Detection {
    /// Name of the class.
    pub fn class_name(&self) -> &'static str {
        super::classes::class_name(self.class).unwrap_or("thing")
    }
}

/// Which detections are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectionLimits {
    /// Lowest score.
    pub score: f32,
    /// Intersection over union from which of two boxes of a class the lower one is dropped.
    pub overlap: f32,
    /// Most detections a photo.
    pub count: usize,
}

impl Default for DetectionLimits {
    /// Non-maximum suppression as upstream has it (IoU 0.6).
    fn default() -> Self {
        Self {
            score: 0.25,
            overlap: 0.6,
            count: 32,
        }
    }
}

/// Candidates that are compared with each other at most, best first (upstream: 1,000 a level).
const CANDIDATES: usize = 1000;

/// Appends the boxes of one picture at one level. `values` is `[rows · columns, VALUES]`, `side` the picture's side in pixels.
pub(super) fn append(values: &[f32], stride: usize, side: usize, lowest: f32, found: &mut Vec<Detection>) {
    let columns = side / stride;
    let lowest = logit(lowest);
    for (at, values) in values.as_chunks::<VALUES>().0.iter().enumerate() {
        let (classes, sides) = values.split_at(CLASSES);
        // At nearly every pixel no class is found. Without a branch the loop is vectorised.
        if !classes.iter().fold(false, |any, logit| any | (*logit >= lowest)) {
            continue;
        }
        let centre = [at % columns, at / columns].map(|at| (at as f32 + 0.5) * stride as f32);
        let mut bbox = [0.0; 4];
        for ((edge, bins), number) in bbox.iter_mut().zip(sides.chunks_exact(BINS)).zip(0..) {
            let distance = expectation(bins) * stride as f32;
            let from = centre[number % 2];
            let at = if number < 2 { from - distance } else { from + distance };
            *edge = (at / side as f32).clamp(0.0, 1.0);
        }
        for (class, logit) in (0u8..).zip(classes).filter(|(_, logit)| **logit >= lowest) {
            let score = 1.0 / (1.0 + (-logit).exp());
            found.push(Detection { class, score, bbox });
        }
    }
}

fn logit(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln()
}

/// Mean of the bins' numbers under the softmax of their logits.
fn expectation(bins: &[f32]) -> f32 {
    let most = bins.iter().fold(f32::MIN, |most, bin| most.max(*bin));
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (number, bin) in bins.iter().enumerate() {
        let weight = (bin - most).exp();
        sum += weight;
        weighted += weight * number as f32;
    }
    weighted / sum
}

/// Non-maximum suppression by class; best first.
pub(super) fn suppressed(mut found: Vec<Detection>, limits: DetectionLimits) -> Vec<Detection> {
    // A stable sort: equal scores stay in the order of the pixels.
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(CANDIDATES);
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in found {
        if kept.len() == limits.count {
            break;
        }
        let covers = |other: &Detection| {
            other.class == candidate.class && intersection_over_union(other.bbox, candidate.bbox) > limits.overlap
        };
        if !kept.iter().any(covers) {
            kept.push(candidate);
        }
    }
    kept
}

/// Intersection over union of two boxes, 0 to 1.
pub fn intersection_over_union(a: [f32; 4], b: [f32; 4]) -> f32 {
    let area = |[left, top, right, bottom]: [f32; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let shared = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let all = area(a) + area(b) - shared;
    if all > 0.0 { shared / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(class: u8, score: f32, bbox: [f32; 4]) -> Detection {
        Detection { class, score, bbox }
    }

    #[test]
    fn a_pixel_with_a_likely_class_gives_a_box_around_its_centre() {
        let mut values = vec![-9.0; 4 * VALUES];
        // Pixel 3 (row 1, column 1) of a picture of 64 pixels at stride 32: class 16, sides 1, 0.5, 0, 10.
        let pixel = &mut values[3 * VALUES..];
        pixel[16] = 2.0;
        for (side, bins) in [(0, vec![1]), (1, vec![0, 1]), (2, vec![0]), (3, vec![10])] {
            for bin in bins {
                pixel[CLASSES + side * BINS + bin] = 90.0;
            }
        }
        let mut found = Vec::new();
        append(&values, 32, 64, 0.25, &mut found);
        let [only] = found.as_slice() else {
            unreachable!("{found:?}");
        };
        assert_eq!((only.class, only.class_name()), (16, "dog"));
        assert!((only.score - 0.880_797).abs() < 1e-5);
        assert_eq!(only.bbox, [0.25, 0.5, 0.75, 1.0]);
        found.clear();
        append(&values, 32, 64, 0.89, &mut found);
        assert!(found.is_empty());
    }

    #[test]
    fn the_best_of_boxes_that_cover_one_another_stays_and_other_classes_do_too() {
        let found = vec![
            detection(0, 0.5, [0.0, 0.0, 0.5, 0.5]),
            detection(0, 0.9, [0.0, 0.0, 0.5, 0.45]),
            detection(1, 0.6, [0.0, 0.0, 0.5, 0.5]),
            detection(0, 0.4, [0.2, 0.2, 0.7, 0.7]),
        ];
        let order = |limits| {
            let kept = suppressed(found.clone(), limits);
            kept.iter().map(|d| (d.class, d.score)).collect::<Vec<_>>()
        };
        let limits = DetectionLimits::default();
        assert_eq!(order(limits), [(0, 0.9), (1, 0.6), (0, 0.4)]);
        assert_eq!(order(DetectionLimits { count: 1, ..limits }), [(0, 0.9)]);
        assert_eq!(
            order(DetectionLimits {
                overlap: 0.95,
                ..limits
            })
            .len(),
            4
        );
    }

    #[test]
    fn the_overlap_of_boxes_is_their_shared_part_of_both() {
        let whole = [0.0, 0.0, 1.0, 1.0];
        assert_eq!(intersection_over_union(whole, whole), 1.0);
        assert_eq!(intersection_over_union(whole, [0.0, 0.0, 0.5, 0.5]), 0.25);
        assert_eq!(intersection_over_union([0.0, 0.0, 0.4, 0.4], [0.5, 0.5, 1.0, 1.0]), 0.0);
        assert_eq!(intersection_over_union([0.0; 4], [0.0; 4]), 0.0);
    }
}
