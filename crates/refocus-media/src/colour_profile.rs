//! Embedded ICC profiles → sRGB.

use std::sync::{Arc, Mutex, PoisonError};

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use super::contain::contained;
use super::decode::zeroed;
use super::failure::Failure;
use super::hash::ContentHash;

/// 8-bit samples as a decoder gives them.
pub(super) enum Samples {
    /// One byte a pixel.
    Grey(Vec<u8>),
    /// Red, green, blue.
    Rgb(Vec<u8>),
    /// Cyan, magenta, yellow, black; 0 = no ink.
    Ink(Vec<u8>),
}

impl Samples {
    fn space(&self) -> (DataColorSpace, Layout) {
        match self {
            Self::Grey(_) => (DataColorSpace::Gray, Layout::Gray),
            Self::Rgb(_) => (DataColorSpace::Rgb, Layout::Rgb),
            Self::Ink(_) => (DataColorSpace::Cmyk, Layout::Rgba),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Grey(bytes) | Self::Rgb(bytes) | Self::Ink(bytes) => bytes,
        }
    }

    fn channels(&self) -> usize {
        match self {
            Self::Grey(_) => 1,
            Self::Rgb(_) => 3,
            Self::Ink(_) => 4,
        }
    }
}

type Transform = Arc<dyn TransformExecutor<u8> + Send + Sync>;

/// Converts `samples` to sRGB pixels. A profile that is damaged, or made for another kind of pixels, is ignored.
///
/// # Errors
/// Out of memory for the converted copy.
pub(super) fn to_srgb(samples: Samples, icc: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
    if let Some(transform) = icc.and_then(|profile| transform_for(profile, &samples)) {
        // A transform that fails half-way leaves the plain conversion.
        if let Ok(rgb) = contained(|| apply(transform.as_ref(), &samples)) {
            return Ok(rgb);
        }
    }
    match samples {
        Samples::Rgb(rgb) => Ok(rgb),
        Samples::Grey(grey) => {
            let mut rgb = zeroed(grey.len() * 3)?;
            rgb.as_chunks_mut::<3>()
                .0
                .iter_mut()
                .zip(grey)
                .for_each(|(pixel, value)| *pixel = [value; 3]);
            Ok(rgb)
        }
        Samples::Ink(ink) => {
            let (ink, _) = ink.as_chunks::<4>();
            let mut rgb = zeroed(ink.len() * 3)?;
            for (pixel, [cyan, magenta, yellow, black]) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(ink) {
                let light = |ink: u8| ((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255) as u8;
                *pixel = [light(*cyan), light(*magenta), light(*yellow)];
            }
            Ok(rgb)
        }
    }
}

/// Runs the transform over strips, so that RGB needs no second copy of the whole picture.
fn apply(transform: &(dyn TransformExecutor<u8> + Send + Sync), samples: &Samples) -> Result<Vec<u8>, Failure> {
    const STRIP: usize = 1 << 16;
    let channels = samples.channels();
    let source = samples.bytes();
    let pixels = source.len() / channels;
    let mut rgb = zeroed(pixels * 3)?;
    for (from, to) in source.chunks(STRIP * channels).zip(rgb.chunks_mut(STRIP * 3)) {
        transform
            .transform(from, to)
            .map_err(|error| Failure::corrupt(error.to_string()))?;
    }
    Ok(rgb)
}

/// Transforms of the profiles seen last. A library has few profiles and many photos; building a transform costs more
/// than converting a small picture. `None` stands for a profile that changes nothing or cannot be used.
static RECENT: Mutex<Vec<(ContentHash, usize, Option<Transform>)>> = Mutex::new(Vec::new());
const RECENT_LEN: usize = 16;

fn transform_for(profile: &[u8], samples: &Samples) -> Option<Transform> {
    let key = (ContentHash::of(profile), samples.channels());
    {
        let recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, transform)) = recent.iter().find(|(hash, channels, _)| (*hash, *channels) == key) {
            return transform.clone();
        }
    }
    let transform = contained(|| build(profile, samples))
        .inspect_err(|failure| tracing::debug!(%failure, "a colour profile was ignored"))
        .ok()
        .filter(|transform| changes_colours(transform.as_ref(), samples));
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    recent.truncate(RECENT_LEN - 1);
    recent.insert(0, (key.0, key.1, transform.clone()));
    transform
}

fn build(profile: &[u8], samples: &Samples) -> Result<Transform, Failure> {
    let (space, layout) = samples.space();
    let ignored = |error: moxcms::CmsError| Failure::corrupt(error.to_string());
    let profile = ColorProfile::new_from_slice(profile).map_err(ignored)?;
    if profile.color_space != space {
        return Err(Failure::unsupported("the profile is made for another kind of pixels"));
    }
    profile
        .create_transform_8bit(
            layout,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )
        .map_err(ignored)
}

/// Whether an RGB transform moves any of 6 × 6 × 6 colours by more than rounding: most photos carry a profile that is
/// sRGB itself.
fn changes_colours(transform: &(dyn TransformExecutor<u8> + Send + Sync), samples: &Samples) -> bool {
    if !matches!(samples, Samples::Rgb(_)) {
        return true;
    }
    let step = |i: usize| (i % 6 * 51) as u8;
    let probe: Vec<u8> = (0..6 * 6 * 6)
        .flat_map(|i| [step(i / 36), step(i / 6), step(i)])
        .collect();
    contained(|| apply(transform, &Samples::Rgb(probe.clone())))
        .is_ok_and(|converted| converted.iter().zip(&probe).any(|(a, b)| a.abs_diff(*b) > 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adobe_rgb_becomes_srgb_by_the_matrices_and_curves_of_the_two_standards() {
        let profile = ColorProfile::new_adobe_rgb().encode().unwrap();
        // Adobe RGB (1998), section 4.3, and IEC 61966-2-1; colours outside sRGB are clipped.
        let cases = [
            ([255, 255, 255], [255, 255, 255]),
            ([0, 0, 0], [0, 0, 0]),
            ([128, 128, 128], [129, 129, 129]),
            ([200, 100, 100], [227, 100, 100]),
            ([100, 180, 100], [0, 181, 94]),
            ([60, 80, 200], [46, 79, 205]),
        ];
        for (adobe, expected) in cases {
            let srgb = to_srgb(Samples::Rgb(adobe.to_vec()), Some(&profile)).unwrap();
            let near = srgb.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 3);
            assert!(near, "{adobe:?} became {srgb:?}, expected {expected:?}");
        }
    }

    #[test]
    fn an_srgb_profile_changes_nothing_and_a_bad_one_is_ignored() {
        let pixels: Vec<u8> = (0..=255).flat_map(|v| [v, 255 - v, v / 2]).collect();
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        let mut torn = srgb.clone();
        torn.truncate(140);
        for profile in [srgb.as_slice(), b"no profile", &[], &torn, &[255; 4096]] {
            assert_eq!(to_srgb(Samples::Rgb(pixels.clone()), Some(profile)).unwrap(), pixels);
        }
    }

    #[test]
    fn a_profile_for_other_pixels_is_ignored() {
        let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
        assert_eq!(
            to_srgb(Samples::Grey(vec![7, 200]), Some(&adobe)).unwrap(),
            [7, 7, 7, 200, 200, 200]
        );
    }

    #[test]
    fn a_grey_profile_with_another_gamma_changes_grey() {
        let profile = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let rgb = to_srgb(Samples::Grey(vec![0, 55, 255]), Some(&profile)).unwrap();
        assert_eq!(rgb[..3], [0, 0, 0]);
        assert_eq!(rgb[6..], [255, 255, 255]);
        // Linear 55/255 is 0.216, which sRGB writes as about 128.
        assert!(rgb[3..6].iter().all(|&v| (125..=131).contains(&v)), "{rgb:?}");
    }

    #[test]
    fn ink_without_a_profile_darkens() {
        let ink = vec![0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 128, 0, 0];
        let rgb = to_srgb(Samples::Ink(ink), None).unwrap();
        assert_eq!(rgb, [255, 255, 255, 0, 255, 255, 0, 0, 0, 255, 127, 255]);
    }
}
