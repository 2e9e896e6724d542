//! Camera raw files, shown by the largest JPEG that the camera put into them.
//!
//! Sources: TIFF 6.0 and TIFF/EP (CR2, NEF, ARW, DNG, PEF, SRW, and with another magic number ORF and RW2), ISO 14496-12 (the
//! boxes of CR3), and the header of RAF as `exiftool` documents it. No offset and no length of a file is trusted: what does
//! not lie inside the file is passed over, and so is what is not a JPEG that the gate's decoder reads.

use super::decode::{DecodeLimits, Scale, StoredPicture};
use super::failure::Failure;
use super::jpeg;
use super::jpeg_segments::{self, Coding};
use super::memory_budget::Share;
use super::orientation::Orientation;

/// Directories that are looked at; a file of a camera has about ten.
const MOST_DIRECTORIES: usize = 64;

/// Entries of a directory that are looked at.
const MOST_ENTRIES: usize = 1024;

/// Places that may hold a JPEG.
const MOST_CANDIDATES: usize = 64;

/// Boxes of a CR3 that are looked at, and how deep they may lie in one another.
const MOST_BOXES: usize = 512;
const DEEPEST_BOX: usize = 8;

const ORIENTATION: u16 = 0x0112;

/// Decodes the largest preview of `bytes`, which begin as a camera raw file.
pub(super) fn decode(
    bytes: &[u8],
    scale: Scale,
    limits: &DecodeLimits,
    share: &mut Share,
) -> Result<StoredPicture, Failure> {
    let found = Previews::of(bytes);
    let Some(preview) = found.largest() else {
        return Err(Failure::unsupported(
            "This camera raw file holds no preview that can be shown. Export it as JPEG or TIFF to search it.",
        ));
    };
    let stored = jpeg::decode(preview, scale, limits, share)?;
    // The file's own word counts; where it has none, the preview's was taken by the JPEG's decoder.
    Ok(match found.orientation {
        Some(orientation) => StoredPicture { orientation, ..stored },
        None => stored,
    })
}

/// TIFF blocks and JPEGs inside `bytes` that may say when and how the photo was taken, for files that are no plain TIFF.
pub(super) fn metadata_blocks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Previews::default();
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => found.read_boxes(bytes, 0),
        // ORF and RW2 are TIFF but for their magic number.
        [b'I', b'I', _, _, rest @ ..] => return vec![[b"II\x2a\0", rest].concat()],
        [b'M', b'M', _, _, rest @ ..] => return vec![[b"MM\0\x2a", rest].concat()],
        _ => found.read_raf(bytes),
    }
    let jpegs = found.largest().map(<[u8]>::to_vec);
    found.blocks.into_iter().map(<[u8]>::to_vec).chain(jpegs).collect()
}

/// The bytes of a tag in the first directory of a TIFF, or of a raw file that is a TIFF but for its magic number.
pub(super) fn first_directory_bytes(bytes: &[u8], tag: u16) -> Option<&[u8]> {
    /// Bytes of a value, by TIFF's type; text and bytes of any meaning have one, and XMP and IPTC also come as LONG.
    const LONG: u16 = 4;
    if !matches!(bytes, [b'I', b'I', ..] | [b'M', b'M', ..]) {
        return None;
    }
    let tiff = Tiff::of(bytes);
    let at = tiff.long(4)? as usize;
    let count = usize::from(tiff.short(at)?).min(MOST_ENTRIES);
    let mut entries = (0..count).map_while(|number| tiff.entry(at.checked_add(2 + number * 12)?));
    let entry = entries.find(|entry| entry.tag == tag)?;
    let size = if entry.kind == LONG { 4 } else { 1 };
    let len = usize::try_from(entry.count).ok()?.checked_mul(size)?;
    let from = entry.value as usize;
    bytes.get(from..from.checked_add(len)?).filter(|_| len > 4)
}

/// What was found in a file.
#[derive(Default)]
struct Previews<'a> {
    /// Where a JPEG may begin; it ends with the slice, or before.
    candidates: Vec<&'a [u8]>,
    orientation: Option<Orientation>,
    /// TIFF blocks of a CR3.
    blocks: Vec<&'a [u8]>,
    directories: usize,
    boxes: usize,
}

impl<'a> Previews<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut found = Self::default();
        match bytes {
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => found.read_boxes(bytes, 0),
            [b'I', b'I', ..] | [b'M', b'M', ..] => found.read_tiff(bytes),
            _ => found.read_raf(bytes),
        }
        if found.largest().is_none() {
            // Some makers keep the preview in notes of their own: it is found by how a JPEG begins.
            found.search(bytes);
        }
        found
    }

    /// The JPEG of the most pixels that the gate's decoder reads, whole.
    fn largest(&self) -> Option<&'a [u8]> {
        let readable = self.candidates.iter().filter_map(|candidate| {
            let segments = jpeg_segments::read(candidate).ok()?;
            let frame = segments.frame.as_ref()?;
            let ordinary = matches!(frame.coding, Coding::Sequential | Coding::Progressive)
                && frame.precision == 8
                && matches!(frame.components.len(), 1 | 3);
            let pixels = u64::from(frame.width) * u64::from(frame.height);
            (ordinary && segments.ended && pixels > 0).then_some((pixels, *candidate))
        });
        readable.max_by_key(|(pixels, _)| *pixels).map(|(_, jpeg)| jpeg)
    }

    fn offer(&mut self, bytes: &'a [u8], offset: u64, len: u64) {
        let slice = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(len).ok())
            .and_then(|(from, len)| bytes.get(from..from.checked_add(len)?));
        if let Some(slice) = slice.filter(|slice| slice.starts_with(&[0xFF, 0xD8, 0xFF]))
            && self.candidates.len() < MOST_CANDIDATES
        {
            self.candidates.push(slice);
        }
    }

    fn search(&mut self, bytes: &'a [u8]) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|_| self.candidates.len() < MOST_CANDIDATES) {
            let Some(next) = rest
                .windows(4)
                .position(|four| matches!(four, [0xFF, 0xD8, 0xFF, 0xC0 | 0xC2 | 0xC4 | 0xDB | 0xE0..=0xEF | 0xFE]))
            else {
                return;
            };
            self.candidates.extend(rest.get(next..));
            at += next + 4;
        }
    }

    /// The directory chain of a TIFF, and the directories below.
    fn read_tiff(&mut self, bytes: &'a [u8]) {
        let tiff = Tiff::of(bytes);
        let mut waiting: Vec<u32> = tiff.long(4).into_iter().collect();
        let mut seen = Vec::new();
        while let Some(at) = waiting.pop() {
            if seen.contains(&at) || self.directories >= MOST_DIRECTORIES {
                continue;
            }
            seen.push(at);
            self.directories += 1;
            let first = seen.len() == 1;
            self.read_directory(&tiff, at, first, &mut waiting);
        }
    }

    fn read_directory(&mut self, tiff: &Tiff<'a>, at: u32, first: bool, waiting: &mut Vec<u32>) {
        const STRIP_OFFSETS: u16 = 273;
        const STRIP_LENGTHS: u16 = 279;
        const SUB_DIRECTORIES: u16 = 330;
        const JPEG_OFFSET: u16 = 513;
        const JPEG_LENGTH: u16 = 514;
        const EXIF_DIRECTORY: u16 = 34_665;
        /// Panasonic's `JpgFromRaw`: the bytes themselves.
        const PANASONIC_JPEG: u16 = 0x002E;
        let at = at as usize;
        let Some(count) = tiff.short(at) else { return };
        let (mut strip, mut jpeg) = ((None, None), (None, None));
        for number in 0..usize::from(count).min(MOST_ENTRIES) {
            let Some(entry) = tiff.entry(at + 2 + number * 12) else {
                return;
            };
            match entry.tag {
                ORIENTATION if first => self.orientation = entry.first(tiff).map(Orientation::from_tag),
                STRIP_OFFSETS if entry.count == 1 => strip.0 = entry.first(tiff),
                STRIP_LENGTHS if entry.count == 1 => strip.1 = entry.first(tiff),
                JPEG_OFFSET => jpeg.0 = entry.first(tiff),
                JPEG_LENGTH => jpeg.1 = entry.first(tiff),
                PANASONIC_JPEG => self.offer(tiff.bytes, u64::from(entry.value), u64::from(entry.count)),
                SUB_DIRECTORIES | EXIF_DIRECTORY => waiting.extend(entry.all(tiff)),
                _ => {}
            }
        }
        for (offset, len) in [strip, jpeg] {
            if let (Some(offset), Some(len)) = (offset, len) {
                self.offer(tiff.bytes, u64::from(offset), u64::from(len));
            }
        }
        let next = at + 2 + usize::from(count) * 12;
        waiting.extend(tiff.long(next).filter(|&next| next != 0));
    }

    /// RAF: a header of fixed places, then a whole JPEG with its own EXIF.
    fn read_raf(&mut self, bytes: &'a [u8]) {
        let long = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
        if bytes.starts_with(b"FUJIFILMCCD-RAW")
            && let (Some(offset), Some(len)) = (long(84), long(88))
        {
            self.offer(bytes, u64::from(offset), u64::from(len));
        }
    }

    /// The boxes of a CR3: previews in boxes of Canon's own and as the first sample of a track.
    fn read_boxes(&mut self, file: &'a [u8], depth: usize) {
        self.read_boxes_in(file, file, depth);
    }

    fn read_boxes_in(&mut self, file: &'a [u8], mut rest: &'a [u8], depth: usize) {
        let (mut places, mut sizes) = (None, None);
        while let Some((kind, body, after)) = next_box(rest) {
            rest = after;
            self.boxes += 1;
            if self.boxes > MOST_BOXES {
                return;
            }
            match &kind {
                b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" if depth < DEEPEST_BOX => {
                    self.read_boxes_in(file, body, depth + 1);
                }
                // 16 bytes of identity; Canon's preview box has 8 more before its own boxes.
                b"uuid" if depth < DEEPEST_BOX => {
                    for skipped in [16, 24] {
                        if let Some(inner) = body.get(skipped..) {
                            self.read_boxes_in(file, inner, depth + 1);
                        }
                    }
                }
                b"CMT1" => {
                    self.orientation = first_directory_orientation(body).or(self.orientation);
                    self.blocks.push(body);
                }
                b"PRVW" | b"THMB" => {
                    let head = body.get(..body.len().min(64)).unwrap_or_default();
                    if let Some(start) = head.windows(3).position(|three| three == [0xFF, 0xD8, 0xFF]) {
                        self.offer(body, start as u64, (body.len() - start) as u64);
                    }
                }
                b"co64" => {
                    places = body
                        .get(8..)
                        .and_then(|at| Some(u64::from_be_bytes(*at.first_chunk()?)));
                }
                b"stco" => places = big_long(body, 8).map(u64::from),
                // One size for all samples, or 0 and a list.
                b"stsz" => sizes = big_long(body, 4).filter(|&all| all != 0).or_else(|| big_long(body, 12)),
                _ => {}
            }
        }
        if let (Some(offset), Some(len)) = (places, sizes) {
            self.offer(file, offset, u64::from(len));
        }
    }
}

fn big_long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The kind and body of the box at the beginning of `bytes`, and what follows it.
fn next_box(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let short = big_long(bytes, 0)?;
    let kind = *bytes.get(4..)?.first_chunk()?;
    let (head, len) = match short {
        0 => (8, bytes.len()),
        1 => {
            let long = u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?);
            (16, usize::try_from(long).ok()?)
        }
        len => (8, len as usize),
    };
    let (body, after) = bytes.split_at_checked(len)?;
    Some((kind, body.get(head..)?, after))
}

fn first_directory_orientation(block: &[u8]) -> Option<Orientation> {
    let tiff = Tiff::of(block);
    let at = tiff.long(4)? as usize;
    let count = usize::from(tiff.short(at)?).min(MOST_ENTRIES);
    let mut entries = (0..count).map_while(|number| tiff.entry(at + 2 + number * 12));
    let entry = entries.find(|entry| entry.tag == ORIENTATION)?;
    entry.first(&tiff).map(Orientation::from_tag)
}

/// A TIFF's bytes in their byte order.
struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    /// The last four bytes as a number: a value, or where the values are.
    value: u32,
    value_at: usize,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            big: bytes.starts_with(b"MM"),
        }
    }

    fn short(&self, at: usize) -> Option<u16> {
        let two = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u16::from_be_bytes(two)
        } else {
            u16::from_le_bytes(two)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let four = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    fn entry(&self, at: usize) -> Option<Entry> {
        Some(Entry {
            tag: self.short(at)?,
            kind: self.short(at + 2)?,
            count: self.long(at + 4)?,
            value: self.long(at + 8)?,
            value_at: at + 8,
        })
    }
}

impl Entry {
    const SHORT: u16 = 3;

    fn first(&self, tiff: &Tiff<'_>) -> Option<u32> {
        self.all(tiff).next()
    }

    /// Its values, where they are whole numbers of 2 or 4 bytes.
    fn all<'t>(&self, tiff: &'t Tiff<'_>) -> impl Iterator<Item = u32> + use<'t> {
        let size = if self.kind == Self::SHORT { 2 } else { 4 };
        let count = (self.count as usize).min(MOST_DIRECTORIES);
        let from = if count * size <= 4 {
            self.value_at
        } else {
            self.value as usize
        };
        (0..count).map_while(move |number| {
            let at = from.checked_add(number * size)?;
            if size == 2 {
                tiff.short(at).map(u32::from)
            } else {
                tiff.long(at)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::decode::{Picture, PictureFormat, decode as gate};
    use crate::facts::read_facts;
    use crate::failure::FailureKind;
    use crate::fixtures::{ExifBlock, encode, insert_segments, quarters};

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        encode(quarters(width, height), ImageFormat::Jpeg)
    }

    fn shown(bytes: &[u8]) -> Result<Picture, Failure> {
        gate(bytes, Scale::Full, &DecodeLimits::default())
    }

    /// Little-endian directories one after the other, linked, then the blobs. An entry whose value is `Err(n)` points to blob n.
    type Entries<'a> = &'a [(u16, u16, Result<u32, usize>)];

    fn tiff(magic: &[u8; 4], directories: &[Entries<'_>], blobs: &[&[u8]]) -> Vec<u8> {
        let mut starts = Vec::new();
        let mut at = 16;
        for entries in directories {
            starts.push(at);
            at += 2 + entries.len() * 12 + 4;
        }
        let blob_at = |number: usize| at + blobs[..number].iter().map(|blob| blob.len()).sum::<usize>();
        let mut file = magic.to_vec();
        file.extend(16u32.to_le_bytes());
        file.resize(16, 0);
        for (number, entries) in directories.iter().enumerate() {
            file.extend((entries.len() as u16).to_le_bytes());
            for (tag, kind, value) in *entries {
                let (count, value) = match value {
                    Ok(value) => (1, *value),
                    Err(blob) if *kind == 7 => (blobs[*blob].len() as u32, blob_at(*blob) as u32),
                    Err(blob) => (1, blob_at(*blob) as u32),
                };
                file.extend(tag.to_le_bytes());
                file.extend(kind.to_le_bytes());
                file.extend(count.to_le_bytes());
                file.extend(value.to_le_bytes());
            }
            let next = starts.get(number + 1).copied().unwrap_or(0);
            file.extend((next as u32).to_le_bytes());
        }
        for blob in blobs {
            file.extend(*blob);
        }
        file
    }

    /// As CR2: a full-size preview in the first directory, a thumbnail in the second.
    fn cr2(orientation: u32) -> Vec<u8> {
        let (large, small) = (jpeg(96, 64), jpeg(32, 16));
        let mut file = tiff(
            b"II\x2a\0",
            &[
                &[
                    (273, 4, Err(0)),
                    (ORIENTATION, 3, Ok(orientation)),
                    (279, 4, Ok(large.len() as u32)),
                ],
                &[(513, 4, Err(1)), (514, 4, Ok(small.len() as u32))],
            ],
            &[&large, &small],
        );
        file[8..12].copy_from_slice(b"CR\x02\0");
        file
    }

    /// As NEF and DNG: the preview in a directory below.
    fn nef() -> Vec<u8> {
        let large = jpeg(64, 48);
        let at = 16 + (2 + 3 * 12 + 4);
        tiff(
            b"II\x2a\0",
            &[
                &[(254, 4, Ok(1)), (330, 4, Ok(at)), (ORIENTATION, 3, Ok(6))],
                &[(513, 4, Err(0)), (514, 4, Ok(large.len() as u32))],
            ],
            &[&large],
        )
    }

    fn raf() -> Vec<u8> {
        let block = ExifBlock::new()
            .text(0x0110, "X-T4\0")
            .short(ORIENTATION, 6)
            .sub_text(0x9003, "2023:04:12 18:30:05\0")
            .build();
        let jpeg = insert_segments(&jpeg(64, 48), &[(0xE1, [b"Exif\0\0".as_slice(), &block].concat())]);
        let mut file = b"FUJIFILMCCD-RAW 0201".to_vec();
        file.resize(84, 0);
        file.extend(160u32.to_be_bytes());
        file.extend((jpeg.len() as u32).to_be_bytes());
        file.resize(160, 0);
        file.extend(&jpeg);
        file.extend([7; 500]);
        file
    }

    fn iso_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), body].concat()
    }

    fn cr3() -> Vec<u8> {
        let camera = ExifBlock::new()
            .text(0x0110, "Canon EOS R5\0")
            .short(ORIENTATION, 8)
            .build();
        let preview = [&[0; 16], jpeg(48, 32).as_slice()].concat();
        let large = jpeg(96, 64);
        let head = iso_box(b"ftyp", b"crx \0\0\0\x01crx isom");
        let uuid = |inner: &[u8]| iso_box(b"uuid", &[&[9; 16], inner].concat());
        let canon = uuid(&iso_box(b"CMT1", &camera));
        let previews = iso_box(b"uuid", &[&[9; 24], iso_box(b"PRVW", &preview).as_slice()].concat());
        let moov = |offset: u64| {
            let sizes = [
                &[0; 4],
                (large.len() as u32).to_be_bytes().as_slice(),
                &1u32.to_be_bytes(),
            ]
            .concat();
            let places = [&[0; 4], 1u32.to_be_bytes().as_slice(), &offset.to_be_bytes()].concat();
            let table = iso_box(b"stbl", &[iso_box(b"stsz", &sizes), iso_box(b"co64", &places)].concat());
            let track = iso_box(b"trak", &iso_box(b"mdia", &iso_box(b"minf", &table)));
            iso_box(b"moov", &[canon.clone(), track].concat())
        };
        let before = head.len() + moov(0).len() + previews.len() + 8;
        [
            head,
            moov(before as u64),
            previews,
            iso_box(b"mdat", &[large.as_slice(), &[5; 300]].concat()),
        ]
        .concat()
    }

    fn rw2() -> Vec<u8> {
        let large = jpeg(80, 48);
        tiff(b"IIU\0", &[&[(0x2E, 7, Err(0)), (ORIENTATION, 3, Ok(1))]], &[&large])
    }

    /// As ORF: the preview lies in the maker's own notes.
    fn orf() -> Vec<u8> {
        let notes = [b"OLYMPUS\0II\x03\0 and more".as_slice(), &jpeg(64, 48), &[0; 90]].concat();
        tiff(b"IIRO", &[&[(0x927C, 7, Err(0)), (ORIENTATION, 3, Ok(3))]], &[&notes])
    }

    fn all() -> [(&'static str, Vec<u8>); 6] {
        [
            ("CR2", cr2(6)),
            ("NEF", nef()),
            ("RAF", raf()),
            ("CR3", cr3()),
            ("RW2", rw2()),
            ("ORF", orf()),
        ]
    }

    #[test]
    fn each_makers_file_is_shown_by_its_largest_preview_turned_once() {
        let sizes = [(64, 96), (48, 64), (48, 64), (64, 96), (80, 48), (64, 48)];
        for ((name, file), size) in all().into_iter().zip(sizes) {
            let picture = shown(&file).unwrap_or_else(|failure| panic!("{name}: {failure}"));
            assert_eq!((picture.width, picture.height), size, "{name}");
            assert_eq!(picture.format, PictureFormat::CameraRaw, "{name}");
        }
        let upright = shown(&cr2(1)).unwrap();
        // Red stands at the left upper corner of the stored picture, blue below it.
        assert!(upright.rgb[0] > 200 && upright.rgb[2] < 60);
        let turned = shown(&cr2(6)).unwrap();
        assert!(
            turned.rgb[2] > 200 && turned.rgb[0] < 60,
            "turned by a quarter to the right"
        );
    }

    #[test]
    fn facts_are_read_also_where_the_file_is_no_plain_tiff() {
        assert_eq!(read_facts(&raf()).taken, Some(1_681_324_205));
        assert_eq!(read_facts(&cr3()).camera.as_deref(), Some("Canon EOS R5"));
    }

    #[test]
    fn a_file_without_a_preview_says_so() {
        let bare = tiff(b"II\x2a\0", &[&[(50_706, 1, Ok(1)), (256, 4, Ok(9))]], &[]);
        let failure = shown(&bare).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.message.contains("raw"), "{failure}");
    }

    /// Looks through a file without containment: a panic of this parser ends the test. Nothing may lead it beyond its bounds, or
    /// it would take long.
    fn look_through(file: &[u8]) {
        let found = Previews::of(file);
        assert!(found.directories <= MOST_DIRECTORIES, "{}", found.directories);
        // Each level of boxes above the one that reaches the bound counts one more.
        assert!(found.boxes <= MOST_BOXES + 2 * (DEEPEST_BOX + 1), "{}", found.boxes);
        assert!(found.candidates.len() <= MOST_CANDIDATES, "{}", found.candidates.len());
        let _ = metadata_blocks(file);
        let _ = first_directory_bytes(file, 700);
    }

    #[test]
    fn no_cut_and_no_changed_byte_makes_it_panic_or_look_on_without_bound() {
        for (name, file) in all() {
            let headers = file.len().min(700);
            for cut in (0..file.len()).step_by(1 + file.len() / 400) {
                look_through(&file[..cut]);
            }
            let mut state = 0x9E37_79B9u32;
            for round in 0..600 {
                let mut changed = file.clone();
                for _ in 0..=round % 4 {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    let at = state as usize % headers;
                    changed[at] = (state >> 24) as u8;
                }
                look_through(&changed);
                if let Ok(picture) = shown(&changed) {
                    assert_eq!(picture.rgb.len(), picture.width as usize * picture.height as usize * 3);
                }
            }
            assert!(shown(&file).is_ok(), "{name}");
        }
    }

    #[test]
    fn directories_and_boxes_that_lead_in_circles_end() {
        let mut circle = tiff(b"II\x2a\0", &[&[(330, 4, Ok(16)), (50_706, 1, Ok(1))]], &[]);
        let next = circle.len() - 4;
        circle[next..].copy_from_slice(&16u32.to_le_bytes());
        assert!(shown(&circle).is_err());
        let nested = (0..200).fold(Vec::new(), |inner, _| iso_box(b"moov", &inner));
        let file = [iso_box(b"ftyp", b"crx \0\0\0\x01crx "), nested].concat();
        assert!(shown(&file).is_err());
        let zero = [iso_box(b"ftyp", b"crx \0\0\0\x01crx "), vec![0; 4000]].concat();
        assert!(shown(&zero).is_err());
    }
}
