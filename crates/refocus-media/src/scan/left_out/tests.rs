use std::collections::HashSet;
use std::fs;

use super::*;
use crate::scan::tests::{folder_with, scan_all};
use crate::scan::{comes_to, passed_over};

fn found(names: &[&str]) -> Vec<String> {
    found_with(names, &ScanOptions::default())
}

fn found_with(names: &[&str], options: &ScanOptions) -> Vec<String> {
    let root = folder_with(names);
    let (found, failed, summary) = scan_all(root.path(), options);
    assert!(failed.is_empty(), "{failed:?}");
    // Whatever else answers whether a scan comes to a path agrees with the scan.
    for name in names.iter().filter(|name| !name.ends_with('/')) {
        let path = root.path().join(name);
        let met = found.iter().any(|found| found == name);
        let is_picture = crate::scan::claims_to_be_picture(&path);
        assert_eq!(comes_to(root.path(), &path, options), met, "{name}");
        assert!(!is_picture || passed_over(root.path(), &path, options) != met, "{name}");
        let left_out = options.leaves_out(root.path(), &path, 1);
        assert!(!left_out || !met, "{name}");
    }
    for left_out in &summary.left_out {
        assert!(RULES.iter().any(|rule| rule.id == left_out.rule));
        assert!(passed_over(root.path(), &left_out.path, options), "{left_out:?}");
    }
    found
}

fn with_hidden() -> ScanOptions {
    ScanOptions {
        include_hidden: true,
        ..ScanOptions::default()
    }
}

#[test]
fn every_row_says_what_it_leaves_out_and_where_that_is_documented() {
    let mut ids = HashSet::new();
    for rule in left_out_rules() {
        assert!(ids.insert(rule.id), "{}", rule.id);
        let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        assert!(rule.id.chars().all(plain), "{}", rule.id);
        assert!(
            !rule.name.is_empty() && rule.what.len() > 10 && rule.source.len() > 10,
            "{}",
            rule.id
        );
        let patterns: Vec<&str> = match &rule.matches {
            Matches::Folders(names) | Matches::Files(names) | Matches::Marker(names) => names.to_vec(),
            Matches::FoldersBut { names, but } => [*names, *but].concat(),
            Matches::Package { names, kept, .. } => [*names, *kept].concat(),
            Matches::WithSibling { names, siblings } => [*names, *siblings].concat(),
            Matches::Holding { names, holds } => [*names, &[*holds]].concat(),
        };
        for pattern in patterns {
            assert_eq!(pattern, pattern.to_ascii_lowercase(), "{}", rule.id);
        }
    }
}

#[test]
fn what_network_storages_keep_is_left_out_even_with_hidden_files() {
    let names = [
        "real.jpg",
        "Recycle/kept.jpg",
        "snapshot/kept.jpg",
        "@home/kept.jpg",
        "@Recycle/gone.jpg",
        "@RECYCLE/deeper/gone.jpg",
        "#recycle/gone.jpg",
        ".recycle/gone.jpg",
        "#snapshot/GMT+01-2024.01.01/a.jpg",
        "@Recently-Snapshot/2024/old.jpg",
        ".zfs/snapshot/daily/a.jpg",
        "~snapshot/hourly.0/a.jpg",
        ".snapshot/hourly.0/a.jpg",
        ".snapshots/1/snapshot/a.jpg",
        "@eaDir/real.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "copied/SYNOPHOTO_THUMB_M.jpg",
        "album/@__thumb/s800real.jpg",
        "album/.@__thumb/s100real.jpg",
        "album/.@upload_cache/part.jpg",
        "@sharebin/a.jpg",
        "@tmp/up.jpg",
        "trashbox/a.jpg",
        "lost+found/x.jpg",
        "FOUND.001/x.jpg",
    ];
    assert_eq!(
        found_with(&names, &with_hidden()),
        ["@home/kept.jpg", "Recycle/kept.jpg", "real.jpg", "snapshot/kept.jpg"]
    );
    assert_eq!(found(&names).len(), 4);
}

#[test]
fn what_systems_and_clouds_keep_is_left_out() {
    let names = [
        "a.jpg",
        "uploads/kept.jpg",
        "cache/kept.jpg",
        "Mobile Downloads.lrdata/0/a.dng",
        "Mobile Downloads.lrdata/downloaded-smart-previews/a.dng",
        "$Recycle.Bin/S-1-5/a.jpg",
        "RECYCLER/a.jpg",
        "System Volume Information/a.jpg",
        ".Trashes/501/a.jpg",
        ".Trash-1000/files/a.jpg",
        "__MACOSX/._a.jpg",
        "._a.jpg",
        ".thumbnails/a.jpg",
        ".cache/thumbnails/large/a.png",
        "Disk.sparsebundle/bands/1a",
        "user/files/kept.jpg",
        "user/files_trashbin/files/Album.d1700000000/a.jpg",
        "user/files_versions/a.jpg",
        "user/thumbnails/12/64-64.png",
        "user/uploads/web-file-upload-1/0",
        "appdata_oc1a2b3c4d5e/preview/1/2/256-256.jpg",
        ".stversions/a~20240101-000000.jpg",
        ".sync/Archive/a.jpg",
        ".dropbox.cache/2024-01-01/a.jpg",
        "Catalog Previews.lrdata/0/a.jpg",
        "Catalog Smart Previews.lrdata/0/a.dng",
        "Session/CaptureOne/Cache/Proxies/a.jpg",
        "b.jpg_original",
        "immich/library/kept.jpg",
        "immich/thumbs/.immich",
        "immich/thumbs/ab/cd.webp",
        "card/PRIVATE/M4ROOT/THMBNL/C0001T01.JPG",
        "node_modules/a.jpg",
    ];
    assert_eq!(
        found_with(&names, &with_hidden()),
        [
            "Mobile Downloads.lrdata/0/a.dng",
            "a.jpg",
            "cache/kept.jpg",
            "immich/library/kept.jpg",
            "uploads/kept.jpg",
            "user/files/kept.jpg",
        ]
    );
}

#[test]
fn of_packages_the_originals_alone_are_taken() {
    let names = [
        "Photos Library.photoslibrary/originals/F/F88C.jpeg",
        "Photos Library.photoslibrary/ORIGINALS.jpg",
        "Photos Library.photoslibrary/cover.jpg",
        "Photos Library.photoslibrary/resources/derivatives/F/F88C_1_105_c.jpeg",
        "Photos Library.photoslibrary/resources/derivatives/masters/F/F88C_4_5005_c.jpeg",
        "Photos Library.photoslibrary/resources/renders/F/F88C_1_201_a.jpeg",
        "Photos Library.photoslibrary/scopes/cloudsharing/data/x/F88C.JPG",
        "Photos Library.photoslibrary/private/com.apple.photoanalysisd/caches/vision/f.jpg",
        "OLD.PHOTOSLIBRARY/Masters/2016/05/01/IMG_1.JPG",
        "OLD.PHOTOSLIBRARY/Thumbnails/2016/05/01/IMG_1.JPG",
        "Old.photolibrary/Masters/2013/07/Previews/IMG_0001.JPG",
        "Old.photolibrary/Previews/2013/07/IMG_0001.jpg",
        "Old.photolibrary/Thumbnails/2013/07/thumb_IMG_0001.jpg",
        "Work.aplibrary/Masters/2010/a.cr2",
        "Work.aplibrary/Previews/2010/a.jpg",
        "Early.aplibrary/Blog/My.approject/b.cr2",
        "Early.aplibrary/Thumbnails/b.jpg",
        "iPhoto Library/Originals/2008/Data/a.jpg",
        "iPhoto Library/Data/2008/a.jpg",
        "iPhoto Library/Data.noindex/2008/a.jpg",
        "iPhoto Library/Modified/2008/a.jpg",
        "iPhoto Library/2004/05/06/a.jpg",
        "iPhoto Library/2004/05/06/Thumbs/1.jpg",
        "Lightroom Library.lrlibrary/0a1b/originals/2019/a.dng",
        "Lightroom Library.lrlibrary/0a1b/previews/a.jpg",
        "Data/resources/a.jpg",
    ];
    assert_eq!(
        found(&names),
        [
            "Data/resources/a.jpg",
            "Early.aplibrary/Blog/My.approject/b.cr2",
            "Lightroom Library.lrlibrary/0a1b/originals/2019/a.dng",
            "OLD.PHOTOSLIBRARY/Masters/2016/05/01/IMG_1.JPG",
            "Old.photolibrary/Masters/2013/07/Previews/IMG_0001.JPG",
            "Photos Library.photoslibrary/originals/F/F88C.jpeg",
            "Work.aplibrary/Masters/2010/a.cr2",
            "iPhoto Library/2004/05/06/a.jpg",
            "iPhoto Library/Originals/2008/Data/a.jpg",
        ]
    );
}

#[test]
fn a_package_that_is_added_itself_gives_its_originals_and_a_part_of_it_all() {
    let names = [
        "P.photoslibrary/originals/0/a.heic",
        "P.photoslibrary/resources/renders/0/a.jpeg",
    ];
    let root = folder_with(&names);
    let package = root.path().join("P.photoslibrary");
    assert_eq!(scan_all(&package, &ScanOptions::default()).0, ["originals/0/a.heic"]);
    assert!(passed_over(
        &package,
        &package.join("resources/renders"),
        &ScanOptions::default()
    ));
    assert!(!passed_over(
        &package,
        &package.join("originals"),
        &ScanOptions::default()
    ));
    let renders = package.join("resources");
    assert_eq!(scan_all(&renders, &ScanOptions::default()).0, ["renders/0/a.jpeg"]);
    // A part of the added folder, as it is looked at after a change.
    let part = ScanOptions {
        part_of: Some(root.path().to_owned()),
        ..ScanOptions::default()
    };
    assert_eq!(scan_all(&renders, &part).0, [""; 0]);
    assert_eq!(scan_all(&package, &part).0, ["originals/0/a.heic"]);
}

#[test]
fn folders_that_ask_to_be_left_out_are_but_not_the_added_one() {
    let names = [
        "a.jpg",
        "covers/.nomedia",
        "covers/deep/b.jpg",
        "sent/.noimage",
        "sent/c.jpg",
        "storage/.ppstorage",
        "storage/d.jpg",
        "nomedia/e.jpg",
    ];
    assert_eq!(found(&names), ["a.jpg", "nomedia/e.jpg"]);
    let root = folder_with(&names);
    let (_, _, summary) = scan_all(root.path(), &ScanOptions::default());
    let mut told: Vec<_> = summary
        .left_out
        .iter()
        .map(|told| (told.rule, told.path.clone()))
        .collect();
    told.sort();
    let expected = [("noimage", "sent"), ("nomedia", "covers"), ("photoprism", "storage")];
    assert_eq!(told, expected.map(|(rule, folder)| (rule, root.path().join(folder))));
    assert_eq!(summary.left_out_count, 3);
    for (name, marks) in [
        (".nomedia", true),
        (".noimage", true),
        (".immich", true),
        ("a.jpg", false),
        ("@eaDir", false),
    ] {
        assert_eq!(marks_its_folder(&root.path().join(name)), marks, "{name}");
    }
    let covers = root.path().join("covers");
    assert_eq!(scan_all(&covers, &ScanOptions::default()).0, ["deep/b.jpg"]);
    let options = ScanOptions::default();
    assert!(options.leaves_out(root.path(), &covers.join("deep/b.jpg"), 1));
    assert!(!options.is_left_out_by_person(root.path(), &covers.join("deep/b.jpg"), 1));
    let rule = options.rule_of_file(root.path(), &covers.join("deep/b.jpg"));
    assert_eq!(rule.map(|rule| rule.id), Some("nomedia"));
    assert_eq!(
        options.rule_of_path(root.path(), &covers).map(|rule| rule.id),
        Some("nomedia")
    );
    fs::remove_file(covers.join(".nomedia")).unwrap();
    assert!(!options.leaves_out(root.path(), &covers.join("deep/b.jpg"), 1));
}

#[test]
fn each_row_can_be_switched_off() {
    let names = [
        "@eaDir/a.jpg",
        "#recycle/b.jpg",
        "c/.nomedia",
        "c/c.jpg",
        "P.photoslibrary/resources/d.jpg",
    ];
    let off = |rules: &[&str]| ScanOptions {
        rules_off: rules.iter().map(|&rule| rule.to_owned()).collect(),
        ..ScanOptions::default()
    };
    assert_eq!(found_with(&names, &off(&["no-such-row"])), [""; 0]);
    assert_eq!(found_with(&names, &off(&["hash-recycle"])), ["#recycle/b.jpg"]);
    assert_eq!(found_with(&names, &off(&["nomedia"])), ["c/c.jpg"]);
    assert_eq!(
        found_with(&names, &off(&["synology-eadir", "apple-photos"])),
        ["@eaDir/a.jpg", "P.photoslibrary/resources/d.jpg"]
    );
}

#[test]
fn what_a_row_names_is_taken_when_it_is_switched_off_though_it_is_hidden() {
    let names = [
        ".thumbnails/a.jpg",
        ".thumbnails/.hidden/b.jpg",
        ".trashed-1-c.jpg",
        ".other/d.jpg",
        "._e.jpg",
    ];
    let off = |rules: &[&str]| ScanOptions {
        rules_off: rules.iter().map(|&rule| rule.to_owned()).collect(),
        ..ScanOptions::default()
    };
    assert_eq!(found_with(&names, &off(&["cache"])), [""; 0]);
    assert_eq!(found_with(&names, &off(&["thumbnails"])), [".thumbnails/a.jpg"]);
    assert_eq!(
        found_with(&names, &off(&["android-trash", "mac-apple-double"])),
        ["._e.jpg", ".trashed-1-c.jpg"]
    );
}

#[test]
fn copies_that_exiftool_keeps_are_counted_and_taken_when_their_row_is_switched_off() {
    let root = folder_with(&["a.jpg", "notes.txt_original"]);
    let copy = root.path().join("a.jpg_original");
    fs::write(&copy, [0xFF, 0xD8, 0xFF, 0xE0]).unwrap();
    let (found, _, summary) = scan_all(root.path(), &ScanOptions::default());
    assert_eq!((found.len(), summary.left_out_count), (1, 1));
    let off = ScanOptions {
        rules_off: vec!["exiftool-original".to_owned()],
        ..ScanOptions::default()
    };
    assert_eq!(scan_all(root.path(), &off).0, ["a.jpg", "a.jpg_original"]);
    assert!(comes_to(root.path(), &copy, &off) && !comes_to(root.path(), &copy, &ScanOptions::default()));
}

#[test]
fn folders_and_files_that_a_row_left_out_are_counted_apart() {
    let root = folder_with(&["@eaDir/a.jpg", "deep/@eaDir/b.jpg", "._c.jpg", "d.jpg"]);
    let (_, _, summary) = scan_all(root.path(), &ScanOptions::default());
    let counted: Vec<_> = summary.left_out_by_rule.into_iter().collect();
    let count = |folders, files| LeftOutCount { folders, files };
    assert_eq!(
        counted,
        [("mac-apple-double", count(0, 1)), ("synology-eadir", count(2, 0))]
    );
    assert!(
        summary
            .left_out
            .iter()
            .all(|left_out| left_out.is_folder == left_out.path.is_dir())
    );
}

#[test]
fn the_list_of_what_was_left_out_does_not_grow_without_end() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..300 {
        fs::write(root.path().join(format!("._{number}.jpg")), "x").unwrap();
        fs::write(root.path().join(format!("._{number}.txt")), "x").unwrap();
    }
    let (_, _, summary) = scan_all(root.path(), &ScanOptions::default());
    assert_eq!((summary.left_out.len(), summary.left_out_count), (200, 300));
    assert_eq!(summary.left_out_by_rule["mac-apple-double"].files, 300);
}

#[test]
fn stars_stand_for_any_run_of_characters() {
    for (pattern, name, expected) in [
        ("@eadir", "@EADIR", true),
        ("@eadir", "@eadirs", false),
        ("*.lrdata", "A b.LRDATA", true),
        ("*.lrdata", ".lrdata.txt", false),
        ("found.0*", "FOUND.000", true),
        ("mipmaps-*.d", "mipmaps-ab.d.d", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbY", false),
        ("*", "", true),
        ("", "a", false),
    ] {
        assert_eq!(is_like(pattern, OsStr::new(name)), expected, "{pattern} {name}");
    }
    let hostile = "a*a*a*a*a*a*a*a*b";
    assert!(!is_like(hostile, OsStr::new(&"a".repeat(255))));
}
