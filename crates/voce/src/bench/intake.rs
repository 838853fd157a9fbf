//! `voce bench intake`: from accepted over HTTP to stored, threaded, labelled, routed and visible.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Context;
use axum::Router;
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;
use voce_domain::{
    event::Actor,
    permission::{Permission, Role},
};
use voce_store::{
    Db,
    accounts::{self, Settings},
    intake, secret,
    tokens::{self, NewToken},
    users::{self, NewUser},
};
use voce_web::state::{Options, now};

use super::{
    limits::{self, Limits},
    load::{self, Target},
};
use crate::{config::Config, serve::Server};

/// Messages into an empty installation, over HTTP.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Messages to send.
    #[arg(long, default_value_t = 100_000)]
    pub size: usize,
    /// Keep-alive connections, each with one request at a time.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Prints one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Serialize)]
pub struct Figures {
    /// Messages divided by the time until the last of them was visible.
    messages_per_s: f64,
    /// From accepted to visible, at half that load.
    visible_p50_ms: f64,
    visible_p99_ms: f64,
    /// Memory of the process, the load generator included.
    rss_mb: f64,
    limits: Limits,
    /// Processor time of the process per message, the load generator included.
    #[serde(skip)]
    cpu_us: f64,
}

/// How long the second phase lasts.
const PACED: f64 = 10.0;

/// Makes a new installation in the current folder (or in the empty database that is named), with everything switched on,
/// and removes it afterwards.
pub async fn run(config: &Config, args: Args) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("voce-bench-")
        .tempdir_in(".")
        .context("a folder to work in")?;
    let config = Config {
        data: folder.path().to_owned(),
        database: config.database.clone(),
        allow_private_hosts: Vec::new(),
    };
    let installation = config.open().await?;
    let db = installation.db.clone();
    let scratch = Db::open(&folder.path().join("scratch.db").to_string_lossy()).await?;
    let token = settle(&db).await?;
    let mut server = Server::new(installation, config.http());
    server.start_work();
    let options = Options {
        base_url: Url::parse("http://127.0.0.1")?,
        demo_user: None,
        behind_proxy: false,
    };
    let router = voce_web::router::router(server.app(options));
    let figures = measure(&args, &db, &scratch, folder.path(), router, token).await?;
    server.stop.cancel();
    figures.print(args.json)
}

/// An open intake, and somebody who may write to it; returns the token.
async fn settle(db: &Db) -> anyhow::Result<String> {
    let used = users::any(db).await? || intake::oldest(db).await?.is_some();
    anyhow::ensure!(!used, "the database is in use: bench writes only into a new one");
    let (token, now) = (secret::generate(voce_web::session::TOKEN_PREFIX), now());
    let mut tx = db.begin().await?;
    let user = NewUser {
        email: "bench@example.com",
        name: "Bench",
        role: Role::Admin,
        locale: "en",
        password_hash: None,
    };
    let user_id = users::create(&mut tx, &user, now).await?;
    let scopes = [Permission::WriteIntake];
    let new = NewToken {
        user_id,
        name: "bench",
        token_hash: &secret::hash(&token),
        scopes: &scopes,
        expires_at: None,
    };
    tokens::create(&mut tx, &new, now).await?;
    let settings = Settings {
        name: "Bench",
        address: "bench",
        config: &json!({}),
        secrets: None,
        team_id: None,
    };
    accounts::create(&mut tx, Uuid::now_v7(), "api", &settings, Actor::SYSTEM, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Measures an installation that answers through `router` and works in the background already.
async fn measure(
    args: &Args,
    db: &Db,
    scratch: &Db,
    folder: &Path,
    router: Router,
    token: String,
) -> anyhow::Result<Figures> {
    let limits = limits::measure(folder, scratch, args.connections).await?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let target = Target {
        address: listener.local_addr()?,
        token,
    };
    let server =
        tokio::spawn(
            async move { axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await },
        );
    let cpu = cpu_time()?;
    let full = load::run(db, &target, 0, args.size, args.connections, None).await?;
    let cpu_us = (cpu_time()? - cpu).as_secs_f64() * 1e6 / args.size as f64;
    let messages_per_s = args.size as f64 / full.time.as_secs_f64();
    let half = messages_per_s / 2.0;
    let paced = load::run(db, &target, 1, (half * PACED) as usize, args.connections, Some(half)).await?;
    server.abort();
    let quantile = |share: f64| {
        let at = (paced.visible.len() as f64 * share) as usize;
        paced
            .visible
            .get(at)
            .or(paced.visible.last())
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    Ok(Figures {
        messages_per_s,
        visible_p50_ms: quantile(0.5),
        visible_p99_ms: quantile(0.99),
        rss_mb: memory()?,
        limits,
        cpu_us,
    })
}

impl Figures {
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        println!("messages/s               {:>10.0}", self.messages_per_s);
        println!("visible, half load, p50  {:>10.1} ms", self.visible_p50_ms);
        println!("visible, half load, p99  {:>10.1} ms", self.visible_p99_ms);
        println!("memory                   {:>10.0} MB", self.rss_mb);
        println!("processor per message    {:>10.0} µs", self.cpu_us);
        println!("limits of this machine, in the same run:");
        println!("  fsync                  {:>10.0} /s", self.limits.fsyncs_per_s);
        println!("  plain batched inserts  {:>10.0} /s", self.limits.plain_inserts_per_s);
        println!("  loopback hello         {:>10.0} /s", self.limits.hello_per_s);
        Ok(())
    }
}

/// Resident memory of this process in MB.
fn memory() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("memory of the process")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// Processor time of this process, user and system.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("processor time of the process")?;
    // After the name in parentheses come the fields from the third on; 14 and 15 are times in hundredths of a second.
    let (_, fields) = stat.rsplit_once(')').context("fields")?;
    let times: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|time| time.parse::<u64>().unwrap_or_default())
        .sum();
    Ok(Duration::from_millis(times * 10))
}
