//! What a file's name says of the photo that it belongs to.

use std::ffi::OsStr;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use crate::scan::{PICTURE_EXTENSIONS, RAW_EXTENSIONS};

/// Endings of pictures that cameras write beside their raw files; "insp" by Insta360.
pub(super) const SHOWN_FOR_RAW: [&str; 9] = ["jpg", "jpeg", "heic", "hif", "heif", "jpe", "jfif", "jif", "insp"];

/// Ending of a sidecar.
pub(super) const SIDECAR: &str = "xmp";

/// Endings of files in which other programs and devices keep what they know of a photo, and which move along with it:
/// DxO PhotoLab, RawTherapee, ART, ON1, Capture One, Apple's edits, Canon DPP (two), Nikon NX, Adobe's masks, Canon's thumbnails
/// beside CRW, spoken notes.
const SETTINGS: [&str; 12] = [
    "dop", "pp3", "arp", "on1", "cos", "aae", "vrd", "dr4", "nksc", "acr", "thm", "wav",
];

/// Endings of the video of a Live Photo. "mp" is what Google's export gives the video of "name.MP.jpg".
const VIDEO: [&str; 4] = ["mov", "mp4", "m4v", "mp"];

/// Most characters that a name is looked at for: file systems have 255 bytes.
const MOST_CHARACTERS: usize = 1024;

/// What a file is for a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Picture,
    Raw,
    Sidecar,
    Settings,
    Video,
}

/// A name taken apart. All texts are in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) role: Role,
    /// The whole name.
    pub(super) full: String,
    /// The name without its endings.
    pub(super) stem: String,
    /// The whole name of the file that it is about, where it says it: "a.jpg" of "a.jpg.xmp".
    pub(super) about: Option<String>,
    /// What the files of one photo have in common.
    pub(super) key: String,
}

impl Name {
    /// `None` for what belongs to no photo.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let full = normal(path.file_name()?);
        let (stem, ending) = split(&full)?;
        let role = role_of(ending).or_else(|| (ending == "json").then_some(Role::Settings))?;
        let about = match role {
            Role::Picture | Role::Raw => None,
            _ => about(stem, ending),
        };
        if ending == "json" && about.is_none() {
            return None;
        }
        let stem = about.as_deref().and_then(split).map_or(stem, |(stem, _)| stem);
        let stem = if ending == "aae" {
            without_o(stem)
        } else {
            stem.to_owned()
        };
        Some(Self {
            key: key_of(&stem, role),
            stem,
            about,
            role,
            full,
        })
    }

    /// A picture that says nothing by its ending, or has none: its name is all of it.
    pub(super) fn of_picture(path: &Path) -> Self {
        Self::of(path).unwrap_or_else(|| {
            let full = path.file_name().map(normal).unwrap_or_default();
            Self {
                role: Role::Picture,
                stem: full.clone(),
                key: full.clone(),
                about: None,
                full,
            }
        })
    }

    pub(super) fn stands_for_raw(&self) -> bool {
        self.role == Role::Picture && split(&self.full).is_some_and(|(_, ending)| SHOWN_FOR_RAW.contains(&ending))
    }

    /// darktable keeps its second version of "a.nef" in "a_01.nef.xmp": the key of "a.nef", and that name.
    ///
    /// Source: darktable user manual, sidecar files & non-destructive editing.
    pub(super) fn version_of(&self) -> Option<(String, String)> {
        if self.role != Role::Sidecar {
            return None;
        }
        let (stem, ending) = split(self.about.as_deref()?)?;
        let (first, number) = stem.rsplit_once('_')?;
        let is_number = number.len() >= 2 && number.bytes().all(|digit| digit.is_ascii_digit());
        let role = role_of(ending)?;
        (is_number && !first.is_empty()).then(|| (key_of(first, role), format!("{first}.{ending}")))
    }
}

/// The name as it is compared: composed characters (file systems of macOS take them apart), lower case. Bytes that are no text
/// stay apart from each other.
pub(super) fn normal(name: &OsStr) -> String {
    let bytes = name.as_encoded_bytes();
    if bytes.is_ascii() {
        return String::from_utf8_lossy(bytes).to_ascii_lowercase();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().nfc().flat_map(char::to_lowercase).take(MOST_CHARACTERS));
        // The last private plane of Unicode, which no name uses.
        let strays = chunk.invalid().iter();
        text.extend(strays.filter_map(|byte| char::from_u32(0x0010_F000 + u32::from(*byte))));
    }
    text
}

/// A name's stem and ending, where it has both.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
}

fn role_of(ending: &str) -> Option<Role> {
    let one_of = |endings: &[&str]| endings.contains(&ending);
    Some(match ending {
        SIDECAR => Role::Sidecar,
        _ if one_of(&PICTURE_EXTENSIONS) => Role::Picture,
        _ if one_of(&RAW_EXTENSIONS) => Role::Raw,
        _ if one_of(&VIDEO) => Role::Video,
        _ if one_of(&SETTINGS) => Role::Settings,
        _ => return None,
    })
}

/// The file that is named whole before the last ending. Google's export puts words between: "a.jpg.supplemental-metadata.json",
/// of which it cuts off as much as it takes to keep the name short.
fn about(stem: &str, ending: &str) -> Option<String> {
    let whole = |name: &str| {
        let role = split(name).and_then(|(_, ending)| role_of(ending));
        matches!(role, Some(Role::Picture | Role::Raw | Role::Video)).then(|| name.to_owned())
    };
    let words = |(name, words): (&str, &str)| "supplemental-metadata".starts_with(words).then(|| whole(name));
    whole(stem).or_else(|| split(stem).filter(|_| ending == "json").and_then(words).flatten())
}

/// Apple keeps edits of "IMG_1234" in "IMG_O1234.AAE" too.
fn without_o(stem: &str) -> String {
    match stem.strip_prefix("img_o") {
        Some(number) if number.bytes().all(|digit| digit.is_ascii_digit()) => format!("img_{number}"),
        _ => stem.to_owned(),
    }
}

/// What the names of a camera's raw file, of its picture and of its video have in common.
///
/// Sources: Google Pixel: "PXL_….RAW-01.COVER.jpg", "PXL_….RAW-01.MP.COVER.jpg", "PXL_….MP.jpg" beside
/// "PXL_….RAW-02.ORIGINAL.dng", "PXL_….dng" (simulot/immich-go, names of bursts and raw pairs); Lumia: "WP_…_Raw.jpg" beside "WP_…_Raw__highres.dng"; Apple
/// Photos: "UUID.heic" beside "UUID_3.mov" and "UUID_4.dng" (RhetTbull/osxphotos, README).
fn key_of(stem: &str, role: Role) -> String {
    let mut key = stem;
    if let Some((first, rest)) = key.split_once(".raw-")
        && rest
            .get(..2)
            .is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    {
        key = first;
    }
    key = key.strip_suffix(".mp").unwrap_or(key);
    match role {
        Role::Raw => {
            for ending in [".shortexp", ".longexp", "__highres", "_raw", "-raw"] {
                // "WP_…_Raw" is what both files are called.
                let cut = key
                    .strip_suffix(ending)
                    .filter(|_| !(key.starts_with("wp_") && ending == "_raw"));
                key = cut.unwrap_or(key);
            }
            key = key.strip_suffix("_4").filter(|key| is_uuid(key)).unwrap_or(key);
        }
        Role::Picture => key = key.strip_suffix("__highres").unwrap_or(key),
        Role::Video => key = key.strip_suffix("_3").filter(|key| is_uuid(key)).unwrap_or(key),
        Role::Sidecar | Role::Settings => {}
    }
    key.to_owned()
}

fn is_uuid(text: &str) -> bool {
    let part = |part: &str| part.bytes().all(|digit| digit.is_ascii_hexdigit());
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(part)
}

/// The key under which a sidecar or settings file without a whole name lies, whose photo may be a raw file or a picture: the
/// keys of both.
pub(super) fn keys_of(name: &Name) -> Vec<String> {
    let mut keys = vec![name.key.clone()];
    if matches!(name.role, Role::Sidecar | Role::Settings) {
        let about = name
            .about
            .as_deref()
            .and_then(split)
            .and_then(|(_, ending)| role_of(ending));
        match about {
            Some(role) => keys = vec![key_of(&name.stem, role)],
            None => keys.extend([Role::Raw, Role::Picture].map(|role| key_of(&name.stem, role))),
        }
        keys.extend(name.version_of().map(|(key, _)| key));
    }
    keys.sort();
    keys.dedup();
    keys
}
