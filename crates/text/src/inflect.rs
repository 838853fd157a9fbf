//! Inflected forms by rule, so that the lexicons can list lemmas. Forms are folded (no accents) and may include some that nobody
//! uses; what matters is that the used ones are there.

/// Appends the forms of an item, each with the factor by which it feels stronger or weaker than its lemma.
pub(crate) type Inflect = fn(&str, &mut Vec<(String, f32)>);

const SUPERLATIVE: f32 = 1.4;

pub(crate) fn unchanged(item: &str, forms: &mut Vec<(String, f32)>) {
    forms.push((item.to_owned(), 1.0));
}

/// "bello": bella, belli, belle, bellissimo..., bellamente. "felice": felici, felicissimo..., felicemente. "egoista": egoisti, egoiste.
pub(crate) fn italian_adjective(lemma: &str, forms: &mut Vec<(String, f32)>) {
    let Some((stem, ending)) = split_last(lemma) else {
        return;
    };
    let soft = hardened(stem);
    match ending {
        'o' => {
            let plural = stem.strip_suffix('i').unwrap_or(stem);
            push(forms, stem, &["o", "a"]);
            push(forms, &soft, &["e"]);
            push(forms, plural, &["i"]);
            push(forms, &hardened(plural), &["i"]);
            push(forms, stem, &["amente"]);
        }
        'e' => {
            push(forms, stem, &["e", "i", "emente"]);
            if stem.ends_with(['l', 'r']) {
                push(forms, stem, &["mente"]);
            }
        }
        'a' => {
            push(forms, stem, &["a", "i"]);
            push(forms, &soft, &["e"]);
        }
        _ => return push(forms, lemma, &[""]),
    }
    // "simpaticissimo", but "ricchissimo".
    let stem = stem.strip_suffix('i').unwrap_or(stem);
    for stem in [stem, &hardened(stem)] {
        forms.extend(
            ["issimo", "issima", "issimi", "issime", "issimamente"]
                .map(|ending| (format!("{stem}{ending}"), SUPERLATIVE)),
        );
    }
}

/// "guasto": guasti. "truffa": truffe. "errore": errori. "gioia": gioie.
pub(crate) fn italian_noun(lemma: &str, forms: &mut Vec<(String, f32)>) {
    let Some((stem, ending)) = split_last(lemma) else {
        return;
    };
    push(forms, lemma, &[""]);
    match ending {
        'o' | 'e' => {
            let plural = stem.strip_suffix('i').unwrap_or(stem);
            push(forms, plural, &["i"]);
            push(forms, &hardened(plural), &["i"]);
        }
        'a' => push(forms, &hardened(stem), &["e"]),
        _ => {}
    }
}

/// Regular verbs in -are, -ere, -ire, with irregular participles in brackets: "deludere (deluso)".
pub(crate) fn italian_verb(item: &str, forms: &mut Vec<(String, f32)>) {
    let (lemma, participles) = match item.split_once('(') {
        Some((lemma, participles)) => (lemma.trim(), participles.trim_end_matches(')')),
        None => (item, ""),
    };
    for participle in participles.split_whitespace() {
        let stem = split_last(participle).map_or(participle, |(stem, _)| stem);
        push(forms, stem, &["o", "a", "i", "e"]);
    }
    let Some((stem, theme)) = lemma.strip_suffix("re").and_then(split_last) else {
        return push(forms, lemma, &[""]);
    };
    push(
        forms,
        &format!("{stem}{theme}r"),
        &["e", "mi", "ti", "ci", "vi", "si", "lo", "la", "li", "le", "gli", "ne"],
    );
    push(
        forms,
        &format!("{stem}{theme}"),
        &[
            "te", "vo", "vi", "va", "vamo", "vate", "vano", "sse", "ssi", "ssero", "sti", "rono",
        ],
    );
    match theme {
        'a' => italian_first_conjugation(stem, forms),
        'i' => {
            push(
                forms,
                stem,
                &[
                    "o", "i", "e", "ono", "a", "ano", "isco", "isci", "isce", "iscono", "isca", "iscano",
                ],
            );
            push(forms, stem, &["iamo", "ito", "ita", "iti", "ite", "endo", "ii"]);
            future(&format!("{stem}ir"), forms);
        }
        _ => {
            push(
                forms,
                stem,
                &[
                    "o", "i", "e", "ono", "a", "ano", "iamo", "endo", "uto", "uta", "uti", "ute",
                ],
            );
            future(&format!("{stem}er"), forms);
        }
    }
}

fn italian_first_conjugation(stem: &str, forms: &mut Vec<(String, f32)>) {
    let soft = match stem.strip_suffix('i') {
        Some(short) if short.ends_with(['c', 'g']) => short.to_owned(),
        _ => hardened(stem),
    };
    let short = soft.strip_suffix('i').unwrap_or(&soft);
    push(
        forms,
        stem,
        &[
            "o", "a", "ano", "ato", "ata", "ati", "ate", "ando", "ai", "ammo", "aste",
        ],
    );
    push(forms, short, &["i", "ino", "iamo", "iate"]);
    future(&format!("{soft}er"), forms);
}

fn future(stem: &str, forms: &mut Vec<(String, f32)>) {
    push(
        forms,
        stem,
        &[
            "o", "ai", "a", "emo", "ete", "anno", "ei", "ebbe", "emmo", "ebbero", "este", "esti",
        ],
    );
}

/// "delay": delays, delayed, delaying; "love": loved, loving; "worry": worries, worried. "(broke broken)" lists irregular forms.
pub(crate) fn english_verb(item: &str, forms: &mut Vec<(String, f32)>) {
    let (lemma, irregular) = match item.split_once('(') {
        Some((lemma, irregular)) => (lemma.trim(), irregular.trim_end_matches(')')),
        None => (item, ""),
    };
    push(forms, lemma, &[""]);
    for form in irregular.split_whitespace() {
        push(forms, form, &[""]);
    }
    push(forms, &english_s(lemma), &[""]);
    if let Some(stem) = lemma.strip_suffix('e') {
        push(forms, stem, &["ed", "ing"]);
    } else if let Some(stem) = consonant_y(lemma) {
        push(forms, stem, &["ied", "ying"]);
    } else {
        let stem = doubled(lemma);
        push(forms, &stem, &["ed", "ing"]);
    }
}

pub(crate) fn english_noun(lemma: &str, forms: &mut Vec<(String, f32)>) {
    push(forms, lemma, &[""]);
    push(forms, &english_s(lemma), &[""]);
}

/// "happy": happier, happiest, happily. "rude": ruder, rudest, rudely.
pub(crate) fn english_adjective(lemma: &str, forms: &mut Vec<(String, f32)>) {
    push(forms, lemma, &[""]);
    if let Some(stem) = consonant_y(lemma) {
        push(forms, stem, &["ier", "ily"]);
        forms.push((format!("{stem}iest"), SUPERLATIVE));
        return;
    }
    match lemma.strip_suffix("le") {
        Some(stem) => push(forms, stem, &["ly"]),
        None if lemma.ends_with("ic") => push(forms, lemma, &["ally"]),
        None => push(forms, lemma, &["ly"]),
    }
    if lemma.len() <= 6 {
        let stem = lemma.strip_suffix('e').map_or_else(|| doubled(lemma), str::to_owned);
        push(forms, &stem, &["er"]);
        forms.push((format!("{stem}est"), SUPERLATIVE));
    }
}

fn push(forms: &mut Vec<(String, f32)>, stem: &str, endings: &[&str]) {
    forms.extend(endings.iter().map(|ending| (format!("{stem}{ending}"), 1.0)));
}

fn split_last(word: &str) -> Option<(&str, char)> {
    let last = word.chars().next_back()?;
    Some((&word[..word.len() - last.len_utf8()], last))
}

/// Stem before e or i with the h that keeps c and g hard: "simpatic" gives "simpatich".
fn hardened(stem: &str) -> String {
    if stem.ends_with(['c', 'g']) {
        format!("{stem}h")
    } else {
        stem.to_owned()
    }
}

fn english_s(lemma: &str) -> String {
    match consonant_y(lemma) {
        Some(stem) => format!("{stem}ies"),
        None if lemma.ends_with(['s', 'x', 'z']) || lemma.ends_with("ch") || lemma.ends_with("sh") => {
            format!("{lemma}es")
        }
        None => format!("{lemma}s"),
    }
}

fn consonant_y(lemma: &str) -> Option<&str> {
    lemma
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']))
}

/// Doubles the last consonant of short words: "stop" gives "stopp".
fn doubled(lemma: &str) -> String {
    let letters = lemma.as_bytes();
    let is_vowel = |letter: &u8| b"aeiou".contains(letter);
    match letters {
        [.., before, vowel, last]
            if letters.len() <= 4
                && is_vowel(vowel)
                && !is_vowel(before)
                && !is_vowel(last)
                && !b"wxy".contains(last) =>
        {
            format!("{lemma}{}", char::from(*last))
        }
        _ => lemma.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inflect: Inflect, lemma: &str, expected: &[&str]) {
        let mut forms = Vec::new();
        inflect(lemma, &mut forms);
        for form in expected {
            assert!(
                forms.iter().any(|(made, _)| made == form),
                "{lemma}: {form} is not in {forms:?}"
            );
        }
    }

    #[test]
    fn inflects_italian() {
        check(italian_adjective, "bello", &["bella", "belli", "belle", "bellissimo"]);
        check(
            italian_adjective,
            "simpatico",
            &["simpatici", "simpatiche", "simpaticissima"],
        );
        check(
            italian_adjective,
            "serio",
            &["seri", "serie", "seriamente", "serissimo"],
        );
        check(italian_adjective, "felice", &["felici", "felicissimi", "felicemente"]);
        check(italian_adjective, "terribile", &["terribili", "terribilmente"]);
        check(italian_noun, "truffa", &["truffe"]);
        check(italian_noun, "guasto", &["guasti"]);
        check(italian_noun, "disservizio", &["disservizi"]);
        check(italian_verb, "odiare", &["odio", "odi", "odiamo", "odiato", "odierei"]);
        check(
            italian_verb,
            "mancare",
            &["manca", "manchi", "manchiamo", "mancheranno", "mancato"],
        );
        check(
            italian_verb,
            "danneggiare",
            &["danneggi", "danneggera", "danneggiato", "danneggiarmi"],
        );
        check(
            italian_verb,
            "deludere (deluso)",
            &["deludete", "deluso", "delusi", "deludendo"],
        );
        check(italian_verb, "funzionare", &["funziona", "funzionano", "funzionava"]);
        check(italian_verb, "sparire", &["sparisce", "sparito", "spariscono"]);
    }

    #[test]
    fn inflects_english() {
        check(english_verb, "stop", &["stops", "stopped", "stopping"]);
        check(english_verb, "love", &["loves", "loved", "loving"]);
        check(english_verb, "worry", &["worries", "worried", "worrying"]);
        check(
            english_verb,
            "break (broke broken)",
            &["breaks", "broke", "broken", "breaking"],
        );
        check(english_noun, "fix", &["fixes"]);
        check(english_adjective, "happy", &["happier", "happiest", "happily"]);
        check(english_adjective, "sad", &["sadder", "saddest", "sadly"]);
        check(english_adjective, "horrible", &["horribly"]);
        check(english_adjective, "fantastic", &["fantastically"]);
    }
}
