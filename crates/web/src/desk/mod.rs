//! The desk: lists of cases, the open case with its conversation, and everything one does there.

pub mod actions;
pub mod address;
pub mod arrange;
pub mod begin;
pub mod case;
pub mod composer;
pub mod contact;
pub mod delivery;
pub mod files;
pub mod frame;
pub mod labels;
pub mod list;
pub mod live;
pub mod marks;
pub mod parcel;
pub mod saved;
pub mod search;
pub mod snooze;
pub mod thread;
pub mod vocabulary;
pub mod write;
