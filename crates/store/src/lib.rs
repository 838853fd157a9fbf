//! The database: one file of SQL per noun. The only crate that knows SQL.
//!
//! Reads take a [`Db`], changes a [`Tx`]; the macro [`sql!`] expands one text of SQL with `$1` parameters into both
//! databases. What the two cannot say in the same words stands in a `match` on the dialect, in the noun's own file.

#[macro_use]
mod db;
#[macro_use]
mod rows;
mod statement;

pub mod audit;
pub mod backup;
pub mod blobs;
pub mod cases;
pub mod clock;
pub mod rules;
pub mod intake;
pub mod idempotent_calls;
pub mod deliveries;
pub mod commits;
pub mod attachments;
pub mod arrivals;
pub mod accounts;
pub mod contact_search;
pub mod contacts;
pub mod cursors;
pub mod duplicates;
pub mod health;
pub mod identities;
pub mod imports;
pub mod merges;
pub mod organizations;
pub mod raw_items;
pub mod registry;
pub mod answers;
pub mod canned;
pub mod case_merges;
pub mod corrections;
pub mod desk;
#[cfg(test)]
mod desk_tests;
pub mod drafts;
pub mod looks;
pub mod mentions;
pub mod message_search;
pub mod messages;
pub mod request_types;
pub mod search;
pub mod tags;
pub mod undo;
pub mod views;
pub mod events;
#[cfg(test)]
mod example;
pub mod export;
pub mod figures;
mod failure;
pub mod invitations;
pub mod logins;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod teams;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tokens;
pub mod users;
pub mod vault;
pub mod web_hooks;

pub use failure::Failure;
pub use db::{Db, Dialect, Error, Result, Tx, count_queries};
