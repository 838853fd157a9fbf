//! The only outbound HTTP client.

/// What the client may reach beyond the public internet.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub allow_private: bool,
    pub allow_hosts: Vec<String>,
}

/// Refuses private addresses unless allowed, limits size and time.
#[derive(Clone)]
pub struct Client {
    policy: Policy,
}

impl Client {
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}
