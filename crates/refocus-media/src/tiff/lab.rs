//! L*, a* and b* → sRGB, under the white that the file names.
//!
//! Sources: TIFF 6.0, sections 20 (WhitePoint) and 23 (CIELab: under the WhitePoint, D50 without one); Adobe's technical note on
//! ICCLab (always D50); CIE 15 (L*, a*, b*); Bradford's adaptation as in ICC.1, annex E; IEC 61966-2-1.

use super::directory::Directory;
use super::layout::Meaning;

/// Tag: x and y of the white.
const WHITE_POINT: u16 = 318;

/// A white, and what becomes of colours under it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lab {
    /// X, Y and Z of the white, Y being 1.
    white: [f32; 3],
    /// XYZ under that white → linear sRGB.
    to_srgb: [[f32; 3]; 3],
}

impl Lab {
    /// D50 as ICC has it; Bradford's adaptation to D65 (the inverse of the colorants in the sRGB profile of the ICC).
    pub(super) const D50: Self = Self {
        white: [0.964_22, 1.0, 0.825_21],
        to_srgb: [
            [3.133_856, -1.616_866_7, -0.490_614_6],
            [-0.978_768_4, 1.916_141_5, 0.033_454],
            [0.071_945_3, -0.228_991_4, 1.405_242_7],
        ],
    };

    /// As a file has it.
    pub(super) fn of(meaning: Meaning, directory: &Directory<'_>) -> Self {
        match (meaning, directory.reals(WHITE_POINT).as_slice()) {
            (Meaning::Lab { signed: true }, [x, y, ..]) => Self::under(*x as f32, *y as f32).unwrap_or(Self::D50),
            _ => Self::D50,
        }
    }

    /// Under the white of these chromaticities; `None` where no light has them.
    fn under(x: f32, y: f32) -> Option<Self> {
        const D65: [f32; 2] = [0.3127, 0.3290];
        const TO_CONES: [[f32; 3]; 3] = [
            [0.8951, 0.2664, -0.1614],
            [-0.7502, 1.7135, 0.0367],
            [0.0389, -0.0685, 1.0296],
        ];
        const FROM_CONES: [[f32; 3]; 3] = [
            [0.986_992_9, -0.147_054_3, 0.159_962_7],
            [0.432_305_3, 0.518_360_3, 0.049_291_2],
            [-0.008_528_7, 0.040_042_8, 0.968_486_7],
        ];
        /// XYZ under D65 → linear sRGB.
        const OF_D65: [[f32; 3]; 3] = [
            [3.240_454_2, -1.537_138_5, -0.498_531_4],
            [-0.969_266, 1.876_010_8, 0.041_556],
            [0.055_643_4, -0.204_025_9, 1.057_225_2],
        ];
        // Whites of lamps and daylight lie far within these.
        if !(0.1..=0.8).contains(&x) || !(0.1..=0.8).contains(&y) || x + y > 1.0 {
            return None;
        }
        let white = xyz(x, y);
        let from = times(TO_CONES, white);
        let to = times(TO_CONES, xyz(D65[0], D65[1]));
        if from.iter().any(|cone| *cone < 0.01) {
            return None;
        }
        let column = |axis: [f32; 3]| {
            let [l, m, s] = times(TO_CONES, axis);
            let adapted = [l * to[0] / from[0], m * to[1] / from[1], s * to[2] / from[2]];
            times(OF_D65, times(FROM_CONES, adapted))
        };
        let [x, y, z] = [
            column([1.0, 0.0, 0.0]),
            column([0.0, 1.0, 0.0]),
            column([0.0, 0.0, 1.0]),
        ];
        Some(Self {
            white,
            to_srgb: [[x[0], y[0], z[0]], [x[1], y[1], z[1]], [x[2], y[2], z[2]]],
        })
    }

    /// L* of 0–100, a* and b* → sRGB of 0–65,535.
    pub(super) fn to_srgb(self, lightness: f32, a: f32, b: f32) -> [u16; 3] {
        let f = |t: f32| {
            const EDGE: f32 = 6.0 / 29.0;
            if t > EDGE {
                t * t * t
            } else {
                3.0 * EDGE * EDGE * (t - 4.0 / 29.0)
            }
        };
        let middle = (lightness + 16.0) / 116.0;
        let [x, y, z] = self.white;
        let light = [f(middle + a / 500.0) * x, f(middle) * y, f(middle - b / 200.0) * z];
        times(self.to_srgb, light).map(|light| {
            let light = light.clamp(0.0, 1.0);
            let value = if light <= 0.003_130_8 {
                12.92 * light
            } else {
                1.055 * light.powf(1.0 / 2.4) - 0.055
            };
            (value.clamp(0.0, 1.0) * 65_535.0).round() as u16
        })
    }
}

/// X, Y and Z of chromaticities, Y being 1.
fn xyz(x: f32, y: f32) -> [f32; 3] {
    [x / y, 1.0, (1.0 - x - y) / y]
}

fn times(matrix: [[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(share, value)| share * value).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::srgb::narrow;

    // colour-science 0.4.7: `Lab_to_XYZ` and `XYZ_to_sRGB` under D50, adapted by Bradford; clipped.
    #[test]
    fn lab_is_read_under_d50() {
        for ((lightness, a, b), expected) in [
            ((100.0, 0.0, 0.0), [255, 255, 255]),
            ((0.0, 0.0, 0.0), [0, 0, 0]),
            ((50.0, 0.0, 0.0), [119, 119, 119]),
            ((60.0, 40.0, -20.0), [199, 116, 181]),
            ((75.0, -50.0, 60.0), [105, 207, 59]),
            ((30.0, 10.0, -60.0), [0, 70, 166]),
        ] {
            let found = Lab::D50.to_srgb(lightness, a, b).map(narrow);
            let near = found.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 1);
            assert!(near, "{lightness} {a} {b}: {found:?} for {expected:?}");
        }
    }

    #[test]
    fn a_white_that_no_light_has_is_passed_over() {
        for (x, y) in [(0.0, 0.0), (f32::NAN, 0.3), (0.3, -1.0), (0.7, 0.7), (0.15, 0.1)] {
            let usable = Lab::under(x, y).is_none_or(|lab| lab.to_srgb.iter().flatten().all(|share| share.is_finite()));
            assert!(usable, "{x} {y}");
        }
        assert_eq!(Lab::under(0.0, 0.0), None);
    }
}
