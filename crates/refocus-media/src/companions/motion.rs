//! Photos that hold a short video: Motion Photos.
//!
//! Sources: Google, Motion Photo format 1.0 (developer.android.com/media/platform/motion-photo-format), and Micro Video before
//! it; Samsung's trailer "MotionPhoto_Data" (ExifTool, Samsung.pm); ISO/IEC 14496-12, section 4.3 (the box "ftyp" with which a
//! video begins).

use std::path::Path;

use memchr::memmem;

use super::name::{normal, split};
use crate::sniff::begins_as_picture;

/// Whether a name is one that telephones give to photos which hold a video: "MVIMG_….jpg", "PXL_….MP.jpg",
/// "PXL_….RAW-01.MP.COVER.jpg". The bytes have the last word: see [`holds_video`].
#[must_use]
pub fn is_motion_name(path: &Path) -> bool {
    let name = path.file_name().map(normal).unwrap_or_default();
    let Some((stem, ending)) = split(&name) else {
        return false;
    };
    let is_still = matches!(ending, "jpg" | "jpeg" | "heic" | "heif" | "avif");
    let stem = stem.strip_suffix(".cover").unwrap_or(stem);
    let marked = [".mp", "_mp", "-mp"].iter().any(|mark| stem.ends_with(mark));
    is_still && (stem.starts_with("mvimg_") || marked)
}

/// Whether a photo's file holds a video as well, of any telephone's kind. A file that says so and holds none has lost its video
/// to an editor; one that says that it is no Motion Photo is none, whatever it holds.
#[must_use]
pub fn holds_video(bytes: &[u8]) -> bool {
    if !begins_as_picture(bytes.get(..32).unwrap_or(bytes)) {
        return false;
    }
    let Some(video) = video_begins(bytes) else {
        return false;
    };
    let (still, tail) = bytes.split_at_checked(video).unwrap_or((bytes, &[]));
    if says_motion_photo(still, b'0') {
        return false;
    }
    let at_once = still.ends_with(&[0xFF, 0xD9]) || still.ends_with(b"mpvd");
    let samsung = memmem::find(still, b"MotionPhoto_Data").is_some();
    let huawei = memmem::find(tail.get(tail.len().saturating_sub(64)..).unwrap_or(tail), b"LIVE_").is_some();
    at_once || samsung || huawei || says_motion_photo(still, b'1') || names_a_video(still)
}

/// Where the first box "ftyp" of a video begins behind the picture's own.
fn video_begins(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, b"ftyp")
        .filter_map(|at| at.checked_sub(4))
        .find(|&at| {
            let head = bytes.get(at..).unwrap_or_default();
            let length = head.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
            at > 0 && (12..=1024).contains(&length) && !begins_as_picture(head.get(..32).unwrap_or(head))
        })
}

/// Whether the XMP packet says of the file that it is (1) or is not (0) a Motion Photo or Micro Video, as an attribute or as an
/// element, under whatever prefix.
fn says_motion_photo(still: &[u8], value: u8) -> bool {
    [b":MotionPhoto".as_slice(), b":MicroVideo"].iter().any(|name| {
        memmem::find_iter(still, name).any(|at| {
            let behind = still.get(at + name.len()..).unwrap_or_default();
            matches!(behind, [b'=', b'"' | b'\'', said, b'"' | b'\'', ..] if *said == value)
                || matches!(behind, [b'>', said, b'<', ..] if *said == value)
        })
    })
}

/// Whether the XMP packet lists a video among what the file holds.
fn names_a_video(still: &[u8]) -> bool {
    let words = [
        b":Semantic=\"MotionPhoto\"".as_slice(),
        b":Semantic='MotionPhoto'",
        b":Semantic>MotionPhoto<",
    ];
    words.iter().any(|words| memmem::find(still, words).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: &[u8] = b"\0\0\0\x14ftypmp42\0\0\0\0isom\0\0\0\x08free";

    fn jpeg(xmp: &str, between: &[u8], video: &[u8]) -> Vec<u8> {
        [b"\xFF\xD8\xFF\xE1", xmp.as_bytes(), b"\xFF\xD9", between, video].concat()
    }

    #[test]
    fn motion_photos_are_known_by_the_names_of_their_makers() {
        for name in [
            "MVIMG_20190102_030405.jpg",
            "PXL_20201005_123456789.MP.jpg",
            "PXL_2.RAW-01.MP.COVER.jpg",
            "a_MP.HEIC",
        ] {
            assert!(is_motion_name(Path::new(name)), "{name}");
        }
        for name in ["IMG_1.jpg", "CAMP.jpg", "12MP.jpg", "PXL_1.MP", "MVIMG_1.mp4"] {
            assert!(!is_motion_name(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_video_in_a_photo_is_found_in_every_makers_way() {
        let said = [
            r#"<x GCamera:MicroVideo="1"/>"#,
            r#"<x GCamera:MotionPhoto="1"/>"#,
            "<GCamera:MotionPhoto>1</GCamera:MotionPhoto>",
            r#"<Container:Item Item:Semantic="MotionPhoto"/>"#,
        ];
        for xmp in said {
            assert!(holds_video(&jpeg(xmp, b"padding", VIDEO)), "{xmp}");
            assert!(!holds_video(&jpeg(xmp, b"padding", b"")), "lost: {xmp}");
        }
        assert!(holds_video(&jpeg("", b"\0\0\x30\x0A\x10\0\0\0MotionPhoto_Data", VIDEO)));
        assert!(holds_video(&jpeg("", b"", VIDEO)));
        assert!(holds_video(
            &[jpeg("", b"pad", VIDEO), b"v2_f11  0:0  LIVE_123  ".to_vec()].concat()
        ));
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        assert!(holds_video(&[&heic, b"\0\0\0\x24mpvd".as_slice(), VIDEO].concat()));
    }

    #[test]
    fn photos_without_a_video_hold_none() {
        assert!(!holds_video(&jpeg(r#"<x GCamera:MotionPhoto="0"/>"#, b"", VIDEO)));
        assert!(!holds_video(&jpeg("", b"anything", VIDEO)), "nobody says so");
        assert!(!holds_video(&jpeg("ftyp", b"", b"")));
        assert!(!holds_video(VIDEO) && !holds_video(b"") && !holds_video(&[0xFF, 0xD8, 0xFF]));
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        assert!(!holds_video(&heic) && !holds_video(&[heic.clone(), heic].concat()));
        let many = [b"\xFF\xD8\xFF".to_vec(), b"ftyp".repeat(100_000)].concat();
        assert!(!holds_video(&many));
    }
}
