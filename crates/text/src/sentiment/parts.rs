//! Sentiment of a part of a text: a sentence, or the clause that speaks of a target.

use std::ops::Range;

use voce_domain::labels::{SentenceSentiment, TargetSentiment};

use super::{model, score};
use crate::engine::Reading;
use crate::features::Features;
use crate::fold::fold;
use crate::lexicon::Effect;
use crate::tokens::Kind;

/// More sentences than this, or targets, are not told apart.
const MOST: usize = 24;

/// The sentiment of each sentence; nothing where there is only one.
pub(crate) fn sentences(reading: &Reading, features: &Features, language: Option<&str>) -> Vec<SentenceSentiment> {
    let parts = split(reading, ends_sentence);
    if parts.len() < 2 {
        return Vec::new();
    }
    let sentence = |tokens: Range<usize>| {
        let score = score_of(reading, features, language, tokens.clone());
        let (first, last) = (reading.tokens.get(tokens.start)?, reading.tokens.get(tokens.end - 1)?);
        Some(SentenceSentiment {
            start: first.start as usize,
            end: last.end as usize,
            score,
        })
    };
    parts.into_iter().take(MOST).filter_map(sentence).collect()
}

/// The sentiment towards each of the given names that the text speaks of, and towards each account that it mentions.
///
/// What counts is the clause in which the name stands; where that is silent, the clauses after it up to the next name. Of two names
/// in a comparison ("A is better than B") the second gets the opposite.
pub(crate) fn targets(
    reading: &Reading,
    features: &Features,
    language: Option<&str>,
    names: &[&str],
) -> Vec<TargetSentiment> {
    let found = find(reading, names);
    if found.is_empty() {
        return Vec::new();
    }
    let clauses = split(reading, |reading, at| {
        ends_sentence(reading, at) || starts_clause(reading, at + 1)
    });
    let mut targets: Vec<(String, f32, f32)> = Vec::new();
    for (place, (name, tokens)) in found.iter().enumerate() {
        let reach = found
            .get(place + 1)
            .map_or(reading.tokens.len(), |(_, next)| next.start);
        let mut score = clauses
            .iter()
            .filter(|clause| clause.end > tokens.start && (clause.start < tokens.end || clause.start < reach))
            .map(|clause| score_of(reading, features, language, clause.clone()))
            .find(|score| score.abs() >= SILENT)
            .unwrap_or_default();
        if place > 0 && compares(reading, found[place - 1].1.end..tokens.start) {
            score = -targets.last().map_or(score, |(_, last, _)| *last);
        }
        match targets.iter().position(|(known, ..)| known == name) {
            Some(known) => {
                targets[known].1 += score;
                targets[known].2 += 1.0;
            }
            None if targets.len() < MOST => targets.push((name.clone(), score, 1.0)),
            None => {}
        }
    }
    let mean = |(target, sum, count): (String, f32, f32)| TargetSentiment {
        target,
        score: sum / count,
    };
    targets.into_iter().map(mean).collect()
}

/// A clause with a smaller score says nothing of its own.
const SILENT: f32 = 0.15;

fn score_of(reading: &Reading, features: &Features, language: Option<&str>, tokens: Range<usize>) -> f32 {
    match model(language) {
        Some(model) => {
            let mut probabilities = [0.0; 3];
            model
                .linear
                .probabilities(&features.within(reading, tokens), &mut probabilities);
            score(&probabilities)
        }
        None => score(&super::by_rule(reading, tokens)),
    }
}

/// Cuts the tokens after each at which `ends` says so; parts without a word or picture are left out.
fn split(reading: &Reading, ends: impl Fn(&Reading, usize) -> bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 0..reading.tokens.len() {
        if ends(reading, at) || at + 1 == reading.tokens.len() {
            let said = |kind: Kind| matches!(kind, Kind::Word | Kind::Hashtag | Kind::Picture);
            if reading.tokens[start..=at].iter().any(|token| said(token.kind)) {
                parts.push(start..at + 1);
            }
            start = at + 1;
        }
    }
    parts
}

/// Whether a sentence ends with this token: a full stop, or a mark after which a blank or nothing comes.
fn ends_sentence(reading: &Reading, at: usize) -> bool {
    let Some(token) = reading.tokens.get(at) else {
        return true;
    };
    let text = reading.text.get(token.range()).unwrap_or_default();
    let ends = match token.kind {
        Kind::Stop => matches!(text, "." | "…" | "\n" | "" | "。"),
        Kind::Question | Kind::Exclamation => true,
        _ => false,
    };
    let after = reading.text.get(token.end as usize..).unwrap_or_default();
    ends && (matches!(text, "\n" | "。") || after.chars().next().is_none_or(char::is_whitespace))
}

/// Whether a clause begins with this token: after a comma or semicolon, or with "but".
fn starts_clause(reading: &Reading, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| reading.tokens.get(before));
    before.is_some_and(|token| token.kind == Kind::Comma || token.kind == Kind::Stop)
        || reading
            .hits
            .iter()
            .any(|hit| hit.first == at && hit.effect == Effect::Contrast)
}

/// Where the names and mentions stand, in the order of the text.
fn find(reading: &Reading, names: &[&str]) -> Vec<(String, Range<usize>)> {
    let folded: Vec<(&str, Vec<String>)> = names
        .iter()
        .map(|name| (*name, fold(name).split_whitespace().map(str::to_owned).collect()))
        .filter(|(_, words): &(&str, Vec<String>)| !words.is_empty())
        .collect();
    let mut found = Vec::new();
    let spoken: Vec<String> = if folded.is_empty() {
        Vec::new()
    } else {
        let text = |range| fold(reading.text.get(range).unwrap_or_default());
        let tokens = reading.tokens.iter();
        tokens
            .map(|token| text(token.range()).trim_start_matches(['#', '@']).to_owned())
            .collect()
    };
    let mut at = 0;
    while at < reading.tokens.len() {
        let here = |words: &[String]| spoken.get(at..at + words.len()) == Some(words);
        let longest = folded
            .iter()
            .filter(|(_, words)| here(words))
            .max_by_key(|(_, words)| words.len());
        let token = &reading.tokens[at];
        match longest {
            Some((name, words)) => {
                found.push(((*name).to_owned(), at..at + words.len()));
                at += words.len();
            }
            None => {
                if token.kind == Kind::Mention {
                    let mention = reading.text.get(token.range()).unwrap_or_default();
                    found.push((mention.to_owned(), at..at + 1));
                }
                at += 1;
            }
        }
    }
    found
}

/// Whether the tokens between two names set the first against the second.
fn compares(reading: &Reading, between: Range<usize>) -> bool {
    const COMPARISONS: [&str; 14] = [
        "meglio di",
        "meglio del",
        "meglio della",
        "migliore di",
        "migliore della",
        "migliore del",
        "peggio di",
        "peggio del",
        "peggio della",
        "peggiore di",
        "better than",
        "worse than",
        "rather than",
        "piuttosto che",
    ];
    let tokens = reading.tokens.get(between).unwrap_or_default();
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return false;
    };
    let text = fold(
        reading
            .text
            .get(first.start as usize..last.end as usize)
            .unwrap_or_default(),
    );
    COMPARISONS.iter().any(|comparison| text.ends_with(comparison))
}
