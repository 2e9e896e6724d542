//! Which files of a folder belong together, by a normal form of their names.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::name::{Name, Role, keys_of};

/// As many files of one name are looked at; a photo has a handful.
const MOST_OF_A_NAME: usize = 256;

/// Files by their folder and by what their names have in common: upper and lower case are the same, as are composed and
/// decomposed characters.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    folders: HashMap<PathBuf, HashMap<String, BTreeSet<OsString>>>,
}

/// What belongs together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    /// The picture that stands for all of it: for a raw file the camera's JPEG or HEIC, where there is one.
    pub photo: Option<PathBuf>,
    /// Raw files behind that picture.
    pub raws: Vec<PathBuf>,
    /// Sidecars, the one that counts most first: the file's own, that of its name, those of the files it stands for or that stand
    /// for it.
    pub sidecars: Vec<PathBuf>,
    /// Files of other programs and devices that move along, and sidecars of further versions of the same photo.
    pub settings: Vec<PathBuf>,
    /// The video of a Live Photo.
    pub video: Option<PathBuf>,
}

impl Together {
    /// Whether nothing belongs to the photo.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.raws.is_empty() && self.sidecars.is_empty() && self.settings.is_empty() && self.video.is_none()
    }
}

impl Groups {
    /// Takes a file in. A name that says nothing is taken for that of a picture.
    pub fn insert(&mut self, path: &Path) {
        let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else {
            return;
        };
        // Asked first, so that the folder's path is copied once for all its files.
        if !self.folders.contains_key(folder) {
            self.folders.insert(folder.to_owned(), HashMap::new());
        }
        if let Some(names) = self.folders.get_mut(folder) {
            for key in keys_of(&Name::of_picture(path)) {
                names.entry(key).or_default().insert(file.to_owned());
            }
        }
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &Path) {
        let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else {
            return;
        };
        let Some(names) = self.folders.get_mut(folder) else {
            return;
        };
        for key in keys_of(&Name::of_picture(path)) {
            if let Some(files) = names.get_mut(&key) {
                files.remove(file);
                if files.is_empty() {
                    names.remove(&key);
                }
            }
        }
        if names.is_empty() {
            self.folders.remove(folder);
        }
    }

    /// What belongs together with a file, which may be a picture, a raw file, a sidecar, a settings file or a video; it need not
    /// have been taken in.
    #[must_use]
    pub fn of(&self, path: &Path) -> Together {
        let own = Name::of_picture(path);
        if matches!(own.role, Role::Picture | Role::Raw) {
            return self.around(path, &own, true).together(path);
        }
        let photos = self.photos(path);
        let is_about = |photo: &&PathBuf| {
            own.about.is_some()
                && photo
                    .file_name()
                    .is_some_and(|_| own.about.as_deref() == Some(Name::of_picture(photo).full.as_str()))
        };
        match photos.iter().find(is_about).or_else(|| photos.first()) {
            Some(photo) => self.around(photo, &Name::of_picture(photo), true).together(photo),
            None => Together::default(),
        }
    }

    /// The pictures and raw files for which something may be different when this file comes, changes or goes; those that are
    /// shown first.
    #[must_use]
    pub fn photos(&self, path: &Path) -> Vec<PathBuf> {
        let mut photos: Vec<(Name, PathBuf)> = Vec::new();
        for key in keys_of(&Name::of_picture(path)) {
            let members = self.files(path.parent(), &key);
            photos.extend(members.filter(|(name, _)| matches!(name.role, Role::Picture | Role::Raw)));
        }
        photos.sort_by_key(|(name, path)| (!name.stands_for_raw(), name.role == Role::Raw, path.clone()));
        let mut photos: Vec<PathBuf> = photos.into_iter().map(|(_, path)| path).collect();
        photos.dedup();
        photos
    }

    /// The files that must not be parted from a photo: raw files for which it stands, its sidecars, settings and video. What
    /// another picture of its name shares stays with that one.
    pub(super) fn that_move_with(&self, path: &Path) -> Vec<PathBuf> {
        let around = self.around(path, &Name::of_picture(path), false);
        let keep_shared = !around.others;
        let mut found = around.raws;
        let rest = around.sidecars.into_iter().map(|(_, shared, path)| (shared, path));
        // A video stays: that it belongs to the photo is told by its name alone, and one that was filmed for itself must not go to
        // the trash with a photo that happens to have its number.
        let rest = rest.chain(around.settings);
        found.extend(rest.filter(|(shared, _)| keep_shared || !shared).map(|(_, path)| path));
        found
    }

    fn files(&self, folder: Option<&Path>, key: &str) -> impl Iterator<Item = (Name, PathBuf)> {
        let folder = folder.unwrap_or_else(|| Path::new(""));
        let names = self.folders.get(folder).and_then(|names| names.get(key));
        let files = names.into_iter().flatten().take(MOST_OF_A_NAME);
        files.map(move |file| {
            let path = folder.join(file);
            (Name::of_picture(&path), path)
        })
    }

    /// `with_shown`: pictures that stand for a raw file belong to it too.
    fn around(&self, path: &Path, own: &Name, with_shown: bool) -> Around {
        let files: Vec<(Name, PathBuf)> = self
            .files(path.parent(), &own.key)
            .filter(|(_, other)| other != path)
            .collect();
        let mut around = Around::default();
        let (mut about, mut stems) = (vec![own.full.as_str()], vec![own.stem.as_str()]);
        for (name, other) in &files {
            let raw_behind = own.stands_for_raw() && name.role == Role::Raw;
            let shown_before = with_shown && own.role == Role::Raw && name.stands_for_raw();
            let beside = with_shown && own.role == Role::Raw && name.role == Role::Raw;
            match name.role {
                Role::Picture | Role::Raw if raw_behind || shown_before || beside => {
                    about.push(&name.full);
                    stems.push(&name.stem);
                    if name.role == Role::Raw {
                        around.raws.push(other.clone());
                    } else {
                        around.shown.push(other.clone());
                    }
                }
                Role::Picture | Role::Raw => around.others = true,
                _ => {}
            }
        }
        let other_stem = |stem: &str| {
            let pictures = files
                .iter()
                .filter(|(name, _)| matches!(name.role, Role::Picture | Role::Raw));
            pictures.into_iter().any(|(name, _)| name.stem == stem)
        };
        for (name, other) in &files {
            let whole = name.about.as_deref();
            let rank = match whole {
                Some(whole) if whole == own.full => 0,
                Some(whole) if about.contains(&whole) => 2,
                Some(_) => {
                    if self.is_version(path, name, &about) {
                        around.settings.push((false, other.clone()));
                    }
                    continue;
                }
                None if name.stem == own.stem => 1,
                None if stems.contains(&name.stem.as_str()) || !other_stem(&name.stem) => 3,
                None => continue,
            };
            let other_case = !begins_alike(path, other);
            let shared = whole.is_none();
            match name.role {
                Role::Sidecar => around.sidecars.push(((rank, other_case), shared, other.clone())),
                Role::Settings => around.settings.push((shared, other.clone())),
                Role::Video if own.stands_for_raw() || own.role == Role::Raw => {
                    around.videos.push((shared, other.clone()));
                }
                _ => {}
            }
        }
        around.sidecars.sort();
        around
    }

    /// Whether a sidecar is that of a further version of one of the files `about`, and not of a file of its own.
    fn is_version(&self, path: &Path, sidecar: &Name, about: &[&str]) -> bool {
        let Some((_, first)) = sidecar.version_of() else {
            return false;
        };
        let has_file = keys_of(sidecar).iter().any(|key| {
            let mut files = self.files(path.parent(), key);
            files.any(|(name, _)| Some(name.full.as_str()) == sidecar.about.as_deref())
        });
        !has_file && about.contains(&first.as_str())
    }
}

/// Whether two files' names begin with the same letters in the same case, as far as the shorter stem goes.
fn begins_alike(path: &Path, other: &Path) -> bool {
    let stem = |path: &Path| {
        path.file_stem()
            .map(OsStr::as_encoded_bytes)
            .map(<[u8]>::to_vec)
            .unwrap_or_default()
    };
    let (one, two) = (stem(path), stem(other));
    let shorter = one.len().min(two.len());
    one.get(..shorter) == two.get(..shorter)
}

/// What is found around one file. Each with whether it is shared by all of its name.
#[derive(Default)]
struct Around {
    raws: Vec<PathBuf>,
    /// Pictures that stand for this raw file.
    shown: Vec<PathBuf>,
    /// Whether there are pictures of this name that do not belong to it.
    others: bool,
    sidecars: Vec<((u8, bool), bool, PathBuf)>,
    settings: Vec<(bool, PathBuf)>,
    videos: Vec<(bool, PathBuf)>,
}

impl Around {
    fn together(self, path: &Path) -> Together {
        let Self {
            mut raws,
            mut shown,
            sidecars,
            settings,
            videos,
            ..
        } = self;
        shown.sort_by_key(|path| rank_of_shown(path));
        let photo = shown.first().cloned();
        if photo.is_some() {
            raws.push(path.to_owned());
            raws.sort();
        } else if Name::of_picture(path).role == Role::Raw {
            // Another raw file of its name is a photo of its own.
            raws.clear();
        }
        let mut videos = videos.into_iter().map(|(_, path)| path);
        let video = videos.next();
        let settings = settings.into_iter().map(|(_, path)| path).chain(videos);
        Together {
            photo: photo.or_else(|| Some(path.to_owned())),
            raws,
            sidecars: sidecars.into_iter().map(|(_, _, path)| path).collect(),
            settings: settings.collect(),
            video,
        }
    }
}

fn rank_of_shown(path: &Path) -> (usize, PathBuf) {
    let full = Name::of_picture(path).full;
    let ending = super::name::split(&full).map(|(_, ending)| ending);
    let rank = super::name::SHOWN_FOR_RAW
        .iter()
        .position(|known| Some(*known) == ending);
    (rank.unwrap_or(usize::MAX), path.to_owned())
}
