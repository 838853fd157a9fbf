//! What people teach, and labelling the history anew.

use std::sync::Arc;

use uuid::Uuid;
use voce_domain::labels::LabelKind;
use voce_ingest::Relabel;
use voce_store::{corrections, lessons, quality, relabel, testing::each_database};
use voce_text::Engine;

use crate::scripted::{House, NOW, message, said};

/// The colleague who teaches.
const ANNA: Uuid = Uuid::from_u128(0xa);

/// Messages of a kind that the shipped models cannot know, in different words.
fn sizes(range: std::ops::Range<usize>) -> Vec<String> {
    const GARMENTS: [&str; 6] = ["cardigan", "gilet", "poncho", "maglione", "berretto", "cappotto"];
    const ASKS: [&str; 4] = [
        "che taglia mi consigliate per il",
        "quale taglia devo prendere del",
        "di solito porto la M: che taglia scelgo per il",
        "la taglia L del",
    ];
    let text = |at: usize| {
        format!(
            "Salve, {} {} numero {at}?",
            ASKS[at % ASKS.len()],
            GARMENTS[at % GARMENTS.len()]
        )
    };
    range.map(text).collect()
}

async fn hear(house: &House, texts: &[String], from: usize) {
    let heard = texts.iter().enumerate().map(|(at, text)| {
        let (id, author) = (format!("size-{}", from + at), format!("c{}@x.it", from + at));
        said(message(&id, &author, text, 60))
    });
    house.hear(heard.collect()).await;
}

/// How many of these cases' messages have this request type.
async fn count(house: &House, cases: std::ops::RangeInclusive<i64>, request: &str) -> usize {
    let mut found = 0;
    for number in cases {
        let messages = house.messages(number).await;
        found += usize::from(messages[0].request_type.as_deref() == Some(request));
    }
    found
}

async fn teach(house: &House, number: i64, request: &str) {
    let message = house.messages(number).await.remove(0);
    let mut tx = house.db.begin().await.unwrap();
    corrections::correct(
        &mut tx,
        message.id,
        LabelKind::RequestType,
        Some(request),
        ANNA,
        NOW + number,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_label_of_the_companys_own_is_learnt_from_corrections_and_the_history_follows() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        hear(&house, &sizes(0..40), 0).await;
        assert_eq!(count(&house, 1..=40, "taglie").await, 0, "nobody has heard of it");
        for number in 1..=16 {
            teach(&house, number, "taglie").await;
        }

        hear(&house, &sizes(40..52), 40).await;
        let learnt = count(&house, 41..=52, "taglie").await;
        assert!(learnt >= 9, "only {learnt} of 12 new messages were recognised");
        let others = [
            "Il pacco non è ancora arrivato, dov'è?",
            "Vorrei disdire l'abbonamento",
            "Siete fantastici, grazie!",
        ];
        hear(&house, &others.map(str::to_owned), 52).await;
        assert_eq!(
            count(&house, 53..=55, "taglie").await,
            0,
            "what was known before still is"
        );
        let progress = quality::learnt(&db).await.unwrap().of(LabelKind::RequestType);
        assert_eq!((progress.lessons, progress.judged, progress.shipped_right), (16, 16, 0));
        assert!(progress.learnt_right >= 4, "{progress:?}");

        let mut tx = db.begin().await.unwrap();
        relabel::begin(&mut tx, Some(ANNA), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let again = relabel::begin(&mut tx, None, NOW).await;
        assert!(matches!(again, Err(voce_store::Error::Exists)));
        drop(tx);
        let mut worker = Relabel::new(db.clone(), Arc::new(Engine::new()));
        while worker.step().await.unwrap().is_some() {}
        let walk = relabel::walk(&db).await.unwrap().unwrap();
        assert_eq!((walk.seen, walk.share()), (55, 1.0));
        assert!(walk.changed >= 15, "{walk:?}");
        let known = count(&house, 17..=40, "taglie").await;
        assert!(known >= 18, "only {known} of 24 earlier messages");
        let case = house.case(30).await;
        let message = house.messages(30).await.remove(0);
        assert_eq!(case.request_type, message.request_type, "the case follows");
    })
    .await;
}

#[tokio::test]
async fn labelling_anew_leaves_alone_what_a_person_put_right() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        hear(&house, &["Pessimo servizio, mai più!".to_owned()], 0).await;
        let message = house.messages(1).await.remove(0);
        assert_eq!(message.sentiment.as_deref(), Some("negative"));
        let mut tx = db.begin().await.unwrap();
        let right = [
            (LabelKind::Sentiment, Some("positive")),
            (LabelKind::Irony, Some("yes")),
            (LabelKind::Emotion, Some("joy")),
        ];
        for (label, value) in right {
            corrections::correct(&mut tx, message.id, label, value, ANNA, NOW)
                .await
                .unwrap();
        }
        relabel::begin(&mut tx, None, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let mut worker = Relabel::new(db.clone(), Arc::new(Engine::new()));
        while worker.step().await.unwrap().is_some() {}
        let message = house.messages(1).await.remove(0);
        assert_eq!(message.sentiment.as_deref(), Some("positive"));
        assert_eq!(
            (message.irony.as_deref(), message.emotion.as_deref()),
            (Some("yes"), Some("joy"))
        );
        assert!(house.case(1).await.sentiment_score > 0.0);
        assert_eq!(lessons::count(&db).await.unwrap(), 3);
    })
    .await;
}
