//! Which team a new case goes to.

use voce_domain::routing::{self, Decision, Facts, Rule};

use crate::batch::New;

/// The decision of the first rule that matches, and its name; without one, the account's team.
pub(crate) fn route(rules: &[Rule], new: &New<'_>) -> (Decision, Option<String>) {
    let team = new.account.team_id;
    let Some(labels) = &new.arrival.labels else {
        return (
            Decision {
                team,
                ..Decision::default()
            },
            None,
        );
    };
    let message = &new.arrival.message;
    let text = match rules.iter().any(|rule| !rule.when.words.is_empty()) {
        true => format!("{}\n{}", message.subject.as_deref().unwrap_or_default(), message.text).to_lowercase(),
        false => String::new(),
    };
    let facts = Facts {
        account: new.account.account.id,
        language: labels.language.as_deref(),
        request_type: labels.request_type.as_deref(),
        urgency: labels.urgency,
        sentiment: labels.sentiment.score,
        text: &text,
        customer: new.person.is_some_and(|person| person.customer),
    };
    match routing::route(rules, &facts) {
        Some(rule) => {
            let decision = rule.then.clone();
            (
                Decision {
                    team: decision.team.or(team),
                    ..decision
                },
                Some(rule.name.clone()),
            )
        }
        None => (
            Decision {
                team,
                ..Decision::default()
            },
            None,
        ),
    }
}
