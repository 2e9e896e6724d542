//! PNG pixels. Of an animation the default picture is taken.
//!
//! Sources: PNG (third edition, W3C 2025), sections 4.3 (which of the chunks about colour counts), 5.6 (the order of chunks),
//! 11.3.2 (`cICP`, `iCCP`, `sRGB`, `gAMA`, `cHRM`) and 11.3.4.5 (`eXIf`); exiftool's table of PNG text ("Raw profile type"), which
//! ImageMagick began to write before there was `eXIf`.

use std::io::Cursor;

use image::ColorType;
use moxcms::{Chromaticity, ColorPrimaries, ColorProfile, ToneReprCurve, XyY};
use png::{BitDepth, ColorType as PngColour, Decoder, DecodingError, Info, InterlaceInfo, Reader, Transformations};

use super::colours::{Colours, NamedColours};
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::metadata::text_profile;
use super::orientation::{Orientation, exif_orientation};
use super::raster::ends_early;
use super::sniff::PictureFormat;
use super::srgb::{self, Alpha};

/// Decodes `bytes`, which begin as a PNG.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let mut reader = open(bytes, limits, true)?;
    let info = reader.info();
    let (width, height) = info.size();
    let layout = layout(&reader)?;
    let (colours, narrow_range) = colours_of(info, bytes);
    // Wide copies of light that is pressed together.
    let wide = if colours.are_light() { 14 } else { 0 };
    // The stored pixels and their RGB copy are held together.
    let bytes_per_pixel = u64::from(layout.bytes_per_pixel()) + 3 + wide;
    limits.check(width, height, bytes_per_pixel)?;
    share.take(u64::from(width) * u64::from(height) * bytes_per_pixel);
    let mut stored = match read_rows(&mut reader, layout) {
        Err(DecodingError::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            read_without_end(bytes, layout, limits)?
        }
        read => read.map_err(failure)?,
    };
    if layout.bytes_per_pixel() > layout.channel_count() {
        to_the_machines_order(&mut stored);
    }
    if narrow_range {
        spread(&mut stored, layout);
    }
    Ok(StoredPicture {
        width,
        height,
        rgb: srgb::to_srgb(stored, layout, &colours, Alpha::Straight)?,
        full_width: width,
        full_height: height,
        orientation: orientation(bytes),
    })
}

fn open<'a>(bytes: &'a [u8], limits: &DecodeLimits, sums: bool) -> Result<Reader<Cursor<&'a [u8]>>, Failure> {
    let most = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: most });
    decoder.set_ignore_text_chunk(true);
    if !sums {
        decoder.ignore_checksums(true);
    }
    let header = decoder.read_header_info().map_err(failure)?;
    limits.check(header.width, header.height, 1)?;
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(failure)
}

fn layout(reader: &Reader<Cursor<&[u8]>>) -> Result<ColorType, Failure> {
    Ok(match reader.output_color_type() {
        (PngColour::Grayscale, BitDepth::Eight) => ColorType::L8,
        (PngColour::Grayscale, BitDepth::Sixteen) => ColorType::L16,
        (PngColour::GrayscaleAlpha, BitDepth::Eight) => ColorType::La8,
        (PngColour::GrayscaleAlpha, BitDepth::Sixteen) => ColorType::La16,
        (PngColour::Rgb, BitDepth::Eight) => ColorType::Rgb8,
        (PngColour::Rgb, BitDepth::Sixteen) => ColorType::Rgb16,
        (PngColour::Rgba, BitDepth::Eight) => ColorType::Rgba8,
        (PngColour::Rgba, BitDepth::Sixteen) => ColorType::Rgba16,
        (colour, depth) => {
            return Err(Failure::unsupported(format!(
                "This is a rare variant of PNG ({colour:?} of {depth:?} bits); it needs a decoder for it. Save it anew as an \
                 ordinary PNG or JPEG to search it."
            )));
        }
    })
}

/// The pixels row by row: what stands behind the last one does not matter.
fn read_rows(reader: &mut Reader<Cursor<&[u8]>>, layout: ColorType) -> Result<Vec<u8>, DecodingError> {
    let (width, height) = reader.info().size();
    let bytes_per_pixel = usize::from(layout.bytes_per_pixel());
    let row_len = width as usize * bytes_per_pixel;
    let mut stored = zeroed(row_len * height as usize).map_err(|_| DecodingError::LimitsExceeded)?;
    if !reader.info().interlaced {
        for row in stored.chunks_exact_mut(row_len) {
            reader.read_row(row)?;
        }
        return Ok(stored);
    }
    let mut row = vec![0; row_len];
    for _ in 0..interlaced_rows(width, height) {
        let Some(InterlaceInfo::Adam7(place)) = reader.read_row(&mut row)? else {
            break;
        };
        png::expand_interlaced_row(&mut stored, row_len, &row, &place, 8 * layout.bytes_per_pixel());
    }
    Ok(stored)
}

/// Tells a file that lacks only what stands behind its pixels from one that lacks pixels: two different endings give the same
/// picture exactly when no pixel came from them.
fn read_without_end(bytes: &[u8], layout: ColorType, limits: &DecodeLimits) -> Result<Vec<u8>, Failure> {
    let with_ending = |ending: [u8; 4]| {
        let mended = mended(bytes, ending).ok_or_else(|| ends_early(PictureFormat::Png))?;
        let mut reader = open(&mended, limits, false)?;
        read_rows(&mut reader, layout).map_err(|_| ends_early(PictureFormat::Png))
    };
    let zeros = with_ending([0; 4])?;
    if zeros == with_ending([0xFF; 4])? {
        Ok(zeros)
    } else {
        Err(ends_early(PictureFormat::Png))
    }
}

/// Rows of the seven passes of an interlaced picture; a pass without columns has none.
fn interlaced_rows(width: u32, height: u32) -> u32 {
    /// First column and row, and the distances between them (section 8.1).
    const PASSES: [(u32, u32, u32, u32); 7] = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];
    let rows = PASSES.map(|(x, y, _, down)| {
        if width > x {
            height.saturating_sub(y).div_ceil(down)
        } else {
            0
        }
    });
    rows.iter().sum()
}

/// The chunks of a PNG: kind and body. The last is what there is of a chunk that is cut short.
pub(super) fn chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (len, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let body = after.get(..len).unwrap_or(after);
        rest = len.checked_add(4).and_then(|len| after.get(len..)).unwrap_or_default();
        Some((*kind, body))
    })
}

/// The same picture without its cut end: what decides about pixels, and one chunk of all data with an ending of its own in the place
/// of the data's checksum.
fn mended(bytes: &[u8], ending: [u8; 4]) -> Option<Vec<u8>> {
    let mut file = bytes.get(..8)?.to_vec();
    let mut data = Vec::new();
    let mut put = |kind: &[u8; 4], body: &[u8]| {
        let len = u32::try_from(body.len()).ok()?;
        file.extend(len.to_be_bytes());
        let from = file.len();
        file.extend(kind);
        file.extend(body);
        let mut crc = flate2::Crc::new();
        crc.update(file.get(from..)?);
        file.extend(crc.sum().to_be_bytes());
        Some(())
    };
    for (kind, body) in chunks(bytes) {
        match &kind {
            b"IHDR" | b"PLTE" | b"tRNS" => put(&kind, body)?,
            b"IDAT" => data.extend(body),
            _ => {}
        }
    }
    data.extend(ending);
    put(b"IDAT", &data)?;
    put(b"IEND", &[])?;
    Some(file)
}

/// What the numbers mean, and whether they use the range of video (16–235).
fn colours_of(info: &Info<'_>, bytes: &[u8]) -> (Colours, bool) {
    /// The name of the profile that stood for PQ before there was `cICP` (W3C note "Using the ITU BT.2100 PQ EOTF with PNG").
    const PQ_PROFILE: &[u8] = b"ITUR_2100_PQ_FULL\0";
    if let Some(code) = &info.coding_independent_code_points {
        let named = NamedColours {
            primaries: u16::from(code.color_primaries),
            transfer: u16::from(code.transfer_function),
        };
        return (Colours::named(named), !code.is_video_full_range_image);
    }
    if let Some(profile) = &info.icc_profile {
        let name = chunks(bytes).find(|(kind, _)| kind == b"iCCP").map(|(_, body)| body);
        if name.is_some_and(|name| name.starts_with(PQ_PROFILE)) {
            let pq = NamedColours {
                primaries: 9,
                transfer: 16,
            };
            return (Colours::named(pq), false);
        }
        return (Colours::of_profile(Some(profile.to_vec())), false);
    }
    if info.srgb.is_some() {
        return (Colours::Screen, false);
    }
    (measured_colours(info).unwrap_or(Colours::Screen), false)
}

/// What `gAMA` and `cHRM` say, where that is not sRGB: the exponent of its curve is 1/2.2 there.
fn measured_colours(info: &Info<'_>) -> Option<Colours> {
    const OF_A_SCREEN: f32 = 0.454_55;
    /// Exponents that programs write for sRGB lie this near to it.
    const NEAR: f32 = 0.03;
    let exponent = info
        .gama_chunk
        .map(|gamma| gamma.into_value())
        .filter(|exponent| *exponent > 0.05 && *exponent < 20.0);
    let plain = exponent.is_none_or(|exponent| (exponent - OF_A_SCREEN).abs() < NEAR);
    let grey = matches!(info.color_type, PngColour::Grayscale | PngColour::GrayscaleAlpha);
    if grey {
        let exponent = exponent.filter(|_| !plain)?;
        return Some(Colours::Profile(
            ColorProfile::new_gray_with_gamma(1.0 / exponent).encode().ok()?,
        ));
    }
    let primaries = info.chrm_chunk.and_then(|measured| {
        let place = |(x, y): (png::ScaledFloat, png::ScaledFloat)| Chromaticity {
            x: x.into_value(),
            y: y.into_value(),
        };
        let white = place(measured.white);
        let primaries = ColorPrimaries {
            red: place(measured.red),
            green: place(measured.green),
            blue: place(measured.blue),
        };
        let real = [white, primaries.red, primaries.green, primaries.blue];
        real.iter().all(|place| place.y > 0.001).then_some((white, primaries))
    });
    let mut profile = ColorProfile::new_srgb();
    // As PNG has it, the curve counts only with what it is measured by; primaries of sRGB change nothing.
    if let Some((white, primaries)) = primaries {
        let white = XyY {
            x: f64::from(white.x),
            y: f64::from(white.y),
            yb: 1.0,
        };
        profile.update_rgb_colorimetry(white, primaries);
    } else if plain {
        return None;
    }
    if let Some(exponent) = exponent.filter(|_| !plain) {
        let curve = ToneReprCurve::Parametric(vec![1.0 / exponent]);
        profile.red_trc = Some(curve.clone());
        profile.green_trc = Some(curve.clone());
        profile.blue_trc = Some(curve);
        profile.cicp = None;
    }
    profile.encode().ok().map(Colours::Profile)
}

/// 16-bit numbers stand with their highest byte first.
fn to_the_machines_order(stored: &mut [u8]) {
    for sample in stored.as_chunks_mut::<2>().0 {
        *sample = u16::from_be_bytes(*sample).to_ne_bytes();
    }
}

/// The range of video, 16–235 of 255 and as much of 65,535 (ITU-T H.273, section 8.3), as the whole range. Opacity has the whole
/// range already.
fn spread(stored: &mut [u8], layout: ColorType) {
    let channels = usize::from(layout.channel_count());
    let colours = if layout.has_alpha() { channels - 1 } else { channels };
    let of = |value: u32, steps: u32, most: u32| {
        let above = value.saturating_sub(16 * steps) * most;
        ((above + 219 * steps / 2) / (219 * steps)).min(most)
    };
    if layout.bytes_per_pixel() == layout.channel_count() {
        for pixel in stored.chunks_exact_mut(channels) {
            for value in pixel.iter_mut().take(colours) {
                *value = of(u32::from(*value), 1, 255) as u8;
            }
        }
    } else {
        for pixel in stored.chunks_exact_mut(2 * channels) {
            for sample in pixel.as_chunks_mut::<2>().0.iter_mut().take(colours) {
                let wide = u32::from(u16::from_ne_bytes(*sample));
                *sample = (of(wide, 256, 65_535) as u16).to_ne_bytes();
            }
        }
    }
}

/// The `eXIf` chunk counts more than text, wherever the two stand.
fn orientation(bytes: &[u8]) -> Orientation {
    let own = chunks(bytes).find(|(kind, _)| kind == b"eXIf");
    let found = own
        .and_then(|(_, block)| exif_orientation(block))
        .or_else(|| chunks(bytes).find_map(|(kind, body)| exif_orientation(&text_profile(&kind, body)?)));
    found.map_or(Orientation::UPRIGHT, |tag| Orientation::from_tag(u32::from(tag)))
}

fn failure(error: DecodingError) -> Failure {
    match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ends_early(PictureFormat::Png)
        }
        DecodingError::LimitsExceeded => Failure::too_large(
            "Decoding this PNG would take more memory than is allowed. Save a smaller copy to search it.",
        ),
        other => Failure::corrupt(format!(
            "Its PNG data is damaged ({other}). Copy it again from where it came from."
        )),
    }
}

#[cfg(test)]
mod tests;
