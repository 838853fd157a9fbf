//! Which team gets what: the routing rules, their order, and trying them on what came in.

pub mod edit;
mod form;
pub mod list;
mod words;

use crate::{May, right};

type Supervisor = May<right::ManageRules>;
