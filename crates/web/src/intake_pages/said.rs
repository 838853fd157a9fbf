//! What a raw item says, for people who look whether it is right.

use jiff::tz::TimeZone;
use voce_domain::message::{Author, Incoming, IncomingMessage};

use crate::text::Text;

/// Characters of a text that are shown.
const LONGEST_TEXT: usize = 2_000;

/// One thing that an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidView {
    pub title: String,
    /// Words and values.
    pub facts: Vec<(String, String)>,
    pub text: String,
}

pub fn views(t: Text, zone: &TimeZone, said: Vec<Incoming>) -> Vec<SaidView> {
    said.into_iter().map(|one| view(t, zone, one)).collect()
}

fn view(t: Text, zone: &TimeZone, said: Incoming) -> SaidView {
    let mut facts = Facts { t, list: Vec::new() };
    match said {
        Incoming::Message(message) => message_view(zone, *message, facts),
        Incoming::Delivery(report) => {
            facts.add("delivery", t.get(&format!("delivery-{}", report.state.key())));
            facts.add("id", report.external_id);
            facts.add("detail", report.detail);
            facts.add("sent", t.time(&report.at, zone));
            facts.under("said-delivery", String::new())
        }
        Incoming::Reaction(reaction) => {
            facts.add("kind", t.get(&format!("said-{}", reaction.kind.key())));
            facts.add("from", person(&reaction.author));
            facts.add("about", reaction.about.unwrap_or_default());
            facts.add("sent", t.time(&reaction.at, zone));
            facts.under("said-reaction", String::new())
        }
        Incoming::Ignored { reason } => {
            facts.add("reason", reason);
            facts.under("said-ignored", String::new())
        }
    }
}

fn message_view(zone: &TimeZone, message: IncomingMessage, mut facts: Facts) -> SaidView {
    let t = facts.t;
    facts.add("from", person(&message.author));
    for address in &message.author.also {
        facts.add("also", format!("{}: {}", address.kind.key(), address.value));
    }
    facts.add("subject", message.subject.unwrap_or_default());
    facts.add("sent", t.time(&message.sent_at, zone));
    facts.add("kind", message.kind.key().to_owned());
    facts.add("visibility", message.visibility.key().to_owned());
    if message.from_us {
        facts.add("direction", t.get("said-from-us"));
    }
    if message.automatic.key() != "no" {
        facts.add("automatic", message.automatic.key().to_owned());
    }
    facts.add("id", message.external_id);
    facts.add("thread", message.thread.key.unwrap_or_default());
    facts.add(
        "replies-to",
        message.thread.replies_to.first().cloned().unwrap_or_default(),
    );
    facts.add("url", message.url.unwrap_or_default());
    let files: Vec<&str> = message.attachments.iter().map(|file| file.name.as_str()).collect();
    facts.add("files", files.join(", "));
    let meta: Vec<String> = message
        .meta
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    facts.add("meta", meta.join("\n"));
    facts.under("said-message", message.text)
}

fn person(author: &Author) -> String {
    match &author.name {
        Some(name) => format!("{name} · {}", author.address.value),
        None => author.address.value.clone(),
    }
}

struct Facts {
    t: Text,
    list: Vec<(String, String)>,
}

impl Facts {
    fn add(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.list.push((self.t.get(&format!("said-{key}")), value));
        }
    }

    fn under(self, title: &str, text: String) -> SaidView {
        let text = match text.char_indices().nth(LONGEST_TEXT) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        };
        SaidView {
            title: self.t.get(title),
            facts: self.list,
            text,
        }
    }
}
