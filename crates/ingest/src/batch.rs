//! The state of a batch on its way through the stages of its transaction.

use voce_domain::{
    Millis,
    message::{DeliveryReport, Outcome, Reaction},
};
use voce_store::arrivals::Rows;

use crate::{
    accounts::Known,
    normalize::{Arrival, Item},
    resolve::Person,
};

/// Where the bytes of an attachment are.
pub(crate) struct Kept {
    pub blob: Option<String>,
    pub size: i64,
    pub url: Option<String>,
}

/// Items in their transaction: what is new in them, and the rows that come of it.
pub(crate) struct Batch<'a> {
    pub now: Millis,
    pub items: &'a [&'a Item],
    /// What became of each item so far.
    pub fates: Vec<Fate>,
    /// New messages in the order in which they were sent.
    pub messages: Vec<New<'a>>,
    pub reactions: Vec<(usize, &'a Known, &'a Reaction)>,
    pub reports: Vec<(usize, &'a Known, &'a DeliveryReport)>,
    pub rows: Rows<'a>,
}

/// A message that is not stored yet.
pub(crate) struct New<'a> {
    /// Place of its item in the batch.
    pub item: usize,
    pub account: &'a Known,
    pub arrival: &'a Arrival,
    /// Who wrote it; `None` for what we wrote ourselves.
    pub person: Option<Person>,
}

/// What became of an item that may say several things: the best of them counts.
#[derive(Default)]
pub(crate) struct Fate(Option<(Outcome, Option<String>)>);

impl Fate {
    pub fn accept(&mut self) {
        self.become_better(Outcome::Accepted, None);
    }

    pub fn duplicate(&mut self) {
        self.become_better(Outcome::Duplicate, None);
    }

    pub fn filter(&mut self, why: &str) {
        self.become_better(Outcome::Filtered, Some(why.to_owned()));
    }

    pub fn invalid(&mut self, why: &str) {
        self.become_better(Outcome::Invalid, Some(why.to_owned()));
    }

    /// The outcome, and why it is that; an item that says nothing is filtered.
    pub fn outcome(self) -> (Outcome, Option<String>) {
        self.0
            .unwrap_or_else(|| (Outcome::Filtered, Some("nothing in it".to_owned())))
    }

    /// Outcomes are listed best first.
    fn become_better(&mut self, outcome: Outcome, why: Option<String>) {
        if self.0.as_ref().is_none_or(|(known, _)| outcome < *known) {
            self.0 = Some((outcome, why));
        }
    }
}
