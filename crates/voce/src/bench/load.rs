//! Sends the workload and sees when each message is visible.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::{sync::mpsc, task::JoinSet};
use voce_store::{Db, commits::Commits, intake};

use super::{client::Connection, workload::Workload};

/// Where to send to, and as whom.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub token: String,
}

/// What was measured.
pub struct Measured {
    /// From the first request to the last message being visible.
    pub time: Duration,
    /// From accepted to visible, sorted.
    pub visible: Vec<Duration>,
}

/// Accepted items and when they were.
type Accepted = (Instant, Vec<i64>);

#[derive(Deserialize)]
struct Answer {
    items: Vec<i64>,
}

/// Sends `size` messages over `connections`, as fast as they are answered or, with `rate`, so many a second; returns when
/// all of them are visible. `run` keeps the ids of several runs apart.
pub async fn run(
    db: &Db,
    target: &Target,
    run: usize,
    size: usize,
    connections: usize,
    rate: Option<f64>,
) -> anyhow::Result<Measured> {
    let (told, accepted) = mpsc::unbounded_channel();
    let left = Arc::new(AtomicUsize::new(size));
    let started = Instant::now();
    let mut clients: JoinSet<anyhow::Result<()>> = (0..connections)
        .map(|connection| {
            let (target, left, told) = (target.clone(), left.clone(), told.clone());
            let pace = rate.map(|rate| Duration::from_secs_f64(connections as f64 / rate));
            async move {
                let mut workload = Workload::new(run, connection);
                let mut client = Connection::open(target.address).await?;
                let (mut body, mut request) = (String::new(), Vec::new());
                let offset = pace.unwrap_or_default().mul_f64(connection as f64 / connections as f64);
                let mut next = started + offset;
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    if let Some(pace) = pace {
                        tokio::time::sleep_until(next.into()).await;
                        next += pace;
                    }
                    body.clear();
                    workload.write_next(&mut body);
                    write_request(&mut request, &target.token, &body);
                    let items = send(&mut client, &request).await?;
                    told.send((Instant::now(), items)).context("nobody watches")?;
                }
                Ok(())
            }
        })
        .collect();
    drop(told);
    let watching = tokio::spawn(watch(db.clone(), accepted));
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let (last, mut visible) = watching.await??;
    visible.sort_unstable();
    Ok(Measured {
        time: last.duration_since(started),
        visible,
    })
}

fn write_request(request: &mut Vec<u8>, token: &str, body: &str) {
    request.clear();
    let head = format!(
        "POST /api/v1/messages HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    request.extend_from_slice(head.as_bytes());
    request.extend_from_slice(body.as_bytes());
}

async fn send(client: &mut Connection, request: &[u8]) -> anyhow::Result<Vec<i64>> {
    loop {
        match client.exchange(request).await? {
            (200..=299, answer) => return Ok(serde_json::from_slice::<Answer>(answer)?.items),
            (503, _) => tokio::time::sleep(Duration::from_millis(20)).await,
            (status, answer) => bail!("the server answered {status}: {}", String::from_utf8_lossy(answer)),
        }
    }
}

/// Says when the last item was visible, and how long each took. Everything before the oldest pending item is visible.
async fn watch(db: Db, mut accepted: mpsc::UnboundedReceiver<Accepted>) -> anyhow::Result<(Instant, Vec<Duration>)> {
    let mut commits = Commits::watch();
    let (mut waiting, mut visible) = (VecDeque::<Accepted>::new(), Vec::new());
    let mut last = Instant::now();
    loop {
        let mut all_sent = false;
        loop {
            match accepted.try_recv() {
                Ok(item) => waiting.push_back(item),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    all_sent = true;
                    break;
                }
            }
        }
        let oldest = intake::oldest_pending(&db).await?.unwrap_or(i64::MAX);
        let now = Instant::now();
        waiting.retain(|(at, items)| {
            let done = items.iter().all(|item| *item < oldest);
            if done {
                visible.push(now.duration_since(*at));
                last = now;
            }
            !done
        });
        if all_sent && waiting.is_empty() {
            return Ok((last, visible));
        }
        commits.next(Duration::from_millis(1), Duration::from_millis(5)).await;
    }
}
