//! What the connections of all our databases have in common: reading rows, transactions, the log, and copies.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row, Transaction, params};

use super::error::StoreError;
use super::in_place::{FileIdentity, Place, look};

/// A read-only connection.
#[derive(Debug)]
pub(super) struct ReadConnection {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl ReadConnection {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self { connection, path }
    }

    /// Hands over every row of a query.
    pub(super) fn visit(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                each(row)?;
            }
            Ok(())
        };
        run().map_err(|error| self.explain(error))
    }

    /// All rows of a query without parameters.
    pub(super) fn collect<T>(
        &self,
        sql: &str,
        mut map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.visit(sql, params![], |row| {
            all.push(map(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Writes a copy of the whole database, without its free pages, to a file that is not there yet.
    pub(super) fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        vacuum_into(&self.connection, to)
    }

    /// SQLite's own whole check: "ok", or the first thing that is wrong.
    pub(super) fn integrity(&self) -> Result<String, StoreError> {
        self.connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|error| self.explain(error))
    }

    pub(super) fn explain(&self, error: rusqlite::Error) -> StoreError {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => StoreError::BadRow {
                detail: error.to_string(),
                path: self.path.clone(),
            },
            other => StoreError::from_sqlite(other, &self.path),
        }
    }
}

/// The one connection that writes to a database.
#[derive(Debug)]
pub(super) struct WriteConnection {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// Of the file that is open; `None` where the system did not say.
    identity: Option<FileIdentity>,
}

impl WriteConnection {
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        let identity = FileIdentity::of(&path).ok();
        Self {
            connection,
            path,
            identity,
        }
    }

    /// What lies at the database's path by now.
    pub(super) fn place(&self) -> Place {
        look(&self.path, self.identity)
    }

    /// Writes a copy of the whole database to a file that is not there yet.
    pub(super) fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        vacuum_into(&self.connection, to)
    }

    /// Writes the log back into the database file, as far as nobody reads.
    pub(super) fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
    }

    /// The same, waiting for those who read, and leaves an empty log.
    pub(super) fn fold_log(&mut self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
    }

    /// Makes the file as small as it can be, and leaves an empty log.
    pub(super) fn vacuum(&mut self) -> Result<(), StoreError> {
        self.connection
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
            .map_err(|error| StoreError::from_sqlite(error, &self.path))
    }

    /// All that `run` writes is there afterwards, or nothing.
    pub(super) fn transaction<T>(
        &mut self,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let path = &self.path;
        let explain = |error| StoreError::from_sqlite(error, path);
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(explain)?;
        let result = run(&transaction).map_err(explain)?;
        transaction.commit().map_err(explain)?;
        Ok(result)
    }
}

/// Writes a copy of a whole database, without its free pages, to a file that is not there yet.
fn vacuum_into(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| StoreError::CannotOpen {
        detail: "a copy's name must be Unicode".to_owned(),
        path: to.to_path_buf(),
    })?;
    connection
        .execute("VACUUM INTO ?1", [name])
        .map(|_| ())
        .map_err(|error| StoreError::from_sqlite(error, to))
}
