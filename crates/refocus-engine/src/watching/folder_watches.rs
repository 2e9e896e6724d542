//! Which folders are there, and which of them the system watches.

use std::path::{Path, PathBuf};
use std::time::Instant;

use refocus_media::mount::shared_file_system;
use refocus_media::watch::WatchTrouble;

use super::{WatchLoop, Watched};
use crate::event::{Event, Noticing};
use crate::presence::Presence;
use crate::rows::FolderId;

impl WatchLoop {
    /// Has the system watch a folder, or says how changes in it are noticed otherwise.
    pub(super) fn watch_folder(&mut self, id: FolderId, path: &Path, presence: Presence) {
        let identity = presence.identity();
        if let Some(watch) = &mut self.watch {
            watch.unwatch(path);
        }
        let noticing = match &mut self.watch {
            Some(watch) if identity.is_some() && shared_file_system(path).is_none() => match watch.watch(path) {
                Ok(()) => Noticing::AtOnce,
                Err(trouble) => {
                    self.say_trouble(&trouble, path);
                    Noticing::NowAndThen
                }
            },
            _ => Noticing::NowAndThen,
        };
        self.tools.shared.set_noticing(id, noticing);
        let watched = Watched {
            path: path.to_path_buf(),
            identity,
            silent: presence == Presence::Silent,
            noticing,
            looked_through: Instant::now(),
            due: false,
        };
        if watched.silent {
            self.tools.shared.set_online(id, false);
            self.say_away(path, presence);
        }
        self.folders.insert(id, watched);
    }

    /// Says that a folder is not there, or does not answer.
    fn say_away(&self, path: &Path, presence: Presence) {
        let what = match presence {
            Presence::Silent => "This folder does not answer; is its drive or network there? Its photos are kept",
            _ => "This folder cannot be reached; its photos are kept until it is back",
        };
        self.tools
            .shared
            .tell(Event::Notice(format!("{what}: {}", path.display())));
    }

    fn say_trouble(&mut self, trouble: &WatchTrouble, path: &Path) {
        let every = self.tools.params.poll_every.as_secs();
        let message = match trouble {
            WatchTrouble::Limit if self.said_limit => return,
            WatchTrouble::Limit => {
                self.said_limit = true;
                format!(
                    "The system watches no more folders{}, so changes here are noticed only every {every} seconds. To raise \
                     the limit: sudo sysctl fs.inotify.max_user_watches=524288. It concerns {}",
                    limit().map_or_else(String::new, |limit| format!(" (the limit is {limit})")),
                    path.display()
                )
            }
            WatchTrouble::Other(reason) => format!(
                "The system does not tell of changes here ({reason}); they are noticed every {every} seconds: {}",
                path.display()
            ),
        };
        self.tools.shared.tell(Event::Notice(message));
    }

    /// A watch that worked does no more: folders that came since are not watched. All are looked through from now on.
    pub(super) fn watch_failed(&mut self, trouble: &WatchTrouble) {
        let of_events: Vec<FolderId> = self
            .folders
            .iter()
            .filter(|(_, folder)| folder.noticing == Noticing::AtOnce)
            .map(|(id, _)| *id)
            .collect();
        if let Some(path) = of_events
            .first()
            .and_then(|id| self.folders.get(id))
            .map(|f| f.path.clone())
        {
            self.say_trouble(trouble, &path);
        }
        // What the watch still tells is welcome; what it does not tell is found by looking.
        for id in of_events {
            if let Some(folder) = self.folders.get_mut(&id) {
                folder.noticing = Noticing::NowAndThen;
            }
            self.tools.shared.set_noticing(id, Noticing::NowAndThen);
        }
        self.look_through_everything();
    }

    /// Notices folders that were added, removed, unplugged, plugged in again or replaced by others.
    pub(super) fn look_for_folders(&mut self) {
        let known: Vec<(FolderId, PathBuf)> = {
            let snapshot = self.tools.shared.snapshot();
            snapshot
                .folders
                .iter()
                .map(|folder| (folder.id, folder.path.clone()))
                .collect()
        };
        let gone: Vec<FolderId> = self
            .folders
            .iter()
            .filter(|(id, folder)| !known.iter().any(|(of, path)| of == *id && *path == folder.path))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some((folder, watch)) = self.folders.remove(&id).zip(self.watch.as_mut()) {
                watch.unwatch(&folder.path);
            }
        }
        for (id, path, presence) in self.presences.of(&known) {
            let identity = presence.identity();
            match self.folders.get_mut(&id) {
                Some(folder) if identity.is_none() => {
                    let newly_silent = presence == Presence::Silent && !folder.silent;
                    folder.silent |= newly_silent;
                    if folder.identity.take().is_none() && !newly_silent {
                        continue;
                    }
                    if let Some(watch) = &mut self.watch {
                        watch.unwatch(&path);
                    }
                    // A single picture that was added is a file and has no identity.
                    let away = presence != Presence::File && self.tools.shared.set_online(id, false);
                    if away || newly_silent {
                        self.say_away(&path, presence);
                    }
                }
                Some(folder) if folder.identity == identity => {}
                // New, back, or another one in the same place.
                _ => {
                    self.watch_folder(id, &path, presence);
                    if identity.is_some() {
                        self.look_through(id);
                    }
                }
            }
        }
    }
}

/// How many folders the system watches for a person.
fn limit() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok()?;
    Some(text.trim().to_owned())
}
