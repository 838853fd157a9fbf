//! A server in this process over a fresh database, and clients that speak to it without a socket.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;
use uuid::Uuid;
use voce_channels::{
    http::{Client as HttpClient, Policy},
    registry::Registry,
};
use voce_domain::permission::{Permission, Role};
use voce_events::Live;
use voce_ingest::Intake;
use voce_store::{
    Db,
    blobs::Blobs,
    secret,
    sessions::{self, NewSession},
    tokens::{self, NewToken},
    users::{self, NewUser},
    vault::Vault,
};
use voce_web::{
    App,
    auth::password,
    state::{Options, now},
};

/// Everybody's password in tests.
pub const PASSWORD: &str = "quattro gatti al sole";

/// A server over a fresh database.
pub struct TestApp {
    pub app: App,
    pub db: Db,
    router: Router,
    _folder: TempDir,
    _stop: DropGuard,
}

impl TestApp {
    pub async fn start(db: Db) -> Self {
        Self::with_options(db, |_| {}).await
    }

    /// The same with other options than those of a plain installation.
    pub async fn with_options(db: Db, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let stop = CancellationToken::new();
        let http = HttpClient::new(Policy::default());
        let base_url = "http://desk.example".parse().expect("an address");
        let mut options = Options {
            base_url,
            demo_user: None,
            behind_proxy: false,
        };
        change(&mut options);
        let app = App {
            db: db.clone(),
            blobs: Blobs::open(folder.path().join("blobs")).expect("a folder for blobs"),
            vault: Vault::open(folder.path()).expect("a new master key"),
            intake: Intake::start(db.clone()),
            live: Live::start(db.clone(), stop.clone()),
            registry: Registry::new(http.clone()),
            http,
            options: Arc::new(options),
        };
        let router = voce_web::router::router(app.clone());
        Self {
            app,
            db,
            router,
            _folder: folder,
            _stop: stop.drop_guard(),
        }
    }

    /// A browser that is not signed in.
    pub fn client(&self) -> Client {
        Client {
            router: self.router.clone(),
            cookies: BTreeMap::new(),
            headers: HeaderMap::new(),
        }
    }

    /// A new person of a role, whose password is [`PASSWORD`].
    pub async fn with_user(&self, role: Role) -> Person<'_> {
        let email = format!("{role}-{}@example.it", Uuid::now_v7().simple());
        let hash = password_hash().await;
        let new = NewUser {
            email: &email,
            name: "Anna Rossi",
            role,
            locale: "en",
            password_hash: Some(&hash),
        };
        let mut tx = self.db.begin().await.expect("a transaction");
        let id = users::create(&mut tx, &new, now()).await.expect("a new person");
        tx.commit().await.expect("committed");
        Person {
            server: self,
            id,
            email,
        }
    }
}

/// The hash of [`PASSWORD`]; it costs too much to make it for everybody.
async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(async || password::hash(PASSWORD).await.expect("a hash"))
        .await
        .clone()
}

/// Somebody who works here.
pub struct Person<'a> {
    server: &'a TestApp,
    pub id: Uuid,
    pub email: String,
}

impl Person<'_> {
    /// A browser in which they are signed in.
    pub async fn client(&self) -> Client {
        let token = secret::generate("");
        let token_hash = secret::hash(&token);
        let new = NewSession {
            user_id: self.id,
            token_hash: &token_hash,
            user_agent: "Firefox/140 Linux",
            ip: "::1",
        };
        let mut tx = self.server.db.begin().await.expect("a transaction");
        sessions::create(&mut tx, &new, now()).await.expect("a session");
        tx.commit().await.expect("committed");
        let mut client = self.server.client();
        client.cookies.insert("voce".into(), token);
        client
    }

    /// A program with a token of theirs.
    pub async fn program(&self, scopes: &[Permission]) -> Client {
        let token = secret::generate("voce_");
        let token_hash = secret::hash(&token);
        let new = NewToken {
            user_id: self.id,
            name: "test",
            token_hash: &token_hash,
            scopes,
            expires_at: None,
        };
        let mut tx = self.server.db.begin().await.expect("a transaction");
        tokens::create(&mut tx, &new, now()).await.expect("a token");
        tx.commit().await.expect("committed");
        self.server
            .client()
            .with_header("authorization", &format!("Bearer {token}"))
    }
}

/// A browser, or a program: keeps its cookies, follows nothing by itself.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookies: BTreeMap<String, String>,
    headers: HeaderMap,
}

impl Client {
    /// Sends a header with everything from now on.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header"));
        self
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty(), None).await.read().await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = Some("application/x-www-form-urlencoded");
        self.send(Method::POST, path, form.into(), kind).await.read().await
    }

    /// Sends JSON.
    pub async fn json(&mut self, method: Method, path: &str, body: &serde_json::Value) -> Answer {
        self.send(method, path, body.to_string().into(), Some("application/json"))
            .await
            .read()
            .await
    }

    /// Only the status: the body may never end.
    pub async fn status(&mut self, method: Method, path: &str) -> StatusCode {
        let kind = (method != Method::GET).then_some("application/x-www-form-urlencoded");
        self.send(method, path, Body::empty(), kind).await.0.status()
    }

    /// Signs in by the form.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    pub async fn send(&mut self, method: Method, path: &str, body: Body, kind: Option<&str>) -> Pending {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        let headers = request.headers_mut();
        headers.insert(header::HOST, "desk.example".parse().expect("a host"));
        headers.extend(self.headers.clone());
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, kind.parse().expect("a type"));
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            headers.insert(header::COOKIE, pairs.join("; ").parse().expect("cookies"));
        }
        let Ok(response) = self.router.clone().oneshot(request).await;
        for line in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = line.to_str().expect("text").split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.into(), value.into()),
            };
        }
        Pending(response)
    }
}

/// An answer whose body was not read yet.
pub struct Pending(pub axum::response::Response);

impl Pending {
    pub async fn read(self) -> Answer {
        let (parts, body) = self.0.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// What stands between two texts of the page.
    pub fn between(&self, before: &str, after: &str) -> String {
        let text = self.text();
        let rest = text
            .split_once(before)
            .unwrap_or_else(|| panic!("{before:?} is not in {text}"))
            .1;
        rest.split_once(after)
            .unwrap_or_else(|| panic!("{after:?} is not in {rest}"))
            .0
            .to_owned()
    }

    /// A page of the product that shows `words`.
    pub fn shows(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    pub fn assert(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}
