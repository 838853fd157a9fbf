//! The words that made the labels.

use std::ops::RangeInclusive;

use voce_domain::labels::{Evidence, LabelKind};

use crate::engine::Reading;
use crate::lexicon::Hit;

/// How many pieces of evidence a message keeps.
const KEPT: usize = 8;

/// Collects what spoke for each label, without copying text until it is known what stays.
#[derive(Default)]
pub(crate) struct Evidences {
    pieces: Vec<Piece>,
}

struct Piece {
    label: LabelKind,
    words: Words,
    weight: f32,
}

enum Words {
    /// First and last byte of the words in the text.
    Span(usize, usize),
    /// Name of a rule that looks at the text as a whole.
    Rule(&'static str),
}

impl Evidences {
    pub fn hit(&mut self, label: LabelKind, reading: &Reading, hit: &Hit, weight: f32) {
        self.words(label, reading, hit.first..=hit.last, weight);
    }

    /// What the given tokens say, as it stands in the text.
    pub fn words(&mut self, label: LabelKind, reading: &Reading, tokens: RangeInclusive<usize>, weight: f32) {
        let first = reading.tokens.get(*tokens.start());
        let last = reading.tokens.get(*tokens.end());
        if let (Some(first), Some(last)) = (first, last) {
            self.add(label, Words::Span(first.start as usize, last.end as usize), weight);
        }
    }

    pub fn rule(&mut self, label: LabelKind, name: &'static str, weight: f32) {
        self.add(label, Words::Rule(name), weight);
    }

    fn add(&mut self, label: LabelKind, words: Words, weight: f32) {
        if weight != 0.0 {
            self.pieces.push(Piece { label, words, weight });
        }
    }

    /// Takes back what spoke for a label that was not given after all.
    pub fn forget(&mut self, label: LabelKind) {
        self.pieces.retain(|piece| piece.label != label);
    }

    /// The pieces that counted most, strongest first.
    pub fn strongest(mut self, reading: &Reading) -> Vec<Evidence> {
        self.pieces.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        self.pieces.truncate(KEPT);
        self.pieces
            .into_iter()
            .map(|piece| Evidence {
                label: piece.label,
                words: match piece.words {
                    Words::Span(start, end) => reading.text.get(start..end).unwrap_or_default().to_owned(),
                    Words::Rule(name) => name.to_owned(),
                },
                weight: piece.weight,
            })
            .collect()
    }
}
