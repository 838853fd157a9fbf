//! The Mastodon channel against a server over the network: `tests/peers/mastodon` (Python 3 and PyPI, or a finished
//! environment in the folder `VOCE_PEERS`).

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{
    Account, ConnectError, Connector, NewRaw, Outgoing, OutgoingAttachment, SendError, Sink, SinkError,
    http::{Client, Method, Policy},
    mastodon::{Mastodon, oauth},
};
use voce_domain::message::{Incoming, IncomingMessage, MessageKind, RawItem, ReactionKind, Visibility};

/// Longer than anything may take; only a hanging test reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

struct Peer {
    port: u16,
}

fn script(arguments: &[&str]) -> std::io::Result<std::process::ExitStatus> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/peers/mastodon/run.sh");
    Command::new(script)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
}

fn scratch() -> PathBuf {
    let base = std::env::var_os("VOCE_PEERS").map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
    base.join("mastodon")
}

/// Makes the environment once for all tests. `false`: it cannot be made here.
fn prepared() -> bool {
    static PREPARED: OnceLock<bool> = OnceLock::new();
    *PREPARED.get_or_init(|| {
        std::fs::create_dir_all(scratch()).unwrap();
        script(&["prepare", scratch().to_str().unwrap()]).is_ok_and(|status| status.success())
    })
}

impl Peer {
    /// `None` (said aloud) where there is no Python or no package index; an error on the build machine.
    fn start() -> Option<Self> {
        if !prepared() {
            assert!(std::env::var("CI").is_err(), "the Mastodon server cannot be prepared");
            println!("left out: the Mastodon server cannot be prepared (python3 and a package index are needed)");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let started = script(&["start", scratch().to_str().unwrap(), &port.to_string()]).unwrap();
        assert!(started.success(), "the Mastodon server does not start");
        Some(Self { port })
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn call(&self, token: &str, method: Method, path: &str, body: Value) -> Value {
        let request = client()
            .request(method.clone(), &format!("{}{path}", self.base()))
            .bearer(token);
        let request = if method == Method::GET {
            request
        } else {
            request.json(&body)
        };
        let response = request.send().await.unwrap();
        assert!(
            response.status.is_success(),
            "{path}: {} {:?}",
            response.status,
            response.body
        );
        response.json().unwrap()
    }

    /// A new person of the server: their token.
    async fn person(&self, name: &str) -> String {
        let person = self
            .call("", Method::POST, "/api/v1/_mock/dev_user", json!({"username": name}))
            .await;
        person["access_token"].as_str().unwrap().to_owned()
    }

    async fn says(&self, token: &str, status: Value) -> Value {
        self.call(token, Method::POST, "/api/v1/statuses", status).await
    }

    async fn fault(&self, method: &str, path: &str, effect: Value, count: Option<u32>) {
        let rule = json!({"match": {"methods": [method], "path": path}, "effect": effect, "count": count});
        self.call("", Method::POST, "/api/v1/_mock/faults", rule).await;
    }

    /// The account `shop` as Voce keeps it, made by signing in.
    async fn shop(&self) -> Account {
        let token = self.person("shop").await;
        let profile = oauth::verify(&client(), &self.base(), &token).await.unwrap();
        self.shop_with(&token, &profile.acct)
    }

    fn shop_with(&self, token: &str, address: &str) -> Account {
        Account {
            id: Uuid::now_v7(),
            kind: "mastodon".into(),
            name: "Shop".into(),
            address: address.into(),
            config: json!({"base_url": self.base()}),
            secrets: json!({"access_token": token}),
            cursor: Value::Null,
            reply_key: [0; 32],
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = script(&["stop", scratch().to_str().unwrap(), &self.port.to_string()]);
    }
}

fn client() -> Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT
        .get_or_init(|| {
            Client::new(Policy {
                allow_private: true,
                ..Policy::default()
            })
        })
        .clone()
}

fn mastodon() -> Mastodon {
    Mastodon::new(client())
}

/// Keeps what it is given, and says when something came.
#[derive(Default)]
struct Kept {
    items: Mutex<Vec<NewRaw>>,
    cursor: Mutex<Value>,
    connected: Notify,
    came: Notify,
}

#[async_trait]
impl Sink for Kept {
    async fn accept(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), SinkError> {
        self.items.lock().unwrap().extend(items);
        if let Some(cursor) = cursor {
            *self.cursor.lock().unwrap() = cursor;
        }
        self.came.notify_waiters();
        Ok(())
    }

    async fn health(&self, problem: Option<String>) {
        assert_eq!(problem, None);
        self.connected.notify_one();
    }
}

impl Kept {
    fn parsed(&self, account: &Account) -> Vec<Incoming> {
        let raw = |item: &NewRaw| RawItem {
            id: 0,
            account_id: account.id,
            format: item.format.into(),
            body: item.body.clone(),
            received_at: item.received_at,
        };
        let items = self.items.lock().unwrap();
        items
            .iter()
            .flat_map(|item| mastodon().parse(account, &raw(item)).unwrap())
            .collect()
    }

    /// Waits until something fits.
    async fn wait<T>(&self, account: &Account, fits: impl Fn(Incoming) -> Option<T>) -> T {
        let search = async {
            loop {
                let came = self.came.notified();
                tokio::pin!(came);
                came.as_mut().enable();
                if let Some(found) = self.parsed(account).into_iter().find_map(&fits) {
                    return found;
                }
                came.await;
            }
        };
        tokio::time::timeout(PATIENCE, search).await.expect("it did not come")
    }

    async fn message(&self, account: &Account, id: &Value) -> IncomingMessage {
        let id = id.as_str().unwrap();
        let of_id = |incoming| match incoming {
            Incoming::Message(message) if message.external_id == id => Some(*message),
            _ => None,
        };
        self.wait(account, of_id).await
    }
}

/// Receives while `work` runs.
async fn receiving<T>(account: &Account, kept: &Kept, work: impl Future<Output = T>) -> T {
    let (connector, stop) = (mastodon(), CancellationToken::new());
    let work = async {
        let result = work.await;
        stop.cancel();
        result
    };
    let (received, result) = tokio::join!(connector.run(account, kept, stop.clone()), work);
    received.unwrap();
    result
}

fn answer(to: &IncomingMessage, text: &str, visibility: Visibility) -> Outgoing {
    Outgoing {
        id: Uuid::now_v7(),
        conversation: Uuid::now_v7(),
        thread_key: to.thread.key.clone().unwrap_or_else(|| to.external_id.clone()),
        kind: to.kind,
        visibility,
        to: vec![to.author.address.value.clone()],
        cc: Vec::new(),
        from_name: None,
        subject: to.subject.clone(),
        text: text.into(),
        html: None,
        in_reply_to: Some(to.external_id.clone()),
        references: Vec::new(),
        attachments: Vec::new(),
        meta: to.meta.clone(),
    }
}

#[tokio::test]
async fn signs_in_and_out() {
    let Some(peer) = Peer::start() else { return };
    let (http, base, back) = (client(), peer.base(), "https://voce.example/back");
    peer.person("shop").await;
    let app = oauth::register_app(&http, &base, back).await.unwrap();
    assert!(app.pkce);
    let pkce = oauth::Pkce::random();
    let page = oauth::authorize_url(&base, &app, "state", back, Some(&pkce.challenge));
    assert!(http.get(&page).send().await.unwrap().status.is_success());
    let form = [
        ("username", "shop"),
        ("redirect_uri", back),
        ("client_id", &app.client_id),
        ("state", "state"),
    ];
    let chosen = http
        .post(&format!("{base}/oauth/authorize"))
        .form(&form)
        .send()
        .await
        .unwrap();
    let location = chosen.header("location").unwrap();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let token = oauth::exchange_code(&http, &base, &app, code, back, Some(&pkce.verifier))
        .await
        .unwrap();

    let profile = oauth::verify(&http, &base, &token).await.unwrap();
    assert_eq!(
        (profile.acct.split('@').next(), profile.max_characters),
        (Some("shop"), 500)
    );
    let mut account = peer.shop_with(&token, &profile.acct);
    mastodon().check(&account).await.unwrap();
    account.address = "somebody@else.example".into();
    assert!(matches!(
        mastodon().check(&account).await,
        Err(ConnectError::Settings(_))
    ));

    let wrong = oauth::exchange_code(&http, &base, &app, "wrong", back, None).await;
    assert!(matches!(wrong, Err(ConnectError::Settings(_))), "{wrong:?}");
    oauth::revoke(&http, &base, &app, &token).await.unwrap();
    let revoked = oauth::verify(&http, &base, &token).await;
    assert!(matches!(revoked, Err(ConnectError::Settings(_))), "{revoked:?}");
}

#[tokio::test]
async fn a_bad_token_is_a_matter_of_settings() {
    let Some(peer) = Peer::start() else { return };
    let account = peer.shop_with("bad", "shop@example.com");
    let stop = CancellationToken::new();
    let refused = mastodon().run(&account, &Kept::default(), stop).await;
    assert!(matches!(refused, Err(ConnectError::Settings(_))), "{refused:?}");
    assert!(matches!(
        mastodon().check(&account).await,
        Err(ConnectError::Settings(_))
    ));
}

#[tokio::test]
async fn mentions_come_by_the_stream_and_are_answered_in_their_thread() {
    let Some(peer) = Peer::start() else { return };
    let account = peer.shop().await;
    let anna = peer.person("anna").await;
    let kept = Kept::default();
    receiving(&account, &kept, async {
        kept.connected.notified().await;
        let asked = peer
            .says(
                &anna,
                json!({"status": "@shop dov'è il pacco?", "visibility": "public"}),
            )
            .await;
        let question = kept.message(&account, &asked["id"]).await;
        assert_eq!(
            (question.kind, question.visibility),
            (MessageKind::Post, Visibility::Public)
        );
        assert_eq!(question.author.address.value.split('@').next(), Some("mastodon:anna"));
        assert!(question.text.contains("dov'è il pacco?"), "{}", question.text);

        // Sent twice, posted once.
        let public = answer(&question, "Arriva domani.", Visibility::Public);
        let sent = mastodon().send(&account, &public).await.unwrap();
        assert_eq!(
            mastodon().send(&account, &public).await.unwrap().external_id,
            sent.external_id
        );
        let path = format!("/api/v1/statuses/{}/context", question.external_id);
        let context = peer.call(&anna, Method::GET, &path, Value::Null).await;
        let posted = context["descendants"].as_array().unwrap();
        assert_eq!(posted.len(), 1);
        assert_eq!(
            (posted[0]["id"].as_str(), posted[0]["visibility"].as_str()),
            (Some(sent.external_id.as_str()), Some("public"))
        );
        assert!(posted[0]["content"].as_str().unwrap().contains("@anna"));

        let again = json!({"status": "@shop grazie", "in_reply_to_id": sent.external_id, "visibility": "public"});
        let thanked = peer.says(&anna, again).await;
        let thanks = kept.message(&account, &thanked["id"]).await;
        assert_eq!(thanks.kind, MessageKind::Comment);
        assert_eq!(thanks.thread.key, Some(question.external_id.clone()));
        assert_eq!(
            thanks.thread.replies_to,
            [sent.external_id.clone(), question.external_id.clone()]
        );

        // Our own status shows up too, as ours.
        let ours = kept.message(&account, &json!(sent.external_id)).await;
        assert!(ours.from_us);
        assert_eq!(ours.thread.key, Some(question.external_id.clone()));

        let favourite = format!("/api/v1/statuses/{}/favourite", sent.external_id);
        peer.call(&anna, Method::POST, &favourite, json!({})).await;
        let about = kept.wait(&account, |incoming| match incoming {
            Incoming::Reaction(reaction) if reaction.kind == ReactionKind::Favourite => reaction.about,
            _ => None,
        });
        assert_eq!(about.await, sent.external_id);
    })
    .await;
}

#[tokio::test]
async fn private_messages_stay_private() {
    let Some(peer) = Peer::start() else { return };
    let account = peer.shop().await;
    let anna = peer.person("anna").await;
    let kept = Kept::default();
    let asked = peer
        .says(
            &anna,
            json!({"status": "@shop il mio indirizzo", "visibility": "direct", "spoiler_text": "privato"}),
        )
        .await;
    // It was written before we listened: the list brings it.
    let question = receiving(&account, &kept, kept.message(&account, &asked["id"])).await;
    assert_eq!(
        (question.kind, question.visibility),
        (MessageKind::PrivateMessage, Visibility::Private)
    );
    assert_eq!(question.subject.as_deref(), Some("privato"));

    let mut private = answer(&question, "Corretto, ecco la ricevuta.", Visibility::Private);
    let png = b"\x89PNG\r\n\x1a\n".to_vec();
    private.attachments.push(OutgoingAttachment {
        name: "ricevuta.png".into(),
        content_type: "image/png".into(),
        body: png,
    });
    let sent = mastodon().send(&account, &private).await.unwrap();
    let path = format!("/api/v1/statuses/{}", sent.external_id);
    let seen = peer.call(&anna, Method::GET, &path, Value::Null).await;
    assert_eq!(
        (seen["visibility"].as_str(), seen["spoiler_text"].as_str()),
        (Some("direct"), Some("privato"))
    );
    assert_eq!(seen["in_reply_to_id"], asked["id"]);
    assert_eq!(seen["media_attachments"].as_array().unwrap().len(), 1);
    let too_long = answer(&question, &"a".repeat(501), Visibility::Private);
    assert!(matches!(
        mastodon().send(&account, &too_long).await,
        Err(SendError::Rejected(_))
    ));
}

#[tokio::test]
async fn polls_without_a_stream_and_heeds_the_limits() {
    let Some(peer) = Peer::start() else { return };
    let mut account = peer.shop().await;
    let anna = peer.person("anna").await;
    peer.fault(
        "GET",
        "/api/v1/streaming/user",
        json!({"type": "status", "status": 404}),
        None,
    )
    .await;
    let limited = json!({"type": "status", "status": 429, "headers": {"Retry-After": "1"}});
    peer.fault("GET", "/api/v1/notifications", limited, Some(2)).await;
    let kept = Kept::default();
    let first = receiving(&account, &kept, async {
        kept.connected.notified().await;
        let asked = peer.says(&anna, json!({"status": "@shop una"})).await;
        kept.message(&account, &asked["id"]).await;
        asked
    })
    .await;

    // While we were away: nothing is lost, and nothing comes again.
    let mut asked = Vec::new();
    for number in 0..90 {
        asked.push(
            peer.says(&anna, json!({"status": format!("@shop numero {number}")}))
                .await,
        );
    }
    account.cursor = kept.cursor.lock().unwrap().clone();
    let later = Kept::default();
    receiving(&account, &later, later.message(&account, &asked.last().unwrap()["id"])).await;
    let ids: Vec<String> = later
        .parsed(&account)
        .into_iter()
        .filter_map(|incoming| match incoming {
            Incoming::Message(message) if !message.from_us => Some(message.external_id),
            _ => None,
        })
        .collect();
    let expected: Vec<&str> = asked.iter().map(|status| status["id"].as_str().unwrap()).collect();
    assert_eq!(ids, expected);
    assert!(!ids.contains(&first["id"].as_str().unwrap().to_owned()));

    let limited = json!({"type": "status", "status": 429, "headers": {"Retry-After": "9"}});
    peer.fault("POST", "/api/v1/statuses", limited, Some(1)).await;
    let question = later.message(&account, &asked[0]["id"]).await;
    let refused = mastodon()
        .send(&account, &answer(&question, "Eccoci.", Visibility::Unlisted))
        .await;
    assert!(
        matches!(&refused, Err(SendError::Retry { after: Some(after), .. }) if after.as_secs() == 9),
        "{refused:?}"
    );
}
