//! Whether the folders are there. A drive or a network that is away may hang whoever asks the system about it, so the question is
//! asked on a thread that is not waited for longer than a moment.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use refocus_media::mount::folder_identity;
use refocus_workers::{Worker, fault};

use super::rows::FolderId;

/// How long the answers are waited for: what is there answers within microseconds.
const MOMENT: Duration = Duration::from_millis(50);

/// A folder that has not answered for so long hangs.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// What is known of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there; which one it is.
    There((u64, u64)),
    /// It is a single picture, and there.
    File,
    /// It is not there.
    Missing,
    /// The system does not say.
    Silent,
}

impl Presence {
    /// Which folder is there.
    pub(super) fn identity(self) -> Option<(u64, u64)> {
        match self {
            Self::There(identity) => Some(identity),
            Self::File | Self::Missing | Self::Silent => None,
        }
    }
}

/// Questions that are on their way, at most one a folder.
#[derive(Debug, Default)]
pub(super) struct Presences {
    asked: HashMap<FolderId, Question>,
}

#[derive(Debug)]
struct Question {
    path: PathBuf,
    since: Instant,
    answer: Receiver<Presence>,
}

impl Presences {
    /// Asks about folders. One whose answer is on its way is left out, until it counts as silent.
    pub(super) fn of(&mut self, folders: &[(FolderId, PathBuf)]) -> Vec<(FolderId, PathBuf, Presence)> {
        for (id, path) in folders {
            let asked = self.asked.get(id).is_some_and(|question| question.path == *path);
            if !asked && let Some(question) = Question::ask(path) {
                self.asked.insert(*id, question);
            }
        }
        let moment = Instant::now() + MOMENT;
        let mut answers = Vec::new();
        for (id, path) in folders {
            let Some(question) = self.asked.get(id) else { continue };
            let presence = match question.answer.recv_deadline(moment) {
                Ok(presence) => presence,
                Err(RecvTimeoutError::Timeout) if question.since.elapsed() >= SILENT_AFTER => Presence::Silent,
                Err(RecvTimeoutError::Timeout) => continue,
                // The thread met an internal error: it is asked again.
                Err(RecvTimeoutError::Disconnected) => {
                    self.asked.remove(id);
                    continue;
                }
            };
            if presence != Presence::Silent {
                self.asked.remove(id);
            }
            answers.push((*id, path.clone(), presence));
        }
        answers
    }

    /// Asks about folders and waits so long for their answers. Those that have not answered by then are left out.
    pub(super) fn of_all(
        &mut self,
        folders: &[(FolderId, PathBuf)],
        patience: Duration,
    ) -> HashMap<FolderId, Presence> {
        let deadline = Instant::now() + patience;
        let mut waiting = folders.to_vec();
        let mut answers = HashMap::new();
        loop {
            for (id, _, presence) in self.of(&waiting) {
                answers.insert(id, presence);
            }
            waiting.retain(|(id, _)| !answers.contains_key(id));
            if waiting.is_empty() || Instant::now() >= deadline {
                return answers;
            }
        }
    }

    /// Asks about one folder and waits until it counts as silent.
    pub(super) fn of_one(&mut self, id: FolderId, path: &Path) -> Presence {
        let folder = [(id, path.to_path_buf())];
        let deadline = Instant::now() + SILENT_AFTER + MOMENT;
        loop {
            let answer = self.of(&folder).pop();
            match answer {
                Some((_, _, presence)) => return presence,
                None if Instant::now() >= deadline => return Presence::Silent,
                None => {}
            }
        }
    }
}

impl Question {
    fn ask(path: &Path) -> Option<Self> {
        let (send, answer) = bounded(1);
        let asked = path.to_path_buf();
        let look = move || {
            fault::point("presence");
            let presence = match folder_identity(&asked) {
                Some(identity) => Presence::There(identity),
                None if asked.is_file() => Presence::File,
                None => Presence::Missing,
            };
            let _ = send.send(presence);
        };
        Worker::start("refocus-look", look, |panic| tracing::error!("{panic}"))
            .inspect_err(|error| tracing::warn!(%error, "a folder is not looked for"))
            .ok()?;
        Some(Self {
            path: path.to_path_buf(),
            since: Instant::now(),
            answer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_and_what_is_not_answers_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jpg");
        std::fs::write(&file, "x").unwrap();
        let folders = [
            (FolderId(1), folder.path().to_path_buf()),
            (FolderId(2), file),
            (FolderId(3), folder.path().join("none")),
        ];
        let mut presences = Presences::default();
        let found = folders.each_ref().map(|(id, path)| presences.of_one(*id, path));
        assert!(
            matches!(found, [Presence::There(_), Presence::File, Presence::Missing]),
            "{found:?}"
        );
        assert!(presences.asked.is_empty());
        let all = presences.of_all(&folders, SILENT_AFTER);
        assert_eq!(folders.map(|(id, _)| all[&id]), found);
    }
}
