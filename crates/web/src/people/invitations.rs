//! Inviting colleagues by a link.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use voce_domain::permission::Role;
use voce_store::{
    audit,
    invitations::{self, Invitation, NewInvitation},
    secret,
    teams::{self, Team},
    users,
};

use crate::{
    App, Error, May, Result,
    flash::Flash,
    form::{self, Problems},
    once, right,
    shell::{Html, Shell, see_other},
    state::now,
};

#[derive(Template)]
#[template(path = "people/invitations.html")]
struct Page {
    shell: Shell,
    invitations: Vec<Invitation>,
    teams: Vec<Team>,
    form: Entry,
    problems: Problems,
    /// The link of a new invitation, shown once.
    link: Option<String>,
}

impl Page {
    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }

    fn asks_team(&self, team: &Team) -> bool {
        self.form.team == team.id.to_string()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    email: String,
    role: String,
    /// Empty: none.
    team: String,
}

const LINK: &str = "invitation";

type Admin = May<right::ManagePeople>;

pub async fn list(may: Admin, State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let link = once::take(&app, &headers, may.user.id, LINK);
    let (shown, form) = (
        link.is_some(),
        Entry {
            role: Role::Agent.key().into(),
            ..Entry::default()
        },
    );
    once::showing(
        &app,
        shown,
        Html(page(&app, may, form, Problems::default(), link).await?),
    )
}

async fn page(app: &App, may: Admin, form: Entry, problems: Problems, link: Option<String>) -> Result<Page> {
    Ok(Page {
        invitations: invitations::list(&app.db, now()).await?,
        teams: teams::list(&app.db).await?,
        form,
        problems,
        link,
        shell: Shell::new(may, "settings"),
    })
}

pub async fn create(may: Admin, State(app): State<App>, Form(form): Form<Entry>) -> Result<Response> {
    let mut problems = Problems::default();
    let (email, role) = (form::email(&form.email), form.role.parse::<Role>().ok());
    problems.check(email.is_some(), "email", "email-wrong");
    problems.check(role.is_some(), "role", "role-unknown");
    let team_id: Option<Uuid> = form.team.parse().ok();
    problems.check(form.team.is_empty() || team_id.is_some(), "team", "team-unknown");
    if let Some(team) = team_id {
        problems.check(teams::by_id(&app.db, team).await.is_ok(), "team", "team-unknown");
    }
    if let Some(email) = &email {
        problems.check(users::by_email(&app.db, email).await?.is_none(), "email", "email-taken");
    }
    let (Some(email), Some(role), true) = (email, role, problems.none()) else {
        let page = page(&app, may, form, problems, None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    let (now, token) = (now(), secret::generate(""));
    let mut tx = app.db.begin().await?;
    let new = NewInvitation {
        email: &email,
        role,
        team_id,
        token_hash: &secret::hash(&token),
        invited_by: may.user.id,
    };
    invitations::create(&mut tx, &new, now).await?;
    let details = json!({ "role": role, "team": team_id });
    audit::write(&mut tx, now, &may.user.who(), "invitation.created", &email, details).await?;
    tx.commit().await?;
    let link = app
        .options
        .base_url
        .join(&format!("join/{token}"))
        .map_err(Error::internal)?;
    let mut response = see_other("/settings/invitations", None);
    response
        .headers_mut()
        .append(header::SET_COOKIE, once::hand(&app, may.user.id, LINK, link.as_str())?);
    Ok(response)
}

pub async fn withdraw(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let email = invitations::withdraw(&mut tx, id).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "invitation.withdrawn",
        &email,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/invitations",
        Some(Flash::done(may.user.text().get("invitation-withdrawn"))),
    ))
}
