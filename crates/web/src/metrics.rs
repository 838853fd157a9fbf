//! `GET /metrics`: figures in the text format of Prometheus, for programs on this machine and for tokens that may read the
//! audit log.

use std::{
    net::IpAddr,
    sync::LazyLock,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use voce_domain::permission::Permission;
use voce_store::{figures, intake};

use crate::{Anyone, App, Error, Result, session};

const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Histograms are brought up to date so often, or they would grow without anybody looking.
const UPKEEP: Duration = Duration::from_secs(10);

/// The recorder of the process; none when something else has installed its own.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS);
    builder.ok()?.install_recorder().ok()
});

/// Begins to record, in the first router of a process.
pub fn record() {
    if LazyLock::force(&RECORDER).is_some() && tokio::runtime::Handle::try_current().is_ok() {
        static UPKEPT: std::sync::Once = std::sync::Once::new();
        UPKEPT.call_once(|| {
            std::thread::spawn(|| {
                loop {
                    std::thread::sleep(UPKEEP);
                    if let Some(recorder) = &*RECORDER {
                        recorder.run_upkeep();
                    }
                }
            });
        });
    }
}

/// Counts every request by its route, method and status, and how long it took.
pub async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().as_str().to_owned();
    let start = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str).to_owned();
    let status = response.status().as_u16().to_string();
    metrics::counter!("voce_http_requests_total", "method" => method.clone(), "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!("voce_http_request_seconds", "method" => method, "route" => route).record(start.elapsed());
    response
}

pub async fn show(_: Anyone, State(app): State<App>, parts: Parts) -> Result<Response> {
    if !is_local(&app, &parts) {
        let user = session::identify(&app, &parts).await?.ok_or(Error::SignedOut)?;
        if !user.may(Permission::ReadAudit) {
            return Err(Error::Forbidden);
        }
    }
    measure(&app).await?;
    let recorder = RECORDER.as_ref().ok_or(Error::NotFound)?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        recorder.render(),
    )
        .into_response())
}

/// From this machine, and not on behalf of somebody else.
fn is_local(app: &App, parts: &Parts) -> bool {
    let forwarded = parts.headers.contains_key("x-forwarded-for") || parts.headers.contains_key("forwarded");
    !forwarded
        && session::address(app, parts)
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// What is not counted as it happens, but can be looked at.
async fn measure(app: &App) -> Result<()> {
    let backlog = intake::backlog(&app.db).await?;
    metrics::gauge!("voce_intake_backlog").set(backlog.waiting as f64);
    let age = backlog.oldest.map_or(0, |oldest| (crate::state::now() - oldest).max(0));
    metrics::gauge!("voce_intake_oldest_age_seconds").set(age as f64 / 1000.0);
    metrics::gauge!("voce_intake_dead_letters").set(intake::count_dead_letters(&app.db).await? as f64);
    let cases = figures::active_cases(&app.db).await?;
    for state in ["new", "open", "waiting"] {
        let count = cases.iter().find(|(of, _)| of == state).map_or(0, |(_, count)| *count);
        metrics::gauge!("voce_cases", "state" => state).set(count as f64);
    }
    for (state, count) in figures::answers_under_way(&app.db).await? {
        metrics::gauge!("voce_deliveries", "state" => state).set(count as f64);
    }
    metrics::gauge!("voce_web_hook_deliveries_waiting").set(figures::waiting_hooks(&app.db).await? as f64);
    for pool in figures::pools(&app.db) {
        metrics::gauge!("voce_db_connections", "pool" => pool.name, "state" => "open").set(pool.open as f64);
        metrics::gauge!("voce_db_connections", "pool" => pool.name, "state" => "idle").set(pool.idle as f64);
    }
    if let Some(bytes) = resident() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes);
    }
    Ok(())
}

/// Memory of this process in bytes, where the system tells (Linux: proc_pid_status(5)).
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<f64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024.0)
}
