//! The only list of channels.

use std::sync::Arc;

use crate::{Connector, http::Client};

/// Every channel this binary speaks. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    connectors: Arc<[Arc<dyn Connector>]>,
}

impl Registry {
    pub fn new(http: Client) -> Self {
        Self {
            connectors: Arc::new([
                Arc::new(crate::email::Email),
                Arc::new(crate::mastodon::Mastodon::new(http.clone())),
                Arc::new(crate::api::Api::new(http)),
            ]),
        }
    }

    /// Only these channels: for tests, and for tools that need no others.
    pub fn of(connectors: Vec<Arc<dyn Connector>>) -> Self {
        Self {
            connectors: connectors.into(),
        }
    }

    pub fn get(&self, kind: &str) -> Option<&Arc<dyn Connector>> {
        self.connectors.iter().find(|connector| connector.kind() == kind)
    }

    pub fn all(&self) -> &[Arc<dyn Connector>] {
        &self.connectors
    }
}
