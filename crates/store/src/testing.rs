//! Tests on both databases: a fresh SQLite file, and a fresh database of a throw-away PostgreSQL that lives as long as
//! the test process.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

use crate::Db;

/// Runs a test on a fresh, migrated SQLite database and then on a fresh, migrated PostgreSQL database.
pub async fn each_database<F: Future<Output = ()>>(test: impl Fn(Db) -> F) {
    each_url(async |url| {
        let db = Db::open(&url).await.expect("a fresh database opens");
        test(db.clone()).await;
        db.close().await;
    })
    .await;
}

/// The same for tests that open the database themselves, several times or in another process.
pub async fn each_url(test: impl AsyncFn(String)) {
    let (_folder, url) = sqlite().await;
    eprintln!("on SQLite");
    test(url).await;
    if let Some(server) = Server::running() {
        let name = server.create().await;
        eprintln!("on PostgreSQL");
        test(server.url(&name)).await;
        server.drop(&name).await;
    }
}

/// A fresh, migrated SQLite database that is removed with its folder.
pub async fn sqlite() -> (TempDir, String) {
    static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
    let bytes = MIGRATED.get_or_init(async || {
        let (_folder, path) = sqlite_path();
        Db::open(&path).await.expect("a new file is migrated").close().await;
        fs::read(&path).expect("the new file is there")
    });
    let (folder, path) = sqlite_path();
    fs::write(&path, bytes.await).expect("the folder can be written");
    (folder, path)
}

fn sqlite_path() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("voce.db").to_string_lossy().into_owned();
    (folder, path)
}

/// The throw-away PostgreSQL of this process.
struct Server {
    /// Its socket and data lie here.
    folder: String,
    /// The watching shell ends the server when the pipe to it closes, however this process ends.
    _watching: Child,
    creating: Mutex<u32>,
}

const TEMPLATE: &str = "voce_template";

/// Ends with its standard input.
const SHELL: &str = r#"
    folder=$(mktemp -d)
    "$0/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
    "$0/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 -c shared_buffers=64MB \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off >>"$folder/log" 2>&1 </dev/null &
    echo "$folder"
    cat >/dev/null
    kill -QUIT $!
    wait $!
    rm -rf "$folder"
"#;

impl Server {
    /// `None` where PostgreSQL is not installed, which is told once and is an error on a CI machine.
    fn running() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        SERVER
            .get_or_init(|| {
                if let Some(programs) = programs() {
                    return Some(Self::start(&programs));
                }
                eprintln!("left out: PostgreSQL (initdb not found)");
                assert!(std::env::var("CI").is_err(), "CI tests on PostgreSQL too");
                None
            })
            .as_ref()
    }

    fn start(programs: &Path) -> Self {
        // PostgreSQL refuses to run as root.
        let root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
        let mut shell = match root {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh"]);
                command
            }
            false => Command::new("sh"),
        };
        shell
            .args(["-c", SHELL])
            .arg(programs)
            .current_dir("/")
            .process_group(0);
        let mut watching = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let output = watching.stdout.take().expect("piped");
        let mut folder = String::new();
        BufReader::new(output)
            .read_line(&mut folder)
            .expect("the shell says where the server is");
        let folder = folder.trim().to_owned();
        assert!(!folder.is_empty(), "initdb failed");
        Self {
            folder,
            _watching: watching,
            creating: Mutex::new(0),
        }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder)
    }

    /// A copy of the migrated template.
    async fn create(&self) -> String {
        let mut count = self.creating.lock().await;
        let mut admin = self.admin().await;
        if *count == 0 {
            self.execute(&mut admin, format!("CREATE DATABASE {TEMPLATE}")).await;
            Db::open(&self.url(TEMPLATE))
                .await
                .expect("the template is migrated")
                .close()
                .await;
        }
        *count += 1;
        let name = format!("voce_{count}");
        self.execute(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
            .await;
        name
    }

    async fn drop(&self, name: &str) {
        self.execute(&mut self.admin().await, format!("DROP DATABASE {name} WITH (FORCE)"))
            .await;
    }

    async fn execute(&self, admin: &mut PgConnection, sql: String) {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(admin)
            .await
            .expect("the administrator may do that");
    }

    /// Waits for the server to be up.
    async fn admin(&self) -> PgConnection {
        for _ in 0..600 {
            if let Ok(connection) = PgConnection::connect(&self.url("postgres")).await {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("PostgreSQL did not start; see {}/log", self.folder);
    }
}

/// The folder of the newest PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut packaged: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|v| v.path().join("bin"))
        .collect();
    packaged.sort();
    on_path
        .chain(packaged.into_iter().rev())
        // A link in the path leads to the folder in which the server stands too.
        .filter_map(|folder| Some(folder.join("initdb").canonicalize().ok()?.parent()?.to_owned()))
        .find(|folder| folder.join("postgres").exists())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What only one database has: full-text search, and the order of events that SQLite keeps by itself.
    const EXCEPT: [&str; 5] = [
        "message_search",
        "contact_search",
        "_sqlx_migrations",
        "sqlite_",
        "events_order",
    ];

    fn compared(name: &str) -> bool {
        !EXCEPT.iter().any(|start| name.starts_with(start))
    }

    async fn lines(db: &Db, sqlite: &'static str, postgres: &'static str) -> BTreeSet<String> {
        let rows: Vec<(String, String)> = match db {
            Db::Sqlite { write, .. } => sqlx::query_as(sqlite).fetch_all(write).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(postgres).fetch_all(pool).await.unwrap(),
        };
        rows.into_iter()
            .filter(|(name, _)| compared(name))
            .map(|(name, line)| format!("{name} {line}"))
            .collect()
    }

    const COLUMNS: (&str, &str) = (
        "SELECT m.name, c.name || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' NOT NULL ' ELSE ' ' END
            || CASE c.type WHEN 'INTEGER' THEN 'BIGINT' ELSE c.type END
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
        "SELECT table_name::text, column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL ' ELSE ' ' END
            || CASE data_type WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' ELSE upper(data_type) END
         FROM information_schema.columns WHERE table_schema = 'public'",
    );

    const UNIQUE_KEYS: (&str, &str) = (
        "SELECT name, group_concat(col, ',') FROM (
            SELECT m.name, 'primary' AS key, c.name AS col FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.pk > 0
            UNION
            SELECT m.name, i.name, c.name FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
            WHERE m.type = 'table' AND i.\"unique\" AND i.origin <> 'pk' ORDER BY 1, 2, 3
         ) GROUP BY name, key",
        "SELECT t.relname::text, string_agg(a.attname, ',' ORDER BY a.attname COLLATE \"C\")
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
         WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace GROUP BY t.relname, i.indexrelid",
    );

    const INDEXES: (&str, &str) = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "SELECT c.relname::text, t.relname::text
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
         WHERE NOT i.indisunique AND c.relnamespace = 'public'::regnamespace",
    );

    #[tokio::test]
    async fn both_schemas_are_equal() {
        let (_folder, path) = sqlite().await;
        let Some(server) = Server::running() else { return };
        let (here, there) = (
            Db::open(&path).await.unwrap(),
            Db::open(&server.url(&server.create().await)).await.unwrap(),
        );
        for (sqlite, postgres) in [COLUMNS, UNIQUE_KEYS, INDEXES] {
            let (left, right) = (
                lines(&here, sqlite, postgres).await,
                lines(&there, sqlite, postgres).await,
            );
            assert!(left.len() > 20, "{left:?}");
            let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| these.difference(those).cloned().collect();
            let (sqlite, postgres): (Vec<_>, Vec<_>) = (only(&left, &right), only(&right, &left));
            assert!(sqlite.is_empty(), "only on SQLite: {sqlite:?}");
            assert!(postgres.is_empty(), "only on PostgreSQL: {postgres:?}");
        }
    }

    #[tokio::test]
    async fn every_test_gets_its_own_database() {
        for _ in 0..2 {
            each_database(|db| async move {
                let mut tx = db.begin().await.unwrap();
                execute!(
                    &mut tx,
                    sqlx::query("INSERT INTO counters (name, value) VALUES ('mine', 1)")
                )
                .unwrap();
                tx.commit().await.unwrap();
            })
            .await;
        }
    }
}
