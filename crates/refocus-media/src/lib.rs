//! Photos on disk: everything between a folder that a person gave and pixels that a model can read.
//!
//! Data enters as paths and bytes and leaves as found files, decoded sRGB pictures, facts (date, camera), content
//! hashes and thumbnails. Nothing here knows of SQLite, candle or egui.
//!
//! Whatever a disk can hold must not stop the program: every function here answers with a [`Failure`](failure::Failure)
//! that says in plain words what is wrong and what to do, and a decoder's panic is contained.
//!
//! | file | idea |
//! |---|---|
//! | [`failure`] | why a file could not be read, and whether trying again can help |
//! | [`scan`] | walking a folder: which files claim to be pictures |
//! | [`patterns`] | patterns of paths that a person does not want |
//! | [`decode`] | the one decode gate: bytes → upright sRGB pixels |
//! | [`read_photo`] | a photo as one reading found it: hash and pixels of the same bytes |
//! | `animation` | whether a picture moves |
//! | [`sniff`] | the format of a file, by its bytes |
//! | `jpeg` | JPEG pixels, decoded at 1/2, 1/4 or 1/8 scale where that is enough |
//! | `jpeg_segments` | what a JPEG says about itself before its pixels are touched |
//! | `png`, `webp`, `tiff` | PNG pixels; WebP pixels; TIFF pixels |
//! | `raster` | GIF and BMP pixels |
//! | `jpeg_xl`, `heif`, `avif` | JPEG XL pixels; HEIC pixels; AVIF pixels |
//! | [`decoder_child`] | HEIC and AVIF decoders in processes of their own |
//! | `camera_raw` | the previews in camera raw files |
//! | `colours`, `srgb` | what the numbers of a picture mean; samples as decoders give them → sRGB |
//! | `colour_profile` | embedded ICC profiles → sRGB |
//! | `high_dynamic_range` | PQ and HLG → sRGB |
//! | `iso_boxes` | boxes of HEIC, AVIF and JPEG XL; files with bytes behind their end |
//! | `orientation` | the eight EXIF orientations |
//! | `contain` | a panic in foreign code becomes an ordinary failure |
//! | [`memory_budget`] | what all decodings may hold together |
//! | [`mount`] | where a folder's drive is mounted |
//! | [`watch`] | changes below folders, as the system tells them |
//! | [`pasted`] | pixels that did not come from a file |
//! | [`resize`] | scaling of RGB pixels |
//! | [`facts`] | date, camera, lens and place from EXIF |
//! | [`taken`] | when a photo was taken, and who says so |
//! | [`tags`] | rating, keywords, captions that other programs wrote |
//! | `comparison` | the form in which texts are compared, and the levels of keywords |
//! | [`words`] | the words of a text, and where they begin and end |
//! | `metadata` | the blocks of EXIF, XMP and IPTC in a file, and what IPTC says |
//! | [`xmp`] | what an XMP packet says |
//! | `exif_dates` | every date in an EXIF block |
//! | `exif_tags` | rating, keywords, captions in EXIF |
//! | [`place`] | distances between places, and places in words |
//! | [`companions`] | raw files, sidecars, settings and videos that belong to a photo |
//! | [`file_actions`] | copying, moving and renaming without overwriting |
//! | [`contact_sheet`] | photos on pages of paper, as PDF |
//! | [`export_copies`] | copies at another size or in another format |
//! | [`rotate`] | turning photos by their orientation tag alone |
//! | [`batch_rename`] | names for many photos, by a pattern |
//! | [`file_dates`] | dates from file names and file times |
//! | [`hash`] | a photo's identity |
//! | [`thumbnails`] | small pictures in their own cache on disk |

mod animation;
mod avif;
pub mod batch_rename;
mod camera_raw;
mod colour_profile;
mod colours;
pub mod companions;
mod comparison;
pub mod contact_sheet;
mod contain;
pub mod decode;
pub mod decoder_child;
mod exif_dates;
mod exif_tags;
pub mod export_copies;
pub mod facts;
pub mod failure;
pub mod file_actions;
pub mod file_dates;
pub mod hash;
mod heif;
mod high_dynamic_range;
mod iso_boxes;
mod jpeg;
mod jpeg_segments;
mod jpeg_xl;
pub mod memory_budget;
mod metadata;
pub mod mount;
mod orientation;
pub mod pasted;
pub mod patterns;
pub mod place;
mod png;
mod raster;
pub mod read_photo;
pub mod resize;
pub mod rotate;
pub mod scan;
pub mod sniff;
mod srgb;
pub mod tags;
pub mod taken;
pub mod thumbnails;
mod tiff;
pub mod watch;
mod webp;
pub mod words;
pub mod xmp;

pub use decode::{DecodeLimits, GATE_VERSION, Picture, Scale, Urgency, decode, read_file};
pub use facts::{FACTS_REVISION, PhotoFacts, read_facts};
pub use failure::{Failure, FailureKind};
pub use file_dates::taken_from_name;
pub use hash::ContentHash;
pub use pasted::picture_from_rgba;
pub use patterns::{BadPattern, PathPatterns};
pub use place::Place;
pub use read_photo::{PhotoBytes, ReadPhoto, read_photo};
pub use scan::{
    FileIdentity, FoundFile, LeftOut, LeftOutCount, LeftOutGroup, LeftOutRule, Link, ScanOptions, ScanSummary,
    comes_to, is_behind_link, left_out_rule, left_out_rules, look_at, marks_its_folder, passed_over, same_file, scan,
    scan_with_companions, scan_with_sidecars,
};
pub use tags::{Face, PhotoTags};
pub use taken::{DateSource, Taken, resolve_taken};
pub use thumbnails::{Thumbnail, ThumbnailCache, ThumbnailSize};

#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod hostile_tests;
