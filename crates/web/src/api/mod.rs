//! The JSON API, `/api/v1`: described by [`openapi`], read by programs with a token.

pub mod extract;
pub mod memory;
pub mod messages;
