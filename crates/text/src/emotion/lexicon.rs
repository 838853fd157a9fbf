//! Words, phrases and pictures of emotion: which of the eight they carry, how strongly, and how pleasant they are.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Feeling, VALENCE};
use crate::fold::fold_into;
use crate::inflect;
use crate::lexicon::{self, Language};
use crate::tokens::{self, Kind, Token};

/// Tables of `entry, kind, valence` and the eight emotions in the order of `Emotion::ALL`.
const FILES: [(Language, &str); 2] = [
    (Language::Italian, include_str!("../../lexicons/it/emotion.tsv")),
    (Language::English, include_str!("../../lexicons/en/emotion.tsv")),
];
/// Forms made by rule that are other, frequent words: "come" is hardly ever more than one coma.
const PLAIN: [&str; 40] = [
    "a", "ad", "ai", "al", "anche", "che", "chi", "ci", "come", "con", "cosa", "cose", "da", "dai", "dei", "del", "di",
    "e", "era", "fa", "fino", "i", "in", "io", "lo", "ma", "mai", "meno", "mi", "molto", "ora", "poi", "se", "si",
    "solo", "sono", "stato", "tra", "tu", "vi",
];
/// No entry has more words.
const LONGEST: usize = 10;

/// The entries by the hash of their words, so that no text is kept: of 100,000 forms, two share one of 2^64 hashes with a chance
/// of one in a thousand million.
pub(super) struct Lexicon {
    nodes: HashMap<u64, Node, BuildHasherDefault<Plain>>,
}

#[derive(Default)]
struct Node {
    /// By language: what the entry that ends here carries.
    feelings: [Option<Feeling>; 2],
    /// Some entry goes on from here.
    continues: bool,
}

/// An entry found in a text.
pub(super) struct Found {
    /// Index of the first and of the last token.
    pub first: usize,
    pub last: usize,
    pub feeling: Feeling,
}

impl Lexicon {
    pub fn builtin() -> Self {
        let mut compiler = Compiler {
            lexicon: Self {
                nodes: HashMap::default(),
            },
            words: lexicon::Lexicon::builtin(),
        };
        // What is written in a table goes before what is inflected from it.
        for (language, table) in FILES {
            rows(table).for_each(|row| compiler.add(language, row.entry, row.feeling));
        }
        for (language, table) in FILES {
            for row in rows(table) {
                for (form, factor) in forms(language, &row) {
                    if PLAIN.contains(&form.as_str()) {
                        continue;
                    }
                    compiler.add(
                        language,
                        &form,
                        row.feeling.map(|value| (value * factor).clamp(-1.0, 1.0)),
                    );
                }
            }
        }
        compiler.lexicon
    }

    /// The entries found in a text, the longest at each place, in the languages that speak.
    pub fn find(&self, text: &str, tokens: &[Token], languages: &[Language]) -> Vec<Found> {
        let hashes = hashes(text, tokens, |hash| self.nodes.contains_key(&mix(START, hash)));
        let mut found = Vec::new();
        let mut first = 0;
        while first < tokens.len() {
            let next = match self.longest(&hashes[first..], languages) {
                Some((length, feeling)) => {
                    let last = first + length - 1;
                    found.push(Found { first, last, feeling });
                    last + 1
                }
                None => first + 1,
            };
            first = next;
        }
        found
    }

    fn longest(&self, hashes: &[Option<u64>], languages: &[Language]) -> Option<(usize, Feeling)> {
        let mut longest = None;
        let mut path = START;
        for (at, hash) in hashes.iter().take(LONGEST).enumerate() {
            let Some(hash) = hash else { break };
            path = mix(path, *hash);
            let Some(node) = self.nodes.get(&path) else { break };
            let mut speaking = languages
                .iter()
                .filter_map(|language| node.feelings[*language as usize]);
            if let Some(feeling) = speaking.next() {
                longest = Some((at + 1, feeling));
            }
            if !node.continues {
                break;
            }
        }
        longest
    }
}

/// A hash of each token that may be part of an entry: its folded letters, drawn-out ones written once if that begins an entry
/// ("saaad"), else twice ("coool").
fn hashes(text: &str, tokens: &[Token], begins: impl Fn(u64) -> bool) -> Vec<Option<u64>> {
    let mut folded = String::with_capacity(32);
    let hash = |token: &Token| {
        let word = text.get(token.range())?;
        folded.clear();
        match token.kind {
            Kind::Word | Kind::Number => word.chars().take(40).for_each(|letter| fold_into(letter, &mut folded)),
            Kind::Hashtag => word
                .chars()
                .skip(1)
                .take(40)
                .for_each(|letter| fold_into(letter, &mut folded)),
            // Skin tones and joiners follow the character that gives the meaning.
            Kind::Picture if !word.is_ascii() => folded.extend(word.chars().next()),
            Kind::Picture => folded.extend(word.chars().map(|sign| sign.to_ascii_lowercase())),
            _ => return None,
        }
        let once = hash_of(&folded, 1);
        Some(
            once.filter(|once| begins(*once))
                .or_else(|| hash_of(&folded, 2))
                .unwrap_or_else(|| plain(&folded)),
        )
    };
    tokens.iter().map(hash).collect()
}

fn plain(word: &str) -> u64 {
    word.chars().fold(START, |hash, letter| mix(hash, letter as u64))
}

/// The hash of a word whose runs of three letters and more are shortened to `keep`; `None` where there are no such runs.
fn hash_of(word: &str, keep: usize) -> Option<u64> {
    let letters = word.as_bytes();
    if !letters.windows(3).any(|run| run[0] == run[1] && run[1] == run[2]) {
        return None;
    }
    Some(plain(&tokens::shorten_runs(word, keep)))
}

struct Row<'a> {
    entry: &'a str,
    kind: &'a str,
    feeling: Feeling,
}

/// The rows that can be read; a test sees to it that all can.
fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let (entry, kind) = (cells.next()?, cells.next()?);
        let mut values = cells.map_while(|cell| cell.parse::<f32>().ok());
        let valence = values.next()?;
        let mut feeling = [0.0; VALENCE + 1];
        for value in &mut feeling[..VALENCE] {
            *value = values.next()?;
        }
        feeling[VALENCE] = valence;
        Some(Row { entry, kind, feeling })
    })
}

/// The forms of an entry and how much more or less they carry.
fn forms(language: Language, row: &Row) -> Vec<(String, f32)> {
    let mut made = Vec::new();
    let Some((first, rest)) = row.entry.split_once(' ') else {
        let word = crate::fold(row.entry);
        match (language, row.kind) {
            (Language::Italian, "adj") => inflect::italian_adjective(&word, &mut made),
            (Language::Italian, "noun") => inflect::italian_noun(&word, &mut made),
            (Language::Italian, "verb") => italian_verb(&word, &mut made),
            (Language::English, "adj") => inflect::english_adjective(&word, &mut made),
            (Language::English, "noun") => inflect::english_noun(&word, &mut made),
            (Language::English, "verb") => inflect::english_verb(&word, &mut made),
            _ => {}
        }
        return made;
    };
    match language {
        Language::Italian => match IRREGULAR.iter().find(|(verb, _)| *verb == first) {
            Some((_, forms)) => made.extend(forms.split(' ').map(|form| (form.to_owned(), 1.0))),
            None if ["are", "ere", "ire"].iter().any(|ending| first.ends_with(ending)) => {
                italian_verb(first, &mut made)
            }
            None => {}
        },
        Language::English if row.kind == "verb" => inflect::english_verb(first, &mut made),
        Language::English => {}
    }
    made.into_iter()
        .map(|(form, factor)| (format!("{form} {rest}"), factor))
        .collect()
}

/// "avvilirsi" has the forms of "avvilire".
fn italian_verb(word: &str, made: &mut Vec<(String, f32)>) {
    match word.strip_suffix("rsi") {
        Some(stem) => inflect::italian_verb(&format!("{stem}re"), made),
        None => inflect::italian_verb(word, made),
    }
}

/// Verbs with which idioms begin.
const IRREGULAR: [(&str, &str); 8] = [
    (
        "avere",
        "ho hai ha abbiamo avete hanno avevo aveva avevano avra avrei avrebbe abbia avendo avuto",
    ),
    (
        "essere",
        "sono sei e è siamo siete ero era eravamo erano sara sarei sarebbe sia essendo stato stata stati state",
    ),
    (
        "fare",
        "faccio fai fa facciamo fate fanno facevo faceva facevano fara farei farebbe faccia facendo fatto",
    ),
    (
        "dare",
        "do dai da dà diamo date danno davo dava davano dara darei darebbe dia dando dato",
    ),
    (
        "stare",
        "sto stai sta stiamo state stanno stavo stava stavano stara starei starebbe stia stando stato stata",
    ),
    (
        "andare",
        "vado vai va andiamo andate vanno andavo andava andavano andra andrei andrebbe vada andando andato andata",
    ),
    (
        "dire",
        "dico dici dice diciamo dite dicono dicevo diceva dicevano dira direi direbbe dica dicendo detto",
    ),
    (
        "perdere",
        "perdo perdi perde perdiamo perdete perdono perdevo perdeva perdera perderei perda perdendo perso persi persa",
    ),
];

struct Compiler {
    lexicon: Lexicon,
    /// Cuts entries into words as texts are cut.
    words: lexicon::Lexicon,
}

impl Compiler {
    /// Adds an entry where there is none yet.
    fn add(&mut self, language: Language, entry: &str, feeling: Feeling) {
        let tokens = tokens::read(entry, std::iter::once(0..entry.len()).collect(), &self.words);
        let hashes: Vec<u64> = hashes(entry, &tokens, |_| false)
            .into_iter()
            .flatten()
            .take(LONGEST)
            .collect();
        let mut path = START;
        for (at, hash) in hashes.iter().enumerate() {
            path = mix(path, *hash);
            let node = self.lexicon.nodes.entry(path).or_default();
            if at + 1 < hashes.len() {
                node.continues = true;
            } else {
                node.feelings[language as usize].get_or_insert(feeling);
            }
        }
    }
}

const START: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(hash: u64, value: u64) -> u64 {
    let hash = (hash ^ value).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 29)
}

/// The keys are hashes already.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0, u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        for (_, table) in FILES {
            assert_eq!(rows(table).count(), table.lines().count() - 1);
            for row in rows(table) {
                let (valence, emotions) = (row.feeling[VALENCE], &row.feeling[..VALENCE]);
                assert!((-1.0..=1.0).contains(&valence), "{}", row.entry);
                assert!(
                    emotions.iter().all(|value| (0.0..=1.0).contains(value)),
                    "{}",
                    row.entry
                );
            }
        }
    }

    #[test]
    fn finds_the_longest_entry_in_any_form() {
        let (lexicon, words) = (Lexicon::builtin(), lexicon::Lexicon::builtin());
        let find = |text: &str, language| {
            let tokens = tokens::read(text, std::iter::once(0..text.len()).collect(), &words);
            let found = lexicon.find(text, &tokens, &[language]);
            found
                .into_iter()
                .map(|found| (found.first, found.last))
                .collect::<Vec<_>>()
        };
        assert_eq!(find("erano furiose", Language::Italian), [(1, 1)]);
        assert_eq!(find("he is MISERABLEEEE", Language::English), [(2, 2)]);
        assert_eq!(find("lui ha un diavolo per capello", Language::Italian), [(1, 5)]);
        assert_eq!(find("you made my day", Language::English), [(1, 3)]);
        // "sad" begins other entries too.
        assert_eq!(find("seems sad.", Language::English), [(1, 1)]);
    }
}
