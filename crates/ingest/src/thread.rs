//! Which conversation a message belongs to: a signed reply address, then the messages it answers, then the channel's own
//! name of the thread, and failing all of them it opens a thread named by its own id.

use std::collections::HashMap;

use uuid::Uuid;
use voce_store::{
    Result, Tx,
    arrivals::{self, Conversation, MessageKey},
};

use crate::{
    batch::New,
    deduplicate::{NEAREST, Stored},
};

/// The conversations of a batch, stored and new.
pub(crate) struct Threads<'a> {
    pub all: Vec<Conversation>,
    by_id: HashMap<Uuid, usize>,
    by_key: HashMap<(Uuid, String), usize>,
    /// Conversations of the batch's own messages, for those that answer them.
    by_message: HashMap<MessageKey<'a>, usize>,
}

/// Loads the conversations that these messages may belong to.
pub(crate) async fn look<'a>(tx: &mut Tx, messages: &[New<'a>], stored: &Stored) -> Result<Threads<'a>> {
    let mut keys: Vec<MessageKey> = messages.iter().map(|new| (new.account.account.id, key(new))).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut ids: Vec<Uuid> = messages
        .iter()
        .filter_map(|new| new.arrival.message.thread.conversation)
        .collect();
    ids.extend(stored.all().map(|known| known.conversation_id));
    ids.sort_unstable();
    ids.dedup();
    let mut threads = Threads {
        all: Vec::new(),
        by_id: HashMap::new(),
        by_key: HashMap::new(),
        by_message: HashMap::new(),
    };
    for conversation in arrivals::conversations(tx, &ids)
        .await?
        .into_iter()
        .chain(arrivals::conversations_of_threads(tx, &keys).await?)
    {
        threads.add(conversation);
    }
    Ok(threads)
}

/// The thread's name.
pub(crate) fn key<'a>(new: &New<'a>) -> &'a str {
    let message = &new.arrival.message;
    message.thread.key.as_deref().unwrap_or(&message.external_id)
}

impl<'a> Threads<'a> {
    /// The place of the message's conversation in `all`, if there is one already.
    pub fn find(&self, new: &New<'a>, stored: &Stored) -> Option<usize> {
        let (account, thread) = (new.account.account.id, &new.arrival.message.thread);
        let own = thread.conversation.and_then(|id| self.by_id.get(&id));
        let answered = || {
            thread.replies_to.iter().take(NEAREST).find_map(|id| {
                let earlier = self.by_message.get(&(account, id.as_str()));
                earlier.or_else(|| self.by_id.get(&stored.get(account, id)?.conversation_id))
            })
        };
        own.or_else(answered)
            .or_else(|| self.by_key.get(&(account, key(new).to_owned())))
            .copied()
    }

    pub fn add(&mut self, conversation: Conversation) -> usize {
        let place = *self.by_id.entry(conversation.id).or_insert(self.all.len());
        if place == self.all.len() {
            self.by_key
                .insert((conversation.account_id, conversation.thread_key.clone()), place);
            self.all.push(conversation);
        }
        place
    }

    /// Remembers where a message went.
    pub fn place(&mut self, new: &New<'a>, conversation: usize) {
        self.by_message
            .insert((new.account.account.id, &new.arrival.message.external_id), conversation);
    }
}
