use image::ImageFormat;

use super::boxes::{DEEPEST_BOX, MOST_BOXES};
use super::tiff::MOST_DIRECTORIES;
use super::*;
use crate::decode::{Picture, PictureFormat, decode as gate};
use crate::facts::read_facts;
use crate::failure::FailureKind;
use crate::fixtures::{self, ExifBlock, encode, insert_segments, quarters};

const ORIENTATION: u16 = 0x0112;

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
    fixtures::raf(&jpeg, 500)
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
    assert_eq!(read_facts(&raf()).taken.map(|taken| taken.seconds), Some(1_681_324_205));
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
