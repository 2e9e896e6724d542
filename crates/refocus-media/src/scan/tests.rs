use super::file_system::nanoseconds_since_1970;
use super::*;
use crate::failure::FailureKind;
use std::fs;
use std::time::UNIX_EPOCH;

/// A folder with files of these names; each holds its name.
pub(super) fn folder_with(names: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for name in names {
        write(root.path(), name);
    }
    root
}

fn write(root: &Path, name: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, name).unwrap();
}

pub(super) fn scan_all(root: &Path, options: &ScanOptions) -> (Vec<String>, Vec<(PathBuf, Failure)>, ScanSummary) {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let mut each = |outcome: Result<FoundFile, (PathBuf, Failure)>| match outcome {
        Ok(file) => found.push(file.path.strip_prefix(root).unwrap().to_string_lossy().into_owned()),
        Err(trouble) => failed.push(trouble),
    };
    let summary = scan(root, options, &AtomicBool::new(false), &mut each).unwrap();
    found.sort();
    (found, failed, summary)
}

#[test]
fn pictures_are_found_at_every_depth_and_other_files_counted() {
    let root = folder_with(&[
        "a.jpg",
        "b/c.PNG",
        "b/d/e.tiff",
        "b/raw.CR2",
        "b/note.txt",
        "no-extension",
        "b/f.heic",
    ]);
    let (found, failed, summary) = scan_all(root.path(), &ScanOptions::default());
    assert_eq!(found, ["a.jpg", "b/c.PNG", "b/d/e.tiff", "b/f.heic", "b/raw.CR2"]);
    assert!(failed.is_empty());
    assert_eq!((summary.photos, summary.other_files, summary.folders), (5, 2, 3));
    assert_eq!(summary.bytes, found.iter().map(|name| name.len() as u64).sum::<u64>());
}

#[test]
fn a_scan_comes_to_files_and_sidecars_under_their_own_names() {
    let root = folder_with(&["a.jpg", "b/c.jpg", "b/c.xmp", ".hidden/d.jpg", "e.txt"]);
    let root = root.path();
    let options = ScanOptions {
        smallest_bytes: 2,
        ..ScanOptions::default()
    };
    let comes_to = |name: &str| comes_to(root, &root.join(name), &options);
    for name in ["a.jpg", "b/c.jpg", "b/c.xmp"] {
        assert!(comes_to(name), "{name}");
    }
    for name in ["b", ".hidden/d.jpg", "e.txt", "gone.jpg", "gone/a.jpg"] {
        assert!(!comes_to(name), "{name}");
    }
    fs::write(root.join("a.jpg"), "1").unwrap();
    assert!(!comes_to("a.jpg"), "too small");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.join("b"), root.join("link")).unwrap();
        assert!(!comes_to("link/c.jpg") && !comes_to("link"));
    }
}

#[test]
fn what_moves_along_with_photos_is_handed_over_and_sidecars_alone_where_they_are_asked_for() {
    let root = folder_with(&[
        "a.HEIC",
        "a.MOV",
        "a.AAE",
        "b.NEF",
        "b.NEF.XMP",
        "b.NEF.dop",
        "c.txt",
        "@eaDir/d.xmp",
    ]);
    let (all, sidecars) = (std::cell::RefCell::default(), std::cell::RefCell::default());
    let push = |to: &std::cell::RefCell<Vec<String>>, found: FoundFile| {
        to.borrow_mut()
            .push(found.path.file_name().unwrap().to_string_lossy().into_owned());
    };
    let (options, stop) = (ScanOptions::default(), AtomicBool::new(false));
    let summary = scan_with_companions(root.path(), &options, &stop, &mut |_| (), &mut |found| {
        push(&all, found);
    })
    .unwrap();
    scan_with_sidecars(root.path(), &options, &stop, &mut |_| (), &mut |found| {
        push(&sidecars, found);
    })
    .unwrap();
    all.borrow_mut().sort();
    assert_eq!(*all.borrow(), ["a.AAE", "a.MOV", "b.NEF.XMP", "b.NEF.dop"]);
    assert_eq!(*sidecars.borrow(), ["b.NEF.XMP"]);
    assert_eq!((summary.photos, summary.other_files), (2, 5));
}

#[test]
fn hidden_and_system_folders_are_passed_over() {
    let root = folder_with(&[
        "seen.jpg",
        ".hidden.jpg",
        "._seen.jpg",
        ".thumbnails/a.jpg",
        "$RECYCLE.BIN/a.jpg",
        "System Volume Information/a.jpg",
        "lost+found/a.jpg",
        "sub/@eaDir/a.jpg",
        "node_modules/a.jpg",
        "Catalog Previews.lrdata/a.jpg",
    ]);
    assert_eq!(scan_all(root.path(), &ScanOptions::default()).0, ["seen.jpg"]);
    let with_hidden = ScanOptions {
        include_hidden: true,
        ..ScanOptions::default()
    };
    assert_eq!(scan_all(root.path(), &with_hidden).0, [".hidden.jpg", "seen.jpg"]);
}

#[test]
fn a_root_that_is_hidden_itself_is_scanned() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join(".photos");
    write(&root, "a.jpg");
    assert_eq!(scan_all(&root, &ScanOptions::default()).0, ["a.jpg"]);
}

#[test]
fn the_persons_own_exclusions_hold() {
    let root = folder_with(&[
        "keep.jpg",
        "tiny.gif",
        "private/a.jpg",
        "Screenshots 2023/a.jpg",
        "sub/IMG_screenshot_7.jpg",
    ]);
    let options = ScanOptions {
        excluded_folders: vec![root.path().join("private")],
        excluded_patterns: PathPatterns::new(&["*SCREENSHOT*".to_owned()]).unwrap(),
        smallest_bytes: 8,
        ..ScanOptions::default()
    };
    fs::write(root.path().join("tiny.gif"), "tiny").unwrap();
    assert_eq!(scan_all(root.path(), &options).0, ["keep.jpg"]);
    for (name, bytes, left_out) in [
        ("keep.jpg", 8, false),
        ("keep.jpg", 7, true),
        ("private/a.jpg", 99, true),
        ("Screenshots 2023/a.jpg", 99, true),
        ("sub/other.jpg", 99, false),
    ] {
        let path = root.path().join(name);
        assert_eq!(options.leaves_out(root.path(), &path, bytes), left_out, "{name}");
    }
}

#[test]
fn a_path_is_passed_over_where_a_scan_would_not_come_to_it() {
    let root = Path::new("/photos/.mine");
    let options = ScanOptions {
        excluded_folders: vec!["/photos/.mine/thumbnails".into()],
        ..ScanOptions::default()
    };
    for (path, expected) in [
        ("/photos/.mine/a.jpg", false),
        ("/photos/.mine/b/c/a.jpg", false),
        ("/photos/.mine/.b/c/a.jpg", true),
        ("/photos/.mine/b/.a.jpg", true),
        ("/photos/.mine/thumbnails/ab/a.jpg", true),
        ("/photos/.mine/node_modules/a.jpg", true),
    ] {
        assert_eq!(passed_over(root, Path::new(path), &options), expected, "{path}");
    }
}

#[test]
fn a_single_file_can_be_the_root() {
    let root = folder_with(&["one.jpg", "two.jpg"]);
    let file = root.path().join("one.jpg");
    let mut found = Vec::new();
    let summary = scan(&file, &ScanOptions::default(), &AtomicBool::new(false), &mut |f| {
        found.push(f.unwrap());
    })
    .unwrap();
    assert_eq!((found.len(), summary.photos), (1, 1));
    assert_eq!((found[0].path.as_path(), found[0].bytes), (file.as_path(), 7));
    assert!(found[0].modified_ns > 1_600_000_000_000_000_000);
}

#[test]
fn a_missing_root_is_a_failure_and_not_an_empty_folder() {
    let root = tempfile::tempdir().unwrap();
    let gone = root.path().join("unplugged");
    let failure = scan(&gone, &ScanOptions::default(), &AtomicBool::new(false), &mut |_| ()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Io);
    assert!(failure.message.contains("drive"), "{failure}");
}

#[test]
fn the_stop_flag_ends_the_walk_at_the_next_entry() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..50 {
        write(root.path(), &format!("{number}.jpg"));
    }
    let stop = AtomicBool::new(false);
    let mut seen = 0;
    let summary = scan(root.path(), &ScanOptions::default(), &stop, &mut |_| {
        seen += 1;
        stop.store(seen == 3, Ordering::Relaxed);
    })
    .unwrap();
    assert!(summary.stopped);
    assert_eq!(seen, 3);
}

#[test]
fn times_before_1970_and_beyond_the_range_are_kept_in_range() {
    use std::time::Duration;
    assert_eq!(
        nanoseconds_since_1970(UNIX_EPOCH - Duration::from_secs(1)),
        -1_000_000_000
    );
    assert_eq!(
        nanoseconds_since_1970(UNIX_EPOCH + Duration::from_secs(1 << 40)),
        i64::MAX
    );
}

#[cfg(unix)]
mod links_and_names {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn loops_are_passed_over_quietly_and_nothing_is_found_twice() {
        let root = folder_with(&["real/a.jpg"]);
        symlink(root.path(), root.path().join("real/up")).unwrap();
        symlink(root.path().join("real"), root.path().join("same")).unwrap();
        symlink(root.path().parent().unwrap(), root.path().join("above")).unwrap();
        symlink("self", root.path().join("self")).unwrap();
        let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
        assert_eq!(found, ["real/a.jpg"]);
        assert!(failed.iter().all(|(path, _)| path.ends_with("self")), "{failed:?}");
    }

    #[test]
    fn linked_folders_elsewhere_are_followed_once() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = folder_with(&["deep/b.jpg"]);
        symlink(elsewhere.path(), root.path().join("one")).unwrap();
        symlink(elsewhere.path(), root.path().join("two")).unwrap();
        symlink(elsewhere.path().join("deep/b.jpg"), root.path().join("linked.jpg")).unwrap();
        let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found.iter().filter(|name| name.ends_with("deep/b.jpg")).count(), 1);
        assert!(failed.is_empty());
    }

    #[test]
    fn each_name_of_a_file_is_handed_over_and_known_to_be_one_of_several() {
        let root = folder_with(&["a.jpg", "b/alone.jpg"]);
        let path = |name: &str| root.path().join(name);
        fs::hard_link(path("a.jpg"), path("b/hard.jpg")).unwrap();
        symlink("../a.jpg", path("b/symbolic.jpg")).unwrap();
        symlink(path("b/alone.jpg"), path("other.jpg")).unwrap();
        let mut found = Vec::new();
        let mut each = |file: Result<FoundFile, _>| {
            let file = file.unwrap();
            assert_eq!(file, look_at(&file.path).unwrap());
            let name = file
                .path
                .strip_prefix(root.path())
                .unwrap()
                .to_string_lossy()
                .into_owned();
            found.push((name, file.link.is_some()));
        };
        scan(root.path(), &ScanOptions::default(), &AtomicBool::new(false), &mut each).unwrap();
        found.sort();
        let expected = [
            ("a.jpg", true),
            ("b/alone.jpg", false),
            ("b/hard.jpg", true),
            ("b/symbolic.jpg", true),
            ("other.jpg", true),
        ];
        assert_eq!(found, expected.map(|(name, others)| (name.to_owned(), others)));
        for (one, two, same) in [
            ("a.jpg", "b/hard.jpg", true),
            ("b/symbolic.jpg", "b/hard.jpg", true),
            ("other.jpg", "b/alone.jpg", true),
            ("a.jpg", "a.jpg", true),
            ("a.jpg", "b/alone.jpg", false),
            ("gone.jpg", "gone.jpg", false),
        ] {
            assert_eq!(same_file(&path(one), &path(two)), same, "{one} {two}");
        }
    }

    #[test]
    fn links_to_nowhere_are_reported_only_where_a_picture_was_promised() {
        let root = tempfile::tempdir().unwrap();
        symlink("nowhere", root.path().join("gone.jpg")).unwrap();
        symlink("nowhere", root.path().join("gone")).unwrap();
        let (found, failed, summary) = scan_all(root.path(), &ScanOptions::default());
        assert!(found.is_empty());
        assert_eq!((failed.len(), summary.failures), (1, 1));
        let told = |failure: &Failure| failure.message.starts_with("It is a link to a file that is not there.");
        assert!(failed[0].0.ends_with("gone.jpg") && told(&failed[0].1));
        // Also where it is looked at alone.
        let alone = scan_with_sidecars(
            &root.path().join("gone.jpg"),
            &ScanOptions::default(),
            &AtomicBool::new(false),
            &mut |_| (),
            &mut |_| (),
        );
        assert!(told(&alone.unwrap_err()));
    }

    #[test]
    fn names_of_any_bytes_are_found() {
        let root = tempfile::tempdir().unwrap();
        let names: [&[u8]; 6] = [
            "صورة.jpg".as_bytes(),
            "照片 一.png".as_bytes(),
            b"with space.jpg",
            b"new\nline.jpg",
            b"\xff\xfe\x80.jpg",
            b"-rf --help.gif",
        ];
        for name in names {
            fs::write(root.path().join(OsStr::from_bytes(name)), "x").unwrap();
        }
        let mut found = Vec::new();
        let mut each = |file: Result<FoundFile, _>| {
            found.push(file.unwrap().path.file_name().unwrap().as_bytes().to_vec());
        };
        scan(root.path(), &ScanOptions::default(), &AtomicBool::new(false), &mut each).unwrap();
        found.sort();
        let mut expected: Vec<Vec<u8>> = names.iter().map(|name| name.to_vec()).collect();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_socket_named_like_a_picture_is_reported_and_not_opened() {
        let root = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket.jpg")).unwrap();
        let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
        assert!(found.is_empty());
        assert_eq!(failed[0].1.kind, FailureKind::Unsupported);
    }

    #[test]
    fn an_unreadable_folder_is_reported_and_the_walk_goes_on() {
        use std::os::unix::fs::PermissionsExt;
        let root = folder_with(&["closed/a.jpg", "open/b.jpg"]);
        let closed = root.path().join("closed");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let may_read_anything = fs::read_dir(&closed).is_ok();
        let (found, failed, _) = scan_all(root.path(), &ScanOptions::default());
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
        if may_read_anything {
            // The superuser is never refused.
            assert_eq!(found, ["closed/a.jpg", "open/b.jpg"]);
        } else {
            assert_eq!(found, ["open/b.jpg"]);
            assert_eq!(
                (failed[0].0.as_path(), failed[0].1.kind),
                (closed.as_path(), FailureKind::NoPermission)
            );
        }
    }
}
