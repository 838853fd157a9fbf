//! Pages of a list, and the opaque cursors between them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{Error, Result};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` to get the next page; null after the last one.
    pub next: Option<String>,
}

const USUAL: u32 = 50;
const MOST: u32 = 200;

/// How many items a page shall have.
pub fn limit(wanted: Option<u32>) -> Result<i64> {
    match wanted.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(i64::from(limit)),
        _ => Err(Error::Fields(vec![(
            "?limit".into(),
            format!("must be from 1 to {MOST}"),
        )])),
    }
}

/// A place in a list as text that means nothing to others.
pub fn cursor(place: &impl Serialize) -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).map_err(Error::internal)?))
}

/// The place behind a cursor.
pub fn place<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read = BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok());
    read.map(Some)
        .ok_or_else(|| Error::Fields(vec![("?cursor".into(), "is not a cursor of this list".into())]))
}

impl<T> Page<T> {
    /// Of rows that were read with one more than `limit`: whether there is more, and where it begins.
    pub fn cut<R, P: Serialize>(
        mut rows: Vec<R>,
        limit: i64,
        place: impl Fn(&R) -> P,
    ) -> Result<(Vec<R>, Option<String>)> {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|last| cursor(&place(last)))
            .transpose()?;
        Ok((rows, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nonsense_is_told() {
        let place_in_list = (3_i64, "Rossi, Anna".to_owned());
        let text = cursor(&place_in_list).unwrap();
        assert_eq!(place(Some(&text)).unwrap(), Some(place_in_list));
        assert_eq!(place::<i64>(None).unwrap(), None);
        for nonsense in ["", "!", "bnVsbA", &text] {
            assert!(place::<(i64, i64)>(Some(nonsense)).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let (rows, next) = Page::<()>::cut(vec![1, 2, 3], 2, |row| *row).unwrap();
        assert_eq!((rows, place(next.as_deref()).unwrap()), (vec![1, 2], Some(2)));
        assert_eq!(Page::<()>::cut(vec![1, 2], 2, |row| *row).unwrap(), (vec![1, 2], None));
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
    }
}
