//! The field in which answers and notes are written: by which ways an answer can go, how long it may be, what was begun.

use uuid::Uuid;
use voce_channels::Capabilities;
use voce_domain::permission::Permission;
use voce_store::{
    answers, canned,
    cases::CaseRow,
    drafts,
    messages::{self, Conversation},
};

use super::{
    address::Address,
    thread::{Entry, Thread},
};
use crate::{App, Result, session::CurrentUser, text::Text};

/// What `desk/composer.html` needs.
pub struct Composer {
    /// Changes when an answer was taken back, so that its words show again.
    pub id: String,
    pub number: i64,
    pub query: String,
    pub ways: Vec<Way>,
    pub can_answer: bool,
    /// Why nobody can answer, where that is so.
    pub refusal: Option<String>,
    pub mode: &'static str,
    pub draft: String,
    pub canned: Vec<CannedView>,
    pub key: String,
    pub placeholder: String,
}

/// A conversation and a visibility by which an answer can go.
pub struct Way {
    /// `conversation:visibility`.
    pub value: String,
    pub name: String,
    pub limit: usize,
}

pub struct CannedView {
    pub shortcut: String,
    pub title: String,
    pub text: String,
}

/// Four queries.
pub async fn load(
    app: &App,
    user: &CurrentUser,
    case: &CaseRow,
    thread: &Thread,
    address: &Address,
) -> Result<Option<Composer>> {
    if !user.may(Permission::WriteNotes) {
        return Ok(None);
    }
    let t = user.text();
    let conversations = messages::conversations(&app.db, case.id).await?;
    let kept = drafts::of(&app.db, case.id, user.id).await?;
    let canned = canned::all(&app.db).await?;
    let withdrawn = answers::withdrawn(&app.db, case.id, user.id).await?;
    let last = thread.entries.iter().rev().find_map(|entry| match entry {
        Entry::Message(message) if message.side == "in" => Some(message),
        _ => None,
    });
    let ways: Vec<Way> = conversations
        .iter()
        .flat_map(|conversation| {
            ways(
                app,
                &t,
                conversation,
                last.map(|message| message.row.visibility.as_str()),
            )
        })
        .collect();
    let may_answer = user.may(Permission::AnswerCases);
    let can_answer = may_answer && !ways.is_empty() && case.state != "closed";
    let refusal = match (may_answer, case.state.as_str()) {
        (false, _) => None,
        (true, "closed") => Some(t.get("composer-closed")),
        (true, _) if ways.is_empty() => Some(t.get("composer-no-way")),
        _ => None,
    };
    let draft = |mode: &str| {
        kept.iter()
            .find(|draft| draft.mode == mode)
            .map(|draft| draft.body.clone())
            .unwrap_or_default()
    };
    let who = last.map(|message| message.row.author_name.clone()).unwrap_or_default();
    let first_name = who.split_whitespace().next().unwrap_or_default().to_owned();
    let mode = if can_answer { "reply" } else { "note" };
    let fill = |text: &str| {
        let values = [
            ("{nome}", &first_name),
            ("{name}", &first_name),
            ("{agente}", &user.name),
            ("{agent}", &user.name),
        ];
        let number = format!("#{}", case.number);
        values.iter().fold(
            text.replace("{caso}", &number).replace("{case}", &number),
            |text, (sign, value)| text.replace(sign, value),
        )
    };
    Ok(Some(Composer {
        id: format!("composer-{}-{withdrawn}", case.number),
        number: case.number,
        query: address.query(),
        can_answer,
        refusal,
        mode,
        draft: draft(mode),
        canned: canned
            .into_iter()
            .map(|row| CannedView {
                text: fill(&row.body),
                shortcut: row.shortcut,
                title: row.title,
            })
            .collect(),
        key: Uuid::new_v4().simple().to_string(),
        placeholder: if first_name.is_empty() {
            t.get("composer-write")
        } else {
            t.name("composer-write-to", &first_name)
        },
        ways,
    }))
}

/// The ways of one conversation: its visibilities, that of the message that is answered first.
fn ways(app: &App, t: &Text, conversation: &Conversation, asked: Option<&str>) -> Vec<Way> {
    let Some(connector) = app.registry.get(&conversation.channel) else {
        return Vec::new();
    };
    let can = connector.capabilities();
    if !can.answers {
        return Vec::new();
    }
    let limit = limit(conversation, &can);
    let mut visibilities = can.visibilities.to_vec();
    visibilities.sort_by_key(|visibility| Some(visibility.key()) != asked);
    let many = visibilities.len() > 1;
    visibilities
        .into_iter()
        .map(|visibility| Way {
            value: format!("{}:{visibility}", conversation.id),
            name: match many {
                true => format!(
                    "{} · {}",
                    conversation.account_name,
                    t.get(&format!("visibility-{visibility}"))
                ),
                false => conversation.account_name.clone(),
            },
            limit,
        })
        .collect()
}

/// The longest answer in characters: the account's own limit, or the channel's; 0 for none.
pub fn limit(conversation: &Conversation, can: &Capabilities) -> usize {
    let config: serde_json::Value = serde_json::from_str(&conversation.config).unwrap_or_default();
    config["max_characters"]
        .as_u64()
        .map(|limit| limit as usize)
        .or(can.max_characters)
        .unwrap_or_default()
}

/// How long a text is where it goes: some channels count links and names shorter than they are.
pub fn length(channel: &str, text: &str) -> usize {
    if channel == "mastodon" {
        voce_channels::mastodon::length(text)
    } else {
        text.chars().count()
    }
}
