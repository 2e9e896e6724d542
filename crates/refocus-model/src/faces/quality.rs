//! How much a face says about who it is: its size, whether it is sharp, and how far it is turned away.

use super::boxes::{Candidate, KEY_POINTS};
use super::identity::SIDE;

/// Quality of a face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceQuality {
    /// Longer side of the box in pixels of the picture that was searched.
    pub size: f32,
    /// Deviation of the Laplacian over the middle of the aligned face, steps of 8-bit brightness: below about 3 the face is blurred
    /// or was enlarged much.
    pub sharpness: f32,
    /// How far the head is turned, -1 to 1: 0 looks at the camera, at 1 and -1 the tip of the nose stands over or beyond an eye
    /// (positive: to the picture's right).
    pub turn: f32,
    /// How far the head leans, radians clockwise.
    pub lean: f32,
}

impl FaceQuality {
    /// Of a face that the detector found, and its aligned picture `[SIDE, SIDE, 3]`.
    pub(super) fn new(face: &Candidate, aligned: &[u8]) -> Self {
        let (turn, lean) = pose(&face.points);
        Self {
            size: face.size(),
            sharpness: sharpness(aligned),
            turn,
            lean,
        }
    }
}

/// Where the tip of the nose stands between the eyes, and how the line through the eyes leans.
fn pose(points: &[[f32; 2]; KEY_POINTS]) -> (f32, f32) {
    let [left, right, nose, ..] = points;
    let (dx, dy) = (right[0] - left[0], right[1] - left[1]);
    let square = dx * dx + dy * dy;
    if square <= 0.0 {
        return (1.0, 0.0);
    }
    let middle = [f32::midpoint(left[0], right[0]), f32::midpoint(left[1], right[1])];
    let along = ((nose[0] - middle[0]) * dx + (nose[1] - middle[1]) * dy) / square;
    ((2.0 * along).clamp(-1.0, 1.0), dy.atan2(dx))
}

/// Deviation of the Laplacian over the middle two thirds.
fn sharpness(aligned: &[u8]) -> f32 {
    const EDGE: usize = SIDE / 6;
    let grey: Vec<f32> = aligned
        .as_chunks::<3>()
        .0
        .iter()
        .map(|rgb| rgb.iter().map(|value| f32::from(*value)).sum::<f32>() / 3.0)
        .collect();
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    let rows: Vec<&[f32]> = grey.chunks_exact(SIDE).collect();
    for rows in rows.windows(3).skip(EDGE).take(SIDE - 2 * EDGE) {
        let [above, row, below] = rows else { continue };
        let columns = row.windows(3).zip(above.iter().zip(*below).skip(1));
        for (row, (above, below)) in columns.skip(EDGE).take(SIDE - 2 * EDGE) {
            let [left, middle, right] = row else { continue };
            let value = left + right + above + below - 4.0 * middle;
            sum += value;
            squares += value * value;
            count += 1.0;
        }
    }
    if count == 0.0 {
        return 0.0;
    }
    (squares / count - (sum / count) * (sum / count)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nose_between_the_eyes_is_no_turn_and_one_under_an_eye_is_a_whole_one() {
        let at = |nose: [f32; 2]| pose(&[[10.0, 10.0], [20.0, 10.0], nose, [0.0; 2], [0.0; 2], [0.0; 2]]);
        assert_eq!(at([15.0, 16.0]), (0.0, 0.0));
        assert_eq!(at([20.0, 16.0]).0, 1.0);
        assert_eq!(at([2.0, 16.0]).0, -1.0);
        let leaning = pose(&[[10.0, 10.0], [20.0, 20.0], [12.0, 18.0], [0.0; 2], [0.0; 2], [0.0; 2]]);
        assert!(
            leaning.0.abs() < 1e-6 && (leaning.1 - std::f32::consts::FRAC_PI_4).abs() < 1e-6,
            "{leaning:?}"
        );
        assert_eq!(pose(&[[1.0; 2]; KEY_POINTS]), (1.0, 0.0));
    }

    #[test]
    fn stripes_are_sharper_than_a_slope_and_an_even_face() {
        let picture = |value: fn(usize, usize) -> u8| {
            let pixels = (0..SIDE * SIDE).flat_map(|i| [value(i % SIDE, i / SIDE); 3]);
            pixels.collect::<Vec<_>>()
        };
        assert_eq!(sharpness(&picture(|_, _| 90)), 0.0);
        assert!(sharpness(&picture(|x, _| x as u8)) < 1e-3);
        assert!(sharpness(&picture(|x, _| (x % 4 / 2 * 40) as u8)) > 30.0);
    }
}
