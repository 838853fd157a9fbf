//! Languages that are known by their letters alone.

use crate::tokens::{Kind, Token};

/// How many letters are looked at.
const ENOUGH: usize = 200;

/// The language of a text most of which is not in Latin letters, as ISO 639-1. Where several languages share the letters, the one
/// most people write is said, except where a letter tells more.
pub(super) fn decide(text: &str, tokens: &[Token]) -> Option<&'static str> {
    if text.is_ascii() {
        return None;
    }
    let words = tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::Word | Kind::Hashtag))
        .filter_map(|token| text.get(token.range()));
    let letters = words.flat_map(str::chars).filter(|letter| letter.is_alphabetic());
    let mut latin = 0;
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for letter in letters.take(ENOUGH) {
        match script(letter) {
            None => latin += 1,
            Some(code) => match counts.iter_mut().find(|(known, _)| *known == code) {
                Some((_, count)) => *count += 1,
                None => counts.push((code, 1)),
            },
        }
    }
    let foreign: usize = counts.iter().map(|(_, count)| count).sum();
    if foreign <= latin {
        return None;
    }
    // These few letters tell their languages from others that share the rest.
    let telling = ["ja", "uk", "fa", "ur"].into_iter();
    let mut telling = telling.filter(|code| {
        counts
            .iter()
            .any(|(known, count)| known == code && *count * 50 >= foreign)
    });
    let most = counts.iter().max_by_key(|(_, count)| *count).map(|(code, _)| *code);
    telling.next().or(most)
}

fn script(letter: char) -> Option<&'static str> {
    Some(match letter {
        'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ' => "uk",
        '\u{400}'..='\u{52f}' => "ru",
        '\u{370}'..='\u{3ff}' => "el",
        '\u{590}'..='\u{5ff}' => "he",
        'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ے' => "ur",
        'پ' | 'چ' | 'ژ' | 'گ' => "fa",
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => "ar",
        '\u{900}'..='\u{97f}' => "hi",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{10a0}'..='\u{10ff}' => "ka",
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}' => "ko",
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => "zh",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Context, Engine};

    #[test]
    fn tells_languages_by_their_letters() {
        let engine = Engine::new();
        for (text, expected) in [
            ("Здравствуйте, мой заказ ещё не пришёл", Some("ru")),
            ("Добрий день, моє замовлення ще не прийшло", Some("uk")),
            ("Καλημέρα, δεν έχω λάβει την παραγγελία", Some("el")),
            ("لم يصل طلبي بعد", Some("ar")),
            ("سفارش من هنوز نرسیده است پس چه شد", Some("fa")),
            ("मेरा ऑर्डर अभी तक नहीं आया", Some("hi")),
            ("注文した商品がまだ届きません", Some("ja")),
            ("我的订单还没到", Some("zh")),
            ("주문이 아직 안 왔어요", Some("ko")),
            ("ההזמנה עדיין לא הגיעה", Some("he")),
            ("@acme спасибо", Some("ru")),
        ] {
            assert_eq!(
                engine.label(text, &Context::default()).language.as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
