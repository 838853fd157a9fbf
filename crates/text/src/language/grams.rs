//! Words and their letters as numbers, by which languages differ: unlike elsewhere, accents stay.

use crate::features::{DENSE, Feature, Features};
use crate::tokens::{Kind, Token};

/// The longest n-gram of letters; words are read with a blank on either side.
const LONGEST: usize = 4;
/// Longer "words" are not words.
const LONGEST_WORD: usize = 32;
/// No more n-grams are needed to be certain.
const ENOUGH: usize = 400;

/// Where there are fewer words, hashtags speak too.
const FEW: usize = 4;

/// The n-grams of the words of a text; links, names, numbers and signs do not speak.
pub(super) fn read(text: &str, tokens: &[Token]) -> Features {
    let hashtags = tokens.iter().filter(|token| token.is_plain_word()).count() < FEW;
    let mut sparse = Vec::with_capacity(text.len().min(ENOUGH) * 5);
    let mut letters = Vec::with_capacity(LONGEST_WORD + 2);
    for (at, token) in tokens.iter().enumerate().take(usize::from(u16::MAX)) {
        let speaks = token.is_plain_word() || hashtags && (token.tagged || token.kind == Kind::Hashtag);
        if speaks && sparse.len() < ENOUGH {
            let word = text.get(token.range()).unwrap_or_default();
            spell(word.trim_start_matches('#'), &mut letters);
            add(&letters, at as u16, &mut sparse);
        }
    }
    let value = 1.0 / (sparse.len().max(1) as f32).sqrt();
    for feature in &mut sparse {
        feature.value = value;
    }
    Features {
        sparse,
        words: 0,
        dense: [0.0; DENSE],
    }
}

/// Lower case between two blanks, drawn-out letters written twice, every apostrophe the same.
fn spell(word: &str, letters: &mut Vec<char>) {
    letters.clear();
    letters.push(' ');
    for letter in word.chars().take(LONGEST_WORD).flat_map(char::to_lowercase) {
        let letter = match letter {
            '’' | 'ʼ' | '`' | '´' => '\'',
            // Romanian is written with cedillas where commas are meant.
            'ş' => 'ș',
            'ţ' => 'ț',
            other => other,
        };
        if !matches!(letters[..], [.., a, b] if a == letter && b == letter) {
            letters.push(letter);
        }
    }
    letters.push(' ');
}

fn add(letters: &[char], token: u16, sparse: &mut Vec<Feature>) {
    let mut push = |hash: u64| {
        sparse.push(Feature {
            bucket: finish(hash),
            value: 0.0,
            first: token,
            last: token,
        });
    };
    for start in 0..letters.len() {
        let mut hash = START;
        for letter in letters[start..].iter().take(LONGEST) {
            hash = mix(hash, *letter as u64);
            push(hash);
        }
    }
    if letters.len() > LONGEST {
        push(letters.iter().fold(START, |hash, letter| mix(hash, *letter as u64)));
    }
}

const START: u64 = 0x8422_2325_cbf2_9ce4;

fn mix(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x9fb2_1c65_1e98_df25).rotate_left(29)
}

fn finish(hash: u64) -> u32 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (hash ^ (hash >> 31)) as u32
}
