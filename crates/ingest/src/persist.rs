//! Stages that need the database, in one transaction: all of a batch or nothing.

use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    message::{Author, Direction},
    routing::Rule,
};
use voce_store::{
    Result, Tx,
    arrivals::{self, Conversation, NewMessage, NewReaction},
    attachments::Attachment,
    deliveries,
    intake::{self, Finished},
    quality,
};

use crate::{
    batch::{Batch, New},
    cases::Cases,
    deduplicate::{Stored, deduplicate},
    normalize::Item,
    resolve::{People, recipient, resolve},
    route::route,
    thread::{self, Threads},
};

/// Writes everything that comes of these items, their outcomes included.
pub(crate) async fn persist(tx: &mut Tx, items: &[&Item], rules: &[Rule], now: Millis) -> Result<()> {
    let (mut batch, stored) = deduplicate(tx, items, now).await?;
    let mut people = resolve(tx, &mut batch).await?;
    let mut threads = thread::look(tx, &batch.messages, &stored).await?;
    let known = threads.all.iter().map(|conversation| conversation.case_id).collect();
    let mut cases = Cases::look(tx, known).await?;
    for new in std::mem::take(&mut batch.messages) {
        place(&mut batch, &mut threads, &mut cases, &mut people, &stored, rules, new);
    }
    react(&mut batch, &mut people, &threads, &stored);
    batch.rows.cases = cases.finish(tx, &mut batch.rows.events).await?;
    arrivals::write(tx, &batch.rows).await?;
    let labelled = batch.rows.messages.iter().filter(|row| row.labels.is_some());
    quality::count(tx, labelled.map(|row| row.sent_at)).await?;
    report(tx, &mut batch, &stored).await?;
    let finished: Vec<Finished> = batch
        .fates
        .into_iter()
        .zip(batch.items)
        .map(|(fate, item)| {
            let (outcome, detail) = fate.outcome();
            Finished {
                id: item.id,
                outcome,
                detail,
            }
        })
        .collect();
    intake::finish(tx, &finished, now).await
}

/// Puts one message into its conversation and case.
fn place<'a>(
    batch: &mut Batch<'a>,
    threads: &mut Threads<'a>,
    cases: &mut Cases,
    people: &mut People,
    stored: &Stored,
    rules: &[Rule],
    new: New<'a>,
) {
    let found = threads.find(&new, stored);
    let contact = match (found.and_then(|place| threads.all.get(place)), new.person) {
        (Some(conversation), _) => Some(conversation.contact_id),
        (None, Some(person)) => Some(person.contact),
        (None, None) => recipient(&new.arrival.message).map(|address| {
            let author = Author {
                address,
                name: None,
                avatar_url: None,
                also: Vec::new(),
            };
            people
                .person(&author, None, new.arrival.message.sent_at, &mut batch.rows)
                .contact
        }),
    };
    let Some(contact) = contact else {
        return fate(batch, new.item, |fate| {
            fate.filter("written by us, in no conversation that is known here")
        });
    };
    let before = found
        .and_then(|place| threads.all.get(place))
        .map(|conversation| conversation.case_id);
    let case = before.and_then(|case| cases.current(case)).unwrap_or_else(|| {
        let (decision, rule) = route(rules, &new);
        let case = cases.open(&new, contact, &decision, batch.now);
        let earlier = before.and_then(|before| cases.number(before));
        let data =
            json!({ "number": 0, "rule": rule, "team": decision.team, "owner": decision.owner, "earlier": earlier });
        let event = Event::new(EventKind::CaseOpened, new.arrival.message.sent_at, Actor::SYSTEM);
        batch.rows.events.push(event.case(case).contact(contact).data(data));
        batch.rows.tags.extend(decision.tags.into_iter().map(|tag| (case, tag)));
        case
    });
    let conversation = match found {
        Some(place) => place,
        None => open(batch, threads, &new, contact, case),
    };
    threads.place(&new, conversation);
    if let Some(thread) = threads.all.get_mut(conversation) {
        if thread.case_id != case {
            thread.case_id = case;
            moved(batch, thread.id, case);
        }
        write(batch, cases, new, thread.id, case, contact);
    }
}

fn open<'a>(batch: &mut Batch<'a>, threads: &mut Threads<'a>, new: &New<'a>, contact: Uuid, case: Uuid) -> usize {
    let conversation = Conversation {
        id: Uuid::now_v7(),
        account_id: new.account.account.id,
        thread_key: thread::key(new).to_owned(),
        subject: new.arrival.message.subject.clone(),
        contact_id: contact,
        case_id: case,
        created_at: new.arrival.message.sent_at,
    };
    batch.rows.conversations.push(conversation.clone());
    threads.add(conversation)
}

/// A conversation goes on in another case.
fn moved(batch: &mut Batch<'_>, conversation: Uuid, case: Uuid) {
    batch.rows.moved.push((conversation, case));
}

fn write<'a>(batch: &mut Batch<'a>, cases: &mut Cases, new: New<'a>, conversation: Uuid, case: Uuid, contact: Uuid) {
    let (arrival, message) = (new.arrival, &new.arrival.message);
    let reopened = cases.add(case, &new, batch.now);
    batch.rows.events.extend(reopened);
    let (kind, actor) = match (message.from_us, new.person) {
        (true, _) => (EventKind::MessageSent, Actor::SYSTEM),
        (false, Some(person)) => (EventKind::MessageReceived, Actor::contact(person.contact)),
        (false, None) => (EventKind::MessageReceived, Actor::SYSTEM),
    };
    let event = Event::new(kind, message.sent_at, actor)
        .case(case)
        .contact(contact)
        .message(arrival.id);
    batch.rows.events.push(if message.from_us {
        event.data(json!({"elsewhere": true}))
    } else {
        event
    });
    let person = new.person.filter(|_| !message.from_us);
    batch.rows.messages.push(NewMessage {
        id: arrival.id,
        account_id: new.account.account.id,
        conversation_id: conversation,
        case_id: case,
        external_id: &message.external_id,
        direction: if message.from_us {
            Direction::Outbound
        } else {
            Direction::Inbound
        },
        kind: message.kind,
        visibility: message.visibility,
        contact_id: person.map(|person| person.contact),
        identity_id: person.map(|person| person.identity),
        author_name: message.author.name.as_deref().unwrap_or(&message.author.address.value),
        subject: message.subject.as_deref(),
        body: &message.text,
        html: message.html.as_deref(),
        url: message.url.as_deref(),
        meta: arrival.meta.as_deref(),
        automatic: message.automatic,
        attachments: arrival.files.len() as i64,
        sent_at: message.sent_at,
        created_at: batch.now,
        labels: arrival.labels.as_ref(),
        evidence: arrival.evidence.as_deref(),
        details: arrival.details.as_deref(),
    });
    for ((file, kept), position) in message.attachments.iter().zip(&arrival.files).zip(0..) {
        batch.rows.attachments.push(Attachment {
            id: Uuid::now_v7(),
            message_id: arrival.id,
            position,
            name: file.name.replace('\0', ""),
            content_type: file.content_type.replace('\0', ""),
            content_id: file.content_id.clone(),
            size: kept.size,
            blob: kept.blob.clone(),
            url: kept.url.clone(),
            problem: None,
        });
    }
    fate(batch, new.item, |fate| fate.accept());
}

/// Boosts, favourites and follows: facts about somebody.
fn react(batch: &mut Batch<'_>, people: &mut People, threads: &Threads<'_>, stored: &Stored) {
    for (item, account, reaction) in std::mem::take(&mut batch.reactions) {
        let person = people.person(&reaction.author, None, reaction.at, &mut batch.rows);
        let account = account.account.id;
        let about = reaction.about.as_deref();
        let here = about.and_then(|id| {
            batch
                .rows
                .messages
                .iter()
                .find(|new| new.account_id == account && new.external_id == id)
        });
        let message = here.map(|new| (new.id, new.conversation_id, new.case_id)).or_else(|| {
            let known = stored.get(account, about?)?;
            Some((known.id, known.conversation_id, known.case_id))
        });
        let mut event = Event::new(EventKind::ReactionReceived, reaction.at, Actor::contact(person.contact))
            .contact(person.contact)
            .data(json!({ "kind": reaction.kind }));
        if let Some((message, conversation, case)) = message {
            // The conversation may have gone on in another case in this very batch.
            let current = threads
                .all
                .iter()
                .find(|thread| thread.id == conversation)
                .map_or(case, |thread| thread.case_id);
            event = event.message(message).case(current);
        }
        batch.rows.events.push(event);
        batch.rows.reactions.push(NewReaction {
            id: Uuid::now_v7(),
            account_id: account,
            external_id: reaction.external_id.clone(),
            kind: reaction.kind,
            contact_id: person.contact,
            message_id: message.map(|(id, ..)| id),
            at: reaction.at,
        });
        fate(batch, item, |fate| fate.accept());
    }
}

/// What platforms say about answers that left.
async fn report(tx: &mut Tx, batch: &mut Batch<'_>, stored: &Stored) -> Result<()> {
    for (item, account, report) in std::mem::take(&mut batch.reports) {
        let Some(known) = stored.get(account.account.id, &report.external_id) else {
            fate(batch, item, |fate| fate.filter("a report about no message of ours"));
            continue;
        };
        match deliveries::report(tx, known.id, report.state, &report.detail.replace('\0', ""), batch.now).await? {
            true => fate(batch, item, |fate| fate.accept()),
            false => fate(batch, item, |fate| fate.duplicate()),
        }
    }
    Ok(())
}

fn fate(batch: &mut Batch<'_>, item: usize, change: impl FnOnce(&mut crate::batch::Fate)) {
    if let Some(fate) = batch.fates.get_mut(item) {
        change(fate);
    }
}
