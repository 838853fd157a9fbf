//! How good the labels are here, what was taught, and labelling the history anew.

pub mod examples;
pub mod relabel;
pub mod show;
