use std::sync::LazyLock;

use proptest::prelude::*;
use voce_domain::labels::{LabelKind, Labels, SentimentClass};

use super::{Classifier, Company, CompanyError};
use crate::{Context, Engine};

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

fn label(company: &Company, text: &str) -> Labels {
    ENGINE.label_for(company, text, &Context::default())
}

/// A dozen messages of a label that no engine ships with.
const FAULTS: [&str; 12] = [
    "la fibra è caduta di nuovo stamattina",
    "fibra giù da ieri sera, il modem lampeggia rosso",
    "siamo senza fibra da due ore",
    "il modem non aggancia la fibra",
    "la linea fibra cade ogni dieci minuti",
    "fibra assente dopo il temporale",
    "buongiorno, la fibra non va, luce rossa sul modem",
    "la fibra si disconnette di continuo",
    "niente fibra in tutto il palazzo",
    "modem con luce rossa, la fibra è morta",
    "da stanotte la fibra non funziona",
    "salve, la fibra va e viene da giorni",
];

fn taught() -> Company {
    let mut company = Company::default();
    for (at, text) in FAULTS.iter().enumerate() {
        company.learn(
            &ENGINE,
            LabelKind::RequestType,
            text,
            Some("fibra-guasta"),
            at as u128 % 3,
            at as i64,
        );
    }
    company
}

#[test]
fn an_empty_company_changes_nothing() {
    for text in FAULTS {
        assert_eq!(
            label(&Company::default(), text),
            ENGINE.label(text, &Context::default())
        );
    }
}

#[test]
fn a_dozen_examples_make_a_label() {
    let company = taught();
    let own = |text: &str| label(&company, text).request_type.as_deref() == Some("fibra-guasta");
    for text in [
        "la fibra è di nuovo giù, luce rossa sul modem",
        "fibra morta da stamattina",
        "qui la fibra non va da ore",
    ] {
        assert!(own(text), "{text}");
    }
    for text in [
        "quanto costa la spedizione in Germania?",
        "complimenti, personale gentilissimo",
        "vorrei annullare l'ordine di ieri",
        "how much is the annual plan?",
        "il pacco è arrivato rotto",
    ] {
        assert!(!own(text), "{text}");
    }
    let labels = label(&company, "la fibra è giù e il modem ha la luce rossa");
    assert!(
        labels
            .evidence
            .iter()
            .any(|evidence| evidence.label == LabelKind::RequestType && evidence.words.contains("fibra"))
    );
}

#[test]
fn a_correction_is_heard_and_can_be_taken_back() {
    let text = "Questa caffettiera fa un caffè che sveglia i morti";
    let before = label(&Company::default(), text).sentiment.class;
    let other = match before {
        SentimentClass::Positive => SentimentClass::Negative,
        _ => SentimentClass::Positive,
    };
    let mut company = Company::default();
    company.learn(&ENGINE, LabelKind::Sentiment, text, Some(other.key()), 1, 1);
    assert_eq!(label(&company, text).sentiment.class, other);
    assert_eq!(company.examples(LabelKind::Sentiment), 1);
    company.forget(&ENGINE, LabelKind::Sentiment, text, Some(other.key()), 1);
    assert_eq!(label(&company, text).sentiment.class, before);
    assert_eq!(company.examples(LabelKind::Sentiment), 0);
}

#[test]
fn one_correction_leaves_other_texts_alone() {
    let mut company = Company::default();
    let text = "Il vostro nuovo negozio di via Verdi è sempre pieno di gente";
    company.learn(&ENGINE, LabelKind::Sentiment, text, Some("negative"), 1, 1);
    for other in [
        "Il film di ieri era bellissimo",
        "domani vado al mare",
        "Fate spedizioni in Francia?",
        "I love this phone",
    ] {
        let class = |labels: Labels| labels.sentiment.class;
        assert_eq!(
            class(label(&company, other)),
            class(ENGINE.label(other, &Context::default())),
            "{other}"
        );
    }
}

#[test]
fn whoever_contradicts_everybody_is_not_heard() {
    let topics = ["fibra", "modem", "router", "antenna", "linea", "segnale"];
    let faults = ["è guasto", "non va", "si è rotto", "cade sempre", "lampeggia"];
    let mut company = Company::default();
    for (at, (topic, fault)) in topics
        .iter()
        .flat_map(|topic| faults.map(|fault| (topic, fault)))
        .enumerate()
    {
        let rotten = format!("{topic} {fault} davvero");
        let technical = format!("{topic} {fault}");
        let wish = format!("vorrei comprare {topic} numero {at}");
        for person in 1..=3_u128 {
            if at % 3 == person as usize - 1 {
                company.learn(
                    &ENGINE,
                    LabelKind::RequestType,
                    &technical,
                    Some("guasto"),
                    person,
                    at as i64,
                );
                company.learn(
                    &ENGINE,
                    LabelKind::RequestType,
                    &wish,
                    Some("vendita"),
                    person,
                    at as i64,
                );
            }
        }
        company.learn(
            &ENGINE,
            LabelKind::RequestType,
            &rotten,
            Some("vendita"),
            9,
            100 + at as i64,
        );
    }
    let labels = label(&company, "il modem lampeggia, la linea cade");
    assert_eq!(labels.request_type.as_deref(), Some("guasto"));
}

#[test]
fn survives_its_bytes() {
    let company = taught();
    let bytes = company.to_bytes();
    assert!(bytes.len() < FAULTS.len() * 600, "{} bytes", bytes.len());
    let read = Company::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    let text = "la fibra è giù di nuovo";
    assert_eq!(label(&read, text), label(&company, text));
    assert_eq!(Company::from_bytes(b"").unwrap_err(), CompanyError::Damaged);
    let mut older = bytes.clone();
    older[14] = 0;
    assert_eq!(Company::from_bytes(&older).unwrap_err(), CompanyError::Outdated);
}

#[test]
fn tells_own_labels_from_what_is_none_of_them() {
    let examples = [
        ("where is my parcel", "parcel"),
        ("my parcel has not arrived", "parcel"),
        ("the parcel is late", "parcel"),
        ("track the parcel for me", "parcel"),
        ("i want my money back", "refund"),
        ("refund me please", "refund"),
        ("when do i get the refund", "refund"),
        ("give back the money", "refund"),
    ];
    let classifier = Classifier::learn(&ENGINE, examples.map(|(text, label)| (text, label, 1.0))).unwrap();
    assert_eq!(classifier.labels(), ["parcel", "refund"]);
    let known = classifier.judge(&ENGINE, "is the parcel here yet");
    let strange = classifier.judge(&ENGINE, "quantum chromodynamics lecture");
    assert_eq!(known.label, "parcel");
    assert!(known.belonging > strange.belonging);
    assert!(Classifier::learn(&ENGINE, []).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), whole in any::<bool>()) {
        if whole {
            let mut headed = b"voce company \x01\x01".to_vec();
            headed.append(&mut bytes);
            bytes = headed;
        }
        if let Ok(company) = Company::from_bytes(&bytes) {
            let _ = label(&company, "buongiorno");
        }
    }

    #[test]
    fn bytes_with_an_error_are_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| taught().to_bytes());
        let mut bytes = BYTES.clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(company) = Company::from_bytes(&bytes) {
            prop_assert_eq!(Company::from_bytes(&company.to_bytes()).unwrap().to_bytes(), company.to_bytes());
        }
    }
}
