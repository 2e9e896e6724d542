//! One child as its parent sees it.

use std::ffi::OsString;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::failure::{Failure, FailureKind};

/// The argument that makes the program a decoder child.
pub(super) const ARGUMENT: &str = "--decoder-child";

/// Bytes that the system keeps in a pipe, where it can be asked for them: a picture then passes in few turns.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// How long the system may take to end a process that was killed.
const LONGEST_END: Duration = Duration::from_secs(2);

/// What others may do with a child while one thread talks to it.
pub(super) struct Process {
    child: Mutex<Child>,
    timed_out: AtomicBool,
}

impl Process {
    /// Ends it; whoever talks to it finds its pipes closed.
    pub(super) fn end_for_time(&self) {
        self.timed_out.store(true, Ordering::SeqCst);
        self.kill();
    }

    fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        let _ = child.kill();
    }

    /// How it ended, once it has; waits a moment for it.
    fn status(&self) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
            match status {
                Ok(None) if start.elapsed() < LONGEST_END => std::thread::sleep(Duration::from_millis(1)),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }
}

/// A running child and its pipes. Dropped, it ends.
pub(super) struct DecoderChild {
    pub(super) process: Arc<Process>,
    pub(super) input: ChildStdin,
    pub(super) output: BufReader<ChildStdout>,
    errors: ChildStderr,
}

impl DecoderChild {
    /// Starts `program` as a child.
    pub(super) fn start(program: Option<&PathBuf>) -> io::Result<Self> {
        let program = match program {
            Some(program) => program.as_os_str().to_owned(),
            None => this_program()?,
        };
        let mut command = Command::new(program);
        command
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // Not in the group of the terminal, whose interrupts are for the program; not in a folder on a drive that somebody
            // may want to remove.
            command.process_group(0).current_dir("/").arg0("refocus-decoder");
        }
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt;
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            command.creation_flags(CREATE_NO_WINDOW);
        }
        let mut child = command.spawn()?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            let _ = child.kill();
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        #[cfg(target_os = "linux")]
        {
            // Smaller pipes are slower, not wrong.
            let _ = rustix::pipe::fcntl_setpipe_size(&input, PIPE_BYTES);
            let _ = rustix::pipe::fcntl_setpipe_size(&output, PIPE_BYTES);
        }
        Ok(Self {
            process: Arc::new(Process {
                child: Mutex::new(child),
                timed_out: AtomicBool::new(false),
            }),
            input,
            output: BufReader::new(output),
            errors,
        })
    }

    /// What became of a child that no longer answers.
    pub(super) fn end(mut self) -> End {
        // Only one that says something which cannot be understood still runs.
        let status = self.ended_by_itself();
        self.process.kill();
        let status = status.or_else(|| self.process.status());
        let mut said = Vec::new();
        // The pipe ends with the process.
        if status.is_some() {
            let _ = self.errors.by_ref().take(LONGEST_WORDS).read_to_end(&mut said);
        }
        End {
            timed_out: self.process.timed_out.load(Ordering::SeqCst),
            how: status.map_or_else(|| "no exit status".to_owned(), |status| status.to_string()),
            ended_by: status.map_or(EndedBy::Itself, EndedBy::of),
            said: String::from_utf8_lossy(&said).into_owned(),
        }
    }

    /// Its pipes close a moment before its status can be read.
    fn ended_by_itself(&self) -> Option<ExitStatus> {
        const MOMENT: Duration = Duration::from_millis(100);
        let start = Instant::now();
        while start.elapsed() < MOMENT {
            let status = self
                .process
                .child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .try_wait();
            if let Ok(Some(status)) = status {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }
}

impl Drop for DecoderChild {
    fn drop(&mut self) {
        self.process.kill();
        // What was killed is collected, or it would stay in the system's list.
        let _ = self.process.status();
    }
}

/// Bytes of standard error that are read.
const LONGEST_WORDS: u64 = 4096;

/// How a child ended while it worked on a file.
#[derive(Debug)]
pub(super) struct End {
    pub(super) timed_out: bool,
    /// The system's words for its exit status.
    how: String,
    ended_by: EndedBy,
    said: String,
}

/// Who ended a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndedBy {
    /// Itself, by a fault or with an exit status.
    Itself,
    /// The system where memory runs out, or somebody: with the signal that no program can refuse.
    Killing,
    /// Somebody, with another signal that no fault raises.
    Asking,
}

impl EndedBy {
    #[cfg(unix)]
    fn of(status: ExitStatus) -> Self {
        use rustix::process::Signal;
        use std::os::unix::process::ExitStatusExt;
        const KILL: i32 = Signal::KILL.as_raw();
        const ASKING: [i32; 7] = [
            Signal::HUP.as_raw(),
            Signal::INT.as_raw(),
            Signal::QUIT.as_raw(),
            Signal::TERM.as_raw(),
            Signal::ALARM.as_raw(),
            Signal::USR1.as_raw(),
            Signal::USR2.as_raw(),
        ];
        match status.signal() {
            Some(KILL) => Self::Killing,
            Some(signal) if ASKING.contains(&signal) => Self::Asking,
            _ => Self::Itself,
        }
    }

    #[cfg(not(unix))]
    fn of(_status: ExitStatus) -> Self {
        Self::Itself
    }
}

impl End {
    /// The failure of the file that the child worked on, for so long at most.
    pub(super) fn failure(&self, time: Duration) -> Failure {
        const ADVICE: &str = "The file is damaged or unusual: open it in an image editor and save it anew.";
        // A stopped process, or a machine that does much else: the file may be whole.
        if self.timed_out {
            return Failure::new(
                FailureKind::Interrupted,
                format!(
                    "The decoder was still busy with it after {} seconds and was stopped: the computer had much else to do, or the \
                     file is damaged or unusual; then open it in an image editor and save it anew.",
                    time.as_secs()
                ),
            );
        }
        match self.ended_by {
            EndedBy::Killing => {
                return Failure::new(
                    FailureKind::OutOfMemory,
                    "The decoder was ended from outside while it read this picture, as the system does when memory runs out. \
                     Close other programs and retry.",
                );
            }
            EndedBy::Asking => {
                return Failure::new(
                    FailureKind::Interrupted,
                    format!(
                        "The decoder was ended from outside while it read this picture ({}). Retry.",
                        self.how
                    ),
                );
            }
            EndedBy::Itself => {}
        }
        // The standard library's words before it aborts.
        if self.said.contains("memory allocation of") {
            return Failure::too_large(format!(
                "Decoding it took more memory than a picture of its size needs and was stopped. {ADVICE}"
            ));
        }
        let words = self
            .said
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        let words = if words.is_empty() {
            String::new()
        } else {
            format!("; {words}")
        };
        Failure::corrupt(format!("The decoder crashed on it ({}{words}). {ADVICE}", self.how))
    }
}

/// Linux keeps the running program reachable also where its file was replaced by an update.
fn this_program() -> io::Result<OsString> {
    const SELF: &str = "/proc/self/exe";
    if cfg!(target_os = "linux") && std::fs::exists(SELF).unwrap_or(false) {
        return Ok(SELF.into());
    }
    std::env::current_exe().map(PathBuf::into_os_string)
}
