//! A decoded AV1 frame → red, green, blue.
//!
//! Source: ITU-T H.273, sections 8.1 to 8.3.

use image::ColorType;
use re_rav1d::dav1d::{Picture, PixelLayout, PlanarImageComponent, Plane, pixel};

use crate::colours::{Colours, NamedColours};
use crate::decode::zeroed;
use crate::failure::Failure;
use crate::srgb::{self, Alpha};

/// Matrix numbers of H.273.
const IDENTITY: u16 = 0;
/// See [`IDENTITY`].
const YCGCO: u16 = 8;

/// One plane, and how its samples are spread over the picture.
struct Samples {
    plane: Plane,
    /// Bytes a row.
    stride: usize,
    /// Samples of two bytes.
    wide: bool,
    /// Powers of two by which the plane is smaller, across and down.
    shift: (u32, u32),
}

impl Samples {
    fn of(picture: &Picture, component: PlanarImageComponent) -> Self {
        let chroma = !matches!(component, PlanarImageComponent::Y);
        Self {
            plane: picture.plane(component),
            stride: picture.stride(component) as usize,
            wide: picture.bit_depth() > 8,
            shift: match picture.pixel_layout() {
                PixelLayout::I420 if chroma => (1, 1),
                PixelLayout::I422 if chroma => (1, 0),
                _ => (0, 0),
            },
        }
    }

    /// The bytes of a row of the picture.
    fn row(&self, y: usize) -> &[u8] {
        let from = (y >> self.shift.1) * self.stride;
        self.plane.get(from..from + self.stride).unwrap_or_default()
    }

    /// The sample for a column of the picture in one of its [`Samples::row`]s.
    fn at(&self, row: &[u8], x: usize) -> f32 {
        let x = x >> self.shift.0;
        if self.wide {
            let both = row.get(2 * x..).and_then(|rest| rest.first_chunk::<2>());
            both.map_or(0.0, |both| f32::from(u16::from_ne_bytes(*both)))
        } else {
            row.get(x).copied().map_or(0.0, f32::from)
        }
    }
}

/// How samples stand for light: `(sample − zero) · scale` is 0–1 for the first plane, −½–½ for the others.
struct Range {
    luma: (f32, f32),
    chroma: (f32, f32),
}

impl Range {
    fn new(bits: usize, full: bool) -> Self {
        let steps = (1u32 << (bits - 8)) as f32;
        let most = 256.0 * steps - 1.0;
        if full {
            Self {
                luma: (0.0, 1.0 / most),
                chroma: (128.0 * steps, 1.0 / most),
            }
        } else {
            Self {
                luma: (16.0 * steps, 1.0 / (219.0 * steps)),
                chroma: (128.0 * steps, 1.0 / (224.0 * steps)),
            }
        }
    }
}

fn bits(picture: &Picture) -> usize {
    picture.bits_per_component().map_or(8, |bits| bits.0)
}

/// The pixels `[height, width, 3]` of a picture that is put together from frames.
pub(super) enum Pixels {
    /// 0–255.
    Eight { width: usize, rgb: Vec<u8> },
    /// 0–65,535, for light that is pressed together later.
    Sixteen { width: usize, rgb: Vec<u16> },
}

impl Pixels {
    pub(super) fn new(width: usize, height: usize, wide: bool) -> Result<Self, Failure> {
        let len = width * height * 3;
        if !wide {
            return Ok(Self::Eight {
                width,
                rgb: zeroed(len)?,
            });
        }
        let mut rgb = Vec::new();
        rgb.try_reserve_exact(len)
            .map_err(|_| Failure::out_of_memory(len as u64 * 2))?;
        rgb.resize(len, 0);
        Ok(Self::Sixteen { width, rgb })
    }

    /// Takes a frame over with its first pixel `at` (column, row); what lies outside is left away. `named` is the number of the
    /// matrix and whether samples use the full range, where the container says so.
    pub(super) fn take(
        &mut self,
        picture: &Picture,
        named: Option<(u16, bool)>,
        at: (usize, usize),
    ) -> Result<(), Failure> {
        match self {
            Self::Eight { width, rgb } => write(picture, named, rgb, *width, at, |value| {
                (value * 255.0 + 0.5).clamp(0.0, 255.0) as u8
            }),
            Self::Sixteen { width, rgb } => write(picture, named, rgb, *width, at, |value| {
                (value * 65_535.0 + 0.5).clamp(0.0, 65_535.0) as u16
            }),
        }
    }

    /// sRGB, over white where `alphas` (a value of 0–255 a pixel) say that something shines through.
    pub(super) fn into_srgb(self, alphas: Option<&[u8]>, colours: &Colours, alpha: Alpha) -> Result<Vec<u8>, Failure> {
        let Some(alphas) = alphas else {
            let (stored, layout) = match self {
                Self::Eight { rgb, .. } => (rgb, ColorType::Rgb8),
                Self::Sixteen { rgb, .. } => (rgb.into_iter().flat_map(u16::to_ne_bytes).collect(), ColorType::Rgb16),
            };
            return srgb::to_srgb(stored, layout, colours, alpha);
        };
        match self {
            Self::Eight { rgb, .. } => {
                let mut rgba = zeroed(alphas.len() * 4)?;
                let pixels = rgb.as_chunks::<3>().0.iter().zip(alphas);
                for (to, ([red, green, blue], alpha)) in rgba.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
                    *to = [*red, *green, *blue, *alpha];
                }
                srgb::to_srgb(rgba, ColorType::Rgba8, colours, alpha)
            }
            Self::Sixteen { rgb, .. } => {
                let mut rgba = zeroed(alphas.len() * 8)?;
                let pixels = rgb.as_chunks::<3>().0.iter().zip(alphas);
                for (to, ([red, green, blue], alpha)) in rgba.as_chunks_mut::<8>().0.iter_mut().zip(pixels) {
                    let samples = [*red, *green, *blue, u16::from(*alpha) * 257];
                    to.iter_mut()
                        .zip(samples.into_iter().flat_map(u16::to_ne_bytes))
                        .for_each(|(to, byte)| *to = byte);
                }
                srgb::to_srgb(rgba, ColorType::Rgba16, colours, alpha)
            }
        }
    }
}

fn write<T: Copy>(
    picture: &Picture,
    named: Option<(u16, bool)>,
    rgb: &mut [T],
    width: usize,
    at: (usize, usize),
    narrowed: impl Fn(f32) -> T,
) -> Result<(), Failure> {
    let grey = picture.pixel_layout() == PixelLayout::I400;
    let (matrix, full) = named.unwrap_or_else(|| of_stream(picture));
    let mut range = Range::new(bits(picture), full);
    if matrix == IDENTITY {
        // The planes are green, blue and red themselves.
        range.chroma = range.luma;
    }
    let of = |component| Samples::of(picture, component);
    let luma = of(PlanarImageComponent::Y);
    let chroma = (!grey).then(|| (of(PlanarImageComponent::U), of(PlanarImageComponent::V)));
    let mix = Mix::new(matrix)?;
    for (y, line) in lines(rgb, 3 * width, picture, at) {
        let line = line.get_mut(3 * at.0..).unwrap_or_default();
        let light = luma.row(y);
        let colours = chroma.as_ref().map(|(u, v)| (u, u.row(y), v, v.row(y)));
        for (x, pixel) in line
            .as_chunks_mut::<3>()
            .0
            .iter_mut()
            .take(picture.width() as usize)
            .enumerate()
        {
            let brightness = (luma.at(light, x) - range.luma.0) * range.luma.1;
            let colour = match &colours {
                None => [brightness; 3],
                Some((u, u_row, v, v_row)) => {
                    let of = |sample: f32| (sample - range.chroma.0) * range.chroma.1;
                    mix.rgb(brightness, of(u.at(u_row, x)), of(v.at(v_row, x)))
                }
            };
            *pixel = colour.map(&narrowed);
        }
    }
    Ok(())
}

/// Writes a frame's brightness into `out` (rows of `width`), 0–255; see [`Pixels::take`].
pub(super) fn luma(picture: &Picture, out: &mut [u8], width: usize, at: (usize, usize)) {
    let range = Range::new(bits(picture), of_stream(picture).1);
    let samples = Samples::of(picture, PlanarImageComponent::Y);
    for (y, line) in lines(out, width, picture, at) {
        let row = samples.row(y);
        let line = line.get_mut(at.0..).unwrap_or_default();
        for (x, value) in line.iter_mut().take(picture.width() as usize).enumerate() {
            let brightness = (samples.at(row, x) - range.luma.0) * range.luma.1;
            *value = (brightness * 255.0 + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
}

/// Rows of `out` that a frame lies on, each with the frame's own row number.
fn lines<'a, T>(
    out: &'a mut [T],
    row_len: usize,
    picture: &Picture,
    at: (usize, usize),
) -> impl Iterator<Item = (usize, &'a mut [T])> {
    let rows = out.chunks_exact_mut(row_len.max(1)).skip(at.1);
    rows.take(picture.height() as usize).enumerate()
}

/// What the AV1 data themselves say: number of the matrix, and whether samples use the full range.
fn of_stream(picture: &Picture) -> (u16, bool) {
    let matrix = match picture.matrix_coefficients() {
        pixel::MatrixCoefficients::Identity => IDENTITY,
        pixel::MatrixCoefficients::BT709 => 1,
        pixel::MatrixCoefficients::BT470M => 4,
        pixel::MatrixCoefficients::ST240M => 7,
        pixel::MatrixCoefficients::YCgCo => YCGCO,
        pixel::MatrixCoefficients::BT2020NonConstantLuminance => 9,
        _ => 2,
    };
    (matrix, picture.color_range() == pixel::YUVRange::Full)
}

/// Primaries and curve that the AV1 data name; the decoder's kinds have the numbers of H.273.
pub(super) fn named_by(picture: &Picture) -> NamedColours {
    NamedColours {
        primaries: picture.color_primaries() as u16,
        transfer: picture.transfer_characteristic() as u16,
    }
}

/// How brightness and two differences become red, green and blue.
enum Mix {
    Identity,
    YCgCo,
    /// Shares of red and blue in the brightness.
    Shares(f32, f32),
}

impl Mix {
    fn new(matrix: u16) -> Result<Self, Failure> {
        Ok(match matrix {
            IDENTITY => Self::Identity,
            YCGCO => Self::YCgCo,
            1 => Self::Shares(0.2126, 0.0722),
            4 => Self::Shares(0.30, 0.11),
            7 => Self::Shares(0.212, 0.087),
            9 => Self::Shares(0.2627, 0.0593),
            // BT.601, which is also what is meant where nothing is said.
            2 | 5 | 6 => Self::Shares(0.299, 0.114),
            other => {
                return Err(Failure::unsupported(format!(
                    "This is a rare kind of AVIF (colour matrix {other}); it needs a decoder for that. Export it as JPEG to \
                     search it."
                )));
            }
        })
    }

    fn rgb(&self, y: f32, u: f32, v: f32) -> [f32; 3] {
        match *self {
            Self::Identity => [v, y, u],
            Self::YCgCo => [y - u + v, y + u, y - u - v],
            Self::Shares(red, blue) => {
                let green = 1.0 - red - blue;
                let (r, b) = (y + 2.0 * (1.0 - red) * v, y + 2.0 * (1.0 - blue) * u);
                [r, (y - red * r - blue * b) / green, b]
            }
        }
    }
}
