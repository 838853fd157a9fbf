//! What the columns of a file mean when nobody said it, and the threads of a file.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::mapping::Mapping;

impl Mapping {
    /// The mapping of a file with these columns: of the known files if it is one, otherwise by the columns' usual names in
    /// English and Italian.
    pub fn guess(columns: &[&str], zone: TimeZone) -> Self {
        let known = PRESETS
            .iter()
            .find(|preset| preset.columns.iter().all(|column| columns.contains(column)));
        if let Some(preset) = known {
            return Self::of(preset.targets.iter().copied(), zone);
        }
        let named = |names: &[&str]| {
            let is = |column: &&&str| names.contains(&column.trim().to_lowercase().replace([' ', '-'], "_").as_str());
            columns.iter().find(is).copied()
        };
        Self::of(
            USUAL_NAMES
                .iter()
                .filter_map(|(target, names)| Some((*target, named(names)?))),
            zone,
        )
    }
}

/// A file that many have.
struct Preset {
    columns: &'static [&'static str],
    targets: &'static [(&'static str, &'static str)],
}

const PRESETS: &[Preset] = &[
    // "Customer Support on Twitter", as published by Thought Vector.
    Preset {
        columns: &[
            "tweet_id",
            "author_id",
            "inbound",
            "created_at",
            "text",
            "in_response_to_tweet_id",
        ],
        targets: &[
            ("id", "tweet_id"),
            ("author.handle", "twitter:{author_id}"),
            ("author.name", "author_id"),
            ("inbound", "inbound"),
            ("sent_at", "created_at"),
            ("text", "text"),
            ("reply_to", "in_response_to_tweet_id"),
            ("kind", "=post"),
        ],
    },
    // "Twitter US Airline Sentiment", as published by Figure Eight. It names no authors.
    Preset {
        columns: &["tweet_id", "airline_sentiment", "airline", "text"],
        targets: &[
            ("id", "tweet_id"),
            ("author.handle", "twitter:author-of-{tweet_id}"),
            ("sent_at", "snowflake:{tweet_id}"),
            ("text", "text"),
            ("kind", "=post"),
            ("meta.airline", "airline"),
            ("meta.airline_sentiment", "airline_sentiment"),
            ("meta.negativereason", "negativereason"),
        ],
    },
];

const USUAL_NAMES: &[(&str, &[&str])] = &[
    ("id", &["id", "message_id", "external_id", "id_messaggio", "codice"]),
    (
        "conversation",
        &[
            "conversation",
            "conversation_id",
            "thread",
            "thread_id",
            "ticket",
            "ticket_id",
            "conversazione",
        ],
    ),
    (
        "reply_to",
        &["reply_to", "in_reply_to", "in_response_to", "parent_id", "risposta_a"],
    ),
    ("kind", &["kind", "type", "tipo"]),
    ("visibility", &["visibility", "visibilità"]),
    ("direction", &["direction", "direzione"]),
    ("inbound", &["inbound", "incoming", "in_entrata"]),
    (
        "author.email",
        &[
            "email",
            "e_mail",
            "mail",
            "author_email",
            "from_email",
            "from",
            "mittente",
        ],
    ),
    (
        "author.phone",
        &["phone", "telephone", "mobile", "telefono", "cellulare"],
    ),
    (
        "author.handle",
        &["handle", "username", "user", "author_handle", "utente"],
    ),
    (
        "author.customer_number",
        &[
            "customer_number",
            "customer_id",
            "customer",
            "numero_cliente",
            "codice_cliente",
            "cliente",
        ],
    ),
    (
        "author.name",
        &[
            "name",
            "author",
            "author_name",
            "full_name",
            "from_name",
            "nome",
            "autore",
        ],
    ),
    ("subject", &["subject", "title", "oggetto", "titolo"]),
    (
        "text",
        &[
            "text",
            "message",
            "body",
            "content",
            "comment",
            "testo",
            "messaggio",
            "commento",
        ],
    ),
    ("html", &["html", "body_html"]),
    (
        "sent_at",
        &[
            "sent_at",
            "created_at",
            "date",
            "datetime",
            "timestamp",
            "time",
            "data",
            "data_ora",
        ],
    ),
    ("url", &["url", "link", "permalink"]),
];

/// For each message of a file its thread's first message, out of pairs of a message's id and the id of the one it answers.
/// Give it as `conversation`: an answer may stand in a file before what it answers.
pub fn roots<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> HashMap<&'a str, &'a str> {
    let answers: HashMap<&str, Option<&str>> = pairs.into_iter().collect();
    let mut roots: HashMap<&str, &str> = HashMap::with_capacity(answers.len());
    for &start in answers.keys() {
        let mut path: Vec<&str> = Vec::new();
        let mut at = start;
        let root = loop {
            match roots.get(at) {
                // Met in this very walk: messages that answer each other in a circle.
                Some(&root) if root == start => {
                    break path.iter().skip_while(|id| **id != at).min().copied().unwrap_or(at);
                }
                Some(&root) => break root,
                None => {}
            }
            roots.insert(at, start);
            path.push(at);
            match answers.get(at).copied().flatten() {
                Some(parent) => at = parent,
                None => break at,
            }
        };
        for id in path {
            roots.insert(id, root);
        }
    }
    roots
}
