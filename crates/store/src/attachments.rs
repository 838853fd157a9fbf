//! Files of messages. Their bytes lie in [`crate::blobs`].

use sqlx::FromRow;
use uuid::Uuid;

use crate::{Db, Result, Tx, statement::Statement};

#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Attachment {
    pub id: Uuid,
    pub message_id: Uuid,
    pub position: i64,
    pub name: String,
    /// As claimed by the sender; never served as is.
    pub content_type: String,
    pub content_id: Option<String>,
    /// Bytes; 0 while they are still at `url`.
    pub size: i64,
    pub blob: Option<String>,
    pub url: Option<String>,
    /// Why the bytes could not be fetched.
    pub problem: Option<String>,
}

/// Writes files of messages of the same transaction.
pub async fn add(tx: &mut Tx, attachments: &[Attachment]) -> Result<()> {
    write_rows!(
        tx, "INSERT INTO attachments (id, message_id, position, name, content_type, content_id, size, blob, url, problem) VALUES ", attachments,
        file => [file.id, file.message_id, file.position, &file.name, &file.content_type, &file.content_id, file.size, &file.blob, &file.url, &file.problem], ""
    )?;
    Ok(())
}

/// The files of these messages, in order.
pub async fn of_messages(db: &Db, messages: &[Uuid]) -> Result<Vec<Attachment>> {
    let mut statement = Statement::new(
        "SELECT id, message_id, position, name, content_type, content_id, size, blob, url, problem FROM attachments WHERE message_id IN ",
    );
    statement.bind_list(messages);
    let mut found: Vec<Attachment> = statement.all(db).await?;
    found.sort_by_key(|file| (file.message_id, file.position));
    Ok(found)
}

pub async fn get(db: &Db, id: Uuid) -> Result<Attachment> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, message_id, position, name, content_type, content_id, size, blob, url, problem FROM attachments WHERE id = $1",
    ).bind(id).fetch_one(c).await)
}

/// Files whose bytes are still at the platform, oldest first, after an id.
pub async fn unfetched(db: &Db, after: Uuid, limit: i64) -> Result<Vec<Attachment>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, message_id, position, name, content_type, content_id, size, blob, url, problem
         FROM attachments WHERE blob IS NULL AND problem IS NULL AND id > $1 ORDER BY id LIMIT $2",
    ).bind(after).bind(limit).fetch_all(c).await)
}

/// The bytes are here.
pub async fn fetched(tx: &mut Tx, id: Uuid, blob: &str, size: i64) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE attachments SET blob = $2, size = $3 WHERE id = $1")
            .bind(id)
            .bind(blob)
            .bind(size)
    )?;
    Ok(())
}

/// The bytes cannot be had.
pub async fn failed(tx: &mut Tx, id: Uuid, problem: &str) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE attachments SET problem = $2 WHERE id = $1")
            .bind(id)
            .bind(problem)
    )?;
    Ok(())
}

/// The case and message that a file belongs to, for the event that tells of a change.
pub async fn case_of(tx: &mut Tx, id: Uuid) -> Result<(Uuid, Uuid)> {
    sql!(tx, c => sqlx::query_as("SELECT m.case_id, m.id FROM attachments a JOIN messages m ON m.id = a.message_id WHERE a.id = $1").bind(id).fetch_one(c).await)
}
