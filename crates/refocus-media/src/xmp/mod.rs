//! What an XMP packet (ISO 16684-1: RDF in XML) says of a photo, as it stands in pictures and in sidecar files.
//!
//! A packet enters as bytes, which may come from anywhere, and leaves as a [`Statement`]. A packet beyond [`MOST_BYTES`] is not read
//! at all. Where several properties say the same, the one that is named first in the functions below counts.
//!
//! | file | idea |
//! |---|---|
//! | `mod.rs` | which properties make a statement |
//! | `encoding.rs` | packets in UTF-16 and UTF-32 |
//! | `names.rs` | namespaces, and the properties that are read |
//! | `tree.rs` | a packet's properties as a tree |
//! | `keywords.rs` | flat and hierarchical keywords |
//! | `faces.rs` | faces that have a name |
//! | `position.rs` | the position on the earth |

mod encoding;
mod faces;
mod keywords;
mod names;
mod position;
mod tree;

use super::place::Place;
use super::tags::{PhotoTags, line, place_of};
use super::taken::DateSource;
use names::Namespace as N;
use tree::{Element, Tree};

/// Bytes of a packet, at most. Programs that keep their edits in it write some hundred kilobytes.
pub const MOST_BYTES: usize = 8 << 20;

/// What a packet says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Statement {
    pub(crate) tags: PhotoTags,
    /// Dates as they are written, and what they are dates of.
    pub(crate) dates: Vec<(DateSource, String)>,
    pub(crate) gps: Option<Place>,
    /// When somebody last changed what is said (`xmp:MetadataDate`), as it is written.
    pub(crate) changed: Option<String>,
    /// The digest that the IPTC block had when the packet was written, in hexadecimal digits.
    pub(crate) iptc_digest: Option<String>,
}

/// Rating, keywords and texts of a packet, in UTF-8, UTF-16 or UTF-32. What is damaged gives what was read before the damage.
#[must_use]
pub fn read(packet: &[u8]) -> PhotoTags {
    statement(packet, None).tags
}

/// Everything that is read of a packet. `orientation`: how the picture is stored (EXIF, 1–8), where the packet does not say it itself;
/// faces are told in the upright picture.
pub(crate) fn statement(packet: &[u8], orientation: Option<u8>) -> Statement {
    if packet.len() > MOST_BYTES {
        return Statement::default();
    }
    let tree = Tree::read(&encoding::in_utf8(packet));
    let dates = [
        (DateSource::Xmp, N::Exif, "DateTimeOriginal"),
        (DateSource::Xmp, N::Photoshop, "DateCreated"),
        (DateSource::XmpCreated, N::Exif, "DateTimeDigitized"),
        (DateSource::XmpCreated, N::Xmp, "CreateDate"),
        (DateSource::Gps, N::Exif, "GPSTimeStamp"),
        (DateSource::ExifModified, N::Xmp, "ModifyDate"),
    ];
    let text = |namespace, name| tree.text(namespace, name).and_then(line);
    Statement {
        tags: PhotoTags {
            rating: rating(&tree),
            keywords: keywords::read(&tree),
            title: title(&tree),
            caption: caption(&tree),
            place: place(&tree),
            faces: faces::read(&tree, orientation),
        },
        dates: dates
            .into_iter()
            .filter_map(|(source, namespace, name)| Some((source, text(namespace, name)?)))
            .collect(),
        gps: position::read(&tree),
        changed: text(N::Xmp, "MetadataDate"),
        iptc_digest: text(N::Photoshop, "LegacyIPTCDigest"),
    }
}

/// Stars as XMP has them, else as Windows or ACDSee has them. What digiKam and Lightroom mark as rejected beside the stars is
/// rejected where it has no stars.
fn rating(tree: &Tree) -> Option<i8> {
    let number = |namespace, name| {
        let mut said = tree.all(namespace, name).map(Element::text);
        said.find_map(|text| {
            text.trim()
                .replace(',', ".")
                .parse::<f32>()
                .ok()
                .filter(|number| !number.is_nan())
        })
    };
    let stars = number(N::Xmp, "Rating")
        .and_then(PhotoTags::rating_of)
        .or_else(|| number(N::MicrosoftPhoto, "Rating").and_then(PhotoTags::rating_of_percent))
        .or_else(|| number(N::Acdsee, "rating").and_then(PhotoTags::rating_of));
    let rejected = number(N::DigiKam, "PickLabel") == Some(1.0) || number(N::DynamicMedia, "pick") == Some(-1.0);
    match stars {
        None | Some(0) if rejected => Some(-1),
        stars => stars,
    }
}

fn in_words<'t>(tree: &'t Tree, namespace: N, name: &'static str) -> Option<&'t str> {
    tree.all(namespace, name).find_map(Element::in_words)
}

fn title(tree: &Tree) -> Option<String> {
    let properties = [
        (N::DublinCore, "title"),
        (N::Photoshop, "Headline"),
        (N::Xmp, "Title"),
        (N::Acdsee, "caption"),
    ];
    properties
        .into_iter()
        .find_map(|(namespace, name)| in_words(tree, namespace, name).and_then(line))
}

fn caption(tree: &Tree) -> Option<String> {
    let properties = [
        (N::DublinCore, "description"),
        (N::Exif, "UserComment"),
        (N::Tiff, "ImageDescription"),
        (N::Acdsee, "notes"),
    ];
    properties
        .into_iter()
        .find_map(|(namespace, name)| in_words(tree, namespace, name).and_then(super::exif_tags::said))
}

/// The names of the place as one place has them: the older properties, else where the camera was and, if it differs, what is shown:
/// "Almada, Portugal; Lisbon, Portugal".
fn place(tree: &Tree) -> Option<String> {
    let property = |namespace, name| in_words(tree, namespace, name).and_then(line);
    let named = place_of([
        property(N::IptcCore, "Location"),
        property(N::Photoshop, "City"),
        property(N::Photoshop, "State"),
        property(N::Photoshop, "Country"),
    ]);
    named.or_else(|| {
        let names_of = |property| {
            let mut places = tree.all(N::IptcExtension, property).flat_map(Element::structures);
            places.find_map(|place| {
                place_of(["Sublocation", "City", "ProvinceState", "CountryName"].map(|field| {
                    let field = place.field(N::IptcExtension, field)?;
                    line(field.in_words()?)
                }))
            })
        };
        match (names_of("LocationCreated"), names_of("LocationShown")) {
            (Some(created), Some(shown)) if created != shown => Some(format!("{created}; {shown}")),
            (created, shown) => created.or(shown),
        }
    })
}

#[cfg(test)]
mod tests;
