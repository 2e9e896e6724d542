//! When a photo was taken, as its details tell it: date and time, the clock's offset, and who says so; nobody shall take a guess
//! for a fact.

use eframe::egui::{Label, RichText, Ui};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use refocus_engine::{DateSource, PhotoRow};

use super::design_tokens::{Tokens, text};
use super::time_headings::NO_DATE;

/// Draws it in one line.
pub(super) fn ui(ui: &mut Ui, photo: &PhotoRow) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.x = 5.0;
    let hover = sentence(photo);
    ui.label(RichText::new(date(photo)).size(13.0)).on_hover_text(&hover);
    let behind = RichText::new(behind(photo)).size(text::SMALL).color(tokens.text_faint);
    ui.add(Label::new(behind).truncate().show_tooltip_when_elided(false))
        .on_hover_text(hover);
}

/// As in "2019-02-03 04:05".
fn date(photo: &PhotoRow) -> String {
    let at = local(photo);
    at.map_or_else(|| "unknown".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The day alone, as in "2019-02-03", where more than the time of the file tells it.
pub(super) fn day(photo: &PhotoRow) -> Option<String> {
    local(photo)
        .filter(|_| photo.has_date())
        .map(|at| at.strftime("%Y-%m-%d").to_string())
}

/// As it stands on a photo: "12 Jul 2013"; the time of the file alone is no date.
pub(super) fn tile_date(photo: &PhotoRow) -> String {
    let at = local(photo).filter(|_| photo.has_date());
    at.map_or_else(|| NO_DATE.to_lowercase(), |at| at.strftime("%-d %b %Y").to_string())
}

/// As in "+9 (camera)".
fn behind(photo: &PhotoRow) -> String {
    let source = short(photo.taken_source);
    match offset_minutes(photo) {
        Some(minutes) => format!("{} ({source})", short_offset(minutes)),
        None => format!("({source})"),
    }
}

fn local(photo: &PhotoRow) -> Option<DateTime> {
    let at = jiff::Timestamp::from_second(photo.taken).ok()?;
    Some(at.to_zoned(TimeZone::UTC).datetime())
}

fn offset_minutes(photo: &PhotoRow) -> Option<i16> {
    photo.extras.written.as_ref()?.offset_minutes
}

/// As in "+02:00".
fn offset(minutes: i16) -> String {
    let sign = if minutes < 0 { '\u{2212}' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// As in "+2" and "+5:30", for a narrow panel.
fn short_offset(minutes: i16) -> String {
    let whole = offset(minutes);
    let (sign, rest) = whole.split_at(whole.chars().next().map_or(0, char::len_utf8));
    let rest = rest.strip_prefix('0').unwrap_or(rest);
    format!("{sign}{}", rest.strip_suffix(":00").unwrap_or(rest))
}

/// The source in a word or two, for a narrow panel.
fn short(source: DateSource) -> &'static str {
    match source {
        DateSource::Exif => "camera",
        DateSource::ExifDigitized => "digitised",
        DateSource::Xmp => "program",
        DateSource::XmpCreated => "file made",
        DateSource::Iptc => "IPTC",
        DateSource::Gps => "satellites",
        DateSource::PngText => "PNG text",
        DateSource::ExifModified => "last change",
        DateSource::Sidecar => "sidecar",
        DateSource::FileName => "file name",
        DateSource::FileTime => "file time",
    }
}

/// Who says so, in a sentence.
fn says(source: DateSource) -> &'static str {
    match source {
        DateSource::Exif => "The camera says so: the moment of the release (EXIF).",
        DateSource::ExifDigitized => "When the picture became a file (EXIF); when it was taken is not written.",
        DateSource::Xmp => "A program wrote it into the file (XMP).",
        DateSource::XmpCreated => "When the file was made (XMP); when it was taken is not written.",
        DateSource::Iptc => "Written into the file for the press (IPTC).",
        DateSource::Gps => "From the satellites that gave the position.",
        DateSource::PngText => "From a text in the PNG file.",
        DateSource::ExifModified => "The last change that a program noted; when it was taken is not written.",
        DateSource::Sidecar => "From a sidecar file beside the photo.",
        DateSource::FileName => "Read from the file's name: nothing in the file says when it was taken.",
        DateSource::FileTime => "When the file was last changed: nothing says when it was taken.",
    }
}

/// All that is known of it.
fn sentence(photo: &PhotoRow) -> String {
    let Some(at) = local(photo) else {
        return "Nothing says when it was taken.".to_owned();
    };
    let at = at.strftime("%Y-%m-%d %H:%M:%S");
    let zone = match (offset_minutes(photo), photo.taken_source) {
        (Some(minutes), _) => format!("on a clock at UTC{}", offset(minutes)),
        (None, DateSource::FileTime) => "in the time zone of this computer".to_owned(),
        (None, _) => "local time; the time zone is not written".to_owned(),
    };
    format!("{at} {zone}. {}", says(photo.taken_source))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use refocus_engine::Written;

    use super::super::test_rows::row;
    use super::*;

    #[test]
    fn the_source_is_said_for_every_date_and_the_offset_where_it_is_known() {
        let mut photo = row(1);
        // 2019-02-03 04:05:06, by GNU date 9.1 (`date -u -d ... +%s`).
        photo.taken = 1_549_166_706;
        photo.taken_source = DateSource::Exif;
        assert_eq!(
            (date(&photo).as_str(), behind(&photo).as_str()),
            ("2019-02-03 04:05", "(camera)")
        );
        for (minutes, told) in [
            (540, "+9 (camera)"),
            (720, "+12 (camera)"),
            (-210, "\u{2212}3:30 (camera)"),
            (0, "+0 (camera)"),
        ] {
            photo.extras.written = Some(Arc::new(Written {
                offset_minutes: Some(minutes),
                ..Written::default()
            }));
            assert_eq!(behind(&photo), told);
        }
        assert_eq!(
            sentence(&photo),
            "2019-02-03 04:05:06 on a clock at UTC+00:00. The camera says so: the moment of the release (EXIF)."
        );
        assert_eq!(tile_date(&photo), "3 Feb 2019");
        photo.taken_source = DateSource::FileTime;
        assert_eq!(tile_date(&photo), "no date");
        for source in DateSource::ALL {
            assert!(!short(source).is_empty() && says(source).ends_with('.'));
        }
    }
}
