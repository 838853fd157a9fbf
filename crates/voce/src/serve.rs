//! The server: web, workers, jobs and connectors in one process.

use std::{future::IntoFuture, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, signal, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{http::Client, registry::Registry};
use voce_events::Live;
use voce_ingest::{Intake, Pipeline, receive};
use voce_web::{App, state::Options};

use crate::config::{Config, Installation, Listen};

/// For requests and work in hand to end by themselves when the process is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until the process is told to stop.
pub async fn run(config: &Config, listen: Listen) -> anyhow::Result<()> {
    let installation = config.open().await?;
    let server = Server::new(installation, config.http());
    server.serve(&listen, None).await
}

/// Everything of one process that works on an installation.
pub struct Server {
    pub installation: Installation,
    pub registry: Registry,
    pub intake: Intake,
    http: Client,
    pub stop: CancellationToken,
    work: JoinSet<()>,
}

impl Server {
    pub fn new(installation: Installation, http: Client) -> Self {
        Self {
            registry: Registry::new(http.clone()),
            intake: Intake::start(installation.db.clone()),
            installation,
            http,
            stop: CancellationToken::new(),
            work: JoinSet::new(),
        }
    }

    /// Speaks these channels instead of the real ones.
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Starts the workers and answers requests; returns after SIGINT or SIGTERM, when what was in hand is done.
    pub async fn serve(mut self, listen: &Listen, demo_user: Option<Uuid>) -> anyhow::Result<()> {
        let listener = TcpListener::bind(listen.listen)
            .await
            .with_context(|| format!("cannot listen on {}", listen.listen))?;
        self.start_work();
        let options = Options {
            base_url: listen.base_url()?,
            demo_user,
            behind_proxy: listen.behind_proxy,
        };
        tracing::info!("ready at {}", options.base_url);
        let router = voce_web::router::router(self.app(options)).into_make_service_with_connect_info::<SocketAddr>();
        let stop = self.stop.clone();
        let server = axum::serve(listener, router)
            .with_graceful_shutdown(async move { stop.cancelled().await })
            .into_future();
        let mut server = std::pin::pin!(server);
        tokio::select! {
            served = &mut server => served?,
            () = told_to_stop() => tracing::info!("stopping"),
        }
        self.stop.cancel();
        // Live pages keep their connections open; they are cut when the rest is done.
        let rest = async { while self.work.join_next().await.is_some() {} };
        let _ = timeout(GRACE, async {
            tokio::join!(rest, timeout(Duration::from_secs(2), server))
        })
        .await;
        self.installation.db.close().await;
        Ok(())
    }

    /// The same work as in a node without a web face.
    pub fn start_work(&mut self) {
        let Installation { db, blobs, vault } = self.installation.clone();
        let pipeline = self.pipeline();
        let parts = voce_jobs::Parts {
            db: db.clone(),
            blobs,
            vault: vault.clone(),
            registry: self.registry.clone(),
            http: self.http.clone(),
        };
        let stop = self.stop.clone();
        self.work.spawn(async move { pipeline.run(stop).await });
        self.work.spawn(voce_events::listen(
            db.clone(),
            voce_events::hooks::WebHooks::new(db.clone()),
            self.stop.clone(),
        ));
        self.work.spawn(receive(
            db,
            self.registry.clone(),
            vault,
            self.intake.clone(),
            self.stop.clone(),
        ));
        self.work.spawn(voce_jobs::run(parts, self.stop.clone()));
    }

    pub fn pipeline(&self) -> Pipeline {
        let Installation { db, blobs, vault } = self.installation.clone();
        Pipeline::new(db, self.registry.clone(), blobs, vault)
    }

    pub fn app(&self, options: Options) -> App {
        let Installation { db, blobs, vault } = self.installation.clone();
        App {
            live: Live::start(db.clone(), self.stop.clone()),
            db,
            blobs,
            vault,
            intake: self.intake.clone(),
            registry: self.registry.clone(),
            http: self.http.clone(),
            options: Arc::new(options),
        }
    }
}

/// SIGINT from a terminal, SIGTERM from a supervisor.
async fn told_to_stop() {
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        interrupted = signal::ctrl_c() => if interrupted.is_err() { std::future::pending::<()>().await },
        () = terminated => {}
    }
}
