//! Colleagues named in internal notes.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Result, Tx};

/// Somebody who can be named, or made the owner.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Colleague {
    pub id: Uuid,
    pub name: String,
    pub role: String,
}

/// Everybody who still works here, by name.
pub async fn colleagues(db: &Db) -> Result<Vec<Colleague>> {
    sql!(db, c => sqlx::query_as("SELECT id, name, role FROM users WHERE active ORDER BY name, id").fetch_all(c).await)
}

/// The colleagues whose `@Full Name` stands in a note; the longest name wins (`@Anna Maria` does not name Anna).
pub fn named<'c>(text: &str, colleagues: &'c [Colleague]) -> Vec<&'c Colleague> {
    let folded = voce_text::fold(text);
    let mut by_length: Vec<(String, &Colleague)> = colleagues
        .iter()
        .map(|colleague| (voce_text::fold(&colleague.name), colleague))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    by_length.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut found = Vec::new();
    for (at, _) in folded.match_indices('@') {
        let rest = &folded[at + 1..];
        let ends = |name: &str| {
            rest[name.len()..]
                .chars()
                .next()
                .is_none_or(|next| !next.is_alphanumeric())
        };
        let Some((longest, _)) = by_length
            .iter()
            .find(|(name, _)| rest.starts_with(name.as_str()) && ends(name))
        else {
            continue;
        };
        // Of two with the same name nobody can tell who was meant: both are told.
        for (_, colleague) in by_length.iter().filter(|(name, _)| name == longest) {
            if !found.iter().any(|other: &&Colleague| other.id == colleague.id) {
                found.push(*colleague);
            }
        }
    }
    found
}

pub(crate) async fn add(tx: &mut Tx, message_id: Uuid, case_id: Uuid, users: &[Uuid], now: Millis) -> Result<()> {
    for user in users {
        execute!(&mut *tx, sqlx::query(
            "INSERT INTO note_mentions (message_id, user_id, case_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        ).bind(message_id).bind(*user).bind(case_id).bind(now))?;
    }
    Ok(())
}

/// Whoever opened the case has seen that they were named.
pub async fn mark_seen(tx: &mut Tx, case_id: Uuid, user_id: Uuid, now: Millis) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE note_mentions SET seen_at = $3 WHERE case_id = $1 AND user_id = $2 AND seen_at IS NULL")
            .bind(case_id)
            .bind(user_id)
            .bind(now)
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whole_and_whatever_their_case() {
        let colleague = |id: u128, name: &str| Colleague {
            id: Uuid::from_u128(id),
            name: name.into(),
            role: "agent".into(),
        };
        let everybody = [
            colleague(1, "Anna"),
            colleague(2, "Anna Maria Rossi"),
            colleague(3, "José Díaz"),
            colleague(4, ""),
        ];
        let check = |text: &str, ids: &[u128]| {
            let found: Vec<u128> = named(text, &everybody).iter().map(|c| c.id.as_u128()).collect();
            assert_eq!(found, ids, "{text}");
        };
        check("@Anna Maria Rossi guarda", &[2]);
        check("ciao @anna, e @JOSÉ DÍAZ!", &[1, 3]);
        check("@Annabella scrive a anna@example.it", &[]);
        check("@Anna @Anna", &[1]);
        check("@ @@", &[]);
    }
}
