//! How the model of languages is made.

use std::path::Path;

use super::{CLASSES, OTHER, grams};
use crate::body;
use crate::lexicon::Lexicon;
use crate::linear::{Example, Link, Options, Trainer};
use crate::model::Model;
use crate::table::{Table, TableError};
use crate::tokens::{self, Token};

/// Sets of posts and their language.
const SETS: [(&str, &str); 8] = [
    ("sentiment/umsab_italian_train.tsv", "it"),
    ("sentiment/umsab_english_train.tsv", "en"),
    ("sentiment/umsab_french_train.tsv", "fr"),
    ("sentiment/umsab_german_train.tsv", "de"),
    ("sentiment/umsab_spanish_train.tsv", "es"),
    ("sentiment/umsab_portuguese_train.tsv", "pt"),
    ("emotion/tweeteval_emotion_en_train.tsv", "en"),
    ("emotion/tweeteval_irony_en_train.tsv", "en"),
];

/// Frequent words, as `code<TAB>words`.
const WORDS: &str = include_str!("../../training/language/words.tsv");

/// Own texts, as one sentence a line, with its language before it where the file has several.
const OWN: [(&str, &str); 4] = [
    ("", include_str!("../../training/language/short.tsv")),
    ("nl", include_str!("../../training/language/nl.txt")),
    ("ro", include_str!("../../training/language/ro.txt")),
    (OTHER, include_str!("../../training/language/other.txt")),
];

/// How much an own text counts against a text of the named sets, of which there are many more.
const OWN_WEIGHT: f32 = 2.0;
/// How much a frequent word counts against a text.
const WORD_WEIGHT: f32 = 3.0;
/// How much a piece counts against a whole text.
const PIECE: f32 = 0.3;

/// Trains on posts in a folder of public sets and on the own texts. The same input gives the same bytes.
pub fn train(sets: &Path, version: u32) -> Result<Vec<u8>, TableError> {
    let lexicon = Lexicon::builtin();
    let mut examples = Vec::new();
    for (name, code) in SETS {
        let table = Table::open(&sets.join(name))?;
        for [text] in table.columns(["text"])? {
            add(&lexicon, code, text, 1.0, &mut examples);
        }
    }
    for (code, words) in WORDS.lines().filter_map(|line| line.split_once('\t')) {
        for word in words.split_whitespace() {
            add(&lexicon, code, word, WORD_WEIGHT, &mut examples);
        }
    }
    for (code, lines) in OWN {
        for line in lines.lines() {
            match line.split_once('\t') {
                Some((code, text)) => add(&lexicon, code, text, OWN_WEIGHT, &mut examples),
                None => add(&lexicon, code, line, OWN_WEIGHT, &mut examples),
            }
        }
    }
    let options = Options {
        link: Link::Softmax,
        bits: 16,
        epochs: 8,
        rate: 0.5,
        decay: 2e-6,
        ..Options::default()
    };
    let model = Model {
        name: "language".to_owned(),
        version,
        outputs: CLASSES.map(str::to_owned).to_vec(),
        linear: Trainer::fit(CLASSES.len(), options, &examples),
    };
    Ok(model.write())
}

/// A text, and pieces of it: of one to five words in turn, so that short texts are learnt too.
fn add(lexicon: &Lexicon, code: &str, text: &str, weight: f32, examples: &mut Vec<Example>) {
    let Some(class) = CLASSES.iter().position(|name| *name == code) else {
        return;
    };
    let tokens = tokens::read(text, body::own_words(text), lexicon);
    let mut push = |tokens: &[Token], weight: f32| {
        let features = grams::read(text, tokens);
        if !features.sparse.is_empty() {
            examples.push(Example {
                weight,
                ..Example::of_class(features, class, CLASSES.len())
            });
        }
    };
    push(&tokens, weight);
    let words: Vec<Token> = tokens.into_iter().filter(|token| token.is_plain_word()).collect();
    let mut at = 0;
    for length in [3, 1, 5, 2].into_iter().cycle() {
        let Some(piece) = words
            .get(at..(at + length).min(words.len()))
            .filter(|piece| !piece.is_empty())
        else {
            break;
        };
        if piece.len() < words.len() {
            push(piece, weight * PIECE);
        }
        at += length;
    }
}
