//! The words of a hashtag: "#CustomerService", "#non_funziona", "#nonfunziona".

use std::ops::Range;

use crate::fold::fold_into;
use crate::lexicon::Lexicon;

/// No hashtag is cut into more words.
const MOST: usize = 5;
/// Shorter hashtags without capitals are one word, and longer ones are not looked through.
const LENGTHS: Range<usize> = 6..29;
/// The words of two letters that may be in a hashtag without capitals.
const SHORT: [&str; 24] = [
    "di", "in", "la", "il", "lo", "mi", "ti", "un", "da", "no", "si", "se", "so", "my", "me", "we", "is", "it", "to",
    "of", "do", "be", "up", "go",
];

/// Byte ranges of the words of a hashtag's body, in order; one range where it is one word.
pub(super) fn words(body: &str, lexicon: &Lexicon) -> Vec<Range<usize>> {
    let marked = marked(body);
    match &marked[..] {
        [_] => known(body, lexicon).unwrap_or(marked),
        [] => std::iter::once(0..body.len()).collect(),
        _ => marked,
    }
}

/// Cut where capitals, digits and underscores mark a new word.
fn marked(body: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut last = '_';
    for (at, letter) in body.char_indices() {
        let end = at + letter.len_utf8();
        let next = body.get(end..).and_then(|rest| rest.chars().next());
        // "IlMioNHSTrust": the T is the first of its word, the N too.
        let begins = last == '_'
            || letter.is_uppercase() && (!last.is_uppercase() || next.is_some_and(char::is_lowercase))
            || letter.is_numeric() != last.is_numeric();
        last = letter;
        if letter == '_' {
            continue;
        }
        match words.last_mut() {
            Some(word) if !begins => word.end = end,
            _ => words.push(at..end),
        }
    }
    if words.len() > MOST {
        return std::iter::once(0..body.len()).collect();
    }
    words
}

/// Cut into the fewest words that the lexicon knows, if it can be.
fn known(body: &str, lexicon: &Lexicon) -> Option<Vec<Range<usize>>> {
    let mut folded = String::with_capacity(body.len());
    body.chars().for_each(|letter| fold_into(letter, &mut folded));
    // Where folding changes lengths, places in the folded text are not places in the text.
    let simple = body.is_ascii() && folded.bytes().all(|letter| letter.is_ascii_alphabetic());
    if !simple || !LENGTHS.contains(&folded.len()) || lexicon.word(&folded).is_some() {
        return None;
    }
    // For each place, where the last word of the best way up to it begins, and of how many words that way is.
    let mut ways: Vec<Option<(usize, usize)>> = vec![None; folded.len() + 1];
    ways[0] = Some((0, 0));
    for end in 2..=folded.len() {
        for start in 0..end - 1 {
            let Some((_, count)) = ways[start] else { continue };
            let word = &folded[start..end];
            let is_word = if word.len() == 2 {
                SHORT.contains(&word)
            } else {
                lexicon.word(word).is_some()
            };
            if is_word && count < MOST && ways[end].is_none_or(|(_, best)| count + 1 < best) {
                ways[end] = Some((start, count + 1));
            }
        }
    }
    let mut words = Vec::new();
    let mut end = folded.len();
    while end > 0 {
        let (start, _) = ways[end]?;
        words.push(start..end);
        end = start;
    }
    words.reverse();
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_hashtags_into_words() {
        let lexicon = Lexicon::builtin();
        for (body, expected) in [
            ("CustomerService", &["Customer", "Service"][..]),
            ("iPhone15Pro", &["i", "Phone", "15", "Pro"]),
            ("non_funziona", &["non", "funziona"]),
            ("NHSTrust", &["NHS", "Trust"]),
            ("nonfunziona", &["non", "funziona"]),
            ("vergogna", &["vergogna"]),
            ("VERGOGNA", &["VERGOGNA"]),
            ("roma", &["roma"]),
            ("città", &["città"]),
            ("___", &["___"]),
        ] {
            let words: Vec<&str> = words(body, &lexicon).into_iter().map(|range| &body[range]).collect();
            assert_eq!(words, expected);
        }
    }

    proptest! {
        #[test]
        fn words_lie_in_order_within_the_hashtag(body in "[\\w]{1,60}") {
            static LEXICON: std::sync::LazyLock<Lexicon> = std::sync::LazyLock::new(Lexicon::builtin);
            let mut end = 0;
            for word in words(&body, &LEXICON) {
                prop_assert!(word.start >= end && word.end > word.start && body.get(word.clone()).is_some());
                end = word.end;
            }
        }
    }
}
