//! Which language a text is in.

use voce_domain::labels::LabelKind;
use whichlang::{Lang, detect_language};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::lexicon::Lexicon;
use crate::tokens::{Kind, Token};

/// Weight of language in the evidence: people seldom ask why, so other labels go first.
const EVIDENCE: f32 = 0.2;

/// A language and what told it.
pub(crate) struct Decision {
    /// ISO 639-1.
    pub code: String,
    pub by: By,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Words,
    Letters,
    Hint,
}

/// The language, or `None` when links, names and pictures are all there is, or too little else.
///
/// Italian and English are known by their frequent words; other languages by the character n-grams of `whichlang`.
pub(crate) fn decide(text: &str, tokens: &[Token], lexicon: &Lexicon, hint: Option<&str>) -> Option<Decision> {
    let words = || tokens.iter().filter(|token| token.kind == Kind::Word);
    let count = words().count();
    if count == 0 {
        return None;
    }
    let (mut italian, mut english) = (0.0, 0.0);
    for [it, en] in words()
        .filter_map(|token| token.word)
        .map(|word| lexicon.language_of(word))
    {
        italian += it;
        english += en;
    }
    let (own, best, other) = if italian >= english {
        ("it", italian, english)
    } else {
        ("en", english, italian)
    };
    let told = |code: &str, by| {
        Some(Decision {
            code: code.to_owned(),
            by,
        })
    };
    // Enough words of one language and few of the other: certain without looking at letters.
    if best >= 2.0 && best >= 2.5 * other && best >= 0.25 * count as f32 {
        return told(own, By::Words);
    }
    let letters = own_letters(text, words());
    let enough = letters.chars().count() >= 12 && count >= 3;
    if !enough && is_latin(&letters) {
        return match hint.and_then(primary) {
            _ if best >= 0.5 && best >= 2.0 * other => told(own, By::Words),
            Some(code) => Some(Decision { code, by: By::Hint }),
            None => None,
        };
    }
    match code(detect_language(&letters)) {
        "it" if english > italian + 1.0 => told("en", By::Words),
        "en" if italian > english + 1.0 => told("it", By::Words),
        guess @ ("it" | "en") => told(guess, By::Letters),
        // A wrong guess is more likely than a text full of Italian or English words.
        _ if best >= 1.0 && best >= 0.3 * count as f32 && best >= 2.0 * other => told(own, By::Words),
        guess => told(guess, By::Letters),
    }
}

/// Names the words, or the rule, that told the language.
pub(crate) fn explain(decision: &Decision, reading: &Reading, lexicon: &Lexicon, evidences: &mut Evidences) {
    let side = match (decision.by, decision.code.as_str()) {
        (By::Words, "it") => 0,
        (By::Words, _) => 1,
        (By::Letters, _) => return evidences.rule(LabelKind::Language, "letters", EVIDENCE),
        (By::Hint, _) => return evidences.rule(LabelKind::Language, "hint", EVIDENCE),
    };
    let telling = |token: &Token| token.word.is_some_and(|word| lexicon.language_of(word)[side] >= 0.5);
    let tokens = reading.tokens.iter().enumerate();
    for (at, _) in tokens
        .filter(|(_, token)| token.kind == Kind::Word && telling(token))
        .take(2)
    {
        evidences.words(LabelKind::Language, reading, at..=at, EVIDENCE);
    }
}

/// The words alone, so that links, names and signs do not speak.
fn own_letters<'a>(text: &str, words: impl Iterator<Item = &'a Token>) -> String {
    const ENOUGH: usize = 500;
    let mut letters = String::with_capacity(text.len().min(ENOUGH + 100));
    for word in words {
        letters.push_str(text.get(word.range()).unwrap_or_default());
        letters.push(' ');
        if letters.len() >= ENOUGH {
            break;
        }
    }
    letters
}

fn is_latin(letters: &str) -> bool {
    letters
        .chars()
        .all(|letter| letter < '\u{250}' || !letter.is_alphabetic())
}

/// `en-GB` gives `en`; what is not two letters gives nothing.
fn primary(hint: &str) -> Option<String> {
    let code = hint.split(['-', '_']).next()?.to_ascii_lowercase();
    (code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_lowercase())).then_some(code)
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Ara => "ar",
        Lang::Cmn => "zh",
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Hin => "hi",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Rus => "ru",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
    }
}
