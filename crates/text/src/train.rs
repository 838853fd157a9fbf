//! How the shipped models are made: each is a recipe from named sets of labelled texts to a file. The same sets give the same bytes.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use crate::engine::{Context, Engine};
use crate::features::Features;
use crate::linear::Example;
use crate::table::{Table, TableError};
use crate::{emotion, irony, language, need, sentiment};

/// Where the labelled texts are.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Folder of the public sets.
    pub sets: &'a Path,
    /// Folder of the texts written for Voce (`crates/text/training`).
    pub own: &'a Path,
}

/// How one model is made.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// Name of the model, and of its file without `.bin`.
    pub name: &'static str,
    /// What it learns from.
    pub from: &'static [&'static str],
    learn: fn(&Engine, &Sources) -> Result<Vec<u8>, TrainError>,
}

/// Every shipped model. The first tells the language, on which the features of the others depend: after a change to it, build
/// again before training the rest.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        name: "language",
        from: &[
            "sentiment/umsab_*_train",
            "sentiment/semeval2013_2016_en_train",
            "own: language/*",
        ],
        learn: |_, sources| Ok(language::training::train(sources.sets, 1)?),
    },
    Recipe {
        name: "sentiment_it",
        from: &[
            "sentiment/umsab_italian_train",
            "own: requests_it",
            "sentiment/semeval2013_2016_en_train without umsab_english_val",
        ],
        learn: sentiment::training::italian,
    },
    Recipe {
        name: "sentiment_en",
        from: &[
            "sentiment/semeval2013_2016_en_train without umsab_english_val",
            "own: requests_en",
        ],
        learn: sentiment::training::english,
    },
    Recipe {
        name: "sentiment_xx",
        from: &[
            "sentiment/umsab_*_train",
            "sentiment/semeval2013_2016_en_train without umsab_english_val",
        ],
        learn: sentiment::training::other,
    },
    Recipe {
        name: "emotion",
        from: &[
            "emotion/tweeteval_emotion_en_train",
            "sentiment/umsab_*_train",
            "sentiment/semeval2013_2016_en_train",
        ],
        learn: emotion::training::train,
    },
    Recipe {
        name: "irony_en",
        from: &["emotion/tweeteval_irony_en_train"],
        learn: irony::training::english,
    },
    Recipe {
        name: "irony_xx",
        from: &["emotion/tweeteval_irony_en_train", "sentiment/umsab_italian_train"],
        learn: irony::training::other,
    },
    Recipe {
        name: "request",
        from: &["own: requests_it", "own: requests_en"],
        learn: need::training::request,
    },
    Recipe {
        name: "need",
        from: &[
            "own: requests_it",
            "own: requests_en",
            "sentiment/umsab_italian_train, sentiment/umsab_english_train: posts that are no complaint",
        ],
        learn: need::training::need,
    },
];

/// Why a model could not be made.
#[derive(Debug)]
pub enum TrainError {
    Table(TableError),
    /// A set has not one text with a label that the recipe knows.
    Empty(String),
}

impl From<TableError> for TrainError {
    fn from(error: TableError) -> Self {
        Self::Table(error)
    }
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(error) => error.fmt(f),
            Self::Empty(set) => write!(f, "{set} has no text with a known label"),
        }
    }
}

impl std::error::Error for TrainError {}

impl Recipe {
    /// The model's file. The same sources give the same bytes.
    pub fn make(&self, engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
        (self.learn)(engine, sources)
    }
}

impl Sources<'_> {
    /// Opens a set by its name in the manifest, or, after "own: ", one of our own.
    pub(crate) fn table(&self, name: &str) -> Result<Table, TableError> {
        let path = match name.strip_prefix("own: ") {
            Some(name) => self.own.join(name),
            None => self.sets.join(name),
        };
        Table::open(&path.with_extension("tsv"))
    }

    /// The texts of a set, as [`bare`] ones, so that they can be kept out of another.
    pub(crate) fn texts(&self, name: &str) -> Result<HashSet<String>, TableError> {
        let table = self.table(name)?;
        Ok(table.columns(["text"])?.into_iter().map(|[text]| bare(text)).collect())
    }

    /// Learns-from examples of one set: of each row, the text and which of the classes its label is. Rows with other labels, and
    /// texts that are kept out, are passed over.
    pub(crate) fn examples(&self, engine: &Engine, set: &Set) -> Result<Vec<Example>, TrainError> {
        let context = Context {
            language_hint: set.language,
            ..Context::default()
        };
        let table = self.table(set.name)?;
        let mut examples = Vec::new();
        for [label, text] in table.columns([set.label, "text"])? {
            let class = set.classes.iter().position(|class| *class == label);
            let Some(class) = class.filter(|_| !set.without.contains(&bare(text))) else {
                continue;
            };
            let features = engine.with_reading(text, &context, |reading, _| Features::read(reading));
            let mut example = Example::of_class(features, class, set.classes.len());
            example.weight = set.weight;
            examples.push(example);
        }
        if examples.is_empty() {
            return Err(TrainError::Empty(set.name.to_owned()));
        }
        Ok(examples)
    }
}

/// What to take from a set.
pub(crate) struct Set<'a> {
    pub name: &'a str,
    /// The column of the labels.
    pub label: &'a str,
    pub classes: &'a [&'a str],
    /// Language of the texts that do not tell themselves.
    pub language: Option<&'a str>,
    /// How much each example counts.
    pub weight: f32,
    /// Bare texts that must not be learnt from.
    pub without: HashSet<String>,
}

/// A text without names, links, signs and case: one that was posted twice is the same.
pub(crate) fn bare(text: &str) -> String {
    text.split_whitespace()
        .filter(|word| !word.starts_with('@') && !word.starts_with("http"))
        .flat_map(str::chars)
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Weighs the examples so that every class counts the same, whatever its number.
pub(crate) fn balance(examples: &mut [Example]) {
    let class = |example: &Example| {
        example
            .target
            .iter()
            .position(|target| *target == 1.0)
            .unwrap_or_default()
    };
    let mut counts = vec![0.0; examples.first().map_or(0, |example| example.target.len())];
    for example in examples.iter() {
        counts[class(example)] += 1.0;
    }
    let mean = counts.iter().sum::<f32>() / counts.len().max(1) as f32;
    for example in examples.iter_mut() {
        example.weight *= mean / counts[class(example)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn every_recipe_has_shipped_a_model_of_the_present_format() {
        for recipe in RECIPES {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("models")
                .join(recipe.name)
                .with_extension("bin");
            let model = Model::read(std::fs::read(&path).unwrap().leak());
            assert_eq!(
                model.map(|model| model.name),
                Ok(recipe.name.to_owned()),
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn a_text_posted_twice_is_the_same_bare() {
        assert_eq!(bare("@user Ciao, come va? http"), bare("ciao come va"));
    }

    #[test]
    fn balanced_classes_weigh_the_same() {
        let engine = Engine::new();
        let features = engine.with_reading("ok", &Context::default(), |reading, _| Features::read(reading));
        let mut examples: Vec<Example> = [0, 0, 0, 1]
            .map(|class| Example::of_class(features.clone(), class, 2))
            .into();
        balance(&mut examples);
        let weights: Vec<f32> = examples.iter().map(|example| example.weight).collect();
        assert_eq!(weights, [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]);
    }
}
