//! Many rows in one statement, in a few fixed sizes: the databases find their prepared statements again, and the cost of
//! one row is a fraction of that of a statement of its own.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use sqlx::AssertSqlSafe;

use crate::Dialect;

/// Rows of one statement, largest first. With up to 127 columns the largest stays under SQLite's 32,766 parameters.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// How many of `left` rows the next statement takes.
pub(crate) fn next_size(left: usize) -> usize {
    SIZES.into_iter().find(|size| *size <= left).unwrap_or(1)
}

/// The smallest size that holds `keys` keys; beyond the largest, the largest.
pub(crate) fn holding_size(keys: usize) -> usize {
    SIZES.into_iter().rev().find(|size| *size >= keys).unwrap_or(SIZES[0])
}

/// `before ($1,$2),($3,$4) after`; every text is built once.
pub(crate) fn text(
    dialect: Dialect,
    before: &'static str,
    columns: usize,
    rows: usize,
    after: &'static str,
) -> AssertSqlSafe<Arc<str>> {
    type Key = (Dialect, &'static str, usize, &'static str);
    static TEXTS: LazyLock<Mutex<HashMap<Key, Arc<str>>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let built = texts
        .entry((dialect, before, rows, after))
        .or_insert_with(|| build(dialect, before, columns, rows, after).into());
    // Only literals of this crate and numbers went into it.
    AssertSqlSafe(built.clone())
}

fn build(dialect: Dialect, before: &str, columns: usize, rows: usize, after: &str) -> String {
    let mut text = String::with_capacity(before.len() + after.len() + rows * columns * 6);
    text.push_str(before);
    for parameter in 0..rows * columns {
        let opening = match (parameter, parameter % columns) {
            (0, _) => "(",
            (_, 0) => "),(",
            _ => ",",
        };
        text.push_str(opening);
        match dialect {
            // SQLite looks for every parameter that has a name among all of them, several times.
            Dialect::Sqlite => text.push('?'),
            // Writing into a string cannot fail.
            Dialect::Postgres => drop(write!(text, "${}", parameter + 1)),
        }
    }
    text.push(')');
    text.push_str(after);
    text
}

/// Runs a statement for all rows: `write_rows!(tx, "INSERT INTO t (a, b) VALUES", rows, row => [row.a, row.b], " ON CONFLICT …")?`.
/// Says how many rows were touched.
macro_rules! write_rows {
    ($tx:expr, $before:expr, $rows:expr, $row:ident => [$($value:expr),+ $(,)?], $after:expr) => {
        async {
            let (mut rest, mut touched) = (&$rows[..], 0);
            while !rest.is_empty() {
                let (now, later) = rest.split_at($crate::rows::next_size(rest.len()));
                rest = later;
                let text = $crate::rows::text($tx.dialect(), $before, [$(stringify!($value)),+].len(), now.len(), $after);
                touched += sql!(&mut *$tx, c => {
                    let mut query = sqlx::query(text);
                    for $row in now {
                        query = query$(.bind($value))+;
                    }
                    query.execute(c).await.map(|done| done.rows_affected())
                })?;
            }
            $crate::Result::<u64>::Ok(touched)
        }
        .await
    };
}

/// Inserts rows into a table whose key the database counts up (`AUTOINCREMENT`, identity); returns the keys in the order of
/// the rows: `insert_counted!(tx, "id", "INSERT INTO t (a, b) VALUES ", rows, row => [row.a, row.b])?`.
macro_rules! insert_counted {
    ($tx:expr, $key:literal, $before:literal, $rows:expr, $row:ident => [$($value:expr),+ $(,)?]) => {
        async {
            let (mut rest, mut keys) = (&$rows[..], Vec::with_capacity($rows.len()));
            while !rest.is_empty() {
                let (now, later) = rest.split_at($crate::rows::next_size(rest.len()));
                rest = later;
                let columns = [$(stringify!($value)),+].len();
                match &mut *$tx {
                    // The only writer: its keys follow one another. A row that is returned costs more than one that is inserted.
                    $crate::Tx::Sqlite(tx) => {
                        let mut query = sqlx::query($crate::rows::text($crate::Dialect::Sqlite, $before, columns, now.len(), ""));
                        for $row in now {
                            query = query$(.bind($value))+;
                        }
                        let last = query.execute(&mut **tx).await?.last_insert_rowid();
                        keys.extend(last - now.len() as i64 + 1..=last);
                    }
                    $crate::Tx::Postgres(tx) => {
                        let text = $crate::rows::text($crate::Dialect::Postgres, $before, columns, now.len(), concat!(" RETURNING ", $key));
                        let mut query = sqlx::query_scalar(text);
                        for $row in now {
                            query = query$(.bind($value))+;
                        }
                        let mut found: Vec<i64> = query.fetch_all(&mut **tx).await?;
                        // Keys are given in the order of the rows; only RETURNING promises none.
                        found.sort_unstable();
                        keys.append(&mut found);
                    }
                }
            }
            $crate::Result::<Vec<i64>>::Ok(keys)
        }
        .await
    };
}

/// All rows of a transaction whose key is in a set; a statement that joins the keys may bring a row several times: `fetch_in!(tx, "SELECT … WHERE (a, b) IN (VALUES ", keys, key => [key.a, key.b], ")")?`.
macro_rules! fetch_in {
    ($on:expr, $before:expr, $keys:expr, $key:ident => [$($value:expr),+ $(,)?], $after:expr) => {
        async {
            let (mut rest, mut found) = (&$keys[..], Vec::new());
            while let Some(last) = rest.last() {
                let size = $crate::rows::holding_size(rest.len());
                let (now, later) = rest.split_at(size.min(rest.len()));
                rest = later;
                let text = $crate::rows::text($on.dialect(), $before, [$(stringify!($value)),+].len(), size, $after);
                found.append(&mut sql!(&mut *$on, c => {
                    let mut query = sqlx::query_as(text);
                    // The last key fills up the size.
                    for $key in now.iter().chain(std::iter::repeat(last)).take(size) {
                        query = query$(.bind($value))+;
                    }
                    query.fetch_all(c).await
                })?);
            }
            $crate::Result::<Vec<_>>::Ok(found)
        }
        .await
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_a_parameter_for_every_value() {
        assert_eq!(
            build(Dialect::Postgres, "INSERT INTO t (a, b) VALUES ", 2, 2, " x"),
            "INSERT INTO t (a, b) VALUES ($1,$2),($3,$4) x"
        );
        assert_eq!(
            build(Dialect::Sqlite, "IN (VALUES ", 1, 3, ")"),
            "IN (VALUES (?),(?),(?))"
        );
    }

    #[test]
    fn sizes_are_few() {
        assert_eq!([1, 3, 5, 700].map(next_size), [1, 2, 4, 256]);
        assert_eq!([1, 3, 5, 700].map(holding_size), [1, 4, 8, 256]);
    }
}
