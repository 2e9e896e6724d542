use std::cell::Cell;
use std::collections::HashSet;
use std::io::Read;

use super::*;

/// The program's own typeface.
fn fonts() -> Vec<SheetFont> {
    let inter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/inter.ttf");
    vec![std::fs::read(inter).unwrap().into()]
}

fn write_photo(path: &std::path::Path, width: u32, height: u32) {
    image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x % 256) as u8, (y % 256) as u8, 120])
    })
    .save(path)
    .unwrap();
}

/// The PDF's text with its compressed parts unpacked, where those are no pictures.
fn unpacked(pdf: &[u8]) -> String {
    let mut text = String::new();
    let find = |from: usize, words: &[u8]| {
        let found = pdf[from..].windows(words.len()).position(|window| window == words);
        found.map(|at| from + at)
    };
    let mut at = 0;
    while let Some(start) = find(at, b"stream\n") {
        text.push_str(&String::from_utf8_lossy(&pdf[at..start]));
        let end = find(start, b"endstream").unwrap();
        let body = &pdf[start + 7..end];
        let mut plain = Vec::new();
        if flate2::read::ZlibDecoder::new(body).read_to_end(&mut plain).is_ok() {
            text.push_str(&String::from_utf8_lossy(&plain));
        } else if body.starts_with(b"%!PS") {
            text.push_str(&String::from_utf8_lossy(body));
        }
        at = end + 9;
    }
    text.push_str(&String::from_utf8_lossy(&pdf[at..]));
    text
}

/// The characters that the letters of the PDF stand for.
fn characters(text: &str) -> HashSet<char> {
    let mut all = HashSet::new();
    for block in text.split("beginbfchar").skip(1) {
        let block = block.split("endbfchar").next().unwrap();
        for line in block.lines() {
            let Some(to) = line.split(['<', '>']).nth(3) else {
                continue;
            };
            let units: Vec<u16> = (0..to.len() / 4)
                .map(|unit| u16::from_str_radix(&to[unit * 4..unit * 4 + 4], 16).unwrap())
                .collect();
            all.extend(char::decode_utf16(units).flatten());
        }
    }
    all
}

#[test]
fn a_sheet_has_its_pages_its_pictures_and_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut photos = Vec::new();
    for number in 0..30_u32 {
        let path = folder.path().join(format!("{number}.jpg"));
        write_photo(&path, 900 + number, 600);
        photos.push(SheetPhoto {
            path,
            caption: format!("Größe łódź Київ {number}"),
        });
    }
    photos[4].path = folder.path().join("gone.jpg");
    let form = SheetForm {
        columns: 4,
        title: "Norway Ω".to_owned(),
        ..SheetForm::default()
    };
    let told = Cell::new(0);
    let sheet = contact_sheet(&photos, &form, fonts(), &|done| {
        told.set(done);
        true
    });
    let sheet = sheet.unwrap().unwrap();
    assert_eq!(told.get(), 30);
    assert!(sheet.pdf.starts_with(b"%PDF-"));
    assert_eq!(sheet.pages, 2);
    assert_eq!(sheet.unread.len(), 1);
    let text = unpacked(&sheet.pdf);
    let pages = text.matches("/Type /Page").count() - text.matches("/Type /Pages").count()
        + text.matches("/Type/Page").count()
        - text.matches("/Type/Pages").count();
    assert_eq!(pages, sheet.pages);
    let pictures = text.matches("/Subtype /Image").count() + text.matches("/Subtype/Image").count();
    assert_eq!(pictures, 29);
    assert!(text.contains("DCTDecode"), "as JPEG");
    // 124 points wide at 200 dots an inch.
    let width = |text: &str| {
        text.split("/Width ")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .parse::<u32>()
    };
    assert!((330..=346).contains(&width(&text).unwrap()), "{:?}", width(&text));
    let there = characters(&text);
    for wanted in "Größe łódź Київ 0123456789 Norway Ω"
        .chars()
        .filter(|c| !c.is_whitespace())
    {
        assert!(there.contains(&wanted), "{wanted} of {there:?}");
    }
}

#[test]
fn a_sheet_that_nobody_wants_any_more_is_not_made_and_one_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    write_photo(&path, 30, 40);
    let photo = SheetPhoto {
        path,
        caption: String::new(),
    };
    let form = SheetForm::default();
    assert!(
        contact_sheet(std::slice::from_ref(&photo), &form, fonts(), &|_| false)
            .unwrap()
            .is_none()
    );
    assert!(contact_sheet(&[], &form, fonts(), &|_| true).is_err());
    let many = vec![photo; MOST_PHOTOS + 1];
    assert!(
        contact_sheet(&many, &form, fonts(), &|_| true)
            .unwrap_err()
            .contains("at most")
    );
}
