use super::*;
use crate::event::{Folder, Noticing};

/// A file of folder 1 with a content of its own.
fn file(id: i64, path: &str, hash: u8, stated: Stated) -> FileRow {
    let mut content = [0; 32];
    content[0] = hash;
    FileRow {
        id,
        folder_id: 1,
        path: path.into(),
        bytes: 1,
        modified_ns: 0,
        same_as: None,
        added_at: 0,
        photo: ContentRow {
            hash: content,
            format: "JPEG".into(),
            stated,
            facts_revision: FACTS_REVISION,
            ..ContentRow::default()
        },
    }
}

fn put(index: &mut LibraryIndex, id: i64, path: &str, stated: Stated) {
    index.put(file(id, path, id as u8, stated), None);
}

fn row<'a>(index: &'a LibraryIndex, path: &str) -> &'a PhotoRow {
    index.now.rows.get(index.by_path[Path::new(path)]).unwrap()
}

fn shown(index: &mut LibraryIndex) -> (Vec<String>, usize) {
    index.now.folders = vec![Folder {
        id: FolderId(1),
        path: "/p".into(),
        photos: 0,
        online: true,
        noticing: Noticing::default(),
        left_out: Arc::default(),
    }];
    index.count_folders();
    let mut names: Vec<String> = index
        .now
        .rows
        .iter()
        .filter(|row| row.is_shown())
        .map(|row| row.path.display().to_string())
        .collect();
    names.sort();
    (names, index.now.folders[0].photos)
}

fn expect(index: &mut LibraryIndex, names: &[&str]) {
    let (found, counted) = shown(index);
    assert_eq!(found, names);
    assert_eq!(counted, names.len(), "the folder counts what is shown");
}

#[test]
fn a_raw_file_is_behind_its_jpeg_whichever_comes_first_and_comes_forward_when_it_goes() {
    for raw_first in [true, false] {
        let mut index = LibraryIndex::default();
        let mut paths = ["/p/a.NEF", "/p/a.jpg"];
        if !raw_first {
            paths.reverse();
        }
        for (id, path) in (1..).zip(paths) {
            put(&mut index, id, path, Stated::default());
        }
        put(&mut index, 3, "/p/b.nef", Stated::default());
        put(&mut index, 4, "/p/a.png", Stated::default());
        expect(&mut index, &["/p/a.jpg", "/p/a.png", "/p/b.nef"]);
        let raws = row(&index, "/p/a.jpg").extras.raws.clone().unwrap();
        assert_eq!(
            raws.iter().map(AsRef::as_ref).collect::<Vec<&Path>>(),
            [Path::new("/p/a.NEF")]
        );
        // Read anew, renamed and back: nothing is counted twice.
        put(&mut index, 9, "/p/a.jpg", Stated::default());
        index.rename(Path::new("/p/a.jpg"), Path::new("/p/b.jpg"));
        expect(&mut index, &["/p/a.NEF", "/p/a.png", "/p/b.jpg"]);
        index.rename(Path::new("/p/b.jpg"), Path::new("/p/a.jpg"));
        expect(&mut index, &["/p/a.jpg", "/p/a.png", "/p/b.nef"]);
        index.remove(Path::new("/p/a.jpg"));
        expect(&mut index, &["/p/a.NEF", "/p/a.png", "/p/b.nef"]);
        put(&mut index, 10, "/p/a.JPG", Stated::default());
        index.remove(Path::new("/p/a.NEF"));
        expect(&mut index, &["/p/a.JPG", "/p/a.png", "/p/b.nef"]);
        assert!(row(&index, "/p/a.JPG").extras.raws.is_none());
    }
}

fn stated(rating: i8, keyword: &str) -> Stated {
    Stated {
        rating: (rating > 0).then_some(rating),
        keywords: (!keyword.is_empty()).then(|| vec![keyword.to_owned()]),
        ..Stated::default()
    }
}

fn sidecar(index: &mut LibraryIndex, path: &str, told: Stated) {
    let row = SidecarRow {
        folder_id: 1,
        path: path.into(),
        bytes: 1,
        modified_ns: 0,
        stated: told,
        facts_revision: FACTS_REVISION,
    };
    index.put_sidecar(Arc::new(row));
}

#[test]
fn the_sidecar_counts_more_than_the_picture_and_its_own_more_than_a_shared_one() {
    let mut index = LibraryIndex::default();
    put(&mut index, 1, "/p/a.jpg", stated(1, "inside"));
    assert_eq!(row(&index, "/p/a.jpg").marks.rating, 1);
    sidecar(&mut index, "/p/a.xmp", stated(2, "shared"));
    sidecar(&mut index, "/p/a.jpg.xmp", stated(3, ""));
    index.restate(Path::new("/p/a.jpg"), &stated(1, "inside"));
    let now = row(&index, "/p/a.jpg");
    assert_eq!(now.marks.rating, 3);
    assert_eq!(now.extras.keywords.as_deref().unwrap(), ["shared"]);
}

#[test]
fn what_a_sidecar_says_counts_also_where_it_says_none_or_rejected() {
    let mut index = LibraryIndex::default();
    put(&mut index, 1, "/p/IMG_20230412_183005.jpg", stated(5, "inside"));
    let path = "/p/IMG_20230412_183005.jpg";
    assert_eq!(row(&index, path).taken_source, DateSource::FileName);
    let mut says = |rating| {
        let told = Stated {
            rating: Some(rating),
            keywords: Some(Vec::new()),
            ..Stated::default()
        };
        sidecar(&mut index, "/p/IMG_20230412_183005.xmp", told);
        index.restate(Path::new(path), &stated(5, "inside"));
        row(&index, path).clone()
    };
    let none = says(0);
    assert_eq!(
        (none.marks.rating, none.is_rejected(), none.extras.keywords),
        (0, false, None)
    );
    let rejected = says(-1);
    assert_eq!((rejected.marks.rating, rejected.is_rejected()), (0, true));
    let hash = rejected.hash;
    let own = Marks {
        rating: 4,
        ..Marks::default()
    };
    let changed = HashMap::from([(hash, own)]);
    let rows = rows_with(&changed, &index.now.rows);
    index.set_marks(&changed, &rows);
    assert!(!row(&index, path).is_rejected(), "stars that are given here count more");
}

#[test]
fn metadata_of_an_older_revision_is_known_to_be_stale_until_it_is_read_anew() {
    let mut index = LibraryIndex::default();
    let file = |facts_revision| FileRow {
        id: 1,
        folder_id: 1,
        path: "/p/a.jpg".into(),
        bytes: 1,
        modified_ns: 0,
        same_as: None,
        added_at: 0,
        photo: ContentRow {
            facts_revision,
            ..ContentRow::default()
        },
    };
    index.put(file(FACTS_REVISION - 1), None);
    assert_eq!(index.stale_facts.len(), 1);
    index.put(file(FACTS_REVISION), None);
    assert!(index.stale_facts.is_empty());
}

#[test]
fn the_persons_rating_counts_and_one_taken_back_stays_away() {
    let mut index = LibraryIndex::default();
    put(&mut index, 1, "/p/a.jpg", stated(4, ""));
    let hash = row(&index, "/p/a.jpg").hash;
    let after = |index: &mut LibraryIndex, rating, unrated| {
        let own = Marks {
            rating,
            unrated,
            favourite: false,
        };
        let changed = HashMap::from([(hash, own)]);
        let rows = rows_with(&changed, &index.now.rows);
        index.set_marks(&changed, &rows);
        row(index, "/p/a.jpg").marks.rating
    };
    assert_eq!(after(&mut index, 2, false), 2);
    assert_eq!(after(&mut index, 0, true), 0);
    assert_eq!(
        after(&mut index, 0, false),
        4,
        "without an opinion the file's own word counts"
    );
}

#[test]
fn numbers_of_photos_that_have_gone_are_used_again_when_nobody_means_them() {
    let mut index = LibraryIndex::default();
    for id in 0..4000 {
        put(&mut index, id, &format!("/p/{id}.jpg"), Stated::default());
    }
    let told = index.next_snapshot();
    // Much comes and goes, as in a folder of temporary files.
    for id in 4000..40_000 {
        index.remove(Path::new(&format!("/p/{}.jpg", id - 3000)));
        put(&mut index, id, &format!("/p/{id}.jpg"), Stated::default());
        if id % 100 == 0 {
            index.next_snapshot();
        }
    }
    for (number, row) in (0u32..).zip(told.rows.iter()) {
        let now = index.now.rows.get(number).unwrap();
        assert!(
            now.gone || now.id == row.id,
            "an order made of the old rows shows no other photo"
        );
    }
    let before = index.now.rows.len();
    drop(told);
    for id in 40_000..80_000 {
        index.remove(Path::new(&format!("/p/{}.jpg", id - 3000)));
        put(&mut index, id, &format!("/p/{id}.jpg"), Stated::default());
        if id % 100 == 0 {
            index.next_snapshot();
        }
    }
    assert_eq!(index.now.rows.len(), before);
    assert_eq!(index.now.rows.iter().filter(|row| !row.gone).count(), 4000);
}

/// Rows that tell of sidecars which came later learn it as the writer has them do.
fn restate_all(index: &mut LibraryIndex, in_file: &Stated) {
    for path in index.take_to_restate() {
        index.restate(&path, in_file);
    }
}

#[test]
fn sidecars_of_every_usual_name_in_any_case_count_whichever_comes_first() {
    let cases: &[(&[&str], &str, &str)] = &[
        (&["/p/UPPER.jpg"], "/p/UPPER.JPG.XMP", "/p/UPPER.jpg"),
        (&["/p/ustem.jpg"], "/p/USTEM.XMP", "/p/ustem.jpg"),
        (&["/p/mixed.Jpg"], "/p/mixed.jpg.xmp", "/p/mixed.Jpg"),
        (&["/p/Ma\u{308}rz.jpg"], "/p/M\u{e4}rz.xmp", "/p/Ma\u{308}rz.jpg"),
        (&["/p/DSC_1.NEF", "/p/DSC_1.JPG"], "/p/DSC_1.NEF.xmp", "/p/DSC_1.JPG"),
        (&["/p/DSC_1.NEF", "/p/DSC_1.JPG"], "/p/DSC_1.JPG.xmp", "/p/DSC_1.JPG"),
        (&["/p/DSC_1.NEF", "/p/DSC_1.JPG"], "/p/DSC_1.xmp", "/p/DSC_1.JPG"),
        (
            &["/p/PXL_1.RAW-02.ORIGINAL.dng", "/p/PXL_1.RAW-01.COVER.jpg"],
            "/p/PXL_1.RAW-02.ORIGINAL.dng.xmp",
            "/p/PXL_1.RAW-01.COVER.jpg",
        ),
        (&["/p/a.heic"], "/p/a.HEIC.xmp", "/p/a.heic"),
    ];
    for (photos, beside, told) in cases {
        for sidecar_at in 0..=photos.len() {
            let mut index = LibraryIndex::default();
            for (place, photo) in photos.iter().enumerate() {
                if place == sidecar_at {
                    sidecar(&mut index, beside, stated(4, "dusk"));
                }
                put(&mut index, place as i64, photo, Stated::default());
            }
            if sidecar_at == photos.len() {
                sidecar(&mut index, beside, stated(4, "dusk"));
            }
            restate_all(&mut index, &Stated::default());
            let now = row(&index, told);
            assert_eq!(now.marks.rating, 4, "{beside} came as number {sidecar_at}");
            assert!(now.is_shown());
            index.remove_sidecar(Path::new(beside));
            restate_all(&mut index, &Stated::default());
            assert_eq!(row(&index, told).marks.rating, 0, "{beside} went");
        }
    }
}

#[test]
fn rows_whose_names_came_first_are_right_at_once() {
    let mut index = LibraryIndex::default();
    sidecar(&mut index, "/p/a.NEF.xmp", stated(3, "sea"));
    let paths = ["/p/a.jpg", "/p/a.NEF", "/p/b.jpg"];
    index.names_come_first(paths.iter().map(PathBuf::from));
    for (id, path) in (1..).zip(paths) {
        put(&mut index, id, path, Stated::default());
    }
    index.loaded();
    assert!(index.take_to_restate().is_empty(), "nothing is worked out twice");
    assert_eq!(row(&index, "/p/a.jpg").marks.rating, 3);
    expect(&mut index, &["/p/a.jpg", "/p/b.jpg"]);
}

#[test]
fn raw_files_of_every_makers_naming_are_behind_their_pictures() {
    for (raw, shown) in [
        ("/p/PXL_1.RAW-02.ORIGINAL.dng", "/p/PXL_1.RAW-01.COVER.jpg"),
        ("/p/PXL_1.dng", "/p/PXL_1.MP.jpg"),
        ("/p/WP_20150102_Raw__highres.dng", "/p/WP_20150102_Raw.jpg"),
        ("/p/dsc_1.nef", "/p/DSC_1.JPG"),
        ("/p/IMG_1.DNG", "/p/IMG_1.HEIC"),
        ("/p/Ma\u{308}rz.cr3", "/p/M\u{e4}rz.jpg"),
    ] {
        let mut index = LibraryIndex::default();
        put(&mut index, 1, raw, Stated::default());
        put(&mut index, 2, shown, Stated::default());
        expect(&mut index, &[shown]);
        index.remove(Path::new(shown));
        expect(&mut index, &[raw]);
    }
}

#[test]
fn what_a_raw_file_states_counts_where_its_picture_says_nothing() {
    for raw_first in [true, false] {
        let mut index = LibraryIndex::default();
        let in_raw = stated(4, "dusk");
        let mut files = [("/p/a.DNG", in_raw.clone()), ("/p/a.jpg", Stated::default())];
        if !raw_first {
            files.reverse();
        }
        for (id, (path, told)) in (1..).zip(files) {
            put(&mut index, id, path, told);
        }
        restate_all(&mut index, &Stated::default());
        let now = row(&index, "/p/a.jpg");
        assert_eq!(now.marks.rating, 4);
        assert_eq!(now.extras.keywords.as_deref().unwrap(), ["dusk"]);
        // What the picture and its sidecar say counts more.
        put(&mut index, 3, "/p/a.jpg", stated(2, ""));
        assert_eq!(row(&index, "/p/a.jpg").marks.rating, 2);
        put(&mut index, 3, "/p/a.jpg", Stated::default());
        // A raw file that goes takes along what it said.
        index.remove(Path::new("/p/a.DNG"));
        restate_all(&mut index, &Stated::default());
        let now = row(&index, "/p/a.jpg");
        assert_eq!((now.marks.rating, now.extras.keywords.is_none()), (0, true));
        assert!(index.stated_in_raws.is_empty());
    }
}

fn put_link(index: &mut LibraryIndex, id: i64, path: &str, same_as: Option<&str>, hash: u8) {
    let link = FileRow {
        same_as: same_as.map(PathBuf::from),
        ..file(id, path, hash, Stated::default())
    };
    index.put(link, None);
}

#[test]
fn names_of_one_file_are_one_photo_with_several_places() {
    let first = Some("/p/a.jpg");
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let mut index = LibraryIndex::default();
        for place in order {
            match place {
                0 => put_link(&mut index, 1, "/p/a.jpg", None, 1),
                1 => put_link(&mut index, 2, "/p/best/a.jpg", first, 1),
                _ => put_link(&mut index, 3, "/p/all/1.jpg", first, 1),
            }
        }
        put_link(&mut index, 4, "/p/copy.jpg", None, 1);
        expect(&mut index, &["/p/a.jpg", "/p/copy.jpg"]);
        let places = row(&index, "/p/a.jpg").extras.places.clone().unwrap();
        assert_eq!(
            places.iter().map(AsRef::as_ref).collect::<Vec<&Path>>(),
            [Path::new("/p/all/1.jpg"), Path::new("/p/best/a.jpg")]
        );
        // The first name goes: the next one stands for the file.
        index.remove(Path::new("/p/a.jpg"));
        expect(&mut index, &["/p/all/1.jpg", "/p/copy.jpg"]);
        put_link(&mut index, 5, "/p/a.jpg", None, 1);
        expect(&mut index, &["/p/a.jpg", "/p/copy.jpg"]);
        index.rename(Path::new("/p/a.jpg"), Path::new("/p/b.jpg"));
        expect(&mut index, &["/p/b.jpg", "/p/copy.jpg"]);
        // It is a file of its own from now on.
        put_link(&mut index, 2, "/p/best/a.jpg", None, 2);
        expect(&mut index, &["/p/b.jpg", "/p/best/a.jpg", "/p/copy.jpg"]);
        index.remove(Path::new("/p/all/1.jpg"));
        assert!(row(&index, "/p/b.jpg").extras.places.is_none());
    }
}

#[test]
fn a_link_to_what_is_not_in_the_library_is_shown_once() {
    let mut index = LibraryIndex::default();
    let elsewhere = Some("/elsewhere/a.jpg");
    put_link(&mut index, 1, "/p/2.jpg", elsewhere, 1);
    put_link(&mut index, 2, "/p/1.jpg", elsewhere, 1);
    expect(&mut index, &["/p/1.jpg"]);
    // Read at different times, one of them is of another content: both are shown until it is read again.
    put_link(&mut index, 2, "/p/1.jpg", elsewhere, 9);
    expect(&mut index, &["/p/1.jpg", "/p/2.jpg"]);
}
