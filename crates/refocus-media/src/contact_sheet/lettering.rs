//! Lines of text in several fonts: the first font that has a character draws it. A font that is used stands in the file as a whole, with
//! what its glyphs stand for, so that the text can be found and copied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Name, Pdf, Rect, Ref, Str};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::layout::Line;

/// The bytes of a font.
pub type SheetFont = Cow<'static, [u8]>;

/// What stands in place of letters that have no room.
const CUT: char = '\u{2026}';

/// Units of a font's size in PDF.
const EM: f32 = 1_000.0;

/// The objects of a font.
pub(super) const OBJECTS_A_FONT: i32 = 5;

/// The fonts, the preferred one first, and which of their glyphs were drawn.
pub(super) struct Lettering {
    fonts: Vec<(SheetFont, BTreeMap<u16, char>)>,
}

/// A character as it is drawn: its font, its glyph, and how wide that is in parts of the size.
struct Drawn {
    font: usize,
    glyph: u16,
    width: f32,
    character: char,
}

/// The name of a font on every page.
pub(super) fn font_name(number: usize) -> String {
    format!("F{number}")
}

impl Lettering {
    /// # Errors
    /// That no font can be used.
    pub(super) fn new(fonts: Vec<SheetFont>) -> Result<Self, String> {
        let usable = fonts.into_iter().filter(|bytes| FontRef::new(bytes).is_ok());
        let fonts: Vec<_> = usable.map(|bytes| (bytes, BTreeMap::new())).collect();
        if fonts.is_empty() {
            return Err("there is no font for the captions".to_owned());
        }
        Ok(Self { fonts })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.fonts.len()
    }

    /// What the fonts have of a text. A character that none has is drawn as the first font draws such ones.
    fn drawn(&self, text: &str) -> Vec<Drawn> {
        let fonts: Vec<_> = self
            .fonts
            .iter()
            .filter_map(|(bytes, _)| FontRef::new(bytes).ok())
            .map(|font| {
                (
                    font.charmap(),
                    font.glyph_metrics(Size::new(1.0), LocationRef::default()),
                )
            })
            .collect();
        let draw = |character: char| {
            let has = |(number, (charmap, _)): (usize, &(skrifa::charmap::Charmap<'_>, _))| {
                let glyph = charmap.map(character).filter(|glyph| glyph.to_u32() != 0)?;
                Some((number, u16::try_from(glyph.to_u32()).ok()?))
            };
            let (font, glyph) = fonts.iter().enumerate().find_map(has).unwrap_or_default();
            let metrics = fonts.get(font).map(|(_, metrics)| metrics);
            let width = metrics.and_then(|metrics| metrics.advance_width(u32::from(glyph).into()));
            Drawn {
                font,
                glyph,
                width: width.unwrap_or_default(),
                character,
            }
        };
        text.chars().map(draw).collect()
    }

    /// Draws a text on one line of a page that is so high; what has no room is cut. `shade`: 0 is black, 1 white.
    pub(super) fn draw(&mut self, page: &mut Content, high: f32, text: &str, line: Line, (size, shade): (f32, f32)) {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut drawn = self.drawn(text.trim());
        let width = |drawn: &[Drawn]| drawn.iter().map(|one| one.width * size).sum::<f32>();
        if width(&drawn) > line.width {
            let cut = self.drawn(&CUT.to_string());
            while !drawn.is_empty() && width(&drawn) + width(&cut) > line.width {
                drawn.pop();
            }
            drawn.extend(cut);
        }
        let mut left = line.left;
        if line.centred {
            left += ((line.width - width(&drawn)) / 2.0).max(0.0);
        }
        page.begin_text();
        page.set_fill_gray(shade);
        page.next_line(left, high - line.base);
        for run in drawn.chunk_by(|one, other| one.font == other.font) {
            let Some(number) = run.first().map(|first| first.font) else {
                continue;
            };
            page.set_font(Name(font_name(number).as_bytes()), size);
            let glyphs: Vec<u8> = run.iter().flat_map(|one| one.glyph.to_be_bytes()).collect();
            page.show(Str(&glyphs));
            if let Some((_, used)) = self.fonts.get_mut(number) {
                used.extend(run.iter().map(|one| (one.glyph, one.character)));
            }
        }
        page.end_text();
    }

    /// Whether a font was drawn with.
    pub(super) fn is_used(&self, number: usize) -> bool {
        self.fonts.get(number).is_some_and(|(_, used)| !used.is_empty())
    }

    /// Writes a font that was drawn with; `first` and the numbers behind it are those of its objects.
    ///
    /// # Errors
    /// What is wrong with the font.
    pub(super) fn write(&self, pdf: &mut Pdf, number: usize, first: Ref) -> Result<(), String> {
        let Some((bytes, used)) = self.fonts.get(number) else {
            return Ok(());
        };
        let font = FontRef::new(bytes).map_err(|error| error.to_string())?;
        let object = |behind: i32| Ref::new(first.get() + behind);
        let (cid_font, descriptor, cmap, file) = (object(1), object(2), object(3), object(4));
        let name = font_name(number);
        let base = Name(name.as_bytes());
        let mut of_text = pdf.type0_font(first);
        of_text.base_font(base).encoding_predefined(Name(b"Identity-H"));
        of_text.descendant_font(cid_font).to_unicode(cmap);
        drop(of_text);
        let identity = || SystemInfo {
            registry: Str(b"Adobe"),
            ordering: Str(b"Identity"),
            supplement: 0,
        };
        let metrics = font.glyph_metrics(Size::new(EM), LocationRef::default());
        let mut of_glyphs = pdf.cid_font(cid_font);
        of_glyphs
            .subtype(CidFontType::Type2)
            .base_font(base)
            .system_info(identity());
        of_glyphs
            .font_descriptor(descriptor)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = of_glyphs.widths();
        for glyph in used.keys() {
            let width = metrics.advance_width(u32::from(*glyph).into()).unwrap_or_default();
            widths.consecutive(*glyph, [width]);
        }
        drop(widths);
        drop(of_glyphs);
        let whole = font.metrics(Size::new(EM), LocationRef::default());
        let bounds = whole.bounds.unwrap_or_default();
        pdf.font_descriptor(descriptor)
            .name(base)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max))
            .italic_angle(0.0)
            .ascent(whole.ascent)
            .descent(whole.descent)
            .cap_height(whole.cap_height.unwrap_or(whole.ascent))
            .stem_v(80.0)
            .font_file2(file);
        let mut characters = UnicodeCmap::<u16>::new(Name(b"Custom"), identity());
        for (glyph, character) in used {
            characters.pair(*glyph, *character);
        }
        pdf.cmap(cmap, &characters.finish());
        let packed = packed(bytes)?;
        let mut stream = pdf.stream(file, &packed);
        stream
            .filter(Filter::FlateDecode)
            .pair(Name(b"Length1"), bytes.len() as i32);
        Ok(())
    }
}

/// Compressed as PDF has it.
pub(super) fn packed(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = out.write_all(bytes).and_then(|()| out.finish());
    written.map_err(|error| error.to_string())
}
