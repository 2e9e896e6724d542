//! What photo programs and programmers' tools keep for themselves.

use super::super::{LeftOutRule, Matches};
use super::rule;

pub(super) const ROWS: &[LeftOutRule] = &[
    rule(
        "lightroom-previews",
        "*.lrdata",
        "Previews of Lightroom Classic (photos that it fetched from telephones are kept)",
        "https://helpx.adobe.com/lightroom-classic, preference and other file locations",
        Matches::FoldersBut {
            names: &["*.lrdata", "*.lrcat-data"],
            but: &["*mobile downloads.lrdata"],
        },
    ),
    rule(
        "lightroom-library",
        "*.lrlibrary",
        "Previews in a library of Lightroom (its originals are kept)",
        "https://helpx.adobe.com/lightroom-cc, where originals are stored",
        Matches::Package {
            names: &["*.lrlibrary*"],
            kept: &["originals"],
            depth: 2,
        },
    ),
    rule(
        "adobe-cache",
        "Adobe Bridge cache",
        "Previews of Adobe Bridge and Camera Raw",
        "https://helpx.adobe.com/bridge, work with the cache",
        Matches::Folders(&["bridge cache", ".bridgecache", "cameraraw/cache*", "adobe/*/cache"]),
    ),
    rule(
        "capture-one",
        "CaptureOne/Cache, *.cocatalog",
        "Previews of Capture One (its originals are kept)",
        "https://support.captureone.com, sessions and catalogs: folders",
        Matches::Folders(&[
            "captureone/cache",
            "*.cocatalog/cache",
            "*.cocatalog/adjustments",
            "*.cocatalogdb",
        ]),
    ),
    rule(
        "darktable-cache",
        "mipmaps-*.d",
        "Thumbnails of darktable",
        "https://docs.darktable.org/usermanual, memory and cache",
        Matches::Folders(&["mipmaps-*.d", "darktable/mipmaps*"]),
    ),
    rule(
        "lightroom-smart-previews",
        "Mobile Downloads.lrdata/downloaded-smart-previews",
        "Previews of photos that Lightroom Classic did not fetch whole",
        "https://helpx.adobe.com/lightroom-classic, Lightroom sync",
        Matches::Folders(&["*mobile downloads.lrdata/downloaded-smart-previews"]),
    ),
    rule(
        "digikam-trash",
        ".dtrash",
        "Trash of digiKam",
        "https://docs.digikam.org, handbook: the trash",
        Matches::Folders(&[".dtrash"]),
    ),
    rule(
        "exiftool-original",
        "*_original",
        "Copies that ExifTool keeps of photos whose details it changed",
        "https://exiftool.org/exiftool_pod.html, -overwrite_original",
        Matches::Files(&["*.*_original"]),
    ),
    rule(
        "apple-photos",
        "*.photoslibrary",
        "Copies, previews and caches in a library of Apple Photos (its originals are kept)",
        "https://github.com/RhetTbull/osxphotos, README: Implementation Notes",
        Matches::Package {
            names: &["*.photoslibrary*"],
            kept: &["originals", "masters"],
            depth: 1,
        },
    ),
    rule(
        "iphoto",
        "*.photolibrary",
        "Copies and previews in a library of iPhoto (its originals are kept)",
        "https://support.apple.com, iPhoto: the library package, and Photos: migrated libraries",
        Matches::Package {
            names: &["*.photolibrary*", "*.migratedphotolibrary*"],
            kept: &["masters", "originals"],
            depth: 1,
        },
    ),
    rule(
        "aperture",
        "*.aplibrary",
        "Previews in a library of Aperture (its originals are kept)",
        "http://archive.bagelturf.com/aparticles/library/libinside; https://support.apple.com, Aperture: the library package",
        Matches::Folders(APERTURE_FOLDERS),
    ),
    rule(
        "iphoto-folder",
        "iPhoto Library",
        "Copies and previews in a folder of an early iPhoto (its originals are kept)",
        "https://support.apple.com, iPhoto 6 to 8: the folders of the iPhoto Library",
        Matches::Folders(IPHOTO_FOLDERS),
    ),
    rule(
        "movie-libraries",
        "*.imovielibrary, *.fcpbundle",
        "Render files and thumbnails of iMovie and Final Cut Pro (original media are kept)",
        "https://support.apple.com/guide/final-cut-pro, libraries: generated files",
        Matches::Package {
            names: &["*.imovielibrary", "*.fcpbundle", "*.tvlibrary", "*.theater"],
            kept: &["original media"],
            depth: 2,
        },
    ),
    rule(
        "mac-programs",
        "*.app",
        "Pictures inside programs for macOS",
        "Apple, Bundle Programming Guide: bundle structures",
        Matches::Folders(&["*.app/contents", "*.framework/versions", "*.framework/resources"]),
    ),
    rule(
        "developers",
        "node_modules, .git …",
        "What programmers' tools keep",
        "https://docs.npmjs.com, folders; https://git-scm.com/docs/gitrepository-layout",
        Matches::Folders(&["node_modules", "__pycache__", ".git", ".svn", ".hg"]),
    ),
];

/// Folders of iPhoto 4 to 8, whose library was a plain folder; before version 6 "Data" and "Thumbs" stood in the folder of a day.
const IPHOTO_FOLDERS: &[&str] = &[
    "*iphoto library*/data",
    "*iphoto library*/data.noindex",
    "*iphoto library*/modified",
    "*iphoto library*/thumbnails",
    "*iphoto library*/previews",
    "*iphoto library*/attachments",
    "*iphoto library*/caches",
    "*iphoto library*/contents",
    "*iphoto library*/database",
    "*iphoto library*/resources",
    "*iphoto library*/private",
    "*iphoto library*/plugins",
    "*iphoto library*/ilifeassetmanagement",
    "*iphoto library*/ipod photo cache",
    "*iphoto library*/iphotolock.data",
    "*iphoto library*/*/*/*/data",
    "*iphoto library*/*/*/*/thumbs",
];

/// Folders of Aperture beside its originals, which lie in "Masters"; before version 3 in folders that the person named.
const APERTURE_FOLDERS: &[&str] = &[
    "*.aplibrary*/previews",
    "*.aplibrary*/thumbnails",
    "*.aplibrary*/masks",
    "*.aplibrary*/database",
    "*.aplibrary*/attachments",
    "*.aplibrary*/caches",
    "*.aplibrary*/apple tv photo cache",
    "*.aplibrary*/ipod photo cache",
    "*.aplibrary*/ilifeshared",
    "*.migratedaplibrary*/previews",
    "*.migratedaplibrary*/thumbnails",
    "*.migratedaplibrary*/masks",
    "*.migratedaplibrary*/database",
];
