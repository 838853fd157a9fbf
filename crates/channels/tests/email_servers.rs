//! The e-mail channel against a real Dovecot and a real Postfix, which this test starts in a folder of its own.
//! Left out where they are not installed or the test does not run as root; in CI they must be there.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{
    Account, ConnectError, Connector, NewRaw, Outgoing, OutgoingAttachment, SendError, Sink, SinkError, email::Email,
};
use voce_domain::message::{
    AttachmentBody, DeliveryState, Incoming, IncomingMessage, MessageKind, RawItem, Visibility,
};

const USERS: &str = "alice bob support old busy huge moved twice";
const KEY: [u8; 32] = [9; 32];

#[tokio::test(flavor = "multi_thread")]
async fn against_real_servers() {
    let Some(peer) = Peer::start() else { return };
    logins(&peer).await;
    idle_and_threads(&peer).await;
    bounces(&peer).await;
    large_mail(&peer).await;
    new_mail_only(&peer).await;
    renumbering(&peer).await;
    restart(&peer).await;
    throughput(&peer).await;
}

async fn logins(peer: &Peer) {
    for security in ["tls", "starttls"] {
        Email.check(&peer.account("alice", security)).await.unwrap();
    }
    let mut clear = peer.account("alice", "tls");
    clear.config["imap_security"] = json!("none");
    clear.config["imap_port"] = json!(peer.imap);
    Email.check(&clear).await.unwrap();

    for secret in ["imap_password", "smtp_password"] {
        let mut wrong = peer.account("alice", "tls");
        wrong.secrets[secret] = json!("guess");
        let error = Email.check(&wrong).await.unwrap_err();
        assert!(matches!(&error, ConnectError::Settings(_)), "{error}");
    }
    let mut wrong = peer.account("alice", "tls");
    wrong.secrets["smtp_password"] = json!("guess");
    let error = Email.send(&wrong, &answer("bob@example.test", "x")).await.unwrap_err();
    assert!(matches!(&error, SendError::Retry { after: Some(_), .. }), "{error}");

    for security in ["tls", "starttls"] {
        let mut unknown = peer.account("alice", security);
        unknown.config["ca"] = json!("");
        let error = Email.check(&unknown).await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::Settings(text) if text.contains("certificate")),
            "{error}"
        );
    }
    let mut missing = peer.account("alice", "tls");
    missing.config["folders"] = json!("INBOX, Nowhere");
    let error = Email.check(&missing).await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::Settings(text) if text.contains("Nowhere")),
        "{error}"
    );
}

/// A mail arrives while we idle, is answered, and the answer to the answer comes back to its conversation.
async fn idle_and_threads(peer: &Peer) {
    let support = peer.account("support", "starttls");
    let alice = peer.account("alice", "tls");
    let (support_box, alice_box) = (Running::start(&support), Running::start(&alice));
    support_box.connected().await;
    alice_box.connected().await;

    let mut question = answer("support@example.test", "Domanda");
    question.in_reply_to = None;
    let begun = Instant::now();
    let asked = Email.send(&alice, &question).await.unwrap();
    let received = message(&support, &support_box.wait_for(1).await[0]);
    println!(
        "idle: a mail is here {} ms after it was sent",
        begun.elapsed().as_millis()
    );
    assert_eq!(received.external_id, asked.external_id);
    assert_eq!(received.author.address.value, "alice@example.test");
    assert!(
        !peer
            .files("support")
            .iter()
            .any(|name| name.contains(":2,") && name.contains('S')),
        "nothing is marked as seen"
    );

    let mut reply = answer("alice@example.test", "Domanda");
    reply.in_reply_to = Some(received.external_id.clone());
    let answered = Email.send(&support, &reply).await.unwrap();
    let raw = &alice_box.wait_for(1).await[0];
    let at_alice = message(&alice, raw);
    assert_eq!(at_alice.external_id, answered.external_id);
    assert_eq!(at_alice.thread.replies_to, std::slice::from_ref(&asked.external_id));
    assert_eq!(at_alice.thread.key, received.thread.key);

    // Alice's program loses the headers of the thread, but writes to the address it was given.
    let text = String::from_utf8_lossy(&raw.body).into_owned();
    let address = text
        .lines()
        .find_map(|line| line.strip_prefix("Reply-To: "))
        .unwrap()
        .to_owned();
    let mut bare = answer(address.trim(), "Tutt'altro oggetto");
    bare.in_reply_to = None;
    Email.send(&alice, &bare).await.unwrap();
    let back = message(&support, &support_box.wait_for(2).await[1]);
    assert_eq!(back.thread.conversation, Some(reply.conversation));

    // The copy stands in the folder for sent mail, once.
    peer.wait_for_file("support", ".Sent/cur").await;
    support_box.stop().await.unwrap();
    alice_box.stop().await.unwrap();
}

async fn bounces(peer: &Peer) {
    let bob = peer.account("bob", "tls");
    let inbox = Running::start(&bob);
    let sent = Email
        .send(&bob, &answer("nobody@example.test", "Nessuno"))
        .await
        .unwrap();
    match read(&bob, &inbox.wait_for(1).await[0]) {
        Incoming::Delivery(report) => {
            println!("bounce: {}", report.detail);
            assert_eq!(report.external_id, sent.external_id);
            assert_eq!(report.state, DeliveryState::Failed);
            assert!(
                report.detail.contains("nobody@example.test") && report.detail.contains("5.1.1"),
                "{}",
                report.detail
            );
        }
        other => panic!("{other:?}"),
    }
    inbox.stop().await.unwrap();

    let refused = Email.send(&bob, &answer("x@", "Nessuno")).await.unwrap_err();
    assert!(matches!(refused, SendError::Rejected(_)));
    let mut stranger = bob.clone();
    stranger.config["smtp_port"] = json!(peer.smtp);
    stranger.config["smtp_security"] = json!("none");
    stranger.config["smtp_user"] = json!("");
    let refused = Email
        .send(&stranger, &answer("x@elsewhere.test", "Relay"))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, SendError::Rejected(text) if text.contains("554")),
        "{refused}"
    );
}

async fn large_mail(peer: &Peer) {
    let huge = peer.account("huge", "tls");
    let body: Vec<u8> = (0..18_500_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut mail = answer("huge@example.test", "Allegato grande");
    mail.attachments.push(OutgoingAttachment {
        name: "grande.bin".into(),
        content_type: "application/octet-stream".into(),
        body: body.clone(),
    });
    Email.send(&peer.account("alice", "tls"), &mail).await.unwrap();
    let inbox = Running::start(&huge);
    let raw = inbox.wait_for(1).await.remove(0);
    println!("large: a mail of {} bytes arrived", raw.body.len());
    assert!(raw.body.len() > 25_000_000);
    let received = message(&huge, &raw);
    assert!(received.attachments[0].body == AttachmentBody::Bytes(body));
    inbox.stop().await.unwrap();
}

async fn new_mail_only(peer: &Peer) {
    peer.deliver("old", 3);
    let mut account = peer.account("old", "tls");
    account.config["import_existing"] = json!(false);
    let inbox = Running::start(&account);
    inbox.connected().await;
    peer.deliver("old", 1);
    let items = inbox.wait_for(1).await;
    assert_eq!(items.len(), 1);
    let cursor = inbox.stop().await.unwrap();
    assert_eq!(cursor["folders"]["INBOX"]["last_uid"], 4);
}

async fn renumbering(peer: &Peer) {
    peer.deliver("moved", 5);
    let mut account = peer.account("moved", "tls");
    let inbox = Running::start(&account);
    let first = ids(&account, &inbox.wait_for(5).await);
    account.cursor = inbox.stop().await.unwrap();

    peer.run(&["stop-imap"]);
    peer.run(&["renumber", "moved"]);
    peer.run(&["start-imap"]);
    let inbox = Running::start(&account);
    let second = ids(&account, &inbox.wait_for(5).await);
    let cursor = inbox.stop().await.unwrap();
    assert_ne!(
        cursor["folders"]["INBOX"]["uidvalidity"],
        account.cursor["folders"]["INBOX"]["uidvalidity"]
    );
    assert_eq!(first, second, "the same mails, recognisable by their ids");
}

/// The server goes away under us; from the stored cursor on nothing is taken twice or lost.
async fn restart(peer: &Peer) {
    peer.deliver("twice", 2);
    let mut account = peer.account("twice", "starttls");
    let inbox = Running::start(&account);
    inbox.wait_for(2).await;
    inbox.connected().await;
    peer.run(&["stop-imap"]);
    let (error, cursor) = inbox.broken().await;
    assert!(matches!(error, ConnectError::Temporary { .. }), "{error}");
    account.cursor = cursor;
    let error = Email.check(&account).await.unwrap_err();
    assert!(matches!(error, ConnectError::Temporary { .. }), "{error}");

    peer.run(&["start-imap"]);
    peer.deliver("twice", 1);
    let inbox = Running::start(&account);
    let items = inbox.wait_for(1).await;
    assert_eq!(ids(&account, &items), ["twice-2@example.test"]);
    inbox.stop().await.unwrap();
}

async fn throughput(peer: &Peer) {
    const MAILS: usize = 2_000;
    peer.deliver("busy", MAILS);
    let account = peer.account("busy", "tls");
    let begun = Instant::now();
    let inbox = Running::start(&account);
    let items = inbox.wait_for(MAILS).await;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "throughput: {MAILS} mails fetched in {seconds:.2} s, {:.0} a second",
        MAILS as f64 / seconds
    );
    let begun = Instant::now();
    let mut ids = ids(&account, &items);
    println!(
        "parsing: {:.0} mails a second, unoptimised",
        MAILS as f64 / begun.elapsed().as_secs_f64()
    );
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), MAILS);
    inbox.stop().await.unwrap();
}

fn answer(to: &str, subject: &str) -> Outgoing {
    Outgoing {
        id: Uuid::now_v7(),
        conversation: Uuid::now_v7(),
        thread_key: String::new(),
        kind: MessageKind::Mail,
        visibility: Visibility::Private,
        to: vec![to.into()],
        cc: Vec::new(),
        from_name: None,
        subject: Some(subject.into()),
        text: "Buongiorno, è tutto a posto.\n".into(),
        html: Some("<p>Buongiorno, è tutto a posto.</p>".into()),
        in_reply_to: None,
        references: Vec::new(),
        attachments: Vec::new(),
        meta: Default::default(),
    }
}

fn read(account: &Account, item: &NewRaw) -> Incoming {
    let raw = RawItem {
        id: 0,
        account_id: account.id,
        format: item.format.into(),
        body: item.body.clone(),
        received_at: item.received_at,
    };
    Email.parse(account, &raw).unwrap().remove(0)
}

fn message(account: &Account, item: &NewRaw) -> IncomingMessage {
    match read(account, item) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn ids(account: &Account, items: &[NewRaw]) -> Vec<String> {
    items.iter().map(|item| message(account, item).external_id).collect()
}

/// Keeps what was received, as the durable queue would.
#[derive(Default)]
struct Kept {
    items: Mutex<Vec<NewRaw>>,
    cursor: Mutex<Value>,
    healthy: Mutex<bool>,
    changed: Notify,
}

#[async_trait]
impl Sink for Kept {
    async fn accept(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), SinkError> {
        self.items.lock().unwrap().extend(items);
        if let Some(cursor) = cursor {
            *self.cursor.lock().unwrap() = cursor;
        }
        self.changed.notify_waiters();
        Ok(())
    }

    async fn health(&self, problem: Option<String>) {
        *self.healthy.lock().unwrap() = problem.is_none();
        self.changed.notify_waiters();
    }
}

/// An account that is being received.
struct Running {
    kept: std::sync::Arc<Kept>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), ConnectError>>,
}

/// Much longer than anything here takes: only what hangs fails.
const PATIENCE: Duration = Duration::from_secs(120);

impl Running {
    fn start(account: &Account) -> Self {
        let kept = std::sync::Arc::new(Kept::default());
        let stop = CancellationToken::new();
        let (sink, account, token) = (kept.clone(), account.clone(), stop.clone());
        let task = tokio::spawn(async move { Email.run(&account, &*sink, token).await });
        Self { kept, stop, task }
    }

    async fn until(&self, met: impl Fn(&Kept) -> bool) {
        let wait = async {
            loop {
                let changed = self.kept.changed.notified();
                if met(&self.kept) {
                    return;
                }
                let _ = timeout(Duration::from_millis(200), changed).await;
                assert!(!self.task.is_finished(), "receiving has ended");
            }
        };
        timeout(PATIENCE, wait).await.expect("what was awaited did not come");
    }

    async fn connected(&self) {
        self.until(|kept| *kept.healthy.lock().unwrap()).await;
    }

    async fn wait_for(&self, count: usize) -> Vec<NewRaw> {
        self.until(|kept| kept.items.lock().unwrap().len() >= count).await;
        self.kept.items.lock().unwrap().clone()
    }

    /// Stops receiving and gives the cursor.
    async fn stop(self) -> Result<Value, ConnectError> {
        self.stop.cancel();
        timeout(PATIENCE, self.task)
            .await
            .expect("receiving does not stop")
            .unwrap()?;
        Ok(self.kept.cursor.lock().unwrap().clone())
    }

    /// Waits until receiving ends by itself.
    async fn broken(self) -> (ConnectError, Value) {
        let error = timeout(PATIENCE, self.task)
            .await
            .expect("receiving goes on")
            .unwrap()
            .unwrap_err();
        let cursor = self.kept.cursor.lock().unwrap().clone();
        (error, cursor)
    }
}

/// The servers.
struct Peer {
    folder: tempfile::TempDir,
    ca: String,
    ports: Vec<(&'static str, u16)>,
    imap: u16,
    smtp: u16,
}

impl Peer {
    fn start() -> Option<Self> {
        let installed = |name: &str| Path::new("/usr/sbin").join(name).exists();
        let is_root = fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
        if !(installed("dovecot") && installed("postfix") && is_root) {
            assert!(
                std::env::var("CI").is_err(),
                "CI must have dovecot and postfix and run this test as root"
            );
            println!("left out: the e-mail channel against real servers needs dovecot, postfix and root");
            return None;
        }
        let names = [
            "IMAP_PORT",
            "IMAPS_PORT",
            "SMTP_PORT",
            "SUBMISSION_PORT",
            "SMTPS_PORT",
            "LMTP_PORT",
            "SASL_PORT",
        ];
        // All bound at once, so that they differ.
        let free: Vec<_> = names
            .iter()
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports: Vec<_> = names
            .into_iter()
            .zip(free.iter().map(|socket| socket.local_addr().unwrap().port()))
            .collect();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut peer = Self {
            imap: ports[0].1,
            smtp: ports[2].1,
            ports,
            folder,
            ca: String::new(),
        };
        peer.run(&["start"]);
        peer.ca = fs::read_to_string(peer.path("tls/ca.pem")).unwrap();
        Some(peer)
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.folder.path().join("mail").join(inner)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/email/run.sh");
        let mut command = Command::new("bash");
        command
            .arg(script)
            .args(arguments)
            .env("MAIL_DIR", self.path(""))
            .env("MAIL_USERS", USERS);
        command.envs(self.ports.iter().map(|(name, port)| (name, port.to_string())));
        command
    }

    fn run(&self, arguments: &[&str]) {
        assert!(self.command(arguments).status().unwrap().success(), "{arguments:?}");
    }

    fn port(&self, name: &str) -> u16 {
        self.ports.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn account(&self, user: &str, security: &str) -> Account {
        let (imap, smtp) = match security {
            "tls" => (self.port("IMAPS_PORT"), self.port("SMTPS_PORT")),
            _ => (self.imap, self.port("SUBMISSION_PORT")),
        };
        let address = format!("{user}@example.test");
        Account {
            id: Uuid::now_v7(),
            kind: "email".into(),
            name: user.into(),
            address: address.clone(),
            config: json!({
                "address": address, "imap_host": "localhost", "imap_port": imap, "imap_security": security, "imap_user": address,
                "smtp_host": "127.0.0.1", "smtp_port": smtp, "smtp_security": security, "smtp_user": address,
                "ca": self.ca, "import_existing": true, "sent_folder": "Sent",
            }),
            secrets: json!({"imap_password": "secret", "smtp_password": "secret"}),
            cursor: Value::Null,
            reply_key: KEY,
        }
    }

    fn maildir(&self, user: &str) -> PathBuf {
        self.path("dovecot/mail/example.test").join(user)
    }

    /// Puts mails straight into the mailbox; their ids are `user-0@example.test` and on.
    fn deliver(&self, user: &str, count: usize) {
        let owner = fs::metadata(self.path("dovecot/users")).map(|meta| {
            use std::os::unix::fs::MetadataExt;
            (meta.uid(), meta.gid())
        });
        let (uid, gid) = owner.unwrap();
        for folder in ["", "new", "cur", "tmp"] {
            let mut made = self.path("dovecot/mail");
            for step in ["example.test", user, folder]
                .into_iter()
                .filter(|step| !step.is_empty())
            {
                made.push(step);
                if !made.exists() {
                    fs::create_dir(&made).unwrap();
                    chown(&made, Some(uid), Some(gid)).unwrap();
                }
            }
        }
        let begin = self.files(user).len();
        for n in begin..begin + count {
            let mail = format!(
                "From: Anna <anna{n}@example.it>\r\nTo: {user}@example.test\r\nSubject: Mail {n}\r\nMessage-ID: <{user}-{n}@example.test>\r\n\r\n{}",
                "Un testo di qualche riga, come ne scrivono i clienti.\r\n".repeat(30)
            );
            let (tmp, new) = (
                self.maildir(user).join("tmp/x"),
                self.maildir(user).join(format!("new/{n:06}.M{n}.test")),
            );
            fs::write(&tmp, mail).unwrap();
            chown(&tmp, Some(uid), Some(gid)).unwrap();
            fs::rename(tmp, new).unwrap();
        }
    }

    /// The mails of the inbox, whether the server has looked at them or not.
    fn files(&self, user: &str) -> Vec<String> {
        ["new", "cur"]
            .iter()
            .filter_map(|folder| fs::read_dir(self.maildir(user).join(folder)).ok())
            .flatten()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    async fn wait_for_file(&self, user: &str, folder: &str) {
        let folder = self.maildir(user).join(folder);
        let wait = async {
            while !fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("nothing in {}", folder.display()));
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for log in ["log/dovecot.log", "log/postfix.log"] {
                let text = fs::read_to_string(self.path(log)).unwrap_or_default();
                let tail: Vec<_> = text.lines().rev().take(40).collect();
                eprintln!("--- {log}\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
        }
        let _ = self.command(&["stop"]).status();
    }
}
