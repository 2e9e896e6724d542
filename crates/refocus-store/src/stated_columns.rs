//! The columns of what is stated of a photo, which the tables of photos and of sidecars share.

use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Row, ToSql};

use super::rows::{Position, Stated, StatedDate};

/// Names of the columns, in the order in which they are read and written.
pub(super) const COLUMNS: &str = "taken, taken_ms, taken_offset, taken_source, rating, keywords, title, caption, place, \
                                  latitude, longitude, altitude, faces";

/// How many they are.
pub(super) const COUNT: usize = 13;

/// Their names with that of a table before each.
pub(super) fn of_table(table: &str) -> String {
    let columns = COLUMNS.split(", ").map(|column| format!("{table}.{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

/// The values in the order of [`COLUMNS`].
pub(super) fn values(stated: &Stated) -> [ToSqlOutput<'_>; COUNT] {
    let taken = stated.taken.as_ref();
    let text = |text: &Option<String>| owned(text.clone().map(Value::Text));
    let number = |number: Option<i64>| owned(number.map(Value::Integer));
    let degrees = |number: Option<f64>| owned(number.map(Value::Real));
    [
        number(taken.map(|taken| taken.seconds)),
        number(taken.and_then(|taken| taken.milliseconds).map(i64::from)),
        number(taken.and_then(|taken| taken.offset_minutes).map(i64::from)),
        owned(taken.map(|taken| Value::Text(taken.source.clone()))),
        number(stated.rating.map(i64::from)),
        // One a line. Text that is empty says that there are none.
        owned(
            stated
                .keywords
                .as_ref()
                .map(|keywords| Value::Text(keywords.join("\n"))),
        ),
        text(&stated.title),
        text(&stated.caption),
        text(&stated.place),
        degrees(stated.gps.map(|gps| gps.latitude)),
        degrees(stated.gps.map(|gps| gps.longitude)),
        degrees(stated.gps.and_then(|gps| gps.altitude_m)),
        text(&stated.faces),
    ]
}

fn owned(value: Option<Value>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.unwrap_or(Value::Null))
}

/// What stands in the columns from `first` on.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Stated> {
    let taken: Option<i64> = row.get(first)?;
    let taken = match taken {
        None => None,
        Some(seconds) => Some(StatedDate {
            seconds,
            milliseconds: row.get(first + 1)?,
            offset_minutes: row.get(first + 2)?,
            source: row.get::<_, Option<String>>(first + 3)?.unwrap_or_default(),
        }),
    };
    let keywords: Option<&str> = row.get_ref(first + 5)?.as_str_or_null()?;
    let (latitude, longitude): (Option<f64>, Option<f64>) = (row.get(first + 9)?, row.get(first + 10)?);
    let gps = match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => Some(Position {
            latitude,
            longitude,
            altitude_m: row.get(first + 11)?,
        }),
        _ => None,
    };
    Ok(Stated {
        taken,
        rating: row.get(first + 4)?,
        keywords: keywords.map(|lines| lines.lines().map(str::to_owned).collect()),
        title: row.get(first + 6)?,
        caption: row.get(first + 7)?,
        place: row.get(first + 8)?,
        gps,
        faces: row.get(first + 12)?,
    })
}

/// `?n, ?n+1, …` for the columns, the first of which is parameter `first`.
pub(super) fn parameters(first: usize) -> String {
    let parameters = (first..first + COUNT).map(|number| format!("?{number}"));
    parameters.collect::<Vec<_>>().join(", ")
}

/// `column = excluded.column` for each of them.
pub(super) fn from_excluded() -> String {
    let columns = COLUMNS
        .split(", ")
        .map(|column| format!("{column} = excluded.{column}"));
    columns.collect::<Vec<_>>().join(", ")
}

/// Values as rusqlite takes a list of them.
pub(super) fn as_parameters<'a>(values: &'a [ToSqlOutput<'a>]) -> impl Iterator<Item = &'a dyn ToSql> {
    values.iter().map(|value| value as &dyn ToSql)
}
