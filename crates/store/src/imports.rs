//! Imports: long work on a file, whose position is kept in the same transaction as its effects, so that it goes on after
//! any interruption without doing anything twice.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Error, Result, Tx, statement::Statement};

/// One import, past or present.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Import {
    pub id: Uuid,
    /// What the rows are: `contacts`, `organizations`, `messages`, `mbox`.
    pub kind: String,
    pub file_name: String,
    /// SHA-256 of the file in hexadecimal, and the name of the blob where the file was uploaded.
    pub blob: String,
    /// How the rows are read, as JSON of whoever imports.
    pub mapping: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    /// Rows (bytes of an mbox) done and to do.
    pub position: i64,
    pub total: i64,
    pub created: i64,
    pub updated: i64,
    /// Rows that changed nothing.
    pub skipped: i64,
    pub failed: i64,
    /// Why it stopped.
    pub problem: Option<String>,
    pub user_id: Option<Uuid>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Uploaded; nobody said yet how to read it.
    Draft,
    Queued,
    Running,
    Done,
    Cancelled,
    Failed,
}

impl State {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
    }
}

impl TryFrom<String> for State {
    type Error = Error;
    fn try_from(key: String) -> Result<Self> {
        let all = [
            Self::Draft,
            Self::Queued,
            Self::Running,
            Self::Done,
            Self::Cancelled,
            Self::Failed,
        ];
        all.into_iter()
            .find(|state| state.key() == key)
            .ok_or_else(|| Error::Corrupt(format!("import state {key:?}")))
    }
}

/// A file about to be imported.
#[derive(Debug, Clone)]
pub struct New<'a> {
    pub kind: &'a str,
    pub file_name: &'a str,
    pub blob: &'a str,
    pub mapping: &'a str,
    pub state: State,
    pub total: i64,
    pub user_id: Option<Uuid>,
}

pub async fn create(tx: &mut Tx, new: &New<'_>, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(tx, sqlx::query(
        "INSERT INTO imports (id, kind, file_name, blob, mapping, state, position, total, created, updated, skipped, failed, user_id,
            created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 0, 0, 0, 0, $8, $9, $9)",
    ).bind(id).bind(new.kind).bind(new.file_name).bind(new.blob).bind(new.mapping).bind(new.state.key()).bind(new.total)
        .bind(new.user_id).bind(now))?;
    Ok(id)
}

const SELECT: &str = "SELECT id, kind, file_name, blob, mapping, state, position, total, created, updated, skipped, failed, problem, user_id,
     created_at, updated_at FROM imports ";

pub async fn get(db: &Db, id: Uuid) -> Result<Import> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE id = ").bind(id);
    statement.all(db).await?.pop().ok_or(Error::NotFound)
}

/// The newest imports, from the one after `before` on.
pub async fn list(db: &Db, before: Option<Uuid>, limit: i64) -> Result<Vec<Import>> {
    let mut statement = Statement::new(SELECT);
    if let Some(before) = before {
        statement.push("WHERE id < ").bind(before);
    }
    statement.push(" ORDER BY id DESC LIMIT ").bind(limit);
    statement.all(db).await
}

/// The newest import of the same file in the same way, unless it was cancelled.
pub async fn same(db: &Db, kind: &str, blob: &str, mapping: &str) -> Result<Option<Import>> {
    let mut statement = Statement::new(SELECT);
    statement
        .push("WHERE blob = ")
        .bind(blob)
        .push(" AND kind = ")
        .bind(kind)
        .push(" AND mapping = ")
        .bind(mapping);
    statement.push(" AND state <> 'cancelled' ORDER BY id DESC LIMIT 1");
    Ok(statement.all(db).await?.pop())
}

/// Says how a draft is read, what its rows are and how many.
pub async fn set_mapping(tx: &mut Tx, id: Uuid, kind: &str, mapping: &str, total: i64, now: Millis) -> Result<()> {
    let touched = execute!(
        tx,
        sqlx::query(
            "UPDATE imports SET kind = $2, mapping = $3, total = $4, updated_at = $5 WHERE id = $1 AND state = 'draft'"
        )
        .bind(id)
        .bind(kind)
        .bind(mapping)
        .bind(total)
        .bind(now)
    )?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Hands a draft to the workers.
pub async fn queue(tx: &mut Tx, id: Uuid, now: Millis) -> Result<()> {
    let touched = execute!(
        tx,
        sqlx::query("UPDATE imports SET state = 'queued', updated_at = $2 WHERE id = $1 AND state = 'draft'")
            .bind(id)
            .bind(now)
    )?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Whether there is something to [`claim`].
pub async fn waiting(db: &Db, kinds: [&str; 2], silent_since: Millis) -> Result<bool> {
    let found: Option<(Uuid,)> = sql!(db, c => sqlx::query_as(
        "SELECT id FROM imports WHERE kind IN ($1, $2) AND (state = 'queued' OR (state = 'running' AND updated_at < $3)) LIMIT 1",
    )
    .bind(kinds[0])
    .bind(kinds[1])
    .bind(silent_since)
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// Takes the oldest import of these kinds that waits, or whose worker gave no sign of life since `silent_since`.
pub async fn claim(tx: &mut Tx, kinds: [&str; 2], silent_since: Millis, now: Millis) -> Result<Option<Import>> {
    sql!(tx, c => sqlx::query_as(
        "UPDATE imports SET state = 'running', updated_at = $4
         WHERE (state = 'queued' OR (state = 'running' AND updated_at < $3)) AND id = (
            SELECT id FROM imports WHERE kind IN ($1, $2) AND (state = 'queued' OR (state = 'running' AND updated_at < $3)) ORDER BY id LIMIT 1)
         RETURNING id, kind, file_name, blob, mapping, state, position, total, created, updated, skipped, failed, problem, user_id,
            created_at, updated_at",
    ).bind(kinds[0]).bind(kinds[1]).bind(silent_since).bind(now).fetch_optional(c).await)
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Rows (bytes of an mbox) that it went on.
    pub passed: i64,
    pub created: i64,
    pub updated: i64,
    pub skipped: i64,
    pub failed: i64,
}

/// Moves a running import on from `position`, in the transaction of what was done with those rows. [`Error::Stale`] when
/// it was cancelled or somebody else went on from there: then nothing of this transaction may be kept.
pub async fn advance(tx: &mut Tx, id: Uuid, position: i64, step: &Step, now: Millis) -> Result<()> {
    let touched = execute!(tx, sqlx::query(
        "UPDATE imports SET position = position + $3, created = created + $4, updated = updated + $5, skipped = skipped + $6,
            failed = failed + $7, updated_at = $8
         WHERE id = $1 AND position = $2 AND state = 'running'",
    ).bind(id).bind(position).bind(step.passed).bind(step.created).bind(step.updated).bind(step.skipped).bind(step.failed).bind(now))?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Ends a running import, well or with a problem.
pub async fn finish(tx: &mut Tx, id: Uuid, problem: Option<&str>, now: Millis) -> Result<()> {
    let state = if problem.is_some() { State::Failed } else { State::Done };
    execute!(
        tx,
        sqlx::query("UPDATE imports SET state = $2, problem = $3, updated_at = $4 WHERE id = $1 AND state = 'running'")
            .bind(id)
            .bind(state.key())
            .bind(problem)
            .bind(now)
    )?;
    Ok(())
}

/// Takes up again what failed or was interrupted.
pub async fn resume(tx: &mut Tx, id: Uuid, state: State, now: Millis) -> Result<()> {
    let touched = execute!(tx, sqlx::query(
        "UPDATE imports SET state = $2, problem = NULL, updated_at = $3 WHERE id = $1 AND state IN ('queued', 'running', 'failed')",
    ).bind(id).bind(state.key()).bind(now))?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Puts a running import back among those that wait.
pub async fn give_back(tx: &mut Tx, id: Uuid, now: Millis) -> Result<()> {
    let touched = execute!(
        tx,
        sqlx::query("UPDATE imports SET state = 'queued', updated_at = $2 WHERE id = $1 AND state = 'running'")
            .bind(id)
            .bind(now)
    )?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Stops an import that is not over; what it did stays.
pub async fn cancel(tx: &mut Tx, id: Uuid, now: Millis) -> Result<()> {
    let touched = execute!(tx, sqlx::query(
        "UPDATE imports SET state = 'cancelled', updated_at = $2 WHERE id = $1 AND state IN ('draft', 'queued', 'running')",
    ).bind(id).bind(now))?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// What is wrong with one cell of one row.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RowError {
    /// Counted as a person counts the lines of the sheet: the header is row 1.
    pub row_number: i64,
    /// Empty when the whole row is meant.
    pub column_name: String,
    /// Key of the locales' text.
    pub problem: String,
    pub value: String,
}

pub async fn add_errors(tx: &mut Tx, id: Uuid, errors: &[RowError]) -> Result<()> {
    write_rows!(tx, "INSERT INTO import_errors (import_id, row_number, column_name, problem, value) VALUES ", errors,
        error => [id, error.row_number, error.column_name.as_str(), error.problem.as_str(), error.value.as_str()],
        " ON CONFLICT (import_id, row_number, column_name) DO NOTHING")?;
    Ok(())
}

/// Errors of an import by row, from the place after `after` (row and column) on.
pub async fn errors(db: &Db, id: Uuid, after: Option<(i64, &str)>, limit: i64) -> Result<Vec<RowError>> {
    let (row, column) = after.unwrap_or((-1, ""));
    sql!(db, c => sqlx::query_as(
        "SELECT row_number, column_name, problem, value FROM import_errors
         WHERE import_id = $1 AND (row_number, column_name) > ($2, $3) ORDER BY row_number, column_name LIMIT $4",
    ).bind(id).bind(row).bind(column).bind(limit).fetch_all(c).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn an_import_advances_once_from_each_position() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let new = New {
                kind: "contacts",
                file_name: "a.csv",
                blob: "x",
                mapping: "{}",
                state: State::Draft,
                total: 3,
                user_id: None,
            };
            let id = create(&mut tx, &new, 1).await.unwrap();
            assert_eq!(claim(&mut tx, ["contacts", "organizations"], 0, 1).await.unwrap(), None);
            queue(&mut tx, id, 2).await.unwrap();
            let claimed = claim(&mut tx, ["contacts", "organizations"], 0, 3)
                .await
                .unwrap()
                .unwrap();
            assert_eq!((claimed.id, claimed.state), (id, State::Running));
            assert_eq!(claim(&mut tx, ["contacts", "organizations"], 3, 4).await.unwrap(), None);
            assert!(
                claim(&mut tx, ["contacts", "organizations"], 4, 5)
                    .await
                    .unwrap()
                    .is_some(),
                "its worker died"
            );
            let step = Step {
                passed: 2,
                created: 1,
                failed: 1,
                ..Step::default()
            };
            advance(&mut tx, id, 0, &step, 6).await.unwrap();
            assert!(matches!(advance(&mut tx, id, 0, &step, 6).await, Err(Error::Stale)));
            let error = |row_number, column: &str| RowError {
                row_number,
                column_name: column.into(),
                problem: "p".into(),
                value: "v".into(),
            };
            let all = [error(2, "a"), error(2, "b"), error(10, "a")];
            add_errors(&mut tx, id, &all).await.unwrap();
            add_errors(&mut tx, id, &all).await.unwrap();
            cancel(&mut tx, id, 7).await.unwrap();
            assert!(matches!(advance(&mut tx, id, 2, &step, 8).await, Err(Error::Stale)));
            tx.commit().await.unwrap();
            assert_eq!(errors(&db, id, None, 10).await.unwrap(), all);
            assert_eq!(errors(&db, id, Some((2, "a")), 1).await.unwrap(), all[1..2]);
            let found = get(&db, id).await.unwrap();
            assert_eq!(
                (found.position, found.created, found.failed, found.state),
                (2, 1, 1, State::Cancelled)
            );
            assert_eq!(same(&db, "contacts", "x", "{}").await.unwrap(), None);
            assert_eq!(list(&db, None, 5).await.unwrap(), [found]);
            assert_eq!(list(&db, Some(id), 5).await.unwrap(), []);
        })
        .await;
    }
}
