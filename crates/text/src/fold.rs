//! The form in which words are compared and searched.

use unicode_normalization::char::decompose_compatible;

/// Lower case without accents, with plain apostrophes and compatibility characters (`ﬁ`, full-width letters) written out.
/// Folding twice gives the same as folding once.
///
/// ```
/// assert_eq!(voce_text::fold("Perché l’ÙLTIMA"), "perche l'ultima");
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        fold_into(letter, &mut folded);
    }
    folded
}

/// Appends the folded form of one character, which may be several characters or none.
pub(crate) fn fold_into(letter: char, folded: &mut String) {
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
        return;
    }
    decompose_compatible(letter, |part| {
        for lower in part.to_lowercase() {
            match lower {
                '\u{300}'..='\u{36f}' => {}
                '’' | '‘' | 'ʼ' | '`' | '´' => folded.push('\''),
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' => folded.push('d'),
                'ı' => folded.push('i'),
                other => folded.push(other),
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::fold;
    use proptest::prelude::*;

    #[test]
    fn folds_case_accents_and_apostrophes() {
        for (text, expected) in [
            ("PERCHÉ", "perche"),
            ("l’Assistenza", "l'assistenza"),
            ("Straße", "strasse"),
            ("ｆｕｌｌ ﬁx", "full fix"),
            ("İstanbul", "istanbul"),
            ("日本語", "日本語"),
            ("", ""),
        ] {
            assert_eq!(fold(text), expected);
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
