//! Sums over the lexicon and the shape of the writing: the same in every language, so that one language teaches the other.

use crate::engine::Reading;
use crate::sentiment;
use crate::tokens::{Kind, Token};

/// How many sums there are.
pub(crate) const DENSE: usize = 28;

/// Each is about 0..1 in size, so that none outweighs the others before training.
pub(super) fn read(reading: &Reading) -> [f32; DENSE] {
    let felt = sentiment::feelings(reading);
    let values = || felt.iter().map(|(_, value)| *value);
    let words = || reading.tokens.iter().filter(|token| token.kind == Kind::Word);
    let count = |what: fn(&Token) -> bool| reading.tokens.iter().filter(|token| what(token)).count() as f32;
    let of_pictures = |sign: f32| -> f32 {
        let pictures = felt.iter().filter(|(hit, _)| is_picture(reading, hit.first));
        pictures.map(|(_, value)| (value * sign).max(0.0)).sum()
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
    let total = sentiment::total(reading, &felt);
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
        has(felt.is_empty()),
        has(good > 0.0 && bad > 0.0),
        soften(of_pictures(1.0), 2.0),
        soften(of_pictures(-1.0), 2.0),
        has(reading
            .tokens
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
        has(felt.len() > 2),
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
