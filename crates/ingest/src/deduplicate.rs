//! What is new: the platform's id of a message is unique within its channel account.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;
use voce_domain::message::IncomingMessage;
use voce_store::{
    Result, Tx,
    arrivals::{self, Known, MessageKey},
};

use crate::{
    batch::{Batch, Fate, New},
    normalize::{Item, Said},
};

/// Ids of a thread that are looked up, nearest first: one of them is nearly always ours.
pub(crate) const NEAREST: usize = 8;

/// Stored messages that a batch speaks of, by account and external id.
pub(crate) struct Stored(HashMap<(Uuid, String), Known>);

impl Stored {
    pub fn get(&self, account: Uuid, external_id: &str) -> Option<&Known> {
        self.0.get(&(account, external_id.to_owned()))
    }

    pub fn all(&self) -> impl Iterator<Item = &Known> {
        self.0.values()
    }
}

/// Sorts out what is stored already.
pub(crate) async fn deduplicate<'a>(tx: &mut Tx, items: &'a [&'a Item], now: i64) -> Result<(Batch<'a>, Stored)> {
    let stored = look(tx, items).await?;
    let reactions = look_reactions(tx, items).await?;
    let mut batch = Batch {
        now,
        items,
        fates: std::iter::repeat_with(Fate::default).take(items.len()).collect(),
        messages: Vec::new(),
        reactions: Vec::new(),
        reports: Vec::new(),
        rows: Default::default(),
    };
    let mut seen: HashSet<MessageKey> = HashSet::new();
    for (place, item) in items.iter().enumerate() {
        let Some(fate) = batch.fates.get_mut(place) else { break };
        let (Some(account), says) = (item.account.as_deref(), &item.says) else {
            fate.invalid("the channel account is gone");
            continue;
        };
        let says = match says {
            Ok(says) => says,
            Err(why) => {
                fate.invalid(why);
                continue;
            }
        };
        let id = account.account.id;
        for said in says {
            match said {
                Said::Message(arrival) if stored.get(id, &arrival.message.external_id).is_some() => fate.duplicate(),
                Said::Message(arrival) if !seen.insert((id, &arrival.message.external_id)) => fate.duplicate(),
                Said::Message(arrival) => batch.messages.push(New {
                    item: place,
                    account,
                    arrival,
                    person: None,
                }),
                Said::Reaction(reaction) if reactions.contains(&(id, reaction.external_id.clone())) => fate.duplicate(),
                Said::Reaction(reaction) => {
                    let twin = batch
                        .reactions
                        .iter()
                        .any(|(_, known, other)| known.account.id == id && other.external_id == reaction.external_id);
                    match twin {
                        true => fate.duplicate(),
                        false => batch.reactions.push((place, account, reaction)),
                    }
                }
                Said::Delivery(report) => batch.reports.push((place, account, report)),
                Said::Ignored(why) => fate.filter(why),
            }
        }
    }
    batch.messages.sort_by_key(|new| new.arrival.message.sent_at);
    Ok((batch, stored))
}

async fn look(tx: &mut Tx, items: &[&Item]) -> Result<Stored> {
    let mut keys: Vec<MessageKey> = Vec::new();
    for (account, said) in all(items) {
        match said {
            Said::Message(arrival) => keys.extend(named(&arrival.message).map(|id| (account, id))),
            Said::Delivery(report) => keys.push((account, &report.external_id)),
            Said::Reaction(reaction) => keys.extend(reaction.about.as_deref().map(|id| (account, id))),
            Said::Ignored(_) => {}
        }
    }
    keys.sort_unstable();
    keys.dedup();
    let found = arrivals::known_messages(tx, &keys).await?;
    Ok(Stored(
        found
            .into_iter()
            .map(|known| ((known.account_id, known.external_id.clone()), known))
            .collect(),
    ))
}

/// Ids of messages that a message names, its own first.
fn named(message: &IncomingMessage) -> impl Iterator<Item = &str> {
    std::iter::once(message.external_id.as_str())
        .chain(message.thread.replies_to.iter().take(NEAREST).map(String::as_str))
}

async fn look_reactions(tx: &mut Tx, items: &[&Item]) -> Result<HashSet<(Uuid, String)>> {
    let keys: Vec<MessageKey> = all(items)
        .filter_map(|(account, said)| match said {
            Said::Reaction(reaction) => Some((account, reaction.external_id.as_str())),
            _ => None,
        })
        .collect();
    Ok(arrivals::known_reactions(tx, &keys).await?.into_iter().collect())
}

fn all<'a>(items: &'a [&'a Item]) -> impl Iterator<Item = (Uuid, &'a Said)> {
    items
        .iter()
        .filter_map(|item| Some((item.account.as_ref()?.account.id, item.says.as_ref().ok()?)))
        .flat_map(|(account, says)| says.iter().map(move |said| (account, said)))
}
