//! Connections, transactions and the macro that speaks to both databases.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
    path::Path,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// The database of one organization. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// One writer connection, many readers.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction that writes. Dropped without [`Tx::commit`] it changes nothing.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// What can go wrong with a statement.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not found")]
    NotFound,
    /// A uniqueness of the database was hit: somebody did the same before.
    #[error("already exists")]
    Exists,
    /// The row changed since it was read.
    #[error("changed meanwhile")]
    Stale,
    /// The change contradicts a rule of the product; the text is a key of the locales.
    #[error("{0}")]
    Refused(&'static str),
    #[error("database: {0}")]
    Database(sqlx::Error),
    #[error("stored value cannot be read: {0}")]
    Corrupt(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Database(ref inner) if inner.is_unique_violation() => Self::Exists,
            other => Self::Database(other),
        }
    }
}

impl From<voce_domain::UnknownKey> for Error {
    fn from(error: voce_domain::UnknownKey) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Runs one expression on whichever database is there. `$conn` is an executor in it:
/// `sql!(db, c => sqlx::query_as::<_, Row>("SELECT … WHERE id = $1").bind(id).fetch_one(c).await)?`.
/// Works on `&Db` (a reader) and on `&mut Tx`.
macro_rules! sql {
    ($on:expr, $conn:ident => $body:expr) => {
        match $crate::db::Target::executor($on).await {
            Ok($crate::db::Executor::Sqlite(mut held)) => {
                let $conn = &mut *held;
                $body.map_err($crate::Error::from)
            }
            Ok($crate::db::Executor::Postgres(mut held)) => {
                let $conn = &mut *held;
                $body.map_err($crate::Error::from)
            }
            Err(error) => Err(error),
        }
    };
}

/// Runs one statement that returns no rows and says how many it touched: `execute!(tx, sqlx::query("…").bind(id))?`.
macro_rules! execute {
    ($on:expr, $query:expr) => {
        sql!($on, c => $query.execute(c).await.map(|done| done.rows_affected()))
    };
}

/// What [`sql!`] runs on.
pub(crate) enum Executor<'a> {
    Sqlite(Held<'a, Sqlite>),
    Postgres(Held<'a, Postgres>),
}

/// A connection taken from a pool for one statement, or lent by a transaction.
pub(crate) enum Held<'a, D: sqlx::Database> {
    Pooled(PoolConnection<D>),
    Lent(&'a mut D::Connection),
}

impl<D: sqlx::Database> Deref for Held<'_, D> {
    type Target = D::Connection;
    fn deref(&self) -> &D::Connection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

impl<D: sqlx::Database> DerefMut for Held<'_, D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

pub(crate) trait Target<'a> {
    fn executor(self) -> impl Future<Output = Result<Executor<'a>>> + Send;
}

impl<'a> Target<'a> for &'a Db {
    async fn executor(self) -> Result<Executor<'a>> {
        count_one();
        Ok(match self {
            Db::Sqlite { read, .. } => Executor::Sqlite(Held::Pooled(read.acquire().await?)),
            Db::Postgres(pool) => Executor::Postgres(Held::Pooled(pool.acquire().await?)),
        })
    }
}

impl<'a> Target<'a> for &'a mut Tx {
    async fn executor(self) -> Result<Executor<'a>> {
        count_one();
        Ok(match self {
            Tx::Sqlite(tx) => Executor::Sqlite(Held::Lent(&mut **tx)),
            Tx::Postgres(tx) => Executor::Postgres(Held::Lent(&mut **tx)),
        })
    }
}

impl Db {
    /// Opens `postgres://…`, or the SQLite file at a path (created with its folder when missing), and migrates it.
    pub async fn open(url: &str) -> Result<Self> {
        let db = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)?.application_name("voce");
            Self::Postgres(
                PgPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(Duration::from_secs(10))
                    .connect_with(options)
                    .await?,
            )
        } else {
            Self::open_sqlite(Path::new(url.strip_prefix("sqlite://").unwrap_or(url))).await?
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::Database(sqlx::Error::Io(error)))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .statement_cache_capacity(512)
            .pragma("cache_size", "-32768")
            // The largest write-ahead log before its pages are copied into the file, in pages.
            .pragma("wal_autocheckpoint", "8000")
            // Rows that wait for their reader: at the default of 50 threads wake one another many times in one query.
            .row_buffer_size(1024)
            .pragma("temp_store", "memory")
            .pragma("journal_size_limit", "67108864");
        let write = local_pool().max_connections(1).connect_with(options.clone()).await?;
        let readers = options
            .read_only(true)
            .create_if_missing(false)
            .pragma("cache_size", "-8192");
        let read = local_pool().max_connections(8).connect_lazy_with(readers);
        Ok(Self::Sqlite { write, read })
    }

    async fn migrate(&self) -> Result<()> {
        let done = match self {
            Self::Sqlite { write, .. } => sqlx::migrate!("migrations/sqlite").run(write).await,
            Self::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await,
        };
        done.map_err(|error| Error::Database(sqlx::Error::Migrate(Box::new(error))))
    }

    /// A transaction that writes; on SQLite it waits for its turn and then cannot fail for being late.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Waits until every connection is given back and closed.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A file needs no ping before every use.
fn local_pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        crate::commits::happened();
        Ok(())
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

tokio::task_local! {
    static QUERIES: Cell<u32>;
}

/// Runs a future and says how many statements it made. Pages must make a fixed number.
pub async fn count_queries<F: Future>(work: F) -> (F::Output, u32) {
    QUERIES
        .scope(Cell::new(0), async { (work.await, QUERIES.with(Cell::get)) })
        .await
}

fn count_one() {
    // Outside of `count_queries` nobody counts.
    let _ = QUERIES.try_with(|queries| queries.set(queries.get() + 1));
}
