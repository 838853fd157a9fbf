//! Whether somebody complains - says that what happened is not what he could expect - and about what.

use voce_domain::labels::{Complaint, ComplaintSubject, LabelKind, REQUEST_TYPES, Sentiment};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::lexicon::Effect;
use crate::need::{Need, Sign, why_sign};

/// From this probability on it is a complaint.
const COMPLAINS_FROM: f32 = 0.5;
/// How much the cues of the lexicon count against the model, and how much they count at most.
const CUES: f32 = 0.35;
const MOST_CUES: f32 = 4.0;
/// How much sentiment counts: nobody complains contentedly.
const FEELING: f32 = 1.6;

pub(crate) fn judge(
    reading: &Reading,
    features: &Features,
    need: &Need,
    sentiment: &Sentiment,
    evidences: &mut Evidences,
) -> Option<Complaint> {
    let learnt = need.of(Sign::Complaint).clamp(1e-4, 1.0 - 1e-4);
    let sum = (learnt / (1.0 - learnt)).ln() + CUES * cues(reading).min(MOST_CUES) - FEELING * sentiment.score;
    let confidence = 1.0 / (1.0 + (-sum).exp());
    if confidence < COMPLAINS_FROM {
        return None;
    }
    for hit in &reading.hits {
        if is_cue(hit.effect) {
            evidences.hit(LabelKind::Complaint, reading, hit, CUES);
        }
    }
    for reason in why_sign(features, Sign::Complaint) {
        evidences.words(
            LabelKind::Complaint,
            reading,
            reason.token..=reason.token,
            reason.weight,
        );
    }
    Some(Complaint {
        confidence,
        subject: subject(reading),
    })
}

fn is_cue(effect: Effect) -> bool {
    matches!(effect, Effect::Request(request, _) if REQUEST_TYPES.get(usize::from(request)) == Some(&"complaint"))
}

fn cues(reading: &Reading) -> f32 {
    let weights = reading.hits.iter().map(|hit| match hit.effect {
        Effect::Request(_, weight) if is_cue(hit.effect) => weight,
        _ => 0.0,
    });
    weights.sum()
}

/// What most words speak of.
fn subject(reading: &Reading) -> Option<ComplaintSubject> {
    let mut weights = [0.0; ComplaintSubject::ALL.len()];
    for (at, hit) in reading.hits.iter().enumerate() {
        if let Effect::Subject(subject, weight) = hit.effect
            && !reading.repeats(at)
        {
            weights[subject as usize] += weight;
        }
    }
    let best = ComplaintSubject::ALL
        .iter()
        .copied()
        .max_by(|a, b| weights[*a as usize].total_cmp(&weights[*b as usize]));
    best.filter(|best| weights[*best as usize] >= 1.0)
}
