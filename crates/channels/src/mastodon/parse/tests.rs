use serde_json::json;
use uuid::Uuid;

use super::*;

fn account(address: &str) -> Account {
    Account {
        id: Uuid::now_v7(),
        kind: "mastodon".into(),
        name: "Voce".into(),
        address: address.into(),
        config: json!({"base_url": "https://social.example.com"}),
        secrets: json!({}),
        cursor: Value::Null,
        reply_key: [0; 32],
    }
}

fn parse_as(address: &str, format: &str, body: impl Into<Vec<u8>>) -> Result<Incoming, ParseError> {
    let raw = RawItem {
        id: 1,
        account_id: Uuid::nil(),
        format: format.into(),
        body: body.into(),
        received_at: 42,
    };
    parse(&account(address), &raw).map(|mut parsed| parsed.remove(0))
}

fn parsed(value: &Value) -> Incoming {
    parse_as("shop@example.com", NOTIFICATION, value.to_string()).unwrap()
}

fn message(value: &Value) -> IncomingMessage {
    match parsed(value) {
        Incoming::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

/// A mention as Mastodon 4 writes it.
fn mastodon() -> Value {
    json!({
        "id": "34975861", "type": "mention", "created_at": "2026-02-03T10:11:12.345Z", "group_key": "ungrouped-34975861",
        "account": {
            "id": "109", "username": "giulia", "acct": "Giulia@altrove.example", "display_name": "Giulia :blobcat: Verdi",
            "locked": false, "bot": false, "group": false, "url": "https://altrove.example/@giulia",
            "avatar": "https://cdn.example.com/giulia.png", "emojis": [{"shortcode": "blobcat", "url": "https://cdn.example.com/b.png"}],
            "fields": [], "followers_count": 3
        },
        "status": {
            "id": "113950", "created_at": "2026-02-03T10:11:11.000Z", "in_reply_to_id": null, "in_reply_to_account_id": null,
            "sensitive": true, "spoiler_text": "lamentela", "visibility": "public", "language": "it",
            "uri": "https://altrove.example/users/giulia/statuses/1", "url": "https://altrove.example/@giulia/1",
            "content": "<p><span class=\"h-card\" translate=\"no\"><a href=\"https://social.example.com/@shop\" class=\"u-url mention\">@<span>shop</span></a></span> il pacco &amp; la fattura?<br>Grazie</p>",
            "reblog": null, "application": null, "poll": null, "card": null, "filtered": [],
            "account": {
                "id": "109", "username": "giulia", "acct": "Giulia@altrove.example", "display_name": "Giulia :blobcat: Verdi",
                "bot": false, "url": "https://altrove.example/@giulia", "avatar": "https://cdn.example.com/giulia.png",
                "emojis": [{"shortcode": "blobcat"}]
            },
            "media_attachments": [
                {"id": "22", "type": "image", "url": "https://cdn.example.com/media/pacco.jpeg?1", "remote_url": null, "description": "Un pacco rotto"},
                {"id": "23", "type": "unknown", "url": null, "remote_url": null, "description": null}
            ],
            "mentions": [{"id": "1", "username": "shop", "url": "https://social.example.com/@shop", "acct": "shop"}],
            "tags": [], "emojis": []
        }
    })
}

#[test]
fn a_mention_of_mastodon() {
    let message = message(&mastodon());
    assert_eq!(
        (message.external_id.as_str(), message.kind),
        ("113950", MessageKind::Post)
    );
    assert_eq!(
        (message.visibility, message.from_us, message.automatic),
        (Visibility::Public, false, Automatic::No)
    );
    assert_eq!(message.author.address.value, "mastodon:giulia@altrove.example");
    assert_eq!(message.author.name.as_deref(), Some("Giulia Verdi"));
    assert_eq!(message.text, "@shop il pacco & la fattura?\nGrazie");
    assert_eq!(
        (message.subject.as_deref(), message.sent_at),
        (Some("lamentela"), 1_770_113_471_000)
    );
    assert_eq!(message.url.as_deref(), Some("https://altrove.example/@giulia/1"));
    assert_eq!(
        (message.thread.key.as_deref(), message.thread.replies_to),
        (Some("113950"), vec![])
    );
    assert_eq!(message.attachments.len(), 1);
    let picture = &message.attachments[0];
    assert_eq!(
        (picture.name.as_str(), picture.content_type.as_str()),
        ("pacco.jpeg", "image/jpeg")
    );
    assert_eq!(
        picture.body,
        AttachmentBody::Url("https://cdn.example.com/media/pacco.jpeg?1".into())
    );
    let expected = json!({
        "mentions": ["shop@example.com"], "sensitive": true, "language": "it",
        "account_url": "https://altrove.example/@giulia", "descriptions": ["Un pacco rotto"]
    });
    assert_eq!(Value::Object(message.meta), expected);
}

#[test]
fn an_answer_to_us_is_a_comment_in_its_thread() {
    let mut value = mastodon();
    value["status"]["in_reply_to_id"] = json!("113940");
    value["status"]["in_reply_to_account_id"] = json!("1");
    value["voce_ancestors"] = json!(["113900", "113920", "113940"]);
    let answer = message(&value);
    assert_eq!(
        (answer.kind, answer.thread.key.as_deref()),
        (MessageKind::Comment, Some("113900"))
    );
    assert_eq!(answer.thread.replies_to, ["113940", "113920", "113900"]);

    value["status"]["in_reply_to_account_id"] = json!("7");
    value["voce_ancestors"] = json!([]);
    let to_another = message(&value);
    assert_eq!(
        (to_another.kind, to_another.thread.key.as_deref()),
        (MessageKind::Post, Some("113940"))
    );
}

#[test]
fn visibilities_of_several_servers() {
    for (text, visibility, kind) in [
        ("public", Visibility::Public, MessageKind::Post),
        ("local", Visibility::Public, MessageKind::Post),
        ("unlisted", Visibility::Unlisted, MessageKind::Post),
        ("private", Visibility::Followers, MessageKind::Post),
        ("mutuals_only", Visibility::Followers, MessageKind::Post),
        ("direct", Visibility::Private, MessageKind::PrivateMessage),
        ("list", Visibility::Private, MessageKind::PrivateMessage),
        ("", Visibility::Private, MessageKind::PrivateMessage),
    ] {
        let mut value = mastodon();
        value["status"]["visibility"] = json!(text);
        let message = message(&value);
        assert_eq!((message.visibility, message.kind), (visibility, kind), "{text}");
    }
}

/// GoToSocial: ULIDs, moments with milliseconds, no `group`, HTML of its own, empty strings for what is absent.
#[test]
fn a_private_mention_of_gotosocial() {
    let value = json!({
        "id": "01JKA4S9T3M9Q9E1V0X6D7B8CD", "type": "mention", "created_at": "2026-02-03T10:11:12.345Z",
        "account": {"id": "01H0", "username": "ugo", "acct": "ugo", "display_name": "", "avatar": "", "emojis": [], "bot": true},
        "status": {
            "id": "01JKA4S9R0", "created_at": "2026-02-03T10:11:11.000Z", "in_reply_to_id": null, "sensitive": false,
            "spoiler_text": "", "visibility": "direct", "language": "", "uri": "https://social.example.com/users/ugo/statuses/01",
            "url": "https://social.example.com/@ugo/statuses/01", "content": "<p>ciao <span class=\"h-card\"><a href=\"https://social.example.com/@shop\" class=\"u-url mention\" rel=\"nofollow\">@<span>shop</span></a></span></p>",
            "account": {"id": "01H0", "username": "ugo", "acct": "ugo", "display_name": "", "avatar": "", "emojis": [], "bot": true},
            "media_attachments": [], "mentions": [{"id": "01H1", "username": "shop", "url": "x", "acct": "shop"}], "emojis": [],
            "card": null, "poll": null, "reblog": null
        }
    });
    let message = message(&value);
    assert_eq!(message.author.address.value, "mastodon:ugo@example.com");
    assert_eq!(
        (message.author.name.as_deref(), message.author.avatar_url),
        (Some("ugo"), None)
    );
    assert_eq!(
        (message.kind, message.automatic),
        (MessageKind::PrivateMessage, Automatic::AutoReply)
    );
    assert_eq!((message.text.as_str(), message.subject), ("ciao @shop", None));
}

/// Pleroma: numeric notification ids, flakes, nulls where Mastodon has lists, its own types.
#[test]
fn notifications_of_pleroma() {
    let mention = json!({
        "id": 551, "type": "mention", "created_at": "2026-02-03T10:11:12.000Z", "pleroma": {"is_seen": false},
        "account": {"id": "9xyz", "username": "eva", "acct": "eva@pl.example", "display_name": "Eva", "avatar": "https://pl.example/a.png", "emojis": null},
        "status": {
            "id": "AqX1", "created_at": "2026-02-03T10:11:11.000Z", "in_reply_to_id": null, "sensitive": null, "spoiler_text": null,
            "visibility": "unlisted", "language": null, "content": "ciao<br/>@shop", "emojis": [], "mentions": null, "media_attachments": null,
            "account": {"id": "9xyz", "username": "eva", "acct": "eva@pl.example", "display_name": "Eva", "emojis": null, "bot": null},
            "uri": "https://pl.example/objects/1", "url": null, "pleroma": {"content": {"text/plain": "ciao\n@shop"}}
        }
    });
    let message = message(&mention);
    assert_eq!(
        (message.text.as_str(), message.visibility),
        ("ciao\n@shop", Visibility::Unlisted)
    );
    assert_eq!(message.url.as_deref(), Some("https://pl.example/objects/1"));

    let mut emoji = mention;
    emoji["type"] = json!("pleroma:emoji_reaction");
    assert!(matches!(
        parsed(&emoji),
        Incoming::Reaction(Reaction {
            kind: ReactionKind::Favourite,
            ..
        })
    ));
    emoji["type"] = json!("pleroma:chat_mention");
    assert!(matches!(parsed(&emoji), Incoming::Ignored { .. }));
}

#[test]
fn reactions_are_facts_about_people() {
    for (kind, expected, about) in [
        ("reblog", ReactionKind::Boost, Some("113950")),
        ("favourite", ReactionKind::Favourite, Some("113950")),
        ("follow", ReactionKind::Follow, None),
    ] {
        let mut value = mastodon();
        value["type"] = json!(kind);
        if kind == "follow" {
            value.as_object_mut().unwrap().remove("status");
        }
        let Incoming::Reaction(reaction) = parsed(&value) else {
            panic!("{kind}")
        };
        assert_eq!((reaction.kind, reaction.about.as_deref()), (expected, about));
        assert_eq!(
            (reaction.external_id.as_str(), reaction.at),
            ("notification:34975861", 1_770_113_472_345)
        );
        assert_eq!(reaction.author.address.value, "mastodon:giulia@altrove.example");
    }
}

#[test]
fn the_rest_is_ignored() {
    for kind in [
        "poll",
        "status",
        "update",
        "follow_request",
        "admin.sign_up",
        "admin.report",
        "severed_relationships",
        "new",
    ] {
        let mut value = mastodon();
        value["type"] = json!(kind);
        assert!(
            matches!(parsed(&value), Incoming::Ignored { reason } if reason.contains(kind)),
            "{kind}"
        );
    }
    let gone = json!({"id": "1", "type": "mention", "account": null, "status": null});
    assert!(matches!(parsed(&gone), Incoming::Ignored { .. }));
    let nobody = json!({"id": "1", "type": "follow", "account": null});
    assert!(matches!(parsed(&nobody), Incoming::Ignored { .. }));
}

#[test]
fn our_own_statuses_are_answers_given_elsewhere() {
    let mut status = mastodon()["status"].take();
    status["account"] = json!({"id": "1", "username": "shop", "acct": "shop", "display_name": "Shop", "bot": true});
    status["in_reply_to_id"] = json!("113000");
    status["voce_ancestors"] = json!(["113000"]);
    for address in ["shop@example.com", "@Shop@Example.com", "mastodon:shop@example.com"] {
        let Incoming::Message(message) = parse_as(address, STATUS, status.to_string()).unwrap() else {
            panic!("{address}")
        };
        assert!(message.from_us, "{address}");
        assert_eq!((message.kind, message.automatic), (MessageKind::Comment, Automatic::No));
        assert_eq!(message.thread.key.as_deref(), Some("113000"));
    }
    status["reblog"] = json!({"id": "5"});
    assert!(matches!(
        parse_as("shop@example.com", STATUS, status.to_string()),
        Ok(Incoming::Ignored { .. })
    ));
}

#[test]
fn what_cannot_be_read_is_told() {
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"id":"1","type":"mention","account":{"acct":""},"status":7}"#,
    ] {
        assert!(parse_as("shop@example.com", NOTIFICATION, body).is_err(), "{body}");
    }
    assert!(
        parse_as("shop@example.com", "letter", "{}")
            .unwrap_err()
            .0
            .contains("letter")
    );
    let nameless = json!({"id": "1", "type": "follow", "account": {"acct": "a".repeat(400)}});
    assert!(parse_as("shop@example.com", NOTIFICATION, nameless.to_string()).is_err());
}

/// Any JSON value, rather often with the fields that are read.
fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        prop_oneof![
            Just("mention"),
            Just("reblog"),
            Just("direct"),
            Just("a@b.c"),
            Just("2026-01-01T00:00:00Z")
        ]
        .prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("id"),
        Just("type"),
        Just("account"),
        Just("status"),
        Just("acct"),
        Just("content"),
        Just("created_at"),
        Just("visibility"),
        Just("mentions"),
        Just("media_attachments"),
        Just("url"),
        Just("in_reply_to_id"),
        Just("voce_ancestors"),
        Just("display_name"),
        Just("emojis"),
        Just("shortcode"),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn any_json_and_any_bytes_are_parsed_without_panic(
        value in any_json(), status in any_json(), address in "\\PC{0,20}", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..100)
    ) {
        let mut notification = mastodon();
        notification["status"]["mentions"] = value.clone();
        notification["account"] = status.clone();
        for format in [NOTIFICATION, STATUS] {
            let _ = parse_as(&address, format, value.to_string());
            let _ = parse_as(&address, format, status.to_string());
            let _ = parse_as(&address, format, notification.to_string());
            let _ = parse_as(&address, format, bytes.clone());
        }
    }
}
