//! What holds of the words of any text, whatever bytes it came from.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Kind, Token, read};
use crate::body;
use crate::lexicon::Lexicon;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::builtin);

/// Pieces that lead the reader into its special cases.
const PIECES: [&str; 56] = [
    "@",
    "#",
    "##",
    "@@",
    "#_",
    "_",
    "__",
    "'",
    "’",
    "`",
    "n't",
    "l'",
    "dell’",
    "po'",
    "e'",
    "http://",
    "https:/",
    "www.",
    "pic.twitter",
    "bit.ly/",
    ".com",
    ".it/",
    "a.b.c.",
    "@b.it",
    ":-",
    ":D",
    ":'(",
    "<3",
    ">.<",
    "(",
    "-_-",
    "^",
    "1,",
    "2.5%",
    "12:30",
    "€",
    "½",
    "à",
    "e\u{300}",
    "\u{300}",
    "ß",
    "İ",
    "ﬁ",
    "ａ",
    "日本",
    "عر",
    "👩🏽‍🚀",
    "❤\u{fe0f}",
    "\u{200d}",
    "\u{1f3fd}",
    "🇮🇹",
    "\u{0}",
    "\u{feff}",
    "\r\n",
    "\u{2028}",
    "ahahah",
];

fn tokens(text: &str) -> Vec<Token> {
    read(text, body::own_words(text), &LEXICON)
}

/// Everything that every reading keeps to.
fn check(text: &str) -> Result<(), TestCaseError> {
    let tokens = tokens(text);
    let mut end = 0;
    for (at, token) in tokens.iter().enumerate() {
        prop_assert!(token.start as usize >= end, "{token:?} overlaps what stands before");
        end = token.end as usize;
        let Some(words) = text.get(token.range()) else {
            return Err(TestCaseError::fail(format!("{token:?} cuts a character of {text:?}")));
        };
        // Only the end of a part has no letters of its own.
        prop_assert!(!words.is_empty() || token.kind == Kind::Stop, "{token:?} is empty");
        prop_assert!(token.word.is_none_or(|word| word != 0), "{token:?} is any word");
        match token.kind {
            Kind::Hashtag => prop_assert!(words.starts_with('#')),
            Kind::Mention => prop_assert!(words.starts_with('@')),
            Kind::Word | Kind::Number => prop_assert!(!words.contains(char::is_whitespace), "{words:?}"),
            _ => {}
        }
        if token.tagged {
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            prop_assert!(before.is_some_and(|before| before.tagged || before.kind == Kind::Hashtag));
        }
    }
    prop_assert!(end <= text.len());
    Ok(())
}

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_mix_of_special_cases(pieces in proptest::collection::vec((proptest::sample::select(&PIECES[..]), "[a-zA-Zèñ ]{0,5}"), 0..40)) {
        let text: String = pieces.iter().flat_map(|(piece, word)| [*piece, word.as_str()]).collect();
        check(&text)?;
    }

    /// What stands after a new line does not change how the line before is read.
    #[test]
    fn lines_are_read_by_themselves(first in "[a-zA-Z#@.:'è!0-9 ]{0,40}", second in "[a-z]{1,10}") {
        let alone = tokens(&first);
        let together = tokens(&format!("{first}\n{second}"));
        // The last token of a reading is its end.
        let alone = alone.get(..alone.len().saturating_sub(1)).unwrap_or_default();
        prop_assert_eq!(alone, together.get(..alone.len()).unwrap_or_default());
    }

    /// Case and drawn-out letters change how loud a word is, never which word it is.
    #[test]
    fn loud_words_are_the_same_words(word in proptest::sample::select(&["pessimo", "grazie", "terrible", "happy", "nn", "vergogna"][..]), drawn in 3..9usize) {
        let known = |text: &str| tokens(text).first().and_then(|token| token.word);
        let last = &word[word.len() - 1..];
        prop_assert!(known(word).is_some());
        prop_assert_eq!(known(&word.to_uppercase()), known(word));
        if word != "nn" {
            prop_assert_eq!(known(&format!("{word}{}", last.repeat(drawn))), known(word));
        }
    }
}

#[test]
fn reads_links_hashtags_and_abbreviations() {
    let kinds = |text: &str| tokens(text).iter().map(|token| token.kind).collect::<Vec<_>>();
    assert_eq!(kinds("bit.ly/tEXr #Roma"), [Kind::Link, Kind::Hashtag, Kind::Stop]);
    assert_eq!(kinds("example.com"), [Kind::Link, Kind::Stop]);
    assert_eq!(
        kinds("fatto.it bene"),
        [Kind::Word, Kind::Stop, Kind::Word, Kind::Word, Kind::Stop]
    );
    assert_eq!(kinds("#CustomerService"), [Kind::Hashtag, Kind::Word, Kind::Stop]);
    assert_eq!(tokens("nn").first().and_then(|token| token.word), LEXICON.word("non"));
    assert_eq!(
        tokens("#nonfunziona").get(1).and_then(|token| token.word),
        LEXICON.word("funziona")
    );
}
