//! Messages that need no answer from a person.

use voce_domain::labels::{LabelKind, Noise};

use crate::engine::{Automatic, Reading};
use crate::evidence::Evidences;
use crate::lexicon::Effect;
use crate::tokens::Kind;

const ENOUGH: f32 = 3.0;
/// What words of advertising count in a question.
const ASKED: f32 = 0.5;
/// How sure the protocol's headers make.
const TOLD: f32 = 0.98;
/// What is posted to everybody; where two are as likely, the first is meant.
const POSTED: [Noise; 5] = [
    Noise::Spam,
    Noise::ChainPost,
    Noise::JobOffer,
    Noise::Advertising,
    Noise::Bot,
];

/// What the protocol's headers say goes first; then words, and for what is posted to everybody the shape of the text. With it 0..1 how
/// sure, of the kind or of there being none.
pub(crate) fn judge(reading: &Reading, automatic: Automatic, evidences: &mut Evidences) -> (Option<Noise>, f32) {
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
    let shape = posted_shape(reading);
    for kind in POSTED {
        let weight = &mut weights[kind as usize];
        if *weight > 0.0 && shape > 0.0 {
            *weight += shape;
            evidences.rule(LabelKind::Noise, "shape", shape);
        }
    }
    // Who asks for a discount or a job offers none.
    let has = |kind| reading.tokens.iter().any(|token| token.kind == kind);
    if has(Kind::Question) && !has(Kind::Link) {
        weights[Noise::Advertising as usize] *= ASKED;
        weights[Noise::JobOffer as usize] *= ASKED;
    }
    // Machines do not answer with "@": who does is telling about an automatic answer.
    if has(Kind::Mention) {
        weights[Noise::AutoReply as usize] = 0.0;
        weights[Noise::OutOfOffice as usize] = 0.0;
        weights[Noise::Bounce as usize] = 0.0;
    }
    // An absence is the better-known case of an automatic answer.
    if weights[Noise::OutOfOffice as usize] >= ENOUGH - 1.0 && told == Some(Noise::AutoReply) {
        return (Some(Noise::OutOfOffice), TOLD);
    }
    if told.is_some() {
        evidences.rule(LabelKind::Noise, "headers", ENOUGH);
        return (told, TOLD);
    }
    let weight = |noise: Noise| weights[noise as usize];
    let automatic = [Noise::OutOfOffice, Noise::AutoReply, Noise::Bounce];
    let automatic = automatic.into_iter().find(|noise| weight(*noise) >= ENOUGH);
    let posted = POSTED
        .into_iter()
        .rev()
        .max_by(|a, b| weight(*a).total_cmp(&weight(*b)));
    let posted = posted.filter(|noise| weight(*noise) >= ENOUGH);
    match automatic.or(posted) {
        Some(noise) => (Some(noise), 1.0 - 0.4 * (-(weight(noise) - ENOUGH) / 2.0).exp()),
        None => {
            evidences.forget(LabelKind::Noise);
            let most = weights.iter().copied().fold(0.0, f32::max);
            (None, 0.95 - 0.4 * (most / ENOUGH).min(1.0))
        }
    }
}

/// Links, many hashtags and shouting make words of advertising count more.
fn posted_shape(reading: &Reading) -> f32 {
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
