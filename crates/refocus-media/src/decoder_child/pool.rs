//! Children that are kept, started when there are none, watched while they work, and ended when nobody needs them.
//!
//! There are never more children than threads that decode at a time. A child that waits for work for [`LONGEST_IDLE`] ends.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use refocus_workers::Worker;

use super::super::decode::{DecodeLimits, StoredPicture, Urgency};
use super::super::failure::{Failure, FailureKind};
use super::super::memory_budget::{Reserve, Share};
use super::process::{DecoderChild, Process};
use super::protocol::{Answer, GRANTED, Kind, RESERVE, Request, read_u8, read_u64};
use super::{Children, ContainerDecoder, ContainerFormat};

/// A child that had nothing to do for so long ends.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// A large picture is given another second for so many bytes that it holds.
const BYTES_PER_SECOND: u64 = 8 << 20;

/// The children of this process.
pub(super) struct Pool {
    children: Children,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Used last, last.
    idle: Vec<Idle>,
    /// Which child ends when, the first first; the number tells equal times apart.
    deadlines: BTreeMap<Deadline, Arc<Process>>,
    next: u64,
    watch: Option<Worker>,
}

type Deadline = (Instant, u64);

struct Idle {
    child: DecoderChild,
    since: Instant,
    /// Whom it was started for: a child has the priority of the thread that started it.
    urgency: Urgency,
}

/// Why a child gave no answer.
enum Trouble {
    /// It ended, or says what cannot be understood.
    Child(io::Error),
    /// The file's or the system's; the child is as good as before, but still waits for an answer.
    Other(Failure),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Child(error)
    }
}

impl Pool {
    pub(super) fn new(children: Children) -> Self {
        Self {
            children,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a child, asks it for nothing and waits for the answer.
    pub(super) fn self_test(self: &Arc<Self>) -> Result<(), Failure> {
        let request = Request {
            kind: Kind::Nothing,
            limits: DecodeLimits::default(),
            bytes: &[],
        };
        self.ask(&request, &mut Share::none(Urgency::Person)).map(|_| ())
    }

    /// The answer of a child. One that ends without an answer is replaced once: it may have been ended from outside.
    fn ask(self: &Arc<Self>, request: &Request<'_>, reserve: &mut dyn Reserve) -> Result<Answer, Failure> {
        let urgency = request.limits.urgency;
        let mut child = match self.take_idle(urgency) {
            Some(child) => child,
            None => self.start()?,
        };
        let mut is_second = false;
        loop {
            let mut time = self.children.patience;
            match self.talk(&mut child, request, reserve, &mut time) {
                Ok(answer) => {
                    if !matches!(answer, Answer::Panicked(_)) {
                        self.put_back(child, urgency);
                    }
                    return Ok(answer);
                }
                Err(Trouble::Other(failure)) => return Err(failure),
                Err(Trouble::Child(error)) => {
                    let end = child.end();
                    tracing::debug!(%error, ?end, "a decoder child gave no answer");
                    if is_second || end.timed_out {
                        return Err(end.failure(time));
                    }
                }
            }
            is_second = true;
            child = self.start()?;
        }
    }

    /// `time` becomes what the child was allowed.
    fn talk(
        self: &Arc<Self>,
        child: &mut DecoderChild,
        request: &Request<'_>,
        reserve: &mut dyn Reserve,
        time: &mut Duration,
    ) -> Result<Answer, Trouble> {
        let mut watched = self.watch(&child.process, *time).map_err(Trouble::Other)?;
        request.write(&mut child.input)?;
        loop {
            let first = read_u8(&mut child.output)?;
            if first != RESERVE {
                let answer = Answer::read(first, &mut child.output, &request.limits);
                drop(watched);
                return Ok(answer?);
            }
            let bytes = read_u64(&mut child.output)?;
            if bytes > request.limits.max_alloc_bytes {
                return Err(Trouble::Child(io::ErrorKind::InvalidData.into()));
            }
            // What others hold is not the child's fault.
            drop(watched);
            reserve.reserve(bytes).map_err(Trouble::Other)?;
            *time = self.children.patience + Duration::from_secs(bytes / BYTES_PER_SECOND);
            watched = self.watch(&child.process, *time).map_err(Trouble::Other)?;
            child.input.write_all(&[GRANTED])?;
        }
    }

    fn start(&self) -> Result<DecoderChild, Failure> {
        DecoderChild::start(self.children.program.as_ref()).map_err(|error| {
            Failure::new(
                FailureKind::Io,
                format!("The process that decodes such pictures cannot be started ({error}). Close other programs and retry."),
            )
        })
    }

    /// A child that was started for somebody as urgent.
    fn take_idle(&self, urgency: Urgency) -> Option<DecoderChild> {
        let mut state = self.state();
        let place = state.idle.iter().rposition(|idle| idle.urgency == urgency)?;
        Some(state.idle.remove(place).child)
    }

    fn put_back(&self, child: DecoderChild, urgency: Urgency) {
        let since = Instant::now();
        self.state().idle.push(Idle { child, since, urgency });
        self.changed.notify_all();
    }

    /// Ends the child after `time`, unless what is given back is dropped before.
    fn watch(self: &Arc<Self>, process: &Arc<Process>, time: Duration) -> Result<Watched, Failure> {
        let mut state = self.state();
        if state.watch.as_ref().is_none_or(Worker::has_ended) {
            let pool = Arc::clone(self);
            // After a panic the next request starts it anew; the deadlines lie in the pool.
            let started = Worker::start(
                "refocus-decoders",
                move || pool.watch_all(),
                |panic| tracing::error!(%panic, "the watch over decoder children is started anew"),
            );
            state.watch = Some(started?);
        }
        let deadline = (Instant::now() + time, state.next);
        state.next += 1;
        state.deadlines.insert(deadline, Arc::clone(process));
        drop(state);
        self.changed.notify_all();
        Ok(Watched {
            pool: Arc::clone(self),
            deadline,
        })
    }

    /// Ends what takes too long, and what nobody needs.
    fn watch_all(&self) {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            while let Some(entry) = state.deadlines.first_entry().filter(|entry| entry.key().0 <= now) {
                entry.remove().end_for_time();
            }
            let kept = state.idle.iter().position(|idle| now < idle.since + LONGEST_IDLE);
            let kept = kept.unwrap_or(state.idle.len());
            let unneeded: Vec<Idle> = state.idle.drain(..kept).collect();
            if !unneeded.is_empty() {
                drop(state);
                drop(unneeded);
                state = self.state();
                continue;
            }
            let first_deadline = state.deadlines.keys().next().map(|(time, _)| *time);
            let first_idle = state.idle.first().map(|idle| idle.since + LONGEST_IDLE);
            let next = first_deadline.into_iter().chain(first_idle).min();
            state = match next {
                Some(next) => {
                    let waited = self.changed.wait_timeout(state, next.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// Keeps a child watched.
struct Watched {
    pool: Arc<Pool>,
    deadline: Deadline,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.pool.state().deadlines.remove(&self.deadline);
    }
}

impl ContainerDecoder for Arc<Pool> {
    fn decode(
        &self,
        format: ContainerFormat,
        bytes: &[u8],
        limits: &DecodeLimits,
        reserve: &mut dyn Reserve,
    ) -> Result<StoredPicture, Failure> {
        let request = Request {
            kind: Kind::Pixels(format),
            limits: *limits,
            bytes,
        };
        match self.ask(&request, reserve)? {
            Answer::Picture(picture) => Ok(picture),
            Answer::Failed(failure) | Answer::Panicked(failure) => Err(failure),
            Answer::Nothing => Err(Failure::corrupt("The decoder gave another answer than was asked for.")),
        }
    }
}
