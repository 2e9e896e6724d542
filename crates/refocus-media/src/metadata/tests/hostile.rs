//! Damaged files, and files that ask for much.

use super::super::iptc::tests::block;
use super::super::resources::tests::written as resources_of;
use super::*;

#[test]
fn damaged_files_of_every_format_give_what_can_be_read_and_never_panic() {
    let block = block(&[(2, 25, b"tree")]);
    let resources = resources_of(&[(resources::IPTC, &block)]);
    let packed = [b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &zipped(PACKET.as_bytes())].concat();
    let head = [boxed(b"JXL ", b"\r\n\x87\n"), boxed(b"ftyp", b"jxl \0\0\0\0jxl ")].concat();
    let files = [
        jpeg(&[
            exif_segment(&exif()),
            xmp_segment(PACKET),
            resources_segment(&resources),
        ]),
        png(&[
            (b"eXIf", exif()),
            (b"iTXt", packed),
            (
                b"tEXt",
                [b"Raw profile type iptc\0".as_slice(), &profile("iptc", &block)].concat(),
            ),
        ]),
        webp(&[(b"EXIF", &exif()), (b"XMP ", PACKET.as_bytes())]),
        [head.as_slice(), &boxed(b"brob", &[b"xml ", BROTLI_PACKET].concat())].concat(),
        tiff(&[
            (700, 1, PACKET.as_bytes()),
            (33_723, 4, &block),
            (34_377, 1, &resources),
        ]),
    ];
    for whole in files {
        assert_ne!(read_facts(&whole), PhotoFacts::default());
        for at in 0..whole.len() {
            written(&blocks(&whole[..at]));
            let mut flipped = whole.clone();
            flipped[at] ^= 0xFF;
            written(&blocks(&flipped));
        }
    }
}

#[test]
fn files_of_nothing_but_blocks_are_read_soon() {
    let start = std::time::Instant::now();
    let part = [b"http://ns.adobe.com/xmp/extension/\0".as_slice(), &[b'0'; 32], &[0; 8]].concat();
    let segments: Vec<_> = (0..50_000u32)
        .flat_map(|number| {
            let mut part = part.clone();
            part[40..44].copy_from_slice(&number.to_be_bytes());
            [
                (0xE1, part),
                xmp_segment(&" ".repeat(100)),
                exif_segment(b"II"),
                resources_segment(b"8BIM\x04\x04"),
            ]
        })
        .collect();
    read_facts(&jpeg(&segments));
    // An item list whose numbers take no room.
    let entry = boxed(b"infe", b"\x02\0\0\0\0\0\0\0Exif\0");
    let iinf = boxed(b"iinf", &[b"\0\0\0\0\0\x01".as_slice(), &entry.repeat(60_000)].concat());
    let iloc = [&[0, 0, 0, 0, 0, 0, 0xFF, 0xFF][..], &b"\0\0\0\0\xff\xff".repeat(65_535)].concat();
    let meta = boxed(b"meta", &[&[0; 4], iinf.as_slice(), &boxed(b"iloc", &iloc)].concat());
    read_facts(&[boxed(b"ftyp", b"heic\0\0\0\0heic"), meta].concat());
    let small = [b"Comment\0\0".as_slice(), &zipped(&vec![b' '; 1 << 20])].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for _ in 0..2_000 {
        file.extend((small.len() as u32).to_be_bytes());
        file.extend(b"zTXt");
        file.extend(&small);
        file.extend([0; 4]);
    }
    read_facts(&file);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn what_is_unpacked_has_a_limit() {
    let start = std::time::Instant::now();
    let bomb = zipped(&vec![b' '; 64 << 20]);
    let chunk = [b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &bomb].concat();
    let chunks: Vec<(&[u8; 4], Vec<u8>)> = (0..20).map(|_| (b"iTXt", chunk.clone())).collect();
    let file = png(&chunks);
    let found = blocks(&file);
    let unpacked: usize = found.xmp.iter().map(|packet| packet.len()).sum();
    assert!(unpacked <= 3 * xmp::MOST_BYTES, "{unpacked}");
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
