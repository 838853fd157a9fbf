//! Everyday texts whose labels should stay as they are, so that a few corrections do not colour everything.

use std::sync::OnceLock;

use voce_domain::labels::Labels;

use super::sample::Sample;
use crate::engine::{Context, Engine};
use crate::features::Features;

/// Each text as a sample, with what the engine says of it. Read once.
pub(super) fn all(engine: &Engine) -> &'static [(Sample, Labels)] {
    static ALL: OnceLock<Vec<(Sample, Labels)>> = OnceLock::new();
    ALL.get_or_init(|| {
        include_str!("../../training/everyday.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("# "))
            .map(|text| read(engine, text))
            .collect()
    })
}

fn read(engine: &Engine, text: &str) -> (Sample, Labels) {
    let context = Context::default();
    let sample = engine.with_reading(text, &context, |reading, _| Sample::of(&Features::read(reading)));
    (sample, engine.label(text, &context))
}
