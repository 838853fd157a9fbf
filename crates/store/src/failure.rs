//! What to do about a failed statement.

use crate::Error;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Others did something at the same time; the same again may succeed.
    Conflict,
    /// The database cannot be reached or cannot write; nothing will succeed for a while.
    Outage,
    /// The values themselves; the same again fails again.
    Values,
}

impl Error {
    pub fn failure(&self) -> Failure {
        match self {
            Self::Exists | Self::Stale => Failure::Conflict,
            Self::Database(error) => of(error),
            Self::NotFound | Self::Refused(_) | Self::Corrupt(_) => Failure::Values,
        }
    }
}

fn of(error: &sqlx::Error) -> Failure {
    use sqlx::Error as E;
    match error {
        E::Database(error) => error.code().map_or(Failure::Values, |code| of_code(&code)),
        E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => Failure::Outage,
        _ => Failure::Values,
    }
}

/// PostgreSQL's codes have five places (appendix A of its manual), SQLite's are numbers (sqlite.org/rescode.html).
fn of_code(code: &str) -> Failure {
    if code.len() == 5 {
        return match code.get(..2) {
            Some("40" | "55") => Failure::Conflict,
            Some("08" | "53" | "57" | "58" | "XX") => Failure::Outage,
            _ => Failure::Values,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Failure::Conflict,
        Ok(7 | 8 | 10 | 11 | 13 | 14) => Failure::Outage,
        _ => Failure::Values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases() {
        for (code, failure) in [
            ("40001", Failure::Conflict),
            ("40P01", Failure::Conflict),
            ("57P01", Failure::Outage),
            ("53100", Failure::Outage),
            ("22021", Failure::Values),
            ("5", Failure::Conflict),
            ("13", Failure::Outage),
            ("778", Failure::Outage),
            ("1299", Failure::Values),
        ] {
            assert_eq!(of_code(code), failure, "{code}");
        }
    }
}
