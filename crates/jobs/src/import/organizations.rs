//! Rows of a registry as organizations: found by their name, given the fields of the row.

use voce_domain::Millis;
use voce_store::{
    Result, Tx,
    imports::RowError,
    organizations::{self, Organization, Values},
};

use super::{
    Fate,
    columns::{Mapping, Target},
    table::Row,
};

/// Longest name and custom field, in characters.
const LONGEST_NAME: usize = 200;
const LONGEST_FIELD: usize = 2_000;

/// Reads a row; without a name it says nothing.
pub fn read(row: &Row, mapping: &Mapping, names: &[String]) -> (Option<Values>, Vec<RowError>) {
    let (mut values, mut errors) = (Values::default(), Vec::new());
    for (column, target) in mapping.columns.iter().enumerate() {
        let cell = row.cell(column);
        let longest = if *target == Target::Name {
            LONGEST_NAME
        } else {
            LONGEST_FIELD
        };
        if cell.chars().count() > longest {
            errors.push(super::error(row, names, column, "import-problem-long", cell));
            continue;
        }
        match target {
            _ if cell.is_empty() => {}
            Target::Name => cell.clone_into(&mut values.name),
            Target::Domain => match domain(cell) {
                Some(domain) => values.domain = Some(domain),
                None => errors.push(super::error(row, names, column, "import-problem-domain", cell)),
            },
            Target::Field(name) => {
                values.fields.0.insert(name.clone(), cell.to_owned());
            }
            _ => {}
        }
    }
    if values.name.is_empty() {
        let column = mapping
            .columns
            .iter()
            .position(|target| *target == Target::Name)
            .unwrap_or(usize::MAX);
        if errors.is_empty() {
            errors.push(super::error(row, names, column, "import-problem-name", ""));
        }
        return (None, errors);
    }
    (Some(values), errors)
}

/// The host of a web address or the domain itself, in lower case.
pub fn domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let sound = host.contains('.') && host.len() <= 253 && host.split('.').all(|label| !label.is_empty());
    (sound
        && host
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-')))
    .then(|| host.to_owned())
}

/// Takes the rows of a chunk.
pub async fn take(tx: &mut Tx, said: &[Values], now: Millis) -> Result<Vec<Fate>> {
    let mut fates = Vec::with_capacity(said.len());
    for values in said {
        fates.push(match organizations::by_name_in(tx, &values.name).await? {
            None => {
                organizations::create(tx, values, now).await?;
                Fate::Created
            }
            Some(present) => match updated(&present, values) {
                None => Fate::Unchanged,
                Some(wanted) => {
                    organizations::edit(tx, present.id, &wanted, present.updated_at, now).await?;
                    Fate::Updated
                }
            },
        });
    }
    Ok(fates)
}

/// The values after the row; `None` when it says nothing new. The name stays as people wrote it.
fn updated(present: &Organization, said: &Values) -> Option<Values> {
    let mut wanted = present.values();
    wanted.domain = said.domain.clone().or(wanted.domain);
    wanted.fields.0.extend(said.fields.0.clone());
    (wanted != present.values()).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_out_of_web_addresses() {
        for (text, expected) in [
            ("https://www.Example.com/it?x", Some("example.com")),
            ("example.com", Some("example.com")),
            ("caffè.it", Some("caffè.it")),
            ("nessuno", None),
            ("a..b", None),
            ("ex ample.com", None),
        ] {
            assert_eq!(domain(text).as_deref(), expected, "{text}");
        }
    }
}
