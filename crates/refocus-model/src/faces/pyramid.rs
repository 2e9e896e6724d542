//! The picture at the scales at which the detector reads it: it was made for faces of about a tenth to a half of its side.

use refocus_resize::{ResizeFilter, resize_rgb};

use super::network::STEP;
use crate::{ModelError, PictureView};

/// Longer sides of the picture that are read, pixels.
pub(super) const SCALES: [u32; 5] = [192, 384, 512, 768, 1024];

/// One scale of a picture.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// Width and height with what was filled up, pixels: multiples of [`STEP`].
    pub(super) width: usize,
    pub(super) height: usize,
    /// Pixels of this level for a pixel of the picture, across and down.
    pub(super) scale: [f32; 2],
    /// Which of [`SCALES`] it is, if any.
    pub(super) number: Option<usize>,
    /// The row of the level with which what was read begins.
    pub(super) first: usize,
}

/// Rows that are read together at most: they bound the memory.
const BAND: usize = 416;
/// Rows that neighbouring bands share: a face up to this size lies wholly in one of them, and larger ones are seen at another scale.
const SHARED: usize = 64;

impl Level {
    /// A point of this level in pixels of the picture.
    pub(super) fn to_picture(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [across, down] = self.scale;
        [x / across, (y + self.first as f32) / down]
    }

    /// The bands in which the level is read, each with its height in `height`, a multiple of [`STEP`].
    pub(super) fn bands(&self) -> impl Iterator<Item = Self> {
        let height = self.height;
        let count = height.saturating_sub(SHARED).div_ceil(BAND - SHARED).max(1);
        let rows = (height + (count - 1) * SHARED)
            .div_ceil(count)
            .next_multiple_of(STEP)
            .min(height);
        (0..count).map(move |band| Self {
            height: rows,
            first: (band * rows.saturating_sub(SHARED)).min(height - rows),
            ..self.clone()
        })
    }

    /// The band's part of the level's pixels.
    pub(super) fn of<'a>(&self, pixels: &'a [u8]) -> &'a [u8] {
        let row = self.width * 3;
        pixels
            .get(self.first * row..(self.first + self.height) * row)
            .unwrap_or_default()
    }
}

/// The levels of a picture with their pixels `[height, width, 3]`, filled up with black to the right and below. The largest comes
/// first, so that the maps of the smaller ones fit into its buffers.
///
/// # Errors
/// [`ModelError::Resize`] when the resampler refuses the picture.
pub(super) fn levels(picture: PictureView<'_>) -> impl Iterator<Item = Result<(Level, Vec<u8>), ModelError>> {
    let scales = SCALES.into_iter().enumerate().rev();
    scales.map(move |(number, longest)| level(picture, number, longest))
}

fn level(picture: PictureView<'_>, number: usize, longest: u32) -> Result<(Level, Vec<u8>), ModelError> {
    let (width, height) = (picture.width(), picture.height());
    let scale = f64::from(longest) / f64::from(width.max(height));
    let along = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    let (across, down) = (along(width), along(height));
    let resized = resize_rgb(picture.rgb(), (width, height), (across, down), ResizeFilter::Bilinear)?;
    let (columns, rows) = (across as usize, down as usize);
    let level = Level {
        width: columns.next_multiple_of(STEP),
        height: rows.next_multiple_of(STEP),
        scale: [across as f32 / width as f32, down as f32 / height as f32],
        number: Some(number),
        first: 0,
    };
    let mut canvas = vec![0; level.width * level.height * 3];
    paste(&resized, columns, &mut canvas, level.width, (0, 0));
    Ok((level, canvas))
}

/// Copies a picture of `columns` columns into one of `width`, its first pixel to column `x` and row `y`; what does not fit is left
/// out.
pub(super) fn paste(from: &[u8], columns: usize, canvas: &mut [u8], width: usize, (x, y): (usize, usize)) {
    let rows = canvas.chunks_exact_mut(width * 3).skip(y);
    for (from, to) in from.chunks_exact(columns * 3).zip(rows) {
        for (to, from) in to.iter_mut().skip(x * 3).zip(from) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_keep_proportions_and_are_filled_up_with_black() {
        let pixels = vec![200; 100 * 40 * 3];
        let picture = PictureView::new(100, 40, &pixels).unwrap();
        let (level, pixels) = level(picture, 0, 192).unwrap();
        assert_eq!((level.width, level.height), (192, 96));
        assert_eq!(pixels.len(), 192 * 96 * 3);
        assert_eq!((pixels[76 * 192 * 3], pixels[77 * 192 * 3]), (200, 0));
        let [x, y] = level.to_picture([192.0, 77.0]);
        assert!((x - 100.0).abs() < 1e-4 && (y - 40.0).abs() < 1e-4, "{x}, {y}");
    }

    #[test]
    fn bands_cover_a_level_and_share_rows() {
        let pixels = vec![7; 40 * 30 * 3];
        for (width, height, number) in [(40, 30, 4), (30, 40, 4), (40, 40, 3), (40, 30, 1)] {
            let picture = PictureView::new(width, height, &pixels[..]);
            let picture = picture.or_else(|_| PictureView::new(1, 1, &pixels[..3])).unwrap();
            let (level, pixels) = level(picture, number, SCALES[number]).unwrap();
            let bands: Vec<Level> = level.bands().collect();
            let mut covered = 0;
            for (at, band) in bands.iter().enumerate() {
                assert!(band.height <= BAND && band.height.is_multiple_of(STEP), "{band:?}");
                assert!(
                    at == 0 && band.first == 0 || band.first + SHARED <= covered,
                    "{bands:?}"
                );
                assert_eq!(band.of(&pixels).len(), band.width * band.height * 3);
                covered = band.first + band.height;
            }
            assert_eq!(covered, level.height);
        }
    }
}
