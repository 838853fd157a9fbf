//! Where an installation keeps its things, and how it is reached.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use url::Url;
use voce_channels::http;
use voce_store::{Db, blobs::Blobs, vault::Vault};

/// Options that every sub-command understands; each can also stand in the environment.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Folder of the database, the attachments and the keys.
    #[arg(long, env = "VOCE_DATA", default_value = "data", global = true)]
    pub data: PathBuf,

    /// `postgres://user:password@host/name`, or the path of an SQLite file [default: voce.db in the data folder].
    #[arg(long, env = "VOCE_DATABASE", global = true, hide_env_values = true)]
    pub database: Option<String>,

    /// Hosts in private networks that may be fetched from or posted to, e.g. `mastodon.intra.example`; `*` allows all.
    #[arg(long, env = "VOCE_ALLOW_PRIVATE_HOSTS", value_delimiter = ',', global = true)]
    pub allow_private_hosts: Vec<String>,
}

/// How `serve` and `demo` are reached.
#[derive(Debug, Clone, clap::Args)]
pub struct Listen {
    /// Address and port of the web server.
    #[arg(long, env = "VOCE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// The address people type, when a reverse proxy stands in front [default: http:// and the listening address].
    #[arg(long, env = "VOCE_BASE_URL")]
    pub base_url: Option<Url>,

    /// A reverse proxy stands in front: believe its `X-Forwarded-For`.
    #[arg(long, env = "VOCE_BEHIND_PROXY")]
    pub behind_proxy: bool,
}

/// An opened installation.
#[derive(Clone)]
pub struct Installation {
    pub db: Db,
    pub blobs: Blobs,
    pub vault: Vault,
}

impl Config {
    /// Opens (and at first makes) everything an installation keeps.
    pub async fn open(&self) -> anyhow::Result<Installation> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("cannot create the data folder {}", self.data.display()))?;
        let database = self.database();
        let db = Db::open(&database)
            .await
            .with_context(|| format!("cannot open the database {}", without_password(&database)))?;
        let blobs = Blobs::open(self.data.join("blobs")).context("cannot open the folder of attachments")?;
        let vault = Vault::open(&self.data.join("keys")).context("cannot open the master key")?;
        Ok(Installation { db, blobs, vault })
    }

    pub fn database(&self) -> String {
        self.database
            .clone()
            .unwrap_or_else(|| self.data.join("voce.db").display().to_string())
    }

    pub fn http(&self) -> http::Client {
        http::Client::new(http::Policy {
            allow_private: self.allow_private_hosts.iter().any(|host| host == "*"),
            allow_hosts: self.allow_private_hosts.clone(),
        })
    }
}

impl Listen {
    pub fn base_url(&self) -> anyhow::Result<Url> {
        match &self.base_url {
            Some(url) => Ok(url.clone()),
            None => Url::parse(&format!("http://{}", self.listen)).context("listening address"),
        }
    }
}

/// A database address that may be shown.
pub fn without_password(database: &str) -> String {
    match Url::parse(database) {
        Ok(mut url) if url.password().is_some() => {
            // A URL that has a password has a host, so this cannot fail; if it did, the address is better not shown.
            if url.set_password(Some("***")).is_ok() {
                url.to_string()
            } else {
                "(hidden)".into()
            }
        }
        _ => database.to_owned(),
    }
}
