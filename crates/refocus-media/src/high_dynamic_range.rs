//! Pictures whose light goes beyond the white of a screen (PQ and HLG) → sRGB.
//!
//! Sources: ITU-R BT.2100-2 (the curves, tables 4 and 5, and the OOTF of HLG for a screen of 1,000 cd/m²); ITU-R BT.2408-7,
//! section 2 (reference white at 203 cd/m²).
//!
//! Reference white becomes the white of the screen, so that a picture which holds nothing brighter looks as its ordinary version
//! does. Where a picture goes beyond, its upper part is pressed together by a shoulder that begins at [`KNEE`] and ends at the
//! brightest light of the picture; what is darker stays as it is. The shoulder is that of Reinhard, Stark, Shirley and Ferwerda,
//! "Photographic tone reproduction for digital images" (2002), equation 4, moved so that it leaves the diagonal at the knee
//! without a bend. All three channels of a pixel are multiplied by the same factor, which keeps its hue.

use moxcms::{CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, TransferCharacteristics};

use super::decode::zeroed;
use super::failure::Failure;

/// Reference white, cd/m².
const WHITE: f32 = 203.0;

/// Where the shoulder begins, as a part of reference white.
const KNEE: f32 = 0.7;

/// This part of the pixels may be brighter than what the shoulder ends at: sparks and hot pixels do not darken the rest.
const SPARKS: f64 = 0.001;

/// Numbers of ITU-T H.273.
const PQ: u16 = 16;
const HLG: u16 = 18;
const BT_2020: u8 = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    Pq,
    Hlg,
}

/// How a picture's numbers stand for light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HighDynamicRange {
    curve: Curve,
    /// Number of H.273; those of BT.2020 where it has no colours.
    primaries: u8,
}

impl HighDynamicRange {
    /// From the numbers of H.273; `None` where the curve is an ordinary one.
    pub(super) fn named(primaries: u16, transfer: u16) -> Option<Self> {
        let curve = match transfer {
            PQ => Curve::Pq,
            HLG => Curve::Hlg,
            _ => return None,
        };
        Some(Self {
            curve,
            primaries: u8::try_from(primaries).unwrap_or(BT_2020),
        })
    }

    /// `samples`, pixels `[pixels, 3]` of 0–65,535, as sRGB of 0–255.
    ///
    /// # Errors
    /// Out of memory for the result.
    pub(super) fn to_srgb(self, samples: &[u16]) -> Result<Vec<u8>, Failure> {
        let light = Light::new(self);
        let pixels = samples.as_chunks::<3>().0;
        let tone = Tone::up_to(brightest(&light, pixels));
        let encode = srgb_table();
        let mut rgb = zeroed(pixels.len() * 3)?;
        for (to, from) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
            let shown = light.on_a_screen(tone.press(light.of(*from)));
            *to = shown.map(|value| {
                let place = (value.clamp(0.0, 1.0) * (ENCODE_STEPS - 1) as f32).round() as usize;
                encode.get(place).copied().unwrap_or(u8::MAX)
            });
        }
        Ok(rgb)
    }
}

/// Numbers → light, 1.0 for reference white, in the picture's own primaries.
struct Light {
    curve: Curve,
    /// What each of 65,536 numbers stands for.
    table: Vec<f32>,
    to_srgb: [[f32; 3]; 3],
}

impl Light {
    fn new(range: HighDynamicRange) -> Self {
        let of: fn(f32) -> f32 = match range.curve {
            Curve::Pq => |number: f32| pq(number) / WHITE,
            Curve::Hlg => hlg_scene,
        };
        Self {
            curve: range.curve,
            table: (0..=u16::MAX).map(|number| of(f32::from(number) / 65_535.0)).collect(),
            to_srgb: matrix_to_srgb(range.primaries),
        }
    }

    fn of(&self, pixel: [u16; 3]) -> [f32; 3] {
        let light = pixel.map(|number| self.table.get(usize::from(number)).copied().unwrap_or(0.0));
        match self.curve {
            Curve::Pq => light,
            Curve::Hlg => hlg_on_screen(light),
        }
    }

    fn on_a_screen(&self, light: [f32; 3]) -> [f32; 3] {
        self.to_srgb
            .map(|row| row.iter().zip(light).map(|(share, value)| share * value).sum())
    }
}

/// BT.2100, table 4: cd/m² of a number 0–1.
fn pq(number: f32) -> f32 {
    const M1: f32 = 2610.0 / 16_384.0;
    const M2: f32 = 2523.0 / 4096.0 * 128.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 4096.0 * 32.0;
    const C3: f32 = 2392.0 / 4096.0 * 32.0;
    let root = number.powf(1.0 / M2);
    ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1) * 10_000.0
}

/// BT.2100, table 5: the scene's light 0–1 of a number 0–1.
fn hlg_scene(number: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 1.0 - 4.0 * A;
    const C: f32 = 0.559_910_7;
    if number <= 0.5 {
        number * number / 3.0
    } else {
        (((number - C) / A).exp() + B) / 12.0
    }
}

/// BT.2100, table 5: what a screen of 1,000 cd/m² shows of the scene's light; 1.0 for reference white.
fn hlg_on_screen(scene: [f32; 3]) -> [f32; 3] {
    const SCREEN: f32 = 1000.0;
    const GAMMA: f32 = 1.2;
    let [red, green, blue] = scene;
    let brightness = 0.2627 * red + 0.6780 * green + 0.0593 * blue;
    let factor = brightness.powf(GAMMA - 1.0) * SCREEN / WHITE;
    scene.map(|value| value * factor)
}

/// Light of these primaries → light of sRGB's.
fn matrix_to_srgb(primaries: u8) -> [[f32; 3]; 3] {
    let profile = |primaries: CicpColorPrimaries| {
        ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: primaries,
            transfer_characteristics: TransferCharacteristics::Linear,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        })
    };
    let own = match CicpColorPrimaries::try_from(primaries) {
        Ok(CicpColorPrimaries::Reserved | CicpColorPrimaries::Unspecified) | Err(_) => CicpColorPrimaries::Bt2020,
        Ok(named) => named,
    };
    let matrix = profile(own).transform_matrix(&profile(CicpColorPrimaries::Bt709));
    matrix.v.map(|row| row.map(|share| share as f32))
}

/// The light that all but a few sparks stay below: the largest channel of each of up to a million pixels is looked at.
fn brightest(light: &Light, pixels: &[[u16; 3]]) -> f32 {
    const LOOKED_AT: usize = 1 << 20;
    const PLACES: usize = 4096;
    const HIGHEST: f32 = 10_000.0 / WHITE;
    let mut counts = vec![0u64; PLACES];
    let mut all = 0;
    let step = (pixels.len() / LOOKED_AT).max(1);
    for pixel in pixels.iter().step_by(step) {
        let largest = light.of(*pixel).into_iter().fold(0.0, f32::max);
        let place = ((largest / HIGHEST).sqrt() * (PLACES - 1) as f32).ceil() as usize;
        if let Some(count) = counts.get_mut(place.min(PLACES - 1)) {
            *count += 1;
        }
        all += 1;
    }
    let mut sparks = (all as f64 * SPARKS) as u64;
    for (place, count) in counts.iter().enumerate().rev() {
        match sparks.checked_sub(*count) {
            Some(rest) => sparks = rest,
            None => return (place as f32 / (PLACES - 1) as f32).powi(2) * HIGHEST,
        }
    }
    0.0
}

/// How bright light is shown.
struct Tone {
    /// The brightest light less the knee, in parts of what is left above the knee; `None` where nothing is beyond white.
    reach: Option<f32>,
}

impl Tone {
    fn up_to(brightest: f32) -> Self {
        /// The places of the count are this coarse about white.
        const BEYOND_WHITE: f32 = 1.01;
        Self {
            reach: (brightest > BEYOND_WHITE).then_some((brightest - KNEE) / (1.0 - KNEE)),
        }
    }

    fn press(&self, light: [f32; 3]) -> [f32; 3] {
        let largest = light.into_iter().fold(0.0, f32::max);
        let Some(reach) = self.reach.filter(|_| largest > KNEE) else {
            return light;
        };
        let above = ((largest - KNEE) / (1.0 - KNEE)).min(reach);
        let pressed = above * (1.0 + above / (reach * reach)) / (1.0 + above);
        let factor = (KNEE + (1.0 - KNEE) * pressed) / largest;
        light.map(|value| value * factor)
    }
}

/// Steps of the table that writes light as sRGB.
const ENCODE_STEPS: usize = 1 << 16;

/// IEC 61966-2-1: light 0–1 in [`ENCODE_STEPS`] → 0–255.
fn srgb_table() -> Vec<u8> {
    let encode = |step: usize| {
        let light = step as f32 / (ENCODE_STEPS - 1) as f32;
        let value = if light <= 0.003_130_8 {
            12.92 * light
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        (value * 255.0).round() as u8
    };
    (0..ENCODE_STEPS).map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(primaries: u16, transfer: u16) -> HighDynamicRange {
        HighDynamicRange::named(primaries, transfer).unwrap()
    }

    /// Colours of sRGB, and the numbers that stand for the same light where white is 203 cd/m²; by colour-science 0.4.7
    /// (`eotf_inverse_ST2084`, `eotf_inverse_BT2100_HLG` with `L_W = 1000` and `gamma = 1.2`, `matrix_RGB_to_RGB` to BT.2020).
    const OF_A_SCREEN: [([u8; 3], [u16; 3], [u16; 3]); 5] = [
        ([255, 255, 255], [38_056, 38_055, 38_055], [49_144, 49_143, 49_143]),
        ([200, 100, 50], [32_030, 26_123, 19_638], [40_464, 26_330, 14_725]),
        ([128, 128, 128], [28_037, 28_037, 28_036], [30_838, 30_836, 30_836]),
        ([30, 60, 200], [19_514, 19_614, 33_672], [15_860, 16_015, 46_234]),
        ([0, 0, 0], [0, 0, 0], [0, 0, 0]),
    ];

    fn near(found: &[u8], expected: &[u8]) -> bool {
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 1)
    }

    #[test]
    fn a_picture_without_anything_brighter_than_white_looks_as_its_ordinary_version() {
        let expected: Vec<u8> = OF_A_SCREEN.iter().flat_map(|(rgb, ..)| *rgb).collect();
        let pq: Vec<u16> = OF_A_SCREEN.iter().flat_map(|(_, pq, _)| *pq).collect();
        let hlg: Vec<u16> = OF_A_SCREEN.iter().flat_map(|(.., hlg)| *hlg).collect();
        for (name, transfer, samples) in [("PQ", 16, pq), ("HLG", 18, hlg)] {
            let rgb = named(9, transfer).to_srgb(&samples).unwrap();
            assert!(near(&rgb, &expected), "{name}: {rgb:?}");
        }
        // The same in the primaries of Display P3.
        let rgb = named(12, 16).to_srgb(&[33_365, 25_525, 19_520]).unwrap();
        assert!(near(&rgb, &[200, 100, 50]), "{rgb:?}");
    }

    #[test]
    fn what_is_brighter_than_white_is_pressed_together_in_its_order_and_leaves_the_dark_as_it_is() {
        // 1000 and 406 cd/m², white (203), and the grey 128, by colour-science 0.4.7.
        let levels = [49_271u16, 42_871, 38_055, 28_037];
        let samples: Vec<u16> = levels.iter().flat_map(|level| [*level; 3]).collect();
        let rgb = named(9, 16).to_srgb(&samples).unwrap();
        let greys: Vec<u8> = rgb.chunks(3).map(|pixel| pixel[0]).collect();
        assert!(
            rgb.chunks(3)
                .all(|pixel| pixel.iter().all(|value| value.abs_diff(pixel[0]) <= 1))
        );
        assert_eq!((greys[0], greys[3]), (255, 128), "{greys:?}");
        assert!(greys[0] > greys[1] && greys[1] > greys[2], "{greys:?}");
        assert!((230..=250).contains(&greys[2]), "{greys:?}");
    }

    #[test]
    fn a_spark_does_not_darken_the_picture() {
        let mut samples = vec![38_055u16; 3 * 10_000];
        samples[..3].fill(65_535);
        let rgb = named(9, 16).to_srgb(&samples).unwrap();
        assert_eq!((&rgb[..3], &rgb[3..6]), ([255; 3].as_slice(), [255; 3].as_slice()));
    }

    #[test]
    fn every_number_is_shown_somehow() {
        let samples: Vec<u16> = (0..=u16::MAX)
            .flat_map(|level| [level, 65_535 - level, level / 2])
            .collect();
        for (primaries, transfer) in [(0, 16), (2, 18), (9, 16), (9, 18), (300, 16)] {
            assert_eq!(
                named(primaries, transfer).to_srgb(&samples).unwrap().len(),
                samples.len()
            );
        }
        assert!(HighDynamicRange::named(9, 13).is_none());
        assert!(named(9, 16).to_srgb(&[]).unwrap().is_empty());
    }
}
