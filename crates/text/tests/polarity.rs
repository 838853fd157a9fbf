//! Polarity of parts and towards targets, and irony, on written examples.

use voce_domain::labels::{LabelKind, SentimentClass};
use voce_text::{Context, Engine};

fn score_towards(text: &str, targets: &[&str]) -> Vec<(String, f32)> {
    let context = Context {
        targets,
        ..Context::default()
    };
    let labels = Engine::new().label(text, &context);
    let targets = labels.details.targets.into_iter();
    targets.map(|target| (target.target, target.score)).collect()
}

#[test]
fn each_sentence_has_its_own() {
    let text = "Il prodotto è bellissimo, lo adoro. La consegna invece è stata un disastro totale!";
    let labels = Engine::new().label(text, &Context::default());
    let [first, second] = labels.details.sentences.as_slice() else {
        panic!("{:?}", labels.details.sentences)
    };
    assert!(first.score > 0.2 && second.score < -0.2, "{first:?} {second:?}");
    assert!(text[second.start..second.end].starts_with("La consegna"));
}

#[test]
fn one_sentence_is_not_repeated() {
    let labels = Engine::new().label("Tutto bene, grazie", &Context::default());
    assert!(labels.details.sentences.is_empty());
}

#[test]
fn targets_are_told_apart() {
    for (text, names) in [
        ("Acme è fantastica, Globex invece fa schifo", ["Acme", "Globex"]),
        (
            "I love the Acme One but the Globex Pro is terrible",
            ["acme one", "Globex Pro"],
        ),
        ("Acme is so much better than Globex, great job", ["Acme", "Globex"]),
    ] {
        let found = score_towards(text, &names);
        let [(first, good), (second, bad)] = found.as_slice() else {
            panic!("{text}: {found:?}")
        };
        assert_eq!([first.as_str(), second.as_str()], names, "{text}");
        assert!(*good > 0.1 && *bad < -0.1, "{text}: {found:?}");
    }
}

#[test]
fn mentioned_accounts_are_targets() {
    let found = score_towards("@acme bravissimi, servizio eccellente!", &[]);
    assert!(
        matches!(found.as_slice(), [(name, score)] if name == "@acme" && *score > 0.2),
        "{found:?}"
    );
}

#[test]
fn a_clear_cue_is_irony_and_is_named() {
    for text in [
        "Treno in ritardo di due ore, grazie per niente #sarcasmo",
        "Three hours on hold, what a lovely way to spend my birthday #sarcasm",
    ] {
        let labels = Engine::new().label(text, &Context::default());
        assert!(labels.details.irony >= 0.5, "{text}: {}", labels.details.irony);
        assert!(
            labels.evidence.iter().any(|piece| piece.label == LabelKind::Irony),
            "{text}"
        );
    }
}

#[test]
fn polarity_says_why() {
    let labels = Engine::new().label("La vostra assistenza è pessima", &Context::default());
    assert_eq!(labels.sentiment.class, SentimentClass::Negative);
    let mut evidence = labels
        .evidence
        .iter()
        .filter(|piece| piece.label == LabelKind::Sentiment);
    assert!(
        evidence.any(|piece| piece.words == "pessima" && piece.weight < 0.0),
        "{:?}",
        labels.evidence
    );
}
