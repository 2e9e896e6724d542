//! Looking at folders and files: what is new or changed goes to the decoders, what has gone is forgotten.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::Sender;

use crate::event::Event;
use crate::library_index::{is_due, waits_for_change};
use crate::rows::{FolderId, PhotoRow};
use crate::stated::stated;
use crate::tuning::Tuned;
use refocus_media::companions::{is_sidecar_name, read_sidecar};
use refocus_media::mount::{folder_identity, mount_point};
use refocus_media::rotate::{names_a_turn, photos_beside};
use refocus_media::watch::Touched;
use refocus_media::{
    FACTS_REVISION, Failure, FailureKind, FoundFile, ScanOptions, ScanSummary, comes_to, look_at, passed_over, scan,
    scan_with_sidecars,
};
use refocus_store::SidecarRow;

use super::counters::Counters;
use super::decoding::Work;
use super::left_out::{TakenAway, left_out_here};
use super::names::Names;
use super::run::{Lane, Tools, Why};
use super::sweep::Sweep;
use super::writer_command::{FileOutcome, WriterCommand};

/// More new files than this in one bunch of changes are left to the lane that shows its progress.
const MOST_AT_ONCE: usize = 64;

/// A folder that the person added, and where what is found in it goes.
pub(super) struct Looking<'a> {
    pub(super) tools: &'a Tools,
    pub(super) counters: &'a Arc<Counters>,
    pub(super) work: &'a Sender<Work>,
    pub(super) id: FolderId,
    pub(super) root: Arc<Path>,
    pub(super) why: Why,
    pub(super) names: Names,
}

impl Looking<'_> {
    /// Streams a folder's files to the decoders and forgets those that have gone. A folder that is not there, or ceases to be
    /// there meanwhile, is offline: everything known of it stays.
    pub(super) fn whole_folder(&self) {
        let tools = self.tools;
        let identity = folder_identity(&self.root).or_else(|| self.root.is_file().then_some((0, 0)));
        let mut sweep = Sweep::start(tools.shared.index().known(self.id));
        sweep.looks_at(self.root.to_path_buf());
        let before = self.counters.found.load(Ordering::Relaxed);
        let tuned = tools.shared.tuned();
        let scanned = self.scan_into(&self.root, &scan_options(&self.root, &tuned), &mut sweep, false);
        if tools.control.is_cancelled() || tools.shared.stopping() {
            return;
        }
        let there = folder_identity(&self.root).or_else(|| self.root.is_file().then_some((0, 0)));
        let found = self.counters.found.load(Ordering::Relaxed) > before;
        let online = scanned.is_ok() && there == identity && (found || !self.is_unplugged());
        let news = tools.shared.set_online(self.id, online);
        if online {
            if let Ok(summary) = &scanned {
                tools.shared.set_linked(self.id, summary.links > 0);
                self.note_left_out(summary);
            }
            let not_met = sweep.gone(&tools.shared.rows());
            for sidecar in not_met.iter().filter(|path| is_sidecar_name(path)) {
                self.look_again_at_photos_of(sidecar);
            }
            forget(tools, &self.root, self.hide_left_out(&tuned, not_met));
            self.note_mount_point();
        } else if news {
            let failure = scanned.err();
            tracing::warn!(folder = %self.root.display(), ?failure, "folder is offline");
            let what = match failure {
                Some(failure) if failure.kind == FailureKind::NoPermission => {
                    "The system does not allow reading this folder; what is known of its photos is kept. Change its permissions, then \
                     rescan"
                        .to_owned()
                }
                Some(failure) => {
                    format!("This folder cannot be reached; its photos are kept until it is back ({failure})")
                }
                None => "This folder cannot be reached; its photos are kept until it is back".to_owned(),
            };
            let line = format!("{what}: {}", self.root.display());
            tools.shared.tell(Event::Notice(line));
        }
    }

    /// Where only a part of an added folder was looked through, what is known of the whole stays.
    fn note_left_out(&self, summary: &ScanSummary) {
        let shared = &self.tools.shared;
        let mut folders = shared.snapshot().folders.clone().into_iter();
        if folders.any(|folder| folder.id == self.id && *folder.path == *self.root) {
            shared.set_left_out(self.id, left_out_here(summary));
        }
    }

    /// Hides photos that a scan did not meet because the person leaves them out now: what is known of them stays, for the day on
    /// which they are wanted again. Hands back the other paths.
    fn hide_left_out(&self, tuned: &Tuned, not_met: Vec<PathBuf>) -> Vec<PathBuf> {
        let is_left_out = |path: &Path| {
            // The disk is asked when the lock is free again.
            let bytes = self.tools.shared.index().bytes_of(path);
            bytes.is_some_and(|bytes| tuned.hides(&self.root, path, bytes)) && path.is_file()
        };
        let (left_out, gone): (Vec<_>, Vec<_>) = not_met.into_iter().partition(|path| is_left_out(path));
        for path in left_out {
            let _ = self.tools.to_writer.send(WriterCommand::Hide(path));
        }
        gone
    }

    /// Whether the drive that held this folder is not mounted, so that what is seen is the empty place where it would be.
    fn is_unplugged(&self) -> bool {
        let before = self.tools.shared.index().mounted_at.get(&self.id).cloned();
        before.is_some_and(|before| mount_point(&self.root).is_some_and(|now| before != now && before.starts_with(now)))
    }

    fn note_mount_point(&self) {
        let Some(now) = mount_point(&self.root) else { return };
        if self.tools.shared.index().mounted_at.get(&self.id) != Some(&now) {
            let _ = self.tools.to_writer.send(WriterCommand::MountedAt(self.id, now));
        }
    }

    /// Looks at paths to which something happened. What was not met is returned, to be forgotten when the rest is written: then a
    /// file that moved is known to have moved.
    pub(super) fn changes(&self, paths: &[Touched]) -> Vec<PathBuf> {
        let tools = self.tools;
        let identity = folder_identity(&self.root);
        if identity.is_none() {
            return Vec::new();
        }
        let mut sweep = Sweep::start(tools.shared.index().known(self.id));
        let options = scan_options(&self.root, &tools.shared.tuned());
        for Touched { path, bytes } in paths {
            if tools.control.is_cancelled() || tools.shared.stopping() {
                return Vec::new();
            }
            if **path == *self.root || self.leads_back(path) {
                continue;
            }
            if passed_over(&self.root, path, &options) {
                // A file that marks its folder has come, or the folder's new name is one that the table knows.
                if options.rule_of_path(&self.root, path).is_some() {
                    sweep.looks_at(path.clone());
                }
                continue;
            }
            sweep.looks_at(path.clone());
            if is_sidecar_name(path) {
                self.look_again_at_photos_of(path);
            }
            if path.symlink_metadata().is_err() {
                continue;
            }
            match self.scan_into(path, &options, &mut sweep, *bytes) {
                Ok(summary) if summary.links > 0 => {
                    tools.shared.set_linked(self.id, true);
                    tools.shared.revisit(vec![self.root.to_path_buf()]);
                }
                Ok(_) => {}
                Err(failure) => self.meet(Err((path.clone(), failure)), &mut sweep, false),
            }
        }
        if folder_identity(&self.root) != identity {
            return Vec::new();
        }
        sweep.gone(&tools.shared.rows())
    }

    /// Whether so much came with these changes that a person wants to see how it goes on.
    pub(super) fn is_much(&self, paths: &[Touched]) -> bool {
        let mut new = paths.len().saturating_sub(4 * MOST_AT_ONCE);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let options = scan_options(&self.root, &self.tools.shared.tuned());
        for path in paths.iter().map(|touched| &touched.path).filter(|path| path.is_dir()) {
            let _ = scan(path, &options, &stop, &mut |found| {
                new += usize::from(found.is_ok_and(|file| self.is_unknown(&file)));
                stop.store(new > MOST_AT_ONCE, Ordering::Relaxed);
            });
        }
        new > MOST_AT_ONCE
    }

    /// A link to a folder that is met under its own name anyhow.
    fn leads_back(&self, path: &Path) -> bool {
        path.is_symlink()
            && path.is_dir()
            && path
                .canonicalize()
                .is_ok_and(|target| target.starts_with(&self.root) || self.root.starts_with(target))
    }

    /// `other_bytes`: what is at `path` itself is read again, though it looks as it did.
    fn scan_into(
        &self,
        path: &Path,
        options: &ScanOptions,
        sweep: &mut Sweep,
        other_bytes: bool,
    ) -> Result<ScanSummary, Failure> {
        let stop = self.tools.control.cancelled_flag();
        let sweep = std::cell::RefCell::new(sweep);
        let again = |of: &Path| other_bytes && of == path;
        let mut met = |found: Result<FoundFile, _>| {
            let again = found.as_ref().is_ok_and(|file| again(&file.path));
            self.meet(found, &mut sweep.borrow_mut(), again);
        };
        let mut met_sidecar = |found: FoundFile| {
            let again = again(&found.path);
            self.meet_sidecar(found, &mut sweep.borrow_mut(), again);
        };
        scan_with_sidecars(path, options, stop, &mut met, &mut met_sidecar)
    }

    /// A sidecar can turn its photo, which is another content then though its own file is as it was.
    fn look_again_at_photos_of(&self, sidecar: &Path) {
        let listed = |path: &PathBuf| self.tools.shared.index().by_path.contains_key(path.as_path());
        for photo in photos_beside(sidecar).into_iter().filter(listed) {
            if let Ok(file) = look_at(&photo) {
                self.offer(file, true);
            }
        }
    }

    /// Reads a sidecar that is new or changed. One that cannot be read says nothing, and is read when it can be.
    fn meet_sidecar(&self, found: FoundFile, sweep: &mut Sweep, again: bool) {
        sweep.met_sidecar(&found.path);
        let unchanged = !again && {
            let index = self.tools.shared.index();
            let known = index.sidecars.get(&found.path);
            known.is_some_and(|row| {
                let same = row.bytes == found.bytes && row.modified_ns == found.modified_ns;
                same && row.facts_revision >= FACTS_REVISION
            })
        };
        if unchanged {
            return;
        }
        if names_a_turn(&found.path) {
            self.look_again_at_photos_of(&found.path);
        }
        match read_sidecar(&found.path) {
            Ok(facts) => {
                let row = SidecarRow {
                    folder_id: self.id.0,
                    path: found.path,
                    bytes: found.bytes,
                    modified_ns: found.modified_ns,
                    stated: stated(&facts),
                    facts_revision: FACTS_REVISION,
                };
                let _ = self.tools.to_writer.send(WriterCommand::Sidecar(row));
            }
            Err(failure) => tracing::debug!(%failure, path = %found.path.display(), "a sidecar cannot be read"),
        }
    }

    fn meet(&self, found: Result<FoundFile, (PathBuf, Failure)>, sweep: &mut Sweep, again: bool) {
        match found {
            Ok(file) => {
                sweep.met(&self.tools.shared.index(), &file.path);
                self.offer(file, again);
            }
            Err((path, failure)) => {
                // What vanished under the scan's hands is gone and no trouble; what its root took along is offline.
                if path
                    .symlink_metadata()
                    .is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound)
                    || !self.root.exists()
                {
                    return;
                }
                sweep.met(&self.tools.shared.index(), &path);
                if path.is_dir() {
                    sweep.cannot_look_into(path.clone());
                }
                self.report(path, failure);
            }
        }
    }

    fn is_unknown(&self, file: &FoundFile) -> bool {
        let index = self.tools.shared.index();
        !index.by_path.contains_key(file.path.as_path()) && !index.failures.contains_key(&file.path)
    }

    /// Passes over what is known and unchanged, except where it is to be read `again`; sends the rest to the decoders.
    fn offer(&self, file: FoundFile, again: bool) {
        let counters = self.counters;
        counters.found.fetch_add(1, Ordering::Relaxed);
        let same_as = self.names.first(self.tools, &self.root, &file);
        if !again {
            let index = self.tools.shared.index();
            let known = index
                .by_path
                .get(file.path.as_path())
                .and_then(|&number| index.now.rows.get(number));
            let is_up_to_date = |row: &PhotoRow| {
                let same = row.bytes == file.bytes && row.modified_ns == file.modified_ns;
                let same = same && index.links.first_name(&file.path) == same_as.as_deref();
                same && row.encoded && !index.stale_facts.contains(&row.hash)
            };
            if known.is_some_and(is_up_to_date) {
                counters.unchanged.fetch_add(1, Ordering::Relaxed);
                return;
            }
            let now = jiff::Timestamp::now().as_second();
            let waits = index.failures.get(&file.path).is_some_and(|row| {
                let unchanged = row.failure.bytes == file.bytes && row.failure.modified_ns == file.modified_ns;
                let waits = waits_for_change(row) || (self.why == Why::Machine && !is_due(row, now));
                unchanged && row.failure.gate >= refocus_media::GATE_VERSION && waits
            });
            if waits {
                counters.failed.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        // A file that changes while it waits in the other lane is worth a second look; the same scan twice is not.
        let first = self.tools.shared.in_hand().insert(file.path.clone());
        if !first && self.tools.lane == Lane::Bulk {
            counters.found.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        self.send(file, same_as);
    }

    fn send(&self, file: FoundFile, same_as: Option<PathBuf>) {
        // The receivers are gone only when the run was cancelled.
        let _ = self.work.send(Work {
            folder_id: self.id.0,
            root: Arc::clone(&self.root),
            file,
            same_as,
        });
    }

    /// A path that the scan itself could not look at. A folder is listed among the problems but does not count as a photo.
    fn report(&self, path: PathBuf, failure: Failure) {
        let uncounted = Arc::new(Counters::default());
        let counters = if path.is_dir() {
            &uncounted
        } else {
            self.counters.found.fetch_add(1, Ordering::Relaxed);
            self.counters
        };
        let work = Work {
            folder_id: self.id.0,
            root: Arc::clone(&self.root),
            file: FoundFile {
                path,
                bytes: 0,
                modified_ns: 0,
                link: None,
            },
            same_as: None,
        };
        let _ = self
            .tools
            .to_writer
            .send(WriterCommand::file(counters, work, FileOutcome::Failed(failure)));
    }
}

fn scan_options(root: &Path, tuned: &Tuned) -> ScanOptions {
    ScanOptions {
        part_of: Some(root.to_path_buf()),
        ..tuned.scan_options.clone()
    }
}

/// Tells the writer what is not there any more, and what is there but is left out by the table; of photos of the second kind
/// the person is told. Whatever else is there by now stays: it came back since it was missed, or it came here from
/// another place while the look lasted.
pub(super) fn forget(tools: &Tools, root: &Path, not_met: Vec<PathBuf>) {
    let options = scan_options(root, &tools.shared.tuned());
    let mut taken_away = TakenAway::default();
    for path in not_met {
        if comes_to(root, &path, &options) {
            continue;
        }
        let rule = path.is_file().then(|| options.rule_of_file(root, &path)).flatten();
        let command = match rule {
            Some(rule) => {
                if tools.shared.index().by_path.contains_key(path.as_path()) {
                    taken_away.note(rule);
                }
                WriterCommand::LeaveOut(path)
            }
            None => WriterCommand::Gone(path),
        };
        let _ = tools.to_writer.send(command);
    }
    if let Some(line) = taken_away.line(root) {
        tools.shared.tell(Event::Notice(line));
    }
}

/// Reads failed files again; those that are not there any more are forgotten, unless their whole folder is not there.
pub(super) fn retry(tools: &Tools, counters: &Arc<Counters>, paths: Vec<PathBuf>, work: &Sender<Work>) {
    for path in paths {
        if tools.control.is_cancelled() || tools.shared.stopping() {
            return;
        }
        let folder = {
            let index = tools.shared.index();
            let id = index.failures.get(&path).map(|row| FolderId(row.failure.folder_id));
            id.and_then(|id| index.now.folders.iter().find(|folder| folder.id == id).cloned())
        };
        let Some(folder) = folder.filter(|folder| folder.path.exists()) else {
            continue;
        };
        if path.symlink_metadata().is_err() {
            let _ = tools.to_writer.send(WriterCommand::Gone(path));
            continue;
        }
        let looking = Looking {
            tools,
            counters,
            work,
            id: folder.id,
            root: Arc::from(folder.path),
            why: Why::Person,
            names: Names::default(),
        };
        let stop = tools.control.cancelled_flag();
        let mut again = |found: Result<FoundFile, (PathBuf, Failure)>| match found {
            Ok(file) => {
                counters.found.fetch_add(1, Ordering::Relaxed);
                let same_as = looking.names.first(tools, &looking.root, &file);
                looking.send(file, same_as);
            }
            Err((path, failure)) => looking.report(path, failure),
        };
        match scan(
            &path,
            &scan_options(&looking.root, &tools.shared.tuned()),
            stop,
            &mut again,
        ) {
            // A folder that can be looked into again is no problem any more.
            Ok(_) if path.is_dir() => drop(tools.to_writer.send(WriterCommand::Gone(path))),
            Ok(_) => {}
            Err(failure) => again(Err((path, failure))),
        }
    }
}
