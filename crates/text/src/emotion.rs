//! The eight basic emotions and their intensity, and how pleasant a text is: by a lexicon of our own, and by a model that learnt
//! which words keep company with those of the lexicon.

mod lexicon;
pub(crate) mod training;

use std::sync::LazyLock;

use voce_domain::labels::{Emotion, LabelKind};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::lexicon::{Effect, Language};
use crate::model::Model;
use crate::tokens::Kind;
use lexicon::{Found, Lexicon};

/// Amounts of the emotions in the order of [`Emotion::ALL`], then the valence.
type Feeling = [f32; VALENCE + 1];
/// Place of the valence, -1 to 1, in a feeling.
const VALENCE: usize = Emotion::ALL.len();

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::builtin);
static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("../models/emotion.bin")).ok());

/// What is weaker than this is not there.
const FAINT: f32 = 0.05;
/// How many words a negation and an intensifier reach.
const NEGATION_REACH: usize = 3;
const STRENGTH_REACH: usize = 2;

/// What a text feels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Emotions {
    /// Intensity 0..1 of each emotion, in the order of [`Emotion::ALL`].
    pub intensities: [f32; VALENCE],
}

impl Emotions {
    /// Those that are there, strongest first.
    pub fn present(&self) -> Vec<(Emotion, f32)> {
        let all = Emotion::ALL.iter().copied().zip(self.intensities);
        let mut present: Vec<(Emotion, f32)> = all.filter(|(_, intensity)| *intensity >= FAINT).collect();
        present.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        present
    }
}

/// Says what a text feels, and names the words of its strongest emotion. The mood is the sentiment's score, -1 to 1.
pub(crate) fn judge(
    reading: &Reading,
    features: &Features,
    language: Option<&str>,
    mood: f32,
    evidences: &mut Evidences,
) -> Emotions {
    let words = words(reading, language);
    let emotions = weigh(&spoken(reading, &words), &learnt(features), mood);
    if let Some((strongest, _)) = emotions.present().first() {
        for word in &words {
            let weight = word.feeling[*strongest as usize];
            if weight >= FAINT {
                evidences.words(LabelKind::Emotion, reading, word.first..=word.last, EVIDENCE * weight);
            }
        }
    }
    emotions
}

/// What the words of emotion say, what the model has learnt, and whether the mood goes with it: nobody rejoices over what is
/// unpleasant, or is afraid of what is not.
fn weigh(spoken: &Feeling, learnt: &Feeling, mood: f32) -> Emotions {
    let told = (spoken[VALENCE] + 1.0) / 2.0;
    let valence = 0.5 * (mood + 1.0) / 2.0 + 0.25 * learnt[VALENCE] + 0.25 * told;
    let mut intensities = [0.0; VALENCE];
    for ((intensity, emotion), (spoken, learnt)) in
        intensities.iter_mut().zip(Emotion::ALL).zip(spoken.iter().zip(learnt))
    {
        let mood = match emotion {
            Emotion::Joy | Emotion::Trust => valence,
            Emotion::Fear | Emotion::Sadness | Emotion::Disgust | Emotion::Anger => 1.0 - valence,
            Emotion::Surprise | Emotion::Anticipation => 0.5,
        };
        let whole = 0.5 * (spoken + learnt) * mood + 0.4 * mood;
        *intensity = ((whole - CALM) / (1.0 - CALM)).clamp(0.0, 1.0);
    }
    Emotions { intensities }
}

fn learnt(features: &Features) -> Feeling {
    let mut learnt = [0.5; VALENCE + 1];
    if let Some(model) = MODEL.as_ref() {
        model.linear.probabilities(features, &mut learnt);
    }
    learnt
}

/// Where a text without emotion lies on the scale of the sums.
const CALM: f32 = 0.2;
/// Weight of emotion in the evidence, against sentiment, which people ask after first.
const EVIDENCE: f32 = 0.8;

/// The words of emotion, each with what it carries in its place.
fn words(reading: &Reading, language: Option<&str>) -> Vec<Found> {
    let languages: &[Language] = match language {
        Some("it") => &[Language::Italian],
        Some("en") => &[Language::English],
        None => &[Language::Italian, Language::English],
        // In other languages, pictures speak, which both tables have.
        Some(_) => &[Language::English],
    };
    let mut words = LEXICON.find(reading.text, &reading.tokens, languages);
    if language.is_some_and(|code| !["it", "en"].contains(&code)) {
        words.retain(|word| {
            reading
                .tokens
                .get(word.first)
                .is_some_and(|token| token.kind == Kind::Picture)
        });
    }
    for word in &mut words {
        let (negated, strength) = around(reading, word.first);
        let Some(token) = reading.tokens.get(word.first) else {
            continue;
        };
        let loud = if token.elongated { 1.2 } else { 1.0 } * if token.capitals { 1.1 } else { 1.0 };
        if negated && token.kind != Kind::Picture {
            word.feeling = denied(word.feeling);
        }
        word.feeling = word.feeling.map(|value| (value * strength * loud).clamp(-1.0, 1.0));
    }
    words
}

/// What "not happy" carries: some of the opposite of what is pleasant, little of what is unpleasant.
fn denied(feeling: Feeling) -> Feeling {
    let of = |emotion: Emotion| feeling[emotion as usize];
    let mut denied = feeling.map(|value| 0.25 * value);
    denied[Emotion::Joy as usize] = 0.0;
    denied[Emotion::Trust as usize] = 0.0;
    denied[Emotion::Sadness as usize] += 0.5 * of(Emotion::Joy);
    denied[Emotion::Anger as usize] += 0.2 * of(Emotion::Joy) + 0.3 * of(Emotion::Trust);
    denied[VALENCE] = if feeling[VALENCE] > 0.0 { -0.6 } else { -0.2 } * feeling[VALENCE];
    denied
}

/// Whether a negation reaches this token, and how much stronger an intensifier makes it.
fn around(reading: &Reading, at: usize) -> (bool, f32) {
    let reaches = |last: usize, reach: usize| {
        let between = reading.tokens.get(last + 1..at).unwrap_or_default();
        last < at && between.len() <= reach && !between.iter().any(|token| token.kind.ends_clause())
    };
    let near = reading
        .hits
        .iter()
        .filter(|hit| hit.last < at && hit.last + NEGATION_REACH + 1 >= at);
    near.fold((false, 1.0), |(negated, strength), hit| match hit.effect {
        Effect::Negation if reaches(hit.last, NEGATION_REACH) => (true, strength),
        Effect::Strength(factor) if reaches(hit.last, STRENGTH_REACH) => (negated, strength * factor.sqrt()),
        _ => (negated, strength),
    })
}

/// The words together: each emotion at least as strong as its strongest word, and a little stronger with each other word.
fn spoken(reading: &Reading, words: &[Found]) -> Feeling {
    let mut spoken = [0.0; VALENCE + 1];
    for (emotion, amount) in spoken.iter_mut().enumerate().take(VALENCE) {
        let values = || words.iter().map(|word| word.feeling[emotion].max(0.0));
        let most = values().fold(0.0, f32::max);
        let missing: f32 = values().map(|value| 1.0 - 0.5 * value).product();
        *amount = 0.7 * most + 0.3 * (1.0 - missing);
    }
    let valence: f32 = words.iter().map(|word| word.feeling[VALENCE]).sum();
    spoken[VALENCE] = valence / (valence.abs() + 1.0);
    let loud = reading
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Exclamation)
        .count()
        .min(3) as f32;
    spoken.map(|value| (value * (1.0 + 0.05 * loud)).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Engine};

    #[test]
    fn the_model_in_the_binary_is_whole() {
        let model = MODEL.as_ref().expect("models/emotion.bin is read");
        assert_eq!(model.outputs.len(), VALENCE + 1);
    }

    #[test]
    fn the_strongest_emotion_is_the_one_that_is_meant() {
        let engine = Engine::new();
        for (text, expected) in [
            ("Il tecnico non è venuto, sono furioso!!", Emotion::Anger),
            ("I'm furious, nobody ever calls back", Emotion::Anger),
            ("Che gioia, finalmente è arrivato!", Emotion::Joy),
            ("So happy with my new phone 😍", Emotion::Joy),
            ("È morta la nonna, che tristezza", Emotion::Sadness),
            ("I'm so sad, my dog died", Emotion::Sadness),
            ("This food is disgusting", Emotion::Disgust),
            ("Che schifo, un verme nella pasta", Emotion::Disgust),
            ("I am terrified, there is smoke coming out", Emotion::Fear),
            ("😡😡😡", Emotion::Anger),
        ] {
            let emotions = engine.label(text, &Context::default()).details.emotions;
            assert_eq!(
                emotions.first().map(|(emotion, _)| *emotion),
                Some(expected),
                "{text} {emotions:?}"
            );
        }
    }

    #[test]
    fn what_is_denied_is_not_felt() {
        let engine = Engine::new();
        let joy = |text: &str| {
            let emotions = engine.label(text, &Context::default()).details.emotions;
            emotions
                .iter()
                .find(|(emotion, _)| *emotion == Emotion::Joy)
                .map_or(0.0, |(_, intensity)| *intensity)
        };
        assert!(joy("sono felice") > 2.0 * joy("non sono felice"));
        assert!(joy("I am very happy!") > joy("I am happy"));
    }

    #[test]
    fn words_of_emotion_are_named() {
        let evidence = Engine::new()
            .label("sono davvero furioso", &Context::default())
            .evidence;
        assert!(
            evidence
                .iter()
                .any(|piece| piece.label == LabelKind::Emotion && piece.words == "furioso")
        );
    }
}
