//! The database: one file of SQL per noun. The only crate that knows SQL.
//!
//! Reads take a [`Db`], changes a [`Tx`]; the macro [`sql!`] expands one text of SQL with `$1` parameters into both
//! databases. What the two cannot say in the same words stands in a `match` on the dialect, in the noun's own file.

#[macro_use]
mod db;
#[macro_use]
mod rows;
mod statement;

pub mod accounts;
pub mod answers;
pub mod arrivals;
pub mod attachments;
pub mod audit;
pub mod backup;
pub mod blobs;
pub mod canned;
pub mod case_merges;
pub mod cases;
pub mod clock;
pub mod commits;
pub mod contact_search;
pub mod contacts;
pub mod corrections;
pub mod cursors;
pub mod deliveries;
pub mod desk;
#[cfg(test)]
mod desk_tests;
pub mod drafts;
pub mod duplicates;
pub mod events;
#[cfg(test)]
mod example;
pub mod export;
mod failure;
pub mod figures;
pub mod health;
pub mod idempotent_calls;
pub mod identities;
pub mod imports;
pub mod intake;
pub mod invitations;
pub mod labels;
pub mod lessons;
pub mod logins;
pub mod looks;
pub mod mentions;
pub mod merges;
pub mod message_search;
pub mod messages;
pub mod opinions;
pub mod organizations;
pub mod quality;
pub mod raw_items;
pub mod registry;
pub mod relabel;
pub mod request_types;
pub mod rules;
pub mod search;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod tags;
pub mod teams;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tokens;
pub mod undo;
pub mod users;
pub mod vault;
pub mod views;
pub mod web_hooks;

pub use db::{Db, Dialect, Error, Result, Tx, count_queries};
pub use failure::Failure;
