//! Reading faces and persons, through a read-only connection.

use std::path::Path;

use rusqlite::{Row, params};

use super::database::PeopleDatabase;
use super::recorder;
use super::rows::{
    FaceBounds, FaceId, FaceIdentity, FaceQuality, FaceRow, NewFace, PassRow, PersonId, PersonRow, Said, StepKind,
};
use crate::StoreError;
use crate::connection::ReadConnection;

/// A read-only view of faces and persons.
#[derive(Debug)]
pub struct PeopleReader {
    pub(super) inner: ReadConnection,
}

const FACE_COLUMNS: &str =
    "f.id, p.hash, f.revision, f.bounds, f.points, f.quality, f.scale, f.identity, m.person_id, m.said
    FROM face f JOIN photo p ON p.id = f.photo_id LEFT JOIN member m ON m.face_id = f.id";

impl PeopleReader {
    pub(super) fn new(database: &PeopleDatabase) -> Result<Self, StoreError> {
        let connection = database.0.read_connection()?;
        Ok(Self {
            inner: ReadConnection::new(connection, database.path().to_path_buf()),
        })
    }

    /// Hands over every photo that the pass looked at.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_pass(&self, mut each: impl FnMut(PassRow)) -> Result<(), StoreError> {
        let sql = "SELECT hash, revision, failed, (SELECT count(*) FROM face WHERE photo_id = photo.id) FROM photo ORDER BY id";
        self.inner.visit(sql, params![], |row| {
            each(PassRow {
                photo: row.get(0)?,
                revision: row.get(1)?,
                failed: row.get(2)?,
                faces: row.get::<_, u32>(3)? as usize,
            });
            Ok(())
        })
    }

    /// Hands over every face, in the order in which they were found first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn for_each_face(&self, mut each: impl FnMut(FaceRow)) -> Result<(), StoreError> {
        let sql = format!("SELECT {FACE_COLUMNS} ORDER BY f.id");
        self.inner.visit(&sql, params![], |row| {
            each(face(row)?);
            Ok(())
        })
    }

    /// The faces of one photo.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn faces_of(&self, photo: &[u8; 32]) -> Result<Vec<FaceRow>, StoreError> {
        self.faces("p.hash = ?1", photo)
    }

    /// The faces of one person.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn faces_of_person(&self, person: PersonId) -> Result<Vec<FaceRow>, StoreError> {
        self.faces("m.person_id = ?1", person.0)
    }

    /// One face; `None` where it is gone.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn face(&self, face: FaceId) -> Result<Option<FaceRow>, StoreError> {
        Ok(self.faces("f.id = ?1", face.0)?.pop())
    }

    /// All persons, those with most faces first.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn persons(&self) -> Result<Vec<PersonRow>, StoreError> {
        let sql =
            "SELECT p.id, p.name, p.hidden, p.touched, p.picture, count(f.id) AS faces, count(DISTINCT f.photo_id)
                   FROM person p LEFT JOIN member m ON m.person_id = p.id LEFT JOIN face f ON f.id = m.face_id
                   GROUP BY p.id ORDER BY faces DESC, p.id";
        self.inner.collect(sql, |row| {
            Ok(PersonRow {
                id: PersonId(row.get(0)?),
                name: row.get(1)?,
                hidden: row.get(2)?,
                touched: row.get(3)?,
                picture: row.get::<_, Option<i64>>(4)?.map(FaceId),
                faces: row.get::<_, u32>(5)? as usize,
                photos: row.get::<_, u32>(6)? as usize,
            })
        })
    }

    /// Faces that are said not to be somebody's.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn refused(&self) -> Result<Vec<(FaceId, PersonId)>, StoreError> {
        let sql = "SELECT face_id, person_id FROM refused ORDER BY face_id, person_id";
        self.inner
            .collect(sql, |row| Ok((FaceId(row.get(0)?), PersonId(row.get(1)?))))
    }

    /// Pairs of persons who are said not to be the same.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn kept_apart(&self) -> Result<Vec<(PersonId, PersonId)>, StoreError> {
        let sql = "SELECT one, other FROM apart ORDER BY one, other";
        self.inner
            .collect(sql, |row| Ok((PersonId(row.get(0)?), PersonId(row.get(1)?))))
    }

    /// What an undo would undo.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn undoable(&self) -> Result<Option<StepKind>, StoreError> {
        recorder::next(&self.inner.connection, true).map_err(|error| self.inner.explain(error))
    }

    /// Faces that were found since all were put to persons together.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn faces_since_clustering(&self) -> Result<usize, StoreError> {
        let sql = "SELECT count(*) FROM face WHERE id > (SELECT coalesce(max(last_face), 0) FROM clustered)";
        let counted = self.inner.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let count = counted.map_err(|error| self.inner.explain(error))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// What a redo would do.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn redoable(&self) -> Result<Option<StepKind>, StoreError> {
        recorder::next(&self.inner.connection, false).map_err(|error| self.inner.explain(error))
    }

    /// Writes a copy of the whole file, without its free pages, to a file that is not there yet.
    ///
    /// # Errors
    /// Any [`StoreError`]; what was written of the copy is then of no use.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        self.inner.back_up(to)
    }

    /// SQLite's own whole check: "ok", or the first thing that is wrong.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn integrity(&self) -> Result<String, StoreError> {
        self.inner.integrity()
    }

    fn faces(&self, condition: &str, value: impl rusqlite::ToSql) -> Result<Vec<FaceRow>, StoreError> {
        let mut all = Vec::new();
        let sql = format!("SELECT {FACE_COLUMNS} WHERE {condition} ORDER BY f.id");
        self.inner.visit(&sql, params![value], |row| {
            all.push(face(row)?);
            Ok(())
        })?;
        Ok(all)
    }
}

fn face(row: &Row<'_>) -> rusqlite::Result<FaceRow> {
    let identity: [u8; super::IDENTITY_DIM] = row.get(7)?;
    let person: Option<i64> = row.get(8)?;
    let said: Option<i64> = row.get(9)?;
    Ok(FaceRow {
        id: FaceId(row.get(0)?),
        photo: row.get(1)?,
        revision: row.get(2)?,
        face: NewFace {
            bounds: FaceBounds::from_bytes(row.get(3)?),
            points: NewFace::points_from(&row.get(4)?),
            quality: FaceQuality::from_bytes(row.get(5)?),
            identity: FaceIdentity {
                values: identity.map(u8::cast_signed),
                scale: row.get::<_, f64>(6)? as f32,
            },
        },
        person: person
            .zip(said)
            .map(|(person, said)| (PersonId(person), Said::of_code(said))),
    })
}
