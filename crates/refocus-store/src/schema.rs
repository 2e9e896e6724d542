//! The tables, and how an older database becomes a newer one.

/// Marks a SQLite file as a Refocus library ("RFCS", big-endian, in the file's header at byte 68).
pub const APPLICATION_ID: u32 = 0x5246_4353;

/// Version of the newest schema: the number of migrations.
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// Each entry takes a database from version `index` to `index + 1`. Entries are never changed once released, only added.
pub(super) const MIGRATIONS: &[&str] = &["
    -- Folders that the person added. Paths are bytes: a name need not be UTF-8.
    CREATE TABLE folder (
        id          INTEGER PRIMARY KEY,
        path        BLOB    NOT NULL UNIQUE,
        added_at    INTEGER NOT NULL            -- seconds since 1970-01-01 UTC
    );

    -- A photo is its bytes. It stays when its file moves, and when its folder is offline.
    CREATE TABLE photo (
        id           INTEGER PRIMARY KEY,
        hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
        width        INTEGER NOT NULL,          -- pixels, after orientation
        height       INTEGER NOT NULL,
        format       TEXT    NOT NULL,
        taken        INTEGER,                   -- seconds since 1970-01-01 of the local wall clock, from EXIF
        camera       TEXT,
        lens         TEXT,
        iso          INTEGER,
        exposure     REAL,                      -- seconds
        f_number     REAL,
        focal_length REAL                       -- millimetres
    );

    -- A place where a photo lies.
    CREATE TABLE file (
        id          INTEGER PRIMARY KEY,
        folder_id   INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
        path        BLOB    NOT NULL UNIQUE,
        bytes       INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,           -- nanoseconds since 1970-01-01 UTC
        photo_id    INTEGER NOT NULL REFERENCES photo (id)
    );
    CREATE INDEX file_photo  ON file (photo_id);
    CREATE INDEX file_folder ON file (folder_id);

    -- Encoders whose encodings are kept. The key names the weights and the preprocessing.
    CREATE TABLE model (
        id              INTEGER PRIMARY KEY,
        key             TEXT    NOT NULL UNIQUE,
        bytes_per_photo INTEGER NOT NULL
    );

    CREATE TABLE encoding (
        model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
        photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
        row      BLOB    NOT NULL,
        PRIMARY KEY (model_id, photo_id)
    );

    -- Files that could not be read. Path, size and time together say whether it is worth another try.
    CREATE TABLE failure (
        path        BLOB    PRIMARY KEY,
        folder_id   INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
        kind        TEXT    NOT NULL,
        message     TEXT    NOT NULL,
        bytes       INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        failed_at   INTEGER NOT NULL            -- seconds since 1970-01-01 UTC
    ) WITHOUT ROWID;
    CREATE INDEX failure_folder ON failure (folder_id);
",
"
    -- What the person thinks of a photo. The key is the content itself and refers to no row, so that a mark outlives moves,
    -- removed folders and anything that is computed anew. A photo without a row has no mark.
    CREATE TABLE mark (
        hash      BLOB    PRIMARY KEY CHECK (length(hash) = 32),
        favourite INTEGER NOT NULL CHECK (favourite IN (0, 1)),
        rating    INTEGER NOT NULL CHECK (rating BETWEEN 0 AND 5)  -- 0 = not rated
    ) WITHOUT ROWID;
",
"
    -- How often a file failed in a row, unchanged, and which decode gate it was: a gate that reads more tries again.
    ALTER TABLE failure ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE failure ADD COLUMN gate     INTEGER NOT NULL DEFAULT 0;
    -- Where the folder's drive was mounted when it was last looked through: a place where nothing is mounted any more is an
    -- unplugged drive and not an empty folder.
    ALTER TABLE folder  ADD COLUMN mounted_at BLOB;
",
"
    -- What other programs wrote into the photo, and whether it has more than one frame.
    ALTER TABLE photo ADD COLUMN rating   INTEGER;  -- 1 to 5
    ALTER TABLE photo ADD COLUMN keywords TEXT;     -- one a line
    ALTER TABLE photo ADD COLUMN animated INTEGER NOT NULL DEFAULT 0;
    -- The person took away the rating that the photo brought along.
    ALTER TABLE mark  ADD COLUMN unrated  INTEGER NOT NULL DEFAULT 0;
    -- Sidecar files in which other programs keep what they know of the photos beside them.
    CREATE TABLE sidecar (
        path        BLOB    PRIMARY KEY,
        folder_id   INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
        bytes       INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        rating      INTEGER,
        keywords    TEXT
    ) WITHOUT ROWID;
    CREATE INDEX sidecar_folder ON sidecar (folder_id);
",
"
    -- All that is stated of a photo, in its file or in a sidecar. NULL: nothing is said. A rating of 0 and keywords that are
    -- empty are statements: it has none. -1 is rejected. Texts and degrees have no type, so that the whole schema fits on the
    -- first page: were it on another one as well, the loss of that page would cost the tables that are named on it.
    ALTER TABLE photo ADD COLUMN taken_ms INT;  -- milliseconds after the second
    ALTER TABLE photo ADD COLUMN taken_offset INT;  -- minutes by which the clock was ahead of UTC
    ALTER TABLE photo ADD COLUMN taken_source;
    ALTER TABLE photo ADD COLUMN title;
    ALTER TABLE photo ADD COLUMN caption;
    ALTER TABLE photo ADD COLUMN place;  -- its names, the narrowest first
    ALTER TABLE photo ADD COLUMN latitude;  -- degrees, WGS 84
    ALTER TABLE photo ADD COLUMN longitude;
    ALTER TABLE photo ADD COLUMN altitude;  -- metres above the sea
    ALTER TABLE photo ADD COLUMN faces;  -- names and areas, JSON
    ALTER TABLE photo ADD COLUMN motion INT NOT NULL DEFAULT 0;  -- a short video belongs to it
    -- Which readers of metadata it was: newer ones read again, without encoding.
    ALTER TABLE photo ADD COLUMN facts_revision INT NOT NULL DEFAULT 0;
    UPDATE photo SET taken_source = 'exif' WHERE taken IS NOT NULL;
    ALTER TABLE sidecar ADD COLUMN taken INT;
    ALTER TABLE sidecar ADD COLUMN taken_ms INT;
    ALTER TABLE sidecar ADD COLUMN taken_offset INT;
    ALTER TABLE sidecar ADD COLUMN taken_source;
    ALTER TABLE sidecar ADD COLUMN title;
    ALTER TABLE sidecar ADD COLUMN caption;
    ALTER TABLE sidecar ADD COLUMN place;
    ALTER TABLE sidecar ADD COLUMN latitude;
    ALTER TABLE sidecar ADD COLUMN longitude;
    ALTER TABLE sidecar ADD COLUMN altitude;
    ALTER TABLE sidecar ADD COLUMN faces;
    ALTER TABLE sidecar ADD COLUMN facts_revision INT NOT NULL DEFAULT 0;
",
"
    -- The name under which this file is shown, where that is another: links.
    ALTER TABLE file ADD COLUMN same_as;
",
"
    -- When the file came into the library, seconds since 1970-01-01 UTC; 0: not known. Of older rows it is known that they came
    -- with their folder or later.
    ALTER TABLE file ADD COLUMN added_at INT NOT NULL DEFAULT 0;
    UPDATE file SET added_at = coalesce((SELECT added_at FROM folder WHERE folder.id = file.folder_id), 0);
",
"
    -- Photos that are alike and all of which are to stay: the contents of a group, and how many files of each there were when the
    -- person said so. The key is the content itself, as that of a mark. So short for the sake of the first page, as above.
    CREATE TABLE alike(hash,decision,files);
"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_run_on_an_empty_database() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for sql in MIGRATIONS {
            connection.execute_batch(sql).unwrap();
        }
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(tables, 9);
    }
}
