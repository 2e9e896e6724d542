//! Dates of XMP and IPTC, as they are stated.

use super::Written;
use crate::taken::{DateSource, Taken, from_iptc, from_iso_8601};

/// The dates that are no nonsense, those of XMP first.
pub(crate) fn taken(written: &Written) -> Vec<Taken> {
    let of_xmp = written
        .xmp_dates
        .iter()
        .filter_map(|(source, text)| from_iso_8601(text, *source));
    let of_iptc = written.iptc_dates.iter().filter_map(|(day, time)| from_iptc(day, time));
    of_xmp.chain(of_iptc).collect()
}

/// Seconds since 1970-01-01 UTC of a date; one without a zone is taken as UTC.
pub(super) fn moment(text: &str) -> Option<i64> {
    let taken = from_iso_8601(text, DateSource::Xmp)?;
    Some(taken.seconds - i64::from(taken.offset_minutes.unwrap_or_default()) * 60)
}
