//! Where a folder's drive is mounted, and whether that drive is one whose changes the system does not tell of.

use std::path::{Path, PathBuf};

/// The uppermost folder above `path` that lies on the same drive; `None` where `path` cannot be looked at.
#[cfg(unix)]
#[must_use]
pub fn mount_point(path: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let device = std::fs::metadata(path).ok()?.dev();
    let mut top = path;
    for above in path.ancestors().skip(1) {
        if std::fs::metadata(above).is_ok_and(|metadata| metadata.dev() == device) {
            top = above;
        } else {
            break;
        }
    }
    Some(top.to_path_buf())
}

/// The drive or share of `path`; `None` where `path` cannot be looked at.
#[cfg(not(unix))]
#[must_use]
pub fn mount_point(path: &Path) -> Option<PathBuf> {
    std::fs::metadata(path).ok()?;
    path.ancestors().last().map(Path::to_path_buf)
}

/// What tells a folder from another one that has taken its place (a drive plugged in at the same path).
#[cfg(unix)]
#[must_use]
pub fn folder_identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
    Some((metadata.dev(), metadata.ino()))
}

/// What tells a folder from another one that has taken its place: the drive's serial number and the folder's number on it. Where
/// a file system has no such numbers, only whether there is a folder.
#[cfg(windows)]
#[must_use]
pub fn folder_identity(path: &Path) -> Option<(u64, u64)> {
    use file_id::FileId;
    if !path.is_dir() {
        return None;
    }
    Some(match file_id::get_file_id(path) {
        Ok(FileId::HighRes {
            volume_serial_number,
            file_id,
        }) => (volume_serial_number, (file_id >> 64) as u64 ^ file_id as u64),
        Ok(FileId::LowRes {
            volume_serial_number,
            file_index,
        }) => (u64::from(volume_serial_number), file_index),
        Ok(FileId::Inode {
            device_id,
            inode_number,
        }) => (device_id, inode_number),
        Err(_) => (0, 0),
    })
}

/// What tells a folder from another one that has taken its place; here only whether there is one.
#[cfg(not(any(unix, windows)))]
#[must_use]
pub fn folder_identity(path: &Path) -> Option<(u64, u64)> {
    path.is_dir().then_some((0, 0))
}

/// File systems whose changes may be made by another machine, of which this one hears nothing.
const SHARED_FILE_SYSTEMS: [&str; 19] = [
    "9p",
    "afpfs",
    "afs",
    "ceph",
    "cifs",
    "drvfs",
    "fuse",
    "glusterfs",
    "lustre",
    "macfuse",
    "ncpfs",
    "nfs",
    "osxfuse",
    "prl_fs",
    "smb3",
    "smbfs",
    "vboxsf",
    "vmhgfs",
    "webdav",
];

/// The kind of the file system under `path`, where its changes may go unnoticed, for example `nfs4`.
#[must_use]
pub fn shared_file_system(path: &Path) -> Option<String> {
    file_system(path).filter(|kind| is_shared(kind))
}

fn is_shared(kind: &str) -> bool {
    // `fuseblk` is a drive of this machine.
    kind != "fuseblk" && SHARED_FILE_SYSTEMS.iter().any(|shared| kind.starts_with(shared))
}

#[cfg(target_os = "linux")]
fn file_system(path: &Path) -> Option<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    file_system_of(&table, path).map(str::to_owned)
}

#[cfg(any(target_os = "macos", target_os = "freebsd"))]
fn file_system(path: &Path) -> Option<String> {
    let said = rustix::fs::statfs(path).ok()?;
    let name: Vec<u8> = said
        .f_fstypename
        .iter()
        .map(|letter| *letter as u8)
        .take_while(|letter| *letter != 0)
        .collect();
    String::from_utf8(name).ok()
}

/// A share is told by its name, `\\server\share`; one that goes by a drive's letter looks like a drive of this machine.
#[cfg(windows)]
fn file_system(path: &Path) -> Option<String> {
    use std::path::{Component, Prefix};
    match path.components().next()? {
        Component::Prefix(prefix) => match prefix.kind() {
            Prefix::UNC(..) | Prefix::VerbatimUNC(..) => Some("smbfs".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)))]
fn file_system(_path: &Path) -> Option<String> {
    None
}

/// The kind of the file system that is mounted nearest above `path`, as `/proc/self/mountinfo` has it (proc(5)): fields before
/// a lone hyphen, of which the fifth is the place, and the kind behind it. Later lines lie over earlier ones.
#[cfg(any(target_os = "linux", test))]
fn file_system_of<'t>(table: &'t str, path: &Path) -> Option<&'t str> {
    let mut nearest: Option<(usize, &str)> = None;
    for line in table.lines() {
        let Some((place, kind)) = line.split_once(" - ") else {
            continue;
        };
        let Some(place) = place.split(' ').nth(4) else { continue };
        let place = unescape(place);
        let depth = place.components().count();
        if path.starts_with(&place) && nearest.is_none_or(|(of, _)| depth >= of) {
            nearest = kind.split(' ').next().map(|kind| (depth, kind));
        }
    }
    nearest.map(|(_, kind)| kind)
}

/// Spaces, tabs, line feeds and backslashes stand there as three octal digits behind a backslash.
#[cfg(any(target_os = "linux", test))]
fn unescape(place: &str) -> PathBuf {
    let mut text = String::with_capacity(place.len());
    let mut rest = place;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                text.push(char::from(code));
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                text.push('\\');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    PathBuf::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_point_is_above_its_folder_and_on_the_same_drive() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let top = mount_point(&deep).unwrap();
        assert!(deep.starts_with(&top));
        assert_eq!(mount_point(folder.path()), Some(top));
        assert_eq!(mount_point(&folder.path().join("gone")), None);
    }

    #[test]
    fn a_folder_that_takes_the_place_of_another_is_told_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("drive");
        std::fs::create_dir(&place).unwrap();
        let before = folder_identity(&place);
        assert!(before.is_some());
        std::fs::rename(&place, folder.path().join("old")).unwrap();
        assert_eq!(folder_identity(&place), None);
        std::fs::create_dir(&place).unwrap();
        if cfg!(any(unix, windows)) {
            assert_ne!(folder_identity(&place), before);
        }
    }

    #[test]
    fn the_nearest_mount_names_the_file_system() {
        let table = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                     40 22 0:33 / /mnt/photos\\040of\\040us rw - nfs4 nas:/photos rw\n\
                     41 22 0:34 / /mnt rw,relatime - tmpfs tmpfs rw\n\
                     nonsense\n";
        let of = |path: &str| file_system_of(table, Path::new(path));
        assert_eq!(of("/home/a"), Some("ext4"));
        assert_eq!(of("/mnt/b"), Some("tmpfs"));
        assert_eq!(of("/mnt/photos of us/2024"), Some("nfs4"));
        assert!(is_shared("nfs4") && is_shared("fuse.sshfs") && is_shared("smbfs"));
        assert!(!is_shared("fuseblk") && !is_shared("apfs") && !is_shared("ext4"));
        assert_eq!(unescape("a\\9x"), PathBuf::from("a\\9x"));
    }
}
