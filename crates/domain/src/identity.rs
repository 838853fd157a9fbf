//! Addresses by which people are recognised.

use serde::{Deserialize, Serialize};

closed_list! {
    /// What kind of address identifies a person.
    pub enum IdentityKind {
        Email = "email", /** E.164. */ Phone = "phone", /** `user@instance` or the platform's handle, prefixed by the platform: `mastodon:anna@example.social`. */ Handle = "handle",
        CustomerNumber = "customer_number",
    }
}

/// An address in its normal form, comparable byte by byte. The `identity` crate makes them out of what people type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    pub kind: IdentityKind,
    pub value: String,
}

impl Address {
    /// An address that is already in its normal form.
    pub fn new(kind: IdentityKind, value: impl Into<String>) -> Self {
        Self {
            kind,
            value: value.into(),
        }
    }
}
