//! Which language a text is in.

use whichlang::{Lang, detect_language};

use crate::lexicon::Lexicon;
use crate::tokens::{Kind, Token};

/// The language's ISO 639-1 code, or `None` when links, names and pictures are all there is, or too little else.
///
/// Italian and English are known by their frequent words; other languages by the character n-grams of `whichlang`.
pub(crate) fn decide(text: &str, tokens: &[Token], lexicon: &Lexicon, hint: Option<&str>) -> Option<String> {
    let words = tokens.iter().filter(|token| token.kind == Kind::Word);
    let mut count = 0;
    let [mut italian, mut english] = [0.0_f32; 2];
    for token in words.clone() {
        count += 1;
        let [it, en] = token.word.map_or([0.0; 2], |word| lexicon.language_of(word));
        italian += it;
        english += en;
    }
    if count == 0 {
        return None;
    }
    let (own, best, other) = if italian >= english {
        ("it", italian, english)
    } else {
        ("en", english, italian)
    };
    // Enough words of one language and few of the other: certain without looking at letters.
    if best >= 2.0 && best >= 2.5 * other && best >= 0.25 * count as f32 {
        return Some(own.to_owned());
    }
    let letters = own_letters(text, words);
    let guessed = (letters.chars().count() >= 12 && count >= 3 || !letters.is_ascii() && !is_latin(&letters))
        .then(|| code(detect_language(&letters)));
    match guessed {
        Some("it") if english > italian + 1.0 => Some("en".to_owned()),
        Some("en") if italian > english + 1.0 => Some("it".to_owned()),
        Some(code @ ("it" | "en")) => Some(code.to_owned()),
        // A wrong guess on a short text is more likely than a text full of Italian or English words.
        Some(_) if best >= 1.0 && best >= 0.3 * count as f32 && best >= 2.0 * other => Some(own.to_owned()),
        Some(code) => Some(code.to_owned()),
        None if best >= 0.5 && best >= 2.0 * other => Some(own.to_owned()),
        None => hint.and_then(primary),
    }
}

/// The words alone, so that links, names and signs do not speak.
fn own_letters<'a>(text: &str, words: impl Iterator<Item = &'a Token>) -> String {
    let mut letters = String::with_capacity(text.len().min(600));
    for word in words {
        letters.push_str(text.get(word.range()).unwrap_or_default());
        letters.push(' ');
        if letters.len() >= 500 {
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
