//! Mails as they really come, each with what Voce must understand. The fixtures are invented.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use voce_domain::message::{AttachmentBody, Automatic, DeliveryState, Incoming, IncomingMessage, MessageKind, RawItem};

use super::parse::parse;
use crate::{Account, reply_address};

macro_rules! fixtures {
    ($($name:ident),+ $(,)?) => {
        &[$((stringify!($name), include_bytes!(concat!("fixtures/", stringify!($name), ".eml")))),+]
    };
}

const FIXTURES: &[(&str, &[u8])] = fixtures![
    plain,
    html_only,
    iso_8859_15,
    windows_1252_mislabelled,
    raw_8bit_header,
    encoded_words,
    inline_picture,
    nested_forward,
    calendar_invite,
    signed_and_tnef,
    encrypted,
    out_of_office_it,
    out_of_office_en,
    no_message_id,
    reply,
    huge_references,
    contact_form,
    own_form,
    answered_elsewhere,
    own_copy,
    forged_own,
    newsletter,
    dsn_postfix,
    dsn_delayed,
    dsn_exchange,
    dsn_gmail,
    bounce_qmail,
    bounce_exim,
    bounce_unknown,
    read_receipt,
    truncated,
];

const SENT: &str = "0199a000-0000-7000-8000-000000000001@example.com";
const RECEIVED_AT: i64 = 1_800_000_000_000;

fn account() -> Account {
    Account {
        id: Uuid::nil(),
        kind: "email".into(),
        name: "Assistenza".into(),
        address: "support@example.com".into(),
        config: json!({}),
        secrets: json!({}),
        cursor: Value::Null,
        reply_key: [7; 32],
    }
}

fn read(bytes: &[u8]) -> Incoming {
    let raw = RawItem {
        id: 1,
        account_id: Uuid::nil(),
        format: "rfc5322".into(),
        body: bytes.to_vec(),
        received_at: RECEIVED_AT,
    };
    let mut all = parse(&account(), &raw).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn bytes(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|(known, _)| *known == name).unwrap().1
}

fn message(name: &str) -> IncomingMessage {
    message_of(bytes(name))
}

fn message_of(bytes: &[u8]) -> IncomingMessage {
    match read(bytes) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

/// (name, content type, content id, bytes) of the attachments.
fn attachments(message: &IncomingMessage) -> Vec<(&str, &str, Option<&str>, usize)> {
    let size = |body: &AttachmentBody| match body {
        AttachmentBody::Bytes(bytes) => bytes.len(),
        AttachmentBody::Url(_) => 0,
    };
    let all = message.attachments.iter();
    all.map(|a| {
        (
            a.name.as_str(),
            a.content_type.as_str(),
            a.content_id.as_deref(),
            size(&a.body),
        )
    })
    .collect()
}

#[test]
fn a_plain_mail() {
    let mail = message("plain");
    assert_eq!(mail.external_id, "plain-1@example.it");
    assert_eq!(mail.kind, MessageKind::Mail);
    assert_eq!(mail.author.address.value, "anna.bianchi@example.it");
    assert_eq!(mail.author.name.as_deref(), Some("Anna Bianchi"));
    assert_eq!(mail.subject.as_deref(), Some("Ordine non arrivato"));
    assert_eq!(
        mail.text,
        "Buongiorno,\nil mio ordine 4711 non è ancora arrivato.\n\nAnna"
    );
    assert_eq!(mail.html, None);
    assert_eq!(mail.sent_at, 1_794_817_800_000);
    assert_eq!(mail.thread.key.as_deref(), Some("plain-1@example.it"));
    assert!(mail.thread.replies_to.is_empty() && mail.attachments.is_empty() && !mail.from_us);
    assert_eq!(mail.automatic, Automatic::No);
    assert_eq!(mail.meta["to"], json!(["support@example.com"]));
}

#[test]
fn texts_in_every_dress() {
    for (name, expected) in [
        (
            "html_only",
            "Buongiorno,\n\nla fattura è sbagliata: vedi (https://example.com/f/12).\n\n- IVA\n- totale\n\n> Gentile cliente",
        ),
        ("iso_8859_15", "Perché costa 10 €?"),
        (
            "windows_1252_mislabelled",
            "Mi avete detto “domani” – perché non è così? 5 €",
        ),
        ("encoded_words", "Non è possibile: aspetto da una settimana."),
        ("inline_picture", "Ecco la foto del danno."),
        ("calendar_invite", "Ci vediamo alle 10."),
        ("signed_and_tnef", "Firmato."),
        ("encrypted", ""),
        ("truncated", "Prima parte"),
    ] {
        assert_eq!(message(name).text, expected, "{name}");
    }
    assert!(
        message("html_only").html.is_some_and(|html| html.contains("<style>")),
        "HTML is kept as it came"
    );
}

#[test]
fn headers_in_every_dress() {
    let words = message("encoded_words");
    assert_eq!(words.subject.as_deref(), Some("È così che trattate i clienti?"));
    assert_eq!(words.author.name.as_deref(), Some("Niccolò De Rossi"));
    let raw = message("raw_8bit_header");
    assert_eq!(raw.subject.as_deref(), Some("Perché?"));
    assert_eq!(raw.author.name.as_deref(), Some("Nicolò Rossi"));
    assert_eq!(message("iso_8859_15").subject.as_deref(), Some("Costa 10 €"));
}

#[test]
fn attachments_are_kept() {
    let picture = message("inline_picture");
    assert_eq!(
        attachments(&picture),
        [
            ("danno.png", "image/png", Some("pic1@example.it"), 28),
            ("Ricevuta perché.pdf", "application/pdf", None, 10),
        ]
    );
    let forward = message("nested_forward");
    assert!(forward.text.contains("Forwarded message") && forward.text.ends_with("Non funziona."));
    let [eml] = forward.attachments.as_slice() else {
        panic!()
    };
    assert_eq!(
        (eml.name.as_str(), eml.content_type.as_str()),
        ("Reclamo - urgente.eml", "message/rfc822")
    );
    let AttachmentBody::Bytes(inner) = &eml.body else {
        panic!()
    };
    assert_eq!(message_of(inner).text, "Testo interno");
    assert_eq!(attachments(&message("calendar_invite"))[0].0, "attachment-1.ics");
    let signed = message("signed_and_tnef");
    assert_eq!(
        attachments(&signed).iter().map(|a| a.0).collect::<Vec<_>>(),
        ["winmail.dat", "smime.p7s"]
    );
    assert_eq!(attachments(&message("encrypted"))[1].0, "encrypted.asc");
    assert_eq!(
        attachments(&message("truncated")),
        [("x.pdf", "application/pdf", None, 6)]
    );
}

#[test]
fn threads() {
    let reply = message("reply");
    assert_eq!(reply.thread.replies_to, [SENT, "plain-1@example.it"]);
    assert_eq!(reply.thread.key.as_deref(), Some("plain-1@example.it"));
    let huge = message("huge_references");
    assert_eq!(huge.thread.key.as_deref(), Some("ref-0@example.it"));
    assert_eq!(huge.thread.replies_to.len(), 50);
    let nameless = message("no_message_id");
    assert!(nameless.external_id.starts_with("sha256:") && nameless.external_id.len() == 71);
    assert_eq!(nameless.sent_at, RECEIVED_AT);
    assert_eq!(message("no_message_id"), nameless, "the same bytes give the same id");
}

#[test]
fn a_signed_reply_address_names_the_conversation() {
    let conversation = Uuid::now_v7();
    let address = reply_address::make("support@example.com", conversation, &[7; 32]).unwrap();
    for header in ["To", "Cc", "Delivered-To", "X-Original-To"] {
        let mail = format!("From: anna@example.it\n{header}: <{address}>\nMessage-ID: <a@b>\n\nciao\n");
        assert_eq!(
            message_of(mail.as_bytes()).thread.conversation,
            Some(conversation),
            "{header}"
        );
    }
    let forged = reply_address::make("support@example.com", conversation, &[8; 32]).unwrap();
    let mail = format!("From: anna@example.it\nTo: {forged}\nMessage-ID: <a@b>\n\nciao\n");
    assert_eq!(message_of(mail.as_bytes()).thread.conversation, None);
}

#[test]
fn machines() {
    for (name, expected) in [
        ("out_of_office_it", Automatic::OutOfOffice),
        ("out_of_office_en", Automatic::OutOfOffice),
        ("newsletter", Automatic::Bulk),
        ("bounce_unknown", Automatic::Bounce),
        ("contact_form", Automatic::No),
        ("reply", Automatic::No),
    ] {
        assert_eq!(message(name).automatic, expected, "{name}");
    }
}

#[test]
fn forms_speak_for_people() {
    let form = message("contact_form");
    assert_eq!(form.author.address.value, "dario.neri@example.org");
    assert_eq!(form.author.name.as_deref(), Some("Dario Neri"));
    assert_eq!(form.kind, MessageKind::Form);
    assert_eq!(form.meta["from"], "wordpress@example.com");
    let own = message("own_form");
    assert_eq!(
        (own.author.address.value.as_str(), own.from_us),
        ("elena@example.org", false)
    );
}

#[test]
fn our_own_mails() {
    let elsewhere = message("answered_elsewhere");
    assert!(elsewhere.from_us);
    assert_eq!(elsewhere.thread.replies_to, ["plain-1@example.it"]);
    assert!(matches!(read(bytes("own_copy")), Incoming::Ignored { .. }));
    assert!(
        !message("forged_own").from_us,
        "a mail to ourselves in our name is not our answer"
    );
    let failing = String::from_utf8_lossy(bytes("answered_elsewhere"))
        .replace("Bcc:", "Authentication-Results: mx; dmarc=fail\nBcc:");
    assert!(!message_of(failing.as_bytes()).from_us);
}

#[test]
fn fates_of_what_we_sent() {
    for (name, state, detail) in [
        (
            "dsn_postfix",
            DeliveryState::Failed,
            "nobody@example.it: 5.1.1 550 5.1.1 <nobody@example.it>: Recipient address rejected: User unknown",
        ),
        (
            "dsn_exchange",
            DeliveryState::Failed,
            "x@example.net: 5.1.10 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        ),
        (
            "dsn_gmail",
            DeliveryState::Failed,
            "nobody@example.org: 5.1.1 550-5.1.1 The email account that you tried to reach does not exist.",
        ),
        (
            "bounce_qmail",
            DeliveryState::Failed,
            "Sorry, no mailbox here by that name. (#5.1.1)",
        ),
        (
            "bounce_exim",
            DeliveryState::Failed,
            "nobody@example.org: 550 no such user",
        ),
        ("read_receipt", DeliveryState::Delivered, "displayed"),
    ] {
        let Incoming::Delivery(report) = read(bytes(name)) else {
            panic!("{name}")
        };
        assert_eq!(
            (report.external_id.as_str(), report.state, report.detail.as_str()),
            (SENT, state, detail),
            "{name}"
        );
        assert_eq!(report.at, RECEIVED_AT);
    }
    assert!(matches!(read(bytes("dsn_delayed")), Incoming::Ignored { .. }));
}

#[test]
fn what_is_no_mail_is_told() {
    for bytes in [&b""[..], b"\n\n", b"hello world", b"Subject: nobody wrote this\n\nx"] {
        let raw = RawItem {
            id: 1,
            account_id: Uuid::nil(),
            format: "rfc5322".into(),
            body: bytes.to_vec(),
            received_at: 0,
        };
        assert!(parse(&account(), &raw).is_err(), "{bytes:?}");
    }
}

#[test]
fn nothing_a_database_refuses() {
    let mail = message_of(b"From: a@example.it\nSubject: x\0y\nMessage-ID: <a\0b@c>\n\nciao\0ciao\n");
    let all = serde_json::to_string(&mail).unwrap();
    assert!(!all.contains("\\u0000"), "{all}");
}

fn any_outcome(body: Vec<u8>) {
    let raw = RawItem {
        id: 1,
        account_id: Uuid::nil(),
        format: "rfc5322".into(),
        body,
        received_at: 0,
    };
    let first = parse(&account(), &raw);
    assert_eq!(first, parse(&account(), &raw));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        any_outcome(bytes);
    }

    #[test]
    fn mutated_mails_are_read_without_panic(
        which in 0..FIXTURES.len(),
        other in 0..FIXTURES.len(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..4), 0..12),
    ) {
        let mut mail = FIXTURES[which].1.to_vec();
        for (at, byte, how) in cuts {
            if mail.is_empty() {
                break;
            }
            let at = at.index(mail.len());
            match how {
                0 => mail[at] = byte,
                1 => mail.insert(at, byte),
                2 => mail.truncate(at),
                _ => {
                    let piece = FIXTURES[other].1;
                    let from = at % piece.len();
                    mail.splice(at..at, piece[from..piece.len().min(from + 200)].iter().copied());
                }
            }
        }
        any_outcome(mail);
    }
}
