//! Albums that are there from the start and stay current: each is a condition that a filter can hold.

use super::Filter;
use crate::rows::PhotoRow;
use crate::timeline::{DAY, DayOfYear};

/// Days for which a photo counts as recently added.
pub const RECENT_DAYS: i64 = 30;

/// The day on which somebody looks at the photos, by the clock of this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Today {
    /// The day.
    pub day: DayOfYear,
    /// The midnight with which it began: seconds since 1970-01-01 UTC.
    began: i64,
}

impl Today {
    /// The day that it is now, in the time zone of this computer.
    #[must_use]
    pub fn now() -> Self {
        let now = jiff::Zoned::now();
        let began = now
            .start_of_day()
            .map_or_else(|_| now.timestamp(), |start| start.timestamp());
        let unsigned = |number: i8| u8::try_from(number).unwrap_or_default();
        Self {
            day: DayOfYear {
                month: unsigned(now.month()),
                day: unsigned(now.day()),
            },
            began: began.as_second(),
        }
    }

    /// A day so many days later, for tests of what another day changes.
    #[must_use]
    pub fn later(self, days: i64) -> Self {
        let began = self.began.saturating_add(days.saturating_mul(DAY));
        Self {
            day: DayOfYear::of(began),
            began,
        }
    }

    /// The beginning of the day so many days ago, seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn days_ago(self, days: i64) -> i64 {
        self.began.saturating_sub(days.saturating_mul(DAY))
    }
}

/// An album that is there from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SmartAlbum {
    /// Came into the library in the last [`RECENT_DAYS`] days.
    RecentlyAdded,
    /// Taken on this day of the year, in any year.
    OnThisDay,
    /// Without a rating.
    Unrated,
    /// Nothing but the time of the file tells when they were taken.
    WithoutDate,
    /// Nothing tells where they were taken.
    WithoutPlace,
}

impl SmartAlbum {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::RecentlyAdded,
        Self::OnThisDay,
        Self::Unrated,
        Self::WithoutDate,
        Self::WithoutPlace,
    ];

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::RecentlyAdded => "Recently added",
            Self::OnThisDay => "On this day",
            Self::Unrated => "Unrated",
            Self::WithoutDate => "Without date",
            Self::WithoutPlace => "Without place",
        }
    }

    /// Whether a photo that is shown belongs to it.
    #[must_use]
    pub fn holds(self, row: &PhotoRow, today: Today) -> bool {
        match self {
            Self::RecentlyAdded => row.extras.added_at >= today.days_ago(RECENT_DAYS),
            Self::OnThisDay => row.is_of_day(today.day),
            Self::Unrated => row.marks.rating == 0,
            Self::WithoutDate => !row.has_date(),
            Self::WithoutPlace => !row.has_place(),
        }
    }

    /// Whether a filter asks for it. A day of another day's asking counts as long as nobody asks for another one.
    #[must_use]
    pub fn is_in(self, filter: &Filter) -> bool {
        match self {
            Self::RecentlyAdded => filter.added_since.is_some(),
            Self::OnThisDay => filter.on_day.is_some(),
            Self::Unrated => filter.unrated,
            Self::WithoutDate => filter.without_date,
            Self::WithoutPlace => filter.without_place,
        }
    }

    /// Has a filter ask for it, or not any more.
    pub fn set(self, filter: &mut Filter, on: bool, today: Today) {
        match self {
            Self::RecentlyAdded => filter.added_since = on.then(|| today.days_ago(RECENT_DAYS)),
            Self::OnThisDay => filter.on_day = on.then_some(today.day),
            Self::Unrated => filter.unrated = on,
            Self::WithoutDate => filter.without_date = on,
            Self::WithoutPlace => filter.without_place = on,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rows::{DateSource, Place, Rows, Written};

    fn row(today: Today) -> PhotoRow {
        let mut row = PhotoRow::of_nothing();
        row.gone = false;
        // On this day in 1970 or, for the first of January, the moment with which counting begins.
        let day = (0..366).find(|day| DayOfYear::of(day * DAY) == today.day);
        row.taken = day.unwrap_or(365 * 2 + 59) * DAY + 7200;
        row.taken_source = DateSource::Exif;
        row.extras.added_at = today.days_ago(RECENT_DAYS);
        row
    }

    /// Whether a photo passes the filter of an album.
    fn passes(album: SmartAlbum, row: &PhotoRow, today: Today) -> bool {
        let mut filter = Filter::default();
        album.set(&mut filter, true, today);
        assert!(album.is_in(&filter) && !filter.is_empty());
        let mut rows = Rows::default();
        rows.push(row.clone());
        let passes = filter.passing(&rows)[0];
        album.set(&mut filter, false, today);
        assert!(filter.is_empty(), "{album:?} is taken back");
        passes
    }

    #[test]
    fn the_filter_of_an_album_lets_pass_what_the_album_counts() {
        let today = Today::now();
        let of_all = row(today);
        let mut of_none = of_all.clone();
        of_none.extras.added_at -= 1;
        of_none.taken += 40 * DAY;
        of_none.marks.rating = 3;
        of_none.extras.written = Some(Arc::new(Written {
            gps: Place::new(59.9, 10.7, None),
            ..Written::default()
        }));
        for album in SmartAlbum::ALL {
            let expected = album != SmartAlbum::WithoutDate;
            assert_eq!(passes(album, &of_all, today), expected, "{album:?}");
            assert_eq!(album.holds(&of_all, today), expected);
            assert!(
                !passes(album, &of_none, today) && !album.holds(&of_none, today),
                "{album:?}"
            );
        }
    }

    #[test]
    fn the_time_of_a_file_is_no_date_and_the_name_of_a_place_is_a_place() {
        let today = Today::now();
        let mut photo = row(today);
        photo.taken_source = DateSource::FileTime;
        assert!(passes(SmartAlbum::WithoutDate, &photo, today));
        assert!(!passes(SmartAlbum::OnThisDay, &photo, today));
        photo.extras.written = Some(Arc::new(Written {
            place: Some("Oslo".to_owned()),
            ..Written::default()
        }));
        assert!(!passes(SmartAlbum::WithoutPlace, &photo, today));
    }
}
