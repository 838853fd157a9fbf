//! Measures emotions on public sets of posts with intensities that people gave, where they are at hand, and fails when they have
//! become worse. Nothing is trained on these sets.

use std::path::Path;

use voce_domain::labels::Emotion;
use voce_text::evaluate::pearson;
use voce_text::table::Table;
use voce_text::{Context, Engine};

#[test]
fn intensity_goes_with_that_which_people_gave() {
    let engine = Engine::new();
    let sets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/intensity");
    for (emotion, floor) in [
        (Emotion::Anger, 0.6),
        (Emotion::Fear, 0.65),
        (Emotion::Joy, 0.6),
        (Emotion::Sadness, 0.63),
    ] {
        let path = sets.join(format!("{}_en_dev.tsv", emotion.key()));
        if !path.exists() {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{} must be there on CI",
                path.display()
            );
            println!("left out: {} is not at hand", path.display());
            continue;
        }
        let table = Table::open(&path).unwrap();
        let pairs: Vec<(f64, f64)> = table
            .columns(["score", "text"])
            .unwrap()
            .into_iter()
            .map(|[score, text]| {
                let emotions = engine.label(text, &Context::default()).details.emotions;
                let felt = emotions.iter().find(|(felt, _)| *felt == emotion);
                (
                    score.parse().unwrap(),
                    felt.map_or(0.0, |(_, intensity)| f64::from(*intensity)),
                )
            })
            .collect();
        let correlation = pearson(&pairs).unwrap();
        println!("{}: {} posts, Pearson {correlation:.3}", emotion.key(), pairs.len());
        assert!(
            correlation >= floor,
            "{}: {correlation:.3} is under {floor}",
            emotion.key()
        );
    }
}
