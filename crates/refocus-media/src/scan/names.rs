//! What a file's name says of it.

use std::ffi::OsStr;
use std::path::Path;

/// Endings of pictures. Besides the formats' own ones:
/// "mpo" (several JPEGs in one, CIPA DC-007), "jps" and "pns" (JPEG and PNG with the views of two eyes side by side), "insp"
/// (JPEG of an Insta360 camera), "apng" (animated PNG), "jif", "jfi", "pjpeg", "pjp" (JPEG, as browsers know it),
/// "heics", "avifs" (sequences).
pub(crate) const PICTURE_EXTENSIONS: [&str; 28] = [
    "jpg", "jpeg", "jpe", "jfif", "jif", "jfi", "pjpeg", "pjp", "mpo", "jps", "insp", "png", "apng", "pns", "webp",
    "gif", "bmp", "dib", "tif", "tiff", "jxl", "heic", "heif", "hif", "heics", "heifs", "avif", "avifs",
];

/// Camera raw files: what is read of them is the preview.
pub(crate) const RAW_EXTENSIONS: [&str; 29] = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "gpr", "iiq", "k25", "kdc", "mef", "mos", "mrw",
    "nef", "nrw", "orf", "ori", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
];

/// Endings that say no more than that something is in the file.
const SAYING_NOTHING: [&str; 7] = ["file", "image", "img", "photo", "pic", "picture", "unknown"];

/// What a name says of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedAs {
    /// It is a picture.
    Picture,
    /// Nothing: its first bytes are to be asked.
    Nothing,
    /// It is something else.
    Other,
}

/// Whether the name's extension is one that pictures have. Upper and lower case are the same.
pub fn claims_to_be_picture(path: &Path) -> bool {
    named_as(path) == NamedAs::Picture
}

/// What the name says. An ending is letters and digits with a letter among them; "St. Peter", "2019.05.03" and "scan" have none.
/// Behind a picture's ending, web sites put the size that they served: "photo.jpg_large", "photo.jpg?w=1024".
pub(super) fn named_as(path: &Path) -> NamedAs {
    let Some(ending) = path.extension().and_then(OsStr::to_str) else {
        return if path.extension().is_none() {
            NamedAs::Nothing
        } else {
            NamedAs::Other
        };
    };
    if is_picture_ending(ending) {
        return NamedAs::Picture;
    }
    let letters = ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let says_nothing = SAYING_NOTHING.iter().any(|known| ending.eq_ignore_ascii_case(known));
    let number = ending.bytes().all(|byte| byte.is_ascii_digit());
    let phrase = ending.contains(char::is_whitespace) || !ending.is_ascii();
    let served_as = ending
        .split_once(|letter: char| !letter.is_ascii_alphanumeric())
        .is_some_and(|(first, rest)| is_picture_ending(first) && !matches!(rest, "original" | ""));
    if says_nothing || number || phrase || (served_as && !letters) {
        NamedAs::Nothing
    } else {
        NamedAs::Other
    }
}

/// Whether a name is that of a copy which ExifTool keeps of a picture: "a.jpg_original".
pub(super) fn is_copy_of_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    ending
        .and_then(|ending| ending.strip_suffix("_original"))
        .is_some_and(is_picture_ending)
}

fn is_picture_ending(ending: &str) -> bool {
    PICTURE_EXTENSIONS
        .iter()
        .chain(&RAW_EXTENSIONS)
        .any(|known| ending.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_claims_a_picture_says_nothing_or_says_something_else() {
        for name in [
            "a.jpg",
            "DSCF0001.MPO",
            "stereo.jps",
            "stereo.pns",
            "pano.Insp",
            "anim.apng",
            "a.JFIF",
            "a.jpe",
            "a.pjpeg",
            "a.hif",
            "a.HEICS",
            "a.avifs",
            "a.dib",
            "a.jxl",
            "GOPR0001.GPR",
            "P1010001.ORI",
        ] {
            assert_eq!(named_as(Path::new(name)), NamedAs::Picture, "{name}");
        }
        for name in [
            "noext",
            "scan",
            "f_000123",
            "IMG_0001.1",
            "2019.05.03",
            "St. Peter",
            "Foto 3. März",
            "saved.jpg_large",
            "saved.jpg-large",
            "saved.JPG?w=1024",
            "saved.jpeg!d",
            "download.image",
        ] {
            assert_eq!(named_as(Path::new(name)), NamedAs::Nothing, "{name}");
        }
        for name in [
            "a.txt",
            "a.mp4",
            "a.insv",
            "a.jpg_original",
            "a.jpg~",
            "a.xmp",
            "a.db",
            "a.tar.gz",
            "a.jpg.part",
        ] {
            assert_eq!(named_as(Path::new(name)), NamedAs::Other, "{name}");
        }
    }
}
