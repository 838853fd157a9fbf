//! Who says it: addresses in their normal form, and which contact a message belongs to.

pub mod normalize;
