//! Whatever comes in, the engine answers, within its ranges.

use std::sync::LazyLock;

use proptest::prelude::*;
use voce_domain::labels::{Labels, REQUEST_TYPES};
use voce_text::{Automatic, Context, Engine};

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

/// Pieces that lead the reader into its special cases.
const PIECES: [&str; 32] = [
    "@",
    "#",
    "'",
    "’",
    "http://",
    "www.",
    ":-",
    "<",
    ">",
    "\n> ",
    "\n-- \n",
    "On ",
    " wrote:\n",
    "Il giorno ",
    " ha scritto:\n",
    "è",
    "E\u{300}",
    "👩🏽‍🚀",
    "\u{200d}",
    "\u{fe0f}",
    "non ",
    "bellooooo",
    "1,",
    "%",
    "a@b",
    "l'",
    "n't",
    "😍",
    "ß",
    "İ",
    "!!!",
    "\r\n",
];

fn in_range(labels: &Labels) -> bool {
    let sentiment = labels.sentiment;
    let requested = labels
        .request_type
        .as_deref()
        .is_none_or(|key| REQUEST_TYPES.contains(&key));
    (-1.0..=1.0).contains(&sentiment.score)
        && (0.0..=1.0).contains(&sentiment.weight)
        && (0.0..=1.0).contains(&sentiment.confidence)
        && (0.0..=1.0).contains(&labels.request_confidence)
        && labels
            .details
            .emotions
            .iter()
            .all(|(_, intensity)| (0.0..=1.0).contains(intensity))
        && labels.language.as_ref().is_none_or(|code| code.len() == 2)
        && labels.evidence.len() <= 8
        && labels.evidence.iter().all(|evidence| evidence.weight.is_finite())
        && requested
}

proptest! {
    #[test]
    fn any_text(text in any::<String>(), subject in proptest::option::of(any::<String>()), hint in proptest::option::of(any::<String>())) {
        let context = Context { subject: subject.as_deref(), automatic: Automatic::No, language_hint: hint.as_deref(), targets: &["Acme", ""] };
        prop_assert!(in_range(&ENGINE.label(&text, &context)));
    }

    #[test]
    fn any_mix_of_special_cases(pieces in proptest::collection::vec((proptest::sample::select(&PIECES[..]), "[a-zè ]{0,6}"), 0..60)) {
        let text: String = pieces.iter().flat_map(|(piece, word)| [*piece, word.as_str()]).collect();
        prop_assert!(in_range(&ENGINE.label(&text, &Context::default())));
    }
}

#[test]
fn very_long_texts_are_read_by_their_beginning() {
    for text in [
        "pessimo ".repeat(100_000),
        "è".repeat(500_000),
        "\n".repeat(500_000),
        "'".repeat(500_000),
        "On \n".repeat(100_000),
    ] {
        assert!(in_range(&ENGINE.label(&text, &Context::default())));
    }
}
