//! JPEG XL pixels, through `jxl-oxide` (pure Rust). Of an animation the first frame is taken.

use image::ColorType;
use jxl_oxide::{
    AllocTracker, EnumColourEncoding, InitializeResult, JxlImage, PixelFormat, RenderingIntent, UninitializedJxlImage,
};

use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::orientation::Orientation;
use super::raster;
use super::sniff::PictureFormat;

/// What is read before the header is tried for the first time, bytes.
const FIRST_PIECE: usize = 4096;

/// Decodes `bytes`, which begin as a JPEG XL.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let (mut image, used) = read_header(bytes, limits)?;
    let (width, height) = (image.width(), image.height());
    let extra = image.image_header().metadata.ec_info.len() as u64;
    // Samples of 4 bytes, twice while filters run, and the RGB that is handed on.
    let bytes_per_pixel = (3 + extra) * 8 + 7;
    limits.check(width, height, bytes_per_pixel)?;
    share.take(u64::from(width) * u64::from(height) * bytes_per_pixel);
    let mut rest = bytes.get(used..).unwrap_or_default();
    while !rest.is_empty() {
        let taken = image.feed_bytes(rest).map_err(damaged)?;
        if taken == 0 {
            break;
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    image.finalize().map_err(damaged)?;
    if !image.is_loading_done() || image.num_loaded_keyframes() == 0 {
        return Err(raster::ends_early(PictureFormat::JpegXl));
    }
    let grey = image.pixel_format().is_grayscale();
    // Colours that are named are converted by the decoder, which knows how to show what is brighter than white; an ICC profile
    // is left to the gate's own colour engine.
    let icc = image.original_icc().is_some();
    if !icc {
        image.request_color_encoding(if grey {
            EnumColourEncoding::gray_srgb(RenderingIntent::Relative)
        } else {
            EnumColourEncoding::srgb(RenderingIntent::Relative)
        });
    }
    let colour = match image.pixel_format() {
        PixelFormat::Gray => ColorType::L8,
        PixelFormat::Graya => ColorType::La8,
        PixelFormat::Rgb => ColorType::Rgb8,
        PixelFormat::Rgba => ColorType::Rgba8,
        PixelFormat::Cmyk | PixelFormat::Cmyka => {
            return Err(Failure::unsupported(
                "This is a JPEG XL for printing (CMYK); it needs a decoder for that rare variant. Save it anew as an ordinary \
                 PNG or JPEG to search it.",
            ));
        }
    };
    let render = image.render_frame(0).map_err(damaged)?;
    let mut stream = render.stream();
    if (stream.width(), stream.height()) != (width, height) || stream.channels() != u32::from(colour.channel_count()) {
        return Err(Failure::corrupt(
            "Its headers contradict each other. Copy it again from where it came from.",
        ));
    }
    let mut stored = zeroed(width as usize * height as usize * usize::from(colour.channel_count()))?;
    stream.write_to_buffer::<u8>(&mut stored);
    let profile = icc.then(|| image.rendered_icc());
    Ok(StoredPicture {
        width,
        height,
        rgb: raster::to_srgb(stored, colour, profile.as_deref())?,
        full_width: width,
        full_height: height,
        // The decoder has turned it.
        orientation: Orientation::UPRIGHT,
    })
}

/// Reads so much that the size is known, before anything of that size is held. Also says how many bytes that took.
fn read_header(bytes: &[u8], limits: &DecodeLimits) -> Result<(JxlImage, usize), Failure> {
    let most = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
    let mut reading: UninitializedJxlImage = JxlImage::builder()
        .alloc_tracker(AllocTracker::with_limit(most))
        .build_uninit();
    let (mut used, mut piece) = (0, FIRST_PIECE);
    loop {
        let end = bytes.len().min(used + piece);
        let part = bytes.get(used..end).unwrap_or_default();
        let taken = reading.feed_bytes(part).map_err(damaged)?;
        used += taken;
        reading = match reading.try_init().map_err(damaged)? {
            InitializeResult::Initialized(image) => return Ok((image, used)),
            InitializeResult::NeedMoreData(reading) => reading,
        };
        if end == bytes.len() {
            return Err(raster::ends_early(PictureFormat::JpegXl));
        }
        // A large profile stands before the picture; the header is read anew each time.
        piece *= 2;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn damaged(error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    Failure::corrupt(format!(
        "Its JPEG XL data is damaged ({error}). Copy it again from where it came from."
    ))
}

#[cfg(test)]
mod tests {
    use zune_core::bit_depth::BitDepth;
    use zune_core::colorspace::ColorSpace;
    use zune_core::options::EncoderOptions;
    use zune_jpegxl::JxlSimpleEncoder;

    use crate::decode::{DecodeLimits, PictureFormat, Scale, decode};
    use crate::failure::FailureKind;
    use crate::fixtures::{quarters, textured};

    fn jpeg_xl(samples: &[u8], width: u32, height: u32, colour: ColorSpace) -> Vec<u8> {
        let options = EncoderOptions::new(width as usize, height as usize, colour, BitDepth::Eight);
        let mut file = Vec::new();
        JxlSimpleEncoder::new(samples, options).encode(&mut file).unwrap();
        file
    }

    #[test]
    fn pixels_come_back_as_they_were_stored() {
        let picture = textured(65, 40, 3);
        let file = jpeg_xl(picture.as_raw(), 65, 40, ColorSpace::RGB);
        let decoded = decode(&file, Scale::Full, &DecodeLimits::default()).unwrap();
        assert_eq!(decoded.format, PictureFormat::JpegXl);
        assert_eq!((decoded.width, decoded.height, decoded.original_width), (65, 40, 65));
        let off = decoded
            .rgb
            .iter()
            .zip(picture.as_raw())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(off <= Some(1), "{off:?}");
    }

    #[test]
    fn transparency_lies_over_white_and_grey_is_grey() {
        let clear = jpeg_xl(&[9, 9, 9, 0].repeat(32 * 32), 32, 32, ColorSpace::RGBA);
        let decoded = decode(&clear, Scale::Full, &DecodeLimits::default()).unwrap();
        assert!(decoded.rgb.iter().all(|&value| value == 255));
        let grey = jpeg_xl(&[77; 32 * 32], 32, 32, ColorSpace::Luma);
        let decoded = decode(&grey, Scale::Full, &DecodeLimits::default()).unwrap();
        assert!(decoded.rgb.iter().all(|&value| value.abs_diff(77) <= 1));
    }

    #[test]
    fn sizes_beyond_the_limits_are_refused_from_the_header() {
        let file = jpeg_xl(quarters(64, 64).as_raw(), 64, 64, ColorSpace::RGB);
        let narrow = DecodeLimits {
            max_side: 63,
            ..DecodeLimits::default()
        };
        assert_eq!(
            decode(&file, Scale::Full, &narrow).unwrap_err().kind,
            FailureKind::TooLarge
        );
        let poor = DecodeLimits {
            max_alloc_bytes: 64 * 64 * 20,
            ..DecodeLimits::default()
        };
        assert_eq!(
            decode(&file, Scale::Full, &poor).unwrap_err().kind,
            FailureKind::TooLarge
        );
    }

    #[test]
    fn no_cut_and_no_changed_byte_makes_it_panic() {
        let picture = textured(48, 32, 5);
        let file = jpeg_xl(picture.as_raw(), 48, 32, ColorSpace::RGB);
        for cut in (0..file.len()).step_by(1 + file.len() / 200) {
            assert!(
                decode(&file[..cut], Scale::Full, &DecodeLimits::default()).is_err(),
                "{cut}"
            );
        }
        let limits = DecodeLimits {
            max_pixels: 1 << 20,
            ..DecodeLimits::default()
        };
        for at in 0..file.len().min(400) {
            let mut changed = file.clone();
            changed[at] ^= 0x5A;
            let _ = decode(&changed, Scale::Full, &limits);
        }
    }
}
