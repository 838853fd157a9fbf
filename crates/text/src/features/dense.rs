//! Sums over the lexicon and the shape of the writing: the same in every language, so that one language teaches the other.

use std::ops::Range;

use crate::engine::Reading;
use crate::irony::cue;
use crate::tokens::{Kind, Token};

/// How many sums there are.
pub(crate) const DENSE: usize = 36;

/// The sums over some of the tokens. Each is about 0..1 in size, so that none outweighs the others before training.
pub(super) fn read(reading: &Reading, range: Range<usize>) -> [f32; DENSE] {
    let tokens = reading.tokens.get(range.clone()).unwrap_or_default();
    let feelings = || reading.felt.iter().filter(|felt| range.contains(&felt.first));
    let values = || feelings().filter(|felt| !felt.grievance).map(|felt| felt.value);
    let felt = values().count();
    let words = || tokens.iter().filter(|token| token.kind == Kind::Word);
    let count = |what: fn(&Token) -> bool| tokens.iter().filter(|token| what(token)).count() as f32;
    let of_pictures = |sign: f32| -> f32 {
        let pictures = feelings().filter(|felt| is_picture(reading, felt.first));
        pictures.map(|felt| (felt.value * sign).max(0.0)).sum()
    };
    let (good, bad): (f32, f32) = (
        values().map(|value| value.max(0.0)).sum(),
        values().map(|value| (-value).max(0.0)).sum(),
    );
    let best = values().fold(0.0, f32::max);
    let worst = values().fold(0.0, f32::min);
    let last = values().next_back().unwrap_or_default();
    let first = values().next().unwrap_or_default();
    let length = words().count().max(1) as f32;
    let loud = 1.0 + 0.1 * count(|token| token.kind == Kind::Exclamation).min(4.0);
    let total = loud * feelings().map(|felt| felt.value).sum::<f32>();
    let cues: Vec<f32> = reading.hits.iter().filter_map(|hit| cue(reading, hit)).collect();
    let text = match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => reading
            .text
            .get(first.start as usize..last.end as usize)
            .unwrap_or_default(),
        _ => "",
    };
    let has = |yes: bool| f32::from(u8::from(yes));
    [
        soften(total, 3.0),
        soften(total, 12.0),
        soften(good, 3.0),
        soften(bad, 3.0),
        best / 4.0,
        worst / -4.0,
        soften(first, 3.0),
        soften(last, 3.0),
        soften((good - bad) / length.sqrt(), 1.0),
        has(total >= 0.9),
        has(total <= -0.4),
        has(felt == 0),
        has(good > 0.0 && bad > 0.0),
        soften(of_pictures(1.0), 2.0),
        soften(of_pictures(-1.0), 2.0),
        has(tokens
            .iter()
            .rev()
            .find(|token| token.kind != Kind::Stop)
            .is_some_and(|token| token.kind == Kind::Picture)),
        soften(count(|token| token.kind == Kind::Exclamation), 2.0),
        soften(count(|token| token.kind == Kind::Question), 2.0),
        soften(count(|token| token.kind == Kind::Stop), 4.0),
        soften(count(|token| token.kind == Kind::Link), 1.0),
        soften(count(|token| token.kind == Kind::Mention), 2.0),
        soften(count(|token| token.kind == Kind::Hashtag), 2.0),
        soften(count(|token| token.kind == Kind::Number), 2.0),
        soften(count(|token| token.elongated), 1.0),
        count(|token| token.capitals) / length,
        soften(length, 15.0),
        soften(
            count(|token| token.kind == Kind::Word && token.word.is_none()) / length,
            0.5,
        ),
        has(felt > 2),
        cues.iter().copied().fold(0.0, f32::max),
        soften(cues.iter().sum(), 1.0),
        has(text.contains("..") || text.contains('…')),
        has(good > 0.0 && (text.contains("..") || text.contains('…'))),
        has(text.contains(['"', '“', '«'])),
        has(text.contains("(?)") || text.contains("(!)")),
        has(good > 0.0 && feelings().any(|felt| felt.grievance)),
        has(good > 0.0 && count(|token| token.kind == Kind::Number) > 0.0),
    ]
}

/// Grows with the value ever more slowly, up to 1.
fn soften(value: f32, half: f32) -> f32 {
    value / (value.abs() + half)
}

fn is_picture(reading: &Reading, token: usize) -> bool {
    reading
        .tokens
        .get(token)
        .is_some_and(|token| token.kind == Kind::Picture)
}
