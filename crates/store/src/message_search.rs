//! Finding messages by words: the one place where the two databases index what was said each in its own way.

use sqlx::FromRow;

use crate::{Dialect, Result, Tx};

/// What a message is found by.
#[derive(Debug, Clone, FromRow)]
pub struct Said<S> {
    /// `messages.seq`.
    pub seq: i64,
    pub subject: Option<S>,
    pub body: S,
    pub author_name: S,
}

/// Indexes new messages.
pub async fn write<S: AsRef<str> + Sync>(tx: &mut Tx, messages: &[Said<S>]) -> Result<()> {
    match tx.dialect() {
        Dialect::Sqlite => write_rows!(
            tx, "INSERT INTO message_search (rowid, subject, body, author) VALUES ", messages,
            said => [said.seq, said.subject.as_ref().map_or("", AsRef::as_ref), searched(said.body.as_ref()), said.author_name.as_ref()], ""
        )?,
        Dialect::Postgres => write_rows!(
            tx, "INSERT INTO message_search (seq, words) SELECT column1, to_tsvector('simple', column2) FROM (VALUES ", messages,
            said => [said.seq, folded(said)], ") AS v"
        )?,
    };
    Ok(())
}

/// Forgets a message.
pub async fn remove(tx: &mut Tx, seq: i64) -> Result<()> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "DELETE FROM message_search WHERE rowid = $1",
        Dialect::Postgres => "DELETE FROM message_search WHERE seq = $1",
    };
    execute!(tx, sqlx::query(text).bind(seq))?;
    Ok(())
}

/// Indexes all messages, into a table that is empty or out of step.
pub async fn rebuild(tx: &mut Tx) -> Result<()> {
    const CHUNK: i64 = 500;
    execute!(&mut *tx, sqlx::query("DELETE FROM message_search"))?;
    let mut last = 0;
    loop {
        let messages: Vec<Said<String>> = sql!(&mut *tx, c => sqlx::query_as(
            "SELECT seq, subject, body, author_name FROM messages WHERE seq > $1 ORDER BY seq LIMIT $2",
        ).bind(last).bind(CHUNK).fetch_all(c).await)?;
        let Some(newest) = messages.last() else {
            return Ok(());
        };
        last = newest.seq;
        write(tx, &messages).await?;
    }
}

/// PostgreSQL's `simple` configuration keeps accents, so they go before.
fn folded<S: AsRef<str>>(said: &Said<S>) -> String {
    let subject = said.subject.as_ref().map_or("", AsRef::as_ref);
    voce_text::fold(&[subject, said.author_name.as_ref(), searched(said.body.as_ref())].join(" "))
}

/// What a text is found by: its beginning. PostgreSQL keeps at most 1 MB of words of one row.
fn searched(body: &str) -> &str {
    const LONGEST: usize = 200_000;
    &body[..body.floor_char_boundary(LONGEST)]
}
