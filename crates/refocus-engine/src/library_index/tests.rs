use super::*;
use crate::event::{Folder, Noticing};

fn put(index: &mut LibraryIndex, id: i64, path: &str, stated: Stated) {
    let mut hash = [0; 32];
    hash[0] = id as u8;
    let file = FileRow {
        id,
        folder_id: 1,
        path: path.into(),
        bytes: 1,
        modified_ns: 0,
        photo: ContentRow {
            hash,
            format: "JPEG".into(),
            stated,
            facts_revision: FACTS_REVISION,
            ..ContentRow::default()
        },
    };
    index.put(file, None);
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
    index.sidecars.insert(path.into(), Arc::new(row));
}

#[test]
fn the_sidecar_counts_more_than_the_picture_and_its_own_more_than_a_shared_one() {
    let mut index = LibraryIndex::default();
    put(&mut index, 1, "/p/a.jpg", stated(1, "inside"));
    assert_eq!(row(&index, "/p/a.jpg").marks.rating, 1);
    sidecar(&mut index, "/p/a.xmp", stated(2, "shared"));
    sidecar(&mut index, "/p/a.jpg.xmp", stated(3, ""));
    index.sidecar_changed(Path::new("/p/a.jpg"), &stated(1, "inside"));
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
        index.sidecar_changed(Path::new(path), &stated(5, "inside"));
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
