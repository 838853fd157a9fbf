//! The errors of an import as a CSV file that opens in a spreadsheet without running anything.

use uuid::Uuid;
use voce_store::{Db, Result, imports};

/// Errors read at once.
const PAGE: i64 = 1_000;

/// The next piece of the file: the header first, then the errors after `after`. `None` at the end.
pub async fn piece(
    db: &Db,
    import: Uuid,
    after: Option<(i64, String)>,
    say: impl Fn(&str) -> String,
) -> Result<Option<Piece>> {
    let place = after.as_ref().map(|(row, column)| (*row, column.as_str()));
    let errors = imports::errors(db, import, place, PAGE).await?;
    let Some(last) = errors.last() else { return Ok(None) };
    let next = (last.row_number, last.column_name.clone());
    let mut csv = csv::WriterBuilder::new().from_writer(Vec::new());
    for error in &errors {
        let cells = [
            error.row_number.to_string(),
            guarded(&error.column_name),
            say(&error.problem),
            guarded(&error.value),
        ];
        // Writing into memory cannot fail.
        let _ = csv.write_record(cells);
    }
    Ok(Some(Piece {
        text: csv.into_inner().unwrap_or_default(),
        next,
    }))
}

/// Some lines of the file, and from where it goes on.
pub struct Piece {
    pub text: Vec<u8>,
    pub next: (i64, String),
}

/// A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it (OWASP, "CSV Injection").
pub fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for (cell, safe) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+39 1", "'+39 1"),
            ("@a", "'@a"),
            ("Anna", "Anna"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), safe);
        }
    }
}
