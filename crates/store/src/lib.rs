//! The database: one file of SQL per noun. The only crate that knows SQL.
//!
//! Reads take a [`Db`], changes a [`Tx`]; the macro [`sql!`] expands one text of SQL with `$1` parameters into both
//! databases. What the two cannot say in the same words stands in a `match` on the dialect, in the noun's own file.

#[macro_use]
mod db;

pub mod blobs;
pub mod events;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vault;

pub use db::{Db, Dialect, Error, Result, Tx, count_queries};
