//! Namespaces of XMP properties that are looked for.
//!
//! Sources: ISO 16684-1 and the XMP specification, part 2 (Adobe's own); IPTC Photo Metadata Standard; the Metadata Working Group's
//! "Guidelines for Handling Image Metadata" 2.0 (regions, keywords); Microsoft's "People tagging overview" and "Photo metadata
//! policies"; digiKam's, iView's and ACDSee's properties as exiftool's tables list them.

/// A namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Acdsee,
    Area,
    DigiKam,
    Dimensions,
    DublinCore,
    DynamicMedia,
    Exif,
    Expression,
    IptcCore,
    IptcExtension,
    Keywords,
    Lightroom,
    MediaPro,
    MicrosoftPhoto,
    MicrosoftPeople,
    MicrosoftRegion,
    MicrosoftRegionInfo,
    Note,
    Photoshop,
    Rdf,
    Regions,
    Tiff,
    Xml,
    Xmp,
    /// Any other.
    Other,
}

use Namespace as N;

/// Namespaces, the names that stand for them where a packet forgets to say which, and their addresses without the last character,
/// which some programs leave away.
const KNOWN: [(Namespace, &str, &str); 27] = [
    (N::Acdsee, "acdsee", "http://ns.acdsee.com/iptc/1.0"),
    (N::Area, "stArea", "http://ns.adobe.com/xmp/sType/Area"),
    (N::Area, "stArea", "http://ns.adobe.com/xap/1.0/sType/Area"),
    (N::DigiKam, "digiKam", "http://www.digikam.org/ns/1.0"),
    (N::Dimensions, "stDim", "http://ns.adobe.com/xap/1.0/sType/Dimensions"),
    (N::DublinCore, "dc", "http://purl.org/dc/elements/1.1"),
    (N::DublinCore, "dc", "http://purl.org/dc/1.1"),
    (N::DynamicMedia, "xmpDM", "http://ns.adobe.com/xmp/1.0/DynamicMedia"),
    (N::Exif, "exif", "http://ns.adobe.com/exif/1.0"),
    (
        N::Expression,
        "expressionmedia",
        "http://ns.microsoft.com/expressionmedia/1.0",
    ),
    (
        N::IptcCore,
        "Iptc4xmpCore",
        "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns",
    ),
    (
        N::IptcExtension,
        "Iptc4xmpExt",
        "http://iptc.org/std/Iptc4xmpExt/2008-02-29",
    ),
    (
        N::Keywords,
        "mwg-kw",
        "http://www.metadataworkinggroup.com/schemas/keywords",
    ),
    (N::Lightroom, "lr", "http://ns.adobe.com/lightroom/1.0"),
    (N::MediaPro, "mediapro", "http://ns.iview-multimedia.com/mediapro/1.0"),
    (N::MicrosoftPhoto, "MicrosoftPhoto", "http://ns.microsoft.com/photo/1.0"),
    (N::MicrosoftPeople, "MP", "http://ns.microsoft.com/photo/1.2"),
    (
        N::MicrosoftRegion,
        "MPReg",
        "http://ns.microsoft.com/photo/1.2/t/Region",
    ),
    (
        N::MicrosoftRegionInfo,
        "MPRI",
        "http://ns.microsoft.com/photo/1.2/t/RegionInfo",
    ),
    (N::Note, "xmpNote", "http://ns.adobe.com/xmp/note"),
    (N::Photoshop, "photoshop", "http://ns.adobe.com/photoshop/1.0"),
    (N::Rdf, "rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns"),
    (
        N::Regions,
        "mwg-rs",
        "http://www.metadataworkinggroup.com/schemas/regions",
    ),
    (N::Tiff, "tiff", "http://ns.adobe.com/tiff/1.0"),
    (N::Xml, "xml", "http://www.w3.org/XML/1998/namespace"),
    (N::Xmp, "xmp", "http://ns.adobe.com/xap/1.0"),
    (N::Xmp, "xap", "http://ns.adobe.com/xap/1.0"),
];

impl Namespace {
    /// The namespace of an address.
    pub(super) fn of_address(address: &[u8]) -> Self {
        let address = address.trim_ascii();
        let address = address
            .strip_suffix(b"/")
            .or_else(|| address.strip_suffix(b"#"))
            .unwrap_or(address);
        let same = KNOWN.iter().find(|(_, _, known)| known.as_bytes() == address);
        same.map_or(Self::Other, |(namespace, _, _)| *namespace)
    }

    /// The namespace that a prefix stands for by custom.
    pub(super) fn of_prefix(prefix: &[u8]) -> Option<Self> {
        let same = KNOWN.iter().find(|(_, known, _)| known.as_bytes() == prefix);
        same.map(|(namespace, _, _)| *namespace)
    }
}

/// The properties of a photo that are read; all others are passed over with everything in them.
const PROPERTIES: [(Namespace, &str); 46] = [
    (N::Acdsee, "caption"),
    (N::Acdsee, "categories"),
    (N::Acdsee, "keywords"),
    (N::Acdsee, "notes"),
    (N::Acdsee, "rating"),
    (N::DigiKam, "PickLabel"),
    (N::DigiKam, "TagsList"),
    (N::DublinCore, "description"),
    (N::DublinCore, "subject"),
    (N::DublinCore, "title"),
    (N::DynamicMedia, "pick"),
    (N::Exif, "DateTimeDigitized"),
    (N::Exif, "DateTimeOriginal"),
    (N::Exif, "GPSAltitude"),
    (N::Exif, "GPSAltitudeRef"),
    (N::Exif, "GPSLatitude"),
    (N::Exif, "GPSLatitudeRef"),
    (N::Exif, "GPSLongitude"),
    (N::Exif, "GPSLongitudeRef"),
    (N::Exif, "GPSTimeStamp"),
    (N::Exif, "UserComment"),
    (N::Expression, "CatalogSets"),
    (N::IptcCore, "Location"),
    (N::IptcExtension, "LocationCreated"),
    (N::IptcExtension, "LocationShown"),
    (N::IptcExtension, "PersonInImage"),
    (N::Keywords, "Keywords"),
    (N::Lightroom, "hierarchicalSubject"),
    (N::MediaPro, "CatalogSets"),
    (N::MicrosoftPeople, "RegionInfo"),
    (N::MicrosoftPhoto, "LastKeywordXMP"),
    (N::MicrosoftPhoto, "Rating"),
    (N::Photoshop, "City"),
    (N::Photoshop, "Country"),
    (N::Photoshop, "DateCreated"),
    (N::Photoshop, "Headline"),
    (N::Photoshop, "LegacyIPTCDigest"),
    (N::Photoshop, "State"),
    (N::Regions, "Regions"),
    (N::Tiff, "ImageDescription"),
    (N::Tiff, "Orientation"),
    (N::Xmp, "CreateDate"),
    (N::Xmp, "MetadataDate"),
    (N::Xmp, "ModifyDate"),
    (N::Xmp, "Rating"),
    (N::Xmp, "Title"),
];

/// Whether a property is read.
pub(super) fn is_read(namespace: Namespace, name: &str) -> bool {
    PROPERTIES.contains(&(namespace, name))
}
