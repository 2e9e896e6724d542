//! The eight EXIF orientations: how stored rows and columns map to an upright picture.
//!
//! Source: Exif 2.32 (CIPA DC-008), section 4.6.4, tag 0x0112.

use super::decode::zeroed;
use super::failure::Failure;
use super::tiff::TiffBytes;

/// The orientation that an EXIF block names, 1–8: of a block that starts with its TIFF header, or with a few bytes before it
/// ("Exif\0\0" as JPEG has it, and as some programs write it everywhere; the place of the header as in HEIF). The tag's type is
/// SHORT; programs write every other type of whole numbers as well. What is no orientation counts as none.
pub(crate) fn exif_orientation(block: &[u8]) -> Option<u8> {
    const ORIENTATION: u16 = 0x0112;
    /// Bytes that may stand before the header.
    const BEFORE: usize = 10;
    let begins = |at: &usize| {
        matches!(
            block.get(*at..),
            Some([b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..])
        )
    };
    let block = (0..=BEFORE)
        .find(begins)
        .and_then(|at| block.get(at..))
        .unwrap_or(block);
    let value = TiffBytes::of(block)?.first_directory()?.number(ORIENTATION)?;
    u8::try_from(value).ok().filter(|value| (1..=8).contains(value))
}

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

    /// From an EXIF block; see [`exif_orientation`].
    pub(super) fn from_exif(block: &[u8]) -> Self {
        exif_orientation(block).map_or(Self::UPRIGHT, Self)
    }

    /// This orientation, then a turn by so many quarters against the clock.
    pub(super) fn then_anticlockwise(self, quarters: u8) -> Self {
        (0..quarters % 4).fold(self, |turned, _| {
            Self(match turned.0 {
                1 => 8,
                2 => 5,
                3 => 6,
                4 => 7,
                5 => 4,
                6 => 1,
                7 => 2,
                _ => 3,
            })
        })
    }

    /// This orientation, then top and bottom exchanged, or else left and right.
    pub(super) fn then_mirrored(self, top_and_bottom: bool) -> Self {
        let flipped = |orientation: u8| match orientation {
            1 => 4,
            2 => 3,
            3 => 2,
            4 => 1,
            5 => 8,
            6 => 7,
            7 => 6,
            _ => 5,
        };
        if top_and_bottom {
            Self(flipped(self.0))
        } else {
            // Left and right exchanged is upside down, then half a turn.
            Self(flipped(self.0)).then_anticlockwise(2)
        }
    }

    /// Where a place of the upright picture is stored: both as parts of width and height.
    pub(super) fn stored_place(self, place: [f32; 2]) -> [f32; 2] {
        // The quarter turns are each other's opposites; all others are their own.
        let opposite = match self.0 {
            6 => 8,
            8 => 6,
            own => own,
        };
        Self(opposite).place_of_stored(place)
    }

    /// Where a stored place is in the upright picture: both as parts of width and height.
    pub(super) fn place_of_stored(self, [x, y]: [f32; 2]) -> [f32; 2] {
        match self.0 {
            2 => [1.0 - x, y],
            3 => [1.0 - x, 1.0 - y],
            4 => [x, 1.0 - y],
            5 => [y, x],
            6 => [1.0 - y, x],
            7 => [1.0 - y, 1.0 - x],
            8 => [y, 1.0 - x],
            _ => [x, y],
        }
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

    /// Turned twice by its number is turned once by the sum: checked with pixels.
    #[test]
    fn turns_and_mirrors_that_follow_each_other_add_up() {
        let picture = pixels(&["abc", "def"]);
        for tag in 1..=8 {
            let first = Orientation::from_tag(tag);
            let (width, height) = first.turned_size(3, 2);
            let once = first.apply(picture.clone(), 3, 2).unwrap();
            for (second, both) in [
                (Orientation::from_tag(8), first.then_anticlockwise(1)),
                (Orientation::from_tag(3), first.then_anticlockwise(2)),
                (Orientation::from_tag(6), first.then_anticlockwise(3)),
                (Orientation::from_tag(2), first.then_mirrored(false)),
                (Orientation::from_tag(4), first.then_mirrored(true)),
            ] {
                let twice = second.apply(once.clone(), width, height).unwrap();
                assert_eq!(
                    both.apply(picture.clone(), 3, 2).unwrap(),
                    twice,
                    "{first:?}, {second:?}"
                );
            }
        }
    }

    #[test]
    fn places_go_where_their_pixels_go() {
        let (width, height) = (3, 2);
        for tag in 1..=8 {
            let orientation = Orientation::from_tag(tag);
            let upright = orientation.apply(pixels(&["abc", "def"]), width, height).unwrap();
            let (wide, high) = orientation.turned_size(width, height);
            for (number, letter) in "abcdef".bytes().enumerate() {
                let middle = |at: usize, of: u32| (at as f32 + 0.5) / of as f32;
                let stored = [middle(number % 3, width), middle(number / 3, height)];
                let [x, y] = orientation.place_of_stored(stored);
                let at = (y * high as f32) as usize * wide as usize + (x * wide as f32) as usize;
                assert_eq!(upright[at * 3], letter, "orientation {tag}");
                let back = orientation.stored_place([x, y]);
                assert!(back.iter().zip(stored).all(|(one, other)| (one - other).abs() < 1e-6));
            }
        }
    }

    /// An EXIF block of one entry: its type, and the four bytes of its value.
    fn block(big: bool, kind: u16, value: [u8; 4]) -> Vec<u8> {
        let short = |number: u16| {
            if big {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            }
        };
        let long = |number: u32| {
            if big {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            }
        };
        let mut block = if big { b"MM".to_vec() } else { b"II".to_vec() };
        block.extend(short(42));
        block.extend(long(8));
        block.extend(short(1));
        block.extend(short(0x0112));
        block.extend(short(kind));
        block.extend(long(1));
        block.extend(value);
        block.extend([0; 4]);
        block
    }

    // What exiftool 12.57 reads of these blocks is 6 ("Rotate 90 CW") as well.
    #[test]
    fn the_orientation_is_read_from_every_type_of_whole_numbers_and_with_the_prefix_of_jpeg() {
        const BYTE: u16 = 1;
        const SHORT: u16 = 3;
        const LONG: u16 = 4;
        const SIGNED: [u16; 3] = [6, 8, 9];
        for (big, kind, value) in [
            (false, BYTE, [6, 0, 0, 0]),
            (true, BYTE, [6, 0, 0, 0]),
            (false, SHORT, [6, 0, 0, 0]),
            (true, SHORT, [0, 6, 0, 0]),
            (false, LONG, [6, 0, 0, 0]),
            (true, LONG, [0, 0, 0, 6]),
            (true, SIGNED[0], [6, 0, 0, 0]),
            (true, SIGNED[1], [0, 6, 0, 0]),
            (true, SIGNED[2], [0, 0, 0, 6]),
        ] {
            let block = block(big, kind, value);
            assert_eq!(exif_orientation(&block), Some(6), "type {kind}, big {big}");
            let with_prefix = [b"Exif\0\0".as_slice(), &block].concat();
            assert_eq!(exif_orientation(&with_prefix), Some(6), "type {kind}, big {big}");
        }
    }

    #[test]
    fn what_is_no_orientation_counts_as_none() {
        const SHORT: u16 = 3;
        const FLOAT: u16 = 11;
        for value in [[0, 0, 0, 0], [9, 0, 0, 0], [6, 1, 0, 0]] {
            assert_eq!(exif_orientation(&block(false, SHORT, value)), None);
        }
        assert_eq!(exif_orientation(&block(false, FLOAT, 6f32.to_le_bytes())), None);
        assert_eq!(exif_orientation(b"MM\0\x2a\0\0\0\x08"), None);
    }

    #[test]
    fn values_outside_one_to_eight_mean_as_stored() {
        for tag in [0, 9, 255, 65_536 + 6] {
            assert_eq!(Orientation::from_tag(tag), Orientation::UPRIGHT);
        }
        assert_eq!(Orientation::from_exif(b"not a TIFF header"), Orientation::UPRIGHT);
    }
}
