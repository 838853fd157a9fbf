//! Tab-separated tables with a header, as labelled texts come.

use std::fmt;
use std::path::{Path, PathBuf};

/// A table with its columns' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Why a table could not be read.
#[derive(Debug)]
pub enum TableError {
    File(PathBuf, std::io::Error),
    /// The table, the column that is missing, and those that are there.
    Column(String, String),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{} cannot be read: {error}", path.display()),
            Self::Column(missing, there) => write!(f, "there is no column \"{missing}\"; the columns are {there}"),
        }
    }
}

impl std::error::Error for TableError {}

impl Table {
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let bytes = std::fs::read(path).map_err(|error| TableError::File(path.to_owned(), error))?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Reads a table whose first line names the columns. Rows with fewer cells than columns are filled with empty ones.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let cells = |line: &str| -> Vec<String> { line.split('\t').map(plain).collect() };
        Self {
            columns: lines.next().map(cells).unwrap_or_default(),
            rows: lines.map(cells).collect(),
        }
    }

    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// The cells of some columns, row by row.
    pub fn columns<const N: usize>(&self, names: [&str; N]) -> Result<Vec<[&str; N]>, TableError> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = self
                .columns
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| TableError::Column(name.to_owned(), self.columns.join(", ")))?;
        }
        let row = |row: &'_ Vec<String>| -> [usize; N] { places.map(|place| place.min(row.len())) };
        Ok(self
            .rows
            .iter()
            .map(|cells| row(cells).map(|place| cells.get(place).map_or("", String::as_str)))
            .collect())
    }
}

/// Undoes the escapes `\u2019`, `\n` and `\"` in which some sets come.
fn plain(cell: &str) -> String {
    let mut plain = String::with_capacity(cell.len());
    let mut rest = cell;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after.strip_prefix('u').and_then(|code| code.get(..4));
        rest = match code.and_then(|code| u32::from_str_radix(code, 16).ok()) {
            Some(code) => {
                plain.extend(char::from_u32(code));
                after.get(5..).unwrap_or_default()
            }
            None => match after.strip_prefix(['n', 't']) {
                Some(after) => {
                    plain.push(' ');
                    after
                }
                None => after,
            },
        };
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_named_columns() {
        let table = Table::parse("\u{feff}id\tlabel\ttext\n1\tgood\tit\\u2019s \\\"fine\\\"\n2\tbad\n");
        assert_eq!(
            table.columns(["text", "label"]).unwrap(),
            [["it’s \"fine\"", "good"], ["", "bad"]]
        );
        assert!(table.has("id"));
        assert_eq!(
            table.columns(["mood"]).unwrap_err().to_string(),
            "there is no column \"mood\"; the columns are id, label, text"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".*") {
            let _ = Table::parse(&format!("a\tb\n{text}")).columns(["b"]);
        }
    }
}
