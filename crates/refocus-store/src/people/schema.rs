//! The tables of faces and persons, and how an older file becomes a newer one.
//!
//! Statements are kept by face where the pass has found the face, and by photo and place (`waiting`) until it has. Names and pictures
//! that a person chose are in `person`. `step` holds what each of the last steps changed, so that it can be undone.

/// Marks a SQLite file as the faces and persons of a Refocus library ("RFPE", big-endian, in the file's header at byte 68).
pub const PEOPLE_APPLICATION_ID: u32 = 0x5246_5045;

/// Each entry takes a file from version `index` to `index + 1`. Entries are never changed once released, only added. Comments stand
/// before the tables: what stands inside is kept in the file, and the schema is to fit on its first page.
pub(super) const MIGRATIONS: &[&str] = &["
    -- Photos that the pass looked at, by the hash of their bytes. `failed`: it could not.
    CREATE TABLE photo (
        id       INTEGER PRIMARY KEY,
        hash     BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
        revision INTEGER NOT NULL,
        failed   INTEGER NOT NULL
    );

    -- left, top, right, bottom; five points; size, sharpness, pose; 128 rounded numbers and what they are multiplied by.
    CREATE TABLE face (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
        revision INTEGER NOT NULL,
        bounds   BLOB    NOT NULL CHECK (length(bounds) = 8),
        points   BLOB    NOT NULL CHECK (length(points) = 20),
        quality  BLOB    NOT NULL CHECK (length(quality) = 4),
        scale    REAL    NOT NULL,
        identity BLOB    NOT NULL CHECK (length(identity) = 128)
    );
    CREATE INDEX face_photo ON face (photo_id);

    CREATE TABLE person (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        name    TEXT,
        hidden  INTEGER NOT NULL DEFAULT 0,
        touched INTEGER NOT NULL DEFAULT 0,
        picture INTEGER REFERENCES face (id) ON DELETE SET NULL
    );

    -- Whose face it is; who says so, by the code of `Said`.
    CREATE TABLE member (
        face_id   INTEGER PRIMARY KEY REFERENCES face (id) ON DELETE CASCADE,
        person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        said      INTEGER NOT NULL
    );
    CREATE INDEX member_person ON member (person_id);

    -- Whose face it is not, as the person says.
    CREATE TABLE refused (
        face_id   INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
        person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        PRIMARY KEY (face_id, person_id)
    ) WITHOUT ROWID;
    CREATE INDEX refused_person ON refused (person_id);

    -- Two that are not the same; the smaller number first.
    CREATE TABLE apart (
        one   INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        other INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        PRIMARY KEY (one, other)
    ) WITHOUT ROWID;

    -- What was said of faces that the pass has not found yet, or not again.
    CREATE TABLE waiting (
        hash      BLOB    NOT NULL CHECK (length(hash) = 32),
        bounds    BLOB    NOT NULL CHECK (length(bounds) = 8),
        person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        said      INTEGER NOT NULL,
        PRIMARY KEY (hash, bounds, person_id, said)
    ) WITHOUT ROWID;
    CREATE INDEX waiting_person ON waiting (person_id);

    -- Seconds since 1970-01-01 UTC; the changed rows as JSON.
    CREATE TABLE step (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        made_at INTEGER NOT NULL,
        kind    TEXT    NOT NULL,
        undone  INTEGER NOT NULL DEFAULT 0,
        changes TEXT    NOT NULL
    );
", "
    -- The newest face when all faces were put to persons together last; one row, none before the first time.
    CREATE TABLE clustered (last_face INTEGER NOT NULL);
"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_fits_on_the_first_page() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for sql in MIGRATIONS {
            connection.execute_batch(sql).unwrap();
        }
        let bytes: i64 = connection
            .query_row(
                "SELECT sum(length(sql) + 2 * length(name) + 24) FROM sqlite_schema",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!(bytes < 3_900, "{bytes}");
    }
}
