//! The eight EXIF orientations: how stored rows and columns map to an upright picture.
//!
//! Source: Exif 2.32 (CIPA DC-008), section 4.6.4, tag 0x0112.

use super::decode::zeroed;
use super::failure::Failure;

/// EXIF orientation, 1–8. The name says where the stored picture's first row and first column belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Orientation(u8);

impl Orientation {
    /// As stored.
    pub(super) const UPRIGHT: Self = Self(1);

    /// From the tag's value; anything outside 1–8 means "as stored".
    pub(super) fn from_tag(value: u32) -> Self {
        if (1..=8).contains(&value) {
            Self(value as u8)
        } else {
            Self::UPRIGHT
        }
    }

    /// The tag's value, 1–8.
    pub(super) fn tag(self) -> u32 {
        u32::from(self.0)
    }

    /// From an EXIF block that starts with its TIFF header.
    pub(super) fn from_exif(block: &[u8]) -> Self {
        exif_orientation(block).map_or(Self::UPRIGHT, |tag| Self::from_tag(tag.into()))
    }

    /// Whether width and height change places.
    pub(super) fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    /// `(width, height)` after turning.
    pub(super) fn turned_size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_sides() {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// Turns `rgb`, pixels `[height, width, 3]`, upright.
    ///
    /// # Errors
    /// Out of memory for the turned copy.
    pub(super) fn apply(self, mut rgb: Vec<u8>, width: u32, height: u32) -> Result<Vec<u8>, Failure> {
        let row_bytes = width as usize * 3;
        if row_bytes == 0 {
            return Ok(rgb);
        }
        match self.0 {
            2 => rgb.chunks_exact_mut(row_bytes).for_each(mirror_row),
            3 => mirror_row(&mut rgb),
            4 => flip_rows(&mut rgb, row_bytes),
            5..=8 => return self.apply_swapped(&rgb, width as usize, height as usize),
            _ => {}
        }
        Ok(rgb)
    }

    /// Orientations 5–8: columns become rows. Works in square tiles, so that a large picture stays in the cache.
    fn apply_swapped(self, rgb: &[u8], width: usize, height: usize) -> Result<Vec<u8>, Failure> {
        const TILE: usize = 32;
        let mut turned = zeroed(rgb.len())?;
        let (from, _) = rgb.as_chunks::<3>();
        let (to, _) = turned.as_chunks_mut::<3>();
        // Where stored pixel (x, y) goes: row `x` or its mirror, column `y` or its mirror, in rows of `height` pixels.
        let mirror_x = matches!(self.0, 7 | 8);
        let mirror_y = matches!(self.0, 6 | 7);
        for tile_y in (0..height).step_by(TILE) {
            for tile_x in (0..width).step_by(TILE) {
                for y in tile_y..(tile_y + TILE).min(height) {
                    let column = if mirror_y { height - 1 - y } else { y };
                    for x in tile_x..(tile_x + TILE).min(width) {
                        let row = if mirror_x { width - 1 - x } else { x };
                        if let (Some(target), Some(source)) =
                            (to.get_mut(row * height + column), from.get(y * width + x))
                        {
                            *target = *source;
                        }
                    }
                }
            }
        }
        Ok(turned)
    }
}

/// The value of the orientation tag in the main directory of `tiff`, which begins with its header, in any type of integer.
pub(crate) fn exif_orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let number = |bytes: &[u8]| {
        let place = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        if little {
            bytes.iter().rev().fold(0, place)
        } else {
            bytes.iter().fold(0, place)
        }
    };
    let directory = tiff.get(number(tiff.get(4..8)?) as usize..)?;
    let count = number(directory.get(..2)?) as usize;
    let mut entries = directory.get(2..)?.chunks_exact(12).take(count);
    let entry = entries.find(|entry| entry.starts_with(if little { &[0x12, 1] } else { &[1, 0x12] }))?;
    let len = match number(entry.get(2..4)?) {
        // BYTE, SBYTE; SHORT, SSHORT; LONG, SLONG.
        1 | 6 => 1,
        3 | 8 => 2,
        4 | 9 => 4,
        _ => return None,
    };
    u8::try_from(number(entry.get(8..8 + len)?)).ok()
}

fn mirror_row(row: &mut [u8]) {
    row.as_chunks_mut::<3>().0.reverse();
}

fn flip_rows(rgb: &mut [u8], row_bytes: usize) {
    let rows = rgb.len() / row_bytes;
    let (upper, lower) = rgb.split_at_mut(rows.div_ceil(2) * row_bytes);
    for (above, below) in upper
        .chunks_exact_mut(row_bytes)
        .zip(lower.chunks_exact_mut(row_bytes).rev())
    {
        above.swap_with_slice(below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters as pixels: `rows` of one byte a pixel.
    fn pixels(rows: &[&str]) -> Vec<u8> {
        rows.concat()
            .bytes()
            .flat_map(|letter| [letter, letter, letter])
            .collect()
    }

    #[test]
    fn each_orientation_turns_the_letter_f_upright() {
        // How each orientation stores the upright picture "ab / cd / ef" (two wide, three high).
        let stored: [(u32, &[&str]); 8] = [
            (1, &["ab", "cd", "ef"]),
            (2, &["ba", "dc", "fe"]),
            (3, &["fe", "dc", "ba"]),
            (4, &["ef", "cd", "ab"]),
            (5, &["ace", "bdf"]),
            (6, &["bdf", "ace"]),
            (7, &["fdb", "eca"]),
            (8, &["eca", "fdb"]),
        ];
        for (tag, rows) in stored {
            let (width, height) = (rows[0].len() as u32, rows.len() as u32);
            let orientation = Orientation::from_tag(tag);
            assert_eq!(orientation.turned_size(width, height), (2, 3), "orientation {tag}");
            let upright = orientation.apply(pixels(rows), width, height).unwrap();
            assert_eq!(upright, pixels(&["ab", "cd", "ef"]), "orientation {tag}");
        }
    }

    #[test]
    fn tiles_cover_pictures_larger_than_one_tile() {
        let (width, height) = (70, 45);
        let source: Vec<u8> = (0..width * height * 3).map(|i| (i % 251) as u8).collect();
        let turned = Orientation::from_tag(6).apply(source.clone(), width, height).unwrap();
        let back = Orientation::from_tag(8).apply(turned, height, width).unwrap();
        assert_eq!(back, source);
    }

    /// A block with one entry, written in either byte order.
    fn block(little: bool, kind: u16, value: &[u8]) -> Vec<u8> {
        let order = |bytes: &[u8]| -> Vec<u8> {
            if little {
                bytes.iter().rev().copied().collect()
            } else {
                bytes.to_vec()
            }
        };
        let start = if little { b"II" } else { b"MM" };
        let mut padded = order(value);
        padded.resize(4, 0);
        [
            start.as_slice(),
            &order(&[0, 42]),
            &order(&8u32.to_be_bytes()),
            &order(&[0, 1]),
            &order(&[0x01, 0x12]),
            &order(&kind.to_be_bytes()),
            &order(&1u32.to_be_bytes()),
            &padded,
            &[0; 4],
        ]
        .concat()
    }

    #[test]
    fn the_tag_is_read_in_every_type_of_integer_and_both_byte_orders() {
        for little in [true, false] {
            let readable: [(u16, &[u8]); 6] = [
                (1, &[6]),
                (6, &[6]),
                (3, &[0, 6]),
                (8, &[0, 6]),
                (4, &[0, 0, 0, 6]),
                (9, &[0, 0, 0, 6]),
            ];
            for (kind, value) in readable {
                assert_eq!(
                    exif_orientation(&block(little, kind, value)),
                    Some(6),
                    "type {kind}, {little}"
                );
            }
            // A fraction, a text, and what does not fit.
            let others: [(u16, &[u8]); 3] = [(5, &[0, 6]), (2, b"6"), (4, &[0, 1, 0, 6])];
            for (kind, value) in others {
                assert_eq!(exif_orientation(&block(little, kind, value)), None, "type {kind}");
            }
            let whole = block(little, 3, &[0, 6]);
            for len in 0..20 {
                assert_eq!(exif_orientation(&whole[..len]), None, "{len} bytes");
            }
        }
    }

    #[test]
    fn values_outside_one_to_eight_mean_as_stored() {
        for tag in [0, 9, 255, 65_536 + 6] {
            assert_eq!(Orientation::from_tag(tag), Orientation::UPRIGHT);
        }
        assert_eq!(Orientation::from_exif(b"not a TIFF header"), Orientation::UPRIGHT);
    }
}
