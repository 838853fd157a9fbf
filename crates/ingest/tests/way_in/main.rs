//! The way of a message from its raw bytes to a case, on both databases.

mod lessons;
mod messages;
mod people;
mod scripted;
mod trouble;
