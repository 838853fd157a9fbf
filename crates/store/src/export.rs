//! Whole lists, page by page along a key: for exports and for whoever needs many rows by their ids.

use uuid::Uuid;
use voce_domain::Millis;

use crate::{
    Db, Result,
    cases::CaseRow,
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
