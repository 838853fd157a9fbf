//! The durable queue and the pipeline.

/// Group commit of raw items.
#[derive(Clone)]
pub struct Intake;
