//! From the files under `lexicons/` to the automaton.

use std::collections::HashMap;

use voce_domain::labels::REQUEST_TYPES;

use super::{ANY, Effect, Entry, Language, Lexicon, Node, WordId};
use crate::fold::fold;
use crate::inflect::{self, Inflect};

/// A lexicon file: whose language it is, how its lemmas inflect, and its text.
struct File {
    language: Option<Language>,
    inflect: Inflect,
    text: &'static str,
}

macro_rules! files {
    ($($language:expr, $inflect:expr, $path:literal;)+) => {
        &[$(File { language: $language, inflect: $inflect, text: include_str!(concat!("../../lexicons/", $path)) }),+]
    };
}

const ITALIAN: Option<Language> = Some(Language::Italian);
const ENGLISH: Option<Language> = Some(Language::English);

/// Where two files speak of one form, the later one is right.
const FILES: &[File] = files! {
    None, inflect::unchanged, "pictures.txt";
    ITALIAN, inflect::italian_verb, "it/verbs.txt";
    ITALIAN, inflect::italian_noun, "it/nouns.txt";
    ITALIAN, inflect::italian_adjective, "it/adjectives.txt";
    ITALIAN, inflect::unchanged, "it/forms.txt";
    ITALIAN, inflect::unchanged, "it/phrases.txt";
    ITALIAN, inflect::unchanged, "it/modifiers.txt";
    ITALIAN, inflect::unchanged, "it/requests.txt";
    ITALIAN, inflect::unchanged, "it/urgency.txt";
    ITALIAN, inflect::unchanged, "it/noise.txt";
    ITALIAN, inflect::unchanged, "it/subjects.txt";
    ITALIAN, inflect::unchanged, "it/signals.txt";
    ITALIAN, inflect::unchanged, "it/irony.txt";
    ENGLISH, inflect::english_verb, "en/verbs.txt";
    ENGLISH, inflect::english_noun, "en/nouns.txt";
    ENGLISH, inflect::english_adjective, "en/adjectives.txt";
    ENGLISH, inflect::unchanged, "en/forms.txt";
    ENGLISH, inflect::unchanged, "en/phrases.txt";
    ENGLISH, inflect::unchanged, "en/modifiers.txt";
    ENGLISH, inflect::unchanged, "en/requests.txt";
    ENGLISH, inflect::unchanged, "en/urgency.txt";
    ENGLISH, inflect::unchanged, "en/noise.txt";
    ENGLISH, inflect::unchanged, "en/subjects.txt";
    ENGLISH, inflect::unchanged, "en/signals.txt";
    ENGLISH, inflect::unchanged, "en/irony.txt";
};

/// What people type for a word: "nn" is "non".
const ABBREVIATIONS: [&str; 2] = [
    include_str!("../../lexicons/it/abbreviations.txt"),
    include_str!("../../lexicons/en/abbreviations.txt"),
];

pub(super) fn builtin() -> Lexicon {
    let mut compiler = Compiler::new();
    for file in FILES {
        for (effect, item) in items(file.text) {
            // The files are part of the program and a test reads every line of them.
            if let Some(effect) = effect {
                compiler.add(file, effect, item);
            }
        }
    }
    for (word, typed) in ABBREVIATIONS.into_iter().flat_map(abbreviations) {
        compiler.abbreviate(word, typed);
    }
    compiler.lexicon
}

/// Every word with what is typed for it.
fn abbreviations(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(word, typed)| typed.split(", ").map(move |typed| (word, typed)))
}

/// Every item of a file with the meaning of its line; `None` where the head is not understood.
fn items(text: &'static str) -> impl Iterator<Item = (Option<Effect>, &'static str)> {
    let mut effect = None;
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .flat_map(move |line| {
            let rest = if line.starts_with(' ') {
                line
            } else {
                let (head, rest) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
                effect = parse_head(head);
                rest
            };
            rest.split(',')
                .map(|item| item.trim().trim_end_matches('\u{fe0f}'))
                .filter(|item| !item.is_empty())
                .map(move |item| (effect, item))
        })
}

/// What the head of a line says about its items.
fn parse_head(head: &str) -> Option<Effect> {
    let mut parts = head.split_whitespace();
    let name = parts.next()?;
    if let Ok(value) = name.parse() {
        return Some(Effect::Feeling(value));
    }
    let value = parts.next().map_or(Some(1.0), |value| value.parse().ok())?;
    Some(match name {
        "courtesy" => Effect::Courtesy(value),
        "negation" => Effect::Negation,
        "strength" => Effect::Strength(value),
        "contrast" => Effect::Contrast,
        "urgency" => Effect::Urgency(value),
        "irony" => Effect::Irony(value),
        "irony_tag" => Effect::IronyTag(value),
        _ => return parse_label(name, value),
    })
}

/// A label by its key; request types go first, for praise and ideas are both.
fn parse_label(key: &str, value: f32) -> Option<Effect> {
    if let Some(request) = REQUEST_TYPES.iter().position(|request| *request == key) {
        return Some(Effect::Request(request as u8, value));
    }
    let noise = key.parse().map(|noise| Effect::Noise(noise, value)).ok();
    let subject = || key.parse().map(|subject| Effect::Subject(subject, value)).ok();
    let signal = || key.parse().map(|signal| Effect::Signal(signal, value)).ok();
    noise.or_else(subject).or_else(signal)
}

struct Compiler {
    lexicon: Lexicon,
    forms: Vec<(String, f32)>,
}

impl Compiler {
    fn new() -> Self {
        let mut lexicon = Lexicon {
            words: HashMap::default(),
            nodes: Vec::new(),
            steps: HashMap::default(),
        };
        // Node 0 stands for "any word" and is never a word's own.
        lexicon.nodes.push(Node::default());
        Self {
            lexicon,
            forms: Vec::new(),
        }
    }

    fn add(&mut self, file: &File, effect: Effect, item: &str) {
        let mut forms = std::mem::take(&mut self.forms);
        match item.strip_prefix('=') {
            Some(exact) if file.language.is_some() => forms.push((exact.to_lowercase(), 1.0)),
            _ => (file.inflect)(&fold(item), &mut forms),
        }
        for (form, factor) in forms.drain(..) {
            self.add_form(file.language, effect, &form, factor);
        }
        self.forms = forms;
    }

    fn add_form(&mut self, language: Option<Language>, effect: Effect, form: &str, factor: f32) {
        let Some(node) = self.path(form) else { return };
        let effect = match effect {
            Effect::Feeling(value) => Effect::Feeling(value * factor),
            other => other,
        };
        let entries = &mut self.lexicon.nodes[node as usize].entries;
        entries.retain(|entry| entry.language != language || !entry.effect.competes(effect));
        // A phrase without feeling is kept: it takes away that of its words.
        if effect != Effect::Feeling(0.0) || form.contains(' ') {
            entries.push(Entry { language, effect });
        }
    }

    /// The node of a word or phrase, made if need be.
    fn path(&mut self, form: &str) -> Option<u32> {
        let mut words = split_words(form).into_iter();
        let mut node = self.intern(words.next()?);
        for word in words {
            let word = if word == "*" { ANY } else { self.intern(word) };
            let next = self.lexicon.nodes.len() as u32;
            let step = *self.lexicon.steps.entry((node, word)).or_insert(next);
            if step == next {
                self.lexicon.nodes.push(Node::default());
            }
            self.lexicon.nodes[node as usize].continues = true;
            node = step;
        }
        Some(node)
    }

    /// From now on, what is typed is read as the word.
    fn abbreviate(&mut self, word: &str, typed: &str) {
        let id = self.intern(&fold(word));
        self.lexicon.words.insert(fold(typed).into(), id);
    }

    fn intern(&mut self, word: &str) -> WordId {
        if let Some(id) = self.lexicon.words.get(word) {
            return *id;
        }
        let id = self.lexicon.nodes.len() as WordId;
        self.lexicon.words.insert(word.into(), id);
        self.lexicon.nodes.push(Node::default());
        id
    }
}

/// Words as the tokenizer will see them: cut at blanks and after elided articles.
fn split_words(form: &str) -> Vec<&str> {
    const CONTRACTIONS: [&str; 7] = ["t", "s", "re", "ll", "ve", "d", "m"];
    form.split_whitespace()
        .flat_map(|word| match word.split_once('\'') {
            Some((start, end)) if start.chars().all(char::is_alphabetic) && !CONTRACTIONS.contains(&end) => {
                vec![start, end]
            }
            _ => vec![word],
        })
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::LONGEST;
    use super::*;

    #[test]
    fn every_line_of_every_file_is_understood() {
        for file in FILES {
            for (effect, item) in items(file.text) {
                assert!(effect.is_some(), "{item:?} stands under a head that is not understood");
                assert!(
                    !item.contains(':') || file.language.is_none(),
                    "{item:?} looks like a head"
                );
            }
        }
    }

    #[test]
    fn no_phrase_is_longer_than_the_matcher_looks_back() {
        for (_, item) in FILES.iter().flat_map(|file| items(file.text)) {
            assert!(split_words(item).len() <= LONGEST, "{item}");
        }
    }

    #[test]
    fn what_is_typed_for_a_word_is_read_as_it() {
        let lexicon = builtin();
        for (typed, word) in [("nn", "non"), ("xke", "perche"), ("thx", "thanks"), ("dont", "don't")] {
            assert_eq!(lexicon.word(typed), lexicon.word(word), "{typed}");
        }
        // An abbreviation of an abbreviation would be lost.
        let words: Vec<&str> = ABBREVIATIONS
            .into_iter()
            .flat_map(abbreviations)
            .map(|(word, _)| word)
            .collect();
        let typed: Vec<&str> = ABBREVIATIONS
            .into_iter()
            .flat_map(abbreviations)
            .map(|(_, typed)| typed)
            .collect();
        assert!(words.iter().all(|word| !typed.contains(word)));
        assert!(typed.len() > 100);
    }

    #[test]
    fn each_language_has_a_large_vocabulary_of_feeling() {
        let lexicon = builtin();
        for language in [Language::Italian, Language::English] {
            let polar = lexicon.nodes.iter().flat_map(|node| &node.entries);
            let polar =
                polar.filter(|entry| entry.language == Some(language) && matches!(entry.effect, Effect::Feeling(_)));
            assert!(polar.count() >= 1_500, "{language:?}");
        }
    }
}
