//! One rule: when it applies, what it decides, and what it would have caught.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    case::Priority,
    labels::Urgency,
    routing::{self, Conditions, Facts, Rule},
};
use voce_store::{
    audit,
    rules::{self, Sample},
};

use super::{
    Supervisor,
    form::Typed,
    list::LIST,
    words::{Choices, SENTIMENTS},
};
use crate::{App, Error, Html, Result, Shell, flash::Flash, form::Problems, see_other, state::now};

/// Cases on which a rule is tried.
const LAST_CASES: i64 = 200;
/// Of which so many are shown.
const EXAMPLES: usize = 8;
/// Characters of a message that are shown.
const LONGEST_EXAMPLE: usize = 160;

#[derive(Template)]
#[template(path = "rules/edit.html")]
struct Page {
    shell: Shell,
    /// Nothing for a new one.
    id: Option<Uuid>,
    typed: Typed,
    problems: Problems,
    choices: Choices,
    caught: Caught,
}

/// What a rule would have caught.
#[derive(Debug, Default, PartialEq)]
struct Caught {
    /// Cases that were looked at.
    of: i64,
    matched: i64,
    /// Matched, but a rule before this one takes them: its name and how many.
    before: Vec<(String, i64)>,
    examples: Vec<Example>,
}

#[derive(Debug, PartialEq)]
struct Example {
    number: i64,
    author: String,
    words: String,
}

impl Page {
    fn action(&self) -> String {
        match self.id {
            Some(id) => format!("{LIST}/{id}"),
            None => LIST.to_owned(),
        }
    }

    fn preview(&self) -> String {
        match self.id {
            Some(id) => format!("{LIST}/preview?rule={id}"),
            None => format!("{LIST}/preview"),
        }
    }

    fn urgencies(&self) -> Vec<(&'static str, String)> {
        let all = [Urgency::Normal, Urgency::High, Urgency::Critical];
        all.map(|urgency| {
            (
                urgency.key(),
                self.shell.t.get(&format!("rule-urgency-{}", urgency.key())),
            )
        })
        .to_vec()
    }

    /// The moods on offer, and the one that is set.
    fn sentiments(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = SENTIMENTS
            .iter()
            .map(|(key, score)| (score.to_string(), self.shell.t.get(key)))
            .collect();
        if !self.typed.sentiment.is_empty() && !all.iter().any(|(score, _)| *score == self.typed.sentiment) {
            all.push((self.typed.sentiment.clone(), format!("≤ {}", self.typed.sentiment)));
        }
        all
    }

    fn priorities(&self) -> Vec<(&'static str, String)> {
        Priority::ALL
            .iter()
            .map(|priority| {
                (
                    priority.key(),
                    self.shell.t.get(&format!("priority-{}", priority.key())),
                )
            })
            .collect()
    }

    fn taken(&self, name: &str, count: &i64) -> String {
        self.shell.t.with(
            "rule-caught-before",
            &[("name", name.to_owned().into()), ("count", (*count).into())],
        )
    }

    fn is_team(&self, id: &Uuid) -> bool {
        self.typed.team == Some(*id)
    }

    fn is_owner(&self, id: &Uuid) -> bool {
        self.typed.owner == Some(*id)
    }
}

/// `GET /settings/rules/new`
pub async fn new(may: Supervisor, State(app): State<App>) -> Result<Response> {
    let typed = Typed {
        active: true,
        ..Typed::default()
    };
    show_page(&app, may, None, typed, Problems::default()).await
}

/// `GET /settings/rules/{id}`
pub async fn show(may: Supervisor, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let all = rules::all(&app.db).await?;
    let stored = all.iter().find(|stored| stored.rule.id == id).ok_or(Error::NotFound)?;
    show_page(
        &app,
        may,
        Some(id),
        Typed::of_rule(&stored.rule, stored.active),
        Problems::default(),
    )
    .await
}

async fn show_page(app: &App, may: Supervisor, id: Option<Uuid>, typed: Typed, problems: Problems) -> Result<Response> {
    let status = if problems.none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let choices = Choices::read(app, may.user.text()).await?;
    let caught = caught(
        &rules::samples(&app.db, LAST_CASES).await?,
        &earlier(app, id).await?,
        &typed.conditions(),
    );
    let shell = Shell::new(may, "settings");
    Ok((
        status,
        Html(Page {
            shell,
            id,
            typed,
            problems,
            choices,
            caught,
        }),
    )
        .into_response())
}

/// The rules in force that are tried before this one; before a new one all.
async fn earlier(app: &App, id: Option<Uuid>) -> Result<Vec<Rule>> {
    let all = rules::all(&app.db).await?.into_iter();
    let before = all.take_while(|stored| Some(stored.rule.id) != id);
    Ok(before
        .filter(|stored| stored.active)
        .map(|stored| stored.rule)
        .collect())
}

/// `POST /settings/rules/preview`, and with the id of a stored rule: what it would have caught.
pub async fn preview(
    may: Supervisor,
    State(app): State<App>,
    Query(of): Query<Of>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    show_page(&app, may, of.rule, Typed::of_form(&pairs), Problems::default()).await
}

#[derive(Deserialize)]
pub struct Of {
    rule: Option<Uuid>,
}

/// `POST /settings/rules`
pub async fn create(
    may: Supervisor,
    State(app): State<App>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    write(&app, may, None, Typed::of_form(&pairs)).await
}

/// `POST /settings/rules/{id}`
pub async fn save(
    may: Supervisor,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let known = rules::all(&app.db).await?.iter().any(|stored| stored.rule.id == id);
    if !known {
        return Err(Error::NotFound);
    }
    write(&app, may, Some(id), Typed::of_form(&pairs)).await
}

async fn write(app: &App, may: Supervisor, id: Option<Uuid>, typed: Typed) -> Result<Response> {
    let choices = Choices::read(app, may.user.text()).await?;
    let rule = match typed.read(id.unwrap_or_else(Uuid::now_v7), &choices) {
        Ok(rule) => rule,
        Err(problems) => return show_page(app, may, id, typed, problems).await,
    };
    let action = if id.is_some() { "rule.changed" } else { "rule.created" };
    let now = now();
    let mut tx = app.db.begin().await?;
    rules::save(&mut tx, &rule, typed.active, now).await?;
    let details = json!({ "active": typed.active, "when": rule.when, "then": rule.then });
    audit::write(&mut tx, now, &may.user.who(), action, &rule.name, details).await?;
    tx.commit().await?;
    Ok(see_other(LIST, Some(Flash::done(may.user.text().get("saved")))))
}

/// Tries conditions on opening messages as the intake would, behind the rules that come first.
fn caught(samples: &[Sample], earlier: &[Rule], when: &Conditions) -> Caught {
    let mut caught = Caught {
        of: samples.len() as i64,
        ..Caught::default()
    };
    for sample in samples {
        let text = format!("{}\n{}", sample.subject.as_deref().unwrap_or_default(), sample.body).to_lowercase();
        let facts = Facts {
            account: sample.account_id,
            language: sample.language.as_deref(),
            request_type: sample.request_type.as_deref(),
            urgency: sample
                .urgency
                .as_deref()
                .and_then(|urgency| urgency.parse().ok())
                .unwrap_or(Urgency::Normal),
            sentiment: sample.sentiment_score.unwrap_or_default() as f32,
            text: &text,
            customer: sample.customer,
        };
        if !when.hold(&facts) {
            continue;
        }
        caught.matched += 1;
        match routing::route(earlier, &facts) {
            Some(rule) => match caught.before.iter_mut().find(|(name, _)| *name == rule.name) {
                Some((_, count)) => *count += 1,
                None => caught.before.push((rule.name.clone(), 1)),
            },
            None if caught.examples.len() < EXAMPLES => caught.examples.push(Example::of(sample)),
            None => {}
        }
    }
    caught
}

impl Example {
    fn of(sample: &Sample) -> Self {
        let subject = sample
            .subject
            .as_deref()
            .map(|subject| format!("{subject} · "))
            .unwrap_or_default();
        let words: String = format!("{subject}{}", sample.body)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            number: sample.number,
            author: sample.author.clone(),
            words: words.chars().take(LONGEST_EXAMPLE).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use voce_domain::routing::Decision;

    use super::*;

    fn sample(number: i64, body: &str) -> Sample {
        Sample {
            number,
            account_id: Uuid::nil(),
            author: "Anna".into(),
            subject: Some("Ordine".into()),
            body: body.into(),
            language: Some("it".into()),
            request_type: None,
            urgency: Some("high".into()),
            sentiment_score: Some(-0.4),
            customer: number % 2 == 0,
        }
    }

    #[test]
    fn rules_before_take_their_share() {
        let samples = [
            sample(4, "RIMBORSO subito"),
            sample(3, "dov'è?"),
            sample(2, "rimborso e reso"),
            sample(1, "reso"),
        ];
        let words = |word: &str| Conditions {
            words: vec![word.into()],
            ..Conditions::default()
        };
        let first = Rule {
            id: Uuid::nil(),
            name: "Resi".into(),
            when: words("reso"),
            then: Decision::default(),
        };
        let caught = caught(&samples, &[first], &words("rimborso"));
        assert_eq!((caught.of, caught.matched), (4, 2));
        assert_eq!(caught.before, [("Resi".to_owned(), 1)]);
        assert_eq!(
            caught.examples,
            [Example {
                number: 4,
                author: "Anna".into(),
                words: "Ordine · RIMBORSO subito".into()
            }]
        );
        let everything = super::caught(
            &samples,
            &[],
            &Conditions {
                customer: Some(true),
                urgency_at_least: Some(Urgency::High),
                ..Conditions::default()
            },
        );
        assert_eq!((everything.matched, everything.examples.len()), (2, 2));
    }
}
