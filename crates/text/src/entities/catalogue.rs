//! Names of a company's products, wherever they stand in a text.

use std::collections::HashMap;

use voce_domain::labels::{Entity, EntityKind};

use crate::fold::fold;

/// Names to be found, whatever their case, accents and signs between the words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    /// By the first word: the other words, and the name as it is written; longest first.
    names: HashMap<String, Vec<(Vec<String>, String)>>,
}

impl Catalogue {
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut catalogue = Self::default();
        for name in names {
            let words: Vec<String> = words(name).map(|(_, _, word)| word).collect();
            if let Some((first, others)) = words.split_first()
                && name.trim().len() > 1
            {
                let named = catalogue.names.entry(first.clone()).or_default();
                named.push((others.to_vec(), name.trim().to_owned()));
                named.sort_by_key(|(others, _)| std::cmp::Reverse(others.len()));
            }
        }
        catalogue
    }

    /// Every name in the text, in order.
    pub fn find(&self, text: &str) -> Vec<Entity> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let words: Vec<(usize, usize, String)> = words(text).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some((start, _, first)) = words.get(at) {
            let named = self.names.get(first).and_then(|named| {
                named.iter().find(|(others, _)| {
                    let next = words.get(at + 1..at + 1 + others.len()).unwrap_or_default();
                    next.len() == others.len() && next.iter().zip(others).all(|(word, other)| word.2 == *other)
                })
            });
            let Some((others, name)) = named else {
                at += 1;
                continue;
            };
            at += 1 + others.len();
            found.push(Entity {
                kind: EntityKind::Product,
                start: *start,
                end: words.get(at - 1).map_or(*start, |(_, end, _)| *end),
                value: name.clone(),
            });
        }
        found
    }
}

/// Start, end and folded form of each word.
fn words(text: &str) -> impl Iterator<Item = (usize, usize, String)> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            (start, start + word.len(), fold(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_products_by_name() {
        let catalogue = Catalogue::new(["Fibra Casa", "Fibra Casa Più", "X-200"]);
        let text = "La fibra casa piu e la FIBRA CASA, poi il x200 e l'X 200";
        let found: Vec<_> = catalogue
            .find(text)
            .into_iter()
            .map(|entity| (entity.value, &text[entity.start..entity.end]))
            .collect();
        assert_eq!(
            found,
            [
                ("Fibra Casa Più".to_owned(), "fibra casa piu"),
                ("Fibra Casa".to_owned(), "FIBRA CASA"),
                ("X-200".to_owned(), "X 200")
            ]
        );
    }
}
