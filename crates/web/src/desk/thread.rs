//! The conversation of a case as one reads it: messages, notes and what happened, in their order.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;
use uuid::Uuid;
use voce_domain::{
    case::{CaseState, Status, Waiting},
    event::{ActorKind, EventKind},
    labels::Details,
    permission::Permission,
};
use voce_store::{
    attachments::{self, Attachment},
    cases::Scope,
    corrections::{self, Correction},
    deliveries::{self, Delivery},
    events::{self, Recorded},
    messages::{self, MessageRow, ReactionRow},
};

use super::{
    frame::Frame,
    labels::{self, LabelView, Said},
    marks::{When, channel_icon, initials},
};
use crate::{App, Result, session::CurrentUser, text::Text};

pub struct Thread {
    pub entries: Vec<Entry>,
    /// There are older messages.
    pub earlier: bool,
    /// How many messages are shown.
    pub shown: i64,
}

pub enum Entry {
    Day(String),
    Message(Box<MessageView>),
    Event(EventView),
}

pub struct MessageView {
    pub row: MessageRow,
    /// `in`, `out` or `note`.
    pub side: &'static str,
    pub hue: u8,
    pub initials: String,
    pub channel_icon: &'static str,
    pub at: When,
    pub subject: Option<String>,
    /// The text in pieces: plain words and `@names`.
    pub words: Vec<Word>,
    pub quoted: String,
    pub files: Vec<FileView>,
    pub visibility: Option<String>,
    pub automatic: Option<String>,
    pub labels: Vec<LabelView>,
    pub said: Said,
    pub delivery: Option<DeliveryView>,
    pub reactions: Vec<(&'static str, String)>,
}

impl MessageView {
    /// Whether anything stands below the words.
    pub fn has_foot(&self) -> bool {
        !self.labels.is_empty() || !self.reactions.is_empty() || self.row.has_html || self.delivery.is_some()
    }

    /// The beginning, in one line.
    pub fn excerpt(&self) -> String {
        self.row.body.split_whitespace().take(24).collect::<Vec<_>>().join(" ")
    }
}

pub struct Word {
    pub text: String,
    /// A colleague is named.
    pub mention: bool,
}

pub struct FileView {
    pub url: String,
    pub name: String,
    pub size: String,
    pub image: bool,
    /// Still at the platform, or lost: no link then.
    pub missing: Option<String>,
}

pub struct DeliveryView {
    /// Key of the design system.
    pub state: &'static str,
    pub icon: &'static str,
    pub words: String,
    pub detail: Option<String>,
    pub can_cancel: bool,
    pub can_retry: bool,
    /// A person has to say what became of it.
    pub asks: bool,
}

pub struct EventView {
    pub icon: &'static str,
    pub actor: String,
    pub words: String,
    pub at: When,
}

/// What the thread shows at first, and per "show earlier".
pub const SHOWN: i64 = 30;
const MOST_SHOWN: i64 = 600;

struct Readers<'a> {
    user: &'a CurrentUser,
    frame: &'a Frame,
    t: Text,
    zone: TimeZone,
}

/// Six queries, whatever was said.
pub async fn load(app: &App, user: &CurrentUser, frame: &Frame, case_id: Uuid, shown: i64) -> Result<Thread> {
    let shown = shown.clamp(SHOWN, MOST_SHOWN);
    let scope = Scope::of(user.role, user.id);
    let page = messages::of_case(&app.db, scope, case_id, None, shown).await?;
    let ids: Vec<Uuid> = page.messages.iter().map(|message| message.id).collect();
    let mut files = by_message(attachments::of_messages(&app.db, &ids).await?, |file| file.message_id);
    let mut sent = by_message(deliveries::of_messages(&app.db, &ids).await?, |delivery| {
        delivery.message_id
    });
    let mut loved = by_message(messages::reactions(&app.db, &ids).await?, |reaction| {
        reaction.message_id
    });
    let mut corrected = by_message(corrections::of_messages(&app.db, &ids).await?, |correction| {
        correction.message_id
    });
    let history = events::of_case(&app.db, case_id).await?;
    let readers = Readers {
        user,
        frame,
        t: user.text(),
        zone: user.zone(),
    };
    let since = page
        .messages
        .first()
        .filter(|_| page.earlier)
        .map_or(i64::MIN, |message| message.sent_at);
    let newest = page
        .messages
        .iter()
        .rev()
        .find(|message| message.direction == "inbound")
        .map(|message| message.id);
    let mut told = lines(&readers, &history, since).into_iter().peekable();
    let mut entries: Vec<(i64, Entry)> = Vec::with_capacity(page.messages.len() * 2);
    for row in page.messages {
        while let Some(line) = told.next_if(|(at, _)| *at < row.sent_at) {
            entries.push((line.0, Entry::Event(line.1)));
        }
        let (id, at) = (row.id, row.sent_at);
        let parts = Parts {
            files: files.remove(&id).unwrap_or_default(),
            delivery: sent.remove(&id).and_then(|mut all| all.pop()),
            reactions: loved.remove(&id).unwrap_or_default(),
            corrections: corrected.remove(&id).unwrap_or_default(),
            newest: newest == Some(id),
        };
        entries.push((at, Entry::Message(Box::new(view(&readers, row, parts)))));
    }
    entries.extend(told.map(|(at, line)| (at, Entry::Event(line))));
    Ok(Thread {
        entries: with_days(&readers, entries),
        earlier: page.earlier,
        shown,
    })
}

fn by_message<T>(rows: Vec<T>, of: impl Fn(&T) -> Uuid) -> HashMap<Uuid, Vec<T>> {
    let mut map: HashMap<Uuid, Vec<T>> = HashMap::new();
    for row in rows {
        map.entry(of(&row)).or_default().push(row);
    }
    map
}

struct Parts {
    files: Vec<Attachment>,
    delivery: Option<Delivery>,
    reactions: Vec<ReactionRow>,
    corrections: Vec<Correction>,
    newest: bool,
}

fn view(readers: &Readers<'_>, row: MessageRow, parts: Parts) -> MessageView {
    let t = &readers.t;
    let side = match row.direction.as_str() {
        "inbound" => "in",
        "outbound" => "out",
        _ => "note",
    };
    let (own, quoted) = if side == "note" {
        (row.body.as_str(), "")
    } else {
        split_quoted(&row.body)
    };
    let public = row.visibility != "private" && side != "note";
    let details: Details = row
        .details
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    MessageView {
        side,
        hue: voce_assets::hue(&row.author_name),
        initials: initials(&row.author_name),
        channel_icon: channel_icon(&row.channel),
        at: When::new(t, row.sent_at, &readers.zone),
        subject: row
            .subject
            .clone()
            .filter(|subject| row.kind == "mail" && !subject.trim().is_empty()),
        words: if side == "note" {
            mentions(own, readers.frame)
        } else {
            vec![Word {
                text: own.to_owned(),
                mention: false,
            }]
        },
        quoted: quoted.to_owned(),
        files: parts.files.into_iter().map(|file| file_view(t, file)).collect(),
        visibility: public.then(|| t.get(&format!("visibility-{}", row.visibility))),
        automatic: (row.automatic != "no").then(|| t.get(&format!("automatic-{}", row.automatic.replace('_', "-")))),
        labels: match side {
            "in" => labels::of(t, readers.frame, &row, &details, &parts.corrections, parts.newest),
            _ => Vec::new(),
        },
        said: labels::said(t, &details),
        delivery: parts.delivery.map(|delivery| delivery_view(readers, &row, delivery)),
        reactions: parts
            .reactions
            .iter()
            .map(|reaction| reaction_view(t, reaction))
            .collect(),
        row,
    }
}

fn reaction_view(t: &Text, reaction: &ReactionRow) -> (&'static str, String) {
    let icon = if reaction.kind == "boost" { "repeat" } else { "star" };
    (
        voce_assets::icon(icon),
        t.count(&format!("reaction-{}", reaction.kind), &reaction.count),
    )
}

fn file_view(t: &Text, file: Attachment) -> FileView {
    let missing = match (&file.blob, &file.problem) {
        (Some(_), _) => None,
        (None, Some(problem)) => Some(problem.clone()),
        (None, None) => Some(t.get("file-on-its-way")),
    };
    FileView {
        url: format!("/attachments/{}", file.id),
        image: super::files::is_picture(&file.content_type) && missing.is_none(),
        size: t.size(&file.size),
        name: file.name,
        missing,
    }
}

fn delivery_view(readers: &Readers<'_>, row: &MessageRow, delivery: Delivery) -> DeliveryView {
    let (state, icon) = match delivery.state.as_str() {
        "queued" => ("queued", "clock"),
        "sending" => ("sending", "loader-circle"),
        "sent" => ("sent", "check"),
        "delivered" => ("delivered", "check-check"),
        "failed" => ("failed", "circle-alert"),
        "cancelled" => ("failed", "undo-2"),
        _ => ("unknown", "circle-help"),
    };
    let answers = readers.user.may(Permission::AnswerCases);
    let again = delivery.state == "queued" && delivery.attempts > 0;
    DeliveryView {
        state,
        icon: voce_assets::icon(icon),
        words: readers.t.get(&format!(
            "delivery-{}",
            if again { "again" } else { delivery.state.as_str() }
        )),
        can_cancel: answers && delivery.state == "queued" && (again || row.user_id == Some(readers.user.id)),
        can_retry: answers && delivery.state == "failed",
        asks: answers && delivery.state == "unknown",
        detail: delivery.detail.filter(|detail| !detail.is_empty()),
    }
}

/// The writer's own words, and what they quoted below.
fn split_quoted(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins_quotation(line.trim(), &text[at..]) {
            // Where nothing but quotations was said, they are shown.
            return if at == 0 {
                (text, "")
            } else {
                (text[..at].trim_end(), text[at..].trim())
            };
        }
        at += line.len();
    }
    (text, "")
}

/// An attribution (`Il … ha scritto:`), or lines that are quoted to the end.
fn begins_quotation(line: &str, rest: &str) -> bool {
    let attribution = line.ends_with(':')
        && ["ha scritto", "wrote", "schrieb", "a écrit"]
            .iter()
            .any(|verb| line.contains(verb));
    let forwarded = line.starts_with("-----") && (line.contains("Original") || line.contains("originale"));
    let all_quoted = || {
        rest.lines()
            .all(|line| line.trim().is_empty() || line.trim_start().starts_with('>'))
    };
    attribution || forwarded || (line.starts_with('>') && all_quoted())
}

/// A note with the colleagues it names.
fn mentions(text: &str, frame: &Frame) -> Vec<Word> {
    let names: Vec<&str> = frame
        .offered("user")
        .into_iter()
        .map(|person| person.name.as_str())
        .collect();
    let mut words = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        let named = names
            .iter()
            .filter(|name| {
                rest.get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name))
            })
            .max_by_key(|name| name.len());
        if let Some(name) = named.filter(|_| at >= from) {
            words.push(Word {
                text: text[from..at].to_owned(),
                mention: false,
            });
            from = at + 1 + name.len();
            words.push(Word {
                text: text[at..from].to_owned(),
                mention: true,
            });
        }
    }
    words.push(Word {
        text: text[from..].to_owned(),
        mention: false,
    });
    words
}

fn with_days(readers: &Readers<'_>, entries: Vec<(i64, Entry)>) -> Vec<Entry> {
    let mut days = Vec::with_capacity(entries.len() + 4);
    let mut last: Option<Date> = None;
    let day = |millis: i64| {
        Timestamp::from_millisecond(millis)
            .ok()
            .map(|moment| moment.to_zoned(readers.zone.clone()).date())
    };
    for (at, entry) in entries {
        let today = day(at);
        if today != last {
            last = today;
            if let Some(date) = today {
                days.push(Entry::Day(day_name(&readers.t, date)));
            }
        }
        days.push(entry);
    }
    days
}

/// Friday 20 November 2026, as each language writes it.
fn day_name(t: &Text, date: Date) -> String {
    let weekday = t.get(&format!("weekday-{}", date.weekday().to_monday_one_offset()));
    format!(
        "{weekday} {} {} {}",
        date.day(),
        t.get(&format!("month-{}", date.month())),
        date.year()
    )
}

/// The history in words, oldest first: what the messages themselves do not show already.
fn lines(readers: &Readers<'_>, history: &[Recorded], since: i64) -> Vec<(i64, EventView)> {
    history
        .iter()
        .filter(|recorded| recorded.event.at >= since)
        .filter_map(|recorded| {
            let (icon, words) = told(readers, recorded)?;
            let event = &recorded.event;
            let at = When::new(&readers.t, event.at, &readers.zone);
            Some((
                event.at,
                EventView {
                    icon: voce_assets::icon(icon),
                    actor: actor(readers, recorded),
                    words,
                    at,
                },
            ))
        })
        .collect()
}

fn actor(readers: &Readers<'_>, recorded: &Recorded) -> String {
    let actor = &recorded.event.actor;
    match actor.kind {
        ActorKind::User => readers
            .frame
            .choice("user", actor.id)
            .map_or_else(|| readers.t.get("actor-former"), |user| user.name.clone()),
        ActorKind::Contact => readers.t.get("actor-contact"),
        ActorKind::Token => readers.t.get("actor-token"),
        ActorKind::System => readers.t.get("app-name"),
    }
}

fn told(readers: &Readers<'_>, recorded: &Recorded) -> Option<(&'static str, String)> {
    let (t, event) = (&readers.t, &recorded.event);
    let data = &event.data;
    let number = |key: &str| data[key].as_i64().unwrap_or_default().to_string();
    Some(match event.kind {
        // What a message opened needs no telling.
        EventKind::CaseOpened if event.actor.kind == ActorKind::System => return None,
        EventKind::CaseOpened => ("inbox", t.get("event-opened")),
        EventKind::CaseAssigned => {
            let to = status(&data["to"]).and_then(|status| status.owner);
            match to {
                None => ("user-x", t.get("event-unassigned")),
                Some(to) if event.actor.id == Some(to) => ("user-check", t.get("event-taken")),
                Some(to) => ("user-check", t.name("event-assigned", &person(readers, to))),
            }
        }
        EventKind::CaseStateChanged | EventKind::CaseReopened => moved(readers, data)?,
        EventKind::CaseChanged => changed(readers, data)?,
        EventKind::CaseTagged => {
            let key = if data["change"] == "added" {
                "event-tagged"
            } else {
                "event-untagged"
            };
            ("tag", t.name(key, data["name"].as_str().unwrap_or_default()))
        }
        EventKind::CaseMerged if event.case_id.is_some_and(|id| data["merged"] == id.to_string()) => {
            ("merge", t.name("event-merged-into", &number("number")))
        }
        EventKind::CaseMerged => ("merge", t.name("event-merged", &number("merged_number"))),
        EventKind::CaseSplit if data["undone"] == true => ("split", t.name("event-unmerged", &number("merged_number"))),
        EventKind::CaseSplit if event.case_id.is_some_and(|id| data["new"] == id.to_string()) => {
            ("split", t.name("event-split-from", &number("number")))
        }
        EventKind::CaseSplit => ("split", t.name("event-split", &number("new_number"))),
        EventKind::LabelsCorrected => {
            let label = data["label"].as_str().unwrap_or_default();
            let to = labels::value_name(t, &readers.frame.types, label, data["to"].as_str());
            let words = [
                ("label", t.get(&format!("label-{}", label.replace('_', "-"))).into()),
                ("name", to.into()),
            ];
            ("wand-sparkles", t.with("event-corrected", &words))
        }
        EventKind::ContactsMerged => ("merge", t.get("event-contacts-merged")),
        EventKind::ContactsUnmerged => ("split", t.get("event-contacts-unmerged")),
        _ => return None,
    })
}

fn status(value: &Value) -> Option<Status> {
    serde_json::from_value(value.clone()).ok()
}

fn person(readers: &Readers<'_>, id: Uuid) -> String {
    readers
        .frame
        .choice("user", Some(id))
        .map_or_else(|| readers.t.get("actor-former"), |user| user.name.clone())
}

fn moved(readers: &Readers<'_>, data: &Value) -> Option<(&'static str, String)> {
    let t = &readers.t;
    let (from, to) = (status(&data["from"])?, status(&data["to"])?);
    Some(match (to.state, to.waiting) {
        (CaseState::Waiting, Some(Waiting::Until(until))) => {
            ("alarm-clock", t.name("event-snoozed", &t.time(&until, &readers.zone)))
        }
        (CaseState::Waiting, Some(waiting)) => ("clock", t.get(&format!("event-waiting-{}", waiting.key()))),
        (CaseState::Resolved, _) => ("circle-check", t.get("event-resolved")),
        (CaseState::Closed, _) => ("archive", t.get("event-closed")),
        // Taking a new case is told by whom it was assigned to.
        (CaseState::New | CaseState::Open, _) if matches!(from.state, CaseState::New | CaseState::Open) => return None,
        (CaseState::New | CaseState::Open, _) if from.state == CaseState::Waiting => ("play", t.get("event-woken")),
        _ => ("rotate-ccw", t.get("event-reopened")),
    })
}

fn changed(readers: &Readers<'_>, data: &Value) -> Option<(&'static str, String)> {
    let t = &readers.t;
    let to = data["to"].as_str();
    Some(match (data["field"].as_str(), data["message"].as_str()) {
        (Some("priority"), _) => ("flag", t.name("event-priority", &t.get(&format!("priority-{}", to?)))),
        (Some("subject"), _) => ("pencil", t.name("event-subject", to?)),
        (Some("team"), _) => match to {
            Some(team) => (
                "users",
                t.name("event-team", &readers.frame.choice("team", team.parse().ok())?.name),
            ),
            None => ("users", t.get("event-no-team")),
        },
        (_, Some("cancelled")) => ("undo-2", t.get("event-withdrawn")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::split_quoted;

    #[test]
    fn quotations_are_folded_and_own_words_are_not() {
        let check = |text: &str, own: &str, quoted: &str| assert_eq!(split_quoted(text), (own, quoted), "{text:?}");
        check(
            "Grazie!\n\nIl 19 nov Giulia ha scritto:\n> Buongiorno\n",
            "Grazie!",
            "Il 19 nov Giulia ha scritto:\n> Buongiorno",
        );
        check("ok\n> uno\n> due", "ok", "> uno\n> due");
        check("> domanda\nrisposta", "> domanda\nrisposta", "");
        check("a\n> b\nc", "a\n> b\nc", "");
        check("On Monday Anna wrote:\n> x", "On Monday Anna wrote:\n> x", "");
        check("", "", "");
    }
}
