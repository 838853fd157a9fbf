//! Finding contacts by words: the one place where the two databases search contacts each in its own way.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::identity::{Address, IdentityKind};
use voce_identity::normalize;
use voce_text::fold;

use crate::{Db, Dialect, Result, Tx, contacts::Fields, identities, statement::Statement};

/// Hits that a list looks at; more would not help a person and would cost without bound.
pub(crate) const HITS: i64 = 2_000;

/// Writes what contacts are found by, anew, after a change of them, their addresses or their organization.
/// Contacts that are merged into another are found no more.
pub async fn index(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        name: String,
        organization: Option<String>,
        note: String,
        #[sqlx(try_from = "String")]
        fields: Fields,
    }
    let rows: Vec<Row> = fetch_in!(tx,
        "SELECT c.id, c.name, o.name AS organization, c.note, c.fields FROM contacts c LEFT JOIN organizations o ON o.id = c.organization_id
         WHERE c.merged_into IS NULL AND c.id IN (VALUES ", ids, id => [*id], ")")?;
    let mut addresses = identities::addresses_in(tx, ids).await?;
    let lines: Vec<(Uuid, String)> = rows
        .into_iter()
        .map(|row| {
            let addresses = addresses.remove(&row.id).unwrap_or_default();
            let values = row.fields.0.into_values().collect::<Vec<_>>().join(" ");
            (
                row.id,
                words(
                    &[
                        &row.name,
                        row.organization.as_deref().unwrap_or_default(),
                        &values,
                        &row.note,
                    ],
                    &addresses,
                ),
            )
        })
        .collect();
    remove(tx, ids).await?;
    write(tx, &lines).await
}

/// Writes what all contacts are found by, after the table was emptied or came back from a backup.
pub async fn rebuild(tx: &mut Tx) -> Result<()> {
    execute!(&mut *tx, sqlx::query("DELETE FROM contact_search"))?;
    let mut last = Uuid::nil();
    loop {
        let rows: Vec<(Uuid,)> = sql!(&mut *tx, c => sqlx::query_as(
            "SELECT id FROM contacts WHERE merged_into IS NULL AND id > $1 ORDER BY id LIMIT 1000",
        )
        .bind(last)
        .fetch_all(c)
        .await)?;
        let ids: Vec<Uuid> = rows.into_iter().map(|row| row.0).collect();
        match ids.last() {
            Some(id) => last = *id,
            None => return Ok(()),
        }
        index(tx, &ids).await?;
    }
}

/// Writes lines that were not there.
pub(crate) async fn write(tx: &mut Tx, lines: &[(Uuid, String)]) -> Result<()> {
    match tx.dialect() {
        // In the order of the rows, in which FTS5 writes cheaply. The parameters of a CTE take the types of the values.
        Dialect::Sqlite => write_rows!(tx, "WITH v (id, words) AS (VALUES ", lines, line => [line.0, line.1.as_str()],
            ") INSERT INTO contact_search (rowid, id, words) SELECT c.seq, c.id, v.words FROM v JOIN contacts c ON c.id = v.id ORDER BY c.seq")?,
        Dialect::Postgres => {
            write_rows!(tx, "WITH v (id, words) AS (VALUES ", lines, line => [line.0, line.1.as_str()],
            ") INSERT INTO contact_search (id, words) SELECT v.id, to_tsvector('simple', v.words) FROM v
               ON CONFLICT (id) DO UPDATE SET words = excluded.words")?
        }
    };
    Ok(())
}

async fn remove(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    let text = match tx.dialect() {
        // By row: `id` is not indexed in FTS5.
        Dialect::Sqlite => "DELETE FROM contact_search WHERE rowid IN (SELECT seq FROM contacts WHERE id IN (VALUES ",
        Dialect::Postgres => "DELETE FROM contact_search WHERE id IN (SELECT id FROM contacts WHERE id IN (VALUES ",
    };
    write_rows!(tx, text, ids, id => [*id], "))")?;
    Ok(())
}

/// The words of texts and addresses, folded and apart, for both databases' tokenizers. Long notes count by their beginning.
pub(crate) fn words(texts: &[&str], addresses: &[Address]) -> String {
    let mut all: Vec<String> = texts
        .iter()
        .flat_map(|text| split(&text.chars().take(4_000).collect::<String>()))
        .collect();
    for address in addresses {
        all.extend(split(&address.value));
        if address.kind == IdentityKind::Phone {
            all.extend(normalize::national(&address.value));
        }
    }
    all.sort_unstable();
    all.dedup();
    all.join(" ")
}

fn split(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Adds ` AND c.id IN (at most `most` contacts that have all these words)`; false when there are no words to search.
pub(crate) fn narrow(statement: &mut Statement, db: &Db, search: &str, most: i64) -> bool {
    let mut words = split(search);
    // "+39 347 123" and "347 123 4567" are searched as they are stored, without spaces.
    let number = search
        .chars()
        .all(|letter| letter.is_ascii_digit() || "+ -./()".contains(letter));
    if number && !words.is_empty() {
        words = vec![words.concat()];
    }
    let Some(matching) = matching(db.dialect(), &[words]) else {
        return false;
    };
    match db.dialect() {
        Dialect::Sqlite => statement
            .push(" AND c.id IN (SELECT id FROM contact_search WHERE contact_search MATCH ")
            .bind(matching),
        Dialect::Postgres => statement
            .push(" AND c.id IN (SELECT id FROM contact_search WHERE words @@ to_tsquery('simple', ")
            .bind(matching)
            .push(")"),
    };
    statement.push(" LIMIT ").bind(most).push(")");
    true
}

/// Contacts that have all words of one of the lists.
pub(crate) async fn having(db: &Db, lists: &[Vec<String>], limit: i64) -> Result<Vec<Uuid>> {
    let Some(matching) = matching(db.dialect(), lists) else {
        return Ok(Vec::new());
    };
    let text = match db.dialect() {
        Dialect::Sqlite => "SELECT id FROM contact_search WHERE contact_search MATCH $1 LIMIT $2",
        Dialect::Postgres => "SELECT id FROM contact_search WHERE words @@ to_tsquery('simple', $1) LIMIT $2",
    };
    let rows: Vec<(Uuid,)> = sql!(db, c => sqlx::query_as(text).bind(matching).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The query of lists of words. The words are letters and digits only, so nothing in them is syntax.
fn matching(dialect: Dialect, lists: &[Vec<String>]) -> Option<String> {
    let lists: Vec<String> = lists
        .iter()
        .filter(|words| !words.is_empty())
        .map(|words| match dialect {
            Dialect::Sqlite => format!(
                "({})",
                words
                    .iter()
                    .map(|word| format!("\"{word}\"*"))
                    .collect::<Vec<_>>()
                    .join(" AND ")
            ),
            Dialect::Postgres => format!(
                "({})",
                words
                    .iter()
                    .map(|word| format!("'{word}':*"))
                    .collect::<Vec<_>>()
                    .join(" & ")
            ),
        })
        .collect();
    let or = match dialect {
        Dialect::Sqlite => " OR ",
        Dialect::Postgres => " | ",
    };
    (!lists.is_empty()).then(|| lists.join(or))
}
