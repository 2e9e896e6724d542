//! Starting and ending the engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::bounded;

use super::command::Command;
use super::event::Event;
use super::link::{COMMANDS_AHEAD, EVENTS_AHEAD, EngineLink, LibraryPaths};
use super::loading::catch_up;
use super::opening::AccessWanted;
use super::running::Running;
use super::shared::{Shared, Wake};
use super::tuning::EngineTuning;
use super::watching::WatchParams;

/// How an engine is started.
#[derive(Clone)]
pub struct EngineConfig {
    /// The library's files.
    pub paths: LibraryPaths,
    /// What a person can set, as it is at the start.
    pub tuning: EngineTuning,
    /// Where the system says what the computer is powered by.
    pub power_supplies: PathBuf,
    /// Whether all folders are looked through for changes at the start.
    pub rescan: bool,
    /// How the folders are looked after while the engine runs; not at all where it is `None`.
    pub watch: Option<WatchParams>,
    /// What is asked of the library.
    pub access: AccessWanted,
    /// Whether a model that is to take over is made ready in the background; a program that ends soon leaves it to others.
    pub works_ahead: bool,
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
            power_supplies: super::power::POWER_SUPPLIES.into(),
            rescan: false,
            watch: None,
            access: AccessWanted::Any,
            works_ahead: false,
            wake: Arc::new(|| {}),
        }
    }
}

/// A running engine. Dropping it ends all threads, after the photos in hand are written.
#[derive(Debug)]
pub struct Engine {
    link: EngineLink,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's threads. What goes wrong later comes as [`Event::Unusable`] or [`Event::Notice`].
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(config: EngineConfig) -> std::io::Result<Self> {
        let (commands, requests) = bounded(COMMANDS_AHEAD);
        let (told, events) = bounded(EVENTS_AHEAD);
        let shared = Arc::new(Shared::new(told, Arc::clone(&config.wake)));
        let own_commands = commands.clone();
        let thread = std::thread::Builder::new()
            .name("refocus-engine".into())
            .spawn(move || {
                let mut config = config;
                let mut takes_over = None;
                loop {
                    match Running::start(&config, &shared, own_commands.clone(), takes_over.take()) {
                        Ok(running) => match running.serve(&requests) {
                            Some(mut switch) => {
                                if switch.catch_up
                                    && let Err(error) = catch_up(&switch.database, &shared)
                                {
                                    let message = error.to_string();
                                    // Its rows are as they were; what they lack is found by looking through the folders.
                                    shared.tell(Event::Notice(message));
                                }
                                switch.catch_up = false;
                                config.paths.model = switch.choice.clone();
                                // What the old model had still to do is found again.
                                config.rescan = config.works_ahead;
                                takes_over = Some(switch);
                            }
                            None => break,
                        },
                        Err(message) => {
                            tracing::warn!(%message, "the engine cannot work");
                            shared.tell(Event::Unusable(message));
                            // Commands are taken and dropped, so that the front end never waits for an engine that is not there.
                            while requests
                                .recv()
                                .is_ok_and(|command| !matches!(command, Command::Shutdown))
                            {
                            }
                            break;
                        }
                    }
                }
                shared.tell(Event::Stopped);
            })?;
        Ok(Self {
            link: EngineLink { commands, events },
            thread: Some(thread),
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

impl Drop for Engine {
    fn drop(&mut self) {
        self.send(Command::Shutdown);
        // The engine may wait for room in the event channel: take its last words until it has ended.
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                let _ = self.link.events.recv_timeout(std::time::Duration::from_millis(20));
            }
            let _ = thread.join();
        }
    }
}
