//! AVIF pixels: the container through `heifer_isobmff`, AV1 through `re_rav1d` (both pure Rust). Of an animation the first
//! frame is taken.
//!
//! Sources: ISO/IEC 23008-12 (HEIF), ISO/IEC 23000-22 (MIAF), the AV1 Image File Format of the Alliance for Open Media.

mod yuv;

use heifer_isobmff::boxes::{ColorInfo, Property};
use heifer_isobmff::{Error as ContainerError, HeifFile, ItemId};
use re_rav1d::dav1d::{Decoder, Error, Picture, Settings};

use self::yuv::Pixels;
use super::colours::{Colours, NamedColours};
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::iso_boxes;
use super::memory_budget::Reserve;
use super::orientation::Orientation;
use super::srgb::Alpha;

/// Bytes a pixel that are held at a time: three planes of 16 bit, twice while filters run, and RGBA.
const BYTES_PER_PIXEL: u64 = 6 * 2 + 4;
/// Bytes a pixel more where light is held in 16 bit and pressed together.
const OF_LIGHT: u64 = 2 * 8 + 6;
/// Kinds of a second picture that says how transparent the first one is.
const ALPHA: [&str; 2] = [
    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    "urn:mpeg:hevc:2015:auxid:1",
];
/// How often a decoder may ask for the rest of the data before it has a picture.
const MOST_ROUNDS: usize = 64;

/// Decodes the main picture of `bytes`, which begin as an AVIF file.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, reserve: &mut dyn Reserve) -> Result<StoredPicture, Failure> {
    let bytes = iso_boxes::well_formed(bytes);
    let file = HeifFile::parse(&bytes).map_err(container)?;
    let main = file.primary_id;
    let Some((width, height)) = file.image_size(main).map_err(container)? else {
        return Err(damaged("it does not say how large it is"));
    };
    let said = said_of_colours(&file, main)?;
    // A damaged profile costs the colour, not the picture.
    let profile = file.icc_profile(main).ok().flatten().map(<[u8]>::to_vec);
    let colours = match profile {
        Some(profile) => Colours::of_profile(Some(profile)),
        None => Colours::named(said.named),
    };
    // Nothing said by the container is said by the AV1 data, which are read later.
    let may_be_light = colours.are_light() || (colours == Colours::Screen && !said.named.says_something());
    let bytes_per_pixel = BYTES_PER_PIXEL + if may_be_light { OF_LIGHT } else { 0 };
    limits.check(width, height, bytes_per_pixel)?;
    reserve.reserve(u64::from(width) * u64::from(height) * bytes_per_pixel)?;
    let (pixels, colours) = colours_of_tiles(&file, (width, height), &said, colours)?;
    let alpha = alpha_of(&file, main, (width, height))?;
    let rgb = match alpha {
        None => pixels.into_srgb(None, &colours, Alpha::Straight),
        Some((item, alpha)) => {
            let multiplied = file.referenced_items(main, b"prem").contains(&item);
            let kind = if multiplied { Alpha::Associated } else { Alpha::Straight };
            pixels.into_srgb(Some(&alpha), &colours, kind)
        }
    }?;
    let (rgb, width, height) = cropped(&file, main, rgb, width, height)?;
    Ok(StoredPicture {
        width,
        height,
        rgb,
        full_width: width,
        full_height: height,
        orientation: orientation(&file, main)?,
    })
}

/// What the container says about colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    named: NamedColours,
    /// Number of the matrix, and whether samples use the full range; `None` where the AV1 data decide.
    matrix: Option<(u16, bool)>,
}

fn said_of_colours(file: &HeifFile<'_>, item: ItemId) -> Result<Said, Failure> {
    let found = properties(file, item)?.into_iter().find_map(|property| match property {
        Property::Color(ColorInfo::Nclx {
            primaries,
            transfer,
            matrix,
            full_range,
        }) => Some(Said {
            named: NamedColours {
                primaries: *primaries,
                transfer: *transfer,
            },
            matrix: Some((*matrix, *full_range)),
        }),
        _ => None,
    });
    Ok(found.unwrap_or(Said {
        named: NamedColours::UNSPECIFIED,
        matrix: None,
    }))
}

/// The main picture's pixels, and what their numbers mean: what the container says, or else the AV1 data.
fn colours_of_tiles(
    file: &HeifFile<'_>,
    (width, height): (u32, u32),
    said: &Said,
    colours: Colours,
) -> Result<(Pixels, Colours), Failure> {
    let (mut pixels, mut colours) = (None, colours);
    let unsaid = colours == Colours::Screen && !said.named.says_something();
    each_tile(file, file.primary_id, (width, height), |picture, at| {
        if pixels.is_none() {
            if unsaid {
                colours = Colours::named(yuv::named_by(picture));
            }
            pixels = Some(Pixels::new(width as usize, height as usize, colours.are_light())?);
        }
        match &mut pixels {
            Some(pixels) => pixels.take(picture, said.matrix, at),
            None => Ok(()),
        }
    })?;
    pixels
        .map(|pixels| (pixels, colours))
        .ok_or_else(|| damaged("it holds no picture"))
}

/// Hands each tile of an item (one, where it is no grid) to `take`, with the place of its first pixel.
fn each_tile(
    file: &HeifFile<'_>,
    item: ItemId,
    (width, height): (u32, u32),
    mut take: impl FnMut(&Picture, (usize, usize)) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let pixels = u64::from(width) * u64::from(height);
    let kind = file.item(item).map_err(container)?.item_type.0;
    if &kind == b"av01" {
        let picture = first_frame(file, item, pixels)?;
        if (picture.width(), picture.height()) != (width, height) {
            return Err(damaged("its headers contradict each other"));
        }
        return take(&picture, (0, 0));
    }
    if &kind != b"grid" {
        return Err(Failure::unsupported(
            "This is a rare kind of AVIF; it needs a decoder for that. Export it as JPEG to search it.",
        ));
    }
    let grid = file.grid(item).map_err(container)?;
    let tiles = file.referenced_items(item, b"dimg");
    let (columns, rows) = (usize::from(grid.columns), usize::from(grid.rows));
    if (grid.output_width, grid.output_height) != (width, height) || tiles.len() != columns * rows {
        return Err(damaged("its headers contradict each other"));
    }
    let mut side = None;
    for (number, tile) in tiles.iter().enumerate() {
        // The last tiles reach beyond the picture, but none begins there: together they have less than four times its pixels.
        let picture = first_frame(file, *tile, pixels.saturating_mul(4))?;
        let size = (picture.width() as usize, picture.height() as usize);
        let (tile_width, tile_height) = *side.get_or_insert(size);
        if size != (tile_width, tile_height) {
            return Err(damaged("its tiles are not of one size"));
        }
        let at = (number % columns * tile_width, number / columns * tile_height);
        if at.0 >= width as usize || at.1 >= height as usize {
            return Err(damaged("its tiles lie outside the picture"));
        }
        take(&picture, at)?;
    }
    let (tile_width, tile_height) = side.unwrap_or_default();
    if columns * tile_width < width as usize || rows * tile_height < height as usize {
        return Err(damaged("its tiles do not cover the picture"));
    }
    Ok(())
}

/// The first frame of an AV1 item, of at most so many pixels.
fn first_frame(file: &HeifFile<'_>, item: ItemId, most_pixels: u64) -> Result<Picture, Failure> {
    let data = file.item_data(item).map_err(container)?.into_owned();
    if data.is_empty() {
        return Err(damaged("it holds no picture"));
    }
    let mut settings = Settings::new();
    // Each picture is decoded on one of our threads.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_frame_size_limit(u32::try_from(most_pixels).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings).map_err(av1)?;
    match decoder.send_data(data, None, None, None) {
        Ok(()) | Err(Error::Again) => {}
        Err(error) => return Err(av1(error)),
    }
    for _ in 0..MOST_ROUNDS {
        match decoder.get_picture() {
            Ok(picture) => return Ok(picture),
            Err(Error::Again) => {}
            Err(error) => return Err(av1(error)),
        }
        match decoder.send_pending_data() {
            Ok(()) | Err(Error::Again) => {}
            Err(error) => return Err(av1(error)),
        }
    }
    Err(damaged("it holds no picture"))
}

/// How opaque each pixel is, 0–255, where a picture of its own says so, and which; one that does not fit is passed over.
fn alpha_of(
    file: &HeifFile<'_>,
    main: ItemId,
    (width, height): (u32, u32),
) -> Result<Option<(ItemId, Vec<u8>)>, Failure> {
    for item in file.referencing_items(main, b"auxl") {
        let mut kinds = properties(file, item)?.into_iter();
        let says_alpha = |property: &Property| match property {
            Property::AuxiliaryType(kind) => ALPHA.contains(&kind.as_str()),
            _ => false,
        };
        if !kinds.any(says_alpha) || file.image_size(item).ok().flatten() != Some((width, height)) {
            continue;
        }
        let mut alpha = zeroed(width as usize * height as usize)?;
        each_tile(file, item, (width, height), |picture, at| {
            yuv::luma(picture, &mut alpha, width as usize, at);
            Ok(())
        })?;
        return Ok(Some((item, alpha)));
    }
    Ok(None)
}

/// How the container says that the pixels are turned and mirrored, one after the other in its order (ISO/IEC 23008-12, section
/// 6.5.1).
fn orientation(file: &HeifFile<'_>, item: ItemId) -> Result<Orientation, Failure> {
    let turned = |orientation: Orientation, property: &Property| match property {
        Property::Rotation(anticlockwise) => orientation.then_anticlockwise(*anticlockwise),
        Property::Mirror(top_and_bottom) => orientation.then_mirrored(*top_and_bottom),
        _ => orientation,
    };
    Ok(properties(file, item)?.into_iter().fold(Orientation::UPRIGHT, turned))
}

/// The part of the pixels that the container says is the picture.
fn cropped(
    file: &HeifFile<'_>,
    item: ItemId,
    mut rgb: Vec<u8>,
    width: u32,
    height: u32,
) -> Result<(Vec<u8>, u32, u32), Failure> {
    let aperture = properties(file, item)?.into_iter().find_map(|property| match property {
        Property::CleanAperture {
            width,
            height,
            horiz_offset,
            vert_offset,
        } => Some([(*width, *horiz_offset), (*height, *vert_offset)]),
        _ => None,
    });
    let Some([across, down]) = aperture else {
        return Ok((rgb, width, height));
    };
    let (Some((left, new_width)), Some((top, new_height))) = (kept(across, width), kept(down, height)) else {
        return Ok((rgb, width, height));
    };
    let (old_row, row) = (width as usize * 3, new_width as usize * 3);
    for line in 0..new_height as usize {
        let from = (top as usize + line) * old_row + left as usize * 3;
        rgb.copy_within(from..from + row, line * row);
    }
    rgb.truncate(new_height as usize * row);
    Ok((rgb, new_width, new_height))
}

/// First place and length of what is kept of a side, from its length and the distance of its middle from the whole side's; `None`
/// where that does not lie inside.
fn kept(((length, per), (offset, offset_per)): ((u32, u32), (i32, u32)), whole: u32) -> Option<(u32, u32)> {
    if per == 0 || offset_per == 0 {
        return None;
    }
    let length = (f64::from(length) / f64::from(per)).round();
    let first = ((f64::from(whole) - length) / 2.0 + f64::from(offset) / f64::from(offset_per)).round();
    let inside = length >= 1.0 && first >= 0.0 && first + length <= f64::from(whole);
    inside.then_some((first as u32, length as u32))
}

fn properties<'a>(file: &'a HeifFile<'_>, item: ItemId) -> Result<Vec<&'a Property>, Failure> {
    Ok(file.item_properties(item).map_err(container)?.collect())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn container(error: ContainerError) -> Failure {
    damaged(&error.to_string())
}

fn av1(error: Error) -> Failure {
    match error {
        Error::NotEnoughMemory => Failure::out_of_memory(0),
        Error::UnsupportedBitstream => Failure::unsupported(
            "This is a rare kind of AVIF; it needs a decoder for that. Export it as JPEG to search it.",
        ),
        other => damaged(&other.to_string()),
    }
}

fn damaged(what: &str) -> Failure {
    Failure::corrupt(format!(
        "Its AVIF data is damaged, or the file is cut short ({what}). Copy it again from where it came from."
    ))
}

#[cfg(test)]
mod tests;
