//! Starting and ending the engine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use refocus_store::Database;
use refocus_workers::{Worker, attempt};

use super::command::Command;
use super::event::{Event, Lost, Progress};
use super::link::{COMMANDS_AHEAD, EVENTS_AHEAD, EngineLink, LibraryPaths};
use super::loading::catch_up;
use super::opening::AccessWanted;
use super::people::FaceSource;
use super::power::PowerSource;
use super::running::Running;
use super::shared::{Shared, Wake};
use super::texts::TextSource;
use super::tuning::EngineTuning;
use super::watching::WatchParams;

/// How an engine is started.
#[derive(Clone)]
pub struct EngineConfig {
    /// The library's files.
    pub paths: LibraryPaths,
    /// What a person can set, as it is at the start.
    pub tuning: EngineTuning,
    /// Who says what the computer is powered by.
    pub power: PowerSource,
    /// Whether all folders are looked through for changes at the start.
    pub rescan: bool,
    /// How the folders are looked after while the engine runs; not at all where it is `None`.
    pub watch: Option<WatchParams>,
    /// What is asked of the library.
    pub access: AccessWanted,
    /// Whether a model that is to take over is made ready in the background; a program that ends soon leaves it to others.
    pub works_ahead: bool,
    /// Whether indexing whole folders gives way to whatever else the computer does. Not where a person waits for its end.
    pub gives_way: bool,
    /// Who finds faces, where the person wants that.
    pub faces: FaceSource,
    /// Who reads text in photos, where the person wants that.
    pub texts: TextSource,
    /// Called after every event.
    pub wake: Wake,
}

impl EngineConfig {
    /// An engine for these files that wakes nobody (a front end that waits on the channel).
    #[must_use]
    pub fn new(paths: LibraryPaths) -> Self {
        Self {
            paths,
            tuning: EngineTuning::default(),
            power: PowerSource::System,
            rescan: false,
            watch: None,
            access: AccessWanted::Any,
            works_ahead: false,
            gives_way: true,
            faces: FaceSource::default(),
            texts: TextSource::default(),
            wake: Arc::new(|| {}),
        }
    }
}

/// Dropping an engine takes this long at most.
const CLOSE_WITHIN: Duration = Duration::from_millis(1900);

/// How often the background work is started anew after an internal error of the control thread.
const MOST_RESTARTS: usize = 2;

/// The control thread.
const CONTROL: &str = "refocus-engine";

/// A running engine. Dropping it ends all threads, after the photos in hand are written, and takes less than two seconds: a
/// thread that hangs in the system is left behind. The library's lock stays with the writer until that has ended.
pub struct Engine {
    link: EngineLink,
    shared: Arc<Shared>,
    control: Worker,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the engine's threads. What goes wrong later comes as [`Event::Unusable`], [`Event::WorkerFailed`] or
    /// [`Event::Notice`].
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(config: EngineConfig) -> std::io::Result<Self> {
        let (commands, requests) = bounded(COMMANDS_AHEAD);
        let (told, events) = bounded(EVENTS_AHEAD);
        let shared = Arc::new(Shared::new(told, Arc::clone(&config.wake)));
        let (own_shared, own_commands, told_of_end) = (Arc::clone(&shared), commands.clone(), Arc::clone(&shared));
        let control = Worker::start(
            CONTROL,
            move || supervise(config, &own_shared, &own_commands, &requests),
            move |panic| {
                told_of_end.worker_failed(
                    &panic,
                    "The background work has ended: start Refocus again",
                    Lost::Worker,
                );
                told_of_end.tell(Event::Stopped);
            },
        )?;
        Ok(Self {
            link: EngineLink { commands, events },
            shared,
            control,
        })
    }

    /// A front end's end of the engine.
    #[must_use]
    pub fn link(&self) -> &EngineLink {
        &self.link
    }

    /// Sends a command; an engine that has ended ignores it.
    pub fn send(&self, command: Command) {
        let _ = self.link.commands.send(command);
    }
}

/// The control thread: an internal error in it ends everything that it started, and is followed by a new start.
fn supervise(mut config: EngineConfig, shared: &Arc<Shared>, commands: &Sender<Command>, requests: &Receiver<Command>) {
    for restart in 0.. {
        let ended = attempt(CONTROL, || {
            control(&mut config, shared, commands, requests, restart > 0);
        });
        let Err(panic) = ended else { break };
        if restart == MOST_RESTARTS || shared.closing() {
            shared.worker_failed(
                &panic,
                "The background work has ended: start Refocus again",
                Lost::Worker,
            );
            shared.tell(Event::IndexingEnded(Progress::default()));
            ignore_all(requests, shared);
            break;
        }
        shared.worker_failed(&panic, "The background work was started anew", Lost::Requests);
        // Whoever waits for a run waits no longer; told last, so that a run that was lost is not taken for one without photos.
        shared.tell(Event::IndexingEnded(Progress::default()));
    }
    shared.tell(Event::Stopped);
}

/// One life of the control thread, over all the models that take over from each other.
fn control(
    config: &mut EngineConfig,
    shared: &Arc<Shared>,
    commands: &Sender<Command>,
    requests: &Receiver<Command>,
    again: bool,
) {
    let mut takes_over = None;
    loop {
        let ended = Running::start(config, shared, commands.clone(), takes_over.take())
            .inspect(|running| {
                if again {
                    // The rows that were in memory kept their numbers; what changed on the way down is taken up.
                    catch_up_or_say(&running.database, shared);
                }
            })
            .and_then(|running| running.serve(requests));
        match ended {
            Ok(Some(mut switch)) => {
                if switch.catch_up {
                    catch_up_or_say(&switch.database, shared);
                }
                switch.catch_up = false;
                config.paths.model = switch.choice.clone();
                // What the old model had still to do is found again.
                config.rescan = config.works_ahead;
                takes_over = Some(switch);
            }
            Ok(None) => return,
            Err(message) => {
                tracing::warn!(%message, "the engine cannot work");
                shared.tell(Event::Unusable(message));
                return ignore_all(requests, shared);
            }
        }
    }
}

fn catch_up_or_say(database: &Database, shared: &Shared) {
    if let Err(error) = catch_up(database, shared) {
        // Its rows are as they were; what they lack is found by looking through the folders.
        shared.tell(Event::Notice(error.to_string()));
    }
}

/// Commands are taken and dropped, so that the front end never waits for an engine that is not there.
fn ignore_all(requests: &Receiver<Command>, shared: &Shared) {
    while !shared.closing()
        && requests
            .recv()
            .is_ok_and(|command| !matches!(command, Command::Shutdown))
    {}
}

impl Drop for Engine {
    fn drop(&mut self) {
        let deadline = Instant::now() + CLOSE_WITHIN;
        self.shared.close();
        let mut asked = false;
        while !self.control.has_ended() && Instant::now() < deadline {
            asked = asked || self.link.commands.try_send(Command::Shutdown).is_ok();
            // The engine may wait for room in the event channel: take its last words until it has ended.
            let _ = self.link.events.recv_timeout(Duration::from_millis(20));
        }
        if !self.control.has_ended() {
            tracing::warn!("a thread hangs and is left behind");
        }
        self.shared.fall_silent();
    }
}
