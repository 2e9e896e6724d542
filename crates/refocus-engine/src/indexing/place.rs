//! The library's file can be deleted or replaced while it is open. SQLite goes on without an error, and all that it writes is lost
//! with the last connection: the writer looks, writes a file that is gone again, and refuses to write beside another one.

use std::time::{Duration, Instant};

use refocus_store::{LibraryLock, Place, StoreError};

use crate::event::Event;

use super::writing::Writing;

/// The place is looked at this often, and before everything that is written.
pub(super) const LOOK_AFTER: Duration = Duration::from_secs(1);

/// What cannot be written again, for a full disk say, is tried again after this time: it may be large.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Why nothing is written at the moment.
pub(super) struct Displaced {
    /// What lies in the library's place.
    place: Place,
    /// For the person.
    why: String,
    since: Instant,
}

impl Writing {
    /// Looks whether the library's file is still the one that is open. One that is gone is written again.
    ///
    /// # Errors
    /// Why nothing can be written now, for the person, who was told it when it began.
    pub(super) fn mind_place(&mut self) -> Result<(), String> {
        self.looked = Instant::now();
        let place = self.writer.place();
        if let Some(displaced) = self.displaced.as_ref().filter(|displaced| displaced.place == place)
            && (place != Place::Empty || displaced.since.elapsed() < TRY_AGAIN_AFTER)
        {
            return Err(displaced.why.clone());
        }
        let path = self.database.path().display();
        let refused = match place {
            Place::Open => {
                if self.displaced.take().is_some() {
                    self.shared.tell(Event::Writable);
                    let back = format!("The library's file is in its place again and is written to as before: {path}");
                    self.shared.tell(Event::Done(back));
                }
                return Ok(());
            }
            Place::Empty => match self.write_again() {
                Ok(()) => return Ok(()),
                Err(error) => {
                    format!(
                        "The library's file is gone and cannot be written again, so nothing is kept until it can: {error}"
                    )
                }
            },
            Place::Away => format!(
                "The library's folder is not there any more, so nothing is kept until it is back. Is its drive connected? {path}"
            ),
            Place::Other => {
                let copy = match self.database.copy_beside(&mut self.writer) {
                    Ok(copy) => format!("was copied to {}", copy.display()),
                    Err(error) => format!("could not be copied ({error})"),
                };
                format!(
                    "Another file lies in the place of the open library, so nothing is written any more. The open library, with \
                     all ratings up to now, {copy}. To go on with the file that is there, start Refocus again: {path}"
                )
            }
        };
        if self.displaced.as_ref().is_none_or(|displaced| displaced.place != place) {
            tracing::warn!("{refused}");
            self.shared.tell(Event::ReadOnly(refused.clone()));
            self.shared.tell(Event::Notice(refused.clone()));
        }
        self.displaced = Some(Displaced {
            place,
            why: refused.clone(),
            since: Instant::now(),
        });
        Err(refused)
    }

    /// Writes the library again at its place and goes on with the new file.
    fn write_again(&mut self) -> Result<(), StoreError> {
        self.database.write_again(&self.writer)?;
        let mut writer = self.database.writer()?;
        self.model_id = writer.model_id(&self.model_key, self.bytes_per_photo)?;
        self.reader = self.database.reader()?;
        self.writer = writer;
        // They may be gone as well. A lock whose file is still there is ours, and cannot be taken twice.
        self.keepsake_stale = Some(Instant::now());
        if let Ok(lock) = LibraryLock::take(self.database.path()) {
            self.lock_again = Some(lock);
        }
        if self.displaced.take().is_some() {
            self.shared.tell(Event::Writable);
        }
        self.shared.tell(Event::Notice(format!(
            "The library's file was gone from its place. It has been written again, with all folders, photos and ratings. To begin \
             anew, close Refocus before you delete it: {}",
            self.database.path().display()
        )));
        Ok(())
    }
}
