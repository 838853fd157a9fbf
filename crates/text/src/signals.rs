//! What a text lets somebody expect of its writer: that he buys, leaves, goes to court or to the press, or is in danger.

use voce_domain::labels::{Complaint, LabelKind, Sentiment, Signal};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::lexicon::Effect;
use crate::need::{Need, Sign, why_sign};

/// From this confidence on a signal is shown.
const SHOWN_FROM: f32 = 0.5;
/// Confidence in what one clear expression says.
const SAID: f32 = 0.8;

/// Each signal with 0..1 how sure, surest first.
pub(crate) fn judge(
    reading: &Reading,
    features: &Features,
    need: &Need,
    sentiment: &Sentiment,
    complaint: Option<&Complaint>,
    evidences: &mut Evidences,
) -> Vec<(Signal, f32)> {
    let said = said(reading);
    let mut found: Vec<(Signal, f32)> = Vec::new();
    for signal in Signal::ALL.iter().copied() {
        let sign = sign(signal);
        let learnt = match (sign, signal) {
            // Who is unhappy praises nobody, and cancelling an order is not yet leaving.
            (_, Signal::Praise) if complaint.is_some() || sentiment.score < 0.0 => 0.0,
            (Some(sign), Signal::Leaving) => need.of(sign) * if complaint.is_some() { 0.9 } else { 0.6 },
            (Some(sign), _) => need.of(sign),
            (None, _) => 0.0,
        };
        let cue = match said[signal as usize] {
            weight if weight >= 1.0 => 1.0 - (1.0 - SAID) / weight,
            weight => weight * 0.5,
        };
        let confidence = 1.0 - (1.0 - learnt) * (1.0 - cue);
        if confidence < SHOWN_FROM {
            continue;
        }
        found.push((signal, confidence));
        explain(reading, features, signal, sign.filter(|_| learnt > cue), evidences);
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

fn sign(signal: Signal) -> Option<Sign> {
    match signal {
        Signal::Buying => Some(Sign::Buying),
        Signal::Praise => Some(Sign::Praise),
        Signal::Idea => Some(Sign::Idea),
        Signal::Leaving => Some(Sign::Leaving),
        Signal::LegalThreat | Signal::PressThreat | Signal::SafetyThreat => None,
    }
}

/// What the lexicon's expressions say for each signal.
fn said(reading: &Reading) -> [f32; Signal::ALL.len()] {
    let mut weights = [0.0; Signal::ALL.len()];
    for (at, hit) in reading.hits.iter().enumerate() {
        if let Effect::Signal(signal, weight) = hit.effect
            && !reading.repeats(at)
        {
            weights[signal as usize] += weight;
        }
    }
    weights
}

fn explain(reading: &Reading, features: &Features, signal: Signal, learnt: Option<Sign>, evidences: &mut Evidences) {
    for hit in &reading.hits {
        if let Effect::Signal(of, weight) = hit.effect
            && of == signal
        {
            evidences.hit(LabelKind::Signal, reading, hit, weight);
        }
    }
    for reason in learnt.into_iter().flat_map(|sign| why_sign(features, sign)) {
        evidences.words(LabelKind::Signal, reading, reason.token..=reason.token, reason.weight);
    }
}
