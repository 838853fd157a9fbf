//! The connector contract and one folder per channel. Connectors know neither database nor web.

pub mod api;
pub mod contract;
pub mod email;
pub mod http;
pub mod mastodon;
pub mod registry;
pub mod reply_address;
pub mod standard_webhooks;

pub use contract::*;
