//! The company's name, zone, language and delays.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use voce_store::{
    audit,
    settings::{self, Company},
};

use crate::{
    App, May, Result,
    flash::Flash,
    form::{self, Problems},
    right,
    shell::{Html, Shell, see_other},
    state::now,
    text::Text,
};

#[derive(Template)]
#[template(path = "settings/company.html")]
struct Page {
    shell: Shell,
    form: Entry,
    problems: Problems,
    zones: Vec<String>,
}

/// Numbers stay as they were typed until they are right.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    company: String,
    zone: String,
    locale: String,
    country: String,
    /// Empty: never.
    auto_close_days: String,
    undo_seconds: String,
    retention_days: String,
    /// One a line.
    names: String,
}

/// Names to recognise, and the longest of them in characters.
const MOST_NAMES: usize = 5_000;
const LONGEST_NAME: usize = 100;

impl Entry {
    fn of(company: &Company) -> Self {
        Self {
            company: company.name.clone(),
            zone: company.zone.clone(),
            locale: company.locale.clone(),
            country: company.country.clone(),
            auto_close_days: company.auto_close_days.map(|days| days.to_string()).unwrap_or_default(),
            undo_seconds: company.undo_seconds.to_string(),
            retention_days: company.retention_days.to_string(),
            names: company.names.join("\n"),
        }
    }

    fn validate(&self) -> Result<Company, Problems> {
        let mut problems = Problems::default();
        let name = form::line(&self.company, 100);
        problems.check(name.is_some(), "company", "company-needed");
        problems.check(jiff::tz::TimeZone::get(&self.zone).is_ok(), "zone", "zone-unknown");
        let country = self.country.trim().to_ascii_uppercase();
        let letters = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        problems.check(letters, "country", "country-wrong");
        let names: Vec<String> = self
            .names
            .lines()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        problems.check(names.len() <= MOST_NAMES, "names", "names-too-many");
        let short = names.iter().all(|name| name.chars().count() <= LONGEST_NAME);
        problems.check(short, "names", "names-too-long");
        let mut number = |text: &str, field, lowest, highest| {
            let value = text
                .trim()
                .parse::<u32>()
                .ok()
                .filter(|value| (lowest..=highest).contains(value));
            problems.check(value.is_some(), field, "number-wrong");
            value
        };
        let undo_seconds = number(&self.undo_seconds, "undo_seconds", 0, 120);
        let retention_days = number(&self.retention_days, "retention_days", 7, 3650);
        let auto_close_days = match self.auto_close_days.trim() {
            "" => None,
            text => number(text, "auto_close_days", 1, 365),
        };
        match (name, undo_seconds, retention_days) {
            (Some(name), Some(undo_seconds), Some(retention_days)) if problems.none() => Ok(Company {
                name,
                zone: self.zone.clone(),
                locale: Text::of(&self.locale).code().to_owned(),
                country,
                auto_close_days,
                undo_seconds,
                retention_days,
                names,
            }),
            _ => Err(problems),
        }
    }
}

pub async fn show(may: May<right::ManageSettings>) -> Result<Response> {
    let form = Entry::of(&may.user.company);
    let shell = Shell::new(may, "settings");
    Ok(Html(Page {
        shell,
        form,
        problems: Problems::default(),
        zones: zones(),
    })
    .into_response())
}

pub async fn save(
    may: May<right::ManageSettings>,
    State(app): State<App>,
    Form(form): Form<Entry>,
) -> Result<Response> {
    let company = match form.validate() {
        Ok(company) => company,
        Err(problems) => {
            let page = Page {
                shell: Shell::new(may, "settings"),
                form,
                problems,
                zones: zones(),
            };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
        }
    };
    let mut tx = app.db.begin().await?;
    settings::save_company(&mut tx, &company).await?;
    let changed = changes(&may.user.company, &company)?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "company.changed",
        &company.name,
        changed,
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/company",
        Some(Flash::done(may.user.text().get("saved"))),
    ))
}

/// What changed: `{"zone": ["Europe/Rome", "Europe/Paris"]}`.
fn changes(was: &Company, is: &Company) -> Result<Value> {
    let object = |company| serde_json::to_value(company).map_err(crate::Error::internal);
    let (was, is) = (object(was)?, object(is)?);
    let mut changed = Map::new();
    for (key, value) in is
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| was.get(key) != Some(value))
    {
        changed.insert(
            key.clone(),
            Value::Array(vec![was.get(key).cloned().unwrap_or_default(), value.clone()]),
        );
    }
    Ok(Value::Object(changed))
}

/// The time zones to choose from, by their IANA names.
pub fn zones() -> Vec<String> {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    names.retain(|name| name.contains('/') || name == "UTC");
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_back_as_it_was_written() {
        let company = Company {
            auto_close_days: None,
            names: vec!["Box Lana".into(), "Bottega Aurora".into()],
            ..Company::default()
        };
        assert_eq!(Entry::of(&company).validate(), Ok(company));
    }

    #[test]
    fn wrong_numbers_and_zones_are_named() {
        let mut form = Entry::of(&Company::default());
        form.undo_seconds = "121".into();
        form.zone = "Europe/Atlantis".into();
        form.auto_close_days = "0".into();
        let problems = form.validate().unwrap_err();
        for field in ["undo_seconds", "zone", "auto_close_days"] {
            assert!(problems.of(field).is_some(), "{field}");
        }
        assert!(problems.of("company").is_none());
    }

    #[test]
    fn zones_of_the_world_are_there_on_any_machine() {
        assert!(zones().iter().any(|zone| zone == "Europe/Rome"));
    }
}
