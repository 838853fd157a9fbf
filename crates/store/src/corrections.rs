//! Labels that people put right. Every correction is kept: the engine learns from them.

use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    labels::{Emotion, LabelKind, Noise, SentimentClass, Urgency},
};

use crate::{
    Db, Error, Result, Tx,
    cases::{self, CaseRow},
    events,
    labels::{self, LabelColumns},
    lessons,
    statement::Statement,
};

/// A label that a person changed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Correction {
    pub message_id: Uuid,
    pub label: String,
    pub was: Option<String>,
    pub now: Option<String>,
    pub user_name: String,
    pub at: Millis,
}

/// The corrections of these messages, oldest first.
pub async fn of_messages(db: &Db, messages: &[Uuid]) -> Result<Vec<Correction>> {
    let mut s = Statement::new(
        "SELECT k.message_id, k.label, k.was, k.now, u.name AS user_name, k.at FROM corrections k JOIN users u ON u.id = k.user_id
         WHERE k.message_id IN ",
    );
    s.bind_list(messages).push(" ORDER BY k.id");
    s.all(db).await
}

#[derive(FromRow)]
struct Labelled {
    seq: i64,
    case_id: Uuid,
    direction: String,
    sent_at: Millis,
    #[sqlx(flatten)]
    labels: LabelColumns,
}

/// Puts one label of a message right. `None` takes it away, where that means something (language, request type, noise).
/// The columns of the case follow when the message is the newest inbound one. Writes nothing when it is so already.
pub async fn correct(
    tx: &mut Tx,
    message_id: Uuid,
    label: LabelKind,
    value: Option<&str>,
    user: Uuid,
    now: Millis,
) -> Result<()> {
    check(label, value)?;
    let mut message = labelled(tx, message_id).await?;
    let was = message.labels.get(label).map(str::to_owned);
    if was.as_deref() == value {
        return Ok(());
    }
    let number = message.labels.strength(label);
    let score = score_of(value);
    let strength = if label == LabelKind::Sentiment {
        score
    } else {
        Some(1.0)
    };
    message.labels.set(label, value, strength)?;
    labels::write(tx, message_id, &message.labels).await?;
    execute!(
        &mut *tx,
        sqlx::query(
            "INSERT INTO corrections (id, message_id, label, was, now, user_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        )
        .bind(Uuid::now_v7())
        .bind(message_id)
        .bind(label.key())
        .bind(was.as_deref())
        .bind(value)
        .bind(user)
        .bind(now)
    )?;
    lessons::changed(tx).await?;
    let case = follow(tx, &message, label, value, score, now).await?;
    let data = json!({ "number": case.number, "label": label, "from": was, "to": value, "strength": number });
    let event = Event::new(EventKind::LabelsCorrected, now, Actor::user(user))
        .case(case.id)
        .contact(case.contact_id);
    events::append(tx, &[event.message(message_id).data(data)]).await
}

/// Lets the case of a message follow labels that the engine gave it anew.
pub(crate) async fn follow_engine(tx: &mut Tx, message_id: Uuid, changed: &[LabelKind], now: Millis) -> Result<()> {
    let message = labelled(tx, message_id).await?;
    for label in changed {
        let (value, score) = (message.labels.get(*label), message.labels.sentiment_score);
        follow(tx, &message, *label, value, score, now).await?;
    }
    Ok(())
}

/// Takes a correction back, by the data of its event: the engine's label returns with its strength, and nothing is learnt.
pub(crate) async fn take_back(tx: &mut Tx, message_id: Uuid, data: &Value, user: Uuid, now: Millis) -> Result<bool> {
    let label: LabelKind = serde_json::from_value(data["label"].clone())?;
    let (from, to) = (data["from"].as_str(), data["to"].as_str());
    let last: Option<(Uuid, Option<String>)> = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT id, now FROM corrections WHERE message_id = $1 AND label = $2 ORDER BY id DESC LIMIT 1",
    ).bind(message_id).bind(label.key()).fetch_optional(c).await)?;
    let Some((id, _)) = last.filter(|(_, now)| now.as_deref() == to) else {
        return Ok(false);
    };
    execute!(&mut *tx, sqlx::query("DELETE FROM corrections WHERE id = $1").bind(id))?;
    lessons::changed(tx).await?;
    let strength = data["strength"].as_f64();
    let mut message = labelled(tx, message_id).await?;
    message.labels.set(label, from, strength)?;
    labels::write(tx, message_id, &message.labels).await?;
    let score = if label == LabelKind::Sentiment { strength } else { None };
    let case = follow(tx, &message, label, from, score, now).await?;
    let back = json!({ "number": case.number, "label": label, "from": to, "to": from, "undone": true });
    let event = Event::new(EventKind::LabelsCorrected, now, Actor::user(user))
        .case(case.id)
        .contact(case.contact_id);
    events::append(tx, &[event.message(message_id).data(back)]).await?;
    Ok(true)
}

fn check(label: LabelKind, value: Option<&str>) -> Result<()> {
    let good = match (label, value) {
        (LabelKind::Language, Some(code)) => code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase()),
        (LabelKind::Sentiment, Some(class)) => class.parse::<SentimentClass>().is_ok(),
        (LabelKind::Urgency, Some(urgency)) => urgency.parse::<Urgency>().is_ok(),
        (LabelKind::Noise, Some(noise)) => noise.parse::<Noise>().is_ok(),
        (LabelKind::RequestType, Some(key)) => !key.is_empty() && key.len() <= 80,
        (LabelKind::Emotion, Some(emotion)) => emotion.parse::<Emotion>().is_ok(),
        (LabelKind::Irony | LabelKind::Complaint, Some(said)) => matches!(said, "yes" | "no"),
        (LabelKind::Language | LabelKind::RequestType | LabelKind::Noise | LabelKind::Emotion, None) => true,
        (LabelKind::Sentiment | LabelKind::Urgency | LabelKind::Irony | LabelKind::Complaint, None) => false,
        (LabelKind::Signal, _) => false,
    };
    if good {
        Ok(())
    } else {
        Err(Error::Refused("label-unknown-value"))
    }
}

/// A middling score for a class that a person chose.
pub(crate) fn score_of(class: Option<&str>) -> Option<f64> {
    Some(match class {
        Some("negative") => -0.6,
        Some("positive") => 0.6,
        _ => 0.0,
    })
}

async fn labelled(tx: &mut Tx, id: Uuid) -> Result<Labelled> {
    sql!(tx, c => sqlx::query_as(
        "SELECT seq, case_id, direction, sent_at, language, sentiment, sentiment_score, request_type, request_confidence, urgency, noise,
            emotion, irony, complaint FROM messages WHERE id = $1",
    ).bind(id).fetch_one(c).await)
}

/// Lets the case follow its newest inbound message, and noise the whole case.
async fn follow(
    tx: &mut Tx,
    message: &Labelled,
    label: LabelKind,
    value: Option<&str>,
    score: Option<f64>,
    now: Millis,
) -> Result<CaseRow> {
    let mut case = cases::locked(tx, message.case_id).await?;
    if message.direction != "inbound" {
        return Ok(case);
    }
    let (newest,): (i64,) = sql!(&mut *tx, c => sqlx::query_as("SELECT MAX(seq) FROM messages WHERE case_id = $1 AND direction = 'inbound'")
        .bind(case.id).fetch_one(c).await)?;
    let is_newest = newest == message.seq;
    match label {
        LabelKind::Noise => return follow_noise(tx, case, message, value, now).await,
        _ if !is_newest => return Ok(case),
        LabelKind::Language => case.language = value.map(str::to_owned),
        LabelKind::RequestType => case.request_type = value.map(str::to_owned),
        LabelKind::Urgency => case.urgency = value.unwrap_or("normal").to_owned(),
        LabelKind::Sentiment => case.sentiment_score = score.unwrap_or_default(),
        // These the case does not keep.
        LabelKind::Emotion | LabelKind::Irony | LabelKind::Complaint | LabelKind::Signal => return Ok(case),
    }
    cases::set_labels(tx, &case, now).await?;
    cases::locked(tx, case.id).await
}

/// A case is noise while nothing but noise was said in it.
async fn follow_noise(
    tx: &mut Tx,
    mut case: CaseRow,
    message: &Labelled,
    value: Option<&str>,
    now: Millis,
) -> Result<CaseRow> {
    let (serious,): (i64,) = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT COUNT(*) FROM messages WHERE case_id = $1 AND direction <> 'internal' AND noise IS NULL",
    ).bind(case.id).fetch_one(c).await)?;
    let noise = if serious == 0 { value.map(str::to_owned) } else { None };
    if case.noise != noise {
        case.noise = noise;
        cases::set_labels(tx, &case, now).await?;
    }
    let waits = value.is_none() && case.unanswered_since.is_none_or(|since| message.sent_at < since);
    let (answered,): (i64,) = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT COUNT(*) FROM messages WHERE case_id = $1 AND direction = 'outbound' AND seq > $2",
    ).bind(case.id).bind(message.seq).fetch_one(c).await)?;
    let since = match (waits && answered == 0, value.is_some()) {
        (true, _) => Some(message.sent_at),
        (false, true) if case.unanswered_since == Some(message.sent_at) => None,
        _ => case.unanswered_since,
    };
    execute!(
        &mut *tx,
        sqlx::query("UPDATE cases SET unanswered_since = $2 WHERE id = $1")
            .bind(case.id)
            .bind(since)
    )?;
    cases::locked(tx, case.id).await
}
