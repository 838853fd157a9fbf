//! The way in: the durable queue with its group commit, and the pipeline that makes cases out of raw items.
//!
//! One file per stage: [`normalize`], [`enrich`], then in one transaction `deduplicate`, `resolve`, `thread`, `route`, `persist`.

mod accounts;
mod batch;
mod cases;
mod deduplicate;
mod enrich;
mod intake;
mod lessons;
mod normalize;
mod persist;
mod pipeline;
mod receive;
mod relabel;
mod resolve;
mod route;
mod thread;

pub use accounts::{Accounts, open_account};
pub use intake::{AccountSink, Intake, IntakeError};
pub use pipeline::{Pipeline, PipelineError};
pub use receive::receive;
pub use relabel::Relabel;

/// Now, in UTC milliseconds.
fn now() -> voce_domain::Millis {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
