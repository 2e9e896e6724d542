//! Blocks in files of every format. The files are made here, by the documents that the readers name.

mod counts;
mod hostile;

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::ImageFormat;

use super::iptc::tests::block;
use super::resources::tests::written as resources_of;
use super::*;
use crate::facts::{PhotoFacts, read_facts};
use crate::fixtures::{ExifBlock, crc32, encode, insert_segments, png_with_chunk, quarters, raf};
use crate::taken::DateSource;

const PACKET: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag>
    </dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"#;

/// [`PACKET`] packed with Brotli, by Google's own encoder (Python package Brotli 1.2.1, quality 9).
const BROTLI_PACKET: &[u8] = b"\x1bN\x01\x00\xc4\xca\xb9\xfc\x1b\x95\xb9\xd7\xc9\x96TJ0\xbe\xc2\x01\xa0\xe5\x0e\xd8\xef\xbf\xb6\x02y\xf8\x96\xc4Q\
    \x10\xb5\xfd\x96e\x99\x25\x12\x86i\xbbRR\xf2\xc4\xb9\xd9\xc8GJc\xbd\xf2\x9d\xd6\x17\x1a\xf6\xaf\xa8\xfa\xda\xb4\x5f\
    \x83\x2c\xe8\xba\x81\x1ck\x2fk\x99F\xc9\x8f1fY\xf7\xb2\xb6\xe9\x24\xc7\xc2\xcd\x2e\x13\x9e\x14\x0d\x9a\xc6\xf7\xb2\
    \xe6\xc77\x9f\xd9\xcb\xe7\xe3\xef\xc8\x92\xf4\x902\xad\xcet\x3e\x04\x3c\x09z\x7e\xb3\x15\xaaP\x40\xc8R\x16\xb1\xac\
    \xd7\x3e\xa6\x5c\x16\x20\xfd\x01U\xa8\x20\xf6N\xabL\xb3\xb3\x9b\x1b\x9b\x0cr\xac\xb2\x90\x02\xf1DR\x905\x95a\xec\
    \x9c\xa3\xca\x2cd\x0e\xb0\x20\xd8\xcd\xc2\xe0\x15\x28\xb8\xd6\x2e\x8d\x12\xc7\x82\x8e\xd1\x01";

fn four_stars() -> PhotoTags {
    PhotoTags {
        rating: Some(4),
        keywords: Some(vec!["sea".into()]),
        ..PhotoTags::default()
    }
}

fn exif() -> Vec<u8> {
    ExifBlock::new()
        .text(0x0110, "Camera\0")
        .sub_text(0x9003, "2013:07:12 16:54:27\0")
        .build()
}

/// What [`exif`] and [`PACKET`] say.
fn says_all(file: &[u8], what: &str) {
    let facts = read_facts(file);
    assert_eq!(facts.tags, four_stars(), "{what}");
    assert_eq!(facts.camera.as_deref(), Some("Camera"), "{what}");
    let taken = facts.taken.map(|taken| (taken.seconds, taken.source));
    assert_eq!(taken, Some((1_373_648_067, DateSource::Exif)), "{what}");
}

fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    insert_segments(&encode(quarters(16, 8), ImageFormat::Jpeg), segments)
}

fn xmp_segment(packet: &str) -> (u8, Vec<u8>) {
    (0xE1, [jpeg::XMP_NAME, packet.as_bytes()].concat())
}

fn exif_segment(block: &[u8]) -> (u8, Vec<u8>) {
    (0xE1, [b"Exif\0\0", block].concat())
}

fn resources_segment(resources: &[u8]) -> (u8, Vec<u8>) {
    (0xED, [b"Photoshop 3.0\0", resources].concat())
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn png(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let plain = encode(quarters(16, 8), ImageFormat::Png);
    chunks
        .iter()
        .fold(plain, |file, (kind, body)| png_with_chunk(&file, kind, body))
}

/// A chunk put before the end of a PNG.
fn behind_the_pixels(png: &[u8], kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let (before, end) = png.split_at(png.len() - 12);
    let mut chunk = (body.len() as u32).to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(body);
    let sum = crc32(&chunk[4..]);
    [before, &chunk, &sum.to_be_bytes(), end].concat()
}

/// A text chunk's body in ImageMagick's manner.
fn profile(name: &str, bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<String> = bytes
        .chunks(36)
        .map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    format!("\n{name}\n{:8}\n{}\n", bytes.len(), digits.join("\n")).into_bytes()
}

fn webp(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = encode(quarters(16, 8), ImageFormat::WebP);
    for (kind, body) in chunks {
        file.extend(*kind);
        file.extend((body.len() as u32).to_le_bytes());
        file.extend(*body);
        file.extend(vec![0; body.len() % 2]);
    }
    file
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), body].concat()
}

/// The smallest directory with a packet, an IPTC block and image resources.
fn tiff(fields: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
    file.extend((fields.len() as u16).to_le_bytes());
    let mut at = 8 + 2 + fields.len() * 12 + 4;
    for (tag, kind, data) in fields {
        let count = if *kind == 4 { data.len() / 4 } else { data.len() };
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend((count as u32).to_le_bytes());
        file.extend((at as u32).to_le_bytes());
        at += data.len();
    }
    file.extend([0; 4]);
    fields.iter().for_each(|(_, _, data)| file.extend(*data));
    file
}

#[test]
fn a_jpeg_may_hold_blocks_in_any_order_and_with_padding() {
    says_all(&jpeg(&[exif_segment(&exif()), xmp_segment(PACKET)]), "as usual");
    says_all(&jpeg(&[xmp_segment(PACKET), exif_segment(&exif())]), "the other way");
    let other = ExifBlock::new().text(0x010F, "\0").build();
    says_all(
        &jpeg(&[exif_segment(&other), exif_segment(&exif()), xmp_segment(PACKET)]),
        "several",
    );
    let mut padded = jpeg(&[exif_segment(&exif()), xmp_segment(PACKET)]);
    padded.splice(2..2, [0xFF; 5]);
    says_all(&padded, "padding before a marker");
    let whole = exif();
    let (first, second) = whole.split_at(40);
    says_all(
        &jpeg(&[exif_segment(first), exif_segment(second), xmp_segment(PACKET)]),
        "EXIF over two segments",
    );
    says_all(
        &jpeg(&[exif_segment(&exif()), (0xE1, PACKET.as_bytes().to_vec())]),
        "as a packet alone",
    );
}

#[test]
fn an_extended_packet_is_read_with_the_one_that_names_it() {
    let identity = "0123456789ABCDEF0123456789ABCDEF";
    let main = PACKET.replace(
        "xmp:Rating=\"4\">",
        &format!(
            "xmp:Rating=\"4\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" xmpNote:HasExtendedXMP=\"{identity}\">"
        ),
    );
    let more = PACKET
        .replace("xmp:Rating=\"4\"", "dc:title=\"Ferry\"")
        .replace("sea", "dusk");
    let part = |identity: &str, place: usize, data: &str| {
        let mut body = b"http://ns.adobe.com/xmp/extension/\0".to_vec();
        body.extend(identity.as_bytes());
        body.extend((more.len() as u32).to_be_bytes());
        body.extend((place as u32).to_be_bytes());
        body.extend(data.as_bytes());
        (0xE1, body)
    };
    let (one, two) = more.split_at(100);
    let other = "f".repeat(32);
    let file = jpeg(&[
        part(identity, 100, two),
        part(&other, 0, "<wrong>"),
        xmp_segment(&main),
        part(identity, 0, one),
        part(identity, 0, one),
    ]);
    let tags = read_facts(&file).tags;
    assert_eq!(tags.keywords.unwrap(), ["sea", "dusk"]);
    assert_eq!((tags.rating, tags.title.as_deref()), (Some(4), Some("Ferry")));
    let without_its_beginning = jpeg(&[xmp_segment(&main), part(identity, 100, two)]);
    assert_eq!(read_facts(&without_its_beginning).tags, four_stars());
}

#[test]
fn image_resources_may_go_on_in_the_next_segment() {
    let long = "w".repeat(3000);
    let block = block(&[(2, 25, b"one"), (2, 120, long.as_bytes()), (2, 25, b"two")]);
    let resources = resources_of(&[(0x03ED, b"x"), (resources::IPTC, &block)]);
    for cut in [1, 13, 20, 40, 2000, resources.len() - 1] {
        let (one, two) = resources.split_at(cut);
        let file = jpeg(&[resources_segment(one), resources_segment(two)]);
        assert_eq!(read_facts(&file).tags.keywords.unwrap(), ["one", "two"], "{cut}");
    }
    let file = jpeg(&[(0xED, block)]);
    assert_eq!(read_facts(&file).tags.keywords.unwrap(), ["one", "two"]);
}

#[test]
fn a_png_may_hold_them_as_chunks_and_as_texts_before_and_behind_the_pixels() {
    let packet = |packed: u8, text: &[u8]| [b"XML:com.adobe.xmp\0", &[packed, 0][..], b"\0\0", text].concat();
    let plain = packet(0, PACKET.as_bytes());
    let packed = packet(1, &zipped(PACKET.as_bytes()));
    says_all(&png(&[(b"eXIf", exif()), (b"iTXt", plain.clone())]), "chunks");
    says_all(&png(&[(b"eXIf", exif()), (b"iTXt", packed)]), "a compressed packet");
    let bare = png(&[]);
    let behind = behind_the_pixels(&behind_the_pixels(&bare, b"eXIf", &exif()), b"iTXt", &plain);
    says_all(&behind, "behind the pixels");

    let named = |name: &str, text: &[u8]| [format!("Raw profile type {name}\0").as_bytes(), text].concat();
    let with_name = [b"Exif\0\0".as_slice(), &exif()].concat();
    let xmp_with_name = [jpeg::XMP_NAME, PACKET.as_bytes()].concat();
    let exif_text = profile("exif", &with_name);
    says_all(
        &png(&[
            (b"zTXt", named("exif", &[&[0][..], &zipped(&exif_text)].concat())),
            (b"tEXt", named("xmp", &profile("xmp", PACKET.as_bytes()))),
        ]),
        "profiles",
    );
    says_all(
        &png(&[
            (b"tEXt", named("APP1", &profile("generic", &with_name))),
            (b"tEXt", named("APP1", &profile("generic", &xmp_with_name))),
        ]),
        "profiles of a segment",
    );
    let block = block(&[(2, 25, b"tree"), (2, 25, b"autumn")]);
    for iptc in [resources_of(&[(resources::IPTC, &block)]), block] {
        let file = png(&[(
            b"zTXt",
            named("iptc", &[&[0][..], &zipped(&profile("iptc", &iptc))].concat()),
        )]);
        assert_eq!(read_facts(&file).tags.keywords.unwrap(), ["tree", "autumn"]);
    }
    let texts = png(&[
        (b"tEXt", b"Title\0Ferry".to_vec()),
        (b"tEXt", b"Description\0caf\xe9".to_vec()),
    ]);
    let tags = read_facts(&texts).tags;
    assert_eq!(
        (tags.title.as_deref(), tags.caption.as_deref()),
        (Some("Ferry"), Some("café"))
    );
    let found = blocks(&texts).texts;
    assert!(found.contains(&("Title".to_owned(), "Ferry".to_owned())));
}

#[test]
fn the_chunks_of_a_webp_count_and_not_its_flags() {
    let with_name = [b"Exif\0\0".as_slice(), &exif()].concat();
    says_all(&webp(&[(b"EXIF", &exif()), (b"XMP ", PACKET.as_bytes())]), "plain");
    says_all(
        &webp(&[(b"EXIF", &with_name), (b"XMP\0", PACKET.as_bytes())]),
        "with names of other formats",
    );
    says_all(
        &webp(&[(b"psAI", b"odd"), (b"XMP ", PACKET.as_bytes()), (b"EXIF", &exif())]),
        "behind something else",
    );
}

#[test]
fn a_gif_holds_a_packet_between_its_blocks() {
    let plain = encode(quarters(16, 8), ImageFormat::Gif);
    // The 258 bytes behind the packet: 1, 255 down to 0, and the end of the sub-blocks.
    let trailer: Vec<u8> = std::iter::once(1).chain((0..=255).rev()).chain([0]).collect();
    let raw = [b"\x21\xff\x0bXMP DataXMP".as_slice(), PACKET.as_bytes(), &trailer].concat();
    let mut joined = b"\x21\xff\x0bXMP DataXMP".to_vec();
    for piece in PACKET.as_bytes().chunks(255) {
        joined.push(piece.len() as u8);
        joined.extend(piece);
    }
    joined.push(0);
    for extension in [raw, joined] {
        let (before, end) = plain.split_at(plain.len() - 1);
        let behind = [before, &extension, end].concat();
        assert_eq!(read_facts(&behind).tags, four_stars());
        let table = 13
            + if plain[10] & 0x80 == 0 {
                0
            } else {
                3 << ((plain[10] & 7) + 1)
            };
        let before = [&plain[..table], &extension, &plain[table..]].concat();
        assert_eq!(read_facts(&before).tags, four_stars());
    }
}

#[test]
fn the_boxes_of_a_jpeg_xl_are_read_before_and_behind_its_codestream() {
    let head = [boxed(b"JXL ", b"\r\n\x87\n"), boxed(b"ftyp", b"jxl \0\0\0\0jxl ")].concat();
    let codestream = boxed(b"jxlc", b"\xff\x0a....");
    let exif = boxed(b"Exif", &[&[0; 4], exif().as_slice()].concat());
    let packet = boxed(b"xml ", PACKET.as_bytes());
    says_all(
        &[head.clone(), exif.clone(), packet.clone(), codestream.clone()].concat(),
        "before",
    );
    says_all(
        &[head.clone(), codestream.clone(), exif.clone(), packet].concat(),
        "behind",
    );
    let packed = boxed(b"brob", &[b"xml ", BROTLI_PACKET].concat());
    says_all(
        &[head.clone(), codestream.clone(), exif.clone(), packed].concat(),
        "packed",
    );
    let mut to_the_end = boxed(b"xml ", PACKET.as_bytes());
    to_the_end[..4].fill(0);
    says_all(
        &[head, codestream, exif, to_the_end].concat(),
        "a last box without a length",
    );
    assert_eq!(read_facts(b"\xff\x0a....").tags, PhotoTags::default());
}

#[test]
fn the_items_of_a_heif_are_found_by_their_places() {
    let exif = [&[0, 0, 0, 6], b"Exif\0\0".as_slice(), &exif()].concat();
    let packet = PACKET.as_bytes();
    let entry = |number: u8, kind: &[u8]| boxed(b"infe", &[&[2, 0, 0, 0, 0, number, 0, 0][..], kind].concat());
    for (brand, inside) in [(b"heic", false), (b"avif", true), (b"heic", true)] {
        let items = [
            entry(1, b"hvc1\0"),
            entry(2, b"Exif\0"),
            entry(3, b"mime\0application/rdf+xml\0"),
        ]
        .concat();
        let iinf = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 3][..], &items].concat());
        let data = [exif.as_slice(), packet].concat();
        let file = |start: usize| {
            let mut iloc = vec![1, 0, 0, 0, 0x44, 0, 0, 2];
            // The packet in two pieces.
            let half = packet.len() / 2;
            let pieces: [(u8, &[(usize, usize)]); 2] = [
                (2, &[(start, exif.len())]),
                (
                    3,
                    &[
                        (start + exif.len(), half),
                        (start + exif.len() + half, packet.len() - half),
                    ],
                ),
            ];
            for (number, pieces) in pieces {
                iloc.extend([0, number, 0, u8::from(inside), 0, 0, 0, pieces.len() as u8]);
                for (offset, len) in pieces {
                    iloc.extend((*offset as u32).to_be_bytes());
                    iloc.extend((*len as u32).to_be_bytes());
                }
            }
            let idat = if inside { boxed(b"idat", &data) } else { Vec::new() };
            let meta = boxed(
                b"meta",
                &[&[0; 4], iinf.as_slice(), &boxed(b"iloc", &iloc), &idat].concat(),
            );
            let head = boxed(b"ftyp", &[brand.as_slice(), &[0; 4], brand].concat());
            [head, meta, boxed(b"mdat", if inside { b"" } else { &data })].concat()
        };
        let start = if inside { 0 } else { file(0).len() - data.len() };
        says_all(&file(start), "items");
        let whole = file(start);
        for cut in 0..whole.len() {
            blocks(&whole[..cut]);
            let mut flipped = whole.clone();
            flipped[cut] ^= 0xFF;
            blocks(&flipped);
        }
    }
}

#[test]
fn the_tags_of_a_tiff_are_read_whatever_type_they_have() {
    let block = block(&[(2, 25, b"tree"), (2, 25, b"autumn"), (2, 5, b"Title!!")]);
    assert_eq!(block.len() % 4, 0);
    let swapped: Vec<u8> = block
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[a, b, c, d]| [*d, *c, *b, *a])
        .collect();
    let resources = resources_of(&[(resources::IPTC, &block)]);
    for field in [
        (33_723, 1, block.as_slice()),
        (33_723, 7, &block),
        (33_723, 4, &block),
        (33_723, 4, &swapped),
        (34_377, 1, &resources),
    ] {
        let tags = read_facts(&tiff(&[field])).tags;
        assert_eq!(tags.keywords.unwrap(), ["tree", "autumn"], "{field:?}");
        assert_eq!(tags.title.as_deref(), Some("Title!!"), "{field:?}");
    }
    let both = tiff(&[(700, 1, PACKET.as_bytes()), (33_723, 1, &block)]);
    let tags = read_facts(&both).tags;
    assert_eq!((tags.rating, tags.keywords.unwrap()), (Some(4), vec!["sea".to_owned()]));
    assert_eq!(tags.title.as_deref(), Some("Title!!"));
}

#[test]
fn blocks_inside_other_blocks_serve_where_there_are_none_beside_them() {
    let iptc = block(&[(2, 5, b"Title!!")]);
    let inside = tiff(&[(700, 1, PACKET.as_bytes()), (33_723, 1, &iptc)]);
    let tags = read_facts(&jpeg(&[exif_segment(&inside)])).tags;
    assert_eq!((tags.rating, tags.title.as_deref()), (Some(4), Some("Title!!")));
    let beside = PACKET.replace("xmp:Rating=\"4\"", "xmp:Rating=\"1\"");
    let both = jpeg(&[exif_segment(&inside), xmp_segment(&beside)]);
    assert_eq!(read_facts(&both).tags.rating, Some(1));
    let resources = resources_of(&[(resources::XMP, PACKET.as_bytes()), (resources::EXIF, &exif())]);
    says_all(&jpeg(&[resources_segment(&resources)]), "resources");
}

#[test]
fn raw_files_are_read_by_their_jpeg_and_by_their_boxes() {
    says_all(&raf(&jpeg(&[exif_segment(&exif()), xmp_segment(PACKET)]), 10), "RAF");
    let exif_directory = ExifBlock::new().text(0x9003, "2013:07:12 16:54:27\0").build();
    let place = ExifBlock::new().text(1, "N\0").text(3, "W\0").build();
    let main = ExifBlock::new().text(0x0110, "Camera\0").build();
    let canon = [
        b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48".to_vec(),
        boxed(b"CMT1", &main),
        boxed(b"CMT2", &exif_directory),
        boxed(b"CMT4", &place),
    ]
    .concat();
    let identity = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    let file = [
        boxed(b"ftyp", b"crx \0\0\0\x01crx isom"),
        boxed(b"moov", &boxed(b"uuid", &canon)),
        boxed(b"uuid", &[identity.as_slice(), PACKET.as_bytes()].concat()),
    ]
    .concat();
    says_all(&file, "CR3");
}
