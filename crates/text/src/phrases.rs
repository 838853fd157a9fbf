//! What a text is about: its key phrases.
//!
//! Phrases are rows of words that carry meaning, after S. Rose et al., "Automatic Keyword Extraction from Individual Documents"
//! (RAKE, 2010), with the prepositions inside a name kept ("carta di credito", "terms of service").

mod plain;

use crate::engine::Reading;
use crate::fold::fold_into;
use crate::tokens::{Kind, Token};
use plain::{JOINS, is_plain};

/// How many phrases a text has.
const KEPT: usize = 5;
/// The longest phrase, in words.
const LONGEST: usize = 4;

/// The most telling phrases first, folded, without repetitions. Phrases at the beginning and such as recur tell more.
pub(crate) fn of(reading: &Reading) -> Vec<String> {
    let words: Vec<Word> = reading
        .tokens
        .iter()
        .map(|token| Word::of(token, reading.text))
        .collect();
    let mut phrases: Vec<(String, f32)> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let length = row(&words[at..]);
        if length == 0 {
            at += 1;
            continue;
        }
        let phrase = &words[at..at + length];
        let text = phrase
            .iter()
            .map(|word| word.folded.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let weight = weight(phrase) / (1.0 + at as f32 / 60.0);
        match phrases.iter_mut().find(|(known, _)| *known == text) {
            Some((_, known)) => *known += weight * 0.5,
            None => phrases.push((text, weight)),
        }
        at += length;
    }
    phrases.sort_by(|a, b| b.1.total_cmp(&a.1));
    phrases.truncate(KEPT);
    phrases.into_iter().map(|(text, _)| text).collect()
}

struct Word {
    folded: String,
    role: Role,
    capital: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Carries meaning.
    Telling,
    /// A hashtag is a phrase by itself.
    Tag,
    /// May stand inside a phrase.
    Joins,
    /// Ends a phrase.
    Ends,
}

impl Word {
    fn of(token: &Token, text: &str) -> Self {
        let written = text.get(token.range()).unwrap_or_default();
        let written = written.strip_prefix('#').unwrap_or(written);
        let mut folded = String::new();
        if matches!(token.kind, Kind::Word | Kind::Hashtag) {
            written.chars().for_each(|letter| fold_into(letter, &mut folded));
        }
        let role = match token.kind {
            Kind::Hashtag => Role::Tag,
            Kind::Word if JOINS.contains(&folded.as_str()) => Role::Joins,
            Kind::Word if folded.len() > 2 && !is_plain(&folded) => Role::Telling,
            _ => Role::Ends,
        };
        Self {
            folded,
            role,
            capital: written.starts_with(char::is_uppercase),
        }
    }
}

/// How many words the phrase at the beginning has; 0 when there is none.
fn row(words: &[Word]) -> usize {
    if words.first().is_some_and(|word| word.role == Role::Tag) {
        return 1;
    }
    let mut length = 0;
    for (at, word) in words.iter().enumerate().take(LONGEST) {
        match word.role {
            Role::Telling => length = at + 1,
            Role::Joins if at > 0 && words[at - 1].role == Role::Telling => {}
            _ => break,
        }
    }
    length
}

/// Two or three words say more than one, and more than a row that went on too long.
fn weight(phrase: &[Word]) -> f32 {
    let telling = phrase.iter().filter(|word| word.role != Role::Joins).count();
    let letters: usize = phrase.iter().map(|word| word.folded.len()).sum();
    let by_length = [0.0, 1.0, 2.0, 2.2, 1.8].get(telling).copied().unwrap_or(1.8);
    let named = phrase.iter().skip(1).any(|word| word.capital);
    by_length + (letters as f32 / 12.0).min(1.5) + if named { 0.7 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use crate::engine::{Context, Engine};

    fn phrases(text: &str) -> Vec<String> {
        Engine::new().with_reading(text, &Context::default(), |reading, _| super::of(reading))
    }

    #[test]
    fn finds_what_it_is_about() {
        for (text, expected) in [
            (
                "Buongiorno, da tre giorni la fibra ottica non funziona e il servizio clienti non risponde",
                &["fibra ottica", "servizio clienti"][..],
            ),
            (
                "Mi hanno addebitato due volte la carta di credito!",
                &["carta di credito"],
            ),
            (
                "Hi, I never received the confirmation email for my hotel booking, please help",
                &["confirmation email", "hotel booking"],
            ),
            ("ok grazie", &[]),
            ("😍😍 @anna https://example.org", &[]),
        ] {
            let found = phrases(text);
            for phrase in expected {
                assert!(found.iter().any(|found| found == phrase), "{text}: {found:?}");
            }
            assert!(!expected.is_empty() || found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn keeps_few_and_no_repetitions() {
        let found = phrases(
            "Spedizione lenta, spedizione lenta; pacco rotto, corriere sgarbato, scatola aperta, manuale assente, colore sbagliato",
        );
        assert_eq!(found.len(), super::KEPT);
        assert_eq!(found[0], "spedizione lenta");
    }
}
