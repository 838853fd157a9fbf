//! The lexicons compiled into one automaton: words have numbers, phrases are paths over them.

mod compile;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use voce_domain::labels::{ComplaintSubject, Noise, Signal};

use crate::tokens::{Kind, Token};

/// Number of a word, which is also its node in the automaton.
pub(crate) type WordId = u32;

/// The languages that have lexicons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    Italian,
    English,
}

/// Which lexicons speak for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    Known(Language),
    /// Too little text to tell: both lexicons speak.
    Undecided,
    /// A language without lexicons: only signs speak.
    Foreign,
}

impl Tongue {
    pub fn of(code: Option<&str>) -> Self {
        match code {
            Some("it") => Self::Known(Language::Italian),
            Some("en") => Self::Known(Language::English),
            Some(_) => Self::Foreign,
            None => Self::Undecided,
        }
    }

    fn speaks(self, language: Option<Language>) -> bool {
        match (self, language) {
            (_, None) | (Self::Undecided, _) => true,
            (Self::Foreign, Some(_)) => false,
            (Self::Known(tongue), Some(language)) => tongue == language,
        }
    }
}

/// What a word or phrase does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    /// Polarity, -4 to 4.
    Feeling(f32),
    /// Polarity like that of `Feeling`, which is only good manners where something is asked: "grazie", "thanks".
    Courtesy(f32),
    /// Turns the feeling of what follows.
    Negation,
    /// Multiplies the feeling of what follows.
    Strength(f32),
    /// What follows weighs more than what came before.
    Contrast,
    /// Speaks for `REQUEST_TYPES[index]`.
    Request(u8, f32),
    /// Raises (or lowers) urgency.
    Urgency(f32),
    Noise(Noise, f32),
    /// What a complaint is about.
    Subject(ComplaintSubject, f32),
    /// What the writer may do next.
    Signal(Signal, f32),
    /// Suggests that the words mean the opposite, 0 to 1.
    Irony(f32),
    /// Like `Irony`, as a hashtag only.
    IronyTag(f32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    language: Option<Language>,
    effect: Effect,
}

/// An entry of the lexicon found in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    /// Index of the first and of the last token.
    pub first: usize,
    pub last: usize,
    pub effect: Effect,
}

#[derive(Debug, Default)]
struct Node {
    entries: Vec<Entry>,
    /// Some phrase goes on from here.
    continues: bool,
}

/// The compiled lexicons.
#[derive(Debug)]
pub(crate) struct Lexicon {
    words: HashMap<Box<str>, WordId, BuildHasherDefault<Fnv>>,
    nodes: Vec<Node>,
    steps: HashMap<(u32, WordId), u32, BuildHasherDefault<Fnv>>,
}

/// No phrase has more words than this.
const LONGEST: usize = 12;

/// In a phrase, any one word.
const ANY: WordId = 0;

impl Lexicon {
    pub fn builtin() -> Self {
        compile::builtin()
    }

    pub fn word(&self, folded: &str) -> Option<WordId> {
        self.words.get(folded).copied()
    }

    /// Everything found in the tokens. Of several entries of one kind that overlap, the one that starts first speaks, and of those
    /// the longest: within "non vedo l'ora" there is no negation.
    pub fn hits(&self, tokens: &[Token], tongue: Tongue) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(16);
        for (first, token) in tokens.iter().enumerate() {
            let Some(word) = token.word else { continue };
            let start = hits.len();
            self.walk(tokens, tongue, first, first, word, &mut hits);
            keep_longest(&mut hits, start);
        }
        hits
    }

    fn walk(&self, tokens: &[Token], tongue: Tongue, first: usize, last: usize, node: u32, hits: &mut Vec<Hit>) {
        let Some(here) = self.nodes.get(node as usize) else {
            return;
        };
        let speaking = here.entries.iter().filter(|entry| tongue.speaks(entry.language));
        hits.extend(speaking.map(|entry| Hit {
            first,
            last,
            effect: entry.effect,
        }));
        if !here.continues {
            return;
        }
        let Some(next) = tokens.get(last + 1) else { return };
        if !matches!(next.kind, Kind::Word | Kind::Number) {
            return;
        }
        let exact = next.word.and_then(|word| self.steps.get(&(node, word)));
        let any = self.steps.get(&(node, ANY));
        for &step in exact.into_iter().chain(any) {
            self.walk(tokens, tongue, first, last + 1, step, hits);
        }
    }
}

impl Effect {
    /// Feelings and what changes them.
    pub fn is_feeling(self) -> bool {
        matches!(
            self,
            Self::Feeling(_) | Self::Courtesy(_) | Self::Negation | Self::Strength(_) | Self::Contrast
        )
    }

    /// Entries of one kind compete; entries of different kinds all speak.
    fn competes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Request(a, _), Self::Request(b, _)) => a == b,
            (Self::Noise(a, _), Self::Noise(b, _)) => a == b,
            (Self::Subject(a, _), Self::Subject(b, _)) => a == b,
            (Self::Signal(a, _), Self::Signal(b, _)) => a == b,
            (Self::Urgency(_), Self::Urgency(_)) | (Self::Irony(_), Self::Irony(_)) => true,
            _ => self.is_feeling() && other.is_feeling(),
        }
    }
}

/// Of the hits from `start` on, which start at one token, keeps the longest of each kind that no earlier hit covers.
fn keep_longest(hits: &mut Vec<Hit>, start: usize) {
    let mut at = start;
    while at < hits.len() {
        let hit = hits[at];
        let near = hits.iter().enumerate().rev();
        let mut near = near.take_while(|(_, rival)| rival.first + LONGEST > hit.first);
        let beaten = near.any(|(other, rival)| {
            let wins = if other < start {
                rival.last >= hit.first
            } else {
                rival.last > hit.last || rival.last == hit.last && other < at
            };
            wins && rival.effect.competes(hit.effect)
        });
        if beaten {
            hits.remove(at);
        } else {
            at += 1;
        }
    }
}

/// Fowler-Noll-Vo 1a: short keys, and a table that no sender can add to.
#[derive(Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl std::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
