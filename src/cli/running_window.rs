//! One window a library: a second start hands its paths to the window that is there.
//!
//! Whoever holds the lock file of a library has its window and listens on its socket (on Windows: a named pipe). The operating
//! system gives the lock back when the program ends, however it ends, so a socket that was left behind is known as such and is
//! replaced. Lock and socket lie in the person's runtime folder and are named after the library's file: another `--library` has
//! its own.
//!
//! A message is the number of paths and then each path's length and bytes (32 bits, little-endian); the answer is one byte.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{Listener, ListenerOptions, Name, Stream};

use refocus_engine::path_bytes::{from_bytes, to_bytes};
use refocus_workers::{Worker, attempt};

/// The thread that listens.
const STARTS: &str = "refocus-starts";

/// Starts whose paths may wait for the window.
const AHEAD: usize = 64;

/// Paths of one start; a command line holds no more.
const MOST_PATHS: u32 = 200_000;

/// Bytes of one path.
const LONGEST_PATH: u32 = 1 << 16;

/// What the window answers when it has taken the paths.
const TAKEN: u8 = b'k';

/// How long a second start waits for the first one, which may be just starting.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a start finds.
pub(super) enum Start {
    /// No window of this library is there: this one is it.
    First(Listening),
    /// The window that is there has taken the paths.
    HandedOver,
    /// Neither: a window of its own, which no later start will find.
    Alone,
}

/// The right to be the window of a library; given back when dropped.
pub(super) struct Listening {
    /// What later starts hand over, in absolute paths; empty where only the window was wanted.
    pub(super) handed: Receiver<Vec<PathBuf>>,
    socket: PathBuf,
    _lock: File,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Hands the paths to the library's window where there is one; else this start becomes it. `wake` is called when something
/// has been handed over.
pub(super) fn meet(database: &Path, paths: &[PathBuf], wake: impl Fn() + Send + 'static) -> Start {
    let meeting = Meeting::of(database);
    let since = Instant::now();
    loop {
        match meeting.try_once(paths) {
            Ok(Met::First(lock, listener)) => {
                let (send, handed) = bounded(AHEAD);
                let work = move || listen(&listener, &send, &wake);
                let started = Worker::start(STARTS, work, |panic| {
                    tracing::error!("later starts do not reach this window any more: {panic}");
                });
                return match started {
                    Ok(_) => Start::First(Listening {
                        handed,
                        socket: meeting.socket,
                        _lock: lock,
                    }),
                    Err(_) => Start::Alone,
                };
            }
            Ok(Met::HandedOver) => return Start::HandedOver,
            // Between its lock and its socket the first window cannot be reached.
            Err(Obstacle::NotYet(_)) if since.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(50)),
            Err(Obstacle::NotYet(error) | Obstacle::Lasting(error)) => {
                tracing::warn!("no other window can be reached, and none will reach this one: {error}");
                return Start::Alone;
            }
        }
    }
}

enum Met {
    First(File, Listener),
    HandedOver,
}

enum Obstacle {
    /// May be gone in a moment.
    NotYet(io::Error),
    /// Will stay.
    Lasting(io::Error),
}

/// Where the windows of a library meet.
struct Meeting {
    lock: PathBuf,
    socket: PathBuf,
}

impl Meeting {
    fn of(database: &Path) -> Self {
        let real = std::fs::canonicalize(database).unwrap_or_else(|_| database.to_path_buf());
        let name = blake3::hash(&to_bytes(&real)).to_hex();
        let name = name.as_str().get(..16).unwrap_or_default();
        let folder = runtime_folder();
        Self {
            lock: folder.join(format!("refocus-{name}.lock")),
            socket: folder.join(format!("refocus-{name}.socket")),
        }
    }

    fn try_once(&self, paths: &[PathBuf]) -> Result<Met, Obstacle> {
        if let Some(folder) = self.lock.parent() {
            std::fs::create_dir_all(folder).map_err(Obstacle::Lasting)?;
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock)
            .map_err(Obstacle::Lasting)?;
        match lock.try_lock() {
            Ok(()) => {
                let _ = std::fs::remove_file(&self.socket);
                let listener = self.listener().map_err(Obstacle::Lasting)?;
                Ok(Met::First(lock, listener))
            }
            Err(TryLockError::WouldBlock) => {
                self.hand_over(paths).map_err(Obstacle::NotYet)?;
                Ok(Met::HandedOver)
            }
            Err(TryLockError::Error(error)) => Err(Obstacle::Lasting(error)),
        }
    }

    fn listener(&self) -> io::Result<Listener> {
        let options = ListenerOptions::new().name(self.name()?);
        options.reclaim_name(false).create_sync()
    }

    #[cfg(unix)]
    fn name(&self) -> io::Result<Name<'_>> {
        self.socket
            .as_path()
            .to_fs_name::<interprocess::local_socket::GenericFilePath>()
    }

    #[cfg(windows)]
    fn name(&self) -> io::Result<Name<'_>> {
        let name = self.socket.file_name().unwrap_or_default();
        name.to_ns_name::<interprocess::local_socket::GenericNamespaced>()
    }

    fn hand_over(&self, paths: &[PathBuf]) -> io::Result<()> {
        let mut stream = Stream::connect(self.name()?)?;
        limit(&stream);
        stream.write_all(&message(paths))?;
        stream.flush()?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        if answer == [TAKEN] {
            Ok(())
        } else {
            Err(io::Error::other("the window takes no more"))
        }
    }
}

/// A folder of the person's own that is emptied at logout; where the platform has none, the cache folder.
fn runtime_folder() -> PathBuf {
    let runtime = directories::BaseDirs::new().and_then(|base| base.runtime_dir().map(Path::to_path_buf));
    let cache =
        || directories::ProjectDirs::from("io.github", "refocus", "Refocus").map(|own| own.cache_dir().to_path_buf());
    runtime.or_else(cache).unwrap_or_else(std::env::temp_dir)
}

/// Neither side waits for one that hangs. Named pipes know no limit.
fn limit(stream: &Stream) {
    let _ = stream.set_recv_timeout(Some(PATIENCE));
    let _ = stream.set_send_timeout(Some(PATIENCE));
}

fn listen(listener: &Listener, handed: &Sender<Vec<PathBuf>>, wake: &impl Fn()) {
    for stream in listener.incoming() {
        let answered = attempt(STARTS, || {
            let mut stream = stream?;
            limit(&stream);
            let paths = read_message(&mut stream)?;
            let taken = handed.try_send(paths).is_ok();
            wake();
            stream.write_all(&[if taken { TAKEN } else { 0 }])?;
            stream.flush()
        });
        if let Err(error) = answered.unwrap_or_else(|panic| Err(io::Error::other(panic.to_string()))) {
            tracing::warn!("a second start could not be understood: {error}");
        }
    }
}

fn message(paths: &[PathBuf]) -> Vec<u8> {
    let mut message = (paths.len() as u32).to_le_bytes().to_vec();
    for path in paths {
        let bytes = to_bytes(path);
        message.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        message.extend_from_slice(&bytes);
    }
    message
}

fn read_message(from: &mut impl Read) -> io::Result<Vec<PathBuf>> {
    let count = read_number(from, MOST_PATHS)?;
    let mut paths = Vec::new();
    for _ in 0..count {
        let length = read_number(from, LONGEST_PATH)?;
        let mut bytes = vec![0; length as usize];
        from.read_exact(&mut bytes)?;
        paths.push(from_bytes(&bytes));
    }
    Ok(paths)
}

fn read_number(from: &mut impl Read, most: u32) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    let number = u32::from_le_bytes(bytes);
    if number > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_was_and_a_made_up_length_takes_no_memory() {
        let paths = [
            PathBuf::from("/photos/\u{65c5}\u{884c} 1"),
            PathBuf::new(),
            PathBuf::from("/a\nb"),
        ];
        assert_eq!(read_message(&mut message(&paths).as_slice()).unwrap(), paths);
        let mut broken = message(&paths[..1]);
        broken[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(read_message(&mut broken.as_slice()).is_err());
        assert!(read_message(&mut [1, 0, 0].as_slice()).is_err());
    }

    #[test]
    fn libraries_meet_at_places_of_their_own() {
        let [a, b] = ["/photos/a.refocus", "/photos/b.refocus"].map(|file| Meeting::of(Path::new(file)));
        assert_ne!(a.socket, b.socket);
        assert_ne!(a.lock, b.lock);
    }
}
