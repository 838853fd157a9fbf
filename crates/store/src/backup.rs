//! Everything in the database as lines of JSON, the same on both databases: a backup of one can be restored into the other.
//!
//! One line is one row, an array of its columns' values in the order of [`Table::columns`]; bytes and UUIDs are hexadecimal.

use std::io::{BufRead, Write};

use sqlx::{AssertSqlSafe, Row};

use crate::{Db, Dialect, Error, Result, Tx};

/// Tables in an order in which every row finds what it refers to. Search tables are left out: they are made anew.
pub const TABLES: &[&str] = &[
    "settings",
    "counters",
    "users",
    "password_resets",
    "invitations",
    "sessions",
    "login_attempts",
    "api_tokens",
    "teams",
    "team_members",
    "audit_log",
    "channel_accounts",
    "intake",
    "organizations",
    "contacts",
    "identities",
    "identity_shares",
    "contact_merges",
    "conversations",
    "messages",
    "deliveries",
    "attachments",
    "corrections",
    "label_examples",
    "labelled_days",
    "opinions",
    "reactions",
    "cases",
    "case_merges",
    "tags",
    "case_tags",
    "note_mentions",
    "drafts",
    "case_looks",
    "saved_views",
    "request_types",
    "routing_rules",
    "canned_answers",
    "events",
    "cursors",
    "web_hooks",
    "web_hook_deliveries",
    "imports",
    "import_errors",
    "idempotent_calls",
];

/// Rows of one INSERT while restoring; a chunk also ends after [`CHUNK_BYTES`].
const CHUNK_ROWS: usize = 500;
const CHUNK_BYTES: usize = 4 << 20;

/// One consistent look at the whole database, while others go on writing.
pub struct Snapshot(Tx);

/// A table and its columns, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    kind: Kind,
}

/// How a value is written in JSON and read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Hexadecimal; on PostgreSQL a `uuid` or a `bytea`.
    Bytes,
    Uuid,
    Boolean,
    Integer,
    Real,
    Text,
}

impl Snapshot {
    /// Starts to look. On SQLite readers never block the writer; on PostgreSQL the snapshot is repeatable.
    pub async fn take(db: &Db) -> Result<Self> {
        Ok(Self(match db {
            Db::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Db::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        }))
    }

    /// Writes all rows of a table and says how many.
    pub async fn dump(&mut self, table: &Table, out: &mut impl Write) -> Result<u64> {
        let dialect = self.0.dialect();
        let values: Vec<String> = table.columns.iter().map(|column| column.to_json(dialect)).collect();
        let array = match dialect {
            Dialect::Sqlite => "json_array",
            Dialect::Postgres => "json_build_array",
        };
        let query = format!(
            "SELECT CAST({array}({}) AS TEXT) FROM {}",
            values.join(", "),
            table.name
        );
        let mut rows = 0;
        match &mut self.0 {
            Tx::Sqlite(tx) => write_all(sqlx::query(AssertSqlSafe(query)).fetch(&mut **tx), out, &mut rows).await?,
            Tx::Postgres(tx) => write_all(sqlx::query(AssertSqlSafe(query)).fetch(&mut **tx), out, &mut rows).await?,
        }
        Ok(rows)
    }
}

async fn write_all<R: Row>(
    mut lines: futures::stream::BoxStream<'_, sqlx::Result<R>>,
    out: &mut impl Write,
    rows: &mut u64,
) -> Result<()>
where
    usize: sqlx::ColumnIndex<R>,
    String: sqlx::Type<R::Database> + for<'r> sqlx::Decode<'r, R::Database>,
{
    use futures::StreamExt;
    while let Some(line) = lines.next().await {
        let line: String = line?.try_get(0)?;
        writeln!(out, "{}", one_line(line)).map_err(|error| Error::Database(sqlx::Error::Io(error)))?;
        *rows += 1;
    }
    Ok(())
}

/// JSON has no raw line breaks inside strings, but PostgreSQL may lay out arrays over lines.
fn one_line(json: String) -> String {
    if json.contains('\n') {
        json.replace('\n', " ")
    } else {
        json
    }
}

/// The tables of this database.
pub async fn tables(db: &Db) -> Result<Vec<Table>> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for name in TABLES {
        let text = match db.dialect() {
            Dialect::Sqlite => "SELECT name, lower(type) FROM pragma_table_info($1) ORDER BY name",
            Dialect::Postgres => {
                "SELECT column_name::text, data_type::text FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name COLLATE \"C\""
            }
        };
        let columns: Vec<(String, String)> = sql!(db, c => sqlx::query_as(text).bind(*name).fetch_all(c).await)?;
        let columns = columns
            .into_iter()
            .map(|(name, kind)| Column {
                name,
                kind: Kind::of(&kind),
            })
            .collect();
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

/// Whether nobody has set this installation up yet: only such a database may be restored into.
pub async fn is_empty(db: &Db) -> Result<bool> {
    let users: i64 = sql!(db, c => sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(c).await)?;
    Ok(users == 0)
}

/// Removes what a fresh database already holds, so that the backup's rows take its place.
pub async fn clear(tx: &mut Tx) -> Result<()> {
    for table in TABLES.iter().rev() {
        execute!(&mut *tx, sqlx::query(AssertSqlSafe(format!("DELETE FROM {table}"))))?;
    }
    Ok(())
}

/// Reads the rows of a table back. `columns` are those of the dump, which may be of an earlier version.
pub async fn restore(tx: &mut Tx, table: &Table, columns: &[String], lines: &mut dyn BufRead) -> Result<u64> {
    let (mut chunk, mut rows, mut in_chunk) = (String::from("["), 0, 0);
    let mut line = String::new();
    loop {
        line.clear();
        let end = lines
            .read_line(&mut line)
            .map_err(|error| Error::Database(sqlx::Error::Io(error)))?
            == 0;
        if !end && !line.trim().is_empty() {
            if in_chunk > 0 {
                chunk.push(',');
            }
            chunk.push_str(line.trim_end());
            in_chunk += 1;
        }
        if in_chunk == CHUNK_ROWS || chunk.len() > CHUNK_BYTES || (end && in_chunk > 0) {
            chunk.push(']');
            rows += insert(tx, table, columns, &chunk).await?;
            (chunk, in_chunk) = (String::from("["), 0);
        }
        if end {
            break;
        }
    }
    after_restore(tx, table).await?;
    Ok(rows)
}

async fn insert(tx: &mut Tx, table: &Table, columns: &[String], chunk: &str) -> Result<u64> {
    let dialect = tx.dialect();
    let known = columns
        .iter()
        .enumerate()
        .filter_map(|(at, name)| Some((at, table.columns.iter().find(|column| &column.name == name)?)));
    let (names, values): (Vec<&str>, Vec<String>) = known
        .map(|(at, column)| (column.name.as_str(), column.of_json(at, dialect)))
        .unzip();
    let from = match dialect {
        Dialect::Sqlite => "json_each($1)",
        Dialect::Postgres => "json_array_elements($1::json)",
    };
    let text = format!(
        "INSERT INTO {} ({}) SELECT {} FROM {from}",
        table.name,
        names.join(", "),
        values.join(", ")
    );
    execute!(tx, sqlx::query(AssertSqlSafe(text)).bind(chunk))
}

/// On PostgreSQL the sequences go on after the restored rows.
async fn after_restore(tx: &mut Tx, table: &Table) -> Result<()> {
    let key = match table.name {
        "contacts" | "messages" | "events" => "seq",
        "intake" => "id",
        _ => return Ok(()),
    };
    if tx.dialect() == Dialect::Postgres {
        let text = format!(
            "SELECT setval(pg_get_serial_sequence('{0}', '{key}'), COALESCE((SELECT MAX({key}) FROM {0}), 0) + 1, false)",
            table.name
        );
        execute!(tx, sqlx::query(AssertSqlSafe(text)))?;
    }
    Ok(())
}

impl Kind {
    fn of(declared: &str) -> Self {
        match declared {
            "uuid" => Self::Uuid,
            "blob" | "bytea" => Self::Bytes,
            "boolean" => Self::Boolean,
            "bigint" | "integer" => Self::Integer,
            "double precision" => Self::Real,
            _ => Self::Text,
        }
    }
}

impl Column {
    fn to_json(&self, dialect: Dialect) -> String {
        let name = &self.name;
        match (dialect, self.kind) {
            (Dialect::Sqlite, Kind::Bytes) => format!("CASE WHEN {name} IS NULL THEN NULL ELSE lower(hex({name})) END"),
            (Dialect::Postgres, Kind::Bytes) => format!("encode({name}, 'hex')"),
            (Dialect::Postgres, Kind::Uuid) => format!("replace({name}::text, '-', '')"),
            (Dialect::Postgres, Kind::Boolean) => format!("{name}::int"),
            _ => name.clone(),
        }
    }

    fn of_json(&self, at: usize, dialect: Dialect) -> String {
        match (dialect, self.kind) {
            (Dialect::Sqlite, Kind::Bytes) => format!("unhex(value ->> '$[{at}]')"),
            (Dialect::Sqlite, _) => format!("value ->> '$[{at}]'"),
            (Dialect::Postgres, Kind::Bytes) => format!("decode(value ->> {at}, 'hex')"),
            (Dialect::Postgres, Kind::Uuid) => format!("(value ->> {at})::uuid"),
            (Dialect::Postgres, Kind::Boolean) => format!("(value ->> {at})::int::boolean"),
            (Dialect::Postgres, Kind::Integer) => format!("(value ->> {at})::bigint"),
            (Dialect::Postgres, Kind::Real) => format!("(value ->> {at})::double precision"),
            (Dialect::Postgres, Kind::Text) => format!("value ->> {at}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use voce_domain::event::{Actor, Event, EventKind};

    use super::*;
    use crate::{events, testing};

    async fn fill(db: &Db) {
        let mut tx = db.begin().await.unwrap();
        let user = Uuid::now_v7();
        execute!(&mut tx, sqlx::query("INSERT INTO users (id, email, name, role, totp_secret, active, created_at) VALUES ($1, $2, $3, 'admin', $4, TRUE, 5)")
            .bind(user).bind("a@example.com").bind("Anna \"è\"\n\tRossi").bind(&b"\x00\xff'"[..])).unwrap();
        execute!(&mut tx, sqlx::query("INSERT INTO cases (id, number, subject, preview, contact_id, account_id, state, priority, urgency, sentiment_score, active, messages, last_message_at, version, created_at, updated_at)
            VALUES ($1, 1042, 's', 'p', $1, $1, 'new', 'normal', 'high', -0.25, TRUE, 1, 7, 1, 7, 7)").bind(user)).unwrap();
        events::append(
            &mut tx,
            &[Event::new(EventKind::CaseOpened, 7, Actor::SYSTEM).case(user)],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn dump(db: &Db) -> Vec<(Table, Vec<u8>)> {
        let mut snapshot = Snapshot::take(db).await.unwrap();
        let mut dumped = Vec::new();
        for table in tables(db).await.unwrap() {
            let mut lines = Vec::new();
            snapshot.dump(&table, &mut lines).await.unwrap();
            dumped.push((table, lines));
        }
        dumped
    }

    async fn refill(db: &Db, dumped: &[(Table, Vec<u8>)]) {
        let mut tx = db.begin().await.unwrap();
        clear(&mut tx).await.unwrap();
        for table in tables(db).await.unwrap() {
            let (from, lines) = dumped.iter().find(|(from, _)| from.name == table.name).unwrap();
            let columns: Vec<String> = from.columns.iter().map(|column| column.name.clone()).collect();
            restore(&mut tx, &table, &columns, &mut &lines[..]).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_is_dumped_from_one_database_is_the_same_after_restoring_into_another() {
        let (_folder, url) = testing::sqlite().await;
        let source = Db::open(&url).await.unwrap();
        fill(&source).await;
        let before = dump(&source).await;
        assert!(before.iter().filter(|(_, lines)| !lines.is_empty()).count() >= 4);
        let before = &before;
        testing::each_database(async |db| {
            assert!(is_empty(&db).await.unwrap());
            refill(&db, before).await;
            assert!(!is_empty(&db).await.unwrap());
            for ((table, then), (_, now)) in before.iter().zip(dump(&db).await) {
                let read = |lines: &[u8]| {
                    String::from_utf8(lines.to_vec())
                        .unwrap()
                        .lines()
                        .map(|line| serde_json::from_str(line).unwrap())
                        .collect::<Vec<serde_json::Value>>()
                };
                if table.name != "events" {
                    assert_eq!(read(then), read(&now), "{}", table.name);
                }
            }
            let mut tx = db.begin().await.unwrap();
            events::append(&mut tx, &[Event::new(EventKind::CaseChanged, 8, Actor::SYSTEM)])
                .await
                .unwrap();
            tx.commit().await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn every_table_is_in_the_list() {
        testing::each_database(async |db| {
            let text = match db.dialect() {
                Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
                Dialect::Postgres => {
                    "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()"
                }
            };
            let names: Vec<String> = sql!(&db, c => sqlx::query_scalar(text).fetch_all(c).await).unwrap();
            for name in names
                .iter()
                .filter(|name| !name.contains("_search") && !name.starts_with("sqlite_") && !name.starts_with("_sqlx"))
            {
                assert!(TABLES.contains(&name.as_str()), "{name} is not backed up");
            }
        })
        .await;
    }
}
