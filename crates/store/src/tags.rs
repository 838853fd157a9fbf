//! Tags, and the cases that carry them.

use std::collections::HashMap;

use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
};

use crate::{Db, Error, Result, Tx, cases, events, statement::Statement};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TagRow {
    pub id: Uuid,
    pub name: String,
    /// The key of a colour of the design system, or empty for the one that follows from the name.
    pub color: String,
}

/// Every tag, by name.
pub async fn all(db: &Db) -> Result<Vec<TagRow>> {
    sql!(db, c => sqlx::query_as("SELECT id, name, color FROM tags ORDER BY name_key").fetch_all(c).await)
}

/// Tags with the number of cases that carry them, for the page that manages them.
pub async fn all_with_use(db: &Db) -> Result<Vec<(TagRow, i64)>> {
    #[derive(FromRow)]
    struct Used {
        #[sqlx(flatten)]
        tag: TagRow,
        uses: i64,
    }
    let rows: Vec<Used> = sql!(db, c => sqlx::query_as(
        "SELECT t.id, t.name, t.color, (SELECT COUNT(*) FROM case_tags u WHERE u.tag_id = t.id) AS uses FROM tags t ORDER BY t.name_key",
    ).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|row| (row.tag, row.uses)).collect())
}

/// The tags of several cases, in one query.
pub async fn of_cases(db: &Db, cases: &[Uuid]) -> Result<HashMap<Uuid, Vec<TagRow>>> {
    #[derive(FromRow)]
    struct Of {
        case_id: Uuid,
        #[sqlx(flatten)]
        tag: TagRow,
    }
    let mut statement = Statement::new(
        "SELECT u.case_id, t.id, t.name, t.color FROM case_tags u JOIN tags t ON t.id = u.tag_id WHERE u.case_id IN ",
    );
    statement.bind_list(cases).push(" ORDER BY t.name_key");
    let mut of: HashMap<Uuid, Vec<TagRow>> = HashMap::new();
    for row in statement.all::<Of>(db).await? {
        of.entry(row.case_id).or_default().push(row.tag);
    }
    Ok(of)
}

/// A new tag; [`Error::Exists`] when there is one of that name, whatever its case and accents.
pub async fn create(tx: &mut Tx, name: &str, color: &str, now: Millis) -> Result<TagRow> {
    let name = name.trim();
    sql!(tx, c => sqlx::query_as(
        "INSERT INTO tags (id, name, name_key, color, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id, name, color",
    ).bind(Uuid::now_v7()).bind(name).bind(voce_text::fold(name)).bind(color).bind(now).fetch_one(c).await)
}

/// The tag of that name, made if there is none.
pub async fn find_or_create(tx: &mut Tx, name: &str, now: Millis) -> Result<TagRow> {
    let name = name.trim();
    sql!(tx, c => sqlx::query_as(
        "INSERT INTO tags (id, name, name_key, color, created_at) VALUES ($1, $2, $3, '', $4)
         ON CONFLICT (name_key) DO UPDATE SET name_key = excluded.name_key RETURNING id, name, color",
    ).bind(Uuid::now_v7()).bind(name).bind(voce_text::fold(name)).bind(now).fetch_one(c).await)
}

pub async fn update(tx: &mut Tx, id: Uuid, name: &str, color: &str) -> Result<()> {
    let name = name.trim();
    let touched = execute!(
        tx,
        sqlx::query("UPDATE tags SET name = $2, name_key = $3, color = $4 WHERE id = $1")
            .bind(id)
            .bind(name)
            .bind(voce_text::fold(name))
            .bind(color)
    )?;
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Removes the tag from every case and from the list.
pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    execute!(
        &mut *tx,
        sqlx::query("DELETE FROM case_tags WHERE tag_id = $1").bind(id)
    )?;
    let touched = execute!(tx, sqlx::query("DELETE FROM tags WHERE id = $1").bind(id))?;
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Puts a tag on a case; putting it twice changes nothing.
pub async fn add(tx: &mut Tx, case_id: Uuid, tag: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let touched = execute!(
        &mut *tx,
        sqlx::query("INSERT INTO case_tags (case_id, tag_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(case_id)
            .bind(tag)
    )?;
    if touched == 0 {
        return Ok(());
    }
    tell(tx, case_id, tag, "added", actor, now).await
}

pub async fn remove(tx: &mut Tx, case_id: Uuid, tag: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let touched = execute!(
        &mut *tx,
        sqlx::query("DELETE FROM case_tags WHERE case_id = $1 AND tag_id = $2")
            .bind(case_id)
            .bind(tag)
    )?;
    if touched == 0 {
        return Ok(());
    }
    tell(tx, case_id, tag, "removed", actor, now).await
}

async fn tell(tx: &mut Tx, case_id: Uuid, tag: Uuid, how: &str, actor: Actor, now: Millis) -> Result<()> {
    let case = cases::locked(tx, case_id).await?;
    let (name,): (String,) =
        sql!(&mut *tx, c => sqlx::query_as("SELECT name FROM tags WHERE id = $1").bind(tag).fetch_one(c).await)?;
    let data = json!({ "number": case.number, "tag": tag, "name": name, "change": how });
    let event = Event::new(EventKind::CaseTagged, now, actor)
        .case(case_id)
        .contact(case.contact_id)
        .data(data);
    events::append(tx, &[event]).await
}
