//! Cases: where they stand, and every single change of it.

use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    case::{CaseState, Priority, Refused, Status, Step, Waiting},
    event::{Actor, Event, EventKind},
    labels::Urgency,
    permission::Role,
};

use crate::{Db, Dialect, Error, Result, Tx, events, statement::Statement};

/// One case as it is stored.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct CaseRow {
    pub id: Uuid,
    pub number: i64,
    pub subject: String,
    pub preview: String,
    pub contact_id: Uuid,
    pub account_id: Uuid,
    pub state: String,
    pub waiting: Option<String>,
    pub waiting_until: Option<Millis>,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub priority: String,
    pub language: Option<String>,
    pub request_type: Option<String>,
    pub urgency: String,
    pub sentiment_score: f64,
    pub noise: Option<String>,
    pub active: bool,
    pub messages: i64,
    pub unanswered_since: Option<Millis>,
    pub last_message_at: Millis,
    pub first_answer_at: Option<Millis>,
    pub resolved_at: Option<Millis>,
    pub merged_into: Option<Uuid>,
    pub version: i64,
    pub created_at: Millis,
    pub updated_at: Millis,
}

impl CaseRow {
    pub fn status(&self) -> Result<Status> {
        let waiting = match &self.waiting {
            Some(key) => Some(
                Waiting::from_key(key, self.waiting_until)
                    .ok_or_else(|| Error::Corrupt(format!("waiting {key:?} of case {}", self.number)))?,
            ),
            None => None,
        };
        Ok(Status {
            state: self.state.parse()?,
            owner: self.owner_id,
            waiting,
        })
    }
}

/// Which cases somebody may see. Every read of cases takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    All,
    /// Only those that this person owns, or is mentioned in.
    Involved(Uuid),
}

impl Scope {
    pub fn of(role: Role, user: Uuid) -> Self {
        if role.sees_all_cases() {
            Self::All
        } else {
            Self::Involved(user)
        }
    }

    /// ` AND …`, for a statement that calls cases `c`.
    pub(crate) fn limit(self, statement: &mut Statement) {
        if let Self::Involved(user) = self {
            statement.push(" AND (c.owner_id = ").bind(user);
            statement
                .push(" OR EXISTS (SELECT 1 FROM note_mentions m WHERE m.case_id = c.id AND m.user_id = ")
                .bind(user);
            statement.push("))");
        }
    }
}

/// The case with that number.
pub async fn by_number(db: &Db, scope: Scope, number: i64) -> Result<CaseRow> {
    let mut statement = Statement::new("SELECT c.* FROM cases c WHERE c.number = ");
    statement.bind(number);
    scope.limit(&mut statement);
    statement.all(db).await?.pop().ok_or(Error::NotFound)
}

/// Those of these cases that may be seen.
pub async fn by_numbers(db: &Db, scope: Scope, numbers: &[i64]) -> Result<Vec<CaseRow>> {
    let mut statement = Statement::new("SELECT c.* FROM cases c WHERE c.number IN ");
    statement.bind_list(numbers);
    scope.limit(&mut statement);
    statement.all(db).await
}

pub async fn by_id(db: &Db, scope: Scope, id: Uuid) -> Result<CaseRow> {
    let mut statement = Statement::new("SELECT c.* FROM cases c WHERE c.id = ");
    statement.bind(id);
    scope.limit(&mut statement);
    statement.all(db).await?.pop().ok_or(Error::NotFound)
}

/// Takes one step. The same row comes back when it changes nothing.
/// With `expected`, refuses ([`Error::Stale`]) when the case changed since it had that version.
pub async fn step(
    tx: &mut Tx,
    id: Uuid,
    step: Step,
    actor: Actor,
    now: Millis,
    expected: Option<i64>,
) -> Result<CaseRow> {
    let case = locked(tx, id).await?;
    if expected.is_some_and(|version| version != case.version) {
        return Err(Error::Stale);
    }
    if case.merged_into.is_some() {
        return Err(Error::Refused("case-is-merged"));
    }
    let after = case.status()?.after(step, now).map_err(|refused| match refused {
        Refused::Closed => Error::Refused("case-is-closed"),
        Refused::Past => Error::Refused("case-moment-passed"),
    })?;
    set_status(tx, case, after, actor, now).await
}

/// Puts a case where it stood before (undo); refuses a status that contradicts itself.
pub async fn restore(tx: &mut Tx, id: Uuid, status: Status, actor: Actor, now: Millis) -> Result<CaseRow> {
    let consistent = (status.state == CaseState::Waiting) == status.waiting.is_some()
        && (status.state != CaseState::New || status.owner.is_none())
        && (status.state != CaseState::Open || status.owner.is_some());
    if !consistent {
        return Err(Error::Corrupt("a status that contradicts itself".into()));
    }
    let case = locked(tx, id).await?;
    set_status(tx, case, status, actor, now).await
}

/// Writes state, owner and what it waits for together, with the events that tell it.
pub(crate) async fn set_status(
    tx: &mut Tx,
    case: CaseRow,
    after: Status,
    actor: Actor,
    now: Millis,
) -> Result<CaseRow> {
    let before = case.status()?;
    if before == after {
        return Ok(case);
    }
    let active = is_active(after.state) && case.noise.is_none();
    let resolved_at = match (is_active(before.state), is_active(after.state)) {
        (true, false) => Some(now),
        (_, true) => None,
        (false, false) => case.resolved_at,
    };
    let until = match after.waiting {
        Some(Waiting::Until(until)) => Some(until),
        _ => None,
    };
    let row: CaseRow = sql!(&mut *tx, c => sqlx::query_as(
        "UPDATE cases SET state = $2, waiting = $3, waiting_until = $4, owner_id = $5, active = $6, resolved_at = $7,
            version = version + 1, updated_at = $8 WHERE id = $1 RETURNING *",
    ).bind(case.id).bind(after.state.key()).bind(after.waiting.map(Waiting::key)).bind(until).bind(after.owner)
     .bind(active).bind(resolved_at).bind(now).fetch_one(c).await)?;
    events::append(tx, &status_events(&row, before, after, actor, now)).await?;
    Ok(row)
}

fn status_events(case: &CaseRow, before: Status, after: Status, actor: Actor, now: Millis) -> Vec<Event> {
    let data = json!({ "number": case.number, "from": before, "to": after });
    let event = |kind| {
        Event::new(kind, now, actor)
            .case(case.id)
            .contact(case.contact_id)
            .data(data.clone())
    };
    let mut told = Vec::with_capacity(2);
    if before.owner != after.owner {
        told.push(event(EventKind::CaseAssigned));
    }
    if before.state != after.state || before.waiting != after.waiting {
        let reopened = !is_active(before.state) && is_active(after.state);
        told.push(event(if reopened {
            EventKind::CaseReopened
        } else {
            EventKind::CaseStateChanged
        }));
    }
    told
}

pub(crate) fn is_active(state: CaseState) -> bool {
    matches!(state, CaseState::New | CaseState::Open | CaseState::Waiting)
}

/// Gives the case to a team, or to none.
pub async fn set_team(tx: &mut Tx, id: Uuid, team: Option<Uuid>, actor: Actor, now: Millis) -> Result<CaseRow> {
    let case = locked(tx, id).await?;
    if case.team_id == team {
        return Ok(case);
    }
    let from = json!(case.team_id);
    touch(tx, id, now, |s| _ = s.push("team_id = ").bind_option(team)).await?;
    tell_changed(tx, &case, "team", from, json!(team), actor, now).await?;
    locked(tx, id).await
}

pub async fn set_priority(tx: &mut Tx, id: Uuid, priority: Priority, actor: Actor, now: Millis) -> Result<CaseRow> {
    let case = locked(tx, id).await?;
    if case.priority == priority.key() {
        return Ok(case);
    }
    touch(tx, id, now, |s| _ = s.push("priority = ").bind(priority.key())).await?;
    tell_changed(tx, &case, "priority", json!(case.priority), json!(priority), actor, now).await?;
    locked(tx, id).await
}

pub async fn set_subject(tx: &mut Tx, id: Uuid, subject: &str, actor: Actor, now: Millis) -> Result<CaseRow> {
    let case = locked(tx, id).await?;
    if case.subject == subject {
        return Ok(case);
    }
    touch(tx, id, now, |s| _ = s.push("subject = ").bind(subject)).await?;
    tell_changed(tx, &case, "subject", json!(case.subject), json!(subject), actor, now).await?;
    locked(tx, id).await
}

/// Sets the columns of a case that follow the labels of its newest inbound message.
pub(crate) async fn set_labels(tx: &mut Tx, case: &CaseRow, now: Millis) -> Result<()> {
    let noise = case.noise.as_deref();
    let state: CaseState = case.state.parse()?;
    let active = is_active(state) && noise.is_none() && case.merged_into.is_none();
    execute!(&mut *tx, sqlx::query(
        "UPDATE cases SET language = $2, request_type = $3, urgency = $4, sentiment_score = $5, noise = $6, active = $7,
            version = version + 1, updated_at = $8 WHERE id = $1",
    ).bind(case.id).bind(case.language.as_deref()).bind(case.request_type.as_deref()).bind(case.urgency.as_str())
     .bind(case.sentiment_score).bind(noise).bind(active).bind(now))?;
    Ok(())
}

async fn touch(tx: &mut Tx, id: Uuid, now: Millis, set: impl FnOnce(&mut Statement)) -> Result<()> {
    let mut statement = Statement::new("UPDATE cases SET version = version + 1, updated_at = ");
    statement.bind(now).push(", ");
    set(&mut statement);
    statement.push(" WHERE id = ").bind(id);
    statement.run(tx).await?;
    Ok(())
}

async fn tell_changed(
    tx: &mut Tx,
    case: &CaseRow,
    field: &str,
    from: serde_json::Value,
    to: serde_json::Value,
    actor: Actor,
    now: Millis,
) -> Result<()> {
    let data = json!({ "number": case.number, "field": field, "from": from, "to": to });
    let event = Event::new(EventKind::CaseChanged, now, actor)
        .case(case.id)
        .contact(case.contact_id)
        .data(data);
    events::append(tx, &[event]).await
}

/// The row, held until the end of the transaction.
pub(crate) async fn locked(tx: &mut Tx, id: Uuid) -> Result<CaseRow> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT * FROM cases WHERE id = $1",
        Dialect::Postgres => "SELECT * FROM cases WHERE id = $1 FOR UPDATE",
    };
    sql!(tx, c => sqlx::query_as(text).bind(id).fetch_one(c).await)
}

/// A new human number.
pub(crate) async fn next_number(tx: &mut Tx) -> Result<i64> {
    let (number,): (i64,) = sql!(tx, c => sqlx::query_as(
        "UPDATE counters SET value = value + 1 WHERE name = 'case' RETURNING value",
    ).fetch_one(c).await)?;
    Ok(number)
}

/// A case that a person opens, without messages yet.
pub(crate) async fn open(
    tx: &mut Tx,
    subject: &str,
    contact: Uuid,
    account: Uuid,
    actor: Actor,
    now: Millis,
) -> Result<CaseRow> {
    let number = next_number(tx).await?;
    let row: CaseRow = sql!(&mut *tx, c => sqlx::query_as(
        "INSERT INTO cases (id, number, subject, preview, contact_id, account_id, state, owner_id, team_id, priority, urgency,
            sentiment_score, active, messages, last_message_at, version, created_at, updated_at)
         VALUES ($1, $2, $3, '', $4, $5, 'new', NULL, (SELECT team_id FROM channel_accounts WHERE id = $5), $6, $7, 0.0, TRUE, 0,
            $8, 1, $8, $8) RETURNING *",
    ).bind(Uuid::now_v7()).bind(number).bind(subject).bind(contact).bind(account).bind(Priority::Normal.key())
     .bind(Urgency::Normal.key()).bind(now).fetch_one(c).await)?;
    let data = json!({ "number": number, "subject": subject });
    events::append(
        tx,
        &[Event::new(EventKind::CaseOpened, now, actor)
            .case(row.id)
            .contact(contact)
            .data(data)],
    )
    .await?;
    Ok(row)
}

/// Cases whose moment to wake has come, the longest waiting first. Each then takes [`Step::Time`].
pub async fn to_wake(db: &Db, now: Millis, limit: i64) -> Result<Vec<Uuid>> {
    let rows: Vec<(Uuid,)> = sql!(db, c => sqlx::query_as(
        "SELECT id FROM cases WHERE waiting_until IS NOT NULL AND waiting_until <= $1 ORDER BY waiting_until LIMIT $2",
    ).bind(now).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Counts and times of a case, counted again from its messages after some moved.
pub(crate) async fn recount(tx: &mut Tx, id: Uuid) -> Result<()> {
    execute!(tx, sqlx::query(
        "UPDATE cases SET
            messages = (SELECT COUNT(*) FROM messages WHERE case_id = $1 AND direction <> 'internal'),
            last_message_at = COALESCE((SELECT MAX(sent_at) FROM messages WHERE case_id = $1 AND direction <> 'internal'), last_message_at),
            preview = COALESCE((SELECT substr(body, 1, 200) FROM messages WHERE case_id = $1 AND direction <> 'internal' ORDER BY seq DESC LIMIT 1), preview),
            first_answer_at = (SELECT MIN(sent_at) FROM messages WHERE case_id = $1 AND direction = 'outbound'),
            unanswered_since = (SELECT MIN(sent_at) FROM messages WHERE case_id = $1 AND direction = 'inbound'
                AND noise IS NULL
                AND seq > COALESCE((SELECT MAX(seq) FROM messages WHERE case_id = $1 AND direction = 'outbound'), 0))
         WHERE id = $1",
    ).bind(id))?;
    Ok(())
}
