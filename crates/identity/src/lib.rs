//! Who says it: addresses in their normal form, which contact a message belongs to, which contacts are one person.

pub mod duplicates;
pub mod merge;
pub mod name;
pub mod normalize;
pub mod resolve;
