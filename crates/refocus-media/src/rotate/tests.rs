use std::path::PathBuf;

use image::{ImageFormat, RgbImage};

use super::*;
use crate::companions::read_sidecar;
use crate::decode::{Scale, read_and_decode};
use crate::fixtures::encode;
use crate::read_photo::read_photo;

/// A photo of 16 by 8 pixels, dark on the left, light on the right.
fn photo(folder: &Path, name: &str, format: ImageFormat) -> PathBuf {
    let picture = RgbImage::from_fn(16, 8, |x, _| image::Rgb([if x < 8 { 20 } else { 230 }; 3]));
    let path = folder.join(name);
    std::fs::write(&path, encode(picture, format)).unwrap();
    path
}

/// Width, height, and how light the middles of the first and the last row are.
fn seen(path: &Path) -> (u32, u32, bool, bool) {
    let picture = read_photo(path, Scale::Full, &DecodeLimits::default()).unwrap().picture;
    let (width, height) = (picture.width as usize, picture.height as usize);
    let light = |x: usize, y: usize| picture.rgb[(y * width + x) * 3] > 128;
    if width > height {
        (
            picture.width,
            picture.height,
            light(0, height / 2),
            light(width - 1, height / 2),
        )
    } else {
        (
            picture.width,
            picture.height,
            light(width / 2, 0),
            light(width / 2, height - 1),
        )
    }
}

fn turned(path: &Path, turn: Turn, place: TurnPlace) -> Rotation {
    let rotation = plan(path, turn, place).unwrap().unwrap();
    let hash = || PhotoBytes::read(path, &DecodeLimits::default()).unwrap().hash;
    assert_eq!(hash(), rotation.before);
    rotation.carry_out().unwrap();
    assert_eq!(hash(), rotation.after);
    rotation
}

/// Everything that lies in a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn a_turn_is_seen_and_taken_back_to_the_very_bytes_wherever_it_is_written() {
    for (name, format) in [("a.jpg", ImageFormat::Jpeg), ("b.png", ImageFormat::Png)] {
        for place in [TurnPlace::Sidecar, TurnPlace::File] {
            let folder = tempfile::tempdir().unwrap();
            let path = photo(folder.path(), name, format);
            let before = (
                files(folder.path()),
                std::fs::metadata(&path).unwrap().modified().unwrap(),
            );
            assert_eq!(seen(&path), (16, 8, false, true));
            let mut done = vec![turned(&path, Turn::Right, place)];
            assert_eq!(seen(&path), (8, 16, false, true), "{name}, {place:?}");
            done.push(turned(&path, Turn::Right, place));
            assert_eq!(seen(&path), (16, 8, true, false));
            done.push(turned(&path, Turn::Left, place));
            done.push(turned(&path, Turn::Left, place));
            assert_eq!(seen(&path), (16, 8, false, true));
            done.push(turned(&path, Turn::Left, place));
            assert_eq!(seen(&path), (8, 16, true, false));
            let by_path = read_and_decode(&path, Scale::Full, &DecodeLimits::default()).unwrap();
            assert_eq!((by_path.width, by_path.height), (8, 16));
            done.push(turned(&path, Turn::Upright, place));
            assert_eq!(plan(&path, Turn::Upright, place).unwrap(), None);
            let in_file = place == TurnPlace::File && format == ImageFormat::Jpeg;
            assert_eq!(done.iter().all(|rotation| rotation.is_beside), !in_file);
            let redo: Vec<Rotation> = done.iter().rev().map(Rotation::back).collect();
            for rotation in &redo {
                rotation.carry_out().unwrap();
            }
            let now = std::fs::metadata(&path).unwrap().modified().unwrap();
            assert_eq!((files(folder.path()), now), before, "{name}, {place:?}");
            for rotation in redo.iter().rev().map(Rotation::back) {
                rotation.carry_out().unwrap();
            }
            assert_eq!(seen(&path), (16, 8, false, true));
        }
    }
}

#[test]
fn inside_a_jpeg_the_value_alone_changes_and_a_tag_is_added_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = photo(folder.path(), "a.jpg", ImageFormat::Jpeg);
    let plain = std::fs::read(&path).unwrap();
    // EXIF with one entry (make, 0x010F) and a second directory behind it, in both orders of bytes.
    let big = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x04abc\0\0\0\0\0".to_vec();
    let little = b"II\x2a\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x04\0\0\0abc\0\0\0\0\0".to_vec();
    for exif in [big, little] {
        let body = [b"Exif\0\0".as_slice(), &exif].concat();
        let length = (body.len() as u16 + 2).to_be_bytes();
        let with_exif = [&plain[..2], &[0xFF, 0xE1], &length, &body, &plain[2..]].concat();
        std::fs::write(&path, &with_exif).unwrap();
        let facts = || crate::read_facts(&std::fs::read(&path).unwrap());
        let before = facts();
        turned(&path, Turn::Left, TurnPlace::File);
        assert_eq!(seen(&path), (8, 16, true, false));
        let orientation = Some(8);
        assert_eq!(facts(), crate::PhotoFacts { orientation, ..before });
        let added = std::fs::read(&path).unwrap();
        assert!(added.ends_with(&plain[2..]), "the picture stays");
        turned(&path, Turn::Left, TurnPlace::File);
        let changed = std::fs::read(&path).unwrap();
        let differ = added.iter().zip(&changed).filter(|(one, other)| one != other).count();
        assert_eq!((changed.len(), differ), (added.len(), 1));
    }
}

#[test]
fn a_sidecar_of_another_program_keeps_everything_and_is_not_followed_until_refocus_turned_the_photo() {
    let packet = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.6">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <!-- kept --><rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    xmp:Rating='4' crs:Exposure2012="+0.30">
   <t:Orientation xmlns:t="http://ns.adobe.com/tiff/1.0/">8</t:Orientation>
   <crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurve>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"#;
    let folder = tempfile::tempdir().unwrap();
    let path = photo(folder.path(), "a.jpg", ImageFormat::Jpeg);
    let sidecar = folder.path().join("a.jpg.xmp");
    std::fs::write(&sidecar, packet).unwrap();
    assert_eq!(seen(&path), (16, 8, false, true), "it says what another program made");
    let rotation = turned(&path, Turn::Right, TurnPlace::Sidecar);
    assert_eq!(seen(&path), (8, 16, false, true));
    let now = std::fs::read_to_string(&sidecar).unwrap();
    assert_eq!(read_sidecar(&sidecar).unwrap().tags.rating, Some(4));
    let added = " xmlns:refocus=\"urn:refocus:xmp:1.0:\" refocus:Turned=\"jpg\"";
    assert_eq!(now.replace(added, "").replace(">6<", ">8<"), packet);
    rotation.back().carry_out().unwrap();
    assert_eq!(std::fs::read_to_string(&sidecar).unwrap(), packet);
}

#[test]
fn a_sidecar_that_a_raw_file_shares_with_its_jpeg_turns_only_the_file_that_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let path = photo(folder.path(), "a.jpg", ImageFormat::Jpeg);
    std::fs::write(folder.path().join("a.nef"), "raw").unwrap();
    let of_raw = sidecar::splice(&folder.path().join("a.nef"), Orientation::from_tag(6), true).unwrap();
    of_raw.carry_out().unwrap();
    assert_eq!(of_raw.file(), folder.path().join("a.xmp"));
    assert_eq!(seen(&path), (16, 8, false, true));
    let rotation = turned(&path, Turn::Left, TurnPlace::Sidecar);
    assert_eq!(rotation.file(), folder.path().join("a.jpg.xmp"));
    assert_eq!(seen(&path), (8, 16, true, false));
}

#[test]
fn what_cannot_be_written_is_refused_by_name_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = photo(folder.path(), "a.jpg", ImageFormat::Jpeg);
    std::fs::write(folder.path().join("a.jpg.xmp"), "<x>no packet").unwrap();
    let refused = plan(&path, Turn::Left, TurnPlace::Sidecar).unwrap_err().to_string();
    assert!(refused.ends_with("a.jpg.xmp"), "{refused}");
    std::fs::remove_file(folder.path().join("a.jpg.xmp")).unwrap();
    let rotation = plan(&path, Turn::Left, TurnPlace::File).unwrap().unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let refused = rotation.carry_out().unwrap_err().to_string();
    assert!(
        refused.contains("may not be written") && refused.ends_with("a.jpg"),
        "{refused}"
    );
    assert_eq!(files(folder.path()), [(path.clone(), before)]);
    // Another program was quicker.
    #[expect(clippy::permissions_set_readonly_false, reason = "a test's own file")]
    {
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(false);
        std::fs::set_permissions(&path, permissions).unwrap();
    }
    photo(folder.path(), "a.jpg", ImageFormat::Png);
    assert!(matches!(rotation.carry_out(), Err(RotateError::Changed { .. })));
    assert_eq!(files(folder.path()).len(), 1, "nothing is left behind");
}

#[test]
fn places_in_a_photo_turn_with_it() {
    let shown = ShownAs { before: 1, after: 6 };
    let [left, top, right, bottom] = ShownAs::turned([0.0, 0.0, 0.25, 0.5], shown);
    assert_eq!([left, top, right, bottom], [0.5, 0.0, 1.0, 0.25]);
    let back = ShownAs { before: 6, after: 1 };
    assert_eq!(ShownAs::turned([left, top, right, bottom], back), [0.0, 0.0, 0.25, 0.5]);
}
