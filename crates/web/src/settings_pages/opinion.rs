//! Whom to ask for a second opinion on what the engine is not sure of. Off until somebody switches it on.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use url::Url;
use voce_jobs::opinion;
use voce_store::{
    audit,
    opinions::{self, Asked, PURPOSE, Progress},
};

use crate::{
    App, May, Result,
    flash::Flash,
    form::{self, Problems},
    right,
    shell::{Html, Shell, see_other},
    state::now,
};

type Admin = May<right::ManageSettings>;

const PAGE: &str = "/settings/opinion";

#[derive(Template)]
#[template(path = "settings/opinion.html")]
struct Page {
    shell: Shell,
    form: Entry,
    problems: Problems,
    progress: Progress,
    /// A key is kept; it is never shown again.
    has_key: bool,
}

/// Numbers stay as they were typed until they are right.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    on: Option<String>,
    url: String,
    model: String,
    /// Empty keeps the one there is.
    key: String,
    below: String,
    per_day: String,
    seconds: String,
    /// `try` asks once and keeps nothing.
    action: String,
}

impl Entry {
    fn of(asked: &Asked) -> Self {
        Self {
            on: asked.on.then(|| "yes".to_owned()),
            url: asked.url.clone(),
            model: asked.model.clone(),
            below: asked.below.to_string(),
            per_day: asked.per_day.to_string(),
            seconds: asked.seconds.to_string(),
            ..Self::default()
        }
    }

    fn read(&self, app: &App, was: &Asked) -> Result<Asked, Problems> {
        let mut problems = Problems::default();
        let on = self.on.is_some();
        let wanted = on || self.action == "try";
        let web = Url::parse(self.url.trim()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        problems.check(
            web || (!wanted && self.url.trim().is_empty()),
            "url",
            "opinion-url-wrong",
        );
        let model = form::line(&self.model, 100);
        problems.check(model.is_some() || !wanted, "model", "opinion-model-needed");
        let mut number = |text: &str, field, lowest, highest| {
            let value = text
                .trim()
                .parse::<u32>()
                .ok()
                .filter(|value| (lowest..=highest).contains(value));
            problems.check(value.is_some(), field, "number-wrong");
            value.unwrap_or_default()
        };
        let (below, per_day, seconds) = (
            number(&self.below, "below", 1, 100),
            number(&self.per_day, "per_day", 1, 1_000_000),
            number(&self.seconds, "seconds", 1, 120),
        );
        if !problems.none() {
            return Err(problems);
        }
        let url = self.url.trim().to_owned();
        let key = match self.key.trim() {
            // A key is for the server that it was given for.
            "" if url == was.url => was.key.clone(),
            "" => None,
            key => Some(app.vault.seal(PURPOSE, key.as_bytes())),
        };
        Ok(Asked {
            on,
            url,
            model: model.unwrap_or_default(),
            key,
            below,
            per_day,
            seconds,
        })
    }
}

async fn page(app: &App, may: Admin, form: Entry, problems: Problems) -> Result<Page> {
    Ok(Page {
        progress: opinions::progress(&app.db).await?,
        has_key: opinions::asked(&app.db).await?.key.is_some(),
        shell: Shell::new(may, "settings"),
        form,
        problems,
    })
}

/// `GET /settings/opinion`
pub async fn show(may: Admin, State(app): State<App>) -> Result<Response> {
    let form = Entry::of(&opinions::asked(&app.db).await?);
    Ok(Html(page(&app, may, form, Problems::default()).await?).into_response())
}

/// `POST /settings/opinion`
pub async fn save(may: Admin, State(app): State<App>, Form(form): Form<Entry>) -> Result<Response> {
    let was = opinions::asked(&app.db).await?;
    let asked = match form.read(&app, &was) {
        Ok(asked) => asked,
        Err(problems) => {
            let page = page(&app, may, form, problems).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
        }
    };
    let t = may.user.text();
    if form.action == "try" {
        let flash = match opinion::rehearse(&app.http, &app.vault, &app.db, &asked).await {
            Ok(answer) => Flash::done(t.name("opinion-answered", &answer)),
            Err(problem) => Flash::failed(t.name("opinion-failed", &problem)),
        };
        let mut page = page(&app, may, form, Problems::default()).await?;
        page.shell.flash = Some(flash);
        return Ok(Html(page).into_response());
    }
    let mut tx = app.db.begin().await?;
    opinions::save(&mut tx, &asked, was.on).await?;
    let data = json!({ "on": asked.on, "url": asked.url, "model": asked.model, "per_day": asked.per_day });
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "second_opinion.changed",
        &asked.model,
        data,
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(PAGE, Some(Flash::done(t.get("saved")))))
}
