//! Which language a text is in, by the n-grams of its letters.

mod grams;
mod scripts;
pub mod training;

use std::sync::LazyLock;

use voce_domain::labels::LabelKind;

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::model::Model;
use crate::tokens::{Kind, Token};

/// Weight of language in the evidence: people seldom ask why, so other labels go first.
const EVIDENCE: f32 = 0.2;

/// How many n-grams, from the beginning on, are asked what they said: the words of a few suffice.
const LOOKED_AT: usize = 120;

/// What the model tells apart.
const CLASSES: [&str; 9] = ["it", "en", "fr", "de", "es", "pt", "nl", "ro", OTHER];
/// Any other language in Latin letters.
const OTHER: &str = "xx";

/// A guess that is less certain than this is none.
const LEAST: f32 = 0.34;
/// A guess that is less certain than this yields to what the platform says.
const CERTAIN: f32 = 0.75;
/// A guess from one word alone is none if it is less certain than this: it may be a name.
const LONE: f32 = 0.82;

static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("../models/language.bin")).ok());

/// A language and what told it.
pub(crate) struct Decision {
    /// ISO 639-1.
    pub code: String,
    by: By,
}

enum By {
    /// The n-grams and which of [`CLASSES`] they spoke for.
    Words(Features, usize),
    /// Letters that few languages share.
    Script,
    Hint,
}

/// The language, or `None` when links, names and pictures are all there is, or too little else, or a language that the model
/// does not know.
pub(crate) fn decide(text: &str, tokens: &[Token], hint: Option<&str>) -> Option<Decision> {
    let hinted = || hint.and_then(primary).map(|code| Decision { code, by: By::Hint });
    if let Some(code) = scripts::decide(text, tokens) {
        return Some(Decision {
            code: code.to_owned(),
            by: By::Script,
        });
    }
    if !says_something(tokens) {
        return None;
    }
    let features = grams::read(text, tokens);
    let (class, certainty) = MODEL.as_ref().and_then(|model| guess(model, &features))?;
    let code = CLASSES.get(class).copied().filter(|code| *code != OTHER);
    let told = |code: &str| Decision {
        code: code.to_owned(),
        by: By::Words(features, class),
    };
    let lone = tokens.iter().filter(|token| token.is_plain_word()).count() == 1;
    let (least, certain) = if lone { (LONE, LONE) } else { (LEAST, CERTAIN) };
    match code {
        Some(code) if certainty >= certain => Some(told(code)),
        Some(code) if certainty >= least => hinted().or_else(|| Some(told(code))),
        None if certainty >= certain => None,
        _ => hinted(),
    }
}

/// The most likely class and its probability.
fn guess(model: &Model, features: &Features) -> Option<(usize, f32)> {
    let mut probabilities = [0.0; CLASSES.len()];
    model.linear.probabilities(features, &mut probabilities);
    let classes = probabilities.into_iter().enumerate();
    classes.max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// One word may speak for a language; one hashtag is a name.
fn says_something(tokens: &[Token]) -> bool {
    let hashtags = tokens.iter().filter(|token| token.kind == Kind::Hashtag).count();
    hashtags > 1 || tokens.iter().any(|token| token.is_plain_word())
}

/// Names the words, or the rule, that told the language.
pub(crate) fn explain(decision: &Decision, reading: &Reading, evidences: &mut Evidences) {
    match &decision.by {
        By::Script => evidences.rule(LabelKind::Language, "letters", EVIDENCE),
        By::Hint => evidences.rule(LabelKind::Language, "hint", EVIDENCE),
        By::Words(features, class) => {
            let beginning = Features {
                sparse: features.sparse.iter().take(LOOKED_AT).copied().collect(),
                ..*features
            };
            let reasons = MODEL.as_ref().map(|model| model.linear.why(&beginning, *class));
            let speaking = reasons.into_iter().flatten().filter(|reason| reason.weight > 0.0);
            for reason in speaking.take(2) {
                evidences.words(LabelKind::Language, reading, reason.token..=reason.token, EVIDENCE);
            }
        }
    }
}

/// `en-GB` gives `en`; what is not two letters gives nothing.
fn primary(hint: &str) -> Option<String> {
    let code = hint.split(['-', '_']).next()?.to_ascii_lowercase();
    (code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_lowercase())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_in_the_binary_is_whole() {
        let model = MODEL.as_ref().expect("models/language.bin is read");
        assert_eq!(model.outputs, CLASSES);
    }

    #[test]
    fn knows_short_texts_of_eight_languages_and_says_when_it_does_not() {
        let engine = crate::Engine::new();
        for (text, expected) in [
            ("ma che bello", Some("it")),
            ("how lovely", Some("en")),
            ("je ne sais pas", Some("fr")),
            ("mir egal", Some("de")),
            ("te quiero mucho", Some("es")),
            ("não sei", Some("pt")),
            ("dat weet ik niet", Some("nl")),
            ("nu mai pot", Some("ro")),
            ("Tack så mycket för hjälpen", None),
            ("Nie wiem co się dzieje", None),
            // Mixed texts are in the language of most of their words.
            ("oggi ho un meeting con il team e poi una call, che stress", Some("it")),
            ("RT @anna: good morning to you all #buongiorno", Some("en")),
            ("#MondayMotivation #work", Some("en")),
        ] {
            let labels = engine.label(text, &crate::Context::default());
            assert_eq!(labels.language.as_deref(), expected, "{text}");
        }
    }
}
