//! Which team a new case goes to, by rules that people write.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{case::Priority, labels::Urgency};

/// When all conditions that are given hold, the decision applies. The first rule that matches wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub id: Uuid,
    pub name: String,
    #[serde(default)]
    pub when: Conditions,
    pub then: Decision,
}

/// Empty lists and `None` mean "whatever".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    pub accounts: Vec<Uuid>,
    pub languages: Vec<String>,
    pub request_types: Vec<String>,
    pub urgency_at_least: Option<Urgency>,
    /// Sentiment score at most this (-1..1).
    pub sentiment_at_most: Option<f32>,
    /// One of these stands in subject or text, whatever its case.
    pub words: Vec<String>,
    /// Only contacts in the registry (`true`) or only prospects (`false`).
    pub customer: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decision {
    pub team: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub priority: Option<Priority>,
    pub tags: Vec<Uuid>,
}

/// What is known about a new case when it is routed.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub account: Uuid,
    pub language: Option<&'a str>,
    pub request_type: Option<&'a str>,
    pub urgency: Urgency,
    pub sentiment: f32,
    /// Subject and text in lower case.
    pub text: &'a str,
    pub customer: bool,
}

/// The first rule that matches, if any.
pub fn route<'r>(rules: &'r [Rule], facts: &Facts) -> Option<&'r Rule> {
    rules.iter().find(|rule| rule.when.hold(facts))
}

impl Conditions {
    pub fn hold(&self, facts: &Facts) -> bool {
        let one_of = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|item| item == value))
        };
        (self.accounts.is_empty() || self.accounts.contains(&facts.account))
            && one_of(&self.languages, facts.language)
            && one_of(&self.request_types, facts.request_type)
            && self.urgency_at_least.is_none_or(|least| facts.urgency >= least)
            && self.sentiment_at_most.is_none_or(|most| facts.sentiment <= most)
            && self.customer.is_none_or(|customer| facts.customer == customer)
            && (self.words.is_empty() || self.words.iter().any(|word| facts.text.contains(&word.to_lowercase())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts {
        account: Uuid::nil(),
        language: Some("it"),
        request_type: Some("complaint"),
        urgency: Urgency::High,
        sentiment: -0.6,
        text: "il pacco è rotto",
        customer: true,
    };

    fn check(when: Conditions, holds: bool) {
        assert_eq!(when.hold(&FACTS), holds, "{when:?}");
    }

    #[test]
    fn every_given_condition_must_hold() {
        check(Conditions::default(), true);
        check(
            Conditions {
                languages: vec!["it".into()],
                words: vec!["PACCO".into()],
                ..Default::default()
            },
            true,
        );
        check(
            Conditions {
                languages: vec!["en".into()],
                words: vec!["pacco".into()],
                ..Default::default()
            },
            false,
        );
        check(
            Conditions {
                urgency_at_least: Some(Urgency::Critical),
                ..Default::default()
            },
            false,
        );
        check(
            Conditions {
                sentiment_at_most: Some(-0.5),
                customer: Some(true),
                ..Default::default()
            },
            true,
        );
        check(
            Conditions {
                accounts: vec![Uuid::from_u128(4)],
                ..Default::default()
            },
            false,
        );
    }

    #[test]
    fn the_first_matching_rule_wins() {
        let rule = |name: &str, when| Rule {
            id: Uuid::nil(),
            name: name.into(),
            when,
            then: Decision::default(),
        };
        let rules = [
            rule(
                "english",
                Conditions {
                    languages: vec!["en".into()],
                    ..Default::default()
                },
            ),
            rule(
                "complaints",
                Conditions {
                    request_types: vec!["complaint".into()],
                    ..Default::default()
                },
            ),
            rule("rest", Conditions::default()),
        ];
        assert_eq!(route(&rules, &FACTS).map(|rule| rule.name.as_str()), Some("complaints"));
    }
}
