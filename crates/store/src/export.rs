//! Whole lists, page by page along a key: for exports and for whoever needs many rows by their ids.

use uuid::Uuid;
use voce_domain::Millis;

use crate::{
    Db, Error, Result, Tx,
    cases::CaseRow,
    identities::Held,
    messages::{self, MessageRow},
    statement::Statement,
};

/// Rows of a page.
pub const PAGE: i64 = 500;

/// The cases of these ids, in no order.
pub async fn cases_of(db: &Db, ids: &[Uuid]) -> Result<Vec<CaseRow>> {
    let mut s = Statement::new("SELECT * FROM cases WHERE id IN ");
    s.bind_list(ids);
    s.all(db).await
}

/// The messages of these ids, in no order.
pub async fn messages_of(db: &Db, ids: &[Uuid]) -> Result<Vec<MessageRow>> {
    let mut s = select_messages();
    s.push(" WHERE m.id IN ").bind_list(ids);
    s.all(db).await
}

fn select_messages() -> Statement {
    let mut s = Statement::new("SELECT ");
    s.push(messages::COLUMNS)
        .push(" FROM messages m JOIN channel_accounts a ON a.id = m.account_id LEFT JOIN identities i ON i.id = m.identity_id");
    s
}

/// All cases, whatever their state, by number: those after `number`.
pub async fn cases(db: &Db, number: i64) -> Result<Vec<CaseRow>> {
    sql!(db, c => sqlx::query_as("SELECT * FROM cases WHERE number > $1 ORDER BY number LIMIT $2").bind(number).bind(PAGE).fetch_all(c).await)
}

/// Which messages an export takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageFilter {
    pub account: Option<Uuid>,
    /// Stored at this moment or later.
    pub since: Option<Millis>,
    /// Stored before this moment.
    pub until: Option<Millis>,
}

/// Messages in the order in which they were stored: those after `seq`.
pub async fn messages(db: &Db, filter: &MessageFilter, seq: i64) -> Result<Vec<MessageRow>> {
    let mut s = select_messages();
    s.push(" WHERE m.seq > ").bind(seq);
    if let Some(account) = filter.account {
        s.push(" AND m.account_id = ").bind(account);
    }
    if let Some(since) = filter.since {
        s.push(" AND m.created_at >= ").bind(since);
    }
    if let Some(until) = filter.until {
        s.push(" AND m.created_at < ").bind(until);
    }
    s.push(" ORDER BY m.seq LIMIT ").bind(PAGE);
    s.all(db).await
}

/// A message of the same transaction.
pub async fn message_in(tx: &mut Tx, id: Uuid) -> Result<MessageRow> {
    let mut s = select_messages();
    s.push(" WHERE m.id = ").bind(id);
    s.all_in(tx).await?.pop().ok_or(Error::NotFound)
}

/// The addresses of a contact of the same transaction.
pub async fn identities_in(tx: &mut Tx, contact: Uuid) -> Result<Vec<Held>> {
    let mut s = Statement::new(
        "SELECT i.contact_id AS holder_id, i.id, i.kind, i.value, i.contact_id, i.name, i.created_at,
            (SELECT COUNT(*) FROM identity_shares s WHERE s.identity_id = i.id) AS others
         FROM identities i WHERE i.contact_id = ",
    );
    s.bind(contact);
    s.push(
        " UNION ALL SELECT h.contact_id, i.id, i.kind, i.value, i.contact_id, i.name, i.created_at,
            (SELECT COUNT(*) FROM identity_shares s WHERE s.identity_id = i.id)
         FROM identity_shares h JOIN identities i ON i.id = h.identity_id WHERE h.contact_id = ",
    );
    s.bind(contact).push(" ORDER BY 7, 2");
    s.all_in(tx).await
}
