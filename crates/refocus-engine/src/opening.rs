//! Opening a library: who may write to it, and what is done with a damaged one.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use refocus_store::{Database, LibraryLock, LockRefused, StoreError, rescue};

/// What is asked of a library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessWanted {
    /// To write where that is possible, otherwise to read. A library that is not there is made.
    #[default]
    Any,
    /// The same for one that is there; otherwise nothing, and nothing is made.
    Existing,
    /// To write, or nothing: waits a little for another Refocus that is about to end. A library that is not there is made.
    Write,
}

/// How long a command waits for another Refocus.
const PATIENCE: Duration = Duration::from_secs(5);

/// A library that is open.
pub(super) struct Opened {
    pub(super) database: Database,
    pub(super) access: Access,
    /// What the person should know: a damaged library was rebuilt.
    pub(super) notice: Option<String>,
}

/// What may be done with it.
pub(super) enum Access {
    /// Everything, as long as this lock is held.
    Write(Arc<LibraryLock>),
    /// It can be searched; why nothing more.
    Read(String),
    /// The same, until the Refocus that writes to it ends.
    ReadForNow(String),
}

impl Access {
    /// The right to write, to be shared with the thread that does.
    pub(super) fn lock(&self) -> Option<Arc<LibraryLock>> {
        match self {
            Self::Write(lock) => Some(Arc::clone(lock)),
            Self::Read(_) | Self::ReadForNow(_) => None,
        }
    }

    /// Why nothing can be written.
    pub(super) fn read_only(&self) -> Option<&str> {
        match self {
            Self::Write(_) => None,
            Self::Read(why) | Self::ReadForNow(why) => Some(why),
        }
    }

    /// Whether it is worth asking again for the right to write.
    pub(super) fn may_become_writable(&self) -> bool {
        matches!(self, Self::ReadForNow(_))
    }
}

/// Opens a library.
pub(super) fn open(path: &Path, wanted: AccessWanted) -> Result<Opened, StoreError> {
    // Before the lock's file is made.
    if !Database::is_there(path)? && wanted == AccessWanted::Existing {
        let path = path.to_path_buf();
        return Err(StoreError::Missing { path });
    }
    let to_write_only = wanted == AccessWanted::Write;
    let lock = match take_lock(path, wanted) {
        Ok(lock) => Arc::new(lock),
        Err(refused) => {
            let error = refused.clone().explain(path);
            return match (to_write_only, refused) {
                (false, LockRefused::Held(process)) if path.exists() => {
                    let number = process.map_or_else(String::new, |number| format!(" (process {number})"));
                    let why = format!("another Refocus{number} has this library open and keeps it up to date");
                    let opened = reading(path, &why)?;
                    Ok(Opened {
                        access: Access::ReadForNow(opened.access.read_only().unwrap_or_default().to_owned()),
                        ..opened
                    })
                }
                (false, LockRefused::NotWritable(detail)) if path.exists() => {
                    reading(path, &format!("the library's folder cannot be written ({detail})"))
                }
                _ => Err(error),
            };
        }
    };
    let opened = match Database::open(path) {
        Err(error @ StoreError::Damaged { .. }) => return rebuild(path, lock, &error),
        other => other,
    };
    match opened {
        Ok(database) => Ok(Opened {
            database,
            access: Access::Write(lock),
            notice: None,
        }),
        Err(error) if !to_write_only && path.exists() => match &error {
            StoreError::ReadOnly { .. } => reading(path, "the library's file cannot be written"),
            StoreError::Full { .. } => reading(path, "the disk is full"),
            StoreError::Busy { .. } => reading(path, "another program holds the library"),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Opens a library for writing that another Refocus has let go; `None` while it has not, or where it cannot be written.
pub(super) fn take_over(path: &Path) -> Option<Opened> {
    let lock = Arc::new(LibraryLock::take(path).ok()?);
    match Database::open(path) {
        Ok(database) => Some(Opened {
            database,
            access: Access::Write(lock),
            notice: None,
        }),
        Err(error @ StoreError::Damaged { .. }) => rebuild(path, lock, &error).ok(),
        Err(error) => {
            tracing::debug!(%error, "the library cannot be written yet");
            None
        }
    }
}

/// Builds a damaged library anew from what can be read of it.
pub(super) fn rebuild(path: &Path, lock: Arc<LibraryLock>, error: &StoreError) -> Result<Opened, StoreError> {
    tracing::warn!(%error, "the library is rebuilt");
    let rescued = rescue(path)?;
    let aside = rescued.aside.map_or_else(
        || format!("Its file was missing: {}", path.display()),
        |aside| format!("The damaged file was put aside: {}", aside.display()),
    );
    let notice = format!(
        "The library was damaged and has been rebuilt: {} folders, {} photos and {} favourites or ratings were kept; what is \
         missing is read again. {aside}",
        rescued.folders, rescued.files, rescued.marks,
    );
    Ok(Opened {
        database: Database::open(path)?,
        access: Access::Write(lock),
        notice: Some(notice),
    })
}

fn reading(path: &Path, why: &str) -> Result<Opened, StoreError> {
    Ok(Opened {
        database: Database::open_read_only(path)?,
        access: Access::Read(format!(
            "Read only: {why}. Photos can be searched; nothing new is indexed or marked here."
        )),
        notice: None,
    })
}

fn take_lock(path: &Path, wanted: AccessWanted) -> Result<LibraryLock, LockRefused> {
    let start = Instant::now();
    loop {
        match LibraryLock::take(path) {
            // A writer of this very program that was slow to end gives the lock back when it has ended.
            Err(LockRefused::Held(process))
                if (wanted == AccessWanted::Write || process == Some(std::process::id()))
                    && start.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(100));
            }
            result => return result,
        }
    }
}
