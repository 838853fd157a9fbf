//! What every handler may use.

use std::sync::Arc;

use axum::extract::FromRef;
use url::Url;
use voce_channels::{http::Client, registry::Registry};
use voce_events::Live;
use voce_ingest::Intake;
use voce_store::{Db, blobs::Blobs, vault::Vault};

/// The running installation. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub blobs: Blobs,
    pub vault: Vault,
    pub intake: Intake,
    pub live: Live,
    pub registry: Registry,
    pub http: Client,
    pub options: Arc<Options>,
}

/// How this process serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address under which people and platforms reach the installation.
    pub base_url: Url,
    /// Only in the demo, and only on loopback: whoever comes is signed in as this user.
    pub demo_user: Option<uuid::Uuid>,
    /// Trust `X-Forwarded-For` of a reverse proxy for the address of the client.
    pub behind_proxy: bool,
}

impl App {
    /// Cookies travel only over TLS where the installation is reached by it.
    pub fn secure(&self) -> bool {
        self.options.base_url.scheme() == "https"
    }
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Self {
        app.db.clone()
    }
}

/// Now, in UTC milliseconds.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
