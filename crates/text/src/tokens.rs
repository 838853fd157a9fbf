//! One pass over a text: words with their place in the lexicon, signs with their meaning.

mod hashtag;
#[cfg(test)]
mod properties;

use std::ops::Range;

use crate::fold::fold_into;
use crate::lexicon::{Lexicon, WordId};

/// One word or sign, and where it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
    /// The word in the lexicon; `None` when the lexicon does not know it.
    pub word: Option<WordId>,
    /// A letter was drawn out, as in "beeello".
    pub elongated: bool,
    /// Written in capitals (two letters or more).
    pub capitals: bool,
    /// Goes on a hashtag: "#CustomerService" is the hashtag "#Customer" and the word "Service".
    pub tagged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Number,
    Mention,
    Hashtag,
    Link,
    /// Emoji or emoticon.
    Picture,
    Comma,
    /// Full stop, new line and everything else that ends a clause.
    Stop,
    Question,
    Exclamation,
}

impl Kind {
    /// Ends the reach of negations and intensifiers.
    pub fn ends_clause(self) -> bool {
        matches!(self, Self::Comma | Self::Stop | Self::Question | Self::Exclamation)
    }
}

impl Token {
    /// A word that stands outside of hashtags.
    pub fn is_plain_word(&self) -> bool {
        self.kind == Kind::Word && !self.tagged
    }

    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Words up to this many bytes are looked up with their accents first: "né" is not "ne".
const EXACT: usize = 4;

/// Reads the given parts of a text.
pub(crate) fn read(text: &str, parts: Vec<Range<usize>>, lexicon: &Lexicon) -> Vec<Token> {
    let mut reader = Reader {
        text,
        lexicon,
        tokens: Vec::with_capacity(text.len().min(4_000) / 5 + 4),
        key: String::with_capacity(32),
        at: 0,
        end: 0,
    };
    for part in parts {
        reader.at = part.start;
        reader.end = part.end;
        while reader.at < reader.end {
            reader.step();
        }
        reader.push(Kind::Stop, part.end, None);
    }
    reader.tokens
}

struct Reader<'a> {
    text: &'a str,
    lexicon: &'a Lexicon,
    tokens: Vec<Token>,
    /// Folded form of the word being read; kept to save allocations.
    key: String,
    at: usize,
    end: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn step(&mut self) {
        let Some(first) = self.rest().chars().next() else {
            self.at = self.end;
            return;
        };
        match first {
            '\n' => self.sign(Kind::Stop, 1),
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            '@' | '#' if self.second_is_name() => self.name(first),
            'a'..='z' | 'A'..='Z' => self.link_or_word(),
            '0'..='9' => self.number(),
            _ if first.is_alphabetic() => self.word(),
            _ if self.emoticon(first) => {}
            '!' | '¡' => self.sign(Kind::Exclamation, first.len_utf8()),
            '?' | '¿' | '？' => self.sign(Kind::Question, first.len_utf8()),
            '‼' => self.sign(Kind::Exclamation, first.len_utf8()),
            '.' | ';' | ':' | '…' | '|' | '。' | '(' | ')' => self.sign(Kind::Stop, first.len_utf8()),
            ',' => self.sign(Kind::Comma, 1),
            _ if is_picture(first) => self.picture(first),
            _ => self.at += first.len_utf8(),
        }
    }

    fn push(&mut self, kind: Kind, end: usize, word: Option<WordId>) {
        self.tokens.push(Token {
            kind,
            start: self.at as u32,
            end: end as u32,
            word,
            elongated: false,
            capitals: false,
            tagged: false,
        });
        self.at = end;
    }

    fn sign(&mut self, kind: Kind, length: usize) {
        self.push(kind, self.at + length, None);
    }

    fn second_is_name(&self) -> bool {
        self.rest()
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
    }

    /// A @mention or #hashtag. Each word of a hashtag is looked up.
    fn name(&mut self, mark: char) {
        let rest = self.rest();
        let length = rest[1..]
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || (mark == '@' && matches!(c, '.' | '-' | '@'))))
            .map_or(rest.len(), |length| length + 1);
        let end = self.at + length;
        if mark == '@' {
            return self.push(Kind::Mention, end, None);
        }
        let body = self.at + 1;
        for (at, word) in hashtag::words(&self.text[body..end], self.lexicon)
            .into_iter()
            .enumerate()
        {
            let (start, end) = (body + word.start, body + word.end);
            let (word, elongated) = self.look_up(start, end);
            if at > 0 {
                self.at = start;
            }
            self.push(if at == 0 { Kind::Hashtag } else { Kind::Word }, end, word);
            self.mark_last(elongated, false);
            if let Some(token) = self.tokens.last_mut() {
                token.tagged = at > 0;
            }
        }
        self.at = end;
    }

    fn link_or_word(&mut self) {
        let rest = self.rest().as_bytes();
        let starts = |prefix: &[u8]| {
            rest.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if starts(b"http://") || starts(b"https://") || starts(b"www.") || starts(b"pic.twitter") {
            let end = self.blank_after();
            return self.push(Kind::Link, end, None);
        }
        self.word();
    }

    fn blank_after(&self) -> usize {
        self.rest()
            .find(char::is_whitespace)
            .map_or(self.end, |length| self.at + length)
    }

    fn number(&mut self) {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | ':' | '/' | '%' | '€' | '$' | '\'')))
            .unwrap_or(rest.len());
        let length = rest[..length].trim_end_matches(['.', ',', ':', '/', '\'']).len();
        let end = self.at + length;
        let (word, _) = self.look_up(self.at, end);
        self.push(Kind::Number, end, word);
    }

    /// A word; elided articles ("l'assistenza", "dell'ordine") are words of their own, English contractions are not cut.
    fn word(&mut self) {
        let (length, cut) = word_length(self.rest());
        if self.rest()[length..].starts_with('@') && self.rest()[length + 1..].starts_with(char::is_alphanumeric) {
            let end = self.blank_after();
            return self.push(Kind::Link, end, None);
        }
        if is_site(self.rest(), length) {
            let end = self.blank_after();
            return self.push(Kind::Link, end, None);
        }
        let end = self.at + length;
        let (word, elongated) = self.look_up(self.at, end);
        let capitals = is_capitals(&self.text[self.at..end]);
        self.push(Kind::Word, end, word);
        self.mark_last(elongated, capitals);
        if cut {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
    }

    fn mark_last(&mut self, elongated: bool, capitals: bool) {
        if let Some(token) = self.tokens.last_mut() {
            token.elongated = elongated;
            token.capitals = capitals;
        }
    }

    /// The word in the lexicon, and whether letters had to be taken away to find it.
    fn look_up(&mut self, start: usize, end: usize) -> (Option<WordId>, bool) {
        let lexicon = self.lexicon;
        let letters = &self.text[start..end];
        if letters.len() <= EXACT && !letters.is_ascii() {
            self.key.clear();
            self.key.extend(letters.chars().flat_map(char::to_lowercase));
            if let Some(word) = lexicon.word(&self.key) {
                return (Some(word), false);
            }
        }
        self.key.clear();
        for letter in letters.chars() {
            fold_into(letter, &mut self.key);
        }
        if let Some(word) = lexicon.word(&self.key) {
            return (Some(word), false);
        }
        if let Some(stem) = self.key.strip_suffix("'s") {
            return (lexicon.word(stem), false);
        }
        if is_laughter(&self.key) {
            return (lexicon.word("haha"), false);
        }
        if !has_run_of_three(&self.key) {
            return (None, false);
        }
        let found = [1, 2]
            .into_iter()
            .find_map(|keep| lexicon.word(&shorten_runs(&self.key, keep)));
        (found, true)
    }

    /// Reads an emoticon such as `:-)` if one of the lexicon starts here.
    fn emoticon(&mut self, first: char) -> bool {
        if !matches!(first, ':' | ';' | '=' | '<' | '^' | '-' | '>' | '(') {
            return false;
        }
        for length in (2..=4).rev() {
            let Some(sign) = self.rest().get(..length) else {
                continue;
            };
            // ":D" is a laugh, ":DETAILS" is not.
            let runs_on =
                sign.ends_with(char::is_alphanumeric) && self.rest()[length..].starts_with(char::is_alphanumeric);
            if runs_on || sign.ends_with(char::is_whitespace) {
                continue;
            }
            if let Some(word) = self.lexicon.word(&sign.to_ascii_lowercase()) {
                self.push(Kind::Picture, self.at + length, Some(word));
                return true;
            }
        }
        false
    }

    /// An emoji with its skin tones, joiners and variation selectors; its first character gives the meaning.
    fn picture(&mut self, first: char) {
        let rest = self.rest();
        let mut joined = false;
        let length = rest[first.len_utf8()..]
            .find(|c: char| {
                let belongs = joined || matches!(c, '\u{fe0f}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}');
                joined = c == '\u{200d}';
                !belongs
            })
            .map_or(rest.len(), |length| length + first.len_utf8());
        let mut buffer = [0; 4];
        let word = self.lexicon.word(first.encode_utf8(&mut buffer));
        self.push(Kind::Picture, self.at + length, word);
    }
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ' | '`' | '´')
}

/// Bytes of the word that starts here, and whether an apostrophe follows that cuts it from the next word.
fn word_length(rest: &str) -> (usize, bool) {
    const CONTRACTIONS: [&str; 7] = ["t", "s", "re", "ll", "ve", "d", "m"];
    for (at, letter) in rest.char_indices() {
        if letter.is_alphanumeric() || letter == '_' || ('\u{300}'..='\u{36f}').contains(&letter) {
            continue;
        }
        if !is_apostrophe(letter) {
            return (at, false);
        }
        let after = &rest[at + letter.len_utf8()..];
        let length = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
        if CONTRACTIONS
            .iter()
            .any(|ending| after[..length].eq_ignore_ascii_case(ending))
        {
            return (at + letter.len_utf8() + length, false);
        }
        return (at, true);
    }
    (rest.len(), false)
}

/// Whether a link without "http" starts here, as in "bit.ly/x" or "example.com"; its first word has the given length.
fn is_site(rest: &str, length: usize) -> bool {
    const SURE: [&str; 7] = ["com", "org", "net", "info", "edu", "gov", "eu"];
    const WITH_PATH: [&str; 17] = [
        "it", "ly", "co", "uk", "de", "fr", "es", "pt", "nl", "ro", "me", "be", "io", "gl", "gd", "tv", "app",
    ];
    let Some(mut after) = rest[length..].strip_prefix('.') else {
        return false;
    };
    // No name of a site has more parts, of those that people write.
    for _ in 0..5 {
        let end = after
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .unwrap_or(after.len());
        let (label, following) = after.split_at(end);
        let path = following.starts_with('/');
        if SURE.contains(&label) && (path || !following.starts_with(char::is_alphanumeric))
            || WITH_PATH.contains(&label) && path
        {
            return true;
        }
        match following.strip_prefix('.') {
            Some(next) if !label.is_empty() => after = next,
            _ => break,
        }
    }
    false
}

fn is_capitals(word: &str) -> bool {
    let mut letters = 0;
    for letter in word.chars() {
        if letter.is_lowercase() {
            return false;
        }
        letters += usize::from(letter.is_uppercase());
    }
    letters >= 2
}

/// "ahahah", "HAHAHA", "hehehehe" in any length.
fn is_laughter(word: &str) -> bool {
    let letters = word.as_bytes();
    letters.len() >= 4
        && letters.contains(&b'h')
        && ["ah", "eh", "ih"]
            .iter()
            .any(|pair| letters.iter().all(|letter| pair.as_bytes().contains(letter)))
}

fn has_run_of_three(word: &str) -> bool {
    word.as_bytes()
        .windows(3)
        .any(|run| run[0] == run[1] && run[1] == run[2])
}

/// Shortens runs of three or more of a letter to `keep`.
pub(crate) fn shorten_runs(word: &str, keep: usize) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut short = String::with_capacity(word.len());
    for run in letters.chunk_by(|a, b| a == b) {
        let length = if run.len() >= 3 { keep } else { run.len() };
        short.extend(run.iter().take(length));
    }
    short
}

fn is_picture(letter: char) -> bool {
    matches!(letter, '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{203c}')
}
