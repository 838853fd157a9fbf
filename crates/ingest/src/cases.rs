//! How a message opens a case or carries one on.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    Millis,
    case::{CaseState, Priority, Status, Step, Waiting},
    event::{Actor, Event, EventKind},
    labels::{LabelKind, Labels, Urgency},
    message::IncomingMessage,
    routing::Decision,
};
use voce_store::{Result, Tx, arrivals, cases::CaseRow};

use crate::batch::New;

/// The cases of a batch, stored and new.
#[derive(Default)]
pub(crate) struct Cases {
    by_id: HashMap<Uuid, Work>,
    /// In the order in which they were opened.
    opened: Vec<Uuid>,
}

struct Work {
    row: CaseRow,
    changed: bool,
    /// Labels that a person set; messages leave them alone.
    corrected: HashSet<LabelKind>,
}

impl Cases {
    /// Loads and locks cases, and those that they were merged into.
    pub async fn look(tx: &mut Tx, mut ids: Vec<Uuid>) -> Result<Self> {
        ids.sort_unstable();
        ids.dedup();
        let mut cases = Self::default();
        while !ids.is_empty() {
            let found = arrivals::cases(tx, &ids).await?;
            ids = found
                .iter()
                .filter_map(|row| row.merged_into)
                .filter(|id| !cases.by_id.contains_key(id))
                .collect();
            for row in found {
                cases.by_id.insert(
                    row.id,
                    Work {
                        row,
                        changed: false,
                        corrected: HashSet::new(),
                    },
                );
            }
        }
        let known: Vec<Uuid> = cases.by_id.keys().copied().collect();
        for (case, label) in arrivals::corrected(tx, &known).await? {
            if let Some(work) = cases.by_id.get_mut(&case) {
                work.corrected.insert(label);
            }
        }
        Ok(cases)
    }

    /// The case in which a conversation goes on: over merges, and unless it is closed.
    pub fn current(&self, id: Uuid) -> Option<Uuid> {
        let mut row = &self.by_id.get(&id)?.row;
        // A chain of merges cannot be longer than the cases there are.
        for _ in 0..self.by_id.len() {
            match row.merged_into {
                Some(into) => row = &self.by_id.get(&into)?.row,
                None => break,
            }
        }
        (row.merged_into.is_none() && row.state != CaseState::Closed.key()).then_some(row.id)
    }

    pub fn number(&self, id: Uuid) -> Option<i64> {
        self.by_id.get(&id).map(|work| work.row.number)
    }

    /// Opens a case with a message that is then added to it.
    pub fn open(&mut self, new: &New<'_>, contact: Uuid, decision: &Decision, now: Millis) -> Uuid {
        let row = opened(new, contact, decision, now);
        let id = row.id;
        self.opened.push(id);
        self.by_id.insert(
            id,
            Work {
                row,
                changed: true,
                corrected: HashSet::new(),
            },
        );
        id
    }

    /// Adds a message to its case and says what that changed.
    pub fn add(&mut self, case: Uuid, new: &New<'_>, now: Millis) -> Vec<Event> {
        let Some(work) = self.by_id.get_mut(&case) else {
            return Vec::new();
        };
        work.changed = true;
        work.add(new, now)
    }

    /// Gives the new cases their numbers, and all that changed as rows.
    pub async fn finish(self, tx: &mut Tx, events: &mut [Event]) -> Result<Vec<CaseRow>> {
        let Self { mut by_id, opened } = self;
        if !opened.is_empty() {
            let first = arrivals::reserve_numbers(tx, opened.len() as i64).await?;
            for (id, number) in opened.iter().zip(first..) {
                if let Some(work) = by_id.get_mut(id) {
                    work.row.number = number;
                }
            }
        }
        for event in events.iter_mut().filter(|event| event.kind == EventKind::CaseOpened) {
            if let Some(work) = event.case_id.and_then(|id| by_id.get(&id)) {
                event.data["number"] = json!(work.row.number);
            }
        }
        let mut rows: Vec<CaseRow> = by_id
            .into_values()
            .filter(|work| work.changed)
            .map(|work| work.row)
            .collect();
        rows.sort_unstable_by_key(|row| row.id);
        Ok(rows)
    }
}

impl Work {
    fn add(&mut self, new: &New<'_>, now: Millis) -> Vec<Event> {
        let (message, row) = (&new.arrival.message, &mut self.row);
        row.messages += 1;
        row.version += 1;
        row.updated_at = now;
        if message.sent_at >= row.last_message_at {
            row.last_message_at = message.sent_at;
            row.preview = preview(message);
        }
        if message.from_us {
            row.unanswered_since = None;
            row.first_answer_at = row.first_answer_at.or(Some(message.sent_at));
            return Vec::new();
        }
        let Some(labels) = new.arrival.labels.as_ref().filter(|labels| labels.noise.is_none()) else {
            return Vec::new();
        };
        label(row, labels, &self.corrected);
        row.unanswered_since = row.unanswered_since.or(Some(message.sent_at));
        row.noise = None;
        reopen(row, new, now)
    }
}

/// Labels of the newest inbound message, but for what a person set.
fn label(row: &mut CaseRow, labels: &Labels, corrected: &HashSet<LabelKind>) {
    let free = |label| !corrected.contains(&label);
    if free(LabelKind::Language) && labels.language.is_some() {
        row.language = labels.language.clone();
    }
    if free(LabelKind::RequestType) && labels.request_type.is_some() {
        row.request_type = labels.request_type.clone();
    }
    if free(LabelKind::Urgency) {
        row.urgency = labels.urgency.key().to_owned();
    }
    if free(LabelKind::Sentiment) {
        row.sentiment_score = f64::from(labels.sentiment.score);
    }
}

/// The customer wrote: the case needs somebody again.
fn reopen(row: &mut CaseRow, new: &New<'_>, now: Millis) -> Vec<Event> {
    let (Ok(before), at) = (row.status(), new.arrival.message.sent_at) else {
        return Vec::new();
    };
    // `current` chose a case that is not closed, which is all that could be refused.
    let after = before.after(Step::CustomerWrote, now).unwrap_or(before);
    row.state = after.state.key().to_owned();
    row.waiting = after.waiting.map(|waiting| waiting.key().to_owned());
    row.waiting_until = None;
    row.active = true;
    row.resolved_at = None;
    if before == after {
        return Vec::new();
    }
    let kind = match before.state {
        CaseState::Waiting => EventKind::CaseStateChanged,
        _ => EventKind::CaseReopened,
    };
    let data = json!({ "number": row.number, "from": before, "to": after });
    let actor = new
        .person
        .map_or(Actor::SYSTEM, |person| Actor::contact(person.contact));
    vec![
        Event::new(kind, at, actor)
            .case(row.id)
            .contact(row.contact_id)
            .data(data),
    ]
}

fn opened(new: &New<'_>, contact: Uuid, decision: &Decision, now: Millis) -> CaseRow {
    let message = &new.arrival.message;
    let noise = new.arrival.labels.as_ref().and_then(|labels| labels.noise);
    // What we wrote ourselves asks nothing of anybody until it is answered.
    let status = match (message.from_us, decision.owner) {
        (true, _) => Status {
            state: CaseState::Resolved,
            owner: None,
            waiting: None,
        },
        (false, Some(owner)) => Status {
            state: CaseState::Open,
            owner: Some(owner),
            waiting: None,
        },
        (false, None) => Status::NEW,
    };
    CaseRow {
        id: Uuid::now_v7(),
        number: 0,
        subject: subject(message),
        preview: preview(message),
        contact_id: contact,
        account_id: new.account.account.id,
        state: status.state.key().to_owned(),
        waiting: status.waiting.map(|waiting: Waiting| waiting.key().to_owned()),
        waiting_until: None,
        owner_id: status.owner,
        team_id: decision.team,
        priority: decision.priority.unwrap_or(Priority::Normal).key().to_owned(),
        language: None,
        request_type: None,
        urgency: Urgency::Normal.key().to_owned(),
        sentiment_score: 0.0,
        noise: noise.map(|noise| noise.key().to_owned()),
        active: noise.is_none() && !message.from_us,
        messages: 0,
        unanswered_since: None,
        last_message_at: message.sent_at,
        first_answer_at: None,
        resolved_at: message.from_us.then_some(message.sent_at),
        merged_into: None,
        version: 0,
        created_at: message.sent_at,
        updated_at: now,
    }
}

/// Longest subject and preview of a case, in characters.
const LINE: usize = 160;

fn subject(message: &IncomingMessage) -> String {
    let subject = line(message.subject.as_deref().unwrap_or_default());
    if subject.is_empty() { preview(message) } else { subject }
}

fn preview(message: &IncomingMessage) -> String {
    let line = line(&message.text);
    match message.attachments.first() {
        Some(file) if line.is_empty() => file.name.clone(),
        _ => line,
    }
}

/// The beginning of a text as one line.
fn line(text: &str) -> String {
    let mut line = String::with_capacity(LINE + 4);
    let mut letters = 0;
    for word in text.split_whitespace() {
        if letters > 0 {
            line.push(' ');
        }
        for letter in word.chars() {
            if letters >= LINE {
                line.push('…');
                return line;
            }
            line.push(letter);
            letters += 1;
        }
        letters += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_beginning_without_breaks() {
        assert_eq!(line("  Il pacco\n\n non  è arrivato "), "Il pacco non è arrivato");
        assert_eq!(line(&"è".repeat(500)).chars().count(), LINE + 1);
        assert_eq!(line(""), "");
    }
}
