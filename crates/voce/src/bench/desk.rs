//! The desk with a million messages: how long its pages take at the server, and how many statements they make.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde::Serialize;
use tower::ServiceExt;
use uuid::Uuid;
use voce_domain::permission::Role;
use voce_store::{
    Db,
    cases::{self, Scope},
    count_queries, settings,
    users::{self, NewUser},
};
use voce_web::state::{Options, now};

use super::{desk_fill, limits};
use crate::{
    config::{Config, Installation},
    serve::Server,
};

/// Pages of the desk over a database of that size.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Messages, ten to a case. A database that has them already is used as it is.
    #[arg(long, default_value_t = 1_000_000)]
    pub size: usize,
    /// Requests of each kind.
    #[arg(long, default_value_t = 500)]
    pub requests: usize,
    /// Requests at the same time.
    #[arg(long, default_value_t = 1)]
    pub connections: usize,
    /// Prints one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What one kind of page costs.
#[derive(Debug, Clone, Serialize)]
struct Page {
    name: &'static str,
    p50_ms: f64,
    p99_ms: f64,
    /// Statements of one page.
    queries: u32,
}

#[derive(Debug, Serialize)]
struct Figures {
    list_p50_ms: f64,
    list_p99_ms: f64,
    case_p99_ms: f64,
    search_p99_ms: f64,
    queries_per_page: u32,
    messages: usize,
    cases: usize,
    limits: Limits,
    pages: Vec<Page>,
}

/// What this machine does at best, in the same run.
#[derive(Debug, Serialize)]
struct Limits {
    /// Answers of a server on the loopback that only says hello.
    hello_per_s: f64,
    /// One row by its primary key, through the same connections as the pages, one after the other.
    select_p50_ms: f64,
}

pub async fn run(config: &Config, args: Args) -> anyhow::Result<()> {
    ensure!(args.size >= 1000, "--size: at least 1000");
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
    let reader = reader(&installation.db).await?;
    let started = Instant::now();
    let cases = desk_fill::fill(&installation.db, reader, args.size).await?;
    eprintln!(
        "{} messages in {cases} cases after {:.0} s",
        args.size,
        started.elapsed().as_secs_f64()
    );
    let figures = measure(&config, installation, reader, cases, &args).await?;
    figures.print(args.json)
}

/// Who reads: an agent who is signed in.
async fn reader(db: &Db) -> anyhow::Result<Uuid> {
    const EMAIL: &str = "bench@example.com";
    if let Some(user) = users::by_email(db, EMAIL).await? {
        return Ok(user.id);
    }
    let mut tx = db.begin().await?;
    settings::found(&mut tx, now())
        .await
        .context("bench writes only into a new database")?;
    let new = NewUser {
        email: EMAIL,
        name: "Bench",
        role: Role::Admin,
        locale: "it",
        password_hash: None,
    };
    let id = users::create(&mut tx, &new, now()).await?;
    tx.commit().await?;
    Ok(id)
}

async fn measure(
    config: &Config,
    installation: Installation,
    reader: Uuid,
    cases: usize,
    args: &Args,
) -> anyhow::Result<Figures> {
    let db = installation.db.clone();
    let server = Server::new(installation, config.http());
    let base_url = "http://127.0.0.1".parse().context("an address")?;
    let options = Options {
        base_url,
        demo_user: Some(reader),
        behind_proxy: false,
    };
    let router = voce_web::router::router(server.app(options));
    let mut random = SmallRng::seed_from_u64(7);
    let mut numbers = || random.random_range(1..=cases);
    let cases_asked: Vec<String> = (0..args.requests)
        .map(|_| format!("/cases/{}?view=all", numbers()))
        .collect();
    let list = |query: &str| vec![format!("/desk{query}"); args.requests];
    let search = |words: &[&str]| -> Vec<String> {
        (0..args.requests)
            .map(|at| format!("/search?q={}", words[at % words.len()].replace(' ', "+")))
            .collect()
    };
    let rare = desk_fill::rare_words(args.requests);
    let rare: Vec<&str> = rare.iter().map(String::as_str).collect();
    let asked = [
        ("list: all", list("?view=all")),
        ("list: mine", list("?view=mine")),
        ("list: unassigned", list("?view=unassigned")),
        ("list: my teams", list("?view=teams")),
        ("list: waiting", list("?view=waiting")),
        ("list: resolved", list("?view=resolved")),
        ("list: longest unanswered", list("?view=all&sort=unanswered")),
        ("list: by priority", list("?view=all&sort=priority")),
        ("case", cases_asked),
        ("search: rare words", search(&rare)),
        (
            "search: common words",
            search(&["pacco ", "ordine ", "grazie ", "order ", "the "]),
        ),
        (
            "search: two common words",
            search(&["pacco ordine ", "order delivery ", "buongiorno grazie "]),
        ),
        (
            "search: beginnings",
            search(&["pa", "ord", "spediz", "refun", "rimbor"]),
        ),
        ("search: people", search(&["Rossi", "Bianchi Marta", "Smith"])),
        ("api: cases", vec!["/api/v1/cases?limit=50".to_owned(); args.requests]),
    ];
    let mut pages = Vec::with_capacity(asked.len());
    for (name, urls) in asked {
        pages.push(page(&router, name, urls, args.connections).await?);
    }
    let limits = Limits {
        hello_per_s: limits::hello(args.connections.max(1)).await?,
        select_p50_ms: selects(&db, args.requests).await?,
    };
    server.stop.cancel();
    Ok(Figures::of(pages, limits, args.size, cases))
}

/// Asks for every address, a few at a time, and reads the whole answer.
async fn page(router: &Router, name: &'static str, urls: Vec<String>, at_once: usize) -> anyhow::Result<Page> {
    let first = urls.first().context("nothing to ask for")?;
    get(router, first).await.with_context(|| name)?;
    let (answered, queries) = count_queries(get(router, first)).await;
    answered?;
    let mut times = Vec::with_capacity(urls.len());
    let mut rest = urls.into_iter();
    loop {
        let some: Vec<String> = rest.by_ref().take(at_once.max(1)).collect();
        if some.is_empty() {
            break;
        }
        let asking: Vec<_> = some
            .into_iter()
            .map(|url| {
                let router = router.clone();
                tokio::spawn(async move { get(&router, &url).await })
            })
            .collect();
        for asked in asking {
            times.push(asked.await??);
        }
    }
    times.sort_unstable();
    Ok(Page {
        name,
        p50_ms: quantile(&times, 0.5),
        p99_ms: quantile(&times, 0.99),
        queries,
    })
}

async fn get(router: &Router, url: &str) -> anyhow::Result<Duration> {
    let request = Request::get(url)
        .header(header::ACCEPT, "text/html, application/json")
        .body(Body::empty())?;
    let started = Instant::now();
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    to_bytes(response.into_body(), usize::MAX).await?;
    let time = started.elapsed();
    ensure!(status == StatusCode::OK, "{url} answered {status}");
    Ok(time)
}

async fn selects(db: &Db, requests: usize) -> anyhow::Result<f64> {
    let mut times = Vec::with_capacity(requests);
    let id = cases::by_number(db, Scope::All, 1).await?.id;
    for _ in 0..requests {
        let started = Instant::now();
        cases::by_id(db, Scope::All, id).await?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(quantile(&times, 0.5))
}

/// In milliseconds; of sorted times.
fn quantile(times: &[Duration], share: f64) -> f64 {
    let at = (times.len() as f64 * share) as usize;
    times
        .get(at)
        .or(times.last())
        .map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

impl Figures {
    fn of(pages: Vec<Page>, limits: Limits, messages: usize, cases: usize) -> Self {
        let of = |start: &str| {
            pages
                .iter()
                .filter(|page| page.name.starts_with(start))
                .cloned()
                .collect::<Vec<_>>()
        };
        let worst = |pages: &[Page]| pages.iter().map(|page| page.p99_ms).fold(0.0, f64::max);
        let newest = of("list: all");
        Self {
            list_p50_ms: newest.iter().map(|page| page.p50_ms).fold(0.0, f64::max),
            list_p99_ms: worst(&newest),
            case_p99_ms: worst(&of("case")),
            search_p99_ms: worst(&of("search")),
            queries_per_page: pages.iter().map(|page| page.queries).max().unwrap_or_default(),
            messages,
            cases,
            limits,
            pages,
        }
    }

    fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        println!(
            "{} messages, {} cases{:>18}{:>10}{:>10}",
            self.messages, self.cases, "p50 ms", "p99 ms", "queries"
        );
        for page in &self.pages {
            println!(
                "{:<32}{:>10.2}{:>10.2}{:>10}",
                page.name, page.p50_ms, page.p99_ms, page.queries
            );
        }
        println!("limits of this machine, in the same run:");
        println!("  loopback hello              {:>10.0} /s", self.limits.hello_per_s);
        println!("  one row by its key          {:>10.3} ms", self.limits.select_p50_ms);
        Ok(())
    }
}
