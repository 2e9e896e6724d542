//! JPEG XL pixels, through `jxl-oxide` (pure Rust). Of an animation the first frame is taken.

use image::ColorType;
use jxl_oxide::color::{ColourSpace, Primaries, TransferFunction, WhitePoint};
use jxl_oxide::{
    AllocTracker, EnumColourEncoding, HdrType, InitializeResult, JxlImage, PixelFormat, RenderingIntent,
    UninitializedJxlImage,
};

use super::colours::{Colours, NamedColours};
use super::decode::{DecodeLimits, StoredPicture, zeroed};
use super::failure::Failure;
use super::memory_budget::Share;
use super::orientation::Orientation;
use super::raster;
use super::sniff::PictureFormat;
use super::srgb::{self, Alpha};

/// What is read before the header is tried for the first time, bytes.
const FIRST_PIECE: usize = 4096;

/// Decodes `bytes`, which begin as a JPEG XL.
pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits, share: &mut Share) -> Result<StoredPicture, Failure> {
    let (mut image, used) = read_header(bytes, limits)?;
    let (width, height) = (image.width(), image.height());
    let extra = image.image_header().metadata.ec_info.len() as u64;
    // Colours that are named are converted by the decoder, but for those that are brighter than white, which are shown as in every
    // other format; an ICC profile is left to the gate's own colour engine.
    let colours = request_colours(&mut image);
    // Samples of 4 bytes, twice while filters run, and the RGB that is handed on.
    let wide = if colours.are_light() { 22 } else { 0 };
    let bytes_per_pixel = (3 + extra) * 8 + 7 + wide;
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
    if let Err(error) = image.finalize() {
        // The pixels are counted below: a box of something else may be cut short.
        tracing::debug!(%error, "a JPEG XL ends with a box that is not whole");
    }
    if image.num_loaded_keyframes() == 0 {
        return Err(raster::ends_early(PictureFormat::JpegXl));
    }
    let layout = match (image.pixel_format(), colours.are_light()) {
        (PixelFormat::Gray, false) => ColorType::L8,
        (PixelFormat::Graya, false) => ColorType::La8,
        (PixelFormat::Rgb, false) => ColorType::Rgb8,
        (PixelFormat::Rgba, false) => ColorType::Rgba8,
        (PixelFormat::Gray, true) => ColorType::L16,
        (PixelFormat::Graya, true) => ColorType::La16,
        (PixelFormat::Rgb, true) => ColorType::Rgb16,
        (PixelFormat::Rgba, true) => ColorType::Rgba16,
        (PixelFormat::Cmyk | PixelFormat::Cmyka, _) => {
            return Err(Failure::unsupported(
                "This is a JPEG XL for printing (CMYK); it needs a decoder for that rare variant. Save it anew as an ordinary \
                 PNG or JPEG to search it.",
            ));
        }
    };
    let render = image.render_frame(0).map_err(damaged)?;
    let mut stream = render.stream();
    if (stream.width(), stream.height()) != (width, height) || stream.channels() != u32::from(layout.channel_count()) {
        return Err(Failure::corrupt(
            "Its headers contradict each other. Copy it again from where it came from.",
        ));
    }
    let samples = width as usize * height as usize * usize::from(layout.channel_count());
    let stored = if colours.are_light() {
        let mut wide: Vec<u16> = Vec::new();
        wide.try_reserve_exact(samples)
            .map_err(|_| Failure::out_of_memory(samples as u64 * 2))?;
        wide.resize(samples, 0);
        stream.write_to_buffer::<u16>(&mut wide);
        wide.into_iter().flat_map(u16::to_ne_bytes).collect()
    } else {
        let mut eight = zeroed(samples)?;
        stream.write_to_buffer::<u8>(&mut eight);
        eight
    };
    Ok(StoredPicture {
        width,
        height,
        rgb: srgb::to_srgb(stored, layout, &colours, alpha_of(&image))?,
        full_width: width,
        full_height: height,
        // The decoder has turned it as the codestream says, which counts; an EXIF block repeats it (ISO/IEC 18181-2, annex on the
        // Exif box).
        orientation: Orientation::UPRIGHT,
    })
}

/// Asks the decoder for colours that the gate can show; says what the numbers mean that come.
fn request_colours(image: &mut JxlImage) -> Colours {
    const BT_2020: u16 = 9;
    let grey = image.pixel_format().is_grayscale();
    if image.original_icc().is_some() {
        return Colours::of_profile(Some(image.rendered_icc()));
    }
    let curve = image.hdr_type().map(|kind| match kind {
        HdrType::Pq => (TransferFunction::Pq, 16),
        HdrType::Hlg => (TransferFunction::Hlg, 18),
    });
    match curve {
        None => {
            image.request_color_encoding(if grey {
                EnumColourEncoding::gray_srgb(RenderingIntent::Relative)
            } else {
                EnumColourEncoding::srgb(RenderingIntent::Relative)
            });
            Colours::Screen
        }
        Some((tf, transfer)) => {
            image.request_color_encoding(EnumColourEncoding {
                colour_space: if grey { ColourSpace::Grey } else { ColourSpace::Rgb },
                white_point: WhitePoint::D65,
                primaries: Primaries::Bt2100,
                tf,
                rendering_intent: RenderingIntent::Relative,
            });
            Colours::named(NamedColours {
                primaries: BT_2020,
                transfer,
            })
        }
    }
}

fn alpha_of(image: &JxlImage) -> Alpha {
    let mut channels = image.image_header().metadata.ec_info.iter();
    // The first channel of opacity is the one that is shown.
    if channels.find_map(|channel| channel.alpha_associated()) == Some(true) {
        Alpha::Associated
    } else {
        Alpha::Straight
    }
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

    use crate::decode::{DecodeLimits, Picture, PictureFormat, Scale, decode};
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

    /// A file of `tests/fixtures/jpeg_xl`.
    fn file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/jpeg_xl");
        std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
    }

    fn full(bytes: &[u8]) -> Picture {
        decode(bytes, Scale::Full, &DecodeLimits::default()).unwrap()
    }

    const QUARTERS: [[u8; 3]; 4] = [[200, 30, 30], [30, 160, 30], [30, 30, 200], [220, 200, 30]];

    #[track_caller]
    fn assert_quarters(name: &str, picture: &Picture, expected: [[u8; 3]; 4], most_off: u8) {
        let (width, height) = (picture.width as usize, picture.height as usize);
        for ((x, y), expected) in [(1, 1), (3, 1), (1, 3), (3, 3)].into_iter().zip(expected) {
            let at = 3 * (y * height / 4 * width + x * width / 4);
            let found = &picture.rgb[at..at + 3];
            let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= most_off);
            assert!(near, "{name}: {found:?} for {expected:?}");
        }
    }

    // White is at 203 cd/m², so that the colours are those of a screen; see the README beside the files.
    #[test]
    fn light_is_shown_as_the_colours_of_a_screen() {
        for (name, most_off) in [("pq.jxl", 1), ("hlg.jxl", 1), ("pq-with-loss.jxl", 6)] {
            assert_quarters(name, &full(&file(name)), QUARTERS, most_off);
        }
    }

    #[test]
    fn colours_that_were_multiplied_by_their_opacity_are_divided_by_it() {
        let picture = full(&file("multiplied.jxl"));
        // At the right edge the picture is opaque, at the left there is nothing but the white below.
        let last = picture.rgb.len() - 3;
        assert_eq!(
            (&picture.rgb[..3], &picture.rgb[last..]),
            ([255; 3].as_slice(), [220, 200, 30].as_slice())
        );
        // A quarter from the left 64 of 255 of (200, 30, 30) lie over white: 241, 198, 198.
        let at = 3 * 32;
        let found = &picture.rgb[at..at + 3];
        assert!(
            found.iter().zip([241, 198, 198]).all(|(a, b)| a.abs_diff(b) <= 1),
            "{found:?}"
        );
    }

    #[test]
    fn the_turn_of_the_codestream_counts_once_beside_the_same_in_the_exif_block() {
        let [red, green, blue, yellow] = QUARTERS;
        let picture = full(&file("turned.jxl"));
        assert_eq!((picture.width, picture.height), (96, 128));
        assert_quarters("turned", &picture, [blue, red, yellow, green], 6);
    }

    /// A container: its first two boxes, then these.
    fn container(boxes: &[(&[u8; 4], &[u8], bool)]) -> Vec<u8> {
        let mut file = b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a\0\0\0\x14ftypjxl \0\0\0\0jxl ".to_vec();
        for (kind, body, to_the_end) in boxes {
            let len = if *to_the_end { 0 } else { body.len() as u32 + 8 };
            file.extend(len.to_be_bytes());
            file.extend(*kind);
            file.extend(*body);
        }
        file
    }

    #[test]
    fn boxes_in_any_order_and_bytes_behind_the_end_do_no_harm() {
        let codestream = file("multiplied.jxl");
        let expected = full(&codestream);
        let exif = [&[0; 4], crate::fixtures::orientation_block(6).as_slice()].concat();
        let parts = [
            [&[0, 0, 0, 0], &codestream[..100]].concat(),
            [&[0x80, 0, 0, 1], &codestream[100..]].concat(),
        ];
        for (name, file) in [
            ("trailing zeros", [codestream.as_slice(), &[0; 9]].concat()),
            ("trailing bytes", [codestream.as_slice(), b"SEFT and more"].concat()),
            ("boxed", container(&[(b"jxlc", &codestream, false)])),
            ("to the end", container(&[(b"jxlc", &codestream, true)])),
            (
                "EXIF before",
                container(&[(b"Exif", &exif, false), (b"jxlc", &codestream, false)]),
            ),
            (
                "EXIF behind",
                container(&[(b"jxlc", &codestream, false), (b"Exif", &exif, false)]),
            ),
            (
                "EXIF to the end",
                container(&[(b"jxlc", &codestream, false), (b"Exif", &exif, true)]),
            ),
            (
                "in parts",
                container(&[(b"jxlp", &parts[0], false), (b"jxlp", &parts[1], false)]),
            ),
            (
                "boxes and bytes behind",
                [
                    container(&[(b"jxlc", &codestream, false)]).as_slice(),
                    b"\0\0\0\0\0\0 behind the end",
                ]
                .concat(),
            ),
            ("a box behind that is cut short", {
                let whole = container(&[(b"jxlc", &codestream, false), (b"xml ", &[b'x'; 50], false)]);
                whole[..whole.len() - 20].to_vec()
            }),
        ] {
            let picture = decode(&file, Scale::Full, &DecodeLimits::default());
            let picture = picture.unwrap_or_else(|failure| panic!("{name}: {failure}"));
            assert_eq!(picture, expected, "{name}");
        }
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
