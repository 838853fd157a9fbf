//! How much each correction counts: less with age, and not at all from somebody whom the others' corrections contradict.

use std::collections::BTreeMap;

use super::company::Example;
use super::fit::{Fit, Lesson, Terms};
use super::sample::Sample;

/// After this time a correction counts half, in milliseconds.
const HALF_LIFE: f64 = 180.0 * 86_400_000.0;
/// What a very old correction still counts.
const LEAST: f32 = 0.15;
/// With fewer people nobody can tell who is wrong.
const PEOPLE: usize = 3;
/// With fewer corrections of one person it may be chance.
const ENOUGH: usize = 8;

/// The weight of each correction, in order; 0 where it is passed over.
pub(super) fn weights(examples: &[Example]) -> Vec<f32> {
    let newest = examples.iter().map(|example| example.at).max().unwrap_or_default();
    let trust = trust(examples);
    let outvoted = outvoted(examples);
    examples
        .iter()
        .zip(outvoted)
        .map(|(example, outvoted)| {
            let age = newest.saturating_sub(example.at) as f64;
            let fresh = ((-age / HALF_LIFE).exp2() as f32).max(LEAST);
            let trusted = trust.get(&example.by).copied().unwrap_or(1.0);
            if outvoted { 0.0 } else { fresh * trusted }
        })
        .collect()
}

/// Whether more people said something else of the same text; where as many did, the newer correction counts.
fn outvoted(examples: &[Example]) -> Vec<bool> {
    let mut texts: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
    for (at, example) in examples.iter().enumerate() {
        texts.entry(example.sample.buckets().collect()).or_default().push(at);
    }
    let mut outvoted = vec![false; examples.len()];
    for votes in texts.values().filter(|votes| votes.len() > 1) {
        let standing = |at: usize| {
            let same = votes
                .iter()
                .filter(|other| examples[**other].value == examples[at].value);
            let newest = same.clone().map(|other| examples[*other].at).max();
            (same.count(), newest)
        };
        let best = votes.iter().copied().max_by_key(|at| standing(*at));
        for &at in votes {
            outvoted[at] = best.is_some_and(|best| examples[best].value != examples[at].value);
        }
    }
    outvoted
}

/// How far each person can be trusted: whether what the others said foretells what he said, as well as it does for the others.
fn trust(examples: &[Example]) -> BTreeMap<u128, f32> {
    let mut people: BTreeMap<u128, usize> = BTreeMap::new();
    for example in examples {
        *people.entry(example.by).or_default() += 1;
    }
    if people.len() < PEOPLE {
        return BTreeMap::new();
    }
    let mut busy: Vec<(u128, usize)> = people.into_iter().filter(|(_, count)| *count >= ENOUGH).collect();
    busy.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    busy.truncate(8);
    let agreement: BTreeMap<u128, f32> = busy
        .into_iter()
        .filter_map(|(person, _)| Some((person, agreement(examples, person)?)))
        .collect();
    let mut ranked: Vec<f32> = agreement.values().copied().collect();
    ranked.sort_by(f32::total_cmp);
    let Some(usual) = ranked.get(ranked.len() / 2).copied().filter(|_| ranked.len() >= PEOPLE) else {
        return BTreeMap::new();
    };
    agreement
        .into_iter()
        .map(|(person, agreement)| {
            // Half as good as is usual is no good.
            let trust = (2.0 * agreement / usual.max(0.05) - 1.0).clamp(0.0, 1.0);
            (person, trust * trust)
        })
        .collect()
}

/// Share of a person's corrections, 0..1, that a model fitted to the others' foretells; rare values count as much as frequent ones.
fn agreement(examples: &[Example], person: u128) -> Option<f32> {
    let mut values: Vec<&str> = examples.iter().map(|example| example.value.as_str()).collect();
    values.sort_unstable();
    values.dedup();
    let class = |example: &Example| values.binary_search(&example.value.as_str()).ok();
    let others: Vec<Lesson> = examples
        .iter()
        .filter(|example| example.by != person)
        .map(|example| Lesson::new(&example.sample, class(example)))
        .collect();
    if others.is_empty() || values.len() < 2 {
        return None;
    }
    let terms = Terms {
        classes: values.len(),
        bias: true,
        balanced: true,
    };
    let fit = Fit::quick(&others, terms);
    let best = |sample: &Sample| {
        let sums = fit.sums(&fit.vector(sample, 0.0));
        let best = sums.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map(|(class, _)| class)
    };
    let own = examples.iter().filter(|example| example.by == person);
    let (right, all) = own.fold((0, 0), |(right, all), example| {
        (right + usize::from(best(&example.sample) == class(example)), all + 1)
    });
    Some(right as f32 / all.max(1) as f32)
}
