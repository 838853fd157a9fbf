//! What the machine itself can do, measured in the same run: the figures beside which the others have to be read.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use axum::{Router, routing::get};
use serde::Serialize;
use tokio::net::TcpListener;
use uuid::Uuid;
use voce_domain::message::{Automatic, Direction, MessageKind, Visibility};
use voce_store::{
    Db,
    arrivals::{self, NewMessage},
};

use super::client::Connection;

#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    /// Durable writes of 4 KiB one after the other.
    pub fsyncs_per_s: f64,
    /// Rows into the same message table, 500 in a transaction, and nothing else.
    pub plain_inserts_per_s: f64,
    /// Answers of a server that only says hello, over as many connections.
    pub hello_per_s: f64,
}

pub async fn measure(folder: &Path, scratch: &Db, connections: usize) -> anyhow::Result<Limits> {
    Ok(Limits {
        fsyncs_per_s: fsyncs(folder)?,
        plain_inserts_per_s: inserts(scratch).await?,
        hello_per_s: hello(connections).await?,
    })
}

/// How long each limit is measured.
const TIME: Duration = Duration::from_secs(2);

fn fsyncs(folder: &Path) -> anyhow::Result<f64> {
    let mut file = File::create(folder.join("fsync")).context("a file to sync")?;
    let (started, mut count) = (Instant::now(), 0u32);
    while started.elapsed() < TIME {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}

async fn inserts(db: &Db) -> anyhow::Result<f64> {
    const TEXT: &str = "Buongiorno, vi scrivo perché il mio pacco non è ancora arrivato. Vorrei sapere quando verrà spedito il mio ordine.";
    let (started, mut count) = (Instant::now(), 0usize);
    while started.elapsed() < TIME {
        let ids: Vec<String> = (count..count + 500).map(|n| format!("b-{n}")).collect();
        let case = Uuid::now_v7();
        let rows: Vec<NewMessage> = ids.iter().map(|id| row(id, case, TEXT)).collect();
        let mut tx = db.begin().await?;
        arrivals::insert_messages(&mut tx, &rows).await?;
        tx.commit().await?;
        count += rows.len();
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

fn row<'a>(external_id: &'a str, case: Uuid, body: &'a str) -> NewMessage<'a> {
    NewMessage {
        id: Uuid::now_v7(),
        account_id: Uuid::nil(),
        conversation_id: case,
        case_id: case,
        external_id,
        direction: Direction::Inbound,
        kind: MessageKind::PrivateMessage,
        visibility: Visibility::Private,
        contact_id: Some(case),
        identity_id: Some(case),
        author_name: "Anna Rossi",
        subject: Some("Ordine 4711"),
        body,
        html: None,
        url: None,
        meta: None,
        automatic: Automatic::No,
        attachments: 0,
        sent_at: 1,
        created_at: 1,
        labels: None,
        evidence: None,
        details: None,
    }
}

pub async fn hello(connections: usize) -> anyhow::Result<f64> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    let server =
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(async || "hello"))).await });
    let started = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut count = 0u32;
                while started.elapsed() < TIME {
                    connection.exchange(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n").await?;
                    count += 1;
                }
                anyhow::Ok(count)
            })
        })
        .collect();
    let mut count = 0.0;
    for client in clients {
        count += f64::from(client.await??);
    }
    server.abort();
    Ok(count / started.elapsed().as_secs_f64())
}
