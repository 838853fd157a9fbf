//! Merging contacts, and taking a merge back exactly.
//!
//! A merge moves every row of the merged contact to the kept one and writes down which rows those were. The merged
//! contact's own row keeps its values and points to the kept one. Undoing gives back precisely those rows; what came to
//! the kept contact later stays with it, and values that people changed since keep what they wrote.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
};
use voce_identity::merge::{self, Person};

use crate::{Db, Error, Result, Tx, contact_search, contacts, events};

/// Merges `merged` into `kept`.
pub async fn merge(tx: &mut Tx, kept: Uuid, merged: Uuid, by: Uuid, now: Millis) -> Result<Uuid> {
    if kept == merged {
        return Err(Error::Refused("error-merge-itself"));
    }
    let (into, other) = (contacts::get_in(tx, kept).await?, contacts::get_in(tx, merged).await?);
    if into.merged_into.is_some() || other.merged_into.is_some() {
        return Err(Error::Stale);
    }
    let plan = merge::plan(&into.person(), &other.person(), other.organization.as_deref());
    let updated_at = now.max(into.updated_at + 1);
    let moved = Moved {
        rows: Rows::take(tx, merged, kept).await?,
        before: Image {
            person: into.person(),
            updated_at: into.updated_at,
        },
        after: Image {
            person: plan.result,
            updated_at,
        },
    };
    contacts::write(tx, kept, &moved.after.person, into.updated_at, updated_at).await?;
    point(tx, merged, Some(kept)).await?;
    let id = Uuid::now_v7();
    execute!(
        &mut *tx,
        sqlx::query(
            "INSERT INTO contact_merges (id, kept_id, merged_id, moved, by_user, at) VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(id)
        .bind(kept)
        .bind(merged)
        .bind(serde_json::to_string(&moved)?)
        .bind(by)
        .bind(now)
    )?;
    contact_search::index(tx, &[kept, merged]).await?;
    let event = Event::new(EventKind::ContactsMerged, now, Actor::user(by)).contact(kept);
    events::append(
        tx,
        &[event.data(json!({ "merge": id, "merged": merged, "name": other.name }))],
    )
    .await?;
    Ok(id)
}

/// Why a merge cannot be taken back now.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// A later merge stands on this one: that has to be undone first.
    #[error("the later merge {id} of {name} depends on it")]
    Later { id: Uuid, name: String },
    #[error(transparent)]
    Store(#[from] Error),
}

/// Takes a merge back. [`Error::Stale`] when that was done already.
pub async fn undo(tx: &mut Tx, id: Uuid, by: Uuid, now: Millis) -> Result<(), UndoError> {
    let merge = open(tx, id).await?;
    if let Some((id, name)) = later(tx, &merge).await? {
        return Err(UndoError::Later { id, name });
    }
    let moved: Moved = serde_json::from_str(&merge.moved).map_err(Error::from)?;
    let touched = execute!(
        &mut *tx,
        sqlx::query("UPDATE contact_merges SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL")
            .bind(id)
            .bind(now)
    )?;
    if touched == 0 {
        return Err(Error::Stale.into());
    }
    moved.rows.give_back(tx, merge.merged_id, merge.kept_id).await?;
    restore(tx, merge.kept_id, &moved, now).await?;
    point(tx, merge.merged_id, None).await?;
    contact_search::index(tx, &[merge.kept_id, merge.merged_id]).await?;
    let event = Event::new(EventKind::ContactsUnmerged, now, Actor::user(by)).contact(merge.kept_id);
    events::append(tx, &[event.data(json!({ "merge": id, "merged": merge.merged_id }))]).await?;
    Ok(())
}

/// A merge in the history of a contact.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Merged {
    pub id: Uuid,
    pub kept_id: Uuid,
    pub merged_id: Uuid,
    /// Of the merged contact.
    pub name: String,
    /// Of the user who merged.
    pub by_name: Option<String>,
    pub at: Millis,
}

/// The merges into a contact that stand, newest first. Only the first can be undone at once.
pub async fn of_contact(db: &Db, kept: Uuid) -> Result<Vec<Merged>> {
    sql!(db, c => sqlx::query_as(
        "SELECT m.id, m.kept_id, m.merged_id, c.name, u.name AS by_name, m.at
         FROM contact_merges m JOIN contacts c ON c.id = m.merged_id LEFT JOIN users u ON u.id = m.by_user
         WHERE m.kept_id = $1 AND m.undone_at IS NULL ORDER BY m.id DESC",
    ).bind(kept).fetch_all(c).await)
}

/// The contact into which a merge went.
pub async fn kept_by(tx: &mut Tx, merge: Uuid) -> Result<Uuid> {
    let found: (Uuid,) = sql!(tx, c => sqlx::query_as("SELECT kept_id FROM contact_merges WHERE id = $1").bind(merge).fetch_one(c).await)?;
    Ok(found.0)
}

#[derive(FromRow)]
struct MergeRow {
    id: Uuid,
    kept_id: Uuid,
    merged_id: Uuid,
    moved: String,
}

async fn open(tx: &mut Tx, id: Uuid) -> Result<MergeRow> {
    let found: Option<MergeRow> = sql!(tx, c => sqlx::query_as(
        "SELECT id, kept_id, merged_id, moved FROM contact_merges WHERE id = $1 AND undone_at IS NULL",
    ).bind(id).fetch_optional(c).await)?;
    found.ok_or(Error::Stale)
}

/// The newest standing merge that came after and touched the kept contact: it planned with what this one had brought.
async fn later(tx: &mut Tx, merge: &MergeRow) -> Result<Option<(Uuid, String)>> {
    sql!(tx, c => sqlx::query_as(
        "SELECT m.id, c.name FROM contact_merges m JOIN contacts c ON c.id = m.merged_id
         WHERE m.undone_at IS NULL AND m.id > $1 AND (m.kept_id = $2 OR m.merged_id = $2) ORDER BY m.id DESC LIMIT 1",
    ).bind(merge.id).bind(merge.kept_id).fetch_optional(c).await)
}

/// Everything a merge changed but the merged contact's pointer.
#[derive(Debug, Serialize, Deserialize)]
struct Moved {
    rows: Rows,
    /// The kept contact as it was, and as the merge left it.
    before: Image,
    after: Image,
}

#[derive(Debug, Serialize, Deserialize)]
struct Image {
    person: Person,
    updated_at: Millis,
}

/// Keys of the rows that went from one contact to the other.
#[derive(Debug, Serialize, Deserialize)]
struct Rows {
    identities: Vec<Uuid>,
    /// Identities that the merged contact shared and the kept one shares now.
    shares: Vec<Uuid>,
    /// Shares that said nothing any more: (identity, contact).
    dropped_shares: Vec<(Uuid, Uuid)>,
    conversations: Vec<Uuid>,
    cases: Vec<Uuid>,
    /// By their sequence number.
    messages: Vec<i64>,
    reactions: Vec<Uuid>,
}

/// The same statement for each table whose rows belong to a contact.
macro_rules! take {
    ($tx:expr, $table:literal, $key:literal, $from:expr, $to:expr) => {
        sql!(&mut *$tx, c => sqlx::query_as(concat!("UPDATE ", $table, " SET contact_id = $2 WHERE contact_id = $1 RETURNING ", $key))
            .bind($from).bind($to).fetch_all(c).await).map(keys)?
    };
}

/// Gives rows back, but those that somebody moved elsewhere since.
macro_rules! give_back {
    ($tx:expr, $table:literal, $key:literal, $rows:expr, $from:expr, $to:expr) => {
        write_rows!($tx, "WITH moved (id, at, back) AS (VALUES ", $rows, row => [*row, $from, $to],
            concat!(") UPDATE ", $table, " SET contact_id = (SELECT back FROM moved WHERE moved.id = ", $table, ".", $key, ")
              WHERE ", $key, " IN (SELECT id FROM moved) AND contact_id IN (SELECT at FROM moved)"))?
    };
}

fn keys<K: Ord>(rows: Vec<(K,)>) -> Vec<K> {
    let mut keys: Vec<K> = rows.into_iter().map(|row| row.0).collect();
    keys.sort_unstable();
    keys
}

impl Rows {
    /// Moves everything `from` a contact `to` another.
    async fn take(tx: &mut Tx, from: Uuid, to: Uuid) -> Result<Self> {
        let identities = take!(tx, "identities", "id", from, to);
        let (shares, dropped_shares) = Self::take_shares(tx, from, to).await?;
        Ok(Self {
            identities,
            shares,
            dropped_shares,
            conversations: take!(tx, "conversations", "id", from, to),
            cases: take!(tx, "cases", "id", from, to),
            messages: take!(tx, "messages", "seq", from, to),
            reactions: take!(tx, "reactions", "id", from, to),
        })
    }

    /// After the identities moved: drops shares of what the kept contact owns or shares anyway, moves the rest.
    async fn take_shares(tx: &mut Tx, from: Uuid, to: Uuid) -> Result<(Vec<Uuid>, Vec<(Uuid, Uuid)>)> {
        let mut dropped: Vec<(Uuid, Uuid)> = sql!(&mut *tx, c => sqlx::query_as(
            "DELETE FROM identity_shares WHERE contact_id IN ($1, $2)
                AND (identity_id IN (SELECT id FROM identities WHERE contact_id = $2)
                    OR (contact_id = $1 AND identity_id IN (SELECT identity_id FROM identity_shares WHERE contact_id = $2)))
             RETURNING identity_id, contact_id",
        ).bind(from).bind(to).fetch_all(c).await)?;
        dropped.sort_unstable();
        let moved = take!(tx, "identity_shares", "identity_id", from, to);
        Ok((moved, dropped))
    }

    async fn give_back(&self, tx: &mut Tx, owner: Uuid, kept: Uuid) -> Result<()> {
        give_back!(tx, "identities", "id", self.identities, kept, owner);
        give_back!(tx, "identity_shares", "identity_id", self.shares, kept, owner);
        give_back!(tx, "conversations", "id", self.conversations, kept, owner);
        give_back!(tx, "cases", "id", self.cases, kept, owner);
        give_back!(tx, "messages", "seq", self.messages, kept, owner);
        give_back!(tx, "reactions", "id", self.reactions, kept, owner);
        // Unless the identity is gone.
        write_rows!(tx, "WITH dropped (identity_id, contact_id) AS (VALUES ", self.dropped_shares, share => [share.0, share.1],
            ") INSERT INTO identity_shares (identity_id, contact_id)
               SELECT d.identity_id, d.contact_id FROM dropped d JOIN identities i ON i.id = d.identity_id WHERE i.contact_id <> d.contact_id
               ON CONFLICT (identity_id, contact_id) DO NOTHING")?;
        Ok(())
    }
}

/// Gives the kept contact its values back, but those that were changed since the merge.
async fn restore(tx: &mut Tx, kept: Uuid, moved: &Moved, now: Millis) -> Result<()> {
    let present = contacts::get_in(tx, kept).await?;
    if present.updated_at == moved.after.updated_at {
        return contacts::write(
            tx,
            kept,
            &moved.before.person,
            present.updated_at,
            moved.before.updated_at,
        )
        .await;
    }
    let person = unmerged(present.person(), &moved.before.person, &moved.after.person);
    contacts::write(tx, kept, &person, present.updated_at, now.max(present.updated_at + 1)).await
}

fn unmerged(present: Person, before: &Person, after: &Person) -> Person {
    fn back<T: PartialEq + Clone>(present: T, before: &T, after: &T) -> T {
        if present == *after { before.clone() } else { present }
    }
    let mut fields = present.fields;
    for (key, value) in &after.fields {
        if fields.get(key) != Some(value) {
            continue;
        }
        match before.fields.get(key) {
            Some(value) => fields.insert(key.clone(), value.clone()),
            None => fields.remove(key),
        };
    }
    Person {
        name: back(present.name, &before.name, &after.name),
        customer: back(present.customer, &before.customer, &after.customer),
        organization_id: back(present.organization_id, &before.organization_id, &after.organization_id),
        language: back(present.language, &before.language, &after.language),
        avatar_url: back(present.avatar_url, &before.avatar_url, &after.avatar_url),
        note: back(present.note, &before.note, &after.note),
        fields,
    }
}

async fn point(tx: &mut Tx, merged: Uuid, into: Option<Uuid>) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE contacts SET merged_into = $2 WHERE id = $1")
            .bind(merged)
            .bind(into)
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
    use voce_domain::identity::{Address, IdentityKind};

    use super::*;
    use crate::{
        backup::{self, Snapshot},
        identities,
        testing::each_database,
    };

    /// All rows that a merge may touch, as they are stored.
    async fn rows(db: &Db) -> BTreeMap<&'static str, Vec<String>> {
        const TABLES: [&str; 8] = [
            "contacts",
            "organizations",
            "identities",
            "identity_shares",
            "conversations",
            "cases",
            "messages",
            "reactions",
        ];
        let mut snapshot = Snapshot::take(db).await.unwrap();
        let mut all = BTreeMap::new();
        for table in backup::tables(db)
            .await
            .unwrap()
            .into_iter()
            .filter(|table| TABLES.contains(&table.name))
        {
            let mut bytes = Vec::new();
            snapshot.dump(&table, &mut bytes).await.unwrap();
            let mut lines: Vec<String> = String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
            lines.sort_unstable();
            all.insert(table.name, lines);
        }
        assert_eq!(all.len(), TABLES.len());
        all
    }

    async fn person(tx: &mut Tx, random: &mut SmallRng, number: usize) -> Uuid {
        let organization_id = match random.random_bool(0.5) {
            true => Some(
                crate::organizations::named(tx, ["Aurora", "Borea"].choose(random).unwrap(), 5)
                    .await
                    .unwrap(),
            ),
            false => None,
        };
        let mut pick = |values: &[&str]| values.choose(random).unwrap().to_string();
        let person = Person {
            name: pick(&["Anna Rossi", "A. Rossi", "anna@example.com", "Bruno Neri"]),
            customer: pick(&["", "x"]) == "x",
            organization_id,
            language: Some(pick(&["it", "en", ""])).filter(|language| !language.is_empty()),
            avatar_url: None,
            note: pick(&["", "Nota", "Altra nota"]),
            fields: [
                ("Città".to_owned(), pick(&["Torino", "Milano"])),
                (pick(&["a", "b"]), pick(&["1", "2"])),
            ]
            .into(),
        };
        let address = Address::new(IdentityKind::Email, format!("p{number}@example.com"));
        let now = random.random_range(1..1_000);
        contacts::create(tx, &person, &[address], Actor::SYSTEM, now)
            .await
            .unwrap()
    }

    /// A conversation with its case, a message and a reaction.
    async fn say(tx: &mut Tx, contact: Uuid, number: i64) {
        let (account, conversation, case, message) = (Uuid::nil(), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        execute!(&mut *tx, sqlx::query("INSERT INTO conversations (id, account_id, thread_key, contact_id, case_id, created_at) VALUES ($1, $2, $3, $4, $5, 1)")
            .bind(conversation).bind(account).bind(conversation.to_string()).bind(contact).bind(case)).unwrap();
        execute!(&mut *tx, sqlx::query(
            "INSERT INTO cases (id, number, subject, preview, contact_id, account_id, state, priority, urgency, sentiment_score, active, messages,
                last_message_at, version, created_at, updated_at)
             VALUES ($1, $2, '', '', $3, $4, 'new', 'normal', 'normal', 0, TRUE, 1, 1, 1, 1, 1)",
        ).bind(case).bind(number).bind(contact).bind(account)).unwrap();
        execute!(&mut *tx, sqlx::query(
            "INSERT INTO messages (id, account_id, conversation_id, case_id, external_id, direction, kind, visibility, contact_id, author_name,
                body, automatic, attachments, sent_at, created_at)
             VALUES ($1, $2, $3, $4, $5, 'inbound', 'email', 'private', $6, '', '', 'no', 0, 1, 1)",
        ).bind(message).bind(account).bind(conversation).bind(case).bind(message.to_string()).bind(contact)).unwrap();
        execute!(tx, sqlx::query("INSERT INTO reactions (id, account_id, external_id, kind, contact_id, at) VALUES ($1, $2, $3, 'boost', $4, 1)")
            .bind(Uuid::now_v7()).bind(account).bind(message.to_string()).bind(contact)).unwrap();
    }

    async fn people(tx: &mut Tx, random: &mut SmallRng, count: usize) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(person(tx, random, number).await);
        }
        for number in 0..2 * count {
            let (one, other) = (*ids.choose(random).unwrap(), *ids.choose(random).unwrap());
            say(tx, one, number as i64).await;
            let address = Address::new(IdentityKind::Email, format!("p{}@example.com", number % count));
            let identity = identities::find_many(tx, &[address]).await.unwrap().remove(0);
            identities::share(tx, identity.id, other, Actor::SYSTEM, 1)
                .await
                .unwrap();
        }
        ids
    }

    #[tokio::test]
    async fn random_merges_are_undone_to_the_byte() {
        each_database(|db| async move {
            for seed in 0..6 {
                let mut random = SmallRng::seed_from_u64(seed);
                let mut tx = db.begin().await.unwrap();
                for table in [
                    "contacts",
                    "organizations",
                    "identities",
                    "conversations",
                    "cases",
                    "messages",
                    "reactions",
                    "contact_merges",
                ] {
                    execute!(
                        &mut tx,
                        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")))
                    )
                    .unwrap();
                }
                let mut alive = people(&mut tx, &mut random, 6).await;
                tx.commit().await.unwrap();
                let mut done = Vec::new();
                while alive.len() > 1 && (done.len() < 2 || random.random_bool(0.8)) {
                    let merged = alive.swap_remove(random.random_range(0..alive.len()));
                    let kept = *alive.choose(&mut random).unwrap();
                    let before = rows(&db).await;
                    let mut tx = db.begin().await.unwrap();
                    let id = merge(&mut tx, kept, merged, Uuid::nil(), 2_000).await.unwrap();
                    tx.commit().await.unwrap();
                    assert_ne!(rows(&db).await, before, "seed {seed}");
                    done.push((id, before));
                }
                for (id, before) in done.into_iter().rev() {
                    let mut tx = db.begin().await.unwrap();
                    undo(&mut tx, id, Uuid::nil(), 3_000).await.unwrap();
                    tx.commit().await.unwrap();
                    assert_eq!(rows(&db).await, before, "seed {seed}");
                }
            }
        })
        .await;
    }

    #[tokio::test]
    async fn what_came_later_stays_and_later_edits_win() {
        each_database(|db| async move {
            let mut random = SmallRng::seed_from_u64(7);
            let mut tx = db.begin().await.unwrap();
            let (kept, merged) = (
                person(&mut tx, &mut random, 1).await,
                person(&mut tx, &mut random, 2).await,
            );
            say(&mut tx, merged, 1).await;
            let before = contacts::get_in(&mut tx, kept).await.unwrap();
            let id = merge(&mut tx, kept, merged, Uuid::nil(), 2_000).await.unwrap();
            say(&mut tx, kept, 2).await;
            let between = contacts::get_in(&mut tx, kept).await.unwrap();
            let edited = Person {
                note: "Scritta dopo".into(),
                ..between.person()
            };
            contacts::edit(&mut tx, kept, &edited, between.updated_at, Actor::SYSTEM, 2_500)
                .await
                .unwrap();
            undo(&mut tx, id, Uuid::nil(), 3_000).await.unwrap();
            let again = undo(&mut tx, id, Uuid::nil(), 3_000).await;
            assert!(matches!(again, Err(UndoError::Store(Error::Stale))), "{again:?}");
            tx.commit().await.unwrap();
            let figures = contacts::figures(&db, &[kept, merged]).await.unwrap();
            assert_eq!((figures[&kept].cases, figures[&merged].cases), (1, 1));
            let now = contacts::get(&db, kept).await.unwrap();
            assert_eq!(
                now.person(),
                Person {
                    note: "Scritta dopo".into(),
                    ..before.person()
                }
            );
            assert_eq!(contacts::current(&db, merged).await.unwrap(), merged);
        })
        .await;
    }

    #[tokio::test]
    async fn a_later_merge_has_to_be_undone_first() {
        each_database(|db| async move {
            let mut random = SmallRng::seed_from_u64(9);
            let mut tx = db.begin().await.unwrap();
            let mut ids = Vec::new();
            for number in 0..3 {
                ids.push(person(&mut tx, &mut random, number).await);
            }
            let first = merge(&mut tx, ids[1], ids[0], Uuid::nil(), 1).await.unwrap();
            let second = merge(&mut tx, ids[2], ids[1], Uuid::nil(), 2).await.unwrap();
            let refused = undo(&mut tx, first, Uuid::nil(), 3).await;
            assert!(
                matches!(&refused, Err(UndoError::Later { id, .. }) if *id == second),
                "{refused:?}"
            );
            for (kept, merged) in [(ids[2], ids[0]), (ids[2], ids[2]), (ids[0], ids[2])] {
                assert!(
                    merge(&mut tx, kept, merged, Uuid::nil(), 4).await.is_err(),
                    "a merged contact is merged no more"
                );
            }
            tx.commit().await.unwrap();
            assert_eq!(contacts::current(&db, ids[0]).await.unwrap(), ids[2]);
            let history = of_contact(&db, ids[2]).await.unwrap();
            assert_eq!(history.iter().map(|merged| merged.id).collect::<Vec<_>>(), [second]);
        })
        .await;
    }
}
