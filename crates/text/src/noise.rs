//! Messages that need no answer from a person.

use voce_domain::labels::{LabelKind, Noise};

use crate::engine::{Automatic, Reading};
use crate::evidence::Evidences;
use crate::lexicon::Effect;
use crate::tokens::Kind;

const ENOUGH: f32 = 3.0;

/// What the protocol's headers say goes first; then words, and for spam the shape of the text.
pub(crate) fn judge(reading: &Reading, automatic: Automatic, evidences: &mut Evidences) -> Option<Noise> {
    let told = match automatic {
        Automatic::No => None,
        Automatic::AutoReply => Some(Noise::AutoReply),
        Automatic::OutOfOffice => Some(Noise::OutOfOffice),
        Automatic::Bounce => Some(Noise::Bounce),
    };
    let mut weights = [0.0_f32; Noise::ALL.len()];
    for (at, hit) in reading.hits.iter().enumerate() {
        if let Effect::Noise(noise, weight) = hit.effect
            && !reading.repeats(at)
        {
            weights[noise as usize] += weight;
            evidences.hit(LabelKind::Noise, reading, hit, weight);
        }
    }
    if weights[Noise::Spam as usize] > 0.0 {
        let shape = spam_shape(reading);
        weights[Noise::Spam as usize] += shape;
        evidences.rule(LabelKind::Noise, "shape", shape);
    }
    // Machines do not answer with "@": who does is telling about an automatic answer.
    if reading.tokens.iter().any(|token| token.kind == Kind::Mention) {
        weights[Noise::AutoReply as usize] = 0.0;
        weights[Noise::OutOfOffice as usize] = 0.0;
        weights[Noise::Bounce as usize] = 0.0;
    }
    // An absence is the better-known case of an automatic answer.
    if weights[Noise::OutOfOffice as usize] >= ENOUGH - 1.0 && told == Some(Noise::AutoReply) {
        return Some(Noise::OutOfOffice);
    }
    if told.is_some() {
        evidences.rule(LabelKind::Noise, "headers", ENOUGH);
        return told;
    }
    let order = [Noise::OutOfOffice, Noise::AutoReply, Noise::Bounce, Noise::Spam];
    let found = order.into_iter().find(|noise| weights[*noise as usize] >= ENOUGH);
    if found.is_none() {
        evidences.forget(LabelKind::Noise);
    }
    found
}

/// Links, many hashtags and shouting make words of advertising count more.
fn spam_shape(reading: &Reading) -> f32 {
    let count = |kind| reading.tokens.iter().filter(|token| token.kind == kind).count();
    let capitals = reading.tokens.iter().filter(|token| token.capitals).count();
    let mut shape = 0.0;
    if count(Kind::Link) > 0 {
        shape += 0.8;
    }
    if count(Kind::Hashtag) >= 5 || count(Kind::Mention) >= 6 {
        shape += 0.7;
    }
    if count(Kind::Exclamation) >= 3 || capitals * 2 > count(Kind::Word) {
        shape += 0.4;
    }
    shape
}
