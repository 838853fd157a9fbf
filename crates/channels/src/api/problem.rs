use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one field of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the field; empty for the whole.
    pub pointer: String,
    pub message: String,
}

impl Problem {
    pub fn new(pointer: &str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            message: message.into(),
        }
    }
}

/// Everything that is wrong with what was sent; at least one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub Vec<Problem>);

impl Invalid {
    pub fn one(pointer: &str, message: impl Into<String>) -> Self {
        Self(vec![Problem::new(pointer, message)])
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { pointer, message }) in self.0.iter().enumerate() {
            let (comma, space) = (
                if index > 0 { "; " } else { "" },
                if pointer.is_empty() { "" } else { " " },
            );
            write!(f, "{comma}{pointer}{space}{message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}
