//! A small company for tests: two colleagues and a guest, a mailbox, a customer, and cases with messages.

use uuid::Uuid;
use voce_domain::{
    case::Step,
    event::Actor,
    message::{MessageKind, Visibility},
};

use crate::{
    Db, Tx,
    answers::{self, NewAnswer, Written},
    cases::{self, CaseRow, Scope},
    deliveries::Payload,
    message_search::{self, Said},
    messages::NewWords,
};

pub(crate) const ANNA: Uuid = Uuid::from_u128(0xa);
pub(crate) const BRUNO: Uuid = Uuid::from_u128(0xb);
pub(crate) const GUEST: Uuid = Uuid::from_u128(0xc);
pub(crate) const ACCOUNT: Uuid = Uuid::from_u128(0xd);
pub(crate) const CONTACT: Uuid = Uuid::from_u128(0xe);
pub(crate) const TEAM: Uuid = Uuid::from_u128(0xf);

/// The people, the mailbox and the customer.
pub(crate) async fn company(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    for (id, name, role) in [
        (ANNA, "Anna", "agent"),
        (BRUNO, "Bruno Conti", "agent"),
        (GUEST, "Guido", "guest"),
    ] {
        execute!(
            &mut tx,
            sqlx::query("INSERT INTO users (id, email, name, role, created_at) VALUES ($1, $2, $2, $3, 0)")
                .bind(id)
                .bind(name)
                .bind(role)
        )
        .unwrap();
    }
    execute!(
        &mut tx,
        sqlx::query(
            "INSERT INTO channel_accounts (id, kind, name, address, config, state, created_at, updated_at)
         VALUES ($1, 'email', 'Assistenza', 'a@example.it', '{}', 'active', 0, 0)",
        )
        .bind(ACCOUNT)
    )
    .unwrap();
    execute!(&mut tx, sqlx::query(
        "INSERT INTO contacts (id, name, name_key, customer, created_at, updated_at) VALUES ($1, 'Marta Bianchi', 'marta bianchi', TRUE, 0, 0)",
    ).bind(CONTACT)).unwrap();
    execute!(
        &mut tx,
        sqlx::query("INSERT INTO teams (id, name, created_at) VALUES ($1, 'Spedizioni', 0)").bind(TEAM)
    )
    .unwrap();
    execute!(
        &mut tx,
        sqlx::query("INSERT INTO team_members (team_id, user_id) VALUES ($1, $2)")
            .bind(TEAM)
            .bind(ANNA)
    )
    .unwrap();
    tx.commit().await.unwrap();
}

/// A case with one conversation in which the customer wrote these texts, at 1000, 2000, …
pub(crate) async fn case(db: &Db, texts: &[&str]) -> CaseRow {
    let mut tx = db.begin().await.unwrap();
    let case = cases::open(
        &mut tx,
        texts.first().copied().unwrap_or_default(),
        CONTACT,
        ACCOUNT,
        Actor::SYSTEM,
        1000,
    )
    .await
    .unwrap();
    let conversation = Uuid::now_v7();
    execute!(&mut tx, sqlx::query(
        "INSERT INTO conversations (id, account_id, thread_key, subject, contact_id, case_id, created_at) VALUES ($1, $2, $3, 'Pacco', $4, $5, 0)",
    ).bind(conversation).bind(ACCOUNT).bind(conversation.to_string()).bind(CONTACT).bind(case.id)).unwrap();
    for (at, text) in texts.iter().enumerate() {
        inbound(&mut tx, case.id, conversation, text, (at as i64 + 1) * 1000).await;
    }
    cases::recount(&mut tx, case.id).await.unwrap();
    tx.commit().await.unwrap();
    cases::by_id(db, Scope::All, case.id).await.unwrap()
}

pub(crate) async fn inbound(tx: &mut Tx, case: Uuid, conversation: Uuid, text: &str, at: i64) -> Uuid {
    let id = Uuid::now_v7();
    let (seq,): (i64,) = sql!(&mut *tx, c => sqlx::query_as(
        "INSERT INTO messages (id, account_id, conversation_id, case_id, external_id, direction, kind, visibility, contact_id, author_name, body,
            automatic, attachments, sent_at, created_at, language, sentiment, sentiment_score, request_type, urgency)
         VALUES ($1, $2, $3, $4, $5, 'inbound', 'mail', 'private', $6, 'Marta Bianchi', $7, 'no', 0, $8, $8, 'it', 'negative', -0.4, 'help', 'normal')
         RETURNING seq",
    ).bind(id).bind(ACCOUNT).bind(conversation).bind(case).bind(id.to_string()).bind(CONTACT).bind(text).bind(at).fetch_one(c).await).unwrap();
    message_search::write(
        tx,
        &[Said {
            seq,
            subject: None,
            body: text,
            author_name: "Marta Bianchi",
        }],
    )
    .await
    .unwrap();
    id
}

/// The conversation of a case with one.
pub(crate) async fn conversation(db: &Db, case: Uuid) -> Uuid {
    crate::messages::conversations(db, case).await.unwrap()[0].id
}

/// An answer by Anna that may leave at `now + 5000`.
pub(crate) async fn answer(
    tx: &mut Tx,
    case: Uuid,
    conversation: Uuid,
    key: &str,
    now: i64,
    then: Option<Step>,
) -> Written {
    let words = NewWords {
        case_id: case,
        user: ANNA,
        author_name: "Anna",
        text: "Buongiorno Marta",
        idempotency_key: key,
        files: Vec::new(),
    };
    let new = NewAnswer {
        words,
        conversation,
        kind: MessageKind::Mail,
        visibility: Visibility::Private,
        subject: Some("Re: Pacco"),
        html: None,
        payload: Payload::default(),
        leaves_at: now + 5000,
        then,
    };
    answers::write(tx, &new, now).await.unwrap()
}
