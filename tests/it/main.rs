//! The whole server, driven as browsers and programs drive it, on SQLite and on PostgreSQL.
//!
//! One file per area; [`harness`] has what they share.

mod account;
mod architecture;
mod contacts;
mod harness;
mod imports;
mod locales;
mod people;
mod routes;
mod sign_in;
