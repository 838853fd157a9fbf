//! What a message says: language, sentiment, request type, urgency and noise, each with the words that made it.
//!
//! Everything is computed from lexicons in `lexicons/`, which are compiled once into one automaton over words. A message is
//! read in one pass; each label is then a judgement over the words that were found.

mod body;
mod complaint;
mod duplicates;
mod emotion;
mod engine;
mod entities;
pub mod evaluate;
mod evidence;
mod features;
mod feelings;
mod fold;
mod inflect;
mod irony;
mod language;
mod learn;
mod lexicon;
mod linear;
mod mask;
mod model;
mod need;
mod noise;
mod phrases;
mod request;
mod sentiment;
mod signals;
pub mod table;
mod tokens;
pub mod train;
mod urgency;

pub use duplicates::{Duplicate, Duplicates, Signature};
pub use engine::{Automatic, Context, Engine, whole};
pub use entities::entities;
pub use fold::fold;
pub use learn::{Classifier, Company, CompanyError, OUT_OF_SCOPE, Verdict};
pub use mask::{Masked, mask};

/// Version of the shipped models and lexicons: raised whenever the same text may be labelled otherwise.
pub const VERSION: u32 = 2;
