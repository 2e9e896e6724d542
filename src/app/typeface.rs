//! The typeface of the window: Inter in three weights. Characters that it lacks come from egui's fonts, then from the system's.

use std::sync::Arc;

use eframe::egui::epaint::text::{FontTweak, VariationCoords};
use eframe::egui::{FontData, FontDefinitions, FontFamily, FontId};
use refocus_media::contact_sheet::SheetFont;

/// Inter 4.1, its weights variable from 400 to 700 (`packaging/assets/subset_font.py`).
static INTER: &[u8] = include_bytes!("../../assets/inter.ttf");

/// Families beside egui's own, and their weights.
const MEDIUM: (&str, f32) = ("medium", 500.0);
const SEMIBOLD: (&str, f32) = ("semibold", 600.0);
/// Of running text.
const REGULAR: (&str, f32) = ("regular", 400.0);

/// Running text.
pub(super) fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Buttons and chips.
pub(super) fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MEDIUM.0.into()))
}

/// Heads and titles.
pub(super) fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.0.into()))
}

/// The fonts, by family.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let others = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    for (name, weight) in [REGULAR, MEDIUM, SEMIBOLD] {
        let tweak = FontTweak {
            coords: VariationCoords::new([(b"wght", weight)]),
            ..FontTweak::default()
        };
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(INTER).tweak(tweak)));
        let family = match name {
            _ if name == REGULAR.0 => FontFamily::Proportional,
            _ => FontFamily::Name(name.into()),
        };
        let with_others = std::iter::once(name.to_owned()).chain(others.iter().cloned());
        fonts.families.insert(family, with_others.collect());
    }
    fonts
}

/// The fonts of printed pages, the preferred one first: those of the window without the system's.
pub(crate) fn for_print() -> Vec<SheetFont> {
    let fonts = definitions();
    let families = fonts.families.get(&FontFamily::Proportional).into_iter().flatten();
    let data = families.filter_map(|name| fonts.font_data.get(name));
    data.map(|data| (*data.font).as_ref().to_vec().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typeface_has_the_weights_that_are_asked_of_it() {
        let axes = FontData::from_static(INTER).variation_axes();
        let [axis] = axes.as_slice() else {
            panic!("{} axes", axes.len())
        };
        assert_eq!((axis.range.min, axis.range.max), (400.0, 700.0));
        assert!(INTER.len() <= 400 << 10, "{} bytes", INTER.len());
    }

    #[test]
    fn a_letter_in_any_weight_comes_from_the_typeface_and_others_from_elsewhere() {
        let fonts = definitions();
        for font in [regular(14.0), medium(14.0), semibold(14.0)] {
            let family = fonts.families.get(&font.family).unwrap();
            assert!(
                family.len() > 1 && fonts.font_data.contains_key(&family[0]),
                "{family:?}"
            );
            assert!(fonts.font_data[&family[0]].tweak.coords.as_ref().len() == 1);
        }
    }
}
