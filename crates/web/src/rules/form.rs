//! The form of a rule.

use uuid::Uuid;
use voce_domain::{
    case::Priority,
    labels::Urgency,
    routing::{Conditions, Decision, Rule},
};

use super::words::Choices;
use crate::form::{Problems, line};

const LONGEST_NAME: usize = 80;
/// Words of one rule.
const MOST_WORDS: usize = 200;

/// The form as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub name: String,
    pub active: bool,
    pub accounts: Vec<Uuid>,
    pub languages: Vec<String>,
    pub types: Vec<String>,
    pub urgency: String,
    pub sentiment: String,
    pub words: String,
    pub customer: String,
    pub team: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub priority: String,
    pub tags: Vec<Uuid>,
}

impl Typed {
    pub fn of_form(pairs: &[(String, String)]) -> Self {
        let all = |name: &'static str| {
            pairs
                .iter()
                .filter(move |(key, _)| key == name)
                .map(|(_, value)| value.trim())
        };
        let one = |name| all(name).next_back().unwrap_or_default().to_owned();
        let ids = |name| all(name).filter_map(|id| id.parse().ok()).collect::<Vec<Uuid>>();
        Self {
            name: one("name"),
            active: one("active") == "on",
            accounts: ids("account"),
            languages: all("language").map(str::to_owned).collect(),
            types: all("type").map(str::to_owned).collect(),
            urgency: one("urgency"),
            sentiment: one("sentiment"),
            words: one("words"),
            customer: one("customer"),
            team: ids("team").first().copied(),
            owner: ids("owner").first().copied(),
            priority: one("priority"),
            tags: ids("tag"),
        }
    }

    pub fn of_rule(rule: &Rule, active: bool) -> Self {
        let Rule { name, when, then, .. } = rule;
        Self {
            name: name.clone(),
            active,
            accounts: when.accounts.clone(),
            languages: when.languages.clone(),
            types: when.request_types.clone(),
            urgency: when
                .urgency_at_least
                .map(|urgency| urgency.key().to_owned())
                .unwrap_or_default(),
            sentiment: when
                .sentiment_at_most
                .map(|score| score.to_string())
                .unwrap_or_default(),
            words: when.words.join("\n"),
            customer: when.customer.map(|customer| customer.to_string()).unwrap_or_default(),
            team: then.team,
            owner: then.owner,
            priority: then
                .priority
                .map(|priority| priority.key().to_owned())
                .unwrap_or_default(),
            tags: then.tags.clone(),
        }
    }

    /// What must hold; what cannot be read is left out.
    pub fn conditions(&self) -> Conditions {
        Conditions {
            accounts: self.accounts.clone(),
            languages: self.languages.clone(),
            request_types: self.types.clone(),
            urgency_at_least: self.urgency.parse::<Urgency>().ok(),
            sentiment_at_most: self.sentiment.parse().ok().filter(|score| (-1.0..=1.0).contains(score)),
            words: self.word_list(),
            customer: self.customer.parse().ok(),
        }
    }

    /// Words are separated by lines or commas.
    fn word_list(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for word in self.words.split(['\n', ',']).filter_map(|word| line(word, 100)) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    fn decision(&self) -> Decision {
        Decision {
            team: self.team,
            owner: self.owner,
            priority: self.priority.parse::<Priority>().ok(),
            tags: self.tags.clone(),
        }
    }

    /// The rule, if everything that it speaks of exists and it does something.
    pub fn read(&self, id: Uuid, choices: &Choices) -> Result<Rule, Problems> {
        let mut problems = Problems::default();
        let name = line(&self.name, LONGEST_NAME);
        problems.check(name.is_some(), "name", "name-needed");
        let (when, then) = (self.conditions(), self.decision());
        problems.check(when.words.len() <= MOST_WORDS, "words", "rule-words-many");
        let team = then
            .team
            .is_none_or(|id| choices.teams.iter().any(|team| team.id == id));
        problems.check(team, "team", "team-unknown");
        let owner = then
            .owner
            .is_none_or(|id| choices.people.iter().any(|person| person.id == id));
        problems.check(owner, "owner", "rule-owner-unknown");
        problems.check(then != Decision::default(), "", "rule-does-nothing");
        match name {
            Some(name) if problems.none() => Ok(Rule { id, name, when, then }),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(team: Uuid) -> Choices {
        Choices {
            accounts: Vec::new(),
            languages: Vec::new(),
            types: Vec::new(),
            teams: vec![voce_store::teams::Team {
                id: team,
                name: "Resi".into(),
                members: 1,
            }],
            people: Vec::new(),
            tags: Vec::new(),
        }
    }

    #[test]
    fn a_rule_is_read_back_as_it_was_saved() {
        let team = Uuid::from_u128(7);
        let rule = Rule {
            id: Uuid::from_u128(1),
            name: "Rimborsi".into(),
            when: Conditions {
                accounts: vec![Uuid::from_u128(2)],
                languages: vec!["it".into()],
                request_types: vec!["complaint".into()],
                urgency_at_least: Some(Urgency::High),
                sentiment_at_most: Some(-0.2),
                words: vec!["rimborso".into(), "soldi indietro".into()],
                customer: Some(true),
            },
            then: Decision {
                team: Some(team),
                priority: Some(Priority::High),
                tags: vec![Uuid::from_u128(3)],
                owner: None,
            },
        };
        assert_eq!(Typed::of_rule(&rule, true).read(rule.id, &choices(team)), Ok(rule));
    }

    #[test]
    fn a_rule_that_does_nothing_or_leads_nowhere_is_refused() {
        let pairs = [
            ("name", " "),
            ("words", "a, b\nb,,"),
            ("team", "00000000-0000-0000-0000-000000000009"),
        ];
        let typed = Typed::of_form(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(typed.conditions().words, ["a", "b"]);
        let problems = typed.read(Uuid::nil(), &choices(Uuid::from_u128(7))).unwrap_err();
        assert!(problems.of("name").is_some() && problems.of("team").is_some() && problems.of("").is_none());
        let problems = Typed::default().read(Uuid::nil(), &choices(Uuid::nil())).unwrap_err();
        assert_eq!(problems.of(""), Some("rule-does-nothing"));
    }
}
