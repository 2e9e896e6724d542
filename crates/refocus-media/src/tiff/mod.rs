//! TIFF pixels. Of several pages the first that is no smaller copy of another is taken.
//!
//! A page enters as bytes and leaves as grey, red-green-blue or ink of 8 bit, row by row, so that no more than a row of its own
//! numbers is held (all of them where floats must be seen before it is known what stands for white). The readers of others refuse
//! what scanners and programs write every day; what is packed is unpacked by their crates all the same.
//!
//! | file | idea |
//! |---|---|
//! | `directory` | the tags of a page, and of EXIF blocks |
//! | `layout` | what the tags say together |
//! | `compression` | strips and tiles, unpacked as they are read |
//! | `fax` | facsimile coding |
//! | `samples` | rows of packed samples → numbers |
//! | `colours` | numbers → colours and opacity |

mod colours;
mod compression;
mod directory;
mod fax;
mod lab;
mod layout;
mod samples;

use std::io::{ErrorKind, Read};

use image::ColorType;

use self::colours::ToColours;
use self::compression::Shared;
use self::directory::ByteOrder;
pub(crate) use self::directory::{Directory, TiffBytes};
use self::layout::{Compression, Kind, Layout, Meaning, damaged, is_secondary};
use self::samples::Range;
use super::colour_profile::{self, Samples};
use super::colours::Colours;
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::orientation::Orientation;
use super::raster::ends_early;
use super::sniff::PictureFormat;
use super::srgb::{self, Alpha, lay_over_white};

/// Tags.
const ORIENTATION: u16 = 274;
const FAX_OPTIONS: u16 = 292;
const EXTRA_SAMPLES: u16 = 338;
const JPEG_TABLES: u16 = 347;
const ICC_PROFILE: u16 = 34_675;

/// Decodes `bytes`, which begin as a TIFF.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let tiff = TiffBytes::of(bytes).ok_or_else(|| ends_early(PictureFormat::Tiff))?;
    let first = tiff.first_directory().ok_or_else(|| ends_early(PictureFormat::Tiff))?;
    let page = tiff
        .directories()
        .find(|page| !is_secondary(page))
        .unwrap_or_else(|| first.clone());
    let layout = Layout::of(&page, limits)?;
    let bytes_per_pixel = bytes_per_pixel(&layout);
    limits.check(layout.width, layout.height, bytes_per_pixel)?;
    share.take(u64::from(layout.width) * u64::from(layout.height) * bytes_per_pixel);
    let shared = Shared {
        layout: &layout,
        file: bytes,
        jpeg_tables: page.bytes(JPEG_TABLES),
        fax_options: page.number(FAX_OPTIONS).unwrap_or(0),
        limits,
    };
    let mut pixels = if holds_real_numbers(&layout) {
        read_real_numbers(&shared, &page, tiff.order())?
    } else {
        read_whole_numbers(&shared, &page, tiff.order())?
    };
    if page.field(EXTRA_SAMPLES).is_none() {
        pixels.forget_empty_opacity();
    }
    let orientation = page.number(ORIENTATION).or_else(|| first.number(ORIENTATION));
    let orientation = orientation.and_then(|tag| u32::try_from(tag).ok());
    Ok(StoredPicture {
        width: layout.width,
        height: layout.height,
        rgb: pixels.into_srgb(page.bytes(ICC_PROFILE))?,
        full_width: layout.width,
        full_height: layout.height,
        orientation: orientation.map_or(Orientation::UPRIGHT, Orientation::from_tag),
    })
}

/// Bytes a pixel that are held at a time: colours of 8 bit, opacity, the RGB that is handed on, and what a part is unpacked into.
fn bytes_per_pixel(layout: &Layout) -> u64 {
    let unpacked = match layout.compression {
        Compression::Jpeg | Compression::OldJpeg(_) | Compression::WebP => 2 * layout.samples,
        Compression::Fax(_) => 1,
        _ => 0,
    };
    let real = if holds_real_numbers(layout) {
        4 * layout.samples
    } else {
        0
    };
    let opacity = usize::from(layout.opacity.is_some());
    (layout.meaning.channels() + opacity + 3 + unpacked + real) as u64
}

/// Whether the numbers must all be seen before it is known what they stand for.
fn holds_real_numbers(layout: &Layout) -> bool {
    let signed_in_part = matches!(layout.meaning, Meaning::Lab { .. });
    layout.kind == Kind::Float || layout.bits > 16 || (layout.kind == Kind::Signed && !signed_in_part)
}

/// Decoded pixels, not yet sRGB.
struct Pixels {
    colours: Vec<u8>,
    channels: usize,
    alphas: Option<Vec<u8>>,
}

impl Pixels {
    fn new(layout: &Layout) -> Result<Self, Failure> {
        let pixels = layout.width as usize * layout.height as usize;
        let channels = layout.meaning.channels();
        Ok(Self {
            colours: zeroed(pixels * channels)?,
            channels,
            alphas: layout.opacity.map(|_| zeroed(pixels)).transpose()?,
        })
    }

    fn put(&mut self, convert: &ToColours, numbers: &[u16], first: usize, count: usize) {
        let range = first * self.channels..(first + count) * self.channels;
        let alphas = self
            .alphas
            .as_mut()
            .and_then(|alphas| alphas.get_mut(first..first + count));
        if let Some(colours) = self.colours.get_mut(range) {
            convert.row(numbers, colours, alphas);
        }
    }

    /// An extra sample that nobody explains, and that would leave nothing to be seen, is no opacity.
    fn forget_empty_opacity(&mut self) {
        self.alphas = self
            .alphas
            .take()
            .filter(|alphas| alphas.iter().any(|alpha| *alpha != 0));
    }

    fn into_srgb(self, profile: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        let mut rgb = match self.channels {
            4 => colour_profile::to_srgb(Samples::Ink(self.colours), profile)?,
            channels => {
                let layout = if channels == 1 { ColorType::L8 } else { ColorType::Rgb8 };
                let colours = Colours::of_profile(profile.map(<[u8]>::to_vec));
                srgb::to_srgb(self.colours, layout, &colours, Alpha::Straight)?
            }
        };
        if let Some(alphas) = self.alphas {
            lay_over_white(&mut rgb, alphas.into_iter());
        }
        Ok(rgb)
    }
}

fn read_whole_numbers(shared: &Shared<'_>, page: &Directory<'_>, order: ByteOrder) -> Result<Pixels, Failure> {
    let layout = shared.layout;
    let convert = ToColours::new(layout, layout.bits, page);
    let convert = match layout.compression {
        Compression::Jpeg | Compression::OldJpeg(_) => convert.of_a_jpeg(),
        _ => convert,
    };
    let mut pixels = Pixels::new(layout)?;
    let mut numbers = vec![0u16; layout.part.0 as usize * layout.samples * layout.shared.1];
    let last_plane = planes_that_count(layout).last().copied().unwrap_or(0);
    let (step, width) = (layout.samples, layout.width as usize);
    each_row(
        shared,
        |plane, order_of_row, row, place| {
            if layout.shared == (1, 1) {
                let step = if layout.planar { step } else { 1 };
                samples::whole_numbers(row, layout.bits, order_of_row, &mut numbers, plane, step);
            } else {
                spread_shared(row, layout, &mut numbers);
            }
            if plane != last_plane {
                return;
            }
            for (below, numbers) in numbers.chunks_exact(layout.part.0 as usize * step).enumerate() {
                if below < place.rows {
                    let first = (place.row + below) * width + place.column;
                    pixels.put(&convert, numbers, first, place.columns);
                }
            }
        },
        order,
    )?;
    Ok(pixels)
}

fn read_real_numbers(shared: &Shared<'_>, page: &Directory<'_>, order: ByteOrder) -> Result<Pixels, Failure> {
    let layout = shared.layout;
    let (step, width) = (layout.samples, layout.width as usize);
    let len = width * layout.height as usize * step;
    let mut all: Vec<f32> = Vec::new();
    all.try_reserve_exact(len)
        .map_err(|_| Failure::out_of_memory(len as u64 * 4))?;
    all.resize(len, 0.0);
    each_row(
        shared,
        |plane, order_of_row, row, place| {
            let from = (place.row * width + place.column) * step;
            if let Some(to) = all.get_mut(from..from + place.columns * step) {
                let step = if layout.planar { step } else { 1 };
                samples::real_numbers(row, layout, order_of_row, to, plane, step);
            }
        },
        order,
    )?;
    let range = Range::of(&all, layout.kind, layout.bits);
    let convert = ToColours::new(layout, 16, page);
    let mut pixels = Pixels::new(layout)?;
    for (number, row) in all.chunks_exact(width * step).enumerate() {
        let numbers: Vec<u16> = row.iter().map(|value| range.place(*value)).collect();
        pixels.put(&convert, &numbers, number * width, width);
    }
    Ok(pixels)
}

/// Where a row of a strip or tile lies in the picture.
struct Place {
    column: usize,
    row: usize,
    columns: usize,
    /// Rows that share their colour lie together.
    rows: usize,
}

/// The planes of samples that say something about colour or opacity, in their order.
fn planes_that_count(layout: &Layout) -> Vec<usize> {
    if !layout.planar {
        return vec![0];
    }
    let opacity = layout.opacity.map(|opacity| opacity.sample);
    (0..layout.meaning.samples()).chain(opacity).collect()
}

/// Hands every row of the picture to `take`, part by part and plane by plane: the number of the plane, the byte order, the packed
/// samples, and where they belong. Of pixels that share their colour several rows are handed over together.
fn each_row(
    shared: &Shared<'_>,
    mut take: impl FnMut(usize, ByteOrder, &[u8], &Place),
    order: ByteOrder,
) -> Result<(), Failure> {
    let layout = shared.layout;
    let (across, down) = layout.parts;
    let mut row = zeroed(layout.row_bytes())?;
    for number in 0..across * down {
        let (column, first_row) = (
            number % across * layout.part.0 as usize,
            number / across * layout.part.1 as usize,
        );
        let columns = (layout.part.0 as usize).min(layout.width as usize - column);
        let rows = (layout.part.1 as usize).min(layout.height as usize - first_row);
        let mut planes = planes_that_count(layout)
            .into_iter()
            .map(|plane| Ok((plane, shared.open(plane, number, rows)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        for below in (0..rows).step_by(layout.shared.1) {
            let place = Place {
                column,
                row: first_row + below,
                columns,
                rows: layout.shared.1.min(rows - below),
            };
            for (plane, reader) in &mut planes {
                read_row(reader.as_mut(), &mut row, needed(layout, columns))?;
                let order = samples::undo_predictor(&mut row, layout, order);
                take(*plane, order, &row, &place);
            }
        }
    }
    Ok(())
}

/// Bytes of a row that hold pixels of the picture; tiles may reach beyond it.
fn needed(layout: &Layout, columns: usize) -> usize {
    if layout.shared == (1, 1) && layout.predictor != layout::Predictor::FloatBytes {
        (columns * layout.samples_together() * layout.bits).div_ceil(8)
    } else {
        layout.row_bytes()
    }
}

fn read_row(reader: &mut dyn Read, row: &mut [u8], needed: usize) -> Result<(), Failure> {
    let mut filled = 0;
    while let Some(rest) = row.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // What is behind the last pixel does not matter.
            Err(_) if filled >= needed => break,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(damaged(&error.to_string())),
        }
    }
    if filled < needed {
        return Err(ends_early(PictureFormat::Tiff));
    }
    Ok(())
}

/// Pixels that share their colour: their brightnesses, row by row, then the two differences.
fn spread_shared(row: &[u8], layout: &Layout, numbers: &mut [u16]) {
    let (across, down) = layout.shared;
    let (samples, width) = (layout.samples, layout.part.0 as usize);
    let unit = across * down + samples - 1;
    for (number, unit) in row.chunks_exact(unit).enumerate() {
        let (brightnesses, rest) = unit.split_at(across * down);
        for (at, brightness) in brightnesses.iter().enumerate() {
            let (x, y) = (number * across + at % across, at / across);
            if x >= width {
                continue;
            }
            let first = (y * width + x) * samples;
            if let Some(pixel) = numbers.get_mut(first..first + samples) {
                let values = std::iter::once(brightness).chain(rest);
                pixel
                    .iter_mut()
                    .zip(values)
                    .for_each(|(to, value)| *to = u16::from(*value));
            }
        }
    }
}

#[cfg(test)]
mod tests;
