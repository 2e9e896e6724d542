//! A folder with everything that a disk can hold: what can be read is indexed, each problem is listed, exit status 0.
#![cfg(unix)]

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Program, write_picture};

/// User and group of nobody.
const NOBODY: &str = "65534";

#[test]
fn a_hostile_folder_is_indexed_as_far_as_it_can_be_read() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("good.png"), 1);
    write_picture(&photos.join("صورة عائلية.png"), 2);
    write_picture(&photos.join("照片 二.png"), 3);
    write_picture(&photos.join("two\nlines.png"), 4);
    write_picture(&photos.join(std::ffi::OsStr::from_bytes(b"caf\xe9.png")), 5);
    write_picture(&program.path("hidden.png"), 6);
    std::fs::rename(program.path("hidden.png"), photos.join("a png named.jpg")).unwrap();
    std::fs::write(photos.join("empty.jpg"), b"").unwrap();
    std::fs::write(photos.join("text.jpg"), "dear diary, ".repeat(40)).unwrap();
    write_picture(&photos.join("cut.jpg"), 7);
    let whole = std::fs::read(photos.join("cut.jpg")).unwrap();
    std::fs::write(photos.join("cut.jpg"), &whole[..whole.len() / 8]).unwrap();
    std::fs::write(photos.join("bomb.png"), one_colour_png(30_000)).unwrap();
    write_picture(&photos.join("secret.png"), 8);
    symlink(&photos, photos.join("loop")).unwrap();
    symlink("nowhere", photos.join("dangling.jpg")).unwrap();

    // The binary and the folders must be reachable by the unprivileged user; one file and one folder are not.
    let binary = program.path("refocus");
    std::fs::copy(env!("CARGO_BIN_EXE_refocus"), &binary).unwrap();
    std::fs::set_permissions(program.folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::create_dir(photos.join("locked")).unwrap();
    write_picture(&photos.join("locked/inside.png"), 9);
    std::fs::set_permissions(photos.join("locked"), std::fs::Permissions::from_mode(0o000)).unwrap();
    std::fs::set_permissions(photos.join("secret.png"), std::fs::Permissions::from_mode(0o000)).unwrap();

    let index = |arguments: &[&str]| -> Value {
        let mut command = unprivileged(&binary);
        command
            .current_dir(program.folder.path())
            .arg("--library")
            .arg(program.library())
            .args(arguments);
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", output.status);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let report = index(&["index", photos.to_str().unwrap(), "--json"]);
    let failures = report["failures"].as_array().unwrap();
    let kind = |name: &str| -> &str {
        let found = failures
            .iter()
            .find(|failure| failure["path"].as_str().unwrap().ends_with(name));
        found.unwrap_or_else(|| panic!("{name} is not among {failures:#?}"))["kind"]
            .as_str()
            .unwrap()
    };
    assert_eq!(kind("empty.jpg"), "corrupt");
    assert_eq!(kind("text.jpg"), "corrupt");
    assert_eq!(kind("cut.jpg"), "corrupt");
    assert_eq!(kind("bomb.png"), "too_large");
    assert_eq!(kind("secret.png"), "no_permission");
    for failure in failures {
        assert!(failure["message"].as_str().unwrap().len() > 10, "{failure}");
    }
    let number = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(number("encoded"), 6, "{report:#}");
    assert_eq!(
        number("encoded") + number("unchanged") + number("failed"),
        number("photos")
    );
    assert_eq!(number("failed") as usize, failures.len());
    let folders = report["unreadable_folders"].as_array().unwrap();
    assert!(
        folders
            .iter()
            .any(|folder| folder["path"].as_str().unwrap().ends_with("locked"))
    );

    // Permanent failures are not retried: a second run reads no broken file again, and finds the same.
    let again = index(&["index", photos.to_str().unwrap(), "--json"]);
    assert_eq!(again["encoded"], 0);
    assert_eq!(again["unchanged"], 6);
    assert_eq!(again["failed"], report["failed"]);
    std::fs::set_permissions(photos.join("locked"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_folder_that_may_not_be_read_is_told_in_one_line() {
    let program = Program::new();
    let photos = program.photos();
    write_picture(&photos.join("inside.png"), 1);
    let binary = program.path("refocus");
    std::fs::copy(env!("CARGO_BIN_EXE_refocus"), &binary).unwrap();
    std::fs::set_permissions(program.folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::set_permissions(&photos, std::fs::Permissions::from_mode(0o000)).unwrap();
    for _ in 0..2 {
        let mut command = unprivileged(&binary);
        command
            .current_dir(program.folder.path())
            .arg("--library")
            .arg(program.library());
        let output = command.arg("index").arg(&photos).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
        assert!(
            errors.contains("does not allow reading this folder") && errors.trim_end().ends_with("photos"),
            "{errors}"
        );
    }
    std::fs::set_permissions(&photos, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a program as somebody who may not read everything: the person who runs the tests, or nobody where that is root.
fn unprivileged(binary: &Path) -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = Command::new(if root { Path::new("setpriv") } else { binary });
    if root {
        command
            .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
            .arg(binary);
    }
    command.env_remove("HOME");
    command
}

/// A grey PNG of `side × side` pixels of one colour; its data are a few kilobytes for hundreds of megabytes of pixels.
fn one_colour_png(side: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    chunk(&mut png, *b"IHDR", &header);
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let line = vec![0u8; side as usize + 1];
    for _ in 0..side {
        std::io::Write::write_all(&mut encoder, &line).unwrap();
    }
    chunk(&mut png, *b"IDAT", &encoder.finish().unwrap());
    chunk(&mut png, *b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend(name);
    png.extend(data);
    let mut checksum = flate2::Crc::new();
    checksum.update(&png[start..]);
    png.extend(checksum.sum().to_be_bytes());
}
