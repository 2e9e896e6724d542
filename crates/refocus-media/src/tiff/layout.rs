//! How a page of a TIFF is stored: what its tags say, put together and checked.
//!
//! Sources: TIFF 6.0, part 1 and sections 15 to 22; Adobe's technical notes on TIFF (2002; ICCLab, planes of floats).

use super::directory::Directory;
use crate::decode::DecodeLimits;
use crate::failure::Failure;
use crate::raster::ends_early;
use crate::sniff::PictureFormat;
use crate::srgb::Alpha;

/// Samples of a pixel, at most; pictures have up to five.
const MOST_SAMPLES: u64 = 64;

/// Pixels by which the last column of tiles may reach beyond the picture: a tile is not wider than this, or than the picture.
const WIDEST_TILE: u32 = 1 << 16;

/// Tags.
mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const SUBFILE_TYPE: u16 = 255;
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const MEANING: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_PLACES: u16 = 273;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_LENGTHS: u16 = 279;
    pub(super) const PLANAR: u16 = 284;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const COLOUR_MAP: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_PLACES: u16 = 324;
    pub(super) const TILE_LENGTHS: u16 = 325;
    pub(super) const EXTRA_SAMPLES: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_PLACE: u16 = 513;
    pub(super) const SUBSAMPLING: u16 = 530;
}

/// What the samples of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
    /// CIE L*a*b*; whether a* and b* are signed, or else 128 (or as much of the range) more.
    Lab {
        signed: bool,
    },
}

impl Meaning {
    /// Samples that make up the colour, as they are stored.
    pub(super) fn samples(self) -> usize {
        match self {
            Self::WhiteIsZero | Self::BlackIsZero | Self::Palette => 1,
            Self::Rgb | Self::YCbCr | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }

    /// Samples that make up the colour once it is grey, red-green-blue or ink.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Palette => 3,
            other => other.samples(),
        }
    }

    fn of(directory: &Directory<'_>, samples: usize, compression: Compression) -> Result<Self, Failure> {
        let number = directory.number(tag::MEANING).unwrap_or_else(|| {
            // The tag is required, and yet missing in some files.
            match (compression, samples) {
                (Compression::Fax(_), _) => 0,
                (_, 1) if directory.field(tag::COLOUR_MAP).is_some() => 3,
                (_, 1 | 2) => 1,
                _ => 2,
            }
        });
        Ok(match number {
            0 => Self::WhiteIsZero,
            // A mask of one bit is black and white as well.
            1 | 4 => Self::BlackIsZero,
            2 => Self::Rgb,
            3 => Self::Palette,
            5 => Self::Cmyk,
            6 => Self::YCbCr,
            8 => Self::Lab { signed: true },
            9 => Self::Lab { signed: false },
            other => return Err(rare(&format!("colours of kind {other}"))),
        })
    }
}

/// How the bytes of a strip or tile are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Fax(Fax),
    Lzw,
    /// The whole picture as one JPEG at this place.
    OldJpeg(u64),
    Jpeg,
    Deflate,
    PackBits,
    Zstd,
    Lzma,
    WebP,
}

/// Kinds of facsimile coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fax {
    /// Rows of runs, each from a whole byte on, or from a whole number of two bytes.
    Rows { align: usize },
    /// Group 3.
    T4,
    /// Group 4.
    T6,
}

impl Compression {
    fn of(directory: &Directory<'_>) -> Result<Self, Failure> {
        Ok(match directory.number(tag::COMPRESSION).unwrap_or(1) {
            0 | 1 => Self::None,
            2 => Self::Fax(Fax::Rows { align: 1 }),
            3 => Self::Fax(Fax::T4),
            4 => Self::Fax(Fax::T6),
            5 => Self::Lzw,
            6 => match directory.number(tag::JPEG_PLACE) {
                Some(place) => Self::OldJpeg(place),
                None => return Err(rare("the old JPEG compression in parts")),
            },
            7 => Self::Jpeg,
            8 | 32_946 => Self::Deflate,
            32_771 => Self::Fax(Fax::Rows { align: 2 }),
            32_773 => Self::PackBits,
            34_925 => Self::Lzma,
            50_000 => Self::Zstd,
            50_001 => Self::WebP,
            other => return Err(rare(&format!("compression {other}"))),
        })
    }
}

/// Kinds of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Whole,
    Signed,
    Float,
}

/// What a predictor left of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// Each sample less the one to its left.
    Difference,
    /// Bytes of floats by their weight, each less the one to its left.
    FloatBytes,
}

/// Opacity among the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opacity {
    /// Which of the samples.
    pub(super) sample: usize,
    pub(super) alpha: Alpha,
}

/// How a page is stored.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bits: usize,
    pub(super) samples: usize,
    pub(super) kind: Kind,
    pub(super) meaning: Meaning,
    pub(super) compression: Compression,
    pub(super) predictor: Predictor,
    /// Each sample of the pixels in strips of its own.
    pub(super) planar: bool,
    /// Bits of a byte in the wrong order.
    pub(super) reversed: bool,
    pub(super) opacity: Option<Opacity>,
    /// Columns and rows of pixels that share their colour (YCbCr that is not in a JPEG).
    pub(super) shared: (usize, usize),
    /// Columns and rows of a strip or tile.
    pub(super) part: (u32, u32),
    /// Strips or tiles beside and below each other.
    pub(super) parts: (usize, usize),
    places: Vec<u64>,
    lengths: Vec<u64>,
}

/// Whether a page is a smaller copy of another, or a mask.
pub(super) fn is_secondary(directory: &Directory<'_>) -> bool {
    const SMALLER_OR_MASK: u64 = 1 | 4;
    const OLD_SMALLER: u64 = 2;
    directory
        .number(tag::NEW_SUBFILE_TYPE)
        .is_some_and(|flags| flags & SMALLER_OR_MASK != 0)
        || directory.number(tag::SUBFILE_TYPE) == Some(OLD_SMALLER)
}

impl Layout {
    pub(super) fn of(directory: &Directory<'_>, limits: &DecodeLimits) -> Result<Self, Failure> {
        let side = |tag| directory.number(tag).and_then(|side| u32::try_from(side).ok());
        let (Some(width), Some(height)) = (side(tag::WIDTH), side(tag::HEIGHT)) else {
            return Err(damaged("it does not say how large it is"));
        };
        limits.check(width, height, 1)?;
        let samples = directory.number(tag::SAMPLES).unwrap_or(1);
        if samples == 0 || samples > MOST_SAMPLES {
            return Err(rare(&format!("{samples} samples a pixel")));
        }
        let samples = samples as usize;
        let compression = Compression::of(directory)?;
        let meaning = Meaning::of(directory, samples, compression)?;
        if samples < meaning.samples() {
            return Err(damaged("its headers contradict each other"));
        }
        let bits = bits(directory, compression)?;
        let kind = kind(directory)?;
        let planar = directory.number(tag::PLANAR) == Some(2) && samples > 1;
        let (part, places, lengths) = parts(directory, (width, height))?;
        let layout = Self {
            width,
            height,
            bits,
            samples,
            kind,
            meaning,
            compression,
            predictor: predictor(directory, compression)?,
            planar,
            reversed: directory.number(tag::FILL_ORDER) == Some(2),
            opacity: opacity(directory, samples, meaning),
            shared: shared(directory, meaning, compression)?,
            part,
            parts: (width.div_ceil(part.0) as usize, height.div_ceil(part.1) as usize),
            places,
            lengths,
        };
        layout.check()
    }

    fn check(self) -> Result<Self, Failure> {
        let readable = match self.kind {
            Kind::Whole => (1..=16).contains(&self.bits) || matches!(self.bits, 32 | 64),
            Kind::Signed => matches!(self.bits, 8 | 16 | 32 | 64),
            Kind::Float => matches!(self.bits, 16 | 24 | 32 | 64),
        };
        if !readable {
            return Err(rare(&format!("{} bits a sample", self.bits)));
        }
        let whole_bytes = self.bits.is_multiple_of(8);
        let predicted = match self.predictor {
            Predictor::None => true,
            Predictor::Difference => whole_bytes && self.bits != 24,
            Predictor::FloatBytes => self.kind == Kind::Float,
        };
        if !predicted {
            return Err(rare("a predictor that does not fit its samples"));
        }
        let packed = match self.compression {
            Compression::Jpeg | Compression::OldJpeg(_) | Compression::WebP => self.bits == 8,
            Compression::Fax(_) => self.bits == 1 && self.samples == 1,
            _ => true,
        };
        let fits = match self.meaning {
            Meaning::Palette => self.kind == Kind::Whole && self.bits <= 16,
            Meaning::YCbCr => self.kind == Kind::Whole && matches!(self.bits, 8 | 16),
            Meaning::Lab { .. } => self.kind != Kind::Float && matches!(self.bits, 8 | 16),
            _ => true,
        };
        if !packed || !fits || (self.shared != (1, 1) && (self.planar || self.bits != 8)) {
            return Err(rare("samples that do not fit its colours"));
        }
        if self.places.len() < self.parts_of_a_plane() * self.planes() && !self.is_one_jpeg() {
            return Err(ends_early(PictureFormat::Tiff));
        }
        Ok(self)
    }

    fn is_one_jpeg(&self) -> bool {
        matches!(self.compression, Compression::OldJpeg(_))
    }

    pub(super) fn planes(&self) -> usize {
        if self.planar { self.samples } else { 1 }
    }

    /// Samples of a pixel that lie beside each other.
    pub(super) fn samples_together(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    fn parts_of_a_plane(&self) -> usize {
        self.parts.0.saturating_mul(self.parts.1)
    }

    /// Bytes of a row of a strip or tile of one plane.
    pub(super) fn row_bytes(&self) -> usize {
        let columns = self.part.0 as usize;
        let (across, down) = self.shared;
        if self.shared == (1, 1) {
            (columns * self.samples_together() * self.bits).div_ceil(8)
        } else {
            // The samples of pixels that share their colour lie together.
            columns.div_ceil(across) * (across * down + self.samples - 1)
        }
    }

    /// The packed bytes of a strip or tile, by its number within a plane: those of them that lie in the file.
    pub(super) fn packed<'a>(&self, file: &'a [u8], plane: usize, number: usize) -> Result<&'a [u8], Failure> {
        let at = if self.is_one_jpeg() {
            0
        } else {
            plane * self.parts_of_a_plane() + number
        };
        let place = match self.compression {
            Compression::OldJpeg(place) => Some(place),
            _ => self.places.get(at).copied(),
        };
        let from = place.and_then(|place| usize::try_from(place).ok());
        let rest = from
            .and_then(|from| file.get(from..))
            .filter(|rest| !rest.is_empty())
            .ok_or_else(|| ends_early(PictureFormat::Tiff))?;
        // Programs that do not know how long a strip has become write nothing, or 0. Bytes that are not packed are counted anyway.
        let len = match (self.compression, self.lengths.get(at)) {
            (Compression::None | Compression::OldJpeg(_), _) | (_, None | Some(0)) => usize::MAX,
            (_, Some(len)) => usize::try_from(*len).unwrap_or(usize::MAX),
        };
        Ok(rest.get(..len).unwrap_or(rest))
    }
}

fn bits(directory: &Directory<'_>, compression: Compression) -> Result<usize, Failure> {
    let all = directory.numbers(tag::BITS);
    // A JPEG says it itself.
    let standard = if matches!(compression, Compression::OldJpeg(_)) {
        8
    } else {
        1
    };
    let first = all.first().copied().unwrap_or(standard);
    if all.iter().any(|bits| *bits != first) {
        return Err(rare("samples of different sizes"));
    }
    Ok(usize::try_from(first).unwrap_or_default())
}

fn kind(directory: &Directory<'_>) -> Result<Kind, Failure> {
    match directory.number(tag::SAMPLE_FORMAT) {
        // 4 is "nobody knows".
        None | Some(0 | 1 | 4) => Ok(Kind::Whole),
        Some(2) => Ok(Kind::Signed),
        Some(3) => Ok(Kind::Float),
        Some(other) => Err(rare(&format!("numbers of kind {other}"))),
    }
}

fn predictor(directory: &Directory<'_>, compression: Compression) -> Result<Predictor, Failure> {
    // The tag belongs to the compressions that have one.
    if !matches!(
        compression,
        Compression::Lzw | Compression::Deflate | Compression::Zstd | Compression::Lzma
    ) {
        return Ok(Predictor::None);
    }
    match directory.number(tag::PREDICTOR) {
        None | Some(0 | 1) => Ok(Predictor::None),
        Some(2) => Ok(Predictor::Difference),
        Some(3) => Ok(Predictor::FloatBytes),
        Some(other) => Err(rare(&format!("predictor {other}"))),
    }
}

/// The first of the extra samples that is an opacity. A single extra sample that nobody explains is one too.
fn opacity(directory: &Directory<'_>, samples: usize, meaning: Meaning) -> Option<Opacity> {
    const ASSOCIATED: u64 = 1;
    const STRAIGHT: u64 = 2;
    let extra = samples - meaning.samples();
    let kinds = directory.numbers(tag::EXTRA_SAMPLES);
    let of = |number: usize, alpha| Opacity {
        sample: meaning.samples() + number,
        alpha,
    };
    if kinds.is_empty() {
        return (extra == 1).then(|| of(0, Alpha::Straight));
    }
    let mut known = kinds.into_iter().take(extra).enumerate();
    known.find_map(|(number, kind)| match kind {
        ASSOCIATED => Some(of(number, Alpha::Associated)),
        STRAIGHT => Some(of(number, Alpha::Straight)),
        _ => None,
    })
}

fn shared(directory: &Directory<'_>, meaning: Meaning, compression: Compression) -> Result<(usize, usize), Failure> {
    let packed = matches!(
        compression,
        Compression::Jpeg | Compression::OldJpeg(_) | Compression::WebP
    );
    if meaning != Meaning::YCbCr || packed {
        return Ok((1, 1));
    }
    match directory.numbers(tag::SUBSAMPLING).as_slice() {
        [] => Ok((2, 2)),
        [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => Ok((*across as usize, *down as usize)),
        _ => Err(damaged("its headers contradict each other")),
    }
}

/// Columns and rows of a part.
type Part = (u32, u32);

/// The size of strips or tiles, where they are, and how long.
fn parts(directory: &Directory<'_>, (width, height): (u32, u32)) -> Result<(Part, Vec<u64>, Vec<u64>), Failure> {
    let side = |tag| directory.number(tag).and_then(|side| u32::try_from(side).ok());
    if let (Some(tile_width), Some(tile_height)) = (side(tag::TILE_WIDTH), side(tag::TILE_HEIGHT))
        && tile_width > 0
        && tile_height > 0
    {
        if tile_width > WIDEST_TILE.max(width) {
            return Err(damaged("its headers contradict each other"));
        }
        // Some programs name the places of tiles as if they were strips.
        let of = |tiles, strips| directory.field(tiles).or(directory.field(strips));
        let numbers = |tiles, strips| -> Vec<u64> {
            of(tiles, strips)
                .map(|field| field.numbers().collect())
                .unwrap_or_default()
        };
        return Ok((
            (tile_width, tile_height),
            numbers(tag::TILE_PLACES, tag::STRIP_PLACES),
            numbers(tag::TILE_LENGTHS, tag::STRIP_LENGTHS),
        ));
    }
    let places = directory.numbers(tag::STRIP_PLACES);
    let rows = side(tag::ROWS_PER_STRIP)
        .filter(|rows| *rows > 0)
        .unwrap_or(height)
        .min(height);
    // One strip holds all rows, whatever else is said.
    let rows = if places.len() == 1 { height } else { rows };
    Ok(((width, rows), places, directory.numbers(tag::STRIP_LENGTHS)))
}

pub(super) fn rare(what: &str) -> Failure {
    Failure::unsupported(format!(
        "This is a rare variant of TIFF; it needs a decoder for it ({what}). Save it anew as an ordinary PNG or JPEG to \
         search it."
    ))
}

pub(super) fn damaged(what: &str) -> Failure {
    Failure::corrupt(format!(
        "Its TIFF data is damaged ({what}). Copy it again from where it came from."
    ))
}
