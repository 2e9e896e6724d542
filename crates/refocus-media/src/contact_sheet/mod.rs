//! Contact sheets: photos in rows and columns on pages of paper, with captions, as PDF.
//!
//! Pictures are decoded one after the other, brought to the size at which they are printed at [`DOTS_PER_INCH`], and put in as JPEG.
//!
//! | file | holds |
//! |---|---|
//! | `layout.rs` | where everything stands on a page |
//! | `lettering.rs` | lines of text in several fonts |

use std::path::PathBuf;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, TextStr};

use super::decode::{DecodeLimits, Scale};
use super::read_photo::PhotoBytes;
use super::resize::{ResizeFilter, fit_within, resize_rgb};

pub use layout::{COLUMNS, Paper, SheetForm};
use layout::{Layout, Place};
pub use lettering::SheetFont;
use lettering::{Lettering, OBJECTS_A_FONT, font_name, packed};

mod layout;
mod lettering;

/// Pixels an inch of the printed pictures.
pub const DOTS_PER_INCH: f32 = 200.0;

/// Photos of one file, at most: all of its pictures are in memory until it is written.
pub const MOST_PHOTOS: usize = 5_000;

/// Points an inch: the unit of PDF.
const POINTS: f32 = 72.0;

/// JPEG quality of the pictures.
const QUALITY: u8 = 85;

/// A photo of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetPhoto {
    /// Where it is.
    pub path: PathBuf,
    /// What stands below it; empty: nothing.
    pub caption: String,
}

/// A sheet that was made.
#[derive(Debug)]
pub struct Sheet {
    /// The PDF file.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Photos that could not be read, and why; their places are empty but for the caption.
    pub unread: Vec<(PathBuf, String)>,
}

/// Makes a contact sheet. `go_on` is told how many photos are done and answers whether to go on; `None` where it did not. `fonts`: the
/// first that has a character draws it.
///
/// # Errors
/// What is wrong, for the person.
pub fn contact_sheet(
    photos: &[SheetPhoto],
    form: &SheetForm,
    fonts: Vec<SheetFont>,
    go_on: &dyn Fn(usize) -> bool,
) -> Result<Option<Sheet>, String> {
    if photos.is_empty() {
        return Err("there is no photo to put on a sheet".to_owned());
    }
    if photos.len() > MOST_PHOTOS {
        return Err(format!("at most {MOST_PHOTOS} photos fit into one file"));
    }
    let mut lettering = Lettering::new(fonts)?;
    let layout = Layout::new(form, photos.iter().any(|photo| !photo.caption.is_empty()));
    let (width, height) = layout.paper;
    let pages = layout.pages(photos.len());
    let mut numbers = (1..).map(Ref::new);
    let mut object = || numbers.next().ok_or("a PDF file cannot hold so much");
    let (catalog, tree, info) = (object()?, object()?, object()?);
    let mut fonts = Vec::new();
    for _ in 0..lettering.count() {
        fonts.push(object()?);
        for _ in 1..OBJECTS_A_FONT {
            object()?;
        }
    }
    let mut pdf = Pdf::new();
    let (mut page_objects, mut unread) = (Vec::new(), Vec::new());
    let mut number = 0;
    for page_number in 0..pages {
        let (page_object, content_object) = (object()?, object()?);
        let (mut content, mut pictures) = (Content::new(), Vec::new());
        for place in layout.places(page_number) {
            let Some(photo) = photos.get(number) else { break };
            match picture(photo, place) {
                Ok(picture) => {
                    let image = object()?;
                    let mut stream = pdf.image_xobject(image, &picture.jpeg);
                    stream.filter(Filter::DctDecode);
                    stream.bits_per_component(8);
                    stream
                        .width(picture.width.cast_signed())
                        .height(picture.height.cast_signed());
                    stream.color_space().device_rgb();
                    drop(stream);
                    let name = format!("P{number}");
                    draw_picture(&mut content, height, &picture, place, &name);
                    pictures.push((name, image));
                }
                Err(why) => {
                    content.set_fill_gray(PALE);
                    let bottom = height - place.top - place.height;
                    content
                        .rect(place.left, bottom, place.width, place.height)
                        .fill_nonzero();
                    unread.push((photo.path.clone(), why));
                }
            }
            lettering.draw(
                &mut content,
                height,
                &photo.caption,
                place.caption,
                (layout::CAPTION, GREY),
            );
            number += 1;
            if !go_on(number) {
                return Ok(None);
            }
        }
        if page_number == 0 {
            lettering.draw(
                &mut content,
                height,
                form.title.trim(),
                layout.title,
                (layout::TITLE, BLACK),
            );
        }
        if pages > 1 {
            let words = format!("{} / {pages}", page_number + 1);
            lettering.draw(&mut content, height, &words, layout.footer, (layout::CAPTION, GREY));
        }
        let content = packed(&content.finish())?;
        pdf.stream(content_object, &content).filter(Filter::FlateDecode);
        let mut page = pdf.page(page_object);
        page.parent(tree)
            .media_box(Rect::new(0.0, 0.0, width, height))
            .contents(content_object);
        let mut resources = page.resources();
        let mut named = resources.x_objects();
        for (name, image) in &pictures {
            named.pair(Name(name.as_bytes()), *image);
        }
        drop(named);
        let mut named = resources.fonts();
        for (number, font) in fonts
            .iter()
            .enumerate()
            .filter(|(number, _)| lettering.is_used(*number))
        {
            named.pair(Name(font_name(number).as_bytes()), *font);
        }
        drop(named);
        drop(resources);
        drop(page);
        page_objects.push(page_object);
    }
    for (number, font) in fonts
        .iter()
        .enumerate()
        .filter(|(number, _)| lettering.is_used(*number))
    {
        lettering.write(&mut pdf, number, *font)?;
    }
    pdf.catalog(catalog).pages(tree);
    let count = i32::try_from(page_objects.len()).map_err(|error| error.to_string())?;
    pdf.pages(tree).kids(page_objects).count(count);
    let title = match form.title.trim() {
        "" => "Contact sheet",
        title => title,
    };
    pdf.document_info(info)
        .title(TextStr(title))
        .producer(TextStr("Refocus"));
    Ok(Some(Sheet {
        pdf: pdf.finish(),
        pages,
        unread,
    }))
}

/// Shades of ink, 0 to 1.
const BLACK: f32 = 0.08;
const GREY: f32 = 0.3;
const PALE: f32 = 0.92;

/// A picture as it is printed.
struct Picture {
    jpeg: Vec<u8>,
    width: u32,
    height: u32,
}

/// Draws a picture in the middle of its place on a page that is so high.
fn draw_picture(content: &mut Content, high: f32, picture: &Picture, place: Place, name: &str) {
    let factor = (place.width / picture.width as f32).min(place.height / picture.height as f32);
    let (width, height) = (picture.width as f32 * factor, picture.height as f32 * factor);
    let left = place.left + (place.width - width) / 2.0;
    let bottom = high - place.top - (place.height + height) / 2.0;
    content.save_state();
    content.transform([width, 0.0, 0.0, height, left, bottom]);
    content.x_object(Name(name.as_bytes()));
    content.restore_state();
}

/// The photo as JPEG at the size in which it is printed.
fn picture(photo: &SheetPhoto, place: Place) -> Result<Picture, String> {
    let pixels = |points: f32| (points / POINTS * DOTS_PER_INCH).ceil().max(1.0) as u32;
    let (most_wide, most_high) = (pixels(place.width), pixels(place.height));
    let limits = DecodeLimits::default();
    let read = PhotoBytes::read(&photo.path, &limits).map_err(|failure| failure.message)?;
    let scale = Scale::ShortSideAtLeast(most_wide.max(most_high));
    let picture = read.decode(scale, &limits).map_err(|failure| failure.message)?;
    // The longer side that leaves the picture within both.
    let wide = u64::from(most_wide) * u64::from(picture.height);
    let high = u64::from(most_high) * u64::from(picture.width);
    let longest = if wide <= high {
        u64::from(most_wide).max(u64::from(most_wide) * u64::from(picture.height) / u64::from(picture.width.max(1)))
    } else {
        u64::from(most_high).max(u64::from(most_high) * u64::from(picture.width) / u64::from(picture.height.max(1)))
    };
    let longest = u32::try_from(longest).unwrap_or(u32::MAX).max(1);
    let (width, height) = fit_within(picture.width, picture.height, longest);
    let resized;
    let rgb = if (width, height) == (picture.width, picture.height) {
        &picture.rgb
    } else {
        let filter = ResizeFilter::Bilinear;
        resized = resize_rgb(&picture.rgb, picture.width, picture.height, width, height, filter);
        &resized
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| error.to_string())?;
    Ok(Picture { jpeg, width, height })
}

#[cfg(test)]
mod tests;
