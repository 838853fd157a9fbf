//! The desk's store as a whole, on both databases.

mod changes;
mod merges;
mod reading;

use uuid::Uuid;
use voce_domain::{
    case::{CaseState, Priority, Step, Waiting},
    event::{Actor, EventKind},
    labels::LabelKind,
};

use crate::{
    Db, Error,
    answers::{self, Written},
    case_merges,
    cases::{self, CaseRow, Scope},
    corrections,
    desk::{self, Filter, Owner, Query, Reader, Sort, View},
    drafts, events,
    example::{self, ANNA, BRUNO, GUEST, TEAM},
    looks::{self, Look},
    mentions,
    messages::{self, NewWords},
    search::{self, Words},
    tags,
    testing::each_database,
    undo, views,
};

fn anna() -> Reader {
    Reader {
        user: ANNA,
        scope: Scope::All,
        teams: vec![TEAM],
    }
}

fn query(view: View) -> Query {
    Query {
        view,
        filter: Filter::default(),
        sort: Sort::Newest,
        after: None,
        limit: 50,
    }
}

async fn numbers(db: &Db, reader: &Reader, query: &Query) -> Vec<i64> {
    desk::list(db, reader, query)
        .await
        .unwrap()
        .iter()
        .map(|line| line.case.number)
        .collect()
}

/// Everything of a case but what counts its changes.
fn figures(case: &CaseRow) -> CaseRow {
    CaseRow {
        version: 0,
        updated_at: 0,
        ..case.clone()
    }
}
