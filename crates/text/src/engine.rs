//! The engine: from a text to its labels.

use std::borrow::Cow;

use voce_domain::labels::{Details, Entity, Labels};

use crate::evidence::Evidences;
use crate::features::Features;
use crate::feelings::Felt;
use crate::learn::Company;
use crate::lexicon::{Hit, Lexicon, Tongue};
use crate::need::Need;
use crate::tokens::Token;
use crate::{
    body, complaint, emotion, feelings, irony, language, noise, phrases, request, sentiment, signals, tokens, urgency,
};

/// Labels messages. Built once (it compiles the lexicons) and shared between threads.
pub struct Engine {
    lexicon: Lexicon,
}

/// What is known about a message besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Subject line of a mail or title of a post.
    pub subject: Option<&'a str>,
    pub automatic: Automatic,
    /// Language that the platform or the account tells (BCP 47, e.g. `it` or `en-GB`); used when the text itself does not tell.
    pub language_hint: Option<&'a str>,
    /// Names towards which sentiment is to be told, besides those that the company knows.
    pub targets: &'a [&'a str],
}

/// What the protocol's own headers said about a machine having written the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Automatic {
    #[default]
    No,
    AutoReply,
    OutOfOffice,
    Bounce,
}

/// A text as every judgement sees it.
pub(crate) struct Reading<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
    /// Entries of the lexicon found in the tokens, by their first token.
    pub hits: Vec<Hit>,
    pub felt: Vec<Felt>,
}

impl Reading<'_> {
    /// Whether the hit at this index says what an earlier one said: repeating a word does not make it weigh more.
    pub fn repeats(&self, at: usize) -> bool {
        let said = |hit: &Hit| (hit.effect, self.tokens.get(hit.first).and_then(|token| token.word));
        self.hits
            .get(at)
            .is_some_and(|hit| self.hits.iter().take(at).any(|earlier| said(earlier) == said(hit)))
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    pub fn new() -> Self {
        Self {
            lexicon: Lexicon::builtin(),
        }
    }

    /// Says what a message's author means. Quoted mail and signatures are passed over, and of very long texts the first 4,000
    /// characters are judged. Any input is accepted.
    pub fn label(&self, text: &str, context: &Context) -> Labels {
        self.label_for(&Company::default(), text, context)
    }

    /// As [`Self::label`], with what a company's people have corrected.
    pub fn label_for(&self, company: &Company, text: &str, context: &Context) -> Labels {
        let mut labels = self.with_reading(text, context, |reading, language| {
            self.judge(company, reading, language, context)
        });
        labels.details.entities = in_subject(company, context.subject);
        labels.details.entities.extend(company.entities(text));
        labels
    }

    /// Reads a text once, for whoever judges it or learns from it.
    pub(crate) fn with_reading<T>(
        &self,
        text: &str,
        context: &Context,
        then: impl FnOnce(&Reading, Option<language::Decision>) -> T,
    ) -> T {
        let source = whole(text, context.subject);
        let tokens = tokens::read(&source, body::own_words(&source), &self.lexicon);
        let language = language::decide(&source, &tokens, context.language_hint);
        let code = language.as_ref().map(|decision| decision.code.as_str());
        let hits = self.lexicon.hits(&tokens, Tongue::of(code));
        let mut reading = Reading {
            text: &source,
            tokens,
            hits,
            felt: Vec::new(),
        };
        reading.felt = feelings::read(&reading);
        then(&reading, language)
    }

    fn judge(
        &self,
        company: &Company,
        reading: &Reading,
        language: Option<language::Decision>,
        context: &Context,
    ) -> Labels {
        let mut evidences = Evidences::default();
        if let Some(decision) = &language {
            language::explain(decision, reading, &mut evidences);
        }
        let language = language.map(|decision| decision.code);
        let code = language.as_deref();
        let features = Features::read(reading);
        let polarity = sentiment::polarity(reading, &features, code);
        let sentiment = sentiment::judge(reading, &features, code, &polarity, &mut evidences);
        let need = Need::read(&features);
        let urgency = urgency::judge(reading, &features, &need, &sentiment, &mut evidences);
        let (noise, noise_confidence) = noise::judge(reading, context.automatic, &mut evidences);
        let (request_type, request_confidence) = match noise {
            Some(_) => (None, 0.0),
            None => request::judge(reading, &features, &need, &sentiment, &mut evidences),
        };
        let complaint = match noise {
            Some(_) => None,
            None => complaint::judge(reading, &features, &need, &sentiment, &mut evidences),
        };
        let signals = match noise {
            Some(_) => Vec::new(),
            None => signals::judge(
                reading,
                &features,
                &need,
                &sentiment,
                complaint.as_ref(),
                &mut evidences,
            ),
        };
        let emotions = emotion::judge(reading, &features, code, sentiment.score, &mut evidences);
        let products = company.products_in(reading.text);
        let mut named: Vec<&str> = context.targets.to_vec();
        named.extend(products.iter().map(|product| product.value.as_str()));
        let mut labels = Labels {
            language: language.clone(),
            sentiment,
            request_type: request_type.map(str::to_owned),
            request_confidence,
            urgency,
            noise,
            noise_confidence,
            details: Details {
                emotions: emotions.present(),
                irony: irony::judge(reading, &features, code, &mut evidences),
                sentences: sentiment::sentences(reading, &features, code),
                targets: sentiment::targets(reading, &features, code, &named),
                complaint,
                signals,
                phrases: phrases::of(reading),
                ..Details::default()
            },
            model: crate::VERSION,
            ..Labels::unknown()
        };
        company.revise(self, reading, &features, &mut labels, &mut evidences);
        labels.evidence = evidences.strongest(reading);
        labels
    }
}

/// What the subject line names; none of it stands in the text, so that its range is empty.
fn in_subject(company: &Company, subject: Option<&str>) -> Vec<Entity> {
    let mut found = subject.map(|subject| company.entities(subject)).unwrap_or_default();
    for entity in &mut found {
        (entity.start, entity.end) = (0, 0);
    }
    found
}

/// The text that is read of a message: the subject is its first line, except that of an answer: it repeats what somebody said before.
pub fn whole<'a>(text: &'a str, subject: Option<&str>) -> Cow<'a, str> {
    const ANSWERED: [&str; 8] = ["re:", "r:", "rif:", "fwd:", "fw:", "i:", "aw:", "sv:"];
    let subject = subject.map(str::trim).unwrap_or_default();
    let is_answer = ANSWERED.iter().any(|prefix| {
        subject
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    });
    if subject.is_empty() || is_answer {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{subject}\n{text}"))
}
