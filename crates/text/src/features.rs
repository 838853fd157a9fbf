//! A text as numbers: hashed n-grams of words and letters, and a few sums over the lexicon, read once for all linear models.
//!
//! Hashing in place of a dictionary: K. Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (ICML 2009).

mod dense;

use std::ops::Range;

use crate::engine::Reading;
use crate::fold::fold_into;
use crate::lexicon::Effect;
use crate::tokens::{Kind, Token};
pub(crate) use dense::DENSE;

/// One n-gram found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Feature {
    /// Hash of the n-gram; a model with 2^b rows looks at its lowest b bits.
    pub bucket: u32,
    pub value: f32,
    /// Index of the first and of the last token it was made from.
    pub first: u16,
    pub last: u16,
}

/// What a text shows to the linear models.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    pub sparse: Vec<Feature>,
    /// How many of `sparse`, from the first on, are n-grams of words; the others are of letters.
    pub words: usize,
    pub dense: [f32; DENSE],
}

/// How many words a negation reaches.
const NEGATION_REACH: u32 = 4;
/// Lengths of the n-grams of letters; words are read with a blank on either side.
const LETTERS: [usize; 3] = [3, 4, 5];
/// Longer "words" are not words.
const LONGEST_WORD: usize = 32;

impl Features {
    pub fn read(reading: &Reading) -> Self {
        let mut reader = Reader::of(reading);
        reader.units();
        reader.pairs();
        let words = reader.sparse.len();
        reader.letters();
        let mut sparse = reader.sparse;
        let (by_word, by_letter) = sparse.split_at_mut(words);
        share(by_word);
        share(by_letter);
        Self {
            sparse,
            words,
            dense: dense::read(reading, 0..reading.tokens.len()),
        }
    }

    /// The features of a part of the text, as if it stood alone.
    pub fn within(&self, reading: &Reading, tokens: Range<usize>) -> Self {
        let inside = |feature: &&Feature| {
            tokens.contains(&usize::from(feature.first)) && tokens.contains(&usize::from(feature.last))
        };
        let (by_word, by_letter) = self.sparse.split_at(self.words.min(self.sparse.len()));
        let mut sparse: Vec<Feature> = by_word.iter().filter(inside).copied().collect();
        let words = sparse.len();
        sparse.extend(by_letter.iter().filter(inside));
        let (by_word, by_letter) = sparse.split_at_mut(words);
        share(by_word);
        share(by_letter);
        Self {
            sparse,
            words,
            dense: dense::read(reading, tokens),
        }
    }
}

/// Gives every n-gram of a group the same value, so that the group has length 1 whatever the length of the text.
fn share(group: &mut [Feature]) {
    let value = 1.0 / (group.len().max(1) as f32).sqrt();
    for feature in group {
        feature.value = value;
    }
}

/// What an n-gram is made of, so that the word "no" and the letters "no" differ.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Made {
    Unit = 0x9e37_79b9_7f4a_7c15,
    Pair = 0xbf58_476d_1ce4_e5b9,
    Negated = 0x94d0_49bb_1331_11eb,
    Letters = 0xd6e8_feb8_6659_fd93,
}

/// A word or sign as n-grams see it: links, names and numbers are one each.
struct Unit {
    hash: u64,
    token: u16,
    negated: bool,
    ends_clause: bool,
}

struct Reader<'a> {
    reading: &'a Reading<'a>,
    units: Vec<Unit>,
    sparse: Vec<Feature>,
    /// Folded letters of the word being read; kept to save allocations.
    letters: Vec<char>,
    folded: String,
}

impl<'a> Reader<'a> {
    fn of(reading: &'a Reading<'a>) -> Self {
        let count = reading.tokens.len();
        Self {
            reading,
            units: Vec::with_capacity(count),
            sparse: Vec::with_capacity(count * 16),
            letters: Vec::with_capacity(LONGEST_WORD),
            folded: String::with_capacity(LONGEST_WORD),
        }
    }

    fn add(&mut self, made: Made, hash: u64, first: u16, last: u16) {
        self.sparse.push(Feature {
            bucket: finish(mix(hash, made as u64)),
            value: 0.0,
            first,
            last,
        });
    }

    fn units(&mut self) {
        let mut negations = self
            .reading
            .hits
            .iter()
            .filter(|hit| hit.effect == Effect::Negation)
            .map(|hit| hit.last)
            .peekable();
        let mut reach = 0;
        for (at, token) in self.reading.tokens.iter().enumerate().take(usize::from(u16::MAX)) {
            let hash = self.unit(token);
            let ends_clause = token.kind.ends_clause();
            if ends_clause {
                reach = 0;
            }
            self.units.push(Unit {
                hash,
                token: at as u16,
                negated: reach > 0,
                ends_clause,
            });
            reach = u32::saturating_sub(reach, 1);
            while negations.next_if(|last| *last <= at).is_some() {
                reach = NEGATION_REACH;
            }
        }
    }

    fn unit(&mut self, token: &Token) -> u64 {
        let fixed = match token.kind {
            Kind::Mention => "@",
            Kind::Link => "http",
            Kind::Number => "0",
            Kind::Comma => ",",
            Kind::Stop => ".",
            Kind::Question => "?",
            Kind::Exclamation => "!",
            Kind::Word | Kind::Hashtag | Kind::Picture => {
                self.fold(token);
                return self
                    .letters
                    .iter()
                    .fold(START, |hash, letter| mix(hash, *letter as u64));
            }
        };
        fixed.bytes().fold(START, |hash, byte| mix(hash, u64::from(byte)))
    }

    /// Reads the token's letters into `self.letters`: folded, drawn-out letters written once, without the mark of a hashtag.
    fn fold(&mut self, token: &Token) {
        self.folded.clear();
        self.letters.clear();
        let text = self.reading.text.get(token.range()).unwrap_or_default();
        let text = match token.kind {
            Kind::Hashtag => text.get(1..).unwrap_or_default(),
            // The first character of an emoji gives the meaning; skin tones and joiners follow.
            Kind::Picture if !text.is_ascii() => text.split_at(text.chars().next().map_or(0, char::len_utf8)).0,
            _ => text,
        };
        for letter in text.chars().take(LONGEST_WORD) {
            fold_into(letter, &mut self.folded);
        }
        for letter in self.folded.chars() {
            let length = self.letters.len();
            let drawn_out = length >= 2 && self.letters[length - 1] == letter && self.letters[length - 2] == letter;
            if !drawn_out {
                self.letters.push(letter);
            }
        }
        if token.elongated {
            self.letters.dedup();
        }
    }

    fn pairs(&mut self) {
        let units = std::mem::take(&mut self.units);
        for (at, unit) in units.iter().enumerate() {
            self.add(Made::Unit, unit.hash, unit.token, unit.token);
            if unit.negated && !unit.ends_clause {
                self.add(Made::Negated, unit.hash, unit.token, unit.token);
            }
            if let Some(before) = at.checked_sub(1).and_then(|before| units.get(before)) {
                self.add(Made::Pair, mix(before.hash, unit.hash), before.token, unit.token);
            }
        }
        self.units = units;
    }

    fn letters(&mut self) {
        let reading = self.reading;
        for (at, token) in reading.tokens.iter().enumerate().take(usize::from(u16::MAX)) {
            if !matches!(token.kind, Kind::Word | Kind::Hashtag) {
                continue;
            }
            self.fold(token);
            self.letters.insert(0, ' ');
            self.letters.push(' ');
            let letters = std::mem::take(&mut self.letters);
            for start in 0..letters.len() {
                let mut hash = START;
                for (length, letter) in letters[start..].iter().take(LETTERS[2]).enumerate() {
                    hash = mix(hash, *letter as u64);
                    if length + 1 >= LETTERS[0] {
                        self.add(Made::Letters, hash, at as u16, at as u16);
                    }
                }
            }
            self.letters = letters;
        }
    }
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

fn mix(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x9fb2_1c65_1e98_df25).rotate_left(29)
}

/// The finalizer of SplitMix64 (G. Steele et al., OOPSLA 2014), so that the lowest bits depend on all.
fn finish(hash: u64) -> u32 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (hash ^ (hash >> 31)) as u32
}

#[cfg(test)]
mod tests {
    use crate::engine::{Context, Engine};

    fn buckets(text: &str) -> Vec<u32> {
        let engine = Engine::new();
        engine.with_reading(text, &Context::default(), |reading, _| {
            let features = super::Features::read(reading);
            features.sparse.iter().map(|feature| feature.bucket).collect()
        })
    }

    #[test]
    fn sees_through_case_accents_and_names() {
        assert_eq!(
            buckets("@anna perché PIÙ https://a.example"),
            buckets("@bob PERCHE piu http://b.example")
        );
        assert_ne!(buckets("buono"), buckets("cattivo"));
    }

    #[test]
    fn a_negation_marks_what_follows() {
        let plain = buckets("il servizio è buono");
        let negated = buckets("il servizio non è buono");
        let new = negated.iter().filter(|bucket| !plain.contains(bucket)).count();
        assert!(new > 8, "{new} new n-grams");
    }

    #[test]
    fn says_from_which_token_each_came() {
        let engine = Engine::new();
        engine.with_reading("bello davvero", &Context::default(), |reading, _| {
            let features = super::Features::read(reading);
            assert!(
                features
                    .sparse
                    .iter()
                    .any(|feature| (feature.first, feature.last) == (0, 1))
            );
            let count = reading.tokens.len() as u16;
            assert!(
                features
                    .sparse
                    .iter()
                    .all(|feature| feature.first <= feature.last && feature.last < count)
            );
        });
    }
}
