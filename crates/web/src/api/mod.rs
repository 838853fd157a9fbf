//! The JSON API, `/api/v1`: for programs with a token, described by [`openapi`].

pub mod answers;
pub mod cases;
pub mod contacts;
pub mod docs;
pub mod events;
pub mod exports;
pub mod extract;
pub mod lists;
pub mod memory;
pub mod messages;
pub mod once;
pub mod openapi;
pub mod organizations;
pub mod page;

use utoipa::IntoParams;

/// How a call is made repeatable.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct KeyHeader {
    /// A text of your own, at most 255 characters. The same call with the same key gets the first answer again and changes
    /// nothing; another call with it is refused (422). Kept for two days.
    #[param(rename = "Idempotency-Key")]
    pub idempotency_key: Option<String>,
}
