//! The only outbound HTTP client.

/// Refuses private addresses unless allowed, limits size and time.
#[derive(Clone)]
pub struct Client;
