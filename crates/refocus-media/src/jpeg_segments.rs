//! What a JPEG says about itself before its pixels are touched: size, coding, EXIF, ICC, and whether it is complete.
//!
//! Source: ITU-T T.81, annex B; ICC.1, annex B.4 (profiles in APP2); JFIF 1.02; Adobe technical note 5116 (APP14).

use memchr::memchr;

use super::failure::Failure;

/// One colour component of the frame: its name, its share of the frame's samples in each direction, its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampling {
    pub(super) id: u8,
    pub(super) horizontal: u8,
    pub(super) vertical: u8,
    /// Number of the table of its coefficients' steps.
    pub(super) quantisation: u8,
}

/// How the coefficients are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// All coefficients of a block at once (baseline and extended).
    Sequential,
    /// Coefficients refined over several scans.
    Progressive,
    /// Anything that cameras and phones do not write.
    Other(&'static str),
}

/// The frame header and the segments around it.
#[derive(Debug, Default)]
pub(super) struct JpegSegments<'a> {
    /// `None` where the file ends before its frame header.
    pub(super) frame: Option<Frame>,
    /// EXIF block, beginning with its TIFF header.
    pub(super) exif: Option<&'a [u8]>,
    /// ICC profile, put together from its parts.
    pub(super) icc: Option<Vec<u8>>,
    /// Whether it says that it is a JFIF file.
    pub(super) jfif: bool,
    /// The colour transform that Adobe's segment names.
    pub(super) adobe_transform: Option<u8>,
    /// Whether the end marker is there.
    pub(super) ended: bool,
}

/// The frame header.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits of a sample.
    pub(super) precision: u8,
    pub(super) coding: Coding,
    pub(super) components: Vec<Sampling>,
}

impl Frame {
    /// The largest share in each direction.
    pub(super) fn largest_sampling(&self) -> (u8, u8) {
        let largest = |side: fn(&Sampling) -> u8| self.components.iter().map(side).max().unwrap_or(1).max(1);
        (
            largest(|component| component.horizontal),
            largest(|component| component.vertical),
        )
    }

    /// Samples of all components together, at full scale, with blocks at the borders filled up.
    pub(super) fn samples(&self) -> u64 {
        let (widest, tallest) = self.largest_sampling();
        let (widest, tallest) = (u64::from(widest), u64::from(tallest));
        let columns = u64::from(self.width).div_ceil(8 * widest);
        let rows = u64::from(self.height).div_ceil(8 * tallest);
        let blocks: u64 = self
            .components
            .iter()
            .map(|c| u64::from(c.horizontal) * u64::from(c.vertical))
            .sum();
        columns * rows * blocks * 64
    }
}

const END_OF_IMAGE: u8 = 0xD9;

/// Reads all segments of `bytes`, which begin with the start marker. Stops quietly where the bytes end.
pub(super) fn read(bytes: &[u8]) -> Result<JpegSegments<'_>, Failure> {
    let mut segments = JpegSegments::default();
    let mut icc_parts: Vec<(u8, &[u8])> = Vec::new();
    let mut at = 2;
    while let Some((marker, body, behind)) = next_segment(bytes, at) {
        at = behind;
        match marker {
            END_OF_IMAGE => {
                segments.ended = true;
                break;
            }
            // What another picture says about itself is not about this one.
            0xD8 if segments.frame.is_some() => break,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if segments.frame.is_none() => {
                segments.frame = Some(frame(marker, body)?);
            }
            0xE1 => {
                // Of the two bytes behind the name some programs fill the second.
                let exif = body.strip_prefix(b"Exif\0").and_then(|behind| behind.get(1..));
                segments.exif = segments.exif.or(exif);
            }
            0xE2 => {
                if let Some([number, _total, part @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") {
                    icc_parts.push((*number, part));
                }
            }
            0xE0 if body.starts_with(b"JFIF\0") => segments.jfif = true,
            0xEE => {
                // Version, two words of flags, then the transform.
                if let Some([_, _, _, _, _, _, transform, ..]) = body.strip_prefix(b"Adobe") {
                    segments.adobe_transform = Some(*transform);
                }
            }
            // The number of lines, where the frame did not know it yet.
            0xDC => {
                if let (Some(frame), [high, low, ..]) = (&mut segments.frame, body)
                    && frame.height == 0
                {
                    frame.height = u32::from(*high) << 8 | u32::from(*low);
                }
            }
            _ => {}
        }
    }
    icc_parts.sort_by_key(|&(number, _)| number);
    segments.icc = (!icc_parts.is_empty()).then(|| icc_parts.iter().flat_map(|(_, part)| *part).copied().collect());
    Ok(segments)
}

/// The body of the segment whose length stands at `at`, and where it ends.
fn body_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let [high, low] = bytes.get(at..)?.first_chunk()?;
    let end = at + (usize::from(*high) << 8 | usize::from(*low)).max(2);
    Some((bytes.get(at + 2..end)?, end))
}

/// The next marker at or after `from`, the body of its segment, and where that ends. Standalone markers carry no body.
pub(super) fn next_segment(bytes: &[u8], from: usize) -> Option<(u8, &[u8], usize)> {
    let (marker, at) = next_marker(bytes, from)?;
    if matches!(marker, 0x01 | 0xD0..=0xD9) {
        return Some((marker, &[], at));
    }
    let (body, behind) = body_at(bytes, at)?;
    Some((marker, body, behind))
}

/// The next marker at or after `from`, and where its segment begins. Entropy-coded data is passed over: in it 0xFF is
/// always followed by 0x00, which is no marker.
pub(super) fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let mut at = from;
    loop {
        at += memchr(0xFF, bytes.get(at..)?)?;
        while bytes.get(at) == Some(&0xFF) {
            at += 1;
        }
        let marker = *bytes.get(at)?;
        at += 1;
        if marker != 0 {
            return Some((marker, at));
        }
    }
}

fn frame(marker: u8, body: &[u8]) -> Result<Frame, Failure> {
    let damaged = || Failure::corrupt("Its JPEG header is damaged. Copy it again from where it came from.");
    let [precision, y1, y0, x1, x0, count, components @ ..] = body else {
        return Err(damaged());
    };
    let components: Vec<Sampling> = components
        .chunks_exact(3)
        .take(usize::from(*count))
        .map(|component| Sampling {
            id: component[0],
            horizontal: component[1] >> 4,
            vertical: component[1] & 15,
            quantisation: component[2],
        })
        .collect();
    let sampled = components
        .iter()
        .all(|c| (1..=4).contains(&c.horizontal) && (1..=4).contains(&c.vertical));
    if components.len() != usize::from(*count) || components.is_empty() || !sampled {
        return Err(damaged());
    }
    Ok(Frame {
        width: u32::from(*x1) << 8 | u32::from(*x0),
        height: u32::from(*y1) << 8 | u32::from(*y0),
        precision: *precision,
        coding: match marker {
            0xC0 | 0xC1 => Coding::Sequential,
            0xC2 => Coding::Progressive,
            0xC3 => Coding::Other("lossless"),
            0xC5..=0xC7 => Coding::Other("hierarchical"),
            _ => Coding::Other("arithmetic-coded"),
        },
        components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOI, APP1 "Exif", two ICC parts in the wrong order, a 4:2:0 frame of 20 × 10, one scan with stuffed bytes, EOI.
    fn sample() -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        let mut segment = |marker: u8, body: &[u8]| {
            file.extend([0xFF, marker]);
            file.extend((body.len() as u16 + 2).to_be_bytes());
            file.extend(body);
        };
        segment(0xE1, b"Exif\0\0II*\0");
        segment(0xE2, b"ICC_PROFILE\0\x02\x02second");
        segment(0xE2, b"ICC_PROFILE\0\x01\x02first ");
        segment(0xC0, &[8, 0, 10, 0, 20, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        segment(0xDA, &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
        file.extend([1, 2, 0xFF, 0x00, 0xD9, 3, 0xFF, 0xD0, 4, 0xFF, 0xD9]);
        file
    }

    #[test]
    fn segments_are_read_and_stuffed_bytes_are_no_end() {
        let file = sample();
        let segments = read(&file).unwrap();
        assert_eq!(segments.exif, Some(b"II*\0".as_slice()));
        assert_eq!(segments.icc.as_deref(), Some(b"first second".as_slice()));
        assert!(segments.ended);
        let frame = segments.frame.unwrap();
        assert_eq!((frame.width, frame.height, frame.precision), (20, 10, 8));
        assert_eq!(frame.coding, Coding::Sequential);
        // 2 × 1 units of 4 + 1 + 1 blocks.
        assert_eq!(frame.samples(), 2 * 6 * 64);
    }

    #[test]
    fn every_shorter_file_is_read_without_an_end() {
        let file = sample();
        for len in 2..file.len() {
            let outcome = read(&file[..len]);
            assert!(outcome.is_err() || !outcome.unwrap().ended, "{len}");
        }
    }

    #[test]
    fn what_follows_a_picture_without_an_end_is_not_read_into_it() {
        let mut other = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 7];
        other.extend(b"JFIF\0");
        other.extend([0xFF, 0xEE, 0, 14]);
        other.extend(b"Adobe\0\x64\0\0\0\0\x01");
        assert!(read(&other).unwrap().jfif && read(&other).unwrap().adobe_transform == Some(1));
        let first = sample();
        let both = [&first[..first.len() - 2], &other].concat();
        let segments = read(&both).unwrap();
        assert_eq!(
            (segments.jfif, segments.adobe_transform, segments.ended),
            (false, None, false)
        );
    }

    #[test]
    fn the_number_of_lines_is_taken_from_its_segment_where_the_frame_has_none() {
        for (in_frame, expected) in [(0, 77), (10, 10)] {
            let mut file = sample();
            let at = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
            file[at + 6] = in_frame;
            let end = file.len() - 2;
            file.splice(end..end, [0xFF, 0xDC, 0, 4, 0, 77]);
            assert_eq!(read(&file).unwrap().frame.unwrap().height, expected);
        }
    }

    #[test]
    fn impossible_sampling_is_a_damaged_header() {
        assert!(frame(0xC0, &[8, 0, 1, 0, 1, 1, 1, 0x01, 0]).is_err());
        assert!(frame(0xC0, &[8, 0, 1, 0, 1, 2, 1, 0x11, 0]).is_err());
        assert!(frame(0xC0, &[8, 0]).is_err());
    }
}
