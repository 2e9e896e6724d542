//! Commands on their way to the engine: the window never waits for room in the channel.

use std::collections::VecDeque;

use crossbeam_channel::{Sender, TrySendError};

use refocus_engine::Command;

/// Sends what there is room for and keeps the rest in order.
#[derive(Debug)]
pub(super) struct Outbox {
    commands: Sender<Command>,
    waiting: VecDeque<Command>,
    closed: bool,
}

impl Outbox {
    /// An outbox before the channel.
    pub(super) fn new(commands: Sender<Command>) -> Self {
        Self {
            commands,
            waiting: VecDeque::new(),
            closed: false,
        }
    }

    /// Queues a command. A search, an explanation or a heat map that still waits to be asked for is superseded by a newer one.
    pub(super) fn send(&mut self, command: Command) {
        match &command {
            Command::Search { .. } => self.waiting.retain(|c| !matches!(c, Command::Search { .. })),
            Command::Explain(_) => self.waiting.retain(|c| !matches!(c, Command::Explain(_))),
            Command::Heat { .. } => self.waiting.retain(|c| !matches!(c, Command::Heat { .. })),
            _ => {}
        }
        self.waiting.push_back(command);
        self.flush();
    }

    /// Hands over as much as there is room for; returns whether something still waits.
    pub(super) fn flush(&mut self) -> bool {
        while let Some(command) = self.waiting.pop_front() {
            match self.commands.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(command)) => {
                    self.waiting.push_front(command);
                    return true;
                }
                Err(TrySendError::Disconnected(_)) => {
                    self.closed = true;
                    self.waiting.clear();
                }
            }
        }
        false
    }

    /// Whether the engine has gone.
    pub(super) fn closed(&self) -> bool {
        self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::SearchRequest;

    fn search(generation: u64) -> Command {
        Command::Search {
            generation,
            request: Box::new(SearchRequest::default()),
        }
    }

    #[test]
    fn a_full_channel_delays_commands_without_losing_or_reordering_them() {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let mut outbox = Outbox::new(sender);
        outbox.send(Command::Pause);
        outbox.send(search(1));
        outbox.send(Command::Resume);
        outbox.send(search(2));
        let mut seen = Vec::new();
        loop {
            seen.extend(receiver.try_iter());
            if !outbox.flush() && receiver.is_empty() {
                break;
            }
        }
        assert!(
            matches!(
                seen.as_slice(),
                [Command::Pause, Command::Resume, Command::Search { generation: 2, .. }]
            ),
            "{seen:?}"
        );
    }

    #[test]
    fn a_gone_engine_is_noticed() {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        drop(receiver);
        let mut outbox = Outbox::new(sender);
        outbox.send(Command::Pause);
        assert!(outbox.closed());
    }
}
