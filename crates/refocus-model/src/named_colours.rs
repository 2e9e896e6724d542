//! Lab colours and the 32 colour names that photos are described with.
//!
//! Distances between colours are Euclidean in CIE Lab (D65) with lightness weighted by 0.7: a shadow on a garment
//! matters less than its hue.

use std::sync::LazyLock;

/// Number of named colours.
pub const COLOURS: usize = 32;
/// Weight of lightness in all colour distances.
pub const LIGHTNESS_WEIGHT: f32 = 0.7;

/// The names and their sRGB prototypes, in the order of every histogram.
pub const NAMED: [(&str, [u8; 3]); COLOURS] = [
    ("black", [12, 12, 12]),
    ("white", [250, 250, 250]),
    ("gray", [128, 128, 128]),
    ("light gray", [200, 200, 200]),
    ("dark gray", [70, 70, 70]),
    ("red", [220, 30, 35]),
    ("maroon", [115, 20, 35]),
    ("orange", [245, 135, 30]),
    ("brown", [110, 65, 35]),
    ("tan", [190, 150, 110]),
    ("beige", [225, 210, 180]),
    ("yellow", [245, 225, 50]),
    ("gold", [205, 165, 50]),
    ("olive", [120, 120, 45]),
    ("green", [50, 150, 60]),
    ("dark green", [20, 75, 40]),
    ("light green", [150, 220, 130]),
    ("teal", [20, 125, 125]),
    ("cyan", [60, 215, 225]),
    ("blue", [40, 85, 205]),
    ("navy blue", [25, 30, 80]),
    ("light blue", [150, 195, 235]),
    ("purple", [115, 50, 150]),
    ("lavender", [195, 170, 225]),
    ("magenta", [215, 40, 150]),
    ("pink", [245, 160, 190]),
    ("peach", [250, 200, 165]),
    ("rust", [175, 75, 40]),
    ("khaki", [165, 155, 110]),
    ("mint", [185, 235, 205]),
    ("burgundy", [90, 15, 30]),
    ("cream", [250, 243, 220]),
];

/// sRGB byte → linear light.
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let c = byte as f64 / 255.0;
        (if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }) as f32
    })
});

/// The prototypes of [`NAMED`] as [`weighted_lab`] colours.
pub static PROTOTYPES: LazyLock<[[f32; 3]; COLOURS]> = LazyLock::new(|| NAMED.map(|(_, rgb)| weighted_lab(rgb)));

/// Lab of an sRGB colour: `[0.7 · L*, a*, b*]`, L* in 0–100.
pub fn weighted_lab(rgb: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = rgb.map(|byte| LINEAR[usize::from(byte)]);
    let curve = |t: f32| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [LIGHTNESS_WEIGHT * (116.0 * y - 16.0), 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_of_known_colours_is_right() {
        let near = |rgb, lab: [f32; 3]| {
            let [l, a, b] = weighted_lab(rgb);
            [l / LIGHTNESS_WEIGHT, a, b]
                .iter()
                .zip(lab)
                .for_each(|(x, y)| assert!((x - y).abs() < 0.2, "{x} {y}"));
        };
        near([255, 255, 255], [100.0, 0.0, 0.0]);
        near([255, 0, 0], [53.2, 80.1, 67.2]);
        near([0, 0, 255], [32.3, 79.2, -107.9]);
        near([0, 0, 0], [0.0, 0.0, 0.0]);
    }
}
