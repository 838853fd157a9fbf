//! Measuring the engine on a table of labelled texts.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use voce_domain::labels::{Emotion, Labels, Noise, SentimentClass};

use super::{Certainty, Confusion, auc, pearson};
use crate::engine::{Context, Engine};
use crate::irony::IRONIC_FROM;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Labels are ISO 639-1 codes.
    Language,
    /// Labels are `negative`, `neutral`, `positive` (or -1, 0, 1), or numbers with which the score is to agree.
    Sentiment,
    /// Labels are names of emotions; or numbers with which the intensity of the given emotion is to agree.
    Emotion(Option<Emotion>),
    /// Labels are yes or no in any usual spelling.
    Irony,
    Complaint,
    /// Yes, no or a kind of noise.
    Noise,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How many texts were measured.
    pub n: usize,
    /// How many rows were passed over, because their label is none of the task.
    pub skipped: usize,
    /// Empty where labels are numbers.
    pub confusion: Confusion,
    /// Area under the curve, where the answer is yes or no (for sentiment: positive or negative).
    pub auc: Option<f64>,
    /// Where labels are numbers.
    pub pearson: Option<f64>,
    /// Expected calibration error.
    pub ece: Option<f64>,
    /// As SENTIPOLC 2016 counts polarity: the mean over "positive, yes or no" and "negative, yes or no" of the two F1.
    pub polarity_f1: Option<f64>,
    pub took: Duration,
}

/// Why nothing was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluateError {
    /// No row has a label of the task; the first labels that there are.
    Labels(String),
    /// The labels are numbers, and it was not said of which emotion.
    WhichEmotion,
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Labels(there) => write!(f, "no label belongs to the task; the labels are {there}"),
            Self::WhichEmotion => f.write_str("the labels are numbers: say of which emotion"),
        }
    }
}

impl std::error::Error for EvaluateError {}

impl Report {
    pub fn posts_per_second(&self) -> f64 {
        self.n as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

impl Task {
    /// Labels every text and compares with what people said. Rows are label and text.
    pub fn evaluate(self, engine: &Engine, rows: &[[&str; 2]]) -> Result<Report, EvaluateError> {
        let context = Context::default();
        // What is only done once does not count: the models of a language are read when they are first needed.
        for text in [
            "questa non me l'aspettavo proprio",
            "I really did not see that coming",
            "das hätte ich nicht gedacht",
        ] {
            engine.label(text, &context);
        }
        let start = Instant::now();
        let labelled: Vec<(&str, Labels)> = rows
            .iter()
            .map(|[label, text]| (label.trim(), engine.label(text, &context)))
            .collect();
        let took = start.elapsed();
        let distinct: BTreeSet<&str> = labelled.iter().map(|(label, _)| *label).collect();
        let numbers = distinct.len() > 3 && distinct.iter().all(|label| label.parse::<f64>().is_ok());
        let mut report = match self {
            Self::Sentiment if numbers => agree(&labelled, |labels| labels.sentiment.score),
            Self::Emotion(emotion) if numbers => {
                let emotion = emotion.ok_or(EvaluateError::WhichEmotion)?;
                agree(&labelled, move |labels| intensity(labels, emotion))
            }
            _ => self.compare(&labelled, &distinct),
        };
        if report.n == 0 {
            let some: Vec<&str> = distinct.into_iter().take(8).collect();
            return Err(EvaluateError::Labels(some.join(", ")));
        }
        report.took = took;
        Ok(report)
    }

    fn compare(self, labelled: &[(&str, Labels)], distinct: &BTreeSet<&str>) -> Report {
        let classes = self.classes(distinct);
        let mut report = Report::empty(classes.iter().copied());
        let mut certainty = Certainty::default();
        let mut scored = Vec::new();
        let mut polarity = Polarity::default();
        for (label, labels) in labelled {
            polarity.add(label, labels.sentiment.class);
            let Some(given) = self.given(label) else {
                report.skipped += 1;
                continue;
            };
            let (predicted, confidence, score) = self.predict(labels, &classes);
            if !report.confusion.add(given, predicted) {
                report.skipped += 1;
                continue;
            }
            report.n += 1;
            if let Some(confidence) = confidence {
                certainty.add(f64::from(confidence), given == predicted);
            }
            match given {
                "yes" | "positive" => scored.push((f64::from(score), true)),
                "no" | "negative" => scored.push((f64::from(score), false)),
                _ => {}
            }
        }
        report.auc = auc(&scored);
        report.ece = certainty.error();
        report.polarity_f1 = (self == Self::Sentiment).then(|| polarity.f1());
        report
    }

    fn classes<'a>(self, distinct: &BTreeSet<&'a str>) -> Vec<&'a str> {
        match self {
            Self::Language => {
                let mut codes: Vec<&str> = distinct.iter().copied().collect();
                codes.push(ANOTHER);
                codes
            }
            Self::Sentiment => SentimentClass::ALL.iter().map(|class| class.key()).collect(),
            Self::Emotion(_) => distinct
                .iter()
                .copied()
                .filter(|label| emotions(label).is_some())
                .collect(),
            Self::Irony | Self::Complaint | Self::Noise => vec!["no", "yes"],
        }
    }

    /// What people said, in the task's own words.
    fn given(self, label: &str) -> Option<&str> {
        match self {
            Self::Language => Some(label),
            Self::Sentiment => Some(match label {
                "-1" => "negative",
                "0" => "neutral",
                "1" => "positive",
                other => other,
            }),
            Self::Emotion(_) => emotions(label).map(|_| label),
            Self::Irony | Self::Complaint | Self::Noise => yes_or_no(label),
        }
    }

    /// What the engine said, how sure it was, and how much speaks for yes.
    fn predict<'a>(self, labels: &'a Labels, classes: &[&'a str]) -> (&'a str, Option<f32>, f32) {
        let binary = |yes: bool, probability: f32| {
            let confidence = if yes { probability } else { 1.0 - probability };
            (if yes { "yes" } else { "no" }, Some(confidence), probability)
        };
        match self {
            Self::Language => {
                let code = labels.language.as_deref().unwrap_or(ANOTHER);
                (if classes.contains(&code) { code } else { ANOTHER }, None, 0.0)
            }
            Self::Sentiment => {
                let sentiment = labels.sentiment;
                (sentiment.class.key(), Some(sentiment.confidence), sentiment.score)
            }
            Self::Emotion(_) => {
                let strength = |class: &&str| -> f32 {
                    let of = emotions(class).unwrap_or_default();
                    of.iter().map(|emotion| intensity(labels, *emotion)).fold(0.0, f32::max)
                };
                let strongest = classes
                    .iter()
                    .copied()
                    .max_by(|a, b| strength(a).total_cmp(&strength(b)));
                (strongest.unwrap_or_default(), None, 0.0)
            }
            Self::Irony => binary(labels.details.irony >= IRONIC_FROM, labels.details.irony),
            Self::Complaint => {
                let complaint = labels.details.complaint.as_ref();
                let confidence = complaint.map_or(0.0, |complaint| complaint.confidence);
                let (answer, _, score) = binary(complaint.is_some(), confidence);
                (answer, None, score)
            }
            Self::Noise => {
                let is_noise = labels.noise.is_some();
                let confidence = labels.noise_confidence;
                binary(is_noise, if is_noise { confidence } else { 1.0 - confidence })
            }
        }
    }
}

/// A language that the table does not have, or none.
const ANOTHER: &str = "other";

impl Report {
    fn empty<'a>(classes: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            n: 0,
            skipped: 0,
            confusion: Confusion::new(classes),
            auc: None,
            pearson: None,
            ece: None,
            polarity_f1: None,
            took: Duration::ZERO,
        }
    }
}

/// Labels are numbers.
fn agree(labelled: &[(&str, Labels)], of: impl Fn(&Labels) -> f32) -> Report {
    let number = |(label, labels): &(&str, Labels)| Some((label.parse().ok()?, f64::from(of(labels))));
    let pairs: Vec<(f64, f64)> = labelled.iter().filter_map(number).collect();
    Report {
        n: pairs.len(),
        skipped: labelled.len() - pairs.len(),
        pearson: pearson(&pairs),
        ..Report::empty([])
    }
}

fn intensity(labels: &Labels, emotion: Emotion) -> f32 {
    let mut emotions = labels.details.emotions.iter();
    emotions
        .find(|(of, _)| *of == emotion)
        .map_or(0.0, |(_, intensity)| *intensity)
}

/// The basic emotions that a name stands for.
fn emotions(label: &str) -> Option<Vec<Emotion>> {
    match label {
        "optimism" => Some(vec![Emotion::Anticipation, Emotion::Trust]),
        "love" => Some(vec![Emotion::Joy, Emotion::Trust]),
        _ => label.parse().ok().map(|emotion| vec![emotion]),
    }
}

fn yes_or_no(label: &str) -> Option<&'static str> {
    match label.to_lowercase().as_str() {
        "1" | "yes" | "true" | "irony" | "ironic" | "complaint" | "noise" | "not related" | "not applicable" => {
            Some("yes")
        }
        "" | "0" | "no" | "false" | "none" | "non_irony" | "not_ironic" | "on-topic" => Some("no"),
        "off-topic" => Some("yes"),
        label if label.starts_with("not") || label.starts_with("related") => Some("no"),
        label => label.parse::<Noise>().ok().map(|_| "yes"),
    }
}

/// Two questions instead of three classes; `mixed` is a yes to both.
#[derive(Default)]
struct Polarity {
    /// Given and predicted, by question.
    counts: [[[usize; 2]; 2]; 2],
}

impl Polarity {
    fn add(&mut self, given: &str, predicted: SentimentClass) {
        let given = match given {
            "positive" | "1" => [true, false],
            "negative" | "-1" => [false, true],
            "neutral" | "0" => [false, false],
            "mixed" => [true, true],
            _ => return,
        };
        let predicted = [
            predicted == SentimentClass::Positive,
            predicted == SentimentClass::Negative,
        ];
        for ((counts, given), predicted) in self.counts.iter_mut().zip(given).zip(predicted) {
            counts[usize::from(given)][usize::from(predicted)] += 1;
        }
    }

    fn f1(&self) -> f64 {
        let of = |counts: &[[usize; 2]; 2], answer: usize| {
            let (right, wrong) = (
                counts[answer][answer],
                counts[answer][1 - answer] + counts[1 - answer][answer],
            );
            2.0 * right as f64 / ((2 * right + wrong) as f64).max(1.0)
        };
        self.counts
            .iter()
            .map(|counts| (of(counts, 0) + of(counts, 1)) / 2.0)
            .sum::<f64>()
            / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_classes() {
        let rows = [
            ["positive", "che meraviglia, grazie mille!"],
            ["-1", "fa schifo, una vergogna"],
            ["odd", "x"],
        ];
        let report = Task::Sentiment.evaluate(&Engine::new(), &rows).unwrap();
        assert_eq!((report.n, report.skipped), (2, 1));
        assert_eq!(report.confusion.accuracy(), 1.0);
        assert_eq!(report.auc, Some(1.0));
        assert_eq!(report.polarity_f1, Some(1.0));
    }

    #[test]
    fn measures_numbers() {
        let rows = [
            ["0.9", "wonderful, I love it"],
            ["0.5", "the shop opens at nine"],
            ["0.2", "this is bad"],
            ["0.1", "awful, I hate it"],
        ];
        let report = Task::Sentiment.evaluate(&Engine::new(), &rows).unwrap();
        assert!(report.pearson.unwrap() > 0.8);
        assert_eq!(
            Task::Emotion(None).evaluate(&Engine::new(), &rows),
            Err(EvaluateError::WhichEmotion)
        );
    }

    #[test]
    fn says_which_labels_there_are() {
        let error = Task::Irony.evaluate(&Engine::new(), &[["maybe", "x"]]).unwrap_err();
        assert_eq!(error.to_string(), "no label belongs to the task; the labels are maybe");
    }
}
