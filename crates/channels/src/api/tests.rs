use serde_json::json;
use uuid::Uuid;
use voce_domain::message::{AttachmentBody, Automatic, IncomingMessage, MessageKind};

use super::{mapping::Mapping, *};
use crate::standard_webhooks::{self, SignatureError};

const NOW: i64 = 1_772_366_400_000;

fn account(config: Value, secrets: Value) -> Account {
    Account {
        id: Uuid::now_v7(),
        kind: "api".into(),
        name: "Modulo".into(),
        address: String::new(),
        config,
        secrets,
        cursor: Value::Null,
        reply_key: [0; 32],
    }
}

/// One for all: a client reads the certificates of the operating system.
fn api() -> &'static Api {
    static API: std::sync::LazyLock<Api> = std::sync::LazyLock::new(|| Api::new(Client::new(Default::default())));
    &API
}

fn parse(format: &str, config: Value, body: impl Into<Vec<u8>>) -> Result<Vec<Incoming>, ParseError> {
    let raw = RawItem {
        id: 1,
        account_id: Uuid::nil(),
        format: format.into(),
        body: body.into(),
        received_at: NOW,
    };
    api().parse(&account(config, json!({})), &raw)
}

fn only_message(parsed: Result<Vec<Incoming>, ParseError>) -> IncomingMessage {
    match parsed.unwrap().remove(0) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn message(value: Value) -> IncomingMessage {
    only_message(parse(MESSAGE, json!({}), value.to_string()))
}

fn problems(value: &Value) -> Vec<(String, String)> {
    let invalid = message::read(value.to_string().as_bytes(), "IT", NOW).unwrap_err();
    invalid
        .0
        .into_iter()
        .map(|problem| (problem.pointer, problem.message))
        .collect()
}

#[test]
fn a_small_message_gets_the_usual_values() {
    let message = message(json!({"id": 7, "author": {"email": "Anna@Example.com"}, "text": "Ciao"}));
    assert_eq!((message.external_id.as_str(), message.text.as_str()), ("7", "Ciao"));
    assert_eq!(message.author.address.value, "anna@example.com");
    assert_eq!(
        (message.kind, message.visibility),
        (MessageKind::PrivateMessage, Visibility::Private)
    );
    assert_eq!(
        (message.sent_at, message.from_us, message.automatic),
        (NOW, false, Automatic::No)
    );
    assert_eq!((message.thread.key, message.thread.replies_to), (None, vec![]));
}

#[test]
fn a_full_message_keeps_everything() {
    let message = message(json!({
        "id": "m2", "conversation": "t1", "reply_to": "m1", "kind": "review", "direction": "out", "automatic": "bulk",
        "author": {"phone": "347 123 4567", "customer_number": "c 001", "name": " Anna ", "avatar_url": "javascript:x"},
        "subject": "Stelle", "html": "<p>Ottimo &amp; rapido</p>", "sent_at": "2026-01-02T03:04:05+01:00",
        "url": "https://example.com/r/2", "meta": {"stars": 5},
        "attachments": [{"name": "a.txt", "base64": "Y2lhbw=="}, {"url": "https://example.com/x/b.png?s=1"}]
    }));
    assert_eq!(
        (message.kind, message.visibility, message.from_us),
        (MessageKind::Review, Visibility::Public, true)
    );
    assert_eq!(message.author.address.value, "+393471234567");
    assert_eq!(
        (message.author.also[0].value.as_str(), message.author.avatar_url),
        ("C001", None)
    );
    assert_eq!(message.author.name.as_deref(), Some("Anna"));
    assert_eq!(message.text.trim(), "Ottimo & rapido");
    assert_eq!(message.sent_at, 1_767_319_445_000);
    assert_eq!(
        (message.thread.key.as_deref(), message.thread.replies_to),
        (Some("t1"), vec!["m1".to_owned()])
    );
    assert_eq!(message.attachments[0].body, AttachmentBody::Bytes(b"ciao".to_vec()));
    let picture = &message.attachments[1];
    assert_eq!(
        (picture.name.as_str(), picture.content_type.as_str()),
        ("b.png", "image/png")
    );
    assert_eq!(message.meta["stars"], 5);
}

#[test]
fn every_wrong_field_is_named() {
    let found = problems(&json!({
        "id": "", "kind": "letter", "visibility": "x", "direction": "up", "automatic": "y", "author": {"email": "nobody"},
        "sent_at": "soon", "attachments": [{"name": "a"}, {"url": "file:///etc/passwd"}, {"base64": "!"}]
    }));
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    let expected = [
        "/kind",
        "/visibility",
        "/automatic",
        "/direction",
        "/id",
        "/sent_at",
        "/attachments/0",
        "/attachments/1/url",
        "/attachments/2/base64",
        "/text",
        "/author/email",
    ];
    assert_eq!(pointers, expected);

    let found =
        problems(&json!({"text": 5, "extra/field": 1, "author": {"email": []}, "attachments": [{"size": 3}, 4]}));
    let mut pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/attachments/0/size",
            "/attachments/1",
            "/author/email",
            "/extra~1field",
            "/id",
            "/text"
        ]
    );
    assert_eq!(problems(&json!({"id": "1", "author": {}, "text": "a"}))[0].0, "/author");
    assert_eq!(problems(&json!([])), [(String::new(), "must be an object".to_owned())]);
    assert_eq!(
        problems(&json!({"id": "1", "author": {"email": "a@b.it"}, "kind": "note", "text": "a"}))[0].0,
        "/kind"
    );
    assert!(
        message::read(b"{", "IT", NOW)
            .unwrap_err()
            .to_string()
            .contains("line 1")
    );
}

#[test]
fn a_body_holds_one_message_or_many() {
    let texts = |body: &str| -> Vec<String> {
        message::split(body.as_bytes())
            .unwrap()
            .into_iter()
            .map(|raw| raw.get().to_owned())
            .collect()
    };
    assert_eq!(texts(r#" {"id":1}"#), [r#"{"id":1}"#]);
    assert_eq!(texts(r#"[{"id":1}, {"id": 2}]"#), [r#"{"id":1}"#, r#"{"id": 2}"#]);
    assert_eq!(texts(r#"{"messages":[{"id":1}]}"#), [r#"{"id":1}"#]);
    assert_eq!(texts("[]"), [""; 0]);
    assert!(message::split(b"[1,").is_err());
    assert!(message::split(b"").is_err());
    assert!(message::split(b"\xff").is_err());
}

fn helpdesk() -> Value {
    json!({
        "mapping": {
            "id": "/data/id", "text": "/data/body", "author.email": "/data/from/email",
            "author.name": "{/data/from/first} {/data/from/last}", "kind": "=form", "meta.shop": "/shop",
            "sent_at": "/data/at", "attachments": "/data/files", "conversation": "/data/none"
        },
        "time_zone": "Europe/Rome"
    })
}

#[test]
fn a_hook_is_read_by_its_mapping() {
    let message = only_message(parse(
        HOOK,
        helpdesk(),
        json!({
            "shop": "Milano", "data": {
                "id": 99, "body": "Aiuto", "from": {"email": "a@b.it", "first": "Anna"}, "at": "2026-01-02 12:00",
                "files": ["https://example.com/a.pdf", {"href": "https://example.com/b", "name": "b.txt"}, 5]
            }
        })
        .to_string(),
    ));
    assert_eq!(
        (message.external_id.as_str(), message.text.as_str(), message.kind),
        ("99", "Aiuto", MessageKind::Form)
    );
    assert_eq!(
        (message.author.name.as_deref(), message.meta["shop"].as_str()),
        (Some("Anna"), Some("Milano"))
    );
    assert_eq!(message.sent_at, 1_767_351_600_000);
    assert_eq!(
        (message.attachments.len(), message.attachments[1].content_type.as_str()),
        (2, "text/plain")
    );
    assert_eq!(message.thread.key, None);
}

#[test]
fn forms_lists_and_filters() {
    let config = json!({"mapping": {"text": "message", "author.email": "email", "subject": "topic"}});
    let form = only_message(parse(
        HOOK,
        config.clone(),
        "email=a%40b.it&message=Ciao+a+tutti&topic=x&topic=y",
    ));
    assert_eq!(
        (form.text.as_str(), form.subject.as_deref()),
        ("Ciao a tutti", Some("x, y"))
    );
    let again = only_message(parse(
        HOOK,
        config,
        "email=a%40b.it&message=Ciao+a+tutti&topic=x&topic=y",
    ));
    assert!(form.external_id.starts_with("sha256:"));
    assert_eq!(form.external_id, again.external_id);

    let config = json!({
        "list": "/items", "only": {"/event": "created"}, "mapping": {"id": "id", "text": "t", "author.handle": "x:{u}"}
    });
    let body =
        json!({"event": "created", "items": [{"id": 1, "t": "a", "u": "Anna"}, {"id": 2, "t": "b", "u": "Ugo"}]});
    let parsed = parse(HOOK, config.clone(), body.to_string()).unwrap();
    assert_eq!(parsed.len(), 2);
    let ignored = parse(HOOK, config.clone(), r#"{"event":"deleted"}"#).unwrap();
    assert!(matches!(&ignored[0], Incoming::Ignored { reason } if reason.contains("/event")));
    assert!(
        parse(HOOK, config, r#"{"event":"created"}"#)
            .unwrap_err()
            .0
            .starts_with("/items")
    );
    assert!(parse(HOOK, json!({}), "").is_err());
    let plain = parse(HOOK, json!({}), r#"{"id":"1","author":{"email":"a@b.it"},"text":"x"}"#);
    assert_eq!(only_message(plain).external_id, "1");
}

#[test]
fn mappings_are_checked_and_written_back() {
    let zone = || TimeZone::UTC;
    let mapping = Mapping::read(&helpdesk()["mapping"], zone()).unwrap();
    assert_eq!(mapping.to_json(), helpdesk()["mapping"]);
    let invalid = Mapping::read(
        &json!({"colour": "/c", "id": 5, "text": "{/a", "meta.": "x", "html": ""}),
        zone(),
    )
    .unwrap_err();
    let mut pointers: Vec<&str> = invalid.0.iter().map(|problem| problem.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/colour", "/id", "/meta.", "/text"]);
    assert!(Mapping::read(&json!([]), zone()).is_err());
}

fn row(header: &str, line: &str) -> Result<IncomingMessage, Invalid> {
    let columns: Vec<&str> = header.split('\t').collect();
    let fields: Vec<(&str, &str)> = columns.iter().copied().zip(line.split('\t')).collect();
    Mapping::guess(&columns, TimeZone::UTC)
        .apply(fields.as_slice())
        .into_incoming("IT", NOW)
}

const TWCS: &str = "tweet_id\tauthor_id\tinbound\tcreated_at\ttext\tresponse_tweet_id\tin_response_to_tweet_id";

#[test]
fn knows_the_columns_of_public_files() {
    let theirs = row(
        TWCS,
        "12\t115713\tTrue\tTue Oct 31 22:04:47 +0000 2017\t@acme help\t11\t15",
    )
    .unwrap();
    assert_eq!(
        (theirs.external_id.as_str(), theirs.from_us, theirs.kind),
        ("12", false, MessageKind::Post)
    );
    assert_eq!(theirs.author.address.value, "twitter:115713");
    assert_eq!(
        (theirs.sent_at, theirs.thread.replies_to),
        (1_509_487_487_000, vec!["15".to_owned()])
    );
    let ours = row(
        TWCS,
        "11\tacme\tFalse\tTue Oct 31 22:10:35 +0000 2017\t@115713 sure\t\t12",
    )
    .unwrap();
    assert!(ours.from_us);
    assert_eq!(
        row(TWCS, "11\tacme\tmaybe\tTue Oct 31 22:10:35 +0000 2017\tx\t\t")
            .unwrap_err()
            .0[0]
            .pointer,
        "/direction"
    );

    let header = "tweet_id\tairline_sentiment\tairline_sentiment_confidence\tnegativereason\tx\tairline\ttext";
    let tweet = row(header, "570306133677760000\tneutral\t1\t\t\tAcme Air\t@acme hello").unwrap();
    assert_eq!(
        (tweet.sent_at, tweet.meta["airline"].as_str()),
        (1_424_806_552_701, Some("Acme Air"))
    );

    let message = row(
        "ID\tE-mail\tData\tOggetto\tMessaggio",
        "5\ta@b.it\t31/10/2017\tCiao\tAiuto",
    )
    .unwrap();
    assert_eq!(
        (message.subject.as_deref(), message.text.as_str(), message.sent_at),
        (Some("Ciao"), "Aiuto", 1_509_408_000_000)
    );
}

#[test]
fn threads_of_a_file_have_one_root() {
    let roots = columns::roots([
        ("c", Some("b")),
        ("a", None),
        ("b", Some("a")),
        ("x", Some("gone")),
        ("y", Some("gone")),
        ("q", Some("p")),
        ("p", Some("q")),
        ("tail", Some("q")),
        ("self", Some("self")),
    ]);
    for (id, root) in [
        ("a", "a"),
        ("b", "a"),
        ("c", "a"),
        ("x", "gone"),
        ("y", "gone"),
        ("q", "p"),
        ("p", "p"),
        ("tail", "p"),
        ("self", "self"),
    ] {
        assert_eq!(roots.get(id), Some(&root), "{id}");
    }
}

fn headers(pairs: &[(&'static str, String)]) -> crate::http::HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
}

fn verify(config: &Value, pairs: &[(&'static str, String)], body: &[u8]) -> Result<(), SignatureError> {
    hook::verify(
        config,
        &json!({"hook_secret": "It's a Secret to Everybody"}),
        &headers(pairs),
        body,
        NOW,
    )
}

#[test]
fn standard_webhooks_are_the_usual_signature() {
    let seconds = NOW / 1000;
    let signature = standard_webhooks::sign("It's a Secret to Everybody", "m1", seconds, b"{}");
    let signed = [
        ("webhook-id", "m1".to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signature),
    ];
    assert_eq!(verify(&json!({}), &signed, b"{}"), Ok(()));
    assert_eq!(
        verify(&json!({"signature": "standard"}), &signed, b"{ }"),
        Err(SignatureError::Wrong)
    );
    assert_eq!(
        verify(&json!({}), &signed[..1], b"{}"),
        Err(SignatureError::Missing("webhook-timestamp"))
    );
    assert_eq!(
        hook::verify(&json!({}), &json!({}), &headers(&signed), b"{}", NOW),
        Err(SignatureError::NoSecret)
    );
}

/// The example of GitHub's documentation.
#[test]
fn github_signatures() {
    let config = json!({"signature": "github"});
    let signed = |text: &str| [("x-hub-signature-256", text.to_owned())];
    let good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(verify(&config, &signed(good), b"Hello, World!"), Ok(()));
    assert_eq!(
        verify(&config, &signed(good), b"Hello, World"),
        Err(SignatureError::Wrong)
    );
    for bad in ["sha256=", "sha256=75", "sha256=00"] {
        assert_eq!(
            verify(&config, &signed(bad), b"Hello, World!"),
            Err(SignatureError::Wrong)
        );
    }
    for unreadable in ["", "sha1=00", "sha256=zz", "sha256=0"] {
        assert_eq!(
            verify(&config, &signed(unreadable), b""),
            Err(SignatureError::Unreadable("x-hub-signature-256"))
        );
    }
}

#[test]
fn stripe_signatures() {
    use hmac::Mac;
    let config = json!({"signature": "stripe"});
    let sign = |seconds: i64| {
        let mut mac = standard_webhooks::hmac(b"It's a Secret to Everybody");
        mac.update(format!("{seconds}.body").as_bytes());
        let hex: String = mac
            .finalize()
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        [("stripe-signature", format!("t={seconds}, v0=00,v1=ff,v1={hex}"))]
    };
    assert_eq!(verify(&config, &sign(NOW / 1000), b"body"), Ok(()));
    assert_eq!(verify(&config, &sign(NOW / 1000), b"other"), Err(SignatureError::Wrong));
    assert_eq!(
        verify(&config, &sign(NOW / 1000 - 301), b"body"),
        Err(SignatureError::TooOld)
    );
    assert!(verify(&config, &[("stripe-signature", "v1=00".to_owned())], b"body").is_err());
}

#[test]
fn tokens_and_no_signature() {
    let config = json!({"signature": "token", "token_header": "X-Shop-Key"});
    let secret = "It's a Secret to Everybody".to_owned();
    assert_eq!(verify(&config, &[("x-shop-key", secret.clone())], b""), Ok(()));
    assert_eq!(
        verify(&config, &[("authorization", format!("Bearer {secret}"))], b""),
        Ok(())
    );
    assert_eq!(
        verify(&config, &[("x-shop-key", "It's".to_owned())], b""),
        Err(SignatureError::Wrong)
    );
    assert!(matches!(verify(&config, &[], b""), Err(SignatureError::Missing(_))));
    assert_eq!(verify(&json!({"signature": "none"}), &[], b""), Ok(()));
}

#[test]
fn settings_are_checked() {
    let connector = api();
    assert_eq!(
        connector.validate(&json!({"country": "IT", "time_zone": "Europe/Rome", "signature": "github"})),
        Ok(())
    );
    let wrong = json!({
        "country": "Italy", "time_zone": "Mars", "signature": "x", "token_header": "a b", "reply_url": "ftp://x",
        "list": "items", "mapping": {"x": "y"}
    });
    let fields: Vec<&str> = connector
        .validate(&wrong)
        .unwrap_err()
        .into_iter()
        .map(|error| error.field)
        .collect();
    assert_eq!(
        fields,
        [
            "country",
            "time_zone",
            "signature",
            "token_header",
            "reply_url",
            "list",
            "mapping"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_parsed_without_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..120), json in "[\\[\\]{}\":,0-9a-z_ ]{0,60}") {
        for format in [MESSAGE, HOOK] {
            let _ = parse(format, helpdesk(), body.clone());
            let _ = parse(format, json!({}), json.clone());
        }
        let _ = message::split(&body);
        let _ = message::split(json.as_bytes());
    }

    #[test]
    fn any_settings_and_headers_are_read_without_panic(text in "\\PC{0,40}", signature in "[ -~]{0,60}") {
        let mapping = json!({"text": text.clone(), "author.email": text.clone(), "sent_at": "{".to_owned() + &text + "}"});
        if let Ok(mapping) = Mapping::read(&mapping, TimeZone::UTC) {
            mapping.apply(&json!({ text.clone(): text }));
        }
        for way in hook::SIGNATURES {
            let given = [("webhook-id", &signature), ("webhook-timestamp", &signature), ("webhook-signature", &signature), ("x-hub-signature-256", &signature), ("stripe-signature", &signature)];
            let given: Vec<(&'static str, String)> = given.map(|(name, value)| (name, value.clone())).to_vec();
            let _ = verify(&json!({"signature": way}), &given, signature.as_bytes());
        }
    }
}
