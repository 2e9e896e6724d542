//! `refocus train`: learns from a person's own triplets.

use std::path::Path;

use anyhow::Context;
use image::RgbImage;
use refocus_engine::LibraryPaths;
use refocus_media::{DecodeLimits, Scale, read_photo};

use super::arguments::Train;

/// Side of a rendered picture in pixels: the image tower's own.
const SIDE: u32 = 260;

pub(super) fn run(paths: &LibraryPaths, arguments: &Train) -> anyhow::Result<()> {
    match &arguments.checkpoint {
        Some(name) => super::train_adapter::run(paths, arguments, name),
        None => super::tune::run(paths, arguments),
    }
}

/// Where the result goes; the command line asks for it.
pub(super) fn out(arguments: &Train) -> anyhow::Result<&Path> {
    arguments.out.as_deref().context("name a file with --out FILE")
}

/// Writes a file.
///
/// # Errors
/// It cannot be written; the message names it.
pub fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("the file cannot be written: {}", path.display()))
}

/// Decodes a photo for the image tower.
///
/// # Errors
/// What is wrong with it, in words.
pub fn decode_file(path: &Path) -> Result<RgbImage, String> {
    let limits = DecodeLimits::default();
    let picture = read_photo(path, Scale::ShortSideAtLeast(2 * SIDE), &limits)
        .map_err(|failure| failure.message)?
        .picture;
    RgbImage::from_raw(picture.width, picture.height, picture.rgb).ok_or_else(|| "its size is wrong".to_owned())
}
