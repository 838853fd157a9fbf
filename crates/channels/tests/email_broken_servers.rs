//! The e-mail channel against servers that misbehave at a chosen moment: what is said about a mail's fate must be true,
//! and no mail may be skipped.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{Account, ConnectError, Connector, NewRaw, Outgoing, SendError, Sink, SinkError, email::Email};
use voce_domain::message::{MessageKind, Visibility};

/// What the SMTP server answers, by the verb it answers to; `DATA.` is the end of the mail. An empty answer closes.
type Answers = &'static [(&'static str, &'static str)];

const SOUND: Answers = &[
    ("", "220 mx.example.com"),
    ("EHLO", "250-mx.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"),
    ("AUTH", "235 ok"),
    ("MAIL", "250 ok"),
    ("RCPT", "250 ok"),
    ("DATA", "354 go on"),
    ("DATA.", "250 queued"),
    ("QUIT", "221 bye"),
];

#[derive(Debug, PartialEq)]
enum Fate {
    Sent,
    Rejected,
    Retry,
    Unknown,
}

#[tokio::test]
async fn the_fate_of_a_mail_is_told_truly() {
    for (verb, answer, expected) in [
        ("QUIT", "221 bye", Fate::Sent),
        ("QUIT", "", Fate::Sent),
        ("", "", Fate::Retry),
        ("", "421 busy", Fate::Retry),
        ("", "554 go away", Fate::Retry),
        ("EHLO", "", Fate::Retry),
        ("AUTH", "535 5.7.8 wrong password", Fate::Retry),
        ("AUTH", "454 4.7.0 later", Fate::Retry),
        ("MAIL", "552 too large", Fate::Rejected),
        ("MAIL", "451 later", Fate::Retry),
        ("MAIL", "", Fate::Retry),
        ("RCPT", "550 5.1.1 no such user", Fate::Rejected),
        ("RCPT", "450 greylisted", Fate::Retry),
        ("RCPT", "", Fate::Retry),
        ("DATA", "554 no", Fate::Rejected),
        ("DATA", "", Fate::Retry),
        ("DATA.", "250 queued as 1", Fate::Sent),
        ("DATA.", "554 spam", Fate::Rejected),
        ("DATA.", "451 try later", Fate::Retry),
        ("DATA.", "", Fate::Unknown),
        ("DATA.", "nonsense", Fate::Unknown),
    ] {
        let port = smtp_server(verb, answer).await;
        let fate = match Email.send(&account(port, 1), &outgoing("Ciao.\n")).await {
            Ok(_) => Fate::Sent,
            Err(SendError::Rejected(_)) => Fate::Rejected,
            Err(SendError::Retry { .. }) => Fate::Retry,
            Err(SendError::Unknown(_)) => Fate::Unknown,
        };
        assert_eq!(fate, expected, "{verb} answered with {answer:?}");
    }
}

/// The connection breaks while the mail is being written: the server cannot have taken it.
#[tokio::test]
async fn a_half_written_mail_is_not_sent() {
    let port = smtp_server("DATA", "close in the middle").await;
    let large = outgoing(&"Una riga abbastanza lunga di testo.\n".repeat(1_000_000));
    let error = Email.send(&account(port, 1), &large).await.unwrap_err();
    assert!(matches!(error, SendError::Retry { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let account = account(port, port);
    assert!(matches!(
        Email.send(&account, &outgoing("x")).await,
        Err(SendError::Retry { .. })
    ));
    assert!(matches!(
        Email.check(&account).await,
        Err(ConnectError::Temporary { .. })
    ));
}

/// A server (or somebody between) that hides STARTTLS does not get the password.
#[tokio::test]
async fn without_starttls_nothing_is_said_in_clear() {
    let smtp = smtp_server("QUIT", "221 bye").await;
    let (imap, heard) = imap_server("s OK nothing\r\n").await;
    let mut account = account(smtp, imap);
    account.config["smtp_security"] = json!("starttls");
    account.config["imap_security"] = json!("starttls");
    let error = Email.send(&account, &outgoing("x")).await.unwrap_err();
    assert!(error.to_string().contains("STARTTLS"), "{error}");
    assert!(Email.check(&account).await.is_err());
    assert!(
        !heard.lock().unwrap().iter().any(|line| line.contains("secret")),
        "{heard:?}"
    );
}

/// The FETCH ends badly: the cursor must stay before the mails that did not come.
#[tokio::test]
async fn a_fetch_that_ends_badly_moves_no_cursor() {
    for end in [
        "{tag} NO [SERVERBUG] some messages could not be fetched\r\n",
        "* BYE going down\r\n",
        "",
    ] {
        let script = format!("* 1 FETCH (UID 1 BODY[] {{19}}\r\nFrom: a@example.it\n)\r\n{end}");
        let (port, _) = imap_server(&script).await;
        let kept = Kept::default();
        let error = Email
            .run(&account(1, port), &kept, CancellationToken::new())
            .await
            .unwrap_err();
        assert!(matches!(error, ConnectError::Temporary { .. }), "{error}");
        assert_eq!(
            kept.cursor.lock().unwrap()["folders"]["INBOX"]["last_uid"],
            0,
            "{end:?}"
        );
        assert_eq!(kept.items.lock().unwrap().len(), 0);
    }
}

/// Nothing is acknowledged that the queue could not write.
#[tokio::test]
async fn a_queue_that_cannot_write_stops_receiving() {
    let (port, _) = imap_server("* 1 FETCH (UID 1 BODY[] {19}\r\nFrom: a@example.it\n)\r\n{tag} OK done\r\n").await;
    let kept = Kept {
        refuses_items: true,
        ..Kept::default()
    };
    let error = Email
        .run(&account(1, port), &kept, CancellationToken::new())
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::Temporary { .. }), "{error}");
    assert_eq!(kept.cursor.lock().unwrap()["folders"]["INBOX"]["last_uid"], 0);
}

/// A mail that is announced while we look, and never again, must not wait for the end of the idling.
#[tokio::test]
async fn a_mail_announced_in_passing_is_taken_at_once() {
    let (port, heard) =
        imap_server("LATE * 1 FETCH (UID 1 BODY[] {19}\r\nFrom: a@example.it\n)\r\n{tag} OK done\r\n").await;
    let (kept, stop) = (Kept::default(), CancellationToken::new());
    let account = account(1, port);
    let taken = async {
        while kept.items.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(Email.run(&account, &kept, stop.clone()), taken) };
    let (result, ()) = timeout(Duration::from_secs(60), both)
        .await
        .expect("the mail is not taken");
    result.unwrap();
    let commands = heard.lock().unwrap();
    let fetched = commands.iter().position(|line| line.contains("BODY.PEEK")).unwrap();
    assert!(
        !commands[..fetched].iter().any(|line| line.contains("IDLE")),
        "{commands:?}"
    );
}

fn account(smtp: u16, imap: u16) -> Account {
    Account {
        id: Uuid::now_v7(),
        kind: "email".into(),
        name: "Assistenza".into(),
        address: "support@example.com".into(),
        config: json!({
            "imap_host": "127.0.0.1", "imap_port": imap, "imap_security": "none", "imap_user": "support",
            "smtp_host": "127.0.0.1", "smtp_port": smtp, "smtp_security": "none", "smtp_user": "support",
            "import_existing": true,
        }),
        secrets: json!({"imap_password": "secret", "smtp_password": "secret"}),
        cursor: Value::Null,
        reply_key: [1; 32],
    }
}

fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        id: Uuid::now_v7(),
        conversation: Uuid::now_v7(),
        thread_key: String::new(),
        kind: MessageKind::Mail,
        visibility: Visibility::Private,
        to: vec!["anna@example.it".into()],
        cc: Vec::new(),
        from_name: None,
        subject: Some("Risposta".into()),
        text: text.into(),
        html: None,
        in_reply_to: None,
        references: Vec::new(),
        attachments: Vec::new(),
        meta: Default::default(),
    }
}

#[derive(Default)]
struct Kept {
    items: Mutex<Vec<NewRaw>>,
    cursor: Mutex<Value>,
    refuses_items: bool,
}

#[async_trait]
impl Sink for Kept {
    async fn accept(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), SinkError> {
        if self.refuses_items && !items.is_empty() {
            return Err(SinkError("the disk is full".into()));
        }
        self.items.lock().unwrap().extend(items);
        if let Some(cursor) = cursor {
            *self.cursor.lock().unwrap() = cursor;
        }
        Ok(())
    }

    async fn health(&self, _: Option<String>) {}
}

/// A server that is sound except for its answer to one verb.
async fn smtp_server(verb: &'static str, answer: &'static str) -> u16 {
    let changed = |&(known, sound): &(&'static str, &'static str)| (known, if known == verb { answer } else { sound });
    scripted(SOUND.iter().map(changed).collect()).await
}

async fn scripted(answers: Vec<(&'static str, &'static str)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk_smtp(stream, answers.clone()));
        }
    });
    port
}

/// Answers until an empty answer, or until the client leaves.
async fn talk_smtp(stream: TcpStream, answers: Vec<(&'static str, &'static str)>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut verb = String::new();
    loop {
        let (_, answer) = answers.iter().find(|(known, _)| *known == verb)?;
        if *answer == "close in the middle" {
            stream.write_all(b"354 go on\r\n").await.ok()?;
            stream.read_exact(&mut [0; 100_000]).await.ok()?;
            return None;
        }
        if answer.is_empty() {
            return None;
        }
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        let in_mail = verb == "DATA" && answer.starts_with("354");
        let mut line = String::new();
        while stream.read_line(&mut line).await.ok()? > 0 && in_mail && line != ".\r\n" {
            line.clear();
        }
        let word = line.split([' ', '\r']).next()?;
        verb = if in_mail { "DATA.".into() } else { word.to_uppercase() };
    }
}

/// An IMAP server with one mail, which answers the FETCH of its body with `script`. When that begins with `LATE`, the
/// mail is not listed at first but announced after the list. Also gives what it heard.
async fn imap_server(script: &str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (log, script) = (heard.clone(), script.to_owned());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk_imap(stream, script.clone(), log.clone()));
        }
    });
    (port, heard)
}

async fn talk_imap(stream: TcpStream, script: String, log: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"* OK ready\r\n").await.ok()?;
    let (mut line, mut idling) = (String::new(), String::new());
    let (mut late, script) = match script.strip_prefix("LATE ") {
        Some(rest) => (true, rest.to_owned()),
        None => (false, script),
    };
    while stream.read_line(&mut line).await.ok()? > 0 {
        log.lock().unwrap().push(line.clone());
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or((&idling, "DONE"));
        let done = format!("{tag} OK done\r\n");
        let (answer, ends) = match command {
            "STARTTLS" => (format!("{tag} BAD unknown command\r\n"), false),
            "CAPABILITY" => (format!("* CAPABILITY IMAP4rev1 IDLE\r\n{done}"), false),
            command if command.starts_with("EXAMINE") => (
                format!("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n{done}"),
                false,
            ),
            command if command.contains("BODY.PEEK") => (script.replace("{tag}", tag), !script.contains("{tag}")),
            "IDLE" => ("+ idling\r\n".into(), false),
            command if command.contains("RFC822.SIZE") && late => (format!("* 2 EXISTS\r\n{done}"), false),
            command if command.contains("RFC822.SIZE") => {
                (format!("* 1 FETCH (UID 1 RFC822.SIZE 19)\r\n{done}"), false)
            }
            _ => (done, false),
        };
        late &= !command.contains("RFC822.SIZE");
        if command == "IDLE" {
            idling = tag.to_owned();
        }
        stream.write_all(answer.as_bytes()).await.ok()?;
        if ends {
            return None;
        }
        line.clear();
    }
    None
}
