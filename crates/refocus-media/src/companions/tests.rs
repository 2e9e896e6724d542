use super::*;

fn folder_with(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    folder
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

fn companions_in(folder: &tempfile::TempDir, name: &str) -> Vec<String> {
    let mut names = names(&companions(&folder.path().join(name)));
    names.sort();
    names
}

fn groups_with(names: &[&str]) -> Groups {
    let mut groups = Groups::default();
    for name in names {
        groups.insert(&Path::new("/p").join(name));
    }
    groups
}

/// Photo, raw files, sidecars, settings, video.
fn told(groups: &Groups, name: &str) -> [Vec<String>; 5] {
    let Together {
        photo,
        raws,
        sidecars,
        settings,
        video,
    } = groups.of(&Path::new("/p").join(name));
    [
        photo.into_iter().collect(),
        raws,
        sidecars,
        settings,
        video.into_iter().collect(),
    ]
    .map(|paths| names(&paths))
}

fn told_plainly(all: &[&str], name: &str) -> String {
    told(&groups_with(all), name).map(|names| names.join(" ")).join(" | ")
}

#[test]
fn a_raw_file_and_the_sidecars_belong_to_the_jpeg_of_their_name() {
    let folder = folder_with(&["a.JPG", "a.CR2", "a.xmp", "a.CR2.xmp", "a.JPG.xmp", "ab.CR2", "b.cr2"]);
    assert_eq!(
        companions_in(&folder, "a.JPG"),
        ["a.CR2", "a.CR2.xmp", "a.JPG.xmp", "a.xmp"]
    );
    assert_eq!(companions_in(&folder, "b.cr2"), [""; 0]);
    assert_eq!(companions_in(&folder, "a.CR2"), ["a.CR2.xmp"]);
}

#[test]
fn names_in_any_case_belong_together() {
    let folder = folder_with(&[
        "dsc_1.Jpg",
        "DSC_1.NEF",
        "Dsc_1.XMP",
        "dsc_1.nef.XMP",
        "DSC_1.DOP",
        "DSC_10.xmp",
    ]);
    std::fs::create_dir(folder.path().join("DSC_1.pp3")).unwrap();
    assert_eq!(
        companions_in(&folder, "dsc_1.Jpg"),
        ["DSC_1.DOP", "DSC_1.NEF", "Dsc_1.XMP", "dsc_1.nef.XMP"]
    );
    for (photo, sidecar) in [
        ("UPPER.JPG", "UPPER.JPG.XMP"),
        ("USTEM.JPG", "USTEM.XMP"),
        ("mixed.Jpg", "mixed.xmp"),
        ("mixed2.Jpg", "mixed2.Jpg.xmp"),
        ("dots.a.b.jpg", "dots.a.b.xmp"),
        ("lower.jpg", "LOWER.jpg.Xmp"),
        ("noext", "noext.xmp"),
        ("saved.jpg_large", "saved.jpg_large.xmp"),
        ("Ma\u{308}rz.jpg", "M\u{e4}rz.XMP"),
        ("ÄPFEL.JPG", "äpfel.xmp"),
    ] {
        assert_eq!(
            told_plainly(&[photo, sidecar], photo),
            format!("{photo} |  | {sidecar} |  | "),
            "{photo}"
        );
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_kept_apart() {
    use std::os::unix::ffi::OsStrExt;
    let path = |bytes: &[u8]| Path::new("/p").join(OsStr::from_bytes(bytes));
    let mut groups = Groups::default();
    for name in [
        b"\xffa.jpg".as_slice(),
        b"\xffA.NEF",
        b"\xfea.NEF",
        b"\xffa.xmp",
        b"\xfea.jpg.xmp",
    ] {
        groups.insert(&path(name));
    }
    let together = groups.of(&path(b"\xffa.jpg"));
    assert_eq!(together.raws, [path(b"\xffA.NEF")]);
    assert_eq!(together.sidecars, [path(b"\xffa.xmp")]);
    let renamed = renamed_companion(&path(b"\xffa.xmp"), &path(b"\xffa.jpg"), &path(b"b.jpg"));
    assert_eq!(renamed, path(b"b.xmp"));
}

#[test]
fn a_sidecar_of_the_raw_file_counts_for_its_picture_and_the_other_way_about() {
    for sidecar in ["DSC_1.NEF.xmp", "DSC_1.xmp", "DSC_1.JPG.xmp", "dsc_1.XMP"] {
        let all = ["DSC_1.JPG", "DSC_1.NEF", sidecar];
        let expected = format!("DSC_1.JPG | DSC_1.NEF | {sidecar} |  | ");
        assert_eq!(told_plainly(&all, "DSC_1.JPG"), expected);
        assert_eq!(told_plainly(&all, "DSC_1.NEF"), expected);
        assert_eq!(told_plainly(&all, sidecar), expected);
    }
    let all = ["a.JPG", "a.NEF", "a.NEF.xmp", "a.xmp", "a.JPG.xmp", "A.XMP"];
    let [_, _, sidecars, ..] = told(&groups_with(&all), "a.JPG");
    assert_eq!(sidecars, ["a.JPG.xmp", "a.xmp", "A.XMP", "a.NEF.xmp"]);
    let [_, _, sidecars, ..] = told(&groups_with(&all), "a.NEF");
    assert_eq!(sidecars, ["a.NEF.xmp", "a.xmp", "A.XMP", "a.JPG.xmp"]);
}

#[test]
fn raw_files_of_every_maker_are_behind_their_pictures() {
    for (picture, raw) in [
        ("DSC00001.JPG", "DSC00001.ARW"),
        ("DSC00001.HIF", "DSC00001.ARW"),
        ("_MG_0001.jpg", "_mg_0001.CR3"),
        ("DSCF0001.HIF", "DSCF0001.RAF"),
        ("IMG_1234.HEIC", "IMG_1234.DNG"),
        ("20230101_120000.jpg", "20230101_120000.dng"),
        ("PXL_20231026_205755225.MP.jpg", "PXL_20231026_205755225.dng"),
        (
            "PXL_20231207_032111247.RAW-01.COVER.jpg",
            "PXL_20231207_032111247.RAW-02.ORIGINAL.dng",
        ),
        (
            "PXL_20231207_032108788.RAW-01.MP.COVER.jpg",
            "PXL_20231207_032108788.RAW-02.ORIGINAL.dng",
        ),
        ("WP_20161028_22_39_17_Raw.jpg", "WP_20161028_22_39_17_Raw__highres.dng"),
        ("IMG_20210101_120000.jpg", "IMG_20210101_120000_RAW.dng"),
        (
            "F88C2797-D829-495D-8FAE-517D2A00DD12.heic",
            "F88C2797-D829-495D-8FAE-517D2A00DD12_4.dng",
        ),
        ("GOPR0001.JPG", "GOPR0001.GPR"),
        ("IMG_20210101_120000_00_001.insp", "IMG_20210101_120000_00_001.dng"),
    ] {
        let expected = format!("{picture} | {raw} |  |  | ");
        assert_eq!(
            told_plainly(&[picture, raw, "other.jpg", "other.dng"], picture),
            expected
        );
        assert_eq!(told_plainly(&[picture, raw], raw), expected);
    }
    for (picture, raw) in [
        ("IMG_E1234.JPG", "IMG_1234.DNG"),
        ("a-edited.jpg", "a.dng"),
        ("a~2.jpg", "a.dng"),
        ("a.png", "a.dng"),
        ("a_4.jpg", "a.dng"),
        ("PXL_1.PORTRAIT-01.COVER.jpg", "PXL_1.dng"),
    ] {
        assert_eq!(told_plainly(&[picture, raw], picture), format!("{picture} |  |  |  | "));
        assert_eq!(told_plainly(&[picture, raw], raw), format!("{raw} |  |  |  | "));
    }
    assert_eq!(
        told_plainly(&["a.NEF", "a.DNG", "a.heic", "a.jpg"], "a.NEF"),
        "a.jpg | a.DNG a.NEF |  |  | "
    );
}

#[test]
fn settings_of_other_programs_move_along() {
    let all = [
        "a.NEF",
        "a.NEF.dop",
        "a.NEF.pp3",
        "A.ON1",
        "a.NEF.arp",
        "a.NEF.cos",
        "a.NEF.xmp",
        "a_01.NEF.xmp",
        "a_02.NEF.xmp",
        "a_02.NEF",
        "b.NEF.dop",
        "a.json",
        "a.NEF.supplemental-meta.json",
    ];
    let expected = "a.NEF |  | a.NEF.xmp | A.ON1 a.NEF.arp a.NEF.cos a.NEF.dop a.NEF.pp3 a.NEF.supplemental-meta.json \
                    a_01.NEF.xmp | ";
    assert_eq!(told_plainly(&all, "a.NEF"), expected);
    assert_eq!(told_plainly(&all, "a_02.NEF"), "a_02.NEF |  | a_02.NEF.xmp |  | ");
    let edits = [
        "IMG_1234.HEIC",
        "IMG_1234.AAE",
        "IMG_O1234.AAE",
        "IMG_E1234.HEIC",
        "IMG_E1234.aae",
    ];
    assert_eq!(
        told_plainly(&edits, "IMG_1234.HEIC"),
        "IMG_1234.HEIC |  |  | IMG_1234.AAE IMG_O1234.AAE | "
    );
    assert_eq!(
        told_plainly(&["a.jpg", "a.jpg.json", "ajpg.json"], "a.jpg"),
        "a.jpg |  |  | a.jpg.json | "
    );
}

#[test]
fn the_video_of_a_live_photo_belongs_to_its_still() {
    for (still, video) in [
        ("IMG_1234.HEIC", "IMG_1234.MOV"),
        ("IMG_1234.JPG", "img_1234.mov"),
        ("IMG_1234.HEIC", "IMG_1234.HEIC.MP4"),
        ("IMG_E1234.HEIC", "IMG_E1234.MOV"),
        (
            "F88C2797-D829-495D-8FAE-517D2A00DD12.heic",
            "F88C2797-D829-495D-8FAE-517D2A00DD12_3.mov",
        ),
        ("PXL_20201005_123456789.MP.jpg", "PXL_20201005_123456789.MP"),
        ("DSC_0001.JPG", "DSC_0001.MOV"),
    ] {
        assert_eq!(
            told_plainly(&[still, video], still),
            format!("{still} |  |  |  | {video}")
        );
    }
    for (still, video) in [
        ("IMG_1234.PNG", "IMG_1234.MOV"),
        ("IMG_1234.HEIC", "IMG_1235.MOV"),
        ("a.heic", "a_3.mov"),
    ] {
        assert_eq!(told_plainly(&[still, video], still), format!("{still} |  |  |  | "));
    }
    let folder = folder_with(&["IMG_1.HEIC", "IMG_1.MOV", "IMG_2.HEIC", "IMG_2.JPG", "IMG_2.MOV"]);
    assert_eq!(
        companions_in(&folder, "IMG_1.HEIC"),
        [""; 0],
        "a video stays where it is"
    );
    assert_eq!(companions_in(&folder, "IMG_2.HEIC"), [""; 0], "shared");
}

#[test]
fn a_sidecar_that_another_picture_shares_stays_with_it() {
    let folder = folder_with(&["a.png", "a.jpg", "a.xmp"]);
    assert_eq!(companions_in(&folder, "a.png"), [""; 0]);
    std::fs::remove_file(folder.path().join("a.jpg")).unwrap();
    assert_eq!(companions_in(&folder, "a.png"), ["a.xmp"]);
    assert_eq!(
        told_plainly(&["a.png", "a.jpg", "a.xmp", "a.png.xmp"], "a.jpg"),
        "a.jpg |  | a.xmp |  | "
    );
}

#[test]
fn what_is_removed_belongs_to_nothing_any_more() {
    let all = ["a.jpg", "a.NEF", "a.xmp", "a_01.NEF.xmp", "a.jpg.dop"];
    let mut groups = groups_with(&all);
    assert_eq!(names(&groups.photos(Path::new("/p/a.xmp"))), ["a.jpg", "a.NEF"]);
    assert!(!groups.of(Path::new("/p/a.jpg")).is_alone());
    groups.remove(Path::new("/p/a.NEF"));
    assert_eq!(
        told(&groups, "a.jpg").map(|names| names.join(" ")).join(" | "),
        "a.jpg |  | a.xmp | a.jpg.dop | "
    );
    for name in all {
        groups.remove(&Path::new("/p").join(name));
    }
    assert!(groups.of(Path::new("/p/a.jpg")).is_alone());
    assert_eq!(format!("{groups:?}"), format!("{:?}", Groups::default()));
    assert_eq!(groups.of(Path::new("/q/a.xmp")), Together::default());
}

#[test]
fn many_files_of_one_name_cost_no_more_than_some() {
    let mut groups = Groups::default();
    for number in 0_u32..1 << 12 {
        let letters = (0..12).map(|bit| if number >> bit & 1 == 1 { 'A' } else { 'a' });
        groups.insert(Path::new(&format!("/p/{}.xmp", letters.collect::<String>())));
    }
    assert_eq!(groups.of(Path::new("/p/aaaaaaaaaaaa.jpg")).sidecars.len(), 256);
}

#[test]
fn a_new_name_is_given_to_all_of_them() {
    let new = |companion: &str| {
        let path = renamed_companion(Path::new(companion), Path::new("/p/a.JPG"), Path::new("/q/b (2).jpg"));
        path.display().to_string()
    };
    assert_eq!(new("/p/a.CR2"), "/q/b (2).CR2");
    assert_eq!(new("/p/a.xmp"), "/q/b (2).xmp");
    assert_eq!(new("/p/A.XMP"), "/q/b (2).XMP");
    assert_eq!(new("/p/a.CR2.xmp"), "/q/b (2).CR2.xmp");
    assert_eq!(new("/p/a.JPG.xmp"), "/q/b (2).jpg.xmp");
    assert_eq!(new("/p/a.jpg.XMP"), "/q/b (2).jpg.XMP");
    assert_eq!(new("/p/a_01.CR2.xmp"), "/q/b (2)_01.CR2.xmp");
    assert_eq!(
        new("/p/a.jpg.supplemental-meta.json"),
        "/q/b (2).jpg.supplemental-meta.json"
    );
}

#[test]
fn companions_with_names_of_their_own_get_the_new_one_only_where_the_photo_does() {
    let renamed = |companion: &str, photo: &str, new: &str| {
        renamed_companion(Path::new(companion), Path::new(photo), Path::new(new))
            .display()
            .to_string()
    };
    let (cover, raw) = ("/p/PXL_1.RAW-01.COVER.jpg", "/p/PXL_1.RAW-02.ORIGINAL.dng");
    assert_eq!(
        renamed(raw, cover, "/q/PXL_1.RAW-01.COVER.jpg"),
        "/q/PXL_1.RAW-02.ORIGINAL.dng"
    );
    assert_eq!(renamed(raw, cover, "/p/beach.jpg"), "/p/beach.dng");
    assert_eq!(
        renamed(&format!("{raw}.xmp"), cover, "/p/beach.jpg"),
        "/p/beach.dng.xmp"
    );
    assert_eq!(
        renamed(&format!("{raw}.supplemental.json"), cover, "/p/beach.jpg"),
        "/p/beach.dng.supplemental.json"
    );
    assert_eq!(renamed("/p/IMG_O1.AAE", "/p/IMG_1.HEIC", "/p/b.heic"), "/p/b.AAE");
    assert_eq!(
        renamed("/p/M\u{e4}rz.xmp", "/p/Ma\u{308}rz.jpg", "/p/b.jpg"),
        "/p/b.xmp"
    );
}

#[test]
fn a_sidecar_is_read_whatever_it_holds() {
    let folder = folder_with(&["a.xmp"]);
    assert_eq!(
        read_sidecar(&folder.path().join("a.xmp")).unwrap(),
        PhotoFacts::default()
    );
    assert!(read_sidecar(&folder.path().join("none.xmp")).is_err());
}

#[test]
fn what_moves_along_is_known_by_its_name() {
    for name in ["a.xmp", "a.NEF.dop", "a.AAE", "IMG_1.MOV", "a.jpg.json"] {
        assert!(is_companion_name(Path::new(name)), "{name}");
    }
    for name in ["a.jpg", "a.NEF", "a.json", "a.txt", "a"] {
        assert!(!is_companion_name(Path::new(name)), "{name}");
    }
}

#[test]
fn everything_that_a_sidecar_states_is_read() {
    let folder = folder_with(&[]);
    let path = folder.path().join("a.xmp");
    let read = |attributes: &str| {
        let packet = format!(
            r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
            xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes}/></rdf:RDF></x:xmpmeta>"#
        );
        std::fs::write(&path, packet).unwrap();
        read_sidecar(&path).unwrap()
    };
    let facts = read(
        r#"xmp:Rating="-1" dc:subject="" dc:title="Ferry" exif:DateTimeOriginal="2013-07-12T16:54:27"
        xmp:CreateDate="2014-01-01T00:00:00" exif:GPSLatitude="38,30N" exif:GPSLongitude="9,30W""#,
    );
    let tags = &facts.tags;
    assert_eq!((tags.rating, tags.keywords.as_deref()), (Some(-1), Some(&[][..])));
    assert_eq!(tags.title.as_deref(), Some("Ferry"));
    assert_eq!(facts.taken, Some(Taken::at(1_373_648_067, DateSource::Sidecar)));
    assert_eq!(
        facts.gps.map(|place| (place.latitude, place.longitude)),
        Some((38.5, -9.5))
    );
    // 2024-03-10 00:10:00 UTC in Tokyo, in whatever zone the test runs.
    let at_utc =
        read(r#"exif:GPSTimeStamp="2024-03-10T00:10:00Z" exif:GPSLatitude="35,41N" exif:GPSLongitude="139,41E""#);
    let offset = at_utc.taken.and_then(|taken| taken.offset_minutes);
    assert!(offset.is_some_and(|offset| (420..=660).contains(&offset)), "{offset:?}");
    // Python 3: calendar.timegm((2014, 1, 1, 0, 0, 0)) = 1388534400.
    let made = read(r#"xmp:CreateDate="2014-01-01T00:00:00""#);
    assert_eq!(made.taken, Some(Taken::at(1_388_534_400, DateSource::XmpCreated)));
    let changed = read(r#"xmp:ModifyDate="2014-01-01T00:00:00""#);
    assert_eq!(changed.taken, Some(Taken::at(1_388_534_400, DateSource::ExifModified)));
}
