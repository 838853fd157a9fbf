//! Two cases that are one, one case that is two, and the way back.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    case::{Status, Step},
    event::{Actor, Event, EventKind},
};

use crate::{
    Dialect, Error, Result, Tx,
    cases::{self, CaseRow},
    events,
    statement::Statement,
};

/// What a merge moved, and where both cases stood.
#[derive(Debug, Serialize, Deserialize)]
struct Moved {
    /// Places (`seq`) of the messages.
    messages: Vec<i64>,
    conversations: Vec<Uuid>,
    /// Tags that the kept case did not have.
    tags: Vec<Uuid>,
    /// Tags of the merged case.
    merged_tags: Vec<Uuid>,
    merged: Figures,
    kept: Figures,
    /// Of the kept case right after the merge: unchanged, it goes back to exactly what it was.
    kept_version: i64,
}

/// Everything of a case that a merge changes.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    status: Status,
    active: bool,
    preview: String,
    messages: i64,
    unanswered_since: Option<Millis>,
    last_message_at: Millis,
    first_answer_at: Option<Millis>,
    resolved_at: Option<Millis>,
}

impl Figures {
    fn of(case: &CaseRow) -> Result<Self> {
        Ok(Self {
            status: case.status()?,
            active: case.active,
            preview: case.preview.clone(),
            messages: case.messages,
            unanswered_since: case.unanswered_since,
            last_message_at: case.last_message_at,
            first_answer_at: case.first_answer_at,
            resolved_at: case.resolved_at,
        })
    }
}

/// Moves everything of `merged` into `kept`; the number of `merged` leads to `kept` from now on. Returns the merge's id.
pub async fn merge(tx: &mut Tx, kept_id: Uuid, merged_id: Uuid, user: Uuid, now: Millis) -> Result<Uuid> {
    if kept_id == merged_id {
        return Err(Error::Refused("case-merge-itself"));
    }
    // Always in the same order, so that two merges at once cannot wait for each other.
    let (first, second) = (kept_id.min(merged_id), kept_id.max(merged_id));
    let (first, second) = (cases::locked(tx, first).await?, cases::locked(tx, second).await?);
    let (kept, merged) = if first.id == kept_id {
        (first, second)
    } else {
        (second, first)
    };
    if kept.merged_into.is_some() || merged.merged_into.is_some() {
        return Err(Error::Refused("case-is-merged"));
    }
    let (was_kept, was_merged) = (Figures::of(&kept)?, Figures::of(&merged)?);
    let messages = move_messages(tx, kept_id, merged_id).await?;
    let conversations: Vec<(Uuid,)> = sql!(&mut *tx, c => sqlx::query_as("UPDATE conversations SET case_id = $1 WHERE case_id = $2 RETURNING id")
        .bind(kept_id).bind(merged_id).fetch_all(c).await)?;
    let (tags, merged_tags) = move_tags(tx, kept_id, merged_id).await?;
    execute!(
        &mut *tx,
        sqlx::query("UPDATE note_mentions SET case_id = $1 WHERE case_id = $2")
            .bind(kept_id)
            .bind(merged_id)
    )?;
    execute!(&mut *tx, sqlx::query(
        "UPDATE cases SET merged_into = $2, state = 'closed', waiting = NULL, waiting_until = NULL, active = FALSE, messages = 0,
            unanswered_since = NULL, version = version + 1, updated_at = $3 WHERE id = $1",
    ).bind(merged_id).bind(kept_id).bind(now))?;
    cases::recount(tx, kept_id).await?;
    let actor = Actor::user(user);
    if merged.active && !kept.active && kept.noise.is_none() {
        cases::step(tx, kept_id, Step::Reopen, actor, now, None).await?;
    }
    execute!(
        &mut *tx,
        sqlx::query("UPDATE cases SET version = version + 1, updated_at = $2 WHERE id = $1")
            .bind(kept_id)
            .bind(now)
    )?;
    let kept_version = cases::locked(tx, kept_id).await?.version;
    let moved = Moved {
        messages,
        conversations: conversations.into_iter().map(|(id,)| id).collect(),
        tags,
        merged_tags,
        merged: was_merged,
        kept: was_kept,
        kept_version,
    };
    let id = Uuid::now_v7();
    execute!(
        &mut *tx,
        sqlx::query(
            "INSERT INTO case_merges (id, kept_id, merged_id, moved, by_user, at) VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(id)
        .bind(kept_id)
        .bind(merged_id)
        .bind(serde_json::to_string(&moved)?)
        .bind(user)
        .bind(now)
    )?;
    let data = json!({ "merge": id, "number": kept.number, "merged": merged_id, "merged_number": merged.number });
    let event = |case: &CaseRow| {
        Event::new(EventKind::CaseMerged, now, actor)
            .case(case.id)
            .contact(case.contact_id)
            .data(data.clone())
    };
    events::append(tx, &[event(&kept), event(&merged)]).await?;
    Ok(id)
}

async fn move_messages(tx: &mut Tx, kept: Uuid, merged: Uuid) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sql!(tx, c => sqlx::query_as("UPDATE messages SET case_id = $1 WHERE case_id = $2 RETURNING seq")
        .bind(kept).bind(merged).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(seq,)| seq).collect())
}

/// Returns the tags that are new to the kept case, and all of the merged one.
async fn move_tags(tx: &mut Tx, kept: Uuid, merged: Uuid) -> Result<(Vec<Uuid>, Vec<Uuid>)> {
    let added: Vec<(Uuid,)> = sql!(&mut *tx, c => sqlx::query_as(
        "INSERT INTO case_tags (case_id, tag_id) SELECT $1, tag_id FROM case_tags WHERE case_id = $2 ON CONFLICT DO NOTHING RETURNING tag_id",
    ).bind(kept).bind(merged).fetch_all(c).await)?;
    let all: Vec<(Uuid,)> = sql!(tx, c => sqlx::query_as("DELETE FROM case_tags WHERE case_id = $1 RETURNING tag_id").bind(merged).fetch_all(c).await)?;
    Ok((
        added.into_iter().map(|(id,)| id).collect(),
        all.into_iter().map(|(id,)| id).collect(),
    ))
}

#[derive(FromRow)]
struct Merge {
    kept_id: Uuid,
    merged_id: Uuid,
    moved: String,
    undone_at: Option<Millis>,
}

/// Takes a merge back: what it moved returns, what came later stays with the kept case.
pub async fn unmerge(tx: &mut Tx, id: Uuid, user: Uuid, now: Millis) -> Result<()> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT kept_id, merged_id, moved, undone_at FROM case_merges WHERE id = $1",
        Dialect::Postgres => "SELECT kept_id, merged_id, moved, undone_at FROM case_merges WHERE id = $1 FOR UPDATE",
    };
    let merge: Merge = sql!(&mut *tx, c => sqlx::query_as(text).bind(id).fetch_one(c).await)?;
    let merged = cases::locked(tx, merge.merged_id).await?;
    if merge.undone_at.is_some() || merged.merged_into != Some(merge.kept_id) {
        return Err(Error::Stale);
    }
    let kept = cases::locked(tx, merge.kept_id).await?;
    let moved: Moved = serde_json::from_str(&merge.moved)?;
    for part in moved.messages.chunks(500) {
        let mut s = Statement::new("UPDATE messages SET case_id = ");
        s.bind(merged.id)
            .push(" WHERE case_id = ")
            .bind(kept.id)
            .push(" AND seq IN ")
            .bind_list(part);
        s.run(tx).await?;
    }
    if !moved.conversations.is_empty() {
        let mut s = Statement::new("UPDATE conversations SET case_id = ");
        s.bind(merged.id)
            .push(" WHERE case_id = ")
            .bind(kept.id)
            .push(" AND id IN ")
            .bind_list(&moved.conversations);
        s.run(tx).await?;
    }
    execute!(&mut *tx, sqlx::query(
        "UPDATE note_mentions SET case_id = $1 WHERE case_id = $2 AND message_id IN (SELECT id FROM messages WHERE case_id = $1)",
    ).bind(merged.id).bind(kept.id))?;
    if !moved.tags.is_empty() {
        let mut s = Statement::new("DELETE FROM case_tags WHERE case_id = ");
        s.bind(kept.id).push(" AND tag_id IN ").bind_list(&moved.tags);
        s.run(tx).await?;
    }
    for tag in &moved.merged_tags {
        execute!(
            &mut *tx,
            sqlx::query(
                "INSERT INTO case_tags (case_id, tag_id) SELECT $1, id FROM tags WHERE id = $2 ON CONFLICT DO NOTHING",
            )
            .bind(merged.id)
            .bind(*tag)
        )?;
    }
    put_back(tx, merged.id, &moved.merged, now).await?;
    if kept.version == moved.kept_version {
        put_back(tx, kept.id, &moved.kept, now).await?;
    } else {
        cases::recount(tx, kept.id).await?;
    }
    execute!(
        &mut *tx,
        sqlx::query("UPDATE case_merges SET undone_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now)
    )?;
    let data = json!({ "merge": id, "undone": true, "number": kept.number, "merged": merged.id, "merged_number": merged.number });
    let event = |case: &CaseRow| {
        Event::new(EventKind::CaseSplit, now, Actor::user(user))
            .case(case.id)
            .contact(case.contact_id)
            .data(data.clone())
    };
    events::append(tx, &[event(&kept), event(&merged)]).await
}

async fn put_back(tx: &mut Tx, id: Uuid, was: &Figures, now: Millis) -> Result<()> {
    let until = match was.status.waiting {
        Some(voce_domain::case::Waiting::Until(until)) => Some(until),
        _ => None,
    };
    execute!(tx, sqlx::query(
        "UPDATE cases SET merged_into = NULL, state = $2, waiting = $3, waiting_until = $4, owner_id = $5, active = $6, preview = $7,
            messages = $8, unanswered_since = $9, last_message_at = $10, first_answer_at = $11, resolved_at = $12,
            version = version + 1, updated_at = $13 WHERE id = $1",
    ).bind(id).bind(was.status.state.key()).bind(was.status.waiting.map(voce_domain::case::Waiting::key)).bind(until)
     .bind(was.status.owner).bind(was.active).bind(was.preview.as_str()).bind(was.messages).bind(was.unanswered_since)
     .bind(was.last_message_at).bind(was.first_answer_at).bind(was.resolved_at).bind(now))?;
    Ok(())
}

/// Makes a new case of chosen messages. A conversation goes on in the case that has its newest message.
pub async fn split(
    tx: &mut Tx,
    case_id: Uuid,
    messages: &[Uuid],
    subject: &str,
    user: Uuid,
    now: Millis,
) -> Result<CaseRow> {
    let case = cases::locked(tx, case_id).await?;
    let actor = Actor::user(user);
    let mut s = Statement::new("SELECT contact_id, account_id FROM messages WHERE case_id = ");
    s.bind(case_id)
        .push(" AND direction <> 'internal' AND id IN ")
        .bind_list(messages)
        .push(" ORDER BY seq DESC LIMIT 1");
    let Some((contact, account)) = s.all_in::<(Option<Uuid>, Uuid)>(tx).await?.pop() else {
        return Err(Error::Refused("case-split-nothing"));
    };
    let new = cases::open(tx, subject, contact.unwrap_or(case.contact_id), account, actor, now).await?;
    let mut s = Statement::new("UPDATE messages SET case_id = ");
    s.bind(new.id)
        .push(" WHERE case_id = ")
        .bind(case_id)
        .push(" AND id IN ")
        .bind_list(messages);
    let moved = s.run(tx).await?;
    let (left,): (i64,) = sql!(&mut *tx, c => sqlx::query_as("SELECT COUNT(*) FROM messages WHERE case_id = $1 AND direction <> 'internal'")
        .bind(case_id).fetch_one(c).await)?;
    if left == 0 {
        return Err(Error::Refused("case-split-everything"));
    }
    execute!(&mut *tx, sqlx::query(
        "UPDATE conversations SET case_id = $1 WHERE case_id = $2 AND $1 =
            (SELECT m.case_id FROM messages m WHERE m.conversation_id = conversations.id AND m.case_id IN ($1, $2) ORDER BY m.seq DESC LIMIT 1)",
    ).bind(new.id).bind(case_id))?;
    execute!(&mut *tx, sqlx::query(
        "UPDATE note_mentions SET case_id = $1 WHERE case_id = $2 AND message_id IN (SELECT id FROM messages WHERE case_id = $1)",
    ).bind(new.id).bind(case_id))?;
    execute!(&mut *tx, sqlx::query(
        "UPDATE cases SET team_id = $2, priority = $3, language = $4, request_type = $5, urgency = $6, sentiment_score = $7 WHERE id = $1",
    ).bind(new.id).bind(case.team_id).bind(case.priority.as_str()).bind(case.language.as_deref()).bind(case.request_type.as_deref())
     .bind(case.urgency.as_str()).bind(case.sentiment_score))?;
    cases::recount(tx, new.id).await?;
    cases::recount(tx, case_id).await?;
    execute!(
        &mut *tx,
        sqlx::query("UPDATE cases SET version = version + 1, updated_at = $2 WHERE id = $1")
            .bind(case_id)
            .bind(now)
    )?;
    if case.owner_id.is_some() {
        cases::step(tx, new.id, Step::Assign(case.owner_id), actor, now, None).await?;
    }
    let data = json!({ "number": case.number, "new": new.id, "new_number": new.number, "messages": moved });
    let event = |of: &CaseRow| {
        Event::new(EventKind::CaseSplit, now, actor)
            .case(of.id)
            .contact(of.contact_id)
            .data(data.clone())
    };
    events::append(tx, &[event(&case), event(&new)]).await?;
    cases::locked(tx, new.id).await
}
