//! What the numbers of a picture mean: which colours, which light.
//!
//! Sources: ITU-T H.273 (primaries and curves by number); ICC.1:2022, section 9.2.17 (`cicp`).

use moxcms::{CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, TransferCharacteristics};

use super::high_dynamic_range::HighDynamicRange;

/// Colours as ITU-T H.273 numbers them; 2 where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NamedColours {
    pub(super) primaries: u16,
    pub(super) transfer: u16,
}

impl NamedColours {
    /// Nothing is said.
    pub(super) const UNSPECIFIED: Self = Self {
        primaries: 2,
        transfer: 2,
    };

    /// Whether something is said about the curve or the primaries.
    pub(super) fn says_something(self) -> bool {
        self != Self::UNSPECIFIED
    }
}

/// What a picture's numbers mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Colours {
    /// Those of a screen (sRGB), or nothing said.
    Screen,
    /// What this ICC profile says.
    Profile(Vec<u8>),
    /// Light that goes beyond the white of a screen.
    Light(HighDynamicRange),
}

impl Colours {
    /// What an ICC profile says, which may name PQ or HLG.
    pub(super) fn of_profile(profile: Option<Vec<u8>>) -> Self {
        let Some(profile) = profile else {
            return Self::Screen;
        };
        let light = cicp_of(&profile).and_then(|named| HighDynamicRange::named(named.primaries, named.transfer));
        light.map_or(Self::Profile(profile), Self::Light)
    }

    /// What the numbers of H.273 say.
    pub(super) fn named(named: NamedColours) -> Self {
        /// BT.709 and nothing said.
        const OF_A_SCREEN: [u16; 2] = [1, 2];
        /// The curves of BT.601, BT.709 and sRGB are taken for that of a screen.
        const PLAIN_CURVES: [u16; 6] = [1, 2, 6, 13, 14, 15];
        if let Some(light) = HighDynamicRange::named(named.primaries, named.transfer) {
            return Self::Light(light);
        }
        let plain = PLAIN_CURVES.contains(&named.transfer);
        if plain && OF_A_SCREEN.contains(&named.primaries) {
            return Self::Screen;
        }
        let number = |number: u16| u8::try_from(number).unwrap_or_default();
        let primaries = match CicpColorPrimaries::try_from(number(named.primaries)) {
            Ok(CicpColorPrimaries::Unspecified) => CicpColorPrimaries::Bt709,
            Ok(CicpColorPrimaries::Reserved) | Err(_) => return Self::Screen,
            Ok(primaries) => primaries,
        };
        let curve = if plain {
            TransferCharacteristics::Srgb
        } else {
            match TransferCharacteristics::try_from(number(named.transfer)) {
                Ok(TransferCharacteristics::Reserved) | Err(_) => TransferCharacteristics::Srgb,
                Ok(curve) => curve,
            }
        };
        let profile = ColorProfile::new_from_cicp(CicpProfile {
            color_primaries: primaries,
            transfer_characteristics: curve,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        });
        profile.encode().map_or(Self::Screen, Self::Profile)
    }

    /// Whether the numbers stand for more than the white of a screen.
    pub(super) fn are_light(&self) -> bool {
        matches!(self, Self::Light(_))
    }
}

/// The numbers of H.273 that a profile holds.
fn cicp_of(profile: &[u8]) -> Option<NamedColours> {
    const HEADER: usize = 128;
    const MOST_TAGS: usize = 128;
    let long = |at: usize| Some(u32::from_be_bytes(*profile.get(at..)?.first_chunk()?) as usize);
    let tags = long(HEADER)?.min(MOST_TAGS);
    let tag = (0..tags)
        .map(|number| HEADER + 4 + number * 12)
        .find(|at| profile.get(*at..).is_some_and(|rest| rest.starts_with(b"cicp")))?;
    match profile.get(long(tag + 4)?..)? {
        [b'c', b'i', b'c', b'p', _, _, _, _, primaries, transfer, ..] => Some(NamedColours {
            primaries: u16::from(*primaries),
            transfer: u16::from(*transfer),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_names_pq_or_hlg_is_light() {
        for (profile, transfer) in [
            (ColorProfile::new_bt2020_pq(), 16),
            (ColorProfile::new_display_p3_pq(), 16),
            (ColorProfile::new_bt2020_hlg(), 18),
        ] {
            let bytes = profile.encode().unwrap();
            assert_eq!(cicp_of(&bytes).map(|named| named.transfer), Some(transfer));
            assert!(Colours::of_profile(Some(bytes)).are_light());
        }
        let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
        assert_eq!(Colours::of_profile(Some(adobe.clone())), Colours::Profile(adobe));
        for cut in [0, 100, 130, 140] {
            let bytes = ColorProfile::new_bt2020_pq().encode().unwrap();
            assert!(!Colours::of_profile(Some(bytes[..cut].to_vec())).are_light());
        }
    }

    #[test]
    fn numbers_of_h273_are_a_screens_a_profile_or_light() {
        let of = |primaries, transfer| Colours::named(NamedColours { primaries, transfer });
        for (primaries, transfer) in [(1, 13), (2, 2), (1, 1), (2, 6), (3, 13), (500, 13)] {
            assert_eq!(of(primaries, transfer), Colours::Screen, "{primaries} {transfer}");
        }
        for (primaries, transfer) in [(12, 13), (9, 1), (1, 8), (1, 4), (11, 17)] {
            assert!(
                matches!(of(primaries, transfer), Colours::Profile(_)),
                "{primaries} {transfer}"
            );
        }
        assert!(of(9, 16).are_light() && of(9, 18).are_light() && of(1, 16).are_light());
    }
}
