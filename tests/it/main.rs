//! The whole server, driven as browsers and programs drive it, on SQLite and on PostgreSQL.
//!
//! One file per area; [`harness`] has what they share.

mod account;
mod api;
mod architecture;
mod contacts;
mod desk;
mod harness;
mod hooks;
mod imports;
mod locales;
mod people;
mod quality;
mod routes;
mod sign_in;
