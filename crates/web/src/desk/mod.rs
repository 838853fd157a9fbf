//! The desk: lists of cases, the open case with its conversation, and everything one does there.

pub mod marks;
