//! Learning from a company's own examples: labels of its own, and what its people corrected.

mod anchors;
mod bytes;
mod classifier;
mod company;
mod fit;
mod guard;
mod sample;
#[cfg(test)]
mod tests;
mod value;

pub use bytes::CompanyError;
pub use classifier::{Classifier, OUT_OF_SCOPE, Verdict};
pub use company::Company;
