//! Cursors over the events table and those who react.

/// What just happened, for the open pages.
#[derive(Clone)]
pub struct Live;
