//! SQL that is put together at run time, out of words of the program and values of whoever asks.

use sqlx::{AssertSqlSafe, FromRow, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{Db, Result, Tx};

/// A statement under construction. Its text can only come from the program itself (`&'static str`); everything else is
/// a bound value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Id(Uuid),
    Text(String),
    Number(i64),
}

/// A query with its values, in their order.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Id(id) => query.bind(id),
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        query
    }};
}

/// What a row of both databases can become.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

impl Statement {
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A value in its place.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// A value or NULL in its place.
    pub fn bind_option(&mut self, value: Option<impl Into<Value>>) -> &mut Self {
        match value {
            Some(value) => self.bind(value),
            None => self.push("NULL"),
        }
    }

    /// `(a, b, …)`, for `IN`. Lists of similar length share one text, so that the database prepares few statements.
    pub fn bind_list<T: Into<Value> + Clone>(&mut self, list: &[T]) -> &mut Self {
        let Some(last) = list.last() else {
            return self.push("(NULL)");
        };
        self.push("(");
        for at in 0..list.len().next_power_of_two() {
            if at > 0 {
                self.push(", ");
            }
            self.bind(list.get(at).unwrap_or(last).clone());
        }
        self.push(")")
    }

    pub async fn all<T: Row>(self, db: &Db) -> Result<Vec<T>> {
        sql!(db, c => bound!(sqlx::query_as(AssertSqlSafe(self.text)), self.values).fetch_all(c).await)
    }

    /// Rows inside a transaction.
    pub async fn all_in<T: Row>(self, tx: &mut Tx) -> Result<Vec<T>> {
        sql!(tx, c => bound!(sqlx::query_as(AssertSqlSafe(self.text)), self.values).fetch_all(c).await)
    }

    /// Rows touched.
    pub async fn run(self, tx: &mut Tx) -> Result<u64> {
        execute!(tx, bound!(sqlx::query(AssertSqlSafe(self.text)), self.values))
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_similar_length_share_their_text() {
        let text = |count: usize| {
            let mut statement = Statement::new("IN ");
            statement.bind_list(&vec![7_i64; count]);
            statement.text().to_owned()
        };
        assert_eq!(text(5), text(8));
        assert_ne!(text(8), text(9));
        assert_eq!(text(0), "IN (NULL)");
        assert_eq!(text(2), "IN ($1, $2)");
    }
}
