//! The numbers of a pixel → grey, red-green-blue or ink of 8 bit, and opacity.
//!
//! Sources: TIFF 6.0, sections 16, 20, 21 and 23; Adobe's technical notes on TIFF (2002; ICCLab); IEC 61966-2-1.

use super::directory::Directory;
use super::lab::Lab;
use super::layout::{Layout, Meaning};
use crate::srgb::{Alpha, divided, narrow};

/// Tags.
const COLOUR_MAP: u16 = 320;
const COEFFICIENTS: u16 = 529;
const BLACK_AND_WHITE: u16 = 532;

/// How rows of numbers become colours.
pub(super) struct ToColours {
    meaning: Meaning,
    samples: usize,
    /// The number that stands for white, or for the whole ink.
    most: u32,
    opacity: Option<(usize, Alpha)>,
    palette: Vec<[u16; 3]>,
    luma: Luma,
    lab: Lab,
}

impl ToColours {
    /// For numbers of so many bits, which are those of `layout` or what its numbers were brought to.
    pub(super) fn new(layout: &Layout, bits: usize, directory: &Directory<'_>) -> Self {
        Self {
            meaning: layout.meaning,
            samples: layout.samples,
            most: (1u32 << bits) - 1,
            opacity: layout.opacity.map(|opacity| (opacity.sample, opacity.alpha)),
            palette: palette(&directory.numbers(COLOUR_MAP)),
            luma: Luma::of(directory),
            lab: Lab::of(layout.meaning, directory),
        }
    }

    /// Colours of a JPEG are no longer brightness and two differences.
    pub(super) fn of_a_jpeg(self) -> Self {
        let meaning = match self.meaning {
            Meaning::YCbCr => Meaning::Rgb,
            other => other,
        };
        Self { meaning, ..self }
    }

    /// Writes the colours of pixels of `numbers` into `colours`, and how opaque they are into `alphas`.
    pub(super) fn row(&self, numbers: &[u16], colours: &mut [u8], alphas: Option<&mut [u8]>) {
        let pixels = numbers.chunks_exact(self.samples);
        if let (Some(alphas), Some((sample, _))) = (alphas, self.opacity) {
            for (to, pixel) in alphas.iter_mut().zip(pixels.clone()) {
                *to = narrow(self.wide(pixel.get(sample)));
            }
        }
        let bytes_as_they_are = self.most == 255
            && self.samples == self.meaning.samples()
            && matches!(self.meaning, Meaning::Rgb | Meaning::BlackIsZero | Meaning::Cmyk);
        if bytes_as_they_are {
            colours
                .iter_mut()
                .zip(numbers)
                .for_each(|(to, number)| *to = *number as u8);
            return;
        }
        for (to, pixel) in colours.chunks_exact_mut(self.meaning.channels()).zip(pixels) {
            let divide = |value: u16| match self.opacity {
                Some((sample, Alpha::Associated)) => divided(value, self.wide(pixel.get(sample))),
                _ => value,
            };
            match self.meaning {
                Meaning::WhiteIsZero => {
                    let black = divide(self.wide(pixel.first()));
                    to.iter_mut().for_each(|to| *to = 255 - narrow(black));
                }
                Meaning::BlackIsZero | Meaning::Rgb | Meaning::Cmyk => {
                    for (to, number) in to.iter_mut().zip(pixel) {
                        *to = narrow(divide(self.wide(Some(number))));
                    }
                }
                Meaning::Palette => {
                    let number = pixel.first().copied().unwrap_or(0);
                    let colour = self.palette.get(usize::from(number)).copied().unwrap_or_default();
                    put(to, colour.map(|value| narrow(divide(value))));
                }
                Meaning::YCbCr => {
                    let of = |at: usize| {
                        pixel
                            .get(at)
                            .map_or(0.0, |number| f32::from(*number) / self.most as f32)
                    };
                    put(
                        to,
                        self.luma.rgb([of(0), of(1), of(2)]).map(|value| narrow(divide(value))),
                    );
                }
                Meaning::Lab { signed } => put(to, self.lab(pixel, signed).map(|value| narrow(divide(value)))),
            }
        }
    }

    /// A number as 0–65,535.
    fn wide(&self, number: Option<&u16>) -> u16 {
        let number = u32::from(number.copied().unwrap_or(0)).min(self.most);
        ((number * 65_535 + self.most / 2) / self.most) as u16
    }

    fn lab(&self, pixel: &[u16], signed: bool) -> [u16; 3] {
        let of = |at: usize| pixel.get(at).copied().unwrap_or(0);
        let lightness = f32::from(of(0)) / self.most as f32 * 100.0;
        let difference = |at: usize| {
            // Of 16 bits the higher eight are before the point.
            let number = of(at);
            match (self.most, signed) {
                (255, true) => f32::from(number as u8 as i8),
                (255, false) => f32::from(number) - 128.0,
                (_, true) => f32::from(number as i16) / 256.0,
                (_, false) => f32::from(number) / 256.0 - 128.0,
            }
        };
        self.lab.to_srgb(lightness, difference(1), difference(2))
    }
}

fn put(to: &mut [u8], colour: [u8; 3]) {
    to.iter_mut().zip(colour).for_each(|(to, value)| *to = value);
}

/// All reds, all greens, all blues, of 16 bits; some programs write 8 bits into them.
fn palette(numbers: &[u64]) -> Vec<[u16; 3]> {
    let third = numbers.len() / 3;
    let wide = numbers.iter().any(|number| *number > 255);
    let value = |at: usize| {
        let number = numbers.get(at).copied().unwrap_or(0);
        let number = if wide { number } else { number * 257 };
        u16::try_from(number).unwrap_or(u16::MAX)
    };
    (0..third)
        .map(|at| [value(at), value(third + at), value(2 * third + at)])
        .collect()
}

/// How brightness and two differences become red, green and blue.
struct Luma {
    /// Shares of red, green and blue in the brightness.
    shares: [f32; 3],
    /// What stands for black (or no difference), and the distance to white (or the largest difference), of 0–1.
    ranges: [(f32, f32); 3],
}

impl Luma {
    fn of(directory: &Directory<'_>) -> Self {
        const BT_601: [f32; 3] = [0.299, 0.587, 0.114];
        const FULL: [f64; 6] = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];
        let shares = match directory.reals(COEFFICIENTS).as_slice() {
            [red, green, blue] if *red > 0.0 && *green > 0.0 && *blue > 0.0 => {
                [*red as f32, *green as f32, *blue as f32]
            }
            _ => BT_601,
        };
        let levels = directory.reals(BLACK_AND_WHITE);
        let levels = levels.first_chunk::<6>().unwrap_or(&FULL);
        // Numbers of more bits have their levels in as many.
        let most = if levels.iter().any(|level| *level > 255.0) {
            65_535.0
        } else {
            255.0
        };
        let range = |at: usize| {
            let [low, high] = [levels.get(at), levels.get(at + 1)].map(|level| level.copied().unwrap_or_default());
            ((low / most) as f32, ((high - low) / most) as f32)
        };
        Self {
            shares,
            ranges: [range(0), range(2), range(4)],
        }
    }

    fn rgb(&self, pixel: [f32; 3]) -> [u16; 3] {
        let [y, cb, cr] = pixel;
        let [(black, white), (no_blue, most_blue), (no_red, most_red)] = self.ranges;
        let part = |value: f32, zero: f32, whole: f32| if whole == 0.0 { 0.0 } else { (value - zero) / whole };
        let y = part(y, black, white);
        // The largest difference stands for a half less a step: 127 of 255.
        let cb = part(cb, no_blue, most_blue) * 127.0 / 255.0;
        let cr = part(cr, no_red, most_red) * 127.0 / 255.0;
        let [red_share, green_share, blue_share] = self.shares;
        let red = y + 2.0 * (1.0 - red_share) * cr;
        let blue = y + 2.0 * (1.0 - blue_share) * cb;
        let green = (y - red_share * red - blue_share * blue) / green_share;
        [red, green, blue].map(|value| (value.clamp(0.0, 1.0) * 65_535.0).round() as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn palettes_of_8_and_16_bit_are_told_apart() {
        assert_eq!(palette(&[0, 65_535, 10, 20, 30, 40]), [[0, 10, 30], [65_535, 20, 40]]);
        assert_eq!(
            palette(&[0, 255, 10, 20, 30, 40]),
            [[0, 2570, 7710], [65_535, 5140, 10_280]]
        );
        assert!(palette(&[]).is_empty());
    }
}
