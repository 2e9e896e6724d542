//! Strips and tiles of a TIFF, unpacked as they are read.
//!
//! Sources: TIFF 6.0, sections 9 to 11 and 13; Adobe's technical notes on TIFF (2002; deflate, JPEG); libtiff's compressions 34925,
//! 50000 and 50001 (LZMA in the container of xz, Zstandard, WebP).

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use flate2::read::ZlibDecoder;
use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;
use jpeg_decoder::{ColorTransform, Decoder as JpegDecoder};
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use weezl::decode::Decoder as LzwDecoder;
use weezl::{BitOrder, LzwStatus};

use super::fax;
use super::layout::{Compression, Layout, Meaning, damaged, rare};
use crate::decode::DecodeLimits;
use crate::failure::Failure;
use crate::raster;
use crate::sniff::PictureFormat;

/// What a dictionary may hold, KiB: that of the strongest preset has 64 MiB.
const MOST_LZMA_KIB: u32 = 80 << 10;

/// What the strips and tiles of a page share.
pub(super) struct Shared<'a> {
    pub(super) layout: &'a Layout,
    pub(super) file: &'a [u8],
    /// Quantisation and Huffman tables of JPEG strips.
    pub(super) jpeg_tables: Option<&'a [u8]>,
    /// Whether rows of facsimiles are coded after the row above.
    pub(super) fax_options: u64,
    pub(super) limits: &'a DecodeLimits,
}

impl<'a> Shared<'a> {
    /// The rows of a strip or tile of a plane, one after the other. `rows` of them will be read.
    pub(super) fn open(&self, plane: usize, number: usize, rows: usize) -> Result<Box<dyn Read + 'a>, Failure> {
        let layout = self.layout;
        let packed = layout.packed(self.file, plane, number)?;
        let packed = self.in_order(packed);
        Ok(match layout.compression {
            Compression::None => reading(packed),
            Compression::Lzw => Box::new(Lzw::new(packed)),
            Compression::Deflate => Box::new(ZlibDecoder::new(reading(packed))),
            Compression::Lzma => Box::new(XzReader::new_mem_limit(reading(packed), false, MOST_LZMA_KIB)),
            Compression::PackBits => Box::new(PackBits::new(packed)),
            Compression::Zstd => {
                let unpacked = StreamingDecoder::new(reading(packed)).map_err(|error| damaged(&error.to_string()))?;
                Box::new(unpacked)
            }
            Compression::Fax(kind) => Box::new(Cursor::new(fax::rows(
                &packed,
                kind,
                self.fax_options,
                layout.part.0,
                rows,
            )?)),
            Compression::Jpeg | Compression::OldJpeg(_) => Box::new(Cursor::new(self.jpeg(&packed, rows)?)),
            Compression::WebP => Box::new(Cursor::new(self.webp(&packed, rows)?)),
        })
    }

    /// The bytes with their bits in order. Compressions that are streams of bytes are known by how they begin.
    fn in_order(&self, packed: &'a [u8]) -> Cow<'a, [u8]> {
        let as_they_are = match (self.layout.compression, packed) {
            (Compression::Jpeg | Compression::OldJpeg(_), _) => true,
            (Compression::Deflate, [first, second, ..]) => {
                first & 0x0F == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31)
            }
            (Compression::Zstd, _) => packed.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]),
            (Compression::Lzma, _) => packed.starts_with(b"\xFD7zXZ"),
            (Compression::WebP, _) => packed.starts_with(b"RIFF"),
            _ => false,
        };
        if as_they_are || !self.layout.reversed {
            Cow::Borrowed(packed)
        } else {
            Cow::Owned(packed.iter().map(|byte| byte.reverse_bits()).collect())
        }
    }

    fn jpeg(&self, packed: &[u8], rows: usize) -> Result<Vec<u8>, Failure> {
        let whole = match self.jpeg_tables.and_then(|tables| with_tables(packed, tables)) {
            Some(whole) => Cow::Owned(whole),
            None => Cow::Borrowed(packed),
        };
        let mut decoder = JpegDecoder::new(&*whole);
        decoder.set_max_decoding_buffer_size(usize::try_from(self.limits.max_alloc_bytes).unwrap_or(usize::MAX));
        let named = |error: jpeg_decoder::Error| match error {
            jpeg_decoder::Error::Unsupported(what) => rare(&format!("JPEG with {what:?}")),
            jpeg_decoder::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                raster::ends_early(PictureFormat::Tiff)
            }
            other => damaged(&other.to_string()),
        };
        decoder.read_info().map_err(named)?;
        let (part, samples) = (self.layout.part, self.layout.samples_together());
        let info = decoder.info().ok_or_else(|| raster::ends_early(PictureFormat::Tiff))?;
        let fits = u32::from(info.width) == part.0 && usize::from(info.height) >= rows;
        if !fits || info.pixel_format.pixel_bytes() != samples {
            return Err(damaged("its headers contradict each other"));
        }
        self.limits
            .check(u32::from(info.width), u32::from(info.height), 2 * samples as u64)?;
        // The TIFF says what the colours are, whatever markers the JPEG has.
        match (samples, self.layout.meaning) {
            (3, Meaning::YCbCr) => decoder.set_color_transform(ColorTransform::YCbCr),
            (3, _) => decoder.set_color_transform(ColorTransform::RGB),
            (4, _) => decoder.set_color_transform(ColorTransform::CMYK),
            _ => {}
        }
        let mut pixels = decoder.decode().map_err(named)?;
        if samples == 4 {
            // The decoder takes four samples for ink that is written inverted.
            pixels.iter_mut().for_each(|value| *value = 255 - *value);
        }
        Ok(pixels)
    }

    fn webp(&self, packed: &[u8], rows: usize) -> Result<Vec<u8>, Failure> {
        let named = |error| raster::failure(error, PictureFormat::Tiff);
        let decoder = WebPDecoder::new(Cursor::new(packed)).map_err(named)?;
        let (width, height) = decoder.dimensions();
        let samples = self.layout.samples_together();
        let stored = usize::from(decoder.color_type().channel_count());
        if width != self.layout.part.0 || (height as usize) < rows || !matches!(samples, 3 | 4) || stored > samples {
            return Err(damaged("its headers contradict each other"));
        }
        self.limits.check(width, height, 2 * samples as u64)?;
        let mut pixels = crate::decode::zeroed(width as usize * height as usize * stored)?;
        decoder.read_image(&mut pixels).map_err(named)?;
        if stored == samples {
            return Ok(pixels);
        }
        // A part that is opaque leaves its opacity away.
        Ok(pixels
            .as_chunks::<3>()
            .0
            .iter()
            .flat_map(|[red, green, blue]| [*red, *green, *blue, 255])
            .collect())
    }
}

fn reading(packed: Cow<'_, [u8]>) -> Box<dyn Read + '_> {
    match packed {
        Cow::Borrowed(bytes) => Box::new(bytes),
        Cow::Owned(bytes) => Box::new(Cursor::new(bytes)),
    }
}

/// A JPEG that begins with the tables of the page; both have markers of their own at both ends.
fn with_tables(packed: &[u8], tables: &[u8]) -> Option<Vec<u8>> {
    const START: &[u8] = &[0xFF, 0xD8];
    const END: &[u8] = &[0xFF, 0xD9];
    let tables = tables.strip_prefix(START)?;
    let tables = tables.strip_suffix(END).unwrap_or(tables);
    Some([START, tables, packed.strip_prefix(START)?].concat())
}

/// LZW as TIFF has it, in the old manner of before 1992 as well.
struct Lzw<'a> {
    packed: Cow<'a, [u8]>,
    used: usize,
    decoder: LzwDecoder,
    ended: bool,
}

impl<'a> Lzw<'a> {
    fn new(packed: Cow<'a, [u8]>) -> Self {
        // The first code clears the table: 256, which the old manner writes from the lowest bit on.
        let old = matches!(packed.as_ref(), [0, second, ..] if second & 1 == 1);
        let decoder = if old {
            LzwDecoder::new(BitOrder::Lsb, 8)
        } else {
            LzwDecoder::with_tiff_size_switch(BitOrder::Msb, 8)
        };
        Self {
            packed,
            used: 0,
            decoder,
            ended: false,
        }
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !to.is_empty() {
            let rest = self.packed.get(self.used..).unwrap_or_default();
            let result = self.decoder.decode_bytes(rest, to);
            self.used += result.consumed_in;
            match result.status {
                Ok(LzwStatus::Ok) => {}
                Ok(LzwStatus::NoProgress | LzwStatus::Done) => self.ended = true,
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
            if result.consumed_out > 0 {
                return Ok(result.consumed_out);
            }
        }
        Ok(0)
    }
}

/// Runs of equal bytes, and runs of bytes as they are.
struct PackBits<'a> {
    packed: Cow<'a, [u8]>,
    used: usize,
    run: Run,
}

#[derive(Clone, Copy)]
enum Run {
    /// So many bytes as they are.
    Own(usize),
    /// So many of this byte.
    Equal(usize, u8),
}

impl<'a> PackBits<'a> {
    fn new(packed: Cow<'a, [u8]>) -> Self {
        Self {
            packed,
            used: 0,
            run: Run::Own(0),
        }
    }

    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.packed.get(self.used).copied();
        self.used += 1;
        byte
    }
}

impl Read for PackBits<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.run {
                Run::Own(left @ 1..) => {
                    let rest = self.packed.get(self.used..).unwrap_or_default();
                    let len = left.min(rest.len()).min(to.len());
                    for (to, from) in to.iter_mut().zip(rest.iter().take(len)) {
                        *to = *from;
                    }
                    self.used += len;
                    self.run = Run::Own(left - len);
                    return Ok(len);
                }
                Run::Equal(left @ 1.., byte) => {
                    let len = left.min(to.len());
                    to.iter_mut().take(len).for_each(|to| *to = byte);
                    self.run = Run::Equal(left - len, byte);
                    return Ok(len);
                }
                Run::Own(0) | Run::Equal(0, _) => {}
            }
            let Some(head) = self.next_byte() else {
                return Ok(0);
            };
            self.run = match head {
                0..=127 => Run::Own(usize::from(head) + 1),
                // Nothing.
                128 => Run::Own(0),
                129..=255 => match self.next_byte() {
                    Some(byte) => Run::Equal(257 - usize::from(head), byte),
                    None => return Ok(0),
                },
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Unpacked by tifffile's `imagecodecs.packbits_decode`, 2026.3.6, as well; the packed bytes are those of TIFF 6.0, section 9.
    #[test]
    fn packed_bits_of_the_specification_are_unpacked_in_pieces_of_any_length() {
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA,
        ];
        let expected = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        for piece in 1..expected.len() {
            let mut unpacked: Vec<u8> = Vec::new();
            let mut reader = PackBits::new(Cow::Borrowed(&packed));
            let mut buffer = vec![0; piece];
            loop {
                let len = reader.read(&mut buffer).unwrap();
                if len == 0 {
                    break;
                }
                unpacked.extend_from_slice(&buffer[..len]);
            }
            assert_eq!(unpacked, expected, "{piece}");
        }
    }
}
