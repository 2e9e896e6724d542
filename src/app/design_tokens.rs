//! Spacing, type, colours and radii in one place, for dark and light.
//!
//! The photos are the colour; everything around them is neutral, with one accent for what is chosen.

use std::collections::BTreeMap;

use eframe::egui::style::{ScrollStyle, WidgetVisuals};
use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Ui, Visuals, vec2,
};

use super::typeface;

/// Distances in points; every gap on screen is one of them.
pub(super) mod space {
    /// Between a mark and its text.
    pub(in crate::app) const TINY: f32 = 4.0;
    /// Between things that belong together.
    pub(in crate::app) const SMALL: f32 = 8.0;
    /// Inside panels.
    pub(in crate::app) const MEDIUM: f32 = 12.0;
    /// Between groups of things.
    pub(in crate::app) const LARGE: f32 = 20.0;
    /// Around the large drop target.
    pub(in crate::app) const HUGE: f32 = 40.0;
    /// Between photos of the gallery.
    pub(in crate::app) const PHOTO_GAP: f32 = 6.0;
    /// Height of fields and buttons.
    pub(in crate::app) const CONTROL: f32 = 32.0;
    /// Height of chips.
    pub(in crate::app) const CHIP: f32 = 26.0;
}

/// Corner radii in points.
pub(super) mod radius {
    /// Photos.
    pub(in crate::app) const PHOTO: u8 = 4;
    /// Fields and buttons.
    pub(in crate::app) const CONTROL: u8 = 8;
    /// Floating windows and the drop target.
    pub(in crate::app) const WINDOW: u8 = 12;
    /// Chips and pills: half their height.
    pub(in crate::app) const PILL: u8 = 13;
}

/// Type sizes in points.
pub(super) mod text {
    /// The one large line of the first screen.
    pub(in crate::app) const DISPLAY: f32 = 30.0;
    /// Section heads.
    pub(in crate::app) const HEADING: f32 = 16.0;
    /// Everything else.
    pub(in crate::app) const BODY: f32 = 14.0;
    /// Second lines, badges, the status bar.
    pub(in crate::app) const SMALL: f32 = 12.0;
    /// On photos, years of the scrubber.
    pub(in crate::app) const TINY: f32 = 11.0;
}

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tokens {
    /// Behind the photos.
    pub(super) canvas: Color32,
    /// Bars and side panels.
    pub(super) panel: Color32,
    /// Fields.
    pub(super) field: Color32,
    /// Buttons, chips, cards.
    pub(super) raised: Color32,
    /// The same under the pointer.
    pub(super) raised_hover: Color32,
    /// Floating windows and menus.
    pub(super) floating: Color32,
    /// Hair lines.
    pub(super) line: Color32,
    /// Text.
    pub(super) text: Color32,
    /// Second lines.
    pub(super) text_weak: Color32,
    /// Hints.
    pub(super) text_faint: Color32,
    /// What is chosen.
    pub(super) accent: Color32,
    /// A wash of the accent behind text.
    pub(super) accent_wash: Color32,
    /// Text on the accent.
    pub(super) on_accent: Color32,
    /// A photo before its thumbnail is there.
    pub(super) placeholder: Color32,
    /// Moved up; positive references.
    pub(super) good: Color32,
    /// Moved down; negative references; failures.
    pub(super) bad: Color32,
    /// Something to know.
    pub(super) warning: Color32,
}

const DARK: Tokens = Tokens {
    canvas: Color32::from_rgb(17, 18, 20),
    panel: Color32::from_rgb(24, 25, 28),
    field: Color32::from_rgb(34, 36, 40),
    raised: Color32::from_rgb(38, 40, 45),
    raised_hover: Color32::from_rgb(50, 53, 59),
    floating: Color32::from_rgb(32, 34, 38),
    line: Color32::from_rgb(46, 48, 54),
    text: Color32::from_rgb(232, 233, 236),
    text_weak: Color32::from_rgb(166, 170, 178),
    text_faint: Color32::from_rgb(128, 133, 142),
    accent: Color32::from_rgb(124, 156, 255),
    accent_wash: Color32::from_rgb(38, 47, 76),
    on_accent: Color32::from_rgb(12, 16, 30),
    placeholder: Color32::from_rgb(31, 33, 36),
    good: Color32::from_rgb(116, 201, 138),
    bad: Color32::from_rgb(240, 128, 120),
    warning: Color32::from_rgb(232, 186, 96),
};

const LIGHT: Tokens = Tokens {
    canvas: Color32::from_rgb(250, 250, 251),
    panel: Color32::from_rgb(241, 242, 244),
    field: Color32::from_rgb(255, 255, 255),
    raised: Color32::from_rgb(228, 230, 234),
    raised_hover: Color32::from_rgb(216, 219, 225),
    floating: Color32::from_rgb(255, 255, 255),
    line: Color32::from_rgb(218, 220, 225),
    text: Color32::from_rgb(28, 30, 34),
    text_weak: Color32::from_rgb(88, 93, 102),
    text_faint: Color32::from_rgb(112, 117, 127),
    accent: Color32::from_rgb(52, 92, 220),
    accent_wash: Color32::from_rgb(222, 230, 255),
    on_accent: Color32::from_rgb(255, 255, 255),
    placeholder: Color32::from_rgb(230, 232, 236),
    good: Color32::from_rgb(24, 122, 62),
    bad: Color32::from_rgb(192, 50, 42),
    warning: Color32::from_rgb(140, 92, 8),
};

impl Tokens {
    /// The colours of a theme.
    pub(super) fn of_theme(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// The colours in use where something is drawn.
    pub(super) fn of(ui: &Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

/// Running text of the interface.
pub(super) fn font(size: f32) -> FontId {
    typeface::regular(size)
}

/// Gives egui our looks, for both themes.
pub(super) fn apply(ctx: &Context) {
    ctx.set_fonts(typeface::definitions());
    for theme in [Theme::Dark, Theme::Light] {
        let tokens = Tokens::of_theme(theme);
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(theme, tokens);
            style.text_styles = BTreeMap::from([
                (TextStyle::Heading, typeface::semibold(text::HEADING)),
                (TextStyle::Body, font(text::BODY)),
                (TextStyle::Button, typeface::medium(text::BODY)),
                (TextStyle::Small, font(text::SMALL)),
                (TextStyle::Monospace, FontId::new(text::SMALL, FontFamily::Monospace)),
            ]);
            style.animation_time = 0.12;
            style.interaction.tooltip_delay = 0.4;
            style.interaction.selectable_labels = false;
            let spacing = &mut style.spacing;
            spacing.item_spacing = vec2(space::SMALL, space::SMALL);
            spacing.button_padding = vec2(space::MEDIUM, 6.0);
            spacing.interact_size = vec2(space::CONTROL, space::CONTROL);
            spacing.menu_margin = Margin::same(6);
            spacing.window_margin = Margin::same(16);
            spacing.slider_rail_height = 4.0;
            spacing.scroll = ScrollStyle {
                bar_width: 10.0,
                floating_width: 4.0,
                handle_min_length: 36.0,
                // At rest the photos are all there is to see.
                dormant_background_opacity: 0.0,
                dormant_handle_opacity: 0.0,
                active_background_opacity: 0.0,
                active_handle_opacity: 0.7,
                ..ScrollStyle::thin()
            };
        });
    }
}

fn visuals(theme: Theme, tokens: &Tokens) -> Visuals {
    let mut visuals = theme.default_visuals();
    let control = CornerRadius::same(radius::CONTROL);
    let widget = |fill: Color32, stroke: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, stroke),
        corner_radius: control,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(tokens.panel, tokens.line, tokens.text);
    visuals.widgets.inactive = widget(tokens.raised, Color32::TRANSPARENT, tokens.text);
    visuals.widgets.hovered = widget(tokens.raised_hover, Color32::TRANSPARENT, tokens.text);
    visuals.widgets.active = widget(tokens.raised_hover, tokens.accent, tokens.text);
    visuals.widgets.open = widget(tokens.raised, Color32::TRANSPARENT, tokens.text);
    visuals.selection.bg_fill = tokens.accent_wash;
    visuals.selection.stroke = Stroke::new(1.5, tokens.accent);
    visuals.hyperlink_color = tokens.accent;
    visuals.weak_text_color = Some(tokens.text_weak);
    visuals.faint_bg_color = tokens.raised;
    visuals.extreme_bg_color = tokens.field;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.code_bg_color = tokens.field;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.bad;
    visuals.panel_fill = tokens.canvas;
    visuals.window_fill = tokens.floating;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_corner_radius = CornerRadius::same(radius::WINDOW);
    visuals.menu_corner_radius = control;
    let shadow = Shadow {
        offset: [0, 8],
        blur: 28,
        spread: 0,
        color: Color32::from_black_alpha(if theme == Theme::Dark { 120 } else { 40 }),
    };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = eframe::egui::style::HandleShape::Circle;
    visuals.striped = false;
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: Color32) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable_on_every_surface_it_stands_on() {
        for tokens in [&DARK, &LIGHT] {
            for surface in [tokens.canvas, tokens.panel, tokens.field, tokens.floating] {
                assert!(contrast(tokens.text, surface) >= 7.0);
                assert!(contrast(tokens.text_weak, surface) >= 4.5);
                assert!(contrast(tokens.text_faint, surface) >= 4.0);
            }
            assert!(contrast(tokens.on_accent, tokens.accent) >= 4.5);
            assert!(contrast(tokens.text, tokens.raised) >= 4.5);
            assert!(contrast(tokens.text, tokens.accent_wash) >= 4.5);
            for mark in [tokens.good, tokens.bad, tokens.warning] {
                assert!(contrast(mark, tokens.panel) >= 4.5);
            }
        }
    }
}
