//! What customers of the demo write about, and how the company answers.

use anyhow::Context;
use rand::{Rng, RngExt, seq::IndexedRandom};
use serde::Deserialize;

use super::customers::{CITIES, Customer};

const PRODUCTS: &[&str] = &[
    "il cardigan verde",
    "il maglione a trecce",
    "la sciarpa in alpaca",
    "il poncho grigio",
    "il berretto bordeaux",
    "la coperta a righe",
    "il cappello blu",
    "il gilet in lana rigenerata",
];
const PRODUCTS_EN: &[&str] = &[
    "the green cardigan",
    "the cable sweater",
    "the alpaca scarf",
    "the striped blanket",
    "the wool beanie",
];

/// One kind of need, with the words of both sides. `{slots}` are filled for each customer.
#[derive(Debug, Clone, Deserialize)]
pub struct Scenario {
    pub channel: String,
    pub language: String,
    /// How often it comes, against the others.
    pub weight: u32,
    /// The request type that people of the company see in it.
    pub request: Option<String>,
    pub subjects: Vec<String>,
    pub says: Vec<String>,
    pub answers: Vec<String>,
    /// What the customer says to the answer.
    pub then: Vec<String>,
    pub tags: Vec<String>,
    pub team: Option<String>,
    pub note: Option<String>,
}

pub fn all() -> anyhow::Result<Vec<Scenario>> {
    serde_json::from_str(include_str!("scenarios.json")).context("scenarios.json")
}

/// One by weight.
pub fn pick<'s>(scenarios: &'s [Scenario], rng: &mut impl Rng) -> &'s Scenario {
    let total: u32 = scenarios.iter().map(|scenario| scenario.weight).sum();
    let mut at = rng.random_range(0..total.max(1));
    for scenario in scenarios {
        if at < scenario.weight {
            return scenario;
        }
        at -= scenario.weight;
    }
    &scenarios[0]
}

/// The facts that one customer's texts have in common.
pub struct Slots {
    values: Vec<(&'static str, String)>,
}

impl Slots {
    pub fn new(scenario: &Scenario, customer: &Customer, colleague: &str, rng: &mut impl Rng) -> Self {
        let products = if scenario.language == "en" {
            PRODUCTS_EN
        } else {
            PRODUCTS
        };
        Self {
            values: vec![
                ("{name}", customer.first_name().to_owned()),
                ("{handle}", customer.acct().to_owned()),
                ("{phone}", customer.phone().to_owned()),
                ("{product}", (*products.choose(rng).unwrap_or(&products[0])).to_owned()),
                ("{city}", (*CITIES.choose(rng).unwrap_or(&CITIES[0])).to_owned()),
                ("{order}", format!("A-{}", rng.random_range(20_000..21_999))),
                ("{days}", rng.random_range(4..16).to_string()),
                ("{price}", rng.random_range(29..180).to_string()),
                ("{mention}", colleague.to_owned()),
            ],
        }
    }

    /// One of the texts, filled.
    pub fn fill(&self, texts: &[String], rng: &mut impl Rng) -> String {
        let text = texts.choose(rng).cloned().unwrap_or_default();
        self.fill_one(&text)
    }

    pub fn fill_one(&self, text: &str) -> String {
        let mut filled = self
            .values
            .iter()
            .fold(text.to_owned(), |text, (slot, value)| text.replace(slot, value));
        if let Some(first) = filled.chars().next().filter(|first| first.is_lowercase()) {
            filled.replace_range(..first.len_utf8(), &first.to_uppercase().to_string());
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn every_slot_is_filled() {
        let mut rng = StdRng::seed_from_u64(1);
        let scenarios = all().unwrap();
        assert!(scenarios.len() > 15);
        for scenario in &scenarios {
            let slots = Slots::new(scenario, &Customer::number(7, &mut rng), "Marco", &mut rng);
            let texts = [&scenario.subjects, &scenario.says, &scenario.answers, &scenario.then]
                .into_iter()
                .flatten()
                .chain(&scenario.note);
            for text in texts {
                let filled = slots.fill_one(text);
                assert!(!filled.contains(['{', '}']), "{filled}");
            }
        }
    }
}
